//! The rules of a campaign as one thing: scoring, level scheme, and the kinds' own
//! small-number allowances. They are what a version of the policy fixes (domain.md section 1:
//! "All of them are data of a campaign, never constants in code").

use super::Campaign;
use super::campaign::{check_rules, read_scheme, scheme_to_json};
use super::json::{FieldError, Fields, Json, Reader, join};
use super::policy::{MAX_ALLOWANCE, Policy};
use super::scheme::Scheme;
use super::text::parse_code;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rules that a campaign is scored by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How points are given.
    pub policy: Policy,
    /// How levels are given.
    pub scheme: Arc<Scheme>,
    /// Small-number allowances of kinds that have their own, in cases, by the kind's code.
    pub allowances: BTreeMap<String, u32>,
}

impl Rules {
    /// The rules that a campaign's document holds.
    pub fn of(campaign: &Campaign) -> Self {
        let own = campaign.kinds.iter().filter_map(|kind| Some((kind.code.clone(), kind.small_number_allowance?)));
        Self { policy: campaign.policy.clone(), scheme: campaign.scheme.clone(), allowances: own.collect() }
    }

    /// A campaign under these rules: everything else of it stays.
    pub fn put_on(&self, campaign: &Campaign) -> Campaign {
        let mut campaign = campaign.clone();
        campaign.policy = self.policy.clone();
        campaign.scheme = self.scheme.clone();
        for kind in &mut campaign.kinds {
            kind.small_number_allowance = self.allowances.get(&kind.code).copied();
        }
        campaign
    }

    /// The document that [`Rules::parse`] reads, defaults written out.
    pub fn to_json(&self) -> Value {
        json!({
            "scoring": self.policy.to_json(),
            "level_scheme": scheme_to_json(&self.scheme),
            "allowances": self.allowances,
        })
    }

    /// Reads the text of a rules document.
    ///
    /// # Errors
    /// Every wrong place, by path.
    pub fn parse(text: &str) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::default();
        let json = Json::parse(text.as_bytes()).unwrap_or(Json::Null);
        let change = reader.object("", &json, &RulesChange::FIELDS).map(|of| {
            reader.required(&of, "scoring");
            reader.required(&of, "level_scheme");
            RulesChange::read(&mut reader, &of)
        });
        match change {
            Some(RulesChange { policy: Some(policy), scheme: Some(scheme), allowances })
                if reader.errors.is_empty() =>
            {
                let own = allowances.into_iter().filter_map(|(kind, allowance)| Some((kind, allowance?)));
                Ok(Self { policy, scheme, allowances: own.collect() })
            }
            _ => Err(reader.errors),
        }
    }
}

/// A change of rules as somebody sends it: what it does not name stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesChange {
    /// Another way of giving points.
    pub policy: Option<Policy>,
    /// Another level scheme.
    pub scheme: Option<Arc<Scheme>>,
    /// Other allowances of kinds; none takes a kind's own away.
    pub allowances: Vec<(String, Option<u32>)>,
}

impl RulesChange {
    /// The fields that it is read from.
    pub const FIELDS: [&str; 3] = ["scoring", "level_scheme", "allowances"];

    /// Reads a change from its fields of an object.
    pub fn read(reader: &mut Reader, of: &Fields<'_>) -> Self {
        let policy = of.get("scoring").and_then(|v| Policy::read(reader, &of.path("scoring"), v));
        let scheme = of.get("level_scheme").and_then(|v| read_scheme(reader, &of.path("level_scheme"), v));
        let allowances = of.get("allowances").map(|v| read_allowances(reader, &of.path("allowances"), v));
        Self { policy, scheme, allowances: allowances.unwrap_or_default() }
    }

    /// A campaign under its rules with this change; `path` is where the change stood.
    ///
    /// # Errors
    /// Kinds that there are not, and kinds without rules where the policy needs levels.
    pub fn put_on(&self, campaign: &Campaign, path: &str) -> Result<Campaign, Vec<FieldError>> {
        let mut reader = Reader::default();
        let mut rules = Rules::of(campaign);
        rules.policy = self.policy.clone().unwrap_or(rules.policy);
        rules.scheme = self.scheme.clone().unwrap_or(rules.scheme);
        for (kind, allowance) in &self.allowances {
            if campaign.kind_index(kind).is_none() {
                let expected = format!("a kind of this campaign: {}", campaign.kind_codes());
                reader.wrong(join(&join(path, "allowances"), kind), None, expected);
            }
            match allowance {
                Some(cases) => rules.allowances.insert(kind.clone(), *cases),
                None => rules.allowances.remove(kind),
            };
        }
        let changed = rules.put_on(campaign);
        check_rules(&mut reader, &changed);
        if reader.errors.is_empty() { Ok(changed) } else { Err(reader.errors) }
    }
}

fn read_allowances(reader: &mut Reader, path: &str, json: &Json) -> Vec<(String, Option<u32>)> {
    // any kind may stand here, each once; which there are, the campaign knows
    let names: Vec<&str> = match json {
        Json::Object(fields) => fields.iter().map(|(name, _)| name.as_str()).collect(),
        _ => Vec::new(),
    };
    let (Some(_), Json::Object(fields)) = (reader.object(path, json, &names), json) else { return Vec::new() };
    let mut read = |(name, value): &(String, Json)| {
        let at = join(path, name);
        let kind = reader.text(&at, &Json::Text(name.clone()), parse_code)?;
        let cases = match value {
            Json::Null => None,
            value => Some(reader.whole(&at, value, 0, MAX_ALLOWANCE).and_then(|n| u32::try_from(n).ok())?),
        };
        Some((kind, cases))
    };
    fields.iter().filter_map(&mut read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign() -> Campaign {
        let document = r#"{
            "code": "c", "time_zone": "Asia/Saigon",
            "window": {"from": "2021-07-09", "to": "2021-07-23"}, "baseline": {"from": "2021-06-25", "to": "2021-07-08"},
            "kinds": [{"code": "ward", "figures": "reported", "small_number_allowance": 3}],
            "level_scheme": "counts-14d",
            "scoring": {"components": [{"measure": "level_drop", "max_points": 100}]}}"#;
        Campaign::parse(document.as_bytes()).unwrap()
    }

    fn change(text: &str) -> Result<RulesChange, Vec<FieldError>> {
        let mut reader = Reader::default();
        let json = Json::parse(text.as_bytes()).unwrap();
        let of = reader.object("", &json, &RulesChange::FIELDS).unwrap();
        let change = RulesChange::read(&mut reader, &of);
        if reader.errors.is_empty() { Ok(change) } else { Err(reader.errors) }
    }

    fn paths(errors: &[FieldError]) -> Vec<&str> {
        errors.iter().map(|e| e.path.as_str()).collect()
    }

    #[test]
    fn rules_survive_a_round_trip_and_put_back_give_the_campaign() {
        let campaign = campaign();
        let rules = Rules::of(&campaign);
        assert_eq!(Rules::parse(&rules.to_json().to_string()), Ok(rules.clone()));
        assert_eq!(rules.put_on(&campaign), campaign);
        assert!(Rules::parse("{}").is_err_and(|errors| paths(&errors) == ["scoring", "level_scheme"]));
    }

    #[test]
    fn what_a_change_does_not_name_stays() {
        let before = campaign();
        let after = change(r#"{"allowances": {"ward": null}}"#).unwrap().put_on(&before, "").unwrap();
        assert_eq!((after.kinds[0].small_number_allowance, &after.scheme), (None, &before.scheme));
        let after = change(r#"{"level_scheme": "qd-4800-2021"}"#).unwrap().put_on(&before, "").unwrap();
        assert_eq!((after.kinds[0].small_number_allowance, after.scheme.code.as_str()), (Some(3), "qd-4800-2021"));
    }

    #[test]
    fn wrong_places_are_named_by_path() {
        let wrong = r#"{"scoring": {"components": []}, "level_scheme": "none", "allowances": {"ward": 1.5, "x": 1}}"#;
        let errors = change(wrong).unwrap_err();
        assert_eq!(paths(&errors), ["scoring.components", "level_scheme", "allowances.ward"]);
        let unknown = change(r#"{"allowances": {"hamlet": 1}}"#).unwrap().put_on(&campaign(), "policy").unwrap_err();
        assert_eq!(paths(&unknown), ["policy.allowances.hamlet"]);
        let without = change(r#"{"level_scheme": "hcmc-2716-2021"}"#).unwrap().put_on(&campaign(), "").unwrap_err();
        assert_eq!(paths(&without), ["kinds.0.code"]);
    }
}
