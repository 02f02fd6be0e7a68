//! What a slice of inbound texts changes; [`mail`] says the same for mails.

mod consent;
pub mod mail;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::attachment::{Attachment, Source};
use super::changes::{Changes, Pair, Reference};
use super::clock::Timestamp;
use super::event::{EventData, EventKind, NewEvent};
use super::gateway::{FilingRules, GatewayName};
use super::id::{ConversationId, MessageId};
use super::message::{Details, Direction, Message, OptOutPart, RawRequest};
use super::opt_out::Reach;
use super::report::Known;
use super::status::Status;
use super::text::Encoding;
use super::threads::Threads;
pub use consent::{Consent, Reply};

/// Reference numbers of long messages are few and come again; a part joins no older message.
const PARTS_JOIN_FOR: Duration = Duration::from_hours(24);

/// What stands for a part of a long message that has not come yet.
const GAP: &str = "[…]";

/// One of the parts that a long message arrives in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What all parts of the message share.
    pub key: String,
    /// Which one this is, from one.
    pub number: u32,
    /// How many there are.
    pub total: u32,
}

/// A file that is still at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// Where it can be fetched.
    pub url: String,
    /// Its media type, as the provider says; empty when it says none.
    pub content_type: String,
    /// Its name, as the provider says; empty when it says none.
    pub name: String,
}

/// A text that a provider brought, with the rules of its gateway.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The gateway it came in by.
    pub gateway: GatewayName,
    /// The provider's id of it.
    pub reference: String,
    /// The customer.
    pub from: Address,
    /// Our address, as the provider wrote it.
    pub to: String,
    /// The address that the gateway sends from.
    pub sender: String,
    /// The words.
    pub text: String,
    /// The alphabet that the words need.
    pub encoding: Encoding,
    /// How many segments it took.
    pub segments: u32,
    /// What it says about being texted.
    pub consent: Option<Consent>,
    /// Whose messages that is about.
    pub reach: Reach,
    /// What it is answered with.
    pub reply: Option<Reply>,
    /// What it does to the issues of its conversation.
    pub filing: FilingRules,
    /// Whether it is only thanks, an OK or the like.
    pub courtesy: bool,
    /// When it was sent, as the provider says.
    pub sent_at: Option<Timestamp>,
    /// How many media came with it.
    pub media: u32,
    /// Those of them that say where they can be fetched.
    pub files: Vec<RemoteFile>,
    /// Which part of a long message it is.
    pub part: Option<Part>,
    /// The request that brought it.
    pub raw: Arc<RawRequest>,
}

impl Inbound {
    /// Its id at its gateway.
    pub fn key(&self) -> Reference {
        (self.gateway.clone(), self.reference.clone())
    }

    /// The id that all parts of a long message share.
    pub fn group(&self) -> Option<Reference> {
        let part = self.part.as_ref()?;
        Some((
            self.gateway.clone(),
            format!("parts {} {} {}", self.from, part.key, part.total),
        ))
    }
}

/// What became of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is stored.
    Stored(MessageId),
    /// It had been stored before.
    Known(MessageId),
}

/// What was there before.
#[derive(Debug)]
pub struct Before {
    /// What is known of the references and the shared ids of parts.
    pub known: HashMap<Reference, Known>,
    /// The messages that parts may join.
    pub messages: HashMap<MessageId, Message>,
    /// The customers' threads.
    pub threads: Threads,
    /// Of those who say something about it: who must not be texted.
    pub opted_out: HashSet<Pair>,
}

/// Decides what the texts change, in their order.
pub fn receive(slice: &[Inbound], before: Before, now: Timestamp) -> (Changes, Vec<Receipt>, i64) {
    let mut deciding = Deciding {
        before,
        changes: Changes::default(),
        fresh: HashMap::new(),
        joined: HashSet::new(),
    };
    let receipts = slice
        .iter()
        .map(|inbound| deciding.one(inbound, now))
        .collect();
    let Deciding {
        before,
        mut changes,
        mut fresh,
        joined,
    } = deciding;
    for id in joined {
        if !fresh.contains_key(&id) {
            changes.messages.extend(before.messages.get(&id).cloned());
        }
    }
    let mut stored: Vec<Message> = fresh.drain().map(|(_, message)| message).collect();
    stored.sort_by_key(|message| message.id);
    changes.messages.extend(stored);
    let issue_number = before.threads.issue_number;
    before.threads.settle(&mut changes);
    (changes, receipts, issue_number)
}

struct Deciding {
    before: Before,
    changes: Changes,
    fresh: HashMap<MessageId, Message>,
    joined: HashSet<MessageId>,
}

impl Deciding {
    fn one(&mut self, inbound: &Inbound, now: Timestamp) -> Receipt {
        let key = inbound.key();
        if let Some(known) = self.before.known.get(&key) {
            return Receipt::Known(known.message);
        }
        let joined = inbound
            .group()
            .and_then(|group| self.join(inbound, &group, now));
        let id = joined.unwrap_or_else(|| self.store(inbound, now));
        let known = Known {
            message: id,
            part: 0,
            parts: 0,
            round: 0,
        };
        if let (Some(group), None) = (inbound.group(), joined) {
            self.before.known.insert(group.clone(), known);
            self.changes.groups.retain(|(other, _)| *other != group);
            self.changes.groups.push((group, known));
        }
        self.before.known.insert(key.clone(), known);
        self.changes.inbound_references.push((key, known));
        if !self
            .changes
            .raw_requests
            .iter()
            .any(|raw| Arc::ptr_eq(raw, &inbound.raw))
        {
            self.changes.raw_requests.push(Arc::clone(&inbound.raw));
        }
        Receipt::Stored(id)
    }

    fn store(&mut self, inbound: &Inbound, now: Timestamp) -> MessageId {
        let id = MessageId::new();
        let threads = &mut self.before.threads;
        let conversation = threads.find_or_make(&inbound.from, None, now, &mut self.changes);
        conversation.last_message = id;
        conversation.last_message_at = now;
        conversation.last_gateway = Some(inbound.gateway.clone());
        conversation.unread += 1;
        conversation.bring_back();
        let (contact, conversation) = (conversation.contact, conversation.id);
        let (filed, _) = threads.file(
            conversation,
            &inbound.text,
            &inbound.filing,
            now,
            &mut self.changes,
        );
        let mut message = message(id, inbound, filed, now);
        for file in attachments(id, inbound, now) {
            message.details.files.push(file.enclosed());
            self.changes.attachments.push(file);
        }
        let data = EventData {
            message: Some(id),
            issue: message.issue,
            contact: Some(contact),
            gateway: Some(inbound.gateway.as_str()),
            status: Some(Status::Received.as_str()),
            ..EventData::default()
        };
        self.emit(EventKind::MessageReceived, filed.conversation, &data, now);
        if let Some(consent) = inbound.consent.filter(|_| inbound.part.is_none()) {
            self.consent(
                inbound,
                consent,
                filed.conversation,
                &EventData {
                    status: None,
                    ..data
                },
                now,
            );
        }
        self.fresh.insert(id, message);
        id
    }

    /// Adds a part to the message that its siblings made.
    fn join(&mut self, inbound: &Inbound, group: &Reference, now: Timestamp) -> Option<MessageId> {
        let part = inbound.part.as_ref()?;
        let id = self.before.known.get(group)?.message;
        let message = self
            .fresh
            .get_mut(&id)
            .or_else(|| self.before.messages.get_mut(&id))?;
        let slot = message
            .details
            .parts
            .get_mut(part.number.checked_sub(1)? as usize)?;
        if slot.is_some() || now.since(message.created_at) > PARTS_JOIN_FOR {
            return None;
        }
        *slot = Some(inbound.text.clone());
        message.segments += inbound.segments;
        message.text = join_parts(&message.details.parts);
        self.joined.insert(id);
        let conversation = message.conversation;
        let data = EventData {
            message: Some(id),
            issue: message.issue,
            ..EventData::default()
        };
        self.emit(EventKind::MessageChanged, conversation, &data, now);
        Some(id)
    }

    fn emit(
        &mut self,
        kind: EventKind,
        conversation: ConversationId,
        data: &EventData<'_>,
        at: Timestamp,
    ) {
        let conversation = Some(conversation);
        self.changes.events.push(NewEvent {
            kind,
            at,
            actor: None,
            conversation,
            data: data.json(),
        });
    }
}

fn message(
    id: MessageId,
    inbound: &Inbound,
    filed: super::conversation::AfterFiling,
    now: Timestamp,
) -> Message {
    let parts = inbound.part.as_ref().map(|part| {
        let mut parts = vec![None; part.total as usize];
        if let Some(slot) = part
            .number
            .checked_sub(1)
            .and_then(|at| parts.get_mut(at as usize))
        {
            *slot = Some(inbound.text.clone());
        }
        parts
    });
    Message {
        id,
        direction: Direction::Inbound,
        channel: inbound.from.channel(),
        gateway: inbound.gateway.clone(),
        from: inbound.from.value().to_owned(),
        to: inbound.to.clone(),
        text: parts
            .as_ref()
            .map_or_else(|| inbound.text.clone(), |parts| join_parts(parts)),
        encoding: Some(inbound.encoding),
        segments: inbound.segments,
        status: Status::Received,
        failure: None,
        reference: None,
        provider_reference: Some(inbound.reference.clone()),
        conversation: filed.conversation,
        issue: Some(filed.issue),
        author: None,
        details: Details {
            media: inbound.media,
            sent_at: inbound.sent_at,
            courtesy: inbound.courtesy,
            opt_out: (inbound.consent == Some(Consent::Doubtful)).then_some(OptOutPart::Doubtful),
            parts: parts.unwrap_or_default(),
            ..Details::default()
        },
        raw: Some(inbound.raw.id),
        round: 0,
        created_at: now,
    }
}

/// The files that are to be fetched for a message.
fn attachments(id: MessageId, inbound: &Inbound, now: Timestamp) -> Vec<Attachment> {
    let pending = |file: &RemoteFile| {
        let source = Source {
            gateway: inbound.gateway.clone(),
            url: file.url.clone(),
        };
        Attachment {
            message: Some(id),
            source: Some(source),
            due_at: Some(now),
            ..Attachment::new(&file.name, &file.content_type, now)
        }
    };
    inbound.files.iter().map(pending).collect()
}

/// The text of a long message as far as it has come, with a mark for each gap.
fn join_parts(parts: &[Option<String>]) -> String {
    parts
        .iter()
        .map(|part| part.as_deref().unwrap_or(GAP))
        .collect()
}
