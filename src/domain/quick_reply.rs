//! Quick replies: texts that are written once and said often, with blanks that are filled in for
//! whom they are said to.
//!
//! A blank is `{{contact.name}}`, or `{{contact.name | default("there")}}` where something else
//! will do. There are no conditions and no loops.

use std::collections::BTreeMap;

use super::clock::Timestamp;
use super::id::{AgentId, QuickReplyId};

/// What a blank may be filled with; fields of one's own are `contact.fields.` and their name.
pub const BLANKS: &[&str] = &[
    "contact.name",
    "contact.language",
    "agent.name",
    "conversation.id",
    "conversation.gateway",
    "issue.number",
    "issue.title",
];

const FIELDS: &str = "contact.fields.";

/// A text that is said often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickReply {
    /// Its id.
    pub id: QuickReplyId,
    /// What it is about.
    pub title: String,
    /// What is typed to get it; no two of an agent's, and no two of everybody's, share one.
    pub shortcut: Option<String>,
    /// The text, with its blanks.
    pub text: String,
    /// Whose it is; everybody's, where nobody's.
    pub owner: Option<AgentId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was changed, from one.
    pub version: i64,
}

impl QuickReply {
    /// Whether somebody may use it.
    pub fn is_for(&self, agent: AgentId) -> bool {
        self.owner.is_none_or(|owner| owner == agent)
    }
}

/// Why a text is no quick reply, or cannot be said now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlankFault {
    /// A blank is not closed.
    #[error("has a {{{{ without }}}}")]
    Open,
    /// It is written in no way that is known.
    #[error("has {{{{{0}}}}}, which is no name, nor a name with | default(\"…\")")]
    Unreadable(String),
    /// Nothing has that name.
    #[error("has {{{{{0}}}}}, which nothing is called; see the documentation for what there is")]
    Unknown(String),
    /// It cannot be filled.
    #[error(
        "has no {0}, which the text needs; write {{{{{0} | default(\"…\")}}}} for those without"
    )]
    Missing(String),
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Plain(&'t str),
    Blank {
        name: &'t str,
        default: Option<&'t str>,
    },
}

/// Whether every blank of a text can be filled for somebody.
pub fn check(text: &str) -> Result<(), BlankFault> {
    pieces(text).map(drop)
}

/// Fills the blanks of a text.
pub fn fill(text: &str, values: &BTreeMap<String, String>) -> Result<String, BlankFault> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text)? {
        match piece {
            Piece::Plain(plain) => filled.push_str(plain),
            Piece::Blank { name, default } => {
                let value = values.get(name).map(String::as_str).or(default);
                filled.push_str(value.ok_or_else(|| BlankFault::Missing(name.to_owned()))?);
            }
        }
    }
    Ok(filled)
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, BlankFault> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((plain, after)) = rest.split_once("{{") {
        let (inner, after) = after.split_once("}}").ok_or(BlankFault::Open)?;
        pieces.push(Piece::Plain(plain));
        pieces.push(blank(inner)?);
        rest = after;
    }
    pieces.push(Piece::Plain(rest));
    Ok(pieces)
}

fn blank(inner: &str) -> Result<Piece<'_>, BlankFault> {
    let unreadable = || BlankFault::Unreadable(inner.to_owned());
    let (name, default) = match inner.split_once('|') {
        None => (inner.trim(), None),
        Some((name, filter)) => {
            let quoted = filter
                .trim()
                .strip_prefix("default(")
                .and_then(|rest| rest.strip_suffix(')'))
                .map(str::trim)
                .ok_or_else(unreadable)?;
            let default = ['"', '\''].iter().find_map(|quote| {
                let inside = quoted.strip_prefix(*quote)?.strip_suffix(*quote)?;
                (!inside.contains(*quote)).then_some(inside)
            });
            (name.trim(), Some(default.ok_or_else(unreadable)?))
        }
    };
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !is_name {
        return Err(unreadable());
    }
    let own = name.strip_prefix(FIELDS).is_some_and(|own| !own.is_empty());
    if !own && !BLANKS.contains(&name) {
        return Err(BlankFault::Unknown(name.to_owned()));
    }
    Ok(Piece::Blank { name, default })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        let known = [
            ("contact.name", "Ann {{agent.name}}"),
            ("issue.number", "7"),
        ];
        known
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn blanks_are_filled_once() {
        let text = "Hi {{contact.name}}, no {{ issue.number }}{{agent.name|default('')}}{{contact.fields.plan | default(\"basic\")}}! }}";
        assert_eq!(
            fill(text, &values()).unwrap(),
            "Hi Ann {{agent.name}}, no 7basic! }}"
        );
        assert_eq!(fill("", &values()).unwrap(), "");
    }

    #[test]
    fn what_cannot_be_filled_is_named() {
        let missing = fill("{{agent.name}}", &values());
        assert_eq!(missing, Err(BlankFault::Missing("agent.name".to_owned())));
        let why = missing.unwrap_err().to_string();
        assert_eq!(
            why,
            "has no agent.name, which the text needs; write {{agent.name | default(\"…\")}} for those without"
        );
        assert_eq!(check("Hi {{contact.name"), Err(BlankFault::Open));
        for unknown in ["{{name}}", "{{contact.password}}", "{{contact.fields.}}"] {
            let fault = check(unknown);
            assert!(matches!(fault, Err(BlankFault::Unknown(_))), "{fault:?}");
        }
        for unreadable in [
            "{{}}",
            "{{ 1+1 }}",
            "{{contact.name | upper}}",
            "{{contact.name | default(x)}}",
            "{{contact.name | default(\"a\"b\")}}",
            "{{contact.name() }}",
        ] {
            let fault = check(unreadable);
            assert!(matches!(fault, Err(BlankFault::Unreadable(_))), "{fault:?}");
        }
    }
}
