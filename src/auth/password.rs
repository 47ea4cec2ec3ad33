//! Password hashes: bcrypt over the base64 of the SHA-256, so that nothing is cut at bcrypt's 72 bytes; made in a
//! bounded pool, because one takes a core for a quarter of a second.

use super::AuthError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// bcrypt's work factor.
pub const BCRYPT_COST: u32 = 12;
/// How many may wait for each core before new ones are turned away: at 0.25 s each, four seconds.
const WAITING_PER_CORE: usize = 16;

/// Hashes and verifies passwords, as many at once as there are cores. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Pool>);

struct Pool {
    cost: u32,
    running: Semaphore,
    /// Running and waiting.
    present: AtomicUsize,
    present_max: usize,
    /// Verified in the place of an unknown account's hash, so that it takes the same time.
    stand_in: String,
}

/// Counts one caller for as long as it runs or waits.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    /// `cost` is bcrypt's: [`BCRYPT_COST`] but in tests.
    ///
    /// # Errors
    /// Where bcrypt refuses the cost.
    pub fn new(cost: u32) -> Result<Self, AuthError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let stand_in = bcrypt::hash(prepared("nobody"), cost).map_err(|e| AuthError::Defect(e.to_string()))?;
        Ok(Self(Arc::new(Pool {
            cost,
            running: Semaphore::new(cores),
            present: AtomicUsize::new(0),
            present_max: cores * (1 + WAITING_PER_CORE),
            stand_in,
        })))
    }

    /// # Errors
    /// [`AuthError::Busy`] where too many wait.
    pub async fn hash(&self, password: &str) -> Result<String, AuthError> {
        let (prepared, cost) = (prepared(password), self.0.cost);
        self.run(move || bcrypt::hash(prepared, cost)).await
    }

    /// Whether `password` belongs to `hash`; takes as long where there is no hash.
    ///
    /// # Errors
    /// [`AuthError::Busy`] where too many wait.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, AuthError> {
        let prepared = prepared(password);
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.0.stand_in).to_owned();
        let matches = self.run(move || bcrypt::verify(prepared, &hash)).await?;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, bcrypt::BcryptError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let pool = &*self.0;
        let before = pool.present.fetch_add(1, Ordering::Relaxed);
        let _place = Place(&pool.present);
        if before >= pool.present_max {
            return Err(AuthError::Busy);
        }
        let _permit = pool.running.acquire().await.map_err(|_| AuthError::Busy)?;
        let done = tokio::task::spawn_blocking(work).await.map_err(|e| AuthError::Defect(e.to_string()))?;
        done.map_err(|e| AuthError::Defect(e.to_string()))
    }
}

fn prepared(password: &str) -> String {
    STANDARD.encode(Sha256::digest(password.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_character_of_a_long_password_counts() {
        let passwords = Passwords::new(4).unwrap();
        let long = "ن".repeat(256);
        let hash = passwords.hash(&long).await.unwrap();
        assert!(passwords.verify(&long, Some(&hash)).await.unwrap());
        let other = long.chars().skip(1).collect::<String>() + "x";
        assert!(!passwords.verify(&other, Some(&hash)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_account_never_matches() {
        let passwords = Passwords::new(4).unwrap();
        assert!(!passwords.verify("nobody", None).await.unwrap());
    }

    #[tokio::test]
    async fn too_many_are_turned_away() {
        let passwords = Passwords::new(4).unwrap();
        let _held = passwords.0.running.acquire_many(passwords.0.running.available_permits() as u32).await.unwrap();
        let full: Vec<_> = (0..passwords.0.present_max)
            .map(|_| {
                tokio::spawn({
                    let p = passwords.clone();
                    async move { p.hash("12345678").await }
                })
            })
            .collect();
        while passwords.0.present.load(Ordering::Relaxed) < passwords.0.present_max {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.hash("12345678").await, Err(AuthError::Busy)));
        full.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
