//! Every list of objects that the schema publishes is one that the cost pass knows: a list it does not know would count as one object.

use api::guard::factor::{self, Count};
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};

fn is_list(ty: &Type) -> bool {
    matches!(ty.base, BaseType::List(_))
}

fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => base(inner),
    }
}

#[test]
fn every_list_of_objects_has_a_factor() {
    let schema = parse_schema(api::graphql::sdl()).unwrap();
    let types: Vec<_> = schema
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        })
        .collect();
    let is_leaf = |name: &str| {
        let scalar = ["Int", "String", "Boolean", "ID"].contains(&name);
        let leaf = |kind: &TypeKind| matches!(kind, TypeKind::Scalar | TypeKind::Enum(_));
        scalar || types.iter().any(|ty| ty.name.node == name && leaf(&ty.kind))
    };
    let fields = types.iter().flat_map(|ty| {
        let fields: &[_] = match &ty.kind {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            _ => &[],
        };
        fields.iter().map(|field| (ty.name.node.as_str(), &field.node))
    });
    let mut seen = 0;
    let mut unknown = Vec::new();
    for (owner, field) in fields {
        let FieldDefinition { name, ty, .. } = field;
        let connection = base(&ty.node).ends_with("Connection");
        let expected = match (is_list(&ty.node) && !is_leaf(base(&ty.node)), connection) {
            (_, true) => |count| count == Count::Connection,
            (true, false) => |count| count != Count::Fixed(1) && count != Count::Connection,
            (false, false) => continue,
        };
        seen += 1;
        if !factor::of(&name.node, owner == "Query").is_some_and(|factor| expected(factor.count)) {
            unknown.push(format!("{owner}.{}", name.node));
        }
    }
    assert!(seen > 30, "only {seen} lists were found");
    assert_eq!(unknown, Vec::<String>::new(), "lists that guard/factor.rs does not know");
}
