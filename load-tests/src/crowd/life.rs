//! What somebody does at work: thinks, drags cards about, types, looks at another board, closes the laptop.

use crate::swarm::Position;
use crate::work::Dice;
use std::time::{Duration, Instant};

/// Presence frames a drag takes, and the pause between two: a pointer is told 20 times a second at most.
const DRAG_STEPS: (usize, usize) = (6, 24);
const DRAG_STEP: Duration = Duration::from_millis(60);

/// The same of typing: a client tells of keys a few times a second.
const TYPE_STEPS: (usize, usize) = (4, 20);
const TYPE_STEP: Duration = Duration::from_millis(250);

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// Mean pause between two things that somebody does.
    pub think: Duration,
    /// Mean time with a closed laptop.
    pub away: Duration,
}

/// How a day goes for one user, from when it begins. A laptop is closed between two of its parts.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    pub comes: Instant,
    pub lunch: Instant,
    pub back: Instant,
    pub goes: Instant,
}

pub struct Life {
    habits: Habits,
    day: Option<Day>,
    doing: Doing,
    next: Instant,
    /// The board that is looked at now and then.
    pub other_board: Option<usize>,
    /// How far it was with its own board when it went to look at the other.
    pub left_at: Option<Position>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Thinking,
    /// Steps that are left.
    Dragging(usize),
    Typing(usize),
    Looking,
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Tell others that a card is held, and where the pointer is.
    Drag,
    /// Let it fall.
    Drop,
    /// Tell others that somebody types.
    Key,
    /// Be done with typing.
    Save,
    /// Look at another board, and come back from it.
    Look,
    Return,
    /// Close the laptop.
    Leave(Duration),
    /// Nothing yet.
    Wait,
}

impl Life {
    pub fn new(habits: Habits, day: Option<Day>, other_board: Option<usize>, now: Instant) -> Self {
        Self { habits, day, doing: Doing::Thinking, next: now, other_board, left_at: None }
    }

    /// When the day begins, where there is one.
    pub fn comes(&self) -> Option<Instant> {
        self.day.map(|day| day.comes)
    }

    /// When something is next to be done.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Begins with a pause: not everybody moves at once.
    pub fn settle(&mut self, dice: &mut Dice, now: Instant) {
        self.doing = Doing::Thinking;
        self.next = now + dice.pause(self.habits.think);
    }

    /// What is to be done at `now`, which is when it was due or later.
    pub fn act(&mut self, dice: &mut Dice, now: Instant) -> Act {
        if now < self.next {
            return Act::Wait;
        }
        match self.doing {
            Doing::Thinking => self.choose(dice, now),
            Doing::Dragging(0) => self.done(Act::Drop, dice, now),
            Doing::Typing(0) => self.done(Act::Save, dice, now),
            Doing::Looking => self.done(Act::Return, dice, now),
            Doing::Dragging(left) => self.step(Doing::Dragging(left - 1), Act::Drag, DRAG_STEP, now),
            Doing::Typing(left) => self.step(Doing::Typing(left - 1), Act::Key, TYPE_STEP, now),
        }
    }

    fn choose(&mut self, dice: &mut Dice, now: Instant) -> Act {
        if let Some(pause) = self.day.and_then(|day| day.break_at(now)) {
            self.next = now + pause;
            return Act::Leave(pause);
        }
        let steps = |dice: &mut Dice, (from, to): (usize, usize)| from + dice.below(to - from);
        match dice.below(100) {
            0..45 => self.step(Doing::Dragging(steps(dice, DRAG_STEPS)), Act::Drag, DRAG_STEP, now),
            45..80 => self.step(Doing::Typing(steps(dice, TYPE_STEPS)), Act::Key, TYPE_STEP, now),
            80..95 if self.other_board.is_some() => {
                self.doing = Doing::Looking;
                self.next = now + dice.pause(self.habits.think);
                Act::Look
            }
            95.. => {
                let away = dice.pause(self.habits.away);
                self.next = now + away;
                Act::Leave(away)
            }
            _ => self.done(Act::Wait, dice, now),
        }
    }

    fn step(&mut self, doing: Doing, act: Act, pause: Duration, now: Instant) -> Act {
        self.doing = doing;
        self.next = now + pause;
        act
    }

    fn done(&mut self, act: Act, dice: &mut Dice, now: Instant) -> Act {
        self.settle(dice, now);
        act
    }
}

impl Day {
    /// The day of somebody, where all of it takes `length`: people come in the first eighth, eat around the middle for
    /// a twelfth, and go in the last eighth.
    pub fn of_somebody(dice: &mut Dice, begin: Instant, length: Duration) -> Self {
        let mut at = |from: f64, spread: f64| begin + length.mul_f64(from + spread * dice.share());
        let (comes, lunch, goes) = (at(0.0, 0.125), at(0.45, 0.1), at(0.875, 0.12));
        Self { comes, lunch, back: lunch + length / 12, goes }
    }

    /// How long somebody has to leave for at `now`.
    fn break_at(&self, now: Instant) -> Option<Duration> {
        if now >= self.goes {
            // Past the end of every day: until everybody is called back.
            return Some(Duration::from_secs(24 * 3600));
        }
        (self.lunch..self.back).contains(&now).then(|| self.back - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_holds_all_that_people_do() {
        let (mut dice, begin) = (Dice::new(5), Instant::now());
        let habits = Habits { think: Duration::from_secs(1), away: Duration::from_secs(5) };
        let day = Day::of_somebody(&mut dice, begin, Duration::from_secs(1000));
        assert!(day.comes < day.lunch && day.lunch < day.back && day.back < day.goes);
        let mut life = Life::new(habits, Some(day), Some(1), day.comes);
        let mut acts = Vec::new();
        let mut left = false;
        while life.next() < day.goes {
            let now = life.next();
            let act = life.act(&mut dice, now);
            left |= matches!(act, Act::Leave(time) if now + time == day.back);
            acts.push(act);
        }
        for act in [Act::Drag, Act::Drop, Act::Key, Act::Save, Act::Look, Act::Return] {
            assert!(acts.contains(&act), "{act:?}");
        }
        assert!(left, "nobody went to lunch");
        let drags = acts.iter().filter(|act| **act == Act::Drag).count();
        let drops = acts.iter().filter(|act| **act == Act::Drop).count();
        assert!(drags > 5 * drops, "{drags} {drops}");
        // Nobody is interrupted in the middle: what was held is let go before the laptop is closed.
        let broken = acts.windows(2).any(|two| two[0] == Act::Drag && matches!(two[1], Act::Leave(_)));
        assert!(!broken);
        // Whoever is in the middle of something at the day's end finishes it, and goes.
        let gone = (0..100).find_map(|_| match life.act(&mut dice, life.next().max(day.goes)) {
            Act::Leave(time) => Some(time),
            _ => None,
        });
        assert!(gone.is_some_and(|time| time > Duration::from_secs(3600)), "{gone:?}");
    }
}
