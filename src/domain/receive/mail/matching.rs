//! To which conversation a mail belongs: what it answers decides, but only for those who take part.

use uuid::Uuid;

use super::{Before, Letter};
use crate::domain::address::Address;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::mail::{Automatic, Matcher, Verified};
use crate::domain::message::Message;

impl Before {
    /// The conversation that a mail joins, and by what; nothing when it is the writer's own.
    ///
    /// A subject never joins, and neither does a mail that nobody vouches for although somebody
    /// looked (T25).
    pub(super) fn join(
        &self,
        letter: &Letter,
        gateway: &GatewayName,
    ) -> Option<(ConversationId, Matcher)> {
        if letter.details.verified == Verified::No {
            return None;
        }
        let by_tokens = |tokens: &[Uuid]| {
            let named = tokens.iter().filter_map(|token| self.named(*token));
            named
                .filter(|named| match named {
                    Named::Message(message) => self.takes_part(letter, message),
                    Named::Conversation(id) => self.threads.is_with(*id, &letter.from),
                })
                .map(|named| (named.conversation(), Matcher::Token))
                .next()
        };
        let by_ids = |ids: &[String], matcher: Matcher| {
            self.bearing(ids, gateway)
                .find(|message| self.takes_part(letter, message))
                .map(|message| (message.conversation, matcher))
        };
        by_tokens(&letter.tokens)
            .or_else(|| by_ids(&letter.in_reply_to, Matcher::InReplyTo))
            .or_else(|| by_ids(&letter.references, Matcher::References))
            .or_else(|| by_tokens(&letter.answered_tokens))
    }

    fn named(&self, token: Uuid) -> Option<Named<'_>> {
        let message = self.messages.get(&MessageId(token)).map(Named::Message);
        let conversation = ConversationId(token);
        message.or_else(|| {
            self.threads
                .knows(conversation)
                .then_some(Named::Conversation(conversation))
        })
    }

    /// The messages that bear one of the ids, those of the gateway first.
    fn bearing<'b>(
        &'b self,
        ids: &'b [String],
        gateway: &'b GatewayName,
    ) -> impl Iterator<Item = &'b Message> {
        let found = || {
            ids.iter()
                .filter_map(|id| self.ids.get(id))
                .flatten()
                .filter_map(|id| self.messages.get(id))
        };
        let here = found().filter(move |message| message.gateway == *gateway);
        here.chain(found().filter(move |message| message.gateway != *gateway))
    }

    /// Whether the writer is the contact, or one of those whom the message went to or came from.
    fn takes_part(&self, letter: &Letter, message: &Message) -> bool {
        let Some(mail) = &message.details.mail else {
            return false;
        };
        if mail.verified == Verified::No {
            return false;
        }
        let is_writer = |address: &str| {
            Address::parse_email(address).is_ok_and(|address| address == letter.from)
        };
        let others = [&mail.to, &mail.cc, &mail.bcc];
        self.threads.is_with(message.conversation, &letter.from)
            || letter.details.automatic == Some(Automatic::Own)
            || is_writer(&message.from)
            || is_writer(&message.to)
            || (others.into_iter().flatten()).any(|mailbox| is_writer(&mailbox.address))
    }
}

enum Named<'b> {
    Message(&'b Message),
    Conversation(ConversationId),
}

impl Named<'_> {
    fn conversation(&self) -> ConversationId {
        match self {
            Self::Message(message) => message.conversation,
            Self::Conversation(id) => *id,
        }
    }
}
