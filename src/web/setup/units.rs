//! The register of a campaign: units by name, a form that registers one, the same form that
//! changes one.

use super::super::forms::{alert, field, hidden, receipt, scrolling, typed};
use super::super::language;
use super::super::problems::Refused;
use super::super::words::Language;
use super::{Part, sent_words, shown, to_sign_in};
use crate::domain::Campaign;
use crate::domain::text::{parse_code, parse_name};
use crate::domain::unit::{MAX_POPULATION, Point, parse_degrees};
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::Units;
use crate::service::figures::{escape, visible_unit};
use crate::service::live::{Sight, Snapshot};
use crate::service::rendered::etag_of;
use crate::service::units::{NewUnit, UnitFilter, unit_json, unit_view};
use crate::service::views::UnitView;
use crate::service::writer::IfMatch;
use crate::service::{Code, Fault, Moment};
use actix_web::web;
use maud::{Markup, html};

/// Units on one page.
const ON_A_PAGE: usize = 50;

/// The fields of the form: their name, what they are, how long.
const FIELDS: [(&str, (&str, &str), u32); 8] = [
    ("code", ("Mã (không đổi được về sau)", "Code (stays for ever)"), 64),
    ("name", ("Tên", "Name"), 300),
    ("parent", ("Mã đơn vị cấp trên", "Code of the unit above"), 64),
    ("block", ("Khối", "Block"), 300),
    ("population", ("Dân số", "Population"), 12),
    ("households", ("Số hộ", "Households"), 12),
    ("lat", ("Vĩ độ", "Latitude"), 20),
    ("lng", ("Kinh độ", "Longitude"), 20),
];

/// The register.
pub(in crate::web) async fn get_units(call: Call) -> Answer {
    let l = language(&call)?;
    if let Some(answer) = to_sign_in(&call, l, "setup/units")? {
        return Ok(answer);
    }
    call.may::<Units>()?;
    page(&call, l, None).await
}

/// Registers a unit, or changes one.
pub(in crate::web) async fn post_unit(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    let grant = call.may::<Units>()?;
    let form = call.form(payload).await?;
    let campaign = call.path("campaign")?;
    let was = form.get("was").map(str::to_owned);
    let written = match new_unit(&form) {
        Ok(unit) if was.is_some() => {
            let request = call.form_write(&form, was.map(|tag| IfMatch::Tags(vec![tag])));
            call.service.put_unit(&grant, &campaign, unit, request).answer().await
        }
        Ok(unit) => {
            call.service.register_units(&grant, &campaign, vec![unit], call.form_write(&form, None)).answer().await
        }
        Err(fault) => Err(fault),
    };
    match written {
        Ok(written) => {
            let sent = if written.status == 201 { "registered" } else { "saved" };
            call.see_other(&format!("/c/{}/setup/units?lang={}&sent={sent}", escape(&campaign), l.code()))
        }
        Err(fault) => page(&call, l, Some((Refused::of(fault)?, form))).await,
    }
}

fn new_unit(form: &Form) -> Result<NewUnit, Fault> {
    let wrong = |field: &str, expected: &str| {
        Fault::of_field(Code::InvalidRequest, format!("/{field}"), format!("expected {expected}"))
    };
    let code = |name: &str| parse_code(&typed(form, name)).map_err(|expected| wrong(name, expected));
    let number = |name: &str| {
        let read = |text: &str| text.parse::<u64>().ok().filter(|n| (1..=MAX_POPULATION).contains(n));
        form.get(name).map(|text| read(text).ok_or_else(|| wrong(name, "a whole number, digits only"))).transpose()
    };
    let degrees = |name: &str, limit: f64| {
        let read = |text: &str| parse_degrees(text, limit).ok_or_else(|| wrong(name, "degrees such as 10.7461"));
        form.get(name).map(read).transpose()
    };
    let point = match (degrees("lat", 90.0)?, degrees("lng", 180.0)?) {
        (Some(lat), Some(lng)) => Some(Point { lat, lng }),
        (None, None) => None,
        _ => return Err(wrong("lat", "latitude and longitude together, or none")),
    };
    let name = |field: &str, text: &str| parse_name(text).map_err(|expected| wrong(field, expected));
    Ok(NewUnit {
        code: code("code")?,
        name: name("name", &typed(form, "name"))?,
        kind: code("kind")?,
        parent_code: form.get("parent").map(|_| code("parent")).transpose()?,
        block: form.get("block").map(|text| name("block", text)).transpose()?,
        population: number("population")?,
        households: number("households")?,
        point,
        state: None,
        at: String::new(),
    })
}

async fn page(call: &Call, l: Language, refused: Option<(Refused, Form)>) -> Answer {
    let snapshot = call.look_live(Moment::Now).await?.snapshot;
    let sight = call.sight(&snapshot);
    call.note_private_read(&snapshot, sight != Sight::Public && snapshot.has_private(None)).await?;
    let campaign = snapshot.campaign();
    // a search form that is sent with empty fields asks for all
    let given = |name: &str| call.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let filter = UnitFilter { kind: given("kind"), q: given("q"), ..UnitFilter::default() };
    let number = usize::try_from(call.number("page", 1, 1_000_000)?.unwrap_or(1)).unwrap_or(1);
    let found = filter.find(&snapshot, sight)?;
    let pages = found.len().div_ceil(ON_A_PAGE).max(1);
    let number = number.min(pages);
    let rows = found.iter().skip((number - 1) * ON_A_PAGE).take(ON_A_PAGE);
    let rows: Vec<UnitView> = rows.filter_map(|unit| unit_view(&snapshot, *unit, sight)).collect();
    let list = List { l, campaign, filter: &filter, number, pages, total: found.len() };
    let edited = match given("unit").filter(|_| refused.is_none()) {
        Some(code) => unit_view(&snapshot, visible_unit(&snapshot, &code, sight)?, sight),
        None => None,
    };
    let sheet = Sheet { l, snapshot: &snapshot, edited, refused };
    let content = html! {
        (receipt(sent_words(l, call.get("sent").filter(|_| sheet.refused.is_none()))))
        (sheet.form(call)?)
        (list.content(&rows))
    };
    Ok(shown(call, l, (campaign, Part::Units), &content))
}

/// The form: empty, with a unit in it, or with what was typed.
struct Sheet<'a> {
    l: Language,
    snapshot: &'a Snapshot,
    edited: Option<UnitView>,
    refused: Option<(Refused, Form)>,
}

impl Sheet<'_> {
    fn value(&self, name: &str) -> String {
        if let Some((_, form)) = &self.refused {
            return typed(form, name);
        }
        let Some(unit) = &self.edited else { return String::new() };
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let degrees = |degrees: Option<f64>| degrees.map(|d| d.to_string()).unwrap_or_default();
        match name {
            "code" => unit.code.clone(),
            "name" => unit.name.clone(),
            "kind" => unit.kind.clone(),
            "parent" => unit.parent_code.clone().unwrap_or_default(),
            "block" => unit.block.clone().unwrap_or_default(),
            "population" => number(unit.population),
            "households" => number(unit.households),
            "lat" => degrees(unit.lat),
            "lng" => degrees(unit.lng),
            _ => etag_of(&unit_json(unit)),
        }
    }

    fn form(&self, call: &Call) -> Result<Markup, ApiError> {
        let (l, campaign) = (self.l, self.snapshot.campaign());
        let was = self.value("was");
        let usual = || campaign.kind(campaign.default_kind()).map(|kind| kind.code.clone()).unwrap_or_default();
        let kind = Some(self.value("kind")).filter(|kind| !kind.is_empty()).unwrap_or_else(usual);
        Ok(html! {
            form.act.panel method="post" action=(Part::Units.address(campaign, l)) {
                h2 {
                    @if was.is_empty() { (l.pick("Đăng ký một đơn vị", "Register a unit")) }
                    @else { (l.pick("Sửa đơn vị", "Change a unit")) }
                }
                (alert(l, self.refused.as_ref().map(|(refused, _)| refused)))
                (hidden(call)?)
                @if !was.is_empty() { input type="hidden" name="was" value=(was); }
                label for="kind" { (l.pick("Loại", "Kind")) }
                select id="kind" name="kind" {
                    @for each in &campaign.kinds {
                        option value=(each.code) selected[each.code == kind] { (each.name.pick(l.is_vi()).unwrap_or(&each.code)) }
                    }
                }
                @for (name, (vi, en), max) in FIELDS {
                    @if name == "code" && !was.is_empty() {
                        input type="hidden" name="code" value=(self.value("code"));
                        p { b { (self.value("code")) } }
                    } @else { (field(name, l.pick(vi, en), &self.value(name), max)) }
                }
                button.btn.main { (l.pick("Lưu", "Save")) }
                @if !was.is_empty() { a.btn href=(Part::Units.address(campaign, l)) { (l.pick("Thôi", "Leave it")) } }
            }
        })
    }
}

/// A page of the register.
struct List<'a> {
    l: Language,
    campaign: &'a Campaign,
    filter: &'a UnitFilter,
    number: usize,
    pages: usize,
    total: usize,
}

impl List<'_> {
    fn address(&self, page: usize) -> String {
        let part = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("&{name}={}", escape(value))).unwrap_or_default()
        };
        let (kind, q) = (part("kind", &self.filter.kind), part("q", &self.filter.q));
        format!("{}{kind}{q}&page={page}", Part::Units.address(self.campaign, self.l))
    }

    fn content(&self, rows: &[UnitView]) -> Markup {
        let l = self.l;
        let count = l.whole(self.total as u64);
        html! {
            h2 { (match l {
                Language::Vi => format!("Danh sách: {count} đơn vị"),
                Language::En => format!("Register: {count} units"),
            }) }
            form.filters.panel method="get" role="search" {
                input type="hidden" name="lang" value=(l.code());
                div { label for="q" { (l.pick("Tìm theo tên hoặc mã", "Search by name or code")) } input id="q" name="q" maxlength="300" value=(self.filter.q.as_deref().unwrap_or_default()); }
                div {
                    label for="of-kind" { (l.pick("Loại", "Kind")) }
                    select id="of-kind" name="kind" {
                        option value="" { (l.pick("Tất cả", "All")) }
                        @for kind in &self.campaign.kinds {
                            option value=(kind.code) selected[self.filter.kind.as_ref() == Some(&kind.code)] { (kind.name.pick(l.is_vi()).unwrap_or(&kind.code)) }
                        }
                    }
                }
                button.btn { (l.pick("Tìm", "Search")) }
            }
            @if rows.is_empty() { div.panel.empty { p { (l.pick("Không có đơn vị nào như vậy.", "There is no such unit.")) } } }
            @else { (scrolling(l.pick("Danh sách đơn vị", "Register of units"), &self.table(rows))) }
            nav.turn aria-label=(l.pick("Trang", "Pages")) {
                @if self.number > 1 { a.btn rel="prev" href=(self.address(self.number - 1)) { (l.pick("Trước", "Previous")) } }
                @if self.pages > 1 { span { (self.number) " / " (self.pages) } }
                @if self.number < self.pages { a.btn rel="next" href=(self.address(self.number + 1)) { (l.pick("Tiếp", "Next")) } }
            }
        }
    }

    fn table(&self, rows: &[UnitView]) -> Markup {
        let l = self.l;
        let number = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), |n| l.whole(n));
        let state = |state: &str| match state {
            "withdrawn" => l.pick("đã rút", "withdrawn"),
            "disqualified" => l.pick("bị loại", "disqualified"),
            _ => l.pick("tham gia", "takes part"),
        };
        let kind = |code: &str| {
            let kind = self.campaign.kind_index(code).and_then(|kind| self.campaign.kind(kind));
            kind.and_then(|kind| kind.name.pick(l.is_vi())).unwrap_or(code).to_owned()
        };
        html! {
            table.days-table {
                caption.vh { (l.pick("Danh sách đơn vị", "Register of units")) }
                thead { tr {
                    th scope="col" { (l.pick("Mã", "Code")) }
                    th scope="col" { (l.pick("Tên", "Name")) }
                    th scope="col" { (l.pick("Loại", "Kind")) }
                    th scope="col" { (l.pick("Cấp trên", "Above")) }
                    th scope="col" { (l.pick("Khối", "Block")) }
                    th.num scope="col" { (l.pick("Dân số", "Population")) }
                    th.num scope="col" { (l.pick("Số hộ", "Households")) }
                    th scope="col" { (l.pick("Trạng thái", "State")) }
                    th scope="col" { span.vh { (l.pick("Sửa", "Change")) } }
                } }
                tbody {
                    @for unit in rows {
                        tr {
                            td { (unit.code) }
                            th scope="row" { (unit.name) }
                            td { (kind(&unit.kind)) }
                            td { (unit.parent_code.as_deref().unwrap_or("–")) }
                            td { (unit.block.as_deref().unwrap_or("–")) }
                            td.num { (number(unit.population)) }
                            td.num { (number(unit.households)) }
                            td { (state(unit.state)) }
                            td { a href=(format!("{}&unit={}", Part::Units.address(self.campaign, l), escape(&unit.code))) { (l.pick("Sửa", "Change")) span.vh { " " (unit.name) } } }
                        }
                    }
                }
            }
        }
    }
}
