//! The keys that results are signed with, signatures over a manifest, and pins.
//!
//! A purpose of its own: no key of sign-ins signs a result, and the other way round. One
//! key signs for years; those that signed before stay as public keys, since a result must
//! be checkable as long as somebody keeps it. A signature is a detached JWS (RFC 7515
//! appendix F) with EdDSA over Ed25519 and nothing else, which carries its public key; a
//! pin says which key that must be.

use crate::service::fault::Fault;
use crate::service::keys::{PublicKey, PublicKeys, check_private, replace_private, write_new};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a file of keys must be.
const EXPECTED: &str = "an Ed25519 key as PKCS#8 in PEM, and public keys of those that signed before it (`greenzone \
                        keys results new` makes it)";

/// The keys of results: one signs, the others are known.
pub struct ResultKeys {
    signing: SigningKey,
    retired: Vec<VerifyingKey>,
}

impl std::fmt::Debug for ResultKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ResultKeys").field(&self.id()).finish()
    }
}

impl ResultKeys {
    /// One new key.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn random() -> Result<Self, String> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|e| e.to_string())?;
        Ok(Self { signing: SigningKey::from_bytes(&bytes), retired: Vec::new() })
    }

    /// Reads keys: one private key in PEM, and public ones of those that signed before it.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut signing, mut retired) = (Vec::new(), Vec::new());
        for block in text.split("-----BEGIN ").skip(1) {
            let block = format!("-----BEGIN {block}");
            // what stands in a key is never said
            if block.starts_with("-----BEGIN PUBLIC KEY-----") {
                retired.push(VerifyingKey::from_public_key_pem(block.trim()).map_err(|_| EXPECTED)?);
            } else {
                signing.push(SigningKey::from_pkcs8_pem(block.trim()).map_err(|_| EXPECTED)?);
            }
        }
        match <[SigningKey; 1]>::try_from(signing) {
            Ok([signing]) => Ok(Self { signing, retired }),
            Err(_) => Err(EXPECTED.to_owned()),
        }
    }

    /// Reads the keys of a file.
    ///
    /// # Errors
    /// That it cannot be read, or what is expected of it.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("{}: expected {e}", path.display()))
    }

    /// Reads the keys of a file that is this service's own; makes it where there is none.
    /// A file that others on this machine can read is refused.
    ///
    /// # Errors
    /// That it cannot be read or written, who can read it, or what is expected of it.
    pub fn load_or_create(path: &Path) -> Result<Self, String> {
        if !path.exists() {
            let keys = Self::random()?;
            // whoever was first has made it: theirs is read below
            match write_new(path, &keys.to_pem()?) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(format!("{}: {e}", path.display())),
                Ok(()) => return Ok(keys),
            }
        }
        check_private(path)?;
        Self::load(path)
    }

    /// Writes the keys to a file in place of what is there, readable by its owner alone.
    ///
    /// # Errors
    /// What the system says.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        replace_private(path, &self.to_pem()?)
    }

    fn to_pem(&self) -> Result<String, String> {
        let mut text = self.signing.to_pkcs8_pem(LineEnding::LF).map_err(|e| e.to_string())?.to_string();
        for key in &self.retired {
            text += &key.to_public_key_pem(LineEnding::LF).map_err(|e| e.to_string())?;
        }
        Ok(text)
    }

    /// With a new key that signs from now on; the one so far is known, and can sign no more.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn rotate(mut self) -> Result<Self, String> {
        let new = Self::random()?;
        self.retired.insert(0, self.signing.verifying_key());
        Ok(Self { signing: new.signing, retired: self.retired })
    }

    /// Thumbprint (RFC 7638) of the key that signs.
    pub fn id(&self) -> String {
        PublicKey::of(&self.signing.verifying_key()).kid
    }

    /// The public keys: the one that signs, then those that signed before, the latest first.
    pub fn public(&self) -> PublicKeys {
        let all = [self.signing.verifying_key()].into_iter().chain(self.retired.iter().copied());
        PublicKeys { keys: all.map(|key| PublicKey::of(&key)).collect() }
    }

    /// A detached JWS over the canonical form of a manifest; `purpose` is its `typ`.
    ///
    /// # Errors
    /// What the library says.
    pub(super) fn sign(&self, purpose: &str, payload: &[u8]) -> Result<String, Fault> {
        let public = PublicKey::of(&self.signing.verifying_key());
        let jwk = EmbeddedKey { crv: "Ed25519".to_owned(), kty: "OKP".to_owned(), x: public.x };
        let header = Header { alg: "EdDSA".to_owned(), jwk, kid: public.kid, typ: purpose.to_owned() };
        let header = URL_SAFE_NO_PAD.encode(super::canonical::canonical(&header)?);
        let signature = self.signing.sign(signed(&header, payload).as_bytes());
        Ok(format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

/// What a JWS signs.
fn signed(header: &str, payload: &[u8]) -> String {
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload))
}

/// The head of a signature.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    jwk: EmbeddedKey,
    kid: String,
    typ: String,
}

/// The public key in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmbeddedKey {
    crv: String,
    kty: String,
    x: String,
}

/// Checks a detached JWS over a payload, and gives the public key that it was made with.
/// Whether that key is the right one is another question.
///
/// # Errors
/// What is expected of it.
pub(super) fn check(signature: &str, purpose: &str, payload: &[u8]) -> Result<PublicKey, String> {
    let form = || "a detached JWS: a head, two dots, a signature".to_owned();
    let (header, bytes) = signature.split_once("..").ok_or_else(form)?;
    let head = URL_SAFE_NO_PAD.decode(header).map_err(|_| form())?;
    let head: Header = serde_json::from_slice(&head).map_err(|_| "a head with alg, jwk, kid and typ".to_owned())?;
    let is_right = head.alg == "EdDSA" && head.typ == purpose && head.jwk.kty == "OKP" && head.jwk.crv == "Ed25519";
    if !is_right {
        return Err(format!("a head with alg EdDSA, typ {purpose} and a key of Ed25519"));
    }
    let key = read_key(&head.jwk.x).ok_or("a public key of Ed25519 in its head")?;
    let public = PublicKey::of(&key);
    if public.kid != head.kid {
        return Err(format!("kid to be the thumbprint of its key, {}", public.kid));
    }
    let bytes = URL_SAFE_NO_PAD.decode(bytes).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let bytes = bytes.ok_or_else(form)?;
    let is_signed = key.verify_strict(signed(header, payload).as_bytes(), &bytes).is_ok();
    if is_signed { Ok(public) } else { Err("a signature of this manifest: one of the two was changed".to_owned()) }
}

fn read_key(x: &str) -> Option<VerifyingKey> {
    let bytes = URL_SAFE_NO_PAD.decode(x).ok()?;
    VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()
}

/// Which keys may have signed: what somebody got on another way than with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin(Vec<String>);

impl Pin {
    /// Reads a pin: a key or a key set as JSON (RFC 7517), a thumbprint (RFC 7638), or a
    /// public key's 32 bytes in base64url.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "an Ed25519 key or key set as JSON, its thumbprint, or its 32 bytes in base64url";
        #[derive(Deserialize)]
        struct Jwk {
            kty: String,
            #[serde(default)]
            crv: String,
            #[serde(default)]
            x: String,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Keys {
            Set { keys: Vec<Jwk> },
            One(Jwk),
        }
        let text = text.trim();
        if !text.starts_with('{') {
            // bytes of a key and of a thumbprint look alike, and neither can be made to be the other
            let is_sound = URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
            let key = read_key(text).map(|key| PublicKey::of(&key).kid);
            return if is_sound {
                Ok(Self([text.to_owned()].into_iter().chain(key).collect()))
            } else {
                Err(EXPECTED.to_owned())
            };
        }
        let keys = match serde_json::from_str(text).map_err(|_| EXPECTED)? {
            Keys::Set { keys } => keys,
            Keys::One(key) => vec![key],
        };
        let of_ours = keys.iter().filter(|key| key.kty == "OKP" && key.crv == "Ed25519");
        let ids: Vec<String> = of_ours.filter_map(|key| read_key(&key.x)).map(|key| PublicKey::of(&key).kid).collect();
        if ids.is_empty() { Err(EXPECTED.to_owned()) } else { Ok(Self(ids)) }
    }

    /// Whether it names a key.
    pub fn is(&self, key: &PublicKey) -> bool {
        self.0.contains(&key.kid)
    }

    /// The thumbprints.
    pub fn ids(&self) -> String {
        self.0.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSE: &str = "greenzone-result/1";

    #[test]
    fn a_signature_holds_for_its_words_and_its_purpose_alone() {
        let keys = ResultKeys::random().unwrap();
        let signature = keys.sign(PURPOSE, b"words").unwrap();
        assert_eq!(check(&signature, PURPOSE, b"words").unwrap().kid, keys.id());
        assert!(check(&signature, PURPOSE, b"other words").is_err());
        assert!(check(&signature, "greenzone-public-result/1", b"words").is_err());
        for at in 0..signature.len() {
            let mut other = signature.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert!(check(&other, PURPOSE, b"words").is_err(), "{at}");
        }
    }

    #[test]
    fn a_key_that_signed_once_is_known_for_ever_and_signs_no_more() {
        let first = ResultKeys::random().unwrap();
        let signature = first.sign(PURPOSE, b"words").unwrap();
        let id = first.id();
        let second = first.rotate().unwrap();
        let third = ResultKeys::parse(&second.to_pem().unwrap()).unwrap().rotate().unwrap();
        let text = third.to_pem().unwrap();
        assert_eq!((text.matches("PRIVATE KEY").count(), text.matches("BEGIN PUBLIC").count()), (2, 2));
        let known = serde_json::to_string(&third.public()).unwrap();
        assert_eq!(third.public().keys.iter().position(|key| key.kid == id), Some(2));
        assert!(Pin::parse(&known).unwrap().is(&check(&signature, PURPOSE, b"words").unwrap()));
        for wrong in ["", "no key", &format!("{text}{text}")] {
            assert!(ResultKeys::parse(wrong).unwrap_err().contains("PKCS#8"));
        }
    }

    #[test]
    fn a_key_is_pinned_by_itself_its_set_its_bytes_or_its_thumbprint() {
        let (keys, others) = (ResultKeys::random().unwrap(), ResultKeys::random().unwrap());
        let key = keys.public().keys.remove(0);
        let pins = [
            serde_json::to_string(&key).unwrap(),
            serde_json::to_string(&keys.public()).unwrap(),
            key.x.clone(),
            format!("{}\n", key.kid),
        ];
        for pin in pins {
            let pin = Pin::parse(&pin).unwrap();
            assert!(pin.is(&key) && !pin.is(&others.public().keys[0]));
        }
        for wrong in ["", "{}", "{\"keys\":[]}", "x", "{\"kty\":\"RSA\",\"n\":\"x\"}"] {
            assert!(Pin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_of_result_keys_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.pem");
        let made = ResultKeys::load_or_create(&path).unwrap();
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(), ResultKeys::load_or_create(&path).unwrap().id()), (0o600, made.id()));
        made.rotate().unwrap().save(&path).unwrap();
        assert_eq!((mode(), ResultKeys::load(&path).unwrap().public().keys.len()), (0o600, 2));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(ResultKeys::load_or_create(&path).unwrap_err().contains("chmod 600"));
    }
}
