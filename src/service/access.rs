//! Who may do what. A right is a [`Grant`] that only this file makes; service
//! functions that need one take it, so a call that was not checked does not compile.

use std::marker::PhantomData;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Nobody that is known.
    Anonymous,
    /// Who holds the administrator's token, or runs the program on this machine.
    Administrator,
}

/// What a reader may see; part of every cache key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// What is public.
    Public,
    /// Everything.
    Full,
}

impl Caller {
    /// What the caller may see.
    pub fn audience(self) -> Audience {
        match self {
            Self::Anonymous => Audience::Public,
            Self::Administrator => Audience::Full,
        }
    }

    /// The name under which idempotency keys are kept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Administrator => "administrator",
        }
    }

    /// The right to change a campaign, if the caller has it.
    pub fn may_write(self) -> Option<Grant<Write>> {
        (self == Self::Administrator).then_some(Grant(PhantomData))
    }
}

/// The right to change campaigns.
#[derive(Debug)]
pub struct Write;

/// A right that was proven.
#[derive(Debug)]
pub struct Grant<R>(PhantomData<R>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_administrator_may_write_and_see_everything() {
        assert!(Caller::Anonymous.may_write().is_none());
        assert!(Caller::Administrator.may_write().is_some());
        assert_eq!(Caller::Anonymous.audience(), Audience::Public);
        assert_eq!(Caller::Administrator.audience(), Audience::Full);
    }
}
