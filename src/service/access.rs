//! Who may do what: the one table of rights, and the proofs made from it.
//!
//! A right that was proven is a [`Grant`] that only this file makes; service functions
//! that need one take it, so a call that was not checked does not compile. The writer
//! looks again in its own transaction ([`Proof`]), so that a right that was taken away
//! meanwhile is worth nothing.

use super::fault::{Code, Fault};
use super::keys::Access;
use crate::domain::Instant;
use crate::domain::account::{Mandate, Role, Scope};
use std::marker::PhantomData;
use std::sync::Arc;

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// What a role can allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Right {
            $($(#[$doc])* $name),+
        }

        impl Right {
            /// All rights.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }

        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;
            impl sealed::Sealed for $name {}
            impl Provable for $name {
                const RIGHT: Right = Right::$name;
            }
        )+
    };
}

// each as a value for the table, and as a type, so that a grant of one is no grant of another
rights! {
    /// Record figures and take them back.
    Figures,
    /// Assess units by the criteria.
    Assess,
    /// Decide about units: state, declared start, excuses, bonuses and deductions.
    Decisions,
    /// Register, change and take out units.
    Units,
    /// What concerns a contest as a whole: neighbours, whole packs.
    Contest,
    /// Change the rules of a campaign once it runs, and try what a change would do.
    Rules,
    /// Open a campaign, replace its document.
    Campaigns,
    /// Accounts and the tokens of machines.
    Accounts,
    /// Read the log of what was done.
    Audit,
    /// See what is hidden from the public, with reasons and notes.
    Hidden,
    /// Read how certain ranks are, beside the official ones.
    Certainty,
    /// Approve or refuse what somebody else asked for.
    Approve,
    /// See what others asked for that waits, or waited, for a second person.
    Waiting,
    /// See what stands between a campaign and its result, and results whole.
    Results,
    /// See who wins what before a result is final, and how ties were decided.
    Awards,
}

impl Right {
    /// How much of the service a scope must hold for the right to be used at all; what
    /// it may be used on is looked at where it is used.
    fn needs(self) -> Reach {
        match self {
            Self::Figures
            | Self::Assess
            | Self::Decisions
            | Self::Units
            | Self::Hidden
            | Self::Approve
            | Self::Waiting => Reach::Part,
            Self::Contest
            | Self::Rules
            | Self::Campaigns
            | Self::Audit
            | Self::Certainty
            | Self::Results
            | Self::Awards => Reach::Campaign,
            Self::Accounts => Reach::Service,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// A unit of the campaign will do.
    Part,
    /// The whole campaign.
    Campaign,
    /// The whole service.
    Service,
}

/// The table: what each role may do inside its scope.
pub fn allows(role: Role, right: Right) -> bool {
    use Right::{
        Accounts, Approve, Assess, Audit, Awards, Campaigns, Certainty, Contest, Decisions, Figures, Hidden, Results,
        Rules, Units, Waiting,
    };
    match role {
        Role::Admin => matches!(right, Accounts | Campaigns),
        Role::Council => {
            matches!(
                right,
                Figures
                    | Assess
                    | Decisions
                    | Units
                    | Contest
                    | Rules
                    | Campaigns
                    | Hidden
                    | Certainty
                    | Approve
                    | Waiting
                    | Results
                    | Awards
            )
        }
        Role::Reporter => matches!(right, Figures | Assess | Hidden),
        Role::Committee => matches!(right, Hidden | Results | Awards),
        Role::Auditor => matches!(right, Hidden | Audit | Certainty | Waiting | Results | Awards),
    }
}

/// Whether a mandate allows something in a campaign; without one, in the service itself.
pub fn permits(mandate: &Mandate, right: Right, campaign: Option<&str>) -> bool {
    let reaches = match (campaign, right.needs(), &mandate.scope) {
        (_, _, Scope::All) => true,
        (None, ..) | (_, Reach::Service, _) | (_, Reach::Campaign, Scope::Unit { .. }) => false,
        (Some(campaign), ..) => mandate.scope.reaches(campaign),
    };
    allows(mandate.role, right) && reaches
}

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Who runs the program on the machine of the database.
    Operator,
    /// The owner of an account, in a session.
    Account(Access),
    /// A machine with a token.
    Machine {
        /// The token's key.
        id: String,
    },
}

impl Identity {
    /// The name under which what they do is kept: in the log, and for idempotency keys.
    pub fn name(&self) -> String {
        match self {
            Self::Operator => "operator".to_owned(),
            // a username has no colon
            Self::Account(access) => format!("user:{}", access.username),
            Self::Machine { id } => format!("token:{id}"),
        }
    }
}

/// Somebody who is known, with what they are here to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who it is.
    pub identity: Identity,
    /// Their name for people; of a machine what its token is for.
    pub display_name: String,
    /// Role and scope.
    pub mandate: Mandate,
    /// Until when a machine's token is taken.
    pub until: Option<Instant>,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    /// Nobody that is known.
    #[default]
    Anonymous,
    /// Who runs the program on the machine of the database: everything is theirs already.
    Operator,
    /// Somebody who is known.
    Known(Arc<Principal>),
}

/// What a reader may see of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// What is public.
    Public,
    /// What is public, and everything of a unit and below it; of a frozen board what the
    /// public sees.
    Within(Arc<str>),
    /// The same of the campaign as it stands, where only what lies at or below the unit is
    /// asked for.
    Own(Arc<str>),
    /// Everything, as it stands.
    Full,
}

impl Audience {
    /// Whether it sees the campaign as it stands while the public sees it frozen or final.
    pub fn sees_live(&self) -> bool {
        matches!(self, Self::Own(_) | Self::Full)
    }
}

impl Caller {
    /// What the caller may see of a campaign.
    pub fn audience(&self, campaign: &str) -> Audience {
        match self {
            Self::Anonymous => Audience::Public,
            Self::Operator => Audience::Full,
            Self::Known(who) if !permits(&who.mandate, Right::Hidden, Some(campaign)) => Audience::Public,
            Self::Known(who) => who.mandate.scope.unit().map_or(Audience::Full, |unit| Audience::Within(unit.into())),
        }
    }

    /// The name under which what they do is kept.
    pub fn name(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Operator => Identity::Operator.name(),
            Self::Known(who) => who.identity.name(),
        }
    }

    /// Whether nobody knows the caller.
    pub fn is_anonymous(&self) -> bool {
        *self == Self::Anonymous
    }

    /// The right to something in a campaign; without one, in the service itself.
    ///
    /// # Errors
    /// 401 where nobody knows the caller, 403 where the caller's role and scope do not allow it.
    pub fn may<R: Provable>(&self, campaign: Option<&str>) -> Result<Grant<R>, Fault> {
        let grant = |proof, within| Grant { proof, within, right: PhantomData };
        match self {
            Self::Anonymous => Err(Fault::unauthenticated()),
            Self::Operator => Ok(grant(Proof::operator(), None)),
            Self::Known(who) if permits(&who.mandate, R::RIGHT, campaign) => {
                Ok(grant(Proof::of(who), who.mandate.scope.unit().map(str::to_owned)))
            }
            Self::Known(who) => Err(Fault::new(
                Code::Forbidden,
                match &who.mandate.scope {
                    Scope::All => format!("the role {} does not allow this", who.mandate.role.code()),
                    _ => format!("the role {} in its scope does not allow this", who.mandate.role.code()),
                },
            )),
        }
    }

    /// What anybody may who is known: what they asked for themselves.
    ///
    /// # Errors
    /// 401 where nobody knows the caller.
    pub fn known(&self) -> Result<Grant<Known>, Fault> {
        let grant = |proof| Grant { proof, within: None, right: PhantomData };
        match self {
            Self::Anonymous => Err(Fault::unauthenticated()),
            Self::Operator => Ok(grant(Proof::operator())),
            Self::Known(who) => Ok(grant(Proof::of(who))),
        }
    }

    /// The right to one's own account.
    ///
    /// # Errors
    /// 401 where nobody knows the caller, 403 where it has no account.
    pub fn may_own(&self) -> Result<(Grant<Own>, Access), Fault> {
        let no_account = || Fault::new(Code::Forbidden, "only the owner of an account can do this");
        match self {
            Self::Anonymous => Err(Fault::unauthenticated()),
            Self::Operator => Err(no_account()),
            Self::Known(who) => match &who.identity {
                Identity::Account(access) => {
                    Ok((Grant { proof: Proof::of(who), within: None, right: PhantomData }, access.clone()))
                }
                _ => Err(no_account()),
            },
        }
    }
}

/// A right as a type.
pub trait Provable: sealed::Sealed {
    /// The right.
    const RIGHT: Right;
}

mod sealed {
    pub trait Sealed {}
}

/// The right to one's own account and sessions.
#[derive(Debug)]
pub struct Own;

/// That somebody is known.
#[derive(Debug)]
pub struct Known;

/// A right that was proven.
#[derive(Debug)]
pub struct Grant<R> {
    proof: Proof,
    within: Option<String>,
    right: PhantomData<R>,
}

impl<R> Grant<R> {
    /// What the writer looks at again.
    pub(super) fn proof(&self) -> Proof {
        self.proof.clone()
    }

    /// Code of the unit that the right ends at, where it does.
    pub(super) fn within(&self) -> Option<String> {
        self.within.clone()
    }
}

impl Grant<Contest> {
    /// The right of the service itself to close days and to send what they are told of.
    pub(super) fn by_the_clock() -> Self {
        Self { proof: Proof::by_the_clock(), within: None, right: PhantomData }
    }
}

/// Who a write is by, as the writer proves it again in its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who it is; none where the write proves it itself, as a sign-in does.
    pub(super) identity: Option<Identity>,
    /// The name for the log.
    pub(super) actor: String,
    /// The role for the log.
    pub(super) role: &'static str,
}

impl Proof {
    fn operator() -> Self {
        Self { identity: Some(Identity::Operator), actor: Identity::Operator.name(), role: "operator" }
    }

    /// Of what the service does by itself, at its hour.
    fn by_the_clock() -> Self {
        Self { identity: None, actor: "scheduler".to_owned(), role: "scheduler" }
    }

    pub(super) fn of(who: &Principal) -> Self {
        Self { identity: Some(who.identity.clone()), actor: who.identity.name(), role: who.mandate.role.code() }
    }

    /// Of a write that proves itself what it needs: a sign-in, a refresh, a code redeemed.
    pub(super) fn by_itself(username: &str, role: Role) -> Self {
        Self { identity: None, actor: format!("user:{username}"), role: role.code() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table again, as people would write it down: a row a right, a column a role.
    const TABLE: [(Right, &str); 15] = [
        //                     admin council reporter committee auditor
        (Right::Figures, "-yy--"),
        (Right::Assess, "-yy--"),
        (Right::Decisions, "-y---"),
        (Right::Units, "-y---"),
        (Right::Contest, "-y---"),
        (Right::Rules, "-y---"),
        (Right::Campaigns, "yy---"),
        (Right::Accounts, "y----"),
        (Right::Audit, "----y"),
        (Right::Hidden, "-yyyy"),
        (Right::Certainty, "-y--y"),
        (Right::Approve, "-y---"),
        (Right::Waiting, "-y--y"),
        (Right::Results, "-y-yy"),
        (Right::Awards, "-y-yy"),
    ];

    fn scopes() -> [Scope; 3] {
        let unit = Scope::Unit { campaign: "q6".into(), unit: "07".into() };
        [Scope::All, Scope::Campaign("q6".into()), unit]
    }

    #[test]
    fn every_cell_of_the_table_is_as_it_is_written_down() {
        assert_eq!(TABLE.map(|(right, _)| right).as_slice(), Right::ALL);
        for (right, row) in TABLE {
            for (role, cell) in Role::ALL.into_iter().zip(row.chars()) {
                assert_eq!(allows(role, right), cell == 'y', "{role:?} {right:?}");
            }
        }
    }

    #[test]
    fn every_cell_holds_inside_the_scope_and_nowhere_else() {
        for role in Role::ALL {
            for scope in scopes() {
                let Ok(mandate) = Mandate::new(role, scope.clone()) else { continue };
                for right in Right::ALL.iter().copied() {
                    let at = |campaign| permits(&mandate, right, campaign);
                    let is_whole = matches!(
                        right,
                        Right::Contest
                            | Right::Rules
                            | Right::Campaigns
                            | Right::Audit
                            | Right::Certainty
                            | Right::Results
                            | Right::Awards
                    );
                    let of_campaign = match &scope {
                        Scope::All => true,
                        Scope::Campaign(_) => right != Right::Accounts,
                        Scope::Unit { .. } => right != Right::Accounts && !is_whole,
                    };
                    let is_all = scope == Scope::All;
                    assert_eq!(at(Some("q6")), allows(role, right) && of_campaign, "{role:?} {right:?} {scope:?}");
                    assert_eq!(at(Some("q7")), allows(role, right) && is_all, "{role:?} {right:?} {scope:?} elsewhere");
                    assert_eq!(at(None), allows(role, right) && is_all, "{role:?} {right:?} {scope:?} service");
                }
            }
        }
    }

    fn caller(role: Role, scope: Scope) -> Caller {
        let mandate = Mandate::new(role, scope).unwrap();
        let identity = Identity::Account(Access { username: "x".into(), generation: 1, session: "s".into() });
        Caller::Known(Arc::new(Principal { identity, display_name: "X".into(), mandate, until: None }))
    }

    #[test]
    fn the_public_sees_what_is_public_and_a_reporter_what_lies_below() {
        let [all, campaign, unit] = scopes();
        assert_eq!(Caller::Anonymous.audience("q6"), Audience::Public);
        assert_eq!(Caller::Operator.audience("q6"), Audience::Full);
        assert_eq!(caller(Role::Admin, all.clone()).audience("q6"), Audience::Public);
        assert_eq!(caller(Role::Committee, all).audience("q6"), Audience::Full);
        assert_eq!(caller(Role::Council, campaign.clone()).audience("q6"), Audience::Full);
        assert_eq!(caller(Role::Council, campaign).audience("q7"), Audience::Public);
        assert_eq!(caller(Role::Reporter, unit.clone()).audience("q6"), Audience::Within("07".into()));
        assert_eq!(caller(Role::Reporter, unit).audience("q7"), Audience::Public);
    }

    #[test]
    fn who_is_unknown_is_asked_who_they_are_and_who_is_known_is_told_no() {
        let code = |fault: Result<Grant<Figures>, Fault>| fault.err().map(|f| f.code);
        assert_eq!(code(Caller::Anonymous.may(Some("q6"))), Some(Code::Unauthenticated));
        assert_eq!(code(caller(Role::Auditor, Scope::All).may(Some("q6"))), Some(Code::Forbidden));
        let [.., unit] = scopes();
        assert_eq!(code(caller(Role::Reporter, unit.clone()).may(Some("q7"))), Some(Code::Forbidden));
        let grant = caller(Role::Reporter, unit).may::<Figures>(Some("q6")).unwrap();
        assert_eq!(grant.within().as_deref(), Some("07"));
        assert!(Caller::Operator.may::<Accounts>(None).is_ok());
        assert!(Caller::Operator.may_own().is_err());
    }
}
