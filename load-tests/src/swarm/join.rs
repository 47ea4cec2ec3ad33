//! Opening sessions: connect, upgrade, `connected`, subscribe, `subscribed`.

use super::session::{Session, Stage};
use super::{Listener, Swarm};
use crate::wire::Message;
use crate::ws::upgrade;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// A session to be opened.
pub struct Entry {
    pub token: Arc<str>,
    /// The room to follow, such as `board:…`.
    pub room: Option<Arc<str>>,
    /// What has been seen of it by somebody who comes back.
    pub since: Option<Position>,
}

impl Entry {
    /// Somebody who has seen nothing yet.
    pub fn new(token: Arc<str>, room: Option<Arc<str>>) -> Self {
        Self { token, room, since: None }
    }
}

/// How far a client is with a board.
#[derive(Debug, Clone)]
pub struct Position {
    pub seq: u64,
    pub history: Arc<str>,
}

impl Swarm {
    /// Begins to open a session on a seat that is free. How that goes on is told to the listener: `joined` or `closed`.
    /// Only between two turns: what a turn has yet to serve must not meet another connection on its seat.
    ///
    /// # Errors
    /// Where it is refused at once.
    pub fn open(&mut self, session: usize, address: SocketAddr, entry: Entry) -> io::Result<()> {
        let source = self.sources.get(session % self.sources.len().max(1)).copied();
        let stream = connect(address, source)?;
        let request = upgrade::request(&address.to_string(), &entry.token);
        self.sessions[session] = Session {
            stream: Some(stream),
            stage: Stage::Connecting { request },
            room: entry.room,
            since: entry.since,
            dirty: self.sessions[session].dirty,
            ..Session::empty()
        };
        self.register(session)
    }

    pub(super) fn go_on_joining<L: Listener>(
        &mut self,
        session: usize,
        message: &Message<'_>,
        text: &[u8],
        listener: &mut L,
    ) {
        let one = &mut self.sessions[session];
        match (&one.stage, message) {
            (Stage::Greeting, Message::Connected) => match one.room.clone() {
                Some(room) => {
                    one.stage = Stage::Subscribing;
                    let frame = subscribe(&room, one.since.take());
                    self.send(session, frame.as_bytes());
                }
                None => {
                    one.stage = Stage::Live;
                    listener.joined(self, session, text);
                }
            },
            (Stage::Subscribing, Message::Subscribed { .. }) => {
                one.stage = Stage::Live;
                listener.joined(self, session, text);
            }
            (_, Message::Error { code }) => {
                let why = format!("refused with {code}");
                self.end(session, &why, listener);
            }
            (_, Message::Events) => self.end(session, "events came before the answer to the subscribe", listener),
            _ => {}
        }
    }
}

/// The frame that asks for a room, from `since` on.
pub fn subscribe(room: &str, since: Option<Position>) -> String {
    let since =
        since.map_or_else(String::new, |Position { seq, history }| format!(r#","since":{seq},"history":"{history}""#));
    format!(r#"{{"id":1,"type":"subscribe","room":"{room}"{since}}}"#)
}

fn connect(address: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<mio::net::TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = source.filter(|_| address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST)) {
        socket.bind(&SocketAddr::from((source, 0)).into())?;
    }
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => return Err(error),
        _ => {}
    }
    Ok(mio::net::TcpStream::from_std(socket.into()))
}
