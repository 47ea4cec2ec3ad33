//! `domain.md` section 6, cell by cell, over both doors; roles that change under open sockets.

use crate::both;
use crate::support::*;
use std::time::{Duration, Instant};

both! {
    every_op_by_every_role,
    creators_and_assignees_may_more,
    every_route_by_every_role,
    owners_are_touched_by_owners_alone,
    a_new_role_holds_at_once,
    no_op_outlives_its_right,
}

async fn every_op_by_every_role(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let cast = world.cast().await;
    let mut owner = world.connect(world.owner()).await;
    for (role, person) in &cast {
        let mut client = world.connect(person).await;
        client.subscribe(&room).await;
        let victim = world.new_task(&mut owner, "somebody's task").await;
        let ops = [
            ("task.create", json!({"kind": "task.create", "column_id": world.column(0), "title": "mine"}), "yyy-"),
            ("task.update", json!({"kind": "task.update", "task_id": victim, "set": {"title": "changed"}}), "yyy-"),
            ("task.move", json!({"kind": "task.move", "task_id": victim, "column_id": world.column(1)}), "yyy-"),
            ("task.delete", json!({"kind": "task.delete", "task_id": victim}), "yy--"),
            ("task.restore", json!({"kind": "task.restore", "task_id": victim}), "yy--"),
            ("column.create", json!({"kind": "column.create", "name": "New", "status": "todo"}), "yy--"),
            (
                "column.update",
                json!({"kind": "column.update", "column_id": world.column(4), "set": {"name": "X"}}),
                "yy--",
            ),
            ("column.move", json!({"kind": "column.move", "column_id": world.column(4)}), "yy--"),
        ];
        for (kind, op, cells) in ops {
            let allowed = cell(cells, role);
            let answer = client.op(&room, op.clone()).await;
            let expected = if allowed { ("ack", None) } else { ("reject", Some("FORBIDDEN")) };
            assert_eq!((text(&answer, "type"), answer["code"].as_str()), expected, "{kind} by {role}: {answer}");
            // Rights are checked before the body.
            if !allowed {
                let mut broken = op;
                broken["nonsense"] = json!(1);
                let answer = client.op(&room, broken).await;
                assert_eq!(answer["code"], "FORBIDDEN", "{kind} by {role}: {answer}");
            }
        }
        let empty = owner.ack(&room, json!({"kind": "column.create", "name": "Empty", "status": "todo"})).await;
        let answer = client.op(&room, json!({"kind": "column.delete", "column_id": empty["column_id"]})).await;
        assert_eq!(answer["type"] == "ack", cell("yy--", role), "column.delete by {role}: {answer}");
    }
}

/// A task's deletion: owner, admin, its creator; an assignee of any role may update and move.
async fn creators_and_assignees_may_more(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let [_, _, (_, member), (_, viewer)] = world.cast().await;
    let mut owner = world.connect(world.owner()).await;
    let mut by_member = world.connect(&member).await;
    let mut by_viewer = world.connect(&viewer).await;
    let own = world.new_task(&mut by_member, "the member's own").await;
    by_member.ack(&room, json!({"kind": "task.delete", "task_id": own})).await;
    by_member.ack(&room, json!({"kind": "task.restore", "task_id": own})).await;

    let task = world.new_task(&mut owner, "for the viewer").await;
    let assign = |key: &str| json!({"kind": "task.update", "task_id": task, key: [viewer.id]});
    owner.ack(&room, assign("add_assignee_ids")).await;
    let renamed = json!({"kind": "task.update", "task_id": task, "set": {"title": "by an assignee"}});
    by_viewer.ack(&room, renamed.clone()).await;
    by_viewer.ack(&room, json!({"kind": "task.move", "task_id": task, "column_id": world.column(2)})).await;
    by_viewer.reject(&room, json!({"kind": "task.delete", "task_id": task}), "FORBIDDEN").await;
    let path = format!("/tasks/{task}");
    world.rest.patch(&path, &viewer.token, json!({"title": "by another door"})).await.ok(200);
    world.rest.post(&format!("{path}/complete"), &viewer.token, json!({})).await.ok(200);
    owner.ack(&room, assign("remove_assignee_ids")).await;
    by_viewer.reject(&room, renamed, "FORBIDDEN").await;
    // The creator who became a viewer may still delete.
    world.set_role(&member, "viewer").await;
    by_member.ack(&room, json!({"kind": "task.delete", "task_id": own})).await;
}

/// The same table at the REST door, and what has no op.
async fn every_route_by_every_role(engine: Engine) {
    let world = World::start(engine).await;
    let cast = world.cast().await;
    let mut client = world.connect(world.owner()).await;
    let (workspace, board) = (world.workspace(), world.board());
    let name = json!({"name": "New"});
    for (role, person) in &cast {
        let victim = world.new_task(&mut client, "somebody's task").await;
        let column = json!({"kind": "column.create", "name": "Empty", "status": "todo"});
        let column = text(&client.ack(&world.room(), column).await, "column_id").to_owned();
        let project = world
            .rest
            .post(&format!("/workspaces/{workspace}/projects"), &world.owner().token, name.clone())
            .await
            .ok(201);
        let project = text(&project, "id").to_owned();
        let invited = json!({"email": world.outsider().email, "role": "viewer"});
        let user = format!("/workspaces/{workspace}/members/{}", world.outsider().id);
        for (method, path, body, cells) in [
            ("GET", format!("/workspaces/{workspace}"), json!(null), "yyyy"),
            ("GET", format!("/workspaces/{workspace}/members"), json!(null), "yyyy"),
            ("GET", format!("/workspaces/{workspace}/projects"), json!(null), "yyyy"),
            ("GET", format!("/projects/{project}"), json!(null), "yyyy"),
            ("GET", format!("/projects/{project}/boards"), json!(null), "yyyy"),
            ("GET", format!("/boards/{}", board.id), json!(null), "yyyy"),
            ("GET", format!("/boards/{}/events?since=0", board.id), json!(null), "yyyy"),
            ("GET", format!("/tasks/{victim}"), json!(null), "yyyy"),
            ("GET", format!("/tasks/{victim}/history"), json!(null), "yyyy"),
            ("GET", format!("/tasks?board_id={}", board.id), json!(null), "yyyy"),
            ("PATCH", format!("/workspaces/{workspace}"), name.clone(), "y---"),
            ("POST", format!("/workspaces/{workspace}/members"), invited, "yy--"),
            ("PATCH", user.clone(), json!({"role": "member"}), "yy--"),
            ("DELETE", user, json!(null), "yy--"),
            ("POST", format!("/workspaces/{workspace}/projects"), name.clone(), "yyy-"),
            ("PATCH", format!("/projects/{project}"), name.clone(), "yy--"),
            ("POST", format!("/boards/{}/tasks", board.id), json!({"title": "a task"}), "yyy-"),
            ("PATCH", format!("/tasks/{victim}"), json!({"title": "renamed"}), "yyy-"),
            ("POST", format!("/tasks/{victim}/move"), json!({"column_id": world.column(1)}), "yyy-"),
            ("POST", format!("/tasks/{victim}/assign"), json!({"user_ids": [world.owner().id]}), "yyy-"),
            ("POST", format!("/tasks/{victim}/complete"), json!({}), "yyy-"),
            ("DELETE", format!("/tasks/{victim}"), json!(null), "yy--"),
            ("POST", format!("/tasks/{victim}/restore"), json!({}), "yy--"),
            ("POST", format!("/boards/{}/columns", board.id), json!({"name": "New", "status": "todo"}), "yy--"),
            ("PATCH", format!("/columns/{column}"), json!({"name": "Old"}), "yy--"),
            ("DELETE", format!("/columns/{column}"), json!(null), "yy--"),
            ("DELETE", format!("/projects/{project}"), json!(null), "yy--"),
        ] {
            let reply = world.rest.call(method, &path, "", &[], &body).await;
            assert_eq!(reply.status, 401, "{method} {path} by nobody: {}", reply.text);
            // A stranger who was made a member meanwhile is none, and might take leave.
            if !path.contains(&world.outsider().id) && !path.starts_with("/tasks?") {
                let reply = world.rest.call(method, &path, &world.outsider().token, &[], &body).await;
                assert_eq!(reply.status, 404, "{method} {path} by a stranger: {}", reply.text);
            }
            let reply = world.rest.call(method, &path, &person.token, &[], &body).await;
            if cell(cells, role) {
                assert!(reply.status < 300, "{method} {path} by {role}: {}", reply.text);
            } else {
                assert_eq!(reply.status, 403, "{method} {path} by {role}: {}", reply.text);
                reply.refused(403, "FORBIDDEN");
            }
        }
    }
}

/// Only owners touch owners; the last one stays.
async fn owners_are_touched_by_owners_alone(engine: Engine) {
    let world = World::start(engine).await;
    let [(_, owner), (_, admin), (_, member), _] = world.cast().await;
    let path = |person: &world::Person| format!("/workspaces/{}/members/{}", world.workspace(), person.id);
    world.rest.patch(&path(&owner), &admin.token, json!({"role": "member"})).await.refused(403, "FORBIDDEN");
    world.rest.delete(&path(&owner), &admin.token).await.refused(403, "FORBIDDEN");
    world.rest.patch(&path(&member), &admin.token, json!({"role": "owner"})).await.refused(403, "FORBIDDEN");
    world.rest.patch(&path(&owner), &owner.token, json!({"role": "admin"})).await.refused(409, "CONFLICT");
    world.rest.delete(&path(&owner), &owner.token).await.refused(409, "CONFLICT");
    world.rest.patch(&path(&member), &owner.token, json!({"role": "king"})).await.refused(400, "VALIDATION_ERROR");
    world.rest.patch(&path(world.outsider()), &owner.token, json!({"role": "member"})).await.refused(404, "NOT_FOUND");
    world.rest.patch(&path(&member), &owner.token, json!({"role": "owner"})).await.ok(200);
    world.rest.patch(&path(&owner), &member.token, json!({"role": "admin"})).await.ok(200);
    world.rest.delete(&path(&member), &member.token).await.refused(409, "CONFLICT");
    world.rest.delete(&path(&admin), &admin.token).await.ok(204);
}

/// A role that changes takes effect on open sockets within a second.
async fn a_new_role_holds_at_once(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let member = world.member(0).clone();
    let mut client = world.connect(&member).await;
    client.subscribe(&room).await;
    let create = json!({"kind": "task.create", "column_id": world.column(0), "title": "a task"});
    let column = json!({"kind": "column.create", "name": "New", "status": "todo"});
    for (role, may_create, may_manage) in
        [("viewer", false, false), ("member", true, false), ("admin", true, true), ("viewer", false, false)]
    {
        world.set_role(&member, role).await;
        let changed = Instant::now();
        loop {
            let created = client.op(&room, create.clone()).await["type"] == "ack";
            let managed = client.op(&room, column.clone()).await["type"] == "ack";
            if (created, managed) == (may_create, may_manage) {
                break;
            }
            assert!(changed.elapsed() < Duration::from_secs(1), "{role} does not hold yet");
        }
    }
}

/// With ops in flight while the role goes: an op committed a second later is not theirs.
async fn no_op_outlives_its_right(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let member = world.member(0).clone();
    let mut client = world.connect(&member).await;
    let path = format!("/workspaces/{}/members/{}", world.workspace(), member.id);
    let owner = world.owner().token.clone();
    let removal = async {
        sleep_ms(150).await;
        world.rest.delete(&path, &owner).await.ok(204);
        Instant::now()
    };
    let writing = async {
        let started = Instant::now();
        let mut last_ack = started;
        while started.elapsed() < Duration::from_millis(1500) {
            let op = json!({"kind": "task.create", "column_id": world.column(0), "title": "while I may"});
            let answer = client.op(&room, op).await;
            if answer["type"] == "ack" {
                last_ack = Instant::now();
            } else {
                assert_eq!(answer["code"], "NOT_FOUND", "{answer}");
                sleep_ms(20).await;
            }
        }
        last_ack
    };
    let (removed, last_ack) = tokio::join!(removal, writing);
    assert!(last_ack < removed + Duration::from_secs(1), "acked {:?} after the removal", last_ack - removed);
}

fn cell(cells: &str, role: &str) -> bool {
    let index = ["owner", "admin", "member", "viewer"].iter().position(|name| *name == role).unwrap();
    cells.as_bytes()[index] == b'y'
}
