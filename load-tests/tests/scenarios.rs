//! Each scenario against a small server of the tests' own: it measures what happened, and finds what is broken.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod fake;

use fake::{Fake, Fault};
use load_tests::nodes::crew::Plan;
use load_tests::nodes::load::Load;
use load_tests::report::Report;
use load_tests::scenario::{Pace, bulk, fanout, idle, moves};
use load_tests::target::{Target, TargetArgs};
use std::time::Duration;

fn target(fake: &Fake) -> Target {
    let own = Some(std::process::id());
    let args = TargetArgs {
        target: fake.address.clone(),
        seed_file: fake.seed_file.clone(),
        server_pid: own,
        database_pid: None,
    };
    args.open().unwrap()
}

fn pace() -> Pace {
    Pace { seconds: 1, warmup: 0, random_seed: 1 }
}

fn run_moves(name: &str, fault: Fault) -> Report {
    let fake = Fake::start(name, 3, 20, fault);
    moves::run(&target(&fake), &moves::MovesArgs { boards: 3, writers: 2, in_flight: 4, pace: pace() }).unwrap()
}

fn run_fanout(name: &str, window: Option<usize>, fault: Fault) -> Report {
    let fake = Fake::start(name, 1, 20, fault);
    let args = fanout::FanoutArgs { readers: 20, rate: 100.0, window, pace: pace() };
    fanout::run(&target(&fake), &args).unwrap()
}

/// Writers on two "nodes", which are one.
fn run_crew(name: &str, fault: Fault) -> Report {
    let fake = Fake::start(name, 2, 30, fault);
    let plan = Plan { boards: 2, writers: 2, in_flight: 3, pause: Duration::from_millis(5), random_seed: 1 };
    let mut load = Load::start(vec![target(&fake), target(&fake)], plan).unwrap();
    load.run_for(Duration::from_secs(1)).unwrap();
    let mut report = Report::new("crew", String::new());
    load.finish(&mut report).unwrap();
    report
}

#[track_caller]
fn finds(report: &Report, what: &str) {
    let told = report.verdict.told();
    assert!(told.iter().any(|told| told.contains(what)), "{what:?} is not among {told:#?}");
}

#[test]
fn moves_are_counted_and_hold() {
    let report = run_moves("moves", Fault::None);
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("acked_per_s").unwrap() > 0.0, "{report}");
    assert!(report.figure("ack_p50_ms").unwrap() > 0.0, "{report}");
    let (acked, deliveries) = (report.figure("acked_per_s").unwrap(), report.figure("deliveries_per_s").unwrap());
    assert!((deliveries / acked - 2.0).abs() < 0.2, "{report}");
    assert!(report.figure("server_us_per_op").unwrap() > 0.0, "{report}");
}

#[test]
fn fanout_keeps_its_rate_and_reaches_every_reader() {
    let report = run_fanout("rate", None, Fault::None);
    assert!(report.verdict.holds(), "{report}");
    let ops = report.figure("ops_per_s").unwrap();
    assert!((95.0..=105.0).contains(&ops), "{report}");
    assert!(report.figure("deliveries_per_s").unwrap() > 19.0 * ops, "{report}");
    assert_eq!(report.figure("complete"), Some(1.0));
}

#[test]
fn fanout_with_a_window_goes_as_fast_as_it_can() {
    let report = run_fanout("window", Some(8), Fault::None);
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("ops_per_s").unwrap() > 100.0, "{report}");
}

#[test]
fn idle_sessions_join_and_stay() {
    let fake = Fake::start("idle", 2, 5, Fault::None);
    let report = idle::run(&target(&fake), &idle::IdleArgs { sessions: 30, boards: 2, pace: pace() }).unwrap();
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("joins_per_s").unwrap() > 0.0, "{report}");
}

#[test]
fn bulk_requests_are_applied() {
    let fake = Fake::start("bulk", 1, 20, Fault::None);
    let report = bulk::run(&target(&fake), &bulk::BulkArgs { ops: 50, atomic: false, pace: pace() }).unwrap();
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("requests").unwrap() > 1.0, "{report}");
}

#[test]
fn an_ack_at_a_wrong_seq_is_found() {
    let report = run_moves("ack", Fault::WrongAck);
    finds(&report, "was acked at seq 21, its event is 20");
    finds(&report, "acked at seq 21, is at 20 in the log");
}

#[test]
fn a_lost_delivery_is_found() {
    let report = run_fanout("delivery", None, Fault::LostDelivery);
    finds(&report, "saw seq 8 after 6");
    finds(&report, "reached 19 of 20 readers");
}

#[test]
fn an_acked_op_that_is_not_in_the_log_is_found() {
    let report = run_moves("log", Fault::LostOp);
    finds(&report, "has seq 12 after 10");
    finds(&report, "acked at seq 11, is not in the log");
}

#[test]
fn a_board_that_is_not_its_log_is_found() {
    finds(&run_moves("snapshot", Fault::WrongSnapshot), "does not stand where the log puts it");
}

#[test]
fn a_closed_session_is_found() {
    finds(&run_moves("closed", Fault::ClosedSession), "closed with 1005 after bye SLOW_CONSUMER");
}

#[test]
fn writers_whose_sessions_are_closed_come_back_with_their_open_ops() {
    for (name, fault) in [("crew-closed", Fault::ClosedSession), ("crew-lost-ack", Fault::LostAck)] {
        let report = run_crew(name, fault);
        assert!(report.verdict.holds(), "{report}");
        assert!(report.figure("acked").unwrap() > 10.0, "{report}");
        for figure in ["sessions_that_came_back", "recovered_by_events", "ops_sent_again"] {
            assert!(report.figure(figure).unwrap() > 0.0, "{report}");
        }
        assert_eq!(report.figure("lost_acked_ops"), Some(0.0));
    }
}

#[test]
fn writers_send_all_again_in_order_where_one_op_is_unavailable() {
    let report = run_crew("crew-unavailable", Fault::Unavailable);
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("unavailable_answers").unwrap() > 0.0, "{report}");
    assert_eq!(report.figure("sessions_that_came_back"), Some(0.0));
}

#[test]
fn writers_find_an_op_that_is_applied_twice_or_lost() {
    finds(&run_crew("crew-forgetful", Fault::Forgetful), "was rejected with VERSION_CONFLICT");
    let report = run_crew("crew-lost-op", Fault::LostOp);
    finds(&report, "acked at seq 11, is not in the log");
    assert!(report.figure("lost_acked_ops").unwrap() > 0.0, "{report}");
}

#[test]
fn a_bad_token_is_told_as_the_server_said_it() {
    let fake = Fake::start("token", 1, 5, Fault::None);
    let seed = std::fs::read_to_string(&fake.seed_file).unwrap();
    std::fs::write(&fake.seed_file, seed.replace("good", "bad")).unwrap();
    let error = idle::run(&target(&fake), &idle::IdleArgs { sessions: 3, boards: 1, pace: pace() }).unwrap_err();
    assert!(format!("{error:#}").contains("401"), "{error:#}");
}
