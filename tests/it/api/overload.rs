//! More requests than can be taken on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{CUSTOMER, Desk, id};
use crate::both;

/// Many more than a queue and the slice in front of it hold together.
const MOST: usize = 50_000;

fn order(n: usize) -> String {
    json!({"to": CUSTOMER, "text": format!("order {n}")}).to_string()
}

both! {
    /// F58: while the database writes nothing, the queue fills up.
    async fn i31_a_full_queue_refuses_before_it_accepts_and_loses_nothing(db: Db) {
        let desk = Arc::new(Desk::on(&db).await);
        desk.get("/v1/messages").await.expect(200);
        let held = db.hold_writers().await;
        let full = Arc::new(AtomicBool::new(false));
        let mut asked = JoinSet::new();
        // SQLite gives up a slice now and then, so there are as many as it takes.
        while !full.load(Ordering::Relaxed) {
            let (n, desk, full) = (asked.len(), Arc::clone(&desk), Arc::clone(&full));
            assert!(n < MOST, "the queue has no end");
            asked.spawn(async move {
                let answer = desk.post_once(&format!("order-{n}"), &order(n)).await;
                if answer.json()["code"] == "busy" {
                    full.store(true, Ordering::Relaxed);
                }
                (n, answer)
            });
            if n % 64 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        held.release().await;
        let many = asked.len();
        let (mut accepted, mut refused) = (BTreeSet::new(), Vec::new());
        while let Some(answered) = asked.join_next().await {
            let (n, answer) = answered.unwrap();
            if answer.status == 503 {
                refused.push((n, answer));
            } else {
                accepted.insert(id(&answer.expect(202)).to_owned());
            }
        }
        for (_, answer) in &refused {
            let wait: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
        assert_eq!(accepted.len() + refused.len(), many);
        let stored: Vec<Value> = desk.walk("/v1/messages", 100).await;
        let stored: Vec<&str> = stored.iter().map(id).collect();
        assert_eq!(stored.len(), accepted.len(), "something was lost, or taken although it was refused");
        assert!(stored.iter().all(|one| accepted.contains(*one)));
        // The same request is taken on once there is room.
        let n = refused[0].0;
        desk.post_once(&format!("order-{n}"), &order(n)).await.expect(202);
        Arc::into_inner(desk).expect("nobody asks any more").end().await;
    }
}
