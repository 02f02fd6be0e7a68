//! Adding somebody.

use super::{
    AgentChange, AgentDetails, NewAgent, PeopleFault, apply, details, event, may_change,
    put_in_teams, refuse_taken,
};
use crate::domain::agent::{Agent, Principal, Role};
use crate::domain::clock::Timestamp;
use crate::domain::event::EventKind;
use crate::domain::id::TeamId;
use crate::domain::password;
use crate::engine::{Engine, Made, Remember, passwords};
use crate::store::{Tx, agent};

/// Somebody about to be added.
struct Added {
    agent: Agent,
    /// The hash of their password.
    hash: Option<String>,
    teams: Option<Vec<TeamId>>,
    by: Option<Principal>,
}

impl Engine {
    /// Adds somebody.
    pub async fn create_agent(
        &self,
        new: NewAgent,
        by: &Principal,
        once: Option<Remember<AgentDetails>>,
    ) -> Result<Made<AgentDetails>, PeopleFault> {
        let added = self.prepare_agent(new, Some(by.clone())).await?;
        self.make(once, move |tx, now| {
            Box::pin(async move { insert(tx, added, now).await })
        })
        .await
    }

    /// Adds somebody who can log in, for the one who runs the program.
    pub async fn add_agent(
        &self,
        name: &str,
        email: &str,
        role: Role,
        password: &str,
    ) -> Result<Agent, PeopleFault> {
        let new = NewAgent {
            name: name.to_owned(),
            email: Some(email.to_owned()),
            password: Some(password.to_owned()),
            role,
            more: AgentChange::default(),
        };
        let added = self.prepare_agent(new, None).await?;
        let now = self.context.clock.now();
        let store = &self.context.store;
        let made = store
            .write(move |tx| Box::pin(async move { insert(tx, added, now).await }))
            .await?;
        Ok(made.agent)
    }

    async fn prepare_agent(
        &self,
        new: NewAgent,
        by: Option<Principal>,
    ) -> Result<Added, PeopleFault> {
        let email = new.email.map(|email| email.to_lowercase());
        let hash = match (&new.password, &email) {
            (Some(_), None) => return Err(PeopleFault::NoEmail),
            (Some(password), Some(email)) => {
                password::check(password, &[&new.name, email])?;
                Some(passwords::hash(password).await?)
            }
            (None, _) => None,
        };
        let mut agent = Agent::new(&new.name, email, new.role, self.context.clock.now());
        apply(&mut agent, &new.more);
        if let Some(by) = &by {
            may_change(&agent, by)?;
        }
        Ok(Added {
            agent,
            hash,
            teams: new.more.teams,
            by,
        })
    }
}

async fn insert(tx: &mut Tx, added: Added, now: Timestamp) -> Result<AgentDetails, PeopleFault> {
    let Added {
        agent,
        hash,
        teams,
        by,
    } = added;
    refuse_taken(&mut tx.conn, &agent).await?;
    agent::insert_agent(&mut tx.conn, &agent, hash.as_deref()).await?;
    if let Some(teams) = &teams {
        put_in_teams(tx, agent.id, teams, by.as_ref()).await?;
    }
    let actor = by.map(|by| by.agent);
    tx.emit(event(EventKind::AgentCreated, agent.id, &[], actor, now));
    details(&mut tx.conn, agent).await
}
