//! The milestones of the agreement of Crema: when each is due, how late it is on a day, and what was reported of it.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use toml::Value as Toml;

use super::figures::{Asked, CREMA, tables, told};
use crate::support::tables::wait;

/// The 22 milestones, with the month of each, whether they begin in it, and by how many days each is late on 10 May 2015 and at the end of the year, where nothing
/// was reported. What begins is late from its first day on, what is to be done from the day after its last: 70 days from 1 March to 10 May, 40 from 30 April to 9 June.
#[rustfmt::skip]
const MILESTONES: [(&str, &str, bool, i32, i32); 22] = [
    ("2015-3-01", "2015-03-01", true, 70, 305),
    ("2015-3-02", "2015-03-01", true, 70, 305),
    ("2015-3-03", "2015-03-01", true, 70, 305),
    ("2015-3-04", "2015-04-01", true, 39, 274),
    ("2015-3-05", "2015-09-01", true, 0, 121),
    ("2015-3-06", "2015-11-01", true, 0, 60),
    ("2015-4-01", "2015-03-01", true, 70, 305),
    ("2015-4-02", "2015-04-01", true, 39, 274),
    ("2015-4-03", "2015-04-30", false, 10, 245),
    ("2015-4-04", "2015-04-30", false, 10, 245),
    ("2015-4-05", "2015-05-31", false, 0, 214),
    ("2015-4-06", "2015-05-31", false, 0, 214),
    ("2015-4-07", "2015-05-31", false, 0, 214),
    ("2015-4-08", "2015-06-30", false, 0, 184),
    ("2015-5-01", "2015-03-01", true, 70, 305),
    ("2015-5-02", "2015-05-31", false, 0, 214),
    ("2015-5-03", "2015-06-30", false, 0, 184),
    ("2015-5-04", "2015-06-30", false, 0, 184),
    ("2015-5-05", "2015-06-30", false, 0, 184),
    ("2015-5-06", "2015-07-31", false, 0, 153),
    ("2015-5-07", "2015-09-30", false, 0, 92),
    ("2015-5-08", "2015-11-30", false, 0, 31),
];

#[test]
fn how_late_each_milestone_of_crema_is() {
    let asked = Asked::crema();
    for (day, column) in [("2015-05-10", 0), ("2015-12-31", 1)] {
        let fields = format!("milestones(asOf: \"{day}\") {{ code from by state late daysLate }}");
        let found = asked.on("2015-03-01", &fields)["milestones"].take();
        let expected = MILESTONES.map(|(code, due, begins, in_may, in_december)| {
            let days = [in_may, in_december][column];
            let (from, by) = if begins { (Some(due), None) } else { (None, Some(due)) };
            json!({ "code": code, "from": from, "by": by, "state": "PLANNED", "late": days > 0, "daysLate": days })
        });
        assert_eq!(found, Value::from(expected.to_vec()), "{day}");
    }
}

#[test]
fn the_milestones_of_crema() {
    let asked = Asked::crema();
    let milestones = asked.on("2015-06-30", "milestones { code area item from by }")["milestones"].take();
    let of_file = tables(CREMA, 0, "milestone");
    assert_eq!((milestones.as_array().unwrap().len(), of_file.len()), (22, 22));
    let ends = [("02", 28), ("03", 31), ("04", 30), ("05", 31), ("06", 30), ("07", 31), ("09", 30), ("11", 30)];
    for (milestone, file) in milestones.as_array().unwrap().iter().zip(of_file) {
        for key in ["code", "area", "item"] {
            assert_eq!(milestone[key], told(&file, key));
        }
        let from = file.get("from").map_or(Value::Null, |month| json!(format!("{}-01", month.as_str().unwrap())));
        let last = |month: &str| ends.iter().find(|(name, _)| month.ends_with(name)).unwrap().1;
        let by = file
            .get("by")
            .and_then(Toml::as_str)
            .map_or(Value::Null, |month| json!(format!("{month}-{}", last(month))));
        assert_eq!((&milestone["from"], &milestone["by"]), (&from, &by), "{milestone}");
    }
    // How many are due by a day, and how many of them are late then: nothing was reported.
    for (day, due, late) in [
        ("2015-03-01", 5, 0),
        ("2015-03-02", 5, 5),
        ("2015-04-30", 9, 7),
        ("2015-05-01", 9, 9),
        ("2015-05-31", 13, 9),
        ("2015-06-30", 17, 13),
        ("2015-12-31", 22, 22),
    ] {
        let fields = format!("milestones(asOf: \"{day}\", dueBy: \"{day}\") {{ state late daysLate }}");
        let found = asked.on("2015-03-01", &fields)["milestones"].take();
        let found = found.as_array().unwrap();
        let are_late = found.iter().filter(|one| one["late"] == true).count();
        assert_eq!((found.len(), are_late), (due, late), "{day}");
        assert!(found.iter().all(|one| one["state"] == "PLANNED" && (one["daysLate"] != 0) == (one["late"] == true)));
    }
    let on = "milestones(asOf: \"2015-06-10\", dueFrom: \"2015-05-31\", dueBy: \"2015-05-31\") { item by daysLate }";
    let of_may = |item: &str| json!({ "item": item, "by": "2015-05-31", "daysLate": 10 });
    let expected =
        ["mappatura sfratti", "mappatura delle risorse", "mappatura del bisogno", "sistema dotale e tirocini"];
    assert_eq!(asked.on("2015-03-01", on)["milestones"], Value::from(expected.map(of_may).to_vec()));
}

#[test]
fn a_milestone_stands_as_was_reported_by_the_day() {
    let asked = Asked::crema();
    // The first of area 3 was to begin on 1 March, the criteria were to be there by 30 April.
    let report = "INSERT INTO milestone_progress (agreement_id, code, started_on, done_on, note)
        SELECT id, CODE, '2015-03-11', '2015-05-20', 'fatto' FROM agreement WHERE code = 'COPROGETTAZIONE'";
    wait(async {
        let write = asked.server.store().write().await.unwrap();
        for code in ["2015-3-01", "2015-4-03"] {
            write.tx().execute_unprepared(&report.replace("CODE", &format!("'{code}'"))).await.unwrap();
        }
        asked.server.store().commit(write).await.unwrap();
    });
    let began = |state: &str, started: Option<&str>, done: Option<&str>, days: i32| json!({ "state": state, "startedOn": started, "doneOn": done, "late": days > 0, "daysLate": days });
    let (start, end) = (Some("2015-03-11"), Some("2015-05-20"));
    for (day, first, third) in [
        ("2015-03-01", began("PLANNED", None, None, 0), began("PLANNED", None, None, 0)),
        ("2015-03-10", began("PLANNED", None, None, 9), began("PLANNED", None, None, 0)),
        ("2015-03-11", began("STARTED", start, None, 10), began("STARTED", start, None, 0)),
        ("2015-05-19", began("STARTED", start, None, 10), began("STARTED", start, None, 19)),
        ("2016-01-01", began("DONE", start, end, 10), began("DONE", start, end, 20)),
    ] {
        let fields = format!("milestones(asOf: \"{day}\") {{ code state startedOn doneOn late daysLate }}");
        let found = asked.on("2015-06-30", &fields)["milestones"].take();
        for (code, expected) in [("2015-3-01", first), ("2015-4-03", third)] {
            let mut one = found.as_array().unwrap().iter().find(|one| one["code"] == code).unwrap().clone();
            one.as_object_mut().unwrap().remove("code");
            assert_eq!(one, expected, "{code} on {day}");
        }
    }
    let found = asked.on("2015-06-30", "milestones { code note revision }")["milestones"].take();
    assert_eq!(found[0], json!({ "code": "2015-3-01", "note": "fatto", "revision": 1 }));
    assert_eq!(found[1], json!({ "code": "2015-3-02", "note": null, "revision": 0 }));
}
