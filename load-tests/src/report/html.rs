//! A report as one page that needs nothing else: no network, no script, light or dark as the reader's system is.

use super::chart::{Axis, Chart, Line, Scale};
use super::{PERCENTILES, Report, number};
use crate::measure::latency::Latency;
use crate::measure::timeline::{Count, Point, Timed};
use anyhow::Result;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

const TIME: Axis = Axis { label: "seconds", scale: Scale::Linear };

/// The page; `failed` are the thresholds that were passed.
///
/// # Errors
/// Where the report's timeline is damaged.
pub fn page(report: &Report, failed: &[String]) -> Result<String> {
    let title = format!("{}: {}", report.scenario, report.settings);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><style>{STYLE}</style></head>\
         <body><h1>{1}</h1><p>{2}</p>",
        escape(&title),
        escape(&report.scenario),
        escape(&report.settings)
    );
    out.push_str(&outcome(report, failed));
    out.push_str("<h2>Latency</h2>");
    out.push_str(&latencies(report));
    out.push_str(&percentile_curves(report).figure());
    for timed in Timed::ALL {
        out.push_str(&latency_over_time(&report.timeline, timed)?.figure());
    }
    out.push_str("<h2>Throughput</h2>");
    for chart in throughput(&report.timeline) {
        out.push_str(&chart.figure());
    }
    out.push_str("<h2>Machine</h2>");
    for chart in machine(&report.timeline) {
        out.push_str(&chart.figure());
    }
    out.push_str(&figures(report));
    let of = if report.processes > 1 { format!(", {} processes", report.processes) } else { String::new() };
    let _ = writeln!(
        out,
        "<h2>How</h2><p>{}{of}; random seed {}</p><pre>{}</pre></body></html>",
        escape(&report.machine),
        report.random_seed,
        escape(&report.command_line)
    );
    Ok(out)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Whether it held, and what did not.
fn outcome(report: &Report, failed: &[String]) -> String {
    let verdict = &report.verdict;
    if verdict.holds() && failed.is_empty() {
        return "<p class=\"good\">Every promise that was checked held.</p>".to_owned();
    }
    let mut out = format!("<div class=\"bad\"><p>{} violations</p><ul>", verdict.count());
    let told = verdict.told().iter().map(ToString::to_string);
    for line in told.chain(failed.iter().map(|failed| format!("threshold {failed}"))) {
        // Writing to a string does not fail.
        let _ = write!(out, "<li>{}</li>", escape(&line));
    }
    out.push_str("</ul></div>");
    out
}

/// A row for each thing that was timed.
fn latencies(report: &Report) -> String {
    let mut out = String::from("<table><tr><th>ms</th>");
    for (name, _) in PERCENTILES {
        let name = if name == "p999" { "p99.9" } else { name };
        // Writing to a string does not fail.
        let _ = write!(out, "<th>{name}</th>");
    }
    out.push_str("<th>count</th></tr>");
    for timed in Timed::ALL {
        let Some(latency) = report.latency(timed) else { continue };
        let _ = write!(out, "<tr><th>{}<small>{}</small></th>", timed.name(), timed.meaning());
        for (_, share) in PERCENTILES {
            let _ = write!(out, "<td>{}</td>", number(latency.ms(share)));
        }
        let _ = write!(out, "<td>{}</td></tr>", number(latency.count() as f64));
    }
    out.push_str("</table>");
    out
}

fn percentile_curves(report: &Report) -> Chart {
    let curve = |latency: &Latency| {
        // Where fewer were counted than a percentile tells apart, the curve ends.
        let finest = (latency.count().max(10) as f64).log10().min(6.0);
        let shares = (0..=(finest * 20.0) as i32).map(|step| 1.0 - 10_f64.powf(-f64::from(step) / 20.0));
        shares.map(|share| (share, latency.ms(share))).collect()
    };
    let lines = Timed::ALL
        .into_iter()
        .filter_map(|timed| Some(Line { name: timed.name().to_owned(), points: curve(report.latency(timed)?) }));
    Chart {
        title: "Percentiles",
        x: Axis { label: "percentile", scale: Scale::Percentile },
        y: Axis { label: "ms", scale: Scale::Log },
        lines: lines.collect(),
    }
}

fn latency_over_time(timeline: &[Point], timed: Timed) -> Result<Chart> {
    let shares = [("p50", 0.5), ("p99", 0.99), ("max", 1.0)];
    let mut lines = shares.map(|(name, _)| Line { name: name.to_owned(), points: Vec::new() });
    for point in timeline {
        let Some(latency) = point.latency(timed)? else { continue };
        for (line, (_, share)) in lines.iter_mut().zip(shares) {
            line.points.push((point.at_s, latency.ms(share)));
        }
    }
    let title = match timed {
        Timed::Ack => "Ack over time",
        Timed::Delivery => "Delivery over time",
        Timed::CommitToDelivery => "Commit to delivery over time",
        Timed::Connect => "Connecting over time",
        Timed::ComeBack => "Coming back over time",
        Timed::Request => "Requests over time",
    };
    Ok(Chart { title, x: TIME, y: Axis { label: "ms", scale: Scale::Log }, lines: lines.to_vec() })
}

/// A line of what points tell; none where it is nothing but zero.
fn line(name: &str, timeline: &[Point], of: impl Fn(&Point) -> Option<f64>) -> Option<Line> {
    let points: Vec<(f64, f64)> = timeline.iter().filter_map(|point| Some((point.at_s, of(point)?))).collect();
    let is_told = points.iter().any(|(_, value)| *value > 0.0);
    is_told.then(|| Line { name: name.to_owned(), points })
}

/// What is counted in ops and what is counted in deliveries lie far apart: a chart each.
fn throughput(timeline: &[Point]) -> Vec<Chart> {
    let chart = |title, counts: &[(&str, Count)]| {
        let rate = |(name, count): &(&str, Count)| line(name, timeline, |point| Some(point.per_second(*count)));
        let y = Axis { label: "per second", scale: Scale::Linear };
        Chart { title, x: TIME, y, lines: counts.iter().filter_map(rate).collect() }
    };
    let sessions = line("sessions", timeline, |point| Some(point.sessions as f64));
    vec![
        chart("Ops", &[("sent", Count::Sent), ("acked", Count::Acked), ("errors", Count::Errors)]),
        chart("Deliveries", &[("events", Count::Deliveries), ("presence frames", Count::PresenceGot)]),
        chart("Comings and goings", &[("joins", Count::Joins), ("losses", Count::Losses)]),
        Chart {
            title: "Sessions",
            x: TIME,
            y: Axis { label: "sessions", scale: Scale::Linear },
            lines: sessions.into_iter().collect(),
        },
    ]
}

fn machine(timeline: &[Point]) -> [Chart; 2] {
    let cpu = [
        line("server", timeline, |point| point.used.server_core_percent),
        line("database", timeline, |point| point.used.database_core_percent),
        line("load", timeline, |point| point.used.load_core_percent),
    ];
    let memory = [
        line("server", timeline, |point| point.used.server_rss_mb),
        line("load", timeline, |point| point.used.load_rss_mb),
    ];
    let percent = Axis { label: "percent of a core", scale: Scale::Linear };
    let megabytes = Axis { label: "MB", scale: Scale::Linear };
    [
        Chart { title: "CPU", x: TIME, y: percent, lines: cpu.into_iter().flatten().collect() },
        Chart { title: "Memory", x: TIME, y: megabytes, lines: memory.into_iter().flatten().collect() },
    ]
}

fn figures(report: &Report) -> String {
    let mut out = String::from("<h2>All figures</h2><table>");
    for figure in report.figures() {
        // Writing to a string does not fail.
        let _ = write!(out, "<tr><th>{}</th><td>{}</td></tr>", escape(&figure.name), number(figure.value));
    }
    for (code, times) in &report.errors {
        let _ = write!(out, "<tr><th>error {}</th><td>{times}</td></tr>", escape(code));
    }
    out.push_str("</table>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sample;

    #[test]
    fn a_page_stands_alone_and_shows_what_was_measured() {
        let mut report = sample();
        report.settings = "<2> boards".to_owned();
        let page = page(&report, &[]).unwrap();
        for part in ["Percentiles", "Ack over time", "Deliveries", "CPU", "Memory", "Every promise", "&lt;2&gt; boards"]
        {
            assert!(page.contains(part), "{part}");
        }
        // What was not measured is not drawn.
        assert!(!page.contains("Requests over time"));
        for from_elsewhere in ["http://", "https://", "<script", "@import", "url("] {
            assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
        }
        assert!(page.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn what_failed_stands_on_top() {
        let mut report = sample();
        report.verdict.violation(|| "op 7 <is> gone");
        let page = page(&report, &["ack.p99>50ms: it is 99 ms".to_owned()]).unwrap();
        let (top, _) = page.split_once("<h2>Latency").unwrap();
        assert!(
            top.contains("op 7 &lt;is&gt; gone") && top.contains("threshold ack.p99&gt;50ms: it is 99 ms"),
            "{top}"
        );
        assert!(!top.contains("Every promise"));
    }
}
