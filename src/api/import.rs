//! Whole files: packs, and strict tables of figures or units.

use super::body::{self, UnitRequest};
use super::params::{CampaignPath, ImportQuery};
use crate::domain::json::{Json, Reader};
use crate::http::call::{Answer, Call};
use crate::http::problem::{ApiError, Kind};
use crate::pack::loose::options::{
    CUMULATIVE, Choice, DATE_ORDER, DECIMAL, FigureOptions, LAYOUT, SEPARATOR, SheetOptions,
};
use crate::pack::{Limits, read_zip};
use crate::service::approvals::ApprovalView;
use crate::service::packs::{FigureSource, LooseFile, read_units};
use crate::service::units::NewUnit;
use crate::service::views::{ImportView, WrittenView};
use crate::service::{Code, Fault, Grant, Moment, access};
use actix_web::web;
use bytes::Bytes;

/// The most bytes of a file.
const MAX_FILE: usize = 64 << 20;

/// What a pack may weigh unpacked, over the network.
const UNPACKED: Limits = Limits { bytes: 512 << 20, expansion: 20, entries: 1_000 };

/// Imports a pack (`application/zip`), or a table of figures or units (`text/csv`,
/// `application/x-ndjson`), all or nothing. Figures may come as people send them, also as a
/// workbook (XLSX): the answer's `reading` says what was decided, the parameters decide otherwise.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/import",
    tag = "import",
    params(CampaignPath, ImportQuery),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson"), (Vec<u8> = "application/zip"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses(
        (status = 200, description = "What it did, or would do", body = WrittenView<ImportView>),
        (status = 201, description = "The pack opened the campaign", body = WrittenView<ImportView>),
        (status = 202, description = "It waits for a second person", body = WrittenView<ApprovalView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn import(call: Call, payload: web::Payload) -> Answer {
    if call.caller.is_anonymous() {
        return Err(Fault::unauthenticated().into());
    }
    let dry_run = call.flag("dry_run")?;
    let is_known = |text: &str| ["figures", "units", "pack"].into_iter().find(|what| *what == text);
    let what = call.parse("what", "figures, units or pack", is_known)?;
    let content_type = call.content_type();
    let format = match (content_type.as_str(), what) {
        ("application/zip", None | Some("pack")) => Format::Pack,
        ("text/csv", None | Some("figures")) => Format::FiguresCsv,
        ("text/csv", Some("units")) => Format::UnitsCsv,
        (XLSX, None | Some("figures")) => Format::FiguresWorkbook,
        ("application/x-ndjson", None | Some("figures")) => Format::FiguresLines,
        ("application/x-ndjson", Some("units")) => Format::UnitsLines,
        ("text/csv" | "application/x-ndjson" | "application/zip" | XLSX, _) => {
            let message = format!("what={} does not go with {content_type}", what.unwrap_or_default());
            return Err(ApiError::of_parameter(Kind::InvalidParameter, "what", message));
        }
        _ => {
            let detail = "expected application/zip, text/csv, application/x-ndjson or a workbook (XLSX)";
            return Err(ApiError::new(Kind::UnsupportedMediaType, detail));
        }
    };
    let (sheet, options) = (sheet_options(&call)?, figure_options(&call)?);
    let is_table = matches!(format, Format::FiguresCsv | Format::FiguresWorkbook);
    if let Some(name) = OF_TABLES.into_iter().find(|name| !is_table && call.get(name).is_some()) {
        let message = format!("{name} is said of tables of figures alone, CSV or XLSX");
        return Err(ApiError::of_parameter(Kind::InvalidParameter, name, message));
    }
    // the right is proven before the body is read
    let may = match format {
        Format::Pack => May::Pack(call.may()?),
        Format::FiguresCsv | Format::FiguresLines | Format::FiguresWorkbook => May::Figures(call.may()?),
        Format::UnitsCsv | Format::UnitsLines => May::Units(call.may()?),
    };
    let body = call.body(payload, MAX_FILE).await?;
    let request = call.write_request(&body)?;
    let campaign = call.path("campaign")?;
    let pending = match may {
        May::Pack(grant) => {
            let contest = call.service.blocking(move |_| Ok(read_zip(&body, UNPACKED)?)).await?;
            if contest.campaign.code != campaign {
                let found = &contest.campaign.code;
                let message = format!("the pack is of campaign {found:?}, the address of {campaign:?}");
                return Err(Fault::of_field(Code::InvalidPack, "code", message).into());
            }
            // what the log keeps of a large pack takes a moment to be read
            call.service.blocking(move |service| Ok(service.import_pack(&grant, contest, dry_run, request))).await?
        }
        May::Figures(grant) => {
            // the campaign is in memory, or gets there, before the writer needs it
            let snapshot = call.look_live(Moment::Now).await?.snapshot;
            if format == Format::FiguresLines {
                let figures = FigureSource::Rows(lines(&body, body::read_figure_for, body::figure_for)?);
                call.service.import_figures(&grant, &campaign, figures, dry_run, request)
            } else {
                let is_workbook = format == Format::FiguresWorkbook;
                let name = if is_workbook { "figures.xlsx" } else { "figures.csv" }.to_owned();
                let file = LooseFile { name, bytes: body.clone(), is_workbook, sheet, figures: options };
                let audience = call.audience()?;
                let written = call.service.import_table((&grant, audience), &snapshot, file, dry_run, request).await?;
                return Ok(call.written(written));
            }
        }
        May::Units(grant) => {
            let snapshot = call.look_live(Moment::Now).await?.snapshot;
            let read = |reader: &mut Reader, path: &str, json: &Json| UnitRequest::read(reader, path, json, true);
            let units: Vec<NewUnit> = match format {
                Format::UnitsCsv => call.service.blocking(move |_| read_units(snapshot.campaign(), &body)).await?,
                _ => lines(&body, read, body::coded_unit)?,
            };
            call.service.import_units(&grant, &campaign, units, dry_run, request)
        }
    };
    Ok(call.written(pending.answer().await?))
}

/// The type of workbooks.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Parameters that say how a table of figures is to be read.
const OF_TABLES: [&str; 8] = ["encoding", "separator", "decimal", "sheet", "layout", "date_order", "counts", "rows"];

/// What the sender says of the file.
fn sheet_options(call: &Call) -> Result<SheetOptions, ApiError> {
    let separator = choice(call, "separator", SEPARATOR)?;
    Ok(SheetOptions { encoding: call.text("encoding")?, separator, sheet: call.text("sheet")? })
}

/// What the sender says of the figures.
fn figure_options(call: &Call) -> Result<FigureOptions, ApiError> {
    Ok(FigureOptions {
        date_order: choice(call, "date_order", DATE_ORDER)?,
        decimal: choice(call, "decimal", DECIMAL)?,
        layout: choice(call, "layout", LAYOUT)?,
        cumulative: choice(call, "counts", CUMULATIVE)?.unwrap_or_default(),
        rows: call.number("rows", 1, 10_000_000)?,
    })
}

fn choice<T: Copy + PartialEq + 'static>(call: &Call, name: &str, of: Choice<T>) -> Result<Option<T>, ApiError> {
    call.parse(name, &of.expected(), |word| of.parse(word))
}

/// The right that a file needs.
enum May {
    Pack(Grant<access::Contest>),
    Figures(Grant<access::Figures>),
    Units(Grant<access::Units>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Pack,
    FiguresCsv,
    FiguresLines,
    FiguresWorkbook,
    UnitsCsv,
    UnitsLines,
}

/// Reads JSON lines; a mistake is named by its line, counted from 1.
fn lines<R, T>(
    body: &Bytes,
    read: impl Fn(&mut Reader, &str, &Json) -> Option<R>,
    finish: impl Fn(Option<R>, String) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    let mut found = Vec::new();
    let mut reader = Reader::default();
    for (at, line) in body.split(|b| *b == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let number = (at + 1).to_string();
        match Json::parse(line) {
            Ok(json) => found.push((read(&mut reader, &number, &json), number)),
            Err(_) => reader.wrong(number, None, "a JSON object on one line"),
        }
    }
    if !reader.errors.is_empty() {
        return Err(body::fault_of(reader.errors).into());
    }
    found.into_iter().map(|(request, number)| finish(request, format!("/{number}"))).collect()
}
