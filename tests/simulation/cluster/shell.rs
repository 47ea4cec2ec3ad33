//! The board's actor on one node, as `live::board`: what it remembers, and what it has under way.

use super::bus::{Forward, Judged, Message, PeerAnswer};
use super::database::Head;
use super::{BOARD, Cluster};
use std::collections::{BTreeMap, HashSet, VecDeque};
use teamflow::domain::board::commit::{Commit, Outcome};
use teamflow::domain::board::model::{Epoch, Seq};
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::relay::{Relay, Streams};
use teamflow::domain::board::sequencer::{Applied, Effect, Effects, Loaded, Request, Sequencer};
use teamflow::domain::ids::{Incarnation, OpId, SessionId};
use teamflow::domain::time::Moment;

/// A board that nobody has used for so long is let go, in milliseconds: no connection is held off any more.
const IDLE_MS: i64 = 6_000;

/// Who is answered.
#[derive(Debug, Clone)]
pub enum Waiter {
    /// A client of this node: its request's place among all.
    Here(usize),
    Peer {
        node: Incarnation,
        stream: u64,
        tag: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    Seeking,
    Owner,
    Leaving { to: Option<Incarnation>, is_releasing: bool },
    Relay(Incarnation),
}

/// What a shell has under way at the store, or will do later. Those with a number count only while it is the last.
#[derive(Debug)]
pub enum Job {
    Look(u64),
    Found(u64, Option<(Head, Option<Incarnation>)>),
    SeekLater(u64),
    Claim(u64),
    Claimed(u64, Incarnation, Option<Option<Epoch>>),
    /// With the last event that was heard.
    Load(u64, Option<Seq>),
    /// With the events after that.
    Read(u64, Option<(Box<Loaded>, Vec<OpId>)>),
    Commit(u64, Commit),
    /// The answer was lost; `lands` where the statement is yet to be carried out.
    Unknown {
        number: u64,
        commit: Commit,
        lands: bool,
    },
    Committed(u64, Outcome, Epoch),
    Release,
    Released(Option<bool>),
    /// The clock has run out for what is in flight of a board that is let go.
    LeaveLate,
    Numbers(u32),
    Find(Epoch, Vec<OpId>),
    /// Reads the log after this event.
    Fill(Seq),
    Filled(Seq, Option<Vec<OpId>>),
    /// The members are read anew for ops that wait for that.
    Reread,
    Retire,
}

pub struct Shell {
    /// The process that it belongs to.
    pub node: usize,
    pub is_at_hand: bool,
    pub is_stopped: bool,
    pub is_retired: bool,
    pub seat: Seat,
    pub sequencer: Sequencer<Waiter>,
    pub relay: Relay<Waiter>,
    pub epoch: Epoch,
    pub owner_of_epoch: Incarnation,
    pub seeking: u64,
    pub commits: u64,
    pub is_wanted: bool,
    pub asked_in_vain: bool,
    pub asked_at: Moment,
    pub streams: Streams,
    pub attaching: BTreeMap<Incarnation, u64>,
    pub held: VecDeque<(Incarnation, Forward)>,
    pub sessions_elsewhere: HashSet<SessionId>,
    pub heard_to: Seq,
    pub is_filling: bool,
    pub is_loaded: bool,
    pub tail: Seq,
    pub in_flight: Vec<OpId>,
    pub answers: BTreeMap<Incarnation, Vec<PeerAnswer>>,
    pub owned_since: Moment,
    pub used_at: Moment,
    /// Counts the times that a shell has become the owner: tells them apart.
    pub activation: usize,
    pub jobs: Vec<Job>,
}

impl Shell {
    pub fn new(node: usize, me: Incarnation, now: Moment) -> Self {
        Self {
            node,
            is_at_hand: true,
            is_stopped: false,
            is_retired: false,
            seat: Seat::Seeking,
            sequencer: Sequencer::new(BOARD),
            relay: Relay::default(),
            epoch: 0,
            owner_of_epoch: me,
            seeking: 0,
            commits: 0,
            is_wanted: false,
            asked_in_vain: false,
            asked_at: now,
            streams: Streams::default(),
            attaching: BTreeMap::new(),
            held: VecDeque::new(),
            sessions_elsewhere: HashSet::new(),
            heard_to: 0,
            is_filling: false,
            is_loaded: false,
            tail: 0,
            in_flight: Vec::new(),
            answers: BTreeMap::new(),
            owned_since: now,
            used_at: now,
            activation: 0,
            jobs: Vec::new(),
        }
    }

    pub fn is_owner(&self) -> bool {
        matches!(self.seat, Seat::Owner | Seat::Leaving { .. })
    }

    pub fn is_quiet(&self) -> bool {
        self.sequencer.is_quiet() && self.relay.is_idle()
    }
}

impl Cluster {
    pub fn perform(&mut self, at: usize, effects: Effects<Waiter>) {
        for effect in effects {
            match effect {
                Effect::Commit(commit) => self.commit(at, commit),
                Effect::Answer { waiter, op_id, result } => self.judged(at, waiter, op_id, result),
                Effect::Publish => self.publish_in_flight(at),
                Effect::Load => self.load(at),
                Effect::Activate => self.lose(at),
                Effect::TakeNumbers(count) => self.shells[at].jobs.push(Job::Numbers(count)),
                Effect::FindOps { epoch, op_ids } => self.shells[at].jobs.push(Job::Find(epoch, op_ids)),
            }
        }
        self.flush_answers(at);
    }

    /// A sequencer has an answer.
    fn judged(&mut self, at: usize, waiter: Waiter, op_id: OpId, result: Result<Applied, Refusal>) {
        self.watch.stored(&self.store);
        self.told.answered(self.shells[at].activation, op_id, &result);
        let is_current = self.shells[at].epoch == self.store.epoch;
        let judged = Judged { is_current, was_acked: self.watch.is_acked(op_id) };
        match waiter {
            Waiter::Here(_) => self.answer(waiter, op_id, &result, judged),
            Waiter::Peer { node, stream, tag } => {
                let answer = PeerAnswer { stream, tag, result, judged };
                self.shells[at].answers.entry(node).or_default().push(answer);
            }
        }
    }

    /// A client is told something.
    pub fn answer(&mut self, waiter: Waiter, op_id: OpId, result: &Result<Applied, Refusal>, judged: Judged) {
        let Waiter::Here(place) = waiter else { return };
        self.watch.stored(&self.store);
        let is_news = judged.was_acked || !self.watch.is_acked(op_id);
        self.watch.answered(place, op_id, result, &self.store, judged.is_current && is_news);
        let asked = &self.watch.requests[place];
        let client = &mut self.clients[asked.client];
        // What is told to a connection that is no more is lost.
        if asked.stream == client.session() {
            client.told(op_id, result);
        }
    }

    pub fn flush_answers(&mut self, at: usize) {
        for (node, answers) in std::mem::take(&mut self.shells[at].answers) {
            self.tell(at, node, Message::Answers(answers));
        }
    }

    pub fn submit(&mut self, at: usize, requests: Vec<Request<Waiter>>, atomic: bool) {
        self.shells[at].used_at = self.now;
        if self.shells[at].seat == Seat::Owner {
            self.give(at, requests, atomic);
        } else {
            let effects = self.shells[at].relay.submit(requests, atomic, self.now);
            self.perform_relay(at, effects, None);
        }
    }

    /// Gives requests to a sequencer.
    pub fn give(&mut self, at: usize, requests: Vec<Request<Waiter>>, atomic: bool) {
        let Self { shells, told, access, now, .. } = self;
        told.given(shells[at].activation, requests.iter().map(|request| request.op_id));
        let effects = shells[at].sequencer.submit(requests, atomic, access, *now);
        self.perform(at, effects);
    }

    pub fn tick(&mut self, at: usize) {
        let effects = self.shells[at].sequencer.tick(self.now);
        self.perform(at, effects);
        self.tick_relay(at);
    }

    /// Lets go of what is not needed, and of a board that nobody uses.
    pub fn rest(&mut self, at: usize) {
        let shell = &mut self.shells[at];
        if !shell.is_quiet() || shell.is_retired {
            return;
        }
        shell.sequencer.rest();
        let node = shell.node;
        let is_deserted = self.clients.iter().all(|client| client.node != node || client.stream.is_none());
        let is_unused = self.now.millis_since(shell.used_at) > IDLE_MS;
        if is_unused && is_deserted && shell.streams.is_empty() {
            shell.is_at_hand = false;
            shell.is_retired = true;
            shell.jobs.push(Job::Retire);
        }
    }

    pub fn retire(&mut self, at: usize) {
        let shell = &mut self.shells[at];
        if !shell.is_quiet() {
            shell.jobs.push(Job::Retire);
        } else if shell.seat == Seat::Owner {
            self.begin_leaving(at, None);
            self.shells[at].jobs.push(Job::Retire);
        } else if let Seat::Leaving { .. } = shell.seat {
        } else {
            if let Seat::Relay(owner) = shell.seat {
                self.tell(at, owner, Message::Detach);
            }
            self.shells[at].is_stopped = true;
            self.shells[at].jobs.clear();
        }
    }
}
