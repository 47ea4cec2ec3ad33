//! Durable moves: boards × writers, each with some ops in flight; the next op goes when one is answered.

use super::{DRAIN, JOINS_IN_FLIGHT, Pace, Run, Window, add_costs, drive, http};
use crate::check::Verdict;
use crate::check::log::LogCheck;
use crate::measure::latency::Latency;
use crate::report::Report;
use crate::swarm::{Entry, Listener, Swarm};
use crate::target::Target;
use crate::wire::{self, Message};
use crate::work::{Deck, Dice, OpBook};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

#[derive(Debug, Clone, Args)]
pub struct MovesArgs {
    /// Boards that are written to
    #[arg(long, default_value_t = 50)]
    pub boards: usize,
    /// Writers on each; all of them see all of its events
    #[arg(long, default_value_t = 4)]
    pub writers: usize,
    /// Ops of one writer that wait for their answers
    #[arg(long, default_value_t = 1)]
    pub in_flight: usize,
    #[command(flatten)]
    pub pace: Pace,
}

/// Runs the scenario.
///
/// # Errors
/// Where it could not be run to its end; what it found wrong is in the report.
pub fn run(target: &Target, args: &MovesArgs) -> Result<Report> {
    ensure!(args.boards * args.writers * args.in_flight > 0, "boards, writers and in-flight must be above 0");
    let boards = target.boards(args.boards)?;
    let mut entries = Vec::new();
    for board in boards {
        let tokens = target.tokens(board)?;
        let room: Arc<str> = format!("board:{}", board.id).into();
        for _ in 0..args.writers {
            entries.push(Entry::new(tokens[entries.len() % tokens.len()].clone(), Some(room.clone())));
        }
    }
    let mut swarm = Swarm::new()?;
    let mut moves = Moves::new(args, boards.iter().map(|board| board.id).collect())?;
    swarm.join(target, entries, JOINS_IN_FLIGHT, &mut moves)?;
    moves.may_begin()?;
    moves.fill(&mut swarm);
    let (before, after) = drive(&mut swarm, &mut moves, target, &args.pace)?;
    moves.all_answered();

    let settings = format!("{} boards x {} writers, {} in flight", args.boards, args.writers, args.in_flight);
    let mut report = Report::new("moves", settings);
    moves.fill_in(&mut report, args.pace.seconds as f64);
    add_costs(
        &mut report,
        target,
        (&before, &after),
        moves.acked as f64,
        ["server_us_per_op", "database_us_per_op", "total_us_per_op"],
    );
    let mut verdict = moves.verdict;
    let (http, book) = (http()?, moves.book);
    let check = LogCheck { target, http: &http, book: &book };
    for (number, base) in moves.bases.iter().enumerate() {
        let token = target.tokens(&boards[number])?.swap_remove(0);
        check.board(number, *base, &token, &mut verdict)?;
    }
    report.verdict = verdict;
    Ok(report)
}

struct Moves {
    board_ids: Vec<Uuid>,
    writers: usize,
    in_flight: usize,
    book: OpBook,
    decks: Vec<Option<Deck>>,
    /// The `seq` of each board before the run.
    bases: Vec<u64>,
    dice: Dice,
    frame: Vec<u8>,
    sending: bool,
    window: Window,
    open: usize,
    acked: u64,
    deliveries: u64,
    ack: Latency,
    delivery: Latency,
    rejects: BTreeMap<String, u64>,
    verdict: Verdict,
}

impl Moves {
    fn new(args: &MovesArgs, board_ids: Vec<Uuid>) -> Result<Self> {
        Ok(Self {
            bases: vec![0; board_ids.len()],
            decks: (0..board_ids.len() * args.writers).map(|_| None).collect(),
            board_ids,
            writers: args.writers,
            in_flight: args.in_flight,
            book: OpBook::open(),
            dice: Dice::new(args.pace.random_seed),
            frame: Vec::new(),
            sending: true,
            window: Window { from_ns: u64::MAX, to_ns: u64::MAX },
            open: 0,
            acked: 0,
            deliveries: 0,
            ack: Latency::new()?,
            delivery: Latency::new()?,
            rejects: BTreeMap::new(),
            verdict: Verdict::default(),
        })
    }

    /// Every writer must have more tasks than ops in flight, or its moves would wait for one another's versions.
    fn may_begin(&self) -> Result<()> {
        for (session, deck) in self.decks.iter().enumerate() {
            let board = self.board_ids[session / self.writers];
            let deck = deck.as_ref().with_context(|| format!("board {board} gave session {session} no snapshot"))?;
            if deck.len() < self.in_flight {
                let needed = self.in_flight * self.writers;
                bail!("board {board} has too few tasks: {needed} are needed, a writer got {}", deck.len());
            }
        }
        Ok(())
    }

    fn fill(&mut self, swarm: &mut Swarm) {
        for session in 0..self.decks.len() {
            for _ in 0..self.in_flight {
                self.send_next(swarm, session, Instant::now());
            }
        }
    }

    fn send_next(&mut self, swarm: &mut Swarm, session: usize, now: Instant) {
        let Some(deck) = self.decks[session].as_mut() else { return };
        let number = self.book.note(session, session / self.writers, self.book.ns(now));
        deck.write_request(&mut self.dice, number, self.book.op_id(number), &mut self.frame);
        self.open += 1;
        swarm.send(session, &self.frame);
    }

    fn on_ack(&mut self, session: usize, (number, seq, version): (u64, u64, u64), now_ns: u64) {
        match self.book.get_mut(number as usize) {
            Some(op) => {
                self.verdict.ack(number as usize, op, session, seq, version);
                if self.window.holds(now_ns) {
                    self.acked += 1;
                    self.ack.record(now_ns.saturating_sub(op.due_ns));
                }
            }
            None => self.verdict.violation(|| format!("an ack for op {number}, which nobody sent")),
        }
    }

    fn on_reject(&mut self, session: usize, number: u64, code: &str) {
        *self.rejects.entry(code.to_owned()).or_default() += 1;
        if let Some(op) = self.book.get_mut(number as usize) {
            op.refuse(code);
        }
        if let Some(deck) = self.decks[session].as_mut() {
            deck.forget_versions();
        }
        self.verdict.violation(|| format!("op {number} of session {session} was rejected with {code}"));
    }

    fn on_events(&mut self, swarm: &mut Swarm, session: usize, text: &[u8], now_ns: u64) {
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
            op.deliveries += 1;
            if self.window.holds(now_ns) {
                self.deliveries += 1;
                self.delivery.record(now_ns.saturating_sub(op.due_ns));
            }
        }
    }

    /// After the run: no op without an answer, no acked op without its events.
    fn all_answered(&mut self) {
        for (number, op) in self.book.ops().iter().enumerate() {
            if !op.is_answered() {
                self.verdict.violation(|| format!("op {number} was not answered within {} s", DRAIN.as_secs()));
            } else if op.acked_seq != 0 && op.deliveries as usize != self.writers {
                let (got, all) = (op.deliveries, self.writers);
                self.verdict.violation(|| format!("the event of op {number} reached {got} of {all} sessions"));
            }
        }
    }

    fn fill_in(&self, report: &mut Report, seconds: f64) {
        report.add("acked_per_s", self.acked as f64 / seconds);
        for (name, share) in [("ack_p50_ms", 0.5), ("ack_p90_ms", 0.9), ("ack_p99_ms", 0.99), ("ack_p999_ms", 0.999)] {
            report.add(name, self.ack.ms(share));
        }
        report.add("ack_max_ms", self.ack.ms(1.0));
        report.add("delivery_p50_ms", self.delivery.ms(0.5));
        report.add("delivery_p99_ms", self.delivery.ms(0.99));
        report.add("deliveries_per_s", self.deliveries as f64 / seconds);
        report.add("rejected", self.rejects.values().sum::<u64>() as f64);
    }
}

impl Listener for Moves {
    fn joined(&mut self, swarm: &mut Swarm, session: usize, text: &[u8]) {
        let board = session / self.writers;
        match Deck::deal(self.board_ids[board], text, session % self.writers, self.writers) {
            Ok(deck) => self.decks[session] = Some(deck),
            Err(why) => self.verdict.violation(|| format!("session {session} cannot work: {why:#}")),
        }
        self.bases[board] = swarm.session(session).seq;
    }

    fn message(&mut self, swarm: &mut Swarm, session: usize, message: Message<'_>, text: &[u8], now: Instant) {
        let now_ns = self.book.ns(now);
        match message {
            Message::Events => return self.on_events(swarm, session, text, now_ns),
            Message::Ack { id, seq, version } => self.on_ack(session, (id, seq, version), now_ns),
            Message::Reject { id, code } => self.on_reject(session, id, code),
            Message::Error { code } => return self.verdict.violation(|| format!("session {session} got {code}")),
            _ => return,
        }
        self.open = self.open.saturating_sub(1);
        if self.sending {
            self.send_next(swarm, session, Instant::now());
        }
    }

    fn closed(&mut self, session: usize, why: &str) {
        self.verdict.violation(|| format!("session {session}: {why}"));
    }
}

impl Run for Moves {
    fn send_due(&mut self, _: &mut Swarm, _: Instant) -> Duration {
        // A closed loop: only an answer makes the next op due.
        Duration::MAX
    }

    fn measure(&mut self, from: Instant, to: Instant) {
        self.window = Window { from_ns: self.book.ns(from), to_ns: self.book.ns(to) };
    }

    fn stop_sending(&mut self) {
        self.sending = false;
    }

    fn is_drained(&self, swarm: &Swarm) -> bool {
        if self.open > 0 {
            return false;
        }
        let mut heads = self.bases.clone();
        for op in self.book.ops() {
            let head = &mut heads[op.board as usize];
            *head = op.acked_seq.max(*head);
        }
        let behind = |(session, one): (usize, &crate::swarm::Session)| one.seq < heads[session / self.writers];
        !swarm.sessions().iter().enumerate().any(behind)
    }
}
