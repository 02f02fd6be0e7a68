//! What carriers post, and quarantine.

use axum::body::Body;
use http::Request;
use postern::domain::agent::Role;
use serde_json::json;

use super::{Answer, Desk, id};
use crate::both;

both! {
    async fn t01_a_post_that_is_not_the_carriers_changes_nothing(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({"type": "message.inbound", "id": "in-1"}).to_string();
        let forged = desk.carrier_signed(body.as_bytes(), false).await;
        assert_eq!(forged.expect(403)["code"], "not_verified");
        for method in ["GET", "POST", "PUT"] {
            let request = Request::builder().method(method).uri("/hooks/support");
            let request = request.body(Body::from(body.clone())).unwrap();
            Answer::of(desk.ask(request).await).await.expect(403);
        }
        for path in [
            "/hooks/other",
            "/hooks/Not-A-Name",
            "/hooks/",
            "/hooks/support/x",
        ] {
            let request = Request::post(path).body(Body::empty()).unwrap();
            Answer::of(desk.ask(request).await).await.expect(404);
        }
        assert!(desk.walk("/v1/messages", 10).await.is_empty());
        assert!(desk.walk("/v1/quarantine", 10).await.is_empty());
        desk.end().await;
    }

    async fn i05_a_repeated_post_is_one_message(db: Db) {
        let desk = Desk::on(&db).await;
        for _ in 0..3 {
            desk.text_in("in-1", "Hello").await;
        }
        let messages = desk.walk("/v1/messages", 10).await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["text"], "Hello");
        assert_eq!(messages[0]["timeline"][0]["status"], "received");
        desk.end().await;
    }

    async fn f44_what_cannot_be_read_is_kept_and_read_again_on_order(db: Db) {
        let desk = Desk::on(&db).await;
        for body in [
            "{",
            "",
            "\u{0}",
            "[]",
            r#"{"type":"message.inbound"}"#,
            "\u{feff}{}",
        ] {
            let answer = desk.carrier(body.as_bytes()).await;
            assert!(answer.status < 500, "{body:?}: {}", answer.text);
        }
        let kept = desk.walk("/v1/quarantine", 2).await;
        assert!(!kept.is_empty());
        let one = &kept[0];
        assert_eq!(one["gateway"], "support");
        assert!(!one["reason"].as_str().unwrap().is_empty());
        assert_eq!(one["replayed_at"], json!(null));
        let path = format!("/v1/quarantine/{}", id(one));
        let seen = desk.get(&path).await.expect(200);
        assert_eq!(seen["reason"], one["reason"]);
        assert_eq!(seen["request"]["method"], "POST");
        assert_eq!(seen["request"]["target"], "/hooks/support");
        assert_eq!(seen["request"]["body"], "\u{feff}{}");
        let agent = desk.key("ann", Role::Agent).await;
        desk.with_key(&agent, "GET", &path, None).await.expect(403);
        let path = format!("{path}/replay");
        desk.post(&path, json!({})).await.expect(409);
        let agent = desk.key("bob", Role::Agent).await;
        desk.with_key(&agent, "POST", &path, None).await.expect(403);
        let none = "/v1/quarantine/qua_00000000000000000000000000/replay";
        desk.post(none, json!({})).await.expect(404);
        assert!(desk.walk("/v1/messages", 10).await.is_empty());
        desk.end().await;
    }

    async fn t27_a_post_over_the_cap_is_a_413(db: Db) {
        let desk = Desk::on(&db).await;
        let body = vec![b'x'; 1024 * 1024 + 1];
        desk.carrier(&body).await.expect(413);
        desk.end().await;
    }
}
