//! A mail becomes a message of a conversation, and of an issue where it calls for one.

use super::{Deciding, InboundMail, Letter};
use crate::domain::attachment::Attachment;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{AfterFiling, Filing};
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::gateway::ChannelKind;
use crate::domain::id::{ContactId, ConversationId, IssueId, MessageId};
use crate::domain::mail::{Automatic, MailDetails, Matcher, Verified};
use crate::domain::message::{Details, Direction, Message};
use crate::domain::status::Status;

/// How many messages may share a Message-ID before further ones are no longer found by it: with
/// more, it says nothing.
const BEARERS: usize = 8;

/// What a mail calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// Somebody wrote: an issue, and somebody to read it.
    Work,
    /// It is kept beside the work that there is.
    Notice,
}

impl Deciding<'_> {
    /// Stores a mail that nobody has seen yet.
    pub(super) fn store(
        &mut self,
        mail: &InboundMail,
        letter: &Letter,
        now: Timestamp,
    ) -> MessageId {
        let id = MessageId::new();
        let joined = self.before.join(letter, &mail.raw.gateway);
        let conversation = joined.map(|(id, _)| id);
        let conversation = conversation.unwrap_or_else(|| self.own_thread(letter, now));
        let matcher = joined.map_or(Matcher::Sender, |(_, matcher)| matcher);
        let call = call(letter.details.automatic, mail.automatic_opens_issue);
        let contact = self.touch(conversation, mail, id, call, now);
        let issue = self.issue(conversation, mail, letter, call, now);
        let (issue, filing) = issue.unzip();
        let message = message(id, mail, letter, (conversation, issue, matcher), now);
        let data = EventData {
            message: Some(id),
            issue,
            contact,
            gateway: Some(mail.raw.gateway.as_str()),
            status: Some(Status::Received.as_str()),
            ..EventData::default()
        };
        self.changes.events.push(NewEvent {
            kind: EventKind::MessageReceived,
            at: now,
            actor: None,
            conversation: Some(conversation),
            data: data.json(),
        });
        self.note_id(&letter.details, id);
        let files = letter.files.iter().cloned();
        self.changes
            .attachments
            .extend(files.map(|file| Attachment {
                message: Some(id),
                ..file
            }));
        self.before.messages.insert(id, message.clone());
        self.changes.messages.push(message);
        if let (Some(issue), Some(Filing::Open)) = (issue, filing) {
            let place = AfterFiling {
                issue,
                conversation,
            };
            self.acknowledge(mail, letter, place, now);
        }
        id
    }

    /// The conversation with the writer, made when there was none.
    fn own_thread(&mut self, letter: &Letter, now: Timestamp) -> ConversationId {
        // Who is not who they say shall not be called what they say.
        let name = (letter.details.verified != Verified::No)
            .then(|| letter.details.from.as_ref()?.name.as_deref())
            .flatten();
        let threads = &mut self.before.threads;
        if let (Some(name), Some(known)) = (name, threads.find(&letter.from)) {
            self.changes.names.push((known.contact, name.to_owned()));
        }
        threads
            .find_or_make(&letter.from, name, now, &mut self.changes)
            .id
    }

    fn touch(
        &mut self,
        conversation: ConversationId,
        mail: &InboundMail,
        message: MessageId,
        call: Call,
        now: Timestamp,
    ) -> Option<ContactId> {
        let conversation = self.before.threads.change(conversation)?;
        conversation.last_message = message;
        conversation.last_message_at = now;
        match call {
            Call::Work => {
                conversation.last_gateway = Some(mail.raw.gateway.clone());
                conversation.unread += 1;
                conversation.bring_back();
            }
            Call::Notice => conversation.deleted = false,
        }
        Some(conversation.contact)
    }

    fn issue(
        &mut self,
        conversation: ConversationId,
        mail: &InboundMail,
        letter: &Letter,
        call: Call,
        now: Timestamp,
    ) -> Option<(IssueId, Filing)> {
        match call {
            Call::Work => {
                let subject = letter.details.subject.trim();
                let words = if subject.is_empty() {
                    &letter.text
                } else {
                    subject
                };
                let (filed, filing) = self.before.threads.file(
                    conversation,
                    words,
                    &mail.filing,
                    now,
                    &mut self.changes,
                );
                Some((filed.issue, filing))
            }
            Call::Notice => {
                let open = self.before.threads.open_issue(conversation)?;
                Some((open.id, Filing::Append))
            }
        }
    }

    /// Lets answers to the message find it by its Message-ID.
    fn note_id(&mut self, details: &MailDetails, message: MessageId) {
        let Some(id) = &details.message_id else {
            return;
        };
        let bearers = self.before.ids.entry(id.clone()).or_default();
        if bearers.len() < BEARERS {
            bearers.push(message);
            self.changes.mail_ids.push((id.clone(), message));
        }
    }
}

/// Whether a mail is work, or only to be kept.
fn call(automatic: Option<Automatic>, automatic_opens_issue: bool) -> Call {
    match automatic {
        None => Call::Work,
        Some(Automatic::Own | Automatic::Bounce | Automatic::Receipt | Automatic::Complaint) => {
            Call::Notice
        }
        Some(
            Automatic::AutoReply
            | Automatic::OutOfOffice
            | Automatic::List
            | Automatic::Bulk
            | Automatic::Generated,
        ) => {
            if automatic_opens_issue {
                Call::Work
            } else {
                Call::Notice
            }
        }
    }
}

fn message(
    id: MessageId,
    mail: &InboundMail,
    letter: &Letter,
    (conversation, issue, matcher): (ConversationId, Option<IssueId>, Matcher),
    now: Timestamp,
) -> Message {
    let details = MailDetails {
        matcher: Some(matcher),
        ..letter.details.clone()
    };
    let writer = details.from.as_ref().map(|from| from.address.clone());
    Message {
        id,
        direction: Direction::Inbound,
        channel: ChannelKind::Email,
        gateway: mail.raw.gateway.clone(),
        from: writer.unwrap_or_default(),
        to: letter.to.clone(),
        text: letter.text.clone(),
        encoding: None,
        segments: 1,
        status: Status::Received,
        failure: None,
        reference: None,
        provider_reference: details.message_id.clone(),
        conversation,
        issue,
        author: None,
        details: Details {
            files: letter.files.iter().map(Attachment::enclosed).collect(),
            courtesy: letter.courtesy,
            mail: Some(Box::new(details)),
            ..Details::default()
        },
        raw: Some(mail.raw.id),
        round: 0,
        created_at: now,
    }
}
