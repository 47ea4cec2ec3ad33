//! Text with a length, counted in Unicode scalar values and kept as it came; only NUL is refused.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::ops::Deref;

/// Text of `MIN` to `MAX` Unicode scalar values without NUL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Text<const MIN: usize, const MAX: usize>(Box<str>);

/// A task's title.
pub type Title = Text<3, 200>;
/// A task's description, in Markdown.
pub type Description = Text<0, 50_000>;
/// A column's or a label's name.
pub type ShortName = Text<1, 50>;
/// The name of a user, a workspace, a project or a board.
pub type Name = Text<1, 100>;

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// # Errors
    /// Says the bound and what was got.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, String> {
        let text = text.into();
        if text.contains('\0') {
            return Err("must not contain the character U+0000".to_owned());
        }
        let count = text.chars().count();
        if (MIN..=MAX).contains(&count) {
            Ok(Self(text))
        } else {
            Err(format!("must be {MIN} to {MAX} characters, got {count}"))
        }
    }

    pub fn into_boxed_str(self) -> Box<str> {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Text<MIN, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::new(text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(Title::new("سلا").is_ok());
        assert!(Title::new("🦀🦀🦀").is_ok());
        assert_eq!(Title::new("ab").unwrap_err(), "must be 3 to 200 characters, got 2");
        assert!(Title::new("ن".repeat(200)).is_ok());
        assert!(Title::new("ن".repeat(201)).is_err());
    }

    #[test]
    fn nul_is_refused_and_tabs_are_kept() {
        assert!(Title::new("a\0bc").is_err());
        assert_eq!(&*Title::new(" a\tb\n").unwrap(), " a\tb\n");
    }
}
