//! Redis as a cluster of masters, and under sentinels.

use super::load::{Load, write_as_strangers};
use crate::support::fleet::{Bus, Fleet, Plan};
use crate::support::redis::{RedisCluster, SentinelSet};
use crate::support::*;
use std::time::Duration;

const HEALING_MAX: Duration = Duration::from_secs(15);

/// Works on three masters, without one of them, and with it again; whichever it is.
#[test]
fn on_a_redis_cluster() {
    block_on(async {
        let mut cluster = RedisCluster::start().await;
        let mut fleet = Fleet::planned(Plan { bus: Bus::At(cluster.url()), ..Plan::default() }).await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                let mut probes = write_as_strangers(fleet, HEALING_MAX).await;
                for index in 0..3 {
                    cluster.masters[index].kill();
                    // The others are no worse a way from node to node.
                    probes.extend(write_as_strangers(fleet, HEALING_MAX).await);
                    cluster.masters[index].restart();
                    cluster.settled().await;
                }
                probes.extend(write_as_strangers(fleet, HEALING_MAX).await);
                probes
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "a Redis cluster that loses each master once").await;
    });
}

/// Works on the master that the sentinels name, and on the next one.
#[test]
fn under_sentinels() {
    block_on(async {
        let mut set = SentinelSet::start().await;
        let mut fleet = Fleet::planned(Plan { bus: Bus::At(set.url()), ..Plan::default() }).await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                let mut probes = write_as_strangers(fleet, HEALING_MAX).await;
                set.fail_over().await;
                probes.extend(write_as_strangers(fleet, HEALING_MAX).await);
                // What was the master comes back as a replica, if at all; one sentinel may be away.
                set.sentinels[0].kill();
                probes.extend(write_as_strangers(fleet, HEALING_MAX).await);
                probes
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "a failover under sentinels").await;
    });
}
