//! Writes a query down so that it reads back as the same tree.

use std::fmt::{self, Display as _};

use super::{Ending, Owner, Party, Phrase, Query, Term};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => join(f, parts, " "),
            Self::Any(parts) => join(f, parts, " OR "),
            Self::Not(inner) => {
                f.write_str("-")?;
                inside(f, inner)
            }
            Self::Term(term) => term.fmt(f),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Query], between: &str) -> fmt::Result {
    for (nth, part) in parts.iter().enumerate() {
        if nth > 0 {
            f.write_str(between)?;
        }
        inside(f, part)?;
    }
    Ok(())
}

/// A part of something larger, in parentheses where it would fall apart.
fn inside(f: &mut fmt::Formatter<'_>, part: &Query) -> fmt::Result {
    match part {
        Query::All(_) | Query::Any(_) => write!(f, "({part})"),
        Query::Not(_) | Query::Term(_) => part.fmt(f),
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(phrase) => phrase.fmt(f),
            Self::From(party) => write!(f, "from:{party}"),
            Self::To(party) => write!(f, "to:{party}"),
            Self::Channel(channel) => write!(f, "channel:{}", channel.as_str()),
            Self::Gateway(name) => value(f, "gateway", name),
            Self::Tag(name) => value(f, "tag", name),
            Self::Assignee(Owner::Me) => f.write_str("assignee:me"),
            Self::Assignee(Owner::Nobody) => f.write_str("assignee:none"),
            Self::Assignee(Owner::Named(words)) => value(f, "assignee", &words.join(" ")),
            Self::Is(flag) => write!(f, "is:{}", flag.as_str()),
            Self::Has(thing) => write!(f, "has:{}", thing.as_str()),
            Self::Before(at) => write!(f, "before:{at}"),
            Self::After(at) => write!(f, "after:{at}"),
            Self::Status(status) => write!(f, "status:{}", status.as_str()),
        }
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ending, self.words.as_slice()) {
            (Ending::Open, words) => write!(f, "{}*", words.join("-")),
            (Ending::Exact, [word]) => f.write_str(word),
            (Ending::Exact, words) => write!(f, "\"{}\"", words.join(" ")),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "\"{}\"", quoted(address.value())),
            Self::Named(words) => write!(f, "\"{}\"", words.join(" ")),
        }
    }
}

fn value(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    write!(f, "{name}:\"{}\"", quoted(value))
}

/// A text as it stands in quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '\u{201c}' | '\u{201d}' | '\u{201e}') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}
