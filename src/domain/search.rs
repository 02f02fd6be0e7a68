//! What somebody looks for: a small language, read into a tree.
//!
//! `refund from:ann is:open -"gift card" (gateway:support-mail OR has:attachment)`. Terms side by
//! side must all hold, `OR` joins alternatives, `-` in front means not.

mod check;
pub mod doc;
mod fault;
mod lexer;
mod number;
mod parser;
pub mod plan;
mod print;
pub mod show;
pub mod words;

use super::address::Address;
use super::clock::Timestamp;
use super::gateway::ChannelKind;
use super::status::Status;

pub use fault::QueryFault;
pub use parser::parse;

/// The longest query, in characters.
pub const LONGEST: usize = 1_000;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// All of these hold.
    All(Vec<Self>),
    /// One of these holds.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
    /// One condition.
    Term(Term),
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// These words, side by side.
    Words(Phrase),
    /// A message that this person or address wrote.
    From(Party),
    /// A message to this person or address.
    To(Party),
    /// A message that came or went this way.
    Channel(ChannelKind),
    /// A message of a gateway, by its name in lower case.
    Gateway(String),
    /// In a conversation with a tag, by its name.
    Tag(String),
    /// In a conversation whose open issue somebody has.
    Assignee(Owner),
    /// In a conversation of a state.
    Is(Flag),
    /// With something beside the text.
    Has(Thing),
    /// Earlier than this.
    Before(Timestamp),
    /// At this time or later.
    After(Timestamp),
    /// A message of a status.
    Status(Status),
}

/// Words that stand side by side, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// As they are compared; see [`words`].
    pub words: Vec<String>,
    /// Whether the last word may go on.
    pub ending: Ending,
}

/// How the last word of a phrase is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As it stands.
    Exact,
    /// As a beginning: `refun*`.
    Open,
}

/// Somebody who wrote or was written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A number or mailbox.
    Address(Address),
    /// All of these words are in the name or the address.
    Named(Vec<String>),
}

/// Who has an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The one who asks.
    Me,
    /// Nobody.
    Nobody,
    /// An agent whose name has all of these words.
    Named(Vec<String>),
}

macro_rules! names {
    ($(#[$of:meta])* $name:ident: $($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in a query.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }
    };
}

names! {
    /// A state of a conversation.
    Flag:
    /// It has an open issue.
    Open = "open",
    /// It has none.
    Closed = "closed",
    /// It has an open issue that nobody has.
    Unassigned = "unassigned",
    /// It has messages that nobody has read.
    Unread = "unread",
    /// The message failed, or one of the conversation did.
    Failed = "failed",
    /// It sleeps.
    Snoozed = "snoozed",
    /// It was taken out of the inbox.
    Archived = "archived",
    /// It is marked as complete.
    Done = "done",
    /// The one who asks has its open issue.
    Mine = "mine",
}

names! {
    /// What may be beside the text.
    Thing:
    /// A file.
    Attachment = "attachment",
    /// A note of the team's, in the conversation.
    Note = "note",
}

impl Query {
    /// All of these; nothing when there are none.
    pub(crate) fn all(parts: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other @ (Self::Any(_) | Self::Not(_) | Self::Term(_)) => flat.push(other),
            }
        }
        match flat.len() {
            0 | 1 => flat.pop(),
            _ => Some(Self::All(flat)),
        }
    }

    /// One of these; nothing when there are none.
    pub(crate) fn any(parts: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other @ (Self::All(_) | Self::Not(_) | Self::Term(_)) => flat.push(other),
            }
        }
        match flat.len() {
            0 | 1 => flat.pop(),
            _ => Some(Self::Any(flat)),
        }
    }

    /// The opposite.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other @ (Self::All(_) | Self::Any(_) | Self::Term(_)) => Self::Not(Box::new(other)),
        }
    }

    /// Every condition of it, from left to right.
    pub fn terms(&self) -> Vec<&Term> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::terms).collect(),
            Self::Not(inner) => inner.terms(),
            Self::Term(term) => vec![term],
        }
    }

    /// Between which times all of it lies, as far as its outermost conditions say: from the first,
    /// before the second.
    pub fn times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let parts = match self {
            Self::All(parts) => parts.as_slice(),
            Self::Any(_) | Self::Not(_) | Self::Term(_) => std::slice::from_ref(self),
        };
        let (mut after, mut before) = (None, None);
        for part in parts {
            match part {
                Self::Term(Term::After(at)) => after = after.max(Some(*at)),
                Self::Term(Term::Before(at)) => {
                    before = Some(before.map_or(*at, |known: Timestamp| known.min(*at)));
                }
                Self::Term(_) | Self::All(_) | Self::Any(_) | Self::Not(_) => {}
            }
        }
        (after, before)
    }
}
