//! How often somebody may try to sign in: wrong tries are counted per address and IP, per IP, and per address.

use crate::model::{MINUTE, Millis};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// Tries for one address from one IP, then a wait.
pub const PER_PAIR: u32 = 5;
/// From one IP, whatever the address: an office behind one IP still gets in.
const PER_IP: u32 = 30;
/// For one address from everywhere: bounds a distributed guess, and the owner's own IP rarely shares the blame.
const PER_EMAIL: u32 = 100;
/// Tries are forgotten this long after the first of them.
pub const WAIT: Millis = 15 * MINUTE;
/// Counters kept at once; past this the older half goes, so that a flood cannot take the memory.
const MAX_COUNTERS: usize = 50_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(String, IpAddr),
    Ip(IpAddr),
    Email(String),
}

#[derive(Debug, Clone, Copy)]
struct Counter {
    tries: u32,
    since: Millis,
}

/// The counters of this process.
#[derive(Default)]
pub struct Tries {
    counters: Mutex<HashMap<Key, Counter>>,
}

/// A try that was let through and counted.
#[derive(Debug, PartialEq, Eq)]
pub struct Let {
    /// Tries left for this address from this IP.
    pub left: u32,
}

/// Too many tries; the next is let through after these milliseconds.
#[derive(Debug, PartialEq, Eq)]
pub struct Wait(pub Millis);

impl Tries {
    /// Counts a try before the password is looked at, so that many at once count too.
    pub fn count(&self, email: &str, ip: IpAddr, now: Millis) -> Result<Let, Wait> {
        let mut counters = self.lock();
        let keys = [(Key::Pair(email.to_owned(), ip), PER_PAIR), (Key::Ip(ip), PER_IP), (Key::Email(email.to_owned()), PER_EMAIL)];
        for (key, limit) in &keys {
            if let Some(counter) = counters.get(key)
                && counter.since + WAIT > now
                && counter.tries >= *limit
            {
                return Err(Wait(counter.since + WAIT - now));
            }
        }
        make_room(&mut counters, now);
        let mut left = 0;
        for (key, limit) in keys {
            let pair = matches!(key, Key::Pair(..));
            let counter = counters.entry(key).or_insert(Counter { tries: 0, since: now });
            if counter.since + WAIT <= now {
                *counter = Counter { tries: 0, since: now };
            }
            counter.tries += 1;
            if pair {
                left = limit - counter.tries;
            }
        }
        Ok(Let { left })
    }

    /// A right password was no guess.
    pub fn forgive(&self, email: &str, ip: IpAddr) {
        let mut counters = self.lock();
        counters.remove(&Key::Pair(email.to_owned(), ip));
        for key in [Key::Ip(ip), Key::Email(email.to_owned())] {
            if let Some(counter) = counters.get_mut(&key) {
                counter.tries = counter.tries.saturating_sub(1);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Counter>> {
        self.counters.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn make_room(counters: &mut HashMap<Key, Counter>, now: Millis) {
    if counters.len() < MAX_COUNTERS {
        return;
    }
    counters.retain(|_, counter| counter.since + WAIT > now);
    if counters.len() >= MAX_COUNTERS {
        // Half at a time, so that a flood pays for the search once in many tries.
        let mut times: Vec<Millis> = counters.values().map(|counter| counter.since).collect();
        let (_, middle, _) = times.select_nth_unstable(MAX_COUNTERS / 2);
        let middle = *middle;
        counters.retain(|_, counter| counter.since > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    #[test]
    fn the_sixth_try_waits_until_the_first_is_forgotten() {
        let tries = Tries::default();
        for left in (0..PER_PAIR).rev() {
            assert_eq!(tries.count("a@b.example", ip(1), 0), Ok(Let { left }));
        }
        assert_eq!(tries.count("a@b.example", ip(1), MINUTE), Err(Wait(14 * MINUTE)));
        assert_eq!(tries.count("a@b.example", ip(2), MINUTE), Ok(Let { left: PER_PAIR - 1 }));
        assert_eq!(tries.count("a@b.example", ip(1), WAIT), Ok(Let { left: PER_PAIR - 1 }));
    }

    #[test]
    fn one_ip_cannot_go_through_many_addresses() {
        let tries = Tries::default();
        for n in 0..PER_IP {
            assert!(tries.count(&format!("{n}@b.example"), ip(1), 0).is_ok());
        }
        assert!(tries.count("last@b.example", ip(1), 0).is_err());
    }

    #[test]
    fn a_right_password_is_no_guess() {
        let tries = Tries::default();
        for _ in 0..10 * PER_IP {
            assert!(tries.count("a@b.example", ip(1), 0).is_ok());
            tries.forgive("a@b.example", ip(1));
        }
    }

    #[test]
    fn a_flood_of_addresses_does_not_take_the_memory() {
        let tries = Tries::default();
        for n in 0..(MAX_COUNTERS as u32 + 10) {
            let _ = tries.count(&n.to_string(), IpAddr::from(n.to_be_bytes()), Millis::from(n));
        }
        assert!(tries.lock().len() <= MAX_COUNTERS + 3);
    }
}
