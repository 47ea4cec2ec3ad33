//! A small server that speaks enough of the protocol to be measured, over an implementation of RFC 6455 that is not
//! ours: a thread a connection, boards in memory. It can be told to break a promise.

mod board;
mod http;
mod session;

use board::Board;
use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Acks seq 20 of a board one too high.
    WrongAck,
    /// Skips an event on its way to one session.
    LostDelivery,
    /// Tells one session another event than the others at the same seq.
    OtherEvent,
    /// Acks an op that is then not in the log.
    LostOp,
    /// Says that a task is not as the log says.
    WrongSnapshot,
    /// Closes a session in the middle of it.
    ClosedSession,
    /// Applies every session's fifth op, and closes the session in place of the ack.
    LostAck,
    /// The same, and applies the op once more where it is sent again.
    Forgetful,
    /// None, but tokens end soon, and are said to; a session that does not renew its own is closed.
    ShortTokens,
    /// Answers every fifth op, and those after it until it is sent again, with `UNAVAILABLE`.
    Unavailable,
}

pub struct Fake {
    pub address: String,
    pub seed_file: PathBuf,
    world: Shared,
}

/// All boards; a session's thread locks it for every frame.
pub struct World {
    boards: HashMap<Uuid, Board>,
    fault: Fault,
    sessions: usize,
    renewals: usize,
}

type Shared = Arc<Mutex<World>>;

impl Fake {
    /// Starts one with `boards` boards of `tasks` tasks, for as long as the test runs.
    pub fn start(name: &str, boards: usize, tasks: usize, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let workspace = Uuid::from_u128(1);
        let made: Vec<Board> = (0..boards).map(|number| Board::new(number, tasks)).collect();
        let mut user = serde_json::json!({"access_token": "good", "workspace_ids": [workspace]});
        if fault == Fault::ShortTokens {
            user["refresh_token"] = "once".into();
        }
        let seed = serde_json::json!({
            "users": [user],
            "boards": made.iter().map(|board| board.seeded(workspace)).collect::<Vec<_>>(),
        });
        let seed_file = std::env::temp_dir().join(format!("load-tests-{}-{name}.json", std::process::id()));
        std::fs::write(&seed_file, seed.to_string()).unwrap();
        let boards = made.into_iter().map(|board| (board.id, board)).collect();
        let world = Arc::new(Mutex::new(World { boards, fault, sessions: 0, renewals: 0 }));
        let shared = world.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let world = world.clone();
                std::thread::spawn(move || serve(stream.unwrap(), &world));
            }
        });
        Self { address, seed_file, world: shared }
    }

    /// How often a token was renewed.
    pub fn renewals(&self) -> usize {
        self.world.lock().unwrap().renewals
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        std::fs::remove_file(&self.seed_file).unwrap();
    }
}

fn serve(mut stream: TcpStream, world: &Shared) {
    stream.set_nodelay(true).unwrap();
    while let Some(request) = http::read(&mut stream) {
        match request.websocket_key() {
            Some(key) => {
                http::accept(&mut stream, key, request.is_authorized());
                return session::serve(stream, world);
            }
            None => http::answer(&mut stream, &request, &mut world.lock().unwrap()),
        }
    }
}
