//! Passwords, sessions and the first start.

use axum::body::Body;
use http::Request;
use postern::domain::agent::Role;
use serde_json::{Value, json};

use super::{Answer, Desk, id, later};
use crate::both;

pub(super) const PASSWORD: &str = "mint otter lamp nine";

impl Desk {
    pub(super) async fn ada(&self) -> Value {
        let body = json!({"name": "Ada", "email": "ada@example.com", "role": "agent", "password": PASSWORD});
        self.post("/v1/agents", body).await.expect(201)
    }

    pub(super) async fn browser(
        &self,
        cookie: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let headers = [("x-postern", "1"), ("sec-fetch-site", "same-origin")];
        self.browser_with(cookie, method, path, body, &headers)
            .await
    }

    async fn browser_with(
        &self,
        cookie: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("content-type", "application/json");
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        Answer::of(self.ask(request.body(body).unwrap()).await).await
    }

    pub(super) async fn log_in(&self, password: &str) -> Answer {
        let body = json!({"email": "ADA@example.com", "password": password});
        self.browser("", "POST", "/v1/sessions", Some(body)).await
    }

    /// The cookie of a new session.
    pub(super) async fn cookie(&self) -> String {
        let answer = self.log_in(PASSWORD).await;
        answer.expect(201);
        cookie_of(&answer)
    }
}

pub(super) fn cookie_of(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        set.contains("; HttpOnly; SameSite=Lax") && set.contains("; Secure"),
        "{set}"
    );
    assert!(set.starts_with("__Host-postern="), "{set}");
    set.split(';').next().unwrap().to_owned()
}

both! {
    async fn t15_a_session_begins_with_the_password_and_ends_for_good(db: Db) {
        let desk = Desk::on(&db).await;
        let ada = desk.ada().await;
        // A cookie from before the login is worth nothing after it.
        desk.browser("__Host-postern=abc", "GET", "/v1/me", None)
            .await
            .expect(401);
        let (first, second) = (desk.cookie().await, desk.cookie().await);
        assert_ne!(first, second);
        desk.browser("__Host-postern=abc", "GET", "/v1/me", None)
            .await
            .expect(401);
        let me = desk
            .browser(&first, "GET", "/v1/me", None)
            .await
            .expect(200);
        assert_eq!(me["agent"]["id"], ada["id"]);
        assert!(me["via"].as_str().unwrap().starts_with("ses_"));
        let listed = desk
            .browser(&first, "GET", "/v1/sessions", None)
            .await
            .expect(200);
        let listed = listed["data"].as_array().unwrap();
        assert_eq!(
            listed
                .iter()
                .map(|one| one["current"] == true)
                .collect::<Vec<_>>(),
            [false, true]
        );
        let other = format!("/v1/sessions/{}", id(&listed[0]));
        // Another's session is no session.
        desk.delete(&other).await.expect(404);
        desk.browser(&first, "DELETE", &other, None)
            .await
            .expect(204);
        desk.browser(&second, "GET", "/v1/me", None)
            .await
            .expect(401);
        let out = desk
            .browser(&first, "DELETE", "/v1/sessions/current", None)
            .await;
        out.expect(204);
        assert!(
            out.headers["set-cookie"]
                .to_str()
                .unwrap()
                .contains("Max-Age=0")
        );
        desk.browser(&first, "GET", "/v1/me", None)
            .await
            .expect(401);
        desk.delete("/v1/sessions/current").await.expect(404);
        desk.end().await;
    }

    async fn t15_a_session_ends_unused_and_after_a_week_and_when_the_agent_changes(db: Db) {
        let desk = Desk::on(&db).await;
        let ada = desk.ada().await;
        let path = format!("/v1/agents/{}", id(&ada));
        // What was good is taken for good for a second; a new team has everything looked up again.
        let forget = async |name: &str| {
            desk.post("/v1/teams", json!({"name": name}))
                .await
                .expect(201)
        };
        let idle = desk.cookie().await;
        later(&desk.clock, 12 * 3_600);
        forget("a").await;
        desk.browser(&idle, "GET", "/v1/me", None).await.expect(401);
        let used = desk.cookie().await;
        for day in 0..14 {
            desk.browser(&used, "GET", "/v1/me", None).await.expect(200);
            desk.engine.note_use().await.unwrap();
            later(&desk.clock, 12 * 3_600 - 1);
            forget(&format!("day {day}")).await;
        }
        later(&desk.clock, 14);
        desk.browser(&used, "GET", "/v1/me", None).await.expect(401);
        let promoted = desk.cookie().await;
        desk.patch(&path, json!({"role": "observer"}))
            .await
            .expect(200);
        desk.browser(&promoted, "GET", "/v1/me", None)
            .await
            .expect(401);
        let disabled = desk.cookie().await;
        desk.post(&format!("{path}/disable"), json!({}))
            .await
            .expect(200);
        desk.browser(&disabled, "GET", "/v1/me", None)
            .await
            .expect(401);
        desk.log_in(PASSWORD).await.expect(401);
        desk.end().await;
    }

    async fn t16_a_page_of_another_site_changes_nothing(db: Db) {
        let desk = Desk::on(&db).await;
        desk.ada().await;
        let cookie = desk.cookie().await;
        let text = Some(json!({"to": "+12025550123", "text": "x"}));
        let attacks: &[&[(&str, &str)]] = &[
            &[],
            &[("sec-fetch-site", "cross-site"), ("x-postern", "1")],
            &[("sec-fetch-site", "same-site"), ("x-postern", "1")],
            &[("origin", "null"), ("x-postern", "1")],
            &[("origin", "https://evil.example"), ("x-postern", "1")],
            &[
                ("content-type", "text/plain"),
                ("sec-fetch-mode", "no-cors"),
            ],
        ];
        for headers in attacks {
            for (method, path) in [("POST", "/v1/messages"), ("DELETE", "/v1/sessions/current")] {
                let answer = desk
                    .browser_with(&cookie, method, path, text.clone(), headers)
                    .await;
                answer.expect(403);
            }
            let login = Some(json!({"email": "ada@example.com", "password": PASSWORD}));
            desk.browser_with("", "POST", "/v1/sessions", login, headers)
                .await
                .expect(403);
        }
        let path = "/v1/sessions/current?_method=DELETE";
        let tricks = [("x-http-method-override", "DELETE")];
        desk.browser_with(&cookie, "GET", path, None, &tricks)
            .await
            .expect(405);
        assert!(desk.walk("/v1/messages", 10).await.is_empty());
        desk.browser(&cookie, "POST", "/v1/messages", text)
            .await
            .expect(202);
        desk.end().await;
    }

    async fn t17_guesses_are_slowed_and_tell_nothing(db: Db) {
        let desk = Desk::on(&db).await;
        desk.ada().await;
        let mut evaluated = 0;
        let mut answers = Vec::new();
        for n in 0..1_000 {
            let answer = desk.log_in(&format!("guess number {n}")).await;
            match answer.status {
                401 => {
                    evaluated += 1;
                    answers.push(answer.json()["detail"].clone());
                }
                429 => assert!(answer.headers.contains_key("retry-after")),
                other => panic!("{other}: {}", answer.text),
            }
        }
        assert!((1..=20).contains(&evaluated), "{evaluated} evaluated");
        let body = json!({"email": "nobody@example.com", "password": "guess number 1"});
        let unknown = desk
            .browser("", "POST", "/v1/sessions", Some(body))
            .await
            .expect(401);
        assert!(answers.iter().all(|detail| *detail == unknown["detail"]));
        // It is a pace, not a lock.
        later(&desk.clock, 61);
        desk.log_in(PASSWORD).await.expect(201);
        desk.end().await;
    }

    async fn t17_an_unknown_agent_takes_as_long_as_a_known_one(db: Db) {
        let desk = Desk::on(&db).await;
        desk.ada().await;
        let mut took = [Vec::new(), Vec::new()];
        for round in 0..40 {
            later(&desk.clock, 600);
            for (place, email) in ["ada@example.com", "nobody@example.com"].iter().enumerate() {
                let body = json!({"email": email, "password": format!("guess {round}")});
                let began = std::time::Instant::now();
                desk.browser("", "POST", "/v1/sessions", Some(body))
                    .await
                    .expect(401);
                took[place].push(began.elapsed());
            }
        }
        let middle = took.map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64()
        });
        // A busy machine adds noise; what must not be is the factor of a hundred of no hash at all.
        let ratio = middle[0] / middle[1];
        assert!((0.7..1.4).contains(&ratio), "{middle:?}");
        desk.end().await;
    }

    async fn t17_changing_the_password_needs_the_present_one_and_ends_other_sessions(db: Db) {
        let desk = Desk::on(&db).await;
        let ada = desk.ada().await;
        let (own, other) = (desk.cookie().await, desk.cookie().await);
        let change = |present: &'static str, new: &'static str| {
            let (desk, own) = (&desk, &own);
            let body = json!({"present": present, "password": new});
            async move {
                desk.browser(own, "POST", "/v1/me/password", Some(body))
                    .await
            }
        };
        assert_eq!(
            change("wrong", "tide goes out at ten").await.pointers(),
            ["/present"]
        );
        assert_eq!(change(PASSWORD, "password").await.pointers(), ["/password"]);
        change(PASSWORD, "tide goes out at ten").await.expect(204);
        desk.browser(&own, "GET", "/v1/me", None).await.expect(200);
        desk.browser(&other, "GET", "/v1/me", None)
            .await
            .expect(401);
        desk.log_in(PASSWORD).await.expect(401);
        desk.log_in("tide goes out at ten").await.expect(201);
        let body = json!({"present": PASSWORD, "password": "x"});
        desk.post("/v1/me/password", body).await.expect(403);
        let path = format!("/v1/agents/{}/password", id(&ada));
        desk.post(&path, json!({"password": PASSWORD}))
            .await
            .expect(200);
        desk.browser(&own, "GET", "/v1/me", None).await.expect(401);
        desk.log_in(PASSWORD).await.expect(201);
        desk.end().await;
    }

    async fn t17_a_fresh_installation_has_no_login_but_a_link_that_works_once(db: Db) {
        let desk = Desk::on(&db).await;
        let token = desk.engine.setup_token().await.unwrap().unwrap();
        let newer = desk.engine.setup_token().await.unwrap().unwrap();
        let set_up = |token: String, password: &'static str| {
            let desk = &desk;
            let body = json!({"token": token, "name": "Ada", "email": "ada@example.com", "password": password});
            async move { desk.browser("", "POST", "/v1/setup", Some(body)).await }
        };
        desk.log_in("").await.expect(401);
        set_up(token, PASSWORD).await.expect(401);
        set_up("x".into(), PASSWORD).await.expect(401);
        assert_eq!(
            set_up(newer.clone(), "ada@example").await.pointers(),
            ["/password"]
        );
        let admin = set_up(newer.clone(), PASSWORD).await.expect(201);
        assert_eq!(admin["role"], "admin");
        set_up(newer, PASSWORD).await.expect(401);
        assert_eq!(desk.engine.setup_token().await.unwrap(), None);
        desk.cookie().await;
        desk.end().await;
    }
}

/// Of the file that SQLite writes, which is all that there is of a database.
#[tokio::test]
async fn t15_no_usable_token_is_in_the_database_and_no_secret_in_an_answer() {
    let desk = Desk::open().await;
    desk.ada().await;
    let cookie = desk.cookie().await;
    let key = desk.key("bob", Role::Agent).await;
    let token = cookie.split_once('=').unwrap().1;
    let mut all = Vec::new();
    for file in std::fs::read_dir(desk.folder()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    for secret in [token, key.as_str(), desk.key.as_str(), PASSWORD] {
        let found = all
            .windows(secret.len())
            .any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "a secret is in the database");
    }
    for path in [
        "/v1/agents",
        "/v1/keys",
        "/v1/sessions",
        "/v1/me",
        "/v1/audit",
        "/v1/events",
    ] {
        let text = desk.get(path).await.text;
        for secret in [token, key.as_str(), PASSWORD, "argon2", "hash"] {
            assert!(!text.contains(secret), "{path}");
        }
    }
    desk.end().await;
}
