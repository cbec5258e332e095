//! The database of a test, on the engine that the run is for: a file, or, where `AMBITO_TEST_POSTGRES` holds the URL of a cluster's superuser, a
//! database of that cluster. `tests/postgres.sh` makes one.
//!
//! On PostgreSQL three roles are told apart: the owner migrates, the application serves, and the superuser looks on from outside.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection, DbBackend, Statement};

use super::tables::wait;
use super::{process, program};

/// The role that makes the tables.
const OWNER: &str = "ambito_test_owner";
/// The role that the server under test has.
pub(crate) const APPLICATION: &str = "ambito_test_application";
/// The password of both: whoever can reach the cluster is let in by the superuser's, and there is nothing else to guard.
const PASSWORD: &str = "test";
/// The name of the file in a folder.
const FILE: &str = "ambito.sqlite";

/// A database that is gone when this is.
#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(String, &'static Cluster),
}

/// A cluster of PostgreSQL: its superuser with the password, its host and port, and a connection.
#[derive(Debug)]
pub(crate) struct Cluster {
    superuser: String,
    host: String,
    connection: DatabaseConnection,
}

impl Database {
    /// A database without a table; on SQLite its file is still to be made, in this folder.
    pub(crate) fn empty(folder: &Path) -> Self {
        match cluster() {
            None => Self::in_folder(folder),
            Some(cluster) => Self::in_cluster(cluster, ""),
        }
    }

    /// The file of a data folder, whatever the run is for.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::Sqlite(folder.join(FILE))
    }

    /// A copy of this one, which nobody uses any more; its file is made in this folder.
    pub(super) fn copy(&self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(file) => {
                std::fs::copy(file, folder.join(FILE)).unwrap();
                Self::Sqlite(folder.join(FILE))
            }
            Self::Postgres(name, cluster) => {
                let copy = Self::in_cluster(cluster, &format!("TEMPLATE {name}"));
                // The rights to a database itself are not copied with it.
                let Self::Postgres(name, _) = &copy else { return copy };
                let sql = format!("REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC");
                wait(cluster.connection.execute_unprepared(&sql)).unwrap();
                copy
            }
        }
    }

    /// A copy of this one, which a server has open still; the server is to do no more.
    pub(super) fn taken(&self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(_) => {
                let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
                let row = wait(async {
                    self.outside().await.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await
                });
                let is_busy: i32 = row.unwrap().unwrap().try_get_by_index(0).unwrap();
                assert_eq!(is_busy, 0, "somebody writes or reads still");
            }
            Self::Postgres(name, cluster) => {
                let close = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
                let end =
                    format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'");
                for sql in [close, end] {
                    wait(cluster.connection.execute_unprepared(&sql)).unwrap();
                }
            }
        }
        self.copy(folder)
    }

    /// The same database for a second server. It is gone when either value is.
    pub(crate) fn same(&self) -> Self {
        match self {
            Self::Sqlite(file) => Self::Sqlite(file.clone()),
            Self::Postgres(name, cluster) => Self::Postgres(name.clone(), cluster),
        }
    }

    /// A database of a cluster.
    pub(crate) fn in_cluster(cluster: &'static Cluster, how: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("ambito_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        wait(cluster.connection.execute_unprepared(&format!("CREATE DATABASE {name} OWNER {OWNER} {how}"))).unwrap();
        Self::Postgres(name, cluster)
    }

    /// A database without a table on each engine that the run knows: a file of this folder, and one of the cluster where there is one.
    pub(crate) fn of_each_engine(folder: &Path) -> Vec<Self> {
        let mut databases = vec![Self::in_folder(folder)];
        databases.extend(cluster().map(|cluster| Self::in_cluster(cluster, "")));
        databases
    }

    /// Whether the run is for PostgreSQL.
    pub(crate) fn of_run_is_postgres() -> bool {
        cluster().is_some()
    }

    /// Whether it is one of PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(..))
    }

    /// Its URL for the server.
    pub(crate) fn url(&self) -> String {
        self.url_of(APPLICATION)
    }

    /// Its URL for whoever migrates.
    pub(crate) fn owners_url(&self) -> String {
        self.url_of(OWNER)
    }

    fn url_of(&self, role: &str) -> String {
        match self {
            Self::Postgres(name, cluster) => format!("postgres://{role}:{PASSWORD}@{}/{name}", cluster.host),
            Self::Sqlite(file) => format!("sqlite://{}?mode=rwc", file.display()),
        }
    }

    /// Its URL for the one who is asked for no right.
    pub(crate) fn superusers_url(&self) -> String {
        match self {
            Self::Postgres(name, Cluster { superuser, host, .. }) => format!("postgres://{superuser}@{host}/{name}"),
            Self::Sqlite(_) => self.url(),
        }
    }

    /// A connection from outside: one only, so that what is set for it holds for every statement.
    pub(crate) async fn outside(&self) -> DatabaseConnection {
        connect(self.superusers_url(), 1).await
    }

    /// The program on this database: by `--data` where it is a folder's, with the application's role otherwise.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments, &[]);
        match self {
            Self::Sqlite(file) => command.arg("--data").arg(file.parent().unwrap()),
            Self::Postgres(..) => command.env("AMBITO_DATABASE_URL", self.url()),
        };
        command
    }

    /// Makes the tables as an operator does, with the owner's role.
    pub(crate) fn migrate(&self) {
        let mut command = self.program(&["migrate"]);
        if self.is_postgres() {
            command.args(["--application-role", APPLICATION]).env("AMBITO_DATABASE_URL", self.owners_url());
        }
        let ended = process::end(command);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }

    /// The role that the server has, where there are roles.
    pub(super) fn application_role(&self) -> Option<&'static str> {
        self.is_postgres().then_some(APPLICATION)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Self::Postgres(name, cluster) = self else { return };
        let (sql, cluster) = (format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), *cluster);
        // A thread of its own: the test may fail inside a runtime. The cluster is thrown away as a whole; what stays until then does no harm.
        let _ = std::thread::spawn(move || wait(cluster.connection.execute_unprepared(&sql)).is_ok()).join();
    }
}

/// The cluster that the run was given.
fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| Some(wait(Cluster::prepare(std::env::var("AMBITO_TEST_POSTGRES").ok()?)))).as_ref()
}

impl Cluster {
    /// Connects, and makes the roles where they are not there.
    pub(crate) async fn prepare(url: String) -> Self {
        let (_, place) = url.split_once("://").expect("AMBITO_TEST_POSTGRES is no URL");
        let (superuser, host) = place.rsplit_once('@').expect("AMBITO_TEST_POSTGRES names no user");
        let host = host.split('/').next().unwrap_or_default();
        let (superuser, host) = (superuser.to_owned(), host.to_owned());
        let connection = connect(url, 4).await;
        for role in [OWNER, APPLICATION] {
            let make = format!(
                "DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            );
            connection.execute_unprepared(&make).await.unwrap();
        }
        Self { superuser, host, connection }
    }
}

async fn connect(url: String, connections: u32) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(Duration::from_secs(10)).sqlx_logging(false);
    Connector::connect(options).await.unwrap()
}
