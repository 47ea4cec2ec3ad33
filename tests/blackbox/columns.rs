//! Protocol section 4: ops on columns, WIP limits.

use crate::both;
use crate::rooms::assert_keys;
use crate::support::world::Population;
use crate::support::*;
use crate::tasks::done_column;

both! {
    columns_are_created_changed_and_moved,
    a_column_is_deleted,
    a_column_of_more_than_500_tasks_stays,
    a_full_column_takes_no_more,
    a_new_status_completes_nothing,
}

async fn columns_are_created_changed_and_moved(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let first = world.column(0);
    let op = json!({"kind": "column.create", "name": "Later", "status": "todo", "wip_limit": 3, "before": first});
    let ack = client.ack(&room, op).await;
    assert_keys(&ack, &["id", "type", "op_id", "seq", "version", "column_id"]);
    assert_eq!(int(&ack, "version"), 1);
    let event = client.event(&room).await;
    assert_eq!(text(&event, "kind"), "column.created");
    let column = &event["data"]["column"];
    assert_keys(column, &["id", "name", "status", "rank", "wip_limit", "version"]);
    assert_eq!((&column["name"], &column["wip_limit"]), (&json!("Later"), &json!(3)));
    replica.apply(&event);
    let created = text(&ack, "column_id").to_owned();
    assert_eq!(replica.column_order()[0], created);

    let set = json!({"name": "Someday", "status": "blocked", "wip_limit": null});
    let ack = client.ack(&room, json!({"kind": "column.update", "column_id": created, "version": 1, "set": set})).await;
    assert_eq!(int(&ack, "version"), 2);
    let event = client.event(&room).await;
    assert_eq!((text(&event, "kind"), &event["data"]["set"]), ("column.updated", &set));
    replica.apply(&event);

    let ack = client.ack(&room, json!({"kind": "column.move", "column_id": created, "after": first})).await;
    let event = client.event(&room).await;
    assert_eq!(text(&event, "kind"), "column.moved");
    assert_keys(&event["data"], &["column_id", "version", "rank"]);
    assert_eq!(event["data"]["version"], ack["version"]);
    replica.apply(&event);
    assert_eq!(replica.column_order()[1], created);
    client.ack(&room, json!({"kind": "column.move", "column_id": created})).await;
    replica.apply_all(&client.events(&room, 1).await);
    assert_eq!(replica.column_order().last(), Some(&created), "to the end");

    // An id of the client's choice, taken on this board and on another.
    let chosen = new_id();
    let op = json!({"kind": "column.create", "column_id": chosen, "name": "Mine", "status": "done"});
    client.ack(&room, op.clone()).await;
    client.reject(&room, op, "CONFLICT").await;
    let elsewhere = &world.boards[1].column_ids[0];
    let op = json!({"kind": "column.create", "column_id": elsewhere, "name": "Theirs", "status": "done"});
    client.reject(&room, op, "CONFLICT").await;
    for (op, field) in [
        (json!({"kind": "column.create", "name": "", "status": "todo"}), "name"),
        (json!({"kind": "column.create", "name": "x".repeat(51), "status": "todo"}), "name"),
        (json!({"kind": "column.create", "name": "x", "status": "archived"}), "status"),
        (json!({"kind": "column.create", "name": "x", "status": "todo", "wip_limit": 0}), "wip_limit"),
        (json!({"kind": "column.update", "column_id": created, "set": {"status": null}}), "status"),
        (json!({"kind": "column.update", "column_id": created, "set": {"rank": "a"}}), "rank"),
        (json!({"kind": "column.update", "column_id": created}), "set"),
    ] {
        let answer = client.reject(&room, op.clone(), "VALIDATION_ERROR").await;
        let named = list(&answer, "details").iter().any(|detail| text(detail, "field").ends_with(field));
        assert!(named, "{op}: {field} is not named in {answer}");
    }
    client.reject(&room, json!({"kind": "column.update", "column_id": created, "set": {}}), "VALIDATION_ERROR").await;
    client.reject(&room, json!({"kind": "column.move", "column_id": new_id()}), "NOT_FOUND").await;
    world.assert_converged(&mut client, &mut replica).await;
}

/// Without `move_tasks_to` the column must be empty; with it, its tasks go there in their order.
async fn a_column_is_deleted(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(world.new_task(&mut client, &format!("task {n}")).await);
    }
    replica.apply_all(&client.events(&room, 3).await);
    let (from, to) = (world.column(0), done_column(&world).await);
    client.reject(&room, json!({"kind": "column.delete", "column_id": from}), "CONFLICT").await;
    client
        .reject(&room, json!({"kind": "column.delete", "column_id": from, "move_tasks_to": new_id()}), "NOT_FOUND")
        .await;
    let itself = client.op(&room, json!({"kind": "column.delete", "column_id": from, "move_tasks_to": from})).await;
    assert_eq!(itself["type"], "reject", "{itself}");
    let expected = [replica.order(&to), replica.order(from)].concat();
    let ack = client.ack(&room, json!({"kind": "column.delete", "column_id": from, "move_tasks_to": to})).await;
    let event = client.event(&room).await;
    assert_eq!(text(&event, "kind"), "column.deleted");
    assert_keys(&event["data"], &["column_id", "version", "to_column_id", "moved"]);
    assert_eq!((&event["data"]["version"], &event["data"]["to_column_id"]), (&ack["version"], &json!(to)));
    for moved in list(&event["data"], "moved") {
        assert_keys(moved, &["task_id", "version", "rank", "completed_at"]);
        assert_eq!(moved["completed_at"], event["at"], "they entered a done column");
    }
    replica.apply(&event);
    assert_eq!(replica.order(&to), expected);
    client.reject(&room, json!({"kind": "column.move", "column_id": from}), "NOT_FOUND").await;
    client.reject(&room, json!({"kind": "task.move", "task_id": made[0], "column_id": from}), "NOT_FOUND").await;
    // An empty one goes without a word.
    let op = json!({"kind": "column.create", "name": "Empty", "status": "todo"});
    let empty = client.ack(&room, op).await;
    client.ack(&room, json!({"kind": "column.delete", "column_id": empty["column_id"]})).await;
    world.assert_converged(&mut client, &mut replica).await;
    // The history of a task tells of the column that it lost.
    let history = world.rest.pages(&format!("/tasks/{}/history", made[0]), &world.owner().token).await;
    let kinds: Vec<_> = history.iter().map(|event| text(event, "kind")).collect();
    assert!(kinds.contains(&"column.deleted") && kinds.contains(&"task.created"), "{kinds:?}");
}

/// At most 500 tasks are moved by one op.
async fn a_column_of_more_than_500_tasks_stays(engine: Engine) {
    let population = Population { tasks: 2510, ..Population::default() };
    let world = World::populated(engine, population).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let sizes: Vec<_> = world.board().column_ids.iter().map(|column| replica.order(column).len()).collect();
    let full = sizes.iter().position(|size| *size > 500).expect("tasks are spread over the columns");
    let other = (full + 1) % 5;
    let op = json!({"kind": "column.delete", "column_id": world.column(full), "move_tasks_to": world.column(other)});
    client.reject(&room, op.clone(), "CONFLICT").await;
    for task_id in replica.order(world.column(full)).iter().skip(500) {
        client.ack(&room, json!({"kind": "task.move", "task_id": task_id, "column_id": world.column(other)})).await;
    }
    client.ack(&room, op).await;
    world.assert_converged(&mut client, &mut replica).await;
}

/// Create, move in, restore and `move_tasks_to` past the limit are refused; within and out never.
async fn a_full_column_takes_no_more(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let op = json!({"kind": "column.create", "name": "Narrow", "status": "in_progress", "wip_limit": 2});
    let narrow = text(&client.ack(&room, op).await, "column_id").to_owned();
    let create = json!({"kind": "task.create", "column_id": narrow, "title": "inside"});
    let one = client.ack(&room, create.clone()).await;
    let two = client.ack(&room, create.clone()).await;
    let full = client.reject(&room, create.clone(), "WIP_LIMIT").await;
    assert!(full.get("details").is_none() || full["details"].is_array(), "{full}");
    client
        .reject(&room, json!({"kind": "task.move", "task_id": world.task(0), "column_id": narrow}), "WIP_LIMIT")
        .await;
    // Within the column, and out of it.
    let within = json!({"kind": "task.move", "task_id": two["task_id"], "column_id": narrow, "before": one["task_id"]});
    client.ack(&room, within).await;
    // A limit may be set below the present count.
    let op = json!({"kind": "column.update", "column_id": narrow, "set": {"wip_limit": 1}});
    client.ack(&room, op).await;
    client
        .ack(
            &room,
            json!({"kind": "task.move", "task_id": one["task_id"], "column_id": narrow, "before": two["task_id"]}),
        )
        .await;
    client.ack(&room, json!({"kind": "task.move", "task_id": one["task_id"], "column_id": world.column(0)})).await;
    client
        .reject(&room, json!({"kind": "task.move", "task_id": one["task_id"], "column_id": narrow}), "WIP_LIMIT")
        .await;
    let op = json!({"kind": "column.delete", "column_id": world.column(0), "move_tasks_to": narrow});
    client.reject(&room, op, "WIP_LIMIT").await;
    client.ack(&room, json!({"kind": "column.update", "column_id": narrow, "set": {"wip_limit": null}})).await;
    client.ack(&room, create).await;
    world.assert_converged(&mut client, &mut replica).await;
}

/// A column that changes its status leaves `completed_at` of its tasks as it was.
async fn a_new_status_completes_nothing(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let task_id = world.new_task(&mut client, "open").await;
    let op = json!({"kind": "column.update", "column_id": world.column(0), "set": {"status": "done"}});
    client.ack(&room, op).await;
    replica.apply_all(&client.events(&room, 2).await);
    assert_eq!(world.read_task(&task_id).await["completed_at"], json!(null));
    world.assert_converged(&mut client, &mut replica).await;
}
