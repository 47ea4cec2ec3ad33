//! Writers on every node who do what a good client does: one that loses its node goes to another, comes back with what
//! it has seen, and sends its open ops again, in their order and with their `op_id`s.

use super::writer::{Open, Stage, Waits, Writer};
use crate::check::Verdict;
use crate::check::log::LogCheck;
use crate::measure::latency::Latency;
use crate::report::Report;
use crate::scenario::http;
use crate::swarm::{Entry, Listener, Position, Swarm};
use crate::target::Target;
use crate::wire::{self, Message};
use crate::work::{Deck, Dice, OpBook};
use anyhow::{Result, bail, ensure};
use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `docs/protocol.md` promises an answer within 3 s; a client that has none by then takes its connection for dead.
const ANSWERED_WITHIN: Duration = Duration::from_millis(3_500);

/// `UNAVAILABLE` is asked again so soon, and up to as much later.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// How long everybody may take to join, and at the end to have their last acks and events.
const PATIENCE: Duration = Duration::from_secs(30);

/// Attempts stand above the op's number in a request's `id`, which stays below 2^53.
const ATTEMPT_SHIFT: u32 = 32;

/// Who writes how much.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub boards: usize,
    /// On each board, spread over the nodes.
    pub writers: usize,
    /// Ops of one writer that wait for their acks.
    pub in_flight: usize,
    /// Pause between two ops of one writer; zero where the next goes as soon as it may.
    pub pause: Duration,
    pub random_seed: u64,
}

/// All writers and their sockets.
pub struct Load {
    swarm: Swarm,
    crew: Crew,
}

struct Crew {
    targets: Vec<Target>,
    plan: Plan,
    writers: Vec<Writer>,
    /// The writer of each session of the swarm.
    writer_of: Vec<usize>,
    /// The `seq` of each board before the run.
    bases: Vec<u64>,
    book: OpBook,
    dice: Dice,
    frame: Vec<u8>,
    is_sending: bool,
    tally: Tally,
    verdict: Verdict,
}

/// What happened on the way.
#[derive(Default)]
struct Tally {
    acked: u64,
    unavailable: u64,
    sent_again: u64,
    silent: u64,
    came_back: u64,
    recovered: u64,
    /// Why sessions ended.
    ended: BTreeMap<String, u64>,
}

impl Load {
    /// Connects every writer to its own node: writer `n` of a board to node `n`, and around again.
    ///
    /// # Errors
    /// Where not all of them get in.
    pub fn start(targets: Vec<Target>, plan: Plan) -> Result<Self> {
        ensure!(plan.boards * plan.writers * plan.in_flight > 0, "boards, writers and in-flight must be above 0");
        let mut load = Self { swarm: Swarm::new()?, crew: Crew::new(targets, plan)? };
        let joined = |crew: &Crew| crew.writers.iter().all(|writer| matches!(writer.stage, Stage::Live { .. }));
        if !load.run_until(PATIENCE, |crew| joined(crew) || !crew.verdict.holds())? || !load.crew.verdict.holds() {
            bail!("not all writers could join: {:?}, {:?}", load.crew.tally.ended, load.crew.verdict.told());
        }
        let now = Instant::now();
        for (number, writer) in load.crew.writers.iter_mut().enumerate() {
            writer.waits = Waits::new(now);
            // Not all at the same beat.
            writer.due = now + plan.pause * number as u32 / (plan.boards * plan.writers) as u32;
        }
        load.crew.is_sending = true;
        Ok(load)
    }

    /// Goes on for a while.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_for(&mut self, time: Duration) -> Result<()> {
        self.run_until(time, |_| false).map(drop)
    }

    /// Goes on until `done`, which looks every few milliseconds; answers whether it was within `time`.
    ///
    /// # Errors
    /// Where the poll fails, or `done` does.
    pub fn run_while_waiting(&mut self, time: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<bool> {
        let until = Instant::now() + time;
        loop {
            if done()? {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            self.run_for(Duration::from_millis(10))?;
        }
    }

    /// Goes on until every writer has an ack that came after `then`; answers whether that was within `time`.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_until_all_acked_since(&mut self, then: Instant, time: Duration) -> Result<bool> {
        self.run_until(time, |crew| crew.writers.iter().all(|writer| writer.waits.was_acked_since(then)))
    }

    fn run_until(&mut self, time: Duration, done: impl Fn(&Crew) -> bool) -> Result<bool> {
        let until = Instant::now() + time;
        loop {
            if done(&self.crew) {
                return Ok(true);
            }
            let now = Instant::now();
            if now >= until {
                return Ok(false);
            }
            let wait = self.crew.send_due(&mut self.swarm, now).min(until - now);
            self.swarm.turn(wait, &mut self.crew)?;
        }
    }

    /// Forgets the waits so far.
    pub fn begin_waits(&mut self) {
        self.crew.writers.iter_mut().for_each(|writer| writer.waits.begin());
    }

    /// Each writer's longest stretch without an ack since, in the writers' order.
    pub fn waits(&self) -> Vec<Duration> {
        let now = Instant::now();
        self.crew.writers.iter().map(|writer| writer.waits.longest(now)).collect()
    }

    /// The first node.
    pub fn target(&self) -> &Target {
        &self.crew.targets[0]
    }

    pub fn writers(&self) -> &[Writer] {
        &self.crew.writers
    }

    /// Lets one writer write, and no other; `None` lets nobody.
    pub fn only(&mut self, chosen: Option<usize>) {
        for (number, writer) in self.crew.writers.iter_mut().enumerate() {
            writer.is_paused = Some(number) != chosen;
        }
    }

    /// Goes on until no op is without its ack; answers whether that was soon enough.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_until_quiet(&mut self) -> Result<bool> {
        self.run_until(PATIENCE, |crew| crew.writers.iter().all(|writer| writer.open.is_empty()))
    }

    /// Forgets the latencies so far.
    ///
    /// # Errors
    /// None in practice.
    pub fn begin_latencies(&mut self) -> Result<()> {
        for writer in &mut self.crew.writers {
            writer.ack = Latency::new()?;
        }
        Ok(())
    }

    /// Everybody goes back to the node that they began on.
    pub fn go_home(&mut self) {
        let now = Instant::now();
        for writer in self.crew.writers.iter_mut().filter(|writer| writer.node != writer.home) {
            if let Some(session) = writer.session() {
                self.swarm.leave(session);
            }
            writer.go_home(now);
        }
    }

    pub fn verdict(&mut self) -> &mut Verdict {
        &mut self.crew.verdict
    }

    /// Stops writing, waits for what is on its way, and checks every board's log; the report then holds what was found.
    ///
    /// # Errors
    /// Where the logs cannot be read.
    pub fn finish(mut self, report: &mut Report) -> Result<()> {
        self.crew.is_sending = false;
        self.run_until(PATIENCE, Crew::is_drained)?;
        self.crew.nobody_is_left_behind();
        let Crew { targets, bases, book, tally, mut verdict, writers, .. } = self.crew;
        let (http, target) = (http()?, &targets[0]);
        let check = LogCheck { target, http: &http, book: &book };
        let mut lost = 0;
        for (number, base) in bases.iter().enumerate() {
            let Some(writer) = writers.iter().find(|writer| writer.board == number) else { continue };
            lost += check.board(number, *base, &writer.token, &mut verdict)?.lost;
        }
        report.add("lost_acked_ops", lost as f64);
        report.add("acked", tally.acked as f64);
        report.add("unavailable_answers", tally.unavailable as f64);
        report.add("ops_sent_again", tally.sent_again as f64);
        report.add("unanswered_over_3_5_s", tally.silent as f64);
        report.add("sessions_that_came_back", tally.came_back as f64);
        report.add("recovered_by_events", tally.recovered as f64);
        for (why, times) in tally.ended {
            eprintln!("  sessions ended: {times} x {why}");
        }
        report.verdict = verdict;
        Ok(())
    }
}

impl Crew {
    fn new(targets: Vec<Target>, plan: Plan) -> Result<Self> {
        let first = targets.first().ok_or_else(|| anyhow::anyhow!("there is no node to go to"))?;
        let now = Instant::now();
        let mut writers = Vec::new();
        for (board, seeded) in first.boards(plan.boards)?.iter().enumerate() {
            let tokens = first.tokens(seeded)?;
            let room: Arc<str> = format!("board:{}", seeded.id).into();
            for share in 0..plan.writers {
                let home = share % targets.len();
                writers.push(Writer {
                    board,
                    room: room.clone(),
                    token: tokens[writers.len() % tokens.len()].clone(),
                    share,
                    of: plan.writers,
                    home,
                    node: home,
                    stage: Stage::Away { until: now },
                    deck: None,
                    position: None,
                    open: VecDeque::new(),
                    due: now,
                    again: None,
                    is_paused: false,
                    called_back_in: None,
                    failed_attempts: 0,
                    waits: Waits::new(now),
                    ack: Latency::new()?,
                });
            }
        }
        Ok(Self {
            targets,
            plan,
            writers,
            writer_of: Vec::new(),
            bases: vec![0; plan.boards],
            book: OpBook::open(),
            dice: Dice::new(plan.random_seed),
            frame: Vec::new(),
            is_sending: false,
            tally: Tally::default(),
            verdict: Verdict::default(),
        })
    }

    /// Does what is due for every writer; answers how long nothing else will be.
    fn send_due(&mut self, swarm: &mut Swarm, now: Instant) -> Duration {
        let next = (0..self.writers.len()).map(|number| self.act(swarm, number, now)).min();
        next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now)).min(Duration::from_millis(20))
    }

    /// Answers when the writer has to be looked at again.
    fn act(&mut self, swarm: &mut Swarm, number: usize, now: Instant) -> Instant {
        let idle = now + Duration::from_secs(1);
        let writer = &mut self.writers[number];
        match writer.stage {
            Stage::Away { until } if now < until => until,
            Stage::Away { .. } => {
                self.open(swarm, number, now);
                idle
            }
            Stage::Joining { session, since } if now > since + ANSWERED_WITHIN => {
                self.give_up(swarm, number, session, "no answer while joining", now);
                now
            }
            Stage::Joining { since, .. } => since + ANSWERED_WITHIN,
            Stage::Live { session } => {
                // Ops are sent in order, so the first one's answer is due first; but all go again at once.
                if writer.open.front().is_some_and(|open| now > open.sent + ANSWERED_WITHIN) {
                    self.tally.silent += 1;
                    self.give_up(swarm, number, session, "an op was not answered", now);
                    return now;
                }
                if writer.again.is_some_and(|again| now >= again) {
                    self.send_again(swarm, number, session, now);
                }
                self.send_new(swarm, number, session, now);
                let writer = &self.writers[number];
                let full = writer.open.len() >= self.plan.in_flight || writer.is_paused || !self.is_sending;
                writer.again.unwrap_or(if full { idle } else { writer.due })
            }
        }
    }

    fn open(&mut self, swarm: &mut Swarm, number: usize, now: Instant) {
        let writer = &mut self.writers[number];
        let (token, room) = (writer.token.clone(), Some(writer.room.clone()));
        let entry = Entry { token, room, since: writer.position.clone() };
        match swarm.open(&self.targets[writer.node], entry) {
            Ok(session) => {
                writer.stage = Stage::Joining { session, since: now };
                self.writer_of.resize(session + 1, number);
                self.writer_of[session] = number;
            }
            Err(error) => {
                *self.tally.ended.entry(format!("connecting failed: {error}")).or_default() += 1;
                writer.go_elsewhere(self.targets.len(), &mut self.dice, now);
            }
        }
    }

    fn give_up(&mut self, swarm: &mut Swarm, number: usize, session: usize, why: &str, now: Instant) {
        *self.tally.ended.entry(why.to_owned()).or_default() += 1;
        swarm.leave(session);
        self.writers[number].go_elsewhere(self.targets.len(), &mut self.dice, now);
    }

    /// Sends what is due and may be on its way. While one has to go again, none overtakes it.
    fn send_new(&mut self, swarm: &mut Swarm, number: usize, session: usize, now: Instant) {
        let writer = &mut self.writers[number];
        while self.is_sending
            && !writer.is_paused
            && writer.again.is_none()
            && now >= writer.due
            && writer.open.len() < self.plan.in_flight
        {
            let Some(deck) = writer.deck.as_mut() else { return };
            let op = self.book.note(number, writer.board, self.book.ns(now));
            let mut open = Open { number: op, attempt: 0, sent: now, body: Vec::new() };
            deck.write_body(&mut self.dice, self.book.op_id(op), &mut open.body);
            write_frame(&open, &mut self.frame);
            swarm.send(session, &self.frame);
            writer.open.push_back(open);
            // Not made up for where it is late: a writer who waited goes on as before.
            writer.due = now + self.plan.pause;
        }
    }

    /// Sends every open op again, in their order.
    fn send_again(&mut self, swarm: &mut Swarm, number: usize, session: usize, now: Instant) {
        let writer = &mut self.writers[number];
        writer.again = None;
        for open in &mut writer.open {
            open.attempt += 1;
            open.sent = now;
            write_frame(open, &mut self.frame);
            swarm.send(session, &self.frame);
            self.tally.sent_again += 1;
        }
    }

    fn on_ack(&mut self, swarm: &mut Swarm, number: usize, (id, seq, version): (u64, u64, u64), now: Instant) {
        let op_number = op_of(id);
        let Some(op) = self.book.get_mut(op_number) else {
            return self.verdict.violation(|| format!("an ack for op {op_number}, which nobody sent"));
        };
        if op.acked_seq != 0 {
            // The answer to an earlier sending: it must be the same.
            if (op.acked_seq, op.version) != (seq, version) {
                let first = (op.acked_seq, op.version);
                self.verdict.violation(|| {
                    format!("op {op_number} was acked at seq and version {first:?}, then {:?}", (seq, version))
                });
            }
            return;
        }
        self.verdict.ack(op_number, op, number, seq, version);
        let due_ns = op.due_ns;
        let writer = &mut self.writers[number];
        writer.open.retain(|open| open.number != op_number);
        writer.waits.ack(now);
        writer.ack.record(self.book.ns(now).saturating_sub(due_ns));
        self.tally.acked += 1;
        if let Stage::Live { session } = self.writers[number].stage {
            self.send_new(swarm, number, session, Instant::now());
        }
    }

    fn on_reject(&mut self, number: usize, id: u64, code: &str, now: Instant) {
        let op = op_of(id);
        if code != "UNAVAILABLE" {
            if let Some(op) = self.book.get_mut(op) {
                op.refuse(code);
            }
            self.writers[number].open.retain(|open| open.number != op);
            return self.verdict.violation(|| format!("op {op} of writer {number} was rejected with {code}"));
        }
        self.tally.unavailable += 1;
        let writer = &mut self.writers[number];
        // An answer to an earlier sending says nothing about this one.
        let is_meant = writer.open.iter().any(|open| open.number == op && open.attempt == attempt_of(id));
        if is_meant && writer.again.is_none() {
            let jitter = self.dice.below(ASK_AGAIN_AFTER.as_millis() as usize + 1) as u64;
            writer.again = Some(now + ASK_AGAIN_AFTER + Duration::from_millis(jitter));
        }
    }

    /// Every event follows the one before, and stands where it stood for everybody else.
    fn on_events(&mut self, number: usize, text: &[u8]) {
        let Some(position) = self.writers[number].position.as_mut() else { return };
        for event in wire::events(text) {
            let event = match event {
                Ok(event) => event,
                Err(why) => return self.verdict.violation(|| why),
            };
            self.verdict.follows(number, position.seq, event.seq);
            position.seq = event.seq;
            if let Some(op) = self.book.number(event.op_id)
                && let Some(record) = self.book.get_mut(op)
            {
                self.verdict.event(op, record, event.seq);
            }
        }
    }

    fn is_drained(&self) -> bool {
        let heads = self.heads();
        self.writers.iter().all(|writer| writer.open.is_empty() && seen(writer) >= heads[writer.board])
    }

    /// The last acked `seq` of each board.
    fn heads(&self) -> Vec<u64> {
        let mut heads = self.bases.clone();
        for op in self.book.ops() {
            let head = &mut heads[op.board as usize];
            *head = op.acked_seq.max(*head);
        }
        heads
    }

    fn nobody_is_left_behind(&mut self) {
        let heads = self.heads();
        let patience = PATIENCE.as_secs();
        for (number, writer) in self.writers.iter().enumerate() {
            if let Some(open) = writer.open.front() {
                let (op, stage) = (open.number, writer.stage);
                self.verdict.violation(|| {
                    format!("op {op} of writer {number} ({stage:?}) was not acked within {patience} s of the end")
                });
            }
            let (seen, head) = (seen(writer), heads[writer.board]);
            if seen < head {
                self.verdict.violation(|| format!("writer {number} saw its board up to {seen}, it is at {head}"));
            }
        }
    }
}

impl Listener for Crew {
    fn joined(&mut self, swarm: &mut Swarm, session: usize, text: &[u8]) {
        let number = self.writer_of[session];
        let head = swarm.session(session).seq;
        let Some((history, recovered)) = wire::recovery(text) else {
            return self.verdict.violation(|| format!("writer {number} was told no history"));
        };
        let history: Arc<str> = history.into();
        if recovered {
            self.on_events(number, text);
            self.tally.recovered += 1;
        }
        let writer = &mut self.writers[number];
        writer.stage = Stage::Live { session };
        writer.failed_attempts = 0;
        match &writer.position {
            Some(position) if recovered && position.seq != head => {
                let seen = position.seq;
                self.verdict.violation(|| format!("writer {number} was brought up to {seen}, its board is at {head}"));
            }
            Some(position) if position.seq > head => {
                let seen = position.seq;
                self.verdict.violation(|| format!("writer {number} has seen {seen}, and was taken back to {head}"));
            }
            _ => {}
        }
        writer.position = Some(Position { seq: head, history });
        if writer.deck.is_some() {
            self.tally.came_back += 1;
            return self.send_again(swarm, number, session, Instant::now());
        }
        let board = self.targets[0].seed.boards[writer.board].id;
        match Deck::deal(board, text, writer.share, writer.of) {
            Ok(deck) if deck.len() >= self.plan.in_flight => writer.deck = Some(deck),
            Ok(_) => self.verdict.violation(|| format!("writer {number} has fewer tasks than ops in flight")),
            Err(why) => self.verdict.violation(|| format!("writer {number} cannot work: {why:#}")),
        }
        // Nobody writes before all have joined.
        self.bases[writer.board] = head;
    }

    fn message(&mut self, swarm: &mut Swarm, session: usize, message: Message<'_>, text: &[u8], now: Instant) {
        let number = self.writer_of[session];
        match message {
            Message::Events => self.on_events(number, text),
            Message::Ack { id, seq, version } => self.on_ack(swarm, number, (id, seq, version), now),
            Message::Reject { id, code } => self.on_reject(number, id, code, now),
            Message::Bye { .. } => {
                self.writers[number].called_back_in = wire::reconnect_in_ms(text).map(Duration::from_millis);
            }
            Message::Unsubscribed => self.give_up(swarm, number, session, "was unsubscribed", now),
            Message::Error { code } => self.verdict.violation(|| format!("writer {number} got {code}")),
            _ => {}
        }
    }

    fn closed(&mut self, session: usize, why: &str) {
        let number = self.writer_of[session];
        *self.tally.ended.entry(why.to_owned()).or_default() += 1;
        self.writers[number].go_elsewhere(self.targets.len(), &mut self.dice, Instant::now());
    }
}

fn seen(writer: &Writer) -> u64 {
    writer.position.as_ref().map_or(0, |position| position.seq)
}

fn write_frame(open: &Open, out: &mut Vec<u8>) {
    out.clear();
    // Writing to a vector does not fail.
    let _ = write!(out, r#"{{"id":{},"#, open.attempt << ATTEMPT_SHIFT | open.number as u64);
    out.extend_from_slice(&open.body);
}

fn op_of(id: u64) -> usize {
    (id & ((1 << ATTEMPT_SHIFT) - 1)) as usize
}

fn attempt_of(id: u64) -> u64 {
    id >> ATTEMPT_SHIFT
}
