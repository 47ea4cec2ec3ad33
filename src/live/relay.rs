//! A board's actor where another node writes the board: finds the owner, passes ops on, hands events on, and fills what
//! the bus has lost from the log.

use super::answer::{Reply, Waiter};
use super::board::{BoardActor, RETRY_AFTER, Seat};
use super::clock;
use super::hub::Delivery;
use crate::domain::board::catch_up::Tail;
use crate::domain::board::model::Seq;
use crate::domain::board::relay::{Admission, RelayEffect};
use crate::domain::board::sequencer::Request;
use crate::domain::ids::{Incarnation, SessionId};
use crate::protocol::code::Code;
use crate::protocol::frame::Room;
use crate::protocol::peer::{Forward, PeerMessage};
use crate::store::queries::board::Head;
use crate::store::queries::log::TailEnd;
use crate::store::queries::node::Standing;
use crate::store::{StoreResult, queries};
use actix::prelude::*;
use bytes::Bytes;
use serde_json::value::RawValue;
use std::time::Instant;

/// A node that is asked to take a board, and says nothing for so long, is asked no more, in milliseconds.
const ASKED_MS: i64 = 750;
/// An owner that has not answered an op for so long may have lost it, in milliseconds: all that is open is sent again.
const UNANSWERED_MS: i64 = 1_000;
/// Rows of the log that are read at once, and their bytes.
const FILL_ROWS: usize = 1_000;
const FILL_BYTES: usize = 4 * 1_024 * 1_024;
/// Sessions of other nodes that are remembered.
const ELSEWHERE_MAX: usize = 16_384;
/// Forwarded ops that wait until this node knows the workspace's members as well as their relay does.
const HELD_MAX: usize = 4_096;

impl BoardActor {
    /// The last event that was told on this node, once there is one place that all know.
    pub(super) fn head(&self) -> Option<Seq> {
        match self.seat {
            Seat::Owner | Seat::Leaving(_) => self.sequencer.committed(),
            Seat::Seeking | Seat::Relay(_) => self.is_loaded.then(|| self.tail.head()),
        }
    }

    /// Numbers a search for the board's owner, so that the answers to earlier ones are passed over.
    pub(super) fn begin_seeking(&mut self) -> u64 {
        self.seeking += 1;
        self.seeking
    }

    /// Asks the database who writes the board, and goes on from there.
    pub(super) fn seek(&mut self, context: &mut Context<Self>) {
        if !matches!(self.seat, Seat::Owner | Seat::Leaving(_)) {
            self.seat = Seat::Seeking;
        }
        let (id, store, seeking) = (self.id, self.live.store().clone(), self.begin_seeking());
        let looked = async move { store.look(id).await };
        context.spawn(looked.into_actor(self).map(move |found, actor, context| {
            if actor.seeking != seeking {
                return;
            }
            match found {
                Ok(Some((head, owner))) => actor.found(&head, owner, context),
                Ok(None) => actor.end(context),
                Err(error) => actor.again_later("looked for", &error, context),
            }
        }));
        self.arm(context);
    }

    pub(super) fn seek_later(&mut self, context: &mut Context<Self>) {
        let seeking = self.begin_seeking();
        context.run_later(RETRY_AFTER, move |actor, context| {
            if actor.seeking == seeking {
                actor.seek(context);
            }
        });
    }

    /// Where the board stands, and its owner, if that one lives.
    fn found(&mut self, head: &Head, owner: Option<Incarnation>, context: &mut Context<Self>) {
        let membership = self.live.membership().clone();
        let me = membership.me();
        if let Some(owner) = owner.filter(|owner| *owner != me) {
            self.stands(head, context);
            return self.relay_to(owner, context);
        }
        if !membership.takes_boards() {
            self.stands(head, context);
            return match membership.heir(self.id) {
                Some(heir) if !self.asked_in_vain => self.relay_to(heir, context),
                _ => {
                    self.asked_in_vain = false;
                    self.seek_later(context);
                }
            };
        }
        let preferred = membership.view().preferred(self.id).filter(|preferred| *preferred != me);
        let is_wanted = self.is_wanted || self.asked_in_vain || owner == Some(me) || !membership.bus().is_up();
        match preferred {
            // It takes the board because it is asked to, whoever it thinks should own it.
            Some(preferred) if !is_wanted => {
                self.stands(head, context);
                self.relay_to(preferred, context);
            }
            _ => {
                (self.is_wanted, self.asked_in_vain) = (false, false);
                self.heir_of = head.owner.filter(|dead| *dead != me);
                self.claim(context);
            }
        }
    }

    /// The board is another's, and stands so far.
    fn stands(&mut self, head: &Head, context: &mut Context<Self>) {
        self.history = head.history.clone();
        if !self.is_loaded {
            self.is_loaded = true;
            self.tail = Tail::new(head.head);
            self.pin.stands_at(head.head);
        }
        self.follow_up_to(head.head, context);
        self.join_the_early(context);
    }

    /// Passes ops on to this node from now on, if it takes them.
    pub(super) fn relay_to(&mut self, owner: Incarnation, context: &mut Context<Self>) {
        self.begin_seeking();
        self.seat = Seat::Relay(owner);
        let now = clock::now();
        let stream = self.relay.begin(now);
        self.asked_at = now;
        self.live.tell(owner, &PeerMessage::Attach { board: self.id, stream });
        for (node, stream) in std::mem::take(&mut self.attaching) {
            if node != owner {
                self.live.tell(node, &PeerMessage::NotOwner { board: self.id, stream });
            }
        }
        self.arm(context);
    }

    /// Asks again, or somebody else, where the owner does not answer. Called a few times a second while somebody waits.
    pub(super) fn tick_relay(&mut self, context: &mut Context<Self>) {
        let now = clock::now();
        let effects = self.relay.tick(now);
        self.perform_relay(effects, context);
        let Seat::Relay(owner) = self.seat else { return };
        if !self.relay.is_open() {
            if now.millis_since(self.asked_at) >= ASKED_MS {
                self.asked_in_vain = true;
                self.seek(context);
            } else {
                let stream = self.relay.stream();
                self.live.tell(owner, &PeerMessage::Attach { board: self.id, stream });
            }
        } else if self.relay.unanswered_ms(now) >= UNANSWERED_MS {
            self.relay_to(owner, context);
        }
    }

    /// Passes ops on, or keeps them until there is somebody to pass them on to.
    pub(super) fn submit_to_owner(
        &mut self,
        requests: Vec<Request<Waiter>>,
        atomic: bool,
        context: &mut Context<Self>,
    ) {
        let effects = self.relay.submit(requests, atomic, clock::now());
        self.perform_relay(effects, context);
    }

    pub(super) fn perform_relay(&mut self, effects: Vec<RelayEffect<Waiter>>, context: &mut Context<Self>) {
        for effect in effects {
            match effect {
                RelayEffect::Answer { waiter, op_id, result } => self.answer(waiter, op_id, result, context),
                send @ RelayEffect::Send { .. } => {
                    let Seat::Relay(owner) = self.seat else { continue };
                    let access = self.access.load().version;
                    if let Some(forward) = Forward::new(self.id, access, send) {
                        metrics::counter!("node_forwarded_ops_total").increment(forward.ops.len() as u64);
                        self.live.tell(owner, &PeerMessage::Forward(forward));
                    }
                }
            }
        }
        self.flush_deliveries();
        self.arm(context);
    }

    /// A connection that has subscribed anew may send its ops anew.
    pub(super) fn forgive(&mut self, session: SessionId) {
        match self.seat {
            Seat::Owner | Seat::Leaving(_) => self.sequencer.forgive(session),
            Seat::Seeking | Seat::Relay(_) => {
                let send = self.relay.forgive(session, clock::now());
                let forward = send.and_then(|send| Forward::new(self.id, 0, send));
                if let (Some(forward), Seat::Relay(owner)) = (forward, &self.seat) {
                    self.live.tell(*owner, &PeerMessage::Forward(forward));
                }
            }
        }
    }

    /// Takes another node's stream, if the board is this node's.
    pub(super) fn attach(&mut self, node: Incarnation, stream: u64) {
        let board = self.id;
        match self.seat {
            Seat::Owner => {
                self.streams.open(node, stream);
                self.live.tell(node, &PeerMessage::Attached { board, stream, now: clock::now() });
            }
            // It is told when that is known.
            Seat::Seeking | Seat::Leaving(_) => drop(self.attaching.insert(node, stream)),
            Seat::Relay(owner) if owner == node => drop(self.attaching.insert(node, stream)),
            Seat::Relay(_) => self.live.tell(node, &PeerMessage::NotOwner { board, stream }),
        }
    }

    /// What another node says of this board.
    pub(super) fn hear_peer(&mut self, from: Incarnation, message: PeerMessage, context: &mut Context<Self>) {
        let board = self.id;
        match message {
            PeerMessage::Attach { stream, .. } => {
                self.used_now();
                self.attach(from, stream);
                // It may know better, unless this node has just heard from the owner.
                if !self.relay.is_open() {
                    self.be_wanted(context);
                }
            }
            PeerMessage::Take { .. } => self.be_wanted(context),
            PeerMessage::Detach { .. } => {
                self.streams.close(from);
                self.attaching.remove(&from);
            }
            PeerMessage::Attached { stream, now, .. } => {
                if matches!(self.seat, Seat::Relay(_)) && stream == self.relay.stream() {
                    self.seat = Seat::Relay(from);
                    self.asked_in_vain = false;
                    let effects = self.relay.opened(stream, now, clock::now());
                    self.perform_relay(effects, context);
                }
            }
            PeerMessage::NotOwner { stream, .. } => {
                if matches!(self.seat, Seat::Relay(_)) && stream == self.relay.stream() {
                    self.asked_in_vain = true;
                    self.seek(context);
                }
            }
            PeerMessage::Gap { stream, .. } => {
                if let (Seat::Relay(owner), true) = (&self.seat, stream == self.relay.stream()) {
                    self.relay_to(*owner, context);
                }
            }
            PeerMessage::Forward(forward) => self.take_forward(from, forward, context),
            PeerMessage::Answers { answers, .. } => {
                let now = clock::now();
                for answer in answers {
                    let effects = self.relay.answered(answer.stream, answer.tag, answer.result, now);
                    self.perform_relay(effects, context);
                }
            }
            PeerMessage::Events { first, events, .. } => self.hear_events(first, events, context),
            PeerMessage::Moved { to, .. } => match to {
                Some(to) if to == self.live.membership().me() => self.be_wanted(context),
                Some(to) if matches!(self.seat, Seat::Relay(_)) && self.live.membership().lives(to) => {
                    self.relay_to(to, context);
                }
                _ if matches!(self.seat, Seat::Relay(_)) => self.seek(context),
                _ => {}
            },
            other => tracing::debug!(board_id = %board, ?other, "a board was told what does not concern it"),
        }
    }

    /// Another node wants this one to write the board, if nobody does.
    fn be_wanted(&mut self, context: &mut Context<Self>) {
        match self.seat {
            Seat::Owner | Seat::Leaving(_) => {}
            Seat::Seeking => self.is_wanted = true,
            Seat::Relay(_) => {
                self.is_wanted = true;
                self.seek(context);
            }
        }
    }

    /// Takes ops that another node passes on, in their order, and judges them by members that are known here as well as
    /// there.
    fn take_forward(&mut self, from: Incarnation, forward: Forward, context: &mut Context<Self>) {
        self.used_now();
        let (board, stream) = (self.id, forward.stream);
        if !matches!(self.seat, Seat::Owner) {
            if !matches!(self.seat, Seat::Leaving(_)) {
                self.live.tell(from, &PeerMessage::NotOwner { board, stream });
            }
            return;
        }
        match self.streams.admit(from, stream, forward.n, forward.valid_until, clock::now()) {
            Admission::Take => {}
            Admission::Old => return,
            Admission::Gap => return self.live.tell(from, &PeerMessage::Gap { board, stream }),
        }
        if self.held.is_empty() && forward.access <= self.access.load().version {
            return self.judge_forward(from, forward, context);
        }
        if self.held.len() >= HELD_MAX {
            self.streams.close(from);
            return self.live.tell(from, &PeerMessage::Gap { board, stream });
        }
        self.held.push_back((from, forward));
        if self.held.len() == 1 {
            let (live, workspace) = (self.live.clone(), self.workspace_id);
            let reread = async move { live.access_changed_here(workspace).await };
            context.spawn(reread.into_actor(self).map(|(), actor, context| {
                while let Some((from, forward)) = actor.held.pop_front() {
                    actor.judge_forward(from, forward, context);
                }
            }));
        }
    }

    fn judge_forward(&mut self, from: Incarnation, forward: Forward, context: &mut Context<Self>) {
        if !matches!(self.seat, Seat::Owner) {
            // The board went while its members were read; the relay sends it again to whoever has it.
            return;
        }
        if !self.streams.still_valid(from, forward.stream, forward.valid_until, clock::now()) {
            return self.live.tell(from, &PeerMessage::Gap { board: self.id, stream: forward.stream });
        }
        let Forward { board, stream, ops, atomic, forgive, .. } = forward;
        if let Some(session) = forgive {
            self.sequencer.forgive(session);
        }
        if self.sessions_elsewhere.len() > ELSEWHERE_MAX {
            // Those that are forgotten are held off here, too, until their time is over.
            self.sessions_elsewhere.clear();
        }
        self.sessions_elsewhere.extend(ops.iter().filter_map(|op| op.session));
        let received = clock::now();
        let waiter =
            |tag, kind| Waiter { reply: Reply::Relay { node: from, stream, tag }, kind, received: Instant::now() };
        let requests: Result<Vec<_>, _> = ops.into_iter().map(|op| op.into_request(waiter, received)).collect();
        match requests {
            Ok(requests) if requests.is_empty() => {}
            Ok(requests) => {
                let access = self.access.load();
                let effects = self.sequencer.submit(requests, atomic, &access, received);
                self.perform(effects, context);
            }
            Err(error) => {
                // A node of another version, perhaps: what it asks is not known here, and it is told so in time.
                tracing::warn!(board_id = %board, %error, "an op of another node can't be read");
            }
        }
    }

    fn hear_events(&mut self, first: Seq, events: Vec<Box<RawValue>>, context: &mut Context<Self>) {
        if !self.is_loaded || matches!(self.seat, Seat::Owner | Seat::Leaving(_)) {
            return;
        }
        let (head, last) = (self.tail.head(), first + events.len() as Seq - 1);
        if first > head + 1 || self.is_filling {
            return self.follow_up_to(last, context);
        }
        let known = usize::try_from(head + 1 - first).unwrap_or(usize::MAX);
        let fresh = events.into_iter().skip(known);
        let fresh: Vec<Bytes> = fresh.map(|event| Bytes::from(String::from(Box::<str>::from(event)))).collect();
        if !fresh.is_empty() {
            self.publish(fresh, context);
            self.flush_deliveries();
            self.go_on(context);
        }
    }

    /// There are events up to this one: those that were not heard are read from the log.
    pub(super) fn follow_up_to(&mut self, seq: Seq, context: &mut Context<Self>) {
        self.heard_to = self.heard_to.max(seq);
        let is_owner = matches!(self.seat, Seat::Owner | Seat::Leaving(_));
        if is_owner || self.is_filling || !self.is_loaded || self.heard_to <= self.tail.head() {
            return;
        }
        self.is_filling = true;
        let (id, since, store) = (self.id, self.tail.head(), self.live.store().clone());
        let read = async move { store.tail(id, since, FILL_ROWS, FILL_BYTES).await };
        context.spawn(read.into_actor(self).map(move |tail, actor, context| {
            actor.is_filling = false;
            if matches!(actor.seat, Seat::Owner | Seat::Leaving(_)) {
                // What was missed was read with the board; what is newer is this node's own to tell.
                return;
            }
            match tail {
                Ok(tail) if tail.end == TailEnd::Trimmed && tail.rows.is_empty() => actor.lose_track(context),
                Ok(tail) => {
                    let head = actor.tail.head();
                    let fresh = tail.rows.into_iter().filter(|row| row.seq > head).map(|row| row.event);
                    let fresh: Vec<Bytes> = fresh.collect();
                    metrics::counter!("board_gaps_repaired_total").increment(fresh.len() as u64);
                    if fresh.is_empty() {
                        // The log is no further than what is known here.
                        actor.heard_to = actor.heard_to.min(head);
                    }
                    actor.publish(fresh, context);
                    actor.flush_deliveries();
                    actor.go_on(context);
                    actor.follow_up_to(0, context);
                }
                Err(error) => {
                    actor.warn_of("followed", &error);
                    context.run_later(RETRY_AFTER, |actor, context| actor.follow_up_to(0, context));
                }
            }
        }));
    }

    /// What was missed is not kept any more: whoever follows comes in anew.
    fn lose_track(&mut self, context: &mut Context<Self>) {
        let hubs: Vec<_> = self.attendance.hubs().collect();
        for hub in hubs {
            self.deliver(hub, Delivery::Closed(Code::Unavailable));
        }
        self.flush_deliveries();
        self.is_loaded = false;
        self.seek(context);
    }

    /// Asks the database for its own head, once for all who wait for that: a relay may not know yet what was acked, nor
    /// may an owner who was taken for dead.
    pub(super) fn look_for_joiners(&mut self, context: &mut Context<Self>) {
        if self.joiners.is_looking || self.joiners.unsure.is_empty() {
            return;
        }
        self.joiners.is_looking = true;
        let unsure = std::mem::take(&mut self.joiners.unsure);
        // They may leave meanwhile.
        let sessions: Vec<_> = unsure.iter().map(|join| (join.session, join.id)).collect();
        self.joiners.behind.extend(unsure.into_iter().map(|join| (Seq::MAX, join)));
        let (id, store) = (self.id, self.live.store().clone());
        let read = async move { store.read(async move |mut conn| queries::board::head(&mut conn, id).await).await };
        context.spawn(read.into_actor(self).map(move |found: StoreResult<Option<Head>>, actor, context| {
            actor.joiners.is_looking = false;
            let asked = |join: &super::board::Join| sessions.contains(&(join.session, join.id));
            match found {
                Ok(Some(head)) => {
                    for (seq, _) in actor.joiners.behind.iter_mut().filter(|(_, join)| asked(join)) {
                        *seq = head.head;
                    }
                    actor.follow_up_to(head.head, context);
                    actor.join_those_behind(context);
                }
                Ok(None) => actor.end(context),
                Err(error) => {
                    actor.warn_of("looked at", &error);
                    let again: Vec<_> = actor.joiners.behind.extract_if(.., |(_, join)| asked(join)).collect();
                    actor.joiners.unsure.extend(again.into_iter().map(|(_, join)| join));
                    context.run_later(RETRY_AFTER, |actor, context| actor.look_for_joiners(context));
                }
            }
            actor.flush_deliveries();
            actor.go_on(context);
            actor.look_for_joiners(context);
            actor.arm(context);
        }));
    }

    /// Lets those in who waited for events that are here by now.
    pub(super) fn join_those_behind(&mut self, context: &mut Context<Self>) {
        let Some(head) = self.head() else { return };
        let ready: Vec<_> = self.joiners.behind.extract_if(.., |(seq, _)| *seq <= head).collect();
        for (_, join) in ready {
            self.join_now(join, context);
        }
    }

    /// Where the board stands in the database, whatever the bus has carried.
    pub(super) fn seen(&mut self, standing: Standing, context: &mut Context<Self>) {
        match self.seat {
            // While a commit is in flight its outcome will tell.
            Seat::Owner
                if standing.epoch > self.epoch
                    && !self.sequencer.is_committing()
                    && self.sequencer.committed().is_some() =>
            {
                self.lose(context);
            }
            Seat::Owner | Seat::Leaving(_) | Seat::Seeking => {}
            Seat::Relay(owner) => {
                let is_behind = standing.head > self.tail.head();
                self.follow_up_to(standing.head, context);
                if self.relay.is_open() && standing.owner != Some(owner) {
                    self.seek(context);
                } else if self.relay.is_open() && is_behind {
                    // It should have been heard of: the owner may not know of this node any more.
                    let stream = self.relay.stream();
                    self.live.tell(owner, &PeerMessage::Attach { board: self.id, stream });
                }
            }
        }
    }

    /// Other nodes live than before, or this one is another.
    pub(super) fn look_around(&mut self, context: &mut Context<Self>) {
        let membership = self.live.membership().clone();
        self.streams.retain(|node| membership.lives(node));
        self.attaching.retain(|node, _| membership.lives(*node));
        match self.seat {
            Seat::Owner | Seat::Leaving(_) if self.owner_of_epoch != membership.me() => self.lose(context),
            Seat::Relay(owner) if !membership.lives(owner) => self.seek(context),
            Seat::Owner | Seat::Leaving(_) | Seat::Seeking | Seat::Relay(_) => {}
        }
    }

    /// The bus is back: what was sent meanwhile is lost, the owner may be another, and the log has what was missed.
    pub(super) fn bus_is_back(&mut self, context: &mut Context<Self>) {
        if matches!(self.seat, Seat::Relay(_)) {
            self.seek(context);
        }
    }

    /// Says farewell to the owner, where there is another.
    pub(super) fn detach(&self) {
        if let Seat::Relay(owner) = self.seat {
            self.live.tell(owner, &PeerMessage::Detach { board: self.id });
        }
        self.live.unfollow(Room::Board(self.id), &self.host());
    }
}
