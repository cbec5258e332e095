//! The guide: its steps are run as they are printed, by a shell against a server, and the answers are those printed there.

use std::process::Command;

use api::auth::Role;
use serde_json::Value;

use crate::support::{Server, own_folder};

const GUIDE: &str = include_str!("../docs/guide.md");
/// What the guide prints for what differs from run to run.
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

/// Every step of the guide, first of all the function that the others use.
fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in GUIDE.split("\n```").collect::<Vec<_>>().chunks(2).filter_map(|pair| pair.get(1)) {
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
fn run(server: &Server, steps: &[Step]) -> Vec<String> {
    let made = server.run(&["client", "create", "--name", "Gestionale", "--role", "AZIENDA", "--ambito", "9"]);
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
        .env("CLIENT_ID", printed(&made, "client_id"))
        .env("CLIENT_SECRET", printed(&made, "client_secret"))
        .env("ASSEMBLEA", server.token_of(Role::Assemblea))
        .env("COMUNE", server.token_of(Role::Comune))
        .output()
        .expect("the guide needs bash, curl and jq");
    std::fs::remove_dir_all(folder).unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the guide needs bash, curl and jq: {err}\n{out}");
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

#[test]
fn every_step_is_answered_as_the_guide_says() {
    let server = Server::start();
    let steps = steps();
    // Ten, and the function that they use.
    assert_eq!(steps.len(), 11);
    let printed = run(&server, &steps);
    assert_eq!(printed.len(), steps.len());
    for (at, (step, printed)) in steps.iter().zip(&printed).enumerate() {
        let answers = documents(printed);
        assert_eq!(answers.is_empty(), at == 0, "step {at}");
        assert_eq!(answers.len(), step.answers.len(), "step {at} answers {answers:#?}");
        for (answer, shown) in answers.iter().zip(&step.answers) {
            assert!(is_as_printed(answer, shown), "step {at}:\nanswered {answer:#}\n printed {shown:#}");
        }
    }
}

#[test]
fn the_steps_are_numbered_and_linked() {
    let numbers: Vec<&str> =
        GUIDE.lines().filter_map(|line| line.strip_prefix("## ")?.split_once(". ")).map(|part| part.0).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    assert!(include_str!("../README.md").contains("(docs/guide.md)"));
}
