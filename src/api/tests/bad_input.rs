//! What is wrong is refused by name, and never answered with a 500.

use super::*;

#[actix_web::test]
async fn bodies_that_are_no_json_or_of_the_wrong_kind() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let bearer = format!("Bearer {}", ada.token);
    let deep = "[".repeat(100_000);
    for body in ["", "{", "null", "[]", "1", "\"x\"", "{\"name\":\"A\"} x", "{\"name\":{}}", "\u{0}", &deep] {
        let body = Some(body.as_bytes().to_vec());
        let reply = node.send(Method::POST, "workspaces", &[("authorization", &bearer)], body).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "VALIDATION_ERROR"), "{}", reply.body);
    }
    let not_utf8 = node.send(Method::POST, "workspaces", &[("authorization", &bearer)], Some(vec![0xff, 0xfe])).await;
    assert_eq!(not_utf8.status, 400);
}

#[actix_web::test]
async fn fields_are_named() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({"name": "a\u{0}b"}), "name"),
        (json!({"name": 7}), "name"),
        (json!({"name": "A", "colour": 1}), "colour"),
    ] {
        let reply = node.post(&ada, "workspaces", body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.field()), (400, field), "{body}");
    }
    let longest = "ن".repeat(100);
    assert_eq!(node.post(&ada, "workspaces", json!({"name": longest})).await.status, 201);
}

#[actix_web::test]
async fn a_body_over_the_limit() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let reply = node.post(&ada, "workspaces", json!({"name": "x".repeat(10 * 1024 * 1024)})).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (413, "PAYLOAD_TOO_LARGE"));
}

#[actix_web::test]
async fn queries_are_checked() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=!!", "cursor"),
        ("sort=colour", "sort"),
        ("status=todo,flying", "status"),
        ("priority=urgent", "priority"),
        ("board_id=x", "board_id"),
        ("due_before=tomorrow", "due_before"),
        ("q=", "q"),
        ("q=%00", "q"),
    ] {
        let reply = node.get(&ada, &format!("tasks?{query}")).await;
        assert_eq!((reply.status.as_u16(), reply.field()), (400, field), "{query}: {}", reply.body);
    }
    let nothing = "01920000-0000-7000-8000-000000000001";
    assert_eq!(node.get(&ada, &format!("tasks?board_id={nothing}")).await.status, 404);
}

#[actix_web::test]
async fn paths_that_name_nothing() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let nothing = "01920000-0000-7000-8000-000000000001";
    for id in ["x", "1", nothing, "%00", "%ff"] {
        for noun in ["workspaces", "projects", "boards", "tasks"] {
            let reply = node.get(&ada, &format!("{noun}/{id}")).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (404, "NOT_FOUND"), "{noun}/{id}");
        }
        assert_eq!(node.patch(&ada, &format!("columns/{id}"), json!({})).await.status, 404, "{id}");
        assert_eq!(node.delete(&ada, &format!("labels/{id}")).await.status, 404, "{id}");
    }
}

#[actix_web::test]
async fn accounts_are_checked() {
    let node = Node::start().await;
    let good = json!({"email": "ada@example.org", "password": "12345678", "name": "Ada"});
    for (field, value) in [
        ("email", json!("ada")),
        ("email", json!(format!("{}@example.org", "a".repeat(300)))),
        ("password", json!("1234567")),
        ("password", json!("x".repeat(257))),
        ("name", json!("")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let reply = node.send(Method::POST, "auth/signup", &[], Some(body.to_string().into_bytes())).await;
        assert_eq!((reply.status.as_u16(), reply.field()), (400, field), "{body}");
    }
    let sent = || node.send(Method::POST, "auth/signup", &[], Some(good.to_string().into_bytes()));
    assert_eq!(sent().await.status, 201);
    assert_eq!(sent().await.status, 409);
    for password in ["", "x", "a\u{0}b"] {
        let body = json!({"email": "ada@example.org", "password": password}).to_string().into_bytes();
        assert_eq!(node.send(Method::POST, "auth/login", &[], Some(body)).await.status, 401);
    }
    for token in ["", "x", "a.b.c"] {
        let bearer = format!("Bearer {token}");
        let reply = node.send(Method::GET, "auth/me", &[("authorization", &bearer)], None).await;
        assert_eq!(reply.status, 401, "{token}");
    }
}
