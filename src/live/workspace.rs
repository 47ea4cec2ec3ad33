//! A workspace: who belongs to it, and its rooms without order (its own, its projects', its tasks').

use super::exchange::{Heard, ROOM_BEAT_EVERY};
use super::handle::AccessCell;
use super::hub::HubId;
use super::lobby::{Entrant, Hosts, Lobby, PRESENCE_EVERY};
use super::peer::Host;
use super::registry::Live;
use crate::domain::ids::{SessionId, WorkspaceId};
use crate::domain::presence::UserName;
use crate::protocol::frame::{RequestId, Room};
use actix::prelude::*;
use bytes::Bytes;
use serde_json::Value;
use std::time::{Duration, Instant};

const MAILBOX: usize = 16_384;
const REREAD_EVERY: Duration = Duration::from_secs(1);

/// See the module's text.
pub struct WorkspaceActor {
    live: Live,
    id: WorkspaceId,
    access: AccessCell,
    /// Once it has an address.
    lobby: Option<Lobby>,
    is_armed: bool,
    used_at: Instant,
}

impl WorkspaceActor {
    pub fn new(live: Live, id: WorkspaceId, access: AccessCell) -> Self {
        Self { lobby: None, live, id, access, is_armed: false, used_at: Instant::now() }
    }

    fn end_if_idle(&mut self, context: &mut Context<Self>) {
        let is_used = self.lobby.as_ref().is_some_and(|lobby| !lobby.is_empty()) || self.live.has_boards_of(self.id);
        if !is_used && self.used_at.elapsed() >= self.live.idle() {
            self.live.workspace_ends(self.id, &context.address());
            context.stop();
        }
    }
}

impl Actor for WorkspaceActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        self.lobby = Some(Lobby::new(self.live.clone(), Host::Workspace(context.address())));
        context.run_interval(self.live.idle(), Self::end_if_idle);
        context.run_interval(ROOM_BEAT_EVERY, |actor, context| {
            actor.lobby.iter_mut().for_each(Lobby::beat);
            actor.arm(context);
        });
    }
}

impl Hosts for WorkspaceActor {
    fn lobby(&mut self) -> Option<&mut Lobby> {
        self.lobby.as_mut()
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

impl Handler<Heard> for WorkspaceActor {
    type Result = ();

    fn handle(&mut self, heard: Heard, context: &mut Self::Context) {
        self.hear(heard, context);
    }
}

/// A session comes into a room; whether it may was checked, and is checked again when it is let in.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join {
    pub room: Room,
    pub session: SessionId,
    pub hub: HubId,
    pub user: UserName,
    pub id: RequestId,
}

impl Handler<Join> for WorkspaceActor {
    type Result = ();

    fn handle(&mut self, Join { room, session, hub, user, id }: Join, context: &mut Self::Context) {
        let access = Some((self.id, self.access.clone()));
        self.used_at = Instant::now();
        self.enter(room, Entrant { session, hub, user, id }, access, context);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    pub room: Room,
    pub session: SessionId,
    /// The answer to an `unsubscribe`.
    pub answer: Option<Bytes>,
}

impl Handler<Leave> for WorkspaceActor {
    type Result = ();

    fn handle(&mut self, Leave { room, session, answer }: Leave, context: &mut Self::Context) {
        self.used_at = Instant::now();
        if let Some(lobby) = &mut self.lobby {
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

impl Handler<SetState> for WorkspaceActor {
    type Result = ();

    fn handle(&mut self, SetState { room, session, state }: SetState, context: &mut Self::Context) {
        self.used_at = Instant::now();
        if let Some(lobby) = &mut self.lobby {
            lobby.set_state(room, session, state);
        }
        self.arm(context);
    }
}

/// Read who belongs to the workspace, until the store answers.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reread;

impl Handler<Reread> for WorkspaceActor {
    type Result = ();

    fn handle(&mut self, _: Reread, context: &mut Self::Context) {
        let Some(workspace) = self.live.workspace_at_hand(self.id) else { return };
        let live = self.live.clone();
        let reread = async move {
            while live.reread_access(&workspace).await.is_err() {
                actix::clock::sleep(REREAD_EVERY).await;
            }
        };
        context.spawn(reread.into_actor(self));
    }
}
