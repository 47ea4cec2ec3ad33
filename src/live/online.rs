//! Who is online: the connections of each user, and the rooms `user:{id}`.

use super::clock;
use super::exchange::{Heard, ROOM_BEAT_EVERY};
use super::hub::HubId;
use super::lobby::{Entrant, Hosts, Lobby, PRESENCE_EVERY, now_ms};
use super::peer::Host;
use super::registry::WeakLive;
use crate::domain::ids::{Incarnation, SessionId, UserId};
use crate::domain::mirror::{Ledger, Mirror};
use crate::domain::presence::UserName;
use crate::domain::time::Moment;
use crate::protocol::frame::{Announcement, RequestId, Room};
use crate::protocol::peer::{Parcel, PeerMessage};
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
        let actor = OnlineActor {
            live,
            address: None,
            lobby: None,
            here: HashMap::new(),
            elsewhere: Mirror::default(),
            ledger: Ledger::default(),
            shown: HashSet::new(),
            is_armed: false,
        };
        Self { addr: actor.start() }
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
    address: Option<Addr<Self>>,
    lobby: Option<Lobby>,
    /// The connections of each user to this node.
    here: HashMap<UserId, HashSet<SessionId>>,
    elsewhere: Mirror<UserId>,
    /// What the other nodes have yet to be told.
    ledger: Ledger<UserId>,
    /// Those whom everybody on this node takes for online; within the grace after the last connection has ended, too.
    shown: HashSet<UserId>,
    is_armed: bool,
}

impl OnlineActor {
    fn announce(&self, user: UserId, kind: &'static str, at_name: &str) {
        let at: Moment = clock::now();
        let data = json!({"user_id": user, at_name: at});
        if let Some(live) = self.live.upgrade() {
            live.announce_to_workspaces_of(user, &Announcement { kind, actor_id: Some(user), at, data });
        }
    }

    fn is_online(&self, user: UserId) -> bool {
        self.here.contains_key(&user) || self.elsewhere.contains(user)
    }

    /// Something has changed for a user: others are told when that makes a difference, over all nodes.
    fn look_at(&mut self, user: UserId, context: &mut Context<Self>) {
        let is_online = self.is_online(user);
        if is_online && self.shown.insert(user) {
            self.announce(user, "user.online", "at");
        } else if !is_online && self.shown.contains(&user) {
            context.run_later(GRACE, move |actor, _| {
                if !actor.is_online(user) && actor.shown.remove(&user) {
                    actor.announce(user, "user.offline", "last_seen");
                }
            });
        }
    }

    fn note(&mut self, Note { user, session, is_here }: Note) {
        let was_here = self.here.contains_key(&user);
        if is_here {
            self.here.entry(user).or_default().insert(session);
        } else if let Some(sessions) = self.here.get_mut(&user) {
            sessions.remove(&session);
            if sessions.is_empty() {
                self.here.remove(&user);
            }
        }
        if was_here != self.here.contains_key(&user) {
            self.ledger.note(user);
        }
    }

    /// Tells the other nodes whose users have come or gone here.
    fn tell_peers(&mut self) {
        let Some((n, changed)) = self.ledger.take() else { return };
        let (put, gone) = changed.into_iter().partition(|user| self.here.contains_key(user));
        if let Some(live) = self.live.upgrade() {
            live.tell_all(&PeerMessage::OnlineChange { n, put, gone });
        }
    }

    fn beat(&mut self, context: &mut Context<Self>) {
        if let Some(live) = self.live.upgrade() {
            live.tell_all(&PeerMessage::OnlineBeat { n: self.ledger.n() });
        }
        if let Some(lobby) = self.lobby() {
            lobby.beat();
        }
        self.let_go(context);
        self.arm(context);
    }

    /// Lets go of what dead or silent nodes have left behind.
    fn let_go(&mut self, context: &mut Context<Self>) {
        let Some(live) = self.live.upgrade() else { return };
        let gone = self.elsewhere.retain(|node| live.membership().lives(node), now_ms());
        gone.into_iter().for_each(|user| self.look_at(user, context));
    }

    /// Takes in what another node says of its users.
    fn hear_online(&mut self, from: Incarnation, message: &PeerMessage, context: &mut Context<Self>) {
        let Some(live) = self.live.upgrade() else { return };
        let heard = match message {
            PeerMessage::AskOnline => {
                let users = self.here.keys().copied().collect();
                return live.tell(from, &PeerMessage::Online { n: self.ledger.n(), users });
            }
            PeerMessage::Online { n, users } => {
                let gone = self.elsewhere.replace(from, *n, users.iter().copied(), now_ms());
                gone.iter().chain(users).for_each(|user| self.look_at(*user, context));
                return;
            }
            PeerMessage::OnlineBeat { n } => self.elsewhere.beat(from, *n, now_ms()),
            PeerMessage::OnlineChange { n, put, gone } => {
                let heard = self.elsewhere.change(from, *n, put, gone, now_ms());
                if heard.is_ok() {
                    put.iter().chain(gone).for_each(|user| self.look_at(*user, context));
                }
                heard
            }
            _ => return,
        };
        if heard.is_err() && self.elsewhere.must_ask(from, now_ms()) {
            live.tell(from, &PeerMessage::AskOnline);
        }
    }
}

impl Actor for OnlineActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        self.address = Some(context.address());
        context.run_interval(ROOM_BEAT_EVERY, Self::beat);
    }
}

impl Hosts for OnlineActor {
    /// The rooms, once the node has been put together.
    fn lobby(&mut self) -> Option<&mut Lobby> {
        if let (None, Some(live), Some(address)) = (&self.lobby, self.live.upgrade(), &self.address) {
            self.lobby = Some(Lobby::new(live, Host::Online(address.clone())));
        }
        self.lobby.as_mut()
    }

    fn arm(&mut self, context: &mut Context<Self>) {
        if !self.is_armed {
            self.is_armed = true;
            context.run_later(PRESENCE_EVERY, |actor, context| {
                actor.is_armed = false;
                actor.tell_peers();
                if actor.lobby.as_mut().is_some_and(Lobby::tell) {
                    actor.arm(context);
                }
            });
        }
    }
}

impl Handler<Heard> for OnlineActor {
    type Result = ();

    fn handle(&mut self, heard: Heard, context: &mut Self::Context) {
        match &heard {
            Heard::ViewChanged => self.let_go(context),
            Heard::BusUp => self.beat(context),
            Heard::Parcel(Parcel { from, message }) => self.hear_online(*from, message, context),
        }
        self.hear(heard, context);
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

    fn handle(&mut self, note: Note, context: &mut Self::Context) {
        let user = note.user;
        self.note(note);
        self.look_at(user, context);
        self.arm(context);
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
        self.enter(room, Entrant { session, hub, user, id }, None, context);
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
