//! Daily figures: six counts of one unit on one day.

/// The largest count that anybody may report (domain.md section 2).
pub const MAX_COUNT: u32 = 10_000_000;

/// What is counted (domain.md section 2, Figure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indicator {
    /// Cases found outside quarantine and locked-down areas; required.
    CommunityF0,
    /// Cases found in quarantine, locked-down areas, at entry.
    ContainedF0,
    /// Community cases whose source nobody knows.
    UnknownSourceF0,
    /// Community cases from a setting where many are at risk.
    HighRiskSettingF0,
    /// Households with their first case that day.
    HouseholdsF0,
    /// Those of them that are linked to other households.
    LinkedHouseholdsF0,
}

impl Indicator {
    /// All six, in the order of the columns of `figures.csv`.
    pub const ALL: [Indicator; 6] = [
        Self::CommunityF0,
        Self::ContainedF0,
        Self::UnknownSourceF0,
        Self::HighRiskSettingF0,
        Self::HouseholdsF0,
        Self::LinkedHouseholdsF0,
    ];

    /// The name in files and on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::CommunityF0 => "community_f0",
            Self::ContainedF0 => "contained_f0",
            Self::UnknownSourceF0 => "unknown_source_f0",
            Self::HighRiskSettingF0 => "high_risk_setting_f0",
            Self::HouseholdsF0 => "households_f0",
            Self::LinkedHouseholdsF0 => "linked_households_f0",
        }
    }

    /// The indicator of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.code() == code)
    }

    /// Its place among [`Indicator::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The count that this one is part of, and so never above (domain.md section 3, two worlds).
    pub fn whole(self) -> Option<Indicator> {
        match self {
            Self::CommunityF0 | Self::ContainedF0 => None,
            Self::LinkedHouseholdsF0 => Some(Self::HouseholdsF0),
            Self::UnknownSourceF0 | Self::HighRiskSettingF0 | Self::HouseholdsF0 => Some(Self::CommunityF0),
        }
    }
}

/// The six counts of a day; an optional one that is absent is *not classified*, not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counts([u32; 6]);

/// A rule between counts that a figure breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountsError {
    /// The count that is wrong.
    pub indicator: Indicator,
    /// What is expected of it.
    pub expected: &'static str,
}

impl Counts {
    /// How an absent count is held in columns.
    pub const BLANK: u32 = u32::MAX;

    /// Checks the counts against each other. `households_f0` may exceed
    /// `community_f0`: it counts households, whose first case may be contained.
    ///
    /// # Errors
    /// Every rule that is broken, by indicator.
    pub fn new(values: [Option<u32>; 6]) -> Result<Self, Vec<CountsError>> {
        let mut errors = Vec::new();
        let value = |i: Indicator| values.get(i.index()).copied().flatten();
        for indicator in Indicator::ALL {
            if value(indicator).is_some_and(|v| v > MAX_COUNT) {
                errors.push(CountsError { indicator, expected: "a whole number from 0 to 10000000" });
            }
        }
        if value(Indicator::CommunityF0).is_none() {
            let expected = "a whole number from 0 to 10000000, 0 if there was no case";
            errors.push(CountsError { indicator: Indicator::CommunityF0, expected });
        }
        let mut at_most = |part: Indicator, whole: Indicator, expected| {
            if let (Some(p), Some(w)) = (value(part), value(whole))
                && p > w
            {
                errors.push(CountsError { indicator: part, expected });
            }
        };
        use Indicator::*;
        at_most(UnknownSourceF0, CommunityF0, "at most community_f0 of that day");
        at_most(HighRiskSettingF0, CommunityF0, "at most community_f0 of that day");
        at_most(LinkedHouseholdsF0, HouseholdsF0, "at most households_f0 of that day");
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self(values.map(|v| v.unwrap_or(Self::BLANK))))
    }

    /// Community cases, the count that every figure has.
    pub fn community_f0(&self) -> u32 {
        self.0[0]
    }

    /// A count, if it was classified.
    pub fn get(&self, indicator: Indicator) -> Option<u32> {
        Some(self.raw(indicator)).filter(|v| *v != Self::BLANK)
    }

    /// A count as columns hold it: [`Counts::BLANK`] where there is none.
    pub fn raw(&self, indicator: Indicator) -> u32 {
        self.0[indicator.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_never_exceed_their_whole() {
        assert!(Counts::new([Some(3), None, Some(3), Some(0), Some(5), Some(5)]).is_ok());
        let wrong = Counts::new([Some(1), None, Some(2), Some(3), Some(0), Some(1)]);
        let indicators: Vec<_> = wrong.err().unwrap_or_default().iter().map(|e| e.indicator).collect();
        use Indicator::*;
        assert_eq!(indicators, [UnknownSourceF0, HighRiskSettingF0, LinkedHouseholdsF0]);
    }

    #[test]
    fn community_f0_is_required_and_bounded() {
        assert!(Counts::new([None, Some(1), None, None, None, None]).is_err());
        assert!(Counts::new([Some(MAX_COUNT), None, None, None, None, None]).is_ok());
        assert!(Counts::new([Some(MAX_COUNT + 1), None, None, None, None, None]).is_err());
    }
}
