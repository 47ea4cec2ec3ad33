//! One simulated colleague on one board: a session that looks, and acts when it is its turn.

use super::plan::{Act, Plan, Scene};
use super::script::{Person, cast};
use super::sight::Sight;
use super::socket::Socket;
use crate::domain::ids::{BoardId, SessionId, UserId};
use crate::domain::locale::Locale;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

/// Nobody acts for somebody who has not moved for so long.
const BORED_AFTER: Duration = Duration::from_secs(180);
const SUBSCRIBED_WITHIN: Duration = Duration::from_secs(5);
/// How often in a row it may be refused before it gives up, and how long it waits in between, at first.
const TRIES: u32 = 8;
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Whoever finds oneself there already gives way after so many turns.
const DOUBLED_MAX: u32 = 3;

/// Makes an access token for somebody who is simulated.
pub type Sign = Arc<dyn Fn(UserId) -> Option<String> + Send + Sync>;

/// Why a colleague has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The board is gone, or the server does not let it in any more.
    Gone,
    /// It is at work there already, by another node.
    Elsewhere,
}

/// Why a session has ended.
enum Ended {
    Lost,
    For(End),
}

pub struct Colleague {
    pub who: Person,
    pub board: BoardId,
    pub locale: Locale,
    pub address: SocketAddr,
    pub sign: Sign,
    /// Whether it sees people on the board.
    pub sees_people: Arc<AtomicBool>,
}

impl Colleague {
    /// Works until there is no more to do; each cue is a turn.
    pub async fn run(self, mut cues: mpsc::Receiver<()>) -> End {
        let (mut failures, mut is_first) = (0, true);
        loop {
            let begun = Instant::now();
            match self.session(&mut cues, is_first).await {
                Ended::For(end) => return end,
                // A session that has lasted is a good one that was lost: a node that stops, for one.
                Ended::Lost if begun.elapsed() > Duration::from_secs(10) => failures = 0,
                Ended::Lost => failures += 1,
            }
            self.sees_people.store(false, Ordering::Relaxed);
            is_first = false;
            if failures > TRIES {
                return End::Gone;
            }
            sleep(RETRY_AFTER * 2_u32.pow(failures)).await;
        }
    }

    async fn session(&self, cues: &mut mpsc::Receiver<()>, is_first: bool) -> Ended {
        let Some(token) = (self.sign)(self.who.id) else { return Ended::For(End::Gone) };
        let Some(mut socket) = Socket::open(self.address, &token).await else { return Ended::Lost };
        let mut sight = Sight::new(cast(self.locale).iter().map(|person| person.id).collect());
        let session = match tokio::time::timeout(SUBSCRIBED_WITHIN, self.subscribe(&mut socket, &mut sight)).await {
            Ok(Ok(session)) => session,
            Ok(Err(ended)) => return ended,
            Err(_) => return Ended::Lost,
        };
        if is_first && sight.is_here_already(self.who.id, session) {
            return Ended::For(End::Elsewhere);
        }
        self.look(&sight);
        let mut dice = SmallRng::from_os_rng();
        let mut plan = Plan::default();
        let mut next_step = Instant::now();
        let mut doubled_for = 0;
        loop {
            tokio::select! {
                frame = socket.next() => {
                    let Some(frame) = frame else { return Ended::Lost };
                    if let Some(ended) = self.hear(&frame, &mut socket, &mut sight).await {
                        return ended;
                    }
                }
                () = sleep_until(next_step.into()), if !plan.steps.is_empty() => {
                    if !self.perform(&mut plan, &mut socket, &sight).await {
                        return Ended::Lost;
                    }
                    next_step = Instant::now() + plan.steps.front().map_or(Duration::ZERO, |step| step.after);
                }
                cue = cues.recv() => {
                    if cue.is_none() {
                        return Ended::For(End::Gone);
                    }
                    // A session of one's own that was lost may be there for a moment longer.
                    let is_double = sight.is_here_already(self.who.id, session);
                    doubled_for = if is_double { doubled_for + 1 } else { 0 };
                    if doubled_for >= DOUBLED_MAX {
                        return Ended::For(End::Elsewhere);
                    }
                    let now = Instant::now();
                    let since = now.checked_sub(BORED_AFTER).unwrap_or(now);
                    if plan.steps.is_empty() && !is_double && sight.has_lively_people(since) {
                        let scene = Scene { sight: &sight, me: self.who.id, locale: self.locale, now };
                        plan = scene.plan(&mut dice);
                        next_step = now + plan.steps.front().map_or(Duration::ZERO, |step| step.after);
                    }
                }
            }
        }
    }

    async fn subscribe(&self, socket: &mut Socket, sight: &mut Sight) -> Result<SessionId, Ended> {
        let connected = socket.next().await.ok_or(Ended::Lost)?;
        let session = SessionId::deserialize(&connected["session_id"]).map_err(|_| Ended::Lost)?;
        if !socket.send(self.frame("subscribe")).await {
            return Err(Ended::Lost);
        }
        loop {
            let frame = socket.next().await.ok_or(Ended::Lost)?;
            match (frame["type"].as_str(), frame["code"].as_str()) {
                (Some("subscribed"), _) => {
                    sight.begin(&frame, Instant::now()).ok_or(Ended::For(End::Gone))?;
                    return Ok(session);
                }
                (Some("error"), Some("NOT_FOUND" | "FORBIDDEN")) => return Err(Ended::For(End::Gone)),
                (Some("error"), _) => return Err(Ended::Lost),
                _ => {}
            }
        }
    }

    /// Takes a frame in; why the session has ended, if it has.
    async fn hear(&self, frame: &Value, socket: &mut Socket, sight: &mut Sight) -> Option<Ended> {
        match frame["type"].as_str() {
            // The workspace or the board is gone, or the colleague no longer belongs to it.
            Some("unsubscribed") => return Some(Ended::For(End::Gone)),
            Some("token_expiring") => {
                let token = (self.sign)(self.who.id)?;
                let mut refresh = Map::new();
                refresh.insert("type".to_owned(), "refresh".into());
                refresh.insert("token".to_owned(), token.into());
                if !socket.send(refresh).await {
                    return Some(Ended::Lost);
                }
            }
            Some("reject" | "error") => {
                tracing::debug!(who = self.who.name, %frame, "a simulated colleague was refused")
            }
            _ => sight.take(frame, Instant::now()),
        }
        self.look(sight);
        None
    }

    fn look(&self, sight: &Sight) {
        self.sees_people.store(sight.has_people(), Ordering::Relaxed);
    }

    /// Does the next step of the plan, or lets all of it be where somebody else has taken the card. Whether the
    /// connection is still there.
    async fn perform(&self, plan: &mut Plan, socket: &mut Socket, sight: &Sight) -> bool {
        if plan.card.is_some_and(|card| !sight.is_free(card, Instant::now())) {
            plan.steps.clear();
            return self.show(json!({}), socket).await;
        }
        match plan.steps.pop_front().map(|step| step.act) {
            Some(Act::Show(state)) => self.show(state, socket).await,
            Some(Act::Do(op)) => {
                let mut frame = self.frame("op");
                frame.insert("op_id".to_owned(), Uuid::now_v7().to_string().into());
                frame.insert("op".to_owned(), op.into());
                socket.send(frame).await
            }
            None => true,
        }
    }

    async fn show(&self, state: Value, socket: &mut Socket) -> bool {
        let mut frame = self.frame("presence");
        frame.insert("state".to_owned(), state);
        socket.send(frame).await
    }

    fn frame(&self, kind: &str) -> Map<String, Value> {
        let mut frame = Map::new();
        frame.insert("type".to_owned(), kind.into());
        frame.insert("room".to_owned(), format!("board:{}", self.board).into());
        frame
    }
}
