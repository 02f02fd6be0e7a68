//! Finding: asks the index for candidates, and looks at each before it is shown.
//!
//! The index lags a moment behind and knows no more than it must; what a query means for a
//! document is decided here, with the document at hand and for the one who asks.

mod conversations;
mod documents;
mod index;
mod place;

use super::{Engine, EngineFault};
use crate::domain::agent::Principal;
use crate::domain::clock::Timestamp;
use crate::domain::id::ConversationId;
use crate::domain::message::Message;
use crate::domain::search::doc::{Doc, DocKind};
use crate::domain::search::plan::{Asker, Looks};
use crate::domain::search::show::{Snippet, phrases, rank, snippet};
use crate::domain::search::{Phrase, Query};
use crate::store::search::{Around, find_number, find_position, list_candidates};
use crate::store::{Conn, Store};

pub use conversations::ListPlace;
pub use index::Indexed;
pub use place::Place;

/// How many of the newest messages and notes are ranked.
const RANKED_MESSAGES: u32 = 200;

/// How many of the newest conversations are ranked.
const RANKED_CONVERSATIONS: u32 = 80;

/// How many documents one page looks at; a page that finds too few of them right says where to go
/// on. Derived from 50 ms (issue 4) and some 20 µs each.
const LOOKS: usize = 1_500;

/// How many candidates one page sorts out by their conversations alone.
const CANDIDATES: usize = 6_000;

/// How far the order of numbers may be off that of times: as much as a slice of the index.
const SLACK: i64 = 1_024;

/// The order of what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The best first, among the newest.
    Rank,
    /// The newest first.
    Time,
}

/// What somebody looks for, and where.
#[derive(Debug, Clone)]
pub struct Question {
    /// What.
    pub query: Query,
    /// Of which kinds; all where there is none.
    pub kinds: Vec<DocKind>,
    /// In one conversation only.
    pub within: Option<ConversationId>,
    /// In which order.
    pub order: Order,
    /// How many at most.
    pub limit: u32,
    /// Where the page before ended.
    pub from: Option<Place>,
    /// The country of numbers without one (ISO 3166-1 alpha-2).
    pub country: String,
}

/// Something that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its number in the index.
    pub number: i64,
    /// What was found.
    pub doc: Doc,
    /// The message, if it is one.
    pub message: Option<Message>,
    /// The conversation it is in.
    pub around: Around,
    /// The piece that tells why.
    pub snippet: Option<Snippet>,
    /// How well it fits.
    pub rank: f64,
}

/// A page of what was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// In the order that was asked for.
    pub hits: Vec<Hit>,
    /// Where to go on, if there may be more.
    pub next: Option<Place>,
}

/// A question with what it takes to work it off.
struct Search {
    query: Query,
    looks: Looks,
    asker: Asker,
    phrases: Vec<Phrase>,
    scope: crate::domain::agent::Scope,
    now: Timestamp,
}

impl Engine {
    /// What a principal finds; in what they may not see, nothing is found.
    pub async fn search(&self, question: Question, by: &Principal) -> Result<Found, EngineFault> {
        let store = &self.context.store;
        let (order, limit, from) = (question.order, question.limit as usize, question.from);
        let search = Search::new(question, by, self.context.clock.now());
        // What has no words fits as well as anything else.
        match order {
            Order::Rank if !search.phrases.is_empty() => by_rank(store, &search, from, limit).await,
            Order::Rank | Order::Time => {
                by_time(&mut store.read().await?, &search, from, limit).await
            }
        }
    }
}

impl Search {
    fn new(question: Question, by: &Principal, now: Timestamp) -> Self {
        let asker = Asker {
            me: by.agent.id,
            country: question.country,
        };
        let all = match (
            question.kinds.as_slice(),
            question.query.is_about_conversations(),
        ) {
            ([], true) => vec![DocKind::Conversation],
            ([], false) => DocKind::ALL.to_vec(),
            (kinds, _) => kinds.to_vec(),
        };
        let look = |kind: DocKind| (kind, question.query.look(kind, question.within, &asker));
        Self {
            looks: Looks::new(all.into_iter().map(look)),
            phrases: phrases(&question.query, &asker.country),
            query: question.query,
            asker,
            scope: by.scope.clone(),
            now,
        }
    }

    fn hit(&self, found: documents::Looked) -> Hit {
        Hit {
            snippet: snippet(&found.doc, &self.phrases),
            rank: rank(&found.doc, &self.phrases, self.now),
            number: found.number,
            doc: found.doc,
            message: found.message,
            around: found.around,
        }
    }
}

/// The newest first. Numbers only grow, so what is written meanwhile moves nothing.
async fn by_time(
    conn: &mut Conn,
    search: &Search,
    from: Option<Place>,
    limit: usize,
) -> Result<Found, EngineFault> {
    let (newest, oldest) = bounds(conn, &search.query).await?;
    let mut below = match from {
        Some(Place::Time { below } | Place::Rank { below, .. }) => below.min(newest),
        None => newest,
    };
    let mut hits: Vec<Hit> = Vec::new();
    let (mut seen, mut looked) = (0, 0);
    let mut chunk = limit + 1;
    loop {
        let most = u32::try_from(chunk).unwrap_or(u32::MAX);
        let candidates = list_candidates(conn, &search.looks, &search.scope, below, most).await?;
        let is_last = candidates.len() < chunk;
        seen += candidates.len();
        below = candidates.last().map_or(below, |last| last.number);
        let found = documents::look_at(conn, &candidates, &search.query, &search.asker).await?;
        looked += found.looked;
        hits.extend(found.right.into_iter().map(|one| search.hit(one)));
        if hits.len() > limit {
            hits.truncate(limit);
            let next = hits.last().map(|hit| Place::Time { below: hit.number });
            return Ok(Found { hits, next });
        }
        if is_last || below <= oldest {
            return Ok(Found { hits, next: None });
        }
        if seen >= CANDIDATES || looked >= LOOKS {
            return Ok(Found {
                hits,
                next: Some(Place::Time { below }),
            });
        }
        chunk = (chunk * 3).min(1_000);
    }
}

/// The best of the newest. The page after looks at the same ones: those below a number.
async fn by_rank(
    store: &Store,
    search: &Search,
    from: Option<Place>,
    limit: usize,
) -> Result<Found, EngineFault> {
    let (below, skip) = match from {
        Some(Place::Rank { below, skip }) => (below, skip),
        Some(Place::Time { below }) => (below, 0),
        None => (bounds(&mut store.read().await?, &search.query).await?.0, 0),
    };
    let is_conversation = |kind| kind == DocKind::Conversation;
    let messages = search.looks.of(|kind| !is_conversation(kind));
    let conversations = search.looks.of(is_conversation);
    // Either takes as long as the other.
    let (mut hits, places) = tokio::try_join!(
        newest(store, search, messages, below, RANKED_MESSAGES),
        newest(store, search, conversations, below, RANKED_CONVERSATIONS),
    )?;
    hits.extend(places);
    hits.sort_by(|one, other| {
        other
            .rank
            .total_cmp(&one.rank)
            .then(other.number.cmp(&one.number))
    });
    let more = hits.len() > skip + limit;
    let hits = hits.into_iter().skip(skip).take(limit).collect();
    let next = more.then_some(Place::Rank {
        below,
        skip: skip + limit,
    });
    Ok(Found { hits, next })
}

/// The newest below a number, on a connection of their own.
async fn newest(
    store: &Store,
    search: &Search,
    looks: Looks,
    below: i64,
    most: u32,
) -> Result<Vec<Hit>, EngineFault> {
    if looks.kinds().next().is_none() {
        return Ok(Vec::new());
    }
    let mut conn = store.read().await?;
    let candidates = list_candidates(&mut conn, &looks, &search.scope, below, most).await?;
    let found = documents::look_at(&mut conn, &candidates, &search.query, &search.asker).await?;
    Ok(found.right.into_iter().map(|one| search.hit(one)).collect())
}

/// Below which number and down to which one it is worth looking.
async fn bounds(conn: &mut Conn, query: &Query) -> Result<(i64, i64), EngineFault> {
    let (after, before) = query.times();
    let last = find_position(conn).await?.last_doc + 1;
    let newest = match before {
        Some(at) => find_number(conn, at)
            .await?
            .map_or(last, |number| last.min(number + SLACK)),
        None => last,
    };
    let oldest = match after {
        Some(at) => find_number(conn, at).await?.unwrap_or(last) - SLACK,
        None => 0,
    };
    Ok((newest, oldest))
}
