//! A page written again with nothing but allowed tags, balanced and not deep, in linear time.

use crate::mail::attachment::content_id;
use crate::mail::html::{Attributes, Token, VOID, decode, escape, tokens};

use super::{ELEMENTS, EVERYWHERE, REMOTE, is_web};

/// How deep elements are kept; what is in deeper ones stays without them.
const DEEPEST: usize = 100;

/// The longest page that is shown, in bytes.
const LONGEST: usize = 2 << 20;

/// The longest value of an attribute, in bytes.
const LONGEST_VALUE: usize = 4_096;

/// How many characters one text or value may have that are written as references.
///
/// The serialiser behind the sanitiser looks through the rest of a text for each of them.
const REFERENCES: usize = 64;

/// Elements that end when one of the same kind starts, and those within which that is so.
const SIBLINGS: [(&[&str], &[&str]); 5] = [
    (&["li"], &["ul", "ol"]),
    (&["dd", "dt"], &["dl"]),
    (&["td", "th"], &["tr", "table"]),
    (&["tr"], &["tbody", "thead", "tfoot", "table"]),
    (&["tbody", "thead", "tfoot"], &["table"]),
];

/// Elements that end a paragraph that is open.
const BLOCKS: [&str; 18] = [
    "p",
    "div",
    "ul",
    "ol",
    "dl",
    "table",
    "blockquote",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "center",
    "li",
    "address",
];

/// Elements in which a paragraph may be open that is not ended from within.
const CONTAINERS: [&str; 8] = [
    "td",
    "th",
    "table",
    "li",
    "div",
    "blockquote",
    "dd",
    "caption",
];

/// Writes the page again; `image` is told the content ids that it shows.
pub(super) fn reduce(page: &str, image: impl FnMut(&str)) -> String {
    let mut writer = Writer {
        out: String::with_capacity(page.len().min(LONGEST)),
        open: Vec::new(),
        references: 0,
        image,
    };
    for token in tokens(&page[..page.floor_char_boundary(LONGEST)]) {
        match token {
            Token::Text(text) => writer.text(&decode(text)),
            Token::Open(name, attributes) => writer.open(&name, attributes),
            Token::Close(name) => writer.close(&name),
        }
    }
    while let Some(name) = writer.open.pop() {
        writer.end(name);
    }
    writer.out
}

struct Writer<F> {
    out: String,
    open: Vec<&'static str>,
    /// How many references the text has that is being written.
    references: usize,
    image: F,
}

impl<F: FnMut(&str)> Writer<F> {
    /// Writes text; a place to break a line ends one that has too many references.
    fn text(&mut self, text: &str) {
        for piece in text.split_inclusive(is_reference) {
            self.out.push_str(&escape(piece));
            self.references += usize::from(piece.ends_with(is_reference));
            if self.references > REFERENCES {
                self.out.push_str("<wbr>");
                self.references = 0;
            }
        }
    }

    fn open(&mut self, name: &str, attributes: Attributes<'_>) {
        let Some((name, allowed)) = ELEMENTS.iter().find(|(known, _)| *known == name) else {
            return;
        };
        self.end_siblings(name);
        let is_void = VOID.contains(name);
        if !is_void && self.open.len() >= DEEPEST {
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        self.attributes(name, allowed, attributes);
        self.out.push('>');
        if !is_void {
            self.open.push(name);
        }
    }

    fn close(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| *open == name) {
            self.close_to(at);
        }
    }

    fn close_to(&mut self, at: usize) {
        while self.open.len() > at {
            let name = self.open.pop().expect("there are more than `at`");
            self.end(name);
        }
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Ends what the start of an element ends without saying so.
    fn end_siblings(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.end_one_of(&["p"], &CONTAINERS);
        }
        for (kind, within) in SIBLINGS {
            if kind.contains(&name) {
                self.end_one_of(kind, within);
            }
        }
    }

    fn end_one_of(&mut self, kind: &[&str], within: &[&str]) {
        for at in (0..self.open.len()).rev() {
            if kind.contains(&self.open[at]) {
                self.close_to(at);
                return;
            }
            if within.contains(&self.open[at]) {
                return;
            }
        }
    }

    fn attributes(&mut self, name: &str, allowed: &[&str], attributes: Attributes<'_>) {
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in attributes.iter().take(LONGEST_VALUE) {
            let known = allowed.iter().chain(&EVERYWHERE);
            let Some(key) = known.copied().find(|known| key.eq_ignore_ascii_case(known)) else {
                continue;
            };
            if seen.contains(&key) || key == REMOTE || key == "title" && name == "a" {
                continue;
            }
            seen.push(key);
            let value = attributes.get(key).unwrap_or_default();
            let cheap = value.matches(is_reference).count() <= REFERENCES;
            if cheap && value.len() <= LONGEST_VALUE {
                self.attribute(name, key, value.trim());
            }
        }
    }

    fn attribute(&mut self, element: &str, key: &str, value: &str) {
        match (element, key) {
            ("img", "src") => match content_id(value) {
                Some(id) => {
                    (self.image)(&id);
                    self.write("src", value);
                }
                None if is_web(value) => self.write(REMOTE, value),
                None => {}
            },
            ("a", "href") => {
                self.write("href", value);
                if let Some(host) = host(value) {
                    self.write("title", &host);
                }
            }
            (_, "style") if !is_plain_style(value) => {}
            _ => self.write(key, value),
        }
    }

    fn write(&mut self, key: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(key);
        self.out.push_str("=\"");
        self.out.push_str(&escape(value));
        self.out.push('"');
    }
}

/// Whether a character is written as a reference.
fn is_reference(character: char) -> bool {
    matches!(character, '&' | '<' | '>' | '"' | '\u{a0}')
}

/// Where a link truly leads: the host as browsers resolve it, or the mailbox.
fn host(link: &str) -> Option<String> {
    let url = url::Url::parse(link).ok()?;
    match url.scheme() {
        "http" | "https" => url.host_str().map(ToOwned::to_owned),
        "mailto" => Some(url.path().to_owned()),
        _ => None,
    }
}

/// Whether a style has nothing that could fetch, run or hide what it is.
fn is_plain_style(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    let strange = [
        "url",
        "\\",
        "/*",
        "@",
        "<",
        "expression",
        "behavior",
        "binding",
        "var(",
        "position",
    ];
    !strange.iter().any(|word| style.contains(word))
}
