//! What this node says to the others, and to whom it hands on what they say.

use super::peer::Host;
use super::registry::{Ended, Live, WeakLive};
use crate::cluster::{BusEvent, Quota, Throttled};
use crate::domain::board::model::Seq;
use crate::domain::ids::{BoardId, Incarnation, WorkspaceId};
use crate::protocol::frame::Room;
use crate::protocol::peer::{Parcel, PeerMessage, PeerRoster, encode_events};
use actix::prelude::*;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the others may take to answer. One that is gone without a word holds nobody up for longer.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);
/// How often a node says in its rooms that it is there, so that the others notice what they have missed.
pub const ROOM_BEAT_EVERY: Duration = Duration::from_secs(5);

/// The bus's door to a node that is still put together.
#[derive(Clone, Default)]
pub struct BusDoor(Arc<OnceLock<WeakLive>>);

impl BusDoor {
    pub fn open(&self, live: &Live) {
        let _ = self.0.set(live.downgrade());
    }

    /// Takes what the bus has, on the bus's thread.
    pub fn receive(&self, event: &BusEvent<'_>) {
        let Some(live) = self.0.get().and_then(WeakLive::upgrade) else { return };
        match event {
            BusEvent::Message { payload, .. } => match Parcel::decode(payload) {
                Ok(parcel) if parcel.from == live.membership().me() => {}
                Ok(parcel) => live.take_in(parcel),
                Err(error) => tracing::debug!(%error, "a message of another node is passed over"),
            },
            BusEvent::Up => {
                live.tell_all(&PeerMessage::Hello);
                live.each_host(|host| host.hear(Heard::BusUp));
            }
            BusEvent::Down => {}
        }
    }
}

/// What an actor hears of other nodes.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub enum Heard {
    /// From one of them.
    Parcel(Parcel),
    /// Others live than before, or this node is another incarnation.
    ViewChanged,
    /// The bus is there again: something may have been missed.
    BusUp,
}

/// What another node says when it is asked.
pub enum Answer {
    Roster(Incarnation, PeerRoster),
    Boards(Vec<(BoardId, usize)>),
}

/// Questions to the others that are not answered yet.
#[derive(Default)]
pub struct Questions {
    next_tag: AtomicU64,
    open: Mutex<HashMap<u64, Question>>,
}

struct Question {
    missing: usize,
    answers: Vec<Answer>,
    done: Option<oneshot::Sender<()>>,
}

impl Questions {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Question>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, missing: usize) -> (u64, oneshot::Receiver<()>) {
        let tag = self.next_tag.fetch_add(1, Ordering::Relaxed) + 1;
        let (done, answered) = oneshot::channel();
        self.open().insert(tag, Question { missing, answers: Vec::new(), done: Some(done) });
        (tag, answered)
    }

    fn answer(&self, tag: u64, answer: Option<Answer>) {
        let mut open = self.open();
        let Some(question) = open.get_mut(&tag) else { return };
        question.answers.extend(answer);
        question.missing = question.missing.saturating_sub(1);
        if question.missing == 0
            && let Some(done) = question.done.take()
        {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }

    fn close(&self, tag: u64) -> Vec<Answer> {
        self.open().remove(&tag).map_or_else(Vec::new, |question| question.answers)
    }
}

impl Live {
    fn channel_of_node(&self, node: Incarnation) -> String {
        format!("{}:node:{node}", self.prefix())
    }

    fn channel_of_all(&self) -> String {
        format!("{}:all", self.prefix())
    }

    fn channel_of_room(&self, room: Room) -> String {
        format!("{}:room:{room}", self.prefix())
    }

    fn publish(&self, channel: String, message: &PeerMessage) {
        if self.is_shared() {
            self.membership().bus().publish(channel, message.encode(self.membership().me()));
        }
    }

    pub(super) fn tell(&self, node: Incarnation, message: &PeerMessage) {
        self.publish(self.channel_of_node(node), message);
    }

    pub(super) fn tell_all(&self, message: &PeerMessage) {
        self.publish(self.channel_of_all(), message);
    }

    pub(super) fn tell_room(&self, room: Room, message: &PeerMessage) {
        self.publish(self.channel_of_room(room), message);
    }

    /// Sends a board's events to all nodes that follow it.
    pub(super) fn tell_events(&self, board: BoardId, first: Seq, events: &[Bytes]) {
        let parcel = encode_events(self.membership().me(), board, first, events);
        self.membership().bus().publish(self.channel_of_room(Room::Board(board)), parcel);
    }

    /// Counts one more of `key` on all nodes together; `None` where that can't be had at once.
    pub async fn throttle(&self, key: String, quota: Quota) -> Option<Throttled> {
        self.membership().bus().throttle(format!("{}:rate:{key}", self.prefix()), quota).await
    }

    /// Whether there may be other nodes.
    pub(super) fn is_shared(&self) -> bool {
        self.membership().is_shared()
    }

    /// From here on this node hears what is meant for it.
    pub async fn listen_to_peers(&self) {
        let bus = self.membership().bus();
        bus.subscribe(self.channel_of_all()).await;
        bus.subscribe(self.channel_of_node(self.membership().me())).await;
        self.tell_all(&PeerMessage::AskOnline);
    }

    /// The last that the others hear of this node.
    pub async fn say_goodbye(&self) {
        self.tell_all(&PeerMessage::Hello);
        if self.is_shared() {
            // The bus sends beside us; nobody is left who would wait for it.
            actix::clock::sleep(Duration::from_millis(50)).await;
        }
    }

    /// This node is another incarnation: it has no boards, and the others know nothing of its sessions.
    pub(super) fn reborn(&self) {
        let live = self.clone();
        // Beats wait for nothing.
        actix::spawn(async move {
            live.listen_to_peers().await;
            live.tell_all(&PeerMessage::Hello);
            live.view_changed();
        });
    }

    /// Hears what is said in a room, for `host`. Whether from here on nothing is missed.
    pub(super) async fn follow(&self, room: Room, host: Host) -> bool {
        self.followed().insert(room, host);
        self.membership().bus().subscribe(self.channel_of_room(room)).await
    }

    /// Hears no more of a room, unless it has another host by now.
    pub(super) fn unfollow(&self, room: Room, host: &Host) {
        let mut followed = self.followed();
        if followed.get(&room).is_some_and(|other| other == host) {
            followed.remove(&room);
            self.membership().bus().unsubscribe(self.channel_of_room(room));
        }
    }

    /// Who is in a room on the other nodes, as far as they say so in time.
    pub(super) async fn rosters(&self, room: Room) -> Vec<(Incarnation, PeerRoster)> {
        let others = self.membership().others();
        if others.is_empty() || !self.membership().bus().is_up() {
            return Vec::new();
        }
        let (tag, answered) = self.questions().ask(others.len());
        for other in others.iter() {
            self.tell(*other, &PeerMessage::AskRoster { tag, room });
        }
        let _ = tokio::time::timeout(ANSWER_WITHIN, answered).await;
        let roster = |answer| match answer {
            Answer::Roster(from, roster) => Some((from, roster)),
            Answer::Boards(_) => None,
        };
        self.questions().close(tag).into_iter().filter_map(roster).collect()
    }

    /// How many sessions follow each board, here and on the other nodes, as far as they say so in time.
    pub async fn sessions_by_board(&self) -> HashMap<BoardId, usize> {
        let mut all = self.sessions_of_boards_here();
        let others = self.membership().others();
        if !others.is_empty() && self.membership().bus().is_up() {
            let (tag, answered) = self.questions().ask(others.len());
            self.tell_all(&PeerMessage::AskBoards { tag });
            let _ = tokio::time::timeout(ANSWER_WITHIN, answered).await;
            for answer in self.questions().close(tag) {
                if let Answer::Boards(sessions) = answer {
                    all.extend(sessions);
                }
            }
        }
        let mut sums = HashMap::new();
        for (board, sessions) in all {
            *sums.entry(board).or_default() += sessions;
        }
        sums
    }

    fn sessions_of_boards_here(&self) -> Vec<(BoardId, usize)> {
        let boards = self.boards_at_hand().into_iter().map(|board| (board.board_id(), board.session_count()));
        boards.filter(|(_, sessions)| *sessions > 0).collect()
    }

    /// Has all nodes read the members of a workspace anew, and waits until they have.
    pub(super) async fn have_access_reread(&self, workspace: WorkspaceId) {
        let others = self.membership().others();
        if others.is_empty() || !self.membership().bus().is_up() {
            return;
        }
        let (tag, answered) = self.questions().ask(others.len());
        self.tell_all(&PeerMessage::Reread { tag, workspace });
        let _ = tokio::time::timeout(ANSWER_WITHIN, answered).await;
        self.questions().close(tag);
    }

    /// Others live than before.
    pub(super) fn view_changed(&self) {
        self.each_host(|host| host.hear(Heard::ViewChanged));
    }

    /// Hands on what another node says. Runs on the bus's thread, and must not block.
    fn take_in(&self, parcel: Parcel) {
        let from = parcel.from;
        match &parcel.message {
            PeerMessage::Hello => self.membership().greeted(),
            PeerMessage::Alive => self.membership().heard_of_another(),
            PeerMessage::Done { tag } => self.questions().answer(*tag, None),
            PeerMessage::Offer { boards } => self.consider(from, boards),
            PeerMessage::Accept { boards } => boards.iter().for_each(|board| self.pass_on(*board, from)),
            PeerMessage::Announce { rooms, event } => self.announce_here(rooms, event.get().as_bytes()),
            PeerMessage::BoardsGone { boards } => self.boards_gone_here(boards),
            PeerMessage::BoardRenamed { board } => self.board_renamed_here(*board),
            PeerMessage::FamilyRevoked { family } => self.revocation_heard(Ended::Family(*family)),
            PeerMessage::UserRevoked { user } => self.revocation_heard(Ended::User(*user)),
            PeerMessage::Reread { tag, workspace } => {
                let (live, tag, workspace) = (self.clone(), *tag, *workspace);
                tokio::spawn(async move {
                    live.access_changed_here(workspace).await;
                    live.tell(from, &PeerMessage::Done { tag });
                });
            }
            PeerMessage::AskBoards { tag } => {
                let sessions = self.sessions_of_boards_here();
                self.tell(from, &PeerMessage::Boards { tag: *tag, sessions });
            }
            PeerMessage::Boards { tag, sessions } => {
                self.questions().answer(*tag, Some(Answer::Boards(sessions.clone())));
            }
            PeerMessage::AskRoster { tag, room } => match self.host_at_hand(*room) {
                Some(host) => host.hear(Heard::Parcel(parcel)),
                None => {
                    let roster = PeerRoster { room: *room, n: 0, present: Vec::new() };
                    self.tell(from, &PeerMessage::Roster { tag: *tag, roster });
                }
            },
            PeerMessage::Roster { tag, roster } => {
                if *tag > 0 {
                    return self.questions().answer(*tag, Some(Answer::Roster(from, roster.clone())));
                }
                self.hand_to_room(roster.room, parcel);
            }
            PeerMessage::Presence { room, .. } | PeerMessage::PresenceBeat { room, .. } => {
                self.hand_to_room(*room, parcel);
            }
            PeerMessage::AskOnline
            | PeerMessage::Online { .. }
            | PeerMessage::OnlineChange { .. }
            | PeerMessage::OnlineBeat { .. } => Host::Online(self.online().addr().clone()).hear(Heard::Parcel(parcel)),
            PeerMessage::Attach { board, .. } | PeerMessage::Take { board } => self.wake(*board, parcel),
            PeerMessage::Forward(forward) => match self.board_at_hand(forward.board) {
                Some(board) => Host::Board(board.addr().clone()).hear(Heard::Parcel(parcel)),
                None => {
                    let (board, stream) = (forward.board, forward.stream);
                    self.tell(from, &PeerMessage::Gap { board, stream });
                }
            },
            PeerMessage::Detach { board }
            | PeerMessage::Attached { board, .. }
            | PeerMessage::NotOwner { board, .. }
            | PeerMessage::Gap { board, .. }
            | PeerMessage::Answers { board, .. }
            | PeerMessage::Events { board, .. }
            | PeerMessage::Moved { board, .. } => self.hand_to_board(*board, parcel),
        }
    }

    fn hand_to_room(&self, room: Room, parcel: Parcel) {
        if let Some(host) = self.host_at_hand(room) {
            host.hear(Heard::Parcel(parcel));
        }
    }

    fn hand_to_board(&self, board: BoardId, parcel: Parcel) {
        if let Some(board) = self.board_at_hand(board) {
            Host::Board(board.addr().clone()).hear(Heard::Parcel(parcel));
        }
    }

    /// Starts a board's actor if need be: another node wants something of it.
    fn wake(&self, board: BoardId, parcel: Parcel) {
        if let Some(board) = self.board_at_hand(board) {
            return Host::Board(board.addr().clone()).hear(Heard::Parcel(parcel));
        }
        let live = self.clone();
        tokio::spawn(async move {
            match live.board(board).await {
                Ok(board) => Host::Board(board.addr().clone()).hear(Heard::Parcel(parcel)),
                Err(error) => {
                    tracing::debug!(board_id = %board, ?error, "a board that another node asks for is not at hand")
                }
            }
        });
    }

    fn host_at_hand(&self, room: Room) -> Option<Host> {
        self.followed().get(&room).cloned()
    }

    /// Every actor that other nodes may concern.
    pub(super) fn each_host(&self, act: impl Fn(&Host)) {
        self.board_addrs().into_iter().map(Host::Board).for_each(|host| act(&host));
        self.workspace_addrs().into_iter().map(Host::Workspace).for_each(|host| act(&host));
        act(&Host::Online(self.online().addr().clone()));
    }
}

impl Host {
    /// Tells an actor. One whose mailbox is full misses it, and finds out by its numbers.
    pub(super) fn hear(&self, heard: Heard) {
        let is_lost = match self {
            Self::Board(addr) => addr.try_send(heard).is_err(),
            Self::Workspace(addr) => addr.try_send(heard).is_err(),
            Self::Online(addr) => addr.try_send(heard).is_err(),
        };
        if is_lost {
            tracing::debug!("an actor was too busy to hear another node");
        }
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Board(one), Self::Board(other)) => one == other,
            (Self::Workspace(one), Self::Workspace(other)) => one == other,
            (Self::Online(one), Self::Online(other)) => one == other,
            _ => false,
        }
    }
}
