//! The fan-out of one worker thread: it takes what boards and rooms have for its sessions and puts it into their
//! outboxes, and it watches over sessions that can't watch over themselves.

use super::clock;
use super::handle::AccessCell;
use super::lobby::{PresenceUpdates, Updates};
use super::meters::METERS;
use super::online::Online;
use super::peer::Peer;
use crate::domain::ids::{FamilyId, SessionId, UserId, WorkspaceId};
use crate::protocol::code::{Bye, Code};
use crate::protocol::codec::{self, Message as Wire};
use crate::protocol::frame::{Room, ServerFrame};
use actix::prelude::*;
use bytes::Bytes;
use rand::Rng;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What one write to a socket costs. Source: `load-tests fanout`, one `sendto` on loopback.
const WRITE_COST: Duration = Duration::from_micros(7);
/// The longest that a frame waits for others to share its write.
const TICK_MAX: Duration = Duration::from_millis(20);
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// Messages that may wait for a hub.
const MAILBOX: usize = 65_536;
const DRAIN_STEP: Duration = Duration::from_millis(50);

/// One of a node's hubs.
pub type HubId = usize;

/// The sessions of a worker thread and the rooms they are in. Used directly by what runs on that thread.
pub struct Local {
    online: Online,
    /// How many sessions this node has, on all threads.
    sessions: Arc<AtomicUsize>,
    peers: RefCell<HashMap<SessionId, Rc<Peer>>>,
    rooms: RefCell<HashMap<Room, Members>>,
    dirty: RefCell<Vec<Rc<Peer>>>,
}

#[derive(Default)]
struct Members {
    peers: HashMap<SessionId, Rc<Peer>>,
    workspace: Option<WorkspaceId>,
}

impl Local {
    fn new(online: Online, sessions: Arc<AtomicUsize>) -> Self {
        Self { online, sessions, peers: RefCell::default(), rooms: RefCell::default(), dirty: RefCell::default() }
    }

    pub fn add(&self, peer: &Rc<Peer>) {
        self.peers.borrow_mut().insert(peer.id, Rc::clone(peer));
        self.sessions.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!("websocket_active_connections").increment(1);
    }

    /// The connection is gone: so is the session, from every room.
    pub fn remove(&self, peer: &Peer) {
        if self.peers.borrow_mut().remove(&peer.id).is_none() {
            return;
        }
        self.sessions.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("websocket_active_connections").decrement(1);
        for (room, host) in peer.rooms.take() {
            self.take_out(room, peer.id);
            host.leave(room, peer.id);
        }
        if let Some(user) = peer.user_id() {
            self.online.went(user, peer.id);
        }
    }

    fn take_out(&self, room: Room, session: SessionId) -> Option<Rc<Peer>> {
        let mut rooms = self.rooms.borrow_mut();
        let members = rooms.get_mut(&room)?;
        let peer = members.peers.remove(&session);
        if members.peers.is_empty() {
            rooms.remove(&room);
        }
        peer
    }

    fn is_in(&self, room: Room, session: SessionId) -> bool {
        self.rooms.borrow().get(&room).is_some_and(|members| members.peers.contains_key(&session))
    }

    fn peer(&self, session: SessionId) -> Option<Rc<Peer>> {
        self.peers.borrow().get(&session).cloned()
    }

    /// Takes a session out of a room that it may no longer be in, and tells it and the room.
    fn expel(&self, room: Room, session: SessionId, code: Code) {
        let Some(peer) = self.take_out(room, session).or_else(|| self.peer(session)) else { return };
        if let Some(host) = peer.rooms.borrow_mut().remove(&room) {
            host.leave(room, session);
            peer.send(codec::server_frame(None, &ServerFrame::Unsubscribed { room, code: Some(code) }));
        }
    }

    fn deliver(&self, room: Room, delivery: Delivery) {
        match delivery {
            Delivery::Events(frames) => {
                let rooms = self.rooms.borrow();
                let Some(members) = rooms.get(&room) else { return };
                METERS.deliveries.increment(members.peers.len() as u64);
                for peer in members.peers.values() {
                    frames.iter().for_each(|frame| peer.put(Wire::One(frame.clone()), true));
                    self.mark(peer);
                }
            }
            Delivery::Answer { session, frame } => {
                if let Some(peer) = self.peer(session) {
                    peer.send(frame);
                }
            }
            Delivery::Joined { session, answer, tail, access } => self.joined(room, session, answer, tail, access),
            Delivery::NotJoined { session, frame } => {
                if let Some(peer) = self.peer(session) {
                    peer.joining.set(peer.joining.get().saturating_sub(1));
                    // It may be in by an earlier subscription, and then stays in.
                    if !self.is_in(room, session) {
                        peer.rooms.borrow_mut().remove(&room);
                    }
                    peer.send(frame);
                }
            }
            Delivery::Left { session, answer } => {
                if let Some(peer) = self.take_out(room, session).or_else(|| self.peer(session)) {
                    peer.rooms.borrow_mut().remove(&room);
                    peer.send(answer);
                }
            }
            Delivery::Presence(updates) => self.presence(room, &updates),
            Delivery::Closed(code) => {
                let members = self.rooms.borrow().get(&room).map(|members| members.peers.keys().copied().collect());
                let sessions: Vec<_> = members.unwrap_or_default();
                sessions.into_iter().for_each(|session| self.expel(room, session, code));
            }
        }
    }

    fn joined(&self, room: Room, session: SessionId, answer: Wire, tail: Vec<Bytes>, access: Option<Access>) {
        let Some(peer) = self.peer(session) else { return };
        peer.joining.set(peer.joining.get().saturating_sub(u32::from(matches!(room, Room::Board(_)))));
        if !peer.rooms.borrow().contains_key(&room) {
            return;
        }
        // Whoever lost access since the room let it in is stopped here, or by the eviction that follows.
        if let Some((_, access)) = &access
            && peer.user_id().is_none_or(|user| access.load().role(user).is_none())
        {
            return self.expel(room, session, Code::Forbidden);
        }
        let mut rooms = self.rooms.borrow_mut();
        let members = rooms.entry(room).or_default();
        members.workspace = access.map(|(workspace, _)| workspace);
        members.peers.insert(session, Rc::clone(&peer));
        peer.put(answer, false);
        tail.into_iter().for_each(|frame| peer.put(Wire::One(frame), false));
        peer.outbox.wake();
    }

    /// Tells everybody what concerns them: one frame for those whom all of it does, one each for the others.
    fn presence(&self, room: Room, updates: &Updates) {
        let rooms = self.rooms.borrow();
        let Some(members) = rooms.get(&room) else { return };
        let Some(whole) = codec::presence(room, updates.updates.iter().map(|(_, update)| update)) else { return };
        let named: HashSet<SessionId> = updates.updates.iter().map(|(session, _)| *session).collect();
        for (session, peer) in &members.peers {
            let frame = if !named.contains(session) && updates.known.concerns_wholly(*session) {
                Some(whole.clone())
            } else {
                let theirs = updates.updates.iter().filter(|(other, _)| updates.known.concerns(*session, *other));
                codec::presence(room, theirs.map(|(_, update)| update))
            };
            if let Some(frame) = frame {
                peer.put(Wire::One(frame), true);
                self.mark(peer);
            }
        }
    }

    /// Sends one event to all who are in one of these rooms, once to each.
    fn announce(&self, frames: &[(Room, Bytes)]) {
        let rooms = self.rooms.borrow();
        let mut told = HashSet::new();
        for (room, frame) in frames {
            let Some(members) = rooms.get(room) else { continue };
            for (session, peer) in &members.peers {
                if told.insert(*session) {
                    peer.put(Wire::One(frame.clone()), true);
                    self.mark(peer);
                }
            }
        }
    }

    fn mark(&self, peer: &Rc<Peer>) {
        if !peer.is_dirty.replace(true) {
            self.dirty.borrow_mut().push(Rc::clone(peer));
        }
    }

    /// Wakes the sockets of all that got something. Returns how many there were.
    fn flush(&self) -> u32 {
        let dirty = self.dirty.take();
        for peer in &dirty {
            peer.is_dirty.set(false);
            peer.outbox.wake();
        }
        u32::try_from(dirty.len()).unwrap_or(u32::MAX)
    }

    fn for_each(&self, act: impl Fn(&Rc<Peer>)) {
        let peers: Vec<_> = self.peers.borrow().values().cloned().collect();
        peers.iter().for_each(act);
    }
}

/// The workspace of a room, and who may be in it.
pub type Access = (WorkspaceId, AccessCell);

/// What a room has for the sessions of a hub, in the room's order.
pub enum Delivery {
    /// For all who are in it.
    Events(Vec<Bytes>),
    /// An `ack`, a `reject`, an `error`.
    Answer {
        session: SessionId,
        frame: Bytes,
    },
    /// The session is in from here on: the answer first, then the events that came since.
    Joined {
        session: SessionId,
        answer: Wire,
        tail: Vec<Bytes>,
        access: Option<Access>,
    },
    /// The session could not be let in.
    NotJoined {
        session: SessionId,
        frame: Bytes,
    },
    Left {
        session: SessionId,
        answer: Bytes,
    },
    Presence(PresenceUpdates),
    /// The room is no more, or can't be followed any further.
    Closed(Code),
}

/// The actor through which other threads reach a worker's sessions.
pub struct Hub {
    local: Rc<Local>,
    overrun: Arc<AtomicBool>,
    flushed_at: Instant,
    is_armed: bool,
}

/// A hub as others see it. Cheap to clone.
#[derive(Clone)]
pub struct HubHandle {
    addr: Addr<Hub>,
    overrun: Arc<AtomicBool>,
    pub(super) arbiter: ArbiterHandle,
}

impl HubHandle {
    /// Starts the hub of the current worker thread.
    pub fn start(online: Online, sessions: Arc<AtomicUsize>) -> (Self, Rc<Local>) {
        let local = Rc::new(Local::new(online, sessions));
        let overrun = Arc::new(AtomicBool::new(false));
        let hub = Hub {
            local: Rc::clone(&local),
            overrun: Arc::clone(&overrun),
            flushed_at: Instant::now(),
            is_armed: false,
        };
        (Self { addr: hub.start(), overrun, arbiter: Arbiter::current() }, local)
    }

    /// A hub that can't keep up loses its sessions, not the order of their events: they come back with `since`.
    fn send<M>(&self, message: M)
    where
        M: Message<Result = ()> + Send + 'static,
        Hub: Handler<M>,
    {
        if self.addr.try_send(message).is_err() {
            self.overrun.store(true, Ordering::Release);
        }
    }

    pub fn deliver(&self, room: Room, deliveries: Vec<Delivery>) {
        self.send(Deliver { room, deliveries });
    }

    pub fn announce(&self, frames: Arc<[(Room, Bytes)]>) {
        self.send(Announce(frames));
    }

    pub fn evict(&self, workspace: WorkspaceId, user: UserId) {
        self.send(Evict { workspace, user });
    }

    pub fn close(&self, whose: Whose, bye: Bye) {
        self.send(Close { whose, bye });
    }

    pub fn drain(&self, window: Duration) {
        self.send(Drain { window });
    }
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        context.run_interval(SWEEP_EVERY, |hub, _| hub.sweep());
    }
}

impl Hub {
    fn sweep(&mut self) {
        if self.overrun.swap(false, Ordering::AcqRel) {
            self.local.for_each(|peer| peer.outbox.close(Bye::SlowConsumer, None));
        }
        let (now, moment) = (Instant::now(), clock::now());
        self.local.for_each(|peer| peer.sweep(now, moment));
    }

    /// Wakes the sockets at once, or, the busier this thread is with writing, the later, so that frames share a write.
    fn settle(&mut self, context: &mut Context<Self>) {
        let count = u32::try_from(self.local.dirty.borrow().len()).unwrap_or(u32::MAX);
        if self.is_armed || count == 0 {
            return;
        }
        let tick = (WRITE_COST * count * 2).min(TICK_MAX);
        let due = self.flushed_at + tick;
        match due.checked_duration_since(Instant::now()) {
            None => self.flush(),
            Some(wait) => {
                self.is_armed = true;
                context.run_later(wait, |hub, _| {
                    hub.is_armed = false;
                    hub.flush();
                });
            }
        }
    }

    fn flush(&mut self) {
        self.local.flush();
        self.flushed_at = Instant::now();
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Deliver {
    room: Room,
    deliveries: Vec<Delivery>,
}

impl Handler<Deliver> for Hub {
    type Result = ();

    fn handle(&mut self, message: Deliver, context: &mut Self::Context) {
        for delivery in message.deliveries {
            self.local.deliver(message.room, delivery);
        }
        self.settle(context);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Announce(Arc<[(Room, Bytes)]>);

impl Handler<Announce> for Hub {
    type Result = ();

    fn handle(&mut self, Announce(frames): Announce, context: &mut Self::Context) {
        self.local.announce(&frames);
        self.settle(context);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Evict {
    workspace: WorkspaceId,
    user: UserId,
}

impl Handler<Evict> for Hub {
    type Result = ();

    fn handle(&mut self, Evict { workspace, user }: Evict, _: &mut Self::Context) {
        let mut expelled = Vec::new();
        for (room, members) in self.local.rooms.borrow().iter().filter(|(_, m)| m.workspace == Some(workspace)) {
            let theirs = members.peers.values().filter(|peer| peer.user_id() == Some(user));
            expelled.extend(theirs.map(|peer| (*room, peer.id)));
        }
        for (room, session) in expelled {
            self.local.expel(room, session, Code::Forbidden);
        }
    }
}

/// Which sessions are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    User(UserId),
    Family(FamilyId),
}

#[derive(Message)]
#[rtype(result = "()")]
struct Close {
    whose: Whose,
    bye: Bye,
}

impl Handler<Close> for Hub {
    type Result = ();

    fn handle(&mut self, Close { whose, bye }: Close, _: &mut Self::Context) {
        self.local.for_each(|peer| {
            let is_meant = peer.signed.borrow().as_ref().is_some_and(|signed| match whose {
                Whose::User(user) => signed.user.id == user,
                Whose::Family(family) => signed.family == Some(family),
            });
            if is_meant {
                peer.outbox.close(bye, None);
            }
        });
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Drain {
    /// The closes are spread over so long.
    window: Duration,
}

impl Handler<Drain> for Hub {
    type Result = ();

    fn handle(&mut self, Drain { window }: Drain, context: &mut Self::Context) {
        let steps = (window.as_millis() / DRAIN_STEP.as_millis()).max(1) as usize;
        let waiting: Vec<SessionId> = self.local.peers.borrow().keys().copied().collect();
        let portion = waiting.len().div_ceil(steps);
        self.drain_some(waiting, portion, context);
    }
}

impl Hub {
    /// Closes a portion of these sessions, and the others a little later.
    fn drain_some(&mut self, mut waiting: Vec<SessionId>, portion: usize, context: &mut Context<Self>) {
        for session in waiting.split_off(waiting.len().saturating_sub(portion)) {
            if let Some(peer) = self.local.peer(session) {
                peer.outbox.close(Bye::Draining, Some(rand::rng().random_range(50..=300)));
            }
        }
        if !waiting.is_empty() {
            context.run_later(DRAIN_STEP, move |hub, context| hub.drain_some(waiting, portion, context));
        }
    }
}
