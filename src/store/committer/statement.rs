//! The one statement that writes the batches of many boards on PostgreSQL.
//!
//! It locks the heads that can be locked at once and still stand where their batches think (`locked`), and does all
//! the rest only for those boards: a board that somebody holds, or that was fenced, or whose batch names an `op_id` or
//! a new id that is there already, is left out and does not keep the others waiting. One statement is one implicit
//! transaction and one round trip.
//!
//! Values come as arrays, an element a row. `b` is the place of the row's board in the arrays of boards, and `$1` and
//! `$2`, their ids and epochs, are bound first, so that they can be named by number. Whether a board was locked is
//! looked up by `b` in one array (`verdict`), since a join of two lists without an index would cost their product.
//! "Is not distinct from" compares as `=` does, but no index serves it: the plan may have been made while the tables
//! were empty, when a walk through all that is on a board looks as good as a search for one row.

use super::rows::{ColumnRows, ListRows, Rows, TaskRows};
use super::{Batch, POSITION};
use crate::store::columns::sql::{Id, Moment};
use crate::store::conn::PgConn;
use crate::store::error::StoreResult;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;

/// Writes `batches`, and gives for each whether it was written.
///
/// # Errors
/// Those of the database. Nothing was written where the server has answered with the error.
pub(super) async fn execute(conn: &mut PgConn, batches: &[&Batch]) -> StoreResult<Vec<bool>> {
    let places: Vec<i32> = Statement { rows: Rows::new(batches) }.load(conn).await?;
    let mut written = vec![false; batches.len()];
    for place in places {
        if let Some(written) = usize::try_from(place - 1).ok().and_then(|place| written.get_mut(place)) {
            *written = true;
        }
    }
    Ok(written)
}

/// What a batch must agree with the board's row in: this is the fence.
const FENCE: &str = if cfg!(feature = "unfenced") { "" } else { "h.epoch = b.epoch and h.head = b.base and" };
/// Without a fence a batch would at least meet the rows of the one that it should have waited for.
const LOGGED: &str = if cfg!(feature = "unfenced") { " on conflict do nothing)" } else { ")" };

struct Statement<'a> {
    rows: Rows<'a>,
}

impl Query for Statement<'_> {
    type SqlType = Integer;
}

/// Prepared once for each shape, by its text.
impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Writes text and bound values one after the other.
macro_rules! sql {
    ($out:ident, $($part:tt)*) => { sql!(@ $out $($part)*) };
    (@ $out:ident) => {};
    (@ $out:ident $text:literal $($rest:tt)*) => { $out.push_sql($text); sql!(@ $out $($rest)*) };
    (@ $out:ident [$value:expr; $type:ty] $($rest:tt)*) => {
        $out.push_bind_param::<Array<$type>, _>($value)?;
        sql!(@ $out $($rest)*)
    };
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Rows { boards, ops, news, positions, ranks, tasks, new_tasks, lists, columns, column_ranks, new_columns } =
            &self.rows;
        sql!(out,
            "with locked as materialized (select b.ord, b.board_id from unnest("
            [&boards.board_id; Id] ", " [&boards.epoch; BigInt] ", " [&boards.base; BigInt] ", "
            [&boards.first_op; Integer] ", " [&boards.last_op; Integer] ", "
            [&news.first; Integer] ", " [&news.last; Integer]
            ") with ordinality as b(board_id, epoch, base, first_op, last_op, first_new, last_new, ord) \
             join heads h on h.board_id = b.board_id \
             where ");
        out.push_sql(FENCE);
        sql!(out,
            " not exists (select from op_log l \
             where l.board_id is not distinct from b.board_id and l.op_id = any((" [&ops.op_id; Id]
            ")[b.first_op:b.last_op]))");
        if !news.id.is_empty() {
            sql!(out,
                " and not exists (select from tasks t where t.id = any((" [&news.id; Id] ")[b.first_new:b.last_new])) \
                 and not exists (select from columns c where c.id = any((" [&news.id; Id] ")[b.first_new:b.last_new]))");
        }
        sql!(out,
            " order by b.board_id for no key update of h skip locked), \
             verdict as materialized (select array_agg(v.ok order by v.ord) as ok from \
             (select u.ord, bool_or(u.ok) as ok from (select l.ord, true as ok from locked l union all \
             select g.ord, false from generate_series(1, cardinality($1)) g(ord)) u group by u.ord) v), \
             stood as (update heads h set head = (" [&boards.head; BigInt] ")[l.ord], at = (" [&boards.at; Moment]
            ")[l.ord] from locked l where h.board_id = l.board_id), \
             logged as (insert into op_log (board_id, epoch, seq, op_id, hash, version, target, kind, event) \
             select ($1)[o.b], ($2)[o.b], o.seq, o.op_id, o.hash, o.version, o.target, o.kind, o.event from unnest("
            [&ops.b; Integer] ", " [&ops.seq; BigInt] ", " [&ops.op_id; Id] ", " [&ops.hash; BigInt] ", "
            [&ops.version; Integer] ", " [&ops.target; Id] ", " [&ops.kind; Text] ", " [&ops.event; Binary]
            ") as o(b, seq, op_id, hash, version, target, kind, event) where (select ok from verdict)[o.b]");
        out.push_sql(LOGGED);
        push_positions(&mut out, positions)?;
        push_task_ranks(&mut out, ranks)?;
        push_tasks(&mut out, tasks)?;
        push_new_tasks(&mut out, new_tasks)?;
        push_lists(&mut out, lists)?;
        push_columns(&mut out, columns)?;
        push_column_ranks(&mut out, column_ranks)?;
        push_new_columns(&mut out, new_columns)?;
        out.push_sql(" select l.ord::integer from locked l");
        Ok(())
    }
}

fn push_positions<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b TaskRows<'_>) -> QueryResult<()> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sql!(out,
        ", moved as (update tasks t set column_id = m.column_id, rank = m.rank, version = m.version, \
         updated_at = m.updated_at, completed_at = m.completed_at, changed_position = m.changed from unnest("
        [&rows.b; Integer] ", " [&rows.id; Id] ", " [&rows.column_id; Id] ", " [&rows.rank; Text] ", "
        [&rows.version; Integer] ", " [&rows.updated_at; Moment] ", " [&rows.completed_at; Nullable<Moment>] ", "
        [&rows.changed[POSITION]; Integer]
        ") as m(b, id, column_id, rank, version, updated_at, completed_at, changed) \
         where t.id = m.id and t.board_id is not distinct from ($1)[m.b] and (select ok from verdict)[m.b])");
    Ok(())
}

fn push_task_ranks<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b TaskRows<'_>) -> QueryResult<()> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sql!(out,
        ", respaced as (update tasks t set rank = m.rank from unnest("
        [&rows.b; Integer] ", " [&rows.id; Id] ", " [&rows.rank; Text]
        ") as m(b, id, rank) where t.id = m.id and t.board_id is not distinct from ($1)[m.b] \
         and (select ok from verdict)[m.b])");
    Ok(())
}

/// The names of a task's values that may change at any time, in the order of [`push_task_values`].
const TASK_VALUES: &str = "title, description, column_id, rank, version, priority, story_points, due_date, \
     comment_count, attachment_count, subtask_count, subtask_done_count, updated_at, completed_at, changed_title, \
     changed_description, changed_priority, changed_story_points, changed_due_date, changed_assignee_ids, \
     changed_label_ids, changed_position, deleted_at";

fn push_task_values<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b TaskRows<'_>) -> QueryResult<()> {
    let [title, description, priority, points, due, assignees, labels, position] = &rows.changed;
    sql!(out,
        [&rows.b; Integer] ", " [&rows.id; Id] ", " [&rows.title; Text] ", " [&rows.description; Nullable<Text>] ", "
        [&rows.column_id; Id] ", " [&rows.rank; Text] ", " [&rows.version; Integer] ", " [&rows.priority; Text] ", "
        [&rows.story_points; Nullable<Integer>] ", " [&rows.due_date; Nullable<Moment>] ", "
        [&rows.comment_count; Integer] ", " [&rows.attachment_count; Integer] ", " [&rows.subtask_count; Integer] ", "
        [&rows.subtask_done_count; Integer] ", " [&rows.updated_at; Moment] ", "
        [&rows.completed_at; Nullable<Moment>] ", " [title; Integer] ", " [description; Integer] ", "
        [priority; Integer] ", " [points; Integer] ", " [due; Integer] ", " [assignees; Integer] ", "
        [labels; Integer] ", " [position; Integer] ", " [&rows.deleted_at; Nullable<Moment>]);
    Ok(())
}

fn push_tasks<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b TaskRows<'_>) -> QueryResult<()> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sql!(
        out,
        ", changed as (update tasks t set title = m.title, description = coalesce(m.description, t.description), \
         column_id = m.column_id, rank = m.rank, version = m.version, priority = m.priority, \
         story_points = m.story_points, due_date = m.due_date, comment_count = m.comment_count, \
         attachment_count = m.attachment_count, subtask_count = m.subtask_count, \
         subtask_done_count = m.subtask_done_count, updated_at = m.updated_at, completed_at = m.completed_at, \
         changed_title = m.changed_title, changed_description = m.changed_description, \
         changed_priority = m.changed_priority, changed_story_points = m.changed_story_points, \
         changed_due_date = m.changed_due_date, changed_assignee_ids = m.changed_assignee_ids, \
         changed_label_ids = m.changed_label_ids, changed_position = m.changed_position, deleted_at = m.deleted_at \
         from unnest("
    );
    push_task_values(out, rows)?;
    sql!(out, ") as m(b, id, ");
    out.push_sql(TASK_VALUES);
    sql!(out, ") where t.id = m.id and t.board_id is not distinct from ($1)[m.b] and (select ok from verdict)[m.b])");
    Ok(())
}

fn push_new_tasks<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b TaskRows<'_>) -> QueryResult<()> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sql!(
        out,
        ", created as (insert into tasks (board_id, project_id, workspace_id, number, created_by, created_at, id, "
    );
    out.push_sql(TASK_VALUES);
    sql!(
        out,
        ") select p.id, p.project_id, p.workspace_id, m.number, m.created_by, m.created_at, m.id, m.title, \
         coalesce(m.description, ''), m.column_id, m.rank, m.version, m.priority, m.story_points, m.due_date, \
         m.comment_count, m.attachment_count, m.subtask_count, m.subtask_done_count, m.updated_at, m.completed_at, \
         m.changed_title, m.changed_description, m.changed_priority, m.changed_story_points, m.changed_due_date, \
         m.changed_assignee_ids, m.changed_label_ids, m.changed_position, m.deleted_at from unnest("
    );
    push_task_values(out, rows)?;
    sql!(out, ", " [&rows.number; BigInt] ", " [&rows.created_by; Nullable<Id>] ", " [&rows.created_at; Moment]
        ") as m(b, id, ");
    out.push_sql(TASK_VALUES);
    sql!(
        out,
        ", number, created_by, created_at) join boards p on p.id = ($1)[m.b] \
         where (select ok from verdict)[m.b])"
    );
    Ok(())
}

/// Replaces the assignees and labels of tasks. What is to go and what is to stay are different rows, because one
/// statement can't take a row out and put it back.
fn push_lists<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b ListRows) -> QueryResult<()> {
    if !rows.task_id.is_empty() {
        sql!(out,
            ", unassigned as (delete from task_assignees a using unnest("
            [&rows.b; Integer] ", " [&rows.task_id; Id] ", " [&rows.assignees.first; Integer] ", "
            [&rows.assignees.last; Integer]
            ") as m(b, task_id, first, last) where a.task_id = m.task_id and (select ok from verdict)[m.b] \
             and a.user_id <> all((" [&rows.assignees.id; Id] ")[m.first:m.last])), \
             unlabelled as (delete from task_labels a using unnest("
            [&rows.b; Integer] ", " [&rows.task_id; Id] ", " [&rows.labels.first; Integer] ", "
            [&rows.labels.last; Integer]
            ") as m(b, task_id, first, last) where a.task_id = m.task_id and (select ok from verdict)[m.b] \
             and a.label_id <> all((" [&rows.labels.id; Id] ")[m.first:m.last]))");
    }
    let list = &rows.assignees;
    if !list.id.is_empty() {
        sql!(out,
            ", assigned as (insert into task_assignees (task_id, user_id, board_id, position) \
             select m.task_id, m.id, ($1)[m.b], m.position from unnest("
            [&list.b; Integer] ", " [&list.task_id; Id] ", " [&list.id; Id] ", " [&list.position; SmallInt]
            ") as m(b, task_id, id, position) where (select ok from verdict)[m.b] on conflict (task_id, user_id) \
             do update set position = excluded.position where task_assignees.position <> excluded.position)");
    }
    let list = &rows.labels;
    if !list.id.is_empty() {
        sql!(out,
            ", labelled as (insert into task_labels (task_id, label_id, board_id, position) \
             select m.task_id, m.id, ($1)[m.b], m.position from unnest("
            [&list.b; Integer] ", " [&list.task_id; Id] ", " [&list.id; Id] ", " [&list.position; SmallInt]
            ") as m(b, task_id, id, position) where (select ok from verdict)[m.b] on conflict (task_id, label_id) \
             do update set position = excluded.position where task_labels.position <> excluded.position)");
    }
    Ok(())
}

fn push_column_values<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b ColumnRows<'_>) -> QueryResult<()> {
    let [name, status, wip_limit, position] = &rows.changed;
    sql!(out,
        [&rows.b; Integer] ", " [&rows.id; Id] ", " [&rows.name; Text] ", " [&rows.status; Text] ", "
        [&rows.rank; Text] ", " [&rows.wip_limit; Nullable<Integer>] ", " [&rows.version; Integer] ", "
        [name; Integer] ", " [status; Integer] ", " [wip_limit; Integer] ", " [position; Integer] ", "
        [&rows.deleted_at; Nullable<Moment>]
        ") as m(b, id, name, status, rank, wip_limit, version, changed_name, changed_status, changed_wip_limit, \
         changed_position, deleted_at)");
    Ok(())
}

fn push_columns<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b ColumnRows<'_>) -> QueryResult<()> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sql!(
        out,
        ", columns_changed as (update columns t set name = m.name, status = m.status, rank = m.rank, \
         wip_limit = m.wip_limit, version = m.version, changed_name = m.changed_name, \
         changed_status = m.changed_status, changed_wip_limit = m.changed_wip_limit, \
         changed_position = m.changed_position, deleted_at = m.deleted_at from unnest("
    );
    push_column_values(out, rows)?;
    sql!(out, " where t.id = m.id and t.board_id is not distinct from ($1)[m.b] and (select ok from verdict)[m.b])");
    Ok(())
}

fn push_column_ranks<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b ColumnRows<'_>) -> QueryResult<()> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sql!(out,
        ", columns_respaced as (update columns t set rank = m.rank from unnest("
        [&rows.b; Integer] ", " [&rows.id; Id] ", " [&rows.rank; Text]
        ") as m(b, id, rank) where t.id = m.id and t.board_id is not distinct from ($1)[m.b] \
         and (select ok from verdict)[m.b])");
    Ok(())
}

fn push_new_columns<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b ColumnRows<'_>) -> QueryResult<()> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sql!(
        out,
        ", columns_created as (insert into columns (id, board_id, name, status, rank, wip_limit, version, \
         changed_name, changed_status, changed_wip_limit, changed_position, deleted_at) \
         select m.id, ($1)[m.b], m.name, m.status, m.rank, m.wip_limit, m.version, m.changed_name, m.changed_status, \
         m.changed_wip_limit, m.changed_position, m.deleted_at from unnest("
    );
    push_column_values(out, rows)?;
    sql!(out, " where (select ok from verdict)[m.b])");
    Ok(())
}

/// Gives the plan of the statement, of every shape at once, as it would be run.
#[cfg(test)]
pub(in crate::store) async fn plan(conn: &mut PgConn, batches: &[&Batch]) -> StoreResult<Vec<String>> {
    struct Explain<'a>(Statement<'a>);

    impl Query for Explain<'_> {
        type SqlType = Text;
    }

    impl QueryId for Explain<'_> {
        type QueryId = ();
        const HAS_STATIC_QUERY_ID: bool = false;
    }

    impl QueryFragment<Pg> for Explain<'_> {
        fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
            out.push_sql("explain (costs off) ");
            self.0.walk_ast(out)
        }
    }

    Ok(Explain(Statement { rows: Rows::new(batches) }).load(conn).await?)
}
