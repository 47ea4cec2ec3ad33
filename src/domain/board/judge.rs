//! Judging what waits, and gathering it into batches.

use super::batch::{Entry, Fate};
use super::check::{Context, Verdict};
use super::commit::FirstTime;
use super::event::Event;
use super::op::{Ask, OpKind};
use super::queue::Group;
use super::refusal::Refusal;
use super::request::{Applied, Effect, Effects, Request};
use super::sequencer::{BATCH_BYTES_MAX, BATCH_OPS_MAX, Sequencer};
use super::state::Board;
use crate::domain::ids::TaskId;
use crate::domain::permission::Access;
use crate::domain::time::Moment;

/// Why judging has to stop for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// The board is not at hand.
    NoBoard,
    /// The next op creates a task and there is no number for it.
    NeedsNumber,
    /// The next op would be refused, but the log may know it as applied.
    NeedsLog,
    /// The batch that is filling is full.
    Full,
}

impl<W: Clone> Sequencer<W> {
    /// Judges what waits, and starts the next commit where none is in flight.
    pub(super) fn judge_queue(&mut self, access: &Access, now: Moment, effects: &mut Effects<W>) {
        let mut blocked = self.waits_for_log().then_some(Blocked::NeedsLog);
        while blocked.is_none()
            && self.live.is_some()
            && let Some(mut group) = self.queue.pop_front()
        {
            let judged = if group.atomic {
                self.judge_atomic(&mut group, access, now, effects)
            } else {
                self.judge_each(&mut group, access, now, effects)
            };
            if let Err(why) = judged {
                self.queue.push_front(group);
                blocked = Some(why);
            }
        }
        if blocked == Some(Blocked::NeedsLog) {
            self.ask_log(effects);
        }
        self.forget_findings();
        self.fetch_numbers(blocked == Some(Blocked::NeedsNumber), effects);
        self.flush(effects);
    }

    /// What was found out about open ops is of no use when none is open. Ops that the store refuses must be
    /// remembered until then: two of them would else bring each other back for ever.
    pub(super) fn forget_findings(&mut self) {
        if self.queue.is_empty() {
            self.unknown.clear();
        }
        if self.is_quiet() {
            self.refused.clear();
        }
    }

    /// Starts the next commit, if none is in flight and there is something to commit.
    pub(super) fn flush(&mut self, effects: &mut Effects<W>) {
        let Some(live) = &mut self.live else { return };
        if live.in_flight.is_some() || live.filling.len() == 0 {
            return;
        }
        let mut batch = std::mem::take(&mut live.filling);
        effects.push(Effect::Commit(batch.close(self.board_id, live.epoch, live.committed, live.at, &live.board)));
        live.in_flight = Some(batch);
    }

    fn judge_each(
        &mut self,
        group: &mut Group<W>,
        access: &Access,
        now: Moment,
        effects: &mut Effects<W>,
    ) -> Result<(), Blocked> {
        let mut waiting = std::mem::take(&mut group.pending).into_iter();
        while let Some(pending) = waiting.next() {
            let judged = self.check_room(1).and_then(|()| self.judge(&pending.request, access, now));
            match judged {
                Ok(fate) => {
                    let role = access.role(pending.request.actor);
                    self.settle(Entry { pending, fate, group: None, role, binds: false }, now, effects);
                }
                Err(why) => {
                    group.pending = std::iter::once(pending).chain(waiting).collect();
                    return Err(why);
                }
            }
        }
        Ok(())
    }

    /// Judges a group into a batch of its own, which is kept only if all of it is accepted.
    fn judge_atomic(
        &mut self,
        group: &mut Group<W>,
        access: &Access,
        now: Moment,
        effects: &mut Effects<W>,
    ) -> Result<(), Blocked> {
        self.check_room(group.pending.len())?;
        let Some(live) = &mut self.live else { return Err(Blocked::NoBoard) };
        live.board.mark();
        let before = (std::mem::take(&mut live.filling), live.head, live.at);
        let numbers = self.numbers.clone();
        let mut fates = Vec::with_capacity(group.pending.len());
        let mut blocked = None;
        for pending in &group.pending {
            match self.judge(&pending.request, access, now) {
                Ok(fate) => fates.push(fate),
                Err(why) => blocked = Some(why),
            }
            if blocked.is_some() || matches!(fates.last(), Some(Fate::Refused(_))) {
                break;
            }
        }
        let culprit = matches!(fates.last(), Some(Fate::Refused(_))).then(|| fates.len() - 1);
        let Some(live) = &mut self.live else { return Err(Blocked::NoBoard) };
        if blocked.is_some() || culprit.is_some() {
            live.board.revert();
            let taken_back: Vec<_> = live.filling.events().map(|event| event.op_id).collect();
            self.recent.remove(&taken_back);
            (live.filling, live.head, live.at) = before;
        } else {
            live.board.keep();
            let judged = std::mem::replace(&mut live.filling, before.0);
            live.filling.absorb(judged);
        }
        if let Some(why) = blocked {
            self.numbers = numbers;
            return Err(why);
        }
        if let Some(culprit) = culprit {
            refuse_others(&mut fates, culprit, group.pending.len());
        }
        self.atomic_groups += 1;
        let number = Some(self.atomic_groups);
        for (pending, fate) in std::mem::take(&mut group.pending).into_iter().zip(fates) {
            let role = access.role(pending.request.actor);
            self.settle(Entry { pending, fate, group: number, role, binds: false }, now, effects);
        }
        Ok(())
    }

    /// Whether so many more requests may wait for the batch that is filling.
    fn check_room(&self, more: usize) -> Result<(), Blocked> {
        let Some(live) = &self.live else { return Err(Blocked::NoBoard) };
        let (requests, bytes) = live.filling.size();
        let is_full = requests > 0 && (requests + more > BATCH_OPS_MAX || bytes >= BATCH_BYTES_MAX);
        if is_full { Err(Blocked::Full) } else { Ok(()) }
    }

    /// Judges one op, and applies it to the board and to the filling batch where it is accepted.
    fn judge(&mut self, request: &Request<W>, access: &Access, now: Moment) -> Result<Fate, Blocked> {
        let Some(live) = &mut self.live else { return Err(Blocked::NoBoard) };
        if access.role(request.actor).is_none() {
            return Ok(Fate::Refused(Refusal::NotFound("board".into())));
        }
        let hash = match &request.ask {
            Ask::Op(op) => super::recent::hash(request.actor, op),
            Ask::Malformed { .. } => 0,
        };
        if let Some(first) = self.recent.get(request.op_id) {
            return Ok(match &request.ask {
                Ask::Op(op) if first.hash == hash => Fate::Accepted(applied(&live.board, op.kind(), first, true)),
                _ => Fate::Refused(Refusal::Conflict("the op_id is used for another op".to_owned())),
            });
        }
        if let Some(refusal) = self.untold.get(request, hash) {
            return if self.is_surely_new(request) { Ok(Fate::Refused(refusal)) } else { Err(Blocked::NeedsLog) };
        }
        if self.refused.contains(&request.op_id) {
            return Ok(Fate::Refused(Refusal::Defect));
        }
        if request.ask.creates_task() && self.numbers.is_empty() {
            return Err(Blocked::NeedsNumber);
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
            Err(refusal) if self.is_surely_new(request) => return Ok(Fate::Refused(refusal)),
            Err(_) => return Err(Blocked::NeedsLog),
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
        Ok(Fate::Accepted(applied(&live.board, kind, first, false)))
    }

    /// Lets an answer wait for the commit of the head that it was judged at.
    fn settle(&mut self, mut entry: Entry<W>, now: Moment, effects: &mut Effects<W>) {
        let Some(live) = &mut self.live else { return };
        let batch = if live.filling.len() > 0 { Some(&mut live.filling) } else { live.in_flight.as_mut() };
        self.untold.note(&mut entry);
        if let Some(batch) = batch {
            batch.wait(entry);
        } else {
            self.untold.settled(&entry, now);
            effects.extend(entry.into_answer());
        }
    }

    /// Whether an op that is not remembered was surely never applied, so that it may be refused.
    fn is_surely_new(&self, request: &Request<W>) -> bool {
        let is_op = matches!(request.ask, Ask::Op(_));
        !is_op || self.recent.is_complete() || self.unknown.contains(&request.op_id)
    }

    fn waits_for_log(&self) -> bool {
        let epoch = self.live.as_ref().map(|live| live.epoch);
        epoch.is_some() && self.asked.as_ref().map(|(epoch, _)| *epoch) == epoch
    }

    /// Asks the log for all waiting ops that may stand in it.
    fn ask_log(&mut self, effects: &mut Effects<W>) {
        let Some(epoch) = self.live.as_ref().map(|live| live.epoch) else { return };
        if self.waits_for_log() {
            return;
        }
        let may_be_old =
            |request: &&Request<W>| !self.is_surely_new(request) && self.recent.get(request.op_id).is_none();
        let op_ids: Vec<_> = self.queue.requests().filter(may_be_old).map(|request| request.op_id).collect();
        self.asked = Some((epoch, op_ids.clone()));
        effects.push(Effect::FindOps { epoch, op_ids });
    }
}

/// One op of an atomic group is refused, so the others are too, for its sake.
fn refuse_others(fates: &mut Vec<Fate>, culprit: usize, count: usize) {
    let others = Fate::Refused(Refusal::Conflict(format!("not applied, because ops[{culprit}] was refused")));
    let reason = std::mem::replace(&mut fates[culprit], others.clone());
    *fates = vec![others; count];
    fates[culprit] = reason;
}

fn applied(board: &Board, kind: OpKind, first: FirstTime, replayed: bool) -> Applied {
    let FirstTime { seq, version, target, .. } = first;
    let created = (kind == OpKind::TaskCreate).then(|| board.task(TaskId(target))).flatten();
    Applied { kind, seq, version, target, number: created.map(|state| state.task.number), replayed }
}
