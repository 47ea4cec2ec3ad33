//! What handlers ask of a request. Each refusal names the field or header.

use super::BODY_BYTES_MAX;
use super::error::{ApiError, ApiResult};
use crate::domain::board::op::{BaseVersion, FieldError};
use crate::domain::ids::{FamilyId, OpId, UserId};
use crate::protocol::code::Code;
use crate::protocol::decode;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, IF_MATCH, WWW_AUTHENTICATE};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use bytes::Bytes;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer};
use std::ops::Deref;
use std::str::FromStr;
use uuid::Uuid;

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Who is behind a request. Asking for it makes a route need a token: name it first, so that nothing else is told
/// to strangers.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub user_id: UserId,
    pub family: Option<FamilyId>,
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().copied();
        ready(caller.ok_or_else(|| {
            ApiError::unauthorized("a valid access token is needed").with_header(WWW_AUTHENTICATE, "Bearer")
        }))
    }
}

/// The id or ids of a path. What is no id names nothing: `NOT_FOUND`.
pub struct Ids<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Ids<T> {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let path = web::Path::<T>::from_request(request, payload).into_inner();
        ready(path.map(|path| Self(path.into_inner())).map_err(|_| ApiError::not_found("what the path names")))
    }
}

/// A query string. Fields that are not known are ignored, as a browser's cache breakers are.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        let object = pairs.map(|pairs| pairs.into_inner()).map_err(|_| ApiError::field("", "must be a query string"));
        ready(object.and_then(|pairs| read_query(pairs).map(Self)))
    }
}

/// For a number or a flag of a query string.
pub fn from_text<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let got = || text.chars().take(20).collect::<String>();
    text.parse().map(Some).map_err(|_| de::Error::custom(format!("can't be read, got {:?}", got())))
}

fn read_query<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> ApiResult<T> {
    let object = pairs.into_iter().map(|(name, value)| (name, value.into())).collect();
    decode::from_object(object).map_err(ApiError::invalid)
}

/// A body that is read whole, and decoded later: rights come first.
pub struct Body(Bytes);

impl Body {
    /// # Errors
    /// The first thing that is wrong.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Vec<FieldError>> {
        decode::from_json(&self.0)
    }

    /// As [`Body::read`], where there may be no body at all.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Vec<FieldError>> {
        if self.0.is_empty() { Ok(T::default()) } else { self.read() }
    }

    /// # Errors
    /// `VALIDATION_ERROR`.
    pub fn json<T: DeserializeOwned>(&self) -> ApiResult<T> {
        self.read().map_err(ApiError::invalid)
    }

    /// # Errors
    /// `VALIDATION_ERROR`.
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> ApiResult<T> {
        self.read_or_default().map_err(ApiError::invalid)
    }
}

impl FromRequest for Body {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            bytes.await.map(Self).map_err(|error| match error.as_response_error().status_code() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    let message = format!("the body may have at most {BODY_BYTES_MAX} bytes");
                    ApiError::new(Code::PayloadTooLarge, message)
                }
                _ => ApiError::field("", "the body can't be read"),
            })
        })
    }
}

/// The `op_id` of a write: `Idempotency-Key`, or made here and told.
#[derive(Debug, Clone, Copy)]
pub struct OpKey(pub OpId);

/// Left with the request, so that its answer bears the key whatever it is.
pub struct UsedKey(pub OpId);

impl FromRequest for OpKey {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = match request.headers().get(IDEMPOTENCY_KEY) {
            None => Some(OpId(Uuid::now_v7())),
            Some(value) => value.to_str().ok().and_then(|text| text.parse().ok()),
        };
        ready(match key {
            Some(key) => {
                request.extensions_mut().insert(UsedKey(key));
                Ok(Self(key))
            }
            None => Err(ApiError::field("Idempotency-Key", "must be a UUID")),
        })
    }
}

/// The version that a write was based on, as `If-Match` says it: `"7"`.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(Option<BaseVersion>);

impl IfMatch {
    /// Together with the body's `version`.
    ///
    /// # Errors
    /// Where both are given and differ.
    pub fn with(self, body: Option<BaseVersion>) -> Result<Option<BaseVersion>, Vec<FieldError>> {
        match (self.0, body) {
            (Some(header), Some(body)) if header != body => {
                let message = format!("is {}, but If-Match says {}", body.get(), header.get());
                Err(vec![FieldError { field: "version".into(), message }])
            }
            (header, body) => Ok(header.or(body)),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get(IF_MATCH) else { return ready(Ok(Self(None))) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return ready(Ok(Self(None)));
        }
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let version = quoted.parse::<i64>().map_err(|_| "must be a version in quotes, like \"7\"".to_owned());
        ready(match version.and_then(BaseVersion::new) {
            Ok(version) => Ok(Self(Some(version))),
            Err(message) => Err(ApiError::field("If-Match", message)),
        })
    }
}

impl<T> Deref for Ids<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
