//! What the index knows of one thing: its words in sections, and the facts that filters go by.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Flag, words};
use crate::domain::address::Address;
use crate::domain::agent::AgentRef;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Contact;
use crate::domain::gateway::{ChannelKind, GatewayName};
use crate::domain::id::ConversationId;
use crate::domain::message::{Direction, Message};
use crate::domain::status::Status;

/// The most words of a document that are indexed; the rest of a very long mail is not found.
const MOST_WORDS: usize = 8_000;

/// What stands between two sections, so that no phrase reaches from one into the next.
pub const BETWEEN: &str = "=";

/// The digits of a number that is written in groups, for the word that they make together.
const NUMBER: std::ops::RangeInclusive<usize> = 7..=15;

/// What a document is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocKind {
    /// A message.
    Message,
    /// A note of the team's.
    Note,
    /// A conversation: who it is with, what its issues are about.
    Conversation,
}

impl DocKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Message, Self::Note, Self::Conversation];

    /// The name in the API and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Note => "note",
            Self::Conversation => "conversation",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Which part of a document a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// What was written.
    Text,
    /// The subject of a mail.
    Subject,
    /// The name of a file.
    Attachment,
    /// The name of a person.
    Name,
    /// A number or mailbox.
    Address,
    /// The title of an issue.
    Title,
}

/// One thing that can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// What it is.
    pub kind: DocKind,
    /// The id of the message, note or conversation.
    pub id: Uuid,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// When it came about.
    pub at: Timestamp,
    /// Its texts.
    pub sections: Vec<(Section, String)>,
    /// What only a message has.
    pub message: Option<MessageFacts>,
    /// What a conversation is marked with; only in a conversation's own document.
    pub marks: Option<Marks>,
}

/// What filters ask of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFacts {
    /// By what it travels.
    pub channel: ChannelKind,
    /// By which gateway.
    pub gateway: GatewayName,
    /// The addresses and names of who wrote it.
    pub from: Vec<String>,
    /// The addresses and names of who got it.
    pub to: Vec<String>,
    /// What is known of it.
    pub status: Status,
    /// Whether files go with it.
    pub has_files: bool,
}

/// What filters ask of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The states that hold, without `mine`.
    pub flags: Vec<Flag>,
    /// Who has its open issue.
    pub assignee: Option<AgentRef>,
    /// The names of its tags.
    pub tags: Vec<String>,
}

impl Doc {
    /// The document of a message, with the name of the contact it is from or to.
    pub fn of_message(message: &Message, contact: Option<&str>) -> Self {
        let mail = message.details.mail.as_deref();
        let mut sections = vec![(Section::Text, message.text.clone())];
        if let Some(mail) = mail {
            sections.push((Section::Subject, mail.subject.clone()));
        }
        let files = message.details.files.iter();
        sections.extend(files.map(|file| (Section::Attachment, file.name.clone())));
        let (mut from, mut to) = (vec![message.from.clone()], vec![message.to.clone()]);
        if let Some(mail) = mail {
            let everybody = mail.to.iter().chain(&mail.cc).chain(&mail.bcc);
            for mailbox in everybody {
                to.extend([mailbox.address.to_lowercase()]);
                to.extend(mailbox.name.clone());
            }
            let writer = mail.from.iter();
            from.extend(writer.filter_map(|mailbox| mailbox.name.clone()));
        }
        from.extend(message.author.as_ref().map(|author| author.name.clone()));
        match message.direction {
            Direction::Inbound => from.extend(contact.map(str::to_owned)),
            Direction::Outbound => to.extend(contact.map(str::to_owned)),
        }
        for parties in [&mut from, &mut to] {
            parties.sort();
            parties.dedup();
        }
        let addresses = from
            .iter()
            .chain(&to)
            .map(|party| (Section::Address, party.clone()));
        sections.extend(addresses);
        Self {
            kind: DocKind::Message,
            id: message.id.0,
            conversation: message.conversation,
            at: message.created_at,
            sections,
            message: Some(MessageFacts {
                channel: message.channel,
                gateway: message.gateway.clone(),
                from,
                to,
                status: message.status,
                has_files: !message.details.files.is_empty(),
            }),
            marks: None,
        }
    }

    /// The document of a note.
    pub fn of_note(id: Uuid, conversation: ConversationId, at: Timestamp, text: &str) -> Self {
        Self {
            kind: DocKind::Note,
            id,
            conversation,
            at,
            sections: vec![(Section::Text, text.to_owned())],
            message: None,
            marks: None,
        }
    }

    /// The document of a conversation: its contact, and the titles of its issues.
    pub fn of_conversation(
        id: ConversationId,
        at: Timestamp,
        contact: &Contact,
        addresses: &[Address],
        titles: &[String],
        marks: Marks,
    ) -> Self {
        let name = contact
            .name
            .iter()
            .map(|name| (Section::Name, name.clone()));
        let addresses = addresses
            .iter()
            .map(|one| (Section::Address, one.value().to_owned()));
        let titles = titles.iter().map(|title| (Section::Title, title.clone()));
        Self {
            kind: DocKind::Conversation,
            id: id.0,
            conversation: id,
            at,
            sections: name.chain(addresses).chain(titles).collect(),
            message: None,
            marks: Some(marks),
        }
    }

    /// Every word in order, with a sign between sections.
    pub fn words(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut numbers = Vec::new();
        for (_, text) in &self.sections {
            let found = words::words(text);
            numbers.extend(grouped(text, &found));
            all.extend(found.into_iter().map(|word| word.text));
            all.push(BETWEEN.to_owned());
            if all.len() > MOST_WORDS {
                all.truncate(MOST_WORDS);
                break;
            }
        }
        for number in numbers {
            all.extend([number, BETWEEN.to_owned()]);
        }
        all
    }

    /// What filters look up, each a word that no text has.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = vec![
            fact(Fact::Kind, self.kind.as_str()),
            fact(
                Fact::Conversation,
                &self.conversation.0.simple().to_string(),
            ),
        ];
        if let Some(message) = &self.message {
            facts.push(fact(Fact::Channel, message.channel.as_str()));
            facts.push(fact(Fact::Gateway, message.gateway.as_str()));
            for (kind, parties) in [(Fact::From, &message.from), (Fact::To, &message.to)] {
                facts.extend(parties.iter().map(|party| fact(kind, party)));
                let named = parties.iter().flat_map(|party| words::bare(party));
                facts.extend(named.map(|word| fact(kind, &word)));
            }
            if message.has_files {
                facts.push(fact(Fact::Attachment, ""));
            }
            if is_trouble(message.status) {
                facts.push(fact(Fact::Status, message.status.as_str()));
            }
        }
        if let Some(marks) = &self.marks {
            facts.extend(
                marks
                    .flags
                    .iter()
                    .map(|flag| fact(Fact::Flag, flag.as_str())),
            );
            facts.extend(
                marks
                    .tags
                    .iter()
                    .map(|tag| fact(Fact::Tag, &tag.to_lowercase())),
            );
            if let Some(assignee) = &marks.assignee {
                facts.push(fact(Fact::Assignee, &assignee.id.0.simple().to_string()));
                let named = words::bare(&assignee.name);
                facts.extend(named.iter().map(|word| fact(Fact::Assignee, word)));
            }
        }
        facts.sort();
        facts.dedup();
        facts
    }
}

/// Whether a status is one that is rare, and stays: those are in the index.
pub fn is_trouble(status: Status) -> bool {
    match status {
        Status::Failed | Status::Expired | Status::Canceled | Status::Unconfirmed => true,
        Status::Received
        | Status::Scheduled
        | Status::Queued
        | Status::Sending
        | Status::Sent
        | Status::Delivered
        | Status::Read => false,
    }
}

/// What a fact is about.
#[derive(Debug, Clone, Copy)]
pub enum Fact {
    /// The kind of document.
    Kind,
    /// The conversation.
    Conversation,
    /// A message's channel.
    Channel,
    /// A message's gateway.
    Gateway,
    /// Who wrote a message.
    From,
    /// Who got it.
    To,
    /// A message has files.
    Attachment,
    /// A message came to trouble.
    Status,
    /// A conversation's state.
    Flag,
    /// A conversation's tag.
    Tag,
    /// Who has a conversation's issue.
    Assignee,
}

/// The word that stands for a fact: safe in every query, and never that of a text.
pub fn fact(about: Fact, value: &str) -> String {
    let letter = match about {
        Fact::Kind => 'k',
        Fact::Conversation => 'c',
        Fact::Channel => 'h',
        Fact::Gateway => 'g',
        Fact::From => 'f',
        Fact::To => 't',
        Fact::Attachment => 'a',
        Fact::Status => 's',
        Fact::Flag => 'i',
        Fact::Tag => 'x',
        Fact::Assignee => 'o',
    };
    // Twelve digits of a hash: what collides is sorted out when a hit is looked at.
    let hash = hex::encode(&Sha256::digest(value.as_bytes())[..6]);
    format!("={letter}{hash}")
}

/// Numbers that are written in groups of digits, each as one word.
fn grouped(text: &str, found: &[words::Word]) -> Vec<String> {
    let is_digits = |word: &words::Word| word.text.bytes().all(|b| b.is_ascii_digit());
    let joins = |one: &words::Word, next: &words::Word| {
        let gap = &text[one.place.end.min(next.place.start)..next.place.start];
        gap.chars().count() <= 3
            && gap
                .chars()
                .all(|c| " -.()/\u{a0}\u{2010}\u{2011}\u{2013}".contains(c))
    };
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < found.len() {
        let start = at;
        at += 1;
        if !is_digits(&found[start]) {
            continue;
        }
        while at < found.len() && is_digits(&found[at]) && joins(&found[at - 1], &found[at]) {
            at += 1;
        }
        let digits: String = found[start..at]
            .iter()
            .map(|word| word.text.as_str())
            .collect();
        if at > start + 1 && NUMBER.contains(&digits.len()) {
            numbers.push(digits);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_groups_are_words_too() {
        let text = "call (202) 555-0143 or 12 of 3";
        assert_eq!(grouped(text, &words::words(text)), ["2025550143"]);
    }
}
