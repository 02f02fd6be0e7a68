//! What can be asked without changing anything.

mod details;

pub use details::{
    ConversationDetails, GatewayDetails, MessageDetails, TimelineEntry, TimelineKind,
};

use std::collections::HashMap;

use super::deletions::with_deletions;
use super::{Context, EngineFault, Line};
use crate::domain::agent::Scope;
use crate::domain::attachment::Attachment;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Conversation, Issue, Tag};
use crate::domain::delivery::QueueDepth;
use crate::domain::health::{Half, Health};
use crate::domain::id::{
    AgentId, AttachmentId, ContactId, ConversationId, IssueId, MessageId, QuarantineId, TagId,
};
use crate::domain::message::{Message, RawRequest, Receipt, StatusEvent};
use crate::domain::quarantine::Quarantined;
use crate::domain::status::Status;
use crate::store::conversation::Filter;
use crate::store::issue::IssueFilter;
use crate::store::message::{MessageFilter, Presence};
use crate::store::tally::Line as CountLine;
use crate::store::{
    Conn, attachment, bookmark, conversation, delivery, event, gateway, issue, message, note, raw,
    tag, tally, timeline,
};

/// Asks the store.
///
/// Whatever is in a conversation is answered as if it were not there, when the scope does not see
/// the conversation.
pub struct Reader<'e> {
    context: &'e Context,
    scope: Scope,
    /// Who asks; nobody, where the program itself does.
    agent: Option<AgentId>,
}

impl<'e> Reader<'e> {
    pub(super) fn new(context: &'e Context, scope: Scope, agent: Option<AgentId>) -> Self {
        Self {
            context,
            scope,
            agent,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) async fn conn(&self) -> Result<Conn, EngineFault> {
        Ok(self.context.store.read().await?)
    }

    /// One message that was not deleted, with its timeline.
    pub async fn message(&self, id: MessageId) -> Result<Option<MessageDetails>, EngineFault> {
        let mut conn = self.conn().await?;
        let mut found = message::load_present(&mut conn, &[id]).await?.remove(&id);
        if let Some(message) = &found
            && !self.sees(&mut conn, message.conversation).await?
        {
            found = None;
        }
        Ok(self
            .with_timelines(&mut conn, found.into_iter().collect())
            .await?
            .pop())
    }

    async fn sees(
        &self,
        conn: &mut Conn,
        conversation: ConversationId,
    ) -> Result<bool, EngineFault> {
        if self.scope == Scope::All {
            return Ok(true);
        }
        let found = conversation::find_conversation(conn, conversation, &self.scope).await?;
        Ok(found.is_some())
    }

    /// One attachment, used or not.
    pub async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>, EngineFault> {
        let mut conn = self.conn().await?;
        let found = attachment::load_attachments(&mut conn, &[id]).await?.pop();
        let Some(message) = found.as_ref().and_then(|one| one.message) else {
            return Ok(found);
        };
        drop(conn);
        Ok(match self.message(message).await? {
            Some(_) => found,
            None => None,
        })
    }

    /// Messages with their timelines, the newest first, from before an id.
    pub async fn messages(
        &self,
        filter: &MessageFilter,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageDetails>, EngineFault> {
        let mut conn = self.conn().await?;
        let before = before.unwrap_or(MessageId(uuid::Uuid::max()));
        let found = message::list_messages(&mut conn, filter, &self.scope, before, limit).await?;
        let found = self.with_timelines(&mut conn, found).await?;
        match filter.presence {
            Presence::Present => Ok(found),
            Presence::Deleted | Presence::All => with_deletions(&mut conn, found).await,
        }
    }

    pub(super) async fn with_timelines(
        &self,
        conn: &mut Conn,
        messages: Vec<Message>,
    ) -> Result<Vec<MessageDetails>, EngineFault> {
        let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
        let mut timelines = timeline::load_timelines(conn, &ids).await?;
        let details = |message: Message| {
            let timeline = timelines.remove(&message.id).unwrap_or_default();
            let receipt = self.receipt(&message, &timeline);
            MessageDetails {
                deleted: None,
                message,
                timeline,
                receipt,
            }
        };
        Ok(messages.into_iter().map(details).collect())
    }

    fn receipt(&self, message: &Message, timeline: &[StatusEvent]) -> Option<Receipt> {
        let line = self.context.lines.get(&message.gateway);
        let reports = line.is_some_and(|line| {
            line.gateway
                .capabilities()
                .receipts
                .contains(&Status::Delivered)
        });
        let sent = timeline
            .iter()
            .rev()
            .find(|line| line.status == Status::Sent);
        let sent_at = sent.map_or(message.created_at, |line| line.at);
        message.receipt(sent_at, reports, self.context.clock.now())
    }

    /// One conversation.
    pub async fn conversation(
        &self,
        id: ConversationId,
    ) -> Result<Option<ConversationDetails>, EngineFault> {
        let mut conn = self.conn().await?;
        let found = conversation::find_conversation(&mut conn, id, &self.scope).await?;
        Ok(
            with_details(&mut conn, found.into_iter().collect(), self.agent)
                .await?
                .pop(),
        )
    }

    /// Conversations, the one with the newest message first, from before a message.
    pub async fn conversations(
        &self,
        filter: &Filter,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<ConversationDetails>, EngineFault> {
        let mut conn = self.conn().await?;
        let before = before.unwrap_or(MessageId(uuid::Uuid::max()));
        let found =
            conversation::list_conversations(&mut conn, filter, &self.scope, before, limit).await?;
        with_details(&mut conn, found, self.agent).await
    }

    /// How many conversations every list holds.
    pub async fn counts(&self) -> Result<Vec<CountLine>, EngineFault> {
        Ok(tally::list_counts(&mut self.conn().await?, &self.scope).await?)
    }

    /// Tags, the newest first, from before an id.
    pub async fn tags(&self, before: Option<TagId>, limit: u32) -> Result<Vec<Tag>, EngineFault> {
        let before = before.unwrap_or(TagId(uuid::Uuid::max()));
        Ok(tag::list_tags(&mut self.conn().await?, before, limit).await?)
    }

    /// One tag.
    pub async fn tag_by_id(&self, id: TagId) -> Result<Option<Tag>, EngineFault> {
        Ok(tag::find_tag(&mut self.conn().await?, id).await?)
    }

    /// The tag of that name.
    pub async fn tag(&self, name: &str) -> Result<Option<Tag>, EngineFault> {
        Ok(tag::find_tag_called(&mut self.conn().await?, name).await?)
    }

    /// Messages and events of a conversation in one order, the newest first, from before a time.
    pub async fn timeline(
        &self,
        id: ConversationId,
        kind: TimelineKind,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<TimelineEntry>, EngineFault> {
        let mut conn = self.conn().await?;
        let before = before.unwrap_or(Timestamp(i64::MAX));
        let filter = MessageFilter {
            conversation: Some(id),
            until: Some(before),
            presence: self.context.in_timelines(),
            ..MessageFilter::default()
        };
        let messages = match kind {
            TimelineKind::Everything | TimelineKind::Messages => {
                let newest = MessageId(uuid::Uuid::max());
                message::list_messages(&mut conn, &filter, &self.scope, newest, limit).await?
            }
            TimelineKind::Events | TimelineKind::Notes => Vec::new(),
        };
        let notes = match kind {
            TimelineKind::Everything | TimelineKind::Notes => {
                note::list_notes(&mut conn, id, before, limit).await?
            }
            TimelineKind::Events | TimelineKind::Messages => Vec::new(),
        };
        let events = match kind {
            TimelineKind::Everything | TimelineKind::Events => {
                event::list_conversation_events(&mut conn, id, before, limit).await?
            }
            TimelineKind::Messages | TimelineKind::Notes => Vec::new(),
        };
        let mut messages = self.with_timelines(&mut conn, messages).await?;
        if filter.presence == Presence::All {
            messages = with_deletions(&mut conn, messages).await?;
        }
        let messages = messages
            .into_iter()
            .map(|one| match one.deleted {
                Some(_) => one.without_words(),
                None => one,
            })
            .map(|one| TimelineEntry::Message(Box::new(one)));
        let mut entries: Vec<_> = messages
            .chain(events.into_iter().map(TimelineEntry::Event))
            .chain(notes.into_iter().map(TimelineEntry::Note))
            .collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at()));
        entries.truncate(limit as usize);
        Ok(entries)
    }

    /// One issue.
    pub async fn issue(&self, id: IssueId) -> Result<Option<Issue>, EngineFault> {
        Ok(issue::find_issue(&mut self.conn().await?, id, &self.scope).await?)
    }

    /// Issues, the newest first, from before an id.
    pub async fn issues(
        &self,
        filter: IssueFilter,
        before: Option<IssueId>,
        limit: u32,
    ) -> Result<Vec<Issue>, EngineFault> {
        let before = before.unwrap_or(IssueId(uuid::Uuid::max()));
        Ok(issue::list_issues(&mut self.conn().await?, filter, &self.scope, before, limit).await?)
    }

    /// Every gateway, by name.
    pub async fn gateways(&self) -> Result<Vec<GatewayDetails>, EngineFault> {
        let by_name = |known: Vec<Health>| -> HashMap<_, _> {
            let named = known.into_iter().map(|one| (one.gateway.clone(), one));
            named.collect()
        };
        let mut conn = self.conn().await?;
        let mut senders = by_name(gateway::list_health(&mut conn, Half::Sender).await?);
        let mut mailboxes = by_name(gateway::list_health(&mut conn, Half::Mailbox).await?);
        let mut lines: Vec<Line> = self.context.lines.values().cloned().collect();
        lines.sort_by(|one, other| one.spec.name.cmp(&other.spec.name));
        let details = |line: Line| GatewayDetails {
            health: Health::together(
                senders.remove(&line.spec.name),
                mailboxes.remove(&line.spec.name),
            ),
            line,
        };
        Ok(lines.into_iter().map(details).collect())
    }

    /// What waits in quarantine, the newest first, from before an id.
    pub async fn quarantine(
        &self,
        before: Option<QuarantineId>,
        limit: u32,
    ) -> Result<Vec<Quarantined>, EngineFault> {
        let before = before.unwrap_or(QuarantineId(uuid::Uuid::max()));
        Ok(raw::list_quarantined(&mut self.conn().await?, before, limit).await?)
    }

    /// One of what is or was in quarantine, with the request as it came; a mail has none.
    pub async fn quarantined(
        &self,
        id: QuarantineId,
    ) -> Result<Option<(Quarantined, Option<RawRequest>)>, EngineFault> {
        let mut conn = self.conn().await?;
        let Some(one) = raw::find_quarantined(&mut conn, id).await? else {
            return Ok(None);
        };
        let request = raw::find_raw_request(&mut conn, one.raw).await?;
        Ok(Some((one, request)))
    }

    /// How much waits at each gateway.
    pub async fn queues(&self) -> Result<Vec<QueueDepth>, EngineFault> {
        Ok(delivery::count_queued(&mut self.conn().await?).await?)
    }

    /// How many messages nobody knows the fate of.
    pub async fn unconfirmed(&self) -> Result<i64, EngineFault> {
        Ok(message::count_unconfirmed(&mut self.conn().await?).await?)
    }

    /// How many requests wait in quarantine.
    pub async fn quarantine_size(&self) -> Result<i64, EngineFault> {
        Ok(raw::count_quarantined(&mut self.conn().await?).await?)
    }
}

pub(super) async fn with_details(
    conn: &mut Conn,
    conversations: Vec<Conversation>,
    agent: Option<AgentId>,
) -> Result<Vec<ConversationDetails>, EngineFault> {
    let contacts: Vec<ContactId> = conversations.iter().map(|one| one.contact).collect();
    let ids: Vec<ConversationId> = conversations.iter().map(|one| one.id).collect();
    let last: Vec<MessageId> = conversations.iter().map(|one| one.last_message).collect();
    let contacts = conversation::list_contacts(conn, &contacts).await?;
    let mut contacts: HashMap<_, _> = contacts
        .into_iter()
        .map(|(one, known)| (one.id, (one, known)))
        .collect();
    let mut issues = issue::load_open(conn, &ids).await?;
    let mut messages = message::load_present(conn, &last).await?;
    let used: Vec<TagId> = conversations
        .iter()
        .flat_map(|one| one.tags.iter().copied())
        .collect();
    let tags = tag::load_tags(conn, &used).await?;
    let tags: HashMap<TagId, Tag> = tags.into_iter().map(|tag| (tag.id, tag)).collect();
    let mut bookmarks = match agent {
        Some(agent) => bookmark::load_bookmarks(conn, agent, &ids).await?,
        None => HashMap::new(),
    };
    let details = |conversation: Conversation| {
        let (contact, addresses) = contacts.remove(&conversation.contact)?;
        Some(ConversationDetails {
            contact,
            addresses,
            last_message: messages.remove(&conversation.last_message),
            open_issue: issues.remove(&conversation.id),
            bookmark: bookmarks.remove(&conversation.id).unwrap_or_default(),
            tags: (conversation.tags.iter())
                .filter_map(|id| tags.get(id).cloned())
                .collect(),
            conversation,
        })
    };
    Ok(conversations.into_iter().filter_map(details).collect())
}
