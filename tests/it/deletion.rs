//! Deleting: what is deleted is hidden at once, for all that looks at it, and comes back if need be.

use postern::domain::agent::Role;
use serde_json::{Value, json};

use crate::both;
use crate::world::api::{Answer, Api};
use crate::world::app::TestApp;
use crate::world::hooks::fresh_sid;
use crate::world::provider::{FakeProvider, Reply};
use crate::world::setup::Setup;
use crate::world::{PATIENCE, within};

const ANN: &str = "+12025550107";
const BEN: &str = "+12025550108";

/// A client with a key of that role.
async fn client(app: &TestApp, name: &str, role: Role) -> Api {
    let key = app.engine().create_key(name, role, None).await.unwrap();
    Api::new(&app.api.base, &key.secret)
}

async fn delete(api: &Api, path: &str) -> Answer {
    let request = api.request(reqwest::Method::DELETE, path);
    Answer::of(request).await.expect("the daemon answers")
}

fn path(message: &Value) -> String {
    format!("/v1/messages/{}", message["id"].as_str().unwrap())
}

/// Lets a customer text in; the message that it became.
async fn text(app: &TestApp, from: &str, text: &str) -> Value {
    app.hooks
        .text_in("long", from, text, &fresh_sid())
        .await
        .expect(200);
    app.api.list("/v1/messages").await.remove(0)
}

async fn conversation_of(app: &TestApp, message: &Value) -> Value {
    let id = message["conversation"].as_str().unwrap();
    app.api
        .get(&format!("/v1/conversations/{id}"))
        .await
        .expect(200)
}

/// How many the search finds, once it does.
async fn found(app: &TestApp, word: &str, count: usize) {
    let search = format!("/v1/search?q={word}");
    let wait = async || (app.api.list(&search).await.len() == count).then_some(());
    within(PATIENCE, &format!("{count} of {word}"), wait).await;
}

/// That the counts are those that a recount finds.
async fn recounted(app: &TestApp) {
    let counts = app.api.get("/v1/conversations/counts").await.expect(200);
    for view in [
        "inbox",
        "mine",
        "unassigned",
        "snoozed",
        "done",
        "archived",
        "failed",
        "all",
    ] {
        let listed = app
            .api
            .list(&format!("/v1/conversations?view={view}"))
            .await;
        let unread = listed
            .iter()
            .filter(|one| one["unread"].as_i64() > Some(0))
            .count();
        let counted = &counts["views"][view];
        assert_eq!(
            (&counted["total"], &counted["unread"]),
            (&json!(listed.len()), &json!(unread)),
            "{view}"
        );
    }
}

both! {
    async fn r022_a_deleted_message_is_nowhere_and_comes_back(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let first = text(&app, ANN, "the harmless words").await;
        let second = text(&app, ANN, "my secret word").await;
        found(&app, "secret", 1).await;
        assert_eq!(delete(&app.api, &path(&second)).await.status, 204);
        let place = conversation_of(&app, &second).await;
        assert_eq!((&place["unread"], &place["last_message"]), (&json!(1), &first["id"]));
        recounted(&app).await;
        let timeline = format!("/v1/conversations/{}/timeline", place["id"].as_str().unwrap());
        for list in ["/v1/messages", "/v1/conversations?view=all", "/v1/search?q=secret", "/v1/events", &timeline] {
            let all = serde_json::to_string(&app.api.list(list).await).unwrap();
            assert!(!all.contains("secret"), "{list}: {all}");
        }
        let contact = place["contact"]["id"].as_str().unwrap();
        let dossier = app.api.get(&format!("/v1/contacts/{contact}/export")).await.expect(200);
        assert_eq!(dossier["messages"].as_array().unwrap().len(), 1);
        let told = app.api.feed().await;
        let told = told.iter().find(|event| event["type"] == "message.deleted").unwrap();
        assert_eq!(told["data"]["message"], second["id"]);
        assert_eq!(delete(&app.api, &path(&second)).await.status, 404);
        let audited = app.api.list("/v1/audit?action=message.deleted").await;
        assert_eq!((audited.len(), &audited[0]["target"]), (1, &second["id"]));
        // Those who may read the audit still see it, and bring it back.
        let kept = app.api.list("/v1/messages?deleted=true").await;
        assert_eq!((kept.len(), &kept[0]["text"]), (1, &json!("my secret word")));
        assert!(kept[0]["deleted"]["at"].is_string(), "{kept:?}");
        let back = app.api.post(&(path(&second) + "/restore"), &json!({})).await.expect(200);
        assert_eq!((&back["text"], &back["deleted"]), (&json!("my secret word"), &Value::Null));
        let place = conversation_of(&app, &second).await;
        assert_eq!((&place["unread"], &place["last_message"]), (&json!(2), &second["id"]));
        found(&app, "secret", 1).await;
        recounted(&app).await;
        app.api.post(&(path(&second) + "/restore"), &json!({})).await.expect(200);
        app.end().await;
    }

    async fn r022_an_agent_deletes_own_messages_and_no_others(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let (bob, eve) = (client(&app, "bob", Role::Agent).await, client(&app, "eve", Role::Agent).await);
        let observer = client(&app, "olga", Role::Observer).await;
        let heard = text(&app, ANN, "a question").await;
        let said = bob.send("long", ANN, "an answer").await;
        app.api.message_becomes(&said["id"], "sent").await;
        assert_eq!(delete(&bob, &path(&heard)).await.status, 403);
        assert_eq!(delete(&eve, &path(&said)).await.status, 403);
        assert_eq!(delete(&observer, &path(&said)).await.status, 403);
        assert_eq!(delete(&bob, &path(&said)).await.status, 204);
        bob.get(&path(&said)).await.expect(404);
        bob.get("/v1/messages?deleted=true").await.expect(403);
        bob.post(&(path(&said) + "/restore"), &json!({})).await.expect(403);
        assert_eq!(app.api.get(&path(&said)).await.expect(200)["deleted"]["by"]["name"], "bob");
        for order in ["retry", "cancel"] {
            app.api.post(&format!("{}/{order}", path(&said)), &json!({})).await.expect(404);
        }
        app.end().await;
    }

    async fn r022_what_is_not_sent_yet_is_withdrawn_first(db: Db) {
        // Nobody answers there.
        let app = TestApp::start(&db, &Setup::usual(&db, "http://127.0.0.1:9")).await;
        let said = app.api.send("long", ANN, "an offer").await;
        let refused = delete(&app.api, &path(&said)).await.expect(409);
        assert!(refused["detail"].as_str().unwrap().contains("withdraw"), "{refused}");
        app.end().await;
    }

    async fn r022_a_later_report_is_taken_and_a_repeated_callback_brings_nothing_back(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let reference = fresh_sid();
        app.hooks.text_in("long", ANN, "once", &reference).await.expect(200);
        let heard = app.api.list("/v1/messages").await.remove(0);
        assert_eq!(delete(&app.api, &path(&heard)).await.status, 204);
        app.hooks.text_in("long", ANN, "once", &reference).await.expect(200);
        assert_eq!(app.api.list("/v1/messages").await.len(), 0);
        let said = app.api.send("long", BEN, "an answer").await;
        let sent = app.api.message_becomes(&said["id"], "sent").await;
        assert_eq!(delete(&app.api, &path(&said)).await.status, 204);
        let reference = sent["provider_reference"].as_str().unwrap();
        app.hooks.report("long", reference, "undelivered", "30003").await;
        let failed = app.api.message_becomes(&said["id"], "failed").await;
        assert!(failed["deleted"].is_object(), "{failed}");
        let place = conversation_of(&app, &said).await;
        assert_eq!((&place["failed"], &place["preview"]), (&json!(false), &Value::Null));
        recounted(&app).await;
        app.end().await;
    }

    async fn r022_a_failed_message_that_is_deleted_is_no_trouble_any_more(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let refusal = json!({"code": 21211, "message": "not a number", "status": 400});
        provider.answers(move |_| Reply::status(400, &refusal));
        let mut said = Vec::new();
        for offer in ["one offer", "another"] {
            let one = app.api.send("long", ANN, offer).await;
            said.push(app.api.message_becomes(&one["id"], "failed").await);
        }
        assert_eq!(conversation_of(&app, &said[0]).await["failed"], true);
        for (one, trouble) in said.iter().zip([true, false]) {
            assert_eq!(delete(&app.api, &path(one)).await.status, 204);
            assert_eq!(conversation_of(&app, one).await["failed"], trouble);
            let failed = app.api.list("/v1/conversations?view=failed").await;
            assert_eq!(!failed.is_empty(), trouble);
            recounted(&app).await;
        }
        app.end().await;
    }

    async fn r022_an_issue_is_not_called_by_deleted_words(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let heard = text(&app, ANN, "my secret word").await;
        let title = async || app.api.list("/v1/issues").await.remove(0)["title"].clone();
        assert_eq!(title().await, "my secret word");
        assert_eq!(delete(&app.api, &path(&heard)).await.status, 204);
        assert_eq!(title().await, "(deleted)");
        found(&app, "secret", 0).await;
        app.api.post(&(path(&heard) + "/restore"), &json!({})).await.expect(200);
        assert_eq!(title().await, "my secret word");
        app.end().await;
    }

    async fn r048_a_deleted_conversation_is_gone_until_somebody_writes(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let heard = text(&app, ANN, "my secret word").await;
        let other = text(&app, BEN, "something else").await;
        let here = format!("/v1/conversations/{}", heard["conversation"].as_str().unwrap());
        let note = json!({"text": "a secret of ours"});
        app.api.post(&format!("{here}/notes"), &note).await.expect(201);
        let bob = client(&app, "bob", Role::Agent).await;
        let issue = heard["issue"].as_str().unwrap();
        bob.post(&format!("/v1/issues/{issue}/take"), &json!({})).await.expect(200);
        // The message, the note and the conversation, whose issue is called by the message.
        found(&app, "secret", 3).await;
        assert_eq!(delete(&bob, &here).await.status, 403);
        assert_eq!(delete(&app.api, &here).await.status, 204);
        assert_eq!(delete(&app.api, &here).await.status, 404);
        app.api.get(&here).await.expect(404);
        app.api.get(&format!("{here}/timeline")).await.expect(404);
        app.api.get(&format!("/v1/issues/{issue}")).await.expect(404);
        for list in ["/v1/messages", "/v1/conversations?view=all", "/v1/conversations?view=archived", "/v1/issues", "/v1/search?q=secret", "/v1/events"] {
            let all = serde_json::to_string(&app.api.list(list).await).unwrap();
            assert!(!all.contains("secret"), "{list}: {all}");
        }
        assert_eq!(app.api.list("/v1/conversations?view=all").await.len(), 1);
        recounted(&app).await;
        assert_eq!(app.api.list("/v1/audit?action=conversation.deleted").await.len(), 1);
        let again = text(&app, ANN, "here I am again").await;
        assert_eq!(again["conversation"], heard["conversation"]);
        assert_ne!(again["issue"], heard["issue"]);
        let place = app.api.get(&here).await.expect(200);
        assert_eq!((&place["unread"], &place["open_issue"]), (&json!(1), &again["issue"]));
        let timeline = app.api.list(&format!("{here}/timeline")).await;
        let said: Vec<_> = timeline.iter().filter(|entry| entry["type"] == "message").collect();
        assert_eq!((said.len(), &said[0]["message"]["id"]), (1, &again["id"]));
        let happened = |kind: &str| timeline.iter().filter(|entry| entry["event"]["type"] == kind).count();
        assert_eq!((happened("issue.created"), happened("issue.assigned"), happened("conversation.deleted")), (1, 0, 0));
        assert!(timeline.iter().all(|entry| entry["type"] != "note"));
        found(&app, "again", 2).await;
        found(&app, "secret", 0).await;
        recounted(&app).await;
        // What was deleted with it can be brought back one by one.
        app.api.post(&(path(&heard) + "/restore"), &json!({})).await.expect(200);
        assert_eq!(app.api.list(&format!("{here}/timeline?type=message")).await.len(), 2);
        assert_eq!(conversation_of(&app, &other).await["unread"], 1);
        recounted(&app).await;
        app.end().await;
    }

    async fn r048_a_conversation_with_something_unsent_is_not_deleted(db: Db) {
        // Nobody answers there.
        let app = TestApp::start(&db, &Setup::usual(&db, "http://127.0.0.1:9")).await;
        let said = app.api.send("long", ANN, "an offer").await;
        let here = format!("/v1/conversations/{}", said["conversation"].as_str().unwrap());
        let refused = delete(&app.api, &here).await.expect(409);
        assert!(refused["detail"].as_str().unwrap().contains("withdraw"), "{refused}");
        app.end().await;
    }

    async fn r049_many_conversations_are_deleted_at_once(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for n in 0..5 {
            text(&app, &format!("+1202555011{n}"), "hello").await;
        }
        let bob = client(&app, "bob", Role::Agent).await;
        let many = json!({"action": "delete", "filter": "view=inbox"});
        bob.post("/v1/conversations/bulk", &many).await.expect(403);
        let done = app.api.post("/v1/conversations/bulk", &many).await.expect(200);
        let done = done["data"].as_array().unwrap();
        assert!(done.len() == 5 && done.iter().all(|one| one["done"] == true), "{done:?}");
        assert_eq!(app.api.list("/v1/conversations?view=all").await.len(), 0);
        assert_eq!(app.api.list("/v1/messages").await.len(), 0);
        assert_eq!(app.api.list("/v1/messages?deleted=true").await.len(), 5);
        recounted(&app).await;
        app.end().await;
    }

    async fn r104_a_timeline_says_that_something_was_deleted_where_that_is_wished(db: Db) {
        let provider = FakeProvider::start().await;
        let setup = Setup::usual(&db, &provider.url()).with("[inbox]\ndeleted = \"marked\"\n");
        let app = TestApp::start(&db, &setup).await;
        let heard = text(&app, ANN, "my secret word").await;
        assert_eq!(delete(&app.api, &path(&heard)).await.status, 204);
        let observer = client(&app, "olga", Role::Observer).await;
        let timeline = format!("/v1/conversations/{}/timeline?type=message", heard["conversation"].as_str().unwrap());
        let entries = observer.list(&timeline).await;
        let shown = &entries[0]["message"];
        assert_eq!((&shown["id"], &shown["text"]), (&heard["id"], &json!("")));
        assert!(shown["deleted"]["at"].is_string() && shown["deleted"]["by"]["name"].is_string(), "{shown}");
        assert!(!serde_json::to_string(&entries).unwrap().contains("secret"));
        assert_eq!(observer.list("/v1/messages").await.len(), 0, "lists hold it not");
        app.end().await;
    }
}
