//! A session as its hub sees it, and what has to be done for it from outside.

use super::board::{self, BoardActor};
use super::online::{self, OnlineActor};
use super::outbox::Outbox;
use super::workspace::{self, WorkspaceActor};
use crate::domain::ids::{FamilyId, SessionId, UserId};
use crate::domain::presence::UserName;
use crate::domain::time::Moment;
use crate::protocol::code::Bye;
use crate::protocol::codec::{self, Message as Wire};
use crate::protocol::frame::{Room, ServerFrame};
use actix::prelude::*;
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const PING_EVERY: Duration = Duration::from_secs(25);
const SILENT_MAX: Duration = Duration::from_secs(60);
const AUTHENTICATE_WITHIN: Duration = Duration::from_secs(10);
/// How long a closing session is read on, so that the close frame arrives.
const CLOSE_GRACE: Duration = Duration::from_secs(1);
const EXPIRY_WARNING_MILLIS: i64 = 60_000;

/// Who has to be told when a session leaves a room.
#[derive(Clone)]
pub enum Host {
    Board(Addr<BoardActor>),
    Workspace(Addr<WorkspaceActor>),
    Online(Addr<OnlineActor>),
}

impl Host {
    /// An actor tells its sessions before it ends; one that has ended without a word has panicked.
    fn is_alive(&self) -> bool {
        match self {
            Self::Board(addr) => addr.connected(),
            Self::Workspace(addr) => addr.connected(),
            Self::Online(addr) => addr.connected(),
        }
    }

    /// Tells it. At most once for each time that the session came in, so no mailbox is made long by it; and a session
    /// must not stay listed because a mailbox was full.
    #[expect(clippy::disallowed_methods, reason = "must not be lost")]
    pub fn leave(&self, room: Room, session: SessionId) {
        match self {
            Self::Board(addr) => addr.do_send(board::Leave { session, answer: None }),
            Self::Workspace(addr) => addr.do_send(workspace::Leave { room, session, answer: None }),
            Self::Online(addr) => addr.do_send(online::Leave { room, session, answer: None }),
        }
    }
}

/// Who is behind a session, once it is authenticated.
#[derive(Debug, Clone)]
pub struct Signed {
    pub user: UserName,
    pub family: Option<FamilyId>,
    pub token_expires_at: Moment,
}

/// A session as its hub sees it.
pub struct Peer {
    pub id: SessionId,
    pub outbox: Outbox,
    pub signed: RefCell<Option<Signed>>,
    /// The rooms that it is in, or has asked to be in.
    pub rooms: RefCell<HashMap<Room, Host>>,
    pub seen_at: Cell<Instant>,
    /// How many boards have yet to answer a `subscribe`.
    pub joining: Cell<u32>,
    opened_at: Instant,
    pinged_at: Cell<Instant>,
    warned_of: Cell<Option<Moment>>,
    pub(super) is_dirty: Cell<bool>,
}

impl Peer {
    pub fn new(id: SessionId, outbox: Outbox) -> Self {
        let now = Instant::now();
        Self {
            id,
            outbox,
            signed: RefCell::default(),
            rooms: RefCell::default(),
            seen_at: Cell::new(now),
            joining: Cell::new(0),
            opened_at: now,
            pinged_at: Cell::new(now),
            warned_of: Cell::new(None),
            is_dirty: Cell::new(false),
        }
    }

    pub fn user_id(&self) -> Option<UserId> {
        self.signed.borrow().as_ref().map(|signed| signed.user.id)
    }

    /// Puts a frame into the outbox and lets the socket take it.
    pub fn send(&self, frame: Bytes) {
        self.put(Wire::One(frame), true);
        self.outbox.wake();
    }

    pub(super) fn put(&self, message: Wire, counted: bool) {
        if !self.outbox.push(message, counted) {
            metrics::counter!("websocket_slow_consumers_total").increment(1);
        }
    }

    /// What has to be done for a session from outside, once a second.
    pub(super) fn sweep(&self, now: Instant, moment: Moment) {
        if let Some(since) = self.outbox.closing_since() {
            if now.duration_since(since) >= CLOSE_GRACE {
                if self.outbox.has_unsent() { self.outbox.cut() } else { self.outbox.end() }
            }
            return;
        }
        // With a backlog, a peer that takes bytes lives, though its answers to pings wait behind them.
        if self.outbox.has_unsent() && self.outbox.taken_at() > self.seen_at.get() {
            self.seen_at.set(self.outbox.taken_at());
        }
        if now.duration_since(self.seen_at.get()) >= SILENT_MAX {
            return self.outbox.close(Bye::Silent, None);
        }
        if self.rooms.borrow().values().any(|host| !host.is_alive()) {
            return self.outbox.close(Bye::Defect, None);
        }
        let expires_at = self.signed.borrow().as_ref().map(|signed| signed.token_expires_at);
        match expires_at {
            None if now.duration_since(self.opened_at) >= AUTHENTICATE_WITHIN => {
                return self.outbox.close(Bye::Unauthenticated, None);
            }
            Some(at) if at <= moment => return self.outbox.close(Bye::Unauthenticated, None),
            Some(at) if at.millis_since(moment) <= EXPIRY_WARNING_MILLIS && self.warned_of.get() != Some(at) => {
                self.warned_of.set(Some(at));
                self.send(codec::server_frame(None, &ServerFrame::TokenExpiring { expires_at: at }));
            }
            _ => {}
        }
        if now.duration_since(self.pinged_at.get()) >= PING_EVERY {
            self.pinged_at.set(now);
            self.send(codec::ping());
        }
    }
}
