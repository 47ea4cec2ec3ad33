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
    Access {
        workspace_id: WorkspaceId(Uuid::nil()),
        version: 1,
        members: [(ME, Role::Owner)].into(),
        labels: HashSet::new(),
    }
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

fn op_ids(effects: &Effects<u128>) -> Vec<u128> {
    let asked = effects.iter().find_map(|e| if let Effect::FindOps { op_ids, .. } = e { Some(op_ids) } else { None });
    asked.into_iter().flatten().map(|id| id.0.as_u128()).collect()
}

/// A board whose log holds more than is remembered.
fn old() -> Sequencer<u128> {
    let mut sequencer = Sequencer::new(BoardId(Uuid::nil()));
    let loaded = Loaded { board: board(), epoch: 1, head: 9, at: Moment::from_micros(0), recent: Vec::new() };
    let _ = sequencer.loaded(loaded, &access(), Moment::from_micros(1));
    let _ = sequencer.numbers_taken(1..1_000, &access(), Moment::from_micros(1));
    sequencer
}

/// A request that the board refuses as it stands.
fn refused(n: u128) -> Request<u128> {
    let mut request = create(n);
    if let Ask::Op(Op::TaskCreate(op)) = &mut request.ask {
        op.column_id = Destination::Column(ColumnId(Uuid::nil()));
    }
    request
}

/// An op that was applied years ago must not be refused for what has happened since.
#[test]
fn the_log_is_asked_before_an_op_is_refused() {
    let (mut s, now) = (old(), Moment::from_micros(2));
    let effects = s.submit(vec![create(1), refused(2), create(3)], false, &access(), now);
    assert_eq!((op_ids(&effects), commits(&effects)), (vec![2, 3], vec![1]));
    let Ask::Op(op) = refused(2).ask else { unreachable!() };
    let first = FirstTime { seq: 4, version: 2, target: Uuid::nil(), hash: super::super::recent::hash(ME, &op) };
    let found = Some(vec![(OpId(Uuid::from_u128(2)), first)]);
    assert_eq!(answers(&s.ops_found(1, found, &access(), now)), [], "it waits for its commit");
    let effects = s.commit_finished(Outcome::Committed, 1, &access(), now);
    assert_eq!((answers(&effects), commits(&effects)), (vec![(1, true), (2, true)], vec![1]));
    assert_eq!(answers(&s.commit_finished(Outcome::Committed, 1, &access(), now)), [(3, true)]);
}

#[test]
fn what_the_log_does_not_know_is_refused_and_a_failed_search_is_not() {
    let (mut s, now) = (old(), Moment::from_micros(2));
    assert_eq!(op_ids(&s.submit(vec![refused(1)], false, &access(), now)), [1]);
    assert_eq!(answers(&s.ops_found(1, Some(Vec::new()), &access(), now)), [(1, false)]);
    assert_eq!(op_ids(&s.submit(vec![refused(2)], false, &access(), now)), [2]);
    let effects = s.ops_found(1, None, &access(), now);
    assert!(matches!(effects[..], [Effect::Answer { waiter: 2, result: Err(Refusal::Unavailable(_)), .. }]));
}

/// Found by the simulation: each brought the other back into the batch, for ever.
#[test]
fn two_ops_that_the_store_refuses_are_both_answered() {
    let (mut s, now) = (live(), Moment::from_micros(2));
    let mut effects = s.submit(vec![create(1), create(2), create(3)], false, &access(), now);
    let mut told = Vec::new();
    for bad in [2, 1, 3] {
        assert_eq!(commits(&effects).len(), 1);
        let outcome = Outcome::NotApplied(vec![Finding::Refused(OpId(Uuid::from_u128(bad)))]);
        let _ = s.commit_finished(outcome, 1, &access(), now);
        let loaded = Loaded { board: board(), epoch: 1, head: 0, at: Moment::from_micros(0), recent: Vec::new() };
        effects = s.loaded(loaded, &access(), now);
        told.extend(answers(&effects));
    }
    assert_eq!((commits(&effects), told), (vec![], vec![(1, false), (2, false), (3, false)]));
}

/// What waits for its batch is judged anew when the actor's role has changed meanwhile.
#[test]
fn rights_hold_at_the_moment_of_commit() {
    let (mut s, now) = (live(), Moment::from_micros(2));
    let _ = s.submit(vec![create(1)], false, &access(), now);
    let _ = s.submit(vec![create(2)], false, &access(), now);
    let mut demoted = access();
    demoted.members.insert(ME, Role::Viewer);
    let effects = s.commit_finished(Outcome::Committed, 1, &demoted, now);
    assert_eq!((answers(&effects), effects.last()), (vec![(1, true)], Some(&Effect::Load)));
    assert_eq!(s.committed(), Some(1), "what is durable is still known");
    let loaded = Loaded { board: board(), epoch: 1, head: 1, at: Moment::from_micros(0), recent: Vec::new() };
    let effects = s.loaded(loaded, &demoted, now);
    assert!(!effects.iter().any(|e| matches!(e, Effect::Commit(_))), "{effects:?}");
}

/// Found by the simulation: the retry of a refusal that came too late was accepted behind what had come after it.
#[test]
fn an_untold_refusal_is_that_of_its_retry() {
    let (mut s, now) = (live(), Moment::from_micros(2));
    let _ = s.submit(vec![create(1), refused(2), create(3)], false, &access(), now);
    let late = now.plus_millis(ANSWER_MILLIS_MAX);
    assert_eq!(answers(&s.tick(late)), [(1, false), (2, false), (3, false)]);
    assert_eq!(answers(&s.commit_finished(Outcome::Committed, 1, &access(), late)), []);
    let mut column = board().column(COLUMN).unwrap().clone();
    column.column.id = ColumnId(Uuid::nil());
    s.live.as_mut().unwrap().board = Board::new(ProjectId(Uuid::nil()), vec![column], Vec::new());
    let retries = vec![create(1), refused(2), create(3)];
    assert_eq!(answers(&s.submit(retries, false, &access(), late)), [(1, true), (2, false), (3, true)]);
}

/// An op that found no room holds off what comes later, never what came before it.
#[test]
fn what_came_first_must_come_again_first() {
    let now = Moment::from_micros(2);
    let mut s: Sequencer<u128> = Sequencer::new(BoardId(Uuid::nil()));
    let from = |n, stream| Request { stream: Some(SessionId(Uuid::from_u128(stream))), received: now, ..create(n) };
    let _ = s.submit(vec![from(1, 1)], false, &access(), now);
    let _ = s.submit((2..=BATCH_OPS_MAX as u128).map(|n| from(n, 2)).collect(), false, &access(), now);
    assert_eq!(answers(&s.submit(vec![from(9_001, 1)], false, &access(), now)), [(9_001, false)]);
    let late = now.plus_millis(ANSWER_MILLIS_MAX);
    assert_eq!(s.tick(late).len(), BATCH_OPS_MAX);
    assert_eq!(answers(&s.submit(vec![from(9_001, 1)], false, &access(), late)), [(9_001, false)]);
    assert_eq!(answers(&s.submit(vec![from(1, 1)], false, &access(), late)), []);
    assert_eq!(answers(&s.submit(vec![from(9_001, 1)], false, &access(), late)), []);
    assert_eq!(answers(&s.abandon(late)), [(1, false), (9_001, false)]);
}
