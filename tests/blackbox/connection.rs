//! Protocol section 2: the upgrade, authentication, tokens, liveness.

use crate::both;
use crate::support::client::Opening;
use crate::support::server::Home;
use crate::support::world::Population;
use crate::support::*;
use std::time::{Duration, Instant};

both! {
    a_program_authenticates_by_header,
    a_browser_authenticates_by_its_first_frame,
    the_alias_and_the_subprotocol,
    origins,
    nobody_may_stay_unknown,
    a_token_is_refreshed_in_place,
    a_token_that_nears_its_end_is_announced,
    a_token_that_ends_closes_the_connection,
    liveness_and_compact_json,
    signing_out_closes_open_sockets,
}

/// With the header, `connected` (without `id`) is the first frame that the server sends.
async fn a_program_authenticates_by_header(engine: Engine) {
    let world = World::start(engine).await;
    let owner = world.owner();
    let client = world.connect(owner).await;
    let connected = &client.connected;
    assert!(connected.get("id").is_none(), "{connected}");
    assert_eq!(connected["user"]["id"], owner.id.as_str());
    assert!(connected["user"]["name"].is_string());
    assert_eq!(connected["heartbeat_ms"], 25_000);
    assert!(uuid::Uuid::parse_str(text(connected, "session_id")).is_ok());
    assert!(!text(connected, "node").is_empty());
    let expires_at = text(connected, "token_expires_at");
    assert!(expires_at.ends_with('Z') && expires_at.len() == "2026-01-01T00:00:00.000000Z".len(), "{expires_at}");
    let keys = ["type", "session_id", "user", "heartbeat_ms", "token_expires_at", "node"];
    let places: Vec<_> = keys.iter().map(|key| client.last_text.find(&format!("\"{key}\":"))).collect();
    assert!(places.is_sorted() && places[0].is_some(), "keys in the order shown: {}", client.last_text);

    for bad in ["", "nonsense", "a.b.c"] {
        assert_eq!(Opening::default().bearer(bad).open(&world.server.address()).await.err(), Some(401), "{bad:?}");
    }
    let cut = &owner.token[..owner.token.len() - 2];
    assert_eq!(Opening::default().bearer(cut).open(&world.server.address()).await.err(), Some(401));
}

async fn a_browser_authenticates_by_its_first_frame(engine: Engine) {
    let world = World::start(engine).await;
    let mut client = Client::anonymous(&world.server.address()).await;
    // Until then any other frame is answered with UNAUTHORIZED.
    let room = world.room();
    for frame in [
        json!({"type": "subscribe", "room": room}),
        json!({"type": "op", "room": room, "op_id": new_id(), "op": {"kind": "task.delete", "task_id": world.task(0)}}),
        json!({"type": "presence", "room": room, "state": {}}),
    ] {
        let answer = client.request(frame).await;
        assert_eq!(answer["code"], "UNAUTHORIZED", "{answer}");
    }
    let answer = client.request(json!({"type": "connect", "token": "nonsense"})).await;
    assert_eq!((text(&answer, "type"), text(&answer, "code")), ("error", "UNAUTHORIZED"));
    let answer = client.request(json!({"type": "connect", "token": world.owner().token})).await;
    assert_eq!(answer["type"], "connected", "{answer}");
    assert_eq!(answer["user"]["id"], world.owner().id.as_str());
    client.subscribe(&room).await;
}

/// `/ws` is an alias; the subprotocol is selected where it is offered.
async fn the_alias_and_the_subprotocol(engine: Engine) {
    let world = World::start(engine).await;
    let address = world.server.address();
    let opening = |path| Opening { path, headers: Vec::new() }.bearer(&world.owner().token);
    let mut plain = opening("/ws").open(&address).await.unwrap();
    assert_eq!(plain.next().await["type"], "connected");
    assert_eq!(plain.subprotocol, None);
    let offered = opening("").header("sec-websocket-protocol", "teamflow.v1").open(&address).await.unwrap();
    assert_eq!(offered.subprotocol.as_deref(), Some("teamflow.v1"));
    let several = opening("").header("sec-websocket-protocol", "other, teamflow.v1").open(&address).await.unwrap();
    assert_eq!(several.subprotocol.as_deref(), Some("teamflow.v1"));
}

/// An `Origin` is allowed when its authority equals `Host`, or is listed; else 403 before the upgrade.
async fn origins(engine: Engine) {
    let mut home = Home::new(engine);
    home.set("TEAMFLOW_CORS_ORIGINS", "https://board.example,https://other.example:8443");
    let world = World::start_in(home, Population::default()).await;
    let address = world.server.address();
    let with = |origin: &str| {
        let opening = Opening::default().bearer(&world.owner().token).header("origin", origin);
        let address = address.clone();
        async move { opening.open(&address).await.err() }
    };
    for good in [&format!("http://{address}"), "https://board.example", "https://other.example:8443"] {
        assert_eq!(with(good).await, None, "{good}");
    }
    for bad in ["http://evil.example", "https://board.example.evil", "http://127.0.0.1:1", "null"] {
        assert_eq!(with(bad).await, Some(403), "{bad}");
    }
}

/// A first frame `connect` within 10 s, else 4401.
async fn nobody_may_stay_unknown(engine: Engine) {
    let server = Server::start(engine).await;
    let started = Instant::now();
    let mut client = Client::anonymous(&server.address()).await;
    assert_eq!(client.closed(Duration::from_secs(14)).await, 4401);
    assert!(started.elapsed() > Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(client.bye.expect("a bye")["code"], "UNAUTHORIZED");
}

/// `refresh` carries on past the token's end; the user must be the same.
async fn a_token_is_refreshed_in_place(engine: Engine) {
    let world = World::start(engine).await;
    let account = json!({"email": "ada@example.com", "password": "correct horse", "name": "Ada"});
    let first = world.rest.post("/auth/signup", "", account).await.ok(201);
    let mut client = Client::connect(&world.server.address(), text(&first, "access_token")).await;
    let ends = text(&client.connected, "token_expires_at").to_owned();
    sleep_ms(1100).await;
    let login = json!({"email": "ada@example.com", "password": "correct horse"});
    let second = world.rest.post("/auth/login", "", login).await.ok(200);
    let answer = client.request(json!({"type": "refresh", "token": second["access_token"]})).await;
    assert_eq!(answer["type"], "refreshed", "{answer}");
    assert!(text(&answer, "token_expires_at") > ends.as_str(), "{answer} after {ends}");
    let answer = client.request(json!({"type": "refresh", "token": world.owner().token})).await;
    assert_eq!(answer["type"], "error", "another user's token: {answer}");
    let answer = client.request(json!({"type": "refresh", "token": "nonsense"})).await;
    assert_eq!((text(&answer, "type"), text(&answer, "code")), ("error", "UNAUTHORIZED"));
    assert!(client.is_alive().await);
}

/// A minute before the token's end comes `token_expiring`.
async fn a_token_that_nears_its_end_is_announced(engine: Engine) {
    let population = Population { token_ttl: "66s", ..Population::default() };
    let world = World::populated(engine, population).await;
    let mut client = world.connect(world.owner()).await;
    let expiring = client.wait("token_expiring", |frame| frame["type"] == "token_expiring").await;
    assert_eq!(expiring["expires_at"], client.connected["token_expires_at"]);
}

/// At the token's end the connection closes with 4401.
async fn a_token_that_ends_closes_the_connection(engine: Engine) {
    let population = Population { token_ttl: "6s", ..Population::default() };
    let world = World::populated(engine, population).await;
    let Ok(mut client) = Opening::default().bearer(&world.owner().token).open(&world.server.address()).await else {
        panic!("the server took more than 6 s to start");
    };
    assert_eq!(client.closed(Duration::from_secs(12)).await, 4401);
    assert_eq!(client.bye.expect("a bye")["code"], "UNAUTHORIZED");
    // Clocks may differ by a few seconds, so REST may take it a little longer.
    until("REST refuses it too", async || world.rest.get("/auth/me", &world.owner().token).await.status == 401).await;
}

async fn liveness_and_compact_json(engine: Engine) {
    let world = World::start(engine).await;
    let mut client = world.connect(world.owner()).await;
    client.send(&json!({"type": "ping"})).await;
    assert_eq!(client.next().await, json!({"type": "pong"}));
    client.subscribe(&world.room()).await;
    assert!(client.last_text.starts_with(r#"{"id":1,"type":"subscribed","room":"board:"#), "{}", client.last_text);
    for space in ["\": ", ", \"", "{ \"", "\n"] {
        assert!(!client.last_text.contains(space), "no white space between tokens: {}", client.last_text);
    }
}

/// Logging out ends what the session's token opened.
async fn signing_out_closes_open_sockets(engine: Engine) {
    let world = World::start(engine).await;
    let account = json!({"email": "ada@example.com", "password": "correct horse", "name": "Ada"});
    let signed_up = world.rest.post("/auth/signup", "", account).await.ok(201);
    let token = text(&signed_up, "access_token");
    let mut client = Client::connect(&world.server.address(), token).await;
    world.rest.post("/auth/logout", token, json!({"refresh_token": signed_up["refresh_token"]})).await.ok(204);
    let code = client.closed(Duration::from_secs(5)).await;
    assert!(code == 4403 || code == 4401, "closed with {code}");
}
