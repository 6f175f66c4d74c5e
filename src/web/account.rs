//! Signing in and out of the pages, the first password, and what somebody can do here.

use super::frame::{Frame, Visitor};
use super::words::Language;
use super::{language, own_page};
use crate::domain::account::{Role, parse_username};
use crate::http::call::{Answer, Call};
use crate::http::form::{TOKEN, local_address};
use crate::http::problem::ApiError;
use crate::service::accounts::Opening;
use crate::service::figures::escape;
use crate::service::{Caller, Code, Fault};
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

/// What is said of a name and a password, or of a code, that do not go together.
const NO_MATCH: (&str, &str) = ("Tên đăng nhập và mật khẩu không khớp.", "Name and password do not go together.");
const NO_CODE: (&str, &str) =
    ("Mã không đúng hoặc đã hết hạn. Hãy xin mã mới.", "The code is not right, or no longer. Ask for a new one.");

/// `/sign-in`.
pub(super) async fn get_sign_in(call: Call) -> Answer {
    let l = language(&call)?;
    let next = call.text("next")?;
    Ok(shown(&call, l, "/sign-in", &sign_in(&call, l, (local_address(next.as_deref()), ""), None)))
}

/// Signs in.
pub(super) async fn post_sign_in(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    let form = call.form(payload).await?;
    let (username, next) = (form.get("username").unwrap_or_default().to_owned(), local_address(form.get("next")));
    call.limit_login(&username)?;
    match call.service.login(username.clone(), form.secret("password"), call.write_once()?).await {
        Ok(tokens) if next == "/" => call.signed_in(&format!("/me?lang={}", l.code()), &tokens.refresh_token),
        Ok(tokens) => call.signed_in(next, &tokens.refresh_token),
        Err(fault) => {
            let told = told(l, fault, NO_MATCH)?;
            Ok(shown(&call, l, "/sign-in", &sign_in(&call, l, (next, username.as_str()), Some(told))))
        }
    }
}

/// `/sign-in/code`.
pub(super) async fn get_code(call: Call) -> Answer {
    let l = language(&call)?;
    Ok(shown(&call, l, "/sign-in/code", &first_password(&call, l, "", None)))
}

/// Takes a one-time code, and the password that is chosen with it.
pub(super) async fn post_code(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    let form = call.form(payload).await?;
    let typed = form.get("username").unwrap_or_default();
    let fault = |code, field: &str, message: &str| Err(Fault::of_field(code, field, message));
    let checked = match (parse_username(typed), form.secret("password") == form.secret("again")) {
        // such a name nobody has
        (Err(expected), _) => fault(Code::InvalidCredentials, "/username", expected),
        (_, false) => fault(Code::WeakPassword, "/again", "expected the same password twice"),
        (Ok(username), true) => Ok(username),
    };
    let attempt = match checked {
        Ok(username) => {
            call.limit_login(&username)?;
            let (opening, chosen) = (Opening::Code(form.secret("code")), form.secret("password"));
            call.service.choose_password(username, opening, chosen, call.write_once()?).await
        }
        Err(fault) => Err(fault),
    };
    match attempt {
        Ok(_) => call.see_other(&format!("/sign-in?lang={}", l.code())),
        Err(fault) => {
            let told = told(l, fault, NO_CODE)?;
            Ok(shown(&call, l, "/sign-in/code", &first_password(&call, l, typed, Some(told))))
        }
    }
}

/// `/me`: who is signed in, and what they can do.
pub(super) async fn get_me_page(call: Call) -> Answer {
    let l = language(&call)?;
    let Caller::Known(who) = &call.caller else {
        return call.see_other(&format!("/sign-in?lang={}&next=/me", l.code()));
    };
    let caller = call.reader();
    let codes = call.service.blocking(move |service| service.campaigns(&caller)).await?;
    let reaches = |code: &str| who.mandate.scope.reaches(code);
    let campaigns: Vec<_> = codes.into_iter().filter(|campaign| reaches(&campaign.code)).collect();
    let may_enter = matches!(who.mandate.role, Role::Council | Role::Reporter);
    let content = html! {
        div.head { h1 { (who.display_name) } p { (role_name(l, who.mandate.role)) (scope_words(l, &who.mandate.scope)) } }
        div.panel.sheet {
            @for campaign in &campaigns {
                h2 { (super::home::title(campaign, l)) }
                p.links {
                    a.btn href=(format!("/c/{}?lang={}", escape(&campaign.code), l.code())) { (l.pick("Bảng xếp hạng", "Leaderboard")) }
                    @if may_enter {
                        a.btn.main href=(format!("/c/{}/enter?lang={}", escape(&campaign.code), l.code())) { (l.pick("Nhập số liệu", "Enter figures")) }
                        a.btn href=(format!("/c/{}/files?lang={}", escape(&campaign.code), l.code())) { (l.pick("Gửi tệp", "Send a file")) }
                        a.btn href=(format!("/c/{}/appeals?lang={}", escape(&campaign.code), l.code())) { (l.pick("Khiếu nại", "Appeals")) }
                    }
                }
            }
            @if campaigns.is_empty() { p { (l.pick("Chưa có đợt thi đua nào.", "There is no campaign yet.")) } }
        }
        form.sheet method="post" action="/sign-out" {
            (token_field(&call))
            button.btn { (l.pick("Đăng xuất", "Sign out")) }
        }
    };
    Ok(shown(&call, l, "/me", &content))
}

/// Signs out.
pub(super) async fn post_sign_out(call: Call, payload: web::Payload) -> Answer {
    call.form(payload).await?;
    if let Ok((grant, owner)) = call.caller.may_own() {
        let write = call.write_once()?;
        call.service.logout(&grant, owner, crate::service::sessions::Logout::Here, write).await?;
    }
    call.signed_out("/")
}

/// The field that proves a form to be ours.
pub(super) fn token_field(call: &Call) -> Markup {
    html! { @if let Some(token) = call.form_token() { input type="hidden" name=(TOKEN) value=(token); } }
}

/// A page of an account.
fn shown(call: &Call, l: Language, address: &str, content: &Markup) -> HttpResponse {
    let frame = Frame {
        language: l,
        title: l.pick("Đăng nhập", "Sign in").to_owned(),
        other: format!("{address}?lang={}", l.other().code()),
        campaign: None,
        scheme: None,
        visitor: Visitor::of(call, None),
        here: None,
    };
    own_page(call, frame.page(content))
}

/// What is said of a sign-in that was refused; what nobody foresaw is passed on.
fn told(l: Language, fault: Fault, refused: (&'static str, &'static str)) -> Result<&'static str, ApiError> {
    Ok(match fault.code {
        Code::InvalidCredentials | Code::InvalidToken | Code::AccountNotFound => l.pick(refused.0, refused.1),
        Code::WeakPassword => l.pick(
            "Mật khẩu cần ít nhất 12 ký tự, không phải mật khẩu nhiều người dùng, và gõ hai lần giống nhau.",
            "The password needs at least 12 characters, is none that many people have, and is typed twice the same.",
        ),
        Code::InvalidRequest => l.pick("Hãy điền đủ các ô.", "Please fill in every field."),
        _ => return Err(fault.into()),
    })
}

fn alert(told: Option<&str>) -> Markup {
    html! { @if let Some(told) = told { div.ribbon.stop role="alert" id="told" { span { (told) } } } }
}

fn sign_in(call: &Call, l: Language, (next, username): (&str, &str), told: Option<&str>) -> Markup {
    html! {
        form.sheet.panel method="post" action=(format!("/sign-in?lang={}", l.code())) {
            h1 { (l.pick("Đăng nhập", "Sign in")) }
            (alert(told))
            (token_field(call))
            input type="hidden" name="next" value=(next);
            label for="username" { (l.pick("Tên đăng nhập", "Username")) }
            input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false"
                maxlength="64" required value=(username) aria-describedby=[told.map(|_| "told")];
            label for="password" { (l.pick("Mật khẩu", "Password")) }
            input id="password" name="password" type="password" autocomplete="current-password" required;
            button.btn.main { (l.pick("Đăng nhập", "Sign in")) }
            p.note {
                a href=(format!("/sign-in/code?lang={}", l.code())) { (l.pick("Lần đầu, hoặc quên mật khẩu: tôi có mã", "First time, or forgotten: I have a code")) }
            }
        }
    }
}

fn first_password(call: &Call, l: Language, username: &str, told: Option<&str>) -> Markup {
    html! {
        form.sheet.panel method="post" action=(format!("/sign-in/code?lang={}", l.code())) {
            h1 { (l.pick("Chọn mật khẩu", "Choose a password")) }
            p.note { (l.pick("Hội đồng cho bạn mã qua điện thoại. Mã dùng một lần.", "The council tells you the code by telephone. It can be used once.")) }
            (alert(told))
            (token_field(call))
            label for="username" { (l.pick("Tên đăng nhập", "Username")) }
            input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required value=(username);
            label for="code" { (l.pick("Mã", "Code")) }
            input id="code" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required;
            label for="password" { (l.pick("Mật khẩu mới, ít nhất 12 ký tự", "New password, at least 12 characters")) }
            input id="password" name="password" type="password" autocomplete="new-password" minlength="12" required;
            label for="again" { (l.pick("Gõ lại mật khẩu", "The password again")) }
            input id="again" name="again" type="password" autocomplete="new-password" minlength="12" required;
            button.btn.main { (l.pick("Lưu mật khẩu", "Keep the password")) }
        }
    }
}

pub(super) fn role_name(l: Language, role: Role) -> &'static str {
    let (vi, en) = match role {
        Role::Admin => ("Quản trị", "Administrator"),
        Role::Council => ("Hội đồng thi đua", "Council"),
        Role::Reporter => ("Người báo số liệu", "Reporter"),
        Role::Committee => ("Ban khen thưởng", "Awards committee"),
        Role::Auditor => ("Kiểm tra", "Auditor"),
    };
    l.pick(vi, en)
}

pub(super) fn scope_words(l: Language, scope: &crate::domain::account::Scope) -> String {
    match (scope.campaign(), scope.unit()) {
        (Some(campaign), Some(unit)) => format!(" · {campaign} · {} {unit}", l.pick("đơn vị", "unit")),
        (Some(campaign), None) => format!(" · {campaign}"),
        _ => String::new(),
    }
}
