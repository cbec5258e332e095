//! Whatever is changed in the trail, past the guards and by a single byte, is found at its place.

use api::auth::{HeadKeys, KeyRing, Operator};
use api::store::audit::{self, Checked, Fault};
use api::store::digest::hex;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{Event, hash_of, stored};
use crate::support::Server;
use crate::support::tables::{texts, wait};

/// The texts of an event.
const TEXTS: [&str; 7] = ["actor", "act", "subject", "digest_before", "digest_after", "previous_hash", "hash"];
/// The texts of a signed head.
const HEAD_TEXTS: [&str; 3] = ["hash", "key_id", "signature"];
/// What each byte is changed by: its lowest bit, the case of a letter, and its highest bit, after which it is no text any more.
const MASKS: [u8; 3] = [0x01, 0x20, 0x80];

/// A trail whose guards are out, and whoever writes to it from outside.
struct Opened {
    server: Server,
    db: DatabaseConnection,
    keys: HeadKeys,
}

impl Opened {
    fn new() -> Self {
        let server = Server::start();
        let keys = HeadKeys::new(Some(KeyRing::load(&[server.folder().join("signing-key.pem")]).unwrap()));
        let db = wait(async {
            let db = server.database().outside().await;
            for sql in unguarding(server.database().is_postgres()) {
                db.execute_unprepared(&sql).await.unwrap();
            }
            db
        });
        Self { server, db, keys }
    }

    fn is_postgres(&self) -> bool {
        self.server.database().is_postgres()
    }

    fn run(&self, sql: &str) {
        wait(self.db.execute_unprepared(sql)).unwrap_or_else(|problem| panic!("{problem}: {sql}"));
    }

    fn check(&self) -> Checked {
        wait(audit::verify(self.server.store(), &Operator::at_the_machine("test"), &self.keys)).unwrap()
    }

    /// The trail is broken at this sequence while this is done.
    fn finds(&self, sequence: i64, done: &str, undone: &str) -> Fault {
        let fault = self.is_found(sequence, done);
        self.run(undone);
        fault
    }

    /// The trail is broken at this sequence once this is done.
    fn is_found(&self, sequence: i64, done: &str) -> Fault {
        self.run(done);
        let broken = self.check().broken.unwrap_or_else(|| panic!("not found: {done}"));
        assert_eq!(broken.sequence, sequence, "{done}: {}", broken.fault);
        broken.fault
    }

    /// The bytes of a text; none where there is none.
    fn bytes(&self, table: &str, column: &str, sequence: i64) -> Option<Vec<u8>> {
        let hex = if self.is_postgres() {
            format!("encode(convert_to({column}, 'UTF8'), 'hex')")
        } else {
            format!("hex({column})")
        };
        let sql = format!(
            "SELECT coalesce(CASE WHEN {column} IS NOT NULL THEN {hex} END, '-') FROM {table} WHERE sequence = {sequence}"
        );
        let hex = wait(texts(&self.db, &sql)).remove(0);
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (hex != "-").then(|| (0..hex.len()).step_by(2).map(byte).collect())
    }

    /// A statement that writes these bytes as a text; none where the engine has no such text.
    fn write(&self, table: &str, column: &str, sequence: i64, bytes: &[u8]) -> Option<String> {
        let hex = hex(bytes);
        let value = if self.is_postgres() {
            if bytes.contains(&0) || std::str::from_utf8(bytes).is_err() {
                return None;
            }
            format!("convert_from('\\x{hex}'::bytea, 'UTF8')")
        } else {
            format!("CAST(x'{hex}' AS TEXT)")
        };
        Some(format!("UPDATE {table} SET {column} = {value} WHERE sequence = {sequence}"))
    }

    /// Changes each byte of a text in turn, by each mask; also cuts it, makes it longer, and takes it away. How often something was found.
    fn change_bytes(&self, table: &str, column: &str, sequence: i64) -> usize {
        let Some(bytes) = self.bytes(table, column, sequence) else {
            let empty = self.write(table, column, sequence, b"").unwrap();
            self.finds(sequence, &empty, &format!("UPDATE {table} SET {column} = NULL WHERE sequence = {sequence}"));
            return 1;
        };
        let undo = self.write(table, column, sequence, &bytes).unwrap();
        let mut changed = vec![[&bytes[..], b" "].concat(), [&b"0"[..], &bytes].concat(), Vec::new()];
        changed.extend(bytes.split_last().map(|(_, cut)| cut.to_vec()).filter(|cut| !cut.is_empty()));
        for at in 0..bytes.len() {
            // The lowest bit always; of the two others one and then the other, so that the test ends soon.
            for mask in [MASKS[0], MASKS[1 + at % 2]] {
                let mut text = bytes.clone();
                text[at] ^= mask;
                changed.push(text);
            }
        }
        let mut statements: Vec<String> =
            changed.iter().filter_map(|text| self.write(table, column, sequence, text)).collect();
        if column.starts_with("digest") {
            statements.push(format!("UPDATE {table} SET {column} = NULL WHERE sequence = {sequence}"));
        }
        // Each takes the place of the one before it.
        for done in &statements {
            self.is_found(sequence, done);
        }
        self.run(&undo);
        assert_eq!(self.check().broken, None, "{undo}");
        statements.len()
    }
}

/// Statements after which events and heads can be written to, by somebody in no hurry to have them on the disk.
fn unguarding(is_postgres: bool) -> Vec<String> {
    let mut statements = Vec::new();
    for table in ["audit_event", "audit_head"] {
        for event in ["insert", "update", "delete"] {
            let on = if is_postgres { format!(" ON {table}") } else { String::new() };
            statements.push(format!("DROP TRIGGER guard_{table}_{event}{on}"));
        }
    }
    if is_postgres {
        statements.push("ALTER TABLE audit_event DROP CONSTRAINT audit_event_sequence_check".to_owned());
    } else {
        statements.push("PRAGMA ignore_check_constraints = ON".to_owned());
        statements.push("PRAGMA synchronous = OFF".to_owned());
    }
    statements
}

/// Events of each kind: the first, a draft's, one that was signed, a client's, the last.
fn chosen(all: &[Event]) -> Vec<&Event> {
    let of = |act: &str| all.iter().find(|event| event.act == act).unwrap();
    vec![&all[0], of("plan.create"), of("plan.approve"), of("client.create"), all.last().unwrap()]
}

#[test]
fn every_changed_byte_of_an_event_is_found() {
    let opened = Opened::new();
    let all = stored(&opened.server);
    let mut found = 0;
    for event in chosen(&all) {
        for column in TEXTS {
            found += opened.change_bytes("audit_event", column, event.sequence);
        }
        if !opened.is_postgres() {
            // There an instant is a text; another spelling of the same one is a change, too.
            found += opened.change_bytes("audit_event", "at", event.sequence);
        }
    }
    assert!(found > 1_500, "only {found} changes");
    assert_eq!(opened.check().broken, None);
}

#[test]
fn every_changed_instant_is_found() {
    let opened = Opened::new();
    let all = stored(&opened.server);
    let instants: &[&str] = if opened.is_postgres() {
        &[
            "at + interval '1 microsecond'",
            "at - interval '1 second'",
            "at + interval '400 years'",
            "at - interval '4052 years'",
            "'infinity'",
            "'-infinity'",
        ]
    } else {
        &[
            "'2026-06-15T10:00:00Z'",
            "'2026-06-15 10:00:00'",
            "'2026-06-15T10:00:00.000+00:00'",
            "'2026-06-15T10:00:00.000000001+00:00'",
            "'2026-06-15T10:00:00.000001+00:00'",
            "'2026-06-15T12:00:00+02:00'",
            "''",
            "'now'",
        ]
    };
    let undone = if opened.is_postgres() { "'2026-06-15T10:00:00Z'" } else { "'2026-06-15T10:00:00+00:00'" };
    for (table, column, sequence) in chosen(&all)
        .into_iter()
        .map(|event| ("audit_event", "at", event.sequence))
        .chain([("audit_head", "signed_at", 4)])
    {
        let set = |value: &str| format!("UPDATE {table} SET {column} = {value} WHERE sequence = {sequence}");
        for value in instants {
            opened.finds(sequence, &set(&value.replace("at ", &format!("{column} "))), &set(undone));
        }
    }
    assert_eq!(opened.check().broken, None);
}

/// An event under another number: its own is missing, or the other one is none.
#[test]
fn every_changed_number_of_an_event_is_found() {
    let opened = Opened::new();
    let all = stored(&opened.server);
    let count = i64::try_from(all.len()).unwrap();
    for event in chosen(&all) {
        let sequence = event.sequence;
        for other in [0, -1, i64::MIN, count + 1, count + 2, 1_000_000, i64::MAX] {
            let set = |from: i64, to: i64| format!("UPDATE audit_event SET sequence = {to} WHERE sequence = {from}");
            let place = if other < 1 { other } else { sequence };
            opened.finds(place, &set(sequence, other), &set(other, sequence));
        }
    }
    assert_eq!(opened.check().broken, None);
}

#[test]
fn every_changed_byte_of_a_signed_head_is_found() {
    let opened = Opened::new();
    let mut found = 0;
    for sequence in [4, 10] {
        for column in HEAD_TEXTS {
            found += opened.change_bytes("audit_head", column, sequence);
        }
        if !opened.is_postgres() {
            found += opened.change_bytes("audit_head", "signed_at", sequence);
        }
    }
    assert!(found > 800, "only {found} changes");
    // Another event's head: the one that it is put at has another hash.
    for (from, to) in [(4, 3), (4, 5), (10, 11)] {
        let set = |from: i64, to: i64| format!("UPDATE audit_head SET sequence = {to} WHERE sequence = {from}");
        let fault = opened.finds(to, &set(from, to), &set(to, from));
        assert_eq!(fault, Fault::HeadHash);
    }
    let set = |from: i64, to: i64| format!("UPDATE audit_head SET sequence = {to} WHERE sequence = {from}");
    assert_eq!(opened.finds(99, &set(10, 99), &set(99, 10)), Fault::Tail);
    assert_eq!(opened.check().broken, None);
}

/// Every hash from an event on, as somebody would work them out who has changed it.
fn rewritten(all: &[Event], from: usize) -> Vec<Event> {
    let mut events = all.to_vec();
    for at in from..events.len() {
        if at > 0 {
            let previous = events[at - 1].hash.clone();
            events[at].previous_hash = previous;
        }
        events[at].hash = hash_of(&events[at], "2026-06-15T10:00:00.000000Z");
    }
    events
}

/// Whoever rewrites the past with all its hashes is found by the next signed head, and by nothing else.
#[test]
fn a_past_that_was_rewritten_is_found_by_the_next_signed_head() {
    let opened = Opened::new();
    let all = stored(&opened.server);
    // The template signs each of its three approvals: the fourth, the seventh and the tenth event.
    for (changed, expected) in [(1, Some(4)), (4, Some(4)), (5, Some(7)), (10, Some(10)), (11, None)] {
        let opened = Opened::new();
        let at = usize::try_from(changed - 1).unwrap();
        let mut events = all.clone();
        events[at].subject.push('x');
        for event in &rewritten(&events, at)[at..] {
            let Event { sequence, subject, previous_hash, hash, .. } = event;
            opened.run(&format!(
                "UPDATE audit_event SET subject = '{subject}', previous_hash = '{previous_hash}', hash = '{hash}' WHERE sequence = {sequence}"
            ));
        }
        let broken = opened.check().broken;
        assert_eq!(broken.as_ref().map(|broken| broken.sequence), expected, "{changed}");
        assert!(broken.is_none_or(|broken| broken.fault == Fault::HeadHash), "{changed}");
    }
    assert_eq!(rewritten(&all, 0), all, "the test's own hashes are others");
    assert_eq!(opened.check().broken, None);
}
