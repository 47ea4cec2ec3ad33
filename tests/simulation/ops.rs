//! Ops such as clients send: about what is there, what was there, and what never was.

use crate::dice::Dice;
use crate::watch::Watch;
use teamflow::domain::board::model::{IdList, Priority, Status, Task, WipLimit};
use teamflow::domain::board::op::*;
use teamflow::domain::ids::{ColumnId, TaskId, UserId};
use teamflow::domain::text::{ShortName, Title};
use uuid::Uuid;

/// Any op, on a board as `watch` knows it.
pub fn any_op(dice: &mut Dice, watch: &Watch, users: &[UserId], old_tasks: &[TaskId], elsewhere: &[Uuid]) -> Ask {
    let tasks = watch.tasks();
    let columns: Vec<ColumnId> = watch.columns().iter().map(|column| column.id).collect();
    let column = dice.pick(&columns).unwrap_or(ColumnId(Uuid::nil()));
    let task = dice.pick(&tasks).cloned();
    let neighbour = |dice: &mut Dice| dice.chance(40).then(|| dice.pick(&tasks).map(|task| task.id)).flatten();
    let (after, before) = (neighbour(dice), neighbour(dice));
    let id = match &task {
        Some(task) if dice.chance(90) => task.id,
        _ => dice.pick(old_tasks).unwrap_or(TaskId(Uuid::nil())),
    };
    let version = task.as_ref().and_then(|task| base_version(dice, task));
    Ask::Op(match dice.roll(100) {
        0..25 => Op::TaskCreate(TaskCreate {
            task_id: match dice.roll(10) {
                0 => dice.pick(elsewhere).map(TaskId),
                1 => dice.pick(old_tasks),
                2..6 => Some(TaskId(dice.uuid())),
                _ => None,
            },
            column_id: if dice.chance(90) {
                Destination::Column(column)
            } else {
                Destination::First(FirstColumn::First)
            },
            title: title(dice),
            description: None,
            priority: None,
            story_points: None,
            due_date: None,
            assignee_ids: dice.chance(30).then(|| IdList::new(dice.pick(users).into_iter().collect()).unwrap()),
            label_ids: None,
            after,
            before,
        }),
        25..50 => Op::TaskMove(TaskMove {
            task_id: id,
            version,
            column_id: match dice.roll(10) {
                0 => Destination::First(FirstColumn::FirstDone),
                _ => Destination::Column(column),
            },
            after,
            before,
        }),
        50..70 => Op::TaskUpdate(TaskUpdate {
            task_id: id,
            version,
            set: dice.chance(70).then(|| TaskSet {
                title: dice.chance(60).then(|| title(dice)),
                priority: dice.pick(Priority::ALL),
                ..TaskSet::default()
            }),
            add_assignee_ids: IdList::new(dice.pick(users).into_iter().collect()).unwrap(),
            remove_assignee_ids: IdList::default(),
            add_label_ids: IdList::default(),
            remove_label_ids: IdList::default(),
        }),
        70..77 => Op::TaskDelete(TaskDelete { task_id: id, version }),
        77..84 => Op::TaskRestore(TaskRestore { task_id: dice.pick(old_tasks).unwrap_or(id) }),
        84..88 => Op::ColumnCreate(ColumnCreate {
            column_id: dice.chance(50).then(|| ColumnId(dice.uuid())),
            name: ShortName::new("column").unwrap(),
            status: dice.pick(Status::ALL).unwrap(),
            wip_limit: dice.chance(30).then(|| WipLimit::new(2).unwrap()),
            after: dice.pick(&columns),
            before: None,
        }),
        88..92 => Op::ColumnUpdate(ColumnUpdate {
            column_id: column,
            version: None,
            set: ColumnSet {
                status: dice.pick(Status::ALL),
                wip_limit: dice.chance(30).then_some(None),
                ..ColumnSet::default()
            },
        }),
        92..96 => Op::ColumnMove(ColumnMove {
            column_id: column,
            version: None,
            after: dice.pick(&columns),
            before: dice.pick(&columns),
        }),
        96..98 => {
            Op::ColumnDelete(ColumnDelete { column_id: column, version: None, move_tasks_to: dice.pick(&columns) })
        }
        _ => {
            let errors = vec![FieldError { field: "title".into(), message: "is missing".into() }];
            return Ask::Malformed { kind: OpKind::TaskCreate, task_id: None, errors };
        }
    })
}

/// The current version, one behind, one ahead, or none.
fn base_version(dice: &mut Dice, task: &Task) -> Option<BaseVersion> {
    let current = i64::from(task.version);
    let version = match dice.roll(10) {
        0..4 => return None,
        4..7 => current,
        7..9 => (current - 1).max(1),
        _ => current + 1,
    };
    BaseVersion::new(version).ok()
}

fn title(dice: &mut Dice) -> Title {
    Title::new(format!("title {}", dice.roll(4))).unwrap()
}
