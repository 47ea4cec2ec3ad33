//! What is read of boards.

use super::sheet::Sheet;
use super::{Fresh, on_both};
use crate::domain::ids::{BoardId, ColumnId, TaskId, WorkspaceId};
use crate::domain::permission::Role;
use crate::domain::time::Moment;
use crate::store::conn::query;
use crate::store::queries::log::TailEnd;
use crate::store::schema::{boards, labels, memberships};
use crate::store::{Conn, StoreError, queries};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

on_both! {
    a_deleted_board_can_not_be_activated,
    numbers_are_taken_once,
    a_tail_ends_where_it_must,
    places_are_found_after_deletion_too,
    access_is_read_whole,
}

async fn a_deleted_board_can_not_be_activated(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let board = sheet.board;
    let delete = async move |mut conn: Conn| {
        conn.tx(async |conn| {
            queries::board::fence(conn, &[board]).await?;
            let gone = diesel::update(boards::table.find(board)).set(boards::deleted_at.eq(Moment::default()));
            query!(conn, |c| gone.execute(c).await)?;
            Ok(())
        })
        .await
    };
    fresh.store.write(delete).await.unwrap();
    assert_eq!(super::activate(&fresh.store, board).await, None);
    assert_eq!(super::activate(&fresh.store, BoardId(super::fresh_id())).await, None);
    assert_eq!(fresh.store.snapshot(board).await.unwrap(), None);
    assert_eq!(fresh.store.board_place(board).await.unwrap(), None);
    // The refused activation has not touched the epoch that the deletion raised.
    assert_eq!(fresh.store.head(board).await.unwrap().unwrap().epoch, 2);
}

async fn numbers_are_taken_once(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let project = sheet.home.project;
    let taken = tokio::join!(
        fresh.store.take_numbers(project, 50),
        fresh.store.take_numbers(project, 50),
        fresh.store.take_numbers(project, 50)
    );
    let mut taken = [taken.0.unwrap(), taken.1.unwrap(), taken.2.unwrap()];
    taken.sort_unstable();
    assert_eq!(taken, [1, 51, 101]);
    let nowhere = fresh.store.take_numbers(crate::domain::ids::ProjectId(super::fresh_id()), 1).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound)));
}

async fn a_tail_ends_where_it_must(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let steps = (0..250).map(|i| sheet.creating(&format!("task {i}"))).collect();
    let batch = sheet.commit(steps).await;
    let (store, board) = (&fresh.store, sheet.board);
    let tail = store.tail(board, 0, 1_000, usize::MAX).await.unwrap();
    assert_eq!((tail.rows.len(), tail.end), (250, TailEnd::Head));
    assert_eq!(tail.rows[7].event, batch.events[7]);
    let tail = store.tail(board, 100, 120, usize::MAX).await.unwrap();
    assert_eq!((tail.rows.len(), tail.rows[0].seq, tail.end), (120, 101, TailEnd::Limit));
    let bytes = batch.events[..3].iter().map(|event| event.len()).sum();
    let tail = store.tail(board, 0, 1_000, bytes).await.unwrap();
    assert_eq!((tail.rows.len(), tail.end), (3, TailEnd::Bytes));
    assert_eq!(store.first_kept_seq(board).await.unwrap(), Some(1));
    fresh.sql("update op_log set event = null where seq <= 100").await;
    let tail = store.tail(board, 99, 1_000, usize::MAX).await.unwrap();
    assert_eq!((tail.rows.len(), tail.end), (0, TailEnd::Trimmed));
    assert_eq!(store.first_kept_seq(board).await.unwrap(), Some(101));
    assert_eq!(store.tail(board, 250, 10, usize::MAX).await.unwrap().end, TailEnd::Head);
}

async fn places_are_found_after_deletion_too(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let mut step = sheet.creating("task");
    step.1.description = Some("# long\n\nتوضیح".into());
    let id = step.1.state.task.id;
    sheet.commit(vec![step]).await;
    let store = &fresh.store;
    assert_eq!(store.task_place(id).await.unwrap(), Some(sheet.board));
    assert_eq!(store.column_place(sheet.columns[0].column.id).await.unwrap(), Some(sheet.board));
    assert_eq!(store.board_place(sheet.board).await.unwrap(), Some((sheet.home.workspace, sheet.home.project)));
    assert_eq!(store.description(id).await.unwrap().as_deref(), Some("# long\n\nتوضیح"));
    let task = store.task(id).await.unwrap().unwrap();
    assert_eq!((task.board_id, &task.state), (sheet.board, &sheet.tasks[&id]));
    // A later change of something else leaves the description as it is.
    let step = sheet.moving(id, 2);
    sheet.commit(vec![step]).await;
    assert_eq!(store.task(id).await.unwrap().unwrap().description, "# long\n\nتوضیح");
    assert_eq!(store.task_place(TaskId(super::fresh_id())).await.unwrap(), None);
    assert_eq!(store.column_place(ColumnId(super::fresh_id())).await.unwrap(), None);
}

async fn access_is_read_whole(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let home = sheet.home;
    let label = crate::domain::ids::LabelId(super::fresh_id());
    let fill = async move |mut conn: Conn| {
        let row = (
            memberships::workspace_id.eq(home.workspace),
            memberships::user_id.eq(home.user),
            memberships::role.eq("viewer"),
            memberships::joined_at.eq(Moment::default()),
        );
        query!(&mut conn, |c| diesel::insert_into(memberships::table).values(row).execute(c).await)?;
        let row = (
            labels::id.eq(label),
            labels::project_id.eq(home.project),
            labels::workspace_id.eq(home.workspace),
            labels::name.eq("bug"),
            labels::color.eq("#ff0000"),
            labels::created_at.eq(Moment::default()),
        );
        query!(&mut conn, |c| diesel::insert_into(labels::table).values(row).execute(c).await)?;
        Ok(())
    };
    fresh.store.write(fill).await.unwrap();
    let access = fresh.store.access(home.workspace).await.unwrap().unwrap();
    assert_eq!(access.role(home.user), Some(Role::Viewer));
    assert!(access.labels.contains(&(home.project, label)));
    assert_eq!(fresh.store.access(WorkspaceId(super::fresh_id())).await.unwrap(), None);
}
