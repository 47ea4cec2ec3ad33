//! A seeded simulation of a board's sequencers, with a store that fails, delays and forgets, and clients that drop
//! and repeat; and of several nodes with a bus between them that loses and delays, and with beliefs about each other
//! that are old or wrong. `TEAMFLOW_SEED=n` runs one seed, `SEEDS=n` the first n.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it failed")]

mod clients;
mod cluster;
mod dice;
mod ops;
mod replica;
mod shell;
mod store;
mod watch;
mod world;

use cluster::Cluster;
use store::Flaw;
use world::World;

const STEPS: usize = 100;
const SEEDS: u64 = 10_000;
const CLUSTER_STEPS: usize = 300;
const CLUSTER_SEEDS: u64 = 2_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn run(seeds: std::ops::Range<u64>, one: impl Fn(u64) -> Result<(), String>) {
    let seeds = match number("TEAMFLOW_SEED") {
        Some(seed) => seed..seed + 1,
        None => seeds,
    };
    for seed in seeds {
        if let Err(violation) = one(seed) {
            panic!("seed {seed}: {violation}\nrepeat with TEAMFLOW_SEED={seed}");
        }
    }
}

#[test]
fn every_promise_holds_for_every_seed() {
    run(0..number("SEEDS").unwrap_or(SEEDS), |seed| World::new(seed, Flaw::None).run(STEPS));
}

#[test]
fn every_promise_holds_on_many_nodes() {
    run(0..number("SEEDS").unwrap_or(CLUSTER_SEEDS), |seed| Cluster::new(seed, Flaw::None).run(CLUSTER_STEPS));
}

/// What only many nodes can do wrong.
#[test]
fn a_planted_defect_on_many_nodes_is_noticed() {
    let flaws =
        [Flaw::NoFence, Flaw::RobsTheLiving, Flaw::TakesAnyNumber, Flaw::HoldsNothingBack, Flaw::LoadsYesterday];
    for flaw in flaws {
        let found = (0..CLUSTER_SEEDS).find_map(|seed| Cluster::new(seed, flaw).run(CLUSTER_STEPS).err());
        assert!(found.is_some(), "{flaw:?} went unnoticed");
    }
}

/// A simulation that never fails proves nothing: with a defect in the store, it does.
#[test]
fn a_planted_defect_is_noticed() {
    let flaws = [
        Flaw::NoFence,
        Flaw::NoDuplicates,
        Flaw::ForgetfulLog,
        Flaw::LosesCommits,
        Flaw::HalfCommits,
        Flaw::NarrowWrites,
        Flaw::NoBump,
        Flaw::RepeatsNumbers,
    ];
    for flaw in flaws {
        let found = (0..2_000).find_map(|seed| World::new(seed, flaw).run(STEPS).err());
        assert!(found.is_some(), "{flaw:?} went unnoticed");
    }
}
