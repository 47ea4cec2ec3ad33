//! Load on a fleet while something happens to it, and the judgement after.

use super::checker::{self, Ack, Author, Entry, History, Op, Read, Violation};
use super::follower::{Follower, Goal};
use super::rest_writer::RestWriter;
use crate::support::fleet::Fleet;
use crate::support::traffic::{Sent, Stop, Writer};
use crate::support::world::{SeededBoard, log_of};
use crate::support::*;
use futures_util::future::join_all;
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Longer than any fault lasts: one who waits so long for an answer stays with a frozen node until it thaws.
const PATIENT: Duration = Duration::from_secs(30);

/// Between two new ops of one writer.
const PAUSE: Duration = Duration::from_millis(40);

/// Writers, followers and readers on every node, for every board.
pub struct Load {
    started: Instant,
    boards: Vec<SeededBoard>,
    bases: HashMap<String, Replica>,
    writers: Vec<(String, Writer)>,
    rest_writer: RestWriter,
    followers: Vec<Follower>,
    reads: HashMap<String, Vec<Read>>,
    probes: Vec<Probe>,
}

/// An op that a scenario asked for itself, and its board.
pub type Probe = (String, Sent);

impl Load {
    /// Of each board two writers, on different nodes, and two followers. One of each two is quick to go elsewhere when
    /// its node is silent, the other stays.
    pub async fn on(fleet: &Fleet) -> Self {
        let mut load = Self {
            started: Instant::now(),
            boards: fleet.boards.clone(),
            bases: HashMap::new(),
            writers: Vec::new(),
            rest_writer: RestWriter::new(fleet, fleet.owner(), &fleet.boards[0], 4711),
            followers: Vec::new(),
            reads: HashMap::new(),
            probes: Vec::new(),
        };
        for (index, board) in fleet.boards.iter().enumerate() {
            load.bases.insert(board.id.clone(), Replica::new(&fleet.read_board(0, board).await));
            for (turn, patience) in [traffic::SILENCE_MAX, PATIENT].into_iter().enumerate() {
                let node = index + turn;
                let person = &fleet.people[node % fleet.people.len()];
                let addresses = fleet.addresses_from(node % fleet.nodes.len());
                let writer = Writer::new(addresses.clone(), &person.token, board, (index * 2 + turn + 1) as u64);
                load.writers.push((board.id.clone(), writer.paced(PAUSE).patient(patience)));
                // Readers are not where the writers are.
                let mut elsewhere = addresses;
                elsewhere.rotate_left(1);
                let name = format!("follower {turn} of board {index}");
                load.followers.push(Follower::new(&name, elsewhere, person, board, patience));
            }
        }
        load
    }

    /// Lets everybody work while `faults` happen; returns when every op is answered and every follower has arrived, or
    /// doesn't.
    pub async fn during<T>(&mut self, fleet: &mut Fleet, faults: impl AsyncFnOnce(&mut Fleet) -> T) -> T {
        let stop = Stop::default();
        let goals: Vec<_> = self.boards.iter().map(|_| Goal::default()).collect();
        let readers = Readers { nodes: fleet.nodes.iter().map(|node| node.rest.clone()).collect(), load: self.started };
        let goal_of: HashMap<_, _> = self.boards.iter().map(|board| board.id.clone()).zip(&goals).collect();
        let writing = join_all(self.writers.iter_mut().map(|(_, writer)| writer.run(&stop)));
        let following = join_all(self.followers.iter_mut().map(|follower| {
            let goal = goal_of[&follower.board_id];
            follower.run(goal)
        }));
        let token = fleet.owner().token.clone();
        let reading = readers.run(&self.boards, &token, &stop);
        let rest_writing = self.rest_writer.run(&stop);
        let conducting = async {
            let conduct = async {
                sleep_ms(400).await;
                let told = faults(fleet).await;
                sleep_ms(400).await;
                stop.set(true);
                told
            };
            let (told, _, ()) = tokio::join!(conduct, writing, rest_writing);
            let held = fleet.held();
            for (board_id, goal) in &goal_of {
                goal.set(Some(held[board_id].head));
            }
            told
        };
        let (told, _, reads) = tokio::join!(conducting, following, reading);
        for (board_id, read) in reads {
            self.reads.entry(board_id).or_default().push(read);
        }
        told
    }

    /// Counts what a scenario wrote itself as written.
    pub fn note(&mut self, probes: Vec<Probe>) {
        self.probes.extend(probes);
    }

    /// All that was not kept, on any board; at the end, that everybody holds the same.
    pub async fn violations(&self, fleet: &Fleet) -> Vec<String> {
        let mut found = Vec::new();
        for (index, board) in self.boards.iter().enumerate() {
            let history = self.history(fleet, board);
            let broken = checker::check(&history);
            found.extend(
                broken.iter().map(|violation| {
                    format!("board {index}: {violation}\n{}", self.stories(board, violation, &history))
                }),
            );
            if broken.is_empty()
                && let Err(difference) = self.converged(fleet, board).await
            {
                found.push(format!("board {index}: {difference}"));
            }
        }
        found
    }

    /// What was said about the ops of a violation, from beginning to end.
    fn stories(&self, board: &SeededBoard, violation: &Violation, history: &History) -> String {
        let seqs = violation.seqs();
        let entries = history.log.iter().filter(|entry| seqs.contains(&entry.seq));
        let mut stories = String::new();
        for entry in entries {
            stories += &format!("  {entry:?}\n");
            let records = self.writers.iter().filter(|(id, _)| *id == board.id).flat_map(|(_, writer)| &writer.record);
            for (at, what) in records.filter(|sent| sent.op_id == entry.op_id).flat_map(|sent| &sent.story) {
                stories += &format!("    {:?} {what}\n", at.duration_since(self.started));
            }
        }
        stories
    }

    /// Fails with all that was not kept; prints how long writers waited.
    pub async fn assert_kept(&self, fleet: &Fleet, scenario: &str) {
        println!("{scenario}: {}", self.waits());
        let found = self.violations(fleet).await;
        let shown = found.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        assert!(found.is_empty(), "{scenario}: {} violations:\n{shown}", found.len());
    }

    /// How long writers waited for their ops: the longest of each writer, over the writers. Printed, never judged.
    pub fn waits(&self) -> String {
        let records = self.writers.iter().map(|(_, writer)| &writer.record).chain(Some(&self.rest_writer.record));
        let mut longest: Vec<_> = records.filter_map(|record| record.iter().filter_map(Sent::waited).max()).collect();
        longest.sort_unstable();
        let ops: usize = self.writers.iter().map(|(_, writer)| writer.record.len()).sum();
        let silences: usize = self.writers.iter().map(|(_, writer)| writer.silences).sum();
        let connections: usize = self.followers.iter().map(|follower| follower.connections).sum();
        format!(
            "{ops} ops by sockets and {} by REST; a writer's longest wait: median {:?}, worst {:?}; {silences} silences; \
             {connections} connections of {} followers",
            self.rest_writer.record.len(),
            longest.get(longest.len() / 2).copied().unwrap_or_default(),
            longest.last().copied().unwrap_or_default(),
            self.followers.len(),
        )
    }

    fn history(&self, fleet: &Fleet, board: &SeededBoard) -> History {
        let of_board = |id: &String| *id == board.id;
        let sockets = self.writers.iter().enumerate().filter(|(_, (id, _))| of_board(id));
        let sockets = sockets.map(|(index, (_, writer))| self.author(&format!("writer {index}"), &writer.record));
        let rest = Some(&self.rest_writer).filter(|writer| of_board(&writer.board_id));
        let rest = rest.map(|writer| self.author("REST writer", &writer.record));
        let probes: Vec<_> = self.probes.iter().filter(|(id, _)| of_board(id)).map(|(_, sent)| sent.clone()).collect();
        let probes = self.author("the scenario", &probes);
        let followers = self.followers.iter().filter(|follower| of_board(&follower.board_id));
        History {
            log: log_rows(fleet, board),
            writers: sockets.chain(rest).chain([probes]).collect(),
            followers: followers
                .map(|follower| checker::Follower { name: follower.name.clone(), saw: follower.sights() })
                .collect(),
            reads: self.reads.get(&board.id).cloned().unwrap_or_default(),
        }
    }

    fn author(&self, name: &str, record: &[Sent]) -> Author {
        let since = |at: Instant| at.duration_since(self.started);
        let ops = record.iter().map(|sent| Op {
            op_id: sent.op_id.clone(),
            sent: since(sent.sent),
            acks: sent
                .acks
                .iter()
                .map(|(at, acked)| Ack { at: since(*at), seq: acked.seq, version: acked.version })
                .collect(),
            refused: sent.refusals.first().map(Value::to_string),
        });
        Author { name: name.to_owned(), ops: ops.collect() }
    }

    /// P5: base and log, every node's board and every follower's are one.
    async fn converged(&self, fleet: &Fleet, board: &SeededBoard) -> Result<(), String> {
        let log = log_of(fleet.rest(0), &board.id, &fleet.owner().token, 0).await;
        let mut shown = Vec::new();
        for (index, node) in fleet.nodes.iter().enumerate() {
            shown.push((node.name.clone(), fleet.read_board(index, board).await));
        }
        let compared = RefCell::new("the log".to_owned());
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let mut replayed = self.bases[&board.id].clone();
            replayed.apply_all(&log);
            for (name, answer) in &shown {
                compared.replace(name.clone());
                replayed.assert_same(&Replica::new(answer));
            }
            for follower in self.followers.iter().filter(|follower| follower.board_id == board.id) {
                compared.replace(follower.name.clone());
                replayed.assert_same(&follower.replica());
            }
        }));
        judged.map_err(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            format!("base and log are not {}: {}", compared.borrow(), said.unwrap_or_default())
        })
    }
}

/// One op on every board by way of a node that does not own it; each must be acked before `at_most` has passed.
#[track_caller]
pub fn write_as_strangers(fleet: &Fleet, at_most: Duration) -> impl Future<Output = Vec<Probe>> {
    let caller = std::panic::Location::caller();
    async move {
        let started = Instant::now();
        let mut probes = Vec::new();
        for (index, board) in fleet.boards.iter().enumerate() {
            let stranger = fleet.stranger_to(board).await;
            let mut writer = RestWriter::new(fleet, fleet.owner(), board, index as u64 + 99).at(stranger);
            let left = at_most.saturating_sub(started.elapsed());
            probes.push((board.id.clone(), writer.write(left).await));
        }
        println!("{caller}: every board was written by strangers {:?} later", started.elapsed());
        probes
    }
}

/// How many events all boards have together.
pub fn progress(fleet: &Fleet) -> i64 {
    fleet.held().values().map(|held| held.head).sum()
}

/// A board's log as the database has it.
pub fn log_rows(fleet: &Fleet, board: &SeededBoard) -> Vec<Entry> {
    let sql = format!("select seq, op_id, epoch, version from op_log where board_id = '{}' order by seq", board.id);
    let rows = fleet.sql(&sql);
    let rows = rows.lines().map(|row| {
        let [seq, op_id, epoch, version] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let number = |text: &str| text.parse().unwrap();
        Entry { seq: number(seq), op_id: op_id.to_owned(), epoch: number(epoch), version: number(version) }
    });
    rows.collect()
}

/// Those who read whole boards over REST from any node, all the time.
struct Readers {
    nodes: Vec<Rest>,
    load: Instant,
}

impl Readers {
    async fn run(&self, boards: &[SeededBoard], token: &str, stop: &Stop) -> Vec<(String, Read)> {
        let mut reads = Vec::new();
        let mut turn = 0;
        while !stop.get() {
            turn += 1;
            // All boards of one node, then all of the next.
            let (board, node) = (&boards[turn % boards.len()], &self.nodes[(turn / boards.len()) % self.nodes.len()]);
            reads.extend(self.read(board, node, token).await.map(|read| (board.id.clone(), read)));
            sleep_ms(40).await;
        }
        reads
    }

    async fn read(&self, board: &SeededBoard, node: &Rest, token: &str) -> Option<Read> {
        let asked = self.load.elapsed();
        let bearer = format!("Bearer {token}");
        let path = format!("/boards/{}", board.id);
        let headers = [("authorization", bearer.as_str())];
        let request = node.send("GET", &path, &headers, None);
        let reply = timeout(Duration::from_secs(1), request).await.ok()?.ok()?;
        assert!(reply.status == 200 || reply.status == 503, "a read is answered with {}: {}", reply.status, reply.text);
        (reply.status == 200).then(|| Read { asked, seq: int(&reply.body, "seq") })
    }
}
