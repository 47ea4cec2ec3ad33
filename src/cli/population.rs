//! The people and boards that `teamflow seed` makes: the same ones for the same numbers.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use teamflow::domain::board::model::{Column, Priority, Status, StoryPoints, Task};
use teamflow::domain::ids::{BoardId, ColumnId, FamilyId, ProjectId, TaskId, UserId, WorkspaceId};
use teamflow::domain::permission::Role;
use teamflow::domain::rank::Rank;
use teamflow::domain::text::{ShortName, Title};
use teamflow::domain::time::Moment;
use teamflow::store::queries::board::BoardRow;
use teamflow::store::queries::project::Project;
use teamflow::store::queries::seed::{Membership, SeededBoard};
use teamflow::store::queries::workspace::Workspace;
use uuid::{Builder, Uuid};

/// The time in seeded ids, 2026-01-01, so that they don't depend on the day.
const IDS_SINCE_MS: u64 = 1_767_225_600_000;
const DAY_MS: i64 = 24 * 3_600 * 1_000;

const COLUMNS: [(&str, Status); 5] = [
    ("Todo", Status::Todo),
    ("In progress", Status::InProgress),
    ("In review", Status::InReview),
    ("Blocked", Status::Blocked),
    ("Done", Status::Done),
];
const FIRST_NAMES: [&str; 12] =
    ["Ada", "Omid", "Grace", "Niloufar", "Alan", "Shirin", "Edsger", "Maryam", "Barbara", "Kaveh", "Donald", "Leyla"];
const LAST_NAMES: [&str; 12] = [
    "Lovelace",
    "Karimi",
    "Hopper",
    "Ahmadi",
    "Turing",
    "Rostami",
    "Dijkstra",
    "Mirzakhani",
    "Liskov",
    "Amini",
    "Knuth",
    "Hosseini",
];
const VERBS: [&str; 10] =
    ["Draft", "Review", "Fix", "Measure", "Rename", "Translate", "Simplify", "Document", "Test", "Plan"];
const SUBJECTS: [&str; 12] = [
    "the sign-up page",
    "the invoice export",
    "the search results",
    "the release notes",
    "the login form",
    "the weekly report",
    "the onboarding guide",
    "the mobile layout",
    "the price list",
    "the error messages",
    "the backup plan",
    "the calendar view",
];

/// How many of each.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// At least 1.
    pub users: usize,
    /// At least 1.
    pub workspaces: usize,
    /// In all.
    pub boards: usize,
    /// A board.
    pub tasks: usize,
}

/// Somebody with one sign-in.
pub struct Person {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub family: FamilyId,
    /// In the order of [`Population::workspaces`].
    pub workspace_ids: Vec<WorkspaceId>,
}

/// Everybody, and the workspaces that they share; boards are made one at a time with [`Population::board`].
pub struct Population {
    pub people: Vec<Person>,
    pub workspaces: Vec<Workspace>,
    pub members: Vec<Membership>,
    size: Size,
    at: Moment,
    numbers: Numbers,
}

impl Population {
    /// `seed` decides every id and name; `at` is when all of it is said to have been made.
    pub fn new(size: Size, seed: u64, at: Moment) -> Self {
        let mut numbers = Numbers { random: StdRng::seed_from_u64(seed), ids: 0 };
        let mut people: Vec<Person> = (0..size.users).map(|n| numbers.person(n, seed)).collect();
        let mut workspaces = Vec::with_capacity(size.workspaces);
        let mut members = Vec::new();
        for n in 0..size.workspaces {
            let owner = people[n % size.users].id;
            let workspace_id = WorkspaceId(numbers.id());
            let name = format!("Workspace {}", n + 1);
            workspaces.push(Workspace { id: workspace_id, name, created_by: owner, created_at: at, updated_at: at });
            // Everybody is in one workspace, and whoever owns several is in these.
            for (i, person) in people.iter_mut().enumerate() {
                if person.id != owner && i % size.workspaces != n {
                    continue;
                }
                let role = if person.id == owner { Role::Owner } else { Role::Member };
                members.push(Membership { workspace_id, user_id: person.id, role, joined_at: at });
                person.workspace_ids.push(workspace_id);
            }
        }
        Self { people, workspaces, members, size, at, numbers }
    }

    /// The next of the boards, in a project of its own; `None` after the last. Call it with 0, 1, 2 …
    ///
    /// # Errors
    /// Where a made-up text is none that the domain allows, which is a defect.
    pub fn board(&mut self, n: usize) -> Result<Option<SeededBoard>, String> {
        if n >= self.size.boards {
            return Ok(None);
        }
        let at = self.at;
        let workspace = &self.workspaces[n % self.workspaces.len()];
        let (workspace_id, created_by) = (workspace.id, workspace.created_by);
        let project = Project {
            id: ProjectId(self.numbers.id()),
            workspace_id,
            key: format!("P{}", n + 1),
            name: format!("Project {}", n + 1),
            description: String::new(),
            archived: false,
            created_by,
            created_at: at,
            updated_at: at,
        };
        let board = BoardRow {
            id: BoardId(self.numbers.id()),
            project_id: project.id,
            workspace_id,
            name: format!("Board {}", n + 1),
            created_by,
            created_at: at,
            updated_at: at,
        };
        let mut columns = Vec::with_capacity(COLUMNS.len());
        for ((name, status), rank) in COLUMNS.into_iter().zip(Rank::spread(None, None, COLUMNS.len())) {
            let id = ColumnId(self.numbers.id());
            columns.push(Column { id, name: ShortName::new(name)?, status, rank, wip_limit: None, version: 1 });
        }
        let ranks = Rank::spread(None, None, self.size.tasks.div_ceil(columns.len()));
        let mut tasks = Vec::with_capacity(self.size.tasks);
        for i in 0..self.size.tasks {
            let (column, rank) = (&columns[i % columns.len()], &ranks[i / columns.len()]);
            tasks.push(self.numbers.task(i, column, rank.clone(), created_by, at)?);
        }
        Ok(Some(SeededBoard { project, board, columns, tasks }))
    }
}

/// Where all chance comes from.
struct Numbers {
    random: StdRng,
    ids: u64,
}

impl Numbers {
    /// In the order of making, as those of running nodes are.
    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Builder::from_unix_timestamp_millis(IDS_SINCE_MS + self.ids, &self.random.random()).into_uuid()
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words.choose(&mut self.random).copied().unwrap_or_default()
    }

    fn person(&mut self, n: usize, seed: u64) -> Person {
        Person {
            id: UserId(self.id()),
            email: format!("user{}.{seed}@example.com", n + 1),
            name: format!("{} {}", self.one_of(&FIRST_NAMES), self.one_of(&LAST_NAMES)),
            family: FamilyId(self.id()),
            workspace_ids: Vec::new(),
        }
    }

    fn task(
        &mut self,
        index: usize,
        column: &Column,
        rank: Rank,
        created_by: UserId,
        at: Moment,
    ) -> Result<Task, String> {
        let priority = [Priority::Low, Priority::Medium, Priority::Medium, Priority::High, Priority::Critical];
        let points = [1, 2, 3, 5, 8, 13].choose(&mut self.random).copied().filter(|_| index.is_multiple_of(2));
        Ok(Task {
            id: TaskId(self.id()),
            number: i64::try_from(index).unwrap_or(i64::MAX) + 1,
            title: Title::new(format!("{} {}", self.one_of(&VERBS), self.one_of(&SUBJECTS)))?,
            column_id: column.id,
            rank,
            version: 1,
            priority: priority.choose(&mut self.random).copied().unwrap_or(Priority::Medium),
            story_points: points.map(StoryPoints::new).transpose()?,
            due_date: index.is_multiple_of(3).then(|| at.plus_millis(self.random.random_range(1..60) * DAY_MS)),
            assignee_ids: Box::default(),
            label_ids: Box::default(),
            comment_count: 0,
            attachment_count: 0,
            subtask_count: 0,
            subtask_done_count: 0,
            created_by: Some(created_by),
            created_at: at,
            updated_at: at,
            completed_at: (column.status == Status::Done).then_some(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(users: usize, workspaces: usize, seed: u64) -> Population {
        Population::new(
            Size { users, workspaces, boards: 3, tasks: 12 },
            seed,
            Moment::from_micros(1_800_000_000_000_000),
        )
    }

    #[test]
    fn the_same_numbers_make_the_same_people_and_boards() {
        let summary = |seed| {
            let mut population = made(7, 2, seed);
            let board = population.board(0).unwrap().unwrap();
            let ids: Vec<_> = board.tasks.iter().map(|task| (task.id, task.title.to_string())).collect();
            (population.people.iter().map(|person| (person.id, person.name.clone())).collect::<Vec<_>>(), ids)
        };
        assert_eq!(summary(1), summary(1));
        assert_ne!(summary(1), summary(2));
    }

    #[test]
    fn every_workspace_has_one_owner_and_everybody_a_workspace() {
        for (users, workspaces) in [(12, 2), (1, 3), (5, 5), (3, 7)] {
            let population = made(users, workspaces, 1);
            for workspace in &population.workspaces {
                let of: Vec<_> = population.members.iter().filter(|m| m.workspace_id == workspace.id).collect();
                assert_eq!(of.iter().filter(|m| m.role == Role::Owner).count(), 1, "{users} {workspaces}");
                assert!(of.iter().all(|m| matches!(m.role, Role::Owner | Role::Member)));
            }
            assert!(population.people.iter().all(|person| !person.workspace_ids.is_empty()), "{users} {workspaces}");
        }
    }

    #[test]
    fn tasks_are_spread_over_the_columns_in_order() {
        let mut population = made(2, 1, 1);
        let board = population.board(2).unwrap().unwrap();
        for column in &board.columns {
            let ranks: Vec<_> = board.tasks.iter().filter(|t| t.column_id == column.id).map(|t| &t.rank).collect();
            assert!((2..=3).contains(&ranks.len()) && ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        }
        let numbers: Vec<_> = board.tasks.iter().map(|t| t.number).collect();
        assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
        assert!(population.board(3).unwrap().is_none());
    }
}
