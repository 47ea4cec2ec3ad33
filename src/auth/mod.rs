//! Who somebody is: passwords, tokens, and the sessions that they hang on. Knows no HTTP.

mod account;
mod guest;
mod lockout;
mod password;
mod session;
#[cfg(test)]
mod tests;
mod tokens;

pub use account::{Device, Login, SignedIn, Signup};
pub use password::{BCRYPT_COST, Passwords};
pub use session::{Renewed, Transport};
pub use tokens::{ACCESS_LIFE_MS, REFRESH_LIFE_MS, REMEMBERED_LIFE_MS, RefreshToken, Tokens};

use crate::domain::ids::{FamilyId, UserId};
use crate::domain::time::Moment;
use crate::store::queries::auth as rows;
use crate::store::{Store, StoreError};
use lockout::Turns;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How long the store's word on a session is believed. Revocations made on this node count at once.
const VERDICT_LIFE: Duration = Duration::from_secs(1);
const VERDICTS_MAX: usize = 16_384;

/// Who an access token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub user_id: UserId,
    /// The sign-in that it descends from; none for a token that was minted without one.
    pub family: Option<FamilyId>,
    pub expires_at: Moment,
}

/// What has ended: one sign-in, or all of a user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    Family(FamilyId),
    User(UserId),
}

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The same for an unknown e-mail, a wrong password and a disabled account.
    #[error("wrong e-mail or password")]
    WrongCredentials,
    #[error("the token is not valid")]
    BadToken,
    #[error("too many failed logins for this e-mail")]
    Locked { retry_after_ms: i64 },
    #[error("an account with this e-mail exists")]
    EmailTaken,
    #[error("too many logins at once")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Never shown to a client.
    #[error("{0}")]
    Defect(String),
}

/// Accounts and sessions. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    store: Store,
    tokens: Tokens,
    passwords: Passwords,
    verdicts: Mutex<HashMap<(UserId, Option<FamilyId>), Verdict>>,
    /// Counts revocations: a verdict that was read before one is not kept.
    revocations: AtomicU64,
    login_turns: Turns,
    signup_turn: tokio::sync::Mutex<()>,
    /// Whether the very first account becomes system admin: on a single machine.
    first_is_admin: bool,
    on_revoked: OnceLock<Box<dyn Fn(Revoked) + Send + Sync>>,
}

struct Verdict {
    at: Instant,
    good: bool,
}

impl Auth {
    pub fn new(store: Store, tokens: Tokens, passwords: Passwords, first_is_admin: bool) -> Self {
        Self(Arc::new(Inner {
            store,
            tokens,
            passwords,
            verdicts: Mutex::default(),
            revocations: AtomicU64::new(0),
            login_turns: Turns::default(),
            signup_turn: tokio::sync::Mutex::default(),
            first_is_admin,
            on_revoked: OnceLock::new(),
        }))
    }

    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// Sets who is told of every revocation on this node, once; later calls change nothing.
    pub fn on_revoked(&self, tell: impl Fn(Revoked) + Send + Sync + 'static) {
        let _ = self.0.on_revoked.set(Box::new(tell));
    }

    /// Who `token` speaks for, if neither its sign-in was ended nor its user disabled.
    ///
    /// # Errors
    /// [`AuthError::BadToken`], or [`AuthError::Store`] where the database can't be asked.
    pub async fn verify_access(&self, token: &str) -> Result<Identity, AuthError> {
        let identity = self.0.tokens.verify(token).ok_or(AuthError::BadToken)?;
        self.still_good(&identity).await?;
        Ok(identity)
    }

    /// Whether a verified identity still stands.
    ///
    /// # Errors
    /// As [`Auth::verify_access`].
    pub async fn still_good(&self, identity: &Identity) -> Result<(), AuthError> {
        let key = (identity.user_id, identity.family);
        let remembered = self.verdicts().get(&key).filter(|v| v.at.elapsed() < VERDICT_LIFE).map(|v| v.good);
        let good = match remembered {
            Some(good) => good,
            None => {
                let at = Instant::now();
                let revocations = self.0.revocations.load(Ordering::SeqCst);
                let (user, family) = key;
                let good = self.0.store.read(async move |mut c| rows::is_good(&mut c, user, family).await).await?;
                self.remember(key, Verdict { at, good }, revocations);
                good
            }
        };
        if good { Ok(()) } else { Err(AuthError::BadToken) }
    }

    /// Deletes what has ended long ago: sessions with their tokens, and failures that count no more.
    ///
    /// # Errors
    /// Where the database is away.
    pub async fn sweep(&self) -> Result<(), AuthError> {
        let at = now();
        Ok(self.0.store.write(async move |mut c| c.tx(async move |c| rows::sweep(c, at).await).await).await?)
    }

    /// What was remembered of a sign-in or a user counts no more: it has ended, here or on another node.
    pub fn forget(&self, what: Revoked) {
        self.0.revocations.fetch_add(1, Ordering::SeqCst);
        self.verdicts().retain(|(user, family), _| match what {
            Revoked::Family(id) => *family != Some(id),
            Revoked::User(id) => *user != id,
        });
    }

    fn revoked(&self, what: Revoked) {
        self.forget(what);
        if let Some(tell) = self.0.on_revoked.get() {
            tell(what);
        }
    }

    /// Keeps a verdict, as long as there is room: without it the store is asked each time.
    fn remember(&self, key: (UserId, Option<FamilyId>), verdict: Verdict, revocations: u64) {
        let mut verdicts = self.verdicts();
        if self.0.revocations.load(Ordering::SeqCst) != revocations {
            return;
        }
        if verdicts.len() >= VERDICTS_MAX {
            verdicts.retain(|_, v| v.at.elapsed() < VERDICT_LIFE);
        }
        if verdicts.len() < VERDICTS_MAX {
            verdicts.insert(key, verdict);
        }
    }

    fn verdicts(&self) -> std::sync::MutexGuard<'_, HashMap<(UserId, Option<FamilyId>), Verdict>> {
        self.0.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wall clock.
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
