//! Every element of every version: its name, what it means, how it is written, and where it is demanded.
//!
//! Versions: DL/ID-2000 (1), the Card Design Specifications of 2003 and 2005 (2, 3) and the Card Design
//! Standards of 2009 to 2025 (4 to 11), as open readers and published samples show them, not from the
//! texts themselves. Least sure: `DDH` to `DDJ` from version 4, and `DCU`, which one source calls mandatory
//! in version 2 and which is optional here.

use super::licence::Card;

/// The newest version published: the Card Design Standard of 2025.
pub const NEWEST_VERSION: u8 = 11;

/// What an element means, the same in every version that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(
    missing_docs,
    reason = "the names are those of the standard's data elements"
)]
pub enum Field {
    LicenceNumber,
    FullName,
    FamilyName,
    GivenNames,
    FirstName,
    MiddleName,
    Suffix,
    Prefix,
    FamilyNameTruncated,
    FirstNameTruncated,
    MiddleNameTruncated,
    VehicleClass,
    Restrictions,
    Endorsements,
    Issued,
    Birth,
    Expires,
    Sex,
    Height,
    HeightMetric,
    EyeColour,
    HairColour,
    WeightPounds,
    WeightKilograms,
    WeightRange,
    Street,
    SecondStreet,
    City,
    Jurisdiction,
    PostalCode,
    ResidenceStreet,
    ResidenceSecondStreet,
    ResidenceCity,
    ResidenceJurisdiction,
    ResidencePostalCode,
    DocumentDiscriminator,
    Country,
    FederalVehicleCodes,
    PlaceOfBirth,
    AuditInformation,
    InventoryNumber,
    Race,
    StandardVehicleClass,
    StandardEndorsements,
    StandardRestrictions,
    VehicleClassDescription,
    EndorsementsDescription,
    RestrictionsDescription,
    Compliance,
    CardRevised,
    HazmatExpires,
    LimitedDuration,
    Under18Until,
    Under19Until,
    Under21Until,
    OrganDonor,
    Veteran,
    Commercial,
    NonDomiciled,
    Enhanced,
    Permit,
    AliasFullName,
    AliasFamilyName,
    AliasGivenNames,
    AliasMiddleName,
    AliasSuffix,
    AliasPrefix,
    AliasBirth,
    IssueTimestamp,
    Duplicates,
    MedicalCodes,
    NonResident,
    CustomerIdentifier,
    SocialSecurityNumber,
    AliasSocialSecurityNumber,
    PermitClass,
    PermitExpires,
    PermitIdentifier,
    PermitIssued,
    PermitRestrictions,
    PermitEndorsements,
}

/// How an element is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A date, in the order of version and country.
    Date,
    /// `1` or `M`, `2` or `F`, `9` or `X`.
    Sex,
    /// `509` (5 feet 9 inches) in version 1, later `069 in` or `175 cm`.
    Height,
    /// Centimetres alone.
    Centimetres,
    /// A whole number.
    Number,
    /// `1`, or absent.
    Flag,
    /// `Y` or `N`.
    YesNo,
    /// `T`, `N` or `U`.
    Truncation,
    /// `F`, `M` or `N`.
    Compliance,
}

/// Where an element is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// On licences and identity cards.
    Both,
    /// On licences alone.
    Licence,
    /// Nowhere.
    Optional,
}

/// An element of some versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Its three characters.
    pub id: &'static str,
    /// What it means.
    pub field: Field,
    /// How it is written.
    pub kind: Kind,
    /// The first version that has it.
    pub from: u8,
    /// The last version that has it.
    pub to: u8,
    /// The most characters that this program writes; more are read.
    pub most: usize,
    /// Where it is demanded.
    pub need: Need,
}

impl Element {
    /// Whether the version has it.
    #[must_use]
    pub const fn is_in(&self, version: u8) -> bool {
        self.from <= version && version <= self.to
    }

    /// Whether the card has to have it.
    #[must_use]
    pub fn is_demanded(&self, card: Option<Card>) -> bool {
        match self.need {
            Need::Both => true,
            Need::Licence => card == Some(Card::DrivingLicence),
            Need::Optional => false,
        }
    }

    /// How many versions lie between its own and the given one; 0 where it is of that.
    pub(super) fn distance(&self, version: u8) -> u8 {
        self.from
            .saturating_sub(version)
            .max(version.saturating_sub(self.to))
    }
}

const fn element(
    id: &'static str,
    field: Field,
    kind: Kind,
    versions: (u8, u8),
    most: usize,
    need: Need,
) -> Element {
    Element {
        id,
        field,
        kind,
        from: versions.0,
        to: versions.1,
        most,
        need,
    }
}

/// Every version.
const ALL: (u8, u8) = (1, NEWEST_VERSION);
/// DL/ID-2000 alone.
const V1: (u8, u8) = (1, 1);
/// From the specifications of 2003 on.
const SINCE_2003: (u8, u8) = (2, NEWEST_VERSION);
/// From the standard of 2009 on.
const SINCE_2009: (u8, u8) = (4, NEWEST_VERSION);

/// The elements, in the order in which they are written.
#[rustfmt::skip]
const ELEMENTS: &[Element] = &[
    element("DAQ", Field::LicenceNumber, Kind::Text, ALL, 25, Need::Both),
    element("DAA", Field::FullName, Kind::Text, V1, 125, Need::Both),
    element("DAB", Field::FamilyName, Kind::Text, V1, 50, Need::Optional),
    element("DCS", Field::FamilyName, Kind::Text, SINCE_2003, 40, Need::Both),
    element("DDE", Field::FamilyNameTruncated, Kind::Truncation, SINCE_2009, 1, Need::Both),
    element("DCT", Field::GivenNames, Kind::Text, (2, 3), 80, Need::Both),
    element("DAC", Field::FirstName, Kind::Text, V1, 50, Need::Optional),
    element("DAC", Field::FirstName, Kind::Text, SINCE_2009, 40, Need::Both),
    element("DDF", Field::FirstNameTruncated, Kind::Truncation, SINCE_2009, 1, Need::Both),
    element("DAD", Field::MiddleName, Kind::Text, V1, 50, Need::Optional),
    element("DAD", Field::MiddleName, Kind::Text, SINCE_2009, 40, Need::Both),
    element("DDG", Field::MiddleNameTruncated, Kind::Truncation, SINCE_2009, 1, Need::Both),
    element("DAE", Field::Suffix, Kind::Text, V1, 20, Need::Optional),
    element("DCU", Field::Suffix, Kind::Text, SINCE_2003, 5, Need::Optional),
    element("DAF", Field::Prefix, Kind::Text, V1, 20, Need::Optional),
    element("DAR", Field::VehicleClass, Kind::Text, V1, 4, Need::Licence),
    element("DCA", Field::VehicleClass, Kind::Text, SINCE_2003, 6, Need::Licence),
    element("DAS", Field::Restrictions, Kind::Text, V1, 10, Need::Licence),
    element("DCB", Field::Restrictions, Kind::Text, SINCE_2003, 12, Need::Licence),
    element("DAT", Field::Endorsements, Kind::Text, V1, 5, Need::Licence),
    element("DCD", Field::Endorsements, Kind::Text, SINCE_2003, 5, Need::Licence),
    element("DBD", Field::Issued, Kind::Date, ALL, 8, Need::Both),
    element("DBB", Field::Birth, Kind::Date, ALL, 8, Need::Both),
    element("DBA", Field::Expires, Kind::Date, ALL, 8, Need::Both),
    element("DBC", Field::Sex, Kind::Sex, ALL, 1, Need::Both),
    element("DAU", Field::Height, Kind::Height, V1, 10, Need::Optional),
    element("DAU", Field::Height, Kind::Height, SINCE_2003, 6, Need::Both),
    element("DAV", Field::HeightMetric, Kind::Centimetres, V1, 10, Need::Optional),
    element("DAY", Field::EyeColour, Kind::Text, V1, 3, Need::Optional),
    element("DAY", Field::EyeColour, Kind::Text, SINCE_2003, 3, Need::Both),
    element("DAZ", Field::HairColour, Kind::Text, ALL, 12, Need::Optional),
    element("DAW", Field::WeightPounds, Kind::Number, V1, 3, Need::Optional),
    element("DAW", Field::WeightPounds, Kind::Number, SINCE_2009, 3, Need::Optional),
    element("DAX", Field::WeightKilograms, Kind::Number, V1, 3, Need::Optional),
    element("DAX", Field::WeightKilograms, Kind::Number, SINCE_2009, 3, Need::Optional),
    element("DCE", Field::WeightRange, Kind::Number, SINCE_2003, 1, Need::Optional),
    element("DAG", Field::Street, Kind::Text, ALL, 35, Need::Both),
    element("DAH", Field::SecondStreet, Kind::Text, ALL, 35, Need::Optional),
    element("DAI", Field::City, Kind::Text, ALL, 20, Need::Both),
    element("DAJ", Field::Jurisdiction, Kind::Text, ALL, 2, Need::Both),
    element("DAK", Field::PostalCode, Kind::Text, ALL, 11, Need::Both),
    element("DAL", Field::ResidenceStreet, Kind::Text, V1, 35, Need::Optional),
    element("DAM", Field::ResidenceSecondStreet, Kind::Text, V1, 35, Need::Optional),
    element("DAN", Field::ResidenceCity, Kind::Text, V1, 20, Need::Optional),
    element("DAO", Field::ResidenceJurisdiction, Kind::Text, V1, 2, Need::Optional),
    element("DAP", Field::ResidencePostalCode, Kind::Text, V1, 11, Need::Optional),
    element("DCF", Field::DocumentDiscriminator, Kind::Text, SINCE_2003, 25, Need::Both),
    element("DCG", Field::Country, Kind::Text, SINCE_2003, 3, Need::Both),
    element("DCH", Field::FederalVehicleCodes, Kind::Text, (2, 3), 4, Need::Licence),
    element("DCI", Field::PlaceOfBirth, Kind::Text, SINCE_2003, 33, Need::Optional),
    element("DCJ", Field::AuditInformation, Kind::Text, SINCE_2003, 25, Need::Optional),
    element("DCK", Field::InventoryNumber, Kind::Text, SINCE_2003, 25, Need::Optional),
    element("DCL", Field::Race, Kind::Text, (2, 10), 3, Need::Optional),
    element("DCM", Field::StandardVehicleClass, Kind::Text, SINCE_2003, 4, Need::Optional),
    element("DCN", Field::StandardEndorsements, Kind::Text, SINCE_2003, 5, Need::Optional),
    element("DCO", Field::StandardRestrictions, Kind::Text, SINCE_2003, 12, Need::Optional),
    element("DCP", Field::VehicleClassDescription, Kind::Text, SINCE_2003, 50, Need::Optional),
    element("DCQ", Field::EndorsementsDescription, Kind::Text, SINCE_2003, 50, Need::Optional),
    element("DCR", Field::RestrictionsDescription, Kind::Text, SINCE_2003, 50, Need::Optional),
    element("DDA", Field::Compliance, Kind::Compliance, SINCE_2009, 1, Need::Optional),
    element("DDB", Field::CardRevised, Kind::Date, SINCE_2009, 8, Need::Optional),
    element("DDC", Field::HazmatExpires, Kind::Date, (4, 10), 8, Need::Optional),
    element("DDD", Field::LimitedDuration, Kind::Flag, SINCE_2009, 1, Need::Optional),
    element("DDH", Field::Under18Until, Kind::Date, SINCE_2009, 8, Need::Optional),
    element("DDI", Field::Under19Until, Kind::Date, SINCE_2009, 8, Need::Optional),
    element("DDJ", Field::Under21Until, Kind::Date, SINCE_2009, 8, Need::Optional),
    element("DBH", Field::OrganDonor, Kind::YesNo, V1, 1, Need::Optional),
    element("DDK", Field::OrganDonor, Kind::Flag, (6, NEWEST_VERSION), 1, Need::Optional),
    element("DDL", Field::Veteran, Kind::Flag, (7, NEWEST_VERSION), 1, Need::Optional),
    element("DDM", Field::Commercial, Kind::Flag, (11, NEWEST_VERSION), 1, Need::Optional),
    element("DDN", Field::NonDomiciled, Kind::Flag, (11, NEWEST_VERSION), 1, Need::Optional),
    element("DDO", Field::Enhanced, Kind::Flag, (11, NEWEST_VERSION), 1, Need::Optional),
    element("DDP", Field::Permit, Kind::Flag, (11, NEWEST_VERSION), 1, Need::Optional),
    element("DBN", Field::AliasFullName, Kind::Text, V1, 125, Need::Optional),
    element("DBN", Field::AliasFamilyName, Kind::Text, (3, 10), 10, Need::Optional),
    element("DBO", Field::AliasFamilyName, Kind::Text, V1, 50, Need::Optional),
    element("DBG", Field::AliasGivenNames, Kind::Text, (3, 10), 15, Need::Optional),
    element("DBP", Field::AliasGivenNames, Kind::Text, V1, 50, Need::Optional),
    element("DBQ", Field::AliasMiddleName, Kind::Text, V1, 50, Need::Optional),
    element("DBR", Field::AliasSuffix, Kind::Text, V1, 5, Need::Optional),
    element("DBS", Field::AliasSuffix, Kind::Text, (3, 10), 5, Need::Optional),
    element("DBS", Field::AliasPrefix, Kind::Text, V1, 5, Need::Optional),
    element("DBL", Field::AliasBirth, Kind::Date, V1, 8, Need::Optional),
    element("DBE", Field::IssueTimestamp, Kind::Text, V1, 30, Need::Optional),
    element("DBF", Field::Duplicates, Kind::Number, V1, 2, Need::Optional),
    element("DBG", Field::MedicalCodes, Kind::Text, V1, 20, Need::Optional),
    element("DBI", Field::NonResident, Kind::YesNo, V1, 1, Need::Optional),
    element("DBJ", Field::CustomerIdentifier, Kind::Text, V1, 50, Need::Optional),
    element("DBK", Field::SocialSecurityNumber, Kind::Text, V1, 11, Need::Optional),
    element("DBM", Field::AliasSocialSecurityNumber, Kind::Text, V1, 11, Need::Optional),
    element("PAA", Field::PermitClass, Kind::Text, V1, 20, Need::Optional),
    element("PAB", Field::PermitExpires, Kind::Date, V1, 8, Need::Optional),
    element("PAC", Field::PermitIdentifier, Kind::Text, V1, 20, Need::Optional),
    element("PAD", Field::PermitIssued, Kind::Date, V1, 8, Need::Optional),
    element("PAE", Field::PermitRestrictions, Kind::Text, V1, 20, Need::Optional),
    element("PAF", Field::PermitEndorsements, Kind::Text, V1, 20, Need::Optional),
];

/// The elements of a version, in the order in which they are written.
pub fn elements(version: u8) -> impl Iterator<Item = &'static Element> {
    ELEMENTS
        .iter()
        .filter(move |element| element.is_in(version))
}

/// The meaning that an element has in the version, else in the version nearest to it.
pub(super) fn nearest(id: &str, version: u8) -> Option<&'static Element> {
    ELEMENTS
        .iter()
        .filter(|element| element.id == id)
        .min_by_key(|element| element.distance(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_each_version_a_name_and_a_meaning_stand_once() {
        for version in 1..=NEWEST_VERSION {
            let mut ids: Vec<_> = elements(version).map(|element| element.id).collect();
            let mut fields: Vec<_> = elements(version).map(|element| element.field).collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            fields.sort_unstable();
            fields.dedup();
            assert_eq!(
                (ids.len(), fields.len()),
                (count, count),
                "version {version}"
            );
        }
    }

    #[test]
    fn versions_demand_what_their_standards_demand() {
        let demanded = |version: u8, card| {
            let mut ids: Vec<_> = elements(version)
                .filter(|element| element.is_demanded(Some(card)))
                .map(|element| element.id)
                .collect();
            ids.sort_unstable();
            ids.join(" ")
        };
        assert_eq!(
            demanded(1, Card::DrivingLicence),
            "DAA DAG DAI DAJ DAK DAQ DAR DAS DAT DBA DBB DBC DBD"
        );
        assert_eq!(
            demanded(3, Card::DrivingLicence),
            "DAG DAI DAJ DAK DAQ DAU DAY DBA DBB DBC DBD DCA DCB DCD DCF DCG DCH DCS DCT"
        );
        assert_eq!(
            demanded(10, Card::DrivingLicence),
            "DAC DAD DAG DAI DAJ DAK DAQ DAU DAY DBA DBB DBC DBD DCA DCB DCD DCF DCG DCS DDE DDF DDG"
        );
        assert_eq!(
            demanded(11, Card::IdentityCard),
            "DAC DAD DAG DAI DAJ DAK DAQ DAU DAY DBA DBB DBC DBD DCF DCG DCS DDE DDF DDG"
        );
    }

    #[test]
    fn a_name_means_what_its_version_says() {
        assert_eq!(
            nearest("DBG", 1).map(|e| e.field),
            Some(Field::MedicalCodes)
        );
        assert_eq!(
            nearest("DBG", 8).map(|e| e.field),
            Some(Field::AliasGivenNames)
        );
        assert_eq!(nearest("DCS", 1).map(|e| e.field), Some(Field::FamilyName));
        assert_eq!(nearest("DXX", 8), None);
    }
}
