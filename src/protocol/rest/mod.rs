//! Bodies and answers of REST, as protocol section 6 has them.

pub mod account;
pub mod board;
pub mod demo;
pub mod node;
pub mod project;
pub mod schema;
pub mod task;
pub mod workspace;

use super::code::Code;
use crate::domain::board::op::FieldError;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// The fewest and the most items of a list, and how many without `limit`.
pub const PAGE_LIMITS: (i64, i64, i64) = (1, 200, 20);

/// A page of a list; `next_cursor` is null at the end.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

/// How every refusal is told: the envelope of all errors.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorEnvelope {
    pub error: ErrorBody,
}

/// Why a request was refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ErrorBody {
    #[schema(value_type = String, example = "VALIDATION_ERROR")]
    pub code: Code,
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<FieldError>,
    /// When to try again, in milliseconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// With `VERSION_CONFLICT`: the task or column as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub current: Option<serde_json::Value>,
    /// With `VERSION_CONFLICT`: which fields were changed since, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Object>)]
    pub conflicts: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// For a field that may be left out but not be null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
