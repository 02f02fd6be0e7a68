//! The lines of a mail's text and what can be told from a line alone.

/// Longer lines are paragraphs: no mail program writes them above a quote.
pub(super) const LONGEST: usize = 400;

/// What a line is by its first characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    /// It begins with a quote mark.
    Marked,
    Text,
}

/// A line of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// As it came, without the line end.
    pub(super) whole: &'a str,
    /// Without white space, invisible characters and direction marks around it.
    pub(super) bare: &'a str,
    pub(super) kind: Kind,
}

impl<'a> Line<'a> {
    fn new(whole: &'a str) -> Self {
        let bare = whole.trim_matches(is_space);
        let kind = if bare.is_empty() {
            Kind::Blank
        } else if is_marked(whole) {
            Kind::Marked
        } else {
            Kind::Text
        };
        Self { whole, bare, kind }
    }

    /// The line in lower case, when it is short enough to be one of a mail program.
    pub(super) fn lower(&self) -> Option<String> {
        (self.bare.len() <= LONGEST).then(|| lower(self.bare))
    }
}

/// All lines of a text.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    text.split('\n')
        .map(|line| Line::new(line.strip_suffix('\r').unwrap_or(line)))
        .collect()
}

/// A text in lower case, with every kind of space as a space and without direction marks.
pub(super) fn lower(text: &str) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Spaces and what shows nothing.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || is_invisible(character)
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}'
    )
}

/// Whether a line begins with `>`. Four spaces before it are the indent of code.
fn is_marked(line: &str) -> bool {
    let mark = line.trim_start_matches(is_space);
    let indent = line.len() - mark.len();
    indent <= 3 && (mark.starts_with('>') || mark.starts_with('＞'))
}

/// Whether a line is nothing but a rule of dashes, underscores or the like.
pub(super) fn is_rule(line: &Line<'_>, least: usize) -> bool {
    let mut count = 0;
    let all = line.bare.chars().all(|c| {
        count += 1;
        is_dash(c)
    });
    all && count >= least
}

/// What rules are drawn with.
pub(super) fn is_dash(character: char) -> bool {
    matches!(
        character,
        '-' | '_' | '=' | '*' | '~' | '#' | '\u{2010}'
            ..='\u{2015}' | '\u{2500}' | '\u{2501}' | '•' | '·'
    )
}
