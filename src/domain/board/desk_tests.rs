//! A board for tests: ops in as JSON, events out.

use super::event::{Change, Event};
use super::model::{Column, ColumnState, Status, Task, TaskState};
use super::op::{Ask, FieldError, Op, OpKind};
use super::refusal::Refusal;
use super::{Board, Context};
use crate::domain::ids::{ColumnId, OpId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::permission::{Access, Role};
use crate::domain::rank::Rank;
use crate::domain::text::ShortName;
use crate::domain::time::Moment;
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// One user a role, in the order of [`Role::ALL`], and one who is no member.
pub(super) const OWNER: UserId = UserId(Uuid::from_u128(1));
pub(super) const MEMBER: UserId = UserId(Uuid::from_u128(3));
pub(super) const VIEWER: UserId = UserId(Uuid::from_u128(4));
pub(super) const STRANGER: UserId = UserId(Uuid::from_u128(5));
pub(super) const PROJECT: ProjectId = ProjectId(Uuid::from_u128(9));

pub(super) fn user(role: Role) -> UserId {
    UserId(Uuid::from_u128(1 + role as u128))
}

pub(super) fn column_id(n: u128) -> ColumnId {
    ColumnId(Uuid::from_u128(100 + n))
}

pub(super) fn task_id(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(1_000 + n))
}

pub(super) struct Desk {
    pub(super) board: Board,
    pub(super) access: Access,
    pub(super) log: Vec<Event>,
    pub(super) now: Moment,
}

impl Desk {
    /// Columns 1 (todo), 2 (in progress) and 3 (done).
    pub(super) fn new() -> Self {
        let statuses = [Status::Todo, Status::InProgress, Status::Done];
        let columns = Rank::spread(None, None, 3).into_iter().zip(statuses).zip(1..).map(|((rank, status), n)| {
            let name = ShortName::new("column").unwrap();
            let column = Column { id: column_id(n), name, status, rank, wip_limit: None, version: 1 };
            ColumnState { column, changes: [1; 4], deleted: false }
        });
        let members = Role::ALL.into_iter().map(|role| (user(role), role)).collect();
        Self {
            board: Board::new(PROJECT, columns.collect(), Vec::new()),
            access: Access { workspace_id: WorkspaceId(Uuid::nil()), version: 1, members, labels: HashSet::new() },
            log: Vec::new(),
            now: Moment::from_micros(1_000_000),
        }
    }

    pub(super) fn ask(&mut self, actor: UserId, ask: &Ask) -> Result<Change, Refusal> {
        let n = self.log.len() as u128;
        let context = Context {
            actor,
            access: &self.access,
            at: self.now,
            fresh_id: Uuid::from_u128(50_000 + n),
            number: i64::try_from(n).unwrap() + 1,
            taken: &HashSet::new(),
        };
        let change = self.board.check(ask, &context)?.change;
        let seq = i64::try_from(n).unwrap() + 1;
        let op_id = OpId(Uuid::from_u128(n));
        let event = Event { seq, op_id, actor_id: actor, at: self.now, change: change.clone() };
        self.board.apply(&event);
        self.log.push(event);
        self.now = self.now.plus_millis(1);
        Ok(change)
    }

    /// As `actor`, an op of this kind with this body.
    pub(super) fn does(&mut self, actor: UserId, kind: &str, body: Value) -> Result<Change, Refusal> {
        self.ask(actor, &Ask::Op(op(kind, body)))
    }

    /// As the owner.
    pub(super) fn own(&mut self, kind: &str, body: Value) -> Result<Change, Refusal> {
        self.does(OWNER, kind, body)
    }

    /// Task `n` in column `column`, made by the owner.
    pub(super) fn create(&mut self, n: u128, column: u128) {
        let body = serde_json::json!({"task_id": task_id(n), "column_id": column_id(column), "title": "a task"});
        self.own("task.create", body).unwrap();
    }

    pub(super) fn task(&self, n: u128) -> &Task {
        &self.board.task(task_id(n)).unwrap().task
    }

    /// Its columns and tasks as rows, deleted ones too.
    pub(super) fn rows(&self) -> (Vec<ColumnState>, Vec<TaskState>) {
        (self.board.columns.values().cloned().collect(), self.board.tasks.values().cloned().collect())
    }
}

pub(super) fn op(kind: &str, body: Value) -> Op {
    macro_rules! read {
        () => {
            serde_json::from_value(body).unwrap()
        };
    }
    match OpKind::from_name(kind).unwrap() {
        OpKind::TaskCreate => Op::TaskCreate(read!()),
        OpKind::TaskUpdate => Op::TaskUpdate(read!()),
        OpKind::TaskMove => Op::TaskMove(read!()),
        OpKind::TaskDelete => Op::TaskDelete(read!()),
        OpKind::TaskRestore => Op::TaskRestore(read!()),
        OpKind::ColumnCreate => Op::ColumnCreate(read!()),
        OpKind::ColumnUpdate => Op::ColumnUpdate(read!()),
        OpKind::ColumnMove => Op::ColumnMove(read!()),
        OpKind::ColumnDelete => Op::ColumnDelete(read!()),
    }
}

pub(super) fn malformed(kind: OpKind, task_id: Option<TaskId>) -> Ask {
    let errors = vec![FieldError { field: "title".to_owned(), message: "is missing".to_owned() }];
    Ask::Malformed { kind, task_id, errors }
}
