//! The URL of the database: what is accepted, and how it is shown.

use std::path::Path;

/// How a connection to PostgreSQL may be encrypted.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/// What else the URL of a PostgreSQL database may say: certificates, and the folder of a socket.
const POSTGRES_PARAMETERS: [&str; 4] = ["sslrootcert", "sslcert", "sslkey", "host"];

/// How a file may be opened: as it is there, or made where it is not.
const SQLITE_MODES: [&str; 2] = ["rw", "rwc"];

/// The URL of the database in a folder.
pub fn sqlite_url(folder: &Path) -> std::io::Result<String> {
    // Absolute, since the first part of a relative path would be read as the URL's host.
    let file = std::path::absolute(folder)?.join("ambito.sqlite");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let encoded = file.to_string_lossy().bytes().fold(String::new(), |text, byte| {
        if plain(byte) { text + char::from(byte).encode_utf8(&mut [0; 4]) } else { text + &format!("%{byte:02X}") }
    });
    Ok(format!("sqlite://{encoded}"))
}

/// The URL with a statement on whether a missing database is made, unless it makes one itself or is of an engine that makes none.
pub fn with_mode(url: &str, create: bool) -> String {
    let parameters = url.split_once('?').map(|(_, parameters)| parameters);
    let says = parameters.is_some_and(|parameters| parameters.split('&').any(|one| one.starts_with("mode=")));
    if says || postgres(url).is_some() {
        return url.to_owned();
    }
    let joint = if parameters.is_some() { '&' } else { '?' };
    format!("{url}{joint}mode={}", if create { "rwc" } else { "rw" })
}

/// The URL of a database as it may be shown: with `***` in the place of a password.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|_| postgres(url).is_some()) else {
        return url.to_owned();
    };
    // The last `@`, since a password may hold one that should have been written otherwise.
    let shown = match rest.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{place}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    format!("{scheme}://{shown}")
}

/// The URL of a database that the server can work with, or what is wrong with it.
pub fn url(text: &str) -> Result<String, String> {
    if let Some(rest) = postgres(text) {
        return postgres_url(rest).map(|()| text.to_owned());
    }
    match text.strip_prefix("sqlite:") {
        Some(rest) => sqlite_file(rest).map(|()| text.to_owned()),
        None => Err(no_url()),
    }
}

fn no_url() -> String {
    "it must be the URL of a database: sqlite:///var/lib/ambito/ambito.sqlite, or postgres://user:password@host/database"
        .to_owned()
}

/// Checks what follows the scheme of a SQLite URL. What the driver knows besides (`immutable`, `cache=shared`, `vfs`) does not go with a server that
/// writes while it reads.
fn sqlite_file(rest: &str) -> Result<(), String> {
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let parameters = || parameters.split('&').filter(|parameter| !parameter.is_empty());
    if path.contains(":memory:") || parameters().any(|parameter| parameter == "mode=memory") {
        return Err("a database in memory is gone with the process; name a file".to_owned());
    }
    if path.trim_start_matches("//").is_empty() {
        return Err(no_url());
    }
    parameters().try_for_each(|parameter| match parameter.split_once('=').unwrap_or((parameter, "")) {
        ("mode", mode) if SQLITE_MODES.contains(&mode) => Ok(()),
        ("mode", _) => Err(format!("mode is {}: the program writes to its database", SQLITE_MODES.join(" or "))),
        _ => Err(format!("of parameters it knows mode, which is {}", SQLITE_MODES.join(" or "))),
    })
}

/// What follows the scheme of a PostgreSQL URL.
fn postgres(url: &str) -> Option<&str> {
    url.strip_prefix("postgres:").or_else(|| url.strip_prefix("postgresql:"))
}

/// Checks what the driver would only find out later, or pass over in silence. No reason repeats what may be a password.
fn postgres_url(rest: &str) -> Result<(), String> {
    let shape = || "it must look like postgres://user:password@host:5432/database?sslmode=verify-full".to_owned();
    let rest = rest.strip_prefix("//").ok_or_else(shape)?;
    if rest.contains(|character: char| character == '#' || character.is_control() || character.is_whitespace()) {
        return Err("a blank or `#` in it has to be written as %20 or %23".to_owned());
    }
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    let (user, host) =
        authority.rsplit_once('@').ok_or_else(|| "it must name a user: postgres://user@...".to_owned())?;
    if user.is_empty() || user.starts_with(':') {
        return Err("it must name a user: postgres://user@...".to_owned());
    }
    if host.is_empty() || host.starts_with(':') {
        return Err("it must name a host: postgres://user@host/database".to_owned());
    }
    if user.contains('@') {
        return Err("an `@`, `/` or `:` in the user or the password has to be written as %40, %2F or %3A".to_owned());
    }
    if database.is_empty() || database.contains('/') {
        return Err("it must name one database: postgres://user@host/database".to_owned());
    }
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err("the port after the host is not a number".to_owned());
    }
    parameters.split('&').filter(|parameter| !parameter.is_empty()).try_for_each(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name {
            "sslmode" if SSL_MODES.contains(&value) => Ok(()),
            "sslmode" => Err(format!("sslmode is one of {}", SSL_MODES.join(", "))),
            _ if POSTGRES_PARAMETERS.contains(&name) => Ok(()),
            _ => Err(format!("of parameters it knows sslmode, {}", POSTGRES_PARAMETERS.join(", "))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_any_name_is_a_url() {
        assert_eq!(sqlite_url(Path::new("/a b/è?d#e%f")).unwrap(), "sqlite:///a%20b/%C3%A8%3Fd%23e%25f/ambito.sqlite");
        assert!(sqlite_url(Path::new(".data")).unwrap().starts_with("sqlite:///"));
        assert_eq!(with_mode("sqlite:///a", true), "sqlite:///a?mode=rwc");
        assert_eq!(with_mode("sqlite:///a?mode=rw", true), "sqlite:///a?mode=rw");
        assert_eq!(with_mode("sqlite:///mode=x/a", true), "sqlite:///mode=x/a?mode=rwc");
        assert_eq!(with_mode("postgres://u@h/d", true), "postgres://u@h/d");
    }

    #[test]
    fn each_wrong_url_is_told_with_its_reason() {
        for (text, reason) in [
            ("postgres:d", "must look like postgres://"),
            ("postgres://h/d", "must name a user"),
            ("postgres://:p@h/d", "must name a user"),
            ("postgresql://u@h", "must name one database"),
            ("postgresql://u@h/", "must name one database"),
            ("postgres://u:p@w@h/d", "written as %40"),
            ("postgres://u:p#@h/d", "written as %20 or %23"),
            ("postgres://u@h:port/d", "port after the host"),
            ("postgres://u@h/d?sslmode=on", "sslmode is one of disable,"),
            ("postgres://u@h/d?pool=9", "of parameters it knows sslmode"),
            ("mysql://h/d", "URL of a database"),
            ("sqlite:", "URL of a database"),
            ("sqlite::memory:", "gone with the process"),
            ("sqlite:///a?mode=memory", "gone with the process"),
            ("sqlite:?mode=rwc", "URL of a database"),
            ("sqlite://?mode=rwc", "URL of a database"),
            ("sqlite:///a?mode=ro", "mode is rw or rwc"),
            ("sqlite:///a?mode=", "mode is rw or rwc"),
            ("sqlite:///a?mode=rw&mode=ro", "mode is rw or rwc"),
            ("sqlite:///a?immutable=1", "of parameters it knows mode"),
            ("sqlite:///a?cache=shared", "of parameters it knows mode"),
            ("sqlite:///a?mood=rw", "of parameters it knows mode"),
            ("postgres://u@/d", "must name a host"),
            ("postgres://u@:5432/d", "must name a host"),
        ] {
            let problem = super::url(text).unwrap_err();
            assert!(problem.contains(reason), "{text}: {problem}");
        }
    }

    #[test]
    fn databases_that_a_server_can_work_with() {
        for url in [
            "sqlite:///a",
            "sqlite://a b/è.sqlite?mode=rw",
            "sqlite:a?mode=rwc",
            "postgres://u@h/d",
            "postgresql://u:p%40@h:5433/d?sslmode=verify-full&sslrootcert=/etc/ca.pem",
            "postgres://u@[::1]/d",
            "postgres://u@localhost/d?host=/run/postgresql",
        ] {
            assert_eq!(super::url(url).unwrap(), url);
        }
    }

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("postgres://u:secret@h/d", "postgres://u:***@h/d"),
            ("postgresql://u:sec@ret/@h:1/d?sslmode=require", "postgresql://u:***@h:1/d?sslmode=require"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres://h/d", "postgres://h/d"),
            ("sqlite:///a:b@c", "sqlite:///a:b@c"),
        ] {
            assert_eq!(without_password(url), shown);
        }
        // What is refused is told without its value.
        for url in
            ["postgres://u:secret@h", "postgres://u:sec ret@h/d", "postgres://u:sec@ret@h/d", "postgres:u:secret@h"]
        {
            let problem = super::url(url).unwrap_err();
            assert!(!problem.contains("sec"), "{problem}");
        }
    }
}
