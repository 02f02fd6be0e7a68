//! What a mail's final failure calls for beside its status, whoever told of it.

use std::collections::BTreeSet;

use super::{Context, EngineFault};
use crate::domain::changes::Changes;
use crate::domain::clock::Timestamp;
use crate::domain::event::EventKind;
use crate::domain::message::Message;
use crate::domain::receive::mail::final_failure;
use crate::domain::status::Status;
use crate::domain::threads::Threads;
use crate::store::{Conn, conversation};

/// Opens the issues of mails again that finally failed, where that is asked for, and tells whoever
/// has them.
pub(super) async fn follow_up(
    conn: &mut Conn,
    changes: &mut Changes,
    context: &Context,
    now: Timestamp,
) -> Result<(), EngineFault> {
    let failed: Vec<Message> = changes
        .messages
        .iter()
        .filter(|message| message.details.mail.is_some())
        .filter(|message| matches!(message.status, Status::Failed | Status::Expired))
        .cloned()
        .collect();
    let mut failed: Vec<Message> = failed
        .into_iter()
        .filter(|message| take_event(changes, message))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    failed.sort_by_key(|message| message.id);
    let conversations: BTreeSet<_> = failed.iter().map(|message| message.conversation).collect();
    let conversations: Vec<_> = conversations.into_iter().collect();
    let addresses = conversation::list_addresses(conn, &conversations).await?;
    let threads = conversation::load_threads(conn, &addresses).await?;
    let mut threads = Threads::new(threads, 0);
    for message in &failed {
        let line = context.lines.get(&message.gateway);
        let mail = line.and_then(|line| line.spec.mail.as_ref());
        let reopen = mail.is_some_and(|mail| mail.reopen_on_failure);
        final_failure(&mut threads, message, reopen, now, changes);
    }
    threads.settle(changes);
    Ok(())
}

/// Takes the event that tells of a message's failure out, for one that tells more; whether there
/// was one, which is when the message failed just now.
fn take_event(changes: &mut Changes, message: &Message) -> bool {
    let id = message.id.to_string();
    let count = changes.events.len();
    changes
        .events
        .retain(|event| event.kind != EventKind::MessageFailed || !event.data.contains(&id));
    changes.events.len() < count
}
