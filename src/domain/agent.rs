//! Agents, the people who log in, and the keys that act for them.

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::id::{AgentId, KeyId};

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

/// Who is asking: the key and the agent it acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key that was shown.
    pub key: KeyId,
    /// The agent it acts for.
    pub agent: AgentRef,
    /// What it may do.
    pub role: Role,
}
