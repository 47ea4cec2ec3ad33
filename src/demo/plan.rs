//! What a colleague does next: a few steps, each after a while, as a person's hand would make them.

use super::script;
use super::sight::{Card, Column, Sight};
use crate::domain::ids::{ColumnId, TaskId, UserId};
use crate::domain::locale::Locale;
use rand::Rng;
use rand::seq::{IndexedRandom, IteratorRandom};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// On a board with more cards nobody makes another one.
const CARDS_MAX: usize = script::TASKS + 8;
const ASSIGNEES_MAX: usize = 3;
/// Of the way that a card is dragged, one each [`FRAME`].
const DRAG_STEPS: u8 = 7;
const FRAME: Duration = Duration::from_millis(110);

/// Steps that belong together.
#[derive(Debug, Default)]
pub struct Plan {
    /// The card that it is about; it is let be if somebody else takes it.
    pub card: Option<TaskId>,
    pub steps: VecDeque<Step>,
}

#[derive(Debug, PartialEq)]
pub struct Step {
    pub after: Duration,
    pub act: Act,
}

#[derive(Debug, PartialEq)]
pub enum Act {
    /// Tells the others where one is.
    Show(Value),
    /// Asks for a change.
    Do(Map<String, Value>),
}

impl Plan {
    fn of(card: TaskId) -> Self {
        Self { card: Some(card), steps: VecDeque::new() }
    }

    fn show(mut self, after: Duration, state: Value) -> Self {
        self.steps.push_back(Step { after, act: Act::Show(state) });
        self
    }

    fn change(mut self, after: Duration, op: Value) -> Self {
        if let Value::Object(op) = op {
            self.steps.push_back(Step { after, act: Act::Do(op) });
        }
        self
    }
}

/// Who acts, where, and when.
pub struct Scene<'a> {
    pub sight: &'a Sight,
    pub me: UserId,
    pub locale: Locale,
    pub now: Instant,
}

/// Where a card hangs.
struct Spot<'a> {
    card: &'a Card,
    column: usize,
    row: usize,
}

impl Scene<'_> {
    /// What to do next. Empty where there is nothing that one may touch.
    pub fn plan(&self, dice: &mut impl Rng) -> Plan {
        let columns = self.sight.columns();
        let spots = self.free_spots(&columns);
        let plan = match dice.random_range(0..100) {
            0..=54 => self.drag(&columns, &spots, dice),
            55..=66 => self.retitle(&columns, &spots, dice),
            67..=84 => self.assess(&columns, &spots, dice),
            85..=92 => self.join_in(&columns, &spots, dice),
            _ => self.think(&columns, dice),
        };
        plan.or_else(|| self.look_around(&columns, &spots, dice)).unwrap_or_default()
    }

    fn free_spots<'a>(&'a self, columns: &[&Column]) -> Vec<Spot<'a>> {
        let of_column = |(column, id): (usize, ColumnId)| {
            let cards = self.sight.cards_of(id).into_iter().enumerate();
            cards.map(move |(row, card)| Spot { card, column, row })
        };
        let spots = columns.iter().map(|column| column.id).enumerate().flat_map(of_column);
        spots.filter(|spot| self.sight.is_free(spot.card.id, self.now)).collect()
    }

    /// Moves a card to a column beside its own: more often forward than back, and out of the last one.
    fn drag(&self, columns: &[&Column], spots: &[Spot], dice: &mut impl Rng) -> Option<Plan> {
        let spot = spots.choose(dice)?;
        let last = columns.len().checked_sub(1).filter(|last| *last > 0)?;
        let to = match spot.column {
            0 => 1,
            column if column == last => dice.random_range(0..last),
            column if dice.random_bool(0.65) => column + 1,
            column => column - 1,
        };
        let target = columns.get(to)?;
        let there = self.sight.cards_of(target.id);
        if target.wip_limit.is_some_and(|limit| there.len() >= limit) {
            return None;
        }
        let row = dice.random_range(0..=there.len().min(4));
        let (from, until) = (point(columns, spot.column, spot.row), point(columns, to, row));
        let (id, version) = (spot.card.id, spot.card.version);
        let mut plan = Plan::of(id);
        for step in 0..=DRAG_STEPS {
            let part = f64::from(step) / f64::from(DRAG_STEPS);
            let cursor = [0, 1].map(|axis| rounded(from[axis] + (until[axis] - from[axis]) * eased(part)));
            plan = plan.show(FRAME, json!({"task_id": id, "activity": "dragging", "cursor": cursor}));
        }
        let mut op = json!({"kind": "task.move", "task_id": id, "version": version, "column_id": target.id});
        let above = row.checked_sub(1).and_then(|row| there.get(row));
        match (above, there.first()) {
            (Some(above), _) => op["after"] = json!(above.id),
            (None, Some(first)) => op["before"] = json!(first.id),
            (None, None) => {}
        }
        Some(plan.change(FRAME, op).show(FRAME, json!({"cursor": until})))
    }

    /// Says it in other words.
    fn retitle(&self, columns: &[&Column], spots: &[Spot], dice: &mut impl Rng) -> Option<Plan> {
        let with_title = |spot| Some((spot, script::other_title(self.locale, &card_of(spot).title)?));
        let (spot, title) = spots.iter().filter_map(with_title).choose(dice)?;
        Some(self.edit(columns, spot, "title", json!({"set": {"title": title}}), dice))
    }

    /// Finds it more or less urgent, larger or smaller.
    fn assess(&self, columns: &[&Column], spots: &[Spot], dice: &mut impl Rng) -> Option<Plan> {
        let spot = spots.choose(dice)?;
        if dice.random() {
            let priority = ["low", "medium", "high", "critical"].choose(dice)?;
            return Some(self.edit(columns, spot, "priority", json!({"set": {"priority": priority}}), dice));
        }
        let points = [1, 2, 3, 5, 8, 13].choose(dice)?;
        Some(self.edit(columns, spot, "story_points", json!({"set": {"story_points": points}}), dice))
    }

    /// Takes a card on, or gives it back.
    fn join_in(&self, columns: &[&Column], spots: &[Spot], dice: &mut impl Rng) -> Option<Plan> {
        let spot = spots.choose(dice)?;
        let me = [self.me];
        let change = if spot.card.assignee_ids.contains(&self.me) {
            json!({"remove_assignee_ids": me})
        } else if spot.card.assignee_ids.len() < ASSIGNEES_MAX {
            json!({"add_assignee_ids": me})
        } else {
            return None;
        };
        Some(self.edit(columns, spot, "assignee_ids", change, dice))
    }

    /// Has an idea, or drops one where there are many.
    fn think(&self, columns: &[&Column], dice: &mut impl Rng) -> Option<Plan> {
        let first = columns.first()?;
        let ideas = script::words(self.locale).ideas;
        let is_mine = |card: &&Card| card.created_by == Some(self.me) && ideas.contains(&card.title.as_str());
        let all = columns.iter().flat_map(|column| self.sight.cards_of(column.id)).collect::<Vec<_>>();
        if self.sight.card_count() >= CARDS_MAX {
            let card = all.into_iter().filter(is_mine).find(|card| self.sight.is_free(card.id, self.now))?;
            let op = json!({"kind": "task.delete", "task_id": card.id, "version": card.version});
            return Some(Plan::of(card.id).change(FRAME, op));
        }
        let title = ideas.iter().filter(|idea| all.iter().all(|card| card.title != **idea)).choose(dice)?;
        let op = json!({
            "kind": "task.create", "task_id": Uuid::now_v7(), "column_id": first.id, "title": title,
            "assignee_ids": [self.me],
        });
        Some(Plan::default().show(FRAME, json!({"cursor": point(columns, 0, 0)})).change(thinking(dice), op))
    }

    /// Reads a card, and changes nothing.
    fn look_around(&self, columns: &[&Column], spots: &[Spot], dice: &mut impl Rng) -> Option<Plan> {
        let spot = spots.choose(dice)?;
        let cursor = point(columns, spot.column, spot.row);
        let plan = Plan::of(spot.card.id).show(FRAME, json!({"cursor": cursor}));
        Some(plan.show(FRAME, json!({"task_id": spot.card.id, "activity": "viewing", "cursor": cursor})))
    }

    fn edit(&self, columns: &[&Column], spot: &Spot, field: &str, change: Value, dice: &mut impl Rng) -> Plan {
        let (id, version, cursor) = (spot.card.id, spot.card.version, point(columns, spot.column, spot.row));
        let mut op = json!({"kind": "task.update", "task_id": id, "version": version});
        if let (Value::Object(op), Value::Object(change)) = (&mut op, change) {
            op.extend(change);
        }
        Plan::of(id)
            .show(FRAME, json!({"task_id": id, "activity": "editing", "field": field, "cursor": cursor}))
            .change(thinking(dice), op)
            .show(FRAME, json!({"cursor": cursor}))
    }
}

fn card_of<'a>(spot: &Spot<'a>) -> &'a Card {
    spot.card
}

/// How long it takes to find the words.
fn thinking(dice: &mut impl Rng) -> Duration {
    Duration::from_millis(dice.random_range(700..1_300))
}

/// Where a card is on the board's area, roughly: a colleague has no screen.
fn point(columns: &[&Column], column: usize, row: usize) -> [f64; 2] {
    let count = columns.len().max(1) as f64;
    [rounded((column as f64 + 0.5) / count), rounded((0.12 + 0.09 * row as f64).min(0.95))]
}

fn rounded(part: f64) -> f64 {
    (part * 1_000.0).round() / 1_000.0
}

/// A hand starts and stops softly.
fn eased(part: f64) -> f64 {
    part * part * (3.0 - 2.0 * part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn card(n: u128, column: u128, version: i64) -> Value {
        json!({
            "id": id(n), "title": script::words(Locale::En).ideas[0], "column_id": id(column), "rank": format!("a{n:02}"),
            "version": version, "assignee_ids": [], "created_by": null, "story_points": null,
        })
    }

    /// A board of three columns with two cards in the first, and a person who holds one of them.
    fn sight(person_holds: Option<u128>) -> Sight {
        let columns: Vec<_> =
            (1..=3).map(|n| json!({"id": id(n), "rank": format!("b{n}"), "wip_limit": null})).collect();
        let state = person_holds.map_or(json!({}), |n| json!({"task_id": id(n), "activity": "dragging"}));
        let subscribed = json!({
            "snapshot": {"columns": columns, "tasks": [card(11, 1, 4), card(12, 1, 1)]},
            "presence": [{"session_id": id(90), "user": {"id": id(91), "name": "Ada"}, "state": state}],
        });
        let mut sight = Sight::new(vec![UserId(id(80))]);
        sight.begin(&subscribed, Instant::now()).unwrap();
        sight
    }

    fn plans(sight: &Sight) -> Vec<Plan> {
        let scene = Scene { sight, me: UserId(id(80)), locale: Locale::En, now: Instant::now() };
        let mut dice = StdRng::seed_from_u64(7);
        (0..500).map(|_| scene.plan(&mut dice)).collect()
    }

    #[test]
    fn what_a_person_holds_is_left_alone() {
        let held = TaskId(id(11));
        assert!(plans(&sight(Some(11))).iter().all(|plan| plan.card != Some(held)));
        assert!(plans(&sight(None)).iter().any(|plan| plan.card == Some(held)));
    }

    #[test]
    fn what_a_person_has_just_moved_is_left_alone() {
        let mut sight = sight(None);
        let data = json!({"task_id": id(12), "version": 2, "column_id": id(2), "rank": "a1"});
        let event = json!({"kind": "task.moved", "actor_id": id(91), "data": data});
        sight.take(&json!({"type": "events", "events": [event]}), Instant::now());
        assert_eq!(sight.cards_of(ColumnId(id(2))).len(), 1);
        assert!(plans(&sight).iter().all(|plan| plan.card != Some(TaskId(id(12)))));
        assert!(sight.is_free(TaskId(id(12)), Instant::now() + Duration::from_secs(60)));
    }

    #[test]
    fn a_drag_is_shown_before_it_is_done() {
        let sight = sight(None);
        let moves = |step: &Step| matches!(&step.act, Act::Do(op) if op["kind"] == "task.move");
        let plan = plans(&sight).into_iter().find(|plan| plan.steps.iter().any(moves)).unwrap();
        let Act::Show(first) = &plan.steps[0].act else { panic!("{plan:?}") };
        assert_eq!((&first["activity"], &first["task_id"]), (&json!("dragging"), &json!(plan.card)));
        let done = plan.steps.iter().find(|step| moves(step)).unwrap();
        let Act::Do(op) = &done.act else { panic!("{done:?}") };
        assert_eq!(op["version"], if plan.card == Some(TaskId(id(11))) { 4 } else { 1 });
        let Some(Act::Show(last)) = plan.steps.back().map(|step| &step.act) else { panic!("{plan:?}") };
        assert!(last.get("task_id").is_none(), "the card is let go");
    }

    #[test]
    fn nothing_is_done_on_an_empty_board() {
        let mut sight = Sight::new(Vec::new());
        let empty = json!({"snapshot": {"columns": [], "tasks": []}, "presence": []});
        sight.begin(&empty, Instant::now()).unwrap();
        assert!(plans(&sight).iter().all(|plan| plan.steps.is_empty()));
    }
}
