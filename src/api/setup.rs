//! The first start: makes the first admin, with the token of the link that the daemon printed.

use axum::extract::State;
use http::StatusCode;

use super::Api;
use super::agents::{AgentWhole, name};
use crate::engine::{AgentDetails, FirstAdmin, SetupFault};
use crate::http::fields::{any_text, email};
use crate::http::problem::{Code, Problem};
use crate::http::session::{Client, SameSite};
use crate::http::{Fields, Json, Read, Versioned};

/// The first admin.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"token": "6f1c…", "name": "Ada Lovelace", "email": "ada@example.com", "password": "mint otter lamp nine"}))]
pub(crate) struct Setup {
    /// What stands behind `#` in the link.
    #[schema(write_only)]
    token: String,
    /// Their name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What they log in with.
    #[schema(max_length = 254)]
    email: String,
    /// 8 to 128 characters, and none of the passwords that are guessed first.
    #[schema(write_only)]
    password: String,
}

impl Read for Setup {
    fn read(fields: &mut Fields) -> Option<Self> {
        let token = fields.required("token", any_text);
        let name = fields.required("name", name());
        let email = fields.required("email", email);
        let password = fields.required("password", any_text);
        Some(Self {
            token: token?,
            name: name?,
            email: email?,
            password: password?,
        })
    }
}

/// Makes the first admin. Works once, and only while nobody can log in.
#[utoipa::path(
    post, path = "/v1/setup", operation_id = "setUp", tag = "sessions",
    request_body = Setup,
    params(("X-Postern" = String, Header, description = "Any value: a page of another site cannot send it")),
    responses((status = 201, description = "The admin, who can log in now", body = AgentWhole)),
    security(())
)]
pub(super) async fn create(
    State(api): State<Api>,
    _: SameSite,
    Client(address): Client,
    body: Json<Setup>,
) -> Result<(StatusCode, Versioned<AgentWhole>), Problem> {
    let Setup {
        token,
        name,
        email,
        password,
    } = body.value;
    let admin = FirstAdmin {
        name,
        email,
        password,
    };
    let agent = api.engine.set_up(&token, admin, address).await?;
    let details = AgentDetails {
        agent,
        teams: Vec::new(),
    };
    let version = details.agent.version;
    let body = AgentWhole::of(details, api.engine.clock().now());
    Ok((StatusCode::CREATED, Versioned(version, body)))
}

impl From<SetupFault> for Problem {
    fn from(fault: SetupFault) -> Self {
        let text = fault.to_string();
        match fault {
            SetupFault::Refused => Self::new(Code::Unauthorized, text),
            SetupFault::TooMany(wait) => Self::new(Code::TooMany, text).retry_after(wait),
            SetupFault::Taken => Self::field("/name", text),
            SetupFault::Weak(_) => Self::field("/password", text),
            SetupFault::Engine(fault) => fault.into(),
        }
    }
}
