//! What is known on the afternoon after a day, as the program says it: short lines to be
//! compared with what was written down by hand.

use super::people::{District, SEN};
use greenzone::service::Caller;
use greenzone::service::audit::HeadView;
use greenzone::service::scheduler::Scheduler;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A day as people would write it down.
pub struct Page {
    /// `rank ward points`, in the order of the board of those who have cases to reduce.
    pub improvement: &'static str,
    /// Points of ward 5, which had none.
    pub kept_clean: &'static str,
    /// Points of the district.
    pub district: &'static str,
    /// Reports of the day: on time, late, missing, excused.
    pub reports: [u64; 4],
    /// Those of all days of the window so far.
    pub so_far: [u64; 4],
    /// Who owes the day, and how many days in all.
    pub owing: &'static str,
    /// Open questions.
    pub flags: &'static str,
    /// From when on figures are not expected to move; empty: nobody knows.
    pub settled: &'static str,
    /// What the log has kept since the day before.
    pub log: &'static str,
    /// How many changes there were.
    pub revision: i64,
}

impl District {
    /// The day after, an hour past the cut-off: the scheduler has run, and all is as written.
    #[track_caller]
    pub fn day_is_over(&self, day: u32, page: &Page) {
        self.at(day + 1, "13:00");
        Scheduler::new(self.app.service.clone()).run_due().expect("what is due is done");
        let date = format!("2021-07-{day:02}");
        assert_eq!(self.board("ward", "improvement", &date), page.improvement, "board of {date}");
        assert_eq!(self.board("ward", "kept_clean", &date), format!("1 w5 {}", page.kept_clean), "{date}");
        assert_eq!(self.board("district", "improvement", &date), format!("1 sen {}", page.district), "{date}");
        let of_day = self.reads("kiem-tra", &format!("/days/{date}")).ok();
        assert_eq!((&of_day["state"], shares(&of_day["reports"])), (&json!("closed"), page.reports), "{of_day}");
        assert_eq!(owing(&of_day), page.owing, "reminders of {date}");
        let complete = self.reads("kiem-tra", &format!("/completeness?kind=ward&date={date}")).ok();
        assert_eq!(shares(&complete["day"]), page.reports, "{date}");
        assert_eq!(shares(&complete["so_far"]), page.so_far, "{date}");
        assert_eq!(owing(&complete), page.owing, "silent on {date}");
        assert_eq!(self.flags("open"), page.flags, "flags on {date}");
        let settled = &complete["settling"]["settled_through"];
        assert_eq!(settled.as_str().unwrap_or_default(), page.settled, "{}", complete["settling"]);
        assert_eq!(self.log_since_yesterday(), page.log, "log of {date}");
        assert_eq!(self.revision(), page.revision, "{date}");
    }

    /// The board that is shown by default; it must be that of the day.
    pub fn board(&self, kind: &str, track: &str, as_of: &str) -> String {
        let board = self.app.get(&format!("{SEN}/leaderboard?kind={kind}&track={track}")).ok();
        assert_eq!(board["as_of"], as_of);
        lines(&board)
    }

    /// Flags by rule, ward and day.
    pub fn flags(&self, state: &str) -> String {
        let flags = self.reads("kiem-tra", &format!("/flags?state={state}")).ok();
        let line =
            |flag: &Value| format!("{} {} {}", text(&flag["rule"]), text(&flag["unit"]["code"]), text(&flag["date"]));
        joined(&flags, line)
    }

    /// What sources say otherwise than the one that stands.
    pub fn residuals(&self) -> String {
        let all = self.reads("y-te", "/reconciliation").ok();
        joined(&all, |item| {
            let against = item["against"].as_array().expect("sources").iter();
            let against = against
                .map(|a| format!("{} {:+}", text(&a["source"]), a["difference"]["community_f0"].as_i64().unwrap()));
            let place = format!("{} {}", text(&item["unit"]["code"]), text(&item["date"]));
            format!(
                "{place} {} {}, {}",
                text(&item["source"]),
                item["community_f0"],
                against.collect::<Vec<_>>().join(", ")
            )
        })
    }

    /// Entries of the campaign's log since it was read last: how many of each action. Each
    /// is chained to the one before, and what was published earlier is still in it.
    fn log_since_yesterday(&self) -> String {
        let log = self
            .app
            .send("GET", "/api/v1/audit?campaign=sen&limit=1000", Some(&self.token("kiem-tra")), &[], None)
            .ok();
        let mut entries = log["items"].as_array().expect("entries").clone();
        entries.reverse();
        let mut before = String::new();
        for (number, entry) in (1..).zip(&entries) {
            assert_eq!((&entry["number"], text(&entry["previous_hash"])), (&json!(number), before.as_str()), "{entry}");
            before = text(&entry["hash"]).to_owned();
        }
        let mut heads = self.heads.borrow_mut();
        let operator = Caller::Operator.may(None).expect("the operator may");
        let report = self.app.service.verify_audit(&operator, &heads).expect("readable");
        assert_eq!(report.broken, []);
        heads.push(HeadView {
            chain: text(&log["head"]["chain"]).to_owned(),
            number: entries.len() as i64,
            hash: before,
        });
        let mut actions: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in entries.iter().skip(self.read.replace(entries.len())) {
            *actions.entry(text(&entry["action"])).or_default() += 1;
        }
        actions.into_iter().map(|(action, count)| format!("{count} {action}")).collect::<Vec<_>>().join(", ")
    }
}

/// `rank ward points` of each row.
pub fn lines(board: &Value) -> String {
    joined(board, |row| {
        let rank = row["rank"].as_u64().map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        format!("{rank} {} {:.2}", text(&row["unit"]["code"]), row["points"]["total"].as_f64().expect("points"))
    })
}

fn joined(list: &Value, line: impl Fn(&Value) -> String) -> String {
    list["items"].as_array().expect("items").iter().map(line).collect::<Vec<_>>().join(" | ")
}

fn owing(list: &Value) -> String {
    joined(list, |item| format!("{} {}", text(&item["unit"]["code"]), item["missing_days"]))
}

fn shares(of: &Value) -> [u64; 4] {
    let [on_time, late, missing, excused] = ["on_time", "late", "missing", "excused"]
        .map(|name| of[name].as_u64().unwrap_or_else(|| panic!("{name} of {of}")));
    let due = on_time + late + missing;
    assert_eq!(of["due"], due);
    // hundredths of a percent, half up
    let percent = (on_time * 20_000 + due) / (2 * due);
    assert_eq!((of["on_time_percent"].as_f64().expect("a share") * 100.0).round() as u64, percent, "{of}");
    [on_time, late, missing, excused]
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
