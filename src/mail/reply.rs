//! What the author of a mail wrote this time, without what the mail quotes and without the
//! signature.

/// What its author wrote this time.
pub fn visible(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with('>'))
        .collect::<Vec<_>>()
        .join("\n")
}
