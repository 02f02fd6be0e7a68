//! People and their keys, read.

use std::collections::HashMap;

use super::AgentDetails;
use crate::domain::agent::{Agent, ApiKey, Session};
use crate::domain::id::{AgentId, KeyId, SessionId, TeamId};
use crate::engine::sessions::IDLE;
use crate::engine::{EngineFault, Reader, TeamDetails};
use crate::store::{agent, key, session, team};

impl Reader<'_> {
    /// One agent.
    pub async fn agent(&self, id: AgentId) -> Result<Option<Agent>, EngineFault> {
        Ok(agent::find_agent(&mut self.conn().await?, id).await?)
    }

    /// One agent with their teams.
    pub async fn member(&self, id: AgentId) -> Result<Option<AgentDetails>, EngineFault> {
        let mut conn = self.conn().await?;
        let Some(agent) = agent::find_agent(&mut conn, id).await? else {
            return Ok(None);
        };
        let teams = team::load_teams_of(&mut conn, &[id]).await?;
        let teams = teams.into_iter().map(|(_, team)| team).collect();
        Ok(Some(AgentDetails { agent, teams }))
    }

    /// Agents with their teams, the newest first, from before an id.
    pub async fn staff(
        &self,
        before: Option<AgentId>,
        limit: u32,
    ) -> Result<Vec<AgentDetails>, EngineFault> {
        let before = before.unwrap_or(AgentId(uuid::Uuid::max()));
        let mut conn = self.conn().await?;
        let agents = agent::list_agents(&mut conn, before, limit).await?;
        let ids: Vec<AgentId> = agents.iter().map(|agent| agent.id).collect();
        let mut teams: HashMap<AgentId, Vec<_>> = HashMap::new();
        for (id, team) in team::load_teams_of(&mut conn, &ids).await? {
            teams.entry(id).or_default().push(team);
        }
        let whole = |agent: Agent| {
            let teams = teams.remove(&agent.id).unwrap_or_default();
            AgentDetails { agent, teams }
        };
        Ok(agents.into_iter().map(whole).collect())
    }

    /// One team with its members.
    pub async fn team(&self, id: TeamId) -> Result<Option<TeamDetails>, EngineFault> {
        let mut conn = self.conn().await?;
        let Some(team) = team::find_whole_team(&mut conn, id).await? else {
            return Ok(None);
        };
        let members = team::list_members(&mut conn, &[id]).await?;
        let members = members.into_iter().map(|(_, agent)| agent).collect();
        Ok(Some(TeamDetails { team, members }))
    }

    /// Teams with their members, the newest first, from before an id.
    pub async fn teams(
        &self,
        before: Option<TeamId>,
        limit: u32,
    ) -> Result<Vec<TeamDetails>, EngineFault> {
        let before = before.unwrap_or(TeamId(uuid::Uuid::max()));
        let mut conn = self.conn().await?;
        let teams = team::list_teams(&mut conn, before, limit).await?;
        let ids: Vec<TeamId> = teams.iter().map(|team| team.id).collect();
        let mut members: HashMap<TeamId, Vec<_>> = HashMap::new();
        for (id, agent) in team::list_members(&mut conn, &ids).await? {
            members.entry(id).or_default().push(agent);
        }
        let whole = |team: crate::domain::agent::Team| {
            let members = members.remove(&team.id).unwrap_or_default();
            TeamDetails { team, members }
        };
        Ok(teams.into_iter().map(whole).collect())
    }

    /// One key.
    pub async fn key(&self, id: KeyId) -> Result<Option<ApiKey>, EngineFault> {
        Ok(key::find_key(&mut self.conn().await?, id).await?)
    }

    /// Keys, the newest first, from before an id.
    pub async fn keys(
        &self,
        before: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, EngineFault> {
        let before = before.unwrap_or(KeyId(uuid::Uuid::max()));
        Ok(key::list_keys(&mut self.conn().await?, before, limit).await?)
    }

    /// An agent's sessions that go on, the newest first, from before an id.
    pub async fn sessions(
        &self,
        of: AgentId,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Session>, EngineFault> {
        let before = before.unwrap_or(SessionId(uuid::Uuid::max()));
        let now = self.now();
        let mut conn = self.conn().await?;
        let used_after = now.minus(IDLE);
        Ok(session::list_sessions(&mut conn, of, now, used_after, before, limit).await?)
    }
}
