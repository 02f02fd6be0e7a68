//! Conversations and issues, as agents work with them.

use postern::domain::agent::Role;
use serde_json::{Value, json};

use super::{CUSTOMER, Desk, id, later};
use crate::both;

async fn issue(desk: &Desk) -> Value {
    desk.text_in("in-1", "Help").await;
    desk.walk("/v1/issues", 100).await.remove(0)
}

both! {
    async fn a_conversation_is_listed_read_and_kept_unread(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "My parcel is late").await;
        desk.text_in("in-2", "Hello?").await;
        let list = desk.walk("/v1/conversations", 100).await;
        let conversation = &list[0];
        assert_eq!(list.len(), 1);
        assert_eq!(
            conversation["contact"]["addresses"],
            json!([{"channel": "sms", "value": CUSTOMER}])
        );
        assert_eq!(conversation["unread"], 2);
        assert_eq!(conversation["preview"]["text"], "Hello?");
        let issues = desk.walk("/v1/issues", 100).await;
        assert_eq!(conversation["open_issue"], issues[0]["id"]);
        assert_eq!(issues[0]["title"], "My parcel is late");
        let path = format!("/v1/conversations/{}", id(conversation));
        let read = desk
            .post(&format!("{path}/read"), json!({}))
            .await
            .expect(200);
        assert_eq!(read["unread"], 0);
        assert_eq!(desk.get(&path).await.expect(200), read);
        let unread = desk
            .post(&format!("{path}/unread"), json!({}))
            .await
            .expect(200);
        assert_eq!(unread["unread"], 1);
        desk.end().await;
    }

    async fn b04_pages_of_conversations_and_timelines_miss_and_repeat_nothing(db: Db) {
        let desk = Desk::on(&db).await;
        for n in 0..5 {
            desk.text_in_from(&format!("+120255501{n:02}"), &format!("in-{n}"), "Hello")
                .await;
        }
        let all = desk.walk("/v1/conversations?view=all", 100).await;
        assert_eq!(all.len(), 5);
        assert_eq!(desk.walk("/v1/conversations?view=all", 2).await, all);
        let contact = id(&all[3]["contact"]).to_owned();
        let path = format!("/v1/conversations?contact={contact}");
        assert_eq!(desk.walk(&path, 1).await, [all[3].clone()]);

        let from = all[0]["contact"]["addresses"][0]["value"].as_str().unwrap();
        for n in 0..4 {
            later(&desk.clock, 1);
            desk.text_in_from(from, &format!("more-{n}"), "And then")
                .await;
            desk.post("/v1/messages", json!({"to": from, "text": "Yes"}))
                .await
                .expect(202);
        }
        let path = format!("/v1/conversations/{}/timeline", id(&all[0]));
        let timeline = desk.walk(&path, 100).await;
        let count = |kind: &str| {
            timeline
                .iter()
                .filter(|entry| entry["type"] == kind)
                .count()
        };
        assert_eq!(count("message"), 9);
        assert!(count("event") >= 2);
        for limit in [1, 2, 3, 4] {
            assert_eq!(
                desk.walk(&path, limit).await,
                timeline,
                "in pages of {limit}"
            );
        }
        let messages = desk.walk(&format!("{path}?type=message"), 2).await;
        assert_eq!(messages.len(), 9);
        let events = desk.walk(&format!("{path}?type=event"), 1).await;
        assert_eq!(events.len(), count("event"));
        desk.end().await;
    }

    async fn what_is_not_built_yet_is_refused(db: Db) {
        let desk = Desk::on(&db).await;
        for (path, pointer) in [
            ("/v1/conversations?view=waiting", "/view"),
            ("/v1/conversations?tag=x", "/tag"),
            ("/v1/conversations?q=form:ann", "/q"),
            ("/v1/conversations?assignee=bob", "/assignee"),
            ("/v1/issues?state=open", "/state"),
        ] {
            assert_eq!(desk.get(path).await.pointers(), [pointer]);
        }
        desk.end().await;
    }

    async fn an_issue_is_taken_by_one_and_closed_by_its_owner(db: Db) {
        let desk = Desk::on(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        let issue = issue(&desk).await;
        let path = format!("/v1/issues/{}", id(&issue));
        let taken = desk
            .post(&format!("{path}/take"), json!({}))
            .await
            .expect(200);
        assert_eq!(
            (&taken["state"], &taken["assignee"]["name"]),
            (&json!("assigned"), &json!("ann"))
        );
        for action in ["take", "close"] {
            let lost = desk
                .with_key(&bob, "POST", &format!("{path}/{action}"), None)
                .await;
            let lost = lost.expect(409);
            assert_eq!(lost["assignee"]["name"], "ann");
            assert!(lost["detail"].as_str().unwrap().contains("ann"));
        }
        assert_eq!(desk.walk("/v1/issues?assignee=me", 1).await.len(), 1);
        let agents = desk.walk("/v1/agents", 1).await;
        let other = agents.iter().find(|agent| agent["name"] == "bob").unwrap();
        let body = json!({"agent": other["id"]});
        let assigned = desk.post(&format!("{path}/assign"), body).await.expect(200);
        assert_eq!(assigned["assignee"]["name"], "bob");
        desk.post(&format!("{path}/close"), json!({}))
            .await
            .expect(409);
        let closed = desk
            .with_key(&bob, "POST", &format!("{path}/close"), None)
            .await;
        let closed = closed.expect(200);
        assert_eq!(
            (&closed["state"], &closed["closed_by"]["name"]),
            (&json!("closed"), &json!("bob"))
        );
        desk.post(&format!("{path}/take"), json!({}))
            .await
            .expect(409);
        assert_eq!(desk.walk("/v1/issues?state=closed", 1).await, [closed]);
        assert!(desk.walk("/v1/issues?state=assigned", 1).await.is_empty());
        desk.end().await;
    }

    async fn an_issue_is_assigned_to_an_agent_there_is(db: Db) {
        let desk = Desk::on(&db).await;
        let issue = issue(&desk).await;
        let path = format!("/v1/issues/{}/assign", id(&issue));
        for body in [
            json!({}),
            json!({"agent": "bob"}),
            json!({"agent": "agt_00000000000000000000000000"}),
        ] {
            assert_eq!(desk.post(&path, body).await.pointers(), ["/agent"]);
        }
        desk.end().await;
    }
}
