//! What clients say of agents.

#![expect(
    clippy::option_option,
    reason = "null says something, and nothing says something else"
)]

use serde_json::{Map, Value};

use crate::domain::agent::{
    Away, Permission, Permissions, Role, Span, WEEKDAYS, WorkingHours, parse_minutes,
};
use crate::domain::clock::Timestamp;
use crate::domain::id::TeamId;
use crate::engine::{AgentChange, NewAgent};
use crate::http::fields::{self, any_text, email, list, object, parsed, text};
use crate::http::{Fields, Read};

use super::body::{AwayBody, HoursBody};

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// The most initials.
const MOST_INITIALS: usize = 4;
/// The most of anything that an agent has several of.
const MOST: usize = 100;

/// Somebody to add.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = NewAgent, example = json!({"name": "Ada Lovelace", "email": "ada@example.com", "role": "agent", "password": "mint otter lamp nine"}))]
pub(crate) struct NewAgentBody {
    /// Their name; no two agents share one.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What they may do.
    role: Role,
    /// Their e-mail address, to log in with.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// What they log in with, 8 to 128 characters; without it they cannot.
    #[schema(write_only)]
    password: Option<String>,
    /// At most four letters; null for those of the name.
    #[schema(value_type = Option<String>, max_length = 4)]
    initials: Option<Option<String>>,
    /// What they may do beyond their role.
    #[schema(value_type = Option<Vec<Permission>>)]
    granted: Option<Permissions>,
    /// What they may not do in spite of their role.
    #[schema(value_type = Option<Vec<Permission>>)]
    denied: Option<Permissions>,
    /// The ids of the teams they are in, all of them.
    #[schema(value_type = Option<Vec<String>>)]
    teams: Option<Vec<TeamId>>,
    /// When they work; null for always. A day that is left out is free.
    #[schema(value_type = Option<HoursBody>)]
    working_hours: Option<Option<WorkingHours>>,
    /// That they are away, until a time or nobody knows when; null when they are not.
    #[schema(value_type = Option<AwayBody>)]
    away: Option<Option<Away>>,
}

/// What shall be different of an agent; what is left out stays as it is.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = AgentChange, example = json!({"role": "agent", "granted": ["export"]}))]
pub(crate) struct AgentChangeBody {
    /// Their name; no two agents share one.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What they may do.
    role: Option<Role>,
    /// Their e-mail address; null for none.
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Option<String>>,
    /// At most four letters; null for those of the name.
    #[schema(value_type = Option<String>, max_length = 4)]
    initials: Option<Option<String>>,
    /// What they may do beyond their role.
    #[schema(value_type = Option<Vec<Permission>>)]
    granted: Option<Permissions>,
    /// What they may not do in spite of their role.
    #[schema(value_type = Option<Vec<Permission>>)]
    denied: Option<Permissions>,
    /// The ids of the teams they are in, all of them.
    #[schema(value_type = Option<Vec<String>>)]
    teams: Option<Vec<TeamId>>,
    /// When they work; null for always. A day that is left out is free.
    #[schema(value_type = Option<HoursBody>)]
    working_hours: Option<Option<WorkingHours>>,
    /// That they are away, until a time or nobody knows when; null when they are not.
    #[schema(value_type = Option<AwayBody>)]
    away: Option<Option<Away>>,
}

/// What is read alike of somebody new and of somebody known.
struct More {
    initials: Option<Option<String>>,
    granted: Option<Permissions>,
    denied: Option<Permissions>,
    teams: Option<Vec<TeamId>>,
    working_hours: Option<Option<WorkingHours>>,
    away: Option<Option<Away>>,
}

fn more(fields: &mut Fields) -> More {
    let granted = fields.optional("granted", permissions);
    let denied = fields.optional("denied", permissions);
    More {
        initials: fields.nullable("initials", text(1..=MOST_INITIALS)),
        granted,
        denied,
        teams: fields.optional(
            "teams",
            list(MOST, parsed("a team's id", |id| id.parse().ok())),
        ),
        working_hours: fields.nullable("working_hours", working_hours),
        away: fields.nullable("away", away),
    }
}

impl Read for NewAgentBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", name());
        let role = fields.required("role", role());
        let email = fields.optional("email", email);
        let password = fields.optional("password", any_text);
        if password.is_some() && email.is_none() {
            fields.fault("email", "is needed to log in with a password");
        }
        let More {
            initials,
            granted,
            denied,
            teams,
            working_hours,
            away,
        } = more(fields);
        Some(Self {
            name: name?,
            role: role?,
            email,
            password,
            initials,
            granted,
            denied,
            teams,
            working_hours,
            away,
        })
    }
}

impl Read for AgentChangeBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.optional("name", name());
        let role = fields.optional("role", role());
        let email = fields.nullable("email", email);
        let More {
            initials,
            granted,
            denied,
            teams,
            working_hours,
            away,
        } = more(fields);
        Some(Self {
            name,
            role,
            email,
            initials,
            granted,
            denied,
            teams,
            working_hours,
            away,
        })
    }
}

impl From<AgentChangeBody> for AgentChange {
    fn from(body: AgentChangeBody) -> Self {
        Self {
            name: body.name,
            email: body.email,
            initials: body.initials,
            role: body.role,
            granted: body.granted,
            denied: body.denied,
            teams: body.teams,
            working_hours: body.working_hours,
            away: body.away,
        }
    }
}

impl From<NewAgentBody> for NewAgent {
    fn from(body: NewAgentBody) -> Self {
        Self {
            name: body.name,
            email: body.email,
            password: body.password,
            role: body.role,
            more: AgentChange {
                initials: body.initials,
                granted: body.granted,
                denied: body.denied,
                teams: body.teams,
                working_hours: body.working_hours,
                away: body.away,
                ..AgentChange::default()
            },
        }
    }
}

pub(crate) fn name() -> impl Fn(Value) -> Result<String, String> {
    fields::name(LONGEST_NAME)
}

fn role() -> impl Fn(Value) -> Result<Role, String> {
    parsed("observer, agent or admin", Role::from_name)
}

/// Reads permissions by their names.
pub(crate) fn permissions(value: Value) -> Result<Permissions, String> {
    let names = list(
        MOST,
        parsed("permissions by their names", Permission::from_name),
    )(value)?;
    Ok(names.into_iter().collect())
}

fn away(value: Value) -> Result<Away, String> {
    let mut map = object(value)?;
    let until = match map.shift_remove("until") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let time = parsed("a time as in 2026-11-21T09:30:00Z", |text| {
                text.parse::<Timestamp>().ok()
            });
            Some(time(value).map_err(|fault| format!("until {fault}"))?)
        }
    };
    refuse_others(&map)?;
    Ok(Away { until })
}

fn working_hours(value: Value) -> Result<WorkingHours, String> {
    let mut map = object(value)?;
    let zone = map
        .shift_remove("time_zone")
        .ok_or("time_zone is missing")?;
    let time_zone = any_text(zone).map_err(|fault| format!("time_zone {fault}"))?;
    if !WorkingHours::knows_zone(&time_zone) {
        return Err(
            "time_zone must be a name of the IANA database, such as Europe/Berlin".to_owned(),
        );
    }
    let mut days: [Vec<Span>; 7] = Default::default();
    for (day, name) in days.iter_mut().zip(WEEKDAYS) {
        if let Some(value) = map.shift_remove(name) {
            *day = list(MOST, span)(value).map_err(|fault| format!("{name} {fault}"))?;
            let in_order = day.windows(2).all(|two| two[0].to <= two[1].from);
            if !in_order {
                return Err(format!("{name} must have its spans in order and apart"));
            }
        }
    }
    refuse_others(&map)?;
    Ok(WorkingHours { time_zone, days })
}

fn span(value: Value) -> Result<Span, String> {
    let mut map = object(value)?;
    let mut minutes = |name: &str| {
        let value = map.shift_remove(name).unwrap_or(Value::Null);
        parsed("a time as in 09:30", parse_minutes)(value)
            .map_err(|fault| format!("{name} {fault}"))
    };
    let (from, to) = (minutes("from")?, minutes("to")?);
    refuse_others(&map)?;
    if from >= to {
        return Err("must have from before to".to_owned());
    }
    Ok(Span { from, to })
}

fn refuse_others(map: &Map<String, Value>) -> Result<(), String> {
    match map.keys().next() {
        Some(unknown) => Err(format!("has {unknown:?}, which is not a known field")),
        None => Ok(()),
    }
}
