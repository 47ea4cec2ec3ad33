//! How a task is written: its values, and its row when it is new.

use crate::domain::board::model::{StoryPoints, Task, TaskState, Version};
use crate::domain::ids::{BoardId, ColumnId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::schema::tasks;
use diesel::prelude::*;

/// The values of a task that may change at any time, but for its description.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = tasks, treat_none_as_null = true)]
pub struct TaskValues<'a> {
    title: &'a str,
    column_id: ColumnId,
    rank: &'a str,
    version: Version,
    priority: &'a str,
    story_points: Option<i32>,
    due_date: Option<Moment>,
    comment_count: i32,
    attachment_count: i32,
    subtask_count: i32,
    subtask_done_count: i32,
    updated_at: Moment,
    completed_at: Option<Moment>,
    changed_title: Version,
    changed_description: Version,
    changed_priority: Version,
    changed_story_points: Version,
    changed_due_date: Version,
    changed_assignee_ids: Version,
    changed_label_ids: Version,
    changed_position: Version,
    deleted_at: Option<Moment>,
}

impl<'a> TaskValues<'a> {
    pub fn new(state: &'a TaskState) -> Self {
        let task = &state.task;
        let [title, description, priority, story_points, due_date, assignee_ids, label_ids, position] = state.changes;
        Self {
            title: &task.title,
            column_id: task.column_id,
            rank: task.rank.as_str(),
            version: task.version,
            priority: task.priority.name(),
            story_points: task.story_points.map(StoryPoints::get),
            due_date: task.due_date,
            comment_count: task.comment_count,
            attachment_count: task.attachment_count,
            subtask_count: task.subtask_count,
            subtask_done_count: task.subtask_done_count,
            updated_at: task.updated_at,
            completed_at: task.completed_at,
            changed_title: title,
            changed_description: description,
            changed_priority: priority,
            changed_story_points: story_points,
            changed_due_date: due_date,
            changed_assignee_ids: assignee_ids,
            changed_label_ids: label_ids,
            changed_position: position,
            deleted_at: state.deleted.then_some(task.updated_at),
        }
    }
}

/// A task that is not there yet, without its lists.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = tasks)]
pub struct NewTask<'a> {
    id: TaskId,
    board_id: BoardId,
    project_id: ProjectId,
    workspace_id: WorkspaceId,
    number: i64,
    description: &'a str,
    created_by: Option<UserId>,
    created_at: Moment,
    #[diesel(embed)]
    values: TaskValues<'a>,
}

impl<'a> NewTask<'a> {
    pub fn new(
        board_id: BoardId,
        project_id: ProjectId,
        workspace_id: WorkspaceId,
        state: &'a TaskState,
        description: &'a str,
    ) -> Self {
        let Task { id, number, created_by, created_at, .. } = state.task;
        let values = TaskValues::new(state);
        Self { id, board_id, project_id, workspace_id, number, description, created_by, created_at, values }
    }
}
