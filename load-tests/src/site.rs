//! Where a run takes place: on which servers, as which of several processes, watched by whom.

use crate::screen::{Progress, Silent, Watcher};
use crate::started::Started;
use crate::target::Target;
use crate::work::OpBook;
use anyhow::{Context, Result, ensure};
use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// Processes of a run at most: an `op_id` has 6 bits for them.
pub const PARTS_MAX: usize = 64;

/// Sessions of a source address: well below the 28,000 ports that Linux gives one by default.
const SESSIONS_PER_SOURCE: usize = 20_000;

/// One of several processes of a run; each does its share of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub number: usize,
    pub of: usize,
    /// Marks the run's ops: the same in all of its processes.
    pub run: u32,
}

impl Part {
    /// The only one.
    pub fn whole() -> Self {
        Self { number: 0, of: 1, run: OpBook::mark() }
    }

    pub fn is_first(self) -> bool {
        self.number == 0
    }

    /// Whether the `place`-th of things that are dealt out is this process's.
    pub fn has(self, place: usize) -> bool {
        place % self.of == self.number
    }

    /// How many of `count` things that are dealt out are this process's.
    pub fn share(self, count: usize) -> usize {
        (0..count).filter(|place| self.has(*place)).count()
    }
}

impl FromStr for Part {
    type Err = anyhow::Error;

    /// `NUMBER/OF/RUN`
    fn from_str(text: &str) -> Result<Self> {
        let mut fields = text.split('/').map(str::parse::<usize>);
        let mut next = || fields.next().context("a part is NUMBER/OF/RUN")?.context("a part is three numbers");
        let part = Self { number: next()?, of: next()?, run: next()? as u32 };
        ensure!(part.number < part.of && part.of <= PARTS_MAX, "there is no part {text}");
        Ok(part)
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}/{}", self.number, self.of, self.run)
    }
}

pub struct Site {
    pub target: Target,
    pub part: Part,
    /// What would repeat the run.
    pub command_line: String,
    watcher: RefCell<Box<dyn Watcher>>,
    /// Where the server was started by us.
    pub started: Option<RefCell<Started>>,
}

impl Site {
    pub fn new(target: Target, part: Part, watcher: Box<dyn Watcher>) -> Self {
        let command_line = command_line();
        Self { target, part, command_line, watcher: RefCell::new(watcher), started: None }
    }

    /// One process that nobody watches.
    pub fn alone(target: Target) -> Self {
        Self::new(target, Part::whole(), Box::new(Silent))
    }

    pub fn show(&self, progress: &Progress) {
        self.watcher.borrow_mut().show(progress);
    }

    /// Shows a line that stays.
    pub fn say(&self, line: &str) {
        self.watcher.borrow_mut().say(line);
    }

    /// Says that this process is where it has to wait for the others.
    pub fn arrive(&self) {
        self.watcher.borrow_mut().arrive();
    }

    /// Whether all processes have arrived.
    ///
    /// # Errors
    /// Where another has failed.
    pub fn may_go_on(&self) -> Result<bool> {
        self.watcher.borrow_mut().may_go_on()
    }

    /// The addresses of the loopback that `sessions` of this process come from; none where one is enough.
    pub fn sources(&self, sessions: usize) -> Vec<Ipv4Addr> {
        let count = sessions.div_ceil(SESSIONS_PER_SOURCE);
        if count <= 1 && self.part.of == 1 {
            return Vec::new();
        }
        (1..=count.max(1)).map(|source| Ipv4Addr::new(127, 1, self.part.number as u8, source as u8)).collect()
    }
}

/// As it would be typed again.
pub fn command_line() -> String {
    let quoted = |word: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@".contains(c);
        if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    std::env::args().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_everything_without_rest() {
        let parts: Vec<Part> = (0..3).map(|number| Part { number, of: 3, run: 1 }).collect();
        assert_eq!(parts.iter().map(|part| part.share(10)).collect::<Vec<_>>(), [4, 3, 3]);
        assert!((0..10).all(|place| parts.iter().filter(|part| part.has(place)).count() == 1));
    }

    #[test]
    fn a_part_is_handed_on_as_text() {
        let part = Part { number: 2, of: 3, run: 77 };
        assert_eq!(part.to_string().parse::<Part>().unwrap(), part);
        assert!("3/3/1".parse::<Part>().is_err() && "1/2".parse::<Part>().is_err() && "a/b/c".parse::<Part>().is_err());
    }

    #[test]
    fn many_sessions_come_from_several_addresses() {
        let mut site = Site::alone(crate::target::tests::nowhere());
        assert!(site.sources(20_000).is_empty());
        assert_eq!(site.sources(45_000).len(), 3);
        site.part = Part { number: 4, of: 5, run: 1 };
        assert_eq!(site.sources(10), [Ipv4Addr::new(127, 1, 4, 1)]);
    }
}
