//! How often somebody may ask: `domain.md` section 8's limits for REST. Each node counts for itself, and where there are
//! several, all together.

use crate::auth::Identity;
use crate::domain::ids::{FamilyId, UserId};
use crate::live::{self, Live};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// Of one signed-in session: 100 a minute, bursts of 200.
const SESSION: (u32, u32) = (100, 200);
/// Of one address without a session.
const ADDRESS: (u32, u32) = (100, 100);
/// Of one address at signup, login and refresh, each on its own.
const CREDENTIALS: (u32, u32) = (10, 10);
/// Keys whose bucket is full again are let go once in so many checks.
const SWEEP_EVERY: u32 = 4_096;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Session {
    Family(FamilyId),
    User(UserId),
}

impl From<&Identity> for Session {
    fn from(identity: &Identity) -> Self {
        identity.family.map_or(Self::User(identity.user_id), Self::Family)
    }
}

/// A door that is guarded on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    Signup,
    Login,
    Refresh,
    Demo,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::Demo => "demo",
        }
    }
}

/// What is left of a limit, for the `RateLimit-*` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u32,
    pub remaining: u32,
    /// Until it is whole again, in seconds.
    pub reset_s: u64,
    /// Set where this request is one too many: when the next one may come, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

struct Limit<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
    per_minute: u32,
    burst: u32,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new((per_minute, burst): (u32, u32)) -> Self {
        let of = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(of(per_minute)).allow_burst(of(burst));
        let limiter = RateLimiter::dashmap(quota).with_middleware();
        Self { limiter, per_minute, burst, checks: AtomicU32::new(0) }
    }

    fn check(&self, key: &K) -> Allowance {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let (remaining, retry_after_ms) = match self.limiter.check_key(key) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                (0, Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)))
            }
        };
        self.allowance(remaining, retry_after_ms)
    }

    fn allowance(&self, remaining: u32, retry_after_ms: Option<u64>) -> Allowance {
        let used = u64::from(self.burst.saturating_sub(remaining));
        let reset_s = (used * 60).div_ceil(u64::from(self.per_minute));
        Allowance { limit: self.burst, remaining, reset_s, retry_after_ms }
    }

    /// The same over all nodes; on this node alone where the others' count is not at hand.
    async fn check_everywhere(&self, key: &K, name: String, live: &Live) -> Allowance {
        let here = self.check(key);
        if here.retry_after_ms.is_some() {
            return here;
        }
        let quota = live::Quota { per_minute: self.per_minute, burst: self.burst };
        match live.throttle(name, quota).await {
            Some(all) => self.allowance(all.remaining.min(here.remaining), all.retry_after_ms),
            None => here,
        }
    }
}

/// All the limits of REST. Made once a process.
pub struct Limits {
    on: bool,
    sessions: Limit<Session>,
    addresses: Limit<IpAddr>,
    doors: Limit<(Door, IpAddr)>,
}

impl Limits {
    /// `on: false` lifts them all.
    pub fn new(on: bool) -> Self {
        Self { on, sessions: Limit::new(SESSION), addresses: Limit::new(ADDRESS), doors: Limit::new(CREDENTIALS) }
    }

    pub async fn session(&self, session: Session, live: &Live) -> Option<Allowance> {
        let name = match session {
            Session::Family(id) => format!("family:{id}"),
            Session::User(id) => format!("user:{id}"),
        };
        if self.on { Some(self.sessions.check_everywhere(&session, name, live).await) } else { None }
    }

    /// A request without a good token.
    pub async fn address(&self, address: IpAddr, live: &Live) -> Option<Allowance> {
        let address = counted_as(address);
        let name = format!("address:{address}");
        if self.on { Some(self.addresses.check_everywhere(&address, name, live).await) } else { None }
    }

    pub async fn door(&self, door: Door, address: IpAddr, live: &Live) -> Option<Allowance> {
        let address = counted_as(address);
        let name = format!("{}:{address}", door.name());
        if self.on { Some(self.doors.check_everywhere(&(door, address), name, live).await) } else { None }
    }
}

/// A home or a machine has a whole /64 of IPv6 addresses: they count as one.
fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_session_has_bursts_of_200_and_then_waits() {
        let limit = Limit::new(SESSION);
        let session = Session::User(UserId(Uuid::nil()));
        let first = limit.check(&session);
        assert_eq!((first.limit, first.remaining, first.retry_after_ms), (200, 199, None));
        for _ in 1..200 {
            assert_eq!(limit.check(&session).retry_after_ms, None);
        }
        let over = limit.check(&session);
        assert!(over.retry_after_ms.is_some_and(|ms| (1..=600).contains(&ms)), "{over:?}");
        assert_eq!(limit.check(&Session::User(UserId(Uuid::max()))).retry_after_ms, None);
    }

    #[test]
    fn doors_are_guarded_each_on_its_own() {
        let limit = Limit::new(CREDENTIALS);
        let address = IpAddr::from([192, 0, 2, 1]);
        for _ in 0..10 {
            assert_eq!(limit.check(&(Door::Login, address)).retry_after_ms, None);
        }
        assert!(limit.check(&(Door::Login, address)).retry_after_ms.is_some());
        assert_eq!(limit.check(&(Door::Signup, address)).retry_after_ms, None);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let of = |text: &str| counted_as(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
