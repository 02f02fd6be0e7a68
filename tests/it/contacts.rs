//! Contacts: found by any written form, changed, merged and parted, erased for ever.

mod import;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::both;
use crate::mailbox::filed;
use crate::world::app::TestApp;
use crate::world::dovecot::{Dovecot, QUICK, mail};
use crate::world::hooks::fresh_sid;
use crate::world::setup::Setup;
use crate::world::{PATIENCE, lies_in, within};

const PHONE: &str = "+12025550107";
const OTHER: &str = "+12025550108";

async fn text(app: &TestApp, from: &str, text: &str) {
    let sid = fresh_sid();
    app.hooks
        .text_in("long", from, text, &sid)
        .await
        .expect(200);
}

async fn patch(app: &TestApp, path: &str, tag: Option<&str>, body: &Value) -> (u16, Value) {
    let mut request = app.api.request(reqwest::Method::PATCH, path).json(body);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    let answer = request.send().await.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or_default(),
    )
}

fn path(contact: &Value) -> String {
    format!("/v1/contacts/{}", contact["id"].as_str().unwrap())
}

async fn contact_of(app: &TestApp, number: &str) -> Value {
    let q: String = form_urlencoded::byte_serialize(number.as_bytes()).collect();
    app.api.list(&format!("/v1/contacts?q={q}")).await.remove(0)
}

both! {
    async fn r088_a_contact_is_found_by_any_written_form(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let ann = json!({"name": "Ann Example", "addresses": ["(202) 555-0107", "Ann@Example.com"], "language": "en-US", "fields": {"number": "1042"}});
        let made = app.api.post_once("/v1/contacts", "k", &ann).await.expect(201);
        assert_eq!(app.api.post_once("/v1/contacts", "k", &ann).await.expect(201)["id"], made["id"]);
        app.api.post("/v1/contacts", &json!({"name": "Bob", "addresses": [OTHER]})).await.expect(201);
        for q in ["202-555-0107", "+1 202 555 0107", "2025550107", "550107", "0107", "ann@EXAMPLE.com", "ann@", "nn exa", "Example"] {
            let found = contact_of(&app, q).await;
            assert_eq!(found["id"], made["id"], "{q}");
        }
        for q in ["nobody", "%", "_", "+12025550199", "\\"] {
            let q: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
            assert_eq!(app.api.list(&format!("/v1/contacts?q={q}")).await.len(), 0, "{q}");
        }
        assert_eq!(app.api.list("/v1/contacts").await.len(), 2);
        let taken = json!({"addresses": ["+1 202 555 0107"]});
        let refused = app.api.post("/v1/contacts", &taken).await.expect(409);
        assert_eq!(refused["contact"], made["id"]);
        let wrong = json!({"addresses": ["12", "x@"], "language": "english!", "x": 1});
        let refused = app.api.post("/v1/contacts", &wrong).await.expect(422);
        assert!(refused["errors"].as_array().unwrap().len() >= 2, "{refused}");
        app.end().await;
    }

    async fn r108_a_contact_is_changed_and_no_change_is_lost(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        text(&app, PHONE, "Hello").await;
        let contact = contact_of(&app, PHONE).await;
        let here = path(&contact);
        let tag = app.api.get(&here).await.headers["etag"].clone();
        let change = json!({"name": "Ann", "fields": {"a": "1", "b": "2"}, "addresses": [PHONE, "ann@example.com"]});
        let (status, changed) = patch(&app, &here, Some(&tag), &change).await;
        assert_eq!((status, &changed["name"]), (200, &json!("Ann")), "{changed}");
        assert_eq!(patch(&app, &here, Some(&tag), &json!({"name": "Eve"})).await.0, 412);
        let (_, changed) = patch(&app, &here, None, &json!({"fields": {"a": null}, "language": null})).await;
        assert_eq!(changed["fields"], json!({"b": "2"}));
        assert_eq!(changed["addresses"].as_array().unwrap().len(), 2);
        assert_eq!(patch(&app, &here, None, &json!({"addresses": []})).await.0, 422);
        let conversation = app.api.list("/v1/conversations").await.remove(0);
        assert_eq!(conversation["contact"]["name"], "Ann");
        let feed = app.api.feed().await;
        assert_eq!(feed.iter().filter(|event| event["type"] == "contact.changed").count(), 2);
        app.end().await;
    }

    async fn a_contact_made_by_hand_is_the_one_who_writes(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let made = app.api.post("/v1/contacts", &json!({"name": "Ann", "addresses": [PHONE, OTHER]})).await.expect(201);
        let posts = [PHONE, OTHER, PHONE].map(|from| text(&app, from, "Hello"));
        join_all(posts).await;
        let conversations = app.api.list("/v1/conversations").await;
        assert_eq!(conversations.len(), 1);
        assert_eq!(conversations[0]["contact"]["id"], made["id"]);
        let third = app.api.post("/v1/contacts", &json!({"addresses": ["+12025550109"]})).await.expect(201);
        let sent = app.api.send("long", "+12025550109", "an answer").await;
        provider.handed(1).await;
        let found = app.api.get(&path(&third)).await.expect(200);
        assert_eq!(found["conversation"], sent["conversation"]);
        app.end().await;
    }

    async fn two_contacts_become_one_and_are_parted_again(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        text(&app, PHONE, "First of one").await;
        text(&app, OTHER, "First of the other").await;
        let (one, other) = (contact_of(&app, PHONE).await, contact_of(&app, OTHER).await);
        patch(&app, &path(&other), None, &json!({"name": "Ann"})).await;
        let merge = json!({"other": other["id"]});
        let survivor = app.api.post(&format!("{}/merge", path(&one)), &merge).await.expect(200);
        assert_eq!((&survivor["id"], &survivor["name"]), (&one["id"], &json!("Ann")));
        app.api.get(&path(&other)).await.expect(404);
        let conversations = app.api.list("/v1/conversations").await;
        assert_eq!(conversations.len(), 1);
        assert_eq!(conversations[0]["unread"], 2);
        let messages = app.api.list("/v1/messages").await;
        assert!(messages.iter().all(|message| message["conversation"] == one["conversation"]));
        let issues = app.api.list("/v1/issues").await;
        let open: Vec<_> = issues.iter().filter(|issue| issue["state"] != "closed").collect();
        assert_eq!(open.len(), 1, "at most one is open (I09)");
        assert!(messages.iter().all(|message| message["issue"] == open[0]["id"]));
        for number in [PHONE, OTHER] {
            let sent = app.api.send("long", number, "to either").await;
            assert_eq!(sent["conversation"], one["conversation"]);
        }
        provider.handed(2).await;
        text(&app, OTHER, "After the merge").await;
        let restored = app.api.post(&format!("{}/unmerge", path(&one)), &json!({})).await.expect(200);
        assert_eq!((&restored["id"], &restored["name"]), (&other["id"], &json!("Ann")));
        assert_eq!(restored["conversation"], other["conversation"]);
        let messages = app.api.list("/v1/messages").await;
        let with = |conversation: &Value| messages.iter().filter(|m| m["conversation"] == *conversation).count();
        assert_eq!((with(&one["conversation"]), with(&other["conversation"])), (4, 1), "what came after stays");
        let issues = app.api.list("/v1/issues?state=unassigned").await;
        assert_eq!(issues.len(), 2, "{issues:?}");
        assert!(app.api.get(&path(&one)).await.expect(200)["name"].is_null());
        text(&app, OTHER, "To the old place again").await;
        let newest = app.api.list("/v1/messages").await.remove(0);
        assert_eq!(newest["conversation"], other["conversation"]);
        app.api.post(&format!("{}/unmerge", path(&one)), &json!({})).await.expect(409);
        app.api.post(&format!("{}/merge", path(&one)), &json!({"other": one["id"]})).await.expect(422);
        app.end().await;
    }

    async fn r015_merging_while_messages_come_in_loses_nothing(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        text(&app, PHONE, "one").await;
        text(&app, OTHER, "other").await;
        let (one, other) = (contact_of(&app, PHONE).await, contact_of(&app, OTHER).await);
        let writing = async {
            for round in 0..20 {
                let each = [PHONE, OTHER].map(|from| async move { (from, format!("{from} {round}")) });
                for (from, words) in join_all(each).await {
                    text(&app, from, &words).await;
                }
            }
        };
        let merging = async {
            for _ in 0..5 {
                let merge = json!({"other": other["id"]});
                app.api.post(&format!("{}/merge", path(&one)), &merge).await.expect(200);
                app.api.post(&format!("{}/unmerge", path(&one)), &json!({})).await.expect(200);
            }
            let merge = json!({"other": other["id"]});
            app.api.post(&format!("{}/merge", path(&one)), &merge).await.expect(200);
        };
        futures_util::join!(writing, merging);
        let messages = app.api.list("/v1/messages").await;
        assert_eq!(messages.len(), 42);
        assert!(messages.iter().all(|message| message["conversation"] == one["conversation"]));
        assert_eq!(app.api.list("/v1/conversations?view=all").await.len(), 1);
        let issues = app.api.list("/v1/issues").await;
        let open: Vec<_> = issues.iter().filter(|issue| issue["state"] != "closed").collect();
        assert_eq!(open.len(), 1);
        assert!(messages.iter().all(|message| issues.iter().any(|issue| issue["id"] == message["issue"])));
        app.end().await;
    }

    async fn t34_an_erased_contact_leaves_no_trace(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let sid = fresh_sid();
        app.hooks.text_in("long", PHONE, "my secret word", &sid).await.expect(200);
        text(&app, OTHER, "somebody else").await;
        app.api.send("long", PHONE, "an answer to the secret").await;
        text(&app, PHONE, "stop").await;
        let contact = contact_of(&app, PHONE).await;
        let here = path(&contact);
        patch(&app, &here, None, &json!({"name": "Ann Secret"})).await;
        let dossier = app.api.get(&format!("{here}/export")).await.expect(200);
        assert_eq!(dossier["messages"].as_array().unwrap().len(), 3);
        assert_eq!(dossier["contact"]["name"], "Ann Secret");
        assert_eq!(dossier["opt_outs"].as_array().unwrap().len(), 1);
        let search = "/v1/search?q=secret";
        // Three messages and the conversation: a name is found in all that its person wrote.
        within(PATIENCE, "the index", async || (app.api.list(search).await.len() == 4).then_some(())).await;
        app.api.post(&format!("{here}/hold"), &json!({"reason": "case 7"})).await.expect(200);
        let held = app.api.post(&format!("{here}/erase"), &json!({})).await.expect(409);
        assert!(held["detail"].as_str().unwrap().contains("case 7"), "{held}");
        app.api.post(&format!("{here}/release"), &json!({})).await.expect(200);
        assert_eq!(app.api.post(&format!("{here}/erase"), &json!({})).await.status, 204);
        app.api.get(&here).await.expect(404);
        // The provider repeats its callback, and nothing comes back.
        app.hooks.text_in("long", PHONE, "my secret word", &sid).await.expect(200);
        for list in ["/v1/messages", "/v1/conversations?view=all", "/v1/issues", "/v1/contacts", "/v1/opt-outs", search] {
            let all = serde_json::to_string(&app.api.list(list).await).unwrap();
            for trace in ["secret", "Ann Secret", PHONE] {
                assert!(!all.contains(trace), "{list} has {trace}: {all}");
            }
        }
        let feed = app.api.feed().await;
        assert!(feed.iter().any(|event| event["type"] == "contact.erased" && event["data"]["contact"] == contact["id"]));
        let all = serde_json::to_string(&feed).unwrap();
        assert!(!all.contains("secret") && !all.contains(PHONE), "{all}");
        assert_eq!(app.api.list("/v1/messages").await.len(), 1, "others are kept");
        // The opt-out outlives them.
        let offer = json!({"gateway": "long", "to": PHONE, "text": "an offer"});
        let refused = app.api.post("/v1/messages", &offer).await.expect(422);
        assert_eq!(refused["code"], "opted_out");
        app.end().await;
    }

    async fn t34_an_erased_contact_does_not_come_back_with_the_mailbox(db: Db) {
        let server = Dovecot::start();
        let gateway = server.gateway(&format!("{QUICK}\nfirst_run = \"all\""));
        let app = TestApp::start(&db, &Setup::bare(&db).with(&gateway)).await;
        let mut client = server.client().await;
        client.append("INBOX", &mail("Kim <kim@customers.test>", "one", "my secret word")).await;
        client.append("INBOX", &mail("Lee <lee@customers.test>", "two", "hello")).await;
        filed(&app, &["one", "two"]).await;
        assert!(lies_in(&db.folder().join("blobs"), b"my secret word"));
        let kim = contact_of(&app, "kim@customers.test").await;
        assert_eq!(app.api.post(&format!("{}/erase", path(&kim)), &json!({})).await.status, 204);
        tokio::task::block_in_place(|| server.number_anew());
        let mut client = server.client().await;
        client.append("INBOX", &mail("Lee <lee@customers.test>", "three", "after")).await;
        filed(&app, &["two", "three"]).await;
        let all = serde_json::to_string(&app.api.list("/v1/contacts").await).unwrap();
        assert!(!all.contains("kim@"), "{all}");
        // What was fetched again is thrown away once that is committed.
        let gone = async || (!lies_in(&db.folder().join("blobs"), b"my secret word")).then_some(());
        within(PATIENCE, "no file to have it either", gone).await;
        app.end().await;
    }

    async fn duplicates_are_suggested(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for (name, address) in [("Ann Example", "ann@example.com"), ("ann example", PHONE), ("Bob", "b.o.b+x@gmail.com"), ("Robert", "bob@googlemail.com"), ("Eve", "eve@example.com"), ("E", "eve+shop@example.com"), ("Solo", OTHER)] {
            let new = json!({"name": name, "addresses": [address]});
            app.api.post("/v1/contacts", &new).await.expect(201);
        }
        let found = app.api.get("/v1/contacts/duplicates").await.expect(200);
        let found = found["data"].as_array().unwrap();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|one| one["contacts"].as_array().unwrap().len() == 2));
        app.end().await;
    }
}
