//! Protocol section 6: a board's writes through REST, with the same promises as over the socket.

use crate::both;
use crate::rooms::TASK_KEYS;
use crate::support::rest::names_field;
use crate::support::*;
use crate::tasks::done_column;

both! {
    a_task_through_rest,
    a_replay_is_answered_again,
    a_base_version_may_come_in_two_ways,
    columns_through_rest,
    bulk,
    the_log_is_read_in_pages,
    a_read_sees_what_was_acked,
    tasks_are_found_by_what_they_are,
}

async fn a_task_through_rest(engine: Engine) {
    let world = World::start(engine).await;
    let (mut client, mut replica) = world.follow(world.member(1)).await;
    let (rest, token) = (&world.rest, &world.member(0).token);
    let path = format!("/boards/{}/tasks", world.board().id);
    let reply =
        rest.post(&path, token, json!({"title": "Soup", "description": "with *salt*", "priority": "high"})).await;
    let op_id = reply.header("idempotency-key").expect("the server made one").to_owned();
    let task = reply.ok(201);
    for key in TASK_KEYS {
        assert!(task.get(key).is_some(), "{key} is missing: {task}");
    }
    assert_eq!(
        (&task["title"], &task["description"], &task["version"]),
        (&json!("Soup"), &json!("with *salt*"), &json!(1))
    );
    assert_eq!(task["column_id"], replica.column_order()[0].as_str(), "without a column: the first");
    let event = client.event(&world.room()).await;
    assert_eq!((text(&event, "op_id"), text(&event, "actor_id")), (op_id.as_str(), world.member(0).id.as_str()));
    replica.apply(&event);
    let task_path = format!("/tasks/{}", text(&task, "id"));
    assert_eq!(rest.get(&task_path, token).await.ok(200), task);

    let patched =
        rest.patch(&task_path, token, json!({"title": "Stew", "story_points": 8, "version": 1})).await.ok(200);
    assert_eq!(
        (&patched["title"], &patched["story_points"], &patched["version"]),
        (&json!("Stew"), &json!(8), &json!(2))
    );
    let event = client.event(&world.room()).await;
    assert_eq!(event["kind"], "task.updated", "one op");
    replica.apply(&event);
    let moved = json!({"column_id": world.column(2), "version": 2});
    let moved = rest.post(&format!("{task_path}/move"), token, moved).await.ok(200);
    assert_eq!((&moved["column_id"], &moved["version"]), (&json!(world.column(2)), &json!(3)));
    let users = json!({"user_ids": [world.member(0).id, world.member(1).id]});
    let assigned = rest.post(&format!("{task_path}/assign"), token, users).await.ok(200);
    assert_eq!(list(&assigned, "assignee_ids").len(), 2);
    let completed = rest.post(&format!("{task_path}/complete"), token, json!(null)).await.ok(200);
    assert_eq!(completed["column_id"], done_column(&world).await.as_str());
    assert!(completed["completed_at"].is_string());
    rest.delete(&task_path, &world.owner().token).await.ok(204);
    rest.get(&task_path, token).await.refused(404, "NOT_FOUND");
    let restored = rest.post(&format!("{task_path}/restore"), &world.owner().token, json!(null)).await.ok(200);
    assert_eq!((&restored["title"], &restored["description"]), (&json!("Stew"), &json!("with *salt*")));
    world.assert_converged(&mut client, &mut replica).await;

    let history = rest.pages(&format!("{task_path}/history?limit=2"), token).await;
    let mut kinds: Vec<_> = history.iter().map(|event| text(event, "kind")).collect();
    if kinds.first() == Some(&"task.restored") {
        kinds.reverse();
    }
    let expected =
        ["task.created", "task.updated", "task.moved", "task.updated", "task.moved", "task.deleted", "task.restored"];
    assert_eq!(kinds, expected);
}

/// `Idempotency-Key` is the `op_id`; a replay answers with the first status and the task as it now stands.
async fn a_replay_is_answered_again(engine: Engine) {
    let world = World::start(engine).await;
    let (rest, token) = (&world.rest, &world.member(0).token);
    let path = format!("/boards/{}/tasks", world.board().id);
    let (key, body) = (new_id(), json!({"title": "once"}));
    let keyed = [("idempotency-key", key.as_str())];
    let first = rest.call("POST", &path, token, &keyed, &body).await;
    assert_eq!(first.header("idempotency-key"), Some(key.as_str()));
    let first = first.ok(201);
    let task_path = format!("/tasks/{}", text(&first, "id"));
    rest.patch(&task_path, token, json!({"title": "changed since"})).await.ok(200);
    let again = rest.call("POST", &path, token, &keyed, &body).await.ok(201);
    assert_eq!((&again["id"], &again["title"]), (&first["id"], &json!("changed since")));
    rest.call("POST", &path, token, &keyed, &json!({"title": "another"})).await.refused(409, "CONFLICT");
    rest.call("POST", &path, &world.member(1).token, &keyed, &body).await.refused(409, "CONFLICT");
    // The other door knows it too: completing twice is one event.
    let key = new_id();
    for _ in 0..2 {
        let complete = format!("{task_path}/complete");
        rest.call("POST", &complete, token, &[("idempotency-key", &key)], &json!(null)).await.ok(200);
    }
    let key = new_id();
    for _ in 0..2 {
        rest.call("DELETE", &task_path, &world.owner().token, &[("idempotency-key", &key)], &json!(null)).await.ok(204);
    }
    let kinds: Vec<_> = world.log(0).await.iter().map(|event| text(event, "kind").to_owned()).collect();
    assert_eq!(kinds, ["task.created", "task.updated", "task.moved", "task.deleted"]);
    for bad in ["seven", "", "01920000"] {
        rest.call("POST", &path, token, &[("idempotency-key", bad)], &body).await.refused(400, "VALIDATION_ERROR");
    }
}

/// `If-Match: "<version>"` or a `version` in the body is the base version; both, and different: 400.
async fn a_base_version_may_come_in_two_ways(engine: Engine) {
    let world = World::start(engine).await;
    let (rest, token) = (&world.rest, &world.member(0).token);
    let path = format!("/tasks/{}", world.task(0));
    let base = int(&world.read_task(world.task(0)).await, "version");
    let quoted = format!("\"{base}\"");
    let with = async |value: &str, body: Value| rest.call("PATCH", &path, token, &[("if-match", value)], &body).await;
    with(&quoted, json!({"title": "first"})).await.ok(200);
    let error = with(&quoted, json!({"title": "second"})).await.refused(409, "VERSION_CONFLICT");
    assert_eq!((&error["current"]["title"], &error["conflicts"][0]["field"]), (&json!("first"), &json!("title")));
    assert_eq!(error["conflicts"][0]["actor_id"], world.member(0).id.as_str());
    with(&quoted, json!({"priority": "low"})).await.ok(200);
    let next = base + 2;
    with(&format!("\"{next}\""), json!({"title": "third", "version": next})).await.ok(200);
    with(&format!("\"{next}\""), json!({"title": "fourth", "version": base})).await.refused(400, "VALIDATION_ERROR");
    for bad in ["seven", "\"seven\"", "\"0\"", "\"-1\"", "\"999\"", ""] {
        with(bad, json!({"title": "no"})).await.refused(400, "VALIDATION_ERROR");
    }
    let body = json!({"column_id": world.column(1), "version": base});
    rest.post(&format!("{path}/move"), token, body.clone()).await.ok(200);
    rest.post(&format!("{path}/move"), token, body).await.refused(409, "VERSION_CONFLICT");
    rest.call("DELETE", &path, &world.owner().token, &[("if-match", &quoted)], &json!(null))
        .await
        .refused(409, "VERSION_CONFLICT");
    rest.patch(&path, token, json!({"title": "the last writer wins, knowingly"})).await.ok(200);
    for (body, field) in [
        (json!({"title": "ab"}), "title"),
        (json!({"story_points": 99}), "story_points"),
        (json!({"number": 1}), "number"),
        (json!({"column_id": world.column(0)}), "column_id"),
        (json!({"version": 0, "title": "abc"}), "version"),
    ] {
        let error = rest.patch(&path, token, body.clone()).await.refused(400, "VALIDATION_ERROR");
        let named = list(&error, "details").iter().any(|detail| text(detail, "field").ends_with(field));
        assert!(named, "{body}: {error}");
    }
    rest.patch(&path, token, json!({})).await.refused(400, "VALIDATION_ERROR");
}

async fn columns_through_rest(engine: Engine) {
    let world = World::start(engine).await;
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let (rest, token) = (&world.rest, &world.owner().token);
    let path = format!("/boards/{}/columns", world.board().id);
    let made = rest.post(&path, token, json!({"name": "Later", "status": "todo", "wip_limit": 4})).await.ok(201);
    let id = made["id"].as_str().or(made["column_id"].as_str()).expect("the column").to_owned();
    let column = format!("/columns/{id}");
    let patched = rest.patch(&column, token, json!({"name": "Never", "wip_limit": null})).await.ok(200);
    assert_eq!(
        (&patched["name"], &patched["wip_limit"], &patched["version"]),
        (&json!("Never"), &json!(null), &json!(2))
    );
    rest.delete(&column, token).await.ok(204);
    rest.delete(&column, token).await.refused(404, "NOT_FOUND");
    rest.delete(&format!("/columns/{}", world.column(0)), token).await.refused(409, "CONFLICT");
    let error =
        rest.post(&path, token, json!({"name": "x", "status": "archived"})).await.refused(400, "VALIDATION_ERROR");
    assert!(names_field(&error, "status"), "{error}");
    world.assert_converged(&mut client, &mut replica).await;
}

/// 1,000 ops at once: each judged on its own, or all in one commit.
async fn bulk(engine: Engine) {
    let world = World::start(engine).await;
    let (mut client, mut replica) = world.follow(world.member(0)).await;
    let (rest, token) = (&world.rest, &world.member(0).token);
    let path = format!("/boards/{}/ops", world.board().id);
    let create = |n: usize| json!({"op_id": new_id(), "kind": "task.create", "column_id": world.column(n % 5), "title": format!("bulk {n}")});
    let mut ops: Vec<_> = (0..1000).map(create).collect();
    ops[10] = json!({"op_id": new_id(), "kind": "task.delete", "task_id": new_id()});
    ops[20] = json!({"op_id": new_id(), "kind": "column.move", "column_id": world.column(0)});
    ops[30] = json!({"op_id": new_id(), "kind": "task.create", "column_id": world.column(0), "title": "ab"});
    ops[40] = json!({"op_id": ops[39]["op_id"], "kind": "task.create", "column_id": world.column(0), "title": "taken"});
    ops[50] = ops[49].clone();
    let answer = rest.post(&path, token, json!({ "ops": ops })).await.ok(200);
    let results = list(&answer, "results");
    assert_eq!(results.len(), 1000);
    for (n, (op, result)) in ops.iter().zip(results).enumerate() {
        assert_eq!(result["op_id"], op["op_id"]);
        let expected = match n {
            10 => Some("NOT_FOUND"),
            20 => Some("FORBIDDEN"),
            30 => Some("VALIDATION_ERROR"),
            40 => Some("CONFLICT"),
            _ => None,
        };
        let status = if expected.is_some() { "rejected" } else { "applied" };
        assert_eq!((text(result, "status"), result["code"].as_str()), (status, expected), "{n}: {result}");
        if expected.is_none() {
            assert!(int(result, "seq") > 0 && int(result, "version") == 1 && result["task_id"].is_string(), "{result}");
        }
    }
    assert_eq!(results[50]["seq"], results[49]["seq"], "the same op once");
    replica.apply_all(&client.events(&world.room(), 995).await);

    // Atomic: none, for one that is wrong.
    let seq = int(&world.read_board().await, "seq");
    let mut ops: Vec<_> = (0..50).map(create).collect();
    ops[7] = json!({"op_id": new_id(), "kind": "task.delete", "task_id": new_id()});
    let error = rest.post(&path, token, json!({"ops": ops, "atomic": true})).await;
    assert_eq!(error.status, 409, "{}", error.text);
    let error = error.body["error"].clone();
    assert!(names_field(&error, "ops[7]"), "{error}");
    assert_eq!(int(&world.read_board().await, "seq"), seq, "none is applied");
    ops[7] = create(7);
    let answer = rest.post(&path, token, json!({"ops": ops, "atomic": true})).await.ok(200);
    assert!(list(&answer, "results").iter().all(|result| result["status"] == "applied"));
    let seqs: Vec<_> = list(&answer, "results").iter().map(|result| int(result, "seq")).collect();
    assert_eq!(seqs, (seq + 1..=seq + 50).collect::<Vec<_>>(), "in one commit");
    // A replay of all of them is the same answer.
    let again = rest.post(&path, token, json!({"ops": ops, "atomic": true})).await.ok(200);
    let again: Vec<_> = list(&again, "results").iter().map(|result| int(result, "seq")).collect();
    assert_eq!(again, seqs);

    // What makes no list of ops at all.
    for body in [
        json!({"ops": []}),
        json!({"ops": (0..1001).map(create).collect::<Vec<_>>()}),
        json!({}),
        json!({"ops": 7}),
        json!({"ops": [create(0)], "atomic": "yes"}),
        json!({"ops": [7]}),
        json!([create(0)]),
    ] {
        rest.post(&path, token, body).await.refused(400, "VALIDATION_ERROR");
    }
    world.assert_converged(&mut client, &mut replica).await;
}

/// The log by REST: gapless pages, `next_since` null when caught up.
async fn the_log_is_read_in_pages(engine: Engine) {
    let world = World::start(engine).await;
    let (mut client, mut replica) = world.follow(world.owner()).await;
    for n in 0..25 {
        world.new_task(&mut client, &format!("task {n}")).await;
    }
    let path = format!("/boards/{}/events", world.board().id);
    let token = &world.member(1).token;
    let page = world.rest.get(&format!("{path}?since=0&limit=10"), token).await.ok(200);
    assert_eq!((list(&page, "items").len(), &page["next_since"]), (10, &json!(10)));
    assert_eq!(page["history"], world.read_board().await["history"]);
    let page = world.rest.get(&format!("{path}?since=20&limit=10"), token).await.ok(200);
    assert_eq!((list(&page, "items").len(), &page["next_since"]), (5, &json!(null)));
    let whole = world.log(0).await;
    assert_eq!(client.events(&world.room(), 25).await, whole, "word for word what was sent live");
    replica.apply_all(&whole);
    replica.assert_same(&Replica::new(&world.read_board().await));
    for bad in ["since=-1", "since=x", "limit=0", "limit=1001"] {
        world.rest.get(&format!("{path}?{bad}"), token).await.refused(400, "VALIDATION_ERROR");
    }
    let ahead = world.rest.get(&format!("{path}?since=99"), token).await.ok(200);
    assert_eq!((list(&ahead, "items").len(), &ahead["next_since"]), (0, &json!(null)));
    let beyond = world.rest.get(&format!("/tasks/{}/history", new_id()), token).await;
    beyond.refused(404, "NOT_FOUND");
}

/// Everything acked before the request is in `GET /boards/{id}`, and in a list.
async fn a_read_sees_what_was_acked(engine: Engine) {
    let world = World::start(engine).await;
    let mut client = world.connect(world.owner()).await;
    for n in 0..40 {
        let ack = client
            .ack(
                &world.room(),
                json!({"kind": "task.create", "column_id": world.column(0), "title": format!("task {n}")}),
            )
            .await;
        let board = world.read_board().await;
        assert!(int(&board, "seq") >= int(&ack, "seq"));
        assert!(list(&board["snapshot"], "tasks").iter().any(|task| task["id"] == ack["task_id"]), "{n}");
        assert_eq!(int(&world.read_task(text(&ack, "task_id")).await, "version"), 1);
    }
}

async fn tasks_are_found_by_what_they_are(engine: Engine) {
    let world = World::start(engine).await;
    let (rest, token) = (&world.rest, &world.owner().token);
    let path = format!("/boards/{}/tasks", world.board().id);
    let label = json!({"name": "bug", "color": "#ff0000"});
    let label = rest.post(&format!("/projects/{}/labels", world.board().project_id), token, label).await.ok(201);
    let label = text(&label, "id");
    let ada = &world.member(0).id;
    let task = json!({
        "title": "Needle in Haystack ۱۲۳", "priority": "critical", "due_date": "2026-12-01T00:00:00Z",
        "assignee_ids": [ada], "label_ids": [label], "column_id": world.column(3), "story_points": 13,
    });
    let needle = rest.post(&path, token, task).await.ok(201);
    rest.post(&path, token, json!({"title": "100% _sure_ it's \"fine\""})).await.ok(201);
    let status = {
        let board = world.read_board().await;
        let columns = list(&board["snapshot"], "columns");
        text(columns.iter().find(|column| column["id"] == world.column(3)).unwrap(), "status").to_owned()
    };
    let board = format!("board_id={}", world.board().id);
    let found = async |query: &str| -> Vec<Value> { rest.pages(&format!("/tasks?{board}&{query}"), token).await };
    for query in [
        format!("assignee_id={ada}&priority=critical"),
        format!("label_id={label}"),
        "q=needle".to_owned(),
        format!("q={}", rest::encoded("۱۲۳")),
        format!("status={status}&priority=critical"),
        format!("priority=critical&due_before={}&label_id={label}", rest::encoded("2026-12-02T00:00:00Z")),
        format!("project_id={}&q=HAYSTACK", world.board().project_id),
    ] {
        let tasks = found(&query).await;
        assert_eq!(tasks.len(), 1, "{query}: {tasks:?}");
        assert_eq!(tasks[0]["id"], needle["id"], "{query}");
    }
    assert!(found(&format!("label_id={label}&due_before=2026-11-01")).await.is_empty());
    // Wildcards of SQL are text like any other.
    for (q, count) in [("100%", 1), ("%", 1), ("_sure_", 1), ("'; drop table tasks; --", 0), ("\\", 0)] {
        assert_eq!(found(&format!("q={}", rest::encoded(q))).await.len(), count, "{q}");
    }
    let mut numbers: Vec<_> = found("limit=5").await.iter().map(|task| int(task, "number")).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 12);
    for bad in [
        "status=archived",
        "priority=urgent",
        "assignee_id=7",
        "label_id=x",
        "due_before=soon",
        "sort=colour",
        "colour=red",
        "board_id=x",
    ] {
        let query = if bad.starts_with("board_id") { bad.to_owned() } else { format!("{board}&{bad}") };
        let error = rest.get(&format!("/tasks?{query}"), token).await.refused(400, "VALIDATION_ERROR");
        assert!(names_field(&error, bad.split('=').next().unwrap()), "{bad}: {error}");
    }
    // A stranger finds nothing, whatever is asked.
    let strange = rest.get(&format!("/tasks?{board}"), &world.outsider().token).await;
    assert!(strange.status == 404 || list(&strange.body, "items").is_empty(), "{}", strange.text);
    let everything = rest.pages("/tasks?limit=200", &world.outsider().token).await;
    assert!(everything.iter().all(|task| task["id"] != needle["id"]));
}
