//! People over the wire, on both databases: sessions, streams that end, the audit that stays.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::both;
use crate::world::api::{Answer, Api};
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::hooks::fresh_sid;
use crate::world::within;

const PASSWORD: &str = "mint otter lamp nine";

async fn agent(app: &TestApp, name: &str) -> (Value, Api) {
    let body = json!({"name": name, "role": "agent", "email": format!("{name}@example.com"), "password": PASSWORD});
    let made = app.api.post("/v1/agents", &body).await.expect(201);
    let body = json!({"name": name, "role": "agent", "agent": made["id"]});
    let key = app.api.post("/v1/keys", &body).await.expect(201);
    let api = Api::new(&app.api.base, key["key"].as_str().unwrap());
    (made, api)
}

async fn patch(api: &Api, path: &str, body: Value) -> Answer {
    let request = api.request(Method::PATCH, path).json(&body);
    Answer::of(request).await.unwrap()
}

/// Runs a statement beside the daemon.
async fn run(db: &Db, statement: &'static str) -> Result<(), sqlx::Error> {
    match db.url.strip_prefix("sqlite://") {
        Some(_) => {
            let mut conn = sqlx::SqliteConnection::connect(&db.url).await?;
            sqlx::query(statement).execute(&mut conn).await.map(drop)
        }
        None => {
            let mut conn = sqlx::PgConnection::connect(&db.url).await?;
            sqlx::query(statement).execute(&mut conn).await.map(drop)
        }
    }
}

both! {
    async fn t15_the_stream_of_a_disabled_agent_ends_within_two_seconds(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let (bob, bobs) = agent(&app, "bob").await;
        let mut stream = bobs.stream(None).await;
        let path = format!("/v1/agents/{}", bob["id"].as_str().unwrap());
        app.api.post(&format!("{path}/disable"), &json!({})).await.expect(200);
        let began = Instant::now();
        let limit = Duration::from_secs(3);
        let ended = tokio::time::timeout(limit, async { while stream.next().await.is_some() {} }).await;
        assert!(ended.is_ok() && began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        within(Duration::from_secs(2), "the key to be refused", async || {
            (bobs.get("/v1/me").await.status == 401).then_some(())
        }).await;
        app.end().await;
    }

    async fn t13_the_stream_tells_nobody_of_a_private_conversation(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let (_, outsider) = agent(&app, "outsider").await;
        let (insider, insiders) = agent(&app, "insider").await;
        let body = json!({"name": "inside", "members": [insider["id"]]});
        let team = app.api.post("/v1/teams", &body).await.expect(201);
        app.hooks.text_in("long", "+12025550107", "Hello", &fresh_sid()).await.expect(200);
        let private = app.api.list("/v1/conversations?view=all").await.remove(0);
        let path = format!("/v1/conversations/{}", private["id"].as_str().unwrap());
        let restrict = json!({"team": team["id"]});
        app.api.post(&format!("{path}/restrict"), &restrict).await.expect(200);
        let (mut outside, mut inside) = (outsider.stream(None).await, insiders.stream(None).await);
        app.hooks.text_in("long", "+12025550107", "A secret", &fresh_sid()).await.expect(200);
        app.hooks.text_in("long", "+12025550108", "No secret", &fresh_sid()).await.expect(200);
        let public = async |stream: &mut crate::world::api::EventStream| {
            let mut private_seen = 0;
            loop {
                let (_, kind, data) = stream.next().await.unwrap();
                private_seen += usize::from(data["conversation"] == private["id"]);
                if kind == "message.received" && data["conversation"] != private["id"] {
                    return private_seen;
                }
            }
        };
        assert_eq!(public(&mut outside).await, 0);
        assert!(public(&mut inside).await > 0);
        assert_eq!(outsider.get(&path).await.status, 404);
        assert_eq!(insiders.get(&path).await.status, 200);
        let feed = outsider.feed().await;
        assert!(feed.iter().all(|event| event["conversation"] != private["id"]));
        drop((outside, inside));
        app.end().await;
    }

    async fn i36_the_audit_can_be_neither_changed_nor_emptied(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        agent(&app, "bob").await;
        for statement in [
            "UPDATE audit SET action = 'nothing'",
            "DELETE FROM audit",
            "DELETE FROM audit WHERE action = 'agent.created'",
        ] {
            let refused = run(&db, statement).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        let entries = app.api.list("/v1/audit?action=agent.created").await;
        let created = entries.iter().find(|entry| entry["actor"]["name"] == "tests").unwrap();
        assert_eq!(created["address"], "127.0.0.1");
        assert!(created["via"].as_str().unwrap().starts_with("key_"));
        app.end().await;
    }

    async fn t15_somebody_logs_in_works_and_logs_out(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let (bob, _) = agent(&app, "bob").await;
        let base = &app.api.base;
        let login = json!({"email": "Bob@example.com", "password": PASSWORD});
        let post = app.api.http.post(format!("{base}/v1/sessions")).header("x-postern", "1");
        let answer = Answer::of(post.json(&login)).await.unwrap();
        let session = answer.expect(201);
        assert_eq!((&session["current"], &session["address"]), (&json!(true), &json!("127.0.0.1")));
        let cookie = answer.headers["set-cookie"].split(';').next().unwrap().to_owned();
        let ask = |method: Method, path: &str| {
            let url = format!("{base}{path}");
            let request = app.api.http.request(method, url).header("cookie", &cookie);
            Answer::of(request.header("x-postern", "1"))
        };
        let me = ask(Method::GET, "/v1/me").await.unwrap().expect(200);
        assert_eq!((&me["agent"]["id"], &me["via"]), (&bob["id"], &session["id"]));
        let path = format!("/v1/agents/{}", bob["id"].as_str().unwrap());
        patch(&app.api, &path, json!({"away": {"until": null}})).await.expect(200);
        assert_eq!(ask(Method::DELETE, "/v1/sessions/current").await.unwrap().status, 204);
        assert_eq!(ask(Method::GET, "/v1/me").await.unwrap().status, 401);
        let entries = app.api.list("/v1/audit").await;
        let actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        assert_eq!(actions[..3], ["session.ended", "agent.changed", "session.created"]);
        app.end().await;
    }

    async fn t22_odd_texts_about_people_are_data(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for (n, odd) in ["'", "\"", "%", "_", "\\", "\0", "'; DROP TABLE agent; --", "$1", "\u{202E}", "{{7*7}}"].iter().enumerate() {
            let bodies = [
                ("/v1/agents", json!({"name": odd, "role": "agent"})),
                ("/v1/agents", json!({"name": format!("a{n}"), "role": odd, "email": odd, "initials": odd, "password": odd})),
                ("/v1/agents", json!({"name": format!("b{n}"), "role": "agent", "working_hours": {"time_zone": odd}, "teams": [odd]})),
                ("/v1/teams", json!({"name": odd, "members": [odd]})),
                ("/v1/teams", json!({"name": odd})),
                ("/v1/keys", json!({"name": odd, "role": "observer", "scopes": [odd]})),
                ("/v1/keys", json!({"name": odd, "role": "observer"})),
                ("/v1/setup", json!({"token": odd, "name": odd, "email": odd, "password": odd})),
                ("/v1/sessions", json!({"email": odd, "password": odd})),
                ("/v1/me/password", json!({"present": odd, "password": odd})),
            ];
            for (path, body) in bodies {
                let request = app.api.request(Method::POST, path).header("x-postern", "1");
                let answer = Answer::of(request.json(&body)).await.unwrap();
                assert!(answer.status < 500, "{path} {body}: {}", answer.text);
            }
            let query = form_urlencoded::byte_serialize(odd.as_bytes()).collect::<String>();
            for path in ["/v1/audit?target=", "/v1/audit?action=", "/v1/audit?actor=", "/v1/agents?cursor=", "/v1/teams/", "/v1/sessions/"] {
                let answer = app.api.get(&format!("{path}{query}")).await;
                assert!(answer.status < 500, "{path}{query}: {}", answer.text);
            }
        }
        app.end().await;
    }
}
