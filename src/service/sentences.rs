//! A standing in plain sentences, in Vietnamese and English.
//!
//! Every sentence is made from the fields of the very [`StandingView`] that it stands in,
//! after what the reader does not see was taken out: so it can tell neither another number
//! nor a hidden one. Each `: … = …` is a formula whose left side, keyed into a pocket
//! calculator, gives the right side, rounded to two decimals. Start reading at [`sentences`].

use super::standing::{LevelReasonView, OtherView, RuleSeenView, StandingView, WorkingView};
use super::words;
use crate::domain::campaign::Figures;
use crate::domain::number::Hundredths;
use crate::domain::{Campaign, Day};
use chrono::Datelike;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The same in two languages.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SentencesView {
    /// Vietnamese, with a decimal comma.
    pub vi: Vec<String>,
    /// English, with a decimal point.
    pub en: Vec<String>,
}

/// The sentences of a standing.
pub fn sentences(view: &StandingView, campaign: &Campaign) -> SentencesView {
    let tell = |vietnamese| Teller { view, campaign, vietnamese }.all();
    SentencesView { vi: tell(true), en: tell(false) }
}

/// Tells one standing in one language.
struct Teller<'a> {
    view: &'a StandingView,
    campaign: &'a Campaign,
    vietnamese: bool,
}

impl Teller<'_> {
    fn all(&self) -> Vec<String> {
        let view = self.view;
        let cases = [self.baseline(), self.closing(), self.silence(), self.expected(), self.plain(), self.adjusted()];
        let start = view.start_level.as_ref().and_then(|level| self.level(level, ("Cấp độ đầu", "The start level")));
        let now = view.current_level.as_ref().and_then(|level| self.level(level, ("Cấp độ nay", "The current level")));
        let points = view.workings.iter().filter_map(|working| self.working(working));
        let above = view.above.as_ref().and_then(|other| self.other(other, ("Trên nó", "Above it")));
        let below = view.below.as_ref().and_then(|other| self.other(other, ("Dưới nó", "Below it")));
        let all = [Some(self.place())].into_iter().chain(cases).chain([start, now]).flatten().chain(points);
        all.chain([self.total(), above, below, self.effort()].into_iter().flatten()).collect()
    }

    /// One of two texts.
    fn pick<T>(&self, vi: T, en: T) -> T {
        if self.vietnamese { vi } else { en }
    }

    fn number(&self, number: Hundredths) -> String {
        self.decimal(&number.to_string())
    }

    /// A number that was written with a point and a hyphen.
    fn decimal(&self, text: &str) -> String {
        text.replace('-', "−").replace('.', self.pick(",", "."))
    }

    fn day(&self, date: &str) -> String {
        match date.parse::<Day>() {
            Ok(day) if self.vietnamese => format!("{}/{}/{}", day.day(), day.month(), day.year()),
            _ => date.to_owned(),
        }
    }

    fn days<'d>(&self, dates: impl Iterator<Item = &'d str>) -> String {
        dates.map(|date| self.day(date)).collect::<Vec<_>>().join("; ")
    }

    fn level_name(&self, code: &str) -> String {
        if code == "unknown" {
            return self.pick("chưa rõ", "unknown").to_owned();
        }
        let level = self.campaign.scheme.levels.iter().find(|level| level.code == code);
        let name = level.and_then(|level| level.name.pick(self.vietnamese));
        name.unwrap_or(code).to_lowercase()
    }

    fn place(&self) -> String {
        let (view, row) = (self.view, &self.view.row);
        let (name, date) = (&row.unit.name, self.day(&view.as_of));
        let (track, by) = (words::track(view.track, self.vietnamese), words::order(view.by, self.vietnamese));
        if let Some(rank) = row.rank {
            return self.pick(
                format!("{name} xếp hạng {rank} nhánh {track}, theo {by}, tính hết ngày {date}."),
                format!("{name} has rank {rank} on the {track} track, by {by}, at the end of {date}."),
            );
        }
        let reasons = row.unranked.iter().map(|code| words::unranked_reason(code, self.vietnamese));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        match reasons.as_str() {
            "" => self.pick(
                format!("Hạng của {name} ngày {date} không công bố."),
                format!("The rank of {name} on {date} is not public."),
            ),
            _ => self.pick(
                format!("{name} không được xếp hạng ngày {date}: {reasons}."),
                format!("{name} has no rank on {date}: {reasons}."),
            ),
        }
    }

    /// Whether the unit's figures are the sum of others'.
    fn is_sum(&self) -> bool {
        let kind = self.campaign.kinds.iter().find(|kind| kind.code == self.view.row.unit.kind);
        kind.is_some_and(|kind| kind.figures != Figures::Reported)
    }

    /// Cases over days, with their mean where it is their quotient.
    fn period(&self, cases: u64, days: u32, mean: Option<Hundredths>) -> String {
        let told = self.pick(
            format!("{cases} F0 cộng đồng trong {days} ngày phải báo"),
            format!("{cases} community F0 on {days} due days"),
        );
        match mean.filter(|_| !self.is_sum()) {
            Some(mean) => {
                let a_day = self.pick("trung bình mỗi ngày", "on average a day");
                format!("{told}, {a_day}: {cases} / {days} = {}", self.number(mean))
            }
            None => told,
        }
    }

    fn baseline(&self) -> Option<String> {
        let period = self.view.baseline.as_ref()?;
        let span = &self.campaign.baseline;
        let (from, to) = (self.day(&span.from.to_string()), self.day(&span.to.to_string()));
        let told = self.period(period.community_f0, period.due_days, period.mean);
        let missing = self.view.days.iter().filter(|d| d.period == "baseline" && d.state == "missing").count();
        let silent = match missing {
            0 => String::new(),
            _ if self.is_sum() => String::new(),
            n => self.pick(format!("; {n} ngày không báo tính là 0"), format!("; {n} days not reported count as 0")),
        };
        Some(self.pick(
            format!("Kỳ gốc từ {from} đến {to} có {told}{silent}."),
            format!("The baseline from {from} to {to} has {told}{silent}."),
        ))
    }

    fn closing(&self) -> Option<String> {
        let period = self.view.closing.as_ref()?;
        let mut days = self.view.days.iter().filter(|day| day.closing).map(|day| day.date.as_str());
        let first = days.next()?;
        let (from, to) = (self.day(first), self.day(days.next_back().unwrap_or(first)));
        let told = self.period(period.community_f0, period.due_days, period.mean);
        Some(self.pick(
            format!("Những ngày cuối từ {from} đến {to} có {told}."),
            format!("The closing days from {from} to {to} have {told}."),
        ))
    }

    /// What missing days count as.
    fn silence(&self) -> Option<String> {
        if self.is_sum() {
            let added = self.view.row.imputed_f0.filter(|added| *added > 0)?;
            return Some(self.pick(
                format!("Ngày thiếu báo cáo của các đơn vị bên dưới được gán thêm {added} F0."),
                format!("Missing days of the units below add {added} F0."),
            ));
        }
        let silent: Vec<_> = self.view.days.iter().filter(|day| day.imputed_f0.is_some()).collect();
        let each = silent.first()?.imputed_f0?;
        let dates = self.days(silent.iter().map(|day| day.date.as_str()));
        Some(self.pick(
            format!("Ngày thiếu báo cáo ({dates}) được gán số ca cao nhất của chính đơn vị, ít nhất 1, ở đây {each} F0 mỗi ngày."),
            format!("Days without a report ({dates}) count as the unit's own largest day, at least 1: here {each} F0 each."),
        ))
    }

    fn expected(&self) -> Option<String> {
        let (view, expected) = (self.view, self.view.expected.as_ref()?);
        let (baseline, closing) = (view.baseline.as_ref()?, view.closing.as_ref()?);
        let pace =
            self.pick("Giữ nhịp kỳ gốc thì những ngày cuối có", "At the baseline's pace the closing days would hold");
        let exact = fraction(&expected.numerator, &expected.denominator);
        let is_whole = expected.denominator == "1";
        let rounded = self.number(expected.rounded);
        let exactly = match is_whole {
            true => String::new(),
            false => format!(" ({} {exact})", self.pick("đúng là", "exactly")),
        };
        if self.is_sum() {
            let sum = self.pick("cộng từng đơn vị bên dưới", "summed over the units below");
            return Some(format!("{pace} {rounded} F0{exactly}, {sum}."));
        }
        if baseline.due_days == 0 {
            return Some(format!("{pace} 0 F0."));
        }
        let (b, nb, nc) = (baseline.community_f0, baseline.due_days, closing.due_days);
        Some(format!("{pace}: {b} × {nc} / {nb} = {rounded} F0{exactly}."))
    }

    /// e and c as they stand in formulas, and the larger of the two.
    fn compared(&self) -> Option<(String, String, String)> {
        let (expected, change) = (self.view.expected.as_ref()?, self.view.change.as_ref()?);
        let e = fraction(&expected.numerator, &expected.denominator);
        let c = self.view.closing.as_ref()?.community_f0.to_string();
        let larger = if change.numerator.starts_with('-') { c.clone() } else { e.clone() };
        Some((e, c, larger))
    }

    fn plain(&self) -> Option<String> {
        let (e, c, _) = self.compared()?;
        let label = self.pick("Kéo giảm tính thường", "The plain reduction");
        if e == "0" {
            let undefined =
                self.pick("không tính được, vì mức dự kiến bằng 0", "is undefined, since nothing was expected");
            return Some(format!("{label} {undefined}."));
        }
        let percent = self.number(self.view.row.reduction_percent?);
        let divisor = if e.contains('/') { format!("({e})") } else { e.clone() };
        Some(format!("{label}: ({e} − {c}) / {divisor} × 100 = {percent} %."))
    }

    fn adjusted(&self) -> Option<String> {
        let (e, c, larger) = self.compared()?;
        let (a, percent) = (self.view.small_number_allowance, self.number(self.view.row.change_percent?));
        let label = self.pick(
            format!("Kéo giảm hiệu chỉnh, cộng {a} ca để vài ca may rủi không quyết định"),
            format!("The adjusted reduction, with an allowance of {a} cases for luck"),
        );
        if larger == "0" && a == 0 {
            return Some(format!("{label} = 0 %."));
        }
        Some(format!("{label}: ({e} − {c}) / ({larger} + {a}) × 100 = {percent} %."))
    }

    fn level(&self, level: &LevelReasonView, (vi, en): (&str, &str)) -> Option<String> {
        let which = self.pick(vi, en);
        let date = self.day(&level.date);
        let used = match &level.used {
            Some(used) => self.level_name(used),
            None => self.pick("không có", "none").to_owned(),
        };
        let because = self.reason(level)?;
        Some(self.pick(
            format!("{which}, ngày {date}, là {used}: {because}."),
            format!("{which}, of {date}, is {used}: {because}."),
        ))
    }

    fn reason(&self, level: &LevelReasonView) -> Option<String> {
        if level.declared.is_some() {
            return Some(self.pick("hội đồng công bố", "declared by the council").to_owned());
        }
        let (low, high) = (level.low.as_ref()?, level.high.as_ref()?);
        if low.level == high.level {
            return Some(self.rule(low));
        }
        let (best, worst) = (self.level_name(&low.level), self.level_name(&high.level));
        let open = self.pick(
            format!("chỗ thiếu để ngỏ từ {best} đến {worst}"),
            format!("what is missing leaves it open from {best} to {worst}"),
        );
        let imputed = level.imputed.as_ref().map(|rule| {
            let (name, rule) = (self.level_name(&rule.level), self.rule(rule));
            self.pick(
                format!("; gán vào thì {name}, vì {rule}"),
                format!("; with it imputed it is {name}, since {rule}"),
            )
        });
        Some(format!("{open}{}", imputed.unwrap_or_default()))
    }

    /// What a rule of the scheme saw, and what it asks for.
    fn rule(&self, rule: &RuleSeenView) -> String {
        let condition = rule.condition.as_ref().and_then(Value::as_object).and_then(|object| object.iter().next());
        let Some((what, of)) = condition else {
            return self.pick("không quy tắc nào của mức xấu hơn đúng", "no rule of a worse level holds").to_owned();
        };
        let saw = rule.saw.as_deref().unwrap_or_default();
        let saw = saw
            .replace(" of ", self.pick(" trên ", " of "))
            .replace("without limit", self.pick("không giới hạn", "without limit"));
        let of_days = |name: &str| self.decimal(&of[name].to_string());
        let counted = words::indicator(of["indicator"].as_str().unwrap_or_default(), self.vietnamese);
        let level = || self.level_name(of["level"].as_str().unwrap_or_default());
        match what.as_str() {
            "sum" => {
                let (days, least) = (of_days("days"), of_days("at_least"));
                self.pick(
                    format!("{days} ngày có {saw} {counted}, từ {least} trở lên"),
                    format!("{saw} {counted} in {days} days, where {least} is enough"),
                )
            }
            "rate" => {
                let (days, per, least) = (of_days("days"), of_days("per_days"), of_days("at_least"));
                self.pick(
                    format!("{days} ngày có {saw} {counted}, từ {least} trên 100.000 dân mỗi {per} ngày trở lên"),
                    format!("{saw} {counted} in {days} days, {least} or more per 100,000 people and {per} days"),
                )
            }
            "days_since" => {
                let days = of_days("at_most");
                self.pick(
                    format!("ngày ấy hoặc {days} ngày trước đó có {saw} {counted}"),
                    format!("{saw} {counted} on that day or the {days} days before"),
                )
            }
            "children" => {
                let enough = match of.get("share_at_least") {
                    Some(share) => format!("{share}%"),
                    None => of_days("count_at_least"),
                };
                self.pick(
                    format!("{saw} đơn vị trực thuộc ở mức {} hoặc xấu hơn, từ {enough} trở lên", level()),
                    format!("{saw} units below are {} or worse, where {enough} is enough", level()),
                )
            }
            _ => self.pick(
                format!("có đơn vị giáp ranh ở mức {}", self.level_name(&saw)),
                format!("a neighbour is {}", self.level_name(&saw)),
            ),
        }
    }

    fn working(&self, working: &WorkingView) -> Option<String> {
        let points = working.points?;
        let label = words::measure(working.measure, self.view.track, self.vietnamese);
        let label = self.pick(format!("Điểm {label}"), format!("Points for {label}"));
        if points.0 == 0 && working.numerator.starts_with('-') && !self.campaign.policy.negative_points {
            let no_loss = self.pick("0, vì ở đây xấu đi không bị trừ", "0, since getting worse costs nothing here");
            return Some(format!("{label} {no_loss}."));
        }
        let (max, result) = (self.number(working.max_points), self.number(points));
        if working.measure == "case_reduction" && self.view.track == "improvement" {
            let (e, c, larger) = self.compared()?;
            let a = self.view.small_number_allowance;
            if larger != "0" || a != 0 {
                return Some(format!("{label}: {max} × ({e} − {c}) / ({larger} + {a}) = {result}."));
            }
        }
        let part = signed(&self.decimal(&working.numerator));
        Some(format!("{label}: {max} × {part} / {} = {result}.", working.denominator))
    }

    fn total(&self) -> Option<String> {
        let points = self.view.row.points.as_ref()?;
        let total = self.number(points.total?);
        let parts: Option<Vec<String>> =
            points.components.iter().map(|c| Some(signed(&self.number(c.points?)))).collect();
        let mut sum = parts?.join(" + ");
        if points.bonus.0 != 0 {
            sum = format!("{sum} + {}", self.number(points.bonus));
        }
        if points.deduction.0 != 0 {
            sum = format!("{sum} − {}", self.number(points.deduction));
        }
        let policy = &self.campaign.policy;
        let (most, least) = (self.number(Hundredths(policy.max_bonus)), self.number(Hundredths(policy.max_deduction)));
        let caps = match (points.bonus.0, points.deduction.0) {
            (0, 0) => String::new(),
            _ => self.pick(
                format!(" (thưởng tối đa {most}, trừ tối đa {least})"),
                format!(" (bonus at most {most}, deduction at most {least})"),
            ),
        };
        Some(format!("{}: {sum} = {total}{caps}.", self.pick("Tổng điểm", "Total points")))
    }

    /// The next unit on the board, and what decided between the two.
    fn other(&self, other: &OtherView, (vi, en): (&str, &str)) -> Option<String> {
        let (own, theirs) = (self.view.row.rank?, other.rank?);
        if self.campaign.policy.rank_within_blocks && other.unit.block != self.view.row.unit.block {
            return None;
        }
        let name = &other.unit.name;
        if own == theirs {
            return Some(self.pick(
                format!("{name} đồng hạng: mọi tiêu chí xếp hạng bằng nhau."),
                format!("{name} shares its rank: all that ranks is equal."),
            ));
        }
        let stands =
            self.pick(format!("{vi} là {name}, hạng {theirs}"), format!("{en} stands {name} at rank {theirs}"));
        let Some(key) = other.separated_by else { return Some(format!("{stands}.")) };
        let value = |text: Option<&str>| match text {
            Some(text) if key == "current_level" => self.level_name(text),
            Some(text) if key == "green_on" => self.day(text),
            Some(text) => self.decimal(text),
            None => self.pick("không có", "none").to_owned(),
        };
        let ours = self.view.keys.iter().find(|k| k.key == key).and_then(|k| k.value.as_deref());
        let (theirs, ours) = (value(other.value.as_deref()), value(ours));
        let key = words::key(key, self.vietnamese);
        Some(self.pick(
            format!("{stands}; khác nhau trước hết ở {key}: {theirs}, còn ở đây {ours}."),
            format!("{stands}; what separates them first is {key}: {theirs} there, {ours} here."),
        ))
    }

    fn effort(&self) -> Option<String> {
        let effort = self.view.what_would_it_take.as_ref()?;
        let (name, rank) = (&effort.unit.as_ref()?.name, effort.rank?);
        if effort.reason == Some("not_enough") {
            let first = self.day(&self.campaign.window.from.to_string());
            return Some(self.pick(
                format!("Dù từ {first} không có ca nào cũng chưa vượt được {name}, hạng {rank}."),
                format!("Even without a case since {first} it would not pass {name} at rank {rank}."),
            ));
        }
        let (days, cases) = (effort.clean_days.as_ref()?, effort.fewer_cases.as_ref()?);
        let (n, m, dates) = (days.days, cases.cases, self.days(days.dates.iter().map(String::as_str)));
        let n_days = if n == 1 { "latest day".to_owned() } else { format!("{n} latest days") };
        let m_cases = if m == 1 { "1 case".to_owned() } else { format!("{m} cases") };
        Some(self.pick(
            format!("Mọi thứ khác giữ nguyên, để vượt {name}, hạng {rank}: {n} ngày có ca gần nhất ({dates}) phải sạch, hoặc bớt {m} ca, bớt từ ngày gần nhất."),
            format!("All else equal, to pass {name} at rank {rank} its {n_days} with cases ({dates}) would have to be clean, or {m_cases} fewer, the latest first."),
        ))
    }
}

/// A fraction as it is keyed in; a whole number alone.
fn fraction(numerator: &str, denominator: &str) -> String {
    if denominator == "1" { numerator.to_owned() } else { format!("{numerator}/{denominator}") }
}

/// A number as a term: a negative one in brackets.
fn signed(number: &str) -> String {
    if number.starts_with('−') { format!("({number})") } else { number.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Instant;
    use crate::pack;
    use crate::scoring::{Ledger, Register};
    use crate::service::boards::{AsOf, Ask, Boards, known_boards::cases, resolve};
    use crate::service::privacy::Shown;
    use crate::service::standing::standing;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use std::sync::Arc;

    /// A pocket calculator: four operations, brackets, exact.
    struct Calculator<'a>(std::iter::Peekable<std::str::Chars<'a>>);

    impl Calculator<'_> {
        fn value(text: &str) -> Option<BigRational> {
            let keys: String = text.replace(',', ".").chars().filter(|c| *c != ' ').collect();
            let mut calculator = Calculator(keys.chars().peekable());
            let value = calculator.sum()?;
            calculator.0.next().is_none().then_some(value)
        }

        fn sum(&mut self) -> Option<BigRational> {
            let mut value = self.product()?;
            while let Some(sign) = self.0.next_if(|c| ['+', '−'].contains(c)) {
                let next = self.product()?;
                value = if sign == '+' { value + next } else { value - next };
            }
            Some(value)
        }

        fn product(&mut self) -> Option<BigRational> {
            let mut value = self.factor()?;
            while let Some(sign) = self.0.next_if(|c| ['×', '/'].contains(c)) {
                let next = self.factor()?;
                if sign == '/' && next == BigRational::from_integer(0.into()) {
                    return None;
                }
                value = if sign == '×' { value * next } else { value / next };
            }
            Some(value)
        }

        fn factor(&mut self) -> Option<BigRational> {
            if self.0.next_if_eq(&'−').is_some() {
                return Some(-self.factor()?);
            }
            if self.0.next_if_eq(&'(').is_some() {
                let value = self.sum()?;
                return self.0.next_if_eq(&')').map(|_| value);
            }
            let mut digits = String::new();
            while let Some(c) = self.0.next_if(|c| c.is_ascii_digit() || *c == '.') {
                digits.push(c);
            }
            let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
            let number: BigInt = format!("{whole}{part}").parse().ok()?;
            Some(BigRational::new(number, BigInt::from(10).pow(part.len() as u32)))
        }
    }

    /// The formula of a sentence, `: left = right`, where it has one.
    fn formula(sentence: &str) -> Option<(String, String)> {
        let (before, after) = sentence.split_once(" = ")?;
        let left = before.rsplit_once(": ").map(|(_, left)| left)?;
        let is_part = |c: &char| c.is_ascii_digit() || ['−', ',', '.'].contains(c);
        let right: String = after.chars().take_while(is_part).collect();
        Some((left.to_owned(), right.trim_end_matches(['.', ',']).to_owned()))
    }

    fn rounded(value: &BigRational) -> i64 {
        crate::scoring::exact::Exact::from_big(value.clone()).scaled(100)
    }

    #[test]
    fn a_calculator_knows_its_rules() {
        let value = |text| Calculator::value(text).map(|v| v.to_string());
        assert_eq!(value("60 × (22/7 − 1) / (22/7 + 5)").as_deref(), Some("300/19"));
        assert_eq!(value("40 × (−1) / 3").as_deref(), Some("-40/3"));
        assert_eq!(value("(−13,33) + 2,5 − 1").as_deref(), Some("-1183/100"));
        assert_eq!((value("1 / 0"), value("2 3 ×"), value("")), (None, None, None));
    }

    #[test]
    fn every_formula_of_every_standing_is_right_on_a_pocket_calculator() {
        let (mut checked, mut bare) = (0, Vec::new());
        for (path, _) in cases() {
            let contest = pack::read_path(&path).expect("a sound pack");
            let ledger = Arc::new(Ledger::build(&contest, Arc::new(Register::new(&contest)), None));
            let boards = Boards::new(ledger.clone());
            for kind in &contest.campaign.kinds {
                let ask = Ask { kind: Some(kind.code.clone()), as_of: Some(AsOf::Live), ..Ask::default() };
                let Ok(query) = resolve(&ledger, &ask, Instant::from_micros(i64::MAX)) else { continue };
                let units = &ledger.register.of_kind[usize::from(query.kind)];
                for unit in units.iter().step_by(units.len().div_ceil(6).max(1)) {
                    let view = standing(&boards, &query, *unit, None, |_| Shown::ALL).expect("a standing");
                    let SentencesView { vi, en } = &view.sentences;
                    assert_eq!(vi.len(), en.len(), "{vi:#?} {en:#?}");
                    for (vi, en) in vi.iter().zip(en) {
                        assert_eq!(vi.contains(" = "), en.contains(" = "), "{vi} {en}");
                        for sentence in [vi, en] {
                            let Some((left, right)) = formula(sentence) else { continue };
                            let (Some(value), Some(told)) = (Calculator::value(&left), Calculator::value(&right))
                            else {
                                bare.push(sentence.clone());
                                continue;
                            };
                            assert_eq!(rounded(&value), rounded(&told), "{}: {sentence}", path.display());
                            checked += 1;
                        }
                    }
                    // what the sentences end in is what the row says
                    if let Some(total) = view.row.points.as_ref().and_then(|points| points.total) {
                        assert!(
                            en.iter().any(|s| s.starts_with("Total points: ")
                                && s.contains(&format!(" = {}", total).replace('-', "−"))),
                            "{en:#?}"
                        );
                    }
                }
            }
        }
        assert!(checked > 1_000 && bare.is_empty(), "{checked} {bare:#?}");
    }

    #[test]
    fn the_worked_example_of_the_rules_is_told_as_it_is_worked() {
        for (ward, told) in [
            ("a", ["60 × (14 − 7) / (14 + 5) = 22.11", "40 × 1 / 3 = 13.33", "22.11 + 13.33 = 35.44"]),
            ("b", ["60 × (14 − 12) / (14 + 5) = 6.32", "here 6 F0 each", "6.32 + 13.33 = 19.65"]),
            ("c", ["60 × (14 − 40) / (40 + 5) = −34.67", "40 × 0 / 3 = 0", "(−34.67) + 0 = −34.67"]),
            ("d", ["40 × (−1) / 3 = −13.33", "is orange", "is red"]),
        ] {
            let path = format!("{}/tests/packs/cases/workedexample-ward-{ward}", env!("CARGO_MANIFEST_DIR"));
            let contest = pack::read_path(path.as_ref()).expect("a sound pack");
            let boards = Boards::new(Arc::new(Ledger::build(&contest, Arc::new(Register::new(&contest)), None)));
            let ask = Ask { as_of: Some(AsOf::Day(contest.campaign.window.to)), ..Ask::default() };
            let query = resolve(&boards.ledger, &ask, Instant::from_micros(i64::MAX)).expect("a board");
            let all: Vec<String> = boards.ledger.register.of_kind[usize::from(query.kind)]
                .iter()
                .filter_map(|unit| standing(&boards, &query, *unit, None, |_| Shown::ALL))
                .flat_map(|view| view.sentences.en)
                .collect();
            for part in told {
                assert!(all.iter().any(|sentence| sentence.contains(part)), "{ward}: {part} is not in {all:#?}");
            }
        }
    }
}
