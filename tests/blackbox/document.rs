//! The OpenAPI document against the protocol page and against what the server answers.

use crate::both;
use crate::support::schema::differences;
use crate::support::server::Home;
use crate::support::*;

/// Method and path of every row of protocol section 6, with the status of its success.
const ROUTES: &[(&str, &str, &str)] = &[
    ("post", "/auth/signup", "201"),
    ("post", "/auth/login", "200"),
    ("post", "/auth/refresh", "200"),
    ("post", "/auth/logout", "204"),
    ("get", "/auth/me", "200"),
    ("post", "/workspaces", "201"),
    ("get", "/workspaces", "200"),
    ("post", "/workspaces/{}/members", "201"),
    ("get", "/workspaces/{}/members", "200"),
    ("patch", "/workspaces/{}/members/{}", "200"),
    ("delete", "/workspaces/{}/members/{}", "204"),
    ("post", "/workspaces/{}/projects", "201"),
    ("get", "/workspaces/{}/projects", "200"),
    ("post", "/projects/{}/boards", "201"),
    ("get", "/projects/{}/boards", "200"),
    ("get", "/boards/{}", "200"),
    ("get", "/boards/{}/events", "200"),
    ("post", "/boards/{}/ops", "200"),
    ("post", "/boards/{}/tasks", "201"),
    ("post", "/boards/{}/columns", "201"),
    ("patch", "/columns/{}", "200"),
    ("delete", "/columns/{}", "204"),
    ("get", "/tasks", "200"),
    ("get", "/tasks/{}", "200"),
    ("patch", "/tasks/{}", "200"),
    ("delete", "/tasks/{}", "204"),
    ("get", "/tasks/{}/history", "200"),
    ("post", "/tasks/{}/move", "200"),
    ("post", "/tasks/{}/assign", "200"),
    ("post", "/tasks/{}/complete", "200"),
    ("post", "/tasks/{}/restore", "200"),
];

#[test]
fn the_document_is_printed_without_a_database() {
    let printed = Home::on(None).run_ok(&["openapi"]);
    let document: Value = serde_json::from_str(&printed).expect("the document is JSON");
    assert!(text(&document, "openapi").starts_with("3."));
    for (method, path, status) in ROUTES {
        let operation = operation(&document, method, path);
        assert!(operation["responses"][status].is_object(), "{method} {path} has no {status}");
        assert!(operation["responses"]["401"].is_object() || path.starts_with("/auth"), "{method} {path} has no 401");
    }
}

both! {
    answers_are_what_the_document_says,
    every_documented_route_answers,
}

async fn answers_are_what_the_document_says(engine: Engine) {
    let world = World::start(engine).await;
    let rest = &world.rest;
    let document = rest.get("/api/v1/openapi.json", "").await.ok(200);
    let printed: Value = serde_json::from_str(&world.server.home.run_ok(&["openapi"])).unwrap();
    assert_eq!(document, printed);
    let page = rest.get("/docs", "").await;
    assert!([200, 301, 302, 303, 307, 308].contains(&page.status), "{}", page.status);

    let (token, workspace, board) = (&world.owner().token, world.workspace(), world.board());
    let (project, task) = (&board.project_id, world.task(0));
    let account = json!({"email": "ada@example.com", "password": "correct horse", "name": "Ada"});
    let login = json!({"email": "ada@example.com", "password": "correct horse"});
    let column = json!({"name": "Last", "status": "done"});
    let op = json!({"ops": [
        {"op_id": new_id(), "kind": "task.delete", "task_id": new_id()},
        {"op_id": new_id(), "kind": "task.move", "task_id": world.task(2), "column_id": world.column(1)},
    ]});
    let guest = json!({"email": world.outsider().email, "role": "viewer"});
    let member = format!("/workspaces/{workspace}/members/{}", world.member(1).id);
    let cases = [
        ("post", "/auth/signup", "/auth/signup".to_owned(), account),
        ("post", "/auth/login", "/auth/login".to_owned(), login),
        ("get", "/auth/me", "/auth/me".to_owned(), json!(null)),
        ("post", "/workspaces", "/workspaces".to_owned(), json!({"name": "New"})),
        ("get", "/workspaces", "/workspaces".to_owned(), json!(null)),
        ("post", "/workspaces/{}/members", format!("/workspaces/{workspace}/members"), guest),
        ("get", "/workspaces/{}/members", format!("/workspaces/{workspace}/members"), json!(null)),
        ("patch", "/workspaces/{}/members/{}", member, json!({"role": "admin"})),
        ("post", "/workspaces/{}/projects", format!("/workspaces/{workspace}/projects"), json!({"name": "New"})),
        ("get", "/workspaces/{}/projects", format!("/workspaces/{workspace}/projects"), json!(null)),
        ("post", "/projects/{}/boards", format!("/projects/{project}/boards"), json!({"name": "New"})),
        ("get", "/projects/{}/boards", format!("/projects/{project}/boards"), json!(null)),
        ("get", "/boards/{}", format!("/boards/{}", board.id), json!(null)),
        ("post", "/boards/{}/ops", format!("/boards/{}/ops", board.id), op),
        ("post", "/boards/{}/tasks", format!("/boards/{}/tasks", board.id), json!({"title": "A task"})),
        ("post", "/boards/{}/columns", format!("/boards/{}/columns", board.id), column),
        ("get", "/boards/{}/events", format!("/boards/{}/events?since=0", board.id), json!(null)),
        ("get", "/tasks", format!("/tasks?board_id={}", board.id), json!(null)),
        ("get", "/tasks/{}", format!("/tasks/{task}"), json!(null)),
        ("patch", "/tasks/{}", format!("/tasks/{task}"), json!({"title": "Renamed"})),
        ("post", "/tasks/{}/move", format!("/tasks/{task}/move"), json!({"column_id": world.column(1)})),
        ("post", "/tasks/{}/assign", format!("/tasks/{task}/assign"), json!({"user_ids": [world.owner().id]})),
        ("post", "/tasks/{}/complete", format!("/tasks/{task}/complete"), json!(null)),
        ("get", "/tasks/{}/history", format!("/tasks/{task}/history"), json!(null)),
        ("patch", "/columns/{}", format!("/columns/{}", world.column(1)), json!({"name": "Second"})),
    ];
    let mut wrong = Vec::new();
    for (method, template, path, body) in cases {
        let reply = rest.call(&method.to_uppercase(), &path, token, &[], &body).await;
        assert!(reply.status < 300, "{method} {path}: {}", reply.text);
        let response = &operation(&document, method, template)["responses"][reply.status.to_string()];
        let schema = &response["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {template} {} has no schema", reply.status);
        let found = differences(&document, schema, &reply.body);
        wrong.extend(found.into_iter().map(|difference| format!("{method} {template}: {difference}")));
    }
    for (path, token, status) in [("/auth/me", "", "401"), (&format!("/tasks/{}", new_id()), token.as_str(), "404")] {
        let template = if status == "401" { "/auth/me" } else { "/tasks/{}" };
        let reply = rest.get(path, token).await;
        let schema =
            &operation(&document, "get", template)["responses"][status]["content"]["application/json"]["schema"];
        let found = differences(&document, schema, &reply.body);
        wrong.extend(found.into_iter().map(|difference| format!("{template} {status}: {difference}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing is documented that does not exist.
async fn every_documented_route_answers(engine: Engine) {
    let world = World::start(engine).await;
    let document = world.rest.get("/api/v1/openapi.json", "").await.ok(200);
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let concrete: Vec<_> =
            path.split('/').map(|part| if part.starts_with('{') { new_id() } else { part.to_owned() }).collect();
        let concrete = concrete.join("/");
        for method in methods.as_object().expect("methods").keys() {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) || path.ends_with("/ws") {
                continue;
            }
            let reply = world.rest.call(&method.to_uppercase(), &concrete, "", &[], &json!(null)).await;
            assert!(reply.status != 405 && reply.status < 500, "{method} {path}: {}", reply.status);
            let message = reply.body["error"]["message"].as_str().unwrap_or_default();
            let known = reply.status != 404 || !message.contains("route");
            assert!(known, "{method} {path}: {}", reply.text);
        }
    }
}

/// The document's operation for a path whose parameters may have any name.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    let plain = |path: &str| -> String {
        path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
    };
    let paths = document["paths"].as_object().expect("paths");
    let found = paths
        .iter()
        .find(|(name, methods)| plain(name).trim_start_matches("/api/v1") == path && methods[method].is_object());
    found.map(|(_, methods)| &methods[method]).unwrap_or_else(|| panic!("{method} {path} is not in the document"))
}
