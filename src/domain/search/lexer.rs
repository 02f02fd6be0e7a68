//! Cuts a query into its signs: words, quoted phrases, fields with their values, parentheses.

use std::ops::Range;

use super::QueryFault;

/// A sign and where it stands, in bytes.
pub(super) type Placed = (Sign, Range<usize>);

/// A sign of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sign {
    Open,
    Close,
    Not,
    Or,
    And,
    Word(String),
    Phrase(String),
    /// A name with `:` behind it, and the value that follows.
    Field {
        name: String,
        named: Range<usize>,
        value: String,
        /// Whether the value stood in quotes.
        quoted: Quoted,
        valued: Range<usize>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoted {
    Yes,
    No,
}

/// The signs of a query.
pub(super) fn signs(query: &str) -> Result<Vec<Placed>, QueryFault> {
    let mut lexer = Lexer { query, at: 0 };
    let mut signs = Vec::new();
    while let Some(sign) = lexer.next()? {
        signs.push(sign);
    }
    Ok(signs)
}

struct Lexer<'q> {
    query: &'q str,
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.query[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(&belongs) {
            self.take();
        }
        self.query[start..self.at].to_owned()
    }

    fn next(&mut self) -> Result<Option<Placed>, QueryFault> {
        self.take_while(is_space);
        let start = self.at;
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        let sign = match first {
            '(' => self.alone(Sign::Open),
            ')' => self.alone(Sign::Close),
            '-' if self.is_before_term() => self.alone(Sign::Not),
            quote if is_quote(quote) => Sign::Phrase(self.quoted()?),
            _ => self.word()?,
        };
        Ok(Some((sign, start..self.at)))
    }

    fn alone(&mut self, sign: Sign) -> Sign {
        self.take();
        sign
    }

    /// Whether the minus here stands right before what it takes back.
    fn is_before_term(&self) -> bool {
        let next = self.query[self.at + 1..].chars().next();
        next.is_some_and(|next| !is_space(next) && next != ')')
    }

    fn word(&mut self) -> Result<Sign, QueryFault> {
        let start = self.at;
        let name = self.take_while(|c| c.is_ascii_alphabetic());
        let named = start..self.at;
        let is_field = !name.is_empty()
            && self.peek() == Some(':')
            && !self.query[self.at..].starts_with("://");
        if is_field {
            self.take();
            let valued_from = self.at;
            let (value, quoted) = match self.peek() {
                Some(quote) if is_quote(quote) => (self.quoted()?, Quoted::Yes),
                _ => (self.take_while(is_bare), Quoted::No),
            };
            let valued = valued_from..self.at;
            return Ok(Sign::Field {
                name: name.to_lowercase(),
                named,
                value,
                quoted,
                valued,
            });
        }
        self.take_while(is_bare);
        Ok(match &self.query[start..self.at] {
            "OR" => Sign::Or,
            "AND" => Sign::And,
            word => Sign::Word(word.to_owned()),
        })
    }

    /// What stands in quotes; a backslash keeps a quote or a backslash from its meaning.
    fn quoted(&mut self) -> Result<String, QueryFault> {
        let start = self.at;
        self.take();
        let mut text = String::new();
        while let Some(next) = self.take() {
            match next {
                '\\' if self.peek().is_some_and(|c| c == '\\' || is_quote(c)) => {
                    text.extend(self.take());
                }
                quote if is_quote(quote) => return Ok(text),
                other => text.push(other),
            }
        }
        let reason = "the quote is not closed";
        let place = start..self.query.len();
        Err(QueryFault::new(
            self.query,
            &place,
            reason,
            "a \" at its end",
        ))
    }
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// The straight quote, and those that telephones put in its place.
fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

fn is_bare(character: char) -> bool {
    !is_space(character) && !is_quote(character) && !matches!(character, '(' | ')')
}
