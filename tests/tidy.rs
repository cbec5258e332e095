//! Keeps the shape of the code: the import arrows of `docs/architecture.md`, exact numbers, sizes, headers, and nothing
//! ambient. It reads source text and compiles nothing; what the compiler or clippy already refuses is checked here again
//! only where an `allow` could let it through.

mod source;

use source::{Source, functions, line_of, lines_with, offsets_of, word_at};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Files that may be longer, each with its reason beside it.
const LONG_FILES: &[&str] = &[];

/// Functions that may be longer, as `path::function`, each with its reason beside it.
const LONG_FUNCTIONS: &[&str] = &[];

/// What each room of `api/src` may not import.
const CLOSED_DOORS: &[(&str, &[&str])] = &[
    ("graphql", &["http", "exchange"]),
    ("store", &["graphql", "http", "exchange"]),
    ("auth", &["graphql", "http"]),
    ("exchange", &["graphql", "http", "auth"]),
];

/// The only dependencies that the manifests of the inner crates may name, besides those for tests.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    (
        "allocation/Cargo.toml",
        &["num-bigint", "num-integer", "num-rational", "num-traits", "rust_decimal", "thiserror"],
    ),
    ("entity/Cargo.toml", &["chrono", "sea-orm"]),
    ("migration/Cargo.toml", &["sea-orm-migration"]),
];

/// Calls to the world around, and the only file that may make each.
const AMBIENT_CALLS: &[(&str, &str)] = &[
    ("env::var", "api/src/config.rs"),
    ("env::vars", "api/src/config.rs"),
    ("env::var_os", "api/src/config.rs"),
    ("env::vars_os", "api/src/config.rs"),
    ("Utc::now", "api/src/clock.rs"),
    ("Local::now", "api/src/clock.rs"),
];

/// Files of tests that ask the environment where a cluster of PostgreSQL is.
const CLUSTER_SEEKERS: &[&str] = &["migration/tests/database/support.rs", "tests/support/database.rs"];

/// What rounds a decimal or a rational.
const ROUNDING_CALLS: &[&str] = &[
    ".round(",
    ".round_dp",
    ".round_sf",
    ".trunc(",
    ".trunc_with_scale(",
    ".floor(",
    ".ceil(",
    ".to_integer(",
    "RoundingStrategy",
];

/// What rounds a quotient of whole numbers; elsewhere than in the arithmetic it counts pages or tokens.
const ROUNDING_CALLS_OF_INTEGERS: &[&str] = &[".div_floor(", ".div_ceil("];

/// The conversion to a float that the format of Prometheus needs, and the only file that may name it.
const SECONDS_OF_METRICS: (&str, &str) = ("api/src/http/metrics.rs", "as_secs_f64");

/// Files made by others, kept byte for byte.
const VENDORED: &[&str] = &["api/assets/graphiql/graphiql.min.", "api/assets/graphiql/react"];

type Check = fn(&Source) -> Vec<String>;

fn rooms_keep_their_doors(source: &Source) -> Vec<String> {
    let room = room_of(&source.path);
    let Some((_, closed)) = CLOSED_DOORS.iter().find(|(name, _)| *name == room) else {
        return Vec::new();
    };
    crate_imports(&source.code)
        .into_iter()
        .filter(|(_, name)| closed.contains(&name.as_str()))
        .map(|(line, name)| source.offence(line, &format!("`{room}` imports `{name}`")))
        .collect()
}

/// The first folder or file below `api/src`.
fn room_of(path: &str) -> &str {
    path.strip_prefix("api/src/").map(word_at).unwrap_or_default()
}

/// The names right below the crate's root that `code` mentions: `crate::a`, `crate::{a, b::c}`, `super::a`.
fn crate_imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for offset in offsets_of(code, root) {
            let start = offset + root.len();
            let rest = &code[start..];
            if !rest.starts_with('{') {
                found.push((line_of(code, start), word_at(rest).to_owned()));
                continue;
            }
            let mut depth = 0_usize;
            for (inner, character) in rest.char_indices() {
                match character {
                    '{' => depth += 1,
                    '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if depth == 1 && matches!(character, '{' | ',') {
                    let member = rest[inner + 1..].trim_start();
                    let member_offset = code.len() - member.len();
                    found.push((line_of(code, member_offset), word_at(member).to_owned()));
                }
            }
        }
    }
    found
}

fn tables_stay_in_their_crates(source: &Source) -> Vec<String> {
    let is_store = room_of(&source.path) == "store";
    let is_named_inside = |prefix: &str| source.path.starts_with(prefix);
    if !source.is_in_src() || is_store || is_named_inside("entity/") || is_named_inside("migration/") {
        return Vec::new();
    }
    let mut offences = Vec::new();
    for name in ["sea_orm", "sea_orm_migration", "migration"] {
        for offset in offsets_of(&source.code, name) {
            // A module or a field of the name is something else than the crate.
            let is_crate = !source.code[..offset].ends_with([':', '.']) && {
                let after = &source.code[offset + name.len()..];
                after.starts_with("::") || name != "migration"
            };
            if is_crate {
                let line = line_of(&source.code, offset);
                offences.push(source.offence(line, &format!("names `{name}`, which only `store` may")));
            }
        }
    }
    offences
}

fn inner_crates_depend_on_little(source: &Source) -> Vec<String> {
    let Some((_, allowed)) = DEPENDENCIES.iter().find(|(path, _)| *path == source.path) else {
        return Vec::new();
    };
    let mut offences = Vec::new();
    let mut is_in_table = false;
    for (index, line) in source.text.lines().enumerate() {
        let line = line.trim();
        let named = if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let mut parts = header.split('.').skip_while(|part| !part.ends_with("dependencies"));
            is_in_table = matches!(parts.next(), Some("dependencies" | "build-dependencies"));
            // `[dependencies.name]` names one in its header.
            let in_header = parts.next().filter(|_| is_in_table);
            is_in_table &= in_header.is_none();
            in_header
        } else if is_in_table && !line.starts_with('#') {
            line.split(['=', '.', ' ']).next().filter(|name| !name.is_empty())
        } else {
            None
        };
        if let Some(name) = named.filter(|name| !allowed.contains(name)) {
            offences.push(source.offence(index + 1, &format!("depends on `{name}`")));
        }
    }
    offences
}

fn numbers_are_exact(source: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    for (index, line) in source.code.lines().enumerate() {
        for name in ["f32", "f64"] {
            // A suffix of a literal or of a conversion is one too; a predicate such as `is_f64` refuses them.
            let found = line.match_indices(name).any(|(offset, _)| {
                let before = &line[..offset];
                let ends = !line[offset + name.len()..].starts_with(source::is_word);
                let word_start = before.trim_end_matches(source::is_word).len();
                let word = &line[word_start..offset + name.len()];
                ends && !word.starts_with("is_") && (source.path.as_str(), word) != SECONDS_OF_METRICS
            });
            if found {
                offences.push(source.offence(index + 1, &format!("`{name}`")));
            }
        }
    }
    // Tests send such numbers to see them refused.
    for (index, line) in source.production().lines().enumerate() {
        if has_float_literal(line) {
            offences.push(source.offence(index + 1, "a float literal"));
        }
    }
    offences
}

/// Whether digits, a point and digits stand there, other than as the fields of nested tuples.
fn has_float_literal(line: &str) -> bool {
    line.match_indices('.').any(|(offset, _)| {
        let before = &line[..offset];
        let whole = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let starts_with_digit = before[whole.len()..].starts_with(|c: char| c.is_ascii_digit());
        let is_number = starts_with_digit && !whole.ends_with(|c: char| source::is_word(c) || c == '.');
        is_number && line[offset + 1..].starts_with(|c: char| c.is_ascii_digit())
    })
}

fn nothing_is_left_undone(source: &Source) -> Vec<String> {
    if !source.is_rust() {
        return Vec::new();
    }
    let in_code = ["todo!", "unimplemented!", "dbg!", "#[ignore"].into_iter().map(|word| (&source.code, word));
    let in_text = [concat!("TO", "DO"), concat!("FIX", "ME")].into_iter().map(|word| (&source.text, word));
    in_code
        .chain(in_text)
        .flat_map(|(text, word)| lines_with(text, word).into_iter().map(move |line| (line, word)))
        .map(|(line, word)| source.offence(line, &format!("`{word}`")))
        .collect()
}

fn files_and_functions_are_short(source: &Source) -> Vec<String> {
    if !source.is_rust() {
        return Vec::new();
    }
    let mut offences = Vec::new();
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX && !LONG_FILES.contains(&source.path.as_str()) {
        offences.push(source.offence(lines, &format!("the file has more than {FILE_LINES_MAX} lines")));
    }
    for function in functions(&source.code) {
        let length = function.last - function.first + 1;
        let name = format!("{}::{}", source.path, function.name);
        if length > FUNCTION_LINES_MAX && !LONG_FUNCTIONS.contains(&name.as_str()) {
            let what = format!("`{}` has {length} lines, more than {FUNCTION_LINES_MAX}", function.name);
            offences.push(source.offence(function.first, &what));
        }
    }
    offences
}

fn files_say_what_they_are(source: &Source) -> Vec<String> {
    if source.is_in_src() && !source.text.starts_with("//!") {
        return vec![source.offence(1, "no `//!` header")];
    }
    Vec::new()
}

fn nothing_is_ambient(source: &Source) -> Vec<String> {
    AMBIENT_CALLS
        .iter()
        .filter(|(call, only)| {
            *only != source.path && !(call.starts_with("env::") && CLUSTER_SEEKERS.contains(&source.path.as_str()))
        })
        .flat_map(|(call, only)| lines_with(&source.code, call).into_iter().map(move |line| (line, call, only)))
        .map(|(line, call, only)| source.offence(line, &format!("`{call}`, which only {only} may")))
        .collect()
}

fn one_file_rounds(source: &Source) -> Vec<String> {
    let is_arithmetic = source.path.starts_with("allocation/src/");
    if source.path == "allocation/src/round.rs" {
        return Vec::new();
    }
    let of_integers = if is_arithmetic { ROUNDING_CALLS_OF_INTEGERS } else { &[] };
    ROUNDING_CALLS
        .iter()
        .chain(of_integers)
        .flat_map(|call| lines_with(source.production(), call).into_iter().map(move |line| (line, call)))
        .map(|(line, call)| source.offence(line, &format!("`{call}`, which only allocation/src/round.rs may")))
        .collect()
}

fn no_machine_is_named(source: &Source) -> Vec<String> {
    if VENDORED.iter().any(|prefix| source.path.starts_with(prefix)) {
        return Vec::new();
    }
    [concat!("/", "work/"), concat!("/", "root/")]
        .into_iter()
        .flat_map(|folder| lines_with(&source.text, folder).into_iter().map(move |line| (line, folder)))
        .map(|(line, folder)| source.offence(line, &format!("a path of one machine: `{folder}`")))
        .collect()
}

#[track_caller]
fn assert_tidy(check: Check) {
    let sources = Source::all().unwrap_or_default();
    // A walk that finds nothing would let everything pass.
    for path in ["allocation/src/lib.rs", "allocation/Cargo.toml", "api/src/main.rs", "tests/tidy.rs"] {
        assert!(sources.iter().any(|source| source.path == path), "{path} is not among the files read");
    }
    let offences: Vec<String> = sources.iter().flat_map(check).collect();
    assert!(offences.is_empty(), "{} offences:\n{}", offences.len(), offences.join("\n"));
}

/// Each text is read as the file of that name and must give exactly the offences, each by the start of its line.
#[track_caller]
fn assert_finds(check: Check, table: &[(&str, &str, &[&str])]) {
    for (path, text, expected) in table {
        let found = check(&Source::new(path, text));
        let as_expected = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(offence, start)| offence.starts_with(&format!("{path}:{start}")));
        assert!(as_expected, "{path}: {text:?} gives {found:?} instead of {expected:?}");
    }
}

#[test]
fn tidy_rooms_keep_their_doors() {
    assert_finds(
        rooms_keep_their_doors,
        &[
            (
                "api/src/graphql/quota.rs",
                "use crate::http::Door;\nuse crate::store::Book;",
                &["1: `graphql` imports `http`"],
            ),
            (
                "api/src/store/plan.rs",
                "use crate::{\n    auth::A,\n    exchange::{b, http},\n};",
                &["3: `store` imports `exchange`"],
            ),
            ("api/src/auth/mod.rs", "use super::graphql;", &["1: `auth` imports `graphql`"]),
            ("api/src/exchange.rs", "// crate::http\nfn f() { crate::auth::g() }", &["2: `exchange` imports `auth`"]),
            ("api/src/http/mod.rs", "use crate::{auth, exchange, graphql, store};", &[]),
        ],
    );
    assert_tidy(rooms_keep_their_doors);
}

#[test]
fn tidy_tables_stay_in_their_crates() {
    assert_finds(
        tables_stay_in_their_crates,
        &[
            ("api/src/graphql/plan.rs", "\nuse sea_orm::EntityTrait;", &["2: names `sea_orm`"]),
            ("api/src/main.rs", "migration::Migrator::up();", &["1: names `migration`"]),
            ("api/src/http/mod.rs", "let migration = store::migration::run(); // sea_orm\n\"sea_orm\"", &[]),
            ("api/src/store/plan.rs", "use sea_orm::EntityTrait; use migration::Migrator;", &[]),
        ],
    );
    assert_tidy(tables_stay_in_their_crates);
}

#[test]
fn tidy_inner_crates_depend_on_little() {
    assert_finds(
        inner_crates_depend_on_little,
        &[
            ("allocation/Cargo.toml", "[dependencies]\nthiserror = \"2\"\nserde = \"1\"", &["3: depends on `serde`"]),
            (
                "allocation/Cargo.toml",
                "[target.'cfg(unix)'.dependencies.libc]\nversion = \"1\"",
                &["1: depends on `libc`"],
            ),
            ("entity/Cargo.toml", "[dependencies]\nserde.workspace = true\n[lints]\na = 1", &["2: depends on `serde`"]),
            ("migration/Cargo.toml", "[dev-dependencies]\nserde = \"1\"\n[package]\nname = \"x\"", &[]),
            ("api/Cargo.toml", "[dependencies]\nserde = \"1\"", &[]),
        ],
    );
    assert_tidy(inner_crates_depend_on_little);
}

#[test]
fn tidy_numbers_are_exact() {
    assert_finds(
        numbers_are_exact,
        &[
            ("a.rs", "// f64\nlet a: f64 = 0;", &["2: `f64`"]),
            ("a.rs", "g(1f32, duration.as_secs_f64())", &["1: `f32`", "1: `f64`"]),
            ("api/src/http/metrics.rs", "took.as_secs_f64();\na as f64", &["2: `f64`"]),
            ("api/src/a.rs", "let half = 0.5;\nlet ten = 1_0.0e3;", &["1: a float", "2: a float"]),
            ("api/src/a_tests.rs", "send(1.5);", &[]),
            ("api/src/a.rs", "value.is_f64(); pair.0.1; a1.0; 0..5; \"1.5 f64\"; '.'; f640", &[]),
        ],
    );
    assert_tidy(numbers_are_exact);
}

#[test]
fn tidy_nothing_is_left_undone() {
    let comment = concat!("// TO", "DO later\n/* FIX", "ME */");
    assert_finds(
        nothing_is_left_undone,
        &[
            ("a.rs", "todo!()\nunimplemented!()\ndbg!(x)\n#[ignore = \"slow\"]", &["1:", "2:", "3:", "4:"]),
            ("a.rs", comment, &["1:", "2:"]),
            ("a.rs", "// todo! is refused\nlet methodology = \"dbg!\";", &[]),
        ],
    );
    assert_tidy(nothing_is_left_undone);
}

#[test]
fn tidy_files_and_functions_are_short() {
    let body = |lines: usize| format!("fn long() {{\n{}}}\n", "x();\n".repeat(lines - 2));
    assert_finds(
        files_and_functions_are_short,
        &[
            ("a.rs", &body(FUNCTION_LINES_MAX + 1), &["1: `long` has 71 lines"]),
            ("a.rs", &body(FUNCTION_LINES_MAX), &[]),
            ("a.rs", &"x\n".repeat(FILE_LINES_MAX + 1), &["501: the file"]),
            ("a.rs", &"x\n".repeat(FILE_LINES_MAX), &[]),
        ],
    );
    assert_tidy(files_and_functions_are_short);
}

#[test]
fn tidy_files_say_what_they_are() {
    assert_finds(
        files_say_what_they_are,
        &[
            ("api/src/a/mod.rs", "mod b;\n//! late", &["1: no"]),
            ("allocation/src/lib.rs", "//! What it is.", &[]),
            ("allocation/tests/laws.rs", "mod b;", &[]),
        ],
    );
    assert_tidy(files_say_what_they_are);
}

#[test]
fn tidy_nothing_is_ambient() {
    assert_finds(
        nothing_is_ambient,
        &[
            ("api/src/main.rs", "\nstd::env::var(\"A\");\nstd::env::vars();\nUtc::now();", &["2:", "3:", "4:"]),
            ("api/src/config.rs", "std::env::var(\"A\");\nUtc::now();", &["2: `Utc::now`"]),
            ("api/src/clock.rs", "Utc::now(); // env::var", &[]),
            ("tests/support/database.rs", "std::env::var(\"A\");\nUtc::now();", &["2: `Utc::now`"]),
        ],
    );
    assert_tidy(nothing_is_ambient);
}

#[test]
fn tidy_one_file_rounds() {
    assert_finds(
        one_file_rounds,
        &[
            ("allocation/src/vat.rs", "x.round_dp(2);\ny.div_floor(&z);\n#[cfg(test)]\nq.floor();", &["1:", "2:"]),
            ("api/src/graphql/a.rs", "ratio\n    .to_integer();\n7.div_ceil(2);", &["2: `.to_integer(`"]),
            ("allocation/src/round.rs", "x.round_dp(2)", &[]),
            ("allocation/tests/laws.rs", "x.floor()", &[]),
        ],
    );
    assert_tidy(one_file_rounds);
}

#[test]
fn tidy_no_machine_is_named() {
    let paths = concat!("ok\ncd /wo", "rk/main\ncat /ro", "ot/.profile");
    assert_finds(
        no_machine_is_named,
        &[("docs/a.md", paths, &["2: a path", "3: a path"]), ("docs/a.md", "work/ and roots/", &[])],
    );
    assert_tidy(no_machine_is_named);
}
