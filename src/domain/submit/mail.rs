//! What a submission needs because it is a mail: its subject, its recipients and its thread.

use std::collections::BTreeSet;

use super::{Sender, Submission, SubmitRefusal};
use crate::domain::address::Address;
use crate::domain::gateway::ChannelKind;
use crate::domain::id::MessageId;
use crate::domain::mail::{MailDetails, Mailbox};
use crate::domain::message::Message;

/// How many may get one mail.
pub const MOST_RECIPIENTS: usize = 100;

/// How many mails of a thread are remembered; answers name no more.
const MOST_REFERENCES: usize = 100;

/// What a client says of a mail besides its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewMail {
    /// The subject; when nothing is said, that of the mail that it answers.
    pub subject: Option<String>,
    /// Who else gets it.
    pub cc: Vec<Address>,
    /// Who gets it unseen by the others.
    pub bcc: Vec<Address>,
    /// The words as HTML.
    pub html: Option<String>,
    /// The content ids of the pictures that the HTML shows: ids of attachments.
    pub shown: BTreeSet<String>,
    /// The mail that it answers; when nothing is said, the customer's last one.
    pub in_reply_to: Option<MessageId>,
}

/// The mail that a submission answers: the one that it names, else the conversation's last.
pub(super) fn answered<'b>(
    submission: &Submission,
    before: &'b super::Before,
) -> Result<Option<&'b Message>, SubmitRefusal> {
    let named = submission.mail.as_ref().and_then(|mail| mail.in_reply_to);
    let conversation = before
        .threads
        .find(&submission.to)
        .map(|conversation| conversation.id);
    let Some(id) = named else {
        return Ok(conversation.and_then(|id| before.last_mails.get(&id)));
    };
    before
        .named_mails
        .get(&id)
        .filter(|mail| Some(mail.conversation) == conversation)
        .filter(|mail| mail.channel == ChannelKind::Email)
        .map(Some)
        .ok_or(SubmitRefusal::NotAnswerable)
}

/// What stands in the way of a mail.
pub(super) fn refusals(submission: &Submission, before: &super::Before) -> Vec<SubmitRefusal> {
    let Some(mail) = &submission.mail else {
        return Vec::new();
    };
    let mut refusals = Vec::new();
    if 1 + mail.cc.len() + mail.bcc.len() > MOST_RECIPIENTS {
        refusals.push(SubmitRefusal::TooManyRecipients);
    }
    match answered(submission, before) {
        Err(refusal) => refusals.push(refusal),
        Ok(answered) if mail.subject.is_none() && subject_of(answered).is_none() => {
            refusals.push(SubmitRefusal::NoSubject);
        }
        Ok(_) => {}
    }
    refusals
}

/// What the mail has; `token` is our sign in its Message-ID.
pub(super) fn details(
    submission: &Submission,
    sender: &Sender,
    answered: Option<&Message>,
    token: &str,
) -> Option<Box<MailDetails>> {
    let mail = submission.mail.as_deref()?;
    let mailbox = |address: &Address| Mailbox {
        name: None,
        address: address.value().to_owned(),
    };
    let subject = mail.subject.clone().or_else(|| {
        let subject = subject_of(answered)?;
        Some(format!("Re: {}", without_re(subject)))
    });
    let (_, domain) = sender.address.value().rsplit_once('@')?;
    let domain = if domain.is_ascii() {
        domain
    } else {
        // Ids are compared byte by byte, and old programs garble what is beyond ASCII.
        "mail.invalid"
    };
    let mut cc: Vec<Mailbox> = Vec::new();
    let mut bcc: Vec<Mailbox> = Vec::new();
    let mut seen = vec![&submission.to];
    for (addresses, list) in [(&mail.cc, &mut cc), (&mail.bcc, &mut bcc)] {
        for address in addresses {
            if !seen.contains(&address) {
                seen.push(address);
                list.push(mailbox(address));
            }
        }
    }
    Some(Box::new(MailDetails {
        subject: subject.unwrap_or_default(),
        from: Some(mailbox(&sender.address)),
        to: vec![mailbox(&submission.to)],
        cc,
        bcc,
        html: mail.html.clone(),
        message_id: Some(format!("{token}@{domain}")),
        thread: answered.map(thread).unwrap_or_default(),
        ..MailDetails::default()
    }))
}

fn subject_of(answered: Option<&Message>) -> Option<&str> {
    let details = answered?.details.mail.as_deref()?;
    Some(details.subject.as_str())
}

/// The mails up to the one that is answered, which is the last.
fn thread(answered: &Message) -> Vec<String> {
    let Some(details) = answered.details.mail.as_deref() else {
        return Vec::new();
    };
    let mut thread: Vec<String> = Vec::new();
    for id in details.thread.iter().chain(&details.message_id) {
        thread.retain(|known| known != id);
        thread.push(id.clone());
    }
    // The first is what programs find a thread by; those after it are the least needed.
    let left_out = thread.len().saturating_sub(MOST_REFERENCES);
    if left_out > 0 {
        thread.drain(1..=left_out);
    }
    thread
}

/// A subject without the signs of earlier answers, in the languages of common mail programs.
fn without_re(subject: &str) -> &str {
    const SIGNS: [&str; 12] = [
        "re", "aw", "antw", "sv", "vs", "rif", "r", "ref", "odp", "ynt", "回复", "答复",
    ];
    let mut rest = subject.trim();
    loop {
        let Some((sign, after)) = rest.split_once([':', '：']) else {
            return rest;
        };
        let word = sign.trim_end_matches(|c: char| c.is_ascii_digit() || "[]()".contains(c));
        if !SIGNS.contains(&word.trim().to_lowercase().as_str()) {
            return rest;
        }
        rest = after.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::without_re;

    #[test]
    fn signs_of_earlier_answers_are_left_out() {
        for (subject, expected) in [
            ("Order 7", "Order 7"),
            ("Re: Order 7", "Order 7"),
            ("RE: AW: re[2]: Order 7", "Order 7"),
            ("Re : Order", "Order"),
            ("回复：订单", "订单"),
            ("Rent: due", "Rent: due"),
            ("Re:", ""),
            ("", ""),
        ] {
            assert_eq!(without_re(subject), expected, "{subject:?}");
        }
    }
}
