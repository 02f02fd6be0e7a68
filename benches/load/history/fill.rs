//! Years of messages, by SQL, and the index of them, by the store's own statements.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use postern::domain::address::Address;
use postern::domain::clock::Timestamp;
use postern::domain::conversation::Contact;
use postern::domain::gateway::{ChannelKind, GatewayName};
use postern::domain::id::{ContactId, ConversationId, MessageId};
use postern::domain::message::{Details, Direction, Message};
use postern::domain::search::Flag;
use postern::domain::search::doc::{Doc, Marks};
use postern::domain::status::Status;
use postern::domain::text::Encoding;
use postern::lifecycle::Tasks;
use postern::store::event::find_head;
use postern::store::search::{find_position, save_position, upsert_docs};
use postern::store::{Location, OpenOptions, Store, StoreFault};

use crate::database::{Database, Kind};
use crate::fill::{Sql, Stock, Table, uuid};
use crate::requests::{ADDRESS, CONTACTS, GATEWAY};

/// How many documents go into the index in one transaction.
const SLICE: usize = 2_000;

/// How many messages a conversation has.
pub const EACH: usize = 10;

/// One of so many messages has the word `refund`, and one of so many the word `zanzibar`.
const REFUND: usize = 50;
const ZANZIBAR: usize = 10_000;

/// What a message says; as `sql_text` does.
fn text(i: usize) -> String {
    let mut text = format!("Hello, order {i} has not come yet. Could you have a look, please?");
    if i.is_multiple_of(REFUND) {
        text.push_str(" Or is there a refund?");
    }
    if i % ZANZIBAR == 7 {
        text.push_str(" Greetings from Zanzibar.");
    }
    text
}

fn sql_text() -> String {
    format!(
        "'Hello, order ' || CAST(i AS TEXT) || ' has not come yet. Could you have a look, please?' || \
         CASE WHEN i % {REFUND} = 0 THEN ' Or is there a refund?' ELSE '' END || \
         CASE WHEN i % {ZANZIBAR} = 7 THEN ' Greetings from Zanzibar.' ELSE '' END"
    )
}

/// The number of a person, of which the first are those that the load comes from.
fn contact(person: usize) -> String {
    let (person, round) = (person % CONTACTS, person / CONTACTS);
    let number = (201 + person / 100) * 10_000_000 + 5_550_100 + round * 100 + person % 100;
    format!("+1{number}")
}

fn sql_number(person: &str) -> String {
    format!(
        "((201 + {person} % {CONTACTS} / 100) * 10000000 + 5550100 + {person} / {CONTACTS} * 100 + {person} % 100)"
    )
}

/// Fills a database whose tables are there and empty but for the agent of the bench.
pub async fn fill(database: &Database, messages: usize, now: i64) -> anyhow::Result<()> {
    let start = now / 1_000 - i64::try_from(messages)? - 1_000;
    let sql = Sql::new(
        database.kind,
        start,
        Stock {
            messages,
            queued: 0,
        },
    );
    let mut connection = database.connect().await?;
    let slow = "DROP INDEX search_index_lexemes";
    if database.kind == Kind::Postgres {
        connection.run(slow.to_owned()).await?;
    }
    connection.run("BEGIN".to_owned()).await?;
    for statement in statements(&sql, messages) {
        connection.run(statement).await?;
    }
    connection.run("COMMIT".to_owned()).await?;
    index(database, messages, start).await?;
    if database.kind == Kind::Postgres {
        let again = "CREATE INDEX search_index_lexemes ON search_index USING gin (lexemes) WITH (fastupdate = off)";
        connection
            .run("SET maintenance_work_mem = '512MB'".to_owned())
            .await?;
        connection.run(again.to_owned()).await?;
        connection.run("VACUUM ANALYZE".to_owned()).await?;
        // What is asked for finds an idle machine.
        connection.run("CHECKPOINT".to_owned()).await?;
    } else {
        connection.run("ANALYZE".to_owned()).await?;
        connection
            .run("PRAGMA wal_checkpoint(TRUNCATE)".to_owned())
            .await?;
    }
    Ok(())
}

/// Of ten conversations one has an issue that nobody has, one has one that the bench has, one is
/// quiet, one sleeps, four are done and two archived; of fifty one failed; of twenty one is tagged.
fn statements(sql: &Sql, messages: usize) -> Vec<String> {
    let conversations = messages / EACH;
    let from = sql.series(0, conversations);
    let (contact, conversation) = (
        sql.id(Table::Contact, "i"),
        sql.id(Table::Conversation, "i"),
    );
    let (issue, time, tag) = (
        sql.id(Table::Issue, "i"),
        sql.time("i"),
        sql.id(Table::Tag, "0"),
    );
    let last = format!("({} + 2 * i + 1)", messages - 2 * conversations);
    let (last_id, last_at) = (sql.id(Table::Message, &last), sql.time(&last));
    let (yes, no) = (sql.yes(), sql.no());
    let flag = |condition: &str| format!("CASE WHEN {condition} THEN {yes} ELSE {no} END");
    let (failed, archived, done) = (
        flag("i % 50 = 0"),
        flag("i % 10 >= 8"),
        flag("i % 10 BETWEEN 4 AND 7"),
    );
    let tag_text = match sql.kind() {
        Kind::Sqlite => uuid(Table::Tag, sql.start(), 0).hyphenated().to_string(),
        Kind::Postgres => uuid(Table::Tag, sql.start(), 0).to_string(),
    };
    let number = sql_number("i");
    let mut all = vec![
        format!(
            "INSERT INTO contact (id, name, created_at) SELECT {contact}, NULL, {time} FROM {from}"
        ),
        format!(
            "INSERT INTO address (channel, value, contact_id) \
             SELECT 'sms', '+1' || CAST({number} AS TEXT), {contact} FROM {from}"
        ),
        format!(
            "INSERT INTO tag (id, name, colour, created_at, version) SELECT {tag}, 'vip', '#ff8800', 0, 1"
        ),
        format!(
            "INSERT INTO conversation (id, contact_id, created_at, last_message_id, last_message_at, \
             last_gateway, unread, archived, done, shelf, snoozed_until, failed, issue_state, assignee_id, tags) \
             SELECT {conversation}, {contact}, {time}, {last_id}, {last_at}, '{GATEWAY}', \
             CASE WHEN i % 10 < 2 THEN 1 ELSE 0 END, {archived}, {done}, \
             CASE WHEN i % 10 < 4 THEN i % 10 WHEN i % 10 < 8 THEN 4 ELSE 5 END, \
             CASE WHEN i % 10 = 3 THEN 4000000000000000 ELSE NULL END, {failed}, \
             CASE i % 10 WHEN 0 THEN 'unassigned' WHEN 1 THEN 'assigned' ELSE NULL END, \
             CASE WHEN i % 10 = 1 THEN (SELECT id FROM agent LIMIT 1) ELSE NULL END, \
             CASE WHEN i % 20 = 0 THEN '[\"{tag_text}\"]' ELSE NULL END FROM {from}"
        ),
        format!(
            "INSERT INTO conversation_tag (tag_id, conversation_id, shelf, last_message_id) \
             SELECT {tag}, {conversation}, 0, {last_id} FROM {from} WHERE i % 20 = 0"
        ),
        format!(
            "INSERT INTO issue (id, number, conversation_id, state, title, assignee_id, assignee_name, opened_at) \
             SELECT {issue}, i + 1, {conversation}, \
             CASE i % 10 WHEN 0 THEN 'unassigned' WHEN 1 THEN 'assigned' ELSE 'closed' END, \
             'Order ' || CAST(i AS TEXT), \
             CASE WHEN i % 10 = 1 THEN (SELECT id FROM agent LIMIT 1) ELSE NULL END, \
             CASE WHEN i % 10 = 1 THEN 'bench' ELSE NULL END, {time} FROM {from}"
        ),
    ];
    all.extend(said(sql, messages));
    let nil = match sql.kind() {
        Kind::Sqlite => "zeroblob(16)",
        Kind::Postgres => "'00000000-0000-0000-0000-000000000000'::uuid",
    };
    for (dimension, key) in [("all", ""), ("gateway", GATEWAY)] {
        all.push(format!(
            "INSERT INTO tally (dimension, key, private_to, shelf, total, unread, failed) \
             SELECT '{dimension}', '{key}', {nil}, shelf, COUNT(*), SUM(CASE WHEN unread > 0 THEN 1 ELSE 0 END), \
             SUM(CASE WHEN failed = {yes} THEN 1 ELSE 0 END) FROM conversation GROUP BY shelf"
        ));
    }
    all
}

fn said(sql: &Sql, messages: usize) -> Vec<String> {
    let all = sql.series(0, messages);
    let conversations = messages / EACH;
    let person = format!("(i / 2 % {conversations})");
    let (id, time) = (sql.id(Table::Message, "i"), sql.time("i"));
    let (conversation, issue) = (
        sql.id(Table::Conversation, &person),
        sql.id(Table::Issue, &person),
    );
    let (event, place) = (sql.id(Table::Event, "i"), Sql::place("i"));
    let number = sql_number(&person);
    let customer = format!("'+1' || CAST({number} AS TEXT)");
    let status =
        "CASE WHEN i % 2 = 0 THEN 'received' WHEN i % 1000 = 1 THEN 'failed' ELSE 'delivered' END";
    let body = sql_text();
    vec![
        format!(
            "INSERT INTO message (id, direction, channel, gateway, sender, recipient, body, encoding, \
             segments, status, provider_reference, conversation_id, issue_id, details, round, created_at) \
             SELECT {id}, CASE WHEN i % 2 = 0 THEN 'inbound' ELSE 'outbound' END, 'sms', '{GATEWAY}', \
             CASE WHEN i % 2 = 0 THEN {customer} ELSE '{ADDRESS}' END, \
             CASE WHEN i % 2 = 0 THEN '{ADDRESS}' ELSE {customer} END, \
             {body}, 'gsm7', 1, {status}, 'SM' || CAST(i AS TEXT), {conversation}, {issue}, '{{}}', 0, {time} FROM {all}"
        ),
        format!(
            "INSERT INTO reference (gateway, direction, value, message_id, part, parts, round) \
             SELECT '{GATEWAY}', CASE WHEN i % 2 = 0 THEN 'inbound' ELSE 'outbound' END, \
             'SM' || CAST(i AS TEXT), {id}, 0, 0, 0 FROM {all}"
        ),
        format!(
            "INSERT INTO event (seq, id, type, at, conversation_id, data) SELECT {place}, {event}, \
             CASE WHEN i % 2 = 0 THEN 'message.received' ELSE 'message.delivered' END, {time}, {conversation}, \
             '{{}}' FROM {all}"
        ),
        format!("UPDATE head SET feed_seq = feed_seq + {messages}, issue_number = {conversations}"),
    ]
}

/// Puts all of it into the index, as if that had followed the feed all the time.
async fn index(database: &Database, messages: usize, start: i64) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let location = match database.kind {
        Kind::Sqlite => {
            let path = database
                .url
                .strip_prefix("sqlite://")
                .context("a SQLite URL")?;
            Location::Sqlite(PathBuf::from(path))
        }
        Kind::Postgres => Location::Postgres(database.url.clone()),
    };
    let store = Store::open(&location, &OpenOptions::default(), &tasks).await?;
    for from in (0..messages).step_by(SLICE) {
        let docs: Vec<Doc> = (from..(from + SLICE).min(messages))
            .flat_map(|i| docs(i, messages, start))
            .collect();
        let unit = store.write(move |tx| {
            Box::pin(async move {
                let mut position = find_position(&mut tx.conn).await?;
                upsert_docs(&mut tx.conn, &docs, &mut position).await?;
                position.seq = find_head(&mut tx.conn).await?;
                save_position(&mut tx.conn, position);
                Ok::<_, StoreFault>(())
            })
        });
        unit.await?;
    }
    store.close().await;
    drop(store);
    tasks.stop(Duration::from_secs(10)).await;
    Ok(())
}

/// The documents that a message makes: its own, and with the first of a conversation that one's.
fn docs(i: usize, messages: usize, start: i64) -> Vec<Doc> {
    let conversations = messages / EACH;
    let person = i / 2 % conversations;
    let number = |i: usize| i64::try_from(i).unwrap_or(i64::MAX);
    let at = Timestamp((start + number(i)) * 1_000);
    let conversation = ConversationId(uuid(Table::Conversation, start, person));
    let customer = contact(person);
    let inbound = i.is_multiple_of(2);
    let message = Message {
        id: MessageId(uuid(Table::Message, start, i)),
        direction: if inbound {
            Direction::Inbound
        } else {
            Direction::Outbound
        },
        channel: ChannelKind::Sms,
        gateway: GatewayName::parse(GATEWAY).expect("it is a name"),
        from: if inbound {
            customer.clone()
        } else {
            ADDRESS.to_owned()
        },
        to: if inbound {
            ADDRESS.to_owned()
        } else {
            customer.clone()
        },
        text: text(i),
        encoding: Some(Encoding::Gsm7),
        segments: 1,
        status: match i {
            _ if inbound => Status::Received,
            i if i % 1_000 == 1 => Status::Failed,
            _ => Status::Delivered,
        },
        failure: None,
        reference: None,
        provider_reference: None,
        conversation,
        issue: None,
        author: None,
        details: Details::default(),
        raw: None,
        round: 0,
        created_at: at,
    };
    let mut docs = vec![Doc::of_message(&message, None)];
    if i < 2 * conversations && inbound {
        let contact = Contact {
            id: ContactId(uuid(Table::Contact, start, person)),
            name: None,
            created_at: at,
        };
        let title = format!("Order {person}");
        docs.push(Doc::of_conversation(
            conversation,
            at,
            &contact,
            &[Address::Sms(customer)],
            &[title],
            marks(person),
        ));
    }
    docs
}

fn marks(person: usize) -> Marks {
    let flags = match person % 10 {
        0 => vec![Flag::Open, Flag::Unassigned, Flag::Unread],
        1 => vec![Flag::Open, Flag::Unread],
        3 => vec![Flag::Closed, Flag::Snoozed],
        4..8 => vec![Flag::Closed, Flag::Done],
        8.. => vec![Flag::Closed, Flag::Archived],
        _ => vec![Flag::Closed],
    };
    Marks {
        flags,
        assignee: None,
        tags: if person.is_multiple_of(20) {
            vec!["vip".to_owned()]
        } else {
            Vec::new()
        },
    }
}
