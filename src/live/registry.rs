//! Finds the actor for a board or a workspace, and starts it when it is first needed.

use super::board::{self, BoardActor};
use super::exchange::Questions;
use super::handle::{AccessCell, BoardHandle, LiveError, Pin, WorkspaceHandle};
use super::hub::{HubHandle, HubId, Local, Whose};
use super::membership::Membership;
use super::online::Online;
use super::peer::Host;
use super::workspace;
use super::workspace::WorkspaceActor;
use crate::domain::ids::{BoardId, FamilyId, UserId, WorkspaceId};
use crate::domain::permission::Access;
use crate::protocol::code::Bye;
use crate::protocol::codec;
use crate::protocol::frame::{Announcement, Room};
use crate::protocol::peer::PeerMessage;
use crate::store::committer::Committer;
use crate::store::{Store, queries};
use actix::prelude::*;
use bytes::Bytes;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct LiveConfig {
    /// What the names of channels begin with, for several installations at one Redis.
    pub prefix: String,
    /// A board's or workspace's actor that nobody has used for so long is let go.
    pub idle: Duration,
    /// Whether the rates of WebSocket frames hold.
    pub rates: bool,
}

/// All that is live on this node. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    store: Store,
    committer: Committer,
    config: LiveConfig,
    membership: Membership,
    questions: Questions,
    /// The rooms that this node hears of from others, and the actors that they concern.
    followed: Mutex<HashMap<Room, Host>>,
    on_ended: OnceLock<Box<dyn Fn(Ended) + Send + Sync>>,
    online: Online,
    sessions: Arc<AtomicUsize>,
    hubs: RwLock<Vec<HubHandle>>,
    boards: Mutex<HashMap<BoardId, BoardHandle>>,
    workspaces: Mutex<HashMap<WorkspaceId, WorkspaceHandle>>,
}

/// What has ended, here or on another node: one sign-in, or all of a user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Family(FamilyId),
    User(UserId),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// Starts what a node has once. Must be called within the actor system.
    pub fn start(store: Store, committer: Committer, config: LiveConfig, membership: Membership) -> Self {
        Self(Arc::new_cyclic(|inner| {
            let online = Online::start(WeakLive(inner.clone()));
            Inner {
                store,
                committer,
                config,
                membership,
                questions: Questions::default(),
                followed: Mutex::default(),
                on_ended: OnceLock::new(),
                online,
                sessions: Arc::default(),
                hubs: RwLock::default(),
                boards: Mutex::default(),
                workspaces: Mutex::default(),
            }
        }))
    }

    /// Starts the hub of the current worker thread.
    pub fn add_hub(&self) -> (HubId, Rc<Local>) {
        let (hub, local) = HubHandle::start(self.0.online.clone(), Arc::clone(&self.0.sessions));
        let mut hubs = self.0.hubs.write().unwrap_or_else(PoisonError::into_inner);
        hubs.push(hub);
        (hubs.len() - 1, local)
    }

    pub fn node(&self) -> &str {
        self.0.membership.node_id()
    }

    pub fn membership(&self) -> &Membership {
        &self.0.membership
    }

    pub(super) fn prefix(&self) -> &str {
        &self.0.config.prefix
    }

    pub(super) fn questions(&self) -> &Questions {
        &self.0.questions
    }

    pub(super) fn followed(&self) -> MutexGuard<'_, HashMap<Room, Host>> {
        locked(&self.0.followed)
    }

    pub(super) fn downgrade(&self) -> WeakLive {
        WeakLive(Arc::downgrade(&self.0))
    }

    /// How many sessions this node has.
    pub fn session_count(&self) -> usize {
        self.0.sessions.load(Ordering::Relaxed)
    }

    pub(super) fn boards_at_hand(&self) -> Vec<BoardHandle> {
        locked(&self.0.boards).values().cloned().collect()
    }

    pub(super) fn board_addrs(&self) -> Vec<Addr<BoardActor>> {
        locked(&self.0.boards).values().map(|board| board.addr.clone()).collect()
    }

    pub(super) fn workspace_addrs(&self) -> Vec<Addr<WorkspaceActor>> {
        locked(&self.0.workspaces).values().map(|workspace| workspace.addr.clone()).collect()
    }

    /// The boards that this node writes, and has written for so long.
    pub(super) fn boards_owned_since(&self, at_least: Duration) -> Vec<BoardId> {
        let boards = locked(&self.0.boards);
        boards.values().filter(|board| board.pin.is_owned_since(at_least)).map(|board| board.id).collect()
    }

    /// The version at which the members of each workspace at hand are known here.
    pub(super) fn access_versions(&self) -> HashMap<WorkspaceId, i64> {
        locked(&self.0.workspaces).iter().map(|(id, workspace)| (*id, workspace.access.load().version)).collect()
    }

    pub(super) fn has_rates(&self) -> bool {
        self.0.config.rates
    }

    pub(super) fn idle(&self) -> Duration {
        self.0.config.idle
    }

    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(super) fn committer(&self) -> &Committer {
        &self.0.committer
    }

    pub(super) fn online(&self) -> &Online {
        &self.0.online
    }

    pub(super) fn hub(&self, id: HubId) -> Option<HubHandle> {
        self.0.hubs.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn hubs(&self) -> Vec<HubHandle> {
        self.0.hubs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The worker thread that a board's or workspace's actor lives on.
    fn arbiter_for(&self, id: Uuid) -> Result<ArbiterHandle, LiveError> {
        let hubs = self.hubs();
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(id) as usize;
        let hub = hubs.get(hash % hubs.len().max(1)).ok_or(LiveError::Unavailable)?;
        Ok(hub.arbiter.clone())
    }

    /// The board, where its actor has been started already.
    pub(super) fn board_at_hand(&self, id: BoardId) -> Option<BoardHandle> {
        locked(&self.0.boards).get(&id).filter(|board| board.addr.connected()).cloned()
    }

    /// The board's actor, started where it isn't yet.
    ///
    /// # Errors
    /// [`LiveError::NotFound`] where there is no such board, or it is deleted.
    pub async fn board(&self, id: BoardId) -> Result<BoardHandle, LiveError> {
        if let Some(board) = self.board_at_hand(id) {
            return Ok(board);
        }
        let place = self.0.store.read(async move |mut conn| queries::board::board_place(&mut conn, id).await).await?;
        let (workspace_id, project_id) = place.ok_or(LiveError::NotFound)?;
        let workspace = self.workspace(workspace_id).await?;
        let arbiter = self.arbiter_for(id.0)?;
        let mut boards = locked(&self.0.boards);
        let start = || {
            let pin = Arc::new(Pin::default());
            let place = board::Place { id, project_id, workspace_id, pin: Arc::clone(&pin) };
            let actor = BoardActor::new(self.clone(), place, workspace.access.clone());
            let addr = BoardActor::start_in_arbiter(&arbiter, move |_| actor);
            BoardHandle { id, project_id, workspace, pin, addr }
        };
        if let Some(board) = boards.get(&id).filter(|board| board.addr.connected()) {
            return Ok(board.clone());
        }
        let board = start();
        boards.insert(id, board.clone());
        Ok(board)
    }

    /// The workspace's actor, started where it isn't yet.
    ///
    /// # Errors
    /// [`LiveError::NotFound`] where there is no such workspace, or it is deleted.
    pub async fn workspace(&self, id: WorkspaceId) -> Result<WorkspaceHandle, LiveError> {
        if let Some(workspace) = self.workspace_at_hand(id) {
            return Ok(workspace);
        }
        let access = self.read_access(id).await?.ok_or(LiveError::NotFound)?;
        let arbiter = self.arbiter_for(id.0)?;
        let start = || {
            let access = AccessCell::new(access);
            let actor = WorkspaceActor::new(self.clone(), id, access.clone());
            let addr = WorkspaceActor::start_in_arbiter(&arbiter, move |_| actor);
            WorkspaceHandle { id, access, addr, reading: Arc::default() }
        };
        let workspace = locked(&self.0.workspaces).entry(id).or_insert_with(start).clone();
        // What changed before this workspace was to be found here has told nobody.
        self.reread_access(&workspace).await?;
        Ok(workspace)
    }

    async fn read_access(&self, id: WorkspaceId) -> Result<Option<Access>, LiveError> {
        Ok(self.0.store.read(async move |mut conn| queries::workspace::access(&mut conn, id).await).await?)
    }

    /// The workspace whose actor hosts a room that is not a board's and not a user's.
    pub(super) async fn host_of(&self, room: Room) -> Result<WorkspaceHandle, LiveError> {
        let id = match room {
            Room::Workspace(id) => id,
            Room::Project(id) => {
                let place = self
                    .0
                    .store
                    .read(async move |mut conn| queries::workspace::project_place(&mut conn, id).await)
                    .await?;
                place.ok_or(LiveError::NotFound)?
            }
            Room::Task(id) => {
                let place =
                    self.0.store.read(async move |mut conn| queries::task::task_place(&mut conn, id).await).await?;
                self.board(place.ok_or(LiveError::NotFound)?).await?.workspace_id()
            }
            Room::Board(_) | Room::User(_) | Room::Sprint(_) => return Err(LiveError::NotFound),
        };
        self.workspace(id).await
    }

    /// Lets a board's actor go that ends itself.
    pub(super) fn board_ends(&self, id: BoardId, addr: &Addr<BoardActor>) {
        let mut boards = locked(&self.0.boards);
        if boards.get(&id).is_some_and(|board| board.addr == *addr) {
            boards.remove(&id);
        }
    }

    /// Forgets a board whose actor has ended, so that the next who asks starts it anew.
    pub(super) fn forget_if_ended(&self, id: BoardId) {
        let mut boards = locked(&self.0.boards);
        if boards.get(&id).is_some_and(|board| !board.addr.connected()) {
            boards.remove(&id);
        }
    }

    pub(super) fn workspace_ends(&self, id: WorkspaceId, addr: &Addr<WorkspaceActor>) {
        let mut workspaces = locked(&self.0.workspaces);
        if workspaces.get(&id).is_some_and(|workspace| workspace.addr == *addr) {
            workspaces.remove(&id);
        }
    }

    /// Whether a board of the workspace is at hand, so that its actor is still needed.
    pub(super) fn has_boards_of(&self, id: WorkspaceId) -> bool {
        locked(&self.0.boards).values().any(|board| board.workspace.id == id)
    }

    /// Reads who belongs to a workspace anew, after a committed change, on all nodes. When it returns, the change holds
    /// for every op that is judged, and whoever lost access is put out of the workspace's rooms; on a node that does
    /// not answer, a second later.
    ///
    /// What can't be read now is read when it next can.
    pub async fn access_changed(&self, id: WorkspaceId) {
        tokio::join!(self.access_changed_here(id), self.have_access_reread(id));
    }

    /// The same on this node.
    pub(super) async fn access_changed_here(&self, id: WorkspaceId) {
        let Some(workspace) = self.workspace_at_hand(id) else { return };
        if let Err(error) = self.reread_access(&workspace).await {
            tracing::warn!(workspace_id = %id, ?error, "a change of members or labels waits to be made known");
            if workspace.addr.try_send(workspace::Reread).is_err() {
                tracing::warn!(workspace_id = %id, "a workspace is too busy to read its members anew");
            }
        }
    }

    /// Reads who belongs to a workspace, and puts out whoever no longer does.
    pub(super) async fn reread_access(&self, workspace: &WorkspaceHandle) -> Result<(), LiveError> {
        let id = workspace.id;
        let _reading = workspace.reading.lock().await;
        let (members, labels) = (HashMap::new(), HashSet::new());
        let nobody = || Access { workspace_id: id, version: i64::MAX, members, labels };
        let now = self.read_access(id).await?.unwrap_or_else(nobody);
        let before = workspace.access.load();
        let lost: Vec<_> = before.members.keys().filter(|user| now.role(**user).is_none()).copied().collect();
        workspace.access.replace(now);
        for user in lost {
            self.hubs().iter().for_each(|hub| hub.evict(id, user));
        }
        Ok(())
    }

    /// The workspace's actor, where it has been started already.
    pub(super) fn workspace_at_hand(&self, id: WorkspaceId) -> Option<WorkspaceHandle> {
        locked(&self.0.workspaces).get(&id).cloned()
    }

    /// Sends an event to all who are in one of these rooms, once to each.
    pub fn announce(&self, rooms: &[Room], announcement: &Announcement) {
        let event = codec::announcement(announcement);
        self.announce_here(rooms, &event);
        if self.is_shared()
            && let Ok(event) =
                String::from_utf8(event).map_err(drop).and_then(|e| RawValue::from_string(e).map_err(drop))
        {
            self.tell_all(&PeerMessage::Announce { rooms: rooms.to_vec(), event });
        }
    }

    /// Sends an event to all on this node who are in one of these rooms, once to each.
    pub(super) fn announce_here(&self, rooms: &[Room], event: &[u8]) {
        let frames: Arc<[(Room, Bytes)]> =
            rooms.iter().map(|room| (*room, codec::events(*room, &[event]).concat().into())).collect();
        self.hubs().iter().for_each(|hub| hub.announce(Arc::clone(&frames)));
    }

    /// Tells the workspaces of a user that are at hand.
    pub(super) fn announce_to_workspaces_of(&self, user: UserId, announcement: &Announcement) {
        let is_member = |workspace: &&WorkspaceHandle| workspace.access.load().role(user).is_some();
        let rooms: Vec<_> = locked(&self.0.workspaces)
            .values()
            .filter(is_member)
            .map(|workspace| Room::Workspace(workspace.id))
            .collect();
        let event = codec::announcement(announcement);
        rooms.into_iter().for_each(|room| self.announce_here(&[room], &event));
    }

    /// A board's name, which stands in its snapshots but not in its log, was changed.
    pub fn board_renamed(&self, id: BoardId) {
        self.board_renamed_here(id);
        self.tell_all(&PeerMessage::BoardRenamed { board: id });
    }

    pub(super) fn board_renamed_here(&self, id: BoardId) {
        if let Some(board) = self.board_at_hand(id)
            && board.addr.try_send(board::Renamed).is_err()
        {
            tracing::debug!(board_id = %id, "a busy board shows its old name to those who come in, for a while");
        }
    }

    /// Ends the actors of boards that were deleted, and puts everybody out of their rooms.
    pub fn boards_gone(&self, ids: &[BoardId]) {
        self.boards_gone_here(ids);
        self.tell_all(&PeerMessage::BoardsGone { boards: ids.to_vec() });
    }

    pub(super) fn boards_gone_here(&self, ids: &[BoardId]) {
        for id in ids {
            let board = locked(&self.0.boards).remove(id);
            if let Some(board) = board
                && board.addr.try_send(board::End).is_err()
            {
                tracing::debug!(board_id = %id, "the actor of a deleted board had ended or is busy; its epoch is fenced");
            }
        }
    }

    /// Ends the sessions of a sign-in that has ended, or of a user whose account was disabled or signed out everywhere,
    /// on all nodes.
    pub fn revoked(&self, what: Ended) {
        self.close_ended(what);
        self.tell_all(&match what {
            Ended::Family(family) => PeerMessage::FamilyRevoked { family },
            Ended::User(user) => PeerMessage::UserRevoked { user },
        });
    }

    fn close_ended(&self, what: Ended) {
        self.hubs().iter().for_each(|hub| match what {
            Ended::Family(id) => hub.close(Whose::Family(id), Bye::Unauthenticated),
            Ended::User(id) => hub.close(Whose::User(id), Bye::Disabled),
        });
    }

    /// Sets who is told of what has ended on another node, once; later calls change nothing.
    pub fn on_ended_elsewhere(&self, tell: impl Fn(Ended) + Send + Sync + 'static) {
        let _ = self.0.on_ended.set(Box::new(tell));
    }

    pub(super) fn revocation_heard(&self, what: Ended) {
        if let Some(tell) = self.0.on_ended.get() {
            tell(what);
        }
        self.close_ended(what);
    }

    /// Closes all sessions: they are better off on another node.
    pub(super) fn close_all_sessions(&self) {
        self.hubs().iter().for_each(|hub| hub.drain(Duration::ZERO));
    }

    /// What the bus hangs on, and whether that is there; `None` for a node that has none.
    pub fn bus_state(&self) -> Option<(&'static str, bool)> {
        self.0.membership.is_shared().then(|| ("redis", self.0.membership.bus().is_up()))
    }

    /// Whether this node alone misses Redis or the database.
    pub fn is_cut_off(&self) -> bool {
        self.0.membership.is_cut_off()
    }

    /// Whether this node takes nobody in any more.
    pub fn is_draining(&self) -> bool {
        self.0.membership.is_draining()
    }

    /// From here on this node is going away: it is not ready any more.
    pub fn begin_drain(&self) {
        self.0.membership.begin_drain();
        self.tell_all(&PeerMessage::Hello);
    }

    /// Closes all sessions, spread over the window, and waits until they are gone, at most so long and the grace.
    pub async fn drain(&self, window: Duration, grace: Duration) {
        self.hubs().iter().for_each(|hub| hub.drain(window));
        let deadline = Instant::now() + window + grace;
        while self.0.sessions.load(Ordering::Relaxed) > 0 && Instant::now() < deadline {
            actix::clock::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the boards have nothing in flight, at most so long.
    pub async fn flushed(&self, within: Duration) {
        let boards: Vec<_> = locked(&self.0.boards).values().cloned().collect();
        let flush = async {
            for board in boards {
                // A board that has ended has nothing in flight.
                let _ = board.addr.send(board::Flush).await;
            }
        };
        if tokio::time::timeout(within, flush).await.is_err() {
            tracing::warn!("some boards were still busy when the node stopped");
        }
    }
}

/// The node, as its own parts hold it.
#[derive(Clone)]
pub struct WeakLive(Weak<Inner>);

impl WeakLive {
    pub(super) fn upgrade(&self) -> Option<Live> {
        self.0.upgrade().map(Live)
    }
}
