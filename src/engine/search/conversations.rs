//! The list of conversations in which something is found.
//!
//! What is only about how conversations stand is looked for by walking the list itself. All else
//! is found by the index: then the one with the newest hit comes first.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use super::{CANDIDATES, LOOKS, Question, Search, bounds, documents};
use crate::domain::agent::Principal;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, MessageId, TagId};
use crate::domain::search::{Flag, Owner, Query, Term};
use crate::engine::read::{ConversationDetails, with_details};
use crate::engine::{Engine, EngineFault};
use crate::store::conversation::{Filter, list_conversations, load_conversations};
use crate::store::search::{list_candidates, load_around};
use crate::store::{Conn, tag};

/// How many conversations one page walks past.
const WALKED: usize = 2_000;

/// How many tags are looked through for a name in other letters.
const TAGS: u32 = 1_000;

/// Where a page of the list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListPlace {
    /// At the conversation with this newest message.
    Message(MessageId),
    /// In the index.
    Hits {
        /// What was there when the first page was asked for has lower numbers.
        top: i64,
        /// What comes next has lower numbers.
        below: i64,
    },
}

impl fmt::Display for ListPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(id) => write!(f, "{id}"),
            Self::Hits { top, below } => write!(f, "h{top}.{below}"),
        }
    }
}

impl FromStr for ListPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let Some(numbers) = text.strip_prefix('h') else {
            return text.parse().map(Self::Message).map_err(drop);
        };
        let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
        let (top, below) = numbers.split_once('.').ok_or(())?;
        Ok(Self::Hits {
            top: number(top).ok_or(())?,
            below: number(below).ok_or(())?,
        })
    }
}

/// A page of conversations, and where to go on.
type Listed = (Vec<Conversation>, Option<ListPlace>);

impl Engine {
    /// Conversations of a list in which something is found. A page may be short, and even empty,
    /// and still have a next one.
    pub async fn search_list(
        &self,
        question: Question,
        filter: Filter,
        from: Option<ListPlace>,
        by: &Principal,
    ) -> Result<(Vec<ConversationDetails>, Option<ListPlace>), EngineFault> {
        let mut conn = self.context.store.read().await?;
        let limit = question.limit as usize;
        let is_walk = question.query.is_about_conversations();
        let search = Search::new(question, by, self.context.clock.now());
        let (found, next) = if is_walk {
            walk(&mut conn, &search, filter, from, limit).await?
        } else {
            by_hits(&mut conn, &search, &filter, from, limit).await?
        };
        Ok((
            with_details(&mut conn, found, Some(by.agent.id)).await?,
            next,
        ))
    }
}

/// The list in its own order, without those for which the query does not hold.
async fn walk(
    conn: &mut Conn,
    search: &Search,
    mut filter: Filter,
    from: Option<ListPlace>,
    limit: usize,
) -> Result<Listed, EngineFault> {
    if !narrow(conn, search, &mut filter).await? {
        return Ok((Vec::new(), None));
    }
    let mut before = match from {
        Some(ListPlace::Message(id)) => id,
        Some(ListPlace::Hits { .. }) | None => MessageId(uuid::Uuid::max()),
    };
    let mut found: Vec<Conversation> = Vec::new();
    let (mut seen, mut chunk) = (0, limit + 1);
    loop {
        let most = u32::try_from(chunk).unwrap_or(u32::MAX);
        let page = list_conversations(conn, &filter, &search.scope, before, most).await?;
        let is_last = page.len() < chunk;
        seen += page.len();
        before = page.last().map_or(before, |last| last.last_message);
        let ids: Vec<ConversationId> = page.iter().map(|one| one.id).collect();
        let around = load_around(conn, &ids).await?;
        found.extend(page.into_iter().filter(|one| {
            let around = around.get(&one.id);
            around.is_some_and(|around| search.query.is_marked(&around.marks, &search.asker))
        }));
        if found.len() > limit {
            found.truncate(limit);
            let last = found.last().map(|last| last.last_message);
            return Ok((found, last.map(ListPlace::Message)));
        }
        if is_last {
            return Ok((found, None));
        }
        if seen >= WALKED {
            return Ok((found, Some(ListPlace::Message(before))));
        }
        chunk = (chunk * 2).min(500);
    }
}

/// Has the database sort out what it has an index for; says whether anything can be found at all.
async fn narrow(
    conn: &mut Conn,
    search: &Search,
    filter: &mut Filter,
) -> Result<bool, EngineFault> {
    let parts = match &search.query {
        Query::All(parts) => parts.as_slice(),
        Query::Any(_) | Query::Not(_) | Query::Term(_) => std::slice::from_ref(&search.query),
    };
    for part in parts {
        match part {
            Query::Term(Term::Is(Flag::Failed)) => filter.failed = true,
            Query::Term(Term::Is(Flag::Unread)) => filter.unread = true,
            Query::Term(Term::Is(Flag::Mine) | Term::Assignee(Owner::Me)) => {
                filter.assignee = filter.assignee.or(Some(search.asker.me));
            }
            Query::Term(Term::Tag(name)) => {
                let name = name.to_lowercase();
                let mut tags = tag::list_tags(conn, TagId(uuid::Uuid::max()), TAGS).await?;
                let all_known = tags.len() < TAGS as usize;
                tags.retain(|tag| tag.name.to_lowercase() == name);
                match tags.as_slice() {
                    [] if all_known => return Ok(false),
                    [only] if all_known => filter.tag = filter.tag.or(Some(only.id)),
                    _ => {}
                }
            }
            Query::Term(_) | Query::All(_) | Query::Any(_) | Query::Not(_) => {}
        }
    }
    Ok(true)
}

/// The conversation with the newest hit first, each once. What comes meanwhile moves nothing.
async fn by_hits(
    conn: &mut Conn,
    search: &Search,
    filter: &Filter,
    from: Option<ListPlace>,
    limit: usize,
) -> Result<Listed, EngineFault> {
    let (newest, oldest) = bounds(conn, &search.query).await?;
    let (top, start) = match from {
        Some(ListPlace::Hits { top, below }) => (top, below.min(top)),
        Some(ListPlace::Message(_)) | None => (newest, newest),
    };
    let mut below = start;
    let mut known: HashSet<ConversationId> = HashSet::new();
    let mut found: Vec<(i64, Conversation)> = Vec::new();
    let (mut seen, mut looked) = (0, 0);
    let mut chunk = 2 * limit;
    loop {
        let most = u32::try_from(chunk).unwrap_or(u32::MAX);
        let candidates = list_candidates(conn, &search.looks, &search.scope, below, most).await?;
        let is_last = candidates.len() < chunk;
        seen += candidates.len();
        below = candidates.last().map_or(below, |last| last.number);
        let hits = documents::look_at(conn, &candidates, &search.query, &search.asker).await?;
        looked += hits.looked;
        let hits = hits
            .right
            .iter()
            .map(|hit| (hit.number, hit.doc.conversation));
        let mut new: Vec<(i64, ConversationId)> = hits.filter(|hit| known.insert(hit.1)).collect();
        if start < top && !new.is_empty() {
            let before = found_before(conn, search, (top, start), &new).await?;
            new.retain(|(_, id)| !before.contains(id));
        }
        found.extend(fitting(conn, search, filter, &new).await?);
        let next = |below| Some(ListPlace::Hits { top, below });
        if found.len() > limit {
            found.truncate(limit);
            let next = found.last().and_then(|(number, _)| next(*number));
            return Ok((without_numbers(found), next));
        }
        if is_last || below <= oldest {
            return Ok((without_numbers(found), None));
        }
        if seen >= CANDIDATES || looked >= LOOKS {
            return Ok((without_numbers(found), next(below)));
        }
        chunk = (chunk * 2).min(1_000);
    }
}

fn without_numbers(found: Vec<(i64, Conversation)>) -> Vec<Conversation> {
    found
        .into_iter()
        .map(|(_, conversation)| conversation)
        .collect()
}

/// How many hits of the pages before are asked for at once.
const BEFORE: u32 = 500;

/// Those of some conversations that have a hit on a page before: with a number from the second
/// bound on and below the first.
async fn found_before(
    conn: &mut Conn,
    search: &Search,
    (top, start): (i64, i64),
    new: &[(i64, ConversationId)],
) -> Result<HashSet<ConversationId>, EngineFault> {
    let looks = search.looks.within(new.iter().map(|(_, id)| *id));
    let mut before = HashSet::new();
    let mut below = top;
    loop {
        let mut candidates = list_candidates(conn, &looks, &search.scope, below, BEFORE).await?;
        let is_last = candidates.len() < BEFORE as usize
            || candidates.last().is_none_or(|last| last.number < start);
        candidates.retain(|one| one.number >= start && !before.contains(&one.conversation));
        below = candidates.last().map_or(start, |last| last.number);
        let hits = documents::look_at(conn, &candidates, &search.query, &search.asker).await?;
        before.extend(hits.right.iter().map(|hit| hit.doc.conversation));
        if is_last {
            return Ok(before);
        }
    }
}

/// The conversations that are in the list, in the order of their hits.
async fn fitting(
    conn: &mut Conn,
    search: &Search,
    filter: &Filter,
    new: &[(i64, ConversationId)],
) -> Result<Vec<(i64, Conversation)>, EngineFault> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ConversationId> = new.iter().map(|(_, id)| *id).collect();
    let mut loaded: HashMap<ConversationId, Conversation> = load_conversations(conn, &ids)
        .await?
        .into_iter()
        .filter(|one| search.scope.sees(one.private_to) && filter.holds(one))
        .map(|one| (one.id, one))
        .collect();
    let one = |(number, id): &(i64, ConversationId)| Some((*number, loaded.remove(id)?));
    Ok(new.iter().filter_map(one).collect())
}
