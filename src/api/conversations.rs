//! Conversations: list, look up, mark as read and unread.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use super::lists::Page;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::ContactAddress;
use crate::domain::gateway::ChannelKind;
use crate::domain::id::{ContactId, ConversationId, IssueId, MessageId};
use crate::domain::message::{Direction, Message};
use crate::domain::status::Status;
use crate::engine::{ConversationDetails, View};
use crate::http::auth::{Reader, Writer};
use crate::http::fields::parsed;
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Action, Fields, Id, Nothing, Query, Read};

/// How much of the newest message a list shows, in characters: two lines of a phone.
const PREVIEW: usize = 160;

/// Everything said with one contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Conversation)]
pub(crate) struct ConversationBody {
    /// Its id.
    #[schema(value_type = String, example = "cnv_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: ConversationId,
    /// With whom.
    contact: ContactBody,
    /// The id of the newest message.
    #[schema(value_type = String)]
    last_message: MessageId,
    /// How that message begins.
    preview: Option<Preview>,
    /// When it came or went.
    #[schema(value_type = String, format = DateTime)]
    last_message_at: Timestamp,
    /// How many inbound messages nobody has read.
    unread: u32,
    /// The id of the open issue.
    #[schema(value_type = Option<String>)]
    open_issue: Option<IssueId>,
    /// Its tags; none yet.
    tags: Vec<String>,
    /// Until when it sleeps; it never does yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    /// Taken out of the inbox.
    archived: bool,
    /// Marked as complete.
    done: bool,
}

/// A person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Contact)]
pub(crate) struct ContactBody {
    /// Their id.
    #[schema(value_type = String)]
    id: ContactId,
    /// Their name, once somebody knows it.
    name: Option<String>,
    /// Where they can be reached.
    addresses: Vec<AddressBody>,
}

/// Where somebody can be reached.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Address)]
pub(crate) struct AddressBody {
    /// By what.
    channel: ChannelKind,
    /// The number or mailbox. What is in parentheses behind a mailbox says why it is not believed:
    /// `ann@example.com (not verified)`.
    #[schema(example = "+12025550123")]
    value: String,
    /// Since when mail to it comes back; only where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    bounced_at: Option<Timestamp>,
    /// Why, in the words of the server that refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounce_reason: Option<String>,
}

impl From<ContactAddress> for AddressBody {
    fn from(known: ContactAddress) -> Self {
        let (bounced_at, bounce_reason) = known.bounced.unzip();
        Self {
            channel: known.address.channel(),
            value: known.address.value().to_owned(),
            bounced_at,
            bounce_reason,
        }
    }
}

/// How the newest message of a conversation begins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Preview {
    /// Which way it goes.
    direction: Direction,
    /// What is known of it.
    status: Status,
    /// Its subject; none, for a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Its first 160 characters.
    text: String,
}

impl From<Message> for Preview {
    fn from(message: Message) -> Self {
        Self {
            direction: message.direction,
            status: message.status,
            subject: (message.details.mail.as_ref()).map(|mail| mail.subject.clone()),
            text: message.text.chars().take(PREVIEW).collect(),
        }
    }
}

impl From<ConversationDetails> for ConversationBody {
    fn from(details: ConversationDetails) -> Self {
        let conversation = details.conversation;
        Self {
            id: conversation.id,
            contact: ContactBody {
                id: details.contact.id,
                name: details.contact.name,
                addresses: details.addresses.into_iter().map(Into::into).collect(),
            },
            last_message: conversation.last_message,
            preview: details.last_message.map(Preview::from),
            last_message_at: conversation.last_message_at,
            unread: conversation.unread,
            open_issue: details.open_issue.map(|issue| issue.id),
            tags: Vec::new(),
            snoozed_until: None,
            archived: conversation.archived,
            done: conversation.done,
        }
    }
}

/// Which conversations to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// `inbox` (what waits) or `all`.
    #[param(value_type = Option<String>, default = "inbox", pattern = "^(inbox|all)$")]
    view: View,
    /// Only those with the contact of this id.
    #[param(value_type = Option<String>, pattern = "^con_[0-9a-hjkmnp-tv-z]{26}$")]
    contact: Option<ContactId>,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let view = fields.optional("view", parsed("inbox or all; other views come later", view));
        let contact = fields.optional("contact", parsed("a contact's id", |id| id.parse().ok()));
        for name in ["tag", "gateway", "assignee", "q"] {
            fields.not_yet(name);
        }
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            view: view.unwrap_or(View::Inbox),
            contact,
            limit,
            cursor,
        })
    }
}

fn view(name: &str) -> Option<View> {
    match name {
        "inbox" => Some(View::Inbox),
        "all" => Some(View::All),
        _ => None,
    }
}

/// Lists conversations, the one with the newest message first.
#[utoipa::path(
    get, path = "/v1/conversations", operation_id = "listConversations", tag = "conversations",
    params(Listing),
    responses((status = 200, description = "A page of conversations", body = Page<ConversationBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: Reader,
    Query(query): Query<Listing>,
) -> Result<Answer<Page<ConversationBody>>, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let found = api
        .engine
        .read()
        .conversations(query.view, query.contact, page.place()?, page.one_more())
        .await?;
    let cursor = |details: &ConversationDetails| details.conversation.last_message.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds a conversation.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", operation_id = "getConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation", body = ConversationBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    _: Reader,
    Id(id): Id<ConversationId>,
) -> Result<Answer<ConversationBody>, Problem> {
    found(&api, id).await
}

async fn found(api: &Api, id: ConversationId) -> Result<Answer<ConversationBody>, Problem> {
    let details = api.engine.read().conversation(id).await?;
    let details = details.ok_or_else(|| Problem::not_found("conversation"))?;
    Ok(Answer(details.into()))
}

/// Marks every message of a conversation as read.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/read", operation_id = "readConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, read", body = ConversationBody))
)]
pub(super) async fn read(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Result<Answer<ConversationBody>, Problem> {
    api.engine.read_conversation(id, &principal).await?;
    found(&api, id).await
}

/// Keeps a conversation in sight, as if its newest message had not been read.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/unread", operation_id = "unreadConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, unread", body = ConversationBody))
)]
pub(super) async fn unread(
    State(api): State<Api>,
    _: Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Result<Answer<ConversationBody>, Problem> {
    api.engine.unread_conversation(id).await?;
    found(&api, id).await
}
