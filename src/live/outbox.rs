//! What waits to be sent to one session: bounded, and cut off from outside where the peer has stopped reading.
//!
//! An actor of actix-web-actors is polled only while its socket takes bytes: with a peer that doesn't read, its
//! mailbox grows and its timers stop. So nothing is sent through the actor: whole frames wait here, counted, and
//! [`Outbox::cut`] acts on the socket.

use crate::protocol::code::Bye;
use crate::protocol::codec::{self, Message};
use crate::protocol::frame::{ServerFrame, bye_message};
use bytes::Bytes;
use socket2::Socket;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::Shutdown;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// The most bytes that wait, beyond the answer to a `subscribe`.
pub const WAITING_BYTES_MAX: usize = 1_024 * 1_024;

/// From so many bytes on, an answer to a `subscribe` is waited for before the next is asked for.
const STREAMING_BYTES: usize = 64 * 1_024;

/// The most bytes that the socket is given at once: the connection's buffer keeps the length that it once had.
pub const TAKEN_BYTES_MAX: usize = 4 * 1_024;

/// Takes what comes next, in portions.
fn next_bytes(partial: &mut VecDeque<Bytes>) -> Option<Bytes> {
    let first = partial.front_mut()?;
    if first.len() > TAKEN_BYTES_MAX {
        return Some(first.split_to(TAKEN_BYTES_MAX));
    }
    let last = partial.pop_front();
    if partial.is_empty() {
        *partial = VecDeque::new();
    }
    last
}

/// See the module's text. Lives on one worker thread, shared by the session, its hub and its socket's stream.
pub struct Outbox {
    queue: RefCell<VecDeque<Item>>,
    /// Bytes of counted items in the queue.
    waiting: Cell<usize>,
    /// Bytes of answers to `subscribe` that have not been taken.
    streaming: Cell<usize>,
    /// What is left of an answer of which some has been taken: nothing may stand between its pieces.
    partial: RefCell<VecDeque<Bytes>>,
    /// Whether that message counted against the bound, and so is not among what streams.
    partial_counted: Cell<bool>,
    waker: Cell<Option<Waker>>,
    state: Cell<State>,
    /// The peer has closed too: nothing more is to come when the last frame is taken.
    ends_when_empty: Cell<bool>,
    socket: Option<Socket>,
    /// When the socket last took bytes.
    taken_at: Cell<Instant>,
}

struct Item {
    message: Message,
    /// Whether it counts against the bound; the answer to a `subscribe` doesn't.
    counted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The last frames are on their way, since then.
    Closing(Instant),
    /// The stream ends when it is next asked.
    Ended,
}

impl Outbox {
    /// `socket` is a handle of its own of the connection, for [`Outbox::cut`].
    pub fn new(socket: Option<Socket>) -> Self {
        Self {
            queue: RefCell::default(),
            waiting: Cell::new(0),
            streaming: Cell::new(0),
            partial: RefCell::default(),
            partial_counted: Cell::new(false),
            waker: Cell::new(None),
            state: Cell::new(State::Open),
            ends_when_empty: Cell::new(false),
            socket,
            taken_at: Cell::new(Instant::now()),
        }
    }

    /// Puts a message behind what waits, without waking the socket. `false` where that passes the bound: the session
    /// has then been closed as a slow consumer.
    #[must_use]
    pub fn push(&self, message: Message, counted: bool) -> bool {
        if self.state.get() != State::Open {
            return true;
        }
        if counted {
            let waiting = self.waiting.get() + message.len();
            if waiting > WAITING_BYTES_MAX {
                self.close(Bye::SlowConsumer, None);
                return false;
            }
            self.waiting.set(waiting);
        } else {
            self.streaming.set(self.streaming.get() + message.len());
        }
        self.queue.borrow_mut().push_back(Item { message, counted });
        true
    }

    /// Lets the socket take what waits.
    pub fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether much of an answer to a `subscribe` is still to be sent.
    pub fn is_streaming(&self) -> bool {
        self.streaming.get() > STREAMING_BYTES
    }

    pub fn is_open(&self) -> bool {
        self.state.get() == State::Open
    }

    /// Since when it is closing.
    pub fn closing_since(&self) -> Option<Instant> {
        if let State::Closing(since) = self.state.get() { Some(since) } else { None }
    }

    pub fn has_unsent(&self) -> bool {
        !self.queue.borrow().is_empty() || !self.partial.borrow().is_empty()
    }

    pub fn taken_at(&self) -> Instant {
        self.taken_at.get()
    }

    /// Drops what is unsent, and says `bye` and the close code. What was sent in part is finished first.
    pub fn close(&self, bye: Bye, reconnect_in_ms: Option<u64>) {
        if self.state.get() != State::Open {
            return;
        }
        let frame = ServerFrame::Bye { code: bye.name(), message: bye_message(bye), reconnect_in_ms };
        self.end_with(&[codec::server_frame(None, &frame), codec::close(bye.close_code())]);
    }

    /// The peer has sent a close: it is answered, unless it was an answer.
    pub fn peer_closed(&self, code: u16) {
        self.ends_when_empty.set(true);
        if self.is_open() {
            self.end_with(&[codec::close(code)]);
        }
        self.wake();
    }

    fn end_with(&self, last: &[Bytes]) {
        let mut queue = self.queue.borrow_mut();
        queue.clear();
        self.waiting.set(0);
        self.streaming.set(0);
        queue.extend(last.iter().map(|frame| Item { message: Message::One(frame.clone()), counted: false }));
        drop(queue);
        self.state.set(State::Closing(Instant::now()));
        self.wake();
    }

    /// Ends the stream when it is next asked: the close was answered, or there was time enough.
    pub fn end(&self) {
        self.state.set(State::Ended);
        self.wake();
    }

    /// Shuts the socket down, so that even a blocked writer comes to its end.
    pub fn cut(&self) {
        self.end();
        self.queue.borrow_mut().clear();
        if let Some(socket) = &self.socket {
            // It may be closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// The next bytes for the socket; `None` at the end.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.state.get() == State::Ended {
            return Poll::Ready(None);
        }
        match self.take() {
            Some(bytes) => {
                self.taken_at.set(Instant::now());
                Poll::Ready(Some(bytes))
            }
            None if self.ends_when_empty.get() => {
                self.state.set(State::Ended);
                Poll::Ready(None)
            }
            None => {
                self.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }

    fn take(&self) -> Option<Bytes> {
        let mut partial = self.partial.borrow_mut();
        if let Some(piece) = next_bytes(&mut partial) {
            self.streamed(self.partial_counted.get(), piece.len());
            return Some(piece);
        }
        let Item { message, counted } = self.queue.borrow_mut().pop_front()?;
        if counted {
            self.waiting.set(self.waiting.get() - message.len());
        }
        *partial = match message {
            Message::One(bytes) if bytes.len() <= TAKEN_BYTES_MAX => {
                self.streamed(counted, bytes.len());
                return Some(bytes);
            }
            Message::One(bytes) => VecDeque::from([bytes]),
            Message::Many(pieces) => pieces.into(),
        };
        self.partial_counted.set(counted);
        let bytes = next_bytes(&mut partial)?;
        self.streamed(counted, bytes.len());
        Some(bytes)
    }

    fn streamed(&self, counted: bool, bytes: usize) {
        if !counted {
            self.streaming.set(self.streaming.get().saturating_sub(bytes));
        }
    }
}
