//! The log of a board: what happened, who did it, and what a client has missed.

use crate::domain::board::commit::FirstTime;
use crate::domain::board::model::{Seq, Version};
use crate::domain::ids::{BoardId, OpId, TaskId, UserId};
use crate::domain::time::Moment;
use crate::store::columns::AnyId;
use crate::store::conn::{Conn, load_all, query};
use crate::store::error::{StoreError, StoreResult};
use crate::store::schema::op_log;
use bytes::Bytes;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Deserialize;
use uuid::Uuid;

/// Rows that are read at once where events may be large.
const CHUNK: i64 = 100;

/// One event as it stands in the log: the bytes that crossed the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    pub seq: Seq,
    pub event: Bytes,
}

/// Some events of a board, in order and without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    pub rows: Vec<LogRow>,
    pub end: TailEnd,
}

/// Why a tail holds no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailEnd {
    /// There is no more.
    Head,
    /// As many rows as were asked for.
    Limit,
    /// One more would be more bytes than were asked for.
    Bytes,
    /// The next event's bytes are no longer kept.
    Trimmed,
}

/// Who changed something to a version, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedBy {
    pub version: Version,
    pub actor_id: UserId,
    pub at: Moment,
}

/// Events after `since`, the oldest first: at most `limit` of them, and at most `bytes_max` bytes in all.
///
/// # Errors
/// Those of the database.
pub async fn tail(conn: &mut Conn, board: BoardId, since: Seq, limit: usize, bytes_max: usize) -> StoreResult<Tail> {
    let mut tail = Tail { rows: Vec::new(), end: TailEnd::Limit };
    let mut bytes_left = bytes_max;
    while tail.rows.len() < limit {
        let after = tail.rows.last().map_or(since, |row| row.seq);
        let wanted = CHUNK.min(i64::try_from(limit - tail.rows.len()).unwrap_or(CHUNK));
        let rows = op_log::table
            .filter(op_log::board_id.eq(board).and(op_log::seq.gt(after)))
            .order(op_log::seq.asc())
            .limit(wanted)
            .select((op_log::seq, op_log::event));
        let rows: Vec<(Seq, Option<Vec<u8>>)> = load_all!(conn, rows)?;
        let last_chunk = (rows.len() as i64) < wanted;
        for (seq, event) in rows {
            let Some(event) = event else { return Ok(Tail { end: TailEnd::Trimmed, ..tail }) };
            let Some(left) = bytes_left.checked_sub(event.len()) else {
                return Ok(Tail { end: TailEnd::Bytes, ..tail });
            };
            bytes_left = left;
            tail.rows.push(LogRow { seq, event: event.into() });
        }
        if last_chunk {
            return Ok(Tail { end: TailEnd::Head, ..tail });
        }
    }
    Ok(tail)
}

/// The first event whose bytes are kept, with all after it; `None` where there is none.
///
/// # Errors
/// Those of the database.
pub async fn first_kept_seq(conn: &mut Conn, board: BoardId) -> StoreResult<Option<Seq>> {
    let first = op_log::table
        .filter(op_log::board_id.eq(board).and(op_log::event.is_not_null()))
        .order(op_log::seq.asc())
        .limit(1)
        .select(op_log::seq);
    Ok(query!(conn, |c| first.first(c).await.optional())?)
}

/// Those of `op_ids` that a board has applied, and how each was applied.
///
/// # Errors
/// Those of the database.
pub async fn find_ops(conn: &mut Conn, board: BoardId, op_ids: &[OpId]) -> StoreResult<Vec<(OpId, FirstTime)>> {
    let columns = (op_log::op_id, op_log::seq, op_log::version, op_log::target, op_log::hash);
    // The board is looked at here, lest a plan that was made while the log was small walk through all of the board's.
    let known = op_log::table.filter(op_log::op_id.eq_any(op_ids)).select((op_log::board_id, columns));
    type Known = (OpId, Seq, Version, AnyId, i64);
    let known: Vec<(BoardId, Known)> = query!(conn, |c| known.load(c).await)?;
    let ours = known.into_iter().filter(|(found, _)| *found == board);
    let first_time = |(op_id, seq, version, AnyId(target), hash)| (op_id, FirstTime { seq, version, target, hash });
    Ok(ours.map(|(_, known)| first_time(known)).collect())
}

/// Who brought `target`, a task or a column, to each of `versions`. Those whose event is no longer kept are missing.
///
/// # Errors
/// Those of the database.
pub async fn changes_of(
    conn: &mut Conn,
    board: BoardId,
    target: Uuid,
    versions: &[Version],
) -> StoreResult<Vec<ChangedBy>> {
    let rows = op_log::table
        .filter(op_log::target.eq(AnyId(target)).and(op_log::board_id.eq(board)))
        .filter(op_log::version.eq_any(versions))
        .select((op_log::version, op_log::event));
    let rows: Vec<(Version, Option<Vec<u8>>)> = query!(conn, |c| rows.load(c).await)?;
    let mut found = Vec::with_capacity(versions.len());
    for (version, event) in rows {
        if let Some(event) = event {
            let Author { actor_id, at } = parsed(&event)?;
            found.push(ChangedBy { version, actor_id, at });
        }
    }
    let mut below = Seq::MAX;
    while versions.iter().any(|version| found.iter().all(|change| change.version != *version)) {
        let Some(chunk) = columns_deleted(conn, board, 0, below, target).await? else { break };
        below = chunk.next_below;
        for (_, event) in chunk.rows {
            let Author { actor_id, at } = parsed(&event)?;
            let moved: ColumnDeleted = parsed(&event)?;
            let ours = moved.data.moved.iter().find(|moved| moved.task_id.0 == target);
            found.extend(ours.filter(|moved| versions.contains(&moved.version)).map(|moved| ChangedBy {
                version: moved.version,
                actor_id,
                at,
            }));
        }
    }
    Ok(found)
}

/// The events of one task, the newest first: those below `before` (`Seq::MAX` to begin with), at most `limit`.
/// Those whose bytes are no longer kept are left out.
///
/// # Errors
/// Those of the database.
pub async fn history(
    conn: &mut Conn,
    board: BoardId,
    task: TaskId,
    before: Seq,
    limit: usize,
) -> StoreResult<Vec<LogRow>> {
    let rows = op_log::table
        .filter(op_log::target.eq(AnyId(task.0)).and(op_log::seq.lt(before)))
        .filter(op_log::board_id.eq(board).and(op_log::event.is_not_null()))
        .order(op_log::seq.desc())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((op_log::seq, op_log::event.assume_not_null()));
    let mut rows: Vec<(Seq, Vec<u8>)> = query!(conn, |c| rows.load(c).await)?;
    let above = if rows.len() < limit { 0 } else { rows.last().map_or(0, |row| row.0) };
    let mut below = before;
    while let Some(chunk) = columns_deleted(conn, board, above, below, task.0).await? {
        below = chunk.next_below;
        for (seq, event) in chunk.rows {
            let moved: ColumnDeleted = parsed(&event)?;
            if moved.data.moved.iter().any(|moved| moved.task_id == task) {
                rows.push((seq, event));
            }
        }
    }
    rows.sort_unstable_by_key(|(seq, _)| std::cmp::Reverse(*seq));
    rows.truncate(limit);
    Ok(rows.into_iter().map(|(seq, event)| LogRow { seq, event: event.into() }).collect())
}

/// A few deletions of columns that seem to name a task.
struct Deletions {
    rows: Vec<(Seq, Vec<u8>)>,
    /// Where to go on.
    next_below: Seq,
}

/// The deletion of a column is the only event that is about tasks other than its target: see `moved`.
///
/// Gives deletions with a `seq` above `above` and below `below`, the newest first, of which only those are
/// given that hold the text of `target`; `None` where there are no more. The kind is no bound value, so that the
/// partial index serves.
async fn columns_deleted(
    conn: &mut Conn,
    board: BoardId,
    above: Seq,
    below: Seq,
    target: Uuid,
) -> StoreResult<Option<Deletions>> {
    let rows = op_log::table
        .filter(op_log::board_id.eq(board).and(op_log::kind.eq(diesel::dsl::sql("'column.deleted'"))))
        .filter(op_log::seq.gt(above).and(op_log::seq.lt(below)))
        .order(op_log::seq.desc())
        .limit(CHUNK)
        .select((op_log::seq, op_log::event));
    let rows: Vec<(Seq, Option<Vec<u8>>)> = query!(conn, |c| rows.load(c).await)?;
    let Some(next_below) = rows.last().map(|row| row.0) else { return Ok(None) };
    let name = target.to_string();
    let names = |event: &Vec<u8>| event.windows(name.len()).any(|part| part == name.as_bytes());
    let rows = rows.into_iter().filter_map(|(seq, event)| event.filter(names).map(|event| (seq, event))).collect();
    Ok(Some(Deletions { rows, next_below }))
}

/// What is read of any event.
#[derive(Deserialize)]
struct Author {
    actor_id: UserId,
    at: Moment,
}

/// What is read of a column's deletion.
#[derive(Deserialize)]
struct ColumnDeleted {
    data: MovedAway,
}

#[derive(Deserialize)]
struct MovedAway {
    moved: Vec<Moved>,
}

#[derive(Deserialize)]
struct Moved {
    task_id: TaskId,
    version: Version,
}

fn parsed<'a, T: Deserialize<'a>>(event: &'a [u8]) -> StoreResult<T> {
    serde_json::from_slice(event).map_err(|error| StoreError::Unreadable(format!("event: {error}")))
}
