//! Erasing a person, and handing out all that is known of them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{ContactFault, find};
use crate::domain::address::Address;
use crate::domain::agent::{Principal, Scope};
use crate::domain::contact::{ContactRefusal, Profile};
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::id::ContactId;
use crate::domain::tally::Shifts;
use crate::engine::{Context, Engine};
use crate::store::conversation::find_conversation;
use crate::store::{erase, tally};

/// How many messages are erased at once, so that nobody waits for it.
const STEP: u32 = 500;

impl Engine {
    /// Erases a contact and everything that was said with them; what remains is that it was done.
    pub async fn erase_contact(&self, id: ContactId, by: &Principal) -> Result<(), ContactFault> {
        let mut more = true;
        while more {
            let by = by.clone();
            let (blobs, rest) = self
                .context
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        let found = allowed(find(&mut tx.conn, id, &by).await?)?;
                        let Some(conversation) = found.conversation else {
                            return Ok((Vec::new(), false));
                        };
                        let erased = erase::erase_messages(&mut tx.conn, conversation, STEP).await;
                        Ok::<_, ContactFault>(erased?)
                    })
                })
                .await?;
            self.context.remove_blobs(blobs).await;
            more = rest;
        }
        self.erase_rest(id, by).await
    }

    /// Erases what is left once the messages are gone; one that came in between goes with it.
    async fn erase_rest(&self, id: ContactId, by: &Principal) -> Result<(), ContactFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        let context = std::sync::Arc::clone(&self.context);
        let blobs = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = allowed(find(&mut tx.conn, id, &by).await?)?;
                    let mut blobs = Vec::new();
                    if let Some(place) = found.conversation {
                        let (rest, _) =
                            erase::erase_messages(&mut tx.conn, place, u32::MAX).await?;
                        blobs = rest;
                        let talk = find_conversation(&mut tx.conn, place, &Scope::All).await?;
                        let mut shifts = Shifts::default();
                        shifts.add(talk.as_ref(), None);
                        tally::add_counts(&mut tx.conn, shifts.settle()).await?;
                        erase::erase_conversation(&mut tx.conn, place).await?;
                    }
                    let addresses = found.addresses.into_iter().map(|known| known.address);
                    let addresses: Vec<_> = addresses
                        .map(|address| (address.clone(), context.erased_name(&address)))
                        .collect();
                    erase::erase_contact(&mut tx.conn, id, &addresses, now).await?;
                    let data = EventData {
                        contact: Some(id),
                        ..EventData::default()
                    };
                    tx.emit(NewEvent {
                        kind: EventKind::ContactErased,
                        at: now,
                        actor: Some(by.agent.clone()),
                        conversation: None,
                        data: data.json(),
                    });
                    Ok::<_, ContactFault>(blobs)
                })
            })
            .await?;
        self.context.remove_blobs(blobs).await;
        Ok(())
    }
}

fn allowed(found: Profile) -> Result<Profile, ContactRefusal> {
    match found.held {
        Some(reason) => Err(ContactRefusal::Held(reason)),
        None => Ok(found),
    }
}

impl Context {
    /// What stands for an address that was erased: nobody without this installation's key can tell
    /// whose it was.
    pub(in crate::engine) fn erased_name(&self, address: &Address) -> String {
        let key = self.derive("erased addresses");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
        mac.update(address.value().as_bytes());
        format!("erased {}", hex::encode(mac.finalize().into_bytes()))
    }
}
