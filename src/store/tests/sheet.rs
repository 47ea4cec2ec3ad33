//! A board as its only writer knows it: makes batches, and checks that the tables agree.

use super::{Fresh, Home, fresh_id};
use crate::domain::board::commit::{Commit, CommitOp, Extent, Outcome, TaskWrite};
use crate::domain::board::event::{Change, Event};
use crate::domain::board::model::{Column, ColumnState, Epoch, Priority, Seq, Status, Task, TaskField, TaskState};
use crate::domain::board::op::TaskSet;
use crate::domain::ids::{BoardId, ColumnId, OpId, TaskId};
use crate::domain::rank::Rank;
use crate::domain::text::{ShortName, Title};
use crate::domain::time::Moment;
use crate::store::committer::{Answer, Batch, Committer};
use crate::store::queries::board::{BoardRow, insert_board};
use crate::store::queries::log::TailEnd;
use crate::store::{Conn, Store};
use std::collections::BTreeMap;
use tokio::sync::oneshot;

pub(super) struct Sheet {
    pub(super) store: Store,
    pub(super) committer: Committer,
    pub(super) home: Home,
    pub(super) board: BoardId,
    pub(super) epoch: Epoch,
    pub(super) head: Seq,
    pub(super) columns: Vec<ColumnState>,
    pub(super) tasks: BTreeMap<TaskId, TaskState>,
}

/// One op in the making.
pub(super) type Step = (Change, TaskWrite);

impl Sheet {
    pub(super) async fn new(fresh: &Fresh) -> Self {
        Self::with(&fresh.store, &fresh.store.committer()).await
    }

    pub(super) async fn with(store: &Store, committer: &Committer) -> Self {
        let home = Home::found(store).await;
        let board = BoardId(fresh_id());
        let ranks = Rank::spread(None, None, Status::ALL.len());
        let column = |(status, rank): (&Status, Rank)| Column {
            id: ColumnId(fresh_id()),
            name: ShortName::new(status.name()).unwrap(),
            status: *status,
            rank,
            wip_limit: None,
            version: 1,
        };
        let columns: Vec<Column> = Status::ALL.iter().zip(ranks).map(column).collect();
        let row = BoardRow {
            id: board,
            project_id: home.project,
            workspace_id: home.workspace,
            name: "Board".into(),
            created_by: home.user,
            created_at: Moment::default(),
            updated_at: Moment::default(),
        };
        let first = columns.clone();
        let insert =
            async move |mut conn: Conn| conn.tx(async |conn| insert_board(conn, &row, "h1", &first).await).await;
        store.write(insert).await.unwrap();
        let activation = super::activate(store, board).await.unwrap();
        assert_eq!((activation.epoch, activation.head, activation.history.as_str()), (1, 0, "h1"));
        assert_eq!(activation.info.project_key, "ENG");
        let columns =
            columns.into_iter().map(|column| ColumnState { column, changes: [1; 4], deleted: false }).collect();
        let (store, committer) = (store.clone(), committer.clone());
        Self { store, committer, home, board, epoch: 1, head: 0, columns, tasks: BTreeMap::new() }
    }

    fn now(&self) -> Moment {
        Moment::from_micros(1_700_000_000_000_000 + self.head * 1_000)
    }

    pub(super) fn creating(&self, title: &str) -> Step {
        let now = self.now();
        let last = self.tasks.values().map(|state| &state.task.rank).max();
        let task = Task {
            id: TaskId(fresh_id()),
            number: self.tasks.len() as i64 + 1,
            title: Title::new(title).unwrap_or_else(|_| serde_json::from_str("\"???\"").unwrap()),
            column_id: self.columns[0].column.id,
            rank: Rank::between(last, None),
            version: 1,
            priority: Priority::Medium,
            story_points: None,
            due_date: None,
            assignee_ids: [].into(),
            label_ids: [].into(),
            comment_count: 0,
            attachment_count: 0,
            subtask_count: 0,
            subtask_done_count: 0,
            created_by: Some(self.home.user),
            created_at: now,
            updated_at: now,
            completed_at: None,
        };
        let state = TaskState { task: task.clone(), changes: [1; 8], deleted: false };
        let change = Change::TaskCreated { task: Box::new(task), ranks: BTreeMap::new() };
        (change, TaskWrite { state, description: None, extent: Extent::New })
    }

    pub(super) fn moving(&self, id: TaskId, column: usize) -> Step {
        let mut state = self.tasks[&id].clone();
        let task = &mut state.task;
        let from_column_id = task.column_id;
        task.column_id = self.columns[column].column.id;
        task.rank = Rank::between(Some(&task.rank), None);
        task.version += 1;
        task.updated_at = self.now();
        task.completed_at = (column == 4).then(|| self.now());
        state.changes[7] = task.version;
        let change = Change::TaskMoved {
            task_id: id,
            version: task.version,
            from_column_id,
            column_id: task.column_id,
            rank: task.rank.clone(),
            completed_at: task.completed_at,
            ranks: BTreeMap::new(),
        };
        (change, TaskWrite { state, description: None, extent: Extent::Position })
    }

    /// An update that `edit` makes, of any field.
    pub(super) fn updating(&self, id: TaskId, field: TaskField, edit: impl FnOnce(&mut Task)) -> Step {
        let mut state = self.tasks[&id].clone();
        edit(&mut state.task);
        state.task.version += 1;
        state.task.updated_at = self.now();
        state.changes[field as usize] = state.task.version;
        let change = Change::TaskUpdated { task_id: id, version: state.task.version, set: TaskSet::default() };
        (change, TaskWrite { state, description: None, extent: Extent::All })
    }

    pub(super) fn batch(&self, steps: Vec<Step>) -> Batch {
        let mut commit = Commit {
            board_id: self.board,
            epoch: self.epoch,
            base: self.head,
            at: self.now(),
            ops: Vec::new(),
            tasks: Vec::new(),
            columns: Vec::new(),
        };
        for (seq, (change, write)) in (self.head + 1..).zip(steps) {
            let op_id = OpId(fresh_id());
            let event = Event { seq, op_id, actor_id: self.home.user, at: self.now(), change };
            commit.ops.push(CommitOp { event, hash: seq * 7 });
            commit.tasks.push(write);
        }
        encoded(commit)
    }

    pub(super) async fn submit(&self, batch: &Batch) -> Answer {
        let (tell, told) = oneshot::channel();
        self.committer.submit(batch.clone(), move |answer| drop(tell.send(answer)));
        told.await.unwrap()
    }

    /// Commits `steps` and remembers them.
    pub(super) async fn commit(&mut self, steps: Vec<Step>) -> Batch {
        let batch = self.batch(steps);
        let answer = self.submit(&batch).await;
        assert_eq!(answer.outcome, Outcome::Committed);
        self.remember(&batch, &answer);
        batch
    }

    pub(super) fn remember(&mut self, batch: &Batch, answer: &Answer) {
        self.epoch = answer.epoch;
        self.head += batch.commit.ops.len() as Seq;
        for write in &batch.commit.tasks {
            self.tasks.insert(write.state.task.id, write.state.clone());
        }
        for write in &batch.commit.columns {
            self.columns.retain(|column| column.column.id != write.state.column.id);
            self.columns.push(write.state.clone());
        }
    }

    pub(super) async fn create(&mut self, title: &str) -> TaskId {
        let step = self.creating(title);
        let id = step.1.state.task.id;
        self.commit(vec![step]).await;
        id
    }

    /// Checks that the tables hold what was committed, and the log every op of it.
    pub(super) async fn agree(&self) {
        let loaded = self.store.load(self.board).await.unwrap();
        assert_eq!(loaded.head, self.head);
        let tasks: BTreeMap<_, _> = loaded.tasks.into_iter().map(|state| (state.task.id, state)).collect();
        assert_eq!(tasks, self.tasks);
        let by_id = |columns: &[ColumnState]| -> BTreeMap<_, _> {
            columns.iter().map(|state| (state.column.id, state.clone())).collect()
        };
        assert_eq!(by_id(&loaded.columns), by_id(&self.columns));
        let tail = self.store.tail(self.board, 0, usize::MAX, usize::MAX).await.unwrap();
        assert_eq!(tail.end, TailEnd::Head);
        assert!(tail.rows.iter().map(|row| row.seq).eq(1..=self.head));
        let snapshot = self.store.snapshot(self.board).await.unwrap().unwrap();
        assert_eq!(snapshot.seq, self.head);
        let live: BTreeMap<_, _> = self
            .tasks
            .values()
            .filter(|state| !state.deleted)
            .map(|state| (state.task.id, state.task.clone()))
            .collect();
        assert_eq!(snapshot.tasks.into_iter().map(|task| (task.id, task)).collect::<BTreeMap<_, _>>(), live);
        assert!(snapshot.columns.is_sorted_by(|a, b| a.rank < b.rank));
    }
}

pub(super) fn encoded(commit: Commit) -> Batch {
    let event = |op: &CommitOp| serde_json::to_vec(&op.event).unwrap().into();
    Batch { events: commit.ops.iter().map(event).collect(), commit }
}
