//! What asks for nothing, what only looks like it, and what becomes of both.

use postern::sms::is_courtesy;
use serde_json::json;

use crate::both;
use crate::world::app::TestApp;
use crate::world::hooks::fresh_sid;
use crate::world::provider::FakeProvider;
use crate::world::setup::{FAST, Setup};

const CUSTOMER: &str = "+12025550107";

#[test]
fn r038_sixty_phrases_are_courtesies() {
    let phrases = [
        "thanks",
        "Thanks!",
        "THANK YOU",
        "thank you so much!!!",
        "thaaaanks",
        "thx",
        "Thanks a lot :)",
        "ty",
        "tysm",
        "Thank you for your help",
        "thanks for the quick reply!",
        "ok",
        "OK.",
        "okk",
        "okayyy",
        "k",
        "yes",
        "Yes!",
        "yesss",
        "yep",
        "Got it, thanks",
        "got it",
        "great, thank you",
        "Perfect 👌",
        "awesome!!",
        "Sounds good",
        "No problem",
        "no worries",
        "will do",
        "👍",
        "👍🏽",
        "❤️",
        "🙏🙏🙏",
        "😊",
        "🎉 thanks",
        "ok 👍",
        ":)",
        "<3",
        "Appreciate it",
        "thanks again",
        "That's great, thanks!",
        "cheers mate",
        "Have a nice day, thanks",
        "gracias",
        "¡Muchas gracias!",
        "Sí, vale",
        "obrigada",
        "Merci beaucoup !",
        "D'accord, merci",
        "Danke schön!",
        "Alles klar, danke",
        "vielen Dank für die Hilfe",
        "Grazie mille",
        "dank je wel",
        "Tusen takk",
        "tack så mycket",
        "kiitos paljon",
        "Dziękuję bardzo",
        "Děkuji",
        "köszönöm szépen",
        "mulțumesc mult",
        "ευχαριστώ πολύ",
        "Спасибо большое!",
        "да, хорошо",
        "дуже дякую",
        "Teşekkürler",
        "شكرا جزيلا",
        "תודה רבה",
        "धन्यवाद",
        "ありがとうございます！",
        "はい、了解です",
        "谢谢",
        "好的，谢谢",
        "감사합니다",
        "네 감사합니다",
        "cảm ơn bạn",
        "ขอบคุณครับ",
        "terima kasih banyak",
        "Salamat po",
        "ok thank you very much",
    ];
    assert!(phrases.len() >= 60);
    let missed: Vec<_> = phrases.iter().filter(|text| !is_courtesy(text)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn r038_sixty_phrases_are_not() {
    let phrases = [
        "",
        " ",
        "...",
        "!!!",
        "?",
        "ok?",
        "Yes?",
        "thanks?",
        "okay ? ",
        "👍?",
        "❓",
        "🤔",
        "👎",
        "😡",
        "ok 😡",
        "😭",
        ":(",
        "ok :(",
        "thanks, but it is still broken",
        "Thanks but no",
        "Thank you, when will it arrive",
        "no",
        "No thanks",
        "nope",
        "not ok",
        "yes but later",
        "yes please call me",
        "yes help me",
        "ok help",
        "please help",
        "ok what is the price",
        "thanks for nothing",
        "Thanks. Also, my second parcel is missing",
        "great, another delay",
        "good question",
        "hello",
        "hi",
        "Hi, thanks",
        "good morning",
        "where is my order",
        "perfect storm damage",
        "ok 2 boxes",
        "yes 5pm",
        "1",
        "42",
        "ok cancel it",
        "I said yes to the wrong one",
        "stop",
        "STOP",
        "start",
        "help",
        "info",
        "cool down needed",
        "fine print unclear",
        "thank you for cancelling my order",
        "received the wrong item",
        "not received",
        "still waiting",
        "gracias pero no funciona",
        "nein danke",
        "danke aber nein",
        "merci mais non",
        "oui mais quand",
        "ok cuándo llega",
        "спасибо но не работает",
        "нет",
        "いいえ",
        "谢谢，但是坏了",
        "不好",
        "감사합니다만 안됩니다",
        "شكرا لكن متى",
        "thanks https://example.com",
        "ok call +12025550100",
        "ok\u{0}bad",
    ];
    assert!(phrases.len() >= 60);
    let mistaken: Vec<_> = phrases.iter().filter(|text| is_courtesy(text)).collect();
    assert!(mistaken.is_empty(), "{mistaken:?}");
    assert!(!is_courtesy(&"thanks ".repeat(100)));
}

async fn close_the_only_issue(app: &TestApp) -> serde_json::Value {
    let issue = app.api.list("/v1/issues").await.remove(0);
    let path = format!("/v1/issues/{}/close", issue["id"].as_str().unwrap());
    app.api.post(&path, &json!({})).await.expect(200)
}

both! {
    async fn r038_thanks_after_the_close_are_no_new_work(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        app.hooks.text_in("long", CUSTOMER, "Thanks", &fresh_sid()).await.expect(200);
        let issue = close_the_only_issue(&app).await;
        app.hooks.text_in("long", CUSTOMER, "Thank you!! 🙏", &fresh_sid()).await.expect(200);
        let issues = app.api.list("/v1/issues").await;
        assert_eq!(issues.len(), 1, "the first message opens an issue, whatever it says");
        assert_eq!(issues[0]["state"], "closed");
        let newest = app.api.list("/v1/messages").await.remove(0);
        assert_eq!((&newest["courtesy"], &newest["issue"]), (&json!(true), &issue["id"]));
        let conversation = app.api.list("/v1/conversations").await.remove(0);
        assert_eq!(conversation["unread"], 2, "it is seen all the same");
        app.hooks.text_in("long", CUSTOMER, "Thanks, but it broke", &fresh_sid()).await.expect(200);
        let newest = app.api.list("/v1/messages").await.remove(0);
        assert!(newest["courtesy"].is_null());
        assert_eq!(app.api.list("/v1/issues").await.len(), 2);
        app.end().await;
    }

    async fn r037_thanks_while_the_issue_is_open_are_one_more_in_it(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        for text in ["It broke", "ok thanks"] {
            app.hooks.text_in("long", CUSTOMER, text, &fresh_sid()).await.expect(200);
        }
        let issues = app.api.list("/v1/issues").await;
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0]["state"], "unassigned");
        let newest = app.api.list("/v1/messages").await.remove(0);
        assert_eq!(newest["courtesy"], true);
        app.end().await;
    }

    async fn r038_a_gateway_may_treat_thanks_as_any_message(db: Db) {
        let provider = FakeProvider::start().await;
        let more = format!("{FAST}\ncourtesy = \"open\"");
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), &more);
        let app = TestApp::start(&db, &setup).await;
        app.hooks.text_in("long", CUSTOMER, "It broke", &fresh_sid()).await.expect(200);
        close_the_only_issue(&app).await;
        app.hooks.text_in("long", CUSTOMER, "thanks", &fresh_sid()).await.expect(200);
        let issues = app.api.list("/v1/issues").await;
        assert_eq!(issues.len(), 2);
        assert_eq!(app.api.list("/v1/messages").await[0]["courtesy"], true);
        app.end().await;
    }
}
