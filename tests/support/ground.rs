//! What `serve` needs, for tests of the program as it runs in production: a database, a key, a token. The database is empty.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use super::process::{Running, run, run_on};
use super::{own_folder, program};

/// A folder with a database and a key. It goes with the value.
pub(crate) struct Ground(PathBuf);

impl Ground {
    pub(crate) fn new() -> Self {
        let ground = Self(own_folder());
        run_on(&ground.0, &["migrate"]);
        assert_eq!(run(&["key", "create", "--out", &ground.key()], &[]).code, Some(0));
        ground
    }

    fn key(&self) -> String {
        self.0.join("signing-key.pem").display().to_string()
    }

    /// Runs the program on it, and returns what it prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        run_on(&self.0, arguments)
    }

    /// A token of an auditor.
    pub(crate) fn token(&self) -> String {
        self.run(&["token", "--role", "AUDITOR"]).trim().to_owned()
    }

    /// Serves with these settings besides those that it takes.
    pub(crate) fn serve(&self, settings: &[(&str, &str)]) -> Running {
        let (url, key) = (format!("sqlite://{}", self.0.join("ambito.sqlite").display()), self.key());
        let needed = [
            ("AMBITO_DATABASE_URL", url.as_str()),
            ("AMBITO_SIGNING_KEY_FILES", &key),
            ("AMBITO_ISSUER", "urn:ambito:demo"),
            ("AMBITO_LISTEN", "127.0.0.1:0"),
        ];
        Running::start(program(&["serve"], &[&needed, settings].concat()))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
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
}
