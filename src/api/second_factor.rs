//! The second factor: set up, confirm, look at, take away from somebody.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use super::Api;
use crate::domain::id::AgentId;
use crate::engine::SessionFault;
use crate::http::auth::{Anybody, PeopleManager};
use crate::http::fields::{any_text, text};
use crate::http::problem::Problem;
use crate::http::{Fields, Id, Json, Read};

/// The longest code that is read, in characters; recovery codes have 19.
pub(super) const LONGEST_CODE: usize = 64;

/// How one's second factor stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SecondFactor)]
pub(crate) struct SecondFactorBody {
    /// Whether logging in needs a code.
    on: bool,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
}

/// Says how one's second factor stands.
#[utoipa::path(
    get, path = "/v1/me/second-factor", operation_id = "getSecondFactor", tag = "sessions",
    responses((status = 200, description = "Whether it is on", body = SecondFactorBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Anybody(principal): Anybody,
) -> Result<Answer<SecondFactorBody>, Problem> {
    let standing = api.engine.second_factor(&principal).await?;
    Ok(Answer(SecondFactorBody {
        on: standing.on,
        recovery_codes_left: standing.recovery_codes,
    }))
}

/// What somebody shows to set up a second factor.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"password": "mint otter lamp nine"}))]
pub(crate) struct SecondFactorStart {
    /// The password.
    #[schema(write_only)]
    password: String,
    /// A code of the second factor so far, or a recovery code, where there is one.
    #[schema(value_type = Option<String>, write_only, min_length = 1, max_length = 64)]
    code: Option<String>,
}

impl Read for SecondFactorStart {
    fn read(fields: &mut Fields) -> Option<Self> {
        let password = fields.required("password", any_text);
        let code = fields.optional("code", text(1..=LONGEST_CODE));
        Some(Self {
            password: password?,
            code,
        })
    }
}

/// What an authenticator is to read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Enrolment {
    /// An `otpauth://totp/` URI, to be shown as a picture or typed; it is shown this once.
    #[schema(
        example = "otpauth://totp/sms.example.com:ada%40example.com?secret=GEZDGNBVGY3TQOJQ&issuer=sms.example.com"
    )]
    uri: String,
}

/// Makes a secret for an authenticator (RFC 6238). Nothing changes until a code of it is
/// confirmed.
#[utoipa::path(
    post, path = "/v1/me/second-factor", operation_id = "beginSecondFactor", tag = "sessions",
    request_body = SecondFactorStart,
    responses((status = 201, description = "What an authenticator reads", body = Enrolment))
)]
pub(super) async fn begin(
    State(api): State<Api>,
    Anybody(principal): Anybody,
    body: Json<SecondFactorStart>,
) -> Result<(StatusCode, Answer<Enrolment>), Problem> {
    let SecondFactorStart { password, code } = body.value;
    let begun = api
        .engine
        .begin_second_factor(&password, code.as_deref(), &principal)
        .await;
    match begun {
        Ok(uri) => Ok((StatusCode::CREATED, Answer(Enrolment { uri }))),
        Err(SessionFault::Wrong) => Err(Problem::field("/password", "is not your password")),
        Err(fault) => Err(of_code(fault)),
    }
}

/// A code that shows that the secret arrived.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"code": "123456"}))]
pub(crate) struct Confirmation {
    /// The code that the authenticator shows now.
    #[schema(write_only, min_length = 1, max_length = 64)]
    code: String,
}

impl Read for Confirmation {
    fn read(fields: &mut Fields) -> Option<Self> {
        let code = fields.required("code", text(1..=LONGEST_CODE));
        Some(Self { code: code? })
    }
}

/// What helps when the authenticator is lost.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Recovery {
    /// Ten codes, each of which stands for one code of the authenticator, once; they are shown
    /// this once.
    recovery_codes: Vec<String>,
}

/// Puts the second factor in force. From now on logging in needs a code; one's other sessions end.
#[utoipa::path(
    post, path = "/v1/me/second-factor/confirm", operation_id = "confirmSecondFactor", tag = "sessions",
    request_body = Confirmation,
    responses((status = 200, description = "The recovery codes", body = Recovery))
)]
pub(super) async fn confirm(
    State(api): State<Api>,
    Anybody(principal): Anybody,
    body: Json<Confirmation>,
) -> Result<Answer<Recovery>, Problem> {
    let confirmed = api
        .engine
        .confirm_second_factor(&body.value.code, &principal)
        .await;
    let recovery_codes = confirmed.map_err(of_code)?;
    Ok(Answer(Recovery { recovery_codes }))
}

/// Takes an agent's second factor away, because they lost it; their sessions end.
#[utoipa::path(
    delete, path = "/v1/agents/{id}/second-factor", operation_id = "resetSecondFactor", tag = "agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses((status = 204, description = "Logging in needs the password alone"))
)]
pub(super) async fn reset(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<AgentId>,
) -> Result<StatusCode, Problem> {
    api.engine.reset_second_factor(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever is logged in already is not sent back to the login.
fn of_code(fault: SessionFault) -> Problem {
    match fault {
        SessionFault::WrongCode => Problem::field("/code", fault.to_string()),
        SessionFault::CodeNeeded => Problem::field("/code", "is missing"),
        SessionFault::Wrong
        | SessionFault::TooMany(_)
        | SessionFault::Weak(_)
        | SessionFault::Unknown
        | SessionFault::NotLoggedIn
        | SessionFault::Engine(_) => fault.into(),
    }
}
