//! What `docs/import.md` shows can be imported as it stands there.

use super::parse_changed;
use crate::exchange::{AgreementFile, Files, MonitoringFile, parse, parse_agreements, parse_monitoring};

const TEXT: &str = include_str!("../../../../docs/import.md");

/// Where agreements begin.
const AGREEMENTS: &str = "\n# Agreements\n";

/// The fenced blocks of a kind that stand before the agreements.
fn blocks(kind: &str) -> Vec<&'static str> {
    blocks_of(kind, TEXT.split(AGREEMENTS).next().unwrap())
}

fn blocks_of<'t>(kind: &str, text: &'t str) -> Vec<&'t str> {
    let open = format!("```{kind}\n");
    text.split(open.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_example_has_no_problem() {
    let csv = blocks("csv");
    let bundle =
        parse(&Files::new(blocks("toml")[0], csv[0], csv[1])).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!((bundle.comuni.len(), bundle.services.len(), bundle.plans.len()), (2, 2, 2));
    assert_eq!((bundle.plans[0].budgets.len(), bundle.plans[1].budgets.len()), (2, 2));
}

#[test]
fn every_rule_has_no_problem() {
    let toml = blocks("toml");
    assert_eq!(toml.len(), 9);
    for rule in &toml[1..] {
        let change = ("plan.toml", "[budget.rule]\nkind = \"BY_MEASURE\"\nmeasure = \"HOURS\"\n", *rule);
        assert!(parse_changed(&[change]).is_ok(), "{rule}: {:?}", parse_changed(&[change]).err());
    }
}

#[test]
fn the_agreement_has_no_problem() {
    let toml = blocks_of("toml", TEXT.split(AGREEMENTS).nth(1).unwrap());
    let bundle = parse_agreements(&AgreementFile::new(toml[0])).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let terms = &bundle.agreements[0].first.terms;
    assert_eq!((terms.lines.len(), terms.contributions.len(), terms.milestones.len()), (3, 2, 2));
    assert_eq!(bundle.agreements[0].later.len(), 1);
}

#[test]
fn the_monitoring_has_no_problem() {
    let toml = blocks_of("toml", TEXT.split("\n# Monitoring\n").nth(1).unwrap());
    let bundle = parse_monitoring(&MonitoringFile::new(toml[0])).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!((bundle.fields.len(), bundle.indicators.len(), bundle.indicators[0].readings.len()), (2, 1, 1));
}

/// The same indicator of the same service.
const INDICATOR_TWICE: &str = "[[indicator]]\nservice = \"SAD\"\nname = \"Ore\"\ncounts_people = false\n\n\
    [[indicator]]\nservice = \"SAD\"\nname = \"Ore\"\ncounts_people = false\n\n[[indicator]]";

/// Two readings of one day.
const READING_TWICE: &str = "[[indicator]]\nservice = \"SAD\"\nname = \"Ore\"\ncounts_people = false\nreading = [\
    { read_on = 2021-12-31, value = \"1\", source = \"x\" }, { read_on = 2021-12-31, value = \"2\", source = \"x\" }]\n\n\
    [[indicator]]";

#[test]
fn every_problem_of_monitoring_is_told() {
    let toml = blocks_of("toml", TEXT.split("\n# Monitoring\n").nth(1).unwrap())[0];
    for (from, to, expected) in [
        ("ambito = \"9\"", "ambito = 9", "monitoring.toml:1: `ambito`: write the number in quotes"),
        ("code = \"SPESA\"", "code = \"PERSONE\"", "`code`: PERSONE stands already in line 4"),
        ("kind = \"EURO\"", "kind = \"SOLDI\"", "`kind`: one of TEXT, NUMBER, EURO, YES_NO is expected"),
        ("counts_people = false", "conta = false", "unknown key"),
        ("counts_people = false", "# counts_people = false", "`counts_people` is missing"),
        ("value = \"81\"", "value = 81", "`value`: write the number in quotes"),
        ("read_on = 2021-12-31", "read_on = \"2021\"", "`read_on`: a day such as 2020-12-31 is expected"),
        ("[[indicator]]", INDICATOR_TWICE, "Ore of SAD stands already in line"),
        ("[[indicator]]", READING_TWICE, "a reading of this day stands already in line"),
        ("at_most = false", "at_most = 1", "`at_most`"),
    ] {
        assert!(toml.contains(from), "{from}");
        let found = parse_monitoring(&MonitoringFile::new(toml.replacen(from, to, 1))).err().unwrap_or_default();
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|problem| problem.contains(expected)), "{expected}: {told:?}");
    }
}
