//! What a file of activity may look like, and everything that is wrong with one that may not.

use std::collections::HashMap;

use super::*;
use crate::store::activity::Month;

fn vocabulary() -> Vocabulary {
    let codes =
        |codes: &[(&str, i64)]| codes.iter().map(|(code, id)| ((*code).to_owned(), *id)).collect::<HashMap<_, _>>();
    let member = |id, istat: &str, name: &str, to: Option<&str>| Member {
        id,
        istat: istat.to_owned(),
        name: name.to_owned(),
        valid: vec![("2018-01-01".parse().unwrap(), to.map(|day| day.parse().unwrap()))],
    };
    Vocabulary {
        ambito: 7,
        ambito_code: "9".to_owned(),
        cases: 99,
        services: codes(&[("SAD", 1), ("ADM", 2)]),
        comuni: vec![
            member(10, "017103", "Manerbio", None),
            member(11, "017149", "Pontevico", Some("2023-06-15")),
            member(12, "017164", "Roè Volciano", None),
        ],
        measures: codes(&[("HOURS", 100), ("ACCESSES", 101), ("DAYS", 102), ("HOT_MEALS", 103)]),
        last: Month::new(2023, 12),
    }
}

fn read_with(limits: &Limits, bytes: &[u8], piece: usize) -> ActivityFile {
    let mut reader = ActivityReader::new(vocabulary(), limits);
    for some in bytes.chunks(piece) {
        reader.read(some);
    }
    reader.finish("file.csv")
}

/// Reads a file whole and byte by byte, which comes to the same.
#[track_caller]
fn read(bytes: impl AsRef<[u8]>) -> ActivityFile {
    let [whole, single] = [usize::MAX, 1].map(|piece| read_with(&Limits::default(), bytes.as_ref(), piece));
    let parts = |file: &ActivityFile| {
        (rows(file), file.problems.clone(), file.digest.clone(), file.rows, file.rejected, file.broken)
    };
    assert_eq!(parts(&whole), parts(&single));
    whole
}

/// Every value: service, comune, month, measure, case, millionths.
fn rows(file: &ActivityFile) -> Vec<(i64, i64, i32, i64, String, i64)> {
    let months: HashMap<u32, MonthKey> =
        file.values.months().unwrap().into_iter().map(|(at, key, _)| (at, key)).collect();
    let row = |(at, code, micros): (u32, &str, i64)| {
        let key = months[&at];
        (key.service, key.comune, key.month.get(), key.measure, code.to_owned(), micros)
    };
    file.values.iter().map(row).collect()
}

/// The problems as `line:column code value`.
fn told(file: &ActivityFile) -> Vec<String> {
    let column = |problem: &Problem| problem.column.map(|column| format!(":{column}")).unwrap_or_default();
    file.problems
        .iter()
        .map(|problem| {
            format!("{}{} {} {}", problem.line, column(problem), problem.reason.code(), problem.value).trim().to_owned()
        })
        .collect()
}

const HEADER: &str = "service;comune;month;case;measure;value\n";

#[test]
fn the_same_rows_in_every_form() {
    let expected =
        [(1, 10, 202_301, 100, "C-1".to_owned(), 12_500_000), (2, 12, 202_302, 101, "C-2".to_owned(), 3_000_000)];
    let forms: [&[u8]; 8] = [
        b"service,comune,month,case,measure,value\nSAD,017103,2023-01,C-1,HOURS,12.5\nADM,017164,2023-02,C-2,ACCESSES,3\n",
        b"service;comune;month;case;measure;value\r\nSAD;017103;2023-01;C-1;HOURS;12,5\r\nADM;017164;2023-02;C-2;ACCESSES;3\r\n",
        "\u{feff}Servizio;Comune di residenza;Mese;Codice caso;Misura;Quantità\nSAD;Manerbio;01/2023;C-1;ore;12,50\nADM;ROÈ VOLCIANO;2/2023;C-2;Accessi;3"
            .as_bytes(),
        // The same without its mark, in the encoding of spreadsheets.
        b"servizio;comune;mese;caso;misura;quantit\xe0\nSAD;manerbio;gennaio 2023;C-1;ore;12,5\nADM;Ro\xe8 Volciano;feb-23;C-2;accessi;3\n",
        // A column for each measure; a spreadsheet has taken the zeros of the codes.
        b"servizio;istat;mese;caso;ore;accessi\nSAD;17103;202301;C-1;12,5;\nADM;17164;28/02/2023;C-2;;3\n;;;;;\n",
        b"case\tmonth\tservice\tcomune\tmeasure\tvalue\nC-1\t2023-01-31\tSAD\t017103\tHOURS\t12.500000\nC-2\t2023/2\tADM\t017164\tACCESSES\t3.0\n",
        b"\"service\",\"comune\",\"month\",\"case\",\"measure\",\"value\"\n\"SAD\",\"017103\",\"2023-01\",\"C-1\",\"HOURS\",\"12,5\"\n\n\"ADM\",\"017164\",\"2023-02\",\"C-2\",\"ACCESSES\",\"3\"\n",
        b"service,comune,month,case,measure,value\n SAD , 017103 ,2023-01, C-1 ,hours, 12.5 \nADM,017164,2023-02,C-2,ACCESSES,3\n",
    ];
    for form in forms {
        let file = read(form);
        assert_eq!(told(&file), Vec::<String>::new(), "{}", String::from_utf8_lossy(form));
        assert_eq!(rows(&file), expected);
        assert_eq!((file.rows, file.rejected, file.broken, file.ambito), (2, 0, false, 7));
    }
}

#[test]
fn numbers() {
    let check = |text: &str| {
        let file = read(format!("{HEADER}SAD;017103;2023-01;C-1;HOURS;{text}\n"));
        let reason = file.problems.first().map(|problem| problem.reason.code());
        reason.map_or_else(|| Ok(rows(&file)[0].5), Err)
    };
    for (text, expected) in [
        ("0", Ok(0)),
        ("7", Ok(7_000_000)),
        ("0,125", Ok(125_000)),
        ("0.125", Ok(125_000)),
        ("12,5", Ok(12_500_000)),
        ("1234,567", Ok(1_234_567_000)),
        ("1.234,5", Ok(1_234_500_000)),
        ("1,234.5", Ok(1_234_500_000)),
        ("1.234,567", Ok(1_234_567_000)),
        ("999.999,5", Ok(999_999_500_000)),
        ("12.345.678", Err("TOO_LARGE")),
        ("100.000.0", Err("NOT_A_NUMBER")),
        ("1.000.000", Ok(1_000_000_000_000)),
        ("1000000,000001", Err("TOO_LARGE")),
        ("99999999999999999999", Err("TOO_LARGE")),
        ("1,234", Err("AMBIGUOUS_NUMBER")),
        ("12.500", Err("AMBIGUOUS_NUMBER")),
        ("1,2340", Ok(1_234_000)),
        ("0,0000001", Err("TOO_PRECISE")),
        ("-1", Err("NEGATIVE")),
        ("-0,5", Err("NEGATIVE")),
        ("-0", Ok(0)),
        ("", Err("MISSING")),
        ("dieci", Err("NOT_A_NUMBER")),
        ("1e3", Err("NOT_A_NUMBER")),
        ("+1", Err("NOT_A_NUMBER")),
        ("=1+1", Err("NOT_A_NUMBER")),
        ("1 000", Err("NOT_A_NUMBER")),
        ("007", Err("NOT_A_NUMBER")),
        (",5", Err("NOT_A_NUMBER")),
        ("5,", Err("NOT_A_NUMBER")),
        ("1,,5", Err("NOT_A_NUMBER")),
        ("1.2,3.4", Err("NOT_A_NUMBER")),
        ("-", Err("NOT_A_NUMBER")),
    ] {
        assert_eq!(check(text), expected, "{text}");
    }
}

#[test]
fn months() {
    for (text, expected) in [
        ("2023-01", Some(202_301)),
        ("2023/1", Some(202_301)),
        ("202312", Some(202_312)),
        ("01/2023", Some(202_301)),
        ("1.2023", Some(202_301)),
        ("2023-02-28", Some(202_302)),
        ("28/02/2023", Some(202_302)),
        ("Gennaio 2023", Some(202_301)),
        ("dic-22", Some(202_212)),
        ("SET/2022", Some(202_209)),
        ("29/02/2023", None),
        ("02/28/2023", None),
        ("2023-13", None),
        ("2023-00", None),
        ("13/2023", None),
        ("01/23", None),
        ("2023", None),
        ("20231", None),
        ("january 2023", None),
        ("gennaio", None),
        ("2023-01-01T00:00", None),
        ("1989-12", None),
        ("à-2023", None),
    ] {
        assert_eq!(cell::month(text).map(Month::get), expected, "{text}");
    }
}

#[test]
fn every_bad_row_is_told() {
    let file = read(format!(
        "{HEADER}SAD;017103;2023-01;C-1;HOURS;1\nXYZ;017999;2024-01;RSSMRA80A01H501U;KM;-1\nSAD;017103;2023-01\n\"SAD\n\";017149;2023-07;Mario Rossi;CASI;x\n\
         SAD;017149;2023-06;C-2;HOURS;1\n;;;;;\nSAD;017103;2023-01;C-1;HOURS;2\nSAD;017103;mai;12/03/1984;;\n"
    ));
    assert_eq!(
        told(&file),
        [
            "3:1 UNKNOWN_SERVICE XYZ",
            "3:2 UNKNOWN_COMUNE 017999",
            "3:3 FUTURE_MONTH 2024-01",
            "3:4 TAX_CODE RSS…",
            "3:5 UNKNOWN_MEASURE KM",
            "3:6 NEGATIVE -1",
            "4 COLUMN_COUNT 3",
            "5:2 UNKNOWN_COMUNE 017149",
            "5:4 NAME Mar…",
            "5:5 CASES_ARE_COUNTED CASI",
            "5:6 NOT_A_NUMBER x",
            "9 DUPLICATE",
            "10:3 NOT_A_MONTH mai",
            "10:4 DATE_OF_BIRTH 12/…",
            "10:5 MISSING",
            "10:6 MISSING",
        ]
    );
    assert_eq!((file.rows, file.rejected, file.broken), (7, 5, false));
    // A quoted line's end is within a service's code, and blanks around it are none of it.
    assert_eq!(rows(&file).iter().map(|row| row.4.as_str()).collect::<Vec<_>>(), ["C-1", "C-2"]);
}

#[test]
fn a_wide_row_is_taken_whole_or_not_at_all() {
    let file = read(
        "service,comune,month,case,hours,days,hot meals\nSAD,017103,2023-01,C-1,1,2,3\nSAD,017103,2023-01,C-2,1,x,\nSAD,017103,2023-01,C-3,,,\n",
    );
    assert_eq!(told(&file), ["3:6 NOT_A_NUMBER x", "4:5 MISSING"]);
    assert_eq!(
        rows(&file).iter().map(|row| (row.3, row.5)).collect::<Vec<_>>(),
        [(100, 1_000_000), (102, 2_000_000), (103, 3_000_000)]
    );
    // A measure that an earlier row has of the case takes the others of its row along.
    let file = read("service,comune,month,case,hours,days\nSAD,017103,2023-01,C-1,1,\nSAD,017103,2023-01,C-1,2,3\n");
    assert_eq!((told(&file), rows(&file).len(), file.rejected), (vec!["3 DUPLICATE".to_owned()], 1, 1));
}

#[test]
fn headers_that_are_not_understood() {
    for (text, expected) in [
        ("", &["1 NO_HEADER"][..]),
        (HEADER, &["1 NO_ROWS"]),
        (
            "service;comune;month;case\nSAD;017103;2023-01;C-1\n",
            &["1 MISSING_COLUMN measure", "1 MISSING_COLUMN value"],
        ),
        ("service;comune;month;case;ore;cognome\n", &["1:6 UNKNOWN_COLUMN cognome"]),
        ("service;comune;month;case;ore;casi\n", &["1:6 CASES_ARE_COUNTED casi"]),
        (
            "service;servizio;comune;month;case;ore;hours\n",
            &["1:2 DUPLICATE_COLUMN servizio", "1:7 DUPLICATE_COLUMN hours"],
        ),
        ("service;comune;month;case;ore;value\n", &["1:6 UNKNOWN_COLUMN value"]),
        ("service;comune;month;caso;measure;value;\n", &["1:7 UNKNOWN_COLUMN"]),
    ] {
        let file = read(text);
        assert_eq!(told(&file), expected, "{text}");
        assert!(file.broken && file.values.is_empty(), "{text}");
    }
}

#[test]
fn a_quote_that_nobody_closes_ends_the_reading() {
    let rest = "SAD;017103;2023-01;C-2;HOURS;1\n".repeat(4_000);
    let file = read(format!("{HEADER}SAD;017103;2023-01;C-1;HOURS;1\nSAD;\"017103;2023-01;C-2;HOURS;1\n{rest}"));
    assert!(file.broken && file.values.is_empty() && file.rejected == file.rows);
    assert_eq!(file.problems.last().unwrap().reason, Reason::RowTooLong);
    let file = read(format!("{HEADER}{}\n", "x;".repeat(100)));
    assert_eq!(file.problems[0].reason, Reason::RowTooLong);
}

#[test]
fn what_is_told_and_held_is_bounded() {
    let limits = Limits { import_problems_max: 3, import_rows_max: 10, ..Limits::default() };
    let rows = |count: usize, value: &str| {
        (0..count).map(|case| format!("SAD;017103;2023-01;C-{case};HOURS;{value}\n")).collect::<Vec<_>>().concat()
    };
    let file = read_with(&limits, format!("{HEADER}{}", rows(50, "x")).as_bytes(), 7);
    assert_eq!((file.problems.len(), file.more_problems, file.rejected), (3, 47, 50));
    let file = read_with(&limits, format!("{HEADER}{}{}", rows(10, "1"), "").as_bytes(), 7);
    assert_eq!((file.broken, file.values.len()), (false, 10));
    let file = read_with(&limits, format!("{HEADER}{}{}", rows(8, "x"), rows(11, "1")).as_bytes(), 7);
    assert!(file.broken && file.values.is_empty());
    assert_eq!(file.problems.last().unwrap().reason, Reason::TooManyRows);
    let long = "x".repeat(100);
    let file = read_with(&limits, format!("{HEADER}{long};017103;2023-01;C-1;HOURS;1\n").as_bytes(), 7);
    assert_eq!(file.problems[0].value, format!("{}…", "x".repeat(40)));
}

#[test]
fn a_formula_is_text() {
    let cases = ["=1+1", "+4217", "-4217", "@42", "=HYPERLINK(\"\"http://a\"\")"];
    let lines: String =
        cases.iter().map(|case| format!("SAD;017103;2023-01;\"{case}\";HOURS;1\n")).collect::<Vec<_>>().concat();
    let file = read(format!("{HEADER}{lines}SAD;017103;2023-01;\"\t=2\";HOURS;1\n"));
    assert_eq!(told(&file), Vec::<String>::new());
    let mut expected: Vec<String> =
        cases.iter().map(|case| case.replace("\"\"", "\"")).chain(["\t=2".to_owned()]).collect();
    expected.sort();
    assert_eq!(rows(&file).into_iter().map(|row| row.4).collect::<Vec<_>>(), expected);
}

#[test]
fn the_digest_is_of_the_bytes() {
    // printf 'service\n' | sha256sum
    let expected = "50330f81bafd6ca339d3ae94a8ba5c99d1e1895695f1334e461d2d64f8ed77f7";
    assert_eq!(read("service\n").digest, expected);
}
