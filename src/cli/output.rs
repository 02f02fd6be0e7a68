//! Prints data to standard output and talk to standard error, neither of which can harm a terminal.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use super::fault::CliFault;

/// Prints data, with a line end.
pub(super) fn print(text: &str) -> Result<(), CliFault> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Says something to the person; when nobody listens, nothing is lost.
pub(super) fn talk(text: &str) {
    let mut safe = visible(text);
    safe.push('\n');
    let _ = io::stderr().lock().write_all(safe.as_bytes());
}

/// The text with everything that steers a terminal or reorders its neighbours made visible; line
/// ends stay.
pub(super) fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) && character != '\n' {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Controls of C0 and C1, separators of lines, zero-width characters and marks of direction.
pub(super) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t29_foreign_text_steers_no_terminal() {
        assert_eq!(
            visible("a\u{1b}]0;x\u{7}\nb\u{9b}\u{202e}é"),
            "a\\u{1b}]0;x\\u{7}\nb\\u{9b}\\u{202e}é"
        );
    }
}
