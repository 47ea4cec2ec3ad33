//! What a colleague sees of a board: as much of it as it takes to work there without being in anybody's way.

use crate::domain::ids::{ColumnId, SessionId, TaskId, UserId};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What a person has changed is left alone for so long.
const HANDS_OFF: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    pub id: ColumnId,
    rank: String,
    pub wip_limit: Option<usize>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Card {
    pub id: TaskId,
    pub title: String,
    pub column_id: ColumnId,
    rank: String,
    pub version: i64,
    pub assignee_ids: Vec<UserId>,
    pub created_by: Option<UserId>,
}

struct Other {
    user: UserId,
    state: Value,
}

/// See the module's text.
#[derive(Default)]
pub struct Sight {
    columns: Vec<Column>,
    cards: HashMap<TaskId, Card>,
    others: HashMap<SessionId, Other>,
    /// Those who are simulated.
    cast: Vec<UserId>,
    /// When people changed which card.
    touched: HashMap<TaskId, Instant>,
    /// When a person last moved, came or changed something.
    sign_of_life: Option<Instant>,
}

impl Sight {
    pub fn new(cast: Vec<UserId>) -> Self {
        Self { cast, ..Self::default() }
    }

    /// Takes in the answer to `subscribe`; `None` where it can't be read.
    pub fn begin(&mut self, subscribed: &Value, now: Instant) -> Option<()> {
        let snapshot = &subscribed["snapshot"];
        self.columns = Vec::deserialize(&snapshot["columns"]).ok()?;
        let cards: Vec<Card> = Vec::deserialize(&snapshot["tasks"]).ok()?;
        self.cards = cards.into_iter().map(|card| (card.id, card)).collect();
        self.others.clear();
        for one in subscribed["presence"].as_array()? {
            self.comes(one, now);
        }
        Some(())
    }

    /// Takes in a frame of the board's room.
    pub fn take(&mut self, frame: &Value, now: Instant) {
        match frame["type"].as_str() {
            Some("events") => {
                frame["events"].as_array().into_iter().flatten().for_each(|event| self.happened(event, now))
            }
            Some("presence") => frame["updates"].as_array().into_iter().flatten().for_each(|one| self.moved(one, now)),
            _ => {}
        }
    }

    /// The columns from left to right.
    pub fn columns(&self) -> Vec<&Column> {
        let mut columns: Vec<_> = self.columns.iter().collect();
        columns.sort_by(|one, other| one.rank.cmp(&other.rank));
        columns
    }

    /// A column's cards from top to bottom.
    pub fn cards_of(&self, column: ColumnId) -> Vec<&Card> {
        let mut cards: Vec<_> = self.cards.values().filter(|card| card.column_id == column).collect();
        cards.sort_by(|one, other| one.rank.cmp(&other.rank));
        cards
    }

    pub fn card_count(&self) -> usize {
        self.cards.len()
    }

    /// Whether nobody holds or edits the card, and no person has just changed it.
    pub fn is_free(&self, card: TaskId, now: Instant) -> bool {
        let id = card.to_string();
        let holds = |other: &Other| {
            other.state["task_id"] == id.as_str()
                && ["dragging", "editing"].iter().any(|activity| other.state["activity"] == **activity)
        };
        let is_touched = self.touched.get(&card).is_some_and(|at| now.duration_since(*at) < HANDS_OFF);
        self.cards.contains_key(&card) && !is_touched && !self.others.values().any(holds)
    }

    /// Whether a person is on the board.
    pub fn has_people(&self) -> bool {
        self.others.values().any(|other| !self.cast.contains(&other.user))
    }

    /// Whether a person is on the board and has done something since.
    pub fn has_lively_people(&self, since: Instant) -> bool {
        self.has_people() && self.sign_of_life.is_some_and(|at| at >= since)
    }

    /// Whether `me` was here before this session came, by a session that is still here: of another node.
    pub fn is_here_already(&self, me: UserId, my_session: SessionId) -> bool {
        self.others.iter().any(|(session, other)| other.user == me && *session < my_session)
    }

    fn happened(&mut self, event: &Value, now: Instant) {
        let data = &event["data"];
        for (id, rank) in data["ranks"].as_object().into_iter().flatten() {
            self.rerank(id, rank);
        }
        let by_person = UserId::deserialize(&event["actor_id"]).is_ok_and(|actor| !self.cast.contains(&actor));
        let about = data.get("task_id").or_else(|| data["task"].get("id")).and_then(|id| TaskId::deserialize(id).ok());
        if by_person {
            self.sign_of_life = Some(now);
            self.touched.retain(|_, at| now.duration_since(*at) < HANDS_OFF);
            self.touched.extend(about.map(|task| (task, now)));
        }
        match event["kind"].as_str().unwrap_or_default() {
            "task.created" | "task.restored" => {
                if let Ok(card) = Card::deserialize(&data["task"]) {
                    self.cards.insert(card.id, card);
                }
            }
            "task.deleted" => {
                about.map(|task| self.cards.remove(&task));
            }
            "task.updated" | "task.moved" => {
                if let Some(card) = about.and_then(|task| self.cards.get_mut(&task)) {
                    card.change(data);
                }
            }
            "column.created" => self.columns.extend(Column::deserialize(&data["column"])),
            "column.updated" | "column.moved" => {
                let limit = data["set"].get("wip_limit").map(|limit| limit.as_u64().map(|limit| limit as usize));
                let id = ColumnId::deserialize(&data["column_id"]).ok();
                if let Some(column) = self.columns.iter_mut().find(|column| Some(column.id) == id) {
                    column.wip_limit = limit.unwrap_or(column.wip_limit);
                    column.rank = data["rank"].as_str().map_or_else(|| column.rank.clone(), str::to_owned);
                }
            }
            "column.deleted" => {
                let to = ColumnId::deserialize(&data["to_column_id"]).ok();
                for moved in data["moved"].as_array().into_iter().flatten() {
                    let card = TaskId::deserialize(&moved["task_id"]).ok().and_then(|id| self.cards.get_mut(&id));
                    if let (Some(card), Some(to)) = (card, to) {
                        card.change(moved);
                        card.column_id = to;
                    }
                }
                let gone = ColumnId::deserialize(&data["column_id"]).ok();
                self.columns.retain(|column| Some(column.id) != gone);
            }
            _ => {}
        }
    }

    fn rerank(&mut self, id: &str, rank: &Value) {
        let Some(rank) = rank.as_str() else { return };
        if let Some(card) = id.parse().ok().and_then(|id| self.cards.get_mut(&id)) {
            rank.clone_into(&mut card.rank);
        }
        if let Some(column) = self.columns.iter_mut().find(|column| column.id.to_string() == id) {
            rank.clone_into(&mut column.rank);
        }
    }

    /// Takes in a change of presence.
    fn moved(&mut self, update: &Value, now: Instant) {
        let Ok(session) = SessionId::deserialize(&update["session_id"]) else { return };
        match update["event"].as_str() {
            Some("join") => self.comes(update, now),
            Some("leave") => {
                self.others.remove(&session);
            }
            _ => {
                let Some(other) = self.others.get_mut(&session) else { return };
                other.state = update["state"].clone();
                if !self.cast.contains(&other.user) {
                    self.sign_of_life = Some(now);
                }
            }
        }
    }

    fn comes(&mut self, one: &Value, now: Instant) {
        let session = SessionId::deserialize(&one["session_id"]);
        let (Ok(session), Ok(user)) = (session, UserId::deserialize(&one["user"]["id"])) else { return };
        self.others.insert(session, Other { user, state: one["state"].clone() });
        if !self.cast.contains(&user) {
            self.sign_of_life = Some(now);
        }
    }
}

impl Card {
    fn change(&mut self, data: &Value) {
        self.version = data["version"].as_i64().unwrap_or(self.version);
        let set = &data["set"];
        if let Some(title) = set["title"].as_str() {
            title.clone_into(&mut self.title);
        }
        if let Ok(assignees) = Vec::deserialize(&set["assignee_ids"]) {
            self.assignee_ids = assignees;
        }
        if let Some(rank) = data["rank"].as_str() {
            rank.clone_into(&mut self.rank);
        }
        if let Ok(column) = ColumnId::deserialize(&data["column_id"]) {
            self.column_id = column;
        }
    }
}
