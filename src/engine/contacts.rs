//! Contacts: made, looked up and changed by agents and programs.

mod erase;
mod import;
mod look;
mod merge;
mod part;

pub use import::{Earnest, ImportLine, Imported};
pub use look::{Dossier, Duplicate};

use super::edit::{EditFault, check_seen};
use super::{Engine, Made, Remember};
use crate::domain::address::Address;
use crate::domain::agent::{AgentRef, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::contact::{ContactPatch, ContactRefusal, MOST_ADDRESSES, Profile};
use crate::domain::conversation::Contact;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::id::ContactId;
use crate::store::{Conn, Tx, contact};

/// Why a contact was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum ContactFault {
    /// There is no such contact.
    #[error("no contact has this id")]
    Unknown,
    /// There is no such other contact.
    #[error("names no contact")]
    UnknownOther,
    /// It may not be so.
    #[error(transparent)]
    Refused(#[from] ContactRefusal),
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

/// A change of a contact.
#[derive(Debug, Clone, Default)]
pub struct ContactChange {
    /// What is said about them.
    pub patch: ContactPatch,
    /// All of their addresses, where those are to change.
    pub addresses: Option<Vec<Address>>,
    /// The version that the caller saw, when they say so.
    pub seen: Option<i64>,
}

impl Engine {
    /// Makes a contact.
    pub async fn create_contact(
        &self,
        patch: ContactPatch,
        addresses: Vec<Address>,
        by: &Principal,
        once: Option<Remember<Profile>>,
    ) -> Result<Made<Profile>, ContactFault> {
        let by = by.clone();
        self.make(once, move |tx, now| {
            Box::pin(async move { make(tx, patch, addresses, &by, now).await })
        })
        .await
    }

    /// Changes a contact.
    pub async fn change_contact(
        &self,
        id: ContactId,
        change: ContactChange,
        by: &Principal,
    ) -> Result<Profile, ContactFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut found = find(&mut tx.conn, id, &by).await?;
                    let version = found.version;
                    check_seen(change.seen, version)?;
                    let changed = found.change(change.patch)?;
                    let moved = match change.addresses {
                        Some(wanted) => set_addresses(tx, &found, &wanted).await?,
                        None => false,
                    };
                    if !changed && !moved {
                        return Ok(found);
                    }
                    found.version = version + 1;
                    contact::update_profile(&mut tx.conn, &found).await?;
                    tell(tx, EventKind::ContactChanged, &found, Some(&by.agent), now);
                    find(&mut tx.conn, id, &by).await
                })
            })
            .await
    }

    /// Puts a contact under legal hold for a reason, or ends that.
    pub async fn hold_contact(
        &self,
        id: ContactId,
        reason: Option<String>,
        by: &Principal,
    ) -> Result<Profile, ContactFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut found = find(&mut tx.conn, id, &by).await?;
                    if found.held != reason {
                        found.held = reason;
                        found.version += 1;
                        contact::update_profile(&mut tx.conn, &found).await?;
                        tell(tx, EventKind::ContactChanged, &found, Some(&by.agent), now);
                    }
                    Ok(found)
                })
            })
            .await
    }
}

/// A contact that somebody may see.
async fn find(conn: &mut Conn, id: ContactId, by: &Principal) -> Result<Profile, ContactFault> {
    let found = contact::load_profiles(conn, &[id], &by.scope).await?;
    found.into_iter().next().ok_or(ContactFault::Unknown)
}

/// Makes a contact with addresses that nobody has.
pub(super) async fn make(
    tx: &mut Tx,
    patch: ContactPatch,
    addresses: Vec<Address>,
    by: &Principal,
    now: Timestamp,
) -> Result<Profile, ContactFault> {
    let mut profile = Profile {
        contact: Contact {
            id: ContactId::new(),
            name: None,
            created_at: now,
        },
        language: None,
        time_zone: None,
        fields: std::collections::BTreeMap::new(),
        held: None,
        version: 0,
        addresses: Vec::new(),
        conversation: None,
    };
    profile.change(patch)?;
    profile.version = 1;
    contact::insert_profile(&mut tx.conn, &profile).await?;
    set_addresses(tx, &profile, &addresses).await?;
    tell(
        tx,
        EventKind::ContactCreated,
        &profile,
        Some(&by.agent),
        now,
    );
    find(&mut tx.conn, profile.contact.id, by).await
}

/// Makes these the addresses of a contact; says whether any came or went.
async fn set_addresses(
    tx: &mut Tx,
    profile: &Profile,
    wanted: &[Address],
) -> Result<bool, ContactFault> {
    if wanted.is_empty() {
        return Err(ContactRefusal::LastAddress.into());
    }
    if wanted.len() > MOST_ADDRESSES {
        return Err(ContactRefusal::TooManyAddresses.into());
    }
    let has = |address: &&Address| {
        profile
            .addresses
            .iter()
            .any(|known| known.address == **address)
    };
    let mut moved = false;
    for known in &profile.addresses {
        if !wanted.contains(&known.address) {
            contact::delete_address(&mut tx.conn, &known.address).await?;
            moved = true;
        }
    }
    for address in wanted.iter().filter(|address| !has(address)) {
        match contact::find_owner(&mut tx.conn, address).await? {
            Some(owner) if owner == profile.contact.id => continue,
            Some(owner) => return Err(ContactRefusal::Taken(address.clone(), owner).into()),
            None => contact::insert_address(&mut tx.conn, profile.contact.id, address).await?,
        }
        moved = true;
    }
    Ok(moved)
}

/// Tells the feed of a contact.
fn tell(tx: &mut Tx, kind: EventKind, profile: &Profile, actor: Option<&AgentRef>, at: Timestamp) {
    let data = EventData {
        contact: Some(profile.contact.id),
        ..EventData::default()
    };
    tx.emit(NewEvent {
        kind,
        at,
        actor: actor.cloned(),
        conversation: profile.conversation,
        data: data.json(),
    });
}
