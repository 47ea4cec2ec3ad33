//! The bytes of one WebSocket: the stream that a connection is answered with, and what is read from it, within bounds.

use super::hub::Local;
use super::peer::Peer;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::web::{Bytes, Payload};
use actix_web::{Error, error::PayloadError};
use actix_web_actors::ws;
use futures_util::Stream;
use socket2::{SockRef, Socket};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Bytes that may have been read and not yet been decoded: a whole frame of the greatest size, and a little.
const UNDECODED_BYTES_MAX: usize = crate::protocol::frame::MESSAGE_BYTES_MAX + 16 * 1_024;
/// What the kernel holds of unsent bytes.
const SEND_BUFFER_BYTES: usize = 128 * 1_024;
/// How long sent bytes may stay unacknowledged before the kernel gives the connection up: a peer that vanished.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

/// A handle of a connection's socket that is not the connection's own; taken by the session, if there will be one.
pub struct ConnectionSocket(Cell<Option<Socket>>);

impl ConnectionSocket {
    pub fn take(&self) -> Option<Socket> {
        self.0.take()
    }
}

/// Prepares each new connection: for `HttpServer::on_connect`.
pub fn connect(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    let socket = SockRef::from(stream);
    // A socket that refuses an option works without it.
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX));
    extensions.insert(ConnectionSocket(Cell::new(socket.try_clone().ok())));
}

type SharedPayload = Rc<RefCell<Payload>>;

/// What comes in, with a bound on what is read ahead of the decoder: actix-web-actors takes in all that there is for
/// each frame that it decodes, so that a flood of small frames would be held in memory.
pub struct Intake {
    payload: SharedPayload,
    gauge: Rc<IntakeGauge>,
}

/// How many bytes have been read and not yet been decoded.
#[derive(Default)]
pub struct IntakeGauge {
    undecoded: Cell<usize>,
    /// No frame was decoded since the last look although as much lay there as may: what lies there is one frame that
    /// is too long, however long it says it is.
    stuck: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl IntakeGauge {
    /// Whether a frame lies there that is longer than any may be.
    pub fn is_stuck(&self) -> bool {
        self.stuck.get()
    }

    /// A frame has been decoded.
    pub fn decoded(&self, message: &ws::Message) {
        let payload = match message {
            ws::Message::Text(text) => text.len(),
            ws::Message::Binary(bytes) | ws::Message::Ping(bytes) | ws::Message::Pong(bytes) => bytes.len(),
            ws::Message::Continuation(item) => continuation(item).len(),
            ws::Message::Close(_) | ws::Message::Nop => 0,
        };
        // Two bytes, a length that doesn't fit into them, and the mask: RFC 6455 section 5.2.
        let header = match payload {
            0..=125 => 6,
            126..=65_535 => 8,
            _ => 14,
        };
        self.undecoded.set(self.undecoded.get().saturating_sub(header + payload));
        self.stuck.set(false);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The bytes of a fragment.
pub fn continuation(item: &actix_http::ws::Item) -> &Bytes {
    use actix_http::ws::Item;
    match item {
        Item::FirstText(bytes) | Item::FirstBinary(bytes) | Item::Continue(bytes) | Item::Last(bytes) => bytes,
    }
}

impl Intake {
    pub fn new(payload: &SharedPayload) -> (Self, Rc<IntakeGauge>) {
        let gauge = Rc::new(IntakeGauge::default());
        (Self { payload: Rc::clone(payload), gauge: Rc::clone(&gauge) }, gauge)
    }
}

impl Stream for Intake {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.gauge.undecoded.get() >= UNDECODED_BYTES_MAX {
            if self.gauge.stuck.replace(true) {
                return Poll::Ready(Some(Err(PayloadError::Overflow)));
            }
            // Whoever polls decodes right after it, and then looks here again.
            context.waker().wake_by_ref();
            self.gauge.waker.set(Some(context.waker().clone()));
            return Poll::Pending;
        }
        let polled = Pin::new(&mut *self.payload.borrow_mut()).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &polled {
            self.gauge.undecoded.set(self.gauge.undecoded.get() + bytes.len());
        }
        polled
    }
}

/// What goes out: the outbox, while the session's actor is driven beside it. When it is dropped, the connection is
/// gone, and so is the session.
pub struct Outgoing<A> {
    actor: Option<A>,
    payload: SharedPayload,
    peer: Rc<Peer>,
    local: Rc<Local>,
}

impl<A> Outgoing<A> {
    pub fn new(actor: A, payload: SharedPayload, peer: Rc<Peer>, local: Rc<Local>) -> Self {
        Self { actor: Some(actor), payload, peer, local }
    }
}

impl<A> Stream for Outgoing<A>
where
    A: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(bytes) = self.peer.outbox.poll_next(context) {
            return Poll::Ready(bytes.map(Ok));
        }
        let this = &mut *self;
        if let Some(actor) = &mut this.actor {
            match Pin::new(actor).poll_next(context) {
                Poll::Ready(None) => this.actor = None,
                polled => return polled,
            }
        }
        // The actor has stopped. What the peer still sends is read and dropped, so that our close frame is not lost in a reset.
        loop {
            match Pin::new(&mut *this.payload.borrow_mut()).poll_next(context) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<A> Drop for Outgoing<A> {
    fn drop(&mut self) {
        self.local.remove(&self.peer);
    }
}
