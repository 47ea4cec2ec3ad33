//! The actors: thin shells around the pure core. The only room that knows actix actors.

mod answer;
mod board;
mod clock;
mod exchange;
mod hand_over;
mod heart;
mod hub;
mod join;
mod lobby;
mod membership;
mod meters;
mod online;
mod outbox;
mod owner;
mod peer;
mod rate;
mod registry;
mod reject;
mod relay;
mod session;
mod socket;
mod watch;
mod workspace;

pub use crate::cluster::{Quota, Throttled};
pub use exchange::BusDoor;
pub use hand_over::{Reason, rebalance};
pub use heart::beat;
pub use hub::{HubId, Local};
pub use join::snapshot_json;
pub use membership::{Membership, MembershipError};
pub use outbox::TAKEN_BYTES_MAX;
pub use registry::{BoardHandle, Ended, Live, LiveConfig, LiveError, WorkspaceHandle};
pub use session::{Authenticator, Identity, NotAuthentic, Sessions};
pub use socket::connect;
pub use watch::watch;
