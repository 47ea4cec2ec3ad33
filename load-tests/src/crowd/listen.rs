//! What users are told, measured and checked.

use super::Crowd;
use super::act::{attempt_of, op_of};
use super::user::Stage;
use super::writer::Pace;
use crate::check::Violation;
use crate::measure::timeline::{Count, Timed};
use crate::swarm::{Listener, Position, Swarm};
use crate::wire::{self, Message};
use crate::work::{Deck, OpName};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `UNAVAILABLE` is asked again so soon, and up to as much later.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Sessions of a board, of the first of this process, that compare every event in full; all compare its op and order.
pub const WITNESSES: u32 = 8;

impl Crowd {
    /// The answer to a `subscribe`: from now on its board's events come.
    fn on_subscribed(&mut self, number: usize, text: &[u8], now: Instant) {
        let now_ns = self.book.ns(now);
        let board = self.users[number].following as usize;
        let told = |what: String| Violation::from(what).on(self.orders[board].order.id);
        let (Ok(Message::Subscribed { seq: Some(head) }), Some((history, recovered))) =
            (wire::read(text), wire::recovery(text))
        else {
            let violation = told(format!("user {number} was told no seq or no history"));
            return self.verdict.violation(|| violation);
        };
        let history: Arc<str> = history.into();
        self.users[number].in_since_ns = now_ns;
        if recovered {
            self.on_events(number, text, now_ns, false);
            self.tally.recovered += 1;
        }
        if let Some(Position { seq: seen, .. }) = self.users[number].position {
            let id = self.orders[board].order.id;
            let told = |what: String| Violation::from(what).on(id).at(head);
            if recovered && seen != head {
                let what = format!("user {number} was brought up to {seen}, its board is at {head}");
                self.verdict.violation(|| told(what));
            } else if seen > head {
                let what = format!("user {number} has seen {seen}, and was taken back to {head}");
                self.verdict.violation(|| told(what));
            }
        }
        self.orders[board].order.joined_at(head);
        self.orders[board].base.get_or_insert(head);
        self.users[number].position = Some(Position { seq: head, history });
        self.deal(number, text);
    }

    /// Gives a writer who is in for the first time its part of the tasks.
    fn deal(&mut self, number: usize, text: &[u8]) {
        let user = &mut self.users[number];
        let Some(writer) = user.writer.as_mut().filter(|writer| writer.deck.is_none()) else { return };
        let board = self.orders[user.home_board as usize].order.id;
        match Deck::deal(board, text, writer.share, writer.of) {
            Ok(deck) if deck.len() >= writer.tasks_min() => writer.deck = Some(deck),
            Ok(deck) => {
                let needed = writer.tasks_min() * writer.of;
                let what = format!("the board has too few tasks: {needed} are needed, a writer got {}", deck.len());
                self.verdict.violation(|| Violation::from(what).on(board));
            }
            Err(why) => {
                self.verdict.violation(|| Violation::from(format!("user {number} cannot work: {why:#}")).on(board))
            }
        }
    }

    /// Every event follows the one before, and stands where it stood for everybody else.
    fn on_events(&mut self, number: usize, text: &[u8], now_ns: u64, is_whole: bool) {
        let user = &mut self.users[number];
        let board = &mut self.orders[user.following as usize];
        let id = board.order.id;
        let Some(position) = user.position.as_mut() else {
            let what = format!("user {number} was told events before the answer to its subscribe");
            return self.verdict.violation(|| Violation::from(what).on(id));
        };
        let is_witness = user.is_witness && is_whole;
        for event in wire::events(text) {
            let event = match event {
                Ok(event) => event,
                Err(why) => return self.verdict.violation(|| Violation::from(why).on(id)),
            };
            self.verdict.follows(number, id, position.seq, event.seq);
            position.seq = event.seq;
            self.meter.count(Count::Deliveries, 1);
            let Some(seen) = board.order.at(event.seq) else { continue };
            if !seen.is_told() {
                let name = OpName::read(event.op_id).filter(|name| self.book.is_of_run(name));
                seen.due_ns = name.map(|name| self.book.due_ns(&name));
                if let Some(op) = name.and_then(|name| self.book.number(&name)) {
                    self.verdict.event(&mut self.book, op, id, event.seq);
                }
            }
            let is_news = seen.heard_ns == 0;
            if is_news {
                seen.heard_ns = now_ns;
            }
            if !seen.agrees(event.op_id) || is_witness && !seen.agrees_in_full(event.text) {
                let op_id = std::str::from_utf8(event.op_id).ok().and_then(|op_id| op_id.parse().ok());
                let what = format!("user {number} was told another event than others were at this seq");
                self.verdict.violation(|| Violation { op_id, ..Violation::from(what).on(id).at(event.seq) });
            }
            seen.deliveries += 1;
            // What happened before somebody was in came as late as they did: it is not the server's doing.
            if !is_news && seen.heard_ns >= user.in_since_ns {
                self.meter.time(Timed::CommitToDelivery, now_ns.saturating_sub(seen.heard_ns));
            }
            if let Some(due_ns) = seen.due_ns.filter(|due_ns| *due_ns >= user.in_since_ns) {
                self.meter.time(Timed::Delivery, now_ns.saturating_sub(due_ns));
            }
            if seen.deliveries == board.live && self.publisher.is_some() {
                self.completed += 1;
            }
        }
    }

    fn on_ack(&mut self, number: usize, (id, seq, version): (u64, u64, u64), now: Instant) {
        let op_number = op_of(id);
        let user = &mut self.users[number];
        let board = &mut self.orders[user.home_board as usize].order;
        let first = self.book.get(op_number).is_some_and(|op| op.acked_seq == 0);
        self.verdict.ack(&mut self.book, op_number, board.id, number, (seq, version));
        let now_ns = self.book.ns(now);
        if let Some(seen) = board.at(seq).filter(|seen| seen.heard_ns == 0) {
            seen.heard_ns = now_ns;
        }
        let (Some(op), Some(writer), true) = (self.book.get(op_number), &mut user.writer, first) else { return };
        writer.open.retain(|open| open.number != op_number);
        writer.waits.ack(now);
        let took = now_ns.saturating_sub(op.due_ns);
        if let Some(own) = &mut writer.own_ack {
            own.record(took);
        }
        self.meter.time(Timed::Ack, took);
        self.meter.count(Count::Acked, 1);
    }

    fn on_reject(&mut self, number: usize, id: u64, code: &str, now: Instant) {
        self.meter.error(code);
        let op = op_of(id);
        let user = &mut self.users[number];
        let Some(writer) = &mut user.writer else { return };
        if code == "UNAVAILABLE" {
            self.tally.unavailable += 1;
            // An answer to an earlier sending says nothing about this one.
            let is_meant = writer.open.iter().any(|open| open.number == op && open.attempt == attempt_of(id));
            if is_meant && writer.again.is_none() {
                let again = now + ASK_AGAIN_AFTER + self.dice.wait(ASK_AGAIN_AFTER);
                writer.again = Some(again);
                self.wake(number, again);
            }
            return;
        }
        writer.open.retain(|open| open.number != op);
        if let Some(deck) = &mut writer.deck {
            deck.forget_versions();
        }
        if let Some(op) = self.book.get_mut(op) {
            op.refuse(code);
        }
        let (board, op_id) = (self.orders[user.home_board as usize].order.id, self.book.op_id(op));
        let what = format!("op {op} of user {number} was rejected with {code}");
        self.verdict.violation(|| Violation::from(what).on(board).of(op_id));
    }

    /// Events have reached everybody: the window has room for as many more.
    fn publish_on(&mut self, swarm: &mut Swarm, now: Instant) {
        let completed = std::mem::take(&mut self.completed);
        let Some(publisher) = self.publisher.filter(|_| completed > 0) else { return };
        if let Some(writer) = &mut self.users[publisher].writer {
            if matches!(writer.pace, Pace::Window { .. }) {
                writer.incomplete = writer.incomplete.saturating_sub(completed);
                writer.due = now;
            }
            self.send_new(swarm, publisher, now);
        }
    }
}

impl Listener for Crowd {
    fn joined(&mut self, swarm: &mut Swarm, number: usize, text: &[u8]) {
        let now = Instant::now();
        self.on_subscribed(number, text, now);
        let user = &mut self.users[number];
        self.joining -= 1;
        self.live += 1;
        let board = &mut self.orders[user.following as usize];
        board.live += 1;
        let is_first = user.stage != Stage::Live && !user.was_in;
        user.is_witness |= is_first && board.live <= WITNESSES;
        user.stage = Stage::Live;
        user.failed_attempts = 0;
        user.was_in = true;
        let took = now.saturating_duration_since(user.since).as_nanos() as u64;
        self.meter.count(Count::Joins, 1);
        self.meter.time(if is_first { Timed::Connect } else { Timed::ComeBack }, took);
        if !is_first {
            self.tally.came_back += 1;
            self.send_again(swarm, number, now);
        }
        if let Some(life) = &mut self.users[number].life {
            life.settle(&mut self.dice, now);
        }
        if self.users[number].writer.is_some() {
            self.wake(number, now);
        }
    }

    fn message(&mut self, swarm: &mut Swarm, number: usize, message: Message<'_>, text: &[u8], now: Instant) {
        match message {
            Message::Events => {
                let now_ns = self.book.ns(now);
                self.on_events(number, text, now_ns, true);
                self.publish_on(swarm, now);
            }
            Message::Ack { id, seq, version } => {
                self.on_ack(number, (id, seq, version), now);
                self.send_new(swarm, number, Instant::now());
            }
            Message::Reject { id, code } => {
                self.on_reject(number, id, code, now);
                self.send_new(swarm, number, Instant::now());
            }
            Message::Presence => self.meter.count(Count::PresenceGot, 1),
            Message::Subscribed { .. } => {
                if self.users[number].change.take().is_some() {
                    self.on_subscribed(number, text, now);
                    self.wake(number, now);
                }
            }
            Message::Unsubscribed => {
                if !self.enter_next_board(swarm, number) {
                    self.give_up(swarm, number, "was unsubscribed", now);
                }
            }
            Message::Bye { .. } => {
                self.users[number].called_back_in = wire::reconnect_in_ms(text).map(Duration::from_millis);
            }
            Message::TokenExpiring => self.renew_token(number),
            Message::Error { code } => {
                self.meter.error(code);
                self.verdict.violation(|| format!("user {number} got {code}"));
            }
            Message::Connected | Message::Other => {}
        }
    }

    fn closed(&mut self, number: usize, why: &str) {
        self.lost(number, why, Instant::now());
    }
}
