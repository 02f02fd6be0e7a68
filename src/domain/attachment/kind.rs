//! The media type of a file: what its sender said, what its bytes say, and what is served (T6).

/// What is said of a file of which nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// What browsers show, play or save, and never run. JSON is not among it: an answer of that type is
/// what we know of a file.
const HARMLESS: &[&str] = &[
    "application/gzip",
    "application/msword",
    "application/pdf",
    "application/pgp-signature",
    "application/rtf",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-tar",
    "application/zip",
    "message/rfc822",
    "text/calendar",
    "text/csv",
    "text/plain",
    "text/vcard",
    "text/x-vcard",
];

/// Families of which every member is, but for those that are XML.
const HARMLESS_FAMILIES: &[&str] = &[
    "application/vnd.ms-",
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
    "audio/",
    "image/",
    "video/",
];

/// A media type as its sender said, in lower case and without parameters; the most general one
/// when it is none.
pub fn told_type(told: &str) -> String {
    let essence = told.split(';').next().unwrap_or_default().trim();
    let token = |text: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        (1..=100).contains(&text.len()) && text.bytes().all(fits)
    };
    match essence.split_once('/') {
        Some((kind, sub)) if token(kind) && token(sub) => essence.to_ascii_lowercase(),
        Some(_) | None => UNKNOWN.to_owned(),
    }
}

/// The media type that the first bytes of a file give away.
pub fn sniff(start: &[u8]) -> Option<&'static str> {
    infer::get(start).map(|kind| kind.mime_type())
}

/// The media type that is shown: by the bytes, unless those only tell the container.
pub fn shown_type<'a>(told: &'a str, sniffed: Option<&'a str>) -> &'a str {
    match sniffed {
        // Documents of offices are zip or OLE containers inside.
        Some("application/zip" | "application/x-ole-storage")
            if told.starts_with("application/vnd.") || told == "application/msword" =>
        {
            told
        }
        Some(sniffed) => sniffed,
        None => told,
    }
}

/// The media type that a file is served with: never one that a browser would run.
pub fn served_type<'a>(told: &'a str, sniffed: Option<&'a str>) -> &'a str {
    let shown = shown_type(told, sniffed);
    let family = HARMLESS_FAMILIES
        .iter()
        .any(|family| shown.starts_with(family));
    let harmless =
        HARMLESS.contains(&shown) || (family && !shown.contains("xml+") && !shown.ends_with("xml"));
    if harmless { shown } else { UNKNOWN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t06_nothing_is_served_that_a_browser_would_run() {
        for told in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/javascript",
            "application/javascript",
            "application/x-shockwave-flash",
            "text/xml",
            "text/css",
            "multipart/related",
            "image/png\r\nset-cookie: a=b",
            "",
        ] {
            assert_eq!(served_type(&told_type(told), None), UNKNOWN, "{told:?}");
        }
        let html = b"<!DOCTYPE html><html><script>alert(1)</script></html>";
        assert_eq!(served_type("text/plain", sniff(html)), UNKNOWN);
        assert_eq!(served_type("image/png", sniff(html)), UNKNOWN);
        let polyglot = b"GIF89a/*\x01\x00\x01\x00*/=1;alert(1)";
        assert_eq!(served_type("text/javascript", sniff(polyglot)), "image/gif");
    }

    #[test]
    fn office_documents_keep_their_name() {
        let told = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(served_type(told, Some("application/zip")), told);
        assert_eq!(
            served_type("text/html", Some("application/zip")),
            "application/zip"
        );
        assert_eq!(served_type("image/jpeg", None), "image/jpeg");
    }
}
