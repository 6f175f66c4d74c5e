//! Random secrets, and what is kept of them.

use super::fault::Fault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A new secret of 256 random bits, as text for addresses and headers.
///
/// # Errors
/// Where the system gives no random bytes.
pub(super) fn secret() -> Result<String, Fault> {
    random_text::<32>()
}

/// A new key that names something: 96 random bits.
///
/// # Errors
/// Where the system gives no random bytes.
pub(super) fn key() -> Result<String, Fault> {
    random_text::<12>()
}

fn random_text<const BYTES: usize>() -> Result<String, Fault> {
    let mut bytes = [0u8; BYTES];
    getrandom::fill(&mut bytes).map_err(Fault::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A random byte, for what needs no more.
///
/// # Errors
/// Where the system gives no random bytes.
pub(super) fn random_byte() -> Result<u8, Fault> {
    let mut byte = [0u8];
    getrandom::fill(&mut byte).map_err(Fault::internal)?;
    Ok(byte[0])
}

/// What is kept of a secret: SHA-256 in hex. A secret of full entropy needs no salt and no work.
pub(super) fn hash_of(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Whether a text is the secret that a hash was kept of.
pub(super) fn is_secret(given: &str, kept: &str) -> bool {
    hash_of(given).as_bytes().ct_eq(kept.as_bytes()).into()
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

/// Digits and letters that are not taken for one another, 32 of them (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code to be told by telephone: 80 random bits in four groups of four.
///
/// # Errors
/// Where the system gives no random bytes.
pub(super) fn spoken_code() -> Result<String, Fault> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(Fault::internal)?;
    let letters: Vec<char> = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect();
    Ok(letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// A spoken code as it was written down, brought to one form.
pub(super) fn normal_code(text: &str) -> String {
    let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase());
    letters
        .map(|c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_known_by_their_hashes() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
        assert!(is_secret(&one, &hash_of(&one)));
        assert!(!is_secret(&other, &hash_of(&one)));
        assert_eq!(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn a_spoken_code_is_known_however_it_was_written_down() {
        let code = spoken_code().unwrap();
        assert_eq!(code.len(), 19);
        let kept = normal_code(&code);
        assert_eq!(normal_code(&code.to_lowercase().replace('-', " ")), kept);
        assert_eq!(normal_code("oil0-1"), "01101");
    }
}
