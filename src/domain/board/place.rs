//! Where a task or a column goes among its neighbours.

use super::event::Respaced;
use crate::domain::rank::{RANK_BYTES_MAX, RANK_BYTES_SOFT, RESPACED_MAX, Rank};
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

/// The rank that a thing gets, and those that its neighbours get so that there is room.
#[derive(Debug, PartialEq, Eq)]
pub struct Placement<Id> {
    pub rank: Rank,
    pub ranks: Respaced<Id>,
}

/// The neighbours that an op names: `after` shall stand above (left of) it, `before` below.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours<Id> {
    pub after: Option<Id>,
    pub before: Option<Id>,
}

/// Finds the place of `subject` in `order`: below `after`; else above `before`; else at the end. A neighbour that
/// isn't in `order`, or is the subject itself, is as if left out. `rank_of` gives the rank of what is in `order`.
/// `None` where even respaced neighbours leave no room, which takes more neighbours than a board can hold.
pub fn place<Id: Copy + Ord>(
    order: &BTreeMap<Rank, Id>,
    rank_of: impl Fn(Id) -> Option<Rank>,
    subject: Option<Id>,
    neighbours: Neighbours<Id>,
) -> Option<Placement<Id>> {
    let others = |id: &Id| Some(*id) != subject;
    let named = |id: Option<Id>| id.filter(others).and_then(&rank_of);
    let below = |rank: &Rank| next_below(order, rank, subject);
    let above = |rank: &Rank| next_above(order, rank, subject);
    let (lower, upper) = if let Some(lower) = named(neighbours.after) {
        let upper = above(&lower);
        (Some(lower), upper)
    } else if let Some(upper) = named(neighbours.before) {
        (below(&upper), Some(upper))
    } else {
        (order.iter().rev().find(|(_, id)| others(id)).map(|(rank, _)| rank.clone()), None)
    };
    if let Some(rank) = subject.and_then(&rank_of)
        && lower.as_ref().is_none_or(|lower| *lower < rank)
        && upper.as_ref().is_none_or(|upper| rank < *upper)
    {
        return Some(Placement { rank, ranks: BTreeMap::new() });
    }
    let rank = Rank::between(lower.as_ref(), upper.as_ref());
    if rank.as_str().len() <= RANK_BYTES_SOFT {
        return Some(Placement { rank, ranks: BTreeMap::new() });
    }
    // Respacing as many on each side, or only one side, whichever leaves the shortest ranks.
    [RESPACED_MAX / 2, RESPACED_MAX, 0]
        .into_iter()
        .map(|below| respace(order, lower.as_ref(), subject, below))
        .min_by_key(longest)
        .filter(|placement| longest(placement) <= RANK_BYTES_MAX)
}

fn next_below<Id: Copy + PartialEq>(order: &BTreeMap<Rank, Id>, rank: &Rank, subject: Option<Id>) -> Option<Rank> {
    order.range(..rank).rev().find(|(_, id)| Some(**id) != subject).map(|(rank, _)| rank.clone())
}

fn next_above<Id: Copy + PartialEq>(order: &BTreeMap<Rank, Id>, rank: &Rank, subject: Option<Id>) -> Option<Rank> {
    order.range((Excluded(rank), Unbounded)).find(|(_, id)| Some(**id) != subject).map(|(rank, _)| rank.clone())
}

/// Gives new ranks to up to `below` neighbours at and under `lower` and to as many above it as may still be. The gap
/// in the middle is left wide, and the outermost neighbours crowd at the ends: what is squeezed in goes on in the
/// middle, and moves the neighbours outwards until they are left behind.
fn respace<Id: Copy + Ord>(
    order: &BTreeMap<Rank, Id>,
    lower: Option<&Rank>,
    subject: Option<Id>,
    below: usize,
) -> Placement<Id> {
    let others = |entry: &(&Rank, &Id)| Some(*entry.1) != subject;
    let mut under = lower.map(|lower| order.range(..=lower).rev().filter(others)).into_iter().flatten();
    let mut window: Vec<(&Rank, Id)> = under.by_ref().take(below).map(|(rank, id)| (rank, *id)).collect();
    let floor = under.next().map(|(rank, _)| rank);
    window.reverse();
    let place = window.len();
    let start = lower.map_or(Unbounded, Excluded);
    let mut over = order.range((start, Unbounded)).filter(others);
    window.extend(over.by_ref().take(RESPACED_MAX - place).map(|(rank, id)| (rank, *id)));
    let ceiling = over.next().map(|(rank, _)| rank);
    let rank = Rank::between(floor, ceiling);
    let low = Rank::crowd_low(floor, Some(&rank), place);
    let high = Rank::crowd_high(Some(&rank), ceiling, window.len() - place);
    let changed = window.into_iter().zip(low.into_iter().chain(high)).filter(|((old, _), new)| *old != new);
    Placement { rank, ranks: changed.map(|((_, id), new)| (id, new)).collect() }
}

fn longest<Id>(placement: &Placement<Id>) -> usize {
    placement.ranks.values().chain([&placement.rank]).map(|rank| rank.as_str().len()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A column as the test sees it: ids in order, kept beside the ranks.
    #[derive(Default)]
    struct Line {
        order: BTreeMap<Rank, u32>,
        ids: Vec<u32>,
    }

    /// Always in the middle of the last gap, which is the worst that can be done: as many as a column can hold.
    #[test]
    fn ten_thousand_squeezes_into_one_gap_never_make_a_long_rank() {
        let mut order = BTreeMap::new();
        let mut ranks: std::collections::HashMap<u32, Rank> = std::collections::HashMap::new();
        let mut gap = (0, 1);
        for id in 0..10_000 {
            let after = if id < 2 { None } else { Some(gap.0) };
            let placement =
                place(&order, |id| ranks.get(&id).cloned(), None, Neighbours { after, before: None }).unwrap();
            assert!(placement.ranks.len() <= RESPACED_MAX && longest(&placement) <= RANK_BYTES_MAX);
            for id in placement.ranks.keys() {
                order.remove(&ranks[id]);
            }
            for (id, rank) in placement.ranks.into_iter().chain([(id, placement.rank)]) {
                assert!(order.insert(rank.clone(), id).is_none(), "rank taken");
                ranks.insert(id, rank);
            }
            if id >= 2 {
                gap = if id % 2 == 0 { (gap.0, id) } else { (id, gap.1) };
            }
        }
        let (lower, upper) = (&ranks[&gap.0], &ranks[&gap.1]);
        assert!(lower < upper && order.len() == 10_000);
    }

    impl Line {
        fn rank_of(&self, id: u32) -> Option<Rank> {
            self.order.iter().find(|(_, other)| **other == id).map(|(rank, _)| rank.clone())
        }

        fn insert(&mut self, id: u32, after: Option<u32>, before: Option<u32>) {
            let placement = place(&self.order, |id| self.rank_of(id), None, Neighbours { after, before }).unwrap();
            self.order.retain(|_, id| !placement.ranks.contains_key(id));
            let respaced = placement.ranks.len();
            assert!(respaced <= RESPACED_MAX);
            self.order.extend(placement.ranks.into_iter().map(|(id, rank)| (rank, id)));
            assert!(self.order.insert(placement.rank, id).is_none(), "rank taken");
            let at = match (after, before) {
                (Some(after), _) => self.ids.iter().position(|id| *id == after).unwrap() + 1,
                (None, Some(before)) => self.ids.iter().position(|id| *id == before).unwrap(),
                (None, None) => self.ids.len(),
            };
            self.ids.insert(at, id);
            assert!(self.order.values().eq(&self.ids), "order changed");
            assert!(self.order.keys().all(|rank| rank.as_str().len() <= RANK_BYTES_MAX));
        }
    }

    /// Always between the last two that were put: the fastest way to make ranks grow.
    #[test]
    fn squeezing_into_one_gap_never_makes_a_long_rank() {
        let mut line = Line::default();
        (0..3).for_each(|id| line.insert(id, None, None));
        let mut gap = (0, 1);
        for id in 3..3_000 {
            line.insert(id, Some(gap.0), None);
            gap = if id % 2 == 0 { (gap.0, id) } else { (id, gap.1) };
        }
    }

    #[test]
    fn squeezing_towards_either_side_never_makes_a_long_rank() {
        for upwards in [true, false] {
            let mut line = Line::default();
            (0..200).for_each(|id| line.insert(id, None, None));
            let mut last = 100;
            for id in 200..2_500 {
                if upwards {
                    line.insert(id, Some(last), None)
                } else {
                    line.insert(id, None, Some(last))
                }
                last = id;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_insertion_keeps_order_and_bytes(picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..400)) {
            let mut line = Line::default();
            let mut hot = 0;
            for (id, (pick, near)) in picks.into_iter().enumerate() {
                let id = u32::try_from(id).unwrap();
                if line.ids.is_empty() {
                    line.insert(id, None, None);
                } else {
                    let neighbour = if near { hot } else { line.ids[pick.index(line.ids.len())] };
                    line.insert(id, Some(neighbour), None);
                }
                hot = if near { hot } else { id };
            }
        }
    }
}
