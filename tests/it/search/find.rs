//! What is found, on both databases alike.

use serde_json::{Value, json};

use crate::both;
use crate::world::api::{Answer, Api};
use crate::world::app::TestApp;
use crate::world::eventually;
use crate::world::hooks::fresh_sid;

const ANN: &str = "+12025550143";
const BOB: &str = "+12025550144";

/// Waits until everything that happened is in the index.
pub async fn indexed(app: &TestApp) {
    eventually("the index to be up to date", async || {
        (app.engine().index_lag().await.ok()? == 0).then_some(())
    })
    .await;
}

async fn text_in(app: &TestApp, from: &str, text: &str) {
    app.hooks
        .text_in("long", from, text, &fresh_sid())
        .await
        .expect(200);
}

fn path(query: &str, more: &str) -> String {
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    format!("/v1/search?q={query}{more}")
}

/// The snippets that a query finds, the newest first.
async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let page = app
        .api
        .get(&path(query, "&sort=time&in=messages"))
        .await
        .expect(200);
    let text = |hit: &Value| hit["snippet"]["text"].as_str().unwrap().to_owned();
    page["data"].as_array().unwrap().iter().map(text).collect()
}

both! {
    async fn r086_r087_words_phrases_and_fields_find_messages(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for text in ["Where is my refund?", "The gift card is NOT here", "Café déjà vu", "card for a gift"] {
            text_in(&app, ANN, text).await;
        }
        text_in(&app, BOB, "call me at (202) 555-0199 about the refund").await;
        app.api.send("long", BOB, "We will refund you: \"tomorrow\" 100% '; DROP--").await;
        indexed(&app).await;
        let all: &[(&str, &[&str])] = &[
            ("refund", &["We will", "call me", "Where is"]),
            ("REFUND -tomorrow", &["call me", "Where is"]),
            ("\"gift card\"", &["The gift"]),
            ("gift card", &["card for", "The gift"]),
            ("cafe OR tomorrow", &["We will", "Café"]),
            ("refun*", &["We will", "call me", "Where is"]),
            ("2025550199", &["call me"]),
            ("\"+1 202 555 0199\"", &["call me"]),
            ("202.555.0199", &["call me"]),
            ("refund from:\"(202) 555-0143\"", &["Where is"]),
            ("from:202-555-0144", &["call me"]),
            ("to:+12025550144", &["We will"]),
            ("refund -from:+12025550144", &["We will", "Where is"]),
            ("channel:sms gateway:long refund (my OR you)", &["We will", "Where is"]),
            ("channel:email", &[]),
            ("refund has:attachment", &[]),
            ("refund before:2020-01-01", &[]),
            ("refund after:2020-01-01 status:received", &["call me", "Where is"]),
            ("drop", &["We will"]),
            ("nothing", &[]),
        ];
        for (query, expected) in all {
            let found = found(&app, query).await;
            assert_eq!(found.len(), expected.len(), "{query}: {found:?}");
            for (one, start) in found.iter().zip(*expected) {
                assert!(one.starts_with(start), "{query}: {found:?}");
            }
        }
        app.end().await;
    }

    async fn r087_highlights_show_where_and_one_conversation_can_be_searched(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        text_in(&app, ANN, "Ärger: my refund, my REFÜND!").await;
        text_in(&app, BOB, "refund").await;
        indexed(&app).await;
        let page = app.api.get(&path("refund", "&in=messages")).await.expect(200);
        let hits = page["data"].as_array().unwrap();
        assert_eq!(hits.len(), 2);
        let ann = hits.iter().find(|hit| hit["about"]["from"] == ANN).unwrap();
        assert_eq!(ann["snippet"]["highlights"], json!([[10, 16], [21, 27]]));
        assert_eq!(ann["snippet"]["section"], "text");
        let within = format!("&in=messages&conversation={}", ann["conversation"].as_str().unwrap());
        let page = app.api.get(&path("refund", &within)).await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        assert_eq!(page["data"][0]["message"], ann["message"]);
        app.end().await;
    }

    async fn r088_a_conversation_is_found_by_number_and_by_how_it_is(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        text_in(&app, ANN, "Hello there").await;
        text_in(&app, BOB, "Good morning").await;
        indexed(&app).await;
        let conversations = async |query: &str| {
            let page = app.api.get(&path(query, "&in=conversations")).await.expect(200);
            page["data"].as_array().unwrap().iter().map(|hit| hit["conversation"].clone()).collect::<Vec<_>>()
        };
        let ann = conversations("2025550143").await;
        assert_eq!(ann.len(), 1);
        assert_eq!(conversations("hello").await, ann, "the title of its issue");
        assert_eq!(conversations("is:open").await.len(), 2);
        assert_eq!(conversations("is:unread -is:closed").await.len(), 2);
        assert_eq!(conversations("is:mine").await.len(), 0);
        let issues = app.api.list("/v1/issues").await;
        let of_ann = issues.iter().find(|issue| issue["conversation"] == ann[0]).unwrap();
        let take = format!("/v1/issues/{}/take", of_ann["id"].as_str().unwrap());
        app.api.post(&take, &json!({})).await.expect(200);
        indexed(&app).await;
        assert_eq!(conversations("is:mine").await, ann);
        assert_eq!(conversations("assignee:me").await, ann);
        assert_eq!(conversations("is:unassigned").await.len(), 1);
        assert_eq!(found(&app, "hello is:mine").await.len(), 1);
        assert_eq!(found(&app, "hello is:unassigned").await.len(), 0);
        assert_eq!(found(&app, "good -is:mine").await.len(), 1);
        app.end().await;
    }

    async fn r086_a_number_is_found_as_it_is_pasted(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        text_in(&app, "+12025550143", "hello").await;
        text_in(&app, "+12025550188", "call (202) 555-0143 please").await;
        text_in(&app, "+12025550199", "555 202 0143, other things").await;
        indexed(&app).await;
        for query in ["(202) 555-0143", "+1 202 555 0143", "202 555 0143", "please (202) 555-0143"] {
            let hits = found(&app, query).await;
            let theirs = hits.iter().any(|text| text == "+12025550143");
            assert_eq!(theirs, !query.starts_with("please"), "{query}: {hits:?}");
            assert!(hits.iter().any(|text| text.starts_with("call")), "{query}: {hits:?}");
        }
        let hits = found(&app, "555 0143").await;
        assert!(hits.iter().any(|text| text.starts_with("555")), "{hits:?}");
        app.end().await;
    }

    async fn r086_the_list_of_conversations_holds_those_in_which_something_is_found(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for nth in 0..7 {
            let from = format!("+1202555015{nth}");
            text_in(&app, &from, &format!("where is parcel {nth}?")).await;
            text_in(&app, &from, "a parcel is due").await;
        }
        indexed(&app).await;
        let list = async |query: &str| -> Vec<String> {
            let page = app.api.get(&format!("/v1/conversations?{query}")).await.expect(200);
            let number = |one: &Value| one["contact"]["addresses"][0]["value"].as_str().unwrap()[11..].to_owned();
            page["data"].as_array().unwrap().iter().map(number).collect()
        };
        assert_eq!(list("q=parcel").await, ["6", "5", "4", "3", "2", "1", "0"]);
        assert_eq!(list("q=%22parcel+3%22+OR+%22parcel+5%22").await, ["5", "3"]);
        assert_eq!(list("q=2025550154").await, ["4"]);
        assert_eq!(list("q=parcel&view=done").await, [""; 0]);
        // Each once, in pages of any size, whatever comes meanwhile.
        for limit in [1, 2, 3] {
            let mut seen: Vec<Value> = Vec::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/v1/conversations?q=parcel&limit={limit}{cursor}");
                let page = app.api.get(&path).await.expect(200);
                seen.extend(page["data"].as_array().unwrap().iter().map(|one| one["id"].clone()));
                text_in(&app, "+12025550150", "no parcel yet").await;
                indexed(&app).await;
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            let count = seen.len();
            seen.sort_by_key(ToString::to_string);
            seen.dedup();
            assert_eq!((seen.len(), count), (7, 7), "in pages of {limit}");
        }
        // What is only about how they stand keeps the order of the list.
        let issue = app.api.list("/v1/issues").await.pop().unwrap();
        app.api.post(&format!("/v1/issues/{}/take", issue["id"].as_str().unwrap()), &json!({})).await.expect(200);
        let mine = list("q=is:mine").await;
        assert_eq!(mine.len(), 1);
        let others = list("q=is:unassigned").await;
        assert_eq!(others.len(), 6);
        assert!(!others.contains(&mine[0]));
        assert_eq!(list("q=is:mine+OR+is:unassigned&limit=1").await, ["0"], "who wrote last");
        assert_eq!(list("q=tag:none").await, [""; 0]);
        let wrong = app.api.get("/v1/conversations?q=form:ann").await.expect(422);
        assert_eq!((&wrong["errors"][0]["pointer"], &wrong["query"]["nearest"]), (&json!("/q"), &json!("from")));
        app.end().await;
    }

    async fn r087_what_has_no_words_comes_the_newest_first_to_the_last(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for text in ["one", "two", "three"] {
            text_in(&app, ANN, text).await;
            indexed(&app).await;
        }
        // Of what fits alike, a conversation would come first by rank.
        let (mut kinds, mut more) = (Vec::new(), String::new());
        loop {
            let page = app.api.get(&path("after:2020-01-01", &format!("&limit=1{more}"))).await.expect(200);
            kinds.extend(page["data"].as_array().unwrap().iter().map(|hit| hit["kind"].clone()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            more = format!("&cursor={cursor}");
        }
        assert_eq!(kinds, ["message", "message", "message", "conversation"]);
        app.end().await;
    }

    async fn r087_a_tag_is_found_by_its_new_name_and_a_note_until_it_is_deleted(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        text_in(&app, ANN, "Hello there").await;
        let conversation = app.api.list("/v1/conversations").await.pop().unwrap();
        let conversation = format!("/v1/conversations/{}", conversation["id"].as_str().unwrap());
        let tag = app.api.post("/v1/tags", &json!({"name": "billing"})).await.expect(201);
        let put = app.api.request(reqwest::Method::PUT, &format!("{conversation}/tags/billing"));
        Answer::of(put).await.unwrap().expect(200);
        let note = app.api.post(&format!("{conversation}/notes"), &json!({"text": "she is a zebra"})).await.expect(201);
        indexed(&app).await;
        let count = async |path: String| app.api.get(&path).await.expect(200)["data"].as_array().unwrap().len();
        assert_eq!(count(path("tag:billing", "&in=conversations")).await, 1);
        assert_eq!(count(path("zebra", "&in=notes")).await, 1);
        assert_eq!(count("/v1/conversations?q=zebra".to_owned()).await, 1);
        let renamed = app.api.request(reqwest::Method::PATCH, &format!("/v1/tags/{}", tag["id"].as_str().unwrap()));
        Answer::of(renamed.json(&json!({"name": "Accounts"}))).await.unwrap().expect(200);
        let gone = app.api.request(reqwest::Method::DELETE, &format!("/v1/notes/{}", note["id"].as_str().unwrap()));
        Answer::of(gone).await.unwrap().expect(204);
        eventually("the new name", async || {
            (count(path("tag:accounts", "&in=conversations")).await == 1).then_some(())
        }).await;
        assert_eq!(count(path("tag:billing", "&in=conversations")).await, 0);
        assert_eq!(count("/v1/conversations?q=tag:accounts".to_owned()).await, 1);
        assert_eq!(count(path("zebra", "&in=notes")).await, 0);
        app.end().await;
    }

    async fn t13_nothing_is_found_in_a_conversation_that_is_private_to_others(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let agent = async |name: &str| {
            let made = app.api.post("/v1/agents", &json!({"name": name, "role": "agent"})).await.expect(201);
            let body = json!({"name": name, "role": "agent", "agent": made["id"]});
            let key = app.api.post("/v1/keys", &body).await.expect(201);
            (made, Api::new(&app.api.base, key["key"].as_str().unwrap()))
        };
        let ((insider, inside), (_, outside)) = (agent("insider").await, agent("outsider").await);
        let team = app.api.post("/v1/teams", &json!({"name": "inside", "members": [insider["id"]]})).await.expect(201);
        text_in(&app, ANN, "a secret parcel").await;
        let private = app.api.list("/v1/conversations").await.remove(0);
        let conversation = format!("/v1/conversations/{}", private["id"].as_str().unwrap());
        app.api.post(&format!("{conversation}/notes"), &json!({"text": "a secret parcel"})).await.expect(201);
        app.api.post(&format!("{conversation}/restrict"), &json!({"team": team["id"]})).await.expect(200);
        text_in(&app, BOB, "an open parcel").await;
        indexed(&app).await;
        let within = format!("&conversation={}", private["id"].as_str().unwrap());
        let paths = [
            (path("parcel", ""), 1), (path("parcel", "&sort=time"), 1), (path("parcel", &within), 0),
            (path("secret", ""), 0), (path("-open", ""), 0), (path("from:+12025550143", ""), 0),
            (path("is:open", ""), 1), ("/v1/conversations?q=parcel".to_owned(), 1),
            ("/v1/conversations?q=is:unread".to_owned(), 1), ("/v1/conversations?q=secret".to_owned(), 0),
        ];
        for (path, seen) in paths {
            let count = async |api: &Api| {
                let page = api.get(&path).await.expect(200);
                let of_private = page.to_string().contains(private["id"].as_str().unwrap());
                (page["data"].as_array().unwrap().len(), of_private)
            };
            assert!(count(&inside).await.1, "{path}");
            let (outside, leaks) = count(&outside).await;
            assert!(!leaks && (seen == 0 || outside >= 1), "{path}");
        }
        app.end().await;
    }

    async fn b04_pages_of_a_search_are_stable_while_messages_come(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for nth in 0..25 {
            text_in(&app, ANN, &format!("parcel {nth}")).await;
        }
        indexed(&app).await;
        for sort in ["time", "rank"] {
            let mut seen: Vec<Value> = Vec::new();
            let mut cursor = String::new();
            loop {
                let more = format!("&in=messages&sort={sort}&limit=10{cursor}");
                let page = app.api.get(&path("parcel", &more)).await.expect(200);
                seen.extend(page["data"].as_array().unwrap().iter().map(|hit| hit["message"].clone()));
                text_in(&app, BOB, "one more parcel").await;
                indexed(&app).await;
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            let mut once = seen.clone();
            once.sort_by_key(ToString::to_string);
            once.dedup();
            assert_eq!((once.len(), seen.len()), (seen.len(), seen.len().max(25)), "{sort}");
        }
        app.end().await;
    }

    async fn b09_a_wrong_query_is_a_422_that_points_at_the_place(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let answer = app.api.get(&path("hello form:ann", "")).await.expect(422);
        assert_eq!(answer["errors"][0]["pointer"], "/q");
        assert_eq!(answer["query"]["at"], 6);
        assert_eq!(answer["query"]["length"], 4);
        assert_eq!(answer["query"]["nearest"], "from");
        for bad in ["/v1/search", "/v1/search?q=a&sort=best", "/v1/search?q=a&cursor=x", "/v1/search?q=a&in=x"] {
            app.api.get(bad).await.expect(422);
        }
        for odd in ["\u{0}", "a\u{0}b", "'", "%", "a' OR 1=1 --", "\\", "NEAR(a b)", "{words}: a", "a:*", "^a"] {
            let answer = app.api.get(&path(odd, "")).await;
            assert!([200, 422].contains(&answer.status), "{odd:?}: {}", answer.text);
        }
        app.end().await;
    }

    async fn the_index_survives_a_restart_and_catches_up(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        text_in(&app, ANN, "before the stop").await;
        let app = app.restart(&crate::world::setup::Setup::usual(&db, &provider.url())).await;
        text_in(&app, ANN, "after the stop").await;
        indexed(&app).await;
        assert_eq!(found(&app, "stop").await.len(), 2);
        app.end().await;
    }
}
