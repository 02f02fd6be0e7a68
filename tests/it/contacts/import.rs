//! Contacts from a list.

use serde_json::{Value, json};

use crate::both;
use crate::world::app::TestApp;

const LIST: &str = "name,phone,email,language,time_zone,field.plan,opted_out\r\n\
    Ann Example,(202) 555-0107,Ann@Example.com,en-US,America/New_York,basic,\r\n\
    \"Bob \"\"B\"\" Example\",+12025550108; +12025550109,,,,,true\r\n\
    Nobody,,,,,,\r\n\
    Wrong,12,,,,,\r\n\
    Far,+12025550110,,,Mars/Base,,\r\n\
    Short,+12025550111\r\n";

async fn import(app: &TestApp, query: &str, list: &str) -> (u16, Value) {
    let path = format!("/v1/contacts/import{query}");
    let request = app.api.request(reqwest::Method::POST, &path);
    let request = request
        .header("content-type", "text/csv")
        .body(list.to_owned());
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn outcomes(report: &Value) -> Vec<&str> {
    let lines = report["lines"].as_array().unwrap().iter();
    lines
        .map(|line| line["outcome"].as_str().unwrap())
        .collect()
}

both! {
    async fn r108_a_list_of_contacts_is_taken_over_once(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let expected = ["created", "created", "refused", "refused", "refused", "refused"];
        let (status, rehearsed) = import(&app, "?dry_run=true", LIST).await;
        assert_eq!((status, outcomes(&rehearsed)), (200, expected.to_vec()), "{rehearsed}");
        assert_eq!(app.api.list("/v1/contacts").await.len(), 0, "nothing was done");
        let (_, report) = import(&app, "", LIST).await;
        assert_eq!(outcomes(&report), expected, "{report}");
        assert_eq!((&report["created"], &report["refused"]), (&json!(2), &json!(4)));
        assert!(report["lines"][3]["reason"].as_str().unwrap().contains("\"12\""), "{report}");
        assert_eq!(report["lines"][3]["line"], 5);
        let contacts = app.api.list("/v1/contacts").await;
        assert_eq!(contacts[1]["name"], "Ann Example");
        assert_eq!(contacts[1]["fields"], json!({"plan": "basic"}));
        assert_eq!(contacts[0]["name"], "Bob \"B\" Example");
        assert_eq!(contacts[0]["addresses"].as_array().unwrap().len(), 2);
        let ledger = app.api.list("/v1/opt-outs").await;
        assert_eq!(ledger.len(), 2);
        assert_eq!(ledger[0]["began"]["origin"], "import");
        let head = app.api.feed().await.len();
        let (_, again) = import(&app, "", LIST).await;
        assert_eq!(again["unchanged"], 2, "{again}");
        assert_eq!(app.api.feed().await.len(), head, "doing it again changes nothing");
        let more = "phone,email\n+12025550107,second@example.com\n+12025550107,\n+12025550107;+12025550108,\n";
        let (_, more) = import(&app, "", more).await;
        assert_eq!(outcomes(&more), ["changed", "unchanged", "refused"], "{more}");
        for wrong in ["", "name\nAnn\n", "phone,salary\n+12025550107,1\n", "phone\n\"+12025550107\n"] {
            assert_eq!(import(&app, "", wrong).await.0, 422, "{wrong:?}");
        }
        app.end().await;
    }
}
