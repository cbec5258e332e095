//! Agreements with programmes, as rows: what monitoring and governing bodies rest on.

use sea_orm::ConnectionTrait;

use super::Server;
use super::tables::wait;

/// A version of an agreement, in force from its first day.
pub(crate) struct Version<'v> {
    pub(crate) from: &'v str,
    pub(crate) to: &'v str,
    /// Codes of partners of the Ambito.
    pub(crate) partners: &'v [&'v str],
    /// Code, name, and the year that alone each is of.
    pub(crate) programmes: &'v [(&'v str, &'v str, Option<i32>)],
}

/// Adds an agreement of an Ambito.
pub(crate) fn add(server: &Server, ambito: &str, code: &str, versions: &[Version<'_>]) {
    let mut sql = vec![format!(
        "INSERT INTO agreement (ambito_id, code, kind) SELECT id, '{code}', 'CO_DESIGN' FROM ambito WHERE code = '{ambito}'"
    )];
    let agreement = format!(
        "(SELECT a.id FROM agreement a JOIN ambito o ON o.id = a.ambito_id WHERE o.code = '{ambito}' AND a.code = '{code}')"
    );
    for (number, version) in (1..).zip(versions) {
        let Version { from, to, partners, programmes } = version;
        let kind = if number == 1 { "ORIGINAL" } else { "RENEWAL" };
        let (digest, of_partners, of_programmes) = ("0".repeat(64), partners.len(), programmes.len());
        sql.push(format!(
            "INSERT INTO agreement_version (agreement_id, number, kind, title, effective_from, starts_on, ends_on, assumed, digest, \
               partner_count, service_count, area_count, line_count, line_part_count, contribution_count, \
               contribution_item_count, instalment_count, milestone_count, recurrence_count, perimeter_count, \
               programme_count, written_by, written_at) \
             VALUES ({agreement}, {number}, '{kind}', 'Convenzione', '{from}', '{from}', '{to}', FALSE, '{digest}', \
               {of_partners}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {of_programmes}, 'azienda', '2019-01-01T00:00:00Z')"
        ));
        let id = format!("(SELECT id FROM agreement_version WHERE agreement_id = {agreement} AND number = {number})");
        for (position, partner) in (1..).zip(*partners) {
            let partner = format!(
                "(SELECT p.id FROM partner p JOIN ambito o ON o.id = p.ambito_id WHERE o.code = '{ambito}' AND p.code = '{partner}')"
            );
            sql.push(format!(
                "INSERT INTO agreement_partner (version_id, position, partner_id) VALUES ({id}, {position}, {partner})"
            ));
        }
        for (position, (programme, name, year)) in (1..).zip(*programmes) {
            let year = year.map_or("NULL".to_owned(), |year| year.to_string());
            sql.push(format!(
                "INSERT INTO agreement_programme (version_id, position, code, name, year) \
                 VALUES ({id}, {position}, '{programme}', '{name}', {year})"
            ));
        }
    }
    run(server, &sql);
}

/// Writes rows as no act of the API does. The event says that the master data of Ambito 9 changed.
pub(crate) fn run(server: &Server, sql: &[String]) {
    wait(async {
        let write = server.store().write().await.unwrap();
        for statement in sql {
            write.tx().execute_unprepared(statement).await.unwrap_or_else(|problem| panic!("{problem}: {statement}"));
        }
        write.audit("test", "project.add", "project:9/test", None, None).await.unwrap();
        server.store().commit(write).await.unwrap();
        server.store().refresh().await.unwrap();
    });
}
