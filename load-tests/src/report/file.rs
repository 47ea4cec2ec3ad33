//! Reports as JSON: to be read by programs, kept, and merged.

use super::{Figure, Report};
use crate::check::{Verdict, Violation};
use crate::measure::latency::Packed;
use crate::measure::meter::Measured;
use crate::measure::timeline::{Count, Point, Timed};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What stands in the file. `figures` is for whoever reads it; the rest is what figures are made of.
#[derive(Serialize, Deserialize)]
struct Saved {
    format: u32,
    scenario: String,
    settings: String,
    command_line: String,
    random_seed: u64,
    machine: String,
    ended_unix_s: u64,
    processes: usize,
    #[serde(default)]
    figures: Map<String, Value>,
    own: Map<String, Value>,
    own_counts: Map<String, Value>,
    lost_acked_ops: u64,
    seconds: f64,
    counts: BTreeMap<Count, u64>,
    server_us: Option<f64>,
    database_us: Option<f64>,
    load_us: f64,
    errors: BTreeMap<String, u64>,
    violations: u64,
    violations_told: Vec<Violation>,
    /// HdrHistogram V2, deflated, in Base64.
    histograms: BTreeMap<Timed, Packed>,
    timeline: Vec<Point>,
}

const FORMAT: u32 = 1;

impl Report {
    /// The report as JSON.
    ///
    /// # Errors
    /// None in practice.
    pub fn json(&self) -> Result<Value> {
        let histograms = self.measured.latencies.iter().map(|(timed, latency)| Ok((*timed, latency.pack()?)));
        let saved = Saved {
            format: FORMAT,
            scenario: self.scenario.to_string(),
            settings: self.settings.clone(),
            command_line: self.command_line.clone(),
            random_seed: self.random_seed,
            machine: self.machine.clone(),
            ended_unix_s: self.ended_unix_s,
            processes: self.processes,
            figures: to_map(&self.figures()),
            own: to_map(&self.own),
            own_counts: to_map(&self.counts),
            lost_acked_ops: self.lost_acked_ops,
            seconds: self.measured.seconds,
            counts: self.measured.counts.clone(),
            server_us: self.measured.server_us,
            database_us: self.measured.database_us,
            load_us: self.measured.load_us,
            errors: self.errors.clone(),
            violations: self.verdict.count(),
            violations_told: self.verdict.told().to_vec(),
            histograms: histograms.collect::<Result<_>>()?,
            timeline: self.timeline.clone(),
        };
        Ok(serde_json::to_value(saved)?)
    }

    /// Writes the report as JSON.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write(path, &serde_json::to_vec_pretty(&self.json()?)?)
    }

    /// Reads what `save` wrote.
    ///
    /// # Errors
    /// Where there is no such file, or it is another one.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let saved: Saved =
            serde_json::from_slice(&text).with_context(|| format!("{} is no report of ours", path.display()))?;
        ensure!(saved.format == FORMAT, "{} is a report of format {}, not {FORMAT}", path.display(), saved.format);
        let latencies = saved.histograms.iter().map(|(timed, packed)| Ok((*timed, packed.unpack()?)));
        let mut verdict = Verdict::default();
        verdict.add(saved.violations_told, saved.violations);
        Ok(Self {
            measured: Measured {
                seconds: saved.seconds,
                counts: saved.counts,
                latencies: latencies.collect::<Result<_>>()?,
                server_us: saved.server_us,
                database_us: saved.database_us,
                load_us: saved.load_us,
            },
            scenario: saved.scenario.into(),
            settings: saved.settings,
            command_line: saved.command_line,
            random_seed: saved.random_seed,
            machine: saved.machine,
            ended_unix_s: saved.ended_unix_s,
            processes: saved.processes,
            counts: from_map(saved.own_counts),
            own: from_map(saved.own),
            lost_acked_ops: saved.lost_acked_ops,
            errors: saved.errors,
            timeline: saved.timeline,
            verdict,
        })
    }

    /// One report out of those of several processes, or machines, that loaded one server together.
    ///
    /// # Errors
    /// Where there is none, or one cannot be read, or they are of different scenarios.
    pub fn load_all<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        let mut merged: Option<Self> = None;
        for path in paths {
            let report = Self::load(path.as_ref())?;
            match &mut merged {
                None => merged = Some(report),
                Some(merged) => {
                    let (one, two) = (merged.scenario.clone(), &report.scenario);
                    ensure!(one == *two, "a report of {one} and one of {two} cannot be merged");
                    if !merged.machine.contains(&report.machine) {
                        merged.machine = format!("{} and {}", merged.machine, report.machine);
                    }
                    merged.merge(report)?;
                }
            }
        }
        merged.context("there is no report to merge")
    }
}

/// Writes a file.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path, text: &[u8]) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// Figures by their names.
pub fn to_map(figures: &[Figure]) -> Map<String, Value> {
    figures.iter().map(|figure| (figure.name.to_string(), json!(figure.value))).collect()
}

fn from_map(map: Map<String, Value>) -> Vec<Figure> {
    let figure = |(name, value): (String, Value)| Some(Figure { name: name.into(), value: value.as_f64()? });
    map.into_iter().filter_map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sample;

    #[test]
    fn a_report_is_the_same_after_it_was_saved_and_two_are_merged() {
        let folder = std::env::temp_dir().join(format!("load-tests-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut report = sample();
        report.verdict.violation(|| Violation::from("gone").at(7));
        report.add("kb_per_session", 12.5);
        let paths = [folder.join("one.json"), folder.join("two.json"), folder.join("three.json")];
        report.save(&paths[0]).unwrap();
        report.save(&paths[1]).unwrap();
        let read = Report::load(&paths[0]).unwrap();
        assert_eq!(read.json().unwrap(), report.json().unwrap());
        let merged = Report::load_all(&paths[..2]).unwrap();
        assert_eq!((merged.figure("acked_per_s"), merged.processes), (Some(200.0), 2));
        assert_eq!(merged.verdict.told()[1].seq, Some(7));
        report.scenario = "fanout".into();
        report.save(&paths[2]).unwrap();
        let error = Report::load_all(&paths).unwrap_err().to_string();
        assert_eq!(error, "a report of moves and one of fanout cannot be merged");
        std::fs::write(&paths[2], "{}").unwrap();
        assert!(Report::load(&paths[2]).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
