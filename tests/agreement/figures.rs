//! Every figure of the agreements of Crema and Cremona, asked through GraphQL alone: compared with the project's own data files, and with literals.

use api::auth::Role;
use serde_json::{Value, json};
use toml::{Table, Value as Toml};

use super::id;
use crate::support::agreements::add;
use crate::support::{Server, cents};

pub(super) const CREMA: &str = include_str!("../../api/data/crema/agreements.toml");
const CREMONA: &str = include_str!("../../api/data/cremona/agreements.toml");

/// A server with both agreements, and what one version of one of them says.
pub(super) struct Asked {
    pub(super) server: Server,
    token: String,
    id: String,
}

impl Asked {
    fn new(ambito: &str, code: &str) -> Self {
        let server = Server::start();
        add(&server);
        let (token, id) = (server.token_of(Role::Reporting), id(&server, ambito, code));
        Self { server, token, id }
    }

    pub(super) fn crema() -> Self {
        Self::new("CREMA", "COPROGETTAZIONE")
    }

    fn cremona() -> Self {
        Self::new("CREMONA", "PREADOLESCENTI")
    }

    /// The version in force on a day.
    pub(super) fn on(&self, day: &str, fields: &str) -> Value {
        let query = format!("{{ agreement(id: \"{}\") {{ version(asOf: \"{day}\") {{ {fields} }} }} }}", self.id);
        self.server.ask(&self.token, &query, Value::Null).data()["agreement"]["version"].take()
    }
}

/// The tables of a list of a version in a data file.
pub(super) fn tables(file: &str, version: usize, list: &str) -> Vec<Table> {
    let root: Table = file.parse().unwrap();
    let version = &root["agreement"].as_array().unwrap()[0]["version"].as_array().unwrap()[version];
    version[list].as_array().unwrap().iter().map(|entry| entry.as_table().unwrap().clone()).collect()
}

/// A key of a table of a data file as GraphQL would give it; null where it has none.
pub(super) fn told(table: &Table, key: &str) -> Value {
    match table.get(key) {
        None => Value::Null,
        Some(Toml::Integer(number)) => json!(number),
        Some(Toml::Datetime(day)) => json!(day.to_string()),
        Some(Toml::Boolean(flag)) => json!(flag),
        Some(other) => json!(other.as_str().unwrap()),
    }
}

/// Net, VAT and gross of the 24 lines, in the order of the document.
#[rustfmt::skip]
const LINES: [(&str, i32, &str, &str, &str, &str, &str); 24] = [
    ("2015-1", 2015, "1", "4", "213894.96", "8555.80", "222450.76"),
    ("2015-2-A", 2015, "2", "4", "62280.00", "2491.20", "64771.20"),
    ("2015-2-B", 2015, "2", "4", "14275.40", "571.02", "14846.42"),
    ("2015-3", 2015, "3", "4", "92598.00", "3703.92", "96301.92"),
    ("2015-4", 2015, "4", "4", "38461.54", "1538.46", "40000.00"),
    ("2015-5-IMPIANTI", 2015, "5", "22", "312850.00", "68827.00", "381677.00"),
    ("2015-5-FACCHINAGGIO", 2015, "5", "22", "15080.00", "3317.60", "18397.60"),
    ("2015-5-VERDE", 2015, "5", "22", "117962.11", "25951.66", "143913.77"),
    ("2016-1", 2016, "1", "4", "294105.57", "11764.22", "305869.79"),
    ("2016-2-A", 2016, "2", "4", "62280.00", "2491.20", "64771.20"),
    ("2016-2-B", 2016, "2", "4", "35688.50", "1427.54", "37116.04"),
    ("2016-3", 2016, "3", "4", "114996.00", "4599.84", "119595.84"),
    ("2016-4", 2016, "4", "4", "42479.93", "1699.20", "44179.13"),
    ("2016-5-IMPIANTI", 2016, "5", "22", "414900.00", "91278.00", "506178.00"),
    ("2016-5-FACCHINAGGIO", 2016, "5", "22", "16550.00", "3641.00", "20191.00"),
    ("2016-5-VERDE", 2016, "5", "22", "117962.11", "25951.66", "143913.77"),
    ("2017-1", 2017, "1", "4", "294105.57", "11764.22", "305869.79"),
    ("2017-2-A", 2017, "2", "4", "62280.00", "2491.20", "64771.20"),
    ("2017-2-B", 2017, "2", "4", "35688.50", "1427.54", "37116.04"),
    ("2017-3", 2017, "3", "4", "114996.00", "4599.84", "119595.84"),
    ("2017-4", 2017, "4", "4", "42479.93", "1699.20", "44179.13"),
    ("2017-5-IMPIANTI", 2017, "5", "22", "414900.00", "91278.00", "506178.00"),
    ("2017-5-FACCHINAGGIO", 2017, "5", "22", "16550.00", "3641.00", "20191.00"),
    ("2017-5-VERDE", 2017, "5", "22", "117962.11", "25951.66", "143913.77"),
];

#[test]
fn the_lines_of_crema() {
    let asked = Asked::crema();
    let fields = "lines { code year area item given net vat gross vatRegime vatRate }";
    let lines = asked.on("2015-03-01", fields)["lines"].take();
    let lines = lines.as_array().unwrap();
    let of_file = tables(CREMA, 0, "line");
    assert_eq!((lines.len(), of_file.len()), (24, 24));
    for ((line, literal), file) in lines.iter().zip(LINES).zip(of_file) {
        let (code, year, area, rate, net, vat, gross) = literal;
        for (field, key, expected) in [
            ("code", "code", json!(code)),
            ("year", "year", json!(year)),
            ("area", "area", json!(area)),
            ("net", "net", json!(net)),
            ("vat", "vat", json!(vat)),
            ("gross", "gross", json!(gross)),
            ("vatRegime", "vat_regime", json!("RATE")),
            ("vatRate", "vat_rate", json!(rate)),
        ] {
            assert_eq!((&line[field], &told(&file, key)), (&expected, &expected), "{code} {field}");
        }
        assert_eq!(line["item"], told(&file, "item"), "{code}");
        assert_eq!(line["given"], if area == "3" { "PARTS" } else { "NET" }, "{code}");
    }
    for (arguments, count) in
        [("year: 2015", 8), ("area: \"5\"", 9), ("year: 2016, area: \"2\"", 2), ("area: \"6\"", 0)]
    {
        let some = asked.on("2017-12-31", &format!("lines({arguments}) {{ code }}"));
        assert_eq!(some["lines"].as_array().unwrap().len(), count, "{arguments}");
    }
}

#[test]
fn the_totals_of_crema() {
    let version = Asked::crema().on("2015-06-30", "years { year net vat gross contributions } lines { year gross }");
    let expected = json!([
        { "year": 2015, "net": "867402.01", "vat": "114956.66", "gross": "982358.67", "contributions": "113954.02" },
        { "year": 2016, "net": "1098962.11", "vat": "142852.66", "gross": "1241814.77", "contributions": "0.00" },
        { "year": 2017, "net": "1098962.11", "vat": "142852.66", "gross": "1241814.77", "contributions": "0.00" },
    ]);
    assert_eq!(version["years"], expected);
    for (total, file) in version["years"].as_array().unwrap().iter().zip(tables(CREMA, 0, "year_total")) {
        for key in ["year", "net", "gross"] {
            assert_eq!(total[key], told(&file, key));
        }
        assert_eq!(
            file.get("contributions").map_or(json!("0.00"), |_| told(&file, "contributions")),
            total["contributions"]
        );
        let own = version["lines"].as_array().unwrap().iter().filter(|line| line["year"] == total["year"]);
        assert_eq!(own.map(|line| cents(&line["gross"])).sum::<i64>(), cents(&total["gross"]));
    }
}

#[test]
fn the_monthly_fees_of_crema() {
    let fields = "lines(area: \"3\") { code parts { item given quantity price net vat gross stated } }";
    let version = Asked::crema().on("2015-06-30", fields);
    let part = |item: &str, months: &str, fee: &str, net: &str, vat: &str, gross: &str| {
        json!({ "item": item, "given": "MONTHS", "quantity": months, "price": fee, "net": net, "vat": vat, "gross": gross,
            "stated": null })
    };
    let (first, second) = ("accoglienza sociale", "équipe territoriali");
    let later = json!([
        part(first, "12", "2300.00", "27600.00", "1104.00", "28704.00"),
        part(second, "12", "7283.00", "87396.00", "3495.84", "90891.84"),
    ]);
    let expected = json!([
        { "code": "2015-3", "parts": [
            part(first, "8", "2550.00", "20400.00", "816.00", "21216.00"),
            part(second, "9", "8022.00", "72198.00", "2887.92", "75085.92"),
        ] },
        { "code": "2016-3", "parts": later },
        { "code": "2017-3", "parts": later },
    ]);
    assert_eq!(version["lines"], expected);
    let of_file = tables(CREMA, 0, "line").into_iter().filter(|line| line["area"].as_str() == Some("3"));
    for (line, file) in version["lines"].as_array().unwrap().iter().zip(of_file) {
        let parts = file["part"].as_array().unwrap();
        assert_eq!(parts.len(), 2);
        for (part, file) in line["parts"].as_array().unwrap().iter().zip(parts) {
            let file = file.as_table().unwrap();
            for (field, key) in [("item", "item"), ("price", "fee"), ("net", "net"), ("gross", "gross")] {
                assert_eq!(part[field], told(file, key), "{line}");
            }
            assert_eq!(part["quantity"], told(file, "months").to_string());
        }
    }
}

#[test]
fn the_contributions_of_crema() {
    let asked = Asked::crema();
    let fields =
        "contributions(year: 2015) { year area item partner { code name } percent amount items { item amount } }";
    let contributions = asked.on("2015-06-30", fields)["contributions"].take();
    let contributions = contributions.as_array().unwrap();
    let literals = [
        ("1", "5500.00", 0),
        ("2", "5850.00", 0),
        ("3", "29530.00", 10),
        ("4", "18600.00", 5),
        ("4", "8674.02", 0),
        ("5", "45800.00", 10),
    ];
    let of_file = tables(CREMA, 0, "contribution");
    assert_eq!((contributions.len(), of_file.len()), (6, 6));
    for ((one, (area, amount, items)), file) in contributions.iter().zip(literals).zip(of_file) {
        assert_eq!((&one["area"], &one["amount"]), (&json!(area), &json!(amount)));
        assert_eq!((&told(&file, "area"), &told(&file, "amount")), (&json!(area), &json!(amount)));
        assert_eq!(one["partner"], json!({ "code": "SUL_SERIO", "name": "Consorzio Sul Serio" }));
        let percent = if amount == "8674.02" { json!("1") } else { Value::Null };
        assert_eq!((&one["percent"], &told(&file, "percent")), (&percent, &percent));
        let empty = Vec::new();
        let detail = file.get("detail").map_or(&empty, |detail| detail.as_array().unwrap());
        let own = one["items"].as_array().unwrap();
        assert_eq!((own.len(), detail.len()), (items, items), "{area}");
        for (item, file) in own.iter().zip(detail) {
            let file = file.as_table().unwrap();
            assert_eq!((&item["item"], &item["amount"]), (&told(file, "item"), &told(file, "amount")));
        }
        let sum: i64 = own.iter().map(|item| cents(&item["amount"])).sum();
        assert!(own.is_empty() || sum == cents(&json!(amount)), "{area}");
    }
    let sum: i64 = contributions.iter().map(|one| cents(&one["amount"])).sum();
    assert_eq!(sum, 11_395_402);
    let first_and_last = [&contributions[2]["items"][0], &contributions[5]["items"][9]];
    assert_eq!(first_and_last[0], &json!({ "item": "sportelli", "amount": "9560.00" }));
    let saved = json!({ "item": "costo risparmiato per inserimenti lavorativi", "amount": "16500.00" });
    assert_eq!(first_and_last[1], &saved);
    assert_eq!(asked.on("2015-06-30", "contributions(year: 2016) { amount }")["contributions"], json!([]));
}

#[test]
fn the_days_of_crema() {
    let asked = Asked::crema();
    let version =
        asked.on("2015-06-30", "startsOn endsOn effectiveFrom assumed monitoringDates planningDates programmeDates");
    let expected = json!({
        "startsOn": "2015-03-01", "endsOn": "2017-12-31", "effectiveFrom": "2015-03-01", "assumed": false,
        "monitoringDates": ["2015-06-30", "2015-12-31", "2016-06-30", "2016-12-31", "2017-06-30", "2017-12-31"],
        "planningDates": ["2016-02-28", "2017-02-28"],
        "programmeDates": [],
    });
    assert_eq!(version, expected);
    let some = asked.on("2015-06-30", "monitoringDates(from: \"2016-01-01\", to: \"2016-12-30\")");
    assert_eq!(some["monitoringDates"], json!(["2016-06-30"]));
    // As the document says them: on two days of every year, and by the end of each February for the year that follows.
    let recurring = asked.on("2015-06-30", "recurrences { kind month day everyMonths }")["recurrences"].take();
    let yearly =
        |kind: &str, month: i32, day: i32| json!({ "kind": kind, "month": month, "day": day, "everyMonths": null });
    assert_eq!(
        recurring,
        json!([yearly("MONITORING", 6, 30), yearly("MONITORING", 12, 31), yearly("PLANNING", 2, 28)])
    );
}

#[test]
fn what_crema_is_worth_in_2019() {
    let asked = Asked::crema();
    let fields =
        "number kind title note startsOn endsOn assumed lines { code } programmes { code name year public private }
        perimeter(year: 2019) { year total public private publicShare privateShare publicPercent privatePercent }
        none: perimeter(year: 2018) { total } perimeters { year } value { total public private publicPercent privatePercent }
        recurrences { kind everyMonths } monitoringDates";
    let version = asked.on("2019-06-30", fields);
    let perimeter = json!({
        "year": 2019, "total": "1807969.00", "public": "1418784.00", "private": "389185.00",
        // 1,418,784 of 1,807,969 are 0.78473911...
        "publicShare": "0.784739", "privateShare": "0.215261", "publicPercent": 78, "privatePercent": 22,
    });
    assert_eq!((&version["perimeter"], &version["none"]), (&perimeter, &Value::Null));
    let value = json!({ "total": "1807969.00", "public": "1418784.00", "private": "389185.00", "publicPercent": 78, "privatePercent": 22 });
    assert_eq!((&version["perimeters"], &version["value"]), (&json!([{ "year": 2019 }]), &value));
    // One report a month and programme; the first month is over on 1 February.
    assert_eq!(version["recurrences"], json!([{ "kind": "MONITORING", "everyMonths": 1 }]));
    let months = version["monitoringDates"].as_array().unwrap();
    assert_eq!((months.len(), &months[0], &months[10]), (11, &json!("2019-02-01"), &json!("2019-12-01")));
    let file = &tables(CREMA, 1, "perimeter")[0];
    for key in ["total", "public", "private"] {
        assert_eq!(perimeter[key], told(file, key));
    }
    let names = [
        "Città dei bambini e della famiglia",
        "Contrasto alla povertà",
        "Lavoro sociale di comunità",
        "Protezione giuridica",
        "Inclusione socio-lavorativa",
        "Servizi abitativi",
    ];
    let programmes: Vec<Value> = (1..)
        .zip(names)
        .map(|(code, name): (u32, _)| json!({ "code": code.to_string(), "name": name, "year": null, "public": null, "private": null }))
        .collect();
    assert_eq!(version["programmes"], Value::from(programmes));
    let of_file: Vec<_> = tables(CREMA, 1, "programme").iter().map(|one| told(one, "name")).collect();
    assert_eq!(of_file, names);
    assert_eq!(
        (&version["number"], &version["kind"], &version["assumed"]),
        (&json!(2), &json!("RENEWAL"), &json!(true))
    );
    // All of what no document gives is named.
    let note = version["note"].as_str().unwrap();
    for assumed in ["il periodo", "il partner", "il titolo", "un rinnovo"] {
        assert!(note.contains(assumed), "{assumed}: {note}");
    }
    // The old one stays readable as of its day, unchanged.
    let old = asked.on("2015-06-30", "number kind lines { code } programmes { code } perimeter(year: 2019) { total }");
    assert_eq!(
        (&old["number"], &old["kind"], &old["programmes"], &old["perimeter"]),
        (&json!(1), &json!("ORIGINAL"), &json!([]), &Value::Null)
    );
    assert_eq!((old["lines"].as_array().unwrap().len(), &version["lines"]), (24, &json!([])));
}

#[test]
fn who_agrees_what_at_crema_and_cremona() {
    for (asked, day, kind, grantor, istat, partner, title) in [
        (
            Asked::crema(),
            "2015-06-30",
            "CO_DESIGN",
            "Crema",
            "019035",
            "Consorzio Sul Serio",
            "Convenzione di co-progettazione",
        ),
        (
            Asked::cremona(),
            "2024-10-01",
            "COLLABORATION",
            "Cremona",
            "019036",
            "Consorzio Sol.Co Cremona",
            "Accordo di collaborazione per interventi a favore di preadolescenti e adolescenti",
        ),
    ] {
        let query = format!(
            "{{ agreement(id: \"{}\") {{ kind grantor grantorComune {{ istatCode }} ambito {{ region province managingBody }}
                version(asOf: \"{day}\") {{ title partners {{ name }} services {{ code }} digest }} }} }}",
            asked.id
        );
        let mut found = asked.server.ask(&asked.token, &query, Value::Null).data()["agreement"].take();
        assert_eq!(found["version"]["digest"].take().as_str().unwrap().len(), 64);
        let expected = json!({
            "kind": kind, "grantor": grantor, "grantorComune": { "istatCode": istat },
            "ambito": { "region": "Lombardia", "province": "CR", "managingBody": format!("Comune di {grantor}") },
            "version": { "title": title, "partners": [{ "name": partner }], "services": [], "digest": null },
        });
        assert_eq!(found, expected);
    }
    let areas = Asked::crema().on("2015-06-30", "areas { code name }");
    let expected = json!([
        { "code": "1", "name": null },
        { "code": "2", "name": null },
        { "code": "3", "name": "Prossimità sociale e supporto al servizio sociale professionale" },
        { "code": "4", "name": "Autonomia tramite il lavoro e housing sociale" },
        { "code": "5", "name": "Interventi per il lavoro e l'integrazione socio-lavorativa" },
    ]);
    assert_eq!(areas["areas"], expected);
}

#[test]
fn the_money_of_cremona() {
    let asked = Asked::cremona();
    let fields = "startsOn endsOn assumed lines { code net vat gross vatRegime vatRate given
        parts { item given quantity price net gross stated } } years { year gross } programmeDates monitoringDates";
    let version = asked.on("2024-09-01", fields);
    let line = |year: &str, gross: &str, hours: &str, product: &str, stated: &str| {
        let part = json!({ "item": "operatore incaricato", "given": "HOURS", "quantity": hours, "price": "26.25",
            "net": product, "gross": product, "stated": stated });
        json!({ "code": year, "net": gross, "vat": "0.00", "gross": gross, "vatRegime": "OUT_OF_SCOPE", "vatRate": null,
            "given": "GROSS", "parts": [part] })
    };
    let expected = json!({
        "startsOn": "2024-09-01", "endsOn": "2025-12-31", "assumed": true,
        "lines": [
            line("2024", "13000.00", "76", "1995.00", "2000.00"),
            line("2025", "27000.00", "152", "3990.00", "4000.00"),
        ],
        "years": [{ "year": 2024, "gross": "13000.00" }, { "year": 2025, "gross": "27000.00" }],
        "programmeDates": ["2025-01-01", "2025-05-01", "2025-09-01"],
        "monitoringDates": [],
    });
    assert_eq!(version, expected);
    let of_file: Vec<_> = tables(CREMONA, 0, "line").iter().map(|line| told(line, "gross")).collect();
    assert_eq!(of_file, ["13000.00", "27000.00"]);
}

#[test]
fn the_instalments_of_cremona() {
    let asked = Asked::cremona();
    let all = asked.on("2024-09-01", "instalments { label periodFrom periodTo dueDate amount }");
    let instalment = |label: &str, year: i32, due: Option<&str>, amount: &str| {
        let from = if year == 2024 { "2024-09-01" } else { "2025-01-01" };
        json!({ "label": label, "periodFrom": from, "periodTo": format!("{year}-12-31"), "dueDate": due, "amount": amount })
    };
    let expected = [
        instalment("primo periodo", 2024, None, "13000.00"),
        instalment("tranche 1", 2025, Some("2025-01-31"), "9000.00"),
        instalment("tranche 2", 2025, Some("2025-05-31"), "9000.00"),
        instalment("saldo", 2025, Some("2025-12-31"), "9000.00"),
    ];
    assert_eq!(all["instalments"], Value::from(expected.to_vec()));
    for (one, file) in expected.iter().zip(tables(CREMONA, 0, "instalment")) {
        for (field, key) in
            [("periodFrom", "from"), ("periodTo", "to"), ("dueDate", "due"), ("amount", "amount"), ("label", "label")]
        {
            assert_eq!(one[field], told(&file, key));
        }
    }
    for (arguments, expected) in [
        ("dueFrom: \"2025-05-31\", dueBy: \"2025-05-31\"", json!(["tranche 2"])),
        ("dueFrom: \"2025-06-01\", dueBy: \"2025-06-01\"", json!([])),
        ("dueBy: \"2025-01-30\"", json!([])),
        ("dueBy: \"2025-01-31\"", json!(["tranche 1"])),
        ("dueBy: \"2025-12-31\"", json!(["tranche 1", "tranche 2", "saldo"])),
        ("dueFrom: \"2025-02-01\"", json!(["tranche 2", "saldo"])),
    ] {
        let found = asked.on("2025-12-31", &format!("instalments({arguments}) {{ label }}"));
        let labels: Value = found["instalments"].as_array().unwrap().iter().map(|one| one["label"].clone()).collect();
        assert_eq!(labels, expected, "{arguments}");
    }
}
