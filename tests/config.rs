//! Settings: from the environment and a file, listed by `ambito config`, documented one by one.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::own_folder;
use crate::support::process::{Ended, run};

/// A file with settings, in a folder of its own, open to the group as files usually are.
struct SettingsFile(PathBuf);

impl SettingsFile {
    fn new(text: &str) -> Self {
        let file = own_folder().join("ambito.toml");
        std::fs::write(&file, text).unwrap();
        let file = Self(file);
        file.open_to(0o644);
        file
    }

    fn open_to(&self, mode: u32) {
        std::fs::set_permissions(&self.0, PermissionsExt::from_mode(mode)).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for SettingsFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// The fields of a setting's line.
#[track_caller]
fn line<'t>(ended: &'t Ended, name: &str) -> Vec<&'t str> {
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let found = ended.out.lines().map(|line| line.split('\t').collect::<Vec<_>>()).find(|fields| fields[0] == name);
    found.unwrap_or_else(|| panic!("{name} is not listed: {}", ended.out))
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let (folder, keys) = keys(["a.pem", "b.pem"]);
    let file = SettingsFile::new(&format!(
        "# a comment\nrate_per_minute = 1_200\ncost_max = 0x100\nissuer = \"urn:file\"\naudience = \"\"\n\
         signing_key_files = {keys:?}\n",
    ));
    let keys = keys.join(",");
    let at = |line: usize| format!("{}:{line}", file.path());
    let settings =
        [("AMBITO_CONFIG_FILE", file.path()), ("AMBITO_ISSUER", "urn:environment"), ("AMBITO_COST_MAX", " ")];
    let by_environment = run(&["config"], &settings);
    let by_argument = run(&["config", "--config", file.path()], &[("AMBITO_CONFIG_FILE", "/nowhere"), settings[1]]);
    for (ended, from) in [(&by_environment, "environment"), (&by_argument, "command line")] {
        let expected = [
            ("AMBITO_CONFIG_FILE", file.path(), from),
            ("AMBITO_ISSUER", "urn:environment", "environment"),
            ("AMBITO_RATE_PER_MINUTE", "1200", &at(2)),
            ("AMBITO_COST_MAX", "256", &at(3)),
            ("AMBITO_AUDIENCE", "ambito", "default"),
            ("AMBITO_SIGNING_KEY_FILES", &keys, &at(6)),
            ("AMBITO_DATABASE_URL", "none: `serve` needs it", "default"),
        ];
        for (name, value, from) in expected {
            assert_eq!(line(ended, name)[..3], [name, value, from]);
        }
        assert_eq!(line(ended, "AMBITO_COST_MAX")[3], "1 to 1000000000");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// New keys in a folder of their own.
fn keys<const COUNT: usize>(names: [&str; COUNT]) -> (PathBuf, [String; COUNT]) {
    let folder = own_folder();
    let files = names.map(|name| folder.join(name).display().to_string());
    for file in &files {
        assert_eq!(run(&["key", "create", "--out", file], &[]).code, Some(0));
    }
    (folder, files)
}

/// The files that settings name are opened by `ambito config` too, and a server that could not work with them takes no port.
#[test]
fn files_that_cannot_be_used_are_told_with_their_setting_all_at_once() {
    let (folder, [key, open]) = keys(["key.pem", "open.pem"]);
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o644)).unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.join(name).display().to_string();
        std::fs::write(&file, text).unwrap();
        file
    };
    let issuers = write(
        "issuers.toml",
        "[[issuer]]\nissuer = \"urn:i\"\naudience = \"a\"\njwks_file = \"absent.json\"\nalgorithms = [\"RS256\"]\nclients = { a = \"b\" }\n",
    );
    let (none, bad, good) =
        (write("none.json", "{}"), write("bad.json", r#"{"a":"{"}"#), write("good.json", r#"{"a":"{__typename}"}"#));
    let missing = folder.join("missing").display().to_string();
    let (keys, others, documents, only) =
        ("AMBITO_SIGNING_KEY_FILES", "AMBITO_ISSUERS_FILE", "AMBITO_DOCUMENTS_FILE", "AMBITO_DOCUMENTS_ONLY");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    // What is set, and each line that is told: its setting, and a part of it. None is told of what a server can work with.
    let cases: &[(&[(&str, &str)], &[(&str, &str)])] = &[
        (&[(documents, &good), (only, "true"), (keys, &key)], &[]),
        (&[(documents, &none), (keys, &key)], &[]),
        (&[(keys, &missing)], &[(keys, "there is no such file")]),
        (&[(keys, &open)], &[(keys, "may read or write it")]),
        (&[(keys, &key), (others, &missing)], &[(others, "missing: ")]),
        (&[(keys, &key), (others, &issuers)], &[(others, "absent.json: ")]),
        (&[(keys, &key), (documents, &missing)], &[(documents, "missing: ")]),
        (&[(keys, &key), (documents, &bad)], &[(documents, "bad.json: document \"a\": ")]),
        (&[(keys, &key), (documents, &none), (only, "true")], &[(documents, "none.json: it lists no document, and ")]),
        (
            &[(keys, &open), (others, &issuers), (documents, &bad)],
            &[(keys, "may read or write it"), (others, "absent.json: "), (documents, "bad.json: ")],
        ),
    ];
    for (settings, expected) in cases {
        let listed = run(&["config"], settings);
        if expected.is_empty() {
            assert_eq!((listed.code, listed.err.as_str()), (Some(0), ""), "{settings:?}");
            continue;
        }
        let needed =
            [("AMBITO_DATABASE_URL", "sqlite:///nowhere"), ("AMBITO_ISSUER", "urn:own"), ("AMBITO_LISTEN", &address)];
        for ended in [listed, run(&["serve"], &[&needed, *settings].concat())] {
            let told: Vec<&str> = ended.err.lines().collect();
            assert_eq!((ended.code, told.len()), (Some(1), expected.len()), "{settings:?}: {told:?}");
            assert_eq!(ended.out, "");
            for (line, (name, part)) in told.iter().zip(*expected) {
                assert!(line.starts_with(&format!("environment: {name}: ")) && line.contains(part), "{line}");
            }
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_the_file_says_is_in_force() {
    let file = SettingsFile::new("token_seconds = 61\nissuer = \"urn:file\"\n");
    let folder = own_folder();
    let data = folder.to_str().unwrap();
    for arguments in [
        &["migrate", "--data", data][..],
        &["key", "create", "--out", &format!("{data}/signing-key.pem")],
        &["token", "--data", data, "--role", "AUDITOR", "--config", file.path()],
    ] {
        let ended = run(arguments, &[]);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
        if arguments[0] == "token" {
            let claims = ended.out.split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
            let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
            let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
            assert_eq!((claims["iss"].as_str(), lasts), (Some("urn:file"), 61));
        }
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn wrong_settings_are_told_with_their_place_all_at_once() {
    let file = SettingsFile::new(
        "cost_max = \"many\"\nissuer = 7\ndatabse_url = \"x\"\nCOST_MAX = 1\nrate_per_minute = -1\n[limits]\ndepth_max = 1\n",
    );
    let ended = run(
        &["config"],
        &[("AMBITO_CONFIG_FILE", file.path()), ("AMBITO_DEPTH_MAX", "x"), ("AMBITO_NOTHING", "secret"), ("OTHER", "x")],
    );
    let at = |line: usize, text: &str| format!("{}:{line}: {text}", file.path());
    let expected = [
        at(2, "issuer: a text in quotes is needed"),
        at(5, "rate_per_minute: a whole number from 0 to 10000000 is needed"),
        "environment: AMBITO_DEPTH_MAX: a whole number from 1 to 30 is needed".to_owned(),
        at(1, "cost_max: a whole number without quotes is needed"),
        at(3, "databse_url: there is no setting of this name"),
        at(4, "COST_MAX: there is no setting of this name"),
        at(6, "limits: there is no setting of this name"),
        "environment: AMBITO_NOTHING: there is no setting of this name".to_owned(),
    ];
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert_eq!(ended.err.lines().collect::<Vec<_>>(), expected);
    // A server refuses to start by the same words.
    let served = run(&["serve", "--config", file.path()], &[("AMBITO_DEPTH_MAX", "x"), ("AMBITO_NOTHING", "secret")]);
    assert_eq!((served.code, served.err), (Some(1), ended.err));
}

#[test]
fn a_file_that_is_none_is_told() {
    let folder = own_folder();
    let binary = SettingsFile::new("");
    std::fs::write(&binary.0, b"issuer = \"\xff\"").unwrap();
    let (double, broken) = (SettingsFile::new("cost_max = 1\ncost_max = 2\n"), SettingsFile::new("\ncost_max =\n"));
    let other = SettingsFile::new("config_file = \"x\"\n");
    let absent = folder.join("absent.toml");
    let cases: &[(&Path, &str)] = &[
        (&absent, "absent.toml: there is no such file"),
        (&folder, ": it is not a file"),
        (&binary.0, "ambito.toml: it is not UTF-8 text"),
        (&double.0, "ambito.toml:2: not TOML: "),
        (&broken.0, "ambito.toml:2: not TOML: "),
        (&other.0, "ambito.toml:1: config_file: a file names no other"),
    ];
    for (file, reason) in cases {
        let ended = run(&["config", "--config", file.to_str().unwrap()], &[]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{reason}");
        assert!(
            ended.err.lines().all(|line| line.contains(reason)) && !ended.err.is_empty(),
            "{reason}: {}",
            ended.err
        );
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_password_is_for_its_owner_only_and_never_shown() {
    let file = SettingsFile::new("cost_max = 2\ndatabase_url = \"postgres://ambito:Geheim9@localhost/ambito\"\n");
    let arguments = ["config", "--config", file.path()];
    let refused = run(&arguments, &[]);
    let reason = format!(
        "{}:2: database_url: a password stands here, and the group or others may read or write the file; `chmod 600` it first\n",
        file.path()
    );
    assert_eq!((refused.code, refused.out.as_str(), refused.err), (Some(1), "", reason));
    file.open_to(0o600);
    let listed = run(&arguments, &[]);
    assert_eq!(line(&listed, "AMBITO_DATABASE_URL")[1], "postgres://ambito:***@localhost/ambito");
    assert!(!listed.out.contains("Geheim9"));
    let by_environment =
        run(&["config"], &[("AMBITO_DATABASE_URL", "postgres://u:Geheim9@h/d"), ("AMBITO_LISTEN", "x")]);
    assert!(by_environment.code == Some(1) && !by_environment.err.contains("Geheim9"), "{}", by_environment.err);
}

/// The rows of the documentation are those of the program, word by word.
#[test]
fn every_setting_is_documented_and_no_other() {
    let rows: Vec<String> = api::config::documented()
        .iter()
        .map(|setting| format!("| `{}` | {} | {} | {} |", setting.name, setting.meaning, setting.range, setting.value))
        .collect();
    let documentation = include_str!("../docs/operating.md");
    let documented: Vec<&str> = documentation.lines().filter(|line| line.starts_with("| `AMBITO_")).collect();
    assert!(documented == rows, "docs/operating.md should say:\n{}", rows.join("\n"));
    let known = |word: &&str| api::config::documented().iter().any(|setting| setting.name == *word);
    let texts = [documentation, include_str!("../README.md"), include_str!("../docs/import.md")];
    for word in texts.iter().flat_map(|text| text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))) {
        // Those of the tests are none of the program's.
        let is_named = word.starts_with("AMBITO_") && word != "AMBITO_" && !word.starts_with("AMBITO_TEST_");
        assert!(!is_named || known(&word), "{word} is no setting");
    }
}
