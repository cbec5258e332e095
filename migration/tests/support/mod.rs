//! A database of its own for each test: a file, migrated, with a row in every table and two plans.

use std::error::Error;
use std::path::PathBuf;

use migration::Migrator;
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection, DbErr, Statement,
};

/// What a test returns.
pub(crate) type Done = Result<(), Box<dyn Error>>;

/// The plan of the fixture that is approved.
pub(crate) const APPROVED: i64 = 1;
/// The plan of the fixture that stays a draft, with the same rows.
pub(crate) const DRAFT: i64 = 2;

/// A migrated database in a file that goes with it.
pub(crate) struct Database {
    /// The one connection, so that a setting of the connection holds for every statement.
    pub(crate) connection: DatabaseConnection,
    path: PathBuf,
}

impl Database {
    /// Migrated; empty but for the known measures.
    pub(crate) async fn migrated(name: &str) -> Result<Self, DbErr> {
        let path = std::env::temp_dir().join(format!("ambito-{}-{name}.sqlite", std::process::id()));
        remove(&path);
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
        options.max_connections(1).sqlx_logging(false);
        let database = Self { connection: Connector::connect(options).await?, path };
        database.run("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON").await?;
        Migrator::up(&database.connection, None).await?;
        Ok(database)
    }

    /// With a row in every table: plan 1 approved, plan 2 a draft.
    pub(crate) async fn filled(name: &str) -> Result<Self, DbErr> {
        let database = Self::migrated(name).await?;
        database.run(MASTER).await?;
        for plan in [APPROVED, DRAFT] {
            database.run(&draft(plan, plan)).await?;
            database.run(&rows_of_plan(plan)).await?;
        }
        database.run(&propose(APPROVED)).await?;
        database.run(&approve(APPROVED)).await?;
        Ok(database)
    }

    /// Runs statements; the number of rows that the last one changed.
    pub(crate) async fn run(&self, sql: &str) -> Result<u64, DbErr> {
        Ok(self.connection.execute_unprepared(sql).await?.rows_affected())
    }

    /// The first column of each row, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Result<Vec<String>, DbErr> {
        let query = Statement::from_string(self.connection.get_database_backend(), sql);
        let rows = self.connection.query_all_raw(query).await?;
        rows.iter().map(|row| row.try_get_by_index(0)).collect()
    }

    /// Our tables.
    pub(crate) async fn tables(&self) -> Result<Vec<String>, DbErr> {
        self.texts(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
             AND name <> 'seaql_migrations' ORDER BY name",
        )
        .await
    }

    /// The columns of a table, in order.
    pub(crate) async fn columns(&self, table: &str) -> Result<Vec<String>, DbErr> {
        self.texts(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &std::path::Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        // What is not there needs no removing.
        let _ = std::fs::remove_file(file);
    }
}

/// An insert of a draft of the year 2020.
pub(crate) fn draft(id: i64, version: i64) -> String {
    format!(
        "INSERT INTO plan (id, ambito_id, year, kind, version, status, row_version, created_at) \
         VALUES ({id}, 1, 2020, 'FORECAST', {version}, 'DRAFT', 1, '2020-01-01T00:00:00Z')"
    )
}

/// Moves a draft to PROPOSED.
pub(crate) fn propose(plan: i64) -> String {
    format!(
        "UPDATE plan SET status = 'PROPOSED', proposed_by = 'azienda', \
         proposed_at = '2020-01-02T00:00:00Z' WHERE id = {plan}"
    )
}

/// Moves a proposed plan to APPROVED.
pub(crate) fn approve(plan: i64) -> String {
    format!(
        "UPDATE plan SET status = 'APPROVED', resolution_id = 1, digest = 'd1', approved_by = 'assemblea', \
         approved_at = '2020-01-03T00:00:00Z' WHERE id = {plan}"
    )
}

const MASTER: &str = "
INSERT INTO ambito VALUES (1, 'A1', 'Ambito uno', 'Lombardia', 'BS', 'Azienda', NULL),
  (2, 'A2', 'Ambito due', 'Lombardia', 'BS', 'Azienda', NULL);
INSERT INTO comune VALUES (1, '017001', 'Acquafredda', 'A034', 'BS'), (2, '017004', 'Alfianello', NULL, 'BS');
INSERT INTO membership VALUES (1, 1, 1, '2018-01-01', NULL);
INSERT INTO programme VALUES (1, 1, 'Piano di zona', 2018, 2020, NULL);
INSERT INTO fund VALUES (1, 1, 'FNPS', 'Fondo nazionale', 'STATE'), (2, 1, 'FSR', 'Fondo regionale', 'REGION');
INSERT INTO measure VALUES (100, 1, 'BEDS', 'Posti', 'posti', FALSE);
INSERT INTO service VALUES (1, 1, 'SAD', 'Assistenza domiciliare', 'Anziani', 'Azienda', '12.03', NULL, 1),
  (2, 1, 'ADM', 'Assistenza minori', 'Minori', 'Azienda', NULL, NULL, 2);
INSERT INTO service_target VALUES (1, 1, 1, 'Anziani soli');
INSERT INTO service_task VALUES (1, 1, 1, 'Cura della persona');
INSERT INTO indicator VALUES (1, 1, 1, 'Ore erogate');
INSERT INTO service_fund VALUES (1, 1, 1, 1);
INSERT INTO project VALUES (1, 1, 1, 'Progetto', '2019-2020', 100, NULL, NULL);
INSERT INTO benefit_measure VALUES (1, 1, 1, 'Buono', 'buono', NULL);
INSERT INTO participation VALUES (1, 1, 1, '2018-01-01', '2020-12-31');
INSERT INTO measurement VALUES (1, 1, 1, NULL, 1500000000, '2019-12-31', 'ISTAT', FALSE);
INSERT INTO resolution VALUES (1, 1, '12', '2020-01-03', 'Assemblea', NULL, FALSE),
  (2, 1, '13', '2020-02-03', 'Assemblea', NULL, FALSE);
INSERT INTO client VALUES (1, 'acquafredda', 'Comune', 'COMUNE', NULL, FALSE, 1, '2020-01-01T00:00:00Z', NULL);
INSERT INTO client_ambito VALUES (1, 1, 1);
INSERT INTO audit_event VALUES (1, '2020-01-01T00:00:00Z', 'azienda', 'CREATE', 'plan', NULL, 'd', '', 'h1'),
  (2, '2020-01-02T00:00:00Z', 'azienda', 'PROPOSE', 'plan', 'd', 'd', 'h1', 'h2');
";

/// Two rows in every table that belongs to a plan; their ids start at plan x 10.
fn rows_of_plan(p: i64) -> String {
    let (a, b) = (p * 10, p * 10 + 1);
    format!(
        "
INSERT INTO plan_instalment VALUES ({a}, {p}, 1, '2020-06-30', 50000000, FALSE),
  ({b}, {p}, 2, '2020-12-31', 50000000, FALSE);
INSERT INTO budget VALUES ({a}, {p}, 1, 1000, 600, 0, NULL, FALSE), ({b}, {p}, 2, 500, 500, 0, NULL, FALSE);
INSERT INTO budget_line VALUES ({a}, {p}, {a}, 1, 'Ore', 820, 180, 1000, 'RATE', 22000000, 'NET'),
  ({b}, {p}, {b}, 1, 'Ore', 500, 0, 500, 'EXEMPT', NULL, 'GROSS');
INSERT INTO funding VALUES ({a}, {p}, {a}, 1, 1, 400, FALSE, FALSE), ({b}, {p}, {a}, 2, 2, 0, TRUE, FALSE);
INSERT INTO participant VALUES ({a}, {p}, {a}, 1), ({b}, {p}, {b}, 1);
INSERT INTO rule VALUES
  ({a}, {p}, {a}, NULL, 1, 'MIXED', 'LARGEST_REMAINDER', NULL, FALSE, NULL, NULL, NULL, NULL, FALSE, NULL),
  ({b}, {p}, {a}, {a}, 1, 'BY_MEASURE', 'HALF_UP_EACH', 1, FALSE, NULL, 'REMAINDER', NULL, NULL, FALSE, NULL);
INSERT INTO rule_band VALUES ({a}, {p}, {a}, 1, 1000000, 500000, NULL), ({b}, {p}, {a}, 2, NULL, NULL, 7);
INSERT INTO rule_weight VALUES ({a}, {p}, {a}, 1, 1000000), ({b}, {p}, {b}, 1, 2000000);
INSERT INTO adjustment VALUES ({a}, {p}, {a}, 1, TRUE, NULL, NULL, NULL, NULL, NULL),
  ({b}, {p}, {b}, 1, FALSE, 500000, NULL, NULL, 1, 2);
INSERT INTO basis VALUES ({a}, {p}, {a}, 1, 1, 1500000000, '2019-12-31', 'ISTAT', FALSE),
  ({b}, {p}, {b}, 1, 1, 1500000000, '2019-12-31', 'ISTAT', FALSE);
INSERT INTO quota VALUES ({a}, {p}, {a}, 1, 600), ({b}, {p}, {b}, 1, 500);
"
    )
}
