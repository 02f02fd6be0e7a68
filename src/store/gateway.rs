//! Leases on gateways and what is known of their health.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use super::rows::{Argument, Statement, json, known, lite_names, pg_names, small};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::health::{Half, Health, HealthState};

/// Takes the lease on a gateway, or renews it; the epoch when it is held now, nothing when
/// another daemon has it.
///
/// On PostgreSQL the server's clock decides, so that daemons whose clocks differ agree.
pub async fn upsert_lease(
    conn: &mut Conn,
    gateway: &GatewayName,
    holder: &str,
    now: Timestamp,
    lasts: Duration,
) -> Result<Option<i64>, StoreFault> {
    let text = sql!(conn,
        lite: "INSERT INTO lease (gateway, holder, epoch, expires_at) VALUES ($1, $2, 1, $3 + $4)
            ON CONFLICT (gateway) DO UPDATE SET expires_at = excluded.expires_at, holder = excluded.holder,
                epoch = lease.epoch + (lease.holder <> excluded.holder)
            RETURNING epoch",
        pg: "INSERT INTO lease (gateway, holder, epoch, expires_at)
            VALUES ($1, $2, 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $4 + 0 * $3)
            ON CONFLICT (gateway) DO UPDATE SET expires_at = excluded.expires_at, holder = excluded.holder,
                epoch = lease.epoch + (lease.holder <> excluded.holder)::int
            WHERE lease.holder = excluded.holder
                OR lease.expires_at < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
            RETURNING epoch");
    let lasts = i64::try_from(lasts.as_micros()).unwrap_or(i64::MAX / 4);
    Ok(on!(conn, c => sqlx::query_scalar(text)
        .bind(gateway.as_str()).bind(holder).bind(now.0).bind(lasts).fetch_optional(c).await?))
}

/// Gives a lease back before it ends.
pub async fn release_lease(
    conn: &mut Conn,
    gateway: &GatewayName,
    holder: &str,
) -> Result<(), StoreFault> {
    let text = "UPDATE lease SET expires_at = 0 WHERE gateway = $1 AND holder = $2";
    on!(conn, c => sqlx::query(text).bind(gateway.as_str()).bind(holder).execute(c).await.map(drop))?;
    Ok(())
}

/// The epoch of a gateway's lease: the fencing token of whoever holds it.
pub async fn find_epoch(conn: &mut Conn, gateway: &GatewayName) -> Result<Option<i64>, StoreFault> {
    ask_epochs(conn, std::slice::from_ref(gateway));
    let [found] = conn.answers().await?;
    Ok(read_epochs(&found)?.remove(gateway))
}

/// Asks for the epochs of gateways' leases, with whatever goes to the database next.
pub(super) fn ask_epochs(conn: &mut Conn, gateways: &[GatewayName]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(
                "SELECT gateway, epoch FROM lease WHERE gateway",
                lite_names!()
            ),
            concat!(
                "SELECT gateway, epoch FROM lease WHERE gateway",
                pg_names!()
            ),
        )
    });
    ASK.defer(conn, vec![Argument::Text(json(gateways))]);
}

/// The epochs: the fencing tokens of whoever holds the leases.
pub(super) fn read_epochs(found: &Rows) -> Result<HashMap<GatewayName, i64>, StoreFault> {
    #[derive(Deserialize, sqlx::FromRow)]
    struct Found {
        gateway: String,
        epoch: i64,
    }
    let entry = |one: Found| Ok((known(&one.gateway, GatewayName::parse)?, one.epoch));
    found.read()?.into_iter().map(entry).collect()
}

#[derive(Deserialize, sqlx::FromRow)]
struct Row {
    gateway: String,
    state: String,
    since: i64,
    reason: Option<String>,
    failures: i64,
    probe_at: Option<i64>,
}

impl TryFrom<Row> for Health {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            gateway: known(&row.gateway, GatewayName::parse)?,
            state: known(&row.state, HealthState::from_name)?,
            since: Timestamp(row.since),
            reason: row.reason,
            failures: small(row.failures),
            probe_at: row.probe_at.map(Timestamp),
        })
    }
}

/// A statement about the table that holds a half of gateways' health.
macro_rules! of {
    ($half:expr, $head:literal, $tail:literal) => {
        match $half {
            Half::Sender => concat!($head, "gateway_state", $tail),
            Half::Mailbox => concat!($head, "mailbox_health", $tail),
        }
    };
}

/// Asks what is known of gateways' senders, with whatever goes to the database next.
pub(super) fn ask_health(conn: &mut Conn, gateways: &[GatewayName]) {
    macro_rules! head {
        () => {
            "SELECT gateway, state, since, reason, failures, probe_at FROM gateway_state WHERE gateway"
        };
    }
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(head!(), lite_names!()),
            concat!(head!(), pg_names!()),
        )
    });
    ASK.defer(conn, vec![Argument::Text(json(gateways))]);
}

/// What is known of them; nothing of those that never had trouble.
pub(super) fn read_health(found: &Rows) -> Result<HashMap<GatewayName, Health>, StoreFault> {
    let rows: Vec<Row> = found.read()?;
    rows.into_iter()
        .map(|row| Health::try_from(row).map(|health| (health.gateway.clone(), health)))
        .collect()
}

/// What is known of every gateway that ever had trouble with that half of it.
pub async fn list_health(conn: &mut Conn, half: Half) -> Result<Vec<Health>, StoreFault> {
    let text = of!(
        half,
        "SELECT gateway, state, since, reason, failures, probe_at FROM ",
        " ORDER BY gateway"
    );
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).fetch_all(c).await?);
    rows.into_iter().map(Health::try_from).collect()
}

/// What is known of that half of one gateway.
pub async fn find_health(
    conn: &mut Conn,
    half: Half,
    gateway: &GatewayName,
) -> Result<Option<Health>, StoreFault> {
    let text = of!(
        half,
        "SELECT gateway, state, since, reason, failures, probe_at FROM ",
        " WHERE gateway = $1"
    );
    let row: Option<Row> =
        on!(conn, c => sqlx::query_as(text).bind(gateway.as_str()).fetch_optional(c).await?);
    row.map(Health::try_from).transpose()
}

/// Records how that half of a gateway is.
pub async fn upsert_health(conn: &mut Conn, half: Half, health: &Health) -> Result<(), StoreFault> {
    let text = of!(
        half,
        "INSERT INTO ",
        " (gateway, state, since, reason, failures, probe_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (gateway) DO UPDATE SET state = excluded.state, since = excluded.since,
            reason = excluded.reason, failures = excluded.failures, probe_at = excluded.probe_at"
    );
    on!(conn, c => sqlx::query(text)
        .bind(health.gateway.as_str())
        .bind(health.state.as_str())
        .bind(health.since.0)
        .bind(health.reason.as_deref())
        .bind(i64::from(health.failures))
        .bind(health.probe_at.map(|at| at.0))
        .execute(c).await.map(drop))?;
    Ok(())
}
