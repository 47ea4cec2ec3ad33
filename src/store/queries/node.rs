//! Nodes: which runs of the program live, by the database's clock, and which boards each of them may write.

use crate::domain::board::model::{Epoch, Seq};
use crate::domain::ids::{BoardId, FamilyId, Incarnation, ProjectId, UserId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::columns::sql;
use crate::store::conn::{Conn, query};
use crate::store::error::StoreResult;
use crate::store::schema::{auth_sessions, boards, heads, nodes, projects, users, workspaces};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

/// A node whose beat is older is dead, in milliseconds.
pub const DEAD_AFTER_MS: i64 = 2_000;
/// How long the rows of dead nodes are kept, in milliseconds.
const KEPT_MS: i64 = 24 * 3_600 * 1_000;

/// One run of a node.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = nodes)]
pub struct NodeRow {
    pub incarnation: Incarnation,
    pub node_id: String,
    pub version: String,
    pub started_at: Moment,
    /// By the database's clock.
    pub beat_at: Moment,
    pub dead: bool,
    pub draining: bool,
    /// `ok`, `away`, or none for a node without Redis.
    pub bus: Option<String>,
    pub sessions: i32,
}

/// What a node says of itself with each beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    pub incarnation: Incarnation,
    pub draining: bool,
    /// `ok` or `away`.
    pub bus: Option<&'static str>,
    pub sessions: i32,
    /// Whether this node's own beats have gone well for so long that it may take others for dead.
    pub judges: bool,
}

/// What a beat has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// The nodes that live, by their incarnation, this one among them.
    pub live: Vec<NodeRow>,
    /// Those that this beat took for dead.
    pub died: Vec<NodeRow>,
}

/// Where a board at hand stands, for nodes that may have missed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Standing {
    pub board: BoardId,
    pub head: Seq,
    pub epoch: Epoch,
    pub owner: Option<Incarnation>,
}

/// What was ended lately: sign-ins, and users who were disabled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    pub families: Vec<FamilyId>,
    pub users: Vec<UserId>,
}

/// The database's clock.
async fn clock(conn: &mut Conn) -> StoreResult<Moment> {
    let now = match conn {
        Conn::Pg(_) => "clock_timestamp()",
        Conn::Lite(_) => "cast(unixepoch('subsec') * 1000000 as integer)",
    };
    let now = diesel::select(diesel::dsl::sql::<sql::Moment>(now));
    Ok(query!(conn, |c| now.get_result(c).await)?)
}

/// Enters a run of a node, unless one of those that live is in its way: gives that one. Those whose beats have stopped
/// are taken for dead. Nodes that start at once wait for each other here.
///
/// # Errors
/// Those of the database.
pub async fn register(
    conn: &mut Conn,
    incarnation: Incarnation,
    node_id: &str,
    version: &str,
    bus: Option<&'static str>,
) -> StoreResult<Result<(), NodeRow>> {
    conn.tx(async |conn| {
        if let Conn::Pg(c) = conn {
            c.batch_execute("lock table nodes in exclusive mode").await?;
        }
        let now = clock(conn).await?;
        mark_dead(conn, incarnation, now).await?;
        let in_the_way = |other: &NodeRow| {
            // Two nodes need Redis between them, and a name of their own.
            bus.is_none() || other.bus.is_none() || other.node_id == node_id
        };
        if let Some(other) = live(conn).await?.into_iter().find(in_the_way) {
            return Ok(Err(other));
        }
        let row = NodeRow {
            incarnation,
            node_id: node_id.to_owned(),
            version: version.to_owned(),
            started_at: now,
            beat_at: now,
            dead: false,
            draining: false,
            bus: bus.map(str::to_owned),
            sessions: 0,
        };
        query!(conn, |c| diesel::insert_into(nodes::table).values(&row).execute(c).await)?;
        let old = nodes::table.filter(nodes::dead.eq(true).and(nodes::beat_at.lt(now.plus_millis(-KEPT_MS))));
        query!(conn, |c| diesel::delete(old).execute(c).await)?;
        Ok(Ok(()))
    })
    .await
}

/// Takes every other node for dead: for a database that only one process can have open.
///
/// # Errors
/// Those of the database.
pub async fn bury_others(conn: &mut Conn) -> StoreResult<()> {
    let others = nodes::table.filter(nodes::dead.eq(false));
    query!(conn, |c| diesel::update(others).set(nodes::dead.eq(true)).execute(c).await)?;
    Ok(())
}

/// Says that a node lives, and reads who else does. `None` where the others have taken it for dead.
///
/// # Errors
/// Those of the database.
pub async fn beat(conn: &mut Conn, pulse: Pulse) -> StoreResult<Option<Beat>> {
    let Pulse { incarnation, draining, bus, sessions, judges } = pulse;
    let now = clock(conn).await?;
    let mine = nodes::table.find(incarnation).filter(nodes::dead.eq(false));
    let set = (nodes::beat_at.eq(now), nodes::draining.eq(draining), nodes::bus.eq(bus), nodes::sessions.eq(sessions));
    if query!(conn, |c| diesel::update(mine).set(set).execute(c).await)? == 0 {
        return Ok(None);
    }
    let died = if judges { mark_dead(conn, incarnation, now).await? } else { Vec::new() };
    Ok(Some(Beat { live: live(conn).await?, died }))
}

async fn live(conn: &mut Conn) -> StoreResult<Vec<NodeRow>> {
    let rows = nodes::table.filter(nodes::dead.eq(false)).order(nodes::incarnation.asc());
    Ok(query!(conn, |c| rows.select(NodeRow::as_select()).load(c).await)?)
}

/// Takes those for dead whose beats have stopped.
async fn mark_dead(conn: &mut Conn, but: Incarnation, now: Moment) -> StoreResult<Vec<NodeRow>> {
    let silent = nodes::table
        .filter(nodes::dead.eq(false).and(nodes::incarnation.ne(but)))
        .filter(nodes::beat_at.lt(now.plus_millis(-DEAD_AFTER_MS)));
    Ok(query!(conn, |c| diesel::update(silent)
        .set(nodes::dead.eq(true))
        .returning(NodeRow::as_returning())
        .get_results(c)
        .await)?)
}

/// The last act of a node: whatever boards it still has are anybody's, and it is gone. Gives how many boards.
///
/// # Errors
/// Those of the database.
pub async fn leave(conn: &mut Conn, incarnation: Incarnation) -> StoreResult<usize> {
    conn.tx(async |conn| {
        // In one order, lest it and another who takes several boards wait for each other in a ring.
        let mine =
            heads::table.filter(heads::owner.eq(incarnation)).select(heads::board_id).order(heads::board_id.asc());
        let boards: Vec<BoardId> = query!(conn, |c| mine.load(c).await)?;
        for chunk in boards.chunks(1_000) {
            let rows = heads::table.filter(heads::board_id.eq_any(chunk)).filter(heads::owner.eq(incarnation));
            let set = (heads::epoch.eq(heads::epoch + 1), heads::owner.eq(None::<Incarnation>));
            query!(conn, |c| diesel::update(rows).set(set).execute(c).await)?;
        }
        let row = nodes::table.find(incarnation);
        query!(conn, |c| diesel::update(row).set(nodes::dead.eq(true)).execute(c).await)?;
        Ok(boards.len())
    })
    .await
}

/// The nodes that live or died since, with the number of boards that each may write.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut Conn, since_ms: i64) -> StoreResult<Vec<(NodeRow, i64)>> {
    let since = clock(conn).await?.plus_millis(-since_ms);
    let rows = nodes::table.filter(nodes::dead.eq(false).or(nodes::beat_at.gt(since)));
    let rows = rows.order((nodes::node_id.asc(), nodes::started_at.asc()));
    let rows: Vec<NodeRow> = query!(conn, |c| rows.select(NodeRow::as_select()).load(c).await)?;
    let counts = heads::table.filter(heads::owner.is_not_null()).group_by(heads::owner);
    let counts: Vec<(Option<Incarnation>, i64)> =
        query!(conn, |c| counts.select((heads::owner, count_star())).load(c).await)?;
    let count = |row: &NodeRow| counts.iter().find(|(owner, _)| *owner == Some(row.incarnation)).map_or(0, |(_, n)| *n);
    Ok(rows.into_iter().map(|row| (row.clone(), count(&row))).collect())
}

/// A board that a living node may write.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct LiveBoard {
    pub board_id: BoardId,
    pub name: String,
    pub project_id: ProjectId,
    pub project_name: String,
    pub workspace_id: WorkspaceId,
    pub workspace_name: String,
    pub node_id: String,
    pub epoch: Epoch,
    pub head: Seq,
    pub at: Moment,
}

/// The boards that living nodes may write, by id, after `after`, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn live_boards(conn: &mut Conn, after: Option<BoardId>, limit: i64) -> StoreResult<Vec<LiveBoard>> {
    let rows = heads::table
        .inner_join(boards::table.inner_join(projects::table.inner_join(workspaces::table)))
        .inner_join(nodes::table.on(heads::owner.eq(nodes::incarnation.nullable())))
        .filter(nodes::dead.eq(false).and(heads::board_id.gt(after.unwrap_or(BoardId(uuid::Uuid::nil())))))
        .order(heads::board_id.asc())
        .limit(limit)
        .select((
            boards::id,
            boards::name,
            projects::id,
            projects::name,
            workspaces::id,
            workspaces::name,
            nodes::node_id,
            heads::epoch,
            heads::head,
            heads::at,
        ));
    Ok(query!(conn, |c| rows.load(c).await)?)
}

/// Where these boards stand. Those that are not there are missing.
///
/// # Errors
/// Those of the database.
pub async fn standings(conn: &mut Conn, boards: &[BoardId]) -> StoreResult<Vec<Standing>> {
    let rows = heads::table.filter(heads::board_id.eq_any(boards));
    let rows = rows.select((heads::board_id, heads::head, heads::epoch, heads::owner));
    Ok(query!(conn, |c| rows.load(c).await)?)
}

/// The access version of each of these workspaces, deleted ones too.
///
/// # Errors
/// Those of the database.
pub async fn access_versions(conn: &mut Conn, ids: &[WorkspaceId]) -> StoreResult<Vec<(WorkspaceId, i64)>> {
    let rows = workspaces::table.filter(workspaces::id.eq_any(ids));
    Ok(query!(conn, |c| rows.select((workspaces::id, workspaces::access_version)).load(c).await)?)
}

/// What was ended since.
///
/// # Errors
/// Those of the database.
pub async fn ended(conn: &mut Conn, since: Moment) -> StoreResult<Ended> {
    let families = auth_sessions::table.filter(auth_sessions::revoked_at.gt(since)).select(auth_sessions::id);
    let families = query!(conn, |c| families.load(c).await)?;
    let disabled = users::table.filter(users::disabled_at.gt(since)).select(users::id);
    Ok(Ended { families, users: query!(conn, |c| disabled.load(c).await)? })
}
