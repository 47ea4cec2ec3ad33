//! Requests that wait to be judged.

use super::request::Request;
use std::collections::VecDeque;

/// A request that waits to be judged, or for its commit.
#[derive(Debug)]
pub(super) struct Pending<W> {
    pub(super) request: Request<W>,
    /// It was answered `UNAVAILABLE` already. It keeps its place: what came after it must not overtake it.
    pub(super) answered: bool,
}

/// Requests that came together. Atomic ones are applied together or not at all.
#[derive(Debug)]
pub(super) struct Group<W> {
    pub(super) pending: Vec<Pending<W>>,
    pub(super) atomic: bool,
}

impl<W> Group<W> {
    fn weight(&self) -> usize {
        self.pending.iter().map(|pending| pending.request.weight()).sum()
    }
}

/// Groups in the order in which they came.
#[derive(Debug)]
pub(super) struct Queue<W> {
    groups: VecDeque<Group<W>>,
    requests: usize,
    bytes: usize,
}

impl<W> Default for Queue<W> {
    fn default() -> Self {
        Self { groups: VecDeque::new(), requests: 0, bytes: 0 }
    }
}

impl<W> Queue<W> {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Requests, and the bytes that they hold.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.requests, self.bytes)
    }

    pub(super) fn push_back(&mut self, group: Group<W>) {
        self.requests += group.pending.len();
        self.bytes += group.weight();
        self.groups.push_back(group);
    }

    pub(super) fn push_front(&mut self, group: Group<W>) {
        self.requests += group.pending.len();
        self.bytes += group.weight();
        self.groups.push_front(group);
    }

    pub(super) fn pop_front(&mut self) -> Option<Group<W>> {
        let group = self.groups.pop_front()?;
        self.requests -= group.pending.len();
        self.bytes -= group.weight();
        Some(group)
    }

    pub(super) fn front(&self) -> Option<&Group<W>> {
        self.groups.front()
    }

    pub(super) fn requests(&self) -> impl Iterator<Item = &Request<W>> {
        self.groups.iter().flat_map(|group| &group.pending).map(|pending| &pending.request)
    }

    pub(super) fn pending_mut(&mut self) -> impl Iterator<Item = &mut Pending<W>> {
        self.groups.iter_mut().flat_map(|group| &mut group.pending)
    }

    /// Drops what was answered already, so that it is not applied late; of an atomic group all or nothing.
    pub(super) fn drop_answered(&mut self) {
        for mut group in std::mem::take(self).groups {
            if !group.atomic {
                group.pending.retain(|pending| !pending.answered);
            }
            if group.pending.iter().any(|pending| !pending.answered) {
                self.push_back(group);
            }
        }
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = Pending<W>> {
        std::mem::take(self).groups.into_iter().flat_map(|group| group.pending)
    }
}
