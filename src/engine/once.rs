//! Creations that a repeated request repeats the answer of (I15), for what is made one at a time.

use futures_util::future::BoxFuture;

use super::{EditFault, Engine};
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::{Answered, Key};
use crate::store::{Conn, StoreFault, Tx, idempotency};

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

impl Engine {
    /// Makes something in a transaction, or answers as it was answered when it was made.
    pub(super) async fn make<T, E, F>(
        &self,
        once: Option<Remember<T>>,
        work: F,
    ) -> Result<Made<T>, E>
    where
        T: Send + Sync + 'static,
        E: From<EditFault> + From<StoreFault> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, Timestamp) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let now = self.context.clock.now();
        let store = &self.context.store;
        store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(answered) = Remember::find(once.as_ref(), &mut tx.conn).await? {
                        return Ok(Made::Repeated(answered));
                    }
                    let made = work(tx, now).await?;
                    Remember::keep(once, &mut tx.conn, &made, now).await?;
                    Ok(Made::New(made))
                })
            })
            .await
    }
}

impl<T> Remember<T> {
    /// What was answered to this key before.
    async fn find(once: Option<&Self>, conn: &mut Conn) -> Result<Option<Answered>, EditFault> {
        let Some(once) = once else {
            return Ok(None);
        };
        let known = idempotency::load_answers(conn, std::slice::from_ref(&once.key)).await?;
        match known.into_values().next() {
            Some(answered) if answered.fingerprint == once.fingerprint => Ok(Some(answered)),
            Some(_) => Err(EditFault::KeyReused),
            None => Ok(None),
        }
    }

    /// Remembers that this was made, and answered with 201.
    async fn keep(
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
