//! Places for the demonstration: a workspace with a board on which simulated colleagues are at work.

use super::App;
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller};
use super::project::{insert_new_board, new_board};
use super::workspace::delete_all;
use crate::auth::now;
use crate::demo::script::{self, COLUMNS, PROJECT_KEY, cast, words};
use crate::demo::{Crews, Full, Stay};
use crate::domain::board::model::Status;
use crate::domain::ids::{LabelId, OpId, ProjectId, UserId, WorkspaceId};
use crate::domain::locale::Locale;
use crate::domain::permission::Role;
use crate::domain::time::Moment;
use crate::protocol::code::Code;
use crate::protocol::decode;
use crate::protocol::rest::demo::{DemoPlace, NewDemo};
use crate::store::queries::board::BoardRow;
use crate::store::queries::label::{self, Label};
use crate::store::queries::project::{self, Project, ProjectFilter};
use crate::store::queries::workspace::{self, Workspace};
use crate::store::queries::{guest, user};
use crate::store::{Conn, StoreResult};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use uuid::Uuid;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const FULL_RETRY_MS: u64 = 60_000;

/// What the demonstration needs of a node.
pub struct Demo {
    pub crews: Crews,
    /// One place at a time is made, so that a second click finds what the first has made.
    turn: tokio::sync::Mutex<()>,
}

impl Demo {
    pub fn new(crews: Crews) -> Self {
        Self { crews, turn: tokio::sync::Mutex::default() }
    }
}

/// A workspace of the caller's own in which simulated colleagues are at work: the one from before, if there is one.
///
/// `POST /api/v1/demo`
pub async fn create(caller: Caller, app: web::Data<App>, body: Body) -> ApiResult<HttpResponse> {
    let body: NewDemo = body.json_or_default()?;
    let user = app.store.read(async move |mut c| user::by_id(&mut c, caller.user_id).await).await?;
    let user = user.ok_or_else(|| ApiError::not_found("account"))?;
    let locale = body.locale.or_else(|| Locale::from_name(&user.locale)).unwrap_or(Locale::En);
    let _turn = app.demo.turn.lock().await;
    let [first, ..] = cast(locale);
    let (place, mut answer) = match find(&app, user.id, first.id).await? {
        Some(place) => (place, HttpResponse::Ok()),
        None if app.demo.crews.has_room() => (make(&app, user.id, locale).await?, HttpResponse::Created()),
        None => return Err(full("demonstrations")),
    };
    app.demo.crews.start(place.board_id, locale, Stay::WhileAttended).map_err(|Full| full("demonstrations"))?;
    Ok(answer.json(place))
}

/// The place that all guests of a language share, made where it isn't yet.
pub async fn shared(app: &App, locale: Locale) -> ApiResult<DemoPlace> {
    let _turn = app.demo.turn.lock().await;
    let [owner, other, ..] = cast(locale);
    if let Some(place) = find(app, owner.id, other.id).await? {
        return Ok(place);
    }
    let made = make(app, owner.id, locale).await?;
    // Another node may have made one meanwhile: the older one counts.
    let found = find(app, owner.id, other.id).await?.unwrap_or(made);
    if found.workspace_id != made.workspace_id {
        delete_all(app, owner.id, made.workspace_id).await?;
    }
    Ok(found)
}

/// Refuses one more of something that is bounded.
pub fn full(what: &str) -> ApiError {
    let error = ApiError::new(Code::RateLimitExceeded, format!("too many {what} at once, please try again later"));
    error.retry_after(FULL_RETRY_MS)
}

/// The place that `creator` has made earlier, and to which `colleague` belongs.
async fn find(app: &App, creator: UserId, colleague: UserId) -> ApiResult<Option<DemoPlace>> {
    let find = async move |mut c: Conn| {
        for workspace_id in guest::workspaces_with(&mut c, creator, colleague).await? {
            let filter = ProjectFilter { workspace_id: Some(workspace_id), archived: None };
            for project in project::of_user(&mut c, creator, filter, None, 1).await? {
                if let Some(board) = project::boards_page(&mut c, project.id, None, 1).await?.first() {
                    return Ok(Some(DemoPlace { workspace_id, project_id: project.id, board_id: board.id }));
                }
            }
        }
        Ok(None)
    };
    Ok(app.store.read(find).await?)
}

async fn make(app: &App, owner: UserId, locale: Locale) -> ApiResult<DemoPlace> {
    for person in cast(locale) {
        app.auth.stand_in(person.id, person.name, person.mailbox, locale).await?;
    }
    let rows = Rows::new(owner, locale, now());
    let place = DemoPlace { workspace_id: rows.workspace.id, project_id: rows.project.id, board_id: rows.board.id };
    let labels: Vec<LabelId> = rows.labels.iter().map(|label| label.id).collect();
    app.store.write(async move |mut c| c.tx(async move |c| rows.insert(c, locale).await).await).await?;
    if let Err(error) = fill(app, place, locale, &labels).await {
        // Half a place is none.
        delete_all(app, owner, place.workspace_id).await?;
        return Err(error);
    }
    Ok(place)
}

/// What a place is made of, but for its tasks.
struct Rows {
    workspace: Workspace,
    project: Project,
    board: BoardRow,
    labels: Vec<Label>,
}

impl Rows {
    fn new(owner: UserId, locale: Locale, at: Moment) -> Self {
        let words = words(locale);
        let workspace_id = WorkspaceId(Uuid::now_v7());
        let name = words.workspace.to_owned();
        let workspace = Workspace { id: workspace_id, name, created_by: owner, created_at: at, updated_at: at };
        let project = Project {
            id: ProjectId(Uuid::now_v7()),
            workspace_id,
            key: PROJECT_KEY.to_owned(),
            name: words.project.to_owned(),
            description: String::new(),
            archived: false,
            created_by: owner,
            created_at: at,
            updated_at: at,
        };
        let board = new_board(&project, project.name.clone(), owner, at);
        let label = |(name, color): (&&str, &str)| Label {
            id: LabelId(Uuid::now_v7()),
            project_id: project.id,
            workspace_id,
            name: (*name).to_owned(),
            color: color.to_owned(),
            created_at: at,
        };
        let labels = words.labels.iter().zip(script::LABEL_COLORS).map(label).collect();
        Self { workspace, project, board, labels }
    }

    async fn insert(self, c: &mut Conn, locale: Locale) -> StoreResult<()> {
        let Self { workspace, project, board, labels } = self;
        workspace::insert(c, &workspace).await?;
        for person in cast(locale).iter().filter(|person| person.id != workspace.created_by) {
            workspace::add_member(c, workspace.id, person.id, Role::Member, workspace.created_at).await?;
        }
        project::insert(c, &project).await?;
        let columns: Vec<(&str, Status, Option<i64>)> =
            words(locale).columns.iter().zip(COLUMNS).map(|(name, (status, limit))| (*name, status, limit)).collect();
        insert_new_board(c, &board, &columns).await?;
        for label in &labels {
            label::insert(c, label).await?;
        }
        Ok(())
    }
}

/// Puts the tasks of the script onto a new board, each colleague some.
async fn fill(app: &App, place: DemoPlace, locale: Locale, labels: &[LabelId]) -> ApiResult<()> {
    let board = app.live.board(place.board_id).await.map_err(|_| ApiError::unavailable())?;
    let snapshot = app.store.snapshot(place.board_id).await?.ok_or_else(|| ApiError::not_found("board"))?;
    let (people, at) = (cast(locale), now());
    let op = |task: script::Task| -> Option<Value> {
        let due = task.due.map(|days| at.plus_millis(days * DAY_MS).to_string());
        Some(json!({
            "kind": "task.create",
            "column_id": snapshot.columns.get(task.column)?.id,
            "title": task.title,
            "description": task.description,
            "priority": task.priority,
            "story_points": task.story_points,
            "due_date": due,
            "label_ids": task.labels.iter().filter_map(|label| labels.get(*label)).collect::<Vec<_>>(),
            "assignee_ids": task.assignees.iter().map(|person| people[*person].id).collect::<Vec<_>>(),
        }))
    };
    let ops: Vec<Value> = script::tasks(locale).filter_map(op).collect();
    for (i, person) in people.iter().enumerate() {
        let of_person = ops.iter().skip(i).step_by(people.len());
        let asks = of_person.map(|op| {
            let Value::Object(op) = op.clone() else { return Err(ApiError::defect("an op is an object")) };
            Ok((OpId(Uuid::now_v7()), decode::ask(op).map_err(ApiError::invalid)?))
        });
        let results = board.submit_all(person.id, asks.collect::<ApiResult<_>>()?, true).await;
        results.into_iter().collect::<Result<Vec<_>, _>>().map_err(ApiError::from)?;
    }
    Ok(())
}
