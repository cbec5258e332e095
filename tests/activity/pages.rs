//! Activity case by case: every row stands on one page, in one order, and is of those whom it is for.

use api::auth::Role;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

/// Every row of a list by pages of a size, from one end; and how many it says there are.
fn pages(server: &Server, asker: (Role, Option<&str>), filter: &str, size: usize, forward: bool) -> (Vec<Line>, i64) {
    let (mut rows, mut cursor, mut total) = (Vec::new(), None::<String>, 0);
    loop {
        let (count, bound) = if forward { ("first", "after") } else { ("last", "before") };
        let bound = cursor.as_ref().map(|cursor| format!(", {bound}: \"{cursor}\"")).unwrap_or_default();
        let query = format!(
            "{{ activity(filter: {filter}, {count}: {size}{bound}) {{ totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                nodes {{ service {{ code }} comune {{ istatCode }} month case measure value }} }} }}"
        );
        let page = ask(server, asker, &query)["activity"].take();
        total = page["totalCount"].as_i64().unwrap_or(total);
        let mut some: Vec<Line> = list(&page["nodes"]).iter().map(line_of).collect();
        assert!(some.len() <= size);
        let (more, next) = if forward { ("hasNextPage", "endCursor") } else { ("hasPreviousPage", "startCursor") };
        assert!(page["pageInfo"][more] == false || some.len() == size, "{page}");
        if forward {
            rows.append(&mut some);
        } else {
            some.append(&mut rows);
            rows = some;
        }
        if page["pageInfo"][more] == false {
            return (rows, total);
        }
        cursor = page["pageInfo"][next].as_str().map(str::to_owned);
    }
}

fn line_of(node: &Value) -> Line {
    let known = |text: &Value, all: &[&'static str]| {
        *all.iter().find(|known| text == **known).unwrap_or_else(|| panic!("{text}"))
    };
    let comuni: Vec<&'static str> = COMUNI.iter().map(|comune| comune.istat).collect();
    let month = node["month"].as_str().unwrap();
    let value = node["value"].as_str().unwrap();
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    Line(
        known(&node["service"]["code"], &["ADM", "SAD"]),
        known(&node["comune"]["istatCode"], &comuni),
        month[..4].parse::<i64>().unwrap() * 100 + month[5..7].parse::<i64>().unwrap(),
        node["case"].as_str().unwrap().to_owned(),
        known(&node["measure"], &["ACCESSES", "HOURS"]),
        whole.parse::<i64>().unwrap() * 100 + format!("{decimals:0<2}").parse::<i64>().unwrap(),
    )
}

#[test]
fn every_row_stands_on_one_page() {
    let server = Server::start();
    let lines = year(1..=2);
    import(&server, &lines);
    let sorted = |mut lines: Vec<Line>| {
        lines.sort();
        lines
    };
    let filters: [(&str, Box<dyn Fn(&Line) -> bool>); 7] = [
        ("{}", Box::new(|_| true)),
        (r#"{ ambito: "9", services: ["SAD"] }"#, Box::new(|line| line.0 == "SAD")),
        (r#"{ comuni: ["017149", "017004"] }"#, Box::new(|line| ["017149", "017004"].contains(&line.1))),
        (
            r#"{ measures: ["ACCESSES"], from: "2022-02-14" }"#,
            Box::new(|line| line.4 == "ACCESSES" && line.2 >= 202_202),
        ),
        (r#"{ to: "2022-01-01" }"#, Box::new(|line| line.2 == 202_201)),
        (r#"{ services: ["NONE"] }"#, Box::new(|_| false)),
        (r#"{ ambito: "T1" }"#, Box::new(|_| false)),
    ];
    for (filter, takes) in &filters {
        let expected = sorted(lines.iter().filter(|line| takes(line)).cloned().collect());
        let (forward, total) = pages(&server, AZIENDA, filter, 100, true);
        assert_eq!((forward.len(), total), (expected.len(), i64::try_from(expected.len()).unwrap()), "{filter}");
        assert_eq!(pages(&server, AZIENDA, filter, 100, false).0, forward, "{filter}");
        assert_eq!(sorted(forward), expected, "{filter}");
    }
    // By small pages the order is the same.
    let filter = r#"{ services: ["SAD"], comuni: ["017149", "017103"] }"#;
    let whole = pages(&server, AZIENDA, filter, 100, true);
    assert!(whole.0.len() > 15, "{}", whole.0.len());
    for size in [1, 3, 7] {
        assert_eq!(pages(&server, AZIENDA, filter, size, true), whole);
        assert_eq!(pages(&server, AZIENDA, filter, size, false), whole);
    }
    // A comune has its own residents' rows, whatever it asks for.
    let own = sorted(lines.iter().filter(|line| line.1 == MANERBIO).cloned().collect());
    let asker = (Role::Comune, Some(MANERBIO));
    assert_eq!(sorted(pages(&server, asker, "{}", 50, true).0), own);
    assert_eq!(pages(&server, asker, r#"{ comuni: ["017149"] }"#, 50, true), (Vec::new(), 0));
    for role in [Role::Reporting, Role::Assemblea, Role::Auditor, Role::Admin] {
        assert_eq!(ask(&server, (role, None), "{ activity { totalCount } }"), json!({ "activity": null }));
    }
    let azienda = server.token_of(Role::Azienda);
    for (arguments, code) in [
        ("first: 0", "PAGE_LIMIT_EXCEEDED"),
        ("first: 101", "PAGE_LIMIT_EXCEEDED"),
        ("first: 1, last: 1", "BAD_REQUEST"),
        ("after: \"x\"", "INVALID_CURSOR"),
    ] {
        let answer = server.ask(&azienda, &format!("{{ activity({arguments}) {{ totalCount }} }}"), Value::Null);
        assert_eq!(answer.code(), code, "{arguments}");
    }
    // A cursor of ours whose code was given a zero byte.
    let query = "{ activity(first: 1) { pageInfo { endCursor } } }";
    let cursor = ask(&server, AZIENDA, query)["activity"]["pageInfo"]["endCursor"].take();
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor.as_str().unwrap()).unwrap()).unwrap();
    let changed = URL_SAFE_NO_PAD.encode(text.replacen("\"C-", "\"C-\\u0000", 1));
    assert_ne!(json!(changed), cursor, "{text}");
    for bound in ["first: 1, after", "last: 1, before"] {
        let query = format!("{{ activity({bound}: \"{changed}\") {{ nodes {{ case }} }} }}");
        assert_eq!(server.ask(&azienda, &query, Value::Null).code(), "INVALID_CURSOR", "{bound}");
    }
}
