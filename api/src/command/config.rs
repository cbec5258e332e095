//! `ambito config`: every setting as it is in force. Wrong ones have been told before, as by every other command; here the files that they name
//! are opened as well.

use crate::config::Config;

use super::{Failure, answer, files};

/// Prints one line a setting, its fields separated by tabs.
pub(super) fn list(config: &Config) -> Result<(), Failure> {
    files::read(config).map_err(Failure)?;
    let mut text = String::from("setting\tvalue\tfrom\trange\tmeaning\n");
    for setting in config.listing() {
        // A path may hold anything, and here it must stay within its field.
        let value: String = setting.value.chars().map(|sign| if sign.is_control() { '?' } else { sign }).collect();
        let fields = [setting.name, &value, &setting.from, &setting.range, setting.meaning];
        text.push_str(&fields.join("\t"));
        text.push('\n');
    }
    answer(&text)
}
