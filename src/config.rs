//! Settings, from the environment or flags.

use sha2::{Digest, Sha256};
use std::path::Path;
use subtle::ConstantTimeEq;

/// The administrator's token, held as its hash; without one nobody may write.
#[derive(Clone, Default)]
pub struct AdminToken(Option<[u8; 32]>);

/// The shortest token that is taken.
pub const MIN_TOKEN_CHARS: usize = 16;

impl AdminToken {
    /// A token.
    ///
    /// # Errors
    /// What is expected of it.
    pub fn new(token: &str) -> Result<Self, String> {
        let token = token.trim();
        if token.chars().count() < MIN_TOKEN_CHARS || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("a token of at least {MIN_TOKEN_CHARS} printable ASCII characters without spaces"));
        }
        Ok(Self(Some(Sha256::digest(token).into())))
    }

    /// A token from a file, such as a mounted secret.
    ///
    /// # Errors
    /// What is expected of it, or that it cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::new(&text)
    }

    /// Whether there is one.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a text is the token; takes the same time for every text of a length.
    pub fn is(&self, given: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.0.is_some_and(|token| token.ct_eq(&given).into())
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_set() { "AdminToken(set)" } else { "AdminToken(not set)" })
    }
}

/// A new random token.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn random_token() -> std::io::Result<String> {
    use base64::Engine;
    let mut bytes = [0u8; 24];
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
    fn short_tokens_are_refused_and_the_right_one_is_known() {
        assert!(AdminToken::new("short").is_err());
        assert!(AdminToken::new("a token with spaces in it").is_err());
        let token = AdminToken::new("0123456789abcdef\n").unwrap();
        assert!(token.is("0123456789abcdef"));
        assert!(!token.is("0123456789abcdeF"));
        assert!(!AdminToken::default().is(""));
        assert_eq!(format!("{token:?}"), "AdminToken(set)");
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(without_password("postgres://gz:secret@db/greenzone"), "postgres://gz@db/greenzone");
        assert_eq!(without_password("sqlite:greenzone.db"), "sqlite:greenzone.db");
    }
}
