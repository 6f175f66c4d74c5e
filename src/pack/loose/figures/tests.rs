//! Loose tables against the campaign of District 6: files from the field and hand-made cells.

use super::super::options::SheetOptions;
use super::super::sheet::{read_text, read_workbook};
use super::*;
use crate::domain::Contest;
use std::path::Path;

type Read = Result<LooseFigures, Vec<PackError>>;

fn q6() -> Contest {
    crate::pack::read_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("packs/q6-2021")).unwrap()
}

fn read_sheet(contest: &Contest, sheet: Sheet, options: &FigureOptions, mut errors: Errors) -> Read {
    let book = UnitBook::new(&contest.campaign, &contest.units, |_| true);
    let read = read_figures(&contest.campaign, &book, "file", sheet, options, &mut errors);
    match errors.into_result() {
        Ok(()) => Ok(read.unwrap()),
        Err(refusal) => {
            assert_eq!(read, None);
            Err(refusal.errors)
        }
    }
}

fn csv(text: &str, options: &FigureOptions) -> Read {
    let mut errors = Errors::default();
    let sheet = read_text("file", text.as_bytes(), &SheetOptions::default(), &mut errors).unwrap();
    read_sheet(&q6(), sheet, options, errors)
}

fn field(name: &str, options: &FigureOptions) -> Read {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/loose").join(name);
    let bytes = std::fs::read(path).unwrap();
    let (mut errors, said) = (Errors::default(), SheetOptions::default());
    let sheet = match name.ends_with(".xlsx") {
        true => read_workbook(name, &bytes, &said, &mut errors),
        false => read_text(name, &bytes, &said, &mut errors),
    };
    read_sheet(&q6(), sheet.unwrap(), options, errors)
}

/// Code, day and community cases of each figure.
fn told(read: Read) -> Vec<(String, String, u32)> {
    let contest = q6();
    let of = |f: LooseFigure| {
        let code = contest.units.get(f.unit as usize).map(|u| u.code.clone()).unwrap_or_default();
        (code, f.day.to_string(), f.counts.community_f0())
    };
    read.unwrap().rows.into_iter().map(of).collect()
}

fn lines(read: Read) -> Vec<u64> {
    read.unwrap_err().iter().filter_map(|e| e.line).collect()
}

fn plain() -> FigureOptions {
    FigureOptions::default()
}

fn on_13_july(rows: &[(&str, u32)]) -> Vec<(String, String, u32)> {
    rows.iter().map(|(code, f0)| ((*code).to_owned(), "2021-07-13".to_owned(), *f0)).collect()
}

#[test]
fn cells_that_are_no_counts_are_all_listed() {
    let errors = field("F1-figures.csv", &plain()).unwrap_err();
    let values: Vec<_> = errors.iter().map(|e| (e.line.unwrap_or(0), e.value.clone().unwrap_or_default())).collect();
    let expected = ["-3", "1 to 4", "<5", "938*", "–", "n/a", "#DIV/0!", ""];
    assert_eq!(values, (3..).zip(expected.map(str::to_owned)).collect::<Vec<_>>());
    assert!(errors.iter().all(|e| e.column.as_deref() == Some("community_f0")));
}

#[test]
fn equal_rows_are_one_figure_and_others_are_refused() {
    let errors = field("F3-figures.csv", &plain()).unwrap_err();
    assert_eq!(errors.iter().map(|e| e.line).collect::<Vec<_>>(), [Some(2), Some(4)]);
    assert!(errors.iter().all(|e| e.expected.contains("21 on line 2, 2 on line 4")), "{errors:?}");
    let same = field("F3-figures-same.csv", &plain()).unwrap();
    assert_eq!((same.rows.len(), same.repeated), (2, 2));
    assert!(same.read_as.remarks.iter().any(|r| r == "2 repeated rows, lines 4, 5"), "{:?}", same.read_as.remarks);
}

#[test]
fn number_cells_are_their_digits_as_codes() {
    let rows = on_13_july(&[("27346", 0), ("27349", 2), ("27352", 1), ("27355", 3)]);
    assert_eq!(told(field("F5.xlsx", &plain())), rows);
}

#[test]
fn lost_zeros_are_refused_with_candidates() {
    let mut contest = q6();
    for (unit, code) in contest.units.iter_mut().skip(1).zip(["01", "1", "002"]) {
        unit.code = code.to_owned();
    }
    let text = "code,date,community_f0\n1,2021-07-10,1\n2,2021-07-10,1\n";
    let mut errors = Errors::default();
    let sheet = read_text("file", text.as_bytes(), &SheetOptions::default(), &mut errors).unwrap();
    let errors = read_sheet(&contest, sheet, &plain(), errors).unwrap_err();
    assert!(errors.len() == 1 && errors.iter().all(|e| e.line == Some(3) && e.expected.contains("002")), "{errors:?}");
}

#[test]
fn the_order_of_dates_is_the_columns_and_never_guessed() {
    let errors = field("F7-figures.csv", &plain()).unwrap_err();
    let says = |text: &str| errors.iter().all(|e| e.expected.contains(text));
    assert!(errors.len() == 1 && says("2021-07-04") && says("2021-04-07") && says("date_order=dmy"), "{errors:?}");
    let dmy = FigureOptions { date_order: Some(DateOrder::Dmy), ..plain() };
    assert_eq!(told(field("F7-figures.csv", &dmy)).len(), 4);
    let clear = field("F7-figures-clear.csv", &plain());
    assert_eq!(clear.as_ref().map(|r| r.read_as.date_order).ok(), Some(Some("dmy")));
    assert!(told(clear).contains(&("27382".to_owned(), "2021-07-08".to_owned(), 1)));
    let both = field("F7-figures-both.csv", &plain()).unwrap_err();
    assert!(
        both.len() == 2 && both.iter().all(|e| e.expected.contains("line 2") && e.expected.contains("line 3")),
        "{both:?}"
    );
}

#[test]
fn groups_of_three_are_thousands_in_texts_only() {
    let read = field("F9-figures.csv", &plain());
    assert!(read.as_ref().is_ok_and(|r| r.read_as.remarks.iter().any(|r| r.contains("thousands"))));
    assert_eq!(told(read).iter().map(|r| r.2).collect::<Vec<_>>(), [1229, 1229, 1229, 1229, 10_000_000]);
    assert_eq!(lines(field("F9-figures-refused.csv", &plain())), [2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(lines(field("F9.xlsx", &plain())), [2]);
}

#[test]
fn workbooks_from_1904_and_formulas_without_values() {
    assert!(told(field("F11.xlsx", &plain())).iter().all(|r| r.1 == "2021-07-13"));
    assert_eq!(lines(field("F13.xlsx", &plain())), [3, 4, 5, 6]);
}

#[test]
fn a_count_of_several_days_is_spread() {
    let read = field("F15-figures.csv", &plain());
    assert!(read.as_ref().is_ok_and(|r| r.rows.iter().all(|f| f.note.as_ref().is_some_and(|n| n.contains("3 days")))));
    assert_eq!(told(read).iter().map(|r| r.2).collect::<Vec<_>>(), [2, 2, 3, 0, 1, 1]);
    assert_eq!(told(field("F15-figures-undeclared.csv", &plain())).len(), 3);
    assert_eq!(lines(csv("code,date_from,date,community_f0\n27379,2021-07-15,2021-07-13,1\n", &plain())), [2]);
}

#[test]
fn units_are_found_by_name() {
    let read = field("F18-names.csv", &plain());
    assert_eq!(read.as_ref().ok().and_then(|r| r.read_as.names.get("P.7").cloned()).as_deref(), Some("27382"));
    let codes: Vec<_> = told(read).into_iter().map(|r| r.0).collect();
    assert_eq!(codes, ["27382", "27364", "27379", "27352", "27355", "27349", "27358"]);
    assert_eq!(lines(field("F18-names-refused.csv", &plain())), [2, 3, 4, 5]);
    let read = field("F20.csv", &plain());
    assert_eq!(read.as_ref().map(|r| (r.read_as.encoding, r.read_as.separator)), Ok((Some("windows-1258"), Some(';'))));
    assert_eq!(told(read), on_13_july(&[("27382", 0), ("27379", 1), ("27364", 0)]));
}

#[test]
fn units_that_may_not_be_seen_are_not_there() {
    let contest = q6();
    let book = UnitBook::new(&contest.campaign, &contest.units, |unit| unit == 0);
    let text = |t: &str| Cell::Text(t.to_owned());
    assert!(book.find(&text("27382"), &Cell::Blank, &Cell::Blank).is_err_and(|e| !e.1.contains("27382")));
    assert!(book.find(&Cell::Blank, &text("P.7"), &Cell::Blank).is_err());
    assert!(book.find(&text("775"), &Cell::Blank, &Cell::Blank).is_err_and(|e| e.1.contains("derived")));
}

#[test]
fn a_name_is_found_inside_its_parent_and_ambiguous_ones_list_candidates() {
    let mut contest = q6();
    let other = contest.units.len() as u32;
    let district =
        crate::domain::Unit { code: "776".into(), name: "Quận 8".into(), ..contest.units.first().cloned().unwrap() };
    let seventh = contest.units.iter().find(|u| u.code == "27382").cloned().unwrap();
    contest.units.push(district);
    contest.units.push(crate::domain::Unit { code: "27400".into(), parent: Some(other), ..seventh });
    let book = UnitBook::new(&contest.campaign, &contest.units, |_| true);
    let text = |t: &str| Cell::Text(t.to_owned());
    let found = |parent: Cell| book.find(&Cell::Blank, &text("P.7"), &parent).map(|(unit, _)| book.code(unit));
    assert!(found(Cell::Blank).is_err_and(|e| e.1.contains("27382") && e.1.contains("27400")));
    assert_eq!(found(text("Q8")), Ok("27400"));
    assert_eq!(found(Cell::Number("775".to_owned())), Ok("27382"));
    assert!(found(text("Quận 9")).is_err_and(|e| e.0 == Column::Parent));
}

#[test]
fn a_wide_table_has_a_column_for_a_day_and_its_blanks_are_no_figures() {
    let text = "STT,Phường,12/07/2021,13/07/2021\n1,P.7,,4\n2,P.3,1,\nTổng cộng,,1,4\n,Tổng cộng,1,4\n";
    // the first total stands where no unit is named
    assert_eq!(lines(csv(text, &plain())), [4]);
    let text = text.replace("Tổng cộng,,1,4\n", "");
    let read = csv(&text, &plain());
    assert_eq!(read.as_ref().map(|r| (r.blank, r.read_as.layout)), Ok((2, "wide")));
    let rows = [("27382", "2021-07-13", 4), ("27379", "2021-07-12", 1)];
    assert_eq!(told(read), rows.map(|(code, day, f0)| (code.to_owned(), day.to_owned(), f0)));
    let wrong = csv(&text.replace("cộng,1,4", "cộng,1,5"), &plain()).unwrap_err();
    assert!(wrong.len() == 1 && wrong.iter().all(|e| e.value.as_deref() == Some("5") && e.expected.contains(": 4,")));
}

#[test]
fn cumulative_counts_are_told_by_day() {
    let cumulative = FigureOptions { cumulative: true, ..plain() };
    let text = "ma;ngay;f0 cộng đồng\n27382;11/7/2021;5\n27382;12/7/2021;5\n27382;13/7/2021;8\n";
    assert_eq!(told(csv(text, &cumulative)).iter().map(|r| r.2).collect::<Vec<_>>(), [0, 3]);
    assert_eq!(lines(csv(&text.replace(";8", ";4"), &cumulative)), [4]);
}

#[test]
fn headers_rows_and_days_are_checked() {
    let errors = csv("code,date,community_f0,ca\n27382,2021-07-13,0,1\n", &plain()).unwrap_err();
    assert!(errors.iter().any(|e| e.column.as_deref() == Some("ca") && e.expected.contains("unit_code")));
    assert_eq!(lines(csv("code,mã,date,community_f0\n1,1,2021-07-13,0\n", &plain())), [1]);
    assert_eq!(lines(csv("date,community_f0\n2021-07-13,0\n", &plain())), [1]);
    let sound = "code,date,community_f0\n27382,2021-07-13,0\nTotal,,0\n";
    assert!(csv(sound, &FigureOptions { rows: Some(1), ..plain() }).is_ok());
    let errors = csv(sound, &FigureOptions { rows: Some(2), ..plain() }).unwrap_err();
    assert!(errors.iter().all(|e| e.expected == "2 rows, as was said; found 1"));
    assert_eq!(lines(csv(&sound.replace("2021-07-13", "2031-07-13"), &plain())), [2]);
}
