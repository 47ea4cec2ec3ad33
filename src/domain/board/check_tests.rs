//! What may be done to a board, and by whom.

use super::desk_tests::{Desk, MEMBER, OWNER, STRANGER, VIEWER, column_id, malformed, op, task_id, user};
use super::event::Change;
use super::model::{ColumnField, TaskField};
use super::op::{Ask, OpKind};
use super::refusal::Refusal;
use crate::domain::permission::Role;
use serde_json::{Value, json};

fn body_of(kind: OpKind) -> Value {
    let (task, column) = (task_id(1), column_id(1));
    match kind {
        OpKind::TaskCreate => json!({"column_id": column, "title": "new"}),
        OpKind::TaskUpdate => json!({"task_id": task, "set": {"title": "other"}}),
        OpKind::TaskMove => json!({"task_id": task, "column_id": column_id(2)}),
        OpKind::TaskDelete | OpKind::TaskRestore => json!({"task_id": task}),
        OpKind::ColumnCreate => json!({"name": "new", "status": "todo"}),
        OpKind::ColumnUpdate => json!({"column_id": column, "set": {"name": "other"}}),
        OpKind::ColumnMove => json!({"column_id": column}),
        OpKind::ColumnDelete => json!({"column_id": column, "move_tasks_to": column_id(2)}),
    }
}

/// The permission table for each kind of op: owner, admin, member, viewer; `a` an assignee may, `c` the creator may.
const RIGHTS: [(OpKind, &str); 9] = [
    (OpKind::TaskCreate, "yyy-"),
    (OpKind::TaskUpdate, "yyya"),
    (OpKind::TaskMove, "yyya"),
    (OpKind::TaskDelete, "yycc"),
    (OpKind::TaskRestore, "yycc"),
    (OpKind::ColumnCreate, "yy--"),
    (OpKind::ColumnUpdate, "yy--"),
    (OpKind::ColumnMove, "yy--"),
    (OpKind::ColumnDelete, "yy--"),
];

/// Task 1 as somebody's: made by, or assigned to.
fn desk_with_task(creator: Option<Role>, assignee: Option<Role>, deleted: bool) -> Desk {
    let mut desk = Desk::new();
    desk.create(1, 1);
    let state = desk.board.tasks.get_mut(&task_id(1)).unwrap();
    state.task.created_by = creator.map(user);
    state.task.assignee_ids = assignee.map(user).into_iter().collect();
    if deleted {
        desk.own("task.delete", json!({"task_id": task_id(1)})).unwrap();
    }
    desk
}

#[test]
fn rights_cell_by_cell() {
    for (kind, cells) in RIGHTS {
        for (role, cell) in Role::ALL.into_iter().zip(cells.chars()) {
            for (creator, assignee) in [(None, None), (Some(role), None), (None, Some(role))] {
                let mut desk = desk_with_task(creator, assignee, kind == OpKind::TaskRestore);
                let allowed = match cell {
                    'y' => true,
                    'a' => assignee.is_some(),
                    'c' => creator.is_some(),
                    _ => false,
                };
                let ask = Ask::Op(op(kind.name(), body_of(kind)));
                let result = desk.ask(user(role), &ask);
                assert_eq!(result.is_ok(), allowed, "{kind:?} {role} {creator:?} {assignee:?}: {result:?}");
                // Rights come before the body.
                let mut desk = desk_with_task(creator, assignee, kind == OpKind::TaskRestore);
                let result = desk.ask(user(role), &malformed(kind, ask.task_id()));
                assert_eq!(matches!(result, Err(Refusal::Invalid(_))), allowed, "{kind:?} {role}: {result:?}");
                assert_eq!(matches!(result, Err(Refusal::Forbidden)), !allowed, "{kind:?} {role}: {result:?}");
            }
        }
        let mut desk = desk_with_task(None, None, false);
        assert_eq!(desk.ask(STRANGER, &malformed(kind, None)), Err(Refusal::NotFound("board".into())));
    }
}

#[test]
fn a_deleted_task_is_not_found_whoever_asks() {
    for actor in [OWNER, MEMBER, VIEWER] {
        for kind in [OpKind::TaskUpdate, OpKind::TaskMove, OpKind::TaskDelete] {
            let mut desk = desk_with_task(None, Some(Role::Viewer), true);
            assert_eq!(desk.does(actor, kind.name(), body_of(kind)), Err(Refusal::NotFound("task".into())), "{kind:?}");
        }
    }
}

const SETS: [(TaskField, &str, &str); 7] = [
    (TaskField::Title, "title", "\"another title\""),
    (TaskField::Description, "description", "\"text\""),
    (TaskField::Priority, "priority", "\"high\""),
    (TaskField::StoryPoints, "story_points", "5"),
    (TaskField::DueDate, "due_date", "\"2026-01-02\""),
    (TaskField::AssigneeIds, "assignee_ids", "[\"00000000-0000-0000-0000-000000000001\"]"),
    (TaskField::LabelIds, "label_ids", "[]"),
];

/// An op that touches one field of task 1, based on `version`.
fn touch(field: TaskField, version: i32) -> (&'static str, Value) {
    let id = task_id(1);
    match SETS.iter().find(|row| row.0 == field) {
        Some((_, name, value)) => {
            let value: Value = serde_json::from_str(value).unwrap();
            ("task.update", json!({"task_id": id, "version": version, "set": {*name: value}}))
        }
        None => ("task.move", json!({"task_id": id, "version": version, "column_id": column_id(2)})),
    }
}

/// P6: two who started from the same version conflict where they touch the same field, and else are merged.
#[test]
fn conflicts_are_per_field() {
    for first in TaskField::ALL {
        for second in TaskField::ALL {
            let mut desk = Desk::new();
            desk.create(1, 1);
            let (kind, body) = touch(first, 1);
            desk.own(kind, body).unwrap();
            // Setting what stands already is no change, so nobody can be overwritten.
            let changes = desk.board.task(task_id(1)).unwrap().changes[first as usize] == 2;
            assert_eq!(changes, first != TaskField::LabelIds);
            let (kind, body) = touch(second, 1);
            match desk.does(MEMBER, kind, body) {
                Ok(change) => {
                    assert!(first != second || !changes, "{first:?} overwritten");
                    assert_eq!(change.version(), 3);
                }
                Err(Refusal::TaskVersion { current, conflicts, touches_description }) => {
                    assert_eq!((current.version, conflicts), (2, vec![(first, 2)]));
                    assert!(first == second && touches_description == (first == TaskField::Description));
                }
                other => panic!("{first:?} {second:?} {other:?}"),
            }
            let (kind, mut body) = touch(second, 1);
            body.as_object_mut().unwrap().remove("version");
            assert!(desk.own(kind, body).is_ok(), "the last writer wins, knowingly");
        }
    }
}

#[test]
fn deleting_touches_every_field_and_adding_none() {
    for field in TaskField::ALL.into_iter().filter(|field| *field != TaskField::LabelIds) {
        let mut desk = Desk::new();
        desk.create(1, 1);
        let (kind, body) = touch(field, 1);
        desk.own(kind, body).unwrap();
        let stale = json!({"task_id": task_id(1), "version": 1});
        assert!(
            matches!(desk.own("task.delete", stale), Err(Refusal::TaskVersion { conflicts, .. }) if conflicts == [(field, 2)])
        );
        let adds =
            json!({"task_id": task_id(1), "version": 1, "add_assignee_ids": [MEMBER], "remove_assignee_ids": [OWNER]});
        let change = desk.own("task.update", adds).unwrap();
        let Change::TaskUpdated { set, .. } = change else { panic!() };
        assert_eq!(set.assignee_ids.unwrap().as_slice(), [MEMBER], "the event holds the whole new list");
    }
}

#[test]
fn what_was_added_conflicts_with_a_list_that_did_not_see_it() {
    let mut desk = Desk::new();
    desk.create(1, 1);
    desk.own("task.update", json!({"task_id": task_id(1), "add_assignee_ids": [MEMBER]})).unwrap();
    let list = json!({"task_id": task_id(1), "version": 1, "set": {"assignee_ids": []}});
    assert!(matches!(desk.own("task.update", list), Err(Refusal::TaskVersion { .. })));
}

#[test]
fn a_version_ahead_is_invalid_and_every_op_counts() {
    let mut desk = Desk::new();
    desk.create(1, 1);
    let ahead = json!({"task_id": task_id(1), "version": 2, "set": {"title": "a task"}});
    assert!(matches!(desk.own("task.update", ahead), Err(Refusal::Invalid(errors)) if errors[0].field == "version"));
    let same = json!({"task_id": task_id(1), "version": 1, "set": {"title": "a task"}});
    assert_eq!(desk.own("task.update", same.clone()).unwrap().version(), 2, "also one that changes nothing");
    assert_eq!(desk.own("task.update", same).unwrap().version(), 3, "and no field was changed");
    for body in [json!({"task_id": task_id(1), "set": {}}), json!({"task_id": task_id(1)})] {
        assert!(matches!(desk.own("task.update", body), Err(Refusal::Invalid(errors)) if errors[0].field == "set"));
    }
    let both = json!({"task_id": task_id(1), "set": {}, "add_assignee_ids": [MEMBER]});
    assert!(matches!(desk.own("task.update", both), Err(Refusal::Invalid(_))));
}

#[test]
fn who_is_assigned_is_a_member() {
    let mut desk = Desk::new();
    desk.create(1, 1);
    let add = json!({"task_id": task_id(1), "add_assignee_ids": [STRANGER]});
    assert!(matches!(desk.own("task.update", add), Err(Refusal::Invalid(e)) if e[0].field == "add_assignee_ids"));
    let set = json!({"task_id": task_id(1), "set": {"assignee_ids": [STRANGER]}});
    assert!(matches!(desk.own("task.update", set), Err(Refusal::Invalid(e)) if e[0].field == "set.assignee_ids"));
    desk.own("task.update", json!({"task_id": task_id(1), "add_assignee_ids": [MEMBER]})).unwrap();
    desk.access.members.remove(&MEMBER);
    let other = json!({"task_id": task_id(1), "add_assignee_ids": [VIEWER]});
    assert!(desk.own("task.update", other).is_ok(), "who has left may stay on the task");
}

#[test]
fn a_full_column_takes_no_more() {
    let mut desk = Desk::new();
    desk.create(1, 2);
    desk.create(2, 1);
    desk.own("column.update", json!({"column_id": column_id(2), "set": {"wip_limit": 1}})).unwrap();
    let full = |result| matches!(result, Err(Refusal::WipLimit(_)));
    assert!(full(desk.own("task.create", json!({"column_id": column_id(2), "title": "new"}))));
    assert!(full(desk.own("task.move", json!({"task_id": task_id(2), "column_id": column_id(2)}))));
    assert!(full(desk.own("column.delete", json!({"column_id": column_id(1), "move_tasks_to": column_id(2)}))));
    assert!(desk.own("task.move", json!({"task_id": task_id(1), "column_id": column_id(2)})).is_ok(), "within");
    assert!(desk.own("task.move", json!({"task_id": task_id(1), "column_id": column_id(1)})).is_ok(), "out");
    desk.create(3, 2);
    desk.own("column.update", json!({"column_id": column_id(2), "set": {"wip_limit": null}})).unwrap();
    desk.create(4, 2);
    assert!(desk.own("column.update", json!({"column_id": column_id(2), "set": {"wip_limit": 1}})).is_ok(), "below");
}

#[test]
fn a_column_goes_empty_or_with_at_most_500_tasks() {
    let mut desk = Desk::new();
    (1..=501).for_each(|n| desk.create(n, 1));
    let (empty, moving) =
        (json!({"column_id": column_id(1)}), json!({"column_id": column_id(1), "move_tasks_to": column_id(3)}));
    assert!(matches!(desk.own("column.delete", empty), Err(Refusal::Conflict(_))));
    assert!(matches!(desk.own("column.delete", moving.clone()), Err(Refusal::Conflict(_))));
    desk.own("task.delete", json!({"task_id": task_id(501)})).unwrap();
    let before: Vec<_> = desk.board.tasks_of(column_id(1)).map(|task| task.id).collect();
    let Change::ColumnDeleted { moved, version: 2, .. } = desk.own("column.delete", moving).unwrap() else { panic!() };
    assert!(moved.iter().all(|moved| moved.version == 2 && moved.completed_at.is_some()));
    assert!(desk.board.tasks_of(column_id(3)).map(|task| task.id).eq(before), "in their order");
    assert_eq!(desk.own("column.move", json!({"column_id": column_id(1)})), Err(Refusal::NotFound("column".into())));
    let restored = desk.own("task.restore", json!({"task_id": task_id(501)})).unwrap();
    let Change::TaskRestored { task, .. } = restored else { panic!() };
    assert_eq!((task.column_id, task.version), (column_id(2), 3), "into the first column, and its versions go on");
}

#[test]
fn a_column_conflicts_per_field_too() {
    let mut desk = Desk::new();
    desk.own("column.update", json!({"column_id": column_id(1), "version": 1, "set": {"name": "new"}})).unwrap();
    desk.own("column.move", json!({"column_id": column_id(1), "version": 1, "after": column_id(3)})).unwrap();
    let stale = json!({"column_id": column_id(1), "version": 1, "set": {"name": "other", "status": "done"}});
    let Err(Refusal::ColumnVersion { current, conflicts }) = desk.own("column.update", stale) else { panic!() };
    assert_eq!((current.version, conflicts), (3, vec![(ColumnField::Name, 2)]));
    let stale = json!({"column_id": column_id(1), "version": 1});
    let Err(Refusal::ColumnVersion { conflicts, .. }) = desk.own("column.delete", stale) else { panic!() };
    assert_eq!(conflicts, [(ColumnField::Name, 2), (ColumnField::Position, 3)]);
}

#[test]
fn completed_at_is_set_on_entering_done_and_cleared_on_leaving() {
    let mut desk = Desk::new();
    desk.create(1, 1);
    let to = |n| json!({"task_id": task_id(1), "column_id": column_id(n)});
    let entered = desk.now;
    desk.own("task.move", to(3)).unwrap();
    assert_eq!(desk.task(1).completed_at, Some(entered));
    desk.own("task.move", to(3)).unwrap();
    assert_eq!(desk.task(1).completed_at, Some(entered), "it was done all the time");
    desk.own("column.update", json!({"column_id": column_id(3), "set": {"status": "todo"}})).unwrap();
    assert_eq!(desk.task(1).completed_at, Some(entered), "the column changed, not the task");
    desk.own("column.update", json!({"column_id": column_id(3), "set": {"status": "done"}})).unwrap();
    desk.own("task.move", to(2)).unwrap();
    assert_eq!(desk.task(1).completed_at, None);
}

#[test]
fn neighbours_decide_the_place() {
    let mut desk = Desk::new();
    (1..=4).for_each(|n| desk.create(n, 1));
    desk.create(5, 2);
    let mut place = |after: Option<u128>, before: Option<u128>| {
        let body = json!({"task_id": task_id(1), "column_id": column_id(1), "after": after.map(task_id), "before": before.map(task_id)});
        desk.own("task.move", body).unwrap();
        desk.board.tasks_of(column_id(1)).map(|task| task.id.0.as_u128() - 1_000).collect::<Vec<_>>()
    };
    assert_eq!(place(Some(3), Some(2)), [2, 3, 1, 4], "after decides");
    assert_eq!(place(None, Some(2)), [1, 2, 3, 4]);
    assert_eq!(place(Some(5), Some(4)), [2, 3, 1, 4], "after has left the column");
    assert_eq!(place(Some(99), None), [2, 3, 4, 1], "neither is left");
    assert_eq!(place(Some(1), Some(3)), [2, 1, 3, 4], "oneself is as if left out");
    assert_eq!(place(None, None), [2, 3, 4, 1]);
}

#[test]
fn an_id_that_exists_is_a_conflict() {
    let mut desk = desk_with_task(None, None, true);
    let again = json!({"task_id": task_id(1), "column_id": column_id(1), "title": "again"});
    assert!(matches!(desk.own("task.create", again), Err(Refusal::Conflict(_))));
    let again = json!({"column_id": column_id(1), "name": "again", "status": "todo"});
    assert!(matches!(desk.own("column.create", again), Err(Refusal::Conflict(_))));
}
