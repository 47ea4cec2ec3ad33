//! The layer before the handlers of `/api/v1`: who asks, and whether that is too often.

use super::error::ApiError;
use super::extract::Caller;
use super::rate::{Allowance, Door, Session};
use super::{App, client_ip, span};
use crate::auth::AuthError;
use crate::protocol::code::Code;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use std::net::IpAddr;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Counts the request, and finds out whose it is; a handler that needs to know asks for a [`Caller`].
pub async fn admit(
    app: web::Data<App>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let address = address_of(&app, request.request());
    let identity = bearer(request.headers()).and_then(|token| app.auth.tokens().verify(token));
    let allowance = match &identity {
        Some(identity) => app.limits.session(Session::from(identity), &app.live).await,
        None => app.limits.address(address, &app.live).await,
    };
    let at_door = match door(&request) {
        Some(door) => app.limits.door(door, address, &app.live).await,
        None => None,
    };
    let allowance =
        [allowance, at_door].into_iter().flatten().min_by_key(|a| (a.retry_after_ms.is_none(), a.remaining));
    if let Some((allowance, ms)) = allowance.and_then(|a| Some((a, a.retry_after_ms?))) {
        let error = ApiError::new(Code::RateLimitExceeded, "too many requests, please try again later");
        let mut response = request.error_response(error.retry_after(ms));
        tell(response.headers_mut(), allowance);
        return Ok(response);
    }
    if let Some(identity) = identity {
        match app.auth.still_good(&identity).await {
            Ok(()) => {
                span::record("user_id", identity.user_id);
                request.extensions_mut().insert(Caller { user_id: identity.user_id, family: identity.family });
            }
            Err(AuthError::BadToken) => {}
            Err(error) => return Ok(request.error_response(ApiError::from(error))),
        }
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(allowance) = allowance {
        tell(response.headers_mut(), allowance);
    }
    Ok(response)
}

/// The client's address, as limits count it.
pub fn address_of(app: &App, request: &HttpRequest) -> IpAddr {
    let forwarded: Vec<_> = request.headers().get_all("x-forwarded-for").map(|v| v.to_str().unwrap_or("")).collect();
    client_ip(request.peer_addr().map(|peer| peer.ip()), forwarded.into_iter(), &app.config.trusted_proxies)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn door(request: &ServiceRequest) -> Option<Door> {
    if request.method() != Method::POST {
        return None;
    }
    match request.path() {
        "/api/v1/auth/signup" => Some(Door::Signup),
        "/api/v1/auth/login" => Some(Door::Login),
        "/api/v1/auth/refresh" => Some(Door::Refresh),
        "/api/v1/auth/demo" => Some(Door::Demo),
        _ => None,
    }
}

fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    headers.insert(RESET, HeaderValue::from(allowance.reset_s));
}
