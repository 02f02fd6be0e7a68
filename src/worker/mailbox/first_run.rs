//! Where reading begins: at the first run, and when the mailbox is not the one it was.

use super::{Reader, Trouble};
use crate::channel::imap::{Selected, Session};
use crate::domain::clock::Timestamp;
use crate::domain::mailbox::{FirstRun, MailboxState};

/// A day more than any two clocks and time zones differ; a search knows only days.
const MARGIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

/// How many mails are looked at together for the time they were received.
const AT_ONCE: usize = 1_000;

impl Reader {
    /// How far the mailbox was read, as it stands there now.
    pub(super) async fn state(
        &self,
        session: &mut Session,
        selected: Selected,
    ) -> Result<MailboxState, Trouble> {
        let name = &self.line.spec.name;
        let imap = self.account.imap();
        let known = self.engine.mailbox(name).await?;
        let last = last_uid(session, selected).await?;
        let start_after = match known {
            Some(state) if state.name == imap.mailbox => {
                if state.uidvalidity == selected.uidvalidity {
                    if selected.uidnext.is_some_and(|next| next <= state.read_to) {
                        tracing::error!(gateway = %name, "the server gives UIDs again that it gave before, without a new UIDVALIDITY; mail may be missed");
                    }
                    return Ok(state);
                }
                // What is known is known by its content.
                0
            }
            Some(_) | None => first_uid(session, last, imap.first_run).await?,
        };
        let now = self.engine.clock().now();
        let opened = MailboxState {
            gateway: name.clone(),
            name: imap.mailbox.clone(),
            uidvalidity: selected.uidvalidity,
            start_uid: start_after,
            history_to: last,
            read_to: start_after,
            opened_at: now,
            since: match imap.first_run {
                FirstRun::New => now,
                FirstRun::All => Timestamp(i64::MIN),
                FirstRun::Since(since) => since,
            },
        };
        Ok(self.engine.open_mailbox(opened).await?)
    }
}

/// The UID of the last mail, or one that no mail has yet above it.
async fn last_uid(session: &mut Session, selected: Selected) -> Result<u32, Trouble> {
    match selected.uidnext {
        Some(next) => Ok(next.saturating_sub(1)),
        None => {
            let all = session.search(1, u32::MAX).await?;
            Ok(all.last().copied().unwrap_or(0))
        }
    }
}

/// After which UID the first run reads.
async fn first_uid(session: &mut Session, last: u32, first_run: FirstRun) -> Result<u32, Trouble> {
    let since = match first_run {
        FirstRun::New => return Ok(last),
        FirstRun::All => return Ok(0),
        FirstRun::Since(since) => since,
    };
    let found = session.search_since(&day_before(since)).await?;
    for uids in found.chunks(AT_ONCE) {
        let (Some(first), Some(last)) = (uids.first(), uids.last()) else {
            continue;
        };
        let listed = session.list(*first, *last).await?;
        let wanted = |at: Option<Timestamp>| at.is_none_or(|at| at >= since);
        let mut wanted = listed.iter().filter(|mail| wanted(mail.internal_date));
        if let Some(mail) = wanted.next() {
            return Ok(mail.uid - 1);
        }
    }
    Ok(last)
}

/// The day to search from, as IMAP writes it.
fn day_before(since: Timestamp) -> String {
    let instant = jiff::Timestamp::from_microsecond(since.0).unwrap_or_default();
    let day = instant.checked_sub(MARGIN).unwrap_or(instant);
    day.strftime("%d-%b-%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_begins_early_enough_for_every_time_zone() {
        let since: Timestamp = "2026-03-02T00:30:00Z".parse().expect("a time");
        assert_eq!(day_before(since), "28-Feb-2026");
    }
}
