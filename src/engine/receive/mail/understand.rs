//! Reading mails where they can do no harm: on threads of their own, with a deadline, and with a
//! net under them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::notice::told;
use super::{Care, waits};
use crate::domain::address::Address;
use crate::domain::attachment::Attachment;
use crate::domain::mail::{MailDetails, Mailbox, Verified};
use crate::domain::receive::mail::{Acknowledgement, InboundMail, Letter, Place, RawMail};
use crate::engine::attachments::NewFile;
use crate::engine::{Engine, Line};
use crate::lifecycle::crash_point;
use crate::mail::{self, AttachedFile, Mail, Reading};
use crate::sms;

/// How long reading one mail may take (T11).
const DEADLINE: Duration = Duration::from_secs(2);

/// How much of a mail's text is kept in the database, in bytes; the rest is in the raw mail.
const LONGEST_TEXT: usize = 1 << 20;

/// How many Message-IDs of a mail's thread are looked at, the nearest.
const NEAREST: usize = 50;

/// How many files of a mail are kept beside it; all of them are in the raw mail.
const MOST_FILES: usize = 100;

/// How many mails are read at once: one on each core.
pub(super) fn at_once() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// A mail that was read, with its bytes and those of the files in it, which are kept nowhere yet.
#[derive(Debug)]
pub(super) struct ReadMail {
    pub(super) mail: InboundMail,
    pub(super) bytes: Bytes,
    pub(super) files: Vec<(Attachment, Bytes)>,
}

/// Reads the mails of one gateway.
pub(super) struct Reader {
    engine: Engine,
    line: Line,
    reading: Reading,
    care: Care,
}

impl Reader {
    /// With what a gateway's mails are read.
    pub(super) fn new(engine: &Engine, line: &Line, care: Care) -> Self {
        // Mail from any of our mailboxes is our own: two gateways must not keep each other busy.
        let ours = engine.lines().filter_map(|line| {
            let mail = line.spec.mail.as_ref()?;
            Some(std::iter::once(line.spec.address.clone()).chain(mail.aliases.iter().cloned()))
        });
        let authserv_id = (line.spec.mail.as_ref()).and_then(|mail| mail.authserv_id.clone());
        Self {
            engine: engine.clone(),
            line: line.clone(),
            reading: Reading {
                authserv_id,
                own: ours.flatten().collect(),
                ..Reading::default()
            },
            care,
        }
    }

    /// Reads a mail, and its files; one that cannot be read says why.
    pub(super) async fn read(
        self: Arc<Self>,
        raw: RawMail,
        bytes: Bytes,
        place: Option<Place>,
    ) -> ReadMail {
        let care = match self.care {
            Care::Read => Ok(()),
            Care::Keep => Err("the daemon stopped each time it was read".to_owned()),
        };
        let (reader, mail) = (
            Arc::clone(&self),
            (raw.clone(), bytes.clone(), place.clone()),
        );
        let job = move || {
            let (raw, bytes, place) = mail;
            catch_unwind(AssertUnwindSafe(|| reader.read_now(raw, bytes, place)))
        };
        let reason = match care {
            Ok(()) => {
                let job = tokio::task::spawn_blocking(job);
                match tokio::time::timeout(DEADLINE, job).await {
                    Ok(Ok(Ok(read))) => return read,
                    Ok(Ok(Err(_)) | Err(_)) => {
                        "reading it failed; this is a mistake of ours".to_owned()
                    }
                    Err(_) => format!("reading it took longer than {DEADLINE:?}"),
                }
            }
            Err(reason) => reason,
        };
        let fingerprint = hex::encode(Sha256::digest(&bytes));
        ReadMail {
            mail: self.inbound(raw, place, fingerprint, Err(reason)),
            bytes,
            files: Vec::new(),
        }
    }

    fn read_now(&self, raw: RawMail, bytes: Bytes, place: Option<Place>) -> ReadMail {
        let (fingerprint, content, files) = match mail::read(&bytes, &self.reading) {
            Ok(mut mail) => {
                // A test has some mail end the daemon.
                crash_point(&mail.subject);
                let files = self.files(&mut mail);
                let fingerprint = mail.fingerprint.clone();
                let mut letter = Box::new(self.letter(mail, &raw));
                // A mail that answers nothing begins something, whatever it says.
                let answers = !letter.details.thread.is_empty();
                let bare = files.iter().all(|(file, _)| file.inline);
                letter.courtesy = bare && answers && sms::is_courtesy(&letter.text);
                (fingerprint, Ok(letter), files)
            }
            Err(unreadable) => {
                let fingerprint = hex::encode(Sha256::digest(&bytes));
                (fingerprint, Err(unreadable.reason), Vec::new())
            }
        };
        ReadMail {
            mail: self.inbound(raw, place, fingerprint, content),
            bytes,
            files,
        }
    }

    fn inbound(
        &self,
        raw: RawMail,
        place: Option<Place>,
        fingerprint: String,
        content: Result<Box<Letter>, String>,
    ) -> InboundMail {
        let rules = self.line.spec.mail.as_ref();
        let courtesy = content.as_ref().is_ok_and(|letter| letter.courtesy);
        InboundMail {
            waits: place.is_some() && waits(&self.line),
            place,
            replays: None,
            fingerprint,
            filing: self.line.spec.filing(courtesy),
            automatic_opens_issue: rules.is_some_and(|mail| mail.automatic_opens_issue),
            reopen_on_failure: rules.is_some_and(|mail| mail.reopen_on_failure),
            acknowledge: rules
                .filter(|mail| mail.smtp.is_some())
                .and_then(|mail| mail.acknowledge.clone())
                .map(|text| Acknowledgement {
                    text,
                    sender: self.line.spec.address.clone(),
                }),
            content,
            raw,
        }
    }

    /// The files of a mail, which are kept beside it.
    fn files(&self, mail: &mut Mail) -> Vec<(Attachment, Bytes)> {
        if mail.attachments.len() > MOST_FILES {
            let reason = format!("only the first {MOST_FILES} files are shown");
            mail.incomplete.get_or_insert(reason);
            mail.attachments.truncate(MOST_FILES);
        }
        let file = |file: AttachedFile| {
            let file = NewFile {
                name: file.name,
                content_type: file.content_type,
                content_id: file.content_id,
                inline: file.inline,
                bytes: file.bytes,
            };
            (self.engine.describe(&file), file.bytes)
        };
        mail.attachments.drain(..).map(file).collect()
    }

    fn letter(&self, mail: Mail, raw: &RawMail) -> Letter {
        let to = self.addressed(&mail);
        let from = writer(mail.from.as_ref(), mail.verified);
        let (text, text_cut) = cut(mail.visible);
        let (full, full_cut) = cut(mail.text);
        let incomplete = if raw.partial {
            let size = raw.size.div_ceil(1_000_000);
            Some(format!(
                "only the headers were read: the mail has {size} MB, more than max_mail"
            ))
        } else if text_cut || full_cut {
            Some("the text is cut after 1 MiB; all of it is in the raw mail".to_owned())
        } else {
            mail.incomplete
        };
        let token = |text: &String| self.engine.mail_signer().find(text);
        let tokens = mail.tags.iter().filter_map(token).collect();
        let answered = mail.in_reply_to.iter().chain(mail.references.iter().rev());
        let mut answered_tokens: Vec<_> = answered.take(NEAREST).filter_map(token).collect();
        let told = mail.notice.as_ref().map(|notice| {
            let named = [&notice.message_id, &notice.envelope_id];
            answered_tokens.extend(named.into_iter().flatten().filter_map(token));
            told(notice)
        });
        let mut thread = mail.references.clone();
        thread.extend(mail.in_reply_to.iter().cloned());
        thread.dedup();
        Letter {
            from,
            to,
            details: MailDetails {
                subject: mail.subject,
                from: mail.from,
                to: mail.to,
                cc: mail.cc,
                bcc: Vec::new(),
                html: None,
                reply_to: mail.reply_to,
                full_text: (full != text).then_some(full),
                has_html: mail.html.is_some(),
                message_id: mail.message_id,
                thread: nearest(thread),
                verified: mail.verified,
                automatic: mail.automatic,
                matcher: None,
                incomplete,
            },
            courtesy: false,
            text,
            asks_for_silence: mail.asks_for_silence,
            tokens,
            answered_tokens,
            told,
            files: Vec::new(),
            in_reply_to: nearest(mail.in_reply_to),
            references: nearest(mail.references).into_iter().rev().collect(),
        }
    }

    /// Which of our addresses the mail was sent to, or else the gateway's.
    fn addressed(&self, mail: &Mail) -> String {
        let named = mail.to.iter().chain(&mail.cc);
        let named = named.map(|mailbox| &mailbox.address);
        let ours = named
            .chain(&mail.delivered_to)
            .filter_map(|address| Address::parse_email(address).ok())
            .find(|address| self.reading.own.contains(address));
        let address = ours.unwrap_or_else(|| self.line.spec.address.clone());
        address.value().to_owned()
    }
}

/// The one whom a mail is filed under. Who cannot be written to, and who is not who they say, is
/// nobody whom we know by their address.
fn writer(from: Option<&Mailbox>, verified: Verified) -> Address {
    let Some(from) = from else {
        return Address::claimed("", "no sender");
    };
    match (Address::parse_email(&from.address), verified) {
        (Err(_), _) => Address::claimed(&from.address, "not an address"),
        (Ok(address), Verified::No) => Address::claimed(address.value(), "not verified"),
        (Ok(address), Verified::Yes | Verified::Unknown) => address,
    }
}

/// The nearest of a thread's ids, in their order.
fn nearest(mut ids: Vec<String>) -> Vec<String> {
    ids.drain(..ids.len().saturating_sub(NEAREST));
    ids
}

/// A text no longer than the database shall hold, and whether some of it is missing.
fn cut(mut text: String) -> (String, bool) {
    let cut = text.len() > LONGEST_TEXT;
    if cut {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    }
    (text, cut)
}
