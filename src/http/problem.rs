//! Errors as problem details (RFC 9457): one table of codes, statuses and titles.
//!
//! What a use case refuses arrives as a [`Fault`]; what HTTP itself refuses is here
//! too. Nobody outside sees a cause; an unforeseen one is logged once, with the id of
//! its request.

use crate::service::{Code, Fault};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// What is refused before a use case is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A use case refused it.
    Of(Code),
    /// The body is no JSON, or cut.
    MalformedBody,
    /// The address is not UTF-8 or holds a NUL.
    MalformedAddress,
    /// A parameter is malformed.
    MalformedParameter,
    /// A header is malformed.
    MalformedHeader,
    /// A parameter is unknown, repeated or out of range.
    InvalidParameter,
    /// A DELETE has a body.
    BodyNotAllowed,
    /// There is nothing at this address.
    NoSuchAddress,
    /// The address has other methods.
    MethodNotAllowed,
    /// Nobody can give the answer that is asked for.
    NotAcceptable,
    /// The body is too large.
    TooLarge,
    /// The body came too slowly.
    TooSlow,
    /// Somebody asks too often.
    TooMany,
    /// The body is of another type, or compressed.
    UnsupportedMediaType,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Stable name.
    pub code: &'static str,
    /// Status.
    pub status: u16,
    /// Title in Vietnamese.
    pub vi: &'static str,
    /// Title in English.
    pub en: &'static str,
}

const fn row(code: &'static str, status: u16, vi: &'static str, en: &'static str) -> Row {
    Row { code, status, vi, en }
}

impl Kind {
    /// The one table of codes.
    pub fn row(self) -> Row {
        match self {
            Self::Of(code) => of_code(code),
            Self::MalformedBody => row("malformed_body", 400, "Nội dung gửi không đọc được", "The body cannot be read"),
            Self::MalformedAddress => row("malformed_address", 400, "Địa chỉ sai", "The address is malformed"),
            Self::MalformedParameter => {
                row("malformed_parameter", 400, "Tham số không đọc được", "A parameter cannot be read")
            }
            Self::MalformedHeader => row("malformed_header", 400, "Tiêu đề yêu cầu sai", "A header cannot be read"),
            Self::InvalidParameter => row("invalid_parameter", 422, "Tham số không hợp lệ", "A parameter is wrong"),
            Self::BodyNotAllowed => {
                row("body_not_allowed", 400, "Lệnh này không được có nội dung", "This takes no body")
            }
            Self::NoSuchAddress => row("no_such_address", 404, "Không có địa chỉ này", "There is nothing here"),
            Self::MethodNotAllowed => {
                row("method_not_allowed", 405, "Địa chỉ không dùng phương thức này", "This address has other methods")
            }
            Self::NotAcceptable => {
                row("not_acceptable", 406, "Không có dạng trả lời này", "Nobody can give an answer of this type")
            }
            Self::TooSlow => row("request_timeout", 408, "Nội dung gửi đến quá chậm", "The body came too slowly"),
            Self::TooMany => {
                row("too_many_requests", 429, "Gửi quá nhiều, hãy chờ", "Too many requests, wait a little")
            }
            Self::TooLarge => row("too_large", 413, "Nội dung gửi quá lớn", "The body is too large"),
            Self::UnsupportedMediaType => {
                row("unsupported_media_type", 415, "Kiểu nội dung không dùng được", "The body is of another type")
            }
        }
    }

    /// All rows, for the pages that explain them.
    pub fn all() -> impl Iterator<Item = Row> {
        let own = [
            Self::MalformedBody,
            Self::MalformedAddress,
            Self::MalformedParameter,
            Self::MalformedHeader,
            Self::InvalidParameter,
            Self::BodyNotAllowed,
            Self::NoSuchAddress,
            Self::MethodNotAllowed,
            Self::NotAcceptable,
            Self::TooLarge,
            Self::TooSlow,
            Self::TooMany,
            Self::UnsupportedMediaType,
        ];
        own.into_iter().chain(Code::ALL.iter().map(|c| Self::Of(*c))).map(Self::row)
    }
}

fn of_code(code: Code) -> Row {
    match code {
        Code::CampaignNotFound => row(code.name(), 404, "Không có đợt thi đua này", "No such campaign"),
        Code::UnitNotFound => row(code.name(), 404, "Không có đơn vị này", "No such unit"),
        Code::FigureNotFound => row(code.name(), 404, "Ngày này chưa có số liệu", "No figure on this day"),
        Code::ExcuseNotFound => row(code.name(), 404, "Ngày này không được miễn", "The day is not excused"),
        Code::StartLevelNotFound => row(code.name(), 404, "Chưa công bố cấp độ đầu", "No start level is declared"),
        Code::StateNotFound => row(code.name(), 404, "Đơn vị đang tham gia", "The unit takes part"),
        Code::AdjustmentNotFound => row(code.name(), 404, "Không có điểm thưởng, điểm trừ này", "No such adjustment"),
        Code::SchemeNotFound => row(code.name(), 404, "Không có thang cấp độ này", "No such level scheme"),
        Code::PolicyNotFound => {
            row(code.name(), 404, "Không có phiên bản quy định này", "No such version of the rules")
        }
        Code::RevisionNotFound => row(code.name(), 404, "Không có bản số này", "No such revision"),
        Code::NotOnThisBoard => {
            row(code.name(), 404, "Đơn vị không có trong bảng này", "The unit is not on this board")
        }
        Code::CodeTaken => row(code.name(), 409, "Mã đã có người dùng", "The code is taken"),
        Code::CriterionNotFound => row(code.name(), 404, "Không có tiêu chí này", "No such criterion"),
        Code::AssessmentNotFound => row(code.name(), 404, "Chưa có bản tự đánh giá này", "No such assessment"),
        Code::DeclaredLevelNotFound => row(code.name(), 404, "Không có cấp độ tự công bố này", "No such declaration"),
        Code::LifetimeNotFound => {
            row(code.name(), 404, "Đơn vị không mở hay đóng trong đợt", "It neither opens nor closes")
        }
        Code::FlagNotFound => row(code.name(), 404, "Không có cờ nghi vấn này", "There is no such flag"),
        Code::FlagClosed => row(code.name(), 409, "Cờ nghi vấn đã đóng", "The flag is closed"),
        Code::FlagNotClosed => row(code.name(), 409, "Cờ nghi vấn đang mở", "The flag is open already"),
        Code::ImportNotFound => row(code.name(), 404, "Không có lần nhập này", "No such import"),
        Code::ImportUndone => row(code.name(), 409, "Lần nhập này đã được hoàn tác", "The import is undone already"),
        Code::ChangedSince => row(code.name(), 409, "Số liệu đã thay đổi sau đó", "It was changed since"),
        Code::NotUndoable => row(code.name(), 409, "Không hoàn tác được", "It cannot be undone"),
        Code::LevelTooLow => {
            row(code.name(), 422, "Cấp độ thấp hơn mức đánh giá", "The level is below the assessed one")
        }
        Code::LevelTooLate => row(code.name(), 422, "Cấp độ công bố muộn", "The level comes too late"),
        Code::LockedField => row(code.name(), 409, "Đã có số liệu, mục này đã khóa", "Locked since figures exist"),
        Code::UnitInUse => row(code.name(), 409, "Đơn vị đang được dùng", "The unit is in use"),
        Code::PreconditionFailed => row(code.name(), 412, "Đã có người sửa trước", "It has changed since it was read"),
        Code::PreconditionRequired => row(code.name(), 428, "Cần If-Match", "If-Match is needed"),
        Code::IdempotencyKeyReused => {
            row(code.name(), 422, "Khóa chống gửi lặp đã dùng cho việc khác", "The key was used before")
        }
        Code::InvalidRequest => row(code.name(), 422, "Nội dung gửi có chỗ sai", "The request has mistakes"),
        Code::InvalidPack => row(code.name(), 422, "Tệp có chỗ sai, chưa ghi gì", "The file has mistakes"),
        Code::DayOutsideCampaign => {
            row(code.name(), 422, "Ngày sau khi đợt thi đua kết thúc", "The day is after the campaign")
        }
        Code::DayOutOfReach => {
            row(code.name(), 422, "Ngày quá sớm, không quy định nào xét tới", "The day is before any rule's reach")
        }
        Code::DayNotBegun => row(code.name(), 422, "Ngày chưa bắt đầu", "The day has not begun"),
        Code::DayClosed => row(code.name(), 409, "Ngày đã khóa sổ", "The day is closed"),
        Code::AlreadyFrozen => row(code.name(), 409, "Bảng xếp hạng đã đóng băng", "The boards are frozen already"),
        Code::NotFrozen => row(code.name(), 409, "Bảng xếp hạng không bị đóng băng", "The boards are not frozen"),
        Code::DayNotOver => row(code.name(), 409, "Ngày chưa kết thúc", "The day is not over"),
        Code::NoOpenTie => row(code.name(), 409, "Không có đồng hạng nào chờ quyết định", "No such tie is open"),
        Code::AwardDecisionNotFound => {
            row(code.name(), 404, "Không có quyết định này về đồng hạng", "No such decision about a tie stands")
        }
        Code::WebhookNotFound => row(code.name(), 404, "Không có địa chỉ nhận tin này", "No such webhook"),
        Code::TooManyWebhooks => {
            row(code.name(), 409, "Đã đủ số địa chỉ nhận tin", "There are as many webhooks as may be")
        }
        Code::DerivedUnit => row(code.name(), 422, "Số liệu của đơn vị này là số cộng", "The unit's figures are a sum"),
        Code::TimeIsToldByTheService => {
            row(code.name(), 422, "Giờ ghi do dịch vụ định, không gửi kèm", "The service tells the time")
        }
        Code::ConfirmUnusual => {
            row(code.name(), 409, "Số liệu bất thường, hãy gửi lại kèm lý do", "Unusual: send it again with a reason")
        }
        Code::ReasonRequired => row(code.name(), 422, "Cần ghi lý do", "A reason is needed"),
        Code::AppealNotFound => row(code.name(), 404, "Không có khiếu nại này", "No such appeal"),
        Code::AppealsClosed => row(code.name(), 409, "Đã hết hạn khiếu nại", "Appeals are closed"),
        Code::AppealNotOpen => {
            row(code.name(), 409, "Khiếu nại đã được trả lời hoặc đã rút", "It was answered or taken back already")
        }
        Code::ApprovalNotFound => row(code.name(), 404, "Không có yêu cầu duyệt này", "No such approval"),
        Code::ApprovalNeeded => {
            row(code.name(), 409, "Việc này cần người thứ hai duyệt", "A second person must approve")
        }
        Code::ApprovalPending => row(code.name(), 409, "Đã có yêu cầu đang chờ duyệt", "A request waits already"),
        Code::ApprovalDecided => row(code.name(), 409, "Yêu cầu này đã được quyết định", "It was decided already"),
        Code::ApprovalStale => {
            row(code.name(), 409, "Số liệu đã đổi sau khi gửi yêu cầu", "What it was asked against has changed")
        }
        Code::OwnRequest => {
            row(code.name(), 403, "Không ai tự duyệt yêu cầu của mình", "Nobody decides their own request")
        }
        Code::NotOwnRequest => row(code.name(), 403, "Chỉ người gửi được rút yêu cầu", "Only who asked takes it back"),
        Code::UnknownKind => row(code.name(), 422, "Không có loại đơn vị này", "No such kind"),
        Code::DayOutsideWindow => row(code.name(), 422, "Ngày ngoài đợt thi đua", "The day is outside the window"),
        Code::NotStarted => row(code.name(), 409, "Chưa có bảng xếp hạng đầu tiên", "There is no board yet"),
        Code::ResultNotFound => row(code.name(), 404, "Không có lần công bố kết quả này", "No such issue"),
        Code::ExportNotFound => row(code.name(), 404, "Không có bản xuất này", "There is no such export"),
        Code::NothingToExport => row(code.name(), 409, "Chưa có gì để xuất", "There is nothing to export yet"),
        Code::BoardNotInIssue => row(code.name(), 404, "Kết quả này không có bảng đó", "The issue has no such board"),
        Code::Blocked => {
            row(code.name(), 409, "Còn việc phải xong trước khi chốt kết quả", "Something stands in the way")
        }
        Code::ResultRevoked => row(code.name(), 409, "Kết quả này đã bị thu hồi", "The issue is revoked already"),
        Code::ResultUnchanged => row(
            code.name(),
            409,
            "Kết quả đang có hiệu lực không có gì thay đổi",
            "The issue that counts says the same",
        ),
        Code::ResultStale => {
            row(code.name(), 409, "Dữ liệu đổi trong lúc chốt, hãy thử lại", "It changed while the result was made")
        }
        Code::BoardTooLarge => row(code.name(), 422, "Bảng quá lớn để tính", "The board is too large for this report"),
        Code::CursorStale => row(code.name(), 410, "Trang cũ không còn, hãy đọc lại từ đầu", "Start the list again"),
        Code::BoardPassed => row(
            code.name(),
            410,
            "Đơn vị hoặc phong trào đã đổi, bảng cũ không còn",
            "This board can no longer be shown",
        ),
        Code::InvalidCursor => row(code.name(), 422, "Con trỏ trang sai", "The cursor is none of this list"),
        Code::Behind => row(code.name(), 503, "Bản số này chưa tới, hãy thử lại", "This revision is not here yet"),
        Code::Unavailable => row(code.name(), 503, "Tạm ngưng, hãy thử lại", "Unavailable, try again"),
        Code::Unauthenticated => row(code.name(), 401, "Cần đăng nhập", "Sign in first"),
        Code::InvalidToken => row(code.name(), 401, "Phiên đăng nhập đã hết", "The sign-in is over"),
        Code::InvalidCredentials => {
            row(code.name(), 401, "Tên đăng nhập hoặc mật khẩu không đúng", "Username or password is wrong")
        }
        Code::Forbidden => row(code.name(), 403, "Không có quyền làm việc này", "You may not do this"),
        Code::AccountNotFound => row(code.name(), 404, "Không có tài khoản này", "No such account"),
        Code::TokenNotFound => row(code.name(), 404, "Không có mã máy này", "No such token"),
        Code::LastAdministrator => row(code.name(), 409, "Đây là quản trị viên cuối cùng", "The last administrator"),
        Code::WeakPassword => row(code.name(), 422, "Mật khẩu không đủ mạnh", "The password is too weak"),
        Code::Busy => row(code.name(), 503, "Đang quá tải, hãy thử lại", "Too many at once, try again"),
        Code::Internal => row(code.name(), 500, "Có lỗi ở đây", "Something went wrong here"),
    }
}

/// One wrong field.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong, as a stable name.
    pub code: &'static str,
    /// What is expected.
    pub message: String,
    /// Of a file: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Of a file: the line, the header being 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Of a file: the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Of a file: what stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Of a file: what is expected there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// Problem details (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The page that explains the code.
    #[serde(rename = "type")]
    #[schema(rename = "type", format = "uri-reference")]
    pub type_uri: String,
    /// The code in words, in the language asked for.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// What happened here.
    pub detail: String,
    /// Stable name.
    pub code: &'static str,
    /// The request, as the log names it.
    pub request_id: String,
    /// The wrong fields.
    pub errors: Vec<ProblemField>,
    /// How many there are, where only the first are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// A refusal on its way out; the outermost layer adds language and request id.
#[derive(Debug)]
pub struct ApiError {
    /// What was refused.
    pub kind: Kind,
    fault: Fault,
    /// What a header of it says.
    hint: Option<Hint>,
}

#[derive(Debug)]
enum Hint {
    /// Methods that the address has.
    Allow(String),
    /// For how many seconds somebody is asked to wait.
    RetryAfter(u64),
}

impl ApiError {
    /// A refusal in words.
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, fault: Fault::new(Code::InvalidRequest, detail), hint: None }
    }

    /// A refusal of a parameter or header.
    pub fn of_parameter(kind: Kind, name: &str, message: impl Into<String>) -> Self {
        Self { kind, fault: Fault::of_field(Code::InvalidRequest, name, message), hint: None }
    }

    /// The address has other methods.
    pub fn method_not_allowed(allow: String) -> Self {
        let detail = format!("this address has {allow}");
        Self { hint: Some(Hint::Allow(allow)), ..Self::new(Kind::MethodNotAllowed, detail) }
    }

    /// Somebody asks too often.
    pub fn too_many(wait: super::limits::Wait) -> Self {
        let seconds = wait.0.as_secs() + 1;
        let detail = format!("too many requests; try again in {seconds} s");
        Self { hint: Some(Hint::RetryAfter(seconds)), ..Self::new(Kind::TooMany, detail) }
    }

    /// Too many at once; somebody is asked to wait for so many seconds.
    pub fn busy(detail: &'static str, seconds: u64) -> Self {
        Self { hint: Some(Hint::RetryAfter(seconds)), ..Fault::new(Code::Busy, detail).into() }
    }

    /// Something nobody foresaw.
    pub fn internal(cause: impl ToString) -> Self {
        Fault::internal(cause).into()
    }

    /// The answer as problem details in a language, under a request's id.
    pub fn respond(&self, request_id: &str, vietnamese: bool) -> HttpResponse {
        let mut response = self.start(request_id);
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        let problem = self.problem(request_id, vietnamese);
        response.body(serde_json::to_vec(&problem).unwrap_or_default())
    }

    /// The answer as a page in a language: plain words, the request's id, a way back.
    pub fn respond_page(&self, request_id: &str, vietnamese: bool) -> HttpResponse {
        let row = self.kind.row();
        let pick = |vi: &'static str, en: &'static str| if vietnamese { vi } else { en };
        let page = maud::html! {
            (maud::DOCTYPE)
            html lang=(pick("vi", "en")) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (pick(row.vi, row.en)) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/assets/style.css";
                }
                body {
                    main.wrap {
                        div.head { h1 { (pick(row.vi, row.en)) } }
                        div.ribbon.stop { span { (self.fault.detail) } span.end { (pick("Mã yêu cầu", "Request")) " " (request_id) } }
                        p { a href="/" { (pick("Về trang đầu", "To the first page")) } }
                    }
                }
            }
        };
        let mut response = self.start(request_id);
        response.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
        response
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'; img-src data:"));
        response.body(page.into_string())
    }

    /// Status and headers; an unforeseen cause is logged here, once.
    fn start(&self, request_id: &str) -> HttpResponseBuilder {
        let row = self.kind.row();
        if let Some(cause) = self.fault.cause.as_deref().filter(|_| row.status >= 500) {
            tracing::error!(request_id, code = row.code, cause, "a request failed");
        }
        let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((header::VARY, "Authorization, Accept, Accept-Encoding, Accept-Language"));
        if row.status == 401 {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"greenzone\""));
        }
        match &self.hint {
            Some(Hint::Allow(methods)) => drop(response.insert_header((header::ALLOW, methods.as_str()))),
            Some(Hint::RetryAfter(seconds)) => drop(response.insert_header((header::RETRY_AFTER, seconds.to_string()))),
            None if row.status == 503 => drop(response.insert_header((header::RETRY_AFTER, "1"))),
            None => {}
        }
        response
    }

    fn problem(&self, request_id: &str, vietnamese: bool) -> Problem {
        let row = self.kind.row();
        let field = |e: &crate::service::FieldFault| {
            let place = e.place.clone();
            let expected = place.is_some().then(|| e.message.trim_start_matches("expected ").to_owned());
            let place = place.unwrap_or_default();
            ProblemField {
                pointer: e.pointer.clone(),
                code: e.code,
                message: e.message.clone(),
                file: Some(place.file).filter(|f| !f.is_empty()),
                line: place.line,
                column: place.column,
                value: place.value,
                expected,
            }
        };
        Problem {
            type_uri: format!("/problems/{}", row.code),
            title: if vietnamese { row.vi } else { row.en },
            status: row.status,
            detail: self.fault.detail.to_string(),
            code: row.code,
            request_id: request_id.to_owned(),
            errors: self.fault.errors.iter().map(field).collect(),
            total: self.fault.total,
        }
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        Self { kind: Kind::Of(fault.code), fault, hint: None }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.fault.fmt(f)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Only the status: the outermost layer knows language and request id, and tells the rest.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_once_in_the_table_and_a_clients_mistake_is_never_a_5xx() {
        let rows: Vec<Row> = Kind::all().collect();
        let codes: HashSet<&str> = rows.iter().map(|r| r.code).collect();
        assert_eq!(codes.len(), rows.len());
        for row in rows {
            assert!(row.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", row.code);
            assert!(StatusCode::from_u16(row.status).is_ok_and(|s| s.is_client_error() || s.is_server_error()));
            assert_eq!(
                row.status >= 500,
                ["behind", "busy", "unavailable", "internal"].contains(&row.code),
                "{}",
                row.code
            );
        }
    }
}
