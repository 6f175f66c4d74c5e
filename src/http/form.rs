//! Forms of the pages: where they come from, what stands in them, and the session that a
//! browser keeps in a cookie.
//!
//! A form of who is signed in carries a token that only our own pages can know, since it is
//! made from the session's secret; and a browser says of each request which site had it sent.

use super::call::{Answer, Call, read_query};
use super::identity::COOKIE;
use super::problem::{ApiError, Kind};
use crate::service::rendered::etag_of;
use crate::service::writer::{Idempotency, IfMatch, WriteRequest};
use crate::service::{Code, Fault};
use actix_multipart::{Multipart, MultipartError};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};

/// The most bytes of a form.
const MAX_FORM: usize = 64 << 10;

/// The most fields of a form that brings a file.
const MAX_FIELDS: usize = 40;

/// The field that carries the form's token.
pub const TOKEN: &str = "form";

/// How long a browser keeps the session's cookie, in seconds: as long as its token is taken.
const COOKIE_SECONDS: u32 = 14 * 86_400;

/// A form as a browser sent it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Form {
    /// A field without the spaces around it; none where it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A field exactly as it was typed: a password.
    pub fn secret(&self, name: &str) -> String {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// A file that a form brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// Its name, as the browser tells it.
    pub name: String,
    /// What it holds.
    pub bytes: Bytes,
}

impl Call {
    /// The token that forms of this session carry; none where nobody is signed in to pages.
    pub fn form_token(&self) -> Option<String> {
        self.page_token.as_ref().map(|token| etag_of(format!("form {token}").as_bytes()))
    }

    /// Reads a form that one of our own pages sent.
    ///
    /// # Errors
    /// 403 where another site had it sent or its token is not this session's, 413, 415, 422.
    pub async fn form(&self, payload: web::Payload) -> Result<Form, ApiError> {
        if !self.is_from_here() {
            return Err(not_ours());
        }
        if self.content_type() != "application/x-www-form-urlencoded" {
            return Err(ApiError::new(Kind::UnsupportedMediaType, "expected a form"));
        }
        let body = self.body(payload, MAX_FORM).await?;
        let text = std::str::from_utf8(&body).map_err(|_| ApiError::new(Kind::MalformedBody, "expected UTF-8"))?;
        self.ours(Form { fields: read_query(text)?, body: body.to_vec() })
    }

    /// Reads a form that brings a file, in the field `file`, and what else stands in it; the
    /// whole of it weighs no more than `limit` bytes. No file was chosen: none.
    ///
    /// # Errors
    /// As [`Call::form`].
    pub async fn form_with_file(
        &self,
        payload: web::Payload,
        limit: usize,
    ) -> Result<(Form, Option<SentFile>), ApiError> {
        if !self.is_from_here() {
            return Err(not_ours());
        }
        if self.content_type() != "multipart/form-data" {
            return Err(ApiError::new(Kind::UnsupportedMediaType, "expected a form with a file"));
        }
        let body = self.body(payload, limit).await?;
        let whole = stream::once(async move { Ok::<_, actix_web::error::PayloadError>(body) });
        let mut parts = Multipart::new(self.request.headers(), whole);
        let (mut form, mut file) = (Form::default(), None);
        while let Some(part) = parts.next().await {
            let mut part = part.map_err(cut)?;
            let said = part.content_disposition();
            let name = said.and_then(|said| said.get_name()).unwrap_or_default().to_owned();
            let file_name = said.and_then(|said| said.get_filename()).map(str::to_owned);
            let mut bytes = BytesMut::new();
            while let Some(piece) = part.next().await {
                bytes.extend_from_slice(&piece.map_err(cut)?);
            }
            // browsers draw a new boundary each time; what stands in the form is the same
            for piece in [name.as_bytes(), &bytes] {
                form.body.extend_from_slice(&(piece.len() as u64).to_be_bytes());
                form.body.extend_from_slice(piece);
            }
            match file_name {
                Some(_) if name != "file" || bytes.is_empty() => {}
                Some(name) => file = Some(SentFile { name, bytes: bytes.freeze() }),
                None if form.fields.len() >= MAX_FIELDS => {
                    return Err(ApiError::new(Kind::MalformedBody, format!("expected at most {MAX_FIELDS} fields")));
                }
                None => {
                    let text = String::from_utf8(bytes.to_vec());
                    let text = text.ok().filter(|text| !text.contains('\0'));
                    let text = text.ok_or_else(|| ApiError::new(Kind::MalformedBody, "expected UTF-8 without NUL"))?;
                    form.fields.push((name, text));
                }
            }
        }
        Ok((self.ours(form)?, file))
    }

    /// A form that carries this session's token.
    fn ours(&self, form: Form) -> Result<Form, ApiError> {
        match self.form_token() {
            Some(token) if form.get(TOKEN) != Some(token.as_str()) => Err(not_ours()),
            _ => Ok(form),
        }
    }

    /// Whether a page of this host had the request sent. Browsers of the last years say so
    /// themselves (Fetch Metadata); older ones name the origin of a form.
    fn is_from_here(&self) -> bool {
        let header = |name: &str| self.request.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some(site) = header("sec-fetch-site") {
            return matches!(site, "same-origin" | "none");
        }
        match (header("origin"), header("host")) {
            (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host)),
            (origin, _) => origin.is_none(),
        }
    }

    /// How a form's write is asked for: a form that is sent twice writes once.
    pub fn form_write(&self, form: &Form, if_match: Option<IfMatch>) -> WriteRequest {
        let address = self.request.uri().path().as_bytes();
        let idempotency = form.get("key").filter(|key| key.len() <= 255 && key.is_ascii()).map(|key| Idempotency {
            caller: self.caller.name(),
            key: format!("page {key}"),
            fingerprint: etag_of(&[b"POST ".as_slice(), address, b"\n", form.body.as_slice()].concat()),
        });
        WriteRequest { idempotency, if_match, origin: self.origin(), ..WriteRequest::default() }
    }

    /// Sends the browser on to an address of this host.
    pub fn see_other(&self, address: &str) -> Answer {
        self.see_other_with(address, None)
    }

    /// Sends the browser on, with the session's token to keep.
    pub fn signed_in(&self, address: &str, token: &str) -> Answer {
        self.see_other_with(address, Some(cookie(token, COOKIE_SECONDS)))
    }

    /// Sends the browser on, without the session's token.
    pub fn signed_out(&self, address: &str) -> Answer {
        self.see_other_with(address, Some(cookie("", 0)))
    }

    fn see_other_with(&self, address: &str, cookie: Option<String>) -> Answer {
        let mut response = HttpResponse::build(StatusCode::SEE_OTHER);
        response.insert_header((header::LOCATION, address));
        response.insert_header((header::CACHE_CONTROL, "private, no-store"));
        if let Some(cookie) = cookie {
            response.insert_header((header::SET_COOKIE, cookie));
        }
        Ok(response.finish())
    }
}

/// No script reads it, no other site has it sent, nothing but this host over TLS sees it.
fn cookie(token: &str, seconds: u32) -> String {
    format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

fn cut(error: MultipartError) -> ApiError {
    ApiError::new(Kind::MalformedBody, format!("the form cannot be read: {error}"))
}

fn not_ours() -> ApiError {
    Fault::new(
        Code::Forbidden,
        "this form is not from a page of this session; open the page again and send it from there",
    )
    .into()
}

/// An address of this host that a page may send its reader back to; the first page for any other.
pub fn local_address(asked: Option<&str>) -> &str {
    let is_local = |address: &&str| {
        address.starts_with('/')
            && !address.starts_with("//")
            && address.bytes().all(|b| (0x21..0x7F).contains(&b) && b != b'\\')
    };
    asked.filter(is_local).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        assert_eq!(local_address(Some("/c/q6-2021?as_of=2021-07-12")), "/c/q6-2021?as_of=2021-07-12");
        for other in
            ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a b", "/a\r\nSet-Cookie: x"]
        {
            assert_eq!(local_address(Some(other)), "/", "{other}");
        }
        assert_eq!(local_address(None), "/");
    }

    #[test]
    fn a_password_keeps_its_spaces_and_a_field_does_not() {
        let fields = vec![("a".to_owned(), " x ".to_owned()), ("empty".to_owned(), "  ".to_owned())];
        let form = Form { fields, body: Vec::new() };
        assert_eq!((form.get("a"), form.secret("a").as_str(), form.get("empty")), (Some("x"), " x ", None));
    }
}
