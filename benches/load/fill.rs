//! Fills a database with a stock of messages, by SQL alone.
//!
//! Every second message was received; of the others the last ones are queued and all before were
//! delivered. They are spread evenly over the contacts, a millisecond apart.

use crate::database::{Database, Kind};
use crate::requests::{ADDRESS, CONTACTS, GATEWAY};

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub struct Stock {
    /// Messages, received and sent.
    pub messages: usize,
    /// Those of them that wait to be sent.
    pub queued: usize,
}

impl Stock {
    /// How many people wrote and were written to, all as often as each other.
    fn contacts(self) -> usize {
        CONTACTS.min(self.messages / 2)
    }
}

/// The tables that ids are made for.
#[derive(Debug, Clone, Copy)]
pub enum Table {
    Contact = 1,
    Conversation = 2,
    Issue = 3,
    Message = 4,
    Event = 5,
    Tag = 6,
}

/// The UUIDv7 of the row of that number, as SQL makes it.
pub fn uuid(table: Table, start: i64, number: usize) -> uuid::Uuid {
    let number = number as u128;
    let time = (u128::try_from(start).unwrap_or(0) + number) << 80;
    uuid::Uuid::from_u128(time | 0x7000_8000_u128 << 48 | (table as u128) << 48 | number)
}

/// Fills the database, whose tables are there and empty.
pub async fn fill(database: &Database, stock: Stock, now: i64) -> anyhow::Result<()> {
    let mut connection = database.connect().await?;
    // All of it lies in the past, so that what is stored later has later ids.
    let sql = Sql::new(database.kind, now / 1_000 - 86_400_000, stock);
    connection.run("BEGIN".to_owned()).await?;
    for statement in sql.contacts().into_iter().chain(sql.messages()) {
        connection.run(statement).await?;
    }
    connection.run("COMMIT".to_owned()).await?;
    // What time would bring by itself: statistics, and a log that is written back.
    connection.run("ANALYZE".to_owned()).await?;
    if database.kind == Kind::Sqlite {
        connection
            .run("PRAGMA wal_checkpoint(TRUNCATE)".to_owned())
            .await?;
    }
    Ok(())
}

/// Statements whose every part is a number or a constant of the bench.
pub struct Sql {
    kind: Kind,
    start: i64,
    stock: Stock,
}

impl Sql {
    /// Statements for a kind of database, whose ids begin at a time in milliseconds.
    pub fn new(kind: Kind, start: i64, stock: Stock) -> Self {
        Self { kind, start, stock }
    }

    /// For which database.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When ids begin, in milliseconds.
    pub fn start(&self) -> i64 {
        self.start
    }

    /// Yes, as the database writes it.
    pub fn yes(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "1",
            Kind::Postgres => "true",
        }
    }

    /// The numbers from `from` to before `to`, as `i`.
    pub fn series(&self, from: usize, to: usize) -> String {
        let last = to.saturating_sub(1);
        match self.kind {
            Kind::Sqlite => format!(
                "(WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
                 SELECT i FROM n) AS n"
            ),
            Kind::Postgres => format!("generate_series({from}::bigint, {last}::bigint) AS n(i)"),
        }
    }

    /// The UUIDv7 of the row of that number.
    pub fn id(&self, table: Table, number: &str) -> String {
        let (start, table) = (self.start, table as u8);
        match self.kind {
            Kind::Sqlite => {
                format!("unhex(printf('%012x7000800{table}%012x', {start} + {number}, {number}))")
            }
            Kind::Postgres => format!(
                "(lpad(to_hex({start}::bigint + {number}), 12, '0') || '7000800{table}' || \
                 lpad(to_hex(({number})::bigint), 12, '0'))::uuid"
            ),
        }
    }

    /// When the row of that number was made.
    pub fn time(&self, number: &str) -> String {
        format!("({} + {number}) * 1000", self.start)
    }

    /// The place in the feed of the event of that number, behind those that are there already.
    pub fn place(number: &str) -> String {
        format!("(SELECT feed_seq FROM head) + {number} + 1")
    }

    /// No.
    pub fn no(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "0",
            Kind::Postgres => "false",
        }
    }

    fn contacts(&self) -> Vec<String> {
        let contacts = self.stock.contacts();
        let from = self.series(0, contacts);
        let (contact, conversation) = (
            self.id(Table::Contact, "i"),
            self.id(Table::Conversation, "i"),
        );
        let (issue, time, no) = (self.id(Table::Issue, "i"), self.time("i"), self.no());
        let last = format!("({} + 2 * i + 1)", self.stock.messages - 2 * contacts);
        let (last_id, last_at) = (self.id(Table::Message, &last), self.time(&last));
        vec![
            format!(
                "INSERT INTO contact (id, name, created_at) SELECT {contact}, NULL, {time} FROM {from}"
            ),
            format!(
                "INSERT INTO address (channel, value, contact_id) \
                 SELECT 'sms', '+1' || CAST(2015550000 + i AS TEXT), {contact} FROM {from}"
            ),
            format!(
                "INSERT INTO conversation (id, contact_id, created_at, last_message_id, last_message_at, \
                 last_gateway, unread, archived, done) \
                 SELECT {conversation}, {contact}, {time}, {last_id}, {last_at}, '{GATEWAY}', 1, {no}, {no} FROM {from}"
            ),
            format!(
                "INSERT INTO issue (id, number, conversation_id, state, title, opened_at) \
                 SELECT {issue}, i + 1, {conversation}, 'unassigned', 'Order ' || CAST(i AS TEXT), {time} FROM {from}"
            ),
        ]
    }

    fn messages(&self) -> Vec<String> {
        let Stock { messages, queued } = self.stock;
        let all = self.series(0, messages);
        // Every second message is outbound, so the queued ones reach back twice their number.
        let first_queued = messages - 2 * queued;
        let contacts = self.stock.contacts();
        let person = format!("(i / 2 % {contacts})");
        let (id, time) = (self.id(Table::Message, "i"), self.time("i"));
        let (conversation, issue) = (
            self.id(Table::Conversation, &person),
            self.id(Table::Issue, &person),
        );
        let (event, place) = (self.id(Table::Event, "i"), Self::place("i"));
        let customer = format!("'+1' || CAST(2015550000 + {person} AS TEXT)");
        let reference = "'SM' || CAST(i AS TEXT)";
        let kind = |inbound: &str, delivered: &str, waiting: &str| {
            format!(
                "CASE WHEN i % 2 = 0 THEN {inbound} WHEN i < {first_queued} THEN {delivered} ELSE {waiting} END"
            )
        };
        let status = kind("'received'", "'delivered'", "'queued'");
        let event_type = kind(
            "'message.received'",
            "'message.delivered'",
            "'message.queued'",
        );
        let provider_reference = kind(reference, reference, "NULL");
        let forever = self.time("i + 864000000");
        vec![
            format!(
                "INSERT INTO message (id, direction, channel, gateway, sender, recipient, body, encoding, \
                 segments, status, provider_reference, conversation_id, issue_id, details, round, created_at) \
                 SELECT {id}, CASE WHEN i % 2 = 0 THEN 'inbound' ELSE 'outbound' END, 'sms', '{GATEWAY}', \
                 CASE WHEN i % 2 = 0 THEN {customer} ELSE '{ADDRESS}' END, \
                 CASE WHEN i % 2 = 0 THEN '{ADDRESS}' ELSE {customer} END, \
                 'Hello, order ' || CAST(i AS TEXT) || ' has not come yet. Could you have a look, please?', \
                 'gsm7', 1, {status}, {provider_reference}, {conversation}, {issue}, '{{}}', 0, {time} FROM {all}"
            ),
            format!(
                "INSERT INTO reference (gateway, direction, value, message_id, part, parts, round) \
                 SELECT '{GATEWAY}', CASE WHEN i % 2 = 0 THEN 'inbound' ELSE 'outbound' END, {reference}, {id}, \
                 0, 0, 0 FROM {all} WHERE i % 2 = 0 OR i < {first_queued}"
            ),
            format!(
                "INSERT INTO status_event (message_id, n, round, part, parts, status, at) \
                 SELECT {id}, 0, 0, 0, 0, 'delivered', {time} FROM {all} WHERE i % 2 = 1 AND i < {first_queued}"
            ),
            format!(
                "INSERT INTO delivery (message_id, part, gateway, conversation_id, lane, state, due_at, \
                 valid_until, attempt, epoch, segments) \
                 SELECT {id}, 0, '{GATEWAY}', {conversation}, 0, 'queued', {time}, {forever}, 0, 0, 1 \
                 FROM {all} WHERE i % 2 = 1 AND i >= {first_queued}"
            ),
            format!(
                "INSERT INTO event (seq, id, type, at, conversation_id, data) \
                 SELECT {place}, {event}, {event_type}, {time}, {conversation}, '{{}}' FROM {all}"
            ),
            format!("UPDATE head SET feed_seq = feed_seq + {messages}, issue_number = {contacts}"),
        ]
    }
}
