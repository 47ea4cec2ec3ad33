//! Why a board does not take an op.

use super::model::{Column, ColumnField, Task, TaskField, Version};
use super::op::FieldError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why an op is refused. The board stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The caller's role does not allow it.
    Forbidden,
    /// What is wrong with which field.
    Invalid(Vec<FieldError>),
    /// The task or column is not there, or is deleted: its name for the message.
    NotFound(Cow<'static, str>),
    /// A field that the op touches was changed since the version that it names (P6).
    TaskVersion {
        current: Box<Task>,
        conflicts: Vec<(TaskField, Version)>,
        touches_description: bool,
    },
    ColumnVersion {
        current: Box<Column>,
        conflicts: Vec<(ColumnField, Version)>,
    },
    /// A column is not empty, an id exists, an `op_id` is used otherwise.
    Conflict(String),
    /// The column is full.
    WipLimit(String),
    /// Not applied, or not known to be.
    Unavailable(Cow<'static, str>),
    /// The database refuses its rows.
    Defect,
}

impl Refusal {
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }
}
