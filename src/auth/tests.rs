//! Accounts and sessions on a database of their own.

use super::*;
use crate::domain::email::Email;
use crate::domain::text::Name;
use crate::store::{Step, StoreConfig};
use std::sync::atomic::AtomicUsize;

const PASSWORD: &str = "correct horse battery";

/// An [`Auth`] whose database goes with it.
struct Fixture {
    auth: Auth,
    _dir: tempfile::TempDir,
}

async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("test.db").display());
    let store = Store::open(StoreConfig::new(url)).await.unwrap();
    store.migrate(Step::Up).await.unwrap();
    let tokens = Tokens::new(&"a".repeat(32), &"b".repeat(32));
    Fixture { auth: Auth::new(store, tokens, Passwords::new(4).unwrap(), true), _dir: dir }
}

impl Fixture {
    async fn signup(&self, email: &str) -> Result<SignedIn, AuthError> {
        let signup = Signup {
            email: Email::new(email).unwrap(),
            name: Name::new("Ada").unwrap(),
            password: PASSWORD.to_owned(),
        };
        self.auth.signup(signup, Device { cookie: true, ..Device::default() }).await
    }

    async fn login(&self, email: &str, password: &str) -> Result<SignedIn, AuthError> {
        let login = Login { email: email.to_owned(), password: password.to_owned(), remember: false };
        self.auth.login(login, Device::default()).await
    }
}

#[tokio::test]
async fn only_the_first_account_is_admin_and_an_email_is_taken_once() {
    let f = fixture().await;
    assert!(f.signup("ada@example.org").await.unwrap().user.is_system_admin);
    assert!(!f.signup("bob@example.org").await.unwrap().user.is_system_admin);
    assert!(matches!(f.signup("ADA@example.org").await, Err(AuthError::EmailTaken)));
}

#[tokio::test]
async fn five_failures_lock_an_email_whether_it_exists_or_not() {
    let f = fixture().await;
    f.signup("ada@example.org").await.unwrap();
    for email in ["ada@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            assert!(matches!(f.login(email, "wrong").await, Err(AuthError::WrongCredentials)), "{email}");
        }
        let locked = f.login(email, PASSWORD).await;
        assert!(matches!(locked, Err(AuthError::Locked { retry_after_ms: 1..=900_000 })), "{email}");
    }
    assert!(matches!(f.login("no address\0", "wrong").await, Err(AuthError::WrongCredentials)));
}

#[tokio::test]
async fn a_login_forgets_the_failures_before_it() {
    let f = fixture().await;
    f.signup("ada@example.org").await.unwrap();
    for _ in 0..3 {
        for _ in 0..4 {
            assert!(f.login("ada@example.org", "wrong").await.is_err());
        }
        assert!(f.login("Ada@Example.org", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn guesses_sent_at_once_are_counted_one_by_one() {
    let f = fixture().await;
    f.signup("ada@example.org").await.unwrap();
    let guesses = (0..12).map(|_| f.login("ada@example.org", "wrong"));
    let answers = futures_util::future::join_all(guesses).await;
    let tried = answers.iter().filter(|answer| matches!(answer, Err(AuthError::WrongCredentials))).count();
    assert_eq!(tried, 5);
}

#[tokio::test]
async fn a_spent_token_ends_its_family() {
    let f = fixture().await;
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    f.auth.on_revoked(move |_| _ = count.fetch_add(1, Ordering::SeqCst));
    f.signup("ada@example.org").await.unwrap();
    let first = f.login("ada@example.org", PASSWORD).await.unwrap();
    let second = f.auth.refresh(&first.refresh_token.text(), Transport::Body).await.unwrap();
    assert!(f.auth.verify_access(&second.access_token).await.is_ok());
    assert!(f.auth.refresh(&first.refresh_token.text(), Transport::Body).await.is_err());
    assert!(f.auth.refresh(&second.refresh_token.text(), Transport::Body).await.is_err());
    assert!(f.auth.verify_access(&second.access_token).await.is_err());
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_cookies_twin_gets_the_same_successor() {
    let f = fixture().await;
    let first = f.signup("ada@example.org").await.unwrap().refresh_token.text();
    let (a, b) = tokio::join!(f.auth.refresh(&first, Transport::Cookie), f.auth.refresh(&first, Transport::Cookie));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.refresh_token.text(), b.refresh_token.text());
    assert!(f.auth.refresh(&a.refresh_token.text(), Transport::Cookie).await.is_ok());
    assert!(f.auth.refresh(&first, Transport::Body).await.is_err(), "a body has no twin");
}

#[tokio::test]
async fn a_logout_counts_at_once_and_for_one_sign_in_only() {
    let f = fixture().await;
    let here = f.signup("ada@example.org").await.unwrap();
    let there = f.login("ada@example.org", PASSWORD).await.unwrap();
    let family = f.auth.verify_access(&here.access_token).await.unwrap().family.unwrap();
    assert_eq!(f.auth.family_of(&here.refresh_token.text()).await.unwrap(), Some(family));
    f.auth.end_family(family).await.unwrap();
    assert!(f.auth.verify_access(&here.access_token).await.is_err());
    assert!(f.auth.refresh(&here.refresh_token.text(), Transport::Body).await.is_err());
    assert!(f.auth.verify_access(&there.access_token).await.is_ok());
    f.auth.end_user(there.user.id).await.unwrap();
    assert!(f.auth.verify_access(&there.access_token).await.is_err());
}

#[tokio::test]
async fn a_sweep_leaves_what_still_counts() {
    let f = fixture().await;
    let signed_in = f.signup("ada@example.org").await.unwrap();
    f.auth.sweep().await.unwrap();
    assert!(f.auth.refresh(&signed_in.refresh_token.text(), Transport::Body).await.is_ok());
}
