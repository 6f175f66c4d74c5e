//! What every page has: head, top bar, the sprite of level signs.

use super::words::Language;
use crate::domain::Scheme;
use crate::http::call::Call;
use crate::service::Caller;
use crate::service::access::{Accounts, Audit, Campaigns, Figures, Results, Rules, Units};
use maud::{DOCTYPE, Markup, html};

/// Who reads a page, as its head shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Visitor {
    /// Their name, where they are signed in.
    name: Option<String>,
    /// Whether they may enter figures in the campaign of the page.
    may_enter: bool,
    /// Whether they may see what stands between the campaign of the page and its result.
    sees_console: bool,
    /// Whether they may read its log.
    may_log: bool,
    /// Whether they may set it up, and at which of its pages they begin.
    set_up: Option<&'static str>,
    /// Whether they may make accounts.
    may_people: bool,
}

impl Visitor {
    /// Who asks for a page, of a campaign where it is one.
    pub(super) fn of(call: &Call, campaign: Option<&str>) -> Self {
        let name = match &call.caller {
            Caller::Known(who) => Some(who.display_name.clone()),
            _ => None,
        };
        let may_enter = campaign.is_some_and(|code| call.caller.may::<Figures>(Some(code)).is_ok());
        let sees_console = campaign.is_some_and(|code| call.caller.may::<Results>(Some(code)).is_ok());
        let may_log = campaign.is_some_and(|code| call.caller.may::<Audit>(Some(code)).is_ok());
        let set_up = campaign.and_then(|code| {
            let (caller, code) = (&call.caller, Some(code));
            let pages = [
                (caller.may::<Campaigns>(code).is_ok(), "setup"),
                (caller.may::<Units>(code).is_ok(), "setup/units"),
                (caller.may::<Rules>(code).is_ok(), "setup/rules"),
            ];
            pages.into_iter().find(|(may, _)| *may).map(|(_, page)| page)
        });
        let may_people = call.caller.may::<Accounts>(None).is_ok();
        Self { name, may_enter, sees_console, may_log, set_up, may_people }
    }
}

/// A page around its content.
pub(super) struct Frame<'a> {
    /// Its language.
    pub(super) language: Language,
    /// Its title.
    pub(super) title: String,
    /// The same page in the other language.
    pub(super) other: String,
    /// The campaign's code, where it is a page of one.
    pub(super) campaign: Option<&'a str>,
    /// The campaign's scheme, for the signs.
    pub(super) scheme: Option<&'a Scheme>,
    /// Who reads it.
    pub(super) visitor: Visitor,
    /// Which of the pages that the head leads to it is; none of them: none.
    pub(super) here: Option<Here>,
}

/// The pages that the head leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    /// The list of campaigns.
    Home,
    /// The leaderboard.
    Board,
    /// The map.
    Map,
    /// The rules.
    Rules,
    /// Entering figures.
    Entry,
    /// The guides.
    Help,
    /// The console of a campaign.
    Console,
    /// The result.
    Result,
    /// The log.
    Log,
    /// Setting the campaign up.
    SetUp,
    /// Accounts.
    People,
}

impl Frame<'_> {
    /// The whole page.
    pub(super) fn page(&self, content: &Markup) -> Markup {
        let l = self.language;
        html! {
            (DOCTYPE)
            html lang=(l.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/assets/style.css";
                    script src="/assets/app.js" defer {}
                    @if let Some(code) = self.campaign {
                        link rel="stylesheet" href=(format!("/c/{}/levels.css", crate::service::figures::escape(code)));
                    }
                }
                body {
                    a.skip href="#main" { (l.pick("Bỏ qua, tới nội dung chính", "Skip to the content")) }
                    (self.sprite())
                    header.top {
                        div.wrap {
                            a.brand href=(format!("/?lang={}", l.code())) { "greenzone" }
                            nav aria-label=(l.pick("Chính", "Main")) {
                                (self.navigation())
                            }
                            div.end {
                                @match &self.visitor.name {
                                    Some(name) => a href=(format!("/me?lang={}", l.code())) { (name) },
                                    None => a href=(self.sign_in()) { (l.pick("Đăng nhập", "Sign in")) },
                                }
                                a href=(self.other) lang=(l.other().code()) hreflang=(l.other().code()) { (l.pick("English", "Tiếng Việt")) }
                            }
                        }
                    }
                    main.wrap id="main" { (content) }
                }
            }
        }
    }

    /// Where the head leads to.
    fn navigation(&self) -> Markup {
        let l = self.language;
        let current = |is_here: bool| is_here.then_some("page");
        html! {
            a href=(format!("/?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Home))] {
                (l.pick("Các đợt thi đua", "Campaigns"))
            }
            @if let Some(code) = self.campaign {
                @let address = format!("/c/{}", crate::service::figures::escape(code));
                @let is_board = self.here == Some(Here::Board);
                a href=(if is_board { "#board".to_owned() } else { format!("{address}?lang={}", l.code()) }) aria-current=[current(is_board)] {
                    (l.pick("Bảng xếp hạng", "Leaderboard"))
                }
                a href=(format!("{address}/map?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Map))] {
                    (l.pick("Bản đồ", "Map"))
                }
                a href=(format!("{address}/rules?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Rules))] {
                    (l.pick("Thể lệ", "Rules"))
                }
                @if self.visitor.may_enter {
                    a href=(format!("{address}/enter?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Entry))] {
                        (l.pick("Nhập số liệu", "Enter figures"))
                    }
                }
                @if self.visitor.sees_console {
                    a href=(format!("{address}/console?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Console))] {
                        (l.pick("Điều hành", "Console"))
                    }
                }
                a href=(format!("{address}/result?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Result))] {
                    (l.pick("Kết quả", "Result"))
                }
                @if let Some(page) = self.visitor.set_up {
                    a href=(format!("{address}/{page}?lang={}", l.code())) aria-current=[current(self.here == Some(Here::SetUp))] {
                        (l.pick("Thiết lập", "Set-up"))
                    }
                }
                @if self.visitor.may_log {
                    a href=(format!("{address}/log?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Log))] {
                        (l.pick("Nhật ký", "Log"))
                    }
                }
            }
            @if self.visitor.may_people {
                a href=(format!("/accounts?lang={}", l.code())) aria-current=[current(self.here == Some(Here::People))] {
                    (l.pick("Tài khoản", "Accounts"))
                }
            }
            a href=(format!("/help?lang={}", l.code())) aria-current=[current(self.here == Some(Here::Help))] {
                (l.pick("Hướng dẫn", "Help"))
            }
        }
    }

    /// Where to sign in, and to come back from there.
    fn sign_in(&self) -> String {
        let escape = crate::service::figures::escape;
        let lang = self.language.code();
        let next = self.campaign.map(|code| format!("&next={}", escape(&format!("/c/{}?lang={lang}", escape(code)))));
        format!("/sign-in?lang={lang}{}", next.unwrap_or_default())
    }

    /// One sign a level: a shape by its place, a letter by its name.
    fn sprite(&self) -> Markup {
        let symbols = self.scheme.map(|s| s.symbols(self.language.is_vi())).unwrap_or_default();
        let last = symbols.len().saturating_sub(1);
        html! {
            svg.sprite aria-hidden="true" focusable="false" {
                defs {
                    pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        path.hatchline d="M0 0V5" {}
                    }
                }
                @for (index, symbol) in symbols.iter().enumerate() {
                    symbol id=(format!("s{index}")) viewBox="0 0 20 20" {
                        (shape(index, last))
                        text class=(format!("li i{index}")) x="10" y=(if symbol.chars().count() > 1 { "13.2" } else { "13.8" })
                            font-size=(if symbol.chars().count() > 1 { "8.5" } else { "10" }) { (symbol) }
                    }
                }
                symbol id="sx" viewBox="0 0 20 20" {
                    rect.kx x="1.5" y="1.5" width="17" height="17" rx="3" {}
                    text.lix x="10" y="14.2" font-size="12" { "?" }
                }
                symbol id="i-clock" viewBox="0 0 16 16" {
                    path fill="currentColor" d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6ZM7.2 4.5v4l3 2 .9-1.3-2.3-1.5V4.5Z" {}
                }
            }
        }
    }
}

/// Circle for the best, octagon for the worst, other shapes between: never a colour alone.
fn shape(index: usize, last: usize) -> Markup {
    let class = format!("k{index}");
    html! {
        @match (index, last - index) {
            (0, _) => circle class=(class) cx="10" cy="10" r="9" {},
            (_, 0) => path class=(class) d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3Z" {},
            (_, 1) => path class=(class) d="M10 1 19.5 18.6H.5Z" {},
            (_, 2) => path class=(class) d="M10 .7 19.3 10 10 19.3.7 10Z" {},
            _ => rect class=(class) x="1.5" y="1.5" width="17" height="17" rx="4" {},
        }
    }
}

/// A level's sign with its word beside it, or for screen readers only.
pub(super) fn level_sign(scheme: &Scheme, language: Language, code: &str, shows_word: bool) -> Markup {
    let index = scheme.level_index(code);
    let word = level_word(scheme, language, code);
    let sign = index.map_or_else(|| "#sx".to_owned(), |i| format!("#s{i}"));
    html! {
        span.lv {
            svg aria-hidden="true" { use href=(sign) {} }
            @if shows_word { (word) } @else { span.vh { (word) } }
        }
    }
}

/// The name of a level, or that it is unknown.
pub(super) fn level_word(scheme: &Scheme, language: Language, code: &str) -> String {
    let level = scheme.level_index(code).and_then(|i| scheme.levels.get(usize::from(i)));
    match level {
        Some(level) => level.name.pick(language.is_vi()).unwrap_or(code).to_owned(),
        None => language.pick("Chưa rõ", "Unknown").to_owned(),
    }
}
