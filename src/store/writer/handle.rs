//! Where units of work are left for the writer, and how they hear what became of them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::Tx;
use super::hope::Mood;
use crate::store::{StoreFault, origin};

/// What a unit leaves behind: whether it may be kept, and how to answer once that is certain.
pub(super) type Answer = Box<dyn FnOnce(Result<(), StoreFault>) + Send>;
type Work = Box<dyn for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, (bool, Answer)> + Send>;

/// A unit of work.
pub(super) struct Unit {
    pub(super) work: Work,
    /// Whether it is done without a transaction, if that can be.
    pub(super) hopeful: bool,
}

/// Leaves units for the writer.
#[derive(Clone)]
pub(in crate::store) struct Handle {
    pub(super) queue: mpsc::Sender<Unit>,
    /// Where a transaction costs trips of its own.
    pub(super) mood: Option<Arc<Mood>>,
}

impl Handle {
    /// Runs a unit in a transaction.
    pub(in crate::store) async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let lost = || {
            StoreFault::NotCommitted(
                "nothing was written: the database is away, or the daemon stops".to_owned(),
            )
        };
        let answer = self.ask(unit, false).await?;
        answer.unwrap_or_else(|| Err(lost().into()))
    }

    /// Runs a unit without a transaction if nobody else writes meanwhile, and in one otherwise.
    pub(in crate::store) async fn write_in_hope<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Clone + Send + 'static,
    {
        if self.mood.as_ref().is_some_and(|mood| mood.hopes())
            && let Some(done) = self.ask(unit.clone(), true).await?
        {
            return done;
        }
        self.write(unit).await
    }

    /// Has the unit run; nothing when it was in vain.
    async fn ask<T, E, F>(&self, unit: F, hopeful: bool) -> Result<Option<Result<T, E>>, StoreFault>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let origin = origin::current();
        let work: Work = Box::new(move |tx| {
            Box::pin(async move {
                tx.origin = origin;
                let result = AssertUnwindSafe(unit(tx))
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|_| {
                        Err(StoreFault::NotCommitted("a unit of work panicked".to_owned()).into())
                    });
                let keep = result.is_ok();
                let answer: Answer = Box::new(move |committed| {
                    let outcome = match committed {
                        Ok(()) => Some(result),
                        Err(StoreFault::Outrun) => None,
                        // A unit that failed by itself knows more than the commit does.
                        Err(why) => Some(result.and_then(|_| Err(why.into()))),
                    };
                    drop(reply.send(outcome));
                });
                (keep, answer)
            })
        });
        let unit = Unit { work, hopeful };
        self.queue.try_send(unit).map_err(|_| StoreFault::Busy)?;
        Ok(answer.await.unwrap_or_default())
    }
}
