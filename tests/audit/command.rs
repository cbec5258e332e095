//! `ambito audit verify` as whoever doubts the trail runs it: what it prints, what it ends with, and which key it needs.

use std::path::Path;

use api::auth::{HeadSigner, KeyRing};
use api::store::audit;
use sea_orm::{ConnectionTrait, Database as Connector};

use super::{note, stored};
use crate::support::database::Database;
use crate::support::process::{Ended, end, run};
use crate::support::tables::wait;
use crate::support::{Server, own_folder, workshop};

const KEY_FILE: &str = "signing-key.pem";

/// The command on a database, with this key and these arguments.
fn verify(database: &Database, key: Option<&Path>, arguments: &[&str]) -> Ended {
    let url = database.url();
    let key = key.map(|key| key.display().to_string());
    let mut settings = vec![("AMBITO_DATABASE_URL", url.as_str())];
    settings.extend(key.as_deref().map(|key| ("AMBITO_SIGNING_KEY_FILES", key)));
    run(&[&["audit", "verify"], arguments].concat(), &settings)
}

/// Runs statements as whom the tables belong to, with the guards out.
fn past_the_guards(database: &Database, statements: &[&str]) {
    wait(async {
        let db = Connector::connect(database.owners_url()).await.unwrap();
        for table in ["audit_event", "audit_head"] {
            for event in ["insert", "update", "delete"] {
                let on = if database.is_postgres() { format!("ON {table}") } else { String::new() };
                let guard = format!("guard_{table}_{event}");
                db.execute_unprepared(&format!("DROP TRIGGER IF EXISTS {guard} {on}")).await.unwrap();
            }
        }
        for sql in statements {
            db.execute_unprepared(sql).await.unwrap_or_else(|problem| panic!("{problem}: {sql}"));
        }
        db.close().await.unwrap();
    });
}

fn check_broken(ended: &Ended, sequence: i64, words: &str) {
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{words}: {}", ended.err);
    let expected = format!("ambito: the audit trail is broken at event {sequence}: ");
    assert!(ended.err.starts_with(&expected) && ended.err.contains(words), "{}\nwanted {words}", ended.err);
    assert_eq!(ended.err.lines().count(), 1);
}

#[test]
fn a_trail_that_holds_is_told_with_its_end() {
    let server = Server::start();
    let key = server.folder().join(KEY_FILE);
    let all = stored(&server);
    let last = all.last().unwrap();
    let expected = format!(
        "events: 19, the last is event 19 with the hash {}\nsigned heads: 3, the last is that of event 10\nthe audit trail holds\n",
        last.hash
    );
    let ended = verify(server.database(), Some(&key), &[]);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), expected.as_str(), ""));
    // In a data folder the key lies beside the file.
    if !server.database().is_postgres() {
        assert_eq!(end(server.database().program(&["audit", "verify"])).out, expected);
    }
    // More events than are read at a time.
    note(&server, &vec!["ambito:9"; 1_200]);
    workshop::import_to(&server);
    let ended = verify(server.database(), Some(&key), &[]);
    let total = stored(&server).len();
    let begin = format!("events: {total}, the last is event {total} with the hash ");
    assert!(ended.out.starts_with(&begin) && ended.out.contains("\nsigned heads: 5, "), "{}{}", ended.out, ended.err);
}

/// What was done past the guards, by an owner of the tables, with where it is found and how that is told.
#[rustfmt::skip]
const BROKEN: &[(&[&str], i64, &str)] = &[
    (&["DELETE FROM audit_event WHERE sequence = 7"], 7, "the event is missing; the next one is event 8; it holds up to event 6 with the hash "),
    (&["DELETE FROM audit_event WHERE sequence = 1"], 1, "the event is missing; the next one is event 2; no event holds"),
    (&["UPDATE audit_event SET sequence = 99 WHERE sequence = 5", "UPDATE audit_event SET sequence = 5 WHERE sequence = 6",
       "UPDATE audit_event SET sequence = 6 WHERE sequence = 99"], 5, "previous hash is not the hash of the event before it"),
    (&["UPDATE audit_event SET actor = 'somebody else' WHERE sequence = 12"], 12, "hash is not that of what it says"),
    (&["UPDATE audit_event SET previous_hash = hash WHERE sequence = 12"], 12, "previous hash is not the hash"),
    (&["DELETE FROM audit_event WHERE sequence >= 10"], 10, "beyond the last one: the end of the trail is missing"),
    (&["DELETE FROM audit_event"], 4, "beyond the last one: the end of the trail is missing; no event holds"),
    (&["UPDATE audit_head SET signature = (SELECT signature FROM audit_head WHERE sequence = 4) WHERE sequence = 7"], 7, "of another head, instant or key id"),
    (&["UPDATE audit_head SET key_id = 'another' WHERE sequence = 7"], 7, "of another head, instant or key id"),
    (&["UPDATE audit_head SET signature = substr(signature, 1, length(signature) - 2) || 'AA' WHERE sequence = 7"], 7, "its signature does not hold"),
    (&["UPDATE audit_head SET hash = 'another' WHERE sequence = 7"], 7, "the signed head has another hash than the event"),
];

#[test]
fn the_first_thing_that_is_wrong_is_told_with_its_place() {
    for (statements, sequence, words) in BROKEN {
        let server = Server::start();
        past_the_guards(server.database(), statements);
        check_broken(&verify(server.database(), Some(&server.folder().join(KEY_FILE)), &[]), *sequence, words);
    }
}

/// What nobody can tell from the trail alone: that its end was cut behind the last signed head, and that a head was taken away.
#[test]
fn what_is_gone_without_a_trace_is_not_told_but_what_is_left_is() {
    let server = Server::start();
    let key = server.folder().join(KEY_FILE);
    past_the_guards(server.database(), &["DELETE FROM audit_event WHERE sequence > 11"]);
    let ended = verify(server.database(), Some(&key), &[]);
    assert!(ended.code == Some(0) && ended.out.starts_with("events: 11, the last is event 11 "), "{}", ended.out);
    past_the_guards(server.database(), &["DELETE FROM audit_head WHERE sequence = 7"]);
    let ended = verify(server.database(), Some(&key), &[]);
    let remark = "remark: approvals that were not signed: 1, the first is event 7\n";
    assert!(ended.code == Some(0) && ended.out.contains(remark), "{}", ended.out);
}

/// A head that was signed by this key.
fn sign_again(server: &Server, key: &Path) {
    past_the_guards(server.database(), &["DELETE FROM audit_head", "DELETE FROM audit_event WHERE sequence > 4"]);
    let signer = HeadSigner::new(KeyRing::load(&[key.to_owned()]).unwrap());
    wait(async {
        let db = Connector::connect(server.database().owners_url()).await.unwrap();
        audit::sign(&db, &signer, server.store().clock().now()).await.unwrap();
        db.close().await.unwrap();
    });
}

#[test]
fn a_key_that_nobody_gave_is_told_and_one_that_was_in_use_before_can_be_given() {
    let server = Server::start();
    let (key, other) = (server.folder().join(KEY_FILE), server.folder().join("before.pem"));
    KeyRing::generate(&other).unwrap();
    sign_again(&server, &other);
    let ring = KeyRing::load(std::slice::from_ref(&other)).unwrap();
    let ended = verify(server.database(), Some(&key), &[]);
    check_broken(&ended, 4, &format!("the key {} that it was signed with is unknown", ring.signing_kid()));
    // As the second of two keys, and as a set of public keys.
    let both = format!("{},{}", key.display(), other.display());
    assert_eq!(verify(server.database(), Some(Path::new(&both)), &[]).code, Some(0));
    let set = server.folder().join("before.json");
    std::fs::write(&set, ring.jwks().to_string()).unwrap();
    let given = ["--jwks", set.to_str().unwrap()];
    for key in [Some(key.as_path()), None] {
        let ended = verify(server.database(), key, &given);
        assert!(ended.code == Some(0) && !ended.out.contains("remark"), "{}{}", ended.out, ended.err);
    }
    // Without any key all but the signature is checked.
    let ended = verify(server.database(), None, &[]);
    let remark = "remark: signatures that were not checked, since no key is at hand: 1\n";
    assert!(ended.code == Some(0) && ended.out.contains(remark), "{}", ended.out);
    let ended = verify(server.database(), Some(&key), &["--jwks", "nowhere.json"]);
    assert!(ended.code == Some(1) && ended.err.contains("nowhere.json"), "{}", ended.err);
}

/// An import signs with the key that is at hand, and says nothing where there is none; `verify` does.
#[test]
fn an_import_signs_what_it_approves() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/ambito-9");
    let files = files.to_str().unwrap();
    for has_key in [true, false] {
        let folder = own_folder();
        let database = Database::empty(&folder);
        database.migrate();
        let key = folder.join(KEY_FILE);
        if has_key {
            KeyRing::generate(&key).unwrap();
        }
        let mut import = database.program(&["import", files]);
        if has_key && database.is_postgres() {
            import.env("AMBITO_SIGNING_KEY_FILES", &key);
        }
        assert_eq!(end(import).code, Some(0));
        let ended = verify(&database, has_key.then_some(key.as_path()), &[]);
        let expected = if has_key {
            "signed heads: 3, the last is that of event 10\nthe audit trail holds\n"
        } else {
            "signed heads: 0\nremark: approvals that were not signed: 3, the first is event 4\nthe audit trail holds\n"
        };
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_eq!(ended.out.split_once('\n').unwrap().1, expected);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_database_that_is_not_there_or_empty_is_told() {
    let folder = own_folder();
    let database = Database::in_folder(&folder);
    let ended = verify(&database, None, &[]);
    assert!(ended.code == Some(1) && ended.err.contains("run `ambito migrate` first"), "{}", ended.err);
    assert_eq!(
        run(&["audit", "verify"], &[]).err,
        "ambito: no database is named; give --data DIR or set AMBITO_DATABASE_URL\n"
    );
    database.migrate();
    let ended = verify(&database, None, &[]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "events: 0\nsigned heads: 0\nthe audit trail holds\n"));
    std::fs::remove_dir_all(folder).unwrap();
}

/// Past the guards on the way to another database, too: a move refuses a trail whose end is missing.
#[test]
fn a_trail_without_its_end_is_not_moved() {
    let server = Server::start();
    past_the_guards(server.database(), &["DELETE FROM audit_event WHERE sequence >= 10"]);
    let folder = own_folder();
    let target = Database::in_folder(&folder);
    let ended = run(&["move", "--from", &server.database().owners_url(), "--to", &target.owners_url()], &[]);
    assert!(ended.code == Some(1) && ended.err.contains("broken at event 10: the signed head"), "{}", ended.err);
    std::fs::remove_dir_all(folder).unwrap();
}
