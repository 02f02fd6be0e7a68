//! Sessions: logging in with a password, and out. The cookie's token is shown once and only its
//! hash is kept.

use std::net::IpAddr;
use std::time::Duration;

use super::credentials::{hash, new_token};
use super::people::password_set;
use super::{Engine, EngineFault, passwords};
use crate::domain::agent::{Agent, AgentRef, Origin, Principal, Session, Via};
use crate::domain::audit::NewEntry;
use crate::domain::clock::Timestamp;
use crate::domain::id::SessionId;
use crate::domain::password::{self, WeakPassword};
use crate::store::{StoreFault, agent, session};

/// How long a session lives without being used.
pub(super) const IDLE: Duration = Duration::from_hours(12);

/// How long a session lives, however much it is used.
pub const ABSOLUTE: Duration = Duration::from_hours(7 * 24);

/// The longest part of what a browser says of itself that is kept, in characters.
const LONGEST_CLIENT: usize = 200;

/// Why nobody was let in, or a session not ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionFault {
    /// Unknown, disabled, without a password or with another one; which of them stays untold.
    #[error("the e-mail address or the password is wrong")]
    Wrong,
    /// The password is right, and a code is needed beside it.
    #[error("a code of the second factor is needed")]
    CodeNeeded,
    /// The code is another one, or over, or was used.
    #[error("is not a code of the second factor, or no longer; wait for the next one")]
    WrongCode,
    /// Too many tries; how long to wait.
    #[error("there were too many tries; wait a little")]
    TooMany(Duration),
    /// The new password will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// There is no such session, or it is another's.
    #[error("no session of yours has this id")]
    Unknown,
    /// A key has no password.
    #[error("only somebody who logged in can do this; a key has no password")]
    NotLoggedIn,
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for SessionFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

/// A session that just began, with the token for its cookie.
#[derive(Clone)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// Who logged in.
    pub agent: AgentRef,
    /// What goes into the cookie.
    pub token: String,
}

impl Engine {
    /// Lets somebody in who knows the password, and has a code where one is asked for.
    pub async fn log_in(
        &self,
        email: &str,
        (password, code): (&str, Option<&str>),
        address: Option<IpAddr>,
        client: Option<&str>,
    ) -> Result<NewSession, SessionFault> {
        let account = email.to_lowercase();
        let now = self.context.clock.now();
        self.throttle
            .enter(&account, address, now)
            .map_err(SessionFault::TooMany)?;
        let mut conn = self.context.store.read().await?;
        let found = agent::find_agent_by_email(&mut conn, &account).await?;
        let found = found.filter(|agent| agent.disabled_at.is_none());
        let kept = match &found {
            Some(agent) => agent::find_password(&mut conn, agent.id).await?,
            None => None,
        };
        // Hashing takes a while, and there are not many connections.
        drop(conn);
        let fits = passwords::fits(password, kept).await?;
        let Some(agent) = found.filter(|_| fits) else {
            self.note_failure(address, now).await?;
            return Err(SessionFault::Wrong);
        };
        match self.pass_second_factor(&agent, code, now).await {
            Ok(()) => {}
            Err(fault @ SessionFault::WrongCode) => {
                self.note_failure(address, now).await?;
                return Err(fault);
            }
            Err(fault) => return Err(fault),
        }
        self.throttle.succeeded(&account, address);
        self.begin_session(agent, address, client, now).await
    }

    async fn begin_session(
        &self,
        agent: Agent,
        address: Option<IpAddr>,
        client: Option<&str>,
        now: Timestamp,
    ) -> Result<NewSession, SessionFault> {
        let token = new_token();
        let hash = hash(&token);
        let cut = |text: &str| text.chars().take(LONGEST_CLIENT).collect();
        let session = Session {
            id: SessionId::new(),
            agent: agent.id,
            address,
            client: client.map(cut),
            created_at: now,
            last_used_at: now,
            expires_at: now.plus(ABSOLUTE),
        };
        let (stored, actor) = (session.clone(), agent.to_ref());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let before = now.minus(IDLE);
                    session::delete_over(&mut tx.conn, now, before).await?;
                    session::insert_session(&mut tx.conn, &stored, &hash).await?;
                    tx.audit(entry("session.created", &stored, actor, now));
                    Ok::<_, SessionFault>(())
                })
            })
            .await?;
        Ok(NewSession {
            session,
            agent: agent.to_ref(),
            token,
        })
    }

    /// A failure names no account: what was typed there may be a password.
    async fn note_failure(
        &self,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), EngineFault> {
        let failed = NewEntry {
            at: now,
            actor: None,
            origin: Some(Origin { via: None, address }),
            action: "session.failed",
            target: None,
            conversation: None,
            data: "{}".to_owned(),
        };
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.audit(failed);
                    Ok(())
                })
            })
            .await
    }

    /// Ends a session of the one who asks.
    pub async fn end_session(&self, id: SessionId, by: &Principal) -> Result<(), SessionFault> {
        let (now, by) = (self.context.clock.now(), by.agent.clone());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = session::find_session(&mut tx.conn, id).await?;
                    let found = found.filter(|session| session.agent == by.id);
                    let found = found.ok_or(SessionFault::Unknown)?;
                    session::delete_session(&mut tx.conn, id).await?;
                    tx.audit(entry("session.ended", &found, by, now));
                    Ok::<_, SessionFault>(())
                })
            })
            .await?;
        self.credentials.forget();
        Ok(())
    }

    /// Changes the password of somebody who logged in and knows the present one; their other
    /// sessions end.
    pub async fn change_password(
        &self,
        present: &str,
        new: &str,
        by: &Principal,
    ) -> Result<(), SessionFault> {
        let (id, now) = (by.agent.id, self.context.clock.now());
        let (agent, own) = self.prove(present, by, now).await?;
        let account = agent.email.unwrap_or_default();
        self.throttle.succeeded(&account, by.address);
        password::check(new, &[&agent.name, &account])?;
        let hash = passwords::hash(new).await?;
        let by = by.agent.clone();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    agent::update_password(&mut tx.conn, id, &hash).await?;
                    session::delete_sessions_of(&mut tx.conn, id, Some(own)).await?;
                    tx.audit(password_set(id, by, now));
                    Ok::<_, SessionFault>(())
                })
            })
            .await?;
        self.credentials.forget();
        Ok(())
    }
}

/// Who logged in, proved once more.
impl Engine {
    /// The agent and the session of somebody who did not come with a key.
    pub(super) async fn logged_in(
        &self,
        by: &Principal,
    ) -> Result<(Agent, SessionId), SessionFault> {
        let Via::Session(own) = by.via else {
            return Err(SessionFault::NotLoggedIn);
        };
        let mut conn = self.context.store.read().await?;
        let found = agent::find_agent(&mut conn, by.agent.id).await?;
        Ok((found.ok_or(SessionFault::Unknown)?, own))
    }

    /// Has somebody who logged in show the password once more; that it was right is not noted yet.
    pub(super) async fn prove(
        &self,
        present: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(Agent, SessionId), SessionFault> {
        let (agent, own) = self.logged_in(by).await?;
        let account = agent.email.as_deref().unwrap_or_default();
        self.throttle
            .enter(account, by.address, now)
            .map_err(SessionFault::TooMany)?;
        let mut conn = self.context.store.read().await?;
        let kept = agent::find_password(&mut conn, agent.id).await?;
        drop(conn);
        if !passwords::fits(present, kept).await? {
            return Err(SessionFault::Wrong);
        }
        Ok((agent, own))
    }
}

fn entry(action: &'static str, session: &Session, actor: AgentRef, at: Timestamp) -> NewEntry {
    NewEntry {
        at,
        actor: Some(actor),
        origin: (action == "session.created").then_some(Origin {
            via: Some(Via::Session(session.id)),
            address: session.address,
        }),
        action,
        target: Some(session.id.to_string()),
        conversation: None,
        data: "{}".to_owned(),
    }
}
