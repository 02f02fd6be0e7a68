//! Teams and who is in them.

use uuid::Uuid;

use super::{Conn, StoreFault};
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
