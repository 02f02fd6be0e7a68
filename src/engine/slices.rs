//! The queue in front of each hot use case: what arrived during the last commit is the next
//! slice, and everyone is answered after the commit.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::{Context, EngineFault};
use crate::lifecycle::Tasks;
use crate::store::Tx;

/// How many commands may wait; more are refused, never dropped.
const WAITING: usize = 8_192;

/// How many commands a slice may have. Large slices cost less per command and more per answer.
const SLICE: usize = 256;

/// How many commands go together in any case, when so many wait.
const SMALL: usize = 16;

type Answer<R> = oneshot::Sender<Result<R, EngineFault>>;

/// Loads, decides and saves a slice, in a transaction; one answer for each command, in order.
pub(super) type Slice<C, R> =
    for<'c> fn(&'c mut Tx, Arc<Vec<C>>, Arc<Context>) -> BoxFuture<'c, Result<Vec<R>, EngineFault>>;

/// Where commands of one kind are left.
#[derive(Debug)]
pub(super) struct Queue<C, R> {
    commands: mpsc::Sender<(C, Answer<R>)>,
}

impl<C, R> Clone for Queue<C, R> {
    fn clone(&self) -> Self {
        Self {
            commands: self.commands.clone(),
        }
    }
}

impl<C, R> Queue<C, R> {
    /// Leaves a command and waits until what it led to is on disk.
    pub(super) async fn ask(&self, command: C) -> Result<R, EngineFault> {
        let (answer, answered) = oneshot::channel();
        self.commands
            .try_send((command, answer))
            .map_err(|_| EngineFault::Busy)?;
        answered
            .await
            .unwrap_or_else(|_| Err(EngineFault::Unavailable("the daemon is stopping".into())))
    }
}

/// Starts working off commands of one kind.
pub(super) fn start<C, R>(
    name: &'static str,
    context: Arc<Context>,
    slice: Slice<C, R>,
    tasks: &Tasks,
) -> Queue<C, R>
where
    C: Send + Sync + Clone + 'static,
    R: Send + 'static,
{
    let (commands, waiting) = mpsc::channel(WAITING);
    // Like the store's writer, it ends when the last asker is gone, not when a stop is asked for.
    tasks.spawn(name, run(context, slice, waiting));
    Queue { commands }
}

async fn run<C, R>(
    context: Arc<Context>,
    slice: Slice<C, R>,
    mut waiting: mpsc::Receiver<(C, Answer<R>)>,
) where
    C: Send + Sync + Clone + 'static,
    R: Send + 'static,
{
    let mut batch = Vec::with_capacity(SLICE);
    while waiting.recv_many(&mut batch, share(waiting.len())).await > 0 {
        let (commands, answers): (Vec<C>, Vec<Answer<R>>) = batch.drain(..).unzip();
        let commands = Arc::new(commands);
        let outcome = attempt(&context, slice, Arc::clone(&commands)).await;
        match outcome {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    drop(answer.send(Ok(result)));
                }
            }
            Err(EngineFault::Refused(_)) if commands.len() > 1 => {
                one_by_one(&context, slice, &commands, answers).await;
            }
            Err(fault) => {
                for answer in answers {
                    drop(answer.send(Err(fault.clone())));
                }
            }
        }
    }
}

/// How many of those that wait go into the next slice. Half of them: while that is written, those who
/// asked for the slice before have their answers and ask again, and neither waits for the other.
fn share(waiting: usize) -> usize {
    waiting.div_ceil(2).clamp(SMALL, SLICE)
}

/// Finds the culprit of a slice that the database refused, so that the others are not harmed.
async fn one_by_one<C, R>(
    context: &Arc<Context>,
    slice: Slice<C, R>,
    commands: &[C],
    answers: Vec<Answer<R>>,
) where
    C: Send + Sync + Clone + 'static,
    R: Send + 'static,
{
    for (command, answer) in commands.iter().zip(answers) {
        let outcome = attempt(context, slice, Arc::new(vec![command.clone()])).await;
        let result = outcome.map(|mut results| results.pop().expect("one command has one result"));
        drop(answer.send(result));
    }
}

async fn attempt<C, R>(
    context: &Arc<Context>,
    slice: Slice<C, R>,
    commands: Arc<Vec<C>>,
) -> Result<Vec<R>, EngineFault>
where
    C: Send + Sync + 'static,
    R: Send + 'static,
{
    let shared = Arc::clone(context);
    context
        .store
        .write_in_hope(move |tx| slice(tx, commands, shared))
        .await
}
