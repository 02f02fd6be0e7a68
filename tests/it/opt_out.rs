//! STOP against sends that wait and sends that are under way (I18).

mod ledger;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use rand::seq::SliceRandom as _;
use serde_json::json;

use crate::both;
use crate::world::app::TestApp;
use crate::world::hooks::fresh_sid;
use crate::world::provider::FakeProvider;
use crate::world::setup::Setup;
use crate::world::{PATIENCE, within};

/// Customers on each database, each of whom stops what waits for them.
const CUSTOMERS: u32 = 800;

/// Slower than STOPs come in on any machine, so that they overtake a part of the queue.
const RATE: &str = "rate = { segments_per_second = 30, burst = 1 }";

/// How long a call that was begun before a STOP may take to reach the provider. The queue is several
/// times longer, so a text that nobody checked again would be later than that.
const IN_THE_AIR: Duration = Duration::from_secs(4);

both! {
    async fn i18_stops_race_with_a_queue(db: Db) {
        let provider = FakeProvider::start().await;
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), RATE);
        let app = TestApp::start(&db, &setup).await;
        let mut numbers: Vec<String> = (0..CUSTOMERS).map(|n| format!("+1415{:07}", 2_000_000 + n)).collect();
        let stopped = Mutex::new(HashMap::new());
        let send = async |number: &String| {
            let body = json!({"gateway": "long", "to": number, "text": "an offer"});
            app.api.post("/v1/messages", &body).await
        };
        let queue = stream::iter(numbers.clone()).for_each_concurrent(16, async |number| {
            send(&number).await.expect(202);
        });
        queue.await;
        numbers.shuffle(&mut rand::rng());
        let stops = stream::iter(&numbers).for_each_concurrent(16, async |number| {
            app.hooks.text_in("long", number, "STOP", &fresh_sid()).await.expect(200);
            stopped.lock().unwrap().insert(number.clone(), Instant::now());
        });
        stops.await;
        // Whoever writes after the STOP is refused at once.
        send(&numbers[0]).await.expect(422);
        within(PATIENCE * 6, "the queue to be empty", async || {
            let waiting = app.api.get("/v1/messages?status=queued&limit=1").await.expect(200);
            waiting["data"].as_array().unwrap().is_empty().then_some(())
        })
        .await;
        let stopped = stopped.into_inner().unwrap();
        let ledger = provider.ledger();
        for handed in &ledger {
            let late = handed.at.saturating_duration_since(stopped[&handed.to]);
            assert!(late < IN_THE_AIR, "handed over {late:?} after the STOP");
        }
        let kept = app.metric("postern_messages_failed_total", &["opted_out"]).await;
        let left = f64::from(u32::try_from(ledger.len()).unwrap());
        assert!((kept + left - f64::from(CUSTOMERS)).abs() < 0.5, "{kept} kept, {left} left");
        assert!(kept > 20.0 && left > 20.0, "no race: {kept} kept, {left} left");
        app.end().await;
    }
}
