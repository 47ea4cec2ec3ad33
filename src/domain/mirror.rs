//! A soft set that several nodes hold together: each has entries of its own and mirrors those of the others.
//!
//! A node numbers the changes of its own entries; who sees a number jump asks for the whole. Nothing is stored, and
//! what a dead node left behind goes with it.

use super::ids::Incarnation;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// A node that has not been heard of for so long has no entries any more, in milliseconds; it says every 5 s that it
/// is there.
pub const SILENT_MS_MAX: i64 = 15_000;
/// A node is asked for the whole at most so often, in milliseconds.
const ASK_EVERY_MS: i64 = 300;

/// The entries that this node must yet tell the others of.
#[derive(Debug)]
pub struct Ledger<K> {
    n: u64,
    changed: HashSet<K>,
}

impl<K: Hash + Eq> Default for Ledger<K> {
    fn default() -> Self {
        Self { n: 0, changed: HashSet::new() }
    }
}

impl<K: Copy + Hash + Eq> Ledger<K> {
    pub fn note(&mut self, key: K) {
        self.changed.insert(key);
    }

    /// The number of the last change that was told.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// What has changed since the last time, and the number of that change.
    pub fn take(&mut self) -> Option<(u64, Vec<K>)> {
        if self.changed.is_empty() {
            return None;
        }
        self.n += 1;
        Some((self.n, self.changed.drain().collect()))
    }
}

/// What this node knows of the entries of the others.
#[derive(Debug)]
pub struct Mirror<K> {
    nodes: HashMap<Incarnation, Seen<K>>,
    /// When each node was last asked for the whole.
    asked_at: HashMap<Incarnation, i64>,
}

#[derive(Debug)]
struct Seen<K> {
    n: u64,
    keys: HashSet<K>,
    /// Milliseconds, by the caller's clock.
    heard_at: i64,
}

/// A change was missed: the node that made it must be asked for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap;

impl<K> Default for Mirror<K> {
    fn default() -> Self {
        Self { nodes: HashMap::new(), asked_at: HashMap::new() }
    }
}

impl<K: Copy + Hash + Eq> Mirror<K> {
    /// A node has changed its entries.
    ///
    /// # Errors
    /// [`Gap`] where it is not the next change; then nothing is taken.
    pub fn change(&mut self, node: Incarnation, n: u64, put: &[K], gone: &[K], now: i64) -> Result<(), Gap> {
        let seen = self.nodes.get_mut(&node).filter(|seen| n == seen.n + 1).ok_or(Gap)?;
        seen.n = n;
        seen.heard_at = now;
        seen.keys.extend(put);
        seen.keys.retain(|key| !gone.contains(key));
        Ok(())
    }

    /// A node has told all its entries. Gives those that are no longer there.
    pub fn replace(&mut self, node: Incarnation, n: u64, keys: impl IntoIterator<Item = K>, now: i64) -> Vec<K> {
        let keys: HashSet<K> = keys.into_iter().collect();
        let before = self.nodes.insert(node, Seen { n, keys, heard_at: now });
        let now = &self.nodes[&node].keys;
        before.map_or_else(Vec::new, |before| before.keys.into_iter().filter(|key| !now.contains(key)).collect())
    }

    /// A node says that it is there, and at which change.
    ///
    /// # Errors
    /// [`Gap`] where something was missed.
    pub fn beat(&mut self, node: Incarnation, n: u64, now: i64) -> Result<(), Gap> {
        let seen = self.nodes.get_mut(&node).filter(|seen| seen.n == n).ok_or(Gap)?;
        seen.heard_at = now;
        Ok(())
    }

    /// Whether a node must be asked for the whole after a [`Gap`]: not if it has just been.
    pub fn must_ask(&mut self, node: Incarnation, now: i64) -> bool {
        let is_due = self.asked_at.get(&node).is_none_or(|at| (now - at).abs() >= ASK_EVERY_MS);
        if is_due {
            self.asked_at.insert(node, now);
        }
        is_due
    }

    /// Lets go of nodes that are not there any more. Gives their entries.
    pub fn retain(&mut self, is_there: impl Fn(Incarnation) -> bool, now: i64) -> Vec<K> {
        self.asked_at.retain(|node, _| is_there(*node));
        let gone = self.nodes.extract_if(|node, seen| !is_there(*node) || now - seen.heard_at > SILENT_MS_MAX);
        gone.flat_map(|(_, seen)| seen.keys).collect()
    }

    /// Whether any node has this entry.
    pub fn contains(&self, key: K) -> bool {
        self.nodes.values().any(|seen| seen.keys.contains(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn node(n: u128) -> Incarnation {
        Incarnation(Uuid::from_u128(n))
    }

    #[test]
    fn changes_are_numbered_and_folded() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.take(), None);
        ledger.note(1);
        ledger.note(1);
        assert_eq!(ledger.take(), Some((1, vec![1])));
        assert_eq!((ledger.take(), ledger.n()), (None, 1));
    }

    #[test]
    fn a_jump_is_noticed_and_mended_by_the_whole() {
        let mut mirror: Mirror<u8> = Mirror::default();
        assert_eq!(mirror.change(node(1), 1, &[7], &[], 0), Err(Gap));
        assert!(mirror.must_ask(node(1), 0) && !mirror.must_ask(node(1), 10) && mirror.must_ask(node(1), ASK_EVERY_MS));
        assert_eq!(mirror.replace(node(1), 3, [7, 8], 0), Vec::<u8>::new());
        assert_eq!(mirror.change(node(1), 4, &[9], &[7], 0), Ok(()));
        assert!(mirror.contains(9) && !mirror.contains(7));
        assert_eq!(mirror.change(node(1), 6, &[], &[8], 0), Err(Gap));
        assert_eq!(mirror.beat(node(1), 5, 0), Err(Gap));
        assert_eq!(mirror.replace(node(1), 6, [9], 0), [8]);
        assert_eq!(mirror.beat(node(1), 6, 0), Ok(()));
    }

    #[test]
    fn who_is_gone_or_silent_leaves_nothing_behind() {
        let mut mirror: Mirror<u8> = Mirror::default();
        mirror.replace(node(1), 1, [7], 0);
        mirror.replace(node(2), 1, [8], SILENT_MS_MAX);
        assert_eq!(mirror.retain(|_| true, SILENT_MS_MAX + 1), [7]);
        assert_eq!(mirror.retain(|_| false, SILENT_MS_MAX + 1), [8]);
    }
}
