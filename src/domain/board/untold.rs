//! Refusals that were judged but not yet told.
//!
//! An op that waits too long is answered `UNAVAILABLE`, and its connection sends it again. Were the retry judged anew,
//! it could be accepted behind ops that came after the first: they would have overtaken it. So it gets the same
//! refusal.

use super::batch::{Entry, Fate};
use super::op::Ask;
use super::recent::hash;
use super::refusal::Refusal;
use super::request::Request;
use super::stall::STALL_MILLIS;
use crate::domain::ids::OpId;
use crate::domain::time::Moment;
use std::collections::HashMap;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct UntoldRefusals(HashMap<OpId, Untold>);

#[derive(Debug)]
struct Untold {
    hash: i64,
    refusal: Refusal,
    /// Once `UNAVAILABLE` was told instead and the verdict is durable: as long as the connection may be held off.
    until: Option<Moment>,
}

impl UntoldRefusals {
    /// Notes an op that waits to be answered, where it is refused and no earlier one of the same `op_id` is noted.
    pub(super) fn note<W>(&mut self, entry: &mut Entry<W>) {
        let request = &entry.pending.request;
        if let (Fate::Refused(refusal), Ask::Op(op), true) = (&entry.fate, &request.ask, request.stream.is_some()) {
            self.0.entry(request.op_id).or_insert_with(|| {
                entry.binds = true;
                Untold { hash: hash(request.actor, op), refusal: refusal.clone(), until: None }
            });
        }
    }

    pub(super) fn get<W>(&self, request: &Request<W>, hash: i64) -> Option<Refusal> {
        self.0.get(&request.op_id).filter(|untold| untold.hash == hash).map(|untold| untold.refusal.clone())
    }

    /// The state that an op was judged by is durable. Where `UNAVAILABLE` was told, the refusal is for its retry.
    pub(super) fn settled<W>(&mut self, entry: &Entry<W>, now: Moment) {
        let op_id = &entry.pending.request.op_id;
        if !entry.pending.answered {
            self.0.remove(op_id);
        } else if let Some(untold) = self.0.get_mut(op_id) {
            untold.until.get_or_insert(now.plus_millis(STALL_MILLIS));
        }
    }

    /// The state that an op was judged by is not to be had: it is judged anew, in its place.
    pub(super) fn take_back<W>(&mut self, entry: &Entry<W>) {
        if entry.binds {
            self.0.remove(&entry.pending.request.op_id);
        }
    }

    pub(super) fn expire(&mut self, now: Moment) {
        self.0.retain(|_, untold| untold.until.is_none_or(|until| now < until));
    }
}
