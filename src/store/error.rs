//! What can go wrong between us and the database, and what it says about the change that was asked for.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// The result of a call to the store.
pub type StoreResult<T> = Result<T, StoreError>;

/// Why a call to the store failed. The text is for logs, never for clients.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, is too busy, or is full. Trying again may help.
    #[error("the database is unavailable: {text}")]
    Unavailable {
        text: String,
        /// Whether the change surely did not happen.
        surely_not_applied: bool,
    },
    /// A unique key is taken; `key` names the constraint, or the columns (`users.email`).
    #[error("already there: {key}")]
    Taken { key: String },
    /// The row that was to be read or changed isn't there.
    #[error("no such row")]
    NotFound,
    /// A stored value that this program can't have written.
    #[error("stored value can't be read: {0}")]
    Unreadable(String),
    /// The database refuses it: a defect of ours, or of what we let through.
    #[error("refused by the database: {0}")]
    Refused(String),
    /// The settings of the store or of the database can't be worked with.
    #[error("{0}")]
    Setup(String),
}

impl StoreError {
    /// The database is away, and nothing was sent.
    pub fn away(text: impl ToString) -> Self {
        Self::Unavailable { text: text.to_string(), surely_not_applied: true }
    }

    /// The connection was lost with a question open.
    pub fn lost(text: impl ToString) -> Self {
        Self::Unavailable { text: text.to_string(), surely_not_applied: false }
    }

    /// Whether the change that was asked for surely did not happen. `false` means that nobody knows.
    pub fn is_surely_not_applied(&self) -> bool {
        match self {
            Self::Unavailable { surely_not_applied, .. } => *surely_not_applied,
            Self::Taken { .. } | Self::NotFound | Self::Unreadable(_) | Self::Refused(_) | Self::Setup(_) => true,
        }
    }

    /// Whether the database, not the question, is to blame.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Beginnings and parts of messages by which the databases say that they can't at present. Diesel does not hand on
/// the codes.
const PASSING: [&str; 15] = [
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "canceling statement due to",
    "could not obtain lock",
    "deadlock detected",
    "remaining connection slots",
    "too many clients already",
    "the database system is",
    "No space left on device",
    "out of memory",
    "out of shared memory",
];

/// Messages after which the connection is gone, and with it the answer.
const CUT_OFF: [&str; 2] = ["terminating connection", "connection closed"];

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(kind, details) => {
                let text = details.message().to_owned();
                match kind {
                    DatabaseErrorKind::UniqueViolation => {
                        let key = details.constraint_name().map(str::to_owned);
                        let columns = text.strip_prefix("UNIQUE constraint failed: ").map(str::to_owned);
                        Self::Taken { key: key.or(columns).unwrap_or(text) }
                    }
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => Self::lost(text),
                    DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ReadOnlyTransaction => {
                        Self::away(text)
                    }
                    _ if CUT_OFF.iter().any(|part| text.contains(part)) => Self::lost(text),
                    _ if PASSING.iter().any(|part| text.contains(part)) => Self::away(text),
                    _ => Self::Refused(text),
                }
            }
            DieselError::DeserializationError(error) => Self::Unreadable(error.to_string()),
            DieselError::BrokenTransactionManager => Self::lost("transaction left open"),
            error => Self::Refused(error.to_string()),
        }
    }
}
