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
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("\"id\",\"at\",\"actor\""));
        assert!(lines[1].contains("\"'=cmd|' /C calc'!A0\""), "{}", lines[1]);
        let eve = desk.key("eve", Role::Agent).await;
        desk.with_key(&eve, "GET", "/v1/audit", None)
            .await
            .expect(403);
        desk.end().await;
    }
}
