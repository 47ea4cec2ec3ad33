//! Events alone make the board: by its own hand, from its rows, and by the protocol's rules.

use super::Board;
use super::desk_tests::{Desk, MEMBER, OWNER, PROJECT, column_id, task_id};
use super::op::Ask;
use crate::domain::rank::RANK_BYTES_MAX;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One random op: what, and about whom.
type Pick = (u8, u8, u8, u8);

fn ask_of((what, a, b, c): Pick) -> Ask {
    let task = |n: u8| task_id(u128::from(n % 12));
    let column = |n: u8| column_id(1 + u128::from(n % 5));
    let (kind, body) = match what % 14 {
        0..4 => ("task.create", json!({"task_id": task(a), "column_id": column(b), "title": "new", "after": task(c)})),
        4..7 => ("task.move", json!({"task_id": task(a), "column_id": column(b), "before": task(c)})),
        7 => ("task.update", json!({"task_id": task(a), "set": {"title": "other", "story_points": c % 21 + 1}})),
        8 => (
            "task.update",
            json!({"task_id": task(a), "add_assignee_ids": [MEMBER, OWNER], "remove_assignee_ids": [OWNER]}),
        ),
        9 => ("task.delete", json!({"task_id": task(a)})),
        10 => ("task.restore", json!({"task_id": task(a)})),
        11 => ("column.create", json!({"column_id": column(a), "name": "new", "status": "done", "after": column(b)})),
        12 => ("column.move", json!({"column_id": column(a), "after": column(b), "before": column(c)})),
        _ if c < 60 => ("column.delete", json!({"column_id": column(a), "move_tasks_to": column(b)})),
        _ => ("column.update", json!({"column_id": column(a), "set": {"status": "in_review", "wip_limit": 9}})),
    };
    Ask::Op(super::desk_tests::op(kind, body))
}

/// Somebody who knows only the wire: objects by their id.
#[derive(Default, PartialEq, Debug)]
struct Wire {
    columns: BTreeMap<String, Map<String, Value>>,
    tasks: BTreeMap<String, Map<String, Value>>,
}

fn object(value: &impl serde::Serialize) -> Map<String, Value> {
    let Value::Object(object) = serde_json::to_value(value).unwrap() else { panic!("no object") };
    object
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Wire {
    fn snapshot(board: &Board) -> Self {
        let mut wire = Self::default();
        for column in board.columns() {
            wire.columns.insert(column.id.to_string(), object(column));
            for task in board.tasks_of(column.id) {
                wire.tasks.insert(task.id.to_string(), object(task));
            }
        }
        wire
    }

    /// The protocol's replay rules, on JSON.
    fn apply(&mut self, event: &Map<String, Value>) {
        let (kind, data, at) = (text(&event["kind"]), &event["data"], &event["at"]);
        let of_task = kind.starts_with("task.");
        let things = if of_task { &mut self.tasks } else { &mut self.columns };
        for (id, rank) in data.get("ranks").and_then(Value::as_object).into_iter().flatten() {
            things.get_mut(id).unwrap().insert("rank".into(), rank.clone());
        }
        if let Some(created) = data.get("task").or(data.get("column")) {
            things.insert(text(&created["id"]), object(created));
            return;
        }
        let id = text(&data[if of_task { "task_id" } else { "column_id" }]);
        if kind.ends_with(".deleted") {
            things.remove(&id).unwrap();
        } else {
            let thing = things.get_mut(&id).unwrap();
            let fields = data
                .as_object()
                .unwrap()
                .iter()
                .chain(data.get("set").and_then(Value::as_object).into_iter().flatten());
            for (name, value) in fields
                .filter(|(name, _)| thing.contains_key(*name))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect::<Vec<_>>()
            {
                thing.insert(name, value);
            }
            if of_task {
                thing.insert("updated_at".into(), at.clone());
            }
        }
        for moved in data.get("moved").and_then(Value::as_array).into_iter().flatten() {
            let task = self.tasks.get_mut(&text(&moved["task_id"])).unwrap();
            for name in ["version", "rank", "completed_at"] {
                task.insert(name.into(), moved[name].clone());
            }
            task.insert("column_id".into(), data["to_column_id"].clone());
            task.insert("updated_at".into(), at.clone());
        }
    }
}

fn check_order(board: &Board) {
    let columns: Vec<_> = board.columns().collect();
    assert!(columns.is_sorted_by(|a, b| a.rank < b.rank));
    let live = board.tasks.values().filter(|state| !state.deleted).count();
    assert_eq!(columns.iter().map(|column| board.tasks_of(column.id).count()).sum::<usize>(), live);
    for column in columns {
        let tasks: Vec<_> = board.tasks_of(column.id).collect();
        assert!(tasks.is_sorted_by(|a, b| a.rank < b.rank));
        assert!(tasks.iter().all(|task| task.rank.as_str().len() <= RANK_BYTES_MAX && task.column_id == column.id));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn base_and_events_make_the_board(picks in prop::collection::vec(any::<Pick>(), 1..120)) {
        let mut desk = Desk::new();
        let (base, mut wire) = (desk.board.clone(), Wire::snapshot(&desk.board));
        for pick in picks {
            let before = desk.board.clone();
            if desk.ask(OWNER, &ask_of(pick)).is_err() {
                prop_assert_eq!(&desk.board, &before, "a refusal changes nothing");
            }
        }
        let mut replayed = base;
        for event in &desk.log {
            replayed.apply(event);
            wire.apply(&object(event));
        }
        prop_assert_eq!(&replayed, &desk.board);
        prop_assert_eq!(wire, Wire::snapshot(&desk.board));
        let (columns, tasks) = desk.rows();
        prop_assert_eq!(Board::new(PROJECT, columns, tasks), desk.board.clone(), "read again from its rows");
        check_order(&desk.board);
    }

    #[test]
    fn what_is_reverted_never_was(picks in prop::collection::vec(any::<Pick>(), 1..60), kept in 0_usize..40) {
        let mut desk = Desk::new();
        let (first, later) = picks.split_at(kept.min(picks.len()));
        first.iter().for_each(|pick| drop(desk.ask(OWNER, &ask_of(*pick))));
        let before = desk.board.clone();
        desk.board.mark();
        later.iter().for_each(|pick| drop(desk.ask(OWNER, &ask_of(*pick))));
        desk.board.revert();
        prop_assert_eq!(desk.board, before);
    }
}

/// Long ranks make neighbours move, in the same event; nobody's version changes for that, and it can be taken back.
#[test]
fn respaced_neighbours_replay_and_revert() {
    let mut desk = Desk::new();
    let base = desk.board.clone();
    desk.create(0, 1);
    desk.create(1, 1);
    let mut respaced = 0;
    for n in 2..700 {
        let before = desk.board.clone();
        desk.board.mark();
        let squeeze = |n: u128| {
            let lower = if n.is_multiple_of(2) { n.saturating_sub(2) } else { n - 1 };
            json!({"task_id": task_id(n), "column_id": column_id(1), "title": "new", "after": task_id(lower)})
        };
        desk.own("task.create", squeeze(n)).unwrap();
        let event = desk.log.last().unwrap().clone();
        desk.board.revert();
        assert_eq!(desk.board, before);
        desk.board.apply(&event);
        if let super::event::Change::TaskCreated { ranks, .. } = &event.change {
            respaced += usize::from(!ranks.is_empty());
            assert!(ranks.keys().all(|id| before.task(*id).unwrap().changes == desk.board.task(*id).unwrap().changes));
        }
    }
    check_order(&desk.board);
    assert!(respaced > 0);
    let mut replayed = base;
    desk.log.iter().for_each(|event| drop(replayed.apply(event)));
    assert_eq!(replayed, desk.board);
}

#[test]
fn keys_stand_in_the_order_of_the_protocol() {
    let mut desk = Desk::new();
    desk.create(1, 1);
    desk.own("task.move", json!({"task_id": task_id(1), "column_id": column_id(3)})).unwrap();
    desk.own("column.delete", json!({"column_id": column_id(3), "move_tasks_to": column_id(2)})).unwrap();
    desk.own("task.update", json!({"task_id": task_id(1), "set": {"due_date": null}})).unwrap();
    let keys = |json: String| {
        let names = json.split('"').skip(1).step_by(2).map(str::to_owned);
        let names: Vec<String> =
            names.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect();
        names.join(" ")
    };
    let texts: Vec<String> = desk.log.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert!(texts.iter().all(|text| !text.contains(": ") && !text.contains(", ")), "no white space");
    let task = "task id number title column_id rank version priority medium story_points due_date assignee_ids \
                label_ids comment_count attachment_count subtask_count subtask_done_count created_by created_at \
                updated_at completed_at";
    assert_eq!(
        keys(texts[0].replace("\"a task\"", "1").replace("\"a0\"", "1")),
        format!("seq kind op_id actor_id at data {task}")
    );
    let moved = "seq kind op_id actor_id at data task_id version from_column_id column_id rank completed_at";
    assert_eq!(keys(texts[1].replace("\"a0\"", "1")), moved);
    let deleted =
        "seq kind op_id actor_id at data column_id version to_column_id moved task_id version rank completed_at";
    assert_eq!(keys(texts[2].replace("\"a0\"", "1")), deleted);
    assert!(texts[3].ends_with(r#""version":4,"set":{"due_date":null}}}"#), "{}", texts[3]);
}
