//! What single permissions open and close: opt-outs, what is private, drafts; and names that are
//! searched for.

use postern::domain::agent::Role;
use serde_json::json;

use super::{Desk, id};
use crate::both;

impl Desk {
    /// Reads on until the index is in step.
    async fn index(&self) {
        loop {
            let indexed = self.engine.index().await.unwrap();
            if indexed.events == 0 && !indexed.more {
                return;
            }
        }
    }
}

both! {
    async fn t24_only_who_may_end_opt_outs_ends_one_and_the_audit_names_it(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, key) = desk.agent("bob", Role::Agent).await;
        let entry = json!({"to": "+12025550123", "reason": "asked on the phone"});
        let entry = desk.with_key(&key, "POST", "/v1/opt-outs", Some(entry)).await.expect(201);
        let path = format!("/v1/opt-outs/{}?reason=asked%20to%20be%20told", id(&entry));
        let refused = desk.with_key(&key, "DELETE", &path, None).await.expect(403);
        assert_eq!(refused["permission"], "end_opt_outs");
        let granted = json!({"granted": ["end_opt_outs"]});
        desk.patch(&format!("/v1/agents/{}", id(&bob)), granted).await.expect(200);
        desk.with_key(&key, "DELETE", &path, None).await.expect(204);
        let found = desk.get(&format!("/v1/opt-outs/{}", id(&entry))).await.expect(200);
        assert_eq!(found["ended"]["words"], "asked to be told");
        let audit = desk.get(&format!("/v1/audit?target={}", id(&entry))).await.expect(200);
        let told: Vec<_> = audit["data"].as_array().unwrap().iter()
            .map(|entry| (entry["action"].as_str().unwrap(), entry["actor"]["name"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [("contact.opted_in", "bob"), ("contact.opted_out", "bob")]);
        desk.end().await;
    }

    async fn t13_scopes_narrow_what_a_key_sees(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, bobs) = desk.agent("bob", Role::Agent).await;
        let team = desk.post("/v1/teams", json!({"name": "inside"})).await.expect(201);
        desk.text_in("in-1", "a secret").await;
        let conversation = desk.get("/v1/conversations").await.expect(200)["data"][0]["id"].clone();
        let conversation = format!("/v1/conversations/{}", conversation.as_str().unwrap());
        desk.post(&format!("{conversation}/restrict"), json!({"team": id(&team)})).await.expect(200);
        let key = async |name: &str, scopes| {
            let order = json!({"name": name, "role": "admin", "scopes": scopes});
            let made = desk.post("/v1/keys", order).await.expect(201);
            made["key"].as_str().unwrap().to_owned()
        };
        let narrow = key("narrow", json!(["view_messages"])).await;
        let wide = key("wide", json!(["view_messages", "view_private"])).await;
        let whole = key("whole", json!(null)).await;
        for (key, status, seen) in [(&narrow, 404, 0), (&wide, 200, 1), (&whole, 200, 1), (&bobs, 404, 0)] {
            desk.with_key(key, "GET", &conversation, None).await.expect(status);
            let list = desk.with_key(key, "GET", "/v1/conversations", None).await.expect(200);
            assert_eq!(list["data"].as_array().unwrap().len(), seen);
        }
        let granted = json!({"granted": ["view_private"]});
        desk.patch(&format!("/v1/agents/{}", id(&bob)), granted).await.expect(200);
        desk.with_key(&bobs, "GET", &conversation, None).await.expect(200);
        desk.end().await;
    }

    async fn t13_a_draft_of_an_unseen_conversation_is_not_found(db: Db) {
        let desk = Desk::on(&db).await;
        let key = desk.key("bob", Role::Agent).await;
        desk.text_in("in-1", "hello").await;
        let conversation = desk.get("/v1/conversations").await.expect(200)["data"][0]["id"].clone();
        let conversation = format!("/v1/conversations/{}", conversation.as_str().unwrap());
        let path = format!("{conversation}/draft");
        desk.with_key(&key, "DELETE", &path, None).await.expect(204);
        desk.with_key(&key, "PUT", &path, Some(json!({"text": "hm"}))).await.expect(200);
        let team = desk.post("/v1/teams", json!({"name": "inside"})).await.expect(201);
        desk.post(&format!("{conversation}/restrict"), json!({"team": id(&team)})).await.expect(200);
        for method in ["GET", "DELETE"] {
            desk.with_key(&key, method, &path, None).await.expect(404);
        }
        let unknown = "/v1/conversations/cnv_00000000000000000000000000/draft";
        desk.with_key(&key, "DELETE", unknown, None).await.expect(404);
        desk.end().await;
    }

    async fn r087_an_assignee_is_found_by_the_new_name(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, key) = desk.agent("bob", Role::Agent).await;
        desk.text_in("in-1", "hello").await;
        let issue = desk.get("/v1/issues").await.expect(200)["data"][0]["id"].clone();
        let take = format!("/v1/issues/{}/take", issue.as_str().unwrap());
        desk.with_key(&key, "POST", &take, Some(json!({}))).await.expect(200);
        desk.index().await;
        let count = async |query: &str| {
            let path = format!("/v1/search?q={query}&in=conversations");
            desk.get(&path).await.expect(200)["data"].as_array().unwrap().len()
        };
        assert_eq!((count("assignee:bob").await, count("assignee:robert").await), (1, 0));
        let path = format!("/v1/agents/{}", id(&bob));
        desk.patch(&path, json!({"name": "Robert"})).await.expect(200);
        desk.index().await;
        assert_eq!((count("assignee:bob").await, count("assignee:robert").await), (0, 1));
        desk.end().await;
    }
}
