//! Pictures by text: fetched from the provider, and handed to it by links.

use std::time::Duration;

use postern::domain::attachment::Attachment;
use postern::domain::clock::Clock;
use serde_json::{Value, json};

use crate::attachments::upload;
use crate::both;
use crate::world::api::{Answer, Api};
use crate::world::app::TestApp;
use crate::world::daemon::Daemon;
use crate::world::db::Db;
use crate::world::hooks::{Hooks, fresh_sid, twilio_text};
use crate::world::provider::{FakeProvider, Handed, Reply};
use crate::world::setup::{ACCOUNT_SID, FAST, Setup};
use crate::world::{eventually, within};

const CUSTOMER: &str = "+12025550107";
const PICTURE: &str = "GIF89a and so on";

fn picture() -> Reply {
    let kind = ("content-type".to_owned(), "image/gif".to_owned());
    Reply::Answer(200, vec![kind], PICTURE.to_owned())
}

fn refused(status: u16) -> Reply {
    Reply::Answer(status, Vec::new(), String::new())
}

/// Answers requests for files by their place among those for the same file; takes texts.
fn serve(provider: &FakeProvider, mut answer: impl FnMut(&str, usize) -> Reply + Send + 'static) {
    let mut asked = std::collections::HashMap::new();
    provider.answers(move |handed: &Handed| {
        if handed.request.method != "GET" {
            return Reply::Taken;
        }
        let times = asked.entry(handed.request.target.clone()).or_insert(0);
        *times += 1;
        answer(&handed.request.target, *times)
    });
}

/// A message with files by way of Twilio.
async fn mms(hooks: &Hooks, urls: &[String]) {
    let sid = fresh_sid();
    let mut params = twilio_text(CUSTOMER, "Look", &sid);
    let count = urls.len().to_string();
    params.retain(|(name, _)| *name != "NumMedia");
    params.push(("NumMedia", &count));
    let names = ["MediaUrl0", "MediaUrl1", "MediaUrl2"];
    let kinds = [
        "MediaContentType0",
        "MediaContentType1",
        "MediaContentType2",
    ];
    for ((name, kind), url) in names.iter().zip(kinds).zip(urls) {
        params.push((name, url));
        params.push((kind, "image/gif"));
    }
    hooks.twilio("long", &params).await.expect(200);
}

async fn only_message(api: &Api) -> Value {
    let mut messages = api.list("/v1/messages").await;
    assert_eq!(messages.len(), 1);
    messages.remove(0)
}

/// Waits until no file is pending, and gives back the files.
async fn settled(api: &Api) -> Vec<Value> {
    let message = within(Duration::from_mins(1), "the files to come", async || {
        let message = only_message(api).await;
        let files = message["attachments"].as_array().unwrap();
        files
            .iter()
            .all(|file| file["state"] != "pending")
            .then_some(message)
    });
    message.await["attachments"].as_array().unwrap().clone()
}

both! {
    async fn t10_no_more_is_fetched_for_a_conversation_than_the_quota_of_a_day(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        serve(&provider, |_, _| picture());
        let url = |n: u32| format!("{}/Media/ME{n}", provider.url());
        mms(&app.hooks, &[url(1)]).await;
        assert_eq!(settled(&app.api).await[0]["state"], "stored");
        db.execute("UPDATE attachment SET size = 249999980").await;
        mms(&app.hooks, &[url(2), url(3)]).await;
        let files = within(Duration::from_mins(1), "both files to be settled", async || {
            let newest = app.api.list("/v1/messages").await.remove(0);
            let files = newest["attachments"].as_array().unwrap().clone();
            files.iter().all(|file| file["state"] != "pending").then_some(files)
        }).await;
        // One picture still fits, the other does not, whichever came first.
        let states: std::collections::BTreeSet<_> = files.iter().map(|file| file["state"].as_str().unwrap()).collect();
        assert_eq!(states.into_iter().collect::<Vec<_>>(), ["failed", "stored"], "{files:?}");
        let failed = files.iter().find(|file| file["state"] == "failed").unwrap();
        assert!(failed["reason"].as_str().unwrap().contains("within a day"), "{failed}");
        app.end().await;
    }

    async fn i01_a_picture_comes_at_last_and_is_told_of(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        serve(&provider, |_, times| if times == 1 { refused(404) } else { picture() });
        mms(&app.hooks, &[format!("{}/Media/ME1", provider.url())]).await;
        let message = only_message(&app.api).await;
        assert_eq!(message["text"], "Look");
        let file = &message["attachments"][0];
        assert_ne!(file["state"], "failed", "{message}");
        let path = format!("/v1/attachments/{}", file["id"].as_str().unwrap());
        if file["state"] == "pending" {
            app.api.get(&path).await.expect(409);
        }
        let files = settled(&app.api).await;
        assert_eq!(files[0]["state"], "stored", "{files:?}");
        assert_eq!(files[0]["content_type"], "image/gif");
        assert_eq!(files[0]["size"], PICTURE.len());
        assert_eq!(files[0]["name"], "file.gif");
        assert_eq!(app.api.get(&path).await.text, PICTURE);
        let feed = app.api.feed().await;
        assert_eq!(feed.iter().filter(|event| event["type"] == "message.changed").count(), 1);
        let asked = provider.ledger();
        assert_eq!(asked.len(), 2);
        let known = asked[0].request.header("authorization").unwrap();
        let encoded = base64_of(&format!("{ACCOUNT_SID}:{}", crate::world::setup::AUTH_TOKEN));
        assert_eq!(known, format!("Basic {encoded}"));
        app.end().await;
    }

    async fn t03_t36_files_that_lead_astray_are_given_up(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let elsewhere = FakeProvider::start().await;
        let target = elsewhere.url();
        serve(&provider, move |path, _| match path {
            "/large" => Reply::Answer(200, Vec::new(), "x".repeat(20_000_001)),
            _ => Reply::Answer(302, vec![("location".to_owned(), target.clone())], String::new()),
        });
        let urls = [format!("{}/large", provider.url()), format!("{}/astray", provider.url()), elsewhere.url()];
        mms(&app.hooks, &urls).await;
        let files = settled(&app.api).await;
        assert_eq!(files.len(), 3);
        for file in &files {
            assert_eq!(file["state"], "failed", "{file}");
            assert!(file["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{file}");
        }
        assert!(elsewhere.ledger().is_empty(), "somebody else was called");
        app.api.get(&format!("/v1/attachments/{}", files[0]["id"].as_str().unwrap())).await.expect(409);
        app.end().await;
    }

    async fn i01_a_kill_between_store_and_fetch_loses_no_picture(db: Db) {
        let provider = FakeProvider::start().await;
        let mut daemon = Daemon::start(&db, Setup::usual(&db, &provider.url())).await;
        serve(&provider, |_, _| Reply::Hang);
        mms(&daemon.hooks, &[format!("{}/Media/ME1", provider.url())]).await;
        eventually("the fetch to begin", async || (!provider.ledger().is_empty()).then_some(())).await;
        daemon.kill().await;
        serve(&provider, |_, _| picture());
        daemon.start_again().await;
        let files = settled(&daemon.api).await;
        assert_eq!(files[0]["state"], "stored");
        assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
    }

    async fn a_picture_leaves_by_a_link_that_the_provider_can_fetch(db: Db) {
        let provider = FakeProvider::start().await;
        let with_mms = format!("{FAST}\nmms = true");
        let setup = Setup::bare(&db)
            .twilio("long", "+12025550100", &provider.url(), &with_mms)
            .twilio("plain", "+12025550199", &provider.url(), FAST);
        let app = TestApp::start(&db, &setup).await;
        let file = upload(&app.api, &[("cat.gif", "image/gif", PICTURE.as_bytes())]).await.expect(201);
        let body = json!({"gateway": "long", "to": CUSTOMER, "attachments": [file["id"]]});
        let mut try_out = body.clone();
        try_out["dry_run"] = json!(true);
        assert_eq!(app.api.post("/v1/messages", &try_out).await.expect(200)["blocked_by"], json!([]));
        let message = app.api.post_once("/v1/messages", "one", &body).await.expect(202);
        assert_eq!(message["attachments"], json!([file]));
        assert_eq!(app.api.post_once("/v1/messages", "one", &body).await.expect(202), message);
        app.api.message_becomes(&message["id"], "sent").await;
        let handed = provider.handed(1).await.remove(0);
        let fields: Vec<(String, String)> = form_urlencoded::parse(&handed.request.body).into_owned().collect();
        let links: Vec<&String> = fields.iter().filter(|(name, _)| name == "MediaUrl").map(|(_, url)| url).collect();
        assert_eq!(links.len(), 1, "{fields:?}");
        assert!(!fields.iter().any(|(name, _)| name == "Body"), "{fields:?}");
        let path = links[0].strip_prefix("https://postern.test").unwrap();
        let fetched = Answer::of(app.api.http.get(format!("{}{path}", app.api.base))).await.unwrap();
        assert_eq!((fetched.status, fetched.text.as_str()), (200, PICTURE));
        assert_eq!(fetched.headers["content-type"], "image/gif");
        for (refused, field) in [
            (json!({"gateway": "plain", "to": CUSTOMER, "text": "Look", "attachments": [file["id"]]}), "/attachments"),
            (json!({"gateway": "long", "to": CUSTOMER, "attachments": ["att_00000000000000000000000000"]}), "/attachments"),
            (json!({"gateway": "long", "to": CUSTOMER, "attachments": ["cat.gif"]}), "/attachments"),
            (json!({"gateway": "long", "to": CUSTOMER, "attachments": []}), "/text"),
        ] {
            let problem = app.api.post("/v1/messages", &refused).await.expect(422);
            assert_eq!(problem["errors"][0]["pointer"], field, "{problem}");
        }
        let large = vec![b'x'; 5_000_001];
        let large = upload(&app.api, &[("large", "image/gif", &large)]).await.expect(201);
        let refused = json!({"gateway": "long", "to": CUSTOMER, "attachments": [large["id"]]});
        app.api.post("/v1/messages", &refused).await.expect(422);
        app.end().await;
    }

    async fn a_mail_takes_its_files_along(db: Db) {
        let (app, sink) = crate::mail_out::with_mail(&db).await;
        let pdf = ("Rechnung M\u{e4}rz.pdf", "application/pdf", b"%PDF-1.7 bytes".as_slice());
        let text = ("notes.txt", "text/plain", b"see you".as_slice());
        let files = upload(&app.api, &[pdf, text]).await.expect(201);
        let ids: Vec<&Value> = files["data"].as_array().unwrap().iter().map(|file| &file["id"]).collect();
        let mut mail = crate::mail_out::mail_to(crate::mail_out::CUSTOMER, "Please find both.");
        mail["attachments"] = json!(ids);
        let message = app.api.post("/v1/messages", &mail).await.expect(202);
        assert_eq!(message["attachments"], files["data"]);
        app.api.message_becomes(&message["id"], "sent").await;
        let letter = sink.took(1).await.remove(0);
        let content = letter.content();
        let parsed = mail_parser::MessageParser::default().parse(&content).unwrap();
        let got: Vec<(String, Vec<u8>)> = parsed
            .attachments()
            .map(|part| {
                use mail_parser::MimeHeaders as _;
                (part.attachment_name().unwrap().to_owned(), part.contents().to_vec())
            })
            .collect();
        let expected = [(pdf.0.to_owned(), pdf.2.to_vec()), (text.0.to_owned(), text.2.to_vec())];
        assert_eq!(got, expected);
        // What was sent may be sent again, to somebody else.
        mail["to"] = json!("ben@example.com");
        let again = app.api.post("/v1/messages", &mail).await.expect(202);
        app.api.message_becomes(&again["id"], "sent").await;
        app.end().await;
    }

    async fn t06_a_link_is_good_for_one_file_and_two_days(db: Db) {
        let clock = Clock::fixed(crate::profiles::wire::now());
        let app = TestApp::start_at(&db, &Setup::bare(&db), clock.clone()).await;
        let one = upload(&app.api, &[("a b.txt", "text/plain", b"hello")]).await.expect(201);
        let id = one["id"].as_str().unwrap().parse().unwrap();
        let file = app.engine().read().attachment(id).await.unwrap().unwrap();
        let link = app.engine().media_link(&file.enclosed());
        let path = link.strip_prefix("https://postern.test").unwrap();
        assert!(path.starts_with("/media/") && path.ends_with("/a%20b.txt"), "{path}");
        let get = async |path: &str| {
            Answer::of(app.api.http.get(format!("{}{path}", app.api.base))).await.unwrap()
        };
        let answer = get(path).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "hello"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        let token = path.split('/').nth(2).unwrap();
        for place in [0, 10, 22, 30, token.len() - 2] {
            let mut changed = token.to_owned().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(get(&format!("/media/{changed}/a.txt")).await.status, 404, "{place}");
        }
        assert_eq!(get("/media//a.txt").await.status, 404);
        assert_eq!(get("/media/AAAA/a.txt").await.status, 404);
        clock.advance(Duration::from_hours(47));
        assert_eq!(get(path).await.status, 200);
        clock.advance(Duration::from_hours(2));
        assert_eq!(get(path).await.status, 404);
        app.end().await;
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// What is tried for a day and then given up is told by the rows alone, without waiting.
#[tokio::test]
async fn f30_a_file_is_tried_for_a_day() {
    let db = Db::sqlite();
    let clock = Clock::fixed(crate::profiles::wire::now());
    let provider = FakeProvider::start().await;
    serve(&provider, |_, _| refused(500));
    let setup = Setup::usual(&db, &provider.url());
    let app = TestApp::start_at(&db, &setup, clock.clone()).await;
    mms(&app.hooks, &[format!("{}/Media/ME1", provider.url())]).await;
    let asked = async |count: usize| {
        eventually("another try", async || {
            // Minute by minute: the wait begins when a try is recorded, after its server saw it.
            clock.advance(Duration::from_mins(1));
            (provider.ledger().len() >= count).then_some(())
        })
        .await;
    };
    for tries in 1..5 {
        asked(tries).await;
    }
    assert_eq!(
        only_message(&app.api).await["attachments"][0]["state"],
        "pending"
    );
    clock.advance(Duration::from_hours(24));
    let files = settled(&app.api).await;
    assert_eq!(files[0]["state"], "failed");
    assert_eq!(files[0]["reason"], "its server answers 500");
    app.end().await;
}

#[test]
fn a_pending_file_has_a_name_that_fits() {
    let now = crate::profiles::wire::now();
    let file = Attachment::new("", "video/mp4; codecs=x", now);
    assert_eq!(
        (file.name.as_str(), file.content_type.as_str()),
        ("file.mp4", "video/mp4")
    );
}
