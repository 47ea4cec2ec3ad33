//! Protocol section 4 "Placing": neighbours, ranks, respacing.

use crate::both;
use crate::support::*;

both! {
    neighbours_decide,
    a_gap_never_runs_out,
    columns_and_new_tasks_squeeze_too,
}

/// `after` decides; `before` counts only where `after` is absent or gone; with neither left it goes to the end.
async fn neighbours_decide(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let column =
        text(&client.ack(&room, json!({"kind": "column.create", "name": "Mine", "status": "todo"})).await, "column_id")
            .to_owned();
    let mut made = Vec::new();
    for name in ["aaa", "bbb", "ccc", "ddd"] {
        let op = json!({"kind": "task.create", "column_id": column, "title": name});
        made.push(text(&client.ack(&room, op).await, "task_id").to_owned());
    }
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| made[n].as_str());
    let elsewhere = world.task(0);
    let gone = new_id();
    for (task, place, expected) in [
        (d, json!({"after": a}), [a, d, b, c]),
        (d, json!({"before": a}), [d, a, b, c]),
        (d, json!({}), [a, b, c, d]),
        // `after` decides, whatever `before` says.
        (d, json!({"after": a, "before": c}), [a, d, b, c]),
        (d, json!({"after": c, "before": a}), [a, b, c, d]),
        // A neighbour that is gone, or in another column, does not count.
        (d, json!({"after": gone, "before": b}), [a, d, b, c]),
        (d, json!({"after": elsewhere, "before": a}), [d, a, b, c]),
        (d, json!({"after": gone, "before": elsewhere}), [a, b, c, d]),
        // Naming oneself is as if left out.
        (d, json!({"after": d, "before": a}), [d, a, b, c]),
        (d, json!({"after": d}), [a, b, c, d]),
        (d, json!({"before": d}), [a, b, c, d]),
        (a, json!({"after": d, "before": a}), [b, c, d, a]),
        (a, json!({"before": b}), [a, b, c, d]),
        (b, json!({"after": null, "before": null}), [a, c, d, b]),
        (b, json!({"after": a}), [a, b, c, d]),
    ] {
        let mut op = json!({"kind": "task.move", "task_id": task, "column_id": column});
        for (key, value) in place.as_object().unwrap() {
            op[key] = value.clone();
        }
        client.ack(&room, op.clone()).await;
        let missing = client.events(&room, 1).await;
        if replica.seq == 0 {
            // The five that made the column and its tasks came first.
            replica.apply_all(&missing);
            replica.apply_all(&client.events(&room, 5).await);
        } else {
            replica.apply_all(&missing);
        }
        assert_eq!(replica.order(&column), expected, "{op}");
    }
    // A create is placed by the same rule.
    let op = json!({"kind": "task.create", "column_id": column, "title": "between", "after": b, "before": d});
    let e = text(&client.ack(&room, op).await, "task_id").to_owned();
    replica.apply_all(&client.events(&room, 1).await);
    assert_eq!(replica.order(&column), [a, b, &e, c, d]);
    world.assert_converged(&mut client, &mut replica).await;
}

/// Ranks stay within 64 bytes after any number of squeezes into one gap; `ranks` tells of respaced neighbours.
async fn a_gap_never_runs_out(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let column = text(
        &client.ack(&room, json!({"kind": "column.create", "name": "Tight", "status": "todo"})).await,
        "column_id",
    )
    .to_owned();
    let mut made = Vec::new();
    for n in 0..4 {
        let op = json!({"kind": "task.create", "column_id": column, "title": format!("task {n}")});
        made.push(text(&client.ack(&room, op).await, "task_id").to_owned());
    }
    let versions_before = int(&world.read_task(&made[0]).await, "version");
    // The two in the middle take turns right behind the first: the same gap is halved each time.
    for n in 0..700 {
        let task = &made[1 + n % 2];
        let op = json!({"kind": "task.move", "task_id": task, "column_id": column, "after": made[0]});
        client.ask(json!({"type": "op", "room": room, "op_id": new_id(), "op": op})).await;
    }
    let squeezed = client.events(&room, 705).await;
    replica.apply_all(&squeezed);
    assert_eq!(replica.order(&column), [&made[0], &made[2], &made[1], &made[3]].map(String::clone));
    let respaced = squeezed.iter().filter(|event| event["data"].get("ranks").is_some()).count();
    assert!(respaced > 0 && respaced < 100, "{respaced} of 700 events moved neighbours");
    // Neighbours were respaced, and it is no change in the sense of P6.
    let op = json!({"kind": "task.move", "task_id": made[0], "column_id": column, "version": versions_before, "before": made[3]});
    client.ack(&room, op).await;
    world.assert_converged(&mut client, &mut replica).await;
}

/// The same for columns, and for new tasks squeezed in front.
async fn columns_and_new_tasks_squeeze_too(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let columns = world.board().column_ids.clone();
    for n in 0..320 {
        let op = json!({"kind": "column.move", "column_id": columns[1 + n % 2], "after": columns[0]});
        client.ask(json!({"type": "op", "room": room, "op_id": new_id(), "op": op})).await;
    }
    replica.apply_all(&client.events(&room, 320).await);
    assert_eq!(replica.column_order()[..3], [&columns[0], &columns[2], &columns[1]].map(String::clone));
    let first = replica.order(world.column(3)).first().expect("tasks are spread over the columns").clone();
    let mut above = first.clone();
    for n in 0..150 {
        let op = json!({"kind": "task.create", "column_id": world.column(3), "title": format!("squeezed {n}"), "after": first});
        above = text(&client.ack(&room, op).await, "task_id").to_owned();
    }
    replica.apply_all(&client.events(&room, 150).await);
    assert_eq!(replica.order(world.column(3))[..2], [first, above]);
    world.assert_converged(&mut client, &mut replica).await;
}
