//! The second factor: set up by whoever logged in, asked for at the login, taken away by an admin.

use rand::RngExt;

use super::people::{PeopleFault, find, may_change};
use super::sessions::SessionFault;
use super::{Engine, EngineFault};
use crate::domain::agent::{Agent, AgentRef, Principal};
use crate::domain::audit::NewEntry;
use crate::domain::clock::Timestamp;
use crate::domain::id::AgentId;
use crate::domain::second_factor::{
    RECOVERY_BYTES, RECOVERY_CODES, SECRET_BYTES, SecondFactor, Taken, recovery_code, uri,
};
use crate::store::second_factor::{delete_second_factor, find_second_factor, upsert_second_factor};
use crate::store::session;

/// How the second factor of somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether a code is asked for.
    pub on: bool,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
}

impl Engine {
    /// How the caller's second factor stands.
    pub async fn second_factor(&self, by: &Principal) -> Result<Standing, EngineFault> {
        let mut conn = self.context.store.read().await?;
        let factor = find_second_factor(&mut conn, by.agent.id).await?;
        let factor = factor.unwrap_or_default();
        Ok(Standing {
            on: factor.is_on(),
            recovery_codes: factor.recovery.len(),
        })
    }

    /// Makes a new secret for somebody who logged in and knows the password, and a code where one
    /// is asked for; it is in force once a code of it was shown. Gives what authenticators read.
    pub async fn begin_second_factor(
        &self,
        password: &str,
        code: Option<&str>,
        by: &Principal,
    ) -> Result<String, SessionFault> {
        let now = self.context.clock.now();
        let (agent, _) = self.prove(password, by, now).await?;
        self.pass_second_factor(&agent, code, now).await?;
        let account = agent.email.clone().unwrap_or_default();
        self.throttle.succeeded(&account, by.address);
        let secret: [u8; SECRET_BYTES] = rand::rng().random();
        let shown = uri(&self.issuer(), &account, &secret);
        let entry = entry("agent.second_factor_begun", agent.id, agent.to_ref(), now);
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let known = find_second_factor(&mut tx.conn, agent.id).await?;
                    let factor = SecondFactor {
                        pending: Some(secret.to_vec()),
                        ..known.unwrap_or_default()
                    };
                    upsert_second_factor(&mut tx.conn, agent.id, &factor).await?;
                    tx.audit(entry);
                    Ok(shown)
                })
            })
            .await
    }

    /// Puts the new secret in force when the code is one of it; the recovery codes are shown here
    /// and never again. The caller's other sessions end.
    pub async fn confirm_second_factor(
        &self,
        code: &str,
        by: &Principal,
    ) -> Result<Vec<String>, SessionFault> {
        let now = self.context.clock.now();
        let (agent, own) = self.logged_in(by).await?;
        let account = agent.email.clone().unwrap_or_default();
        self.throttle
            .enter(&account, by.address, now)
            .map_err(SessionFault::TooMany)?;
        let recovery: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| recovery_code(rand::rng().random::<[u8; RECOVERY_BYTES]>()))
            .collect();
        let (code, shown) = (code.to_owned(), recovery.clone());
        let entry = entry("agent.second_factor_on", agent.id, agent.to_ref(), now);
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let known = find_second_factor(&mut tx.conn, agent.id).await?;
                    let mut factor = known.unwrap_or_default();
                    if !factor.confirm(&code, now, &recovery) {
                        return Err(SessionFault::WrongCode);
                    }
                    upsert_second_factor(&mut tx.conn, agent.id, &factor).await?;
                    session::delete_sessions_of(&mut tx.conn, agent.id, Some(own)).await?;
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        self.throttle.succeeded(&account, by.address);
        self.credentials.forget();
        Ok(shown)
    }

    /// Takes somebody's second factor away, and ends their sessions; for who lost theirs.
    pub async fn reset_second_factor(
        &self,
        id: AgentId,
        by: &Principal,
    ) -> Result<(), PeopleFault> {
        let (now, by) = (self.context.clock.now(), by.clone());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    may_change(&find(&mut tx.conn, id).await?, &by)?;
                    if find_second_factor(&mut tx.conn, id).await?.is_none() {
                        return Ok(());
                    }
                    delete_second_factor(&mut tx.conn, id).await?;
                    session::delete_sessions_of(&mut tx.conn, id, None).await?;
                    tx.audit(entry("agent.second_factor_reset", id, by.agent, now));
                    Ok::<_, PeopleFault>(())
                })
            })
            .await?;
        self.credentials.forget();
        Ok(())
    }

    /// Lets somebody pass who shows a good code, or of whom none is asked.
    pub(super) async fn pass_second_factor(
        &self,
        agent: &Agent,
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<(), SessionFault> {
        let mut conn = self.context.store.read().await?;
        let factor = find_second_factor(&mut conn, agent.id).await?;
        drop(conn);
        if !factor.is_some_and(|factor| factor.is_on()) {
            return Ok(());
        }
        let code = code.ok_or(SessionFault::CodeNeeded)?.to_owned();
        let (id, actor) = (agent.id, agent.to_ref());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Looked at again where nobody else writes: the same code may come twice at once.
                    let known = find_second_factor(&mut tx.conn, id).await?;
                    let mut factor = known.unwrap_or_default();
                    let taken = factor.take(&code, now).ok_or(SessionFault::WrongCode)?;
                    upsert_second_factor(&mut tx.conn, id, &factor).await?;
                    if taken == Taken::Recovery {
                        tx.audit(entry("agent.recovery_code_used", id, actor, now));
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Whose codes they are, for an authenticator that has many.
    fn issuer(&self) -> String {
        let host = self.public_url().host_str();
        host.unwrap_or("postern").to_owned()
    }
}

fn entry(action: &'static str, id: AgentId, actor: AgentRef, at: Timestamp) -> NewEntry {
    NewEntry {
        at,
        actor: Some(actor),
        origin: None,
        action,
        target: Some(id.to_string()),
        conversation: None,
        data: "{}".to_owned(),
    }
}
