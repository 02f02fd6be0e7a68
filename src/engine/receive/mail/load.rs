//! What the decision over a slice of mails looks at.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::domain::address::Address;
use crate::domain::agent::Scope;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Thread;
use crate::domain::id::{ConversationId, MessageId, QuarantineId};
use crate::domain::mail::Verified;
use crate::domain::message::{Direction, Message};
use crate::domain::receive::mail::{
    Acknowledged, Before, HOUR, InboundMail, Letter, ONCE_IN, WINDOW, person,
};
use crate::domain::report::Timelines;
use crate::domain::threads::Threads;
use crate::engine::receive::load_roster;
use crate::engine::{EngineFault, MessageFilter};
use crate::store::{Conn, conversation, mail, mailbox, message, reference, timeline};

/// How old a mail of ours may be that a bounce means which names none: servers give up within it.
const RECENT: Duration = Duration::from_hours(5 * 24);

/// How many of the latest messages to a recipient are looked at for it.
const LOOKED_AT: u32 = 20;

/// Loads all of it, each table once.
pub(super) async fn load(
    conn: &mut Conn,
    mails: &[InboundMail],
    now: Timestamp,
) -> Result<Before, EngineFault> {
    let keys: Vec<_> = mails.iter().map(InboundMail::key).collect();
    let mut known = reference::load_references(conn, Direction::Inbound, &keys).await?;
    // What is known as unreadable shall become a message now.
    known.retain(|_, known| {
        let quarantined = Some(QuarantineId(known.message.0));
        mails.iter().all(|mail| mail.replays != quarantined)
    });
    let unknown = |mail: &&InboundMail| !known.contains_key(&mail.key());
    let letters: Vec<&Letter> = mails
        .iter()
        .filter(unknown)
        .filter_map(|mail| mail.content.as_deref().ok())
        .collect();
    let ids: BTreeSet<&str> = letters.iter().flat_map(|letter| letter.ids()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let ids = mail::load_mail_ids(conn, &ids).await?;
    let tokens = letters.iter().flat_map(|letter| letter.named());
    let named: BTreeSet<MessageId> = (ids.values().flatten().copied())
        .chain(tokens.map(MessageId))
        .collect();
    let named: Vec<MessageId> = named.into_iter().collect();
    let mut messages = message::load_messages(conn, &named).await?;
    let recent = load_recent(conn, &letters, &messages, now).await?;
    messages.extend(recent.values().map(|message| (message.id, message.clone())));
    let threads = load_threads(conn, &letters, &messages).await?;
    let writers: Vec<_> = letters.iter().map(|letter| letter.from.clone()).collect();
    let people = conversation::load_people(conn, &writers).await?;
    let timelines = load_timelines(conn, &letters, &messages).await?;
    let acknowledged = load_acknowledged(conn, mails, now).await?;
    let mailbox = match mails.iter().find_map(|mail| mail.place.as_ref()) {
        Some(place) => mailbox::find_mailbox(conn, &place.gateway).await?,
        None => None,
    };
    let filing = mails.iter().map(|mail| &mail.filing);
    let roster = load_roster(conn, filing, now).await?;
    Ok(Before {
        known,
        ids,
        messages,
        timelines,
        recent: recent
            .into_iter()
            .map(|(address, message)| (address, message.id))
            .collect(),
        acknowledged,
        threads: Threads::new(threads, 0)
            .with_people(people)
            .with_roster(roster),
        mailbox,
    })
}

/// The threads with the writers, and those of the messages that they answer.
async fn load_threads(
    conn: &mut Conn,
    letters: &[&Letter],
    messages: &HashMap<MessageId, Message>,
) -> Result<Vec<Thread>, EngineFault> {
    let tokens = letters.iter().flat_map(|letter| letter.named());
    let conversations: BTreeSet<_> = messages
        .values()
        .map(|message| message.conversation)
        .chain(tokens.map(ConversationId))
        .collect();
    let conversations: Vec<_> = conversations.into_iter().collect();
    let mut addresses = conversation::list_addresses(conn, &conversations).await?;
    addresses.extend(letters.iter().map(|letter| letter.from.clone()));
    addresses.sort();
    addresses.dedup();
    Ok(conversation::load_threads(conn, &addresses).await?)
}

/// The mails of ours that are told of, and their timelines; nothing where nothing is told.
async fn load_timelines(
    conn: &mut Conn,
    letters: &[&Letter],
    messages: &HashMap<MessageId, Message>,
) -> Result<Timelines, EngineFault> {
    if letters.iter().all(|letter| letter.told.is_none()) {
        return Ok(Timelines::new(HashMap::new(), HashMap::new()));
    }
    let ours = |message: &&Message| message.direction == Direction::Outbound;
    let ours: HashMap<MessageId, Message> = messages
        .values()
        .filter(ours)
        .map(|message| (message.id, message.clone()))
        .collect();
    let ids: Vec<MessageId> = ours.keys().copied().collect();
    let timelines = timeline::load_timelines(conn, &ids).await?;
    Ok(Timelines::new(ours, timelines))
}

/// What was answered of late; nothing where no mail is to be answered.
async fn load_acknowledged(
    conn: &mut Conn,
    mails: &[InboundMail],
    now: Timestamp,
) -> Result<Acknowledged, EngineFault> {
    let asked = |mail: &&InboundMail| mail.acknowledge.is_some();
    let Some(gateway) = mails.iter().find(asked).map(|mail| &mail.raw.gateway) else {
        return Ok(Acknowledged::default());
    };
    let writers = mails.iter().filter(asked);
    let mut writers: Vec<_> = writers
        .filter_map(|mail| Some(person(&mail.content.as_ref().ok()?.from)))
        .collect();
    writers.sort();
    writers.dedup();
    let people = mail::list_acknowledged(conn, &writers, now.minus(ONCE_IN)).await?;
    let recent = mail::count_acknowledged(conn, Some(gateway), now.minus(WINDOW)).await?;
    let in_all = mail::count_acknowledged(conn, None, now.start_of(HOUR)).await?;
    Ok(Acknowledged {
        people: people.into_iter().collect(),
        recent: usize::try_from(recent).unwrap_or(usize::MAX),
        in_all: usize::try_from(in_all).unwrap_or(usize::MAX),
    })
}

/// The latest mail of ours to each of those whom a notice tells of without naming a mail that we
/// know. A notice that nobody vouches for although somebody looked must name one.
async fn load_recent(
    conn: &mut Conn,
    letters: &[&Letter],
    messages: &HashMap<MessageId, Message>,
    now: Timestamp,
) -> Result<HashMap<String, Message>, EngineFault> {
    let ours = |message: &&Message| message.direction == Direction::Outbound;
    let mut recent = HashMap::new();
    if messages.values().any(|message| ours(&message)) {
        return Ok(recent);
    }
    let told = letters
        .iter()
        .filter(|letter| letter.details.verified != Verified::No)
        .filter_map(|letter| letter.told.as_ref())
        .flat_map(|told| &told.recipients);
    for address in told.filter_map(|one| one.recipient.as_deref()) {
        let Ok(parsed) = Address::parse_email(address) else {
            continue;
        };
        let threads = conversation::load_threads(conn, &[parsed]).await?;
        let Some(thread) = threads.into_iter().next() else {
            continue;
        };
        let filter = MessageFilter {
            conversation: Some(thread.conversation.id),
            direction: Some(Direction::Outbound),
            since: Some(now.minus(RECENT)),
            ..MessageFilter::default()
        };
        let newest = MessageId(uuid::Uuid::max());
        let found = message::list_messages(conn, &filter, &Scope::All, newest, LOOKED_AT).await?;
        let mail = |message: &Message| {
            message.details.mail.is_some() && message.to.eq_ignore_ascii_case(address)
        };
        if let Some(message) = found.into_iter().find(mail) {
            recent.insert(address.to_owned(), message);
        }
    }
    Ok(recent)
}
