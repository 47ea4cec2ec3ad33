//! What stands on a board: columns and tasks, as they cross the wire and as they lie in memory.

use crate::domain::ids::{BoardId, ColumnId, LabelId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::rank::Rank;
use crate::domain::text::{ShortName, Title};
use crate::domain::time::Moment;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The place of an event in its board's order: 1, 2, 3 …; 0 is a new board's head.
pub type Seq = i64;
/// Grows by one with every accepted op on a task or column, from 1.
pub type Version = i32;
/// Grows with each activation of a board: the fencing token that every commit carries.
pub type Epoch = i64;

/// What a board is called and where it hangs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardInfo {
    pub id: BoardId,
    pub name: String,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    /// The prefix of its tasks' numbers: `KEY-42`.
    pub project_key: String,
    pub created_at: Moment,
    pub updated_at: Moment,
}

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $text)] $variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}

names! {
    Priority { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
}

names! {
    /// The status of a column, and so of every task in it.
    Status { Todo = "todo", InProgress = "in_progress", InReview = "in_review", Blocked = "blocked", Done = "done" }
}

/// An integer of `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Bounded<const MIN: i32, const MAX: i32>(i32);

pub type StoryPoints = Bounded<1, 21>;
pub type WipLimit = Bounded<1, 100_000>;

impl<const MIN: i32, const MAX: i32> Bounded<MIN, MAX> {
    /// # Errors
    /// Says the bound and what was got.
    pub fn new(value: i64) -> Result<Self, String> {
        match i32::try_from(value) {
            Ok(value) if (MIN..=MAX).contains(&value) => Ok(Self(value)),
            _ => Err(format!("must be {MIN} to {MAX}, got {value}")),
        }
    }

    pub fn get(self) -> i32 {
        self.0
    }
}

impl<'de, const MIN: i32, const MAX: i32> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Up to 50 ids without repeats, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct IdList<T>(Vec<T>);

/// The most assignees, and the most labels, that a task has.
pub const IDS_MAX: usize = 50;

impl<T: PartialEq> IdList<T> {
    /// # Errors
    /// Says the bound and what was got.
    pub fn new(ids: Vec<T>) -> Result<Self, String> {
        let count = ids.len();
        let mut unique = Vec::new();
        for id in ids {
            if !unique.contains(&id) {
                unique.push(id);
            }
            if unique.len() > IDS_MAX {
                return Err(format!("must be at most {IDS_MAX} ids, got {count}"));
            }
        }
        Ok(Self(unique))
    }

    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> Default for IdList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: PartialEq + Deserialize<'de>> Deserialize<'de> for IdList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The fields of a task that are changed, and conflict, each on its own. Position is column and rank together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskField {
    Title,
    Description,
    Priority,
    StoryPoints,
    DueDate,
    AssigneeIds,
    LabelIds,
    Position,
}

impl TaskField {
    pub const ALL: [Self; 8] = [
        Self::Title,
        Self::Description,
        Self::Priority,
        Self::StoryPoints,
        Self::DueDate,
        Self::AssigneeIds,
        Self::LabelIds,
        Self::Position,
    ];
}

/// The fields of a column, as [`TaskField`] for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnField {
    Name,
    Status,
    WipLimit,
    Position,
}

impl ColumnField {
    pub const ALL: [Self; 4] = [Self::Name, Self::Status, Self::WipLimit, Self::Position];
}

/// A task as it stands in a snapshot or an event; its description is read by REST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub number: i64,
    pub title: Title,
    pub column_id: ColumnId,
    pub rank: Rank,
    pub version: Version,
    pub priority: Priority,
    pub story_points: Option<StoryPoints>,
    pub due_date: Option<Moment>,
    pub assignee_ids: Box<[UserId]>,
    pub label_ids: Box<[LabelId]>,
    pub comment_count: i32,
    pub attachment_count: i32,
    pub subtask_count: i32,
    pub subtask_done_count: i32,
    pub created_by: Option<UserId>,
    pub created_at: Moment,
    pub updated_at: Moment,
    pub completed_at: Option<Moment>,
}

/// A column as it stands in a snapshot or an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub id: ColumnId,
    pub name: ShortName,
    pub status: Status,
    pub rank: Rank,
    pub wip_limit: Option<WipLimit>,
    pub version: Version,
}

/// The version at which each field last changed, in the order of [`TaskField::ALL`]; survives a restart (P6).
pub type TaskChanges = [Version; TaskField::ALL.len()];
/// The same for a column, in the order of [`ColumnField::ALL`].
pub type ColumnChanges = [Version; ColumnField::ALL.len()];

/// A task with what only the board itself knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskState {
    pub task: Task,
    pub changes: TaskChanges,
    pub deleted: bool,
}

/// A column with what only the board itself knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnState {
    pub column: Column,
    pub changes: ColumnChanges,
    pub deleted: bool,
}
