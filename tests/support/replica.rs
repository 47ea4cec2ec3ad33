//! A board made from a snapshot and the events after it by the rules of protocol section 4 "Replay" alone.

use super::{Value, int, list, text};
use std::collections::{BTreeMap, HashSet};

/// What a client that saw everything holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Replica {
    pub seq: i64,
    board: Value,
    columns: BTreeMap<String, Value>,
    tasks: BTreeMap<String, Value>,
    at: String,
}

impl Replica {
    /// From anything that holds `seq` and `snapshot`: a `subscribed` frame or an answer of `GET /boards/{id}`.
    pub fn new(holder: &Value) -> Self {
        let snapshot = &holder["snapshot"];
        let by_id = |key| list(snapshot, key).iter().map(|item| (text(item, "id").to_owned(), item.clone())).collect();
        let replica = Self {
            seq: int(holder, "seq"),
            board: snapshot["board"].clone(),
            columns: by_id("columns"),
            tasks: by_id("tasks"),
            at: String::new(),
        };
        replica.check_ranks();
        replica
    }

    /// Applies one event, which must be the next.
    pub fn apply(&mut self, event: &Value) {
        assert_eq!(int(event, "seq"), self.seq + 1, "not the next event: {event}");
        self.seq += 1;
        let at = text(event, "at").to_owned();
        assert!(at >= self.at, "time went back: {event}");
        let kind = text(event, "kind").to_owned();
        let change = &event["data"];
        if let Some(ranks) = change["ranks"].as_object() {
            assert!(ranks.len() <= 64, "{} neighbours respaced", ranks.len());
            let items = if kind.starts_with("task.") { &mut self.tasks } else { &mut self.columns };
            for (id, rank) in ranks {
                items.get_mut(id).unwrap_or_else(|| panic!("respaced {id} is unknown"))["rank"] = rank.clone();
            }
        }
        match kind.as_str() {
            "task.created" | "task.restored" => {
                let task = change["task"].clone();
                assert_eq!(task["updated_at"], at, "{event}");
                assert!(task.get("description").is_none(), "no description in an event's task: {event}");
                let before = self.tasks.insert(text(&task, "id").to_owned(), task);
                assert!(before.is_none(), "already there: {event}");
            }
            "task.updated" => {
                let task = self.task(change);
                merge(task, &change["set"]);
                task["version"] = change["version"].clone();
                task["updated_at"] = at.clone().into();
            }
            "task.moved" => {
                let task = self.task(change);
                assert_eq!(task["column_id"], change["from_column_id"], "{event}");
                place(task, change, &change["column_id"], &at);
            }
            "task.deleted" => {
                assert!(self.tasks.remove(text(change, "task_id")).is_some(), "{event}");
            }
            "column.created" => {
                let column = change["column"].clone();
                let before = self.columns.insert(text(&column, "id").to_owned(), column);
                assert!(before.is_none(), "already there: {event}");
            }
            "column.updated" => {
                let column = self.column(change);
                merge(column, &change["set"]);
                column["version"] = change["version"].clone();
            }
            "column.moved" => {
                let column = self.column(change);
                column["rank"] = change["rank"].clone();
                column["version"] = change["version"].clone();
            }
            "column.deleted" => {
                assert!(self.columns.remove(text(change, "column_id")).is_some(), "{event}");
                for moved in list(change, "moved") {
                    let to = change["to_column_id"].clone();
                    place(self.task(moved), moved, &to, &at);
                }
            }
            kind => panic!("unknown kind {kind}"),
        }
        self.at = at;
        self.check_ranks();
    }

    pub fn apply_all<'a>(&mut self, events: impl IntoIterator<Item = &'a Value>) {
        for event in events {
            self.apply(event);
        }
    }

    /// Fails with the first difference.
    #[track_caller]
    pub fn assert_same(&self, other: &Self) {
        assert_eq!(self.seq, other.seq);
        assert_eq!(self.board, other.board);
        for (mine, theirs) in [(&self.columns, &other.columns), (&self.tasks, &other.tasks)] {
            assert_eq!(mine.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
            for (id, item) in mine {
                assert_eq!(item, &theirs[id]);
            }
        }
    }

    /// The ids of a column's tasks in their order.
    pub fn order(&self, column_id: &str) -> Vec<String> {
        let mut tasks: Vec<_> = self.tasks.values().filter(|task| task["column_id"] == column_id).collect();
        tasks.sort_by_key(|task| text(task, "rank"));
        tasks.into_iter().map(|task| text(task, "id").to_owned()).collect()
    }

    /// The ids of the columns in their order.
    pub fn column_order(&self) -> Vec<String> {
        let mut columns: Vec<_> = self.columns.values().collect();
        columns.sort_by_key(|column| text(column, "rank"));
        columns.into_iter().map(|column| text(column, "id").to_owned()).collect()
    }

    pub fn find_task(&self, id: &str) -> Option<&Value> {
        self.tasks.get(id)
    }

    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    fn task(&mut self, change: &Value) -> &mut Value {
        let id = text(change, "task_id");
        self.tasks.get_mut(id).unwrap_or_else(|| panic!("task {id} is unknown"))
    }

    fn column(&mut self, change: &Value) -> &mut Value {
        let id = text(change, "column_id");
        self.columns.get_mut(id).unwrap_or_else(|| panic!("column {id} is unknown"))
    }

    fn check_ranks(&self) {
        let mut seen = HashSet::new();
        for task in self.tasks.values() {
            let (column, rank) = (text(task, "column_id"), text(task, "rank"));
            assert!(self.columns.contains_key(column), "a task in no column: {task}");
            assert!(!rank.is_empty() && rank.len() <= 64, "a rank of {} bytes", rank.len());
            assert!(seen.insert((column, rank)), "two tasks of one rank: {task}");
        }
        for column in self.columns.values() {
            let rank = text(column, "rank");
            assert!(!rank.is_empty() && rank.len() <= 64, "a rank of {} bytes", rank.len());
            assert!(seen.insert(("", rank)), "two columns of one rank: {column}");
        }
    }
}

fn merge(item: &mut Value, set: &Value) {
    for (field, value) in set.as_object().expect("set is an object") {
        if field != "description" {
            item[field] = value.clone();
        }
    }
}

fn place(task: &mut Value, change: &Value, column_id: &Value, at: &str) {
    task["column_id"] = column_id.clone();
    task["updated_at"] = at.into();
    for field in ["rank", "version", "completed_at"] {
        task[field] = change[field].clone();
    }
}
