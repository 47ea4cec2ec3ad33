//! A WebSocket peer that misbehaves: frames made by hand, never reading, vanishing.

use super::PATIENCE;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A TCP connection after the upgrade.
pub struct RawPeer {
    pub stream: TcpStream,
}

/// Frame kinds of RFC 6455 section 5.2.
pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;

impl RawPeer {
    /// Upgrades with a token in the header. `receive_buffer` bytes is all that the kernel holds for it.
    pub async fn connect(address: &str, token: &str, receive_buffer: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
        let upgrade = format!(
            "GET /api/v1/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(upgrade.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            let read = timeout(PATIENCE, stream.read(&mut byte)).await.expect("an answer to the upgrade").unwrap();
            assert_eq!(read, 1, "closed during the upgrade: {}", String::from_utf8_lossy(&head));
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Self { stream }
    }

    /// Sends a whole frame; false where the server no longer takes it.
    pub async fn send(&mut self, kind: u8, payload: &[u8]) -> bool {
        self.write(&frame(kind, true, payload)).await
    }

    /// Writes bytes as they are; false where the server no longer takes them.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        matches!(timeout(PATIENCE, self.stream.write_all(bytes)).await, Ok(Ok(())))
    }

    /// Reads to the end; the code of the close frame, where one came before it.
    pub async fn close_code(&mut self, within: Duration) -> Option<u16> {
        let mut read = Vec::new();
        let ended = timeout(within, self.stream.read_to_end(&mut read)).await;
        let mut rest = read.as_slice();
        while let Some((kind, payload, after)) = split(rest) {
            if kind == CLOSE {
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
            rest = after;
        }
        assert!(ended.is_ok(), "not closed after {within:?}");
        None
    }

    /// Whether the server has cut the connection, seen without reading what it sent.
    pub async fn is_cut(&mut self) -> bool {
        self.stream.write_all(&frame(PING, true, b"")).await.is_err()
    }
}

/// A masked frame of a client. An empty ping is six bytes long.
pub fn frame(kind: u8, last: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![if last { 0x80 | kind } else { kind }];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The first frame of a server, and what follows it.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[first, second], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match second & 0x7f {
        126 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length) as usize, rest))?,
        length => (usize::from(length), rest),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((first & 0x0f, payload, rest))
}
