//! The one table of routes: it mounts them, and [`super::openapi`] describes them.

use super::admit::admit;
use super::board::EventsQuery;
use super::column::ColumnDeletionQuery;
use super::cursor::PageQuery;
use super::error::ApiError;
use super::health::{self, Health};
use super::openapi::Operation;
use super::project::ProjectQuery;
use super::task_list::TaskQuery;
use super::{
    BODY_BYTES_MAX, about, account, asset, board, column, demo, guest, label, member, node, op, openapi, project, task,
    task_list, workspace,
};
use crate::domain::board::model::Column as BoardColumn;
use crate::protocol::code::Code;
use crate::protocol::rest::account::{Login, Me, MePatch, Refresh, SignIn, Signup, Tokens};
use crate::protocol::rest::board::{
    BoardAnswer, BulkAnswer, BulkOps, ColumnDeletion, ColumnMoveBody, ColumnPatch, Events, HistoryPage, NewColumn,
};
use crate::protocol::rest::demo::{About, DemoPlace, GuestLogin, GuestTokens, NewDemo};
use crate::protocol::rest::node::{Cluster, LiveBoard};
use crate::protocol::rest::project::{
    Board, BoardPatch, Label, LabelPatch, NewBoard, NewLabel, NewProject, Project, ProjectPatch,
};
use crate::protocol::rest::task::{Assignment, NewTask, Task, TaskMoveBody, TaskPatch, VersionOnly};
use crate::protocol::rest::workspace::{Member, MemberPatch, NewMember, NewWorkspace, Workspace, WorkspacePatch};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};
use utoipa_swagger_ui::SwaggerUi;

/// Where the API begins.
pub const PREFIX: &str = "/api/v1";

/// What is mounted below [`PREFIX`].
pub fn api_operations() -> Vec<Operation> {
    let mut all = account_operations();
    all.extend(workspace_operations());
    all.extend(project_operations());
    all.extend(board_operations());
    all.extend(task_operations());
    all.extend(demo_operations());
    all.extend(cluster_operations());
    all
}

fn demo_operations() -> Vec<Operation> {
    const TAG: &str = "demonstration";
    vec![
        Operation::get("/about", about::about, TAG, "What the server says of itself to strangers")
            .public()
            .answers::<About>(200),
        Operation::post("/auth/demo", guest::login, TAG, "Signs a guest in, where the server shows a demonstration")
            .public()
            .takes::<GuestLogin>()
            .answers::<GuestTokens>(201)
            .may_fail(&[Code::NotFound]),
        Operation::post("/demo", demo::create, TAG, "A workspace of one's own with simulated colleagues")
            .takes::<NewDemo>()
            .answers::<DemoPlace>(201),
    ]
}

fn cluster_operations() -> Vec<Operation> {
    const TAG: &str = "operation";
    vec![
        Operation::get("/cluster", node::cluster, TAG, "The nodes, for system admins").answers::<Cluster>(200),
        Operation::get("/cluster/boards", node::boards, TAG, "The boards that nodes have at hand, for system admins")
            .asks::<PageQuery>()
            .lists::<LiveBoard>(),
    ]
}

fn account_operations() -> Vec<Operation> {
    vec![
        Operation::post("/auth/signup", account::signup, "accounts", "Makes an account and signs it in")
            .public()
            .takes::<Signup>()
            .answers::<Tokens>(201)
            .may_fail(&[Code::Conflict]),
        Operation::post("/auth/login", account::login, "accounts", "Signs in by e-mail and password")
            .public()
            .takes::<Login>()
            .answers::<Tokens>(200)
            .may_fail(&[Code::Unauthorized, Code::AccountLocked]),
        Operation::post("/auth/refresh", account::refresh, "accounts", "Spends a refresh token for new tokens")
            .public()
            .takes::<Refresh>()
            .answers::<Tokens>(200)
            .may_fail(&[Code::Unauthorized]),
        Operation::post("/auth/logout", account::logout, "accounts", "Ends the sign-in")
            .takes::<Refresh>()
            .answers_nothing(),
        Operation::get("/auth/me", account::me, "accounts", "Who the caller is, and in which workspaces")
            .answers::<Me>(200),
        Operation::patch("/auth/me", account::patch_me, "accounts", "Changes what is known of the caller")
            .takes::<MePatch>()
            .answers::<Me>(200),
        Operation::get("/auth/sessions", account::list_sessions, "accounts", "The caller's sign-ins")
            .asks::<PageQuery>()
            .lists::<SignIn>(),
        Operation::delete("/auth/sessions/{session_id}", account::end_session, "accounts", "Ends a sign-in")
            .answers_nothing(),
    ]
}

fn workspace_operations() -> Vec<Operation> {
    const TAG: &str = "workspaces";
    vec![
        Operation::post("/workspaces", workspace::create, TAG, "Makes a workspace; the caller is its owner")
            .takes::<NewWorkspace>()
            .answers::<Workspace>(201),
        Operation::get("/workspaces", workspace::list, TAG, "The caller's workspaces")
            .asks::<PageQuery>()
            .lists::<Workspace>(),
        Operation::get("/workspaces/{workspace_id}", workspace::get, TAG, "One workspace").answers::<Workspace>(200),
        Operation::patch("/workspaces/{workspace_id}", workspace::patch, TAG, "Renames a workspace")
            .takes::<WorkspacePatch>()
            .answers::<Workspace>(200),
        Operation::delete("/workspaces/{workspace_id}", workspace::delete, TAG, "Deletes a workspace and all in it")
            .answers_nothing(),
        Operation::post("/workspaces/{workspace_id}/members", member::add, TAG, "Adds somebody who has an account")
            .takes::<NewMember>()
            .answers::<Member>(201)
            .may_fail(&[Code::Conflict]),
        Operation::get("/workspaces/{workspace_id}/members", member::list, TAG, "Who belongs to a workspace")
            .asks::<PageQuery>()
            .lists::<Member>(),
        Operation::patch("/workspaces/{workspace_id}/members/{user_id}", member::patch, TAG, "Changes a role")
            .takes::<MemberPatch>()
            .answers::<Member>(200)
            .may_fail(&[Code::Conflict]),
        Operation::delete("/workspaces/{workspace_id}/members/{user_id}", member::remove, TAG, "Takes a member away")
            .answers_nothing()
            .may_fail(&[Code::Conflict]),
        Operation::get("/workspaces/{workspace_id}/tasks", task_list::list_in, TAG, "The tasks of a workspace")
            .asks::<PageQuery>()
            .asks::<TaskQuery>()
            .lists::<Task>(),
    ]
}

fn project_operations() -> Vec<Operation> {
    const TAG: &str = "projects";
    vec![
        Operation::post("/workspaces/{workspace_id}/projects", project::create, TAG, "Makes a project with a board")
            .takes::<NewProject>()
            .answers::<Project>(201)
            .may_fail(&[Code::Conflict]),
        Operation::get("/workspaces/{workspace_id}/projects", project::list_in, TAG, "The projects of a workspace")
            .asks::<PageQuery>()
            .asks::<ProjectQuery>()
            .lists::<Project>(),
        Operation::get("/projects", project::list, TAG, "The projects that the caller may see")
            .asks::<PageQuery>()
            .asks::<ProjectQuery>()
            .lists::<Project>(),
        Operation::get("/projects/{project_id}", project::get, TAG, "One project").answers::<Project>(200),
        Operation::patch("/projects/{project_id}", project::patch, TAG, "Changes a project")
            .takes::<ProjectPatch>()
            .answers::<Project>(200),
        Operation::delete("/projects/{project_id}", project::delete, TAG, "Deletes a project and its boards")
            .answers_nothing(),
        Operation::get("/projects/{project_id}/board", board::get_first, TAG, "A project's first board")
            .answers::<BoardAnswer>(200),
        Operation::post("/projects/{project_id}/boards", board::create, TAG, "Makes a board of five columns")
            .takes::<NewBoard>()
            .answers::<Board>(201),
        Operation::get("/projects/{project_id}/boards", board::list, TAG, "The boards of a project")
            .asks::<PageQuery>()
            .lists::<Board>(),
        Operation::post("/projects/{project_id}/labels", label::create, TAG, "Makes a label")
            .takes::<NewLabel>()
            .answers::<Label>(201)
            .may_fail(&[Code::Conflict]),
        Operation::get("/projects/{project_id}/labels", label::list, TAG, "The labels of a project")
            .asks::<PageQuery>()
            .lists::<Label>(),
        Operation::patch("/labels/{label_id}", label::patch, TAG, "Changes a label")
            .takes::<LabelPatch>()
            .answers::<Label>(200)
            .may_fail(&[Code::Conflict]),
        Operation::delete("/labels/{label_id}", label::delete, TAG, "Deletes a label").answers_nothing(),
    ]
}

fn board_operations() -> Vec<Operation> {
    const TAG: &str = "boards";
    vec![
        Operation::get("/boards/{board_id}", board::get, TAG, "A board as it stands").answers::<BoardAnswer>(200),
        Operation::patch("/boards/{board_id}", board::patch, TAG, "Renames a board")
            .takes::<BoardPatch>()
            .answers::<Board>(200),
        Operation::delete("/boards/{board_id}", board::delete, TAG, "Deletes a board")
            .answers_nothing()
            .may_fail(&[Code::Conflict]),
        Operation::get("/boards/{board_id}/events", board::events, TAG, "What happened after a seq")
            .asks::<EventsQuery>()
            .answers::<Events>(200)
            .may_fail(&[Code::Gone]),
        Operation::post("/boards/{board_id}/ops", op::bulk, TAG, "Up to 1,000 ops at once")
            .takes::<BulkOps>()
            .answers::<BulkAnswer>(200)
            .may_fail(&[Code::Conflict]),
        Operation::post("/boards/{board_id}/columns", column::create, TAG, "Makes a column")
            .on_board()
            .takes::<NewColumn>()
            .answers::<BoardColumn>(201),
        Operation::patch("/columns/{column_id}", column::patch, TAG, "Changes a column")
            .on_board()
            .takes::<ColumnPatch>()
            .answers::<BoardColumn>(200),
        Operation::post("/columns/{column_id}/move", column::move_to, TAG, "Moves a column between its neighbours")
            .on_board()
            .takes::<ColumnMoveBody>()
            .answers::<BoardColumn>(200),
        Operation::delete("/columns/{column_id}", column::delete, TAG, "Deletes a column")
            .on_board()
            .asks::<ColumnDeletionQuery>()
            .takes::<ColumnDeletion>()
            .answers_nothing(),
    ]
}

fn task_operations() -> Vec<Operation> {
    const TAG: &str = "tasks";
    vec![
        Operation::post("/boards/{board_id}/tasks", task::create, TAG, "Makes a task")
            .on_board()
            .takes::<NewTask>()
            .answers::<Task>(201),
        Operation::post("/tasks", task::create_anywhere, TAG, "Makes a task on the board or project of the body")
            .on_board()
            .takes::<NewTask>()
            .answers::<Task>(201),
        Operation::get("/tasks", task_list::list, TAG, "Tasks by filter and order")
            .asks::<PageQuery>()
            .asks::<TaskQuery>()
            .lists::<Task>(),
        Operation::get("/tasks/{task_id}", task::get, TAG, "One task").answers::<Task>(200),
        Operation::patch("/tasks/{task_id}", task::patch, TAG, "Changes a task")
            .on_board()
            .takes::<TaskPatch>()
            .answers::<Task>(200),
        Operation::delete("/tasks/{task_id}", task::delete, TAG, "Deletes a task")
            .on_board()
            .takes::<VersionOnly>()
            .answers_nothing(),
        Operation::get("/tasks/{task_id}/history", task::history, TAG, "What happened to a task, newest first")
            .asks::<PageQuery>()
            .answers::<HistoryPage>(200),
        Operation::post("/tasks/{task_id}/move", task::move_to, TAG, "Moves a task to a column")
            .on_board()
            .takes::<TaskMoveBody>()
            .answers::<Task>(200),
        Operation::post("/tasks/{task_id}/assign", task::assign, TAG, "Adds assignees")
            .on_board()
            .takes::<Assignment>()
            .answers::<Task>(200),
        Operation::delete("/tasks/{task_id}/assign/{user_id}", task::unassign, TAG, "Takes an assignee away")
            .on_board()
            .answers::<Task>(200),
        Operation::post("/tasks/{task_id}/complete", task::complete, TAG, "Moves a task to the first done column")
            .on_board()
            .takes::<VersionOnly>()
            .answers::<Task>(200),
        Operation::post("/tasks/{task_id}/restore", task::restore, TAG, "Brings a deleted task back")
            .on_board()
            .answers::<Task>(200),
    ]
}

/// What is mounted beside the API.
pub fn other_operations() -> Vec<Operation> {
    const TAG: &str = "operation";
    vec![
        Operation::get("/health/live", health::live, TAG, "Whether the process runs").public().answers::<Health>(200),
        Operation::get("/health/ready", health::ready, TAG, "Whether this node can serve")
            .public()
            .answers::<Health>(200),
        Operation::get("/metrics", health::metrics, TAG, "What this node measures, as Prometheus text")
            .public()
            .answers_text(),
    ]
}

/// Mounts everything of this room. What else is mounted below `/api/v1`, the WebSocket, goes before it.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::PayloadConfig::new(BODY_BYTES_MAX));
    for resource in resources(other_operations()) {
        cfg.service(resource);
    }
    let docs = SwaggerUi::new("/docs/{_:.*}").url(format!("{PREFIX}/openapi.json"), openapi());
    cfg.service(docs);
    cfg.route("/docs", web::get().to(async || HttpResponse::Found().insert_header((LOCATION, "/docs/")).finish()));
    let mut scope = web::scope(PREFIX).wrap(from_fn(admit)).default_service(web::to(no_route));
    for resource in resources(api_operations()) {
        scope = scope.service(resource);
    }
    cfg.service(scope);
    let app = web::resource("/{path:.*}").default_service(web::to(no_route));
    cfg.service(app.route(web::get().to(asset::serve)).route(web::head().to(asset::serve)));
    cfg.default_service(web::to(no_route));
}

/// One resource a path, in the order of the table; its other methods are refused by name.
fn resources(operations: Vec<Operation>) -> Vec<actix_web::Resource> {
    let mut paths: Vec<(&'static str, Vec<Operation>)> = Vec::new();
    for operation in operations {
        match paths.iter_mut().find(|(path, _)| *path == operation.path) {
            Some((_, same)) => same.push(operation),
            None => paths.push((operation.path, vec![operation])),
        }
    }
    let resource = |(path, operations): (&'static str, Vec<Operation>)| {
        let allowed = operations.iter().map(|operation| operation.method.as_str()).collect::<Vec<_>>().join(", ");
        let resource = web::resource(path).default_service(web::to(move || no_method(allowed.clone())));
        operations.into_iter().fold(resource, |resource, operation| resource.route((operation.route)()))
    };
    paths.into_iter().map(resource).collect()
}

async fn no_route() -> Result<HttpResponse, ApiError> {
    Err(ApiError::not_found("the route"))
}

async fn no_method(allowed: String) -> Result<HttpResponse, ApiError> {
    let message = format!("the method must be one of {allowed}");
    let error = ApiError::new(Code::ValidationError, message).with_status(StatusCode::METHOD_NOT_ALLOWED);
    Err(error.with_header(ALLOW, allowed))
}

/// All routes with their full paths.
pub fn all_operations() -> Vec<(String, Operation)> {
    let api = api_operations().into_iter().map(|operation| (format!("{PREFIX}{}", operation.path), operation));
    let others = other_operations().into_iter().map(|operation| (operation.path.to_owned(), operation));
    api.chain(others).collect()
}
