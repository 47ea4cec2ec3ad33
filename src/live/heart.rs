//! A node's beats: twice a second it says in the database that it lives, sees who else does, and takes for dead whose
//! beats have stopped. It also notices when it is the only one to miss Redis or the database, and steps aside.

use super::membership::{Membership, MembershipError};
use super::registry::Live;
use crate::protocol::peer::PeerMessage;
use crate::store::queries::node::NodeRow;
use std::time::{Duration, Instant};

const BEAT_EVERY: Duration = Duration::from_millis(500);
/// A beat without an answer for so long has failed.
const BEAT_WITHIN: Duration = Duration::from_millis(1_400);
/// Only after its own beats have gone well for so long does a node judge the others: after an outage of the database
/// all are late.
const JUDGES_AFTER: Duration = Duration::from_secs(2);
/// Redis or the database may be away for so long before a node looks whether it is the only one to miss it.
const CUT_OFF_AFTER: Duration = Duration::from_secs(3);
/// A word of another node counts for so long, in milliseconds.
const WORD_MS: u64 = 1_500;

/// What is remembered between beats.
struct Heart {
    live: Live,
    membership: Membership,
    /// Since when beats have gone well, or have failed.
    well_since: Option<Instant>,
    ill_since: Option<Instant>,
    /// Since when this node misses the bus, or the database, while another does not.
    alone_since: Option<Instant>,
    /// Whether another node had the bus at the last beat that went well.
    others_have_bus: bool,
}

/// Beats until the node ends. Gives why it must not go on, where another has taken its place.
pub async fn beat(live: Live) -> MembershipError {
    let membership = live.membership().clone();
    if membership.is_sole() {
        return std::future::pending().await;
    }
    let (well_since, ill_since, alone_since) = (None, None, None);
    let mut heart = Heart { live, membership, well_since, ill_since, alone_since, others_have_bus: false };
    heart.live.tell_all(&PeerMessage::Hello);
    loop {
        if let Err(error) = heart.beat().await {
            return error;
        }
        heart.look_whether_cut_off();
        // A node that comes or goes says so, and then nobody waits for the next beat.
        let _ = tokio::time::timeout(BEAT_EVERY, heart.membership.greeting()).await;
    }
}

impl Heart {
    async fn beat(&mut self) -> Result<(), MembershipError> {
        let judges = self.well_since.is_some_and(|since| since.elapsed() >= JUDGES_AFTER);
        let pulse = self.membership.pulse(self.live.session_count(), judges);
        let beat = self.membership.beat(self.live.store(), pulse);
        match tokio::time::timeout(BEAT_WITHIN, beat).await {
            Ok(Ok(Some(beat))) => {
                let now = Instant::now();
                self.well_since.get_or_insert(now);
                self.ill_since = None;
                let me = self.membership.me();
                let has_bus = |row: &NodeRow| row.incarnation != me && row.bus.as_deref() == Some("ok");
                self.others_have_bus = beat.live.iter().any(has_bus);
                for dead in &beat.died {
                    tracing::warn!(node = %dead.node_id, incarnation = %dead.incarnation, "a node has died");
                }
                if !beat.died.is_empty() {
                    self.live.tell_all(&PeerMessage::Hello);
                }
                self.live.tell_all(&PeerMessage::Alive);
                if self.membership.found(&beat) {
                    self.live.view_changed();
                }
            }
            Ok(Ok(None)) => {
                tracing::warn!("the others have taken this node for dead: it begins anew");
                self.well_since = None;
                if let Err(MembershipError::NotAlone(other)) = self.membership.be_reborn(self.live.store()).await {
                    return Err(MembershipError::NotAlone(other));
                }
                self.live.reborn();
            }
            Ok(Err(error)) => self.failed(&error.to_string()),
            Err(_) => self.failed("no answer in time"),
        }
        Ok(())
    }

    fn failed(&mut self, why: &str) {
        self.well_since = None;
        if self.ill_since.is_none() {
            self.ill_since = Some(Instant::now());
            tracing::warn!(why, "a beat has failed: the others may take this node for dead");
        }
    }

    /// Where this node alone misses Redis or the database, its clients are better off with the others.
    fn look_whether_cut_off(&mut self) {
        if !self.membership.is_shared() {
            return;
        }
        let bus_is_up = self.membership.bus().is_up();
        let misses_bus = !bus_is_up && self.others_have_bus;
        let misses_database =
            self.ill_since.is_some() && bus_is_up && self.membership.others_reach_the_database(WORD_MS);
        self.alone_since = (misses_bus || misses_database).then(|| self.alone_since.unwrap_or_else(Instant::now));
        let is_cut_off = self.alone_since.is_some_and(|since| since.elapsed() >= CUT_OFF_AFTER);
        let was_cut_off = self.membership.is_cut_off();
        if is_cut_off && !was_cut_off {
            let what = if misses_bus { "redis" } else { "the database" };
            tracing::error!("this node alone is cut off from {what}: it lets its boards and its sockets go");
            self.membership.set_cut_off(true);
            self.live.step_aside();
        } else if was_cut_off && bus_is_up && self.ill_since.is_none() {
            tracing::info!("this node is no longer cut off");
            self.membership.set_cut_off(false);
            self.live.view_changed();
        }
    }
}
