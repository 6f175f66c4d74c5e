//! What stands between a campaign and its result, by name: each a row of one table, which says
//! where one sees it and whether the council may set it aside with a reason.
//!
//! Missing figures are set aside by nobody (domain.md section 4: "excuse the day or take the
//! unit out of the ranking"), nor is a day that has not closed: its board is no final one.

use super::finalise::Override;
use super::views::OverrideView;
use super::{awards, boards};
use crate::domain::{Day, Instant};
use crate::scoring::appraisal::Track;
use crate::scoring::board::{By, Query};
use crate::scoring::ledger::DayState;
use crate::service::Service;
use crate::service::awards::decisions::at_revision;
use crate::service::awards::undecided;
use crate::service::fault::{Code, Fault, FieldFault};
use crate::service::figures::escape;
use crate::service::flags::{Flag, WordsView, flags};
use crate::service::live::Snapshot;
use crate::service::views::UnitRef;
use crate::store::approvals::{self, ApprovalState};
use crate::store::{DbConn, appeals, campaigns, flag_answers};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// So many examples are shown of each.
const EXAMPLES: usize = 5;

/// What stands in the way of a campaign's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BlockersView {
    /// Code of the campaign.
    pub campaign: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// The day of the result's boards: the window's last.
    #[schema(format = Date)]
    pub as_of: String,
    /// What stands in the way; none: an issue can be made.
    pub items: Vec<BlockerView>,
}

/// Something that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BlockerView {
    /// `days_open`, `missing_figures`, `unanswered_flags`, `pending_approvals`, `open_appeals` or
    /// `undecided_ties`.
    pub code: &'static str,
    /// What it is, in words.
    pub name: WordsView,
    /// How much of it there is.
    pub count: u64,
    /// Where one sees it.
    pub link: String,
    /// Whether the council may set it aside with a reason.
    pub can_be_overridden: bool,
    /// The first of it.
    pub examples: Vec<ExampleView>,
}

/// One of what stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExampleView {
    /// Code of the unit, where it is about one.
    pub unit_code: Option<String>,
    /// Its name.
    pub unit_name: Option<String>,
    /// The day, where it is about one.
    #[schema(format = Date)]
    pub date: Option<String>,
}

/// What blockers are looked for in.
pub(super) struct Ground<'a> {
    pub(super) conn: &'a mut DbConn,
    /// The key of the campaign.
    pub(super) campaign_id: i64,
    pub(super) snapshot: &'a Snapshot,
    pub(super) now: Instant,
}

/// How much there is of a blocker, with the first of it: a unit's place, and a day.
#[derive(Default)]
pub(super) struct Found {
    count: usize,
    examples: Vec<(Option<u32>, Option<Day>)>,
}

impl Found {
    fn of(examples: Vec<(Option<u32>, Option<Day>)>) -> Self {
        Self { count: examples.len(), examples: examples.into_iter().take(EXAMPLES).collect() }
    }
}

/// A row of the table.
struct Blocker {
    code: &'static str,
    vi: &'static str,
    en: &'static str,
    /// Below the campaign's address.
    link: &'static str,
    can_be_overridden: bool,
    find: fn(&mut Ground<'_>) -> Result<Found, Fault>,
}

/// The table.
const BLOCKERS: &[Blocker] = &[
    Blocker {
        code: "days_open",
        vi: "Còn ngày chưa khóa sổ",
        en: "Days that have not closed",
        link: "/days",
        can_be_overridden: false,
        find: days_open,
    },
    Blocker {
        code: "missing_figures",
        vi: "Đơn vị được xếp hạng còn ngày thiếu số liệu: báo số, miễn ngày đó, hoặc đưa đơn vị ra khỏi xếp hạng",
        en: "Ranked units miss days: report or excuse them, or take the unit out of the ranking",
        link: "/completeness",
        can_be_overridden: false,
        find: missing_figures,
    },
    Blocker {
        code: "unanswered_flags",
        vi: "Cờ nghi vấn chưa được trả lời",
        en: "Flags that nobody has answered",
        link: "/flags?state=open",
        can_be_overridden: true,
        find: unanswered_flags,
    },
    Blocker {
        code: "pending_approvals",
        vi: "Yêu cầu đang chờ người thứ hai duyệt",
        en: "Requests that wait for a second person",
        link: "/approvals?state=pending",
        can_be_overridden: true,
        find: pending_approvals,
    },
    Blocker {
        code: "open_appeals",
        vi: "Khiếu nại chưa được trả lời",
        en: "Appeals that nobody has answered",
        link: "/appeals?state=open",
        can_be_overridden: true,
        find: open_appeals,
    },
    Blocker {
        code: "undecided_ties",
        vi: "Hạng bằng nhau mà giải có ít suất hơn, Hội đồng chưa quyết định",
        en: "Ties for fewer places than tied units that the council has not decided",
        link: "/awards",
        can_be_overridden: true,
        find: undecided_ties,
    },
];

fn days_open(ground: &mut Ground<'_>) -> Result<Found, Fault> {
    let campaign = ground.snapshot.campaign();
    let days = campaign.window.from.iter_days().take_while(|day| *day <= campaign.window.to);
    let open = days.filter(|day| ground.now < campaign.cut_off(*day));
    Ok(Found::of(open.map(|day| (None, Some(day))).collect()))
}

/// Every due day of every ranked unit is reported or excused; of a derived unit, those of all
/// that stand under its sum.
fn missing_figures(ground: &mut Ground<'_>) -> Result<Found, Fault> {
    let snapshot = ground.snapshot;
    let (register, ledger) = (snapshot.register(), snapshot.ledger());
    let as_of = boards::last_day(snapshot);
    let mut owing = BTreeSet::new();
    for kind in (0u16..).zip(register.of_kind.iter()).filter(|(_, units)| !units.is_empty()).map(|(kind, _)| kind) {
        for track in Track::ALL {
            let query = Query { kind, track, by: By::Points, as_of, within: None, block: None };
            for place in snapshot.boards.get(&query).places.iter().filter(|place| place.rank.is_some()) {
                match register.is_derived(place.unit) {
                    true => owing.extend(register.leaves.of(place.unit)),
                    false => drop(owing.insert(place.unit)),
                }
            }
        }
    }
    let mut owing: Vec<u32> = owing.into_iter().collect();
    owing.sort_by_key(|unit| register.name_rank(*unit));
    let mut found = Found::default();
    for unit in owing {
        for day in ledger.calendar.baseline.start..ledger.calendar.window.end {
            if ledger.day_state(unit, day, as_of) == DayState::Missing {
                found.count += 1;
                if found.examples.len() < EXAMPLES {
                    found.examples.push((Some(unit), Some(ledger.calendar.day(day))));
                }
            }
        }
    }
    Ok(found)
}

fn unanswered_flags(ground: &mut Ground<'_>) -> Result<Found, Fault> {
    let answers = flag_answers::list(ground.conn, ground.campaign_id, None)?;
    let mut open = flags(ground.snapshot, answers);
    open.retain(|flag| !flag.is_closed(ground.snapshot.revision));
    let unit = |flag: &Flag| ground.snapshot.register().find(&flag.id.unit_code);
    let mut examples: Vec<_> = open.iter().map(|flag| (unit(flag), Some(flag.id.day))).collect();
    examples.sort_by_key(|(_, day)| std::cmp::Reverse(*day));
    Ok(Found::of(examples))
}

fn pending_approvals(ground: &mut Ground<'_>) -> Result<Found, Fault> {
    let snapshot = ground.snapshot;
    let mut days: HashMap<i64, Vec<(i64, Day)>> = HashMap::new();
    for day in approvals::pending_days(ground.conn, ground.campaign_id)? {
        days.entry(day.number).or_default().push((day.unit_id, day.day()));
    }
    let mut examples = Vec::new();
    for row in approvals::list(ground.conn, ground.campaign_id)? {
        if row.state()? == ApprovalState::Pending {
            let first = days.get(&row.number).and_then(|days| days.first());
            let place = |key: i64| (0..).take(snapshot.register().len()).find(|unit| snapshot.key(*unit) == key);
            examples.push(match first {
                Some((key, day)) => (place(*key), Some(*day)),
                None => (None, None),
            });
        }
    }
    Ok(Found::of(examples))
}

fn open_appeals(ground: &mut Ground<'_>) -> Result<Found, Fault> {
    let open = appeals::open_appeals(ground.conn, ground.campaign_id)?;
    Ok(Found { count: usize::try_from(open).unwrap_or_default(), examples: Vec::new() })
}

/// The units of each tie that waits for the council; a tie counts once.
fn undecided_ties(ground: &mut Ground<'_>) -> Result<Found, Fault> {
    let decisions = at_revision(ground.conn, ground.campaign_id, ground.snapshot.revision)?;
    let computed = awards::computed(ground.snapshot, &decisions);
    let open: Vec<_> = undecided(&computed).filter_map(|award| award.tie.as_ref()).collect();
    let tied = open.iter().flat_map(|tie| &tie.units);
    let place = |unit: &UnitRef| (ground.snapshot.register().find(&unit.code), None);
    Ok(Found { count: open.len(), examples: tied.take(EXAMPLES).map(place).collect() })
}

impl Service {
    /// What stands between a campaign and its result. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn blockers(&self, snapshot: &Snapshot, now: Instant) -> Result<BlockersView, Fault> {
        let code = &snapshot.campaign().code;
        let items = self.read(|conn| {
            let stored = campaigns::find_opt(conn, code)?.ok_or_else(|| Fault::no_campaign(code))?;
            blockers(&mut Ground { conn, campaign_id: stored.id, snapshot, now })
        })?;
        let as_of = snapshot.campaign().window.to.to_string();
        Ok(BlockersView { campaign: code.clone(), revision: snapshot.revision, as_of, items })
    }
}

/// All that stands in the way, in the order of the table.
pub(super) fn blockers(ground: &mut Ground<'_>) -> Result<Vec<BlockerView>, Fault> {
    let mut views = Vec::new();
    for blocker in BLOCKERS {
        let found = (blocker.find)(ground)?;
        if found.count > 0 {
            views.push(blocker.view(ground.snapshot, &found));
        }
    }
    Ok(views)
}

impl Blocker {
    fn view(&self, snapshot: &Snapshot, found: &Found) -> BlockerView {
        let example = |(unit, day): &(Option<u32>, Option<Day>)| {
            let unit = unit.and_then(|unit| snapshot.register().unit(unit));
            ExampleView {
                unit_code: unit.map(|unit| unit.code.clone()),
                unit_name: unit.map(|unit| unit.name.clone()),
                date: day.map(|day| day.to_string()),
            }
        };
        BlockerView {
            code: self.code,
            name: WordsView { vi: self.vi.to_owned(), en: self.en.to_owned() },
            count: found.count as u64,
            link: format!("/api/v1/campaigns/{}{}", escape(&snapshot.campaign().code), self.link),
            can_be_overridden: self.can_be_overridden,
            examples: found.examples.iter().map(example).collect(),
        }
    }
}

/// Refuses where something stands in the way that is not, or cannot be, set aside; answers
/// what was.
///
/// # Errors
/// 409 that names each, 422 for what is no blocker that can be set aside.
pub(super) fn set_aside(found: &[BlockerView], overrides: &[Override]) -> Result<Vec<OverrideView>, Fault> {
    check_overrides(overrides)?;
    let (mut aside, mut left) = (Vec::new(), Vec::new());
    for blocker in found {
        match overrides.iter().find(|given| given.code == blocker.code).filter(|_| blocker.can_be_overridden) {
            Some(Override { code, reason }) => {
                aside.push(OverrideView { code: code.clone(), reason: reason.clone(), count: blocker.count });
            }
            None => left.push(blocker),
        }
    }
    if left.is_empty() { Ok(aside) } else { Err(blocked(&left)) }
}

fn check_overrides(overrides: &[Override]) -> Result<(), Fault> {
    let codes: Vec<&str> = BLOCKERS.iter().map(|blocker| blocker.code).collect();
    for (at, given) in overrides.iter().enumerate() {
        let pointer = format!("/overrides/{at}/code");
        if !codes.contains(&given.code.as_str()) {
            let message = format!("expected one of {}, found {:?}", codes.join(", "), given.code);
            return Err(Fault::of_field(Code::InvalidRequest, pointer, message));
        }
        if overrides.iter().take(at).any(|other| other.code == given.code) {
            return Err(Fault::of_field(Code::InvalidRequest, pointer, format!("{} stands twice", given.code)));
        }
    }
    Ok(())
}

fn blocked(left: &[&BlockerView]) -> Fault {
    let error = |blocker: &&BlockerView| {
        let way =
            if blocker.can_be_overridden { "can be overridden with a reason" } else { "nobody can override this" };
        FieldFault {
            pointer: "/overrides".to_owned(),
            code: blocker.code,
            message: format!("{}: {}; see {}; {way}", blocker.name.en, blocker.count, blocker.link),
            place: None,
        }
    };
    let names: Vec<&str> = left.iter().map(|blocker| blocker.code).collect();
    let detail = format!("something stands in the way of a result: {}", names.join(", "));
    Fault { errors: left.iter().map(error).collect(), ..Fault::new(Code::Blocked, detail) }
}
