//! Our own words, in both languages, for what the library's validation complains about. Its texts never leave the server.
//!
//! A text of the library is recognised by what stands between its quoted names; the names are kept, since they are the client's own or the
//! schema's. What is not recognised becomes one general sentence.

use crate::error::{Code, Flaw, Sentence};

/// A text of the library with `_` for each quoted name, and ours with `{0}`, `{1}` ... for the names.
struct Pattern {
    theirs: &'static str,
    it: &'static str,
    en: &'static str,
}

const fn pattern(theirs: &'static str, it: &'static str, en: &'static str) -> Pattern {
    Pattern { theirs, it, en }
}

const PATTERNS: &[Pattern] = &[
    pattern(
        "Unknown field _ on type _.",
        "Il campo \"{0}\" non esiste nel tipo \"{1}\".",
        "Field \"{0}\" does not exist on type \"{1}\".",
    ),
    pattern(
        "Unknown argument _ on field _ of type _.",
        "Il campo \"{1}\" del tipo \"{2}\" non ha un argomento \"{0}\".",
        "Field \"{1}\" of type \"{2}\" has no argument \"{0}\".",
    ),
    pattern(
        "Unknown argument _ on directive _.",
        "La direttiva \"@{1}\" non ha un argomento \"{0}\".",
        "Directive \"@{1}\" has no argument \"{0}\".",
    ),
    pattern("Unknown directive _", "La direttiva \"@{0}\" non esiste.", "Directive \"@{0}\" does not exist."),
    pattern("Duplicate directive _", "La direttiva \"@{0}\" è ripetuta.", "Directive \"@{0}\" is repeated."),
    pattern(
        "Directive _ may not be used on _",
        "La direttiva \"@{0}\" non è ammessa qui.",
        "Directive \"@{0}\" is not allowed here.",
    ),
    pattern(
        "Directive _ argument _ of type _ is required but not provided",
        "Alla direttiva \"{0}\" serve l'argomento \"{1}\" di tipo \"{2}\".",
        "Directive \"{0}\" needs the argument \"{1}\" of type \"{2}\".",
    ),
    // The type that the library names here is the one that has the field.
    pattern(
        "Field _ argument _ of type _ is required but not provided",
        "Al campo \"{0}\" serve l'argomento \"{1}\".",
        "Field \"{0}\" needs the argument \"{1}\".",
    ),
    pattern(
        "There can only be one argument named _",
        "L'argomento \"{0}\" è ripetuto.",
        "Argument \"{0}\" is repeated.",
    ),
    pattern(
        "There can only be one variable named _",
        "La variabile \"{0}\" è ripetuta.",
        "Variable \"{0}\" is repeated.",
    ),
    pattern(
        "Field _ must not have a selection since type _ has no subfields",
        "Il campo \"{0}\" di tipo \"{1}\" non ha sottocampi.",
        "Field \"{0}\" of type \"{1}\" has no subfields to select.",
    ),
    pattern(
        "Field _ of type _ must have a selection of subfields",
        "Del campo \"{0}\" di tipo \"{1}\" vanno scelti i sottocampi.",
        "Field \"{0}\" of type \"{1}\" needs a selection of subfields.",
    ),
    pattern("Unknown fragment: _", "Il frammento \"{0}\" non esiste.", "Fragment \"{0}\" does not exist."),
    pattern("Fragment _ is never used", "Il frammento \"{0}\" non è usato.", "Fragment \"{0}\" is not used."),
    pattern(
        "Fragment _ cannot condition non composite type _",
        "Il frammento \"{0}\" non può riguardare il tipo \"{1}\", che non ha campi.",
        "Fragment \"{0}\" cannot be on type \"{1}\", which has no fields.",
    ),
    pattern(
        "Fragment cannot condition non composite type _",
        "Un frammento non può riguardare il tipo \"{0}\", che non ha campi.",
        "A fragment cannot be on type \"{0}\", which has no fields.",
    ),
    pattern(
        "Fragment _ cannot be spread here as objects of type _ can never be of type _",
        "Il frammento \"{0}\" su \"{2}\" non può mai valere per \"{1}\".",
        "Fragment \"{0}\" on \"{2}\" can never hold for \"{1}\".",
    ),
    pattern(
        "Fragment cannot be spread here as objects of type _ can never be of type _",
        "Un frammento su \"{1}\" non può mai valere per \"{0}\".",
        "A fragment on \"{1}\" can never hold for \"{0}\".",
    ),
    pattern("Unknown type _", "Il tipo \"{0}\" non esiste.", "Type \"{0}\" does not exist."),
    pattern(
        "Variable _ is not defined by operation _",
        "La variabile \"{0}\" non è definita dall'operazione \"{1}\".",
        "Variable \"{0}\" is not defined by operation \"{1}\".",
    ),
    pattern("Variable _ is not defined", "La variabile \"{0}\" non è definita.", "Variable \"{0}\" is not defined."),
    pattern(
        "Variable _ is not used by operation _",
        "La variabile \"{0}\" non è usata dall'operazione \"{1}\".",
        "Variable \"{0}\" is not used by operation \"{1}\".",
    ),
    pattern("Variable _ is not used", "La variabile \"{0}\" non è usata.", "Variable \"{0}\" is not used."),
    pattern(
        "Variable _ cannot be of non-input type _",
        "La variabile \"{0}\" non può essere di tipo \"{1}\", che non è di ingresso.",
        "Variable \"{0}\" cannot be of type \"{1}\", which is not for input.",
    ),
    pattern(
        "Fields _ conflict because _ and _ are different fields. Use different aliases on the fields to fetch both if this was intentional.",
        "\"{0}\" sta per due campi, \"{1}\" e \"{2}\": usare alias diversi.",
        "\"{0}\" stands for two fields, \"{1}\" and \"{2}\": use different aliases.",
    ),
    pattern(
        "Fields _ conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.",
        "Lo stesso campo è chiesto due volte con argomenti diversi: usare alias.",
        "The same field is asked for twice with different arguments: use aliases.",
    ),
    pattern("Schema is not configured for mutations.", "Non ci sono mutazioni.", "There are no mutations."),
    pattern(
        "Schema is not configured for subscriptions.",
        "Non ci sono sottoscrizioni.",
        "There are no subscriptions.",
    ),
    pattern(
        "Subscriptions are not supported on this transport.",
        "Le sottoscrizioni non passano da qui.",
        "Subscriptions do not work over this transport.",
    ),
];

/// What may be wrong with a value: the same shape, the first name of the text being the argument.
const VALUE_PATTERNS: &[Pattern] = &[
    pattern(
        "_, expected type _",
        "Il valore dell'argomento \"{0}\" non è di tipo \"{1}\".",
        "The value of argument \"{0}\" is not of type \"{1}\".",
    ),
    pattern(
        "_, enumeration type _ does not contain the value ",
        "Il valore dell'argomento \"{0}\" non è fra quelli di \"{1}\".",
        "The value of argument \"{0}\" is not one of \"{1}\".",
    ),
    pattern(
        "_, Oneof input objects requires have exactly one field",
        "L'argomento \"{0}\" vuole esattamente un campo.",
        "Argument \"{0}\" takes exactly one field.",
    ),
    pattern(
        "_, Oneof Input Objects require that exactly one field must be supplied and that field must not be null",
        "L'argomento \"{0}\" vuole esattamente un campo, non nullo.",
        "Argument \"{0}\" takes exactly one field, and not null.",
    ),
    pattern(
        "_, field _ of type _ is required but not provided",
        "All'argomento \"{0}\" manca il campo \"{1}\" di tipo \"{2}\".",
        "Argument \"{0}\" lacks the field \"{1}\" of type \"{2}\".",
    ),
    pattern(
        "_, unknown field _ of type _",
        "L'argomento \"{0}\" di tipo \"{2}\" non ha un campo \"{1}\".",
        "Argument \"{0}\" of type \"{2}\" has no field \"{1}\".",
    ),
];

/// How a text about a value begins, at validation.
const VALUE_PREFIXES: &[&str] = &["Invalid value for argument ", "Invalid default value for argument: "];

/// How a text about a value begins, when a resolver reads its arguments.
const COERCION_PREFIXES: &[&str] = &["Failed to parse \"", "Expected input type \""];

/// Characters of a name that are repeated to the client.
const NAME_CHARS_MAX: usize = 120;

/// What the library complains about, where it is recognised.
pub fn translate(text: &str) -> Option<Flaw> {
    // Suggestions name what the caller did not ask about.
    let text = text.split(" Did you mean").next().unwrap_or(text);
    if let Some(reason) = VALUE_PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        return Some(value_flaw(reason));
    }
    if let Some(rest) = COERCION_PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        let ty = rest.split('"').next().unwrap_or_default();
        let message =
            Sentence::new(format!("Un valore non è di tipo \"{ty}\"."), format!("A value is not of type \"{ty}\"."));
        return Some(Flaw { code: Code::ValidationError, message, argument: None, malformed_value: true });
    }
    let (shape, names) = shape(text);
    let pattern = PATTERNS.iter().find(|pattern| pattern.theirs == shape)?;
    Some(Flaw {
        code: Code::ValidationError,
        message: Sentence::new(fill(pattern.it, &names), fill(pattern.en, &names)),
        argument: None,
        malformed_value: false,
    })
}

/// What is said of a document that fails in a way not recognised.
pub fn general() -> Flaw {
    Flaw {
        code: Code::ValidationError,
        message: Sentence::new("Il documento non è conforme allo schema.", "The document does not fit the schema."),
        argument: None,
        malformed_value: false,
    }
}

/// Names the argument in a flaw that could only say that some value is wrong.
pub fn name_argument(flaw: &mut Flaw, argument: &str) {
    if flaw.argument.is_none() && flaw.malformed_value {
        flaw.message.it = format!("Argomento \"{argument}\": {}", flaw.message.it).into();
        flaw.message.en = format!("Argument \"{argument}\": {}", flaw.message.en).into();
        flaw.argument = Some(argument.to_owned());
    }
}

fn value_flaw(reason: &str) -> Flaw {
    // The value itself may hold anything, quotes too, and is not repeated.
    let value_at = reason.find("does not contain the value ").map(|at| at + "does not contain the value ".len());
    let (shape, names) = shape(value_at.and_then(|at| reason.get(..at)).unwrap_or(reason));
    let argument = names.first().map(|name| name.chars().take(NAME_CHARS_MAX).collect());
    let message = match VALUE_PATTERNS.iter().find(|pattern| pattern.theirs == shape) {
        Some(pattern) => Sentence::new(fill(pattern.it, &names), fill(pattern.en, &names)),
        None => Sentence::new(
            "Il valore di un argomento non è del suo tipo.",
            "The value of an argument is not of its type.",
        ),
    };
    Flaw { code: Code::ValidationError, message, argument, malformed_value: true }
}

/// A text with `_` for each quoted name, and the names.
fn shape(text: &str) -> (String, Vec<&str>) {
    let mut shape = String::new();
    let mut names = Vec::new();
    for (index, part) in text.split('"').enumerate() {
        if index % 2 == 0 {
            shape.push_str(part);
        } else {
            shape.push('_');
            names.push(part);
        }
    }
    (shape, names)
}

/// Our sentence with the names in their places. A name may be a key of the client's own variables, so it is cut where it is long.
fn fill(sentence: &str, names: &[&str]) -> String {
    let short = |name: &str| name.chars().take(NAME_CHARS_MAX).collect::<String>();
    let filled = names.iter().enumerate().map(|(index, name)| (format!("{{{index}}}"), short(name)));
    filled.fold(sentence.to_owned(), |text, (hole, name)| text.replace(&hole, &name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{
        EmptyMutation, EmptySubscription, Enum, InputObject, Interface, Object, OneofObject, Request, Schema,
        SimpleObject, Variables,
    };

    struct Query;

    #[derive(Clone, Copy, PartialEq, Eq, Enum)]
    enum Colour {
        Red,
    }

    #[derive(InputObject)]
    struct Filter {
        minimum: Option<i32>,
        year: i32,
    }

    #[derive(OneofObject)]
    enum Rule {
        Equal(bool),
        Other(i32),
    }

    #[derive(SimpleObject)]
    struct Leaf {
        id: i32,
    }

    #[derive(SimpleObject)]
    struct Branch {
        id: i32,
    }

    #[derive(Interface)]
    #[graphql(field(name = "id", ty = "&i32"))]
    enum Node {
        Leaf(Leaf),
        Branch(Branch),
    }

    #[Object]
    impl Query {
        async fn node(&self) -> Node {
            Node::Leaf(Leaf { id: 1 })
        }
        async fn leaf(&self, n: Option<i32>, colour: Option<Colour>) -> Leaf {
            Leaf { id: n.unwrap_or(colour.map_or(0, |_| 1)) }
        }
        async fn branch(&self, filter: Filter) -> Branch {
            Branch { id: filter.minimum.unwrap_or(filter.year) }
        }
        async fn rule(&self, rule: Option<Rule>) -> bool {
            matches!(rule, Some(Rule::Equal(true) | Rule::Other(1)))
        }
    }

    /// A document that earns a complaint, its variables, the argument that is named, and our sentence.
    type Case = (&'static str, &'static str, Option<&'static str>, &'static str);

    /// One case a complaint of the library.
    const CASES: &[Case] = &[
        ("{ wrong }", "{}", None, "Field \"wrong\" does not exist on type \"Query\"."),
        ("{ leaf(m: 1) { id } }", "{}", None, "Field \"leaf\" of type \"Query\" has no argument \"m\"."),
        ("{ leaf @include(of: true, if: true) { id } }", "{}", None, "Directive \"@include\" has no argument \"of\"."),
        ("{ leaf @wrong { id } }", "{}", None, "Directive \"@wrong\" does not exist."),
        ("{ leaf @skip(if: true) @skip(if: true) { id } }", "{}", None, "Directive \"@skip\" is repeated."),
        ("query @skip(if: true) { leaf { id } }", "{}", None, "Directive \"@skip\" is not allowed here."),
        ("{ leaf @skip { id } }", "{}", None, "Directive \"@skip\" needs the argument \"if\" of type \"Boolean!\"."),
        ("{ branch { id } }", "{}", None, "Field \"branch\" needs the argument \"filter\"."),
        ("{ leaf(n: 1, n: 2) { id } }", "{}", None, "Argument \"n\" is repeated."),
        ("query($a: Int, $a: Int) { leaf(n: $a) { id } }", "{}", None, "Variable \"$a\" is repeated."),
        ("{ rule { id } }", "{}", None, "Field \"rule\" of type \"Boolean\" has no subfields to select."),
        ("{ leaf }", "{}", None, "Field \"leaf\" of type \"Leaf\" needs a selection of subfields."),
        ("{ ...wrong }", "{}", None, "Fragment \"wrong\" does not exist."),
        ("{ rule } fragment f on Query { rule }", "{}", None, "Fragment \"f\" is not used."),
        ("{ leaf { ... on Int { id } } }", "{}", None, "A fragment cannot be on type \"Int\", which has no fields."),
        (
            "{ leaf { ...f } } fragment f on Branch { id }",
            "{}",
            None,
            "Fragment \"f\" on \"Branch\" can never hold for \"Leaf\".",
        ),
        ("{ leaf { ... on Branch { id } } }", "{}", None, "A fragment on \"Branch\" can never hold for \"Leaf\"."),
        ("{ leaf { ... on Wrong { id } } }", "{}", None, "Type \"Wrong\" does not exist."),
        ("query Q { leaf(n: $a) { id } }", "{}", None, "Variable \"$a\" is not defined by operation \"Q\"."),
        ("{ leaf(n: $a) { id } }", "{}", None, "Variable \"$a\" is not defined."),
        ("query Q($a: Int) { rule }", "{}", None, "Variable \"$a\" is not used by operation \"Q\"."),
        ("query($a: Int) { rule }", "{}", None, "Variable \"$a\" is not used."),
        (
            "query($a: Leaf) { leaf(n: $a) { id } }",
            "{}",
            None,
            "Variable \"a\" cannot be of type \"Leaf\", which is not for input.",
        ),
        (
            "{ a: rule a: leaf { id } }",
            "{}",
            None,
            "\"a\" stands for two fields, \"rule\" and \"leaf\": use different aliases.",
        ),
        (
            "{ leaf(n: 1) { id } leaf(n: 2) { id } }",
            "{}",
            None,
            "The same field is asked for twice with different arguments: use aliases.",
        ),
        ("mutation { a }", "{}", None, "There are no mutations."),
        ("subscription { a }", "{}", None, "There are no subscriptions."),
        ("{ leaf(n: \"1\") { id } }", "{}", Some("n"), "The value of argument \"n\" is not of type \"Int\"."),
        (
            "query($a: Int) { leaf(n: $a) { id } }",
            r#"{"a": "x\"y"}"#,
            Some("n"),
            "The value of argument \"n\" is not of type \"Int\".",
        ),
        (
            "query($a: Int = \"x\") { leaf(n: $a) { id } }",
            "{}",
            Some("a"),
            "The value of argument \"a\" is not of type \"Int\".",
        ),
        (
            "{ leaf(colour: BLUE) { id } }",
            "{}",
            Some("colour"),
            "The value of argument \"colour\" is not one of \"Colour\".",
        ),
        (
            "query($c: Colour) { leaf(colour: $c) { id } }",
            r#"{"c": "a\"b\"c"}"#,
            Some("colour"),
            "The value of argument \"colour\" is not one of \"Colour\".",
        ),
        (
            "{ branch(filter: {year: \"x\"}) { id } }",
            "{}",
            Some("filter.year"),
            "The value of argument \"filter.year\" is not of type \"Int\".",
        ),
        (
            "{ branch(filter: {}) { id } }",
            "{}",
            Some("filter"),
            "Argument \"filter\" lacks the field \"year\" of type \"Int!\".",
        ),
        (
            "{ branch(filter: {year: 1, no: 2}) { id } }",
            "{}",
            Some("filter"),
            "Argument \"filter\" of type \"Filter\" has no field \"no\".",
        ),
        ("{ rule(rule: {}) }", "{}", Some("rule"), "Argument \"rule\" takes exactly one field."),
        (
            "{ rule(rule: {equal: null}) }",
            "{}",
            Some("rule"),
            "Argument \"rule\" takes exactly one field, and not null.",
        ),
        // Not caught by validation, since the variable is not given: the resolver finds it.
        (
            "query($y: Int) { branch(filter: {year: 2, minimum: 5000000000, no: $y}) { id } }",
            "{}",
            None,
            "A value is not of type \"Int\".",
        ),
    ];

    #[tokio::test]
    async fn every_complaint_is_told_in_our_words() {
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).finish();
        for (document, variables, argument, expect) in CASES {
            let variables = serde_json::from_str(variables).unwrap();
            let request = Request::new(*document).variables(Variables::from_json(variables));
            let response = schema.execute(request).await;
            let flaws: Vec<_> =
                response.errors.iter().map(|error| (translate(&error.message), &error.message)).collect();
            let found = flaws.iter().find_map(|(flaw, _)| flaw.as_ref().filter(|flaw| flaw.message.en == *expect));
            let found = found.unwrap_or_else(|| panic!("{document}: {flaws:?}"));
            assert_eq!(found.argument.as_deref(), *argument, "{document}");
            assert!(!found.message.it.contains('{') && found.message.it != found.message.en);
            assert!(flaws.iter().all(|(flaw, _)| flaw.is_some()), "{document}: {flaws:?}");
        }
    }
}
