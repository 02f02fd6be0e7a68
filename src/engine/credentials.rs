//! Who is asking: what was shown, taken for good for a moment, and when it was last used.
//!
//! A secret has 256 random bits, so one round of a plain hash keeps it; passwords are another
//! matter (`passwords`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::RngExt;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::sessions::IDLE;
use super::{Engine, EngineFault};
use crate::domain::agent::{
    Agent, ApiKey, Permission, Permissions, Principal, Role, Scope, Session, Via,
};
use crate::domain::clock::Timestamp;
use crate::store::{Conn, StoreFault, agent, key, session, team};

/// How long what was good is taken for good without asking again; what was ended is refused
/// everywhere after that (T15, T18: within 2 s).
const TRUST: Duration = Duration::from_secs(1);

/// How many secrets are remembered; more than that are looked up each time.
const REMEMBERED: usize = 10_000;

/// What a key begins with, so that scanners for secrets recognise it.
const PREFIX: &str = "postern_";

type Good = HashMap<String, (Principal, Instant)>;
type Uses = HashMap<Via, Timestamp>;

/// What was good a moment ago, and what was used since that was last written down.
#[derive(Clone, Default)]
pub(super) struct Cache {
    good: Arc<Mutex<Good>>,
    used: Arc<Mutex<Uses>>,
    forgotten: watch::Sender<()>,
}

impl Cache {
    fn good(&self) -> MutexGuard<'_, Good> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self) -> MutexGuard<'_, Uses> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, hash: &str) -> Option<Principal> {
        let good = self.good();
        let found = good.get(hash).filter(|(_, since)| since.elapsed() < TRUST);
        found.map(|(principal, _)| principal.clone())
    }

    fn remember(&self, hash: String, principal: Principal) {
        let mut good = self.good();
        if good.len() >= REMEMBERED {
            good.retain(|_, (_, since)| since.elapsed() < TRUST);
        }
        if good.len() < REMEMBERED {
            good.insert(hash, (principal, Instant::now()));
        }
    }

    /// Has everything looked up again.
    pub(super) fn forget(&self) {
        self.good().clear();
        self.forgotten.send_replace(());
    }

    fn note(&self, via: Via, now: Timestamp) {
        let mut used = self.used();
        // More than fits between two writings is somebody's game with sessions; they lose nothing
        // but a note.
        if used.len() < REMEMBERED || used.contains_key(&via) {
            used.insert(via, now);
        }
    }
}

impl Engine {
    /// Who shows this key; nobody when it is unknown, revoked or expired, or its agent disabled.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<Principal>, EngineFault> {
        if !looks_like_a_key(secret) {
            return Ok(None);
        }
        let now = self.context.clock.now();
        let hash = hash(secret);
        if let Some(principal) = self.credentials.find(&hash) {
            self.credentials.note(principal.via, now);
            return Ok(Some(principal));
        }
        let mut conn = self.context.store.read().await?;
        let Some(found) = key::find_key_by_hash(&mut conn, &hash, now).await? else {
            return Ok(None);
        };
        let principal = of_key(&mut conn, found, now).await?;
        Ok(self.let_in(hash, principal, now))
    }

    /// Who shows the token of this session; nobody when it is unknown, over, or its agent disabled.
    pub async fn authenticate_session(
        &self,
        token: &str,
    ) -> Result<Option<Principal>, EngineFault> {
        let now = self.context.clock.now();
        let hash = hash(token);
        if let Some(principal) = self.credentials.find(&hash) {
            self.credentials.note(principal.via, now);
            return Ok(Some(principal));
        }
        let mut conn = self.context.store.read().await?;
        let Some(found) = session::find_session_by_hash(&mut conn, &hash).await? else {
            return Ok(None);
        };
        let principal = of_session(&mut conn, &found, now).await?;
        Ok(self.let_in(hash, principal, now))
    }

    fn let_in(
        &self,
        hash: String,
        principal: Option<Principal>,
        now: Timestamp,
    ) -> Option<Principal> {
        let principal = principal?;
        self.credentials.note(principal.via, now);
        self.credentials.remember(hash, principal.clone());
        Some(principal)
    }

    /// Something to wait on for when somebody may no longer be let in, for what goes on for long.
    pub fn turned_away(&self) -> watch::Receiver<()> {
        self.credentials.forgotten.subscribe()
    }

    /// Who comes this way now, for what was let in a while ago and goes on, such as a stream.
    pub async fn recall(&self, before: &Principal) -> Result<Option<Principal>, EngineFault> {
        let now = self.context.clock.now();
        let mut conn = self.context.store.read().await?;
        let principal = match before.via {
            Via::Key(id) => match key::find_key(&mut conn, id).await? {
                Some(found) => of_key(&mut conn, found, now).await?,
                None => None,
            },
            Via::Session(id) => match session::find_session(&mut conn, id).await? {
                Some(found) => of_session(&mut conn, &found, now).await?,
                None => None,
            },
        };
        Ok(principal.map(|principal| Principal {
            address: before.address,
            ..principal
        }))
    }

    /// Writes down which keys and sessions were used since the last time.
    pub async fn note_use(&self) -> Result<(), EngineFault> {
        let used = std::mem::take(&mut *self.credentials.used());
        if used.is_empty() {
            return Ok(());
        }
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for (via, at) in used {
                        match via {
                            Via::Key(id) => key::update_used(&mut tx.conn, id, at).await?,
                            Via::Session(id) => session::update_used(&mut tx.conn, id, at).await?,
                        }
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn of_key(
    conn: &mut Conn,
    key: ApiKey,
    now: Timestamp,
) -> Result<Option<Principal>, StoreFault> {
    let expired = key.expires_at.is_some_and(|at| at <= now);
    if key.revoked_at.is_some() || expired {
        return Ok(None);
    }
    let Some(agent) = agent::find_agent(conn, key.agent.id).await? else {
        return Ok(None);
    };
    let mut permissions = agent.permissions();
    if key.role < agent.role {
        permissions = permissions.common(Permissions::of(key.role));
    }
    if let Some(scopes) = key.scopes {
        permissions = permissions.common(scopes);
    }
    let role = key.role.min(agent.role);
    principal(conn, Via::Key(key.id), &agent, role, permissions).await
}

async fn of_session(
    conn: &mut Conn,
    session: &Session,
    now: Timestamp,
) -> Result<Option<Principal>, StoreFault> {
    if session.expires_at <= now || session.last_used_at.plus(IDLE) <= now {
        return Ok(None);
    }
    let Some(agent) = agent::find_agent(conn, session.agent).await? else {
        return Ok(None);
    };
    let permissions = agent.permissions();
    principal(
        conn,
        Via::Session(session.id),
        &agent,
        agent.role,
        permissions,
    )
    .await
}

async fn principal(
    conn: &mut Conn,
    via: Via,
    agent: &Agent,
    role: Role,
    permissions: Permissions,
) -> Result<Option<Principal>, StoreFault> {
    if agent.disabled_at.is_some() {
        return Ok(None);
    }
    // Not the role: a key's scopes narrow what it sees as well as what it does.
    let scope = if permissions.contain(Permission::ViewPrivate) {
        Scope::All
    } else {
        Scope::Teams(team::list_teams_of(conn, agent.id).await?.into())
    };
    Ok(Some(Principal {
        via,
        address: None,
        agent: agent.to_ref(),
        role,
        permissions,
        scope,
    }))
}

/// 32 random bytes in hexadecimal.
pub(super) fn new_token() -> String {
    let random: [u8; 32] = rand::rng().random();
    hex::encode(random)
}

/// A new secret of a key, with eight characters by which a typing error shows.
pub(super) fn new_secret() -> String {
    let body = new_token();
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

/// What is kept of a secret.
pub(super) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
