//! The published schema: up to date, described, exact, and with every name that clients rely on; and how the library spreads an error.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{
    EmptyMutation, EmptySubscription, Interface, Object, Positioned, SimpleObject, Value as GraphqlValue,
};
use serde_json::{Value, json};

/// What `ambito schema` printed last.
const PUBLISHED: &str = include_str!("../schema.graphql");
/// The names that clients rely on.
const CONTRACT: &str = include_str!("contract.graphql");

/// Types by name.
pub(crate) type Types = BTreeMap<String, TypeDefinition>;

/// The types that the server publishes.
pub(crate) fn published_types() -> Types {
    types(&api::graphql::sdl())
}

/// The name at the heart of a type.
pub(crate) fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => named(inner),
    }
}

fn types(sdl: &str) -> Types {
    let definitions = parse_schema(sdl).unwrap().definitions.into_iter();
    let types = definitions.filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some((definition.node.name.to_string(), definition.node)),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types.collect()
}

/// Something of the schema that has a name: `Plan`, `Plan.budget`, `Plan.budget.service`, `PlanStatus.DRAFT`.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    description: Option<String>,
    /// As the schema writes it: the type of a field or an argument, the kind of a type.
    ty: String,
    /// Whether a caller must give it.
    needed: bool,
}

/// Everything of a schema that has a name.
fn parts(types: &Types) -> BTreeMap<String, Part> {
    let mut parts = BTreeMap::new();
    for (name, definition) in types {
        let own = Part { description: text(definition.description.as_ref()), ty: kind(definition), needed: false };
        parts.insert(name.clone(), own);
        match &definition.kind {
            TypeKind::Object(object) => {
                add_names(&mut parts, &format!("{name} implements"), &object.implements);
                add_fields(&mut parts, name, &object.fields);
            }
            TypeKind::Interface(interface) => add_fields(&mut parts, name, &interface.fields),
            TypeKind::Union(union) => add_names(&mut parts, &format!("{name} is"), &union.members),
            TypeKind::Enum(list) => {
                for value in &list.values {
                    let own =
                        Part { description: text(value.node.description.as_ref()), ty: String::new(), needed: false };
                    parts.insert(format!("{name}.{}", value.node.value), own);
                }
            }
            TypeKind::InputObject(input) => add_inputs(&mut parts, name, &input.fields),
            TypeKind::Scalar => {}
        }
    }
    parts
}

/// What names of other types say needs no words of its own.
fn add_names(parts: &mut BTreeMap<String, Part>, what: &str, names: &[Positioned<async_graphql::Name>]) {
    for name in names {
        let own = Part { description: Some("a name (nome)".to_owned()), ty: String::new(), needed: false };
        parts.insert(format!("{what} {}", name.node), own);
    }
}

fn add_fields(parts: &mut BTreeMap<String, Part>, owner: &str, fields: &[Positioned<FieldDefinition>]) {
    for field in fields {
        let name = format!("{owner}.{}", field.node.name);
        add_inputs(parts, &name, &field.node.arguments);
        let (description, ty) = (text(field.node.description.as_ref()), field.node.ty.node.to_string());
        parts.insert(name, Part { description, ty, needed: false });
    }
}

fn add_inputs(parts: &mut BTreeMap<String, Part>, owner: &str, inputs: &[Positioned<InputValueDefinition>]) {
    for input in inputs {
        let (description, ty) = (text(input.node.description.as_ref()), &input.node.ty.node);
        let needed = !ty.nullable && input.node.default_value.is_none();
        parts.insert(format!("{owner}.{}", input.node.name), Part { description, ty: ty.to_string(), needed });
    }
}

fn text(description: Option<&Positioned<String>>) -> Option<String> {
    description.map(|description| description.node.trim().to_owned())
}

fn has(directives: &[Positioned<ConstDirective>], name: &str) -> bool {
    directives.iter().any(|directive| directive.node.name.node == name)
}

fn kind(definition: &TypeDefinition) -> String {
    let kind = match definition.kind {
        TypeKind::Scalar => "scalar",
        TypeKind::Object(_) => "type",
        TypeKind::Interface(_) => "interface",
        TypeKind::Union(_) => "union",
        TypeKind::Enum(_) => "enum",
        TypeKind::InputObject(_) => "input",
    };
    if has(&definition.directives, "oneOf") { format!("{kind} @oneOf") } else { kind.to_owned() }
}

#[test]
fn schema_graphql_is_what_the_server_publishes() {
    let newest = format!("{}\n", api::graphql::sdl().trim_end());
    assert!(PUBLISHED == newest, "schema.graphql is stale; make it anew: cargo run -- schema > schema.graphql");
}

#[test]
fn everything_is_described_with_its_italian_term() {
    let parts = parts(&published_types());
    assert!(parts.len() > 400, "the schema is not read");
    let lacks = |part: &Part| {
        !part.description.as_ref().is_some_and(|text| text.len() >= 8 && text.contains('(') && text.contains(')'))
    };
    let lacking: Vec<&String> = parts.iter().filter(|(_, part)| lacks(part)).map(|(name, _)| name).collect();
    assert!(lacking.is_empty(), "no description, or no Italian term in brackets: {lacking:#?}");
}

#[test]
fn scalars_say_where_they_are_specified_and_no_number_floats() {
    let types = published_types();
    let mut scalars = Vec::new();
    for (name, definition) in &types {
        if !matches!(definition.kind, TypeKind::Scalar) {
            continue;
        }
        scalars.push(name.as_str());
        let directive = definition.directives.iter().find(|directive| directive.node.name.node == "specifiedBy");
        let url = directive.and_then(|directive| directive.node.get_argument("url")).map(|url| &url.node);
        let is_address = matches!(url, Some(GraphqlValue::String(url)) if url.starts_with("https://"));
        assert!(is_address, "{name} does not say where it is specified");
    }
    assert_eq!(scalars, ["Date", "DateTime", "Euro", "ExactDecimal", "IstatCode"]);
    for (name, part) in parts(&types) {
        assert!(!part.ty.contains("Float") && name != "Float", "{name} is a {}", part.ty);
    }
}

#[test]
fn every_name_that_clients_rely_on_is_there() {
    let (published, contract) = (parts(&published_types()), parts(&types(CONTRACT)));
    assert!(contract.len() > 300, "the contract is not read");
    let mut broken = Vec::new();
    for (name, part) in &contract {
        match published.get(name) {
            None => broken.push(format!("{name} is missing")),
            Some(found) if found.ty != part.ty => broken.push(format!("{name} is {}, not {}", found.ty, part.ty)),
            Some(_) => {}
        }
    }
    // What is added to something that clients use already must not be demanded of them.
    let known = |name: &str| name.rsplit_once('.').is_some_and(|(owner, _)| contract.contains_key(owner));
    let added = published.iter().filter(|(name, part)| part.needed && known(name) && !contract.contains_key(*name));
    broken.extend(added.map(|(name, _)| format!("{name} is new and demanded")));
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn enums_say_whether_they_may_grow() {
    for (name, definition) in published_types() {
        let text = text(definition.description.as_ref()).unwrap_or_default();
        let says = text.contains("This list may grow") != text.to_lowercase().contains("a closed list");
        assert!(says || !matches!(definition.kind, TypeKind::Enum(_)), "{name}: {text}");
    }
}

/// A schema whose fields fail, to see what the library makes of it.
struct Root;

/// An object that fails where it is asked to.
#[derive(Clone)]
struct Leaf {
    fails: bool,
}

/// An object beside it.
#[derive(SimpleObject)]
struct Stone {
    ok: i32,
}

#[derive(Interface)]
#[graphql(field(name = "ok", ty = "&i32"))]
enum Thing {
    Leaf(Leaf),
    Stone(Stone),
}

fn value(fails: bool) -> async_graphql::Result<i32> {
    if fails { Err("it fails".into()) } else { Ok(1) }
}

fn three() -> Vec<Leaf> {
    [false, true, false].map(|fails| Leaf { fails }).to_vec()
}

#[Object]
impl Leaf {
    async fn ok(&self) -> &i32 {
        &1
    }
    async fn maybe(&self) -> Option<async_graphql::Result<i32>> {
        Some(value(self.fails))
    }
    async fn sure(&self) -> async_graphql::Result<i32> {
        value(self.fails)
    }
    async fn deep(&self) -> Leaf {
        self.clone()
    }
}

#[Object]
#[allow(clippy::unused_self)] // The macro wants it.
impl Root {
    async fn good(&self) -> i32 {
        1
    }
    async fn maybe(&self) -> Option<async_graphql::Result<i32>> {
        Some(value(true))
    }
    async fn sure(&self) -> async_graphql::Result<i32> {
        value(true)
    }
    async fn leaf(&self) -> Option<Leaf> {
        Some(Leaf { fails: true })
    }
    async fn sure_leaf(&self) -> Leaf {
        Leaf { fails: true }
    }
    async fn leaves(&self) -> Option<Vec<Leaf>> {
        Some(three())
    }
    async fn sure_leaves(&self) -> Vec<Leaf> {
        three()
    }
    async fn gaps(&self) -> Option<Vec<Option<Leaf>>> {
        Some(three().into_iter().map(Some).collect())
    }
    async fn numbers(&self) -> Option<Vec<async_graphql::Result<i32>>> {
        Some([false, true].map(value).into())
    }
    async fn number_gaps(&self) -> Option<Vec<Option<async_graphql::Result<i32>>>> {
        Some([false, true].map(|fails| Some(value(fails))).into())
    }
    async fn rows(&self) -> Option<Vec<Option<Vec<async_graphql::Result<i32>>>>> {
        Some([false, true].map(|fails| Some(vec![value(fails)])).into())
    }
    async fn thing(&self) -> Option<Thing> {
        Some(Thing::Leaf(Leaf { fails: true }))
    }
    async fn stone(&self) -> Option<Thing> {
        Some(Thing::Stone(Stone { ok: 1 }))
    }
}

/// Query, data, and the path of each error.
type Bubbling = (&'static str, &'static str, &'static str);

/// A null where the schema allows none takes the nearest nullable thing above with it, and nothing else (specification, section 6.4.4).
const AS_SPECIFIED: &[Bubbling] = &[
    ("{ good maybe }", r#"{"good":1,"maybe":null}"#, r#"[["maybe"]]"#),
    ("{ good sure }", "null", r#"[["sure"]]"#),
    ("{ good a: maybe b: maybe }", r#"{"good":1,"a":null,"b":null}"#, r#"[["a"],["b"]]"#),
    ("{ good leaf { ok maybe } }", r#"{"good":1,"leaf":{"ok":1,"maybe":null}}"#, r#"[["leaf","maybe"]]"#),
    ("{ good leaf { ok sure } }", r#"{"good":1,"leaf":null}"#, r#"[["leaf","sure"]]"#),
    ("{ good b: leaf { ok c: sure } }", r#"{"good":1,"b":null}"#, r#"[["b","c"]]"#),
    ("{ leaf { sure } leaf { ok } }", r#"{"leaf":null}"#, r#"[["leaf","sure"]]"#),
    ("{ good leaf { deep { sure } } }", r#"{"good":1,"leaf":null}"#, r#"[["leaf","deep","sure"]]"#),
    ("{ leaf { deep { ok maybe } } }", r#"{"leaf":{"deep":{"ok":1,"maybe":null}}}"#, r#"[["leaf","deep","maybe"]]"#),
    ("{ sureLeaf { ok maybe } }", r#"{"sureLeaf":{"ok":1,"maybe":null}}"#, r#"[["sureLeaf","maybe"]]"#),
    ("{ good sureLeaf { ok sure } }", "null", r#"[["sureLeaf","sure"]]"#),
    ("{ good gaps { sure } }", r#"{"good":1,"gaps":[{"sure":1},null,{"sure":1}]}"#, r#"[["gaps",1,"sure"]]"#),
    (
        "{ sureLeaves { maybe } }",
        r#"{"sureLeaves":[{"maybe":1},{"maybe":null},{"maybe":1}]}"#,
        r#"[["sureLeaves",1,"maybe"]]"#,
    ),
    ("{ good numbers }", r#"{"good":1,"numbers":null}"#, r#"[["numbers",1]]"#),
    ("{ good numberGaps }", r#"{"good":1,"numberGaps":[1,null]}"#, r#"[["numberGaps",1]]"#),
    ("{ good rows }", r#"{"good":1,"rows":[[1],null]}"#, r#"[["rows",1,0]]"#),
    ("{ good thing { ok ... on Leaf { sure } } }", r#"{"good":1,"thing":null}"#, r#"[["thing","sure"]]"#),
    ("{ good stone { ok ... on Leaf { sure } } }", r#"{"good":1,"stone":{"ok":1}}"#, "[]"),
    ("{ good ...F } fragment F on Root { leaf { sure } }", r#"{"good":1,"leaf":null}"#, r#"[["leaf","sure"]]"#),
    ("{ good ... @include(if: true) { sure } }", "null", r#"[["sure"]]"#),
    ("{ good sure @skip(if: true) }", r#"{"good":1}"#, "[]"),
];

/// What the library does otherwise. A line that fails has been mended: it belongs into the table above, as the specification has it.
///
/// In a list of things that cannot be null the path ends at the thing, not at its field. Of a field that is asked for twice two answers are
/// put together, and a null that comes second is lost.
const OTHERWISE: &[Bubbling] = &[
    ("{ good leaves { ok sure } }", r#"{"good":1,"leaves":null}"#, r#"[["leaves",1]]"#),
    ("{ good sureLeaves { sure } }", "null", r#"[["sureLeaves",1]]"#),
    ("{ leaf { ok } leaf { sure } }", r#"{"leaf":{"ok":1}}"#, r#"[["leaf","sure"]]"#),
    ("{ leaf { ok } ...F } fragment F on Root { leaf { sure } }", r#"{"leaf":{"ok":1}}"#, r#"[["leaf","sure"]]"#),
    ("{ thing { ok } thing { ... on Leaf { sure } } }", r#"{"thing":{"ok":1}}"#, r#"[["thing","sure"]]"#),
];

#[tokio::test]
async fn an_error_blanks_the_nearest_nullable_thing_and_nothing_else() {
    let schema = async_graphql::Schema::build(Root, EmptyMutation, EmptySubscription).finish();
    for (query, data, paths) in AS_SPECIFIED.iter().chain(OTHERWISE) {
        let answer = schema.execute(*query).await;
        let found: Vec<Value> = answer.errors.iter().map(|error| json!(error.path)).collect();
        assert_eq!(json!(found), paths.parse::<Value>().unwrap(), "{query}");
        assert_eq!(answer.data.into_json().unwrap(), data.parse::<Value>().unwrap(), "{query}");
    }
}
