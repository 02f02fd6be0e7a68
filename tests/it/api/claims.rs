//! Claims of which nobody heard whether they are on disk: the database went away in between.

use postern::domain::delivery::{Delivery, Piece};
use postern::domain::gateway::GatewayName;
use postern::engine::{Lease, Untried};
use serde_json::{Value, json};

use super::{CUSTOMER, Desk, id};
use crate::both;

const OTHER: &str = "+12025550124";

/// Two messages whose intent to be sent is on disk, under that lease.
async fn claimed(desk: &Desk) -> (Lease, Vec<Piece>, [Value; 2]) {
    let mut messages = Vec::new();
    for to in [CUSTOMER, OTHER] {
        let body = json!({"to": to, "text": "Hello"});
        messages.push(desk.post("/v1/messages", body).await.expect(202));
    }
    let name = GatewayName::parse("support").unwrap();
    let lease = desk
        .engine
        .take_lease(&name, "here")
        .await
        .unwrap()
        .unwrap();
    let due = desk.engine.list_due(&name, 9).await.unwrap();
    let pieces: Vec<Piece> = due.iter().map(Delivery::piece).collect();
    let claimed = desk.engine.claim(&lease, pieces.clone()).await.unwrap();
    assert_eq!(claimed.unwrap().len(), 2);
    (lease, pieces, messages.try_into().unwrap())
}

async fn status(desk: &Desk, message: &Value) -> Value {
    let path = format!("/v1/messages/{}", id(message));
    desk.get(&path).await.expect(200)["status"].clone()
}

both! {
    async fn i13_what_was_claimed_unheard_waits_again_and_what_may_be_sent_is_in_doubt(db: Db) {
        let desk = Desk::on(&db).await;
        let (lease, pieces, [first, second]) = claimed(&desk).await;
        let untried = Untried { epoch: lease.epoch, pieces: vec![pieces[0]] };
        assert_eq!(desk.engine.settle_abandoned(&lease, &untried).await.unwrap(), 2);
        assert_eq!(status(&desk, &first).await, "queued");
        assert_eq!(status(&desk, &second).await, "unconfirmed");
        let due = desk.engine.list_due(&lease.gateway, 9).await.unwrap();
        let due: Vec<_> = due.iter().map(|one| (one.piece(), one.attempt)).collect();
        assert_eq!(due, [(pieces[0], 0)]);
        assert_eq!(desk.engine.settle_abandoned(&lease, &untried).await.unwrap(), 0);
        desk.end().await;
    }

    async fn i13_what_another_daemon_claimed_is_not_taken_for_untried(db: Db) {
        let desk = Desk::on(&db).await;
        let (lease, pieces, [first, _]) = claimed(&desk).await;
        let untried = Untried { epoch: lease.epoch - 1, pieces };
        desk.engine.settle_abandoned(&lease, &untried).await.unwrap();
        assert_eq!(status(&desk, &first).await, "unconfirmed");
        desk.end().await;
    }

    async fn i13_who_lost_the_lease_settles_nothing(db: Db) {
        let desk = Desk::on(&db).await;
        let (lease, _, [first, _]) = claimed(&desk).await;
        desk.engine.release_lease(&lease.gateway, "here").await.unwrap();
        desk.engine.take_lease(&lease.gateway, "there").await.unwrap().unwrap();
        assert_eq!(desk.engine.settle_abandoned(&lease, &Untried::default()).await.unwrap(), 0);
        assert_eq!(status(&desk, &first).await, "sending");
        desk.end().await;
    }
}
