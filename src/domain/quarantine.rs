//! What came in, proved who sent it, and could not be read.

use super::clock::Timestamp;
use super::gateway::GatewayName;
use super::id::QuarantineId;

/// A request that waits for somebody, or for a better program, to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its id.
    pub id: QuarantineId,
    /// The gateway it was posted to.
    pub gateway: GatewayName,
    /// Why it could not be read, in plain words.
    pub reason: String,
    /// The raw request.
    pub raw: uuid::Uuid,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was read after all.
    pub replayed_at: Option<Timestamp>,
}
