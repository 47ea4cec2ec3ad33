//! CPU time of running programs, from `/proc/PID/task/*/schedstat`: nanoseconds on a CPU, user and system together.
//! A thread or child that ended between two looks is missing from the second one.

use std::collections::HashMap;
use std::fs;
use std::time::Instant;

/// The CPU time of processes, or of one with all that it started, at a moment.
pub struct CpuSample {
    by_thread: HashMap<String, u64>,
    at: Instant,
}

/// CPU used between two samples.
#[derive(Debug, Clone, Copy)]
pub struct CpuUsed {
    pub us: f64,
    /// Of one core.
    pub percent: f64,
}

impl CpuSample {
    /// The threads of `pids`, and with `children` those of the processes they started.
    pub fn take(pids: &[u32], children: bool) -> Self {
        let mut pids = pids.to_vec();
        if children {
            pids.extend(pids.clone().into_iter().flat_map(children_of));
        }
        let mut by_thread = HashMap::new();
        for pid in pids {
            let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
            for thread in threads.flatten() {
                let path = thread.path().join("schedstat");
                let spent = fs::read_to_string(&path).ok().and_then(|line| line.split(' ').next()?.parse().ok());
                if let Some(spent) = spent {
                    by_thread.insert(path.to_string_lossy().into_owned(), spent);
                }
            }
        }
        Self { by_thread, at: Instant::now() }
    }

    /// This process.
    pub fn own() -> Self {
        Self::take(&[std::process::id()], false)
    }

    /// What was used from `self` to `later`.
    pub fn until(&self, later: &Self) -> CpuUsed {
        let spent = |(thread, end): (&String, &u64)| end.saturating_sub(*self.by_thread.get(thread).unwrap_or(&0));
        let ns: u64 = later.by_thread.iter().map(spent).sum();
        let wall = later.at.saturating_duration_since(self.at).as_nanos().max(1);
        CpuUsed { us: ns as f64 / 1e3, percent: ns as f64 * 100.0 / wall as f64 }
    }
}

fn children_of(parent: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it, in brackets, may itself hold blanks and brackets.
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(1)?.parse().ok()
}

/// The CPU of everybody who takes part, at one moment.
pub struct Samples {
    server: Option<CpuSample>,
    database: Option<CpuSample>,
    pub own: CpuSample,
}

impl Samples {
    pub fn take(target: &crate::target::Target) -> Self {
        let server = (!target.server_pids.is_empty()).then(|| CpuSample::take(&target.server_pids, false));
        let database = target.database_pid.map(|pid| CpuSample::take(&[pid], true));
        Self { server, database, own: CpuSample::own() }
    }

    /// What the servers and the database used from `self` to `later`; `None` for whom there is no process to look at.
    pub fn of_servers_until(&self, later: &Self) -> (Option<CpuUsed>, Option<CpuUsed>) {
        let used =
            |before: &Option<CpuSample>, after: &Option<CpuSample>| Some(before.as_ref()?.until(after.as_ref()?));
        (used(&self.server, &later.server), used(&self.database, &later.database))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_cpu_grows_with_work() {
        let before = CpuSample::own();
        let started = Instant::now();
        let mut sum = 0_u64;
        while started.elapsed().as_millis() < 30 {
            sum = sum.wrapping_add(std::hint::black_box(started.elapsed().as_nanos() as u64));
        }
        let used = before.until(&CpuSample::own());
        assert!(used.us > 1_000.0, "{used:?} {sum}");
    }

    #[test]
    fn finds_its_parent() {
        assert_eq!(parent_of(std::process::id()), Some(std::os::unix::process::parent_id()));
    }
}
