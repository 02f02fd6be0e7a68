//! Requests as a provider and a client make them, signed before the clock starts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// What the daemon is told that providers see.
pub const PUBLIC_URL: &str = "https://postern.test";
/// The gateway's name.
pub const GATEWAY: &str = "long";
/// The name of the gateway for mail, where there is one.
pub const MAIL_GATEWAY: &str = "mail";
/// The gateway's address.
pub const ADDRESS: &str = "+12025550100";
/// The account at the provider.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// The secret that signs callbacks.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// How many customers write.
pub const CONTACTS: usize = 10_000;

/// A step that is prime to the number of contacts, so that neighbours in time are strangers.
const STEP: usize = 7_919;

/// Many requests, each ready to be written to a socket.
#[derive(Default)]
pub struct Requests {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Requests {
    /// The request at a place.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        let end = *self.ends.get(place)?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end])
    }

    fn push(&mut self, head: &str, body: &str) {
        self.bytes.extend_from_slice(head.as_bytes());
        let rest = format!("content-length: {}\r\n\r\n{body}", body.len());
        self.bytes.extend_from_slice(rest.as_bytes());
        self.ends.push(self.bytes.len());
    }

    fn push_signed(&mut self, params: &[(&str, &str)]) {
        let path = format!("/hooks/{GATEWAY}");
        let signature = sign(&format!("{PUBLIC_URL}{path}"), params);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .finish();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: postern.test\r\nuser-agent: TwilioProxy/1.1\r\n\
             content-type: application/x-www-form-urlencoded; charset=utf-8\r\n\
             x-twilio-signature: {signature}\r\n"
        );
        self.push(&head, &body);
    }

    /// The same request many times.
    pub fn repeat(request: &[u8], count: usize) -> Self {
        Self {
            bytes: request.repeat(count),
            ends: (1..=count).map(|nth| nth * request.len()).collect(),
        }
    }

    /// Texts of customers, each with an id of its own.
    pub fn texts(count: usize) -> Self {
        let mut requests = Self::default();
        for n in 0..count {
            let (sid, from) = (fresh_sid(), contact(n * STEP));
            let text = format!("Hello, order {n} has not come yet. Could you have a look, please?");
            // In the order of names, as the signature wants it.
            requests.push_signed(&[
                ("AccountSid", ACCOUNT),
                ("ApiVersion", "2010-04-01"),
                ("Body", &text),
                ("From", &from),
                ("FromCountry", "US"),
                ("MessageSid", &sid),
                ("NumMedia", "0"),
                ("NumSegments", "1"),
                ("SmsMessageSid", &sid),
                ("SmsSid", &sid),
                ("SmsStatus", "received"),
                ("To", ADDRESS),
                ("ToCountry", "US"),
            ]);
        }
        requests
    }

    /// Reports that messages were delivered.
    pub fn delivered(sids: &[String]) -> Self {
        let mut requests = Self::default();
        for (n, sid) in sids.iter().enumerate() {
            requests.push_signed(&[
                ("AccountSid", ACCOUNT),
                ("ApiVersion", "2010-04-01"),
                ("From", ADDRESS),
                ("MessageSid", sid),
                ("MessageStatus", "delivered"),
                ("SmsSid", sid),
                ("SmsStatus", "delivered"),
                ("To", &contact(n * STEP)),
            ]);
        }
        requests
    }

    /// Texts that a client of the API sends.
    pub fn sends(key: &str, count: usize) -> Self {
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: postern.test\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\n"
        );
        let mut requests = Self::default();
        for n in 0..count {
            let to = contact(n * STEP);
            let body = format!(
                "{{\"gateway\":\"{GATEWAY}\",\"to\":\"{to}\",\"reference\":\"order-{n}\",\
                 \"text\":\"Your order {n} left our house today and should be with you tomorrow.\"}}"
            );
            requests.push(&head, &body);
        }
        requests
    }

    /// Mails that a client of the API sends, each to somebody else; about 2 kB on the wire.
    pub fn mails(key: &str, numbers: std::ops::Range<usize>) -> Self {
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: postern.test\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\n"
        );
        let rest = "We packed it with care and wish you joy of it. ".repeat(13);
        let mut requests = Self::default();
        for n in numbers {
            let body = format!(
                "{{\"gateway\":\"{MAIL_GATEWAY}\",\"to\":\"customer{n}@example.org\",\
                 \"subject\":\"Your order {n}\",\"text\":\"Your order {n} left today. {rest}\"}}"
            );
            requests.push(&head, &body);
        }
        requests
    }
}

/// A request of the API that changes nothing.
pub fn get(key: &str, target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: postern.test\r\nauthorization: Bearer {key}\r\n\r\n")
        .into_bytes()
}

/// A customer's number.
pub fn contact(n: usize) -> String {
    let n = n % CONTACTS;
    format!("+1{}55501{:02}", 201 + n / 100, n % 100)
}

/// A fresh id of a message at the provider.
pub fn fresh_sid() -> String {
    format!("SM{:032x}", rand::random::<u128>())
}

/// `X-Twilio-Signature`: the URL, then each name and value in order of name.
fn sign(url: &str, params: &[(&str, &str)]) -> String {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("a key may have any length");
    mac.update(url.as_bytes());
    for (name, value) in params {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}
