//! Messages: what is accepted, what is refused, and that a repetition is harmless.

use serde_json::json;

use super::{CUSTOMER, Desk, id};
use crate::both;

both! {
    async fn a_message_is_accepted_and_shown_alike(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({"to": "(202) 555-0123", "text": "Hello", "reference": "order-1", "valid_for": "15m"});
        let sent = desk.post("/v1/messages", body).await.expect(202);
        assert_eq!(sent["to"], CUSTOMER);
        assert_eq!(sent["gateway"], "support");
        assert_eq!(
            (&sent["status"], &sent["direction"]),
            (&json!("queued"), &json!("outbound"))
        );
        assert_eq!(
            (&sent["encoding"], &sent["segments"]),
            (&json!("gsm7"), &json!(1))
        );
        assert_eq!(
            (&sent["cc"], &sent["attachments"]),
            (&json!([]), &json!([]))
        );
        assert_eq!(sent["error"], json!(null));
        assert_eq!(sent["author"]["name"], "ann");
        assert_eq!(sent["timeline"][0]["status"], "queued");
        let found = desk
            .get(&format!("/v1/messages/{}", id(&sent)))
            .await
            .expect(200);
        assert_eq!(found, sent);
        let list = desk.walk("/v1/messages", 100).await;
        assert_eq!(list, [sent]);
        desk.end().await;
    }

    async fn b06_every_wrong_field_of_a_message_is_named(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({
            "text": 5, "gateway": "No Such", "conversation": "iss_1", "reference": "",
            "valid_for": "soon", "dry_run": "perhaps", "colour": "red",
            "cc": "a@example.com", "subject": "", "attachments": "cat.gif", "send_at": "2027-01-01T00:00:00Z",
        });
        let mut pointers = desk.post("/v1/messages", body).await.pointers();
        pointers.sort();
        let expected = [
            "/attachments",
            "/cc",
            "/colour",
            "/conversation",
            "/dry_run",
            "/gateway",
            "/reference",
            "/send_at",
            "/subject",
            "/text",
            "/to",
            "/valid_for",
        ];
        assert_eq!(pointers, expected);
        assert!(desk.walk("/v1/messages", 100).await.is_empty());
        desk.end().await;
    }

    async fn t14_what_the_server_decides_cannot_be_sent(db: Db) {
        let desk = Desk::on(&db).await;
        for field in [
            "id",
            "direction",
            "channel",
            "from",
            "status",
            "error",
            "encoding",
            "segments",
            "provider_reference",
            "issue",
            "author",
            "timeline",
            "created_at",
            "html",
        ] {
            let body = json!({"to": CUSTOMER, "text": "Hello", field: "x"});
            let answer = desk.post("/v1/messages", body).await;
            assert_eq!(answer.pointers(), [format!("/{field}")]);
        }
        desk.end().await;
    }

    async fn what_the_engine_refuses_points_at_its_field(db: Db) {
        let desk = Desk::on(&db).await;
        let long = "x".repeat(5_000);
        for (body, pointer) in [
            (
                json!({"to": "soon", "text": "x", "gateway": "support"}),
                "/to",
            ),
            (json!({"to": "+1202555", "text": "x"}), "/to"),
            (
                json!({"to": "a@example.com", "subject": "x", "text": "x"}),
                "/to",
            ),
            (
                json!({"to": CUSTOMER, "text": "x", "gateway": "other"}),
                "/gateway",
            ),
            (json!({"to": CUSTOMER, "text": long}), "/text"),
            (json!({"to": CUSTOMER, "text": "a\u{0}b"}), "/text"),
            (json!({"to": CUSTOMER, "text": ""}), "/text"),
        ] {
            let answer = desk.post("/v1/messages", body).await;
            assert_eq!(answer.pointers(), [pointer], "{}", answer.text);
        }
        desk.end().await;
    }

    async fn i15_a_repetition_gets_the_same_answer_and_another_body_a_422(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({"to": CUSTOMER, "text": "Once"}).to_string();
        let first = desk.post_once("key-1", &body).await;
        first.expect(202);
        let again = desk.post_once("key-1", &body).await;
        assert_eq!((again.status, &again.text), (202, &first.text));
        let other = desk
            .post_once("key-1", &body.replace("Once", "Twice"))
            .await;
        assert_eq!(other.expect(422)["code"], "idempotency_key_reused");
        assert_eq!(
            desk.post_once("a b", &body).await.pointers(),
            ["/Idempotency-Key"]
        );
        assert_eq!(desk.walk("/v1/messages", 100).await.len(), 1);
        desk.end().await;
    }

    async fn i18_an_opted_out_recipient_is_refused_until_they_opt_in(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "STOP").await;
        let body = json!({"to": CUSTOMER, "text": "Offer"});
        let refused = desk.post("/v1/messages", body.clone()).await.expect(422);
        assert_eq!(refused["code"], "opted_out");
        assert_eq!(refused["errors"][0]["pointer"], "/to");
        let dry = json!({"to": CUSTOMER, "text": "Offer", "dry_run": true});
        let dry = desk.post("/v1/messages", dry).await.expect(200);
        assert_eq!(dry["blocked_by"][0]["code"], "opted_out");
        desk.text_in("in-2", "START").await;
        desk.post("/v1/messages", body).await.expect(202);
        desk.end().await;
    }

    async fn b11_a_dry_run_tells_and_stores_nothing(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({"to": CUSTOMER, "text": "ж".repeat(71), "dry_run": true});
        let told = desk.post("/v1/messages", body).await.expect(200);
        assert_eq!(told["gateway"], "support");
        assert_eq!(
            (&told["encoding"], &told["segments"]),
            (&json!("ucs2"), &json!(2))
        );
        assert_eq!(told["blocked_by"], json!([]));
        assert!(desk.walk("/v1/messages", 100).await.is_empty());
        assert!(desk.walk("/v1/conversations", 100).await.is_empty());
        desk.end().await;
    }

    async fn a_queued_message_is_withdrawn_once_and_not_sent_again(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({"to": CUSTOMER, "text": "Hello"});
        let sent = desk.post("/v1/messages", body).await.expect(202);
        let path = format!("/v1/messages/{}", id(&sent));
        desk.post(&format!("{path}/retry"), json!({}))
            .await
            .expect(409);
        let canceled = desk
            .post(&format!("{path}/cancel"), json!({}))
            .await
            .expect(200);
        assert_eq!(canceled["status"], "canceled");
        let again = desk
            .post(&format!("{path}/cancel"), json!({}))
            .await
            .expect(409);
        assert_eq!(again["current_status"], "canceled");
        desk.end().await;
    }

    async fn b04_pages_hold_every_message_once_whatever_the_filter(db: Db) {
        let desk = Desk::on(&db).await;
        for n in 0..7 {
            let body = json!({"to": format!("+120255501{n:02}"), "text": format!("text {n}")});
            desk.post("/v1/messages", body).await.expect(202);
        }
        desk.text_in("in-1", "Hello").await;
        let all = desk.walk("/v1/messages", 100).await;
        assert_eq!(all.len(), 8);
        for limit in [1, 2, 3, 8] {
            assert_eq!(desk.walk("/v1/messages", limit).await, all);
        }
        assert_eq!(
            desk.walk("/v1/messages?direction=inbound", 2).await.len(),
            1
        );
        assert_eq!(desk.walk("/v1/messages?status=queued", 2).await.len(), 7);
        assert_eq!(desk.walk("/v1/messages?gateway=support", 3).await.len(), 8);
        let first = &all[7];
        let conversation = first["conversation"].as_str().unwrap();
        let path = format!("/v1/messages?conversation={conversation}");
        assert_eq!(desk.walk(&path, 2).await, std::slice::from_ref(first));
        let now = first["created_at"].as_str().unwrap();
        assert_eq!(
            desk.walk(&format!("/v1/messages?since={now}"), 5)
                .await
                .len(),
            8
        );
        assert_eq!(
            desk.walk(&format!("/v1/messages?until={now}"), 5)
                .await
                .len(),
            0
        );
        for (query, pointer) in [
            ("status=lost", "/status"),
            ("direction=up", "/direction"),
            ("since=yesterday", "/since"),
            ("cursor=x", "/cursor"),
            ("colour=red", "/colour"),
            ("limit=101", "/limit"),
        ] {
            let answer = desk.get(&format!("/v1/messages?{query}")).await;
            assert_eq!(answer.pointers(), [pointer]);
        }
        desk.end().await;
    }
}
