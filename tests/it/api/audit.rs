//! The audit: complete, append-only, filtered, exported.

use axum::body::Body;
use http::Request;
use postern::domain::agent::Role;
use serde_json::{Value, json};

use super::{Answer, CUSTOMER, Desk, id};
use crate::both;

impl Desk {
    async fn entries(&self, query: &str) -> Vec<Value> {
        self.walk(&format!("/v1/audit{query}"), 2).await
    }
}

both! {
    async fn i36_what_people_do_is_audited_with_who_when_and_how(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "Hello").await;
        let issue = desk.walk("/v1/issues", 10).await.remove(0);
        let path = format!("/v1/issues/{}", id(&issue));
        desk.post(&format!("{path}/take"), json!({}))
            .await
            .expect(200);
        desk.post(&format!("{path}/close"), json!({}))
            .await
            .expect(200);
        let sent = json!({"to": CUSTOMER, "text": "Yes"});
        let sent = desk.post("/v1/messages", sent).await.expect(202);
        let made = json!({"name": "=cmd", "role": "observer", "email": "eve@example.com", "password": "mint otter lamp nine"});
        desk.post("/v1/agents", made).await.expect(201);
        let login = json!({"email": "eve@example.com", "password": "wrong"});
        let request = Request::post("/v1/sessions")
            .header("content-type", "application/json")
            .header("x-postern", "1")
            .body(Body::from(login.to_string()));
        Answer::of(desk.ask(request.unwrap()).await)
            .await
            .expect(401);
        let all = desk.entries("").await;
        let actions: Vec<_> = all
            .iter()
            .rev()
            .map(|entry| entry["action"].as_str().unwrap())
            .collect();
        assert_eq!(
            actions,
            [
                "issue.assigned",
                "issue.closed",
                "message.queued",
                "agent.created",
                "session.failed",
            ]
        );
        let closed = desk
            .entries(&format!("?target={}&action=issue.closed", id(&issue)))
            .await;
        assert_eq!(closed.len(), 1);
        assert_eq!(closed[0]["actor"]["name"], "ann");
        assert!(closed[0]["via"].as_str().unwrap().starts_with("key_"));
        assert_eq!(closed[0]["conversation"], issue["conversation"]);
        assert_eq!(
            desk.entries(&format!("?target={}", id(&sent))).await.len(),
            1
        );
        let failed = &desk.entries("?action=session.failed").await[0];
        assert_eq!(
            (&failed["actor"], &failed["data"]),
            (&Value::Null, &json!({}))
        );
        assert!(desk.entries("?until=2000-01-01T00:00:00Z").await.is_empty());
        let me = desk.get("/v1/me").await.expect(200);
        assert_eq!(
            desk.entries(&format!("?actor={}", id(&me["agent"])))
                .await
                .len(),
            4
        );
        desk.end().await;
    }

    async fn i36_what_everybody_uses_is_audited_and_what_is_ones_own_is_not(db: Db) {
        let desk = Desk::on(&db).await;
        let tag = desk.post("/v1/tags", json!({"name": "vip"})).await.expect(201);
        let tag = format!("/v1/tags/{}", id(&tag));
        desk.patch(&tag, json!({"name": "gold"})).await.expect(200);
        desk.ask_json("DELETE", &tag, None).await.expect(204);
        for (shared, text) in [(true, "ours"), (false, "mine")] {
            let reply = json!({"title": text, "text": text, "shared": shared});
            let view = json!({"name": text, "filter": "view=inbox", "shared": shared});
            for (path, made, change) in [
                ("/v1/quick-replies", reply, json!({"text": "other"})),
                ("/v1/views", view, json!({"name": "other"})),
            ] {
                let made = desk.post(path, made).await.expect(201);
                let one = format!("{path}/{}", id(&made));
                desk.patch(&one, change).await.expect(200);
                desk.ask_json("DELETE", &one, None).await.expect(204);
            }
        }
        let mut entries = desk.entries("").await;
        entries.reverse();
        let actions: Vec<_> = entries.iter().map(|one| one["action"].as_str().unwrap()).collect();
        assert_eq!(
            actions,
            [
                "tag.created",
                "tag.changed",
                "tag.deleted",
                "quick_reply.created",
                "quick_reply.changed",
                "quick_reply.deleted",
                "view.created",
                "view.changed",
                "view.deleted",
            ]
        );
        assert_eq!(entries[1]["data"], json!({"tag": "gold", "was": "vip"}));
        assert!(entries[3]["target"].as_str().unwrap().starts_with("qrp_"));
        assert!(entries.iter().all(|one| one["actor"]["name"] == "ann"));
        desk.end().await;
    }

    async fn i36_what_was_done_to_a_conversation_is_found_by_its_id(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "Hello").await;
        let place = desk.get("/v1/conversations").await.expect(200)["data"][0]["id"].clone();
        let place = place.as_str().unwrap();
        desk.post(&format!("/v1/conversations/{place}/complete"), json!({})).await.expect(200);
        let found = desk.entries(&format!("?target={place}")).await;
        let actions: Vec<_> = found.iter().map(|one| &one["action"]).collect();
        assert_eq!(actions, ["conversation.completed"]);
        desk.end().await;
    }

    async fn i36_an_issue_that_a_team_gets_is_what_the_entry_is_about(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "Hello").await;
        let issue = desk.get("/v1/issues").await.expect(200)["data"][0]["id"].clone();
        let issue = issue.as_str().unwrap();
        let team = desk.post("/v1/teams", json!({"name": "Night"})).await.expect(201);
        let body = json!({"team": id(&team)});
        desk.post(&format!("/v1/issues/{issue}/assign"), body).await.expect(200);
        let entry = desk.entries("?action=issue.assigned").await.remove(0);
        assert_eq!(entry["target"], issue, "{entry}");
        desk.end().await;
    }

    async fn i36_exports_are_audited(db: Db) {
        let desk = Desk::on(&db).await;
        let contact = json!({"addresses": [CUSTOMER]});
        let contact = desk.post("/v1/contacts", contact).await.expect(201);
        let contact = id(&contact);
        desk.get(&format!("/v1/contacts/{contact}/export")).await.expect(200);
        desk.get("/v1/opt-outs/export").await.expect(200);
        let mut found = desk.entries("").await;
        found.truncate(2);
        let seen: Vec<_> = found.iter().map(|one| (&one["action"], &one["target"])).collect();
        let [all, one] = [json!("opt_outs.exported"), json!("contact.exported")];
        assert_eq!(seen, [(&all, &Value::Null), (&one, &json!(contact))]);
        desk.end().await;
    }

    async fn t09_the_audit_as_csv_has_no_formula(db: Db) {
        let desk = Desk::on(&db).await;
        let evil = desk.key("=cmd|' /C calc'!A0", Role::Admin).await;
        for n in 0..3 {
            let body = json!({"name": format!("team {n}")});
            desk.with_key(&evil, "POST", "/v1/teams", Some(body))
                .await
                .expect(201);
        }
        let request = Request::get("/v1/audit")
            .header("authorization", format!("Bearer {}", desk.key))
            .header("accept", "text/csv")
            .body(Body::empty());
        let answer = Answer::of(desk.ask(request.unwrap()).await).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        let lines: Vec<_> = answer.text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[0].starts_with("\"id\",\"at\",\"actor\""));
        assert!(lines[1].contains("\"audit.exported\""), "{}", lines[1]);
        assert!(lines[2].contains("\"'=cmd|' /C calc'!A0\""), "{}", lines[2]);
        let eve = desk.key("eve", Role::Agent).await;
        desk.with_key(&eve, "GET", "/v1/audit", None)
            .await
            .expect(403);
        desk.end().await;
    }
}
