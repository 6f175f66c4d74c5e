//! The rules of a campaign as versions: who made which, when, why and on what ground.
//!
//! The campaign's document always holds the rules in force; every change of them, whichever
//! way it came, leaves a version here, so that an old board can be computed by the rules of
//! its time ([`super::past`]). Once figures exist, only [`Service::create_policy`] changes them.

use super::Service;
use super::access::{Audience, Grant, Rules as ChangeRules};
use super::approvals::{self, Payload};
use super::audit::Note;
use super::closing::rules_need_two;
use super::decisions::{tag, tagged};
use super::fault::{Code, Fault};
use super::figures::escape;
use super::writer::{Pending, Work, WriteRequest};
use crate::domain::{Campaign, Instant, Rules, RulesChange};
use crate::scoring::Ledger;
use crate::store::campaigns::{self, StoredCampaign};
use crate::store::policies::{self, StoredPolicy};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is said of a change of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Why.
    pub reason: Option<String>,
    /// What it rests on.
    pub legal_reference: Option<String>,
}

/// A version of a campaign's rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyView {
    /// Its number, from 1; the greatest is in force.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// Revision of the campaign that brought it.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub since_revision: i64,
    /// Who made it, as the log names them; never public.
    pub author: Option<String>,
    /// Why; never public.
    pub reason: Option<String>,
    /// What it rests on.
    pub legal_reference: Option<String>,
    /// How points are given, as in the campaign's document.
    #[schema(value_type = Object)]
    pub scoring: Value,
    /// A built-in level scheme's code, or the whole scheme.
    pub level_scheme: Value,
    /// Small-number allowances of kinds that have their own, in cases.
    #[schema(value_type = Object)]
    pub allowances: Value,
}

fn view(stored: &StoredPolicy, is_confided: bool) -> PolicyView {
    let mut rules = stored.rules.to_json();
    let mut part = |name: &str| rules.get_mut(name).map(Value::take).unwrap_or_default();
    PolicyView {
        version: stored.version,
        recorded_at: stored.recorded_at,
        since_revision: stored.revision,
        author: stored.author.clone().filter(|_| is_confided),
        reason: stored.reason.clone().filter(|_| is_confided),
        legal_reference: stored.legal_reference.clone(),
        scoring: part("scoring"),
        level_scheme: part("level_scheme"),
        allowances: part("allowances"),
    }
}

impl Service {
    /// Changes the rules of a campaign from now on: 201 with the new version; the rules that
    /// are in force already make none.
    pub fn create_policy(
        &self,
        grant: &Grant<ChangeRules>,
        campaign: &str,
        change: RulesChange,
        words: Words,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let in_force = in_force(work, stored.id)?;
            request.check_if_match(Some(&tag(&view(&in_force, true))), false)?;
            let campaign = change.put_on(&stored.campaign, "").map_err(Fault::of_document)?;
            if campaign == *stored.campaign {
                return tagged(200, view(&in_force, true), work.revision());
            }
            if rules_need_two(work, &stored)? {
                let before = work.present(&stored)?;
                check_declared_starts(before.ledger(), &campaign, "")?;
                return approvals::ask(work, &stored, Payload::Rules(Box::new(Rules::of(&campaign)), words));
            }
            let made = adopt(work, &stored, campaign, words)?.unwrap_or(in_force);
            let mut answer = tagged(201, view(&made, true), work.revision())?;
            let code = escape(&stored.campaign.code);
            answer.location = Some(format!("/campaigns/{code}/policies/{}", made.version));
            Ok(answer)
        })
    }

    /// The versions of a campaign's rules, the oldest first, with its revision. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn policies(&self, campaign: &str, audience: &Audience) -> Result<(i64, Vec<PolicyView>), Fault> {
        self.read_of(campaign, audience, |conn, stored| {
            let versions = policies::list(conn, stored.id)?;
            Ok((stored.revision, versions.iter().map(|v| view(v, is_confided(audience))).collect()))
        })
    }

    /// A version of a campaign's rules, with the campaign's revision. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or version, or what the database says.
    pub fn policy(&self, campaign: &str, version: i64, audience: &Audience) -> Result<(i64, PolicyView), Fault> {
        self.read_of(campaign, audience, |conn, stored| {
            let found = policies::find_opt(conn, stored.id, version)?;
            let found = found.ok_or_else(|| Fault::no_policy(&version.to_string()))?;
            Ok((stored.revision, view(&found, is_confided(audience))))
        })
    }
}

/// "Who recorded something, reasons … are never public" (domain.md section 6); and a unit's
/// people see what is confided of their unit alone.
fn is_confided(audience: &Audience) -> bool {
    *audience == Audience::Full
}

fn in_force(work: &mut Work<'_>, campaign_id: i64) -> Result<StoredPolicy, Fault> {
    let version = policies::latest_version(work.conn()?, campaign_id)?;
    let found = policies::find_opt(work.conn()?, campaign_id, version)?;
    found.ok_or_else(|| Fault::no_policy(&version.to_string()))
}

/// Refuses a scheme that does not know the level of a declared start; `path` is where the
/// change stood.
pub(super) fn check_declared_starts(ledger: &Ledger, campaign: &Campaign, path: &str) -> Result<(), Fault> {
    let (register, before) = (&ledger.register, &ledger.register.campaign.scheme);
    let is_unknown = |level: &str| campaign.scheme.level_index(level).is_none();
    let starts = ledger.declared_starts().map(|(unit, level)| (unit, before.level_code(level)));
    let mut lost: Vec<(u32, &str)> = starts.filter(|(_, level)| is_unknown(level)).collect();
    lost.sort_by_key(|(unit, _)| register.name_rank(*unit));
    if lost.is_empty() {
        return Ok(());
    }
    let named = |(unit, level): &(u32, &str)| format!("{} ({level})", register.unit(*unit).map_or("", |u| &u.code));
    let units: Vec<String> = lost.iter().map(named).collect();
    let detail = format!(
        "a scheme that knows the declared starts of these units, or their starts taken back first: {}",
        units.join(", ")
    );
    Err(Fault::of_field(Code::InvalidRequest, format!("{path}/level_scheme"), detail))
}

/// Puts other rules in force inside a write; the version that they make.
pub(super) fn adopt(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    campaign: Campaign,
    words: Words,
) -> Result<Option<StoredPolicy>, Fault> {
    let before = work.present(stored)?;
    check_declared_starts(before.ledger(), &campaign, "")?;
    let stamp = work.accept("policy")?;
    replace(work, Arc::new(campaign), stamp, words)
}

/// The first version of the rules of a campaign that was just added.
pub(super) fn first_version(
    work: &mut Work<'_>,
    campaign_id: i64,
    campaign: &Campaign,
    (revision, at): (i64, Instant),
) -> Result<(), Fault> {
    let first = StoredPolicy {
        version: 1,
        recorded_at: at,
        known_from: Instant::BEGINNING,
        revision,
        author: Some(work.actor().to_owned()),
        reason: None,
        legal_reference: None,
        rules: Rules::of(campaign),
    };
    Ok(policies::insert(work.conn()?, campaign_id, &first)?)
}

/// Replaces a campaign's document; rules that differ make a version, which is answered.
pub(super) fn replace(
    work: &mut Work<'_>,
    campaign: Arc<Campaign>,
    (revision, at): (i64, Instant),
    words: Words,
) -> Result<Option<StoredPolicy>, Fault> {
    let mut stored = work.campaign()?;
    let rules = Rules::of(&campaign);
    let has_same_rules = rules == Rules::of(&stored.campaign);
    campaigns::update(work.conn()?, stored.id, &campaign)?;
    stored.campaign = campaign;
    work.set_campaign(stored.clone());
    if has_same_rules {
        return Ok(None);
    }
    let before = in_force(work, stored.id)?;
    let made = StoredPolicy {
        version: before.version + 1,
        recorded_at: at,
        known_from: at,
        revision,
        author: Some(work.author().to_owned()),
        reason: words.reason,
        legal_reference: words.legal_reference,
        rules,
    };
    policies::insert(work.conn()?, stored.id, &made)?;
    let target = format!("policies/{}", made.version);
    let note = Note::of("policy.create", target, Some(&view(&before, true)), Some(&view(&made, true)));
    work.note(note.with("revision", revision));
    Ok(Some(made))
}
