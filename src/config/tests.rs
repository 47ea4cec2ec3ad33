use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn sources(variables: &[(&str, &str)]) -> Sources {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { folder: "no such folder".into(), variables, ..Sources::default() }
}

fn refused(variables: &[(&str, &str)]) -> String {
    Config::load(&sources(variables)).unwrap_err().to_string()
}

#[test]
fn nothing_needs_to_be_said() {
    let config = Config::load(&sources(&[])).unwrap();
    assert_eq!(config.database.url, "sqlite://data/teamflow.db");
    assert_eq!(config.server.listen, "127.0.0.1:8080");
    assert_eq!(config.environment, Environment::Development);
    assert!(config.rate_limits.enabled);
    let elsewhere = Config::load(&sources(&[("TEAMFLOW_DATA_DIR", "/srv/teamflow"), ("REDIS_URL", "")])).unwrap();
    assert_eq!(elsewhere.database.url, "sqlite:///srv/teamflow/teamflow.db");
}

#[test]
fn a_description_holds_no_password() {
    let config = Config::load(&sources(&[("DATABASE_URL", "postgres://u:p4ss@w0rd@h:5432/x?password=p4ss")])).unwrap();
    assert_eq!(config.database.description(), "postgres://h:5432/x");
    assert!(!format!("{config:?}").contains("p4ss"));
}

#[test]
fn later_sources_win() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    let all = "readers = 11\nconnections_max = 11\n";
    write(
        "config/default.toml",
        &format!("environment = \"staging\"\n[live]\nboard_idle_seconds = 11\n[database]\n{all}"),
    );
    write("config/staging.toml", "[database]\nreaders = 12\nconnections_max = 12\n[server]\nworkers = 12\n");
    write("config/test.toml", "[server]\ndrain_seconds = 19\n");
    write("mine.toml", "[database]\nconnections_max = 13\n[server]\nworkers = 13\n[log]\nfilter = \"off\"\n");
    let flag = Flag { name: "--log", key: "log.filter", value: "debug".into() };
    let sources = Sources {
        folder: folder.path().into(),
        file: Some(folder.path().join("mine.toml")),
        variables: vec![
            ("TEAMFLOW__SERVER__WORKERS".into(), "14".into()),
            ("TEAMFLOW_LOG".into(), "warn".into()),
            ("TEAMFLOW_BIN".into(), "not ours".into()),
        ],
        flags: vec![flag],
    };
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.environment, Environment::Staging);
    assert_eq!(config.live.board_idle_seconds, 11);
    assert_eq!((config.database.readers, config.database.connections_max), (12, 13));
    assert_eq!((config.server.workers, config.server.drain_seconds), (Some(14), 3));
    assert_eq!(config.log.filter, "debug");
}

#[test]
fn lists_are_comma_separated() {
    let origins = ("TEAMFLOW_CORS_ORIGINS", "https://a.example, http://b.example:81/");
    let config = Config::load(&sources(&[origins, ("TEAMFLOW__SERVER__TRUSTED_PROXIES", "10.0.0.1,::1")])).unwrap();
    assert_eq!(config.server.cors_origins, ["https://a.example", "http://b.example:81"]);
    assert_eq!(config.server.trusted_proxies.len(), 2);
}

#[test]
fn a_refusal_says_key_place_and_what_is_right() {
    for (name, value, parts) in [
        ("TEAMFLOW_LISTEN", "nowhere", &["server.listen", "HOST:PORT", "\"nowhere\""][..]),
        ("TEAMFLOW_ENV", "moon", &["environment", "production", "\"moon\""]),
        ("TEAMFLOW_RATE_LIMITS", "maybe", &["rate_limits.enabled", "on or off"]),
        ("TEAMFLOW_LOG_FORMAT", "xml", &["log.format", "pretty or json"]),
        ("TEAMFLOW_LOG", "teamflow=loud", &["log.filter"]),
        ("TEAMFLOW_NODE_ID", "a b", &["node.id", "1 to 64"]),
        ("TEAMFLOW_CORS_ORIGINS", "https://a.example/path", &["server.cors_origins"]),
        ("DATABASE_URL", "mysql://u:p4ssw0rd@h/x", &["database.url", "postgres://"]),
        ("DATABASE_REPLICA_URL", "postgres://h/x", &["database.replica_url"]),
        ("REDIS_URL", "http://h", &["redis.url", "redis+sentinel://"]),
        ("REDIS_URL", "redis://h", &["redis.url", "postgres"]),
        ("JWT_SECRET", "p4ssw0rd", &["auth.jwt_secret", "32 characters"]),
        ("TEAMFLOW__SERVER__WORKERS", "none", &["server.workers", "1 to 256", "\"none\""]),
        ("TEAMFLOW__SERVER__COLOUR", "red", &["server.colour", "unknown key", "workers"]),
        ("TEAMFLOW__NO_SUCH__KEY", "1", &["no_such", "unknown key", "server.listen"]),
        ("TEAMFLOW__SERVER", "1", &["server", "table"]),
    ] {
        let said = refused(&[(name, value)]);
        assert!(said.contains(&format!("the variable {name}")), "{said}");
        for part in parts {
            assert!(said.contains(part), "{part:?} is missing: {said}");
        }
        assert!(!said.contains("p4ssw0rd"), "{said}");
    }
}

#[test]
fn a_bad_file_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    for (text, part) in [
        ("[server]\ncolour = \"red\"", "server.colour"),
        ("[auth]\njwt_secret = 123456789", "auth.jwt_secret"),
        ("[auth]\njwt_secret = p4ssw0rd", "the whole file"),
        ("server = 3", "must be a table"),
    ] {
        fs::write(&file, text).unwrap();
        let said = Config::load(&Sources { file: Some(file.clone()), ..sources(&[]) }).unwrap_err().to_string();
        assert!(said.contains("mine.toml") && said.contains(part), "{said}");
        assert!(!said.contains("p4ssw0rd") && !said.contains("123456789"), "{said}");
    }
    fs::remove_file(&file).unwrap();
    assert!(Config::load(&Sources { file: Some(file), ..sources(&[]) }).unwrap_err().to_string().contains("--config"));
}

#[test]
fn production_refuses_what_is_unsafe() {
    let (jwt, refresh) = ("j".repeat(32), "r".repeat(32));
    let safe = [("TEAMFLOW_ENV", "production"), ("JWT_SECRET", &jwt), ("REFRESH_SECRET", &refresh)];
    Config::load(&sources(&safe)).unwrap();
    assert!(refused(&safe[..1]).contains("JWT_SECRET"));
    assert!(refused(&safe[..2]).contains("REFRESH_SECRET"));
    assert!(refused(&[safe[0], safe[1], ("REFRESH_SECRET", &jwt)]).contains("differ"));
    let unlimited = [&safe[..], &[("TEAMFLOW_RATE_LIMITS", "off")]].concat();
    assert!(refused(&unlimited).contains("TEAMFLOW_RATE_LIMITS"));
}

#[test]
fn secrets_are_made_once_and_kept_to_their_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let config = Config::load(&sources(&[("TEAMFLOW_DATA_DIR", path.to_str().unwrap())])).unwrap();
    let first = config.secrets().unwrap();
    assert_eq!(first, config.secrets().unwrap());
    assert_ne!(first.jwt, first.refresh);
    assert!(!format!("{first:?}").contains(first.jwt.expose()));
    let file = path.join("jwt.secret");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(config.secrets().unwrap_err().to_string().contains("mode 644"));
}

/// The shipped files are read as they are, and the comments of the first one name every key.
#[test]
fn the_shipped_files_are_good() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (jwt, refresh) = ("j".repeat(32), "r".repeat(32));
    for environment in Environment::ALL {
        let given = [("TEAMFLOW_ENV", environment.name()), ("JWT_SECRET", &jwt), ("REFRESH_SECRET", &refresh)];
        let config = Config::load(&Sources { folder: root.into(), ..sources(&given) }).unwrap();
        assert_eq!(config.environment, environment);
    }
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(root.join("config/default.toml")).unwrap();
    let is_key = |line: &str| line.starts_with('#') && line.contains(" = ") && !line.starts_with("# ");
    let bare = |line: &str| if is_key(line) { line[1..].to_owned() } else { line.to_owned() };
    let uncommented: Vec<String> = text
        .lines()
        .map(bare)
        .filter(|line| !line.starts_with("replica_url") && !line.starts_with("url = \"redis"))
        .collect();
    let file = folder.path().join("all.toml");
    fs::write(&file, uncommented.join("\n")).unwrap();
    let config = Config::load(&Sources { file: Some(file), ..sources(&[]) }).unwrap();
    let plain = Config::load(&sources(&[])).unwrap();
    assert_eq!(config.database.url, plain.database.url);
    assert_eq!(config.server.listen, plain.server.listen);
    assert_eq!(config.live.board_idle_seconds, plain.live.board_idle_seconds);
    for key in KEYS {
        let last = key.name.rsplit('.').next().unwrap();
        assert!(text.contains(&format!("\n#{last} = ")), "{} is not in default.toml", key.name);
    }
}
