//! Thousands of sessions on one thread: sockets under one poll, one read buffer for all of them, frames read where
//! they lie. A runtime with a task a session would be most of what a delivery costs here.

mod join;
mod session;

pub use join::{Entry, Position, subscribe};

use crate::wire::{self, Message};
use crate::ws::frame::{self, Opcode};
use crate::ws::upgrade;
use mio::{Events, Interest, Poll, Token};
use session::{Session, Stage};
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// One `read` takes at most this much; a whole burst for one socket fits.
const READ_BYTES_MAX: usize = 256 * 1024;

/// Sockets served between two looks at the clock: few enough that a scheduled op is not late for their sake.
const EVENTS_PER_TURN: usize = 64;

/// Who is told what arrives.
pub trait Listener {
    /// The answer to a session's `subscribe`, or `connected` where it follows no room. Called once a connection.
    fn joined(&mut self, swarm: &mut Swarm, session: usize, text: &[u8]);

    /// A frame of a session that has joined. `text` is the whole of it; `now` is when it was read from the socket.
    fn message(&mut self, swarm: &mut Swarm, session: usize, message: Message<'_>, text: &[u8], now: Instant);

    /// A session that ended without being asked to, and why.
    fn closed(&mut self, session: usize, why: &str);
}

/// All sessions of this process.
pub struct Swarm {
    poll: Poll,
    events: Events,
    sessions: Vec<Session>,
    scratch: Vec<u8>,
    /// Sessions with bytes to write.
    dirty: Vec<usize>,
    mask: u32,
    received_bytes: u64,
    /// Addresses that sessions come from in turns; empty where the system is to choose.
    sources: Vec<Ipv4Addr>,
}

impl Swarm {
    /// An empty swarm.
    ///
    /// # Errors
    /// Where the system gives no poll.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_PER_TURN),
            sessions: Vec::new(),
            scratch: vec![0; READ_BYTES_MAX],
            dirty: Vec::new(),
            mask: 0x9e37_79b9,
            received_bytes: 0,
            sources: Vec::new(),
        })
    }

    /// Lets sessions come from these addresses of the loopback, in turns: one alone has ports for some 28,000.
    pub fn spread_over(&mut self, sources: Vec<Ipv4Addr>) {
        self.sources = sources;
    }

    /// A seat for one more session; answers its number.
    pub fn seat(&mut self) -> usize {
        self.sessions.push(Session::empty());
        self.sessions.len() - 1
    }

    pub fn is_live(&self, session: usize) -> bool {
        self.sessions[session].is_live()
    }

    /// How far a session has come, in words.
    pub fn how_far(&self, session: usize) -> &'static str {
        match self.sessions[session].stage {
            Stage::Connecting { .. } => "not connected",
            Stage::Upgrading => "without an answer to its upgrade",
            Stage::Greeting => "without a greeting",
            Stage::Subscribing => "without an answer to its subscribe",
            Stage::Live => "in",
            Stage::Ended => "not there",
        }
    }

    /// Bytes read from all sockets since the start.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// Queues a text frame; it is written when what is being read has been read.
    pub fn send(&mut self, session: usize, text: &[u8]) {
        self.queue(session, Opcode::Text, text);
    }

    fn queue(&mut self, session: usize, opcode: Opcode, payload: &[u8]) {
        // A new mask a frame, as a browser does: the server's unmasking is part of what is measured.
        self.mask = self.mask.wrapping_mul(0x0019_660d).wrapping_add(0x3c6e_f35f);
        frame::write(&mut self.sessions[session].out, opcode, self.mask, payload);
        self.mark_dirty(session);
    }

    fn mark_dirty(&mut self, session: usize) {
        if !mem::replace(&mut self.sessions[session].dirty, true) {
            self.dirty.push(session);
        }
    }

    /// Serves the sockets that are ready, waiting at most `timeout` for the first.
    ///
    /// # Errors
    /// Where the poll itself fails; what befalls one socket goes to the listener.
    pub fn turn<L: Listener>(&mut self, timeout: Duration, listener: &mut L) -> io::Result<()> {
        self.flush_dirty(listener);
        // The poll counts in milliseconds and rounds up: what is due sooner is waited for awake.
        let timeout = if timeout < Duration::from_millis(1) { Duration::ZERO } else { timeout };
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let events = mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            let session = event.token().0;
            if event.is_writable() {
                self.on_writable(session, listener);
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                self.on_readable(session, event.is_read_closed(), listener);
            }
            self.flush_dirty(listener);
        }
        self.events = events;
        Ok(())
    }

    fn flush_dirty<L: Listener>(&mut self, listener: &mut L) {
        while let Some(session) = self.dirty.pop() {
            self.sessions[session].dirty = false;
            if let Err(error) = self.sessions[session].flush() {
                self.end(session, &format!("writing failed: {error}"), listener);
            }
        }
    }

    fn on_writable<L: Listener>(&mut self, session: usize, listener: &mut L) {
        let one = &mut self.sessions[session];
        if let Stage::Connecting { request } = &mut one.stage {
            let request = mem::take(request);
            let failed = one.stream.as_ref().and_then(|stream| stream.take_error().transpose());
            if let Some(error) = failed {
                let why = format!("connecting failed: {}", error.unwrap_or_else(|error| error));
                return self.end(session, &why, listener);
            }
            one.out.extend_from_slice(request.as_bytes());
            one.stage = Stage::Upgrading;
        }
        if !self.sessions[session].out.is_empty() {
            self.mark_dirty(session);
        }
    }

    fn on_readable<L: Listener>(&mut self, session: usize, to_the_end: bool, listener: &mut L) {
        let mut scratch = mem::take(&mut self.scratch);
        while let Some(stream) = self.sessions[session].stream.as_mut() {
            match stream.read(&mut scratch) {
                Ok(0) => {
                    self.end(session, "the connection was cut", listener);
                    break;
                }
                Ok(size) => {
                    self.received_bytes += size as u64;
                    self.on_bytes(session, &scratch[..size], Instant::now(), listener);
                    // A short read has emptied the socket; what comes later wakes the poll again.
                    if size < scratch.len() && !to_the_end {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.end(session, &format!("reading failed: {error}"), listener);
                    break;
                }
            }
        }
        self.scratch = scratch;
    }

    /// Goes through what was read, with what was left over before it; keeps what is not whole yet.
    fn on_bytes<L: Listener>(&mut self, session: usize, bytes: &[u8], now: Instant, listener: &mut L) {
        let mut kept = mem::take(&mut self.sessions[session].kept);
        if kept.is_empty() {
            let used = self.consume(session, bytes, now, listener);
            kept.extend_from_slice(&bytes[used..]);
        } else {
            kept.extend_from_slice(bytes);
            let used = self.consume(session, &kept, now, listener);
            kept.drain(..used);
        }
        // A snapshot's room is given back: an idle session here shall cost little.
        if kept.is_empty() {
            kept = Vec::new();
        }
        self.sessions[session].kept = kept;
    }

    /// Reads whole frames from the head of `bytes`; answers how many bytes that took.
    fn consume<L: Listener>(&mut self, session: usize, bytes: &[u8], now: Instant, listener: &mut L) -> usize {
        let mut used = 0;
        if matches!(self.sessions[session].stage, Stage::Upgrading) {
            match upgrade::read_answer(bytes) {
                Ok(Some(head)) => {
                    used = head;
                    self.sessions[session].stage = Stage::Greeting;
                }
                Ok(None) => return 0,
                Err(why) => {
                    self.end(session, &why, listener);
                    return bytes.len();
                }
            }
        }
        while self.sessions[session].stream.is_some() {
            match frame::read(&bytes[used..]) {
                Ok(None) => return used,
                Ok(Some(frame)) => {
                    used += frame.size;
                    self.on_frame(session, &frame, now, listener);
                }
                Err(why) => self.end(session, why, listener),
            }
        }
        bytes.len()
    }

    fn on_frame<L: Listener>(&mut self, session: usize, frame: &frame::Frame<'_>, now: Instant, listener: &mut L) {
        match frame.opcode {
            Opcode::Ping => self.queue(session, Opcode::Pong, frame.payload),
            Opcode::Pong => {}
            Opcode::Close => {
                let code = frame.payload.first_chunk::<2>().map_or(1005, |code| u16::from_be_bytes(*code));
                let said = self.sessions[session].bye.take().map_or(String::new(), |code| format!(" after bye {code}"));
                self.end(session, &format!("closed with {code}{said}"), listener);
            }
            Opcode::Binary => self.end(session, "a binary frame", listener),
            Opcode::Text | Opcode::Continuation => {
                let partial = &mut self.sessions[session].partial;
                if frame.fin && partial.is_empty() {
                    return self.on_text(session, frame.payload, now, listener);
                }
                partial.extend_from_slice(frame.payload);
                if frame.fin {
                    let text = mem::take(partial);
                    self.on_text(session, &text, now, listener);
                }
            }
        }
    }

    fn on_text<L: Listener>(&mut self, session: usize, text: &[u8], now: Instant, listener: &mut L) {
        let message = match wire::read(text) {
            Ok(message) => message,
            Err(why) => return self.end(session, &why, listener),
        };
        if let Message::Bye { code } = message {
            self.sessions[session].bye = Some(code.into());
        }
        match self.sessions[session].stage {
            Stage::Live => listener.message(self, session, message, text, now),
            _ => self.go_on_joining(session, &message, text, listener),
        }
    }

    /// Ends a session by our own will: the listener is not told.
    pub fn leave(&mut self, session: usize) {
        let one = &mut self.sessions[session];
        if let Some(mut stream) = one.stream.take() {
            // The socket goes either way.
            let _ = self.poll.registry().deregister(&mut stream);
        }
        // Its place among those with bytes to write stays, or it would be there twice when it comes back.
        *one = Session { dirty: one.dirty, ..Session::empty() };
    }

    /// The same, as a network does that is gone: the server gets a reset in place of an end.
    pub fn reset(&mut self, session: usize) {
        if let Some(stream) = &self.sessions[session].stream {
            // Where it fails, the socket is closed in order.
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
        self.leave(session);
    }

    fn end<L: Listener>(&mut self, session: usize, why: &str, listener: &mut L) {
        if self.sessions[session].stream.is_some() {
            self.leave(session);
            listener.closed(session, why);
        }
    }

    fn register(&mut self, session: usize) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        match self.sessions[session].stream.as_mut() {
            Some(stream) => self.poll.registry().register(stream, Token(session), interest),
            None => Ok(()),
        }
    }
}

impl Session {
    /// Writes what the socket takes; the rest waits until it is writable again.
    fn flush(&mut self) -> io::Result<()> {
        let Some(stream) = self.stream.as_mut() else { return Ok(()) };
        let mut written = 0;
        while written < self.out.len() {
            match stream.write(&self.out[written..]) {
                Ok(size) => written += size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.drain(..written);
        Ok(())
    }
}
