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

/// Gives new ranks to up to `below` neighbours at and under `lower` and to as many above it as may still be.
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

    fn experiment(name: &str, pick: impl Fn(&BTreeMap<Rank, u32>, u32, Option<u32>) -> Option<u32>) {
        let mut order: BTreeMap<Rank, u32> = BTreeMap::new();
        let mut ranks: std::collections::HashMap<u32, Rank> = Default::default();
        let mut longest = 0;
        let mut last = None;
        let mut respaces = 0;
        for id in 0..20_000u32 {
            let after = pick(&order, id, last);
            let Some(p) = place(&order, |id| ranks.get(&id).cloned(), None, Neighbours { after, before: None }) else {
                println!("{name}: NO ROOM at {id}");
                return;
            };
            if !p.ranks.is_empty() {
                respaces += 1;
            }
            for (id, rank) in &p.ranks {
                order.remove(&ranks[id]);
                ranks.insert(*id, rank.clone());
            }
            for (id, rank) in &p.ranks {
                order.insert(rank.clone(), *id);
            }
            longest =
                longest.max(p.rank.as_str().len()).max(p.ranks.values().map(|r| r.as_str().len()).max().unwrap_or(0));
            order.insert(p.rank.clone(), id);
            ranks.insert(id, p.rank);
            last = Some(id);
            if id % 4000 == 1999 {
                println!("{name} {id}: longest {longest} respaces {respaces}");
            }
        }
    }

    #[test]
    fn experiments() {
        use std::cell::Cell;
        let gap = Cell::new((0u32, 1u32));
        experiment("alternating", |order, id, _| {
            if order.len() < 2 {
                return order.values().last().copied();
            }
            let g = gap.get();
            gap.set(if id % 2 == 0 { (g.0, id) } else { (id, g.1) });
            Some(g.0)
        });
        experiment("before-last", |order, _, last| {
            let rank = order.iter().find(|(_, i)| Some(**i) == last).map(|(r, _)| r.clone())?;
            order.range(..rank).next_back().map(|(_, i)| *i).or(Some(0))
        });
        experiment("longest-rank", |order, _, _| {
            if order.len() > 2500 { None } else { order.iter().max_by_key(|(r, _)| r.as_str().len()).map(|(_, i)| *i) }
        });
        experiment("longest-gap", |order, _, _| {
            if order.len() > 2500 {
                return None;
            }
            let v: Vec<_> = order.iter().collect();
            v.windows(2)
                .max_by_key(|w| Rank::between(Some(w[0].0), Some(w[1].0)).as_str().len())
                .map(|w| *w[0].1)
                .or(v.last().map(|x| *x.1))
        });
    }
}
