//! Resident memory of processes.

use anyhow::{Context, Result};

/// `VmRSS` of `pid`, in kB. Kernel memory, such as socket buffers, is not in it.
///
/// # Errors
/// Where there is no such process.
pub fn resident_kb(pid: u32) -> Result<f64> {
    field_kb(pid, "VmRSS:")
}

/// `VmHWM` of `pid`, in kB: the most that it ever had.
///
/// # Errors
/// Where there is no such process.
pub fn peak_kb(pid: u32) -> Result<f64> {
    field_kb(pid, "VmHWM:")
}

/// `VmRSS` of all of `pids`, in MB; `None` where there are none, or one has gone.
pub fn of_all_mb(pids: &[u32]) -> Option<f64> {
    if pids.is_empty() {
        return None;
    }
    pids.iter().map(|pid| Some(resident_kb(*pid).ok()? / 1024.0)).sum()
}

fn field_kb(pid: u32, name: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("no process {pid}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kb = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok());
    kb.with_context(|| format!("process {pid} has no {name}"))
}
