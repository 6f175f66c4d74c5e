//! Answers as bytes, made once however many ask.

use super::fault::Fault;
use super::live::Snapshot;
use super::measures::Measures;
use super::secrets::hex;
use bytes::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use sha2::{Digest, Sha256};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::io::Write as _;
use std::sync::{Arc, LazyLock, OnceLock};

/// An answer: its bytes, its entity tag, and its compressed form once it was asked for.
#[derive(Debug)]
pub struct Rendered {
    /// The bytes.
    pub bytes: Bytes,
    /// The entity tags of the bytes as they are and compressed, in quotes.
    tags: [Bytes; 2],
    gzip: OnceLock<Option<Bytes>>,
}

/// Shorter answers are not worth compressing.
const WORTH_COMPRESSING: usize = 860;

impl Rendered {
    /// An answer of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        let tag = etag_of(&bytes);
        let tags = [format!("\"{tag}\""), format!("\"{tag}-gzip\"")].map(Bytes::from);
        Self { tags, bytes: bytes.into(), gzip: OnceLock::new() }
    }

    /// The entity tag, in quotes: another one for each encoding.
    pub fn tag(&self, is_gzip: bool) -> &Bytes {
        let [plain, gzip] = &self.tags;
        if is_gzip { gzip } else { plain }
    }

    /// The compressed form; none where it is not worth it.
    pub fn gzip(&self) -> Option<Bytes> {
        let compress = || {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
            encoder.write_all(&self.bytes).ok()?;
            encoder.finish().ok().map(Bytes::from)
        };
        let is_worth_it = self.bytes.len() >= WORTH_COMPRESSING;
        self.gzip.get_or_init(|| is_worth_it.then(compress).flatten()).clone()
    }
}

/// A strong entity tag: 128 bits of the bytes' SHA-256.
pub fn etag_of(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).get(..16).unwrap_or_default())
}

/// What an answer is kept under: the revision, the resolved parameters and the audience, never
/// the query's text, in 128 bits of a hash that only this process can compute. Nobody can look
/// for two questions of one key, and by chance there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u128);

impl Key {
    /// The key of an answer that is made from a snapshot. What is asked of it begins with a
    /// word of its own, which tells it from what else is asked in parts of the same types.
    pub fn of(snapshot: &Snapshot, what: impl Hash) -> Self {
        Self::new((snapshot.edition(), what))
    }

    /// The key of an answer that is made from something else, which is said as well.
    pub fn new(what: impl Hash) -> Self {
        static OF_PROCESS: LazyLock<[u64; 2]> =
            LazyLock::new(|| [(); 2].map(|()| RandomState::new().build_hasher().finish()));
        let [one, other] = *OF_PROCESS;
        let mut hasher = SipHasher13::new_with_keys(one, other);
        what.hash(&mut hasher);
        Self(hasher.finish128().as_u128())
    }
}

/// The answers that are kept, bounded by their bytes.
#[derive(Debug)]
pub struct Answers {
    kept: Cache<Key, Arc<Rendered>, Bytewise>,
    measures: Arc<Measures>,
}

#[derive(Clone, Debug)]
struct Bytewise;

impl Weighter<Key, Arc<Rendered>> for Bytewise {
    fn weight(&self, _: &Key, answer: &Arc<Rendered>) -> u64 {
        // the compressed form comes later and is smaller
        2 * answer.bytes.len() as u64 + 300
    }
}

/// How many bytes of answers are kept.
const MAX_BYTES: u64 = 32 << 20;

/// About how many bytes an answer is.
const USUAL_BYTES: u64 = 16 << 10;

impl Answers {
    /// None yet.
    pub(super) fn new(measures: Arc<Measures>) -> Self {
        let usual = usize::try_from(MAX_BYTES / USUAL_BYTES).unwrap_or(usize::MAX);
        let mut options = OptionsBuilder::new();
        // in one part: each part would keep no answer that is larger than it
        options.shards(1).estimated_items_capacity(usual).weight_capacity(MAX_BYTES);
        let kept = match options.build() {
            Ok(options) => {
                Cache::with_options(options, Bytewise, DefaultHashBuilder::default(), DefaultLifecycle::default())
            }
            Err(_) => Cache::with_weighter(usual, MAX_BYTES, Bytewise),
        };
        Self { kept, measures }
    }

    /// The answer of a key, made by `make` on a thread that may block, once however many ask.
    ///
    /// # Errors
    /// What `make` answers; refusals are not kept.
    pub async fn get(
        &self,
        key: Key,
        make: impl FnOnce() -> Result<Vec<u8>, Fault> + Send + 'static,
    ) -> Result<Arc<Rendered>, Fault> {
        if let Some(answer) = self.kept.get(&key) {
            self.measures.hits.inc();
            return Ok(answer);
        }
        let made = async {
            let span = tracing::Span::current();
            let timer = self.measures.render.start_timer();
            let bytes = tokio::task::spawn_blocking(move || span.in_scope(make)).await.map_err(Fault::internal)??;
            timer.observe_duration();
            Ok::<_, Fault>(Arc::new(Rendered::new(bytes)))
        };
        // most answers are there, and what waits for one is large
        Box::pin(self.kept.get_or_insert_async(&key, made)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn tags_tell_bytes_apart() {
        assert_eq!(etag_of(b"").len(), 32);
        assert_eq!(etag_of(b""), "e3b0c44298fc1c149afbf4c8996fb924");
        assert_ne!(etag_of(b"a"), etag_of(b"b"));
    }

    #[test]
    fn keys_tell_apart_what_is_asked_and_the_same_is_the_same() {
        let key = |word: &str, code: Option<&str>, rows| Key::new((word, code, rows));
        let one = key("board", Some("ab"), 0..50);
        assert_eq!(one, key("board", Some("ab"), 0..50));
        for other in [
            key("boarda", Some("b"), 0..50),
            key("board", None, 0..50),
            key("board", Some("ab"), 0..51),
            key("around", Some("ab"), 0..50),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn an_answer_larger_than_most_is_kept_and_one_larger_than_all_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let answers = Answers::new(Arc::new(Measures::new().unwrap()));
            for (key, len, is_kept) in [("large", 14 << 20, true), ("too large", 17 << 20, false)] {
                let made = answers.get(Key::new(key), move || Ok(vec![0; len])).await.unwrap();
                assert_eq!(made.bytes.len(), len);
                assert_eq!(answers.kept.get(&Key::new(key)).is_some(), is_kept, "{key}");
            }
        });
    }

    #[test]
    fn an_answer_is_made_once_however_many_ask_and_a_refusal_is_not_kept() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let answers = Answers::new(Arc::new(Measures::new().unwrap()));
            let made = Arc::new(AtomicU32::new(0));
            let ask = || {
                let made = made.clone();
                answers.get(Key::new("k"), move || {
                    made.fetch_add(1, Ordering::SeqCst);
                    Ok(b"board".to_vec())
                })
            };
            let (a, b) = tokio::join!(ask(), ask());
            assert_eq!(a.unwrap().bytes, b.unwrap().bytes);
            assert_eq!(made.load(Ordering::SeqCst), 1);
            let refused = answers.get(Key::new("r"), || Err(Fault::no_campaign("x"))).await;
            assert!(refused.is_err());
            assert!(answers.get(Key::new("r"), || Ok(Vec::new())).await.is_ok());
        });
    }
}
