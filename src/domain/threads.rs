//! The people, conversations and issues that a slice touches, while it is being decided.

use std::collections::{HashMap, HashSet};

use super::address::Address;
use super::changes::Changes;
use super::clock::Timestamp;
use super::conversation::{
    AfterFiling, Contact, Conversation, Filing, Issue, IssueState, Thread, file, title,
};
use super::event::{EventData, EventKind, NewEvent};
use super::gateway::AfterClose;
use super::id::{ContactId, ConversationId, IssueId, MessageId};

/// Threads by address, with what was changed of them.
#[derive(Debug)]
pub struct Threads {
    threads: HashMap<Address, Thread>,
    touched: HashSet<Address>,
    touched_issues: HashSet<Address>,
    /// The number of the newest issue.
    pub issue_number: i64,
}

impl Threads {
    /// What was loaded, with the number of the newest issue.
    pub fn new(loaded: Vec<Thread>, issue_number: i64) -> Self {
        let threads = loaded
            .into_iter()
            .map(|thread| (thread.address.clone(), thread))
            .collect();
        Self {
            threads,
            touched: HashSet::new(),
            touched_issues: HashSet::new(),
            issue_number,
        }
    }

    /// The thread with an address, when there is one.
    pub fn find(&self, address: &Address) -> Option<&Thread> {
        self.threads.get(address)
    }

    /// The thread with an address, made when there was none.
    pub fn find_or_make(
        &mut self,
        address: &Address,
        now: Timestamp,
        changes: &mut Changes,
    ) -> &mut Thread {
        self.touched.insert(address.clone());
        self.threads.entry(address.clone()).or_insert_with(|| {
            let contact = Contact {
                id: ContactId::new(),
                name: None,
                created_at: now,
            };
            let conversation = Conversation {
                id: ConversationId::new(),
                contact: contact.id,
                created_at: now,
                last_message: MessageId(uuid::Uuid::nil()),
                last_message_at: now,
                last_gateway: None,
                unread: 0,
                archived: false,
                done: false,
            };
            for kind in [EventKind::ContactCreated, EventKind::ConversationCreated] {
                let data = EventData {
                    contact: Some(contact.id),
                    ..EventData::default()
                }
                .json();
                let conversation = Some(conversation.id);
                changes.events.push(NewEvent {
                    kind,
                    at: now,
                    actor: None,
                    conversation,
                    data,
                });
            }
            changes.contacts.push((contact, address.clone()));
            Thread {
                address: address.clone(),
                conversation,
                issue: None,
            }
        })
    }

    /// Files a customer's text under the open issue, or opens one; says which.
    pub fn file(
        &mut self,
        address: &Address,
        text: &str,
        after_close: AfterClose,
        now: Timestamp,
        changes: &mut Changes,
    ) -> AfterFiling {
        let number = &mut self.issue_number;
        let thread = self
            .threads
            .get_mut(address)
            .expect("a thread was made before it is filed under");
        let filing = file(thread.issue.as_ref(), after_close, now);
        let issue = match (filing, thread.issue.take()) {
            (Filing::Append, Some(issue)) => issue,
            (Filing::Reopen, Some(mut issue)) => {
                issue.reopen();
                issue
            }
            (Filing::Append | Filing::Open | Filing::Reopen, _) => {
                *number += 1;
                Issue {
                    id: IssueId::new(),
                    number: *number,
                    state: IssueState::Unassigned,
                    assignee: None,
                    title: title(text),
                    conversation: thread.conversation.id,
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
            self.touched_issues.insert(address.clone());
            changes.events.push(issue_event(kind, &issue, None, now));
        }
        let filed = AfterFiling {
            issue: issue.id,
            conversation: thread.conversation.id,
        };
        thread.issue = Some(issue);
        filed
    }

    /// Records that an agent answered; it counts for the open issue's first response.
    pub fn answered(&mut self, address: &Address, now: Timestamp) -> Option<IssueId> {
        let issue = self
            .threads
            .get_mut(address)?
            .issue
            .as_mut()
            .filter(|issue| issue.is_open())?;
        if issue.first_response_at.is_none() {
            issue.first_response_at = Some(now);
            self.touched_issues.insert(address.clone());
        }
        Some(issue.id)
    }

    /// Moves everything that was changed to where it will be written from.
    pub fn settle(mut self, changes: &mut Changes) {
        for address in &self.touched_issues {
            changes.issues.extend(
                self.threads
                    .get(address)
                    .and_then(|thread| thread.issue.clone()),
            );
        }
        for address in &self.touched {
            changes.conversations.extend(
                self.threads
                    .remove(address)
                    .map(|thread| thread.conversation),
            );
        }
    }
}

/// An event about an issue.
pub fn issue_event(
    kind: EventKind,
    issue: &Issue,
    actor: Option<&super::agent::AgentRef>,
    now: Timestamp,
) -> NewEvent {
    let data = EventData {
        issue: Some(issue.id),
        number: Some(issue.number),
        status: Some(issue.state.as_str()),
        assignee: issue.assignee.as_ref(),
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
