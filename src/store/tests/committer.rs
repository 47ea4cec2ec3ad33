//! What is committed, and what is not when the board is another's.

use super::postgres::Cluster;
use super::sheet::{Sheet, encoded};
use super::{Fresh, fresh_id, on_both};
use crate::domain::board::commit::{ColumnWrite, Extent, Finding, FirstTime, Outcome};
use crate::domain::board::event::{Change, MovedTask};
use crate::domain::board::model::{Column, ColumnState, IdList, Status, StoryPoints, TaskField};
use crate::domain::ids::{ColumnId, LabelId, UserId};
use crate::domain::rank::Rank;
use crate::domain::text::{ShortName, Title};
use crate::store::committer::{pg, statement};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

on_both! {
    base_and_log_make_the_tables,
    lists_keep_their_order,
    columns_come_move_and_go,
    an_older_epoch_is_fenced,
    a_batch_on_another_head_is_fenced,
    a_duplicate_is_answered_with_the_first_time,
    an_id_that_exists_is_taken,
    many_boards_are_written_at_once,
    a_closed_store_answers,
}

async fn base_and_log_make_the_tables(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    sheet.agree().await;
    let steps = (0..20).map(|i| sheet.creating(&format!("task {i} سلام 🦀"))).collect();
    sheet.commit(steps).await;
    sheet.agree().await;
    let ids: Vec<_> = sheet.tasks.keys().copied().collect();
    let steps = ids.iter().map(|id| sheet.moving(*id, 4)).collect();
    sheet.commit(steps).await;
    sheet.agree().await;
    let steps = vec![
        sheet.updating(ids[0], TaskField::Title, |task| task.title = Title::new("renamed\tعنوان").unwrap()),
        sheet.updating(ids[1], TaskField::StoryPoints, |task| task.story_points = StoryPoints::new(21).ok()),
        sheet.updating(ids[2], TaskField::DueDate, |task| task.due_date = Some(crate::domain::time::Moment::MAX)),
        sheet.moving(ids[3], 1),
        sheet.creating("another"),
    ];
    sheet.commit(steps).await;
    sheet.agree().await;
    let steps = vec![sheet.updating(ids[2], TaskField::DueDate, |task| task.due_date = None)];
    sheet.commit(steps).await;
    let (_, mut deleted) = sheet.updating(ids[5], TaskField::Position, |_| {});
    deleted.state.deleted = true;
    let change = Change::TaskDeleted { task_id: ids[5], version: deleted.state.task.version };
    let (_, mut respaced) = sheet.moving(ids[6], 0);
    respaced.state = sheet.tasks[&ids[6]].clone();
    respaced.state.task.rank = Rank::from_stored("a0V");
    respaced.extent = Extent::Rank;
    let mut batch = sheet.batch(vec![(change, deleted)]);
    batch.commit.tasks.push(respaced);
    let answer = sheet.submit(&batch).await;
    assert_eq!(answer.outcome, Outcome::Committed);
    sheet.remember(&batch, &answer);
    sheet.agree().await;
    let loaded = sheet.store.load(sheet.board).await.unwrap();
    assert_eq!(loaded.at, batch.commit.at);
    assert_eq!(loaded.recent.len() as i64, sheet.head);
    assert_eq!(loaded.recent.last().unwrap().1.hash, batch.commit.ops[0].hash);
}

async fn lists_keep_their_order(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let id = sheet.create("task").await;
    let people: Vec<_> = (0..5).map(|_| UserId(fresh_id())).collect();
    let labels: Vec<_> = (0..5).map(|_| LabelId(fresh_id())).collect();
    for picked in [vec![3, 1, 4], vec![4, 3, 0, 2], vec![2], vec![], vec![0, 1, 2, 3, 4], vec![4, 3, 2, 1, 0]] {
        let step = sheet.updating(id, TaskField::AssigneeIds, |task| {
            task.assignee_ids = picked.iter().map(|i| people[*i]).collect();
            task.label_ids = picked.iter().rev().map(|i| labels[*i]).collect();
        });
        sheet.commit(vec![step]).await;
        sheet.agree().await;
    }
    let mut step = sheet.creating("with lists from the start");
    step.1.state.task.assignee_ids = people.iter().rev().copied().collect();
    sheet.commit(vec![step]).await;
    sheet.agree().await;
    assert!(IdList::<UserId>::default().as_slice().is_empty());
}

async fn columns_come_move_and_go(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let task = sheet.create("task").await;
    let column = Column {
        id: ColumnId(fresh_id()),
        name: ShortName::new("ستون").unwrap(),
        status: Status::Blocked,
        rank: Rank::from_stored("z0"),
        wip_limit: None,
        version: 1,
    };
    let created = ColumnState { column: column.clone(), changes: [1; 4], deleted: false };
    let change = Change::ColumnCreated { column: Box::new(column), ranks: BTreeMap::new() };
    write_column(&mut sheet, change, created.clone(), Extent::New).await;
    let mut changed = created.clone();
    changed.column.rank = Rank::from_stored("Zz");
    changed.column.version = 2;
    changed.changes[3] = 2;
    let change = Change::ColumnMoved {
        column_id: changed.column.id,
        version: 2,
        rank: changed.column.rank.clone(),
        ranks: BTreeMap::new(),
    };
    write_column(&mut sheet, change, changed.clone(), Extent::Position).await;
    changed.column.rank = Rank::from_stored("Zy");
    let change = Change::ColumnUpdated { column_id: changed.column.id, version: 2, set: Default::default() };
    write_column(&mut sheet, change, changed.clone(), Extent::Rank).await;

    let mut gone = sheet.columns[0].clone();
    gone.deleted = true;
    gone.column.version = 2;
    let (_, moved) = sheet.moving(task, 4);
    let place = MovedTask {
        task_id: task,
        version: moved.state.task.version,
        rank: moved.state.task.rank.clone(),
        completed_at: moved.state.task.completed_at,
    };
    let change = Change::ColumnDeleted {
        column_id: gone.column.id,
        version: 2,
        to_column_id: Some(moved.state.task.column_id),
        moved: vec![place],
    };
    let mut batch = sheet.batch(vec![(change, moved)]);
    batch.commit.columns.push(ColumnWrite { state: gone, extent: Extent::All });
    let answer = sheet.submit(&batch).await;
    assert_eq!(answer.outcome, Outcome::Committed);
    sheet.remember(&batch, &answer);
    sheet.agree().await;
    let changes = sheet.store.changes_of(sheet.board, task.0, vec![1, 2, 9]).await.unwrap();
    let mut found: Vec<_> = changes.iter().map(|change| (change.version, change.actor_id)).collect();
    found.sort_unstable();
    assert_eq!(found, [(1, sheet.home.user), (2, sheet.home.user)]);
    let history = sheet.store.history(sheet.board, task, i64::MAX, 10).await.unwrap();
    assert_eq!(history.iter().map(|row| row.seq).collect::<Vec<_>>(), [5, 1]);
    let older = sheet.store.history(sheet.board, task, 5, 10).await.unwrap();
    assert_eq!(older.iter().map(|row| row.seq).collect::<Vec<_>>(), [1]);
}

async fn write_column(sheet: &mut Sheet, change: Change, state: ColumnState, extent: Extent) {
    let step = sheet.creating("beside");
    let mut batch = sheet.batch(vec![(change, step.1)]);
    batch.commit.tasks.clear();
    batch.commit.columns.push(ColumnWrite { state, extent });
    let answer = sheet.submit(&batch).await;
    assert_eq!(answer.outcome, Outcome::Committed);
    sheet.remember(&batch, &answer);
    sheet.agree().await;
}

async fn an_older_epoch_is_fenced(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    sheet.create("mine").await;
    let batch = sheet.batch(vec![sheet.creating("too late")]);
    let second = super::activate(&sheet.store, sheet.board).await.unwrap();
    assert_eq!((second.epoch, second.head), (2, 1));
    assert_eq!(sheet.submit(&batch).await.outcome, Outcome::Fenced);
    sheet.agree().await;
    sheet.epoch = 2;
    sheet.create("in time").await;
    sheet.agree().await;
}

async fn a_batch_on_another_head_is_fenced(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let batch = sheet.batch(vec![sheet.creating("first")]);
    let answer = sheet.submit(&batch).await;
    sheet.remember(&batch, &answer);
    assert_eq!(sheet.submit(&batch).await.outcome, Outcome::Fenced);
    sheet.agree().await;
}

async fn a_duplicate_is_answered_with_the_first_time(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let id = sheet.create("first").await;
    let batch = sheet.commit(vec![sheet.moving(id, 1)]).await;
    let first = &batch.commit.ops[0];
    // Years later: the event is no longer kept, the op_id is.
    fresh.sql("update op_log set event = null").await;
    let mut again = sheet.batch(vec![sheet.creating("new"), sheet.moving(id, 2)]);
    again.commit.ops[1].event.op_id = first.event.op_id;
    let seen = FirstTime { seq: 2, version: 2, target: id.0, hash: first.hash };
    let known = Finding::Duplicate(first.event.op_id, seen);
    assert_eq!(sheet.submit(&encoded(again.commit)).await.outcome, Outcome::NotApplied(vec![known]));
    // The same op_id on another board is another op.
    let mut other = Sheet::with(&fresh.store, &sheet.committer).await;
    let mut elsewhere = other.batch(vec![other.creating("elsewhere")]);
    elsewhere.commit.ops[0].event.op_id = first.event.op_id;
    let elsewhere = encoded(elsewhere.commit);
    let answer = other.submit(&elsewhere).await;
    assert_eq!(answer.outcome, Outcome::Committed);
    other.remember(&elsewhere, &answer);
    other.agree().await;
}

async fn an_id_that_exists_is_taken(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let id = sheet.create("mine").await;
    let mut other = Sheet::with(&fresh.store, &sheet.committer).await;
    let mut step = other.creating("theirs");
    step.1.state.task.id = id;
    step.0 = Change::TaskCreated { task: Box::new(step.1.state.task.clone()), ranks: BTreeMap::new() };
    let batch = other.batch(vec![other.creating("innocent"), step]);
    assert_eq!(other.submit(&batch).await.outcome, Outcome::NotApplied(vec![Finding::Taken(id.0)]));
    other.agree().await;
    // Two boards want the same id at the same time: one gets it, and a third board is not troubled.
    let wanted = sheet.creating("both want it");
    let (mine, mut theirs) = (sheet.batch(vec![wanted.clone()]), other.batch(vec![wanted]));
    theirs.commit.ops[0].event.op_id = crate::domain::ids::OpId(fresh_id());
    let theirs = encoded(theirs.commit);
    let third = Sheet::with(&fresh.store, &sheet.committer).await;
    let innocent = third.batch(vec![third.creating("innocent")]);
    let answers = tokio::join!(sheet.submit(&mine), other.submit(&theirs), third.submit(&innocent));
    let taken = Outcome::NotApplied(vec![Finding::Taken(mine.commit.tasks[0].state.task.id.0)]);
    assert_eq!(answers.2.outcome, Outcome::Committed);
    if answers.0.outcome == Outcome::Committed {
        assert_eq!(answers.1.outcome, taken);
        sheet.remember(&mine, &answers.0);
    } else {
        assert_eq!((answers.0.outcome, answers.1.outcome.clone()), (taken, Outcome::Committed));
        other.remember(&theirs, &answers.1);
    }
    sheet.agree().await;
    other.agree().await;
}

async fn many_boards_are_written_at_once(fresh: Fresh) {
    let committer = fresh.store.committer();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut sheet = Sheet::with(&fresh.store, &committer).await;
        tasks.spawn(async move {
            for round in 0..10 {
                let mut steps = vec![sheet.creating("one"), sheet.creating("two")];
                if let Some(id) = sheet.tasks.keys().next().copied() {
                    steps.push(sheet.moving(id, round % 5));
                }
                sheet.commit(steps).await;
            }
            sheet.agree().await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

async fn a_closed_store_answers(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let batch = sheet.batch(vec![sheet.creating("too late")]);
    fresh.store.close().await;
    assert_eq!(sheet.submit(&batch).await.outcome, Outcome::Fenced);
}

/// The plan is made on whatever tables there are, here empty ones, and must stay right when they are large.
#[tokio::test(flavor = "multi_thread")]
async fn the_plan_looks_nothing_up_without_an_index() {
    let fresh = Fresh::postgres().await;
    let mut sheet = Sheet::new(&fresh).await;
    let ids = [sheet.create("one").await, sheet.create("two").await, sheet.create("three").await];
    let mut respaced = sheet.moving(ids[2], 1);
    respaced.1.extent = Extent::Rank;
    let mut described = sheet.updating(ids[0], TaskField::AssigneeIds, |task| {
        task.assignee_ids = [UserId(fresh_id())].into();
        task.label_ids = [LabelId(fresh_id())].into();
    });
    described.1.description = Some("long".into());
    let mut batch = sheet.batch(vec![sheet.creating("new"), described, sheet.moving(ids[1], 1), respaced]);
    for extent in [Extent::Rank, Extent::All, Extent::New] {
        batch.commit.columns.push(ColumnWrite { state: sheet.columns[0].clone(), extent });
    }
    let mut conn = pg::connect(&fresh.url).await.unwrap();
    let plan = statement::plan(&mut conn, &[&batch]).await.unwrap().join("\n");
    for wrong in ["Seq Scan", "Hash Join", "Merge Join", "Hash Anti", "Merge Anti", "Hash Semi"] {
        assert!(!plan.contains(wrong), "{plan}");
    }
    let (lookups, updates) = ("Index Cond: (op_id = ANY", "Index Scan using tasks_pkey on tasks t_");
    assert!(plan.contains(lookups) && plan.matches(updates).count() == 3, "{plan}");
}

/// A board whose row somebody holds is answered `Unavailable`, and the others don't wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_board_stalls_nobody() {
    let fresh = Fresh::postgres().await;
    let committer = fresh.store.committer();
    let mut locked = Sheet::with(&fresh.store, &committer).await;
    let mut free = Sheet::with(&fresh.store, &committer).await;
    free.create("warm").await;
    let mut holder = crate::store::postgres::connect(&fresh.url).await.unwrap();
    let hold = format!("begin; select from heads where board_id = '{}' for update", locked.board);
    diesel_async::SimpleAsyncConnection::batch_execute(&mut holder, &hold).await.unwrap();
    let batch = locked.batch(vec![locked.creating("waits")]);
    let waiting = tokio::spawn({
        let (committer, batch) = (committer.clone(), batch.clone());
        async move {
            let (tell, told) = tokio::sync::oneshot::channel();
            committer.submit(batch, move |answer| drop(tell.send(answer)));
            told.await.unwrap()
        }
    });
    let begun = Instant::now();
    for _ in 0..20 {
        free.create("goes on").await;
    }
    assert!(begun.elapsed() < Duration::from_millis(800), "{:?}", begun.elapsed());
    assert!(!waiting.is_finished());
    assert_eq!(waiting.await.unwrap().outcome, Outcome::Unavailable);
    drop(holder);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let answer = locked.submit(&batch).await;
    assert_eq!(answer.outcome, Outcome::Committed);
    locked.remember(&batch, &answer);
    locked.agree().await;
    free.agree().await;
}

/// Connections are cut all the time, in the middle of commits too; nothing is lost or doubled.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_leaves_nothing_unknown() {
    let fresh = Fresh::postgres().await;
    let committer = fresh.store.committer();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut sheet = Sheet::with(&fresh.store, &committer).await;
        writers.spawn(async move {
            let mut committed = 0;
            for _ in 0..150 {
                let batch = sheet.batch(vec![sheet.creating("one"), sheet.creating("two")]);
                let answer = sheet.submit(&batch).await;
                match answer.outcome {
                    Outcome::Committed => {
                        committed += 1;
                        sheet.remember(&batch, &answer);
                    }
                    Outcome::Unavailable => sheet.epoch = answer.epoch,
                    Outcome::Fenced => {
                        // Steps down and begins anew, from what the database says.
                        let activation = super::activate(&sheet.store, sheet.board).await.unwrap();
                        (sheet.epoch, sheet.head) = (activation.epoch, activation.head);
                        let loaded = sheet.store.load(sheet.board).await.unwrap();
                        sheet.tasks = loaded.tasks.into_iter().map(|state| (state.task.id, state)).collect();
                    }
                    Outcome::NotApplied(findings) => panic!("{findings:?}"),
                }
            }
            sheet.agree().await;
            (committed, sheet.epoch)
        });
    }
    let database = fresh.url.rsplit('/').next().unwrap().to_owned();
    let cutter = tokio::task::spawn_blocking(move || {
        let cut = format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{database}' \
             and query like 'with locked%'"
        );
        (0..15)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(40));
                Cluster::shared().sql("postgres", &cut).trim().parse::<i32>().unwrap()
            })
            .sum::<i32>()
    });
    let (mut committed, mut raised) = (0, false);
    while let Some(done) = writers.join_next().await {
        let (count, epoch) = done.unwrap();
        committed += count;
        raised |= epoch > 1;
    }
    assert!(cutter.await.unwrap() > 0 && raised, "no connection was cut");
    assert!(committed > 8 * 75, "{committed}");
}

/// The server stops and comes back: what could not be sent is answered in time, and then all goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_is_found_again() {
    let cluster = Cluster::own();
    let fresh = Fresh::open(cluster.create_database(), None).await;
    let mut sheet = Sheet::new(&fresh).await;
    sheet.create("before").await;
    cluster.crash();
    let lost = sheet.batch(vec![sheet.creating("sent into nothing")]);
    let other = fresh.store.committer();
    let mut unsent = Box::pin(async {
        let (tell, told) = tokio::sync::oneshot::channel();
        other.submit(lost.clone(), move |answer| drop(tell.send(answer)));
        told.await.unwrap()
    });
    let begun = Instant::now();
    assert_eq!((&mut unsent).await.outcome, Outcome::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(6));
    let open = sheet.submit(&lost);
    let answer = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::spawn_blocking(move || {
            cluster.start();
            cluster
        })
        .await
        .unwrap()
    };
    let (answer, cluster) = tokio::join!(open, answer);
    assert_eq!((answer.outcome.clone(), answer.epoch), (Outcome::Committed, 2));
    sheet.remember(&lost, &answer);
    sheet.create("after").await;
    sheet.agree().await;
    drop(cluster);
}
