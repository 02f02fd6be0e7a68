//! The composition root: a configuration in, a running daemon out. The only module that knows
//! every other one.

mod commands;
mod demo;
mod wiring;

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;

pub use commands::{
    MailboxReconciled, OverItsTime, add_agent, check, create_key, migrate, openapi,
    reconcile_mailboxes, retain, serve,
};
pub use demo::{DemoOptions, demo};

use crate::channel::imap::Account;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::gateway::GatewayName;
use crate::engine::Engine;
use crate::lifecycle::{Drained, Tasks};
use crate::store::{OpenOptions, Store};
use crate::worker;

/// A running daemon.
pub struct App {
    /// Where the API and the callbacks are.
    pub address: SocketAddr,
    /// Where metrics and health are.
    pub admin_address: SocketAddr,
    engine: Engine,
    store: Store,
    config: Config,
    groups: Groups,
}

/// The tasks in the order of their start; they stop in the reverse order.
struct Groups {
    /// The store's writer, the engine's queues, the feed.
    core: Tasks,
    /// What works by itself.
    workers: Tasks,
    /// The listeners and their connections.
    doors: Tasks,
}

impl App {
    /// Starts a daemon with tasks of its own.
    pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Self> {
        Self::start_within(config, clock, &Tasks::new()).await
    }

    /// Starts a daemon whose tasks belong to a group; it answers once this returns.
    pub async fn start_within(config: Config, clock: Clock, tasks: &Tasks) -> anyhow::Result<Self> {
        let groups = Groups {
            core: tasks.child(),
            workers: tasks.child(),
            doors: tasks.child(),
        };
        let lines = wiring::lines(&config, &clock)?;
        let mailboxes = wiring::mailboxes(&config, &clock)?;
        let options = OpenOptions {
            accept_data_loss: config.database.accept_data_loss,
            exclusive: true,
            ..OpenOptions::default()
        };
        let store = Store::open(&wiring::location(&config), &options, &groups.core).await?;
        let parts = wiring::parts(&config, store.clone(), clock, lines)?;
        let engine = Engine::start(parts, &groups.core).await?;
        engine.note_configuration(&config.fingerprints).await?;
        start_workers(&engine, mailboxes, &groups.workers);
        if !config.policies.is_empty() {
            let keeper = worker::promises::run(engine.clone(), groups.workers.clone());
            groups.workers.spawn_vital("promises", keeper);
        }
        let public = listen(config.server.listen).await?;
        let admin = listen(config.server.admin_listen).await?;
        let (address, admin_address) = (public.local_addr()?, admin.local_addr()?);
        wiring::open_doors(public, admin, &engine, &config, &groups.doors);
        tracing::info!(%address, %admin_address, "listening");
        Ok(Self {
            address,
            admin_address,
            engine,
            store,
            config,
            groups,
        })
    }

    /// The use cases of this daemon.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Stops in the reverse order of the start: no new requests, then no new sends, and at last
    /// the queues, once everything in them is on disk.
    pub async fn stop(self) -> Drained {
        let Self {
            engine,
            store,
            config,
            groups,
            ..
        } = self;
        let within = config.server.drain_timeout;
        let doors = groups.doors.stop(within).await;
        let workers = groups.workers.stop(within).await;
        drop(engine);
        groups.core.ask_to_stop();
        let readers = store.clone();
        drop(store);
        readers.close().await;
        drop(readers);
        let core = groups.core.stop(within).await;
        let all = [doors, workers, core];
        all.into_iter()
            .find(|drained| *drained != Drained::All)
            .unwrap_or(Drained::All)
    }
}

fn start_workers(engine: &Engine, mailboxes: Vec<(GatewayName, Account)>, tasks: &Tasks) {
    let holder = wiring::new_holder();
    for line in engine.lines() {
        let sender =
            worker::sender::run(engine.clone(), line.clone(), holder.clone(), tasks.clone());
        tasks.spawn_vital("sender", sender);
    }
    for (name, account) in mailboxes {
        let Some(line) = engine.line(&name).cloned() else {
            continue;
        };
        let reader =
            worker::mailbox::run(engine.clone(), line, account, holder.clone(), tasks.clone());
        tasks.spawn_vital("mailbox", reader);
    }
    tasks.spawn_vital(
        "wake",
        worker::housekeeping::wake(engine.clone(), tasks.clone()),
    );
    tasks.spawn_vital(
        "housekeeping",
        worker::housekeeping::run(engine.clone(), tasks.clone()),
    );
    if !engine.keeps_for_ever() {
        let keeper = worker::housekeeping::retain(engine.clone(), tasks.clone());
        tasks.spawn_vital("retention", keeper);
    }
    tasks.spawn_vital("media", worker::media::run(engine.clone(), tasks.clone()));
    tasks.spawn_vital(
        "indexer",
        worker::indexer::run(engine.clone(), tasks.clone()),
    );
    tasks.spawn_vital("gauges", worker::gauges::run(engine.clone(), tasks.clone()));
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("failed to listen on {address}"))
}
