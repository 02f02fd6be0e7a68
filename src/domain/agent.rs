//! Agents, the people who log in, and the keys that act for them.

mod hours;
mod rights;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use hours::{Away, Span, WEEKDAYS, WorkingHours, parse_minutes};
pub use rights::{Permission, Permissions};

use super::clock::Timestamp;
use super::id::{AgentId, KeyId, SessionId, TeamId};

/// What somebody may do.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads, and changes nothing.
    Observer,
    /// Reads, answers, takes and closes.
    Agent,
    /// Everything, keys and quarantine too.
    Admin,
}

impl Role {
    /// The name in the API, on the command line and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Observer, Self::Agent, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// An agent as others see them beside what they did.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgentRef {
    /// Their id.
    pub id: AgentId,
    /// Their name at that time.
    pub name: String,
}

/// Somebody who can log in, and for whom keys act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Their id.
    pub id: AgentId,
    /// Their name; no two agents share one.
    pub name: String,
    /// Their e-mail address; none for a program.
    pub email: Option<String>,
    /// Two letters or so that stand for them.
    pub initials: String,
    /// What they may do.
    pub role: Role,
    /// What they may do beyond their role.
    pub granted: Permissions,
    /// What they may not do in spite of their role.
    pub denied: Permissions,
    /// When they work; always, where nothing is said.
    pub working_hours: Option<WorkingHours>,
    /// Whether they are away.
    pub away: Option<Away>,
    /// When they were shut out; they are never deleted, because the past names them.
    pub disabled_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// Counts changes.
    pub version: i64,
}

impl Agent {
    /// Somebody new, of whom no more than this is known.
    pub fn new(name: &str, email: Option<String>, role: Role, now: Timestamp) -> Self {
        Self {
            id: AgentId::new(),
            name: name.to_owned(),
            email,
            initials: initials(name),
            role,
            granted: Permissions::default(),
            denied: Permissions::default(),
            working_hours: None,
            away: None,
            disabled_at: None,
            created_at: now,
            version: 1,
        }
    }

    /// What they may do.
    pub fn permissions(&self) -> Permissions {
        let usual = Permissions::of(self.role);
        usual.and(self.granted).without(self.denied)
    }

    /// Whether work may be given to them at that time: neither shut out nor away, and at work.
    pub fn is_available(&self, at: Timestamp) -> bool {
        let away = self.away.as_ref().is_some_and(|away| away.holds(at));
        let hours = self.working_hours.as_ref();
        self.disabled_at.is_none() && !away && hours.is_none_or(|hours| hours.contain(at))
    }

    /// The agent as others see them.
    pub fn to_ref(&self) -> AgentRef {
        AgentRef {
            id: self.id,
            name: self.name.clone(),
        }
    }
}

/// The first letters of the first and the last word of a name.
pub fn initials(name: &str) -> String {
    let first = |word: &str| word.chars().find(|letter| letter.is_alphanumeric());
    let mut words = name.split_whitespace().filter_map(first);
    let letters = words.next().into_iter().chain(words.next_back());
    letters.flat_map(char::to_uppercase).collect()
}

/// Agents who work together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name; no two teams share one.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes.
    pub version: i64,
}

/// An API key, without its secret: only a hash of that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The only permissions it has of those of its role; all of them, where nothing is said.
    pub scopes: Option<Permissions>,
    /// For whom it acts.
    pub agent: AgentRef,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was last shown, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Until when the secret before the present one is taken too.
    pub overlap_until: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Somebody who logged in, on one machine; without the token, of which only a hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who logged in.
    pub agent: AgentId,
    /// From where.
    pub address: Option<IpAddr>,
    /// What the browser says it is.
    pub client: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
}

/// How somebody comes: what is noted beside what they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// What was shown; nothing where somebody tries to log in.
    pub via: Option<Via>,
    /// From where, as far as that is known.
    pub address: Option<IpAddr>,
}

/// What somebody showed to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// An API key.
    Key(KeyId),
    /// The cookie of somebody who logged in.
    Session(SessionId),
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
            Self::Session(id) => id.fmt(f),
        }
    }
}

/// Which conversations somebody may see; what is in a conversation is seen with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every one.
    All,
    /// Those that are private to nobody, and those that are private to one of these teams.
    Teams(Arc<[TeamId]>),
}

impl Scope {
    /// Whether a conversation that is private to a team, or to none, may be seen.
    pub fn sees(&self, private_to: Option<TeamId>) -> bool {
        match self {
            Self::All => true,
            Self::Teams(teams) => private_to.is_none_or(|team| teams.contains(&team)),
        }
    }
}

/// Who is asking: the agent, what they may do, and how they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What was shown.
    pub via: Via,
    /// From where, as far as that is known.
    pub address: Option<IpAddr>,
    /// The agent who acts, or for whom the key acts.
    pub agent: AgentRef,
    /// The agent's role, or the lower one of the key.
    pub role: Role,
    /// What may be done: what the role comes with, what the agent is granted and denied, and no
    /// more than the key's scopes.
    pub permissions: Permissions,
    /// What may be seen.
    pub scope: Scope,
}

impl Principal {
    /// Whether this may be done.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contain(permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, letters) in [
            ("Ada Lovelace", "AL"),
            ("ann", "A"),
            ("Jean-Luc van der (Berg)", "JB"),
            ("éva ß", "ÉSS"),
            ("!", ""),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
    }

    #[test]
    fn work_is_given_to_those_who_are_there() {
        let now = Timestamp(1_000_000);
        let mut ann = Agent::new("ann", None, Role::Agent, now);
        assert!(ann.is_available(now));
        ann.away = Some(Away {
            until: Some(Timestamp(2_000_000)),
        });
        assert!(!ann.is_available(now));
        assert!(ann.is_available(Timestamp(2_000_000)));
        ann.disabled_at = Some(now);
        assert!(!ann.is_available(Timestamp(2_000_000)));
    }
}
