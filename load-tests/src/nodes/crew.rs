//! Writers on every node who do what a good client does: one that loses its node goes to another, comes back with what
//! it has seen, and sends its open ops again, in their order and with their `op_id`s.

use super::writer::{Open, Stage, Waits, Writer};
use crate::check::Verdict;
use crate::measure::latency::Latency;
use crate::swarm::{Entry, Listener, Position, Swarm};
use crate::target::Target;
use crate::wire::{self, Message};
use crate::work::{Deck, Dice, OpBook};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `docs/protocol.md` promises an answer within 3 s; a client that has none by then takes its connection for dead.
const ANSWERED_WITHIN: Duration = Duration::from_millis(3_500);

/// `UNAVAILABLE` is asked again so soon, and up to as much later.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);

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

pub(super) struct Crew {
    pub(super) targets: Vec<Target>,
    pub(super) plan: Plan,
    pub(super) writers: Vec<Writer>,
    /// The writer of each session of the swarm.
    pub(super) writer_of: Vec<usize>,
    /// The `seq` of each board before the run.
    pub(super) bases: Vec<u64>,
    pub(super) book: OpBook,
    pub(super) dice: Dice,
    pub(super) frame: Vec<u8>,
    pub(super) is_sending: bool,
    pub(super) tally: Tally,
    pub(super) verdict: Verdict,
}

/// What happened on the way.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) acked: u64,
    pub(super) unavailable: u64,
    pub(super) sent_again: u64,
    pub(super) silent: u64,
    pub(super) came_back: u64,
    pub(super) recovered: u64,
    /// Why sessions ended.
    pub(super) ended: BTreeMap<String, u64>,
}

impl Crew {
    pub(super) fn new(targets: Vec<Target>, plan: Plan) -> Result<Self> {
        let first = targets.first().context("there is no node to go to")?;
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
    pub(super) fn send_due(&mut self, swarm: &mut Swarm, now: Instant) -> Duration {
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

    pub(super) fn is_drained(&self) -> bool {
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

    pub(super) fn nobody_is_left_behind(&mut self, patience: Duration) {
        let heads = self.heads();
        let patience = patience.as_secs();
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
