//! Lists of conversations by view and filter, and one conversation.

use axum::Json as Answer;
use axum::extract::State;

use super::ConversationBody;
use crate::api::Api;
use crate::api::lists::Page;
use crate::api::search::wrong_query;
use crate::domain::agent::Principal;
use crate::domain::desk::View;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AgentId, ContactId, ConversationId, TeamId};
use crate::domain::search::parse;
use crate::engine::{ConversationDetails, ConversationFilter, Order, Question};
use crate::http::auth::Reader;
use crate::http::fields::{any_text, parsed, text, truth};
use crate::http::problem::Problem;
use crate::http::query::{self, PageQuery};
use crate::http::{Fields, Id, Query, Read};

/// The longest name of a tag, in characters.
pub(super) const LONGEST_TAG: usize = 50;

/// Which conversations to list: those that fit everything that is said.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// A named list: `inbox` (what waits), `mine`, `unassigned`, `snoozed`, `done`, `archived`,
    /// `failed` or `all`.
    #[param(value_type = Option<String>, default = "inbox", pattern = "^(inbox|mine|unassigned|snoozed|done|archived|failed|all)$")]
    view: View,
    /// Only those with the contact of this id.
    #[param(value_type = Option<String>, pattern = "^con_[0-9a-hjkmnp-tv-z]{26}$")]
    contact: Option<ContactId>,
    /// Only those with this tag: its name.
    #[param(value_type = Option<String>)]
    tag: Option<String>,
    /// Only those whose contact last wrote to this gateway: its name.
    #[param(value_type = Option<String>)]
    gateway: Option<GatewayName>,
    /// Only those whose open issue the agent with this id has, or `me`.
    #[param(value_type = Option<String>, pattern = "^(me|agt_[0-9a-hjkmnp-tv-z]{26})$")]
    assignee: Option<Assignee>,
    /// Only those whose open issue is in the queue of the team with this id.
    #[param(value_type = Option<String>, pattern = "^tem_[0-9a-hjkmnp-tv-z]{26}$")]
    team: Option<TeamId>,
    /// Only those with something unread.
    #[param(value_type = Option<bool>)]
    unread: bool,
    /// Only those in which this is found, in the language of `GET /v1/search`. Where it asks for
    /// words or messages, the conversation with the newest hit comes first, and a page may be
    /// shorter, and even empty, and still have a next one.
    #[param(value_type = Option<String>, max_length = 1000, example = "refund is:open")]
    q: Option<String>,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Reads what was kept or sent as the query of this list.
pub(in crate::api) fn listing(filter: &str) -> Result<Listing, Problem> {
    let listing: Listing = query::parse(filter)?;
    // Which country numbers are of does not matter for whether it can be read.
    if let Some(Err(fault)) = listing.q.as_deref().map(|q| parse(q, "US")) {
        return Err(wrong_query(&fault));
    }
    Ok(listing)
}

/// What a list holds, with the tag looked up.
pub(super) async fn filter_of(
    api: &Api,
    query: &Listing,
    principal: &Principal,
) -> Result<ConversationFilter, Problem> {
    let mut filter = query.filter(principal);
    if let Some(name) = &query.tag {
        let found = api.engine.read_as(principal).tag(name).await?;
        let tag = found.ok_or_else(|| Problem::field("/tag", "names no tag"))?;
        filter.tag = Some(tag.id);
    }
    Ok(filter)
}

/// Who is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Assignee {
    /// The one who asks.
    Me,
    /// This one.
    Agent(AgentId),
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let views = "inbox, mine, unassigned, snoozed, done, archived, failed or all";
        let view = fields.optional("view", parsed(views, View::from_name));
        let contact = fields.optional("contact", parsed("a contact's id", |id| id.parse().ok()));
        let tag = fields.optional("tag", text(1..=LONGEST_TAG));
        let gateway = fields.optional("gateway", parsed("a gateway's name", GatewayName::parse));
        let assignee = fields.optional("assignee", parsed("an agent's id, or me", assignee));
        let team = fields.optional("team", parsed("a team's id", |id| id.parse().ok()));
        let unread = fields.optional("unread", truth).unwrap_or(false);
        let q = fields.optional("q", any_text);
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            view: view.unwrap_or(View::Inbox),
            contact,
            tag,
            gateway,
            assignee,
            team,
            unread,
            q,
            limit,
            cursor,
        })
    }
}

fn assignee(text: &str) -> Option<Assignee> {
    match text {
        "me" => Some(Assignee::Me),
        id => id.parse().ok().map(Assignee::Agent),
    }
}

impl Listing {
    fn filter(&self, principal: &Principal) -> ConversationFilter {
        let me = principal.agent.id;
        let assignee = match self.assignee {
            Some(Assignee::Me) => Some(me),
            Some(Assignee::Agent(agent)) => Some(agent),
            None => (self.view == View::Mine).then_some(me),
        };
        ConversationFilter {
            shelves: self.view.shelves().to_vec(),
            failed: self.view == View::Failed,
            unread: self.unread,
            assignee,
            team: self.team,
            tag: None,
            gateway: self.gateway.clone(),
            contact: self.contact,
        }
    }
}

/// Lists conversations, the one with the newest message first.
#[utoipa::path(
    get, path = "/v1/conversations", operation_id = "listConversations", tag = "conversations",
    params(Listing),
    responses((status = 200, description = "A page of conversations", body = Page<ConversationBody>))
)]
pub(in crate::api) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Listing>,
) -> Result<Answer<Page<ConversationBody>>, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let found = page_of(&api, &query, page, &principal).await?;
    Ok(Answer(Page {
        data: found.data.into_iter().map(Into::into).collect(),
        next_cursor: found.next_cursor,
    }))
}

/// A page of what a query holds.
pub(super) async fn page_of(
    api: &Api,
    query: &Listing,
    page: PageQuery,
    principal: &Principal,
) -> Result<Page<ConversationDetails>, Problem> {
    let filter = filter_of(api, query, principal).await?;
    if let Some(text) = &query.q {
        let question = Question {
            query: parse(text, &api.country).map_err(|fault| wrong_query(&fault))?,
            kinds: Vec::new(),
            within: None,
            order: Order::Time,
            limit: page.limit,
            from: None,
            country: api.country.to_string(),
        };
        let listed = api
            .engine
            .search_list(question, filter, page.place()?, principal);
        let (data, next) = listed.await?;
        let next_cursor = next.map(|place| place.to_string());
        return Ok(Page { data, next_cursor });
    }
    let reader = api.engine.read_as(principal);
    let found = reader
        .conversations(&filter, page.place()?, page.one_more())
        .await?;
    let cursor = |details: &ConversationDetails| details.conversation.last_message.to_string();
    Ok(Page::of(found, page.limit, cursor, |details| details))
}

/// Finds a conversation.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", operation_id = "getConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation", body = ConversationBody))
)]
pub(in crate::api) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ConversationId>,
) -> Result<Answer<ConversationBody>, Problem> {
    found(&api, id, &principal).await
}

pub(super) async fn found(
    api: &Api,
    id: ConversationId,
    principal: &Principal,
) -> Result<Answer<ConversationBody>, Problem> {
    let details = api.engine.read_as(principal).conversation(id).await?;
    let details = details.ok_or_else(|| Problem::not_found("conversation"))?;
    Ok(Answer(details.into()))
}
