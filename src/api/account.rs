//! Signing up, logging in and out.

use super::App;
use super::admit::address_of;
use super::cursor::{PageQuery, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, Query};
use crate::auth::{self, ACCESS_LIFE_MS, Device, SignedIn, Transport, now};
use crate::domain::ids::FamilyId;
use crate::protocol::frame::Room;
use crate::protocol::rest::Page;
use crate::protocol::rest::account::{Login, Me, MePatch, Refresh, SignIn, Signup, Tokens, User, WorkspaceRole};
use crate::store::queries::auth::{self as sessions, SessionRow};
use crate::store::queries::user::{self, User as UserRow, UserChanges};
use crate::store::queries::workspace;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::json;

const COOKIE: &str = "teamflow_refresh";
const COOKIE_PATH: &str = "/api/v1/auth";
/// How much of a browser's name is kept, in characters.
const USER_AGENT_MAX: usize = 300;
/// The most workspaces that are told with a login.
const WORKSPACES_MAX: i64 = 1_000;

/// Makes an account and signs it in.   `POST /api/v1/auth/signup`
pub async fn signup(app: web::Data<App>, request: HttpRequest, body: Body) -> ApiResult<HttpResponse> {
    let body: Signup = body.json()?;
    let device = device(&app, &request, body.cookie);
    let signup = auth::Signup { email: body.email, name: body.name, password: body.password.to_string() };
    let signed_in = app.auth.signup(signup, device).await?;
    Ok(signed_in_answer(&app, &request, StatusCode::CREATED, signed_in, None, body.cookie, |tokens| tokens))
}

/// Signs in by e-mail and password.   `POST /api/v1/auth/login`
pub async fn login(app: web::Data<App>, request: HttpRequest, body: Body) -> ApiResult<HttpResponse> {
    let body: Login = body.json()?;
    let device = device(&app, &request, body.cookie);
    let login = auth::Login { email: body.email, password: body.password, remember: body.remember_me };
    let signed_in = app.auth.login(login, device).await?;
    let workspaces = workspaces_of(&app, &signed_in.user).await?;
    Ok(signed_in_answer(&app, &request, StatusCode::OK, signed_in, Some(workspaces), body.cookie, |tokens| tokens))
}

/// By the body's token or, where it holds none, by the cookie: then the new one goes as a cookie too.
///
/// `POST /api/v1/auth/refresh`
pub async fn refresh(app: web::Data<App>, request: HttpRequest, body: Body) -> ApiResult<HttpResponse> {
    let body: Refresh = body.json_or_default()?;
    let (token, transport) = match (body.refresh_token, request.cookie(COOKIE)) {
        (Some(token), _) => (token, Transport::Body),
        (None, Some(cookie)) => (cookie.value().to_owned(), Transport::Cookie),
        (None, None) => return Err(ApiError::unauthorized("a refresh token is needed")),
    };
    let renewed = app.auth.refresh(&token, transport).await?;
    let by_cookie = transport == Transport::Cookie;
    let text = renewed.refresh_token.text();
    let tokens = Tokens {
        user: None,
        workspaces: None,
        access_token: renewed.access_token,
        refresh_token: (!by_cookie).then(|| text.clone()),
        token_type: "Bearer",
        expires_in: ACCESS_LIFE_MS / 1_000,
    };
    let mut answer = HttpResponse::Ok();
    if by_cookie {
        answer.cookie(cookie(&app, &request, &text, renewed.refresh_life_ms));
    }
    Ok(answer.json(tokens))
}

/// Ends the sign-ins of the access token and of the refresh token that come with the request.
///
/// `POST /api/v1/auth/logout`
pub async fn logout(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Result<Caller, ApiError>,
    body: Body,
) -> ApiResult<HttpResponse> {
    let body: Refresh = body.json_or_default()?;
    let refresh_token = body.refresh_token.or_else(|| request.cookie(COOKIE).map(|cookie| cookie.value().to_owned()));
    let by_token = match &refresh_token {
        Some(token) => app.auth.family_of(token).await?,
        None => None,
    };
    if caller.is_err() && by_token.is_none() {
        return Err(ApiError::unauthorized("a valid access or refresh token is needed"));
    }
    let by_caller = caller.ok().and_then(|caller| caller.family);
    for family in [by_caller, by_token.filter(|family| Some(*family) != by_caller)].into_iter().flatten() {
        app.auth.end_family(family).await?;
    }
    let mut gone = cookie(&app, &request, "", 0);
    gone.make_removal();
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}

/// Who the caller is, and in which workspaces.   `GET /api/v1/auth/me`
pub async fn me(caller: Caller, app: web::Data<App>) -> ApiResult<web::Json<Me>> {
    let user = app.store.read(async move |mut c| user::by_id(&mut c, caller.user_id).await).await?;
    let user = user.ok_or_else(|| ApiError::not_found("account"))?;
    let workspaces = workspaces_of(&app, &user).await?;
    Ok(web::Json(Me { user: shown(user), workspaces }))
}

/// Changes what others and the app know of the caller, and tells the caller's workspaces.
///
/// `PATCH /api/v1/auth/me`
pub async fn patch_me(caller: Caller, app: web::Data<App>, body: Body) -> ApiResult<web::Json<Me>> {
    let body: MePatch = body.json()?;
    let changes = UserChanges {
        name: body.name.map(|name| name.to_string()),
        avatar: body.avatar.map(|avatar| avatar.map(|avatar| avatar.into_string())),
        locale: body.locale.map(|locale| locale.name().to_owned()),
        timezone: body.timezone.map(|zone| zone.name().to_owned()),
        updated_at: Some(now()),
    };
    let is_shown_to_others = changes.name.is_some() || changes.avatar.is_some();
    let id = caller.user_id;
    let change = async move |c: &mut _| user::change(c, id, changes).await;
    let user = app.store.write(async move |mut c| c.tx(change).await).await?;
    let user = user.ok_or_else(|| ApiError::not_found("account"))?;
    let workspaces = workspaces_of(&app, &user).await?;
    for workspace in workspaces.iter().filter(|_| is_shown_to_others) {
        let data = json!({"workspace_id": workspace.id, "user_id": id, "name": user.name, "role": workspace.role});
        app.announce(&[Room::Workspace(workspace.id)], "member.updated", id, data);
    }
    Ok(web::Json(Me { user: shown(user), workspaces }))
}

/// The caller's sign-ins that have not ended.   `GET /api/v1/auth/sessions`
pub async fn list_sessions(
    caller: Caller,
    app: web::Data<App>,
    query: Query<PageQuery>,
) -> ApiResult<web::Json<Page<SignIn>>> {
    let (limit, after) = (query.0.limit()?, query.0.after()?);
    let read = async move |mut c| sessions::sessions(&mut c, caller.user_id, now(), after, with_next(limit)).await;
    let found = app.store.read(read).await?;
    Ok(web::Json(page(found, limit, |row| row.id, |row| sign_in(row, caller.family))))
}

/// Ends one of the caller's sign-ins: its tokens are worth nothing from now on, and its sockets close.
///
/// `DELETE /api/v1/auth/sessions/{session_id}`
pub async fn end_session(caller: Caller, app: web::Data<App>, id: Ids<FamilyId>) -> ApiResult<HttpResponse> {
    let id = id.0;
    let read = async move |mut c| sessions::is_session_of(&mut c, caller.user_id, id, now()).await;
    if !app.store.read(read).await? {
        return Err(ApiError::not_found("sign-in"));
    }
    app.auth.end_family(id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn sign_in(row: SessionRow, current: Option<FamilyId>) -> SignIn {
    SignIn {
        id: row.id,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        ip: row.ip,
        user_agent: row.user_agent,
        is_current: Some(row.id) == current,
    }
}

/// In which workspaces somebody is, and in which role.
pub async fn workspaces_of(app: &App, user: &UserRow) -> ApiResult<Vec<WorkspaceRole>> {
    let id = user.id;
    let rows = app.store.read(async move |mut c| workspace::of_user(&mut c, id, None, WORKSPACES_MAX).await).await?;
    Ok(rows.into_iter().map(|(row, role)| WorkspaceRole { id: row.id, name: row.name, role }).collect())
}

fn shown(user: UserRow) -> User {
    User {
        id: user.id,
        email: user.email,
        name: user.name,
        avatar: user.avatar,
        locale: user.locale,
        timezone: user.timezone,
        email_verified: user.email_verified,
        is_system_admin: user.is_system_admin,
        created_at: user.created_at,
    }
}

/// Answers a sign-in, with what `body` makes of the tokens.
pub fn signed_in_answer<T: Serialize>(
    app: &App,
    request: &HttpRequest,
    status: StatusCode,
    signed_in: SignedIn,
    workspaces: Option<Vec<WorkspaceRole>>,
    by_cookie: bool,
    body: impl FnOnce(Tokens) -> T,
) -> HttpResponse {
    let text = signed_in.refresh_token.text();
    let tokens = Tokens {
        user: Some(shown(signed_in.user)),
        workspaces,
        access_token: signed_in.access_token,
        refresh_token: (!by_cookie).then(|| text.clone()),
        token_type: "Bearer",
        expires_in: ACCESS_LIFE_MS / 1_000,
    };
    let mut answer = HttpResponse::build(status);
    if by_cookie {
        answer.cookie(cookie(app, request, &text, signed_in.refresh_life_ms));
    }
    answer.json(body(tokens))
}

/// What is known of the program that asks.
pub fn device(app: &App, request: &HttpRequest, cookie: bool) -> Device {
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    Device {
        user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_MAX).collect()),
        ip: Some(address_of(app, request).to_string()),
        cookie,
    }
}

/// Sent to the accounts' routes only, never to scripts, and over plain http only in development.
fn cookie(app: &App, request: &HttpRequest, value: &str, life_ms: i64) -> Cookie<'static> {
    let plain_http = request.connection_info().scheme() == "http";
    Cookie::build(COOKIE, value.to_owned())
        .path(COOKIE_PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(!(app.config.development && plain_http))
        .max_age(Duration::milliseconds(life_ms))
        .finish()
}
