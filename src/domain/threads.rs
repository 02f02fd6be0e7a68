//! The people, conversations and issues that a slice touches, while it is being decided.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::address::Address;
use super::changes::Changes;
use super::clock::Timestamp;
use super::conversation::{
    AfterFiling, Contact, Conversation, Filing, Issue, IssueState, Thread, file, title,
};
use super::event::{EventData, EventKind, NewEvent};
use super::gateway::AfterClose;
use super::id::{ContactId, ConversationId, IssueId};

/// Conversations with their issues, found by the addresses of their contacts, with what was
/// changed of them. Several addresses may lead to one conversation.
#[derive(Debug)]
pub struct Threads {
    addresses: HashMap<Address, ConversationId>,
    conversations: HashMap<ConversationId, Conversation>,
    issues: HashMap<ConversationId, Issue>,
    /// What was changed, as it was before; nothing, where it began here.
    touched: BTreeMap<ConversationId, Option<Conversation>>,
    touched_issues: BTreeSet<ConversationId>,
    /// The number of the newest issue.
    pub issue_number: i64,
}

impl Threads {
    /// What was loaded, with the number of the newest issue.
    pub fn new(loaded: Vec<Thread>, issue_number: i64) -> Self {
        let mut threads = Self {
            addresses: HashMap::new(),
            conversations: HashMap::new(),
            issues: HashMap::new(),
            touched: BTreeMap::new(),
            touched_issues: BTreeSet::new(),
            issue_number,
        };
        for thread in loaded {
            let id = thread.conversation.id;
            threads.addresses.insert(thread.address, id);
            threads.conversations.insert(id, thread.conversation);
            threads.issues.extend(thread.issue.map(|issue| (id, issue)));
        }
        threads
    }

    /// The conversation with an address, when there is one.
    pub fn find(&self, address: &Address) -> Option<&Conversation> {
        self.conversations.get(self.addresses.get(address)?)
    }

    /// Whether an address is one of the contact's in a conversation.
    pub fn is_with(&self, conversation: ConversationId, address: &Address) -> bool {
        self.addresses.get(address) == Some(&conversation)
    }

    /// Whether a conversation was loaded or made.
    pub fn knows(&self, conversation: ConversationId) -> bool {
        self.conversations.contains_key(&conversation)
    }

    /// A conversation that was loaded or made, to be changed.
    pub fn change(&mut self, conversation: ConversationId) -> Option<&mut Conversation> {
        let found = self.conversations.get_mut(&conversation)?;
        (self.touched.entry(conversation)).or_insert_with(|| Some(found.clone()));
        Some(found)
    }

    /// The conversation with an address, made when there was none; a new contact gets the name.
    pub fn find_or_make(
        &mut self,
        address: &Address,
        name: Option<&str>,
        now: Timestamp,
        changes: &mut Changes,
    ) -> &mut Conversation {
        let known = self.addresses.get(address).copied();
        let id = known.unwrap_or_else(|| self.make(address, name, now, changes));
        self.change(id)
            .expect("each known address has its conversation")
    }

    fn make(
        &mut self,
        address: &Address,
        name: Option<&str>,
        now: Timestamp,
        changes: &mut Changes,
    ) -> ConversationId {
        let contact = Contact {
            id: ContactId::new(),
            name: name.map(str::to_owned),
            created_at: now,
        };
        let conversation = Conversation::begin(contact.id, now);
        for kind in [EventKind::ContactCreated, EventKind::ConversationCreated] {
            let data = EventData {
                contact: Some(contact.id),
                ..EventData::default()
            };
            changes.events.push(NewEvent {
                kind,
                at: now,
                actor: None,
                conversation: Some(conversation.id),
                data: data.json(),
            });
        }
        let id = conversation.id;
        changes.contacts.push((contact, address.clone()));
        self.addresses.insert(address.clone(), id);
        self.conversations.insert(id, conversation);
        self.touched.insert(id, None);
        id
    }

    /// The issue of a conversation that is open.
    pub fn open_issue(&self, conversation: ConversationId) -> Option<&Issue> {
        self.issues
            .get(&conversation)
            .filter(|issue| issue.is_open())
    }

    /// The open issue of a conversation, or else the one that was closed last.
    pub fn issue(&self, conversation: ConversationId) -> Option<&Issue> {
        self.issues.get(&conversation)
    }

    /// Opens an issue again, when it is the last one of the conversation and closed.
    pub fn reopen(
        &mut self,
        conversation: ConversationId,
        issue: IssueId,
        now: Timestamp,
        changes: &mut Changes,
    ) {
        let last = self.issues.get_mut(&conversation);
        let Some(issue) = last.filter(|last| last.id == issue && !last.is_open()) else {
            return;
        };
        issue.reopen();
        self.touched_issues.insert(conversation);
        changes.events.push(issue_event(
            EventKind::IssueReopened,
            issue,
            None,
            None,
            now,
        ));
    }

    /// Files a customer's words under the open issue, or opens one; says which, and what it did.
    pub fn file(
        &mut self,
        conversation: ConversationId,
        text: &str,
        after_close: AfterClose,
        now: Timestamp,
        changes: &mut Changes,
    ) -> (AfterFiling, Filing) {
        let known = self.issues.remove(&conversation);
        let filing = file(known.as_ref(), after_close, now);
        let issue = match (filing, known) {
            (Filing::Append, Some(issue)) => issue,
            (Filing::Reopen, Some(mut issue)) => {
                issue.reopen();
                issue
            }
            (Filing::Append | Filing::Open | Filing::Reopen, _) => {
                self.issue_number += 1;
                Issue {
                    id: IssueId::new(),
                    number: self.issue_number,
                    state: IssueState::Unassigned,
                    assignee: None,
                    team: None,
                    version: 0,
                    title: title(text),
                    conversation,
                    opened_at: now,
                    first_response_at: None,
                    closed_at: None,
                    closed_by: None,
                }
            }
        };
        let event = match filing {
            Filing::Append => None,
            Filing::Open => Some(EventKind::IssueCreated),
            Filing::Reopen => Some(EventKind::IssueReopened),
        };
        if let Some(kind) = event {
            self.touched_issues.insert(conversation);
            changes
                .events
                .push(issue_event(kind, &issue, None, None, now));
        }
        let filed = AfterFiling {
            issue: issue.id,
            conversation,
        };
        self.issues.insert(conversation, issue);
        (filed, filing)
    }

    /// Records that an agent answered; it counts for the open issue's first response.
    pub fn answered(&mut self, address: &Address, now: Timestamp) -> Option<IssueId> {
        let conversation = *self.addresses.get(address)?;
        let issue = self
            .issues
            .get_mut(&conversation)
            .filter(|issue| issue.is_open())?;
        if issue.first_response_at.is_none() {
            issue.first_response_at = Some(now);
            self.touched_issues.insert(conversation);
        }
        Some(issue.id)
    }

    /// Moves everything that was changed to where it will be written from.
    pub fn settle(mut self, changes: &mut Changes) {
        for id in std::mem::take(&mut self.touched_issues) {
            let Some(mut issue) = self.issues.remove(&id) else {
                continue;
            };
            if let Some(conversation) = self.change(id) {
                conversation.follow(&issue);
            }
            issue.version += 1;
            changes.issues.push(issue);
        }
        for (id, before) in self.touched {
            let Some(after) = self.conversations.remove(&id) else {
                continue;
            };
            changes.shifts.add(before.as_ref(), Some(&after));
            changes.conversations.push(after);
        }
    }
}

/// An event about an issue.
pub fn issue_event(
    kind: EventKind,
    issue: &Issue,
    actor: Option<&super::agent::AgentRef>,
    reason: Option<&str>,
    now: Timestamp,
) -> NewEvent {
    let data = EventData {
        issue: Some(issue.id),
        number: Some(issue.number),
        status: Some(issue.state.as_str()),
        assignee: issue.assignee.as_ref(),
        team: issue.team.as_ref(),
        reason,
        ..EventData::default()
    };
    NewEvent {
        kind,
        at: now,
        actor: actor.cloned(),
        conversation: Some(issue.conversation),
        data: data.json(),
    }
}
