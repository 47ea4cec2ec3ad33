//! How fast the committer is: `cargo test --release store::tests::bench -- --ignored --nocapture`.

use super::postgres::Cluster;
use super::sheet::Sheet;
use super::{Fresh, fresh_id};
use crate::domain::board::commit::Outcome;
use crate::domain::ids::TaskId;
use crate::store::Conn;
use crate::store::queries::base::{BaseTasks, insert_base};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn moves_on_sqlite() {
    moves(Fresh::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn moves_on_postgresql() {
    moves(Fresh::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn a_large_board_on_sqlite() {
    large_board(Fresh::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn a_large_board_on_postgresql() {
    large_board(Fresh::postgres().await).await;
}

/// A board of 100,000 tasks, each with an assignee.
async fn large_board(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let (_, write) = sheet.creating("a task like any other");
    let begun = Instant::now();
    for chunk in 0..100 {
        let task = |number: i64| {
            let mut state = write.state.clone();
            state.task.id = TaskId(fresh_id());
            state.task.number = chunk * 1_000 + number;
            state.task.assignee_ids = [sheet.home.user].into();
            (state, String::new())
        };
        let base = BaseTasks {
            board_id: sheet.board,
            project_id: sheet.home.project,
            workspace_id: sheet.home.workspace,
            tasks: (0..1_000).map(task).collect(),
        };
        let insert = async move |mut conn: Conn| conn.tx(async |conn| insert_base(conn, base).await).await;
        fresh.store.write(insert).await.unwrap();
    }
    println!("{}: inserted in {:?}", fresh.store.engine_name(), begun.elapsed());
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(fresh.store.load(sheet.board).await.unwrap().tasks.len(), 100_000);
        println!("loaded in {:?}", begun.elapsed());
        let begun = Instant::now();
        assert_eq!(fresh.store.snapshot(sheet.board).await.unwrap().unwrap().tasks.len(), 100_000);
        println!("snapshot in {:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn a_quiet_board_on_sqlite() {
    quiet_board(Fresh::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn a_quiet_board_on_postgresql() {
    quiet_board(Fresh::postgres().await).await;
}

/// One board, one move at a time.
async fn quiet_board(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let id = sheet.create("task").await;
    let mut micros = Vec::new();
    for round in 0..3_000 {
        let batch = sheet.batch(vec![sheet.moving(id, round % 5)]);
        let begun = Instant::now();
        let answer = sheet.submit(&batch).await;
        micros.push(begun.elapsed().as_micros());
        sheet.remember(&batch, &answer);
    }
    micros.sort_unstable();
    println!("{}: a commit in {} us, p99 {} us", fresh.store.engine_name(), micros[1_500], micros[2_970]);
}

/// 50 boards of 200 tasks, each with a batch of 4 moves in flight all the time.
async fn moves(fresh: Fresh) {
    let committer = fresh.store.committer();
    let mut boards = Vec::new();
    for _ in 0..50 {
        let mut sheet = Sheet::with(&fresh.store, &committer).await;
        let steps = (0..200).map(|i| sheet.creating(&format!("task {i}"))).collect();
        sheet.commit(steps).await;
        boards.push(sheet);
    }
    let end = Instant::now() + Duration::from_secs(5);
    let mut writers = tokio::task::JoinSet::new();
    for mut sheet in boards {
        writers.spawn(async move {
            let ids: Vec<_> = sheet.tasks.keys().copied().collect();
            let mut moved = 0;
            for round in 0.. {
                if Instant::now() > end {
                    break;
                }
                let picked = (0..4).map(|i| ids[(round * 4 + i) % ids.len()]);
                let steps = picked.map(|id| sheet.moving(id, round % 5)).collect();
                let batch = sheet.batch(steps);
                let answer = sheet.submit(&batch).await;
                assert_eq!(answer.outcome, Outcome::Committed);
                sheet.remember(&batch, &answer);
                moved += 4;
            }
            moved
        });
    }
    let mut moved = 0;
    while let Some(count) = writers.join_next().await {
        moved += count.unwrap();
    }
    println!("{}: {} moves/s", fresh.store.engine_name(), moved / 5);
    println!("store's threads: {:.1} us a move", cpu_micros("self", "store") / moved as f64);
    if fresh.store.engine_name() == "postgresql" {
        let backend = "select pid from pg_stat_activity where query like 'with locked%' and pid <> pg_backend_pid()";
        let database = fresh.url.rsplit('/').next().unwrap();
        let pid = Cluster::shared().sql(database, backend);
        println!("postgres: {:.1} us a move", cpu_micros(pid.trim(), "") / moved as f64);
    }
}

/// CPU time of the threads of a process whose names begin with `name`.
fn cpu_micros(pid: &str, name: &str) -> f64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten().map(|thread| thread.path());
    let named = threads.filter(|path| std::fs::read_to_string(path.join("comm")).unwrap().starts_with(name));
    let nanos = named.map(|path| {
        let stat = std::fs::read_to_string(path.join("schedstat")).unwrap();
        stat.split(' ').next().unwrap().parse::<f64>().unwrap()
    });
    nanos.sum::<f64>() / 1_000.0
}
