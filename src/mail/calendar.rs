//! Invitations (RFC 5545) in a few words, for mails that have no other text.

/// The lines that a reader wants, with the words that stand before them.
const LINES: [(&str, &str); 5] = [
    ("SUMMARY", ""),
    ("DTSTART", "Start: "),
    ("DTEND", "End: "),
    ("LOCATION", "Location: "),
    ("DESCRIPTION", ""),
];

/// What an invitation says; nothing when the text is none.
pub(super) fn summary(text: &str) -> Option<String> {
    let head = text.trim_start().get(..15)?;
    if !head.eq_ignore_ascii_case("BEGIN:VCALENDAR") {
        return None;
    }
    let text = text
        .replace("\r\n", "\n")
        .replace("\n ", "")
        .replace("\n\t", "");
    let event = text.split("BEGIN:VEVENT").nth(1).unwrap_or(&text);
    let event = event.split("END:VEVENT").next().unwrap_or(event);
    let mut out = String::new();
    for (name, words) in LINES {
        let value = event.lines().find_map(|line| value(line, name));
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            out.push_str(words);
            out.push_str(value.trim());
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    Some(out).filter(|out| !out.is_empty())
}

/// The value of a line, when it is the one of that name.
fn value(line: &str, name: &str) -> Option<String> {
    let behind = line.strip_prefix(name)?;
    let (parameters, value) = behind.split_once(':')?;
    if !(parameters.is_empty() || parameters.starts_with(';')) {
        return None;
    }
    if name.starts_with("DT") {
        return Some(time(parameters, value));
    }
    let value = value.replace("\\n", "\n").replace("\\N", "\n");
    Some(
        value
            .replace("\\,", ",")
            .replace("\\;", ";")
            .replace("\\\\", "\\"),
    )
}

/// `20261121T093000Z` as `2026-11-21 09:30 UTC`.
fn time(parameters: &str, value: &str) -> String {
    let value = value.trim();
    let digits = value.bytes().take(8).filter(u8::is_ascii_digit).count();
    if digits < 8 || !value.is_ascii() {
        return value.to_owned();
    }
    let mut out = format!("{}-{}-{}", &value[..4], &value[4..6], &value[6..8]);
    if let Some(time) = value.get(9..13) {
        out.extend([" ", &time[..2], ":", &time[2..]]);
    }
    let zone = parameters
        .split(';')
        .find_map(|one| one.strip_prefix("TZID="));
    match zone {
        Some(zone) => out.extend([" (", zone.trim_matches('"'), ")"]),
        None if value.ends_with('Z') => out.push_str(" UTC"),
        None => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn an_invitation_is_told_in_a_few_lines() {
        let text = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
            DTSTART;TZID=Europe/Berlin:20261124T093000\r\nDTEND:20261124T093000Z\r\n\
            SUMMARY:Visit\\, sec\r\n ond floor\r\nLOCATION;LANGUAGE=en:Room 5\r\nEND:VEVENT\r\n";
        let expected = "Visit, second floor\nStart: 2026-11-24 09:30 (Europe/Berlin)\n\
            End: 2026-11-24 09:30 UTC\nLocation: Room 5";
        assert_eq!(summary(text).as_deref(), Some(expected));
        assert_eq!(summary("no calendar at all"), None);
        assert_eq!(
            summary("BEGIN:VCALENDAR\nDTSTART:é\n").as_deref(),
            Some("Start: é")
        );
    }
}
