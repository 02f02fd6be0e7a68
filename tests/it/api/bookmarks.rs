//! How conversations stand for each agent: where they left off, what is new, what is muted.

use postern::domain::agent::Role;
use serde_json::{Value, json};

use super::{Desk, id, later};
use crate::both;

const ANNA: &str = "+12025550101";

async fn seen_by(desk: &Desk, key: &str) -> Value {
    let all = desk
        .with_key(key, "GET", "/v1/conversations?view=all", None)
        .await
        .expect(200);
    all["data"][0].clone()
}

async fn act(desk: &Desk, key: &str, action: &str, body: Value) -> Value {
    let path = format!(
        "/v1/conversations/{}/{action}",
        id(&seen_by(desk, key).await)
    );
    desk.with_key(key, "POST", &path, Some(body))
        .await
        .expect(200)
}

both! {
    async fn r029_each_agent_sees_where_they_left_off(db: Db) {
        let desk = Desk::on(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        for n in 0..3 {
            later(&desk.clock, 1);
            desk.text_in_from(ANNA, &format!("in-{n}"), "Hello").await;
        }
        let before = seen_by(&desk, &bob).await;
        assert_eq!(before["me"]["left_off"], Value::Null);
        assert_eq!(before["me"]["unread"], 3);
        let read = act(&desk, &bob, "read", json!({})).await;
        assert_eq!(read["me"]["left_off"], before["last_message"]);
        assert_eq!(
            (&read["me"]["unread"], &read["unread"]),
            (&json!(0), &json!(0))
        );
        // Somebody who was not there yet has them all before them.
        assert_eq!(seen_by(&desk, &desk.key).await["me"]["unread"], 3);
        // What comes then is new to both, and only what comes then to the one who read.
        later(&desk.clock, 1);
        desk.text_in_from(ANNA, "in-4", "One more").await;
        let now = seen_by(&desk, &bob).await;
        assert_eq!(now["me"]["left_off"], before["last_message"]);
        assert_eq!(
            (&now["me"]["unread"], &now["unread"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(seen_by(&desk, &desk.key).await["me"]["unread"], 4);
        // An agent who comes later does not begin with all that was ever written.
        let late = desk.key("late", Role::Agent).await;
        assert_eq!(seen_by(&desk, &late).await["me"]["unread"], 0);
        desk.end().await;
    }

    async fn r046_marked_unread_it_stays_in_sight_and_new_before_the_newest_message(db: Db) {
        let desk = Desk::on(&db).await;
        for n in 0..2 {
            later(&desk.clock, 1);
            desk.text_in_from(ANNA, &format!("in-{n}"), "Hello").await;
        }
        let first = desk.walk("/v1/messages", 100).await.pop().unwrap();
        act(&desk, &desk.key, "read", json!({})).await;
        let unread = act(&desk, &desk.key, "unread", json!({})).await;
        assert_eq!(unread["unread"], 1);
        assert_eq!(unread["me"]["unread"], 1);
        assert_eq!(unread["me"]["left_off"], first["id"]);
        desk.end().await;
    }

    async fn r084_a_conversation_is_muted_for_oneself_until_a_time(db: Db) {
        let desk = Desk::on(&db).await;
        let bob = desk.key("bob", Role::Observer).await;
        desk.text_in_from(ANNA, "in", "Hello").await;
        let until = "2100-01-01T00:00:00.000000Z";
        let muted = act(&desk, &bob, "mute", json!({"until": until})).await;
        assert_eq!(muted["me"]["muted_until"], until);
        assert_eq!(muted["me"]["unread"], 1, "the indicator still shows");
        assert_eq!(
            seen_by(&desk, &desk.key).await["me"]["muted_until"],
            Value::Null
        );
        let heard = act(&desk, &bob, "unmute", json!({})).await;
        assert_eq!(heard["me"]["muted_until"], Value::Null);
        let path = format!("/v1/conversations/{}/mute", id(&heard));
        let past = Some(json!({"until": "2020-01-01T00:00:00Z"}));
        let refused = desk.with_key(&bob, "POST", &path, past).await;
        assert_eq!(refused.pointers(), ["/until"]);
        desk.end().await;
    }

    async fn r045_usual_times_to_sleep_end_by_the_callers_clock(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in_from(ANNA, "in", "Hello").await;
        let zone = json!({"preset": "tomorrow", "time_zone": "Asia/Tokyo"});
        let asleep = act(&desk, &desk.key, "snooze", zone).await;
        let until = asleep["snoozed_until"].as_str().unwrap();
        // Nine o'clock in Tokyo is midnight in UTC.
        assert!(until.ends_with("T00:00:00.000000Z"), "{until}");
        let path = format!("/v1/conversations/{}/snooze", id(&asleep));
        for (body, pointer) in [
            (json!({"preset": "soon"}), "/preset"),
            (
                json!({"preset": "tomorrow", "time_zone": "Mars/Base"}),
                "/time_zone",
            ),
            (json!({"preset": "tomorrow", "until": until}), "/until"),
            (json!({}), "/until"),
        ] {
            assert_eq!(desk.post(&path, body).await.pointers(), [pointer]);
        }
        desk.end().await;
    }
}
