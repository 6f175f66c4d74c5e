//! A campaign: its window, kinds, scheme and policy, read from `campaign.json`
//! (contract.md section 1; domain.md section 2).

use super::appeals::Appeals;
use super::awards::Awards;
use super::json::{FieldError, Fields, Json, Reader};
use super::policy::{MAX_ALLOWANCE, Policy};
use super::reporting::Reporting;
use super::scheme::{Scheme, Texts};
use super::sources::Sources;
use super::time::{Day, Instant, local_instant, parse_day};
use super::{builtin, text};
use chrono::{Days, NaiveTime};
use chrono_tz::Tz;
use std::sync::Arc;

/// Where the figures of a kind come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// Somebody reports them.
    Reported,
    /// They are the sum of the units of another kind (its index) below.
    Derived(u16),
}

/// A kind of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Unique in the campaign.
    pub code: String,
    /// For people.
    pub name: Texts,
    /// Reported or derived.
    pub figures: Figures,
    /// Whether its units are hidden from the public; households and individuals always are.
    pub private: bool,
    /// Whether a unit without a population counts as small.
    pub small: bool,
    /// Its own small-number allowance, in cases.
    pub small_number_allowance: Option<u32>,
}

/// The decision that started the campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Its number.
    pub number: Option<String>,
    /// Its day.
    pub date: Option<Day>,
}

/// Days from the first to the last, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Span {
    /// How many days it has.
    pub fn days(&self) -> u32 {
        u32::try_from((self.to - self.from).num_days() + 1).unwrap_or_default()
    }

    /// Whether a day lies in it.
    pub fn contains(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// A contest's rules and dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Its code.
    pub code: String,
    /// Its titles.
    pub title: Texts,
    /// Who runs it.
    pub organiser: Texts,
    /// The decision behind it.
    pub decision: Decision,
    /// The time zone, as written.
    pub time_zone_name: String,
    /// The time zone.
    pub time_zone: Tz,
    /// S…E.
    pub window: Span,
    /// Bs…Be; it ends on S−1.
    pub baseline: Span,
    /// Below this population a unit is small (domain.md section 6).
    pub small_cell_population: u64,
    /// Local time of the next day at which a day's figures are due.
    pub day_closes: NaiveTime,
    /// Its kinds, in the order written.
    pub kinds: Vec<Kind>,
    /// Its level scheme.
    pub scheme: Arc<Scheme>,
    /// How points are given.
    pub policy: Policy,
    /// The day by which units should be green.
    pub green_by: Option<Day>,
    /// The care that late figures, corrections and changes of rules need.
    pub reporting: Reporting,
    /// Who may say what a day was, in order of precedence.
    pub sources: Sources,
    /// What its winners get.
    pub awards: Awards,
    /// Until when units can appeal; none: until the result is final.
    pub appeals: Option<Appeals>,
}

const MAX_SPAN_DAYS: u32 = 1_000;

impl Campaign {
    /// Reads the text of a `campaign.json`.
    ///
    /// # Errors
    /// Every wrong place, by path.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<FieldError>> {
        let json = Json::parse(bytes).map_err(|place| {
            vec![FieldError { path: String::new(), value: None, expected: format!("JSON; it breaks at {place}") }]
        })?;
        Self::read(&json)
    }

    /// Reads a campaign document.
    ///
    /// # Errors
    /// Every wrong place, by path.
    pub fn read(json: &Json) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::default();
        let campaign = read_campaign(&mut reader, json);
        match campaign {
            Some(campaign) if reader.errors.is_empty() => Ok(campaign),
            _ => Err(reader.errors),
        }
    }

    /// The document that [`Campaign::read`] reads, defaults written out.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value, json};
        let kinds: Vec<Value> = self.kinds.iter().map(|k| self.kind_to_json(k)).collect();
        let mut document = json!({
            "code": self.code,
            "title": self.title.to_json(),
            "organiser": self.organiser.to_json(),
            "decision": {"number": self.decision.number, "date": self.decision.date.map(|d| d.to_string())},
            "time_zone": self.time_zone_name,
            "window": {"from": self.window.from.to_string(), "to": self.window.to.to_string()},
            "baseline": {"from": self.baseline.from.to_string(), "to": self.baseline.to.to_string()},
            "small_cell_population": self.small_cell_population,
            "day_closes": self.day_closes.format("%H:%M").to_string(),
            "kinds": kinds,
            "level_scheme": scheme_to_json(&self.scheme),
            "scoring": self.policy.to_json(),
        });
        if let (Some(day), Value::Object(fields)) = (self.green_by, &mut document) {
            fields.insert("green_by".to_owned(), day.to_string().into());
        }
        if let (true, Value::Object(fields)) = (self.reporting != Reporting::default(), &mut document) {
            fields.insert("reporting".to_owned(), self.reporting.to_json());
        }
        if let (false, Value::Object(fields)) = (self.sources.is_empty(), &mut document) {
            fields.insert("sources".to_owned(), self.sources.to_json());
        }
        if let (false, Value::Object(fields)) = (self.awards.is_empty(), &mut document) {
            fields.insert("awards".to_owned(), self.awards.to_json());
        }
        if let (Some(appeals), Value::Object(fields)) = (self.appeals, &mut document) {
            fields.insert("appeals".to_owned(), appeals.to_json());
        }
        document
    }

    fn kind_to_json(&self, kind: &Kind) -> serde_json::Value {
        let mut fields = serde_json::Map::new();
        fields.insert("code".to_owned(), kind.code.as_str().into());
        fields.insert("name".to_owned(), kind.name.to_json());
        match kind.figures {
            Figures::Reported => {
                fields.insert("figures".to_owned(), "reported".into());
            }
            Figures::Derived(from) => {
                fields.insert("figures".to_owned(), "derived".into());
                fields.insert("derived_from".to_owned(), self.kind(from).map_or("", |k| &k.code).into());
            }
        }
        fields.insert("private".to_owned(), kind.private.into());
        fields.insert("small".to_owned(), kind.small.into());
        if let Some(allowance) = kind.small_number_allowance {
            fields.insert("small_number_allowance".to_owned(), allowance.into());
        }
        fields.into()
    }

    /// A kind by its index.
    pub fn kind(&self, index: u16) -> Option<&Kind> {
        self.kinds.get(usize::from(index))
    }

    /// The index of a kind's code.
    pub fn kind_index(&self, code: &str) -> Option<u16> {
        self.kinds.iter().position(|k| k.code == code).and_then(|i| u16::try_from(i).ok())
    }

    /// The codes of its kinds, for messages.
    pub fn kind_codes(&self) -> String {
        self.kinds.iter().map(|k| k.code.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The kind that boards show when none is asked for: the first reported one, else the first.
    pub fn default_kind(&self) -> u16 {
        let reported = self.kinds.iter().position(|k| k.figures == Figures::Reported);
        reported.and_then(|i| u16::try_from(i).ok()).unwrap_or_default()
    }

    /// The instant at which a day closes: `day_closes` of the next day, local time.
    pub fn cut_off(&self, day: Day) -> Instant {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        local_instant(self.time_zone, next, self.day_closes)
    }

    /// The small-number allowance of a kind, in cases.
    pub fn allowance(&self, kind: u16) -> u32 {
        let own = self.kind(kind).and_then(|k| k.small_number_allowance);
        own.unwrap_or(self.policy.small_number_allowance)
    }

    /// The longest look-back of the rules that apply to any kind of the campaign, in days.
    pub fn longest_look_back(&self) -> u32 {
        let of_kind = |k: &Kind| self.scheme.rules_for(&k.code).flat_map(|r| &r.any).map(|c| c.look_back()).max();
        self.kinds.iter().filter_map(of_kind).max().unwrap_or_default()
    }

    /// The earliest day that any look-back can reach: the levels of the first
    /// baseline day look that far (domain.md section 2, Figure).
    pub fn earliest_day(&self) -> Day {
        let back = u64::from(self.longest_look_back().saturating_sub(1));
        self.baseline.from.checked_sub_days(Days::new(back)).unwrap_or(self.baseline.from)
    }
}

fn read_campaign(reader: &mut Reader, json: &Json) -> Option<Campaign> {
    const KNOWN: [&str; 17] = [
        "code",
        "title",
        "organiser",
        "decision",
        "time_zone",
        "window",
        "baseline",
        "small_cell_population",
        "day_closes",
        "kinds",
        "level_scheme",
        "scoring",
        "green_by",
        "reporting",
        "sources",
        "appeals",
        "awards",
    ];
    let of = reader.object("", json, &KNOWN)?;
    let code = required_text(reader, &of, "code", text::parse_code);
    let title = of.get("title").map(|v| Texts::read(reader, "title", v)).unwrap_or_default();
    let organiser = of.get("organiser").map(|v| Texts::read(reader, "organiser", v)).unwrap_or_default();
    let decision = of.get("decision").map(|v| read_decision(reader, v)).unwrap_or_default();
    let zone = required_text(reader, &of, "time_zone", |t| {
        let zone: Result<Tz, _> = t.parse();
        zone.map(|z| (t.to_owned(), z)).map_err(|_| "a zone of the tz database, such as Asia/Ho_Chi_Minh")
    });
    let window = reader.required(&of, "window").and_then(|v| read_span(reader, "window", v));
    let baseline = reader.required(&of, "baseline").and_then(|v| read_span(reader, "baseline", v));
    if let (Some(window), Some(baseline)) = (window, baseline)
        && baseline.to.succ_opt() != Some(window.from)
    {
        let expected = format!("the day before the window's first, {}", window.from.pred_opt().unwrap_or(window.from));
        reader.wrong("baseline.to", Some(&Json::Text(baseline.to.to_string())), expected);
    }
    let small_cell = of.get("small_cell_population");
    let small_cell = small_cell.map_or(Some(500), |v| reader.whole("small_cell_population", v, 0, 1_000_000_000));
    let noon = NaiveTime::from_hms_opt(12, 0, 0);
    let closes = of.get("day_closes").map_or(noon, |v| reader.text("day_closes", v, parse_time_of_day));
    let kinds = reader.required(&of, "kinds").and_then(|v| read_kinds(reader, v));
    let scheme = reader.required(&of, "level_scheme").and_then(|v| read_scheme(reader, "level_scheme", v));
    let policy = reader.required(&of, "scoring").and_then(|v| Policy::read(reader, "scoring", v));
    let green_by = of.get("green_by").and_then(|v| reader.text("green_by", v, parse_day));
    let reporting = of.get("reporting").and_then(|v| Reporting::read(reader, v)).unwrap_or_default();
    let sources = of.get("sources").and_then(|v| Sources::read(reader, "sources", v)).unwrap_or_default();
    let awards = of.get("awards").and_then(|v| Awards::read(reader, v)).unwrap_or_default();
    let appeals = of.get("appeals").and_then(|v| Appeals::read(reader, v));
    let (time_zone_name, time_zone) = zone?;
    let campaign = Campaign {
        code: code?,
        title,
        organiser,
        decision,
        time_zone_name,
        time_zone,
        window: window?,
        baseline: baseline?,
        small_cell_population: small_cell?,
        day_closes: closes?,
        kinds: kinds?,
        scheme: scheme?,
        policy: policy?,
        green_by,
        reporting,
        sources,
        awards,
        appeals,
    };
    check_together(reader, &campaign);
    Some(campaign)
}

/// Rules between parts that are each right by themselves.
fn check_together(reader: &mut Reader, campaign: &Campaign) {
    if let Some(day) = campaign.green_by
        && !campaign.window.contains(day)
    {
        reader.wrong("green_by", Some(&Json::Text(day.to_string())), "a day of the window");
    }
    campaign.awards.check(reader, campaign);
    campaign.appeals.iter().for_each(|appeals| appeals.check(reader, campaign.window));
    check_rules(reader, campaign);
    for i in 0..campaign.kinds.len() {
        if derives_from_itself(campaign, i) {
            reader.wrong(format!("kinds.{i}.derived_from"), None, "a kind whose own figures do not come from this one");
        }
    }
}

/// Refuses kinds without rules where the policy needs levels (domain.md section 4, Campaign check).
pub(super) fn check_rules(reader: &mut Reader, campaign: &Campaign) {
    if !campaign.policy.uses_levels() {
        return;
    }
    for (i, kind) in campaign.kinds.iter().enumerate() {
        if campaign.scheme.rules_for(&kind.code).next().is_none() {
            let expected = format!(
                "a kind that level scheme {} has rules for, since the policy scores levels",
                campaign.scheme.code
            );
            reader.wrong(format!("kinds.{i}.code"), Some(&Json::Text(kind.code.clone())), expected);
        }
    }
}

fn derives_from_itself(campaign: &Campaign, start: usize) -> bool {
    let mut at = start;
    for _ in 0..campaign.kinds.len() {
        match campaign.kinds.get(at).map(|k| k.figures) {
            Some(Figures::Derived(from)) if usize::from(from) == start => return true,
            Some(Figures::Derived(from)) => at = usize::from(from),
            _ => return false,
        }
    }
    false
}

pub(super) fn required_text<T, E: Into<String>>(
    reader: &mut Reader,
    of: &Fields<'_>,
    key: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    let json = reader.required(of, key).cloned()?;
    reader.text(&of.path(key), &json, parse)
}

fn read_decision(reader: &mut Reader, json: &Json) -> Decision {
    let Some(of) = reader.object("decision", json, &["number", "date"]) else { return Decision::default() };
    Decision {
        number: of.get("number").and_then(|v| reader.text("decision.number", v, text::parse_name)),
        date: of.get("date").and_then(|v| reader.text("decision.date", v, parse_day)),
    }
}

fn read_span(reader: &mut Reader, path: &str, json: &Json) -> Option<Span> {
    let of = reader.object(path, json, &["from", "to"])?;
    let from = required_text(reader, &of, "from", parse_day);
    let to = required_text(reader, &of, "to", parse_day);
    let span = Span { from: from?, to: to? };
    if span.to < span.from {
        reader.wrong(of.path("to"), of.get("to"), "a day not before \"from\"");
        return None;
    }
    if (span.to - span.from).num_days() >= i64::from(MAX_SPAN_DAYS) {
        reader.wrong(of.path("to"), of.get("to"), "at most 1000 days in all");
        return None;
    }
    Some(span)
}

fn parse_time_of_day(text: &str) -> Result<NaiveTime, &'static str> {
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5);
    time.ok_or("a time of day written HH:MM, 00:00 to 23:59")
}

/// A scheme as documents name it: a built-in's code, else the whole scheme.
pub(super) fn scheme_to_json(scheme: &Scheme) -> serde_json::Value {
    match builtin::find(&scheme.code) {
        Some(known) if known == scheme => scheme.code.as_str().into(),
        _ => scheme.to_json(),
    }
}

/// Reads a scheme: a built-in's code or a scheme object.
pub(super) fn read_scheme(reader: &mut Reader, path: &str, json: &Json) -> Option<Arc<Scheme>> {
    if let Json::Text(_) = json {
        return reader.text(path, json, |t| {
            builtin::find(t).map(|s| Arc::new(s.clone())).ok_or_else(|| {
                let codes: Vec<_> = builtin::all().iter().map(|s| s.code.as_str()).collect();
                format!("a built-in scheme ({}) or a scheme object", codes.join(", "))
            })
        });
    }
    Scheme::read(reader, path, json).map(Arc::new)
}

fn read_kinds(reader: &mut Reader, json: &Json) -> Option<Vec<Kind>> {
    let list = reader.list("kinds", json)?;
    if !(1..=100).contains(&list.len()) {
        reader.wrong("kinds", None, "1 to 100 kinds");
        return None;
    }
    let before = reader.errors.len();
    let code_of = |item: &Json| match item {
        Json::Object(fields) => fields.iter().find(|(k, _)| k == "code").and_then(|(_, v)| match v {
            Json::Text(t) => text::parse_code(t).ok(),
            _ => None,
        }),
        _ => None,
    };
    let codes: Vec<Option<String>> = list.iter().map(code_of).collect();
    let mut kinds = Vec::new();
    for (i, item) in list.iter().enumerate() {
        kinds.extend(read_kind(reader, i, item, &codes));
    }
    (reader.errors.len() == before).then_some(kinds)
}

fn read_kind(reader: &mut Reader, index: usize, json: &Json, codes: &[Option<String>]) -> Option<Kind> {
    let known = ["code", "name", "figures", "derived_from", "private", "small", "small_number_allowance"];
    let of = reader.object(&format!("kinds.{index}"), json, &known)?;
    let code = required_text(reader, &of, "code", |t| match t {
        "*" => Err("another code: * stands for all kinds"),
        _ => text::parse_code(t),
    });
    if code.is_some() && codes.iter().take(index).any(|c| *c == code) {
        reader.wrong(of.path("code"), of.get("code"), "each kind once");
    }
    let is_derived = required_text(reader, &of, "figures", |t| match t {
        "reported" => Ok(false),
        "derived" => Ok(true),
        _ => Err("reported or derived"),
    });
    let figures = match (is_derived, of.get("derived_from")) {
        (Some(true), _) => required_text(reader, &of, "derived_from", |t| {
            let from = codes.iter().position(|c| c.as_deref() == Some(t)).filter(|from| *from != index);
            let from = from.and_then(|i| u16::try_from(i).ok());
            from.map(Figures::Derived).ok_or("the code of another kind of this campaign")
        }),
        (Some(false), Some(from)) => {
            reader.wrong(of.path("derived_from"), Some(from), "nothing: the figures of this kind are reported");
            None
        }
        (Some(false), None) => Some(Figures::Reported),
        (None, _) => None,
    };
    let name = of.get("name").map(|v| Texts::read(reader, &of.path("name"), v)).unwrap_or_default();
    let mut flag = |key| of.get(key).map(|v| reader.flag(&of.path(key), v).unwrap_or_default());
    let private = flag("private");
    let small = flag("small");
    let allowance = of.get("small_number_allowance");
    let allowance = allowance.and_then(|v| reader.whole(&of.path("small_number_allowance"), v, 0, MAX_ALLOWANCE));
    let code = code?;
    let name = match builtin::kind_name(&code) {
        Some((vi, en)) if name == Texts::default() => Texts::both(vi, en),
        _ => name,
    };
    Some(Kind {
        private: private.unwrap_or_default() || builtin::is_always_private(&code),
        small: small.unwrap_or_else(|| builtin::is_small_by_default(&code)),
        small_number_allowance: allowance.and_then(|n| u32::try_from(n).ok()),
        figures: figures?,
        name,
        code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> serde_json::Value {
        serde_json::json!({
            "code": "c", "time_zone": "Asia/Saigon",
            "window": {"from": "2021-07-09", "to": "2021-07-23"},
            "baseline": {"from": "2021-06-25", "to": "2021-07-08"},
            "kinds": [{"code": "district", "figures": "derived", "derived_from": "ward"}, {"code": "ward", "figures": "reported"}],
            "level_scheme": "counts-14d",
            "scoring": {"components": [{"measure": "case_reduction", "max_points": 60}, {"measure": "level_drop", "max_points": 40}]},
        })
    }

    #[test]
    fn defaults_need_not_be_written_and_survive_a_round_trip() {
        let campaign = Campaign::parse(minimal().to_string().as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(campaign.policy.closing_days, 7);
        assert_eq!(campaign.small_cell_population, 500);
        assert_eq!(campaign.default_kind(), 1);
        assert_eq!(campaign.time_zone_name, "Asia/Saigon");
        assert_eq!(campaign.cut_off(campaign.window.from).to_rfc3339().as_deref(), Some("2021-07-10T05:00:00Z"));
        assert_eq!(campaign.earliest_day().to_string(), "2021-06-12");
        let again = Campaign::parse(campaign.to_json().to_string().as_bytes());
        assert_eq!(again, Ok(campaign));
    }

    #[test]
    fn all_mistakes_are_listed_by_path() {
        let mut document = minimal();
        document["time_zone"] = "Saigon".into();
        document["kinds"][1]["privat"] = true.into();
        document["scoring"]["closing_days"] = 0.into();
        document["baseline"]["to"] = "2021-07-07".into();
        let errors = Campaign::parse(document.to_string().as_bytes()).err().unwrap_or_default();
        let paths: Vec<_> = errors.iter().map(|e| e.path.as_str()).collect();
        assert_eq!(paths, ["time_zone", "baseline.to", "kinds.1.privat", "scoring.closing_days"]);
    }

    #[test]
    fn kinds_that_sum_each_other_are_refused() {
        let mut document = minimal();
        document["kinds"][1] = serde_json::json!({"code": "ward", "figures": "derived", "derived_from": "district"});
        assert!(Campaign::parse(document.to_string().as_bytes()).is_err());
    }
}
