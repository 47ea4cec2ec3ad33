//! The sequencer, step by step.

use super::super::model::{ColumnState, Status};
use super::super::op::{Ask, Destination, Op, TaskCreate};
use super::*;
use crate::domain::ids::{ColumnId, ProjectId, UserId, WorkspaceId};
use crate::domain::permission::Role;
use crate::domain::text::{ShortName, Title};

const ME: UserId = UserId(Uuid::from_u128(1));
const COLUMN: ColumnId = ColumnId(Uuid::from_u128(2));

fn access() -> Access {
    Access { workspace_id: WorkspaceId(Uuid::nil()), members: [(ME, Role::Owner)].into(), labels: HashSet::new() }
}

fn board() -> Board {
    let column = super::super::model::Column {
        id: COLUMN,
        name: ShortName::new("Todo").unwrap(),
        status: Status::Todo,
        rank: crate::domain::rank::Rank::between(None, None),
        wip_limit: None,
        version: 1,
    };
    Board::new(ProjectId(Uuid::nil()), vec![ColumnState { column, changes: [1; 4], deleted: false }], Vec::new())
}

fn create(n: u128) -> Request<u128> {
    let title = Title::new(format!("task {n}")).unwrap();
    let op = TaskCreate {
        task_id: Some(crate::domain::ids::TaskId(Uuid::from_u128(1_000 + n))),
        column_id: Destination::Column(COLUMN),
        title,
        description: None,
        priority: None,
        story_points: None,
        due_date: None,
        assignee_ids: None,
        label_ids: None,
        after: None,
        before: None,
    };
    Request {
        waiter: n,
        stream: Some(SessionId(Uuid::nil())),
        actor: ME,
        op_id: OpId(Uuid::from_u128(n)),
        ask: Ask::Op(Op::TaskCreate(op)),
        fresh_id: Uuid::from_u128(9_000 + n),
        received: Moment::from_micros(0),
    }
}

fn live() -> Sequencer<u128> {
    let mut sequencer = Sequencer::new(BoardId(Uuid::nil()));
    let loaded = Loaded { board: board(), epoch: 1, head: 0, at: Moment::from_micros(0), recent: Vec::new() };
    assert_eq!(sequencer.loaded(loaded, &access(), Moment::from_micros(1)), []);
    let _ = sequencer.numbers_taken(1..1_000, &access(), Moment::from_micros(1));
    sequencer
}

fn commits(effects: &Effects<u128>) -> Vec<usize> {
    effects.iter().filter_map(|e| if let Effect::Commit(c) = e { Some(c.ops.len()) } else { None }).collect()
}

fn answers(effects: &Effects<u128>) -> Vec<(u128, bool)> {
    let answer = |e: &Effect<u128>| {
        if let Effect::Answer { waiter, result, .. } = e { Some((*waiter, result.is_ok())) } else { None }
    };
    effects.iter().filter_map(answer).collect()
}

#[test]
fn one_batch_in_flight_and_one_filling() {
    let (mut s, now) = (live(), Moment::from_micros(2));
    assert_eq!(commits(&s.submit(vec![create(1)], false, &access(), now)), [1]);
    assert_eq!(s.submit(vec![create(2)], false, &access(), now), []);
    assert_eq!(s.submit(vec![create(3)], false, &access(), now), []);
    let effects = s.commit_finished(Outcome::Committed, 1, &access(), now);
    assert_eq!((answers(&effects), commits(&effects)), (vec![(1, true)], vec![2]));
    let effects = s.commit_finished(Outcome::Committed, 1, &access(), now);
    assert_eq!((answers(&effects), commits(&effects)), (vec![(2, true), (3, true)], vec![]));
    assert_eq!(s.committed(), Some(3));
}

#[test]
fn an_atomic_group_is_applied_whole_or_not_at_all() {
    let (mut s, now) = (live(), Moment::from_micros(2));
    let mut bad = create(2);
    bad.waiter = 3;
    bad.op_id = OpId(Uuid::from_u128(3));
    let effects = s.submit(vec![create(1), create(2), bad], true, &access(), now);
    assert_eq!((answers(&effects), commits(&effects)), (vec![(1, false), (2, false), (3, false)], vec![]));
    assert_eq!(commits(&s.submit(vec![create(1), create(2)], true, &access(), now)), [2]);
}

#[test]
fn a_late_op_holds_off_those_behind_it() {
    let (mut s, now) = (live(), Moment::from_micros(2));
    let _ = s.submit(vec![create(1)], false, &access(), now);
    let late = now.plus_millis(ANSWER_MILLIS_MAX);
    assert_eq!(answers(&s.tick(late)), [(1, false)]);
    assert_eq!(answers(&s.submit(vec![create(2)], false, &access(), late)), [(2, false)]);
    assert_eq!(answers(&s.commit_finished(Outcome::Committed, 1, &access(), late)), []);
    assert_eq!(answers(&s.submit(vec![create(1)], false, &access(), late)), [(1, true)]);
    assert_eq!(commits(&s.submit(vec![create(2)], false, &access(), late)), [1]);
}

#[test]
fn what_the_log_knows_is_answered_as_the_first_time() {
    let (mut s, now) = (live(), Moment::from_micros(2));
    let effects = s.submit(vec![create(1), create(2)], false, &access(), now);
    let Some(Effect::Commit(commit)) = effects.into_iter().next() else { panic!("no commit") };
    let first = FirstTime { seq: 7, version: 1, target: commit.ops[0].event.change.target(), hash: commit.ops[0].hash };
    let duplicate = Outcome::NotApplied(vec![Finding::Duplicate(OpId(Uuid::from_u128(1)), first)]);
    assert_eq!(s.commit_finished(duplicate, 1, &access(), now), [Effect::Load]);
    let loaded = Loaded { board: board(), epoch: 1, head: 7, at: Moment::from_micros(0), recent: Vec::new() };
    let effects = s.loaded(loaded, &access(), now);
    let Effect::Answer { waiter: 1, result: Ok(applied), .. } = &effects[0] else { panic!("{effects:?}") };
    assert_eq!((applied.seq, applied.replayed), (7, true));
    assert_eq!(commits(&effects), [1]);
    assert_eq!(answers(&s.commit_finished(Outcome::Committed, 1, &access(), now)), [(2, true)]);
    assert_eq!(s.committed(), Some(8));
}
