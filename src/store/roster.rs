//! Who may be given work now.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::{Conn, StoreFault, agent};
use crate::domain::agent::{Agent, Permission};
use crate::domain::assign::{Candidate, Roster, Turn};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Shelf, TeamRef};
use crate::domain::id::{AgentId, TeamId};
use crate::domain::tally::Dimension;

/// Everybody who may be given work at that time, with their teams, load and turns.
pub async fn load_roster(conn: &mut Conn, now: Timestamp) -> Result<Roster, StoreFault> {
    let agents = agent::list_agents(conn, AgentId(Uuid::max()), u32::MAX).await?;
    let teams = load_teams(conn).await?;
    let members = load_members(conn).await?;
    let loads = load_loads(conn).await?;
    let works = |agent: &Agent| {
        agent.is_available(now) && agent.permissions().contain(Permission::SendMessages)
    };
    let candidate = |agent: Agent| Candidate {
        load: loads.get(&agent.id).copied().unwrap_or(0),
        sees_all: agent.permissions().contain(Permission::ViewPrivate),
        teams: members.get(&agent.id).cloned().unwrap_or_default(),
        agent: agent.to_ref(),
    };
    let candidates = agents.into_iter().filter(works).map(candidate).collect();
    Ok(Roster::new(candidates, teams, load_turns(conn).await?))
}

async fn load_teams(conn: &mut Conn) -> Result<Vec<TeamRef>, StoreFault> {
    let text = "SELECT id, name FROM team";
    let rows: Vec<(Uuid, String)> = on!(conn, c => sqlx::query_as(text).fetch_all(c).await?);
    let team = |(id, name)| TeamRef {
        id: TeamId(id),
        name,
    };
    Ok(rows.into_iter().map(team).collect())
}

async fn load_members(conn: &mut Conn) -> Result<HashMap<AgentId, BTreeSet<TeamId>>, StoreFault> {
    let text = "SELECT agent_id, team_id FROM team_member";
    let rows: Vec<(Uuid, Uuid)> = on!(conn, c => sqlx::query_as(text).fetch_all(c).await?);
    let mut members: HashMap<AgentId, BTreeSet<TeamId>> = HashMap::new();
    for (agent, team) in rows {
        members
            .entry(AgentId(agent))
            .or_default()
            .insert(TeamId(team));
    }
    Ok(members)
}

/// How many conversations wait for each agent: the counts of lists know.
async fn load_loads(conn: &mut Conn) -> Result<HashMap<AgentId, i64>, StoreFault> {
    let text = "SELECT key, CAST(SUM(total) AS BIGINT) FROM tally WHERE dimension = $1 AND shelf = $2 GROUP BY key";
    let rows: Vec<(String, i64)> = on!(conn, c => sqlx::query_as(text)
        .bind(Dimension::Assignee.as_str())
        .bind(Shelf::Assigned as i64)
        .fetch_all(c).await?);
    let load = |(key, load): (String, i64)| Some((key.parse().ok()?, load));
    Ok(rows.into_iter().filter_map(load).collect())
}

async fn load_turns(conn: &mut Conn) -> Result<Vec<Turn>, StoreFault> {
    let text = "SELECT team_id, agent_id, at FROM turn";
    let rows: Vec<(Uuid, Uuid, i64)> = on!(conn, c => sqlx::query_as(text).fetch_all(c).await?);
    let turn = |(team, agent, at)| Turn {
        team: TeamId(team),
        agent: AgentId(agent),
        at: Timestamp(at),
    };
    Ok(rows.into_iter().map(turn).collect())
}

/// Records whose turn it was.
pub async fn upsert_turns(conn: &mut Conn, turns: &[Turn]) -> Result<(), StoreFault> {
    let text = "INSERT INTO turn (team_id, agent_id, at) VALUES ($1, $2, $3)
        ON CONFLICT (team_id, agent_id) DO UPDATE SET at = excluded.at";
    for turn in turns {
        on!(&mut *conn, c => sqlx::query(text)
            .bind(turn.team.0).bind(turn.agent.0).bind(turn.at.0).execute(c).await.map(drop))?;
    }
    Ok(())
}
