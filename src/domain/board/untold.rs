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
    /// Once `UNAVAILABLE` was told instead: as long as the connection may be held off.
    until: Option<Moment>,
}

impl UntoldRefusals {
    /// Notes an op that waits to be answered, where it is refused.
    pub(super) fn note<W>(&mut self, entry: &Entry<W>) {
        let request = &entry.pending.request;
        if let (Fate::Refused(refusal), Ask::Op(op), true) = (&entry.fate, &request.ask, request.stream.is_some()) {
            let untold = Untold { hash: hash(request.actor, op), refusal: refusal.clone(), until: None };
            self.0.entry(request.op_id).or_insert(untold);
        }
    }

    pub(super) fn get<W>(&self, request: &Request<W>, hash: i64) -> Option<Refusal> {
        self.0.get(&request.op_id).filter(|untold| untold.hash == hash).map(|untold| untold.refusal.clone())
    }

    /// `UNAVAILABLE` was told instead.
    pub(super) fn hold(&mut self, op_id: OpId, now: Moment) {
        if let Some(untold) = self.0.get_mut(&op_id) {
            untold.until = Some(now.plus_millis(STALL_MILLIS));
        }
    }

    /// It is told now, or the state that it was judged by is not to be had: from here on it is judged anew.
    pub(super) fn forget(&mut self, op_id: OpId) {
        self.0.remove(&op_id);
    }

    pub(super) fn expire(&mut self, now: Moment) {
        self.0.retain(|_, untold| untold.until.is_none_or(|until| now < until));
    }
}
