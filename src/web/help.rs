//! `/help`: the guides of reporters, council, committee and operator, written as Markdown
//! under `docs/guides` and put into the program.
//!
//! They are ours, so their HTML is trusted; pictures are those that the program holds, a
//! picture that it does not hold is told in its own words. Start reading at [`get_guide`].

use super::frame::{Frame, Here, Visitor};
use super::words::Language;
use super::{language, page};
use crate::http::call::{Answer, Call};
use crate::http::problem::{ApiError, Kind};
use crate::service::rendered::Rendered;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const PNG: &str = "image/png";

/// A guide.
struct Guide {
    /// Its place under `/help`.
    code: &'static str,
    name: (&'static str, &'static str),
    about: (&'static str, &'static str),
    text: (&'static str, &'static str),
}

const GUIDES: [Guide; 4] = [
    Guide {
        code: "reporter",
        name: ("Người báo số liệu", "Reporters"),
        about: ("Báo số ca trong ngày trên điện thoại; một trang.", "Report the day's figure on a phone; one page."),
        text: (include_str!("../../docs/guides/vi/reporter.md"), include_str!("../../docs/guides/en/reporter.md")),
    },
    Guide {
        code: "council",
        name: ("Hội đồng thi đua", "Council"),
        about: (
            "Lập đợt thi đua, theo dõi báo cáo, duyệt đính chính, chốt kết quả.",
            "Set a campaign up, follow the reports, approve corrections, settle the result.",
        ),
        text: (include_str!("../../docs/guides/vi/council.md"), include_str!("../../docs/guides/en/council.md")),
    },
    Guide {
        code: "committee",
        name: ("Ban chỉ đạo và kiểm tra", "Committee and auditors"),
        about: ("Đọc bảng, kết quả, khen thưởng và nhật ký.", "Read the board, the result, the awards and the log."),
        text: (include_str!("../../docs/guides/vi/committee.md"), include_str!("../../docs/guides/en/committee.md")),
    },
    Guide {
        code: "operator",
        name: ("Người vận hành", "Operators"),
        about: ("Cài đặt, tài khoản, sao lưu, khi có sự cố.", "Install, accounts, backups, when something fails."),
        text: (include_str!("../../docs/guides/vi/operator.md"), include_str!("../../docs/guides/en/operator.md")),
    },
];

/// The pictures that the program holds.
const IMAGES: [(&str, &[u8]); 7] = [
    ("accounts.png", include_bytes!("../../docs/guides/images/accounts.png")),
    ("board.png", include_bytes!("../../docs/guides/images/board.png")),
    ("console.png", include_bytes!("../../docs/guides/images/console.png")),
    ("entry.png", include_bytes!("../../docs/guides/images/entry.png")),
    ("map.png", include_bytes!("../../docs/guides/images/map.png")),
    ("result.png", include_bytes!("../../docs/guides/images/result.png")),
    ("unit.png", include_bytes!("../../docs/guides/images/unit.png")),
];

/// The guides.
pub(super) async fn get_help(call: Call) -> Answer {
    let l = language(&call)?;
    let content = html! {
        div.head { h1 { (l.pick("Hướng dẫn", "Help")) } }
        ul.campaigns {
            @for guide in &GUIDES {
                li.panel {
                    h2 { a href=(format!("/help/{}?lang={}", guide.code, l.code())) { (l.pick(guide.name.0, guide.name.1)) } }
                    p { (l.pick(guide.about.0, guide.about.1)) }
                }
            }
        }
        p.note { a href="/docs/" { (l.pick("Tài liệu API, cho người viết phần mềm (tiếng Anh)", "The API's reference, for programmers")) } }
    };
    Ok(answer(&call, l, "/help", l.pick("Hướng dẫn", "Help"), &content))
}

/// One of them.
pub(super) async fn get_guide(call: Call) -> Answer {
    let l = language(&call)?;
    let code = call.path("guide")?;
    let guide = GUIDES.iter().find(|guide| guide.code == code);
    let guide = guide.ok_or_else(|| ApiError::new(Kind::NoSuchAddress, "there is no such guide"))?;
    let content = html! {
        p.crumb { a href=(format!("/help?lang={}", l.code())) { (l.pick("‹ Hướng dẫn", "‹ Help")) } }
        article.guide { (PreEscaped(rendered(l.pick(guide.text.0, guide.text.1)))) }
    };
    Ok(answer(&call, l, &format!("/help/{code}"), l.pick(guide.name.0, guide.name.1), &content))
}

/// A picture of a guide.
pub(super) async fn get_image(call: Call) -> Answer {
    let name = call.path("image")?;
    let image = IMAGES.iter().find(|(of, _)| *of == name);
    let (_, bytes) = image.ok_or_else(|| ApiError::new(Kind::NoSuchAddress, "there is no such picture"))?;
    Ok(call.reply(&Rendered::new(bytes.to_vec()), PNG, None))
}

fn answer(call: &Call, l: Language, address: &str, title: &str, content: &Markup) -> actix_web::HttpResponse {
    let frame = Frame {
        language: l,
        title: format!("{title} · greenzone"),
        other: format!("{address}?lang={}", l.other().code()),
        campaign: None,
        scheme: None,
        visitor: Visitor::of(call, None),
        here: Some(Here::Help),
    };
    let html = frame.page(content).into_string();
    page(call, &Rendered::new(html.into_bytes()), None)
}

/// The HTML of a guide.
fn rendered(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut is_told = false;
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Start(Tag::Image { dest_url, title, link_type, id }) => {
            let name = dest_url.rsplit('/').next().unwrap_or_default().to_owned();
            is_told = !IMAGES.iter().any(|(of, _)| *of == name);
            if is_told {
                return Event::Start(Tag::Emphasis);
            }
            let dest_url = format!("/help/images/{name}").into();
            Event::Start(Tag::Image { link_type, dest_url, title, id })
        }
        Event::End(TagEnd::Image) if is_told => {
            is_told = false;
            Event::End(TagEnd::Emphasis)
        }
        other => other,
    });
    pulldown_cmark::html::push_html(&mut out, events);
    // a picture whose size is not said moves what stands below it once it comes
    for (name, bytes) in IMAGES {
        let Some((width, height)) = size_of(bytes) else { continue };
        let source = format!("<img src=\"/help/images/{name}\"");
        out = out.replace(&source, &format!("{source} width=\"{width}\" height=\"{height}\""));
    }
    // what scrolls sideways can be reached with the keyboard
    out.replace("<pre>", "<pre tabindex=\"0\">")
}

/// Width and height of a PNG, in pixels: its first chunk begins with them.
fn size_of(png: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guide_has_one_heading_of_the_first_rank_and_the_same_parts_in_both_languages() {
        for guide in &GUIDES {
            let (vi, en) = (rendered(guide.text.0), rendered(guide.text.1));
            for tag in ["<h1>", "<h2>", "<img ", "<em>", "<table>", "<pre>"] {
                assert_eq!(vi.matches(tag).count(), en.matches(tag).count(), "{} {tag}", guide.code);
            }
            assert_eq!(vi.matches("<h1>").count(), 1, "{}", guide.code);
            // a picture that the program does not hold is told in words, and would be none
            assert_eq!(vi.matches("<img ").count(), guide.text.0.matches("](../images/").count(), "{}", guide.code);
        }
    }

    #[test]
    fn a_picture_that_is_not_there_is_told_in_words() {
        assert_eq!(rendered("![A map](../images/none.png)"), "<p><em>A map</em></p>\n");
        let board = IMAGES.iter().find(|(name, _)| *name == "board.png").unwrap();
        let (width, height) = size_of(board.1).unwrap();
        assert_eq!(
            rendered("![A board](../images/board.png)"),
            format!(
                "<p><img src=\"/help/images/board.png\" width=\"{width}\" height=\"{height}\" alt=\"A board\" /></p>\n"
            )
        );
    }
}
