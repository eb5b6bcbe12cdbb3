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
            include_str!("../../../docs/api/kyc.md"),
            27,
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
