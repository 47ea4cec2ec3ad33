//! The one table of errors: name on the wire, HTTP status, WebSocket close code.

use serde::{Serialize, Serializer};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal, $http:literal;)*) => {
        /// Why a request was refused. The same names over WebSocket and REST.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $code),* }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// As it stands on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name),* }
            }

            pub fn http_status(self) -> u16 {
                match self { $(Self::$code => $http),* }
            }
        }
    };
}

codes! {
    ValidationError = "VALIDATION_ERROR", 400;
    Unauthorized = "UNAUTHORIZED", 401;
    Forbidden = "FORBIDDEN", 403;
    NotFound = "NOT_FOUND", 404;
    VersionConflict = "VERSION_CONFLICT", 409;
    Conflict = "CONFLICT", 409;
    WipLimit = "WIP_LIMIT", 409;
    Gone = "GONE", 410;
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", 413;
    AccountLocked = "ACCOUNT_LOCKED", 423;
    RateLimitExceeded = "RATE_LIMIT_EXCEEDED", 429;
    /// A defect; nothing internal is shown.
    InternalError = "INTERNAL_ERROR", 500;
    /// Not applied, or not known to be: send again with the same `op_id`.
    Unavailable = "UNAVAILABLE", 503;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Why the server ends a connection: the close code, and the code of the `bye` before it. 44xx: don't come back
/// without a change; 45xx and 1001: come back with `since` after a jittered wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bye {
    /// The server is going away.
    Draining,
    /// A message over the limit.
    TooLarge,
    /// Bytes that break RFC 6455.
    Protocol,
    /// Ten malformed frames in a row.
    Malformed,
    /// Not authenticated in time, or the token ended.
    Unauthenticated,
    /// The account was disabled or signed out everywhere.
    Disabled,
    /// Kept sending past the rate.
    RateLimited,
    /// A defect.
    Defect,
    /// No sign of life.
    Silent,
    /// Too much waits to be sent.
    SlowConsumer,
}

impl Bye {
    pub const ALL: [Self; 10] = [
        Self::Draining,
        Self::TooLarge,
        Self::Protocol,
        Self::Malformed,
        Self::Unauthenticated,
        Self::Disabled,
        Self::RateLimited,
        Self::Defect,
        Self::Silent,
        Self::SlowConsumer,
    ];

    pub fn close_code(self) -> u16 {
        match self {
            Self::Draining => 1001,
            Self::TooLarge => 1009,
            Self::Protocol => 1002,
            Self::Malformed => 4400,
            Self::Unauthenticated => 4401,
            Self::Disabled => 4403,
            Self::RateLimited => 4429,
            Self::Defect => 4500,
            Self::Silent => 4501,
            Self::SlowConsumer => 4502,
        }
    }

    /// The `code` of the `bye` frame.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draining => "DRAINING",
            Self::TooLarge => Code::PayloadTooLarge.name(),
            Self::Protocol | Self::Malformed => Code::ValidationError.name(),
            Self::Unauthenticated => Code::Unauthorized.name(),
            Self::Disabled => Code::Forbidden.name(),
            Self::RateLimited => Code::RateLimitExceeded.name(),
            Self::Defect => Code::InternalError.name(),
            Self::Silent => Code::Unavailable.name(),
            Self::SlowConsumer => "SLOW_CONSUMER",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table() {
        let rows: Vec<_> = Code::ALL.iter().map(|code| (code.name(), code.http_status())).collect();
        let expected = [
            ("VALIDATION_ERROR", 400),
            ("UNAUTHORIZED", 401),
            ("FORBIDDEN", 403),
            ("NOT_FOUND", 404),
            ("VERSION_CONFLICT", 409),
            ("CONFLICT", 409),
            ("WIP_LIMIT", 409),
            ("GONE", 410),
            ("PAYLOAD_TOO_LARGE", 413),
            ("ACCOUNT_LOCKED", 423),
            ("RATE_LIMIT_EXCEEDED", 429),
            ("INTERNAL_ERROR", 500),
            ("UNAVAILABLE", 503),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn every_close_code() {
        let codes: Vec<_> = Bye::ALL.iter().map(|bye| bye.close_code()).collect();
        assert_eq!(codes, [1001, 1009, 1002, 4400, 4401, 4403, 4429, 4500, 4501, 4502]);
    }
}
