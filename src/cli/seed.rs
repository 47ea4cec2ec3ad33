//! `teamflow seed`: fills a database and writes a file with access tokens for it.

use super::population::{Person, Population, Size};
use super::{CliResult, Settings, block_on};
use clap::Args;
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use teamflow::auth::{Tokens, now};
use teamflow::domain::ids::{BoardId, ColumnId, ProjectId, TaskId, UserId, WorkspaceId};
use teamflow::domain::time::Moment;
use teamflow::store::queries::auth::NewSession;
use teamflow::store::queries::seed::{self, SeededBoard};
use teamflow::store::queries::user::NewUser;
use teamflow::store::{Step, Store, StoreError};
use teamflow::{app, telemetry};

#[derive(Args)]
pub struct Seed {
    /// Users, spread over the workspaces
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    users: u32,
    /// Workspaces; the first user of each owns it
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    workspaces: u32,
    /// Boards in all, each in a project of its own
    #[arg(long, default_value_t = 1, value_name = "N")]
    boards: u32,
    /// Tasks a board, spread over its columns
    #[arg(long, default_value_t = 50, value_name = "N")]
    tasks: u32,
    /// How long the access tokens live: a number and s, m, h or d
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = life_ms)]
    token_ttl: i64,
    /// Decides every id and name: the same numbers make the same database
    #[arg(long, default_value_t = 1, value_name = "N")]
    random_seed: u64,
    /// File for ids and tokens, readable by its owner alone [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is written for testers and load: `{"users": […], "boards": […]}`.
#[derive(Serialize)]
struct Written<'a> {
    users: Vec<WrittenUser<'a>>,
    boards: Vec<WrittenBoard>,
}

#[derive(Serialize)]
struct WrittenUser<'a> {
    id: UserId,
    email: &'a str,
    access_token: String,
    workspace_ids: &'a [WorkspaceId],
}

#[derive(Serialize)]
struct WrittenBoard {
    id: BoardId,
    project_id: ProjectId,
    workspace_id: WorkspaceId,
    column_ids: Vec<ColumnId>,
    task_ids: Vec<TaskId>,
}

impl Seed {
    pub fn run(self, settings: Settings) -> CliResult<ExitCode> {
        let config = settings.load(Vec::new())?;
        telemetry::log(&config.log)?;
        let secrets = config.secrets()?;
        let tokens = Tokens::new(secrets.jwt.expose(), secrets.refresh.expose());
        block_on(async {
            let store = app::open_store(&config).await?;
            let filled = self.fill(&store, &tokens).await;
            store.close().await;
            filled.map(|()| ExitCode::SUCCESS)
        })
    }

    async fn fill(&self, store: &Store, tokens: &Tokens) -> CliResult<()> {
        let begun = Instant::now();
        store.migrate(Step::Up).await?;
        let at = now();
        let size = Size {
            users: usize::try_from(self.users)?,
            workspaces: usize::try_from(self.workspaces)?,
            boards: usize::try_from(self.boards)?,
            tasks: usize::try_from(self.tasks)?,
        };
        let mut population = Population::new(size, self.random_seed, at);
        let expires_at = at.plus_millis(self.token_ttl);
        let users: Vec<_> = population.people.iter().map(|person| user(person, at)).collect();
        let sessions: Vec<_> = population.people.iter().map(|person| session(person, at, expires_at)).collect();
        let (workspaces, members) = (population.workspaces.clone(), population.members.clone());
        let inserted = store.write_long(async move |mut conn| {
            conn.tx(async move |conn| {
                seed::accounts(conn, users, sessions).await?;
                seed::rooms(conn, workspaces, members).await
            })
            .await
        });
        match inserted.await {
            Err(StoreError::Taken { .. }) => {
                return Err("this database was seeded with the same --random-seed before: choose another one".into());
            }
            other => other?,
        }
        let mut boards = Vec::with_capacity(size.boards);
        while let Some(made) = population.board(boards.len())? {
            boards.push(WrittenBoard::of(&made));
            let history = format!("{:08x}", rand::random::<u32>());
            let insert = async move |mut conn: teamflow::store::Conn| {
                conn.tx(async move |conn| seed::board(conn, made, &history).await).await
            };
            store.write_long(insert).await?;
        }
        store.write_long(async move |mut conn| seed::analyze(&mut conn).await).await?;

        let mut users = Vec::with_capacity(size.users);
        for person in &population.people {
            let (access_token, _) = tokens.sign(person.id, Some(person.family), at, self.token_ttl)?;
            let (email, workspace_ids) = (person.email.as_str(), person.workspace_ids.as_slice());
            users.push(WrittenUser { id: person.id, email, access_token, workspace_ids });
        }
        write(self.out.as_deref(), &Written { users, boards })?;
        eprintln!(
            "seeded {} users, {} workspaces, {} boards with {} tasks each in {:.1} s",
            self.users,
            self.workspaces,
            self.boards,
            self.tasks,
            begun.elapsed().as_secs_f64()
        );
        Ok(())
    }
}

impl WrittenBoard {
    fn of(SeededBoard { board, columns, tasks, .. }: &SeededBoard) -> Self {
        Self {
            id: board.id,
            project_id: board.project_id,
            workspace_id: board.workspace_id,
            column_ids: columns.iter().map(|column| column.id).collect(),
            task_ids: tasks.iter().map(|task| task.id).collect(),
        }
    }
}

fn user(person: &Person, at: Moment) -> NewUser {
    NewUser {
        id: person.id,
        email: person.email.clone(),
        name: person.name.clone(),
        password_hash: None,
        locale: "en",
        is_system_admin: false,
        created_at: at,
        updated_at: at,
    }
}

fn session(person: &Person, at: Moment, expires_at: Moment) -> NewSession {
    NewSession {
        id: person.family,
        user_id: person.id,
        user_agent: Some("teamflow seed".to_owned()),
        ip: None,
        cookie: false,
        created_at: at,
        last_used_at: at,
        expires_at,
    }
}

/// `90s`, `15m`, `24h`, `7d` in milliseconds; at most ten years.
fn life_ms(text: &str) -> Result<i64, String> {
    let wrong = || format!("must be a number and s, m, h or d, at most 3650d, got {text:?}");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let unit_ms = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return Err(wrong()),
    };
    let count: i64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    let life = count.checked_mul(unit_ms).filter(|life| (1..=3_650 * 86_400_000).contains(life));
    life.ok_or_else(wrong)
}

/// The tokens in it are as good as passwords, so the file is its owner's alone.
fn write(path: Option<&Path>, written: &Written<'_>) -> CliResult<()> {
    let Some(path) = path else {
        let mut out = BufWriter::new(io::stdout().lock());
        serde_json::to_writer(&mut out, written)?;
        return Ok(writeln!(out)?);
    };
    let fault = |error: io::Error| format!("can't write {}: {error}", path.display());
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(fault)?;
    let mut file = BufWriter::new(file);
    serde_json::to_writer(&mut file, written)?;
    file.flush().map_err(fault)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::life_ms;

    #[test]
    fn a_life_is_a_number_and_a_unit() {
        assert_eq!(life_ms("90s"), Ok(90_000));
        assert_eq!(life_ms("24h"), Ok(86_400_000));
        assert_eq!(life_ms("7d"), Ok(7 * 86_400_000));
        for wrong in ["", "h", "24", "-1h", "0s", "1.5h", "4000d", "9999999999999999d", "1w", "5µ"] {
            assert!(life_ms(wrong).is_err(), "{wrong}");
        }
    }
}
