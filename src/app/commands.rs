//! What the command line asks for, one function each.

use anyhow::{Context as _, bail};

use super::{App, wiring};
use crate::config::Config;
use crate::domain::agent::Role;
use crate::domain::clock::Clock;
use crate::domain::gateway::GatewayName;
use crate::domain::retention::Kept;
use crate::engine::{Earnest, Engine, Line};
use crate::lifecycle::{Drained, Lifecycle, Tasks};
use crate::store::{OpenOptions, Store};
use crate::worker::mailbox::reconcile::{self, Reconciled};

/// Runs the daemon until a signal ends it. When nobody can log in yet, `invite` gets the link to
/// make the first admin, which is a secret.
pub async fn serve(config: Config, invite: impl FnOnce(&str)) -> anyhow::Result<()> {
    let lifecycle = Lifecycle::new();
    lifecycle
        .listen_to_signals()
        .context("failed to listen to signals")?;
    let drain = config.server.drain_timeout;
    let app = App::start_within(config, Clock::System, lifecycle.tasks()).await?;
    if let Some(token) = app.engine().setup_token().await? {
        let base = app.engine().public_url().as_str().trim_end_matches('/');
        invite(&format!("{base}/setup#{token}"));
    }
    lifecycle.ready(&format!("listening on {}", app.address));
    lifecycle.stopped().await;
    let drained = app.stop().await;
    lifecycle.stop(drain).await;
    if lifecycle.tasks().has_failed() {
        bail!("a part of the daemon failed, and the daemon stopped");
    }
    if let Drained::Dropped { tasks } = drained {
        tracing::warn!(tasks, "stopped before everything was finished");
    }
    Ok(())
}

/// Brings the database to this program's version.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    with_store(config, async |_| Ok(())).await
}

/// Finds out whether every gateway could work, without a network and without a database.
pub fn check(config: &Config) -> anyhow::Result<()> {
    wiring::lines(config, &Clock::System)?;
    wiring::mailboxes(config, &Clock::System).map(drop)
}

/// Makes a key and gives back its secret, which is shown once.
pub async fn create_key(
    config: &Config,
    name: &str,
    role: Role,
    agent: Option<&str>,
) -> anyhow::Result<String> {
    with_engine(config, async |engine| {
        Ok(engine.create_key(name, role, agent).await?.secret)
    })
    .await
}

/// Adds somebody who can log in.
pub async fn add_agent(
    config: &Config,
    name: &str,
    email: &str,
    role: Role,
    password: &str,
) -> anyhow::Result<String> {
    with_engine(config, async |engine| {
        Ok(engine
            .add_agent(name, email, role, password)
            .await?
            .id
            .to_string())
    })
    .await
}

/// How much of a gateway is over its time.
#[derive(Debug, serde::Serialize)]
pub struct OverItsTime {
    /// The gateway.
    pub gateway: String,
    /// What: `messages`, `mail`, `deleted`, `attachments` or `raw`.
    pub kind: &'static str,
    /// How many of them.
    pub count: u64,
}

/// Removes what was kept for as long as it may be, or only says what that is.
pub async fn retain(config: &Config, dry_run: bool) -> anyhow::Result<Vec<OverItsTime>> {
    let earnest = if dry_run {
        Earnest::Rehearsal
    } else {
        Earnest::Real
    };
    with_engine(config, async |engine| {
        let removed = engine.retain(earnest, &|| true).await?;
        let one = |((gateway, kept), count): ((GatewayName, Kept), u64)| OverItsTime {
            gateway: gateway.to_string(),
            kind: kept.as_str(),
            count,
        };
        Ok(removed.into_iter().map(one).collect())
    })
    .await
}

/// What a comparison of one mailbox found.
#[derive(Debug, serde::Serialize)]
pub struct MailboxReconciled {
    /// The gateway whose mailbox it is.
    pub gateway: String,
    /// What was found; nothing where the mailbox was not read yet under its present UIDVALIDITY.
    #[serde(flatten)]
    pub found: Option<Reconciled>,
}

/// Compares mailboxes with what is stored, and fetches what is missing: one gateway's, or all.
pub async fn reconcile_mailboxes(
    config: &Config,
    gateway: Option<&str>,
) -> anyhow::Result<Vec<MailboxReconciled>> {
    let mut accounts = wiring::mailboxes(config, &Clock::System)?;
    accounts.retain(|(name, _)| gateway.is_none_or(|wanted| wanted == name.as_str()));
    if let (Some(wanted), true) = (gateway, accounts.is_empty()) {
        bail!("there is no gateway {wanted:?} with a mailbox");
    }
    let lines = wiring::lines(config, &Clock::System)?;
    with_engine_for(config, lines, async |engine| {
        let mut all = Vec::new();
        for (name, account) in accounts {
            let Some(line) = engine.line(&name) else {
                continue;
            };
            let found = reconcile::once(engine, line, &account)
                .await
                .with_context(|| format!("gateway {:?}", name.as_str()))?;
            let gateway = name.to_string();
            all.push(MailboxReconciled { gateway, found });
        }
        Ok(all)
    })
    .await
}

/// The API's description, as it is served.
pub fn openapi() -> String {
    crate::api::openapi_json().to_owned()
}

/// Works on the database beside a daemon that may be running.
async fn with_store<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let tasks = Tasks::new();
    let options = OpenOptions {
        accept_data_loss: config.database.accept_data_loss,
        ..OpenOptions::default()
    };
    let store = Store::open(&wiring::location(config), &options, &tasks).await?;
    let done = work(&store).await;
    store.close().await;
    drop(store);
    tasks.stop(config.server.drain_timeout).await;
    done
}

/// Works with an engine that needs no gateways.
async fn with_engine<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Engine) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    with_engine_for(config, Vec::new(), work).await
}

async fn with_engine_for<T>(
    config: &Config,
    lines: Vec<Line>,
    work: impl AsyncFnOnce(&Engine) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    with_store(config, async |store| {
        let tasks = Tasks::new();
        let parts = wiring::parts(config, store.clone(), Clock::System, lines)?;
        let engine = Engine::start(parts, &tasks).await?;
        let done = work(&engine).await;
        drop(engine);
        tasks.stop(config.server.drain_timeout).await;
        done
    })
    .await
}
