//! What the shells have under way at the store: how it is carried out, and that its answer may come late or never.

use super::Cluster;
use super::shell::{Job, Seat};
use teamflow::domain::board::commit::{Commit, Outcome};
use teamflow::domain::board::model::{Epoch, Seq};

impl Cluster {
    pub fn run_some_job(&mut self, at: usize) {
        if self.shells[at].jobs.is_empty() {
            return;
        }
        let job = self.dice.roll(self.shells[at].jobs.len());
        let job = self.shells[at].jobs.swap_remove(job);
        let fails = self.troubled && self.dice.chance(8);
        let is_last = |number: u64| self.shells[at].seeking == number;
        match job {
            Job::Look(number) => {
                let found = (!fails).then(|| self.database.look(&self.store));
                self.shells[at].jobs.push(Job::Found(number, found));
            }
            Job::Claim(number) => {
                let me = self.node_of(at).me;
                // An answer may be lost after the deed.
                let claimed = (!fails || self.dice.chance(50)).then(|| self.database.claim(&mut self.store, me));
                let claimed = claimed.filter(|_| !fails);
                self.shells[at].jobs.push(Job::Claimed(number, me, claimed));
            }
            Job::Load(number, heard) => {
                let read = (!fails).then(|| Box::new(self.read_board()));
                let read = read.map(|loaded| {
                    let missed = heard.map_or_else(Vec::new, |heard| self.logged(heard, loaded.head));
                    (loaded, missed)
                });
                self.shells[at].jobs.push(Job::Read(number, read));
            }
            Job::Release => {
                let (me, epoch) = (self.shells[at].owner_of_epoch, self.shells[at].epoch);
                let released =
                    (!fails || self.dice.chance(50)).then(|| self.database.release(&mut self.store, me, epoch));
                self.shells[at].jobs.push(Job::Released(released.filter(|_| !fails)));
            }
            Job::Fill(since) => {
                let rows = (!fails).then(|| self.logged(since, self.store.head));
                self.shells[at].jobs.push(Job::Filled(since, rows));
            }
            Job::Found(number, _) | Job::SeekLater(number) | Job::Claimed(number, ..) | Job::Read(number, _)
                if !is_last(number) => {}
            Job::Found(_, Some((head, owner))) => self.found(at, head, owner),
            Job::Found(_, None) => self.seek_later(at),
            Job::SeekLater(_) => self.seek(at),
            Job::Claimed(_, me, claimed) => self.claimed(at, me, claimed),
            Job::Read(_, read) => self.read(at, read),
            Job::Released(released) => self.released(at, released),
            Job::Filled(since, rows) => self.filled(at, since, rows),
            Job::Commit(number, commit) => self.run_commit(at, number, commit),
            Job::Unknown { number, commit, lands } => self.resolve(at, number, commit, lands),
            Job::Committed(number, outcome, epoch) => self.committed(at, number, outcome, epoch),
            Job::LeaveLate => self.leave_late(at),
            Job::Numbers(count) => {
                let block = if fails { 0..0 } else { self.store.take_numbers(count) };
                let effects = self.shells[at].sequencer.numbers_taken(block, &self.access, self.now);
                self.perform(at, effects);
                self.leave_if_quiet(at);
            }
            Job::Find(epoch, op_ids) => {
                let found = (!fails).then(|| self.store.find(&op_ids));
                let effects = self.shells[at].sequencer.ops_found(epoch, found, &self.access, self.now);
                self.perform(at, effects);
            }
            Job::Reread => self.judge_held(at),
            Job::Retire => self.retire(at),
        }
    }

    fn run_commit(&mut self, at: usize, number: u64, commit: Commit) {
        let epoch = commit.epoch;
        match self.dice.roll(100) {
            0..5 if self.troubled => self.shells[at].jobs.push(Job::Committed(number, Outcome::Unavailable, epoch)),
            5..15 if self.troubled => {
                let lands = self.dice.chance(50);
                if !lands {
                    let _ = self.store.try_commit(&commit);
                }
                self.shells[at].jobs.push(Job::Unknown { number, commit, lands });
            }
            _ => {
                let outcome = self.store.try_commit(&commit);
                self.shells[at].jobs.push(Job::Committed(number, outcome, epoch));
            }
        }
    }

    /// Makes an unknown outcome known: a new epoch, which waits for the lost statement or shuts it out.
    fn resolve(&mut self, at: usize, number: u64, mut commit: Commit, lands: bool) {
        if lands && self.dice.chance(50) {
            let _ = self.store.try_commit(&commit);
        }
        let Some((epoch, head)) = self.store.bump(commit.epoch) else {
            return self.shells[at].jobs.push(Job::Committed(number, Outcome::Fenced, commit.epoch));
        };
        if head == commit.base {
            commit.epoch = epoch;
            self.shells[at].jobs.push(Job::Commit(number, commit));
        } else if head == commit.base + commit.ops.len() as Seq {
            self.shells[at].jobs.push(Job::Committed(number, Outcome::Committed, epoch));
        } else {
            self.shells[at].jobs.push(Job::Committed(number, Outcome::Fenced, commit.epoch));
        }
    }

    /// A node is gone at once; its statements may yet be carried out.
    pub fn land_orphan(&mut self) {
        if let Some(commit) = self.orphans.pop() {
            let _ = self.store.try_commit(&commit);
        }
    }

    pub fn orphan(&mut self, at: usize) {
        self.shells[at].is_stopped = true;
        self.shells[at].is_at_hand = false;
        for job in std::mem::take(&mut self.shells[at].jobs) {
            match job {
                Job::Commit(_, commit) | Job::Unknown { commit, lands: true, .. } => self.orphans.push(commit),
                _ => {}
            }
        }
    }

    /// Counts hand-overs for balance while nobody comes or goes: they must come to an end.
    pub fn count_move(&mut self, at: usize) {
        self.moves += 1;
        if self.moves > super::MOVES_MAX {
            let (seat, epoch): (Seat, Epoch) = (self.shells[at].seat, self.store.epoch);
            self.watch.fail(format!("the board goes to and fro: {seat:?} at epoch {epoch}, {:?}", self.store.flaw));
        }
    }
}
