//! The operator's page: subcommands, configuration, health, metrics, what is kept private.

use crate::both;
use crate::support::server::Home;
use crate::support::world::{Population, seed};
use crate::support::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

const FAMILIES: &[(&str, &str)] = &[
    ("http_requests_total", "counter"),
    ("http_request_duration_seconds", "histogram"),
    ("websocket_active_connections", "gauge"),
    ("websocket_slow_consumers_total", "counter"),
    ("board_actors_active", "gauge"),
    ("board_ops_total", "counter"),
    ("board_op_duration_seconds", "histogram"),
    ("board_commit_batch_size", "histogram"),
    ("board_commit_duration_seconds", "histogram"),
    ("board_fanout_deliveries_total", "counter"),
    ("board_handoffs_total", "counter"),
    ("board_commits_fenced_total", "counter"),
    ("node_forwarded_ops_total", "counter"),
    ("database_query_duration_seconds", "histogram"),
    ("database_connections_active", "gauge"),
    ("redis_commands_total", "counter"),
];

both! {
    migrations,
    seeding,
    health_and_metrics,
    logs_are_discreet,
    the_doctor,
}

/// `--check` exits 1 where migrations are pending.
async fn migrations(engine: Engine) {
    let home = Home::new(engine);
    let check = home.run(&["migrate", "--check"]);
    assert_eq!(check.status.code(), Some(1), "{}", String::from_utf8_lossy(&check.stderr));
    home.run_ok(&["migrate"]);
    home.run_ok(&["migrate", "--check"]);
    home.run_ok(&["migrate"]);
    home.run_ok(&["doctor"]);
}

/// The file of `teamflow seed` is what the page says, and its numbers are kept.
async fn seeding(engine: Engine) {
    let home = Home::new(engine);
    let population = Population { users: 300, workspaces: 3, boards: 4, tasks: 25, token_ttl: "24h" };
    let started = std::time::Instant::now();
    let (people, boards) = seed(&home, population);
    assert!(started.elapsed() < Duration::from_secs(15), "not 300 password hashes: {:?}", started.elapsed());
    assert_eq!((people.len(), boards.len()), (300, 4));
    for board in &boards {
        assert_eq!((board.task_ids.len(), board.column_ids.len()), (25, 5));
    }
    let world = World { rest: Rest::new(""), server: Server::start_in(home).await, people, boards };
    let world = World { rest: Rest::new(&world.server.address()), ..world };
    for person in world.people.iter().step_by(60) {
        let me = world.rest.get("/auth/me", &person.token).await.ok(200);
        assert_eq!((&me["user"]["id"], &me["user"]["email"]), (&json!(person.id), &json!(person.email)));
        assert!(!list(&me, "workspaces").is_empty());
    }
    let board = world.read_board().await;
    for column in list(&board["snapshot"], "columns") {
        assert_eq!(column["wip_limit"], json!(null), "columns have no WIP limit");
        let tasks = list(&board["snapshot"], "tasks").iter().filter(|task| task["column_id"] == column["id"]);
        assert_eq!(tasks.count(), 5, "tasks are spread over the columns");
    }
    let me = world.rest.get("/auth/me", &world.owner().token).await.ok(200);
    let here = list(&me, "workspaces").iter().find(|workspace| workspace["id"] == world.workspace());
    assert_eq!(here.expect("a member")["role"], "owner", "the first of each its owner");
}

async fn health_and_metrics(engine: Engine) {
    let world = World::start(engine).await;
    let (rest, room) = (&world.rest, world.room());
    rest.get("/health/live", "").await.ok(200);
    let ready = rest.get("/health/ready", "").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert!(ready.text.contains("database"), "a line per dependency: {}", ready.text);
    let reply = rest.get("/metrics", "").await;
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")), "{:?}", reply.headers);
    let missing: Vec<_> =
        FAMILIES.iter().filter(|(name, kind)| !reply.text.contains(&format!("# TYPE {name} {kind}"))).collect();
    assert!(missing.is_empty(), "every family from the start; missing: {missing:?}");
    let value = async |series: &str| -> f64 {
        let text = rest.get("/metrics", "").await.text;
        let sum = text.lines().filter(|line| line.starts_with(series)).filter_map(|line| line.rsplit(' ').next());
        sum.filter_map(|value| value.parse::<f64>().ok()).sum()
    };
    assert_eq!(value("websocket_active_connections").await, 0.0);
    let mut client = world.connect(world.owner()).await;
    client.subscribe(&room).await;
    assert_eq!(value("websocket_active_connections").await, 1.0);
    assert_eq!(value("board_actors_active").await, 1.0);
    for n in 0..7 {
        world.new_task(&mut client, &format!("task {n}")).await;
    }
    client.reject(&room, json!({"kind": "task.delete", "task_id": new_id()}), "NOT_FOUND").await;
    client.events(&room, 7).await;
    let text = rest.get("/metrics", "").await.text;
    let ops: Vec<_> = text.lines().filter(|line| line.starts_with("board_ops_total{")).collect();
    assert!(ops.iter().any(|line| line.contains(r#"kind="task.create""#) && line.ends_with(" 7")), "{ops:?}");
    assert!(ops.iter().any(|line| line.contains(r#"kind="task.delete""#) && line.ends_with(" 1")), "{ops:?}");
    assert_eq!(value("board_op_duration_seconds_count").await, 8.0);
    assert!(value("board_commit_duration_seconds_count").await >= 1.0);
    assert!(value("board_fanout_deliveries_total").await >= 7.0);
    assert!(value("database_query_duration_seconds_count").await >= 1.0);
    assert!(value("http_requests_total").await >= 3.0);
    client.close().await;
    until("the gauge falls", async || value("websocket_active_connections").await == 0.0).await;
}

/// Logs never hold a token, a password or a secret.
async fn logs_are_discreet(engine: Engine) {
    let mut home = Home::new(engine);
    home.set("TEAMFLOW_LOG", "trace").set("TEAMFLOW_LOG_FORMAT", "json");
    let world = World::start_in(home, Population::default()).await;
    let account = json!({"email": "ada@example.com", "password": "correct-horse-battery", "name": "Ada"});
    let signed_up = world.rest.post("/auth/signup", "", account).await.ok(201);
    let mut client = Client::anonymous(&world.server.address()).await;
    client.request(json!({"type": "connect", "token": signed_up["access_token"]})).await;
    let mut owner = world.connect(world.owner()).await;
    world.new_task(&mut owner, "something to log").await;
    let log = world.server.log();
    assert!(log.lines().any(|line| line.starts_with('{')), "json was asked for:\n{log}");
    let secrets = [
        "correct-horse-battery",
        text(&signed_up, "access_token"),
        text(&signed_up, "refresh_token"),
        &world.owner().token,
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

/// `doctor` says a line each, and exits 1 where something is wrong.
async fn the_doctor(engine: Engine) {
    let mut home = Home::new(engine);
    home.run_ok(&["migrate"]);
    let well = home.run_ok(&["doctor"]);
    assert!(well.lines().count() >= 3, "{well}");
    home.set("JWT_SECRET", "short");
    assert_eq!(home.run(&["doctor"]).status.code(), Some(1));
}

#[test]
fn an_empty_folder_is_all_that_it_needs() {
    block_on(async {
        let home = Home::on(None);
        let server = Server::start_in(home).await;
        let rest = Rest::new(&server.address());
        rest.get("/health/ready", "").await.ok(200);
        let account = json!({"email": "first@example.com", "password": "correct horse", "name": "First"});
        rest.post("/auth/signup", "", account).await.ok(201);
        let data = server.home.path().join("data");
        assert!(data.join("teamflow.db").is_file(), "SQLite in ./data");
        for entry in fs::read_dir(&data).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if name.contains("secret") || name.contains("key") {
                let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
                assert!(mode == 0o600 || entry.metadata().unwrap().is_dir(), "{name} has mode {mode:o}");
            }
        }
        let page = rest.send("GET", "/docs/", &[], None).await.unwrap();
        assert_eq!(page.status, 200);
    });
}

/// A bad value, an unknown key, a short secret: refused at the start, with the key's name.
#[test]
fn a_bad_configuration_is_refused_by_name() {
    for (key, value) in [
        ("JWT_SECRET", "too short"),
        ("REFRESH_SECRET", "too short"),
        ("TEAMFLOW_LISTEN", "nowhere"),
        ("TEAMFLOW_ENV", "moon"),
        ("TEAMFLOW_RATE_LIMITS", "maybe"),
        ("TEAMFLOW_LOG_FORMAT", "xml"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("TEAMFLOW__NO_SUCH__KEY", "1"),
    ] {
        let mut home = Home::on(None);
        home.set("TEAMFLOW_LISTEN", "127.0.0.1:0").set(key, value);
        let mut child = home.command(&["serve"]);
        child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = child.spawn().unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code().is_some_and(|code| code != 0), "{key}={value} was taken: {said}");
        let name = key.rsplit("__").next().unwrap().to_lowercase();
        assert!(said.to_lowercase().contains(&name), "{key} is not named:\n{said}");
        assert!(!said.contains("panicked"), "{said}");
        if key.ends_with("SECRET") {
            assert!(!said.contains(value), "a secret is shown: {said}");
        }
    }
}

/// Keys of files are checked like those of the environment, and the file is named.
#[test]
fn an_unknown_key_in_a_file_is_refused() {
    let home = Home::on(None);
    let file = home.path().join("mine.toml");
    fs::write(&file, "[server]\ncolour = \"red\"\n").unwrap();
    let output = home.run(&["doctor", "--config", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("mine.toml") && (said.contains("colour") || said.contains("server")), "{said}");
}

/// In production, defaults that would be unsafe are refused.
#[test]
fn production_is_not_for_defaults() {
    let mut home = Home::on(None);
    home.set("TEAMFLOW_ENV", "production").set("TEAMFLOW_RATE_LIMITS", "off");
    let output = home.run(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.to_lowercase().contains("rate_limits") || said.to_lowercase().contains("rate limits"), "{said}");
}

#[test]
fn every_subcommand_explains_itself() {
    let home = Home::on(None);
    let all = home.run_ok(&["--help"]);
    for command in ["serve", "migrate", "seed", "openapi", "doctor"] {
        assert!(all.contains(command), "{all}");
        home.run_ok(&[command, "--help"]);
    }
    assert_ne!(home.run(&["fly"]).status.code(), Some(0));
}

/// A database that may lose what it acknowledged is refused at the start.
#[test]
fn a_forgetful_postgres_is_refused() {
    let cluster = postgres::Cluster::shared();
    let url = cluster.create_database();
    let name = url.rsplit('/').next().unwrap();
    cluster.sql("postgres", &format!("alter database {name} set synchronous_commit = off"));
    let mut home = Home::on(Some(url.clone()));
    home.set("TEAMFLOW_LISTEN", "127.0.0.1:0");
    let mut command = std::process::Command::new("timeout");
    command.arg("20").arg(server::binary()).arg("serve").current_dir(home.path());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("DATABASE_URL", &url);
    let output = command.env("TEAMFLOW_LISTEN", "127.0.0.1:0").output().unwrap();
    cluster.drop_database(&url);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code().is_some_and(|code| code != 0 && code != 124), "{said}");
    assert!(said.contains("synchronous_commit"), "{said}");
}
