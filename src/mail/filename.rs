//! Names of files that may be shown and saved under, whatever a mail calls them (T6).

/// The longest name, in bytes; file systems take 255, and we may put something before it.
const LONGEST: usize = 200;

/// The longest ending that is kept when a name is cut.
const LONGEST_ENDING: usize = 20;

/// Names that stand for devices on Windows, whatever their ending.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "clock$", "conin$"];

/// A name without paths, control characters and tricks; nothing when that leaves none.
pub(super) fn safe(name: &str) -> Option<String> {
    let last = name
        .rsplit(['/', '\\'])
        .find(|part| !part.trim().is_empty())?;
    let clean: String = last.chars().filter_map(kept).collect();
    let words = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    // A leading dot hides a file, a trailing one or a blank is dropped by Windows.
    let dotless = words.trim_start_matches(['.', ' ', '~']);
    let dotless = dotless.trim_end_matches(['.', ' ']);
    if dotless.is_empty() {
        return None;
    }
    let short = shorten(dotless);
    Some(if is_reserved(&short) {
        format!("_{short}")
    } else {
        short
    })
}

/// A character as it may stand in a name.
fn kept(character: char) -> Option<char> {
    match character {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => Some('_'),
        '\t' | '\n' | '\r' | '\u{a0}' => Some(' '),
        // Invisible, or turning the reading direction around: "gpj.exe" that reads "exe.jpg".
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffd}'
        | '\u{e0000}'..='\u{e007f}' => None,
        other if other.is_control() => None,
        other => Some(other),
    }
}

/// A name of at most [`LONGEST`] bytes, its ending kept.
fn shorten(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let dot = name
        .rfind('.')
        .filter(|at| name.len() - at <= LONGEST_ENDING);
    let ending = dot.map_or("", |at| &name[at..]);
    let stem = &name[..name.floor_char_boundary(LONGEST - ending.len())];
    format!("{}{ending}", stem.trim_end_matches(['.', ' ']))
}

fn is_reserved(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix);
        number.is_some_and(|n| n.chars().count() == 1 && n.starts_with(|c: char| c.is_numeric()))
    };
    RESERVED.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// A name for a file that has none, by its media type.
pub(super) fn by_type(content_type: &str) -> String {
    let known = match content_type {
        "text/calendar" => "invite.ics",
        "message/rfc822" | "message/global" => "message.eml",
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status.txt",
        "message/disposition-notification" => "receipt.txt",
        "message/feedback-report" => "complaint.txt",
        "text/rfc822-headers" | "message/global-headers" => "headers.txt",
        "application/ms-tnef" | "application/vnd.ms-tnef" => "winmail.dat",
        "application/pgp-signature" => "signature.asc",
        "application/pgp-encrypted" => "version.asc",
        "application/pgp-keys" => "key.asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m",
        "text/plain" => "text.txt",
        "text/html" => "page.html",
        "text/vcard" | "text/x-vcard" => "contact.vcf",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "image.jpg",
        "image/tiff" => "image.tiff",
        "image/svg+xml" => "image.svg",
        "audio/mpeg" => "audio.mp3",
        "application/octet-stream" => "attachment.bin",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let kind = content_type.split('/').next().unwrap_or_default();
    let stem = if ["image", "audio", "video"].contains(&kind) {
        kind
    } else {
        "attachment"
    };
    let endings = mime_guess::get_mime_extensions_str(content_type).unwrap_or_default();
    match endings.first() {
        Some(ending) => format!("{stem}.{ending}"),
        None => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{by_type, safe};

    #[test]
    fn t06_names_are_safe_to_save_under() {
        for (name, expected) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system.ini", "system.ini"),
            ("a\r\nSet-Cookie: x", "a Set-Cookie_ x"),
            ("invoice\u{202e}gpj.exe", "invoicegpj.exe"),
            (".htaccess", "htaccess"),
            ("...", ""),
            ("", ""),
            ("/", ""),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("com1.log", "_com1.log"),
            ("company.log", "company.log"),
            ("a\0b.txt", "ab.txt"),
            ("report. ", "report"),
            ("dir/", "dir"),
            ("  many   blanks .pdf", "many blanks .pdf"),
            ("<script>\"x\".js", "_script__x_.js"),
            ("Grüße 日本.pdf", "Grüße 日本.pdf"),
            ("\u{200b}\u{feff}", ""),
        ] {
            assert_eq!(safe(name).unwrap_or_default(), expected, "{name:?}");
        }
    }

    #[test]
    fn t06_long_names_keep_their_ending() {
        let long = safe(&format!("{}.pdf", "é".repeat(300))).unwrap_or_default();
        assert!(long.len() <= 200 && long.ends_with("é.pdf"));
        let odd = safe(&format!("a.{}", "b".repeat(300))).unwrap_or_default();
        assert_eq!(odd.len(), 200);
    }

    #[test]
    fn nameless_files_are_named_by_their_type() {
        assert_eq!(by_type("image/png"), "image.png");
        assert_eq!(by_type("application/pdf"), "attachment.pdf");
        assert_eq!(by_type("text/calendar"), "invite.ics");
        assert_eq!(by_type("x-strange/x"), "attachment");
    }
}
