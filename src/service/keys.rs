//! The keys that access tokens are signed with, and the tokens themselves.
//!
//! EdDSA over Ed25519 and nothing else: the algorithm is pinned, the key is found by its
//! id, audience and issuer are looked at, times are read from the service's own clock. A
//! ring holds two keys at most times of its life one: the first signs, both are known.

use super::fault::Fault;
use super::secrets::key as random_key;
use crate::domain::Instant;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Who signs.
const ISSUER: &str = "greenzone";
/// What an access token is for; another purpose has another audience.
const ACCESS: &str = "greenzone/access";
/// How long an access token is taken, in seconds.
pub const ACCESS_SECONDS: i64 = 600;
/// How long beyond that it is still taken, for clocks that differ (contract.md section 3,
/// People and rights).
const LEEWAY_SECONDS: i64 = 5;
/// The most keys of a ring.
const MAX_KEYS: usize = 2;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// Username.
    sub: String,
    /// The session.
    sid: String,
    /// The account's generation.
    #[serde(rename = "gen")]
    generation: i64,
    iat: i64,
    exp: i64,
    /// So that two tokens of a second differ.
    jti: String,
}

/// Whose an access token is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// The account.
    pub username: String,
    /// The account's generation when it was signed.
    pub generation: i64,
    /// The session.
    pub session: String,
}

/// A key that can sign, with what others need to verify.
struct Key {
    secret: SigningKey,
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The keys of a service.
pub struct KeyRing(Vec<Key>);

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("KeyRing").field(&self.ids()).finish()
    }
}

/// A public key as others read it (RFC 7517, RFC 8037).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PublicKey {
    /// `OKP`.
    pub kty: &'static str,
    /// `Ed25519`.
    pub crv: &'static str,
    /// The key's bytes, in base64url.
    pub x: String,
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// `EdDSA`.
    pub alg: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    #[schema(rename = "use")]
    pub usage: &'static str,
}

/// The public keys.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PublicKeys {
    /// The keys that are known just now.
    pub keys: Vec<PublicKey>,
}

impl PublicKey {
    /// A key as others read it.
    pub(super) fn of(key: &VerifyingKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
        // the members in the order of their names, without spaces (RFC 7638 section 3)
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(canonical));
        Self { kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", usage: "sig" }
    }
}

impl Key {
    fn new(secret: SigningKey) -> Result<Self, String> {
        let der = secret.to_pkcs8_der().map_err(|e| e.to_string())?;
        let encoding = EncodingKey::from_ed_der(der.as_bytes());
        let public = PublicKey::of(&secret.verifying_key());
        let decoding = DecodingKey::from_ed_components(&public.x).map_err(|e| e.to_string())?;
        Ok(Self { secret, id: public.kid, encoding, decoding })
    }

    fn random() -> Result<Self, String> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|e| e.to_string())?;
        Self::new(SigningKey::from_bytes(&bytes))
    }

    fn public(&self) -> PublicKey {
        PublicKey::of(&self.secret.verifying_key())
    }
}

impl KeyRing {
    /// A ring of one new key.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn random() -> Result<Self, String> {
        Ok(Self(vec![Key::random()?]))
    }

    /// Reads a ring: one or two PKCS#8 keys in PEM, the first one signs.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        const END: &str = "-----END PRIVATE KEY-----";
        const EXPECTED: &str = "one or two Ed25519 keys as PKCS#8 in PEM (`greenzone keys` makes them)";
        let mut keys = Vec::new();
        for block in text.split_inclusive(END).filter(|block| block.contains(END)) {
            let block = block.find("-----BEGIN").and_then(|at| block.get(at..)).ok_or(EXPECTED)?;
            // what stands in a key is never said
            keys.push(Key::new(SigningKey::from_pkcs8_pem(block).map_err(|_| EXPECTED)?)?);
        }
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(EXPECTED.to_owned());
        }
        Ok(Self(keys))
    }

    /// Reads the ring of a file.
    ///
    /// # Errors
    /// That it cannot be read, or what is expected of it.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("{}: expected {e}", path.display()))
    }

    /// Reads the ring of a file that is this service's own; makes it where there is none.
    /// A file that others on this machine can read is refused.
    ///
    /// # Errors
    /// That it cannot be read or written, who can read it, or what is expected of it.
    pub fn load_or_create(path: &Path) -> Result<Self, String> {
        if !path.exists() {
            let ring = Self::random()?;
            // whoever was first has made it: theirs is read below
            return match write_new(path, &ring.to_pem()?) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Self::load(path),
                Err(e) => Err(format!("{}: {e}", path.display())),
                Ok(()) => Ok(ring),
            };
        }
        check_private(path)?;
        Self::load(path)
    }

    /// Writes the ring to a file in place of what is there, readable by its owner alone.
    ///
    /// # Errors
    /// What the system says.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        replace_private(path, &self.to_pem()?)
    }

    fn to_pem(&self) -> Result<String, String> {
        let pem = |key: &Key| key.secret.to_pkcs8_pem(LineEnding::LF).map(|p| p.to_string()).map_err(|e| e.to_string());
        self.0.iter().map(pem).collect()
    }

    /// The ids of its keys; the first one signs.
    pub fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|key| key.id.as_str()).collect()
    }

    /// With a new key that is known and does not sign yet: first step of a rotation.
    ///
    /// # Errors
    /// Where there are two already.
    pub fn announce(mut self) -> Result<Self, String> {
        if self.0.len() >= MAX_KEYS {
            return Err("there are two keys already; `greenzone keys retire` takes the second one out".to_owned());
        }
        self.0.push(Key::random()?);
        Ok(self)
    }

    /// With the other key signing: second step of a rotation.
    ///
    /// # Errors
    /// Where there is only one.
    pub fn promote(mut self) -> Result<Self, String> {
        if self.0.len() < MAX_KEYS {
            return Err("there is only one key; `greenzone keys announce` makes another one known first".to_owned());
        }
        self.0.rotate_left(1);
        Ok(self)
    }

    /// Without the key that does not sign: last step of a rotation.
    ///
    /// # Errors
    /// Where there is only one.
    pub fn retire(mut self) -> Result<Self, String> {
        if self.0.len() < MAX_KEYS {
            return Err("there is only one key, and it signs".to_owned());
        }
        self.0.truncate(1);
        Ok(self)
    }

    /// The public keys.
    pub fn public(&self) -> PublicKeys {
        PublicKeys { keys: self.0.iter().map(Key::public).collect() }
    }

    /// Signs an access token.
    ///
    /// # Errors
    /// What the library says.
    pub fn sign(&self, access: &Access, now: Instant) -> Result<String, Fault> {
        let key = self.0.first().ok_or_else(|| Fault::internal("a ring without keys"))?;
        let iat = seconds(now);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ACCESS.to_owned(),
            sub: access.username.clone(),
            sid: access.session.clone(),
            generation: access.generation,
            iat,
            exp: iat + ACCESS_SECONDS,
            jti: random_key()?,
        };
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(Fault::internal)
    }

    /// Whose an access token is, if this service signed it, for this purpose, and its time
    /// is not over.
    ///
    /// # Errors
    /// 401, in the same words for whatever is wrong with it.
    pub fn verify(&self, token: &str, now: Instant) -> Result<Access, Fault> {
        let refused = |why: &str| {
            tracing::debug!(why, "an access token was refused");
            Fault::token_ended()
        };
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused("no token"))?;
        let key = self.0.iter().find(|key| header.kid.as_deref() == Some(&key.id));
        let key = key.ok_or_else(|| refused("another key"))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ACCESS]);
        // times are read from the service's clock, below
        validation.validate_exp = false;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation);
        let claims = decoded.map_err(|e| refused(&e.to_string()))?.claims;
        let now = seconds(now);
        if now >= claims.exp + LEEWAY_SECONDS || claims.exp - claims.iat != ACCESS_SECONDS {
            return Err(refused("its time is over"));
        }
        if claims.iat > now + LEEWAY_SECONDS {
            return Err(refused("it is of the future"));
        }
        Ok(Access { username: claims.sub, generation: claims.generation, session: claims.sid })
    }
}

fn seconds(at: Instant) -> i64 {
    at.micros().div_euclid(1_000_000)
}

/// Writes a secret in place of what is in a file, readable by its owner alone.
///
/// # Errors
/// What the system says.
pub(super) fn replace_private(path: &Path, text: &str) -> Result<(), String> {
    let beside = path.with_extension("new");
    let failed = |e: std::io::Error| format!("{}: {e}", beside.display());
    let _ = std::fs::remove_file(&beside);
    write_new(&beside, text).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}

/// Writes a secret to a file that must not be there, readable by its owner alone.
pub(super) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Refuses a file of secrets that others on this machine can read.
///
/// # Errors
/// Who can read it.
#[cfg(unix)]
pub(super) fn check_private(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let shown = path.display();
    Err(format!("{shown} holds secret keys and others can read it (mode {:o}); run `chmod 600 {shown}`", mode & 0o777))
}

#[cfg(not(unix))]
pub(super) fn check_private(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    const NOW: &str = "2021-07-24T06:00:00Z";

    fn access() -> Access {
        Access { username: "to-truong".into(), generation: 3, session: "s1".into() }
    }

    /// A token of one's own making.
    fn forged(header: &Value, claims: &Value, sign: impl Fn(&str) -> Vec<u8>) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(sign(&signed)))
    }

    fn claims() -> Value {
        let iat = seconds(at(NOW));
        json!({"iss": ISSUER, "aud": ACCESS, "sub": "to-truong", "sid": "s1", "gen": 3, "iat": iat, "exp": iat + 600, "jti": "x"})
    }

    #[test]
    fn a_token_is_known_until_five_seconds_after_its_end() {
        let ring = KeyRing::random().unwrap();
        let token = ring.sign(&access(), at(NOW)).unwrap();
        assert_eq!(ring.verify(&token, at(NOW)).unwrap(), access());
        assert!(ring.verify(&token, at("2021-07-24T06:10:04Z")).is_ok());
        assert!(ring.verify(&token, at("2021-07-24T06:10:05Z")).is_err());
        assert!(ring.verify(&token, at("2021-07-24T05:59:55Z")).is_ok());
        assert!(ring.verify(&token, at("2021-07-24T05:59:54Z")).is_err(), "of the future");
        assert!(KeyRing::random().unwrap().verify(&token, at(NOW)).is_err(), "of another service");
    }

    #[test]
    fn tokens_that_others_made_are_refused() {
        use ed25519_dalek::Signer;
        use hmac_of_sha256 as hmac;
        let ring = KeyRing::random().unwrap();
        let key = &ring.0[0];
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": key.id});
        let sign = |text: &str| key.secret.sign(text.as_bytes()).to_vec();
        let now = at(NOW);
        assert!(ring.verify(&forged(&header, &claims(), sign), now).is_ok(), "the forger's tool works");
        let none = json!({"alg": "none", "kid": key.id});
        assert!(ring.verify(&forged(&none, &claims(), |_| Vec::new()), now).is_err(), "alg none");
        let confused = json!({"alg": "HS256", "kid": key.id});
        let public = key.secret.verifying_key();
        assert!(ring.verify(&forged(&confused, &claims(), |t| hmac(public.as_bytes(), t)), now).is_err());
        let unnamed = json!({"alg": "EdDSA"});
        assert!(ring.verify(&forged(&unnamed, &claims(), sign), now).is_err(), "no key id");
        for (name, value) in [
            ("aud", json!("greenzone/refresh")),
            ("iss", json!("another")),
            ("exp", json!(seconds(now) + 10_000)),
            ("exp", json!(null)),
            ("sub", json!(null)),
            ("iat", json!(seconds(now) + 600)),
        ] {
            let mut wrong = claims();
            wrong[name] = value;
            assert!(ring.verify(&forged(&header, &wrong, sign), now).is_err(), "{wrong}");
        }
        let mut changed = ring.sign(&access(), now).unwrap();
        changed.replace_range(60..61, if &changed[60..61] == "A" { "B" } else { "A" });
        assert!(ring.verify(&changed, now).is_err());
        for garbage in ["", "a.b.c", "..", &"x".repeat(10_000)] {
            assert!(ring.verify(garbage, now).is_err());
        }
    }

    /// HMAC by hand (RFC 2104), for a token that a forger signs with the public key.
    fn hmac_of_sha256(key: &[u8], text: &str) -> Vec<u8> {
        let pad = |byte: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ byte).collect() };
        let inner = Sha256::digest([pad(0x36), text.as_bytes().to_vec()].concat());
        Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
    }

    #[test]
    fn a_rotation_leaves_nobody_outside() {
        let now = at(NOW);
        let ring = KeyRing::random().unwrap();
        let old = ring.sign(&access(), now).unwrap();
        let before = ring.to_pem().unwrap();
        let announced = ring.announce().unwrap();
        let again = |ring: &KeyRing| KeyRing::parse(&ring.to_pem().unwrap()).unwrap();
        assert!(announced.verify(&old, now).is_ok());
        let promoted = again(&announced).promote().unwrap();
        let new = promoted.sign(&access(), now).unwrap();
        assert!(promoted.verify(&old, now).is_ok());
        assert!(announced.verify(&new, now).is_ok(), "a process that was not restarted yet");
        assert!(KeyRing::parse(&before).unwrap().verify(&new, now).is_err());
        let retired = promoted.retire().unwrap();
        assert!(retired.verify(&old, now).is_err() && retired.verify(&new, now).is_ok());
        assert_eq!(announced.public().keys.len(), 2);
        assert!(announced.announce().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_of_a_ring_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring.pem");
        let made = KeyRing::load_or_create(&path).unwrap();
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        assert_eq!(KeyRing::load_or_create(&path).unwrap().ids(), made.ids());
        made.announce().unwrap().save(&path).unwrap();
        assert_eq!((mode(), KeyRing::load(&path).unwrap().0.len()), (0o600, 2));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(KeyRing::load_or_create(&path).unwrap_err().contains("chmod 600"));
        std::fs::write(&path, "no key").unwrap();
        assert!(KeyRing::load(&path).unwrap_err().contains("Ed25519"));
    }
}
