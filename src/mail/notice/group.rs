//! Lines of `Name: value`, as reports have them, however their line ends were treated.

/// The fields of a report in order; an empty name stands for a blank line.
pub(super) fn fields(text: &str) -> Vec<(String, String)> {
    let text = text
        .replace("\r\r\n", "\n")
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.split('\n') {
        if line.trim().is_empty() {
            fields.push((String::new(), String::new()));
            continue;
        }
        match named(line) {
            Some((name, value)) => fields.push((name, value)),
            None => {
                // A folded line, or one that was wrapped without being indented.
                if let Some((name, value)) = fields.last_mut()
                    && !name.is_empty()
                {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
        }
    }
    fields
}

/// The longest name of a field that is read.
const LONGEST_NAME: usize = 60;

fn named(line: &str) -> Option<(String, String)> {
    // Some servers indent the whole report; a continuation has no name that is known.
    let indented = line.starts_with([' ', '\t']);
    let (name, value) = line.trim_start().split_once(':')?;
    let name = name.trim_end().to_ascii_lowercase();
    let sound = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (sound && (!indented || KNOWN.contains(&name.as_str())))
        .then(|| (name, value.trim().to_owned()))
}

/// Names that are fields even when they are indented.
const KNOWN: [&str; 13] = [
    "message-id",
    "original-recipient",
    "final-recipient",
    "action",
    "status",
    "diagnostic-code",
    "remote-mta",
    "reporting-mta",
    "original-envelope-id",
    "original-message-id",
    "disposition",
    "last-attempt-date",
    "will-retry-until",
];

/// The value of the first field of a name.
pub(super) fn first<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(known, value)| known == name && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

/// A message id without what stands around it.
pub(super) fn message_id(value: &str) -> Option<String> {
    let inner = match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
        None => value.split_whitespace().next().unwrap_or_default(),
    };
    let id = inner.trim().trim_end_matches('>');
    (!id.is_empty() && id.len() <= 998).then(|| id.to_owned())
}
