//! Who may sign in: names, roles, and the part of the tree that a role is bound to.

use super::text::{nfc, parse_name};

/// What somebody is here to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Accounts, campaigns and what is technical; no figures, no decisions.
    Admin,
    /// Runs the contest: units, figures, decisions.
    Council,
    /// Records figures.
    Reporter,
    /// Reads everything, and exports.
    Committee,
    /// Reads everything, and the log of what was done.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Admin, Self::Council, Self::Reporter, Self::Committee, Self::Auditor];

    /// Its stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Council => "council",
            Self::Reporter => "reporter",
            Self::Committee => "committee",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == text)
    }
}

/// What of the service a role holds for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every campaign.
    All,
    /// One campaign.
    Campaign(String),
    /// One unit of a campaign, with all units below it.
    Unit {
        /// Code of the campaign.
        campaign: String,
        /// Code of the unit.
        unit: String,
    },
}

impl Scope {
    /// The scope of two codes.
    ///
    /// # Errors
    /// What is expected, where a unit stands without its campaign.
    pub fn new(campaign: Option<String>, unit: Option<String>) -> Result<Self, &'static str> {
        match (campaign, unit) {
            (None, None) => Ok(Self::All),
            (Some(campaign), None) => Ok(Self::Campaign(campaign)),
            (Some(campaign), Some(unit)) => Ok(Self::Unit { campaign, unit }),
            (None, Some(_)) => Err("the campaign of the unit"),
        }
    }

    /// Code of the campaign, where it is of one.
    pub fn campaign(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Campaign(campaign) | Self::Unit { campaign, .. } => Some(campaign),
        }
    }

    /// Code of the unit, where it is of one.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Unit { unit, .. } => Some(unit),
            Self::All | Self::Campaign(_) => None,
        }
    }

    /// Whether it reaches into a campaign at all.
    pub fn reaches(&self, campaign: &str) -> bool {
        self.campaign().is_none_or(|own| own == campaign)
    }
}

/// A role and what it holds for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mandate {
    /// The role.
    pub role: Role,
    /// What it holds for.
    pub scope: Scope,
}

impl Mandate {
    /// A role over a scope. Accounts are of no campaign, so an administrator has no
    /// scope; a log of what was done is of a campaign, so an auditor has no unit.
    ///
    /// # Errors
    /// What is expected of the scope.
    pub fn new(role: Role, scope: Scope) -> Result<Self, &'static str> {
        match (role, &scope) {
            (Role::Admin, Scope::Campaign(_) | Scope::Unit { .. }) => {
                Err("no campaign: an administrator is one of the whole service")
            }
            (Role::Auditor, Scope::Unit { .. }) => Err("no unit: an auditor reads the log of a whole campaign"),
            _ => Ok(Self { role, scope }),
        }
    }
}

/// The longest username.
pub const MAX_USERNAME_CHARS: usize = 64;

/// A username: 3 to 64 of small letters, digits, `.`, `_` and `-`, a letter or digit
/// first. Small letters alone, so that no two accounts look alike.
///
/// # Errors
/// What is expected of it.
pub fn parse_username(text: &str) -> Result<String, &'static str> {
    let is_sound = (3..=MAX_USERNAME_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if is_sound { Ok(text.to_owned()) } else { Err("3 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit first") }
}

/// A name for people, in NFC.
///
/// # Errors
/// What is expected of it.
pub fn parse_display_name(text: &str) -> Result<String, &'static str> {
    parse_name(&nfc(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_their_names_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.code()), Some(role));
        }
        assert_eq!(Role::parse("Admin"), None);
    }

    #[test]
    fn usernames_cannot_be_mistaken_for_one_another() {
        for sound in ["abc", "to-truong.p07", "0_0", &"x".repeat(64)] {
            assert_eq!(parse_username(sound).as_deref(), Ok(sound));
        }
        for wrong in ["ab", "Admin", "-abc", "tổ", "a b", "a\n\n", "", &"x".repeat(65)] {
            assert!(parse_username(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_scope_is_of_a_campaign_and_only_of_it() {
        let unit = Scope::new(Some("q6".into()), Some("07".into())).unwrap();
        assert!(unit.reaches("q6") && !unit.reaches("q7"));
        assert_eq!((unit.campaign(), unit.unit()), (Some("q6"), Some("07")));
        assert!(Scope::All.reaches("q6"));
        assert!(Scope::new(None, Some("07".into())).is_err());
    }

    #[test]
    fn an_administrator_is_of_no_campaign_and_an_auditor_of_no_unit() {
        let unit = || Scope::Unit { campaign: "q6".into(), unit: "07".into() };
        let campaign = || Scope::Campaign("q6".into());
        assert!(Mandate::new(Role::Admin, campaign()).is_err());
        assert!(Mandate::new(Role::Admin, unit()).is_err());
        assert!(Mandate::new(Role::Auditor, unit()).is_err());
        assert!(Mandate::new(Role::Auditor, campaign()).is_ok());
        assert!(Mandate::new(Role::Reporter, unit()).is_ok());
    }
}
