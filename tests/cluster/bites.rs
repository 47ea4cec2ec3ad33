//! The checker bites: with the fence left out of the commit, a node that thaws must be caught.

use super::load::Load;
use crate::support::fleet::{Fleet, Plan};
use crate::support::*;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROUNDS_MAX: usize = 8;

/// The program whose commits ask neither for the epoch nor for the head: the one that `TEAMFLOW_UNFENCED_BIN` names, or
/// built here beside the one under test.
fn unfenced() -> PathBuf {
    if let Some(binary) = std::env::var_os("TEAMFLOW_UNFENCED_BIN") {
        return binary.into();
    }
    // …/target/debug/teamflow
    let profile = Path::new(env!("CARGO_BIN_EXE_teamflow")).parent().unwrap();
    let target = profile.parent().unwrap();
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "--bin", "teamflow-unfenced", "--features", "teamflow/unfenced"]);
    // There are no examples; but with them cargo takes the dependencies' features as it does for tests, and so has
    // built these dependencies already.
    build.args(["--workspace", "--examples", "--target-dir"]).arg(target);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
    assert!(status.success(), "the program without the fence does not build");
    profile.join("teamflow-unfenced")
}

#[test]
fn without_the_fence_a_frozen_node_is_caught() {
    let binary = unfenced();
    block_on(async {
        let mut fleet = Fleet::planned(Plan { binary: Some(binary), ..Plan::default() }).await;
        let mut load = Load::on(&fleet).await;
        for round in 0..ROUNDS_MAX {
            load.during(&mut fleet, async |fleet| {
                // The one that owns most, so that the most clients wait for it to thaw.
                let held = fleet.held();
                let owned = |name: &str| held.values().filter(|held| held.owner.as_deref() == Some(name)).count();
                let index = (0..3).max_by_key(|index| owned(&fleet.nodes[*index].name)).unwrap();
                fleet.nodes[index].server.freeze();
                sleep_ms(4000).await;
                fleet.nodes[index].server.thaw();
                sleep_ms(1000).await;
            })
            .await;
            let found = load.violations(&fleet).await;
            if let Some(first) = found.first() {
                println!("caught in round {round}, {} violations; the first: {first}", found.len());
                return;
            }
        }
        panic!("{ROUNDS_MAX} rounds without the fence, and nothing was caught");
    });
}
