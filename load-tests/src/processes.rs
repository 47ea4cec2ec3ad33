//! One run by several processes: the one that was started starts the others, tells them when to begin, shows what they
//! do together, and merges what they found.

use crate::report::Report;
use crate::screen::{Progress, Watcher};
use crate::site::{PARTS_MAX, Part};
use crate::work::OpBook;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// What a process tells the one that started it, a line each.
#[derive(Serialize, Deserialize)]
enum Told {
    Progress(Box<Progress>),
    /// It waits for the others.
    Arrived,
}

/// What a started process has in place of a screen: the process that started it, at its standard output and input.
pub struct Starter {
    /// A word for each time that it may go on.
    go: Receiver<()>,
}

impl Starter {
    pub fn new() -> Self {
        let (heard, go) = channel();
        std::thread::spawn(move || {
            for _ in std::io::stdin().lines().map_while(Result::ok) {
                if heard.send(()).is_err() {
                    return;
                }
            }
        });
        Self { go }
    }

    fn tell(&self, told: &Told) {
        if let Ok(line) = serde_json::to_string(told) {
            // Where nobody hears it, `may_go_on` will say so.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }
}

impl Default for Starter {
    fn default() -> Self {
        Self::new()
    }
}

impl Watcher for Starter {
    fn show(&mut self, progress: &Progress) {
        self.tell(&Told::Progress(Box::new(progress.clone())));
    }

    fn arrive(&mut self) {
        self.tell(&Told::Arrived);
    }

    fn may_go_on(&mut self) -> Result<bool> {
        match self.go.try_recv() {
            Ok(()) => Ok(true),
            Err(TryRecvError::Empty) => Ok(false),
            Err(TryRecvError::Disconnected) => bail!("the process that started this one has gone"),
        }
    }
}

/// A started process; killed when dropped.
struct Process {
    child: Child,
    input: ChildStdin,
    report: PathBuf,
    progress: Option<Progress>,
    is_waiting: bool,
    has_ended: bool,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails where it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs this program `count` times with `arguments` and a part each, and answers what all found together. Each writes
/// its report into `folder`.
///
/// # Errors
/// Where one of them fails; what it said is on standard error.
pub fn run(count: usize, arguments: &[String], folder: &Path, watcher: &mut dyn Watcher) -> Result<Report> {
    ensure!((2..=PARTS_MAX).contains(&count), "processes must be from 1 to {PARTS_MAX}, got {count}");
    let (tell, told) = channel();
    let run = OpBook::mark();
    let mut processes = Vec::new();
    for number in 0..count {
        processes.push(start(Part { number, of: count, run }, arguments, folder, tell.clone())?);
    }
    drop(tell);
    while let Ok((number, told)) = told.recv() {
        match told {
            Some(Told::Progress(progress)) => {
                processes[number].progress = Some(*progress);
                // One picture of all, when the first tells of itself.
                if number == 0 {
                    let all: Vec<Progress> = processes.iter().filter_map(|one| one.progress.clone()).collect();
                    Progress::merge(&all)?.iter().for_each(|all| watcher.show(all));
                }
            }
            Some(Told::Arrived) => processes[number].is_waiting = true,
            None => {
                let process = &mut processes[number];
                process.has_ended = true;
                // A report is written also where the run's checks failed.
                let status = process.child.wait()?;
                ensure!(process.report.exists(), "process {number} of {count} ended with {status}");
            }
        }
        if processes.iter().all(|one| one.is_waiting) {
            for process in &mut processes {
                process.is_waiting = false;
                process.input.write_all(b"\n").context("a process of the run has gone")?;
            }
        }
    }
    ensure!(processes.iter().all(|process| process.has_ended), "a process of the run has gone");
    let reports: Vec<&PathBuf> = processes.iter().map(|process| &process.report).collect();
    Report::load_all(&reports)
}

fn start(part: Part, arguments: &[String], folder: &Path, tell: Sender<(usize, Option<Told>)>) -> Result<Process> {
    let report = folder.join(format!("part-{}.json", part.number));
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .args(["--part", &part.to_string(), "--json"])
        .arg(&report)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("another process cannot be started")?;
    let input = child.stdin.take().context("a process without an input")?;
    let output = child.stdout.take().context("a process without an output")?;
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // What is no message of ours is for people, and shown when the report is.
            if let Ok(told) = serde_json::from_str(&line)
                && tell.send((part.number, Some(told))).is_err()
            {
                return;
            }
        }
        // Where nobody listens any more, the run has failed already.
        let _ = tell.send((part.number, None));
    });
    Ok(Process { child, input, report, progress: None, is_waiting: false, has_ended: false })
}
