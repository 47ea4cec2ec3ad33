//! One newtype for each kind of id, so that a task's id can't be passed where a board's is wanted.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )* };
}

ids! {
    UserId,
    WorkspaceId,
    ProjectId,
    BoardId,
    ColumnId,
    TaskId,
    LabelId,
    /// One WebSocket connection.
    SessionId,
    /// Chosen by the client for each op; makes a retry harmless (P4).
    OpId,
    /// One sign-in: the family of refresh tokens that descend from it.
    FamilyId,
    /// One run of a node: another one after each start, and after the others have taken it for dead.
    Incarnation,
}
