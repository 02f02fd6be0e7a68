//! Fetching listed mails and filing them: the next batch is on its way while one is filed, and
//! no more than two are in memory.

use futures_util::FutureExt as _;

use super::Trouble;
use crate::channel::imap::{FaultKind, ImapFault, Listed, RawMail, Session};
use crate::domain::mailbox::MailboxState;
use crate::engine::{Engine, Fetched, Line};

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

    async fn file(&self, mails: Vec<Fetched>) -> Result<usize, Trouble> {
        if mails.is_empty() {
            return Ok(0);
        }
        let mut filed = 0;
        let receipts = self.engine.receive_mails(self.line, mails).boxed();
        for receipt in receipts.await {
            receipt?;
            filed += 1;
        }
        Ok(filed)
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
}

impl Stuck {
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
        *self = Self::default();
    }

    fn times_at(&self, uid: u32) -> u32 {
        if self.broke_at == uid { self.times } else { 0 }
    }
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
    for batch in batches(listed, stuck) {
        let held: u64 = waiting.iter().map(|mail| mail.raw.len() as u64).sum();
        let coming: u64 = batch.iter().map(|mail| mail.size).sum();
        if held.saturating_add(coming) > 2 * BYTES {
            filed += place.file(std::mem::take(&mut waiting)).await?;
        }
        stuck.at = batch[0].uid;
        let fetch = fetch(place, session, batch, stuck).boxed();
        let (before, fetched) = tokio::join!(place.file(waiting).boxed(), fetch);
        filed += before?;
        waiting = fetched?;
    }
    Ok(filed + place.file(waiting).await?)
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
