//! API keys: made, given another secret, ended.

use std::time::Duration;

use super::credentials::{hash, new_secret};
use super::edit::told;
use super::{Engine, EngineFault};
use crate::domain::agent::{Agent, AgentRef, ApiKey, Permissions, Principal, Role};
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::id::{AgentId, KeyId};
use crate::store::{StoreFault, Tx, agent, key};

/// Why a key was not made or changed.
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
    /// Nobody gives away what they may not do.
    #[error("nobody can make a key that may do more than they may themselves")]
    AboveYou,
    /// The agent is shut out.
    #[error("the agent is disabled")]
    Disabled,
    /// There is no such key.
    #[error("no key has this id")]
    Unknown,
    /// The key is refused already.
    #[error("the key is revoked or expired")]
    Over,
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

/// What a new key shall be.
#[derive(Debug, Clone)]
pub struct KeyOrder {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The agent it acts for, by name, e-mail address or id; else one called like the key, made
    /// when there is none.
    pub agent: Option<String>,
    /// The only permissions it has.
    pub scopes: Option<Permissions>,
    /// From when it is refused.
    pub expires_at: Option<Timestamp>,
}

impl Engine {
    /// Makes a key for the one who runs the program.
    pub async fn create_key(
        &self,
        name: &str,
        role: Role,
        for_agent: Option<&str>,
    ) -> Result<NewKey, KeyFault> {
        let order = KeyOrder {
            name: name.to_owned(),
            role,
            agent: for_agent.map(str::to_owned),
            scopes: None,
            expires_at: None,
        };
        self.make_key(order, None).await
    }

    /// Makes a key that may do no more than the one who asks for it.
    pub async fn create_key_as(&self, order: KeyOrder, by: &Principal) -> Result<NewKey, KeyFault> {
        self.make_key(order, Some(by.clone())).await
    }

    async fn make_key(&self, order: KeyOrder, by: Option<Principal>) -> Result<NewKey, KeyFault> {
        let now = self.context.clock.now();
        let secret = new_secret();
        let hash = hash(&secret);
        let key = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let owner = owner(tx, &order, by.as_ref(), now).await?;
                    if order.role > owner.role {
                        return Err(KeyFault::AboveAgent(owner.role.as_str()));
                    }
                    if let Some(by) = &by {
                        let asked = Permissions::of(order.role).and(owner.granted);
                        let scoped = order.scopes.map_or(asked, |scopes| asked.common(scopes));
                        if order.role > by.role || !scoped.are_within(by.permissions) {
                            return Err(KeyFault::AboveYou);
                        }
                    }
                    let key = ApiKey {
                        id: KeyId::new(),
                        name: order.name,
                        role: order.role,
                        scopes: order.scopes,
                        agent: owner.to_ref(),
                        created_at: now,
                        expires_at: order.expires_at,
                        last_used_at: None,
                        overlap_until: None,
                        revoked_at: None,
                    };
                    key::insert_key(&mut tx.conn, &key, &hash).await?;
                    let actor = by.map(|by| by.agent);
                    tx.emit(event(EventKind::KeyCreated, &key, actor, now));
                    Ok::<_, KeyFault>(key)
                })
            })
            .await?;
        Ok(NewKey { key, secret })
    }

    /// Gives a key another secret; the present one is taken for that much longer.
    pub async fn rotate_key(
        &self,
        id: KeyId,
        overlap: Duration,
        by: &Principal,
    ) -> Result<NewKey, KeyFault> {
        let (now, by) = (self.context.clock.now(), by.clone());
        let secret = new_secret();
        let hash = hash(&secret);
        let key = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = key::find_key(&mut tx.conn, id).await?;
                    let found = found.ok_or(KeyFault::Unknown)?;
                    let expired = found.expires_at.is_some_and(|at| at <= now);
                    if found.revoked_at.is_some() || expired {
                        return Err(KeyFault::Over);
                    }
                    let agent = agent::find_agent(&mut tx.conn, found.agent.id).await?;
                    let may = agent.map_or_else(Permissions::all, |agent| agent.permissions());
                    let may = found.scopes.map_or(may, |scopes| may.common(scopes));
                    // Who rotates a key holds it afterwards.
                    if found.role > by.role || !may.are_within(by.permissions) {
                        return Err(KeyFault::AboveYou);
                    }
                    key::update_secret(&mut tx.conn, id, &hash, now.plus(overlap)).await?;
                    let key = key::find_key(&mut tx.conn, id).await?;
                    let key = key.ok_or(KeyFault::Unknown)?;
                    tx.emit(event(EventKind::KeyRotated, &key, Some(by.agent), now));
                    Ok(key)
                })
            })
            .await?;
        self.credentials.forget();
        Ok(NewKey { key, secret })
    }

    /// Ends a key at once.
    pub async fn revoke_key(&self, id: KeyId, by: &Principal) -> Result<ApiKey, KeyFault> {
        let (now, by) = (self.context.clock.now(), by.agent.clone());
        let key = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = key::find_key(&mut tx.conn, id).await?;
                    let found = found.ok_or(KeyFault::Unknown)?;
                    if found.revoked_at.is_some() {
                        return Ok(found);
                    }
                    key::update_revoked(&mut tx.conn, id, now).await?;
                    tx.emit(event(EventKind::KeyRevoked, &found, Some(by), now));
                    let key = key::find_key(&mut tx.conn, id).await?;
                    key.ok_or(KeyFault::Unknown)
                })
            })
            .await?;
        self.credentials.forget();
        Ok(key)
    }
}

/// For whom the key acts.
async fn owner(
    tx: &mut Tx,
    order: &KeyOrder,
    by: Option<&Principal>,
    now: Timestamp,
) -> Result<Agent, KeyFault> {
    let wanted = order.agent.as_deref().unwrap_or(&order.name);
    let found = match wanted.parse::<AgentId>() {
        Ok(id) => agent::find_agent(&mut tx.conn, id).await?,
        Err(_) => agent::find_agent_called(&mut tx.conn, wanted).await?,
    };
    match (found, &order.agent) {
        (Some(owner), _) if owner.disabled_at.is_some() => Err(KeyFault::Disabled),
        (Some(owner), _) => Ok(owner),
        (None, Some(wanted)) => Err(KeyFault::UnknownAgent(wanted.clone())),
        (None, None) => {
            let made = Agent::new(&order.name, None, order.role, now);
            agent::insert_agent(&mut tx.conn, &made, None).await?;
            let actor = by.map(|by| by.agent.clone());
            tx.emit(super::people::event(
                EventKind::AgentCreated,
                made.id,
                &[],
                actor,
                now,
            ));
            Ok(made)
        }
    }
}

fn event(kind: EventKind, key: &ApiKey, actor: Option<AgentRef>, at: Timestamp) -> NewEvent {
    let data = serde_json::json!({"key": key.id, "agent": key.agent.id, "role": key.role});
    told(kind, actor, at, &data)
}
