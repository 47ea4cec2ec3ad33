//! Boards and workspaces that are at hand, as others hold them.

use super::answer::{Answers, Reply, Waiter};
use super::board::{self, BoardActor};
use super::clock;
use super::workspace::WorkspaceActor;
use crate::domain::board::model::Seq;
use crate::domain::board::op::Ask;
use crate::domain::board::sequencer::{Applied, Request};
use crate::domain::ids::{BoardId, OpId, ProjectId, UserId, WorkspaceId};
use crate::domain::permission::Access;
use crate::protocol::frame::Reject;
use crate::store::StoreError;
use actix::prelude::*;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a REST write waits for its answer; the board itself answers before.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

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

    pub(super) fn replace(&self, access: Access) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access);
    }
}

/// A workspace that is at hand. Cheap to clone.
#[derive(Clone)]
pub struct WorkspaceHandle {
    pub(super) id: WorkspaceId,
    pub(super) access: AccessCell,
    pub(super) addr: Addr<WorkspaceActor>,
    /// Held while the access is read and replaced, so that an older reading never replaces a newer one.
    pub(super) reading: Arc<tokio::sync::Mutex<()>>,
}

impl WorkspaceHandle {
    pub fn access(&self) -> Arc<Access> {
        self.access.load()
    }

    pub(super) fn addr(&self) -> &Addr<WorkspaceActor> {
        &self.addr
    }
}

/// Where a board's actor stands, for others to see without asking it.
#[derive(Debug, Default)]
pub struct Pin {
    /// The last event that was told here.
    head: AtomicI64,
    /// When this node took the board, in milliseconds since the process began, or 0 where it does not write it.
    owned_at: AtomicU64,
    /// How many sessions of this node follow it.
    sessions: AtomicUsize,
}

static BEGUN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);

fn uptime_ms() -> u64 {
    u64::try_from(BEGUN.elapsed().as_millis()).unwrap_or(u64::MAX) + 1
}

impl Pin {
    pub fn stands_at(&self, head: Seq) {
        self.head.store(head, Ordering::Relaxed);
    }

    pub fn set_owned(&self, is_owned: bool) {
        self.owned_at.store(if is_owned { uptime_ms() } else { 0 }, Ordering::Relaxed);
    }

    pub fn has_sessions(&self, count: usize) {
        self.sessions.store(count, Ordering::Relaxed);
    }

    pub(super) fn is_owned_since(&self, at_least: Duration) -> bool {
        let owned_at = self.owned_at.load(Ordering::Relaxed);
        owned_at > 0 && u128::from(uptime_ms() - owned_at) >= at_least.as_millis()
    }
}

/// A board that is at hand. Cheap to clone.
#[derive(Clone)]
pub struct BoardHandle {
    pub(super) id: BoardId,
    pub(super) project_id: ProjectId,
    pub(super) workspace: WorkspaceHandle,
    pub(super) pin: Arc<Pin>,
    pub(super) addr: Addr<BoardActor>,
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

    /// How many sessions of this node follow the board.
    pub(super) fn session_count(&self) -> usize {
        self.pin.sessions.load(Ordering::Relaxed)
    }

    /// Whether the board stands further than its actor has told.
    pub(super) fn is_behind(&self, head: Seq) -> bool {
        self.pin.head.load(Ordering::Relaxed) < head
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
