//! P4: an op is applied once, however often it is sent, through whichever door.

use crate::both;
use crate::support::*;

both! {
    a_repeated_op_is_answered_as_the_first_time,
    twins_in_flight_are_one,
    a_rejected_op_is_judged_anew,
    an_id_of_another_board_is_taken,
}

async fn a_repeated_op_is_answered_as_the_first_time(engine: Engine) {
    let mut world = World::start(engine).await;
    let room = world.room();
    let member = world.member(0).clone();
    let mut client = world.connect(&member).await;
    client.subscribe(&room).await;
    let task_id = world.task(0).to_owned();
    let ops = [
        json!({"kind": "task.create", "column_id": world.column(0), "title": "once"}),
        json!({"kind": "task.update", "task_id": task_id, "set": {"title": "once more"}}),
        json!({"kind": "task.move", "task_id": task_id, "column_id": world.column(2)}),
    ];
    let mut first = Vec::new();
    for op in &ops {
        let op_id = new_id();
        let mut answer = client.op_as(&room, &op_id, op.clone()).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        answer["id"] = json!(null);
        first.push((op_id, op.clone(), answer));
    }
    assert_eq!(client.events(&room, 3).await.len(), 3);
    // At once, from another session, after a crash, and after many others.
    let check = async |client: &mut Client| {
        for (op_id, op, ack) in &first {
            let mut answer = client.op_as(&room, op_id, op.clone()).await;
            answer["id"] = json!(null);
            assert_eq!(answer, *ack);
        }
    };
    check(&mut client).await;
    check(&mut world.connect(&member).await).await;
    client.listen(200).await;
    assert_eq!(client.take_events(&room), Vec::<Value>::new(), "applied once");
    world.server.kill();
    world.server.restart().await;
    check(&mut world.connect(&member).await).await;
    // More than the last 1,000 ops lie between: the log itself must know.
    let many: Vec<_> = (0..1000)
        .map(|n| json!({"op_id": new_id(), "kind": "task.move", "task_id": world.task(1), "column_id": world.column(n % 5)}))
        .collect();
    let path = format!("/boards/{}/ops", world.board().id);
    for half in many.chunks(1000) {
        world.rest.post(&path, &member.token, json!({ "ops": half })).await.ok(200);
    }
    let extra = json!({"ops": [{"op_id": new_id(), "kind": "task.move", "task_id": world.task(1), "column_id": world.column(1)}]});
    world.rest.post(&path, &member.token, extra).await.ok(200);
    let mut client = world.connect(&member).await;
    check(&mut client).await;
    world.server.kill();
    world.server.restart().await;
    let mut client = world.connect(&member).await;
    check(&mut client).await;
    assert_eq!(world.log(0).await.len(), 1004);

    // The same op_id with another op, or from another user, is CONFLICT: old ones and new ones.
    let (op_id, op, _) = &first[1];
    let other = json!({"kind": "task.update", "task_id": task_id, "set": {"title": "something else"}});
    let answer = client.op_as(&room, op_id, other).await;
    assert_eq!((text(&answer, "type"), text(&answer, "code")), ("reject", "CONFLICT"), "{answer}");
    let mut stranger = world.connect(world.member(1)).await;
    let answer = stranger.op_as(&room, op_id, op.clone()).await;
    assert_eq!((text(&answer, "type"), text(&answer, "code")), ("reject", "CONFLICT"), "{answer}");
    let fresh = new_id();
    let op = json!({"kind": "task.update", "task_id": task_id, "set": {"title": "fresh"}});
    assert_eq!(client.op_as(&room, &fresh, op.clone()).await["type"], "ack");
    let answer = stranger.op_as(&room, &fresh, op).await;
    assert_eq!(text(&answer, "code"), "CONFLICT", "{answer}");
}

/// Two at once, neither answered yet.
async fn twins_in_flight_are_one(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let mut twin = world.connect(world.member(0)).await;
    for n in 0..20 {
        let op = json!({"kind": "task.create", "column_id": world.column(0), "title": format!("twin {n}")});
        let frame = json!({"type": "op", "room": room, "op_id": new_id(), "op": op});
        let (one, two) = (client.ask(frame.clone()).await, twin.ask(frame.clone()).await);
        let three = client.ask(frame).await;
        let answers = [client.answer(one).await, client.answer(three).await, twin.answer(two).await];
        for answer in &answers {
            assert_eq!(answer["type"], "ack", "{answer}");
            for field in ["seq", "version", "task_id", "number"] {
                assert_eq!(answer[field], answers[0][field]);
            }
        }
    }
    replica.apply_all(&client.events(&room, 20).await);
    world.assert_converged(&mut client, &mut replica).await;
}

/// Only applied ops are remembered; a rejected one is judged anew.
async fn a_rejected_op_is_judged_anew(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut client = world.connect(world.owner()).await;
    let op = json!({"kind": "column.create", "name": "Narrow", "status": "todo", "wip_limit": 1});
    let narrow = text(&client.ack(&room, op).await, "column_id").to_owned();
    let inside = json!({"kind": "task.create", "column_id": narrow, "title": "inside"});
    client.ack(&room, inside.clone()).await;
    let op_id = new_id();
    assert_eq!(client.op_as(&room, &op_id, inside.clone()).await["code"], "WIP_LIMIT");
    client.ack(&room, json!({"kind": "column.update", "column_id": narrow, "set": {"wip_limit": 2}})).await;
    assert_eq!(client.op_as(&room, &op_id, inside).await["type"], "ack");
    // An op_id belongs to a board: another board may use the same.
    let other = &world.boards[1];
    let stranger = world.people.iter().find(|person| {
        person.id != world.owner().id && other.workspace_id != world.workspace() && world.outsider().id == person.id
    });
    if let Some(person) = stranger {
        let mut client = world.connect(person).await;
        let op = json!({"kind": "task.create", "column_id": other.column_ids[0], "title": "elsewhere"});
        assert_eq!(client.op_as(&format!("board:{}", other.id), &op_id, op).await["type"], "ack");
    }
}

/// A client-chosen id that exists on another board is CONFLICT, and spoils nobody else's batch.
async fn an_id_of_another_board_is_taken(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let taken = world.boards[1].task_ids[0].clone();
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let mut ids = Vec::new();
    for n in 0..30 {
        let mut op = json!({"kind": "task.create", "column_id": world.column(0), "title": format!("task {n}")});
        if n % 10 == 5 {
            op["task_id"] = json!(taken);
        }
        ids.push(client.ask(json!({"type": "op", "room": room, "op_id": new_id(), "op": op})).await);
    }
    for (n, id) in ids.into_iter().enumerate() {
        let answer = client.answer(id).await;
        if n % 10 == 5 {
            assert_eq!((text(&answer, "type"), text(&answer, "code")), ("reject", "CONFLICT"), "{answer}");
        } else {
            assert_eq!(answer["type"], "ack", "{answer}");
        }
    }
    replica.apply_all(&client.events(&room, 27).await);
    world.assert_converged(&mut client, &mut replica).await;
}
