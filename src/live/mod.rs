//! The actors: thin shells around the pure core. The only room that knows actix actors.

mod answer;
mod board;
mod clock;
mod hub;
mod join;
mod lobby;
mod meters;
mod online;
mod outbox;
mod peer;
mod rate;
mod registry;
mod reject;
mod session;
mod socket;
mod workspace;

pub use hub::{HubId, Local};
pub use join::snapshot_json;
pub use outbox::TAKEN_BYTES_MAX;
pub use registry::{BoardHandle, Live, LiveConfig, LiveError, WorkspaceHandle};
pub use session::{Authenticator, Identity, NotAuthentic, Sessions};
pub use socket::connect;
