//! Search: messages, notes and conversations by what they say and how they are.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;

use super::Api;
use super::lists::Page;
use crate::domain::clock::Timestamp;
use crate::domain::gateway::{ChannelKind, GatewayName};
use crate::domain::id::{ContactId, ConversationId, MessageId, NoteId};
use crate::domain::message::Direction;
use crate::domain::search::doc::{DocKind, Section};
use crate::domain::search::{QueryFault, parse};
use crate::domain::status::Status;
use crate::engine::{Found, Hit, Order, Question};
use crate::http::auth::Reader;
use crate::http::fields::{any_text, parsed};
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Query, Read};

/// Something that was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SearchHit)]
pub(crate) struct HitBody {
    /// `message`, `note` or `conversation`.
    #[schema(example = "message")]
    kind: &'static str,
    /// The id of the message; of a message only.
    #[schema(value_type = Option<String>, example = "msg_01kbhm0v4we7gtqz6dm1x1m8p2")]
    message: Option<MessageId>,
    /// The id of the note; of a note only.
    #[schema(value_type = Option<String>)]
    note: Option<NoteId>,
    /// The id of the conversation.
    #[schema(value_type = String, example = "cnv_01kbhm0v4we7gtqz6dm1x1m8p2")]
    conversation: ConversationId,
    /// With whom.
    contact: FoundContact,
    /// When it came about.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What a list shows of a message; of a message only.
    about: Option<FoundMessage>,
    /// The piece of it that tells why it was found.
    snippet: Option<SnippetBody>,
    /// How well it fits; comparable within one search only.
    #[schema(example = 1.25)]
    rank: f64,
}

/// The person a hit is about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FoundContact {
    /// Their id.
    #[schema(value_type = String)]
    id: ContactId,
    /// Their name, once somebody knows it.
    name: Option<String>,
}

/// A message as a list of hits shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FoundMessage {
    /// Which way it goes.
    direction: Direction,
    /// What it travels on.
    channel: ChannelKind,
    /// The name of the gateway.
    #[schema(value_type = String, example = "support-long")]
    gateway: GatewayName,
    /// Who sent it.
    from: String,
    /// Who gets it.
    to: String,
    /// Its subject; none, for a text.
    subject: Option<String>,
    /// What is known of it.
    status: Status,
}

/// A piece of text with what was found in it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Snippet)]
pub(crate) struct SnippetBody {
    /// Which part it is from.
    section: Section,
    /// At most 160 characters.
    #[schema(example = "Where is my refund?")]
    text: String,
    /// What was found: from and to, counted in characters (Unicode code points) from zero, the end
    /// excluded.
    #[schema(example = json!([[12, 18]]))]
    highlights: Vec<(usize, usize)>,
}

impl From<Hit> for HitBody {
    fn from(hit: Hit) -> Self {
        let about = hit.message.map(|message| FoundMessage {
            direction: message.direction,
            channel: message.channel,
            gateway: message.gateway,
            from: message.from,
            to: message.to,
            subject: message.details.mail.map(|mail| mail.subject),
            status: message.status,
        });
        let of = |kind| (hit.doc.kind == kind).then_some(hit.doc.id);
        Self {
            kind: hit.doc.kind.as_str(),
            message: of(DocKind::Message).map(MessageId),
            note: of(DocKind::Note).map(NoteId),
            conversation: hit.doc.conversation,
            contact: FoundContact {
                id: hit.around.contact,
                name: hit.around.name,
            },
            at: hit.doc.at,
            about,
            snippet: hit.snippet.map(|snippet| SnippetBody {
                section: snippet.section,
                text: snippet.text,
                highlights: snippet.highlights,
            }),
            rank: hit.rank,
        }
    }
}

/// What to look for.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Searching {
    /// Words and conditions: `refund from:ann is:open -"gift card" (gateway:support-mail OR
    /// has:attachment)`. Fields: `from to channel gateway tag assignee is has before after status`;
    /// a value with spaces or parentheses stands in quotes, `word*` is a beginning.
    #[param(example = "refund is:open")]
    q: String,
    /// Only of a kind: `messages`, `notes` or `conversations`.
    #[param(rename = "in", value_type = Option<String>, pattern = "^(messages|notes|conversations)$")]
    kind: Option<DocKind>,
    /// Only in the conversation of this id.
    #[param(value_type = Option<String>, pattern = "^cnv_[0-9a-hjkmnp-tv-z]{26}$")]
    conversation: Option<ConversationId>,
    /// `rank`: the best first, of the newest 200 messages and notes and the newest 80
    /// conversations that fit; `time`: the newest first, all of them. Without words to rank by,
    /// `rank` is as `time`.
    #[param(value_type = Option<String>, default = "rank", pattern = "^(rank|time)$")]
    sort: Order,
    /// How many at most. A page may be shorter, and even empty, and still have a next one.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Read for Searching {
    fn read(fields: &mut Fields) -> Option<Self> {
        let q = fields.required("q", any_text);
        let kind = fields.optional("in", parsed("messages, notes or conversations", kind));
        let conversation = fields.optional(
            "conversation",
            parsed("a conversation's id", |id| id.parse().ok()),
        );
        let sort = fields.optional("sort", parsed("rank or time", order));
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            q: q?,
            kind,
            conversation,
            sort: sort.unwrap_or(Order::Rank),
            limit,
            cursor,
        })
    }
}

fn kind(name: &str) -> Option<DocKind> {
    DocKind::from_name(name.strip_suffix('s')?)
}

fn order(name: &str) -> Option<Order> {
    match name {
        "rank" => Some(Order::Rank),
        "time" => Some(Order::Time),
        _ => None,
    }
}

/// The answer to a query that cannot be read: the field, and in `query` the place in it.
pub(super) fn wrong_query(fault: &QueryFault) -> Problem {
    Problem::field("/q", fault.to_string()).with(
        "query",
        json!({
            "at": fault.at,
            "length": fault.length,
            "reason": fault.reason,
            "expected": fault.expected,
            "nearest": fault.nearest,
        }),
    )
}

/// Finds messages, notes and conversations. What was written a moment ago is found a moment later.
#[utoipa::path(
    get, path = "/v1/search", operation_id = "search", tag = "search",
    params(Searching),
    responses((status = 200, description = "A page of what was found", body = Page<HitBody>))
)]
pub(super) async fn search(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(asked): Query<Searching>,
) -> Result<Answer<Page<HitBody>>, Problem> {
    let query = parse(&asked.q, &api.country).map_err(|fault| wrong_query(&fault))?;
    let page = PageQuery {
        limit: asked.limit,
        cursor: asked.cursor,
    };
    let question = Question {
        query,
        kinds: asked.kind.into_iter().collect(),
        within: asked.conversation,
        order: asked.sort,
        limit: page.limit,
        from: page.place()?,
        country: api.country.to_string(),
    };
    let Found { hits, next } = api.engine.search(question, &principal).await?;
    Ok(Answer(Page {
        data: hits.into_iter().map(Into::into).collect(),
        next_cursor: next.map(|place| place.to_string()),
    }))
}
