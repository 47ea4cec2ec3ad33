//! Reads frames of `docs/protocol.md` by their fixed key order, without allocating: at hundreds of thousands of
//! deliveries a second a JSON parser would be what is measured.

use memchr::{memchr, memmem};
use std::sync::LazyLock;

/// A frame from the server, as far as the load tester cares.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    Connected,
    Subscribed { seq: Option<u64> },
    Events,
    Ack { id: u64, seq: u64, version: u64 },
    Reject { id: u64, code: &'a str },
    Error { code: &'a str },
    Presence,
    Bye { code: &'a str },
    Unsubscribed,
    TokenExpiring,
    Other,
}

/// Tells what `text` is.
///
/// # Errors
/// Where it does not begin as every frame does, or lacks what its type must have.
pub fn read(text: &[u8]) -> Result<Message<'_>, String> {
    if text.starts_with(br#"{"type":"events","#) {
        return Ok(Message::Events);
    }
    let (id, rest) = match text.strip_prefix(br#"{"id":"#) {
        Some(rest) => {
            let (id, rest) = digits(rest).ok_or_else(|| unreadable("id", text))?;
            (Some(id), rest.strip_prefix(b",").ok_or_else(|| unreadable("type", text))?)
        }
        None => (None, text.strip_prefix(b"{").ok_or_else(|| unreadable("object", text))?),
    };
    let kind = string_after(rest, br#""type":""#).ok_or_else(|| unreadable("type", text))?;
    let code = || string_after(text, br#""code":""#).ok_or_else(|| unreadable("code", text));
    let must = |key: &'static str| number_after(text, key).ok_or_else(|| unreadable(key, text));
    let with_id = || id.ok_or_else(|| unreadable("id", text));
    Ok(match kind {
        "ack" => Message::Ack { id: with_id()?, seq: must("\"seq\":")?, version: must("\"version\":")? },
        "reject" => Message::Reject { id: with_id()?, code: code()? },
        "connected" => Message::Connected,
        // Its own keys come before the first thing that could hold another `seq`.
        "subscribed" => Message::Subscribed { seq: number_after(&text[..text.len().min(256)], "\"seq\":") },
        "error" => Message::Error { code: code()? },
        "presence" => Message::Presence,
        "bye" => Message::Bye { code: code()? },
        "unsubscribed" => Message::Unsubscribed,
        "token_expiring" => Message::TokenExpiring,
        _ => Message::Other,
    })
}

/// What `subscribed` says of a board's past: its `history`, and whether the missed events follow in place of a snapshot.
pub fn recovery(subscribed: &[u8]) -> Option<(&str, bool)> {
    // Its own keys come before anything else that could hold these.
    let head = &subscribed[..subscribed.len().min(256)];
    let recovered = memmem::find(head, br#""recovered":true"#).is_some();
    string_after(head, br#""history":""#).map(|history| (history, recovered))
}

/// When a `bye` says to come back.
pub fn reconnect_in_ms(bye: &[u8]) -> Option<u64> {
    number_after(bye, "\"reconnect_in_ms\":")
}

/// One event of an `events` frame, or what is needed of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Event<'a> {
    pub seq: u64,
    /// 36 characters.
    pub op_id: &'a [u8],
    /// The whole of it; of the last one of a `subscribed` also what follows it there.
    pub text: &'a [u8],
}

/// Unescaped, this can only be the start of an event: no object inside one begins with `seq`.
static START: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(br#"{"seq":"#));

/// Walks the events of one frame.
pub struct Events<'a> {
    /// From the next event on, if there is one.
    rest: Option<&'a [u8]>,
}

/// The events of a frame, in order. An item is `Err` where an event does not have the protocol's shape.
pub fn events(text: &[u8]) -> Events<'_> {
    Events { rest: START.find(text).map(|at| &text[at..]) }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let here = self.rest?;
        let start = START.needle().len();
        let next = START.find(&here[start..]).map(|at| start + at);
        self.rest = next.map(|at| &here[at..]);
        // Behind it stands a comma and the next one, or the end of the list and of the frame.
        let text = &here[..next.map_or(here.len().saturating_sub(2), |at| at - 1)];
        Some(read_event(text).ok_or_else(|| unreadable("event", text)))
    }
}

fn read_event(text: &[u8]) -> Option<Event<'_>> {
    let (seq, rest) = digits(text.get(START.needle().len()..)?)?;
    let kind = rest.strip_prefix(br#","kind":""#)?;
    let rest = &kind[memchr(b'"', kind)?..];
    let op_id = rest.strip_prefix(br#"","op_id":""#)?.get(..36)?;
    Some(Event { seq, op_id, text })
}

fn digits(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value: u64 = 0;
    let mut used = 0;
    while let Some(digit @ b'0'..=b'9') = bytes.get(used) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        used += 1;
    }
    (used > 0).then(|| (value, &bytes[used..]))
}

fn number_after(text: &[u8], key: &str) -> Option<u64> {
    let at = memmem::find(text, key.as_bytes())?;
    digits(&text[at + key.len()..]).map(|(value, _)| value)
}

fn string_after<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a str> {
    let rest = &text[memmem::find(text, key)? + key.len()..];
    std::str::from_utf8(&rest[..memchr(b'"', rest)?]).ok()
}

fn unreadable(what: &str, text: &[u8]) -> String {
    let start = &text[..text.len().min(200)];
    format!("a frame without a readable {}: {}", what.trim_matches(['"', ':']), String::from_utf8_lossy(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_frames_of_the_protocol_page() {
        let ack = br#"{"id":4,"type":"ack","op_id":"0192","seq":121,"version":8}"#;
        assert_eq!(read(ack), Ok(Message::Ack { id: 4, seq: 121, version: 8 }));
        let reject = br#"{"id":4,"type":"reject","op_id":"0192","code":"VERSION_CONFLICT","message":"m"}"#;
        assert_eq!(read(reject), Ok(Message::Reject { id: 4, code: "VERSION_CONFLICT" }));
        let subscribed = br#"{"id":2,"type":"subscribed","room":"board:1","seq":120,"history":"h1","recovered":false}"#;
        assert_eq!(read(subscribed), Ok(Message::Subscribed { seq: Some(120) }));
        assert_eq!(recovery(subscribed), Some(("h1", false)));
        let bye = br#"{"type":"bye","code":"DRAINING","message":"m","reconnect_in_ms":120}"#;
        assert_eq!(reconnect_in_ms(bye), Some(120));
        let connected = br#"{"type":"connected","session_id":"1"}"#;
        assert_eq!(read(connected), Ok(Message::Connected));
        assert!(read(b"[]").is_err());
        assert!(read(br#"{"id":4,"type":"ack","seq":1}"#).is_err());
    }

    #[test]
    fn walks_the_events_of_a_frame_whatever_a_title_holds() {
        let id = "01920000-0000-7000-8000-000000000001";
        let frame = format!(
            r#"{{"type":"events","room":"board:1","events":[{{"seq":7,"kind":"task.created","op_id":"{id}","actor_id":"a","at":"t","data":{{"task":{{"title":"}},{{\"seq\":99,"}}}}}},{{"seq":8,"kind":"task.moved","op_id":"{id}","data":{{}}}}]}}"#
        );
        assert_eq!(read(frame.as_bytes()), Ok(Message::Events));
        let seqs: Vec<u64> = events(frame.as_bytes()).map(|event| event.unwrap().seq).collect();
        assert_eq!(seqs, [7, 8]);
        let texts: Vec<&str> =
            events(frame.as_bytes()).map(|event| std::str::from_utf8(event.unwrap().text).unwrap()).collect();
        assert_eq!(format!(r#"{{"type":"events","room":"board:1","events":[{}]}}"#, texts.join(",")), frame);
        assert!(events(br#"{"events":[{"seq":7,"op_id":"x"}]}"#).next().unwrap().is_err());
    }
}
