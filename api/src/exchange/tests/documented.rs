//! What `docs/import.md` shows can be imported as it stands there.

use super::parse_changed;
use crate::exchange::{AgreementFile, Files, parse, parse_agreements};

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
