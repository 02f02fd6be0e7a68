//! The people, conversations and issues that a slice touches, while it is being decided.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::address::Address;
use super::assign::{AutoAssign, Found, Roster};
use super::changes::Changes;
use super::clock::Timestamp;
use super::conversation::{
    AfterFiling, Contact, Conversation, Filing, Issue, IssueState, Thread, file, title,
};
use super::event::{EventData, EventKind, NewEvent};
use super::gateway::FilingRules;
use super::id::{AgentId, ContactId, ConversationId, IssueId};

/// Conversations with their issues, found by the addresses of their contacts, with what was
/// changed of them. Several addresses may lead to one conversation.
#[derive(Debug)]
pub struct Threads {
    addresses: HashMap<Address, ConversationId>,
    /// Contacts with whom there is no conversation yet.
    people: HashMap<Address, ContactId>,
    conversations: HashMap<ConversationId, Conversation>,
    issues: HashMap<ConversationId, Issue>,
    /// What was changed, as it was before; nothing, where it began here.
    touched: BTreeMap<ConversationId, Option<Conversation>>,
    touched_issues: BTreeSet<ConversationId>,
    roster: Roster,
    /// The number of the newest issue.
    pub issue_number: i64,
}

impl Threads {
    /// What was loaded, with the number of the newest issue.
    pub fn new(loaded: Vec<Thread>, issue_number: i64) -> Self {
        let mut threads = Self {
            addresses: HashMap::new(),
            people: HashMap::new(),
            conversations: HashMap::new(),
            issues: HashMap::new(),
            touched: BTreeMap::new(),
            touched_issues: BTreeSet::new(),
            roster: Roster::default(),
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

    /// The same, with those to whom new issues may go.
    #[must_use]
    pub fn with_roster(mut self, roster: Roster) -> Self {
        self.roster = roster;
        self
    }

    /// Adds contacts with whom there is no conversation yet, by their addresses.
    #[must_use]
    pub fn with_people(mut self, people: Vec<(Address, ContactId)>) -> Self {
        self.people.extend(people);
        self
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
        let known = self.people.get(address).copied();
        let contact = Contact {
            id: known.unwrap_or_else(ContactId::new),
            name: name.map(str::to_owned),
            created_at: now,
        };
        let conversation = Conversation::begin(contact.id, now);
        let (id, data) = (
            conversation.id,
            EventData {
                contact: Some(contact.id),
                ..EventData::default()
            },
        );
        let event = |kind| NewEvent {
            kind,
            at: now,
            actor: None,
            conversation: Some(id),
            data: data.json(),
        };
        if known.is_none() {
            changes.events.push(event(EventKind::ContactCreated));
        }
        changes.events.push(event(EventKind::ConversationCreated));
        let others = self.people.iter().filter(|(_, one)| **one == contact.id);
        let others: Vec<Address> = others.map(|(other, _)| other.clone()).collect();
        for other in others {
            self.addresses.insert(other, id);
        }
        if known.is_none() {
            changes.contacts.push((contact, address.clone()));
        }
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
        rules: &FilingRules,
        now: Timestamp,
        changes: &mut Changes,
    ) -> (AfterFiling, Filing) {
        let known = self.issues.remove(&conversation);
        let last = known.as_ref().and_then(|issue| issue.assignee.as_ref());
        let last = last.map(|agent| agent.id);
        let filing = file(known.as_ref(), rules.after_close, now);
        let mut issue = match (filing, known) {
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
        if filing == Filing::Open {
            self.assign(&mut issue, &rules.auto_assign, last, now, changes);
        }
        let filed = AfterFiling {
            issue: issue.id,
            conversation,
        };
        self.issues.insert(conversation, issue);
        (filed, filing)
    }

    /// Gives a new issue to the one whom the rules find.
    fn assign(
        &mut self,
        issue: &mut Issue,
        rules: &[AutoAssign],
        last: Option<AgentId>,
        now: Timestamp,
        changes: &mut Changes,
    ) {
        let conversation = self.conversations.get(&issue.conversation);
        let private_to = conversation.and_then(|conversation| conversation.private_to);
        let (kind, reason) = match self.roster.find(rules, last, private_to, now) {
            Found::Nobody => return,
            Found::Agent(agent, team) => {
                issue.team = team;
                issue.assignee = Some(agent);
                issue.state = IssueState::Assigned;
                (EventKind::IssueAssigned, None)
            }
            Found::Failed(team, reason) => {
                issue.team = team;
                (EventKind::IssueAssignFailed, Some(reason))
            }
        };
        let data = EventData {
            cause: Some("automation"),
            reason: reason.as_deref(),
            ..issue_data(issue)
        };
        changes.events.push(NewEvent {
            kind,
            at: now,
            actor: None,
            conversation: Some(issue.conversation),
            data: data.json(),
        });
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
        changes.turns.extend(self.roster.into_turns());
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
        reason,
        ..issue_data(issue)
    };
    NewEvent {
        kind,
        at: now,
        actor: actor.cloned(),
        conversation: Some(issue.conversation),
        data: data.json(),
    }
}

fn issue_data(issue: &Issue) -> EventData<'_> {
    EventData {
        issue: Some(issue.id),
        number: Some(issue.number),
        status: Some(issue.state.as_str()),
        assignee: issue.assignee.as_ref(),
        team: issue.team.as_ref(),
        ..EventData::default()
    }
}
