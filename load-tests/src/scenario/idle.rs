//! Signed-in sessions that follow a board and do nothing: what each costs in memory, CPU and time to open.

use super::{JOINS_IN_FLIGHT, Pace, http};
use crate::check::Verdict;
use crate::measure::cpu::Samples;
use crate::measure::{cpu, memory};
use crate::report::Report;
use crate::swarm::{Entry, Listener, Swarm};
use crate::target::Target;
use crate::wire::Message;
use anyhow::{Result, ensure};
use clap::Args;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After the last join: presence frames go out and buffers are given back.
const SETTLE: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Args)]
pub struct IdleArgs {
    /// Sessions in all
    #[arg(long, default_value_t = 5000)]
    pub sessions: usize,
    /// Boards they are spread over
    #[arg(long, default_value_t = 50)]
    pub boards: usize,
    #[command(flatten)]
    pub pace: Pace,
}

/// Runs the scenario. `--warmup` is not used: the sessions settle for 3 s.
///
/// # Errors
/// Where it could not be run to its end; what it found wrong is in the report.
pub fn run(target: &Target, args: &IdleArgs) -> Result<Report> {
    ensure!(args.boards > 0, "boards must be above 0");
    ensure!(args.sessions > args.boards, "sessions must be above boards, {}, got {}", args.boards, args.sessions);
    let boards = target.boards(args.boards)?;
    let mut tokens = Vec::new();
    let mut rooms: Vec<Arc<str>> = Vec::new();
    for board in boards {
        tokens.push(target.tokens(board)?);
        rooms.push(format!("board:{}", board.id).into());
    }
    let entry = |session: usize| {
        let board = session % args.boards;
        Entry::new(tokens[board][session % tokens[board].len()].clone(), Some(rooms[board].clone()))
    };
    // The first answer over HTTP has a cost of its own, which no session should bear.
    http()?.get(format!("http://{}/health/live", target.host())).send()?;
    let mut swarm = Swarm::new()?;
    let mut idle = Idle { verdict: Verdict::default() };
    let rss = || target.server_pid.map(memory::resident_kb).transpose();

    let fresh = rss()?;
    swarm.join(target, (0..args.boards).map(entry).collect(), JOINS_IN_FLIGHT, &mut idle)?;
    settle(&mut swarm, &mut idle, SETTLE)?;
    let boards_open = rss()?;
    let joining = swarm.join(target, (args.boards..args.sessions).map(entry).collect(), JOINS_IN_FLIGHT, &mut idle)?;
    settle(&mut swarm, &mut idle, SETTLE)?;
    let before = Samples::take(target);
    settle(&mut swarm, &mut idle, Duration::from_secs(args.pace.seconds))?;
    let after = Samples::take(target);
    let full = rss()?;

    let mut report = Report::new("idle", format!("{} sessions on {} boards", args.sessions, args.boards));
    let each = |from: Option<f64>, count: usize| Some((full? - from?) / count as f64);
    report.add_known("kb_per_session", each(fresh, args.sessions));
    report.add_known("kb_per_further_session", each(boards_open, args.sessions - args.boards));
    report.add_known("fresh_rss_mb", fresh.map(|kb| kb / 1024.0));
    report.add_known("server_rss_mb", full.map(|kb| kb / 1024.0));
    report
        .add_known("server_peak_mb", target.server_pid.and_then(|pid| memory::peak_kb(pid).ok()).map(|kb| kb / 1024.0));
    report.add("joins_per_s", joining.sessions.len() as f64 / joining.took.as_secs_f64());
    let session_seconds = (args.sessions as u64 * args.pace.seconds) as f64;
    let server = cpu::used(&before.server, &after.server);
    report.add_known("server_us_per_session_second", server.map(|server| server.us / session_seconds));
    report.add("load_us_per_session_second", before.own.until(&after.own).us / session_seconds);
    report.verdict = idle.verdict;
    Ok(report)
}

fn settle(swarm: &mut Swarm, idle: &mut Idle, how_long: Duration) -> Result<()> {
    let until = Instant::now() + how_long;
    while Instant::now() < until {
        swarm.turn(Duration::from_millis(50), idle)?;
    }
    Ok(())
}

struct Idle {
    verdict: Verdict,
}

impl Listener for Idle {
    fn message(&mut self, _: &mut Swarm, session: usize, message: Message<'_>, _: &[u8], _: Instant) {
        if let Message::Error { code } | Message::Bye { code } = message {
            self.verdict.violation(|| format!("session {session} got {code}"));
        }
    }

    fn closed(&mut self, session: usize, why: &str) {
        self.verdict.violation(|| format!("session {session}: {why}"));
    }
}
