//! The table of rights, cell by cell, at the doors of REST.

use super::*;
use crate::domain::permission::{Action, Right, Role, right};

/// One door of REST and the row of the table that guards it.
struct Doorway {
    action: Action,
    method: Method,
    path: String,
    body: Option<Value>,
    /// What it answers where it is allowed.
    allowed: u16,
}

fn door(action: Action, method: Method, path: impl Into<String>, body: Option<Value>, allowed: u16) -> Doorway {
    Doorway { action, method, path: path.into(), body, allowed }
}

#[actix_web::test]
async fn every_cell_at_every_door() {
    let node = Node::start().await;
    let (ada, eve) = (node.person("Ada").await, node.person("Eve").await);
    let place = Place::of(&node, &ada).await;
    let stranger = node.person("Stranger").await;
    for role in Role::ALL {
        let person = node.person(&format!("A-{role}")).await;
        place.add(&node, &ada, &person, role.name()).await;
        for doorway in doors(&node, &ada, &eve, &place).await {
            let Doorway { action, method, path, body, allowed } = doorway;
            let foreign = node.as_(&stranger, method.clone(), &path, body.clone()).await;
            assert_eq!(foreign.status, 404, "a stranger, {method} {path}");
            let malformed = body.as_ref().map(|_| json!({"no such field": 1}));
            let is_allowed = right(action, role) == Right::Always;
            if !is_allowed && malformed.is_some() {
                let reply = node.as_(&person, method.clone(), &path, malformed).await;
                assert_eq!(reply.status, 403, "{role} with a bad body, {method} {path}: {}", reply.body);
            }
            let reply = node.as_(&person, method.clone(), &path, body).await;
            let expected = if is_allowed { allowed } else { 403 };
            assert_eq!(reply.status.as_u16(), expected, "{role}, {method} {path}: {}", reply.body);
        }
    }
}

/// All doors, each with something of its own to act on, so that their order doesn't matter.
async fn doors(node: &Node, ada: &Person, eve: &Person, place: &Place) -> Vec<Doorway> {
    use Action::*;
    let (workspace, project) = (format!("workspaces/{}", place.workspace), format!("projects/{}", place.project));
    let board = format!("boards/{}", place.board);
    let task = format!("tasks/{}", place.task(node, ada, "Touched").await);
    let doomed = format!("tasks/{}", place.task(node, ada, "Doomed").await);
    let dead = format!("tasks/{}", place.task(node, ada, "Dead").await);
    node.delete(ada, &dead).await;
    let new_column = json!({"name": "New", "status": "todo"});
    let column = format!("columns/{}", node.post(ada, &format!("{board}/columns"), new_column.clone()).await.id());
    let doomed_column =
        format!("columns/{}", node.post(ada, &format!("{board}/columns"), new_column.clone()).await.id());
    let name = uuid::Uuid::now_v7().to_string();
    let label = format!("labels/{}", node.post(ada, &format!("{project}/labels"), json!({"name": name})).await.id());
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    // Eve is taken away again, so that the next role can add her.
    node.delete(ada, &format!("{workspace}/members/{}", eve.id)).await;
    vec![
        door(WorkspaceRead, get.clone(), &workspace, None, 200),
        door(WorkspaceRead, get.clone(), format!("{workspace}/members"), None, 200),
        door(WorkspaceUpdate, patch.clone(), &workspace, Some(json!({"name": "Acme"})), 200),
        door(
            MemberManage,
            post.clone(),
            format!("{workspace}/members"),
            Some(json!({"email": eve.email, "role": "viewer"})),
            201,
        ),
        door(ProjectCreate, post.clone(), format!("{workspace}/projects"), Some(json!({"name": "New"})), 201),
        door(ProjectRead, get.clone(), &project, None, 200),
        door(ProjectUpdate, patch.clone(), &project, Some(json!({"description": "new"})), 200),
        door(ProjectUpdate, post.clone(), format!("{project}/boards"), Some(json!({"name": "New"})), 201),
        door(ColumnManage, post.clone(), format!("{board}/columns"), Some(new_column), 201),
        door(ColumnManage, patch.clone(), &column, Some(json!({"name": "Other"})), 200),
        door(ColumnManage, post.clone(), format!("{column}/move"), Some(json!({})), 200),
        door(ColumnManage, delete.clone(), &doomed_column, None, 204),
        door(TaskCreate, post.clone(), format!("{board}/tasks"), Some(json!({"title": "New"})), 201),
        door(TaskRead, get.clone(), &board, None, 200),
        door(TaskRead, get.clone(), format!("{board}/events"), None, 200),
        door(TaskRead, get.clone(), &task, None, 200),
        door(TaskRead, get.clone(), format!("{task}/history"), None, 200),
        door(TaskUpdate, patch.clone(), &task, Some(json!({"priority": "low"})), 200),
        door(TaskUpdate, post.clone(), format!("{task}/move"), Some(json!({"column_id": place.columns[1]})), 200),
        door(TaskUpdate, post.clone(), format!("{task}/assign"), Some(json!({"user_ids": [ada.id]})), 200),
        door(TaskUpdate, delete.clone(), format!("{task}/assign/{}", ada.id), None, 200),
        door(TaskUpdate, post.clone(), format!("{task}/complete"), None, 200),
        door(TaskDelete, delete.clone(), &doomed, None, 204),
        door(TaskDelete, post.clone(), format!("{dead}/restore"), None, 200),
        door(LabelManage, post.clone(), format!("{project}/labels"), Some(json!({"name": name + "x"})), 201),
        door(LabelManage, patch.clone(), &label, Some(json!({"color": "#000000"})), 200),
        door(LabelManage, delete.clone(), &label, None, 204),
    ]
}

#[actix_web::test]
async fn assignees_may_change_and_creators_delete_their_task() {
    let node = Node::start().await;
    let (ada, bob, vic) = (node.person("Ada").await, node.person("Bob").await, node.person("Vic").await);
    let place = Place::of(&node, &ada).await;
    place.add(&node, &ada, &bob, "member").await;
    place.add(&node, &ada, &vic, "viewer").await;
    let task = format!("tasks/{}", place.task(&node, &bob, "Bob's").await);
    assert_eq!(node.patch(&vic, &task, json!({"priority": "low"})).await.status, 403);
    node.post(&ada, &format!("{task}/assign"), json!({"user_ids": [vic.id]})).await;
    assert_eq!(node.patch(&vic, &task, json!({"priority": "low"})).await.status, 200);
    assert_eq!(node.post(&vic, &format!("{task}/move"), json!({"column_id": place.columns[1]})).await.status, 200);
    assert_eq!(node.delete(&vic, &task).await.status, 403);
    assert_eq!(node.delete(&bob, &task).await.status, 204);
}

#[actix_web::test]
async fn a_changed_role_counts_at_once() {
    let node = Node::start().await;
    let (ada, bob) = (node.person("Ada").await, node.person("Bob").await);
    let place = Place::of(&node, &ada).await;
    place.add(&node, &ada, &bob, "member").await;
    let task = format!("tasks/{}", place.task(&node, &ada, "A task").await);
    assert_eq!(node.patch(&bob, &task, json!({"priority": "low"})).await.status, 200);
    let member = format!("workspaces/{}/members/{}", place.workspace, bob.id);
    assert_eq!(node.patch(&ada, &member, json!({"role": "viewer"})).await.status, 200);
    assert_eq!(node.patch(&bob, &task, json!({"priority": "high"})).await.status, 403);
    assert_eq!(node.delete(&ada, &member).await.status, 204);
    assert_eq!(node.get(&bob, &task).await.status, 404);
    assert_eq!(node.patch(&bob, &task, json!({"priority": "high"})).await.status, 404);
}
