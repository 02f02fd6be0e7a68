//! The audit, read. Entries are made where the thing is done, in the same transaction.

use super::{EngineFault, Reader};
use crate::domain::audit::{AuditFilter, Entry};
use crate::domain::id::AuditId;
use crate::store::audit;

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
