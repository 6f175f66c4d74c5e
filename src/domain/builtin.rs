//! The five built-in level schemes (domain.md section 3), as data in
//! `builtin_schemes.json` beside this file.
//!
//! The cuts of `counts-14d` are the project's own and meant to be edited; in the
//! legal references, "unconfirmed" marks a cut that no published source confirms.

use super::json::{Json, Reader};
use super::scheme::Scheme;
use std::sync::LazyLock;

static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
    let json = Json::parse(include_bytes!("builtin_schemes.json")).unwrap_or(Json::Null);
    let mut reader = Reader::default();
    let list = reader.list("", &json).unwrap_or_default().to_vec();
    list.iter().enumerate().filter_map(|(i, s)| Scheme::read(&mut reader, &i.to_string(), s)).collect()
});

/// All built-in schemes.
pub fn all() -> &'static [Scheme] {
    &SCHEMES
}

/// The built-in scheme of a code.
pub fn find(code: &str) -> Option<&'static Scheme> {
    all().iter().find(|s| s.code == code)
}

/// The name in Vietnamese and English of a kind that everybody knows (domain.md section 2, Kind).
pub fn kind_name(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "ward" => ("Phường", "Ward"),
        "neighbourhood" => ("Khu phố", "Neighbourhood"),
        "residential_group" => ("Tổ dân phố", "Residential group"),
        "hamlet" => ("Thôn, ấp", "Hamlet"),
        "commune" => ("Xã", "Commune"),
        "district" => ("Quận, huyện", "District"),
        "province" => ("Tỉnh, thành phố", "Province"),
        "agency" => ("Cơ quan", "Agency"),
        "organisation" => ("Tổ chức", "Organisation"),
        "business" => ("Doanh nghiệp", "Business"),
        "cooperative" => ("Hợp tác xã", "Cooperative"),
        "household" => ("Hộ gia đình", "Household"),
        "individual" => ("Cá nhân", "Individual"),
        _ => return None,
    })
}

/// Whether units of a kind are people's homes and so always private (domain.md section 6).
pub fn is_always_private(kind: &str) -> bool {
    matches!(kind, "household" | "individual")
}

/// Whether units of a kind without a population are taken for small (domain.md section 6).
pub fn is_small_by_default(kind: &str) -> bool {
    matches!(kind, "residential_group" | "hamlet" | "agency" | "organisation" | "business" | "cooperative")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_schemes_are_read_and_written_back_alike() {
        let codes: Vec<_> = all().iter().map(|s| s.code.as_str()).collect();
        assert_eq!(codes, ["qd-2686-2021", "hcmc-2716-2021", "qd-4800-2021", "qd-218-2022", "counts-14d"]);
        for scheme in all() {
            let text = scheme.to_json().to_string();
            let json = Json::parse(text.as_bytes()).unwrap_or(Json::Null);
            assert_eq!(Scheme::read(&mut Reader::default(), "", &json).as_ref(), Some(scheme));
        }
    }

    #[test]
    fn a_kind_that_a_rule_names_does_not_fall_under_the_star() {
        let counts = find("counts-14d").map(|s| s.rules_for("ward").count());
        assert_eq!(counts, Some(3));
        assert_eq!(find("counts-14d").map(|s| s.rules_for("province").count()), Some(0));
        assert_eq!(find("qd-4800-2021").map(|s| s.rules_for("anything").count()), Some(3));
    }
}
