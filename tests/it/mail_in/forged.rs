//! Who is not who they say gets a conversation of their own (T25).

use serde_json::json;

use super::post::{BELIEVES, Letter, Mailbox, SUPPORT, office};
use crate::both;

const ANN: &str = "Ann Example <ann@example.org>";

/// What the receiving server says of a mail that its domain vouches for.
const GOOD: &str = "dmarc=pass header.from=example.org";

fn forged(id: &str, token: &str) -> Vec<Letter> {
    let answer = format!("<{id}>");
    let tagged = SUPPORT.replace('@', &format!("+{token}@"));
    let letter = || Letter::new(ANN, "Re: Your parcel", "Please send it to my new address");
    let bare = [
        letter(),
        letter().with("In-Reply-To", &answer),
        letter().with("References", &answer),
        letter().with("To", &tagged),
        letter().with("In-Reply-To", &answer).with("To", &tagged),
        letter().with("Subject", "[#1] Re: Your parcel"),
        Letter::new("ann@example.org", "Hello", "No name"),
        Letter::new("\"Ann Example\" <ANN@EXAMPLE.ORG>", "Hello", "Capitals"),
    ];
    let judged = [
        "dmarc=fail header.from=example.org",
        "spf=fail smtp.mailfrom=example.org; dkim=none; dmarc=none header.from=example.org",
        // Another domain's good name is not this one's.
        "dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example; dmarc=fail header.from=example.org",
    ];
    let mut all: Vec<Letter> = judged
        .iter()
        .flat_map(|judged| {
            bare.iter()
                .map(|letter| letter.clone().again().judged(judged))
        })
        .collect();
    // A verdict that the forger wrote stands below what the receiving server says.
    let own_verdict = |letter: Letter| {
        letter
            .with("Authentication-Results", &format!("mx.example.net; {GOOD}"))
            .stamped(
                "Received",
                "from evil.example by mx.example.net; Fri, 20 Nov 2026 10:00:00 +0000",
            )
            .judged("dmarc=fail header.from=example.org")
    };
    all[1] = own_verdict(letter().with("In-Reply-To", &answer));
    all[9] = own_verdict(letter().with("To", &tagged));
    all
}

both! {
    async fn t25_forged_mail_never_joins_and_genuine_mail_does(db: Db) {
        let (app, _sink) = office(&db, &format!("{BELIEVES}\nplus_addresses = true")).await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let body = json!({"to": "ann@example.org", "subject": "Your parcel", "text": "Hi", "gateway": "support"});
        let sent = app.api.post("/v1/messages", &body).await.expect(202);
        let sent = app.api.message(&sent["id"]).await;
        let id = sent["mail"]["message_id"].as_str().unwrap();
        let (token, _) = id.split_once('@').unwrap();
        let theirs = &sent["conversation"];

        let forged = forged(id, token);
        assert_eq!(forged.len(), 24);
        for letter in &forged {
            let message = inbox.message(letter).await;
            assert_ne!(&message["conversation"], theirs, "{message}");
            assert_eq!(message["mail"]["verified"], "no", "{message}");
        }
        let conversations = app.api.list("/v1/conversations?view=all").await;
        assert_eq!(conversations.len(), 2);
        let theirs_now = conversations.iter().find(|one| &one["id"] == theirs).unwrap();
        assert_eq!(theirs_now["unread"], 0);
        let strangers = conversations.iter().find(|one| &one["id"] != theirs).unwrap();
        assert_eq!(strangers["contact"]["name"], json!(null));
        let shown = &strangers["contact"]["addresses"][0]["value"];
        assert_eq!(shown, "ann@example.org (not verified)");

        // Look-alikes are other people, whatever they call themselves.
        for from in ["Ann Example <ann@examp1e.org>", "\"ann@example.org\" <eve@evil.example>"] {
            let domain = from.rsplit('@').next().unwrap().trim_end_matches('>');
            let letter = Letter::new(from, "Re: Your parcel", "Hi").with("In-Reply-To", &format!("<{id}>"));
            let message = inbox.message(&letter.judged(&format!("dmarc=pass header.from={domain}"))).await;
            assert_ne!(&message["conversation"], theirs);
        }

        let letter = || Letter::new(ANN, "Re: Your parcel", "Thanks");
        let tagged = SUPPORT.replace('@', &format!("+{token}@"));
        let genuine = [
            letter().judged(GOOD),
            letter().with("In-Reply-To", &format!("<{id}>")).judged(GOOD),
            letter().with("References", &format!("<{id}>")).judged(GOOD),
            letter().with("To", &tagged).judged(GOOD),
            letter().judged("spf=pass smtp.mailfrom=example.org; dmarc=none header.from=example.org"),
            letter().judged("dkim=pass header.d=example.org; dmarc=none header.from=example.org"),
            letter().with("Subject", "Something else").judged(GOOD),
            Letter::new("ANN@Example.org", "Hi", "Hi").judged(GOOD),
        ];
        for letter in &genuine {
            let message = inbox.message(letter).await;
            assert_eq!(&message["conversation"], theirs, "{message}");
            assert_eq!(message["mail"]["verified"], "yes");
        }
        app.end().await;
    }

    async fn t25_an_answer_to_a_forged_mail_stays_with_its_writer(db: Db) {
        let (app, _sink) = office(&db, BELIEVES).await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let bait = Letter::new("Bob <bob@example.com>", "Bait", "Hi").with("Cc", ANN)
            .judged("dmarc=fail header.from=example.com");
        let baited = inbox.message(&bait).await;
        let answer = Letter::new(ANN, "Re: Bait", "Who are you?")
            .with("In-Reply-To", &format!("<{}>", bait.id())).judged(GOOD);
        assert_ne!(inbox.message(&answer).await["conversation"], baited["conversation"]);
        app.end().await;
    }
}
