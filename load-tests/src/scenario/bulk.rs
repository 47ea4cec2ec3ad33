//! `POST /boards/{id}/ops` with many ops at once, one request after another.

use super::{Pace, http};
use crate::check::Verdict;
use crate::check::log::LogCheck;
use crate::measure::latency::Latency;
use crate::report::Report;
use crate::target::Target;
use crate::work::{Deck, Dice, OpBook};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use std::fmt::Write;
use std::time::Instant;
use uuid::Uuid;

#[derive(Debug, Clone, Args)]
pub struct BulkArgs {
    /// Ops in one request
    #[arg(long, default_value_t = 1000)]
    pub ops: usize,
    /// Ask for all or none
    #[arg(long)]
    pub atomic: bool,
    #[command(flatten)]
    pub pace: Pace,
}

#[derive(Deserialize)]
struct BoardNow {
    seq: u64,
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<OpResult>,
}

#[derive(Deserialize)]
struct OpResult {
    op_id: Uuid,
    status: String,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    version: u64,
    code: Option<String>,
}

/// Runs the scenario: moves of the first board's tasks.
///
/// # Errors
/// Where it could not be run to its end; what it found wrong is in the report.
pub fn run(target: &Target, args: &BulkArgs) -> Result<Report> {
    ensure!((1..=1000).contains(&args.ops), "ops must be from 1 to 1000, got {}", args.ops);
    let board = target.boards(1)?[0].id;
    let token = target.tokens(&target.boards(1)?[0])?.swap_remove(0);
    let http = http()?;
    let snapshot = http.get(target.url(&format!("/boards/{board}"))).bearer_auth(&token).send()?;
    let snapshot = snapshot.error_for_status().context("the board cannot be read")?.bytes()?;
    let base = serde_json::from_slice::<BoardNow>(&snapshot).context("the board's answer has no seq")?.seq;
    let mut deck = Deck::deal(board, &snapshot, 0, 1)?;

    let (mut book, mut dice) = (OpBook::open(), Dice::new(args.pace.random_seed));
    let (mut latency, mut verdict) = (Latency::new()?, Verdict::default());
    let started = Instant::now();
    let (mut applied, mut busy) = (0, 0.0);
    loop {
        let elapsed = started.elapsed().as_secs();
        if elapsed >= args.pace.warmup + args.pace.seconds {
            break;
        }
        let body = write_body(&mut book, &mut deck, &mut dice, args);
        let sent = Instant::now();
        let request = http.post(target.url(&format!("/boards/{board}/ops"))).bearer_auth(&token);
        let answer = request.header("content-type", "application/json").body(body).send()?;
        let (status, text) = (answer.status(), answer.bytes()?);
        let took = sent.elapsed();
        if !status.is_success() {
            bail!("POST /boards/{board}/ops was answered with {status}: {}", String::from_utf8_lossy(&text));
        }
        note(&mut book, &serde_json::from_slice(&text)?, args.ops, &mut verdict);
        if elapsed >= args.pace.warmup {
            latency.record(took.as_nanos() as u64);
            applied += args.ops;
            busy += took.as_secs_f64();
        }
    }
    let mut report =
        Report::new("bulk", format!("{} ops a request{}", args.ops, if args.atomic { ", atomic" } else { "" }));
    report.add("request_p50_ms", latency.ms(0.5));
    report.add("request_p99_ms", latency.ms(0.99));
    report.add("request_max_ms", latency.ms(1.0));
    report.add("requests", latency.count() as f64);
    report.add("ops_per_s", applied as f64 / f64::max(busy, 1e-9));
    LogCheck { target, http: &http, book: &book }.board(0, base, &token, &mut verdict)?;
    report.verdict = verdict;
    Ok(report)
}

fn write_body(book: &mut OpBook, deck: &mut Deck, dice: &mut Dice, args: &BulkArgs) -> String {
    let mut body = String::from(r#"{"ops":["#);
    for place in 0..args.ops {
        let due_ns = book.ns(Instant::now());
        let number = book.note(0, 0, due_ns);
        let comma = if place > 0 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(body, r#"{comma}{{"op_id":"{}",{}}}"#, book.op_id(number), deck.next_move(dice));
    }
    body.push_str(if args.atomic { r#"],"atomic":true}"# } else { "]}" });
    body
}

fn note(book: &mut OpBook, answer: &Answer, sent: usize, verdict: &mut Verdict) {
    if answer.results.len() != sent {
        verdict.violation(|| format!("{sent} ops were sent, {} answered", answer.results.len()));
    }
    for result in &answer.results {
        let number = book.number(result.op_id.as_hyphenated().to_string().as_bytes());
        match number.and_then(|number| Some((number, book.get_mut(number)?))) {
            Some((number, op)) if result.status == "applied" => verdict.ack(number, op, 0, result.seq, result.version),
            Some((number, op)) => {
                let code = result.code.as_deref().unwrap_or("no code");
                op.refuse(code);
                verdict.violation(|| format!("op {number} was {} with {code}", result.status));
            }
            None => verdict.violation(|| format!("an answer for op_id {}, which was not sent", result.op_id)),
        }
    }
}
