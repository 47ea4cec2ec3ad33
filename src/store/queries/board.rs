//! Boards: where they hang, who may write them, and what stands on them.

use super::task::{ColumnRow, Lists, TaskRow};
use crate::domain::board::commit::FirstTime;
use crate::domain::board::model::{BoardInfo, Column, ColumnState, Epoch, Seq, Task, TaskState, Version};
use crate::domain::ids::{BoardId, ColumnId, Incarnation, OpId, ProjectId, UserId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::columns::AnyId;
use crate::store::conn::{Conn, insert_all, load_all, query};
use crate::store::error::{StoreError, StoreResult};
use crate::store::schema::{boards, columns, heads, nodes, op_log, projects, tasks, workspaces};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;

/// How many of a board's last `op_id`s it holds in memory.
pub const RECENT_OPS: i64 = 1_000;

/// A board's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = boards)]
pub struct BoardRow {
    pub id: BoardId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    pub name: String,
    pub created_by: UserId,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// A board that this node may write from now on, with the token that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    pub info: BoardInfo,
    pub epoch: Epoch,
    pub head: Seq,
    pub history: String,
    /// The last event's time.
    pub at: Moment,
}

/// All that a board holds in memory, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub head: Seq,
    pub epoch: Epoch,
    /// The last event's time.
    pub at: Moment,
    /// Deleted ones too.
    pub columns: Vec<ColumnState>,
    /// Deleted ones too.
    pub tasks: Vec<TaskState>,
    /// The last ops of the log, the oldest first.
    pub recent: Vec<(OpId, FirstTime)>,
}

/// A board as of `seq`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub seq: Seq,
    pub history: String,
    pub board: BoardInfo,
    /// By rank.
    pub columns: Vec<Column>,
    /// By column, then by rank.
    pub tasks: Vec<Task>,
}

/// Where a board's log stands.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = heads)]
pub struct Head {
    pub head: Seq,
    pub epoch: Epoch,
    pub history: String,
    /// The node that may write it, whether it lives or not.
    pub owner: Option<Incarnation>,
    /// The last event's time.
    pub at: Moment,
}

/// What came of [`claim`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    Taken(Activation),
    /// A live node has it, or this one was taken for dead.
    Held,
    /// The board, its project or its workspace is deleted or was never there.
    Gone,
}

/// Inserts a board with its first columns. It stands at `seq` 0: the columns are its base, not events.
///
/// `history` is a short random text. Call it inside a transaction.
///
/// # Errors
/// Those of the database.
pub async fn insert_board(conn: &mut Conn, row: &BoardRow, history: &str, first: &[Column]) -> StoreResult<()> {
    let head = (
        heads::board_id.eq(row.id),
        heads::head.eq(0),
        heads::epoch.eq(0),
        heads::history.eq(history),
        heads::at.eq(row.created_at),
    );
    query!(conn, |c| diesel::insert_into(boards::table).values(row).execute(c).await)?;
    query!(conn, |c| diesel::insert_into(heads::table).values(head).execute(c).await)?;
    let base = |column: &Column| ColumnState { column: column.clone(), changes: [column.version; _], deleted: false };
    let rows: Vec<ColumnRow> =
        first.iter().map(|column| ColumnRow::new(row.id, &base(column), row.created_at)).collect();
    insert_all!(conn, columns::table, rows)?;
    Ok(())
}

/// Takes a board for `node`: whoever had it before is fenced. A live owner is never robbed, and a node that was taken
/// for dead takes nothing.
///
/// # Errors
/// Those of the database.
pub async fn claim(conn: &mut Conn, board: BoardId, node: Incarnation) -> StoreResult<Claim> {
    let claimed = conn
        .tx(async |conn| {
            let seen = head(conn, board).await?.ok_or(StoreError::NotFound)?;
            let others = seen.owner.filter(|owner| *owner != node);
            if let Some(owner) = others
                && lives(conn, owner).await?
            {
                return Ok(None);
            }
            // What was seen still holds, or another was faster: who is dead stays dead, and every claim spends an epoch.
            // (To ask in the update whether the owner lives would not do: PostgreSQL looks again at the row that it
            // waited for, but not at what hangs on it.) The row is locked before the look at the board, so that a
            // deletion is either seen or comes after.
            let here = nodes::table.filter(nodes::incarnation.eq(node).and(nodes::dead.eq(false)));
            let free =
                heads::table.filter(heads::board_id.eq(board).and(heads::epoch.eq(seen.epoch))).filter(exists(here));
            let take = diesel::update(free).set((heads::epoch.eq(heads::epoch + 1), heads::owner.eq(node)));
            let taken: Option<Head> =
                query!(conn, |c| take.returning(Head::as_returning()).get_result(c).await.optional())?;
            let info = info(conn, board).await?.ok_or(StoreError::NotFound)?;
            Ok(taken.map(|Head { head, epoch, history, at, .. }| Activation { info, epoch, head, history, at }))
        })
        .await;
    match claimed {
        Ok(Some(activation)) => Ok(Claim::Taken(activation)),
        Ok(None) => Ok(Claim::Held),
        Err(StoreError::NotFound) => Ok(Claim::Gone),
        Err(error) => Err(error),
    }
}

/// Lets a board go that `node` writes under `epoch`: it is anybody's from here on, and the epoch is spent. Whether it
/// still was the node's.
///
/// # Errors
/// Those of the database.
pub async fn release(conn: &mut Conn, board: BoardId, node: Incarnation, epoch: Epoch) -> StoreResult<bool> {
    let mine = heads::table.filter(heads::board_id.eq(board)).filter(heads::owner.eq(node).and(heads::epoch.eq(epoch)));
    let set = (heads::epoch.eq(heads::epoch + 1), heads::owner.eq(None::<Incarnation>));
    Ok(query!(conn, |c| diesel::update(mine).set(set).execute(c).await)? > 0)
}

/// Where a board's log stands, and its owner if that one lives; `None` where the board is deleted or was never there.
///
/// # Errors
/// Those of the database.
pub async fn look(conn: &mut Conn, board: BoardId) -> StoreResult<Option<(Head, Option<Incarnation>)>> {
    let (Some(_), Some(found)) = (info(conn, board).await?, head(conn, board).await?) else { return Ok(None) };
    let Some(owner) = found.owner else { return Ok(Some((found, None))) };
    let living = lives(conn, owner).await?.then_some(owner);
    Ok(Some((found, living)))
}

/// Whether a node was not taken for dead. One that was never lives again.
async fn lives(conn: &mut Conn, node: Incarnation) -> StoreResult<bool> {
    let row = nodes::table.filter(nodes::incarnation.eq(node).and(nodes::dead.eq(false)));
    let found: Option<Incarnation> = query!(conn, |c| row.select(nodes::incarnation).first(c).await.optional())?;
    Ok(found.is_some())
}

/// Fences whoever owns these boards, because they were deleted or archived: call it in the same transaction.
///
/// # Errors
/// Those of the database.
pub async fn fence(conn: &mut Conn, boards: &[BoardId]) -> StoreResult<()> {
    let mut boards = boards.to_vec();
    // Always in this order, so that two who fence the same boards don't wait for each other in a ring.
    boards.sort_unstable();
    for board in boards {
        let fenced = diesel::update(heads::table.find(board))
            .set((heads::epoch.eq(heads::epoch + 1), heads::owner.eq(None::<Incarnation>)));
        query!(conn, |c| fenced.execute(c).await)?;
    }
    Ok(())
}

/// What a board is called and where it hangs; `None` where it, its project or its workspace is deleted.
///
/// # Errors
/// Those of the database.
pub async fn info(conn: &mut Conn, board: BoardId) -> StoreResult<Option<BoardInfo>> {
    let row = boards::table
        .inner_join(projects::table.inner_join(workspaces::table))
        .filter(boards::id.eq(board))
        .filter(boards::deleted_at.is_null())
        .filter(projects::deleted_at.is_null())
        .filter(workspaces::deleted_at.is_null());
    let found: Option<(BoardRow, String)> =
        query!(conn, |c| row.select((BoardRow::as_select(), projects::key)).first(c).await.optional())?;
    Ok(found.map(|(row, project_key)| BoardInfo {
        id: row.id,
        name: row.name,
        project_id: row.project_id,
        workspace_id: row.workspace_id,
        project_key,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }))
}

/// The workspace and the project of a board that is not deleted.
///
/// # Errors
/// Those of the database.
pub async fn board_place(conn: &mut Conn, board: BoardId) -> StoreResult<Option<(WorkspaceId, ProjectId)>> {
    Ok(info(conn, board).await?.map(|info| (info.workspace_id, info.project_id)))
}

/// Where a board's log stands, deleted or not.
///
/// # Errors
/// Those of the database.
pub async fn head(conn: &mut Conn, board: BoardId) -> StoreResult<Option<Head>> {
    let row = heads::table.find(board);
    Ok(query!(conn, |c| row.select(Head::as_select()).first(c).await.optional())?)
}

/// Reads all that a board holds in memory, in one consistent read.
///
/// # Errors
/// [`StoreError::NotFound`] where there is no such board; those of the database.
pub async fn load(conn: &mut Conn, board: BoardId) -> StoreResult<Loaded> {
    conn.consistent(async |conn| {
        let Head { head: seq, epoch, at, .. } = head(conn, board).await?.ok_or(StoreError::NotFound)?;
        let rows = columns::table.filter(columns::board_id.eq(board));
        let columns: Vec<ColumnRow> = load_all!(conn, rows.select(ColumnRow::as_select()))?;
        let rows = tasks::table.filter(tasks::board_id.eq(board));
        let tasks: Vec<TaskRow> = load_all!(conn, rows.select(TaskRow::as_select()))?;
        let tasks = Lists::of_board(conn, board).await?.fill(tasks)?;
        let columns = columns.into_iter().map(ColumnRow::into_state).collect::<StoreResult<_>>()?;
        Ok(Loaded { head: seq, epoch, at, columns, tasks, recent: recent(conn, board).await? })
    })
    .await
}

/// The last ops of a board's log, the oldest first.
async fn recent(conn: &mut Conn, board: BoardId) -> StoreResult<Vec<(OpId, FirstTime)>> {
    let rows = op_log::table.filter(op_log::board_id.eq(board)).order(op_log::seq.desc()).limit(RECENT_OPS).select((
        op_log::op_id,
        op_log::seq,
        op_log::version,
        op_log::target,
        op_log::hash,
    ));
    let rows: Vec<(OpId, Seq, Version, AnyId, i64)> = load_all!(conn, rows)?;
    let first_time = |(op_id, seq, version, AnyId(target), hash)| (op_id, FirstTime { seq, version, target, hash });
    Ok(rows.into_iter().rev().map(first_time).collect())
}

/// Reads what stands on a board, in one consistent read; `None` where it, its project or its workspace is deleted.
///
/// # Errors
/// Those of the database.
pub async fn snapshot(conn: &mut Conn, board: BoardId) -> StoreResult<Option<Snapshot>> {
    conn.consistent(async |conn| {
        let (Some(info), Some(head)) = (info(conn, board).await?, head(conn, board).await?) else { return Ok(None) };
        let rows = columns::table.filter(columns::board_id.eq(board)).filter(columns::deleted_at.is_null());
        let columns: Vec<ColumnRow> = load_all!(conn, rows.select(ColumnRow::as_select()))?;
        let rows = tasks::table.filter(tasks::board_id.eq(board)).filter(tasks::deleted_at.is_null());
        let tasks: Vec<TaskRow> = load_all!(conn, rows.select(TaskRow::as_select()))?;
        let tasks = Lists::of_board(conn, board).await?.fill(tasks)?;
        let columns = columns.into_iter().map(|row| Ok(row.into_state()?.column)).collect::<StoreResult<Vec<_>>>()?;
        let (columns, tasks) = in_order(columns, tasks.into_iter().map(|state| state.task).collect());
        Ok(Some(Snapshot { seq: head.head, history: head.history, board: info, columns, tasks }))
    })
    .await
}

/// Columns by rank, tasks by column and then by rank.
fn in_order(mut columns: Vec<Column>, mut tasks: Vec<Task>) -> (Vec<Column>, Vec<Task>) {
    columns.sort_unstable_by(|a, b| a.rank.cmp(&b.rank));
    let places: HashMap<ColumnId, usize> =
        columns.iter().enumerate().map(|(place, column)| (column.id, place)).collect();
    let place = |task: &Task| places.get(&task.column_id).copied().unwrap_or(usize::MAX);
    tasks.sort_unstable_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.rank.cmp(&b.rank)));
    (columns, tasks)
}
