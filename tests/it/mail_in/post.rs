//! A mailbox whose mails are handed over in process, and letters to put into it.

use std::fmt::Write as _;

use bytes::Bytes;
use postern::domain::clock::Timestamp;
use postern::domain::gateway::GatewayName;
use postern::domain::mailbox::MailboxState;
use postern::domain::receive::mail::MailReceipt;
use postern::engine::Fetched;

use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::setup::{FAST_MAIL, Setup};
use crate::world::smtp::MailSink;

/// The receiving server that is believed in these tests.
pub const AUTHSERV: &str = "mx.example.net";
/// The gateways' addresses.
pub const SUPPORT: &str = "support@example.net";
pub const BILLING: &str = "billing@example.net";

/// Lines of `[gateway.mail]` that believe the receiving server.
pub const BELIEVES: &str = "authserv_id = \"mx.example.net\"";

/// A daemon with two mail gateways, `support` and `billing`, that hand over at a sink.
pub async fn office(db: &Db, mail: &str) -> (TestApp, MailSink) {
    let sink = MailSink::start().await;
    let app = TestApp::start(db, &setup(db, &sink, mail)).await;
    (app, sink)
}

/// What such a daemon is configured by, with further lines of `[gateway.mail]`.
pub fn setup(db: &Db, sink: &MailSink, mail: &str) -> Setup {
    Setup::bare(db)
        .mail("support", SUPPORT, sink.address, [FAST_MAIL, mail, ""])
        .mail("billing", BILLING, sink.address, [FAST_MAIL, mail, ""])
}

/// Somebody's letter, as a mail program writes it.
#[derive(Clone)]
pub struct Letter {
    headers: Vec<(String, String)>,
    body: String,
}

impl Letter {
    /// A letter to the support mailbox, with a Message-ID of its own.
    pub fn new(from: &str, subject: &str, body: &str) -> Self {
        let id = format!("<{:032x}@mail.example.org>", rand::random::<u128>());
        let headers = [
            ("From", from),
            ("To", SUPPORT),
            ("Subject", subject),
            ("Date", "Fri, 20 Nov 2026 10:00:00 +0000"),
            ("Message-ID", &id),
        ];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            headers: headers.map(own).into(),
            body: body.replace('\n', "\r\n"),
        }
    }

    /// The same with another header of that name, or one more.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same under another Message-ID.
    pub fn again(self) -> Self {
        let id = format!("<{:032x}@mail.example.org>", rand::random::<u128>());
        self.with("Message-ID", &id)
    }

    /// The same without headers of that name.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// The same with a header above all others, as servers on the way add them.
    pub fn stamped(mut self, name: &str, value: &str) -> Self {
        let header = (name.to_owned(), value.to_owned());
        self.headers.insert(0, header);
        self
    }

    /// The same, as the receiving server vouches or does not vouch for it.
    pub fn judged(self, result: &str) -> Self {
        self.stamped("Authentication-Results", &format!("{AUTHSERV}; {result}"))
    }

    /// Its Message-ID, without angle brackets.
    pub fn id(&self) -> String {
        let header = self.headers.iter().find(|(name, _)| name == "Message-ID");
        header.unwrap().1.trim_matches(['<', '>']).to_owned()
    }

    /// Its bytes.
    pub fn raw(&self) -> Bytes {
        let mut text = String::new();
        for (name, value) in &self.headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "\r\n{}\r\n", self.body).unwrap();
        text.into_bytes().into()
    }
}

/// What the mailbox worker would hand over.
pub fn fetched(uidvalidity: u32, uid: u32, raw: Bytes) -> Fetched {
    Fetched {
        mailbox: "INBOX".to_owned(),
        uidvalidity,
        uid,
        size: raw.len() as u64,
        raw,
        internal_date: None,
        headers_only: false,
    }
}

/// A mailbox that is to be read from its beginning.
pub fn state(gateway: &GatewayName, uidvalidity: u32) -> MailboxState {
    MailboxState {
        gateway: gateway.clone(),
        name: "INBOX".to_owned(),
        uidvalidity,
        start_uid: 0,
        read_to: 0,
        history_to: 0,
        opened_at: at(1_800_000_000),
        since: Timestamp(i64::MIN),
    }
}

/// A gateway's mailbox.
pub struct Mailbox<'a> {
    app: &'a TestApp,
    gateway: GatewayName,
    uidvalidity: u32,
    next: u32,
}

impl<'a> Mailbox<'a> {
    /// A mailbox that is empty and was opened.
    pub async fn open(app: &'a TestApp, gateway: &str) -> Self {
        let gateway = GatewayName::parse(gateway).unwrap();
        app.engine().open_mailbox(state(&gateway, 1)).await.unwrap();
        Self {
            app,
            gateway,
            uidvalidity: 1,
            next: 1,
        }
    }

    /// Puts mails into it, and has them filed together.
    pub async fn put_all(&mut self, raws: Vec<Bytes>) -> Vec<MailReceipt> {
        let first = self.next;
        self.next += u32::try_from(raws.len()).unwrap();
        let batch = raws.into_iter().zip(first..);
        let batch = batch.map(|(raw, uid)| fetched(self.uidvalidity, uid, raw));
        let line = self.app.engine().line(&self.gateway).unwrap();
        let receipts = self.app.engine().receive_mails(line, batch.collect()).await;
        receipts.into_iter().map(Result::unwrap).collect()
    }

    /// Puts a letter into it and has it filed.
    pub async fn put(&mut self, letter: &Letter) -> MailReceipt {
        self.put_all(vec![letter.raw()]).await.pop().unwrap()
    }

    /// Puts a letter into it; gives back the message that it became.
    pub async fn message(&mut self, letter: &Letter) -> serde_json::Value {
        let receipt = self.put(letter).await;
        let MailReceipt::Stored(id) = receipt else {
            panic!("{receipt:?}");
        };
        let path = format!("/v1/messages/{id}");
        self.app.api.get(&path).await.expect(200)
    }

    /// The server makes the mailbox anew: the same mails under other UIDs.
    pub async fn renumber(&mut self, uidvalidity: u32) {
        (self.uidvalidity, self.next) = (uidvalidity, 1);
        let opened = state(&self.gateway, uidvalidity);
        self.app.engine().open_mailbox(opened).await.unwrap();
    }

    /// How far it was read.
    pub async fn read_to(&self) -> u32 {
        let state = self.app.engine().mailbox(&self.gateway).await.unwrap();
        state.unwrap().read_to
    }
}

/// A point in time, in seconds since 1970.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000_000)
}
