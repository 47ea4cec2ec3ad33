//! The checker finds what is planted, and nothing in a history that is clean.

use super::checker::*;
use std::time::Duration;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Two authors who take turns, three epochs, a follower who was away twice, a read after every ack.
fn clean() -> History {
    let log: Vec<_> =
        (1..=30).map(|seq| Entry { seq, op_id: format!("op{seq}"), epoch: 1 + seq / 10, version: seq }).collect();
    let author = |name: &str, turn: i64| Author {
        name: name.into(),
        ops: log.iter().filter(|entry| entry.seq % 2 == turn).map(|entry| op(entry.seq)).collect(),
    };
    let event = |seq: i64| (seq, format!("op{seq}"));
    let live = |range: std::ops::RangeInclusive<i64>| {
        range.map(|seq| Sight::Event { seq, op_id: format!("op{seq}") }).collect::<Vec<_>>()
    };
    let whole = Follower { name: "whole".into(), saw: [vec![Sight::Snapshot { seq: 0 }], live(1..=30)].concat() };
    let away = [
        vec![Sight::Snapshot { seq: 3 }],
        live(4..=10),
        vec![Sight::Tail { seq: 14, events: (11..=14).map(event).collect() }],
        live(15..=20),
        vec![Sight::Tail { seq: 20, events: Vec::new() }, Sight::Snapshot { seq: 25 }],
        live(26..=30),
    ];
    History {
        writers: vec![author("ada", 1), author("bob", 0)],
        followers: vec![whole, Follower { name: "away".into(), saw: away.concat() }],
        reads: (1..=30).map(|seq| Read { asked: ms(100 * seq + 51), seq: seq as i64 }).collect(),
        log,
    }
}

/// Sent at 100 ms a `seq`, acked 50 ms later.
fn op(seq: i64) -> Op {
    let sent = ms(100 * seq as u64);
    Op { op_id: format!("op{seq}"), sent, acks: vec![Ack { at: sent + ms(50), seq, version: seq }], refused: None }
}

/// The clean history with one thing changed must be found to break this one promise.
#[track_caller]
fn planted(change: impl FnOnce(&mut History), expected: impl Fn(&Violation) -> bool) {
    let mut history = clean();
    change(&mut history);
    let found = check(&history);
    assert!(found.iter().any(expected), "not found; found {found:?}");
}

#[test]
fn a_clean_history_is_accepted() {
    assert_eq!(check(&clean()), Vec::new());
    assert_eq!(check(&History::default()), Vec::new());
}

#[test]
fn an_op_without_an_answer_may_or_may_not_stand_in_the_log() {
    let mut history = clean();
    history.writers[0].ops[2].acks.clear();
    let open = Op { acks: Vec::new(), op_id: "never applied".into(), ..op(31) };
    history.writers[0].ops.push(open);
    assert_eq!(check(&history), Vec::new());
}

#[test]
fn an_acked_op_that_is_lost() {
    planted(
        |history| {
            let acked = Op { op_id: "lost".into(), ..op(31) };
            history.writers[0].ops.push(acked);
        },
        |violation| matches!(violation, Violation::AckedLost { seq: 31, .. }),
    );
}

#[test]
fn an_acked_op_that_another_took_the_place_of() {
    planted(
        |history| history.log[11].op_id = "other".into(),
        |violation| matches!(violation, Violation::AckedLost { seq: 12, .. }),
    );
}

#[test]
fn an_ack_with_another_place_or_version() {
    planted(
        |history| history.writers[0].ops[4].acks[0].seq += 1,
        |violation| matches!(violation, Violation::AckedElsewhere { .. }),
    );
    planted(
        |history| history.writers[0].ops[4].acks[0].version += 1,
        |violation| matches!(violation, Violation::AckedElsewhere { .. }),
    );
}

#[test]
fn an_op_that_nobody_asked_for() {
    planted(
        |history| drop(history.writers[1].ops.remove(3)),
        |violation| matches!(violation, Violation::Phantom { seq: 8, .. }),
    );
}

#[test]
fn an_op_that_is_applied_twice() {
    planted(
        |history| history.log.push(Entry { seq: 31, op_id: "op7".into(), epoch: 4, version: 31 }),
        |violation| matches!(violation, Violation::AppliedTwice { first: 7, again: 31, .. }),
    );
}

#[test]
fn an_op_with_two_answers() {
    planted(
        |history| history.writers[0].ops[3].acks.push(Ack { at: ms(9000), seq: 9, version: 7 }),
        |violation| matches!(violation, Violation::TwoAnswers { first: 7, other: 9, .. }),
    );
}

#[test]
fn an_op_that_is_refused() {
    planted(
        |history| history.writers[0].ops[3].refused = Some("NOT_FOUND".into()),
        |violation| matches!(violation, Violation::Refused { .. }),
    );
}

#[test]
fn a_gap_and_a_repeat_in_the_log() {
    planted(
        |history| drop(history.log.remove(17)),
        |violation| *violation == Violation::LogGap { after: 17, next: 19 },
    );
    planted(|history| history.log[17].seq = 17, |violation| *violation == Violation::LogGap { after: 17, next: 17 });
}

#[test]
fn a_zombie_that_commits() {
    planted(
        |history| history.log[21].epoch = 1,
        |violation| *violation == Violation::EpochWentBack { seq: 22, before: 3, epoch: 1 },
    );
}

#[test]
fn an_op_that_is_placed_before_one_acked_earlier() {
    planted(
        |history| history.writers[1].ops[3].sent = ms(960),
        |violation| matches!(violation, Violation::Inversion { seq: 9, later_seq: 8, .. }),
    );
}

#[test]
fn an_op_that_overtakes() {
    planted(
        |history| history.writers[1].ops.swap(5, 6),
        |violation| *violation == Violation::Overtaken { author: "bob".into(), seq: 12, later_seq: 14 },
    );
}

#[test]
fn a_follower_who_misses_an_event() {
    planted(
        |history| drop(history.followers[0].saw.remove(9)),
        |violation| *violation == Violation::SawGap { follower: "whole".into(), after: 8, next: 10 },
    );
    planted(
        |history| {
            let Sight::Tail { events, .. } = &mut history.followers[1].saw[8] else { panic!("a tail") };
            events.remove(0);
        },
        |violation| *violation == Violation::SawGap { follower: "away".into(), after: 10, next: 12 },
    );
}

#[test]
fn a_follower_who_sees_an_event_again() {
    planted(
        |history| {
            let again = history.followers[0].saw[9].clone();
            history.followers[0].saw.insert(9, again);
        },
        |violation| *violation == Violation::SawGap { follower: "whole".into(), after: 9, next: 9 },
    );
}

#[test]
fn a_follower_who_sees_another_order() {
    planted(
        |history| history.followers[0].saw[9] = Sight::Event { seq: 9, op_id: "op10".into() },
        |violation| matches!(violation, Violation::SawOther { seq: 9, .. }),
    );
}

#[test]
fn a_follower_who_sees_what_was_never_committed() {
    planted(
        |history| history.followers[0].saw.push(Sight::Event { seq: 31, op_id: "op31".into() }),
        |violation| matches!(violation, Violation::SawUncommitted { seq: 31, .. }),
    );
}

#[test]
fn a_follower_who_is_taken_back() {
    planted(
        |history| history.followers[1].saw[16] = Sight::Snapshot { seq: 19 },
        |violation| *violation == Violation::WentBack { follower: "away".into(), from: 20, to: 19 },
    );
    planted(
        |history| history.followers[1].saw[15] = Sight::Tail { seq: 18, events: Vec::new() },
        |violation| *violation == Violation::WentBack { follower: "away".into(), from: 20, to: 18 },
    );
}

#[test]
fn a_follower_who_never_arrives() {
    planted(
        |history| drop(history.followers[0].saw.pop()),
        |violation| *violation == Violation::NotConverged { follower: "whole".into(), at: 29, head: 30 },
    );
}

#[test]
fn a_read_that_lacks_what_was_acked() {
    planted(
        |history| history.reads[12].seq = 12,
        |violation| matches!(violation, Violation::StaleRead { seq: 12, acked: 13, .. }),
    );
}
