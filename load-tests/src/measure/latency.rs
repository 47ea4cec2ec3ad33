//! Latencies, in nanoseconds from when something was due.

use hdrhistogram::{CreationError, Histogram};

/// Longer ones count as this long.
const NS_MAX: u64 = 120_000_000_000;

/// A distribution to three digits.
pub struct Latency(Histogram<u64>);

impl Latency {
    /// An empty distribution.
    ///
    /// # Errors
    /// None in practice: the bounds are constants.
    pub fn new() -> Result<Self, CreationError> {
        Histogram::new_with_bounds(1_000, NS_MAX, 3).map(Self)
    }

    pub fn record(&mut self, ns: u64) {
        self.0.saturating_record(ns);
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency in milliseconds that `share` (0.0 to 1.0) of all do not pass; 0 where there are none.
    pub fn ms(&self, share: f64) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.value_at_quantile(share) as f64 / 1e6 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds() {
        let mut latency = Latency::new().unwrap();
        assert_eq!(latency.ms(0.5), 0.0);
        for ms in 1..=100 {
            latency.record(ms * 1_000_000);
        }
        assert!((latency.ms(0.5) - 50.0).abs() < 0.1);
        assert!((latency.ms(0.99) - 99.0).abs() < 0.2);
        assert_eq!(latency.count(), 100);
    }
}
