//! Writes what the server says, as whole WebSocket frames (RFC 6455 section 5.2): encoded once, shared by all who get it.

use super::frame::{Announcement, EVENTS_BYTES_MAX, RequestId, Room, ServerFrame};
use crate::domain::board::event::Event;
use crate::domain::presence::{Listing, Update};
use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

const FINAL: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
/// Longer messages go out in fragments of so many bytes.
const FRAGMENT_BYTES: usize = 128 * 1_024;
/// Longer messages share their pieces' bytes instead of copying them.
const COPIED_BYTES_MAX: usize = 4 * 1_024;

/// One message to a client: bytes of whole frames, in pieces so that large parts of it can be shared.
#[derive(Debug, Clone)]
pub enum Message {
    One(Bytes),
    Many(Vec<Bytes>),
}

impl Message {
    pub fn len(&self) -> usize {
        match self {
            Self::One(bytes) => bytes.len(),
            Self::Many(pieces) => pieces.iter().map(Bytes::len).sum(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn put_header(frame: &mut BytesMut, first: u8, len: usize) {
    frame.put_u8(first);
    match len {
        0..=125 => frame.put_u8(len as u8),
        126..=65_535 => {
            frame.put_u8(126);
            frame.put_u16(len as u16);
        }
        _ => {
            frame.put_u8(127);
            frame.put_u64(len as u64);
        }
    }
}

fn frame(first: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(payload.len() + 10);
    put_header(&mut frame, first, payload.len());
    frame.put_slice(payload);
    frame.freeze()
}

/// A ping without data.
pub fn ping() -> Bytes {
    frame(FINAL | PING, &[])
}

/// The answer to a client's ping: at most 125 bytes, as the codec that read it has checked.
pub fn pong(data: &[u8]) -> Bytes {
    frame(FINAL | PONG, data)
}

/// A close frame with its code.
pub fn close(code: u16) -> Bytes {
    frame(FINAL | CLOSE, &code.to_be_bytes())
}

/// JSON without white space. Plain structs of text and numbers can't fail to become JSON.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// A frame of the server, with the request's id in front where there is one.
pub fn server_frame(id: Option<RequestId>, server: &ServerFrame<'_>) -> Bytes {
    let body = json(server);
    match id {
        None => frame(FINAL | TEXT, &body),
        Some(id) => {
            let mut text = format!("{{\"id\":{id},").into_bytes();
            text.extend_from_slice(&body[1..]);
            frame(FINAL | TEXT, &text)
        }
    }
}

/// An event's bytes, as they go into the log and to everybody.
pub fn event(event: &Event) -> Bytes {
    json(event).into()
}

/// The frames that carry these events, in order: one, or several of at most 256 KiB.
pub fn events<B: AsRef<[u8]>>(room: Room, events: &[B]) -> Vec<Bytes> {
    let head = format!("{{\"type\":\"events\",\"room\":\"{room}\",\"events\":[").into_bytes();
    let mut frames = Vec::new();
    let mut text = head.clone();
    for event in events.iter().map(AsRef::as_ref) {
        let is_first = text.len() == head.len();
        if !is_first && text.len() + event.len() + 3 > EVENTS_BYTES_MAX {
            text.extend_from_slice(b"]}");
            frames.push(frame(FINAL | TEXT, &text));
            text.truncate(head.len());
        } else if !is_first {
            text.push(b',');
        }
        text.extend_from_slice(event);
    }
    if text.len() > head.len() {
        text.extend_from_slice(b"]}");
        frames.push(frame(FINAL | TEXT, &text));
    }
    frames
}

/// An event of a room without order.
pub fn announcement(announcement: &Announcement) -> Vec<u8> {
    json(announcement)
}

/// What a subscriber of a board is caught up with.
#[derive(Debug, Clone)]
pub enum CaughtUp<'a> {
    /// The snapshot's JSON.
    Snapshot(Bytes),
    Events(&'a [Bytes]),
}

/// The answer to a `subscribe` for a board.
pub fn subscribed_board(
    id: RequestId,
    room: Room,
    seq: i64,
    history: &str,
    caught_up: CaughtUp<'_>,
    listing: &Listing,
) -> Message {
    let recovered = matches!(caught_up, CaughtUp::Events(_));
    let history = serde_json::Value::from(history);
    let head = format!(
        "{{\"id\":{id},\"type\":\"subscribed\",\"room\":\"{room}\",\"seq\":{seq},\"history\":{history},\"recovered\":{recovered},"
    );
    let mut pieces = vec![head.into_bytes().into()];
    match caught_up {
        CaughtUp::Snapshot(snapshot) => {
            pieces.push(Bytes::from_static(b"\"snapshot\":"));
            pieces.push(snapshot);
        }
        CaughtUp::Events(events) => {
            let mut text = b"\"events\":[".to_vec();
            text.extend_from_slice(&events.join(&b","[..]));
            text.push(b']');
            pieces.push(text.into());
        }
    }
    pieces.push([b",".as_slice(), &listing_fields(listing), b"}"].concat().into());
    message(&pieces)
}

/// The answer to a `subscribe` for a room without order.
pub fn subscribed_room(id: RequestId, room: Room, listing: &Listing) -> Message {
    let head = format!("{{\"id\":{id},\"type\":\"subscribed\",\"room\":\"{room}\",");
    let text = [head.as_bytes(), &listing_fields(listing), b"}"].concat();
    message(&[text.into()])
}

fn listing_fields(listing: &Listing) -> Vec<u8> {
    let mut text = b"\"presence\":".to_vec();
    text.extend_from_slice(&json(&listing.presence));
    if let Some(count) = listing.count {
        text.extend_from_slice(format!(",\"presence_count\":{count}").as_bytes());
    }
    text
}

/// One text message of these pieces: a frame where it is short, else a frame or fragments that share the pieces' bytes.
fn message(pieces: &[Bytes]) -> Message {
    let len: usize = pieces.iter().map(Bytes::len).sum();
    if len <= COPIED_BYTES_MAX {
        return Message::One(frame(FINAL | TEXT, &pieces.concat()));
    }
    if len <= FRAGMENT_BYTES {
        let mut header = BytesMut::with_capacity(10);
        put_header(&mut header, FINAL | TEXT, len);
        return Message::Many(std::iter::once(header.freeze()).chain(pieces.iter().cloned()).collect());
    }
    let mut fragments: Vec<Bytes> = Vec::new();
    for piece in pieces {
        let mut rest = piece.clone();
        while !rest.is_empty() {
            fragments.push(rest.split_to(rest.len().min(FRAGMENT_BYTES)));
        }
    }
    let last = fragments.len() - 1;
    let framed = fragments.into_iter().enumerate().flat_map(|(i, fragment)| {
        let opcode = if i == 0 { TEXT } else { CONTINUATION };
        let mut header = BytesMut::with_capacity(10);
        put_header(&mut header, if i == last { FINAL | opcode } else { opcode }, fragment.len());
        [header.freeze(), fragment]
    });
    Message::Many(framed.collect())
}

/// One change of presence as JSON: encoded once, put together anew for those who are told of all but themselves.
pub fn presence_update(update: &Update) -> Bytes {
    json(update).into()
}

/// A frame of presence; `None` where there is nothing to tell.
pub fn presence<'a>(room: Room, updates: impl Iterator<Item = &'a Bytes>) -> Option<Bytes> {
    let mut text = format!("{{\"type\":\"presence\",\"room\":\"{room}\",\"updates\":[").into_bytes();
    let empty = text.len();
    for update in updates {
        if text.len() > empty {
            text.push(b',');
        }
        text.extend_from_slice(update);
    }
    (text.len() > empty).then(|| {
        text.extend_from_slice(b"]}");
        frame(FINAL | TEXT, &text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::BoardId;
    use crate::protocol::code::Code;
    use crate::protocol::frame::Reject;
    use uuid::Uuid;

    fn text(frame: &[u8]) -> &str {
        let start = match frame[1] {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        std::str::from_utf8(&frame[start..]).unwrap()
    }

    #[test]
    fn the_id_stands_first() {
        let frame = server_frame(Some(7), &ServerFrame::Pong);
        assert_eq!(text(&frame), r#"{"id":7,"type":"pong"}"#);
        let reject = Reject::new(Code::NotFound, "task not found");
        let frame = server_frame(None, &ServerFrame::Error(&reject));
        assert_eq!(text(&frame), r#"{"type":"error","code":"NOT_FOUND","message":"task not found"}"#);
    }

    #[test]
    fn events_are_split_below_the_limit() {
        let room = Room::Board(BoardId(Uuid::nil()));
        let event = Bytes::from(vec![b'1'; 100_000]);
        let frames = events(room, &[event.clone(), event.clone(), event]);
        assert_eq!(frames.len(), 2);
        assert!(frames.iter().all(|frame| frame.len() <= EVENTS_BYTES_MAX + 10));
        assert!(frames.iter().all(
            |frame| serde_json::from_str::<serde_json::Value>(text(frame)).is_err() || text(frame).ends_with("]}")
        ));
    }

    #[test]
    fn a_long_message_is_fragmented_and_shares_its_bytes() {
        let room = Room::Board(BoardId(Uuid::nil()));
        let snapshot = Bytes::from(vec![b' '; 300_000]);
        let listing = Listing { presence: Vec::new(), count: None };
        let Message::Many(pieces) = subscribed_board(1, room, 5, "h", CaughtUp::Snapshot(snapshot), &listing) else {
            panic!("not fragmented")
        };
        let headers: Vec<u8> = pieces.iter().step_by(2).map(|header| header[0]).collect();
        assert_eq!(headers.first(), Some(&TEXT));
        assert_eq!(headers.last(), Some(&(FINAL | CONTINUATION)));
        assert!(headers[1..headers.len() - 1].iter().all(|first| *first == CONTINUATION));
        let payload: Vec<u8> = pieces.iter().skip(1).step_by(2).flat_map(|piece| piece.to_vec()).collect();
        let payload = String::from_utf8(payload).unwrap();
        assert!(payload.starts_with(r#"{"id":1,"type":"subscribed","room":"board:00000000-0000-0000-0000-000000000000","seq":5,"history":"h","recovered":false,"snapshot":  "#));
        assert!(payload.ends_with(r#","presence":[]}"#));
    }
}
