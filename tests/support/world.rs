//! A server that is lived in: seeded people in two workspaces, a board in each.

use super::client::Client;
use super::replica::Replica;
use super::rest::Rest;
use super::server::{Engine, Home, Server};
use super::{Value, int, json, list, text};
use std::fs;

/// Somebody with an access token.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub token: String,
    workspace_ids: Vec<String>,
}

impl Person {
    /// One who signed up.
    pub fn new(id: &str, email: &str, token: &str) -> Self {
        Self { id: id.into(), email: email.into(), token: token.into(), workspace_ids: Vec::new() }
    }
}

/// A seeded board.
#[derive(Debug, Clone)]
pub struct SeededBoard {
    pub id: String,
    pub project_id: String,
    pub workspace_id: String,
    pub column_ids: Vec<String>,
    pub task_ids: Vec<String>,
}

impl SeededBoard {
    /// Its room.
    pub fn room(&self) -> String {
        format!("board:{}", self.id)
    }
}

/// What to seed.
#[derive(Debug, Clone, Copy)]
pub struct Population {
    pub users: usize,
    pub workspaces: usize,
    pub boards: usize,
    pub tasks: usize,
    pub token_ttl: &'static str,
}

impl Default for Population {
    fn default() -> Self {
        Self { users: 12, workspaces: 2, boards: 2, tasks: 10, token_ttl: "24h" }
    }
}

/// A seeded, running server.
pub struct World {
    pub server: Server,
    pub rest: Rest,
    pub people: Vec<Person>,
    pub boards: Vec<SeededBoard>,
}

impl World {
    pub async fn start(engine: Engine) -> Self {
        Self::start_in(Home::new(engine), Population::default()).await
    }

    pub async fn populated(engine: Engine, population: Population) -> Self {
        Self::start_in(Home::new(engine), population).await
    }

    pub async fn start_in(home: Home, population: Population) -> Self {
        let (people, boards) = seed(&home, population);
        let server = Server::start_in(home).await;
        let rest = Rest::new(&server.address());
        Self { server, rest, people, boards }
    }

    /// The board that tests work on.
    pub fn board(&self) -> &SeededBoard {
        &self.boards[0]
    }

    /// Its room.
    pub fn room(&self) -> String {
        self.board().room()
    }

    /// The workspace of [`World::board`].
    pub fn workspace(&self) -> &str {
        &self.board().workspace_id
    }

    pub fn column(&self, index: usize) -> &str {
        &self.board().column_ids[index]
    }

    pub fn task(&self, index: usize) -> &str {
        &self.board().task_ids[index]
    }

    /// The members of the workspace, its owner first.
    pub fn members(&self) -> Vec<&Person> {
        self.people.iter().filter(|person| person.workspace_ids.iter().any(|id| id == self.workspace())).collect()
    }

    pub fn owner(&self) -> &Person {
        self.members()[0]
    }

    /// The nth ordinary member.
    pub fn member(&self, index: usize) -> &Person {
        self.members()[index + 1]
    }

    /// Somebody who does not belong to the workspace.
    pub fn outsider(&self) -> &Person {
        let belongs = |person: &&Person| !person.workspace_ids.iter().any(|id| id == self.workspace());
        self.people.iter().find(belongs).expect("somebody is outside")
    }

    /// Gives a member another role.
    pub async fn set_role(&self, person: &Person, role: &str) {
        let path = format!("/workspaces/{}/members/{}", self.workspace(), person.id);
        self.rest.patch(&path, &self.owner().token, json!({ "role": role })).await.ok(200);
    }

    /// Owner, admin, member and viewer, made so.
    pub async fn cast(&self) -> [(&'static str, Person); 4] {
        self.set_role(self.member(0), "admin").await;
        self.set_role(self.member(2), "viewer").await;
        [
            ("owner", self.owner().clone()),
            ("admin", self.member(0).clone()),
            ("member", self.member(1).clone()),
            ("viewer", self.member(2).clone()),
        ]
    }

    pub async fn connect(&self, person: &Person) -> Client {
        Client::connect(&self.server.address(), &person.token).await
    }

    /// The board as REST shows it: `{seq, history, snapshot}`.
    pub async fn read_board(&self) -> Value {
        self.rest.get(&format!("/boards/{}", self.board().id), &self.owner().token).await.ok(200)
    }

    /// A client that follows the board, and what it holds.
    pub async fn follow(&self, person: &Person) -> (Client, Replica) {
        let mut client = self.connect(person).await;
        let subscribed = client.subscribe(&self.room()).await;
        (client, Replica::new(&subscribed))
    }

    /// A new task on the board, in its first column; its id.
    pub async fn new_task(&self, client: &mut Client, title: &str) -> String {
        let op = json!({"kind": "task.create", "column_id": self.column(0), "title": title});
        let ack = client.ack(&self.room(), op).await;
        text(&ack, "task_id").to_owned()
    }

    /// P5: the client takes in what is on its way, and then holds what everybody holds.
    pub async fn assert_converged(&self, client: &mut Client, replica: &mut Replica) {
        let board = Replica::new(&self.read_board().await);
        let missing = usize::try_from(board.seq - replica.seq).expect("nobody is ahead of the board");
        replica.apply_all(&client.events(&self.room(), missing).await);
        replica.assert_same(&board);
    }

    /// One task of the board as REST shows it.
    pub async fn read_task(&self, task_id: &str) -> Value {
        self.rest.get(&format!("/tasks/{task_id}"), &self.owner().token).await.ok(200)
    }

    /// The whole log of the board from `since` on, checked to be gapless.
    pub async fn log(&self, since: i64) -> Vec<Value> {
        log_of(&self.rest, &self.board().id, &self.owner().token, since).await
    }
}

/// A board's events after `since`, page by page; they must follow each other without a gap.
pub async fn log_of(rest: &Rest, board_id: &str, token: &str, since: i64) -> Vec<Value> {
    let mut events = Vec::new();
    let mut next = since;
    loop {
        let page = rest.get(&format!("/boards/{board_id}/events?since={next}&limit=1000"), token).await.ok(200);
        for event in list(&page, "items") {
            assert_eq!(int(event, "seq"), since + events.len() as i64 + 1, "a gap or a repeat in the log");
            events.push(event.clone());
        }
        match page["next_since"].as_i64() {
            Some(more) => next = more,
            None => return events,
        }
    }
}

/// Runs `teamflow seed` in `home`.
pub fn seed(home: &Home, population: Population) -> (Vec<Person>, Vec<SeededBoard>) {
    let Population { users, workspaces, boards, tasks, token_ttl } = population;
    let file = home.path().join("seed.json");
    let [users, workspaces, boards, tasks] = [users, workspaces, boards, tasks].map(|count| count.to_string());
    let counts = ["--users", &users, "--workspaces", &workspaces, "--boards", &boards, "--tasks", &tasks];
    let rest = ["--token-ttl", token_ttl, "--random-seed", "7", "--out", file.to_str().unwrap()];
    home.run_ok(&[&["seed"], &counts[..], &rest[..]].concat());
    read_seed(&serde_json::from_slice(&fs::read(file).unwrap()).unwrap())
}

fn read_seed(seed: &Value) -> (Vec<Person>, Vec<SeededBoard>) {
    let ids = |value: &Value, key: &str| -> Vec<String> {
        list(value, key).iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    let people = list(seed, "users").iter().map(|user| Person {
        id: text(user, "id").into(),
        email: text(user, "email").into(),
        token: text(user, "access_token").into(),
        workspace_ids: ids(user, "workspace_ids"),
    });
    let boards = list(seed, "boards").iter().map(|board| SeededBoard {
        id: text(board, "id").into(),
        project_id: text(board, "project_id").into(),
        workspace_id: text(board, "workspace_id").into(),
        column_ids: ids(board, "column_ids"),
        task_ids: ids(board, "task_ids"),
    });
    (people.collect(), boards.collect())
}
