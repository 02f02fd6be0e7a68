//! The ledger of opt-outs: what enters it, what it stops, and how it ends.

use serde_json::json;

use crate::both;
use crate::world::api::Api;
use crate::world::app::TestApp;
use crate::world::hooks::fresh_sid;
use crate::world::provider::FakeProvider;
use crate::world::setup::{FAST, Setup};

const CUSTOMER: &str = "+12025550107";

async fn text(app: &TestApp, gateway: &str, text: &str) {
    app.hooks
        .text_in(gateway, CUSTOMER, text, &fresh_sid())
        .await
        .expect(200);
}

both! {
    async fn t24_after_stop_exactly_one_message_leaves(db: Db) {
        let provider = FakeProvider::start().await;
        let more = format!("{FAST}\nstop_reply = \"No more texts from us.\"");
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), &more);
        let app = TestApp::start(&db, &setup).await;
        text(&app, "long", "Stop!").await;
        let handed = provider.handed(1).await;
        assert_eq!((handed[0].to.as_str(), handed[0].text.as_str()), (CUSTOMER, "No more texts from us."));
        text(&app, "long", "STOP").await;
        let offer = json!({"gateway": "long", "to": CUSTOMER, "text": "an offer"});
        let refused = app.api.post("/v1/messages", &offer).await.expect(422);
        assert_eq!(refused["code"], "opted_out");
        let outbound = app.api.list("/v1/messages?direction=outbound").await;
        assert_eq!(outbound.len(), 1, "a second STOP is not confirmed");
        let ledger = app.api.list("/v1/opt-outs").await;
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger[0]["began"]["words"], "Stop!");
        assert_eq!(ledger[0]["began"]["origin"], "keyword");
        assert_eq!(ledger[0]["sender"], "+12025550100");
        app.end().await;
    }

    async fn t24_start_restores_and_the_ledger_remembers(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        text(&app, "long", "stop").await;
        text(&app, "long", "START").await;
        app.api.send("long", CUSTOMER, "welcome back").await;
        provider.handed(1).await;
        let ledger = app.api.list("/v1/opt-outs?active=false").await;
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger[0]["ended"]["words"], "START");
        text(&app, "long", "stop").await;
        let recipient = "/v1/opt-outs?recipient=(202)%20555-0107&sender=%2B12025550100";
        assert_eq!(app.api.list(recipient).await.len(), 2);
        assert_eq!(app.api.list(&format!("{recipient}&active=true")).await.len(), 1);
        assert_eq!(app.api.list("/v1/opt-outs?since=2099-01-01T00:00:00Z").await.len(), 0);
        let csv = app.api.get("/v1/opt-outs/export").await;
        assert_eq!(csv.status, 200, "{}", csv.text);
        assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);
        assert!(csv.headers["content-type"].starts_with("text/csv"));
        let key = json!({"name": "till", "role": "agent"});
        let made = app.api.post("/v1/keys", &key).await.expect(201);
        let till = Api::new(&app.api.base, made["key"].as_str().unwrap());
        till.get("/v1/opt-outs").await.expect(200);
        till.get("/v1/opt-outs/export").await.expect(403);
        app.end().await;
    }

    async fn t24_stop_reaches_one_sender_or_all_as_configured(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        text(&app, "long", "stop").await;
        let other = json!({"gateway": "short", "to": CUSTOMER, "text": "from another"});
        app.api.post("/v1/messages", &other).await.expect(202);
        let all = Setup::usual(&db, &provider.url()).with("[opt_out]\nscope = \"all\"");
        let app = app.restart(&all).await;
        text(&app, "long", "stop").await;
        let refused = app.api.post("/v1/messages", &other).await.expect(422);
        assert_eq!(refused["code"], "opted_out");
        text(&app, "long", "start").await;
        for gateway in ["short", "long"] {
            app.api.send(gateway, CUSTOMER, "again").await;
        }
        app.end().await;
    }

    async fn t24_other_wording_is_flagged_and_ended_with_one_click(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        text(&app, "long", "Please don't text me again").await;
        app.api.send("long", CUSTOMER, "it is for a person to judge").await;
        let message = app.api.list("/v1/messages?direction=inbound").await.remove(0);
        assert_eq!(message["possible_opt_out"], true);
        let feed = app.api.feed().await;
        let flagged = feed.iter().find(|event| event["type"] == "contact.possible_opt_out");
        assert_eq!(flagged.unwrap()["data"]["message"], message["id"]);
        let click = json!({"message": message["id"]});
        let entry = app.api.post("/v1/opt-outs", &click).await.expect(201);
        assert_eq!(entry["recipient"], CUSTOMER);
        assert_eq!(entry["sender"], "+12025550100");
        assert_eq!(entry["began"]["words"], "Please don't text me again");
        assert_eq!(app.api.post("/v1/opt-outs", &click).await.expect(201)["id"], entry["id"]);
        let conversation = app.api.list("/v1/conversations").await.remove(0);
        assert_eq!(conversation["contact"]["addresses"][0]["opted_out"][0]["id"], entry["id"]);
        let offer = json!({"gateway": "long", "to": CUSTOMER, "text": "an offer"});
        app.api.post("/v1/messages", &offer).await.expect(422);
        let path = format!("/v1/opt-outs/{}", entry["id"].as_str().unwrap());
        let delete = |path: String| {
            let request = app.api.request(reqwest::Method::DELETE, &path);
            async move { request.send().await.unwrap().status().as_u16() }
        };
        assert_eq!(delete(path.clone()).await, 422, "it needs a reason");
        assert_eq!(delete(format!("{path}?reason=asked%20on%20the%20phone")).await, 204);
        assert_eq!(delete(format!("{path}?reason=again")).await, 409);
        app.api.post("/v1/messages", &offer).await.expect(202);
        let ended = app.api.get(&path).await.expect(200);
        assert_eq!(ended["ended"]["words"], "asked on the phone");
        assert_eq!(ended["ended"]["by"]["name"], "tests");
        app.end().await;
    }

    async fn t24_an_agent_enters_opt_outs_of_either_channel(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let mail = json!({"to": "Ann@Example.com", "reason": "asked in the shop"});
        let entry = app.api.post("/v1/opt-outs", &mail).await.expect(201);
        assert_eq!(entry["recipient"], "ann@example.com");
        assert!(entry["sender"].is_null());
        let wrong = json!({"to": "+12025550107", "message": "msg_01kbhm0v4we7gtqz6dm1x1m8p2", "x": 1});
        let refused = app.api.post("/v1/opt-outs", &wrong).await.expect(422);
        assert_eq!(refused["errors"].as_array().unwrap().len(), 2, "{refused}");
        app.api.post("/v1/opt-outs", &json!({})).await.expect(422);
        let nobody = json!({"message": "msg_01kbhm0v4we7gtqz6dm1x1m8p2"});
        app.api.post("/v1/opt-outs", &nobody).await.expect(422);
        let elsewhere = json!({"to": "+12025550107", "gateway": "none"});
        app.api.post("/v1/opt-outs", &elsewhere).await.expect(422);
        app.api.get("/v1/opt-outs/opt_01kbhm0v4we7gtqz6dm1x1m8p2").await.expect(404);
        app.end().await;
    }

    async fn t24_help_is_answered_where_configured(db: Db) {
        let provider = FakeProvider::start().await;
        let more = format!("{FAST}\nhelp_reply = \"Example: call +1 202 555 0100.\"");
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), &more);
        let app = TestApp::start(&db, &setup).await;
        text(&app, "long", "help").await;
        assert_eq!(provider.handed(1).await[0].text, "Example: call +1 202 555 0100.");
        text(&app, "long", "stop").await;
        text(&app, "long", "help").await;
        let outbound = app.api.list("/v1/messages?direction=outbound").await;
        assert_eq!(outbound.len(), 1, "who opted out is not even helped");
        app.end().await;
    }
}
