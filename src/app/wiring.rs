//! Turns sections of the configuration into arguments; below here nobody holds a `Config`.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::blob::Blobs;
use crate::channel::imap::{Account, Deadlines};
use crate::channel::{Gateway, Profiles};
use crate::config::{BlobsUrl, Config, ConfigFault, DatabaseUrl, Fault};
use crate::domain::clock::Clock;
use crate::domain::gateway::GatewayName;
use crate::engine::{Engine, Line, Parts};
use crate::http::admin::Admin;
use crate::http::server::{self, ServerLimits};
use crate::http::{self, Door, Quota, Rates, guard};
use crate::lifecycle::Tasks;
use crate::store::{Location, Store};
use crate::telemetry::install_metrics;
use crate::{api, hooks};

/// Where the database is.
pub(super) fn location(config: &Config) -> Location {
    match &config.database.url {
        DatabaseUrl::Sqlite(path) => Location::Sqlite(path.clone()),
        DatabaseUrl::Postgres(url) => Location::Postgres(url.clone()),
    }
}

/// Every configured gateway with its wire; everything that keeps one from working is the fault.
pub(super) fn lines(config: &Config, clock: &Clock) -> anyhow::Result<Vec<Line>> {
    let profiles = Profiles::load(config.profiles_dir.as_deref())?;
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for spec in &config.gateways {
        match Gateway::open(spec, &profiles, &config.server.public_url, clock.clone()) {
            Ok(gateway) => lines.push(Line {
                spec: Arc::new(spec.clone()),
                gateway: Arc::new(gateway),
            }),
            Err(fault) => faults.push(config.places.fault(
                fault.gateway(),
                fault.setting(),
                fault.to_string(),
                fault.fix(),
            )),
        }
    }
    told(lines, faults)
}

/// Every mailbox that is read, with its account; everything that keeps one from being read is the
/// fault.
pub(super) fn mailboxes(
    config: &Config,
    clock: &Clock,
) -> anyhow::Result<Vec<(GatewayName, Account)>> {
    let (mut accounts, mut faults) = (Vec::new(), Vec::new());
    for spec in &config.gateways {
        let mail = spec.mail.as_ref();
        let Some(imap) = mail.and_then(|mail| mail.imap.as_ref()) else {
            continue;
        };
        match Account::open(imap, clock.clone(), Deadlines::default()) {
            Ok(account) => accounts.push((spec.name.clone(), account)),
            Err(fault) => {
                let name = spec.name.as_str();
                let reason = format!("gateway {name:?}: imap: {fault:#}");
                let fix = "correct [gateway.imap]".to_owned();
                faults.push(config.places.fault(name, Some("imap"), reason, fix));
            }
        }
    }
    told(accounts, faults)
}

fn told<T>(opened: T, faults: Vec<Fault>) -> anyhow::Result<T> {
    if faults.is_empty() {
        return Ok(opened);
    }
    Err(ConfigFault { faults }.into())
}

/// Where raw mail and attachments are.
fn blobs(config: &Config) -> anyhow::Result<Blobs> {
    match &config.blobs.url {
        BlobsUrl::Folder(folder) => Blobs::open_folder(folder)
            .with_context(|| format!("failed to use {} for blobs", folder.display())),
        BlobsUrl::Bucket(url) => {
            Blobs::open_bucket(url).context("failed to use the bucket in blobs.url")
        }
    }
}

/// What an engine is made of.
pub(super) fn parts(
    config: &Config,
    store: Store,
    clock: Clock,
    lines: Vec<Line>,
) -> anyhow::Result<Parts> {
    Ok(Parts {
        store,
        blobs: blobs(config)?,
        clock,
        lines,
        default_sms: config.default_sms.clone(),
        default_email: config.default_email.clone(),
        public_url: config.server.public_url.clone(),
        policies: config.policies.clone(),
        deleted: config.inbox.deleted,
        write_to_closed: config.inbox.write_to_closed,
        retention: config.retention.clone(),
    })
}

fn rates(config: &Config, engine: &Engine) -> Arc<Rates> {
    let api = &config.api;
    let keys = Quota {
        rate: api.rate,
        burst: api.burst,
    };
    let addresses = Quota {
        rate: api.address_rate,
        burst: api.address_burst,
    };
    Arc::new(Rates::new(keys, addresses, engine.clock().clone()))
}

/// By what name this daemon holds leases: a new one with each start, so that what an earlier one
/// left behind is known for that.
pub(super) fn new_holder() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Serves the public and the admin surface; the flag falls when the public one stops accepting.
pub(super) fn open_doors(
    public: TcpListener,
    admin: TcpListener,
    engine: &Engine,
    config: &Config,
    tasks: &Tasks,
) {
    let server = &config.server;
    let limits = ServerLimits {
        max_connections: server.max_connections as usize,
        header_timeout: server.header_timeout,
        drain: server.drain_timeout,
    };
    let door = Door {
        trusted_proxies: server.trusted_proxies.clone(),
        request_timeout: server.request_timeout,
        rates: Some(rates(config, engine)),
    };
    let operators_door = Door {
        rates: None,
        ..door.clone()
    };
    let listening = watch::Sender::new(true);
    let metrics = install_metrics();
    let operators = http::admin::router(Admin {
        engine: engine.clone(),
        metrics: Arc::new(move || metrics.render()),
        listening: listening.subscribe(),
    });
    let routes = api::router(engine.clone(), &config.country, tasks.clone())
        .merge(hooks::router(engine.clone()));
    let (routes, operators) = (guard(routes, door), guard(operators, operators_door));
    let group = tasks.clone();
    // Balancers shall hear of a stop when it begins, not when the last request is answered.
    tasks.spawn("readiness", async move {
        group.stopped().await;
        listening.send_replace(false);
    });
    let (bounds, group) = (limits.clone(), tasks.clone());
    tasks.spawn_vital("public listener", async move {
        server::serve(public, routes, bounds, &group).await;
    });
    let group = tasks.clone();
    tasks.spawn_vital("admin listener", async move {
        server::serve(admin, operators, limits, &group).await;
    });
}
