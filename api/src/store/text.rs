//! Texts that people write: bounded, printable, never blank.

use crate::error::{Code, Refusal, Result};

/// The text without blanks around it, where there is something to read and nothing hidden in it.
pub(super) fn checked(text: String, argument: &str, characters_max: usize) -> Result<String> {
    let trimmed = text.trim();
    // A new line is the only sign without a shape that people write.
    let is_printable = !trimmed.chars().any(|sign| sign.is_control() && sign != '\n');
    if trimmed.is_empty() || !is_printable || trimmed.chars().count() > characters_max {
        let refusal = Refusal::new(Code::Invalid).argument(argument).message(
            format!("Serve un testo da 1 a {characters_max} caratteri stampabili."),
            format!("A text of 1 to {characters_max} printable characters is needed."),
        );
        return Err(refusal.into());
    }
    Ok(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
}
