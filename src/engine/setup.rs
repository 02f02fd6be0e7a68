//! The first start: nobody can log in yet, so whoever started the daemon gets a link to make the
//! first admin. It works once, and only while nobody has a password.

use std::net::IpAddr;
use std::time::Duration;

use subtle::ConstantTimeEq as _;

use super::credentials::{hash, new_token};
use super::people::event;
use super::{Engine, EngineFault, passwords};
use crate::domain::agent::{Agent, Role};
use crate::domain::event::EventKind;
use crate::domain::password::{self, WeakPassword};
use crate::store::{StoreFault, agent, secret};

/// Where the hash of the link's token is kept.
const NAME: &str = "setup";

/// Why the first admin was not made.
#[derive(Debug, thiserror::Error)]
pub enum SetupFault {
    /// The token is not the one of the link, or the link was used.
    #[error(
        "the link is not valid, or no longer; the daemon prints a new one when it starts, as long as nobody can log in"
    )]
    Refused,
    /// Too many tries; how long to wait.
    #[error("there were too many tries; wait a little")]
    TooMany(Duration),
    /// The name is taken.
    #[error("an agent has this name or e-mail address already")]
    Taken,
    /// The password will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for SetupFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

/// Who becomes the first admin.
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub email: String,
    /// And this.
    pub password: String,
}

impl Engine {
    /// The token of a new link, when nobody can log in yet; the one before is worth nothing then.
    pub async fn setup_token(&self) -> Result<Option<String>, EngineFault> {
        let token = new_token();
        let kept = hash(&token);
        let open = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    if agent::has_password(&mut tx.conn).await? {
                        secret::delete_secret(&mut tx.conn, NAME).await?;
                        return Ok(false);
                    }
                    secret::replace_secret(&mut tx.conn, NAME, kept.as_bytes()).await?;
                    Ok::<_, EngineFault>(true)
                })
            })
            .await?;
        Ok(open.then_some(token))
    }

    /// Makes the first admin for whoever has the link.
    pub async fn set_up(
        &self,
        token: &str,
        admin: FirstAdmin,
        address: Option<IpAddr>,
    ) -> Result<Agent, SetupFault> {
        let now = self.context.clock.now();
        self.throttle
            .enter("", address, now)
            .map_err(SetupFault::TooMany)?;
        let shown = hash(token);
        let mut conn = self.context.store.read().await?;
        if !is_open(&mut conn, &shown).await? {
            return Err(SetupFault::Refused);
        }
        drop(conn);
        let email = admin.email.to_lowercase();
        password::check(&admin.password, &[&admin.name, &email])?;
        let password = passwords::hash(&admin.password).await?;
        let made = Agent::new(&admin.name, Some(email.clone()), Role::Admin, now);
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Two may have come with the link at once.
                    if !is_open(&mut tx.conn, &shown).await? {
                        return Err(SetupFault::Refused);
                    }
                    for taken in [made.name.as_str(), email.as_str()] {
                        let found = agent::find_agent_called(&mut tx.conn, taken).await?;
                        if found.is_some() {
                            return Err(SetupFault::Taken);
                        }
                    }
                    agent::insert_agent(&mut tx.conn, &made, Some(&password)).await?;
                    secret::delete_secret(&mut tx.conn, NAME).await?;
                    let actor = Some(made.to_ref());
                    tx.emit(event(EventKind::AgentCreated, made.id, &[], actor, now));
                    Ok(made)
                })
            })
            .await
    }
}

async fn is_open(conn: &mut crate::store::Conn, shown: &str) -> Result<bool, StoreFault> {
    let kept = secret::find_secret(conn, NAME).await?.unwrap_or_default();
    let same = bool::from(kept.as_slice().ct_eq(shown.as_bytes()));
    Ok(same && !agent::has_password(conn).await?)
}
