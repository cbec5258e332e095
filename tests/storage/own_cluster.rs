//! A cluster that is taken away under a server, and given back.

use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use super::{KEPT, MIXED, NOTICED, PROMISED, ROWS, Served, check_away, is_stale, newcomer, until};
use crate::support::database::{Cluster, Database};
use crate::support::tables::wait;
use crate::support::{Answer, process};

/// Requests that need the database at the same moment: more than there are connections.
const CROWD: usize = 12;

/// A cluster of the test's own. It is removed with it.
struct OwnCluster {
    folder: String,
    url: String,
}

impl OwnCluster {
    fn make() -> Self {
        let said = script(&["make"]);
        let [folder, url] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
        Self { folder: folder.to_owned(), url: url.to_owned() }
    }

    fn run(&self, action: &str) {
        script(&[action, &self.folder]);
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        self.run("remove");
    }
}

fn script(arguments: &[&str]) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/postgres.sh");
    let mut command = Command::new("bash");
    command.args([file, "--cluster"]).args(arguments);
    let ended = process::end(command);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
    ended.out
}

/// Everything that is promised of a server whose database is gone.
fn check_without_database(served: &Served, kept: &Value, version: Option<&String>) {
    let gone = Instant::now();
    // The very next requests, before anybody has noticed.
    assert_eq!(&served.ask(KEPT).data(), kept);
    check_away(|| served.ask(ROWS));
    let took = until(gone, || served.ask(KEPT), is_stale);
    assert!(took < NOTICED, "noticed after {took:?}");
    let began = Instant::now();
    let answer = served.ask(KEPT);
    assert!(began.elapsed() < PROMISED && answer.header("ambito-data-version").as_ref() == version);
    assert_eq!(&answer.data(), kept);
    let mixed = served.ask(MIXED);
    assert_eq!((mixed.status, mixed.code().as_str()), (200, "STORAGE_UNAVAILABLE"), "{}", mixed.body);
    std::thread::scope(|crowd| {
        for _ in 0..CROWD {
            crowd.spawn(|| check_away(|| served.ask(ROWS)));
        }
        crowd.spawn(|| check_away(|| served.ask_with(&newcomer(&served.key, "https://ambito.example"), KEPT)));
    });
    let others: [&dyn Fn() -> Answer; 3] =
        [&|| served.grant(), &|| served.get("/status"), &|| served.get("/health/ready")];
    for ask in others {
        let began = Instant::now();
        let answer = ask();
        assert_eq!((answer.status, answer.header("retry-after").as_deref()), (503, Some("2")), "{}", answer.body);
        assert!(began.elapsed() < PROMISED, "after {:?}", began.elapsed());
    }
    assert_eq!(served.get("/health/live").status, 200);
}

/// All is as before, soon.
fn check_return(served: &Served, kept: &Value) {
    let back = Instant::now();
    // Side by side, so that none is charged with what the others take.
    std::thread::scope(|crowd| {
        let works = |answer: &Answer| answer.status == 200;
        let all = [
            crowd.spawn(move || until(back, || served.ask(ROWS), works)),
            crowd.spawn(move || until(back, || served.get("/health/ready"), works)),
            crowd.spawn(move || until(back, || served.grant(), works)),
            crowd.spawn(move || until(back, || served.ask(KEPT), |answer| !is_stale(answer))),
        ];
        for (took, what) in all.into_iter().zip(["rows", "readiness", "tokens", "the mark"]) {
            let took = took.join().unwrap();
            assert!(took < PROMISED, "{what} after {took:?}");
        }
    });
    assert_eq!(&served.ask(KEPT).data(), kept);
    assert_eq!(served.get("/status").status, 200);
}

#[test]
fn the_database_goes_and_comes_back() {
    if !Database::of_run_is_postgres() {
        return;
    }
    let own = OwnCluster::make();
    let cluster: &'static Cluster = Box::leak(Box::new(wait(Cluster::prepare(own.url.clone()))));
    let database = Database::in_cluster(cluster, "");
    database.migrate();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/ambito-9");
    assert_eq!(process::end(database.program(&["import", data])).code, Some(0));
    let (mut running, served) = Served::start(&database);
    let first = served.ask(KEPT);
    let (kept, version) = (first.data(), first.header("ambito-data-version"));
    assert!(version.is_some() && !is_stale(&first));
    // Without a goodbye; and there, but mute.
    for (away, back) in [("stop", "start"), ("freeze", "thaw")] {
        own.run(away);
        check_without_database(&served, &kept, version.as_ref());
        own.run(back);
        check_return(&served, &kept);
    }
    running.line("the database cannot be read");
    running.line("the database can be read again");
    assert_eq!(running.stop(), Some(0));
}
