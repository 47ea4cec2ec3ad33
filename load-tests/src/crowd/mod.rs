//! Thousands of simulated users who do what good clients do: one that loses its node goes to another, comes back with
//! what it has seen, and sends its open ops again, in their order and with their `op_id`s. Whatever they are told is
//! measured and checked.

mod act;
pub mod life;
mod listen;
pub mod load;
pub mod user;
pub mod writer;

use crate::check::order::BoardOrder;
use crate::check::{Verdict, Violation};
use crate::measure::meter::Meter;
use crate::target::{SeededUser, Target};
use crate::users::Refresher;
use crate::work::{Dice, OpBook};
use anyhow::{Context, Result};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use user::{Stage, User};

/// How a crowd behaves as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// Sessions that are being opened at one time.
    pub joins_in_flight: usize,
    /// `docs/protocol.md` promises an answer within 3 s; a client that has none by then takes its connection for dead.
    /// `None` waits, and measures how long.
    pub answered_within: Option<Duration>,
    /// Sessions may end without our asking: a server is killed, or stopped. Else each is a violation.
    pub may_lose: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { joins_in_flight: 64, answered_within: None, may_lose: false }
    }
}

pub struct Crowd {
    pub target: Target,
    pub manners: Manners,
    /// The boards that anybody here follows; a board's place here is its number.
    pub orders: Vec<Board>,
    /// A user's place here is the number of its session.
    pub users: Vec<User>,
    pub accounts: Vec<SeededUser>,
    pub book: OpBook,
    pub dice: Dice,
    pub verdict: Verdict,
    pub meter: Meter,
    pub tally: Tally,
    /// New ops are sent.
    pub is_sending: bool,
    /// Why the first session that was never in could not get in.
    pub refused: Option<String>,
    /// Who publishes by a window.
    publisher: Option<usize>,
    /// Events that have reached everybody since the publisher was last told.
    completed: usize,
    wakes: BinaryHeap<Reverse<(Instant, u32)>>,
    /// Who is to be opened when there is room.
    line: VecDeque<u32>,
    joining: usize,
    live: usize,
    refresher: Option<Refresher>,
    frame: Vec<u8>,
    body: Vec<u8>,
}

/// A board, what was told of it, and how it was before the run.
pub struct Board {
    pub order: BoardOrder,
    /// The `seq` before the run; none until somebody has joined.
    pub base: Option<u64>,
    /// Users who follow it and are in.
    pub live: u32,
}

/// What happened on the way.
#[derive(Debug, Default)]
pub struct Tally {
    pub unavailable: u64,
    pub sent_again: u64,
    pub silent: u64,
    pub came_back: u64,
    /// Of those, who got the missed events in place of a snapshot.
    pub recovered: u64,
}

impl Crowd {
    /// A crowd without users, on `boards` of the target's.
    ///
    /// # Errors
    /// None in practice.
    pub fn new(target: Target, boards: &[uuid::Uuid], (run, part): (u32, u8), random_seed: u64) -> Result<Self> {
        let accounts = target.seed.users.clone();
        let orders = boards.iter().map(|id| Board { order: BoardOrder::new(*id), base: None, live: 0 }).collect();
        Ok(Self {
            meter: Meter::new(&target)?,
            refresher: Refresher::for_those(&target),
            target,
            manners: Manners::default(),
            orders,
            users: Vec::new(),
            accounts,
            book: OpBook::open(run, part),
            dice: Dice::new(random_seed.wrapping_mul(64).wrapping_add(u64::from(part))),
            verdict: Verdict::default(),
            tally: Tally::default(),
            is_sending: false,
            refused: None,
            publisher: None,
            completed: 0,
            wakes: BinaryHeap::new(),
            line: VecDeque::new(),
            joining: 0,
            live: 0,
            frame: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Users who are in.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Users who are in, or are on their way.
    pub fn is_joining(&self) -> bool {
        self.joining > 0 || !self.line.is_empty()
    }

    /// Whose events a window is kept full of.
    pub fn publish_by(&mut self, user: usize) {
        self.publisher = Some(user);
    }

    /// Lets a user be looked at, at `at` or before.
    pub fn wake(&mut self, user: usize, at: Instant) {
        let one = &mut self.users[user];
        if one.wake.is_none_or(|wake| at < wake) {
            one.wake = Some(at);
            self.wakes.push(Reverse((at, user as u32)));
        }
    }

    /// Lets a user come at `at`.
    pub fn invite(&mut self, user: usize, at: Instant) {
        let one = &mut self.users[user];
        one.stage = Stage::Away { until: at };
        one.since = at;
        self.wake(user, at);
    }

    /// Calls back everybody who is not in, of their own will or not.
    pub fn call_all_back(&mut self, now: Instant) {
        for number in 0..self.users.len() {
            let user = &mut self.users[number];
            user.life = None;
            if matches!(user.stage, Stage::Away { .. }) && user.position.is_some() {
                user.stage = Stage::Away { until: now };
                user.since = now;
                self.wake(number, now);
            }
        }
    }

    /// Whether all acks are there, and everybody who has ever been in has what anybody here was told.
    pub fn is_drained(&self) -> bool {
        self.users.iter().all(|user| {
            let is_idle = user.writer.as_ref().is_none_or(|writer| writer.open.is_empty()) && user.change.is_none();
            is_idle && (user.position.is_none() || user.is_live() && user.seen() >= self.head_of(user))
        })
    }

    fn head_of(&self, user: &User) -> u64 {
        self.orders[user.following as usize].order.head
    }

    /// After the run: no op without its ack, nobody who has not seen their board's last event.
    pub fn nobody_is_left_behind(&mut self, patience: Duration) {
        let patience = patience.as_secs_f64();
        for (number, user) in self.users.iter().enumerate().filter(|(_, user)| user.position.is_some()) {
            let board = &self.orders[user.following as usize].order;
            if let Some(open) = user.writer.as_ref().and_then(|writer| writer.open.front()) {
                let (op, stage, op_id) = (open.number, user.stage, self.book.op_id(open.number));
                self.verdict.violation(|| {
                    let what =
                        format!("op {op} of user {number} ({stage:?}) was not acked within {patience} s of the end");
                    Violation::from(what).on(board.id).of(op_id)
                });
            }
            let (seen, head) = (user.seen(), board.head);
            if seen < head {
                self.verdict.violation(|| {
                    let what = format!("user {number} saw its board up to {seen}, it is at {head}");
                    Violation::from(what).on(board.id).at(seen + 1)
                });
            }
        }
    }

    /// Forgets what is done with: ops that are in the log at their place, and events that everybody has. `logged` says
    /// up to where each board's log was compared.
    pub fn forget_the_past(&mut self, logged: &[u64]) {
        let mut seen_by_all = logged.to_vec();
        for user in self.users.iter().filter(|user| user.position.is_some()) {
            let seen = &mut seen_by_all[user.following as usize];
            *seen = user.seen().min(*seen);
        }
        for (board, seen) in self.orders.iter_mut().zip(&seen_by_all) {
            board.order.forget_to(*seen);
        }
        self.book.forget_while(|op| {
            let is_refused = op.refused == Some(crate::work::Refused::Surely);
            is_refused || op.acked_seq != 0 && op.log_seq != 0 && op.log_seq <= seen_by_all[op.board as usize]
        });
    }

    /// What opens a board's log: the token of somebody who works on it, else of a member, who may be in another process.
    ///
    /// # Errors
    /// Where there is nobody.
    pub fn token_for(&self, board: usize) -> Result<Arc<str>> {
        let worker = self.users.iter().find(|user| user.home_board as usize == board);
        let account = match worker {
            Some(user) => user.account as usize,
            None => {
                let id = self.orders[board].order.id;
                let seeded = self.target.seed.boards.iter().find(|seeded| seeded.id == id);
                self.target.members(seeded.with_context(|| format!("board {id} is not in the seed"))?)?[0]
            }
        };
        Ok(self.accounts[account].access_token.clone())
    }
}
