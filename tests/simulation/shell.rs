//! The shells around the sequencers: what they have under way at the store, and how it comes out.

use crate::store::Flaw;
use crate::world::World;
use teamflow::domain::board::commit::{Commit, Outcome};
use teamflow::domain::board::model::{Epoch, Seq};
use teamflow::domain::board::sequencer::Sequencer;
use teamflow::domain::ids::OpId;

/// One activation's shell.
pub struct Node {
    pub id: usize,
    pub sequencer: Sequencer<usize>,
    pub epoch: Epoch,
    pub jobs: Vec<Job>,
}

/// What a shell has under way at the store.
#[derive(Debug)]
pub enum Job {
    Commit(Commit),
    /// The answer was lost; `lands` where the statement is yet to be carried out.
    Unknown {
        commit: Commit,
        lands: bool,
    },
    Load,
    Activate,
    Numbers(u32),
    Find(Epoch, Vec<OpId>),
}

impl World {
    pub fn run_some_job(&mut self) {
        let at = self.dice.roll(self.nodes.len());
        if self.nodes[at].jobs.is_empty() {
            return;
        }
        let job = self.dice.roll(self.nodes[at].jobs.len());
        let job = self.nodes[at].jobs.swap_remove(job);
        let fails = self.troubled && self.dice.chance(12);
        match job {
            Job::Commit(commit) => self.run_commit(at, commit),
            Job::Unknown { commit, lands } => self.resolve(at, commit, lands),
            Job::Load | Job::Activate if fails => self.nodes[at].jobs.push(job),
            Job::Load if self.nodes[at].epoch != self.store.epoch => {
                let effects = self.nodes[at].sequencer.abandon(self.now);
                self.perform(at, effects);
                self.nodes[at].jobs.push(Job::Activate);
            }
            Job::Load => self.load(at),
            Job::Activate => {
                self.store.epoch += 1;
                self.nodes[at].epoch = self.store.epoch;
                self.load(at);
            }
            Job::Numbers(count) => {
                let block = if fails { 0..0 } else { self.store.take_numbers(count) };
                let effects = self.nodes[at].sequencer.numbers_taken(block, &self.access, self.now);
                self.perform(at, effects);
            }
            Job::Find(epoch, op_ids) => {
                let found = (!fails).then(|| self.store.find(&op_ids));
                let effects = self.nodes[at].sequencer.ops_found(epoch, found, &self.access, self.now);
                self.perform(at, effects);
            }
        }
    }

    fn load(&mut self, at: usize) {
        let recent = self.dice.roll(6);
        let loaded = self.store.load(recent);
        let effects = self.nodes[at].sequencer.loaded(loaded, &self.access, self.now);
        self.perform(at, effects);
    }

    fn run_commit(&mut self, at: usize, commit: Commit) {
        match self.dice.roll(100) {
            0..8 if self.troubled => self.finish(at, Outcome::Unavailable),
            8..25 if self.troubled => {
                let lands = self.dice.chance(50);
                if !lands {
                    let _ = self.store.try_commit(&commit);
                }
                self.nodes[at].jobs.push(Job::Unknown { commit, lands });
            }
            _ => {
                let outcome = self.store.try_commit(&commit);
                self.finish(at, outcome);
            }
        }
    }

    /// Makes an unknown outcome known: a new epoch, which waits for the lost statement or shuts it out.
    fn resolve(&mut self, at: usize, mut commit: Commit, lands: bool) {
        if lands && self.store.flaw == Flaw::NoBump {
            self.orphans.push(commit.clone());
        } else if lands && self.dice.chance(50) {
            let _ = self.store.try_commit(&commit);
        }
        let Some((epoch, head)) = self.store.bump(commit.epoch) else { return self.finish(at, Outcome::Fenced) };
        self.nodes[at].epoch = epoch;
        if head == commit.base {
            commit.epoch = epoch;
            self.nodes[at].jobs.push(Job::Commit(commit));
        } else if head == commit.base + commit.ops.len() as Seq {
            self.finish(at, Outcome::Committed);
        } else {
            self.watch.fail(format!("head {head} after a commit on {}", commit.base));
        }
    }

    fn finish(&mut self, at: usize, outcome: Outcome) {
        let node = &mut self.nodes[at];
        let effects = node.sequencer.commit_finished(outcome, node.epoch, &self.access, self.now);
        self.perform(at, effects);
    }
}
