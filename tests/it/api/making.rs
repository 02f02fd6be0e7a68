//! What holds alike for all that people make: names, versions, repetitions.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::{Answer, CUSTOMER, Desk, id};
use crate::both;

impl Desk {
    async fn post_as(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Body::from(body.to_string()));
        Answer::of(self.ask(request.unwrap()).await).await
    }
}

/// All that has a name or a title, with whatever else it needs.
fn named(name: &str) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("/v1/agents", "name", json!({"name": name, "role": "agent"})),
        ("/v1/teams", "name", json!({"name": name})),
        ("/v1/tags", "name", json!({"name": name})),
        (
            "/v1/views",
            "name",
            json!({"name": name, "filter": "view=inbox"}),
        ),
        (
            "/v1/quick-replies",
            "title",
            json!({"title": name, "text": "Hello"}),
        ),
        (
            "/v1/contacts",
            "name",
            json!({"name": name, "addresses": [CUSTOMER]}),
        ),
    ]
}

both! {
    async fn b06_a_name_is_not_blank_and_has_no_space_around_it(db: Db) {
        let desk = Desk::on(&db).await;
        for (path, field, body) in named(" \u{a0}\t") {
            let refused = desk.post(path, body).await.expect(422);
            assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"), "{path}");
        }
        for (path, field, body) in named("  Zoe M ") {
            let made = desk.post(path, body).await.expect(201);
            assert_eq!(made[field], "Zoe M", "{path}");
        }
        let key = json!({"name": " ", "role": "agent"});
        desk.post("/v1/keys", key).await.expect(422);
        desk.text_in("in-1", "Hello").await;
        let issue = desk.walk("/v1/issues", 10).await.remove(0);
        let path = format!("/v1/issues/{}", id(&issue));
        desk.patch(&path, json!({"title": "  "})).await.expect(422);
        desk.end().await;
    }

    async fn b09_what_is_made_has_a_version_that_can_be_read_again(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "Hello").await;
        let place = desk.get("/v1/conversations").await.expect(200)["data"][0]["id"].clone();
        let notes = format!("/v1/conversations/{}/notes", place.as_str().unwrap());
        let mut all = named("Zoe");
        all.retain(|(path, ..)| *path != "/v1/contacts");
        let mut made: Vec<(&str, Answer)> = Vec::new();
        for (path, _, body) in all {
            made.push((path, desk.post(path, body).await));
        }
        made.push(("/v1/notes", desk.post(&notes, json!({"text": "Call"})).await));
        for (path, answer) in made {
            assert_eq!(answer.status, 201, "{path}");
            assert_eq!(answer.headers["etag"], "\"1\"", "{path}");
            let one = format!("{path}/{}", id(&answer.expect(201)));
            let read = desk.get(&one).await;
            assert_eq!(read.status, 200, "{one}");
            assert_eq!(read.headers["etag"], "\"1\"", "{one}");
        }
        let key = json!({"name": "crm", "role": "agent"});
        let key = desk.post("/v1/keys", key).await.expect(201);
        let found = desk.get(&format!("/v1/keys/{}", id(&key))).await.expect(200);
        assert_eq!((&found["name"], &found["key"]), (&json!("crm"), &Value::Null));
        desk.end().await;
    }

    async fn i15_teams_and_agents_are_made_once(db: Db) {
        let desk = Desk::on(&db).await;
        for (path, body, other) in [
            ("/v1/teams", json!({"name": "billing"}), json!({"name": "sales"})),
            ("/v1/agents", json!({"name": "eve", "role": "agent"}), json!({"name": "eva", "role": "agent"})),
        ] {
            let first = desk.post_as(path, path, &body).await;
            let again = desk.post_as(path, path, &body).await;
            assert_eq!((first.status, again.status), (201, 201), "{path}");
            assert_eq!((&first.text, &first.headers["etag"]), (&again.text, &again.headers["etag"]));
            let reused = desk.post_as(path, path, &other).await.expect(422);
            assert_eq!(reused["code"], "idempotency_key_reused");
        }
        let secret = json!({"name": "pat", "role": "agent", "email": "pat@example.com", "password": "mint otter lamp nine"});
        let refused = desk.post_as("/v1/agents", "secret", &secret).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], "/Idempotency-Key");
        desk.end().await;
    }
}
