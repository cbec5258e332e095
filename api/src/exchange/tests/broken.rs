//! Broken files: one line a case, and every problem of the case.

use super::parse_changed;

const P: &str = "plan.toml";
const C: &str = "comuni.csv";
const M: &str = "measurements.csv";

/// What is changed, from what to what; then line and part of the reason of every problem, in the file that was changed.
type Case = (&'static str, &'static str, &'static str, &'static [(usize, &'static str)]);

/// How the rule of SAD is written.
const BY_HOURS: &str = "kind = \"BY_MEASURE\"\nmeasure = \"HOURS\"\n\n";

#[test]
fn every_broken_file_gets_every_problem() {
    for cases in [SHAPE, MONEY_NUMBERS_AND_DAYS, REFERENCES_AND_DUPLICATES, BUDGETS, RULES, COMUNI, MEASUREMENTS] {
        check(cases);
    }
}

fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (file, from, to, expected) in cases {
        let found = parse_changed(&[(file, from, to)]).err().unwrap_or_default();
        let same = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(problem, (line, part))| {
                problem.file == *file && problem.line == *line && problem.reason.contains(part)
            });
        if !same {
            let found: Vec<_> = found.iter().map(|problem| format!("  {problem}")).collect();
            wrong.push(format!("{from:?} -> {to:?}: expected {expected:?}, found\n{}", found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[rustfmt::skip]
const SHAPE: &[Case] = &[
    (P, "region = \"Lombardia\"\n", "", &[(1, "`region` is missing")]),
    (P, "region = \"Lombardia\"", "region = 3", &[(4, "write the number in quotes")]),
    (P, "region = \"Lombardia\"", "region = true", &[(4, "a text in quotes is expected, not true or false")]),
    (P, "region = \"Lombardia\"", "regione = \"Lombardia\"", &[(1, "`region` is missing"), (4, "unknown key \"regione\"")]),
    (P, "region = \"Lombardia\"", "region = \"\"", &[(4, "a text is needed")]),
    (P, "region = \"Lombardia\"", "region = \" Lombardia\"", &[(4, "blanks at the start")]),
    (P, "region = \"Lombardia\"", "region = \"Lom\\u0007\"", &[(4, "control characters")]),
    (P, "region = \"Lombardia\"", "region = \"Lom\u{202e}\"", &[(4, "invisible characters")]),
    (P, "region = \"Lombardia\"", "region = \"\"\"a\nb\"\"\"", &[(4, "control characters")]),
    (P, "region = \"Lombardia\"", "region = \"Lombardia", &[(4, "not TOML: invalid basic string")]),
    (P, "region = \"Lombardia\"", "region = \"A\"\nregion = \"B\"", &[(5, "not TOML: duplicate key")]),
    (P, "region = \"Lombardia\"\nprovince = \"BS\"", "province = \"Brescia\"", &[(1, "`region` is missing"), (4, "two letters of a province")]),
    (P, "[programme]", "[programma]", &[(8, "unknown key \"programma\"")]),
    (P, "[ambito]", "[[ambito]]", &[(1, "a table is expected, not a list")]),
    (P, "[[fund]]\ncode = \"FSR\"", "[fund]\ncode = \"FSR\"", &[(18, "not TOML: duplicate key")]),
    (P, "[[basis]]\nyears = [2020, 2021]\nmeasure = \"HOURS\"", "[basis.x]\nmeasure = \"HOURS\"", &[(73, "unknown key \"x\""), (77, "no `[[basis]]` gives the reference date of HOURS"), (77, "SAD in 2021: no `[[basis]]`")]),
    (P, "code = \"T1\"", "code = \"t 1\"", &[(2, "not a code")]),
    (P, "", "[[budget.rule.adjustment]]\n", &[(113, "unknown key \"adjustment\"")]),
];

#[rustfmt::skip]
const MONEY_NUMBERS_AND_DAYS: &[Case] = &[
    (P, "\"1000.00\"\n\n[[budget.funding]]\nfund = \"FNPS\"", "1000.00\n\n[[budget.funding]]\nfund = \"FNPS\"", &[(81, "`amount`: write the number in quotes")]),
    (P, "\"1000.00\"\n\n[[budget.funding]]\nfund = \"FNPS\"", "1000\n\n[[budget.funding]]\nfund = \"FNPS\"", &[(81, "`amount`: write the number in quotes")]),
    (P, "\"300.00\"", "\"300.0\"", &[(85, "not an amount with exactly two decimals")]),
    (P, "\"300.00\"", "\"-300.00\"", &[(85, "an amount must not be negative")]),
    (P, "\"300.00\"", "\"3e2\"", &[(85, "not an amount")]),
    (P, "\"300.00\"", "\"99999999999999999999.00\"", &[(85, "not an amount")]),
    (P, "percent = \"60\"", "percent = 60", &[(61, "write the number in quotes")]),
    (P, "percent = \"60\"", "percent = \"-1\"", &[(61, "a number must not be negative")]),
    (P, "percent = \"60\"", "percent = \"101\"", &[(61, "up to 100")]),
    (P, "percent = \"60\"", "percent = \"59.9\"", &[(58, "the instalments of 2020 add up to 99.9 percent"), (58, "the instalments of 2021 add up")]),
    (P, "due = \"03-31\"", "due = \"02-30\"", &[(60, "2020 has no such day")]),
    (P, "due = \"03-31\"", "due = \"02-29\"", &[(60, "2021 has no such day")]),
    (P, "due = \"03-31\"", "due = \"31/03\"", &[(60, "not a day of the year")]),
    (P, "due = \"03-31\"", "due = \"10-31\"", &[(65, "2020-10-31 stands already in line 58"), (65, "2021-10-31 stands already")]),
    (P, "due = \"03-31\"", "due = 2030-03-31", &[(60, "too far from the plan of 2020")]),
    (P, "reference_date = 2019-01-01", "reference_date = \"2019-01-01\"", &[(71, "without quotes")]),
    (P, "reference_date = 2019-01-01", "reference_date = 2019-13-01", &[(71, "not TOML: invalid date")]),
    (P, "reference_date = 2019-01-01", "reference_date = 2019-01-01T00:00:00Z", &[(71, "without a time")]),
    (P, "reference_date = 2019-01-01", "reference_date = 1019-01-01", &[(71, "between 1990 and 2200")]),
    (P, "from_year = 2020", "from_year = \"2020\"", &[(10, "a year between 1990 and 2200")]),
    (P, "from_year = 2020", "from_year = 20200", &[(10, "a year between 1990 and 2200")]),
    (P, "contribution = \"1000.00\"", "contribution = \"1.000,00\"", &[(47, "not an amount")]),
    (P, "mission_programme = \"12.03\"", "mission_programme = \"12\"", &[(34, "such as 12.03")]),
    (P, "mission_programme = \"12.03\"", "mission_programme = \"12.99\"", &[(34, "D.Lgs. 118/2011")]),
    (P, "mission_programme = \"12.03\"", "cig = \"8012345AB\"\ncup = \"d51b19000120003\"", &[(34, "not a CIG"), (35, "not a CUP")]),
];

#[rustfmt::skip]
const REFERENCES_AND_DUPLICATES: &[Case] = &[
    (P, "level = \"STATE\"", "level = \"STATO\"", &[(16, "one of EUROPE, STATE, REGION, COMUNI, PARTNER, USERS, OTHER is expected")]),
    (P, "code = \"FSR\"", "code = \"FNPS\"", &[(19, "FNPS stands already in line 14"), (35, "no fund has the code FSR"), (88, "no fund has the code FSR")]),
    (P, "covered_by = [\"FNPS\", \"FSR\"]", "covered_by = [\"FNPS\", \"FNPS\"]", &[(35, "stands here twice"), (88, "FSR is not among the funds")]),
    (P, "fund = \"FSR\"", "fund = \"FNPS\"", &[(88, "FNPS stands here twice")]),
    (P, "code = \"MEALS\"", "code = \"RESIDENTS\"", &[(24, "known to every server")]),
    (P, "code = \"MEALS\"", "code = \"meals\"", &[(24, "not a measure code")]),
    (P, "code = \"MENSA\"", "code = \"SAD\"", &[(39, "SAD stands already in line 30"), (96, "no service has the code MENSA")]),
    (P, "\"017001\", \"017002\"]", "\"017001\", \"017001\"]", &[(36, "017001 stands here twice")]),
    (P, "\"017001\", \"017002\"]", "\"017001\", \"017009\", \"17001\"]", &[(36, "no comune of the Ambito has the code 017009"), (36, "not an ISTAT code")]),
    (P, "\"017001\", \"017002\"]", "\n\"017001\",\n\"017009\",\n\"17001\"]", &[(38, "017009"), (39, "not an ISTAT code")]),
    (P, "participants = \"all\"", "participants = \"tutti\"", &[(43, "either \"all\" or a list")]),
    (P, "participants = \"all\"", "participants = []", &[(43, "at least one comune")]),
    (P, "year = 2021\nkind", "year = 2020\nkind", &[(55, "the plan of 2020 stands already in line 50"), (59, "there is no plan of 2021"), (64, "there is no plan of 2021"), (69, "there is no plan of 2021"), (74, "there is no plan of 2021"), (80, "there is no plan of 2021")]),
    (P, "year = 2021\nkind", "year = 2025\nkind", &[(55, "the programme does not cover this year"), (59, "there is no plan of 2021"), (64, "there is no plan of 2021"), (69, "there is no plan of 2021"), (74, "there is no plan of 2021"), (80, "there is no plan of 2021")]),
    (P, "service = \"MENSA\"\nyears = [2020]", "service = \"SAD\"\nyears = [2020]", &[(95, "the budget of SAD in 2020 stands already in line 78")]),
    (P, "service = \"MENSA\"\nyears = [2020]", "service = \"MENSA\"\nyears = [2020, 2022, 2020]", &[(97, "2020 stands here twice"), (97, "there is no plan of 2022")]),
    (P, "service = \"MENSA\"\nyears = [2020]", "service = \"MENSA\"\nyears = []", &[(97, "at least one year")]),
    (P, "service = \"SAD\"\nyears = [2020, 2021]", "service = \"SAD\"\nyears = [2020]", &[(54, "the plan of 2021 has no budget")]),
    (P, "", "[[basis]]\nyears = [2021]\nmeasure = \"HOURS\"\nreference_date = 2019-12-31\n", &[(113, "the day of HOURS in 2021 stands already in line 73")]),
    (P, "measure = \"HOURS\"\n\n", "measure = \"ORE\"\n\n", &[(93, "no measure has the code ORE")]),
    (P, "measure = \"HOURS\"\nreference_date", "measure = \"ORE\"\nreference_date", &[(75, "no measure has the code ORE")]),
    (P, "kind = \"FORECAST\"", "kind = \"PREVISIONE\"", &[(51, "one of FORECAST, AMENDMENT, FINAL")]),
    (P, "date = 2019-12-01, ", "", &[(52, "`date` is missing")]),
];

#[rustfmt::skip]
const BUDGETS: &[Case] = &[
    (P, "amount = \"300.00\"", "amount = \"balancing\"", &[(78, "SAD in 2020: a balancing fund needs a rule that fixes its own total"), (78, "SAD in 2021: ")]),
    (P, "amount = \"300.00\"", "amount = \"900.00\"", &[(87, "the funding comes to 1100.00, above the budget 1000.00")]),
    (P, "amount = \"300.00\"\n\n[[budget.funding]]\nfund = \"FSR\"\namount = \"200.00\"", "amount = \"balancing\"\n\n[[budget.funding]]\nfund = \"FSR\"\namount = \"balancing\"", &[(87, "only one funding may be balancing")]),
    (P, "years = [2020]\n", "years = [2020]\namount = \"200.01\"\n", &[(98, "the lines add up to 200.00, not to 200.01")]),
    (P, "net = \"100.00\"", "net = \"100.00\"\ngross = \"122.01\"", &[(102, "100.00 and 22.00 of VAT are 122.00, not 122.01")]),
    (P, "net = \"100.00\"\n", "", &[(99, "a line needs `net` or `gross`")]),
    (P, "vat_rate = \"22\"\n", "", &[(99, "`vat_rate` is missing")]),
    (P, "vat_regime = \"EXEMPT\"", "vat_regime = \"EXEMPT\"\nvat_rate = \"22\"", &[(109, "unknown key \"vat_rate\"")]),
    (P, "vat_regime = \"EXEMPT\"", "vat_regime = \"ESENTE\"", &[(108, "one of RATE, EXEMPT, OUT_OF_SCOPE")]),
    (P, "amount = \"1000.00\"\n\n", "\n", &[(78, "`amount` is missing")]),
    (P, "[budget.rule]\nkind = \"BY_MEASURE\"\nmeasure = \"HOURS\"\n", "", &[(78, "`rule` is missing")]),
    (P, "measure = \"HOURS\"\nreference_date = 2019-12-31", "measure = \"HOURS\"\nreference_date = 2018-12-31", &[(78, "SAD in 2020: HOURS of 017001 (Alfa) on 2018-12-31 is not measured"), (78, "SAD in 2020: HOURS of 017002 (Beta) on 2018-12-31 is not measured"), (78, "SAD in 2021: HOURS of 017001 (Alfa)"), (78, "SAD in 2021: HOURS of 017002 (Beta)")]),
    (P, "[[basis]]\nyears = [2020, 2021]\nmeasure = \"HOURS\"\nreference_date = 2019-12-31\n", "", &[(74, "SAD in 2020: no `[[basis]]` gives the reference date of HOURS"), (74, "SAD in 2021: no `[[basis]]` gives the reference date of HOURS")]),
    (P, "years = [2020]\n", "years = [2020]\nparticipants = [\"017004\"]\n", &[(98, "no comune of the Ambito has the code 017004")]),
];

#[rustfmt::skip]
const RULES: &[Case] = &[
    (P, BY_HOURS, "kind = \"PRO_CAPITE\"\n", &[(92, "one of EQUAL, BY_MEASURE, BY_FIXED_WEIGHTS, BY_BANDS, FLAT_BY_BAND, TARIFF, MIXED")]),
    (P, BY_HOURS, "kind = \"EQUAL\"\nmeasure = \"HOURS\"\n", &[(93, "unknown key \"measure\"")]),
    (P, BY_HOURS, "kind = \"EQUAL\"\nrounding = \"UP\"\n", &[(93, "one of LARGEST_REMAINDER, HALF_UP_EACH")]),
    (P, BY_HOURS, "kind = \"TARIFF\"\nmeasure = \"HOURS\"\n", &[(91, "`price` is missing")]),
    (P, BY_HOURS, "kind = \"TARIFF\"\nmeasure = \"HOURS\"\nprice = 9.0\n", &[(94, "write the number in quotes")]),
    (P, BY_HOURS, "kind = \"BY_FIXED_WEIGHTS\"\nweights = { 017001 = \"1\" }\n", &[(91, "017002 (Beta) takes part in SAD and has no weight")]),
    (P, BY_HOURS, "kind = \"BY_FIXED_WEIGHTS\"\n[budget.rule.weights]\n017001 = \"1\"\n017002 = \"2\"\n017003 = \"3\"\n017009 = \"4\"\n", &[(96, "017003 (Gamma) does not take part in SAD"), (97, "no comune of the Ambito")]),
    (P, BY_HOURS, "kind = \"BY_FIXED_WEIGHTS\"\nweights = { 017001 = \"0\", 017002 = \"0\" }\n", &[(78, "SAD in 2020: the weights add up to zero"), (78, "SAD in 2021: the weights add up to zero")]),
    (P, BY_HOURS, "kind = \"BY_FIXED_WEIGHTS\"\nweights = { 17001 = \"1\", 017002 = \"2\" }\n", &[(93, "`17001`: not an ISTAT code")]),
    (P, BY_HOURS, "kind = \"BY_BANDS\"\nmeasure = \"HOURS\"\nbands = []\n", &[(94, "at least one band")]),
    (P, BY_HOURS, "kind = \"BY_BANDS\"\nmeasure = \"HOURS\"\nbands = [\n{ up_to = \"5\", weight = \"1\" },\n{ up_to = \"5\", weight = \"1\" },\n{ weight = \"x\" }]\n", &[(96, "above that of the band before"), (97, "`weight`: not a plain decimal")]),
    (P, BY_HOURS, "kind = \"FLAT_BY_BAND\"\nmeasure = \"HOURS\"\namounts = [\n{ amount = \"5.00\" },\n{ up_to = \"5\", amount = \"5\" }]\n", &[(95, "only the last band"), (96, "`amount`: not an amount")]),
    (P, BY_HOURS, "kind = \"FLAT_BY_BAND\"\nmeasure = \"HOURS\"\namounts = [{ up_to = \"5\", amount = \"5.00\" }]\n", &[(94, "the last band must have no `up_to`")]),
    (P, BY_HOURS, "kind = \"EQUAL\"\nadjustments = { 017001 = { minimum = \"5.00\", maximum = \"4.00\" } }\n", &[(93, "the minimum is above the maximum")]),
    (P, BY_HOURS, "kind = \"EQUAL\"\nadjustments = { 017001 = { price = \"5\" } }\n", &[(93, "unknown key \"price\"")]),
    (P, BY_HOURS, "kind = \"EQUAL\"\nadjustments = { 017003 = { exempt = true } }\n", &[(93, "017003 (Gamma) does not take part in SAD")]),
    (P, BY_HOURS, "kind = \"EQUAL\"\nadjustments = { 017001 = { maximum = \"1.00\" }, 017002 = { maximum = \"1.00\" } }\n", &[(78, "SAD in 2020: the minimums and maximums leave no solution"), (78, "SAD in 2021")]),
    (P, BY_HOURS, "kind = \"EQUAL\"\nadjustments = { 017001 = { exempt = 1 } }\n", &[(93, "true or false is expected")]),
    (P, BY_HOURS, "kind = \"MIXED\"\n", &[(91, "`part` is missing")]),
    (P, BY_HOURS, "kind = \"MIXED\"\npart = []\n", &[(78, "SAD in 2020: a mixed rule needs at least one part"), (78, "SAD in 2021")]),
    (P, BY_HOURS, "kind = \"MIXED\"\npart = [{ kind = \"MIXED\", percent = \"60\" }]\n", &[(93, "one of EQUAL")]),
    (P, BY_HOURS, "kind = \"MIXED\"\npart = [{ kind = \"EQUAL\" }]\n", &[(93, "exactly one of `amount`, `percent` and `remainder`")]),
    (P, BY_HOURS, "kind = \"MIXED\"\npart = [{ kind = \"EQUAL\", remainder = false }]\n", &[(93, "either true or not written")]),
    (P, BY_HOURS, "kind = \"MIXED\"\npart = [{ kind = \"EQUAL\", percent = \"60\" }, { kind = \"EQUAL\", percent = \"50\" }]\n", &[(78, "SAD in 2020: the percentages of the parts exceed 100"), (78, "SAD in 2021")]),
];

#[rustfmt::skip]
const COMUNI: &[Case] = &[
    (C, "istat_code,name,cadastral_code,province,member_from", "istat_code;name", &[(1, "the header must be istat_code,name,cadastral_code,province,member_from, separated by commas")]),
    (C, "017003,Gamma,,BS,", "017003,Gamma,,BS", &[(4, "5 columns are expected, 4 are here")]),
    (C, "017003,Gamma,,BS,", "\n\n017003,Gamma,,BS", &[(6, "5 columns are expected, 4 are here")]),
    (C, "017003,Gamma,,BS,", "17003,Gamma,,BS,", &[(4, "`istat_code`: not an ISTAT code of six digits (found \"17003\")")]),
    (C, "", "017002,Delta,,BS,\n", &[(5, "the comune 017002 stands already in line 3")]),
    (C, "017003,Gamma,,BS,", "017003,,Z,bs,2020-02-30", &[(4, "`cadastral_code`: not a cadastral code"), (4, "`member_from`: not a day"), (4, "`name`: a text is needed"), (4, "`province`: not the two letters")]),
    (C, "Gamma", "\"Gam\nma\"", &[(4, "control characters and line breaks")]),
    (C, "Gamma", "\u{200b}Gamma", &[(4, "invisible characters")]),
];

#[rustfmt::skip]
const MEASUREMENTS: &[Case] = &[
    (M, "017003,RESIDENTS,,3000", "017003,RESIDENTS,,-3000", &[(4, "a number must not be negative")]),
    (M, "017003,RESIDENTS,,3000", "017003,RESIDENTS,,3.000.000", &[(4, "not a plain decimal number")]),
    (M, "", "017002,RESIDENTS,,3000,2019-01-01,ISTAT,false\n", &[(7, "RESIDENTS of 017002 on 2019-01-01 stands already in line 3")]),
    (M, "\"ISTAT, anagrafe\",false", "\"ISTAT, anagrafe\",no", &[(4, "`assumed`: either true or false (found \"no\")")]),
    (M, "\"ISTAT, anagrafe\",false", ",", &[(4, "`assumed`"), (4, "`source`: a text is needed here")]),
    (M, "017001,HOURS,SAD,10.5,2019-12-31", "017001,HOURS,SAD,10.5,31/12/2019", &[(5, "`reference_date`: not a day such as 2020-12-31 (found \"31/12/2019\")")]),
    (M, "", "017009,ORE,XYZ,1,2019-12-31,A,true\n", &[(7, "no comune of the Ambito has the code 017009"), (7, "no measure has the code ORE"), (7, "no service has the code XYZ")]),
    (M, "", "a,b\n017009,ORE\n", &[(7, "7 columns are expected, 2 are here"), (8, "7 columns are expected, 2 are here")]),
];

#[test]
fn a_missing_value_names_service_comune_and_measure() {
    let problems = parse_changed(&[(M, "017001,HOURS,SAD,10.5,2019-12-31,Azienda,true\n", "")]).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let line = |year| format!("plan.toml:78: SAD in {year}: HOURS of 017001 (Alfa) on 2019-12-31 is not measured");
    assert_eq!(lines, [line(2020), line(2021)]);
}

#[test]
fn a_comune_that_joins_later_takes_no_part_before() {
    assert!(parse_changed(&[(C, "2015-01-01", "2020-12-31")]).is_ok());
    let problems = parse_changed(&[(C, "2015-01-01", "2021-01-01")]).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["plan.toml:78: SAD in 2020: 017002 (Beta) takes part and joins the Ambito later"]);
}

#[test]
fn a_text_over_the_limit_is_refused_in_both_formats() {
    let long = "x".repeat(1_001);
    let problems =
        parse_changed(&[(P, "Ambito di prova", &long), (C, "Gamma", &long), (P, "Programma di prova", &long[1..])])
            .unwrap_err();
    let lines: Vec<_> = problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
    assert_eq!(lines, [(C, 4), (P, 3)], "{problems:?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.reason.contains("longer than 1000 characters") && problem.reason.len() < 150)
    );
}

#[test]
fn all_problems_of_all_files_come_at_once() {
    let problems = parse_changed(&[
        (P, "province = \"BS\"", "province = \"\""),
        (P, "code = \"FSR\"", "code = \"fsr\""),
        (P, "percent = \"40\"", "percent = \"39\""),
        (C, "A002", "2"),
        (M, "017001,RESIDENTS,,1000", "017001,RESIDENTS,,x"),
    ])
    .unwrap_err();
    let lines: Vec<_> = problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
    assert_eq!(lines, [(C, 3), (M, 2), (P, 5), (P, 19), (P, 58), (P, 58)], "{problems:?}");
}

#[test]
fn nonsense_is_refused_without_panic() {
    for text in [
        "",
        "\0",
        "[",
        "= = =",
        "[[plan]]\n[plan]\nx",
        "a.b.c = [{{}]",
        "\u{feff}\u{feff}",
        "\"",
        ",,,,\n,,,,",
        "plan = 1\nbudget = [1]",
    ] {
        for file in [P, C, M] {
            let mut files = [(P, super::PLAN), (C, super::COMUNI), (M, super::MEASUREMENTS)];
            for entry in files.iter_mut().filter(|entry| entry.0 == file) {
                entry.1 = text;
            }
            let [plan, comuni, measurements] = files.map(|(_, text)| text);
            let found = crate::exchange::parse(&crate::exchange::Files::new(plan, comuni, measurements));
            assert!(found.is_err_and(|problems| !problems.is_empty()), "{text:?} as {file}");
        }
    }
}

#[test]
fn a_file_that_ends_anywhere_is_refused_or_read_without_panic() {
    let files = [(P, super::PLAN), (C, super::COMUNI), (M, super::MEASUREMENTS)];
    for (file, text) in files {
        for end in 0..text.len() {
            let [plan, comuni, measurements] =
                files.map(|(name, whole)| if name == file { &whole[..end] } else { whole });
            if let Err(problems) = crate::exchange::parse(&crate::exchange::Files::new(plan, comuni, measurements)) {
                assert!(!problems.is_empty(), "{file} up to {end}");
                assert!(problems.iter().all(|problem| problem.line >= 1 && !problem.reason.is_empty()));
            }
        }
    }
}
