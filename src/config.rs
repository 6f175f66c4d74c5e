//! Settings, from the environment or flags.

use ipnet::IpNet;

/// How the service meets the network.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// Proxies that are believed when they say whom they speak for.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may read answers; none without.
    pub cors_origins: Vec<String>,
    /// How often somebody may ask.
    pub rates: Rates,
    /// How many may listen to events at a time; 0 is as many as like to.
    pub listeners: usize,
}

/// How often somebody may ask; 0 is as often as they like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Requests a second from one address, on the average; ten seconds' worth at once.
    /// This machine itself is not counted.
    pub address_per_second: u32,
    /// Requests a second of one account or token, on the average; ten seconds' worth at once.
    pub account_per_second: u32,
    /// Sign-ins a minute to one account from one address. Counted by both, so that nobody
    /// can lock somebody else out.
    pub login_per_minute: u32,
    /// Sign-ins a minute from one address, whatever the accounts.
    pub logins_per_minute: u32,
}

/// What is set where nothing is configured.
pub const DEFAULT_RATES: Rates =
    Rates { address_per_second: 100, account_per_second: 50, login_per_minute: 10, logins_per_minute: 300 };

/// How many may listen at a time where nothing is configured: a connection costs some 20 kB.
pub const DEFAULT_LISTENERS: usize = 5_000;

/// Reads networks such as `10.0.0.0/8,192.0.2.7`.
///
/// # Errors
/// What is expected of them.
pub fn parse_networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let read = |part: &str| {
        let net = part.parse::<IpNet>().or_else(|_| part.parse::<std::net::IpAddr>().map(IpNet::from));
        net.map_err(|_| format!("addresses and networks such as 10.0.0.0/8, found {part:?}"))
    };
    parts.map(read).collect()
}

/// Reads origins such as `https://thidua.example.vn,https://example.org`; `*` is none, since
/// an answer to somebody signed in is for nobody else's page.
///
/// # Errors
/// What is expected of them.
pub fn parse_origins(text: &str) -> Result<Vec<String>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let read = |part: &str| {
        let host = part.strip_prefix("https://").or_else(|| part.strip_prefix("http://")).unwrap_or_default();
        let is_sound = !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
        if is_sound { Ok(part.to_owned()) } else { Err(format!("origins such as https://example.vn, found {part:?}")) }
    };
    parts.map(read).collect()
}

/// A new random password.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn random_password() -> std::io::Result<String> {
    use base64::Engine;
    let mut bytes = [0u8; 15];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// Where the database is, without its password, for people.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.split_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_origins_are_read_and_what_is_none_is_named() {
        assert_eq!(parse_networks("10.0.0.0/8, ::1").map(|n| n.len()), Ok(2));
        assert_eq!(parse_networks("").map(|n| n.len()), Ok(0));
        assert!(parse_networks("10.0.0.0/33").unwrap_err().contains("10.0.0.0/33"));
        assert_eq!(parse_origins("https://a.vn,http://localhost:5173").map(|n| n.len()), Ok(2));
        for wrong in ["*", "null", "https://", "a.vn", "https://a.vn/path", "https://a.vn evil"] {
            assert!(parse_origins(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(without_password("postgres://gz:secret@db/greenzone"), "postgres://gz@db/greenzone");
        assert_eq!(without_password("sqlite:greenzone.db"), "sqlite:greenzone.db");
    }
}
