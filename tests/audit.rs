//! The audit trail: whether it is whole. Hashes are worked out by the test itself.

mod changes;
mod command;

use api::store::digest::hex;
use aws_lc_rs::digest::{SHA256, digest};
use sea_orm::{ConnectionTrait, Statement};

use crate::support::Server;
use crate::support::tables::wait;

/// An event as its row has it, its instant left out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Event {
    sequence: i64,
    client: String,
    act: String,
    subject: String,
    before: Option<String>,
    after: Option<String>,
    previous_hash: String,
    hash: String,
}

/// Every event that is stored, oldest first.
fn stored(server: &Server) -> Vec<Event> {
    wait(async {
        let db = server.store().reader();
        let sql = "SELECT sequence, actor, act, subject, digest_before, digest_after, previous_hash, hash FROM audit_event ORDER BY sequence";
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let event = |row: &sea_orm::QueryResult| Event {
            sequence: row.try_get_by_index(0).unwrap(),
            client: row.try_get_by_index(1).unwrap(),
            act: row.try_get_by_index(2).unwrap(),
            subject: row.try_get_by_index(3).unwrap(),
            before: row.try_get_by_index(4).unwrap(),
            after: row.try_get_by_index(5).unwrap(),
            previous_hash: row.try_get_by_index(6).unwrap(),
            hash: row.try_get_by_index(7).unwrap(),
        };
        rows.iter().map(event).collect()
    })
}

/// SHA-256 over every field with its length before it, as docs/operating.md has it. The instant has six decimals.
fn hash_of(event: &Event, at: &str) -> String {
    let digest_text = |text: &Option<String>| text.as_ref().map_or("-".to_owned(), |text| format!("+{text}"));
    let fields = [
        event.sequence.to_string(),
        at.to_owned(),
        event.client.clone(),
        event.act.clone(),
        event.subject.clone(),
        digest_text(&event.before),
        digest_text(&event.after),
        event.previous_hash.clone(),
    ];
    let texts: Vec<String> = fields.iter().map(|field| format!("{}:{field}", field.len())).collect();
    hex(digest(&SHA256, texts.concat().as_bytes()).as_ref())
}

/// Appends an event for each of these subjects.
fn note(server: &Server, subjects: &[&str]) {
    wait(async {
        let store = server.store();
        let write = store.write().await.unwrap();
        for subject in subjects {
            write.audit("test", "test.note", subject, None, None).await.unwrap();
        }
        write.commit().await.unwrap();
    });
}
