//! What a client asks of a board: the nine kinds of op.

use super::model::{Bounded, IdList, Priority, Status, StoryPoints, WipLimit};
use crate::domain::ids::{ColumnId, LabelId, TaskId, UserId};
use crate::domain::permission::Action;
use crate::domain::text::{Description, ShortName, Title};
use crate::domain::time::Moment;
use serde::{Deserialize, Deserializer, Serialize};

/// The version that an op was based on, as it was sent: 1 or more.
pub type BaseVersion = Bounded<1, { i32::MAX }>;

/// Tells an absent field (`None`) from one that is null (`Some(None)`).
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A null where only an absent field or a value makes sense is refused by the type of the value.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A null description is an empty one.
fn description<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Description>, D::Error> {
    let text = Option::<Description>::deserialize(deserializer)?;
    Ok(Some(match text {
        Some(text) => text,
        None => Description::new("").map_err(serde::de::Error::custom)?,
    }))
}

macro_rules! op_kinds {
    ($($kind:ident = $text:literal, $action:ident;)*) => {
        /// Which of the nine an op is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum OpKind { $(#[serde(rename = $text)] $kind),* }

        impl OpKind {
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $text),* }
            }

            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }

            /// The row of the permission table that this kind is judged by.
            pub fn action(self) -> Action {
                match self { $(Self::$kind => Action::$action),* }
            }
        }
    };
}

op_kinds! {
    TaskCreate = "task.create", TaskCreate;
    TaskUpdate = "task.update", TaskUpdate;
    TaskMove = "task.move", TaskUpdate;
    TaskDelete = "task.delete", TaskDelete;
    TaskRestore = "task.restore", TaskDelete;
    ColumnCreate = "column.create", ColumnManage;
    ColumnUpdate = "column.update", ColumnManage;
    ColumnMove = "column.move", ColumnManage;
    ColumnDelete = "column.delete", ColumnManage;
}

/// Where a task shall go. A client names a column; the other two are what REST's doors mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Destination {
    Column(ColumnId),
    /// Never read from a client.
    First(FirstColumn),
}

impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ColumnId::deserialize(deserializer).map(Self::Column)
    }
}

/// A column that is found at the moment when the op is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstColumn {
    /// The leftmost one.
    First,
    /// The leftmost one whose status is `done`.
    FirstDone,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskCreate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    pub column_id: Destination,
    pub title: Title,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "description")]
    pub description: Option<Description>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub priority: Option<Priority>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story_points: Option<StoryPoints>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub assignee_ids: Option<IdList<UserId>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub label_ids: Option<IdList<LabelId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TaskId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<TaskId>,
}

/// The fields of a task that an update may set; null clears a nullable one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSet {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub title: Option<Title>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "description")]
    pub description: Option<Description>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub priority: Option<Priority>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub story_points: Option<Option<StoryPoints>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub due_date: Option<Option<Moment>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub assignee_ids: Option<IdList<UserId>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub label_ids: Option<IdList<LabelId>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskUpdate {
    pub task_id: TaskId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<BaseVersion>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub set: Option<TaskSet>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub add_assignee_ids: IdList<UserId>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub remove_assignee_ids: IdList<UserId>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub add_label_ids: IdList<LabelId>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub remove_label_ids: IdList<LabelId>,
}

fn is_empty<T: PartialEq>(ids: &IdList<T>) -> bool {
    ids.as_slice().is_empty()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskMove {
    pub task_id: TaskId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<BaseVersion>,
    pub column_id: Destination,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TaskId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<TaskId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDelete {
    pub task_id: TaskId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<BaseVersion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRestore {
    pub task_id: TaskId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnCreate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column_id: Option<ColumnId>,
    pub name: ShortName,
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wip_limit: Option<WipLimit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ColumnId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ColumnId>,
}

/// The fields of a column that an update may set; a null `wip_limit` lifts it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSet {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<ShortName>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub status: Option<Status>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub wip_limit: Option<Option<WipLimit>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnUpdate {
    pub column_id: ColumnId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<BaseVersion>,
    pub set: ColumnSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMove {
    pub column_id: ColumnId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<BaseVersion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ColumnId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ColumnId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnDelete {
    pub column_id: ColumnId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<BaseVersion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_tasks_to: Option<ColumnId>,
}

/// One change that is asked of a board. Its serialised form is what the log's hash is taken of: it must never
/// change for an op that could be written before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind")]
pub enum Op {
    #[serde(rename = "task.create")]
    TaskCreate(TaskCreate),
    #[serde(rename = "task.update")]
    TaskUpdate(TaskUpdate),
    #[serde(rename = "task.move")]
    TaskMove(TaskMove),
    #[serde(rename = "task.delete")]
    TaskDelete(TaskDelete),
    #[serde(rename = "task.restore")]
    TaskRestore(TaskRestore),
    #[serde(rename = "column.create")]
    ColumnCreate(ColumnCreate),
    #[serde(rename = "column.update")]
    ColumnUpdate(ColumnUpdate),
    #[serde(rename = "column.move")]
    ColumnMove(ColumnMove),
    #[serde(rename = "column.delete")]
    ColumnDelete(ColumnDelete),
}

impl Op {
    pub fn kind(&self) -> OpKind {
        match self {
            Self::TaskCreate(_) => OpKind::TaskCreate,
            Self::TaskUpdate(_) => OpKind::TaskUpdate,
            Self::TaskMove(_) => OpKind::TaskMove,
            Self::TaskDelete(_) => OpKind::TaskDelete,
            Self::TaskRestore(_) => OpKind::TaskRestore,
            Self::ColumnCreate(_) => OpKind::ColumnCreate,
            Self::ColumnUpdate(_) => OpKind::ColumnUpdate,
            Self::ColumnMove(_) => OpKind::ColumnMove,
            Self::ColumnDelete(_) => OpKind::ColumnDelete,
        }
    }

    /// The existing task that it is about.
    pub fn task_id(&self) -> Option<TaskId> {
        match self {
            Self::TaskUpdate(op) => Some(op.task_id),
            Self::TaskMove(op) => Some(op.task_id),
            Self::TaskDelete(op) => Some(op.task_id),
            Self::TaskRestore(op) => Some(op.task_id),
            _ => None,
        }
    }
}

/// One field that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// What came through a door: an op, or a body of a known kind that is no such op. Rights are checked before the
/// body, and may hang on the task, so the board judges both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Op(Op),
    Malformed { kind: OpKind, task_id: Option<TaskId>, errors: Vec<FieldError> },
}

impl Ask {
    /// Whether it is a well-formed op that needs a task's number.
    pub fn creates_task(&self) -> bool {
        matches!(self, Self::Op(Op::TaskCreate(_)))
    }

    pub fn kind(&self) -> OpKind {
        match self {
            Self::Op(op) => op.kind(),
            Self::Malformed { kind, .. } => *kind,
        }
    }

    pub fn task_id(&self) -> Option<TaskId> {
        match self {
            Self::Op(op) => op.task_id(),
            Self::Malformed { task_id, .. } => *task_id,
        }
    }
}
