//! Keys and roles: who may do what.

use axum::body::Body;
use http::Request;
use postern::domain::agent::Role;
use serde_json::json;

use super::{Answer, CUSTOMER, Desk, id};
use crate::both;

both! {
    async fn t18_without_a_good_key_in_the_header_nothing_is_told(db: Db) {
        let desk = Desk::on(&db).await;
        let good = &desk.key;
        let in_url = format!("/v1/messages?key={good}");
        for (path, header) in [
            ("/v1/messages", None),
            ("/v1/messages", Some("Bearer nonsense".to_owned())),
            ("/v1/messages", Some(format!("Basic {good}"))),
            ("/v1/messages", Some(format!("Bearer {good}x"))),
            (in_url.as_str(), None),
            (in_url.as_str(), Some(format!("Bearer {good}"))),
            ("/v1/messages/msg_00000000000000000000000000", None),
            ("/v1/events/stream", None),
        ] {
            let mut request = Request::get(path);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let answer = Answer::of(desk.ask(request.body(Body::empty()).unwrap()).await).await;
            assert_eq!(answer.expect(401)["code"], "unauthorized");
            assert!(answer.headers.contains_key("www-authenticate"));
            assert!(!answer.text.contains(good.as_str()));
        }
        desk.end().await;
    }

    async fn an_observer_reads_and_changes_nothing(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "Hello").await;
        let issue = desk.walk("/v1/issues", 10).await.remove(0);
        let conversation = desk.walk("/v1/conversations", 10).await.remove(0);
        let key = desk.key("eve", Role::Observer).await;
        for path in [
            "/v1/messages",
            "/v1/conversations",
            "/v1/issues",
            "/v1/gateways",
            "/v1/events",
            "/v1/quarantine",
            "/v1/agents",
        ] {
            desk.with_key(&key, "GET", path, None).await.expect(200);
        }
        let count = json!({"text": "x"});
        desk.with_key(&key, "POST", "/v1/segments", Some(count))
            .await
            .expect(200);
        let paths = [
            "/v1/messages".to_owned(),
            format!("/v1/issues/{}/take", id(&issue)),
            format!("/v1/issues/{}/close", id(&issue)),
            format!("/v1/conversations/{}/read", id(&conversation)),
            "/v1/keys".to_owned(),
        ];
        for path in paths {
            let body = json!({"to": CUSTOMER, "text": "x"});
            let refused = desk
                .with_key(&key, "POST", &path, Some(body))
                .await
                .expect(403);
            assert!(refused["detail"].as_str().unwrap().contains("observer"));
        }
        desk.end().await;
    }

    async fn a_key_is_shown_once_and_refused_once_revoked(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({"name": "crm", "role": "agent"});
        let made = desk.post("/v1/keys", body).await.expect(201);
        let secret = made["key"].as_str().unwrap();
        desk.with_key(secret, "GET", "/v1/messages", None)
            .await
            .expect(200);
        let listed = desk.walk("/v1/keys", 1).await;
        assert!(listed.iter().any(|key| key["id"] == made["id"]));
        assert!(listed.iter().all(|key| key.get("key").is_none()));
        assert!(!serde_json::to_string(&listed).unwrap().contains(secret));
        desk.with_key(secret, "GET", "/v1/keys", None)
            .await
            .expect(403);
        let path = format!("/v1/keys/{}", id(&made));
        let revoked = desk
            .with_key(&desk.key, "DELETE", &path, None)
            .await
            .expect(200);
        assert!(revoked["revoked_at"].is_string());
        desk.with_key(secret, "GET", "/v1/messages", None)
            .await
            .expect(401);
        desk.end().await;
    }

    async fn a_key_with_a_mistake_is_not_made(db: Db) {
        let desk = Desk::on(&db).await;
        for (body, pointers) in [
            (json!({}), vec!["/name", "/role"]),
            (json!({"name": "", "role": "king"}), vec!["/name", "/role"]),
            (
                json!({"name": "x", "role": "agent", "agent": "ann"}),
                vec!["/agent"],
            ),
            (
                json!({"name": "x", "role": "agent", "agent": "agt_00000000000000000000000000"}),
                vec!["/agent"],
            ),
            (
                json!({"name": "x", "role": "agent", "key": "mine"}),
                vec!["/key"],
            ),
        ] {
            assert_eq!(desk.post("/v1/keys", body).await.pointers(), pointers);
        }
        desk.end().await;
    }

    async fn what_names_nothing_is_a_404(db: Db) {
        let desk = Desk::on(&db).await;
        for path in [
            "/v1/messages/msg_00000000000000000000000000",
            "/v1/messages/iss_00000000000000000000000000",
            "/v1/messages/%ff",
            "/v1/conversations/x",
            "/v1/conversations/cnv_00000000000000000000000000/timeline",
            "/v1/issues/1",
            "/v1/agents/me",
            "/v1/nothing",
            "/v2/messages",
            "/metrics",
            "/livez",
            "/readyz",
            "/healthz",
            "/debug",
        ] {
            assert_eq!(
                desk.get(path).await.expect(404)["code"],
                "not_found",
                "{path}"
            );
        }
        let answer = desk
            .with_key(&desk.key, "PATCH", "/v1/messages", None)
            .await;
        answer.expect(405);
        let allow = answer.headers["allow"].to_str().unwrap();
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
        desk.end().await;
    }
}
