//! Nothing is missed: once a second this node looks where its boards and workspaces stand in the database, whatever the
//! bus has carried or lost.

use super::board;
use super::registry::{Ended, Live};
use crate::domain::ids::{BoardId, FamilyId, UserId};
use crate::domain::time::Moment;
use crate::store::StoreResult;
use crate::store::queries::node::Standing;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOK_WITHIN: Duration = Duration::from_secs(3);
/// Boards of one question.
const BOARDS_AT_ONCE: usize = 5_000;
/// Clocks of nodes may differ by so much, in milliseconds.
const CLOCKS_APART_MS: i64 = 60_000;

/// Looks until the node ends.
pub async fn watch(live: Live) {
    if !live.is_shared() {
        return;
    }
    let mut watch = Watch { live, seen: HashMap::new(), ended: HashSet::new() };
    loop {
        actix::clock::sleep(LOOK_EVERY).await;
        match tokio::time::timeout(LOOK_WITHIN, watch.look()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "where the boards stand could not be read"),
            Err(_) => tracing::debug!("where the boards stand could not be read in time"),
        }
    }
}

struct Watch {
    live: Live,
    /// What each board was last told.
    seen: HashMap<BoardId, Standing>,
    /// What was found to have ended, so that it is told once.
    ended: HashSet<WhatEnded>,
}

#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum WhatEnded {
    Family(FamilyId),
    User(UserId),
}

impl Watch {
    async fn look(&mut self) -> StoreResult<()> {
        let boards = self.live.boards_at_hand();
        let workspaces = self.live.access_versions();
        let mut ids: Vec<BoardId> = boards.iter().map(|board| board.board_id()).collect();
        let here: HashSet<BoardId> = ids.iter().copied().collect();
        self.seen.retain(|id, _| here.contains(id));
        let mut of_workspaces: Vec<_> = workspaces.keys().copied().collect();
        let mut standings = HashMap::new();
        loop {
            let some = ids.split_off(ids.len().saturating_sub(BOARDS_AT_ONCE));
            let (found, versions) = self.live.store().standings(some, std::mem::take(&mut of_workspaces)).await?;
            standings.extend(found.into_iter().map(|standing| (standing.board, standing)));
            for (id, version) in versions {
                if workspaces.get(&id).is_some_and(|known| *known < version) {
                    self.live.access_changed_here(id).await;
                }
            }
            if ids.is_empty() {
                break;
            }
        }
        for board in boards {
            let Some(standing) = standings.get(&board.board_id()) else { continue };
            let is_news = self.seen.get(&board.board_id()) != Some(standing);
            // Where the mailbox is full it is told a second later.
            if (is_news || board.is_behind(standing.head)) && board.addr().try_send(board::Seen(*standing)).is_ok() {
                self.seen.insert(board.board_id(), *standing);
            }
        }
        self.look_what_ended().await
    }

    async fn look_what_ended(&mut self) -> StoreResult<()> {
        let since: Moment = super::clock::now().plus_millis(-CLOCKS_APART_MS);
        let ended = self.live.store().ended(since).await?;
        let families = ended.families.into_iter().map(WhatEnded::Family);
        let now: HashSet<WhatEnded> = families.chain(ended.users.into_iter().map(WhatEnded::User)).collect();
        for what in now.difference(&self.ended) {
            self.live.revocation_heard(match what {
                WhatEnded::Family(id) => Ended::Family(*id),
                WhatEnded::User(id) => Ended::User(*id),
            });
        }
        self.ended = now;
        Ok(())
    }
}
