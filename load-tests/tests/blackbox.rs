//! The real program against the real server, shortly: it runs every way that it can be run, adds up, and finds what is
//! broken on the way.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod proxy;

use load_tests::report::Report;
use load_tests::scenario::{Length, Scenario, moves};
use load_tests::site::Site;
use load_tests::started::{Engine, Started};
use load_tests::target::{SeedSize, Target};
use proxy::Fault;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The server of this workspace. Tests of the whole workspace have built it; for this package's alone it may be missing.
static SERVER: LazyLock<PathBuf> = LazyLock::new(|| {
    let server = Path::new(env!("CARGO_BIN_EXE_load-tests")).with_file_name("teamflow");
    if !server.exists() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let build = ["build", "--quiet", "--workspace", "--bin", "teamflow"];
        let built = Command::new(env!("CARGO")).args(build).current_dir(workspace).status().unwrap();
        assert!(built.success(), "the server cannot be built");
    }
    server
});

/// A folder of a test's own, which goes when it ends well.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("load-tests-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.file(name)).unwrap()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

fn load_tests(arguments: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_load-tests")).args(arguments.split(' ')).args(more).output().unwrap()
}

/// On a server that is started for it.
fn on_own_server(arguments: &str, more: &[&str]) -> Output {
    let server = SERVER.to_str().unwrap();
    load_tests(arguments, &[&["--start", server], more].concat())
}

#[track_caller]
fn holds(output: &Output) -> String {
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}\n{errors}");
    assert!(told.contains("no violations"), "{told}");
    told.into_owned()
}

#[test]
fn moves_write_a_report_and_hold_their_thresholds() {
    let folder = Folder::new("moves");
    let (json, html) = (folder.file("moves.json"), folder.file("moves.html"));
    let options = ["--json", &json, "--html", &html, "--fail-if", "ack.p99>60s", "--fail-if", "errors>0"];
    let output = on_own_server("moves --boards 3 --seconds 2 --warmup 1", &options);
    let told = holds(&output);
    assert!(told.contains("acked_per_s") && told.contains("ack  "), "{told}");
    // No terminal: plain lines.
    let lines = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(lines.contains("moves measuring, ") && !lines.contains('\x1b'), "{lines}");
    let report = folder.json("moves.json");
    assert!(report["figures"]["ack_p99_ms"].as_f64().unwrap() > 0.0);
    assert!(report["figures"]["server_us_per_op"].as_f64().unwrap() > 0.0);
    assert!(report["timeline"].as_array().unwrap().len() >= 2);
    assert!(std::fs::read_to_string(&html).unwrap().contains("Ack over time"));
    // The same figures out of the file, twice; and a threshold that they pass.
    let merged = load_tests(&format!("merge {json} {json} --fail-if"), &["ack.max<3600s"]);
    let told = String::from_utf8_lossy(&merged.stdout).into_owned();
    assert_eq!(merged.status.code(), Some(1), "{told}");
    assert!(told.contains("FAILED ack.max<3600s: it is"), "{told}");
}

#[test]
fn what_is_wrong_on_the_command_line_is_told_before_anything_runs() {
    let output = on_own_server("moves", &["--fail-if", "acks.p99>5ms"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("there is no metric \"acks.p99\""), "{told}");
    let output = load_tests("moves --seed-file /no/such/file", &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("seed file /no/such/file cannot be read"), "{told}");
}

#[test]
fn several_processes_add_up() {
    let folder = Folder::new("parts");
    let json = folder.file("fanout.json");
    let arguments = "fanout --readers 40 --rate 20 --seconds 3 --warmup 1 --processes 2";
    holds(&on_own_server(arguments, &["--json", &json]));
    let report = folder.json("fanout.json");
    assert_eq!(report["processes"], 2);
    let figure = |name: &str| report["figures"][name].as_f64().unwrap();
    assert!((10.0..=22.0).contains(&figure("acked_per_s")), "{}", report["figures"]);
    // Every op reaches the readers of both processes, and its publisher.
    let each = figure("deliveries_per_s") / figure("acked_per_s");
    assert!((39.0..=43.0).contains(&each), "{}", report["figures"]);
    assert!(report["command_line"].as_str().unwrap().contains("--processes 2"));
}

#[test]
fn a_server_that_is_killed_loses_nothing() {
    let told = holds(&on_own_server("storm --users 60 --boards 3 --writers 6 --rounds 1 --by kill --rate 50", &[]));
    assert!(told.contains("back_within_s") && told.contains("come_back"), "{told}");
}

#[test]
fn people_are_made_through_the_api_and_work() {
    let started = start(1);
    let target = started.target().unwrap().addresses[0].to_string();
    let arguments = "mixed --users 6 --boards 2 --tasks 20 --think 0.3 --away 0.5 --seconds 6 --make-users";
    let told = holds(&load_tests(arguments, &["--target", &target]));
    assert!(told.contains("presence_frames_per_s"), "{told}");
}

fn start(users: usize) -> Started {
    Started::new(&SERVER, Engine::Sqlite, &SeedSize { users, boards: 1, tasks: 40 }).unwrap()
}

/// What is found where one session's events are tampered with.
fn through_proxy(fault: Fault) -> Report {
    let started = start(4);
    let direct = started.target().unwrap();
    let through = proxy::start(direct.addresses[0], fault);
    let length = Length { seconds: 1, warmup: 0, random_seed: 1 };
    let args = moves::MovesArgs { boards: 1, writers: 4, in_flight: 1, rate: Some(40.0), tasks: 40, length };
    args.run(&Site::alone(Target { addresses: vec![through], ..direct })).unwrap()
}

#[track_caller]
fn finds(report: &Report, what: &str) {
    assert!(!report.verdict.holds());
    let told: Vec<String> = report.verdict.told().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.contains(what)), "{what:?} is not among {told:#?}");
    assert!(told.iter().all(|told| told.contains("(board ") && told.contains("seq ")), "{told:#?}");
}

#[test]
fn an_event_that_is_dropped_is_found() {
    finds(&through_proxy(Fault::Drop), " saw seq ");
}

#[test]
fn a_violation_fails_the_program_and_says_how_to_repeat_it() {
    let (folder, started) = (Folder::new("broken"), start(4));
    let target = started.target().unwrap();
    let (seed, html) = (folder.file("seed.json"), folder.file("broken.html"));
    std::fs::write(&seed, serde_json::to_vec(&*target.seed).unwrap()).unwrap();
    let through = proxy::start(target.addresses[0], Fault::Drop).to_string();
    let options = ["--target", &through, "--seed-file", &seed, "--html", &html];
    let output = load_tests("moves --boards 1 --rate 40 --seconds 1 --warmup 0", &options);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("FAILED: ") && told.contains(" saw seq "), "{told}");
    assert!(told.contains("to repeat (random seed 1): ") && told.contains("moves --boards 1 --rate 40"), "{told}");
    assert!(std::fs::read_to_string(&html).unwrap().contains("<div class=\"bad\">"));
}

#[test]
fn an_event_that_comes_twice_is_found() {
    finds(&through_proxy(Fault::Duplicate), " saw seq ");
}

#[test]
fn events_in_another_order_are_found() {
    finds(&through_proxy(Fault::Reorder), " saw seq ");
}

#[test]
fn an_event_that_is_altered_on_the_way_is_found() {
    finds(&through_proxy(Fault::Alter), "was told another event than others");
}
