//! Teams and who is in them.

use uuid::Uuid;

use super::rows::{json, lite_ids, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::agent::{AgentRef, Team};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::TeamRef;
use crate::domain::id::{AgentId, TeamId};

/// The teams that an agent is in.
pub async fn list_teams_of(conn: &mut Conn, agent: AgentId) -> Result<Vec<TeamId>, StoreFault> {
    let text = "SELECT team_id FROM team_member WHERE agent_id = $1 ORDER BY team_id";
    let ids: Vec<Uuid> = on!(conn, c => sqlx::query_scalar(text).bind(agent.0).fetch_all(c).await?);
    Ok(ids.into_iter().map(TeamId).collect())
}

/// One team.
pub async fn find_team(conn: &mut Conn, id: TeamId) -> Result<Option<TeamRef>, StoreFault> {
    let text = "SELECT name FROM team WHERE id = $1";
    let name: Option<String> =
        on!(conn, c => sqlx::query_scalar(text).bind(id.0).fetch_optional(c).await?);
    Ok(name.map(|name| TeamRef { id, name }))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    created_at: i64,
    version: i64,
}

impl From<Row> for Team {
    fn from(row: Row) -> Self {
        Self {
            id: TeamId(row.id),
            name: row.name,
            created_at: Timestamp(row.created_at),
            version: row.version,
        }
    }
}

/// One team, whole.
pub async fn find_whole_team(conn: &mut Conn, id: TeamId) -> Result<Option<Team>, StoreFault> {
    let text = "SELECT id, name, created_at, version FROM team WHERE id = $1";
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    Ok(row.map(Team::from))
}

/// Teams, the newest first, from before an id.
pub async fn list_teams(
    conn: &mut Conn,
    before: TeamId,
    limit: u32,
) -> Result<Vec<Team>, StoreFault> {
    let text =
        "SELECT id, name, created_at, version FROM team WHERE id < $1 ORDER BY id DESC LIMIT $2";
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows.into_iter().map(Team::from).collect())
}

/// Stores a new team.
pub async fn insert_team(conn: &mut Conn, team: &Team) -> Result<(), StoreFault> {
    let text = "INSERT INTO team (id, name, created_at, version) VALUES ($1, $2, $3, $4)";
    on!(conn, c => sqlx::query(text).bind(team.id.0).bind(team.name.as_str()).bind(team.created_at.0)
        .bind(team.version).execute(c).await.map(drop))?;
    Ok(())
}

/// Stores what may change of a team.
pub async fn update_team(conn: &mut Conn, team: &Team) -> Result<(), StoreFault> {
    let text = "UPDATE team SET name = $2, version = $3 WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(team.id.0).bind(team.name.as_str()).bind(team.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Takes a team away, and everybody out of it.
pub async fn delete_team(conn: &mut Conn, id: TeamId) -> Result<(), StoreFault> {
    let members = "DELETE FROM team_member WHERE team_id = $1";
    on!(&mut *conn, c => sqlx::query(members).bind(id.0).execute(c).await.map(drop))?;
    let text = "DELETE FROM team WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Whether another team has the name.
pub async fn is_name_taken(conn: &mut Conn, name: &str, but: TeamId) -> Result<bool, StoreFault> {
    let text = "SELECT COUNT(*) FROM team WHERE name = $1 AND id <> $2";
    let count: i64 =
        on!(conn, c => sqlx::query_scalar(text).bind(name).bind(but.0).fetch_one(c).await?);
    Ok(count > 0)
}

/// Whether a conversation is private to a team or waits for it.
pub async fn is_needed(conn: &mut Conn, id: TeamId) -> Result<bool, StoreFault> {
    let text = "SELECT (SELECT COUNT(*) FROM conversation WHERE private_to = $1)
        + (SELECT COUNT(*) FROM conversation WHERE team_id = $1)";
    let count: i64 = on!(conn, c => sqlx::query_scalar(text).bind(id.0).fetch_one(c).await?);
    Ok(count > 0)
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    team_id: Uuid,
    team_name: String,
    agent_id: Uuid,
    agent_name: String,
}

macro_rules! members {
    () => {
        "SELECT m.team_id, t.name AS team_name, m.agent_id, a.name AS agent_name FROM team_member m
         JOIN team t ON t.id = m.team_id JOIN agent a ON a.id = m.agent_id "
    };
}

/// The teams of agents, by name.
pub async fn load_teams_of(
    conn: &mut Conn,
    agents: &[AgentId],
) -> Result<Vec<(AgentId, TeamRef)>, StoreFault> {
    let text = sql!(conn,
        lite: concat!(members!(), "WHERE m.agent_id", lite_ids!(), " ORDER BY t.name"),
        pg: concat!(members!(), "WHERE m.agent_id", pg_ids!(), " ORDER BY t.name"));
    let keys = json(&agents.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<MemberRow> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    let team = |row: MemberRow| {
        let team = TeamRef {
            id: TeamId(row.team_id),
            name: row.team_name,
        };
        (AgentId(row.agent_id), team)
    };
    Ok(rows.into_iter().map(team).collect())
}

/// Who is in teams, by name.
pub async fn list_members(
    conn: &mut Conn,
    teams: &[TeamId],
) -> Result<Vec<(TeamId, AgentRef)>, StoreFault> {
    let text = sql!(conn,
        lite: concat!(members!(), "WHERE m.team_id", lite_ids!(), " ORDER BY a.name"),
        pg: concat!(members!(), "WHERE m.team_id", pg_ids!(), " ORDER BY a.name"));
    let keys = json(&teams.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<MemberRow> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    let member = |row: MemberRow| {
        let agent = AgentRef {
            id: AgentId(row.agent_id),
            name: row.agent_name,
        };
        (TeamId(row.team_id), agent)
    };
    Ok(rows.into_iter().map(member).collect())
}

async fn insert_member(conn: &mut Conn, team: TeamId, agent: AgentId) -> Result<(), StoreFault> {
    let text = "INSERT INTO team_member (team_id, agent_id) VALUES ($1, $2)";
    on!(conn, c => sqlx::query(text).bind(team.0).bind(agent.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Puts these agents into a team, and all others out of it.
pub async fn replace_members(
    conn: &mut Conn,
    team: TeamId,
    agents: &[AgentId],
) -> Result<(), StoreFault> {
    let text = "DELETE FROM team_member WHERE team_id = $1";
    on!(&mut *conn, c => sqlx::query(text).bind(team.0).execute(c).await.map(drop))?;
    for agent in agents {
        insert_member(conn, team, *agent).await?;
    }
    Ok(())
}

/// Puts an agent into these teams, and out of all others.
pub async fn replace_teams_of(
    conn: &mut Conn,
    agent: AgentId,
    teams: &[TeamId],
) -> Result<(), StoreFault> {
    let text = "DELETE FROM team_member WHERE agent_id = $1";
    on!(&mut *conn, c => sqlx::query(text).bind(agent.0).execute(c).await.map(drop))?;
    for team in teams {
        insert_member(conn, *team, agent).await?;
    }
    Ok(())
}
