//! A data folder: the database and the signing key of a server on this machine, open to its owner only.

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use crate::auth::KeyRing;
use crate::auth::secret::random_text;
use crate::clock::Clock;
use crate::config::{Config, sqlite_url, temporary_folder, with_mode, without_password};
use crate::store::Store;

use super::{Failure, Place};

/// Name of the key in a data folder.
const KEY_FILE: &str = "signing-key.pem";
/// Bytes of randomness in the name of a temporary folder.
const NAME_BYTES: usize = 12;

/// A data folder; a temporary one goes when the value does.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    temporary: bool,
}

impl DataFolder {
    /// The folder at this path, as it is.
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf(), temporary: false }
    }

    /// The folder at this path, made where it is not there.
    pub(super) fn make(path: &Path) -> Result<Self, Failure> {
        if !path.is_dir() {
            make_private(path, true).map_err(|problem| unusable(path, &problem))?;
        }
        Ok(Self::at(path))
    }

    /// A new folder that nobody else can have guessed.
    pub(super) fn temporary() -> Result<Self, Failure> {
        let path = temporary_folder().join(format!("ambito-demo-{}", random_text(NAME_BYTES)?));
        make_private(&path, false).map_err(|problem| unusable(&path, &problem))?;
        Ok(Self { path, temporary: true })
    }

    /// The signing key.
    pub(super) fn keys(&self) -> Result<KeyRing, Failure> {
        KeyRing::load(&[self.path.join(KEY_FILE)]).map_err(Failure::new)
    }

    /// The signing key, made where there is none.
    pub(super) fn keys_or_new(&self) -> Result<KeyRing, Failure> {
        let file = self.path.join(KEY_FILE);
        if !file.exists() {
            KeyRing::generate(&file).map_err(Failure::new)?;
        }
        self.keys()
    }

    /// The URL of the database.
    pub(super) fn database_url(&self) -> Result<String, Failure> {
        sqlite_url(&self.path).map_err(|problem| unusable(&self.path, &problem))
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(problem) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(folder = %self.path.display(), %problem, "the temporary folder stays");
        }
    }
}

/// The URL of the database that a command works on.
pub(super) fn database_url(config: &Config, place: &Place) -> Result<String, Failure> {
    match (&place.data, &config.database_url) {
        (Some(folder), _) => DataFolder::at(folder).database_url(),
        (None, Some(url)) => Ok(url.clone()),
        (None, None) => Err(Failure::new("no database is named; give --data DIR or set AMBITO_DATABASE_URL")),
    }
}

/// The keys that a command signs and checks with: those of the data folder, or else those that are configured; none where there are none.
pub(super) fn keys(config: &Config, place: &Place) -> Result<Option<KeyRing>, Failure> {
    let own = place.data.as_deref().map(|folder| folder.join(KEY_FILE)).filter(|file| file.exists());
    let files = own.map_or_else(|| config.signing_key_files.clone(), |file| vec![file]);
    if files.is_empty() {
        return Ok(None);
    }
    KeyRing::load(&files).map(Some).map_err(Failure::new)
}

/// Opens a database that is there and of this version, and reads the book.
pub(super) async fn open(url: &str) -> Result<Store, Failure> {
    let store = open_unread(url).await?;
    store.refresh().await?;
    Ok(store)
}

/// Opens a database that is there and of this version.
pub(super) async fn open_unread(url: &str) -> Result<Store, Failure> {
    let shown = without_password(url);
    let store = Store::open(&with_mode(url, false), Clock::system()).await.map_err(|problem| {
        Failure::new(format!("the database {shown} cannot be opened ({problem}); `ambito migrate` makes one"))
    })?;
    if store.needs_migration().await? {
        return Err(Failure::new(format!(
            "the database {shown} is empty or of an older version; run `ambito migrate` first"
        )));
    }
    Ok(store)
}

/// Opens a database, made where it is not there, and brings it to this version. `PostgreSQL` makes none: it has to be there.
pub(super) async fn open_or_new(url: &str, application_role: Option<&str>) -> Result<Store, Failure> {
    let store = Store::open(&with_mode(url, true), Clock::system()).await.map_err(|problem| {
        Failure::new(format!("the database {} can neither be opened nor made ({problem})", without_password(url)))
    })?;
    store.migrate(application_role).await?;
    store.refresh().await?;
    Ok(store)
}

fn make_private(path: &Path, parents: bool) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(parents);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

fn unusable(path: &Path, problem: &io::Error) -> Failure {
    Failure::new(format!("the folder {} cannot be used: {problem}", path.display()))
}
