//! Who is online: the connections of each user, and the rooms `user:{id}`.

use super::clock;
use super::hub::HubId;
use super::lobby::{Entrant, Lobby, PRESENCE_EVERY};
use super::registry::WeakLive;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::presence::UserName;
use crate::domain::time::Moment;
use crate::protocol::frame::{Announcement, RequestId, Room};
use actix::prelude::*;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

const MAILBOX: usize = 65_536;
/// A user who comes back within this time, by a reload, was never away.
const GRACE: Duration = Duration::from_secs(5);

/// Reaches the actor. Cheap to clone.
#[derive(Clone)]
pub struct Online {
    addr: Addr<OnlineActor>,
}

impl Online {
    pub fn start(live: WeakLive) -> Self {
        Self { addr: OnlineActor { live, lobby: None, users: HashMap::new(), is_armed: false }.start() }
    }

    pub fn addr(&self) -> &Addr<OnlineActor> {
        &self.addr
    }

    /// A session was authenticated.
    pub fn came(&self, user: UserId, session: SessionId) {
        self.note(Note { user, session, is_here: true });
    }

    /// A session has ended.
    pub fn went(&self, user: UserId, session: SessionId) {
        self.note(Note { user, session, is_here: false });
    }

    fn note(&self, note: Note) {
        if self.addr.try_send(note).is_err() {
            tracing::warn!("too many sessions come and go at once: who is online may be told wrongly");
        }
    }
}

/// See the module's text.
pub struct OnlineActor {
    live: WeakLive,
    lobby: Option<Lobby>,
    /// A user's connections; none within the grace after the last has ended.
    users: HashMap<UserId, HashSet<SessionId>>,
    is_armed: bool,
}

impl OnlineActor {
    /// The rooms, once the node has been put together.
    fn lobby(&mut self) -> Option<&mut Lobby> {
        if self.lobby.is_none() {
            self.lobby = self.live.upgrade().map(Lobby::new);
        }
        self.lobby.as_mut()
    }

    fn announce(&self, user: UserId, kind: &'static str, at_name: &str) {
        let at: Moment = clock::now();
        let data = json!({"user_id": user, at_name: at});
        if let Some(live) = self.live.upgrade() {
            live.announce_to_workspaces_of(user, &Announcement { kind, actor_id: Some(user), at, data });
        }
    }

    fn went(&mut self, user: UserId, session: SessionId, context: &mut Context<Self>) {
        let Some(sessions) = self.users.get_mut(&user) else { return };
        sessions.remove(&session);
        if sessions.is_empty() {
            context.run_later(GRACE, move |actor, _| {
                if actor.users.get(&user).is_some_and(HashSet::is_empty) {
                    actor.users.remove(&user);
                    actor.announce(user, "user.offline", "last_seen");
                }
            });
        }
    }

    fn arm(&mut self, context: &mut Context<Self>) {
        if !self.is_armed {
            self.is_armed = true;
            context.run_later(PRESENCE_EVERY, |actor, context| {
                actor.is_armed = false;
                if actor.lobby.as_mut().is_some_and(Lobby::tell) {
                    actor.arm(context);
                }
            });
        }
    }
}

impl Actor for OnlineActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Note {
    user: UserId,
    session: SessionId,
    is_here: bool,
}

impl Handler<Note> for OnlineActor {
    type Result = ();

    fn handle(&mut self, Note { user, session, is_here }: Note, context: &mut Self::Context) {
        if !is_here {
            return self.went(user, session, context);
        }
        let is_first = !self.users.contains_key(&user);
        self.users.entry(user).or_default().insert(session);
        if is_first {
            self.announce(user, "user.online", "at");
        }
    }
}

/// A session comes into its user's room.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join {
    pub session: SessionId,
    pub hub: HubId,
    pub user: UserName,
    pub id: RequestId,
}

impl Handler<Join> for OnlineActor {
    type Result = ();

    fn handle(&mut self, Join { session, hub, user, id }: Join, context: &mut Self::Context) {
        let room = Room::User(user.id);
        if let Some(lobby) = self.lobby() {
            lobby.join(room, Entrant { session, hub, user, id }, None);
        }
        self.arm(context);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    pub room: Room,
    pub session: SessionId,
    pub answer: Option<Bytes>,
}

impl Handler<Leave> for OnlineActor {
    type Result = ();

    fn handle(&mut self, Leave { room, session, answer }: Leave, context: &mut Self::Context) {
        if let Some(lobby) = self.lobby() {
            lobby.leave(room, session, answer);
        }
        self.arm(context);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct SetState {
    pub room: Room,
    pub session: SessionId,
    pub state: Value,
}

impl Handler<SetState> for OnlineActor {
    type Result = ();

    fn handle(&mut self, SetState { room, session, state }: SetState, context: &mut Self::Context) {
        if let Some(lobby) = self.lobby() {
            lobby.set_state(room, session, state);
        }
        self.arm(context);
    }
}
