//! `POST /boards/{id}/ops` with many ops at once, one request after another.

use super::{Length, Scenario, http};
use crate::check::log::LogReader;
use crate::check::order::BoardOrder;
use crate::check::{Verdict, Violation, audit};
use crate::interrupt;
use crate::measure::meter::{Meter, Phase};
use crate::measure::timeline::{Count, Timed};
use crate::report::Report;
use crate::screen::Progress;
use crate::site::Site;
use crate::target::SeedSize;
use crate::work::{Deck, Dice, OpBook, OpName};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};
use uuid::Uuid;

#[derive(Debug, Clone, Args)]
pub struct BulkArgs {
    /// Ops in one request
    #[arg(long, default_value_t = 1000)]
    pub ops: usize,
    /// Ask for all or none
    #[arg(long)]
    pub atomic: bool,
    /// Tasks on the board, where they are made for this run
    #[arg(long, default_value_t = 1000)]
    pub tasks: usize,
    #[command(flatten)]
    pub length: Length,
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

impl Scenario for BulkArgs {
    /// A board for each of the processes that there may be: one answers for its board alone.
    fn needs(&self) -> SeedSize {
        SeedSize { users: 1, boards: 8, tasks: self.tasks }
    }

    fn run(&self, site: &Site) -> Result<Report> {
        ensure!((1..=1000).contains(&self.ops), "ops must be from 1 to 1000, got {}", self.ops);
        let mut bulk = Bulk::open(site, self)?;
        site.arrive();
        while !site.may_go_on()? {
            std::thread::sleep(Duration::from_millis(1));
        }
        bulk.run_for(self.length.before())?;
        bulk.meter.begin(&site.target);
        bulk.run_for(self.length.measured())?;
        bulk.meter.drain(&site.target, 1)?;
        let settings = format!("{} ops a request{}", self.ops, if self.atomic { ", atomic" } else { "" });
        let mut report = Report::of(site, "bulk", settings, self.length.random_seed);
        bulk.finish(&mut report)?;
        Ok(report)
    }
}

/// Moves of one board's tasks.
struct Bulk<'a> {
    site: &'a Site,
    args: &'a BulkArgs,
    http: reqwest::blocking::Client,
    token: std::sync::Arc<str>,
    board: Uuid,
    base: u64,
    deck: Deck,
    book: OpBook,
    dice: Dice,
    meter: Meter,
    verdict: Verdict,
}

impl<'a> Bulk<'a> {
    fn open(site: &'a Site, args: &'a BulkArgs) -> Result<Self> {
        let seeded = &site.target.boards(site.part.number + 1)?[site.part.number];
        let board = seeded.id;
        let member = site.target.members(seeded)?[0];
        let token = site.target.seed.users[member].access_token.clone();
        let http = http()?;
        let snapshot = http.get(site.target.url(&format!("/boards/{board}"))).bearer_auth(&token).send()?;
        let snapshot = snapshot.error_for_status().context("the board cannot be read")?.bytes()?;
        let base = serde_json::from_slice::<BoardNow>(&snapshot).context("the board's answer has no seq")?.seq;
        let deck = Deck::deal(board, &snapshot, 0, 1)?;
        let book = OpBook::open(site.part.run, site.part.number as u8);
        let (dice, meter) = (Dice::new(args.length.random_seed), Meter::new(&site.target)?);
        let verdict = Verdict::default();
        Ok(Self { site, args, http, token, board, base, deck, book, dice, meter, verdict })
    }

    fn run_for(&mut self, time: Duration) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < time && !interrupt::is_asked() {
            self.request()?;
            if self.meter.since_last_point(Instant::now()) >= Duration::from_secs(1) {
                let point = self.meter.point(&self.site.target, 1)?;
                let phase = if self.meter.phase() == Phase::Measuring { "measuring" } else { "warming up" };
                self.site.show(&Progress {
                    scenario: "bulk".to_owned(),
                    phase: phase.to_owned(),
                    elapsed_s: began.elapsed().as_secs_f64(),
                    of_s: Some(time.as_secs_f64()),
                    users: 1,
                    violations: self.verdict.count(),
                    errors: BTreeMap::new(),
                    point,
                });
            }
        }
        Ok(())
    }

    fn request(&mut self) -> Result<()> {
        let body = write_body(&mut self.book, &mut self.deck, &mut self.dice, self.args);
        let url = self.site.target.url(&format!("/boards/{}/ops", self.board));
        let request = self.http.post(url).bearer_auth(&self.token).header("content-type", "application/json");
        let asked = Instant::now();
        let answer = request.body(body).send()?;
        let (status, text) = (answer.status(), answer.bytes()?);
        let took = asked.elapsed();
        if !status.is_success() {
            let text = String::from_utf8_lossy(&text);
            bail!("POST /boards/{}/ops was answered with {status}: {text}", self.board);
        }
        self.meter.count(Count::Sent, 1);
        self.meter.time(Timed::Request, took.as_nanos() as u64);
        self.note(&serde_json::from_slice(&text)?);
        Ok(())
    }

    fn note(&mut self, answer: &Answer) {
        let Self { book, verdict, board, meter, .. } = self;
        if answer.results.len() != self.args.ops {
            verdict.violation(|| format!("{} ops were sent, {} answered", self.args.ops, answer.results.len()));
        }
        for result in &answer.results {
            let told = |what: String| Violation::from(what).on(*board).of(result.op_id);
            let name = OpName::read(result.op_id.as_hyphenated().to_string().as_bytes());
            match name.and_then(|name| book.number(&name)) {
                Some(number) if result.status == "applied" => {
                    verdict.ack(book, number, *board, 0, (result.seq, result.version));
                    meter.count(Count::Acked, 1);
                }
                Some(number) => {
                    let code = result.code.as_deref().unwrap_or("no code");
                    meter.error(code);
                    if let Some(op) = book.get_mut(number) {
                        op.refuse(code);
                    }
                    verdict.violation(|| told(format!("op {number} was {} with {code}", result.status)));
                }
                None => verdict.violation(|| told("an answer for an op that was not sent".to_owned())),
            }
        }
    }

    fn finish(mut self, report: &mut Report) -> Result<()> {
        let (measured, timeline) = self.meter.finish()?;
        (report.measured, report.timeline, report.errors) = (measured, timeline, self.meter.errors().clone());
        let mut reader = LogReader::new(self.site.target.clone(), self.http);
        reader.follow(0, self.board, self.token, self.base);
        let mut order = BoardOrder::new(self.board);
        order.joined_at(self.base);
        report.lost_acked_ops = audit::compare(reader.read(0)?, &mut order, &mut self.book, &mut self.verdict);
        report.verdict = self.verdict;
        Ok(())
    }
}

fn write_body(book: &mut OpBook, deck: &mut Deck, dice: &mut Dice, args: &BulkArgs) -> String {
    let mut body = String::from(r#"{"ops":["#);
    for place in 0..args.ops {
        let number = book.note(0, 0, Instant::now());
        let comma = if place > 0 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(body, r#"{comma}{{"op_id":"{}",{}}}"#, book.op_id(number), deck.next_move(dice));
    }
    body.push_str(if args.atomic { r#"],"atomic":true}"# } else { "]}" });
    body
}
