//! Protocol section 6: sign-up, login, refresh, logout, lockout.

use crate::both;
use crate::support::rest::names_field;
use crate::support::server::Home;
use crate::support::world::Population;
use crate::support::*;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery";

both! {
    signing_up_and_in,
    failed_logins_tell_nothing_and_lock,
    a_lock_is_kept_and_a_success_forgives,
    refresh_tokens_rotate,
    a_browser_keeps_its_refresh_token_in_a_cookie,
    tokens_outlive_a_restart,
    sign_ins_are_limited,
    requests_are_limited,
}

async fn signing_up_and_in(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    let account = json!({"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada آدا"});
    let reply = rest.post("/auth/signup", "", account.clone()).await;
    assert!(reply.header("set-cookie").is_none(), "no cookie unless asked for");
    let signed_up = reply.ok(201);
    assert_eq!(
        (&signed_up["user"]["name"], &signed_up["user"]["email"]),
        (&json!("Ada آدا"), &json!("ada@example.com"))
    );
    assert_eq!((&signed_up["token_type"], &signed_up["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert!(signed_up["user"].get("password_hash").is_none() && !signed_up.to_string().contains("$2"));
    rest.post("/auth/signup", "", account).await.refused(409, "CONFLICT");
    let login = rest.post("/auth/login", "", json!({"email": "ADA@example.COM", "password": PASSWORD})).await.ok(200);
    assert_eq!(login["workspaces"], json!([]));
    let token = text(&login, "access_token");
    let me = rest.get("/auth/me", token).await.ok(200);
    assert_eq!(me["user"]["id"], signed_up["user"]["id"]);
    assert!(me["workspaces"].is_array());
    rest.post("/workspaces", token, json!({"name": "Home"})).await.ok(201);
    let me = rest.get("/auth/me", token).await.ok(200);
    assert_eq!((&me["workspaces"][0]["name"], &me["workspaces"][0]["role"]), (&json!("Home"), &json!("owner")));
    for bad in ["", "nonsense", &format!("{token}x"), text(&login, "refresh_token")] {
        rest.get("/auth/me", bad).await.refused(401, "UNAUTHORIZED");
    }
    // No token ever travels in a URL.
    rest.get(&format!("/auth/me?access_token={token}&token={token}"), "").await.refused(401, "UNAUTHORIZED");

    for (field, value) in [
        ("email", json!("nobody")),
        ("email", json!("")),
        ("email", json!(7)),
        ("email", json!(null)),
        ("email", json!(format!("{}@example.com", "x".repeat(250)))),
        ("email", json!("a\u{0}@example.com")),
        ("password", json!("short")),
        ("password", json!("x".repeat(257))),
        ("password", json!("a\u{0}bcdefghi")),
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("name", json!("a\u{0}b")),
        ("admin", json!(true)),
    ] {
        let mut account = json!({"email": "eve@example.com", "password": PASSWORD, "name": "Eve"});
        account[field] = value;
        let error = rest.post("/auth/signup", "", account.clone()).await.refused(400, "VALIDATION_ERROR");
        assert!(names_field(&error, field), "{account}: {error}");
    }
    // Characters are counted, not bytes, and a long password counts to its end.
    let long = "🦀".repeat(256);
    let account = json!({"email": "crab@example.com", "password": long, "name": "🦀".repeat(100)});
    rest.post("/auth/signup", "", account).await.ok(201);
    let nearly = format!("{}🐙", "🦀".repeat(255));
    rest.post("/auth/login", "", json!({"email": "crab@example.com", "password": nearly}))
        .await
        .refused(401, "UNAUTHORIZED");
    rest.post("/auth/login", "", json!({"email": "crab@example.com", "password": long})).await.ok(200);
}

/// The same answer for an unknown e-mail and a wrong password, and in the same time; five failures lock.
async fn failed_logins_tell_nothing_and_lock(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    rest.post("/auth/signup", "", json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}))
        .await
        .ok(201);
    let attempt = async |email: &str, password: &str| {
        let started = Instant::now();
        let reply = rest.post("/auth/login", "", json!({"email": email, "password": password})).await;
        (reply, started.elapsed())
    };
    let mut times = [Duration::ZERO; 2];
    let mut messages = Vec::new();
    for _ in 0..5 {
        for (n, email) in ["ada@example.com", "nobody@example.com"].into_iter().enumerate() {
            let (reply, took) = attempt(email, "wrong").await;
            times[n] += took;
            let error = reply.refused(401, "UNAUTHORIZED");
            messages.push(error["message"].clone());
        }
    }
    assert!(messages.iter().all(|message| *message == messages[0]), "{messages:?}");
    let ratio = times[0].as_secs_f64() / times[1].as_secs_f64();
    assert!((0.4..2.5).contains(&ratio), "known {:?}, unknown {:?}", times[0], times[1]);
    let mut locked = Vec::new();
    for email in ["ada@example.com", "ADA@example.com", "nobody@example.com"] {
        let (reply, _) = attempt(email, PASSWORD).await;
        assert!(reply.header("retry-after").is_some() || reply.body["error"]["retry_after_ms"].is_i64());
        locked.push(reply.refused(423, "ACCOUNT_LOCKED")["message"].clone());
    }
    assert!(locked.iter().all(|message| *message == locked[0]), "whether it exists or not: {locked:?}");
    // Lengths of a login's password are not checked.
    for password in ["", "x", &"x".repeat(10_000)] {
        attempt("other@example.com", password).await.0.refused(401, "UNAUTHORIZED");
    }
}

/// The lock outlives a restart, and a success before the fifth failure forgives.
async fn a_lock_is_kept_and_a_success_forgives(engine: Engine) {
    let mut server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    rest.post("/auth/signup", "", json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}))
        .await
        .ok(201);
    let login = async |email: &str, password: &str| {
        rest.post("/auth/login", "", json!({"email": email, "password": password})).await.status
    };
    for _ in 0..2 {
        for _ in 0..4 {
            assert_eq!(login("ada@example.com", "wrong").await, 401);
        }
        assert_eq!(login("ada@example.com", PASSWORD).await, 200);
    }
    for _ in 0..5 {
        assert_eq!(login("ghost@example.com", "wrong").await, 401);
    }
    server.kill();
    server.restart().await;
    assert_eq!(login("ghost@example.com", "wrong").await, 423);
    assert_eq!(login("ada@example.com", PASSWORD).await, 200);
}

/// The old refresh token is spent, and using it again ends the whole family.
async fn refresh_tokens_rotate(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    let first = rest
        .post("/auth/signup", "", json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}))
        .await
        .ok(201);
    let other = rest.post("/auth/login", "", json!({"email": "ada@example.com", "password": PASSWORD})).await.ok(200);
    let refresh = async |token: &str| rest.post("/auth/refresh", "", json!({"refresh_token": token})).await;
    let second = refresh(text(&first, "refresh_token")).await.ok(200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    rest.get("/auth/me", text(&second, "access_token")).await.ok(200);
    let third = refresh(text(&second, "refresh_token")).await.ok(200);
    refresh(text(&first, "refresh_token")).await.refused(401, "UNAUTHORIZED");
    refresh(text(&third, "refresh_token")).await.refused(401, "UNAUTHORIZED");
    until("the family's access token ends", async || {
        rest.get("/auth/me", text(&third, "access_token")).await.status == 401
    })
    .await;
    // Another sign-in of the same user is another family.
    let other = refresh(text(&other, "refresh_token")).await.ok(200);
    // A logout ends its own family.
    rest.post("/auth/logout", text(&other, "access_token"), json!({"refresh_token": other["refresh_token"]}))
        .await
        .ok(204);
    refresh(text(&other, "refresh_token")).await.refused(401, "UNAUTHORIZED");
    for bad in [
        json!({"refresh_token": "nonsense"}),
        json!({"refresh_token": ""}),
        json!({"refresh_token": first["access_token"]}),
    ] {
        let status = rest.post("/auth/refresh", "", bad).await.status;
        assert!(status == 401 || status == 400, "{status}");
    }
    rest.post("/auth/refresh", "", json!({})).await.refused(401, "UNAUTHORIZED");
}

/// With `"cookie": true` the refresh token comes only as an HttpOnly cookie; two tabs get the same successor.
async fn a_browser_keeps_its_refresh_token_in_a_cookie(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    let account = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada", "cookie": true});
    let reply = rest.post("/auth/signup", "", account).await;
    let set = reply.header("set-cookie").expect("a cookie").to_owned();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"] {
        assert!(set.contains(attribute), "{attribute} is not in {set}");
    }
    assert!(reply.ok(201).get("refresh_token").is_none());
    let cookie = set.split(';').next().unwrap().to_owned();
    let by_cookie =
        async |cookie: &str| rest.call("POST", "/auth/refresh", "", &[("cookie", cookie)], &json!(null)).await;
    let one = by_cookie(&cookie).await;
    let successor = one.header("set-cookie").expect("a new cookie").split(';').next().unwrap().to_owned();
    assert_ne!(successor, cookie);
    assert!(one.ok(200).get("refresh_token").is_none(), "never in a body");
    let twin = by_cookie(&cookie).await;
    assert_eq!(twin.header("set-cookie").expect("the twin's cookie").split(';').next(), Some(successor.as_str()));
    let token = text(&twin.ok(200), "access_token").to_owned();
    by_cookie(&successor).await.ok(200);
    let login = json!({"email": "ada@example.com", "password": PASSWORD, "cookie": true});
    let reply = rest.post("/auth/login", "", login).await;
    assert!(reply.header("set-cookie").is_some() && reply.ok(200).get("refresh_token").is_none());
    let out = rest.call("POST", "/auth/logout", &token, &[("cookie", &successor)], &json!(null)).await;
    assert!(out.header("set-cookie").is_none_or(|set| set.contains("Max-Age=0") || set.contains("1970")), "{out:?}");
    out.ok(204);
    by_cookie(&successor).await.refused(401, "UNAUTHORIZED");
}

/// Sessions and secrets outlive a restart; another node's secrets open nothing.
async fn tokens_outlive_a_restart(engine: Engine) {
    let mut server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    let account = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"});
    let first = rest.post("/auth/signup", "", account).await.ok(201);
    server.kill();
    server.restart().await;
    rest.get("/auth/me", text(&first, "access_token")).await.ok(200);
    rest.post("/auth/refresh", "", json!({"refresh_token": first["refresh_token"]})).await.ok(200);
    let strange = Server::start(engine).await;
    let strange = Rest::new(&strange.address());
    strange.get("/auth/me", text(&first, "access_token")).await.refused(401, "UNAUTHORIZED");
}

/// Ten sign-ins a minute from one address; the answer says when to come again.
async fn sign_ins_are_limited(engine: Engine) {
    let mut home = Home::new(engine);
    home.set("TEAMFLOW_RATE_LIMITS", "on");
    let server = Server::start_in(home).await;
    let rest = Rest::new(&server.address());
    let mut taken = 0;
    // On a busy machine a sign-in takes seconds, and some come back meanwhile.
    let refused = loop {
        let login = json!({"email": format!("user{taken}@example.com"), "password": "wrong"});
        let reply = rest.post("/auth/login", "", login).await;
        if reply.status == 429 {
            break reply;
        }
        reply.refused(401, "UNAUTHORIZED");
        taken += 1;
        assert!(taken < 60, "never refused");
    };
    assert!(taken >= 8, "refused after {taken}");
    let seconds: u64 = refused.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(refused.headers.keys().any(|name| name.as_str().starts_with("ratelimit")), "{:?}", refused.headers);
    let error = refused.refused(429, "RATE_LIMIT_EXCEEDED");
    assert!(int(&error, "retry_after_ms") > 0);
    assert_eq!(rest.get("/health/live", "").await.status, 200, "not a sign-in");
}

/// A session's requests: 100 a minute, bursts of 200; a bulk of ops counts as one, health not at all.
async fn requests_are_limited(engine: Engine) {
    let mut home = Home::new(engine);
    home.set("TEAMFLOW_RATE_LIMITS", "on");
    let world = World::start_in(home, Population::default()).await;
    let mut taken = 0;
    for _ in 0..260 {
        let reply = world.rest.get("/workspaces", &world.owner().token).await;
        if reply.status == 200 {
            taken += 1;
        } else {
            assert!(reply.header("retry-after").is_some());
            reply.refused(429, "RATE_LIMIT_EXCEEDED");
        }
    }
    assert!((195..=240).contains(&taken), "{taken} of 260 were taken");
    world.rest.get("/workspaces", &world.member(0).token).await.ok(200);
    assert_eq!(world.rest.get("/health/ready", "").await.status, 200);
}
