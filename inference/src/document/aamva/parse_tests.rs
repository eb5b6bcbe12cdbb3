//! Texts as cards in use hold them, with invented holders.

use time::macros::date;

use super::super::{Compliance, Height, Truncation, Value};
use super::*;
use crate::document::mrz::Sex;

fn read(text: &str) -> Licence {
    parse(text.as_bytes()).unwrap()
}

/// Version 10 with everything right, the jurisdiction's own subfile too.
const VERSION_10: &str = "@\n\x1e\rANSI 636000100102DL00410268ZV03090008DLDAQX98765432\nDCSSPECIMEN\nDDEN\n\
    DACPAULA\nDDFN\nDADMAY,ROSE\nDDGU\nDCUJR\nDCAD\nDCBK\nDCDNONE\nDBD06062021\nDBB02291984\nDBA12102031\n\
    DBC2\nDAU068 in\nDAYBRO\nDAG1 EXAMPLE STREET\nDAISAMPLETOWN\nDAJVA\nDAK232690000  \n\
    DCF2424244747474786102204\nDCGUSA\nDCK123456789\nDDAF\nDDB06062018\nDDK1\rZVZVA01\r";

#[test]
fn a_right_text_reads_whole_and_without_a_word() {
    let licence = read(VERSION_10);
    assert_eq!(licence.warnings, []);
    assert_eq!(licence.card, Some(Card::DrivingLicence));
    assert_eq!(licence.issuer().map(|issuer| issuer.code), Some("VA"));
    let fields = &licence.fields;
    assert_eq!(fields.text(Field::LicenceNumber), Some("X98765432"));
    assert_eq!(fields.date(Field::Birth), Some(date!(1984 - 02 - 29)));
    assert_eq!(fields.date(Field::Expires), Some(date!(2031 - 12 - 10)));
    assert_eq!(fields.sex(), Some(Sex::Female));
    assert!(fields.height() == Some(Height::Inches(68)));
    assert_eq!(fields.flag(Field::OrganDonor), Some(true));
    assert_eq!(fields.flag(Field::Veteran), None);
    assert!(fields.get(Field::Endorsements) == Some(&Value::NotApplicable));
    assert!(fields.get(Field::Compliance) == Some(&Value::Compliance(Compliance::Full)));
    let cut = Some(&Value::Truncation(Truncation::Unknown));
    assert!(fields.get(Field::MiddleNameTruncated) == cut);
    let names = licence.names();
    assert_eq!(names.family.as_deref(), Some("SPECIMEN"));
    assert_eq!(names.given.as_deref(), Some("PAULA MAY ROSE"));
    assert_eq!(names.suffix.as_deref(), Some("JR"));
    assert_eq!(
        licence.address().as_deref(),
        Some("1 EXAMPLE STREET, SAMPLETOWN, VA, 23269")
    );
    assert_eq!(licence.jurisdictions_own[0].text, "01");
}

#[test]
fn version_1_reads_with_its_own_names_and_years_first() {
    let licence = read(
        "@\n\x1e\rANSI 6360000102DL00390187ZV02260031DLDAQ0123456789ABC\nDAASPECIMEN,PAUL,Q\n\
         DAG123 MAIN STREET\nDAIANYTOWN\nDAJVA\nDAK123459999  \nDARDM  \nDAS          \nDAT     \n\
         DAU509\nDAW175\nDAYBL \nDAZBR \nDBA20111201\nDBB19761123\nDBCM\nDBD19961201\r\
         ZVZVAJURISDICTIONDEFINEDELEMENT\r",
    );
    assert_eq!(licence.header.version, 1);
    assert_eq!(licence.header.jurisdiction_version, None);
    assert_eq!(
        licence.fields.date(Field::Birth),
        Some(date!(1976 - 11 - 23))
    );
    assert_eq!(licence.names().family.as_deref(), Some("SPECIMEN"));
    assert_eq!(licence.names().given.as_deref(), Some("PAUL Q"));
    assert_eq!(licence.fields.sex(), Some(Sex::Male));
    assert!(licence.fields.height() == Some(Height::Inches(69)));
    assert_eq!(licence.fields.text(Field::VehicleClass), Some("DM"));
    assert_eq!(licence.fields.postal_code().as_deref(), Some("12345-9999"));
}

#[test]
fn a_canadian_card_has_years_first_and_centimetres() {
    let licence = read(
        "@\n\x1e\rANSI 636012030001DL00310000DLDCAG2  \nDCBX\nDCDNONE\nDBA20350425\nDCSSPECIMEN,\n\
         DCTPAUL,ANDREW\nDBD20250910\nDBB19740328\nDBC1\nDAYNONE\nDAU170 cm\nDAG789 E OAK AVE\n\
         DAITORONTO\nDAJON\nDAKA5K 4X9\nDAQS1234-12345-12345\nDCFAB1234567\nDCGCAN\nDCHNONE\nDCK*1234567*\r",
    );
    assert_eq!(licence.country(), Some(Country::Canada));
    assert_eq!(
        licence.fields.date(Field::Birth),
        Some(date!(1974 - 03 - 28))
    );
    assert!(licence.fields.height() == Some(Height::Centimetres(170)));
    assert_eq!(licence.names().given.as_deref(), Some("PAUL ANDREW"));
    assert_eq!(licence.names().family.as_deref(), Some("SPECIMEN"));
    let ids: Vec<_> = licence.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(ids.len(), 1, "{ids:?}"); // the designator's length of 0
}

#[test]
fn an_identity_card_is_known_as_one_and_needs_no_vehicle_class() {
    let text = VERSION_10
        .replace("DL00410268ZV03090008DL", "ID00410250ZV02910008ID")
        .replace("DCAD\nDCBK\nDCDNONE\n", "");
    let licence = read(&text);
    assert_eq!(licence.card, Some(Card::IdentityCard));
    assert_eq!(licence.warnings, []);
}

#[test]
fn a_newer_version_reads_as_the_newest_with_a_warning() {
    let licence = read(&VERSION_10.replace("636000100102", "636000140102"));
    assert_eq!(licence.header.version, 14);
    assert_eq!(licence.warnings, [Warning::NewerVersion { version: 14 }]);
}

#[test]
fn the_indicators_of_2025_read() {
    let text = VERSION_10
        .replace("636000100102", "636000110102")
        .replace("DDK1", "DDK1\nDDM1\nDDN1\nDDO1\nDDP1")
        .replace("0268ZV0309", "0288ZV0329");
    let licence = read(&text);
    assert_eq!(licence.warnings, []);
    for field in [
        Field::Commercial,
        Field::NonDomiciled,
        Field::Enhanced,
        Field::Permit,
    ] {
        assert_eq!(licence.fields.flag(field), Some(true), "{field:?}");
    }
}

#[test]
fn line_ends_of_two_characters_and_missing_separators_are_read() {
    let windows = read(&VERSION_10.replace('\n', "\r\n").replacen("@\r\n", "@\n", 1));
    assert_eq!(windows.fields, read(VERSION_10).fields);
    let stripped = read(&VERSION_10.replace("@\n\x1e\r", "@"));
    assert_eq!(stripped.fields, read(VERSION_10).fields);
    assert!(stripped.warnings.contains(&Warning::HeaderSeparators));
    let one_subfile = read(&VERSION_10.replace('\r', "\n"));
    assert_eq!(one_subfile.fields, read(VERSION_10).fields);
    assert_eq!(one_subfile.jurisdictions_own.len(), 1);
}

#[test]
fn wrong_offsets_and_counts_cut_nothing() {
    let wrong = VERSION_10.replace("DL00410268ZV03090008", "DL00310100ZV04000100");
    let licence = read(&wrong.replace("100102DL", "100105DL"));
    assert_eq!(licence.fields, read(VERSION_10).fields);
    assert!(
        licence
            .warnings
            .contains(&Warning::Entries { told: 5, found: 2 })
    );
    assert!(
        licence
            .warnings
            .contains(&Warning::SubfilePlace { subfile: LICENCE })
    );
}

#[test]
fn a_subfile_without_its_name_or_with_it_twice_is_read() {
    let id = |text: &str| ElementId::at(text).unwrap();
    for strayed in ["DAQX98765432", "DLDLDAQX98765432"] {
        let licence = read(&VERSION_10.replace("DLDAQX98765432", strayed));
        assert_eq!(licence.fields, read(VERSION_10).fields, "{strayed}");
        assert!(
            licence
                .warnings
                .contains(&Warning::SubfileName { subfile: LICENCE })
        );
    }
    let parted = read(&VERSION_10.replace("DLDAQ", "DL\nDAQ"));
    assert_eq!(parted.fields, read(VERSION_10).fields);
    assert!(
        !parted
            .warnings
            .contains(&Warning::UnknownElement { id: id("DLD") })
    );
}

#[test]
fn an_element_that_says_two_things_is_not_read() {
    let id = ElementId::at("DBB").unwrap();
    let twice = read(&VERSION_10.replace("DBB02291984", "DBB02291984\nDBB03011984"));
    assert_eq!(twice.fields.get(Field::Birth), None);
    assert!(twice.warnings.contains(&Warning::Conflict { id }));
    assert_eq!(twice.unread.len(), 2);
    let same = read(&VERSION_10.replace("DBB02291984", "DBB02291984\nDBB02291984"));
    assert_eq!(same.fields.date(Field::Birth), Some(date!(1984 - 02 - 29)));
    assert!(same.warnings.contains(&Warning::Repeated { id }));
}

#[test]
fn what_cannot_be_told_is_left_out_and_kept_as_it_stands() {
    let licence = read(
        &VERSION_10
            .replace("DBB02291984", "DBB02301984")
            .replace("DBC2", "DBC7"),
    );
    assert_eq!(licence.fields.date(Field::Birth), None);
    assert_eq!(licence.fields.sex(), None);
    let unread: Vec<_> = licence
        .unread
        .iter()
        .map(|extra| extra.text.as_str())
        .collect();
    assert_eq!(unread, ["02301984", "7"]);
}

#[test]
fn a_date_in_the_other_order_reads_with_a_warning() {
    let licence = read(&VERSION_10.replace("DBB02291984", "DBB19840229"));
    assert_eq!(
        licence.fields.date(Field::Birth),
        Some(date!(1984 - 02 - 29))
    );
    let id = ElementId::at("DBB").unwrap();
    assert_eq!(licence.warnings, [Warning::Unusual { id }]);
}

#[test]
fn an_old_card_that_strays_in_many_ways_reads_what_can_be_told() {
    // Six digits that are no issuer, no count, dates with hyphens, names apart, feet in `DAV`.
    let licence = read(
        "@\n\nAAMVA36004001DL00280200DLDABSPECIMEN\nDACPATRICIA\nDADLOU\nDAE\nDAL3105 ANY DR\nDAM\n\
         DANSAMPLEVILLE\nDAONC\nDAP27614-7307\nDAQ27475304\nDARC\nDAS1\nDATNone\nDAV5-01\nDAYBRO\n\
         DAZBRO\nDBA06-05-2019\nDBB06-05-1951\nDBCF\nDBD07-18-2012\n",
    );
    assert_eq!(licence.issuer(), None);
    assert_eq!(licence.names().family.as_deref(), Some("SPECIMEN"));
    assert_eq!(licence.names().given.as_deref(), Some("PATRICIA LOU"));
    assert_eq!(
        licence.fields.date(Field::Birth),
        Some(date!(1951 - 06 - 05))
    );
    assert!(licence.fields.height() == Some(Height::Inches(61)));
    assert_eq!(
        licence.address().as_deref(),
        Some("3105 ANY DR, SAMPLEVILLE, NC, 27614-7307")
    );
    assert!(licence.warnings.contains(&Warning::UnknownIssuer));
}

#[test]
fn latin_letters_read_from_either_encoding() {
    let accented = VERSION_10.replace("SAMPLETOWN", "MONTRÉAL");
    assert_eq!(read(&accented).fields.text(Field::City), Some("MONTRÉAL"));
    let latin: Vec<u8> = accented.chars().map(|character| character as u8).collect();
    assert_eq!(
        parse(&latin).unwrap().fields.text(Field::City),
        Some("MONTRÉAL")
    );
}

#[test]
fn an_element_of_another_version_is_read_where_its_place_is_free() {
    let licence = read(&VERSION_10.replace("DDFN", "DDFN\nDCTOTHER NAMES\nDABELSE"));
    assert_eq!(licence.fields.text(Field::FamilyName), Some("SPECIMEN"));
    assert_eq!(licence.fields.text(Field::GivenNames), Some("OTHER NAMES"));
    for id in ["DCT", "DAB"] {
        let id = ElementId::at(id).unwrap();
        assert!(licence.warnings.contains(&Warning::OtherVersion { id }));
    }
}

#[test]
fn an_element_of_another_version_never_stands_in_for_one_that_says_two_things() {
    let licence = read(&VERSION_10.replace("DCSSPECIMEN", "DCSSPECIMEN\nDCSOTHER\nDABTHIRD"));
    assert_eq!(licence.fields.get(Field::FamilyName), None);
    assert_eq!(licence.unread.len(), 3);
}

#[test]
fn a_long_text_of_strays_takes_no_time() {
    let mut text = VERSION_10.to_owned();
    while text.len() < MOST_BYTES - 16 {
        text.push_str(&format!("\nDAB{}\nXYZ", text.len()));
    }
    assert!(read(&text).unread.len() > 5_000);
}

#[test]
fn what_is_too_long_or_empty_is_refused() {
    assert!(matches!(
        parse(&vec![b'A'; MOST_BYTES + 1]),
        Err(AamvaError::TooLong { .. })
    ));
    assert_eq!(
        parse(b"@\n\x1e\rANSI 636000100102DL00410278"),
        Err(AamvaError::Empty)
    );
    assert_eq!(parse(b"Hello"), Err(AamvaError::NotAamva));
}

#[test]
fn a_text_of_nothing_but_strays_tells_a_bounded_number_of_them() {
    let mut text = "@\n\x1e\rANSI 636000100101DL00310278DLDAQ1".to_owned();
    for first in b'A'..=b'Z' {
        for second in b'A'..=b'Z' {
            text.push_str(&format!("\nX{}{}1", char::from(first), char::from(second)));
        }
    }
    let licence = read(&text);
    assert_eq!(licence.warnings.len(), MOST_WARNINGS + 1);
    assert_eq!(licence.warnings.last(), Some(&Warning::More));
}

#[test]
fn debug_and_errors_show_nothing_of_the_card() {
    let licence = read(&VERSION_10.replace("DBC2", "DBC7"));
    let shown = format!("{licence:?} {:?} {:?}", licence.names(), licence.unread);
    let told: String = licence
        .warnings
        .iter()
        .map(|warning| warning.to_string())
        .collect();
    for secret in ["SPECIMEN", "PAULA", "X98765432", "1984", "EXAMPLE"] {
        assert!(
            !shown.contains(secret) && !told.contains(secret),
            "{shown} {told}"
        );
    }
}
