//! The ledger of opt-outs: what agents and programs enter, end and read.

use super::{Engine, EngineFault, Reader};
use crate::domain::address::Address;
use crate::domain::agent::{AgentRef, Principal};
use crate::domain::changes::Pair;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::gateway::{ChannelKind, GatewayName};
use crate::domain::id::{MessageId, OptOutId};
use crate::domain::message::Direction;
use crate::domain::opt_out::{EVERY_SENDER, OptOut, Origin, Word};
use crate::store::opt_out::{OptOutFilter, find_active, find_opt_out, list_opt_outs};
use crate::store::{StoreFault, Tx, conversation, message, opt_out};

/// Who shall not be written to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Somebody, by the gateway of that name, or by all.
    Address(Address, Option<GatewayName>),
    /// The one who wrote this message, by the gateway that it came in by.
    Writer(MessageId),
}

/// Why the ledger was not changed.
#[derive(Debug, thiserror::Error)]
pub enum OptOutFault {
    /// There is no such entry.
    #[error("no opt-out has this id")]
    Unknown,
    /// It ended before.
    #[error("the opt-out ended already")]
    Ended(Box<OptOut>),
    /// No gateway has that name.
    #[error("no gateway is called {0}; GET /v1/gateways lists them")]
    UnknownGateway(GatewayName),
    /// No customer wrote such a message.
    #[error("names no message from a customer")]
    UnknownMessage,
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for OptOutFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl Engine {
    /// Enters an opt-out; gives back the one that holds already, when there is one.
    pub async fn opt_out(
        &self,
        whom: Whom,
        words: Option<String>,
        by: &Principal,
    ) -> Result<OptOut, OptOutFault> {
        let sender = match &whom {
            Whom::Address(_, Some(name)) => {
                let line = self.line(name);
                let line = line.ok_or_else(|| OptOutFault::UnknownGateway(name.clone()))?;
                line.spec.address.value().to_owned()
            }
            Whom::Address(_, None) | Whom::Writer(_) => EVERY_SENDER.to_owned(),
        };
        let senders: std::collections::HashMap<GatewayName, String> = self
            .lines()
            .map(|line| {
                let address = line.spec.address.value().to_owned();
                (line.spec.name.clone(), address)
            })
            .collect();
        let (word, scope) = (self.word(by, words), by.scope.clone());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let (recipient, sender, message, words) = match whom {
                        Whom::Address(address, _) => (address, sender, None, None),
                        Whom::Writer(id) => {
                            let found = message::load_messages(&mut tx.conn, &[id]).await?;
                            let found = found.into_values().next();
                            let found = found
                                .filter(|found| found.direction == Direction::Inbound)
                                .ok_or(OptOutFault::UnknownMessage)?;
                            let place = found.conversation;
                            conversation::find_conversation(&mut tx.conn, place, &scope)
                                .await?
                                .ok_or(OptOutFault::UnknownMessage)?;
                            let recipient = match found.channel {
                                ChannelKind::Sms => Address::Sms(found.from),
                                ChannelKind::Email => Address::Email(found.from),
                            };
                            let sender = senders.get(&found.gateway).cloned();
                            let sender = sender.unwrap_or(found.to);
                            (recipient, sender, Some(id), Some(found.text))
                        }
                    };
                    let word = Word {
                        words: word.words.or(words),
                        ..word
                    };
                    enter(tx, (sender, recipient), message, word).await
                })
            })
            .await
    }

    /// Ends an opt-out: the recipient may be written to again.
    pub async fn end_opt_out(
        &self,
        id: OptOutId,
        reason: String,
        by: &Principal,
    ) -> Result<OptOut, OptOutFault> {
        let (word, scope) = (self.word(by, Some(reason)), by.scope.clone());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = find_opt_out(&mut tx.conn, id, &scope).await?;
                    let found = found.ok_or(OptOutFault::Unknown)?;
                    if found.ended.is_some() {
                        return Err(OptOutFault::Ended(Box::new(found)));
                    }
                    opt_out::end_opt_out(&mut tx.conn, id, &word).await?;
                    let (_, recipient) = &found.pair;
                    let recipient = recipient_of(recipient);
                    tell(tx, (id, &recipient), EventKind::ContactOptedIn, &word).await?;
                    Ok(OptOut {
                        ended: Some(word),
                        ..found
                    })
                })
            })
            .await
    }

    fn word(&self, by: &Principal, words: Option<String>) -> Word {
        Word {
            origin: Origin::Agent,
            actor: Some(by.agent.clone()),
            words,
            at: self.context.clock.now(),
        }
    }
}

fn recipient_of(value: &str) -> Address {
    if value.contains('@') {
        Address::Email(value.to_owned())
    } else {
        Address::Sms(value.to_owned())
    }
}

/// Enters an opt-out for a sender and a recipient, unless it holds already.
pub(super) async fn enter(
    tx: &mut Tx,
    (sender, recipient): (String, Address),
    message: Option<MessageId>,
    word: Word,
) -> Result<OptOut, OptOutFault> {
    let pair: Pair = (sender, recipient.value().to_owned());
    if let Some(known) = find_active(&mut tx.conn, &pair).await? {
        return Ok(known);
    }
    let id = OptOutId::new();
    tell(tx, (id, &recipient), EventKind::ContactOptedOut, &word).await?;
    let entry = OptOut {
        id,
        pair,
        message,
        began: word,
        ended: None,
    };
    opt_out::insert_opt_outs(&mut tx.conn, std::slice::from_ref(&entry)).await?;
    Ok(entry)
}

/// Tells the feed, under the recipient's conversation when there is one; and with it the audit,
/// which names the entry, where the reason stands.
async fn tell(
    tx: &mut Tx,
    (id, recipient): (OptOutId, &Address),
    kind: EventKind,
    word: &Word,
) -> Result<(), StoreFault> {
    let threads = conversation::load_threads(&mut tx.conn, std::slice::from_ref(recipient)).await?;
    let known = threads.first().map(|thread| &thread.conversation);
    let actor: Option<AgentRef> = word.actor.clone();
    let data = EventData {
        contact: known.map(|known| known.contact),
        opt_out: Some(id),
        ..EventData::default()
    };
    tx.emit(NewEvent {
        kind,
        at: word.at,
        actor,
        conversation: known.map(|known| known.id),
        data: data.json(),
    });
    Ok(())
}

impl Reader<'_> {
    /// One entry of the ledger of opt-outs.
    pub async fn opt_out(
        &self,
        id: OptOutId,
        by: &Principal,
    ) -> Result<Option<OptOut>, EngineFault> {
        Ok(find_opt_out(&mut self.conn().await?, id, &by.scope).await?)
    }

    /// Entries of the ledger, the newest first, from before one.
    pub async fn opt_outs(
        &self,
        filter: &OptOutFilter,
        by: &Principal,
        before: Option<OptOutId>,
        limit: u32,
    ) -> Result<Vec<OptOut>, EngineFault> {
        let before = before.unwrap_or(OptOutId(uuid::Uuid::max()));
        Ok(list_opt_outs(&mut self.conn().await?, filter, &by.scope, before, limit).await?)
    }
}
