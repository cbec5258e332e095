//! Finds the argument that stands at a position of a document. Only for answers that have failed: it walks the whole document.

use async_graphql::Pos;
use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};

/// An argument of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Whether its value comes, wholly or in part, from a variable.
    pub from_variable: bool,
}

/// The argument at a position, out of a list of them. A macro, because the library does not publish the type of an argument's value.
macro_rules! in_arguments {
    ($arguments:expr, $pos:expr) => {
        $arguments.iter().find(|(name, value)| name.pos == $pos || value.pos == $pos).map(|(name, value)| Argument {
            name: name.node.to_string(),
            // Without variables at hand, a value that has one is not constant.
            from_variable: value.node.clone().into_const().is_none(),
        })
    };
}

/// The argument whose name or value stands at a position.
pub fn argument_at(document: &ExecutableDocument, pos: Pos) -> Option<Argument> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).find_map(|set| in_set(set, pos))
}

/// `$name` where a position is that of its definition.
pub fn variable_at(document: &ExecutableDocument, pos: Pos) -> Option<String> {
    let mut definitions = document.operations.iter().flat_map(|(_, operation)| &operation.node.variable_definitions);
    definitions.find(|definition| definition.pos == pos).map(|definition| definition.node.name.node.to_string())
}

fn in_set(set: &SelectionSet, pos: Pos) -> Option<Argument> {
    set.items.iter().find_map(|selection| {
        in_directives(selection.node.directives(), pos).or_else(|| match &selection.node {
            Selection::Field(field) => {
                in_arguments!(field.node.arguments, pos).or_else(|| in_set(&field.node.selection_set.node, pos))
            }
            Selection::InlineFragment(inline) => in_set(&inline.node.selection_set.node, pos),
            Selection::FragmentSpread(_) => None,
        })
    })
}

fn in_directives(directives: &[Positioned<Directive>], pos: Pos) -> Option<Argument> {
    directives.iter().find_map(|directive| in_arguments!(directive.node.arguments, pos))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn finds_names_and_values() {
        let document = parse_query(
            "query($v: Int) {\n a(x: 1, y: [$v]) @d(if: $v)\n ... on Q {\n b(z: 2)\n }}\nfragment f on Q {c(w: 3)}",
        )
        .unwrap();
        let cases = [
            ((2, 4), Some(("x", false))),
            ((2, 7), Some(("x", false))),
            ((2, 10), Some(("y", true))),
            ((2, 22), Some(("if", true))),
            ((4, 4), Some(("z", false))),
            ((6, 20), Some(("w", false))),
            ((1, 1), None),
        ];
        for ((line, column), expect) in cases {
            let found = argument_at(&document, Pos { line, column });
            let found = found.as_ref().map(|argument| (argument.name.as_str(), argument.from_variable));
            assert_eq!(found, expect, "{line}:{column}");
        }
        assert_eq!(variable_at(&document, Pos { line: 1, column: 7 }).as_deref(), Some("v"));
    }
}
