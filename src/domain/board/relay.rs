//! A board's window on a node that does not write it: ops go on to the owner in their order, and wait here for their
//! answers.
//!
//! What is passed on is numbered, stream by stream: an owner that sees a number missing refuses the rest, and a new
//! stream begins. So ops reach the owner in order, or not at all. What has no answer yet is sent again at the beginning
//! of a new stream, to the same owner or the next: its `op_id` makes that harmless.
//!
//! What comes later than its relay waits for it ends its stream, too: the relay has answered it `UNAVAILABLE` by then, and
//! what it holds back for its sake must not be overtaken by a copy that was under way for long.

use super::refusal::Refusal;
use super::request::{Applied, Request};
use super::sequencer::{ANSWER_MILLIS_MAX, BATCH_BYTES_MAX, BATCH_OPS_MAX};
use super::stall::Stalls;
use crate::domain::ids::{Incarnation, OpId, SessionId};
use crate::domain::time::Moment;
use std::collections::{HashMap, HashSet, VecDeque};

/// What the shell has to do next, in this order.
#[derive(Debug)]
pub enum RelayEffect<W> {
    /// Pass this on to the owner, who takes it until then by its own clock.
    Send {
        stream: u64,
        n: u64,
        valid_until: Moment,
        item: Item<W>,
    },
    Answer {
        waiter: W,
        op_id: OpId,
        result: Result<Applied, Refusal>,
    },
}

/// What is passed on under one number.
#[derive(Debug)]
pub enum Item<W> {
    /// Ops that came together, each with a tag that its answer bears.
    Ops { requests: Vec<(u64, Request<W>)>, atomic: bool },
    /// A connection that has subscribed anew may send its ops anew.
    Forgive(SessionId),
}

/// Requests that came together, and have no answer yet.
#[derive(Debug)]
struct Group<W> {
    requests: Vec<(u64, Request<W>)>,
    atomic: bool,
    /// When it was last sent in the present stream.
    sent_at: Option<Moment>,
}

/// See the module's text.
#[derive(Debug)]
pub struct Relay<W> {
    /// The present stream; grows with each new one.
    stream: u64,
    /// Whether the owner takes it.
    is_open: bool,
    /// The number of the next item in it.
    next: u64,
    /// How far the owner's clock is ahead of this node's, in milliseconds; rather less than more.
    ahead_ms: i64,
    next_tag: u64,
    waiting: VecDeque<Group<W>>,
    /// Of all that waits.
    ops: usize,
    bytes: usize,
    stalls: Stalls,
}

impl<W> Default for Relay<W> {
    fn default() -> Self {
        Self {
            stream: 0,
            is_open: false,
            next: 1,
            ahead_ms: 0,
            next_tag: 0,
            waiting: VecDeque::new(),
            ops: 0,
            bytes: 0,
            stalls: Stalls::default(),
        }
    }
}

const TOO_LATE: &str = "the board's owner did not answer: send the op again with the same op_id";
const HELD: &str = "an earlier op of this connection was not applied: send it first";
const FULL: &str = "too much waits for the board's owner: send the op again with the same op_id";

impl<W: Clone> Relay<W> {
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes requests in their order, and passes them on as soon as there is an owner who takes them.
    pub fn submit(&mut self, requests: Vec<Request<W>>, atomic: bool, now: Moment) -> Vec<RelayEffect<W>> {
        let mut effects = Vec::new();
        let mut admitted = Vec::with_capacity(requests.len());
        for request in requests {
            if self.stalls.admit(request.stream, request.op_id, now) {
                // The time sets them apart from those of an earlier relay of this board on this node.
                let tag = self.next_tag.max(u64::try_from(now.micros()).unwrap_or(0));
                self.next_tag = tag + 1;
                admitted.push((tag, request));
            } else {
                effects.push(unavailable(request, HELD));
            }
        }
        if admitted.is_empty() {
            return effects;
        }
        let bytes: usize = admitted.iter().map(|(_, request)| request.weight()).sum();
        let fits = self.ops + admitted.len() <= BATCH_OPS_MAX && self.bytes + bytes <= BATCH_BYTES_MAX;
        if self.ops > 0 && !fits {
            let mut walk = self.stalls.walk(now);
            for (_, request) in admitted {
                walk.hold(request.stream, request.op_id);
                effects.push(unavailable(request, FULL));
            }
            return effects;
        }
        self.ops += admitted.len();
        self.bytes += bytes;
        self.waiting.push_back(Group { requests: admitted, atomic, sent_at: None });
        self.send_waiting(now, &mut effects);
        effects
    }

    /// Begins a new stream, which some owner has yet to take; gives its number. Whatever has no answer is sent again.
    /// The time makes the number larger than those of earlier relays of this board on this node.
    pub fn begin(&mut self, now: Moment) -> u64 {
        self.stream = (self.stream + 1).max(u64::try_from(now.micros()).unwrap_or(0));
        self.is_open = false;
        self.next = 1;
        self.waiting.iter_mut().for_each(|group| group.sent_at = None);
        self.stream
    }

    /// An owner takes a stream; so late it was there when it said so.
    pub fn opened(&mut self, stream: u64, there: Moment, now: Moment) -> Vec<RelayEffect<W>> {
        let mut effects = Vec::new();
        if stream == self.stream && !self.is_open {
            self.is_open = true;
            self.ahead_ms = there.millis_since(now);
            self.send_waiting(now, &mut effects);
        }
        effects
    }

    /// Whether an owner takes the present stream.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn stream(&self) -> u64 {
        self.stream
    }

    /// An answer has come. What is durable is so whichever stream it came by; a refusal counts only in the present one.
    pub fn answered(
        &mut self,
        stream: u64,
        tag: u64,
        result: Result<Applied, Refusal>,
        now: Moment,
    ) -> Vec<RelayEffect<W>> {
        let mut effects = Vec::new();
        if stream != self.stream && result.is_err() {
            return effects;
        }
        let Some(request) = self.take(tag) else { return effects };
        let is_unavailable = matches!(result, Err(Refusal::Unavailable(_)));
        let (session, op_id) = (request.stream, request.op_id);
        effects.push(RelayEffect::Answer { waiter: request.waiter, op_id, result });
        if is_unavailable && session.is_some() {
            // None of the later ones may overtake it.
            let mut walk = self.stalls.walk(now);
            walk.hold(session, op_id);
            let held = self.extract(|request| request.stream == session);
            effects.extend(held.into_iter().map(|request| unavailable(request, HELD)));
        }
        effects
    }

    fn take(&mut self, tag: u64) -> Option<Request<W>> {
        // Tags grow along the line.
        let ends_before = |group: &Group<W>| group.requests.last().is_none_or(|(last, _)| *last < tag);
        let place = self.waiting.partition_point(ends_before);
        let group = self.waiting.get_mut(place)?;
        let i = group.requests.binary_search_by_key(&tag, |(other, _)| *other).ok()?;
        let (_, request) = group.requests.remove(i);
        if group.requests.is_empty() {
            self.waiting.remove(place);
        }
        self.ops -= 1;
        self.bytes -= request.weight();
        Some(request)
    }

    fn extract(&mut self, mut is_meant: impl FnMut(&Request<W>) -> bool) -> Vec<Request<W>> {
        let mut taken = Vec::new();
        for group in &mut self.waiting {
            taken.extend(group.requests.extract_if(.., |(_, request)| is_meant(request)).map(|(_, request)| request));
        }
        self.waiting.retain(|group| !group.requests.is_empty());
        self.ops -= taken.len();
        self.bytes -= taken.iter().map(Request::weight).sum::<usize>();
        taken
    }

    /// A connection that subscribes anew may send its ops anew.
    pub fn forgive(&mut self, session: SessionId, now: Moment) -> Option<RelayEffect<W>> {
        if !self.stalls.forgive(session) || !self.is_open {
            return None;
        }
        let n = self.next;
        self.next += 1;
        let valid_until = now.plus_millis(ANSWER_MILLIS_MAX + self.ahead_ms);
        Some(RelayEffect::Send { stream: self.stream, n, valid_until, item: Item::Forgive(session) })
    }

    /// Answers what has waited too long, and what came after it on the same connection. Called a few times a second
    /// while somebody waits.
    pub fn tick(&mut self, now: Moment) -> Vec<RelayEffect<W>> {
        self.stalls.expire(now);
        let is_late = |request: &Request<W>| now.millis_since(request.received) >= ANSWER_MILLIS_MAX;
        let requests = self.waiting.iter().flat_map(|group| &group.requests).map(|(_, request)| request);
        let late: Vec<_> = requests.filter(|request| is_late(request)).map(|request| request.stream).collect();
        if late.is_empty() {
            return Vec::new();
        }
        // A clock may have been set back: what came before a late one on its connection is late, too.
        let late: HashSet<SessionId> = late.into_iter().flatten().collect();
        let mut stalls = std::mem::take(&mut self.stalls);
        let mut walk = stalls.walk(now);
        let late = self.extract(|request| {
            let is_late = request.stream.is_some_and(|stream| late.contains(&stream)) || is_late(request);
            if is_late {
                walk.hold(request.stream, request.op_id);
            }
            is_late
        });
        self.stalls = stalls;
        late.into_iter().map(|request| unavailable(request, TOO_LATE)).collect()
    }

    /// How long the oldest that was passed on has waited, in milliseconds.
    pub fn unanswered_ms(&self, now: Moment) -> i64 {
        let sent_at = self.waiting.front().and_then(|group| group.sent_at);
        sent_at.map_or(0, |at| now.millis_since(at))
    }

    /// All that waits, in its order: this node writes the board itself from here on.
    pub fn take_waiting(&mut self) -> Vec<(Vec<Request<W>>, bool)> {
        (self.ops, self.bytes) = (0, 0);
        let groups = std::mem::take(&mut self.waiting).into_iter();
        groups.map(|group| (group.requests.into_iter().map(|(_, request)| request).collect(), group.atomic)).collect()
    }

    /// Answers all that waits with `UNAVAILABLE`, or, where the board is gone, that it is.
    pub fn give_up(&mut self, refusal: &Refusal) -> Vec<RelayEffect<W>> {
        let requests = self.take_waiting().into_iter().flat_map(|(requests, _)| requests);
        requests
            .map(|Request { waiter, op_id, .. }| RelayEffect::Answer { waiter, op_id, result: Err(refusal.clone()) })
            .collect()
    }

    /// See [`super::sequencer::Sequencer::take_stalls`].
    pub fn take_stalls(&mut self) -> Stalls {
        std::mem::take(&mut self.stalls)
    }

    /// Takes in the stalls of the seat that this node had. What waits here already must not overtake either: it is
    /// looked at again, in its order.
    pub fn put_stalls(&mut self, stalls: Stalls, now: Moment) -> Vec<RelayEffect<W>> {
        self.stalls.merge(stalls);
        let mut stalls = std::mem::take(&mut self.stalls);
        let held = self.extract(|request| !stalls.admit(request.stream, request.op_id, now));
        self.stalls = stalls;
        held.into_iter().map(|request| unavailable(request, HELD)).collect()
    }

    fn send_waiting(&mut self, now: Moment, effects: &mut Vec<RelayEffect<W>>) {
        if !self.is_open {
            return;
        }
        // What was sent stands before what was not.
        let unsent = self.waiting.iter().rev().take_while(|group| group.sent_at.is_none()).count();
        let first = self.waiting.len() - unsent;
        for group in self.waiting.range_mut(first..) {
            group.sent_at = Some(now);
            let received = group.requests.iter().map(|(_, request)| request.received).min();
            let valid_until = received.unwrap_or(now).plus_millis(ANSWER_MILLIS_MAX + self.ahead_ms);
            let item = Item::Ops { requests: group.requests.clone(), atomic: group.atomic };
            effects.push(RelayEffect::Send { stream: self.stream, n: self.next, valid_until, item });
            self.next += 1;
        }
    }
}

fn unavailable<W>(request: Request<W>, message: &'static str) -> RelayEffect<W> {
    let Request { waiter, op_id, .. } = request;
    RelayEffect::Answer { waiter, op_id, result: Err(Refusal::Unavailable(message.into())) }
}

/// The owner's side: which streams it takes, and the number that comes next in each.
#[derive(Debug, Default)]
pub struct Streams(HashMap<Incarnation, (u64, u64)>);

/// What an owner does with a numbered item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Take,
    /// It belongs to a stream that has been given up.
    Old,
    /// Something before it is missing: the relay must begin anew.
    Gap,
}

impl Streams {
    /// A relay begins a stream.
    pub fn open(&mut self, relay: Incarnation, stream: u64) {
        let open = self.0.entry(relay).or_insert((stream, 1));
        if open.0 != stream {
            *open = (stream, 1);
        }
    }

    /// Looks at a numbered item. One that comes after `valid_until` ends its stream.
    pub fn admit(&mut self, relay: Incarnation, stream: u64, n: u64, valid_until: Moment, now: Moment) -> Admission {
        match self.0.get_mut(&relay) {
            Some((open, next)) if stream == *open && n == *next && now > valid_until => {
                self.0.remove(&relay);
                Admission::Gap
            }
            Some((open, _)) if stream < *open => Admission::Old,
            Some((open, next)) if stream == *open && n == *next => {
                *next += 1;
                Admission::Take
            }
            Some((open, next)) if stream == *open && n < *next => Admission::Old,
            _ => Admission::Gap,
        }
    }

    /// Whether an item that was admitted may still be judged, if it has had to wait: else its stream ends, and a relay
    /// that has not begun another must do so.
    pub fn still_valid(&mut self, relay: Incarnation, stream: u64, valid_until: Moment, now: Moment) -> bool {
        let is_open = self.0.get(&relay).is_some_and(|(open, _)| *open == stream);
        if is_open && now > valid_until {
            self.0.remove(&relay);
        }
        is_open && now <= valid_until
    }

    /// Whether any node follows the board.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn close(&mut self, relay: Incarnation) {
        self.0.remove(&relay);
    }

    pub fn retain(&mut self, is_there: impl Fn(Incarnation) -> bool) {
        self.0.retain(|relay, _| is_there(*relay));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
