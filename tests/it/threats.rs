//! Those who mean harm: forged, repeated, oversized and odd requests.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::both;
use crate::world::api::Answer;
use crate::world::app::TestApp;
use crate::world::daemon::Daemon;
use crate::world::eventually;
use crate::world::hooks::{fresh_sid, now, sandbox_text, twilio_text};
use crate::world::provider::FakeProvider;
use crate::world::setup::{AUTH_TOKEN, PUBLIC_URL, Setup, WEBHOOK_SECRET};
use crate::world::sign;

const CUSTOMER: &str = "+12025550107";

both! {
    async fn t01_forged_callbacks_are_refused_and_leave_nothing(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let sid = fresh_sid();
        let good = twilio_text(CUSTOMER, "Hello", &sid);
        let url = format!("{PUBLIC_URL}/hooks/long");
        let signature = sign::twilio(AUTH_TOKEN, &url, &good);
        let with = |place: usize, value: &'static str| {
            let mut params = good.clone();
            params[place].1 = value;
            params
        };
        let mut extra = good.clone();
        extra.push(("Extra", "1"));
        let missing = good[1..].to_vec();
        let other_key = sign::twilio("another token of another account", &url, &good);
        let other_host = sign::twilio(AUTH_TOKEN, "https://elsewhere.test/hooks/long", &good);
        let other_scheme = sign::twilio(AUTH_TOKEN, "http://postern.test/hooks/long", &good);
        let other_gateway = sign::twilio(AUTH_TOKEN, &format!("{PUBLIC_URL}/hooks/short"), &good);
        let with_query = sign::twilio(AUTH_TOKEN, &format!("{url}?a=b"), &good);
        let mut changed = signature.clone().into_bytes();
        changed[3] = if changed[3] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let forged = [
            (Some(signature.as_str()), with(6, "hello"), "body"),
            (Some(&signature), with(4, "+12025550108"), "sender"),
            (Some(&signature), extra, "extra parameter"),
            (Some(&signature), missing, "missing parameter"),
            (Some(&other_key), good.clone(), "another key"),
            (Some(&other_host), good.clone(), "another host"),
            (Some(&other_scheme), good.clone(), "another scheme"),
            (Some(&other_gateway), good.clone(), "another gateway"),
            (Some(&with_query), good.clone(), "another query"),
            (Some(&changed), good.clone(), "one character of the signature"),
            (Some(""), good.clone(), "an empty signature"),
            (Some("é"), good.clone(), "not base64"),
            (None, good.clone(), "no signature"),
            (Some(&signature[..20]), good.clone(), "a short signature"),
        ];
        for (signature, params, what) in &forged {
            let mut request = app.hooks.http.post(format!("{}/hooks/long", app.hooks.base)).form(params);
            if let Some(signature) = signature {
                request = request.header("x-twilio-signature", signature.as_bytes());
            }
            // Neither may stand for the configured URL.
            let request = request.header("x-forwarded-host", "elsewhere.test").header("x-forwarded-proto", "http");
            assert_eq!(Answer::of(request).await.unwrap().status, 403, "{what}");
        }
        assert!(app.api.list("/v1/messages").await.is_empty());
        assert!(app.api.list("/v1/quarantine").await.is_empty());
        let labels = ["gateway=\"long\""];
        let counted = app.metric("postern_callbacks_total", &labels).await;
        assert!(counted >= 14.0, "{counted} counted");
        app.hooks.text_in("long", CUSTOMER, "Hello", &sid).await.expect(200);
        app.end().await;
    }

    async fn t02_an_old_callback_is_refused_and_a_repeated_one_counts_once(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let body = sandbox_text("in-1", CUSTOMER, "24680", "Hello");
        for off in [-360, 360] {
            assert_eq!(app.hooks.standard("short", now() + off, &body).await.status, 403, "{off}");
        }
        let bytes = body.to_string();
        let (id, seconds) = ("whk_1", now());
        let signature = sign::standard(WEBHOOK_SECRET, id, seconds, bytes.as_bytes());
        let posts = (0..50).map(|_| {
            let request = app.hooks.http.post(format!("{}/hooks/short", app.hooks.base));
            let request = request.header("webhook-id", id).header("webhook-timestamp", seconds);
            Answer::of(request.header("webhook-signature", &signature).body(bytes.clone()))
        });
        for answer in join_all(posts).await {
            assert_eq!(answer.unwrap().status / 100, 2);
        }
        assert_eq!(app.api.list("/v1/messages").await.len(), 1);
        app.end().await;
    }

    async fn t14_fields_of_the_server_are_refused(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for field in ["id", "status", "from", "author", "segments", "created_at", "provider_reference", "cc"] {
            let mut body = json!({"gateway": "long", "to": CUSTOMER, "text": "Hello"});
            body[field] = json!("x");
            let answer = app.api.post("/v1/messages", &body).await;
            assert_eq!(answer.status, 422, "{field}: {}", answer.text);
            let pointer = format!("/{field}");
            assert_eq!(answer.json()["errors"][0]["pointer"], pointer.as_str());
        }
        assert!(app.api.list("/v1/messages").await.is_empty());
        app.end().await;
    }

    async fn t22_quotes_and_controls_in_any_field_are_data(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let odd = ["'", "\"", "%", "_", "\\", "\0", "'; DROP TABLE message; --", "$1", "\u{202E}", "{{7*7}}"];
        for text in odd {
            for body in [
                json!({"gateway": "long", "to": CUSTOMER, "text": text, "reference": text}),
                json!({"gateway": text, "to": CUSTOMER, "text": "Hello"}),
                json!({"gateway": "long", "to": text, "text": "Hello"}),
                json!({"gateway": "long", "to": CUSTOMER, "text": "Hello", "conversation": text}),
            ] {
                let answer = app.api.post("/v1/messages", &body).await;
                assert!(matches!(answer.status, 202 | 404 | 422), "{body}: {}", answer.text);
            }
            let query = form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            for path in ["/v1/messages?gateway=", "/v1/messages?cursor=", "/v1/conversations?contact=", "/v1/issues?assignee=", "/v1/messages/", "/v1/issues/"] {
                let answer = app.api.get(&format!("{path}{query}")).await;
                assert!(answer.status < 500, "{path}{query}: {}", answer.text);
            }
        }
        app.end().await;
    }

    async fn t27_t30_limits_hold_and_the_admin_plane_is_elsewhere(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for path in ["/v1/messages?limit=1000000000", "/v1/messages?limit=0", "/v1/events?limit=x"] {
            assert_eq!(app.api.get(path).await.status, 422, "{path}");
        }
        let huge = json!({"gateway": "long", "to": CUSTOMER, "text": "x".repeat(2 * 1024 * 1024)});
        assert_eq!(app.api.post("/v1/messages", &huge).await.status, 413);
        for path in ["/metrics", "/livez", "/readyz", "/healthz", "/debug", "/debug/pprof", "/.env", "/admin"] {
            let answer = app.api.get(path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.headers.contains_key("server"), "{path}");
        }
        for path in ["/metrics", "/livez", "/readyz", "/healthz"] {
            let request = app.api.http.get(format!("{}{path}", app.admin));
            assert_eq!(Answer::of(request).await.unwrap().status, 200, "{path}");
        }
        app.end().await;
    }

    async fn t18_a_key_in_the_url_is_refused(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let key = &app.api.key;
        for name in ["key", "api_key", "token", "access_token"] {
            let url = format!("{}/v1/messages?{name}={key}", app.api.base);
            assert_eq!(Answer::of(app.api.http.get(url)).await.unwrap().status, 401, "{name}");
        }
        let wrong = app.api.http.get(format!("{}/v1/messages", app.api.base)).bearer_auth("wrong");
        let answer = Answer::of(wrong).await.unwrap();
        assert_eq!(answer.status, 401);
        assert!(answer.headers.contains_key("www-authenticate"));
        app.end().await;
    }

    async fn f07_without_free_descriptors_it_stays_up_and_accepts_again(db: Db) {
        let provider = FakeProvider::start().await;
        let mut daemon = Daemon::prepare(&db, Setup::usual(&db, &provider.url()));
        daemon.spawn_with_descriptors(64);
        daemon.ready().await;
        let before = daemon.api.send("long", CUSTOMER, "before").await;
        daemon.api.message_becomes(&before["id"], "sent").await;
        let address = daemon.api.base.strip_prefix("http://").unwrap().to_owned();
        let mut crowd = Vec::new();
        while !daemon.log().contains("no connection can be accepted for now") {
            crowd.push(TcpStream::connect(&address).await.unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(crowd.len() < 2_000, "{} connections were no bound", crowd.len());
        }
        assert!(!daemon.has_died(), "{}", daemon.log());
        drop(crowd);
        let after = eventually("a message to be taken again", async || {
            let body = json!({"gateway": "long", "to": CUSTOMER, "text": "after"});
            let request = daemon.api.request(Method::POST, "/v1/messages").json(&body);
            let answer = Answer::of(request).await?;
            (answer.status == 202).then(|| answer.json())
        }).await;
        daemon.api.message_becomes(&after["id"], "sent").await;
        assert_eq!(daemon.api.message(&before["id"]).await["status"], "sent");
        assert!(!daemon.has_died(), "{}", daemon.log());
        assert_eq!(daemon.stop().await, Some(0));
    }

    async fn f62_slow_clients_are_cut_and_harm_nobody(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let address = app.api.base.strip_prefix("http://").unwrap();
        let mut slow = Vec::new();
        for _ in 0..500 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /v1/messages HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
            slow.push(stream);
        }
        let began = Instant::now();
        app.api.get("/v1/messages").await.expect(200);
        app.hooks.text_in("long", CUSTOMER, "Hello", &fresh_sid()).await.expect(200);
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        for mut stream in slow {
            let mut rest = Vec::new();
            let limit = Duration::from_secs(15).saturating_sub(began.elapsed());
            let read = tokio::time::timeout(limit, stream.read_to_end(&mut rest)).await;
            assert!(read.is_ok(), "still open after {:?}", began.elapsed());
        }
        app.end().await;
    }

    async fn t20_t29_logs_carry_no_secret_no_body_and_no_number(db: Db) {
        let provider = FakeProvider::start().await;
        let mut daemon = Daemon::start(&db, Setup::usual(&db, &provider.url())).await;
        let canary = "canary\u{1b}]0;x\u{7}\n{\"level\":\"error\"} of the body";
        daemon.hooks.text_in("long", CUSTOMER, canary, &fresh_sid()).await.expect(200);
        let message = daemon.api.send("long", CUSTOMER, canary).await;
        daemon.api.message_becomes(&message["id"], "sent").await;
        let forged = [("From", CUSTOMER), ("Body", canary)];
        let request = daemon.hooks.http.post(format!("{}/hooks/long", daemon.hooks.base));
        Answer::of(request.header("x-twilio-signature", "canary-signature").form(&forged)).await.unwrap();
        daemon.hooks.standard_bytes("short", now(), b"canary of the quarantine".to_vec()).await;
        let odd = daemon.api.request(Method::GET, "/v1/messages/canary\u{1b}%0a%1b[31m");
        Answer::of(odd.header("x-request-id", "canary id\u{e9}")).await.unwrap();
        let exposed = format!("{}/v1/messages?key={}", daemon.api.base, daemon.api.key);
        let refused = Answer::of(daemon.api.http.get(exposed)).await.unwrap();
        refused.expect(401);
        let metrics = Answer::of(daemon.api.http.get(format!("{}/metrics", daemon.admin))).await.unwrap();
        assert_eq!(daemon.stop().await, Some(0));
        let log = daemon.log();
        assert!(log.contains("listening"), "{log}");
        assert!(log.contains("a key was sent in a URL and refused"), "{log}");
        assert!(metrics.text.contains("postern_"), "{}", metrics.text);
        for secret in ["canary", CUSTOMER, AUTH_TOKEN, WEBHOOK_SECRET, daemon.api.key.as_str(), "\u{1b}]0"] {
            let found = log.lines().find(|line| line.contains(secret) && !line.contains("/v1/messages/canary"));
            assert!(found.is_none(), "{secret} is in the log: {found:?}");
            assert!(!metrics.text.contains(secret), "{secret} is in the metrics");
            assert!(!refused.text.contains(secret), "{secret} is in an error page");
        }
    }
}
