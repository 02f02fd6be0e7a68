//! What is asked of the ledger, and what is to enter it.

use crate::api::{Api, address_of};
use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::MessageId;
use crate::domain::opt_out::EVERY_SENDER;
use crate::engine::{OptOutFilter, Whom};
use crate::http::fields::{parsed, text, truth};
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Read};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Which entries to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only those about this address of ours; `*` for those about all.
    #[param(value_type = Option<String>)]
    sender: Option<String>,
    /// Only those of this recipient, in any written form.
    #[param(value_type = Option<String>)]
    recipient: Option<String>,
    /// Only those that began at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// True for those that hold, false for those that ended.
    active: Option<bool>,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    pub(super) limit: u32,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let sender = fields.optional("sender", text(1..=320));
        let recipient = fields.optional("recipient", text(1..=320));
        let since = fields.optional(
            "since",
            parsed("a time such as 2026-11-21T09:30:00Z", |time| {
                time.parse().ok()
            }),
        );
        let active = fields.optional("active", truth);
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            sender,
            recipient,
            since,
            active,
            limit,
            cursor,
        })
    }
}

impl Listing {
    pub(super) fn filter(&self, api: &Api) -> OptOutFilter {
        let address = |text: &String| match text.as_str() {
            EVERY_SENDER => text.clone(),
            _ => address_of(text, &api.country)
                .map_or_else(|_| text.clone(), |address| address.value().to_owned()),
        };
        OptOutFilter {
            sender: self.sender.as_ref().map(address),
            recipient: self.recipient.as_ref().map(address),
            since: self.since,
            active: self.active,
        }
    }
}

/// Somebody who shall not be written to any more: either `to`, or the writer of a `message`.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"to": "+12025550123", "reason": "asked on the phone"}))]
pub(crate) struct NewOptOut {
    /// A phone number or a mailbox.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 320)]
    to: Option<String>,
    /// With `to`: the name of the gateway whose messages it ends; without it, those of all.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9-]{1,64}$")]
    gateway: Option<GatewayName>,
    /// The id of the message by which a customer asked for it, in whatever words.
    #[schema(value_type = Option<String>, pattern = "^msg_[0-9a-hjkmnp-tv-z]{26}$")]
    message: Option<MessageId>,
    /// Why; without it, the words of the message.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    pub(super) reason: Option<String>,
}

impl Read for NewOptOut {
    fn read(fields: &mut Fields) -> Option<Self> {
        let to = fields.optional("to", text(1..=320));
        let gateway = fields.optional("gateway", parsed("a gateway's name", GatewayName::parse));
        let message = fields.optional("message", parsed("a message's id", |id| id.parse().ok()));
        let reason = fields.optional("reason", text(1..=LONGEST_REASON));
        if to.is_some() && message.is_some() {
            fields.fault("message", "is given beside to; give one of them");
        }
        if gateway.is_some() && message.is_some() {
            fields.fault("gateway", "is the message's own; leave it out");
        }
        Some(Self {
            to,
            gateway,
            message,
            reason,
        })
    }
}

impl NewOptOut {
    pub(super) fn whom(&self, api: &Api) -> Result<Whom, Problem> {
        if let Some(message) = self.message {
            return Ok(Whom::Writer(message));
        }
        let Some(to) = &self.to else {
            return Err(Problem::field(
                "/to",
                "is missing; give an address, or the message that asked for it",
            ));
        };
        let address: Address = address_of(to, &api.country)
            .map_err(|fault| Problem::field("/to", fault.to_string()))?;
        Ok(Whom::Address(address, self.gateway.clone()))
    }
}

/// Why an opt-out ends.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ending {
    /// What the recipient said, or how they said it.
    #[param(value_type = String, min_length = 1, max_length = 500)]
    pub(super) reason: String,
}

impl Read for Ending {
    fn read(fields: &mut Fields) -> Option<Self> {
        let reason = fields.required("reason", text(1..=LONGEST_REASON));
        Some(Self { reason: reason? })
    }
}
