//! The guides: their steps are run as they are printed, by a shell against a server, and the answers are those printed there.

use std::process::Command;

use api::auth::Role;
use serde_json::Value;

use crate::support::{Server, agreements, own_folder};

const GUIDE: &str = include_str!("../docs/guide.md");
const PARTNER_GUIDE: &str = include_str!("../docs/partner.md");
/// What a guide prints for what differs from run to run.
const DIFFERS: &str = "…";
/// Stands between the answers of two steps.
const BETWEEN: &str = "\u{1e}";

/// A step: what is pasted, and the answers that are printed below it.
struct Step {
    script: &'static str,
    answers: Vec<Value>,
}

/// The JSON documents that stand one after the other in a text.
fn documents(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().unwrap_or_else(|problem| {
        panic!("{problem}: {text}");
    })
}

/// Every step of a guide, first of all the function that the others use.
fn steps(guide: &'static str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in guide.split("\n```").collect::<Vec<_>>().chunks(2).filter_map(|pair| pair.get(1)) {
        if let Some(script) = block.strip_prefix("sh\n") {
            steps.push(Step { script, answers: Vec::new() });
        } else if let Some(answers) = block.strip_prefix("json\n") {
            steps.last_mut().unwrap().answers = documents(answers);
        }
    }
    steps
}

/// The value of a line as `client create` prints it.
fn printed(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name}: {text}")).to_owned()
}

/// Runs the steps in one shell, as somebody does who pastes them, and gives what each printed.
fn run(server: &Server, steps: &[Step], settings: &[(&str, String)]) -> Vec<String> {
    let mut script = String::from("set -euo pipefail\n");
    for step in steps {
        script.push_str(step.script);
        script.push_str("\nprintf '");
        script.push_str(BETWEEN);
        script.push_str("'\n");
    }
    let folder = own_folder();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&folder)
        .env("URL", server.url())
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .output()
        .expect("a guide needs bash, curl and jq");
    std::fs::remove_dir_all(folder).unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "a guide needs bash, curl and jq: {err}\n{out}");
    out.split_terminator(BETWEEN).map(str::to_owned).collect()
}

/// Whether an answer is the one that is printed.
fn is_as_printed(answer: &Value, shown: &Value) -> bool {
    match (answer, shown) {
        (_, Value::String(text)) if text == DIFFERS => true,
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| is_as_printed(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.keys().eq(theirs.keys()) && ours.iter().all(|(name, ours)| is_as_printed(ours, &theirs[name]))
        }
        _ => answer == shown,
    }
}

/// Runs a guide of so many steps and compares every answer.
fn check(server: &Server, (guide, count): (&'static str, usize), settings: &[(&str, String)]) {
    let steps = steps(guide);
    // The function that they use comes first.
    assert_eq!(steps.len(), count + 1);
    let printed = run(server, &steps, settings);
    assert_eq!(printed.len(), steps.len());
    for (at, (step, printed)) in steps.iter().zip(&printed).enumerate() {
        let answers = documents(printed);
        assert_eq!(answers.is_empty(), at == 0, "step {at}");
        assert_eq!(answers.len(), step.answers.len(), "step {at} answers {answers:#?}");
        for (answer, shown) in answers.iter().zip(&step.answers) {
            assert!(is_as_printed(answer, shown), "step {at}:\nanswered {answer:#}\n printed {shown:#}");
        }
    }
    let numbers = guide.lines().filter_map(|line| line.strip_prefix("## ")?.split_once(". ")).map(|part| part.0);
    assert!(numbers.eq((1..=count).map(|number| number.to_string())));
}

/// The identifier and the secret of a client that is made as a guide says, under the names that the guide gives them.
fn client(server: &Server, [id, secret]: [&'static str; 2], rest: &[&str]) -> [(&'static str, String); 2] {
    let made = server.run(&[&["client", "create", "--name", "Gestionale"], rest].concat());
    [(id, printed(&made, "client_id")), (secret, printed(&made, "client_secret"))]
}

#[test]
fn every_step_is_answered_as_the_guide_says() {
    let server = Server::start();
    let mut settings =
        client(&server, ["CLIENT_ID", "CLIENT_SECRET"], &["--role", "AZIENDA", "--ambito", "9"]).to_vec();
    settings.push(("ASSEMBLEA", server.token_of(Role::Assemblea)));
    settings.push(("COMUNE", server.token_of(Role::Comune)));
    check(&server, (GUIDE, 10), &settings);
}

#[test]
fn every_step_of_a_partner_is_answered_as_its_guide_says() {
    let server = Server::start();
    agreements::add(&server);
    let of = |role| ["--ambito", "CREMONA", "--role", role];
    let partner = [&of("PARTNER")[..], &["--partner", "SOLCO"]].concat();
    let settings = [
        client(&server, ["PARTNER_ID", "PARTNER_SECRET"], &partner),
        client(&server, ["BODY_ID", "BODY_SECRET"], &of("AZIENDA")),
    ];
    check(&server, (PARTNER_GUIDE, 9), &settings.concat());
}

#[test]
fn the_guides_are_linked() {
    let readme = include_str!("../README.md");
    assert!(readme.contains("(docs/guide.md)") && readme.contains("(docs/partner.md)"));
}
