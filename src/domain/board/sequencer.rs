//! The protocol around a board: who is told what, and when.
//!
//! Ops are judged at once, against what the open commits will have made of the board, and answered when the commit
//! that they stand on is durable. One batch is in flight, one is filling. Nothing is told before its commit,
//! refusals included: one that was judged by an uncommitted state would otherwise tell of it.

use super::batch::Batch;
use super::commit::{Finding, FirstTime, Outcome};
use super::model::{Epoch, Seq};
use super::queue::{Group, Pending, Queue};
use super::recent::RecentOps;
use super::refusal::Refusal;
use super::state::Board;
use super::untold::UntoldRefusals;
use crate::domain::ids::{BoardId, OpId, SessionId};
use crate::domain::permission::Access;
use crate::domain::time::Moment;
use std::collections::HashSet;
use std::ops::Range;
use uuid::Uuid;

pub use super::request::{Applied, Effect, Effects, Loaded, Request};
pub use super::stall::{STALL_MILLIS, Stalls};

/// The most requests that wait in one batch, or for the board to be read.
pub const BATCH_OPS_MAX: usize = 4_096;
/// The most bytes of text that they hold, unless a single request holds more.
pub const BATCH_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// An op that has waited so long is answered `UNAVAILABLE`: it is not known to be applied.
pub const ANSWER_MILLIS_MAX: i64 = 2_500;
/// The smallest and the largest block of task numbers that is asked for.
const NUMBERS: Range<u32> = 50..1_024;

/// A board that is at hand, with the ops that are not yet durable in it.
#[derive(Debug)]
pub(super) struct Live<W> {
    pub(super) board: Board,
    pub(super) epoch: Epoch,
    /// The last event that is durable.
    pub(super) committed: Seq,
    /// The last event that was judged.
    pub(super) head: Seq,
    pub(super) at: Moment,
    pub(super) in_flight: Option<Batch<W>>,
    pub(super) filling: Batch<W>,
}

/// See the module's text. It starts without a board: the shell takes and reads it, and reports by
/// [`Sequencer::loaded`]; what comes before waits.
#[derive(Debug)]
pub struct Sequencer<W> {
    pub(super) board_id: BoardId,
    pub(super) live: Option<Live<W>>,
    /// The last event that was told, while the board is read again only because a role has changed.
    published: Option<Seq>,
    /// What came while there was no board, no number for a new task, or no answer from the log.
    pub(super) queue: Queue<W>,
    pub(super) recent: RecentOps,
    /// Ids that the store has found elsewhere.
    pub(super) taken: HashSet<Uuid>,
    /// Open ops whose rows the store refuses.
    pub(super) refused: HashSet<OpId>,
    /// Waiting ops that the log does not know.
    pub(super) unknown: HashSet<OpId>,
    /// What the log was asked for, and the epoch at which.
    pub(super) asked: Option<(Epoch, Vec<OpId>)>,
    pub(super) numbers: Range<i64>,
    pub(super) fetch: Fetch,
    pub(super) stalls: Stalls,
    pub(super) untold: UntoldRefusals,
    /// How many atomic groups were judged: tells them apart.
    pub(super) atomic_groups: u64,
}

/// How the next block of task numbers is fetched.
#[derive(Debug)]
pub(super) struct Fetch {
    /// Whether a block is on its way.
    pub(super) running: bool,
    /// Whether an op waits for it.
    pub(super) starved: bool,
    pub(super) next: u32,
}

impl<W: Clone> Sequencer<W> {
    pub fn new(board_id: BoardId) -> Self {
        Self {
            board_id,
            live: None,
            published: None,
            queue: Queue::default(),
            recent: RecentOps::default(),
            taken: HashSet::new(),
            refused: HashSet::new(),
            unknown: HashSet::new(),
            asked: None,
            numbers: 0..0,
            fetch: Fetch { running: false, starved: false, next: NUMBERS.start },
            stalls: Stalls::default(),
            untold: UntoldRefusals::default(),
            atomic_groups: 0,
        }
    }

    /// The last durable event, once the board is at hand.
    pub fn committed(&self) -> Option<Seq> {
        self.live.as_ref().map(|live| live.committed).or(self.published)
    }

    /// Whether nobody waits for anything.
    pub fn is_quiet(&self) -> bool {
        !self.is_committing() && self.queue.is_empty() && !self.fetch.running
    }

    /// Takes requests in their order, and commits as soon as nothing is in flight. With `atomic`, all are applied in
    /// one commit or none is.
    pub fn submit(&mut self, requests: Vec<Request<W>>, atomic: bool, access: &Access, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        let mut pending = Vec::with_capacity(requests.len());
        for request in requests {
            if self.stalls.admit(request.stream, request.op_id, now) {
                pending.push(Pending { request, answered: false });
            } else {
                effects.push(unavailable(request, "an earlier op of this connection was not applied: send it first"));
            }
        }
        if !self.has_room_for(&pending) {
            self.give_up(pending, now, &mut effects);
        } else if !pending.is_empty() {
            self.queue.push_back(Group { pending, atomic });
            self.judge_queue(access, now, &mut effects);
        }
        effects
    }

    /// A connection that subscribes anew may send its ops anew.
    pub fn forgive(&mut self, stream: SessionId) {
        self.stalls.forgive(stream);
    }

    /// The connections that are held off: they stay so wherever the board is written from.
    pub fn take_stalls(&mut self) -> Stalls {
        std::mem::take(&mut self.stalls)
    }

    /// As [`Self::take_stalls`], the other way.
    pub fn put_stalls(&mut self, stalls: Stalls) {
        self.stalls.merge(stalls);
    }

    /// Whether a commit is in flight or fills.
    pub fn is_committing(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.in_flight.is_some() || live.filling.len() > 0)
    }

    /// The board was read. What waits is judged by it.
    pub fn loaded(&mut self, loaded: Loaded, access: &Access, now: Moment) -> Effects<W> {
        let Loaded { board, epoch, head, at, recent } = loaded;
        self.published = None;
        self.recent.read(recent, head);
        let filling = Batch::default();
        self.live = Some(Live { board, epoch, committed: head, head, at, in_flight: None, filling });
        let mut effects = Vec::new();
        self.judge_queue(access, now, &mut effects);
        effects
    }

    /// A block of task numbers was fetched; an empty one where that failed, and then the next tick asks anew.
    pub fn numbers_taken(&mut self, block: Range<i64>, access: &Access, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        self.fetch.running = false;
        if block.is_empty() {
            return effects;
        }
        if self.numbers.end == block.start {
            self.numbers.end = block.end;
        } else {
            // Another board of the project took the numbers between: what is left of the old block is few, and given up.
            self.numbers = block;
        }
        self.judge_queue(access, now, &mut effects);
        effects
    }

    /// The log was searched: those of the ops asked for that it holds, or `None` where that failed.
    pub fn ops_found(
        &mut self,
        epoch: Epoch,
        found: Option<Vec<(OpId, FirstTime)>>,
        access: &Access,
        now: Moment,
    ) -> Effects<W> {
        let mut effects = Vec::new();
        let Some((_, asked)) = self.asked.take_if(|(asked_at, _)| *asked_at == epoch) else { return effects };
        let Some(found) = found else {
            self.give_up_queue(now, &mut effects);
            return effects;
        };
        let newest = found.iter().map(|(_, first)| first.seq).max();
        self.unknown.extend(asked);
        for (op_id, first) in found {
            self.recent.insert(op_id, first);
        }
        match &self.live {
            // Somebody else has written to the board: a commit in flight will be fenced, and else it is read again.
            Some(live) if newest > Some(live.committed) => {
                if live.in_flight.is_none() {
                    self.judge_anew(Batch::default());
                    effects.push(Effect::Load);
                }
            }
            _ => self.judge_queue(access, now, &mut effects),
        }
        effects
    }

    /// What became of the batch in flight. `epoch` is the board's after it, where the committer has had to raise it.
    pub fn commit_finished(&mut self, outcome: Outcome, epoch: Epoch, access: &Access, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        let Some(live) = &mut self.live else { return effects };
        let Some(batch) = live.in_flight.take() else { return effects };
        live.epoch = epoch;
        match outcome {
            Outcome::Committed => {
                live.committed += batch.len() as Seq;
                for entry in batch.into_entries() {
                    self.refused.remove(&entry.pending.request.op_id);
                    self.untold.settled(&entry, now);
                    effects.extend(entry.into_answer());
                }
                effects.push(Effect::Publish);
                if live.filling.was_judged_by(access) {
                    self.flush(&mut effects);
                    self.judge_queue(access, now, &mut effects);
                } else {
                    // A role has changed since: rights are checked at the moment of commit.
                    self.published = Some(live.committed);
                    self.judge_anew(Batch::default());
                    effects.push(Effect::Load);
                }
            }
            Outcome::NotApplied(findings) => {
                self.judge_anew(batch);
                for finding in findings {
                    match finding {
                        Finding::Duplicate(op_id, first) => self.recent.insert(op_id, first),
                        Finding::Taken(id) => drop(self.taken.insert(id)),
                        Finding::Refused(op_id) => drop(self.refused.insert(op_id)),
                    }
                }
                effects.push(Effect::Load);
            }
            Outcome::Unavailable => {
                self.judge_anew(batch);
                self.give_up_queue(now, &mut effects);
                effects.push(Effect::Load);
            }
            Outcome::Fenced => {
                self.judge_anew(batch);
                self.give_up_queue(now, &mut effects);
                self.asked = None;
                // A later owner may have taken numbers since: those that are left would not be growing.
                self.numbers = 0..0;
                effects.push(Effect::Activate);
            }
        }
        effects
    }

    /// Answers what has waited too long, and what came after it on the same connection. Called a few times a second
    /// while somebody waits.
    pub fn tick(&mut self, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        self.stalls.expire(now);
        let is_late = |request: &Request<W>| now.millis_since(request.received) >= ANSWER_MILLIS_MAX;
        // A clock may have been set back: what came before a late one on its connection is late, too.
        let batches = self.live.iter().flat_map(|live| live.in_flight.iter().chain([&live.filling]));
        let open = batches.flat_map(Batch::entries).map(|entry| &entry.pending);
        let open = open.filter(|pending| !pending.answered).map(|pending| &pending.request);
        let late = open.chain(self.queue.requests()).filter(|request| is_late(request));
        let late: HashSet<SessionId> = late.filter_map(|request| request.stream).collect();
        let mut walk = self.stalls.walk(now);
        let mut gives_up = |pending: &mut Pending<W>| {
            let request = &pending.request;
            let is_late = walk.holds(request.stream)
                || request.stream.is_some_and(|stream| late.contains(&stream))
                || is_late(request);
            if is_late && !pending.answered {
                pending.answered = true;
                walk.hold(request.stream, request.op_id);
                effects.push(unavailable(request.clone(), TOO_LATE));
            }
        };
        self.untold.expire(now);
        let batches = self.live.iter_mut().flat_map(|live| live.in_flight.iter_mut().chain([&mut live.filling]));
        batches.flat_map(Batch::entries_mut).for_each(|entry| gives_up(&mut entry.pending));
        self.queue.pending_mut().for_each(gives_up);
        self.queue.drop_answered();
        self.forget_findings();
        let starved = self.fetch.starved && !self.queue.is_empty();
        self.fetch_numbers(starved, &mut effects);
        effects
    }

    /// Answers all that waits with `UNAVAILABLE`: the board is given up.
    pub fn abandon(&mut self, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        if let Some(live) = &mut self.live {
            let in_flight = live.in_flight.take().unwrap_or_default();
            self.judge_anew(in_flight);
        }
        self.asked = None;
        self.published = None;
        // A later owner may take numbers: those that are left would not be growing.
        self.numbers = 0..0;
        self.give_up_queue(now, &mut effects);
        effects
    }

    /// Lets go of what is only kept to answer retries quickly; the log knows it too. Does nothing while somebody waits.
    pub fn rest(&mut self) {
        if self.is_quiet() {
            self.recent = RecentOps::default();
            self.taken = HashSet::new();
            self.fetch.next = NUMBERS.start;
        }
    }

    fn has_room_for(&self, pending: &[Pending<W>]) -> bool {
        let live = self.live.as_ref();
        let (in_flight, in_flight_bytes) = live.and_then(|live| live.in_flight.as_ref()).map_or((0, 0), Batch::size);
        let (filling, filling_bytes) = live.map_or((0, 0), |live| live.filling.size());
        let (queued, queued_bytes) = self.queue.size();
        let (next, next_bytes) = (filling + queued, filling_bytes + queued_bytes);
        let bytes: usize = pending.iter().map(|pending| pending.request.weight()).sum();
        // What refuses or repeats may wait with the batch in flight, so that this has a bound too.
        let fits = |waits: usize, more: usize, max: usize| waits == 0 || waits + more <= max;
        next + pending.len() <= BATCH_OPS_MAX
            && in_flight + next + pending.len() <= 2 * BATCH_OPS_MAX
            && fits(next_bytes, bytes, BATCH_BYTES_MAX)
            && fits(in_flight_bytes + next_bytes, bytes, 2 * BATCH_BYTES_MAX)
    }

    /// Asks for numbers when they are needed, or soon will be.
    pub(super) fn fetch_numbers(&mut self, starved: bool, effects: &mut Effects<W>) {
        self.fetch.starved = starved;
        let left = self.numbers.end - self.numbers.start;
        let running_low = left > 0 && left < i64::from(self.fetch.next / 8);
        if self.fetch.running || self.live.is_none() || !(starved || running_low) {
            return;
        }
        let creates = |pending: &&Pending<W>| pending.request.ask.creates_task();
        let wanted = self.queue.front().map_or(0, |group| group.pending.iter().filter(creates).count());
        self.fetch.running = true;
        effects.push(Effect::TakeNumbers(self.fetch.next.max(u32::try_from(wanted).unwrap_or(NUMBERS.end))));
        self.fetch.next = (self.fetch.next * 2).min(NUMBERS.end);
    }

    /// Puts all that is open back in front of the queue, in its order: the board that it was judged by is not to be had.
    fn judge_anew(&mut self, batch: Batch<W>) {
        let Some(live) = self.live.take() else { return };
        let batches = [batch, live.filling];
        let taken_back: Vec<_> = batches.iter().flat_map(Batch::op_ids).collect();
        self.recent.remove(&taken_back);
        batches.iter().flat_map(Batch::entries).for_each(|entry| self.untold.take_back(entry));
        let groups: Vec<_> = batches.into_iter().flat_map(Batch::into_groups).collect();
        for group in groups.into_iter().rev() {
            self.queue.push_front(group);
        }
    }

    fn give_up_queue(&mut self, now: Moment, effects: &mut Effects<W>) {
        let waiting = self.queue.drain().filter(|pending| !pending.answered).collect();
        self.give_up(waiting, now, effects);
        self.forget_findings();
    }

    fn give_up(&mut self, waiting: Vec<Pending<W>>, now: Moment, effects: &mut Effects<W>) {
        let mut walk = self.stalls.walk(now);
        for Pending { request, .. } in waiting {
            walk.hold(request.stream, request.op_id);
            effects.push(unavailable(request, TOO_LATE));
        }
    }
}

const TOO_LATE: &str = "the board is not at hand: send the op again with the same op_id";

fn unavailable<W>(request: Request<W>, message: &'static str) -> Effect<W> {
    Effect::Answer { waiter: request.waiter, op_id: request.op_id, result: Err(Refusal::Unavailable(message.into())) }
}

#[cfg(test)]
#[path = "sequencer_tests.rs"]
mod tests;
