//! Stopping the real program while it works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::both;
use crate::world::daemon::Daemon;
use crate::world::hooks::fresh_sid;
use crate::world::provider::{FakeProvider, Reply};
use crate::world::setup::Setup;

both! {
    async fn f03_i32_a_stop_under_load_loses_and_doubts_nothing(db: Db) {
        let provider = Arc::new(FakeProvider::start().await);
        provider.answers(|_| Reply::TakenAfter(Duration::from_millis(200)));
        let mut daemon = Daemon::start(&db, Setup::usual(&db, &provider.url())).await;
        let mut stream = daemon.api.stream(None).await;
        for n in 0..200 {
            daemon.api.send("long", &format!("+1202555{:04}", 100 + n), &format!("text {n}")).await;
        }
        let mut writers = JoinSet::new();
        for _ in 0..4 {
            let hooks = daemon.hooks.clone();
            writers.spawn(async move {
                let mut taken = 0_usize;
                while let Some(answer) = hooks.try_text_in("long", "+12025550107", "in", &fresh_sid()).await {
                    match answer.status {
                        200 => taken += 1,
                        status => assert_eq!(status, 503, "{}", answer.text),
                    }
                }
                taken
            });
        }
        provider.handed(20).await;
        let began = Instant::now();
        assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
        assert!(began.elapsed() < Duration::from_secs(30));
        while stream.next().await.is_some() {}
        let taken: usize = writers.join_all().await.into_iter().sum();
        daemon.start_again().await;
        assert_eq!(daemon.api.list("/v1/messages?direction=inbound").await.len(), taken);
        let doubtful = daemon.api.get("/v1/messages?status=unconfirmed").await.expect(200);
        assert_eq!(doubtful["data"], json!([]));
        provider.handed(200).await;
        assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
        let mut texts: Vec<_> = provider.ledger().into_iter().map(|handed| handed.text).collect();
        texts.sort();
        texts.dedup();
        assert_eq!((texts.len(), provider.ledger().len()), (200, 200));
    }
}
