//! The daemon is killed while mail is being sent (I13): nothing is lost, and nothing is sent twice.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::{mail_to, setup};
use crate::both;
use crate::world::daemon::Daemon;
use crate::world::smtp::{Act, MailSink, Step};
use crate::world::within;

/// How often it is killed on each database.
const KILLS: usize = 6;

/// Mails that are queued before each kill.
const MAILS: usize = 60;

/// The most that may be in doubt after a kill: calls, and as many as are claimed ahead of them.
const IN_DOUBT: usize = 2 * 128;

both! {
    async fn i13_kills_while_mail_is_sent_lose_nothing_and_send_nothing_twice(db: Db) {
        let sink = MailSink::start().await;
        sink.acts(|step| match step {
            Step::End => Act::Late(Duration::from_millis(rand::random_range(0..6))),
            _ => Act::Take,
        });
        let mut daemon = Daemon::start(&db, setup(&db, &sink)).await;
        for kill in 0..KILLS {
            let before = sink.letters().len();
            let queue = stream::iter(0..MAILS).for_each_concurrent(8, async |n| {
                let body = mail_to(&format!("customer{kill}.{n}@example.com"), "It is here.");
                daemon.api.post("/v1/messages", &body).await.expect(202);
            });
            queue.await;
            // Somewhere in the middle of them; those in doubt may never come.
            sink.took(before + rand::random_range(1..MAILS / 2)).await;
            daemon.kill().await;
            daemon.start_again().await;
        }
        let mails: Vec<Value> = within(Duration::from_mins(1), "the queue to be empty", async || {
            let all = daemon.api.list("/v1/messages").await;
            let over = |mail: &Value| mail["status"] == "sent" || mail["status"] == "unconfirmed";
            all.iter().all(over).then_some(all)
        })
        .await;
        assert_eq!(mails.len(), KILLS * MAILS);
        let mut taken: HashMap<String, usize> = HashMap::new();
        for letter in sink.letters() {
            *taken.entry(letter.recipient()).or_default() += 1;
        }
        let mut doubtful = 0;
        for mail in &mails {
            let count = taken.remove(mail["to"].as_str().unwrap()).unwrap_or_default();
            match mail["status"].as_str().unwrap() {
                "sent" => assert_eq!(count, 1, "{mail}"),
                _ => {
                    assert!(count <= 1, "{mail} was sent {count} times");
                    doubtful += 1;
                }
            }
        }
        assert!(taken.is_empty(), "nobody asked for {taken:?}");
        assert!((1..=KILLS * IN_DOUBT).contains(&doubtful), "{doubtful} in doubt");
        assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
    }
}
