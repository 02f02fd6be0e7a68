//! Configuration texts for tests: a long code at Twilio and a short code at a sandbox.

use std::fmt::Write as _;

use super::db::Db;

/// What providers see, and signatures are checked against; nobody listens there.
pub const PUBLIC_URL: &str = "https://postern.test";
/// The account at Twilio.
pub const ACCOUNT_SID: &str = "AC00000000000000000000000000000000";
/// Its secret.
pub const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The secret of the carrier that signs as Standard Webhooks ask.
pub const WEBHOOK_SECRET: &str = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHMgaGVyZQ==";

/// A configuration file in the making.
#[derive(Clone)]
pub struct Setup {
    text: String,
}

impl Setup {
    /// A daemon without gateways on this database, on free ports.
    pub fn bare(db: &Db) -> Self {
        let mut text = String::new();
        write!(
            text,
            "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             public_url = {PUBLIC_URL:?}\n[database]\nurl = {:?}\n[blobs]\nurl = \"file:{}\"\n",
            db.url,
            db.folder().join("blobs").display()
        )
        .unwrap();
        Self { text }
    }

    /// A daemon with the gateway `long` at a Twilio and `short` at a sandbox, both fast.
    pub fn usual(db: &Db, provider_url: &str) -> Self {
        Self::bare(db)
            .twilio("long", "+12025550100", provider_url, FAST)
            .sandbox("short", "24680", provider_url, FAST)
    }

    /// The same daemon on these ports.
    #[must_use]
    pub fn on_ports(mut self, listen: u16, admin: u16) -> Self {
        let fixed =
            format!("listen = \"127.0.0.1:{listen}\"\nadmin_listen = \"127.0.0.1:{admin}\"");
        let free = "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"";
        self.text = self.text.replace(free, &fixed);
        self
    }

    /// One more gateway at a Twilio, with further lines of its section.
    #[must_use]
    pub fn twilio(mut self, name: &str, address: &str, url: &str, more: &str) -> Self {
        write!(
            self.text,
            "\n[[gateway]]\nname = {name:?}\nkind = \"long_code\"\nprofile = \"twilio\"\n\
             address = {address:?}\n{more}\n[gateway.settings]\naccount_sid = {ACCOUNT_SID:?}\n\
             auth_token = {AUTH_TOKEN:?}\nbase_url = {url:?}\n"
        )
        .unwrap();
        self
    }

    /// One more gateway at a sandbox, with further lines of its section.
    #[must_use]
    pub fn sandbox(mut self, name: &str, address: &str, url: &str, more: &str) -> Self {
        write!(
            self.text,
            "\n[[gateway]]\nname = {name:?}\nkind = \"short_code\"\nprofile = \"sandbox\"\n\
             address = {address:?}\n{more}\n[gateway.settings]\nsecret = {WEBHOOK_SECRET:?}\n\
             api_key = \"a key of the tests\"\nbase_url = {url:?}\n"
        )
        .unwrap();
        self
    }

    /// With a further section.
    #[must_use]
    pub fn with(mut self, section: &str) -> Self {
        self.text.push('\n');
        self.text.push_str(section);
        self
    }

    /// One more gateway for mail that hands over at a server, with further lines of its sections
    /// `gateway`, `gateway.mail` and `gateway.smtp`.
    #[must_use]
    pub fn mail(
        mut self,
        name: &str,
        address: &str,
        server: std::net::SocketAddr,
        [more, mail, smtp]: [&str; 3],
    ) -> Self {
        let (host, port) = (server.ip(), server.port());
        let host = if smtp.contains("tls =") {
            "localhost".to_owned()
        } else {
            host.to_string()
        };
        let tls = if smtp.contains("tls =") {
            ""
        } else {
            "tls = \"none\""
        };
        write!(
            self.text,
            "\n[[gateway]]\nname = {name:?}\nkind = \"email\"\naddress = {address:?}\n\
             display_name = \"Example Support\"\n{more}\n[gateway.mail]\n{mail}\n\
             [gateway.smtp]\nhost = {host:?}\nport = {port}\n{tls}\n{smtp}\n"
        )
        .unwrap();
        self
    }

    /// The same with further lines at the end.
    #[must_use]
    pub fn and(mut self, lines: &str) -> Self {
        self.text.push_str(lines);
        self
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The same for mail.
pub const FAST_MAIL: &str = "rate = { messages_per_second = 5000, burst = 5000 }\n\
    retry = { first = \"1s\", max = \"2s\" }";

/// Lines of a gateway's section: no rate limit to speak of, and quick second tries.
pub const FAST: &str = "rate = { segments_per_second = 5000, burst = 5000 }\n\
    retry = { first = \"1s\", max = \"2s\" }";
