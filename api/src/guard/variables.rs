//! What the library does not check of variables: that those which must be given are, and that their types exist.
//!
//! The library checks a variable's value only where an argument uses it, and it panics on a default value for a list of an
//! unknown type.

use std::collections::HashSet;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, OperationDefinition, Type, TypeSystemDefinition, VariableDefinition,
};
use async_graphql::{Positioned, Value, Variables};

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
