//! The outermost layer: security headers, CORS, the error envelope, and the counting of requests.

use super::error::ApiError;
use super::extract::UsedKey;
use super::{App, origin_allowed};
use crate::protocol::code::Code;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use std::time::Instant;
use tracing_actix_web::RequestId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// What no page of ours asks of a browser.
const UNUSED_FEATURES: &str = "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), \
                               payment=(), serial=(), usb=()";
const EXPOSED: &str = "etag, idempotency-key, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, \
                       x-request-id";
const METHODS: &str = "GET, POST, PATCH, DELETE";
const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, if-match";
/// How long a browser may remember what a preflight was answered, in seconds.
const PREFLIGHT_AGE_S: &str = "86400";

/// Wraps the whole program: `.wrap(from_fn(front))`, inside of `TracingLogger`.
///
/// # Errors
/// What actix refuses, in the envelope.
pub async fn front(
    app: web::Data<App>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let method = method_name(request.method());
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let allowed_origin = allowed_origin(&app, &request);
    let kind = Kind::of(request.path());
    let mut response = if is_preflight(&request) {
        let answer = preflight(allowed_origin.is_some());
        request.into_response(answer)
    } else {
        match next.call(request).await {
            Ok(response) => in_envelope(response.map_into_boxed_body(), request_id.as_deref()),
            // Nothing further in gives an error but what actix itself refuses before it has a request to answer.
            Err(error) => {
                let answer = enveloped(&error, request_id.as_deref());
                return Err(InternalError::from_response(error, answer).into());
            }
        }
    };
    let key = response.request().extensions().get::<UsedKey>().map(|key| key.0.to_string());
    let headers = response.headers_mut();
    secure(headers, kind);
    if let Some(origin) = allowed_origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    for (name, value) in [(REQUEST_ID, request_id), (super::extract::IDEMPOTENCY_KEY, key)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    count(method, &response, begun);
    Ok(response)
}

/// The methods that anything here answers: others would let a client make labels without end.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn count(method: &'static str, response: &ServiceResponse<BoxBody>, begun: Instant) {
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status().as_str().to_owned();
    metrics::counter!("http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => route).record(begun.elapsed());
}

fn allowed_origin(app: &App, request: &ServiceRequest) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let allowed = origin.to_str().is_ok_and(|origin| origin_allowed(origin, host, &app.config.cors_origins));
    allowed.then(|| origin.clone())
}

fn is_preflight(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(allowed: bool) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    if allowed {
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS));
        answer.insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S));
    }
    answer.finish()
}

/// Puts what handlers and actix itself refuse into the one envelope.
fn in_envelope(response: ServiceResponse<BoxBody>, request_id: Option<&str>) -> ServiceResponse<BoxBody> {
    let Some(error) = response.response().error() else { return response };
    let mut answer = enveloped(error, request_id);
    for (name, value) in response.headers() {
        if !answer.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
    }
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

fn enveloped(error: &Error, request_id: Option<&str>) -> HttpResponse {
    let request_id = request_id.map(str::to_owned);
    if let Some(error) = error.as_error::<ApiError>() {
        return error.response(request_id);
    }
    let status = error.as_response_error().status_code();
    let code = Code::ALL.iter().find(|code| code.http_status() == status.as_u16());
    let error = match code {
        Some(Code::InternalError) => ApiError::defect(error),
        Some(code) => ApiError::new(*code, "the request was refused"),
        None if status.is_client_error() => {
            ApiError::new(Code::ValidationError, "the request was refused").with_status(status)
        }
        None => ApiError::defect(error).with_status(StatusCode::INTERNAL_SERVER_ERROR),
    };
    error.response(request_id)
}

/// What an answer is to a browser.
#[derive(Clone, Copy)]
enum Kind {
    Api,
    /// The pages that describe the API, which bring styles of their own.
    Docs,
    App,
}

impl Kind {
    fn of(path: &str) -> Self {
        if path.starts_with("/api/") {
            Self::Api
        } else if path.starts_with("/docs/") {
            Self::Docs
        } else {
            Self::App
        }
    }

    fn policy(self) -> &'static str {
        match self {
            Self::Api => "default-src 'none'; frame-ancestors 'none'",
            Self::Docs => {
                "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; \
                 base-uri 'self'; form-action 'self'"
            }
            Self::App => {
                "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
                 connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
                 frame-ancestors 'none'"
            }
        }
    }
}

/// What a browser is told, unless a handler said otherwise.
fn secure(headers: &mut HeaderMap, kind: Kind) {
    let caching = matches!(kind, Kind::Api).then_some("no-store");
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, Some(kind.policy())),
        (OPENER_POLICY, Some("same-origin")),
        (header::PERMISSIONS_POLICY, Some(UNUSED_FEATURES)),
        (header::X_CONTENT_TYPE_OPTIONS, Some("nosniff")),
        (header::X_FRAME_OPTIONS, Some("DENY")),
        (header::REFERRER_POLICY, Some("no-referrer")),
        (header::CACHE_CONTROL, caching),
    ];
    for (name, value) in fixed {
        if let Some(value) = value.filter(|_| !headers.contains_key(&name)) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}
