//! Agents, the keys that act for them, and who is asking.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::RngExt;
use sha2::{Digest, Sha256};

use super::{Engine, EngineFault};
use crate::domain::agent::{Agent, ApiKey, Permissions, Principal, Role, Scope, Via};
use crate::domain::id::{AgentId, KeyId};
use crate::store::{StoreFault, agent, team};

/// How long a key that was good is taken for good without asking again; a revoked key is refused
/// everywhere after that (T18: within 2 s).
const TRUST: Duration = Duration::from_secs(1);

/// How many keys are remembered; more than that are looked up each time.
const REMEMBERED: usize = 10_000;

/// What a key begins with, so that scanners for secrets recognise it.
const PREFIX: &str = "postern_";

/// Why a key or an agent was not made.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// There is no such agent.
    #[error("no agent has the name, e-mail address or id {0:?}")]
    UnknownAgent(String),
    /// The name is taken.
    #[error("an agent has the name or e-mail address {0:?} already")]
    Taken(String),
    /// A key cannot do more than its agent.
    #[error("the agent is {0}, and a key cannot do more than the agent it acts for")]
    AboveAgent(&'static str),
    /// There is no such key.
    #[error("no key has this id")]
    Unknown,
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for KeyFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

/// A key that was just made, with the secret that is shown once.
#[derive(Clone)]
pub struct NewKey {
    /// The key.
    pub key: ApiKey,
    /// What goes into the `Authorization` header.
    pub secret: String,
}

/// Keys that were good a moment ago.
#[derive(Clone, Default)]
pub(super) struct Cache {
    good: Arc<Mutex<HashMap<String, (Principal, Instant)>>>,
}

impl Cache {
    fn find(&self, hash: &str) -> Option<Principal> {
        let good = self
            .good
            .lock()
            .expect("nothing panics while it holds the cache");
        good.get(hash)
            .filter(|(_, since)| since.elapsed() < TRUST)
            .map(|(principal, _)| principal.clone())
    }

    fn remember(&self, hash: String, principal: Principal) {
        let mut good = self
            .good
            .lock()
            .expect("nothing panics while it holds the cache");
        if good.len() >= REMEMBERED {
            good.retain(|_, (_, since)| since.elapsed() < TRUST);
        }
        if good.len() < REMEMBERED {
            good.insert(hash, (principal, Instant::now()));
        }
    }

    fn forget(&self, id: KeyId) {
        let mut good = self
            .good
            .lock()
            .expect("nothing panics while it holds the cache");
        good.retain(|_, (principal, _)| principal.via != Via::Key(id));
    }
}

impl Engine {
    /// Who shows this key; nobody when it is unknown or revoked.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<Principal>, EngineFault> {
        if !looks_like_a_key(secret) {
            return Ok(None);
        }
        let hash = hash(secret);
        if let Some(principal) = self.keys.find(&hash) {
            return Ok(Some(principal));
        }
        let mut conn = self.context.store.read().await?;
        let Some(key) = agent::find_key_by_hash(&mut conn, &hash).await? else {
            return Ok(None);
        };
        if key.revoked_at.is_some() {
            return Ok(None);
        }
        let scope = match key.role {
            Role::Admin => Scope::All,
            Role::Agent | Role::Observer => {
                Scope::Teams(team::list_teams_of(&mut conn, key.agent.id).await?.into())
            }
        };
        let principal = Principal {
            via: Via::Key(key.id),
            address: None,
            agent: key.agent,
            role: key.role,
            permissions: Permissions::of(key.role),
            scope,
        };
        self.keys.remember(hash, principal.clone());
        Ok(Some(principal))
    }

    /// Makes a key that acts for an agent: the one named (by name, e-mail address or id), or one
    /// called like the key, made when there is none.
    pub async fn create_key(
        &self,
        name: &str,
        role: Role,
        for_agent: Option<&str>,
    ) -> Result<NewKey, KeyFault> {
        let (name, now) = (name.to_owned(), self.context.clock.now());
        let for_agent = for_agent.map(str::to_owned);
        let secret = new_secret();
        let hash = hash(&secret);
        let key = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let wanted = for_agent.as_deref().unwrap_or(&name);
                    let found = match wanted.parse::<AgentId>() {
                        Ok(id) => agent::find_agent(&mut tx.conn, id).await?,
                        Err(_) => agent::find_agent_called(&mut tx.conn, wanted).await?,
                    };
                    let owner = match (found, for_agent) {
                        (Some(owner), _) => owner,
                        (None, Some(wanted)) => return Err(KeyFault::UnknownAgent(wanted)),
                        (None, None) => {
                            let made = Agent {
                                id: AgentId::new(),
                                name: name.clone(),
                                email: None,
                                role,
                                created_at: now,
                            };
                            agent::insert_agent(&mut tx.conn, &made, None).await?;
                            made
                        }
                    };
                    if role > owner.role {
                        return Err(KeyFault::AboveAgent(owner.role.as_str()));
                    }
                    let (id, agent) = (KeyId::new(), owner.to_ref());
                    let key = ApiKey {
                        id,
                        name,
                        role,
                        agent,
                        created_at: now,
                        revoked_at: None,
                    };
                    agent::insert_key(&mut tx.conn, &key, &hash).await?;
                    Ok::<_, KeyFault>(key)
                })
            })
            .await?;
        Ok(NewKey { key, secret })
    }

    /// Ends a key at once.
    pub async fn revoke_key(&self, id: KeyId) -> Result<ApiKey, KeyFault> {
        let now = self.context.clock.now();
        let key = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    agent::find_key(&mut tx.conn, id)
                        .await?
                        .ok_or(KeyFault::Unknown)?;
                    agent::update_revoked(&mut tx.conn, id, now).await?;
                    agent::find_key(&mut tx.conn, id)
                        .await?
                        .ok_or(KeyFault::Unknown)
                })
            })
            .await?;
        self.keys.forget(id);
        Ok(key)
    }

    /// Adds somebody who can log in, with the argon2id hash of their password.
    pub async fn add_agent(
        &self,
        name: &str,
        email: &str,
        role: Role,
        password_hash: &str,
    ) -> Result<Agent, KeyFault> {
        let (id, created_at) = (AgentId::new(), self.context.clock.now());
        let added = Agent {
            id,
            name: name.to_owned(),
            email: Some(email.to_lowercase()),
            role,
            created_at,
        };
        let password_hash = password_hash.to_owned();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for taken in [Some(added.name.as_str()), added.email.as_deref()]
                        .into_iter()
                        .flatten()
                    {
                        if agent::find_agent_called(&mut tx.conn, taken)
                            .await?
                            .is_some()
                        {
                            return Err(KeyFault::Taken(taken.to_owned()));
                        }
                    }
                    agent::insert_agent(&mut tx.conn, &added, Some(&password_hash)).await?;
                    Ok(added)
                })
            })
            .await
    }
}

/// 32 random bytes in hexadecimal, and eight characters by which a typing error shows.
fn new_secret() -> String {
    let random: [u8; 32] = rand::rng().random();
    let body = hex::encode(random);
    let check = checksum(&body);
    [PREFIX, &body, &check].concat()
}

fn checksum(body: &str) -> String {
    hex::encode(&Sha256::digest(body.as_bytes())[..4])
}

fn looks_like_a_key(secret: &str) -> bool {
    let Some(body) = secret
        .strip_prefix(PREFIX)
        .filter(|body| body.len() == 72 && body.is_ascii())
    else {
        return false;
    };
    let (body, check) = body.split_at(64);
    checksum(body) == check
}

/// A key has 256 random bits, so one round of a plain hash keeps it.
fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
