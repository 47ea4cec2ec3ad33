//! The statements that a move costs on SQLite, each prepared once and found again by its type; the query builder's
//! updates would be written out anew each time.

use super::POSITION;
use crate::domain::board::commit::{Commit, CommitOp, TaskWrite};
use crate::domain::board::model::Seq;
use crate::domain::ids::BoardId;
use crate::store::columns::AnyId;
use crate::store::columns::sql::{Id, Moment};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

/// Writes text and bound values one after the other.
macro_rules! sql {
    ($out:ident, $($part:tt)*) => { sql!(@ $out $($part)*) };
    (@ $out:ident) => {};
    (@ $out:ident $text:literal $($rest:tt)*) => { $out.push_sql($text); sql!(@ $out $($rest)*) };
    (@ $out:ident [$value:expr; $type:ty] $($rest:tt)*) => {
        $out.push_bind_param::<$type, _>($value)?;
        sql!(@ $out $($rest)*)
    };
}

/// Found again by its type.
macro_rules! prepared_once {
    ($($name:ident),*) => { $(
        impl QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl RunQueryDsl<SqliteConnection> for $name<'_> {}
    )* };
}

prepared_once!(MoveHead, LogOp, MoveTask, RankTask);

/// Moves a board's head to the end of a batch, where it still stands at the batch's base and epoch.
pub(super) struct MoveHead<'a> {
    commit: &'a Commit,
    head: Seq,
}

impl<'a> MoveHead<'a> {
    pub(super) fn new(commit: &'a Commit) -> Self {
        Self { commit, head: commit.base + commit.ops.len() as Seq }
    }
}

impl QueryFragment<Sqlite> for MoveHead<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self { commit, head } = self;
        sql!(out,
            "update heads set head = " [head; BigInt] ", at = " [&commit.at; Moment]
            " where board_id = " [&commit.board_id; Id] " and epoch = " [&commit.epoch; BigInt]
            " and head = " [&commit.base; BigInt]);
        Ok(())
    }
}

/// Adds an op to the log.
pub(super) struct LogOp<'a> {
    commit: &'a Commit,
    op: &'a CommitOp,
    event: &'a [u8],
    version: i32,
    target: AnyId,
    kind: &'static str,
}

impl<'a> LogOp<'a> {
    pub(super) fn new(commit: &'a Commit, op: &'a CommitOp, event: &'a [u8]) -> Self {
        let change = &op.event.change;
        Self { commit, op, event, version: change.version(), target: AnyId(change.target()), kind: change.kind() }
    }
}

impl QueryFragment<Sqlite> for LogOp<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self { commit, op, event, version, target, kind } = self;
        sql!(out,
            "insert into op_log (board_id, seq, op_id, epoch, hash, version, target, kind, event) values ("
            [&commit.board_id; Id] ", " [&op.event.seq; BigInt] ", " [&op.event.op_id; Id] ", "
            [&commit.epoch; BigInt] ", " [&op.hash; BigInt] ", " [version; Integer] ", " [target; Id] ", "
            [*kind; Text] ", " [*event; Binary] ")");
        Ok(())
    }
}

/// Writes a task's new position.
pub(super) struct MoveTask<'a>(pub(super) &'a TaskWrite, pub(super) BoardId);

impl QueryFragment<Sqlite> for MoveTask<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self(TaskWrite { state, .. }, board) = self;
        let task = &state.task;
        sql!(out,
            "update tasks set column_id = " [&task.column_id; Id] ", rank = " [task.rank.as_str(); Text]
            ", version = " [&task.version; Integer] ", updated_at = " [&task.updated_at; Moment]
            ", completed_at = " [&task.completed_at; Nullable<Moment>]
            ", changed_position = " [&state.changes[POSITION]; Integer]
            " where id = " [&task.id; Id] " and board_id = " [board; Id]);
        Ok(())
    }
}

/// Writes a task's new rank, which it got because a neighbour needed room.
pub(super) struct RankTask<'a>(pub(super) &'a TaskWrite, pub(super) BoardId);

impl QueryFragment<Sqlite> for RankTask<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self(TaskWrite { state, .. }, board) = self;
        sql!(out,
            "update tasks set rank = " [state.task.rank.as_str(); Text]
            " where id = " [&state.task.id; Id] " and board_id = " [board; Id]);
        Ok(())
    }
}
