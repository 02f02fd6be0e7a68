//! Agents: added, changed, shut out and let in again. They are never deleted: the past names them.
//!
//! Nobody gives what they do not have, and nobody changes somebody who may do more than they.

mod add;
mod read;

use super::edit::{EditFault, check_seen, told};
use super::{Engine, passwords};
use crate::domain::agent::{
    Agent, AgentRef, Away, Permissions, Principal, Role, WorkingHours, initials,
};
use crate::domain::audit::NewEntry;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::TeamRef;
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::id::{AgentId, TeamId};
use crate::domain::password::{self, WeakPassword};
use crate::store::{Conn, Tx, agent, search, session, team};

/// Why somebody was not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleFault {
    /// There is no such agent.
    #[error("no agent has this id")]
    Unknown,
    /// The name is another's.
    #[error("another agent has this name or e-mail address")]
    NameTaken,
    /// The e-mail address is another's.
    #[error("another agent has this name or e-mail address")]
    EmailTaken,
    /// There is no such team.
    #[error("no team has the id {0}")]
    UnknownTeam(TeamId),
    /// Nobody gives what they do not have.
    #[error("nobody can give a role or a permission that they do not have themselves")]
    AboveYou,
    /// The change is for those who manage people.
    #[error(
        "the permission manage_people is needed for everything but one's own hours, initials and absence"
    )]
    NotYours,
    /// Somebody has to be able to let others in.
    #[error("this is the last admin; make another one first")]
    LastAdmin,
    /// The password will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// A password without an address to log in with.
    #[error("is needed to log in with a password")]
    NoEmail,
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

/// What is said of a new agent.
#[derive(Debug, Clone)]
pub struct NewAgent {
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// What they log in with.
    pub password: Option<String>,
    /// What they may do.
    pub role: Role,
    /// All the rest.
    pub more: AgentChange,
}

/// What shall be different; nothing, where a field holds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentChange {
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail address, or that there is none.
    pub email: Option<Option<String>>,
    /// Their initials; made of the name where the inner one is nothing.
    pub initials: Option<Option<String>>,
    /// What they may do.
    pub role: Option<Role>,
    /// Permissions beyond the role.
    pub granted: Option<Permissions>,
    /// Permissions that are denied.
    pub denied: Option<Permissions>,
    /// The teams they are in.
    pub teams: Option<Vec<TeamId>>,
    /// When they work.
    pub working_hours: Option<Option<WorkingHours>>,
    /// Whether they are away.
    pub away: Option<Option<Away>>,
}

/// An agent with what is kept elsewhere.
#[derive(Debug, Clone)]
pub struct AgentDetails {
    /// The agent.
    pub agent: Agent,
    /// Their teams, by name.
    pub teams: Vec<TeamRef>,
}

impl Engine {
    /// Changes an agent; one's own hours, initials and absence need no permission.
    pub async fn change_agent(
        &self,
        id: AgentId,
        change: AgentChange,
        seen: Option<i64>,
        by: &Principal,
    ) -> Result<AgentDetails, PeopleFault> {
        let own = AgentChange {
            initials: None,
            working_hours: None,
            away: None,
            ..change.clone()
        };
        let manages = by.may(crate::domain::agent::Permission::ManagePeople);
        if !manages && (id != by.agent.id || own != AgentChange::default()) {
            return Err(PeopleFault::NotYours);
        }
        let (now, by) = (self.context.clock.now(), by.clone());
        let changed = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let before = find(&mut tx.conn, id).await?;
                    check_seen(seen, before.version)?;
                    let mut agent = before.clone();
                    apply(&mut agent, &change);
                    if manages {
                        may_change(&before, &by)?;
                        may_change(&agent, &by)?;
                    }
                    store_change(tx, &before, agent, &change, &by, now).await
                })
            })
            .await?;
        self.credentials.forget();
        Ok(changed)
    }

    /// Shuts somebody out: their keys and sessions are refused, and their streams end.
    pub async fn disable_agent(
        &self,
        id: AgentId,
        by: &Principal,
    ) -> Result<AgentDetails, PeopleFault> {
        let now = self.context.clock.now();
        self.admit(id, by, EventKind::AgentDisabled, Some(now))
            .await
    }

    /// Lets somebody in again; they log in anew.
    pub async fn enable_agent(
        &self,
        id: AgentId,
        by: &Principal,
    ) -> Result<AgentDetails, PeopleFault> {
        self.admit(id, by, EventKind::AgentEnabled, None).await
    }

    async fn admit(
        &self,
        id: AgentId,
        by: &Principal,
        kind: EventKind,
        disabled_at: Option<Timestamp>,
    ) -> Result<AgentDetails, PeopleFault> {
        let (now, by) = (self.context.clock.now(), by.clone());
        let changed = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut agent = find(&mut tx.conn, id).await?;
                    may_change(&agent, &by)?;
                    if agent.disabled_at.is_some() == disabled_at.is_some() {
                        return details(&mut tx.conn, agent).await;
                    }
                    if disabled_at.is_some() {
                        keep_an_admin(&mut tx.conn, id).await?;
                        session::delete_sessions_of(&mut tx.conn, id, None).await?;
                    }
                    agent.disabled_at = disabled_at;
                    agent.version += 1;
                    agent::update_agent(&mut tx.conn, &agent).await?;
                    tx.emit(event(kind, id, &[], Some(by.agent), now));
                    details(&mut tx.conn, agent).await
                })
            })
            .await?;
        self.credentials.forget();
        Ok(changed)
    }

    /// Gives somebody another password, and ends their sessions.
    pub async fn set_password(
        &self,
        id: AgentId,
        password: &str,
        by: &Principal,
    ) -> Result<(), PeopleFault> {
        let mut conn = self.context.store.read().await?;
        let agent = find(&mut conn, id).await?;
        drop(conn);
        may_change(&agent, by)?;
        let Some(email) = &agent.email else {
            return Err(PeopleFault::NoEmail);
        };
        password::check(password, &[&agent.name, email])?;
        let hash = passwords::hash(password).await?;
        let (now, by) = (self.context.clock.now(), by.clone());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    agent::update_password(&mut tx.conn, id, &hash).await?;
                    session::delete_sessions_of(&mut tx.conn, id, None).await?;
                    tx.audit(password_set(id, by.agent, now));
                    Ok::<_, PeopleFault>(())
                })
            })
            .await?;
        self.credentials.forget();
        Ok(())
    }
}

/// The entry about another password.
pub(super) fn password_set(id: AgentId, by: AgentRef, at: Timestamp) -> NewEntry {
    NewEntry {
        at,
        actor: Some(by),
        origin: None,
        action: "agent.password_set",
        target: Some(id.to_string()),
        conversation: None,
        data: "{}".to_owned(),
    }
}

/// An event about an agent, with the names of the fields that changed.
pub(super) fn event(
    kind: EventKind,
    id: AgentId,
    changed: &[&str],
    actor: Option<AgentRef>,
    at: Timestamp,
) -> NewEvent {
    let data = if changed.is_empty() {
        serde_json::json!({"agent": id})
    } else {
        serde_json::json!({"agent": id, "changed": changed})
    };
    told(kind, actor, at, &data)
}

pub(super) async fn find(conn: &mut Conn, id: AgentId) -> Result<Agent, PeopleFault> {
    let found = agent::find_agent(conn, id).await?;
    found.ok_or(PeopleFault::Unknown)
}

async fn details(conn: &mut Conn, agent: Agent) -> Result<AgentDetails, PeopleFault> {
    let teams = team::load_teams_of(conn, &[agent.id]).await?;
    let teams = teams.into_iter().map(|(_, team)| team).collect();
    Ok(AgentDetails { agent, teams })
}

fn apply(agent: &mut Agent, change: &AgentChange) {
    if let Some(name) = &change.name {
        if agent.initials == initials(&agent.name) {
            agent.initials = initials(name);
        }
        agent.name.clone_from(name);
    }
    if let Some(email) = &change.email {
        agent.email = email.as_ref().map(|email| email.to_lowercase());
    }
    if let Some(given) = &change.initials {
        agent.initials = given.clone().unwrap_or_else(|| initials(&agent.name));
    }
    agent.role = change.role.unwrap_or(agent.role);
    agent.granted = change.granted.unwrap_or(agent.granted);
    agent.denied = change.denied.unwrap_or(agent.denied);
    if let Some(hours) = &change.working_hours {
        agent.working_hours.clone_from(hours);
    }
    if let Some(away) = &change.away {
        agent.away.clone_from(away);
    }
}

/// Stores a change with its event; says nothing when nothing is different.
async fn store_change(
    tx: &mut Tx,
    before: &Agent,
    mut agent: Agent,
    change: &AgentChange,
    by: &Principal,
    now: Timestamp,
) -> Result<AgentDetails, PeopleFault> {
    let id = agent.id;
    let mut changed = differences(before, &agent);
    if let Some(teams) = &change.teams {
        let mut wanted = teams.clone();
        wanted.sort_unstable();
        wanted.dedup();
        if team::list_teams_of(&mut tx.conn, id).await? != wanted {
            changed.push("teams");
            put_in_teams(tx, id, &wanted, Some(by)).await?;
        }
    }
    if changed.is_empty() {
        return details(&mut tx.conn, agent).await;
    }
    refuse_taken(&mut tx.conn, &agent).await?;
    let everything = Permissions::all();
    if before.permissions() == everything && agent.permissions() != everything {
        keep_an_admin(&mut tx.conn, id).await?;
    }
    if before.role != agent.role {
        // What was stolen before is worth nothing after (T15).
        session::delete_sessions_of(&mut tx.conn, id, None).await?;
    }
    if before.name != agent.name {
        search::insert_assigned_todo(&mut tx.conn, id).await?;
    }
    agent.version += 1;
    agent::update_agent(&mut tx.conn, &agent).await?;
    let actor = Some(by.agent.clone());
    tx.emit(event(EventKind::AgentChanged, id, &changed, actor, now));
    details(&mut tx.conn, agent).await
}

fn differences(before: &Agent, after: &Agent) -> Vec<&'static str> {
    let pairs = [
        ("name", before.name != after.name),
        ("email", before.email != after.email),
        ("initials", before.initials != after.initials),
        ("role", before.role != after.role),
        ("granted", before.granted != after.granted),
        ("denied", before.denied != after.denied),
        ("working_hours", before.working_hours != after.working_hours),
        ("away", before.away != after.away),
    ];
    let different = pairs.into_iter().filter(|(_, different)| *different);
    different.map(|(name, _)| name).collect()
}

async fn refuse_taken(conn: &mut Conn, agent: &Agent) -> Result<(), PeopleFault> {
    let other = agent::find_other_called(conn, &agent.name, agent.id).await?;
    if other.is_some() {
        return Err(PeopleFault::NameTaken);
    }
    if let Some(email) = &agent.email {
        let other = agent::find_other_called(conn, email, agent.id).await?;
        if other.is_some() {
            return Err(PeopleFault::EmailTaken);
        }
    }
    Ok(())
}

async fn put_in_teams(
    tx: &mut Tx,
    id: AgentId,
    teams: &[TeamId],
    by: Option<&Principal>,
) -> Result<(), PeopleFault> {
    let before = team::list_teams_of(&mut tx.conn, id).await?;
    for wanted in teams {
        let given = !before.contains(wanted);
        if given && by.is_some_and(|by| !by.scope.sees(Some(*wanted))) {
            return Err(PeopleFault::AboveYou);
        }
        if team::find_team(&mut tx.conn, *wanted).await?.is_none() {
            return Err(PeopleFault::UnknownTeam(*wanted));
        }
    }
    Ok(team::replace_teams_of(&mut tx.conn, id, teams).await?)
}

async fn keep_an_admin(conn: &mut Conn, but: AgentId) -> Result<(), PeopleFault> {
    if agent::has_other_admin(conn, but).await? {
        return Ok(());
    }
    let found = find(conn, but).await?;
    match found.role {
        Role::Admin => Err(PeopleFault::LastAdmin),
        Role::Agent | Role::Observer => Ok(()),
    }
}

/// Refuses whoever would give, or take from, somebody more than they have themselves.
pub(super) fn may_change(agent: &Agent, by: &Principal) -> Result<(), PeopleFault> {
    if agent.role > by.role || !agent.permissions().are_within(by.permissions) {
        return Err(PeopleFault::AboveYou);
    }
    Ok(())
}
