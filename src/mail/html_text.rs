//! HTML as plain text: what a reader would see, quotes marked as mail marks them.

mod aside;

use std::ops::Range;

use super::html::{Attributes, Token, VOID, decode, tokens};
use aside::Aside;

/// Elements that start on a line of their own.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
];

/// Elements with an empty line around them.
const SPACED: [&str; 9] = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"];

/// Elements that nobody sees.
const UNSEEN: [&str; 5] = ["head", "template", "noscript", "object", "select"];

/// How deep quotes are marked; deeper ones are marked like that.
const QUOTES: usize = 10;

/// The longest link that is written behind its text.
const LINK: usize = 300;

/// The text of a page.
pub(super) fn text(page: &str) -> String {
    read(page).text
}

/// A page as plain text.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
    /// What of the text its mail program marks as quoted or as a signature, in bytes, in order.
    pub(super) aside: Vec<Range<usize>>,
}

/// The text of a page, and what of it is set aside.
pub(super) fn read(page: &str) -> Page {
    let mut writer = Writer::default();
    for token in tokens(page) {
        match token {
            Token::Text(text) => writer.text(&decode(text)),
            Token::Open(name, attributes) => writer.open(&name, attributes),
            Token::Close(name) => writer.close(&name),
        }
    }
    writer.out.truncate(writer.out.trim_end().len());
    let aside = writer.aside.finish(writer.out.len());
    Page {
        text: writer.out,
        aside,
    }
}

/// How much white space stands before the next word.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Gap {
    #[default]
    None,
    Blank,
    Line,
    EmptyLine,
}

#[derive(Default)]
struct Writer {
    out: String,
    gap: Gap,
    quotes: usize,
    /// How the current line is marked.
    marks: usize,
    preformatted: usize,
    /// The unseen element that we are in, and how many of its name.
    unseen: Option<(String, usize)>,
    link: Option<(String, usize)>,
    aside: Aside,
}

impl Writer {
    fn open(&mut self, name: &str, attributes: Attributes<'_>) {
        if let Some((unseen, depth)) = &mut self.unseen {
            *depth += usize::from(unseen == name);
            return;
        }
        let hidden = UNSEEN.contains(&name) || is_hidden(attributes);
        if hidden && !VOID.contains(&name) {
            self.unseen = Some((name.to_owned(), 1));
            return;
        }
        self.aside.open(name, attributes, self.out.len());
        self.around(name);
        match name {
            "br" => self.line_break(),
            "li" => self.word("* "),
            "hr" => {
                self.word("--------");
                self.widen(Gap::Line);
            }
            "td" | "th" => self.widen(Gap::Blank),
            "pre" => self.preformatted += 1,
            "blockquote" => self.quotes += 1,
            "img" => self.image(attributes),
            "a" => {
                self.link = attributes
                    .get("href")
                    .map(|to| (to.into_owned(), self.out.len()));
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if let Some((unseen, depth)) = &mut self.unseen {
            *depth -= usize::from(unseen == name);
            if *depth == 0 {
                self.unseen = None;
            }
            return;
        }
        match name {
            "pre" => self.preformatted = self.preformatted.saturating_sub(1),
            "blockquote" => self.quotes = self.quotes.saturating_sub(1),
            "a" => self.end_link(),
            _ => {}
        }
        self.aside.close(name, self.out.len());
        self.around(name);
    }

    fn around(&mut self, name: &str) {
        if SPACED.contains(&name) {
            self.widen(Gap::EmptyLine);
        } else if BLOCKS.contains(&name) {
            self.widen(Gap::Line);
        }
    }

    fn text(&mut self, text: &str) {
        if self.unseen.is_some() {
            return;
        }
        if self.preformatted > 0 {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.line_break();
                }
                self.word(line.trim_end_matches('\r'));
            }
            return;
        }
        let blank = |c: char| c.is_ascii_whitespace();
        if text.starts_with(blank) {
            self.widen(Gap::Blank);
        }
        for (at, word) in text
            .split(blank)
            .filter(|word| !word.is_empty())
            .enumerate()
        {
            if at > 0 {
                self.widen(Gap::Blank);
            }
            self.word(word);
        }
        if text.ends_with(blank) {
            self.widen(Gap::Blank);
        }
    }

    fn widen(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    /// A line break of the author: several in a row are kept.
    fn line_break(&mut self) {
        if self.gap >= Gap::Line {
            self.start_line();
        }
        self.gap = Gap::Line;
    }

    fn start_line(&mut self) {
        self.start_line_with(self.quotes.min(QUOTES));
    }

    fn start_line_with(&mut self, marks: usize) {
        if !self.out.is_empty() {
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n("> ", marks));
        self.marks = marks;
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        match std::mem::take(&mut self.gap) {
            Gap::None | Gap::Blank if self.out.is_empty() => self.start_line(),
            Gap::None => {}
            Gap::Blank => {
                if !self.out.ends_with([' ', '\n']) {
                    self.out.push(' ');
                }
            }
            Gap::Line => self.start_line(),
            Gap::EmptyLine => {
                if !self.out.is_empty() {
                    // Between a quote and the text around it nothing is quoted.
                    self.start_line_with(self.marks.min(self.quotes));
                }
                self.start_line();
            }
        }
        self.out
            .extend(word.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
    }

    /// Pictures that stand for a character, as mail programs send smileys.
    fn image(&mut self, attributes: Attributes<'_>) {
        let text = attributes.get("alt").unwrap_or_default();
        if !text.is_ascii() && text.chars().count() <= 8 {
            self.word(&text);
        }
    }

    /// Where a link leads, unless its text says so.
    fn end_link(&mut self) {
        let Some((to, from)) = self.link.take() else {
            return;
        };
        let text = self.out.get(from..).unwrap_or_default().trim();
        let bare = to.trim().trim_end_matches('/');
        let is_web = to.starts_with("http://") || to.starts_with("https://");
        let said = text.is_empty() || text.contains(bare) || {
            let (_, rest) = bare.split_once("//").unwrap_or(("", bare));
            rest.starts_with(text.trim_end_matches('/'))
        };
        if is_web && !said && to.len() <= LINK {
            self.widen(Gap::Blank);
            self.word(&format!("<{}>", to.trim()));
        }
    }
}

/// What the style of an element hides, as newsletters do with their first words.
fn is_hidden(attributes: Attributes<'_>) -> bool {
    let style = attributes
        .get("style")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let style: String = style.split_ascii_whitespace().collect();
    style.contains("display:none") || style.contains("mso-hide:all")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn pages_read_as_they_look() {
        for (page, expected) in [
            ("<p>Hello,</p><p>you &amp; me</p>", "Hello,\n\nyou & me"),
            (
                "<div>a</div><div>b<br>c</div><div><br></div><div>d</div>",
                "a\nb\nc\n\nd",
            ),
            ("a <b>b</b>c\n  d", "a bc d"),
            ("<ul><li>one</li><li>two</li></ul>x", "* one\n* two\nx"),
            (
                "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
                "a b\nc",
            ),
            (
                "hi<blockquote>old<br>older</blockquote>bye",
                "hi\n\n> old\n> older\n\nbye",
            ),
            ("<pre>a\n  b</pre>", "a\n  b"),
            ("<a href=\"https://x.org/\">x.org</a>", "x.org"),
            (
                "<a href=\"https://x.org/a\">here</a>!",
                "here <https://x.org/a>!",
            ),
            ("<a href=\"mailto:a@x.org\">Ann</a>", "Ann"),
            (
                "<head><title>t</title><style>p{}</style></head><body>x",
                "x",
            ),
            (
                "<div style='display: none'>pre<div>x</div></div>seen",
                "seen",
            ),
            ("a&nbsp;&nbsp;b<script>c</script>", "a  b"),
            ("well <img alt=\"😀\" src=x>", "well 😀"),
            ("", ""),
        ] {
            assert_eq!(text(page), expected, "{page}");
        }
    }

    #[test]
    fn t11_deep_and_endless_pages_are_read_in_linear_time() {
        for bomb in [
            "<div>",
            "<blockquote>x<br>",
            "<b><p>",
            "<table><tr><td>",
            "<a href=x>",
        ] {
            let page = bomb.repeat(1_000_000 / bomb.len());
            assert!(text(&page).len() < 8_000_000);
        }
    }
}
