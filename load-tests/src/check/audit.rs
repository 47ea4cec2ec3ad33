//! Holds a stretch of a board's log against what this process sent and was told.

use super::log::{Logged, Slice};
use super::order::BoardOrder;
use super::{Verdict, Violation};
use crate::work::{OpBook, OpName, Refused};

/// Compares; answers how many acked ops are not in the log. Every acked op of ours up to the slice's end must be there,
/// once, at its `seq`; no refused one may be; what sessions saw at a `seq` is what the log has there.
pub fn compare(slice: Slice, order: &mut BoardOrder, book: &mut OpBook, verdict: &mut Verdict) -> u64 {
    let board = order.id;
    for fault in slice.faults {
        verdict.violation(|| fault);
    }
    for event in &slice.events {
        seen_as_logged(event, order, verdict);
        let name = OpName::read(event.op_id.as_hyphenated().to_string().as_bytes());
        let Some(number) = name.and_then(|name| book.number(&name)) else { continue };
        let Some(op) = book.get_mut(number) else { continue };
        let told = |what: String| Violation::from(what).on(board).at(event.seq).of(event.op_id);
        let (first, acked) = (std::mem::replace(&mut op.log_seq, event.seq), op.acked_seq);
        if first != 0 {
            verdict.violation(|| told(format!("op {number} is in the log twice, at seq {first} and {}", event.seq)));
        }
        if acked != 0 && acked != event.seq {
            verdict.violation(|| told(format!("op {number}, acked at seq {acked}, is at {} in the log", event.seq)));
        }
        if op.refused == Some(Refused::Surely) {
            verdict.violation(|| told(format!("op {number} was rejected, yet is in the log at seq {}", event.seq)));
        }
    }
    let place = slice.board as u32;
    let is_lost = |(_, op): &(usize, &crate::work::OpRecord)| {
        op.board == place && (1..=slice.to).contains(&op.acked_seq) && op.log_seq == 0
    };
    let lost: Vec<(usize, u64)> = book.ops().filter(is_lost).map(|(number, op)| (number, op.acked_seq)).collect();
    for (number, acked) in &lost {
        let what = format!("op {number}, acked at seq {acked}, is not in the log");
        verdict.violation(|| Violation::from(what).on(board).at(*acked).of(book.op_id(*number)));
    }
    lost.len() as u64
}

fn seen_as_logged(event: &Logged, order: &mut BoardOrder, verdict: &mut Verdict) {
    let board = order.id;
    let Some(seen) = order.at(event.seq).filter(|seen| seen.is_told()) else { return };
    let told = |what: &str| Violation::from(what).on(board).at(event.seq).of(event.op_id);
    let mut text = [0; 36];
    if seen.op_id() != event.op_id.as_hyphenated().encode_lower(&mut text).as_bytes() {
        verdict.violation(|| told("sessions saw another op at this seq than the log has there"));
    } else if !seen.has_hash(event.hash) {
        verdict.violation(|| told("sessions were told another event than the log has there"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use uuid::Uuid;

    fn run(acked: u64, logged: &[(u64, bool)], refused: bool) -> (Verdict, u64) {
        let (mut book, mut order, mut verdict) = (OpBook::open(1, 0), BoardOrder::new(Uuid::nil()), Verdict::default());
        order.joined_at(0);
        let number = book.note(0, 0, Instant::now());
        let op_id = book.op_id(number);
        let op = book.get_mut(number).unwrap();
        op.acked_seq = acked;
        if refused {
            op.refuse("FORBIDDEN");
        }
        let id = |ours: bool| if ours { op_id } else { Uuid::from_u128(77) };
        let events = logged.iter().map(|(seq, ours)| Logged { seq: *seq, op_id: id(*ours), hash: 3 }).collect();
        let seen = order.at(2).unwrap();
        assert!(seen.agrees(op_id.to_string().as_bytes()) && seen.has_hash(3));
        let slice = Slice { board: 0, to: 3, events, faults: Vec::new() };
        let lost = compare(slice, &mut order, &mut book, &mut verdict);
        (verdict, lost)
    }

    #[test]
    fn an_acked_op_is_in_the_log_once_and_at_its_seq() {
        assert!(run(2, &[(1, false), (2, true), (3, false)], false).0.holds());
        let told = |found: (Verdict, u64)| found.0.told().iter().map(ToString::to_string).collect::<String>();
        let (verdict, lost) = run(2, &[(1, false), (2, false), (3, false)], false);
        assert_eq!(lost, 1);
        let told_of_it = told((verdict, lost));
        assert!(told_of_it.contains("is not in the log") && told_of_it.contains("saw another op"), "{told_of_it}");
        assert!(told(run(2, &[(1, true), (2, true)], false)).contains("in the log twice"));
        assert!(told(run(3, &[(2, true)], false)).contains("acked at seq 3, is at 2"));
        assert!(told(run(0, &[(2, true)], true)).contains("was rejected, yet is in the log"));
        // What came after the slice was read is not missed.
        assert_eq!(run(4, &[(2, false)], false).1, 0);
    }
}
