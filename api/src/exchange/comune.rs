//! `comuni.csv`: the comuni of the Ambito, and since when they belong to it.

use std::collections::BTreeMap;

use allocation::IstatCode;
use chrono::{Datelike, NaiveDate};

use super::files::COMUNI;
use super::names::Names;
use super::problem::{Place, Problems};
use super::{sheet, text};
use crate::store::bundle::ComuneRecord;

const HEADER: [&str; 5] = ["istat_code", "name", "cadastral_code", "province", "member_from"];

/// The comuni by code, with whatever of them could be read.
#[derive(Debug, Default)]
pub(super) struct Comuni {
    by_code: BTreeMap<IstatCode, Member>,
}

#[derive(Debug)]
struct Member {
    name: Option<String>,
    from: Option<NaiveDate>,
}

impl Comuni {
    /// Those that belong to the Ambito on some day of a year, in order of their codes.
    pub(super) fn members(&self, year: i32) -> Vec<IstatCode> {
        self.by_code.keys().copied().filter(|code| !self.joins_after(*code, year)).collect()
    }

    /// Whether a comune joins the Ambito only after a year is over.
    pub(super) fn joins_after(&self, code: IstatCode, year: i32) -> bool {
        self.by_code.get(&code).and_then(|member| member.from).is_some_and(|from| from.year() > year)
    }

    /// A comune for a sentence: its code and name.
    pub(super) fn title(&self, code: IstatCode) -> String {
        match self.by_code.get(&code).and_then(|member| member.name.as_ref()) {
            Some(name) => format!("{code} ({name})"),
            None => code.to_string(),
        }
    }
}

/// Reads the file. `first_day` stands in for an empty `member_from`.
pub(super) fn comuni(
    file: Option<&str>,
    first_day: Option<NaiveDate>,
    names: &mut Names,
    problems: &Problems,
) -> (Vec<ComuneRecord>, Comuni) {
    let mut records = Vec::new();
    let mut comuni = Comuni::default();
    let Some(file) = file else {
        names.comuni.blur();
        return (records, comuni);
    };
    let mut unread = false;
    let complete = sheet::rows(COMUNI, file, &HEADER, problems, |row| {
        let code = row.read("istat_code", text::istat);
        let name = row.read("name", text::plain);
        let cadastral_code = row.read_or_none("cadastral_code", text::cadastral);
        let province = row.read("province", text::province);
        let member_from = if row.is_empty("member_from") { first_day } else { row.read("member_from", text::date) };
        if row.is_empty("member_from") && first_day.is_none() {
            row.problem("`member_from`: without a programme and a plan a day is needed here");
        }
        let Some(istat_code) = code else {
            unread = true;
            return;
        };
        if let Err(line) = names.comuni.add(istat_code, row.place()) {
            row.problem(format!("the comune {istat_code} stands already in line {line}"));
            return;
        }
        comuni.by_code.insert(istat_code, Member { name: name.clone(), from: member_from });
        if let (Some(name), Some(province), Some(member_from)) = (name, province, member_from) {
            records.push(ComuneRecord { istat_code, name, cadastral_code, province, member_from });
        }
    });
    if unread || !complete {
        names.comuni.blur();
    } else if comuni.by_code.is_empty() {
        problems.add(Place { file: COMUNI, line: 1 }, "there is no comune");
    }
    (records, comuni)
}
