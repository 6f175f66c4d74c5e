//! The headers that loose tables may have: one table of names, Vietnamese and English.

use crate::domain::{Indicator, text};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Code of the unit.
    UnitCode,
    /// Name of the unit.
    Name,
    /// Code or name of the unit above it.
    Parent,
    /// The day, or the last of several.
    Date,
    /// The first of several days that a row is the count of.
    DateFrom,
    /// A count.
    Count(Indicator),
    /// A note.
    Note,
    /// A running number that says nothing.
    RowNumber,
}

/// Each column with the headers it goes by, written as [`key`] leaves them.
const HEADERS: &[(Column, &[&str])] = &[
    (
        Column::UnitCode,
        &["unitcode", "code", "unit", "unitid", "ma", "madonvi", "madv", "maphuong", "maphuongxa", "maxa", "makhupho"],
    ),
    (
        Column::Name,
        &["name", "unitname", "ten", "tendonvi", "donvi", "phuong", "phuongxa", "xa", "tenphuong", "khupho", "ward"],
    ),
    (
        Column::Parent,
        &["parent", "parentcode", "parentname", "captren", "donvicaptren", "quan", "quanhuyen", "huyen", "district"],
    ),
    (Column::Date, &["date", "day", "ngay", "ngaybaocao", "reportdate", "denngay", "todate", "dateto"]),
    (Column::DateFrom, &["datefrom", "fromdate", "tungay"]),
    (
        Column::Count(Indicator::CommunityF0),
        &["communityf0", "community", "communitycases", "f0congdong", "f0ngoaicongdong", "cacongdong", "congdong"],
    ),
    (
        Column::Count(Indicator::ContainedF0),
        &["containedf0", "contained", "containedcases", "f0cachly", "f0trongkhucachly", "cacachly", "f0phongtoa"],
    ),
    (
        Column::Count(Indicator::UnknownSourceF0),
        &["unknownsourcef0", "unknownsource", "f0chuaronguon", "chuaronguon", "chuaronguonlay", "f0chuaronguonlay"],
    ),
    (
        Column::Count(Indicator::HighRiskSettingF0),
        &["highrisksettingf0", "highrisksetting", "f0noinguycocao", "noinguycocao", "f0nguycocao"],
    ),
    (Column::Count(Indicator::HouseholdsF0), &["householdsf0", "households", "hocof0", "sohocof0", "hof0"]),
    (
        Column::Count(Indicator::LinkedHouseholdsF0),
        &["linkedhouseholdsf0", "linkedhouseholds", "holienquan", "holienquanf0", "hof0lienquan"],
    ),
    (Column::Note, &["note", "notes", "ghichu", "remark", "remarks", "comment"]),
    (Column::RowNumber, &["stt", "sothutu", "rowno", "rownumber"]),
];

impl Column {
    /// The name that messages and answers give it.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnitCode => "unit_code",
            Self::Name => "name",
            Self::Parent => "parent",
            Self::Date => "date",
            Self::DateFrom => "date_from",
            Self::Count(indicator) => indicator.code(),
            Self::Note => "note",
            Self::RowNumber => "row_number",
        }
    }

    /// The column that a header means.
    pub fn find(header: &str) -> Option<Self> {
        let key = key(header);
        HEADERS.iter().find(|(_, names)| names.contains(&key.as_str())).map(|(column, _)| *column)
    }

    /// The names of all columns, for messages.
    pub fn known() -> String {
        HEADERS.iter().map(|(column, _)| column.code()).collect::<Vec<_>>().join(", ")
    }
}

/// A text without case, tones, blanks, punctuation and characters that cannot be seen.
pub fn key(header: &str) -> String {
    text::fold(header).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a cell where a unit is named says that its row is a sum.
pub fn is_total(cell: &str) -> bool {
    matches!(key(cell).as_str(), "tong" | "tongcong" | "tongso" | "cong" | "total" | "grandtotal" | "sum")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_however_they_are_written() {
        for (header, column) in [
            ("Mã đơn vị", Column::UnitCode),
            (" MA\u{a0}", Column::UnitCode),
            ("name\u{a0}", Column::Name),
            ("Phường/Xã", Column::Name),
            ("Ngày báo cáo", Column::Date),
            ("T\u{1b0}\u{300} nga\u{300}y", Column::DateFrom),
            ("F0 cộng đồng", Column::Count(Indicator::CommunityF0)),
            ("community_f0\u{200b}", Column::Count(Indicator::CommunityF0)),
            ("Ghi chú:", Column::Note),
        ] {
            assert_eq!(Column::find(header), Some(column), "{header:?}");
        }
        assert_eq!(Column::find("ca"), None);
        assert_eq!(Column::find(""), None);
    }

    #[test]
    fn no_header_means_two_columns_and_each_is_written_as_its_key() {
        let mut seen = std::collections::HashSet::new();
        for (column, names) in HEADERS {
            assert_eq!(
                Column::find(column.code()),
                Some(*column).filter(|_| names.contains(&key(column.code()).as_str()))
            );
            for name in *names {
                assert_eq!(key(name), *name);
                assert!(seen.insert(*name), "{name} twice");
            }
        }
    }

    #[test]
    fn sums_are_recognised_and_places_are_not() {
        assert!(is_total("TỔNG CỘNG:") && is_total(" Cộng ") && is_total("Total"));
        assert!(!is_total("Tổng kho Long Bình") && !is_total(""));
    }
}
