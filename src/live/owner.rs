//! A board's actor where this node writes the board: takes it, reads it, makes its batches durable, and lets it go.

use super::board::{BoardActor, Leaving, Seat};
use super::clock;
use crate::domain::board::Board;
use crate::domain::board::catch_up::Tail;
use crate::domain::board::commit::{Commit, Outcome};
use crate::domain::board::model::{Epoch, Seq};
use crate::domain::board::sequencer::Loaded;
use crate::domain::ids::{BoardId, OpId};
use crate::protocol::codec;
use crate::protocol::frame::Room;
use crate::protocol::peer::PeerMessage;
use crate::store::committer::{Answer, Batch};
use crate::store::queries::board::Claim;
use crate::store::{Conn, StoreError, StoreResult, queries};
use actix::prelude::*;
use bytes::Bytes;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Rows of the log that are read at once.
const MISSED_AT_ONCE: usize = 1_000;
/// What is in flight is waited for so long before a board is let go; a batch that takes longer is fenced, and its ops
/// are sent again.
const LEAVE_WITHIN: Duration = Duration::from_millis(1_500);

impl BoardActor {
    /// Takes the board: from here on its epoch is ours.
    pub(super) fn claim(&mut self, context: &mut Context<Self>) {
        if self.is_retired {
            return self.give_up(context);
        }
        let (id, me, store) = (self.id, self.live.membership().me(), self.live.store().clone());
        let seeking = self.begin_seeking();
        let claimed = async move { store.claim(id, me).await };
        context.spawn(claimed.into_actor(self).map(move |claimed, actor, context| {
            if actor.seeking != seeking {
                return;
            }
            match claimed {
                Ok(Claim::Taken(activation)) => {
                    actor.history = activation.history;
                    actor.epoch = activation.epoch;
                    actor.owner_of_epoch = me;
                    actor.load(context);
                }
                Ok(Claim::Held) => actor.seek_later(context),
                Ok(Claim::Gone) => actor.end(context),
                Err(error) => actor.again_later("taken", &error, context),
            }
        }));
    }

    /// Reads the board as it stands, and what has become durable without our hearing of it, and goes on from there.
    pub(super) fn load(&mut self, context: &mut Context<Self>) {
        let (id, store) = (self.id, self.live.store().clone());
        let heard = self.is_loaded.then(|| self.tail.head());
        let seeking = self.begin_seeking();
        let read = async move { store.read(async move |mut conn| read_board(&mut conn, id, heard).await).await };
        context.spawn(read.into_actor(self).map(move |read, actor, context| {
            if actor.seeking != seeking {
                return;
            }
            match read {
                // Another node has taken it meanwhile.
                Ok((loaded, _)) if loaded.epoch != actor.epoch => actor.lose(context),
                Ok((loaded, mut missed)) => {
                    // The old owner's last events may have come meanwhile.
                    let known = heard.map_or(0, |heard| actor.tail.head() - heard);
                    missed.drain(..missed.len().min(usize::try_from(known).unwrap_or(0)));
                    actor.loaded(loaded, missed, context);
                }
                Err(StoreError::NotFound) => actor.end(context),
                Err(error) => {
                    actor.warn_of("read", &error);
                    context.run_later(super::board::RETRY_AFTER, move |actor, context| {
                        if actor.seeking == seeking {
                            actor.load(context);
                        }
                    });
                }
            }
        }));
    }

    fn loaded(&mut self, loaded: queries::board::Loaded, missed: Vec<Bytes>, context: &mut Context<Self>) {
        let queries::board::Loaded { head, epoch, at, columns, tasks, recent } = loaded;
        let board = Board::new(self.project_id, columns, tasks);
        let loaded = Loaded { board, epoch, head, at, recent };
        if !self.is_loaded {
            self.tail = Tail::new(head);
            self.is_loaded = true;
        }
        let access = self.access.load();
        let was_owner = matches!(self.seat, Seat::Owner | Seat::Leaving(_));
        if !was_owner {
            self.seat = Seat::Owner;
            self.pin.set_owned(true);
            if let Some(dead) = self.heir_of.take() {
                metrics::counter!("board_handoffs_total", "reason" => "failover").increment(1);
                tracing::info!(board_id = %self.id, epoch, from = %dead, reason = "failover", "a dead node's board was taken");
            }
        }
        let effects = self.sequencer.loaded(loaded, &access, clock::now());
        // Those who are in hear first of what they have missed.
        if !missed.is_empty() && !self.streams.is_empty() {
            self.live.tell_events(self.id, self.tail.head() + 1, &missed);
        }
        self.publish(missed, context);
        self.perform(effects, context);
        if !was_owner {
            for (node, stream) in std::mem::take(&mut self.attaching) {
                self.attach(node, stream);
            }
            self.submit_waiting(context);
        }
        self.join_the_early(context);
        self.leave_if_quiet(context);
    }

    /// Hands a batch to the committer. It is never taken back; its outcome is waited for.
    pub(super) fn commit(&mut self, commit: Commit, context: &mut Context<Self>) {
        let epoch = commit.epoch;
        let events: Vec<Bytes> = commit.ops.iter().map(|op| codec::event(&op.event)).collect();
        self.in_flight = events.clone();
        let (done, outcome) = oneshot::channel();
        self.live.committer().submit(Batch { commit, events }, move |answer| drop(done.send(answer)));
        self.commits += 1;
        let number = self.commits;
        let finished = outcome.into_actor(self).map(move |answer, actor, context| {
            if actor.commits != number {
                // The board was given up meanwhile; what became of it stands in the log.
                return;
            }
            let answer = answer.unwrap_or(Answer { outcome: Outcome::Fenced, epoch });
            if answer.outcome != Outcome::Committed {
                tracing::warn!(board_id = %actor.id, outcome = ?answer.outcome, "a batch was not applied");
            }
            actor.epoch = answer.epoch;
            let access = actor.access.load();
            let effects = actor.sequencer.commit_finished(answer.outcome, answer.epoch, &access, clock::now());
            actor.perform(effects, context);
            actor.leave_if_quiet(context);
        });
        context.spawn(finished);
    }

    /// What is in flight has become durable: everybody may hear of it.
    pub(super) fn publish_in_flight(&mut self, context: &mut Context<Self>) {
        let events = std::mem::take(&mut self.in_flight);
        if !self.streams.is_empty() {
            self.live.tell_events(self.id, self.tail.head() + 1, &events);
        }
        self.publish(events, context);
    }

    /// Tells everybody on this node of the events after the last that was told, and lets those in who waited for that.
    pub(super) fn publish(&mut self, events: Vec<Bytes>, context: &mut Context<Self>) {
        if !events.is_empty() {
            let frames = codec::events(Room::Board(self.id), &events);
            self.tail.extend(events);
            self.pin.stands_at(self.tail.head());
            let hubs: Vec<_> = self.attendance.hubs().collect();
            for hub in hubs {
                self.deliver(hub, super::hub::Delivery::Events(frames.clone()));
            }
        }
        self.join_those_behind(context);
        self.let_waiting_in(context);
    }

    /// The board is another node's, as the database says: what was open is told so, and the owner is looked for.
    pub(super) fn lose(&mut self, context: &mut Context<Self>) {
        self.streams.clear();
        self.held.clear();
        self.pin.set_owned(false);
        let was_leaving = matches!(self.seat, Seat::Leaving(_));
        let seat = std::mem::replace(&mut self.seat, Seat::Seeking);
        self.abandon(context);
        self.hand_stalls_to_relay(context);
        if let (true, Seat::Leaving(leaving)) = (was_leaving, seat) {
            leaving.finish();
        }
        self.seek(context);
    }

    /// Answers what is open with `UNAVAILABLE`, and forgets the board; what is in flight may yet become durable.
    fn abandon(&mut self, context: &mut Context<Self>) {
        self.commits += 1;
        self.in_flight = Vec::new();
        let effects = self.sequencer.abandon(clock::now());
        self.perform(effects, context);
    }

    /// What was told `UNAVAILABLE` on this node holds back what follows, wherever the board is written from.
    fn hand_stalls_to_relay(&mut self, context: &mut Context<Self>) {
        let elsewhere = std::mem::take(&mut self.sessions_elsewhere);
        let stalls = self.sequencer.take_stalls().without(&elsewhere);
        let effects = self.relay.put_stalls(stalls, clock::now());
        self.perform_relay(effects, context);
    }

    /// Lets the board go as soon as nothing is in flight: `leaving` says to whom, and why.
    pub(super) fn begin_leaving(&mut self, leaving: Leaving, context: &mut Context<Self>) {
        match &mut self.seat {
            Seat::Owner => {
                self.seat = Seat::Leaving(leaving);
                // What takes longer is not waited for: the database fences it.
                let epoch = self.epoch;
                context.run_later(LEAVE_WITHIN, move |actor, context| {
                    let still = actor.epoch == epoch;
                    if matches!(&actor.seat, Seat::Leaving(leaving) if still && !leaving.is_releasing) {
                        actor.abandon(context);
                        actor.release(context);
                    }
                });
                self.leave_if_quiet(context);
            }
            Seat::Leaving(other) => other.done.extend(leaving.done),
            Seat::Seeking | Seat::Relay(_) => leaving.finish(),
        }
    }

    fn leave_if_quiet(&mut self, context: &mut Context<Self>) {
        let is_ready = matches!(&self.seat, Seat::Leaving(leaving) if !leaving.is_releasing);
        if is_ready && self.sequencer.is_quiet() && self.sequencer.committed().is_some() {
            self.release(context);
        }
    }

    fn release(&mut self, context: &mut Context<Self>) {
        let Seat::Leaving(leaving) = &mut self.seat else { return };
        leaving.is_releasing = true;
        let (id, epoch, me, store) = (self.id, self.epoch, self.owner_of_epoch, self.live.store().clone());
        let released = async move {
            let is_released = store.release(id, me, epoch).await?;
            if is_released {
                return Ok(true);
            }
            // A batch that was given up may have raised the epoch meanwhile, so that it is this node's still.
            match store.look(id).await? {
                Some((head, Some(owner))) if owner == me => store.release(id, me, head.epoch).await,
                _ => Ok(false),
            }
        };
        context.spawn(released.into_actor(self).map(|released, actor, context| actor.released(released, context)));
    }

    fn released(&mut self, released: StoreResult<bool>, context: &mut Context<Self>) {
        let Seat::Leaving(leaving) = std::mem::replace(&mut self.seat, Seat::Seeking) else { return };
        if let Err(error) = released {
            // Whoever needs the board takes it when this node is dead, or is handed it when the database is back.
            self.warn_of("let go", &error);
            self.seat = Seat::Owner;
            leaving.finish();
            self.submit_waiting(context);
            if self.sequencer.committed().is_none() {
                // It was given up in order to be let go.
                self.load(context);
            }
            return;
        }
        let (to, reason) = (leaving.to, leaving.reason.name());
        if matches!(released, Ok(true)) {
            metrics::counter!("board_handoffs_total", "reason" => reason).increment(1);
            let to = to.map_or_else(|| "nobody".to_owned(), |to| to.to_string());
            tracing::info!(board_id = %self.id, epoch = self.epoch, %to, reason, "a board was handed over");
        }
        self.streams.clear();
        self.held.clear();
        self.pin.set_owned(false);
        self.abandon(context);
        self.hand_stalls_to_relay(context);
        if let Some(to) = to {
            self.live.tell(to, &PeerMessage::Take { board: self.id });
        }
        self.live.tell_room(Room::Board(self.id), &PeerMessage::Moved { board: self.id, to });
        leaving.finish();
        match to {
            Some(to) if self.live.membership().lives(to) => self.relay_to(to, context),
            _ if self.is_retired => {}
            _ => self.seek(context),
        }
    }

    /// What has waited for somebody who writes the board: that is this node now.
    fn submit_waiting(&mut self, context: &mut Context<Self>) {
        self.sequencer.put_stalls(self.relay.take_stalls());
        for (requests, atomic) in self.relay.take_waiting() {
            let access = self.access.load();
            let effects = self.sequencer.submit(requests, atomic, &access, clock::now());
            self.perform(effects, context);
        }
    }

    pub(super) fn find_ops(&mut self, epoch: Epoch, op_ids: Vec<OpId>, context: &mut Context<Self>) {
        let (id, store) = (self.id, self.live.store().clone());
        let found =
            async move { store.read(async move |mut conn| queries::log::find_ops(&mut conn, id, &op_ids).await).await };
        context.spawn(found.into_actor(self).map(move |found, actor, context| {
            let found = found.inspect_err(|error| tracing::warn!(board_id = %actor.id, %error, "the log was not read"));
            let access = actor.access.load();
            let effects = actor.sequencer.ops_found(epoch, found.ok(), &access, clock::now());
            actor.perform(effects, context);
        }));
    }

    pub(super) fn take_numbers(&mut self, count: u32, context: &mut Context<Self>) {
        let (project, store) = (self.project_id, self.live.store().clone());
        let count = i64::from(count);
        let taken = async move {
            store.write(async move |mut conn| queries::workspace::take_numbers(&mut conn, project, count).await).await
        };
        context.spawn(taken.into_actor(self).map(move |first, actor, context| {
            let block = match first {
                Ok(first) => first..first + count,
                Err(error) => {
                    tracing::warn!(board_id = %actor.id, %error, "a board was given no task numbers");
                    0..0
                }
            };
            let access = actor.access.load();
            let effects = actor.sequencer.numbers_taken(block, &access, clock::now());
            actor.perform(effects, context);
            actor.leave_if_quiet(context);
        }));
    }

    /// Whether this node has just been the board's only speaker, for as long as nobody can have taken it for dead.
    pub(super) fn speaks_for_itself(&self) -> bool {
        matches!(self.seat, Seat::Owner | Seat::Leaving(_)) && self.live.membership().may_serve()
    }

    pub(super) fn used_now(&mut self) {
        self.used_at = Instant::now();
    }
}

/// Reads a board, and the events that have become durable after `heard`.
async fn read_board(
    conn: &mut Conn,
    id: BoardId,
    heard: Option<Seq>,
) -> StoreResult<(queries::board::Loaded, Vec<Bytes>)> {
    let loaded = queries::board::load(conn, id).await?;
    let mut missed = Vec::new();
    while let Some(since) = heard.map(|heard| heard + missed.len() as Seq).filter(|since| *since < loaded.head) {
        let limit = usize::try_from(loaded.head - since).unwrap_or(usize::MAX).min(MISSED_AT_ONCE);
        let tail = queries::log::tail(conn, id, since, limit, usize::MAX).await?;
        if tail.rows.is_empty() {
            break;
        }
        missed.extend(tail.rows.into_iter().map(|row| row.event));
    }
    Ok((loaded, missed))
}
