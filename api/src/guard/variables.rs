//! What the library does not check of variables: that those which must be given are, and that their types exist.
//!
//! The library checks a variable's value only where an argument uses it, and it panics on a default value for a list of an
//! unknown type.

use std::collections::HashSet;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type, TypeSystemDefinition,
    VariableDefinition,
};
use async_graphql::{Positioned, Value, Variables};
use async_graphql_value::Value as Written;

use super::cost::Refused;
use crate::error::{Code, Error, Flaw, Sentence};

/// The names of the schema's types.
#[derive(Clone, Debug)]
pub struct TypeNames(HashSet<String>);

impl TypeNames {
    /// From the schema's own text. The scalars of the language need no definition.
    pub fn of_schema(sdl: &str) -> Result<Self, Error> {
        let schema = parse_schema(sdl).map_err(Error::internal)?;
        let defined = schema.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node.name.node.to_string()),
            _ => None,
        });
        let own = ["Int", "Float", "String", "Boolean", "ID"].map(str::to_owned);
        Ok(Self(own.into_iter().chain(defined).collect()))
    }
}

/// Refuses unknown types of variables in any operation.
pub fn check_types(document: &ExecutableDocument, types: &TypeNames) -> Result<(), Refused> {
    let all = document.operations.iter().flat_map(|(_, operation)| &operation.node.variable_definitions);
    for definition in all {
        let name = base_name(&definition.node.var_type.node);
        if !types.0.contains(name) {
            return Err(unknown_type(name, definition));
        }
    }
    Ok(())
}

/// Refuses missing variables of the operation that will run, and gives those that are left out their default, so that it is checked like
/// a given value.
pub fn complete(operation: &OperationDefinition, variables: &mut Variables) -> Result<(), Refused> {
    for definition in &operation.variable_definitions {
        let given = variables.get(&definition.node.name.node);
        match (&definition.node.default_value, given) {
            (Some(default), None) => {
                variables.insert(definition.node.name.node.clone(), default.node.clone());
            }
            (None, None) | (_, Some(Value::Null)) if !definition.node.var_type.node.nullable => {
                return Err(missing(definition));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the document has one operation, and a value of a variable's own type is valid wherever the variable is used. What can be null must
/// not be in a list or an object, whose members the library's checks look at only once there is a value.
pub fn are_checked_by_types(document: &ExecutableDocument) -> bool {
    let mut operations = document.operations.iter();
    let (Some((_, operation)), None) = (operations.next(), operations.next()) else { return false };
    let definitions = operation.node.variable_definitions.iter();
    let nullable = definitions.filter(|definition| definition.node.var_type.node.nullable);
    let nullable: HashSet<&str> = nullable.map(|definition| definition.node.name.node.as_str()).collect();
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    fragments.chain([&operation.node.selection_set.node]).all(|set| are_whole(set, &nullable))
}

/// Whether these variables are nowhere inside a list or an object.
fn are_whole(set: &SelectionSet, names: &HashSet<&str>) -> bool {
    set.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            let mut arguments = field.node.arguments.iter();
            arguments.all(|(_, value)| is_whole(&value.node, names)) && are_whole(&field.node.selection_set.node, names)
        }
        Selection::InlineFragment(inline) => are_whole(&inline.node.selection_set.node, names),
        Selection::FragmentSpread(_) => true,
    })
}

fn is_whole(value: &Written, names: &HashSet<&str>) -> bool {
    let is_free = |value: &Written| !matches!(value, Written::Variable(name) if names.contains(name.as_str()));
    match value {
        Written::List(entries) => entries.iter().all(|entry| is_free(entry) && is_whole(entry, names)),
        Written::Object(members) => members.values().all(|member| is_free(member) && is_whole(member, names)),
        _ => true,
    }
}

fn base_name(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => base_name(inner),
    }
}

fn unknown_type(name: &str, definition: &Positioned<VariableDefinition>) -> Refused {
    let variable = &definition.node.name.node;
    let flaw = Flaw {
        code: Code::ValidationError,
        message: Sentence::new(
            format!("Il tipo \"{name}\" della variabile \"${variable}\" non esiste."),
            format!("The type \"{name}\" of variable \"${variable}\" does not exist."),
        ),
        argument: Some(format!("${variable}")),
        malformed_value: false,
    };
    Refused { error: flaw.into(), pos: Some(definition.pos) }
}

fn missing(definition: &Positioned<VariableDefinition>) -> Refused {
    let (variable, ty) = (&definition.node.name.node, &definition.node.var_type.node);
    let flaw = Flaw {
        code: Code::InvalidVariables,
        message: Sentence::new(
            format!("Alla variabile \"${variable}\" di tipo \"{ty}\" serve un valore."),
            format!("Variable \"${variable}\" of type \"{ty}\" needs a value."),
        ),
        argument: Some(format!("${variable}")),
        malformed_value: false,
    };
    Refused { error: flaw.into(), pos: Some(definition.pos) }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;
    use serde_json::{Value as Json, json};

    use super::*;

    fn check(document: &str, variables: Json) -> Result<Json, String> {
        let document = parse_query(document).unwrap();
        let types = TypeNames::of_schema("type Query { a: Int } input I { a: Int } scalar Euro").unwrap();
        let DocumentOperations::Single(operation) = &document.operations else { panic!("one operation") };
        let mut variables = Variables::from_json(variables);
        check_types(&document, &types)
            .and_then(|()| complete(&operation.node, &mut variables))
            .map(|()| variables.into_value().into_json().unwrap())
            .map_err(|refused| format!("{} {}", refused.error.code(), refused.error.sentence().en))
    }

    #[test]
    fn variables_that_their_types_tell_all_of() {
        let cases = [
            ("query($v: Int) { a(v: $v) }", true),
            ("query($v: Int!) { a(v: [$v]) }", true),
            ("query($v: Int) { a(v: [$v]) }", false),
            ("query($v: Int) { a(v: {b: [{c: $v}]}) }", false),
            ("query($v: Int! = 1) { b { a(v: {b: $v}) } }", true),
            ("query($v: Int) { b { ... { a(v: {b: $v}) } } }", false),
            ("query($v: Int) { b { ...F } } fragment F on B { a(v: {b: $v}) }", false),
            ("query A { a } query B { a }", false),
            ("{ a }", true),
        ];
        for (document, expect) in cases {
            assert_eq!(are_checked_by_types(&parse_query(document).unwrap()), expect, "{document}");
        }
    }

    #[test]
    fn worked_cases() {
        let missing = |ty: &str| Err(format!("INVALID_VARIABLES Variable \"$v\" of type \"{ty}\" needs a value."));
        let cases = [
            ("query($v: ID!) {a}", json!({"v": "x"}), Ok(json!({"v": "x"}))),
            ("query($v: ID!) {a}", json!({"v": null}), missing("ID!")),
            ("query($v: ID!) {a}", json!({}), missing("ID!")),
            ("query($v: [Int!]!) {a}", json!({}), missing("[Int!]!")),
            ("query($v: Int! = 3) {a}", json!({}), Ok(json!({"v": 3}))),
            ("query($v: Int! = 3) {a}", json!({"v": null}), missing("Int!")),
            ("query($v: Int) {a}", json!({}), Ok(json!({}))),
            ("query($v: Int = 3) {a}", json!({"v": null}), Ok(json!({"v": null}))),
            ("query($v: [Euro]) {a}", json!({"w": 1}), Ok(json!({"w": 1}))),
            (
                "query($v: [Foo!] = [1]) {a}",
                json!({}),
                Err("VALIDATION_ERROR The type \"Foo\" of variable \"$v\" does not exist.".into()),
            ),
        ];
        for (document, variables, expect) in cases {
            assert_eq!(check(document, variables), expect, "{document}");
        }
    }
}
