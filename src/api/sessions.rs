//! Logging in and out, and who one is.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{SET_COOKIE, USER_AGENT};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use super::agents::AgentWhole;
use super::lists::{Page, Paged};
use super::second_factor::LONGEST_CODE;
use crate::domain::agent::{Permission, Permissions, Session, Via};
use crate::domain::clock::Timestamp;
use crate::domain::id::SessionId;
use crate::engine::SessionFault;
use crate::http::auth::Anybody;
use crate::http::fields::{any_text, text};
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::session::{Client, SameSite, clear_cookie, set_cookie};
use crate::http::{Fields, Id, Json, Query, Read};

/// Somebody who logged in, on one machine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionBody {
    /// Its id.
    #[schema(value_type = String, example = "ses_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: SessionId,
    /// Whether it is the one that this request came with.
    current: bool,
    /// From where the login came.
    address: Option<String>,
    /// What the browser says it is.
    client: Option<String>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, to the minute; after 12 hours without use it is over.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When it is over, however much it is used: after seven days.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl SessionBody {
    fn of(session: Session, via: Via) -> Self {
        Self {
            id: session.id,
            current: via == Via::Session(session.id),
            address: session.address.map(|address| address.to_string()),
            client: session.client,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// What somebody logs in with.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"email": "ada@example.com", "password": "mint otter lamp nine"}))]
pub(crate) struct Login {
    /// The agent's e-mail address.
    email: String,
    /// The password.
    #[schema(write_only)]
    password: String,
    /// A code of the second factor, or a recovery code, where the answer without it was
    /// `second_factor_needed`.
    #[schema(value_type = Option<String>, write_only, min_length = 1, max_length = 64)]
    code: Option<String>,
}

impl Read for Login {
    fn read(fields: &mut Fields) -> Option<Self> {
        let email = fields.required("email", text(1..=254));
        let password = fields.required("password", any_text);
        let code = fields.optional("code", text(1..=LONGEST_CODE));
        Some(Self {
            email: email?,
            password: password?,
            code,
        })
    }
}

/// Logs in. The answer sets a cookie, `__Host-postern` (`postern` on a plain-HTTP loopback
/// `public_url`), which stands for a key in every request after. With the cookie, everything that
/// changes something needs the header `X-Postern: 1`, as does this.
#[utoipa::path(
    post, path = "/v1/sessions", operation_id = "logIn", tag = "sessions",
    request_body = Login,
    params(("X-Postern" = String, Header, description = "Any value: a page of another site cannot send it")),
    responses((status = 201, description = "The session; the header Set-Cookie has its token", body = SessionBody)),
    security(())
)]
pub(super) async fn create(
    State(api): State<Api>,
    _: SameSite,
    Client(address): Client,
    headers: HeaderMap,
    body: Json<Login>,
) -> Result<Response, Problem> {
    let Login {
        email,
        password,
        code,
    } = body.value;
    let secrets = (password.as_str(), code.as_deref());
    let client = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let new = api.engine.log_in(&email, secrets, address, client).await?;
    let via = Via::Session(new.session.id);
    let cookie = set_cookie(&new.token, api.engine.public_url());
    let body = Answer(SessionBody::of(new.session, via));
    Ok((StatusCode::CREATED, [(SET_COOKIE, cookie)], body).into_response())
}

/// Lists one's own sessions, the newest first.
#[utoipa::path(
    get, path = "/v1/sessions", operation_id = "listSessions", tag = "sessions",
    params(Paged),
    responses((status = 200, description = "A page of sessions", body = Page<SessionBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Anybody(principal): Anybody,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<SessionBody>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .read()
        .sessions(principal.agent.id, page.place()?, page.one_more())
        .await?;
    let cursor = |session: &Session| session.id.to_string();
    let show = |session| SessionBody::of(session, principal.via);
    Ok(Answer(Page::of(found, page.limit, cursor, show)))
}

/// Ends one of one's own sessions.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", operation_id = "endSession", tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 204, description = "It is over"))
)]
pub(super) async fn delete(
    State(api): State<Api>,
    Anybody(principal): Anybody,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Problem> {
    api.engine.end_session(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Logs out: ends the session that the request came with.
#[utoipa::path(
    delete, path = "/v1/sessions/current", operation_id = "logOut", tag = "sessions",
    responses((status = 204, description = "It is over, and the cookie is taken away"))
)]
pub(super) async fn delete_current(
    State(api): State<Api>,
    Anybody(principal): Anybody,
) -> Result<Response, Problem> {
    let Via::Session(id) = principal.via else {
        return Err(Problem::not_found("session: the request came with a key"));
    };
    api.engine.end_session(id, &principal).await?;
    let cookie = clear_cookie(api.engine.public_url());
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// Who one is, and what one may do this way.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Me {
    /// The agent.
    agent: AgentWhole,
    /// What may be done this way: no more than the agent may, and less with a narrow key.
    #[schema(value_type = Vec<Permission>)]
    permissions: Permissions,
    /// The id of the key or the session that was shown.
    #[schema(example = "ses_01kbhm0v4we7gtqz6dm1x1m8p2")]
    via: String,
}

/// Says who one is.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "getMe", tag = "sessions",
    responses((status = 200, description = "The agent and their permissions", body = Me))
)]
pub(super) async fn me(
    State(api): State<Api>,
    Anybody(principal): Anybody,
) -> Result<Answer<Me>, Problem> {
    let details = api.engine.read().member(principal.agent.id).await?;
    let details = details.ok_or_else(|| Problem::not_found("agent"))?;
    Ok(Answer(Me {
        agent: AgentWhole::of(details, api.engine.clock().now()),
        permissions: principal.permissions,
        via: principal.via.to_string(),
    }))
}

/// One's own new password.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"present": "mint otter lamp nine", "password": "tide goes out at ten"}))]
pub(crate) struct PasswordChange {
    /// The password until now.
    #[schema(write_only)]
    present: String,
    /// The new one: 8 to 128 characters, and none of those that are guessed first.
    #[schema(write_only)]
    password: String,
}

impl Read for PasswordChange {
    fn read(fields: &mut Fields) -> Option<Self> {
        let present = fields.required("present", any_text);
        let password = fields.required("password", any_text);
        Some(Self {
            present: present?,
            password: password?,
        })
    }
}

/// Changes one's own password; all other sessions end.
#[utoipa::path(
    post, path = "/v1/me/password", operation_id = "changePassword", tag = "sessions",
    request_body = PasswordChange,
    responses((status = 204, description = "The password is changed"))
)]
pub(super) async fn change_password(
    State(api): State<Api>,
    Anybody(principal): Anybody,
    body: Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let PasswordChange { present, password } = body.value;
    let changed = api
        .engine
        .change_password(&present, &password, &principal)
        .await;
    match changed {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(SessionFault::Wrong) => Err(Problem::field("/present", "is not your password")),
        Err(fault) => Err(fault.into()),
    }
}

impl From<SessionFault> for Problem {
    fn from(fault: SessionFault) -> Self {
        let text = fault.to_string();
        match fault {
            SessionFault::Wrong => Self::new(Code::Unauthorized, text),
            SessionFault::WrongCode => Self::new(
                Code::Unauthorized,
                "the code is wrong, over, or was used already",
            ),
            SessionFault::CodeNeeded => Self::new(Code::SecondFactorNeeded, text),
            SessionFault::TooMany(wait) => Self::new(Code::TooMany, text).retry_after(wait),
            SessionFault::Weak(_) => Self::field("/password", text),
            SessionFault::Unknown => Self::not_found("session"),
            SessionFault::NotLoggedIn => Self::new(Code::Forbidden, text),
            SessionFault::Engine(fault) => fault.into(),
        }
    }
}
