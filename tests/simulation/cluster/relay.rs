//! A shell whose node does not write the board, as `live::relay`: it does what that does, in the same order.

use super::bus::{Forward, Judged, Message};
use super::database::Head;
use super::shell::{Job, Seat, Waiter};
use super::{BOARD, Cluster};
use crate::store::Flaw;
use teamflow::domain::board::model::Seq;
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::relay::{Admission, Item, RelayEffect};
use teamflow::domain::board::sequencer::Request;
use teamflow::domain::ids::{Incarnation, OpId};

const ASKED_MS: i64 = 750;
const UNANSWERED_MS: i64 = 1_000;

impl Cluster {
    pub fn begin_seeking(&mut self, at: usize) -> u64 {
        self.shells[at].seeking += 1;
        self.shells[at].seeking
    }

    pub fn seek(&mut self, at: usize) {
        if !self.shells[at].is_owner() {
            self.shells[at].seat = Seat::Seeking;
        }
        let seeking = self.begin_seeking(at);
        self.shells[at].jobs.push(Job::Look(seeking));
    }

    pub fn seek_later(&mut self, at: usize) {
        let seeking = self.begin_seeking(at);
        self.shells[at].jobs.push(Job::SeekLater(seeking));
    }

    pub fn found(&mut self, at: usize, head: Head, owner: Option<Incarnation>) {
        let node = self.node_of(at);
        let me = node.me;
        if let Some(owner) = owner.filter(|owner| *owner != me) {
            self.stands(at, head);
            return self.relay_to(at, owner);
        }
        if !node.takes_boards() {
            let heir = node.heir();
            self.stands(at, head);
            return match heir {
                Some(heir) if !self.shells[at].asked_in_vain => self.relay_to(at, heir),
                _ => {
                    self.shells[at].asked_in_vain = false;
                    self.seek_later(at);
                }
            };
        }
        let preferred = node.view.preferred(BOARD).filter(|preferred| *preferred != me);
        let bus_is_up = node.bus_is_up;
        let shell = &mut self.shells[at];
        let is_wanted = shell.is_wanted || shell.asked_in_vain || owner == Some(me) || !bus_is_up;
        match preferred {
            Some(preferred) if !is_wanted => {
                self.stands(at, head);
                self.relay_to(at, preferred);
            }
            _ => {
                (shell.is_wanted, shell.asked_in_vain) = (false, false);
                self.claim(at);
            }
        }
    }

    fn stands(&mut self, at: usize, head: Head) {
        let shell = &mut self.shells[at];
        if !shell.is_loaded {
            shell.is_loaded = true;
            shell.tail = head.head;
        }
        self.follow_up_to(at, head.head);
    }

    pub fn relay_to(&mut self, at: usize, owner: Incarnation) {
        self.begin_seeking(at);
        let shell = &mut self.shells[at];
        shell.seat = Seat::Relay(owner);
        shell.asked_at = self.now;
        let stream = shell.relay.begin(self.now);
        let attaching = std::mem::take(&mut shell.attaching);
        self.tell(at, owner, Message::Attach { stream });
        for (node, stream) in attaching {
            if node != owner {
                self.tell(at, node, Message::NotOwner { stream });
            }
        }
    }

    pub fn tick_relay(&mut self, at: usize) {
        let effects = self.shells[at].relay.tick(self.now);
        self.perform_relay(at, effects, None);
        let shell = &mut self.shells[at];
        let Seat::Relay(owner) = shell.seat else { return };
        if !shell.relay.is_open() {
            if self.now.millis_since(shell.asked_at) >= ASKED_MS {
                shell.asked_in_vain = true;
                self.seek(at);
            } else {
                let stream = shell.relay.stream();
                self.tell(at, owner, Message::Attach { stream });
            }
        } else if shell.relay.unanswered_ms(self.now) >= UNANSWERED_MS {
            self.relay_to(at, owner);
        }
    }

    /// `judged` is what the owner has judged by, where the effects tell its answers.
    pub fn perform_relay(&mut self, at: usize, effects: Vec<RelayEffect<Waiter>>, judged: Option<Judged>) {
        for effect in effects {
            match effect {
                RelayEffect::Answer { waiter, op_id, result } => {
                    let session = self.session_of(&waiter);
                    let is_unavailable = matches!(result, Err(Refusal::Unavailable(_)));
                    let judged = judged.unwrap_or(Judged { is_current: true, was_acked: false });
                    self.answer(waiter, op_id, &result, judged);
                    if let (true, Some(session)) =
                        (is_unavailable && self.store.flaw == Flaw::HoldsNothingBack, session)
                    {
                        let _ = self.shells[at].relay.forgive(session, self.now);
                    }
                }
                RelayEffect::Send { stream, n, valid_until, item } => {
                    let Seat::Relay(owner) = self.shells[at].seat else { continue };
                    self.tell(at, owner, Message::Forward(Forward { stream, n, valid_until, item }));
                }
            }
        }
        self.flush_answers(at);
    }

    pub fn attach(&mut self, at: usize, node: Incarnation, stream: u64) {
        let shell = &mut self.shells[at];
        match shell.seat {
            Seat::Owner => {
                shell.streams.open(node, stream);
                self.tell(at, node, Message::Attached { stream, now: self.now });
            }
            Seat::Seeking | Seat::Leaving { .. } => drop(shell.attaching.insert(node, stream)),
            Seat::Relay(owner) if owner == node => drop(shell.attaching.insert(node, stream)),
            Seat::Relay(_) => self.tell(at, node, Message::NotOwner { stream }),
        }
    }

    pub fn hear_peer(&mut self, at: usize, from: Incarnation, message: Message) {
        self.shells[at].used_at = self.now;
        let is_relay = matches!(self.shells[at].seat, Seat::Relay(_));
        let present = self.shells[at].relay.stream();
        match message {
            Message::Attach { stream } => {
                self.attach(at, from, stream);
                if !self.shells[at].relay.is_open() {
                    self.be_wanted(at);
                }
            }
            Message::Take => self.be_wanted(at),
            Message::Detach => {
                self.shells[at].streams.close(from);
                self.shells[at].attaching.remove(&from);
            }
            Message::Attached { stream, now } if is_relay && stream == present => {
                self.shells[at].seat = Seat::Relay(from);
                self.shells[at].asked_in_vain = false;
                let effects = self.shells[at].relay.opened(stream, now, self.now);
                self.perform_relay(at, effects, None);
            }
            Message::NotOwner { stream } if is_relay && stream == present => {
                self.shells[at].asked_in_vain = true;
                self.seek(at);
            }
            Message::Gap { stream } => {
                if let (Seat::Relay(owner), true) = (self.shells[at].seat, stream == present) {
                    self.relay_to(at, owner);
                }
            }
            Message::Forward(forward) => self.take_forward(at, from, forward),
            Message::Answers(answers) => {
                for answer in answers {
                    let relay = &mut self.shells[at].relay;
                    let effects = relay.answered(answer.stream, answer.tag, answer.result, self.now);
                    self.perform_relay(at, effects, Some(answer.judged));
                }
            }
            Message::Events { first, ops } => self.hear_events(at, first, &ops),
            Message::Moved { to } => match to {
                Some(to) if to == self.node_of(at).me => self.be_wanted(at),
                Some(to) if is_relay && self.node_of(at).lives(to) => self.relay_to(at, to),
                _ if is_relay => self.seek(at),
                _ => {}
            },
            _ => {}
        }
    }

    fn be_wanted(&mut self, at: usize) {
        match self.shells[at].seat {
            Seat::Owner | Seat::Leaving { .. } => {}
            Seat::Seeking => self.shells[at].is_wanted = true,
            Seat::Relay(_) => {
                self.shells[at].is_wanted = true;
                self.seek(at);
            }
        }
    }

    fn take_forward(&mut self, at: usize, from: Incarnation, forward: Forward) {
        let stream = forward.stream;
        let shell = &mut self.shells[at];
        if shell.seat != Seat::Owner {
            if !matches!(shell.seat, Seat::Leaving { .. }) {
                self.tell(at, from, Message::NotOwner { stream });
            }
            return;
        }
        match shell.streams.admit(from, stream, forward.n, forward.valid_until, self.now) {
            _ if self.store.flaw == Flaw::TakesAnyNumber => {}
            Admission::Take => {}
            Admission::Old => return,
            Admission::Gap => return self.tell(at, from, Message::Gap { stream }),
        }
        if shell.held.is_empty() && !self.dice.chance(10) {
            return self.judge_forward(at, from, forward);
        }
        shell.held.push_back((from, forward));
        if shell.held.len() == 1 {
            shell.jobs.push(Job::Reread);
        }
    }

    pub fn judge_held(&mut self, at: usize) {
        while let Some((from, forward)) = self.shells[at].held.pop_front() {
            self.judge_forward(at, from, forward);
        }
    }

    fn judge_forward(&mut self, at: usize, from: Incarnation, forward: Forward) {
        if self.shells[at].seat != Seat::Owner {
            return;
        }
        let stream = forward.stream;
        if !self.shells[at].streams.still_valid(from, stream, forward.valid_until, self.now) {
            return self.tell(at, from, Message::Gap { stream });
        }
        if let Item::Ops { requests, .. } = &forward.item {
            let sessions = requests.iter().filter_map(|(_, request)| request.stream);
            self.shells[at].sessions_elsewhere.extend(sessions);
        }
        match forward.item {
            Item::Forgive(session) => self.shells[at].sequencer.forgive(session),
            Item::Ops { requests, atomic } => {
                let waiter = |tag| Waiter::Peer { node: from, stream, tag };
                let requests = requests.into_iter().map(|(tag, request)| {
                    let Request { stream, actor, op_id, ask, fresh_id, .. } = request;
                    Request { waiter: waiter(tag), stream, actor, op_id, ask, fresh_id, received: self.now }
                });
                let requests: Vec<_> = requests.collect();
                self.give(at, requests, atomic);
            }
        }
    }

    fn hear_events(&mut self, at: usize, first: Seq, events: &[OpId]) {
        let shell = &self.shells[at];
        if !shell.is_loaded || shell.is_owner() {
            return;
        }
        let (head, last) = (shell.tail, first + events.len() as Seq - 1);
        if first > head + 1 || shell.is_filling {
            return self.follow_up_to(at, last);
        }
        let known = usize::try_from(head + 1 - first).unwrap();
        self.publish(at, events.get(known..).unwrap_or(&[]));
    }

    pub fn follow_up_to(&mut self, at: usize, seq: Seq) {
        let shell = &mut self.shells[at];
        shell.heard_to = shell.heard_to.max(seq);
        if shell.is_owner() || shell.is_filling || !shell.is_loaded || shell.heard_to <= shell.tail {
            return;
        }
        shell.is_filling = true;
        shell.jobs.push(Job::Fill(shell.tail));
    }

    pub fn filled(&mut self, at: usize, since: Seq, rows: Option<Vec<OpId>>) {
        self.shells[at].is_filling = false;
        if self.shells[at].is_owner() {
            return;
        }
        if let Some(rows) = rows {
            let tail = self.shells[at].tail;
            let known = usize::try_from((tail - since).max(0)).unwrap();
            let fresh = rows.get(known..).unwrap_or(&[]);
            if fresh.is_empty() {
                self.shells[at].heard_to = self.shells[at].heard_to.min(tail);
            }
            self.publish(at, fresh);
        }
        self.follow_up_to(at, 0);
    }

    /// Where the board stands in the database: a look once a second.
    pub fn seen(&mut self, at: usize) {
        let (standing, _) = self.database.look(&self.store);
        let shell = &self.shells[at];
        match shell.seat {
            Seat::Owner
                if standing.epoch > shell.epoch
                    && !shell.sequencer.is_committing()
                    && shell.sequencer.committed().is_some() =>
            {
                self.lose(at);
            }
            Seat::Owner | Seat::Leaving { .. } | Seat::Seeking => {}
            Seat::Relay(owner) => {
                let is_behind = standing.head > shell.tail;
                self.follow_up_to(at, standing.head);
                let relay = &self.shells[at].relay;
                if relay.is_open() && standing.owner != Some(owner) {
                    self.seek(at);
                } else if relay.is_open() && is_behind {
                    let stream = relay.stream();
                    self.tell(at, owner, Message::Attach { stream });
                }
            }
        }
    }

    /// Other nodes live than before, or this one is another.
    pub fn look_around(&mut self, at: usize) {
        let node = &self.nodes[self.shells[at].node];
        let shell = &mut self.shells[at];
        shell.streams.retain(|other| node.lives(other));
        shell.attaching.retain(|other, _| node.lives(*other));
        match shell.seat {
            Seat::Owner | Seat::Leaving { .. } if shell.owner_of_epoch != node.me => self.lose(at),
            Seat::Relay(owner) if !node.lives(owner) => self.seek(at),
            _ => {}
        }
    }
}
