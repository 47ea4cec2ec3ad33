//! The rows of many batches, a list for each column of theirs: the form in which one statement takes them all.

use super::{Batch, POSITION};
use crate::domain::board::commit::{ColumnWrite, Extent, TaskWrite};
use crate::domain::board::model::{Seq, StoryPoints, WipLimit};
use crate::domain::ids::{BoardId, ColumnId, OpId, TaskId, UserId};
use crate::domain::time::Moment;
use crate::store::columns::AnyId;

/// All rows of a write. A batch's place in the lists of boards, from 1, is `b` in the others.
#[derive(Default)]
pub(super) struct Rows<'a> {
    pub(super) boards: BoardRows,
    pub(super) ops: OpRows<'a>,
    pub(super) news: NewIds,
    pub(super) positions: TaskRows<'a>,
    pub(super) ranks: TaskRows<'a>,
    pub(super) tasks: TaskRows<'a>,
    pub(super) new_tasks: TaskRows<'a>,
    pub(super) lists: ListRows,
    pub(super) columns: ColumnRows<'a>,
    pub(super) column_ranks: ColumnRows<'a>,
    pub(super) new_columns: ColumnRows<'a>,
}

#[derive(Default)]
pub(super) struct BoardRows {
    pub(super) board_id: Vec<BoardId>,
    pub(super) epoch: Vec<i64>,
    pub(super) base: Vec<Seq>,
    pub(super) head: Vec<Seq>,
    pub(super) at: Vec<Moment>,
    /// Where the board's ops begin and end in the list of ops, from 1.
    pub(super) first_op: Vec<i32>,
    pub(super) last_op: Vec<i32>,
}

#[derive(Default)]
pub(super) struct OpRows<'a> {
    pub(super) b: Vec<i32>,
    pub(super) seq: Vec<Seq>,
    pub(super) op_id: Vec<OpId>,
    pub(super) hash: Vec<i64>,
    pub(super) version: Vec<i32>,
    pub(super) target: Vec<AnyId>,
    pub(super) kind: Vec<&'a str>,
    pub(super) event: Vec<&'a [u8]>,
}

/// Ids that must not exist yet, and where those of each board begin and end, from 1.
#[derive(Default)]
pub(super) struct NewIds {
    pub(super) first: Vec<i32>,
    pub(super) last: Vec<i32>,
    pub(super) id: Vec<AnyId>,
}

/// Tasks. Lists that their kind of write doesn't need stay empty.
#[derive(Default)]
pub(super) struct TaskRows<'a> {
    pub(super) b: Vec<i32>,
    pub(super) id: Vec<TaskId>,
    pub(super) rank: Vec<&'a str>,
    pub(super) column_id: Vec<ColumnId>,
    pub(super) version: Vec<i32>,
    pub(super) updated_at: Vec<Moment>,
    pub(super) completed_at: Vec<Option<Moment>>,
    /// A list for each field, in their usual order.
    pub(super) changed: [Vec<i32>; 8],
    pub(super) title: Vec<&'a str>,
    pub(super) description: Vec<Option<&'a str>>,
    pub(super) priority: Vec<&'a str>,
    pub(super) story_points: Vec<Option<i32>>,
    pub(super) due_date: Vec<Option<Moment>>,
    pub(super) comment_count: Vec<i32>,
    pub(super) attachment_count: Vec<i32>,
    pub(super) subtask_count: Vec<i32>,
    pub(super) subtask_done_count: Vec<i32>,
    pub(super) deleted_at: Vec<Option<Moment>>,
    pub(super) number: Vec<i64>,
    pub(super) created_by: Vec<Option<UserId>>,
    pub(super) created_at: Vec<Moment>,
}

/// Tasks whose lists are to be replaced, and by what.
#[derive(Default)]
pub(super) struct ListRows {
    pub(super) b: Vec<i32>,
    pub(super) task_id: Vec<TaskId>,
    pub(super) assignees: Entries,
    pub(super) labels: Entries,
}

/// The entries of one kind of list, and where those of each task begin and end, from 1.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) first: Vec<i32>,
    pub(super) last: Vec<i32>,
    pub(super) b: Vec<i32>,
    pub(super) task_id: Vec<TaskId>,
    pub(super) id: Vec<AnyId>,
    pub(super) position: Vec<i16>,
}

/// Columns. Lists that their kind of write doesn't need stay empty.
#[derive(Default)]
pub(super) struct ColumnRows<'a> {
    pub(super) b: Vec<i32>,
    pub(super) id: Vec<ColumnId>,
    pub(super) rank: Vec<&'a str>,
    pub(super) name: Vec<&'a str>,
    pub(super) status: Vec<&'a str>,
    pub(super) wip_limit: Vec<Option<i32>>,
    pub(super) version: Vec<i32>,
    /// A list for each field, in their usual order.
    pub(super) changed: [Vec<i32>; 4],
    pub(super) deleted_at: Vec<Option<Moment>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(batches: &[&'a Batch]) -> Self {
        let mut rows = Self::default();
        for (b, batch) in (1..).zip(batches) {
            rows.push(b, batch);
        }
        rows
    }

    fn push(&mut self, b: i32, batch: &'a Batch) {
        let commit = &batch.commit;
        self.boards.board_id.push(commit.board_id);
        self.boards.epoch.push(commit.epoch);
        self.boards.base.push(commit.base);
        self.boards.head.push(commit.base + commit.ops.len() as Seq);
        self.boards.at.push(commit.at);
        self.boards.first_op.push(next(&self.ops.b));
        for (op, event) in commit.ops.iter().zip(&batch.events) {
            self.ops.b.push(b);
            self.ops.seq.push(op.event.seq);
            self.ops.op_id.push(op.event.op_id);
            self.ops.hash.push(op.hash);
            self.ops.version.push(op.event.change.version());
            self.ops.target.push(AnyId(op.event.change.target()));
            self.ops.kind.push(op.event.change.kind());
            self.ops.event.push(event);
        }
        self.boards.last_op.push(next(&self.ops.b) - 1);
        self.news.first.push(next(&self.news.id));
        for write in &commit.tasks {
            self.push_task(b, write);
        }
        for write in &commit.columns {
            self.push_column(b, write, commit.at);
        }
        self.news.last.push(next(&self.news.id) - 1);
    }

    fn push_task(&mut self, b: i32, write: &'a TaskWrite) {
        match write.extent {
            Extent::Rank => self.ranks.push_rank(b, write),
            Extent::Position => self.positions.push_position(b, write),
            Extent::All => {
                self.tasks.push_all(b, write);
                self.lists.push(b, write);
            }
            Extent::New => {
                self.news.id.push(AnyId(write.state.task.id.0));
                self.new_tasks.push_new(b, write);
                self.lists.push(b, write);
            }
        }
    }

    fn push_column(&mut self, b: i32, write: &'a ColumnWrite, at: Moment) {
        match write.extent {
            Extent::Rank => self.column_ranks.push_rank(b, write),
            Extent::Position | Extent::All => self.columns.push_all(b, write, at),
            Extent::New => {
                self.news.id.push(AnyId(write.state.column.id.0));
                self.new_columns.push_all(b, write, at);
            }
        }
    }
}

impl<'a> TaskRows<'a> {
    fn push_rank(&mut self, b: i32, write: &'a TaskWrite) {
        self.b.push(b);
        self.id.push(write.state.task.id);
        self.rank.push(write.state.task.rank.as_str());
    }

    fn push_position(&mut self, b: i32, write: &'a TaskWrite) {
        let task = &write.state.task;
        self.push_rank(b, write);
        self.column_id.push(task.column_id);
        self.version.push(task.version);
        self.updated_at.push(task.updated_at);
        self.completed_at.push(task.completed_at);
        self.changed[POSITION].push(write.state.changes[POSITION]);
    }

    fn push_all(&mut self, b: i32, write: &'a TaskWrite) {
        let task = &write.state.task;
        self.push_position(b, write);
        for (list, version) in self.changed.iter_mut().zip(write.state.changes).take(POSITION) {
            list.push(version);
        }
        self.title.push(&task.title);
        self.description.push(write.description.as_deref());
        self.priority.push(task.priority.name());
        self.story_points.push(task.story_points.map(StoryPoints::get));
        self.due_date.push(task.due_date);
        self.comment_count.push(task.comment_count);
        self.attachment_count.push(task.attachment_count);
        self.subtask_count.push(task.subtask_count);
        self.subtask_done_count.push(task.subtask_done_count);
        self.deleted_at.push(write.state.deleted.then_some(task.updated_at));
    }

    fn push_new(&mut self, b: i32, write: &'a TaskWrite) {
        let task = &write.state.task;
        self.push_all(b, write);
        self.number.push(task.number);
        self.created_by.push(task.created_by);
        self.created_at.push(task.created_at);
    }
}

impl ListRows {
    fn push(&mut self, b: i32, write: &TaskWrite) {
        let task = &write.state.task;
        self.b.push(b);
        self.task_id.push(task.id);
        self.assignees.push(b, task.id, task.assignee_ids.iter().map(|id| AnyId(id.0)));
        self.labels.push(b, task.id, task.label_ids.iter().map(|id| AnyId(id.0)));
    }
}

impl Entries {
    fn push(&mut self, b: i32, task: TaskId, ids: impl Iterator<Item = AnyId>) {
        self.first.push(next(&self.id));
        for (position, id) in (0..).zip(ids) {
            self.b.push(b);
            self.task_id.push(task);
            self.id.push(id);
            self.position.push(position);
        }
        self.last.push(next(&self.id) - 1);
    }
}

impl<'a> ColumnRows<'a> {
    fn push_rank(&mut self, b: i32, write: &'a ColumnWrite) {
        self.b.push(b);
        self.id.push(write.state.column.id);
        self.rank.push(write.state.column.rank.as_str());
    }

    fn push_all(&mut self, b: i32, write: &'a ColumnWrite, at: Moment) {
        let column = &write.state.column;
        self.push_rank(b, write);
        self.name.push(&column.name);
        self.status.push(column.status.name());
        self.wip_limit.push(column.wip_limit.map(WipLimit::get));
        self.version.push(column.version);
        for (list, version) in self.changed.iter_mut().zip(write.state.changes) {
            list.push(version);
        }
        self.deleted_at.push(write.state.deleted.then_some(at));
    }
}

/// The place, from 1, of what is pushed next.
fn next<T>(list: &[T]) -> i32 {
    i32::try_from(list.len() + 1).unwrap_or(i32::MAX)
}
