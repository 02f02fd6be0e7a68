//! What the index is asked so that nothing that a query means is missed; what it gives too much
//! is sorted out by `check`.

use super::doc::{DocKind, Fact, fact, is_trouble};
use super::{Ending, Flag, Owner, Party, Phrase, Query, Term, Thing};
use crate::domain::address::Address;
use crate::domain::id::{AgentId, ConversationId};

/// A question to the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Whatever there is.
    Everything,
    /// Nothing at all.
    Nothing,
    /// Documents with a fact.
    Fact(String),
    /// Documents with these words side by side.
    Phrase(Phrase),
    /// Documents that all of these find.
    All(Vec<Self>),
    /// Documents that one of these finds.
    Any(Vec<Self>),
    /// Documents that this does not find.
    Not(Box<Self>),
}

/// A question to the index: what is asked for documents of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks(Vec<(DocKind, Look)>);

impl Looks {
    /// What is asked for each of these kinds; where it is nothing, the kind is left out.
    pub fn new(looks: impl IntoIterator<Item = (DocKind, Look)>) -> Self {
        let asked = looks.into_iter().filter(|(_, look)| *look != Look::Nothing);
        Self(asked.collect())
    }

    /// The kinds of which anything can be found.
    pub fn kinds(&self) -> impl Iterator<Item = DocKind> {
        self.0.iter().map(|(kind, _)| *kind)
    }

    /// Only the kinds that are wanted.
    #[must_use]
    pub fn of(&self, wanted: impl Fn(DocKind) -> bool) -> Self {
        Self::new(self.0.iter().filter(|(kind, _)| wanted(*kind)).cloned())
    }

    /// The question for a few conversations.
    #[must_use]
    pub fn within(&self, conversations: impl Iterator<Item = ConversationId>) -> Self {
        let these = any(conversations.map(in_conversation).collect());
        let narrowed =
            |(kind, look): &(DocKind, Look)| (*kind, all(vec![these.clone(), look.clone()]));
        Self::new(self.0.iter().map(narrowed))
    }

    /// The question as one, kinds and all.
    pub fn exact(&self) -> Look {
        let of_kind = |(kind, look): &(DocKind, Look)| {
            let kind = Look::Fact(fact(Fact::Kind, kind.as_str()));
            all(vec![kind, look.clone()])
        };
        any(self.0.iter().map(of_kind).collect())
    }

    /// The question as one that may find documents of other kinds, too.
    pub fn broad(&self) -> Look {
        let mut looks: Vec<Look> = Vec::new();
        for (_, look) in &self.0 {
            if !looks.contains(look) {
                looks.push(look.clone());
            }
        }
        any(looks)
    }
}

fn in_conversation(id: ConversationId) -> Look {
    Look::Fact(fact(Fact::Conversation, &id.0.simple().to_string()))
}

/// Who asks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// Who `me` is.
    pub me: AgentId,
    /// The country (ISO 3166-1 alpha-2) of numbers written without one.
    pub country: String,
}

impl Query {
    /// The question for documents of a kind, of one conversation or of all.
    pub fn look(&self, kind: DocKind, within: Option<ConversationId>, asker: &Asker) -> Look {
        let within = within.map(in_conversation).into_iter();
        all(within.chain([look(self, kind, asker)]).collect())
    }

    /// Whether only conversations can be meant: no condition is about words or messages.
    pub fn is_about_conversations(&self) -> bool {
        self.terms().into_iter().all(|term| match term {
            Term::Tag(_) | Term::Assignee(_) | Term::Is(_) => true,
            Term::Words(_)
            | Term::From(_)
            | Term::To(_)
            | Term::Channel(_)
            | Term::Gateway(_)
            | Term::Has(_)
            | Term::Before(_)
            | Term::After(_)
            | Term::Status(_) => false,
        })
    }
}

fn look(query: &Query, kind: DocKind, asker: &Asker) -> Look {
    match query {
        Query::All(parts) => all(parts.iter().map(|part| look(part, kind, asker)).collect()),
        Query::Any(parts) => any(parts.iter().map(|part| look(part, kind, asker)).collect()),
        Query::Not(inner) if is_exact(inner, kind) => not(look(inner, kind, asker)),
        Query::Not(_) => Look::Everything,
        Query::Term(term) => ask(term, kind, asker),
    }
}

fn all(parts: Vec<Look>) -> Look {
    let flat = parts.into_iter().flat_map(|part| match part {
        Look::Everything => Vec::new(),
        Look::All(inner) => inner,
        other => vec![other],
    });
    let mut parts: Vec<Look> = flat.collect();
    if parts.contains(&Look::Nothing) {
        return Look::Nothing;
    }
    match parts.len() {
        0 => Look::Everything,
        1 => parts.remove(0),
        _ => Look::All(parts),
    }
}

fn any(parts: Vec<Look>) -> Look {
    let mut parts: Vec<Look> = parts
        .into_iter()
        .filter(|part| *part != Look::Nothing)
        .collect();
    if parts.contains(&Look::Everything) {
        return Look::Everything;
    }
    match parts.len() {
        0 => Look::Nothing,
        1 => parts.remove(0),
        _ => Look::Any(parts),
    }
}

fn not(inner: Look) -> Look {
    match inner {
        Look::Everything => Look::Nothing,
        Look::Nothing => Look::Everything,
        Look::Not(inner) => *inner,
        other @ (Look::Fact(_) | Look::Phrase(_) | Look::All(_) | Look::Any(_)) => {
            Look::Not(Box::new(other))
        }
    }
}

/// Whether the index knows for certain where this holds.
fn is_exact(query: &Query, kind: DocKind) -> bool {
    query.terms().into_iter().all(|term| match term {
        Term::Status(status) => kind != DocKind::Message || is_trouble(*status),
        Term::Tag(_) | Term::Assignee(_) | Term::Is(_) | Term::Before(_) | Term::After(_) => false,
        Term::Words(_)
        | Term::From(_)
        | Term::To(_)
        | Term::Channel(_)
        | Term::Gateway(_)
        | Term::Has(_) => true,
    })
}

/// What is looked up for a condition.
fn ask(term: &Term, kind: DocKind, asker: &Asker) -> Look {
    let of_message = |look: Look| match kind {
        DocKind::Message => look,
        DocKind::Note | DocKind::Conversation => Look::Nothing,
    };
    let of_conversation = |look: Look| match kind {
        DocKind::Conversation => look,
        DocKind::Message | DocKind::Note => Look::Everything,
    };
    match term {
        Term::Words(phrase) => any(ways(phrase, &asker.country)
            .into_iter()
            .map(Look::Phrase)
            .collect()),
        Term::From(party) => of_message(ask_party(Fact::From, party)),
        Term::To(party) => of_message(ask_party(Fact::To, party)),
        Term::Channel(channel) => of_message(Look::Fact(fact(Fact::Channel, channel.as_str()))),
        Term::Gateway(name) => of_message(Look::Fact(fact(Fact::Gateway, name))),
        Term::Has(Thing::Attachment) => of_message(Look::Fact(fact(Fact::Attachment, ""))),
        Term::Has(Thing::Note) => match kind {
            DocKind::Note => Look::Everything,
            DocKind::Message | DocKind::Conversation => Look::Nothing,
        },
        Term::Status(status) if is_trouble(*status) => {
            of_message(Look::Fact(fact(Fact::Status, status.as_str())))
        }
        Term::Status(_) => of_message(Look::Everything),
        Term::Before(_) | Term::After(_) => Look::Everything,
        Term::Tag(name) => of_conversation(Look::Fact(fact(Fact::Tag, &name.to_lowercase()))),
        Term::Assignee(Owner::Me) | Term::Is(Flag::Mine) => of_conversation(Look::Fact(fact(
            Fact::Assignee,
            &asker.me.0.simple().to_string(),
        ))),
        Term::Assignee(Owner::Nobody) => {
            of_conversation(Look::Fact(fact(Fact::Flag, Flag::Unassigned.as_str())))
        }
        Term::Assignee(Owner::Named(words)) => of_conversation(named(Fact::Assignee, words)),
        Term::Is(flag) => of_conversation(Look::Fact(fact(Fact::Flag, flag.as_str()))),
    }
}

fn ask_party(about: Fact, party: &Party) -> Look {
    match party {
        Party::Address(address) => Look::Fact(fact(about, address.value())),
        Party::Named(words) => named(about, words),
    }
}

fn named(about: Fact, words: &[String]) -> Look {
    all(words
        .iter()
        .map(|word| Look::Fact(fact(about, word)))
        .collect())
}

/// The fewest digits that are tried as a number.
const NUMBER: usize = 7;

/// The ways to write what a phrase says: a number has several.
pub fn ways(phrase: &Phrase, country: &str) -> Vec<Phrase> {
    let mut ways = vec![phrase.clone()];
    let digits = phrase.words.concat();
    let is_number = digits.len() >= NUMBER && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number || phrase.ending == Ending::Open {
        return ways;
    }
    let mut add = |digits: &str| {
        let way = Phrase {
            words: vec![digits.to_owned()],
            ending: Ending::Exact,
        };
        if !ways.contains(&way) {
            ways.push(way);
        }
    };
    add(&digits);
    let international = Address::parse_sms_international(&digits);
    for read in [Address::parse_sms(&digits, country), international] {
        let Ok(number) = read else { continue };
        let Some(full) = number.value().strip_prefix('+') else {
            continue;
        };
        add(full);
        // A country code has at most three digits; what follows is how the country writes it.
        for cut in 1..=3.min(full.len() - 1) {
            if Address::parse_sms(&full[cut..], country).as_ref() == Ok(&number) {
                add(&full[cut..]);
            }
        }
    }
    ways
}
