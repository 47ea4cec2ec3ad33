//! Projects, their labels, and their boards by name.

use crate::domain::ids::{BoardId, LabelId, ProjectId, UserId, WorkspaceId};
use crate::domain::text::{Name, ShortName, Text};
use crate::domain::time::Moment;
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

/// A project's description.
pub type ProjectDescription = Text<0, 5_000>;

/// The prefix of task numbers: 2 to 10 capital letters and digits, a letter first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// # Errors
    /// Says what is allowed and what was got.
    pub fn new(text: &str) -> Result<Self, String> {
        let fits = (2..=10).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            let got: String = text.chars().take(20).collect();
            Err(format!("must be 2 to 10 of A-Z and 0-9, a letter first, got {got:?}"))
        }
    }

    /// A key for a project of this name that is not among `taken`.
    pub fn derived(name: &str, taken: &[String]) -> Self {
        let words: Vec<String> = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .map(|word| word.trim_start_matches(|c: char| c.is_ascii_digit()).to_ascii_uppercase())
            .filter(|word| !word.is_empty())
            .collect();
        let initials: String = words.iter().filter_map(|word| word.chars().next()).take(4).collect();
        let stem = match words.as_slice() {
            [one] if one.len() >= 2 => one.chars().take(4).collect(),
            _ if initials.len() >= 2 => initials,
            _ => "PRJ".to_owned(),
        };
        let free = |key: &String| !taken.contains(key);
        let numbered = (2_u32..).map(|n| format!("{stem}{n}"));
        Self(std::iter::once(stem.clone()).chain(numbered).find(free).unwrap_or(stem))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A label's colour: `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Color(String);

impl Color {
    /// # Errors
    /// Says what is allowed and what was got.
    pub fn new(text: &str) -> Result<Self, String> {
        match text.strip_prefix('#') {
            Some(digits) if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self(text.to_ascii_lowercase()))
            }
            _ => {
                let got: String = text.chars().take(20).collect();
                Err(format!("must be a colour like #1e90ff, got {got:?}"))
            }
        }
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl Default for Color {
    fn default() -> Self {
        Self("#808080".to_owned())
    }
}

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    pub name: Name,
    /// Made from the name where it is left out.
    #[serde(default)]
    pub key: Option<Key>,
    #[serde(default)]
    pub description: Option<ProjectDescription>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectPatch {
    #[serde(default, deserialize_with = "super::present")]
    pub name: Option<Name>,
    #[serde(default, deserialize_with = "super::present")]
    pub description: Option<ProjectDescription>,
    #[serde(default, deserialize_with = "super::present")]
    pub archived: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Project {
    pub id: ProjectId,
    pub workspace_id: WorkspaceId,
    /// The prefix of its tasks' numbers: `KEY-42`.
    pub key: String,
    pub name: String,
    pub description: String,
    pub archived: bool,
    /// Its first board.
    pub board_id: BoardId,
    pub created_by: UserId,
    pub created_at: Moment,
    pub updated_at: Moment,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBoard {
    pub name: Name,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardPatch {
    #[serde(default, deserialize_with = "super::present")]
    pub name: Option<Name>,
}

/// A board as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Board {
    pub id: BoardId,
    pub name: String,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    pub created_by: UserId,
    pub created_at: Moment,
    pub updated_at: Moment,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLabel {
    pub name: ShortName,
    #[serde(default)]
    pub color: Option<Color>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelPatch {
    #[serde(default, deserialize_with = "super::present")]
    pub name: Option<ShortName>,
    #[serde(default, deserialize_with = "super::present")]
    pub color: Option<Color>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Label {
    pub id: LabelId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    pub name: String,
    pub color: String,
    pub created_at: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_from_names() {
        let none: &[String] = &[];
        for (name, key) in [
            ("Website", "WEBS"),
            ("Mobile App Relaunch", "MAR"),
            ("پروژه", "PRJ"),
            ("x", "PRJ"),
            ("2026 roadmap", "ROAD"),
            ("a b c d e f", "ABCD"),
        ] {
            assert_eq!(Key::derived(name, none).as_str(), key, "{name}");
            assert!(Key::new(key).is_ok());
        }
    }

    #[test]
    fn a_taken_key_gets_a_number() {
        let taken = ["WEBS".to_owned(), "WEBS2".to_owned()];
        assert_eq!(Key::derived("Website", &taken).as_str(), "WEBS3");
    }

    #[test]
    fn what_is_no_key_or_colour_is_refused() {
        for text in ["", "A", "a1", "1A", "ABCDEFGHIJK", "A-B", "ÄB"] {
            assert!(Key::new(text).is_err(), "{text}");
        }
        for text in ["", "red", "#12345", "#1234567", "#12345g", "123456"] {
            assert!(Color::new(text).is_err(), "{text}");
        }
        assert_eq!(Color::new("#ABCDEF").unwrap().into_string(), "#abcdef");
    }
}
