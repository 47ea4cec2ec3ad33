//! The language and the time zone that somebody reads in.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;

/// A language that the app speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    En,
    Fa,
}

impl Locale {
    pub const ALL: [Self; 2] = [Self::En, Self::Fa];

    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fa => "fa",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.name() == name)
    }
}

impl<'de> Deserialize<'de> for Locale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| de::Error::custom("must be en or fa"))
    }
}

/// The name of a time zone in the IANA's database, as it is written there: `Asia/Tehran`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Zone(Box<str>);

impl Zone {
    /// # Errors
    /// Where there is no such zone.
    pub fn new(name: &str) -> Result<Self, String> {
        let zone = jiff::tz::TimeZone::get(name).ok();
        let known = zone.as_ref().and_then(|zone| zone.iana_name()).filter(|known| *known != "Etc/Unknown");
        known.map(|known| Self(known.into())).ok_or_else(|| "must be a time zone like Asia/Tehran".to_owned())
    }

    pub fn name(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<str>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_written_as_the_iana_writes_it() {
        for (name, known) in [("asia/tehran", "Asia/Tehran"), ("Europe/Berlin", "Europe/Berlin"), ("UTC", "UTC")] {
            assert_eq!(Zone::new(name).unwrap().name(), known);
        }
        for name in ["", "Atlantis", "Europe/", "../etc/passwd", "+03:30", "Etc/Unknown"] {
            assert!(Zone::new(name).is_err(), "{name:?}");
        }
    }
}
