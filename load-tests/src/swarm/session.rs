//! What is kept for one session.

use super::join::Position;
use mio::net::TcpStream;
use std::sync::Arc;

/// How far a session has come.
#[derive(Debug)]
pub(super) enum Stage {
    Connecting {
        request: String,
    },
    Upgrading,
    /// Upgraded; `connected` is awaited.
    Greeting,
    Subscribing,
    Live,
    Ended,
}

/// One simulated user's connection, or the seat of one that is not connected. Idle, it holds no buffers.
pub struct Session {
    pub(super) stream: Option<TcpStream>,
    pub(super) stage: Stage,
    /// Followed from the start.
    pub(super) room: Option<Arc<str>>,
    pub(super) since: Option<Position>,
    /// Bytes of a frame that has not wholly arrived.
    pub(super) kept: Vec<u8>,
    /// Fragments of a message that has not wholly arrived.
    pub(super) partial: Vec<u8>,
    pub(super) out: Vec<u8>,
    pub(super) dirty: bool,
    pub(super) bye: Option<Box<str>>,
}

impl Session {
    pub(super) fn empty() -> Self {
        Self {
            stream: None,
            stage: Stage::Ended,
            room: None,
            since: None,
            kept: Vec::new(),
            partial: Vec::new(),
            out: Vec::new(),
            dirty: false,
            bye: None,
        }
    }

    pub fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Live)
    }
}
