//! The door to the WebSocket: origin and token are looked at before the upgrade; everything after it is `live`'s.

use super::error::{ApiError, ApiResult};
use super::{App, origin_allowed};
use crate::auth::{Auth, AuthError};
use crate::domain::presence::UserName;
use crate::live::{Authenticator, Identity, NotAuthentic, Sessions};
use crate::protocol::code::Code;
use crate::store::Store;
use crate::store::queries::user;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::BoxFuture;

/// Where the WebSocket is: its own place, and the aliases.
pub(super) const SOCKET_PATHS: [&str; 3] = ["/api/v1/ws", "/ws", "/ws/"];

/// Mounts the WebSocket for one worker thread; before [`super::configure`].
pub fn configure_socket(sessions: Sessions) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(sessions);
        for path in SOCKET_PATHS {
            config.route(path, web::get().to(upgrade));
        }
    }
}

/// Opens a WebSocket.   `GET /api/v1/ws`
///
/// # Errors
/// `FORBIDDEN` 403 for a strange origin, `UNAUTHORIZED` 401 for a bad token, `VALIDATION_ERROR` 400 where it is no
/// upgrade.
async fn upgrade(app: web::Data<App>, request: HttpRequest, payload: Payload) -> ApiResult<HttpResponse> {
    let sessions = request.app_data::<Sessions>().ok_or_else(|| ApiError::defect("no sessions on this thread"))?;
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(origin) = header(ORIGIN)
        && !origin_allowed(origin, header(HOST).unwrap_or(""), &app.config.cors_origins)
    {
        return Err(ApiError::new(Code::Forbidden, "this origin may not open a connection"));
    }
    if app.live.is_draining() || app.live.is_cut_off() {
        return Err(ApiError::unavailable());
    }
    let identity = match header(AUTHORIZATION) {
        None => None,
        Some(value) => {
            let token = value.strip_prefix("Bearer ").unwrap_or("");
            Some(identify(&app.auth, &app.store, token).await.map_err(|reason| match reason {
                NotAuthentic::Refused => ApiError::unauthorized("a valid access token is needed"),
                NotAuthentic::Unavailable => ApiError::unavailable(),
            })?)
        }
    };
    let no_upgrade = |_| ApiError::new(Code::ValidationError, "the request is no WebSocket upgrade (RFC 6455)");
    sessions.start(&request, payload, identity).map_err(no_upgrade)
}

/// Knows tokens, for sessions that send theirs in a frame.
pub struct TokenAuthenticator {
    pub auth: Auth,
    pub store: Store,
}

impl Authenticator for TokenAuthenticator {
    fn verify(&self, token: String) -> BoxFuture<'static, Result<Identity, NotAuthentic>> {
        let (auth, store) = (self.auth.clone(), self.store.clone());
        Box::pin(async move { identify(&auth, &store, &token).await })
    }
}

async fn identify(auth: &Auth, store: &Store, token: &str) -> Result<Identity, NotAuthentic> {
    let known = auth.verify_access(token).await.map_err(|error| match error {
        AuthError::Store(_) => NotAuthentic::Unavailable,
        _ => NotAuthentic::Refused,
    })?;
    let user = store.read(async move |mut conn| user::by_id(&mut conn, known.user_id).await).await;
    let user = user.map_err(|_| NotAuthentic::Unavailable)?.ok_or(NotAuthentic::Refused)?;
    let user = UserName { id: user.id, name: user.name };
    Ok(Identity { user, family: known.family, expires_at: known.expires_at })
}
