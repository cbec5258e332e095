//! What was charged and paid never changes either, by whatever SQL: on the demonstration's charges, and on a payment of one of its comuni.

use super::{check_guarded, verbs};
use crate::billing;
use crate::support::tables::{columns, texts, wait};
use crate::support::{PONTEVICO, Server};

#[test]
fn no_charge_and_no_payment_changes() {
    let server = Server::start();
    let payment = billing::pay(&server, PONTEVICO, "2021-03-01", 1_000_000, None);
    billing::take_back(&server, payment, "2021-03-02");
    let db = server.store().reader();
    wait(async {
        for table in ["billing", "charge", "payment", "payment_match"] {
            let names = columns(db, table).await;
            let rest: Vec<&str> = names.iter().map(String::as_str).filter(|column| *column != "id").collect();
            let rest = rest.join(", ");
            let sets: Vec<String> = names.iter().map(|column| format!("{column} = excluded.{column}")).collect();
            let upsert = format!("ON CONFLICT (id) DO UPDATE SET {}", sets.join(", "));
            let mut sql = vec![format!("DELETE FROM {table}"), format!("UPDATE {table} SET id = id + 100000")];
            let ids = texts(db, &format!("SELECT CAST(id AS TEXT) FROM {table} ORDER BY id LIMIT 2")).await;
            assert_eq!(ids.len(), 2, "{table}");
            for id in ids {
                let row = format!("SELECT * FROM {table} WHERE id = {id}");
                sql.push(format!("DELETE FROM {table} WHERE id = {id}"));
                sql.extend(
                    names.iter().map(|column| format!("UPDATE {table} SET {column} = {column} WHERE id = {id}")),
                );
                sql.extend(verbs(db.get_database_backend()).iter().map(|verb| format!("{verb} INTO {table} {row}")));
                sql.push(format!("INSERT INTO {table} {row} {upsert}"));
            }
            check_guarded(&server, table, &sql, "BILLING_IMMUTABLE: ").await;
            // One row more of the same: more than the billing, the payment or the charge carries.
            if table != "payment" {
                let word = if table == "payment_match" { "BILLING_UNBALANCED: " } else { "BILLING_IMMUTABLE: " };
                let more: Vec<String> = verbs(db.get_database_backend())
                    .iter()
                    .map(|verb| format!("{verb} INTO {table} ({rest}) SELECT {rest} FROM {table}"))
                    .collect();
                check_guarded(&server, table, &more, word).await;
            }
        }
    });
}
