//! Redis killed, flushed, frozen, cut off: no data is lost, and all heals by itself.

use super::load::{Load, progress, write_as_strangers};
use crate::support::fleet::Fleet;
use crate::support::*;
use std::time::Duration;

/// All is well again within this time of Redis' return (issue: 10 s), on a machine that is busy with other tests.
const HEALING_MAX: Duration = Duration::from_secs(15);

/// Killed and started anew, empty; meanwhile nodes are `degraded`, and boards are written where they are owned.
#[test]
fn redis_is_killed_and_comes_back() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                fleet.redis.as_mut().unwrap().kill();
                for index in 0..3 {
                    until("a node without Redis is degraded, not dead", async || {
                        let reply = fleet.rest(index).get("/health/ready", "").await;
                        (reply.status, reply.body["status"].as_str()) == (200, Some("degraded"))
                    })
                    .await;
                }
                owners_go_on(fleet).await;
                sleep_ms(1500).await;
                fleet.redis.as_mut().unwrap().restart();
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "Redis killed and restarted").await;
    });
}

/// Forgets everything in the middle of all.
#[test]
fn redis_is_flushed() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                for _ in 0..5 {
                    fleet.redis.as_ref().unwrap().flush();
                    sleep_ms(300).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "FLUSHALL").await;
    });
}

/// Its connections stay open and nobody is answered for five seconds.
#[test]
fn redis_is_frozen() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                fleet.redis.as_ref().unwrap().freeze();
                sleep_ms(1000).await;
                owners_go_on(fleet).await;
                sleep_ms(3500).await;
                fleet.redis.as_ref().unwrap().thaw();
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "Redis frozen for 5 s").await;
    });
}

/// Subscribers' connections are ended, once and again: subscriptions are made anew and what was missed is filled in.
#[test]
fn subscriptions_are_ended() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                for _ in 0..6 {
                    fleet.redis.as_ref().unwrap().command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
                    sleep_ms(400).await;
                }
                fleet.redis.as_ref().unwrap().command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "subscriptions ended").await;
    });
}

/// Boards that this or that node owns are written there, whatever Redis does.
async fn owners_go_on(fleet: &Fleet) {
    let before = progress(fleet);
    until("boards are written where they are owned", async || progress(fleet) > before + 20).await;
}
