//! Compares the server's mails with ours: a mail that is there, below the cursor, and of which
//! nobody knows what became, is a gap. There should never be one.

use super::Trouble;
use super::batch::{self, Place, Stuck};
use crate::channel::imap::{Account, Session};
use crate::engine::{Engine, Line};

/// How many UIDs of ours are held at once.
const WINDOW: u32 = 100_000;

/// How many missing mails are listed at once.
const AT_ONCE: usize = 200;

/// What a comparison found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reconciled {
    /// How many mails the server has, as far as the mailbox was read.
    pub on_server: usize,
    /// How many of them nobody knew.
    pub gaps: usize,
    /// How many of those were fetched and filed.
    pub fetched: usize,
}

/// Compares a mailbox in a session of its own; nothing when it was never read under its present
/// UIDVALIDITY, and so nothing can be missing.
///
/// # Errors
///
/// When the mailbox cannot be read, or what is missing cannot be filed.
pub async fn once(
    engine: &Engine,
    line: &Line,
    account: &Account,
) -> Result<Option<Reconciled>, Trouble> {
    let mut session = Box::pin(account.connect()).await?;
    let selected = session.select().await?;
    let state = engine.mailbox(&line.spec.name).await?;
    let same = state.is_some_and(|state| {
        state.name == account.imap().mailbox && state.uidvalidity == selected.uidvalidity
    });
    let found = if same {
        Some(Box::pin(reconcile(engine, line, &mut session)).await?)
    } else {
        None
    };
    session.logout().await;
    Ok(found)
}

/// Compares the mailbox of an open session, and files what is missing.
pub(super) async fn reconcile(
    engine: &Engine,
    line: &Line,
    session: &mut Session,
) -> Result<Reconciled, Trouble> {
    let name = &line.spec.name;
    let Some(state) = engine.mailbox(name).await? else {
        return Ok(Reconciled::default());
    };
    if state.read_to <= state.start_uid {
        return Ok(Reconciled::default());
    }
    let there = session.search(state.start_uid + 1, state.read_to).await?;
    let mut gaps = Vec::new();
    for window in there.chunk_by(|one, next| one / WINDOW == next / WINDOW) {
        let (Some(first), Some(last)) = (window.first(), window.last()) else {
            continue;
        };
        let known = engine
            .known_uids(name, state.uidvalidity, *first, *last)
            .await?;
        let missing = |uid: &&u32| known.binary_search(uid).is_err();
        gaps.extend(window.iter().filter(missing));
    }
    let mut found = Reconciled {
        on_server: there.len(),
        gaps: gaps.len(),
        fetched: 0,
    };
    if gaps.is_empty() {
        return Ok(found);
    }
    tracing::error!(gateway = %name, gaps = gaps.len(), "mails are on the server that nobody read; they are fetched");
    metrics::counter!("postern_mailbox_gaps_total", "gateway" => name.to_string())
        .increment(gaps.len() as u64);
    let place = Place::of(engine, line, &state);
    for gaps in gaps.chunks(AT_ONCE) {
        let (Some(first), Some(last)) = (gaps.first(), gaps.last()) else {
            continue;
        };
        let mut listed = session.list(*first, *last).await?;
        listed.retain(|mail| gaps.contains(&mail.uid));
        found.fetched += batch::file(&place, session, &listed, &mut Stuck::default()).await?;
    }
    Ok(found)
}
