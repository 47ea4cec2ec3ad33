//! Users, boards and tasks that are made through the API, as people would make them; and their tokens, which are
//! short-lived and have to be renewed.

use crate::scenario::http;
use crate::target::{Seed, SeedSize, SeededBoard, SeededUser, Target};
use anyhow::{Context, Result};
use reqwest::blocking::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use uuid::Uuid;

const PASSWORD: &str = "a long password of a simulated user";

/// Sign-ups that are asked for at a time: each costs the server a password hash.
const SIGNUPS_AT_ONCE: usize = 4;

/// Ops of one bulk request.
const OPS_MAX: usize = 1000;

#[derive(Deserialize)]
struct SignedUp {
    user: Named,
    access_token: Arc<str>,
    refresh_token: Arc<str>,
}

#[derive(Deserialize)]
struct Named {
    id: Uuid,
}

#[derive(Deserialize)]
struct Project {
    board_id: Uuid,
}

#[derive(Deserialize)]
struct Board {
    snapshot: crate::work::Snapshot,
}

#[derive(Deserialize)]
struct Renewed {
    access_token: Arc<str>,
    refresh_token: Arc<str>,
}

/// Makes users, a workspace that all of them are in, boards and tasks. The server's rate limits must be off.
///
/// # Errors
/// Where the server refuses something.
pub fn make(address: SocketAddr, size: &SeedSize) -> Result<Seed> {
    let api = Api { http: http()?, address };
    // Two runs on one server must not ask for the same e-mail addresses.
    let mark = Uuid::from_u128(u128::from(crate::work::OpBook::mark()) << 32 | u128::from(std::process::id()));
    let mut users: Vec<(Uuid, String, SeededUser)> = Vec::new();
    while users.len() < size.users {
        let batch = users.len()..(users.len() + SIGNUPS_AT_ONCE).min(size.users);
        let made: Vec<Result<_>> = std::thread::scope(|scope| {
            let asked: Vec<_> = batch
                .map(|number| {
                    scope.spawn({
                        let api = &api;
                        move || api.sign_up(number, mark)
                    })
                })
                .collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, Result<_>>| {
                thread.join().unwrap_or_else(|_| anyhow::bail!("a sign-up ended early"))
            };
            asked.into_iter().map(join).collect()
        });
        for one in made {
            users.push(one?);
        }
        if users.len() % 100 < SIGNUPS_AT_ONCE {
            eprintln!("{} of {} users made", users.len(), size.users);
        }
    }
    let owner = users.first().context("a run needs a user")?.2.access_token.clone();
    let workspace: Named = api.post("/workspaces", &owner, &json!({"name": "load"}))?;
    for (_, email, _) in users.iter().skip(1) {
        let path = format!("/workspaces/{}/members", workspace.id);
        api.post::<Value>(&path, &owner, &json!({"email": email, "role": "member"}))?;
    }
    let mut boards = Vec::new();
    for number in 0..size.boards {
        let path = format!("/workspaces/{}/projects", workspace.id);
        let body = json!({"name": format!("Load {number}"), "key": format!("L{number}")});
        let project: Project = api.post(&path, &owner, &body)?;
        api.fill(project.board_id, size.tasks, &owner)?;
        boards.push(SeededBoard { id: project.board_id, workspace_id: workspace.id });
    }
    let users =
        users.into_iter().map(|(_, _, user)| SeededUser { workspace_ids: vec![workspace.id], ..user }).collect();
    Ok(Seed { users, boards })
}

struct Api {
    http: Client,
    address: SocketAddr,
}

impl Api {
    fn sign_up(&self, number: usize, mark: Uuid) -> Result<(Uuid, String, SeededUser)> {
        let email = format!("user-{number}-{}@load.example", mark.simple());
        let body = json!({"email": email, "password": PASSWORD, "name": format!("User {number}")});
        let made: SignedUp = self.ask("/auth/signup", self.http.post(self.url("/auth/signup")).json(&body))?;
        let user = SeededUser {
            access_token: made.access_token,
            refresh_token: Some(made.refresh_token),
            workspace_ids: Vec::new(),
        };
        Ok((made.user.id, email, user))
    }

    /// Puts `tasks` tasks on a board, spread over its columns.
    fn fill(&self, board: Uuid, tasks: usize, token: &str) -> Result<()> {
        let path = format!("/boards/{board}");
        let now: Board = self.ask(&path, self.http.get(self.url(&path)).bearer_auth(token))?;
        let columns: Vec<Uuid> = now.snapshot.columns.iter().map(|column| column.id).collect();
        for from in (0..tasks).step_by(OPS_MAX) {
            let op = |number: usize| {
                let column = columns[number % columns.len().max(1)];
                json!({"op_id": fresh_id(number), "kind": "task.create", "column_id": column, "title": format!("Task {number}")})
            };
            let ops: Vec<Value> = (from..(from + OPS_MAX).min(tasks)).map(op).collect();
            self.post::<Value>(&format!("{path}/ops"), token, &json!({"ops": ops, "atomic": true}))?;
        }
        Ok(())
    }

    fn post<T: DeserializeOwned>(&self, path: &str, token: &str, body: &Value) -> Result<T> {
        self.ask(path, self.http.post(self.url(path)).bearer_auth(token).json(body))
    }

    fn ask<T: DeserializeOwned>(&self, path: &str, request: RequestBuilder) -> Result<T> {
        let answer = request.send()?;
        let status = answer.status();
        let text = answer.text()?;
        anyhow::ensure!(status.is_success(), "{path} was answered with {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("the answer to {path} does not have its shape"))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.address)
    }
}

/// An `op_id` that no run's own is taken for: none has part 63 and this mark.
fn fresh_id(number: usize) -> Uuid {
    let due = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = crate::work::OpName {
        due_unix_ns: due.as_nanos() as u64,
        run: crate::work::OpBook::mark(),
        part: 63,
        number: number as u32,
    };
    name.id()
}

/// A token that was renewed so lately need not be renewed again: it lives for 15 minutes.
const RENEWED_FOR: Duration = Duration::from_secs(120);

/// Renews tokens beside the load.
pub struct Refresher {
    asks: Sender<(usize, SeededUser)>,
    answers: Receiver<(usize, Result<SeededUser>)>,
    /// When each account was last asked for: all sessions of one ask at about the same time.
    asked: HashMap<usize, Instant>,
}

impl Refresher {
    /// `None` where the target's users have tokens that last.
    pub fn for_those(target: &Target) -> Option<Self> {
        target.seed.users.iter().find(|user| user.refresh_token.is_some())?;
        let (asks, asked) = channel::<(usize, SeededUser)>();
        let (answer, answers) = channel();
        let address = target.addresses[0];
        std::thread::spawn(move || {
            for (account, user) in asked {
                let renewed = http().and_then(|http| Api { http, address }.renew(&user));
                if answer.send((account, renewed)).is_err() {
                    return;
                }
            }
        });
        Some(Self { asks, answers, asked: HashMap::new() })
    }

    pub fn renew(&mut self, account: usize, user: &SeededUser) {
        let is_recent = self.asked.get(&account).is_some_and(|asked| asked.elapsed() < RENEWED_FOR);
        // Where nobody hears it, the token ends, and that is told.
        if !is_recent && self.asks.send((account, user.clone())).is_ok() {
            self.asked.insert(account, Instant::now());
        }
    }

    /// Accounts whose answers have come.
    pub fn renewed(&self) -> Vec<(usize, Result<SeededUser>)> {
        self.answers.try_iter().collect()
    }
}

impl Api {
    fn renew(&self, user: &SeededUser) -> Result<SeededUser> {
        let token = user.refresh_token.as_ref().context("a user without a refresh token")?;
        let request = self.http.post(self.url("/auth/refresh")).json(&json!({"refresh_token": token}));
        let renewed: Renewed = self.ask("/auth/refresh", request)?;
        Ok(SeededUser {
            access_token: renewed.access_token,
            refresh_token: Some(renewed.refresh_token),
            workspace_ids: user.workspace_ids.clone(),
        })
    }
}
