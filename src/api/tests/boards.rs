//! Writes to a board through its actor, and what is read of it.

use super::*;
use uuid::Uuid;

async fn keyed(node: &Node, person: &Person, path: &str, key: &str, body: Value) -> Reply {
    let bearer = format!("Bearer {}", person.token);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
    node.send(Method::POST, path, &headers, Some(body.to_string().into_bytes())).await
}

#[actix_web::test]
async fn a_task_from_its_making_to_its_return() {
    let node = Node::start().await;
    let (ada, bob) = (node.person("Ada").await, node.person("Bob").await);
    let place = Place::of(&node, &ada).await;
    place.add(&node, &ada, &bob, "member").await;
    let body = json!({"title": "سلام 🦀", "description": "# Hi", "priority": "high", "due_date": "2026-12-01"});
    let made = node.post(&ada, &format!("boards/{}/tasks", place.board), body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!((&made.body["title"], &made.body["description"]), (&json!("سلام 🦀"), &json!("# Hi")));
    assert_eq!((&made.body["status"], &made.body["column_id"]), (&json!("todo"), &json!(place.columns[0])));
    assert_eq!((&made.body["number"], &made.body["version"]), (&json!(1), &json!(1)));
    assert_eq!(made.body["due_date"], "2026-12-01T23:59:59.999999Z");
    assert!(!made.header("idempotency-key").is_empty());
    assert_eq!(made.header("etag"), "\"1\"");
    let task = format!("tasks/{}", made.id());
    let patched = node.patch(&bob, &task, json!({"version": 1, "story_points": 5, "due_date": null})).await;
    assert_eq!((&patched.body["story_points"], &patched.body["due_date"]), (&json!(5), &json!(null)));
    let to = json!({"column_id": place.columns[1], "version": 2});
    let moved = node.post(&ada, &format!("{task}/move"), to).await;
    assert_eq!((&moved.body["status"], &moved.body["version"]), (&json!("in_progress"), &json!(3)));
    let assigned = node.post(&ada, &format!("{task}/assign"), json!({"user_ids": [bob.id, ada.id]})).await;
    assert_eq!(assigned.body["assignee_ids"], json!([bob.id, ada.id]));
    let unassigned = node.delete(&ada, &format!("{task}/assign/{}", ada.id)).await;
    assert_eq!((unassigned.status.as_u16(), &unassigned.body["assignee_ids"]), (200, &json!([bob.id])));
    let done = node.as_(&ada, Method::POST, &format!("{task}/complete"), None).await;
    assert_eq!((&done.body["status"], done.body["completed_at"].is_string()), (&json!("done"), true));
    assert_eq!(node.delete(&ada, &task).await.status, 204);
    assert_eq!(node.get(&ada, &task).await.status, 404);
    let back = node.as_(&ada, Method::POST, &format!("{task}/restore"), None).await;
    assert_eq!((back.status.as_u16(), &back.body["version"]), (200, &json!(8)), "{}", back.body);
    assert_eq!(node.get(&ada, &task).await.body, back.body);
    let history = node.get(&ada, &format!("{task}/history?limit=2")).await;
    let kinds: Vec<_> = history.body["items"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["task.restored", "task.deleted"]);
    let cursor = history.body["next_cursor"].as_str().unwrap();
    let older = node.get(&ada, &format!("{task}/history?limit=200&cursor={cursor}")).await;
    assert_eq!((older.body["items"].as_array().unwrap().len(), &older.body["next_cursor"]), (6, &json!(null)));
}

#[actix_web::test]
async fn a_key_is_applied_once() {
    let node = Node::start().await;
    let (ada, bob) = (node.person("Ada").await, node.person("Bob").await);
    let place = Place::of(&node, &ada).await;
    place.add(&node, &ada, &bob, "member").await;
    let (tasks, key) = (format!("boards/{}/tasks", place.board), Uuid::now_v7().to_string());
    let first = keyed(&node, &ada, &tasks, &key, json!({"title": "Once"})).await;
    assert_eq!((first.status.as_u16(), first.header("idempotency-key")), (201, key.as_str()));
    node.patch(&ada, &format!("tasks/{}", first.id()), json!({"title": "Changed"})).await;
    let again = keyed(&node, &ada, &tasks, &key, json!({"title": "Once"})).await;
    assert_eq!((again.status.as_u16(), again.id(), &again.body["title"]), (201, first.id(), &json!("Changed")));
    for (person, title) in [(&ada, "Twice"), (&bob, "Once")] {
        let other = keyed(&node, person, &tasks, &key, json!({"title": title})).await;
        assert_eq!((other.status.as_u16(), other.code()), (409, "CONFLICT"), "{title}");
    }
    let bad = keyed(&node, &ada, &tasks, "no-uuid", json!({"title": "Once"})).await;
    assert_eq!((bad.status.as_u16(), bad.field()), (400, "Idempotency-Key"));
    let seen = node.get(&ada, &format!("boards/{}/events", place.board)).await;
    assert_eq!(seen.body["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn versions_are_compared() {
    let node = Node::start().await;
    let (ada, bob) = (node.person("Ada").await, node.person("Bob").await);
    let place = Place::of(&node, &ada).await;
    place.add(&node, &ada, &bob, "member").await;
    let task = format!("tasks/{}", place.task(&node, &ada, "A task").await);
    assert_eq!(node.patch(&bob, &task, json!({"version": 1, "title": "By Bob"})).await.status, 200);
    let merged = node.patch(&ada, &task, json!({"version": 1, "priority": "low"})).await;
    assert_eq!((merged.status.as_u16(), &merged.body["title"]), (200, &json!("By Bob")));
    let refused = node.patch(&ada, &task, json!({"version": 1, "title": "By Ada"})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "VERSION_CONFLICT"));
    let error = &refused.body["error"];
    assert_eq!((&error["current"]["title"], &error["current"]["version"]), (&json!("By Bob"), &json!(3)));
    assert_eq!(
        (&error["conflicts"][0]["field"], &error["conflicts"][0]["actor_id"]),
        (&json!("title"), &json!(bob.id))
    );
    let bearer = format!("Bearer {}", ada.token);
    let with = async |value: &str, body: Value| {
        let headers = [("authorization", bearer.as_str()), ("if-match", value)];
        node.send(Method::PATCH, &task, &headers, Some(body.to_string().into_bytes())).await
    };
    assert_eq!(with("\"1\"", json!({"title": "By Ada"})).await.code(), "VERSION_CONFLICT");
    assert_eq!(with("\"3\"", json!({"title": "By Ada"})).await.status, 200);
    assert_eq!(with("\"4\"", json!({"title": "Again", "version": 3})).await.field(), "version");
    assert_eq!(with("four", json!({"title": "Again"})).await.field(), "If-Match");
    assert_eq!(with("\"99\"", json!({"title": "Again"})).await.status, 400);
    for body in [json!({}), json!({"title": "ab"}), json!({"title": null}), json!({"version": 0, "title": "abc"})] {
        assert_eq!(node.patch(&ada, &task, body.clone()).await.code(), "VALIDATION_ERROR", "{body}");
    }
    assert_eq!(node.patch(&ada, &task, json!({"title": "ab"})).await.field(), "title");
}

#[actix_web::test]
async fn columns_are_made_changed_moved_and_deleted() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let place = Place::of(&node, &ada).await;
    let body = json!({"name": "Later", "status": "todo", "after": place.columns[0]});
    let made = node.post(&ada, &format!("boards/{}/columns", place.board), body).await;
    assert_eq!((made.status.as_u16(), &made.body["version"]), (201, &json!(1)), "{}", made.body);
    let column = format!("columns/{}", made.id());
    let changed = node.patch(&ada, &column, json!({"wip_limit": 1, "version": 1})).await;
    assert_eq!((&changed.body["wip_limit"], &changed.body["version"]), (&json!(1), &json!(2)));
    assert_eq!(node.patch(&ada, &column, json!({"name": "x".repeat(51)})).await.field(), "name");
    let moved = node.post(&ada, &format!("{column}/move"), json!({"before": place.columns[0]})).await;
    assert_eq!(moved.status, 200);
    let tasks = format!("boards/{}/tasks", place.board);
    let task = node.post(&ada, &tasks, json!({"title": "One", "column_id": made.id()})).await.id();
    let full = node.post(&ada, &tasks, json!({"title": "Two", "column_id": made.id()})).await;
    assert_eq!((full.status.as_u16(), full.code()), (409, "WIP_LIMIT"));
    assert_eq!(node.delete(&ada, &column).await.code(), "CONFLICT");
    let away = format!("{column}?move_tasks_to={}", place.columns[2]);
    assert_eq!(node.delete(&ada, &away).await.status, 204);
    assert_eq!(node.get(&ada, &format!("tasks/{task}")).await.body["status"], "in_review");
    assert_eq!(node.patch(&ada, &column, json!({"name": "Gone"})).await.status, 404);
}

#[actix_web::test]
async fn many_ops_at_once() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let place = Place::of(&node, &ada).await;
    let ops = format!("boards/{}/ops", place.board);
    let create = |title: &str| json!({"op_id": Uuid::now_v7(), "kind": "task.create", "column_id": place.columns[0], "title": title});
    let gone = json!({"op_id": Uuid::now_v7(), "kind": "task.delete", "task_id": Uuid::now_v7()});
    let some = node.post(&ada, &ops, json!({"ops": [create("One"), gone, create("x"), create("Two")]})).await;
    let results = some.body["results"].as_array().unwrap();
    let of = |i: usize| (results[i]["status"].as_str().unwrap(), results[i]["code"].as_str().unwrap_or_default());
    assert_eq!([of(0), of(1)], [("applied", ""), ("rejected", "NOT_FOUND")]);
    assert_eq!([of(2), of(3)], [("rejected", "VALIDATION_ERROR"), ("applied", "")]);
    assert!(results[0]["task_id"].is_string() && results[0]["number"].is_i64() && results[0]["seq"] == 1);
    let none = node.post(&ada, &ops, json!({"ops": [create("Three"), gone, create("Four")], "atomic": true})).await;
    assert_eq!((none.status.as_u16(), none.code(), none.field()), (409, "NOT_FOUND", "ops[1]"), "{}", none.body);
    let all = node.post(&ada, &ops, json!({"ops": [create("Three"), create("Four")], "atomic": true})).await;
    assert_eq!((&all.body["results"][0]["seq"], &all.body["results"][1]["seq"]), (&json!(3), &json!(4)));
    let thousand: Vec<_> = (0..1_000).map(|i| create(&format!("Task {i}"))).collect();
    let done = node.post(&ada, &ops, json!({"ops": thousand})).await;
    assert_eq!((done.status.as_u16(), &done.body["results"][999]["seq"]), (200, &json!(1004)));
    for (body, field) in [
        (json!({"ops": []}), "ops"),
        (json!({"ops": vec![create("x"); 1_001]}), "ops"),
        (json!({"ops": [{"kind": "task.create"}]}), "ops[0].op_id"),
        (json!({"ops": [create("One"), {"op_id": Uuid::nil(), "kind": "fly"}]}), "ops[1].kind"),
        (json!({"ops": [1]}), "ops[0]"),
        (json!({}), "ops"),
    ] {
        let reply = node.post(&ada, &ops, body).await;
        assert_eq!((reply.status.as_u16(), reply.field()), (400, field));
    }
}

#[actix_web::test]
async fn the_log_is_read_in_pieces() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let place = Place::of(&node, &ada).await;
    for i in 0..5 {
        place.task(&node, &ada, &format!("Task {i}")).await;
    }
    let events = format!("boards/{}/events", place.board);
    let first = node.get(&ada, &format!("{events}?limit=3")).await;
    let seqs = |reply: &Reply| {
        let items = reply.body["items"].as_array().unwrap().clone();
        items.iter().map(|event| event["seq"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((seqs(&first), &first.body["next_since"]), (vec![1, 2, 3], &json!(3)));
    let rest = node.get(&ada, &format!("{events}?since=3")).await;
    assert_eq!((seqs(&rest), &rest.body["next_since"]), (vec![4, 5], &json!(null)));
    assert!(seqs(&node.get(&ada, &format!("{events}?since=99")).await).is_empty());
    assert_eq!(rest.body["items"][0]["data"]["task"]["title"], "Task 3");
    for query in ["since=-1", "since=x", "limit=0", "limit=1001"] {
        assert_eq!(node.get(&ada, &format!("{events}?{query}")).await.status, 400, "{query}");
    }
    let board = node.get(&ada, &format!("boards/{}", place.board)).await;
    assert_eq!((&board.body["seq"], board.body["snapshot"]["tasks"].as_array().unwrap().len()), (&json!(5), 5));
    assert!(board.body["snapshot"]["tasks"][0].get("description").is_none());
}

#[actix_web::test]
async fn tasks_are_found_by_filter_and_in_order() {
    let node = Node::start().await;
    let (ada, bob) = (node.person("Ada").await, node.person("Bob").await);
    let place = Place::of(&node, &ada).await;
    let tasks = format!("boards/{}/tasks", place.board);
    for (title, priority, due, column) in [
        ("Alpha 100%", "low", json!("2026-05-01"), 0),
        ("Beta", "critical", json!(null), 1),
        ("Gamma_x", "high", json!("2026-03-01"), 4),
        ("Delta", "medium", json!(null), 4),
    ] {
        let body = json!({"title": title, "priority": priority, "due_date": due, "column_id": place.columns[column],
            "assignee_ids": if title == "Beta" { vec![ada.id] } else { vec![] }});
        assert_eq!(node.post(&ada, &tasks, body).await.status, 201);
    }
    let titles = async |person: &Person, query: &str| {
        let reply = node.get(person, &format!("tasks?{query}")).await;
        let items = reply.body["items"].as_array().unwrap_or_else(|| panic!("{query}: {}", reply.body)).clone();
        let titles: Vec<_> = items.iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect();
        titles.join(",")
    };
    let ada_id = ada.id;
    for (query, expected) in [
        (String::new(), "Delta,Gamma_x,Beta,Alpha 100%"),
        ("sort=created_at".into(), "Alpha 100%,Beta,Gamma_x,Delta"),
        ("sort=-updated_at".into(), "Delta,Gamma_x,Beta,Alpha 100%"),
        ("sort=number".into(), "Alpha 100%,Beta,Gamma_x,Delta"),
        ("sort=priority".into(), "Alpha 100%,Delta,Gamma_x,Beta"),
        ("sort=-priority".into(), "Beta,Gamma_x,Delta,Alpha 100%"),
        ("sort=due_date".into(), "Gamma_x,Alpha 100%,Beta,Delta"),
        ("sort=-due_date".into(), "Alpha 100%,Gamma_x,Delta,Beta"),
        ("status=done&sort=number".into(), "Gamma_x,Delta"),
        ("status=todo,in_progress&sort=number".into(), "Alpha 100%,Beta"),
        ("priority=high,critical&sort=number".into(), "Beta,Gamma_x"),
        ("due_before=2026-04-01".into(), "Gamma_x"),
        ("q=ALPHA".into(), "Alpha 100%"),
        ("q=0%25".into(), "Alpha 100%"),
        ("q=a_x".into(), "Gamma_x"),
        ("q=%5C".into(), ""),
        (format!("assignee_id={ada_id}"), "Beta"),
        (format!("project_id={}&sort=number&limit=1", place.project), "Alpha 100%"),
        (format!("workspace_id={}&board_id={}&q=beta", place.workspace, place.board), "Beta"),
    ] {
        assert_eq!(titles(&ada, &query).await, expected, "{query}");
    }
    assert_eq!(titles(&bob, "").await, "");
    for sort in ["created_at", "-created_at", "due_date", "-due_date", "priority", "-priority", "number"] {
        let whole = titles(&ada, &format!("sort={sort}")).await;
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = node.get(&ada, &format!("tasks?sort={sort}&limit=1{cursor}")).await;
            pages.push(page.body["items"][0]["title"].as_str().unwrap().to_owned());
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(pages.join(","), whole, "{sort}");
        let wrong = node.get(&ada, &format!("tasks?sort=-number{cursor}")).await;
        assert_eq!(wrong.field(), "cursor");
    }
    let anywhere = json!({"title": "By project", "project_id": place.project});
    assert_eq!(node.post(&ada, "tasks", anywhere).await.body["board_id"], json!(place.board));
    assert_eq!(node.post(&ada, "tasks", json!({"title": "Nowhere"})).await.field(), "board_id");
    assert_eq!(node.post(&bob, "tasks", json!({"title": "Foreign", "board_id": place.board})).await.status, 404);
}
