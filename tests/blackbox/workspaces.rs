//! Protocol section 6: workspaces, members, projects, boards, lists and their cursors.

use crate::both;
use crate::support::rest::names_field;
use crate::support::world::Population;
use crate::support::*;

both! {
    from_nothing_to_a_board,
    members_come_change_and_go,
    lists_are_paged,
    what_is_deleted_is_gone,
}

async fn from_nothing_to_a_board(engine: Engine) {
    let world = World::start(engine).await;
    let token = &world.outsider().token;
    let rest = &world.rest;
    let made = rest.post("/workspaces", token, json!({"name": "Kitchen"})).await.ok(201);
    assert_eq!((&made["name"], &made["role"]), (&json!("Kitchen"), &json!("owner")));
    let twin = rest.post("/workspaces", token, json!({"name": "Kitchen"})).await.ok(201);
    assert_ne!(made["id"], twin["id"], "names need not be unique");
    let workspace = text(&made, "id");
    let projects = format!("/workspaces/{workspace}/projects");
    let project = rest
        .post(&projects, token, json!({"name": "Dinner for ten", "key": "DIN", "description": "soup first"}))
        .await
        .ok(201);
    assert_eq!((&project["name"], &project["key"]), (&json!("Dinner for ten"), &json!("DIN")));
    let board_id = text(&project, "board_id").to_owned();
    let board = rest.get(&format!("/boards/{board_id}"), token).await.ok(200);
    assert_eq!(board["seq"], 0);
    let statuses: Vec<_> =
        list(&board["snapshot"], "columns").iter().map(|column| text(column, "status").to_owned()).collect();
    assert_eq!(statuses, ["todo", "in_progress", "in_review", "blocked", "done"], "in the order of their ranks");
    assert_eq!(board["snapshot"]["board"]["project_key"], "DIN");
    rest.post(&projects, token, json!({"name": "Dinner again", "key": "DIN"})).await.refused(409, "CONFLICT");
    let derived = rest.post(&projects, token, json!({"name": "Dinner again"})).await.ok(201);
    assert!(!text(&derived, "key").is_empty() && derived["key"] != "DIN", "{derived}");
    // A name in a script without capitals gets a key too.
    let persian = rest.post(&projects, token, json!({"name": "شام"})).await.ok(201);
    assert!(!text(&persian, "key").is_empty(), "{persian}");
    let boards = format!("/projects/{}/boards", text(&project, "id"));
    let second = rest.post(&boards, token, json!({"name": "Drinks"})).await.ok(201);
    let task = json!({"title": "Lemonade"});
    let task = rest.post(&format!("/boards/{}/tasks", text(&second, "id")), token, task).await.ok(201);
    let first = rest.post(&format!("/boards/{board_id}/tasks"), token, json!({"title": "Soup"})).await.ok(201);
    assert_ne!(task["number"], first["number"], "unique in the project");
    assert_eq!(rest.pages(&boards, token).await.len(), 2);
    assert_eq!(rest.pages(&projects, token).await.len(), 3);
    for (path, body, field) in [
        ("/workspaces", json!({"name": ""}), "name"),
        ("/workspaces", json!({"name": "x".repeat(101)}), "name"),
        ("/workspaces", json!({}), "name"),
        ("/workspaces", json!({"name": "x", "colour": "red"}), "colour"),
        (&projects, json!({"name": 7}), "name"),
        (&projects, json!({"name": "x", "key": "no good"}), "key"),
        (&boards, json!({"name": "x\u{0}"}), "name"),
    ] {
        let error = rest.post(path, token, body.clone()).await.refused(400, "VALIDATION_ERROR");
        assert!(names_field(&error, field), "{path} {body}: {error}");
    }
}

async fn members_come_change_and_go(engine: Engine) {
    let world = World::start(engine).await;
    let token = &world.owner().token;
    let members = format!("/workspaces/{}/members", world.workspace());
    let guest = world.outsider();
    let added =
        world.rest.post(&members, token, json!({"email": guest.email.to_uppercase(), "role": "viewer"})).await.ok(201);
    assert_eq!(added["role"], "viewer", "{added}");
    world.rest.post(&members, token, json!({"email": guest.email, "role": "member"})).await.refused(409, "CONFLICT");
    world
        .rest
        .post(&members, token, json!({"email": "nobody@example.com", "role": "member"}))
        .await
        .refused(404, "NOT_FOUND");
    let error = world
        .rest
        .post(&members, token, json!({"email": guest.email, "role": "king"}))
        .await
        .refused(400, "VALIDATION_ERROR");
    assert!(names_field(&error, "role"), "{error}");
    let listed = world.rest.pages(&members, token).await;
    assert_eq!(listed.len(), world.members().len() + 1);
    assert!(!serde_json::to_string(&listed).unwrap().contains("password"));
    let path = format!("{members}/{}", guest.id);
    assert_eq!(world.rest.patch(&path, token, json!({"role": "member"})).await.ok(200)["role"], "member");
    let mine = world.rest.pages("/workspaces", &guest.token).await;
    assert!(mine.iter().any(|workspace| workspace["id"] == world.workspace() && workspace["role"] == "member"));
    world.rest.delete(&path, &guest.token).await.ok(204);
    world.rest.delete(&path, token).await.refused(404, "NOT_FOUND");
    world.rest.get(&members, &guest.token).await.refused(404, "NOT_FOUND");
}

/// `limit` 1–200, 20 where absent; `next_cursor` null at the end; what is outside is 400.
async fn lists_are_paged(engine: Engine) {
    let world = World::populated(engine, Population { tasks: 45, ..Population::default() }).await;
    let token = &world.owner().token;
    let path = format!("/tasks?board_id={}", world.board().id);
    let first = world.rest.get(&path, token).await.ok(200);
    assert_eq!(list(&first, "items").len(), 20);
    let all = world.rest.pages(&path, token).await;
    assert_eq!(all.len(), 45);
    let mut ids: Vec<_> = all.iter().map(|task| text(task, "id").to_owned()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 45, "no item twice");
    let whole = world.rest.get(&format!("{path}&limit=200"), token).await.ok(200);
    assert_eq!((list(&whole, "items").len(), &whole["next_cursor"]), (45, &json!(null)));
    assert_eq!(world.rest.pages(&format!("{path}&limit=7"), token).await.len(), 45);
    for bad in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=99999999999999999999",
        "cursor=nonsense",
        "cursor=%00",
        "limit=1.5",
    ] {
        let error = world.rest.get(&format!("{path}&{bad}"), token).await.refused(400, "VALIDATION_ERROR");
        assert!(names_field(&error, bad.split('=').next().unwrap()), "{bad}: {error}");
    }
    for path in [
        "/workspaces".to_owned(),
        format!("/workspaces/{}/members", world.workspace()),
        format!("/tasks/{}/history", world.task(0)),
    ] {
        world.rest.get(&format!("{path}?limit=201"), token).await.refused(400, "VALIDATION_ERROR");
        let page = world.rest.get(&format!("{path}?limit=1"), token).await.ok(200);
        assert!(list(&page, "items").len() <= 1 && page.get("next_cursor").is_some(), "{page}");
    }
}

/// A board, project or workspace that was deleted is gone for all its doors.
async fn what_is_deleted_is_gone(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, _) = world.follow(world.owner()).await;
    world.new_task(&mut client, "the last one").await;
    client.events(&room, 1).await;
    let token = &world.owner().token;
    let project = format!("/projects/{}", world.board().project_id);
    world.rest.delete(&project, token).await.ok(204);
    for path in [
        project,
        format!("/boards/{}", world.board().id),
        format!("/tasks/{}", world.task(0)),
        format!("/boards/{}/events?since=0", world.board().id),
    ] {
        world.rest.get(&path, token).await.refused(404, "NOT_FOUND");
    }
    let answer = client.op(&room, json!({"kind": "task.delete", "task_id": world.task(0)})).await;
    assert_eq!((text(&answer, "type"), text(&answer, "code")), ("reject", "NOT_FOUND"), "{answer}");
    let answer = client.request(json!({"type": "subscribe", "room": room})).await;
    assert_eq!(answer["code"], "NOT_FOUND", "{answer}");
    assert!(client.is_alive().await);
}
