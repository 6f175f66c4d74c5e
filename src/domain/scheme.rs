//! Level schemes: from best to worst, and the rules that give each level
//! (domain.md section 3). Data, checked when it is read.

use super::figure::Indicator;
use super::json::{Fields, Json, Reader};
use super::policy::MAX_DAYS;
use super::text;
use super::time::{Day, parse_day};

/// Texts in Vietnamese and English; either may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Vietnamese.
    pub vi: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl Texts {
    /// Both texts at once.
    pub fn both(vi: &str, en: &str) -> Self {
        Self { vi: Some(vi.to_owned()), en: Some(en.to_owned()) }
    }

    /// The text for a reader of Vietnamese (`true`) or English, else the other one.
    pub fn pick(&self, vietnamese: bool) -> Option<&str> {
        let (first, second) = if vietnamese { (&self.vi, &self.en) } else { (&self.en, &self.vi) };
        first.as_deref().or(second.as_deref())
    }

    /// Reads `{"vi": …, "en": …}`; other languages are errors.
    pub fn read(reader: &mut Reader, path: &str, json: &Json) -> Self {
        let Some(of) = reader.object(path, json, &["vi", "en"]) else { return Self::default() };
        let mut one = |key| of.get(key).and_then(|v| reader.text(&of.path(key), v, text::parse_name));
        Self { vi: one("vi"), en: one("en") }
    }

    /// The object that [`Texts::read`] reads.
    pub fn to_json(&self) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        for (key, value) in [("vi", &self.vi), ("en", &self.en)] {
            if let Some(value) = value {
                object.insert(key.to_owned(), value.as_str().into());
            }
        }
        object.into()
    }
}

/// One level of a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Unique in the scheme.
    pub code: String,
    /// `#RRGGBB`.
    pub colour: String,
    /// For people.
    pub name: Texts,
}

/// How a blank optional count reads (domain.md section 3, "What a day's value is").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blank {
    /// Open between 0 and the count it is part of.
    #[default]
    Unknown,
    /// The community count of that day.
    AsCommunity,
    /// Zero.
    Zero,
}

/// One condition of a rule (domain.md section 3, table).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The values of `days` days add up to at least `at_least`.
    Sum {
        /// What is summed.
        indicator: Indicator,
        /// Days, the day itself included.
        days: u32,
        /// Cases.
        at_least: u64,
    },
    /// `sum × 100000 × per_days ≥ at_least × population × days`.
    Rate {
        /// What is summed.
        indicator: Indicator,
        /// Days, the day itself included.
        days: u32,
        /// Days that the rate is stated for.
        per_days: u32,
        /// Cases per 100,000 people and `per_days`, in hundredths.
        at_least_hundredths: u64,
    },
    /// A value above 0 stands on some day in d−`at_most` … d.
    DaysSince {
        /// What is looked for.
        indicator: Indicator,
        /// Days back.
        at_most: u32,
    },
    /// Of the direct children that count, enough are at `level` or worse.
    Children {
        /// Index of the level.
        level: u8,
        /// How many are enough.
        enough: Enough,
    },
    /// Some neighbour is at `level` or worse.
    Neighbour {
        /// Index of the level.
        level: u8,
    },
}

/// How many children satisfy a `children` condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// At least this many percent of those that count.
    Share(u32),
    /// At least this many.
    Count(u32),
}

impl Condition {
    /// The days of its look-back, 0 where it reads no figures.
    pub fn look_back(&self) -> u32 {
        match self {
            Self::Sum { days, .. } | Self::Rate { days, .. } => *days,
            Self::DaysSince { at_most, .. } => at_most + 1,
            Self::Children { .. } | Self::Neighbour { .. } => 0,
        }
    }

    /// The indicator that it reads, if any.
    pub fn indicator(&self) -> Option<Indicator> {
        match self {
            Self::Sum { indicator, .. } | Self::Rate { indicator, .. } | Self::DaysSince { indicator, .. } => {
                Some(*indicator)
            }
            Self::Children { .. } | Self::Neighbour { .. } => None,
        }
    }
}

/// One rule: for these kinds, this level where any condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Codes of kinds; `*` stands for the kinds that no rule names.
    pub kinds: Vec<String>,
    /// Index of the level that it gives.
    pub level: u8,
    /// One of these suffices.
    pub any: Vec<Condition>,
}

/// A level scheme: levels from best (index 0) to worst, and their rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// What it is called.
    pub code: String,
    /// The decision behind it.
    pub legal_reference: Option<String>,
    /// When it took effect.
    pub effective_from: Option<Day>,
    /// How a blank of each indicator reads.
    pub unclassified: [Blank; 6],
    /// Best first.
    pub levels: Vec<Level>,
    /// In the order written.
    pub rules: Vec<Rule>,
}

impl Scheme {
    /// The index of the worst level.
    pub fn worst(&self) -> u8 {
        u8::try_from(self.levels.len().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// The codes of its levels, for messages.
    pub fn level_codes(&self) -> String {
        self.levels.iter().map(|l| l.code.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The index of a level's code.
    pub fn level_index(&self, code: &str) -> Option<u8> {
        self.levels.iter().position(|l| l.code == code).and_then(|i| u8::try_from(i).ok())
    }

    /// The rules of a kind: those that name it, else those for `*`.
    pub fn rules_for<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Rule> {
        let named = self.rules.iter().any(|r| r.kinds.iter().any(|k| k == kind));
        let wanted = if named { kind } else { "*" };
        self.rules.iter().filter(move |r| r.kinds.iter().any(|k| k == wanted))
    }

    /// Reads a scheme object.
    pub fn read(reader: &mut Reader, path: &str, json: &Json) -> Option<Self> {
        let known = ["code", "legal_reference", "effective_from", "unclassified", "levels", "rules"];
        let of = reader.object(path, json, &known)?;
        let before = reader.errors.len();
        let code = reader.required(&of, "code").cloned();
        let code = code.and_then(|v| reader.text(&of.path("code"), &v, text::parse_code));
        let legal_reference =
            of.get("legal_reference").and_then(|v| reader.text(&of.path("legal_reference"), v, text::parse_name));
        let effective_from =
            of.get("effective_from").and_then(|v| reader.text(&of.path("effective_from"), v, parse_day));
        let unclassified = of.get("unclassified").map(|v| read_unclassified(reader, &of.path("unclassified"), v));
        let levels = read_levels(reader, &of)?;
        let rules = read_rules(reader, &of, &levels)?;
        let scheme = Self {
            code: code.unwrap_or_default(),
            legal_reference,
            effective_from,
            unclassified: unclassified.unwrap_or_default(),
            levels,
            rules,
        };
        (reader.errors.len() == before).then_some(scheme)
    }

    /// The object that [`Scheme::read`] reads.
    pub fn to_json(&self) -> serde_json::Value {
        let mut unclassified = serde_json::Map::new();
        for (indicator, blank) in Indicator::ALL.iter().zip(self.unclassified) {
            let reading = match blank {
                Blank::Unknown => continue,
                Blank::AsCommunity => "as_community",
                Blank::Zero => "zero",
            };
            unclassified.insert(indicator.code().to_owned(), reading.into());
        }
        let levels: Vec<_> = self
            .levels
            .iter()
            .map(|l| serde_json::json!({"code": l.code, "colour": l.colour, "name": l.name.to_json()}))
            .collect();
        let rules: Vec<_> = self
            .rules
            .iter()
            .map(|r| {
                let any: Vec<_> = r.any.iter().map(|c| self.condition_to_json(c)).collect();
                serde_json::json!({"kinds": r.kinds, "level": self.level_code(r.level), "any": any})
            })
            .collect();
        serde_json::json!({
            "code": self.code,
            "legal_reference": self.legal_reference,
            "effective_from": self.effective_from.map(|d| d.to_string()),
            "unclassified": unclassified,
            "levels": levels,
            "rules": rules,
        })
    }

    /// The code of a level's index; empty for one that does not exist.
    pub fn level_code(&self, index: u8) -> &str {
        self.levels.get(usize::from(index)).map_or("", |l| &l.code)
    }

    /// A condition as it is written in a rule.
    pub fn condition_to_json(&self, condition: &Condition) -> serde_json::Value {
        use serde_json::json;
        match *condition {
            Condition::Sum { indicator, days, at_least } => {
                json!({"sum": {"indicator": indicator.code(), "days": days, "at_least": at_least}})
            }
            Condition::Rate { indicator, days, per_days, at_least_hundredths } => {
                let at_least = super::number::Hundredths(i64::try_from(at_least_hundredths).unwrap_or(i64::MAX));
                json!({"rate": {"indicator": indicator.code(), "days": days, "per_days": per_days, "at_least": at_least}})
            }
            Condition::DaysSince { indicator, at_most } => {
                json!({"days_since": {"indicator": indicator.code(), "at_most": at_most}})
            }
            Condition::Children { level, enough: Enough::Share(share) } => {
                json!({"children": {"level": self.level_code(level), "share_at_least": share}})
            }
            Condition::Children { level, enough: Enough::Count(count) } => {
                json!({"children": {"level": self.level_code(level), "count_at_least": count}})
            }
            Condition::Neighbour { level } => json!({"neighbour": {"level": self.level_code(level)}}),
        }
    }
}

fn read_unclassified(reader: &mut Reader, path: &str, json: &Json) -> [Blank; 6] {
    let mut blanks = [Blank::default(); 6];
    let optional: Vec<&str> = Indicator::ALL.iter().skip(1).map(|i| i.code()).collect();
    let Some(of) = reader.object(path, json, &optional) else { return blanks };
    for (indicator, blank) in Indicator::ALL.iter().zip(&mut blanks) {
        let Some(value) = of.get(indicator.code()) else { continue };
        let read = reader.text(&of.path(indicator.code()), value, |t| match t {
            "unknown" => Ok(Blank::Unknown),
            "as_community" => Ok(Blank::AsCommunity),
            "zero" => Ok(Blank::Zero),
            _ => Err("as_community, zero or unknown"),
        });
        *blank = read.unwrap_or_default();
    }
    blanks
}

/// Colours of levels that are written without one, from best to worst.
fn default_colour(index: usize, of: usize) -> &'static str {
    if index == 0 {
        return "#0FA57F";
    }
    match of - 1 - index {
        0 => "#DA4711",
        1 => "#F28E12",
        2 => "#F1BA15",
        _ => "#8BC34A",
    }
}

fn read_levels(reader: &mut Reader, of: &Fields<'_>) -> Option<Vec<Level>> {
    let path = of.path("levels");
    let json = reader.required(of, "levels")?;
    let list = reader.list(&path, json)?;
    if !(2..=20).contains(&list.len()) {
        reader.wrong(path, None, "2 to 20 levels, best first");
        return None;
    }
    let mut levels: Vec<Level> = Vec::new();
    for (i, item) in list.iter().enumerate() {
        let fields = reader.object(&format!("{path}.{i}"), item, &["code", "colour", "name"])?;
        let code = reader.required(&fields, "code").cloned()?;
        let code = reader.text(&fields.path("code"), &code, |t| match t {
            "unknown" => Err("another code: unknown means that nobody knows the level"),
            _ => text::parse_code(t),
        })?;
        if levels.iter().any(|l| l.code == code) {
            reader.wrong(fields.path("code"), fields.get("code"), "each level code once");
        }
        let colour = match fields.get("colour") {
            Some(v) => reader.text(&fields.path("colour"), v, parse_colour)?,
            None => default_colour(i, list.len()).to_owned(),
        };
        let name = fields.get("name").map(|v| Texts::read(reader, &fields.path("name"), v)).unwrap_or_default();
        levels.push(Level { code, colour, name });
    }
    Some(levels)
}

fn parse_colour(text: &str) -> Result<String, &'static str> {
    let hex = text.strip_prefix('#').filter(|h| h.len() == 6 && h.bytes().all(|b| b.is_ascii_hexdigit()));
    hex.map(|_| text.to_owned()).ok_or("a colour written #RRGGBB")
}

fn read_rules(reader: &mut Reader, of: &Fields<'_>, levels: &[Level]) -> Option<Vec<Rule>> {
    let path = of.path("rules");
    let json = reader.required(of, "rules")?;
    let mut rules = Vec::new();
    for (i, item) in reader.list(&path, json)?.iter().enumerate() {
        let Some(fields) = reader.object(&format!("{path}.{i}"), item, &["kinds", "level", "any"]) else { continue };
        if let Some(rule) = read_rule(reader, &fields, levels) {
            rules.push(rule);
        }
    }
    Some(rules)
}

fn read_rule(reader: &mut Reader, of: &Fields<'_>, levels: &[Level]) -> Option<Rule> {
    let kinds_json = reader.required(of, "kinds").cloned();
    let level = reader.required(of, "level").cloned().and_then(|v| read_level(reader, &of.path("level"), &v, levels));
    let any_json = reader.required(of, "any").cloned();
    let mut kinds = Vec::new();
    let list = kinds_json.as_ref().and_then(|v| reader.list(&of.path("kinds"), v)).unwrap_or_default();
    for (i, item) in list.iter().enumerate() {
        kinds.extend(reader.text(&format!("{}.{i}", of.path("kinds")), item, text::parse_code));
    }
    if kinds_json.is_some() && list.is_empty() {
        reader.wrong(of.path("kinds"), kinds_json.as_ref(), "one kind at least, or \"*\"");
    }
    let mut any = Vec::new();
    let list = any_json.as_ref().and_then(|v| reader.list(&of.path("any"), v)).unwrap_or_default();
    for (i, item) in list.iter().enumerate() {
        any.extend(read_condition(reader, &format!("{}.{i}", of.path("any")), item, levels));
    }
    if any_json.is_some() && list.is_empty() {
        reader.wrong(of.path("any"), any_json.as_ref(), "one condition at least");
    }
    Some(Rule { kinds, level: level?, any })
}

fn read_level(reader: &mut Reader, path: &str, json: &Json, levels: &[Level]) -> Option<u8> {
    let codes: Vec<&str> = levels.iter().map(|l| l.code.as_str()).collect();
    reader.text(path, json, |t| {
        let index = codes.iter().position(|c| *c == t).and_then(|i| u8::try_from(i).ok());
        index.ok_or_else(|| format!("a level of this scheme: {}", codes.join(", ")))
    })
}

fn read_condition(reader: &mut Reader, path: &str, json: &Json, levels: &[Level]) -> Option<Condition> {
    let of = reader.object(path, json, &["sum", "rate", "days_since", "children", "neighbour"])?;
    let Json::Object(fields) = json else { return None };
    let [(name, inner)] = fields.as_slice() else {
        reader.wrong(path, Some(json), "exactly one of sum, rate, days_since, children, neighbour");
        return None;
    };
    let at = of.path(name);
    match name.as_str() {
        "sum" => {
            let c = reader.object(&at, inner, &["indicator", "days", "at_least"])?;
            let indicator = read_indicator(reader, &c);
            let days = read_whole(reader, &c, "days", 1, MAX_DAYS);
            let at_least = read_whole(reader, &c, "at_least", 1, 1_000_000_000_000);
            Some(Condition::Sum { indicator: indicator?, days: u32::try_from(days?).ok()?, at_least: at_least? })
        }
        "rate" => {
            let c = reader.object(&at, inner, &["indicator", "days", "per_days", "at_least"])?;
            let indicator = read_indicator(reader, &c);
            let days = read_whole(reader, &c, "days", 1, MAX_DAYS);
            let per_days = read_whole(reader, &c, "per_days", 1, MAX_DAYS);
            let at_least = reader.required(&c, "at_least").cloned();
            let at_least = at_least.and_then(|v| reader.hundredths(&c.path("at_least"), &v, 0, 10_000_000_000));
            Some(Condition::Rate {
                indicator: indicator?,
                days: u32::try_from(days?).ok()?,
                per_days: u32::try_from(per_days?).ok()?,
                at_least_hundredths: u64::try_from(at_least?).ok()?,
            })
        }
        "days_since" => {
            let c = reader.object(&at, inner, &["indicator", "at_most"])?;
            let indicator = read_indicator(reader, &c);
            let at_most = read_whole(reader, &c, "at_most", 0, MAX_DAYS);
            Some(Condition::DaysSince { indicator: indicator?, at_most: u32::try_from(at_most?).ok()? })
        }
        "children" => {
            let c = reader.object(&at, inner, &["level", "share_at_least", "count_at_least"])?;
            let level = reader.required(&c, "level").cloned();
            let level = level.and_then(|v| read_level(reader, &c.path("level"), &v, levels));
            let enough = match (c.get("share_at_least"), c.get("count_at_least")) {
                (Some(v), None) => reader.whole(&c.path("share_at_least"), v, 1, 100).map(|n| Enough::Share(n as u32)),
                (None, Some(v)) => {
                    let count = reader.whole(&c.path("count_at_least"), v, 1, 1_000_000_000);
                    count.map(|n| Enough::Count(n as u32))
                }
                _ => {
                    reader.wrong(at, Some(inner), "exactly one of share_at_least and count_at_least");
                    None
                }
            };
            Some(Condition::Children { level: level?, enough: enough? })
        }
        _ => {
            let c = reader.object(&at, inner, &["level"])?;
            let level = reader.required(&c, "level").cloned();
            let level = level.and_then(|v| read_level(reader, &c.path("level"), &v, levels));
            Some(Condition::Neighbour { level: level? })
        }
    }
}

fn read_indicator(reader: &mut Reader, of: &Fields<'_>) -> Option<Indicator> {
    let json = reader.required(of, "indicator").cloned()?;
    reader.text(&of.path("indicator"), &json, |t| {
        Indicator::parse(t).ok_or_else(|| Indicator::ALL.map(Indicator::code).join(", "))
    })
}

fn read_whole(reader: &mut Reader, of: &Fields<'_>, key: &str, min: u64, max: u64) -> Option<u64> {
    let json = reader.required(of, key).cloned()?;
    reader.whole(&of.path(key), &json, min, max)
}

impl Scheme {
    /// A short sign of each level for places where a colour alone would not do:
    /// the initials of its name, or its number where two would be alike.
    pub fn symbols(&self, vietnamese: bool) -> Vec<String> {
        let initials = |level: &Level| {
            let name = level.name.pick(vietnamese).unwrap_or(&level.code);
            let words = name.split([' ', '_', '-', ',']).filter_map(|w| w.chars().next());
            words.flat_map(char::to_uppercase).take(2).collect::<String>()
        };
        let symbols: Vec<String> = self.levels.iter().map(initials).collect();
        let is_alone = |s: &String| symbols.iter().filter(|o| *o == s).count() == 1 && !s.is_empty();
        let or_number = |(i, s): (usize, &String)| if is_alone(s) { s.clone() } else { i.to_string() };
        symbols.iter().enumerate().map(or_number).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::builtin;

    #[test]
    fn symbols_tell_the_levels_of_a_scheme_apart() {
        let symbols = |code: &str, vi| builtin::find(code).unwrap().symbols(vi);
        assert_eq!(symbols("counts-14d", true), ["X", "V", "C", "Đ"]);
        assert_eq!(symbols("hcmc-2716-2021", true), ["X", "CX", "V", "C", "Đ"]);
        assert_eq!(symbols("hcmc-2716-2021", false), ["G", "NG", "Y", "O", "R"]);
    }
}
