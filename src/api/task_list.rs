//! Lists of tasks, by filter and order.

use super::App;
use super::cursor::{PageQuery, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Caller, Ids, Query};
use crate::domain::board::model::{Priority, Status};
use crate::domain::ids::{BoardId, LabelId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::permission::Action;
use crate::domain::text::Text;
use crate::domain::time::Moment;
use crate::protocol::rest::Page as PageAnswer;
use crate::protocol::rest::task::Task;
use crate::store::queries::task_list::{self as rows, Page, Placed, SortKey, TaskFilter, sort_value};
use actix_web::web;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which tasks to list, and in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub workspace_id: Option<WorkspaceId>,
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub project_id: Option<ProjectId>,
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub board_id: Option<BoardId>,
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub assignee_id: Option<UserId>,
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub label_id: Option<LabelId>,
    /// One or more of `todo`, `in_progress`, `in_review`, `blocked`, `done`, with commas between.
    #[serde(default)]
    pub status: Option<String>,
    /// One or more of `low`, `medium`, `high`, `critical`, with commas between.
    #[serde(default)]
    pub priority: Option<String>,
    /// A time, or a date: then the end of that day.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub due_before: Option<Moment>,
    /// A part of the title or description, in any case.
    #[serde(default)]
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub q: Option<Text<1, 200>>,
    /// `created_at`, `updated_at`, `due_date`, `priority` or `number`; a `-` before it turns it round. `-created_at` if
    /// left out.
    #[serde(default)]
    pub sort: Option<String>,
}

const SORTS: [(&str, SortKey); 5] = [
    ("created_at", SortKey::CreatedAt),
    ("updated_at", SortKey::UpdatedAt),
    ("due_date", SortKey::DueDate),
    ("priority", SortKey::Priority),
    ("number", SortKey::Number),
];

/// Tasks by filter and order.   `GET /api/v1/tasks`
pub async fn list(
    caller: Caller,
    app: web::Data<App>,
    query: Query<PageQuery>,
    filter: Query<TaskQuery>,
) -> ApiResult<web::Json<PageAnswer<Task>>> {
    // A place that is named must be one that the caller may see.
    if let Some(id) = filter.0.workspace_id {
        app.may(caller, id, Action::TaskRead, "workspace").await?;
    }
    if let Some(id) = filter.0.project_id {
        app.project_for(caller, id, Action::TaskRead).await?;
    }
    if let Some(id) = filter.0.board_id {
        app.board_row_for(caller, id, Action::TaskRead).await?;
    }
    page_of(&app, caller, &query.0, filter.0).await
}

/// The tasks of a workspace.   `GET /api/v1/workspaces/{workspace_id}/tasks`
pub async fn list_in(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<WorkspaceId>,
    query: Query<PageQuery>,
    filter: Query<TaskQuery>,
) -> ApiResult<web::Json<PageAnswer<Task>>> {
    app.may(caller, id.0, Action::TaskRead, "workspace").await?;
    let filter = TaskQuery { workspace_id: Some(id.0), ..filter.0 };
    page_of(&app, caller, &query.0, filter).await
}

async fn page_of(
    app: &App,
    caller: Caller,
    query: &PageQuery,
    asked: TaskQuery,
) -> ApiResult<web::Json<PageAnswer<Task>>> {
    let (key, descending) = sort_of(asked.sort.as_deref().unwrap_or("-created_at"))?;
    let limit = query.limit()?;
    // The cursor says which order it belongs to: in another one it would point anywhere.
    let after = match query.after::<(String, i64, TaskId)>()? {
        Some((order, value, id)) if order == order_name(key, descending) => Some((value, id)),
        Some(_) => return Err(ApiError::field("cursor", "is of another order")),
        None => None,
    };
    let filter = filter_of(asked)?;
    let (user, asked_page) = (caller.user_id, Page { key, descending, after, limit: with_next(limit) });
    let found = app.store.browse(async move |mut c| rows::list(&mut c, user, filter, asked_page).await).await?;
    let place = |row: &Placed| (order_name(key, descending), sort_value(&row.task, key, descending), row.task.id);
    Ok(web::Json(page(found, limit, place, shown)))
}

fn sort_of(text: &str) -> ApiResult<(SortKey, bool)> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let key = SORTS.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
    let names = SORTS.map(|(name, _)| name).join(", ");
    key.map(|key| (key, descending)).ok_or_else(|| ApiError::field("sort", format!("must be one of {names}")))
}

fn order_name(key: SortKey, descending: bool) -> String {
    let name = SORTS.iter().find(|(_, known)| *known == key).map_or("", |(name, _)| name);
    format!("{}{name}", if descending { "-" } else { "" })
}

fn filter_of(asked: TaskQuery) -> ApiResult<TaskFilter> {
    Ok(TaskFilter {
        workspace_id: asked.workspace_id,
        project_id: asked.project_id,
        board_id: asked.board_id,
        assignee_id: asked.assignee_id,
        label_id: asked.label_id,
        statuses: listed("status", asked.status.as_deref(), Status::from_name)?,
        priorities: listed("priority", asked.priority.as_deref(), Priority::from_name)?,
        due_before: asked.due_before,
        text: asked.q.map(|text| text.to_string()),
    })
}

/// Names with commas between.
fn listed<T>(field: &str, text: Option<&str>, known: impl Fn(&str) -> Option<T>) -> ApiResult<Vec<T>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let one = |name: &str| {
        let got: String = name.chars().take(20).collect();
        known(name).ok_or_else(|| ApiError::field(field, format!("is unknown: {got:?}")))
    };
    text.split(',').map(one).collect()
}

fn shown(row: Placed) -> Task {
    Task {
        task: row.task,
        status: row.status,
        board_id: row.board_id,
        project_id: row.project_id,
        workspace_id: row.workspace_id,
        description: None,
        deleted: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_and_named() {
        for text in ["created_at", "-created_at", "due_date", "-number"] {
            let (key, descending) = sort_of(text).unwrap();
            assert_eq!(order_name(key, descending), text);
        }
        assert!(sort_of("title").is_err());
        assert!(sort_of("--number").is_err());
    }

    #[test]
    fn several_names_stand_with_commas_between() {
        assert_eq!(listed("status", Some("todo,done"), Status::from_name).unwrap(), [Status::Todo, Status::Done]);
        assert!(listed("status", Some("todo,"), Status::from_name).is_err());
        assert!(listed("status", None, Status::from_name).unwrap().is_empty());
    }
}
