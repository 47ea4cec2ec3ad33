//! What happened on a board: one event for each accepted op.

use super::model::{Column, Seq, Task, Version};
use super::op::{ColumnSet, TaskSet};
use crate::domain::ids::{ColumnId, OpId, TaskId, UserId};
use crate::domain::rank::Rank;
use crate::domain::time::Moment;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use uuid::Uuid;

/// One accepted op, as it crosses the wire and stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub seq: Seq,
    pub op_id: OpId,
    pub actor_id: UserId,
    /// Never before the event that precedes it.
    pub at: Moment,
    pub change: Change,
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("Event", 6)?;
        event.serialize_field("seq", &self.seq)?;
        event.serialize_field("kind", self.change.kind())?;
        event.serialize_field("op_id", &self.op_id)?;
        event.serialize_field("actor_id", &self.actor_id)?;
        event.serialize_field("at", &self.at)?;
        event.serialize_field("data", &self.change)?;
        event.end()
    }
}

/// New ranks for neighbours that stood too close; applied before the rest of the event.
pub type Respaced<Id> = BTreeMap<Id, Rank>;

/// What an event does, by kind: the `data` of the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Change {
    TaskCreated {
        task: Box<Task>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        ranks: Respaced<TaskId>,
    },
    TaskUpdated {
        task_id: TaskId,
        version: Version,
        set: TaskSet,
    },
    TaskMoved {
        task_id: TaskId,
        version: Version,
        from_column_id: ColumnId,
        column_id: ColumnId,
        rank: Rank,
        completed_at: Option<Moment>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        ranks: Respaced<TaskId>,
    },
    TaskDeleted {
        task_id: TaskId,
        version: Version,
    },
    TaskRestored {
        task: Box<Task>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        ranks: Respaced<TaskId>,
    },
    ColumnCreated {
        column: Box<Column>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        ranks: Respaced<ColumnId>,
    },
    ColumnUpdated {
        column_id: ColumnId,
        version: Version,
        set: ColumnSet,
    },
    ColumnMoved {
        column_id: ColumnId,
        version: Version,
        rank: Rank,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        ranks: Respaced<ColumnId>,
    },
    ColumnDeleted {
        column_id: ColumnId,
        version: Version,
        to_column_id: Option<ColumnId>,
        moved: Vec<MovedTask>,
    },
}

/// Where a task of a deleted column went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedTask {
    pub task_id: TaskId,
    pub version: Version,
    pub rank: Rank,
    pub completed_at: Option<Moment>,
}

impl Change {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TaskCreated { .. } => "task.created",
            Self::TaskUpdated { .. } => "task.updated",
            Self::TaskMoved { .. } => "task.moved",
            Self::TaskDeleted { .. } => "task.deleted",
            Self::TaskRestored { .. } => "task.restored",
            Self::ColumnCreated { .. } => "column.created",
            Self::ColumnUpdated { .. } => "column.updated",
            Self::ColumnMoved { .. } => "column.moved",
            Self::ColumnDeleted { .. } => "column.deleted",
        }
    }

    /// The task or column that it is about.
    pub fn target(&self) -> Uuid {
        match self {
            Self::TaskCreated { task, .. } | Self::TaskRestored { task, .. } => task.id.0,
            Self::TaskUpdated { task_id, .. } | Self::TaskMoved { task_id, .. } | Self::TaskDeleted { task_id, .. } => {
                task_id.0
            }
            Self::ColumnCreated { column, .. } => column.id.0,
            Self::ColumnUpdated { column_id, .. }
            | Self::ColumnMoved { column_id, .. }
            | Self::ColumnDeleted { column_id, .. } => column_id.0,
        }
    }

    /// The version of its target after it.
    pub fn version(&self) -> Version {
        match self {
            Self::TaskCreated { task, .. } | Self::TaskRestored { task, .. } => task.version,
            Self::ColumnCreated { column, .. } => column.version,
            Self::TaskUpdated { version, .. }
            | Self::TaskMoved { version, .. }
            | Self::TaskDeleted { version, .. }
            | Self::ColumnUpdated { version, .. }
            | Self::ColumnMoved { version, .. }
            | Self::ColumnDeleted { version, .. } => *version,
        }
    }
}
