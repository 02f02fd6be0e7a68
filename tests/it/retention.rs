//! Retention: what is over its time is removed and does not come back; what is needed is kept.

use std::time::Duration;

use postern::domain::clock::Clock;
use postern::engine::{Earnest, Removed};
use serde_json::{Value, json};

use crate::attachments::upload;
use crate::both;
use crate::mailbox::filed;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::dovecot::{Dovecot, QUICK, mail};
use crate::world::hooks::fresh_sid;
use crate::world::provider::FakeProvider;
use crate::world::setup::{FAST, Setup};
use crate::world::{eventually, lies_in};

const ANN: &str = "+12025550107";
const BEN: &str = "+12025550108";

/// A daemon whose clock the test turns, and with these periods.
async fn start(db: &Db, periods: &str) -> (TestApp, FakeProvider, Clock) {
    let provider = FakeProvider::start().await;
    let clock = Clock::fixed(Clock::System.now());
    let setup = Setup::usual(db, &provider.url()).with(periods);
    (
        TestApp::start_at(db, &setup, clock.clone()).await,
        provider,
        clock,
    )
}

async fn run(app: &TestApp, earnest: Earnest) -> Removed {
    app.engine().retain(earnest, &|| true).await.unwrap()
}

/// How much of each kind, in plain words.
fn plain(removed: &Removed) -> Vec<(String, &'static str, u64)> {
    let one = |((gateway, kept), count): (&(_, postern::domain::retention::Kept), &u64)| {
        let gateway: &postern::domain::gateway::GatewayName = gateway;
        (gateway.to_string(), kept.as_str(), *count)
    };
    removed.iter().map(one).collect()
}

/// Lets a customer text in; the message that it became.
async fn text(app: &TestApp, from: &str, text: &str, sid: &str) -> Value {
    app.hooks.text_in("long", from, text, sid).await.expect(200);
    app.api.list("/v1/messages").await.remove(0)
}

async fn close(app: &TestApp, message: &Value) {
    let place = message["conversation"].as_str().unwrap();
    let done = format!("/v1/conversations/{place}/complete");
    app.api.post(&done, &json!({})).await.expect(200);
}

fn days(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}

async fn recounted(app: &TestApp) {
    let counts = app.api.get("/v1/conversations/counts").await.expect(200);
    for view in ["inbox", "unassigned", "done", "failed", "all"] {
        let listed = app
            .api
            .list(&format!("/v1/conversations?view={view}"))
            .await;
        assert_eq!(
            counts["views"][view]["total"],
            json!(listed.len()),
            "{view}"
        );
    }
}

both! {
    async fn t34_what_is_over_its_time_goes_and_does_not_come_back(db: Db) {
        let (app, _provider, clock) = start(&db, "[retention]\nmessages = \"30 days\"\n").await;
        let sid = fresh_sid();
        let old = text(&app, ANN, "my secret word", &sid).await;
        close(&app, &old).await;
        clock.advance(days(31));
        let young = text(&app, BEN, "something else", &fresh_sid()).await;
        close(&app, &young).await;
        let told = run(&app, Earnest::Rehearsal).await;
        assert_eq!(plain(&told), [("long".to_owned(), "messages", 1)]);
        assert_eq!(app.api.list("/v1/messages").await.len(), 2, "a rehearsal removes nothing");
        assert_eq!(run(&app, Earnest::Real).await, told);
        assert!(run(&app, Earnest::Real).await.is_empty());
        let left = app.api.list("/v1/messages").await;
        assert_eq!((left.len(), &left[0]["id"]), (1, &young["id"]));
        for list in ["/v1/issues", "/v1/conversations?view=all", "/v1/events", "/v1/messages?deleted=true"] {
            let all = serde_json::to_string(&app.api.list(list).await).unwrap();
            assert!(!all.contains("secret"), "{list}: {all}");
        }
        recounted(&app).await;
        let feed = app.api.feed().await;
        let told: Vec<_> = feed.iter().filter(|event| event["type"] == "retention.removed").collect();
        assert_eq!((told.len(), &told[0]["data"]["removed"]["long"]["messages"]), (1, &json!(1)));
        // The provider repeats its callback.
        app.hooks.text_in("long", ANN, "my secret word", &sid).await.expect(200);
        assert_eq!(app.api.list("/v1/messages").await.len(), 1);
        let again = text(&app, ANN, "here I am again", &fresh_sid()).await;
        assert_ne!(again["issue"], old["issue"]);
        recounted(&app).await;
        app.end().await;
    }

    async fn t34_a_hold_and_an_open_issue_keep_what_is_old(db: Db) {
        let (app, _provider, clock) = start(&db, "[retention]\nmessages = \"30d\"\nraw = \"1d\"\n").await;
        let held = text(&app, ANN, "evidence", &fresh_sid()).await;
        close(&app, &held).await;
        let contact = app.api.get(&format!("/v1/conversations/{}", held["conversation"].as_str().unwrap())).await.expect(200);
        let contact = format!("/v1/contacts/{}", contact["contact"]["id"].as_str().unwrap());
        app.api.post(&format!("{contact}/hold"), &json!({"reason": "case 7"})).await.expect(200);
        let open = text(&app, BEN, "a long story", &fresh_sid()).await;
        clock.advance(days(31));
        assert!(run(&app, Earnest::Real).await.is_empty());
        assert_eq!(app.api.list("/v1/messages").await.len(), 2);
        app.api.post(&format!("{contact}/release"), &json!({})).await.expect(200);
        close(&app, &open).await;
        assert_eq!(plain(&run(&app, Earnest::Real).await), [("long".to_owned(), "messages", 2)]);
        assert_eq!(app.api.list("/v1/messages").await.len(), 0);
        assert_eq!(app.api.list("/v1/conversations?view=all").await.len(), 0);
        recounted(&app).await;
        app.end().await;
    }

    async fn t34_deleted_messages_and_raw_requests_have_periods_of_their_own(db: Db) {
        let (app, _provider, clock) = start(&db, "[retention]\ndeleted = \"10d\"\nraw = \"20d\"\n").await;
        let heard = text(&app, ANN, "first", &fresh_sid()).await;
        let second = text(&app, ANN, "second", &fresh_sid()).await;
        close(&app, &heard).await;
        let path = format!("/v1/messages/{}", heard["id"].as_str().unwrap());
        let gone = app.api.request(reqwest::Method::DELETE, &path).send().await.unwrap();
        assert_eq!(gone.status(), 204);
        clock.advance(days(9));
        assert!(run(&app, Earnest::Real).await.is_empty());
        clock.advance(days(2));
        assert_eq!(plain(&run(&app, Earnest::Real).await), [("long".to_owned(), "deleted", 1)]);
        assert_eq!(app.api.list("/v1/messages?deleted=true").await.len(), 0);
        app.api.post(&format!("{path}/restore"), &json!({})).await.expect(404);
        clock.advance(days(10));
        assert_eq!(plain(&run(&app, Earnest::Real).await), [("long".to_owned(), "raw", 1)]);
        let left = app.api.list("/v1/messages").await;
        assert_eq!((left.len(), &left[0]["id"]), (1, &second["id"]));
        app.end().await;
    }

    async fn t34_another_gateway_has_a_shorter_period(db: Db) {
        let provider = FakeProvider::start().await;
        let clock = Clock::fixed(Clock::System.now());
        let setup = Setup::usual(&db, &provider.url())
            .and("[gateway.retention]\nmessages = \"5d\"\n")
            .with("[retention]\nmessages = \"30d\"\n");
        let app = TestApp::start_at(&db, &setup, clock.clone()).await;
        for (gateway, to) in [("long", ANN), ("short", BEN)] {
            let said = app.api.send(gateway, to, "an offer").await;
            app.api.message_becomes(&said["id"], "sent").await;
        }
        clock.advance(days(6));
        assert_eq!(plain(&run(&app, Earnest::Real).await), [("short".to_owned(), "messages", 1)]);
        clock.advance(days(30));
        assert_eq!(plain(&run(&app, Earnest::Real).await), [("long".to_owned(), "messages", 1)]);
        app.end().await;
    }

    async fn t34_files_have_a_period_of_their_own_and_leave_their_names(db: Db) {
        let provider = FakeProvider::start().await;
        let clock = Clock::fixed(Clock::System.now());
        let with_mms = format!("{FAST}\nmms = true");
        let setup = Setup::bare(&db)
            .with("[retention]\nattachments = \"30d\"\n")
            .twilio("long", "+12025550100", &provider.url(), &with_mms);
        let app = TestApp::start_at(&db, &setup, clock.clone()).await;
        let send = async |to: &str, bytes: &[u8]| {
            let file = upload(&app.api, &[("cat.gif", "image/gif", bytes)]).await.expect(201);
            let body = json!({"gateway": "long", "to": to, "attachments": [file["id"]]});
            let message = app.api.post("/v1/messages", &body).await.expect(202);
            app.api.message_becomes(&message["id"], "sent").await;
            message
        };
        let old = send(ANN, b"GIF89a an old cat").await;
        send(BEN, b"GIF89a evidence").await;
        let ben = app.api.get(&format!("/v1/contacts?q={BEN}").replace('+', "%2B")).await.expect(200);
        let hold = format!("/v1/contacts/{}/hold", ben["data"][0]["id"].as_str().unwrap());
        app.api.post(&hold, &json!({"reason": "case 7"})).await.expect(200);
        clock.advance(days(31));
        send(ANN, b"GIF89a a young cat").await;
        let blobs = db.folder().join("blobs");
        let told = run(&app, Earnest::Rehearsal).await;
        assert_eq!(plain(&told), [("long".to_owned(), "attachments", 1)]);
        assert!(lies_in(&blobs, b"an old cat"), "a rehearsal removes nothing");
        assert_eq!(run(&app, Earnest::Real).await, told);
        assert!(run(&app, Earnest::Real).await.is_empty());
        let left = [&b"an old cat"[..], b"evidence", b"a young cat"].map(|bytes| lies_in(&blobs, bytes));
        assert_eq!(left, [false, true, true]);
        let path = format!("/v1/messages/{}", old["id"].as_str().unwrap());
        let file = app.api.get(&path).await.expect(200)["attachments"][0].clone();
        assert_eq!((&file["name"], &file["state"]), (&json!("cat.gif"), &json!("failed")));
        let gone = format!("/v1/attachments/{}", file["id"].as_str().unwrap());
        let gone = app.api.get(&gone).await.expect(409);
        assert!(gone["detail"].as_str().unwrap().contains("its time was over"), "{gone}");
        app.end().await;
    }

    async fn t34_a_mail_goes_with_its_files_and_is_not_read_again(db: Db) {
        let server = Dovecot::start();
        let gateway = server.gateway(&format!("{QUICK}\nfirst_run = \"all\""));
        let clock = Clock::fixed(Clock::System.now());
        let setup = Setup::bare(&db).with("[retention]\nmail = \"30d\"\n").with(&gateway);
        let app = TestApp::start_at(&db, &setup, clock.clone()).await;
        let mut client = server.client().await;
        client.append("INBOX", &mail("Kim <kim@customers.test>", "one", "my secret word")).await;
        filed(&app, &["one"]).await;
        let one = app.api.list("/v1/messages").await.remove(0);
        close(&app, &one).await;
        assert!(lies_in(&db.folder().join("blobs"), b"my secret word"));
        clock.advance(days(31));
        let removed = run(&app, Earnest::Real).await;
        assert_eq!(removed.values().sum::<u64>(), 1);
        assert!(!lies_in(&db.folder().join("blobs"), b"my secret word"));
        tokio::task::block_in_place(|| server.number_anew());
        let mut client = server.client().await;
        client.append("INBOX", &mail("Lee <lee@customers.test>", "two", "after")).await;
        filed(&app, &["two"]).await;
        let gone = async || (!lies_in(&db.folder().join("blobs"), b"my secret word")).then_some(());
        eventually("what was fetched again to be thrown away", gone).await;
        app.end().await;
    }
}

#[test]
fn t34_a_wrong_period_is_named_with_its_place() {
    let text = "[retention]\nmail = \"soon\"\nevents = \"3d\"\n";
    let faults = postern::config::Config::parse(text, "p.toml")
        .unwrap_err()
        .to_string();
    for part in ["p.toml:2", "mail", "days", "events"] {
        assert!(faults.contains(part), "{part}: {faults}");
    }
}
