//! The audit, read. Entries are made where the thing is done, in the same transaction; that data
//! was taken out in bulk is noted here, before it is.

use super::{Engine, EngineFault, Reader};
use crate::domain::agent::Principal;
use crate::domain::audit::{AuditFilter, Entry, NewEntry};
use crate::domain::id::{AuditId, ContactId};
use crate::store::{StoreFault, audit};

/// What is taken out in bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// All that is known of a contact.
    Contact(ContactId),
    /// The ledger of opt-outs.
    OptOuts,
    /// The audit itself.
    Audit,
}

impl Export {
    fn action(self) -> &'static str {
        match self {
            Self::Contact(_) => "contact.exported",
            Self::OptOuts => "opt_outs.exported",
            Self::Audit => "audit.exported",
        }
    }

    fn target(self) -> Option<String> {
        match self {
            Self::Contact(id) => Some(id.to_string()),
            Self::OptOuts | Self::Audit => None,
        }
    }
}

impl Engine {
    /// Puts into the audit that somebody takes data out, which changes nothing else.
    pub async fn note_export(&self, export: Export, by: &Principal) -> Result<(), EngineFault> {
        let entry = NewEntry {
            at: self.context.clock.now(),
            actor: Some(by.agent.clone()),
            origin: None,
            action: export.action(),
            target: export.target(),
            conversation: None,
            data: "{}".to_owned(),
        };
        let store = &self.context.store;
        let noted: Result<(), StoreFault> = store
            .write(move |tx| {
                tx.audit(entry);
                Box::pin(async { Ok(()) })
            })
            .await;
        Ok(noted?)
    }
}

impl Reader<'_> {
    /// Entries of the audit, the newest first, from before an id.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<Entry>, EngineFault> {
        let before = before.unwrap_or(AuditId(uuid::Uuid::max()));
        let mut conn = self.conn().await?;
        Ok(audit::list_entries(&mut conn, filter, before, limit).await?)
    }
}
