//! Settings, from the environment or flags.

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
    fn a_password_is_never_shown() {
        assert_eq!(without_password("postgres://gz:secret@db/greenzone"), "postgres://gz@db/greenzone");
        assert_eq!(without_password("sqlite:greenzone.db"), "sqlite:greenzone.db");
    }
}
