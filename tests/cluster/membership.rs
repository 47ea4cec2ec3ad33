//! Who is one of the fleet: refusals at the start, the operator's view, nodes that are added.

use crate::support::fleet::{Bus, Fleet, Held, Plan};
use crate::support::server::{Home, Server};
use crate::support::world::Population;
use crate::support::*;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn small(nodes: usize) -> Plan {
    let population = Population { users: 4, workspaces: 1, boards: 2, tasks: 4, token_ttl: "24h" };
    Plan { nodes, population, ..Plan::default() }
}

/// `serve` must end by itself, with a code that is not 0; what it said.
async fn refused(home: &Home) -> String {
    let mut command = home.command(&["serve"]);
    command.env("TEAMFLOW_LISTEN", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        sleep_ms(20).await;
    }
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code().is_some_and(|code| code != 0), "not refused: {:?}\n{said}", output.status);
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Without Redis a second node on the same database is refused, with what to do; once the first is dead, it is let in.
#[test]
fn a_second_node_without_redis() {
    block_on(async {
        let mut fleet = Fleet::planned(Plan { bus: Bus::None, ..small(1) }).await;
        fleet.open(&fleet.boards[0]).await;
        let home = fleet.home("another");
        let said = refused(&home).await;
        assert!(said.contains("REDIS_URL"), "it must say what to set:\n{said}");
        assert!(said.contains("node-1"), "it must say who is there:\n{said}");
        assert_eq!(fleet.ready(0).await, Some(200), "the first goes on");
        fleet.open(&fleet.boards[0]).await;
        fleet.nodes[0].server.kill();
        let successor = Server::start_in(home).await;
        let rest = Rest::new(&successor.address());
        let path = format!("/boards/{}/tasks", fleet.boards[0].id);
        until("it has taken over", async || {
            rest.post(&path, &fleet.owner().token, json!({"title": "by the successor"})).await.status == 201
        })
        .await;
    });
}

/// Nodes with Redis and nodes without don't mix, whoever comes first.
#[test]
fn nodes_with_and_without_redis() {
    block_on(async {
        let fleet = Fleet::planned(small(2)).await;
        let mut home = fleet.home("without");
        home.unset("REDIS_URL");
        let said = refused(&home).await;
        assert!(said.contains("REDIS_URL"), "{said}");
        drop(fleet);
        let fleet = Fleet::planned(Plan { bus: Bus::None, ..small(1) }).await;
        let redis = redis::Redis::start();
        let mut home = fleet.home("with");
        home.set("REDIS_URL", &redis.url());
        let said = refused(&home).await;
        assert!(said.contains("REDIS_URL"), "{said}");
    });
}

/// A name belongs to one node.
#[test]
fn a_name_that_is_taken() {
    block_on(async {
        let fleet = Fleet::planned(small(2)).await;
        let said = refused(&fleet.home("node-2")).await;
        assert!(said.contains("node-2") && said.contains("TEAMFLOW_NODE_ID"), "{said}");
    });
}

/// A Redis URL that is none is refused by name, and its password is not shown.
#[test]
fn a_redis_url_that_is_none() {
    block_on(async {
        let fleet = Fleet::planned(Plan { bus: Bus::None, ..small(1) }).await;
        for url in ["localhost:6379", "http://:secret-of-redis@localhost", "redis+sentinel://localhost:26379"] {
            let mut home = fleet.home("another");
            home.set("REDIS_URL", url);
            let said = refused(&home).await;
            assert!(said.contains("REDIS_URL") || said.to_lowercase().contains("redis.url"), "{said}");
            assert!(!said.contains("secret-of-redis"), "a password is shown: {said}");
        }
    });
}

/// The operator's view: every node, by every node, and who is dead.
#[test]
fn the_cluster_is_shown() {
    block_on(async {
        let mut fleet = Fleet::planned(small(3)).await;
        let (admin, member) = (fleet.owner().clone(), fleet.member(0).clone());
        fleet.make_admin(&admin);
        fleet.rest(0).get("/cluster", &member.token).await.refused(403, "FORBIDDEN");
        fleet.rest(0).get("/cluster", "").await.refused(401, "UNAUTHORIZED");
        for board in &fleet.boards {
            fleet.open(board).await;
        }
        let _connected = fleet.connect(1, &member).await;
        for index in 0..3 {
            until("every node shows every node", async || {
                let shown = fleet.rest(index).get("/cluster", &admin.token).await.ok(200);
                let nodes = list(&shown, "nodes");
                let boards: i64 = nodes.iter().map(|node| int(node, "boards")).sum();
                let sessions =
                    nodes.iter().find(|node| node["node_id"] == "node-2").map_or(0, |node| int(node, "sessions"));
                nodes.len() == 3 && boards == 2 && sessions == 1
            })
            .await;
            let shown = fleet.rest(index).get("/cluster", &admin.token).await.ok(200);
            for node in list(&shown, "nodes") {
                assert_eq!((text(node, "state"), text(node, "bus")), ("live", "ok"), "{node}");
                let is_self = text(node, "node_id") == fleet.nodes[index].name;
                assert_eq!(node["is_self"], is_self, "{node}");
                assert!(text(node, "started_at") <= text(node, "beat_at"), "{node}");
                assert!(!text(node, "version").is_empty() && text(node, "incarnation").len() == 36, "{node}");
            }
        }
        let mut here = fleet.connect(0, &member).await;
        let mut there = fleet.connect(2, &member).await;
        here.subscribe(&fleet.boards[0].room()).await;
        there.subscribe(&fleet.boards[0].room()).await;
        for index in 0..3 {
            until("every node counts the sessions of all", async || {
                let boards = fleet.rest(index).pages("/cluster/boards", &admin.token).await;
                let board = boards.iter().find(|board| board["board_id"] == json!(fleet.boards[0].id));
                boards.len() == 2 && board.is_some_and(|board| int(board, "subscribers") == 2)
            })
            .await;
        }
        fleet.nodes[2].server.kill();
        until("the dead one is shown as dead", async || {
            let shown = fleet.rest(0).get("/cluster", &admin.token).await.ok(200);
            list(&shown, "nodes").iter().all(|node| {
                let expected = if node["node_id"] == "node-3" { "dead" } else { "live" };
                node["state"] == expected
            })
        })
        .await;
    });
}

/// A node that is added takes over the boards that are its to own, no other board moves, and then all stands still.
#[test]
fn a_node_is_added() {
    block_on(async {
        let population = Population { users: 4, workspaces: 1, boards: 24, tasks: 1, token_ttl: "24h" };
        let mut fleet = Fleet::planned(Plan { population, ..Plan::default() }).await;
        for board in &fleet.boards {
            fleet.open(board).await;
        }
        // A busy machine may be late with its last move, but then there is an end to it.
        let still = async |fleet: &Fleet| {
            let mut before = fleet.held();
            for _ in 0..10 {
                sleep_ms(3000).await;
                let after = fleet.held();
                let stays =
                    |(id, held): (&String, &Held)| (&held.owner, held.epoch) == (&after[id].owner, after[id].epoch);
                if before.iter().all(stays) {
                    return after;
                }
                before = after;
            }
            panic!("boards go from node to node without end: {before:?}");
        };
        let before = still(&fleet).await;
        fleet.add_node().await;
        let newcomer = Some("node-4".to_owned());
        until("the new node owns some boards", async || {
            fleet.held().values().filter(|held| held.owner == newcomer).count() >= 2
        })
        .await;
        sleep_ms(1000).await;
        let after = still(&fleet).await;
        for (board_id, held) in &before {
            let now = &after[board_id];
            assert!(now.owner == newcomer || now.owner == held.owner, "moved without need: {held:?}, then {now:?}");
            assert!(now.epoch <= held.epoch + 3, "a move takes one epoch, or two: {held:?}, then {now:?}");
        }
        let moved = after.values().filter(|held| held.owner == newcomer).count();
        println!("{moved} of 24 boards moved to the new node");
        assert!(moved <= 16, "{moved} of 24 boards moved to one of four nodes");
        // Every board is served by every node, wherever it has gone.
        for (index, board) in fleet.boards.iter().enumerate() {
            let mut client = fleet.connect(index % 4, fleet.owner()).await;
            let op = json!({"kind": "task.create", "column_id": board.column_ids[0], "title": "after the move"});
            client.ack(&board.room(), op).await;
        }
    });
}

/// Boards return to a node that comes back, while everybody writes.
#[test]
fn a_node_leaves_and_returns() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = crate::load::Load::on(&fleet).await;
        load.during(&mut fleet, async |fleet| {
            let index = fleet.owner_of(&fleet.boards[0]).await;
            let name = Some(fleet.nodes[index].name.clone());
            let before = fleet.held();
            fleet.nodes[index].server.terminate();
            let server = &mut fleet.nodes[index].server;
            assert_eq!(server.wait_for_exit(Duration::from_secs(30)).await, Some(0), "{}", server.log());
            fleet.restart(index).await;
            until("its boards are back", async || {
                let now = fleet.held();
                before.iter().filter(|(_, held)| held.owner == name).all(|(board_id, _)| now[board_id].owner == name)
            })
            .await;
        })
        .await;
        load.assert_kept(&fleet, "a node leaves and returns").await;
    });
}
