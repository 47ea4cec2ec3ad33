//! A node that does not own a board serves it all the same: ops, events, catch-up, REST.

use crate::support::fleet::{Fleet, Plan};
use crate::support::world::Population;
use crate::support::*;
use std::collections::BTreeSet;

fn small() -> Plan {
    let population = Population { users: 4, workspaces: 1, boards: 2, tasks: 6, token_ttl: "24h" };
    Plan { population, ..Plan::default() }
}

/// Ops through every node are acked, and seen on every node, in one order; each author's in the order sent.
#[test]
fn ops_through_any_node() {
    block_on(async {
        let fleet = Fleet::planned(small()).await;
        let board = &fleet.boards[0];
        let room = board.room();
        let owner = fleet.open(board).await;
        let mut clients = Vec::new();
        for index in 0..3 {
            let mut client = fleet.connect(index, fleet.member(index)).await;
            let subscribed = client.subscribe(&room).await;
            clients.push((client, Replica::new(&subscribed)));
        }
        // Twenty through each node at once, without waiting for answers in between.
        let mut asked = Vec::new();
        for turn in 0..20 {
            for (index, (client, _)) in clients.iter_mut().enumerate() {
                let title = format!("{turn} of {index}");
                let op = json!({"kind": "task.create", "column_id": board.column_ids[turn % 5], "title": title});
                let frame = json!({"type": "op", "room": room, "op_id": new_id(), "op": op});
                asked.push((index, client.ask(frame).await));
            }
        }
        let mut last = [0; 3];
        for (index, id) in asked {
            let answer = clients[index].0.answer(id).await;
            assert_eq!(answer["type"], "ack", "node {index}, owner {owner}: {answer}");
            assert!(int(&answer, "seq") > last[index], "in the order sent: {answer}");
            last[index] = int(&answer, "seq");
        }
        let head = *last.iter().max().unwrap();
        let shown = Replica::new(&fleet.read_board(owner, board).await);
        assert_eq!(shown.seq, head);
        for (client, replica) in &mut clients {
            let missing = usize::try_from(head - replica.seq).unwrap();
            replica.apply_all(&client.events(&room, missing).await);
            replica.assert_same(&shown);
        }
        // A refusal comes the same way, with what stands there.
        let stranger = (owner + 1) % 3;
        let op = json!({"kind": "task.move", "task_id": board.task_ids[0], "column_id": board.column_ids[1]});
        clients[owner].0.ack(&room, op.clone()).await;
        let late =
            json!({"kind": "task.move", "task_id": board.task_ids[0], "version": 1, "column_id": board.column_ids[2]});
        let refused = clients[stranger].0.reject(&room, late, "VERSION_CONFLICT").await;
        assert_eq!(refused["current"]["version"], 2, "{refused}");
        assert_eq!(refused["conflicts"][0]["field"], "position", "{refused}");
        assert_eq!(refused["conflicts"][0]["actor_id"], fleet.member(owner).id.as_str(), "{refused}");
        // The same op again, through yet another node, is answered as the first time.
        let (op_id, third) = (new_id(), (owner + 2) % 3);
        let first = clients[stranger].0.op_as(&room, &op_id, op.clone()).await;
        let member = fleet.member(stranger).clone();
        let again = fleet.connect(third, &member).await.op_as(&room, &op_id, op.clone()).await;
        assert_eq!((&first["seq"], &first["version"]), (&again["seq"], &again["version"]), "{first} {again}");
        let other = clients[third].0.op_as(&room, &op_id, op).await;
        assert_eq!(other["code"], "CONFLICT", "from another user: {other}");
    });
}

/// Metrics tell what was forwarded; every family is there from the start.
#[test]
fn forwarded_ops_are_counted() {
    block_on(async {
        let fleet = Fleet::planned(small()).await;
        let board = &fleet.boards[0];
        let owner = fleet.open(board).await;
        let stranger = (owner + 1) % 3;
        for family in ["board_handoffs_total", "board_commits_fenced_total", "board_gaps_repaired_total"] {
            let text = fleet.rest(stranger).get("/metrics", "").await.text;
            assert!(text.contains(&format!("# TYPE {family} counter")), "{family}");
        }
        let before = metric(&fleet, stranger, "node_forwarded_ops_total").await;
        let mut client = fleet.connect(stranger, fleet.owner()).await;
        for _ in 0..5 {
            let op = json!({"kind": "task.create", "column_id": board.column_ids[0], "title": "forwarded"});
            client.ack(&board.room(), op).await;
        }
        assert_eq!(metric(&fleet, stranger, "node_forwarded_ops_total").await - before, 5.0);
    });
}

async fn metric(fleet: &Fleet, index: usize, series: &str) -> f64 {
    let text = fleet.rest(index).get("/metrics", "").await.text;
    let values = text.lines().filter(|line| line.starts_with(series)).filter_map(|line| line.rsplit(' ').next());
    values.filter_map(|value| value.parse::<f64>().ok()).sum()
}

/// Right after a 2xx on any node, every node shows what was written, board and task alike.
#[test]
fn rest_reads_its_writes_on_any_node() {
    block_on(async {
        let fleet = Fleet::planned(small()).await;
        let board = &fleet.boards[0];
        let token = &fleet.owner().token;
        fleet.open(board).await;
        for turn in 0..12 {
            let (here, there) = (turn % 3, (turn + 1 + turn / 3 % 2) % 3);
            let body = json!({"title": format!("task {turn}"), "column_id": board.column_ids[turn % 5]});
            let key = new_id();
            let headers = [("idempotency-key", key.as_str())];
            let path = format!("/boards/{}/tasks", board.id);
            let task = fleet.rest(here).call("POST", &path, token, &headers, &body).await.ok(201);
            let id = text(&task, "id").to_owned();
            let shown = fleet.read_board(there, board).await;
            let tasks = list(&shown["snapshot"], "tasks");
            assert!(tasks.iter().any(|task| task["id"] == id.as_str()), "node {there} does not show what {here} wrote");
            let path = format!("/tasks/{id}");
            let changed =
                fleet.rest(there).patch(&path, token, json!({"title": "renamed", "version": 1})).await.ok(200);
            assert_eq!(changed["version"], 2);
            let read = fleet.rest(here).get(&path, token).await.ok(200);
            assert_eq!((&read["title"], &read["version"]), (&json!("renamed"), &json!(2)));
            fleet
                .rest(here)
                .patch(&path, token, json!({"title": "late", "version": 1}))
                .await
                .refused(409, "VERSION_CONFLICT");
            // The replay of a write on another node is that write.
            let path = format!("/boards/{}/tasks", board.id);
            let again = fleet.rest(there).call("POST", &path, token, &headers, &body).await.ok(201);
            assert_eq!(again["id"], id.as_str());
        }
        let column = fleet
            .rest(0)
            .post(&format!("/boards/{}/columns", board.id), token, json!({"name": "New", "status": "todo"}))
            .await
            .ok(201);
        let column = format!("/columns/{}", text(&column, "id"));
        fleet.rest(1).patch(&column, token, json!({"name": "Newer"})).await.ok(200);
        fleet.rest(2).delete(&column, token).await.ok(204);
    });
}

/// A client that comes back to another node with its `since` gets what it missed, and then what follows.
#[test]
fn catching_up_on_another_node() {
    block_on(async {
        let fleet = Fleet::planned(small()).await;
        let board = &fleet.boards[0];
        let room = board.room();
        let owner = fleet.open(board).await;
        let mut writer = fleet.connect(owner, fleet.owner()).await;
        let create = |n: usize| json!({"kind": "task.create", "column_id": board.column_ids[n % 5], "title": "a task"});
        let mut client = fleet.connect(0, fleet.member(0)).await;
        let subscribed = client.subscribe(&room).await;
        let mut replica = Replica::new(&subscribed);
        let history = text(&subscribed, "history").to_owned();
        for turn in 1..=6 {
            client.close().await;
            for n in 0..3 {
                writer.ack(&room, create(n)).await;
            }
            client = fleet.connect(turn % 3, fleet.member(0)).await;
            let subscribed = client.subscribe_since(&room, replica.seq, &history).await;
            assert_eq!(subscribed["recovered"], true, "{subscribed}");
            assert!(int(&subscribed, "seq") >= replica.seq + 3, "what was acked before is in it: {subscribed}");
            replica.apply_all(list(&subscribed, "events"));
            writer.ack(&room, create(turn)).await;
            replica.apply_all(&client.events(&room, 1).await);
        }
        replica.assert_same(&Replica::new(&fleet.read_board(1, board).await));
    });
}

/// Whatever changes the workspace is told on every node: projects, boards, members.
#[test]
fn workspace_events_reach_every_node() {
    block_on(async {
        let fleet = Fleet::planned(small()).await;
        let room = format!("workspace:{}", fleet.workspace());
        let mut clients = Vec::new();
        for index in 0..3 {
            let mut client = fleet.connect(index, fleet.member(0)).await;
            client.subscribe(&room).await;
            clients.push(client);
        }
        let token = &fleet.owner().token;
        let path = format!("/workspaces/{}/projects", fleet.workspace());
        let project = fleet.rest(1).post(&path, token, json!({"name": "A project"})).await.ok(201);
        let path = format!("/projects/{}/boards", text(&project, "id"));
        fleet.rest(2).post(&path, token, json!({"name": "A board"})).await.ok(201);
        for client in &mut clients {
            let mut kinds = BTreeSet::new();
            while !(kinds.contains("project.created") && kinds.contains("board.created")) {
                kinds.insert(text(&client.event(&room).await, "kind").to_owned());
            }
        }
        // A board made just now on one node is served by the others.
        let board_id = text(&project, "board_id");
        let shown = fleet.rest(0).get(&format!("/boards/{board_id}"), token).await.ok(200);
        let column = text(&list(&shown["snapshot"], "columns")[0], "id").to_owned();
        let op = json!({"kind": "task.create", "column_id": column, "title": "the first"});
        clients[2].ack(&format!("board:{board_id}"), op).await;
        // And gone for all once it is deleted.
        let room = format!("board:{board_id}");
        clients[0].subscribe(&room).await;
        let project_id = text(&project, "id");
        fleet.rest(1).delete(&format!("/projects/{project_id}"), token).await.ok(204);
        let out = clients[0].wait("unsubscribed", |frame| frame["type"] == "unsubscribed").await;
        assert_eq!((text(&out, "room"), text(&out, "code")), (room.as_str(), "NOT_FOUND"));
        fleet.rest(2).get(&format!("/boards/{board_id}"), token).await.refused(404, "NOT_FOUND");
    });
}
