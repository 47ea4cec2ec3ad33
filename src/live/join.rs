//! How a board brings those up to date who come in: by the tail of its events, or by a snapshot that is read from the
//! tables, off the actor, once for all who wait for it.

use super::board::{BoardActor, Join, Submit};
use super::hub::{Delivery, HubId};
use crate::domain::board::catch_up::{Plan, plan};
use crate::domain::board::model::Seq;
use crate::domain::board::sequencer::ANSWER_MILLIS_MAX;
use crate::domain::ids::SessionId;
use crate::domain::time::Moment;
use crate::protocol::codec::{self, CaughtUp};
use crate::protocol::frame::{Reject, RequestId, Room, ServerFrame, TAIL_BYTES_MAX, TAIL_EVENTS_MAX};
use crate::store::queries;
use crate::store::queries::log::TailEnd;
use actix::prelude::*;
use bytes::Bytes;
use std::collections::{HashMap, HashSet, VecDeque};

/// A snapshot as it goes out: `{"board":…,"columns":[…],"tasks":[…]}`.
#[derive(Clone)]
pub struct Snapshot {
    seq: Seq,
    json: Bytes,
}

/// What waits until a session's earlier `subscribe` is answered.
pub enum After {
    Join(Join),
    Leave { hub: HubId, answer: Bytes },
    Submit(Submit),
}

/// Those who wait to be let in.
#[derive(Default)]
pub struct Joiners {
    /// Those who wait for a snapshot.
    waiting: Vec<Join>,
    /// Those who came before the board was at hand.
    early: Vec<Join>,
    /// Those who wait for a look at the database's own head.
    pub(super) unsure: Vec<Join>,
    /// Those who wait until the board has heard of the events up to this one.
    pub(super) behind: Vec<(Seq, Join)>,
    pub(super) is_looking: bool,
    /// Those for whom the log is being read.
    by_log: HashSet<(SessionId, RequestId)>,
    /// What a session has asked after a `subscribe` that is not answered yet: it takes effect in the order asked.
    after: HashMap<SessionId, VecDeque<After>>,
    is_building: bool,
    snapshot: Option<Snapshot>,
}

impl Joiners {
    pub fn is_idle(&self) -> bool {
        let lists = [&self.waiting, &self.early, &self.unsure];
        lists.iter().all(|list| list.is_empty())
            && self.behind.is_empty()
            && self.by_log.is_empty()
            && !self.is_building
    }

    /// The session is gone: it is not let in any more.
    pub fn forget(&mut self, session: SessionId) {
        self.by_log.retain(|(other, _)| *other != session);
        for list in [&mut self.waiting, &mut self.early, &mut self.unsure] {
            list.retain(|join| join.session != session);
        }
        self.behind.retain(|(_, join)| join.session != session);
        self.after.remove(&session);
    }

    /// Whether a `subscribe` of the session is not answered yet.
    fn awaits(&self, session: SessionId) -> bool {
        let mut joins =
            self.waiting.iter().chain(&self.early).chain(&self.unsure).chain(self.behind.iter().map(|(_, join)| join));
        joins.any(|join| join.session == session) || self.by_log.iter().any(|(other, _)| *other == session)
    }

    /// Puts what was asked behind an unanswered `subscribe` of the same session; gives it back where there is none.
    pub fn defer(&mut self, session: SessionId, what: After) -> Option<After> {
        if self.awaits(session) || self.after.contains_key(&session) {
            self.after.entry(session).or_default().push_back(what);
            return None;
        }
        Some(what)
    }

    fn take_after(&mut self, session: SessionId) -> Option<After> {
        if self.awaits(session) {
            return None;
        }
        let queue = self.after.get_mut(&session)?;
        let next = queue.pop_front();
        if next.is_none() {
            self.after.remove(&session);
        }
        next
    }

    /// Lets the snapshot go that is kept for those who may yet come.
    pub fn drop_snapshot(&mut self) {
        self.snapshot = None;
    }

    /// Those who have waited too long, or all of them.
    pub fn take(&mut self, before: Option<Moment>) -> Vec<Join> {
        let is_late = |join: &Join| before.is_none_or(|before| join.received <= before);
        let mut late = Vec::new();
        for list in [&mut self.waiting, &mut self.early, &mut self.unsure] {
            late.extend(list.extract_if(.., |join| is_late(join)));
        }
        late.extend(self.behind.extract_if(.., |(_, join)| is_late(join)).map(|(_, join)| join));
        late
    }
}

impl BoardActor {
    /// Lets a session in, as soon as this node surely knows all that was acked before.
    pub(super) fn join(&mut self, join: Join, context: &mut Context<Self>) {
        if self.is_gone {
            return self.not_joined(&join, &Reject::not_found("room"));
        }
        if !self.is_synced || self.head().is_none() {
            return self.joiners.early.push(join);
        }
        if self.speaks_for_itself() {
            return self.join_now(join, context);
        }
        self.joiners.unsure.push(join);
        self.look_for_joiners(context);
    }

    /// Lets a session in: at once where the tail at hand suffices.
    pub(super) fn join_now(&mut self, join: Join, context: &mut Context<Self>) {
        let Some(head) = self.head() else { return self.joiners.early.push(join) };
        match plan(&join.position, head, &self.history, TAIL_EVENTS_MAX) {
            Plan::Tail(since) => match self.tail.after(since) {
                Some(events) if events.iter().map(Bytes::len).sum::<usize>() <= TAIL_BYTES_MAX => {
                    self.let_in(join, head, CaughtUp::Events(&events), &[]);
                }
                Some(_) => self.join_by_snapshot(join, context),
                None => self.join_by_log(join, since, head, context),
            },
            Plan::Snapshot => self.join_by_snapshot(join, context),
        }
    }

    /// Reads from the log what the tail no longer holds.
    fn join_by_log(&mut self, join: Join, since: Seq, head: Seq, context: &mut Context<Self>) {
        let (id, key) = (self.id, (join.session, join.id));
        self.joiners.by_log.insert(key);
        self.pin(head);
        let limit = usize::try_from(head - since).unwrap_or(usize::MAX);
        let store = self.live.store().clone();
        let read = async move {
            store
                .read(async move |mut conn| queries::log::tail(&mut conn, id, since, limit, TAIL_BYTES_MAX).await)
                .await
        };
        let joined = read.into_actor(self).map(move |tail, actor, context| {
            let newer = actor.tail.after(head);
            actor.unpin(head);
            if !actor.joiners.by_log.remove(&key) {
                // It has gone meanwhile.
                return;
            }
            let whole = tail.ok().filter(|tail| tail.rows.len() == limit && tail.end != TailEnd::Bytes);
            if let (Some(tail), Some(newer)) = (whole, newer) {
                let mut events: Vec<Bytes> = tail.rows.into_iter().map(|row| row.event).collect();
                events.extend(newer);
                let head = since + events.len() as Seq;
                actor.let_in(join, head, CaughtUp::Events(&events), &[]);
            } else {
                actor.join_by_snapshot(join, context);
            }
            actor.arm(context);
            actor.go_on(context);
        });
        context.spawn(joined);
    }

    /// The board is at hand: those who came before are looked at again.
    pub(super) fn join_the_early(&mut self, context: &mut Context<Self>) {
        for join in std::mem::take(&mut self.joiners.early) {
            self.join(join, context);
        }
        self.go_on(context);
    }

    fn join_by_snapshot(&mut self, join: Join, context: &mut Context<Self>) {
        self.joiners.waiting.push(join);
        self.let_waiting_in(context);
        self.arm(context);
    }

    /// Lets all in who wait for a snapshot, if there is one that the tail goes on from; else reads one.
    pub(super) fn let_waiting_in(&mut self, context: &mut Context<Self>) {
        let (Some(head), false) = (self.head(), self.joiners.waiting.is_empty()) else { return };
        if let Some(snapshot) = self.joiners.snapshot.clone() {
            if snapshot.seq > head {
                // It was read between a commit and our hearing of it. We shall hear.
                return self.follow_up_to(snapshot.seq, context);
            }
            if let Some(events) = self.tail.after(snapshot.seq) {
                let tail = codec::events(Room::Board(self.id), &events);
                for join in std::mem::take(&mut self.joiners.waiting) {
                    self.let_in(join, snapshot.seq, CaughtUp::Snapshot(snapshot.json.clone()), &tail);
                }
                return;
            }
        }
        if !self.joiners.is_building {
            self.read_snapshot(head, context);
        }
    }

    fn read_snapshot(&mut self, head: Seq, context: &mut Context<Self>) {
        self.joiners.is_building = true;
        self.joiners.snapshot = None;
        self.pin(head);
        let (id, store) = (self.id, self.live.store().clone());
        let read = async move {
            store
                .read(async move |mut conn| {
                    let snapshot = queries::board::snapshot(&mut conn, id).await?;
                    Ok(snapshot.map(|snapshot| Snapshot { seq: snapshot.seq, json: snapshot_json(&snapshot).into() }))
                })
                .await
        };
        let built = read.into_actor(self).map(move |snapshot, actor, context| {
            actor.joiners.is_building = false;
            match snapshot {
                Ok(Some(snapshot)) => actor.joiners.snapshot = Some(snapshot),
                Ok(None) => actor.end(context),
                Err(error) => {
                    tracing::warn!(board_id = %actor.id, %error, "a snapshot could not be read");
                    actor.refuse_joiners(None);
                }
            }
            actor.let_waiting_in(context);
            actor.unpin(head);
            actor.go_on(context);
        });
        context.spawn(built);
    }

    /// Keeps the events after `head` while the store is read for a joiner.
    fn pin(&mut self, head: Seq) {
        self.reading.push(head);
        self.tail.pin(self.reading.iter().min().copied());
    }

    fn unpin(&mut self, head: Seq) {
        if let Some(i) = self.reading.iter().position(|pinned| *pinned == head) {
            self.reading.swap_remove(i);
        }
        self.tail.pin(self.reading.iter().min().copied());
    }

    fn let_in(&mut self, join: Join, seq: Seq, caught_up: CaughtUp<'_>, tail: &[Bytes]) {
        let Join { session, hub, user, id, .. } = join;
        let room = Room::Board(self.id);
        self.forgive(session);
        self.attendance.join(session, hub, user);
        let listing = self.attendance.list();
        let answer = codec::subscribed_board(id, room, seq, &self.history, caught_up, &listing);
        let access = Some((self.workspace_id, self.access.clone()));
        self.deliver(hub, Delivery::Joined { session, answer, tail: tail.to_vec(), access });
        self.flush_deliveries();
        self.answered.push(session);
    }

    /// Goes on with what was asked after a `subscribe` that is answered now. Whoever was let in is told to the others, also
    /// where that was not in answer to a message.
    pub(super) fn go_on(&mut self, context: &mut Context<Self>) {
        while let Some(session) = self.answered.pop() {
            while let Some(after) = self.joiners.take_after(session) {
                match after {
                    After::Join(join) => self.join(join, context),
                    After::Leave { hub, answer } => self.leave(session, hub, answer),
                    After::Submit(submit) => self.submit(submit, context),
                }
            }
        }
        self.tell_presence(context);
    }

    /// Answers those who have waited too long.
    pub(super) fn refuse_late_joiners(&mut self, now: Moment) {
        self.refuse_joiners(Some(now.plus_millis(-ANSWER_MILLIS_MAX)));
    }

    pub(super) fn refuse_joiners(&mut self, before: Option<Moment>) {
        for join in self.joiners.take(before) {
            self.not_joined(&join, &Reject::unavailable());
        }
    }

    pub(super) fn not_joined(&mut self, join: &Join, reject: &Reject) {
        let frame = codec::server_frame(Some(join.id), &ServerFrame::Error(reject));
        self.deliver(join.hub, Delivery::NotJoined { session: join.session, frame });
        self.flush_deliveries();
        self.answered.push(join.session);
    }
}

/// The JSON of a snapshot. Plain structs of text and numbers can't fail to become JSON.
pub fn snapshot_json(snapshot: &queries::board::Snapshot) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        board: &'a crate::domain::board::model::BoardInfo,
        columns: &'a [crate::domain::board::model::Column],
        tasks: &'a [crate::domain::board::model::Task],
    }
    let json = Json { board: &snapshot.board, columns: &snapshot.columns, tasks: &snapshot.tasks };
    serde_json::to_vec(&json).unwrap_or_default()
}
