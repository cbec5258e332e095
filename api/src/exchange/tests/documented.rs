//! What `docs/import.md` shows can be imported as it stands there.

use super::parse_changed;
use crate::exchange::{Files, parse};

const TEXT: &str = include_str!("../../../../docs/import.md");

/// The fenced blocks of a kind.
fn blocks(kind: &str) -> Vec<&'static str> {
    let open = format!("```{kind}\n");
    TEXT.split(open.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
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
