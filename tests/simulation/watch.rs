//! What must hold after every step.

use crate::replica::Replica;
use crate::store::{Row, Store};
use std::collections::{BTreeMap, HashMap, HashSet};
use teamflow::domain::board::commit::Commit;
use teamflow::domain::board::event::Change;
use teamflow::domain::board::model::{Column, ColumnState, Seq, Task};
use teamflow::domain::board::op::Ask;
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::sequencer::Applied;
use teamflow::domain::ids::{OpId, SessionId, TaskId, UserId};
use teamflow::domain::permission::{Access, Right, right};

/// One request that a sequencer was given.
#[derive(Debug, Clone)]
pub struct Asked {
    pub client: usize,
    pub node: usize,
    /// The connection that it came by, of a WebSocket.
    pub stream: Option<SessionId>,
    pub actor: UserId,
    pub op_id: OpId,
    pub ask: Ask,
    pub answers: usize,
    /// The sequencer that had it is gone.
    pub is_lost: bool,
    /// Refusals of a group may tell of what its earlier ops would have done.
    pub is_atomic: bool,
    pub was_refused: bool,
    /// It was refused because its author is no member: whether it was applied before, nobody is told.
    pub was_outside: bool,
}

#[derive(Default)]
pub struct Watch {
    pub requests: Vec<Asked>,
    /// Op ids of each atomic group.
    pub groups: Vec<Vec<OpId>>,
    pub violation: Option<String>,
    first_acks: HashMap<OpId, (UserId, Ask, Applied)>,
    replica: Replica,
    /// Every version of every task that was ever durable, without its rank.
    history: BTreeMap<(TaskId, i32), Task>,
    numbers: HashSet<i64>,
    seen: usize,
}

impl Watch {
    pub fn new(columns: &[ColumnState]) -> Self {
        let mut watch = Self::default();
        watch.replica.columns = columns.iter().map(|state| (state.column.id, state.column.clone())).collect();
        watch
    }

    pub fn fail(&mut self, what: impl Into<String>) {
        self.violation.get_or_insert(what.into());
    }

    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(what());
        }
    }

    /// A sequencer wants this committed: rights hold at this moment, and it follows on what it stands on.
    pub fn committing(&mut self, commit: &Commit, access: &Access) {
        self.expect(!commit.ops.is_empty(), || "an empty commit".into());
        for (op, seq) in commit.ops.iter().zip(commit.base + 1..) {
            self.expect(op.event.seq == seq, || format!("a gap in a commit: {} instead of {seq}", op.event.seq));
            let action = action_of(&op.event.change);
            let allowed = access.role(op.event.actor_id).is_some_and(|role| right(action, role) != Right::Never);
            self.expect(allowed, || format!("committed without the right: {:?}", op.event));
        }
    }

    /// The store may have changed: its log is gapless and each op in it once, and its tables are what the log says.
    pub fn stored(&mut self, store: &Store) {
        if self.seen == store.log.len() {
            return;
        }
        while let Some(row) = store.log.get(self.seen) {
            self.logged(row, store);
            self.seen += 1;
        }
        for group in std::mem::take(&mut self.groups) {
            let commits: Vec<_> = group.iter().map(|id| store.by_op.get(id).map(|i| store.log[*i].commit)).collect();
            self.expect(commits.iter().all(|c| *c == commits[0]), || format!("half an atomic group: {commits:?}"));
            self.groups.push(group);
        }
        let live = store.tasks.values().filter(|state| !state.deleted).map(|state| &state.task);
        let columns = store.columns.values().filter(|state| !state.deleted).map(|state| &state.column);
        let tasks_equal = live.eq(self.replica.tasks.values());
        let columns_equal = columns.eq(self.replica.columns.values());
        self.expect(tasks_equal && columns_equal, || "the tables are not base + log".into());
        let places: HashSet<_> = self.replica.tasks.values().map(|task| (task.column_id, &task.rank)).collect();
        let unique = places.len() == self.replica.tasks.len();
        self.expect(unique, || "two tasks at one place".into());
    }

    fn logged(&mut self, row: &Row, store: &Store) {
        let event = &row.event;
        self.expect(!row.is_stale, || format!("seq {} was written by an older epoch", event.seq));
        let place = self.seen as Seq + 1;
        self.expect(event.seq == place, || format!("seq {} at place {place}", event.seq));
        let twice = store.log[..self.seen].iter().any(|earlier| earlier.event.op_id == event.op_id);
        self.expect(!twice, || format!("op {} twice in the log", event.op_id));
        let earlier = self.seen.checked_sub(1).map(|i| &store.log[i]);
        let (epoch, at) = earlier.map_or((0, event.at), |row| (row.epoch, row.event.at));
        self.expect(epoch <= row.epoch, || format!("the epoch goes back at {}", event.seq));
        self.expect(at <= event.at, || format!("time goes back at {}", event.seq));
        if let Change::TaskCreated { task, .. } = &event.change {
            let is_new = self.numbers.insert(task.number);
            self.expect(is_new, || format!("task number {} twice", task.number));
        }
        if let Err(why) = self.replica.apply(event) {
            self.fail(why);
        }
        let touched: Vec<TaskId> = match &event.change {
            Change::ColumnDeleted { moved, .. } => moved.iter().map(|moved| moved.task_id).collect(),
            change => vec![TaskId(change.target())],
        };
        for task in touched.iter().filter_map(|id| self.replica.tasks.get(id)) {
            let task = task.clone();
            self.history.insert((task.id, task.version), task);
        }
    }

    /// Whether an op was told to be applied.
    pub fn is_acked(&self, op_id: OpId) -> bool {
        self.first_acks.contains_key(&op_id)
    }

    /// Somebody is told something.
    pub fn answered(
        &mut self,
        waiter: usize,
        op_id: OpId,
        result: &Result<Applied, Refusal>,
        store: &Store,
        is_current: bool,
    ) {
        self.requests[waiter].answers += 1;
        let Asked { actor, ask, answers, op_id: asked_id, is_atomic, .. } = self.requests[waiter].clone();
        self.expect(answers == 1, || format!("request {waiter} answered {answers} times"));
        self.expect(asked_id == op_id, || format!("request {waiter} answered for another op"));
        let logged = store.by_op.get(&op_id).map(|i| &store.log[*i]);
        match result {
            Ok(applied) => {
                let holds = logged.is_some_and(|row| {
                    let change = &row.event.change;
                    (applied.seq, applied.version, applied.target) == (row.event.seq, change.version(), change.target())
                        && row.event.actor_id == actor
                });
                self.expect(holds, || format!("acked before or beside the log: {op_id} {applied:?}"));
                let number = applied.number.map(|n| self.numbers.contains(&n));
                self.expect(number != Some(false), || format!("a number that no task has: {applied:?}"));
                let entry = (actor, ask.clone(), Applied { replayed: false, ..*applied });
                let first = self.first_acks.entry(op_id).or_insert_with(|| entry.clone()).clone();
                self.expect(first == entry, || format!("another answer than the first time: {first:?}, {entry:?}"));
            }
            Err(Refusal::Unavailable(_)) => {}
            Err(refusal) => {
                self.requests[waiter].was_refused = true;
                let acked = self.first_acks.get(&op_id).is_some_and(|(who, what, _)| (*who, what) == (actor, &ask));
                // Who is no member any more learns nothing, and neither does the rest of an atomic group.
                let is_outside = *refusal == Refusal::NotFound("board".into())
                    || matches!(refusal, Refusal::Conflict(why) if is_atomic && why.starts_with("not applied"));
                self.requests[waiter].was_outside = is_outside;
                // A node that does not know yet that it has lost the board may refuse by what it knew.
                self.expect(!acked || is_outside || !is_current, || {
                    format!("acked once, now refused: {op_id} {refusal:?}")
                });
                if let (Refusal::TaskVersion { current, .. }, true) = (refusal, is_current && !is_atomic) {
                    self.check_told(current);
                }
            }
        }
    }

    /// What a reject shows is durable.
    fn check_told(&mut self, current: &Task) {
        let told = self.history.get(&(current.id, current.version)).cloned();
        let holds = told.is_some_and(|mut durable| {
            // A neighbour's rank may change without a version.
            durable.rank = current.rank.clone();
            durable == *current
        });
        self.expect(holds, || format!("a reject told what is not durable: {current:?}"));
    }

    /// Nothing is open any more: everybody has been answered, and what was only ever refused was not applied.
    pub fn finished(&mut self, store: &Store) {
        let mut verdicts: HashMap<OpId, bool> = HashMap::new();
        for (i, request) in self.requests.clone().iter().enumerate() {
            self.expect(request.is_lost || request.answers == 1, || format!("request {i} was never answered"));
            *verdicts.entry(request.op_id).or_insert(true) &= request.was_refused && !request.was_outside;
        }
        for (op_id, only_refused) in verdicts {
            self.expect(!only_refused || !store.by_op.contains_key(&op_id), || format!("{op_id} refused, yet applied"));
        }
    }

    pub fn columns(&self) -> Vec<&Column> {
        self.replica.columns.values().collect()
    }

    pub fn tasks(&self) -> Vec<&Task> {
        self.replica.tasks.values().collect()
    }
}

fn action_of(change: &Change) -> teamflow::domain::permission::Action {
    use teamflow::domain::board::op::OpKind;
    let kind = match change {
        Change::TaskCreated { .. } => OpKind::TaskCreate,
        Change::TaskUpdated { .. } => OpKind::TaskUpdate,
        Change::TaskMoved { .. } => OpKind::TaskMove,
        Change::TaskDeleted { .. } => OpKind::TaskDelete,
        Change::TaskRestored { .. } => OpKind::TaskRestore,
        Change::ColumnCreated { .. } => OpKind::ColumnCreate,
        Change::ColumnUpdated { .. } => OpKind::ColumnUpdate,
        Change::ColumnMoved { .. } => OpKind::ColumnMove,
        Change::ColumnDeleted { .. } => OpKind::ColumnDelete,
    };
    kind.action()
}
