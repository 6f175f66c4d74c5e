//! A request as handlers see it: who asks, for what, and how the answer is given.
//!
//! A [`Call`] is made before any body is read, and an unknown caller refused. Parameters are checked against the operation's own description in the OpenAPI
//! document, so that what is not documented is refused.

use super::identity::{Asker, data, request_id_of};
use super::limits::Limits;
use super::problem::{ApiError, Kind};
use super::routes::Address;
use crate::domain::text::nfc;
use crate::domain::time::parse_day;
use crate::domain::{Day, Instant};
use crate::scoring::appraisal::Track;
use crate::scoring::board::By;
use crate::service::access::Provable;
use crate::service::audit::Origin;
use crate::service::boards::{AsOf, Ask};
use crate::service::figures::escape;
use crate::service::live::{Sight, Snapshot};
use crate::service::rendered::{Rendered, etag_of};
use crate::service::writer::{Idempotency, IfMatch, WriteRequest, Written};
use crate::service::{Audience, Caller, Fault, Grant, Moment, Service, View};
use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use percent_encoding::percent_decode;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What a handler answers.
pub type Answer = Result<HttpResponse, ApiError>;

/// The most bytes of a JSON body.
const MAX_JSON: usize = 8 << 20;

/// How long the next piece of a body may take, and the whole of it.
const BETWEEN_CHUNKS: Duration = Duration::from_secs(15);
const WHOLE_BODY: Duration = Duration::from_secs(300);

/// A request.
#[derive(Debug)]
pub struct Call {
    /// The use cases.
    pub service: Arc<Service>,
    /// Who asks.
    pub caller: Caller,
    pub(super) request: HttpRequest,
    /// Who asks, to the network.
    client: Option<IpAddr>,
    address: Arc<Address>,
    query: Vec<(String, String)>,
    /// Whether somebody who is known asks for what the public sees.
    as_public: bool,
    /// The token of the page session that the caller is known by.
    pub(super) page_token: Option<String>,
}

impl Call {
    /// Reads a request to an address, which knows these query parameters.
    ///
    /// # Errors
    /// An unknown caller, or a parameter that is unknown or stands twice.
    pub(super) fn read(
        request: HttpRequest,
        asker: Asker,
        address: Arc<Address>,
        known: &[String],
    ) -> Result<Self, ApiError> {
        let (caller, client, page_token) = (asker.caller?, asker.client, asker.page_token);
        let query = read_query(request.query_string())?;
        for (at, (name, _)) in query.iter().enumerate() {
            if !known.contains(name) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let message = format!("no parameter {name:?}; known here: {known}");
                return Err(ApiError::of_parameter(Kind::InvalidParameter, name, message));
            }
            if query.iter().take(at).any(|(n, _)| n == name) {
                let message = format!("parameter {name:?} stands twice");
                return Err(ApiError::of_parameter(Kind::InvalidParameter, name, message));
            }
        }
        let service = data::<Service>(&request)?.clone().into_inner();
        let mut call = Self { service, caller, request, client, address, query, as_public: false, page_token };
        call.as_public = call.parse("audience", "public", |text| (text == "public").then_some(()))?.is_some();
        Ok(call)
    }

    /// Something that the application holds for all requests.
    ///
    /// # Errors
    /// It was built without.
    pub fn data<T: 'static>(&self) -> Result<Arc<T>, ApiError> {
        Ok(data::<T>(&self.request)?.clone().into_inner())
    }

    /// Who reads: the caller, or the public where the caller asks for what it sees.
    pub fn reader(&self) -> Caller {
        if self.as_public { Caller::Anonymous } else { self.caller.clone() }
    }

    /// What the caller may see of the campaign of the path.
    pub fn audience(&self) -> Result<Audience, ApiError> {
        Ok(self.reader().audience(&self.path("campaign")?))
    }

    /// What the caller may see of a campaign at a revision.
    pub fn sight(&self, snapshot: &Snapshot) -> Sight {
        snapshot.sight(&self.reader().audience(&snapshot.campaign().code))
    }

    /// A right in the campaign of the path; without one there, in the service itself.
    pub fn may<R: Provable>(&self) -> Result<Grant<R>, ApiError> {
        let campaign = if self.address.part("campaign").is_some() { Some(self.path("campaign")?) } else { None };
        Ok(self.caller.may(campaign.as_deref())?)
    }

    /// Keeps in the log that figures of private units are read, before they are
    /// answered (domain.md section 6); the public sees none.
    pub async fn note_private_read(&self, snapshot: &Snapshot, is_private: bool) -> Result<(), ApiError> {
        let Caller::Known(who) = &self.caller else { return Ok(()) };
        if !is_private || self.sight(snapshot) == Sight::Public {
            return Ok(());
        }
        let target = self.request.uri().path_and_query().map_or("", |p| p.as_str()).to_owned();
        let request = WriteRequest { origin: self.origin(), ..WriteRequest::default() };
        Box::pin(self.service.note_private_read(who, &snapshot.campaign().code, target, request).answer()).await?;
        Ok(())
    }

    /// Counts a try to sign in to an account.
    pub fn limit_login(&self, username: &str) -> Result<(), ApiError> {
        let limits = data::<Limits>(&self.request)?;
        self.client.map_or(Ok(()), |client| limits.login(client, username).map_err(ApiError::too_many))
    }

    /// Where the request comes from.
    pub fn origin(&self) -> Origin {
        let address = self.client.map(|a| a.to_string()).unwrap_or_default();
        Origin { address, request_id: request_id_of(&self.request) }
    }

    /// A part of the path, decoded once and brought to NFC.
    pub fn path(&self, name: &str) -> Result<String, ApiError> {
        let mut parts = self.request.uri().path().as_bytes().split(|byte| *byte == b'/');
        let raw = self.address.part(name).and_then(|at| parts.nth(at)).unwrap_or_default();
        let decoded = percent_decode(raw).decode_utf8();
        let decoded = decoded.map_err(|_| ApiError::new(Kind::MalformedAddress, "the address is not UTF-8"))?;
        if decoded.contains('\0') {
            return Err(ApiError::new(Kind::MalformedAddress, "the address holds a NUL"));
        }
        Ok(nfc(&decoded))
    }

    /// A day in the path.
    pub fn day_in_path(&self) -> Result<Day, ApiError> {
        let text = self.path("date")?;
        parse_day(&text).map_err(|expected| {
            let message = format!("expected {expected}, found {text:?}");
            ApiError::of_parameter(Kind::MalformedParameter, "date", message)
        })
    }

    /// The languages that the caller reads.
    pub fn accept_language(&self) -> Option<&str> {
        self.request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok())
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The address of what is read, with one parameter changed and some left out; none where
    /// something is sent.
    pub fn address_with(&self, (name, value): (&str, &str), without: &[&str]) -> Option<String> {
        if self.request.method() != Method::GET {
            return None;
        }
        let kept = self.query.iter().filter(|(n, _)| n != name && !without.contains(&n.as_str()));
        let pairs = kept.map(|(n, v)| (n.as_str(), v.as_str())).chain([(name, value)]);
        let pairs: Vec<String> = pairs.map(|(n, v)| format!("{n}={}", escape(v))).collect();
        Some(format!("{}?{}", self.request.uri().path(), pairs.join("&")))
    }

    /// A text parameter brought to NFC; empty is refused.
    pub fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            Some("") => {
                Err(ApiError::of_parameter(Kind::InvalidParameter, name, format!("{name} is empty; leave it out")))
            }
            other => Ok(other.map(nfc)),
        }
    }

    /// A parameter that a parser accepts.
    pub fn parse<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        parse(text).map(Some).ok_or_else(|| {
            let message = format!("{name}: expected {expected}, found {text:?}");
            ApiError::of_parameter(Kind::InvalidParameter, name, message)
        })
    }

    /// A day.
    pub fn day(&self, name: &str) -> Result<Option<Day>, ApiError> {
        self.parse(name, "a day written YYYY-MM-DD", |t| parse_day(t).ok())
    }

    /// A whole number between two bounds.
    pub fn number(&self, name: &str, from: u64, to: u64) -> Result<Option<u64>, ApiError> {
        if self.get(name).is_none() {
            return Ok(None);
        }
        let expected = format!("a whole number from {from} to {to}");
        self.parse(name, &expected, |t| {
            crate::domain::number::parse_whole(t, to).filter(|n| *n >= from && (t == "0" || !t.starts_with('0')))
        })
    }

    /// Whether a parameter says `true`; `false` without it.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        let read = |t: &str| match t {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        Ok(self.parse(name, "true or false", read)?.unwrap_or_default())
    }

    /// The reason of a DELETE.
    pub fn reason(&self) -> Result<String, ApiError> {
        let missing = || {
            let message = "this needs a reason: 1 to 500 characters in the parameter `reason`";
            Fault::of_field(crate::service::Code::ReasonRequired, "reason", message)
        };
        Ok(self.reason_opt()?.ok_or_else(missing)?)
    }

    /// The reason in the parameters, where there is one.
    fn reason_opt(&self) -> Result<Option<String>, ApiError> {
        let parse = |text| {
            crate::domain::text::parse_reason(text).map_err(|expected| {
                ApiError::of_parameter(Kind::InvalidParameter, "reason", format!("reason: expected {expected}"))
            })
        };
        self.get("reason").map(parse).transpose()
    }

    /// Which moment is asked for.
    pub fn moment(&self) -> Result<Moment, ApiError> {
        let revision = self.number("revision", 1, i64::MAX as u64)?.and_then(|n| i64::try_from(n).ok());
        let Some(text) = self.get("known_at") else {
            return Ok(revision.map_or(Moment::Now, Moment::Revision));
        };
        let moment = |known_at| match revision {
            Some(revision) => Moment::Pinned { known_at, revision },
            None => Moment::KnownAt(known_at),
        };
        Instant::parse(text).map(moment).map_err(|expected| {
            let bytes = text.as_bytes();
            // "2021-07-12T12:00:00 07:00": the plus of an offset arrived as a space
            let was_plus = bytes.len() >= 25 && bytes.get(bytes.len() - 6) == Some(&b' ');
            let hint = if was_plus { "; a plus in an address must be written %2B" } else { "" };
            let message = format!("known_at: expected {expected}, found {text:?}{hint}");
            ApiError::of_parameter(Kind::MalformedParameter, "known_at", message)
        })
    }

    /// The board that the parameters ask for.
    ///
    /// # Errors
    /// A parameter that is none of its words.
    pub fn board(&self) -> Result<Ask, ApiError> {
        let as_of = |text: &str| match text {
            "live" => Some(AsOf::Live),
            day => parse_day(day).ok().map(AsOf::Day),
        };
        Ok(Ask {
            kind: self.text("kind")?,
            track: self.parse("track", "improvement or kept_clean", Track::parse)?,
            by: self.parse("by", "points, reduction, level_drop or green_on", By::parse)?,
            as_of: self.parse("as_of", "a day written YYYY-MM-DD, or live", as_of)?,
            within: self.text("within")?,
            block: self.text("block")?,
        })
    }

    /// The campaign of the path at the moment that is asked for, as the caller sees it: while
    /// a board is frozen or final, the public sees nothing newer.
    pub async fn look(&self, moment: Moment) -> Result<View, ApiError> {
        let campaign = self.path("campaign")?;
        self.look_as(&campaign, moment, &self.reader().audience(&campaign)).await
    }

    /// The campaign of the path as it stands, for what only those may ask who see it so: the
    /// handler has proven a right, or looks no further than what the caller is entrusted with.
    pub async fn look_live(&self, moment: Moment) -> Result<View, ApiError> {
        self.look_as(&self.path("campaign")?, moment, &Audience::Full).await
    }

    /// The campaign of the path now, and as whom the caller reads it who asks for one unit,
    /// or what lies below it: people see their own unit as it stands.
    pub async fn look_at(&self, unit: &str) -> Result<(View, Audience), ApiError> {
        let audience = self.audience()?;
        let Audience::Within(own) = &audience else { return Ok((self.look(Moment::Now).await?, audience)) };
        let live = self.look_live(Moment::Now).await?;
        let asked = live.snapshot.register().find(unit);
        if asked.is_some_and(|unit| live.snapshot.is_confided(unit, live.snapshot.sight(&audience))) {
            return Ok((live, Audience::Own(own.clone())));
        }
        Ok((self.look(Moment::Now).await?, audience))
    }

    async fn look_as(&self, campaign: &str, moment: Moment, audience: &Audience) -> Result<View, ApiError> {
        let min = self.number("min_revision", 0, i64::MAX as u64)?.and_then(|n| i64::try_from(n).ok());
        Ok(self.service.look(campaign, moment, min, audience).await?)
    }

    /// What of several types the caller takes first; JSON is always among them.
    pub fn accepts(&self, offered: &[&'static str]) -> Result<&'static str, ApiError> {
        let Some(accept) = self.request.headers().get(header::ACCEPT) else {
            return Ok(offered.first().unwrap_or(&""));
        };
        let accept = accept.to_str().unwrap_or("*/*");
        // as most say it
        if let Some(offer) = offered.iter().find(|offer| **offer == accept) {
            return Ok(offer);
        }
        let quality = |offer: &str| {
            let ranges = accept.split(',').filter_map(|part| media_range(part, offer));
            // the most exact range counts
            ranges.max_by_key(|(exactness, _)| *exactness).map_or(0, |(_, quality)| quality)
        };
        let best = offered.iter().rev().max_by_key(|offer| quality(offer)).filter(|offer| quality(offer) > 0);
        best.copied().ok_or_else(|| {
            let detail = format!("this can be had as {}", offered.join(", "));
            ApiError::new(Kind::NotAcceptable, detail)
        })
    }

    /// How the write is asked for; `body` is part of what an idempotency key stands for.
    pub fn write_request(&self, body: &[u8]) -> Result<WriteRequest, ApiError> {
        let (idempotency, if_match) = (self.idempotency(body)?, self.if_match()?);
        Ok(WriteRequest { idempotency, if_match, reason: self.reason_opt()?, origin: self.origin() })
    }

    /// How a write is asked for that answers a secret, or nothing: no answer is kept, so
    /// a key would promise what is not there.
    pub fn write_once(&self) -> Result<WriteRequest, ApiError> {
        if self.request.headers().contains_key("idempotency-key") {
            let message = "Idempotency-Key: nothing is kept of what this answers; send it without";
            return Err(ApiError::of_parameter(Kind::InvalidParameter, "Idempotency-Key", message));
        }
        Ok(WriteRequest { origin: self.origin(), ..WriteRequest::default() })
    }

    fn idempotency(&self, body: &[u8]) -> Result<Option<Idempotency>, ApiError> {
        let Some(key) = self.one_header("idempotency-key")? else { return Ok(None) };
        let is_sound = (1..=255).contains(&key.len()) && key.bytes().all(|b| (0x20..0x7F).contains(&b));
        if !is_sound {
            let message = "Idempotency-Key: expected 1 to 255 printable ASCII characters";
            return Err(ApiError::of_parameter(Kind::InvalidParameter, "Idempotency-Key", message));
        }
        let address = self.request.uri().path_and_query().map_or("", |p| p.as_str());
        let asked = [self.request.method().as_str().as_bytes(), b" ", address.as_bytes(), b"\n", body].concat();
        Ok(Some(Idempotency { caller: self.caller.name(), key, fingerprint: etag_of(&asked) }))
    }

    fn if_match(&self) -> Result<Option<IfMatch>, ApiError> {
        let Some(text) = self.one_header("if-match")? else { return Ok(None) };
        if text.trim() == "*" {
            return Ok(Some(IfMatch::Any));
        }
        // compared strongly: weak tags never match; the compressed form is the same representation
        let strong = text.split(',').map(str::trim).filter_map(|t| t.strip_prefix('"')?.strip_suffix('"'));
        let tags: Vec<String> = strong.map(|t| t.trim_end_matches("-gzip").to_owned()).collect();
        Ok(Some(IfMatch::Tags(tags)))
    }

    fn one_header(&self, name: &'static str) -> Result<Option<String>, ApiError> {
        let mut values = self.request.headers().get_all(name);
        let Some(first) = values.next() else { return Ok(None) };
        let text = first.to_str().ok().filter(|_| values.next().is_none());
        let text = text.ok_or_else(|| {
            ApiError::of_parameter(Kind::MalformedHeader, name, format!("{name}: expected one header of ASCII"))
        })?;
        Ok(Some(text.to_owned()))
    }

    /// Refuses a body where there is none to be.
    pub fn no_body(&self) -> Result<(), ApiError> {
        let length = self.request.headers().get(header::CONTENT_LENGTH);
        let is_empty = length.is_none_or(|l| l.as_bytes() == b"0");
        if is_empty && !self.request.headers().contains_key(header::TRANSFER_ENCODING) {
            return Ok(());
        }
        Err(ApiError::new(Kind::BodyNotAllowed, "this takes no body; the reason of a DELETE is the parameter `reason`"))
    }

    /// The essence of the body's type, in small letters.
    pub fn content_type(&self) -> String {
        let value = self.request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The body of a type, no larger than `limit`.
    pub async fn body(&self, mut payload: web::Payload, limit: usize) -> Result<Bytes, ApiError> {
        let too_large = || ApiError::new(Kind::TooLarge, format!("expected a body of at most {limit} bytes"));
        let stated = self.request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        if stated.and_then(|s| s.parse::<u64>().ok()).is_some_and(|n| n > limit as u64) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        let slow = |_| ApiError::new(Kind::TooSlow, "the body came too slowly");
        let deadline = tokio::time::Instant::now() + WHOLE_BODY;
        loop {
            let until = deadline.min(tokio::time::Instant::now() + BETWEEN_CHUNKS);
            let Some(chunk) = tokio::time::timeout_at(until, payload.next()).await.map_err(slow)? else { break };
            let chunk = chunk.map_err(|_| ApiError::new(Kind::MalformedBody, "the body breaks off"))?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// The body as a JSON document.
    pub async fn json_body(&self, payload: web::Payload) -> Result<Bytes, ApiError> {
        if self.content_type() != "application/json" {
            let detail = "expected a body of type application/json";
            return Err(ApiError::new(Kind::UnsupportedMediaType, detail));
        }
        self.body(payload, MAX_JSON).await
    }

    /// Answers with bytes that are kept: entity tag, 304, compression, caching.
    pub fn reply(&self, rendered: &Rendered, content_type: &'static str, revision: Option<i64>) -> HttpResponse {
        self.reply_cached(rendered, content_type, revision, self.cache_control())
    }

    /// As [`Call::reply`], of a campaign at a moment: what is pinned never changes.
    pub fn reply_at(
        &self,
        moment: Moment,
        rendered: &Rendered,
        content_type: &'static str,
        revision: i64,
    ) -> HttpResponse {
        let caching = if moment.is_pinned() { self.caching_for_ever() } else { self.cache_control() };
        self.reply_cached(rendered, content_type, Some(revision), caching)
    }

    /// As [`Call::reply`], with bytes that never change.
    pub fn reply_for_ever(&self, rendered: &Rendered, content_type: &'static str) -> HttpResponse {
        self.reply_cached(rendered, content_type, None, self.caching_for_ever())
    }

    /// How long bytes may be kept that never change: anybody may keep those of the public for
    /// ever; what somebody sees by a right is asked for anew.
    fn caching_for_ever(&self) -> &'static HeaderValue {
        if self.caller.is_anonymous() { &FOR_EVER } else { self.cache_control() }
    }

    fn reply_cached(
        &self,
        rendered: &Rendered,
        content_type: &'static str,
        revision: Option<i64>,
        caching: &HeaderValue,
    ) -> HttpResponse {
        // workbooks, papers and packs are compressed already
        let is_packed =
            || ["application/pdf", "application/zip", "application/vnd."].iter().any(|t| content_type.starts_with(t));
        let gzip = if accepts_gzip(&self.request) && !is_packed() { rendered.gzip() } else { None };
        let etag = rendered.tag(gzip.is_some());
        let is_known = self.knows(etag);
        let mut response = HttpResponse::new(if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        let headers = response.headers_mut();
        if let Ok(etag) = HeaderValue::from_maybe_shared(etag.clone()) {
            headers.insert(header::ETAG, etag);
        }
        headers.insert(header::CACHE_CONTROL, caching.clone());
        headers.insert(header::VARY, VARY.clone());
        if let Some(revision) = revision {
            headers.insert(REVISION, HeaderValue::from(revision));
        }
        if is_known {
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if gzip.is_some() {
            headers.insert(header::CONTENT_ENCODING, GZIP.clone());
        }
        response.set_body(BoxBody::new(gzip.unwrap_or_else(|| rendered.bytes.clone())))
    }

    /// Whether the caller has the answer with this tag.
    fn knows(&self, etag: &[u8]) -> bool {
        let Some(known) = self.request.headers().get(header::IF_NONE_MATCH) else { return false };
        let known = known.as_bytes().trim_ascii();
        let mut tags = known.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        known == b"*" || tags.any(|tag| tag.strip_prefix(b"W/").unwrap_or(tag) == etag)
    }

    /// Answers as [`Call::reply`], with a name under which browsers put the file aside.
    pub fn reply_file(
        &self,
        rendered: &Rendered,
        content_type: &'static str,
        name: &str,
        revision: Option<i64>,
    ) -> HttpResponse {
        let mut response = self.reply(rendered, content_type, revision);
        let value = format!("attachment; filename=\"{name}\"");
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }

    /// Answers with a document that is made anew each time.
    pub fn reply_json(&self, body: &impl serde::Serialize, revision: Option<i64>) -> Answer {
        let bytes = serde_json::to_vec(body).map_err(ApiError::internal)?;
        Ok(self.reply(&Rendered::new(bytes), JSON, revision))
    }

    fn cache_control(&self) -> &'static HeaderValue {
        if self.caller.is_anonymous() { &PUBLIC } else { &PRIVATE }
    }

    /// Answers a write.
    pub fn written(&self, written: Written) -> HttpResponse {
        let status = StatusCode::from_u16(written.status).unwrap_or(StatusCode::OK);
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CONTENT_TYPE, JSON));
        response.insert_header((header::CACHE_CONTROL, "private, no-store"));
        response.insert_header((header::VARY, VARY.clone()));
        if written.revision > 0 {
            response.insert_header((REVISION, HeaderValue::from(written.revision)));
        }
        if let Some(etag) = &written.etag {
            response.insert_header((header::ETAG, format!("\"{etag}\"")));
        }
        if let Some(location) = &written.location {
            response.insert_header((header::LOCATION, format!("/api/v1{location}")));
        }
        response.body(written.body)
    }
}

/// The type of JSON answers.
pub const JSON: &str = "application/json";
/// Of bytes that anybody may keep for a year without asking again.
static FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Of bytes that are asked for anew, kept by anybody or by the caller alone.
static PUBLIC: HeaderValue = HeaderValue::from_static("public, no-cache");
static PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
static VARY: HeaderValue = HeaderValue::from_static("Authorization, Accept, Accept-Encoding, Accept-Language");
static GZIP: HeaderValue = HeaderValue::from_static("gzip");
const REVISION: HeaderName = HeaderName::from_static("greenzone-revision");

pub(super) fn read_query(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        let bytes = if part.contains(&b'%') { percent_decode(&spaced).collect() } else { spaced };
        let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
        text.ok_or_else(|| ApiError::new(Kind::MalformedParameter, "the query is not UTF-8 or holds a NUL"))
    };
    let pairs = query.as_bytes().split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let mut part = || decode(parts.next().unwrap_or_default());
        Ok((part()?, part()?))
    });
    pairs.collect()
}

/// How exactly a part of `Accept` speaks of a type, and its quality in thousandths.
fn media_range(part: &str, offer: &str) -> Option<(u8, u32)> {
    let mut pieces = part.split(';').map(str::trim);
    let (kind, of_kind) = pieces.next()?.split_once('/')?;
    let (offered_kind, offered) = offer.split_once('/')?;
    let is_kind = kind.eq_ignore_ascii_case(offered_kind);
    let exactness = match (is_kind, kind, of_kind) {
        (true, _, of_kind) if of_kind.eq_ignore_ascii_case(offered) => 2,
        (true, _, "*") => 1,
        (_, "*", "*") => 0,
        _ => return None,
    };
    let quality = pieces.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
    let quality = quality.map_or(Some(1.0), |q| q.parse::<f32>().ok()).unwrap_or(0.0);
    Some((exactness, (quality.clamp(0.0, 1.0) * 1000.0) as u32))
}

fn accepts_gzip(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let is_gzip = pieces.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        let is_refused = pieces.any(|p| p.trim_start_matches("q=").parse::<f32>().is_ok_and(|q| q == 0.0));
        is_gzip && !is_refused
    })
}

/// Whether the caller would rather read Vietnamese.
pub fn wants_vietnamese(accept_language: Option<&str>) -> bool {
    let Some(text) = accept_language else { return false };
    let quality = |language: &str| {
        let of_part = |part: &str| {
            let mut pieces = part.split(';').map(str::trim);
            let tag = pieces.next()?.to_ascii_lowercase();
            let quality = pieces.find_map(|p| p.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
            (tag == language || tag.starts_with(&format!("{language}-"))).then_some((quality * 1000.0) as u32)
        };
        text.split(',').filter_map(of_part).max()
    };
    match (quality("vi"), quality("en")) {
        (Some(vi), Some(en)) => {
            vi > en || (vi == en && text.to_ascii_lowercase().find("vi") < text.to_ascii_lowercase().find("en"))
        }
        (vi, _) => vi.is_some_and(|q| q > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_exact_media_range_counts() {
        assert_eq!(media_range("text/csv;q=0.5", "text/csv"), Some((2, 500)));
        assert_eq!(media_range(" text/*", "text/csv"), Some((1, 1000)));
        assert_eq!(media_range("*/*;q=0.1", "text/csv"), Some((0, 100)));
        assert_eq!(media_range("application/x-yaml", "text/csv"), None);
    }

    #[test]
    fn the_language_follows_the_header() {
        assert!(wants_vietnamese(Some("vi")));
        assert!(wants_vietnamese(Some("vi-VN,vi;q=0.9,en;q=0.8")));
        assert!(!wants_vietnamese(Some("en-GB,en;q=0.9,vi;q=0.8")));
        assert!(!wants_vietnamese(Some("fr")));
        assert!(!wants_vietnamese(None));
    }
}
