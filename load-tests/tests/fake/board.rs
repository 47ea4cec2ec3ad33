use super::Fault;
use super::session::Out;
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

pub struct Board {
    pub id: Uuid,
    columns: Vec<Uuid>,
    tasks: Vec<Task>,
    /// Events as they cross the wire, in order; `None` where one was "lost".
    pub log: Vec<Option<String>>,
    /// What each op was answered with.
    pub answered: HashMap<Uuid, (u64, u64)>,
    pub readers: Vec<(usize, Out)>,
}

struct Task {
    id: Uuid,
    title: String,
    column: Uuid,
    rank: String,
    version: u64,
}

impl Board {
    pub fn new(number: usize, tasks: usize) -> Self {
        let id = |kind: u128, n: usize| Uuid::from_u128(kind << 96 | (number as u128) << 32 | n as u128);
        let columns: Vec<Uuid> = (0..5).map(|n| id(2, n)).collect();
        let task = |n: usize| Task {
            id: id(3, n),
            title: "{\"seq\":1".to_owned(),
            column: columns[n % 5],
            rank: format!("a{n}"),
            version: 1,
        };
        Self {
            id: id(1, 7),
            tasks: (0..tasks).map(task).collect(),
            columns,
            log: Vec::new(),
            answered: HashMap::new(),
            readers: Vec::new(),
        }
    }

    pub fn seq(&self) -> u64 {
        self.log.len() as u64
    }

    pub fn seeded(&self, workspace: Uuid) -> Value {
        let task_ids: Vec<Uuid> = self.tasks.iter().map(|task| task.id).collect();
        json!({
            "id": self.id, "project_id": Uuid::nil(), "workspace_id": workspace, "column_ids": self.columns,
            "task_ids": task_ids,
        })
    }

    pub fn snapshot(&self, fault: Fault) -> Value {
        let columns: Vec<Value> = self.columns.iter().map(|id| json!({"id": id, "name": "x"})).collect();
        let shift = u64::from(fault == Fault::WrongSnapshot);
        let task = |task: &Task| {
            let version = task.version + shift;
            json!({"id": task.id, "title": task.title, "column_id": task.column, "rank": task.rank, "version": version})
        };
        json!({"board": {"id": self.id}, "columns": columns, "tasks": self.tasks.iter().map(task).collect::<Vec<_>>()})
    }

    /// Applies a move or a new title; answers seq, version and the event's text.
    pub fn apply(&mut self, op_id: Uuid, op: &Value, fault: Fault) -> Result<(u64, u64, String), &'static str> {
        let seq = self.seq() + 1;
        let id = |key: &str| op[key].as_str().and_then(|id| id.parse::<Uuid>().ok());
        let is_known = id("after").is_none_or(|after| self.tasks.iter().any(|task| task.id == after));
        let task = self.tasks.iter_mut().find(|task| Some(task.id) == id("task_id")).unwrap();
        if op["version"].as_u64().is_some_and(|version| version != task.version) {
            return Err("VERSION_CONFLICT");
        }
        task.version += 1;
        let (task_id, version) = (task.id, task.version);
        let (kind, data) = if op["kind"] == "task.move" {
            let column = id("column_id").unwrap();
            assert!(is_known && self.columns.contains(&column));
            let from = std::mem::replace(&mut task.column, column);
            task.rank = format!("b{seq}");
            let data = json!({
                "task_id": task_id, "version": version, "from_column_id": from, "column_id": column,
                "rank": task.rank, "completed_at": null,
            });
            ("task.moved", data)
        } else {
            assert_eq!(op["kind"], "task.update");
            op["set"]["title"].as_str().unwrap().clone_into(&mut task.title);
            ("task.updated", json!({"task_id": task_id, "version": version, "set": op["set"]}))
        };
        // The protocol's own key order, which serde_json's map does not keep.
        let text = format!(
            r#"{{"seq":{seq},"kind":"{kind}","op_id":"{op_id}","actor_id":"{}","at":"2026-01-01T00:00:00.000000Z","data":{data}}}"#,
            Uuid::nil()
        );
        let lost = fault == Fault::LostOp && seq == 11;
        self.log.push((!lost).then(|| text.clone()));
        self.answered.insert(op_id, (seq, version));
        Ok((seq, version, text))
    }
}
