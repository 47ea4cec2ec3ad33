//! Who is in a room, and what the others have yet to be told of it.

use super::ids::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// In a room of more sessions the list holds only those that have set a state.
pub const LISTED_MAX: usize = 200;
/// A state's length as JSON text, in bytes.
pub const STATE_BYTES_MAX: usize = 1_024;

/// A user as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserName {
    pub id: UserId,
    pub name: String,
}

/// One session in a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Present {
    pub session_id: SessionId,
    pub user: UserName,
    /// A JSON object, `{}` until one is set.
    pub state: Value,
}

/// What the others are told of one session.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Update {
    Join {
        #[serde(flatten)]
        present: Present,
    },
    Update {
        session_id: SessionId,
        state: Value,
    },
    Leave {
        session_id: SessionId,
    },
}

impl Update {
    pub fn session_id(&self) -> SessionId {
        match self {
            Self::Join { present } => present.session_id,
            Self::Update { session_id, .. } | Self::Leave { session_id } => *session_id,
        }
    }
}

/// The sessions of one room, with changes folded by session until they are told.
#[derive(Debug, Default)]
pub struct Roster {
    sessions: HashMap<SessionId, Present>,
    has_state: usize,
    untold: HashMap<SessionId, Untold>,
    known: Known,
}

/// What some know already by the list that they got when they came.
#[derive(Debug, Default)]
pub struct Known {
    /// Those who came since changes were last told, and whom their list showed as they still are.
    newcomers: HashMap<SessionId, HashSet<SessionId>>,
    /// Those who came and went since then, and who has seen them in a list: nobody else knows of them.
    passers: HashMap<SessionId, HashSet<SessionId>>,
}

impl Known {
    /// Whether `session` is told of `other`: not of itself, nor what its list has told it.
    pub fn concerns(&self, session: SessionId, other: SessionId) -> bool {
        if let Some(witnesses) = self.passers.get(&other) {
            return witnesses.contains(&session);
        }
        session != other && !self.newcomers.get(&session).is_some_and(|known| known.contains(&other))
    }

    /// Whether `session`, which is not among those of whom something is told, is told all of it.
    pub fn concerns_wholly(&self, session: SessionId) -> bool {
        self.passers.is_empty() && !self.newcomers.contains_key(&session)
    }

    /// What lists have told of `session` holds no more; gives those whom they had told it.
    fn outdate(&mut self, session: SessionId) -> HashSet<SessionId> {
        let knew = self.newcomers.iter_mut().filter_map(|(id, known)| known.remove(&session).then_some(*id));
        knew.collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Untold {
    Join,
    Update,
    Leave,
}

/// The answer to a subscription: who is here.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub presence: Vec<Present>,
    /// How many are here, where not all are listed.
    pub count: Option<usize>,
}

impl Roster {
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    pub fn contains(&self, session: SessionId) -> bool {
        self.sessions.contains_key(&session)
    }

    /// Whether there are changes that nobody was told of.
    pub fn is_dirty(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Whether joins and leaves are told only once a second.
    pub fn is_large(&self) -> bool {
        self.sessions.len() > LISTED_MAX
    }

    /// A session comes in; one that is here already keeps its state.
    pub fn join(&mut self, session_id: SessionId, user: UserName) {
        if self.contains(session_id) {
            return;
        }
        self.sessions.insert(session_id, Present { session_id, user, state: Value::Object(serde_json::Map::new()) });
        self.known.passers.remove(&session_id);
        self.untold.insert(session_id, Untold::Join);
    }

    /// A session comes in that is now shown who is here.
    pub fn admit(&mut self, session_id: SessionId, user: UserName) {
        let known = self.untold.keys().filter(|other| self.contains(**other)).copied().collect();
        self.known.newcomers.insert(session_id, known);
        self.join(session_id, user);
    }

    /// Takes in a session of another node as it stands there.
    pub fn put(&mut self, present: Present) {
        let Present { session_id, user, state } = present;
        self.join(session_id, user);
        if self.sessions.get(&session_id).is_some_and(|known| known.state != state) {
            self.set_state(session_id, state);
        }
    }

    pub fn get(&self, session: SessionId) -> Option<&Present> {
        self.sessions.get(&session)
    }

    /// Replaces a session's state. `false` where it isn't here.
    pub fn set_state(&mut self, session_id: SessionId, state: Value) -> bool {
        let Some(present) = self.sessions.get_mut(&session_id) else { return false };
        self.has_state += usize::from(is_blank(&present.state) && !is_blank(&state));
        self.has_state -= usize::from(!is_blank(&present.state) && is_blank(&state));
        present.state = state;
        self.known.outdate(session_id);
        self.untold.entry(session_id).or_insert(Untold::Update);
        true
    }

    pub fn leave(&mut self, session_id: SessionId) {
        let Some(present) = self.sessions.remove(&session_id) else { return };
        self.has_state -= usize::from(!is_blank(&present.state));
        self.known.newcomers.remove(&session_id);
        let witnesses = self.known.outdate(session_id);
        if self.untold.get(&session_id) != Some(&Untold::Join) {
            self.untold.insert(session_id, Untold::Leave);
        } else if witnesses.is_empty() {
            self.untold.remove(&session_id);
        } else {
            self.untold.insert(session_id, Untold::Leave);
            self.known.passers.insert(session_id, witnesses);
        }
    }

    /// Who is here; in a large room only those with a state, and how many there are.
    pub fn list(&self) -> Listing {
        if !self.is_large() {
            return Listing { presence: self.sessions.values().cloned().collect(), count: None };
        }
        let mut presence = Vec::with_capacity(self.has_state);
        presence.extend(self.sessions.values().filter(|present| !is_blank(&present.state)).cloned());
        Listing { presence, count: Some(self.sessions.len()) }
    }

    /// Who knows some of what is told now.
    pub fn take_known(&mut self) -> Known {
        std::mem::take(&mut self.known)
    }

    /// What the others have yet to be told; without joins and leaves where `states_only`.
    pub fn take_updates(&mut self, states_only: bool) -> Vec<Update> {
        let told = |untold: &Untold| !states_only || *untold == Untold::Update;
        let ids: Vec<_> = self.untold.iter().filter(|(_, untold)| told(untold)).map(|(id, _)| *id).collect();
        ids.into_iter().filter_map(|id| self.take_update(id)).collect()
    }

    fn take_update(&mut self, session_id: SessionId) -> Option<Update> {
        match self.untold.remove(&session_id)? {
            Untold::Leave => Some(Update::Leave { session_id }),
            Untold::Join => Some(Update::Join { present: self.sessions.get(&session_id)?.clone() }),
            Untold::Update => Some(Update::Update { session_id, state: self.sessions.get(&session_id)?.state.clone() }),
        }
    }
}

fn is_blank(state: &Value) -> bool {
    state.as_object().is_none_or(serde_json::Map::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn session(n: u128) -> SessionId {
        SessionId(Uuid::from_u128(n))
    }

    fn user() -> UserName {
        UserName { id: UserId(Uuid::nil()), name: "Ada".to_owned() }
    }

    #[test]
    fn changes_are_folded_by_session() {
        let mut roster = Roster::default();
        roster.join(session(1), user());
        roster.set_state(session(1), json!({"a": 1}));
        roster.join(session(2), user());
        roster.leave(session(2));
        let updates = roster.take_updates(false);
        assert_eq!(
            serde_json::to_value(&updates).unwrap(),
            json!([{
                "event": "join", "session_id": session(1), "user": {"id": Uuid::nil(), "name": "Ada"}, "state": {"a": 1}
            }])
        );
        roster.set_state(session(1), json!({"a": 2}));
        roster.set_state(session(1), json!({"a": 3}));
        assert_eq!(roster.take_updates(false), [Update::Update { session_id: session(1), state: json!({"a": 3}) }]);
        roster.set_state(session(1), json!({"a": 4}));
        roster.leave(session(1));
        assert_eq!(roster.take_updates(false), [Update::Leave { session_id: session(1) }]);
        assert!(!roster.is_dirty() && roster.is_empty());
    }

    #[test]
    fn a_newcomer_hears_what_has_changed_since_its_list() {
        let mut roster = Roster::default();
        let [ada, bob, cid] = [1, 2, 3].map(session);
        roster.admit(ada, user());
        roster.admit(bob, user());
        roster.admit(cid, user());
        roster.set_state(ada, json!({"a": 1}));
        assert_eq!(roster.take_updates(false).len(), 3);
        let known = roster.take_known();
        assert!(known.concerns(bob, ada) && known.concerns(cid, ada), "their lists showed her without a state");
        assert!(!known.concerns(cid, bob) && known.concerns(bob, cid) && !known.concerns(ada, ada));
        assert!(known.concerns_wholly(session(4)) && !known.concerns_wholly(bob));
    }

    #[test]
    fn who_was_seen_in_a_list_and_went_is_told_to_those_who_saw() {
        let mut roster = Roster::default();
        let [ada, bob, cid] = [1, 2, 3].map(session);
        roster.join(cid, user());
        roster.take_updates(false);
        roster.admit(ada, user());
        roster.admit(bob, user());
        roster.leave(ada);
        assert!(roster.take_updates(false).contains(&Update::Leave { session_id: ada }));
        let known = roster.take_known();
        assert!(known.concerns(bob, ada) && !known.concerns(cid, ada) && !known.concerns_wholly(cid));

        roster.leave(bob);
        assert_eq!(roster.take_updates(false), [Update::Leave { session_id: bob }]);
        assert!(roster.take_known().concerns(cid, bob), "of those who had been told, all are told");
    }

    #[test]
    fn a_large_room_lists_those_with_a_state() {
        let mut roster = Roster::default();
        (0..201).for_each(|n| roster.join(session(n), user()));
        roster.take_updates(false);
        roster.set_state(session(7), json!({"cursor": [0.5, 0.5]}));
        let listing = roster.list();
        assert_eq!((listing.presence.len(), listing.count), (1, Some(201)));
        roster.join(session(500), user());
        assert_eq!(roster.take_updates(true).len(), 1);
        assert_eq!(roster.take_updates(false).len(), 1);
        roster.set_state(session(7), json!({}));
        assert_eq!(roster.list().presence.len(), 0);
    }
}
