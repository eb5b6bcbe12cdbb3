//! What each contradiction gives, and that what is consistent gives none.

use super::*;
use crate::document::aamva::parse as parse_licence;
use crate::document::crosscheck::{Agreement, NotCompared, Source};
use crate::document::mrz::{MrzDate, Names, Sex, encode, parse_as};
use time::macros::date;

fn fields(code: &str, state: &str, number: &str) -> MrzFields {
    MrzFields {
        document_code: code.into(),
        issuing_state: state.into(),
        names: Names::new("ERIKSSON", "ANNA"),
        document_number: number.into(),
        nationality: state.into(),
        birth: MrzDate::parse("740812"),
        sex: Some(Sex::Female),
        expiry: MrzDate::parse("341119"),
        ..MrzFields::default()
    }
}

/// What is wrong with a zone, as it is read from its lines.
fn wrong_in(format: MrzFormat, lines: &[String]) -> Vec<Reason> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mrz = parse_as(format, &lines).unwrap();
    let checks = of_zone(format, &mrz.fields, &lines, mrz.check_digits);
    let wrong = checks.into_iter().flatten().filter(|(wrong, _)| *wrong);
    wrong.map(|(_, reason)| reason).collect()
}

fn wrong(format: MrzFormat, fields: &MrzFields) -> Vec<Reason> {
    wrong_in(format, &encode(format, fields).unwrap())
}

#[test]
fn consistent_zones_of_every_layout_give_nothing() {
    for (format, code) in [
        (MrzFormat::Td1, "I"),
        (MrzFormat::Td1, "AC"),
        (MrzFormat::Td2, "ID"),
        (MrzFormat::Td3, "PD"),
        (MrzFormat::MrvA, "V"),
        (MrzFormat::MrvB, "VC"),
    ] {
        let found = wrong(format, &fields(code, "UTO", "L898902C3"));
        assert_eq!(found, [], "{format:?} {code}");
    }
    let french = MrzFields {
        expiry: None,
        ..fields("ID", "FRA", "880692310285")
    };
    assert_eq!(wrong(MrzFormat::FrenchId, &french), []);
}

#[test]
fn a_document_code_of_another_layout_is_told() {
    for (format, code) in [
        (MrzFormat::Td3, "I"),
        (MrzFormat::Td1, "P"),
        (MrzFormat::Td1, "IV"),
        (MrzFormat::Td2, "D"),
    ] {
        let found = wrong(format, &fields(code, "UTO", "L898902C3"));
        assert_eq!(found, [Reason::DocumentCode], "{format:?} {code}");
    }
}

#[test]
fn a_code_that_no_list_holds_and_one_that_issues_nothing_are_told() {
    let unknown = fields("P", "QQQ", "L898902C3");
    assert_eq!(
        wrong(MrzFormat::Td3, &unknown),
        [Reason::StateCode; 2],
        "issuer and nationality"
    );
    let stateless = MrzFields {
        nationality: "XXA".into(),
        ..fields("P", "UTO", "L898902C3")
    };
    assert_eq!(wrong(MrzFormat::Td3, &stateless), []);
    let issuer = MrzFields {
        nationality: "UTO".into(),
        ..fields("P", "XXA", "L898902C3")
    };
    assert_eq!(wrong(MrzFormat::Td3, &issuer), [Reason::StateCode]);
}

#[test]
fn a_number_of_another_shape_than_its_state_publishes_is_told() {
    let found = wrong(MrzFormat::Td3, &fields("P", "GBR", "L898902C3"));
    assert_eq!(found, [Reason::NumberFormat]);
    assert_eq!(wrong(MrzFormat::Td3, &fields("P", "GBR", "123456789")), []);
}

#[test]
fn a_day_that_does_not_exist_is_told_under_a_right_check_digit_alone() {
    let mut lines = encode(MrzFormat::Td3, &fields("P", "UTO", "L898902C3")).unwrap();
    // 31 February with its digit.
    lines[1].replace_range(13..20, "7402315");
    assert_eq!(wrong_in(MrzFormat::Td3, &lines), [Reason::NoSuchDay]);
    lines[1].replace_range(19..20, "1");
    assert_eq!(
        wrong_in(MrzFormat::Td3, &lines),
        [],
        "a wrong digit tells of a misreading"
    );
    for (raw, may) in [
        ("740229", false),
        ("760229", true),
        ("740000", true),
        ("741301", false),
    ] {
        assert_eq!(may_be_a_day(raw), may, "{raw}");
    }
}

fn compared(birth_date: Crosscheck) -> Crosschecks {
    Crosschecks {
        birth_date,
        ..Crosschecks::default()
    }
}

fn signal(licence: Option<&Licence>, crosschecks: &Crosschecks) -> Signal {
    consistency(&Stated {
        mrz: None,
        sides: &[],
        licence,
        crosschecks,
    })
}

#[test]
fn days_that_differ_between_parts_are_told_and_days_that_agree_clear() {
    let between = [Source::Mrz, Source::Viz];
    let differs = signal(
        None,
        &compared(Crosscheck::Differs {
            between,
            distance: 1,
        }),
    );
    assert!(differs.is_raised());
    assert_eq!(
        differs.scored.measured().map(|scored| scored.reason),
        Some(Reason::DatesDiffer)
    );
    let by = Agreement::Exact;
    let agrees = signal(
        None,
        &compared(Crosscheck::Agrees {
            between,
            by,
            distance: 0,
        }),
    );
    assert_eq!(
        agrees.scored.measured().map(|scored| scored.score),
        Some(0.0)
    );
}

#[test]
fn a_document_that_says_nothing_to_judge_is_not_assessed() {
    let open = compared(Crosscheck::NotAssessed(NotCompared::OneSource));
    assert_eq!(
        signal(None, &open).scored,
        Assessment::NotAssessed(Unmeasured::NotStated)
    );
}

#[test]
fn days_out_of_order_are_told() {
    let (birth, issued) = (Some(date!(1974 - 08 - 12)), Some(date!(2024 - 11 - 21)));
    let expiry = Some(date!(2034 - 11 - 19));
    assert_eq!(
        order(&[birth, issued, expiry]),
        Some((false, Reason::Order))
    );
    assert_eq!(order(&[birth, expiry, issued]), Some((true, Reason::Order)));
    assert_eq!(order(&[issued, None, birth]), Some((true, Reason::Order)));
    assert_eq!(order(&[None, issued, None]), None);
}

fn licence(issued: &str, country: &str) -> Licence {
    let text = format!(
        "@\n\x1e\rANSI 636000100001DL00310120DLDAQX98765432\nDCSSPECIMEN\nDDEN\nDACPAULA\nDDFN\nDADMAY\nDDGT\n\
        DBB02291984\nDBD{issued}\nDBA12102031\nDCG{country}\nDBC2\nDAG1 EXAMPLE STREET\nDAISAMPLETOWN\nDAJVA\nDAK232690000\r"
    );
    parse_licence(text.as_bytes()).unwrap()
}

#[test]
fn a_licence_issued_after_it_expires_or_by_another_country_is_told() {
    let nothing = Crosschecks::default();
    let reason = |licence: &Licence| {
        let scored = signal(Some(licence), &nothing).scored.measured().unwrap();
        (scored.score > 0.5).then_some(scored.reason)
    };
    assert_eq!(reason(&licence("12102023", "USA")), None);
    assert_eq!(reason(&licence("12112031", "USA")), Some(Reason::Order));
    assert_eq!(reason(&licence("12102023", "CAN")), Some(Reason::Issuer));
}
