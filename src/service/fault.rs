//! What a use case can refuse, in the contest's words.
//!
//! Statuses and titles are the API's matter (`api/problem.rs`); here is only what
//! happened. What nobody foresaw is [`Code::Internal`]: its cause is logged once and
//! never shown.

use super::boards::AskError;
use crate::domain::json::FieldError;
use crate::pack::{ReadError, Refusal};
use crate::store::StoreError;
use std::borrow::Cow;
use std::sync::Arc;

/// The kinds of refusal; stable names of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// No campaign of this code, or none that may be seen.
    CampaignNotFound,
    /// No unit of this code, or none that may be seen.
    UnitNotFound,
    /// Nothing was recorded for this day.
    FigureNotFound,
    /// The day is not excused.
    ExcuseNotFound,
    /// No start is declared.
    StartLevelNotFound,
    /// The unit's state was never changed.
    StateNotFound,
    /// No adjustment of this id stands.
    AdjustmentNotFound,
    /// No criterion of this kind and code stands.
    CriterionNotFound,
    /// Nothing was said of this unit, criterion and day.
    AssessmentNotFound,
    /// Nothing is declared from this day on.
    DeclaredLevelNotFound,
    /// The unit neither opens nor closes during the campaign.
    LifetimeNotFound,
    /// No flag of this name.
    FlagNotFound,
    /// The council closed the flag.
    FlagClosed,
    /// The flag is open already.
    FlagNotClosed,
    /// No import of this number.
    ImportNotFound,
    /// The import was undone already.
    ImportUndone,
    /// What the import brought was changed since.
    ChangedSince,
    /// This kind of import cannot be undone whole.
    NotUndoable,
    /// The declared level is below what the figures demand.
    LevelTooLow,
    /// The declared level comes after the day from which the figures demand it.
    LevelTooLate,
    /// No level scheme of this code.
    SchemeNotFound,
    /// No version of the rules of this number.
    PolicyNotFound,
    /// No revision of this number.
    RevisionNotFound,
    /// The unit is not on the board that was asked for.
    NotOnThisBoard,
    /// A code is taken.
    CodeTaken,
    /// A field can no longer be changed, since figures exist.
    LockedField,
    /// A unit with figures, or with units below it, cannot be taken out.
    UnitInUse,
    /// The representation has changed since it was read.
    PreconditionFailed,
    /// Replacing needs `If-Match`.
    PreconditionRequired,
    /// The key was used for something else.
    IdempotencyKeyReused,
    /// Fields of the request are wrong.
    InvalidRequest,
    /// A pack or table is wrong.
    InvalidPack,
    /// The day lies beyond the window.
    DayOutsideCampaign,
    /// The day lies before any look-back.
    DayOutOfReach,
    /// The day has not begun in the campaign's zone.
    DayNotBegun,
    /// The day is closed for reporting already.
    DayClosed,
    /// The day itself is not over yet.
    DayNotOver,
    /// The public sees a frozen or final board already.
    AlreadyFrozen,
    /// The boards are not frozen, and no freeze is planned.
    NotFrozen,
    /// No tie for this award is open.
    NoOpenTie,
    /// No decision of this id about a tie stands.
    AwardDecisionNotFound,
    /// No webhook of this id.
    WebhookNotFound,
    /// The campaign tells as many addresses as it may.
    TooManyWebhooks,
    /// The unit's figures are the sum of others.
    DerivedUnit,
    /// A client sent an instant.
    TimeIsToldByTheService,
    /// The figure is far off what the unit reported before.
    ConfirmUnusual,
    /// A reason is needed and missing.
    ReasonRequired,
    /// No appeal of this number.
    AppealNotFound,
    /// The last day for appeals is over.
    AppealsClosed,
    /// The appeal was answered or taken back.
    AppealNotOpen,
    /// Nothing of this number waits or waited for a second person.
    ApprovalNotFound,
    /// It needs a second person, and cannot wait for one this way.
    ApprovalNeeded,
    /// Something about the same waits for a second person already.
    ApprovalPending,
    /// It was decided already.
    ApprovalDecided,
    /// What it was asked against has changed.
    ApprovalStale,
    /// Nobody decides what they asked for themselves.
    OwnRequest,
    /// Only who asked takes it back.
    NotOwnRequest,
    /// No kind of this code.
    UnknownKind,
    /// The day lies outside the window.
    DayOutsideWindow,
    /// No closed day has a report yet.
    NotStarted,
    /// No issue of the campaign's result of this number.
    ResultNotFound,
    /// Nothing of this name can be exported.
    ExportNotFound,
    /// The campaign has no awards, or nobody won one.
    NothingToExport,
    /// The issue has no such board.
    BoardNotInIssue,
    /// Something stands between the campaign and its result.
    Blocked,
    /// The issue was revoked already.
    ResultRevoked,
    /// The issue that counts says the very same.
    ResultUnchanged,
    /// The campaign changed while its result was computed.
    ResultStale,
    /// The board is too large for the report that was asked for.
    BoardTooLarge,
    /// The pages of this walk can no longer be served.
    CursorStale,
    /// What the pinned board shows beside its figures was changed since.
    BoardPassed,
    /// The cursor is none of this list.
    InvalidCursor,
    /// The revision asked for is not here yet.
    Behind,
    /// The database cannot be reached, or takes nothing just now.
    Unavailable,
    /// Nobody knows the caller.
    Unauthenticated,
    /// The bearer token is not taken, or no longer.
    InvalidToken,
    /// Username and password, or code, do not go together.
    InvalidCredentials,
    /// The caller is known, and may not.
    Forbidden,
    /// No account of this name.
    AccountNotFound,
    /// No machine's token of this id.
    TokenNotFound,
    /// Without this account nobody could make accounts.
    LastAdministrator,
    /// The password may not be chosen.
    WeakPassword,
    /// Too many wait for the same just now.
    Busy,
    /// Nobody foresaw it.
    Internal,
}

impl Code {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::CampaignNotFound => "campaign_not_found",
            Self::UnitNotFound => "unit_not_found",
            Self::FigureNotFound => "figure_not_found",
            Self::ExcuseNotFound => "excuse_not_found",
            Self::StartLevelNotFound => "start_level_not_found",
            Self::StateNotFound => "state_not_found",
            Self::AdjustmentNotFound => "adjustment_not_found",
            Self::CriterionNotFound => "criterion_not_found",
            Self::AssessmentNotFound => "assessment_not_found",
            Self::DeclaredLevelNotFound => "declared_level_not_found",
            Self::LifetimeNotFound => "lifetime_not_found",
            Self::FlagNotFound => "flag_not_found",
            Self::FlagClosed => "flag_closed",
            Self::FlagNotClosed => "flag_not_closed",
            Self::ImportNotFound => "import_not_found",
            Self::ImportUndone => "import_undone",
            Self::ChangedSince => "changed_since",
            Self::NotUndoable => "not_undoable",
            Self::LevelTooLow => "level_too_low",
            Self::LevelTooLate => "level_too_late",
            Self::SchemeNotFound => "scheme_not_found",
            Self::PolicyNotFound => "policy_not_found",
            Self::RevisionNotFound => "revision_not_found",
            Self::NotOnThisBoard => "not_on_this_board",
            Self::CodeTaken => "code_taken",
            Self::LockedField => "locked_field",
            Self::UnitInUse => "unit_in_use",
            Self::PreconditionFailed => "precondition_failed",
            Self::PreconditionRequired => "precondition_required",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidPack => "invalid_pack",
            Self::DayOutsideCampaign => "day_outside_campaign",
            Self::DayOutOfReach => "day_out_of_reach",
            Self::DayNotBegun => "day_not_begun",
            Self::DayClosed => "day_closed",
            Self::DayNotOver => "day_not_over",
            Self::AlreadyFrozen => "already_frozen",
            Self::NotFrozen => "not_frozen",
            Self::NoOpenTie => "no_open_tie",
            Self::AwardDecisionNotFound => "award_decision_not_found",
            Self::WebhookNotFound => "webhook_not_found",
            Self::TooManyWebhooks => "too_many_webhooks",
            Self::DerivedUnit => "derived_unit",
            Self::TimeIsToldByTheService => "time_is_told_by_the_service",
            Self::ConfirmUnusual => "confirm_unusual",
            Self::ReasonRequired => "reason_required",
            Self::AppealNotFound => "appeal_not_found",
            Self::AppealsClosed => "appeals_closed",
            Self::AppealNotOpen => "appeal_not_open",
            Self::ApprovalNotFound => "approval_not_found",
            Self::ApprovalNeeded => "approval_needed",
            Self::ApprovalPending => "approval_pending",
            Self::ApprovalDecided => "approval_decided",
            Self::ApprovalStale => "approval_stale",
            Self::OwnRequest => "own_request",
            Self::NotOwnRequest => "not_own_request",
            Self::UnknownKind => "unknown_kind",
            Self::DayOutsideWindow => "day_outside_window",
            Self::NotStarted => "not_started",
            Self::ResultNotFound => "result_not_found",
            Self::ExportNotFound => "export_not_found",
            Self::NothingToExport => "nothing_to_export",
            Self::BoardNotInIssue => "board_not_in_issue",
            Self::Blocked => "blocked",
            Self::ResultRevoked => "result_revoked",
            Self::ResultUnchanged => "result_unchanged",
            Self::ResultStale => "result_stale",
            Self::BoardTooLarge => "board_too_large",
            Self::CursorStale => "cursor_stale",
            Self::BoardPassed => "board_passed",
            Self::InvalidCursor => "invalid_cursor",
            Self::Behind => "behind",
            Self::Unavailable => "unavailable",
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidToken => "invalid_token",
            Self::InvalidCredentials => "invalid_credentials",
            Self::Forbidden => "forbidden",
            Self::AccountNotFound => "account_not_found",
            Self::TokenNotFound => "token_not_found",
            Self::LastAdministrator => "last_administrator",
            Self::WeakPassword => "weak_password",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }

    /// All kinds.
    pub const ALL: &'static [Code] = &[
        Code::CampaignNotFound,
        Code::UnitNotFound,
        Code::FigureNotFound,
        Code::ExcuseNotFound,
        Code::StartLevelNotFound,
        Code::StateNotFound,
        Code::AdjustmentNotFound,
        Code::CriterionNotFound,
        Code::AssessmentNotFound,
        Code::DeclaredLevelNotFound,
        Code::LifetimeNotFound,
        Code::FlagNotFound,
        Code::FlagClosed,
        Code::FlagNotClosed,
        Code::ImportNotFound,
        Code::ImportUndone,
        Code::ChangedSince,
        Code::NotUndoable,
        Code::LevelTooLow,
        Code::LevelTooLate,
        Code::SchemeNotFound,
        Code::PolicyNotFound,
        Code::RevisionNotFound,
        Code::NotOnThisBoard,
        Code::CodeTaken,
        Code::LockedField,
        Code::UnitInUse,
        Code::PreconditionFailed,
        Code::PreconditionRequired,
        Code::IdempotencyKeyReused,
        Code::InvalidRequest,
        Code::InvalidPack,
        Code::DayOutsideCampaign,
        Code::DayOutOfReach,
        Code::DayNotBegun,
        Code::DayClosed,
        Code::DayNotOver,
        Code::AlreadyFrozen,
        Code::NotFrozen,
        Code::NoOpenTie,
        Code::AwardDecisionNotFound,
        Code::WebhookNotFound,
        Code::TooManyWebhooks,
        Code::DerivedUnit,
        Code::TimeIsToldByTheService,
        Code::ConfirmUnusual,
        Code::ReasonRequired,
        Code::AppealNotFound,
        Code::AppealsClosed,
        Code::AppealNotOpen,
        Code::ApprovalNotFound,
        Code::ApprovalNeeded,
        Code::ApprovalPending,
        Code::ApprovalDecided,
        Code::ApprovalStale,
        Code::OwnRequest,
        Code::NotOwnRequest,
        Code::UnknownKind,
        Code::DayOutsideWindow,
        Code::NotStarted,
        Code::ResultNotFound,
        Code::ExportNotFound,
        Code::NothingToExport,
        Code::BoardNotInIssue,
        Code::Blocked,
        Code::ResultRevoked,
        Code::ResultUnchanged,
        Code::ResultStale,
        Code::BoardTooLarge,
        Code::CursorStale,
        Code::BoardPassed,
        Code::InvalidCursor,
        Code::Behind,
        Code::Unavailable,
        Code::Unauthenticated,
        Code::InvalidToken,
        Code::InvalidCredentials,
        Code::Forbidden,
        Code::AccountNotFound,
        Code::TokenNotFound,
        Code::LastAdministrator,
        Code::WeakPassword,
        Code::Busy,
        Code::Internal,
    ];
}

/// One wrong field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong, as a stable name.
    pub code: &'static str,
    /// What is expected, for people.
    pub message: String,
    /// Of a table: file, line, column, value.
    pub place: Option<Place>,
}

/// Where in a table a mistake stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line; the header is 1.
    pub line: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// What stands there.
    pub value: Option<String>,
}

/// A refusal.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// Its kind.
    pub code: Code,
    /// For people.
    pub detail: Cow<'static, str>,
    /// The wrong fields.
    pub errors: Vec<FieldFault>,
    /// How many there are, where only the first are listed.
    pub total: Option<u64>,
    /// What caused it, for the log alone.
    pub cause: Option<Arc<str>>,
}

impl Fault {
    /// A refusal in words.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), total: None, cause: None }
    }

    /// A refusal of one field.
    pub fn of_field(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        let field = FieldFault { pointer: pointer.into(), code: "invalid", message: message.clone(), place: None };
        Self { errors: vec![field], ..Self::new(code, message) }
    }

    /// No campaign of a code.
    pub fn no_campaign(code: &str) -> Self {
        Self::new(Code::CampaignNotFound, format!("there is no campaign {code:?}"))
    }

    /// No unit of a code.
    pub fn no_unit(code: &str) -> Self {
        Self::new(Code::UnitNotFound, format!("there is no unit {code:?} in this campaign"))
    }

    /// No version of the rules of a number.
    pub fn no_policy(version: &str) -> Self {
        Self::new(Code::PolicyNotFound, format!("there is no version {version} of the rules of this campaign"))
    }

    /// No approval of a number.
    pub fn no_approval(number: &str) -> Self {
        Self::new(Code::ApprovalNotFound, format!("there is no approval {number:?} in this campaign"))
    }

    /// Nobody knows the caller.
    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "this needs a bearer token in Authorization; sign in first")
    }

    /// What the caller was known by is over.
    pub fn token_ended() -> Self {
        Self::new(Code::InvalidToken, "this bearer token is not taken, or no longer; sign in again")
    }

    /// Something nobody foresaw.
    pub fn internal(cause: impl ToString) -> Self {
        let cause: Arc<str> = cause.to_string().into();
        Self { cause: Some(cause), ..Self::new(Code::Internal, "something went wrong here; the cause was logged") }
    }

    /// Wrong fields of a document at a pointer.
    pub fn of_document(errors: Vec<FieldError>) -> Self {
        let field = |e: FieldError| {
            let found = e.value.map(|v| format!(", found {v:?}")).unwrap_or_default();
            FieldFault {
                pointer: to_pointer(&e.path),
                code: "invalid",
                message: format!("expected {}{found}", e.expected),
                place: None,
            }
        };
        let errors: Vec<FieldFault> = errors.into_iter().map(field).collect();
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.message),
            many => format!("{} fields are wrong", many.len()),
        };
        Self { errors, ..Self::new(Code::InvalidRequest, detail) }
    }
}

/// `a.0.b` as a JSON pointer: `/a/0/b`.
pub fn to_pointer(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("/{}", path.replace('~', "~0").replace('.', "/")) }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let cause: Arc<str> = error.to_string().into();
        match error {
            StoreError::Unreachable(_) => Self {
                cause: Some(cause),
                ..Self::new(Code::Unavailable, "the database cannot be used just now; try again later")
            },
            StoreError::Taken | StoreError::Migration(_) | StoreError::Unreadable(_) | StoreError::Other(_) => {
                Self::internal(cause)
            }
        }
    }
}

impl From<AskError> for Fault {
    fn from(error: AskError) -> Self {
        let (code, parameter) = match &error {
            AskError::UnknownKind { .. } => (Code::UnknownKind, "kind"),
            AskError::UnknownUnit(_) => (Code::UnitNotFound, "within"),
            AskError::OutsideWindow { .. } => (Code::DayOutsideWindow, "as_of"),
            AskError::NotStarted => return Self::new(Code::NotStarted, error.to_string()),
        };
        Self::of_field(code, parameter, error.to_string())
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let field = |e: crate::pack::PackError| FieldFault {
            pointer: String::new(),
            code: "invalid",
            message: format!("expected {}", e.expected),
            place: Some(Place { file: e.file, line: e.line, column: e.column, value: e.value }),
        };
        let errors = refusal.errors.into_iter().map(field).collect();
        Self { errors, total: Some(refusal.total), ..Self::new(Code::InvalidPack, refusal.detail) }
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Refused(refusal) => refusal.into(),
            ReadError::Io { .. } => Self::internal(error),
        }
    }
}
