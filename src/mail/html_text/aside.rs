//! What of a page the mail program that wrote it marks as quoted or as a signature.
//!
//! It goes by the names that programs give to elements, so it needs no language. Elements around
//! which or in which people answer are none of these: `blockquote`, `gmail_quote`.

use std::ops::Range;

use crate::mail::html::{Attributes, VOID};

/// Classes of elements that are a signature, a quote or what introduces one.
const CLASSES: [&str; 12] = [
    "gmail_attr",
    "gmail_signature",
    "gmail_signature_prefix",
    "moz-cite-prefix",
    "moz-signature",
    "yahoo_quoted",
    "protonmail_signature_block",
    "ms-outlook-mobile-signature",
    "ms-outlook-mobile-reference-message",
    "front-signature",
    "ntes-mailmaster-quote",
    "zmail_signature_below",
];

/// Ids of such elements.
const IDS: [&str; 8] = [
    "ms-outlook-mobile-signature",
    "mail-editor-reference-message-container",
    "signature",
    "composer_signature",
    "olk_src_body_section",
    "ntes-pcmac-signature",
    "zmail_signature_below",
    "tutanota-signature",
];

/// Names of such elements.
const NAMES: [&str; 2] = ["quote", "messagesignaturesection"];

/// Ids and classes of elements behind which all is quoted.
const LAST: [&str; 3] = ["divrplyfwdmsg", "appendonsend", "outlookmessageheader"];

/// The lines that Outlook draws above the header of the mail that it quotes.
const BORDERS: [&str; 2] = [
    "border-top:solid#e1e1e11.0pt",
    "border-top:solid#b5c4df1.0pt",
];

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Aside {
    found: Vec<Range<usize>>,
    /// The element that we are in, how many of its name, and where it began.
    open: Option<(String, usize, usize)>,
    /// Where that begins which goes on to the end.
    last: Option<usize>,
}

impl Aside {
    /// Takes note of an element that begins at `at` of the text.
    pub(super) fn open(&mut self, name: &str, attributes: Attributes<'_>, at: usize) {
        if self.last.is_some() || VOID.contains(&name) {
            return;
        }
        if let Some((open, depth, _)) = &mut self.open {
            *depth += usize::from(open == name);
            return;
        }
        match Kind::of(attributes) {
            Some(Kind::Itself) => self.open = Some((name.to_owned(), 1, at)),
            Some(Kind::ToTheEnd) => self.last = Some(at),
            None => {}
        }
    }

    /// Takes note of the end of an element.
    pub(super) fn close(&mut self, name: &str, at: usize) {
        if let Some((open, depth, from)) = &mut self.open
            && open == name
        {
            *depth -= 1;
            if *depth == 0 {
                self.found.push(*from..at);
                self.open = None;
            }
        }
    }

    /// Everything that was found in a text of `length` bytes.
    pub(super) fn finish(mut self, length: usize) -> Vec<Range<usize>> {
        let open = self.open.map(|(_, _, from)| from);
        if let Some(from) = open.or(self.last) {
            self.found.push(from..length);
        }
        self.found
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The element is set aside.
    Itself,
    /// The element and all that follows.
    ToTheEnd,
}

impl Kind {
    fn of(attributes: Attributes<'_>) -> Option<Self> {
        let lower = |name| attributes.get(name).map(|value| value.to_ascii_lowercase());
        let (class, id) = (lower("class"), lower("id"));
        let mut names = class
            .iter()
            .flat_map(|class| class.split_ascii_whitespace());
        let is_last = |name: &str| LAST.contains(&name);
        if names.clone().any(is_last) || id.as_deref().is_some_and(is_last) || drawn(attributes) {
            return Some(Self::ToTheEnd);
        }
        let by_id = |id: &str| IDS.contains(&id) || id.starts_with("yahoo_quoted");
        let itself = names.any(|name| CLASSES.contains(&name))
            || id.as_deref().is_some_and(by_id)
            || lower("name").is_some_and(|name| NAMES.contains(&name.as_str()))
            || attributes.get("data-signature-widget").is_some();
        itself.then_some(Self::Itself)
    }
}

/// Whether an element has the line above it that Outlook draws.
fn drawn(attributes: Attributes<'_>) -> bool {
    let style = attributes.get("style").unwrap_or_default();
    let style = style.to_ascii_lowercase();
    let style: String = style.split_ascii_whitespace().collect();
    BORDERS.iter().any(|border| style.contains(border))
}
