//! To which conversation an answer belongs: by what it answers, and only for those who take part.

use serde_json::{Value, json};

use super::post::{Letter, Mailbox, SUPPORT, office};
use crate::both;
use crate::world::api::Api;

const ANN: &str = "Ann Example <ann@example.org>";
const BOB: &str = "Bob <bob@example.org>";
const EVE: &str = "Eve <eve@example.org>";

/// A mail of ours to Ann.
async fn ours(api: &Api, to: &str, cc: &[&str]) -> Value {
    let body = json!({"to": to, "cc": cc, "subject": "Your parcel", "text": "It is on its way.", "gateway": "support"});
    api.post("/v1/messages", &body).await.expect(202)
}

async fn message_id(api: &Api, message: &Value) -> String {
    let message = api.message(&message["id"]).await;
    message["mail"]["message_id"].as_str().unwrap().to_owned()
}

both! {
    async fn peers_03_an_answer_finds_the_mail_that_it_answers(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let sent = ours(&app.api, "ann@example.org", &[]).await;
        let id = message_id(&app.api, &sent).await;
        let answer = Letter::new(ANN, "Re: Your parcel", "Thanks").with("In-Reply-To", &format!("<{id}>"));
        let message = inbox.message(&answer).await;
        assert_eq!(message["conversation"], sent["conversation"]);
        assert_eq!(message["mail"]["matcher"], "in_reply_to");
        let further = Letter::new(ANN, "Another subject", "And?")
            .with("References", &format!("<gone@example.org> <{id}> <{}>", answer.id()));
        let message = inbox.message(&further).await;
        assert_eq!(message["conversation"], sent["conversation"]);
        assert_eq!(message["mail"]["matcher"], "references");
        app.end().await;
    }

    async fn peers_03_our_token_in_the_address_finds_it_when_all_ids_are_gone(db: Db) {
        let (app, _sink) = office(&db, "plus_addresses = true").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let sent = ours(&app.api, "ann@example.org", &[]).await;
        let id = message_id(&app.api, &sent).await;
        let (token, _) = id.split_once('@').unwrap();
        let tagged = SUPPORT.replace('@', &format!("+{token}@"));
        let answer = Letter::new(ANN, "Re: Your parcel", "Thanks").with("To", &tagged);
        let message = inbox.message(&answer).await;
        assert_eq!(message["conversation"], sent["conversation"]);
        assert_eq!(message["mail"]["matcher"], "token");
        // A token that somebody changed is none.
        let broken = tagged.replace(&token[..4], "0000");
        let answer = Letter::new(ANN, "Re: Your parcel", "Thanks").with("To", &broken);
        assert_eq!(inbox.message(&answer).await["mail"]["matcher"], "sender");
        app.end().await;
    }

    async fn peers_03_one_who_got_a_copy_answers_in_the_same_conversation(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let first = Letter::new(ANN, "Our order", "Hello").with("Cc", BOB);
        let first_message = inbox.message(&first).await;
        let answer = Letter::new(BOB, "Re: Our order", "I agree").with("In-Reply-To", &format!("<{}>", first.id()));
        let message = inbox.message(&answer).await;
        assert_eq!(message["conversation"], first_message["conversation"]);
        assert_eq!(message["issue"], first_message["issue"]);
        assert_eq!(message["mail"]["matcher"], "in_reply_to");
        assert_eq!(message["from"], "bob@example.org");
        assert_eq!(app.api.list("/v1/conversations").await.len(), 1);
        app.end().await;
    }

    async fn peers_03_a_stranger_does_not_join_whatever_they_quote(db: Db) {
        let (app, _sink) = office(&db, "plus_addresses = true").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let sent = ours(&app.api, "ann@example.org", &[]).await;
        let id = message_id(&app.api, &sent).await;
        let (token, _) = id.split_once('@').unwrap();
        let number = app.api.list("/v1/issues").await.len();
        assert_eq!(number, 0);
        let tries = [
            Letter::new(EVE, "Re: Your parcel", "Me too").with("In-Reply-To", &format!("<{id}>")),
            Letter::new(EVE, "Re: Your parcel", "Me too").with("References", &format!("<{id}>")),
            Letter::new(EVE, "Re: Your parcel", "Me too").with("To", &SUPPORT.replace('@', &format!("+{token}@"))),
            Letter::new(EVE, "Re: Your parcel [#1]", "Ticket#1"),
            Letter::new(EVE, &format!("Re: [{token}]"), "Hello"),
        ];
        for letter in &tries {
            let message = inbox.message(letter).await;
            assert_ne!(message["conversation"], sent["conversation"]);
            assert_eq!(message["mail"]["matcher"], "sender");
        }
        app.end().await;
    }

    async fn mails_of_one_batch_find_each_other(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let first = Letter::new(ANN, "Order", "Hello").with("Cc", BOB);
        let second = Letter::new(BOB, "Re: Order", "Yes").with("In-Reply-To", &format!("<{}>", first.id()));
        inbox.put_all(vec![first.raw(), second.raw()]).await;
        assert_eq!(app.api.list("/v1/conversations").await.len(), 1);
        app.end().await;
    }
}
