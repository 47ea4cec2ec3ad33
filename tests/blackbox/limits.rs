//! P7 and protocol sections 2 and 5: malformed frames, sizes, rates, peers that do not read.

use crate::both;
use crate::support::raw::{self, RawPeer};
use crate::support::server::Home;
use crate::support::world::Population;
use crate::support::*;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

const MESSAGE_MAX: usize = 256 * 1024;

both! {
    malformed_frames,
    unknown_fields_are_refused,
    a_message_has_a_size,
    a_connection_has_a_rate,
    a_slow_consumer_is_cut,
    a_flood_of_tiny_pings,
    broken_framing,
    a_session_has_a_bound_of_rooms,
}

/// Ten malformed frames in a row close with 4400; any other frame resets the count.
async fn malformed_frames(engine: Engine) {
    let world = World::start(engine).await;
    let mut client = world.connect(world.owner()).await;
    let malformed = [
        Message::text(""),
        Message::text("{"),
        Message::text("[]"),
        Message::text("7"),
        Message::text("null"),
        Message::text("{}"),
        Message::text(r#"{"type":"fly"}"#),
        Message::text(r#"{"type":7}"#),
        Message::binary(b"{\"type\":\"ping\"}".to_vec()),
        Message::text("[".repeat(100_000)),
        Message::text(format!("{}1{}", r#"{"type":"ping","x":"#.repeat(2000), "}".repeat(2000))),
    ];
    for round in 0..3 {
        for n in 0..9 {
            client.send_message(malformed[(round + n) % malformed.len()].clone()).await;
            let answer = client.next().await;
            assert_eq!((text(&answer, "type"), text(&answer, "code")), ("error", "VALIDATION_ERROR"), "{answer}");
        }
        assert!(client.is_alive().await, "nine are forgiven");
    }
    // A known type with a bad body is refused, but is not malformed.
    for _ in 0..12 {
        let answer = client.request(json!({"type": "subscribe", "room": 7})).await;
        assert_eq!(answer["code"], "VALIDATION_ERROR", "{answer}");
    }
    for message in &malformed[..10] {
        client.send_message(message.clone()).await;
    }
    assert_eq!(client.closed(PATIENCE).await, 4400);
    assert_eq!(client.bye.expect("a bye")["code"], "VALIDATION_ERROR");
}

/// Servers refuse fields that they don't know, and ids that are no integers.
async fn unknown_fields_are_refused(engine: Engine) {
    let world = World::start(engine).await;
    let mut client = world.connect(world.owner()).await;
    let answer = client.request(json!({"type": "subscribe", "room": world.room(), "colour": "red"})).await;
    assert_eq!(answer["code"], "VALIDATION_ERROR", "{answer}");
    assert!(list(&answer, "details").iter().any(|detail| detail["field"] == "colour"), "{answer}");
    for id in ["\"one\"", "1.5", "null", "[1]", "99999999999999999999999999"] {
        client
            .send_message(Message::text(format!(r#"{{"id":{id},"type":"unsubscribe","room":"{}"}}"#, world.room())))
            .await;
        let answer = client.next().await;
        assert_eq!((text(&answer, "type"), text(&answer, "code")), ("error", "VALIDATION_ERROR"), "{id}: {answer}");
    }
    assert!(client.is_alive().await);
}

/// Messages of at most 256 KiB; above, 1009.
async fn a_message_has_a_size(engine: Engine) {
    let world = World::start(engine).await;
    let mut client = world.connect(world.owner()).await;
    let padded = |size: usize| format!("{}{}", r#"{"type":"ping"}"#, " ".repeat(size - 15));
    client.send_message(Message::text(padded(MESSAGE_MAX))).await;
    assert_eq!(client.next().await["type"], "pong");
    let _ = client.try_send(Message::text(padded(MESSAGE_MAX + 1))).await;
    assert_eq!(client.closed(PATIENCE).await, 1009);
    assert_eq!(client.bye.expect("a bye")["code"], "PAYLOAD_TOO_LARGE");
    // In fragments too, each of them small.
    let mut peer = RawPeer::connect(&world.server.address(), &world.owner().token, None).await;
    let mut open = peer.write(&raw::frame(raw::TEXT, false, b"{")).await;
    for _ in 0..70 {
        open = open && peer.write(&raw::frame(raw::CONTINUATION, false, &[b' '; 4096])).await;
    }
    assert_eq!(peer.close_code(PATIENCE).await, Some(1009), "in fragments");
    // A frame that says that it is huge, whatever of it comes.
    let mut peer = RawPeer::connect(&world.server.address(), &world.owner().token, None).await;
    peer.write(&[0x81, 0xff, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]).await;
    peer.write(&[b'x'; 2 * MESSAGE_MAX]).await;
    assert_eq!(peer.close_code(PATIENCE).await, Some(1009));
}

/// Over 100 frames/s (bursts of 200) frames are rejected; after 200 rejects in 10 s it closes with 4429.
async fn a_connection_has_a_rate(engine: Engine) {
    let mut home = Home::new(engine);
    home.set("TEAMFLOW_RATE_LIMITS", "on");
    let world = World::start_in(home, Population::default()).await;
    let mut client = world.connect(world.owner()).await;
    let mut sent = 0;
    for _ in 0..320 {
        client.send(&json!({"type": "ping"})).await;
        sent += 1;
    }
    client.listen(700).await;
    let frames = client.take_frames();
    let refused: Vec<_> = frames.iter().filter(|frame| frame["code"] == "RATE_LIMIT_EXCEEDED").collect();
    let pongs = frames.iter().filter(|frame| frame["type"] == "pong").count();
    assert_eq!(pongs + refused.len(), sent);
    assert!((200..=300).contains(&pongs), "{pongs} of {sent} were taken");
    assert!(refused.iter().all(|frame| int(frame, "retry_after_ms") > 0), "{refused:?}");
    // An op past the rate is answered by a reject that names it.
    let started = Instant::now();
    loop {
        let op_id = new_id();
        let op = json!({"kind": "task.delete", "task_id": new_id()});
        let frame = json!({"id": 1, "type": "op", "room": world.room(), "op_id": op_id, "op": op});
        if client.try_send(Message::text(frame.to_string())).await.is_err() || started.elapsed() > PATIENCE {
            break;
        }
        for _ in 0..20 {
            let _ = client.try_send(Message::text(r#"{"type":"ping"}"#)).await;
        }
        if !client.listen(1).await {
            break;
        }
    }
    assert_eq!(client.closed(PATIENCE).await, 4429);
    let named = |frame: &Value| frame["type"] == "reject" && frame["code"] == "RATE_LIMIT_EXCEEDED";
    assert!(client.take_frames().iter().any(named), "an op is answered by ack or reject");
    assert_eq!(client.bye.expect("a bye")["code"], "RATE_LIMIT_EXCEEDED");
}

/// A peer that never reads is cut at 1 MiB; others go on, and memory stays bounded.
async fn a_slow_consumer_is_cut(engine: Engine) {
    let world = World::start(engine).await;
    let room = world.room();
    let address = world.server.address();
    let (mut reader, mut replica) = world.follow(world.owner()).await;
    let mut stalled = Vec::new();
    for _ in 0..10 {
        let mut peer = RawPeer::connect(&address, &world.member(0).token, Some(4096)).await;
        let frame = json!({"id": 1, "type": "subscribe", "room": room}).to_string();
        assert!(peer.send(raw::TEXT, frame.as_bytes()).await);
        stalled.push(peer);
    }
    sleep_ms(500).await;
    let before = world.server.memory();
    let mut slowest = Duration::ZERO;
    // 12 MiB of events, far past 1 MiB and what kernels buffer.
    for n in 0..260_u32 {
        let set = json!({"description": char::from(b'a' + (n % 26) as u8).to_string().repeat(48_000)});
        let op = json!({"kind": "task.update", "task_id": world.task(0), "set": set});
        let started = Instant::now();
        reader.ack(&room, op).await;
        slowest = slowest.max(started.elapsed());
        replica.apply_all(&reader.take_events(&room));
    }
    assert!(slowest < Duration::from_secs(2), "an ack took {slowest:?} beside stalled peers");
    world.assert_converged(&mut reader, &mut replica).await;
    let grown = world.server.memory().saturating_sub(before);
    assert!(grown < 64 << 20, "grown by {} MiB", grown >> 20);
    for peer in &mut stalled {
        until("the stalled peer is cut", async || peer.is_cut().await).await;
    }
    let metrics = world.rest.get("/metrics", "").await.text;
    let cut = metrics.lines().find(|line| line.starts_with("websocket_slow_consumers_total")).expect("counted");
    let count: f64 = cut.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(count >= 10.0, "{cut}");
    let listed = reader.subscribe(&room).await;
    assert_eq!(list(&listed, "presence").len(), 1, "they are gone from the room too");
}

/// A peer that floods with 6-byte pings and never reads the pongs costs neither memory nor others' time.
async fn a_flood_of_tiny_pings(engine: Engine) {
    let world = World::start(engine).await;
    let mut peer = RawPeer::connect(&world.server.address(), &world.member(0).token, Some(4096)).await;
    let mut client = world.connect(world.owner()).await;
    let before = world.server.memory();
    let flood = raw::frame(raw::PING, true, b"").repeat(10_000);
    let flooding = async {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(4) {
            let written = tokio::time::timeout(Duration::from_secs(1), peer.write(&flood)).await;
            if written == Ok(false) {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    let living = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..40 {
            let started = Instant::now();
            assert!(client.is_alive().await);
            slowest = slowest.max(started.elapsed());
            sleep_ms(50).await;
        }
        slowest
    };
    let ((), slowest) = tokio::join!(flooding, living);
    assert!(slowest < Duration::from_secs(2), "a pong took {slowest:?} beside the flood");
    let grown = world.server.memory().saturating_sub(before);
    assert!(grown < 48 << 20, "grown by {} MiB", grown >> 20);
}

/// Frames against RFC 6455 end the connection, and nothing else.
async fn broken_framing(engine: Engine) {
    let world = World::start(engine).await;
    let address = world.server.address();
    let token = &world.owner().token;
    let unmasked = [0x81, 2, b'{', b'}'].to_vec();
    let reserved = {
        let mut bytes = raw::frame(raw::TEXT, true, b"{}");
        bytes[0] |= 0x40;
        bytes
    };
    let unknown = raw::frame(0x3, true, b"{}");
    let long_control = raw::frame(raw::PING, true, &[0; 126]);
    let no_utf8 = raw::frame(raw::TEXT, true, &[0xff, 0xfe]);
    let bare_continuation = raw::frame(raw::CONTINUATION, true, b"{}");
    for (name, bytes) in [
        ("unmasked", unmasked),
        ("reserved bit", reserved),
        ("unknown opcode", unknown),
        ("long control frame", long_control),
        ("no UTF-8", no_utf8),
        ("bare continuation", bare_continuation),
    ] {
        let mut peer = RawPeer::connect(&address, token, None).await;
        peer.write(&bytes).await;
        let code = peer.close_code(PATIENCE).await;
        assert!(code.is_none_or(|code| [1002, 1003, 1007, 4400].contains(&code)), "{name}: closed with {code:?}");
    }
    let mut client = world.connect(world.owner()).await;
    assert!(client.is_alive().await);
}

/// Rooms a session are bounded, and one more is a named error.
async fn a_session_has_a_bound_of_rooms(engine: Engine) {
    let world = World::populated(engine, Population { tasks: 250, ..Population::default() }).await;
    let mut client = world.connect(world.owner()).await;
    let mut refused = None;
    for task_id in &world.board().task_ids {
        let answer = client.request(json!({"type": "subscribe", "room": format!("task:{task_id}")})).await;
        if answer["type"] == "error" {
            refused = Some(answer);
            break;
        }
    }
    assert_eq!(text(&refused.expect("over 200 rooms"), "code"), "RATE_LIMIT_EXCEEDED");
    assert!(client.is_alive().await);
}

/// A peer that has been silent for 60 s is dropped, and is gone from its rooms. It has nothing to do with a database.
#[test]
fn a_peer_that_falls_silent_is_dropped() {
    block_on(async {
        let world = World::start(Engine::Sqlite).await;
        let room = world.room();
        let mut watcher = world.connect(world.owner()).await;
        watcher.subscribe(&room).await;
        // It reads, but answers no ping: to the server it looks as one whose cable was cut.
        let mut silent = RawPeer::connect(&world.server.address(), &world.member(0).token, None).await;
        let frame = json!({"id": 1, "type": "subscribe", "room": room}).to_string();
        assert!(silent.send(raw::TEXT, frame.as_bytes()).await);
        watcher.update(&room, |update| update["event"] == "join").await;
        let started = Instant::now();
        let code = async {
            let code = silent.close_code(Duration::from_secs(95)).await;
            (code, started.elapsed())
        };
        let ((code, after), alive) = tokio::join!(code, watcher.listen(95_000));
        assert!(alive, "whoever answers pings stays");
        assert!(code.is_none_or(|code| code == 4501), "closed with {code:?}");
        assert!((Duration::from_secs(50)..Duration::from_secs(90)).contains(&after), "{after:?}");
        assert!(watcher.take_updates(&room).iter().any(|update| update["event"] == "leave"));
    });
}
