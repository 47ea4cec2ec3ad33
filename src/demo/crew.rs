//! Crews: the colleagues of one board each, bounded in number, who take turns.

use super::colleague::{Colleague, End, Sign};
use super::script::{COLLEAGUES, cast};
use crate::domain::ids::{BoardId, UserId};
use crate::domain::locale::Locale;
use rand::Rng;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// Crews that come and go with people, on this node.
pub const CREWS_MAX: usize = 20;
/// Between two turns, in milliseconds.
const TURN_MS: std::ops::Range<u64> = 1_500..2_500;
/// How long a crew waits for the first person, and after the last one has gone.
const ALONE_MAX: Duration = Duration::from_secs(60);

/// A crew that another node has at work is looked for so often, in case that node goes.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(20);

/// How long a crew is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// Until people have gone.
    WhileAttended,
    /// As long as the node.
    Always,
}

/// As many crews as may be are at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// All crews of a node. Cheap to clone.
#[derive(Clone)]
pub struct Crews(Arc<Inner>);

struct Inner {
    sign: Sign,
    /// Where this node listens.
    address: OnceLock<SocketAddr>,
    alive: Mutex<HashMap<BoardId, Crew>>,
}

struct Crew {
    stay: Stay,
    task: AbortHandle,
}

impl Crews {
    /// `sign` makes access tokens for those who are simulated.
    pub fn new(sign: impl Fn(UserId) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { sign: Arc::new(sign), address: OnceLock::new(), alive: Mutex::default() }))
    }

    /// Says where this node listens; before that nobody can be at work.
    pub fn listen_at(&self, address: SocketAddr) {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let _ = self.0.address.set(SocketAddr::new(ip, address.port()));
    }

    /// Whether another crew may come and go with people.
    pub fn has_room(&self) -> bool {
        self.alive().values().filter(|crew| crew.stay == Stay::WhileAttended).count() < CREWS_MAX
    }

    /// Sends a crew to a board, unless one is there.
    ///
    /// # Errors
    /// [`Full`].
    pub fn start(&self, board: BoardId, locale: Locale, stay: Stay) -> Result<(), Full> {
        let Some(address) = self.0.address.get().copied() else { return Ok(()) };
        let mut alive = self.alive();
        if alive.contains_key(&board) {
            return Ok(());
        }
        let come_and_go = alive.values().filter(|crew| crew.stay == Stay::WhileAttended).count();
        if stay == Stay::WhileAttended && come_and_go >= CREWS_MAX {
            return Err(Full);
        }
        let crews = self.clone();
        let task = tokio::spawn(async move {
            let sign = &crews.0.sign;
            while work(board, locale, stay, address, sign).await == Some(End::Elsewhere) && stay == Stay::Always {
                // Two that gave way to each other must not meet again.
                let longer = rand::rng().random_range(1.0..2.0);
                tokio::time::sleep(LOOK_AGAIN_AFTER.mul_f64(longer)).await;
            }
            crews.alive().remove(&board);
        });
        alive.insert(board, Crew { stay, task: task.abort_handle() });
        Ok(())
    }

    /// Sends all home.
    pub fn stop(&self) {
        self.alive().drain().for_each(|(_, crew)| crew.task.abort());
    }

    fn alive(&self) -> MutexGuard<'_, HashMap<BoardId, Crew>> {
        self.0.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives each colleague a turn after the other, until one of them has stopped or nobody is there to see it.
async fn work(board: BoardId, locale: Locale, stay: Stay, address: SocketAddr, sign: &Sign) -> Option<End> {
    let sees_people: [_; COLLEAGUES] = std::array::from_fn(|_| Arc::new(AtomicBool::new(false)));
    let mut colleagues = JoinSet::new();
    let mut cues = Vec::new();
    for (who, sees_people) in cast(locale).into_iter().zip(&sees_people) {
        // A turn that comes while one is busy is lost.
        let (cue, turns) = mpsc::channel(1);
        cues.push(cue);
        let (sign, sees_people) = (Arc::clone(sign), Arc::clone(sees_people));
        colleagues.spawn(Colleague { who, board, locale, address, sign, sees_people }.run(turns));
    }
    let mut seen_at = Instant::now();
    for cue in cues.iter().cycle() {
        let pause = Duration::from_millis(rand::rng().random_range(TURN_MS));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            end = colleagues.join_next() => {
                tracing::debug!(board_id = %board, ?end, "a crew has stopped");
                return end.and_then(Result::ok);
            }
        }
        if sees_people.iter().any(|sees| sees.load(Ordering::Relaxed)) {
            seen_at = Instant::now();
        } else if stay == Stay::WhileAttended && seen_at.elapsed() > ALONE_MAX {
            return None;
        }
        let _ = cue.try_send(());
    }
    None
}
