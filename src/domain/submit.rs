//! What a slice of messages that agents and programs want to send changes.

pub mod mail;
mod refusal;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::address::Address;
use super::agent::{AgentRef, Origin};
use super::attachment::{Attachment, Enclosed, Freight, enclose, first_used};
use super::changes::{Changes, Pair};
use super::clock::Timestamp;
use super::delivery::Delivery;
use super::event::NewEvent;
use super::gateway::{ChannelKind, GatewayName};
use super::id::{AttachmentId, ConversationId, MessageId};
use super::idempotency::{Answered, Key};
use super::message::{Details, Direction, Message, Priority, StatusEvent};
use super::report::status_event;
use super::status::Status;
use super::text::{Encoding, Replacement};
use super::threads::Threads;

pub use mail::NewMail;
pub use refusal::SubmitRefusal;

/// A gateway as far as sending through it goes.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Its name.
    pub name: GatewayName,
    /// Its address.
    pub address: Address,
    /// How many segments a message may have.
    pub max_segments: u32,
    /// How long a message is worth sending, when nobody said.
    pub valid_for: Duration,
    /// How much its messages carry in files.
    pub freight: Freight,
}

/// What a text costs at a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The text as it will be sent.
    pub text: String,
    /// The alphabet it needs.
    pub encoding: Option<Encoding>,
    /// How many segments it takes.
    pub segments: u32,
    /// Look-alikes that were replaced.
    pub replacements: Vec<Replacement>,
}

/// How much a text costs at a gateway; nothing where there is no such gateway.
pub type Price = Box<dyn Fn(&GatewayName, &str) -> Option<Priced> + Send + Sync>;

/// The gateways, and what a text costs at each.
pub struct Senders {
    /// Every gateway.
    pub by_name: HashMap<GatewayName, Sender>,
    /// The one that sends texts when nothing else decides.
    pub default_sms: Option<GatewayName>,
    /// The one that sends mail when nothing else decides.
    pub default_email: Option<GatewayName>,
    /// Whether there may be written where the conversation is archived or its issue closed.
    pub write_to_closed: bool,
    /// What a text costs.
    pub price: Price,
    /// Our sign in a mail of ours, by which answers and bounces find it.
    pub token: Box<dyn Fn(MessageId) -> String + Send + Sync>,
}

/// What makes a repeated request harmless.
#[derive(Debug, Clone)]
pub struct Once {
    /// The client's key.
    pub key: Key,
    /// A hash of the request.
    pub fingerprint: String,
    /// How the answer is written.
    pub render: fn(&Message, &[StatusEvent]) -> String,
}

/// A message that somebody wants to send.
#[derive(Debug, Clone)]
pub struct Submission {
    /// By which gateway; when nothing is said, the one that the contact last used.
    pub gateway: Option<GatewayName>,
    /// To whom.
    pub to: Address,
    /// The words; made of its HTML when a mail has nothing else.
    pub text: String,
    /// What it has because it is a mail.
    pub mail: Option<Box<NewMail>>,
    /// The files that go with it, in order.
    pub attachments: Vec<AttachmentId>,
    /// The conversation that the sender believes it belongs to.
    pub conversation: Option<ConversationId>,
    /// The client's own reference.
    pub reference: Option<String>,
    /// How long it is worth sending.
    pub valid_for: Option<Duration>,
    /// Whether somebody waits for it.
    pub priority: Priority,
    /// Who wrote it.
    pub author: AgentRef,
    /// How they came.
    pub origin: Option<Origin>,
    /// What makes a repetition harmless.
    pub once: Option<Once>,
}

/// What became of a submission.
#[derive(Debug, Clone)]
pub enum Accepted {
    /// It waits for its turn.
    Queued(Box<Message>),
    /// It had been accepted before, and was answered like this.
    Repeated(Answered),
}

/// What was there before.
#[derive(Debug)]
pub struct Before {
    /// The recipients' threads.
    pub threads: Threads,
    /// Who must not be texted.
    pub suppressed: HashSet<Pair>,
    /// What was answered to the keys.
    pub answers: HashMap<Key, Answered>,
    /// The attachments that submissions name.
    pub attachments: HashMap<AttachmentId, Attachment>,
    /// The last mail of each conversation: a customer's, else one of ours.
    pub last_mails: HashMap<ConversationId, Message>,
    /// The mails that submissions name as those that they answer.
    pub named_mails: HashMap<MessageId, Message>,
}

/// The gateway for a message, without looking at whether it may send it.
pub fn choose<'s>(
    submission: &Submission,
    last_used: Option<&GatewayName>,
    senders: &'s Senders,
) -> Result<&'s Sender, SubmitRefusal> {
    let channel = submission.to.channel();
    if let Some(name) = &submission.gateway {
        let sender = senders
            .by_name
            .get(name)
            .ok_or_else(|| SubmitRefusal::UnknownGateway(name.clone()))?;
        let fits = sender.address.channel() == channel;
        return if fits {
            Ok(sender)
        } else {
            Err(SubmitRefusal::WrongChannel(name.clone()))
        };
    }
    let last = last_used.and_then(|name| senders.by_name.get(name));
    let default = match channel {
        ChannelKind::Sms => &senders.default_sms,
        ChannelKind::Email => &senders.default_email,
    };
    let default = (default.as_ref()).and_then(|name| senders.by_name.get(name));
    last.filter(|sender| sender.address.channel() == channel)
        .or(default)
        .ok_or(SubmitRefusal::NoGateway)
}

/// The gateway and the price of a message that may be sent; all reasons when it may not.
pub fn check<'s>(
    submission: &Submission,
    before: &Before,
    senders: &'s Senders,
) -> Result<(&'s Sender, Priced), Vec<SubmitRefusal>> {
    let thread = before.threads.find(&submission.to);
    let mut refusals = mail::refusals(submission, before);
    if submission.conversation.is_some()
        && submission.conversation != thread.map(|thread| thread.id)
    {
        refusals.push(SubmitRefusal::WrongConversation);
    }
    if !senders.write_to_closed {
        refusals.extend(thread.and_then(|thread| refusal::closed(thread, &before.threads)));
    }
    let last_used = thread.and_then(|thread| thread.last_gateway.as_ref());
    let sender = match choose(submission, last_used, senders) {
        Ok(sender) => sender,
        Err(refusal) => {
            refusals.push(refusal);
            return Err(refusals);
        }
    };
    let Some(priced) = (senders.price)(&sender.name, &submission.text) else {
        refusals.push(SubmitRefusal::UnknownGateway(sender.name.clone()));
        return Err(refusals);
    };
    if priced.segments > sender.max_segments {
        let (segments, max) = (priced.segments, sender.max_segments);
        refusals.push(SubmitRefusal::TooLong {
            segments,
            max,
            gateway: sender.name.clone(),
        });
    }
    let pair = (
        sender.address.value().to_owned(),
        submission.to.value().to_owned(),
    );
    if before.suppressed.contains(&pair) {
        refusals.push(SubmitRefusal::OptedOut(pair.0));
    }
    refusals.extend(files(submission, sender, before).err().unwrap_or_default());
    if refusals.is_empty() {
        Ok((sender, priced))
    } else {
        Err(refusals)
    }
}

/// What the message says about the files that go with it.
fn files(
    submission: &Submission,
    sender: &Sender,
    before: &Before,
) -> Result<Vec<Enclosed>, Vec<SubmitRefusal>> {
    let (wanted, author) = (&submission.attachments, submission.author.id);
    let (mail, none) = (submission.mail.as_ref(), BTreeSet::new());
    let shown = mail.map_or(&none, |mail| &mail.shown);
    enclose(wanted, shown, &before.attachments, author, sender.freight)
        .map_err(|refusals| refusals.into_iter().map(SubmitRefusal::from).collect())
}

/// Decides what the submissions change, in their order.
pub fn submit(
    slice: &[Submission],
    mut before: Before,
    senders: &Senders,
    now: Timestamp,
) -> (Changes, Vec<Result<Accepted, Vec<SubmitRefusal>>>, i64) {
    let mut changes = Changes::default();
    let results = slice
        .iter()
        .map(|one| submit_one(one, &mut before, senders, now, &mut changes))
        .collect();
    let issue_number = before.threads.issue_number;
    before.threads.settle(&mut changes);
    (changes, results, issue_number)
}

fn submit_one(
    submission: &Submission,
    before: &mut Before,
    senders: &Senders,
    now: Timestamp,
    changes: &mut Changes,
) -> Result<Accepted, Vec<SubmitRefusal>> {
    if let Some(once) = &submission.once
        && let Some(answered) = before.answers.get(&once.key)
    {
        let same = answered.fingerprint == once.fingerprint;
        return if same {
            Ok(Accepted::Repeated(answered.clone()))
        } else {
            Err(vec![SubmitRefusal::KeyReused])
        };
    }
    let (sender, priced) = check(submission, before, senders)?;
    let files = files(submission, sender, before)?;
    let mut message = message(submission, (sender, priced), before, senders, now, changes);
    let used = first_used(&files, &mut before.attachments, message.id);
    changes.attachments.extend(used);
    message.details.files = files;
    let queued = Delivery::queued(&message, submission.priority, now);
    changes.deliveries.extend(queued);
    let actor = Some(submission.author.clone());
    changes
        .events
        .extend(status_event(&message, now).map(|event| NewEvent { actor, ..event }));
    if let Some(once) = &submission.once {
        let (fingerprint, response) = (once.fingerprint.clone(), (once.render)(&message, &[]));
        let answered = Answered {
            fingerprint,
            status: 202,
            response,
        };
        before.answers.insert(once.key.clone(), answered.clone());
        changes.answers.push((once.key.clone(), answered));
    }
    let mail_id = message.details.mail.as_ref();
    let mail_id = mail_id.and_then(|mail| mail.message_id.clone());
    changes
        .mail_ids
        .extend(mail_id.map(|mail_id| (mail_id, message.id)));
    changes.messages.push(message.clone());
    Ok(Accepted::Queued(Box::new(message)))
}

fn message(
    submission: &Submission,
    (sender, priced): (&Sender, Priced),
    before: &mut Before,
    senders: &Senders,
    now: Timestamp,
    changes: &mut Changes,
) -> Message {
    let id = MessageId::new();
    let answered = mail::answered(submission, before).ok().flatten();
    let mail = mail::details(submission, sender, answered, &(senders.token)(id));
    let threads = &mut before.threads;
    let conversation = threads.find_or_make(&submission.to, None, now, changes);
    conversation.last_message = id;
    conversation.last_message_at = now;
    conversation.bring_back();
    let conversation = conversation.id;
    let issue = before.threads.answered(&submission.to, now);
    let valid_for = submission.valid_for.unwrap_or(sender.valid_for).as_secs();
    Message {
        id,
        direction: Direction::Outbound,
        channel: submission.to.channel(),
        gateway: sender.name.clone(),
        from: sender.address.value().to_owned(),
        to: submission.to.value().to_owned(),
        text: priced.text,
        encoding: priced.encoding,
        segments: priced.segments,
        status: Status::Queued,
        failure: None,
        reference: submission.reference.clone(),
        provider_reference: None,
        conversation,
        issue,
        author: Some(submission.author.clone()),
        details: Details {
            replacements: priced.replacements,
            valid_for,
            mail,
            ..Details::default()
        },
        raw: None,
        round: 0,
        created_at: now,
    }
}
