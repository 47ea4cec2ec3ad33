//! What nodes say to each other. Not for clients: nodes of neighbouring versions must understand each other, so fields
//! are added, never renamed, and a message that is not known is passed over.

use super::decode;
use super::frame::Room;
use crate::domain::board::model::Seq;
use crate::domain::board::op::{Ask, Destination, FieldError, FirstColumn, Op, OpKind};
use crate::domain::board::refusal::Refusal;
use crate::domain::board::relay::{Item, RelayEffect};
use crate::domain::board::sequencer::{Applied, Request};
use crate::domain::ids::{BoardId, FamilyId, Incarnation, OpId, SessionId, TaskId, UserId, WorkspaceId};
use crate::domain::presence::Present;
use crate::domain::time::Moment;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use uuid::Uuid;

/// One message. Where it goes is said by the channel.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerMessage {
    // To one node.
    /// The sender wants to pass ops of a board on, and to hear its events.
    Attach {
        board: BoardId,
        stream: u64,
    },
    Detach {
        board: BoardId,
    },
    /// The sender owns the board, and takes the stream; `now` by its clock.
    Attached {
        board: BoardId,
        stream: u64,
        now: Moment,
    },
    /// The sender has not, or no longer, the board.
    NotOwner {
        board: BoardId,
        stream: u64,
    },
    /// Something of the stream is missing: it must begin anew.
    Gap {
        board: BoardId,
        stream: u64,
    },
    Forward(Forward),
    Answers {
        board: BoardId,
        answers: Vec<PeerAnswer>,
    },
    /// Take this board, if nobody has it.
    Take {
        board: BoardId,
    },
    /// Would you rather have these?
    Offer {
        boards: Vec<BoardId>,
    },
    /// Those that it would.
    Accept {
        boards: Vec<BoardId>,
    },
    /// Who of yours is in this room?
    AskRoster {
        tag: u64,
        room: Room,
    },
    Roster {
        tag: u64,
        roster: PeerRoster,
    },
    /// How many of your sessions follow which board?
    AskBoards {
        tag: u64,
    },
    Boards {
        tag: u64,
        sessions: Vec<(BoardId, usize)>,
    },
    /// Which users are connected to you?
    AskOnline,
    Online {
        n: u64,
        users: Vec<UserId>,
    },
    /// What was asked under this tag is done.
    Done {
        tag: u64,
    },

    // To all nodes.
    /// A node has come, goes, or has died: look who lives.
    Hello,
    /// The sender has just reached the database.
    Alive,
    /// Members or labels were changed: read them, and answer.
    Reread {
        tag: u64,
        workspace: WorkspaceId,
    },
    Announce {
        rooms: Vec<Room>,
        event: Box<RawValue>,
    },
    BoardsGone {
        boards: Vec<BoardId>,
    },
    BoardRenamed {
        board: BoardId,
    },
    FamilyRevoked {
        family: FamilyId,
    },
    UserRevoked {
        user: UserId,
    },
    OnlineChange {
        n: u64,
        put: Vec<UserId>,
        gone: Vec<UserId>,
    },
    OnlineBeat {
        n: u64,
    },

    // To those who follow a room.
    /// Events of a board, as they cross the wire; the first one's `seq`.
    Events {
        board: BoardId,
        first: Seq,
        events: Vec<Box<RawValue>>,
    },
    /// The owner has let the board go, for this node to take.
    Moved {
        board: BoardId,
        to: Option<Incarnation>,
    },
    Presence {
        room: Room,
        n: u64,
        put: Vec<Present>,
        gone: Vec<SessionId>,
    },
    PresenceBeat {
        room: Room,
        n: u64,
    },
}

/// A node's sessions in a room, as of its change `n`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeerRoster {
    pub room: Room,
    pub n: u64,
    pub present: Vec<Present>,
}

/// Ops on their way to a board's owner.
#[derive(Debug, Serialize, Deserialize)]
pub struct Forward {
    pub board: BoardId,
    pub stream: u64,
    pub n: u64,
    /// By the owner's clock.
    pub valid_until: Moment,
    /// Which version of the workspace's members and labels the relay knows: the owner must not judge by an older one.
    pub access: i64,
    #[serde(default)]
    pub ops: Vec<PeerOp>,
    #[serde(default)]
    pub atomic: bool,
    #[serde(default)]
    pub forgive: Option<SessionId>,
}

/// One op on its way to a board's owner.
#[derive(Debug, Serialize, Deserialize)]
pub struct PeerOp {
    pub tag: u64,
    pub session: Option<SessionId>,
    pub actor: UserId,
    pub op_id: OpId,
    pub fresh_id: Uuid,
    pub kind: OpKind,
    /// The op with its `kind`; absent where it is none.
    #[serde(default)]
    pub op: Option<Box<RawValue>>,
    /// A destination that no client can name.
    #[serde(default)]
    pub first: Option<FirstColumn>,
    #[serde(default)]
    pub task_id: Option<TaskId>,
    #[serde(default)]
    pub errors: Vec<FieldError>,
}

/// The answer to an op that was passed on.
#[derive(Debug, Serialize, Deserialize)]
pub struct PeerAnswer {
    pub stream: u64,
    pub tag: u64,
    pub result: Result<Applied, Refusal>,
}

/// A message with the node that sends it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Parcel<M = PeerMessage> {
    pub from: Incarnation,
    pub message: M,
}

impl Parcel {
    /// # Errors
    /// For what no node of this version says.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

impl PeerMessage {
    /// Plain structs of text and numbers can't fail to become JSON.
    pub fn encode(&self, from: Incarnation) -> Vec<u8> {
        serde_json::to_vec(&Parcel { from, message: self }).unwrap_or_default()
    }
}

/// [`PeerMessage::Events`] of events that are JSON already.
pub fn encode_events(from: Incarnation, board: BoardId, first: Seq, events: &[Bytes]) -> Vec<u8> {
    let head = format!(r#"{{"from":"{from}","message":{{"events":{{"board":"{board}","first":{first},"events":["#);
    let mut text = head.into_bytes();
    text.extend_from_slice(&events.join(&b","[..]));
    text.extend_from_slice(b"]}}}");
    text
}

impl Forward {
    /// Of what a relay sends; `None` for anything else that it has to say.
    pub fn new<W>(board: BoardId, access: i64, effect: RelayEffect<W>) -> Option<Self> {
        let RelayEffect::Send { stream, n, valid_until, item } = effect else { return None };
        let (ops, atomic, forgive) = match item {
            Item::Ops { requests, atomic } => {
                (requests.into_iter().map(|(tag, request)| PeerOp::new(tag, request)).collect(), atomic, None)
            }
            Item::Forgive(session) => (Vec::new(), false, Some(session)),
        };
        Some(Self { board, stream, n, valid_until, access, ops, atomic, forgive })
    }
}

impl PeerOp {
    fn new<W>(tag: u64, request: Request<W>) -> Self {
        let Request { stream: session, actor, op_id, ask, fresh_id, .. } = request;
        let kind = ask.kind();
        let (op, first, task_id, errors) = match ask {
            Ask::Op(op) => (to_raw_value(&op).ok(), destination(&op), None, Vec::new()),
            Ask::Malformed { task_id, errors, .. } => (None, None, task_id, errors),
        };
        Self { tag, session, actor, op_id, fresh_id, kind, op, first, task_id, errors }
    }

    /// The request as it was; `waiter` is given its tag.
    ///
    /// # Errors
    /// Where the op is none that this version knows.
    pub fn into_request<W>(
        self,
        waiter: impl FnOnce(u64, OpKind) -> W,
        received: Moment,
    ) -> Result<Request<W>, String> {
        let Self { tag, session, actor, op_id, fresh_id, kind, op, first, task_id, errors } = self;
        let ask = match op {
            None => Ask::Malformed { kind, task_id, errors },
            Some(op) => {
                let mut object: Map<String, Value> =
                    serde_json::from_str(op.get()).map_err(|error| error.to_string())?;
                if first.is_some() {
                    object.insert("column_id".to_owned(), Value::String(Uuid::nil().to_string()));
                }
                let mut ask = decode::ask(object).map_err(|errors| format!("{errors:?}"))?;
                if let (Ask::Op(op), Some(first)) = (&mut ask, first) {
                    set_destination(op, first);
                }
                ask
            }
        };
        Ok(Request { waiter: waiter(tag, kind), stream: session, actor, op_id, ask, fresh_id, received })
    }
}

fn destination(op: &Op) -> Option<FirstColumn> {
    let destination = match op {
        Op::TaskCreate(op) => op.column_id,
        Op::TaskMove(op) => op.column_id,
        _ => return None,
    };
    match destination {
        Destination::First(first) => Some(first),
        Destination::Column(_) => None,
    }
}

fn set_destination(op: &mut Op, first: FirstColumn) {
    match op {
        Op::TaskCreate(op) => op.column_id = Destination::First(first),
        Op::TaskMove(op) => op.column_id = Destination::First(first),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(ask: Ask) -> Request<()> {
        Request {
            waiter: (),
            stream: Some(SessionId(Uuid::from_u128(1))),
            actor: UserId(Uuid::from_u128(2)),
            op_id: OpId(Uuid::from_u128(3)),
            ask,
            fresh_id: Uuid::from_u128(4),
            received: Moment::MIN,
        }
    }

    fn ask(op: Value) -> Ask {
        let Value::Object(object) = op else { panic!("no object") };
        decode::ask(object).unwrap()
    }

    /// Whatever an op is, its owner judges just what came in: a hash of it tells retries from others.
    #[test]
    fn an_op_arrives_as_it_was_sent() {
        let id = Uuid::from_u128(9).to_string();
        let mut complete = ask(json!({"kind": "task.move", "task_id": id, "column_id": id, "after": id}));
        if let Ask::Op(op) = &mut complete {
            set_destination(op, FirstColumn::FirstDone);
        }
        let asks = [
            ask(json!({"kind": "task.create", "column_id": id, "title": "tabs\tand ✓", "description": null})),
            ask(json!({"kind": "task.update", "task_id": id, "set": {"due_date": null, "title": "three"}})),
            ask(json!({"kind": "task.update", "task_id": id, "add_label_ids": [id]})),
            ask(json!({"kind": "column.update", "column_id": id, "set": {"wip_limit": null}})),
            ask(json!({"kind": "task.move", "task_id": id, "colour": 1})),
            complete,
        ];
        for ask in asks {
            let item = Item::Ops { requests: vec![(7, request(ask.clone()))], atomic: true };
            let board = BoardId(Uuid::nil());
            let send = RelayEffect::Send { stream: 5, n: 1, valid_until: Moment::MIN, item };
            let forward = Forward::new(board, 3, send).unwrap();
            let from = Incarnation(Uuid::from_u128(8));
            let parcel = Parcel::decode(&PeerMessage::Forward(forward).encode(from)).unwrap();
            assert_eq!(parcel.from, from);
            let PeerMessage::Forward(mut read) = parcel.message else { panic!("another message") };
            assert!(read.atomic && read.forgive.is_none());
            let arrived = read.ops.remove(0).into_request(|tag, _| assert_eq!(tag, 7), Moment::MIN).unwrap();
            assert_eq!(arrived.ask, ask);
            assert_eq!(arrived.stream, Some(SessionId(Uuid::from_u128(1))));
        }
    }

    #[test]
    fn events_arrive_byte_for_byte() {
        let text = r#"{"seq":1,"kind":"task.moved","data":{"x":1.50}}"#;
        let event = Bytes::from_static(text.as_bytes());
        let from = Incarnation(Uuid::from_u128(8));
        let sent = encode_events(from, BoardId(Uuid::nil()), 1, &[event.clone(), event]);
        match Parcel::decode(&sent).unwrap().message {
            PeerMessage::Events { events, .. } => {
                assert!(events.len() == 2 && events.iter().all(|event| event.get() == text))
            }
            other => panic!("{other:?}"),
        }
    }
}
