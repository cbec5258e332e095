//! Folders that lack a file, or hold something else in its place.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::{COMUNI, MEASUREMENTS, PLAN};
use crate::exchange::{FILE_BYTES_MAX, Files, parse, read_folder};

/// A folder of its own a test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ambito-exchange-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        for (file, text) in [("plan.toml", PLAN), ("comuni.csv", COMUNI), ("measurements.csv", MEASUREMENTS)] {
            fs::write(path.join(file), text).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_reads_as_its_files() {
    let folder = Folder::new("good");
    let bundle = parse(&read_folder(&folder.0).unwrap()).unwrap();
    assert_eq!(bundle.ambito.code, "T1");
}

#[test]
fn what_is_no_file_is_missing_and_the_others_are_still_read() {
    let folder = Folder::new("missing");
    fs::remove_file(folder.0.join("plan.toml")).unwrap();
    fs::remove_file(folder.0.join("comuni.csv")).unwrap();
    fs::create_dir(folder.0.join("comuni.csv")).unwrap();
    fs::write(folder.0.join("measurements.csv"), MEASUREMENTS.replace("2000", "2e3")).unwrap();
    let problems = parse(&read_folder(&folder.0).unwrap()).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let number = "measurements.csv:3: `value`: not a plain decimal number with at most six decimals (found \"2e3\")";
    assert_eq!(lines, ["comuni.csv:1: the file is missing", number, "plan.toml:1: the file is missing"]);
}

#[test]
fn a_file_over_the_limit_is_refused_unread() {
    let folder = Folder::new("large");
    let file = fs::File::create(folder.0.join("measurements.csv")).unwrap();
    file.set_len(FILE_BYTES_MAX + 1).unwrap();
    let problems = parse(&read_folder(&folder.0).unwrap()).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].to_string(), "measurements.csv:1: the file has more than 16777216 bytes");
}

#[test]
fn a_folder_that_is_none_is_an_error() {
    let folder = Folder::new("none");
    assert_eq!(read_folder(&folder.0.join("nowhere")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(read_folder(&folder.0.join("plan.toml")).unwrap_err().kind(), ErrorKind::NotADirectory);
}

#[test]
fn a_text_that_is_not_utf_8_names_its_line() {
    let mut comuni = COMUNI.as_bytes().to_vec();
    let beta = COMUNI.find("Beta").unwrap();
    comuni[beta] = 0xff;
    let problems = parse(&Files::new(PLAN, comuni, MEASUREMENTS)).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].to_string(), "comuni.csv:3: the text is not UTF-8");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let bundle = parse(&Files::new(windows(PLAN), windows(COMUNI), windows(MEASUREMENTS))).unwrap();
    assert_eq!((bundle.comuni.len(), bundle.measurements.len(), bundle.plans.len()), (3, 5, 2));
}
