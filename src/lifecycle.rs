//! Tasks and how they end: one tracker, a soft and a hard stop, the signals that ask for them.
//!
//! Knows nothing of what the tasks do. A soft stop asks; every task finishes the step it is at and
//! returns. A hard stop drops what is still running at its next await: everything that matters is
//! on disk before it is acknowledged, so that is safe, only less polite.

mod crash;

use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use crash::crash_point;

/// How long tasks get to notice a hard stop; they only have to reach their next await.
const HARD_STOP_GRACE: Duration = Duration::from_secs(2);

/// A handle to spawn tasks and to learn that they shall stop; clones share everything.
#[derive(Debug, Clone)]
pub struct Tasks {
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
    /// The trackers of the groups that this one is part of; they count its tasks too.
    outer: Vec<TaskTracker>,
    /// Stops the whole program, not only this group.
    everything: CancellationToken,
    failed: Arc<AtomicBool>,
}

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every task returned by itself.
    All,
    /// Some had to be dropped.
    Dropped {
        /// How many were still running when the time was up.
        tasks: usize,
    },
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// A group with its own stop and nothing running.
    #[must_use]
    pub fn new() -> Self {
        let soft = CancellationToken::new();
        Self {
            everything: soft.clone(),
            soft,
            hard: CancellationToken::new(),
            tracker: TaskTracker::new(),
            outer: Vec::new(),
            failed: Arc::new(AtomicBool::new(false)),
        }
    }

    /// A group inside this one: it stops with this one, or alone before it, and is waited for by both.
    ///
    /// Groups are how the program stops in the reverse order of its start.
    #[must_use]
    pub fn child(&self) -> Self {
        let mut outer = self.outer.clone();
        outer.push(self.tracker.clone());
        Self {
            soft: self.soft.child_token(),
            hard: self.hard.child_token(),
            tracker: TaskTracker::new(),
            outer,
            everything: self.everything.clone(),
            failed: Arc::clone(&self.failed),
        }
    }

    /// Runs a task whose panic harms nobody else, such as one connection; a panic is logged.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(async move {
            if AssertUnwindSafe(future).catch_unwind().await.is_err() {
                tracing::error!(task = name, "a task panicked");
            }
        });
    }

    /// Runs a task that the daemon cannot do without; its panic is logged and stops everything.
    ///
    /// A daemon that looks alive but sends nothing is worse than one that its supervisor restarts.
    pub fn spawn_vital<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let everything = self.everything.clone();
        let failed = Arc::clone(&self.failed);
        self.start(async move {
            if AssertUnwindSafe(future).catch_unwind().await.is_err() {
                tracing::error!(task = name, "a vital task panicked; stopping");
                failed.store(true, Ordering::SeqCst);
                everything.cancel();
            }
        });
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    fn start<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        let counted: Vec<_> = self.outer.iter().map(TaskTracker::token).collect();
        tokio::spawn(self.tracker.track_future(async move {
            tokio::select! {
                () = future => {}
                () = hard.cancelled() => {}
            }
            drop(counted);
        }));
    }

    /// Asks every task of the group to end; returns at once.
    pub fn ask_to_stop(&self) {
        self.soft.cancel();
    }

    /// Completes when the tasks of the group are asked to end.
    pub async fn stopped(&self) {
        self.soft.cancelled().await;
    }

    /// Whether the tasks of the group are asked to end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// The token behind [`Tasks::stopped`], for what takes one: streams, servers.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// How many tasks are running, those of inner groups included.
    #[must_use]
    pub fn running(&self) -> usize {
        self.tracker.len()
    }

    /// Whether a vital task has panicked.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Asks every task of the group to end, waits that long, then drops those that are left.
    pub async fn stop(&self, within: Duration) -> Drained {
        self.soft.cancel();
        self.tracker.close();
        let hard = self.hard.clone();
        tokio::select! {
            () = self.tracker.wait() => return Drained::All,
            () = tokio::time::sleep(within) => {}
            () = hard.cancelled() => {}
        }
        let tasks = self.tracker.len();
        self.hard.cancel();
        // One that never awaits cannot be dropped; the process ends without it.
        let _ = tokio::time::timeout(HARD_STOP_GRACE, self.tracker.wait()).await;
        Drained::Dropped { tasks }
    }
}

/// The daemon's life: its tasks, the signals that end it, and what its supervisor is told.
#[derive(Debug, Default)]
pub struct Lifecycle {
    tasks: Tasks,
}

impl Lifecycle {
    /// A life in which nothing runs yet and no signal is listened to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The group that everything runs in.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Turns the first SIGTERM or SIGINT into a soft stop and the second into a hard one.
    ///
    /// # Errors
    ///
    /// Fails where the system refuses the signal handlers, or outside a runtime.
    pub fn listen_to_signals(&self) -> io::Result<()> {
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        self.watch(terminate, interrupt);
        Ok(())
    }

    /// Outside the tracker: the watch has to outlive the tasks, and no stop may wait for it.
    #[expect(clippy::disallowed_methods, reason = "see above")]
    fn watch(&self, mut terminate: Signal, mut interrupt: Signal) {
        let soft = self.tasks.soft.clone();
        let hard = self.tasks.hard.clone();
        tokio::spawn(async move {
            either(&mut terminate, &mut interrupt).await;
            tracing::info!("stopping; a second signal stops at once");
            soft.cancel();
            either(&mut terminate, &mut interrupt).await;
            tracing::warn!("stopping at once");
            hard.cancel();
        });
    }

    /// Tells the supervisor that the daemon can accept; without a supervisor, nobody.
    pub fn ready(&self, status: &str) {
        notify(&[
            sd_notify::NotifyState::Ready,
            sd_notify::NotifyState::Status(status),
        ]);
    }

    /// Completes when a signal or a vital task's panic asks for a stop.
    pub async fn stopped(&self) {
        self.tasks.stopped().await;
    }

    /// Tells the supervisor, then stops every task within the time, hard afterwards.
    pub async fn stop(&self, within: Duration) -> Drained {
        notify(&[sd_notify::NotifyState::Stopping]);
        let drained = self.tasks.stop(within).await;
        match drained {
            Drained::All => tracing::info!("stopped"),
            Drained::Dropped { tasks } => {
                tracing::warn!(
                    tasks,
                    "stopped; some tasks did not end in time and were dropped"
                );
            }
        }
        drained
    }
}

async fn either(first: &mut Signal, second: &mut Signal) {
    tokio::select! {
        _ = first.recv() => {}
        _ = second.recv() => {}
    }
}

fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "failed to notify the supervisor");
    }
}
