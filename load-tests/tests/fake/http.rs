//! As much of HTTP/1.1 as the load tester uses.

use super::World;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use tungstenite::handshake::derive_accept_key;
use uuid::Uuid;

pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn websocket_key(&self) -> Option<&str> {
        self.header("sec-websocket-key")
    }

    pub fn is_authorized(&self) -> bool {
        self.header("authorization") == Some("Bearer good")
    }
}

/// Reads one request; a client waits for its answer before it sends more, so nothing is read too much.
pub fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|size| *size > 0)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

#[derive(Serialize)]
struct Page {
    history: &'static str,
    items: Vec<Box<RawValue>>,
    next_since: Option<usize>,
}

pub fn accept(stream: &mut TcpStream, key: &str, authorized: bool) {
    let answer = match authorized {
        true => format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            derive_accept_key(key.as_bytes())
        ),
        false => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_owned(),
    };
    stream.write_all(answer.as_bytes()).unwrap();
}

pub fn answer(stream: &mut TcpStream, request: &Request, world: &mut World) {
    let body = route(request, world);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).unwrap();
}

fn route(request: &Request, world: &mut World) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if path == "/api/v1/auth/refresh" {
        world.renewals += 1;
        // A refresh token is spent when it is used.
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["refresh_token"], "once");
        return json!({"access_token": "good", "refresh_token": "twice"}).to_string();
    }
    let Some(path) = path.strip_prefix("/api/v1/boards/") else { return json!({"live": true}).to_string() };
    assert!(request.is_authorized());
    let fault = world.fault;
    let (id, rest) = path.split_once('/').unwrap_or((path, ""));
    let board = world.boards.get_mut(&id.parse::<Uuid>().unwrap()).unwrap();
    match (request.method.as_str(), rest) {
        ("GET", "") => json!({"seq": board.seq(), "history": "h", "snapshot": board.snapshot(fault)}).to_string(),
        ("GET", "events") => {
            let asked = |name: &str| {
                let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
                pair.unwrap().parse::<usize>().unwrap()
            };
            let (since, limit) = (asked("since"), asked("limit"));
            // The very text that crossed the wire, as the server keeps it.
            let items: Vec<Box<RawValue>> = board
                .log
                .iter()
                .skip(since)
                .take(limit)
                .flatten()
                .map(|text| RawValue::from_string(text.clone()).unwrap())
                .collect();
            let next = (since + limit < board.log.len()).then_some(since + limit);
            serde_json::to_string(&Page { history: "h", items, next_since: next }).unwrap()
        }
        ("POST", "ops") => {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let mut results = Vec::new();
            for op in body["ops"].as_array().unwrap() {
                let op_id: Uuid = op["op_id"].as_str().unwrap().parse().unwrap();
                results.push(match board.apply(op_id, op, fault) {
                    Ok((seq, version, _)) => {
                        json!({"op_id": op_id, "status": "applied", "seq": seq, "version": version})
                    }
                    Err(code) => json!({"op_id": op_id, "status": "rejected", "code": code, "message": "no"}),
                });
            }
            json!({"results": results}).to_string()
        }
        (method, rest) => panic!("{method} {rest:?}"),
    }
}
