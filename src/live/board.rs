//! A board on this node: a shell around [`Sequencer`] where this node writes the board, and around [`Relay`] where
//! another does. It asks them, and performs what they answer.

use super::answer::{Reply, Waiter};
use super::clock;
use super::exchange::{Heard, ROOM_BEAT_EVERY};
use super::hand_over::Reason;
use super::handle::{AccessCell, Pin};
use super::hub::{Delivery, HubId};
use super::join::{After, Joiners};
use super::lobby::{Attendance, PRESENCE_EVERY};
use super::meters::{self, METERS};
use super::peer::Host;
use super::registry::Live;
use super::reject::reject;
use crate::domain::board::catch_up::{Position, Tail};
use crate::domain::board::model::{Epoch, Seq};
use crate::domain::board::refusal::Refusal;
use crate::domain::board::relay::{Relay, Streams};
use crate::domain::board::sequencer::{Applied, Effect, Effects, Request, Sequencer};
use crate::domain::ids::{BoardId, Incarnation, OpId, ProjectId, SessionId, WorkspaceId};
use crate::domain::presence::UserName;
use crate::domain::time::Moment;
use crate::protocol::code::Code;
use crate::protocol::codec;
use crate::protocol::frame::{Ack, Reject, RequestId, Room, ServerFrame};
use crate::protocol::peer::{Forward, Parcel, PeerAnswer, PeerMessage};
use crate::store::StoreError;
use crate::store::queries::node::Standing;
use actix::prelude::*;
use bytes::Bytes;
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Messages that may wait for a board.
const MAILBOX: usize = 16_384;
/// While somebody waits, the clock is looked at so often.
const TICK_EVERY: Duration = Duration::from_millis(250);
/// A store that didn't answer is asked again after this.
pub(super) const RETRY_AFTER: Duration = Duration::from_millis(250);
/// A board that is quiet for so long lets go of what only makes it quick.
const REST_AFTER: Duration = Duration::from_secs(30);
/// A board that lets itself go is found no more, but answers so much longer those who found it before.
const RETIRE: Duration = Duration::from_secs(2);

/// Which board an actor is for.
pub struct Place {
    pub id: BoardId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    pub pin: Arc<Pin>,
}

/// Who writes the board.
#[derive(Debug)]
pub enum Seat {
    /// The database is asked.
    Seeking,
    /// This node.
    Owner,
    /// This node, until nothing is in flight.
    Leaving(Leaving),
    /// Another node does, or is asked to.
    Relay(Incarnation),
}

/// A board that is let go.
#[derive(Debug)]
pub struct Leaving {
    pub to: Option<Incarnation>,
    pub reason: Reason,
    pub is_releasing: bool,
    pub done: Vec<oneshot::Sender<()>>,
}

impl Leaving {
    pub fn finish(self) {
        for done in self.done {
            // Whoever waited for it may have gone.
            let _ = done.send(());
        }
    }
}

/// See the module's text.
pub struct BoardActor {
    pub(super) id: BoardId,
    pub(super) project_id: ProjectId,
    pub(super) workspace_id: WorkspaceId,
    pub(super) live: Live,
    pub(super) access: AccessCell,
    pub(super) pin: Arc<Pin>,
    pub(super) seat: Seat,
    pub(super) sequencer: Sequencer<Waiter>,
    pub(super) relay: Relay<Waiter>,
    pub(super) history: String,
    pub(super) epoch: Epoch,
    /// The incarnation of this node that took the epoch.
    pub(super) owner_of_epoch: Incarnation,
    /// Counts the searches for who writes the board, and the batches handed in: answers to earlier ones are passed over.
    pub(super) seeking: u64,
    pub(super) commits: u64,
    /// Other nodes want this one to write the board.
    pub(super) is_wanted: bool,
    /// The node that should write the board did not say so in time.
    pub(super) asked_in_vain: bool,
    /// The dead node whose board it was.
    pub(super) heir_of: Option<Incarnation>,
    /// When another node was asked to take a stream.
    pub(super) asked_at: Moment,
    /// The streams of other nodes' relays, and those that wait until it is known who writes the board.
    pub(super) streams: Streams,
    pub(super) attaching: HashMap<Incarnation, u64>,
    /// The sessions of other nodes whose ops were taken here.
    pub(super) sessions_elsewhere: HashSet<SessionId>,
    /// Ops of other nodes that wait for the newest members.
    pub(super) held: VecDeque<(Incarnation, Forward)>,
    /// There are events up to this one, as far as is known; those that are missing are read from the log.
    pub(super) heard_to: Seq,
    pub(super) is_filling: bool,
    /// Whether the tail follows the log.
    pub(super) is_loaded: bool,
    /// Whether it is known who is here on other nodes.
    pub(super) is_synced: bool,
    host: Option<Host>,
    pub(super) tail: Tail<Bytes>,
    /// Heads at which the store is being read for a joiner: what follows them is kept.
    pub(super) reading: Vec<Seq>,
    pub(super) joiners: Joiners,
    /// Sessions whose `subscribe` was answered in this step.
    pub(super) answered: Vec<SessionId>,
    pub(super) attendance: Attendance,
    /// The events of the commit in flight, as they cross the wire.
    pub(super) in_flight: Vec<Bytes>,
    /// What this step has for each hub and for each relay, in order.
    deliveries: HashMap<HubId, Vec<Delivery>>,
    answers: HashMap<Incarnation, Vec<PeerAnswer>>,
    flushes: Vec<oneshot::Sender<()>>,
    ticks: bool,
    tells: bool,
    pub(super) used_at: Instant,
    pub(super) is_retired: bool,
    /// It was deleted.
    pub(super) is_gone: bool,
}

impl BoardActor {
    pub fn new(live: Live, place: Place, access: AccessCell) -> Self {
        let Place { id, project_id, workspace_id, pin } = place;
        Self {
            pin,
            seat: Seat::Seeking,
            relay: Relay::default(),
            owner_of_epoch: live.membership().me(),
            seeking: 0,
            commits: 0,
            is_wanted: false,
            asked_in_vain: false,
            heir_of: None,
            asked_at: clock::now(),
            streams: Streams::default(),
            attaching: HashMap::new(),
            sessions_elsewhere: HashSet::new(),
            held: VecDeque::new(),
            heard_to: 0,
            is_filling: false,
            is_synced: !live.is_shared(),
            host: None,
            answers: HashMap::new(),
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
    pub(super) fn perform(&mut self, effects: Effects<Waiter>, context: &mut Context<Self>) {
        for effect in effects {
            match effect {
                Effect::Commit(commit) => self.commit(commit, context),
                Effect::Answer { waiter, op_id, result } => self.answer(waiter, op_id, result, context),
                Effect::Publish => self.publish_in_flight(context),
                Effect::Load => self.load(context),
                Effect::Activate => self.lose(context),
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

    pub(super) fn answer(
        &mut self,
        waiter: Waiter,
        op_id: OpId,
        result: Result<Applied, Refusal>,
        context: &mut Context<Self>,
    ) {
        if let Reply::Relay { node, stream, tag } = waiter.reply {
            // Counted and put into words where it came from.
            return self.answers.entry(node).or_default().push(PeerAnswer { stream, tag, result });
        }
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
            Reply::Relay { .. } => {}
            Reply::Session { hub, session, id } => {
                let frame = match &result {
                    Ok(applied) => codec::server_frame(Some(id), &ServerFrame::Ack(Ack::new(op_id, applied))),
                    Err(reject) => codec::server_frame(Some(id), &ServerFrame::Reject { op_id, reject }),
                };
                self.deliver(hub, Delivery::Answer { session, frame });
            }
        }
    }

    /// The store has not answered; ops that wait too long meanwhile are answered by the clock.
    pub(super) fn again_later(&mut self, what: &str, error: &StoreError, context: &mut Context<Self>) {
        self.warn_of(what, error);
        self.seek_later(context);
    }

    pub(super) fn warn_of(&self, what: &str, error: &StoreError) {
        tracing::warn!(board_id = %self.id, %error, "a board could not be {what}; it is tried again");
    }

    /// The board is gone: nobody stays in its room.
    pub(super) fn end(&mut self, context: &mut Context<Self>) {
        self.is_gone = true;
        self.begin_seeking();
        self.pin.set_owned(false);
        self.live.board_ends(self.id, &context.address());
        let effects = self.relay.give_up(&Refusal::NotFound("board".into()));
        self.perform_relay(effects, context);
        self.give_up(context);
        self.detach();
        let hubs: Vec<_> = self.attendance.hubs().collect();
        for hub in hubs {
            self.deliver(hub, Delivery::Closed(Code::NotFound));
        }
        self.flush_deliveries();
        for join in self.joiners.take(None) {
            self.not_joined(&join, &Reject::not_found("room"));
        }
        self.go_on(context);
        // Those who found it before are answered.
        context.run_later(RETIRE, |_, context| context.stop());
    }

    pub(super) fn give_up(&mut self, context: &mut Context<Self>) {
        let effects = self.sequencer.abandon(clock::now());
        self.perform(effects, context);
    }

    /// Looks at the clock while somebody waits.
    pub(super) fn arm(&mut self, context: &mut Context<Self>) {
        let is_asking = matches!(self.seat, Seat::Relay(_)) && !self.relay.is_open();
        let is_relaying = is_asking || !self.relay.is_idle();
        let is_waited_for = is_relaying || !self.sequencer.is_quiet() || !self.joiners.is_idle();
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
            actor.tick_relay(context);
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
        if !matches!(self.seat, Seat::Owner) {
            return self.submit_to_owner(requests, atomic, context);
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
    pub(super) fn tell_presence(&mut self, context: &mut Context<Self>) {
        self.pin.has_sessions(self.attendance.session_count());
        if self.tells || !self.attendance.is_dirty() {
            return;
        }
        self.tells = true;
        context.run_later(PRESENCE_EVERY, |actor, context| {
            actor.tells = false;
            actor.attendance.tell_peers(&actor.live, Room::Board(actor.id));
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
        let is_quiet = self.sequencer.is_quiet() && self.relay.is_idle() && self.joiners.is_idle();
        if unused < REST_AFTER.min(self.live.idle()) || !is_quiet || self.is_retired {
            return;
        }
        self.sequencer.rest();
        self.joiners.drop_snapshot();
        self.tail.clear();
        // Whoever follows it from another node needs it here.
        if unused >= self.live.idle() && self.attendance.is_deserted() && self.streams.is_empty() {
            self.live.board_ends(self.id, &context.address());
            self.is_retired = true;
            context.run_later(RETIRE, Self::retire);
        }
    }

    fn retire(&mut self, context: &mut Context<Self>) {
        let is_quiet = self.sequencer.is_quiet() && self.relay.is_idle() && self.joiners.is_idle();
        if !is_quiet {
            context.run_later(RETIRE, Self::retire);
        } else if self.live.is_shared() && matches!(self.seat, Seat::Owner) {
            // Then another node need not ask this one.
            let leaving = Leaving { to: None, reason: Reason::Idle, is_releasing: false, done: Vec::new() };
            self.begin_leaving(leaving, context);
            context.run_later(RETIRE, Self::retire);
        } else if matches!(self.seat, Seat::Leaving(_)) {
            context.run_later(RETIRE, Self::retire);
        } else {
            self.detach();
            context.stop();
        }
    }

    /// This actor, as those who lead to it see it.
    pub(super) fn host(&self) -> Host {
        self.host.clone().unwrap_or_else(|| Host::Online(self.live.online().addr().clone()))
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
        for (node, answers) in self.answers.drain() {
            self.live.tell(node, &PeerMessage::Answers { board: self.id, answers });
        }
    }
}

impl Actor for BoardActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        metrics::gauge!("board_actors_active").increment(1);
        context.run_interval(REST_AFTER.min(self.live.idle()), Self::rest);
        if !self.live.is_shared() {
            return self.claim(context);
        }
        let (live, room, host) = (self.live.clone(), Room::Board(self.id), Host::Board(context.address()));
        self.host = Some(host.clone());
        // What is said from here on is heard; what was said before stands in the database.
        let followed = async move { live.follow(room, host).await };
        context.spawn(followed.into_actor(self).map(|_, actor, context| {
            actor.seek(context);
            let (live, room) = (actor.live.clone(), Room::Board(actor.id));
            let rosters = async move { live.rosters(room).await };
            context.spawn(rosters.into_actor(actor).map(|rosters, actor, context| {
                for (from, roster) in rosters {
                    actor.attendance.take_roster(from, roster);
                }
                actor.is_synced = true;
                actor.join_the_early(context);
            }));
        }));
        context.run_interval(ROOM_BEAT_EVERY, |actor, context| {
            actor.attendance.beat(&actor.live, Room::Board(actor.id));
            actor.tell_presence(context);
        });
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
        self.attendance.set_state(session, state);
        self.tell_presence(context);
    }
}

/// Where the board stands in the database.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Seen(pub Standing);

impl Handler<Seen> for BoardActor {
    type Result = ();

    fn handle(&mut self, Seen(standing): Seen, context: &mut Self::Context) {
        self.seen(standing, context);
    }
}

/// Lets the board go, for another node to take. Answered when that is done.
#[derive(Message)]
#[rtype(result = "()")]
pub struct HandOver {
    pub to: Option<Incarnation>,
    pub reason: Reason,
}

impl Handler<HandOver> for BoardActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, HandOver { to, reason }: HandOver, context: &mut Self::Context) -> Self::Result {
        let (done, finished) = oneshot::channel();
        let leaving = Leaving { to, reason, is_releasing: false, done: vec![done] };
        self.begin_leaving(leaving, context);
        Box::pin(async move { drop(finished.await) })
    }
}

impl Handler<Heard> for BoardActor {
    type Result = ();

    fn handle(&mut self, heard: Heard, context: &mut Self::Context) {
        if self.is_gone {
            return;
        }
        match heard {
            Heard::ViewChanged => {
                self.attendance.let_go(&self.live);
                self.look_around(context);
            }
            Heard::BusUp => {
                self.attendance.beat(&self.live, Room::Board(self.id));
                self.bus_is_back(context);
            }
            Heard::Parcel(Parcel { from, message }) => match message {
                PeerMessage::AskRoster { .. }
                | PeerMessage::Roster { .. }
                | PeerMessage::Presence { .. }
                | PeerMessage::PresenceBeat { .. } => {
                    self.attendance.hear(&self.live, Room::Board(self.id), from, message);
                }
                message => self.hear_peer(from, message, context),
            },
        }
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
