//! Each scenario against a small server of the tests' own: it measures what happened, and finds what is broken.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod fake;

use fake::{Fake, Fault};
use load_tests::measure::timeline::Timed;
use load_tests::nodes::team::{self, Plan};
use load_tests::report::Report;
use load_tests::scenario::{Length, Scenario, bulk, connect, fanout, mixed, moves, ramp, soak, storm};
use load_tests::site::Site;
use load_tests::target::{Seed, Target, resolve};
use std::sync::Arc;
use std::time::Duration;

/// The server as so many nodes, which are one.
fn site(fake: &Fake, nodes: usize) -> Site {
    Site::alone(Target {
        addresses: vec![resolve(&fake.address).unwrap(); nodes],
        seed: Arc::new(Seed::read(&fake.seed_file).unwrap()),
        server_pids: vec![std::process::id()],
        database_pid: None,
    })
}

fn length() -> Length {
    Length { seconds: 1, warmup: 0, random_seed: 1 }
}

fn people(users: usize) -> mixed::People {
    mixed::People { users, boards: 2, tasks: 30, think: 0.1, away: 0.2 }
}

fn run_moves(name: &str, fault: Fault, rate: Option<f64>) -> Report {
    let fake = Fake::start(name, 3, 20, fault);
    let args = moves::MovesArgs { boards: 3, writers: 2, in_flight: 4, rate, tasks: 20, length: length() };
    args.run(&site(&fake, 1)).unwrap()
}

fn run_fanout(name: &str, window: Option<usize>, fault: Fault) -> Report {
    let fake = Fake::start(name, 1, 20, fault);
    let args = fanout::FanoutArgs { readers: 20, rate: 100.0, window, tasks: 20, length: length() };
    args.run(&site(&fake, 1)).unwrap()
}

/// Writers on two "nodes".
fn run_team(name: &str, fault: Fault) -> Report {
    let fake = Fake::start(name, 2, 30, fault);
    let plan = Plan { boards: 2, writers: 2, in_flight: 3, pause: Duration::from_millis(5), random_seed: 1 };
    let site = site(&fake, 2);
    let mut load = team::start(&site, plan).unwrap();
    load.run_for(Duration::from_secs(1)).unwrap();
    let mut report = Report::new("team", String::new());
    load.finish(&mut report).unwrap();
    report
}

#[track_caller]
fn finds(report: &Report, what: &str) {
    let told = report.verdict.told();
    assert!(told.iter().any(|told| told.what.contains(what)), "{what:?} is not among {told:#?}");
}

#[test]
fn moves_are_counted_and_hold() {
    let report = run_moves("moves", Fault::None, None);
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("acked_per_s").unwrap() > 0.0, "{report}");
    assert!(report.figure("ack_p50_ms").unwrap() > 0.0, "{report}");
    let (acked, deliveries) = (report.figure("acked_per_s").unwrap(), report.figure("deliveries_per_s").unwrap());
    assert!((deliveries / acked - 2.0).abs() < 0.2, "{report}");
    assert!(report.figure("server_us_per_op").unwrap() > 0.0, "{report}");
    assert!(report.latency(Timed::CommitToDelivery).is_some(), "{report}");
    assert_eq!(report.timeline.len(), 1);
}

#[test]
fn an_open_loop_keeps_its_rate() {
    let report = run_moves("open", Fault::None, Some(200.0));
    assert!(report.verdict.holds(), "{report}");
    assert!((140.0..=220.0).contains(&report.figure("acked_per_s").unwrap()), "{report}");
}

#[test]
fn fanout_keeps_its_rate_and_reaches_every_reader() {
    let report = run_fanout("rate", None, Fault::None);
    assert!(report.verdict.holds(), "{report}");
    let ops = report.figure("acked_per_s").unwrap();
    assert!((70.0..=105.0).contains(&ops), "{report}");
    assert!(report.figure("deliveries_per_s").unwrap() > 19.0 * ops, "{report}");
}

#[test]
fn fanout_with_a_window_goes_as_fast_as_it_can() {
    let report = run_fanout("window", Some(8), Fault::None);
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("acked_per_s").unwrap() > 100.0, "{report}");
}

#[test]
fn idle_sessions_join_and_stay() {
    for rate in [None, Some(200.0)] {
        let fake = Fake::start(&format!("idle-{}", rate.is_some()), 2, 5, Fault::None);
        let args = connect::ConnectArgs { users: 30, boards: 2, tasks: 5, rate, in_flight: 8, length: length() };
        let report = args.run(&site(&fake, 1)).unwrap();
        assert!(report.verdict.holds(), "{report}");
        assert!(report.figure("joins_per_s").unwrap() > 0.0, "{report}");
        assert_eq!(report.latency(Timed::Connect).unwrap().count(), 28);
        if rate.is_some() {
            assert!(report.figure("joins_per_s").unwrap() < 230.0, "{report}");
        }
    }
}

#[test]
fn bulk_requests_are_applied() {
    let fake = Fake::start("bulk", 1, 20, Fault::None);
    let report = bulk::BulkArgs { ops: 50, atomic: false, tasks: 20, length: length() }.run(&site(&fake, 1)).unwrap();
    assert!(report.verdict.holds(), "{report}");
    assert!(report.latency(Timed::Request).unwrap().count() > 1, "{report}");
    assert!(report.figure("acked_per_s").unwrap() > 50.0, "{report}");
}

#[test]
fn people_work_look_about_and_close_their_laptops() {
    let fake = Fake::start("mixed", 2, 30, Fault::None);
    let length = Length { seconds: 6, ..length() };
    let report = mixed::MixedArgs { people: people(20), length }.run(&site(&fake, 1)).unwrap();
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("acked_per_s").unwrap() > 5.0, "{report}");
    assert!(report.figure("sessions_that_came_back").unwrap() > 5.0, "{report}");
    assert!(report.figure("recovered_by_events").unwrap() > 5.0, "{report}");
}

#[test]
fn a_soak_tells_what_grows() {
    let fake = Fake::start("soak", 2, 30, Fault::None);
    let length = Length { seconds: 4, ..length() };
    let report = soak::SoakArgs { hours: None, people: people(10), length }.run(&site(&fake, 1)).unwrap();
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("server_mb_per_hour").is_some(), "{report}");
}

#[test]
fn a_storm_is_over_when_all_are_back_with_what_they_missed() {
    let fake = Fake::start("storm", 2, 30, Fault::None);
    let args = storm::StormArgs {
        users: 40,
        boards: 2,
        tasks: 30,
        writers: 4,
        rate: 100.0,
        rounds: 1,
        by: storm::By::Reset,
        within_ms: 100,
        patience: 10,
        random_seed: 1,
    };
    let report = args.run(&site(&fake, 1)).unwrap();
    assert!(report.verdict.holds(), "{report}");
    assert_eq!(report.latency(Timed::ComeBack).unwrap().count(), 40);
    assert!(report.figure("back_within_s").unwrap() < 5.0, "{report}");
}

#[test]
fn a_ramp_finds_a_rate() {
    let fake = Fake::start("ramp", 2, 20, Fault::None);
    let args = ramp::RampArgs {
        boards: 2,
        writers: 2,
        tasks: 20,
        bound_ms: 0.001,
        from: 8.0,
        precision: 30.0,
        length: length(),
    };
    let report = args.run(&site(&fake, 1)).unwrap();
    assert!(report.verdict.holds(), "{report}");
    // No server answers within a microsecond.
    assert_eq!(report.figure("highest_rate"), Some(0.0), "{report}");
}

#[test]
fn an_ack_at_a_wrong_seq_is_found() {
    let report = run_moves("ack", Fault::WrongAck, None);
    finds(&report, "was acked at seq 21, its event is 20");
    finds(&report, "acked at seq 21, is at 20 in the log");
    let told = &report.verdict.told()[0];
    assert!(told.board.is_some() && told.seq.is_some() && told.op_id.is_some(), "{told}");
}

#[test]
fn a_lost_delivery_is_found() {
    finds(&run_fanout("delivery", None, Fault::LostDelivery), "saw seq 8 after 6");
}

#[test]
fn an_event_that_others_were_told_otherwise_is_found() {
    finds(&run_fanout("other", None, Fault::OtherEvent), "was told another event than others were at this seq");
}

#[test]
fn an_acked_op_that_is_not_in_the_log_is_found() {
    let report = run_moves("log", Fault::LostOp, None);
    finds(&report, "has seq 12 after 10");
    finds(&report, "acked at seq 11, is not in the log");
    assert!(report.figure("lost_acked_ops").unwrap() > 0.0, "{report}");
}

#[test]
fn a_board_that_is_not_its_log_is_found() {
    finds(&run_moves("snapshot", Fault::WrongSnapshot, None), "is not as the log has it");
}

#[test]
fn a_closed_session_is_found() {
    finds(&run_moves("closed", Fault::ClosedSession, None), "closed with 1005 after bye SLOW_CONSUMER");
}

#[test]
fn writers_whose_sessions_are_closed_come_back_with_their_open_ops() {
    for (name, fault) in [("team-closed", Fault::ClosedSession), ("team-lost-ack", Fault::LostAck)] {
        let report = run_team(name, fault);
        assert!(report.verdict.holds(), "{report}");
        assert!(report.figure("acked_per_s").unwrap() > 10.0, "{report}");
        for figure in ["sessions_that_came_back", "recovered_by_events", "ops_sent_again"] {
            assert!(report.figure(figure).unwrap_or(0.0) > 0.0, "{report}");
        }
        assert_eq!(report.figure("lost_acked_ops"), Some(0.0));
    }
}

#[test]
fn writers_send_all_again_in_order_where_one_op_is_unavailable() {
    let report = run_team("team-unavailable", Fault::Unavailable);
    assert!(report.verdict.holds(), "{report}");
    assert!(report.figure("unavailable_answers").unwrap() > 0.0, "{report}");
    assert!(report.errors["UNAVAILABLE"] > 0, "{report}");
    assert_eq!(report.figure("sessions_that_came_back"), None);
}

#[test]
fn writers_find_an_op_that_is_applied_twice_or_lost() {
    finds(&run_team("team-forgetful", Fault::Forgetful), "was rejected with VERSION_CONFLICT");
    let report = run_team("team-lost-op", Fault::LostOp);
    finds(&report, "acked at seq 11, is not in the log");
    assert!(report.figure("lost_acked_ops").unwrap() > 0.0, "{report}");
}

#[test]
fn tokens_that_end_are_renewed_once_for_all_sessions_of_a_user() {
    let fake = Fake::start("tokens", 1, 20, Fault::ShortTokens);
    let length = Length { seconds: 2, ..length() };
    let args = moves::MovesArgs { boards: 1, writers: 3, in_flight: 1, rate: Some(50.0), tasks: 20, length };
    let report = args.run(&site(&fake, 1)).unwrap();
    assert!(report.verdict.holds(), "{report}");
    assert_eq!(fake.renewals(), 1);
}

#[test]
fn a_bad_token_is_told_as_the_server_said_it() {
    let fake = Fake::start("token", 1, 5, Fault::None);
    let seed = std::fs::read_to_string(&fake.seed_file).unwrap();
    std::fs::write(&fake.seed_file, seed.replace("good", "bad")).unwrap();
    let args = connect::ConnectArgs { users: 3, boards: 1, tasks: 5, rate: None, in_flight: 8, length: length() };
    let error = args.run(&site(&fake, 1)).unwrap_err();
    assert!(format!("{error:#}").contains("401"), "{error:#}");
}
