//! Secrets that no log shows, and where a node on its own keeps them.

use super::{Auth, ConfigError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The fewest characters of a secret.
pub const SECRET_CHARS_MIN: usize = 32;
/// Random bytes of a secret that is made here.
const MADE_BYTES: usize = 32;
const MODE: u32 = 0o600;

/// A text of at least [`SECRET_CHARS_MIN`] characters that can't get into a log by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What tokens are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    pub jwt: Secret,
    pub refresh: Secret,
}

impl Secret {
    /// `None` where it is too short.
    pub fn new(text: &str) -> Option<Self> {
        (text.chars().count() >= SECRET_CHARS_MIN).then(|| Self(text.to_owned()))
    }

    /// The text itself, for whoever signs with it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn made() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; MADE_BYTES]>()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

impl Secrets {
    pub(super) fn of(auth: &Auth, data_dir: &Path) -> Result<Self, ConfigError> {
        let one = |given: &Option<Secret>, key: &str, name: &str| match given {
            Some(secret) => Ok(secret.clone()),
            None => kept(&data_dir.join(name)).map_err(|fault| ConfigError {
                key: key.to_owned(),
                place: format!("the file {}", data_dir.join(name).display()),
                fault,
            }),
        };
        Ok(Self {
            jwt: one(&auth.jwt_secret, "auth.jwt_secret (JWT_SECRET)", "jwt.secret")?,
            refresh: one(&auth.refresh_secret, "auth.refresh_secret (REFRESH_SECRET)", "refresh.secret")?,
        })
    }
}

/// The secret in `path`, made if there is none.
fn kept(path: &Path) -> Result<Secret, String> {
    if !path.exists() {
        make(path).map_err(|error| format!("can't be made: {error}"))?;
    }
    let mode = fs::metadata(path).map_err(|error| format!("can't be read: {error}"))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!("must be for its owner alone (mode 600), got mode {mode:o}"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))?;
    Secret::new(text.trim()).ok_or_else(|| format!("must hold at least {SECRET_CHARS_MIN} characters"))
}

/// Two that start at once must end with the same secret: it is written aside and linked, and the first link wins.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let aside = path.with_extension(format!("secret.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&aside)?;
    file.write_all(Secret::made().expose().as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
