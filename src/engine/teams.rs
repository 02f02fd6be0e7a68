//! Teams: made, changed, taken away. A conversation can be private to one.

use super::edit::{EditFault, check_seen, told};
use super::{Engine, Made, Remember};
use crate::domain::agent::{AgentRef, Principal, Team};
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::id::{AgentId, TeamId};
use crate::store::{Conn, Tx, agent, team};

/// Why a team was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum TeamFault {
    /// There is no such team.
    #[error("no team has this id")]
    Unknown,
    /// The name is another's.
    #[error("another team has this name")]
    NameTaken,
    /// There is no such agent.
    #[error("no agent has the id {0}")]
    UnknownAgent(AgentId),
    /// Nobody gives what they do not have.
    #[error("only a member of a team, or an admin, can change who is in it")]
    AboveYou,
    /// Conversations are private to it or wait for it.
    #[error(
        "conversations are private to this team or wait for it; give them to another one first"
    )]
    Needed,
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

/// A team with who is in it.
#[derive(Debug, Clone)]
pub struct TeamDetails {
    /// The team.
    pub team: Team,
    /// Its members, by name.
    pub members: Vec<AgentRef>,
}

impl Engine {
    /// Makes a team.
    pub async fn create_team(
        &self,
        name: String,
        members: Vec<AgentId>,
        by: &Principal,
        once: Option<Remember<TeamDetails>>,
    ) -> Result<Made<TeamDetails>, TeamFault> {
        let by = by.agent.clone();
        let made = self
            .make(once, move |tx, now| {
                Box::pin(async move {
                    let team = Team {
                        id: TeamId::new(),
                        name,
                        created_at: now,
                        version: 1,
                    };
                    refuse_taken(&mut tx.conn, &team).await?;
                    team::insert_team(&mut tx.conn, &team).await?;
                    set_members(tx, team.id, &members).await?;
                    tx.emit(event(EventKind::TeamCreated, team.id, &by, now));
                    details(&mut tx.conn, team).await
                })
            })
            .await?;
        self.credentials.forget();
        Ok(made)
    }

    /// Changes a team's name, and who is in it.
    pub async fn change_team(
        &self,
        id: TeamId,
        name: Option<String>,
        members: Option<Vec<AgentId>>,
        seen: Option<i64>,
        by: &Principal,
    ) -> Result<TeamDetails, TeamFault> {
        let (now, by) = (self.context.clock.now(), by.clone());
        let changed = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut team = find(&mut tx.conn, id).await?;
                    check_seen(seen, team.version)?;
                    if members.is_some() && !by.scope.sees(Some(id)) {
                        return Err(TeamFault::AboveYou);
                    }
                    team.name = name.unwrap_or(team.name);
                    team.version += 1;
                    refuse_taken(&mut tx.conn, &team).await?;
                    team::update_team(&mut tx.conn, &team).await?;
                    if let Some(members) = members {
                        set_members(tx, id, &members).await?;
                    }
                    tx.emit(event(EventKind::TeamChanged, id, &by.agent, now));
                    details(&mut tx.conn, team).await
                })
            })
            .await?;
        self.credentials.forget();
        Ok(changed)
    }

    /// Takes a team away that no conversation needs.
    pub async fn delete_team(&self, id: TeamId, by: &Principal) -> Result<(), TeamFault> {
        let (now, by) = (self.context.clock.now(), by.clone());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    find(&mut tx.conn, id).await?;
                    if !by.scope.sees(Some(id)) {
                        return Err(TeamFault::AboveYou);
                    }
                    if team::is_needed(&mut tx.conn, id).await? {
                        return Err(TeamFault::Needed);
                    }
                    team::delete_team(&mut tx.conn, id).await?;
                    tx.emit(event(EventKind::TeamDeleted, id, &by.agent, now));
                    Ok::<_, TeamFault>(())
                })
            })
            .await?;
        self.credentials.forget();
        Ok(())
    }
}

fn event(kind: EventKind, id: TeamId, by: &AgentRef, at: Timestamp) -> NewEvent {
    told(kind, Some(by.clone()), at, &serde_json::json!({"team": id}))
}

async fn find(conn: &mut Conn, id: TeamId) -> Result<Team, TeamFault> {
    let found = team::find_whole_team(conn, id).await?;
    found.ok_or(TeamFault::Unknown)
}

async fn details(conn: &mut Conn, team: Team) -> Result<TeamDetails, TeamFault> {
    let members = team::list_members(conn, &[team.id]).await?;
    let members = members.into_iter().map(|(_, agent)| agent).collect();
    Ok(TeamDetails { team, members })
}

async fn refuse_taken(conn: &mut Conn, team: &Team) -> Result<(), TeamFault> {
    if team::is_name_taken(conn, &team.name, team.id).await? {
        return Err(TeamFault::NameTaken);
    }
    Ok(())
}

async fn set_members(tx: &mut Tx, id: TeamId, members: &[AgentId]) -> Result<(), TeamFault> {
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    let known = agent::load_agents(&mut tx.conn, &members).await?;
    if let Some(unknown) = members.iter().find(|id| !known.contains_key(id)) {
        return Err(TeamFault::UnknownAgent(*unknown));
    }
    Ok(team::replace_members(&mut tx.conn, id, &members).await?)
}
