//! Writes what a slice changed: each table once, whatever the slice was about.

use std::collections::BTreeSet;

use super::desk::store_changed;
use crate::domain::changes::{Changes, Transition};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::message::{Direction, Message, RawRequest};
use crate::domain::status::Status;
use crate::store::{
    Conn, StoreFault, Tx, attachment, conversation, delivery, idempotency, issue, mail, mailbox,
    message, opt_out, raw, reference, roster, tally, timeline,
};

use crate::domain::clock::Timestamp;
use crate::domain::event::{EventData, EventKind, NewEvent};

/// Saves all of it; tables that nothing changed in cost nothing.
pub(super) async fn save(tx: &mut Tx, changes: Changes, now: Timestamp) -> Result<(), StoreFault> {
    let conn = &mut tx.conn;
    let raws: Vec<&RawRequest> = changes.raw_requests.iter().map(AsRef::as_ref).collect();
    raw::insert_raw_requests(conn, &raws).await?;
    conversation::insert_contacts(conn, &changes.contacts).await?;
    let named = conversation::update_names(conn, &changes.names).await?;
    conversation::upsert_conversations(conn, &changes.conversations).await?;
    tally::add_counts(conn, changes.shifts.settle()).await?;
    issue::upsert_issues(conn, &changes.issues).await?;
    roster::upsert_turns(conn, &changes.turns).await?;
    message::upsert_messages(conn, &changes.messages).await?;
    attachment::upsert_attachments(conn, &changes.attachments).await?;
    reference::insert_references(conn, Direction::Inbound, &changes.inbound_references).await?;
    reference::replace_references(conn, Direction::Inbound, &changes.groups).await?;
    reference::insert_references(conn, Direction::Outbound, &changes.outbound_references).await?;
    reference::replace_references(conn, Direction::Outbound, &changes.outbound_again).await?;
    timeline::insert_status_events(conn, &changes.status_events).await?;
    reference::insert_parked(conn, &changes.parked).await?;
    reference::delete_parked(conn, &changes.unparked).await?;
    delivery::upsert_deliveries(conn, &changes.deliveries).await?;
    delivery::delete_deliveries(conn, &changes.finished).await?;
    opt_out::end_opt_outs(conn, &changes.lifted).await?;
    opt_out::insert_opt_outs(conn, &changes.suppressed).await?;
    reference::replace_references(conn, Direction::Inbound, &changes.fingerprints).await?;
    mail::insert_mail_ids(conn, &changes.mail_ids).await?;
    mail::insert_raw_mails(conn, &changes.raw_mails).await?;
    conversation::update_bounces(conn, &changes.bounces).await?;
    mail::upsert_acknowledged(conn, &changes.acknowledged).await?;
    mailbox::insert_taken(conn, &changes.taken).await?;
    for one in &changes.quarantined {
        raw::insert_quarantined(conn, one).await?;
    }
    idempotency::insert_answers(conn, &changes.answers, now).await?;
    mark_failed(conn, &changes.messages).await?;
    for event in changes.events {
        tx.emit(event);
    }
    if !changes.transitions.is_empty() {
        let transitions = changes.transitions;
        tx.after_commit(move || count(&transitions));
    }
    for contact in named {
        let data = EventData {
            contact: Some(contact),
            ..EventData::default()
        };
        tx.emit(NewEvent {
            kind: EventKind::ContactChanged,
            at: now,
            actor: None,
            conversation: None,
            data: data.json(),
        });
    }
    Ok(())
}

/// Marks the conversations of messages that failed just now; the mark goes with [`Deed::Complete`]
/// and the like, or when one of them is sent again.
///
/// [`Deed::Complete`]: crate::domain::desk::Deed::Complete
async fn mark_failed(conn: &mut Conn, messages: &[Message]) -> Result<(), StoreFault> {
    let failed: Vec<MessageId> = messages
        .iter()
        .filter(|message| message.direction == Direction::Outbound)
        .filter(|message| matches!(message.status, Status::Failed | Status::Expired))
        .map(|message| message.id)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    // What becomes of a message that was deleted is nobody's concern any more.
    let failed = message::load_present(conn, &failed).await?;
    let failed: BTreeSet<ConversationId> = failed
        .values()
        .map(|message| message.conversation)
        .collect();
    let failed: Vec<ConversationId> = failed.into_iter().collect();
    for before in conversation::load_conversations(conn, &failed).await? {
        let mut after = before.clone();
        after.failed = true;
        store_changed(conn, &before, &after).await?;
    }
    Ok(())
}

/// Counts what messages came to.
fn count(transitions: &[Transition]) {
    for one in transitions {
        let name = match one.status {
            Status::Sent => "postern_messages_sent_total",
            Status::Delivered => "postern_messages_delivered_total",
            Status::Read => "postern_messages_read_total",
            Status::Failed | Status::Expired => "postern_messages_failed_total",
            Status::Received
            | Status::Scheduled
            | Status::Queued
            | Status::Sending
            | Status::Unconfirmed
            | Status::Canceled => continue,
        };
        let (gateway, channel) = (one.gateway.as_str().to_owned(), one.channel.as_str());
        match one.class {
            Some(class) => {
                metrics::counter!(name, "gateway" => gateway, "channel" => channel, "class" => class.as_str()).increment(1);
            }
            None => {
                metrics::counter!(name, "gateway" => gateway, "channel" => channel).increment(1);
            }
        }
    }
}
