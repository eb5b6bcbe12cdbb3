//! Evidence and policy in, decision out. The same evidence and policy give the same decision for ever.

use time::Date;

use crate::crosscheck::{difference_warning, doubts, mismatches};
use crate::living::{liveness_passed, liveness_reasons, liveness_warnings};
use crate::{
    BARCODE_LAYOUT, Checks, Decision, DocumentEvidence, LivenessEvidence, OnKnownFace, Policy,
    Reason, RiskLevel, SelfieEvidence, Status, Unscreened, Warning, presentation_suspected,
};

/// The issuer of specimens (ICAO 9303-3, section 5).
const UTOPIA: &str = "UTO";
/// Risk of a check that is open: neither for nor against.
const OPEN: f32 = 0.5;

/// All that a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The document's reading.
    pub document: &'a DocumentEvidence,
    /// The selfie and its comparison.
    pub selfie: &'a SelfieEvidence,
    /// The judged clip.
    pub liveness: &'a LivenessEvidence,
}

/// Decides. `today` is the day in UTC; a document is valid on its last day.
pub fn decide(evidence: Evidence<'_>, policy: &Policy, today: Date) -> Decision {
    let Evidence {
        document,
        selfie,
        liveness,
    } = evidence;
    let (mut reasons, mut warnings) = document_reasons(document, policy, today);
    let document_verified = document.fields.as_ref().map(|_| reasons.is_empty());
    reasons.extend(face_reasons(selfie, policy));
    reasons.extend(upload_reason(selfie, policy));
    reasons.extend(liveness_reasons(liveness, policy));
    if (selfie.faces > 1 || liveness.most_faces > 1) && !reasons.contains(&Reason::SeveralFaces) {
        reasons.push(Reason::SeveralFaces);
    }
    let screening = document.screening.as_ref();
    let sanctions_clear = screening.and_then(|found| found.sanctions_clear(policy));
    match (sanctions_clear, policy.unscreened) {
        (Some(_), _) => {}
        (None, Unscreened::Warn) => warnings.push(Warning::ScreeningNotAssessed),
        (None, Unscreened::Review) => reasons.push(Reason::ScreeningNotAssessed),
    }
    reasons.extend(
        screening
            .map(|found| found.reasons(policy))
            .unwrap_or_default(),
    );
    reasons.extend(known_reasons(selfie, policy));
    reasons.sort_by_key(|reason| leads_to(*reason, policy) != Status::Rejected);
    let status = reasons
        .first()
        .map_or(Status::Approved, |gravest| leads_to(*gravest, policy));
    warnings.extend(liveness_warnings(liveness, policy));
    let risk_score = risk((selfie, liveness), policy, document_verified, &reasons);
    Decision {
        status,
        checks: Checks {
            document_verified,
            face_match_passed: face_match_passed(selfie, policy),
            face_match_score: selfie
                .face_match
                .assessed()
                .map(|found| found.score(policy.face_match.max_distance)),
            liveness_passed: liveness_passed(liveness, policy),
            sanctions_clear,
        },
        reasons,
        warnings,
        risk_score,
        risk_level: level(risk_score, policy),
        policy: policy.name.clone(),
        policy_sha256: None,
        missing: Vec::new(),
        score: None,
        terms: None,
    }
}

/// Decides on the person alone: the selfie against the face that it was compared with, and the clip.
pub(crate) fn of_person(
    selfie: &SelfieEvidence,
    liveness: &LivenessEvidence,
    policy: &Policy,
) -> Decision {
    let mut reasons: Vec<Reason> = face_reasons(selfie, policy).into_iter().collect();
    reasons.extend(upload_reason(selfie, policy));
    reasons.extend(liveness_reasons(liveness, policy));
    if selfie.faces > 1 || liveness.most_faces > 1 {
        reasons.push(Reason::SeveralFaces);
    }
    reasons.extend(known_reasons(selfie, policy));
    reasons.sort_by_key(|reason| leads_to(*reason, policy) != Status::Rejected);
    let status = reasons
        .first()
        .map_or(Status::Approved, |gravest| leads_to(*gravest, policy));
    let risk_score = risk((selfie, liveness), policy, Some(true), &reasons);
    Decision {
        status,
        checks: Checks {
            document_verified: None,
            face_match_passed: face_match_passed(selfie, policy),
            face_match_score: selfie
                .face_match
                .assessed()
                .map(|found| found.score(policy.face_match.max_distance)),
            liveness_passed: liveness_passed(liveness, policy),
            sanctions_clear: None,
        },
        reasons,
        warnings: liveness_warnings(liveness, policy),
        risk_score,
        risk_level: level(risk_score, policy),
        policy: policy.name.clone(),
        policy_sha256: None,
        missing: Vec::new(),
        score: None,
        terms: None,
    }
}

/// What speaks against a living person being there, gravest first, where nothing else was asked.
pub fn living_reasons(
    selfie: &SelfieEvidence,
    liveness: &LivenessEvidence,
    policy: &Policy,
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = upload_reason(selfie, policy).into_iter().collect();
    reasons.extend(liveness_reasons(liveness, policy));
    if selfie.faces > 1 || liveness.most_faces > 1 {
        reasons.push(Reason::SeveralFaces);
    }
    reasons.sort_by_key(|reason| leads_to(*reason, policy) != Status::Rejected);
    reasons
}

/// What a reason leads to under a policy.
pub const fn leads_to(reason: Reason, policy: &Policy) -> Status {
    let known = match reason {
        Reason::BlockListed => policy.known_faces.block_listed,
        Reason::DuplicateIdentity => policy.known_faces.duplicate,
        _ => return reason.leads_to(),
    };
    match known {
        OnKnownFace::Reject => Status::Rejected,
        OnKnownFace::Off | OnKnownFace::Review => Status::ManualReview,
    }
}

/// What it leads to that the kiosk knows the face.
fn known_reasons(selfie: &SelfieEvidence, policy: &Policy) -> Vec<Reason> {
    let limits = &policy.known_faces;
    let known = selfie.known.unwrap_or_default();
    let near = |nearest: Option<f32>| nearest.is_some_and(|nearest| nearest <= limits.max_distance);
    let listed = limits.block_listed != OnKnownFace::Off && near(known.nearest_listed);
    let twice = limits.duplicate != OnKnownFace::Off && near(known.nearest_enrolled);
    [
        (listed, Reason::BlockListed),
        (twice, Reason::DuplicateIdentity),
    ]
    .into_iter()
    .filter_map(|(stands, reason)| stands.then_some(reason))
    .collect()
}

/// What is wrong with the document on `today`, and what else a reader has to know of it.
pub fn document_reasons(
    document: &DocumentEvidence,
    policy: &Policy,
    today: Date,
) -> (Vec<Reason>, Vec<Warning>) {
    let Some(fields) = &document.fields else {
        return (vec![Reason::DocumentUnreadable], vec![]);
    };
    let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
    if fields.issuing_state == UTOPIA {
        if policy.specimens {
            warnings.push(Warning::SpecimenAccepted);
        } else {
            reasons.push(Reason::SpecimenDocument);
        }
    }
    let by_barcode = document.layout.as_deref() == Some(BARCODE_LAYOUT);
    if !by_barcode && !document.check_digits.all_right() {
        reasons.push(Reason::CheckDigitFailed);
    }
    match fields.expiry_date {
        Some(last_day) if last_day < today => reasons.push(Reason::DocumentExpired),
        Some(_) => {}
        None => reasons.push(Reason::ExpiryNotRead),
    }
    if document.declared_kind.is_some()
        && document.kind.is_some()
        && document.declared_kind != document.kind
    {
        reasons.push(Reason::DocumentKindMismatch);
    }
    if document
        .declared_country
        .as_ref()
        .is_some_and(|declared| *declared != fields.issuing_state)
    {
        reasons.push(Reason::CountryMismatch);
    }
    reasons.extend(mismatches(&document.crosschecks, policy));
    warnings.extend(difference_warning(&document.crosschecks, policy));
    let (doubt, noted) = doubts(&document.signals, policy);
    reasons.extend(doubt);
    warnings.extend(noted);
    (reasons, warnings)
}

/// Whether the person's face is the document's; `None` where the two were not compared.
pub fn face_match_passed(selfie: &SelfieEvidence, policy: &Policy) -> Option<bool> {
    let found = selfie.face_match.assessed()?;
    Some(found.distance <= policy.face_match.max_distance)
}

/// What a selfie's file says of itself leads to.
fn upload_reason(selfie: &SelfieEvidence, policy: &Policy) -> Option<Reason> {
    let score = selfie.metadata.as_ref().and_then(|signal| signal.score)?;
    (score >= policy.injection.review_from).then_some(Reason::UploadMetadata)
}

fn face_reasons(selfie: &SelfieEvidence, policy: &Policy) -> Option<Reason> {
    match face_match_passed(selfie, policy) {
        Some(true) => None,
        Some(false) => Some(Reason::FailedFaceMatch),
        None => Some(Reason::FaceMatchNotAssessed),
    }
}

fn risk(
    (selfie, liveness): (&SelfieEvidence, &LivenessEvidence),
    policy: &Policy,
    verified: Option<bool>,
    reasons: &[Reason],
) -> f32 {
    let rejected = reasons
        .iter()
        .any(|reason| leads_to(*reason, policy) == Status::Rejected);
    let document = match verified {
        Some(true) => 0.0,
        Some(false) | None => OPEN,
    };
    let face = selfie.face_match.assessed().map_or(OPEN, |found| {
        1.0 - found.score(policy.face_match.max_distance)
    });
    let pad = liveness
        .passive
        .assessed()
        .map_or(OPEN, |pad| 1.0 - pad.score);
    let shown = match &liveness.presentation {
        Some(found) if presentation_suspected(liveness, policy) => found.attack,
        _ => 0.0,
    };
    let active = match liveness.active.assessed() {
        Some(answer) if answer.passed() => 0.0,
        _ => OPEN,
    };
    let floor = if rejected { 1.0 } else { 0.0 };
    let listed = match reasons.contains(&Reason::WatchListHit) {
        true => OPEN,
        false => 0.0,
    };
    [document, face, pad, shown, active, listed, floor]
        .into_iter()
        .fold(0.0, f32::max)
}

fn level(score: f32, policy: &Policy) -> RiskLevel {
    if score <= policy.risk.low_up_to {
        RiskLevel::Low
    } else if score <= policy.risk.medium_up_to {
        RiskLevel::Medium
    } else {
        RiskLevel::High
    }
}
