//! One board alone: writes it, or learns why it can't be written. The same on both databases.

use super::{Batch, lite, statement};
use crate::domain::board::commit::{Extent, Finding, Outcome};
use crate::domain::board::event::Change;
use crate::domain::board::model::{Epoch, Seq};
use crate::domain::ids::{ColumnId, OpId, TaskId};
use crate::store::columns::AnyId;
use crate::store::conn::{Conn, query};
use crate::store::error::{StoreError, StoreResult};
use crate::store::queries;
use crate::store::schema::{columns, heads, tasks};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// How often a lost race for an id is run again.
const RACES_MAX: usize = 3;

/// Writes `batch` in a transaction of its own.
///
/// # Errors
/// Those that are nobody's fault: not applied where the error says so, else not known.
pub(super) async fn write(conn: &mut Conn, batch: &Arc<Batch>) -> StoreResult<Outcome> {
    let mut found = attempt(conn, batch).await;
    for _ in 0..RACES_MAX {
        // Somebody has taken an id between our look and our write; another look says which.
        let Err(StoreError::Taken { .. }) = found else { break };
        found = attempt(conn, batch).await;
    }
    match found {
        Err(error) if !error.is_unavailable() => {
            tracing::warn!(%error, board_id = %batch.commit.board_id, "a batch was refused; looking for the op");
            isolate(conn, batch).await
        }
        found => found,
    }
}

async fn attempt(conn: &mut Conn, batch: &Arc<Batch>) -> StoreResult<Outcome> {
    conn.tx(async |conn| {
        if !lock(conn, batch).await? {
            return Ok(Outcome::Fenced);
        }
        let findings = findings(conn, batch).await?;
        if !findings.is_empty() {
            return Ok(Outcome::NotApplied(findings));
        }
        write_rows(conn, batch).await?;
        Ok(Outcome::Committed)
    })
    .await
}

/// Locks the board, waiting a second at most, and gives whether it still stands where the batch thinks.
async fn lock(conn: &mut Conn, batch: &Batch) -> StoreResult<bool> {
    let board = heads::table.find(batch.commit.board_id).select((heads::epoch, heads::head));
    let found: Option<(Epoch, Seq)> = match conn {
        Conn::Pg(c) => {
            c.batch_execute("set local lock_timeout = '1s'").await?;
            board.for_no_key_update().first(&mut **c).await.optional()?
        }
        // The transaction has the whole database already.
        Conn::Lite(c) => board.first(&mut **c).await.optional()?,
    };
    Ok(cfg!(feature = "unfenced") || found == Some((batch.commit.epoch, batch.commit.base)))
}

/// What is there already of that which the batch wants to be new.
async fn findings(conn: &mut Conn, batch: &Batch) -> StoreResult<Vec<Finding>> {
    let commit = &batch.commit;
    let op_ids: Vec<OpId> = commit.ops.iter().map(|op| op.event.op_id).collect();
    let known = queries::log::find_ops(conn, commit.board_id, &op_ids).await?;
    let mut found: Vec<Finding> = known.into_iter().map(|(op_id, first)| Finding::Duplicate(op_id, first)).collect();
    let new_tasks = commit.tasks.iter().filter(|write| write.extent == Extent::New).map(|write| write.state.task.id.0);
    let new_columns =
        commit.columns.iter().filter(|write| write.extent == Extent::New).map(|write| write.state.column.id.0);
    let new: Vec<AnyId> = new_tasks.chain(new_columns).map(AnyId).collect();
    if new.is_empty() {
        return Ok(found);
    }
    let taken = tasks::table.filter(tasks::id.eq_any(&new)).select(tasks::id);
    let taken: Vec<TaskId> = query!(conn, |c| taken.load(c).await)?;
    found.extend(taken.into_iter().map(|id| Finding::Taken(id.0)));
    let taken = columns::table.filter(columns::id.eq_any(&new)).select(columns::id);
    let taken: Vec<ColumnId> = query!(conn, |c| taken.load(c).await)?;
    found.extend(taken.into_iter().map(|id| Finding::Taken(id.0)));
    Ok(found)
}

async fn write_rows(conn: &mut Conn, batch: &Arc<Batch>) -> StoreResult<()> {
    let written = match conn {
        Conn::Pg(c) => statement::execute(c, &[&**batch]).await? == [true],
        Conn::Lite(c) => {
            let batch = Arc::clone(batch);
            c.spawn_blocking(move |c| lite::write_batch(c, &batch)).await?
        }
    };
    // The row is locked, so an id was taken between our look and our write: another look says which.
    if written { Ok(()) } else { Err(StoreError::Taken { key: "an id, meanwhile".into() }) }
}

/// Finds the ops whose rows the database refuses, by writing ever smaller parts of the batch and taking them back.
async fn isolate(conn: &mut Conn, batch: &Arc<Batch>) -> StoreResult<Outcome> {
    let mut culprits = Vec::new();
    let looked = conn.trial(async |conn| {
        if !lock(conn, batch).await? {
            return Err(StoreError::NotFound);
        }
        // A database that can't write even this is ill, and no op is to blame; nor, at the end, has it fallen ill.
        let nothing = Arc::new(part(batch, 0..0));
        conn.trial(async |conn| write_rows(conn, &nothing).await).await.map_err(StoreError::away)?;
        let mut suspects = vec![Range { start: 0, end: batch.commit.ops.len() }];
        while let Some(range) = suspects.pop() {
            let part = Arc::new(part(batch, range.clone()));
            match conn.trial(async |conn| write_rows(conn, &part).await).await {
                Ok(()) => {}
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) if range.len() == 1 => {
                    let op_id = batch.commit.ops[range.start].event.op_id;
                    tracing::error!(%error, %op_id, "the database refuses an op");
                    culprits.push(Finding::Refused(op_id));
                }
                Err(_) => {
                    let middle = range.start + range.len() / 2;
                    suspects.extend([middle..range.end, range.start..middle]);
                }
            }
        }
        conn.trial(async |conn| write_rows(conn, &nothing).await).await.map_err(StoreError::away)
    });
    match looked.await {
        Ok(()) if culprits.is_empty() => Err(StoreError::away("refused as a whole, but no part of it")),
        Ok(()) => Ok(Outcome::NotApplied(culprits)),
        Err(StoreError::NotFound) => Ok(Outcome::Fenced),
        // All of it was to be taken back anyway.
        Err(error) => Err(StoreError::away(error)),
    }
}

/// The ops in `range`, with the rows that they touched as these stand after the whole batch.
fn part(batch: &Batch, range: Range<usize>) -> Batch {
    let mut commit = batch.commit.clone();
    commit.ops = commit.ops[range.clone()].to_vec();
    let touched: HashSet<Uuid> = commit.ops.iter().flat_map(|op| touched(&op.event.change)).collect();
    commit.tasks.retain(|write| touched.contains(&write.state.task.id.0));
    commit.columns.retain(|write| touched.contains(&write.state.column.id.0));
    Batch { commit, events: batch.events[range].to_vec() }
}

/// Every task and column that a change changes.
fn touched(change: &Change) -> Vec<Uuid> {
    let mut ids = vec![change.target()];
    match change {
        Change::TaskCreated { ranks, .. } | Change::TaskMoved { ranks, .. } | Change::TaskRestored { ranks, .. } => {
            ids.extend(ranks.keys().map(|id| id.0));
        }
        Change::ColumnCreated { ranks, .. } | Change::ColumnMoved { ranks, .. } => {
            ids.extend(ranks.keys().map(|id| id.0));
        }
        Change::ColumnDeleted { moved, .. } => ids.extend(moved.iter().map(|moved| moved.task_id.0)),
        Change::TaskUpdated { .. } | Change::TaskDeleted { .. } | Change::ColumnUpdated { .. } => {}
    }
    ids
}
