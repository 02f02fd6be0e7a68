//! What the index gives where it is so large that it is asked of the newest documents first.

use postern::domain::address::Address;
use postern::domain::agent::Scope;
use postern::domain::clock::Timestamp;
use postern::domain::conversation::{Contact, Conversation};
use postern::domain::id::{AgentId, ContactId, ConversationId};
use postern::domain::search::doc::{Doc, DocKind, Section};
use postern::domain::search::parse;
use postern::domain::search::plan::{Asker, Looks};
use postern::store::search::{Position, list_candidates, save_position, upsert_docs};
use postern::store::{Store, conversation};
use uuid::Uuid;

use super::{NOW, open};
use crate::both;
use crate::world::db::Db;

/// More than PostgreSQL is asked for at once, and more than four small blocks.
const DOCS: i64 = 21_000;

/// A word, and the numbers of the documents that have it.
type Word = (&'static str, fn(i64) -> bool);

const WORDS: [Word; 5] = [
    ("order", |_| true),
    ("refund", |number| number % 50 == 0),
    ("early", |number| number < 6_000),
    ("seldom", |number| number % 3_000 == 0),
    ("odd", |number| number % 2 == 1),
];

/// Every third one is a conversation's, but none of the newest.
fn kind(number: i64) -> DocKind {
    match number {
        18_001.. => DocKind::Message,
        _ if number % 3 == 0 => DocKind::Conversation,
        _ if number % 100 == 1 => DocKind::Note,
        _ => DocKind::Message,
    }
}

fn doc(number: i64, conversation: ConversationId) -> Doc {
    let holds = WORDS.iter().filter(|(_, holds)| holds(number));
    let words: Vec<&str> = holds.map(|(word, _)| *word).collect();
    Doc {
        kind: kind(number),
        id: Uuid::now_v7(),
        conversation,
        at: Timestamp(NOW.0 + number),
        sections: vec![(Section::Text, words.join(" "))],
        message: None,
        marks: None,
    }
}

/// The numbers of the documents that fit, the newest first, by a look at each.
fn expected(terms: &[(&str, bool)], kinds: &[DocKind], below: i64) -> Vec<i64> {
    let has = |word: &str, number| {
        let known = WORDS.iter().find(|(known, _)| *known == word);
        known.is_some_and(|(_, holds)| holds(number))
    };
    let fits = |number: &i64| {
        kinds.contains(&kind(*number))
            && terms.iter().all(|(word, with)| has(word, *number) == *with)
    };
    (1..below).rev().filter(fits).collect()
}

async fn fill(db: &Db) -> Store {
    let store = open(db).await;
    let contact = Contact {
        id: ContactId::new(),
        name: None,
        created_at: NOW,
    };
    let said = Conversation::begin(contact.id, NOW);
    let within = said.id;
    let address = Address::Sms("+12025550123".to_owned());
    store
        .write(move |tx| {
            Box::pin(async move {
                conversation::insert_contacts(&mut tx.conn, &[(contact, address)]).await?;
                conversation::upsert_conversations(&mut tx.conn, &[said]).await
            })
        })
        .await
        .unwrap();
    let docs: Vec<Doc> = (1..=DOCS).map(|number| doc(number, within)).collect();
    for (nth, docs) in docs.chunks(3_000).enumerate() {
        let docs = docs.to_vec();
        let last_doc = 3_000 * i64::try_from(nth).unwrap();
        store
            .write(move |tx| {
                Box::pin(async move {
                    let mut position = Position { seq: 0, last_doc };
                    upsert_docs(&mut tx.conn, &docs, &mut position).await?;
                    save_position(&mut tx.conn, position);
                    Ok::<_, postern::store::StoreFault>(())
                })
            })
            .await
            .unwrap();
    }
    db.execute("ANALYZE").await;
    store
}

both! {
    async fn r086_the_newest_of_many_are_those_that_a_look_at_each_finds(db: Db) {
        let store = fill(&db).await;
        let mut conn = store.read().await.unwrap();
        let asker = Asker { me: AgentId::new(), country: "US".to_owned() };
        let queries: [&[(&str, bool)]; 9] = [
            &[("order", true)],
            &[("refund", true)],
            &[("early", true)],
            &[("seldom", true)],
            &[("order", true), ("seldom", true)],
            &[("order", true), ("odd", false)],
            &[("seldom", true), ("odd", false), ("order", true)],
            &[("early", true), ("odd", true), ("refund", false)],
            &[("refund", true), ("odd", true)],
        ];
        let kinds: [&[DocKind]; 4] = [
            &DocKind::ALL,
            &[DocKind::Message, DocKind::Note],
            &[DocKind::Conversation],
            &[DocKind::Note],
        ];
        for terms in queries {
            let text: Vec<String> = terms.iter().map(|(word, with)| format!("{}{word}", if *with { "" } else { "-" })).collect();
            let query = parse(&text.join(" "), "US").unwrap();
            for kinds in kinds {
                let looks = Looks::new(kinds.iter().map(|kind| (*kind, query.look(*kind, None, &asker))));
                for (below, limit) in [(DOCS + 1, 200), (DOCS + 1, 5), (8_193, 80), (4_097, 5_000), (2, 1)] {
                    let found = list_candidates(&mut conn, &looks, &Scope::All, below, limit).await.unwrap();
                    let numbers: Vec<i64> = found.iter().map(|one| one.number).collect();
                    let mut right = expected(terms, kinds, below);
                    right.truncate(limit as usize);
                    assert_eq!(numbers, right, "{text:?} of {kinds:?} below {below}, {limit} of them");
                    assert!(found.iter().all(|one| one.seen && one.kind == kind(one.number)));
                }
            }
        }
    }
}
