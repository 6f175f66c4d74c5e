//! The real campaigns that the program carries, from `packs/`.

use super::source::Files;

/// A campaign in the program.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// Its code.
    pub code: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

impl Bundled {
    /// Its pack.
    pub fn files(&self) -> Files {
        Files(self.files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect())
    }
}

macro_rules! bundle {
    ($code:literal: $($file:literal),+) => {
        Bundled {
            code: $code,
            files: &[$(($file, include_bytes!(concat!("../../packs/", $code, "/", $file)))),+],
        }
    };
}

/// District 6 of Ho Chi Minh City and the provinces of Viet Nam in July 2021, and the hamlets
/// of Vĩnh Phúc in September, of which no figures were published.
pub fn bundled() -> [Bundled; 3] {
    [
        bundle!("q6-2021": "campaign.json", "units.csv", "figures.csv"),
        bundle!("vn-provinces-2021": "campaign.json", "units.csv", "figures.csv"),
        bundle!("vinh-phuc-239-2021": "campaign.json", "units.csv", "figures.csv", "criteria.csv"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::{files, read};

    #[test]
    fn bundled_packs_are_read_and_come_back_equal() {
        for bundled in bundled() {
            let contest = read(&bundled.files()).unwrap_or_else(|e| panic!("{:?}", e.errors));
            assert_eq!(contest.campaign.code, bundled.code);
            let again = read(&files(&contest)).unwrap_or_else(|e| panic!("{:?}", e.errors));
            assert_eq!(again, contest);
        }
    }
}
