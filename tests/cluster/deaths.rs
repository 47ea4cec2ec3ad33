//! Nodes that die, freeze, and are restarted one by one, under load.

use super::load::Load;
use crate::support::fleet::{Fleet, Plan};
use crate::support::*;
use std::time::{Duration, Instant};

/// Longer than every lease: a node whose beat is older than 2 s is dead to the others.
const LEASES_MS: u64 = 6_500;

/// `kill -9` of each node in turn, and back: nothing acked is lost, others go on with its boards.
#[test]
fn each_node_is_killed_in_turn() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        load.during(&mut fleet, async |fleet| {
            for index in 0..3 {
                fleet.nodes[index].server.kill();
                let dead = fleet.nodes[index].name.clone();
                // Long enough for the others to have taken its boards, so that it comes back to find them held.
                until("its boards are others'", async || {
                    fleet.held().values().all(|held| held.owner.as_ref().is_some_and(|owner| *owner != dead))
                })
                .await;
                fleet.restart(index).await;
            }
        })
        .await;
        load.assert_kept(&fleet, "kill -9 of each node").await;
    });
}

/// A node that is killed and comes back at once, before anybody has noticed: twice, and then the others with it.
#[test]
fn killed_and_back_at_once() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        load.during(&mut fleet, async |fleet| {
            for index in [0, 0, 1] {
                fleet.nodes[index].server.kill();
                fleet.restart(index).await;
            }
            for node in &mut fleet.nodes {
                node.server.kill();
            }
            for index in 0..3 {
                fleet.restart(index).await;
            }
        })
        .await;
        load.assert_kept(&fleet, "killed and back at once").await;
    });
}

/// A node that stands still for longer than every lease, with clients that wait for it: what they had sent is applied
/// once, by whoever owns the board then, and nothing under its old epoch after the takeover's first commit.
#[test]
fn a_frozen_node_thaws() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        load.during(&mut fleet, async |fleet| {
            for index in [0, 1] {
                let before = fleet.held();
                fleet.nodes[index].server.freeze();
                sleep_ms(LEASES_MS).await;
                let after = fleet.held();
                let name = Some(fleet.nodes[index].name.clone());
                for (board_id, held) in before.iter().filter(|(_, held)| held.owner == name) {
                    assert_ne!(after[board_id].owner, name, "a frozen node still holds a board");
                    assert!(after[board_id].epoch > held.epoch, "{held:?}, then {:?}", after[board_id]);
                }
                fleet.nodes[index].server.thaw();
                ask_at_once(fleet, index).await;
                fleet.wait_until_ready(index).await;
            }
        })
        .await;
        load.assert_kept(&fleet, "a frozen node thaws").await;
    });
}

/// A node that has just thawed shows no board as it was before: not older than what is committed by now.
async fn ask_at_once(fleet: &Fleet, index: usize) {
    for _ in 0..5 {
        for board in &fleet.boards {
            let committed = fleet.held()[&board.id].head;
            let reply = fleet.rest(index).get(&format!("/boards/{}", board.id), &fleet.owner().token).await;
            if reply.status == 503 {
                continue;
            }
            let seq = int(&reply.ok(200), "seq");
            assert!(seq >= committed, "a thawed node shows {seq}, and {committed} was committed before it was asked");
        }
    }
}

/// SIGTERM and restart of all three under load: each leaves with 0, sockets are told to come back, nothing is lost.
#[test]
fn a_rolling_restart() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        load.during(&mut fleet, async |fleet| {
            for index in 0..3 {
                let mut witness = fleet.connect(index, fleet.owner()).await;
                witness.subscribe(&fleet.boards[0].room()).await;
                let asked = Instant::now();
                fleet.nodes[index].server.terminate();
                assert_eq!(witness.closed(Duration::from_secs(30)).await, 1001);
                let bye = witness.bye.clone().expect("a bye");
                assert_eq!(bye["code"], "DRAINING", "{bye}");
                assert!(bye["reconnect_in_ms"].as_i64().is_none_or(|ms| (0..=300).contains(&ms)), "{bye}");
                let server = &mut fleet.nodes[index].server;
                assert_eq!(server.wait_for_exit(Duration::from_secs(30)).await, Some(0), "{}", server.log());
                println!("{} was gone {:?} after SIGTERM", fleet.nodes[index].name, asked.elapsed());
                let gone = fleet.nodes[index].name.clone();
                let held = fleet.held();
                assert!(held.values().all(|held| held.owner.as_ref() != Some(&gone)), "handed over: {held:?}");
                fleet.restart(index).await;
                sleep_ms(500).await;
            }
        })
        .await;
        load.assert_kept(&fleet, "a rolling restart").await;
    });
}

/// While a node drains, `ready` says so and nobody new is let in; what is open there is still answered.
#[test]
fn a_node_that_drains() {
    block_on(async {
        let env = vec![("TEAMFLOW__SERVER__DRAIN_SECONDS", "3".to_owned())];
        let mut fleet = Fleet::planned(Plan { nodes: 2, env, ..Plan::default() }).await;
        let board = fleet.boards[0].clone();
        let room = board.room();
        let owner = fleet.open(&board).await;
        let mut others = Vec::new();
        for _ in 0..10 {
            let mut other = fleet.connect(owner, fleet.member(0)).await;
            other.subscribe(&room).await;
            others.push(other);
        }
        fleet.nodes[owner].server.terminate();
        until("its door is shut", async || tokio::net::TcpStream::connect(fleet.address(owner)).await.is_err()).await;
        // Those who have not been sent away yet are served: by a relay now.
        let op = json!({"kind": "task.create", "column_id": board.column_ids[0], "title": "while it drains"});
        let mut answered = 0;
        for other in &mut others {
            let frame = json!({"id": 99, "type": "op", "room": room, "op_id": new_id(), "op": op});
            let _ = other.try_send(tokio_tungstenite::tungstenite::Message::text(frame.to_string())).await;
        }
        for other in &mut others {
            assert_eq!(other.closed(Duration::from_secs(30)).await, 1001);
            answered += other.take_frames().iter().filter(|frame| frame["id"] == 99).count();
        }
        println!("{answered} of 10 were answered while the node drained");
        let server = &mut fleet.nodes[owner].server;
        assert_eq!(server.wait_for_exit(Duration::from_secs(30)).await, Some(0), "{}", server.log());
    });
}
