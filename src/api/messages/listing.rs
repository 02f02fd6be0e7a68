//! Which messages a client wants to see.

use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{ConversationId, IssueId};
use crate::domain::message::Direction;
use crate::domain::status::Status;
use crate::engine::{MessageFilter, Presence};
use crate::http::fields::parsed;
use crate::http::query::PageQuery;
use crate::http::{Fields, Read};

/// Which messages to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only those of the conversation with this id.
    #[param(value_type = Option<String>, pattern = "^cnv_[0-9a-hjkmnp-tv-z]{26}$")]
    conversation: Option<ConversationId>,
    /// Only those of the issue with this id.
    #[param(value_type = Option<String>, pattern = "^iss_[0-9a-hjkmnp-tv-z]{26}$")]
    issue: Option<IssueId>,
    /// Only those of the gateway with this name.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9-]{1,64}$")]
    gateway: Option<GatewayName>,
    /// Only those that go this way.
    #[param(inline)]
    direction: Option<Direction>,
    /// Only those with this status.
    #[param(inline)]
    status: Option<Status>,
    /// Only those from this time on (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Only those from before this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Those that were deleted instead; the permission `audit` is needed.
    #[param(value_type = Option<bool>, default = false)]
    deleted: bool,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let time = || {
            parsed("an RFC 3339 time, such as 2026-11-21T09:30:00Z", |text| {
                text.parse().ok()
            })
        };
        let conversation = fields.optional(
            "conversation",
            parsed("a conversation's id", |id| id.parse().ok()),
        );
        let issue = fields.optional("issue", parsed("an issue's id", |id| id.parse().ok()));
        let gateway = fields.optional("gateway", parsed("a gateway's name", GatewayName::parse));
        let direction = fields.optional(
            "direction",
            parsed("inbound or outbound", Direction::from_name),
        );
        let status = fields.optional("status", parsed("a status", Status::from_name));
        let since = fields.optional("since", time());
        let until = fields.optional("until", time());
        let deleted = fields.optional("deleted", parsed("true or false", |text| text.parse().ok()));
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            conversation,
            issue,
            gateway,
            direction,
            status,
            since,
            until,
            deleted: deleted.unwrap_or(false),
            limit,
            cursor,
        })
    }
}

impl Listing {
    /// The filter and the page.
    pub(super) fn parts(self) -> (MessageFilter, PageQuery) {
        let filter = MessageFilter {
            conversation: self.conversation,
            issue: self.issue,
            gateway: self.gateway,
            direction: self.direction,
            status: self.status,
            since: self.since,
            until: self.until,
            presence: if self.deleted {
                Presence::Deleted
            } else {
                Presence::Present
            },
        };
        let page = PageQuery {
            limit: self.limit,
            cursor: self.cursor,
        };
        (filter, page)
    }
}
