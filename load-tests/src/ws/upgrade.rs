//! The HTTP/1.1 upgrade.

use memchr::memmem;

/// The key and its answer are the RFC's own example (RFC 6455, section 1.3): one answer to know for every session.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// An answer longer than this is not an upgrade.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// The request that opens a session as `token`.
pub fn request(host: &str, token: &str) -> String {
    format!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: teamflow.v1\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    )
}

/// The size of the answer's head at the start of `bytes`; `None` where it has not wholly arrived.
///
/// # Errors
/// Any answer but a proper 101, with its first line.
pub fn read_answer(bytes: &[u8]) -> Result<Option<usize>, String> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return if bytes.len() > ANSWER_BYTES_MAX {
            Err("the answer's head does not end".to_owned())
        } else {
            Ok(None)
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("101") {
        return Err(format!("the upgrade was answered with {status:?}"));
    }
    let accepted = lines
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == ACCEPT);
    if accepted { Ok(Some(end + 4)) } else { Err("the upgrade's Sec-WebSocket-Accept is wrong".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_proper_101_only() {
        let good = format!("HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: {ACCEPT}\r\n\r\n");
        assert_eq!(read_answer(good.as_bytes()), Ok(Some(good.len())));
        assert_eq!(read_answer(&good.as_bytes()[..good.len() - 1]), Ok(None));
        assert!(read_answer(b"HTTP/1.1 401 Unauthorized\r\n\r\n").is_err());
        assert!(read_answer(b"HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: x\r\n\r\n").is_err());
    }
}
