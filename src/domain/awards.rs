//! The catalogue of awards: data of a campaign, read from `awards` in `campaign.json`.
//!
//! What is configured here follows the law of the day. In 2021 that was Decree
//! 91/2017/NĐ-CP, articles 69 to 73: money is a coefficient times the base salary (lương cơ
//! sở), a collective's is twice an individual's, and the product is rounded up to ten thousand
//! đồng. None of these numbers stands in code: base salary, step and coefficients are the
//! campaign's, and what they rest on is its `legal_reference`. Who wins is computed in
//! `scoring::awards`.

use super::campaign::{Campaign, required_text};
use super::json::{Fields, Json, Reader};
use super::number::Hundredths;
use super::order::{By, Track};
use super::scheme::Texts;
use super::text;
use super::unit::parse_block;
use serde_json::{Map, Value, json};

/// The awards of a campaign, in the order in which they are given: who has won one wins no
/// later one of the same kind and track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awards {
    /// Base salary that coefficients multiply, in đồng a month.
    pub base_salary: Option<u64>,
    /// Money is rounded up to a multiple of this, in đồng; 1 leaves only whole đồng.
    pub rounding_step: u64,
    /// What coefficients and rounding rest on.
    pub legal_reference: Option<String>,
    /// The catalogue.
    pub list: Vec<Award>,
}

impl Default for Awards {
    fn default() -> Self {
        Self { base_salary: None, rounding_step: 1, legal_reference: None, list: Vec::new() }
    }
}

/// One award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// Unique in the catalogue.
    pub code: String,
    /// Name.
    pub name: Texts,
    /// Form of the award (hình thức khen thưởng), as a decision writes it.
    pub form: Texts,
    /// Code of the kind whose units compete.
    pub kind: String,
    /// The track.
    pub track: Track,
    /// What the board is ordered by.
    pub by: By,
    /// Only units of this block, ranked among themselves.
    pub block: Option<String>,
    /// What gives it.
    pub to: Given,
    /// How many there can be at most.
    pub quota: Quota,
    /// What happens to units tied for the last place.
    pub ties: Ties,
    /// Whether the money is a collective's, twice an individual's.
    pub collective: bool,
    /// Coefficient of the base salary, in ten-thousandths; none: no money.
    pub coefficient: Option<u64>,
}

/// What gives an award.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A place from the first to the last, both inclusive.
    Places {
        /// First place, at least 1.
        from: u32,
        /// Last place, not before it.
        to: u32,
    },
    /// All that is reached, in hundredths; at least one is given.
    Threshold {
        /// Points at least.
        points: Option<i64>,
        /// Plain reduction at least, in percent.
        reduction: Option<i64>,
        /// Adjusted reduction at least, in percent.
        change: Option<i64>,
    },
}

/// How many awards there can be at most: the fewer of what is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// So many.
    pub at_most: Option<u32>,
    /// So many in a hundred ranked units, in hundredths.
    pub percent_of_ranked: Option<i64>,
}

impl Quota {
    /// How many that is among so many ranked units; a share is rounded down.
    pub fn of(&self, ranked: u64) -> Option<u64> {
        let share = self.percent_of_ranked.and_then(|percent| u64::try_from(percent).ok());
        let share = share.map(|percent| ranked.saturating_mul(percent) / 10_000);
        let fixed = self.at_most.map(u64::from);
        fixed.into_iter().chain(share).min()
    }
}

/// What happens to units tied for the last place or places of an award.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// All of them win.
    All,
    /// The council decides, on record.
    Decide,
}

impl Ties {
    /// Its word.
    pub fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Decide => "decide",
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        [Self::All, Self::Decide].into_iter().find(|ties| ties.code() == text).ok_or("all or decide")
    }
}

/// Decimals of a coefficient.
const COEFFICIENT_DECIMALS: usize = 4;
const COEFFICIENT_ONE: u64 = 10_000;
/// The greatest coefficient, 1,000: a slip of the pen beyond it would be written into a decision.
const MAX_COEFFICIENT: u64 = 1_000 * COEFFICIENT_ONE;
/// The greatest base salary and the greatest step, in đồng.
const MAX_MONEY: u64 = 100_000_000;
const MAX_AWARDS: usize = 100;
const MAX_PLACE: u64 = 10_000_000;

impl Awards {
    /// Whether there is nothing to say about awards.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// An award by its code.
    pub fn find(&self, code: &str) -> Option<&Award> {
        self.list.iter().find(|award| award.code == code)
    }

    /// Money for one winner of an award, in đồng: coefficient × base salary, twice that for
    /// a collective, rounded up to the step once, at the end.
    pub fn money(&self, award: &Award) -> Option<u64> {
        let persons = if award.collective { 2 } else { 1 };
        let exact = award.coefficient?.checked_mul(self.base_salary?)?.checked_mul(persons)?;
        let step = self.rounding_step.max(1);
        exact.div_ceil(COEFFICIENT_ONE.checked_mul(step)?).checked_mul(step)
    }

    /// Reads the object `awards`.
    pub(super) fn read(reader: &mut Reader, json: &Json) -> Option<Self> {
        let of = reader.object("awards", json, &["base_salary", "rounding_step", "legal_reference", "list"])?;
        let before = reader.errors.len();
        let mut money = |key: &str| of.get(key).and_then(|v| reader.whole(&of.path(key), v, 1, MAX_MONEY));
        let (base_salary, rounding_step) = (money("base_salary"), money("rounding_step"));
        let reference = of.get("legal_reference");
        let legal_reference = reference.and_then(|v| reader.text(&of.path("legal_reference"), v, text::parse_name));
        let list = reader.required(&of, "list").and_then(|v| reader.list("awards.list", v)).unwrap_or_default();
        if list.len() > MAX_AWARDS {
            reader.wrong("awards.list", None, format!("at most {MAX_AWARDS} awards"));
            return None;
        }
        let mut awards: Vec<Award> = Vec::with_capacity(list.len());
        for (at, item) in list.iter().enumerate() {
            let path = format!("awards.list.{at}");
            let Some(award) = Award::read(reader, &path, item) else { continue };
            if awards.iter().any(|earlier| earlier.code == award.code) {
                reader.wrong(format!("{path}.code"), Some(&Json::Text(award.code.clone())), "each award once");
            }
            if award.coefficient.is_some() && base_salary.is_none() {
                let expected = "awards.base_salary, which a coefficient multiplies";
                reader.wrong(format!("{path}.coefficient"), None, expected);
            }
            awards.push(award);
        }
        let rounding_step = rounding_step.unwrap_or(1);
        let read = Self { base_salary, rounding_step, legal_reference, list: awards };
        (reader.errors.len() == before).then_some(read)
    }

    /// Refuses awards of kinds that the campaign has not.
    pub(super) fn check(&self, reader: &mut Reader, campaign: &Campaign) {
        for (at, award) in self.list.iter().enumerate() {
            if campaign.kind_index(&award.kind).is_none() {
                let expected = format!("a kind of this campaign: {}", campaign.kind_codes());
                reader.wrong(format!("awards.list.{at}.kind"), Some(&Json::Text(award.kind.clone())), expected);
            }
        }
    }

    /// The object that is read back, defaults written out.
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        put(&mut fields, "base_salary", self.base_salary);
        fields.insert("rounding_step".to_owned(), self.rounding_step.into());
        put(&mut fields, "legal_reference", self.legal_reference.clone());
        fields.insert("list".to_owned(), self.list.iter().map(Award::to_json).collect());
        fields.into()
    }
}

fn put(fields: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        fields.insert(key.to_owned(), value.into());
    }
}

fn number(hundredths: Option<i64>) -> Option<Value> {
    hundredths.map(|n| json!(Hundredths(n)))
}

impl Award {
    const FIELDS: [&'static str; 13] = [
        "code",
        "name",
        "form",
        "kind",
        "track",
        "by",
        "block",
        "places",
        "threshold",
        "quota",
        "ties",
        "collective",
        "coefficient",
    ];

    fn read(reader: &mut Reader, path: &str, json: &Json) -> Option<Self> {
        let of = reader.object(path, json, &Self::FIELDS)?;
        let code = required_text(reader, &of, "code", text::parse_code);
        let (name, form) = (read_texts(reader, &of, "name"), read_texts(reader, &of, "form"));
        let kind = required_text(reader, &of, "kind", text::parse_code);
        let track = required_text(reader, &of, "track", |t| Track::parse(t).ok_or("improvement or kept_clean"));
        let by = of.get("by").map_or(Some(By::Points), |v| {
            let expected = "points, reduction, level_drop or green_on";
            reader.text(&of.path("by"), v, |t| By::parse(t).ok_or(expected))
        });
        let block = of.get("block").map(|v| reader.text(&of.path("block"), v, parse_block));
        let to = read_given(reader, &of);
        let quota = of.get("quota").map_or(Some(Quota::default()), |v| Quota::read(reader, &of.path("quota"), v));
        let ties = of.get("ties").map_or(Some(Ties::Decide), |v| reader.text(&of.path("ties"), v, Ties::parse));
        let collective = of.get("collective").map_or(Some(true), |v| reader.flag(&of.path("collective"), v));
        let coefficient = of.get("coefficient").map(|v| read_coefficient(reader, &of.path("coefficient"), v));
        check_clean(reader, &of, track, by, to);
        Some(Self {
            code: code?,
            name: name?,
            form: form?,
            kind: kind?,
            track: track?,
            by: by?,
            block: block.map_or(Some(None), |read| read.map(Some))?.flatten(),
            to: to?,
            quota: quota?,
            ties: ties?,
            collective: collective?,
            coefficient: coefficient.map_or(Some(None), |read| read.map(Some))?,
        })
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("code".to_owned(), self.code.as_str().into());
        fields.insert("name".to_owned(), self.name.to_json());
        fields.insert("form".to_owned(), self.form.to_json());
        fields.insert("kind".to_owned(), self.kind.as_str().into());
        fields.insert("track".to_owned(), self.track.code().into());
        fields.insert("by".to_owned(), self.by.code().into());
        put(&mut fields, "block", self.block.clone());
        match self.to {
            Given::Places { from, to } => {
                fields.insert("places".to_owned(), json!({"from": from, "to": to}));
            }
            Given::Threshold { points, reduction, change } => {
                let mut threshold = Map::new();
                put(&mut threshold, "points_at_least", number(points));
                put(&mut threshold, "reduction_percent_at_least", number(reduction));
                put(&mut threshold, "change_percent_at_least", number(change));
                fields.insert("threshold".to_owned(), threshold.into());
            }
        }
        if self.quota != Quota::default() {
            let mut quota = Map::new();
            put(&mut quota, "at_most", self.quota.at_most);
            put(&mut quota, "percent_of_ranked", number(self.quota.percent_of_ranked));
            fields.insert("quota".to_owned(), quota.into());
        }
        fields.insert("ties".to_owned(), self.ties.code().into());
        fields.insert("collective".to_owned(), self.collective.into());
        // the quotient is the double nearest to it, whose shortest form is the decimal itself
        put(&mut fields, "coefficient", self.coefficient.map(|c| c as f64 / COEFFICIENT_ONE as f64));
        fields.into()
    }

    /// The coefficient as an exact decimal, shortest form.
    pub fn coefficient_text(&self) -> Option<String> {
        let text = self.coefficient.map(|c| format!("{}.{:04}", c / COEFFICIENT_ONE, c % COEFFICIENT_ONE))?;
        Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
    }
}

/// Texts of which at least one language is there.
fn read_texts(reader: &mut Reader, of: &Fields<'_>, key: &str) -> Option<Texts> {
    let json = reader.required(of, key)?;
    let (before, texts) = (reader.errors.len(), Texts::read(reader, &of.path(key), json));
    if texts == Texts::default() && reader.errors.len() == before {
        reader.wrong(of.path(key), Some(json), "a text in vi, en or both");
    }
    (reader.errors.len() == before).then_some(texts)
}

fn read_given(reader: &mut Reader, of: &Fields<'_>) -> Option<Given> {
    match (of.get("places"), of.get("threshold")) {
        (Some(places), None) => read_places(reader, &of.path("places"), places),
        (None, Some(threshold)) => read_threshold(reader, &of.path("threshold"), threshold),
        (None, None) => {
            reader.wrong(of.path("places"), None, "places or a threshold");
            None
        }
        (Some(_), Some(threshold)) => {
            reader.wrong(of.path("threshold"), Some(threshold), "either places or a threshold");
            None
        }
    }
}

fn read_places(reader: &mut Reader, path: &str, json: &Json) -> Option<Given> {
    let of = reader.object(path, json, &["from", "to"])?;
    let mut place = |key: &str| {
        let json = reader.required(&of, key)?;
        let place = reader.whole(&of.path(key), json, 1, MAX_PLACE)?;
        u32::try_from(place).ok()
    };
    let (from, to) = (place("from"), place("to"));
    let (from, to) = (from?, to?);
    if to < from {
        reader.wrong(of.path("to"), of.get("to"), "a place not before \"from\"");
        return None;
    }
    Some(Given::Places { from, to })
}

/// The most points that a threshold may ask for, in hundredths: what caps allow.
const MAX_POINTS: i64 = 10_010_000;

fn read_threshold(reader: &mut Reader, path: &str, json: &Json) -> Option<Given> {
    let known = ["points_at_least", "reduction_percent_at_least", "change_percent_at_least"];
    let of = reader.object(path, json, &known)?;
    let before = reader.errors.len();
    let mut at_least = |key: &str, min, max| of.get(key).and_then(|v| reader.hundredths(&of.path(key), v, min, max));
    let points = at_least("points_at_least", 0, MAX_POINTS);
    let reduction = at_least("reduction_percent_at_least", 1, 10_000);
    let change = at_least("change_percent_at_least", 1, 10_000);
    if reader.errors.len() != before {
        return None;
    }
    if points.or(reduction).or(change).is_none() {
        reader.wrong(path, Some(json), format!("at least one of {}", known.join(", ")));
        return None;
    }
    Some(Given::Threshold { points, reduction, change })
}

impl Quota {
    fn read(reader: &mut Reader, path: &str, json: &Json) -> Option<Self> {
        let of = reader.object(path, json, &["at_most", "percent_of_ranked"])?;
        let before = reader.errors.len();
        let at_most = of.get("at_most").and_then(|v| reader.whole(&of.path("at_most"), v, 1, MAX_PLACE));
        let percent = of.get("percent_of_ranked");
        let percent = percent.and_then(|v| reader.hundredths(&of.path("percent_of_ranked"), v, 1, 10_000));
        if reader.errors.len() != before {
            return None;
        }
        if at_most.is_none() && percent.is_none() {
            reader.wrong(path, Some(json), "at_most, percent_of_ranked or both");
            return None;
        }
        Some(Self { at_most: at_most.and_then(|n| u32::try_from(n).ok()), percent_of_ranked: percent })
    }
}

fn read_coefficient(reader: &mut Reader, path: &str, json: &Json) -> Option<u64> {
    let read = reader.positive_decimal(path, json, COEFFICIENT_DECIMALS)?;
    if read > MAX_COEFFICIENT {
        reader.wrong(path, Some(json), "a coefficient of at most 1000");
        return None;
    }
    Some(read)
}

/// Who was clean all along has nothing to reduce and no level to drop: no award for either.
fn check_clean(reader: &mut Reader, of: &Fields<'_>, track: Option<Track>, by: Option<By>, to: Option<Given>) {
    if track != Some(Track::KeptClean) {
        return;
    }
    if matches!(by, Some(By::Reduction | By::LevelDrop)) {
        reader.wrong(of.path("by"), of.get("by"), "points or green_on: kept_clean has nothing to reduce");
    }
    if let Some(Given::Threshold { reduction, change, .. }) = to
        && reduction.or(change).is_some()
    {
        reader.wrong(of.path("threshold"), None, "points alone: kept_clean has nothing to reduce");
    }
}

#[cfg(test)]
mod tests;
