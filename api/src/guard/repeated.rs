//! Finds documents that ask for one thing twice under one name: GraphQL merges what is selected there, and whoever answers without the library
//! has to know that it need not.

use std::collections::HashSet;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// Fragments spread, over the whole document, up to which it is looked through. Sets are read once for each place that they are spread in.
const SPREADS_MAX: usize = 32;

/// Whether any set of selections, its fragments expanded, names something with selections of its own twice. A document of very many fragments
/// counts as one that does.
pub fn repeats_names(document: &ExecutableDocument) -> bool {
    let mut reader = Reader { document, spreads: 0, repeats: false };
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    for set in operations.chain(fragments) {
        reader.sets(set);
    }
    reader.repeats
}

struct Reader<'d> {
    document: &'d ExecutableDocument,
    spreads: usize,
    repeats: bool,
}

impl<'d> Reader<'d> {
    /// Reads a set by itself, and every set under its fields.
    fn sets(&mut self, set: &'d SelectionSet) {
        self.names(set, &mut HashSet::new(), true);
    }

    /// Adds the names of a set to those beside it. Sets under the fields of a fragment's definition are read with the definition.
    fn names(&mut self, set: &'d SelectionSet, names: &mut HashSet<&'d str>, deeper: bool) {
        for selection in &set.items {
            if self.repeats {
                return;
            }
            match &selection.node {
                Selection::Field(field) if field.node.selection_set.node.items.is_empty() => {}
                Selection::Field(field) => {
                    self.repeats |= !names.insert(field.node.response_key().node.as_str());
                    if deeper {
                        self.sets(&field.node.selection_set.node);
                    }
                }
                Selection::InlineFragment(inline) => self.names(&inline.node.selection_set.node, names, deeper),
                Selection::FragmentSpread(spread) => {
                    self.spreads += 1;
                    self.repeats |= self.spreads > SPREADS_MAX;
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.names(&fragment.node.selection_set.node, names, false);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn worked_cases() {
        let many: Vec<String> = (0..40).map(|at| format!("f{at}: a {{ ...F }}")).collect();
        let many = format!("{{ {} }} fragment F on A {{ b }}", many.join(" "));
        let cases = [
            ("{ a { b c } d { b c } }", false),
            ("{ a b a }", false),
            ("{ a { b } a { c } }", true),
            ("{ x: a { b } y: a { c } }", false),
            ("{ x: a { b } x: a { c } }", true),
            ("{ z { a { b } ... { a { c } } } }", true),
            ("{ z { a { b } ... on Z { c { d } } } }", false),
            ("{ z { a { b } ...F } } fragment F on Z { a { c } }", true),
            ("{ z { a { b } ...F } } fragment F on Z { c { c } }", false),
            ("{ z { ...F ...F } } fragment F on Z { c { c } }", true),
            (
                "{ z { ...F ...G } } fragment F on Z { c { c } } fragment G on Z { ...H } fragment H on Z { c { d } }",
                true,
            ),
            ("{ z { b } } fragment F on Z { q { a { b } a { c } } }", true),
            ("query A { a { b } } query B { a { c } }", false),
            (&many, true),
        ];
        for (document, expect) in cases {
            assert_eq!(repeats_names(&parse_query(document).unwrap()), expect, "{document}");
        }
    }
}
