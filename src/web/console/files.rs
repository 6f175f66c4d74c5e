//! `/c/{campaign}/files`: a file of figures or units, tried before it counts; and the files
//! that counted, each to be undone.
//!
//! The page that shows the trial carries the file itself, where it is not too large for a page,
//! so that what is confirmed is what was tried; a larger one is chosen again. Either way the
//! confirmation names the hash (of SHA-256) of what was tried, and bytes of another one do not count.
//! Nothing waits on the server for a confirmation that may never come.

use super::effects::{Effect, effect};
use super::{Room, done, to_sign_in};
use crate::http::call::{Answer, Call};
use crate::http::form::{Form, SentFile};
use crate::http::problem::ApiError;
use crate::pack::loose::options::{CUMULATIVE, DATE_ORDER, FigureOptions, SEPARATOR, SheetOptions};
use crate::service::access::{Contest, Figures, Units};
use crate::service::imports::ImportRecordView;
use crate::service::packs::{LooseFile, read_units};
use crate::service::rendered::etag_of;
use crate::service::writer::{WriteRequest, Written};
use crate::service::{Code, Fault};
use crate::web::forms::{alert, hidden, reason, typed};
use crate::web::language;
use crate::web::problems::Refused;
use crate::web::words::Language;
use actix_web::web;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most bytes of a form with its file: as much as the API takes of a table.
const MAX_FORM: usize = 64 << 20;

/// The most bytes of a file that the page of its trial carries.
const MAX_CARRIED: usize = 1 << 20;

/// Files that are listed.
const LISTED: usize = 100;

/// Shows the form and the files that counted.
pub(super) async fn get_files(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "files");
    }
    call.may::<Figures>()?;
    let told = match call.get("done") {
        Some("imported") => Some(l.pick("Đã ghi tệp.", "The file was recorded.")),
        Some("waiting") => {
            Some(l.pick("Đã gửi; một người khác của Hội đồng phải duyệt.", "Sent; a second person has to approve it."))
        }
        Some("undone") => Some(
            l.pick("Đã rút tệp; số trước đó có lại hiệu lực.", "The file was undone; what stood before stands again."),
        ),
        _ => None,
    };
    start(&call, Telling { told, ..Telling::default() }).await
}

/// Tries a file, or takes it where it was tried and is confirmed.
pub(super) async fn post_file(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "files");
    }
    // the right is proven before the body is read
    call.may::<Figures>()?;
    let (form, sent) = call.form_with_file(payload, MAX_FORM).await?;
    let room = Room::open(&call, l).await?;
    let asked = Asked::read(&form);
    let file = match sent.map_or_else(|| carried(&form), |sent| Ok(Some(sent))) {
        Ok(Some(file)) => file,
        Ok(None) => return again(&call, &asked, none_chosen()).await,
        Err(fault) => return again(&call, &asked, fault).await,
    };
    let tag = etag_of(&file.bytes);
    let Some(tried) = form.get("tried") else {
        let request = WriteRequest { origin: call.origin(), ..WriteRequest::default() };
        return match import(&call, &room, &asked, &file, (true, request)).await? {
            Ok(written) => trial(&call, &room, (&asked, &file, &tag), &written, None),
            Err(fault) => again(&call, &asked, fault).await,
        };
    };
    if tried != tag {
        return again(&call, &asked, another()).await;
    }
    let request = match call.form_write(&form, None) {
        request if form.get("reason").is_none() => request,
        request => match reason(&form, "reason") {
            Ok(reason) => WriteRequest { reason: Some(reason), ..request },
            Err(fault) => return again(&call, &asked, fault).await,
        },
    };
    match import(&call, &room, &asked, &file, (false, request)).await? {
        Ok(written) => {
            let told = if written.status == 202 { "waiting" } else { "imported" };
            call.see_other(&room.address("files", &format!("done={told}&")))
        }
        // a reason can still be given beside the file that was tried
        Err(fault) if fault.code == Code::ReasonRequired => {
            let request = WriteRequest { origin: call.origin(), ..WriteRequest::default() };
            match import(&call, &room, &asked, &file, (true, request)).await? {
                Ok(written) => trial(&call, &room, (&asked, &file, &tag), &written, Some(Refused::of(fault)?)),
                Err(fault) => again(&call, &asked, fault).await,
            }
        }
        Err(fault) => again(&call, &asked, fault).await,
    }
}

/// Undoes an import.
pub(super) async fn post_undo(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "files");
    }
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    let room = Room::open(&call, l).await?;
    let id = form.get("import").unwrap_or_default().to_owned();
    let undone = match reason(&form, "reason") {
        Ok(reason) => {
            let request = call.form_write(&form, None);
            call.service.undo_import(&grant, &room.campaign().code, id.clone(), reason, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    match undone {
        Ok(_) => call.see_other(&room.address("files", "done=undone&")),
        Err(fault) => {
            let not_undone = Some((id, Refused::of(fault)?, typed(&form, "reason")));
            start(&call, Telling { not_undone, ..Telling::default() }).await
        }
    }
}

/// What the sender says of the file.
#[derive(Clone, Debug, Default)]
struct Asked {
    what: String,
    separator: String,
    date_order: String,
    counts: String,
}

impl Asked {
    fn read(form: &Form) -> Self {
        let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
        Self {
            what: field("what"),
            separator: field("separator"),
            date_order: field("date_order"),
            counts: field("counts"),
        }
    }

    fn is_units(&self) -> bool {
        self.what == "units"
    }

    fn sheet(&self) -> SheetOptions {
        SheetOptions { separator: SEPARATOR.parse(&self.separator), ..SheetOptions::default() }
    }

    fn figures(&self) -> FigureOptions {
        FigureOptions {
            date_order: DATE_ORDER.parse(&self.date_order),
            cumulative: CUMULATIVE.parse(&self.counts).unwrap_or_default(),
            ..FigureOptions::default()
        }
    }
}

/// The file that the page of a trial carried.
fn carried(form: &Form) -> Result<Option<SentFile>, Fault> {
    let Some(text) = form.get("content") else { return Ok(None) };
    let bytes = STANDARD.decode(text).map_err(|_| another())?;
    Ok(Some(SentFile { name: form.get("name").unwrap_or("figures.csv").to_owned(), bytes: bytes.into() }))
}

fn none_chosen() -> Fault {
    Fault::of_field(Code::InvalidRequest, "/file", "choose a file")
}

fn another() -> Fault {
    Fault::of_field(Code::InvalidRequest, "/file", "this is not the file that was tried; try it before it counts")
}

/// Imports the file, or tries it; the inner refusal is one of the file.
async fn import(
    call: &Call,
    room: &Room,
    asked: &Asked,
    file: &SentFile,
    (dry_run, request): (bool, WriteRequest),
) -> Result<Result<Written, Fault>, ApiError> {
    if asked.is_units() {
        let grant = call.may::<Units>()?;
        let (snapshot, bytes): (_, Bytes) = (room.snapshot.clone(), file.bytes.clone());
        let read = call.service.blocking(move |_| read_units(snapshot.campaign(), &bytes)).await;
        return Ok(match read {
            Ok(units) => {
                let pending = call.service.import_units(&grant, &room.campaign().code, units, dry_run, request);
                pending.answer().await
            }
            Err(fault) => Err(fault),
        });
    }
    let grant = call.may::<Figures>()?;
    // a workbook is a ZIP archive
    let is_workbook = file.bytes.starts_with(b"PK\x03\x04");
    let table = LooseFile {
        name: file.name.clone(),
        bytes: file.bytes.clone(),
        is_workbook,
        sheet: asked.sheet(),
        figures: asked.figures(),
    };
    Ok(call.service.import_table((&grant, call.audience()?), &room.snapshot, table, dry_run, request).await)
}

/// The first page again, with what is wrong.
async fn again(call: &Call, asked: &Asked, fault: Fault) -> Answer {
    let wrong = Some((Refused::of(fault)?, asked.clone()));
    start(call, Telling { wrong, ..Telling::default() }).await
}

/// What the first page says beside its form.
#[derive(Default)]
struct Telling {
    told: Option<&'static str>,
    /// Why a file was refused, and how it was to be read.
    wrong: Option<(Refused, Asked)>,
    /// Which import was not undone, why, and the reason that was typed.
    not_undone: Option<(String, Refused, String)>,
}

async fn start(call: &Call, telling: Telling) -> Answer {
    let room = Room::open(call, language(call)?).await?;
    let l = room.l;
    let imports = match call.may::<Contest>() {
        Ok(grant) => {
            let campaign = room.campaign().code.clone();
            Some(call.service.blocking(move |service| service.imports(&grant, &campaign)).await?)
        }
        Err(_) => None,
    };
    let content = html! {
        div.head {
            h1 { (l.pick("Gửi tệp số liệu", "Send a file")) }
            p { (l.pick("Tệp được thử trước; chưa ghi gì cho đến khi bạn xác nhận.", "The file is tried first; nothing is recorded before you confirm.")) }
        }
        (done(telling.told))
        (choose(call, &room, telling.wrong.as_ref())?)
        @if let Some(imports) = &imports { (listed(call, &room, imports, telling.not_undone.as_ref())?) }
    };
    Ok(room.shown(call, ("files", l.pick("Gửi tệp", "Files")), &content))
}

/// Words for what the sender may say of a file.
fn option_words(l: Language, code: &str) -> &str {
    match code {
        "comma" => l.pick("dấu phẩy ,", "comma ,"),
        "semicolon" => l.pick("dấu chấm phẩy ;", "semicolon ;"),
        "tab" => l.pick("dấu tab", "tab"),
        "dmy" => l.pick("ngày/tháng/năm", "day/month/year"),
        "mdy" => l.pick("tháng/ngày/năm", "month/day/year"),
        "ymd" => l.pick("năm-tháng-ngày", "year-month-day"),
        "daily" => l.pick("số của từng ngày", "counts of each day"),
        "cumulative" => l.pick("số cộng dồn từ đầu", "sums since the beginning"),
        "long" => l.pick("mỗi dòng một đơn vị và ngày", "a row for a unit and day"),
        "wide" => l.pick("mỗi ngày một cột", "a column for a day"),
        other => other,
    }
}

fn choose(call: &Call, room: &Room, wrong: Option<&(Refused, Asked)>) -> Result<Markup, ApiError> {
    let l = room.l;
    let blank = Asked::default();
    let asked = wrong.map_or(&blank, |(_, asked)| asked);
    let select = |id: &str, name: &str, codes: Vec<&'static str>, chosen: &str, unsaid: &str| {
        html! {
            label for=(id) { (name) }
            select id=(id) name=(id) {
                @if !unsaid.is_empty() { option value="" { (unsaid) } }
                @for code in codes { option value=(code) selected[chosen == code] { (option_words(l, code)) } }
            }
        }
    };
    let decide = l.pick("Tự nhận ra", "Find out");
    Ok(html! {
        section.panel.pad {
            h2 { (l.pick("Chọn tệp", "Choose the file")) }
            form.do method="post" enctype="multipart/form-data" action=(room.address("files", "")) {
                (alert(l, wrong.map(|(refused, _)| refused)))
                (hidden(call)?)
                @if call.may::<Units>().is_ok() {
                    label for="what" { (l.pick("Tệp có gì", "What it holds")) }
                    select id="what" name="what" {
                        option value="figures" { (l.pick("Số liệu hằng ngày", "Figures of days")) }
                        option value="units" selected[asked.is_units()] { (l.pick("Danh sách đơn vị (CSV)", "Units (CSV)")) }
                    }
                }
                label for="file" { (l.pick("Tệp CSV hoặc Excel (.xlsx)", "CSV or Excel (.xlsx)")) }
                input id="file" name="file" type="file" required accept=".csv,.txt,.tsv,.xlsx,text/csv" aria-describedby=[wrong.map(|_| "told")];
                details open[wrong.is_some()] {
                    summary { (l.pick("Cách đọc tệp (không bắt buộc)", "How to read it (optional)")) }
                    (select("separator", l.pick("Dấu ngăn cột", "Separator"), SEPARATOR.words().collect(), &asked.separator, decide))
                    (select("date_order", l.pick("Thứ tự ngày", "Order of dates"), DATE_ORDER.words().collect(), &asked.date_order, decide))
                    (select("counts", l.pick("Số ca", "Counts"), CUMULATIVE.words().collect(), &asked.counts, ""))
                }
                button.btn.main { (l.pick("Thử tệp", "Try the file")) }
            }
        }
    })
}

/// What a file would do, and the button by which it counts.
fn trial(
    call: &Call,
    room: &Room,
    (asked, file, tag): (&Asked, &SentFile, &str),
    written: &Written,
    told: Option<Refused>,
) -> Answer {
    let l = room.l;
    let seen = Seen::read(&written.body)?;
    let is_carried = file.bytes.len() <= MAX_CARRIED;
    let is_empty = seen.rows.new + seen.rows.changed == 0;
    let content = html! {
        p.crumb { a href=(room.address("files", "")) { (l.pick("‹ Chọn tệp khác", "‹ Another file")) } }
        div.head {
            h1 { (l.pick("Thử tệp:", "Trial of")) " " (file.name) }
            p { (l.pick("Chưa ghi gì.", "Nothing is recorded yet.")) }
        }
        (seen.counts(l))
        (seen.reading(l))
        (seen.silent(room))
        @if let Some(effects) = &seen.effects {
            section.panel.pad { h2 { (l.pick("Nếu ghi", "If it is recorded")) } (effect(room, effects)) }
        }
        (seen.flags(room))
        section.panel.pad {
            h2 { (l.pick("Xác nhận", "Confirm")) }
            @if is_empty {
                p { (l.pick("Tệp không có gì mới.", "The file says nothing new.")) }
            } @else {
                form.do method="post" enctype="multipart/form-data" action=(room.address("files", "")) {
                    (alert(l, told.as_ref()))
                    (hidden(call)?)
                    input type="hidden" name="tried" value=(tag);
                    input type="hidden" name="name" value=(file.name);
                    @for (name, value) in [("what", &asked.what), ("separator", &asked.separator), ("date_order", &asked.date_order), ("counts", &asked.counts)] {
                        @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
                    }
                    @if is_carried {
                        input type="hidden" name="content" value=(STANDARD.encode(&file.bytes));
                    } @else {
                        label for="file" { (l.pick("Chọn lại đúng tệp này", "Choose the same file again")) }
                        input id="file" name="file" type="file" required;
                    }
                    @if seen.needs_approval {
                        div.ribbon.warn { span { (l.pick("Có ngày đã chốt: tệp sẽ chờ một người khác của Hội đồng duyệt.", "Days of it have closed: the file will wait for a second person of the council.")) } }
                    }
                    label for="reason" { (l.pick("Lý do (cần khi sửa ngày đã chốt)", "Why (needed where a closed day changes)")) }
                    input id="reason" name="reason" type="text" maxlength="500" aria-describedby=[told.as_ref().map(|_| "told")];
                    button.btn.main { (l.pick("Ghi đúng tệp này", "Record this very file")) }
                }
            }
        }
    };
    Ok(room.shown(call, ("files", l.pick("Gửi tệp", "Files")), &content))
}

/// What the service says of a trial.
#[derive(Debug, Deserialize)]
struct Seen {
    rows: Rows,
    units: u64,
    days: u64,
    reading: Option<Reading>,
    silent_units: Vec<String>,
    needs_approval: bool,
    effects: Option<Effect>,
    flags: Option<Raised>,
}

#[derive(Debug, Deserialize)]
struct Rows {
    new: u64,
    changed: u64,
    same: u64,
    blank: u64,
    repeated: u64,
}

/// How a table was read.
#[derive(Debug, Deserialize)]
struct Reading {
    encoding: Option<String>,
    separator: Option<String>,
    sheet: Option<String>,
    columns: Vec<Column>,
    date_order: Option<String>,
    layout: String,
    counts: String,
    names: BTreeMap<String, String>,
    remarks: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Column {
    header: String,
    column: String,
}

#[derive(Debug, Deserialize)]
struct Raised {
    total: u64,
    items: Vec<RaisedFlag>,
}

#[derive(Debug, Deserialize)]
struct RaisedFlag {
    unit: RaisedUnit,
    date: String,
    says: Words,
}

#[derive(Debug, Deserialize)]
struct RaisedUnit {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Words {
    vi: String,
    en: String,
}

impl Seen {
    fn read(body: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(body).map_err(Fault::internal)
    }

    fn counts(&self, l: Language) -> Markup {
        let rows = &self.rows;
        let counts = [
            (rows.new, l.pick("Mới", "New")),
            (rows.changed, l.pick("Thay số đang có", "Change what stands")),
            (rows.same, l.pick("Như số đang có", "Stand so already")),
            (rows.blank + rows.repeated, l.pick("Ô trống hoặc lặp lại", "Empty or repeated")),
        ];
        let (units, days) = (l.whole(self.units), l.whole(self.days));
        html! {
            dl.kpi.panel { @for (count, name) in counts { div { dt { (name) } dd { (l.whole(count)) } } } }
            p.note { @if l.is_vi() { (units) " đơn vị, " (days) " ngày" } @else { (units) " units, " (days) " days" } }
        }
    }

    /// What was decided, so that a wrong guess is seen before it counts.
    fn reading(&self, l: Language) -> Markup {
        let Some(reading) = &self.reading else { return html! {} };
        let said = [
            (l.pick("Bảng mã", "Encoding"), reading.encoding.as_deref()),
            (l.pick("Dấu ngăn cột", "Separator"), reading.separator.as_deref()),
            (l.pick("Trang tính", "Sheet"), reading.sheet.as_deref()),
            (l.pick("Thứ tự ngày", "Order of dates"), reading.date_order.as_deref()),
            (l.pick("Bố cục", "Layout"), Some(reading.layout.as_str())),
            (l.pick("Số ca", "Counts"), Some(reading.counts.as_str())),
        ];
        html! {
            section.panel.pad {
                h2 { (l.pick("Đã đọc tệp thế nào", "How the file was read")) }
                dl.read {
                    @for (name, value) in said { @if let Some(value) = value { div { dt { (name) } dd { (option_words(l, value)) } } } }
                }
                h3 { (l.pick("Các cột", "Columns")) }
                ul.lines { @for column in &reading.columns { li { (column.header) " → " b { (column.column) } } } }
                @if !reading.names.is_empty() {
                    h3 { (l.pick("Đơn vị tìm theo tên", "Units found by name")) }
                    ul.lines { @for (name, code) in &reading.names { li { (name) " → " b { (code) } } } }
                }
                @if !reading.remarks.is_empty() { ul.lines lang="en" { @for remark in &reading.remarks { li { (remark) } } } }
            }
        }
    }

    fn silent(&self, room: &Room) -> Markup {
        let (l, silent) = (room.l, &self.silent_units);
        let names: Vec<&str> = silent.iter().take(LISTED).map(|code| room.unit_name(code)).collect();
        let more = silent.len().saturating_sub(LISTED) as u64;
        html! {
            @if !silent.is_empty() {
                div.ribbon.warn { span {
                    @if l.is_vi() { "Tệp không nói gì về " (l.whole(silent.len() as u64)) " đơn vị: " } @else { "The file says nothing of " (l.whole(silent.len() as u64)) " units: " }
                    (names.join(", "))
                    @if more > 0 { "…" }
                } }
            }
        }
    }

    fn flags(&self, room: &Room) -> Markup {
        let l = room.l;
        let Some(raised) = self.flags.as_ref().filter(|raised| raised.total > 0) else { return html! {} };
        let more = raised.total.saturating_sub(raised.items.len() as u64);
        html! {
            section.panel.pad {
                h2 { @if l.is_vi() { "Sẽ có " (l.whole(raised.total)) " cảnh báo" } @else { (l.whole(raised.total)) " flags would be raised" } }
                ul.todo {
                    @for flag in &raised.items {
                        li { b { (flag.unit.name) ", " (room.day(&flag.date)) } ": " (if l.is_vi() { &flag.says.vi } else { &flag.says.en }) }
                    }
                }
                @if more > 0 { p.note { @if l.is_vi() { "và " (l.whole(more)) " cảnh báo nữa" } @else { "and " (l.whole(more)) " more" } } }
            }
        }
    }
}

/// The files that counted, each with how it is undone.
fn listed(
    call: &Call,
    room: &Room,
    imports: &[ImportRecordView],
    not_undone: Option<&(String, Refused, String)>,
) -> Result<Markup, ApiError> {
    let l = room.l;
    Ok(html! {
        section.panel.pad {
            h2 { (l.pick("Các tệp đã ghi", "Files that counted")) }
            @if imports.is_empty() { p { (l.pick("Chưa có tệp nào.", "There is none yet.")) } }
            ul.todo { @for import in imports.iter().take(LISTED) { li { (item(call, room, import, not_undone)?) } } }
        }
    })
}

fn item(
    call: &Call,
    room: &Room,
    import: &ImportRecordView,
    not_undone: Option<&(String, Refused, String)>,
) -> Result<Markup, ApiError> {
    let l = room.l;
    let what = match import.what.as_str() {
        "figures" => l.pick("Số liệu", "Figures"),
        "units" => l.pick("Đơn vị", "Units"),
        _ => l.pick("Gói dữ liệu", "Pack"),
    };
    let count = |n: i64| l.whole(u64::try_from(n).unwrap_or_default());
    let (new, changed) = (count(import.new), count(import.changed));
    let of_this = not_undone.filter(|(id, ..)| *id == import.id);
    let field = format!("undo-{}", import.id);
    Ok(html! {
        b { (l.pick("Tệp số", "File")) " " (import.id) ": " (what) }
        ", " @if l.is_vi() { (new) " mới, " (changed) " đổi" } @else { (new) " new, " (changed) " changed" }
        br; (import.imported_by) @if let Some(at) = import.imported_at { ", " (room.moment(at)) }
        @if let Some(undone) = &import.undone {
            br; (l.pick("Đã rút bởi", "Undone by")) " " (undone.undone_by) ": “" (undone.reason) "”"
        } @else if import.what == "figures" {
            details open[of_this.is_some()] {
                summary { (l.pick("Rút tệp này", "Undo this file")) }
                form.do method="post" action=(room.address("files/undo", "")) {
                    (alert(l, of_this.map(|(_, refused, _)| refused)))
                    (hidden(call)?)
                    input type="hidden" name="import" value=(import.id);
                    label for=(field) { (l.pick("Lý do", "Why")) }
                    input id=(field) name="reason" type="text" maxlength="500" required value=[of_this.map(|(_, _, typed)| typed)];
                    button.btn { (l.pick("Rút tệp", "Undo it")) }
                }
            }
        }
    })
}
