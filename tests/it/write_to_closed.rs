//! Whether there may be written where the conversation is archived or its issue closed.

use serde_json::{Value, json};

use crate::both;
use crate::world::api::Answer;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::hooks::fresh_sid;
use crate::world::provider::FakeProvider;
use crate::world::setup::Setup;

const ANN: &str = "+12025550107";

/// An installation where Ann has written, with the conversation and the issue of it.
async fn heard(db: &Db, inbox: &str) -> (TestApp, FakeProvider, String, String) {
    let provider = FakeProvider::start().await;
    let setup = Setup::usual(db, &provider.url()).with(inbox);
    let app = TestApp::start(db, &setup).await;
    let heard = app.hooks.text_in("long", ANN, "Hello", &fresh_sid()).await;
    heard.expect(200);
    let message = app.api.list("/v1/messages").await.remove(0);
    let id = |key: &str| message[key].as_str().unwrap().to_owned();
    let paths = (
        format!("/v1/conversations/{}", id("conversation")),
        format!("/v1/issues/{}", id("issue")),
    );
    (app, provider, paths.0, paths.1)
}

fn answer() -> Value {
    json!({"to": ANN, "text": "We are open until six."})
}

async fn act(app: &TestApp, path: &str, action: &str) {
    let done = app.api.post(&format!("{path}/{action}"), &json!({})).await;
    done.expect(200);
}

/// What stands in the way of writing to Ann: of doing so, and of asking what would become of it.
async fn blocked(app: &TestApp, code: &str) -> String {
    let problem = app.api.post("/v1/messages", &answer()).await.expect(409);
    assert_eq!(problem["code"], "conflict", "{problem}");
    assert_eq!(problem["errors"][0]["pointer"], "/to", "{problem}");
    let mut dry = answer();
    dry["dry_run"] = json!(true);
    let run = app.api.post("/v1/messages", &dry).await;
    let blocks = run.expect(200)["blocked_by"].clone();
    assert_eq!(blocks.as_array().unwrap().len(), 1, "{blocks}");
    assert_eq!(blocks[0]["code"], code, "{blocks}");
    assert_eq!(blocks[0]["detail"], problem["detail"], "{blocks}");
    problem["detail"].as_str().unwrap().to_owned()
}

both! {
    async fn r050_r096_nobody_writes_where_the_issue_is_closed_if_so_configured(db: Db) {
        let (app, provider, _, issue) = heard(&db, "[inbox]\nwrite_to_closed = false\n").await;
        app.api.post("/v1/messages", &answer()).await.expect(202);
        provider.handed(1).await;
        act(&app, &issue, "close").await;
        let why = blocked(&app, "issue_closed").await;
        let number = app.api.get(&issue).await.expect(200)["number"].to_string();
        assert!(why.contains(&format!("issue {number} is closed")), "{why}");
        act(&app, &issue, "reopen").await;
        app.api.post("/v1/messages", &answer()).await.expect(202);
        assert_eq!(provider.handed(2).await.len(), 2, "nothing that was refused left");
        app.end().await;
    }

    async fn r050_r096_nobody_writes_where_the_conversation_is_archived_if_so_configured(db: Db) {
        let (app, _provider, conversation, _) = heard(&db, "[inbox]\nwrite_to_closed = false\n").await;
        act(&app, &conversation, "archive").await;
        let why = blocked(&app, "archived").await;
        assert!(why.contains("unarchive it first"), "{why}");
        act(&app, &conversation, "unarchive").await;
        app.api.post("/v1/messages", &answer()).await.expect(202);
        act(&app, &conversation, "archive").await;
        app.hooks.text_in("long", ANN, "And on Sunday?", &fresh_sid()).await.expect(200);
        app.api.post("/v1/messages", &answer()).await.expect(202);
        app.end().await;
    }

    async fn r050_all_that_is_wrong_is_told_and_what_was_accepted_stays_so(db: Db) {
        let (app, _provider, conversation, issue) = heard(&db, "[inbox]\nwrite_to_closed = false\n").await;
        let once = || {
            let request = app.api.request(reqwest::Method::POST, "/v1/messages").json(&answer());
            Answer::of(request.header("idempotency-key", "one"))
        };
        let first = once().await.unwrap();
        act(&app, &issue, "close").await;
        assert_eq!(once().await.unwrap().text, first.text, "a repetition gets the first answer");
        let mut two = answer();
        two["text"] = json!("word ".repeat(1000));
        let problem = app.api.post("/v1/messages", &two).await.expect(422);
        let pointers = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]);
        assert_eq!(pointers.collect::<Vec<_>>(), ["/to", "/text"], "{problem}");
        // Somebody new is nobody's closed issue, and a deleted conversation begins anew.
        let stranger = json!({"to": "+12025550199", "text": "Your parcel is here."});
        app.api.post("/v1/messages", &stranger).await.expect(202);
        let gone = Answer::of(app.api.request(reqwest::Method::DELETE, &conversation)).await;
        assert_eq!(gone.unwrap().status, 204);
        app.api.post("/v1/messages", &answer()).await.expect(202);
        app.end().await;
    }

    async fn r050_anybody_writes_anywhere_otherwise_and_it_comes_back_without_an_issue(db: Db) {
        let (app, _provider, conversation, issue) = heard(&db, "").await;
        act(&app, &issue, "close").await;
        act(&app, &conversation, "archive").await;
        app.api.post("/v1/messages", &answer()).await.expect(202);
        let back = app.api.get(&conversation).await.expect(200);
        assert_eq!(back["archived"], false, "{back}");
        assert_eq!(app.api.list("/v1/issues").await.len(), 1);
        app.end().await;
    }
}
