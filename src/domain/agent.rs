//! Agents, the people who log in, and the keys that act for them.

mod rights;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use rights::{Permission, Permissions};

use super::clock::Timestamp;
use super::id::{AgentId, KeyId, TeamId};

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
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
}

impl Agent {
    /// The agent as others see them.
    pub fn to_ref(&self) -> AgentRef {
        AgentRef {
            id: self.id,
            name: self.name.clone(),
        }
    }
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
    /// For whom it acts.
    pub agent: AgentRef,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What somebody showed to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// An API key.
    Key(KeyId),
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
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
