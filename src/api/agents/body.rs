//! Agents as clients see them.

use serde::Serialize;

use crate::api::teams::TeamName;
use crate::domain::agent::{Agent, Away, Permission, Permissions, Role, Span, WorkingHours};
use crate::domain::clock::Timestamp;
use crate::domain::id::AgentId;
use crate::engine::AgentDetails;

/// Somebody who works here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Agent)]
pub(crate) struct AgentWhole {
    /// Their id.
    #[schema(value_type = String, example = "agt_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: AgentId,
    /// Their name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Their e-mail address; null for a program.
    email: Option<String>,
    /// What stands for them where there is little room.
    #[schema(example = "AL")]
    initials: String,
    /// What they may do, as a whole.
    role: Role,
    /// What they may do: what the role comes with, and what they are granted, without what they
    /// are denied.
    #[schema(value_type = Vec<Permission>)]
    permissions: Permissions,
    /// What they may do beyond their role.
    #[schema(value_type = Vec<Permission>)]
    granted: Permissions,
    /// What they may not do in spite of their role.
    #[schema(value_type = Vec<Permission>)]
    denied: Permissions,
    /// The teams they are in.
    teams: Vec<TeamName>,
    /// When they work; null for always.
    working_hours: Option<HoursBody>,
    /// Whether they are away; null when they are not.
    away: Option<AwayBody>,
    /// Whether work may be given to them now: neither disabled nor away, and within their hours.
    available: bool,
    /// When they were shut out; null when they were not.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// When they were added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl AgentWhole {
    pub(crate) fn of(details: AgentDetails, now: Timestamp) -> Self {
        let AgentDetails { agent, teams } = details;
        let available = agent.is_available(now);
        let permissions = agent.permissions();
        let Agent {
            id,
            name,
            email,
            initials,
            role,
            granted,
            denied,
            working_hours,
            away,
            disabled_at,
            created_at,
            version: _,
        } = agent;
        Self {
            id,
            name,
            email,
            initials,
            role,
            permissions,
            granted,
            denied,
            teams: teams.into_iter().map(TeamName::from).collect(),
            working_hours: working_hours.map(HoursBody::from),
            away: away.map(AwayBody::from),
            available,
            disabled_at,
            created_at,
        }
    }
}

/// When somebody works.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WorkingHours)]
pub(crate) struct HoursBody {
    /// A name of the IANA time zone database.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    #[schema(required = false)]
    monday: Vec<Span>,
    #[schema(required = false)]
    tuesday: Vec<Span>,
    #[schema(required = false)]
    wednesday: Vec<Span>,
    #[schema(required = false)]
    thursday: Vec<Span>,
    #[schema(required = false)]
    friday: Vec<Span>,
    #[schema(required = false)]
    saturday: Vec<Span>,
    #[schema(required = false)]
    sunday: Vec<Span>,
}

impl From<WorkingHours> for HoursBody {
    fn from(hours: WorkingHours) -> Self {
        let [
            monday,
            tuesday,
            wednesday,
            thursday,
            friday,
            saturday,
            sunday,
        ] = hours.days;
        Self {
            time_zone: hours.time_zone,
            monday,
            tuesday,
            wednesday,
            thursday,
            friday,
            saturday,
            sunday,
        }
    }
}

/// Somebody is not there.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Away)]
pub(crate) struct AwayBody {
    /// Until when; null when nobody knows.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

impl From<Away> for AwayBody {
    fn from(away: Away) -> Self {
        Self { until: away.until }
    }
}
