//! Logs of events for clients to hold their replay against: what stands in `web/src/sync/fixtures` is what this server
//! says. `TEAMFLOW_RECORD=1` writes them anew; otherwise a difference fails.

use crate::support::*;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// A board of its own, and those who work on it.
struct Desk {
    world: World,
    board: String,
    room: String,
    columns: Vec<String>,
    labels: Vec<String>,
    client: Client,
    colleague: Client,
    ops: Vec<Value>,
}

impl Desk {
    async fn new() -> Self {
        let world = World::start(Engine::Sqlite).await;
        let token = &world.owner().token;
        let path = format!("/workspaces/{}/projects", world.workspace());
        let project = world.rest.post(&path, token, json!({"name": "Recorded", "key": "REC"})).await.ok(201);
        let board = text(&project, "board_id").to_owned();
        let read = world.rest.get(&format!("/boards/{board}"), token).await.ok(200);
        let columns = list(&read["snapshot"], "columns").iter().map(|column| text(column, "id").to_owned()).collect();
        let mut labels = Vec::new();
        for name in ["bug", "idea"] {
            let path = format!("/projects/{}/labels", text(&project, "id"));
            let label = world.rest.post(&path, token, json!({"name": name, "color": "#aa3355"})).await.ok(201);
            labels.push(text(&label, "id").to_owned());
        }
        let (client, colleague) = (world.connect(world.owner()).await, world.connect(world.member(0)).await);
        world.set_role(world.member(0), "admin").await;
        let room = format!("board:{board}");
        Self { world, board, room, columns, labels, client, colleague, ops: Vec::new() }
    }

    async fn read(&self) -> Value {
        let read = self.world.rest.get(&format!("/boards/{}", self.board), &self.world.owner().token).await.ok(200);
        json!({"seq": read["seq"], "snapshot": read["snapshot"]})
    }

    /// Sends ops that must be applied, one by one, so that no two have the same time.
    async fn ask(&mut self, ops: impl IntoIterator<Item = Value>) {
        for op in ops {
            let op_id = new_id();
            let ack = self.client.op_as(&self.room, &op_id, op.clone()).await;
            assert_eq!(ack["type"], "ack", "{op}: {ack}");
            self.ops.push(json!({"op_id": op_id, "op": op}));
        }
    }

    /// The same, not recorded, in one request.
    async fn prepare(&self, ops: Vec<Value>) {
        let ops: Vec<_> = ops
            .into_iter()
            .map(|mut op| {
                op["op_id"] = new_id().into();
                op
            })
            .collect();
        let path = format!("/boards/{}/ops", self.board);
        let body = json!({"ops": ops, "atomic": true});
        self.world.rest.post(&path, &self.world.owner().token, body).await.ok(200);
    }

    /// All since `start`, in words that are the same in every run.
    async fn finish(self, name: &str, start: Value) {
        let events = world::log_of(&self.world.rest, &self.board, &self.world.owner().token, int(&start, "seq")).await;
        assert_eq!(events.len(), self.ops.len());
        let record = json!({"start": start, "ops": self.ops, "events": events, "end": self.read().await});
        compare(name, &timeless(record));
    }
}

/// An id of the nth thing that a test makes.
fn id(n: usize) -> String {
    uuid::Uuid::from_u128(0xaaaa_aaaa_0000_7000_8000_0000_0000_0000 + n as u128).to_string()
}

/// Replaces what differs from run to run: ids by their first appearance, times by their order.
fn timeless(record: Value) -> Value {
    let (mut ids, mut times) = (HashMap::new(), BTreeSet::new());
    visit(&record, &mut |key, text| {
        if is_time(text) && key != "due_date" {
            times.insert(text.to_owned());
        } else if uuid::Uuid::parse_str(text).is_ok() && !text.starts_with("aaaaaaaa-") {
            let next = ids.len() + 1;
            ids.entry(text.to_owned()).or_insert_with(|| format!("00000000-0000-7000-8000-{next:012}"));
        }
    });
    let mut words = record.to_string();
    for (from, to) in ids {
        words = words.replace(&from, &to);
    }
    for (n, time) in times.into_iter().enumerate() {
        let at = format!("\"2026-01-01T{:02}:{:02}:{:02}.000000Z\"", n / 3_600, n / 60 % 60, n % 60);
        words = words.replace(&format!("\"{time}\""), &at);
    }
    serde_json::from_str(&words).unwrap()
}

fn is_time(text: &str) -> bool {
    text.len() == 27 && text.ends_with('Z') && text.as_bytes()[10] == b'T'
}

fn visit(value: &Value, see: &mut impl FnMut(&str, &str)) {
    visit_under("", value, see);
}

fn visit_under(key: &str, value: &Value, see: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => see(key, text),
        Value::Array(items) => items.iter().for_each(|item| visit_under(key, item, see)),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| visit_under(name, field, see)),
        _ => {}
    }
}

fn compare(name: &str, record: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("web/src/sync/fixtures/{name}.json"));
    if std::env::var_os("TEAMFLOW_RECORD").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, lines(record)).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let kept: Value = serde_json::from_str(&kept).unwrap();
    for (i, (old, new)) in list(&kept, "events").iter().zip(list(record, "events")).enumerate() {
        assert_eq!(old, new, "event {i} of {name}; TEAMFLOW_RECORD=1 records anew");
    }
    assert_eq!(&kept, record, "{name} differs; TEAMFLOW_RECORD=1 records anew");
}

/// JSON with a line for each event, so that a difference can be read.
fn lines(record: &Value) -> String {
    let mut text = String::from("{\n");
    for (key, value) in record.as_object().unwrap() {
        let end = if key == "end" { "\n}\n" } else { ",\n" };
        match value.as_array() {
            Some(items) => {
                let items: Vec<_> = items.iter().map(|item| format!("    {item}")).collect();
                write!(text, "  \"{key}\": [\n{}\n  ]{end}", items.join(",\n")).unwrap();
            }
            None => write!(text, "  \"{key}\": {value}{end}").unwrap(),
        }
    }
    text
}

#[test]
fn what_is_done_with_tasks() {
    block_on(async {
        let mut desk = Desk::new().await;
        let start = desk.read().await;
        let [todo, doing, done] = [0, 1, 4].map(|n| desk.columns[n].clone());
        let [bug, idea] = [0, 1].map(|n| desk.labels[n].clone());
        let [ada, bob] = [desk.world.owner().id.clone(), desk.world.member(0).id.clone()];
        desk.ask([
            json!({"kind": "task.create", "task_id": id(1), "column_id": todo, "title": "Plain"}),
            json!({"kind": "task.create", "task_id": id(2), "column_id": todo, "title": "Rich · غنی", "before": id(1),
                "description": "Long", "priority": "critical", "story_points": 8, "due_date": "2026-03-01T12:00:00.000000Z",
                "assignee_ids": [bob, ada], "label_ids": [bug]}),
            json!({"kind": "task.create", "task_id": id(3), "column_id": done, "title": "Done at once"}),
            json!({"kind": "task.create", "task_id": id(4), "column_id": todo, "title": "Between", "after": id(2)}),
            json!({"kind": "task.update", "task_id": id(1), "version": 1, "set": {"title": "Plainer", "priority": "low"}}),
            json!({"kind": "task.update", "task_id": id(1), "set": {"description": "Nobody sees it here"}}),
            json!({"kind": "task.update", "task_id": id(1), "set": {"story_points": 3, "due_date": "2026-04-01T00:00:00.000000Z",
                "assignee_ids": [ada], "label_ids": [idea, bug]}}),
            json!({"kind": "task.update", "task_id": id(1), "add_assignee_ids": [bob], "remove_assignee_ids": [ada]}),
            json!({"kind": "task.update", "task_id": id(1), "add_label_ids": [bug], "remove_label_ids": [idea]}),
            json!({"kind": "task.update", "task_id": id(1), "set": {"assignee_ids": [ada], "title": "Mixed"},
                "add_assignee_ids": [bob], "remove_assignee_ids": [ada]}),
            json!({"kind": "task.update", "task_id": id(2), "set": {"story_points": null, "due_date": null}}),
            json!({"kind": "task.update", "task_id": id(2), "set": {"title": "Rich · غنی"}}),
            json!({"kind": "task.move", "task_id": id(1), "column_id": todo, "before": id(2)}),
            json!({"kind": "task.move", "task_id": id(1), "column_id": todo, "before": id(2)}),
            json!({"kind": "task.move", "task_id": id(1), "column_id": done, "after": id(3)}),
            json!({"kind": "task.move", "task_id": id(4), "column_id": done, "before": id(1)}),
            json!({"kind": "task.move", "task_id": id(1), "column_id": doing}),
            json!({"kind": "task.move", "task_id": id(4), "column_id": todo, "after": id(2), "before": id(2)}),
            json!({"kind": "task.move", "task_id": id(2), "column_id": todo}),
            json!({"kind": "task.delete", "task_id": id(2), "version": 4}),
            json!({"kind": "task.create", "task_id": id(5), "column_id": todo, "title": "In its place"}),
            json!({"kind": "task.restore", "task_id": id(2)}),
            json!({"kind": "task.delete", "task_id": id(3)}),
            json!({"kind": "task.restore", "task_id": id(3)}),
            json!({"kind": "task.delete", "task_id": id(3)}),
            json!({"kind": "task.update", "task_id": id(2), "set": {"priority": "high"}}),
        ])
        .await;
        desk.finish("tasks", start).await;
    });
}

#[test]
fn what_is_done_with_columns() {
    block_on(async {
        let mut desk = Desk::new().await;
        let start = desk.read().await;
        let columns = desk.columns.clone();
        let task = |n: usize, column: &str| json!({"kind": "task.create", "task_id": id(n), "column_id": column, "title": format!("Task {n}")});
        desk.ask([
            json!({"kind": "column.create", "column_id": id(1), "name": "Late", "status": "done", "wip_limit": 7}),
            json!({"kind": "column.create", "column_id": id(2), "name": "Early", "status": "blocked", "before": columns[0]}),
            json!({"kind": "column.create", "column_id": id(3), "name": "Middle", "status": "todo", "after": columns[0]}),
            json!({"kind": "column.update", "column_id": id(3), "version": 1, "set": {"name": "میانه", "status": "in_review"}}),
            json!({"kind": "column.update", "column_id": id(3), "set": {"wip_limit": 4}}),
            json!({"kind": "column.update", "column_id": id(1), "set": {"wip_limit": null}}),
            json!({"kind": "column.move", "column_id": id(3), "after": id(1)}),
            json!({"kind": "column.move", "column_id": id(3), "after": id(1)}),
            json!({"kind": "column.move", "column_id": id(1), "before": id(2)}),
            task(11, &id(3)),
            task(12, &id(3)),
            task(13, &id(3)),
            task(14, &id(1)),
            json!({"kind": "task.move", "task_id": id(13), "column_id": id(3), "before": id(11)}),
            json!({"kind": "task.delete", "task_id": id(12)}),
            json!({"kind": "column.delete", "column_id": id(3), "version": 5, "move_tasks_to": id(1)}),
            // Its column is gone: it comes to the first one.
            json!({"kind": "task.restore", "task_id": id(12)}),
            json!({"kind": "column.update", "column_id": id(1), "set": {"status": "todo"}}),
            json!({"kind": "column.delete", "column_id": id(1), "move_tasks_to": columns[1]}),
            json!({"kind": "column.delete", "column_id": id(2)}),
        ])
        .await;
        desk.finish("columns", start).await;
    });
}

/// New ranks for neighbours. What made the old ones long is not recorded.
#[test]
fn what_happens_where_a_gap_runs_out() {
    block_on(async {
        let mut desk = Desk::new().await;
        let column = desk.columns[0].clone();
        let (mut tasks, mut columns) = (Vec::new(), Vec::new());
        let mut gap = (0, 1);
        let count = 240;
        for n in 0..count {
            let mut task =
                json!({"kind": "task.create", "task_id": id(n), "column_id": column, "title": format!("Task {n}")});
            let mut wall =
                json!({"kind": "column.create", "column_id": id(1_000 + n), "name": "Column", "status": "blocked"});
            if n >= 2 {
                task["after"] = id(gap.0).into();
                wall["after"] = id(1_000 + gap.0).into();
                gap = if n % 2 == 0 { (gap.0, n) } else { (n, gap.1) };
            }
            tasks.push(task);
            columns.push(wall);
        }
        desk.prepare(tasks).await;
        desk.prepare(columns).await;
        let others: Vec<usize> = (0..count - 6).collect();
        desk.prepare(others.iter().map(|n| json!({"kind": "task.delete", "task_id": id(*n)})).collect()).await;
        desk.prepare(others.iter().map(|n| json!({"kind": "column.delete", "column_id": id(1_000 + n)})).collect())
            .await;
        let start = desk.read().await;
        for n in 500..560 {
            let [after, after_column] = [id(gap.0), id(1_000 + gap.0)];
            desk.ask([
                json!({"kind": "task.create", "task_id": id(n), "column_id": column, "title": "Squeezed", "after": after}),
                json!({"kind": "column.create", "column_id": id(1_000 + n), "name": "Squeezed", "status": "todo",
                    "after": after_column}),
            ])
            .await;
            gap = if n % 2 == 0 { (gap.0, n) } else { (n, gap.1) };
            let log = world::log_of(&desk.world.rest, &desk.board, &desk.world.owner().token, int(&start, "seq")).await;
            let respaced =
                |kind: &str| log.iter().any(|event| event["kind"] == kind && event["data"]["ranks"].is_object());
            if respaced("task.created") && respaced("column.created") {
                return desk.finish("respaced", start).await;
            }
        }
        panic!("the gap has not run out");
    });
}

/// Two people, many things.
#[test]
fn what_a_day_brings() {
    block_on(async {
        let mut desk = Desk::new().await;
        let start = desk.read().await;
        let mut state = 7_u64;
        let mut roll = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for n in 0..220 {
            let task = id(roll(16));
            let column = match roll(7) {
                made @ 5.. => id(100 + made),
                first => desk.columns[first].clone(),
            };
            let op = match roll(16) {
                0..4 => {
                    json!({"kind": "task.create", "task_id": task, "column_id": column, "title": format!("Task {n}"), "after": id(roll(16))})
                }
                4..9 => json!({"kind": "task.move", "task_id": task, "column_id": column, "before": id(roll(16))}),
                9 | 10 => {
                    json!({"kind": "task.update", "task_id": task, "set": {"title": format!("Title {n}"), "story_points": 1 + roll(21)}})
                }
                11 => json!({"kind": "task.delete", "task_id": task}),
                12 => json!({"kind": "task.restore", "task_id": task}),
                13 => {
                    json!({"kind": "column.create", "column_id": id(105 + roll(2)), "name": "New", "status": "in_review", "after": column})
                }
                14 => json!({"kind": "column.move", "column_id": column, "before": desk.columns[roll(5)]}),
                _ => json!({"kind": "column.update", "column_id": column, "set": {"name": format!("Column {n}")}}),
            };
            let op_id = new_id();
            let client = if roll(2) == 0 { &mut desk.client } else { &mut desk.colleague };
            if client.op_as(&desk.room, &op_id, op.clone()).await["type"] == "ack" {
                desk.ops.push(json!({"op_id": op_id, "op": op}));
            }
        }
        assert!(desk.ops.len() > 80, "only {} were applied", desk.ops.len());
        desk.finish("day", start).await;
    });
}
