//! What a slice of commands changes: the rows of every table, to be written in one go.

use std::sync::Arc;

use super::address::Address;
use super::assign::Turn;
use super::attachment::Attachment;
use super::clock::Timestamp;
use super::conversation::{Contact, Conversation, Issue};
use super::delivery::{Delivery, Piece};
use super::event::NewEvent;
use super::failure::FailureClass;
use super::gateway::{ChannelKind, GatewayName};
use super::id::{ContactId, MessageId};
use super::idempotency::{Answered, Key};
use super::message::{Message, RawRequest, StatusEvent};
use super::opt_out::{OptOut, Word};
use super::quarantine::Quarantined;
use super::receive::mail::{RawMail, Taken};
use super::report::{Known, Parked};
use super::status::Status;
use super::tally::Shifts;

/// A provider's id at a gateway.
pub type Reference = (GatewayName, String);

/// A sender of ours and a recipient.
pub type Pair = (String, String);

/// Everything that is written for a slice, each table once.
#[derive(Debug, Default)]
pub struct Changes {
    /// New people and the address each was met by.
    pub contacts: Vec<(Contact, Address)>,
    /// What people call themselves who may have no name yet.
    pub names: Vec<(ContactId, String)>,
    /// Conversations, new and changed.
    pub conversations: Vec<Conversation>,
    /// What that changes in the counts of lists.
    pub shifts: Shifts,
    /// Issues, new and changed.
    pub issues: Vec<Issue>,
    /// Whose turn it was to be given one.
    pub turns: Vec<Turn>,
    /// Messages, new and changed.
    pub messages: Vec<Message>,
    /// Attachments, new and changed.
    pub attachments: Vec<Attachment>,
    /// What providers' ids of inbound messages mean.
    pub inbound_references: Vec<(Reference, Known)>,
    /// What the shared ids of messages that come in parts mean now.
    pub groups: Vec<(Reference, Known)>,
    /// What providers' ids of outbound messages mean.
    pub outbound_references: Vec<(Reference, Known)>,
    /// What ids of messages that were sent again mean now.
    pub outbound_again: Vec<(Reference, Known)>,
    /// New lines of timelines.
    pub status_events: Vec<StatusEvent>,
    /// Reports that came too early.
    pub parked: Vec<Parked>,
    /// Such reports that wait no more.
    pub unparked: Vec<Parked>,
    /// Deliveries, new and changed.
    pub deliveries: Vec<Delivery>,
    /// What leaves the queue.
    pub finished: Vec<Piece>,
    /// Who must not be texted any more.
    pub suppressed: Vec<OptOut>,
    /// Who may be texted again, and at whose word.
    pub lifted: Vec<(Pair, Word)>,
    /// Answers to remember.
    pub answers: Vec<(Key, Answered)>,
    /// What fingerprints of inbound mails mean now.
    pub fingerprints: Vec<(Reference, Known)>,
    /// Message-IDs by which answers find messages, inbound and outbound.
    pub mail_ids: Vec<(String, MessageId)>,
    /// Mails to keep as they came.
    pub raw_mails: Vec<RawMail>,
    /// What became of mails at their places.
    pub taken: Vec<Taken>,
    /// Addresses to which mail came back, since when and why; nothing where it arrived again.
    pub bounces: Vec<(Address, Option<(Timestamp, String)>)>,
    /// Who was told that their mail arrived, by which gateway and when.
    pub acknowledged: Vec<(Address, GatewayName, Timestamp)>,
    /// What could not be read.
    pub quarantined: Vec<Quarantined>,
    /// Requests to keep.
    pub raw_requests: Vec<Arc<RawRequest>>,
    /// What happened, in order.
    pub events: Vec<NewEvent>,
    /// The statuses that messages came to, for counting.
    pub transitions: Vec<Transition>,
}

/// A message came to a status.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The message's gateway.
    pub gateway: GatewayName,
    /// What it goes over.
    pub channel: ChannelKind,
    /// What it came to.
    pub status: Status,
    /// Why it failed.
    pub class: Option<FailureClass>,
}
