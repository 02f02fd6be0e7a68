//! One thing done with many conversations, a page at a time.
//!
//! A call does up to a hundred and says what became of each and where to go on. So a caller sees
//! the progress, can stop, and a list that moves meanwhile is walked like any other list.

use axum::Json as Answer;
use axum::extract::State;
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::Value;

use super::list::{Listing, listing, page_of};
use crate::api::Api;
use crate::api::lists::Page;
use crate::domain::agent::{Permission, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::desk::Deed;
use crate::domain::id::ConversationId;
use crate::engine::DeskFault;
use crate::http::auth::{Writer, require};
use crate::http::fields::{any_text, parsed, text};
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Json, Read};

/// How many conversations a call takes.
const MOST: u32 = 100;

/// What to do, and with which conversations.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct Bulk {
    /// `read`, `unread`, `complete`, `archive`, `unarchive`, `snooze`, `unsnooze`, `tag`,
    /// `untag` or `delete`.
    #[schema(example = "archive")]
    action: String,
    /// For `snooze`: until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// For `tag` and `untag`: the tag's name.
    #[schema(value_type = Option<String>)]
    tag: Option<String>,
    /// The ids of at most 100 conversations.
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    conversations: Option<Vec<ConversationId>>,
    /// Instead of ids: the query of `GET /v1/conversations`.
    #[schema(value_type = Option<String>, example = "view=inbox&tag=billing")]
    filter: Option<String>,
    /// The `next_cursor` of the call before, with the same filter.
    #[schema(value_type = Option<String>)]
    cursor: Option<String>,
}

impl Read for Bulk {
    fn read(fields: &mut Fields) -> Option<Self> {
        let action = fields.required("action", any_text);
        let until = fields.optional("until", parsed("a time", |text| text.parse().ok()));
        let tag = fields.optional("tag", text(1..=super::list::LONGEST_TAG));
        let conversations = fields.optional("conversations", ids);
        let filter = fields.optional("filter", text(0..=1_000));
        let cursor = fields.optional("cursor", any_text);
        if conversations.is_some() == filter.is_some() && fields.are_right() {
            fields.fault("conversations", "or filter must be given, and not both");
        }
        Some(Self {
            action: action?,
            until,
            tag,
            conversations,
            filter,
            cursor,
        })
    }
}

fn ids(value: Value) -> Result<Vec<ConversationId>, String> {
    let wrong = || "must be a list of at most 100 ids of conversations".to_owned();
    let Value::Array(ids) = value else {
        return Err(wrong());
    };
    if ids.len() > MOST as usize {
        return Err(wrong());
    }
    let id = |id: Value| id.as_str().and_then(|id| id.parse().ok());
    ids.into_iter()
        .map(id)
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}

/// What became of one conversation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BulkItem {
    /// Its id.
    #[schema(value_type = String)]
    conversation: ConversationId,
    /// Whether it was done.
    done: bool,
    /// Why not.
    error: Option<String>,
}

/// Does one thing with many conversations, up to a hundred a call, and says what became of each.
#[utoipa::path(
    post, path = "/v1/conversations/bulk", operation_id = "changeConversations", tag = "conversations",
    request_body = Bulk,
    responses((status = 200, description = "What became of each, and where to go on", body = Page<BulkItem>))
)]
pub(in crate::api) async fn bulk(
    State(api): State<Api>,
    Writer(principal): Writer,
    body: Json<Bulk>,
) -> Result<Answer<Page<BulkItem>>, Problem> {
    let bulk = body.value;
    let deed = deed(&api, &principal, &bulk).await?;
    let (ids, next_cursor) = match (bulk.conversations, bulk.filter) {
        (Some(ids), _) => (ids, None),
        (None, filter) => {
            let listing = listing(&filter.unwrap_or_default()).map_err(|_| {
                Problem::field("/filter", "must be a query of GET /v1/conversations")
            })?;
            found(&api, &principal, &listing, bulk.cursor).await?
        }
    };
    let perform = |id| {
        let (engine, principal) = (&api.engine, &principal);
        async move { (id, engine.desk(id, deed, principal).await) }
    };
    // Together, so that they share commits.
    let done = join_all(ids.into_iter().map(perform)).await;
    let item = |(conversation, outcome): (ConversationId, Result<_, DeskFault>)| BulkItem {
        conversation,
        done: outcome.is_ok(),
        error: outcome.err().map(|fault| fault.to_string()),
    };
    Ok(Answer(Page {
        data: done.into_iter().map(item).collect(),
        next_cursor,
    }))
}

/// The next conversations of a list, and where to go on behind them.
async fn found(
    api: &Api,
    principal: &Principal,
    listing: &Listing,
    cursor: Option<String>,
) -> Result<(Vec<ConversationId>, Option<String>), Problem> {
    let page = PageQuery {
        limit: MOST,
        cursor,
    };
    let page = page_of(api, listing, page, principal).await?;
    let ids = page.data.into_iter().map(|details| details.conversation.id);
    Ok((ids.collect(), page.next_cursor))
}

async fn deed(api: &Api, principal: &Principal, bulk: &Bulk) -> Result<Deed, Problem> {
    let tag = async || {
        let name = bulk.tag.as_deref().unwrap_or_default();
        let found = api.engine.read_as(principal).tag(name).await?;
        let missing = || Problem::field("/tag", "must be the name of a tag");
        found.map(|tag| tag.id).ok_or_else(missing)
    };
    Ok(match bulk.action.as_str() {
        "read" => Deed::Read,
        "unread" => Deed::Unread,
        "complete" => Deed::Complete,
        "archive" => Deed::Archive,
        "unarchive" => Deed::Unarchive,
        "unsnooze" => Deed::Unsnooze,
        "snooze" => {
            let now = api.engine.clock().now();
            let until = bulk.until.filter(|until| *until > now);
            Deed::Snooze(
                until.ok_or_else(|| Problem::field("/until", "must be a time in the future"))?,
            )
        }
        "tag" => Deed::Tag(tag().await?),
        "untag" => Deed::Untag(tag().await?),
        "delete" => {
            require(principal, Some(Permission::DeleteMessages))?;
            require(principal, Some(Permission::CloseOthers))?;
            Deed::Delete
        }
        _ => {
            return Err(Problem::field(
                "/action",
                "must be read, unread, complete, archive, unarchive, snooze, unsnooze, tag, untag or delete",
            ));
        }
    })
}
