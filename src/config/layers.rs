//! The sources of the configuration, laid over each other, and what is remembered of where a value was set.

use super::{ConfigError, Environment};
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider, Source};
use std::path::{Path, PathBuf};

/// Variables that begin so name a key: `TEAMFLOW__SERVER__WORKERS`.
const PREFIX: &str = "TEAMFLOW__";

/// A key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// As in the TOML files: `server.listen`.
    pub name: &'static str,
    /// The variable that has a name of its own, beside `TEAMFLOW__SECTION__KEY`.
    pub variable: Option<&'static str>,
    pub kind: Kind,
}

/// What the text of a variable or flag is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Text that no message shows.
    Secret,
    Number,
    /// `on` or `off`.
    Switch,
    /// Comma separated.
    List,
}

const fn key(name: &'static str, variable: Option<&'static str>, kind: Kind) -> Key {
    Key { name, variable, kind }
}

/// Every key that there is.
pub const KEYS: [Key; 22] = [
    key("environment", Some("TEAMFLOW_ENV"), Kind::Text),
    key("data_dir", Some("TEAMFLOW_DATA_DIR"), Kind::Text),
    key("database.url", Some("DATABASE_URL"), Kind::Secret),
    key("database.replica_url", Some("DATABASE_REPLICA_URL"), Kind::Secret),
    key("database.connections_max", None, Kind::Number),
    key("database.readers", None, Kind::Number),
    key("redis.url", Some("REDIS_URL"), Kind::Secret),
    key("redis.prefix", None, Kind::Text),
    key("server.listen", Some("TEAMFLOW_LISTEN"), Kind::Text),
    key("server.workers", None, Kind::Number),
    key("server.trusted_proxies", None, Kind::List),
    key("server.cors_origins", Some("TEAMFLOW_CORS_ORIGINS"), Kind::List),
    key("server.drain_seconds", None, Kind::Number),
    key("server.app_dir", None, Kind::Text),
    key("node.id", Some("TEAMFLOW_NODE_ID"), Kind::Text),
    key("auth.jwt_secret", Some("JWT_SECRET"), Kind::Secret),
    key("auth.refresh_secret", Some("REFRESH_SECRET"), Kind::Secret),
    key("live.board_idle_seconds", None, Kind::Number),
    key("demo.enabled", None, Kind::Switch),
    key("rate_limits.enabled", Some("TEAMFLOW_RATE_LIMITS"), Kind::Switch),
    key("log.filter", Some("TEAMFLOW_LOG"), Kind::Text),
    key("log.format", Some("TEAMFLOW_LOG_FORMAT"), Kind::Text),
];

/// A value given on the command line.
#[derive(Debug, Clone)]
pub struct Flag {
    /// As it is typed: `--listen`.
    pub name: &'static str,
    /// Of the key in [`KEYS`].
    pub key: &'static str,
    pub value: String,
}

/// Where a configuration is read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Holds the folder `config`.
    pub folder: PathBuf,
    /// A further file; it must exist.
    pub file: Option<PathBuf>,
    /// The environment. Empty values count as not set.
    pub variables: Vec<(String, String)>,
    pub flags: Vec<Flag>,
}

impl Sources {
    /// Those of this process, with what its command line says.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<Flag>) -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { folder: PathBuf::new(), file, variables, flags }
    }
}

/// All sources, merged.
pub(super) struct Layers {
    figment: Figment,
    /// The environment whose file was read.
    pub(super) environment: Environment,
}

impl Layers {
    /// # Errors
    /// Where a file can't be read or has no TOML in it, and for an unknown key.
    pub(super) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let common = Figment::new().merge(file_if_any(&sources.folder.join("config/default.toml")));
        let upper = Figment::new();
        let upper = match &sources.file {
            Some(path) if !path.is_file() => {
                let fault = "there is no such file".to_owned();
                return Err(ConfigError { key: path.display().to_string(), place: "the flag --config".into(), fault });
            }
            Some(path) => upper.merge(Toml::file_exact(path)),
            None => upper,
        };
        let given = sources.variables.iter().filter(|(_, value)| !value.is_empty());
        let upper = given.filter_map(|(name, value)| Setting::of_variable(name, value)).fold(upper, Figment::merge);
        let upper = sources.flags.iter().map(Setting::of_flag).fold(upper, Figment::merge);

        let mut layers = Self { figment: common.clone().merge(&upper), environment: Environment::Development };
        let right = "development, test, staging or production";
        layers.environment =
            layers.parsed("environment", right, Environment::named)?.unwrap_or(Environment::Development);
        let own = format!("config/{}.toml", layers.environment.name());
        layers.figment = common.merge(file_if_any(&sources.folder.join(&own))).merge(&upper);
        layers.check_keys()?;
        Ok(layers)
    }

    fn check_keys(&self) -> Result<(), ConfigError> {
        let profiles = self.figment.data().map_err(|error| unreadable(&error))?;
        profiles.values().try_for_each(|root| self.check_table("", root))
    }

    fn check_table(&self, prefix: &str, table: &Dict) -> Result<(), ConfigError> {
        for (name, value) in table {
            let path = format!("{prefix}{name}");
            let below = format!("{path}.");
            let is_section = KEYS.iter().any(|key| key.name.starts_with(&below));
            match value {
                Value::Dict(_, inner) if is_section => self.check_table(&below, inner)?,
                _ if is_section => return Err(self.refusal(&path, value.tag(), "must be a table")),
                _ if KEYS.iter().any(|key| key.name == path) => {}
                _ => {
                    let mut known: Vec<_> = KEYS.iter().filter_map(|key| key.name.strip_prefix(prefix)).collect();
                    if prefix.is_empty() || known.is_empty() {
                        known = KEYS.iter().map(|key| key.name).collect();
                    }
                    let fault = format!("unknown key; known here: {}", known.join(", "));
                    return Err(self.refusal(&path, value.tag(), &fault));
                }
            }
        }
        Ok(())
    }

    /// What was set for `name`, wherever that was.
    pub(super) fn value(&self, name: &str) -> Result<Option<Value>, ConfigError> {
        match self.figment.find_value(name) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.missing() => Ok(None),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// A text that `parse` understands; `right` says what it must be.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        right: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        match value.as_str().and_then(parse) {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(self.bad_value(name, &value, right)),
        }
    }

    pub(super) fn bad_value(&self, name: &str, value: &Value, right: &str) -> ConfigError {
        let secret = KEYS.iter().any(|key| key.name == name && key.kind == Kind::Secret);
        let got = match value {
            _ if secret => String::new(),
            Value::String(_, text) => format!(", got {text:?}"),
            Value::Num(_, number) => {
                format!(", got {}", number.to_i128().map_or("a fraction".into(), |n| n.to_string()))
            }
            Value::Bool(_, flag) => format!(", got {flag}"),
            Value::Array(..) => ", got a list".to_owned(),
            _ => ", got another kind of value".to_owned(),
        };
        self.refusal(name, value.tag(), &format!("must be {right}{got}"))
    }

    /// For a key as it is, whether set or left out.
    pub(super) fn fault(&self, name: &str, fault: &str) -> ConfigError {
        let tag = self.figment.find_value(name).map(|value| value.tag());
        self.refusal(name, tag.unwrap_or_default(), fault)
    }

    fn refusal(&self, name: &str, tag: Tag, fault: &str) -> ConfigError {
        let variable = KEYS.iter().find(|key| key.name == name).and_then(|key| key.variable);
        let key = variable.map_or_else(|| name.to_owned(), |variable| format!("{name} ({variable})"));
        let place = self.figment.get_metadata(tag).map_or_else(|| "no place".to_owned(), place);
        ConfigError { key, place, fault: fault.to_owned() }
    }
}

/// Reads this very file: without it, none of the folders above is searched.
fn file_if_any(path: &Path) -> Figment {
    if path.is_file() { Figment::from(Toml::file_exact(path)) } else { Figment::new() }
}

fn place(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(Source::File(path)) => format!("the file {}", path.display()),
        _ => metadata.name.to_string(),
    }
}

/// A file that is no TOML. The parser's text shows the line, which may hold a secret, so only its place is told.
fn unreadable(error: &figment::Error) -> ConfigError {
    let text = error.kind.to_string();
    let fault = text.lines().next().unwrap_or_default().to_lowercase();
    let place = error.metadata.as_ref().map_or_else(|| "a file".to_owned(), place);
    ConfigError { key: "the whole file".into(), place, fault }
}

/// One value with its place, so that a refusal can name it.
struct Setting {
    place: String,
    path: String,
    value: Value,
}

impl Setting {
    /// `None` for a variable that is none of ours.
    fn of_variable(name: &str, text: &str) -> Option<Self> {
        let named = KEYS.iter().find(|key| key.variable == Some(name)).map(|key| key.name.to_owned());
        let path = named.or_else(|| Some(name.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".")))?;
        let value = read(&path, text);
        Some(Self { place: format!("the variable {name}"), path, value })
    }

    fn of_flag(flag: &Flag) -> Self {
        Self { place: format!("the flag {}", flag.name), path: flag.key.to_owned(), value: read(flag.key, &flag.value) }
    }
}

/// Reads a text as its key's kind; one that can't be read so stays a text, for the check to refuse.
fn read(path: &str, text: &str) -> Value {
    match KEYS.iter().find(|key| key.name == path).map(|key| key.kind) {
        Some(Kind::Number) => text.trim().parse::<u64>().map_or_else(|_| text.into(), Value::from),
        Some(Kind::List) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::from(items.map(Value::from).collect::<Vec<_>>())
        }
        _ => text.into(),
    }
}

impl Provider for Setting {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.place.clone())
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        let nested = figment::util::nest(&self.path, self.value.clone());
        Ok(Map::from([(Profile::Default, nested.into_dict().unwrap_or_default())]))
    }
}
