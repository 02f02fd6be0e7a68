//! What the hot use cases have to know before they decide, each in one trip to the database.

use std::collections::{HashMap, HashSet};

use super::reference::Key;
use super::suppression::Pair;
use super::{
    Conn, StoreFault, conversation, delivery, gateway, idempotency, message, reference,
    suppression, timeline,
};
use crate::domain::address::Address;
use crate::domain::conversation::Thread;
use crate::domain::delivery::Delivery;
use crate::domain::gateway::GatewayName;
use crate::domain::health::Health;
use crate::domain::id::{ContactId, MessageId};
use crate::domain::idempotency::{Answered, Key as Once};
use crate::domain::message::{Direction, Message, StatusEvent};
use crate::domain::report::{Known, Parked};

/// What inbound messages touch.
#[derive(Debug)]
pub struct Received {
    /// What is known of their references.
    pub known: HashMap<Key, Known>,
    /// Their senders' threads.
    pub threads: Vec<Thread>,
    /// Their senders with whom there is no conversation yet.
    pub people: Vec<(Address, ContactId)>,
}

/// Loads what inbound messages touch.
pub async fn load_received(
    conn: &mut Conn,
    keys: &[Key],
    addresses: &[Address],
) -> Result<Received, StoreFault> {
    reference::ask_references(conn, Direction::Inbound, keys);
    conversation::ask_threads(conn, addresses);
    conversation::ask_people(conn, addresses);
    let [known, threads, people] = conn.answers().await?;
    Ok(Received {
        known: reference::read_references(&known)?,
        threads: conversation::read_threads(&threads)?,
        people: conversation::read_people(&people)?,
    })
}

/// What messages to be sent touch.
#[derive(Debug)]
pub struct Submitted {
    /// Their recipients' threads.
    pub threads: Vec<Thread>,
    /// Their recipients with whom there is no conversation yet.
    pub people: Vec<(Address, ContactId)>,
    /// Those of the pairs that are suppressed.
    pub suppressed: HashSet<Pair>,
    /// What was answered to the keys.
    pub answers: HashMap<Once, Answered>,
}

/// Loads what messages to be sent touch.
pub async fn load_submitted(
    conn: &mut Conn,
    addresses: &[Address],
    pairs: &[Pair],
    keys: &[Once],
) -> Result<Submitted, StoreFault> {
    conversation::ask_threads(conn, addresses);
    conversation::ask_people(conn, addresses);
    suppression::ask_suppressed(conn, pairs);
    idempotency::ask_answers(conn, keys);
    let [threads, people, suppressed, answers] = conn.answers().await?;
    Ok(Submitted {
        threads: conversation::read_threads(&threads)?,
        people: conversation::read_people(&people)?,
        suppressed: suppression::read_suppressed(&suppressed)?,
        answers: idempotency::read_answers(&answers)?,
    })
}

/// What reports touch.
#[derive(Debug)]
pub struct Reported {
    /// What their references mean.
    pub references: HashMap<Key, Known>,
    /// The messages that are meant.
    pub messages: HashMap<MessageId, Message>,
    /// What is known of those.
    pub timelines: HashMap<MessageId, Vec<StatusEvent>>,
}

/// Loads what reports touch.
pub async fn load_reported(conn: &mut Conn, keys: &[Key]) -> Result<Reported, StoreFault> {
    reference::ask_references(conn, Direction::Outbound, keys);
    message::ask_messages_of(conn, Direction::Outbound, keys);
    timeline::ask_timelines_of(conn, Direction::Outbound, keys);
    let [references, messages, timelines] = conn.answers().await?;
    Ok(Reported {
        references: reference::read_references(&references)?,
        messages: message::read_messages(&messages)?,
        timelines: timeline::read_timelines(&timelines)?,
    })
}

/// What the intent to send touches.
#[derive(Debug)]
pub struct Claimable {
    /// The epoch of the gateway's lease.
    pub epoch: Option<i64>,
    /// The queue's rows.
    pub deliveries: Vec<Delivery>,
    /// The messages.
    pub messages: HashMap<MessageId, Message>,
    /// Their senders and recipients, where they are suppressed.
    pub suppressed: HashSet<Pair>,
}

/// Loads what the intent to send touches.
pub async fn load_claimable(
    conn: &mut Conn,
    gateway: &GatewayName,
    ids: &[MessageId],
) -> Result<Claimable, StoreFault> {
    gateway::ask_epochs(conn, std::slice::from_ref(gateway));
    delivery::ask_deliveries(conn, ids);
    message::ask_messages(conn, ids);
    suppression::ask_suppressed_of(conn, ids);
    let [epochs, deliveries, messages, suppressed] = conn.answers().await?;
    Ok(Claimable {
        epoch: gateway::read_epochs(&epochs)?.remove(gateway),
        deliveries: delivery::read_deliveries(&deliveries)?,
        messages: message::read_messages(&messages)?,
        suppressed: suppression::read_suppressed(&suppressed)?,
    })
}

/// What the outcomes of attempts touch.
#[derive(Debug)]
pub struct Attempted {
    /// The epochs of the gateways' leases.
    pub epochs: HashMap<GatewayName, i64>,
    /// How the gateways are, of those that ever had trouble.
    pub health: HashMap<GatewayName, Health>,
    /// The queue's rows.
    pub deliveries: Vec<Delivery>,
    /// The messages.
    pub messages: HashMap<MessageId, Message>,
    /// What is known of them.
    pub timelines: HashMap<MessageId, Vec<StatusEvent>>,
    /// What the references mean already.
    pub references: HashMap<Key, Known>,
    /// The reports that wait for the references.
    pub parked: Vec<Parked>,
}

/// Loads what the outcomes of attempts touch.
pub async fn load_attempted(
    conn: &mut Conn,
    gateways: &[GatewayName],
    ids: &[MessageId],
    keys: &[Key],
) -> Result<Attempted, StoreFault> {
    gateway::ask_epochs(conn, gateways);
    gateway::ask_health(conn, gateways);
    delivery::ask_deliveries(conn, ids);
    message::ask_messages(conn, ids);
    timeline::ask_timelines(conn, ids);
    reference::ask_references(conn, Direction::Outbound, keys);
    reference::ask_parked(conn, keys);
    let [
        epochs,
        health,
        deliveries,
        messages,
        timelines,
        references,
        parked,
    ] = conn.answers().await?;
    Ok(Attempted {
        epochs: gateway::read_epochs(&epochs)?,
        health: gateway::read_health(&health)?,
        deliveries: delivery::read_deliveries(&deliveries)?,
        messages: message::read_messages(&messages)?,
        timelines: timeline::read_timelines(&timelines)?,
        references: reference::read_references(&references)?,
        parked: reference::read_parked(&parked)?,
    })
}
