//! From where reading stands to the mailbox's end.

use super::{Reader, Trouble, batch};
use crate::channel::imap::{Selected, Session};
use crate::domain::mailbox::MailboxState;

/// How many UIDs are listed together.
const WINDOW: u32 = 5_000;

impl Reader {
    /// Files everything above the cursor; how many mails that were.
    pub(super) async fn catch_up(
        &mut self,
        session: &mut Session,
        state: &MailboxState,
        selected: Selected,
    ) -> Result<usize, Trouble> {
        let mut from = state.read_to.saturating_add(1);
        let last = match selected.uidnext {
            Some(next) => next.saturating_sub(1),
            None => (session.search(from, u32::MAX).await?)
                .last()
                .copied()
                .unwrap_or(0),
        };
        let mut window = WINDOW;
        let mut filed = 0;
        while from <= last {
            let to = from.saturating_add(window - 1).min(last);
            let listed = session.list(from, to).await?;
            // UIDs may be far apart: where nothing is, the steps get longer.
            window = if listed.is_empty() {
                window.saturating_mul(8)
            } else {
                WINDOW
            };
            let place = batch::Place::of(&self.engine, &self.line, state);
            filed += batch::file(&place, session, &listed, &mut self.stuck).await?;
            let Some(next) = to.checked_add(1) else { break };
            from = next;
        }
        Ok(filed)
    }
}
