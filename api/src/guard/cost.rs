//! Counts a parsed document with its fragments expanded, and what executing one of its operations would cost.
//!
//! Two passes. The first counts selections, aliases and depth of every operation and fragment, each fragment once, so that fragments
//! which double at every step cost nothing to refuse; the library's own checks expand them all, even for operations that will
//! not run. The second walks the operation that will run, which the first has bounded, and adds up its cost.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Value, Variables};

use super::factor::{self, Count};
use crate::error::{Bound, Code, Error, Flaw, Sentence};
use crate::limits::Limits;

/// How deep selections may nest when fragments count as a level too. The library stops at 32.
const LEVELS_MAX: usize = 31;

/// A refusal with the place it is about, where one is known.
#[derive(Debug)]
pub struct Refused {
    /// What is wrong.
    pub error: Error,
    /// Where in the document.
    pub pos: Option<Pos>,
}

/// What a set of selections holds, its fragments expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    selections: usize,
    aliases: usize,
    /// Fields above one another.
    depth: usize,
    /// Selections above one another, fragments included.
    levels: usize,
}

/// Refuses a document that passes a limit on selections, aliases or depth, or whose fragments contain themselves.
pub fn check_size(document: &ExecutableDocument, limits: &Limits) -> Result<(), Refused> {
    let mut counter = Counter { document, limits, fragments: HashMap::new() };
    let mut whole = Tally::default();
    for (_, operation) in document.operations.iter() {
        let tally = counter.set(&operation.node.selection_set, 1)?;
        whole = counter.beside(whole, tally, operation.pos)?;
    }
    // Fragments that no operation spreads are walked by the library's validation all the same.
    for name in document.fragments.keys() {
        counter.fragment(name, 1, Pos::default())?;
    }
    Ok(())
}

enum Fragment {
    /// Being counted further up: to meet it again is a cycle.
    Open,
    Done(Tally),
}

struct Counter<'d> {
    document: &'d ExecutableDocument,
    limits: &'d Limits,
    fragments: HashMap<&'d str, Fragment>,
}

impl<'d> Counter<'d> {
    fn set(&mut self, set: &'d Positioned<SelectionSet>, level: usize) -> Result<Tally, Refused> {
        if level > LEVELS_MAX {
            return Err(limit(Bound::Depth, self.limits.depth_max, set.pos));
        }
        let mut whole = Tally::default();
        for selection in &set.node.items {
            let tally = match &selection.node {
                Selection::Field(field) => {
                    let inner = self.set(&field.node.selection_set, level + 1)?;
                    let aliases = inner.aliases + usize::from(field.node.alias.is_some());
                    Tally { aliases, depth: inner.depth + 1, ..inner }
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set, level + 1)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, level + 1, selection.pos)?
                }
            };
            let tally = Tally { selections: tally.selections + 1, levels: tally.levels + 1, ..tally };
            whole = self.beside(whole, tally, selection.pos)?;
        }
        Ok(whole)
    }

    /// What a fragment holds; nothing where no fragment has the name, which validation will say.
    fn fragment(&mut self, name: &'d str, level: usize, pos: Pos) -> Result<Tally, Refused> {
        match self.fragments.get(name) {
            Some(Fragment::Done(tally)) if level + tally.levels <= LEVELS_MAX + 1 => return Ok(*tally),
            Some(Fragment::Done(_)) => return Err(limit(Bound::Depth, self.limits.depth_max, pos)),
            Some(Fragment::Open) => return Err(cycle(name, pos)),
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Tally::default()) };
        self.fragments.insert(name, Fragment::Open);
        let tally = self.set(&fragment.node.selection_set, level)?;
        self.fragments.insert(name, Fragment::Done(tally));
        Ok(tally)
    }

    /// Two tallies side by side, refused at the first limit they pass. Each is within the limits, so the sums cannot overflow.
    fn beside(&self, one: Tally, other: Tally, pos: Pos) -> Result<Tally, Refused> {
        let limits = self.limits;
        let sum = Tally {
            selections: one.selections + other.selections,
            aliases: one.aliases + other.aliases,
            depth: one.depth.max(other.depth),
            levels: one.levels.max(other.levels),
        };
        if sum.aliases > limits.aliases_max {
            return Err(limit(Bound::Aliases, limits.aliases_max, pos));
        }
        if sum.selections > limits.selections_max {
            return Err(limit(Bound::Selections, limits.selections_max, pos));
        }
        if sum.depth > limits.depth_max {
            return Err(limit(Bound::Depth, limits.depth_max, pos));
        }
        Ok(sum)
    }
}

/// What executing an operation costs. The document must have passed [`check_size`].
pub fn cost(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &Limits,
) -> u64 {
    let walk = Walk { document, operation, variables, limits };
    walk.set(&operation.selection_set.node, Above { objects: 1, page: 1, root: true, introspection: false })
}

/// What the cost of a selection depends on from above.
#[derive(Clone, Copy)]
struct Above {
    /// How many objects the selections are asked of.
    objects: u64,
    /// The page of the connection just above, or the alternatives of the comparison.
    page: u64,
    root: bool,
    introspection: bool,
}

struct Walk<'d> {
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    variables: &'d Variables,
    limits: &'d Limits,
}

impl Walk<'_> {
    fn set(&self, set: &SelectionSet, above: Above) -> u64 {
        let costs = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => self.field(&field.node, above),
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, above),
            Selection::FragmentSpread(spread) => {
                let fragment: Option<&Positioned<FragmentDefinition>> =
                    self.document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(0, |fragment| self.set(&fragment.node.selection_set.node, above))
            }
        });
        costs.fold(0, u64::saturating_add)
    }

    fn field(&self, field: &Field, above: Above) -> u64 {
        let name = field.name.node.as_str();
        let introspection = above.introspection || name == "__schema" || name == "__type";
        let is_leaf = field.selection_set.node.items.is_empty();
        // A field without selections is a value: its object has paid for it.
        let factor = match introspection {
            _ if is_leaf => None,
            true => Some(factor::of_introspection(name)),
            false => factor::of(name, above.root),
        };
        let each = factor.map_or(u64::from(!is_leaf), |factor| factor.each);
        let count = match factor.map(|factor| factor.count) {
            Some(Count::Fixed(count)) => count,
            Some(Count::Page) if above.root => self.ids(field),
            Some(Count::Page) => above.page,
            Some(Count::Connection | Count::Comparison) | None => 1,
        };
        let page = match factor.map(|factor| factor.count) {
            Some(Count::Connection) => self.page(field),
            Some(Count::Comparison) => self.alternatives(field),
            _ => 1,
        };
        let is_comparison = factor.is_some_and(|factor| factor.count == Count::Comparison);
        let each = if is_comparison { each.saturating_mul(page) } else { each };
        let objects = above.objects.saturating_mul(count);
        let below = self.set(&field.selection_set.node, Above { objects, page, root: false, introspection });
        objects.saturating_mul(each).saturating_add(below)
    }

    /// How many entries a connection is asked for. What no page may have is refused later, with its own code.
    fn page(&self, field: &Field) -> u64 {
        let asked = ["first", "last"].iter().find_map(|name| match self.argument(field, name) {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        });
        let most = u64::try_from(self.limits.page_max).unwrap_or(u64::MAX);
        asked.unwrap_or(u64::try_from(self.limits.page_default).unwrap_or(most)).min(most)
    }

    /// How many things `nodes(ids:)` is asked for.
    fn ids(&self, field: &Field) -> u64 {
        match self.argument(field, "ids") {
            Some(Value::List(ids)) => u64::try_from(ids.len()).unwrap_or(u64::MAX),
            _ => 1,
        }
    }

    /// How many alternatives `simulations` is given. More than it takes are refused later, with a code of their own.
    fn alternatives(&self, field: &Field) -> u64 {
        let given = match self.argument(field, "input") {
            Some(Value::Object(input)) => match input.get("alternatives") {
                Some(Value::List(alternatives)) => alternatives.len(),
                _ => 1,
            },
            _ => 1,
        };
        u64::try_from(given.clamp(1, self.limits.alternatives_max.max(1))).unwrap_or(u64::MAX)
    }

    /// The value of an argument, its variables replaced: one that was left out is as good as null, and what stands beside it still counts.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let value = field.get_argument(name)?.node.clone();
        value.into_const_with(|name| Ok::<_, ()>(self.variable(&name).cloned().unwrap_or(Value::Null))).ok()
    }

    fn variable(&self, name: &Name) -> Option<&Value> {
        self.variables.get(name).or_else(|| {
            let definition =
                self.operation.variable_definitions.iter().find(|definition| definition.node.name.node == *name);
            definition.and_then(|definition| definition.node.default_value.as_ref()).map(|value| &value.node)
        })
    }
}

fn limit(bound: Bound, most: usize, pos: Pos) -> Refused {
    Refused { error: Error::limit(bound, most), pos: Some(pos).filter(|pos| pos.line > 0) }
}

fn cycle(name: &str, pos: Pos) -> Refused {
    let flaw = Flaw {
        code: Code::ValidationError,
        message: Sentence::new(
            format!("Il frammento \"{name}\" contiene se stesso."),
            format!("Fragment \"{name}\" contains itself."),
        ),
        argument: None,
        malformed_value: false,
    };
    Refused { error: flaw.into(), pos: Some(pos).filter(|pos| pos.line > 0) }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;
    use serde_json::json;

    use super::*;

    fn check(document: &str, variables: serde_json::Value) -> Result<u64, &'static str> {
        let document = parse_query(document).unwrap();
        let limits = Limits::default();
        check_size(&document, &limits).map_err(|refused| refused.error.code().as_str())?;
        let operation = match &document.operations {
            DocumentOperations::Single(operation) => operation,
            DocumentOperations::Multiple(operations) => operations.values().next().unwrap(),
        };
        Ok(cost(&document, &operation.node, &Variables::from_json(variables), &limits))
    }

    fn doubling(steps: usize) -> String {
        let mut text = "{...f0}".to_owned();
        for step in 0..steps {
            let _ = write!(text, " fragment f{step} on Query {{...f{0} ...f{0}}}", step + 1);
        }
        text + &format!(" fragment f{steps} on Query {{__typename}}")
    }

    fn chain(steps: usize) -> String {
        let mut text = "{...f0}".to_owned();
        for step in 0..steps {
            let _ = write!(text, " fragment f{step} on Query {{...f{}}}", step + 1);
        }
        text + &format!(" fragment f{steps} on Query {{__typename}}")
    }

    #[test]
    fn sizes() {
        let deep = |levels: usize| "{a".repeat(levels) + &"}".repeat(levels);
        let aliases = |count: usize| (0..count).fold("{".to_owned(), |text, n| text + &format!("a{n}:b ")) + "}";
        let cases: Vec<(String, Result<u64, &str>)> = vec![
            ("{a}".into(), Ok(0)),
            (deep(15), Ok(14)),
            (deep(16), Err("TOO_DEEP")),
            (aliases(30), Ok(0)),
            (aliases(31), Err("TOO_MANY_ALIASES")),
            (format!("{{{}}}", "a ".repeat(500)), Ok(0)),
            (format!("{{{}}}", "a ".repeat(501)), Err("TOO_MANY_SELECTIONS")),
            // Counted over all operations, since the library's checks visit them all.
            (format!("query A {{{0}}} query B {{{0}}}", "a ".repeat(300)), Err("TOO_MANY_SELECTIONS")),
            (doubling(20), Err("TOO_MANY_SELECTIONS")),
            (doubling(20).replacen("{...f0}", "{a}", 1), Err("TOO_MANY_SELECTIONS")),
            (chain(28), Ok(0)),
            (chain(200), Err("TOO_DEEP")),
            ("{...a} fragment a on Q {...b} fragment b on Q {...a}".into(), Err("VALIDATION_ERROR")),
            ("{b} fragment a on Q {...a}".into(), Err("VALIDATION_ERROR")),
            ("{...unknown}".into(), Ok(0)),
        ];
        for (document, expect) in cases {
            assert_eq!(check(&document, json!({})), expect, "{document:.80}");
        }
    }

    #[test]
    fn costs() {
        let quotas = "ambito(code: \"9\") { plan(year: 2022) { budgets { service { code } quotas {";
        let compared = |input: &str| {
            format!("query($a: A, $b: A) {{ simulations(input: {{{input}}}) {{ alternatives {{ name }} }} }}")
        };
        let cases = [
            ("{ viewer { role } }".to_owned(), json!({}), 1),
            ("{ quotas { totalCount } }".into(), json!({}), 1),
            ("{ quotas { nodes { amount } } }".into(), json!({}), 21),
            ("{ quotas(first: 100) { nodes { comune { name } } } }".into(), json!({}), 201),
            ("query($n: Int) { quotas(first: $n) { edges { node { amount } } } }".into(), json!({"n": 50}), 101),
            ("query($n: Int = 7) { quotas(last: $n) { nodes { amount } } }".into(), json!({}), 8),
            ("{ quotas(first: 1000000) { nodes { amount } } }".into(), json!({}), 101),
            (
                "{ ...q } fragment q on Query { quotas { ...n } } fragment n on QuotaConnection { nodes { amount } }"
                    .into(),
                json!({}),
                21,
            ),
            ("{ nodes(ids: [\"a\", \"b\"]) { id } }".into(), json!({}), 2),
            ("query($i: [ID!]!) { nodes(ids: $i) { id } }".into(), json!({"i": ["a", "b", "c"]}), 3),
            ("{ simulation(input: {}) { quotas { comune { name } } } }".into(), json!({}), 90),
            // Two alternatives at 50, their two objects, two outcomes, and 20 comuni of each; then three by a variable, one of them left out.
            (
                "{ simulations(input: {alternatives: [{name: \"a\"}, {name: \"b\"}]}) { alternatives { outcome { comuni { amount } } } } }".into(),
                json!({}),
                144,
            ),
            (compared("alternatives: $a"), json!({"a": [1, 2, 3]}), 153),
            (compared("alternatives: [{services: $a}, {services: $b}, {services: []}]"), json!({"a": []}), 153),
            // One that is not in a list is a list of one, and no more are counted than are taken.
            (compared("alternatives: $a"), json!({"a": {}}), 51),
            (compared("alternatives: $a"), json!({"a": vec![1; 1_000]}), 510),
            (compared("alternatives: []"), json!({}), 51),
            ("{ __schema { types { fields { name } } } }".into(), json!({}), 720),
            // A year's 13 budgets and 260 quotas, plain and with every step explained: both well under the limit.
            (format!("{{ {quotas} amount share basis comune {{ name }} }} }} }} }} }}"), json!({}), 548),
            (
                format!("{{ {quotas} explanation {{ text steps {{ value inputs {{ name }} }} }} }} }} }} }} }}"),
                json!({}),
                7_048,
            ),
        ];
        for (document, variables, expect) in cases {
            assert_eq!(check(&document, variables), Ok(expect), "{document}");
        }
    }

    #[test]
    fn growing_introspection_is_not_free() {
        let nested =
            "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
        assert!(check(nested, json!({})).unwrap() > Limits::default().cost_max);
    }
}
