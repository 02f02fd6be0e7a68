//! Messages whose intent is on disk before a call is free for them (I12, I13).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::both;
use crate::world::api::Api;
use crate::world::app::TestApp;
use crate::world::daemon::Daemon;
use crate::world::db::Db;
use crate::world::provider::{FakeProvider, Reply};
use crate::world::setup::Setup;
use crate::world::{eventually, within};

/// How many calls the profile makes at once.
const AT_ONCE: usize = 16;

/// Quick calls, by which the sender learns that it should claim ahead.
const QUICK: usize = 40;

/// Messages that meet a slow provider.
const SLOW: usize = 120;

/// A provider that answers at once until the switch is turned, and then takes that long.
async fn provider(slow: Duration) -> (FakeProvider, Arc<AtomicBool>) {
    let provider = FakeProvider::start().await;
    let switch = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&switch);
    provider.answers(move |_| {
        let slow_now = seen.load(Ordering::SeqCst);
        if slow_now {
            Reply::TakenAfter(slow)
        } else {
            Reply::Taken
        }
    });
    (provider, switch)
}

async fn send(api: &Api, from: usize, count: usize) {
    let sends = stream::iter(from..from + count).for_each_concurrent(8, async |n| {
        api.send("long", &format!("+1415{n:07}"), &format!("text {n}"))
            .await;
    });
    sends.await;
}

/// Has the provider become slow over more messages than it is called for at once, and waits until
/// more are claimed than that.
async fn claim_ahead(api: &Api, switch: &AtomicBool) {
    send(api, 2_000_000, QUICK).await;
    eventually("the quick ones to be sent", async || {
        (api.list("/v1/messages?status=sent").await.len() == QUICK).then_some(())
    })
    .await;
    switch.store(true, Ordering::SeqCst);
    send(api, 3_000_000, SLOW).await;
    eventually("messages to be claimed ahead", async || {
        (api.list("/v1/messages?status=sending").await.len() > AT_ONCE).then_some(())
    })
    .await;
}

/// How often the provider was handed each text.
fn handed(provider: &FakeProvider) -> HashMap<String, usize> {
    let mut handed = HashMap::new();
    for one in provider.ledger() {
        *handed.entry(one.text).or_default() += 1;
    }
    handed
}

both! {
    async fn i13_what_a_lost_database_left_claimed_is_settled_without_a_restart(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let before = app.api.send("long", "+14152000001", "before").await;
        app.api.message_becomes(&before["id"], "sent").await;
        // A claim that is on disk under the sender's lease though nobody has heard so: nothing can
        // be claimed meanwhile, and then the sender has to take its lease anew.
        db.execute("ALTER TABLE lease RENAME TO hidden").await;
        let claimed = app.api.send("long", "+14152000002", "claimed").await;
        let next = app.api.send("long", "+14152000002", "next").await;
        db.execute("UPDATE hidden SET epoch = epoch + 1").await;
        db.execute(
            "UPDATE delivery SET state = 'sending', attempt = 1, epoch = (SELECT MAX(epoch) FROM hidden)
            WHERE message_id IN (SELECT message_id FROM delivery ORDER BY message_id LIMIT 1)",
        )
        .await;
        db.execute("ALTER TABLE hidden RENAME TO lease").await;
        app.api.send("long", "+14152000003", "another").await;
        app.api.message_becomes(&next["id"], "sent").await;
        assert_eq!(app.api.message(&claimed["id"]).await["status"], "unconfirmed");
        assert_eq!(provider.times_handed("claimed"), 0);
        app.end().await;
    }

    async fn i13_a_stop_gives_back_what_nobody_called_for(db: Db) {
        let (provider, switch) = provider(Duration::from_secs(2)).await;
        let setup = Setup::usual(&db, &provider.url());
        let app = TestApp::start(&db, &setup).await;
        claim_ahead(&app.api, &switch).await;
        let app = app.restart(&setup).await;
        switch.store(false, Ordering::SeqCst);
        within(Duration::from_secs(40), "everything to be sent", async || {
            (app.api.list("/v1/messages?status=sent").await.len() == QUICK + SLOW).then_some(())
        })
        .await;
        let handed = handed(&provider);
        assert_eq!(handed.len(), QUICK + SLOW);
        assert!(handed.values().all(|times| *times == 1), "{handed:?}");
        app.end().await;
    }
}

/// A daemon that was stopped for longer than its lease lasts calls for nothing that it had claimed:
/// another one has settled that by then (F4).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f04_i12_a_daemon_that_slept_calls_for_nothing_of_an_old_lease() {
    let db = Db::postgres().await;
    let (provider, switch) = provider(Duration::from_secs(1)).await;
    let setup = Setup::usual(&db, &provider.url());
    let mut sleeper = Daemon::start(&db, setup.clone()).await;
    claim_ahead(&sleeper.api, &switch).await;
    sleeper.signal("STOP");
    let app = TestApp::start(&db, &setup).await;
    // Those that waited leave by the new daemon, the others are in doubt.
    let doubtful = within(Duration::from_secs(40), "all to be settled", async || {
        let sent = app.api.list("/v1/messages?status=sent").await.len();
        let doubtful = app.api.list("/v1/messages?status=unconfirmed").await;
        (sent + doubtful.len() == QUICK + SLOW).then_some(doubtful)
    })
    .await;
    assert!(doubtful.len() > AT_ONCE, "{} in doubt", doubtful.len());
    let before = handed(&provider);
    sleeper.signal("CONT");
    eventually("the calls of the sleeper to end", async || {
        let ended = sleeper
            .metric("postern_send_duration_seconds_count")
            .await?;
        let begun = u32::try_from(QUICK + AT_ONCE).unwrap();
        (ended >= f64::from(begun)).then_some(())
    })
    .await;
    assert_eq!(sleeper.stop().await, Some(0), "{}", sleeper.log());
    assert_eq!(handed(&provider), before, "the sleeper called");
    assert!(before.values().all(|times| *times == 1), "{before:?}");
    app.end().await;
}
