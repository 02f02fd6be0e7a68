//! Names of files, made safe to be shown and to be saved under (T6).

/// The longest name that file systems take, in bytes, with room for what a browser adds.
const LONGEST: usize = 200;

/// What a file is called that has no name.
const NAMELESS: &str = "file";

/// The name of a file without folders, control characters and characters that change the order
/// of what is shown; never empty, and with an ending that fits the media type when it had none.
pub fn safe_name(told: &str, content_type: &str) -> String {
    let last = told.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .map(|c| if is_harmful(c) { '_' } else { c })
        .collect();
    let clean = clean.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let base = if clean.chars().all(|c| c == '_') {
        NAMELESS
    } else {
        clean
    };
    let ending = match base.rsplit_once('.') {
        Some((_, ending)) if ending.len() <= 16 => ending,
        Some(_) | None => return shorten(base, extension_of(content_type)),
    };
    let stem = &base[..base.len() - ending.len() - 1];
    shorten(stem, Some(ending))
}

/// The usual ending of names of files of a media type.
pub fn extension_of(content_type: &str) -> Option<&'static str> {
    // The first of the list is often an odd one.
    match content_type {
        "image/jpeg" => Some("jpg"),
        "text/plain" => Some("txt"),
        "video/mp4" => Some("mp4"),
        "audio/mpeg" => Some("mp3"),
        "application/octet-stream" => None,
        other => mime_guess::get_mime_extensions_str(other)?.first().copied(),
    }
}

fn shorten(stem: &str, ending: Option<&str>) -> String {
    let room = LONGEST - ending.map_or(0, |ending| ending.len() + 1);
    let mut end = stem.len().min(room);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    match ending {
        Some(ending) => [&stem[..end], ".", ending].concat(),
        None => stem[..end].to_owned(),
    }
}

fn is_harmful(c: char) -> bool {
    // What Windows keeps for itself, and what turns the reading direction around.
    let reserved = "<>:\"|?*";
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || reserved.contains(c) || invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t06_names_stay_names() {
        let plain = |told: &str| safe_name(told, "application/octet-stream");
        assert_eq!(plain("../../x\"\r\nSet-Cookie: a=b"), "x___Set-Cookie_ a=b");
        assert_eq!(plain("C:\\folder\\report.pdf"), "report.pdf");
        assert_eq!(plain("a\u{202e}fdp.exe"), "a_fdp.exe");
        assert_eq!(plain("...."), "file");
        assert_eq!(plain("\0"), "file");
        assert_eq!(plain(".htaccess"), "htaccess");
        assert_eq!(plain("Rechnung März.pdf"), "Rechnung März.pdf");
        assert_eq!(safe_name("", "image/jpeg"), "file.jpg");
        let long = plain(&format!("{}.pdf", "ü".repeat(500)));
        assert!(long.len() <= LONGEST && long.split('.').next_back() == Some("pdf"));
    }
}
