//! Quick replies: kept, found by their shortcuts, filled in for a conversation.

use serde_json::{Value, json};

use crate::both;
use crate::world::api::Api;
use crate::world::app::TestApp;
use crate::world::hooks::fresh_sid;

async fn send(api: &Api, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let answer = api.request(method, path).json(body).send().await.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or_default(),
    )
}

fn path(reply: &Value) -> String {
    format!("/v1/quick-replies/{}", reply["id"].as_str().unwrap())
}

both! {
    async fn r070_a_quick_reply_is_filled_in_for_a_conversation(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        app.hooks.text_in("long", "+12025550107", "Where is it?", &fresh_sid()).await.expect(200);
        let conversation = app.api.list("/v1/conversations").await.remove(0);
        let number = app.api.list("/v1/issues").await[0]["number"].clone();
        let new = json!({
            "title": "Parcel", "shortcut": "parcel",
            "text": "Hi {{contact.name | default(\"there\")}}, it's {{agent.name}} on issue {{issue.number}}"
        });
        let made = app.api.post_once("/v1/quick-replies", "k", &new).await.expect(201);
        assert_eq!(app.api.post_once("/v1/quick-replies", "k", &new).await.expect(201)["id"], made["id"]);
        let render = format!("{}/render", path(&made));
        let place = json!({"conversation": conversation["id"]});
        let filled = app.api.post(&render, &place).await.expect(200);
        assert_eq!(filled["text"], format!("Hi there, it's tests on issue {number}"));
        assert_eq!(filled["segmentation"]["segments"], 1);
        let strict = json!({"text": "{{contact.name}}, {{contact.fields.plan}}"});
        assert_eq!(send(&app.api, "PATCH", &path(&made), &strict).await.0, 200);
        let (status, refused) = send(&app.api, "POST", &render, &place).await;
        assert_eq!(status, 422, "{refused}");
        assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("contact.name"), "{refused}");
        let contact = format!("/v1/contacts/{}", conversation["contact"]["id"].as_str().unwrap());
        let known = json!({"name": "Ann {{issue.number}}", "fields": {"plan": "basic"}});
        assert_eq!(send(&app.api, "PATCH", &contact, &known).await.0, 200);
        let filled = app.api.post(&render, &place).await.expect(200);
        assert_eq!(filled["text"], "Ann {{issue.number}}, basic", "what is filled in is not read again");
        let elsewhere = json!({"conversation": "cnv_01kbhm0v4we7gtqz6dm1x1m8p2"});
        app.api.post(&render, &elsewhere).await.expect(422);
        app.end().await;
    }

    async fn r070_quick_replies_are_ones_own_or_everybodys(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let key = json!({"name": "till", "role": "agent"});
        let key = app.api.post("/v1/keys", &key).await.expect(201);
        let till = Api::new(&app.api.base, key["key"].as_str().unwrap());
        let new = |shortcut: &str, shared: bool| json!({"title": "Hours", "shortcut": shortcut, "text": "9 to 5", "shared": shared});
        let shared = app.api.post("/v1/quick-replies", &new("hours", true)).await.expect(201);
        assert_eq!(app.api.post("/v1/quick-replies", &new("hours", true)).await.expect(409)["quick_reply"], shared["id"]);
        app.api.post("/v1/quick-replies", &new("hours", false)).await.expect(201);
        till.post("/v1/quick-replies", &new("mine", true)).await.expect(403);
        assert_eq!(send(&till, "PATCH", &path(&shared), &json!({"title": "x"})).await.0, 403);
        assert_eq!(send(&till, "DELETE", &path(&shared), &json!(null)).await.0, 403);
        till.get(&path(&shared)).await.expect(200);
        for wrong in [
            json!({"title": "x", "text": "{{contact.password}}"}),
            json!({"title": "x", "text": "{{contact.name"}),
            json!({"title": "", "text": "x"}),
            json!({"title": "x", "text": "x", "shortcut": "Two Words"}),
        ] {
            app.api.post("/v1/quick-replies", &wrong).await.expect(422);
        }
        let tag = app.api.get(&path(&shared)).await.headers["etag"].clone();
        assert_eq!(send(&app.api, "PATCH", &path(&shared), &json!({"shortcut": null})).await.0, 200);
        let stale = app.api.request(reqwest::Method::PATCH, &path(&shared)).header("if-match", tag);
        assert_eq!(stale.json(&json!({"title": "y"})).send().await.unwrap().status(), 412);
        assert_eq!(app.api.list("/v1/quick-replies").await.len(), 2);
        assert_eq!(send(&app.api, "DELETE", &path(&shared), &json!(null)).await.0, 204);
        app.api.get(&path(&shared)).await.expect(404);
        app.end().await;
    }
}
