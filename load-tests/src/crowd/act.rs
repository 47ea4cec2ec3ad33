//! What users do when it is due.

use super::Crowd;
use super::life::Act;
use super::user::{Change, Stage};
use super::writer::{Open, Pace};
use crate::measure::timeline::Count;
use crate::swarm::{Entry, Swarm, subscribe};
use std::cmp::Reverse;
use std::io::Write;
use std::time::{Duration, Instant};

/// Attempts stand above the op's number in a request's `id`, which stays below 2^53.
const ATTEMPT_SHIFT: u32 = 32;

/// The longest that a turn waits: something may have become due that nobody is woken for.
const TURN_MAX: Duration = Duration::from_millis(20);

impl Crowd {
    /// Does what is due for everybody; answers how long nothing else will be.
    pub fn act_due(&mut self, swarm: &mut Swarm, now: Instant) -> Duration {
        self.take_new_tokens(swarm);
        while let Some(Reverse((at, user))) = self.wakes.peek().copied() {
            if at > now {
                break;
            }
            self.wakes.pop();
            let user = user as usize;
            // Another, earlier call has come since: this one is out of date.
            if self.users[user].wake != Some(at) {
                continue;
            }
            self.users[user].wake = None;
            if let Some(next) = self.act(swarm, user, now) {
                self.wake(user, next);
            }
        }
        self.open_waiting(swarm, now);
        self.wakes.peek().map_or(TURN_MAX, |Reverse((at, _))| at.saturating_duration_since(now)).min(TURN_MAX)
    }

    /// Answers when the user has to be looked at again; `None` where something that arrives will say so.
    fn act(&mut self, swarm: &mut Swarm, number: usize, now: Instant) -> Option<Instant> {
        match self.users[number].stage {
            Stage::Away { until } if now < until => Some(until),
            Stage::Away { .. } => {
                self.users[number].stage = Stage::Waiting;
                self.line.push_back(number as u32);
                None
            }
            Stage::Joining { since } => {
                let patience = self.manners.answered_within?;
                if now > since + patience {
                    self.give_up(swarm, number, "no answer while joining", now);
                    return Some(now);
                }
                Some(since + patience)
            }
            Stage::Live => self.act_live(swarm, number, now),
            Stage::Out | Stage::Waiting => None,
        }
    }

    fn act_live(&mut self, swarm: &mut Swarm, number: usize, now: Instant) -> Option<Instant> {
        let next_of_life = self.live_on(swarm, number, now);
        if !self.users[number].is_live() {
            return next_of_life;
        }
        let Some(writer) = &self.users[number].writer else { return next_of_life };
        // Ops are sent in order, so the first one's answer is due first; but all go again at once.
        let patience = self.manners.answered_within;
        let late = patience.and_then(|patience| Some(writer.open.front()?.sent + patience));
        if late.is_some_and(|late| now > late) {
            self.tally.silent += 1;
            self.give_up(swarm, number, "an op was not answered", now);
            return Some(now);
        }
        if writer.again.is_some_and(|again| now >= again) {
            self.send_again(swarm, number, now);
        }
        self.send_new(swarm, number, now);
        let writer = self.users[number].writer.as_ref()?;
        let due = if self.is_sending { writer.next_due() } else { None };
        let late = patience.and_then(|patience| Some(writer.open.front()?.sent + patience));
        [next_of_life, due, writer.again, late].into_iter().flatten().min()
    }

    /// Opens those in the line for whom there is room.
    fn open_waiting(&mut self, swarm: &mut Swarm, now: Instant) {
        while self.joining < self.manners.joins_in_flight {
            let Some(number) = self.line.pop_front() else { return };
            let number = number as usize;
            let user = &mut self.users[number];
            if user.stage != Stage::Waiting {
                continue;
            }
            if std::mem::take(&mut user.opens_when_let_in) {
                user.since = now;
            }
            let token = self.accounts[user.account as usize].access_token.clone();
            let room = Some(self.orders[user.following as usize].order.room.clone());
            let entry = Entry { token, room, since: user.position.clone() };
            let address = self.target.addresses[usize::from(user.node) % self.target.addresses.len()];
            match swarm.open(number, address, entry) {
                Ok(()) => {
                    user.stage = Stage::Joining { since: now };
                    self.joining += 1;
                    if self.manners.answered_within.is_some() {
                        self.wake(number, now);
                    }
                }
                Err(error) => {
                    let why = format!("connecting failed: {error}");
                    self.lost(number, &why, now);
                }
            }
        }
    }

    pub(super) fn give_up(&mut self, swarm: &mut Swarm, number: usize, why: &str, now: Instant) {
        swarm.leave(number);
        self.lost(number, why, now);
    }

    /// A connection has ended without our asking, or could not be had.
    pub(super) fn lost(&mut self, number: usize, why: &str, now: Instant) {
        self.meter.error(why);
        self.disconnected(number);
        // Whoever was away when their token ended comes back with another; and a board that is between two owners, or a
        // database that is away, is asked again (`ERR-1`, UNAVAILABLE).
        let is_token = self.refresher.is_some() && why.contains("401");
        if is_token {
            self.renew_token(number);
        }
        if is_token || why == "refused with UNAVAILABLE" {
            self.users[number].come_back(self.target.addresses.len(), &mut self.dice, now);
            return self.wake_from_away(number);
        }
        let user = &mut self.users[number];
        if user.position.is_none() && user.failed_attempts == 0 && self.refused.is_none() {
            self.refused = Some(format!("user {number}: {why}"));
        }
        if !self.manners.may_lose {
            self.verdict.violation(|| format!("user {number}: {why}"));
        }
        user.come_back(self.target.addresses.len(), &mut self.dice, now);
        self.wake_from_away(number);
    }

    fn wake_from_away(&mut self, number: usize) {
        if let Stage::Away { until } = self.users[number].stage {
            self.wake(number, until);
        }
    }

    /// Counts somebody out. Its stage is then to be changed.
    pub(super) fn disconnected(&mut self, number: usize) {
        match self.users[number].stage {
            Stage::Joining { .. } => self.joining -= 1,
            Stage::Live => {
                self.live -= 1;
                self.orders[self.users[number].following as usize].live -= 1;
                self.meter.count(Count::Losses, 1);
            }
            Stage::Away { .. } | Stage::Out | Stage::Waiting => {}
        }
    }

    /// Cuts a user's connection by a reset; it comes back within `within`.
    pub fn cut(&mut self, swarm: &mut Swarm, number: usize, within: Duration, now: Instant) {
        if !self.users[number].is_connected() {
            return;
        }
        swarm.reset(number);
        self.disconnected(number);
        self.users[number].lose(now);
        let until = now + self.dice.wait(within);
        self.users[number].stage = Stage::Away { until };
        self.wake(number, until);
    }

    /// A user goes back to its own node at once.
    pub fn go_home(&mut self, swarm: &mut Swarm, number: usize, now: Instant) {
        swarm.leave(number);
        self.disconnected(number);
        self.users[number].go_home(now);
        self.wake(number, now);
    }

    /// Sends what is due and may be on its way. While one has to go again, none overtakes it.
    pub(super) fn send_new(&mut self, swarm: &mut Swarm, number: usize, now: Instant) {
        while self.is_sending && self.users[number].is_live() {
            let user = &mut self.users[number];
            let Some(writer) = user.writer.as_mut().filter(|_| user.change.is_none()) else { return };
            if writer.next_due().is_none_or(|due| due > now) || writer.deck.is_none() {
                return;
            }
            let due = writer.was_sent(now);
            self.send_op(swarm, number, due, now, false);
        }
    }

    /// Sends an op on the task whose turn it is: a new title, or a move.
    fn send_op(&mut self, swarm: &mut Swarm, number: usize, due: Instant, now: Instant, is_title: bool) {
        let user = &mut self.users[number];
        let Some(writer) = &mut user.writer else { return };
        let Some(deck) = &mut writer.deck else { return };
        let op = if is_title { deck.next_title(&mut self.dice) } else { deck.next_move(&mut self.dice) };
        let op_number = self.book.note(number, user.home_board as usize, due);
        self.body.clear();
        deck.write_body(&op, self.book.op_id(op_number), &mut self.body);
        // As large as it has to be: thousands of these are kept.
        let open = Open { number: op_number, attempt: 0, sent: now, body: self.body.as_slice().to_vec() };
        write_frame(&open, &mut self.frame);
        swarm.send(number, &self.frame);
        self.meter.count(Count::Sent, 1);
        writer.open.push_back(open);
    }

    /// Sends every open op again, in their order.
    pub(super) fn send_again(&mut self, swarm: &mut Swarm, number: usize, now: Instant) {
        let Some(writer) = &mut self.users[number].writer else { return };
        writer.again = None;
        for open in &mut writer.open {
            open.attempt += 1;
            open.sent = now;
            write_frame(open, &mut self.frame);
            swarm.send(number, &self.frame);
            self.tally.sent_again += 1;
            self.meter.count(Count::Sent, 1);
        }
    }

    /// Does what somebody's life says; answers when it goes on.
    fn live_on(&mut self, swarm: &mut Swarm, number: usize, now: Instant) -> Option<Instant> {
        let user = &mut self.users[number];
        let life = user.life.as_mut().filter(|_| self.is_sending)?;
        // Who is between two boards waits until it is there.
        if user.change.is_some() {
            return None;
        }
        let due = life.next();
        let act = life.act(&mut self.dice, now);
        let next = life.next();
        match act {
            Act::Drag => self.tell(swarm, number, "dragging"),
            Act::Key => self.tell(swarm, number, "editing"),
            // Counted from when the hand let go, whenever we got to it.
            Act::Drop => self.send_op(swarm, number, due, now, false),
            Act::Save => self.send_op(swarm, number, due, now, true),
            Act::Look | Act::Return => self.change_board(swarm, number, act == Act::Return),
            Act::Leave(time) => {
                swarm.leave(number);
                self.disconnected(number);
                let user = &mut self.users[number];
                user.go_away(time, now);
                return Some(now + time);
            }
            Act::Wait => {}
        }
        Some(next)
    }

    /// Tells others what a user is at, and where its pointer is.
    fn tell(&mut self, swarm: &mut Swarm, number: usize, activity: &str) {
        let user = &self.users[number];
        let Some(deck) = user.writer.as_ref().and_then(|writer| writer.deck.as_ref()) else { return };
        let room = &self.orders[user.following as usize].order.room;
        let (x, y) = (self.dice.share(), self.dice.share());
        self.frame.clear();
        // Writing to a vector does not fail.
        let _ = write!(
            self.frame,
            r#"{{"type":"presence","room":"{room}","state":{{"task_id":"{}","activity":"{activity}","cursor":[{x:.3},{y:.3}]}}}}"#,
            deck.task()
        );
        swarm.send(number, &self.frame);
        self.meter.count(Count::PresenceSent, 1);
    }

    /// Leaves the board that a user follows for another, or goes back to its own; nothing is on its way meanwhile.
    fn change_board(&mut self, swarm: &mut Swarm, number: usize, home: bool) {
        let user = &mut self.users[number];
        let Some(life) = &mut user.life else { return };
        let is_busy = user.writer.as_ref().is_some_and(|writer| !writer.open.is_empty());
        let other = if home { Some(user.home_board as usize) } else { life.other_board };
        let Some(to) = other.filter(|to| *to != user.following as usize && !is_busy) else { return };
        let position = if home { life.left_at.take() } else { None };
        if !home {
            life.left_at = user.position.clone();
        }
        user.change = Some(Change { to: to as u32, position, is_asked: false });
        let room = &self.orders[user.following as usize].order.room;
        let frame = format!(r#"{{"id":2,"type":"unsubscribe","room":"{room}"}}"#);
        swarm.send(number, frame.as_bytes());
    }

    /// The old board has been left: asks for the new one.
    pub(super) fn enter_next_board(&mut self, swarm: &mut Swarm, number: usize) -> bool {
        let user = &mut self.users[number];
        let Some(change) = &mut user.change else { return false };
        self.orders[user.following as usize].live -= 1;
        user.following = change.to;
        self.orders[user.following as usize].live += 1;
        user.position = change.position.take();
        change.is_asked = true;
        let room = &self.orders[user.following as usize].order.room;
        swarm.send(number, subscribe(room, user.position.clone()).as_bytes());
        true
    }

    /// Lets those go on whose tokens were renewed.
    fn take_new_tokens(&mut self, swarm: &mut Swarm) {
        let Some(refresher) = &self.refresher else { return };
        for (account, renewed) in refresher.renewed() {
            match renewed {
                Ok(user) => {
                    let frame = format!(r#"{{"id":3,"type":"refresh","token":"{}"}}"#, user.access_token);
                    self.accounts[account] = user;
                    for (number, _) in self
                        .users
                        .iter()
                        .enumerate()
                        .filter(|(_, user)| user.account as usize == account && user.is_live())
                    {
                        swarm.send(number, frame.as_bytes());
                    }
                }
                Err(error) => self.verdict.violation(|| format!("a token could not be renewed: {error:#}")),
            }
        }
    }

    /// Asks for a new token for a user's account.
    pub(super) fn renew_token(&mut self, number: usize) {
        let account = self.users[number].account as usize;
        if let (Some(refresher), Some(one)) = (&mut self.refresher, self.accounts.get(account)) {
            refresher.renew(account, one);
        }
    }

    /// Sets what all writers together do to `rate` ops a second, from `now` on.
    pub fn set_rate(&mut self, rate: f64, now: Instant) {
        let writers: Vec<usize> = (0..self.users.len()).filter(|number| self.users[*number].writer.is_some()).collect();
        let interval = Duration::from_secs_f64(writers.len() as f64 / rate);
        for (place, number) in writers.iter().enumerate() {
            if let Some(writer) = &mut self.users[*number].writer {
                writer.pace = Pace::Open { interval };
                // Not all at the same beat.
                writer.due = now + interval.mul_f64(place as f64 / writers.len() as f64);
                let due = writer.due;
                self.wake(*number, due);
            }
        }
    }
}

fn write_frame(open: &Open, out: &mut Vec<u8>) {
    out.clear();
    // Writing to a vector does not fail.
    let _ = write!(out, r#"{{"id":{},"#, open.attempt << ATTEMPT_SHIFT | open.number as u64);
    out.extend_from_slice(&open.body);
}

/// The op that a request's `id` stands for.
pub(super) fn op_of(id: u64) -> usize {
    (id & ((1 << ATTEMPT_SHIFT) - 1)) as usize
}

/// Which sending of it.
pub(super) fn attempt_of(id: u64) -> u64 {
    id >> ATTEMPT_SHIFT
}
