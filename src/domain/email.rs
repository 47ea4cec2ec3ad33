//! E-mail addresses, as far as they are looked at here.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::ops::Deref;

/// The longest address, in characters.
pub const EMAIL_MAX: usize = 255;

/// An address in lower case: one `@`, something on both sides of it, neither white space nor control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(Box<str>);

impl Email {
    /// # Errors
    /// Says the bound and what was got.
    pub fn new(text: &str) -> Result<Self, String> {
        let lower = text.to_lowercase();
        let count = lower.chars().count();
        if count > EMAIL_MAX {
            return Err(format!("must be at most {EMAIL_MAX} characters, got {count}"));
        }
        let clean = !lower.chars().any(|c| c.is_whitespace() || c.is_control());
        match lower.split_once('@') {
            Some((local, host)) if clean && !local.is_empty() && !host.is_empty() && !host.contains('@') => {
                Ok(Self(lower.into()))
            }
            _ => Err("must be an e-mail address like name@example.org".to_owned()),
        }
    }
}

impl Deref for Email {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::new(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_lower_case() {
        assert_eq!(&*Email::new("Ada@Example.ORG").unwrap(), "ada@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@b", "a".repeat(EMAIL_MAX));
        for text in ["", "ada", "@b", "a@", "a@b@c", "a b@c", "a@b\0", "a@b\n", &long] {
            assert!(Email::new(text).is_err(), "{text:?}");
        }
    }
}
