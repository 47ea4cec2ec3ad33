//! The bus between nodes: it keeps the order of what one node sends to another, and loses what it likes.

use super::shell::Waiter;
use std::collections::{BTreeMap, VecDeque};
use teamflow::domain::board::model::Seq;
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::relay::Item;
use teamflow::domain::board::sequencer::Applied;
use teamflow::domain::ids::{Incarnation, OpId};
use teamflow::domain::time::Moment;

/// As `PeerMessage`, of one board.
#[derive(Debug)]
pub enum Message {
    Attach {
        stream: u64,
    },
    Detach,
    Attached {
        stream: u64,
        now: Moment,
    },
    NotOwner {
        stream: u64,
    },
    Gap {
        stream: u64,
    },
    Forward(Forward),
    Answers(Vec<PeerAnswer>),
    Take,
    Offer,
    Accept,
    /// The ops of the events, beginning with this `seq`.
    Events {
        first: Seq,
        ops: Vec<OpId>,
    },
    Moved {
        to: Option<Incarnation>,
    },
}

#[derive(Debug)]
pub struct Forward {
    pub stream: u64,
    pub n: u64,
    pub valid_until: Moment,
    pub item: Item<Waiter>,
}

#[derive(Debug, Clone)]
pub struct PeerAnswer {
    pub stream: u64,
    pub tag: u64,
    pub result: Result<Applied, Refusal>,
    pub judged: Judged,
}

/// What was so when an op was judged.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// Whether whoever judged it had the board's newest epoch.
    pub is_current: bool,
    /// Whether somebody had been told that it is applied.
    pub was_acked: bool,
}

/// What is on its way, by sender and receiver.
#[derive(Default)]
pub struct Bus(BTreeMap<(usize, usize), VecDeque<(Incarnation, Message)>>);

impl Bus {
    pub fn send(&mut self, from: (usize, Incarnation), to: usize, message: Message) {
        self.0.entry((from.0, to)).or_default().push_back((from.1, message));
    }

    /// The lines in which something waits.
    pub fn lines(&self) -> Vec<(usize, usize)> {
        self.0.iter().filter(|(_, line)| !line.is_empty()).map(|(line, _)| *line).collect()
    }

    pub fn receive(&mut self, line: (usize, usize)) -> Option<(Incarnation, Message)> {
        self.0.get_mut(&line)?.pop_front()
    }

    /// Loses all that a node has sent or is sent.
    pub fn cut(&mut self, node: usize) {
        self.0.retain(|(from, to), _| *from != node && *to != node);
    }
}
