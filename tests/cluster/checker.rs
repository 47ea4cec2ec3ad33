//! Judges a recorded history by the promises P1–P5. Pure: it is given what was written down, and answers with all that
//! was not kept. The server assigns the order, so there is nothing to search for.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

/// What happened on one board. Times count from any one moment.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The board's rows of the log, in the order in which the database gave them: by `seq`.
    pub log: Vec<Entry>,
    pub writers: Vec<Author>,
    pub followers: Vec<Follower>,
    pub reads: Vec<Read>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub op_id: String,
    pub epoch: i64,
    pub version: i64,
}

/// One who writes, and its ops in the order in which they were first sent.
#[derive(Debug, Clone, Default)]
pub struct Author {
    pub name: String,
    pub ops: Vec<Op>,
}

#[derive(Debug, Clone, Default)]
pub struct Op {
    pub op_id: String,
    /// Not later than it was first sent.
    pub sent: Duration,
    pub acks: Vec<Ack>,
    /// The code of a refusal; no op of these histories deserves one.
    pub refused: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Not earlier than it came.
    pub at: Duration,
    pub seq: i64,
    pub version: i64,
}

/// One who follows, and what it saw, in order.
#[derive(Debug, Clone, Default)]
pub struct Follower {
    pub name: String,
    pub saw: Vec<Sight>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// A snapshot, as of this `seq`.
    Snapshot { seq: i64 },
    /// What it had missed since the `seq` that it named.
    Tail { seq: i64, events: Vec<(i64, String)> },
    /// An event as it happened.
    Event { seq: i64, op_id: String },
}

/// A read of the whole board over REST.
#[derive(Debug, Clone, Copy)]
pub struct Read {
    /// Not later than it was asked for.
    pub asked: Duration,
    pub seq: i64,
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// P1: acked, and not in the log.
    AckedLost { op_id: String, seq: i64 },
    /// P1: acked with a place or a version that is not the log's.
    AckedElsewhere { op_id: String, ack: Ack, stands: Entry },
    /// P1: in the log, and nobody asked for it.
    Phantom { op_id: String, seq: i64 },
    /// P4: more than one row for one op.
    AppliedTwice { op_id: String, first: i64, again: i64 },
    /// P4: two acks that name different places.
    TwoAnswers { op_id: String, first: i64, other: i64 },
    /// An op that nothing spoke against.
    Refused { op_id: String, code: String },
    /// P2: the log does not go 1, 2, 3.
    LogGap { after: i64, next: i64 },
    /// P3: a commit under an epoch that had been replaced.
    EpochWentBack { seq: i64, before: i64, epoch: i64 },
    /// P2: acked before the other was sent, and placed after it.
    Inversion { earlier: String, seq: i64, later: String, later_seq: i64 },
    /// Protocol section 2: an author's later op went before an earlier one.
    Overtaken { author: String, seq: i64, later_seq: i64 },
    /// P2: an event that is not the next.
    SawGap { follower: String, after: i64, next: i64 },
    /// P2: another event than the log's at this place.
    SawOther { follower: String, seq: i64, op_id: String },
    /// P1: told, and not in the log.
    SawUncommitted { follower: String, seq: i64 },
    /// P5: brought back behind what it had seen.
    WentBack { follower: String, from: i64, to: i64 },
    /// P5: it never came to the end of the log.
    NotConverged { follower: String, at: i64, head: i64 },
    /// A read that lacked what had been acked before it was asked for.
    StaleRead { asked: Duration, seq: i64, acked: i64 },
}

impl Violation {
    /// The places in the log that it is about.
    pub fn seqs(&self) -> Vec<i64> {
        match self {
            Self::AckedLost { seq, .. } | Self::Phantom { seq, .. } | Self::EpochWentBack { seq, .. } => vec![*seq],
            Self::AckedElsewhere { ack, stands, .. } => vec![ack.seq, stands.seq],
            Self::AppliedTwice { first, again, .. } => vec![*first, *again],
            Self::TwoAnswers { first, other, .. } => vec![*first, *other],
            Self::LogGap { after, next } | Self::SawGap { after, next, .. } => vec![*after, *next],
            Self::Inversion { seq, later_seq, .. } | Self::Overtaken { seq, later_seq, .. } => vec![*seq, *later_seq],
            Self::SawOther { seq, .. } | Self::SawUncommitted { seq, .. } => vec![*seq],
            Self::WentBack { from, to, .. } => vec![*from, *to],
            Self::NotConverged { at, .. } => vec![*at],
            Self::StaleRead { seq, acked, .. } => vec![*seq, *acked],
            Self::Refused { .. } => Vec::new(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// All that was not kept.
pub fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    log_is_whole(history, &mut found);
    acks_are_kept(history, &mut found);
    real_time_is_kept(history, &mut found);
    authors_are_in_order(history, &mut found);
    for follower in &history.followers {
        follower_saw_the_log(history, follower, &mut found);
    }
    reads_are_fresh(history, &mut found);
    found
}

fn log_is_whole(history: &History, found: &mut Vec<Violation>) {
    let asked: HashSet<_> = ops(history).map(|op| op.op_id.as_str()).collect();
    let mut first = HashMap::new();
    let (mut head, mut epoch) = (0, 0);
    for entry in &history.log {
        if entry.seq != head + 1 {
            found.push(Violation::LogGap { after: head, next: entry.seq });
        }
        head = entry.seq;
        if entry.epoch < epoch {
            found.push(Violation::EpochWentBack { seq: entry.seq, before: epoch, epoch: entry.epoch });
        }
        epoch = epoch.max(entry.epoch);
        let op_id = entry.op_id.clone();
        if let Some(first) = first.insert(entry.op_id.as_str(), entry.seq) {
            found.push(Violation::AppliedTwice { op_id, first, again: entry.seq });
        } else if !asked.contains(entry.op_id.as_str()) {
            found.push(Violation::Phantom { op_id, seq: entry.seq });
        }
    }
}

fn acks_are_kept(history: &History, found: &mut Vec<Violation>) {
    let placed = placed(history);
    for op in ops(history) {
        let op_id = op.op_id.clone();
        for ack in &op.acks {
            match placed.get(op.op_id.as_str()) {
                None => found.push(Violation::AckedLost { op_id: op_id.clone(), seq: ack.seq }),
                Some(entry) if (entry.seq, entry.version) != (ack.seq, ack.version) => {
                    let stands = (*entry).clone();
                    found.push(Violation::AckedElsewhere { op_id: op_id.clone(), ack: *ack, stands });
                }
                Some(_) => {}
            }
        }
        if let Some(other) = op.acks.iter().find(|ack| ack.seq != op.acks[0].seq) {
            found.push(Violation::TwoAnswers { op_id: op_id.clone(), first: op.acks[0].seq, other: other.seq });
        }
        if let Some(code) = op.refused.clone() {
            found.push(Violation::Refused { op_id, code });
        }
    }
}

/// Backwards through the log, with the earliest ack of all that stands further on: had that come before an op was sent,
/// the op should stand after it.
fn real_time_is_kept(history: &History, found: &mut Vec<Violation>) {
    let by_id: HashMap<_, _> = ops(history).map(|op| (op.op_id.as_str(), op)).collect();
    let mut earliest: Option<(Duration, &Entry)> = None;
    for entry in history.log.iter().rev() {
        let Some(op) = by_id.get(entry.op_id.as_str()) else { continue };
        if let Some((acked, further)) = earliest
            && acked < op.sent
        {
            found.push(Violation::Inversion {
                earlier: further.op_id.clone(),
                seq: further.seq,
                later: entry.op_id.clone(),
                later_seq: entry.seq,
            });
        }
        if let Some(acked) = op.acks.iter().map(|ack| ack.at).min()
            && earliest.is_none_or(|(earliest, _)| acked < earliest)
        {
            earliest = Some((acked, entry));
        }
    }
}

fn authors_are_in_order(history: &History, found: &mut Vec<Violation>) {
    let placed = placed(history);
    for author in &history.writers {
        let mut last = 0;
        for entry in author.ops.iter().filter_map(|op| placed.get(op.op_id.as_str())) {
            if entry.seq < last {
                let author = author.name.clone();
                found.push(Violation::Overtaken { author, seq: entry.seq, later_seq: last });
            }
            last = last.max(entry.seq);
        }
    }
}

fn follower_saw_the_log(history: &History, follower: &Follower, found: &mut Vec<Violation>) {
    let by_seq: HashMap<_, _> = history.log.iter().map(|entry| (entry.seq, entry.op_id.as_str())).collect();
    let name = || follower.name.clone();
    let mut at = 0;
    let mut saw = |at: &mut i64, seq: i64, op_id: &str| {
        if seq != *at + 1 {
            found.push(Violation::SawGap { follower: name(), after: *at, next: seq });
        }
        match by_seq.get(&seq) {
            None => found.push(Violation::SawUncommitted { follower: name(), seq }),
            Some(stands) if *stands != op_id => {
                found.push(Violation::SawOther { follower: name(), seq, op_id: op_id.to_owned() });
            }
            Some(_) => {}
        }
        *at = seq;
    };
    let mut back = Vec::new();
    for sight in &follower.saw {
        match sight {
            Sight::Snapshot { seq } => {
                if *seq < at {
                    back.push(Violation::WentBack { follower: name(), from: at, to: *seq });
                }
                at = *seq;
            }
            Sight::Tail { seq, events } => {
                events.iter().for_each(|(seq, op_id)| saw(&mut at, *seq, op_id));
                if *seq != at {
                    back.push(Violation::WentBack { follower: name(), from: at, to: *seq });
                    at = *seq;
                }
            }
            Sight::Event { seq, op_id } => saw(&mut at, *seq, op_id),
        }
    }
    found.append(&mut back);
    let head = history.log.last().map_or(0, |entry| entry.seq);
    if at != head {
        found.push(Violation::NotConverged { follower: name(), at, head });
    }
}

fn reads_are_fresh(history: &History, found: &mut Vec<Violation>) {
    let mut acks: Vec<_> = ops(history).flat_map(|op| &op.acks).map(|ack| (ack.at, ack.seq)).collect();
    acks.sort_unstable();
    let mut reads = history.reads.clone();
    reads.sort_unstable_by_key(|read| read.asked);
    let (mut acks, mut acked) = (acks.into_iter().peekable(), 0);
    for read in reads {
        while let Some((_, seq)) = acks.next_if(|(at, _)| *at < read.asked) {
            acked = acked.max(seq);
        }
        if read.seq < acked {
            found.push(Violation::StaleRead { asked: read.asked, seq: read.seq, acked });
        }
    }
}

fn ops(history: &History) -> impl Iterator<Item = &Op> {
    history.writers.iter().flat_map(|author| &author.ops)
}

/// Where each op stands; the first place, if there are several.
fn placed(history: &History) -> HashMap<&str, &Entry> {
    history.log.iter().rev().map(|entry| (entry.op_id.as_str(), entry)).collect()
}
