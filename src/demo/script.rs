//! What stands on a board of the demonstration, in each language: the shape is the same, the words differ.

mod en;
mod fa;

use crate::domain::board::model::{Priority, Status};
use crate::domain::ids::UserId;
use crate::domain::locale::Locale;
use uuid::Uuid;

pub const COLLEAGUES: usize = 4;
pub const TASKS: usize = 40;
pub const PROJECT_KEY: &str = "WEB";
/// The columns, from left to right: what they stand for, and their limits.
pub const COLUMNS: [(Status, Option<i64>); 5] = [
    (Status::Todo, None),
    (Status::InProgress, Some(12)),
    (Status::InReview, None),
    (Status::Blocked, None),
    (Status::Done, None),
];
pub const LABEL_COLORS: [&str; 6] = ["#a855f7", "#0ea5e9", "#14b8a6", "#ef4444", "#f59e0b", "#84cc16"];

/// Somebody who is simulated: the same account on all boards of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub name: &'static str,
    /// What the account's e-mail address begins with.
    pub mailbox: &'static str,
}

/// The words of one language.
pub struct Words {
    pub workspace: &'static str,
    pub project: &'static str,
    pub columns: [&'static str; 5],
    pub labels: [&'static str; 6],
    /// Names and mailboxes.
    people: [(&'static str, &'static str); COLLEAGUES],
    /// Each task's title, and one that it may be given later.
    titles: [(&'static str, &'static str); TASKS],
    /// Of some tasks, by their place in `titles`.
    descriptions: [(usize, &'static str); 5],
    /// Tasks that come to a colleague's mind.
    pub ideas: [&'static str; 8],
    /// What a guest is called, before a number.
    guest: &'static str,
    digits: [char; 10],
}

/// A task as it stands on a new board.
pub struct Task {
    /// In [`COLUMNS`].
    pub column: usize,
    pub title: &'static str,
    pub description: &'static str,
    pub priority: Priority,
    pub story_points: i32,
    /// In [`Words::labels`].
    pub labels: &'static [usize],
    /// In days from today.
    pub due: Option<i64>,
    /// Of the colleagues.
    pub assignees: &'static [usize],
}

type Row = (usize, Priority, i32, &'static [usize], Option<i64>, &'static [usize]);

use Priority::{Critical, High, Low, Medium};
/// Column, priority, points, labels, days until it is due, assignees: of each title, in its order.
const ROWS: [Row; TASKS] = [
    (0, High, 5, &[0], Some(9), &[0]),
    (0, Medium, 3, &[2], Some(12), &[]),
    (0, Medium, 8, &[1, 4], Some(20), &[1]),
    (0, Low, 2, &[0], None, &[]),
    (0, High, 5, &[5], Some(14), &[2]),
    (0, Medium, 3, &[4], None, &[3]),
    (0, Low, 1, &[2], None, &[]),
    (0, Critical, 3, &[3, 1], Some(3), &[1]),
    (0, Medium, 5, &[2, 0], Some(16), &[]),
    (0, Low, 2, &[4], None, &[]),
    (0, Medium, 3, &[5], Some(21), &[0, 2]),
    (0, High, 8, &[1], Some(18), &[]),
    (1, High, 8, &[2], Some(4), &[2]),
    (1, Medium, 5, &[0, 2], Some(6), &[0]),
    (1, Critical, 3, &[3], Some(1), &[1, 3]),
    (1, Medium, 3, &[1], Some(7), &[1]),
    (1, Low, 2, &[4], None, &[3]),
    (1, High, 5, &[2], Some(5), &[2]),
    (1, Medium, 5, &[5], Some(8), &[0]),
    (1, Medium, 3, &[1, 3], Some(2), &[3]),
    (2, High, 5, &[2], Some(2), &[0, 1]),
    (2, Medium, 2, &[0], Some(3), &[2]),
    (2, Medium, 3, &[1], Some(4), &[3]),
    (2, Low, 1, &[5], None, &[0]),
    (2, High, 8, &[1, 2], Some(1), &[1]),
    (2, Medium, 3, &[3], Some(-1), &[2]),
    (3, High, 5, &[5], Some(5), &[3]),
    (3, Medium, 3, &[1], Some(10), &[1]),
    (3, Low, 2, &[0], None, &[0]),
    (3, Critical, 5, &[4, 1], Some(-2), &[2]),
    (4, Medium, 3, &[0], Some(-6), &[0]),
    (4, High, 5, &[2], Some(-4), &[2]),
    (4, Medium, 8, &[1], Some(-8), &[1]),
    (4, Low, 1, &[4], None, &[3]),
    (4, Medium, 3, &[3], Some(-3), &[1, 2]),
    (4, High, 5, &[2, 0], Some(-5), &[0]),
    (4, Medium, 2, &[5], Some(-7), &[3]),
    (4, Low, 2, &[4], None, &[2]),
    (4, Medium, 3, &[1], Some(-9), &[1]),
    (4, High, 3, &[3], Some(-2), &[3]),
];

/// The words of `locale`.
pub fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &en::WORDS,
        Locale::Fa => &fa::WORDS,
    }
}

/// Who works on the boards of `locale`. Their ids are fixed, so that every node and every start finds the same accounts.
pub fn cast(locale: Locale) -> [Person; COLLEAGUES] {
    let base = match locale {
        Locale::En => 0x0192_0000_de30_7000_8000_0000_0000_0e00,
        Locale::Fa => 0x0192_0000_de30_7000_8000_0000_0000_0f00,
    };
    let people = words(locale).people;
    std::array::from_fn(|i| {
        let (name, mailbox) = people[i];
        Person { id: UserId(Uuid::from_u128(base + i as u128 + 1)), name, mailbox }
    })
}

/// The tasks of a new board, each column from top to bottom.
pub fn tasks(locale: Locale) -> impl Iterator<Item = Task> {
    let words = words(locale);
    let description = |i: usize| words.descriptions.iter().find(|(of, _)| *of == i).map_or("", |(_, text)| text);
    ROWS.iter().enumerate().map(move |(i, row)| {
        let (column, priority, story_points, labels, due, assignees) = *row;
        let (title, description) = (words.titles[i].0, description(i));
        Task { column, title, description, priority, story_points, labels, due, assignees }
    })
}

/// The other title that a task of the script may bear.
pub fn other_title(locale: Locale, title: &str) -> Option<&'static str> {
    let titles = words(locale).titles.iter();
    titles.clone().find_map(|(one, other)| match title {
        _ if title == *one => Some(*other),
        _ if title == *other => Some(*one),
        _ => None,
    })
}

/// What the guest of this number is called.
pub fn guest_name(locale: Locale, number: u32) -> String {
    let words = words(locale);
    let digits = number.to_string();
    let digits = digits.bytes().map(|digit| words.digits[usize::from(digit - b'0')]).collect::<String>();
    format!("{} {digits}", words.guest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::{Name, ShortName, Title};
    use std::collections::BTreeSet;

    #[test]
    fn every_word_is_one_that_the_server_takes() {
        for locale in Locale::ALL {
            let words = words(locale);
            for (title, other) in words.titles {
                assert!(Title::new(title).is_ok() && Title::new(other).is_ok() && title != other, "{title}");
                assert_eq!((other_title(locale, title), other_title(locale, other)), (Some(other), Some(title)));
            }
            assert!(words.ideas.iter().all(|title| Title::new(*title).is_ok()));
            assert!(words.columns.iter().chain(&words.labels).all(|name| ShortName::new(*name).is_ok()));
            assert!([words.workspace, words.project].into_iter().all(|name| Name::new(name).is_ok()));
            let titles: BTreeSet<_> = words.titles.iter().flat_map(|(one, other)| [one, other]).collect();
            assert_eq!(titles.len(), 2 * TASKS, "each title once");
            let mut columns = [0; COLUMNS.len()];
            for task in tasks(locale) {
                columns[task.column] += 1;
                assert!((1..=21).contains(&task.story_points));
                assert!(task.labels.iter().all(|label| *label < words.labels.len()));
                assert!(task.assignees.iter().all(|person| *person < COLLEAGUES));
            }
            let fits = |(count, (_, limit)): (&i64, &(Status, Option<i64>))| limit.is_none_or(|limit| *count < limit);
            assert!(columns.iter().zip(&COLUMNS).all(fits), "{columns:?}");
        }
        let ids: BTreeSet<_> = Locale::ALL.iter().flat_map(|locale| cast(*locale)).map(|person| person.id).collect();
        assert_eq!(ids.len(), Locale::ALL.len() * COLLEAGUES);
        assert_eq!(guest_name(Locale::Fa, 1204), "مهمان ۱۲۰۴");
    }
}
