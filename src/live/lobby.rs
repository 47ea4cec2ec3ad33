//! The rooms without order that one actor hosts: who is in them, and through which hubs they are reached.

use super::clock;
use super::exchange::Heard;
use super::hub::{Access, Delivery, HubId};
use super::peer::Host;
use super::registry::Live;
use crate::domain::ids::{Incarnation, SessionId};
use crate::domain::mirror::{Ledger, Mirror};
use crate::domain::presence::{Known, Listing, Roster, UserName};
use crate::protocol::codec;
use crate::protocol::frame::{RequestId, Room};
use crate::protocol::peer::{Parcel, PeerMessage, PeerRoster};
use actix::prelude::*;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Presence is told at most so often.
pub const PRESENCE_EVERY: Duration = Duration::from_millis(50);
/// Joins and leaves of a large room are told at most so often.
const LARGE_EVERY: Duration = Duration::from_secs(1);

/// The wall clock, for what may be late.
pub fn now_ms() -> i64 {
    clock::now().micros() / 1_000
}

/// Who is in one room: the sessions of this node, by hub, and those of other nodes.
#[derive(Default)]
pub struct Attendance {
    roster: Roster,
    hubs: HashMap<SessionId, HubId>,
    counts: HashMap<HubId, usize>,
    large_told_at: Option<Instant>,
    /// What the other nodes have yet to be told.
    ledger: Ledger<SessionId>,
    elsewhere: Mirror<SessionId>,
}

impl Attendance {
    pub fn join(&mut self, session: SessionId, hub: HubId, user: UserName) {
        self.roster.admit(session, user);
        self.ledger.note(session);
        if self.hubs.insert(session, hub).is_none() {
            *self.counts.entry(hub).or_default() += 1;
        }
    }

    pub fn leave(&mut self, session: SessionId) {
        let Some(hub) = self.hubs.remove(&session) else { return };
        self.roster.leave(session);
        self.ledger.note(session);
        let count = self.counts.entry(hub).or_default();
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&hub);
        }
    }

    /// Replaces the state of a session of this node.
    pub fn set_state(&mut self, session: SessionId, state: Value) {
        if self.hubs.contains_key(&session) && self.roster.set_state(session, state) {
            self.ledger.note(session);
        }
    }

    pub fn list(&self) -> Listing {
        self.roster.list()
    }

    /// Whether there is something to tell, here or to other nodes.
    pub fn is_dirty(&self) -> bool {
        self.roster.is_dirty()
    }

    /// Whether nobody of this node is here.
    pub fn is_deserted(&self) -> bool {
        self.hubs.is_empty()
    }

    /// How many sessions of this node are here.
    pub fn session_count(&self) -> usize {
        self.hubs.len()
    }

    pub fn hub_of(&self, session: SessionId) -> Option<HubId> {
        self.hubs.get(&session).copied()
    }

    /// The hubs that have a session in the room.
    pub fn hubs(&self) -> impl Iterator<Item = HubId> {
        self.counts.keys().copied()
    }

    /// Tells the other nodes what has changed on this one.
    pub fn tell_peers(&mut self, live: &Live, room: Room) {
        let Some((n, changed)) = self.ledger.take() else { return };
        let (here, gone): (Vec<_>, Vec<_>) = changed.into_iter().partition(|session| self.hubs.contains_key(session));
        let put = here.into_iter().filter_map(|session| self.roster.get(session).cloned()).collect();
        live.tell_room(room, &PeerMessage::Presence { room, n, put, gone });
    }

    /// Says that this node is there, lets go of nodes that are not, and gives whether somebody went with them.
    pub fn beat(&mut self, live: &Live, room: Room) {
        if !self.is_deserted() {
            live.tell_room(room, &PeerMessage::PresenceBeat { room, n: self.ledger.n() });
        }
        self.let_go(live);
    }

    /// Lets go of what dead or silent nodes have left behind.
    pub fn let_go(&mut self, live: &Live) {
        let membership = live.membership();
        for session in self.elsewhere.retain(|node| membership.lives(node), now_ms()) {
            self.roster.leave(session);
        }
    }

    /// Takes in who is here on another node.
    pub fn take_roster(&mut self, from: Incarnation, roster: PeerRoster) {
        let sessions = roster.present.iter().map(|present| present.session_id);
        for session in self.elsewhere.replace(from, roster.n, sessions, now_ms()) {
            self.roster.leave(session);
        }
        for present in roster.present {
            // A session that has come back to this node is this node's.
            if !self.hubs.contains_key(&present.session_id) {
                self.roster.put(present);
            }
        }
    }

    /// Takes in what another node says of this room.
    pub fn hear(&mut self, live: &Live, room: Room, from: Incarnation, message: PeerMessage) {
        let heard = match message {
            PeerMessage::AskRoster { tag, .. } => {
                let here = self.hubs.keys().filter_map(|session| self.roster.get(*session).cloned());
                let roster = PeerRoster { room, n: self.ledger.n(), present: here.collect() };
                return live.tell(from, &PeerMessage::Roster { tag, roster });
            }
            PeerMessage::Roster { roster, .. } => return self.take_roster(from, roster),
            PeerMessage::PresenceBeat { n, .. } => self.elsewhere.beat(from, n, now_ms()),
            PeerMessage::Presence { n, put, gone, .. } => {
                let sessions: Vec<_> = put.iter().map(|present| present.session_id).collect();
                let heard = self.elsewhere.change(from, n, &sessions, &gone, now_ms());
                if heard.is_ok() {
                    put.into_iter().for_each(|present| self.roster.put(present));
                    gone.into_iter().for_each(|session| self.roster.leave(session));
                }
                heard
            }
            _ => return,
        };
        if heard.is_err() && self.elsewhere.must_ask(from, now_ms()) {
            live.tell(from, &PeerMessage::AskRoster { tag: 0, room });
        }
    }

    /// What the others have yet to be told.
    pub fn updates(&mut self) -> PresenceUpdates {
        let now = Instant::now();
        let states_only = self.roster.is_large() && self.large_told_at.is_some_and(|at| now - at < LARGE_EVERY);
        if !states_only {
            self.large_told_at = Some(now);
        }
        let updates = self.roster.take_updates(states_only);
        let updates = updates.iter().map(|update| (update.session_id(), codec::presence_update(update))).collect();
        Arc::new(Updates { updates, known: self.roster.take_known() })
    }
}

/// Changes of presence on their way to every hub of a room.
pub type PresenceUpdates = Arc<Updates>;

pub struct Updates {
    /// Of whom, and how it is told; encoded once.
    pub updates: Vec<(SessionId, Bytes)>,
    /// Who knows some of it already.
    pub known: Known,
}

/// See the module's text.
pub struct Lobby {
    live: Live,
    host: Host,
    rooms: HashMap<Room, Place>,
}

/// One room.
#[derive(Default)]
struct Place {
    attendance: Attendance,
    /// Those who wait until this node has heard who is here on the others; `None` once it has.
    waiting: Option<Vec<(Entrant, Option<Access>)>>,
}

/// A session that wants to come in.
pub struct Entrant {
    pub session: SessionId,
    pub hub: HubId,
    pub user: UserName,
    pub id: RequestId,
}

/// An actor that has a lobby.
pub trait Hosts: Actor<Context = Context<Self>> {
    fn lobby(&mut self) -> Option<&mut Lobby>;

    /// Sees to it that changes of presence are told, folded.
    fn arm(&mut self, context: &mut Context<Self>);

    /// Lets a session into a room. The first of this node waits until it is known who is here on the others.
    fn enter(&mut self, room: Room, entrant: Entrant, access: Option<Access>, context: &mut Context<Self>) {
        let Some(lobby) = self.lobby() else { return };
        if let Some(synced) = lobby.enter(room, entrant, access) {
            context.spawn(synced.into_actor(self).map(move |rosters, host, context| {
                if let Some(lobby) = host.lobby() {
                    lobby.synced(room, rosters);
                }
                host.arm(context);
            }));
        }
        self.arm(context);
    }

    /// Takes in what is heard of other nodes.
    fn hear(&mut self, heard: Heard, context: &mut Context<Self>) {
        if let Some(lobby) = self.lobby() {
            lobby.hear(heard);
        }
        self.arm(context);
    }
}

type Synced = BoxFuture<'static, Vec<(Incarnation, PeerRoster)>>;

impl Lobby {
    pub fn new(live: Live, host: Host) -> Self {
        Self { live, host, rooms: HashMap::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Lets a session in, or has it wait for what is given back.
    fn enter(&mut self, room: Room, entrant: Entrant, access: Option<Access>) -> Option<Synced> {
        let is_new = !self.rooms.contains_key(&room);
        let place = self.rooms.entry(room).or_default();
        if let Some(waiting) = &mut place.waiting {
            waiting.push((entrant, access));
            return None;
        }
        if is_new && self.live.is_shared() {
            place.waiting = Some(vec![(entrant, access)]);
            let (live, host) = (self.live.clone(), self.host.clone());
            let synced = async move {
                live.follow(room, host).await;
                live.rosters(room).await
            };
            return Some(Box::pin(synced));
        }
        self.join(room, entrant, access);
        None
    }

    /// It is known who is in a room on the other nodes.
    fn synced(&mut self, room: Room, rosters: Vec<(Incarnation, PeerRoster)>) {
        let Some(place) = self.rooms.get_mut(&room) else { return };
        for (from, roster) in rosters {
            place.attendance.take_roster(from, roster);
        }
        for (entrant, access) in place.waiting.take().unwrap_or_default() {
            self.join(room, entrant, access);
        }
    }

    /// Lets a session in and answers it.
    fn join(&mut self, room: Room, entrant: Entrant, access: Option<Access>) {
        let Entrant { session, hub, user, id } = entrant;
        let attendance = &mut self.rooms.entry(room).or_default().attendance;
        attendance.join(session, hub, user);
        let answer = codec::subscribed_room(id, room, &attendance.list());
        self.deliver(hub, room, Delivery::Joined { session, answer, tail: Vec::new(), access });
    }

    /// Takes a session out, and answers it where it asked.
    pub fn leave(&mut self, room: Room, session: SessionId, answer: Option<Bytes>) {
        let Some(place) = self.rooms.get_mut(&room) else { return };
        let mut hub = place.attendance.hub_of(session);
        if let Some(waiting) = &mut place.waiting {
            let left = waiting.extract_if(.., |(entrant, _)| entrant.session == session);
            hub = left.last().map(|(entrant, _)| entrant.hub).or(hub);
        }
        place.attendance.leave(session);
        if let (Some(hub), Some(answer)) = (hub, answer) {
            self.deliver(hub, room, Delivery::Left { session, answer });
        }
    }

    pub fn set_state(&mut self, room: Room, session: SessionId, state: Value) {
        if let Some(place) = self.rooms.get_mut(&room) {
            place.attendance.set_state(session, state);
        }
    }

    /// Tells what has changed. Returns whether more is to be told later.
    pub fn tell(&mut self) -> bool {
        for (room, Place { attendance, .. }) in &mut self.rooms {
            attendance.tell_peers(&self.live, *room);
            if !attendance.is_dirty() {
                continue;
            }
            let updates = attendance.updates();
            for hub in attendance.hubs() {
                if let Some(hub) = self.live.hub(hub) {
                    hub.deliver(*room, vec![Delivery::Presence(Arc::clone(&updates))]);
                }
            }
        }
        let is_over = |_: &Room, place: &mut Place| place.waiting.is_none() && place.attendance.is_deserted();
        for (room, _) in self.rooms.extract_if(is_over) {
            self.live.unfollow(room, &self.host);
        }
        self.rooms.values().any(|place| place.attendance.is_dirty())
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::ViewChanged => self.rooms.values_mut().for_each(|place| place.attendance.let_go(&self.live)),
            Heard::BusUp => self.beat(),
            Heard::Parcel(Parcel { from, message }) => {
                let room = match &message {
                    PeerMessage::AskRoster { room, .. }
                    | PeerMessage::Presence { room, .. }
                    | PeerMessage::PresenceBeat { room, .. } => *room,
                    PeerMessage::Roster { roster, .. } => roster.room,
                    _ => return,
                };
                match self.rooms.get_mut(&room) {
                    Some(place) => place.attendance.hear(&self.live, room, from, message),
                    // The last has just left.
                    None => {
                        if let PeerMessage::AskRoster { tag, .. } = message {
                            let roster = PeerRoster { room, n: 0, present: Vec::new() };
                            self.live.tell(from, &PeerMessage::Roster { tag, roster });
                        }
                    }
                }
            }
        }
    }

    /// Says in every room that this node is there.
    pub fn beat(&mut self) {
        for (room, place) in &mut self.rooms {
            place.attendance.beat(&self.live, *room);
        }
    }

    fn deliver(&self, hub: HubId, room: Room, delivery: Delivery) {
        if let Some(hub) = self.live.hub(hub) {
            hub.deliver(room, vec![delivery]);
        }
    }
}
