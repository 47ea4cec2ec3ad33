//! Failed logins: five in a row lock an e-mail for 15 minutes, whether it has an account or not.

use crate::domain::time::Moment;
use crate::store::queries::auth::FailureRow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Failures in a row that lock.
pub const FAILURES_MAX: i32 = 5;
/// How long a lock lasts, and how long a failure counts, in milliseconds.
pub const LOCK_MS: i64 = 15 * 60 * 1_000;

/// How long an e-mail is still locked, in milliseconds.
pub fn locked_for_ms(failures: FailureRow, now: Moment) -> Option<i64> {
    failures.locked_until.map(|until| until.millis_since(now)).filter(|ms| *ms > 0)
}

/// One more failure.
pub fn after_failure(before: Option<FailureRow>, now: Moment) -> FailureRow {
    let counted = before
        .filter(|f| f.locked_until.is_none() && now.millis_since(f.updated_at) < LOCK_MS)
        .map_or(0, |f| f.failures);
    let failures = counted + 1;
    let locked_until = (failures >= FAILURES_MAX).then(|| now.plus_millis(LOCK_MS));
    FailureRow { failures, locked_until, updated_at: now }
}

/// Lets the logins of one e-mail take turns, so that guesses sent at once are counted one by one.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    pub async fn take(&self, email: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for go, so that the map is no larger than the logins under way.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(email.to_owned()).or_default().clone()
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_failure_locks_for_a_quarter_of_an_hour() {
        let now = Moment::from_micros(0);
        let mut failed = None;
        for count in 1..FAILURES_MAX {
            failed = Some(after_failure(failed, now));
            assert_eq!(failed.unwrap().failures, count);
            assert_eq!(locked_for_ms(failed.unwrap(), now), None);
        }
        let locked = after_failure(failed, now);
        assert_eq!(locked_for_ms(locked, now), Some(LOCK_MS));
        let later = now.plus_millis(LOCK_MS);
        assert_eq!(locked_for_ms(locked, later), None);
        assert_eq!(after_failure(Some(locked), later).failures, 1);
    }

    #[test]
    fn old_failures_do_not_count() {
        let first = after_failure(None, Moment::from_micros(0));
        assert_eq!(after_failure(Some(first), Moment::from_micros(0).plus_millis(LOCK_MS)).failures, 1);
    }

    #[tokio::test]
    async fn turns_that_are_over_are_forgotten() {
        let turns = Turns::default();
        for i in 0..100 {
            drop(turns.take(&format!("{i}@example.org")).await);
        }
        let _held = turns.take("a@example.org").await;
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
