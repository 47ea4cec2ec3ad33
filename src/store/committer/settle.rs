//! Makes the outcome of a lost commit known.

use super::pg::{Shared, in_time};
use super::{Batch, Pending};
use crate::domain::board::commit::Outcome;
use crate::domain::board::model::Seq;
use crate::store::error::{StoreError, StoreResult};
use crate::store::postgres;
use crate::store::schema::heads;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAIT_MIN: Duration = Duration::from_millis(20);
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Finds out whether `pending` was committed, for as long as it takes; where it was not, hands it in again.
///
/// Raising the epoch waits for the lost transaction, if it still runs, and fences it, if it has not begun. So what the
/// head says after that is final.
pub(super) async fn settle(shared: Shared, mut pending: Pending) {
    let mut wait = WAIT_MIN;
    let found = loop {
        match in_time(raise_epoch(&shared, &pending.batch)).await {
            Ok(found) => break found,
            Err(error) => {
                tracing::warn!(%error, board_id = %pending.batch.commit.board_id, "can't learn the outcome of a commit yet");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(WAIT_MAX);
            }
        }
    };
    let Some(head) = found else { return pending.answer(Outcome::Fenced) };
    let commit = &mut Arc::make_mut(&mut pending.batch).commit;
    commit.epoch += 1;
    if head == commit.base + commit.ops.len() as Seq {
        pending.answer(Outcome::Committed);
    } else if head == commit.base {
        pending.since = Instant::now();
        if let Some(batches) = shared.batches.upgrade() {
            drop(batches.send(pending));
        }
    } else {
        pending.answer(Outcome::Fenced);
    }
}

/// Raises the epoch of the board by one and gives its head; `None` where somebody else has the board by now.
async fn raise_epoch(shared: &Shared, batch: &Batch) -> StoreResult<Option<Seq>> {
    let commit = &batch.commit;
    let mut conn = postgres::from_pool(&shared.pool).await?;
    let mine = heads::board_id.eq(commit.board_id).and(heads::epoch.eq(commit.epoch));
    let raise = diesel::update(heads::table.filter(mine))
        .set(heads::epoch.eq(heads::epoch + 1))
        .returning(heads::head)
        .get_result(&mut *conn);
    match raise.await {
        Ok(head) => Ok(Some(head)),
        Err(diesel::result::Error::NotFound) => Ok(None),
        Err(error) => Err(StoreError::from(error)),
    }
}
