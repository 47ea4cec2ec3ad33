//! Line charts as SVG, which take their colours from the page that they stand in.

use super::number;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 40.0;

/// Labels of an axis at most.
const TICKS_MAX: usize = 8;

/// Colours that the page has: more lines than these share them again.
pub const COLOURS: usize = 6;

/// How values become places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// From 0, or from the lowest where that is below.
    Linear,
    Log,
    /// A share of all, from 0 to less than 1: each further nine takes as much room as the one before.
    Percentile,
}

#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub label: &'static str,
    pub scale: Scale,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

#[derive(Debug, Clone)]
pub struct Chart {
    pub title: &'static str,
    pub x: Axis,
    pub y: Axis,
    pub lines: Vec<Line>,
}

/// The stretch of one axis that is drawn, in the scale's own measure.
struct Stretch {
    scale: Scale,
    from: f64,
    to: f64,
}

impl Scale {
    /// Where a value lies; `None` where it has no place.
    fn place(self, value: f64) -> Option<f64> {
        let place = match self {
            Self::Linear => value,
            Self::Log => value.log10(),
            Self::Percentile => -(1.0 - value).log10(),
        };
        place.is_finite().then_some(place)
    }
}

impl Stretch {
    fn over(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let places: Vec<f64> = values.filter_map(|value| scale.place(value)).collect();
        let lowest = places.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if lowest > highest {
            return Self { scale, from: 0.0, to: 1.0 };
        }
        let (from, mut to) = match scale {
            Scale::Linear => (lowest.min(0.0), highest * 1.05),
            Scale::Log => ((lowest - 0.05).floor(), highest + 0.05),
            Scale::Percentile => (0.0, highest),
        };
        if to <= from {
            to = from + 1.0;
        }
        Self { scale, from, to }
    }

    /// From 0 to 1, where `value` lies.
    fn share(&self, value: f64) -> Option<f64> {
        Some((self.scale.place(value)? - self.from) / (self.to - self.from))
    }

    /// Values to be labelled, with their labels.
    fn ticks(&self) -> Vec<(f64, String)> {
        let ticks: Vec<(f64, String)> = match self.scale {
            Scale::Linear => {
                let step = round_step((self.to - self.from) / TICKS_MAX as f64);
                let first = (self.from / step).ceil() as i64;
                let values = (first..).map(|n| n as f64 * step).take_while(|value| *value <= self.to);
                values.map(|value| (value, short(value))).collect()
            }
            Scale::Log => {
                let within = self.to - self.from;
                let of_decade: &[f64] = if within > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let decades = self.from.floor() as i32..=self.to.ceil() as i32;
                let values = decades.flat_map(|decade| of_decade.iter().map(move |n| n * 10_f64.powi(decade)));
                values.map(|value| (value, short(value))).collect()
            }
            Scale::Percentile => [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999]
                .map(|share| (share, format!("p{}", (share * 1e7_f64).round() / 1e5)))
                .to_vec(),
        };
        let is_shown = |value: f64| self.share(value).is_some_and(|share| (-1e-9..=1.0 + 1e-9).contains(&share));
        ticks.into_iter().filter(|(value, _)| is_shown(*value)).collect()
    }
}

/// 1, 2 or 5 times a power of ten, and not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.max(1e-12).log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

fn short(value: f64) -> String {
    let (value, unit) = match value.abs() {
        1e6.. => (value / 1e6, "M"),
        1e4.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    // What adding steps left behind the point is no digit of the label.
    let rounded = (value * 1e6).round() / 1e6;
    format!("{rounded}{unit}")
}

impl Chart {
    /// The chart with its title and legend; empty where there is nothing to be drawn.
    pub fn figure(&self) -> String {
        let drawn: Vec<&Line> = self.lines.iter().filter(|line| !line.points.is_empty()).collect();
        if drawn.is_empty() {
            return String::new();
        }
        let x = Stretch::over(self.x.scale, drawn.iter().flat_map(|line| &line.points).map(|point| point.0));
        let y = Stretch::over(self.y.scale, drawn.iter().flat_map(|line| &line.points).map(|point| point.1));
        let mut out = format!("<figure><figcaption>{}</figcaption>", self.title);
        // Writing to a string does not fail.
        let _ = write!(out, r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#, self.title);
        let (inner_width, inner_height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        let at_x = |value: f64| x.share(value).map(|share| LEFT + share * inner_width);
        let at_y = |value: f64| y.share(value).map(|share| TOP + (1.0 - share) * inner_height);
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for (value, label) in y.ticks() {
            let Some(at) = at_y(value) else { continue };
            let _ = write!(out, r#"<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1}" y2="{at:.1}"/>"#);
            let _ = write!(out, r#"<text x="{}" y="{:.1}" class="end">{label}</text>"#, LEFT - 6.0, at + 4.0);
        }
        for (value, label) in x.ticks() {
            let Some(at) = at_x(value) else { continue };
            let _ = write!(out, r#"<line class="grid" x1="{at:.1}" x2="{at:.1}" y1="{TOP}" y2="{bottom}"/>"#);
            let _ = write!(out, r#"<text x="{at:.1}" y="{}" class="middle">{label}</text>"#, bottom + 16.0);
        }
        let middle = LEFT + inner_width / 2.0;
        let _ = write!(out, r#"<text x="{middle}" y="{}" class="middle">{}</text>"#, HEIGHT - 6.0, self.x.label);
        let centre = TOP + inner_height / 2.0;
        let _ = write!(
            out,
            r#"<text x="12" y="{centre}" class="middle" transform="rotate(-90 12 {centre})">{}</text>"#,
            self.y.label
        );
        for (number, line) in drawn.iter().enumerate() {
            out.push_str(&path(line, number % COLOURS, &at_x, &at_y));
        }
        out.push_str("</svg><p class=\"legend\">");
        for (number, line) in drawn.iter().enumerate() {
            let _ = write!(out, r#"<span><i class="c{}"></i>{}</span>"#, number % COLOURS, line.name);
        }
        out.push_str("</p></figure>");
        out
    }
}

/// A line, and a dot that can be pointed at for each of its points where there are few.
fn path(line: &Line, colour: usize, at_x: &impl Fn(f64) -> Option<f64>, at_y: &impl Fn(f64) -> Option<f64>) -> String {
    let places: Vec<_> = line.points.iter().filter_map(|(x, y)| Some((at_x(*x)?, at_y(*y)?, *x, *y))).collect();
    let steps: Vec<String> = places
        .iter()
        .enumerate()
        .map(|(n, (x, y, ..))| format!("{}{x:.1} {y:.1}", if n == 0 { "M" } else { "L" }))
        .collect();
    let mut out = format!(r#"<path class="c{colour}" d="{}"/>"#, steps.join(""));
    let is_few = places.len() <= 120;
    for (at_x, at_y, x, y) in places.iter().filter(|_| is_few) {
        // Writing to a string does not fail.
        let _ = write!(
            out,
            r#"<circle class="c{colour}" cx="{at_x:.1}" cy="{at_y:.1}" r="2"><title>{}: {} at {}</title></circle>"#,
            line.name,
            number(*y),
            short((x * 1e4).round() / 1e4)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, values: &[f64]) -> Vec<String> {
        Stretch::over(scale, values.iter().copied()).ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn axes_are_labelled_by_round_numbers() {
        assert_eq!(labels(Scale::Linear, &[0.0, 10.0]), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(Scale::Linear, &[15_000.0, 40_000.0]), ["0", "10k", "20k", "30k", "40k"]);
        assert_eq!(labels(Scale::Linear, &[0.3]), ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]);
        assert_eq!(labels(Scale::Log, &[0.02, 800.0]), ["0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(Scale::Log, &[1.5, 18.0]), ["1", "2", "5", "10", "20"]);
        assert_eq!(labels(Scale::Percentile, &[0.0, 0.999]), ["p0", "p50", "p90", "p99", "p99.9"]);
        assert_eq!(labels(Scale::Linear, &[]).len(), 6);
        assert!(!labels(Scale::Linear, &[0.0, 0.0]).is_empty());
    }

    #[test]
    fn a_chart_draws_each_line_and_leaves_out_what_has_no_place() {
        let axis = |label, scale| Axis { label, scale };
        let line = |name: &str, points: &[(f64, f64)]| Line { name: name.to_owned(), points: points.to_vec() };
        let chart = Chart {
            title: "ack",
            x: axis("s", Scale::Linear),
            y: axis("ms", Scale::Log),
            lines: vec![line("p50", &[(0.0, 1.0), (1.0, 0.0), (2.0, 4.0)]), line("none", &[])],
        };
        let figure = chart.figure();
        assert_eq!(figure.matches("<path").count(), 1);
        // A logarithm of 0 has no place.
        assert_eq!(figure.matches("<circle").count(), 2);
        assert!(figure.contains("<title>p50: 4 at 2</title>"), "{figure}");
        assert!(Chart { lines: vec![line("none", &[])], ..chart }.figure().is_empty());
    }
}
