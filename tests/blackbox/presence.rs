//! Protocol section 3 "Presence" and P8: who is here, folded, healed.

use crate::both;
use crate::support::world::Population;
use crate::support::*;
use std::time::{Duration, Instant};

both! {
    others_see_a_session_come_change_and_go,
    those_who_come_at_once_hear_of_each_other,
    a_state_has_bounds,
    updates_are_folded,
    a_crowd_is_counted_not_listed,
    a_user_is_online_once,
    a_vanished_session_leaves,
}

async fn others_see_a_session_come_change_and_go(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let (ada, bob) = (world.member(0), world.member(1));
    let mut watcher = world.connect(ada).await;
    let subscribed = watcher.subscribe(&room).await;
    let own = &list(&subscribed, "presence")[0];
    assert_eq!(own["session_id"], watcher.session_id(), "oneself included");
    assert_eq!((&own["user"]["id"], &own["state"]), (&json!(ada.id), &json!({})));

    let mut other = world.connect(bob).await;
    let list_of_other = other.subscribe(&room).await;
    assert_eq!(list(&list_of_other, "presence").len(), 2);
    let session_id = other.session_id().to_owned();
    let join = watcher.update(&room, |_| true).await;
    let user = &other.connected["user"];
    assert_eq!(join, json!({"event": "join", "session_id": session_id, "user": user, "state": {}}));

    let state = json!({"task_id": world.task(0), "activity": "editing", "cursor": [0.31, 0.77]});
    other.send(&json!({"type": "presence", "room": room, "state": state})).await;
    let update = watcher.update(&room, |_| true).await;
    assert_eq!(update, json!({"event": "update", "session_id": session_id, "state": state}));
    // A state replaces the one before.
    other.send(&json!({"type": "presence", "room": room, "state": {"away": true}})).await;
    let update = watcher.update(&room, |_| true).await;
    assert_eq!(update["state"], json!({"away": true}));
    let subscribed = watcher.subscribe(&room).await;
    let listed = list(&subscribed, "presence").iter().find(|item| item["session_id"] == session_id.as_str());
    assert_eq!(listed.expect("still there")["state"], json!({"away": true}));

    other.request(json!({"type": "unsubscribe", "room": room})).await;
    let leave = watcher.update(&room, |update| update["event"] == "leave").await;
    assert_eq!(leave, json!({"event": "leave", "session_id": session_id}));
    other.subscribe(&room).await;
    watcher.update(&room, |update| update["event"] == "join").await;
    other.close().await;
    watcher.update(&room, |update| update["event"] == "leave").await;
    assert_eq!(watcher.take_updates(&room), Vec::<Value>::new());
    let own = watcher.session_id().to_owned();
    watcher.subscribe(&room).await;
    watcher.listen(200).await;
    let told = watcher.take_updates(&room);
    assert!(told.iter().all(|update| update["session_id"] != own.as_str()), "told its own: {told:?}");
}

/// A state is a JSON object of at most 1 KiB and needs a subscription.
/// On boards that nobody has opened yet all wait for the same reading; nothing else happens there that would tell them.
async fn those_who_come_at_once_hear_of_each_other(engine: Engine) {
    let population = Population { users: 4, workspaces: 1, boards: 12, tasks: 60, token_ttl: "24h" };
    let world = World::populated(engine, population).await;
    let (mut one, mut other) = (world.connect(world.owner()).await, world.connect(world.member(0)).await);
    let ids = [one.session_id().to_owned(), other.session_id().to_owned()];
    for board in &world.boards {
        let room = board.room();
        let (of_one, of_other) = tokio::join!(one.subscribe(&room), other.subscribe(&room));
        for (client, subscribed, id) in [(&mut one, of_one, &ids[1]), (&mut other, of_other, &ids[0])] {
            let is_other = |item: &Value| item["session_id"] == id.as_str();
            if !list(&subscribed, "presence").iter().any(is_other) {
                client.update(&room, |update| update["event"] == "join" && is_other(update)).await;
            }
        }
    }
}

async fn a_state_has_bounds(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut client = world.connect(world.member(0)).await;
    let answer = client.request(json!({"type": "presence", "room": room, "state": {}})).await;
    assert_eq!(answer["type"], "error", "not subscribed: {answer}");
    client.subscribe(&room).await;
    for bad in [json!(null), json!("editing"), json!([1]), json!({"x": "y".repeat(1024)})] {
        let answer = client.request(json!({"type": "presence", "room": room, "state": bad})).await;
        assert_eq!(answer["code"], "VALIDATION_ERROR", "{answer}");
    }
    client.send(&json!({"type": "presence", "room": room, "state": {"x": "y".repeat(1000)}})).await;
    assert!(client.is_alive().await);
    assert_eq!(client.take_frames(), Vec::<Value>::new(), "a good one has no answer");
}

/// At most 20 frames a second to a session, the latest state of each other session in one.
async fn updates_are_folded(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut watcher = world.connect(world.member(0)).await;
    watcher.subscribe(&room).await;
    let mut mover = world.connect(world.member(1)).await;
    mover.subscribe(&room).await;
    watcher.update(&room, |update| update["event"] == "join").await;
    let started = Instant::now();
    for n in 0..300 {
        mover.send(&json!({"type": "presence", "room": room, "state": {"n": n}})).await;
        if n % 10 == 0 {
            sleep_ms(30).await;
        }
    }
    let mut frames = 0;
    loop {
        let update = watcher.update(&room, |_| true).await;
        frames += 1;
        if update["state"]["n"] == 299 {
            break;
        }
    }
    let most = 20.0 * started.elapsed().as_secs_f64() + 5.0;
    assert!(f64::from(frames) <= most, "{frames} updates in {:?}", started.elapsed());
    assert!(frames >= 3, "{frames} updates in {:?}", started.elapsed());
}

/// In a room of more than 200 sessions the list holds only those that have set a state.
async fn a_crowd_is_counted_not_listed(engine: Engine) {
    let population = Population { users: 20, workspaces: 1, boards: 1, ..Population::default() };
    let world = World::populated(engine, population).await;
    let room = world.room();
    let members = world.members();
    let mut crowd = Vec::new();
    for n in 0..205 {
        let mut client = world.connect(members[n % members.len()]).await;
        client.subscribe(&room).await;
        crowd.push(client);
    }
    crowd[0].send(&json!({"type": "presence", "room": room, "state": {"here": true}})).await;
    let mut late = world.connect(members[0]).await;
    let first = crowd[0].session_id().to_owned();
    until("only the one with a state is listed", async || {
        let subscribed = late.subscribe(&room).await;
        let sessions: Vec<_> = list(&subscribed, "presence").iter().map(|item| item["session_id"].clone()).collect();
        assert_eq!(subscribed["presence_count"], 206);
        sessions == [json!(first)]
    })
    .await;
    // Joins and leaves are folded to one frame a second.
    crowd[1].take_updates(&room);
    let started = Instant::now();
    let session = crowd[150].session_id().to_owned();
    drop(crowd.drain(150..));
    crowd[1].update(&room, |update| update["event"] == "leave" && update["session_id"] == session.as_str()).await;
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// `user.online` on a user's first connection, `user.offline` on the last.
async fn a_user_is_online_once(engine: Engine) {
    let world = World::start(engine).await;
    let room = format!("workspace:{}", world.workspace());
    let mut watcher = world.connect(world.owner()).await;
    watcher.subscribe(&room).await;
    let bob = world.member(1);
    let first = world.connect(bob).await;
    let mut online = watcher.event(&room).await;
    if online["data"]["user_id"] == world.owner().id.as_str() {
        // Its own arrival may still have been on the way.
        online = watcher.event(&room).await;
    }
    assert_eq!(online["kind"], "user.online", "{online}");
    assert_eq!(online["data"]["user_id"], bob.id.as_str());
    let second = world.connect(bob).await;
    first.close().await;
    watcher.listen(1000).await;
    assert_eq!(watcher.take_events(&room), Vec::<Value>::new(), "a second tab tells nothing");
    let closed = Instant::now();
    second.close().await;
    let offline = watcher.event(&room).await;
    assert_eq!(offline["kind"], "user.offline", "{offline}");
    assert_eq!(offline["data"]["user_id"], bob.id.as_str());
    assert!(offline["data"]["last_seen"].is_string(), "{offline}");
    assert!(closed.elapsed() < Duration::from_secs(30));
}

/// Presence of one who vanished without a word heals; its TCP connection was reset, as a dead process leaves it.
async fn a_vanished_session_leaves(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let mut watcher = world.connect(world.owner()).await;
    watcher.subscribe(&room).await;
    let mut vanishing = world.connect(world.member(1)).await;
    vanishing.subscribe(&room).await;
    let session_id = vanishing.session_id().to_owned();
    watcher.update(&room, |update| update["event"] == "join").await;
    drop(vanishing);
    let leave = watcher.update(&room, |update| update["event"] == "leave").await;
    assert_eq!(leave["session_id"], session_id.as_str());
}
