//! The one place from which the service calls others: webhook messages, signed as Standard
//! Webhooks says, and to public addresses only.
//!
//! Whoever may make a webhook could otherwise let the service call what only the service can
//! reach. So the address that a name was resolved to is looked at, and it is that very one
//! that is connected to; redirects are not followed, no proxy of the environment is used, and
//! of an answer nothing but the status is read.

use super::fault::Fault;
use crate::domain::Instant;
use crate::store::webhooks::{Delivery, Webhook};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use sha2::Sha256;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How long an address may take, from its name to its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most characters of an address.
const MAX_URL: usize = 500;

/// What a secret begins with (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";

/// Networks that are not the public internet (IANA's special-purpose registries), and those
/// of IPv6 that carry an address of IPv4 inside.
const NOT_PUBLIC: [&str; 23] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    // of IPv6 only 2000::/3 is given out, and of that not these
    "::/3",
    "4000::/2",
    "8000::/1",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "2620:4f:8000::/48",
];

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What was answered.
    pub(super) status: Option<u16>,
    /// In words; neither the address nor what it answered.
    pub(super) why: String,
    /// Whether another try is useless.
    pub(super) is_final: bool,
}

impl Refusal {
    fn new(why: &str) -> Self {
        Self { status: None, why: why.to_owned(), is_final: false }
    }
}

/// Sends messages.
#[derive(Debug)]
pub(super) struct Outbound {
    agent: ureq::Agent,
    allows_private: bool,
}

impl Outbound {
    /// A sender; `allows_private` where it may also call what is not public.
    pub(super) fn new(allows_private: bool) -> Self {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_idle_connections(0)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("greenzone/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = Guarded { inner: DefaultResolver::default(), allows_private };
        Self { agent: ureq::Agent::with_parts(config, DefaultConnector::default(), resolver), allows_private }
    }

    /// Whether it may call what is not public.
    pub(super) fn allows_private(&self) -> bool {
        self.allows_private
    }

    /// Sends a message; the status with which it was taken.
    pub(super) fn send(&self, webhook: &Webhook, message: &Delivery, now: Instant) -> Result<u16, Refusal> {
        // what is allowed may have changed since the webhook was made
        check_url(&webhook.url, self.allows_private).map_err(|_| Refusal::new("the address is not allowed"))?;
        let timestamp = now.micros().div_euclid(1_000_000).to_string();
        let signature = sign(&webhook.secret, &message.id, &timestamp, &message.body)
            .ok_or_else(|| Refusal::new("the secret cannot be read"))?;
        let request = self.agent.post(&webhook.url).header("content-type", "application/json");
        let request = request.header("webhook-id", &message.id).header("webhook-timestamp", &timestamp);
        let answer = request.header("webhook-signature", &signature).send(&message.body);
        let status = answer.map_err(|error| Refusal::new(why(&error)))?.status().as_u16();
        match status {
            200..300 => Ok(status),
            // it says that it will never take any again
            410 => Err(Refusal { status: Some(status), why: "answered 410".to_owned(), is_final: true }),
            _ => Err(Refusal { status: Some(status), ..Refusal::new(&format!("answered {status}")) }),
        }
    }
}

/// What went wrong, without a word of the address or of what it said.
fn why(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Io(error) if error.kind() == ErrorKind::PermissionDenied => "the address is not public",
        ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => "TLS failed",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "TLS failed",
        ureq::Error::Timeout(_) => "no answer in time",
        ureq::Error::HostNotFound => "there is no such host",
        ureq::Error::RedirectFailed | ureq::Error::TooManyRedirects => "answered with a redirect",
        ureq::Error::Io(_) | ureq::Error::ConnectionFailed => "no connection",
        _ => "the answer cannot be read",
    }
}

/// Resolves names, to public addresses alone: one that is not spoils all, since a name that
/// leads here and there is up to no good.
#[derive(Debug)]
struct Guarded {
    inner: DefaultResolver,
    allows_private: bool,
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.allows_private || found.iter().all(|address| is_public(address.ip())) {
            return Ok(found);
        }
        Err(ureq::Error::Io(ErrorKind::PermissionDenied.into()))
    }
}

/// Whether an address is one of the public internet.
fn is_public(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    !NOT_PUBLIC.iter().filter_map(|net| net.parse::<IpNet>().ok()).any(|net| net.contains(&ip))
}

/// Refuses an address that no message may go to; what a name leads to is looked at when it
/// is called.
///
/// # Errors
/// What is expected.
pub(super) fn check_url(url: &str, allows_private: bool) -> Result<(), &'static str> {
    const EXPECTED: &str =
        "an https:// address of at most 500 characters, without a user, such as https://example.vn/hook";
    let uri: Uri = url.parse().map_err(|_| EXPECTED)?;
    let authority = uri.authority().ok_or(EXPECTED)?;
    let host = authority.host();
    if url.chars().count() > MAX_URL || authority.as_str().contains('@') || host.is_empty() {
        return Err(EXPECTED);
    }
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let is_local_name = host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost");
    let is_loopback = is_local_name || ip.is_some_and(|ip| ip.to_canonical().is_loopback());
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if allows_private && is_loopback => {}
        _ => return Err(EXPECTED),
    }
    let is_private = is_local_name || ip.is_some_and(|ip| !is_public(ip));
    if is_private && !allows_private { Err("an address of the public internet") } else { Ok(()) }
}

/// The host of an address.
pub(super) fn host_of(url: &str) -> Option<String> {
    Some(url.parse::<Uri>().ok()?.host()?.to_owned())
}

/// A new secret: 256 random bits in the form of Standard Webhooks.
///
/// # Errors
/// Where the system gives no random bytes.
pub(super) fn new_secret() -> Result<String, Fault> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(Fault::internal)?;
    Ok(format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes)))
}

/// The signature of a message; none where the secret is none.
fn sign(secret: &str, id: &str, timestamp: &str, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's libraries.
    #[test]
    fn a_message_is_signed_as_standard_webhooks_says() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(sign("another", "a", "1", ""), None);
    }

    #[test]
    fn only_addresses_of_the_public_internet_are_called() {
        let public = ["8.8.8.8", "203.162.4.191", "172.32.0.1", "2001:4860:4860::8888", "2405:4800::1"];
        for ip in public {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        let others = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:0:a00:1::",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
        ];
        for ip in others {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        assert_eq!(NOT_PUBLIC.iter().filter(|net| net.parse::<IpNet>().is_err()).count(), 0);
    }

    #[test]
    fn a_name_that_leads_to_this_machine_is_resolved_to_nothing() {
        let resolve = |allows_private| {
            let guarded = Guarded { inner: DefaultResolver::default(), allows_private };
            let uri: Uri = "https://localhost:443/".parse().unwrap();
            guarded.resolve(&uri, &Config::default(), NextTimeout::default())
        };
        assert!(resolve(true).unwrap().iter().all(|address| address.ip().is_loopback()));
        let refused = resolve(false).unwrap_err();
        assert_eq!(why(&refused), "the address is not public");
    }

    #[test]
    fn addresses_are_https_and_nothing_on_this_machine_unless_it_is_allowed() {
        for url in ["https://example.vn/hook?k=1", "https://8.8.8.8/", "https://[2405:4800::1]:8443/x"] {
            assert_eq!(check_url(url, false), Ok(()), "{url}");
        }
        let wrong = [
            "",
            "example.vn",
            "/hook",
            "ftp://example.vn",
            "http://example.vn/hook",
            "https://user:pass@example.vn/",
            "https:///x",
            "https://localhost/",
            "https://a.LOCALHOST/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "http://localhost:1/",
        ];
        for url in wrong {
            assert!(check_url(url, false).is_err(), "{url}");
        }
        assert!(check_url(&format!("https://example.vn/{}", "a".repeat(500)), false).is_err());
        for url in ["http://127.0.0.1:9/x", "http://localhost/", "http://[::1]:1/", "https://10.0.0.1/"] {
            assert_eq!(check_url(url, true), Ok(()), "{url}");
        }
        for url in ["http://10.0.0.1/", "http://example.vn/"] {
            assert!(check_url(url, true).is_err(), "{url}");
        }
    }
}
