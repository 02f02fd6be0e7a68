//! Whether a query holds for a document, for certain or as far as is known.

use super::doc::{Doc, DocKind, Marks};
use super::plan::{Asker, ways};
use super::{Ending, Flag, Owner, Party, Phrase, Query, Term, Thing, words};

impl Query {
    /// Whether it holds for a document in a conversation.
    pub fn holds(&self, doc: &Doc, marks: &Marks, asker: &Asker) -> bool {
        let words = doc.words();
        self.truth(&|term| Some(is_so(term, doc, &words, marks, asker))) == Some(true)
    }

    /// Whether it may hold for something in a conversation, given what that is marked with.
    pub fn may_hold(&self, marks: &Marks, asker: &Asker) -> bool {
        let known = |term: &Term| match term {
            Term::Tag(_) | Term::Assignee(_) => Some(is_marked(term, marks, asker)),
            // A message may have failed by itself.
            Term::Is(flag) if *flag != Flag::Failed => Some(is_marked(term, marks, asker)),
            Term::Is(_)
            | Term::Words(_)
            | Term::From(_)
            | Term::To(_)
            | Term::Channel(_)
            | Term::Gateway(_)
            | Term::Has(_)
            | Term::Before(_)
            | Term::After(_)
            | Term::Status(_) => None,
        };
        self.truth(&known) != Some(false)
    }

    /// Whether it holds for a conversation as it is marked; for what is only about conversations.
    pub fn is_marked(&self, marks: &Marks, asker: &Asker) -> bool {
        self.truth(&|term| Some(is_marked(term, marks, asker))) == Some(true)
    }

    /// Whether it holds, where that can be told from the conditions that are known.
    fn truth(&self, known: &impl Fn(&Term) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Term(term) => known(term),
            Self::Not(inner) => inner.truth(known).map(|holds| !holds),
            Self::All(parts) => together(parts.iter().map(|part| part.truth(known)), false),
            Self::Any(parts) => together(parts.iter().map(|part| part.truth(known)), true),
        }
    }
}

/// One part that is `decisive` decides; else all have to be known.
fn together(parts: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match part {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decisive)
}

fn is_so(term: &Term, doc: &Doc, found: &[String], marks: &Marks, asker: &Asker) -> bool {
    let message = doc.message.as_ref();
    match term {
        Term::Words(phrase) => ways(phrase, &asker.country)
            .iter()
            .any(|way| has_phrase(found, way)),
        Term::From(party) => message.is_some_and(|message| has_party(&message.from, party)),
        Term::To(party) => message.is_some_and(|message| has_party(&message.to, party)),
        Term::Channel(channel) => message.is_some_and(|message| message.channel == *channel),
        Term::Gateway(name) => message.is_some_and(|message| message.gateway.as_str() == name),
        Term::Status(status) => message.is_some_and(|message| message.status == *status),
        Term::Has(Thing::Attachment) => message.is_some_and(|message| message.has_files),
        Term::Has(Thing::Note) => doc.kind == DocKind::Note,
        Term::Before(at) => doc.at < *at,
        Term::After(at) => doc.at >= *at,
        Term::Is(Flag::Failed) if let Some(message) = message => {
            message.status == crate::domain::status::Status::Failed
        }
        Term::Tag(_) | Term::Assignee(_) | Term::Is(_) => is_marked(term, marks, asker),
    }
}

/// Whether a conversation is marked with what a condition asks for.
fn is_marked(term: &Term, marks: &Marks, asker: &Asker) -> bool {
    let is_mine = || {
        marks
            .assignee
            .as_ref()
            .is_some_and(|owner| owner.id == asker.me)
    };
    match term {
        Term::Tag(name) => {
            let name = name.to_lowercase();
            marks.tags.iter().any(|tag| tag.to_lowercase() == name)
        }
        Term::Assignee(Owner::Me) | Term::Is(Flag::Mine) => is_mine(),
        Term::Assignee(Owner::Nobody) => marks.flags.contains(&Flag::Unassigned),
        Term::Assignee(Owner::Named(names)) => marks.assignee.as_ref().is_some_and(|owner| {
            let known = words::bare(&owner.name);
            names.iter().all(|name| known.contains(name))
        }),
        Term::Is(flag) => marks.flags.contains(flag),
        Term::Words(_)
        | Term::From(_)
        | Term::To(_)
        | Term::Channel(_)
        | Term::Gateway(_)
        | Term::Has(_)
        | Term::Before(_)
        | Term::After(_)
        | Term::Status(_) => false,
    }
}

fn has_party(parties: &[String], party: &Party) -> bool {
    match party {
        Party::Address(address) => parties.iter().any(|one| one == address.value()),
        Party::Named(names) => {
            let known: Vec<String> = parties.iter().flat_map(|one| words::bare(one)).collect();
            names.iter().all(|name| known.contains(name))
        }
    }
}

/// Whether the words of a phrase stand side by side.
fn has_phrase(found: &[String], phrase: &Phrase) -> bool {
    found
        .windows(phrase.words.len())
        .any(|window| fits(window, phrase))
}

/// Whether words are those of a phrase.
pub(super) fn fits(window: &[String], phrase: &Phrase) -> bool {
    let Some((last, before)) = phrase.words.split_last() else {
        return false;
    };
    let Some((end, start)) = window.split_last() else {
        return false;
    };
    start == before
        && match phrase.ending {
            Ending::Exact => end == last,
            Ending::Open => end.starts_with(last.as_str()),
        }
}
