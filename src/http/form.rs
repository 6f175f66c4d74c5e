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
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

/// The most bytes of a form.
const MAX_FORM: usize = 64 << 10;

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
        let form = Form { fields: read_query(text)?, body: body.to_vec() };
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
