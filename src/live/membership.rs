//! This node among the others: its beats, whom it takes for alive, and whether it may speak for its boards.

use crate::cluster::Bus;
use crate::domain::ids::{BoardId, Incarnation};
use crate::domain::placement::{Member, View};
use crate::store::queries::node::{Beat, NodeRow, Pulse};
use crate::store::{Store, StoreError};
use rustix::time::{ClockId, clock_gettime};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use uuid::Uuid;

/// So long after a confirmed beat was sent nobody can have taken this node for dead; the others wait for 2 s.
const LEASE_MS: u64 = 1_500;
/// How long a node waits at its start for the claim of a dead one to lapse.
const START_WITHIN: Duration = Duration::from_secs(3);
const START_RETRY: Duration = Duration::from_millis(200);
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why a node can't be one of the others, or not any more.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    #[error(
        "another node, {0}, lives on this database: give every node a REDIS_URL, the same, and a TEAMFLOW_NODE_ID of its own"
    )]
    NotAlone(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// See the module's text. Cheap to clone.
#[derive(Clone)]
pub struct Membership(Arc<Inner>);

struct Inner {
    node_id: String,
    bus: Bus,
    /// Whether the database is this process's alone, so that nobody has to be told that it lives.
    is_sole: bool,
    me: RwLock<Incarnation>,
    view: RwLock<Arc<View>>,
    /// Everybody else who lives, those who drain too.
    others: RwLock<Arc<[Incarnation]>>,
    /// By the clock that goes on while the machine sleeps, in milliseconds.
    confirmed_at: AtomicU64,
    heard_at: AtomicU64,
    greeting: Notify,
    is_draining: AtomicBool,
    is_cut_off: AtomicBool,
}

/// The clock that goes on while the machine sleeps, in milliseconds.
fn clock_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}

impl Membership {
    /// Enters this node among the others. One whose claim has not lapsed yet is waited for.
    ///
    /// # Errors
    /// [`MembershipError::NotAlone`] where one lives that it can't work with.
    pub async fn enter(store: &Store, node_id: &str, bus: Bus) -> Result<Self, MembershipError> {
        let is_sole = store.engine_name() == "sqlite";
        if is_sole {
            store.bury_other_nodes().await?;
        }
        let me = Incarnation(Uuid::now_v7());
        let member = Member { incarnation: me, node_id: node_id.to_owned() };
        let membership = Self(Arc::new(Inner {
            node_id: node_id.to_owned(),
            bus,
            is_sole,
            me: RwLock::new(me),
            view: RwLock::new(Arc::new(View::new(vec![member]))),
            others: RwLock::new(Arc::new([])),
            confirmed_at: AtomicU64::new(clock_ms()),
            heard_at: AtomicU64::new(0),
            greeting: Notify::new(),
            is_draining: AtomicBool::new(false),
            is_cut_off: AtomicBool::new(false),
        }));
        let begun = Instant::now();
        loop {
            match membership.register(store, me).await? {
                Ok(()) => return Ok(membership),
                Err(other) if begun.elapsed() >= START_WITHIN => return Err(MembershipError::NotAlone(other.node_id)),
                Err(_) => actix::clock::sleep(START_RETRY).await,
            }
        }
    }

    async fn register(&self, store: &Store, me: Incarnation) -> Result<Result<(), NodeRow>, StoreError> {
        let bus = self.0.bus.is_shared().then_some("ok");
        let sent_at = clock_ms();
        let entered = store.register_node(me, self.0.node_id.clone(), VERSION, bus).await?;
        if entered.is_ok() {
            self.0.confirmed_at.store(sent_at, Ordering::Release);
        }
        Ok(entered)
    }

    pub fn me(&self) -> Incarnation {
        *self.0.me.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn node_id(&self) -> &str {
        &self.0.node_id
    }

    /// Whether there may be others.
    pub fn is_shared(&self) -> bool {
        self.0.bus.is_shared()
    }

    /// Who may own boards.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everybody else who lives.
    pub fn others(&self) -> Arc<[Incarnation]> {
        Arc::clone(&self.0.others.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a node lives, as far as is known here.
    pub fn lives(&self, node: Incarnation) -> bool {
        node == self.me() || self.others().contains(&node)
    }

    /// Whom a board is to be handed to by a node that may not keep it.
    pub fn heir(&self, board: BoardId) -> Option<Incarnation> {
        let me = self.me();
        let others = self.view().members().iter().filter(|member| member.incarnation != me).cloned().collect();
        View::new(others).preferred(board)
    }

    /// Whether nobody can have taken this node for dead: only then does it speak for its boards. What it commits is
    /// fenced in any case.
    pub fn may_serve(&self) -> bool {
        self.0.is_sole || clock_ms().saturating_sub(self.0.confirmed_at.load(Ordering::Acquire)) < LEASE_MS
    }

    /// Whether this node takes boards.
    pub fn takes_boards(&self) -> bool {
        !self.is_draining() && !self.is_cut_off()
    }

    pub fn is_draining(&self) -> bool {
        self.0.is_draining.load(Ordering::Acquire)
    }

    /// Whether this node misses Redis or the database, and another does not.
    pub fn is_cut_off(&self) -> bool {
        self.0.is_cut_off.load(Ordering::Acquire)
    }

    /// Leaves the members: no board is handed to this node any more.
    pub fn begin_drain(&self) {
        self.0.is_draining.store(true, Ordering::Release);
    }

    /// Another node has said that it reaches the database.
    pub(super) fn heard_of_another(&self) {
        self.0.heard_at.store(clock_ms(), Ordering::Relaxed);
    }

    /// Whether another node has said so within this time.
    pub(super) fn others_reach_the_database(&self, within_ms: u64) -> bool {
        clock_ms().saturating_sub(self.0.heard_at.load(Ordering::Relaxed)) < within_ms
    }

    /// A node comes, goes, or has died: the next beat comes at once.
    pub(super) fn greeted(&self) {
        self.0.greeting.notify_one();
    }

    pub(super) async fn greeting(&self) {
        self.0.greeting.notified().await;
    }

    pub(super) fn bus(&self) -> &Bus {
        &self.0.bus
    }

    pub(super) fn is_sole(&self) -> bool {
        self.0.is_sole
    }

    pub(super) fn set_cut_off(&self, is_cut_off: bool) {
        self.0.is_cut_off.store(is_cut_off, Ordering::Release);
    }

    /// What this node says of itself.
    pub(super) fn pulse(&self, sessions: usize, judges: bool) -> Pulse {
        let bus = match (self.0.bus.is_shared(), self.0.bus.is_up()) {
            (false, _) => None,
            (true, true) => Some("ok"),
            (true, false) => Some("away"),
        };
        let sessions = i32::try_from(sessions).unwrap_or(i32::MAX);
        Pulse { incarnation: self.me(), draining: self.is_draining(), bus, sessions, judges }
    }

    /// Says that this node lives, and takes in who else does. `None` where the others have taken it for dead.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn beat(&self, store: &Store, pulse: Pulse) -> Result<Option<Beat>, StoreError> {
        let sent_at = clock_ms();
        let beat = store.beat(pulse).await?;
        if beat.is_some() {
            self.0.confirmed_at.store(sent_at, Ordering::Release);
        }
        Ok(beat)
    }

    /// Takes another incarnation, after the others have taken this one for dead.
    ///
    /// # Errors
    /// As [`Self::enter`].
    pub(super) async fn be_reborn(&self, store: &Store) -> Result<(), MembershipError> {
        let me = Incarnation(Uuid::now_v7());
        match self.register(store, me).await? {
            Ok(()) => {
                *self.0.me.write().unwrap_or_else(PoisonError::into_inner) = me;
                Ok(())
            }
            Err(other) => Err(MembershipError::NotAlone(other.node_id)),
        }
    }

    /// Takes in what a beat has found. Whether anything has changed.
    pub(super) fn found(&self, beat: &Beat) -> bool {
        let me = self.me();
        let may_own = |row: &&NodeRow| !row.draining && row.bus.as_deref() != Some("away");
        let member = |row: &NodeRow| Member { incarnation: row.incarnation, node_id: row.node_id.clone() };
        let view = View::new(beat.live.iter().filter(may_own).map(member).collect());
        let others: Vec<_> = beat.live.iter().map(|row| row.incarnation).filter(|other| *other != me).collect();
        let mut changed = false;
        let mut known = self.0.view.write().unwrap_or_else(PoisonError::into_inner);
        if **known != view {
            *known = Arc::new(view);
            changed = true;
        }
        drop(known);
        let mut known = self.0.others.write().unwrap_or_else(PoisonError::into_inner);
        if **known != others[..] {
            *known = others.into();
            changed = true;
        }
        changed
    }
}
