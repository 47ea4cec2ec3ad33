//! Protocol section 3: who may enter which room, snapshot or recovery, what each room carries.

use crate::both;
use crate::support::world::Population;
use crate::support::*;
use std::time::{Duration, Instant};

const NOBODY: &str = "01920000-0000-7000-8000-000000000000";

both! {
    a_board_is_entered_with_a_snapshot,
    rooms_are_closed_to_strangers,
    a_client_that_comes_back_is_brought_up_to_date,
    a_tail_has_a_bound,
    a_large_board_is_entered,
    a_room_is_left,
    a_second_subscription_is_a_fresh_start,
    whoever_loses_access_is_out_within_a_second,
    a_workspace_room_tells_of_its_projects_and_members,
    task_and_project_rooms_may_be_followed,
    requests_for_one_room_keep_their_order,
}

async fn a_board_is_entered_with_a_snapshot(engine: Engine) {
    let world = World::start(engine).await;
    let mut client = world.connect(world.owner()).await;
    let subscribed = client.subscribe(&world.room()).await;
    assert_eq!(subscribed["recovered"], false);
    assert_eq!(subscribed["seq"], 0, "what seed put there is the base, not events");
    assert!(!text(&subscribed, "history").is_empty());
    assert!(subscribed.get("events").is_none(), "never both");
    let snapshot = &subscribed["snapshot"];
    assert_eq!(snapshot["board"]["id"], world.board().id.as_str());
    assert_eq!((list(snapshot, "columns").len(), list(snapshot, "tasks").len()), (5, 10));
    for column in list(snapshot, "columns") {
        assert_keys(column, &["id", "name", "status", "rank", "wip_limit", "version"]);
    }
    for task in list(snapshot, "tasks") {
        assert_keys(task, &TASK_KEYS);
    }
    let board = world.read_board().await;
    assert_eq!(board["history"], subscribed["history"]);
    Replica::new(&board).assert_same(&Replica::new(&subscribed));
}

/// Not a member, or no such room: `NOT_FOUND`; `user:` of somebody else: `FORBIDDEN`.
async fn rooms_are_closed_to_strangers(engine: Engine) {
    let world = World::start(engine).await;
    let mut stranger = world.connect(world.outsider()).await;
    let board = world.board();
    let mine = format!("user:{}", world.outsider().id);
    for room in [
        format!("board:{}", board.id),
        format!("workspace:{}", board.workspace_id),
        format!("project:{}", board.project_id),
        format!("task:{}", board.task_ids[0]),
        format!("board:{NOBODY}"),
        format!("workspace:{NOBODY}"),
        format!("project:{NOBODY}"),
        format!("task:{NOBODY}"),
    ] {
        let answer = stranger.request(json!({"type": "subscribe", "room": room})).await;
        assert_eq!((text(&answer, "type"), text(&answer, "code")), ("error", "NOT_FOUND"), "{room}: {answer}");
    }
    let theirs = format!("user:{}", world.owner().id);
    let answer = stranger.request(json!({"type": "subscribe", "room": theirs})).await;
    assert_eq!(answer["code"], "FORBIDDEN", "{answer}");
    let answer = stranger.subscribe(&mine).await;
    assert!(answer.get("seq").is_none() && answer.get("snapshot").is_none(), "{answer}");
    let op = json!({"kind": "task.delete", "task_id": world.task(0)});
    stranger.reject(&world.room(), op, "NOT_FOUND").await;
    for room in ["", "board", "board:", "board:7", "planet:01920000-0000-7000-8000-000000000000", "board:x:y"] {
        let answer = stranger.request(json!({"type": "subscribe", "room": room})).await;
        let code = text(&answer, "code").to_owned();
        assert!(code == "VALIDATION_ERROR" || code == "NOT_FOUND", "{room:?}: {answer}");
    }
    assert!(stranger.is_alive().await);
}

/// An absent `since`, 0, one ahead, or another `history` gets a snapshot; else the missed events, whole or none.
async fn a_client_that_comes_back_is_brought_up_to_date(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut writer, mut replica) = world.follow(world.owner()).await;
    let history = text(&writer.subscribe(&room).await, "history").to_owned();
    for n in 0..5 {
        world.new_task(&mut writer, &format!("task {n}")).await;
    }
    replica.apply_all(&writer.events(&room, 5).await);

    let mut reader = world.connect(world.member(0)).await;
    let recovered = reader.subscribe_since(&room, 2, &history).await;
    assert_eq!((&recovered["recovered"], &recovered["seq"]), (&json!(true), &json!(5)));
    assert!(recovered.get("snapshot").is_none(), "never both");
    let seqs: Vec<_> = list(&recovered, "events").iter().map(|event| int(event, "seq")).collect();
    assert_eq!(seqs, [3, 4, 5]);
    let up_to_date = reader.subscribe_since(&room, 5, &history).await;
    assert_eq!((&up_to_date["recovered"], list(&up_to_date, "events").len()), (&json!(true), 0));
    // A `history` that is not sent is not compared.
    let unnamed = reader.subscribe_with(json!({"type": "subscribe", "room": room, "since": 4})).await;
    assert_eq!((&unnamed["recovered"], list(&unnamed, "events").len()), (&json!(true), 1));
    for (since, history) in [(0, history.as_str()), (6, &history), (1 << 50, &history), (4, "another")] {
        let afresh = reader.subscribe_since(&room, since, history).await;
        assert_eq!(afresh["recovered"], false, "since {since}, {history}");
        // The snapshot may be older than the head; then the events after it follow at once.
        let mut brought = Replica::new(&afresh);
        world.assert_converged(&mut reader, &mut brought).await;
        replica.assert_same(&brought);
    }
    for bad in [json!(-1), json!("4"), json!(1.5)] {
        let answer = reader.request(json!({"type": "subscribe", "room": room, "since": bad})).await;
        assert_eq!(answer["code"], "VALIDATION_ERROR", "{answer}");
    }
    world.new_task(&mut writer, "the first live event").await;
    assert_eq!(reader.event(&room).await["seq"], 6);
}

/// Over 1,000 events, or a tail of over 512 KiB, becomes a snapshot.
async fn a_tail_has_a_bound(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let path = format!("/boards/{}/ops", world.board().id);
    let ops: Vec<_> = (0..1000)
        .map(|n| json!({"op_id": new_id(), "kind": "task.move", "task_id": world.task(n % 10), "column_id": world.column(n % 5)}))
        .collect();
    world.rest.post(&path, &world.owner().token, json!({ "ops": ops })).await.ok(200);
    world.new_task(&mut client, "one more").await;
    let mut reader = world.connect(world.member(0)).await;
    let history = text(&reader.subscribe(&room).await, "history").to_owned();
    let whole = reader.subscribe_since(&room, 1, &history).await;
    assert_eq!((&whole["recovered"], list(&whole, "events").len()), (&json!(true), 1000));
    // Since 0 is never replayed, so one event more makes the tail too long.
    world.new_task(&mut client, "and one more").await;
    assert_eq!(reader.subscribe_since(&room, 1, &history).await["recovered"], false);
    assert_eq!(reader.subscribe_since(&room, 2, &history).await["recovered"], true);

    let head = world.read_board().await["seq"].as_i64().unwrap();
    for n in 0..12 {
        let set = json!({"description": char::from(b'a' + n).to_string().repeat(50_000)});
        client.ack(&room, json!({"kind": "task.update", "task_id": world.task(0), "set": set})).await;
    }
    assert_eq!(reader.subscribe_since(&room, head, &history).await["recovered"], false);
    assert_eq!(reader.subscribe_since(&room, head + 6, &history).await["recovered"], true);
    world.assert_converged(&mut client, &mut replica).await;
}

/// A snapshot larger than the outgoing bound is streamed, and nobody is cut for it.
async fn a_large_board_is_entered(engine: Engine) {
    let population = Population { tasks: 4000, boards: 1, workspaces: 1, users: 4, ..Population::default() };
    let world = World::populated(engine, population).await;
    let (mut client, mut replica) = world.follow(world.owner()).await;
    assert!(client.last_text.len() > 1 << 20, "{} bytes", client.last_text.len());
    assert_eq!(replica.task_count(), 4000);
    let mut other = world.connect(world.member(0)).await;
    let id = other.ask(json!({"type": "subscribe", "room": world.room()})).await;
    world.new_task(&mut client, "while it streams").await;
    assert_eq!(other.answer(id).await["type"], "subscribed");
    world.assert_converged(&mut client, &mut replica).await;
    assert!(other.is_alive().await);
}

/// `unsubscribe` stops the room and nothing else; ops in flight go on.
async fn a_room_is_left(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut leaver = world.connect(world.member(0)).await;
    leaver.subscribe(&room).await;
    let op = json!({"kind": "task.create", "column_id": world.column(0), "title": "in flight"});
    let op = leaver.ask(json!({"type": "op", "room": room, "op_id": new_id(), "op": op})).await;
    let left = leaver.request(json!({"type": "unsubscribe", "room": room})).await;
    assert_eq!((text(&left, "type"), text(&left, "room")), ("unsubscribed", room.as_str()));
    assert!(left.get("code").is_none(), "{left}");
    assert_eq!(leaver.answer(op).await["type"], "ack");
    leaver.take_events(&room);
    let mut writer = world.connect(world.owner()).await;
    world.new_task(&mut writer, "unheard").await;
    leaver.listen(300).await;
    assert_eq!(leaver.take_events(&room), Vec::<Value>::new());
    // An op needs the right to write, not a subscription.
    world.new_task(&mut leaver, "from outside the room").await;
    let mut again = Replica::new(&leaver.subscribe(&room).await);
    world.assert_converged(&mut leaver, &mut again).await;
    assert_eq!(again.seq, 3);
}

/// A second `subscribe` for the same room is a fresh start, and doubles nothing.
async fn a_second_subscription_is_a_fresh_start(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (mut client, _) = world.follow(world.owner()).await;
    let mut replica = Replica::new(&client.subscribe(&room).await);
    world.new_task(&mut client, "once").await;
    world.assert_converged(&mut client, &mut replica).await;
    client.listen(200).await;
    assert!(client.take_events(&room).is_empty());
    assert_eq!(list(&client.subscribe(&room).await, "presence").len(), 1);
}

/// Whoever loses access gets `unsubscribed` with `FORBIDDEN` within a second, and nothing of the room after it.
async fn whoever_loses_access_is_out_within_a_second(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let workspace = format!("workspace:{}", world.workspace());
    let lost = world.member(0).clone();
    let mut client = world.connect(&lost).await;
    client.subscribe(&room).await;
    client.subscribe(&workspace).await;
    let mut writer = world.connect(world.owner()).await;
    let path = format!("/workspaces/{}/members/{}", world.workspace(), lost.id);
    world.rest.delete(&path, &world.owner().token).await.ok(204);
    let started = Instant::now();
    for left in [&room, &workspace] {
        let frame = client.wait("unsubscribed", |frame| frame["room"] == left.as_str()).await;
        assert_eq!((text(&frame, "type"), text(&frame, "code")), ("unsubscribed", "FORBIDDEN"), "{frame}");
    }
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    client.take_events(&workspace);
    world.new_task(&mut writer, "not for them").await;
    client.listen(300).await;
    assert!(client.take_events(&room).is_empty() && client.take_events(&workspace).is_empty());
    let op = json!({"kind": "task.update", "task_id": world.task(0), "set": {"title": "no more"}});
    client.reject(&room, op, "NOT_FOUND").await;
    assert!(client.is_alive().await, "a problem with one room never closes the connection");
}

/// `workspace:` carries `project.*`, `board.*` and `member.*`, without `seq`.
async fn a_workspace_room_tells_of_its_projects_and_members(engine: Engine) {
    let world = World::start(engine).await;
    let room = format!("workspace:{}", world.workspace());
    let mut client = world.connect(world.member(0)).await;
    let subscribed = client.subscribe(&room).await;
    for absent in ["seq", "history", "snapshot", "events"] {
        assert!(subscribed.get(absent).is_none(), "{absent} in {subscribed}");
    }
    assert_eq!(list(&subscribed, "presence").len(), 1);
    let token = &world.owner().token;
    let project = json!({"name": "Moon"});
    let project = world.rest.post(&format!("/workspaces/{}/projects", world.workspace()), token, project).await.ok(201);
    heard(&mut client, &room, "project.created").await;
    let project = text(&project, "id");
    let path = format!("/projects/{project}/boards");
    world.rest.post(&path, token, json!({"name": "Second"})).await.ok(201);
    heard(&mut client, &room, "board.created").await;
    // Project-wide events go to the project's room too.
    let project_room = format!("project:{project}");
    let mut other = world.connect(world.member(1)).await;
    other.subscribe(&project_room).await;
    world.rest.patch(&format!("/projects/{project}"), token, json!({"name": "Mars"})).await.ok(200);
    heard(&mut client, &room, "project.updated").await;
    heard(&mut other, &project_room, "project.updated").await;
    let invited = json!({"email": world.outsider().email, "role": "viewer"});
    world.rest.post(&format!("/workspaces/{}/members", world.workspace()), token, invited).await.ok(201);
    let added = heard(&mut client, &room, "member.").await;
    assert!(added["data"].to_string().contains(&world.outsider().id), "{added}");
    world.set_role(world.outsider(), "member").await;
    heard(&mut client, &room, "member.").await;
    let path = format!("/workspaces/{}/members/{}", world.workspace(), world.outsider().id);
    world.rest.delete(&path, token).await.ok(204);
    heard(&mut client, &room, "member.").await;
}

/// `task:` and `project:` may be followed; typing shows there.
async fn task_and_project_rooms_may_be_followed(engine: Engine) {
    let world = World::start(engine).await;
    for room in [format!("task:{}", world.task(0)), format!("project:{}", world.board().project_id)] {
        let mut one = world.connect(world.member(0)).await;
        let mut two = world.connect(world.member(1)).await;
        let subscribed = one.subscribe(&room).await;
        assert!(subscribed.get("seq").is_none() && subscribed["presence"].is_array(), "{subscribed}");
        two.subscribe(&room).await;
        one.update(&room, |update| update["event"] == "join").await;
        two.send(&json!({"type": "presence", "room": room, "state": {"activity": "typing"}})).await;
        let update = one.update(&room, |update| update["event"] == "update").await;
        assert_eq!(update["state"]["activity"], "typing");
    }
}

/// `subscribe`, `unsubscribe` and `op` for one room take effect in the order in which they were sent.
async fn requests_for_one_room_keep_their_order(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut client = world.connect(world.owner()).await;
    let create = |title: &str| {
        let op = json!({"kind": "task.create", "column_id": world.column(0), "title": title});
        json!({"type": "op", "room": room, "op_id": new_id(), "op": op})
    };
    for round in 0..10 {
        let before = client.ask(create("before")).await;
        let subscribe = client.ask(json!({"type": "subscribe", "room": room})).await;
        let between = client.ask(create("between")).await;
        let unsubscribe = client.ask(json!({"type": "unsubscribe", "room": room})).await;
        let after = client.ask(create("after")).await;
        let subscribed = client.answer(subscribe).await;
        let seqs = [client.answer(before).await, client.answer(between).await, client.answer(after).await]
            .map(|ack| int(&ack, "seq"));
        assert_eq!(seqs, [1, 2, 3].map(|n| round * 3 + n));
        client.answer(unsubscribe).await;
        client.listen(50).await;
        let heard: Vec<_> = client.take_events(&room).iter().map(|event| int(event, "seq")).collect();
        // The snapshot holds at most what was sent before it; what follows is heard until the room was left.
        let expected: Vec<_> = (int(&subscribed, "seq") + 1..=seqs[1]).collect();
        assert!(int(&subscribed, "seq") <= seqs[0], "{subscribed}");
        assert_eq!(heard, expected);
    }
}

/// The next event of a room whose kind begins so.
async fn heard(client: &mut Client, room: &str, kind: &str) -> Value {
    loop {
        let event = client.event(room).await;
        if text(&event, "kind").starts_with(kind) {
            return event;
        }
    }
}

/// A task in a snapshot or event, by protocol section 4.
pub const TASK_KEYS: [&str; 19] = [
    "id",
    "number",
    "title",
    "column_id",
    "rank",
    "version",
    "priority",
    "story_points",
    "due_date",
    "assignee_ids",
    "label_ids",
    "comment_count",
    "attachment_count",
    "subtask_count",
    "subtask_done_count",
    "created_by",
    "created_at",
    "updated_at",
    "completed_at",
];

/// Fails unless these and only these keys are there.
#[track_caller]
pub fn assert_keys(value: &Value, keys: &[&str]) {
    let mut got: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected = keys.to_vec();
    got.sort_unstable();
    expected.sort_unstable();
    assert_eq!(got, expected);
}
