//! The command line: what each command takes, and what it calls.
//!
//! Answers go to the standard output and nothing else does; sentences about what went wrong, and the log, go to the
//! standard error.

mod activity;
mod audit;
mod client;
mod config;
mod data;
mod demo;
mod files;
mod folder;
mod local;
mod logging;
mod serve;
mod server;
mod transfer;

use std::ffi::OsString;
use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use allocation::IstatCode;
use clap::{Args, Parser, Subcommand};

use crate::auth::{KeyRing, Role};
use crate::config::{Config, listen_address};
use crate::error::Error;
use crate::graphql;
use crate::store::activity::Mode;

/// The roles as they are written on the command line.
const ROLES: [(&str, Role); 7] = [
    ("COMUNE", Role::Comune),
    ("REPORTING", Role::Reporting),
    ("AZIENDA", Role::Azienda),
    ("ASSEMBLEA", Role::Assemblea),
    ("AUDITOR", Role::Auditor),
    ("ADMIN", Role::Admin),
    ("PARTNER", Role::Partner),
];

/// Cost sharing among Italian comuni, as a GraphQL API.
#[derive(Debug, Parser)]
#[command(name = "ambito", version, propagate_version = true)]
struct CommandLine {
    /// File with settings; without it, `AMBITO_CONFIG_FILE` may name one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a server on this machine, loaded with demonstration data.
    Demo(DemoArguments),
    /// Start the server, set up by `AMBITO_...` variables.
    Serve,
    /// Make the database, or bring it to this version.
    Migrate {
        #[command(flatten)]
        place: Place,
        /// The role that serves, on PostgreSQL: it is given what that needs, and no more. Run this as the owner of the tables.
        #[arg(long, value_name = "NAME", conflicts_with = "data")]
        application_role: Option<String>,
    },
    /// Make, list and revoke clients.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Make signing keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print one token, signed with the key of a data folder.
    Token(TokenArguments),
    /// Load an Ambito from a folder of files.
    Import {
        /// The folders: one an Ambito.
        #[arg(required = true, value_name = "FOLDER")]
        folders: Vec<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Take in a file of what was delivered: hours, accesses, days, by month and case.
    ImportActivity(ImportActivityArguments),
    /// Carry a whole database into an empty one, of the same engine or the other, and prove that both hold the same.
    Move {
        /// The URL of the database that is read; nothing in it changes.
        #[arg(long, value_name = "URL")]
        from: String,
        /// The URL of the one that is filled.
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Look at the audit trail.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// List every setting: its value, where it comes from, and what it is for. Opens the files that they name.
    Config,
    /// Print the GraphQL schema.
    Schema,
}

#[derive(Debug, Args)]
struct DemoArguments {
    /// Address and port; only this machine's own.
    #[arg(long, default_value = "127.0.0.1:8080", value_parser = listen_address)]
    listen: SocketAddr,
    /// Folder for database and key; made where it is not there.
    #[arg(long, value_name = "DIR", default_value = ".ambito-demo", conflicts_with = "ephemeral")]
    data: PathBuf,
    /// Keep everything in a temporary folder that goes with the server.
    #[arg(long)]
    ephemeral: bool,
}

/// Which database is meant: that of a data folder, or `AMBITO_DATABASE_URL`.
#[derive(Debug, Args)]
struct Place {
    /// Folder with the database; without it, `AMBITO_DATABASE_URL` says where it is.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ImportActivityArguments {
    /// The file, CSV.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Code of the Ambito.
    #[arg(long, value_name = "CODE")]
    ambito: String,
    /// What becomes of a file with bad rows: `REJECT_EVERYTHING` or `REJECT_FAILED_ROWS`.
    #[arg(long, value_name = "MODE", default_value = "REJECT_EVERYTHING", value_parser = import_mode)]
    mode: Mode,
    /// Write nothing; tell what would be.
    #[arg(long)]
    dry_run: bool,
    /// Digest of a file that was imported before, which this one replaces whole.
    #[arg(long, value_name = "DIGEST")]
    replaces: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// Make a client; its secret is printed this once.
    Create(ClientArguments),
    /// List the clients, never their secrets.
    List(Place),
    /// Revoke a client: its tokens and its secret hold no longer.
    Revoke {
        /// Its id.
        client_id: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct ClientArguments {
    /// Name for people.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    kind: KindArguments,
    #[command(flatten)]
    place: Place,
}

/// What a client is and where it belongs.
#[derive(Debug, Args)]
struct KindArguments {
    /// COMUNE, REPORTING, AZIENDA, ASSEMBLEA, AUDITOR, ADMIN or PARTNER.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Code of an Ambito it belongs to; may be repeated.
    #[arg(long = "ambito", value_name = "CODE")]
    ambiti: Vec<String>,
    /// ISTAT code of the comune it speaks for.
    #[arg(long, value_name = "ISTAT", value_parser = istat_code)]
    comune: Option<IstatCode>,
    /// Code of the partner that the client speaks for, with the role PARTNER.
    #[arg(long, value_name = "CODE")]
    partner: Option<String>,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Write a new signing key to a new file that only its owner may read.
    Create {
        /// The file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that every event follows from the one before it, and that every signed head is what was signed.
    Verify {
        #[command(flatten)]
        place: Place,
        /// A JSON Web Key Set with public keys that were in use before; may be repeated.
        #[arg(long = "jwks", value_name = "FILE")]
        key_sets: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct TokenArguments {
    /// Folder with the database and the key.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    kind: KindArguments,
}

/// Why a command did not do what it was asked: one line a problem.
#[derive(Debug)]
struct Failure(Vec<String>);

impl Failure {
    fn new(sentence: impl std::fmt::Display) -> Self {
        Self(vec![format!("ambito: {sentence}")])
    }
}

/// A refusal is said as clients read it, in English; a fault with its cause, since the operator must find it.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let Error::Refusal(refusal) = &error else { return Self::new(error) };
        let named = [("service", &refusal.service), ("comune", &refusal.comune), ("argument", &refusal.argument)];
        let named = named.iter().filter_map(|(kind, name)| name.as_ref().map(|name| format!("{kind} {name}")));
        let named = named.collect::<Vec<_>>().join(", ");
        let what = if named.is_empty() { String::new() } else { format!("{named}: ") };
        Self::new(format!("{what}{} ({})", refusal.message.en, refusal.code))
    }
}

/// Runs one command line. 0 when it did what was asked, 1 when it did not, 2 when the command line cannot be read.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(problem) => {
            // Help and version are answers, not problems; clap knows the stream of each.
            let _ = problem.print();
            return ExitCode::from(u8::try_from(problem.exit_code()).unwrap_or(2));
        }
    };
    match execute(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(lines)) => {
            let mut out = std::io::stderr().lock();
            for line in lines {
                let _ = writeln!(out, "{line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn execute(CommandLine { command, config: file }: CommandLine) -> Result<(), Failure> {
    match command {
        Command::Schema => return answer(&graphql::sdl()),
        Command::Key(KeyCommand::Create { out }) => {
            return KeyRing::generate(&out).map_err(Failure::new);
        }
        _ => {}
    }
    let config = Config::load(file.as_deref()).map_err(Failure)?;
    let quiet = !matches!(command, Command::Serve | Command::Demo(_));
    logging::start(&config, quiet);
    match command {
        Command::Demo(arguments) => wait_for(demo::run(&config, arguments)),
        Command::Serve => wait_for(serve::run(&config)),
        Command::Migrate { place, application_role } => {
            wait_for(data::migrate(&config, &place, application_role.as_deref()))
        }
        Command::Client(ClientCommand::Create(arguments)) => wait_for(client::create(&config, arguments)),
        Command::Client(ClientCommand::List(place)) => wait_for(client::list(&config, &place)),
        Command::Client(ClientCommand::Revoke { client_id, place }) => {
            wait_for(client::revoke(&config, &client_id, &place))
        }
        Command::Token(arguments) => wait_for(local::token(&config, &arguments)),
        Command::Import { folders, place } => wait_for(data::import(&config, &folders, &place)),
        Command::ImportActivity(arguments) => wait_for(activity::import(&config, &arguments)),
        Command::Move { from, to } => wait_for(transfer::run(&from, &to)),
        Command::Audit(AuditCommand::Verify { place, key_sets }) => wait_for(audit::verify(&config, &place, &key_sets)),
        Command::Config => config::list(&config),
        Command::Schema | Command::Key(_) => Ok(()),
    }
}

fn wait_for(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    actix_web::rt::System::new().block_on(work)
}

/// Writes an answer. Whoever closes the pipe early has read enough.
fn answer(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush());
    match written {
        Err(problem) if problem.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("the answer cannot be written: {problem}")))
        }
        _ => Ok(()),
    }
}

fn role(text: &str) -> Result<Role, String> {
    let found = ROLES.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, role)| *role).ok_or_else(|| format!("it is none of {}", ROLES.map(|(word, _)| word).join(", ")))
}

fn role_word(role: Role) -> &'static str {
    ROLES.iter().find(|(_, known)| *known == role).map_or("", |(word, _)| word)
}

fn import_mode(text: &str) -> Result<Mode, String> {
    Mode::parse(text).ok_or_else(|| "it is neither REJECT_EVERYTHING nor REJECT_FAILED_ROWS".to_owned())
}

fn istat_code(text: &str) -> Result<IstatCode, String> {
    IstatCode::parse(text).map_err(|problem| problem.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn command_lines() {
        for (line, good) in [
            ("demo", true),
            ("demo --listen localhost:9000 --data x", true),
            ("demo --ephemeral", true),
            ("demo --ephemeral --data x", false),
            ("demo --listen here", false),
            ("serve", true),
            ("migrate --data x", true),
            ("migrate --application-role ambito", true),
            ("migrate --data x --application-role ambito", false),
            ("token --data x --role comune --comune 017103", true),
            ("token --data x --role COMUNE --comune 17103", false),
            ("token --role COMUNE", false),
            ("token --data x --role KING", false),
            ("client create --name n --role AUDITOR --ambito 9 --ambito 10", true),
            ("client create --role AUDITOR", false),
            ("client revoke", false),
            ("key create --out x", true),
            ("import x --data y", true),
            ("import-activity x --ambito 9 --dry-run --mode REJECT_FAILED_ROWS --replaces d --data y", true),
            ("import-activity x --ambito 9 --mode some", false),
            ("import-activity x", false),
            ("move --from sqlite:///a --to postgres://u@h/d", true),
            ("move --from sqlite:///a", false),
            ("audit verify", true),
            ("audit verify --data x --jwks old.json --jwks older.json", true),
            ("audit", false),
            ("schema", true),
            ("config", true),
            ("--config x serve", true),
            ("config --config x", true),
            ("serve --config", false),
            ("", false),
        ] {
            let words = std::iter::once("ambito").chain(line.split_whitespace());
            assert_eq!(CommandLine::try_parse_from(words).is_ok(), good, "{line}");
        }
    }
}
