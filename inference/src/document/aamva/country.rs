//! Who issues: issuer identification numbers, which AAMVA assigns under ISO/IEC 7812. From two
//! secondary lists that agree but for Hidalgo (`HL` here, `HG` in one), not from AAMVA's own page.

/// A country whose jurisdictions issue AAMVA cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Country {
    /// The United States with their territories; `USA`.
    UnitedStates,
    /// Canada; `CAN`.
    Canada,
    /// Mexico; `MEX`.
    Mexico,
}

impl Country {
    /// By the element `DCG`.
    #[must_use]
    pub fn by_code(code: &str) -> Option<Self> {
        match code {
            "USA" => Some(Self::UnitedStates),
            "CAN" => Some(Self::Canada),
            "MEX" => Some(Self::Mexico),
            _ => None,
        }
    }

    /// As the element `DCG` writes it (ISO 3166-1 alpha-3).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnitedStates => "USA",
            Self::Canada => "CAN",
            Self::Mexico => "MEX",
        }
    }
}

/// An issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jurisdiction {
    /// Issuer identification number.
    pub issuer: u32,
    /// Two letters as in addresses; for the diplomatic cards of the State Department, `US`.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
    /// Its country.
    pub country: Country,
}

const fn us(issuer: u32, code: &'static str, name: &'static str) -> Jurisdiction {
    Jurisdiction {
        issuer,
        code,
        name,
        country: Country::UnitedStates,
    }
}

const fn canada(issuer: u32, code: &'static str, name: &'static str) -> Jurisdiction {
    Jurisdiction {
        issuer,
        code,
        name,
        country: Country::Canada,
    }
}

const fn mexico(issuer: u32, code: &'static str, name: &'static str) -> Jurisdiction {
    Jurisdiction {
        issuer,
        code,
        name,
        country: Country::Mexico,
    }
}

/// Every issuer that AAMVA lists: the states, the District of Columbia, the territories, the State
/// Department, Canada's provinces and territories, and two states of Mexico.
pub const JURISDICTIONS: &[Jurisdiction] = &[
    canada(604_426, "PE", "Prince Edward Island"),
    us(604_427, "AS", "American Samoa"),
    canada(604_428, "QC", "Quebec"),
    canada(604_429, "YT", "Yukon"),
    us(604_430, "MP", "Northern Mariana Islands"),
    us(604_431, "PR", "Puerto Rico"),
    canada(604_432, "AB", "Alberta"),
    canada(604_433, "NU", "Nunavut"),
    canada(604_434, "NT", "Northwest Territories"),
    us(636_000, "VA", "Virginia"),
    us(636_001, "NY", "New York"),
    us(636_002, "MA", "Massachusetts"),
    us(636_003, "MD", "Maryland"),
    us(636_004, "NC", "North Carolina"),
    us(636_005, "SC", "South Carolina"),
    us(636_006, "CT", "Connecticut"),
    us(636_007, "LA", "Louisiana"),
    us(636_008, "MT", "Montana"),
    us(636_009, "NM", "New Mexico"),
    us(636_010, "FL", "Florida"),
    us(636_011, "DE", "Delaware"),
    canada(636_012, "ON", "Ontario"),
    canada(636_013, "NS", "Nova Scotia"),
    us(636_014, "CA", "California"),
    us(636_015, "TX", "Texas"),
    canada(636_016, "NL", "Newfoundland and Labrador"),
    canada(636_017, "NB", "New Brunswick"),
    us(636_018, "IA", "Iowa"),
    us(636_019, "GU", "Guam"),
    us(636_020, "CO", "Colorado"),
    us(636_021, "AR", "Arkansas"),
    us(636_022, "KS", "Kansas"),
    us(636_023, "OH", "Ohio"),
    us(636_024, "VT", "Vermont"),
    us(636_025, "PA", "Pennsylvania"),
    us(636_026, "AZ", "Arizona"),
    us(636_027, "US", "State Department"),
    canada(636_028, "BC", "British Columbia"),
    us(636_029, "OR", "Oregon"),
    us(636_030, "MO", "Missouri"),
    us(636_031, "WI", "Wisconsin"),
    us(636_032, "MI", "Michigan"),
    us(636_033, "AL", "Alabama"),
    us(636_034, "ND", "North Dakota"),
    us(636_035, "IL", "Illinois"),
    us(636_036, "NJ", "New Jersey"),
    us(636_037, "IN", "Indiana"),
    us(636_038, "MN", "Minnesota"),
    us(636_039, "NH", "New Hampshire"),
    us(636_040, "UT", "Utah"),
    us(636_041, "ME", "Maine"),
    us(636_042, "SD", "South Dakota"),
    us(636_043, "DC", "District of Columbia"),
    canada(636_044, "SK", "Saskatchewan"),
    us(636_045, "WA", "Washington"),
    us(636_046, "KY", "Kentucky"),
    us(636_047, "HI", "Hawaii"),
    canada(636_048, "MB", "Manitoba"),
    us(636_049, "NV", "Nevada"),
    us(636_050, "ID", "Idaho"),
    us(636_051, "MS", "Mississippi"),
    us(636_052, "RI", "Rhode Island"),
    us(636_053, "TN", "Tennessee"),
    us(636_054, "NE", "Nebraska"),
    us(636_055, "GA", "Georgia"),
    mexico(636_056, "CU", "Coahuila"),
    mexico(636_057, "HL", "Hidalgo"),
    us(636_058, "OK", "Oklahoma"),
    us(636_059, "AK", "Alaska"),
    us(636_060, "WY", "Wyoming"),
    us(636_061, "WV", "West Virginia"),
    us(636_062, "VI", "Virgin Islands"),
];

/// The issuer of a number; `None` where AAMVA lists none.
#[must_use]
pub fn jurisdiction(issuer: u32) -> Option<&'static Jurisdiction> {
    JURISDICTIONS
        .iter()
        .find(|jurisdiction| jurisdiction.issuer == issuer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(country: Country) -> Vec<&'static str> {
        let mut codes: Vec<_> = JURISDICTIONS
            .iter()
            .filter(|jurisdiction| jurisdiction.country == country)
            .map(|jurisdiction| jurisdiction.code)
            .collect();
        codes.sort_unstable();
        codes
    }

    #[test]
    fn every_state_territory_and_province_is_listed_once() {
        let us = "AK AL AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO \
                  MP MS MT NC ND NE NH NJ NM NV NY OH OK OR PA PR RI SC SD TN TX US UT VA VI VT WA \
                  WI WV WY";
        let canada = "AB BC MB NB NL NS NT NU ON PE QC SK YT";
        assert_eq!(codes(Country::UnitedStates).join(" "), us);
        assert_eq!(codes(Country::Canada).join(" "), canada);
        assert_eq!(codes(Country::Mexico), ["CU", "HL"]);
        let mut issuers: Vec<_> = JURISDICTIONS.iter().map(|j| j.issuer).collect();
        issuers.dedup();
        assert!(issuers.is_sorted() && issuers.len() == JURISDICTIONS.len());
    }

    #[test]
    fn a_number_tells_its_issuer() {
        assert_eq!(jurisdiction(636_014).map(|j| j.code), Some("CA"));
        assert_eq!(
            jurisdiction(636_012).map(|j| j.country),
            Some(Country::Canada)
        );
        assert_eq!(jurisdiction(999_999), None);
    }
}
