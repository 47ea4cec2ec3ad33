//! The protocol around a board: who is told what, and when.
//!
//! Ops are judged at once, against what the open commits will have made of the board, and answered when the commit
//! that they stand on is durable. One batch is in flight, one is filling. Nothing is told before its commit,
//! refusals included: one that was judged by an uncommitted state would otherwise tell of it.

use super::batch::{Batch, Entry, Fate, weight};
use super::commit::{Commit, Finding, FirstTime, Outcome};
use super::event::Event;
use super::model::{Epoch, Seq, Version};
use super::op::{Ask, OpKind};
use super::recent::RecentOps;
use super::refusal::Refusal;
use super::state::Board;
use super::{Context, Verdict};
use crate::domain::ids::{BoardId, OpId, SessionId, UserId};
use crate::domain::permission::Access;
use crate::domain::time::Moment;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use uuid::Uuid;

/// The most requests that wait in one batch, or for the board to be read.
pub const BATCH_OPS_MAX: usize = 4_096;
/// The most bytes of text that they hold.
pub const BATCH_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// An op that has waited so long is answered `UNAVAILABLE`: it is not known to be applied.
pub const ANSWER_MILLIS_MAX: i64 = 2_500;
/// How long the later ops of a connection are held off after one was answered `UNAVAILABLE`.
pub const STALL_MILLIS: i64 = 5_000;
/// The smallest and the largest block of task numbers that is asked for.
const NUMBERS: Range<u32> = 50..1_024;

/// One op on its way to a board. `W` says who is answered; it means nothing here.
#[derive(Debug, Clone)]
pub struct Request<W> {
    pub waiter: W,
    /// The connection whose ops must not overtake each other; none for REST.
    pub stream: Option<SessionId>,
    pub actor: UserId,
    pub op_id: OpId,
    pub ask: Ask,
    /// The id of what it creates, where the client has chosen none.
    pub fresh_id: Uuid,
    pub received: Moment,
}

/// What an accepted op came to: the same answer to each of its retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    pub kind: OpKind,
    pub seq: Seq,
    pub version: Version,
    /// The task or column that it was about.
    pub target: Uuid,
    /// The number of a task that it created.
    pub number: Option<i64>,
    /// Whether this answers a retry.
    pub replayed: bool,
}

/// What the shell has to do next, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect<W> {
    /// Make this durable, and report by [`Sequencer::commit_finished`].
    Commit(Commit),
    Answer {
        waiter: W,
        op_id: OpId,
        result: Result<Applied, Refusal>,
    },
    /// The events of the commit that has just finished may be told to everybody.
    Publish,
    /// Read the board again, and report by [`Sequencer::loaded`].
    Load,
    /// Take the board (a new epoch) and read it, or give it up where it is gone.
    Activate,
    /// Fetch a block of task numbers, and report by [`Sequencer::numbers_taken`].
    TakeNumbers(u32),
}

pub type Effects<W> = Vec<Effect<W>>;

/// A board as read from the store.
#[derive(Debug)]
pub struct Loaded {
    pub board: Board,
    pub epoch: Epoch,
    pub head: Seq,
    /// The time of the last event.
    pub at: Moment,
    /// The last ops of the log, oldest first.
    pub recent: Vec<(OpId, FirstTime)>,
}

/// A request that waits to be judged, or for its commit.
#[derive(Debug)]
pub(super) struct Pending<W> {
    pub(super) request: Request<W>,
    /// It was answered `UNAVAILABLE` already. It keeps its place: what came after it must not overtake it.
    pub(super) answered: bool,
}

/// Requests that came together. Atomic ones are applied together or not at all.
#[derive(Debug)]
pub(super) struct Group<W> {
    pub(super) pending: Vec<Pending<W>>,
    pub(super) atomic: bool,
}

/// A board that is at hand, with the ops that are not yet durable in it.
#[derive(Debug)]
struct Live<W> {
    board: Board,
    epoch: Epoch,
    /// The last event that is durable.
    committed: Seq,
    /// The last event that was judged.
    head: Seq,
    at: Moment,
    in_flight: Option<Batch<W>>,
    filling: Batch<W>,
}

/// See the module's text. It starts without a board: the first effect is [`Effect::Activate`].
#[derive(Debug)]
pub struct Sequencer<W> {
    board_id: BoardId,
    live: Option<Live<W>>,
    /// What came while there was no board, or no number for a new task.
    queue: VecDeque<Group<W>>,
    queued: usize,
    recent: RecentOps,
    taken: HashSet<Uuid>,
    refused: HashSet<OpId>,
    numbers: Range<i64>,
    /// Whether a block of numbers is on its way.
    fetching: bool,
    next_fetch: u32,
    stalls: HashMap<SessionId, Stall>,
}

/// After one op of a connection was answered `UNAVAILABLE`, later ones must not overtake it.
#[derive(Debug)]
struct Stall {
    first: OpId,
    until: Moment,
}

/// Why judging has stopped.
enum Judged {
    Done,
    /// The next op creates a task and there is no number for it.
    NeedsNumber,
}

impl<W: Clone> Sequencer<W> {
    pub fn new(board_id: BoardId) -> Self {
        Self {
            board_id,
            live: None,
            queue: VecDeque::new(),
            queued: 0,
            recent: RecentOps::default(),
            taken: HashSet::new(),
            refused: HashSet::new(),
            numbers: 0..0,
            fetching: false,
            next_fetch: NUMBERS.start,
            stalls: HashMap::new(),
        }
    }

    /// The last durable event, once the board is at hand.
    pub fn committed(&self) -> Option<Seq> {
        self.live.as_ref().map(|live| live.committed)
    }

    /// Whether nobody waits for anything.
    pub fn is_quiet(&self) -> bool {
        let open = self.live.as_ref().is_some_and(|live| live.in_flight.is_some() || live.filling.len() > 0);
        !open && self.queue.is_empty() && !self.fetching
    }

    /// Takes requests in their order, and commits as soon as nothing is in flight. With `atomic`, all are applied in
    /// one commit or none is.
    pub fn submit(&mut self, requests: Vec<Request<W>>, atomic: bool, access: &Access, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        let admitted = requests.into_iter().filter_map(|request| self.admit(request, now, &mut effects));
        let pending: Vec<_> = admitted.map(|request| Pending { request, answered: false }).collect();
        if !self.has_room_for(&pending) {
            pending.iter().for_each(|pending| self.give_up(&pending.request, now, &mut effects));
        } else if !pending.is_empty() {
            self.queued += pending.len();
            self.queue.push_back(Group { pending, atomic });
            self.judge_queue(access, now, &mut effects);
        }
        effects
    }

    /// A connection that subscribes anew may send its ops anew.
    pub fn forgive(&mut self, stream: SessionId) {
        self.stalls.remove(&stream);
    }

    /// The board was read. What waits is judged by it.
    pub fn loaded(&mut self, loaded: Loaded, access: &Access, now: Moment) -> Effects<W> {
        let Loaded { board, epoch, head, at, recent } = loaded;
        for (op_id, first) in recent {
            self.recent.insert(op_id, first);
        }
        let filling = Batch::default();
        self.live = Some(Live { board, epoch, committed: head, head, at, in_flight: None, filling });
        let mut effects = Vec::new();
        self.judge_queue(access, now, &mut effects);
        effects
    }

    /// A block of task numbers was fetched; an empty one where that failed.
    pub fn numbers_taken(&mut self, block: Range<i64>, access: &Access, now: Moment) -> Effects<W> {
        self.fetching = false;
        if self.numbers.is_empty() {
            self.numbers = block;
        } else if self.numbers.end == block.start {
            self.numbers.end = block.end;
        } else if !block.is_empty() {
            // Another board of the project took the numbers between: what is left of the old block is few, and given up.
            self.numbers = block;
        }
        let mut effects = Vec::new();
        self.judge_queue(access, now, &mut effects);
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
                effects.extend(batch.into_entries().filter_map(Entry::into_answer));
                effects.push(Effect::Publish);
                self.flush(&mut effects);
                self.judge_queue(access, now, &mut effects);
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
                self.give_up_all(now, &mut effects);
                effects.push(Effect::Load);
            }
            Outcome::Fenced => {
                self.judge_anew(batch);
                self.give_up_all(now, &mut effects);
                effects.push(Effect::Activate);
            }
        }
        effects
    }

    /// Answers what has waited too long, and what came after it on the same connection. Called a few times a second
    /// while somebody waits.
    pub fn tick(&mut self, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        self.stalls.retain(|_, stall| now < stall.until);
        let Self { live, queue, stalls, .. } = self;
        let batches = live.iter_mut().flat_map(|live| live.in_flight.iter_mut().chain([&mut live.filling]));
        let queued = queue.iter_mut().flat_map(|group| &mut group.pending);
        for pending in batches.flat_map(Batch::pending_mut).chain(queued).filter(|pending| !pending.answered) {
            let Request { waiter, stream, op_id, received, .. } = &pending.request;
            let overtakes = stream.is_some_and(|stream| stalls.contains_key(&stream));
            if overtakes || now.millis_since(*received) >= ANSWER_MILLIS_MAX {
                pending.answered = true;
                stall(stalls, *stream, *op_id, now);
                effects.push(Effect::Answer { waiter: waiter.clone(), op_id: *op_id, result: Err(TOO_LATE) });
            }
        }
        // What was never judged is dropped, whole groups of it, so that no more than was answered is ever applied late.
        self.queue.retain(|group| group.pending.iter().any(|pending| !pending.answered));
        self.queued = self.queue.iter().map(|group| group.pending.len()).sum();
        effects
    }

    /// Answers all that waits with `UNAVAILABLE`: the board is given up.
    pub fn abandon(&mut self, now: Moment) -> Effects<W> {
        let mut effects = Vec::new();
        if let Some(live) = &mut self.live {
            let in_flight = live.in_flight.take();
            in_flight.into_iter().for_each(|batch| self.judge_anew(batch));
        }
        self.give_up_all(now, &mut effects);
        effects
    }

    /// Lets go of what is only kept to answer retries quickly; the log knows it too.
    pub fn rest(&mut self) {
        self.recent = RecentOps::default();
        self.taken = HashSet::new();
        self.next_fetch = NUMBERS.start;
    }

    /// Holds off what would overtake an op that was answered `UNAVAILABLE`.
    fn admit(&mut self, request: Request<W>, now: Moment, effects: &mut Effects<W>) -> Option<Request<W>> {
        let Some(stream) = request.stream else { return Some(request) };
        let Some(stall) = self.stalls.get(&stream) else { return Some(request) };
        if stall.first == request.op_id || now >= stall.until {
            self.stalls.remove(&stream);
            return Some(request);
        }
        let result = Err(Refusal::Unavailable("an earlier op of this connection was not applied: send it first"));
        effects.push(Effect::Answer { waiter: request.waiter, op_id: request.op_id, result });
        None
    }

    fn has_room_for(&self, pending: &[Pending<W>]) -> bool {
        let (entries, bytes) = self.live.as_ref().map_or((0, 0), |live| live.filling.size());
        let more: usize = pending.iter().map(|pending| weight(&pending.request)).sum();
        self.queued + entries + pending.len() <= BATCH_OPS_MAX && bytes + more <= BATCH_BYTES_MAX
    }

    fn judge_queue(&mut self, access: &Access, now: Moment, effects: &mut Effects<W>) {
        let mut starved = false;
        while self.live.is_some()
            && let Some(mut group) = self.queue.pop_front()
        {
            self.queued -= group.pending.len();
            let judged = if group.atomic {
                self.judge_atomic(&mut group, access, now, effects)
            } else {
                self.judge_each(&mut group, access, now, effects)
            };
            if let Judged::NeedsNumber = judged {
                self.queued += group.pending.len();
                self.queue.push_front(group);
                starved = true;
                break;
            }
        }
        self.fetch_numbers(starved, effects);
        self.flush(effects);
    }

    fn judge_each(&mut self, group: &mut Group<W>, access: &Access, now: Moment, effects: &mut Effects<W>) -> Judged {
        let mut waiting = std::mem::take(&mut group.pending).into_iter();
        while let Some(pending) = waiting.next() {
            if self.lacks_number(&pending.request) {
                group.pending = std::iter::once(pending).chain(waiting).collect();
                return Judged::NeedsNumber;
            }
            let fate = self.judge(&pending.request, access, now);
            self.settle(Entry { pending, fate, group: None }, effects);
        }
        Judged::Done
    }

    /// Judges a group into a batch of its own, which is kept only if all of it is accepted.
    fn judge_atomic(&mut self, group: &mut Group<W>, access: &Access, now: Moment, effects: &mut Effects<W>) -> Judged {
        let Some(live) = &mut self.live else { return Judged::NeedsNumber };
        live.board.mark();
        let before = (std::mem::take(&mut live.filling), live.head, live.at);
        let numbers = self.numbers.clone();
        let mut fates = Vec::with_capacity(group.pending.len());
        let mut lacks_number = false;
        for pending in &group.pending {
            lacks_number = self.lacks_number(&pending.request);
            if lacks_number {
                break;
            }
            fates.push(self.judge(&pending.request, access, now));
            if let Some(Fate::Refused(_)) = fates.last() {
                break;
            }
        }
        let culprit = matches!(fates.last(), Some(Fate::Refused(_))).then(|| fates.len() - 1);
        let Some(live) = &mut self.live else { return Judged::NeedsNumber };
        if lacks_number || culprit.is_some() {
            live.board.revert();
            let taken_back: Vec<_> = live.filling.events().map(|event| event.op_id).collect();
            self.recent.remove(&taken_back);
            (live.filling, live.head, live.at) = before;
        } else {
            live.board.keep();
            let judged = std::mem::replace(&mut live.filling, before.0);
            live.filling.absorb(judged);
        }
        if lacks_number {
            self.numbers = numbers;
            return Judged::NeedsNumber;
        }
        if let Some(culprit) = culprit {
            refuse_others(&mut fates, culprit, group.pending.len());
        }
        let first = group.pending.first().map(|pending| pending.request.op_id);
        for (pending, fate) in std::mem::take(&mut group.pending).into_iter().zip(fates) {
            self.settle(Entry { pending, fate, group: first }, effects);
        }
        Judged::Done
    }

    /// Judges one op, and applies it to the board and to the filling batch where it is accepted.
    fn judge(&mut self, request: &Request<W>, access: &Access, now: Moment) -> Fate {
        let Some(live) = &mut self.live else { return Fate::Refused(TOO_LATE) };
        let hash = match &request.ask {
            Ask::Op(op) => super::recent::hash(request.actor, op),
            Ask::Malformed { .. } => 0,
        };
        if let Some(first) = self.recent.get(request.op_id) {
            return match &request.ask {
                Ask::Op(op) if first.hash == hash => Fate::Accepted(applied(&live.board, op.kind(), first, true)),
                _ => Fate::Refused(Refusal::Conflict("the op_id is used for another op".to_owned())),
            };
        }
        if self.refused.remove(&request.op_id) {
            return Fate::Refused(Refusal::Defect);
        }
        let at = now.max(live.at);
        let context = Context {
            actor: request.actor,
            access,
            at,
            fresh_id: request.fresh_id,
            number: self.numbers.start,
            taken: &self.taken,
        };
        let Verdict { change, description } = match live.board.check(&request.ask, &context) {
            Ok(verdict) => verdict,
            Err(refusal) => return Fate::Refused(refusal),
        };
        let kind = request.ask.kind();
        if kind == OpKind::TaskCreate {
            self.numbers.start += 1;
        }
        let event = Event { seq: live.head + 1, op_id: request.op_id, actor_id: request.actor, at, change };
        live.head = event.seq;
        live.at = at;
        let first = FirstTime { seq: event.seq, version: event.change.version(), target: event.change.target(), hash };
        let touched = live.board.apply(&event);
        live.filling.push(event, hash, touched, description);
        self.recent.insert(request.op_id, first);
        Fate::Accepted(applied(&live.board, kind, first, false))
    }

    /// Lets an answer wait for the commit of the head that it was judged at.
    fn settle(&mut self, entry: Entry<W>, effects: &mut Effects<W>) {
        let Some(live) = &mut self.live else { return };
        if live.filling.len() > 0 {
            live.filling.wait(entry);
        } else if let Some(batch) = &mut live.in_flight {
            batch.wait(entry);
        } else {
            effects.extend(entry.into_answer());
        }
    }

    /// Starts the next commit, if none is in flight and there is something to commit.
    fn flush(&mut self, effects: &mut Effects<W>) {
        let Some(live) = &mut self.live else { return };
        if live.in_flight.is_some() || live.filling.len() == 0 {
            return;
        }
        let mut batch = std::mem::take(&mut live.filling);
        effects.push(Effect::Commit(batch.close(self.board_id, live.epoch, live.committed, live.at, &live.board)));
        live.in_flight = Some(batch);
    }

    fn lacks_number(&self, request: &Request<W>) -> bool {
        self.numbers.is_empty() && request.ask.kind() == OpKind::TaskCreate && self.recent.get(request.op_id).is_none()
    }

    /// Asks for numbers when they are needed, or soon will be.
    fn fetch_numbers(&mut self, starved: bool, effects: &mut Effects<W>) {
        let left = self.numbers.end - self.numbers.start;
        let running_low = left > 0 && left < i64::from(self.next_fetch / 8);
        if self.fetching || self.live.is_none() || !(starved || running_low) {
            return;
        }
        let creates = |pending: &&Pending<W>| pending.request.ask.kind() == OpKind::TaskCreate;
        let wanted = self.queue.front().map_or(0, |group| group.pending.iter().filter(creates).count());
        self.fetching = true;
        effects.push(Effect::TakeNumbers(self.next_fetch.max(u32::try_from(wanted).unwrap_or(NUMBERS.end))));
        self.next_fetch = (self.next_fetch * 2).min(NUMBERS.end);
    }

    /// Puts all that is open back in front of the queue, in its order: the board that it was judged by is not to be had.
    fn judge_anew(&mut self, batch: Batch<W>) {
        let Some(live) = self.live.take() else { return };
        let batches = [batch, live.filling];
        let taken_back: Vec<_> = batches.iter().flat_map(Batch::op_ids).collect();
        self.recent.remove(&taken_back);
        let groups: Vec<_> = batches.into_iter().flat_map(Batch::into_groups).collect();
        for group in groups.into_iter().rev() {
            self.queued += group.pending.len();
            self.queue.push_front(group);
        }
    }

    fn give_up_all(&mut self, now: Moment, effects: &mut Effects<W>) {
        self.queued = 0;
        let pending = std::mem::take(&mut self.queue).into_iter().flat_map(|group| group.pending);
        for pending in pending.filter(|pending| !pending.answered) {
            self.give_up(&pending.request, now, effects);
        }
    }

    fn give_up(&mut self, request: &Request<W>, now: Moment, effects: &mut Effects<W>) {
        stall(&mut self.stalls, request.stream, request.op_id, now);
        let result = Err(TOO_LATE);
        effects.push(Effect::Answer { waiter: request.waiter.clone(), op_id: request.op_id, result });
    }
}

fn stall(stalls: &mut HashMap<SessionId, Stall>, stream: Option<SessionId>, op_id: OpId, now: Moment) {
    if let Some(stream) = stream {
        stalls.entry(stream).or_insert(Stall { first: op_id, until: now.plus_millis(STALL_MILLIS) });
    }
}

/// One op of an atomic group is refused, so the others are too, for its sake.
fn refuse_others(fates: &mut Vec<Fate>, culprit: usize, count: usize) {
    let others = Fate::Refused(Refusal::Conflict(format!("not applied, because ops[{culprit}] was refused")));
    let reason = std::mem::replace(&mut fates[culprit], others.clone());
    *fates = vec![others; count];
    fates[culprit] = reason;
}

const TOO_LATE: Refusal = Refusal::Unavailable("the board is not at hand: send the op again with the same op_id");

fn applied(board: &Board, kind: OpKind, first: FirstTime, replayed: bool) -> Applied {
    let FirstTime { seq, version, target, .. } = first;
    let created = (kind == OpKind::TaskCreate).then(|| board.task(crate::domain::ids::TaskId(target))).flatten();
    Applied { kind, seq, version, target, number: created.map(|state| state.task.number), replayed }
}

#[cfg(test)]
#[path = "sequencer_tests.rs"]
mod tests;
