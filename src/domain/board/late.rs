//! Refusals that came too late to be told.
//!
//! An op that waited too long was answered `UNAVAILABLE`, and its connection sends it again. Were it judged anew, it
//! could be accepted after ops that came behind it: it would be overtaken. So it is answered as it was judged.

use super::batch::{Entry, Fate};
use super::op::Ask;
use super::recent::hash;
use super::refusal::Refusal;
use super::request::Request;
use super::stall::STALL_MILLIS;
use crate::domain::ids::OpId;
use crate::domain::time::Moment;
use std::collections::HashMap;

/// See the module's text. Each is kept as long as the connection may be held off.
#[derive(Debug, Default)]
pub(super) struct LateRefusals(HashMap<OpId, Late>);

#[derive(Debug)]
struct Late {
    hash: i64,
    refusal: Refusal,
    until: Moment,
}

impl LateRefusals {
    /// Notes the verdict of an op that has just been answered `UNAVAILABLE`, where that was a refusal.
    pub(super) fn note<W>(&mut self, entry: &Entry<W>, now: Moment) {
        let request = &entry.pending.request;
        if let (Fate::Refused(refusal), Ask::Op(op), true) = (&entry.fate, &request.ask, request.stream.is_some()) {
            let late =
                Late { hash: hash(request.actor, op), refusal: refusal.clone(), until: now.plus_millis(STALL_MILLIS) };
            self.0.insert(request.op_id, late);
        }
    }

    pub(super) fn get<W>(&self, request: &Request<W>, hash: i64) -> Option<Refusal> {
        self.0.get(&request.op_id).filter(|late| late.hash == hash).map(|late| late.refusal.clone())
    }

    /// The state that it was judged by is not to be had: it is judged anew, in its place.
    pub(super) fn take_back<W>(&mut self, entry: &Entry<W>) {
        self.0.remove(&entry.pending.request.op_id);
    }

    pub(super) fn expire(&mut self, now: Moment) {
        self.0.retain(|_, late| now < late.until);
    }
}
