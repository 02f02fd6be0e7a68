//! HTML cut into tags and texts, in one pass and without a tree.
//!
//! A tree is what makes hostile pages expensive: depth, attributes without end, formatting that is
//! repeated for every paragraph. Whoever needs one builds it from what comes out of here.

use std::borrow::Cow;

use mail_parser::decoders::html::add_html_token;

/// Elements whose content is no markup; up to their end tag, nothing in them is a tag.
const RAW_TEXT: [&str; 9] = [
    "script",
    "style",
    "title",
    "textarea",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "plaintext",
];

/// Elements that have no content and no end tag.
pub(super) const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// The longest character reference that is looked for.
const LONGEST_REFERENCE: usize = 34;

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text, its character references as they stand.
    Text(&'a str),
    /// A start tag: its name in lower case and what stands behind it.
    Open(String, Attributes<'a>),
    /// An end tag.
    Close(String),
}

/// The pieces of a page; comments, declarations and the content of scripts and styles are none.
pub(super) fn tokens(page: &str) -> Tokens<'_> {
    Tokens {
        rest: page,
        raw: None,
    }
}

/// See [`tokens`].
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// The element whose content is skipped.
    raw: Option<String>,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if let Some(name) = self.raw.take() {
                self.rest = skip_raw(self.rest, &name);
            }
            if self.rest.is_empty() {
                return None;
            }
            let end = text_end(self.rest);
            if end > 0 {
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Token::Text(text));
            }
            if let Some(token) = self.markup() {
                return Some(token);
            }
        }
    }
}

impl<'a> Tokens<'a> {
    /// The tag at the start of the rest; nothing when it is a comment or a declaration.
    fn markup(&mut self) -> Option<Token<'a>> {
        let inside = &self.rest[1..];
        if let Some(comment) = inside.strip_prefix("!--") {
            self.rest = after_comment(comment);
            return None;
        }
        let closing = inside.strip_prefix('/');
        let named = closing.unwrap_or(inside);
        if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.rest = inside.find('>').map_or("", |at| &inside[at + 1..]);
            return None;
        }
        let length = named.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
        let (name, behind) = named.split_at(length.unwrap_or(named.len()));
        let name = name.to_ascii_lowercase();
        let end = tag_end(behind);
        // A tag that never ends is none, and nothing is behind it.
        self.rest = end.map_or("", |at| &behind[at + 1..]);
        let attributes = Attributes(&behind[..end?]);
        if closing.is_some() {
            return Some(Token::Close(name));
        }
        if RAW_TEXT.contains(&name.as_str()) {
            self.raw = Some(name.clone());
        }
        Some(Token::Open(name, attributes))
    }
}

/// Where text ends: at the next `<` that starts something.
fn text_end(page: &str) -> usize {
    let mut from = 0;
    while let Some(at) = page[from..].find('<') {
        let starts = |byte: &u8| byte.is_ascii_alphabetic() || b"/!?".contains(byte);
        if page.as_bytes().get(from + at + 1).is_some_and(starts) {
            return from + at;
        }
        from += at + 1;
    }
    page.len()
}

/// What is behind a comment (HTML standard, 13.2.5.43 and following).
fn after_comment(comment: &str) -> &str {
    for short in [">", "->"] {
        if let Some(rest) = comment.strip_prefix(short) {
            return rest;
        }
    }
    let mut from = 0;
    while let Some(at) = comment[from..].find("--") {
        let rest = &comment[from + at + 2..];
        if let Some(rest) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("!>")) {
            return rest;
        }
        from += at + 1;
    }
    ""
}

/// Where the `>` of a tag is: not within a quoted value.
fn tag_end(behind: &str) -> Option<usize> {
    let mut quote = None;
    let mut after_equals = false;
    for (at, byte) in behind.bytes().enumerate() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None => match byte {
                b'>' => return Some(at),
                b'"' | b'\'' if after_equals => {
                    quote = Some(byte);
                    after_equals = false;
                }
                b'=' => after_equals = true,
                byte if byte.is_ascii_whitespace() => {}
                _ => after_equals = false,
            },
        }
    }
    None
}

/// What is behind the content of an element that has no markup in it.
fn skip_raw<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest[from..].find("</") {
        let named = &rest.as_bytes()[from + at + 2..];
        let same =
            (named.get(..name.len())).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()));
        let ends = named
            .get(name.len())
            .is_none_or(|b| !b.is_ascii_alphanumeric());
        if same && ends && name != "plaintext" {
            return &rest[from + at..];
        }
        from += at + 2;
    }
    ""
}

/// The attributes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attributes<'a>(&'a str);

impl<'a> Attributes<'a> {
    /// The first value of an attribute, its character references read.
    pub(super) fn get(self, name: &str) -> Option<Cow<'a, str>> {
        let mut all = self.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| decode(value))
    }

    /// Every name as written with its raw value.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            // An equals sign at the start is part of the name.
            let stops = |c: char| c.is_ascii_whitespace() || c == '/' || c == '=';
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let length = rest[first..]
                .find(stops)
                .map_or(rest.len(), |at| at + first);
            let (name, behind) = rest.split_at(length);
            let Some(value) = behind.trim_ascii_start().strip_prefix('=') else {
                rest = behind;
                return Some((name, ""));
            };
            let value = value.trim_ascii_start();
            let quoted = ['"', '\''].into_iter().find_map(|quote| {
                let inside = value.strip_prefix(quote)?;
                let end = inside.find(quote).unwrap_or(inside.len());
                Some((&inside[..end], inside.get(end + 1..).unwrap_or_default()))
            });
            let (value, behind) = quoted.unwrap_or_else(|| {
                let end = value.find(|c: char| c.is_ascii_whitespace());
                value.split_at(end.unwrap_or(value.len()))
            });
            rest = behind;
            Some((name, value))
        })
    }
}

/// A text with its character references read.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let inside = rest.as_bytes().iter().skip(1).take(LONGEST_REFERENCE);
        let length = inside
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'#')
            .count();
        if length > 0 && rest.as_bytes().get(length + 1) == Some(&b';') {
            add_html_token(&mut out, &rest.as_bytes()[..length + 2], false);
            rest = &rest[length + 2..];
        } else if let Some((name, text)) = unended(&rest[1..=length]) {
            out.push_str(text);
            rest = &rest[name.len() + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out.replace('\0', ""))
}

/// A reference that old programs write without its semicolon.
fn unended(name: &str) -> Option<(&'static str, &'static str)> {
    let known = [
        ("amp", "&"),
        ("lt", "<"),
        ("gt", ">"),
        ("quot", "\""),
        ("nbsp", "\u{a0}"),
    ];
    known.into_iter().find(|(known, _)| *known == name)
}

/// A text so that it is nothing but text in a page or in a quoted value.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Token, decode, tokens};

    fn shown(page: &str) -> String {
        let show = |token: Token<'_>| match token {
            Token::Text(text) => text.to_owned(),
            Token::Open(name, attributes) => {
                let list = attributes
                    .iter()
                    .map(|(name, value)| format!(" {name}={value}"));
                format!("[{name}{}]", list.collect::<String>())
            }
            Token::Close(name) => format!("[/{name}]"),
        };
        tokens(page).map(show).collect()
    }

    #[test]
    fn pages_are_cut_as_browsers_cut_them() {
        for (page, expected) in [
            ("a<B>c</b >d", "a[b]c[/b]d"),
            ("1 < 2 <3", "1 < 2 <3"),
            (
                "<a href='x>y' b c=\"d\" e=f/>g",
                "[a href=x>y b= c=d e=f/]g",
            ),
            ("<!-- <b> --><i>", "[i]"),
            ("<!-->a<!--->b<!--x--!>c", "abc"),
            ("<!doctype html><?xml?>a<![endif]>b", "ab"),
            (
                "<script>'<b>' </scripty> x</SCRIPT >y",
                "[script][/script]y",
            ),
            ("<style>a</style", "[style]"),
            ("<a b", ""),
            ("x<a title=\"</a>\">y", "x[a title=</a>]y"),
            ("<a =b>", "[a =b=]"),
            ("</>x", "x"),
        ] {
            assert_eq!(shown(page), expected, "{page}");
        }
    }

    #[test]
    fn references_are_read() {
        assert_eq!(decode("&lt;&eacute;&#65;&#x42;&nbsp;&"), "<éAB\u{a0}&");
        assert_eq!(decode("&amp &lt&ampx&nbsp"), "& <&ampx\u{a0}");
        assert_eq!(
            decode("&nothing; &#0;&#xffffffff; a&b"),
            "&nothing; \u{fffd} a&b"
        );
    }

    #[test]
    fn t11_unending_markup_is_read_in_linear_time() {
        for bomb in [
            "<",
            "<a",
            "<!--",
            "&",
            "<a b='",
            "</",
            "<a b=c ",
            "<script></",
            "--",
        ] {
            let page = bomb.repeat(1_000_000 / bomb.len());
            assert!(tokens(&page).count() <= page.len());
            assert!(decode(&page).len() <= page.len());
        }
    }
}
