//! Workspaces, members, projects and labels.

use super::*;

#[actix_web::test]
async fn a_project_comes_with_a_board_of_five_columns() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let workspace = node.post(&ada, "workspaces", json!({"name": "Acme"})).await;
    assert_eq!((workspace.status.as_u16(), &workspace.body["role"]), (201, &json!("owner")));
    let path = format!("workspaces/{}/projects", workspace.id());
    let project = node.post(&ada, &path, json!({"name": "Mobile App", "description": "مرحبا"})).await;
    assert_eq!((project.status.as_u16(), &project.body["key"]), (201, &json!("MA")));
    let again = node.post(&ada, &path, json!({"name": "Mobile App"})).await;
    assert_eq!(again.body["key"], "MA2");
    assert_eq!(node.post(&ada, &path, json!({"name": "Other", "key": "MA"})).await.status, 409);
    assert_eq!(node.post(&ada, &path, json!({"name": "Other", "key": "ma"})).await.field(), "key");
    let board = node.get(&ada, &format!("boards/{}", project.body["board_id"].as_str().unwrap())).await;
    assert_eq!((&board.body["seq"], board.body["history"].is_string()), (&json!(0), true));
    let columns = board.body["snapshot"]["columns"].as_array().unwrap();
    let named: Vec<_> = columns.iter().map(|c| (c["name"].as_str().unwrap(), c["status"].as_str().unwrap())).collect();
    let expected = [
        ("Todo", "todo"),
        ("In progress", "in_progress"),
        ("In review", "in_review"),
        ("Blocked", "blocked"),
        ("Done", "done"),
    ];
    assert_eq!(named, expected);
    let first = node.get(&ada, &format!("projects/{}/board", project.id())).await;
    assert_eq!(first.body, board.body);
}

#[actix_web::test]
async fn lists_are_paged_to_their_end() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    for i in 0..5 {
        node.post(&ada, "workspaces", json!({"name": format!("W{i}")})).await;
    }
    let mut seen = Vec::new();
    let mut path = "workspaces?limit=2".to_owned();
    loop {
        let page = node.get(&ada, &path).await;
        seen.extend(
            page.body["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("workspaces?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["W0", "W1", "W2", "W3", "W4"]);
}

#[actix_web::test]
async fn the_last_owner_stays_and_only_owners_touch_owners() {
    let node = Node::start().await;
    let (ada, bob, eve) = (node.person("Ada").await, node.person("Bob").await, node.person("Eve").await);
    let place = Place::of(&node, &ada).await;
    let members = format!("workspaces/{}/members", place.workspace);
    let of = |person: &Person| format!("{members}/{}", person.id);
    place.add(&node, &ada, &bob, "admin").await;
    let twice = node.post(&ada, &members, json!({"email": bob.email, "role": "member"})).await;
    assert_eq!(twice.code(), "CONFLICT");
    let nobody = node.post(&ada, &members, json!({"email": "nobody@example.org", "role": "member"})).await;
    assert_eq!(nobody.status, 404);
    assert_eq!(node.post(&bob, &members, json!({"email": eve.email, "role": "owner"})).await.status, 403);
    assert_eq!(node.patch(&bob, &of(&ada), json!({"role": "member"})).await.status, 403);
    assert_eq!(node.patch(&bob, &of(&bob), json!({"role": "owner"})).await.status, 403);
    assert_eq!(node.delete(&bob, &of(&ada)).await.status, 403);
    assert_eq!(node.patch(&ada, &of(&ada), json!({"role": "member"})).await.code(), "CONFLICT");
    assert_eq!(node.delete(&ada, &of(&ada)).await.code(), "CONFLICT");
    assert_eq!(node.patch(&ada, &of(&bob), json!({"role": "owner"})).await.body["role"], "owner");
    assert_eq!(node.delete(&ada, &of(&ada)).await.status, 204);
    assert_eq!(node.get(&ada, &members).await.status, 404);
    let left = node.get(&bob, &members).await;
    assert_eq!(left.body["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_is_deleted_is_gone_with_all_below_it() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let place = Place::of(&node, &ada).await;
    let task = place.task(&node, &ada, "A task").await;
    let boards = format!("projects/{}/boards", place.project);
    let board = format!("boards/{}", place.board);
    assert_eq!(node.delete(&ada, &board).await.code(), "CONFLICT");
    let other = node.post(&ada, &boards, json!({"name": "Second"})).await;
    assert_eq!(other.status, 201);
    assert_eq!(node.patch(&ada, &board, json!({"name": "First"})).await.body["name"], "First");
    assert_eq!(node.delete(&ada, &board).await.status, 204);
    for path in [board.clone(), format!("tasks/{task}"), format!("{board}/events")] {
        assert_eq!(node.get(&ada, &path).await.status, 404, "{path}");
    }
    assert_eq!(node.post(&ada, &format!("{board}/tasks"), json!({"title": "Late"})).await.status, 404);
    assert_eq!(node.get(&ada, "tasks").await.body["items"], json!([]));
    let project = format!("projects/{}", place.project);
    assert_eq!(node.get(&ada, &project).await.body["board_id"], json!(other.id()));
    assert_eq!(node.delete(&ada, &project).await.status, 204);
    assert_eq!(node.get(&ada, &project).await.status, 404);
    assert_eq!(node.get(&ada, &format!("boards/{}", other.id())).await.status, 404);
    let workspace = format!("workspaces/{}", place.workspace);
    assert_eq!(node.patch(&ada, &workspace, json!({"name": "Renamed"})).await.body["name"], "Renamed");
    assert_eq!(node.delete(&ada, &workspace).await.status, 204);
    assert_eq!(node.get(&ada, &workspace).await.status, 404);
    assert_eq!(node.get(&ada, "workspaces").await.body["items"], json!([]));
}

#[actix_web::test]
async fn projects_are_changed_and_listed() {
    let node = Node::start().await;
    let (ada, bob) = (node.person("Ada").await, node.person("Bob").await);
    let place = Place::of(&node, &ada).await;
    let project = format!("projects/{}", place.project);
    let changed = node.patch(&ada, &project, json!({"archived": true, "description": "old"})).await;
    assert_eq!((&changed.body["archived"], &changed.body["description"]), (&json!(true), &json!("old")));
    assert_eq!(node.patch(&ada, &project, json!({})).await.status, 400);
    for (path, count) in [
        ("projects".to_owned(), 1),
        ("projects?archived=false".to_owned(), 0),
        (format!("projects?workspace_id={}&archived=true", place.workspace), 1),
        (format!("workspaces/{}/projects", place.workspace), 1),
    ] {
        assert_eq!(node.get(&ada, &path).await.body["items"].as_array().unwrap().len(), count, "{path}");
    }
    assert_eq!(node.get(&bob, "projects").await.body["items"], json!([]));
    assert_eq!(node.get(&bob, &format!("projects?workspace_id={}", place.workspace)).await.status, 404);
}

#[actix_web::test]
async fn labels_have_names_of_their_own() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let place = Place::of(&node, &ada).await;
    let labels = format!("projects/{}/labels", place.project);
    let bug = node.post(&ada, &labels, json!({"name": "bug", "color": "#FF0000"})).await;
    assert_eq!((bug.status.as_u16(), &bug.body["color"]), (201, &json!("#ff0000")));
    assert_eq!(node.post(&ada, &labels, json!({"name": "bug"})).await.code(), "CONFLICT");
    assert_eq!(node.post(&ada, &labels, json!({"name": "x", "color": "red"})).await.field(), "color");
    let idea = node.post(&ada, &labels, json!({"name": "idea"})).await.id();
    assert_eq!(node.patch(&ada, &format!("labels/{idea}"), json!({"name": "bug"})).await.code(), "CONFLICT");
    assert_eq!(node.patch(&ada, &format!("labels/{idea}"), json!({"name": "wish"})).await.body["name"], "wish");
    let tasks = format!("boards/{}/tasks", place.board);
    let task = node.post(&ada, &tasks, json!({"title": "T 1", "label_ids": [idea]})).await;
    assert_eq!(task.body["label_ids"], json!([idea]));
    assert_eq!(node.get(&ada, &format!("tasks?label_id={idea}")).await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(node.delete(&ada, &format!("labels/{idea}")).await.status, 204);
    let late = node.post(&ada, &tasks, json!({"title": "T 2", "label_ids": [idea]})).await;
    assert_eq!(late.status, 400, "{}", late.body);
    assert_eq!(node.get(&ada, &labels).await.body["items"].as_array().unwrap().len(), 1);
}
