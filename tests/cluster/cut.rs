//! One node whose network is bad while the others' is good.

use super::load::{Load, write_as_strangers};
use crate::support::fleet::{Fleet, Plan};
use crate::support::proxy::{BLACKHOLE, Weather};
use crate::support::*;
use std::time::Duration;

const HEALING_MAX: Duration = Duration::from_secs(15);

async fn fleet() -> Fleet {
    Fleet::planned(Plan { proxied: true, ..Plan::default() }).await
}

/// Cut from Redis alone, once by resets and once silently: `ready` is 503, its sockets are closed with 1001, and its
/// boards go on elsewhere. It comes back by itself.
#[test]
fn cut_from_redis_only() {
    block_on(async {
        let mut fleet = fleet().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                for (index, weather) in [(0, Weather::Cut), (1, BLACKHOLE)] {
                    let mut witness = fleet.connect(index, fleet.owner()).await;
                    witness.subscribe(&fleet.boards[0].room()).await;
                    fleet.nodes[index].redis.as_ref().unwrap().set(weather);
                    assert_eq!(witness.closed(PATIENCE).await, 1001, "a node that is cut off sends its clients away");
                    until("it is not ready", async || fleet.ready(index).await == Some(503)).await;
                    assert_eq!(fleet.rest(index).get("/health/live", "").await.status, 200);
                    go_elsewhere(fleet, index).await;
                    fleet.nodes[index].redis.as_ref().unwrap().heal();
                    fleet.wait_until_ready(index).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "one node cut from Redis").await;
    });
}

/// Cut from PostgreSQL alone: silently, by resets, and in one direction, so that commits happen and nobody hears of it.
#[test]
fn cut_from_the_database_only() {
    block_on(async {
        let mut fleet = fleet().await;
        let mut load = Load::on(&fleet).await;
        let deaf = Weather::Lost { requests: false, answers: true };
        let probes = load
            .during(&mut fleet, async |fleet| {
                for (index, weather) in [(0, BLACKHOLE), (1, Weather::Cut), (2, deaf)] {
                    fleet.nodes[index].database.as_ref().unwrap().set(weather);
                    until("it is not ready", async || fleet.ready(index).await != Some(200)).await;
                    go_elsewhere(fleet, index).await;
                    fleet.nodes[index].database.as_ref().unwrap().heal();
                    fleet.wait_until_ready(index).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "one node cut from PostgreSQL").await;
    });
}

/// What a node had sent to PostgreSQL arrives after others have taken its boards: the fence refuses it.
#[test]
fn commits_that_arrive_late() {
    block_on(async {
        let mut fleet = fleet().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                for index in [0, 1] {
                    fleet.nodes[index].database.as_ref().unwrap().set(Weather::Held);
                    go_elsewhere(fleet, index).await;
                    sleep_ms(500).await;
                    fleet.nodes[index].database.as_ref().unwrap().heal();
                    fleet.wait_until_ready(index).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "commits that arrive late").await;
    });
}

/// A slow network to both, of one node: everything goes on, slower.
#[test]
fn a_slow_network() {
    block_on(async {
        let mut fleet = fleet().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                let slow = Weather::Slow(Duration::from_millis(60));
                fleet.nodes[0].database.as_ref().unwrap().set(slow);
                fleet.nodes[0].redis.as_ref().unwrap().set(slow);
                sleep_ms(2500).await;
                fleet.nodes[0].database.as_ref().unwrap().heal();
                fleet.nodes[0].redis.as_ref().unwrap().heal();
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "a slow network").await;
    });
}

/// All boards are held, by others than this node.
async fn go_elsewhere(fleet: &Fleet, index: usize) {
    let name = fleet.nodes[index].name.clone();
    until("its boards go on elsewhere", async || {
        fleet.held().values().all(|held| held.owner.as_ref().is_some_and(|owner| *owner != name))
    })
    .await;
}
