//! Finds the actor for a board or a workspace, and starts it when it is first needed.

use super::answer::{Answers, Reply, Waiter};
use super::board::{self, BoardActor};
use super::hub::{HubHandle, HubId, Local, Whose};
use super::online::Online;
use super::workspace::WorkspaceActor;
use super::{clock, workspace};
use crate::domain::board::op::Ask;
use crate::domain::board::sequencer::{Applied, Request};
use crate::domain::ids::{BoardId, FamilyId, OpId, ProjectId, UserId, WorkspaceId};
use crate::domain::permission::Access;
use crate::protocol::code::Bye;
use crate::protocol::codec;
use crate::protocol::frame::{Announcement, Reject, Room};
use crate::store::committer::Committer;
use crate::store::{Store, StoreError, queries};
use actix::prelude::*;
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a REST write waits for its answer; the board itself answers before.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

#[derive(Debug, Clone)]
pub struct LiveConfig {
    /// This node's name.
    pub node: String,
    /// A board's or workspace's actor that nobody has used for so long is let go.
    pub idle: Duration,
    /// Whether the rates of WebSocket frames hold.
    pub rates: bool,
}

/// Why a board or a workspace can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveError {
    NotFound,
    Unavailable,
}

impl LiveError {
    pub fn into_reject(self, what: &str) -> Reject {
        match self {
            Self::NotFound => Reject::not_found(what),
            Self::Unavailable => Reject::unavailable(),
        }
    }
}

impl From<StoreError> for LiveError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            error => {
                tracing::warn!(%error, "the store did not answer");
                Self::Unavailable
            }
        }
    }
}

/// The newest [`Access`] of a workspace, shared by all who judge by it.
#[derive(Debug, Clone)]
pub struct AccessCell(Arc<RwLock<Arc<Access>>>);

impl AccessCell {
    pub fn new(access: Access) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(access))))
    }

    pub fn load(&self) -> Arc<Access> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, access: Access) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access);
    }
}

/// A workspace that is at hand. Cheap to clone.
#[derive(Clone)]
pub struct WorkspaceHandle {
    id: WorkspaceId,
    access: AccessCell,
    addr: Addr<WorkspaceActor>,
    /// Held while the access is read and replaced, so that an older reading never replaces a newer one.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl WorkspaceHandle {
    pub fn access(&self) -> Arc<Access> {
        self.access.load()
    }

    pub(super) fn addr(&self) -> &Addr<WorkspaceActor> {
        &self.addr
    }
}

/// A board that is at hand. Cheap to clone.
#[derive(Clone)]
pub struct BoardHandle {
    id: BoardId,
    project_id: ProjectId,
    workspace: WorkspaceHandle,
    addr: Addr<BoardActor>,
}

impl BoardHandle {
    pub fn board_id(&self) -> BoardId {
        self.id
    }

    pub fn project_id(&self) -> ProjectId {
        self.project_id
    }

    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace.id
    }

    pub fn access(&self) -> Arc<Access> {
        self.workspace.access.load()
    }

    pub(super) fn addr(&self) -> &Addr<BoardActor> {
        &self.addr
    }

    /// Sends one op through the board's actor, and waits at most 3 s for its answer.
    ///
    /// # Errors
    /// The reject, as a WebSocket client would get it.
    pub async fn submit(&self, actor: UserId, op_id: OpId, ask: Ask) -> Result<Applied, Reject> {
        let mut results = self.submit_all(actor, vec![(op_id, ask)], false).await;
        results.pop().unwrap_or_else(|| Err(Reject::unavailable()))
    }

    /// Sends ops that are judged in their order, and answers in that order. With `atomic` all are applied in one
    /// commit, or none is.
    pub async fn submit_all(
        &self,
        actor: UserId,
        asks: Vec<(OpId, Ask)>,
        atomic: bool,
    ) -> Vec<Result<Applied, Reject>> {
        let count = asks.len();
        if count == 0 {
            return Vec::new();
        }
        let received = clock::now();
        let (answers, answered) = Answers::new(count);
        let requests = asks.into_iter().enumerate().map(|(place, (op_id, ask))| Request {
            waiter: Waiter {
                reply: Reply::Rest(Arc::clone(&answers), place),
                kind: ask.kind(),
                received: Instant::now(),
            },
            stream: None,
            actor,
            op_id,
            ask,
            fresh_id: Uuid::now_v7(),
            received,
        });
        let submit = board::Submit { requests: requests.collect(), atomic };
        drop(answers);
        let answer = async {
            self.addr.send(submit).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(Some(results)) => results,
            _ => vec![Err(Reject::unavailable()); count],
        }
    }
}

/// All that is live on this node. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    store: Store,
    committer: Committer,
    config: LiveConfig,
    online: Online,
    sessions: Arc<AtomicUsize>,
    hubs: RwLock<Vec<HubHandle>>,
    boards: Mutex<HashMap<BoardId, BoardHandle>>,
    workspaces: Mutex<HashMap<WorkspaceId, WorkspaceHandle>>,
    is_draining: AtomicBool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// Starts what a node has once. Must be called within the actor system.
    pub fn start(store: Store, committer: Committer, config: LiveConfig) -> Self {
        Self(Arc::new_cyclic(|inner| {
            let online = Online::start(WeakLive(inner.clone()));
            Inner {
                store,
                committer,
                config,
                online,
                sessions: Arc::default(),
                hubs: RwLock::default(),
                boards: Mutex::default(),
                workspaces: Mutex::default(),
                is_draining: AtomicBool::new(false),
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
        &self.0.config.node
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
            let actor = BoardActor::new(self.clone(), id, project_id, workspace_id, workspace.access.clone());
            let addr = BoardActor::start_in_arbiter(&arbiter, move |_| actor);
            BoardHandle { id, project_id, workspace, addr }
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

    /// Reads who belongs to a workspace anew, after a committed change. When it returns, the change holds for every
    /// op that is judged, and whoever lost access is put out of the workspace's rooms.
    ///
    /// # Errors
    /// [`LiveError::Unavailable`] where the store doesn't answer.
    pub async fn access_changed(&self, id: WorkspaceId) -> Result<(), LiveError> {
        let Some(workspace) = self.workspace_at_hand(id) else { return Ok(()) };
        let read = self.reread_access(&workspace).await;
        if read.is_err() && workspace.addr.try_send(workspace::Reread).is_err() {
            tracing::warn!(workspace_id = %id, "a workspace is too busy to read its members anew");
        }
        read
    }

    /// Reads who belongs to a workspace, and puts out whoever no longer does.
    pub(super) async fn reread_access(&self, workspace: &WorkspaceHandle) -> Result<(), LiveError> {
        let id = workspace.id;
        let _reading = workspace.reading.lock().await;
        let nobody = || Access { workspace_id: id, members: HashMap::new(), labels: HashSet::new() };
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
        let frames: Arc<[(Room, Bytes)]> =
            rooms.iter().map(|room| (*room, codec::announcement(*room, announcement))).collect();
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
        rooms.into_iter().for_each(|room| self.announce(&[room], announcement));
    }

    /// A board's name, which stands in its snapshots but not in its log, was changed.
    pub fn board_renamed(&self, id: BoardId) {
        if let Some(board) = self.board_at_hand(id)
            && board.addr.try_send(board::Renamed).is_err()
        {
            tracing::debug!(board_id = %id, "a busy board shows its old name to those who come in, for a while");
        }
    }

    /// Ends the actors of boards that were deleted, and puts everybody out of their rooms.
    pub fn boards_gone(&self, ids: &[BoardId]) {
        for id in ids {
            let board = locked(&self.0.boards).remove(id);
            if let Some(board) = board
                && board.addr.try_send(board::End).is_err()
            {
                tracing::debug!(board_id = %id, "the actor of a deleted board had ended or is busy; its epoch is fenced");
            }
        }
    }

    /// Ends the sessions of one sign-in.
    pub fn family_revoked(&self, id: FamilyId) {
        self.hubs().iter().for_each(|hub| hub.close(Whose::Family(id), Bye::Unauthenticated));
    }

    /// Ends all sessions of a user whose account was disabled or signed out everywhere.
    pub fn user_revoked(&self, id: UserId) {
        self.hubs().iter().for_each(|hub| hub.close(Whose::User(id), Bye::Disabled));
    }

    pub fn is_draining(&self) -> bool {
        self.0.is_draining.load(Ordering::Acquire)
    }

    /// From here on this node is going away: it is not ready any more.
    pub fn begin_drain(&self) {
        self.0.is_draining.store(true, Ordering::Release);
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
