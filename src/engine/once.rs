//! Creations that a repeated request repeats the answer of (I15), for what is made one at a time.

use super::EngineFault;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::{Answered, Key};
use crate::store::{Conn, StoreFault, idempotency};

/// The key under which a creation is remembered, and how its answer is written.
#[derive(Debug, Clone)]
pub struct Remember<T> {
    /// The client's key.
    pub key: Key,
    /// A hash of the request.
    pub fingerprint: String,
    /// The answer to it.
    pub render: fn(&T) -> String,
}

/// What became of a creation.
#[derive(Debug, Clone)]
pub enum Made<T> {
    /// It was made.
    New(T),
    /// It had been made before, and was answered like this.
    Repeated(Answered),
}

/// Why nothing was made for a key.
#[derive(Debug, thiserror::Error)]
pub enum OnceFault {
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    KeyReused,
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for OnceFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl<T> Remember<T> {
    /// What was answered to this key before.
    pub(super) async fn find(
        once: Option<&Self>,
        conn: &mut Conn,
    ) -> Result<Option<Answered>, OnceFault> {
        let Some(once) = once else {
            return Ok(None);
        };
        let known = idempotency::load_answers(conn, std::slice::from_ref(&once.key)).await?;
        match known.into_values().next() {
            Some(answered) if answered.fingerprint == once.fingerprint => Ok(Some(answered)),
            Some(_) => Err(OnceFault::KeyReused),
            None => Ok(None),
        }
    }

    /// Remembers that this was made, and answered with 201.
    pub(super) async fn keep(
        once: Option<Self>,
        conn: &mut Conn,
        made: &T,
        now: Timestamp,
    ) -> Result<(), StoreFault> {
        let Some(once) = once else {
            return Ok(());
        };
        let answered = Answered {
            fingerprint: once.fingerprint,
            status: 201,
            response: (once.render)(made),
        };
        idempotency::insert_answers(conn, &[(once.key, answered)], now).await
    }
}
