//! The rooms without order that one actor hosts: who is in them, and through which hubs they are reached.

use super::hub::{Access, Delivery, HubId};
use super::registry::Live;
use crate::domain::ids::SessionId;
use crate::domain::presence::{Roster, UserName};
use crate::protocol::codec;
use crate::protocol::frame::{RequestId, Room};
use bytes::Bytes;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Presence is told at most so often.
pub const PRESENCE_EVERY: Duration = Duration::from_millis(50);
/// Joins and leaves of a large room are told at most so often.
const LARGE_EVERY: Duration = Duration::from_secs(1);

/// The sessions of one room, by hub.
#[derive(Default)]
pub struct Attendance {
    pub roster: Roster,
    hubs: HashMap<SessionId, HubId>,
    /// Those who came since presence was last told, and whom their list named as news that the others have yet to hear.
    newcomers: HashMap<SessionId, HashSet<SessionId>>,
    counts: HashMap<HubId, usize>,
    large_told_at: Option<Instant>,
}

impl Attendance {
    pub fn join(&mut self, session: SessionId, hub: HubId, user: UserName) {
        self.newcomers.insert(session, self.roster.untold().collect());
        self.roster.join(session, user);
        if self.hubs.insert(session, hub).is_none() {
            *self.counts.entry(hub).or_default() += 1;
        }
    }

    pub fn leave(&mut self, session: SessionId) {
        self.roster.leave(session);
        self.newcomers.remove(&session);
        let Some(hub) = self.hubs.remove(&session) else { return };
        let count = self.counts.entry(hub).or_default();
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&hub);
        }
    }

    pub fn hub_of(&self, session: SessionId) -> Option<HubId> {
        self.hubs.get(&session).copied()
    }

    /// The hubs that have a session in the room.
    pub fn hubs(&self) -> impl Iterator<Item = HubId> {
        self.counts.keys().copied()
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
        Arc::new(Updates { updates, newcomers: std::mem::take(&mut self.newcomers) })
    }
}

/// Changes of presence on their way to every hub of a room.
pub type PresenceUpdates = Arc<Updates>;

pub struct Updates {
    /// Of whom, and how it is told; encoded once.
    pub updates: Vec<(SessionId, Bytes)>,
    /// Who knows of whom already.
    newcomers: HashMap<SessionId, HashSet<SessionId>>,
}

impl Updates {
    /// Whether `session` is told of `other`: not of itself, nor what its list of those present has told it.
    pub fn concerns(&self, session: SessionId, other: SessionId) -> bool {
        session != other && !self.newcomers.get(&session).is_some_and(|known| known.contains(&other))
    }

    /// Whether `session` is told all of it.
    pub fn concerns_wholly(&self, session: SessionId, named: &HashSet<SessionId>) -> bool {
        !named.contains(&session) && !self.newcomers.contains_key(&session)
    }
}

/// See the module's text.
pub struct Lobby {
    live: Live,
    rooms: HashMap<Room, Attendance>,
}

/// A session that wants to come in.
pub struct Entrant {
    pub session: SessionId,
    pub hub: HubId,
    pub user: UserName,
    pub id: RequestId,
}

impl Lobby {
    pub fn new(live: Live) -> Self {
        Self { live, rooms: HashMap::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Lets a session in and answers it.
    pub fn join(&mut self, room: Room, entrant: Entrant, access: Option<Access>) {
        let Entrant { session, hub, user, id } = entrant;
        let attendance = self.rooms.entry(room).or_default();
        attendance.join(session, hub, user);
        let answer = codec::subscribed_room(id, room, &attendance.roster.list());
        self.deliver(hub, room, Delivery::Joined { session, answer, tail: Vec::new(), access });
    }

    /// Takes a session out, and answers it where it asked.
    pub fn leave(&mut self, room: Room, session: SessionId, answer: Option<Bytes>) {
        let Some(attendance) = self.rooms.get_mut(&room) else { return };
        let hub = attendance.hub_of(session);
        attendance.leave(session);
        if let (Some(hub), Some(answer)) = (hub, answer) {
            self.deliver(hub, room, Delivery::Left { session, answer });
        }
    }

    pub fn set_state(&mut self, room: Room, session: SessionId, state: Value) {
        if let Some(attendance) = self.rooms.get_mut(&room) {
            attendance.roster.set_state(session, state);
        }
    }

    /// Tells what has changed. Returns whether more is to be told later.
    pub fn tell(&mut self) -> bool {
        for (room, attendance) in self.rooms.iter_mut().filter(|(_, attendance)| attendance.roster.is_dirty()) {
            let updates = attendance.updates();
            for hub in attendance.hubs() {
                if let Some(hub) = self.live.hub(hub) {
                    hub.deliver(*room, vec![Delivery::Presence(Arc::clone(&updates))]);
                }
            }
        }
        self.rooms.retain(|_, attendance| !attendance.roster.is_empty() || attendance.roster.is_dirty());
        self.rooms.values().any(|attendance| attendance.roster.is_dirty())
    }

    fn deliver(&self, hub: HubId, room: Room, delivery: Delivery) {
        if let Some(hub) = self.live.hub(hub) {
            hub.deliver(room, vec![delivery]);
        }
    }
}
