//! Hours of ordinary work: what grows, and how fast.

use super::mixed::People;
use super::{Length, Scenario};
use crate::measure::timeline::{Point, line_through};
use crate::report::Report;
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::{Result, ensure};
use clap::Args;
use std::time::Duration;

/// The first part of a run, in which caches fill: not part of the growth.
const SETTLING: f64 = 0.1;

#[derive(Debug, Clone, Args)]
pub struct SoakArgs {
    /// Hours that are measured, in place of --seconds
    #[arg(long, value_name = "HOURS")]
    pub hours: Option<f64>,
    #[command(flatten)]
    pub people: People,
    #[command(flatten)]
    pub length: Length,
}

impl Scenario for SoakArgs {
    fn needs(&self) -> SeedSize {
        self.people.needs()
    }

    fn run(&self, site: &Site) -> Result<Report> {
        ensure!(self.hours.is_none_or(|hours| hours > 0.0), "hours must be above 0");
        let length = self.hours.map_or(self.length.measured(), |hours| Duration::from_secs_f64(hours * 3600.0));
        let mut load = self.people.load(site, "soak", self.length.random_seed, None)?;
        load.join_all()?;
        load.measure(self.length.before(), length)?;
        let settings = format!("{}, for {:.2} h", self.people.describe(), length.as_secs_f64() / 3600.0);
        let mut report = Report::of(site, "soak", settings, self.length.random_seed);
        load.finish(&mut report)?;
        for (who, memory) in GROWING {
            if let Some((mb_per_hour, explained)) = growth(&report.timeline, memory) {
                report.add(format!("{who}_mb_per_hour"), mb_per_hour);
                // How much of what memory did is growth by a line: near 0, there is none to speak of.
                report.add(format!("{who}_growth_r2"), explained);
            }
        }
        Ok(report)
    }
}

type Memory = fn(&Point) -> Option<f64>;

const GROWING: [(&str, Memory); 2] =
    [("server", |point| point.used.server_rss_mb), ("load", |point| point.used.load_rss_mb)];

/// Megabytes an hour by a linear fit, and its R².
fn growth(timeline: &[Point], memory: Memory) -> Option<(f64, f64)> {
    let from_s = timeline.last()?.at_s * SETTLING;
    let points = timeline.iter().filter(|point| point.at_s >= from_s);
    let points: Vec<(f64, f64)> = points.filter_map(|point| Some((point.at_s / 3600.0, memory(point)?))).collect();
    line_through(&points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_what_comes_after_the_settling() {
        let mut timeline = vec![crate::report::tests::sample().timeline[0].clone(); 100];
        for (place, point) in timeline.iter_mut().enumerate() {
            point.at_s = place as f64 * 36.0;
            // It jumps at first, then grows by 0.1 MB in each hundredth of an hour.
            point.used.server_rss_mb = Some(if place < 9 { 5.0 } else { 50.0 + place as f64 * 0.1 });
        }
        let (mb_per_hour, explained) = growth(&timeline, |point| point.used.server_rss_mb).unwrap();
        assert!((mb_per_hour - 10.0).abs() < 1e-6 && explained > 0.999, "{mb_per_hour} {explained}");
        assert_eq!(growth(&[], |point| point.used.server_rss_mb), None);
    }
}
