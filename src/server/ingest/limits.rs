//! How many requests a key and an address may make; the state of those that are quiet again is forgotten, so memory is bounded.

use super::answer::Refusal;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A bucket is full again after a second, so more state than this is worth a sweep, but not at every request.
const SWEEP_ABOVE: usize = 1_000;
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Requests a second, with bursts of as many; 0 is no limit.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub per_key: u32,
    pub per_ip: u32,
}

pub struct Limits {
    keys: Option<Buckets<Uuid>>,
    addresses: Option<Buckets<IpAddr>>,
}

impl Limits {
    pub fn new(rates: Rates) -> Self {
        Self { keys: Buckets::new(rates.per_key), addresses: Buckets::new(rates.per_ip) }
    }

    pub fn check_key(&self, key_id: Uuid) -> Result<(), Refusal> {
        self.keys.as_ref().map_or(Ok(()), |buckets| buckets.check(key_id))
    }

    /// An IPv6 client owns its /64, so that is what counts.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refusal> {
        let counted = match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        };
        self.addresses.as_ref().map_or(Ok(()), |buckets| buckets.check(counted))
    }
}

struct Buckets<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, DefaultClock>,
    started: Instant,
    /// Milliseconds after `started`.
    swept: AtomicU64,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(rate: u32) -> Option<Self> {
        let quota = Quota::per_second(NonZeroU32::new(rate)?);
        Some(Self { limiter: RateLimiter::dashmap(quota), started: Instant::now(), swept: AtomicU64::new(0) })
    }

    fn check(&self, key: K) -> Result<(), Refusal> {
        self.sweep();
        self.limiter.check_key(&key).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.limiter.clock().now());
            Refusal::TooMany { seconds: wait.as_millis().div_ceil(1_000).max(1) as u64 }
        })
    }

    fn sweep(&self) {
        let now = self.started.elapsed().as_millis() as u64;
        let last = self.swept.load(Ordering::Relaxed);
        if now < last + SWEEP_EVERY.as_millis() as u64 || self.limiter.len() <= SWEEP_ABOVE {
            return;
        }
        if self.swept.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_above_the_rate_is_told_to_wait_a_second() {
        let limits = Limits::new(Rates { per_key: 3, per_ip: 0 });
        let (key, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!((0..3).all(|_| limits.check_key(key).is_ok()));
        assert_eq!(limits.check_key(key), Err(Refusal::TooMany { seconds: 1 }));
        assert_eq!(limits.check_key(other), Ok(()));
        assert!((0..1_000).all(|_| limits.check_address(IpAddr::from([192, 0, 2, 1])).is_ok()));
    }

    #[test]
    fn an_ipv6_client_has_one_bucket_for_its_whole_network() {
        let limits = Limits::new(Rates { per_key: 0, per_ip: 1 });
        assert!(limits.check_address("2001:db8::1".parse().unwrap()).is_ok());
        assert!(limits.check_address("2001:db8::2".parse().unwrap()).is_err());
        assert!(limits.check_address("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
