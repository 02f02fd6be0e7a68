//! Acknowledged means on disk: the real program is killed at random moments under load, and the
//! database's plug is pulled, while an oracle keeps its own history of what was promised.
//!
//! `POSTERN_CRASH_KILLS` sets how often each database sees a kill; sixteen times without it.

mod load;
mod oracle;
mod points;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::world::daemon::Daemon;
use crate::world::db::{Db, PgServer};
use crate::world::provider::{FakeProvider, Reply};
use crate::world::setup::Setup;
use load::Load;
use oracle::Oracle;

/// Kills on each database when nobody says otherwise: together more than thirty.
const KILLS: u32 = 16;

/// Kills of two daemons, one after the other.
const TURNS: usize = 10;

/// Power cuts of the database server.
const POWER_CUTS: u32 = 6;

/// What must have been promised since the last time, however slow the machine is, for a kill to
/// prove something.
const PROMISES: usize = 10;

/// How many sends the profile lets be under way at once, and so be in doubt after a kill.
const AT_ONCE: usize = 16;

/// The longest that a start may take, also after a kill.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A provider that takes its time, so that a kill often falls between its taking a message and
/// our knowing it.
async fn slow_provider() -> Arc<FakeProvider> {
    let provider = FakeProvider::start().await;
    provider.answers(|_| Reply::TakenAfter(Duration::from_millis(rand::random_range(0..20))));
    Arc::new(provider)
}

async fn kill_at_random_moments(db: Db) {
    let kills = match std::env::var("POSTERN_CRASH_KILLS") {
        Ok(count) => count.parse().expect("POSTERN_CRASH_KILLS is a number"),
        Err(_) => KILLS,
    };
    let provider = slow_provider().await;
    let mut daemon = Daemon::start(&db, Setup::usual(&db, &provider.url())).await;
    let oracle = Arc::new(Oracle::new(&db.folder().join("history.jsonl")));
    let load = Load::start(&[&daemon], &provider, &oracle);
    let mut slowest = Duration::ZERO;
    for _ in 0..kills {
        oracle.promises(PROMISES).await;
        tokio::time::sleep(Duration::from_millis(rand::random_range(50..1000))).await;
        daemon.kill().await;
        oracle.killed();
        let began = Instant::now();
        daemon.start_again().await;
        slowest = slowest.max(began.elapsed());
    }
    load.finish(&daemon).await;
    let verdict = oracle.judge(&daemon, &provider).await;
    println!("{kills} kills, slowest start {slowest:?}: {verdict}");
    verdict.must_hold(&daemon, kills as usize * AT_ONCE);
    assert!(slowest < READY_WITHIN, "a start took {slowest:?}");
    assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f01_i01_i03_i04_kills_lose_nothing_on_sqlite() {
    kill_at_random_moments(Db::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f01_i01_i03_i04_kills_lose_nothing_on_postgres() {
    kill_at_random_moments(Db::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f16_power_cuts_of_postgres_lose_nothing() {
    let server = PgServer::start_for_this_process();
    let db = Db::on_server(&server.url).await;
    let provider = slow_provider().await;
    let mut daemon = Daemon::start(&db, Setup::usual(&db, &provider.url())).await;
    let oracle = Arc::new(Oracle::new(&db.folder().join("history.jsonl")));
    let load = Load::start(&[&daemon], &provider, &oracle);
    for _ in 0..POWER_CUTS {
        oracle.promises(PROMISES).await;
        tokio::time::sleep(Duration::from_millis(rand::random_range(200..1000))).await;
        let server = &server;
        tokio::task::block_in_place(|| server.crash());
        oracle.killed();
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..500))).await;
        tokio::task::block_in_place(|| server.again());
        daemon.ready().await;
    }
    load.finish(&daemon).await;
    let verdict = oracle.judge(&daemon, &provider).await;
    println!("{POWER_CUTS} power cuts: {verdict}");
    verdict.must_hold(&daemon, POWER_CUTS as usize * AT_ONCE);
    assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
}

/// Two daemons on one database, of which one after the other is killed; who writes to them reaches
/// any of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f01_i12_two_daemons_that_are_killed_by_turns_lose_nothing() {
    let db = Db::postgres().await;
    let provider = slow_provider().await;
    let setup = Setup::usual(&db, &provider.url());
    let first = Daemon::start(&db, setup.clone()).await;
    let second = Daemon::start_beside(&first, &db, setup).await;
    let oracle = Arc::new(Oracle::new(&db.folder().join("history.jsonl")));
    let load = Load::start(&[&first, &second], &provider, &oracle);
    let mut daemons = [first, second];
    for turn in 0..TURNS {
        oracle.promises(PROMISES).await;
        tokio::time::sleep(Duration::from_millis(rand::random_range(50..1000))).await;
        let daemon = &mut daemons[turn % 2];
        daemon.kill().await;
        oracle.killed();
        daemon.start_again().await;
    }
    let [mut first, mut second] = daemons;
    load.finish(&first).await;
    let verdict = oracle.judge(&second, &provider).await;
    println!("{TURNS} turns: {verdict}");
    verdict.must_hold(&second, TURNS * AT_ONCE);
    for daemon in [&mut first, &mut second] {
        assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
    }
}
