//! A certificate for each winner: one page, A4 across.

use super::fonts::Face;
use super::paper::award_class;
use super::pdf::{Ink, MM, Press};
use super::phrases::{day_or_dots, is_committee, number_and_day, organiser, place, short_day, title};
use super::report::{Report, ReportAward, ReportDecision, ReportWinner};
use crate::service::fault::Fault;

const PAGE: (f32, f32) = (297.0 * MM, 210.0 * MM);
const MIDDLE: f32 = PAGE.0 / 2.0;
/// How wide texts may be.
const ROOM: f32 = PAGE.0 - 2.0 * 34.0 * MM;

/// Draws them, in the order of the awards.
///
/// # Errors
/// None that is foreseen.
pub(super) fn certificates(report: &Report) -> Result<Vec<u8>, Fault> {
    let mut press = Press::new(report, &format!("Giấy khen – {}", title(report)), PAGE)?;
    for award in &report.awards {
        for winner in &award.winners {
            page(&mut press, report, award, winner);
            press.end_page();
        }
    }
    press.finish()
}

fn page(press: &mut Press, report: &Report, award: &ReportAward, winner: &ReportWinner) {
    frame(press);
    let mut y = 27.0 * MM;
    let black = |face| (face, Ink::Black);
    press.centred((MIDDLE, y), black(Face::Bold), 14.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    y += 19.0;
    let motto = "Độc lập - Tự do - Hạnh phúc";
    press.centred((MIDDLE, y), black(Face::Bold), 15.0, motto);
    let half = press.fonts.width(motto, Face::Bold, 15.0) / 2.0;
    y += 6.0;
    press.line((MIDDLE - half, y), (MIDDLE + half, y), 0.8, Ink::Black);
    y = lines(press, &office(report), black(Face::Bold), 16.0, y + 18.0);
    press.centred((MIDDLE, y + 26.0), black(Face::Bold), 16.0, "TẶNG");
    press.centred((MIDDLE, y + 76.0), (Face::Bold, Ink::Red), 46.0, &form(award));
    y += 92.0;
    let size = fitting(press, winner);
    let parent = winner.parent_name.as_ref().map(|parent| format!(", {parent}")).unwrap_or_default();
    y = lines(press, &format!("{}{parent}", winner.name), black(Face::Bold), size, y);
    y = lines(press, &merit(report, award, winner), black(Face::Regular), 16.0, y + 8.0);
    foot(press, report, y);
}

/// Two thin lines around the page.
fn frame(press: &mut Press) {
    for (inset, weight) in [(11.0 * MM, 2.2), (12.8 * MM, 0.7)] {
        let (right, bottom) = (PAGE.0 - inset, PAGE.1 - inset);
        let corners = [(inset, inset), (right, inset), (right, bottom), (inset, bottom), (inset, inset)];
        for pair in corners.windows(2) {
            if let [from, to] = pair {
                press.line(*from, *to, weight, Ink::Red);
            }
        }
    }
}

/// Lines around the middle; answers where they end.
fn lines(press: &mut Press, text: &str, style: (Face, Ink), size: f32, from: f32) -> f32 {
    let mut y = from;
    for line in press.fonts.wrap(text, style.0, size, ROOM, 0.0) {
        y += size * 1.3;
        press.centred((MIDDLE, y), style, size, &line);
    }
    y
}

/// The size at which the winner's name needs no more than two lines, down to 14 points.
fn fitting(press: &Press, winner: &ReportWinner) -> f32 {
    let fits = |size: &f32| press.fonts.wrap(&winner.name, Face::Bold, *size, ROOM, 0.0).len() <= 2;
    [26.0, 22.0, 18.0].into_iter().find(fits).unwrap_or(14.0)
}

fn office(report: &Report) -> String {
    let organiser = organiser(report).to_uppercase();
    if is_committee(report) { format!("CHỦ TỊCH {organiser}") } else { organiser }
}

/// The form as it is written large: what the catalogue says, where it is short.
fn form(award: &ReportAward) -> String {
    let form = award.form.vietnamese().unwrap_or_default();
    let is_short = (1..=24).contains(&form.chars().count());
    if is_short { form.to_uppercase() } else { "GIẤY KHEN".to_owned() }
}

fn merit(report: &Report, award: &ReportAward, winner: &ReportWinner) -> String {
    let place = winner.rank.map(|rank| format!(", xếp hạng {rank}")).unwrap_or_default();
    format!(
        "Đạt {}{place} ({}) trong phong trào thi đua “{}” từ ngày {} đến ngày {}.",
        award.name.vietnamese().unwrap_or(&award.code),
        award_class(award),
        title(report),
        short_day(&report.window.from),
        short_day(&report.window.to),
    )
}

fn foot(press: &mut Press, report: &Report, above: f32) {
    let none = ReportDecision::default();
    let decision = report.issue.as_ref().map_or(&none, |issue| &issue.decision);
    let mut y = (above + 26.0).max(PAGE.1 - 68.0 * MM);
    let (left, right) = (30.0 * MM, PAGE.0 - 82.0 * MM);
    let dated = format!("{}, {}", place(report), day_or_dots(decision.date.as_deref()));
    press.centred((right, y), (Face::Italic, Ink::Black), 14.0, &dated);
    y += 20.0;
    press.text((left, y), Face::Regular, 13.0, format!("Quyết định {}", number_and_day(decision)));
    let office = if is_committee(report) { "CHỦ TỊCH" } else { "THỦ TRƯỞNG CƠ QUAN" };
    press.centred((right, y), (Face::Bold, Ink::Black), 14.0, office);
    press.text((left, y + 18.0), Face::Regular, 13.0, "Vào sổ khen thưởng số: ………");
    if report.status != "final" {
        press.text((left, y + 36.0), Face::Italic, 12.0, "Bản dự thảo: kết quả chưa chính thức.");
    }
}
