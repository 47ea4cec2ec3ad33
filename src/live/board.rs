//! The single writer of a board: a shell around [`Sequencer`], which it asks, and whose answers it performs.

use super::answer::{Reply, Waiter};
use super::clock;
use super::hub::{Delivery, HubId};
use super::join::{After, Joiners};
use super::lobby::{Attendance, PRESENCE_EVERY};
use super::meters::{self, METERS};
use super::registry::{AccessCell, Live};
use super::reject::reject;
use crate::domain::board::Board;
use crate::domain::board::catch_up::{Position, Tail};
use crate::domain::board::commit::{Commit, Outcome};
use crate::domain::board::model::{Epoch, Seq};
use crate::domain::board::refusal::Refusal;
use crate::domain::board::sequencer::{Applied, Effect, Effects, Loaded, Request, Sequencer};
use crate::domain::ids::{BoardId, OpId, ProjectId, SessionId, WorkspaceId};
use crate::domain::presence::UserName;
use crate::domain::time::Moment;
use crate::protocol::codec;
use crate::protocol::frame::{Ack, Reject, RequestId, Room, ServerFrame};
use crate::store::committer::{Answer, Batch};
use crate::store::{Conn, StoreError, StoreResult, queries};
use actix::prelude::*;
use bytes::Bytes;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Messages that may wait for a board.
const MAILBOX: usize = 16_384;
/// While somebody waits, the clock is looked at so often.
const TICK_EVERY: Duration = Duration::from_millis(250);
/// A store that didn't answer is asked again after this.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// A board that is quiet for so long lets go of what only makes it quick.
const REST_AFTER: Duration = Duration::from_secs(30);
/// A board that lets itself go is found no more, but answers so much longer those who found it before.
const RETIRE: Duration = Duration::from_secs(2);
/// Rows of the log that are read at once.
const MISSED_AT_ONCE: usize = 1_000;

/// See the module's text.
pub struct BoardActor {
    pub(super) id: BoardId,
    pub(super) project_id: ProjectId,
    pub(super) workspace_id: WorkspaceId,
    pub(super) live: Live,
    pub(super) access: AccessCell,
    pub(super) sequencer: Sequencer<Waiter>,
    pub(super) history: String,
    epoch: Epoch,
    /// Whether the tail follows the log.
    is_loaded: bool,
    pub(super) tail: Tail<Bytes>,
    /// Heads at which the store is being read for a joiner: what follows them is kept.
    pub(super) reading: Vec<Seq>,
    pub(super) joiners: Joiners,
    /// Sessions whose `subscribe` was answered in this step.
    pub(super) answered: Vec<SessionId>,
    pub(super) attendance: Attendance,
    /// The events of the commit in flight, as they cross the wire.
    in_flight: Vec<Bytes>,
    /// What this step has for each hub, in order.
    deliveries: HashMap<HubId, Vec<Delivery>>,
    flushes: Vec<oneshot::Sender<()>>,
    ticks: bool,
    tells: bool,
    used_at: Instant,
    is_retired: bool,
    /// It was deleted.
    pub(super) is_gone: bool,
}

impl BoardActor {
    pub fn new(live: Live, id: BoardId, project_id: ProjectId, workspace_id: WorkspaceId, access: AccessCell) -> Self {
        Self {
            id,
            project_id,
            workspace_id,
            live,
            access,
            sequencer: Sequencer::new(id),
            history: String::new(),
            epoch: 0,
            is_loaded: false,
            tail: Tail::new(0),
            reading: Vec::new(),
            joiners: Joiners::default(),
            answered: Vec::new(),
            attendance: Attendance::default(),
            in_flight: Vec::new(),
            deliveries: HashMap::new(),
            flushes: Vec::new(),
            ticks: false,
            tells: false,
            used_at: Instant::now(),
            is_retired: false,
            is_gone: false,
        }
    }

    /// The only place where the core's answers touch the outside world.
    fn perform(&mut self, effects: Effects<Waiter>, context: &mut Context<Self>) {
        for effect in effects {
            match effect {
                Effect::Commit(commit) => self.commit(commit, context),
                Effect::Answer { waiter, op_id, result } => self.answer(waiter, op_id, result, context),
                Effect::Publish => self.publish(context),
                Effect::Load => self.load(context),
                Effect::Activate => self.activate(context),
                Effect::TakeNumbers(count) => self.take_numbers(count, context),
                Effect::FindOps { epoch, op_ids } => self.find_ops(epoch, op_ids, context),
            }
        }
        self.flush_deliveries();
        self.go_on(context);
        self.arm(context);
        if self.sequencer.is_quiet() {
            // Whoever waited for it may have gone.
            self.flushes.drain(..).for_each(|flushed| {
                let _ = flushed.send(());
            });
        }
    }

    /// Hands a batch to the committer. It is never taken back; its outcome is waited for.
    fn commit(&mut self, commit: Commit, context: &mut Context<Self>) {
        let epoch = commit.epoch;
        let events: Vec<Bytes> = commit.ops.iter().map(|op| codec::event(&op.event)).collect();
        self.in_flight = events.clone();
        let (done, outcome) = oneshot::channel();
        self.live.committer().submit(Batch { commit, events }, move |answer| drop(done.send(answer)));
        let finished = outcome.into_actor(self).map(move |answer, actor, context| {
            let answer = answer.unwrap_or(Answer { outcome: Outcome::Fenced, epoch });
            if answer.outcome != Outcome::Committed {
                tracing::warn!(board_id = %actor.id, outcome = ?answer.outcome, "a batch was not applied");
            }
            actor.epoch = answer.epoch;
            let access = actor.access.load();
            let effects = actor.sequencer.commit_finished(answer.outcome, answer.epoch, &access, clock::now());
            actor.perform(effects, context);
        });
        context.spawn(finished);
    }

    fn answer(&mut self, waiter: Waiter, op_id: OpId, result: Result<Applied, Refusal>, context: &mut Context<Self>) {
        let result = match result.map_err(reject) {
            Ok(applied) => Ok(applied),
            Err(Ok(reject)) => Err(reject),
            Err(Err(conflicting)) => {
                let (id, live) = (self.id, self.live.clone());
                let told = async move { conflicting.into_reject(&live, id).await };
                context.spawn(told.into_actor(self).map(move |reject, actor, _| {
                    actor.tell(waiter, op_id, Err(reject));
                    actor.flush_deliveries();
                }));
                return;
            }
        };
        self.tell(waiter, op_id, result);
    }

    fn tell(&mut self, waiter: Waiter, op_id: OpId, result: Result<Applied, Reject>) {
        let Waiter { reply, kind, received } = waiter;
        match &result {
            Ok(_) => METERS.applied[kind as usize].increment(1),
            Err(reject) => meters::refused(kind, reject.code).increment(1),
        }
        METERS.duration.record(received.elapsed());
        match reply {
            Reply::Rest(answers, place) => answers.put(place, result),
            Reply::Session { hub, session, id } => {
                let frame = match &result {
                    Ok(applied) => codec::server_frame(Some(id), &ServerFrame::Ack(Ack::new(op_id, applied))),
                    Err(reject) => codec::server_frame(Some(id), &ServerFrame::Reject { op_id, reject }),
                };
                self.deliver(hub, Delivery::Answer { session, frame });
            }
        }
    }

    /// Tells everybody what has become durable, and lets those in who waited for that.
    fn publish(&mut self, context: &mut Context<Self>) {
        let events = std::mem::take(&mut self.in_flight);
        let frames = codec::events(Room::Board(self.id), &events);
        self.tail.extend(events);
        let hubs: Vec<_> = self.attendance.hubs().collect();
        for hub in hubs {
            self.deliver(hub, Delivery::Events(frames.clone()));
        }
        self.let_waiting_in(context);
    }

    /// Takes the board: from here on its epoch is ours.
    fn activate(&mut self, context: &mut Context<Self>) {
        if self.is_retired {
            return self.give_up(context);
        }
        let (id, node, store) = (self.id, self.live.node().to_owned(), self.live.store().clone());
        let taken = async move {
            store.write(async move |mut conn| queries::board::activate(&mut conn, id, &node).await).await
        };
        context.spawn(taken.into_actor(self).map(|activation, actor, context| match activation {
            Ok(Some(activation)) => {
                actor.history = activation.history;
                actor.epoch = activation.epoch;
                actor.load(context);
            }
            Ok(None) => actor.end(context),
            Err(error) => actor.again_later("taken", &error, Self::activate, context),
        }));
    }

    /// Reads the board as it stands, and what has become durable without our hearing of it, and goes on from there.
    fn load(&mut self, context: &mut Context<Self>) {
        let (id, store) = (self.id, self.live.store().clone());
        let heard = self.is_loaded.then(|| self.tail.head());
        let read = async move { store.read(async move |mut conn| read_board(&mut conn, id, heard).await).await };
        context.spawn(read.into_actor(self).map(move |read, actor, context| match read {
            Ok((loaded, missed)) => actor.loaded(loaded, missed, context),
            Err(StoreError::NotFound) => actor.end(context),
            Err(error) => actor.again_later("read", &error, Self::load, context),
        }));
    }

    fn loaded(&mut self, loaded: queries::board::Loaded, missed: Vec<Bytes>, context: &mut Context<Self>) {
        let queries::board::Loaded { head, at, columns, tasks, recent } = loaded;
        if self.is_loaded {
            self.in_flight = missed;
            self.publish(context);
        } else {
            self.tail = Tail::new(head);
            self.is_loaded = true;
        }
        let board = Board::new(self.project_id, columns, tasks);
        let loaded = Loaded { board, epoch: self.epoch, head, at, recent };
        let access = self.access.load();
        let effects = self.sequencer.loaded(loaded, &access, clock::now());
        self.perform(effects, context);
        for join in self.joiners.take(None) {
            self.join(join, context);
        }
        self.go_on(context);
    }

    /// The store has not answered; ops that wait too long meanwhile are answered by the clock.
    fn again_later(
        &mut self,
        what: &str,
        error: &StoreError,
        again: impl FnOnce(&mut Self, &mut Context<Self>) + 'static,
        context: &mut Context<Self>,
    ) {
        tracing::warn!(board_id = %self.id, %error, "a board could not be {what}; it is tried again");
        context.run_later(RETRY_AFTER, again);
    }

    fn find_ops(&mut self, epoch: Epoch, op_ids: Vec<OpId>, context: &mut Context<Self>) {
        let (id, store) = (self.id, self.live.store().clone());
        let found =
            async move { store.read(async move |mut conn| queries::log::find_ops(&mut conn, id, &op_ids).await).await };
        context.spawn(found.into_actor(self).map(move |found, actor, context| {
            let found = found.inspect_err(|error| tracing::warn!(board_id = %actor.id, %error, "the log was not read"));
            let access = actor.access.load();
            let effects = actor.sequencer.ops_found(epoch, found.ok(), &access, clock::now());
            actor.perform(effects, context);
        }));
    }

    fn take_numbers(&mut self, count: u32, context: &mut Context<Self>) {
        let (project, store) = (self.project_id, self.live.store().clone());
        let count = i64::from(count);
        let taken = async move {
            store.write(async move |mut conn| queries::workspace::take_numbers(&mut conn, project, count).await).await
        };
        context.spawn(taken.into_actor(self).map(move |first, actor, context| match first {
            Ok(first) => {
                let access = actor.access.load();
                let effects = actor.sequencer.numbers_taken(first..first + count, &access, clock::now());
                actor.perform(effects, context);
            }
            Err(error) => {
                tracing::warn!(board_id = %actor.id, %error, "a board was given no task numbers");
                let access = actor.access.load();
                let effects = actor.sequencer.numbers_taken(0..0, &access, clock::now());
                actor.perform(effects, context);
            }
        }));
    }

    /// The board is gone: nobody stays in its room.
    pub(super) fn end(&mut self, context: &mut Context<Self>) {
        self.is_gone = true;
        self.live.board_ends(self.id, &context.address());
        self.give_up(context);
        let hubs: Vec<_> = self.attendance.hubs().collect();
        for hub in hubs {
            self.deliver(hub, Delivery::Closed);
        }
        self.flush_deliveries();
        for join in self.joiners.take(None) {
            self.not_joined(&join, &Reject::not_found("room"));
        }
        self.go_on(context);
        // Those who found it before are answered.
        context.run_later(RETIRE, |_, context| context.stop());
    }

    fn give_up(&mut self, context: &mut Context<Self>) {
        let effects = self.sequencer.abandon(clock::now());
        self.perform(effects, context);
    }

    /// Looks at the clock while somebody waits.
    pub(super) fn arm(&mut self, context: &mut Context<Self>) {
        let is_waited_for = !self.sequencer.is_quiet() || !self.joiners.is_idle();
        if self.ticks || !is_waited_for {
            return;
        }
        self.ticks = true;
        context.run_later(TICK_EVERY, |actor, context| {
            actor.ticks = false;
            let now = clock::now();
            actor.refuse_late_joiners(now);
            let effects = actor.sequencer.tick(now);
            actor.perform(effects, context);
        });
    }

    /// Judges ops in their order.
    pub(super) fn submit(&mut self, Submit { requests, atomic }: Submit, context: &mut Context<Self>) {
        self.used_at = Instant::now();
        if self.is_gone {
            for Request { waiter, op_id, .. } in requests {
                self.tell(waiter, op_id, Err(Reject::not_found("board")));
            }
            return self.flush_deliveries();
        }
        let access = self.access.load();
        let effects = self.sequencer.submit(requests, atomic, &access, clock::now());
        self.perform(effects, context);
    }

    /// Takes a session out that has asked for it.
    pub(super) fn leave(&mut self, session: SessionId, hub: HubId, answer: Bytes) {
        self.attendance.leave(session);
        self.deliver(hub, Delivery::Left { session, answer });
        self.flush_deliveries();
    }

    /// Sees to it that changes of presence are told, folded.
    fn tell_presence(&mut self, context: &mut Context<Self>) {
        if self.tells || !self.attendance.roster.is_dirty() {
            return;
        }
        self.tells = true;
        context.run_later(PRESENCE_EVERY, |actor, context| {
            actor.tells = false;
            let updates = actor.attendance.updates();
            let hubs: Vec<_> = actor.attendance.hubs().collect();
            for hub in hubs {
                actor.deliver(hub, Delivery::Presence(Arc::clone(&updates)));
            }
            actor.flush_deliveries();
            actor.tell_presence(context);
        });
    }

    /// Lets go of what is not needed, and in the end of itself.
    fn rest(&mut self, context: &mut Context<Self>) {
        let unused = self.used_at.elapsed();
        if unused < REST_AFTER || !self.sequencer.is_quiet() || !self.joiners.is_idle() || self.is_retired {
            return;
        }
        self.sequencer.rest();
        self.joiners.drop_snapshot();
        self.tail.clear();
        if unused >= self.live.idle() && self.attendance.roster.is_empty() {
            self.live.board_ends(self.id, &context.address());
            self.is_retired = true;
            context.run_later(RETIRE, Self::retire);
        }
    }

    fn retire(&mut self, context: &mut Context<Self>) {
        if self.sequencer.is_quiet() && self.joiners.is_idle() {
            context.stop();
        } else {
            context.run_later(RETIRE, Self::retire);
        }
    }

    pub(super) fn deliver(&mut self, hub: HubId, delivery: Delivery) {
        self.deliveries.entry(hub).or_default().push(delivery);
    }

    pub(super) fn flush_deliveries(&mut self) {
        for (id, deliveries) in self.deliveries.drain() {
            if let Some(hub) = self.live.hub(id) {
                hub.deliver(Room::Board(self.id), deliveries);
            }
        }
    }
}

/// Reads a board, and the events that have become durable after `heard`.
async fn read_board(
    conn: &mut Conn,
    id: BoardId,
    heard: Option<Seq>,
) -> StoreResult<(queries::board::Loaded, Vec<Bytes>)> {
    let loaded = queries::board::load(conn, id).await?;
    let mut missed = Vec::new();
    while let Some(since) = heard.map(|heard| heard + missed.len() as Seq).filter(|since| *since < loaded.head) {
        let limit = usize::try_from(loaded.head - since).unwrap_or(usize::MAX).min(MISSED_AT_ONCE);
        let tail = queries::log::tail(conn, id, since, limit, usize::MAX).await?;
        if tail.rows.is_empty() {
            break;
        }
        missed.extend(tail.rows.into_iter().map(|row| row.event));
    }
    Ok((loaded, missed))
}

impl Actor for BoardActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        metrics::gauge!("board_actors_active").increment(1);
        context.run_interval(REST_AFTER.min(self.live.idle()), Self::rest);
        self.activate(context);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        metrics::gauge!("board_actors_active").decrement(1);
    }
}

/// Ops for the board, judged in their order.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Submit {
    pub requests: Vec<Request<Waiter>>,
    pub atomic: bool,
}

impl Handler<Submit> for BoardActor {
    type Result = ();

    fn handle(&mut self, submit: Submit, context: &mut Self::Context) {
        // An op that was sent after a `subscribe` is not in its answer: its author hears of it like everyone else.
        let stream = submit.requests.first().and_then(|request| request.stream);
        let deferred = match stream {
            Some(session) => self.joiners.defer(session, After::Submit(submit)),
            None => Some(After::Submit(submit)),
        };
        if let Some(After::Submit(submit)) = deferred {
            self.submit(submit, context);
        }
    }
}

/// A session comes in.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join {
    pub session: SessionId,
    pub hub: HubId,
    pub user: UserName,
    pub id: RequestId,
    pub position: Position,
    pub received: Moment,
}

impl Handler<Join> for BoardActor {
    type Result = ();

    fn handle(&mut self, join: Join, context: &mut Self::Context) {
        self.used_at = Instant::now();
        if let Some(After::Join(join)) = self.joiners.defer(join.session, After::Join(join)) {
            self.join(join, context);
        }
        self.go_on(context);
        self.arm(context);
        self.tell_presence(context);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    pub session: SessionId,
    /// The answer to an `unsubscribe`.
    pub answer: Option<(HubId, Bytes)>,
}

impl Handler<Leave> for BoardActor {
    type Result = ();

    fn handle(&mut self, Leave { session, answer }: Leave, context: &mut Self::Context) {
        match answer {
            Some((hub, answer)) => {
                if let Some(After::Leave { hub, answer }) = self.joiners.defer(session, After::Leave { hub, answer }) {
                    self.leave(session, hub, answer);
                }
            }
            None => {
                self.joiners.forget(session);
                self.attendance.leave(session);
            }
        }
        self.tell_presence(context);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct SetState {
    pub session: SessionId,
    pub state: Value,
}

impl Handler<SetState> for BoardActor {
    type Result = ();

    fn handle(&mut self, SetState { session, state }: SetState, context: &mut Self::Context) {
        self.attendance.roster.set_state(session, state);
        self.tell_presence(context);
    }
}

/// The board was deleted.
#[derive(Message)]
#[rtype(result = "()")]
pub struct End;

impl Handler<End> for BoardActor {
    type Result = ();

    fn handle(&mut self, _: End, context: &mut Self::Context) {
        self.end(context);
    }
}

/// The board has another name: snapshots that bear the old one are not handed out any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Renamed;

impl Handler<Renamed> for BoardActor {
    type Result = ();

    fn handle(&mut self, _: Renamed, _: &mut Self::Context) {
        self.joiners.drop_snapshot();
    }
}

/// Answered when nothing is in flight.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Flush;

impl Handler<Flush> for BoardActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Flush, _: &mut Self::Context) -> Self::Result {
        let (flushed, done) = oneshot::channel();
        if self.sequencer.is_quiet() {
            let _ = flushed.send(());
        } else {
            self.flushes.push(flushed);
        }
        Box::pin(async move { drop(done.await) })
    }
}
