//! Latencies, in nanoseconds from when something was due.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

/// Shorter ones count as this long: a microsecond.
const NS_MIN: u64 = 1_000;

/// Longer ones count as this long.
const NS_MAX: u64 = 120_000_000_000;

/// A distribution to three digits. It holds some 300 kB: one a measured thing, never one a user.
#[derive(Debug, Clone)]
pub struct Latency(Histogram<u64>);

impl Latency {
    /// An empty distribution.
    ///
    /// # Errors
    /// None in practice: the bounds are constants.
    pub fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(NS_MIN, NS_MAX, 3)?))
    }

    pub fn record(&mut self, ns: u64) {
        self.0.saturating_record(ns);
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in all that `other` holds.
    ///
    /// # Errors
    /// None in practice: all distributions have the same bounds.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    pub fn clear(&mut self) {
        self.0.reset();
    }

    /// The latency in milliseconds that `share` (0.0 to 1.0) of all do not pass; 0 where there are none.
    pub fn ms(&self, share: f64) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.value_at_quantile(share) as f64 / 1e6 }
    }

    pub fn mean_ms(&self) -> f64 {
        self.0.mean() / 1e6
    }

    /// As text, to be merged with what others measured: HdrHistogram's V2 format, deflated, in Base64.
    ///
    /// # Errors
    /// None in practice: what it is written to is memory.
    pub fn pack(&self) -> Result<Packed> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&self.0, &mut bytes).context("a histogram cannot be packed")?;
        Ok(Packed(BASE64.encode(bytes)))
    }
}

/// A distribution as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed(String);

impl Packed {
    /// The distribution that it was.
    ///
    /// # Errors
    /// Where it is no HdrHistogram.
    pub fn unpack(&self) -> Result<Latency> {
        let bytes = BASE64.decode(&self.0).context("a histogram is not in Base64")?;
        let read: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| anyhow::anyhow!("a histogram cannot be read: {error:?}"))?;
        let mut latency = Latency::new()?;
        latency.0.add(read).context("a histogram has other bounds than ours")?;
        Ok(latency)
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

    #[test]
    fn two_halves_that_were_packed_make_the_whole() {
        let (mut whole, mut halves) = (Latency::new().unwrap(), Latency::new().unwrap());
        for from in [0, 1] {
            let mut half = Latency::new().unwrap();
            for n in (from..10_000_u64).step_by(2) {
                half.record(n * 7_919);
                whole.record(n * 7_919);
            }
            halves.add(&half.pack().unwrap().unpack().unwrap()).unwrap();
        }
        assert_eq!(halves.count(), 10_000);
        for share in [0.5, 0.99, 0.999, 1.0] {
            assert_eq!(halves.ms(share), whole.ms(share));
        }
        assert!(Packed("no histogram".to_owned()).unpack().is_err());
    }
}
