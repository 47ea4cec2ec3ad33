use super::board::Board;
use super::{Fault, Shared};
use serde_json::Value;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tungstenite::protocol::Role;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Message, WebSocket};
use uuid::Uuid;

/// Written by its own thread and by whoever has an event for it.
pub type Out = Arc<Mutex<WebSocket<TcpStream>>>;

pub fn serve(stream: TcpStream, world: &Shared) {
    let number = {
        let mut world = world.lock().unwrap();
        world.sessions += 1;
        world.sessions
    };
    let out: Out = Arc::new(Mutex::new(WebSocket::from_raw_socket(stream.try_clone().unwrap(), Role::Server, None)));
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    send(&out, &format!(r#"{{"type":"connected","session_id":"{number}","heartbeat_ms":25000}}"#));
    out.lock().unwrap().send(Message::Ping("are you there".into())).unwrap();
    let mut ops = 0;
    let mut blocked: Option<Uuid> = None;
    let joined = Instant::now();
    let mut is_renewed = false;
    while let Ok(message) = socket.read() {
        let Message::Text(text) = message else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let mut world = world.lock().unwrap();
        let fault = world.fault;
        if frame["type"] == "refresh" {
            is_renewed = true;
            send(&out, &format!(r#"{{"id":{},"type":"refreshed","token_expires_at":"t"}}"#, frame["id"]));
            continue;
        }
        let board_id = frame["room"].as_str().unwrap().strip_prefix("board:").unwrap().parse().unwrap();
        let board: &mut Board = world.boards.get_mut(&board_id).unwrap();
        match frame["type"].as_str().unwrap() {
            "subscribe" => {
                subscribe(number, &out, &frame, board);
                if fault == Fault::ShortTokens {
                    send(&out, r#"{"type":"token_expiring","expires_at":"t"}"#);
                }
            }
            "unsubscribe" => {
                board.readers.retain(|(reader, _)| *reader != number);
                let (id, room) = (&frame["id"], &frame["room"]);
                send(&out, &format!(r#"{{"id":{id},"type":"unsubscribed","room":{room}}}"#));
            }
            "presence" => {}
            "op" => {
                ops += 1;
                if fault == Fault::ShortTokens && !is_renewed && joined.elapsed() > Duration::from_millis(500) {
                    return out.lock().unwrap().close(None).unwrap();
                }
                if fault == Fault::ClosedSession && ops == 5 {
                    send(&out, r#"{"type":"bye","code":"SLOW_CONSUMER","message":"too slow"}"#);
                    out.lock().unwrap().close(None).unwrap();
                    std::thread::sleep(Duration::from_millis(50));
                    return;
                }
                if fault == Fault::Unavailable {
                    let op_id = op_id(&frame);
                    match blocked {
                        Some(first) if first == op_id => blocked = None,
                        None if ops % 5 == 0 => blocked = Some(op_id),
                        _ => {}
                    }
                    if blocked.is_some() {
                        send(&out, &reject(&frame, "UNAVAILABLE"));
                        continue;
                    }
                }
                let answer = op(&frame, board, fault);
                if matches!(fault, Fault::LostAck | Fault::Forgetful) && ops == 5 {
                    return out.lock().unwrap().close(None).unwrap();
                }
                send(&out, &answer);
            }
            other => panic!("a frame of type {other:?}"),
        }
    }
}

fn subscribe(number: usize, out: &Out, frame: &Value, board: &mut Board) {
    let (id, room, seq) = (&frame["id"], frame["room"].as_str().unwrap(), board.seq());
    let head = format!(r#"{{"id":{id},"type":"subscribed","room":"{room}","seq":{seq},"history":"h""#);
    let answer = match frame["since"].as_u64() {
        Some(since) => {
            assert_eq!(frame["history"], "h");
            let missed: Vec<&str> = board.log[since as usize..].iter().flatten().map(String::as_str).collect();
            let events = missed.join(",");
            format!(r#"{head},"recovered":true,"events":[{events}],"presence":[]}}"#)
        }
        None => {
            let snapshot = board.snapshot(Fault::None);
            format!(r#"{head},"recovered":false,"snapshot":{snapshot},"presence":[]}}"#)
        }
    };
    send_in_parts(out, &answer);
    board.readers.push((number, out.clone()));
}

fn op_id(frame: &Value) -> Uuid {
    frame["op_id"].as_str().unwrap().parse().unwrap()
}

/// Does it, unless it was done before; gives the answer to it.
fn op(frame: &Value, board: &mut Board, fault: Fault) -> String {
    let (id, op_id, room) = (&frame["id"], op_id(frame), frame["room"].as_str().unwrap());
    let ack = |seq, version| format!(r#"{{"id":{id},"type":"ack","op_id":"{op_id}","seq":{seq},"version":{version}}}"#);
    if fault != Fault::Forgetful
        && let Some((seq, version)) = board.answered.get(&op_id)
    {
        return ack(*seq, *version);
    }
    match board.apply(op_id, &frame["op"], fault) {
        Ok((seq, version, event)) => {
            let text = format!(r#"{{"type":"events","room":"{room}","events":[{event}]}}"#);
            let is_lost = |reader: usize| fault == Fault::LostDelivery && seq == 7 && reader == 2;
            for (reader, socket) in board.readers.iter().filter(|(reader, _)| !is_lost(*reader)) {
                let is_other = fault == Fault::OtherEvent && seq == 7 && *reader == 2;
                send(socket, &if is_other { text.replace("2026-01-01", "2026-01-02") } else { text.clone() });
            }
            ack(seq + u64::from(fault == Fault::WrongAck && seq == 20), version)
        }
        Err(code) => reject(frame, code),
    }
}

fn reject(frame: &Value, code: &str) -> String {
    let (id, op_id) = (&frame["id"], op_id(frame));
    format!(r#"{{"id":{id},"type":"reject","op_id":"{op_id}","code":"{code}","message":"no"}}"#)
}

fn send(socket: &Out, text: &str) {
    // A session that has gone is not waited for.
    let _ = socket.lock().unwrap().send(Message::Text(text.into()));
}

/// As RFC 6455 fragments, the way a large answer may come.
fn send_in_parts(socket: &Out, text: &str) {
    let mut socket = socket.lock().unwrap();
    let parts: Vec<&[u8]> = text.as_bytes().chunks(1000).collect();
    for (place, part) in parts.iter().enumerate() {
        let code = if place == 0 { Data::Text } else { Data::Continue };
        let last = place + 1 == parts.len();
        socket.send(Message::Frame(Frame::message(part.to_vec(), OpCode::Data(code), last))).unwrap();
    }
}
