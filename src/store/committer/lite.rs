//! The committer on SQLite: one blocking call a write, in one transaction on the one write connection.

use super::lite_statements::{LogOp, MoveHead, MoveTask, RankTask};
use super::{Batch, Pending, lone, measure, next_group};
use crate::domain::board::commit::{ColumnWrite, Extent, Outcome, TaskWrite};
use crate::domain::ids::{BoardId, ProjectId, TaskId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::Engine;
use crate::store::conn::{Conn, LiteConn};
use crate::store::error::StoreResult;
use crate::store::queries::task::ColumnRow;
use crate::store::queries::task_values::{NewTask, TaskValues};
use crate::store::schema::{boards, columns, task_assignees, task_labels, tasks};
use crate::store::sqlite::Lite;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedMutexGuard, mpsc};

/// Writes what comes out of `queue` until nobody can put anything into it.
pub(super) async fn run(engine: Arc<Engine>, mut queue: mpsc::UnboundedReceiver<Pending>) {
    let Engine::Lite(lite) = &*engine else { return };
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() {
            let Some(pending) = queue.recv().await else { return };
            waiting.push(pending);
        }
        let writer = lite.writer_as_left().await;
        while let Ok(pending) = queue.try_recv() {
            waiting.push(pending);
        }
        let group = next_group(&mut waiting);
        if let Err(refused) = write(writer, group).await {
            write_alone(lite, refused).await;
        }
    }
}

/// Writes `group` in one transaction, or gives it back.
async fn write(mut writer: OwnedMutexGuard<LiteConn>, group: Vec<Pending>) -> Result<(), Vec<Pending>> {
    let begun = Instant::now();
    let batches: Vec<_> = group.iter().map(|pending| Arc::clone(&pending.batch)).collect();
    let written = writer.spawn_blocking(move |c| {
        c.immediate_transaction(|c| batches.iter().map(|batch| write_batch(c, batch)).collect::<QueryResult<Vec<_>>>())
    });
    let written = written.await;
    // Others may write while the boards are told.
    drop(writer);
    measure(&group, begun);
    match written {
        Ok(written) => {
            for (pending, written) in group.into_iter().zip(written) {
                pending.answer(if written { Outcome::Committed } else { Outcome::Fenced });
            }
            Ok(())
        }
        Err(error) => {
            tracing::debug!(%error, boards = group.len(), "a write failed; trying each board alone");
            Err(group)
        }
    }
}

/// Writes each of `group` in a transaction of its own, or learns why it can't be written.
async fn write_alone(lite: &Lite, group: Vec<Pending>) {
    for pending in group {
        let found = match lite.writer().await {
            Ok(handle) => lone::write(&mut Conn::Lite(handle), &pending.batch).await,
            Err(error) => Err(error),
        };
        pending.answer(settled(found));
    }
}

/// SQLite leaves no outcome unknown: what has failed is rolled back, at the latest by whoever opens the file next.
fn settled(found: StoreResult<Outcome>) -> Outcome {
    found.unwrap_or_else(|error| {
        tracing::warn!(%error, "a commit could not be written");
        Outcome::Unavailable
    })
}

/// Writes one batch inside a transaction, and gives whether its board still stood where it thinks.
pub(super) fn write_batch(c: &mut SqliteConnection, batch: &Batch) -> QueryResult<bool> {
    let commit = &batch.commit;
    if MoveHead::new(commit).execute(c)? == 0 {
        return Ok(false);
    }
    for (op, event) in commit.ops.iter().zip(&batch.events) {
        LogOp::new(commit, op, event).execute(c)?;
    }
    let mut place = None;
    for write in &commit.tasks {
        match write.extent {
            Extent::Rank => RankTask(write, commit.board_id).execute(c).map(drop)?,
            Extent::Position => MoveTask(write, commit.board_id).execute(c).map(drop)?,
            Extent::All => change_task(c, commit.board_id, write)?,
            Extent::New => {
                let (project, workspace) = match place {
                    Some(place) => place,
                    None => *place.insert(find_place(c, commit.board_id)?),
                };
                create_task(c, commit.board_id, project, workspace, write)?;
            }
        }
    }
    for write in &commit.columns {
        write_column(c, commit.board_id, write, commit.at)?;
    }
    Ok(true)
}

fn find_place(c: &mut SqliteConnection, board: BoardId) -> QueryResult<(ProjectId, WorkspaceId)> {
    boards::table.find(board).select((boards::project_id, boards::workspace_id)).first(c)
}

fn change_task(c: &mut SqliteConnection, board: BoardId, write: &TaskWrite) -> QueryResult<()> {
    let row = tasks::table.find(write.state.task.id).filter(tasks::board_id.eq(board));
    let description = write.description.as_deref().map(|text| tasks::description.eq(text));
    diesel::update(row).set((TaskValues::new(&write.state), description)).execute(c)?;
    replace_lists(c, board, write)
}

fn create_task(
    c: &mut SqliteConnection,
    board: BoardId,
    project: ProjectId,
    workspace: WorkspaceId,
    write: &TaskWrite,
) -> QueryResult<()> {
    let description = write.description.as_deref().unwrap_or_default();
    let row = NewTask::new(board, project, workspace, &write.state, description);
    diesel::insert_into(tasks::table).values(row).execute(c)?;
    insert_lists(c, board, write)
}

fn replace_lists(c: &mut SqliteConnection, board: BoardId, write: &TaskWrite) -> QueryResult<()> {
    let task = write.state.task.id;
    diesel::delete(task_assignees::table.filter(task_assignees::task_id.eq(task))).execute(c)?;
    diesel::delete(task_labels::table.filter(task_labels::task_id.eq(task))).execute(c)?;
    insert_lists(c, board, write)
}

fn insert_lists(c: &mut SqliteConnection, board: BoardId, write: &TaskWrite) -> QueryResult<()> {
    let task: TaskId = write.state.task.id;
    for (position, user) in (0_i16..).zip(&write.state.task.assignee_ids) {
        let row = (
            task_assignees::task_id.eq(task),
            task_assignees::user_id.eq(user),
            task_assignees::board_id.eq(board),
            task_assignees::position.eq(position),
        );
        diesel::insert_into(task_assignees::table).values(row).execute(c)?;
    }
    for (position, label) in (0_i16..).zip(&write.state.task.label_ids) {
        let row = (
            task_labels::task_id.eq(task),
            task_labels::label_id.eq(label),
            task_labels::board_id.eq(board),
            task_labels::position.eq(position),
        );
        diesel::insert_into(task_labels::table).values(row).execute(c)?;
    }
    Ok(())
}

fn write_column(c: &mut SqliteConnection, board: BoardId, write: &ColumnWrite, at: Moment) -> QueryResult<()> {
    let row = columns::table.find(write.state.column.id).filter(columns::board_id.eq(board));
    match write.extent {
        Extent::Rank => diesel::update(row).set(columns::rank.eq(write.state.column.rank.as_str())).execute(c)?,
        Extent::Position | Extent::All => {
            diesel::update(row).set(ColumnRow::new(board, &write.state, at)).execute(c)?
        }
        Extent::New => {
            diesel::insert_into(columns::table).values(ColumnRow::new(board, &write.state, at)).execute(c)?
        }
    };
    Ok(())
}
