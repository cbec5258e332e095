//! What `serve` needs, for tests of the program as it runs in production: a database of the suite's engine, a key, a client. The database holds nothing else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use super::database::Database;
use super::process::{Running, end, run, send};
use super::{own_folder, program};

/// A database, a key, and an auditor's client. They go with the value.
pub(crate) struct Ground {
    folder: PathBuf,
    database: Database,
    /// The client's id.
    pub(crate) client: String,
    /// Its secret.
    pub(crate) secret: String,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let folder = own_folder();
        let database = Database::empty(&folder);
        database.migrate();
        let made = end(database.program(&["client", "create", "--name", "Revisori", "--role", "AUDITOR"]));
        let value = |name: &str| {
            let line = made.out.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("{made:?}")).to_owned()
        };
        let (client, secret) = (value("client_id"), value("client_secret"));
        let ground = Self { folder, database, client, secret };
        assert_eq!(run(&["key", "create", "--out", &ground.key()], &[]).code, Some(0));
        ground
    }

    fn key(&self) -> String {
        self.folder.join("key.pem").display().to_string()
    }

    /// A token of the client, from a server on it.
    pub(crate) fn token(&self, url: &str) -> String {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let Self { client, secret, .. } = self;
        let body = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let answer = send("POST", &format!("{url}/oauth/token"), &form, Some(&body));
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    }

    /// Serves with these settings besides those that it takes.
    pub(crate) fn serve(&self, settings: &[(&str, &str)]) -> Running {
        let (url, key) = (self.database.url(), self.key());
        let needed = [
            ("AMBITO_DATABASE_URL", url.as_str()),
            ("AMBITO_SIGNING_KEY_FILES", &key),
            ("AMBITO_ISSUER", "https://ambito.example"),
            ("AMBITO_LISTEN", "127.0.0.1:0"),
        ];
        Running::start(program(&["serve"], &[&needed, settings].concat()))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A connection on which a test writes its own bytes.
pub(crate) struct Wire(TcpStream);

impl Wire {
    /// Connects to a server, where it takes connections.
    pub(crate) fn to(url: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self(stream))
    }

    /// Writes. What a server that has refused already does not take is lost.
    pub(crate) fn write(&mut self, text: impl AsRef<[u8]>) {
        let _ = self.0.write_all(text.as_ref());
    }

    /// Reads one answer: its head in lower case, and its body. Both are empty where the connection ends instead.
    pub(crate) fn answer(&mut self) -> (String, String) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1..) => head.extend(byte),
                Ok(_) | Err(_) => return (String::new(), String::new()),
            }
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    /// Reads to the connection's end, however it comes.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest);
        rest
    }
}
