//! One board, many readers, one publisher: at a fixed rate (open loop), or with a window of events that not every
//! reader has yet (as fast as it goes).

use super::{JOINS_IN_FLIGHT, Pace, Run, Window, add_costs, drive, http};
use crate::check::Verdict;
use crate::check::log::LogCheck;
use crate::measure::latency::Latency;
use crate::report::Report;
use crate::swarm::{Entry, Listener, Swarm};
use crate::target::Target;
use crate::wire::{self, Message};
use crate::work::{Deck, Dice, OpBook};
use anyhow::{Result, ensure};
use clap::Args;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The session that publishes; it follows the board too, and is not counted as a reader.
const PUBLISHER: usize = 0;

/// Joins and leaves in a large room are folded to one frame a second; they shall not be measured.
const SETTLE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Args)]
pub struct FanoutArgs {
    /// Sessions that follow the board
    #[arg(long, default_value_t = 1000)]
    pub readers: usize,
    /// Ops a second, sent when they are due whatever the answers do
    #[arg(long, default_value_t = 50.0, conflicts_with = "window")]
    pub rate: f64,
    /// Instead of a rate: events at a time that not every reader has yet
    #[arg(long)]
    pub window: Option<usize>,
    #[command(flatten)]
    pub pace: Pace,
}

/// Runs the scenario.
///
/// # Errors
/// Where it could not be run to its end; what it found wrong is in the report.
pub fn run(target: &Target, args: &FanoutArgs) -> Result<Report> {
    ensure!(args.rate > 0.0 && args.readers > 0, "rate and readers must be above 0");
    let board = &target.boards(1)?[0];
    let tokens = target.tokens(board)?;
    let room: Arc<str> = format!("board:{}", board.id).into();
    let entries = (0..=args.readers)
        .map(|session| Entry::new(tokens[session % tokens.len()].clone(), Some(room.clone())))
        .collect();
    let mut swarm = Swarm::new()?;
    let mut fanout = Fanout::new(args, board.id)?;
    let joining = swarm.join(target, entries, JOINS_IN_FLIGHT, &mut fanout)?;
    let settled = Instant::now() + SETTLE;
    while Instant::now() < settled {
        swarm.turn(Duration::from_millis(20), &mut fanout)?;
    }
    fanout.begin(&mut swarm)?;
    let (before, after) = drive(&mut swarm, &mut fanout, target, &args.pace)?;

    let load = match args.window {
        Some(window) => format!("window {window}"),
        None => format!("{} ops/s", args.rate),
    };
    let mut report = Report::new("fanout", format!("1 board, {} readers, {load}", args.readers));
    fanout.fill_in(&mut report, args.pace.seconds as f64);
    report.add("joins_per_s", (args.readers + 1) as f64 / joining.took.as_secs_f64());
    let names = ["server_us_per_delivery", "database_us_per_delivery", "total_us_per_delivery"];
    add_costs(&mut report, target, (&before, &after), fanout.deliveries as f64, names);
    fanout.everyone_has_everything();
    let mut verdict = fanout.verdict;
    let (http, book) = (http()?, fanout.book);
    LogCheck { target, http: &http, book: &book }.board(0, fanout.base, &tokens[0], &mut verdict)?;
    report.verdict = verdict;
    Ok(report)
}

struct Fanout {
    board: Uuid,
    readers: u32,
    window: Option<usize>,
    interval: Duration,
    next_due: Instant,
    deck: Option<Deck>,
    base: u64,
    book: OpBook,
    dice: Dice,
    frame: Vec<u8>,
    sending: bool,
    measured: Window,
    answered: usize,
    /// Ops whose event every reader has.
    complete: usize,
    deliveries: u64,
    /// From when the op was due to the event's arrival at a reader.
    publish: Latency,
    /// From when anybody here first heard of the op's commit to the event's arrival at a reader.
    spread: Latency,
    ack: Latency,
    verdict: Verdict,
}

impl Fanout {
    fn new(args: &FanoutArgs, board: Uuid) -> Result<Self> {
        Ok(Self {
            board,
            readers: args.readers as u32,
            window: args.window,
            interval: Duration::from_secs_f64(1.0 / args.rate),
            next_due: Instant::now(),
            deck: None,
            base: 0,
            book: OpBook::open(),
            dice: Dice::new(args.pace.random_seed),
            frame: Vec::new(),
            sending: false,
            measured: Window { from_ns: u64::MAX, to_ns: u64::MAX },
            answered: 0,
            complete: 0,
            deliveries: 0,
            publish: Latency::new()?,
            spread: Latency::new()?,
            ack: Latency::new()?,
            verdict: Verdict::default(),
        })
    }

    fn begin(&mut self, swarm: &mut Swarm) -> Result<()> {
        ensure!(self.deck.is_some(), "the publisher got no snapshot: {:?}", self.verdict.told());
        self.sending = true;
        self.next_due = Instant::now();
        for _ in 0..self.window.unwrap_or(0) {
            self.publish(swarm, Instant::now());
        }
        Ok(())
    }

    fn publish(&mut self, swarm: &mut Swarm, due: Instant) {
        let Some(deck) = self.deck.as_mut() else { return };
        let number = self.book.note(PUBLISHER, 0, self.book.ns(due));
        deck.write_request(&mut self.dice, number, self.book.op_id(number), &mut self.frame);
        swarm.send(PUBLISHER, &self.frame);
    }

    fn on_answer(&mut self, message: &Message<'_>, session: usize, now_ns: u64) {
        self.answered += 1;
        match *message {
            Message::Ack { id, seq, version } => match self.book.get_mut(id as usize) {
                Some(op) => {
                    self.verdict.ack(id as usize, op, session, seq, version);
                    if op.heard_ns == 0 {
                        op.heard_ns = now_ns;
                    }
                    if self.measured.holds(op.due_ns) {
                        self.ack.record(now_ns.saturating_sub(op.due_ns));
                    }
                }
                None => self.verdict.violation(|| format!("an ack for op {id}, which nobody sent")),
            },
            Message::Reject { id, code } => {
                if let Some(op) = self.book.get_mut(id as usize) {
                    op.refuse(code);
                }
                self.verdict.violation(|| format!("op {id} was rejected with {code}"));
            }
            _ => {}
        }
    }

    fn on_events(&mut self, swarm: &mut Swarm, session: usize, text: &[u8], now_ns: u64) {
        let counts = self.measured.holds(now_ns) && session != PUBLISHER;
        for event in wire::events(text) {
            let event = match event {
                Ok(event) => event,
                Err(why) => return self.verdict.violation(|| why),
            };
            let last = &mut swarm.session(session).seq;
            self.verdict.follows(session, *last, event.seq);
            *last = event.seq;
            let Some(number) = self.book.number(event.op_id) else { continue };
            let Some(op) = self.book.get_mut(number) else { continue };
            self.verdict.event(number, op, event.seq);
            if op.heard_ns == 0 {
                op.heard_ns = now_ns;
            }
            if session == PUBLISHER {
                continue;
            }
            op.deliveries += 1;
            self.deliveries += u64::from(counts);
            if self.measured.holds(op.due_ns) {
                self.publish.record(now_ns.saturating_sub(op.due_ns));
                self.spread.record(now_ns.saturating_sub(op.heard_ns));
            }
            if op.deliveries == self.readers {
                self.complete += 1;
                if self.sending && self.window.is_some() {
                    self.publish(swarm, Instant::now());
                }
            }
        }
    }

    fn everyone_has_everything(&mut self) {
        for (number, op) in self.book.ops().iter().enumerate() {
            if op.deliveries != self.readers || !op.is_answered() {
                let acked = if op.acked_seq == 0 { "not acked" } else { "acked" };
                let (got, all) = (op.deliveries, self.readers);
                self.verdict.violation(|| format!("op {number}, {acked}, reached {got} of {all} readers"));
            }
        }
    }

    fn fill_in(&self, report: &mut Report, seconds: f64) {
        report.add("deliveries_per_s", self.deliveries as f64 / seconds);
        let in_window = self.book.ops().iter().filter(|op| self.measured.holds(op.due_ns)).count();
        report.add("ops_per_s", in_window as f64 / seconds);
        report.add("publish_to_delivery_p50_ms", self.publish.ms(0.5));
        report.add("publish_to_delivery_p99_ms", self.publish.ms(0.99));
        report.add("publish_to_delivery_max_ms", self.publish.ms(1.0));
        report.add("commit_to_delivery_p50_ms", self.spread.ms(0.5));
        report.add("commit_to_delivery_p99_ms", self.spread.ms(0.99));
        report.add("ack_p50_ms", self.ack.ms(0.5));
        report.add("ack_p99_ms", self.ack.ms(0.99));
        report.add("complete", if self.complete == self.book.ops().len() { 1.0 } else { 0.0 });
    }
}

impl Listener for Fanout {
    fn joined(&mut self, swarm: &mut Swarm, session: usize, text: &[u8]) {
        if session != PUBLISHER {
            return;
        }
        self.base = swarm.session(session).seq;
        match Deck::deal(self.board, text, 0, 1) {
            Ok(deck) => self.deck = Some(deck),
            Err(why) => self.verdict.violation(|| format!("the publisher cannot work: {why:#}")),
        }
    }

    fn message(&mut self, swarm: &mut Swarm, session: usize, message: Message<'_>, text: &[u8], now: Instant) {
        let now_ns = self.book.ns(now);
        match message {
            Message::Events => self.on_events(swarm, session, text, now_ns),
            Message::Ack { .. } | Message::Reject { .. } => self.on_answer(&message, session, now_ns),
            Message::Error { code } => self.verdict.violation(|| format!("session {session} got {code}")),
            _ => {}
        }
    }

    fn closed(&mut self, session: usize, why: &str) {
        self.verdict.violation(|| format!("session {session}: {why}"));
    }
}

impl Run for Fanout {
    fn send_due(&mut self, swarm: &mut Swarm, now: Instant) -> Duration {
        if self.window.is_some() || !self.sending {
            return Duration::MAX;
        }
        while self.next_due <= now {
            self.publish(swarm, self.next_due);
            self.next_due += self.interval;
        }
        self.next_due - now
    }

    fn measure(&mut self, from: Instant, to: Instant) {
        self.measured = Window { from_ns: self.book.ns(from), to_ns: self.book.ns(to) };
    }

    fn stop_sending(&mut self) {
        self.sending = false;
    }

    fn is_drained(&self, _: &Swarm) -> bool {
        self.complete == self.book.ops().len() && self.answered == self.book.ops().len()
    }
}
