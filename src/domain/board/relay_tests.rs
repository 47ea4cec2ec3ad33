//! What a relay promises: order, one answer, and nothing that overtakes.

use super::*;
use crate::domain::board::op::{Ask, Op, OpKind, TaskDelete};
use crate::domain::ids::{TaskId, UserId};
use uuid::Uuid;

const NOW: Moment = Moment::MIN;

fn session(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(n))
}

fn op_id(n: u128) -> OpId {
    OpId(Uuid::from_u128(n))
}

fn request(n: u128, stream: Option<SessionId>) -> Request<u128> {
    Request {
        waiter: n,
        stream,
        actor: UserId(Uuid::nil()),
        op_id: op_id(n),
        ask: Ask::Op(Op::TaskDelete(TaskDelete { task_id: TaskId(Uuid::nil()), version: None })),
        fresh_id: Uuid::nil(),
        received: NOW,
    }
}

fn submit(relay: &mut Relay<u128>, n: u128, stream: u128) -> Vec<RelayEffect<u128>> {
    relay.submit(vec![request(n, Some(session(stream)))], false, NOW)
}

/// What was sent: stream, number, and the ops.
fn sent(effects: &[RelayEffect<u128>]) -> Vec<(u64, u64, Vec<u128>)> {
    let of = |effect: &RelayEffect<u128>| match effect {
        RelayEffect::Send { stream, n, item: Item::Ops { requests, .. }, .. } => {
            Some((*stream, *n, requests.iter().map(|(_, request)| request.waiter).collect()))
        }
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

/// Who was answered, and whether by `UNAVAILABLE`.
fn told(effects: &[RelayEffect<u128>]) -> Vec<(u128, bool)> {
    let of = |effect: &RelayEffect<u128>| match effect {
        RelayEffect::Answer { waiter, result, .. } => Some((*waiter, result.is_err())),
        RelayEffect::Send { .. } => None,
    };
    effects.iter().filter_map(of).collect()
}

fn applied() -> Result<Applied, Refusal> {
    Ok(Applied { kind: OpKind::TaskDelete, seq: 1, version: 1, target: Uuid::nil(), number: None, replayed: false })
}

#[test]
fn what_waits_goes_out_in_order_when_an_owner_is_found() {
    let mut relay = Relay::default();
    assert!(submit(&mut relay, 1, 1).is_empty());
    let stream = relay.begin(NOW);
    assert!(submit(&mut relay, 2, 2).is_empty());
    assert_eq!(sent(&relay.opened(stream, NOW, NOW)), [(1, 1, vec![1]), (1, 2, vec![2])]);
    assert_eq!(sent(&submit(&mut relay, 3, 1)), [(1, 3, vec![3])]);
    assert!(sent(&relay.opened(stream, NOW, NOW)).is_empty(), "a repeated word opens nothing twice");
}

#[test]
fn a_new_owner_gets_all_that_has_no_answer() {
    let mut relay = Relay::default();
    let first = relay.begin(NOW);
    relay.opened(first, NOW, NOW);
    (1..=3).for_each(|n| drop(submit(&mut relay, n, 1)));
    assert_eq!(told(&relay.answered(first, 0, applied(), NOW)), [(1, false)]);
    let second = relay.begin(NOW);
    assert!(relay.answered(first, 1, Err(Refusal::Forbidden), NOW).is_empty(), "an old refusal says nothing");
    assert_eq!(sent(&relay.opened(second, NOW, NOW)), [(2, 1, vec![2]), (2, 2, vec![3])]);
    assert_eq!(told(&relay.answered(first, 1, applied(), NOW)), [(2, false)]);
    assert!(relay.answered(second, 1, applied(), NOW).is_empty(), "nobody is answered twice");
}

#[test]
fn nothing_overtakes_an_op_that_was_told_unavailable() {
    let mut relay = Relay::default();
    let stream = relay.begin(NOW);
    relay.opened(stream, NOW, NOW);
    submit(&mut relay, 1, 1);
    submit(&mut relay, 2, 1);
    submit(&mut relay, 3, 2);
    let effects = relay.answered(stream, 0, Err(Refusal::Unavailable("".into())), NOW);
    assert_eq!(told(&effects), [(1, true), (2, true)]);
    assert_eq!(told(&submit(&mut relay, 2, 1)), [(2, true)]);
    assert_eq!(sent(&submit(&mut relay, 1, 1)), [(1, 4, vec![1])]);
    assert_eq!(sent(&submit(&mut relay, 2, 1)), [(1, 5, vec![2])]);
}

#[test]
fn who_subscribes_anew_is_forgiven_by_the_owner_too() {
    let mut relay = Relay::default();
    let stream = relay.begin(NOW);
    relay.opened(stream, NOW, NOW);
    submit(&mut relay, 1, 1);
    relay.answered(stream, 0, Err(Refusal::Unavailable("".into())), NOW);
    assert!(matches!(
        relay.forgive(session(1), NOW),
        Some(RelayEffect::Send { stream: 1, n: 2, item: Item::Forgive(who), .. }) if who == session(1)
    ));
    assert!(relay.forgive(session(1), NOW).is_none());
    assert_eq!(sent(&submit(&mut relay, 2, 1)), [(1, 3, vec![2])]);
}

#[test]
fn what_waits_too_long_is_answered() {
    let mut relay = Relay::default();
    submit(&mut relay, 1, 1);
    let mut later = request(2, Some(session(1)));
    later.received = NOW.plus_millis(1_000);
    relay.submit(vec![later], false, NOW);
    assert!(relay.tick(NOW.plus_millis(1_000)).is_empty());
    assert_eq!(told(&relay.tick(NOW.plus_millis(ANSWER_MILLIS_MAX))), [(1, true), (2, true)]);
    assert!(relay.is_idle());
}

#[test]
fn an_owner_takes_numbers_in_order_only() {
    let (mut streams, relay) = (Streams::default(), Incarnation(Uuid::nil()));
    assert_eq!(streams.admit(relay, 1, 1, NOW, NOW), Admission::Gap);
    streams.open(relay, 2);
    assert_eq!(streams.admit(relay, 2, 1, NOW, NOW), Admission::Take);
    assert_eq!(streams.admit(relay, 2, 1, NOW, NOW), Admission::Old);
    assert_eq!(streams.admit(relay, 2, 3, NOW, NOW), Admission::Gap);
    assert_eq!(streams.admit(relay, 1, 2, NOW, NOW), Admission::Old);
    streams.open(relay, 2);
    assert_eq!(streams.admit(relay, 2, 2, NOW, NOW), Admission::Take);
    streams.open(relay, 3);
    assert_eq!(streams.admit(relay, 2, 3, NOW, NOW), Admission::Old);
    assert_eq!(streams.admit(relay, 3, 1, NOW, NOW), Admission::Take);
}

/// What came while this node still had the board waits behind an op that was told `UNAVAILABLE` when it lost it.
#[test]
fn what_waits_does_not_overtake_an_op_of_the_seat_before() {
    let mut relay = Relay::default();
    submit(&mut relay, 2, 1);
    submit(&mut relay, 3, 2);
    let mut stalls = Stalls::default();
    stalls.walk(NOW).hold(Some(session(1)), op_id(1));
    assert_eq!(told(&relay.put_stalls(stalls, NOW)), [(2, true)]);
    submit(&mut relay, 1, 1);
    submit(&mut relay, 2, 1);
    let stream = relay.begin(NOW);
    let order: Vec<_> = sent(&relay.opened(stream, NOW, NOW)).into_iter().flat_map(|(_, _, ops)| ops).collect();
    assert_eq!(order, [3, 1, 2]);
}

/// A copy that was under way for long must not overtake what its relay has held back since.
#[test]
fn what_comes_too_late_ends_its_stream() {
    let mut relay = Relay::default();
    let stream = relay.begin(NOW);
    let there = NOW.plus_millis(700);
    relay.opened(stream, there, NOW);
    let effects = submit(&mut relay, 1, 1);
    let [RelayEffect::Send { valid_until, .. }] = effects[..] else { panic!("{effects:?}") };
    assert_eq!(valid_until, there.plus_millis(ANSWER_MILLIS_MAX));
    let (mut streams, node) = (Streams::default(), Incarnation(Uuid::nil()));
    streams.open(node, stream);
    assert_eq!(streams.admit(node, stream, 1, valid_until, valid_until), Admission::Take);
    assert!(streams.still_valid(node, stream, valid_until, valid_until));
    assert_eq!(streams.admit(node, stream, 2, valid_until, valid_until.plus_millis(1)), Admission::Gap);
    assert!(!streams.still_valid(node, stream, valid_until, valid_until), "nor what has waited meanwhile");
    assert_eq!(streams.admit(node, stream, 3, valid_until, valid_until), Admission::Gap, "nor what came after it");
}

/// A clock that is set back must not make a later op late before an earlier one.
#[test]
fn what_came_before_a_late_one_is_late_too() {
    let mut relay = Relay::default();
    let mut first = request(1, Some(session(1)));
    first.received = NOW.plus_millis(3);
    relay.submit(vec![first], false, NOW);
    submit(&mut relay, 2, 1);
    assert_eq!(told(&relay.tick(NOW.plus_millis(ANSWER_MILLIS_MAX))), [(1, true), (2, true)]);
    assert!(told(&submit(&mut relay, 1, 1)).is_empty(), "the first may come again");
}
