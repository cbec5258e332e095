//! A database of its own for each test: a file, or a database in the cluster with two roles, gone when the test ends.

use std::error::Error;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection, DbErr, Statement,
};

/// What a test returns.
pub(crate) type Done = Result<(), Box<dyn Error>>;

/// Where the cluster is, and the setting that says it.
const CLUSTER: &str = "AMBITO_TEST_POSTGRES";

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// The engines to test on.
pub(crate) fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    engines.extend(setting(CLUSTER).map(|_| Engine::Postgres));
    engines
}

/// What the environment says to the tests.
#[expect(clippy::disallowed_methods, reason = "only the environment can tell a test where a cluster is")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// An empty database, and how to reach it.
pub(crate) struct Place {
    pub(crate) engine: Engine,
    path: PathBuf,
    name: String,
}

impl Place {
    /// Makes one. On `PostgreSQL` it has an owner and an application role of its own.
    pub(crate) async fn new(engine: Engine, name: &str) -> Result<Self, DbErr> {
        let name = format!("ambito_{}_{name}", std::process::id());
        let place = Self { engine, path: file(&name), name };
        place.remove().await?;
        if engine == Engine::Postgres {
            let cluster = cluster().await?;
            for sql in [
                format!("CREATE ROLE {} LOGIN PASSWORD 'ambito'", place.owner()),
                format!("CREATE ROLE {} LOGIN PASSWORD 'ambito'", place.application()),
                format!("CREATE DATABASE {} OWNER {}", place.name, place.owner()),
            ] {
                cluster.execute_unprepared(&sql).await?;
            }
            cluster.close().await?;
        }
        Ok(place)
    }

    /// This place in words, for another process, which finds it again with [`Place::told`].
    pub(crate) fn tell(&self) -> String {
        format!("{:?} {}", self.engine, self.name)
    }

    /// A place of another process, which stays that process's to remove.
    pub(crate) fn told(words: &str) -> Result<ManuallyDrop<Self>, Box<dyn Error>> {
        let (engine, name) = words.split_once(' ').ok_or("not the words of a place")?;
        let engine = if engine == "Sqlite" { Engine::Sqlite } else { Engine::Postgres };
        Ok(ManuallyDrop::new(Self { engine, path: file(name), name: name.to_owned() }))
    }

    /// The role that owns the database.
    pub(crate) fn owner(&self) -> String {
        format!("{}_owner", self.name)
    }

    /// The role that the program would have.
    pub(crate) fn application(&self) -> String {
        format!("{}_app", self.name)
    }

    /// The role to hand to a migration.
    pub(crate) fn role(&self) -> Option<String> {
        (self.engine == Engine::Postgres).then(|| self.application())
    }

    /// Connects as the owner.
    pub(crate) async fn as_owner(&self) -> Result<DatabaseConnection, DbErr> {
        self.connect(&self.owner()).await
    }

    /// Connects as the application's role; on `SQLite` there is only one.
    pub(crate) async fn as_application(&self) -> Result<DatabaseConnection, DbErr> {
        self.connect(&self.application()).await
    }

    /// Connects to this database as the superuser.
    pub(crate) async fn as_superuser(&self) -> Result<DatabaseConnection, DbErr> {
        let name = self.name.clone();
        let mut options = ConnectOptions::new(setting(CLUSTER).unwrap_or_default());
        options.map_sqlx_postgres_opts(move |postgres| postgres.database(&name));
        Connector::connect(single(options)).await
    }

    async fn connect(&self, role: &str) -> Result<DatabaseConnection, DbErr> {
        let mut options = match self.engine {
            Engine::Sqlite => ConnectOptions::new(format!("sqlite://{}?mode=rwc", self.path.display())),
            Engine::Postgres => ConnectOptions::new(setting(CLUSTER).unwrap_or_default()),
        };
        let (role, name) = (role.to_owned(), self.name.clone());
        options
            .map_sqlx_sqlite_opts(|sqlite| {
                // Written to the disk or not is the same to a process that dies; only a machine that dies would tell.
                let sqlite = sqlite.pragma("journal_mode", "WAL").pragma("synchronous", "OFF");
                sqlite.pragma("foreign_keys", "ON").pragma("recursive_triggers", "ON")
            })
            .map_sqlx_postgres_opts(move |postgres| postgres.username(&role).password("ambito").database(&name));
        Connector::connect(single(options)).await
    }

    /// Removes it, and what belongs to it.
    pub(crate) async fn remove(&self) -> Result<(), DbErr> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut file = self.path.as_os_str().to_owned();
            file.push(suffix);
            // What is not there needs no removing.
            let _ = std::fs::remove_file(file);
        }
        if self.engine == Engine::Postgres {
            let cluster = cluster().await?;
            cluster.execute_unprepared(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await?;
            for role in [self.owner(), self.application()] {
                cluster.execute_unprepared(&format!("DROP ROLE IF EXISTS {role}")).await?;
            }
            cluster.close().await?;
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A thread of its own: here a runtime is running, and it cannot wait inside itself.
        std::thread::scope(|scope| {
            let removal = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map(|runtime| runtime.block_on(self.remove()))
            });
            // What is left belongs to a cluster or a folder that is thrown away.
            let _ = removal.join();
        });
    }
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{name}.sqlite"))
}

/// The cluster's own database, as its superuser.
async fn cluster() -> Result<DatabaseConnection, DbErr> {
    Connector::connect(single(ConnectOptions::new(setting(CLUSTER).unwrap_or_default()))).await
}

/// One connection, so that a setting of the connection holds for every statement.
fn single(mut options: ConnectOptions) -> ConnectOptions {
    options.max_connections(1).sqlx_logging(false);
    options
}

/// The first column of each row, as text.
pub(crate) async fn texts(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>, DbErr> {
    let query = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(query).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
