//! What stands on a board: its snapshot, events, bulk ops and columns.

use crate::domain::board::model::{BoardInfo, Column, Seq, Status, Task, Version, WipLimit};
use crate::domain::board::op::{BaseVersion, FieldError};
use crate::domain::ids::{ColumnId, OpId};
use crate::domain::text::ShortName;
use crate::protocol::code::Code;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// The most ops of one bulk request.
pub const BULK_OPS_MAX: usize = 1_000;
/// The most events of one answer.
pub const EVENTS_MAX: i64 = 1_000;

/// A board as of `seq`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardAnswer {
    #[schema(value_type = i64)]
    pub seq: Seq,
    /// Changes where the database was restored from a backup: then `seq`s of another history mean nothing.
    pub history: String,
    pub snapshot: Snapshot,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Snapshot {
    pub board: BoardInfo,
    pub columns: Vec<Column>,
    pub tasks: Vec<Task>,
}

/// Events after a `seq`; `next_since` is null when caught up.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    pub history: String,
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Box<RawValue>>,
    #[schema(value_type = Option<i64>)]
    pub next_since: Option<Seq>,
}

/// Up to 1,000 ops as over the socket, each with its `op_id`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOps {
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 1000)]
    pub ops: Vec<Map<String, Value>>,
    /// All in one commit, or none.
    #[serde(default)]
    pub atomic: bool,
}

/// What became of each op, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkAnswer {
    pub results: Vec<OpResult>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum OpResult {
    Applied {
        op_id: OpId,
        #[schema(value_type = i64)]
        seq: Seq,
        #[schema(value_type = i32)]
        version: Version,
        #[serde(skip_serializing_if = "Option::is_none")]
        task_id: Option<Uuid>,
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        column_id: Option<Uuid>,
    },
    Rejected {
        op_id: OpId,
        #[schema(value_type = String)]
        code: Code,
        message: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        details: Vec<FieldError>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Object)]
        current: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Vec<Object>)]
        conflicts: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

/// A column's new fields; a null `wip_limit` lifts it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnPatch {
    #[serde(default)]
    pub version: Option<BaseVersion>,
    #[serde(default, deserialize_with = "super::present")]
    pub name: Option<ShortName>,
    #[serde(default, deserialize_with = "super::present")]
    pub status: Option<Status>,
    #[serde(default, deserialize_with = "super::task::nullable")]
    #[schema(value_type = Option<WipLimit>)]
    pub wip_limit: Option<Option<WipLimit>>,
}

/// The neighbours that a column shall stand between.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMoveBody {
    #[serde(default)]
    pub version: Option<BaseVersion>,
    #[serde(default)]
    pub after: Option<ColumnId>,
    #[serde(default)]
    pub before: Option<ColumnId>,
}

/// A column to be made; `column_id` may be chosen by the client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewColumn {
    #[serde(default)]
    pub column_id: Option<ColumnId>,
    pub name: ShortName,
    pub status: Status,
    #[serde(default)]
    pub wip_limit: Option<WipLimit>,
    #[serde(default)]
    pub after: Option<ColumnId>,
    #[serde(default)]
    pub before: Option<ColumnId>,
}

/// Where the tasks of a deleted column go.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnDeletion {
    #[serde(default)]
    pub version: Option<BaseVersion>,
    #[serde(default)]
    pub move_tasks_to: Option<ColumnId>,
}

/// A page of a task's history: newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryPage {
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Box<RawValue>>,
    pub next_cursor: Option<String>,
}
