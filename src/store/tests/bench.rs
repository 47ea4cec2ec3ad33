//! How fast the committer is: `cargo test --release store::tests::bench -- --ignored --nocapture`.

use super::Fresh;
use super::sheet::Sheet;
use crate::domain::board::commit::Outcome;
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
}
