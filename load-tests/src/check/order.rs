//! The order of one board's events, as the sessions of this process were told it. What one of them saw at a `seq`, all
//! must see there.

use std::collections::VecDeque;
use std::sync::Arc;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// An event that lies so far ahead is a defect, and nothing to make room for.
const AHEAD_MAX: u64 = 1_000_000;

/// A board, and its last events.
pub struct BoardOrder {
    pub id: Uuid,
    pub room: Arc<str>,
    /// The `seq` of the first entry; 0 until somebody has joined.
    first: u64,
    seen: VecDeque<Seen>,
    /// The highest `seq` that anybody here was told, by an event, an ack or a snapshot.
    pub head: u64,
}

/// What was seen of one `seq`.
#[derive(Debug, Clone)]
pub struct Seen {
    /// 36 characters; zeros where no event was seen yet.
    op_id: [u8; 36],
    /// Of the event's text; 0 where nobody looked.
    hash: u64,
    /// When anybody here first heard of it, soon after its commit: nothing is told before that. 0 where nobody has.
    pub heard_ns: u64,
    /// When its op was due; only known of ops of this run.
    pub due_ns: Option<u64>,
    /// Sessions of this process that have it.
    pub deliveries: u32,
}

impl Seen {
    const NOTHING: Self = Self { op_id: [0; 36], hash: 0, heard_ns: 0, due_ns: None, deliveries: 0 };

    pub fn is_told(&self) -> bool {
        self.op_id[0] != 0
    }

    /// Notes the event's `op_id`; answers whether it is the one that others saw here.
    pub fn agrees(&mut self, op_id: &[u8]) -> bool {
        if self.is_told() {
            return self.op_id == op_id;
        }
        if let Ok(op_id) = op_id.try_into() {
            self.op_id = op_id;
        }
        true
    }

    /// Notes the event's whole text; answers whether it is the one that others saw here.
    pub fn agrees_in_full(&mut self, text: &[u8]) -> bool {
        self.has_hash(xxh3_64(text))
    }

    /// The same by the text's hash.
    pub fn has_hash(&mut self, hash: u64) -> bool {
        if self.hash == 0 {
            self.hash = hash;
        }
        self.hash == hash
    }

    pub fn op_id(&self) -> &[u8] {
        &self.op_id
    }
}

impl BoardOrder {
    pub fn new(id: Uuid) -> Self {
        Self { id, room: format!("board:{id}").into(), first: 0, seen: VecDeque::new(), head: 0 }
    }

    /// Somebody joined and has everything up to `seq`.
    pub fn joined_at(&mut self, seq: u64) {
        if self.first == 0 {
            self.first = seq + 1;
        }
        self.head = self.head.max(seq);
    }

    /// What is known of `seq`. `None` where it lies before what this process kept, or absurdly far ahead.
    pub fn at(&mut self, seq: u64) -> Option<&mut Seen> {
        let place = seq.checked_sub(self.first)?;
        if place > self.seen.len() as u64 + AHEAD_MAX {
            return None;
        }
        let place = place as usize;
        while self.seen.len() <= place {
            self.seen.push_back(Seen::NOTHING);
        }
        self.head = self.head.max(seq);
        Some(&mut self.seen[place])
    }

    /// Forgets what lies at `seq` and before.
    pub fn forget_to(&mut self, seq: u64) {
        while self.first <= seq && self.seen.pop_front().is_some() {
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_see_the_same_at_one_seq() {
        let mut order = BoardOrder::new(Uuid::nil());
        order.joined_at(5);
        let (one, two) = (Uuid::from_u128(1).to_string(), Uuid::from_u128(2).to_string());
        assert!(order.at(5).is_none());
        assert!(order.at(7).unwrap().agrees(one.as_bytes()));
        assert!(!order.at(6).unwrap().is_told());
        assert!(!order.at(7).unwrap().agrees(two.as_bytes()));
        assert!(order.at(7).unwrap().agrees_in_full(b"text"));
        assert!(!order.at(7).unwrap().agrees_in_full(b"another"));
        assert_eq!(order.head, 7);
        assert!(order.at(u64::MAX).is_none());
        order.forget_to(6);
        assert!(order.at(6).is_none() && order.at(7).unwrap().is_told());
        order.joined_at(9);
        assert_eq!(order.head, 9);
    }
}
