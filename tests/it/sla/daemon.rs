//! Promises as the API shows them and the feed tells of them.

use std::time::Duration;

use postern::domain::clock::Clock;
use serde_json::{Value, json};

use crate::both;
use crate::world::app::TestApp;
use crate::world::eventually;
use crate::world::hooks::fresh_sid;
use crate::world::provider::FakeProvider;
use crate::world::setup::Setup;

const ANN: &str = "+12025550143";

const SLA: &str = "[[sla]]\nname = \"usual\"\ngateways = [\"long\"]\nfirst_response = \"4h\"\n\
    next_response = \"2h\"\nresolution = \"2d\"\nwarning = \"30m\"\n";

fn setup(db: &crate::world::db::Db, provider: &FakeProvider) -> Setup {
    Setup::usual(db, &provider.url()).with(SLA)
}

async fn text_in(app: &TestApp, text: &str) {
    app.hooks
        .text_in("long", ANN, text, &fresh_sid())
        .await
        .expect(200);
}

/// Waits until what was promised about the only issue is as wanted: target and state.
async fn promised(app: &TestApp, wanted: &[(&str, &str)]) -> Value {
    eventually(&format!("promises {wanted:?}"), async || {
        let issue = app.api.list("/v1/issues").await.pop()?;
        let all = issue["sla"].as_array()?;
        let so = all.len() == wanted.len()
            && all
                .iter()
                .zip(wanted)
                .all(|(one, (target, state))| one["target"] == *target && one["state"] == *state);
        so.then_some(issue)
    })
    .await
}

async fn told(app: &TestApp) -> Vec<(String, String)> {
    let feed = app.api.feed().await;
    let of_promises = feed
        .iter()
        .filter(|event| event["type"].as_str().unwrap().starts_with("sla."));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    of_promises
        .map(|event| (text(&event["type"]), text(&event["data"]["target"])))
        .collect()
}

both! {
    async fn r091_the_first_answer_stops_the_time_and_says_what_was_left(db: Db) {
        let provider = FakeProvider::start().await;
        let clock = Clock::fixed(Clock::System.now());
        let app = TestApp::start_at(&db, &setup(&db, &provider), clock.clone()).await;
        text_in(&app, "My parcel is late").await;
        let open = promised(&app, &[("first_response", "running"), ("resolution", "running")]).await;
        assert_eq!(open["response_due_at"], open["sla"][0]["due_at"]);
        assert_eq!(open["sla"][0]["remaining"], 4 * 3_600);
        clock.advance(Duration::from_mins(15));
        app.api.send("long", ANN, "We look into it").await;
        let met = promised(&app, &[("first_response", "met"), ("resolution", "running")]).await;
        assert_eq!(met["sla"][0]["remaining"], (3 * 60 + 45) * 60);
        assert_eq!(met["response_due_at"], Value::Null);
        clock.advance(Duration::from_mins(5));
        text_in(&app, "And now?").await;
        promised(&app, &[("first_response", "met"), ("next_response", "running"), ("resolution", "running")]).await;
        assert_eq!(told(&app).await, [("sla.met".to_owned(), "first_response".to_owned())]);
        app.end().await;
    }

    async fn r090_warning_and_breach_are_told_once_over_restarts(db: Db) {
        let provider = FakeProvider::start().await;
        let clock = Clock::fixed(Clock::System.now());
        let app = TestApp::start_at(&db, &setup(&db, &provider), clock.clone()).await;
        text_in(&app, "My parcel is late").await;
        promised(&app, &[("first_response", "running"), ("resolution", "running")]).await;
        // Neither a note nor an assignment is an answer.
        let issue = app.api.list("/v1/issues").await.pop().unwrap();
        let take = format!("/v1/issues/{}/take", issue["id"].as_str().unwrap());
        app.api.post(&take, &json!({})).await.expect(200);
        clock.advance(Duration::from_mins(3 * 60 + 40));
        eventually("the warning", async || (told(&app).await.len() == 1).then_some(())).await;
        clock.advance(Duration::from_mins(30));
        promised(&app, &[("first_response", "breached"), ("resolution", "running")]).await;
        let expected: Vec<(String, String)> = ["sla.warned", "sla.breached"]
            .map(|kind| (kind.to_owned(), "first_response".to_owned()))
            .into();
        eventually("the breach", async || (told(&app).await == expected).then_some(())).await;
        let app = app.restart(&setup(&db, &provider)).await;
        text_in(&app, "Hello?").await;
        app.api.send("long", ANN, "Sorry").await;
        text_in(&app, "Finally").await;
        promised(&app, &[("first_response", "breached"), ("next_response", "running"), ("resolution", "running")]).await;
        assert_eq!(told(&app).await, expected);
        app.end().await;
    }

    async fn r090_a_promise_may_be_for_contacts_with_a_field(db: Db) {
        let gold = "[[sla]]\nname = \"gold\"\ncontact = { plan = \"gold\", since = \"2020\" }\n\
            resolution = \"4h\"\n[[sla]]\nname = \"usual\"\nfirst_response = \"8h\"\n";
        let provider = FakeProvider::start().await;
        let app = TestApp::start(&db, &Setup::usual(&db, &provider.url()).with(gold)).await;
        let contact = |fields: Value| json!({"name": "Ann", "addresses": [ANN], "fields": fields});
        let ann = contact(json!({"plan": "gold", "since": "2020", "shoe": "42"}));
        app.api.post("/v1/contacts", &ann).await.expect(201);
        text_in(&app, "Hello").await;
        promised(&app, &[("resolution", "running")]).await;
        app.hooks.text_in("long", "+12025550144", "Hello", &fresh_sid()).await.expect(200);
        eventually("the usual promise to another", async || {
            let mut issues = app.api.list("/v1/issues").await.into_iter();
            issues.any(|issue| issue["sla"][0]["target"] == "first_response").then_some(())
        }).await;
        app.end().await;
    }

    async fn r091_the_time_stands_still_while_the_conversation_sleeps(db: Db) {
        let provider = FakeProvider::start().await;
        let clock = Clock::fixed(Clock::System.now());
        let app = TestApp::start_at(&db, &setup(&db, &provider), clock.clone()).await;
        text_in(&app, "My parcel is late").await;
        let issue = promised(&app, &[("first_response", "running"), ("resolution", "running")]).await;
        let conversation = format!("/v1/conversations/{}", issue["conversation"].as_str().unwrap());
        clock.advance(Duration::from_hours(1));
        let until = clock.now().plus(Duration::from_hours(24)).to_string();
        app.api.post(&format!("{conversation}/snooze"), &json!({"until": until})).await.expect(200);
        promised(&app, &[("first_response", "paused"), ("resolution", "paused")]).await;
        clock.advance(Duration::from_hours(10));
        app.api.post(&format!("{conversation}/unsnooze"), &json!({})).await.expect(200);
        let awake = promised(&app, &[("first_response", "running"), ("resolution", "running")]).await;
        assert_eq!(awake["sla"][0]["remaining"], 3 * 3_600);
        app.end().await;
    }
}

#[test]
fn r093_a_wrong_promise_is_told_with_its_place() {
    let text = "[[sla]]\nname = \"a\"\n\n[[sla]]\nname = \"b\"\nfirst_response = \"4 hours\"\ngateways = [\"lnog\"]\n\
        zone = \"Mars/Base\"\nholidays = [\"soon\"]\n[sla.hours]\nmonday = \"17:00-09:00\"\n\
        tuesday = [\"09:00-12:00\", \"11:00-13:00\"]\nfunday = \"09:00-17:00\"\n";
    let fault = postern::config::Config::parse(text, "postern.toml").unwrap_err();
    let lines: Vec<usize> = fault.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 6, 7, 8, 9, 11, 12, 13], "{fault}");
}
