//! A campaign's document by its main fields; all else of it stays as it is.

use super::super::forms::{alert, field, hidden, receipt, typed};
use super::super::language;
use super::super::problems::Refused;
use super::super::words::Language;
use super::{Part, sent_words, shown, to_sign_in};
use crate::domain::Campaign;
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::Campaigns;
use crate::service::campaigns::campaign_json;
use crate::service::figures::escape;
use crate::service::rendered::etag_of;
use crate::service::writer::IfMatch;
use crate::service::{Fault, Moment};
use actix_web::web;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// The fields of the form: their name, where they stand in the document, and what they are.
const FIELDS: [(&str, &str, (&str, &str), u32); 13] = [
    ("title-vi", "/title/vi", ("Tên (tiếng Việt)", "Title in Vietnamese"), 300),
    ("title-en", "/title/en", ("Tên (tiếng Anh)", "Title in English"), 300),
    ("organiser-vi", "/organiser/vi", ("Cơ quan tổ chức (tiếng Việt)", "Organiser in Vietnamese"), 300),
    ("organiser-en", "/organiser/en", ("Cơ quan tổ chức (tiếng Anh)", "Organiser in English"), 300),
    ("decision-number", "/decision/number", ("Số văn bản phát động", "Number of the decision"), 300),
    ("decision-date", "/decision/date", ("Ngày văn bản (năm-tháng-ngày)", "Day of the decision (year-month-day)"), 10),
    ("window-from", "/window/from", ("Ngày đầu thi đua", "First day of the contest"), 10),
    ("window-to", "/window/to", ("Ngày cuối thi đua", "Last day of the contest"), 10),
    ("baseline-from", "/baseline/from", ("Ngày đầu kỳ gốc", "First day of the baseline"), 10),
    (
        "baseline-to",
        "/baseline/to",
        ("Ngày cuối kỳ gốc (trước ngày đầu thi đua)", "Last day of the baseline (before the contest)"),
        10,
    ),
    ("day-closes", "/day_closes", ("Giờ chốt của ngày hôm sau", "When a day closes on the next"), 5),
    ("green-by", "/green_by", ("Phải xanh trước hết ngày", "Green by the end of"), 10),
    (
        "small-cells",
        "/small_cell_population",
        ("Dân số dưới mức này là đơn vị nhỏ", "Below this population a unit is small"),
        12,
    ),
];

/// The form.
pub(in crate::web) async fn get_campaign(call: Call) -> Answer {
    let l = language(&call)?;
    if let Some(answer) = to_sign_in(&call, l, "setup")? {
        return Ok(answer);
    }
    call.may::<Campaigns>()?;
    page(&call, l, None).await
}

/// Takes the form.
pub(in crate::web) async fn post_campaign(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    let grant = call.may::<Campaigns>()?;
    let form = call.form(payload).await?;
    let code = call.path("campaign")?;
    let now = call.look_live(Moment::Now).await?.snapshot;
    let written = match changed(now.campaign(), &form) {
        Ok(campaign) => {
            let if_match = Some(IfMatch::Tags(vec![typed(&form, "was")]));
            call.service.put_campaign(&grant, &code, campaign, call.form_write(&form, if_match)).answer().await
        }
        Err(fault) => Err(fault),
    };
    match written {
        Ok(written) => {
            let sent = if written.status == 202 { "waiting" } else { "saved" };
            call.see_other(&format!("/c/{}/setup?lang={}&sent={sent}", escape(&code), l.code()))
        }
        Err(fault) => page(&call, l, Some((Refused::of(fault)?, form))).await,
    }
}

/// The document with the form's fields put in.
fn changed(campaign: &Campaign, form: &Form) -> Result<Campaign, Fault> {
    let mut document = campaign.to_json();
    for (name, pointer, ..) in FIELDS {
        put(&mut document, pointer, value(name, &typed(form, name)));
    }
    Campaign::parse(document.to_string().as_bytes()).map_err(Fault::of_document)
}

/// A field's text as the document writes it; none where it is empty.
fn value(name: &str, text: &str) -> Option<Value> {
    let number = (name == "small-cells").then(|| text.parse::<u64>().ok()).flatten();
    Some(text).filter(|text| !text.is_empty()).map(|text| number.map_or_else(|| text.into(), Value::from))
}

fn put(document: &mut Value, pointer: &str, value: Option<Value>) {
    let mut names = pointer.trim_start_matches('/').split('/');
    let (first, second) = (names.next().unwrap_or_default(), names.next());
    let Value::Object(fields) = document else { return };
    let (fields, name) = match second {
        None => (fields, first),
        Some(second) => {
            let inner = fields.entry(first).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return };
            (inner, second)
        }
    };
    match value {
        Some(value) => drop(fields.insert(name.to_owned(), value)),
        None => drop(fields.remove(name)),
    }
}

async fn page(call: &Call, l: Language, refused: Option<(Refused, Form)>) -> Answer {
    let snapshot = call.look_live(Moment::Now).await?.snapshot;
    let campaign = snapshot.campaign();
    let content = content(call, l, campaign, refused)?;
    Ok(shown(call, l, (campaign, Part::Campaign), &content))
}

fn content(
    call: &Call,
    l: Language,
    campaign: &Campaign,
    refused: Option<(Refused, Form)>,
) -> Result<Markup, ApiError> {
    let document = campaign.to_json();
    let stands = |pointer: &str| match document.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let (refused, typed_in) = refused.map_or((None, None), |(refused, form)| (Some(refused), Some(form)));
    // what was typed stays, and with it what it was typed over
    let was = typed_in.as_ref().map_or_else(|| etag_of(&campaign_json(campaign)), |form| typed(form, "was"));
    Ok(html! {
        (receipt(sent_words(l, call.get("sent").filter(|_| refused.is_none()))))
        form.act.panel method="post" action=(Part::Campaign.address(campaign, l)) {
            h2 { (l.pick("Đợt thi đua", "Campaign")) " " (campaign.code) }
            p.note { (l.pick("Khi đã có số liệu, ngày tháng không đổi được nữa. Thể lệ và đơn vị có trang riêng.", "Once there are figures the days cannot change. Rules and units have pages of their own.")) }
            (alert(l, refused.as_ref()))
            (hidden(call)?)
            input type="hidden" name="was" value=(was);
            @for (name, pointer, (vi, en), max) in FIELDS {
                (field(name, l.pick(vi, en), &typed_in.as_ref().map_or_else(|| stands(pointer), |form| typed(form, name)), max))
            }
            button.btn.main { (l.pick("Lưu", "Save")) }
        }
    })
}
