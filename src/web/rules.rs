//! `/c/{campaign}/rules`: the rules of a campaign in words, made from its document alone, and
//! the versions that they went through.
//!
//! Each sentence is a whole template in either language. Why a version came is told to those
//! whom the campaign tells. Start reading at [`get_rules_page`].

use super::forms::scrolling;
use super::frame::{Frame, Here, Visitor, level_sign, level_word};
use super::home::title;
use super::words::Language;
use super::{language, page};
use crate::domain::awards::{Award, Given};
use crate::domain::campaign::Figures;
use crate::domain::number::Hundredths;
use crate::domain::policy::{Component, Measure};
use crate::domain::scheme::{Blank, Condition, Enough, Rule};
use crate::domain::{Campaign, Care, Indicator, Kind, Scheme};
use crate::http::call::{Answer, Call};
use crate::service::criteria::CriterionView;
use crate::service::figures::escape;
use crate::service::live::{Sight, Snapshot};
use crate::service::policies::PolicyView;
use crate::service::rendered::Key;
use crate::service::{Moment, words};
use maud::{Markup, html};
use std::sync::Arc;

/// The page.
pub(super) async fn get_rules_page(call: Call) -> Answer {
    let language = language(&call)?;
    let (audience, view) = (call.audience()?, call.look(Moment::Now).await?);
    let snapshot = view.snapshot;
    let (sight, revision) = (call.sight(&snapshot), Some(snapshot.revision));
    let visitor = Visitor::of(&call, Some(&snapshot.campaign().code));
    let key = Key::of(&snapshot, ("rules", &audience, language, &visitor));
    let service = call.service.clone();
    let make = move || {
        let code = snapshot.campaign().code.clone();
        let versions = service.policies(&code, &audience)?.1;
        let criteria = service.criteria(&code, None, &audience)?.1;
        let sheet = Sheet { snapshot: &snapshot, sight, versions, criteria, l: language };
        Ok(sheet.page(visitor).into_string().into_bytes())
    };
    let rendered: Arc<_> = call.service.answers.get(key, make).await?;
    Ok(page(&call, &rendered, revision))
}

struct Sheet<'a> {
    snapshot: &'a Snapshot,
    sight: Sight,
    versions: Vec<PolicyView>,
    criteria: Vec<CriterionView>,
    l: Language,
}

impl Sheet<'_> {
    fn campaign(&self) -> &Campaign {
        self.snapshot.campaign()
    }

    fn scheme(&self) -> &Scheme {
        &self.campaign().scheme
    }

    fn kinds(&self) -> impl Iterator<Item = &Kind> {
        let sees_private = self.sight != Sight::Public;
        self.campaign().kinds.iter().filter(move |kind| sees_private || !kind.private)
    }

    fn page(&self, visitor: Visitor) -> Markup {
        let (l, campaign) = (self.l, self.campaign());
        let content = html! {
            div.head {
                h1 { (l.pick("Thể lệ", "Rules")) }
                p { (self.origin()) }
            }
            div.rules {
                (self.section(l.pick("Thời gian", "When"), &self.times()))
                (self.section(l.pick("Ai thi đua", "Who competes"), &self.who()))
                (self.levels())
                (self.section(l.pick("Điểm", "Points"), &self.points()))
                (self.section(l.pick("Bằng điểm thì xét tiếp", "Equal points"), &self.ties()))
                (self.section(l.pick("Khi nào không xếp hạng", "When a unit has no rank"), &self.unranked()))
                (self.section(l.pick("Báo cáo và đính chính", "Reports and corrections"), &self.reporting()))
                @if !self.criteria_shown().is_empty() { (self.criteria()) }
                @if !campaign.awards.list.is_empty() { (self.section(l.pick("Khen thưởng", "Awards"), &self.awards())) }
                (self.history())
            }
        };
        let address = format!("/c/{}/rules", escape(&campaign.code));
        let frame = Frame {
            language: l,
            title: format!("{} · {}", l.pick("Thể lệ", "Rules"), title(campaign, l)),
            other: format!("{address}?lang={}", l.other().code()),
            campaign: Some(&campaign.code),
            scheme: Some(&campaign.scheme),
            visitor,
            here: Some(Here::Rules),
        };
        frame.page(&content)
    }

    fn section(&self, heading: &str, sentences: &[String]) -> Markup {
        html! {
            section.panel { h2 { (heading) } ul.said { @for sentence in sentences { li { (sentence) } } } }
        }
    }

    /// Title, organiser, decision.
    fn origin(&self) -> String {
        let (l, campaign) = (self.l, self.campaign());
        let day = campaign.decision.date.map(|day| l.long_day(day));
        let decision = campaign.decision.number.as_ref().map(|number| match (l, day) {
            (Language::Vi, Some(day)) => format!("Kế hoạch {number} ngày {day}"),
            (Language::En, Some(day)) => format!("Plan {number} of {day}"),
            (_, None) => format!("{} {number}", l.pick("Kế hoạch", "Plan")),
        });
        let organiser = campaign.organiser.pick(l.is_vi()).map(str::to_owned);
        let parts: Vec<String> =
            [Some(title(campaign, l).to_owned()), organiser, decision].into_iter().flatten().collect();
        parts.join(" · ")
    }

    fn times(&self) -> Vec<String> {
        let (l, campaign) = (self.l, self.campaign());
        let (from, to) = (l.long_day(campaign.window.from), l.long_day(campaign.window.to));
        let (base_from, base_to) = (l.long_day(campaign.baseline.from), l.long_day(campaign.baseline.to));
        let (days, base_days) = (campaign.window.days(), campaign.baseline.days());
        let closes = campaign.day_closes.format("%H:%M");
        let zone = &campaign.time_zone_name;
        let mut said = match l {
            Language::Vi => vec![
                format!("Kỳ thi đua: {days} ngày, từ {from} đến hết {to}, tính cả hai ngày ấy."),
                format!("Kỳ gốc để so sánh: {base_days} ngày, từ {base_from} đến hết {base_to}."),
                format!("Số liệu của mỗi ngày chốt lúc {closes} ngày hôm sau, giờ {zone}."),
            ],
            Language::En => vec![
                format!("The window: {days} days, {from} to the end of {to}, both included."),
                format!("The baseline to compare with: {base_days} days, {base_from} to the end of {base_to}."),
                format!("The figures of a day close at {closes} on the next day, {zone} time."),
            ],
        };
        said.extend(campaign.green_by.map(|day| match l {
            Language::Vi => format!("Mục tiêu: xanh chậm nhất là ngày {}.", l.long_day(day)),
            Language::En => format!("The goal: green by {}.", l.long_day(day)),
        }));
        said.push(match (l, campaign.appeals) {
            (Language::Vi, Some(appeals)) => format!("Nhận kiến nghị đến hết {}.", l.long_day(appeals.until)),
            (Language::En, Some(appeals)) => format!("Appeals are taken to the end of {}.", l.long_day(appeals.until)),
            (Language::Vi, None) => "Nhận kiến nghị đến khi có kết quả chính thức.".to_owned(),
            (Language::En, None) => "Appeals are taken until the result is final.".to_owned(),
        });
        said
    }

    fn kind_name(&self, code: &str) -> String {
        let kind = self.campaign().kinds.iter().find(|kind| kind.code == code);
        kind.and_then(|kind| kind.name.pick(self.l.is_vi())).unwrap_or(code).to_owned()
    }

    fn who(&self) -> Vec<String> {
        let (l, campaign) = (self.l, self.campaign());
        let one = |kind: &Kind| {
            let name = self.kind_name(&kind.code);
            let figures = match kind.figures {
                Figures::Reported => l.pick("tự báo số liệu", "reports its own figures").to_owned(),
                Figures::Derived(from) => {
                    let below = campaign.kind(from).map(|k| self.kind_name(&k.code)).unwrap_or_default();
                    format!(
                        "{} {}",
                        l.pick(
                            "số liệu là tổng của các đơn vị loại",
                            "its figures are the sum of the units of the kind"
                        ),
                        below.to_lowercase()
                    )
                }
            };
            let hidden = if kind.private { l.pick("; không công khai", "; not public") } else { "" };
            format!("{name}: {figures}{hidden}.")
        };
        let mut said: Vec<String> = self.kinds().map(one).collect();
        let small = l.whole(campaign.small_cell_population);
        said.push(match l {
            Language::Vi => format!("Đơn vị dưới {small} dân: số liệu không công bố; chỉ công bố tên, hạng và cấp độ của ngày bảng."),
            Language::En => format!("Of units of fewer than {small} people figures are not public: only the name, the rank and the level of the board's own day are."),
        });
        if campaign.policy.rank_within_blocks {
            said.push(l.pick("Xếp hạng riêng trong từng khối thi đua.", "Each block has ranks of its own.").to_owned());
        }
        said.push(l.pick(
            "Hai nhánh xếp hạng riêng: kéo giảm (có F0 trong kỳ gốc) và giữ sạch (báo đủ kỳ gốc và không có F0, hoặc đã ở cấp tốt nhất với số ca không quá mức ca ngẫu nhiên).",
            "Two tracks are ranked apart: improvement (there were F0 in the baseline) and kept clean (the whole baseline was reported without F0, or the unit was at the best level with no more cases than count as luck).",
        ).to_owned());
        said
    }

    fn levels(&self) -> Markup {
        let (l, scheme) = (self.l, self.scheme());
        let heading = l.pick("Cấp độ màu", "Colour levels");
        let effective = scheme.effective_from.map(|day| match l {
            Language::Vi => format!("Có hiệu lực từ {}.", l.long_day(day)),
            Language::En => format!("In force from {}.", l.long_day(day)),
        });
        html! {
            section.panel {
                h2 { (heading) }
                p.note {
                    (l.pick("Thang ", "Scheme ")) b { (scheme.code) } ". "
                    @if let Some(reference) = &scheme.legal_reference { (reference) ". " }
                    @if let Some(effective) = effective { (effective) }
                }
                @for kind in self.kinds() { (self.levels_of(kind)) }
                ul.said { @for sentence in self.blanks() { li { (sentence) } } }
            }
        }
    }

    /// The levels of a kind, best first, with what gives each.
    fn levels_of(&self, kind: &Kind) -> Markup {
        let (l, scheme) = (self.l, self.scheme());
        let rules: Vec<&Rule> = scheme.rules_for(&kind.code).collect();
        let name = self.kind_name(&kind.code);
        let of_level = |index: usize| -> Vec<String> {
            let of = rules.iter().filter(|rule| usize::from(rule.level) == index);
            of.flat_map(|rule| &rule.any).map(|condition| self.condition(condition)).collect()
        };
        html! {
            @if !rules.is_empty() {
                (scrolling(&format!("{}: {name}", l.pick("Cấp độ màu", "Colour levels")), &html! {
                    table.days-table {
                        caption { (name) }
                        thead { tr {
                            th scope="col" { (l.pick("Cấp độ", "Level")) }
                            th scope="col" { (l.pick("Khi có ít nhất một điều sau; xét từ cấp xấu nhất xuống", "When any of these holds; tried from the worst level down")) }
                        } }
                        tbody {
                            @for (index, level) in scheme.levels.iter().enumerate().rev() {
                                @let conditions = of_level(index);
                                tr {
                                    th scope="row" { (level_sign(scheme, l, &level.code, true)) }
                                    td {
                                        @if index == 0 && conditions.is_empty() { (l.pick("không điều nào ở trên", "none of the above")) }
                                        @else if conditions.is_empty() { "–" }
                                        @else { (conditions.join(l.pick("; hoặc ", "; or "))) }
                                    }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }

    fn level(&self, index: u8) -> String {
        level_word(self.scheme(), self.l, self.scheme().level_code(index)).to_lowercase()
    }

    fn condition(&self, condition: &Condition) -> String {
        let l = self.l;
        let indicator = |of: Indicator| words::indicator(of.code(), l.is_vi());
        match (*condition, l) {
            (Condition::Sum { indicator: of, days, at_least }, Language::Vi) => {
                format!("{} trong {days} ngày từ {} trở lên", indicator(of), l.whole(at_least))
            }
            (Condition::Sum { indicator: of, days, at_least }, Language::En) => {
                format!("{} in {days} days: {} or more", indicator(of), l.whole(at_least))
            }
            (Condition::Rate { indicator: of, days, per_days, at_least_hundredths }, _) => {
                let rate = i64::try_from(at_least_hundredths).unwrap_or(i64::MAX);
                let rate = l.two_decimals(Hundredths(rate));
                match l {
                    Language::Vi => format!(
                        "{} trên 100.000 dân mỗi {per_days} ngày, trung bình {days} ngày, từ {rate} trở lên",
                        indicator(of)
                    ),
                    Language::En => format!(
                        "{} per 100,000 people and {per_days} days, mean of {days} days: {rate} or more",
                        indicator(of)
                    ),
                }
            }
            (Condition::DaysSince { indicator: of, at_most }, Language::Vi) => {
                format!("{} trong ngày ấy hoặc {at_most} ngày trước đó", indicator(of))
            }
            (Condition::DaysSince { indicator: of, at_most }, Language::En) => {
                format!("{} on the day or the {at_most} days before it", indicator(of))
            }
            (Condition::Children { level, enough: Enough::Share(percent) }, Language::Vi) => {
                format!("từ {percent}% đơn vị trực thuộc ở cấp {} hoặc xấu hơn", self.level(level))
            }
            (Condition::Children { level, enough: Enough::Share(percent) }, Language::En) => {
                format!("{percent}% or more of the units right below at {} or worse", self.level(level))
            }
            (Condition::Children { level, enough: Enough::Count(count) }, Language::Vi) => {
                format!("từ {count} đơn vị trực thuộc ở cấp {} hoặc xấu hơn", self.level(level))
            }
            (Condition::Children { level, enough: Enough::Count(count) }, Language::En) => {
                format!("{count} or more of the units right below at {} or worse", self.level(level))
            }
            (Condition::Neighbour { level }, Language::Vi) => {
                format!("có đơn vị giáp ranh ở cấp {} hoặc xấu hơn", self.level(level))
            }
            (Condition::Neighbour { level }, Language::En) => format!("a neighbour at {} or worse", self.level(level)),
        }
    }

    /// How an open value reads.
    fn blanks(&self) -> Vec<String> {
        let (l, scheme) = (self.l, self.scheme());
        let mut said = vec![
            l.pick(
                "Ngày chưa báo không bao giờ tính là 0 và không bao giờ là xanh. Khi số còn thiếu có thể làm đổi cấp độ, cấp độ là chưa rõ.",
                "A day without a report is never read as 0 and never as green. Where what is missing could change the level, the level is unknown.",
            )
            .to_owned(),
        ];
        let rules: Vec<&Rule> = self.kinds().flat_map(|kind| scheme.rules_for(&kind.code)).collect();
        let reads = |of: Indicator| rules.iter().flat_map(|rule| &rule.any).any(|c| c.indicator() == Some(of));
        for of in Indicator::ALL.into_iter().filter(|of| *of != Indicator::CommunityF0 && reads(*of)) {
            let name = words::indicator(of.code(), l.is_vi());
            let blank = scheme.unclassified.get(of.index()).copied().unwrap_or_default();
            said.push(match (blank, l) {
                (Blank::AsCommunity, Language::Vi) => {
                    format!("Ô \"{name}\" bỏ trống tính bằng số F0 cộng đồng của ngày ấy.")
                }
                (Blank::AsCommunity, Language::En) => {
                    format!("A blank \"{name}\" reads as the community F0 of that day.")
                }
                (Blank::Zero, Language::Vi) => format!("Ô \"{name}\" bỏ trống tính là 0."),
                (Blank::Zero, Language::En) => format!("A blank \"{name}\" reads as 0."),
                (Blank::Unknown, Language::Vi) => format!("Ô \"{name}\" bỏ trống là chưa rõ."),
                (Blank::Unknown, Language::En) => format!("A blank \"{name}\" is unknown."),
            });
        }
        said
    }

    fn hundredths(&self, number: i64) -> String {
        self.l.two_decimals(Hundredths(number))
    }

    fn component(&self, component: &Component) -> String {
        let l = self.l;
        let (name, max) =
            (words::measure_name(component.measure.code(), l.is_vi()), self.hundredths(component.max_points));
        let closing = self.campaign().policy.closing_days;
        let how = match (component.measure, l) {
            (Measure::CaseReduction, Language::Vi) => {
                "tỉ lệ kéo giảm hiệu chỉnh; ở nhánh giữ sạch, tỉ lệ ngày phải báo không có F0".to_owned()
            }
            (Measure::CaseReduction, Language::En) => {
                "by the adjusted reduction; on the kept-clean track by the share of due days without F0".to_owned()
            }
            (Measure::LevelDrop, Language::Vi) => format!(
                "số bậc hạ trên số bậc tối đa {}; ở nhánh giữ sạch, tỉ lệ ngày xanh trong {closing} ngày cuối phải báo",
                self.scheme().worst()
            ),
            (Measure::LevelDrop, Language::En) => format!(
                "levels dropped of at most {}; on the kept-clean track the share of green days among the last {closing} due days",
                self.scheme().worst()
            ),
            (Measure::GreenDays, Language::Vi) => "tỉ lệ ngày phải báo ở cấp tốt nhất".to_owned(),
            (Measure::GreenDays, Language::En) => "by the share of due days at the best level".to_owned(),
            (Measure::Reporting, Language::Vi) => "tỉ lệ ngày phải báo được báo trước giờ chốt".to_owned(),
            (Measure::Reporting, Language::En) => "by the share of due days reported before their cut-off".to_owned(),
            (Measure::Criteria, Language::Vi) => "giá trị đã thẩm định của các tiêu chí, theo trọng số".to_owned(),
            (Measure::Criteria, Language::En) => "by the verified values of the criteria and their weights".to_owned(),
        };
        match l {
            Language::Vi => format!("{name}, tối đa {max} điểm: {how}."),
            Language::En => format!("{name}, at most {max} points: {how}."),
        }
    }

    fn points(&self) -> Vec<String> {
        let (l, policy) = (self.l, &self.campaign().policy);
        let mut said: Vec<String> = policy.components.iter().map(|component| self.component(component)).collect();
        let (days, allowance) = (policy.closing_days, policy.small_number_allowance);
        said.push(match l {
            Language::Vi => format!("Kéo giảm hiệu chỉnh: (e − c) / (số lớn hơn trong e và c, cộng {allowance}). c là số F0 cộng đồng trong {days} ngày cuối phải báo; e là số ca của từng ấy ngày nếu như kỳ gốc. {allowance} ca cộng thêm để một hai ca ngẫu nhiên không quyết định thứ hạng."),
            Language::En => format!("The adjusted reduction: (e − c) / (the larger of e and c, plus {allowance}). c are the community F0 of the last {days} due days; e is what as many days would have held at the baseline's pace. The {allowance} added cases keep one or two cases of luck from deciding."),
        });
        for kind in self.kinds() {
            let Some(own) = kind.small_number_allowance else { continue };
            let name = self.kind_name(&kind.code);
            said.push(match l {
                Language::Vi => format!("Với {}: cộng {own} thay cho {allowance}.", name.to_lowercase()),
                Language::En => format!("For {}: {own} in place of {allowance}.", name.to_lowercase()),
            });
        }
        said.push(
            match policy.negative_points {
                true => l.pick("Xấu đi thì bị điểm âm.", "Getting worse gives negative points."),
                false => {
                    l.pick("Xấu đi thì được 0 điểm, không bị điểm âm.", "Getting worse gives 0, never negative points.")
                }
            }
            .to_owned(),
        );
        said.push(l.pick(
            "Ngày trong kỳ thi đua chưa báo tính bằng ngày nhiều ca nhất mà đơn vị đã báo, ít nhất là 1 ca: im lặng không có lợi.",
            "A day of the window without a report counts as the unit's largest reported day, at least 1 case: silence does not help.",
        ).to_owned());
        let (bonus, deduction) = (self.hundredths(policy.max_bonus), self.hundredths(policy.max_deduction));
        said.push(match l {
            Language::Vi => format!("Điểm thưởng của hội đồng tối đa {bonus}, điểm trừ tối đa {deduction} mỗi đơn vị, có lý do."),
            Language::En => format!("The council gives at most {bonus} bonus points and takes at most {deduction} from a unit, with reasons."),
        });
        said
    }

    fn ties(&self) -> Vec<String> {
        let (l, policy) = (self.l, &self.campaign().policy);
        let keys: Vec<&str> = policy.tie_break.iter().map(|key| words::key(key.code(), l.is_vi())).collect();
        let first = match (keys.is_empty(), l) {
            (true, _) => l.pick("Không xét thêm gì.", "Nothing else separates them.").to_owned(),
            (false, Language::Vi) => {
                format!("Xét lần lượt: {}. Ở nhánh giữ sạch bỏ qua kéo giảm và số bậc hạ.", keys.join(", "))
            }
            (false, Language::En) => format!(
                "In this order: {}. On the kept-clean track reduction and levels dropped are left out.",
                keys.join(", ")
            ),
        };
        let last = l.pick(
            "Vẫn bằng nhau thì cùng hạng, và các hạng tiếp theo bỏ trống (1, 1, 3).",
            "Still equal: the same rank, and the following places stay empty (1, 1, 3).",
        );
        vec![first, last.to_owned()]
    }

    fn unranked(&self) -> Vec<String> {
        let (l, policy) = (self.l, &self.campaign().policy);
        let (base, missing, share) =
            (policy.min_baseline_days, policy.max_missing_days, policy.max_missing_children_percent);
        let mut said = match l {
            Language::Vi => vec![
                "Đơn vị đã rút, hoặc bị loại có lý do.".to_owned(),
                format!("Báo ít hơn {base} ngày của kỳ gốc, hoặc không ngày nào."),
                format!("Thiếu hơn {missing} ngày phải báo trong kỳ thi đua."),
            ],
            Language::En => vec![
                "A unit withdrew, or was disqualified for a reason.".to_owned(),
                format!("It reported on fewer than {base} days of the baseline, or on none."),
                format!("More than {missing} due days of the window are missing."),
            ],
        };
        if self.kinds().any(|kind| matches!(kind.figures, Figures::Derived(_))) {
            said.push(match l {
                Language::Vi => format!("Đơn vị có số liệu là tổng: thiếu hơn {share}% ngày phải báo của các đơn vị bên dưới."),
                Language::En => format!("A unit whose figures are a sum: more than {share}% of the due days of the units below it are missing."),
            });
        }
        if policy.uses_levels() {
            said.push(
                l.pick(
                    "Không rõ cấp độ đầu kỳ và hội đồng không công nhận cấp nào.",
                    "Nothing tells the level at the start, and the council declared none.",
                )
                .to_owned(),
            );
        }
        said.push(
            l.pick("Không ngày nào phải báo, vì đều được miễn.", "No day is due, since all are excused.").to_owned(),
        );
        said
    }

    fn reporting(&self) -> Vec<String> {
        let (l, reporting) = (self.l, self.campaign().reporting);
        let care = |care: Care| match care {
            Care::Open => l.pick("có hiệu lực ngay", "takes effect at once"),
            Care::Reason => l.pick("cần nêu lý do", "needs a reason"),
            Care::Approval => {
                l.pick("cần lý do và người thứ hai duyệt", "needs a reason and a second person's approval")
            }
        };
        let lines = [
            (l.pick("Báo sau giờ chốt", "A first report after the cut-off"), reporting.late_figures),
            (l.pick("Đính chính ngày đã chốt", "A correction of a closed day"), reporting.corrections),
            (l.pick("Đổi thể lệ khi đang thi đua", "A change of rules once the contest runs"), reporting.rule_changes),
        ];
        let mut said: Vec<String> = lines.iter().map(|(what, how)| format!("{what}: {}.", care(*how))).collect();
        said.push(l.pick(
            "Mọi giá trị giữ nguyên lịch sử: ai ghi, lúc nào, cũ, mới, lý do. Kết quả chỉ chính thức khi mọi ngày phải báo của đơn vị có hạng đã báo hoặc được miễn.",
            "Every value keeps its history: who, when, old, new, why. A result is final only when every due day of every ranked unit is reported or excused.",
        ).to_owned());
        said
    }

    fn criteria_shown(&self) -> Vec<&CriterionView> {
        let is_known = |code: &str| self.kinds().any(|kind| kind.code == code);
        self.criteria.iter().filter(|criterion| is_known(&criterion.kind)).collect()
    }

    fn criteria(&self) -> Markup {
        let l = self.l;
        let heading = l.pick("Tiêu chí", "Criteria");
        html! {
            section.panel {
                h2 { (heading) }
                (scrolling(heading, &html! {
                    table.days-table {
                        caption.vh { (heading) }
                        thead { tr {
                            th scope="col" { (l.pick("Tiêu chí", "Criterion")) }
                            th scope="col" { (l.pick("Loại đơn vị", "Kind")) }
                            th.num scope="col" { (l.pick("Trọng số", "Weight")) }
                            th scope="col" { (l.pick("Bắt buộc", "Required")) }
                        } }
                        tbody {
                            @for criterion in self.criteria_shown() {
                                @let (first, second) = if l.is_vi() { (&criterion.name_vi, &criterion.name_en) } else { (&criterion.name_en, &criterion.name_vi) };
                                tr {
                                    th scope="row" { (first.as_deref().or(second.as_deref()).unwrap_or(&criterion.code)) }
                                    td { (self.kind_name(&criterion.kind)) }
                                    td.num { (criterion.weight) }
                                    td { (if criterion.required { l.pick("có", "yes") } else { l.pick("không", "no") }) }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }

    fn awards(&self) -> Vec<String> {
        let (l, awards) = (self.l, &self.campaign().awards);
        let shown = awards.list.iter().filter(|award| self.kinds().any(|kind| kind.code == award.kind));
        let mut said: Vec<String> = shown.map(|award| self.award(award)).collect();
        said.extend(
            awards.legal_reference.as_ref().map(|text| format!("{} {text}.", l.pick("Căn cứ:", "Resting on:"))),
        );
        said
    }

    fn award(&self, award: &Award) -> String {
        let l = self.l;
        let name = award.name.pick(l.is_vi()).unwrap_or(&award.code);
        let kind = self.kind_name(&award.kind).to_lowercase();
        let track = words::track(award.track.code(), l.is_vi());
        let by = words::order(award.by.code(), l.is_vi());
        let to = match (award.to, l) {
            (Given::Places { from, to }, Language::Vi) if from == to => format!("hạng {from}"),
            (Given::Places { from, to }, Language::En) if from == to => format!("place {from}"),
            (Given::Places { from, to }, Language::Vi) => format!("hạng {from} đến {to}"),
            (Given::Places { from, to }, Language::En) => format!("places {from} to {to}"),
            (Given::Threshold { points, reduction, change }, _) => self.threshold(points, reduction, change),
        };
        let block = award.block.as_ref().map(|block| match l {
            Language::Vi => format!(", khối {block}"),
            Language::En => format!(", block {block}"),
        });
        let most = award.quota.at_most.map(|most| match l {
            Language::Vi => format!(", nhiều nhất {most}"),
            Language::En => format!(", at most {most}"),
        });
        let share = award.quota.percent_of_ranked.map(|percent| match l {
            Language::Vi => format!(", nhiều nhất {}% số đơn vị có hạng", self.hundredths(percent)),
            Language::En => format!(", at most {}% of the ranked units", self.hundredths(percent)),
        });
        let money = self.campaign().awards.money(award).map(|money| format!(", {} đồng", l.whole(money)));
        let more: String = [block, most, share, money].into_iter().flatten().collect();
        match l {
            Language::Vi => format!("{name}: {kind}, nhánh {track}, xếp theo {by}, {to}{more}."),
            Language::En => format!("{name}: {kind}, track {track}, by {by}, {to}{more}."),
        }
    }

    fn threshold(&self, points: Option<i64>, reduction: Option<i64>, change: Option<i64>) -> String {
        let l = self.l;
        let parts = [
            points.map(|n| format!("{} {}", l.pick("điểm từ", "points of at least"), self.hundredths(n))),
            reduction.map(|n| format!("{} {}%", l.pick("kéo giảm từ", "a reduction of at least"), self.hundredths(n))),
            change.map(|n| {
                format!(
                    "{} {}%",
                    l.pick("kéo giảm hiệu chỉnh từ", "an adjusted reduction of at least"),
                    self.hundredths(n)
                )
            }),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(l.pick(" và ", " and "))
    }

    /// The versions, the latest first.
    fn history(&self) -> Markup {
        let l = self.l;
        let heading = l.pick("Các phiên bản thể lệ", "Versions of the rules");
        let zone = self.campaign().time_zone;
        let has_reasons = self.versions.iter().any(|version| version.reason.is_some());
        let latest = self.versions.iter().map(|version| version.version).max();
        html! {
            section.panel {
                h2 { (heading) }
                (scrolling(heading, &html! {
                    table.days-table {
                        caption.vh { (heading) }
                        thead { tr {
                            th scope="col" { (l.pick("Phiên bản", "Version")) }
                            th scope="col" { (l.pick("Ghi lúc", "Recorded at")) }
                            th scope="col" { (l.pick("Cấp độ và điểm", "Levels and points")) }
                            th scope="col" { (l.pick("Căn cứ", "Resting on")) }
                            @if has_reasons { th scope="col" { (l.pick("Lý do", "Reason")) } }
                        } }
                        tbody {
                            @for version in self.versions.iter().rev() {
                                tr {
                                    th scope="row" {
                                        (version.version)
                                        @if Some(version.version) == latest { " " (l.pick("(đang áp dụng)", "(in force)")) }
                                    }
                                    td { (l.moment(version.recorded_at, zone)) }
                                    td { (self.version_in_short(version)) }
                                    td { (version.legal_reference.as_deref().unwrap_or("–")) }
                                    @if has_reasons { td { (version.reason.as_deref().unwrap_or("–")) } }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }

    /// The scheme and the maxima of a version.
    fn version_in_short(&self, version: &PolicyView) -> String {
        let l = self.l;
        let scheme = version.level_scheme.as_str().or_else(|| version.level_scheme.get("code")?.as_str());
        let components = version.scoring.get("components").and_then(serde_json::Value::as_array);
        let one = |component: &serde_json::Value| {
            let name = words::measure_name(component.get("measure")?.as_str()?, l.is_vi()).to_owned();
            Some(format!("{name} {}", component.get("max_points")?))
        };
        let points: Vec<String> = components.into_iter().flatten().filter_map(one).collect();
        format!("{} · {}", scheme.unwrap_or_default(), points.join(", "))
    }
}
