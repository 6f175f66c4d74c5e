//! Answers as bytes, made once however many ask.

use super::fault::Fault;
use super::measures::Measures;
use super::secrets::hex;
use bytes::Bytes;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

/// An answer: its bytes, its entity tag, and its compressed form once it was asked for.
#[derive(Debug)]
pub struct Rendered {
    /// The bytes.
    pub bytes: Bytes,
    /// The entity tags of the bytes as they are and compressed, in quotes.
    tags: [String; 2],
    gzip: OnceLock<Option<Bytes>>,
}

/// Shorter answers are not worth compressing.
const WORTH_COMPRESSING: usize = 860;

impl Rendered {
    /// An answer of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        let tag = etag_of(&bytes);
        let tags = [format!("\"{tag}\""), format!("\"{tag}-gzip\"")];
        Self { tags, bytes: bytes.into(), gzip: OnceLock::new() }
    }

    /// The entity tag, in quotes: another one for each encoding.
    pub fn tag(&self, is_gzip: bool) -> &str {
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

/// The answers that are kept, bounded by their bytes. Keys are made of the revision,
/// the resolved parameters and the audience, never of the query's text.
#[derive(Debug)]
pub struct Answers {
    kept: Cache<String, Arc<Rendered>>,
    measures: Arc<Measures>,
}

/// How many bytes of answers are kept.
const MAX_BYTES: u64 = 32 << 20;

impl Answers {
    /// None yet.
    pub(super) fn new(measures: Arc<Measures>) -> Self {
        let weigh = |key: &String, answer: &Arc<Rendered>| {
            // the compressed form comes later and is smaller
            u32::try_from(key.len() + 2 * answer.bytes.len() + 200).unwrap_or(u32::MAX)
        };
        Self { kept: Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build(), measures }
    }

    /// The answer of a key, made by `make` on a thread that may block, once however many ask.
    ///
    /// # Errors
    /// What `make` answers; refusals are not kept.
    pub async fn get(
        &self,
        key: String,
        make: impl FnOnce() -> Result<Vec<u8>, Fault> + Send + 'static,
    ) -> Result<Arc<Rendered>, Fault> {
        if let Some(answer) = self.kept.get(&key).await {
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
        Box::pin(self.kept.try_get_with(key, made)).await.map_err(|fault| Fault::clone(&fault))
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
    fn an_answer_is_made_once_however_many_ask_and_a_refusal_is_not_kept() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let answers = Answers::new(Arc::new(Measures::new().unwrap()));
            let made = Arc::new(AtomicU32::new(0));
            let ask = || {
                let made = made.clone();
                answers.get("k".to_owned(), move || {
                    made.fetch_add(1, Ordering::SeqCst);
                    Ok(b"board".to_vec())
                })
            };
            let (a, b) = tokio::join!(ask(), ask());
            assert_eq!(a.unwrap().bytes, b.unwrap().bytes);
            assert_eq!(made.load(Ordering::SeqCst), 1);
            let refused = answers.get("r".to_owned(), || Err(Fault::no_campaign("x"))).await;
            assert!(refused.is_err());
            assert!(answers.get("r".to_owned(), || Ok(Vec::new())).await.is_ok());
        });
    }
}
