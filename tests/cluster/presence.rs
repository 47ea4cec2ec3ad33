//! Who is here, over all nodes: one list, one online, nobody left behind.

use crate::support::fleet::{Fleet, Plan};
use crate::support::world::Population;
use crate::support::*;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn small() -> Plan {
    let population = Population { users: 6, workspaces: 1, boards: 2, tasks: 4, token_ttl: "24h" };
    Plan { population, ..Plan::default() }
}

/// The sessions that a fresh `subscribe` on this node lists, but for the asker's own.
async fn listed(fleet: &Fleet, index: usize, room: &str) -> BTreeSet<String> {
    let mut client = fleet.connect(index, fleet.owner()).await;
    let subscribed = client.subscribe(room).await;
    let own = client.session_id().to_owned();
    client.close().await;
    let sessions = list(&subscribed, "presence").iter().map(|item| text(item, "session_id").to_owned());
    sessions.filter(|session| *session != own).collect()
}

/// Sessions on other nodes are in the list, and come, change and go.
#[test]
fn sessions_of_other_nodes() {
    block_on(async {
        let fleet = Fleet::planned(small()).await;
        let board = &fleet.boards[0];
        for room in [board.room(), format!("workspace:{}", fleet.workspace()), format!("task:{}", board.task_ids[0])] {
            let mut watcher = fleet.connect(0, fleet.member(0)).await;
            watcher.subscribe(&room).await;
            let mut other = fleet.connect(1, fleet.member(1)).await;
            other.subscribe(&room).await;
            let session_id = other.session_id().to_owned();
            let join = watcher.update(&room, |update| update["session_id"] == session_id.as_str()).await;
            let user = other.connected["user"].clone();
            assert_eq!(join, json!({"event": "join", "session_id": session_id, "user": user, "state": {}}));
            let state = json!({"activity": "editing", "cursor": [0.31, 0.77]});
            other.send(&json!({"type": "presence", "room": room, "state": state})).await;
            let update = watcher.update(&room, |update| update["event"] == "update").await;
            assert_eq!(update, json!({"event": "update", "session_id": session_id, "state": state}));
            // A third, on a third node, finds both in its list, with their states.
            let mut third = fleet.connect(2, fleet.member(2)).await;
            until("both are listed", async || {
                let subscribed = third.subscribe(&room).await;
                let item =
                    |id: &str| list(&subscribed, "presence").iter().find(|item| item["session_id"] == id).cloned();
                let (first, second) = (item(watcher.session_id()), item(&session_id));
                assert!(item(third.session_id()).is_some(), "oneself included: {subscribed}");
                first.is_some() && second.is_some_and(|item| item["state"] == state && item["user"] == user)
            })
            .await;
            other.close().await;
            let leave = watcher.update(&room, |update| update["event"] == "leave").await;
            assert_eq!(leave, json!({"event": "leave", "session_id": session_id}));
        }
    });
}

/// What a dead node left behind is gone everywhere within ten seconds; so it is when it froze.
#[test]
fn sessions_of_a_dead_node_are_gone() {
    block_on(async {
        let mut fleet = Fleet::planned(small()).await;
        let room = fleet.boards[0].room();
        let mut watchers = Vec::new();
        for index in 0..2 {
            let mut watcher = fleet.connect(index, fleet.member(index)).await;
            watcher.subscribe(&room).await;
            watchers.push(watcher);
        }
        let mut lost = fleet.connect(2, fleet.member(2)).await;
        lost.subscribe(&room).await;
        let session_id = lost.session_id().to_owned();
        for watcher in &mut watchers {
            watcher.update(&room, |update| update["session_id"] == session_id.as_str()).await;
        }
        fleet.nodes[2].server.kill();
        let killed = Instant::now();
        for watcher in &mut watchers {
            let left = |update: &Value| update["event"] == "leave" && update["session_id"] == session_id.as_str();
            watcher.update(&room, left).await;
        }
        println!("gone {:?} after kill -9", killed.elapsed());
        assert!(killed.elapsed() < Duration::from_secs(10), "{:?}", killed.elapsed());
        for index in 0..2 {
            assert!(!listed(&fleet, index, &room).await.contains(&session_id));
        }
        fleet.restart(2).await;
        assert!(!listed(&fleet, 2, &room).await.contains(&session_id));
    });
}

/// A Redis that forgets, or dies and comes back, loses no healthy session and leaves no ghost.
#[test]
fn redis_forgets() {
    block_on(async {
        let mut fleet = Fleet::planned(small()).await;
        let room = fleet.boards[0].room();
        let mut clients = Vec::new();
        for index in 0..3 {
            let mut client = fleet.connect(index, fleet.member(index)).await;
            client.subscribe(&room).await;
            clients.push(client);
        }
        let all: BTreeSet<_> = clients.iter().map(|client| client.session_id().to_owned()).collect();
        for index in 0..3 {
            until("everybody is listed", async || listed(&fleet, index, &room).await == all).await;
        }
        for client in &mut clients {
            client.listen(300).await;
            client.take_updates(&room);
        }
        fleet.redis.as_ref().unwrap().flush();
        for client in &mut clients {
            client.listen(1000).await;
            let left: Vec<_> =
                client.take_updates(&room).into_iter().filter(|update| update["event"] == "leave").collect();
            let left: Vec<_> = left.iter().filter(|update| all.contains(text(update, "session_id"))).collect();
            assert!(left.is_empty(), "a healthy session is said to have left: {left:?}");
        }
        for index in 0..3 {
            assert_eq!(listed(&fleet, index, &room).await, all);
        }
        // One goes while Redis is away, and one comes.
        fleet.redis.as_mut().unwrap().kill();
        let gone = clients.pop().unwrap();
        let gone_id = gone.session_id().to_owned();
        gone.close().await;
        sleep_ms(500).await;
        fleet.redis.as_mut().unwrap().restart();
        let mut late = fleet.connect(2, fleet.member(4)).await;
        late.subscribe(&room).await;
        let mut now = all.clone();
        now.remove(&gone_id);
        now.insert(late.session_id().to_owned());
        for index in 0..3 {
            until("the list is what it should be", async || listed(&fleet, index, &room).await == now).await;
        }
        // Those who stayed were never cut, and know of both.
        for client in &mut clients {
            assert!(client.is_alive().await);
        }
    });
}

/// A user with sessions on two nodes comes online once, and goes offline once, after the last of them.
#[test]
fn a_user_on_two_nodes_is_online_once() {
    block_on(async {
        let fleet = Fleet::planned(small()).await;
        let room = format!("workspace:{}", fleet.workspace());
        let bob = fleet.member(3);
        let mut watchers = Vec::new();
        for index in 0..3 {
            let mut watcher = fleet.connect(index, fleet.owner()).await;
            watcher.subscribe(&room).await;
            watchers.push(watcher);
        }
        sleep_ms(500).await;
        let told = async |watcher: &mut Client| {
            let events = watcher.take_events(&room);
            let of_bob = events.into_iter().filter(|event| event["data"]["user_id"] == bob.id.as_str());
            of_bob.map(|event| text(&event, "kind").to_owned()).collect::<Vec<_>>()
        };
        let first = fleet.connect(0, bob).await;
        sleep_ms(300).await;
        let second = fleet.connect(1, bob).await;
        sleep_ms(300).await;
        first.close().await;
        for watcher in &mut watchers {
            // Longer than the grace after which somebody is offline.
            watcher.listen(2300).await;
            assert_eq!(told(watcher).await, ["user.online"], "once, and not offline while the other is there");
        }
        // From one node to the other within the grace: never away.
        second.close().await;
        sleep_ms(1000).await;
        let third = fleet.connect(2, bob).await;
        for watcher in &mut watchers {
            watcher.listen(2300).await;
            assert_eq!(told(watcher).await, Vec::<String>::new(), "a move to another node is no absence");
        }
        third.close().await;
        for watcher in &mut watchers {
            loop {
                let event = watcher.event(&room).await;
                if event["data"]["user_id"] == bob.id.as_str() {
                    assert_eq!(event["kind"], "user.offline", "{event}");
                    break;
                }
            }
        }
        for watcher in &mut watchers {
            watcher.listen(700).await;
            assert_eq!(told(watcher).await, Vec::<String>::new(), "told once");
        }
    });
}
