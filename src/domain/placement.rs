//! Which node should own a board. Who does is the database's to say; this only makes all nodes wish for the same.

use super::ids::{BoardId, Incarnation};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A node that may own boards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub incarnation: Incarnation,
    /// Its name: a node that comes back under the same name gets the same boards.
    pub node_id: String,
}

/// The nodes that may own boards, as one of them sees it. Views may differ for a while, and may be wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View(Vec<Member>);

impl View {
    pub fn new(mut members: Vec<Member>) -> Self {
        members.sort_by_key(|member| member.incarnation);
        Self(members)
    }

    pub fn members(&self) -> &[Member] {
        &self.0
    }

    pub fn contains(&self, node: Incarnation) -> bool {
        self.0.iter().any(|member| member.incarnation == node)
    }

    /// The member with the highest weight for the board: when one comes or goes, only the boards move that it takes
    /// or leaves. Source: rendezvous hashing, Thaler and Ravishankar, 1998.
    pub fn preferred(&self, board: BoardId) -> Option<Incarnation> {
        let weight = |member: &&Member| {
            let seed = xxh3_64(member.node_id.as_bytes());
            (xxh3_64_with_seed(board.0.as_bytes(), seed), member.incarnation)
        };
        self.0.iter().max_by_key(weight).map(|member| member.incarnation)
    }

    /// Whom a board should be offered to by its owner `me`.
    pub fn offer(&self, me: Incarnation, board: BoardId) -> Option<Incarnation> {
        self.preferred(board).filter(|preferred| *preferred != me)
    }

    /// Whether `me` takes a board that it is offered: only if it would not offer it away again. So two nodes whose
    /// views differ never pass a board to and fro.
    pub fn accepts(&self, me: Incarnation, board: BoardId) -> bool {
        self.preferred(board) == Some(me)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use uuid::Uuid;

    fn member(n: u128) -> Member {
        Member { incarnation: Incarnation(Uuid::from_u128(n)), node_id: format!("node-{n}") }
    }

    fn view(of: impl IntoIterator<Item = u128>) -> View {
        View::new(of.into_iter().map(member).collect())
    }

    fn board(n: u128) -> BoardId {
        BoardId(Uuid::from_u128((n << 64) | (n * 7_919)))
    }

    #[test]
    fn boards_are_spread_and_only_those_move_that_must() {
        let (three, four) = (view(1..=3), view(1..=4));
        let mut counts: HashMap<_, usize> = HashMap::new();
        for n in 0..4_000 {
            let (before, after) = (three.preferred(board(n)).unwrap(), four.preferred(board(n)).unwrap());
            *counts.entry(after).or_default() += 1;
            assert!(before == after || after == member(4).incarnation, "board {n} moved between old nodes");
        }
        assert!(counts.len() == 4 && counts.values().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_node_that_comes_back_under_its_name_gets_its_boards() {
        let mut again = member(2);
        again.incarnation = Incarnation(Uuid::from_u128(77));
        let (before, after) = (view(1..=3), View::new(vec![member(1), again.clone(), member(3)]));
        for n in 0..500 {
            if before.preferred(board(n)) == Some(member(2).incarnation) {
                assert_eq!(after.preferred(board(n)), Some(again.incarnation));
            }
        }
    }

    proptest! {
        /// Whatever the nodes believe of each other, a board comes to rest while they go on believing it: each hand-over
        /// ends at a node that keeps it.
        #[test]
        fn lying_views_make_no_ping_pong(views in prop::collection::vec(prop::collection::btree_set(0_u128..5, 0..5), 5),
                                         first in 0_usize..5, n in 0_u128..1_000) {
            let views: Vec<View> = views.into_iter().map(view).collect();
            let mut owner = first;
            let mut moves = 0;
            while let Some(to) = views[owner].offer(member(owner as u128).incarnation, board(n)) {
                let to = (0..5).find(|n| member(*n as u128).incarnation == to).unwrap();
                if !views[to].accepts(member(to as u128).incarnation, board(n)) {
                    break;
                }
                owner = to;
                moves += 1;
                prop_assert!(moves <= 1, "a board went on after it was accepted");
            }
        }
    }
}
