//! P1, P2, P4 and P5 under load: crowds, kills, stops, a database that goes away.

use crate::both;
use crate::support::postgres::Cluster;
use crate::support::server::Home;
use crate::support::traffic::{Acked, Stop, Writer, assert_nothing_lost};
use crate::support::world::Population;
use crate::support::*;
use futures_util::future::join_all;
use std::time::{Duration, Instant};

const CROWD: Population = Population { users: 30, workspaces: 1, boards: 1, tasks: 20, token_ttl: "24h" };

both! {
    twenty_who_move_the_same_tasks_end_equal,
    killed_twenty_times,
    stopped_under_load,
    stopped_twice,
}

/// 20 clients that move the same tasks see the same order and end equal.
async fn twenty_who_move_the_same_tasks_end_equal(engine: Engine) {
    let world = World::populated(engine, CROWD).await;
    let room = world.room();
    let base = Replica::new(&world.read_board().await);
    let mut followers = Vec::new();
    for n in 0..20 {
        followers.push(world.follow(world.members()[n]).await);
    }
    let moves = followers.iter_mut().enumerate().map(|(n, (client, _))| {
        let (world, room) = (&world, &room);
        async move {
            let mut asked = Vec::new();
            for turn in 0..40 {
                let task = world.task((n * 7 + turn * 3) % 20);
                let beside = world.task((n + turn * 11) % 20);
                let column = world.column((n + turn) % 5);
                let op = json!({"kind": "task.move", "task_id": task, "column_id": column, "after": beside});
                asked.push(client.ask(json!({"type": "op", "room": room, "op_id": new_id(), "op": op})).await);
            }
            let mut acked = Vec::new();
            for id in asked {
                let answer = client.answer(id).await;
                assert_eq!(answer["type"], "ack", "{answer}");
                acked.push(Acked {
                    op_id: text(&answer, "op_id").into(),
                    seq: int(&answer, "seq"),
                    version: int(&answer, "version"),
                });
            }
            acked
        }
    });
    let acked = join_all(moves).await.concat();
    assert_eq!(acked.len(), 800);
    let log = world.log(0).await;
    assert_eq!(log.len(), 800);
    assert_nothing_lost(&log, &acked);
    let mut replayed = base;
    replayed.apply_all(&log);
    let board = Replica::new(&world.read_board().await);
    replayed.assert_same(&board);
    for (client, replica) in &mut followers {
        replica.apply_all(&client.events(&room, 800).await);
        replica.assert_same(&board);
    }
}

/// `kill -9` under load and restart, 20 rounds: nothing acked is lost, the log is gapless, base + log = tables,
/// and a follower who comes back with `since` is brought up to date each time.
async fn killed_twenty_times(engine: Engine) {
    let mut world = World::populated(engine, CROWD).await;
    let room = world.room();
    let mut replayed = Replica::new(&world.read_board().await);
    let mut follower = replayed.clone();
    let mut history = String::new();
    let mut writers: Vec<_> = (0..6)
        .map(|n| Writer::new(vec![world.server.address()], &world.members()[n].token, world.board(), n as u64 + 1))
        .collect();
    for round in 0..20 {
        let stop = Stop::default();
        let (mut client, _) = world.follow(world.members()[7]).await;
        let subscribed = if history.is_empty() {
            client.subscribe(&room).await
        } else {
            client.subscribe_since(&room, follower.seq, &history).await
        };
        history = text(&subscribed, "history").to_owned();
        if subscribed["recovered"] == true {
            follower.apply_all(list(&subscribed, "events"));
        } else {
            follower = Replica::new(&subscribed);
        }
        let load = join_all(writers.iter_mut().map(async |writer| {
            let address = world.server.address();
            if let Some(client) = Client::try_connect(&address, writer.token()).await {
                writer.converse(client, &stop).await;
            }
        }));
        let kill = async {
            // Not always at the same beat of the commits.
            client.listen(120 + round * 17 % 90).await;
            std::process::Command::new("kill").args(["-KILL", &world.server.pid().to_string()]).status().unwrap();
            client.closed(PATIENCE).await;
            follower.apply_all(&client.take_events(&room));
        };
        tokio::join!(load, kill);
        world.server.wait_for_exit(PATIENCE).await;
        world.server.restart().await;
    }
    let stop = Stop::default();
    stop.set(true);
    join_all(writers.iter_mut().map(|writer| writer.run(&stop))).await;
    let log = world.log(0).await;
    let acked: Vec<_> = writers.iter().flat_map(|writer| writer.acked()).collect();
    assert!(acked.len() > 100, "only {} acks in 20 rounds", acked.len());
    assert_nothing_lost(&log, &acked);
    assert_eq!(log.len(), acked.len(), "every op was answered in the end, and none else is there");
    for writer in &writers {
        assert_eq!(writer.refused(), Vec::<Value>::new());
    }
    replayed.apply_all(&log);
    let board = Replica::new(&world.read_board().await);
    replayed.assert_same(&board);
    let mut client = world.connect(world.members()[7]).await;
    let subscribed = client.subscribe_since(&room, follower.seq, &history).await;
    if subscribed["recovered"] == true {
        follower.apply_all(list(&subscribed, "events"));
    } else {
        follower = Replica::new(&subscribed);
    }
    follower.assert_same(&board);
}

/// SIGTERM under load: `bye` and 1001, exit 0 within 30 s, nothing acked is lost.
async fn stopped_under_load(engine: Engine) {
    let mut world = World::populated(engine, CROWD).await;
    let mut replayed = Replica::new(&world.read_board().await);
    let mut writers: Vec<_> = (0..6)
        .map(|n| Writer::new(vec![world.server.address()], &world.members()[n].token, world.board(), n as u64 + 1))
        .collect();
    let mut idle = Vec::new();
    for n in 0..20 {
        idle.push(world.follow(world.members()[n]).await.0);
    }
    let stop = Stop::default();
    let address = world.server.address();
    let load = join_all(writers.iter_mut().map(async |writer| {
        if let Some(client) = Client::try_connect(&address, writer.token()).await {
            writer.converse(client, &stop).await;
        }
    }));
    let terminate = async {
        sleep_ms(400).await;
        world.server.terminate();
        Instant::now()
    };
    let farewells = join_all(idle.iter_mut().map(async |client| client.closed(Duration::from_secs(30)).await));
    let (_, terminated, codes) = tokio::join!(load, terminate, farewells);
    assert_eq!(world.server.wait_for_exit(Duration::from_secs(30)).await, Some(0), "{}", world.server.log());
    assert!(terminated.elapsed() < Duration::from_secs(30));
    assert_eq!(codes, vec![1001; 20]);
    for client in &idle {
        let bye = client.bye.as_ref().expect("a bye");
        assert_eq!(bye["code"], "DRAINING");
        assert!(bye["reconnect_in_ms"].as_i64().is_none_or(|ms| (0..=300).contains(&ms)), "{bye}");
    }
    world.server.restart().await;
    stop.set(true);
    join_all(writers.iter_mut().map(|writer| writer.run(&stop))).await;
    let log = world.log(0).await;
    let acked: Vec<_> = writers.iter().flat_map(|writer| writer.acked()).collect();
    assert_nothing_lost(&log, &acked);
    replayed.apply_all(&log);
    replayed.assert_same(&Replica::new(&world.read_board().await));
}

/// Ready turns 503 while it drains; a second signal exits at once.
async fn stopped_twice(engine: Engine) {
    let mut world = World::populated(engine, CROWD).await;
    let mut clients = Vec::new();
    for n in 0..10 {
        clients.push(world.follow(world.members()[n]).await.0);
    }
    world.server.terminate();
    sleep_ms(100).await;
    world.server.terminate();
    world.server.wait_for_exit(Duration::from_secs(3)).await;
    world.server.restart().await;
    let mut client = world.connect(world.owner()).await;
    world.new_task(&mut client, "it lives").await;
}

/// PostgreSQL crashes and comes back under load: what is acked stays, what is not is sent again, `ready` tells.
#[test]
fn the_database_goes_and_comes_back() {
    block_on(async {
        let cluster = Cluster::own();
        let home = Home::on(Some(cluster.create_database()));
        let world = World::start_in(home, CROWD).await;
        let mut replayed = Replica::new(&world.read_board().await);
        let mut writers: Vec<_> = (0..6)
            .map(|n| Writer::new(vec![world.server.address()], &world.members()[n].token, world.board(), n as u64 + 1))
            .collect();
        let stop = Stop::default();
        let load = join_all(writers.iter_mut().map(|writer| writer.run(&stop)));
        let mut client = world.connect(world.members()[8]).await;
        let (room, lost) = (world.room(), new_id());
        let op = json!({"kind": "task.move", "task_id": world.task(0), "column_id": world.column(0)});
        let faults = async {
            for round in 0..3 {
                sleep_ms(500).await;
                cluster.crash();
                if round == 0 {
                    until("ready turns 503", async || world.rest.get("/health/ready", "").await.status == 503).await;
                    assert_eq!(world.rest.get("/health/live", "").await.status, 200);
                    // Every request is answered within 3 s, at the latest with UNAVAILABLE.
                    let started = Instant::now();
                    let answer = client.op_as(&room, &lost, op.clone()).await;
                    assert_eq!(answer["code"], "UNAVAILABLE", "{answer}");
                    assert!(started.elapsed() < Duration::from_millis(3500), "{:?}", started.elapsed());
                    let reply = world.rest.get("/workspaces", &world.owner().token).await;
                    assert_eq!(reply.status, 503, "{}", reply.text);
                } else {
                    sleep_ms(300 * round).await;
                }
                cluster.start();
                until("ready again", async || world.rest.get("/health/ready", "").await.status == 200).await;
            }
            // Connections that die one by one, in the middle of whatever they do.
            for _ in 0..10 {
                sleep_ms(60).await;
                let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and datname like 't%'";
                cluster.sql("postgres", kill);
            }
            sleep_ms(500).await;
            stop.set(true);
            // What was answered UNAVAILABLE may have been applied or not; sent again, it is once.
            let mut client = world.connect(world.members()[8]).await;
            until("the lost op is acked", async || client.op_as(&room, &lost, op.clone()).await["type"] == "ack").await;
        };
        tokio::join!(load, faults);
        let log = world.log(0).await;
        let acked: Vec<_> = writers.iter().flat_map(|writer| writer.acked()).collect();
        assert!(acked.len() > 100, "only {} acks", acked.len());
        assert_nothing_lost(&log, &acked);
        assert_eq!(log.len(), acked.len() + 1, "every op was answered in the end, and none else is there");
        for writer in &writers {
            assert_eq!(writer.refused(), Vec::<Value>::new());
        }
        replayed.apply_all(&log);
        replayed.assert_same(&Replica::new(&world.read_board().await));
    });
}

/// A board whose row somebody else holds stalls nobody but itself.
#[test]
fn a_locked_board_stalls_only_itself() {
    block_on(async {
        let home = Home::new(Engine::Postgres);
        let database = home.database_url().unwrap().rsplit('/').next().unwrap().to_owned();
        let population = Population { boards: 2, workspaces: 1, users: 4, ..CROWD };
        let world = World::start_in(home, population).await;
        let (locked, free) = (&world.boards[0], &world.boards[1]);
        let rooms = [format!("board:{}", locked.id), format!("board:{}", free.id)];
        let mut client = world.connect(world.owner()).await;
        let mut other = world.connect(world.member(0)).await;
        let create = |column: &str| json!({"kind": "task.create", "column_id": column, "title": "a task"});
        client.ack(&rooms[0], create(&locked.column_ids[0])).await;
        other.ack(&rooms[1], create(&free.column_ids[0])).await;
        let hold =
            format!("begin; select from heads where board_id = '{}' for update; select pg_sleep(6); commit", locked.id);
        let holder = std::thread::spawn(move || Cluster::shared().sql(&database, &hold));
        sleep_ms(500).await;
        let op = create(&locked.column_ids[0]);
        let stuck = client.ask(json!({"type": "op", "room": rooms[0], "op_id": new_id(), "op": op})).await;
        let mut slowest = Duration::ZERO;
        for _ in 0..40 {
            let started = Instant::now();
            other.ack(&rooms[1], create(&free.column_ids[0])).await;
            slowest = slowest.max(started.elapsed());
            sleep_ms(50).await;
        }
        let answer = client.answer(stuck).await;
        assert!(answer["code"] == "UNAVAILABLE" || answer["type"] == "ack", "{answer}");
        assert!(slowest < Duration::from_millis(900), "the other board waited {slowest:?}");
        holder.join().unwrap();
        until("the board goes on", async || client.op(&rooms[0], create(&locked.column_ids[0])).await["type"] == "ack")
            .await;
    });
}
