//! The pure core: what things are and which changes are allowed.
//!
//! Nothing here knows a clock, randomness, a lock, I/O or another room: time and fresh ids arrive as arguments.

pub mod board;
pub mod email;
pub mod ids;
pub mod locale;
pub mod mirror;
pub mod permission;
pub mod placement;
pub mod presence;
pub mod rank;
pub mod text;
pub mod time;
