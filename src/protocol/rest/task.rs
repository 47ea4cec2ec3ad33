//! Tasks: how they are made, changed and shown.

use crate::domain::board::model::Task as BoardTask;
use crate::domain::board::model::{IdList, Priority, Status, StoryPoints};
use crate::domain::board::op::{BaseVersion, Destination, FirstColumn, TaskCreate, TaskMove, TaskSet, TaskUpdate};
use crate::domain::ids::{BoardId, ColumnId, LabelId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::text::{Description, Title};
use crate::domain::time::Moment;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Tells an absent field (`None`) from one that is null (`Some(None)`).
pub(super) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// A null description is an empty one.
fn description<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Description>, D::Error> {
    let text = Option::<Description>::deserialize(deserializer)?;
    match text {
        Some(text) => Ok(Some(text)),
        None => Description::new("").map(Some).map_err(serde::de::Error::custom),
    }
}

/// A task to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// Only with `POST /tasks`, one of the two: the board, or the project whose first board is meant.
    #[serde(default)]
    pub board_id: Option<BoardId>,
    #[serde(default)]
    pub project_id: Option<ProjectId>,
    /// May be chosen by the client.
    #[serde(default)]
    pub task_id: Option<TaskId>,
    /// The first column where it is left out.
    #[serde(default)]
    pub column_id: Option<ColumnId>,
    pub title: Title,
    #[serde(default, deserialize_with = "description")]
    pub description: Option<Description>,
    #[serde(default, deserialize_with = "super::present")]
    pub priority: Option<Priority>,
    #[serde(default)]
    pub story_points: Option<StoryPoints>,
    #[serde(default)]
    pub due_date: Option<Moment>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<Vec<UserId>>, max_items = 50)]
    pub assignee_ids: Option<IdList<UserId>>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<Vec<LabelId>>, max_items = 50)]
    pub label_ids: Option<IdList<LabelId>>,
    /// The neighbour that shall stand above it.
    #[serde(default)]
    pub after: Option<TaskId>,
    /// The neighbour below, where `after` is not given.
    #[serde(default)]
    pub before: Option<TaskId>,
}

impl NewTask {
    pub fn into_op(self) -> TaskCreate {
        TaskCreate {
            task_id: self.task_id,
            column_id: self.column_id.map_or(Destination::First(FirstColumn::First), Destination::Column),
            title: self.title,
            description: self.description,
            priority: self.priority,
            story_points: self.story_points,
            due_date: self.due_date,
            assignee_ids: self.assignee_ids,
            label_ids: self.label_ids,
            after: self.after,
            before: self.before,
        }
    }
}

/// New values of a task's fields: one `task.update`. Null clears a nullable one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskPatch {
    #[serde(default)]
    pub version: Option<BaseVersion>,
    #[serde(default, deserialize_with = "super::present")]
    pub title: Option<Title>,
    #[serde(default, deserialize_with = "description")]
    pub description: Option<Description>,
    #[serde(default, deserialize_with = "super::present")]
    pub priority: Option<Priority>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<StoryPoints>)]
    pub story_points: Option<Option<StoryPoints>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Moment>)]
    pub due_date: Option<Option<Moment>>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<Vec<UserId>>, max_items = 50)]
    pub assignee_ids: Option<IdList<UserId>>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<Vec<LabelId>>, max_items = 50)]
    pub label_ids: Option<IdList<LabelId>>,
    #[serde(default)]
    #[schema(value_type = Vec<UserId>, max_items = 50)]
    pub add_assignee_ids: IdList<UserId>,
    #[serde(default)]
    #[schema(value_type = Vec<UserId>, max_items = 50)]
    pub remove_assignee_ids: IdList<UserId>,
    #[serde(default)]
    #[schema(value_type = Vec<LabelId>, max_items = 50)]
    pub add_label_ids: IdList<LabelId>,
    #[serde(default)]
    #[schema(value_type = Vec<LabelId>, max_items = 50)]
    pub remove_label_ids: IdList<LabelId>,
}

impl TaskPatch {
    pub fn into_op(self, task_id: TaskId) -> TaskUpdate {
        let set = TaskSet {
            title: self.title,
            description: self.description,
            priority: self.priority,
            story_points: self.story_points,
            due_date: self.due_date,
            assignee_ids: self.assignee_ids,
            label_ids: self.label_ids,
        };
        let lists_only = set == TaskSet::default()
            && !(self.add_assignee_ids.as_slice().is_empty()
                && self.remove_assignee_ids.as_slice().is_empty()
                && self.add_label_ids.as_slice().is_empty()
                && self.remove_label_ids.as_slice().is_empty());
        TaskUpdate {
            task_id,
            version: self.version,
            set: (!lists_only).then_some(set),
            add_assignee_ids: self.add_assignee_ids,
            remove_assignee_ids: self.remove_assignee_ids,
            add_label_ids: self.add_label_ids,
            remove_label_ids: self.remove_label_ids,
        }
    }
}

/// Where a task shall go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskMoveBody {
    #[serde(default)]
    pub version: Option<BaseVersion>,
    pub column_id: ColumnId,
    /// The neighbour that shall stand above it.
    #[serde(default)]
    pub after: Option<TaskId>,
    /// The neighbour below, where `after` is not given.
    #[serde(default)]
    pub before: Option<TaskId>,
}

impl TaskMoveBody {
    pub fn into_op(self, task_id: TaskId) -> TaskMove {
        TaskMove {
            task_id,
            version: self.version,
            column_id: Destination::Column(self.column_id),
            after: self.after,
            before: self.before,
        }
    }
}

/// Who is added to a task's assignees.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    #[schema(value_type = Vec<UserId>, max_items = 50)]
    pub user_ids: IdList<UserId>,
}

/// A body that may hold nothing but the version that the change was based on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionOnly {
    #[serde(default)]
    pub version: Option<BaseVersion>,
}

/// A task as REST shows it: what a board holds of it, and where it hangs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Task {
    #[serde(flatten)]
    pub task: BoardTask,
    /// Its column's.
    pub status: Status,
    pub board_id: BoardId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    /// In Markdown; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Said only of one that was deleted meanwhile.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}
