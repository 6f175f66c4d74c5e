//! How often somebody may ask, and who somebody is to the network.
//!
//! Counted in this process alone: several processes let through several times as much,
//! which is said in the README, and costs no round trip. A sign-in is counted by account
//! and address together: whoever guesses at somebody's password slows down their own
//! address, never the owner's.

use crate::config::{Edges, Rates};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The counters of a process.
#[derive(Debug)]
pub struct Limits {
    trusted_proxies: Vec<IpNet>,
    address: Limit<IpAddr>,
    account: Limit<String>,
    login: Limit<(IpAddr, String)>,
    logins: Limit<IpAddr>,
}

/// How long somebody is asked to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Limits {
    /// The counters that a configuration asks for.
    pub fn new(edges: &Edges) -> Self {
        let Rates { address_per_second, account_per_second, login_per_minute, logins_per_minute } = edges.rates;
        let by_second = |rate: u32| Quota::per_second(nonzero(rate)).allow_burst(nonzero(rate.saturating_mul(10)));
        Self {
            trusted_proxies: edges.trusted_proxies.clone(),
            address: Limit::new(address_per_second, by_second(address_per_second)),
            account: Limit::new(account_per_second, by_second(account_per_second)),
            login: Limit::new(login_per_minute, Quota::per_minute(nonzero(login_per_minute))),
            logins: Limit::new(logins_per_minute, Quota::per_minute(nonzero(logins_per_minute))),
        }
    }

    /// Who a request is from: the peer, or whom proxies that are trusted say that they
    /// speak for, read from the nearest one on.
    pub fn client(&self, peer: Option<IpAddr>, forwarded: &[&str]) -> Option<IpAddr> {
        let is_trusted = |address: IpAddr| self.trusted_proxies.iter().any(|net| net.contains(&plain(address)));
        let mut client = peer?;
        for said in forwarded.iter().rev().flat_map(|header| header.rsplit(',')) {
            if !is_trusted(client) {
                break;
            }
            // what cannot be read was not said by a proxy of ours
            let Ok(address) = said.trim().parse() else { break };
            client = address;
        }
        Some(plain(client))
    }

    /// Counts a request from an address. What runs on this machine is not counted: it is
    /// no stranger, or a proxy that is not declared and speaks for everybody.
    pub fn request_of(&self, client: IpAddr) -> Result<(), Wait> {
        if client.is_loopback() { Ok(()) } else { self.address.count(network(client)) }
    }

    /// Counts a request of somebody who is known; again not what runs on this machine.
    pub fn request_by(&self, name: &str, client: Option<IpAddr>) -> Result<(), Wait> {
        if client.is_some_and(|client| client.is_loopback()) { Ok(()) } else { self.account.count(name.to_owned()) }
    }

    /// Counts a try to sign in, or to set a password.
    pub fn login(&self, client: IpAddr, username: &str) -> Result<(), Wait> {
        let network = network(client);
        self.logins.count(network)?;
        self.login.count((network, username.chars().take(64).collect()))
    }
}

fn nonzero(rate: u32) -> NonZeroU32 {
    NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN)
}

/// An IPv4 address that came as IPv6 is the IPv4 address.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// What one customer has: an address, or the 64 bits of IPv6 that are given out together.
fn network(address: IpAddr) -> IpAddr {
    match plain(address) {
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) >> 64 << 64).into(),
        v4 => v4,
    }
}

/// How often counters that are full again are forgotten, in requests.
const FORGET_EVERY: u32 = 4_096;

#[derive(Debug)]
struct Limit<K: Hash + Eq + Clone> {
    limiter: Option<DefaultKeyedRateLimiter<K>>,
    counted: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(rate: u32, quota: Quota) -> Self {
        Self { limiter: (rate > 0).then(|| RateLimiter::keyed(quota)), counted: AtomicU32::new(0) }
    }

    fn count(&self, key: K) -> Result<(), Wait> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.counted.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        limiter.check_key(&key).map_err(|until| Wait(until.wait_time_from(DefaultClock::default().now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DEFAULT_RATES, parse_networks};

    fn limits(networks: &str) -> Limits {
        let trusted_proxies = parse_networks(networks).unwrap();
        Limits::new(&Edges { trusted_proxies, rates: DEFAULT_RATES, ..Edges::default() })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_is_who_trusted_proxies_say_and_nobody_else() {
        let limits = limits("10.0.0.0/8");
        let client = |peer: &str, forwarded: &[&str]| limits.client(Some(ip(peer)), forwarded).unwrap().to_string();
        assert_eq!(client("192.0.2.1", &["198.51.100.9"]), "192.0.2.1", "a stranger says what it likes");
        assert_eq!(client("10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, 198.51.100.9, 10.0.0.2"]),
            "198.51.100.9",
            "what stands before is the client's own"
        );
        assert_eq!(client("10.0.0.1", &["1.1.1.1", "198.51.100.9"]), "198.51.100.9", "one header after another");
        assert_eq!(client("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn guessing_slows_down_who_guesses_and_nobody_else() {
        let limits = limits("");
        let (guesser, owner) = (ip("192.0.2.1"), ip("192.0.2.2"));
        let refused = (0..20).filter(|_| limits.login(guesser, "to-truong").is_err()).count();
        assert_eq!(refused, 10);
        assert!(limits.login(guesser, "to-truong").unwrap_err().0 > Duration::ZERO);
        assert_eq!(limits.login(owner, "to-truong"), Ok(()));
        assert_eq!(limits.login(guesser, "another"), Ok(()));
        let many = (0..400).filter(|n| limits.login(owner, &n.to_string()).is_ok()).count();
        assert!((299..310).contains(&many), "{many}");
        // IPv6 is given out by the 64 bits
        let next_door = |n: u32| ip(&format!("2001:db8::{n:x}"));
        let served = (0..20).filter(|n| limits.login(next_door(*n), "to-truong").is_ok()).count();
        assert_eq!(served, 10);
    }

    #[test]
    fn requests_are_counted_by_address_and_by_account() {
        let limits = limits("");
        let served = (0..2_000).filter(|_| limits.request_of(ip("192.0.2.1")).is_ok()).count();
        assert!((1_000..1_100).contains(&served), "{served}");
        assert_eq!(limits.request_of(ip("192.0.2.2")), Ok(()));
        assert!((0..2_000).all(|_| limits.request_of(ip("127.0.0.1")).is_ok()));
        let served = (0..2_000).filter(|_| limits.request_by("user:x", Some(ip("192.0.2.1"))).is_ok()).count();
        assert!((500..600).contains(&served), "{served}");
        let none = Limits::new(&Edges::default());
        assert!((0..2_000).all(|_| none.login(ip("192.0.2.1"), "x").is_ok()));
    }
}
