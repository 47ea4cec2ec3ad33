//! PostgreSQL crashes, and ends connections in the middle of a COMMIT, under load on three nodes.

use super::load::{Load, write_as_strangers};
use crate::support::fleet::{Fleet, Plan};
use crate::support::*;
use std::time::Duration;

const HEALING_MAX: Duration = Duration::from_secs(15);

/// Crashed and restarted, twice: once back at once, once away for longer than every lease.
#[test]
fn the_database_crashes_and_comes_back() {
    block_on(async {
        let mut fleet = Fleet::planned(Plan { own_cluster: true, ..Plan::default() }).await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                for away in [Duration::ZERO, Duration::from_millis(3500)] {
                    fleet.crash_database(away).await;
                    for index in 0..3 {
                        fleet.wait_until_ready(index).await;
                    }
                    sleep_ms(500).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "PostgreSQL crashed and restarted").await;
    });
}

/// Every connection to the database is ended, ten times a second: outcomes of commits are unknown, and made known.
#[test]
fn backends_are_ended_in_commit() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                for _ in 0..25 {
                    fleet.end_backends();
                    sleep_ms(100).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "backends ended in COMMIT").await;
    });
}

/// Commits fail while a node stands still for about as long as its answers may take: what it had passed on, what it
/// has sent anew since, and what its clients ask again keep their order.
#[test]
fn commits_fail_while_a_node_stands_still() {
    block_on(async {
        let mut fleet = Fleet::start().await;
        let mut load = Load::on(&fleet).await;
        let probes = load
            .during(&mut fleet, async |fleet| {
                for index in [2, 1, 0] {
                    fleet.nodes[index].server.freeze();
                    fleet.end_backends();
                    sleep_ms(2600).await;
                    fleet.nodes[index].server.thaw();
                    sleep_ms(300).await;
                    fleet.end_backends();
                    sleep_ms(1500).await;
                }
                write_as_strangers(fleet, HEALING_MAX).await
            })
            .await;
        load.note(probes);
        load.assert_kept(&fleet, "commits fail while a node stands still").await;
    });
}
