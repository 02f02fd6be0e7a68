//! Wordings other than the keywords by which people ask not to be written to any more.
//!
//! Any reasonable means counts as an opt-out, but only a person can tell; so this errs on the side
//! of asking one. It knows nothing of what is done about it.

mod phrases;

use super::keyword::letters;
use phrases::{ANYWHERE, WHOLE};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 1_000;

/// Whether a text may ask, in other words than a keyword, not to be written to any more.
#[must_use]
pub fn may_opt_out(text: &str) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    let words = text
        .split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '!' | '?' | ';' | ':' | '"'))
        .filter_map(letters)
        .filter(|word| !word.is_empty());
    let text = words.collect::<Vec<_>>().join(" ");
    let padded = [" ", &text, " "].concat();
    let contains = |phrase: &str| padded.contains(&[" ", phrase, " "].concat());
    WHOLE.contains(&text.as_str()) || ANYWHERE.iter().any(|phrase| contains(phrase))
}
