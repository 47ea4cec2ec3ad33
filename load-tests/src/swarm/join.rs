//! Opening sessions: connect, upgrade, `connected`, subscribe, `subscribed`.

use super::session::{Session, Stage};
use super::{Listener, Swarm};
use crate::target::Target;
use crate::wire::Message;
use crate::ws::upgrade;
use anyhow::{Context, Result, bail};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sessions a source address: below the 28,000 ports that Linux gives one by default.
const SESSIONS_PER_SOURCE: usize = 20_000;

/// A swarm that makes no progress at all for this long will not make any.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Opens a session for each entry, at most `in_flight` at a time, and returns when all have joined. Sessions are
    /// numbered in the order of the entries, after those that are there.
    ///
    /// # Errors
    /// Where a session cannot be opened or ends meanwhile, or nothing happens for 30 s.
    pub fn join<L: Listener>(
        &mut self,
        target: &Target,
        entries: Vec<Entry>,
        in_flight: usize,
        listener: &mut L,
    ) -> Result<Joining> {
        let started = Instant::now();
        let first = self.sessions.len();
        let count = entries.len();
        let mut entries = entries.into_iter();
        let mut gate = Gate { inner: listener, joined: 0, refused: None };
        let mut progress = (0, Instant::now());
        while gate.joined < count {
            while self.sessions.len() - first < count && self.sessions.len() - first - gate.joined < in_flight.max(1) {
                let Some(entry) = entries.next() else { break };
                self.open(target, entry).context("a session could not be opened")?;
            }
            self.turn(Duration::from_millis(50), &mut gate)?;
            if let Some(why) = gate.refused {
                bail!("after {} of {count} sessions: {why}", gate.joined);
            }
            if gate.joined > progress.0 {
                progress = (gate.joined, Instant::now());
            } else if progress.1.elapsed() > PATIENCE {
                bail!("{} of {count} sessions joined, then none for {} s", gate.joined, PATIENCE.as_secs());
            }
        }
        Ok(Joining { sessions: first..first + count, took: started.elapsed() })
    }

    /// Begins to open one session; answers its number. How that goes on is told to the listener: `joined` or `closed`.
    ///
    /// # Errors
    /// Where it is refused at once.
    pub fn open(&mut self, target: &Target, entry: Entry) -> io::Result<usize> {
        let number = self.sessions.len();
        let stream = connect(target.address, number)?;
        self.sessions.push(Session {
            stream: Some(stream),
            stage: Stage::Connecting { request: upgrade::request(&target.host(), &entry.token) },
            room: entry.room,
            since: entry.since,
            kept: Vec::new(),
            partial: Vec::new(),
            out: Vec::new(),
            dirty: false,
            bye: None,
            seq: 0,
        });
        self.register(number)?;
        Ok(number)
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
                    let since = one.since.take().map_or_else(String::new, |Position { seq, history }| {
                        format!(r#","since":{seq},"history":"{history}""#)
                    });
                    let frame = format!(r#"{{"id":1,"type":"subscribe","room":"{room}"{since}}}"#);
                    self.send(session, frame.as_bytes());
                }
                None => {
                    one.stage = Stage::Live;
                    listener.joined(self, session, text);
                }
            },
            (Stage::Subscribing, Message::Subscribed { seq }) => {
                one.stage = Stage::Live;
                one.seq = seq.unwrap_or(0);
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

/// What opening sessions took.
pub struct Joining {
    pub sessions: std::ops::Range<usize>,
    pub took: Duration,
}

fn connect(address: SocketAddr, number: usize) -> io::Result<mio::net::TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    let source = number / SESSIONS_PER_SOURCE;
    if source > 0 && address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
        let own = Ipv4Addr::new(127, 0, (source / 250) as u8, (source % 250) as u8 + 1);
        socket.bind(&SocketAddr::from((own, 0)).into())?;
    }
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => return Err(error),
        _ => {}
    }
    Ok(mio::net::TcpStream::from_std(socket.into()))
}

/// Counts who has joined, and passes the rest on.
struct Gate<'a, L> {
    inner: &'a mut L,
    joined: usize,
    refused: Option<String>,
}

impl<L: Listener> Listener for Gate<'_, L> {
    fn joined(&mut self, swarm: &mut Swarm, session: usize, text: &[u8]) {
        self.joined += 1;
        self.inner.joined(swarm, session, text);
    }

    fn message(&mut self, swarm: &mut Swarm, session: usize, message: Message<'_>, text: &[u8], now: Instant) {
        self.inner.message(swarm, session, message, text, now);
    }

    fn closed(&mut self, session: usize, why: &str) {
        self.refused.get_or_insert_with(|| format!("session {session}: {why}"));
    }
}
