//! Faults of every kind, drawn by lot, some at once, healed in another order than they came. A run is repeated by its
//! seed: `TEAMFLOW_SEED=n`.

use super::load::{Load, write_as_strangers};
use crate::support::fleet::{Fleet, Plan};
use crate::support::proxy::{BLACKHOLE, Weather};
use crate::support::traffic::Dice;
use crate::support::*;
use std::time::{Duration, Instant};

const RUN: Duration = Duration::from_secs(20);
const HEALING_MAX: Duration = Duration::from_secs(20);

/// What is wrong now and must be put right again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Dead(usize),
    Frozen(usize),
    Leaving(usize),
    Redis(usize, Weather),
    Database(usize, Weather),
    RedisFrozen,
    RedisDead,
}

impl Fault {
    /// The node that it is about: no two faults at once on one.
    fn node(self) -> Option<usize> {
        match self {
            Self::Dead(node) | Self::Frozen(node) | Self::Leaving(node) => Some(node),
            Self::Redis(node, _) | Self::Database(node, _) => Some(node),
            Self::RedisFrozen | Self::RedisDead => None,
        }
    }

    fn drawn(dice: &mut Dice) -> Self {
        let node = dice.pick() % 3;
        let weathers = [
            BLACKHOLE,
            Weather::Cut,
            Weather::Held,
            Weather::Lost { requests: false, answers: true },
            Weather::Slow(Duration::from_millis(50)),
        ];
        let weather = weathers[dice.pick() % weathers.len()];
        match dice.pick() % 9 {
            0 | 1 => Self::Dead(node),
            2 => Self::Frozen(node),
            3 => Self::Leaving(node),
            4 | 5 => Self::Redis(node, weather),
            6 | 7 => Self::Database(node, weather),
            _ if dice.pick().is_multiple_of(2) => Self::RedisFrozen,
            _ => Self::RedisDead,
        }
    }

    fn begin(self, fleet: &mut Fleet) {
        match self {
            Self::Dead(node) => fleet.nodes[node].server.kill(),
            Self::Frozen(node) => fleet.nodes[node].server.freeze(),
            Self::Leaving(node) => fleet.nodes[node].server.terminate(),
            Self::Redis(node, weather) => fleet.nodes[node].redis.as_ref().unwrap().set(weather),
            Self::Database(node, weather) => fleet.nodes[node].database.as_ref().unwrap().set(weather),
            Self::RedisFrozen => fleet.redis.as_ref().unwrap().freeze(),
            Self::RedisDead => fleet.redis.as_mut().unwrap().kill(),
        }
    }

    async fn end(self, fleet: &mut Fleet) {
        match self {
            Self::Dead(node) => fleet.nodes[node].server.restart().await,
            Self::Frozen(node) => fleet.nodes[node].server.thaw(),
            Self::Leaving(node) => {
                let server = &mut fleet.nodes[node].server;
                assert_eq!(server.wait_for_exit(Duration::from_secs(30)).await, Some(0), "{}", server.log());
                server.restart().await;
            }
            Self::Redis(node, _) => fleet.nodes[node].redis.as_ref().unwrap().heal(),
            Self::Database(node, _) => fleet.nodes[node].database.as_ref().unwrap().heal(),
            Self::RedisFrozen => fleet.redis.as_ref().unwrap().thaw(),
            Self::RedisDead => fleet.redis.as_mut().unwrap().restart(),
        }
    }
}

#[test]
fn whatever_happens() {
    let seed = std::env::var("TEAMFLOW_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    block_on(async {
        let mut fleet = Fleet::planned(Plan { proxied: true, ..Plan::default() }).await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                let (mut dice, started) = (Dice::new(seed), Instant::now());
                let mut open: Vec<Fault> = Vec::new();
                while started.elapsed() < RUN {
                    let fault = Fault::drawn(&mut dice);
                    if open.len() < 2 && open.iter().all(|other| other.node() != fault.node()) {
                        println!("{:?}: {fault:?}", started.elapsed());
                        fault.begin(fleet);
                        open.push(fault);
                    } else if !open.is_empty() {
                        let healed = open.swap_remove(dice.pick() % open.len());
                        println!("{:?}: no more {healed:?}", started.elapsed());
                        healed.end(fleet).await;
                    }
                    match dice.pick() % 4 {
                        0 if !open.contains(&Fault::RedisDead) && !open.contains(&Fault::RedisFrozen) => {
                            fleet.redis.as_ref().unwrap().flush();
                        }
                        1 => fleet.end_backends(),
                        _ => {}
                    }
                    sleep_ms(300 + dice.pick() as u64 % 2200).await;
                }
                for fault in open {
                    fault.end(fleet).await;
                }
                for index in 0..3 {
                    fleet.wait_until_ready(index).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, &format!("whatever happens, seed {seed}")).await;
    });
}
