//! Boards that go from node to node while both live: when a node has come, and when one goes. A live owner is never
//! robbed; it lets a board go when nothing of it is in flight.

use super::board;
use super::registry::Live;
use crate::domain::ids::{BoardId, Incarnation};
use crate::protocol::peer::PeerMessage;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many boards a second go to a node that has come.
const BOARDS_AT_ONCE: usize = 50;
/// Who should own what is asked anew only when nobody has come or gone for so long.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// A board that was taken stays for so long.
const STAYS: Duration = Duration::from_secs(3);

/// Why a board goes to another node; a label of `board_handoffs_total`, so few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// This node goes.
    Drain,
    /// Another node has come, and should own it.
    Rebalance,
    /// This node is cut off from Redis or the database.
    CutOff,
    /// Nobody uses it.
    Idle,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Rebalance => "rebalance",
            Self::CutOff => "cut_off",
            Self::Idle => "idle",
        }
    }
}

/// Offers boards to the nodes that should own them, a few a second, for as long as the node lives.
pub async fn rebalance(live: Live) {
    let mut view = live.membership().view();
    let mut settled_since = Instant::now();
    loop {
        actix::clock::sleep(LOOK_EVERY).await;
        let now = live.membership().view();
        if *now != *view {
            view = now;
            settled_since = Instant::now();
        }
        if live.is_shared() && live.membership().takes_boards() && settled_since.elapsed() >= SETTLED_AFTER {
            live.offer_boards();
        }
    }
}

impl Live {
    fn offer_boards(&self) {
        let (view, me) = (self.membership().view(), self.membership().me());
        if !view.contains(me) {
            return;
        }
        let mut offers: HashMap<Incarnation, Vec<BoardId>> = HashMap::new();
        let ours = self.boards_owned_since(STAYS).into_iter();
        for (board, to) in ours.filter_map(|board| Some((board, view.offer(me, board)?))).take(BOARDS_AT_ONCE) {
            offers.entry(to).or_default().push(board);
        }
        for (to, boards) in offers {
            self.tell(to, &PeerMessage::Offer { boards });
        }
    }

    /// Another node offers boards: those are taken that this node would not offer away again.
    pub(super) fn consider(&self, from: Incarnation, boards: &[BoardId]) {
        let (view, me) = (self.membership().view(), self.membership().me());
        if !self.membership().takes_boards() {
            return;
        }
        let boards: Vec<_> = boards.iter().copied().filter(|board| view.accepts(me, *board)).collect();
        if !boards.is_empty() {
            self.tell(from, &PeerMessage::Accept { boards });
        }
    }

    /// A node takes a board that it was offered.
    pub(super) fn pass_on(&self, board: BoardId, to: Incarnation) {
        if let Some(board) = self.board_at_hand(board) {
            let hand_over = board::HandOver { to: Some(to), reason: Reason::Rebalance };
            if board.addr().try_send(hand_over).is_err() {
                tracing::debug!(board_id = %board.board_id(), "a board is too busy to be handed over now");
            }
        }
    }

    /// Hands all boards to those that should own them next, at most within this time; in the end those are let go that
    /// are left.
    pub async fn hand_all_over(&self, reason: Reason, within: Duration) {
        if !self.is_shared() {
            return;
        }
        let boards = self.boards_owned_since(Duration::ZERO);
        let count = boards.len();
        let handed = join_all(boards.into_iter().filter_map(|board| {
            let to = self.membership().heir(board);
            let handle = self.board_at_hand(board)?;
            Some(async move { handle.addr().send(board::HandOver { to, reason }).await.is_ok() })
        }));
        match tokio::time::timeout(within, handed).await {
            Ok(_) => tracing::info!(boards = count, reason = reason.name(), "boards were handed over"),
            Err(_) => {
                tracing::warn!(boards = count, reason = reason.name(), "some boards could not be handed over in time")
            }
        }
    }

    /// This node is cut off from what the others have: its boards are theirs, and its clients are better off there.
    pub(super) fn step_aside(&self) {
        let live = self.clone();
        actix::spawn(async move {
            live.hand_all_over(Reason::CutOff, Duration::from_secs(2)).await;
        });
        self.close_all_sessions();
    }
}
