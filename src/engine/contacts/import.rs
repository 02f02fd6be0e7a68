//! Contacts from a list: made where nobody has the addresses, changed where one contact has.

use super::{ContactFault, find, make, set_addresses, tell};
use crate::domain::address::Address;
use crate::domain::agent::Principal;
use crate::domain::clock::Timestamp;
use crate::domain::contact::{ContactPatch, ContactRefusal, MOST_ADDRESSES, MOST_FIELDS};
use crate::domain::event::EventKind;
use crate::domain::id::ContactId;
use crate::domain::opt_out::{EVERY_SENDER, Origin, Word};
use crate::engine::EditFault;
use crate::engine::opt_outs::{OptOutFault, enter};
use crate::engine::{Engine, EngineFault};
use crate::store::{StoreFault, Tx, contact};

/// How many lines are one unit of work, so that nobody waits for a long list.
const STEP: usize = 100;

/// Whether an import is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earnest {
    /// It is.
    Real,
    /// It is only told what it would do; lines do not see what lines far above would do.
    Rehearsal,
}

/// A line of a list of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLine {
    /// What it says about the contact.
    pub patch: ContactPatch,
    /// Their addresses; at least one.
    pub addresses: Vec<Address>,
    /// Whether they are not to be written to by any of our senders.
    pub opted_out: bool,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// A contact was made.
    Created(ContactId),
    /// A contact was changed.
    Changed(ContactId),
    /// All of it was known.
    Unchanged(ContactId),
    /// It says what cannot be.
    Refused(String),
}

/// Why a unit of work ends: it was a rehearsal, or it failed.
enum End {
    Rehearsed(Vec<Imported>),
    Failed(EngineFault),
}

impl From<StoreFault> for End {
    fn from(fault: StoreFault) -> Self {
        Self::Failed(fault.into())
    }
}

impl Engine {
    /// Takes contacts over from a list, line by line; a line that is refused stops no other.
    /// Doing it again changes nothing.
    ///
    /// # Errors
    ///
    /// Fails when the database does; the lines up to some hundred before are taken over then.
    pub async fn import_contacts(
        &self,
        lines: &[ImportLine],
        earnest: Earnest,
        by: &Principal,
    ) -> Result<Vec<Imported>, EngineFault> {
        let mut results = Vec::with_capacity(lines.len());
        for step in lines.chunks(STEP) {
            let (step, by, now) = (step.to_vec(), by.clone(), self.context.clock.now());
            let unit = self.context.store.write(move |tx| {
                Box::pin(async move {
                    let mut done = Vec::with_capacity(step.len());
                    for line in step {
                        done.push(import(tx, line, &by, now).await.map_err(End::Failed)?);
                    }
                    match earnest {
                        Earnest::Real => Ok(done),
                        // What fails is undone.
                        Earnest::Rehearsal => Err(End::Rehearsed(done)),
                    }
                })
            });
            match unit.await {
                Ok(done) | Err(End::Rehearsed(done)) => results.extend(done),
                Err(End::Failed(fault)) => return Err(fault),
            }
        }
        Ok(results)
    }
}

async fn import(
    tx: &mut Tx,
    line: ImportLine,
    by: &Principal,
    now: Timestamp,
) -> Result<Imported, EngineFault> {
    let addresses = line.addresses.clone();
    let opted_out = line.opted_out;
    let done = match take_over(tx, line, by, now).await {
        Ok(done) => done,
        Err(ContactFault::Edit(EditFault::Engine(fault))) => return Err(fault),
        Err(ContactFault::Unknown) => {
            return Ok(Imported::Refused(
                "another contact has the address".to_owned(),
            ));
        }
        Err(
            fault @ (ContactFault::Refused(_)
            | ContactFault::UnknownOther
            | ContactFault::Edit(EditFault::Changed(_) | EditFault::KeyReused)),
        ) => return Ok(Imported::Refused(fault.to_string())),
    };
    if opted_out {
        for address in addresses {
            let word = Word {
                origin: Origin::Import,
                actor: Some(by.agent.clone()),
                words: None,
                at: now,
            };
            let pair = (EVERY_SENDER.to_owned(), address);
            if let Err(OptOutFault::Engine(fault)) = enter(tx, pair, None, word).await {
                return Err(fault);
            }
        }
    }
    Ok(done)
}

/// Makes or changes the contact; whatever may be refused is, before anything is written.
async fn take_over(
    tx: &mut Tx,
    line: ImportLine,
    by: &Principal,
    now: Timestamp,
) -> Result<Imported, ContactFault> {
    let mut owner: Option<ContactId> = None;
    for address in &line.addresses {
        let found = contact::find_owner(&mut tx.conn, address).await?;
        match (owner, found) {
            (Some(one), Some(other)) if one != other => {
                return Err(ContactRefusal::Taken(address.clone(), other).into());
            }
            (_, found) => owner = owner.or(found),
        }
    }
    let Some(id) = owner else {
        let set = line.patch.fields.values().filter(|value| value.is_some());
        if set.count() > MOST_FIELDS {
            return Err(ContactRefusal::TooManyFields.into());
        }
        if line.addresses.len() > MOST_ADDRESSES {
            return Err(ContactRefusal::TooManyAddresses.into());
        }
        let made = make(tx, line.patch, line.addresses, by, now).await?;
        return Ok(Imported::Created(made.contact.id));
    };
    let mut found = find(&mut tx.conn, id, by).await?;
    let changed = found.change(line.patch)?;
    let mut wanted: Vec<Address> = found
        .addresses
        .iter()
        .map(|known| known.address.clone())
        .collect();
    for address in line.addresses {
        if !wanted.contains(&address) {
            wanted.push(address);
        }
    }
    let moved = set_addresses(tx, &found, &wanted).await?;
    if !changed && !moved {
        return Ok(Imported::Unchanged(id));
    }
    found.version += 1;
    contact::update_profile(&mut tx.conn, &found).await?;
    tell(tx, EventKind::ContactChanged, &found, Some(&by.agent), now);
    Ok(Imported::Changed(id))
}
