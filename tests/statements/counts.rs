//! Each list and each nested field costs as many statements for many rows as for few.
//!
//! Asked twice: of a small Ambito, of 2 comuni and 2 services, and of the demonstration's, of 20 and 13. The queries are made from the schema: every
//! field that gives objects, at the end of the shortest way to its owner, with every field of what it gives.

use super::*;
use crate::support::MANERBIO;

/// The shortest way to each type, through every field.
fn ways(types: &Types, plans: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut ways = BTreeMap::new();
    let mut next = VecDeque::from([("Query".to_owned(), Vec::<String>::new())]);
    while let Some((owner, way)) = next.pop_front() {
        if ways.contains_key(&owner) {
            continue;
        }
        let further = |step: String| way.iter().cloned().chain([step]).collect::<Vec<_>>();
        next.extend(
            possible(types, &owner).into_iter().map(|object| (object.clone(), further(format!("... on {object}")))),
        );
        for field in fields(types, &owner) {
            let of = named(&field.ty.node).to_owned();
            if !NOT_THROUGH.contains(&format!("{owner}.{}", field.name.node).as_str()) && types.contains_key(&of) {
                next.push_back((of, further(call(&owner, field, plans))));
            }
        }
        ways.insert(owner, way);
    }
    ways
}

/// Whether a field gives objects.
fn gives_objects(types: &Types, field: &FieldDefinition) -> bool {
    let kind = types.get(named(&field.ty.node)).map(|of| &of.kind);
    matches!(kind, Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)))
}

/// Every field of a type, once each.
fn whole(types: &Types, owner: &str, plans: &[Value]) -> String {
    let select = |field: &&FieldDefinition| {
        let call = call(owner, field, plans);
        if gives_objects(types, field) { format!("{call} {{ __typename }}") } else { call }
    };
    let selections: Vec<String> = fields(types, owner).iter().map(select).collect();
    format!("{{ __typename {} }}", selections.join(" "))
}

/// A query for each type: every field of it, at the end of the shortest way there.
pub(crate) fn each_type(types: &Types, plans: &[Value]) -> Vec<String> {
    let query = |(owner, way): (String, Vec<String>)| {
        way.iter().rfold(whole(types, &owner, plans), |inner, step| format!("{{ {step} {inner} }}"))
    };
    ways(types, plans).into_iter().filter(|(owner, _)| !fields(types, owner).is_empty()).map(query).collect()
}

/// A query for each field that gives objects, by the field's name.
fn nested(types: &Types, plans: &[Value]) -> BTreeMap<String, String> {
    let mut queries = BTreeMap::new();
    for (owner, way) in ways(types, plans) {
        for field in fields(types, &owner).into_iter().filter(|field| gives_objects(types, field)) {
            let inner = format!("{{ {} {} }}", call(&owner, field, plans), whole(types, named(&field.ty.node), plans));
            let query = way.iter().rfold(inner, |inner, step| format!("{{ {step} {inner} }}"));
            queries.insert(format!("{owner}.{}", field.name.node), query);
        }
    }
    queries
}

/// The same query of the larger Ambito.
pub(crate) fn of_the_demonstration(query: &str) -> String {
    query.replace("\"T1\"", "\"9\"").replace("\"017001\"", &format!("\"{MANERBIO}\""))
}

#[test]
fn statements_do_not_grow_with_the_rows() {
    let server = Server::with(|limits| {
        limits.cost_max = 1_000_000_000;
        // Every field of the same Ambito in each of hundreds of rows: what is counted here is statements, not time.
        limits.execution_seconds_max = 60;
    });
    neighbour::add(&server);
    agreements::add_small(&server, "T1", ("ALFA", "SAD"), 1);
    agreements::add_small(&server, "9", ("ALFA", "SAD"), 100);
    let types = published_types();
    let few = nested(&types, &plan_ids(&server, "T1"));
    let many = nested(&types, &plan_ids(&server, "9"));
    let token = server.token_of(Role::Auditor);
    let count = |name: &str, query: &str| {
        let before = server.store().statements();
        // Once: the suite's usual question is asked several times over.
        let answer = server.ask_once(&token, &json!({ "query": query }).to_string());
        assert!(answer.status == 200 && answer.json().get("errors").is_none(), "{name}: {query}\n{}", answer.body);
        server.store().statements() - before
    };
    // A client that the book knows already costs nothing.
    count("Query.viewer", "{ viewer { role } }");
    let mut counted = BTreeMap::new();
    for (name, query) in few {
        let statements = count(&name, &query);
        // None only where one of the two has nothing there, such as a rule of fixed weights; and then no more for the other than for one row.
        let of_many = count(&name, &of_the_demonstration(&many[&name]));
        let is_alike = of_many == statements || of_many == 0 || (statements, of_many) == (0, 1);
        assert!(is_alike, "{name}: {of_many} and {statements}: {query}");
        counted.insert(name, statements);
    }
    // Only what reads rows on purpose costs any, and that is counted.
    for (list, field) in [
        ("Ambito.plans", "Plan.verification"),
        ("Ambito.comuni", "Comune.statement"),
        ("AgreementConnection.nodes", "Agreement.versions"),
        ("AgreementConnection.nodes", "Agreement.account"),
    ] {
        assert!(READS_ROWS.contains(&field) && counted[list] > 0, "{counted:?}");
    }
    assert_eq!(counted["Query.auditTrail"], 2);
}
