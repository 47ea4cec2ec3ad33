//! Errors of REST: one envelope for everything, whoever refused.

use crate::auth::AuthError;
use crate::domain::board::op::FieldError;
use crate::live::LiveError;
use crate::protocol::code::Code;
use crate::protocol::frame::Reject;
use crate::protocol::rest::{ErrorBody, ErrorEnvelope};
use crate::store::StoreError;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use std::fmt;

/// What a handler answers.
pub type ApiResult<T> = Result<T, ApiError>;

/// Why a request was refused, as it will stand in the envelope.
#[derive(Debug, Clone)]
pub struct ApiError {
    body: Box<ErrorBody>,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Box::new(ErrorBody {
            code,
            message: message.into(),
            details: Vec::new(),
            retry_after_ms: None,
            current: None,
            conflicts: None,
            request_id: None,
        });
        Self { body, status, headers: Vec::new() }
    }

    pub fn invalid(details: Vec<FieldError>) -> Self {
        let mut error = Self::new(Code::ValidationError, "the request is not valid");
        error.body.details = details;
        error
    }

    /// One field that is wrong.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("{what} not found"))
    }

    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden, "the role does not allow this")
    }

    pub fn unauthorized(message: &str) -> Self {
        Self::new(Code::Unauthorized, message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    pub fn unavailable() -> Self {
        Reject::unavailable().into()
    }

    /// A defect: what it is goes into the log only.
    pub fn defect(what: impl fmt::Display) -> Self {
        tracing::error!(error = %what, "a request failed by a defect");
        Self::new(Code::InternalError, "an unexpected error occurred")
    }

    pub fn code(&self) -> Code {
        self.body.code
    }

    /// Says when to try again, in the body and in `Retry-After` (whole seconds, rounded up).
    pub fn retry_after(mut self, ms: u64) -> Self {
        self.body.retry_after_ms = Some(ms);
        self.with_header(RETRY_AFTER, ms.div_ceil(1_000))
    }

    pub fn with_header(mut self, name: HeaderName, value: impl ToString) -> Self {
        if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
            self.headers.push((name, value));
        }
        self
    }

    /// Another status than the code's own.
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Says what it is that was asked for and isn't found, where something else was looked up on the way.
    pub fn about(mut self, what: &str) -> Self {
        if self.body.code == Code::NotFound {
            self.body.message = format!("{what} not found");
        }
        self
    }

    /// Puts its place in a request before the name of each field: `ops[3]`, `ops[3].title`.
    pub fn within(mut self, place: &str) -> Self {
        if self.body.details.is_empty() {
            self.body.details = vec![FieldError { field: place.to_owned(), message: self.body.message.clone() }];
        } else {
            for error in &mut self.body.details {
                error.field =
                    if error.field.is_empty() { place.to_owned() } else { format!("{place}.{}", error.field) };
            }
        }
        self
    }

    /// Names fields as a flat body has them: what an op calls `set.title` is `title` here.
    pub fn without_set(mut self) -> Self {
        for error in &mut self.body.details {
            if let Some(field) = error.field.strip_prefix("set.") {
                error.field = field.to_owned();
            } else if error.field == "set" {
                error.field.clear();
            }
        }
        self
    }

    /// The answer, with the id that the log knows the request by.
    pub fn response(&self, request_id: Option<String>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        let error = ErrorBody { request_id, ..(*self.body).clone() };
        response.json(ErrorEnvelope { error })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.body.code, self.body.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.response(None)
    }
}

impl From<Reject> for ApiError {
    fn from(reject: Reject) -> Self {
        let mut error = Self::new(reject.code, reject.message);
        error.body.details = reject.details;
        error.body.current = reject.current;
        if !reject.conflicts.is_empty() {
            error.body.conflicts = serde_json::to_value(&reject.conflicts).ok();
        }
        match reject.retry_after_ms {
            Some(ms) => error.retry_after(ms),
            None => error,
        }
    }
}

impl From<LiveError> for ApiError {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::NotFound => Self::not_found("board or workspace"),
            LiveError::Unavailable => Self::unavailable(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => {
                tracing::warn!(%error, "the database did not answer");
                Self::unavailable()
            }
            StoreError::Taken { .. } => Self::conflict("it exists already"),
            StoreError::NotFound => Self::new(Code::NotFound, "not found"),
            error => Self::defect(error),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::WrongCredentials | AuthError::BadToken => Self::unauthorized(&error.to_string()),
            AuthError::Locked { retry_after_ms } => {
                let ms = u64::try_from(retry_after_ms).unwrap_or(0);
                Self::new(Code::AccountLocked, error.to_string()).retry_after(ms)
            }
            AuthError::EmailTaken => Self::conflict(error.to_string()),
            AuthError::Busy => Self::new(Code::Unavailable, error.to_string()).retry_after(1_000),
            AuthError::Store(error) => error.into(),
            AuthError::Defect(what) => Self::defect(what),
        }
    }
}
