//! The frames of the WebSocket: what a client may send, and what the server says.

use super::code::{Bye, Code};
use super::decode;
use crate::domain::board::op::FieldError;
use crate::domain::board::op::OpKind;
use crate::domain::board::sequencer::Applied;
use crate::domain::ids::{BoardId, OpId, ProjectId, SessionId, TaskId, UserId, WorkspaceId};
use crate::domain::presence::{STATE_BYTES_MAX, UserName};
use crate::domain::time::Moment;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A message from a client, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1_024;
/// A frame of events, in bytes.
pub const EVENTS_BYTES_MAX: usize = 256 * 1_024;
/// The tail of a recovery, in bytes; a longer one becomes a snapshot.
pub const TAIL_BYTES_MAX: usize = 512 * 1_024;
/// The most events that are replayed.
pub const TAIL_EVENTS_MAX: i64 = 1_000;

/// What can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Room {
    Board(BoardId),
    Workspace(WorkspaceId),
    Project(ProjectId),
    Task(TaskId),
    Sprint(Uuid),
    User(UserId),
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Board(id) => write!(f, "board:{id}"),
            Self::Workspace(id) => write!(f, "workspace:{id}"),
            Self::Project(id) => write!(f, "project:{id}"),
            Self::Task(id) => write!(f, "task:{id}"),
            Self::Sprint(id) => write!(f, "sprint:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
        }
    }
}

impl FromStr for Room {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be board:, workspace:, project:, task:, sprint: or user: and an id".to_owned();
        let (kind, id) = text.split_once(':').ok_or_else(wrong)?;
        let id: Uuid = id.parse().map_err(|_| wrong())?;
        Ok(match kind {
            "board" => Self::Board(BoardId(id)),
            "workspace" => Self::Workspace(WorkspaceId(id)),
            "project" => Self::Project(ProjectId(id)),
            "task" => Self::Task(TaskId(id)),
            "sprint" => Self::Sprint(id),
            "user" => Self::User(UserId(id)),
            _ => return Err(wrong()),
        })
    }
}

impl Serialize for Room {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Room {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A client's number for a request; it comes back in the answer.
pub type RequestId = i64;

/// What a client sends.
#[derive(Debug, PartialEq)]
pub enum ClientFrame {
    Connect { id: RequestId, token: String },
    Refresh { id: RequestId, token: String },
    Subscribe(Subscribe),
    Unsubscribe { id: RequestId, room: Room },
    Op { id: RequestId, room: Room, op_id: OpId, op: Map<String, Value> },
    Presence { id: Option<RequestId>, room: Room, state: Value },
    Ping,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    pub id: RequestId,
    pub room: Room,
    /// The last `seq` that the client has seen.
    pub since: Option<i64>,
    /// The history that it belongs to.
    pub history: Option<String>,
}

fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::deserialize(deserializer)? {
        Some(since) if since < 0 => Err(de::Error::custom(format!("must be 0 or more, got {since}"))),
        since => Ok(since),
    }
}

/// Why a frame can't be taken.
#[derive(Debug, PartialEq, Eq)]
pub struct BadFrame {
    pub id: Option<RequestId>,
    /// Set where it is an op whose id can be read: it is answered by a `reject`.
    pub op_id: Option<OpId>,
    /// Not a JSON object, or of no known type: ten of these in a row end the connection.
    pub malformed: bool,
    pub errors: Vec<FieldError>,
}

/// The parts that every answer needs, read whatever else is wrong.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    op_id: Option<&'a RawValue>,
}

/// Each body knows `type` as a field that was read before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribeFrame {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    id: RequestId,
    room: Room,
    #[serde(default, deserialize_with = "not_negative")]
    since: Option<i64>,
    #[serde(default)]
    history: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenFrame {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    id: RequestId,
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoomFrame {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    id: RequestId,
    room: Room,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpFrame {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    id: RequestId,
    room: Room,
    op_id: OpId,
    op: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PresenceFrame {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    #[serde(default)]
    id: Option<RequestId>,
    room: Room,
    state: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PingFrame {
    #[serde(rename = "type")]
    _type: IgnoredAny,
}

/// Reads a frame.
///
/// # Errors
/// Says what is wrong, and what an answer needs.
pub fn decode(text: &str) -> Result<ClientFrame, BadFrame> {
    let malformed = |message: &str| BadFrame {
        id: None,
        op_id: None,
        malformed: true,
        errors: vec![FieldError { field: String::new(), message: message.to_owned() }],
    };
    if !text.trim_start().starts_with('{') {
        return Err(malformed("must be a JSON object"));
    }
    let envelope: Envelope<'_> =
        serde_json::from_str(text).map_err(|_| malformed("must be a JSON object, and not nested too deeply"))?;
    let id = envelope.id.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let op_id = envelope.op_id.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let kind = envelope.kind.and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
    let frame = match kind.as_deref() {
        Some("connect") => {
            body::<TokenFrame>(text).map(|TokenFrame { id, token, .. }| ClientFrame::Connect { id, token })
        }
        Some("refresh") => {
            body::<TokenFrame>(text).map(|TokenFrame { id, token, .. }| ClientFrame::Refresh { id, token })
        }
        Some("subscribe") => body(text).map(|SubscribeFrame { id, room, since, history, .. }| {
            ClientFrame::Subscribe(Subscribe { id, room, since, history })
        }),
        Some("unsubscribe") => body(text).map(|RoomFrame { id, room, .. }| ClientFrame::Unsubscribe { id, room }),
        Some("op") => body(text).map(|OpFrame { id, room, op_id, op, .. }| ClientFrame::Op { id, room, op_id, op }),
        Some("presence") => body(text).and_then(presence),
        Some("ping") => body(text).map(|PingFrame { .. }| ClientFrame::Ping),
        _ => {
            let errors = vec![FieldError { field: "type".into(), message: "is no known type".into() }];
            return Err(BadFrame { id, op_id: None, malformed: true, errors });
        }
    };
    let op_id = op_id.filter(|_| kind.as_deref() == Some("op"));
    frame.map_err(|errors| BadFrame { id, op_id, malformed: false, errors })
}

/// Reads the fields of a frame whose `type` is known.
fn body<T: de::DeserializeOwned>(text: &str) -> Result<T, Vec<FieldError>> {
    decode::from_json(text.as_bytes())
}

fn presence(frame: PresenceFrame) -> Result<ClientFrame, Vec<FieldError>> {
    let wrong = |message: String| vec![FieldError { field: "state".into(), message }];
    let bytes = frame.state.get().len();
    if bytes > STATE_BYTES_MAX {
        return Err(wrong(format!("must be at most {STATE_BYTES_MAX} bytes, got {bytes}")));
    }
    match serde_json::from_str(frame.state.get()) {
        Ok(state @ Value::Object(_)) => Ok(ClientFrame::Presence { id: frame.id, room: frame.room, state }),
        _ => Err(wrong("must be a JSON object".to_owned())),
    }
}

/// A field that was changed since the version that an op was based on: which, at which version, by whom, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    pub field: &'static str,
    pub version: i32,
    /// None where the log no longer tells.
    pub actor_id: Option<UserId>,
    pub at: Option<Moment>,
}

/// Why a request or an op was refused; the same over WebSocket and REST.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reject {
    pub code: Code,
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The task or column as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
}

impl Reject {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, details: Vec::new(), retry_after_ms: None, current: None, conflicts: Vec::new() }
    }

    pub fn invalid(details: Vec<FieldError>) -> Self {
        Self { details, ..Self::new(Code::ValidationError, "the request is not valid") }
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("{what} not found"))
    }

    pub fn unavailable() -> Self {
        Self {
            retry_after_ms: Some(250),
            ..Self::new(Code::Unavailable, "not applied, or not known to be: send it again")
        }
    }
}

/// What the server sends, but for what is put together from shared bytes ([`super::codec`]).
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    Connected {
        session_id: SessionId,
        user: &'a UserName,
        heartbeat_ms: u64,
        token_expires_at: Moment,
        node: &'a str,
    },
    Refreshed {
        token_expires_at: Moment,
    },
    TokenExpiring {
        expires_at: Moment,
    },
    Unsubscribed {
        room: Room,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<Code>,
    },
    Pong,
    Ack(Ack),
    Reject {
        op_id: OpId,
        #[serde(flatten)]
        reject: &'a Reject,
    },
    Error(&'a Reject),
    Bye {
        code: &'static str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reconnect_in_ms: Option<u64>,
    },
}

/// The answer to an applied op.
#[derive(Debug, Serialize)]
pub struct Ack {
    pub op_id: OpId,
    pub seq: i64,
    pub version: i32,
    /// The task that it created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// The column that it created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column_id: Option<Uuid>,
}

impl Ack {
    pub fn new(op_id: OpId, applied: &Applied) -> Self {
        Self {
            op_id,
            seq: applied.seq,
            version: applied.version,
            task_id: (applied.kind == OpKind::TaskCreate).then_some(applied.target),
            number: applied.number,
            column_id: (applied.kind == OpKind::ColumnCreate).then_some(applied.target),
        }
    }
}

/// An event of a room that has no order: what was missed is read again by REST.
#[derive(Debug, Clone, Serialize)]
pub struct Announcement {
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<UserId>,
    pub at: Moment,
    pub data: Value,
}

/// The text of a `bye`, for people.
pub fn bye_message(bye: Bye) -> &'static str {
    match bye {
        Bye::Draining => "the server is going away: come back with since",
        Bye::TooLarge => "a message may have at most 262144 bytes",
        Bye::Protocol => "the bytes are no WebSocket frame (RFC 6455)",
        Bye::Malformed => "ten malformed frames in a row",
        Bye::Unauthenticated => "not authenticated in time, or the token has ended: refresh it first",
        Bye::Disabled => "the account was disabled or signed out everywhere",
        Bye::RateLimited => "kept sending past the rate",
        Bye::Defect => "a defect of the server",
        Bye::Silent => "no sign of life for 60 s",
        Bye::SlowConsumer => "over 1 MiB waits to be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01920000-0000-7000-8000-000000000001";

    #[test]
    fn known_frames_are_read() {
        assert_eq!(decode(r#"{"type":"ping"}"#), Ok(ClientFrame::Ping));
        let text = format!(r#"{{"id":3,"type":"subscribe","room":"board:{ID}","since":7}}"#);
        let subscribe =
            Subscribe { id: 3, room: format!("board:{ID}").parse().unwrap(), since: Some(7), history: None };
        assert_eq!(decode(&text), Ok(ClientFrame::Subscribe(subscribe)));
    }

    #[test]
    fn what_is_no_object_or_of_no_known_type_is_malformed() {
        for text in ["", "1", "[]", "{", "nope", r#"{"type":"fly"}"#, r#"{"type":7}"#, "{}", &"[".repeat(100_000)] {
            assert!(decode(text).unwrap_err().malformed, "{text:.40}");
        }
        let deep = format!(r#"{{"type":"ping","x":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
        assert!(decode(&deep).is_err());
    }

    #[test]
    fn what_is_wrong_keeps_the_id_and_the_op_id() {
        let text = format!(r#"{{"id":4,"type":"op","room":"nowhere","op_id":"{ID}","op":{{}}}}"#);
        let bad = decode(&text).unwrap_err();
        assert_eq!((bad.id, bad.op_id.is_some(), bad.malformed), (Some(4), true, false));
        assert_eq!(bad.errors[0].field, "room");
        let bad = decode(r#"{"id":"x","type":"subscribe"}"#).unwrap_err();
        assert_eq!((bad.id, bad.malformed), (None, false));
        assert_eq!(decode(r#"{"type":"ping","x":1}"#).unwrap_err().errors[0].field, "x");
    }

    #[test]
    fn a_state_is_an_object_of_at_most_a_kibibyte() {
        let frame = |state: &str| format!(r#"{{"type":"presence","room":"board:{ID}","state":{state}}}"#);
        assert!(decode(&frame("{}")).is_ok());
        assert_eq!(decode(&frame("[]")).unwrap_err().errors[0].field, "state");
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(1_024));
        assert_eq!(decode(&frame(&long)).unwrap_err().errors[0].message, "must be at most 1024 bytes, got 1032");
    }
}
