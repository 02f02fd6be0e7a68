//! What became of texts whose send was never answered: the reports decide that name them by our id.

use std::time::Duration;

use super::*;
use crate::world::hooks::fresh_sid;

/// A gateway at a Twilio, with further lines of its section.
async fn twilio(db: &crate::world::db::Db, more: &str) -> (TestApp, FakeProvider) {
    let provider = FakeProvider::start().await;
    let more = format!("{FAST}\n{more}");
    let setup = Setup::bare(db).twilio("long", OURS, &provider.url(), &more);
    (TestApp::start(db, &setup).await, provider)
}

both! {
    async fn f27_i14_a_report_decides_what_became_of_a_text_that_twilio_did_not_answer_for(db: Db) {
        let (app, provider) = twilio(&db, "").await;
        provider.answers_in_turn([Reply::Close]);
        let sent = app.api.send("long", CUSTOMER, "taken, perhaps").await;
        let doubtful = app.api.message_becomes(&sent["id"], "unconfirmed").await;
        assert!(doubtful["provider_reference"].is_null());
        let handed = provider.handed(1).await.remove(0);
        let place = handed.reported_to().unwrap();
        let (sid, other) = (fresh_sid(), fresh_sid());
        // Who does not have the secret decides nothing, nor does a report about somebody else's text.
        let elsewhere = place.replace("message=msg_0", "message=msg_1");
        app.hooks.report(&elsewhere, &other, "delivered", "").await.expect(200);
        let unsigned = app.hooks.http.post(format!("{}/hooks/{place}", app.hooks.base));
        Answer::of(unsigned.form(&[("MessageSid", sid.as_str()), ("MessageStatus", "delivered")])).await.unwrap().expect(403);
        assert_eq!(app.api.message(&sent["id"]).await["status"], "unconfirmed");
        app.hooks.report(place, &sid, "sent", "").await.expect(200);
        let known = app.api.message_becomes(&sent["id"], "sent").await;
        assert_eq!((&known["provider_reference"], &known["error"]), (&json!(sid), &Value::Null));
        // From now on its own id is enough.
        app.hooks.report("long", &sid, "delivered", "").await.expect(200);
        app.api.message_becomes(&sent["id"], "delivered").await;
        assert_eq!(provider.times_handed("taken, perhaps"), 1);
        app.end().await;
    }

    async fn i24_a_report_that_came_before_anybody_gave_up_waiting_decides_too(db: Db) {
        let (app, provider) = twilio(&db, "").await;
        provider.answers_in_turn([Reply::CloseAfter(Duration::from_millis(500))]);
        let sent = app.api.send("long", CUSTOMER, "a report, no answer").await;
        let handed = provider.handed(1).await.remove(0);
        let place = handed.reported_to().unwrap();
        let sid = fresh_sid();
        app.hooks.report(place, &sid, "delivered", "").await.expect(200);
        let known = app.api.message_becomes(&sent["id"], "delivered").await;
        assert_eq!(known["provider_reference"], sid.as_str());
        app.hooks.report(place, &sid, "delivered", "").await.expect(200);
        let timeline = app.api.message(&sent["id"]).await["timeline"].clone();
        let told = timeline.as_array().unwrap().iter().filter(|line| line["status"] == "delivered");
        assert_eq!(told.count(), 1);
        app.end().await;
    }

    async fn i14_what_was_reported_is_not_sent_again_where_the_unknown_is(db: Db) {
        let (app, provider) = twilio(&db, "on_unknown = \"resend\"").await;
        provider.answers_in_turn([Reply::Close, Reply::Taken, Reply::CloseAfter(Duration::from_millis(500))]);
        let unknown = app.api.send("long", CUSTOMER, "nobody knows").await;
        app.api.message_becomes(&unknown["id"], "sent").await;
        assert_eq!(provider.times_handed("nobody knows"), 2);
        let reported = app.api.send("long", CUSTOMER, "reported").await;
        let handed = provider.handed(3).await.remove(2);
        let place = handed.reported_to().unwrap();
        app.hooks.report(place, &fresh_sid(), "sent", "").await.expect(200);
        app.api.message_becomes(&reported["id"], "sent").await;
        assert_eq!(provider.times_handed("reported"), 1);
        app.end().await;
    }

    async fn i24_an_early_report_of_a_text_that_is_sent_again_is_about_that(db: Db) {
        let (app, provider) = twilio(&db, "").await;
        let sid = fresh_sid();
        provider.answers_in_turn([Reply::Close, Reply::TakenAs(sid.clone(), Duration::from_millis(500))]);
        let sent = app.api.send("long", CUSTOMER, "twice").await;
        app.api.message_becomes(&sent["id"], "unconfirmed").await;
        let path = format!("/v1/messages/{}/retry", sent["id"].as_str().unwrap());
        app.api.post(&path, &json!({})).await.expect(200);
        // Our id is known from the first time, and must not be taken for it.
        let handed = provider.handed(2).await.remove(1);
        let place = handed.reported_to().unwrap();
        app.hooks.report(place, &sid, "undelivered", "30005").await.expect(200);
        let failed = app.api.message_becomes(&sent["id"], "failed").await;
        assert_eq!((&failed["error"]["code"], &failed["provider_reference"]), (&json!("30005"), &json!(sid)));
        app.end().await;
    }

    async fn i14_the_parts_of_a_text_that_vonage_did_not_answer_for_are_counted(db: Db) {
        let settings = format!("api_key = \"abcd1234\"\napi_secret = \"s\"\nsignature_secret = {SIGNATURE_SECRET:?}\n");
        let (app, provider) = start(&db, "vonage-sms", &settings).await;
        provider.answers_in_turn([Reply::Close]);
        let body = json!({"to": CUSTOMER, "text": "long ".repeat(50)});
        let sent = app.api.post("/v1/messages", &body).await.expect(202);
        assert_eq!(sent["segments"], 2);
        app.api.message_becomes(&sent["id"], "unconfirmed").await;
        let report = async |part: &str, status: &str| {
            let id = sent["id"].as_str().unwrap();
            let params = [("msisdn", "12025550107"), ("messageId", part), ("status", status), ("client-ref", id)];
            post_vonage(&app, &params).await.expect(200);
            app.api.message(&sent["id"]).await["status"].clone()
        };
        assert_eq!(report("0C02", "accepted").await, "sent");
        assert_eq!(report("0C02", "delivered").await, "sent");
        assert_eq!(report("0C01", "delivered").await, "delivered");
        app.end().await;
    }

    async fn i14_a_report_decides_what_became_of_a_text_that_telnyx_did_not_answer_for(db: Db) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = STANDARD.encode(key.verifying_key().as_bytes());
        let settings = format!("public_key = {public:?}\napi_key = \"KEY\"\n");
        let (app, provider) = start(&db, "telnyx", &settings).await;
        provider.answers_in_turn([Reply::Close]);
        let body = json!({"to": CUSTOMER, "text": "Hello"});
        let sent = app.api.post("/v1/messages", &body).await.expect(202);
        app.api.message_becomes(&sent["id"], "unconfirmed").await;
        let handed = provider.handed(1).await.remove(0);
        let payload = json!({"id": "tx-9", "to": [{"phone_number": CUSTOMER, "status": "delivered"}], "webhook_url": handed.callback, "errors": []});
        let event = json!({"data": {"event_type": "message.finalized", "occurred_at": "2026-11-21T09:00:00Z", "payload": payload}});
        post_telnyx(&app, handed.reported_to().unwrap(), &key, &event).await.expect(200);
        let known = app.api.message_becomes(&sent["id"], "delivered").await;
        assert_eq!(known["provider_reference"], "tx-9");
        app.end().await;
    }

    async fn i14_a_report_decides_what_became_of_a_text_that_kannel_did_not_answer_for(db: Db) {
        let settings = format!("token = {TOKEN:?}\nusername = \"u\"\npassword = \"p\"\n");
        let (app, provider) = start(&db, "kannel", &settings).await;
        let accepted = Reply::Answer(202, Vec::new(), "0: Accepted for delivery".to_owned());
        provider.answers_in_turn([Reply::Reset, accepted]);
        let body = json!({"to": CUSTOMER, "text": "Hello"});
        let sent = app.api.post("/v1/messages", &body).await.expect(202);
        let id = sent["id"].as_str().unwrap();
        let report = async |status: u8| {
            let url = format!("{}/hooks/carrier?token={TOKEN}&type=report&id={id}&status={status}", app.hooks.base);
            Answer::of(app.hooks.http.get(url)).await.unwrap().expect(200);
        };
        app.api.message_becomes(&sent["id"], "unconfirmed").await;
        assert!(app.api.message(&sent["id"]).await["provider_reference"].is_null());
        report(2).await;
        app.api.message_becomes(&sent["id"], "failed").await;
        // Sent again, it has the same id: what is said from now on is about the second time.
        app.api.post(&format!("/v1/messages/{id}/retry"), &json!({})).await.expect(200);
        app.api.message_becomes(&sent["id"], "sent").await;
        report(2).await;
        app.api.message_becomes(&sent["id"], "failed").await;
        report(1).await;
        app.api.message_becomes(&sent["id"], "delivered").await;
        app.end().await;
    }
}
