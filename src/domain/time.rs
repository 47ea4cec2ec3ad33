//! Points in time, as microseconds since 1970-01-01T00:00:00Z.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A point in time: microseconds since the Unix epoch; RFC 3339 in UTC with six decimals and a `Z` as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(i64);

const PRINTER: jiff::fmt::temporal::DateTimePrinter = jiff::fmt::temporal::DateTimePrinter::new().precision(Some(6));

impl Moment {
    /// 9999-12-30T21:59:59.999999Z: the last that has a four-digit year in every time zone.
    pub const MAX: Self = Self(253_402_207_199_999_999);
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000_000);

    /// Clamps to the years 1 to 9999, so that every moment has a text form that is read back equal.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    pub fn micros(self) -> i64 {
        self.0
    }

    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_micros(self.0.saturating_add(millis.saturating_mul(1_000)))
    }

    /// Milliseconds from `earlier` to here; negative where `earlier` is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 1_000
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        PRINTER.print_timestamp(&timestamp, jiff::fmt::StdFmtWrite(f)).map_err(|_| fmt::Error)
    }
}

impl FromStr for Moment {
    type Err = String;

    /// Reads an RFC 3339 date and time, or a bare date, which means its last microsecond in UTC.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("must be an RFC 3339 time in the years 1 to 9999, or a date, got {text:?}");
        let micros = if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            timestamp.as_microsecond()
        } else if text.len() == 10 {
            let date: jiff::civil::Date = text.parse().map_err(|_| wrong())?;
            let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?.timestamp();
            midnight.as_microsecond() + 24 * 3_600 * 1_000_000 - 1
        } else {
            return Err(wrong());
        };
        if (Self::MIN.0..=Self::MAX.0).contains(&micros) { Ok(Self(micros)) } else { Err(wrong()) }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_six_decimals_and_a_z() {
        assert_eq!(Moment::from_micros(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            "2026-02-03T04:05:06.789+01:00".parse::<Moment>().unwrap().to_string(),
            "2026-02-03T03:05:06.789000Z"
        );
    }

    #[test]
    fn a_bare_date_is_the_end_of_that_day() {
        assert_eq!("2026-02-28".parse::<Moment>().unwrap().to_string(), "2026-02-28T23:59:59.999999Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "tomorrow", "2026-13-01", "2026-02-30T00:00:00Z", "2026-02-03T04:05:06", "-000001-01-01"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_ends_have_a_text_that_reads_back() {
        for moment in [Moment::MIN, Moment::MAX, Moment::from_micros(i64::MIN), Moment::from_micros(i64::MAX)] {
            assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }
    }
}
