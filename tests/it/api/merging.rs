//! Merging two contacts and parting them again gives back what was there.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{Desk, id};
use crate::both;

/// How often it is tried; each time with the same contacts on every machine.
const CASES: u32 = 12;

const TAGS: [&str; 3] = ["red", "green", "blue"];

/// Where a conversation stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Inbox,
    Taken,
    Closed,
    Archived,
    Complete,
    Snoozed,
}

/// A contact as it is set up. The first address writes, if any does.
#[derive(Debug, Clone)]
struct Plan {
    named: bool,
    fields: Vec<bool>,
    opted_out: Vec<bool>,
    texts: usize,
    tags: Vec<bool>,
    place: Place,
}

fn plan() -> impl Strategy<Value = Plan> {
    let place = prop_oneof![
        Just(Place::Inbox),
        Just(Place::Taken),
        Just(Place::Closed),
        Just(Place::Archived),
        Just(Place::Complete),
        Just(Place::Snoozed),
    ];
    let flags = |count| prop::collection::vec(any::<bool>(), count);
    (
        any::<bool>(),
        flags(3),
        flags(3),
        0..3_usize,
        flags(3),
        place,
    )
        .prop_map(|(named, fields, opted_out, texts, tags, place)| Plan {
            named,
            fields,
            opted_out,
            texts,
            tags,
            place,
        })
}

impl Desk {
    /// Sets a contact up with numbers that nobody else has; gives the contact's path.
    async fn person(&self, plan: &Plan, nth: u32) -> String {
        let numbers: Vec<String> = (0..3)
            .map(|n| format!("+1202555{:04}", 10 * nth + n))
            .collect();
        let mut contact = json!({"addresses": numbers, "fields": {}});
        if plan.named {
            contact["name"] = json!(format!("Person {nth}"));
        }
        for (n, _) in plan.fields.iter().enumerate().filter(|(_, there)| **there) {
            contact["fields"][format!("field {n}")] = json!(format!("of {nth}"));
        }
        let made = self.post("/v1/contacts", contact).await.expect(201);
        for n in 0..plan.texts {
            self.text_in_from(&numbers[0], &format!("in-{nth}-{n}"), &format!("Text {n}"))
                .await;
        }
        for (number, _) in numbers.iter().zip(&plan.opted_out).filter(|(_, out)| **out) {
            self.post("/v1/opt-outs", json!({"to": number}))
                .await
                .expect(201);
        }
        let path = format!("/v1/contacts/{}", id(&made));
        if plan.texts > 0 {
            let talk = self.get(&path).await.expect(200)["conversation"].clone();
            self.place(plan, talk.as_str().unwrap()).await;
        }
        path
    }

    async fn place(&self, plan: &Plan, conversation: &str) {
        let path = format!("/v1/conversations/{conversation}");
        for (tag, _) in TAGS.iter().zip(&plan.tags).filter(|(_, put)| **put) {
            self.ask_json("PUT", &format!("{path}/tags/{tag}"), None)
                .await
                .expect(200);
        }
        let issue = self.get(&path).await.expect(200)["open_issue"].clone();
        let issue = format!("/v1/issues/{}", issue.as_str().unwrap());
        let (path, body) = match plan.place {
            Place::Inbox => return,
            Place::Taken => (format!("{issue}/take"), json!({})),
            Place::Closed => (format!("{issue}/close"), json!({})),
            Place::Archived => (format!("{path}/archive"), json!({})),
            Place::Complete => (format!("{path}/complete"), json!({})),
            Place::Snoozed => (
                format!("{path}/snooze"),
                json!({"until": "2099-01-01T00:00:00Z"}),
            ),
        };
        self.post(&path, body).await.expect(200);
    }

    /// All that is to be as it was: the contact, the conversation, its messages and issues, the
    /// counts of everything.
    async fn portrait(&self, contacts: &[String; 2]) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        for path in contacts {
            let contact = self.get(path).await.expect(200);
            if let Some(talk) = contact["conversation"].as_str() {
                let mut shown = self
                    .get(&format!("/v1/conversations/{talk}"))
                    .await
                    .expect(200);
                sort(&mut shown["tags"]);
                // What agents had there for themselves is not kept.
                shown["me"] = Value::Null;
                all.insert(format!("conversation of {path}"), shown);
                let messages = self
                    .walk(&format!("/v1/messages?conversation={talk}"), 100)
                    .await;
                let filed = messages.iter().map(|one| json!([one["id"], one["issue"]]));
                all.insert(format!("messages of {path}"), filed.collect());
            }
            all.insert(path.clone(), contact);
        }
        let issues = self.walk("/v1/issues", 100).await;
        let stand = |one: &Value| {
            json!([
                one["id"],
                one["conversation"],
                one["state"],
                one["assignee"]
            ])
        };
        all.insert("issues".to_owned(), issues.iter().map(stand).collect());
        let counts = self.get("/v1/conversations/counts").await.expect(200);
        all.insert("counts".to_owned(), counts);
        let ledger = self.walk("/v1/opt-outs", 100).await;
        all.insert("opt-outs".to_owned(), ledger.into());
        all
    }
}

fn sort(list: &mut Value) {
    let list = list.as_array_mut().unwrap();
    list.sort_by_key(ToString::to_string);
}

both! {
    async fn r015_parting_gives_back_what_merging_took(db: Db) {
        let desk = Desk::on(&db).await;
        for tag in TAGS {
            desk.post("/v1/tags", json!({"name": tag})).await.expect(201);
        }
        let mut runner = TestRunner::deterministic();
        for nth in 0..CASES {
            let plans = (plan(), plan()).new_tree(&mut runner).unwrap().current();
            let pair = [
                desk.person(&plans.0, 2 * nth).await,
                desk.person(&plans.1, 2 * nth + 1).await,
            ];
            let before = desk.portrait(&pair).await;
            let other = pair[1].rsplit('/').next().unwrap();
            let merged = desk.post(&format!("{}/merge", pair[0]), json!({"other": other})).await.expect(200);
            let count = merged["addresses"].as_array().unwrap().len();
            assert_eq!(count, 6, "{plans:#?}");
            let outs = |contact: &Value| contact["addresses"].to_string().matches("opt_").count();
            let known: usize = pair.iter().map(|path| outs(&before[path])).sum();
            assert_eq!(outs(&merged), known, "an opt-out is of an address: {plans:#?}");
            desk.post(&format!("{}/unmerge", pair[0]), json!({})).await.expect(200);
            let after = desk.portrait(&pair).await;
            for (name, was) in &before {
                assert_eq!(&after[name], was, "{name} in {plans:#?}");
            }
            assert_eq!(after.len(), before.len(), "{plans:#?}");
        }
        desk.end().await;
    }
}
