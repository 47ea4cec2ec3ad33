//! Protocol section 4: every kind of op on a task, its ack, its event, what it is refused for.

use crate::both;
use crate::rooms::{TASK_KEYS, assert_keys};
use crate::support::rest::names_field;
use crate::support::*;

both! {
    a_task_is_created,
    a_task_is_updated,
    assignees_are_added_and_removed,
    labels_are_added_and_removed,
    a_task_is_moved,
    a_task_is_deleted_and_restored,
    a_field_out_of_bounds_is_named,
    an_op_without_a_readable_op_id_is_an_error,
}

async fn a_task_is_created(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let op = json!({"kind": "task.create", "column_id": world.column(0), "title": "Write tests"});
    let op_id = new_id();
    let ack = client.op_as(&room, &op_id, op).await;
    assert_keys(&ack, &["id", "type", "op_id", "seq", "version", "task_id", "number"]);
    assert_eq!((int(&ack, "seq"), int(&ack, "version")), (1, 1));
    let event = client.event(&room).await;
    assert_keys(&event, &["seq", "kind", "op_id", "actor_id", "at", "data"]);
    assert_eq!((text(&event, "kind"), text(&event, "op_id")), ("task.created", op_id.as_str()));
    assert_eq!(text(&event, "actor_id"), world.member(0).id);
    let task = &event["data"]["task"];
    assert_keys(task, &TASK_KEYS);
    assert_eq!((&task["id"], &task["number"]), (&ack["task_id"], &ack["number"]));
    assert_eq!((&task["priority"], &task["story_points"]), (&json!("medium"), &json!(null)));
    assert_eq!((&task["assignee_ids"], &task["label_ids"]), (&json!([]), &json!([])));
    assert_eq!(task["created_by"], world.member(0).id.as_str());
    assert_eq!((&task["created_at"], &task["updated_at"]), (&event["at"], &event["at"]));
    assert_eq!(task["completed_at"], json!(null));
    replica.apply(&event);

    // Everything that can be set, at once, in a column that is done, by an id of the client's choice.
    let task_id = new_id();
    let people = [&world.owner().id, &world.member(1).id];
    let op = json!({
        "kind": "task.create", "task_id": task_id, "column_id": done_column(&world).await, "title": "Ship",
        "description": "of **theseus**", "priority": "critical", "story_points": 21,
        "due_date": "2027-01-02T03:04:05.678901Z", "assignee_ids": people, "label_ids": [],
    });
    let ack = client.ack(&room, op.clone()).await;
    assert_eq!(ack["task_id"], task_id.as_str());
    let event = client.event(&room).await;
    let task = &event["data"]["task"];
    for field in ["title", "priority", "story_points", "due_date", "assignee_ids"] {
        assert_eq!(task[field], op[field], "{field}");
    }
    assert_eq!(task["completed_at"], event["at"], "it entered a done column");
    replica.apply(&event);
    let read = world.read_task(&task_id).await;
    assert_eq!(read["description"], "of **theseus**");
    assert!(int(&read, "number") > 0);
    // A `task_id` that exists is CONFLICT.
    client.reject(&room, op, "CONFLICT").await;
    world.assert_converged(&mut client, &mut replica).await;
}

async fn a_task_is_updated(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let task_id = world.task(0);
    let before = world.read_task(task_id).await;
    let version = int(&before, "version");
    let set = json!({"title": "Renamed", "priority": "high", "story_points": 3, "due_date": "2027-05-06T00:00:00Z"});
    let op = json!({"kind": "task.update", "task_id": task_id, "version": version, "set": set});
    let ack = client.ack(&room, op).await;
    assert_keys(&ack, &["id", "type", "op_id", "seq", "version"]);
    assert_eq!(int(&ack, "version"), version + 1);
    let event = client.event(&room).await;
    assert_eq!(text(&event, "kind"), "task.updated");
    assert_keys(&event["data"], &["task_id", "version", "set"]);
    assert_eq!(event["data"]["set"]["due_date"], "2027-05-06T00:00:00.000000Z", "whole new values, as they stand");
    assert_eq!(event["data"]["set"]["story_points"], 3);
    replica.apply(&event);
    // Null clears a nullable field.
    let set = json!({"story_points": null, "due_date": null});
    client.ack(&room, json!({"kind": "task.update", "task_id": task_id, "set": set})).await;
    let event = client.event(&room).await;
    assert_eq!(event["data"]["set"], json!({"story_points": null, "due_date": null}));
    replica.apply(&event);
    // A description goes to the log and to REST, never into a snapshot.
    let long = "سلام 🦀 ".repeat(7000);
    client.ack(&room, json!({"kind": "task.update", "task_id": task_id, "set": {"description": long}})).await;
    let event = client.event(&room).await;
    assert_eq!(event["data"]["set"]["description"], long.as_str());
    replica.apply(&event);
    assert_eq!(world.read_task(task_id).await["description"], long.as_str());
    // An op that changes nothing grows the version all the same.
    let ack = client.ack(&room, json!({"kind": "task.update", "task_id": task_id, "set": {"title": "Renamed"}})).await;
    assert_eq!(int(&ack, "version"), version + 4);
    world.assert_converged(&mut client, &mut replica).await;
}

async fn assignees_are_added_and_removed(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let task_id = world.new_task(&mut client, "shared work").await;
    replica.apply_all(&client.events(&room, 1).await);
    let [ada, bob, eve] = [0, 1, 2].map(|n| world.member(n).id.clone());
    let update = |fields: Value| {
        let mut op = json!({"kind": "task.update", "task_id": task_id});
        for (key, value) in fields.as_object().unwrap() {
            op[key] = value.clone();
        }
        op
    };
    for (fields, expected) in [
        (json!({"add_assignee_ids": [ada, bob]}), vec![&ada, &bob]),
        (json!({"add_assignee_ids": [bob, eve]}), vec![&ada, &bob, &eve]),
        (json!({"remove_assignee_ids": [bob]}), vec![&ada, &eve]),
        (json!({"set": {"assignee_ids": [eve]}}), vec![&eve]),
        (json!({"add_assignee_ids": [ada], "remove_assignee_ids": [eve], "set": {"title": "at once"}}), vec![&ada]),
    ] {
        client.ack(&room, update(fields.clone())).await;
        let event = client.event(&room).await;
        // `set` holds whole new values, also where ids were added or removed.
        let mut got: Vec<_> = list(&event["data"]["set"], "assignee_ids").to_vec();
        let mut expected: Vec<_> = expected.into_iter().map(|id| json!(id)).collect();
        got.sort_by_key(Value::to_string);
        expected.sort_by_key(Value::to_string);
        assert_eq!(got, expected, "{fields}");
        replica.apply(&event);
    }
    // An assignee must be a member.
    let answer =
        client.reject(&room, update(json!({"add_assignee_ids": [world.outsider().id]})), "VALIDATION_ERROR").await;
    assert!(names_field(&answer, "add_assignee_ids") || answer["details"].is_array(), "{answer}");
    client.reject(&room, update(json!({"add_label_ids": [new_id()]})), "VALIDATION_ERROR").await;
    client.reject(&room, update(json!({})), "VALIDATION_ERROR").await;
    world.assert_converged(&mut client, &mut replica).await;
}

async fn labels_are_added_and_removed(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let labels = format!("/projects/{}/labels", world.board().project_id);
    let mut ids = Vec::new();
    for name in ["bug", "ux"] {
        let label = json!({"name": name, "color": "#a0b1c2"});
        let label = world.rest.post(&labels, &world.member(0).token, label).await.ok(201);
        ids.push(text(&label, "id").to_owned());
    }
    let task_id = world.task(0);
    let op = json!({"kind": "task.update", "task_id": task_id, "add_label_ids": ids});
    client.ack(&room, op).await;
    let event = client.event(&room).await;
    assert_eq!(list(&event["data"]["set"], "label_ids").len(), 2);
    replica.apply(&event);
    let op = json!({"kind": "task.update", "task_id": task_id, "remove_label_ids": [ids[0]]});
    client.ack(&room, op).await;
    let event = client.event(&room).await;
    assert_eq!(event["data"]["set"]["label_ids"], json!([ids[1]]));
    replica.apply(&event);
    // A label that was deleted can't be given, and nothing breaks for those who hold it.
    world.rest.delete(&format!("/labels/{}", ids[0]), &world.owner().token).await.ok(204);
    let op = json!({"kind": "task.update", "task_id": task_id, "add_label_ids": [ids[0]]});
    client.reject(&room, op, "VALIDATION_ERROR").await;
    world.rest.delete(&format!("/labels/{}", ids[1]), &world.owner().token).await.ok(204);
    client.ack(&room, json!({"kind": "task.update", "task_id": task_id, "set": {"title": "still fine"}})).await;
    world.rest.get(&format!("/tasks/{task_id}"), &world.owner().token).await.ok(200);
}

async fn a_task_is_moved(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let task_id = world.new_task(&mut client, "on its way").await;
    replica.apply_all(&client.events(&room, 1).await);
    let done = done_column(&world).await;
    let mut from = world.column(0).to_owned();
    for (to, completed) in [(world.column(1), false), (&done, true), (&done, true), (world.column(0), false)] {
        let op = json!({"kind": "task.move", "task_id": task_id, "column_id": to});
        let ack = client.ack(&room, op).await;
        let event = client.event(&room).await;
        assert_eq!(text(&event, "kind"), "task.moved");
        let change = &event["data"];
        assert_keys(change, &["task_id", "version", "from_column_id", "column_id", "rank", "completed_at"]);
        assert_eq!((&change["from_column_id"], &change["column_id"]), (&json!(from), &json!(to)));
        assert_eq!(change["version"], ack["version"]);
        assert_eq!(change["completed_at"].is_string(), completed, "{event}");
        if completed && from != done {
            assert_eq!(change["completed_at"], event["at"]);
        }
        replica.apply(&event);
        from = to.to_owned();
    }
    client.reject(&room, json!({"kind": "task.move", "task_id": task_id, "column_id": new_id()}), "NOT_FOUND").await;
    client.reject(&room, json!({"kind": "task.move", "task_id": new_id(), "column_id": from}), "NOT_FOUND").await;
    world.assert_converged(&mut client, &mut replica).await;
}

/// Deleted is `NOT_FOUND`; restored its versions go on.
async fn a_task_is_deleted_and_restored(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let task_id = world.task(3);
    let before = world.read_task(task_id).await;
    client.ack(&room, json!({"kind": "task.update", "task_id": task_id, "set": {"description": "kept"}})).await;
    let ack = client
        .ack(&room, json!({"kind": "task.delete", "task_id": task_id, "version": int(&before, "version") + 1}))
        .await;
    replica.apply_all(&client.events(&room, 2).await);
    let gone = replica.find_task(task_id);
    assert!(gone.is_none());
    for op in [
        json!({"kind": "task.update", "task_id": task_id, "set": {"title": "ghost"}}),
        json!({"kind": "task.move", "task_id": task_id, "column_id": world.column(0)}),
        json!({"kind": "task.delete", "task_id": task_id}),
    ] {
        client.reject(&room, op, "NOT_FOUND").await;
    }
    world.rest.get(&format!("/tasks/{task_id}"), &world.owner().token).await.refused(404, "NOT_FOUND");
    // Its id stays taken.
    let op = json!({"kind": "task.create", "task_id": task_id, "column_id": world.column(0), "title": "usurper"});
    client.reject(&room, op, "CONFLICT").await;
    let restored = client.ack(&room, json!({"kind": "task.restore", "task_id": task_id})).await;
    assert_eq!(int(&restored, "version"), int(&ack, "version") + 1);
    let event = client.event(&room).await;
    assert_eq!(text(&event, "kind"), "task.restored");
    assert_keys(&event["data"]["task"], &TASK_KEYS);
    assert_eq!(event["data"]["task"]["number"], before["number"]);
    replica.apply(&event);
    assert_eq!(world.read_task(task_id).await["description"], "kept");
    let again = client.op(&room, json!({"kind": "task.restore", "task_id": task_id})).await;
    assert_eq!(again["type"], "reject", "it is not deleted: {again}");
    client.reject(&room, json!({"kind": "task.restore", "task_id": new_id()}), "NOT_FOUND").await;
    world.assert_converged(&mut client, &mut replica).await;
}

/// Everything of section 4 that is out of bounds, with the field that is wrong named in `details`.
async fn a_field_out_of_bounds_is_named(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut client = world.connect(world.owner()).await;
    let task_id = world.task(0);
    let update = |set: Value| json!({"kind": "task.update", "task_id": task_id, "set": set});
    let create = |field: &str, value: Value| {
        let mut op = json!({"kind": "task.create", "column_id": world.column(0), "title": "fine"});
        op[field] = value;
        op
    };
    let many: Vec<_> = (0..51).map(|_| new_id()).collect();
    for (op, field) in [
        (update(json!({"title": "ab"})), "set.title"),
        (update(json!({"title": "ن".repeat(201)})), "set.title"),
        (update(json!({"title": "a\u{0}bc"})), "set.title"),
        (update(json!({"title": null})), "set.title"),
        (update(json!({"title": 7})), "set.title"),
        (update(json!({"description": "x".repeat(50_001)})), "set.description"),
        (update(json!({"priority": "urgent"})), "set.priority"),
        (update(json!({"priority": null})), "set.priority"),
        (update(json!({"story_points": 0})), "set.story_points"),
        (update(json!({"story_points": 22})), "set.story_points"),
        (update(json!({"story_points": 1.5})), "set.story_points"),
        (update(json!({"story_points": "3"})), "set.story_points"),
        (update(json!({"due_date": "tomorrow"})), "set.due_date"),
        (update(json!({"assignee_ids": ["x"]})), "set.assignee_ids[0]"),
        (update(json!({"assignee_ids": many})), "set.assignee_ids"),
        (update(json!({"colour": "red"})), "set.colour"),
        (create("title", json!("")), "title"),
        (create("column_id", json!(7)), "column_id"),
        (create("task_id", json!("seven")), "task_id"),
        (create("version", json!(1)), "version"),
        (create("story_points", json!(-1)), "story_points"),
        (json!({"kind": "task.create", "title": "nowhere"}), "column_id"),
        (json!({"kind": "task.delete"}), "task_id"),
        (json!({"kind": "task.move", "task_id": task_id}), "column_id"),
        (json!({"kind": "task.move", "task_id": task_id, "column_id": world.column(0), "version": 0}), "version"),
        (json!({"kind": "task.move", "task_id": task_id, "column_id": world.column(0), "version": -1}), "version"),
        (json!({"kind": "task.move", "task_id": task_id, "column_id": world.column(0), "version": 99}), "version"),
        (json!({"kind": "task.fly"}), "kind"),
        (json!({"kind": 3}), "kind"),
        (json!({}), "kind"),
    ] {
        let answer = client.reject(&room, op.clone(), "VALIDATION_ERROR").await;
        let named = list(&answer, "details").iter().any(|detail| text(detail, "field").ends_with(field));
        assert!(named, "{op}: {field} is not named in {answer}");
        assert!(list(&answer, "details").iter().all(|detail| !text(detail, "message").is_empty()));
    }
    client.reject(&room, update(json!({})), "VALIDATION_ERROR").await;
    for good in ["سلا", "🦀🦀🦀", " \ttabs\tstay\n", &"👩‍👩‍👧‍👦".repeat(28), &"ن".repeat(200), "می‌شود", "\u{202e}rtl"]
    {
        client.ack(&room, update(json!({"title": good}))).await;
        assert_eq!(world.read_task(task_id).await["title"], good, "kept as it came");
    }
    client.ack(&room, update(json!({"description": "🦀".repeat(50_000)}))).await;
    assert!(client.is_alive().await);
}

/// An op is answered by `ack` or `reject`, by `error` only where its `op_id` cannot be read.
async fn an_op_without_a_readable_op_id_is_an_error(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut client = world.connect(world.owner()).await;
    let op = json!({"kind": "task.delete", "task_id": world.task(0)});
    for frame in [
        json!({"type": "op", "room": room, "op": op}),
        json!({"type": "op", "room": room, "op_id": "seven", "op": op}),
        json!({"type": "op", "room": room, "op_id": 7, "op": op}),
    ] {
        let answer = client.request(frame).await;
        assert_eq!((text(&answer, "type"), text(&answer, "code")), ("error", "VALIDATION_ERROR"), "{answer}");
    }
    for frame in [
        json!({"type": "op", "room": room, "op_id": new_id()}),
        json!({"type": "op", "room": room, "op_id": new_id(), "op": 7}),
        json!({"type": "op", "room": room, "op_id": new_id(), "op": op, "colour": "red"}),
    ] {
        let answer = client.request(frame).await;
        assert_eq!((text(&answer, "type"), text(&answer, "code")), ("reject", "VALIDATION_ERROR"), "{answer}");
    }
    let answer = client.request(json!({"type": "op", "room": "workspace:x", "op_id": new_id(), "op": op})).await;
    assert_eq!(answer["type"], "reject", "{answer}");
    // A client may send an id of any version.
    let answer = client.op_as(&room, "00000000-0000-1000-8000-0123456789ab", op).await;
    assert_eq!(answer["type"], "ack");
}

/// The first column whose status is `done`.
pub async fn done_column(world: &World) -> String {
    let board = world.read_board().await;
    let columns = list(&board["snapshot"], "columns");
    let done = columns.iter().find(|column| column["status"] == "done").expect("one column a status");
    text(done, "id").to_owned()
}
