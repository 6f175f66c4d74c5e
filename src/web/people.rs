//! `/accounts`: who may sign in, for administrators: make an account, disable it, give out
//! a code that sets its password. A code is shown on the page that answers the form and
//! nowhere else: no address leads back to it.

use super::account::{role_name, scope_words};
use super::forms::{alert, hidden, receipt, scrolling, typed};
use super::frame::{Frame, Here, Visitor};
use super::problems::Refused;
use super::words::Language;
use super::{language, own_page};
use crate::domain::account::{Mandate, Role, Scope, parse_display_name, parse_username};
use crate::domain::text::parse_code;
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::service::access::Accounts;
use crate::service::accounts::{AccountChange, AccountView, NewAccount};
use crate::service::figures::escape;
use crate::service::{Code, Fault};
use actix_web::web;
use maud::{Markup, html};

/// Accounts on one page.
const ON_A_PAGE: usize = 50;

/// What is said beside the list.
#[derive(Default)]
struct Said {
    sent: Option<&'static str>,
    refused: Option<Refused>,
    typed: Form,
    /// Whose code it is, and the code; without one it was told before.
    code: Option<(String, Option<String>)>,
}

/// The list.
pub(super) async fn get_accounts(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return call.see_other(&format!("/sign-in?lang={}&next={}", l.code(), escape("/accounts")));
    }
    let sent = match call.get("sent") {
        Some("disabled") => Some(l.pick("Đã khóa tài khoản.", "The account is disabled.")),
        Some("active") => Some(l.pick("Đã mở lại tài khoản.", "The account is active again.")),
        _ => None,
    };
    shown(&call, l, &Said { sent, ..Said::default() }).await
}

/// Makes an account.
pub(super) async fn post_account(call: Call, payload: web::Payload) -> Answer {
    let (l, grant) = (language(&call)?, call.may::<Accounts>()?);
    let form = call.form(payload).await?;
    let written = match new_account(&form) {
        Ok(new) => call.service.create_account(&grant, new, call.form_write(&form, None)).answer().await,
        Err(fault) => Err(fault),
    };
    match written {
        Ok(written) => shown(&call, l, &Said { code: Some(code_of(&written.body)?), ..Said::default() }).await,
        Err(fault) => {
            shown(&call, l, &Said { refused: Some(Refused::of(fault)?), typed: form, ..Said::default() }).await
        }
    }
}

/// Disables an account, or makes it active again.
pub(super) async fn post_state(call: Call, payload: web::Payload) -> Answer {
    let (l, grant) = (language(&call)?, call.may::<Accounts>()?);
    let form = call.form(payload).await?;
    let username = call.path("username")?;
    let is_active = form.get("state") == Some("active");
    let name = username.clone();
    let now = call.service.blocking(move |service| service.account_change(&grant, &name)).await?;
    let change = AccountChange { is_active, ..now };
    let grant = call.may::<Accounts>()?;
    match call.service.put_account(&grant, username, change, call.form_write(&form, None)).answer().await {
        Ok(_) => {
            let sent = if is_active { "active" } else { "disabled" };
            call.see_other(&format!("/accounts?lang={}&sent={sent}", l.code()))
        }
        Err(fault) => shown(&call, l, &Said { refused: Some(Refused::of(fault)?), ..Said::default() }).await,
    }
}

/// Gives out a code that sets an account's password.
pub(super) async fn post_reset(call: Call, payload: web::Payload) -> Answer {
    let (l, grant) = (language(&call)?, call.may::<Accounts>()?);
    let form = call.form(payload).await?;
    let request = call.form_write(&form, None);
    match call.service.create_reset_code(&grant, call.path("username")?, request).answer().await {
        Ok(written) => shown(&call, l, &Said { code: Some(code_of(&written.body)?), ..Said::default() }).await,
        Err(fault) => shown(&call, l, &Said { refused: Some(Refused::of(fault)?), ..Said::default() }).await,
    }
}

/// Whose code an answer tells, and the code.
fn code_of(body: &[u8]) -> Result<(String, Option<String>), Fault> {
    let told: serde_json::Value = serde_json::from_slice(body).map_err(Fault::internal)?;
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    Ok((text("username").unwrap_or_default(), text("reset_code")))
}

fn new_account(form: &Form) -> Result<NewAccount, Fault> {
    let wrong = |field: &str, expected: &str| {
        Fault::of_field(Code::InvalidRequest, format!("/{field}"), format!("expected {expected}"))
    };
    let username = parse_username(&typed(form, "username")).map_err(|expected| wrong("username", expected))?;
    let display_name =
        parse_display_name(&typed(form, "display_name")).map_err(|expected| wrong("display_name", expected))?;
    let role = Role::parse(&typed(form, "role")).ok_or_else(|| wrong("role", "one of the roles"))?;
    let code = |field: &str| form.get(field).map(parse_code).transpose().map_err(|expected| wrong(field, expected));
    let scope = Scope::new(code("campaign")?, code("unit")?).map_err(|expected| wrong("campaign", expected))?;
    let mandate = Mandate::new(role, scope).map_err(|expected| wrong("campaign", expected))?;
    Ok(NewAccount { username, display_name, mandate })
}

async fn shown(call: &Call, l: Language, said: &Said) -> Answer {
    let grant = call.may::<Accounts>()?;
    let after = call.get("after").filter(|name| parse_username(name).is_ok()).unwrap_or_default().to_owned();
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let (total, mut accounts) = call.service.blocking(move |service| service.accounts(&grant, &after, limit)).await?;
    let is_more = accounts.len() > ON_A_PAGE;
    accounts.truncate(ON_A_PAGE);
    let next = accounts.last().filter(|_| is_more).map(|account| account.username.clone());
    let rows = accounts.iter().map(|account| row(call, l, account)).collect::<Result<Vec<_>, _>>()?;
    let table = html! {
        table.days-table {
            caption.vh { (l.pick("Tài khoản", "Accounts")) }
            thead { tr {
                th scope="col" { (l.pick("Tên đăng nhập", "Username")) }
                th scope="col" { (l.pick("Tên", "Name")) }
                th scope="col" { (l.pick("Vai trò", "Role")) }
                th scope="col" { (l.pick("Trạng thái", "State")) }
                th scope="col" { (l.pick("Việc", "Actions")) }
            } }
            tbody { @for row in &rows { (row) } }
        }
    };
    let content = html! {
        div.head {
            h1 { (l.pick("Tài khoản", "Accounts")) }
            p { (match l {
                Language::Vi => format!("{} tài khoản", l.whole(total.unsigned_abs())),
                Language::En => format!("Accounts in all: {}", l.whole(total.unsigned_abs())),
            }) }
        }
        (receipt(said.sent))
        @if let Some((username, code)) = &said.code { (told(l, username, code.as_deref())) }
        (form(call, l, said)?)
        h2 { (l.pick("Danh sách", "List")) }
        (scrolling(l.pick("Tài khoản", "Accounts"), &table))
        nav.turn aria-label=(l.pick("Trang", "Pages")) {
            @if let Some(name) = next { a.btn rel="next" href=(format!("/accounts?lang={}&after={}", l.code(), escape(&name))) { (l.pick("Tiếp", "Next")) } }
        }
    };
    let frame = Frame {
        language: l,
        title: l.pick("Tài khoản", "Accounts").to_owned(),
        other: format!("/accounts?lang={}", l.other().code()),
        campaign: None,
        scheme: None,
        visitor: Visitor::of(call, None),
        here: Some(Here::People),
    };
    Ok(own_page(call, frame.page(&content)))
}

/// The code, this once.
fn told(l: Language, username: &str, code: Option<&str>) -> Markup {
    html! {
        div.ribbon.final role="status" {
            @match code {
                Some(code) => {
                    b { (l.pick("Mã của ", "Code of ")) (username) ": " code { (code) } }
                    span { (l.pick("Chỉ hiện một lần này. Báo cho người dùng qua điện thoại; họ chọn mật khẩu tại ", "Shown this once. Tell it by telephone; its owner chooses a password at ")) "/sign-in/code" }
                },
                None => b { (l.pick("Mã của tài khoản này đã hiện một lần rồi; cần thì cấp mã mới.", "The code of this account was shown already; give out a new one if needed.")) },
            }
        }
    }
}

fn form(call: &Call, l: Language, said: &Said) -> Result<Markup, crate::http::problem::ApiError> {
    let value = |name: &str| typed(&said.typed, name);
    // whoever chooses nothing makes the account that can do least
    let role = Some(value("role")).filter(|role| !role.is_empty()).unwrap_or_else(|| Role::Reporter.code().to_owned());
    Ok(html! {
        form.act.panel method="post" action=(format!("/accounts?lang={}", l.code())) {
            h2 { (l.pick("Tạo tài khoản", "Make an account")) }
            (alert(l, said.refused.as_ref()))
            (hidden(call)?)
            label for="username" { (l.pick("Tên đăng nhập (chữ thường, số, dấu chấm, gạch)", "Username (small letters, digits, dots, dashes)")) }
            input id="username" name="username" autocapitalize="none" spellcheck="false" maxlength="64" required value=(value("username"));
            label for="display_name" { (l.pick("Tên để hiện", "Name for people")) }
            input id="display_name" name="display_name" maxlength="300" required value=(value("display_name"));
            label for="role" { (l.pick("Vai trò", "Role")) }
            select id="role" name="role" {
                @for each in Role::ALL { option value=(each.code()) selected[role == each.code()] { (role_name(l, each)) } }
            }
            label for="campaign" { (l.pick("Mã đợt thi đua (để trống: tất cả)", "Code of the campaign (empty: all)")) }
            input id="campaign" name="campaign" maxlength="64" value=(value("campaign"));
            label for="unit" { (l.pick("Mã đơn vị (để trống: cả đợt)", "Code of the unit (empty: the whole campaign)")) }
            input id="unit" name="unit" maxlength="64" value=(value("unit"));
            button.btn.main { (l.pick("Tạo tài khoản", "Make the account")) }
        }
    })
}

fn row(call: &Call, l: Language, account: &AccountView) -> Result<Markup, crate::http::problem::ApiError> {
    let is_active = account.state == "active";
    let base = format!("/accounts/{}", escape(&account.username));
    let role = Role::parse(account.role).map_or(account.role, |role| role_name(l, role));
    let scope = Scope::new(account.campaign.clone(), account.unit.clone()).map(|scope| scope_words(l, &scope));
    Ok(html! {
        tr {
            th scope="row" { (account.username) }
            td { (account.display_name) }
            td { (role) (scope.unwrap_or_default()) }
            td {
                @if is_active { (l.pick("Hoạt động", "Active")) } @else { (l.pick("Đã khóa", "Disabled")) }
                @if !account.has_password { " · " (l.pick("chưa đặt mật khẩu", "no password yet")) }
            }
            td.links {
                form method="post" action=(format!("{base}/state?lang={}", l.code())) {
                    (hidden(call)?)
                    input type="hidden" name="state" value=(if is_active { "disabled" } else { "active" });
                    button.btn { @if is_active { (l.pick("Khóa", "Disable")) } @else { (l.pick("Mở lại", "Make active")) } span.vh { " " (account.username) } }
                }
                form method="post" action=(format!("{base}/reset?lang={}", l.code())) {
                    (hidden(call)?)
                    button.btn { (l.pick("Cấp mã mới", "New code")) span.vh { " " (account.username) } }
                }
            }
        }
    })
}
