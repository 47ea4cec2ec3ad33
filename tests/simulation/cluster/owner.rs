//! A shell whose node writes the board, as `live::owner`: it does what that does, in the same order.

use super::Cluster;
use super::bus::Message;
use super::shell::{Job, Seat};
use crate::store::Flaw;
use teamflow::domain::board::commit::{Commit, Outcome};
use teamflow::domain::board::model::{Epoch, Seq};
use teamflow::domain::board::sequencer::Loaded;
use teamflow::domain::ids::{Incarnation, OpId};

impl Cluster {
    pub fn claim(&mut self, at: usize) {
        if self.shells[at].is_retired {
            return self.give_up(at);
        }
        let seeking = self.begin_seeking(at);
        self.shells[at].jobs.push(Job::Claim(seeking));
    }

    pub fn give_up(&mut self, at: usize) {
        let effects = self.shells[at].sequencer.abandon(self.now);
        self.perform(at, effects);
    }

    /// `None` where the database has not answered, `Some(None)` where the board is held.
    pub fn claimed(&mut self, at: usize, me: Incarnation, claimed: Option<Option<Epoch>>) {
        match claimed {
            Some(Some(epoch)) => {
                self.shells[at].epoch = epoch;
                self.shells[at].owner_of_epoch = me;
                self.load(at);
            }
            Some(None) | None => self.seek_later(at),
        }
    }

    pub fn load(&mut self, at: usize) {
        let seeking = self.begin_seeking(at);
        let shell = &mut self.shells[at];
        let heard = shell.is_loaded.then_some(shell.tail);
        shell.jobs.push(Job::Load(seeking, heard));
    }

    pub fn read(&mut self, at: usize, read: Option<(Box<Loaded>, Vec<OpId>)>) {
        match read {
            Some((loaded, _)) if loaded.epoch != self.shells[at].epoch => self.lose(at),
            Some((loaded, missed)) => self.loaded(at, *loaded, &missed),
            None => self.load(at),
        }
    }

    fn loaded(&mut self, at: usize, loaded: Loaded, missed: &[OpId]) {
        let shell = &mut self.shells[at];
        if !shell.is_loaded {
            shell.tail = loaded.head;
            shell.is_loaded = true;
        }
        // What was heard while the board was read is told already.
        let known = usize::try_from(shell.tail - (loaded.head - missed.len() as Seq)).unwrap_or(0);
        let missed = missed.get(known..).unwrap_or(&[]);
        let was_owner = shell.is_owner();
        if !was_owner {
            shell.seat = Seat::Owner;
            shell.owned_since = self.now;
            shell.activation = self.told.begin();
        }
        let effects = self.shells[at].sequencer.loaded(loaded, &self.access, self.now);
        self.tell_events(at, missed);
        self.publish(at, missed);
        self.perform(at, effects);
        if !was_owner {
            for (node, stream) in std::mem::take(&mut self.shells[at].attaching) {
                self.attach(at, node, stream);
            }
            self.submit_waiting(at);
        }
        self.leave_if_quiet(at);
    }

    fn submit_waiting(&mut self, at: usize) {
        let shell = &mut self.shells[at];
        shell.sequencer.put_stalls(shell.relay.take_stalls());
        for (requests, atomic) in self.shells[at].relay.take_waiting() {
            self.give(at, requests, atomic);
        }
    }

    pub fn commit(&mut self, at: usize, commit: Commit) {
        self.watch.committing(&commit, &self.access);
        self.told.committing(self.shells[at].activation, &commit, &self.clients);
        let shell = &mut self.shells[at];
        shell.in_flight = commit.ops.iter().map(|op| op.event.op_id).collect();
        shell.commits += 1;
        shell.jobs.push(Job::Commit(shell.commits, commit));
    }

    pub fn committed(&mut self, at: usize, number: u64, outcome: Outcome, epoch: Epoch) {
        if self.shells[at].commits != number {
            return;
        }
        self.shells[at].epoch = epoch;
        let effects = self.shells[at].sequencer.commit_finished(outcome, epoch, &self.access, self.now);
        self.perform(at, effects);
        self.leave_if_quiet(at);
    }

    pub fn publish_in_flight(&mut self, at: usize) {
        let events = std::mem::take(&mut self.shells[at].in_flight);
        self.tell_events(at, &events);
        self.publish(at, &events);
    }

    fn tell_events(&mut self, at: usize, events: &[OpId]) {
        if !events.is_empty() && !self.shells[at].streams.is_empty() {
            let first = self.shells[at].tail + 1;
            self.tell_room(at, || Message::Events { first, ops: events.to_vec() });
        }
    }

    /// The readers on this node are told: each event once, in its order, and only what is durable.
    pub fn publish(&mut self, at: usize, events: &[OpId]) {
        let tail = self.shells[at].tail;
        self.shells[at].tail += events.len() as Seq;
        let durable = self.logged(tail, self.shells[at].tail);
        if durable != events {
            self.watch.fail(format!("told beside the log after {tail}: {events:?}, {durable:?}"));
        }
    }

    pub fn lose(&mut self, at: usize) {
        self.shells[at].streams.clear();
        self.shells[at].held.clear();
        self.shells[at].seat = Seat::Seeking;
        self.abandon(at);
        self.hand_stalls_to_relay(at);
        self.seek(at);
    }

    fn hand_stalls_to_relay(&mut self, at: usize) {
        let shell = &mut self.shells[at];
        let elsewhere = std::mem::take(&mut shell.sessions_elsewhere);
        let stalls = shell.sequencer.take_stalls().without(&elsewhere);
        let effects = shell.relay.put_stalls(stalls, self.now);
        self.perform_relay(at, effects, None);
    }

    fn abandon(&mut self, at: usize) {
        self.shells[at].commits += 1;
        self.shells[at].in_flight = Vec::new();
        self.give_up(at);
    }

    pub fn begin_leaving(&mut self, at: usize, to: Option<Incarnation>) {
        if self.shells[at].seat == Seat::Owner {
            self.shells[at].seat = Seat::Leaving { to, is_releasing: false };
            self.shells[at].jobs.push(Job::LeaveLate);
            self.leave_if_quiet(at);
        }
    }

    pub fn leave_late(&mut self, at: usize) {
        if matches!(self.shells[at].seat, Seat::Leaving { is_releasing: false, .. }) {
            self.abandon(at);
            self.release(at);
        }
    }

    pub fn leave_if_quiet(&mut self, at: usize) {
        let shell = &self.shells[at];
        let is_ready = matches!(shell.seat, Seat::Leaving { is_releasing: false, .. });
        if is_ready && shell.sequencer.is_quiet() && shell.sequencer.committed().is_some() {
            self.release(at);
        }
    }

    fn release(&mut self, at: usize) {
        if let Seat::Leaving { is_releasing, .. } = &mut self.shells[at].seat {
            *is_releasing = true;
            self.shells[at].jobs.push(Job::Release);
        }
    }

    /// `None` where the database has not answered.
    pub fn released(&mut self, at: usize, released: Option<bool>) {
        let Seat::Leaving { to, .. } = self.shells[at].seat else { return };
        self.shells[at].seat = Seat::Seeking;
        if released.is_none() {
            self.shells[at].seat = Seat::Owner;
            self.submit_waiting(at);
            if self.shells[at].sequencer.committed().is_none() {
                self.load(at);
            }
            return;
        }
        if released == Some(true) && to.is_some() {
            self.count_move(at);
        }
        self.shells[at].streams.clear();
        self.shells[at].held.clear();
        self.abandon(at);
        self.hand_stalls_to_relay(at);
        if let Some(to) = to {
            self.tell(at, to, Message::Take);
        }
        self.tell_room(at, || Message::Moved { to });
        match to {
            Some(to) if self.node_of(at).lives(to) => self.relay_to(at, to),
            _ if self.shells[at].is_retired => {}
            _ => self.seek(at),
        }
    }

    /// The log from after one event to another.
    pub fn logged(&self, from: Seq, to: Seq) -> Vec<OpId> {
        let place = |seq: Seq| usize::try_from(seq).unwrap().min(self.store.log.len());
        self.store.log[place(from.min(to))..place(to)].iter().map(|row| row.event.op_id).collect()
    }

    /// Reads the board from the store.
    pub fn read_board(&mut self) -> Loaded {
        let recent = self.dice.roll(6);
        if self.store.flaw == Flaw::LoadsYesterday { self.store.load_old(recent) } else { self.store.load(recent) }
    }
}
