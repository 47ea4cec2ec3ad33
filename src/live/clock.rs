//! The one place where the actors read the clock.

use crate::domain::time::Moment;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, by the system's clock.
pub fn now() -> Moment {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
