//! Files of a report made by hand: what is in them, and that they are the same each time.

use super::report::{
    Report, ReportAward, ReportComponent, ReportDecision, ReportIssue, ReportRow, ReportRules, ReportSection,
    ReportSpan, ReportTexts, ReportWinner,
};
use super::*;
use crate::domain::number::Hundredths;

fn texts(vi: &str) -> ReportTexts {
    ReportTexts { vi: Some(vi.to_owned()), en: None }
}

fn row(rank: Option<u64>, name: &str, points: i64) -> ReportRow {
    ReportRow {
        rank,
        rank_change: Some(-1),
        code: format!("code of {name}"),
        name: name.to_owned(),
        parent_code: Some("775".to_owned()),
        parent_name: Some("Quận 6".to_owned()),
        block: None,
        points: rank.map(|_| Hundredths(points)),
        components: vec![Some(Hundredths(points))],
        bonus: Some(Hundredths(150)),
        deduction: Some(Hundredths(0)),
        reduction_percent: Some(Hundredths(-4809)),
        change_percent: Some(Hundredths(2632)),
        baseline_mean: Some(Hundredths(79)),
        closing_mean: None,
        level_start: Some("Cam".to_owned()),
        level_current: Some("Xanh".to_owned()),
        levels_dropped: Some(2),
        community_f0: Some(1),
        imputed_f0: Some(0),
        green_days: Some(3),
        missing_days: Some(1),
        green_on: Some("2021-07-20".to_owned()),
        unranked: if rank.is_none() { vec!["no_baseline".to_owned()] } else { Vec::new() },
        award: None,
    }
}

/// A report with so many rows besides two that share a place and one without.
fn sample(more: u64) -> Report {
    let mut rows = vec![row(Some(1), "Phường 07", 1579), row(Some(1), "=1+1", 1579)];
    rows.extend((0..more).map(|n| row(Some(n + 3), &format!("Khu phố {n} Nguyễn Thị Minh Khai"), -4809)));
    rows.push(row(None, &format!("Tổ dân phố {}", "ườ".repeat(300)), 0));
    let span = |from: &str, to: &str| ReportSpan { from: from.to_owned(), to: to.to_owned() };
    let winner = |name: &str| ReportWinner {
        rank: Some(1),
        code: format!("code of {name}"),
        name: name.to_owned(),
        parent_name: Some("Quận 6".to_owned()),
        block: None,
        points: Some(Hundredths(1579)),
        bonus: None,
        money: Some(2_980_000),
        note: Some("đồng hạng, cùng được khen thưởng".to_owned()),
    };
    let award = ReportAward {
        code: "first".to_owned(),
        name: texts("Giải nhất"),
        form: texts("Giấy khen"),
        kind: "ward".to_owned(),
        kind_name: texts("Phường"),
        track: "improvement".to_owned(),
        block: None,
        quota: "hạng 1".to_owned(),
        remarks: vec![
            "Đồng hạng 1 (Phường 07, =1+1): còn 1 suất; các đơn vị đồng hạng cùng được khen thưởng.".to_owned(),
        ],
        winners: vec![winner("Phường 07"), winner("=1+1")],
    };
    let report = Report {
        campaign: "q6-2021".to_owned(),
        title: texts("Mở rộng vùng xanh trên bản đồ COVID-19"),
        organiser: texts("Ủy ban nhân dân Quận 6"),
        plan: ReportDecision { number: Some("259/KH-UBND".to_owned()), date: Some("2021-07-09".to_owned()) },
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        window: span("2021-07-09", "2021-07-23"),
        baseline: span("2021-06-25", "2021-07-08"),
        as_of: "2021-07-23".to_owned(),
        status: "provisional".to_owned(),
        early: false,
        revision: 412,
        stood_at: Some("2021-07-24T06:00:00Z".to_owned()),
        issue: None,
        rules: ReportRules {
            level_scheme: "counts-14d".to_owned(),
            policy_version: 1,
            components: vec![ReportComponent { measure: "case_reduction".to_owned(), max_points: Hundredths(10_000) }],
            closing_days: 7,
            small_number_allowance: 5,
            negative_points: true,
            tie_break: vec!["change".to_owned()],
            rank_within_blocks: false,
        },
        sections: vec![ReportSection {
            kind: "ward".to_owned(),
            kind_name: texts("Phường"),
            track: "improvement".to_owned(),
            ranked: more + 2,
            rows,
        }],
        awards: Vec::new(),
    };
    report.with_awards(vec![award])
}

#[test]
fn every_export_of_a_report_is_the_same_bytes_each_time_on_every_thread() {
    let report = sample(40);
    for what in What::ALL {
        for format in what.formats() {
            let here = write(&report, what, *format).expect("a file");
            let other = report.clone();
            let format = *format;
            let there = std::thread::spawn(move || write(&other, what, format)).join().expect("a thread");
            assert!(here == there.expect("a file"), "{what:?} {format:?}");
            assert!(here == write(&report, what, format).expect("a file"), "{what:?} {format:?}, again");
            let mut later = report.clone();
            later.stood_at = Some("2021-07-25T06:00:00Z".to_owned());
            if format != Format::Csv {
                assert!(
                    here != write(&later, what, format).expect("a file"),
                    "{what:?} {format:?} tells when it stood"
                );
            }
        }
    }
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let report = sample(3).of_issue(ReportIssue {
        number: 2,
        sha256: "ab".repeat(32),
        decision: ReportDecision { number: Some("7/QĐ-UBND".to_owned()), date: None },
    });
    let again = Report::of_document(&report.document().expect("JSON")).expect("a report");
    assert_eq!(again, report);
    assert_eq!(again.status, "final");
    assert!(Report::of_document(b"{}").is_err());
}

#[test]
fn a_winners_form_and_bonus_stand_on_both_lists() {
    let report = sample(0);
    assert_eq!(report.sections[0].rows[0].award, Some(texts("Giấy khen")));
    assert_eq!(report.sections[0].rows[2].award, None);
    assert_eq!(report.awards[0].winners[0].bonus, Some(Hundredths(150)));
}

#[test]
fn rows_that_share_a_place_say_so_and_rows_without_say_why() {
    let report = sample(1);
    let paper = paper::leaderboard(&report);
    let tables = paper.parts[0].blocks.iter().filter_map(|block| match block {
        paper::Block::Table(rows) => Some(rows),
        _ => None,
    });
    let tables: Vec<_> = tables.collect();
    let cells = |at| tables[0].cells(at).expect("a row");
    assert_eq!(cells(0)[6], "Đồng hạng; thiếu 1 ngày báo cáo");
    assert_eq!(cells(0)[2], "15,79");
    assert_eq!(cells(2)[4], "3");
    assert_eq!(cells(3)[4], "–");
    assert_eq!(cells(3)[6], "Không xếp hạng: không có kỳ gốc");
    assert!(tables[0].cells(4).is_none());
}

#[test]
fn blocks_that_are_ranked_apart_have_tables_of_their_own() {
    let mut report = sample(0);
    report.rules.rank_within_blocks = true;
    report.sections[0].rows[0].block = Some("Khối 2".to_owned());
    report.sections[0].rows[1].block = Some("Khối 1".to_owned());
    let paper = paper::leaderboard(&report);
    let headings: Vec<&str> = paper.parts[0]
        .blocks
        .iter()
        .filter_map(|block| match block {
            paper::Block::Heading(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let of = |block: &str| format!("Phường – bảng cải thiện{block} (1 đơn vị)");
    assert_eq!(headings, [of(""), of(", Khối 1"), of(", Khối 2")]);
}

#[test]
fn without_awards_there_is_a_board_and_nothing_else() {
    let mut report = sample(0);
    report.awards.clear();
    assert!(write(&report, What::Leaderboard, Format::Pdf).is_ok());
    for what in [What::Awards, What::Decision, What::Certificates] {
        let refused = write(&report, what, what.formats()[0]).expect_err("nothing to export");
        assert_eq!(refused.code, Code::NothingToExport);
    }
}
