//! P6 and protocol section 4 "Versions": conflicts by field, merges, what is told to whom.

use crate::both;
use crate::support::*;

both! {
    a_changed_field_conflicts,
    other_fields_are_merged,
    deletes_conflict_and_sets_do_not,
    columns_conflict_by_field_too,
    conflicts_survive_a_restart,
    of_many_at_once_one_wins,
}

/// A field that was changed since is rejected, with the current state and who changed what.
async fn a_changed_field_conflicts(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (ada, bob) = (world.member(0), world.member(1));
    let mut one = world.connect(ada).await;
    let (mut two, mut replica) = world.follow(bob).await;
    let task_id = world.task(0);
    let base = int(&world.read_task(task_id).await, "version");
    one.ack(&room, update(task_id, base, json!({"title": "Ada's title"}))).await;
    let event = two.event(&room).await;
    let answer = two.reject(&room, update(task_id, base, json!({"title": "Bob's title"})), "VERSION_CONFLICT").await;
    let current = &answer["current"];
    assert_eq!((&current["id"], &current["title"]), (&json!(task_id), &json!("Ada's title")));
    assert_eq!(current["version"], base + 1);
    assert!(current.get("description").is_none(), "only where the op touched it: {answer}");
    let conflict = json!([{"field": "title", "version": base + 1, "actor_id": ada.id, "at": event["at"]}]);
    assert_eq!(answer["conflicts"], conflict);
    // Knowing the newer version, or none, it goes.
    two.ack(&room, update(task_id, base + 1, json!({"title": "Bob's title"}))).await;
    let op = json!({"kind": "task.update", "task_id": task_id, "set": {"title": "The last writer wins, knowingly"}});
    one.ack(&room, op).await;
    replica.apply(&event);
    world.assert_converged(&mut two, &mut replica).await;
}

/// If only other fields were changed, it is merged, and ack and event bear the new version.
async fn other_fields_are_merged(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let task_id = world.task(0);
    let base = int(&world.read_task(task_id).await, "version");
    let label = json!({"name": "bug", "color": "#a0b1c2"});
    let labels = format!("/projects/{}/labels", world.board().project_id);
    let label = world.rest.post(&labels, &world.member(0).token, label).await.ok(201);
    let ops = [
        update(task_id, base, json!({"title": "A new title"})),
        update(task_id, base, json!({"description": "new words"})),
        update(task_id, base, json!({"priority": "low"})),
        update(task_id, base, json!({"story_points": 5})),
        update(task_id, base, json!({"due_date": "2027-01-01T00:00:00Z"})),
        update(task_id, base, json!({"assignee_ids": [world.member(1).id]})),
        update(task_id, base, json!({"label_ids": [label["id"]]})),
        json!({"kind": "task.move", "task_id": task_id, "version": base, "column_id": world.column(4)}),
    ];
    let fields =
        ["title", "description", "priority", "story_points", "due_date", "assignee_ids", "label_ids", "position"];
    for (n, op) in ops.iter().enumerate() {
        let ack = client.ack(&room, op.clone()).await;
        assert_eq!(int(&ack, "version"), base + n as i64 + 1);
        let event = client.event(&room).await;
        assert_eq!(event["data"]["version"], ack["version"]);
        replica.apply(&event);
    }
    for (op, field) in ops.iter().zip(fields) {
        let answer = client.reject(&room, op.clone(), "VERSION_CONFLICT").await;
        let named: Vec<_> = list(&answer, "conflicts").iter().map(|conflict| text(conflict, "field")).collect();
        assert_eq!(named, [field], "{answer}");
        assert_eq!(answer["current"].get("description").is_some(), field == "description", "{answer}");
    }
    // Two fields in one op, one of them stale: all or nothing.
    let both = update(task_id, base + 1, json!({"title": "newer", "priority": "high"}));
    let answer = client.reject(&room, both, "VERSION_CONFLICT").await;
    assert_eq!(list(&answer, "conflicts").len(), 1);
    world.assert_converged(&mut client, &mut replica).await;
}

/// Deleting touches every field; adding and removing ids never conflicts.
async fn deletes_conflict_and_sets_do_not(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let task_id = world.task(0);
    let base = int(&world.read_task(task_id).await, "version");
    let ids = [world.member(0).id.clone(), world.member(1).id.clone()];
    for id in &ids {
        let op = json!({"kind": "task.update", "task_id": task_id, "version": base, "add_assignee_ids": [id]});
        client.ack(&room, op).await;
    }
    let op = json!({"kind": "task.update", "task_id": task_id, "version": base, "remove_assignee_ids": [ids[0]]});
    client.ack(&room, op).await;
    assert_eq!(world.read_task(task_id).await["assignee_ids"], json!([ids[1]]));
    // But setting the whole list does.
    let answer = client.reject(&room, update(task_id, base, json!({"assignee_ids": []})), "VERSION_CONFLICT").await;
    assert_eq!(answer["conflicts"][0]["field"], "assignee_ids");
    let delete = json!({"kind": "task.delete", "task_id": task_id, "version": base});
    let answer = client.reject(&room, delete, "VERSION_CONFLICT").await;
    assert_eq!(answer["conflicts"][0]["field"], "assignee_ids");
    client.ack(&room, json!({"kind": "task.delete", "task_id": task_id, "version": base + 3})).await;
    // After a restore, whatever was based on the time before it conflicts no less.
    client.ack(&room, json!({"kind": "task.restore", "task_id": task_id})).await;
    let answer = client.op(&room, update(task_id, base + 3, json!({"title": "from before"}))).await;
    assert!(answer["type"] == "ack" || answer["code"] == "VERSION_CONFLICT", "{answer}");
    world.assert_converged(&mut client, &mut replica).await;
}

async fn columns_conflict_by_field_too(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let column_id = world.column(1);
    let set = |set: Value| json!({"kind": "column.update", "column_id": column_id, "version": 1, "set": set});
    client.ack(&room, set(json!({"name": "Doing"}))).await;
    client.ack(&room, set(json!({"wip_limit": 50}))).await;
    let ack = client.ack(&room, json!({"kind": "column.move", "column_id": column_id, "version": 1})).await;
    assert_eq!(int(&ack, "version"), 4);
    let answer = client.reject(&room, set(json!({"name": "Busy"})), "VERSION_CONFLICT").await;
    assert_eq!((&answer["current"]["name"], &answer["conflicts"][0]["field"]), (&json!("Doing"), &json!("name")));
    assert_eq!(answer["conflicts"][0]["version"], 2);
    let op = json!({"kind": "column.move", "column_id": column_id, "version": 3});
    let answer = client.reject(&room, op, "VERSION_CONFLICT").await;
    assert_eq!(answer["conflicts"][0]["field"], "position");
    let op = json!({"kind": "column.delete", "column_id": column_id, "version": 1, "move_tasks_to": world.column(0)});
    let answer = client.reject(&room, op, "VERSION_CONFLICT").await;
    assert!(list(&answer, "conflicts").len() >= 2, "{answer}");
    for bad in [0, -3, 5, 1_i64 << 40] {
        let op = json!({"kind": "column.move", "column_id": column_id, "version": bad});
        client.reject(&room, op, "VALIDATION_ERROR").await;
    }
    world.assert_converged(&mut client, &mut replica).await;
}

/// What changed since is known after a restart as before it.
async fn conflicts_survive_a_restart(engine: Engine) {
    let mut world = World::start(engine).await;
    let room = world.room();
    let task_id = world.task(0).to_owned();
    let base = int(&world.read_task(&task_id).await, "version");
    let ada = world.member(0).clone();
    let mut client = world.connect(&ada).await;
    client.ack(&room, update(&task_id, base, json!({"title": "Before the crash"}))).await;
    world.server.kill();
    world.server.restart().await;
    let mut client = world.connect(world.member(1)).await;
    let stale = update(&task_id, base, json!({"title": "After the crash"}));
    let answer = client.reject(&room, stale, "VERSION_CONFLICT").await;
    assert_eq!(answer["conflicts"][0]["actor_id"], ada.id.as_str());
    let ack = client.ack(&room, update(&task_id, base, json!({"priority": "low"}))).await;
    assert_eq!(int(&ack, "version"), base + 2);
}

/// Ops by ten people on one field at one version: one is applied, nine are told.
async fn of_many_at_once_one_wins(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let task_id = world.task(0);
    let base = int(&world.read_task(task_id).await, "version");
    let mut clients = Vec::new();
    for n in 0..4 {
        clients.push(world.connect(world.member(n % 3)).await);
    }
    let mut asked = Vec::new();
    for (n, client) in clients.iter_mut().enumerate() {
        let op = update(task_id, base, json!({"title": format!("title {n}")}));
        asked.push(client.ask(json!({"type": "op", "room": room, "op_id": new_id(), "op": op})).await);
    }
    let mut acks = 0;
    for (client, id) in clients.iter_mut().zip(asked) {
        let answer = client.answer(id).await;
        acks += i32::from(answer["type"] == "ack");
        assert!(answer["type"] == "ack" || answer["code"] == "VERSION_CONFLICT", "{answer}");
    }
    assert_eq!(acks, 1);
}

fn update(task_id: &str, version: i64, set: Value) -> Value {
    json!({"kind": "task.update", "task_id": task_id, "version": version, "set": set})
}
