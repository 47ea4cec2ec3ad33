//! What stands around the handlers: routes, the document, headers, limits, cookies.

use super::*;
use crate::api::openapi;
use crate::api::routes::all_operations;
use std::collections::BTreeSet;

#[test]
fn the_document_names_every_route_and_no_other() {
    let document = serde_json::to_value(openapi()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let mounted: BTreeSet<_> = all_operations().iter().map(|(path, op)| format!("{} {path}", op.method)).collect();
    assert_eq!(described, mounted);
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = serde_json::to_value(openapi()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    let references = text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap());
    for name in references {
        assert!(schemas.contains_key(name), "{name}");
    }
    assert!(schemas.contains_key("ErrorEnvelope"));
    let ids: Vec<_> = text.split("\"operationId\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[actix_web::test]
async fn every_route_is_mounted_and_asks_for_a_token() {
    let node = Node::start().await;
    let public = ["/api/v1/auth/", "/api/v1/about", "/health/", "/metrics"];
    for (path, operation) in all_operations() {
        let id = "01920000-0000-7000-8000-000000000001";
        let filled: String = path.split('/').map(|part| if part.starts_with('{') { id } else { part }).fold(
            String::new(),
            |all, part| {
                if all.is_empty() && part.is_empty() {
                    "/".into()
                } else {
                    all.trim_end_matches('/').to_owned() + "/" + part
                }
            },
        );
        let reply = node.send(operation.method.clone(), &filled, &[], None).await;
        let expected = if public.iter().any(|prefix| path.starts_with(prefix)) { 0 } else { 401 };
        if expected == 401 {
            assert_eq!((reply.status.as_u16(), reply.code()), (401, "UNAUTHORIZED"), "{} {path}", operation.method);
        } else {
            assert!(![404, 405].contains(&reply.status.as_u16()), "{} {path}: {}", operation.method, reply.status);
        }
    }
}

#[actix_web::test]
async fn what_is_not_there_is_told_in_the_envelope() {
    let node = Node::start().await;
    for path in ["nowhere", "/health/nowhere", "/assets/nowhere.js", "/nowhere.ico", "boards/x/y/z"] {
        let reply = node.send(Method::GET, path, &[], None).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (404, "NOT_FOUND"), "{path}");
    }
    let reply = node.send(Method::DELETE, "tasks", &[], None).await;
    assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST, GET"));
    assert_eq!(reply.code(), "VALIDATION_ERROR");
}

#[actix_web::test]
async fn answers_bear_the_security_headers() {
    let node = Node::start().await;
    let reply = node.send(Method::GET, "auth/me", &[], None).await;
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("x-frame-options"), "DENY");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    assert!(reply.header("content-security-policy").contains("default-src 'none'"));
}

#[actix_web::test]
async fn only_known_origins_may_read_answers() {
    let config = ApiConfig { cors_origins: vec!["https://app.example.org".into()], ..ApiConfig::default() };
    let node = Node::with(false, config).await;
    for (origin, allowed) in [
        ("http://localhost:8080", true),
        ("https://app.example.org", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let preflight = [("origin", origin), ("access-control-request-method", "PATCH")];
        let reply = node.send(Method::OPTIONS, "tasks", &preflight, None).await;
        let told = reply.header("access-control-allow-origin");
        assert_eq!((reply.status.as_u16(), told), (204, if allowed { origin } else { "" }));
        let reply = node.send(Method::GET, "auth/me", &[("origin", origin)], None).await;
        assert_eq!(reply.header("access-control-allow-origin"), if allowed { origin } else { "" });
    }
}

#[actix_web::test]
async fn rates_are_told_and_held() {
    let node = Node::with(true, ApiConfig::default()).await;
    let ada = node.person("Ada").await;
    let first = node.get(&ada, "auth/me").await;
    assert_eq!((first.header("ratelimit-limit"), first.header("ratelimit-remaining")), ("200", "199"));
    let login = || node.send(Method::POST, "auth/login", &[], Some(b"{}".to_vec()));
    for _ in 0..10 {
        assert_eq!(login().await.status, 400);
    }
    let over = login().await;
    assert_eq!((over.status.as_u16(), over.code()), (429, "RATE_LIMIT_EXCEEDED"));
    assert!(over.body["error"]["retry_after_ms"].as_u64().unwrap() > 0);
    assert!(over.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[actix_web::test]
async fn a_cookie_never_becomes_a_body() {
    let node = Node::start().await;
    let signup = json!({"email": "Ada@example.org", "password": "correct horse", "name": "Ada", "cookie": true});
    let reply = node.send(Method::POST, "auth/signup", &[], Some(signup.to_string().into_bytes())).await;
    assert_eq!((reply.status.as_u16(), reply.body.get("refresh_token")), (201, None));
    let cookie = reply.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http in development: {cookie}");
    let sent = cookie.split(';').next().unwrap().to_owned();
    let reply = node.send(Method::POST, "auth/refresh", &[("cookie", &sent)], None).await;
    assert_eq!((reply.status.as_u16(), reply.body.get("refresh_token")), (200, None));
    assert!(reply.body["access_token"].is_string());
    let next = reply.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_ne!(next, sent);
    let twin = node.send(Method::POST, "auth/refresh", &[("cookie", &sent)], None).await;
    assert!(twin.header("set-cookie").starts_with(&next));
    let gone = node.send(Method::POST, "auth/logout", &[("cookie", &next)], None).await;
    assert_eq!(gone.status, 204);
    assert_eq!(node.send(Method::POST, "auth/refresh", &[("cookie", &next)], None).await.status, 401);
}

#[actix_web::test]
async fn outside_development_cookies_are_secure() {
    let node = Node::with(false, ApiConfig::default()).await;
    let signup = json!({"email": "ada@example.org", "password": "correct horse", "name": "Ada", "cookie": true});
    let reply = node.send(Method::POST, "auth/signup", &[], Some(signup.to_string().into_bytes())).await;
    assert!(reply.header("set-cookie").contains("Secure"));
}

#[actix_web::test]
async fn a_login_lists_workspaces_and_a_refresh_rotates() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let workspace = node.post(&ada, "workspaces", json!({"name": "Acme"})).await.id();
    let login = json!({"email": ada.email, "password": "correct horse battery"}).to_string().into_bytes();
    let reply = node.send(Method::POST, "auth/login", &[], Some(login)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["workspaces"], json!([{"id": workspace, "name": "Acme", "role": "owner"}]));
    assert_eq!((&reply.body["token_type"], &reply.body["expires_in"]), (&json!("Bearer"), &json!(900)));
    let spent = json!({"refresh_token": reply.body["refresh_token"]}).to_string().into_bytes();
    let renewed = node.send(Method::POST, "auth/refresh", &[], Some(spent.clone())).await;
    assert!(renewed.body["refresh_token"].is_string());
    let reused = node.send(Method::POST, "auth/refresh", &[], Some(spent)).await;
    assert_eq!((reused.status.as_u16(), reused.code()), (401, "UNAUTHORIZED"));
    let wrong = json!({"email": ada.email, "password": "x"}).to_string().into_bytes();
    let unknown = json!({"email": "nobody@example.org", "password": "x"}).to_string().into_bytes();
    let wrong = node.send(Method::POST, "auth/login", &[], Some(wrong)).await;
    let unknown = node.send(Method::POST, "auth/login", &[], Some(unknown)).await;
    assert_eq!((wrong.status, wrong.body), (unknown.status, unknown.body));
}

#[actix_web::test]
async fn health_says_what_it_hangs_on() {
    let node = Node::start().await;
    assert_eq!(node.send(Method::GET, "/health/live", &[], None).await.status, 200);
    let ready = node.send(Method::GET, "/health/ready", &[], None).await;
    assert_eq!(ready.body, json!({"status": "ok", "dependencies": [{"name": "sqlite", "status": "ok"}]}));
    node.app.live.begin_drain();
    let draining = node.send(Method::GET, "/health/ready", &[], None).await;
    assert_eq!((draining.status.as_u16(), &draining.body["status"]), (503, &json!("draining")));
    assert_eq!(node.send(Method::GET, "/metrics", &[], None).await.status, 200);
    assert_eq!(node.send(Method::GET, "openapi.json", &[], None).await.body["info"]["title"], "TeamFlow");
    assert_eq!(node.send(Method::GET, "/docs/", &[], None).await.status, 200);
}
