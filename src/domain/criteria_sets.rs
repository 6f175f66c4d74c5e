//! Built-in sets of criteria that a council may adopt for its kinds, as data in
//! `builtin_criteria.json` beside this file: what the two plans of 2021 ask for. All weigh
//! alike, since neither plan publishes weights (domain.md section 1).

use super::contest::CriterionType;
use serde::Deserialize;
use std::sync::LazyLock;

/// A set of criteria.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriteriaSet {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// Where it comes from.
    pub source: String,
    /// Its criteria.
    pub criteria: Vec<SetCriterion>,
}

/// A title in both languages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// A criterion of a set; its weight is 1.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetCriterion {
    /// Its code.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    #[serde(rename = "type", default)]
    value_type: Option<String>,
    /// Whether green status needs it.
    #[serde(default)]
    pub required: bool,
}

impl SetCriterion {
    /// How its value is given.
    pub fn value_type(&self) -> CriterionType {
        self.value_type.as_deref().and_then(CriterionType::parse).unwrap_or(CriterionType::Percent)
    }
}

static SETS: LazyLock<Vec<CriteriaSet>> =
    LazyLock::new(|| serde_json::from_slice(include_bytes!("builtin_criteria.json")).unwrap_or_default());

/// All built-in sets.
pub fn all() -> &'static [CriteriaSet] {
    &SETS
}

/// The built-in set of a code.
pub fn find(code: &str) -> Option<&'static CriteriaSet> {
    all().iter().find(|set| set.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_plans_are_there_with_their_criteria() {
        let found: Vec<_> = all().iter().map(|set| (set.code.as_str(), set.criteria.len())).collect();
        assert_eq!(found, [("q6-259-contents", 7), ("vinh-phuc-239-green", 6)]);
        assert!(find("vinh-phuc-239-green").is_some_and(|set| set.criteria.iter().all(|c| c.required)));
        assert!(
            all().iter().flat_map(|set| &set.criteria).all(|c| c.value_type.is_none()
                || CriterionType::parse(c.value_type.as_deref().unwrap_or_default()).is_some())
        );
    }
}
