//! What was promised: until when an issue is to be answered and solved, and how that stands.
//!
//! Pure. What happened comes as [`Happening`] with the time at which it did, so that being late to
//! hear of it changes nothing. Notes, assignments and automatic answers are none of them.

pub mod calendar;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::gateway::{ChannelKind, GatewayName};
use super::id::{ConversationId, IssueId};
use calendar::Calendar;

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromiseTarget)]
pub enum Target {
    /// The first answer of a person.
    FirstResponse,
    /// The answer to what the customer wrote after that.
    NextResponse,
    /// The end of the work.
    Resolution,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 3] = [Self::FirstResponse, Self::NextResponse, Self::Resolution];

    /// The name in the API and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstResponse => "first_response",
            Self::NextResponse => "next_response",
            Self::Resolution => "resolution",
        }
    }

    /// The target of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.as_str() == name)
    }
}

/// How a promise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromiseState)]
pub enum State {
    /// Its time runs.
    Running,
    /// Its time stands still: the conversation sleeps, or nobody works now.
    Paused,
    /// It was kept.
    Met,
    /// It was not.
    Breached,
}

impl State {
    /// The name in the API and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Met => "met",
            Self::Breached => "breached",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Paused, Self::Met, Self::Breached]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// What an operator promises, and to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it is called.
    pub name: String,
    /// Only for issues that open with a message of one of these gateways; of any, if there are none.
    pub gateways: Vec<GatewayName>,
    /// Only for conversations with one of these tags; with any or none, if there are none.
    pub tags: Vec<String>,
    /// Only for contacts whose fields have these values.
    pub contact: Vec<(String, String)>,
    /// How long each target may take, in working time.
    pub targets: Vec<(Target, Duration)>,
    /// How long before the time runs out there is a warning, in working time; none where absent.
    pub warning: Option<Duration>,
    /// The channels of answers that count.
    pub channels: Vec<ChannelKind>,
    /// When work is done.
    pub calendar: Calendar,
}

/// What a policy goes by when an issue opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The gateway of the message that opened it.
    pub gateway: Option<GatewayName>,
    /// The tags of its conversation.
    pub tags: Vec<String>,
    /// The fields of its contact.
    pub contact: Vec<(String, String)>,
}

impl Policy {
    /// Whether it is for an issue.
    pub fn applies(&self, subject: &Subject) -> bool {
        let gateway = subject.gateway.as_ref();
        let by_gateway =
            self.gateways.is_empty() || gateway.is_some_and(|name| self.gateways.contains(name));
        let by_tag = self.tags.is_empty()
            || self.tags.iter().any(|tag| {
                let same = |other: &String| other.to_lowercase() == tag.to_lowercase();
                subject.tags.iter().any(same)
            });
        by_gateway
            && by_tag
            && self
                .contact
                .iter()
                .all(|field| subject.contact.contains(field))
    }

    fn time_for(&self, target: Target) -> Option<Duration> {
        let found = self.targets.iter().find(|(one, _)| *one == target);
        found.map(|(_, time)| *time)
    }

    /// A promise that begins.
    pub fn start(
        &self,
        target: Target,
        issue: IssueId,
        conversation: ConversationId,
        at: Timestamp,
    ) -> Option<Timer> {
        let time = self.time_for(target)?;
        let mut timer = Timer {
            issue,
            conversation,
            target,
            policy: self.name.clone(),
            state: State::Running,
            due_at: at,
            remaining: time,
            next_at: None,
            warned: false,
            answered_at: None,
        };
        timer.run(self, at);
        Some(timer)
    }
}

/// One promise about one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The issue.
    pub issue: IssueId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// What is promised.
    pub target: Target,
    /// The name of the policy that promises it.
    pub policy: String,
    /// How it stands, but for hours in which nobody works.
    pub state: State,
    /// Until when; while it is paused, what it would be if it went on at once.
    pub due_at: Timestamp,
    /// The working time that was left when it last stopped, or when it began.
    pub remaining: Duration,
    /// When there is something to be told next: a warning or the end.
    pub next_at: Option<Timestamp>,
    /// Whether the warning was told.
    pub warned: bool,
    /// When what was promised was done, in time or late.
    pub answered_at: Option<Timestamp>,
}

/// Something that moves promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// A person wrote to the customer, by a channel.
    Answered(ChannelKind),
    /// The conversation was put to sleep.
    Snoozed,
    /// The conversation woke up.
    Woken,
    /// The issue was closed.
    Closed,
    /// The issue was opened again.
    Reopened,
}

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It will be broken soon.
    Warned,
    /// It was broken.
    Breached,
    /// It was kept.
    Met,
}

/// Whether a promise is still one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stands, and something may have to be told.
    Stands(Option<Told>),
    /// Nobody needs it any more: the issue was closed without an answer.
    Forgotten,
}

impl Timer {
    /// Moves it by something that happened.
    pub fn apply(&mut self, happening: Happening, policy: &Policy, at: Timestamp) -> Fate {
        let told = match (happening, self.target) {
            (Happening::Answered(channel), Target::FirstResponse | Target::NextResponse)
                if policy.channels.contains(&channel) =>
            {
                self.done(policy, at)
            }
            (Happening::Closed, Target::FirstResponse | Target::NextResponse) => {
                let is_over = self.answered_at.is_some() || self.state == State::Breached;
                return if is_over {
                    Fate::Stands(None)
                } else {
                    Fate::Forgotten
                };
            }
            (Happening::Closed, Target::Resolution) => self.done(policy, at),
            (Happening::Reopened, Target::Resolution) => {
                self.reopen(policy, at);
                None
            }
            (Happening::Snoozed, _) => {
                self.pause(policy, at);
                None
            }
            (Happening::Woken, _) => {
                if self.state == State::Paused {
                    self.run(policy, at);
                }
                None
            }
            (Happening::Answered(_) | Happening::Reopened, _) => None,
        };
        Fate::Stands(told)
    }

    /// Tells what time alone brings about, if it is time; the next thing waits for its own time.
    pub fn tick(&mut self, now: Timestamp) -> Option<Told> {
        let next_at = self.next_at.filter(|at| *at <= now)?;
        if next_at < self.due_at {
            self.warned = true;
            self.next_at = Some(self.due_at);
            return Some(Told::Warned);
        }
        self.remaining = Duration::ZERO;
        self.state = State::Breached;
        self.next_at = None;
        Some(Told::Breached)
    }

    /// How it stands at a time, and what is left: outside working hours its time stands still.
    pub fn stands(&self, policy: &Policy, now: Timestamp) -> (State, Duration) {
        match self.state {
            State::Running if now >= self.due_at => (State::Breached, Duration::ZERO),
            State::Running => {
                let left = policy.calendar.worked(now, self.due_at);
                let open = policy.calendar.is_open(now);
                (if open { State::Running } else { State::Paused }, left)
            }
            State::Paused | State::Met | State::Breached => (self.state, self.remaining),
        }
    }

    fn done(&mut self, policy: &Policy, at: Timestamp) -> Option<Told> {
        if self.answered_at.is_some() {
            return None;
        }
        self.answered_at = Some(at);
        match self.state {
            State::Running if at < self.due_at => {
                self.remaining = policy.calendar.worked(at, self.due_at);
                self.state = State::Met;
            }
            State::Paused => self.state = State::Met,
            State::Running => {
                self.remaining = Duration::ZERO;
                self.state = State::Breached;
                self.next_at = None;
                return Some(Told::Breached);
            }
            State::Met | State::Breached => return None,
        }
        self.next_at = None;
        Some(Told::Met)
    }

    fn pause(&mut self, policy: &Policy, at: Timestamp) {
        if self.state == State::Running && at < self.due_at {
            self.remaining = policy.calendar.worked(at, self.due_at);
            self.state = State::Paused;
            self.next_at = None;
        }
    }

    fn reopen(&mut self, policy: &Policy, at: Timestamp) {
        self.answered_at = None;
        if self.state == State::Met {
            self.run(policy, at);
        }
    }

    /// Lets the time that is left run from an instant on.
    fn run(&mut self, policy: &Policy, at: Timestamp) {
        self.state = State::Running;
        self.due_at = policy.calendar.due(at, self.remaining);
        let lead = policy
            .warning
            .filter(|lead| !self.warned && *lead < self.remaining);
        let warning = lead.map(|lead| policy.calendar.due(at, self.remaining.saturating_sub(lead)));
        self.next_at = Some(warning.unwrap_or(self.due_at));
    }
}
