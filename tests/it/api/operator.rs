//! Gateways, segments, and the operator's own listener.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use postern::http::admin::{Admin, router};
use serde_json::json;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{Answer, Desk};
use crate::both;

both! {
    async fn a_gateway_says_what_it_is_and_how(db: Db) {
        let desk = Desk::on(&db).await;
        let gateways = desk.walk("/v1/gateways", 1).await;
        assert_eq!(gateways.len(), 1);
        let gateway = &gateways[0];
        assert_eq!(
            (&gateway["name"], &gateway["kind"]),
            (&json!("support"), &json!("long_code"))
        );
        assert_eq!(gateway["address"], "+12025550100");
        assert_eq!(gateway["rate"]["segments_per_second"], 1.0);
        assert_eq!(gateway["health"]["state"], "up");
        let can = &gateway["capabilities"];
        assert!(can["mms"].is_boolean() && can["max_segments"].is_number());
        assert!(
            can["receipts"]
                .as_array()
                .unwrap()
                .contains(&json!("delivered"))
        );
        assert!(!gateway.to_string().contains("whsec_"));
        desk.end().await;
    }

    async fn segments_are_counted_for_any_text(db: Db) {
        let desk = Desk::on(&db).await;
        let cases = [
            ("", "gsm7", 0, 0),
            ("a", "gsm7", 1, 1),
            ("\u{c}", "gsm7", 2, 1),
            ("\u{1b}", "ucs2", 1, 1),
            ("\u{0}", "ucs2", 1, 1),
            ("€", "gsm7", 2, 1),
            ("😀", "ucs2", 2, 1),
        ];
        for (text, encoding, units, segments) in cases {
            let counted = desk
                .post("/v1/segments", json!({"text": text}))
                .await
                .expect(200);
            assert_eq!(counted["encoding"], encoding, "{text:?}");
            assert_eq!(
                (&counted["units"], &counted["segments"]),
                (&json!(units), &json!(segments))
            );
            assert_eq!(
                counted["forcing"].as_array().unwrap().is_empty(),
                encoding == "gsm7"
            );
        }
        assert_eq!(
            desk.post("/v1/segments", json!({"text": null}))
                .await
                .pointers(),
            ["/text"]
        );
        desk.end().await;
    }

    async fn b42_the_daemon_is_alive_before_it_is_ready(db: Db) {
        let desk = Desk::on(&db).await;
        let (listening, heard) = watch::channel(false);
        let admin = router(Admin {
            engine: desk.engine.clone(),
            metrics: Arc::new(|| "postern_build_info 1\n".to_owned()),
            listening: heard,
        });
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            Answer::of(admin.clone().oneshot(request).await.unwrap()).await
        };
        assert_eq!(ask("/livez").await.status, 200);
        ask("/readyz").await.expect(503);
        assert_eq!(ask("/healthz").await.status, 503);
        listening.send(true).unwrap();
        assert_eq!(ask("/readyz").await.status, 200);
        let health = ask("/healthz").await.expect(200);
        assert_eq!(health["gateways"][0]["state"], "up");
        assert!(ask("/metrics").await.text.contains("postern_build_info"));
        drop(admin);
        desk.end().await;
    }
}
