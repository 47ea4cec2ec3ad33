//! Bad input at the REST door: nothing ever answers 500, and what is wrong is named.

use crate::both;
use crate::support::*;

both! {
    bodies_that_are_no_good,
    requests_that_are_no_good,
    any_text_survives,
}

/// JSON that is too deep, too big, of the wrong type, or not JSON.
async fn bodies_that_are_no_good(engine: Engine) {
    let world = World::start(engine).await;
    let token = format!("Bearer {}", world.owner().token);
    let board = format!("/boards/{}", world.board().id);
    let task = format!("/tasks/{}", world.task(0));
    let member = format!("/workspaces/{}/members/{}", world.workspace(), world.member(0).id);
    let doors = [
        ("POST", "/auth/signup".to_owned()),
        ("POST", "/auth/login".to_owned()),
        ("POST", "/workspaces".to_owned()),
        ("POST", format!("/workspaces/{}/members", world.workspace())),
        ("POST", format!("/workspaces/{}/projects", world.workspace())),
        ("PATCH", member),
        ("POST", format!("{board}/tasks")),
        ("POST", format!("{board}/columns")),
        ("POST", format!("{board}/ops")),
        ("PATCH", task.clone()),
        ("POST", format!("{task}/move")),
        ("POST", format!("{task}/assign")),
        ("PATCH", format!("/columns/{}", world.column(0))),
    ];
    let deep = format!("{}1{}", "{\"title\":".repeat(10_000), "}".repeat(10_000));
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"7".to_vec(),
        b"\"text\"".to_vec(),
        b"[]".to_vec(),
        b"{} {}".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"title\":\"\xff\"}".to_vec(),
        b"{\"name\":1e999}".to_vec(),
        b"{\"title\":\"\\ud800\"}".to_vec(),
        deep.into_bytes(),
        "[".repeat(100_000).into_bytes(),
        b"{\"title\":\"abc\",\"title\":\"abd\",\"x\":1}".to_vec(),
    ];
    for (method, path) in &doors {
        for body in &bodies {
            let reply = world.rest.send(method, path, &[("authorization", &token)], Some(body.clone())).await.unwrap();
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!(reply.status, 400, "{method} {path} {shown}: {}", reply.text);
            reply.refused(400, "VALIDATION_ERROR");
        }
        let huge = vec![b' '; (10 << 20) + 1];
        match world.rest.send(method, path, &[("authorization", &token)], Some(huge)).await {
            Ok(reply) => drop(reply.refused(413, "PAYLOAD_TOO_LARGE")),
            Err(error) => assert!(!error.is_timeout(), "{method} {path}: {error:?}"),
        }
    }
    // Most of 10 MB is taken, and judged.
    let long = json!({"title": "abc", "description": "x".repeat(9 << 20)});
    let reply = world.rest.post(&format!("{board}/tasks"), &world.owner().token, long).await;
    reply.refused(400, "VALIDATION_ERROR");
}

/// Paths, methods, headers and queries that nobody meant.
async fn requests_that_are_no_good(engine: Engine) {
    let world = World::start(engine).await;
    let token = &world.owner().token;
    for path in [
        "/nothing",
        "/boards",
        "/boards/x",
        "/boards/%00",
        "/tasks/7",
        "/tasks/x/history",
        "/workspaces/..%2f..%2fetc",
        "/columns/x",
        "/projects/%ff",
        "/auth",
        "/tasks/00000000-0000-0000-0000-000000000000",
    ] {
        let reply = world.rest.get(path, token).await;
        assert!([404, 405, 400].contains(&reply.status), "{path}: {} {}", reply.status, reply.text);
        assert!(reply.body["error"]["code"].is_string(), "{path}: {}", reply.text);
    }
    let task = format!("/tasks/{}", world.task(0));
    for (method, path) in
        [("PUT", task.as_str()), ("POST", "/auth/me"), ("GET", "/auth/login"), ("TRACE", "/tasks"), ("BREW", "/tasks")]
    {
        let reply = world.rest.call(method, path, token, &[], &json!(null)).await;
        assert!([404, 405].contains(&reply.status), "{method} {path}: {}", reply.status);
    }
    for bearer in [
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a b",
        "bearer x",
        "Bearer \u{e9}",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
    ] {
        let reply = world.rest.send("GET", "/auth/me", &[("authorization", bearer)], None).await.unwrap();
        assert_eq!(reply.status, 401, "{bearer}: {}", reply.text);
    }
    // A body of another type is not JSON.
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("if-match", "\u{7f}")];
    let reply = world.rest.send("PATCH", &task, &headers[..1], Some(b"title=abc".to_vec())).await.unwrap();
    assert_eq!(reply.status, 400, "{}", reply.text);
    let long = "x".repeat(4000);
    let reply = world.rest.get(&format!("/tasks?q={long}"), token).await;
    assert!(reply.status == 400 || reply.status == 200, "{}", reply.text);
    let reply = world.rest.get(&format!("/tasks?q={}", rest::encoded("a\0b")), token).await;
    assert!(reply.status == 400 || reply.status == 200, "{}", reply.text);
    // Browsers of other sites may not read answers; this one's page may.
    let preflight = [("origin", "http://evil.example"), ("access-control-request-method", "PATCH")];
    let reply = world.rest.send("OPTIONS", &task, &preflight, None).await.unwrap();
    assert!(reply.header("access-control-allow-origin").is_none(), "{:?}", reply.headers);
    let reply = world.rest.get("/auth/me", token).await;
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(reply.header("cache-control").is_none_or(|cache| !cache.contains("s-maxage") && !cache.contains("public")));
}

/// The same text over both doors, in any script, with every character that JSON can carry.
async fn any_text_survives(engine: Engine) {
    let world = World::start(engine).await;
    let (mut client, mut replica) = world.follow(world.owner()).await;
    let token = &world.owner().token;
    let texts = [
        "می‌خواهم \u{200f}کتاب\u{200e}",
        "日本語のタスク",
        "👨‍👩‍👧‍👦 family",
        "\u{1}\u{2}\u{1f}control",
        "tab\tnewline\nreturn\r",
        "\"quotes\" \\ / ' ` ${x} <script>alert(1)</script>",
        "\u{feff}bom",
        "\u{ffff}\u{10ffff}ends",
        "e\u{301} and \u{e9}",
        "'; drop table tasks; --",
        "%s %n {} {{}}",
    ];
    for title in texts {
        let path = format!("/boards/{}/tasks", world.board().id);
        let made = world.rest.post(&path, token, json!({"title": title, "description": title})).await.ok(201);
        assert_eq!((&made["title"], &made["description"]), (&json!(title), &json!(title)));
        let op = json!({"kind": "task.update", "task_id": made["id"], "set": {"title": title, "description": title}});
        client.ack(&world.room(), op).await;
        let read = world.read_task(text(&made, "id")).await;
        assert_eq!((&read["title"], &read["description"]), (&json!(title), &json!(title)));
    }
    world.assert_converged(&mut client, &mut replica).await;
}
