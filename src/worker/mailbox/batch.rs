//! Fetching listed mails and filing them: while one batch is filed, the next is read, and the one
//! behind that is on its way; no more than these three are in memory.

use futures_util::FutureExt as _;

use super::Trouble;
use crate::channel::imap::{FaultKind, ImapFault, Listed, RawMail, Session};
use crate::domain::mailbox::MailboxState;
use crate::domain::receive::mail::MailReceipt;
use crate::engine::{Engine, EngineFault, Fetched, Line, Prepared};

/// How many mails are fetched together.
const MAILS: usize = 200;

/// How many bytes are fetched together; a mail that is larger comes alone, with none behind it.
const BYTES: u64 = 4 << 20;

/// How often a session may break at one mail before only its headers are fetched.
const WHOLE: u32 = 3;

/// How often it may break there before the mail is recorded without a byte of it.
const HEADERS: u32 = 6;

/// What a longer mail than was announced may have besides: servers count line ends as they like.
const SLACK: u64 = 8;

/// The longest headers that are fetched of a mail that is not fetched whole.
const LONGEST_HEADERS: u64 = 256 * 1024;

/// Where fetched mails belong.
pub(super) struct Place<'a> {
    engine: &'a Engine,
    line: &'a Line,
    state: &'a MailboxState,
    max_mail: u64,
}

impl<'a> Place<'a> {
    pub(super) fn of(engine: &'a Engine, line: &'a Line, state: &'a MailboxState) -> Self {
        let max_mail = line.spec.mail.as_ref().map_or(0, |mail| mail.max_mail);
        Self {
            engine,
            line,
            state,
            max_mail,
        }
    }

    /// Reads and files the first mails after a start, in no other's company: they may be what ended
    /// the daemon that was here before, which is counted.
    async fn begin(&self, mails: Vec<Fetched>) -> Result<usize, Trouble> {
        count(self.engine.receive_mails(self.line, mails).boxed().await)
    }

    async fn prepare(&self, mails: Vec<Fetched>) -> Result<Option<Prepared>, Trouble> {
        if mails.is_empty() {
            return Ok(None);
        }
        let prepared = self.engine.prepare_mails(self.line, mails).boxed().await;
        Ok(Some(prepared?))
    }

    async fn file(&self, prepared: Option<Prepared>) -> Result<usize, Trouble> {
        match prepared {
            Some(prepared) => count(self.engine.file_mails(prepared).boxed().await),
            None => Ok(0),
        }
    }

    fn fetched(&self, listed: &Listed, raw: RawMail, headers_only: bool) -> Fetched {
        Fetched {
            mailbox: self.state.name.clone(),
            uidvalidity: self.state.uidvalidity,
            uid: listed.uid,
            raw: raw.raw,
            internal_date: listed.internal_date,
            size: listed.size,
            headers_only,
        }
    }

    fn is_too_large(&self, listed: &Listed) -> bool {
        listed.size > self.max_mail
    }
}

/// At which mail sessions broke, and how often: one mail must not keep the others from coming.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    /// The first mail of what is being fetched.
    at: u32,
    times: u32,
    /// The first mail of what was being fetched when a session broke.
    broke_at: u32,
    /// Whether nothing was read since the daemon started, or failed as a whole.
    pub(super) starting: bool,
}

impl Stuck {
    /// Nothing broke yet, and nobody knows why the daemon before this one ended.
    pub(super) fn at_start() -> Self {
        Self {
            starting: true,
            ..Self::default()
        }
    }

    /// A session broke while mails were fetched.
    pub(super) fn again(&mut self) {
        self.times = if self.broke_at == self.at {
            self.times + 1
        } else {
            1
        };
        self.broke_at = self.at;
    }

    /// Everything came.
    pub(super) fn forget(&mut self) {
        *self = Self {
            starting: self.starting,
            ..Self::default()
        };
    }

    /// Whether these mails are the first since the daemon started.
    fn begins(&mut self, mails: &[Fetched]) -> bool {
        !mails.is_empty() && std::mem::take(&mut self.starting)
    }

    fn times_at(&self, uid: u32) -> u32 {
        if self.broke_at == uid { self.times } else { 0 }
    }
}

fn count(receipts: Vec<Result<MailReceipt, EngineFault>>) -> Result<usize, Trouble> {
    let filed: Result<Vec<MailReceipt>, EngineFault> = receipts.into_iter().collect();
    Ok(filed?.len())
}

/// Fetches listed mails, given in the order of their UIDs, and files them; how many that were.
pub(super) async fn file(
    place: &Place<'_>,
    session: &mut Session,
    listed: &[Listed],
    stuck: &mut Stuck,
) -> Result<usize, Trouble> {
    let mut filed = 0;
    let mut waiting: Vec<Fetched> = Vec::new();
    let mut ready: (Option<Prepared>, u64) = (None, 0);
    for batch in batches(listed, stuck) {
        let coming: u64 = batch.iter().map(|mail| mail.size).sum();
        if ready
            .1
            .saturating_add(size(&waiting))
            .saturating_add(coming)
            > 3 * BYTES
        {
            filed += place.file(ready.0.take()).await?;
            let prepared = place.prepare(std::mem::take(&mut waiting)).await?;
            filed += place.file(prepared).await?;
            ready.1 = 0;
        }
        stuck.at = batch[0].uid;
        let held = size(&waiting);
        let begins = stuck.begins(&waiting);
        let fetch = fetch(place, session, batch, stuck).boxed();
        if begins {
            let (begun, fetched) = tokio::join!(place.begin(waiting), fetch);
            filed += begun?;
            waiting = fetched?;
            continue;
        }
        let (before, prepared, fetched) = tokio::join!(
            place.file(ready.0.take()).boxed(),
            place.prepare(waiting).boxed(),
            fetch
        );
        ready = match (before, prepared) {
            (Ok(before), Ok(prepared)) => {
                filed += before;
                (prepared, held)
            }
            (Err(trouble), Ok(prepared)) => {
                if let Some(prepared) = prepared {
                    place.engine.forget_mails(prepared).await;
                }
                return Err(trouble);
            }
            (_, Err(trouble)) => return Err(trouble),
        };
        waiting = match fetched {
            Ok(fetched) => fetched,
            Err(fault) => {
                // What came before the session broke is not fetched again.
                place.file(ready.0).await?;
                return Err(fault.into());
            }
        };
    }
    filed += place.file(ready.0).await?;
    if stuck.begins(&waiting) {
        return Ok(filed + place.begin(waiting).await?);
    }
    let prepared = place.prepare(waiting).await?;
    Ok(filed + place.file(prepared).await?)
}

fn size(mails: &[Fetched]) -> u64 {
    mails.iter().map(|mail| mail.raw.len() as u64).sum()
}

/// Splits mails into what is fetched together; what broke a session comes alone.
fn batches<'a>(listed: &'a [Listed], stuck: &Stuck) -> Vec<&'a [Listed]> {
    let mut batches = Vec::new();
    let mut rest = listed;
    while !rest.is_empty() {
        let most = if stuck.times > 0 && stuck.broke_at == rest[0].uid {
            1
        } else {
            MAILS
        };
        let mut bytes = 0;
        let fits = |mail: &&Listed| {
            bytes += mail.size;
            bytes <= BYTES
        };
        let count = rest.iter().take(most).take_while(fits).count().max(1);
        let (batch, after) = rest.split_at(count);
        batches.push(batch);
        rest = after;
    }
    batches
}

async fn fetch(
    place: &Place<'_>,
    session: &mut Session,
    batch: &[Listed],
    stuck: &Stuck,
) -> Result<Vec<Fetched>, ImapFault> {
    let broke = stuck.times_at(batch[0].uid);
    let whole: Vec<Listed> = batch
        .iter()
        .filter(|mail| !place.is_too_large(mail) && broke < WHOLE)
        .copied()
        .collect();
    let longest = place.max_mail.saturating_add(place.max_mail / SLACK);
    let mut raws = Vec::new();
    if !whole.is_empty() {
        raws = match session.fetch(&whole, longest).await {
            Err(fault) if fault.kind == FaultKind::Refused => Vec::new(),
            other => other?,
        };
    }
    let mut raws = raws.into_iter().peekable();
    let mut fetched = Vec::with_capacity(batch.len());
    for listed in batch {
        match raws.next_if(|raw| raw.uid == listed.uid) {
            Some(raw) => fetched.push(place.fetched(listed, raw, false)),
            None => fetched.extend(fetch_hard(place, session, listed, broke).await?),
        }
    }
    Ok(fetched)
}

/// Fetches a mail that did not come with the others: it is gone, too large, or the server has
/// trouble with it.
async fn fetch_hard(
    place: &Place<'_>,
    session: &mut Session,
    listed: &Listed,
    broke: u32,
) -> Result<Option<Fetched>, ImapFault> {
    let uid = listed.uid;
    if session.search(uid, uid).await?.is_empty() {
        return Ok(None);
    }
    let alone = [*listed];
    let longest = place.max_mail.saturating_add(place.max_mail / SLACK);
    if !place.is_too_large(listed)
        && broke < WHOLE
        && let Some(raw) = first(session.fetch(&alone, longest).await)?
    {
        return Ok(Some(place.fetched(listed, raw, false)));
    }
    let name = &place.line.spec.name;
    tracing::warn!(gateway = %name, uid, size = listed.size, "only the headers of a mail are fetched");
    if broke < HEADERS
        && let Some(raw) = first(session.fetch_headers(&alone, LONGEST_HEADERS).await)?
    {
        return Ok(Some(place.fetched(listed, raw, true)));
    }
    // Somebody wrote something that this server cannot give us; that must be seen.
    tracing::error!(gateway = %name, uid, size = listed.size, "the server does not hand out a mail; it is recorded without its content");
    let raw = RawMail {
        uid,
        raw: bytes::Bytes::new(),
    };
    Ok(Some(place.fetched(listed, raw, true)))
}

fn first(fetched: Result<Vec<RawMail>, ImapFault>) -> Result<Option<RawMail>, ImapFault> {
    match fetched {
        Ok(raws) => Ok(raws.into_iter().next()),
        Err(fault) if fault.kind == FaultKind::Refused => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mails(sizes: &[u64]) -> Vec<Listed> {
        let mail = |(at, size): (usize, &u64)| Listed {
            uid: u32::try_from(at).expect("a few") + 1,
            size: *size,
            internal_date: None,
        };
        sizes.iter().enumerate().map(mail).collect()
    }

    #[test]
    fn batches_hold_everything_in_order_and_no_more_than_they_may() {
        let listed = mails(&[10, BYTES, 10, 3 * BYTES, 10, 10]);
        let stuck = Stuck::default();
        let lengths: Vec<_> = batches(&listed, &stuck)
            .iter()
            .map(|batch| batch.len())
            .collect();
        assert_eq!(lengths, [1, 1, 1, 1, 2]);
        let many = mails(&vec![1; MAILS + 1]);
        assert_eq!(batches(&many, &stuck).concat(), many);
    }

    #[test]
    fn i21_what_broke_a_session_comes_alone() {
        let listed = mails(&[10, 10, 10]);
        let mut stuck = Stuck {
            at: 1,
            ..Stuck::default()
        };
        stuck.again();
        let lengths = |stuck: &Stuck| -> Vec<usize> {
            batches(&listed, stuck)
                .iter()
                .map(|batch| batch.len())
                .collect()
        };
        assert_eq!(lengths(&stuck), [1, 2]);
        stuck.again();
        assert_eq!(stuck.times_at(1), 2);
        stuck.at = 2;
        stuck.again();
        assert_eq!((stuck.times_at(1), stuck.times_at(2)), (0, 1));
    }
}
