//! The demonstration: what stands on its boards, and simulated colleagues who work there. They are clients like any
//! other: each has a WebSocket of its own and speaks the protocol of `docs/protocol.md`, and there is no other way from
//! here to a board.

mod colleague;
mod crew;
mod plan;
pub mod script;
mod sight;
mod socket;

pub use crew::{CREWS_MAX, Crews, Full, Stay};
