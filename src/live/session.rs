//! One WebSocket connection: reads frames, and sends each to whom it concerns.

use super::answer::{Reply, Waiter};
use super::board;
use super::clock;
use super::handle::{BoardHandle, LiveError};
use super::hub::{HubId, Local};
use super::outbox::Outbox;
use super::peer::{Host, Peer, Signed};
use super::rate::Rate;
use super::registry::Live;
use super::socket::{ConnectionSocket, Intake, IntakeGauge, Outgoing, continuation};
use super::{online, workspace};
use crate::domain::board::catch_up::Position;
use crate::domain::board::sequencer::{Request, STALL_MILLIS};
use crate::domain::ids::{BoardId, FamilyId, OpId, SessionId};
use crate::domain::presence::UserName;
use crate::domain::time::Moment;
use crate::protocol::code::{Bye, Code};
use crate::protocol::codec;
use crate::protocol::decode;
use crate::protocol::frame::{
    self, BadFrame, ClientFrame, MESSAGE_BYTES_MAX, Reject, RequestId, Room, ServerFrame, Subscribe,
};
use actix::prelude::*;
use actix_http::ws::Codec;
use actix_web::web::{BytesMut, Payload};
use actix_web::{Error, HttpRequest, HttpResponse};
use actix_web_actors::ws;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const SUBPROTOCOL: &str = "teamflow.v1";
const HEARTBEAT_MS: u64 = 25_000;
const MALFORMED_MAX: u32 = 10;
/// Frames that wait while a room is looked up or the answer to a `subscribe` is sent.
const DEFERRED_MAX: usize = 256;
const ROOMS_MAX: usize = 200;
/// How many boards may be asked for at once.
const JOINING_MAX: u32 = 8;
/// So long a request waits before it is answered `UNAVAILABLE`.
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// Who a token belongs to.
#[derive(Debug, Clone)]
pub struct Identity {
    pub user: UserName,
    pub family: Option<FamilyId>,
    pub expires_at: Moment,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAuthentic {
    Refused,
    Unavailable,
}

/// Tells who a token belongs to; made by the room that knows tokens.
pub trait Authenticator: Send + Sync {
    fn verify(&self, token: String) -> BoxFuture<'static, Result<Identity, NotAuthentic>>;
}

/// What the sessions of a worker thread share.
#[derive(Clone)]
pub struct Sessions {
    pub live: Live,
    pub hub: HubId,
    pub local: Rc<Local>,
    pub authenticator: Arc<dyn Authenticator>,
}

impl Sessions {
    /// Answers an upgrade; `identity` is known where the request bore a token.
    ///
    /// # Errors
    /// 400 where the request is no upgrade.
    pub fn start(
        &self,
        request: &HttpRequest,
        payload: Payload,
        identity: Option<Identity>,
    ) -> Result<HttpResponse, Error> {
        let mut response = ws::handshake_with_protocols(request, &[SUBPROTOCOL])?;
        let socket = request.conn_data::<ConnectionSocket>().and_then(ConnectionSocket::take);
        let peer = Rc::new(Peer::new(SessionId(Uuid::now_v7()), Outbox::new(socket)));
        let payload = Rc::new(RefCell::new(payload));
        let (intake, gauge) = Intake::new(&payload);
        let mut session = SessionActor {
            peer: Rc::clone(&peer),
            shared: self.clone(),
            gauge,
            fragments: None,
            malformed: 0,
            rate: Rate::new(self.live.has_rates()),
            blocked: None,
            blocks: 0,
            deferred: VecDeque::new(),
            stalls: HashMap::new(),
        };
        self.local.add(&peer);
        if let Some(identity) = identity {
            session.connected(None, identity);
        }
        let codec = Codec::new().max_size(MESSAGE_BYTES_MAX);
        let actor = ws::WebsocketContext::with_codec(session, intake, codec);
        Ok(response.streaming(Outgoing::new(Box::pin(actor), payload, peer, Rc::clone(&self.local))))
    }
}

/// Why frames wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// A token or a room is looked up.
    Lookup,
    /// The answer to a `subscribe` is being sent; one at a time.
    Streaming,
}

/// See the module's text.
struct SessionActor {
    peer: Rc<Peer>,
    shared: Sessions,
    gauge: Rc<IntakeGauge>,
    /// A message that comes in fragments: its bytes so far, and whether it is text.
    fragments: Option<(BytesMut, bool)>,
    malformed: u32,
    rate: Rate,
    blocked: Option<Block>,
    /// Counts the blocks, so that a timer knows which one it was armed for.
    blocks: u64,
    deferred: VecDeque<ClientFrame>,
    /// Ops of a board that was not reached: later ones must not overtake the first.
    stalls: HashMap<BoardId, (OpId, Moment)>,
}

type SessionContext = ws::WebsocketContext<SessionActor>;

impl Actor for SessionActor {
    type Context = SessionContext;
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for SessionActor {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, context: &mut SessionContext) {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                let too_large = matches!(error, ws::ProtocolError::Overflow) || self.gauge.is_stuck();
                let bye = if too_large { Bye::TooLarge } else { Bye::Protocol };
                self.peer.outbox.close(bye, None);
                // The decoder would find the same error for ever.
                return context.stop();
            }
        };
        self.gauge.decoded(&message);
        self.peer.seen_at.set(Instant::now());
        if let ws::Message::Close(reason) = &message {
            return self.peer.outbox.peer_closed(reason.as_ref().map_or(1000, |reason| reason.code.into()));
        }
        if !self.peer.outbox.is_open() {
            return;
        }
        match message {
            ws::Message::Text(text) => self.text(&text, context),
            ws::Message::Binary(_) => self.binary(),
            ws::Message::Ping(data) => {
                if self.rate_allows() {
                    self.peer.send(codec::pong(&data));
                }
            }
            ws::Message::Continuation(item) => self.fragment(&item, context),
            ws::Message::Pong(_) => {
                self.rate_allows();
            }
            ws::Message::Close(_) | ws::Message::Nop => {}
        }
    }

    fn finished(&mut self, context: &mut SessionContext) {
        self.peer.outbox.end();
        context.stop();
    }
}

impl SessionActor {
    fn fragment(&mut self, item: &actix_http::ws::Item, context: &mut SessionContext) {
        use actix_http::ws::Item;
        if !self.rate_allows() {
            return;
        }
        let bytes = continuation(item);
        match item {
            Item::FirstText(_) | Item::FirstBinary(_) => {
                self.fragments = Some((BytesMut::from(&bytes[..]), matches!(item, Item::FirstText(_))));
            }
            Item::Continue(_) | Item::Last(_) => match &mut self.fragments {
                Some((whole, _)) if whole.len() + bytes.len() <= MESSAGE_BYTES_MAX => whole.extend_from_slice(bytes),
                Some(_) => {
                    self.fragments = None;
                    return self.peer.outbox.close(Bye::TooLarge, None);
                }
                None => return self.peer.outbox.close(Bye::Protocol, None),
            },
        }
        if let Item::Last(_) = item
            && let Some((whole, is_text)) = self.fragments.take()
        {
            match std::str::from_utf8(&whole) {
                Ok(text) if is_text => self.frame(text, context),
                Ok(_) => self.bad_frame(not_text()),
                Err(_) if is_text => self.peer.outbox.close(Bye::Protocol, None),
                Err(_) => self.bad_frame(not_text()),
            }
        }
    }

    fn binary(&mut self) {
        if self.rate_allows() {
            self.bad_frame(not_text());
        }
    }

    fn text(&mut self, text: &str, context: &mut SessionContext) {
        if let Err(wait) = self.rate.take() {
            let mut reject = Reject::new(Code::RateLimitExceeded, "at most 100 frames a second, in bursts of 200");
            reject.retry_after_ms = Some(wait);
            match frame::decode(text) {
                Ok(frame) => self.refuse(&frame, &reject),
                Err(BadFrame { id, op_id, .. }) => self.refuse_as(id, op_id, &reject),
            }
            return self.count_rate_reject();
        }
        self.frame(text, context);
    }

    fn frame(&mut self, text: &str, context: &mut SessionContext) {
        match frame::decode(text) {
            Ok(frame) => {
                self.malformed = 0;
                self.take(frame, context);
            }
            Err(bad) => self.bad_frame(bad),
        }
    }

    fn bad_frame(&mut self, bad: BadFrame) {
        self.malformed = if bad.malformed { self.malformed + 1 } else { 0 };
        let unauthorized = self.peer.signed.borrow().is_none() && self.blocked.is_none() && !bad.malformed;
        let reject = if unauthorized { unauthorized_reject() } else { Reject::invalid(bad.errors) };
        self.refuse_as(bad.id, bad.op_id, &reject);
        if self.malformed >= MALFORMED_MAX {
            self.peer.outbox.close(Bye::Malformed, None);
        }
    }

    /// Takes a control frame or a fragment into account. Over the rate it is dropped.
    fn rate_allows(&mut self) -> bool {
        let allowed = self.rate.take().is_ok();
        if !allowed {
            self.count_rate_reject();
        }
        allowed
    }

    fn count_rate_reject(&mut self) {
        if self.rate.reject() {
            self.peer.outbox.close(Bye::RateLimited, None);
        }
    }

    /// Puts a frame behind what waits, or handles it.
    fn take(&mut self, frame: ClientFrame, context: &mut SessionContext) {
        if frame == ClientFrame::Ping && self.is_signed() {
            return self.answer(None, &ServerFrame::Pong);
        }
        if self.blocked.is_none() && self.must_wait(&frame) {
            self.block(Block::Streaming, context);
        }
        if self.blocked.is_none() {
            return self.handle_frame(frame, context);
        }
        if self.deferred.len() < DEFERRED_MAX {
            return self.deferred.push_back(frame);
        }
        let mut reject = Reject::new(Code::RateLimitExceeded, format!("at most {DEFERRED_MAX} requests may wait"));
        reject.retry_after_ms = Some(1_000);
        self.refuse(&frame, &reject);
    }

    fn handle_frame(&mut self, frame: ClientFrame, context: &mut SessionContext) {
        match frame {
            ClientFrame::Connect { id, token } => self.connect(id, token, context),
            frame if !self.is_signed() => self.refuse(&frame, &unauthorized_reject()),
            ClientFrame::Refresh { id, token } => self.refresh(id, token, context),
            ClientFrame::Subscribe(subscribe) => self.subscribe(subscribe, context),
            ClientFrame::Unsubscribe { id, room } => self.unsubscribe(id, room),
            ClientFrame::Op { id, room, op_id, op } => self.op(id, room, op_id, op, context),
            ClientFrame::Presence { id, room, state } => self.presence(id, room, state),
            ClientFrame::Ping => self.answer(None, &ServerFrame::Pong),
        }
    }

    fn connect(&mut self, id: RequestId, token: String, context: &mut SessionContext) {
        if self.is_signed() {
            return self
                .error(Some(id), &Reject::new(Code::Conflict, "connected already; use refresh for a new token"));
        }
        let verified = self.shared.authenticator.verify(token);
        self.look_up(verified, context, move |session, verified, _| match verified {
            Ok(identity) => session.connected(Some(id), identity),
            Err(reason) => session.error(Some(id), &not_authentic(reason)),
        });
    }

    fn connected(&mut self, id: Option<RequestId>, identity: Identity) {
        let Identity { user, family, expires_at } = identity;
        let frame = ServerFrame::Connected {
            session_id: self.peer.id,
            user: &user,
            heartbeat_ms: HEARTBEAT_MS,
            token_expires_at: expires_at,
            node: self.shared.live.node(),
        };
        self.answer(id, &frame);
        self.shared.live.online().came(user.id, self.peer.id);
        *self.peer.signed.borrow_mut() = Some(Signed { user, family, token_expires_at: expires_at });
    }

    fn refresh(&mut self, id: RequestId, token: String, context: &mut SessionContext) {
        let verified = self.shared.authenticator.verify(token);
        self.look_up(verified, context, move |session, verified, _| {
            let identity = match verified {
                Ok(identity) => identity,
                Err(reason) => return session.error(Some(id), &not_authentic(reason)),
            };
            if session.peer.user_id() != Some(identity.user.id) {
                return session.error(Some(id), &Reject::new(Code::Forbidden, "the token is another user's"));
            }
            if let Some(signed) = &mut *session.peer.signed.borrow_mut() {
                signed.token_expires_at = identity.expires_at;
                signed.family = identity.family;
            }
            session.answer(Some(id), &ServerFrame::Refreshed { token_expires_at: identity.expires_at });
        });
    }

    fn subscribe(&mut self, subscribe: Subscribe, context: &mut SessionContext) {
        let Subscribe { id, room, .. } = subscribe;
        let is_new = !self.peer.rooms.borrow().contains_key(&room);
        if is_new && self.peer.rooms.borrow().len() >= ROOMS_MAX {
            let reject = Reject::new(Code::RateLimitExceeded, format!("at most {ROOMS_MAX} rooms a connection"));
            return self.error(Some(id), &reject);
        }
        match room {
            Room::Board(board) => {
                self.stalls.remove(&board);
                match self.shared.live.board_at_hand(board) {
                    Some(board) => self.subscribe_board(subscribe, &board),
                    None => {
                        let live = self.shared.live.clone();
                        self.look_up(async move { live.board(board).await }, context, move |session, found, _| {
                            match found {
                                Ok(board) => session.subscribe_board(subscribe, &board),
                                Err(error) => session.error(Some(id), &error.into_reject("room")),
                            }
                        });
                    }
                }
            }
            Room::User(user) if self.peer.user_id() != Some(user) => {
                self.error(Some(id), &Reject::new(Code::Forbidden, "this room is another user's"));
            }
            Room::User(_) => self.join_user_room(id, room),
            Room::Workspace(_) | Room::Project(_) | Room::Task(_) | Room::Sprint(_) => {
                let live = self.shared.live.clone();
                self.look_up(async move { live.host_of(room).await }, context, move |session, found, _| match found {
                    Ok(workspace) => session.join_workspace_room(id, room, &workspace),
                    Err(error) => session.error(Some(id), &error.into_reject("room")),
                });
            }
        }
    }

    fn subscribe_board(&mut self, subscribe: Subscribe, board: &BoardHandle) {
        let Some(user) = self.user() else { return };
        let Subscribe { id, room, since, history } = subscribe;
        if board.access().role(user.id).is_none() {
            return self.error(Some(id), &Reject::not_found("room"));
        }
        let join = board::Join {
            session: self.peer.id,
            hub: self.shared.hub,
            user,
            id,
            position: Position { since, history },
            received: clock::now(),
        };
        let sent = board.addr().try_send(join).is_ok();
        self.peer.joining.set(self.peer.joining.get() + u32::from(sent));
        self.enter(id, room, Host::Board(board.addr().clone()), sent);
    }

    fn join_workspace_room(&mut self, id: RequestId, room: Room, host: &super::handle::WorkspaceHandle) {
        let Some(user) = self.user() else { return };
        if host.access().role(user.id).is_none() {
            return self.error(Some(id), &Reject::not_found("room"));
        }
        let join = workspace::Join { room, session: self.peer.id, hub: self.shared.hub, user, id };
        self.enter(id, room, Host::Workspace(host.addr().clone()), host.addr().try_send(join).is_ok());
    }

    fn join_user_room(&mut self, id: RequestId, room: Room) {
        let Some(user) = self.user() else { return };
        let addr = self.shared.live.online().addr().clone();
        let sent = addr.try_send(online::Join { session: self.peer.id, hub: self.shared.hub, user, id }).is_ok();
        self.enter(id, room, Host::Online(addr), sent);
    }

    /// Notes the room that was asked; a room whose mailbox is full, or that has just ended, isn't at hand.
    fn enter(&mut self, id: RequestId, room: Room, host: Host, was_asked: bool) {
        if was_asked {
            self.peer.rooms.borrow_mut().insert(room, host);
        } else {
            self.forget(room);
            self.error(Some(id), &Reject::unavailable());
        }
    }

    fn unsubscribe(&mut self, id: RequestId, room: Room) {
        let answer = codec::server_frame(Some(id), &ServerFrame::Unsubscribed { room, code: None });
        let session = self.peer.id;
        let host = self.peer.rooms.borrow().get(&room).cloned();
        let sent = match &host {
            None => return self.peer.send(answer),
            Some(Host::Board(addr)) => {
                addr.try_send(board::Leave { session, answer: Some((self.shared.hub, answer)) }).is_ok()
            }
            Some(Host::Workspace(addr)) => {
                addr.try_send(workspace::Leave { room, session, answer: Some(answer) }).is_ok()
            }
            Some(Host::Online(addr)) => addr.try_send(online::Leave { room, session, answer: Some(answer) }).is_ok(),
        };
        if !sent {
            self.error(Some(id), &Reject::unavailable());
        }
    }

    fn op(&mut self, id: RequestId, room: Room, op_id: OpId, op: Map<String, Value>, context: &mut SessionContext) {
        let Room::Board(board_id) = room else {
            let reject = Reject::new(Code::ValidationError, "ops change boards: room must be board: and an id");
            return self.reject(id, op_id, &reject);
        };
        let ask = match decode::ask(op) {
            Ok(ask) => ask,
            Err(errors) => return self.reject(id, op_id, &Reject::invalid(errors)),
        };
        let now = clock::now();
        if let Some((first, until)) = self.stalls.get(&board_id) {
            if *first != op_id && now < *until {
                return self.reject(id, op_id, &Reject::unavailable());
            }
            self.stalls.remove(&board_id);
        }
        let Some(user) = self.peer.user_id() else { return };
        let request = Request {
            waiter: Waiter {
                reply: Reply::Session { hub: self.shared.hub, session: self.peer.id, id },
                kind: ask.kind(),
                received: Instant::now(),
            },
            stream: Some(self.peer.id),
            actor: user,
            op_id,
            ask,
            fresh_id: Uuid::now_v7(),
            received: now,
        };
        match self.shared.live.board_at_hand(board_id) {
            Some(board) => self.submit(request, &board, id),
            None => {
                let live = self.shared.live.clone();
                self.look_up(
                    async move { live.board(board_id).await },
                    context,
                    move |session, found, _| match found {
                        Ok(board) => session.submit(request, &board, id),
                        Err(LiveError::NotFound) => session.reject(id, op_id, &Reject::not_found("board")),
                        Err(LiveError::Unavailable) => session.stall(board_id, id, op_id),
                    },
                );
            }
        }
    }

    fn submit(&mut self, request: Request<Waiter>, board: &BoardHandle, id: RequestId) {
        let op_id = request.op_id;
        if board.addr().try_send(board::Submit { requests: vec![request], atomic: false }).is_err() {
            self.forget(Room::Board(board.board_id()));
            self.stall(board.board_id(), id, op_id);
        }
    }

    /// An actor that has ended is looked up anew the next time.
    fn forget(&self, room: Room) {
        if let Room::Board(board) = room {
            self.shared.live.forget_if_ended(board);
        }
    }

    fn stall(&mut self, board: BoardId, id: RequestId, op_id: OpId) {
        // It came before whatever was refused while it was looked up.
        self.stalls.insert(board, (op_id, clock::now().plus_millis(STALL_MILLIS)));
        self.reject(id, op_id, &Reject::unavailable());
    }

    fn presence(&mut self, id: Option<RequestId>, room: Room, state: Value) {
        let session = self.peer.id;
        let host = self.peer.rooms.borrow().get(&room).cloned();
        let sent = match host {
            None => {
                return self.error(id, &Reject::new(Code::Forbidden, "subscribe to the room first"));
            }
            Some(Host::Board(addr)) => addr.try_send(board::SetState { session, state }).is_ok(),
            Some(Host::Workspace(addr)) => addr.try_send(workspace::SetState { room, session, state }).is_ok(),
            Some(Host::Online(addr)) => addr.try_send(online::SetState { room, session, state }).is_ok(),
        };
        if !sent {
            self.error(id, &Reject::unavailable());
        }
    }

    /// Waits for `found`, while later frames wait their turn, and then goes on. Too late, all that waits is refused.
    fn look_up<T: 'static>(
        &mut self,
        found: impl Future<Output = T> + 'static,
        context: &mut SessionContext,
        then: impl FnOnce(&mut Self, T, &mut SessionContext) + 'static,
    ) {
        self.block(Block::Lookup, context);
        let looked_up = found.into_actor(self).map(move |found, session, context| {
            session.blocked = None;
            then(session, found, context);
            session.go_on(context);
        });
        context.spawn(looked_up);
    }

    fn block(&mut self, why: Block, context: &mut SessionContext) {
        self.blocked = Some(why);
        self.blocks += 1;
        let armed_for = self.blocks;
        if why == Block::Streaming {
            look_again(armed_for, context);
        }
        context.run_later(ANSWER_WITHIN, move |session, context| {
            if session.blocked.is_some() && session.blocks == armed_for {
                session.refuse_deferred();
                if session.blocked == Some(Block::Streaming) {
                    session.blocked = None;
                    session.go_on(context);
                }
            }
        });
    }

    /// Goes on once the answer to a `subscribe` has been sent.
    fn streamed(&mut self, armed_for: u64, context: &mut SessionContext) {
        if self.blocks != armed_for || self.blocked != Some(Block::Streaming) {
            return;
        }
        if self.is_answering() {
            return look_again(armed_for, context);
        }
        self.blocked = None;
        self.go_on(context);
    }

    /// Whether answers to `subscribe` are owed that could together hold much memory.
    fn is_answering(&self) -> bool {
        self.peer.outbox.is_streaming() || self.peer.joining.get() >= JOINING_MAX
    }

    fn must_wait(&self, frame: &ClientFrame) -> bool {
        matches!(frame, ClientFrame::Subscribe(_)) && self.is_answering()
    }

    fn go_on(&mut self, context: &mut SessionContext) {
        while self.blocked.is_none()
            && let Some(frame) = self.deferred.pop_front()
        {
            if self.must_wait(&frame) {
                self.deferred.push_front(frame);
                return self.block(Block::Streaming, context);
            }
            self.handle_frame(frame, context);
        }
    }

    fn refuse_deferred(&mut self) {
        let until = clock::now().plus_millis(STALL_MILLIS);
        for frame in std::mem::take(&mut self.deferred) {
            match frame {
                ClientFrame::Op { id, room: Room::Board(board), op_id, .. } => {
                    self.stalls.entry(board).or_insert((op_id, until));
                    self.reject(id, op_id, &Reject::unavailable());
                }
                frame => self.refuse(&frame, &Reject::unavailable()),
            }
        }
    }

    fn refuse(&self, frame: &ClientFrame, reject: &Reject) {
        match frame {
            ClientFrame::Op { id, op_id, .. } => self.reject(*id, *op_id, reject),
            ClientFrame::Connect { id, .. } | ClientFrame::Refresh { id, .. } | ClientFrame::Unsubscribe { id, .. } => {
                self.error(Some(*id), reject);
            }
            ClientFrame::Subscribe(subscribe) => self.error(Some(subscribe.id), reject),
            ClientFrame::Presence { id, .. } => self.error(*id, reject),
            ClientFrame::Ping => self.error(None, reject),
        }
    }

    fn refuse_as(&self, id: Option<RequestId>, op_id: Option<OpId>, reject: &Reject) {
        match op_id {
            Some(op_id) => self.answer(id, &ServerFrame::Reject { op_id, reject }),
            None => self.error(id, reject),
        }
    }

    fn reject(&self, id: RequestId, op_id: OpId, reject: &Reject) {
        self.answer(Some(id), &ServerFrame::Reject { op_id, reject });
    }

    fn error(&self, id: Option<RequestId>, reject: &Reject) {
        self.answer(id, &ServerFrame::Error(reject));
    }

    fn answer(&self, id: Option<RequestId>, frame: &ServerFrame<'_>) {
        self.peer.send(codec::server_frame(id, frame));
    }

    fn is_signed(&self) -> bool {
        self.peer.signed.borrow().is_some()
    }

    fn user(&self) -> Option<UserName> {
        self.peer.signed.borrow().as_ref().map(|signed| signed.user.clone())
    }
}

fn look_again(armed_for: u64, context: &mut SessionContext) {
    context.run_later(Duration::from_millis(5), move |session, context| session.streamed(armed_for, context));
}

fn not_text() -> BadFrame {
    let errors =
        vec![crate::domain::board::op::FieldError { field: String::new(), message: "must be a text frame".into() }];
    BadFrame { id: None, op_id: None, malformed: true, errors }
}

fn unauthorized_reject() -> Reject {
    Reject::new(Code::Unauthorized, "connect with an access token first")
}

fn not_authentic(reason: NotAuthentic) -> Reject {
    match reason {
        NotAuthentic::Refused => Reject::new(Code::Unauthorized, "the token is not valid, or has ended"),
        NotAuthentic::Unavailable => Reject::unavailable(),
    }
}
