//! What the invented customers write, byte for byte as their mail programs would send it.

/// A mail that was handed over for one recipient.
pub(super) struct Sent {
    pub(super) mailbox: String,
    pub(super) recipient: String,
    headers: Vec<(String, String)>,
    text: String,
}

impl Sent {
    pub(super) fn new(mailbox: &str, recipient: &str, data: &str) -> Self {
        let (head, body) = data.split_once("\r\n\r\n").unwrap_or((data, ""));
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let headers = unfolded.lines().filter_map(|line| line.split_once(':'));
        Self {
            mailbox: mailbox.to_owned(),
            recipient: recipient.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect(),
            text: first_line(body),
        }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Where an answer goes.
    fn reply_to(&self) -> &str {
        let address = self.header("reply-to");
        let address = address.split_once('<').map_or(address, |(_, rest)| rest);
        match address.trim_end_matches('>') {
            "" => &self.mailbox,
            address => address,
        }
    }

    /// Whether a program wrote it (RFC 3834).
    pub(super) fn is_automatic(&self) -> bool {
        !matches!(self.header("auto-submitted"), "" | "no")
    }

    /// Whether the customer has answered in this thread already.
    pub(super) fn is_answer_to_an_answer(&self) -> bool {
        self.header("references").contains("answer-")
    }
}

/// A line of the text to quote; the demo's mails are short.
fn first_line(body: &str) -> String {
    let shown = |line: &&str| !line.is_empty() && !line.starts_with("--") && !line.contains(": ");
    body.lines().find(shown).unwrap_or_default().to_owned()
}

/// An id that no other mail has.
fn fresh_id(kind: &str) -> String {
    format!("{kind}-{:016x}@customer.example", rand::random::<u64>())
}

fn mail(to: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut mail = String::new();
    let date = jiff::Zoned::new(now(), jiff::tz::TimeZone::UTC);
    let date = jiff::fmt::rfc2822::to_string(&date).unwrap_or_default();
    for (name, value) in [("Date", date.as_str()), ("To", to), ("MIME-Version", "1.0")]
        .iter()
        .chain(headers)
    {
        mail.extend([*name, ": ", value, "\r\n"]);
    }
    mail.push_str("\r\n");
    mail.push_str(&body.replace('\n', "\r\n"));
    mail
}

/// A text of a customer who has a question.
pub(super) fn question(to: &str) -> String {
    let id = format!("<{}>", fresh_id("letter"));
    mail(
        to,
        &[
            ("From", "Ana Lima <ana@customer.example>"),
            ("Subject", "=?utf-8?q?Wo_bleibt_meine_Bestellung_4471=3F?="),
            ("Message-ID", &id),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ],
        "Guten Tag,\n\nmeine Bestellung 4471 ist noch nicht da. Können Sie nachsehen?\n\n\
         Viele Grüße\nAna Lima\n\n-- \nAna Lima · Töpferei am Fluss\n",
    )
}

/// A mail with two bodies and a picture.
pub(super) fn complaint_with_photo(to: &str) -> String {
    let id = format!("<{}>", fresh_id("letter"));
    mail(
        to,
        &[
            ("From", "\"Ben Ortiz\" <reader@customer.example>"),
            ("Subject", "The cup arrived broken"),
            ("Message-ID", &id),
            ("Content-Type", "multipart/mixed; boundary=\"outer\""),
        ],
        "--outer\nContent-Type: multipart/alternative; boundary=\"inner\"\n\n\
         --inner\nContent-Type: text/plain; charset=utf-8\n\n\
         Hello, the cup arrived broken, see the picture.\n\nBen\n\n\
         --inner\nContent-Type: text/html; charset=utf-8\n\n\
         <p>Hello, the cup arrived <b>broken</b>, see the picture.</p><p>Ben</p>\n\n\
         --inner--\n\
         --outer\nContent-Type: image/png; name=\"cup.png\"\n\
         Content-Disposition: attachment; filename=\"cup.png\"\n\
         Content-Transfer-Encoding: base64\n\n\
         iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\n\n\
         --outer--\n",
    )
}

/// What a list sends to everybody: nobody has to answer it.
pub(super) fn newsletter(to: &str) -> String {
    let id = format!("<{}>", fresh_id("letter"));
    mail(
        to,
        &[
            ("From", "Kiln News <news@list.example>"),
            ("Subject", "Glazes of the month"),
            ("Message-ID", &id),
            ("List-Id", "<kiln-news.list.example>"),
            ("Precedence", "bulk"),
            ("Content-Type", "text/plain; charset=utf-8"),
        ],
        "This month: celadon.\n",
    )
}

/// The recipient's answer, with what they answer quoted below.
pub(super) fn answer(sent: &Sent) -> String {
    let id = format!("<{}>", fresh_id("answer"));
    let references = format!(
        "{} {}",
        sent.header("references"),
        sent.header("message-id")
    );
    let subject = sent.header("subject");
    let body = format!(
        "Thank you, that helps!\n\nOn Sat, 21 Nov 2026 at 10:00, {} wrote:\n> {}\n",
        sent.mailbox, sent.text
    );
    mail(
        sent.reply_to(),
        &[
            ("From", &sent.recipient),
            ("Subject", subject),
            ("Message-ID", &id),
            ("In-Reply-To", sent.header("message-id")),
            ("References", references.trim()),
            ("Content-Type", "text/plain; charset=utf-8"),
        ],
        &body,
    )
}

/// What a mail program answers by itself while its owner is away.
pub(super) fn out_of_office(sent: &Sent) -> String {
    let id = format!("<{}>", fresh_id("away"));
    let subject = format!("Out of office: {}", sent.header("subject"));
    mail(
        sent.reply_to(),
        &[
            ("From", &sent.recipient),
            ("Subject", &subject),
            ("Message-ID", &id),
            ("In-Reply-To", sent.header("message-id")),
            ("Auto-Submitted", "auto-replied"),
            ("Content-Type", "text/plain; charset=utf-8"),
        ],
        "I am away until Monday.\n",
    )
}

/// What the recipient's server says when there is no such mailbox (RFC 3464).
pub(super) fn bounce(sent: &Sent) -> String {
    let id = format!("<{}>", fresh_id("bounce"));
    let body = format!(
        "--report\nContent-Type: text/plain\n\nYour mail to {recipient} could not be delivered.\n\n\
         --report\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.customer.example\n\n\
         Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such mailbox here\n\n\
         --report\nContent-Type: text/rfc822-headers\n\nMessage-ID: {original}\n\n--report--\n",
        recipient = sent.recipient,
        original = sent.header("message-id"),
    );
    let kind = "multipart/report; report-type=delivery-status; boundary=\"report\"";
    mail(
        &sent.mailbox,
        &[
            (
                "From",
                "Mail Delivery System <mailer-daemon@customer.example>",
            ),
            ("Return-Path", "<>"),
            ("Subject", "Undelivered mail returned to sender"),
            ("Message-ID", &id),
            ("Auto-Submitted", "auto-replied"),
            ("Content-Type", kind),
        ],
        &body,
    )
}

/// What a mail program says when the mail was shown (RFC 8098).
pub(super) fn read_receipt(sent: &Sent) -> String {
    let id = format!("<{}>", fresh_id("read"));
    let body = format!(
        "--report\nContent-Type: text/plain\n\nYour mail was displayed.\n\n\
         --report\nContent-Type: message/disposition-notification\n\n\
         Final-Recipient: rfc822; {}\nOriginal-Message-ID: {}\n\
         Disposition: manual-action/MDN-sent-manually; displayed\n\n--report--\n",
        sent.recipient,
        sent.header("message-id"),
    );
    let kind = "multipart/report; report-type=disposition-notification; boundary=\"report\"";
    mail(
        &sent.mailbox,
        &[
            ("From", &sent.recipient),
            ("Subject", "Read: your mail"),
            ("Message-ID", &id),
            ("Auto-Submitted", "auto-replied"),
            ("Content-Type", kind),
        ],
        &body,
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the other side has a clock of its own"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
