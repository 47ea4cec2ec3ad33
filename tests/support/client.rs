//! A WebSocket client of the protocol that checks what every client may rely on: no gap, no repeat, `id` first.

use super::{PATIENCE, Value, int, json, list, new_id, text};
use futures_util::{SinkExt as _, StreamExt as _};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// One session.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that are neither events nor presence, not yet asked for.
    backlog: VecDeque<Value>,
    events: HashMap<String, VecDeque<Value>>,
    presence: HashMap<String, VecDeque<Value>>,
    heads: HashMap<String, i64>,
    next_id: i64,
    /// The last `bye`.
    pub bye: Option<Value>,
    /// The close code, once the server has closed.
    pub close_code: Option<u16>,
    ended: bool,
    /// The subprotocol that the server selected.
    pub subprotocol: Option<String>,
    /// The `connected` frame, where it has come.
    pub connected: Value,
    /// The text of the frame that was read last.
    pub last_text: String,
}

/// How to open a connection.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// `/api/v1/ws` where empty.
    pub path: &'static str,
    pub headers: Vec<(&'static str, String)>,
}

impl Opening {
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A program's way to authenticate.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// The open connection, or the HTTP status with which it was refused.
    pub async fn open(self, address: &str) -> Result<Client, u16> {
        self.try_open(address).await.map_err(|error| match error {
            Error::Http(response) => response.status().as_u16(),
            error => panic!("no answer to the upgrade: {error}"),
        })
    }

    /// The open connection, or what was in its way.
    pub async fn try_open(self, address: &str) -> Result<Client, Error> {
        let path = if self.path.is_empty() { "/api/v1/ws" } else { self.path };
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        for (name, value) in &self.headers {
            request.headers_mut().insert(*name, value.parse().expect("a header's value"));
        }
        let opened = timeout(PATIENCE, connect_async(request)).await.expect("an answer to the upgrade");
        let (socket, response) = opened?;
        let subprotocol = response.headers().get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
        Ok(Client {
            subprotocol: subprotocol.map(str::to_owned),
            socket,
            backlog: VecDeque::new(),
            events: HashMap::new(),
            presence: HashMap::new(),
            heads: HashMap::new(),
            next_id: 1,
            bye: None,
            close_code: None,
            ended: false,
            connected: Value::Null,
            last_text: String::new(),
        })
    }
}

impl Client {
    /// Authenticates by header; returns when `connected` has come.
    pub async fn connect(address: &str, token: &str) -> Self {
        let mut client = Opening::default().bearer(token).open(address).await.expect("the token is good");
        client.connected = client.next().await;
        assert_eq!(client.connected["type"], "connected", "{}", client.connected);
        client
    }

    /// The same where the server may be away.
    pub async fn try_connect(address: &str, token: &str) -> Option<Self> {
        let mut client = Opening::default().bearer(token).try_open(address).await.ok()?;
        client.connected = client.read().await?;
        (client.connected["type"] == "connected").then_some(client)
    }

    /// A connection that nobody has spoken on yet.
    pub async fn anonymous(address: &str) -> Self {
        Opening::default().open(address).await.expect("an upgrade needs no token")
    }

    pub fn session_id(&self) -> &str {
        text(&self.connected, "session_id")
    }

    /// Sends a frame as it is.
    pub async fn send(&mut self, frame: &Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    pub async fn send_message(&mut self, message: Message) {
        if let Err(error) = self.try_send(message).await {
            panic!("could not send: {error}; closed with {:?}, bye {:?}", self.close_code, self.bye);
        }
    }

    pub async fn try_send(&mut self, message: Message) -> Result<(), Error> {
        timeout(PATIENCE, self.socket.send(message)).await.expect("the server reads")
    }

    /// Sends a frame with an `id` of its own; returns the id.
    pub async fn ask(&mut self, mut frame: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        frame["id"] = id.into();
        self.send(&frame).await;
        id
    }

    /// Sends a request and waits for its answer.
    pub async fn request(&mut self, frame: Value) -> Value {
        let id = self.ask(frame).await;
        self.answer(id).await
    }

    /// The answer to an earlier [`Client::ask`].
    pub async fn answer(&mut self, id: i64) -> Value {
        self.wait("an answer", |frame| frame["id"] == id).await
    }

    /// The next frame of the wire, filed where it belongs; `None` when the connection has ended.
    pub async fn read(&mut self) -> Option<Value> {
        while !self.ended {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    self.last_text = text.as_str().to_owned();
                    return Some(serde_json::from_str(text.as_str()).expect("a text frame is one JSON object"));
                }
                Some(Ok(Message::Close(frame))) => self.close_code = frame.map(|frame| frame.code.into()),
                Some(Ok(Message::Binary(_))) => panic!("the server sends no binary frames"),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.ended = true,
            }
        }
        None
    }

    /// Takes in one frame; false when the connection has ended.
    async fn absorb(&mut self) -> bool {
        let Some(frame) = self.read().await else { return false };
        match frame["type"].as_str() {
            Some("events") => {
                let room = text(&frame, "room").to_owned();
                assert!(!list(&frame, "events").is_empty(), "an empty frame of events");
                assert!(self.last_text.len() <= 256 * 1024, "a frame of {} bytes", self.last_text.len());
                for event in list(&frame, "events") {
                    if room.starts_with("board:") {
                        let head = self.heads.get_mut(&room).expect("events come after subscribed");
                        assert_eq!(int(event, "seq"), *head + 1, "a gap or a repeat: {event}");
                        *head += 1;
                    } else {
                        assert!(event.get("seq").is_none(), "only boards are sequenced: {event}");
                    }
                    self.events.entry(room.clone()).or_default().push_back(event.clone());
                }
            }
            Some("presence") => {
                let updates = self.presence.entry(text(&frame, "room").to_owned()).or_default();
                updates.extend(list(&frame, "updates").iter().cloned());
            }
            kind => {
                if let (Some("subscribed"), Some(seq)) = (kind, frame["seq"].as_i64()) {
                    let room = text(&frame, "room").to_owned();
                    self.events.remove(&room);
                    self.heads.insert(room, seq);
                }
                if kind == Some("bye") {
                    self.bye = Some(frame.clone());
                }
                if frame.get("id").is_some() {
                    assert!(self.last_text.starts_with(r#"{"id":"#), "id stands first: {}", self.last_text);
                }
                self.backlog.push_back(frame);
            }
        }
        true
    }

    /// The first frame, unread so far, that is wanted. Events and presence are asked for on their own.
    #[track_caller]
    pub fn wait<'a>(
        &'a mut self,
        what: &'a str,
        wanted: impl Fn(&Value) -> bool + 'a,
    ) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let deadline = Instant::now() + PATIENCE;
            loop {
                if let Some(index) = self.backlog.iter().position(&wanted) {
                    return self.backlog.remove(index).unwrap_or_default();
                }
                match timeout_at(deadline, self.absorb()).await {
                    Ok(true) => {}
                    Ok(false) => {
                        panic!("{caller}: closed ({:?}, {:?}) while waiting for {what}", self.close_code, self.bye)
                    }
                    Err(_) => panic!("{caller}: {what} never came; unread: {:?}", self.backlog),
                }
            }
        }
    }

    /// The next frame that is neither events nor presence.
    #[track_caller]
    pub fn next(&mut self) -> impl Future<Output = Value> + '_ {
        self.wait("a frame", |_| true)
    }

    /// Subscribes afresh; the answer must be `subscribed`.
    pub async fn subscribe(&mut self, room: &str) -> Value {
        self.subscribe_with(json!({"type": "subscribe", "room": room})).await
    }

    /// Subscribes from where it left off.
    pub async fn subscribe_since(&mut self, room: &str, since: i64, history: &str) -> Value {
        self.subscribe_with(json!({"type": "subscribe", "room": room, "since": since, "history": history})).await
    }

    pub async fn subscribe_with(&mut self, frame: Value) -> Value {
        let room = text(&frame, "room").to_owned();
        let answer = self.request(frame).await;
        assert_eq!((answer["type"].as_str(), text(&answer, "room")), (Some("subscribed"), room.as_str()), "{answer}");
        answer
    }

    /// Asks for one op, with an id of its own, and waits for the `ack` or `reject`.
    pub async fn op(&mut self, room: &str, op: Value) -> Value {
        self.op_as(room, &new_id(), op).await
    }

    /// The same with a given `op_id`.
    pub async fn op_as(&mut self, room: &str, op_id: &str, op: Value) -> Value {
        let answer = self.request(json!({"type": "op", "room": room, "op_id": op_id, "op": op})).await;
        assert!(answer["type"] == "ack" || answer["type"] == "reject", "an op is acked or rejected: {answer}");
        assert_eq!(answer["op_id"], op_id, "{answer}");
        answer
    }

    /// An op that must be applied; its `ack`.
    #[track_caller]
    pub fn ack<'a>(&'a mut self, room: &'a str, op: Value) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.op(room, op.clone()).await;
            assert_eq!(answer["type"], "ack", "{caller}: {op} was answered with {answer}");
            answer
        }
    }

    /// An op that must be refused so; its `reject`.
    #[track_caller]
    pub fn reject<'a>(&'a mut self, room: &'a str, op: Value, code: &'a str) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.op(room, op.clone()).await;
            let got = (answer["type"].as_str(), answer["code"].as_str());
            assert_eq!(got, (Some("reject"), Some(code)), "{caller}: {op} was answered with {answer}");
            assert!(!text(&answer, "message").is_empty(), "{caller}: {answer}");
            answer
        }
    }

    /// The next `count` events of a room.
    #[track_caller]
    pub fn events<'a>(&'a mut self, room: &'a str, count: usize) -> impl Future<Output = Vec<Value>> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let deadline = Instant::now() + PATIENCE;
            while self.events.get(room).map_or(0, VecDeque::len) < count {
                match timeout_at(deadline, self.absorb()).await {
                    Ok(true) => {}
                    Ok(false) => panic!("{caller}: closed ({:?}, {:?})", self.close_code, self.bye),
                    Err(_) => panic!(
                        "{caller}: {count} events never came; have {:?}, and {:?}",
                        self.events.get(room),
                        self.backlog
                    ),
                }
            }
            self.events.get_mut(room).map(|events| events.drain(..count).collect()).unwrap_or_default()
        }
    }

    /// The next event of a room.
    #[track_caller]
    pub fn event<'a>(&'a mut self, room: &'a str) -> impl Future<Output = Value> + 'a {
        let events = self.events(room, 1);
        async move { events.await.remove(0) }
    }

    /// Whatever events of a room have come and were not asked for.
    pub fn take_events(&mut self, room: &str) -> Vec<Value> {
        self.events.get_mut(room).map(|events| events.drain(..).collect()).unwrap_or_default()
    }

    /// The next update of somebody's presence in a room that is wanted; earlier ones are dropped.
    #[track_caller]
    pub fn update<'a>(
        &'a mut self,
        room: &'a str,
        wanted: impl Fn(&Value) -> bool + 'a,
    ) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let deadline = Instant::now() + PATIENCE;
            loop {
                while let Some(update) = self.presence.get_mut(room).and_then(VecDeque::pop_front) {
                    if wanted(&update) {
                        return update;
                    }
                }
                let read = timeout_at(deadline, self.absorb()).await;
                assert!(read == Ok(true), "{caller}: the update never came; unread: {:?}", self.backlog);
            }
        }
    }

    /// Whatever presence updates of a room have come and were not asked for.
    pub fn take_updates(&mut self, room: &str) -> Vec<Value> {
        self.presence.get_mut(room).map(|updates| updates.drain(..).collect()).unwrap_or_default()
    }

    /// Whatever frames have come and were not asked for.
    pub fn take_frames(&mut self) -> Vec<Value> {
        self.backlog.drain(..).collect()
    }

    /// Reads for a while, whatever comes; false when the connection has ended.
    pub async fn listen(&mut self, ms: u64) -> bool {
        let deadline = Instant::now() + Duration::from_millis(ms);
        while let Ok(open) = timeout_at(deadline, self.absorb()).await {
            if !open {
                return false;
            }
        }
        true
    }

    /// Whether the server still answers.
    pub async fn is_alive(&mut self) -> bool {
        if self.try_send(Message::text(r#"{"type":"ping"}"#)).await.is_err() {
            return false;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(index) = self.backlog.iter().position(|frame| frame["type"] == "pong") {
                self.backlog.remove(index);
                return true;
            }
            if timeout_at(deadline, self.absorb()).await != Ok(true) {
                return false;
            }
        }
    }

    /// Reads until the server closes; the close code, 0 where there was none.
    #[track_caller]
    pub fn closed(&mut self, within: Duration) -> impl Future<Output = u16> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            let deadline = Instant::now() + within;
            while timeout_at(deadline, self.absorb())
                .await
                .unwrap_or_else(|_| panic!("{caller}: not closed after {within:?}; unread: {:?}", self.backlog))
            {
            }
            self.close_code.unwrap_or(0)
        }
    }

    /// Closes as a browser does.
    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
        while self.read().await.is_some() {}
    }
}
