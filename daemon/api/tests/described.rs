//! What the API answers and what `docs/api/` says of it are the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

const DESCRIPTION: &str = include_str!("../../../docs/api/onboarder.md");

/// Texts in quotation marks that are written like a code.
fn codes(source: &str) -> Vec<&str> {
    let like_a_code = |text: &&str| {
        text.len() > 4
            && text.contains(|letter: char| letter.is_ascii_uppercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    source
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(like_a_code)
        .collect()
}

/// What every dialect can be told, and what each alone can: described where it is told.
#[test]
fn every_error_code_is_described() {
    const ELSEWHERE: &str = concat!(
        include_str!("../../../docs/api/kairos.md"),
        include_str!("../../../docs/api/kyc.md"),
        include_str!("../../../docs/api/master.md"),
        include_str!("../../../docs/api/kyconnect.md"),
        include_str!("../../../docs/api/webhooks.md"),
    );
    let mut found = 0;
    for source in [
        include_str!("../src/web/problem.rs"),
        include_str!("../src/web/upload.rs"),
        include_str!("../src/onboarder/document.rs"),
        include_str!("../src/master/otp.rs"),
        include_str!("../src/connect/fault.rs"),
    ] {
        for code in codes(source) {
            // Codes of steps that no dialect has an operation for.
            if !["ALREADY_CREATED", "NOT_YET_EXPIRED", "NOT_DECIDED"].contains(&code) {
                let quoted = format!("`{code}`");
                let is_told = DESCRIPTION.contains(&quoted) || ELSEWHERE.contains(&quoted);
                assert!(is_told, "{code}");
                found += 1;
            }
        }
    }
    assert!(found >= 28, "{found}");
}

#[test]
fn every_reason_of_a_decision_is_described() {
    let source = include_str!("../../session/src/decision.rs");
    let reasons = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" =>"));
    let mut found = 0;
    for (name, _) in reasons {
        let quoted = format!("\"{}\"", in_capitals(name));
        // A name that is no reason does not read as one.
        if serde_json::from_str::<kiosk_session::Reason>(&quoted).is_ok() {
            assert!(
                DESCRIPTION.contains(&format!("`{}`", in_capitals(name))),
                "{name}"
            );
            found += 1;
        }
    }
    assert!(found >= 18, "{found}");
}

/// `FaceChanged` as `FACE_CHANGED`.
fn in_capitals(name: &str) -> String {
    let mut capitals = String::new();
    for (place, letter) in name.chars().enumerate() {
        if place > 0 && letter.is_ascii_uppercase() {
            capitals.push('_');
        }
        capitals.push(letter.to_ascii_uppercase());
    }
    capitals
}

#[test]
fn every_route_is_described() {
    let dialects = [
        (include_str!("../src/onboarder/mod.rs"), DESCRIPTION, 9),
        (
            include_str!("../src/kyc/mod.rs"),
            concat!(
                include_str!("../../../docs/api/kyc.md"),
                include_str!("../../../docs/api/webhooks.md"),
            ),
            56,
        ),
        (
            include_str!("../src/master/mod.rs"),
            include_str!("../../../docs/api/master.md"),
            13,
        ),
        (
            include_str!("../src/connect/mod.rs"),
            include_str!("../../../docs/api/kyconnect.md"),
            40,
        ),
    ];
    for (source, page, least) in dialects {
        let routes: Vec<&str> = source
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|text| text.starts_with('/'))
            .collect();
        assert!(routes.len() >= least, "{routes:?}");
        for route in routes {
            assert!(page.contains(&format!("{route}`")), "{route}");
        }
    }
}

#[test]
fn every_event_of_the_hooks_and_every_outcome_is_described() {
    const PAGE: &str = include_str!("../../../docs/api/webhooks.md");
    let events = include_str!("../src/onboarder/told.rs").split('"');
    let events = events
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with("session."));
    let words = include_str!("../src/tellings.rs")
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("Event::")?
                .split_once("=> Some(\"")
        })
        .filter_map(|(_, word)| word.split('"').next());
    let mut names: Vec<String> = events.map(str::to_owned).collect();
    for word in words {
        names.push(format!("idv.session.{word}"));
        // An authentication has no document.
        if word != "document_added" {
            names.push(format!("ida.session.{word}"));
        }
    }
    assert_eq!(names.len(), 4 + 6 + 5, "{names:?}");
    use kiosk_api::deliveries::Outcome as O;
    let outcomes = [
        O::Delivered,
        O::Refused,
        O::Redirected,
        O::Gone,
        O::Unreachable,
        O::AddressRefused,
        O::NoSecret,
    ];
    names.extend(outcomes.map(|one| serde_json::to_string(&one).unwrap().replace('"', "")));
    for name in names {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}
