//! A tenant's own weights and tolerances, by the KYC API's names, and what they change of a decision.
//!
//! ```text
//! tolerance ─► stricter of it and the policy's bound ─► the same rules
//! weight    ─► score = Σ weight · result / Σ weight over the checks that were assessed ─► least score for an approval
//! ```
//!
//! A tenant can make a decision stricter and never looser: the policy's bounds hold for all. A weight of a check that was not
//! assessed counts neither way, and the decision says so.

use serde::{Deserialize, Serialize};

use crate::{CrosscheckOutcome, DocumentEvidence, DocumentType, Policy, SignalName, SignalOutcome};

/// Every number by its published name.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "the published names; `Weights::NAMED` says what each may be"
)]
pub struct Weights {
    pub onboarding_face_encoding_tolerance: f64,
    pub verified_account_face_encoding_tolerance: f64,
    pub driver_license_fuzzy_match_tolerance: f64,
    pub driver_license_fuzzy_match_weight: f64,
    pub state_id_fuzzy_match_tolerance: f64,
    pub state_id_fuzzy_match_weight: f64,
    pub passport_fuzzy_match_tolerance: f64,
    pub passport_fuzzy_match_weight: f64,
    pub passport_card_fuzzy_match_tolerance: f64,
    pub passport_card_fuzzy_match_weight: f64,
    pub ofac_fuzzy_match_tolerance: f64,
    pub ofac_fuzzy_match_weight: f64,
    pub suspicious_words_weight: f64,
    pub image_manipulation_weight: f64,
    pub online_duplication_weight: f64,
    pub is_identity_document_weight: f64,
    pub aamva_match_tolerance: f64,
    pub aamva_match_weight: f64,
    pub idv_session_tolerance: f64,
    pub minimum_liveness_tolerance: f64,
    pub passive_active_skip_tolerance: f64,
    pub gender_probability_tolerance: f64,
    pub gender_weight: f64,
    pub expression_tolerance: f64,
    pub age_tolerance: f64,
    pub age_weight: f64,
    pub direction_tolerance: f64,
}

/// Most that a weight may be.
const HEAVIEST: f64 = 1_000.0;
/// Most that a distance of two faces may be.
const FARTHEST: f64 = 2.0;

impl Weights {
    /// Every field with the most that it may be; the least is 0.
    pub const NAMED: [(&'static str, f64); 27] = [
        ("onboarding_face_encoding_tolerance", FARTHEST),
        ("verified_account_face_encoding_tolerance", FARTHEST),
        ("driver_license_fuzzy_match_tolerance", 1.0),
        ("driver_license_fuzzy_match_weight", HEAVIEST),
        ("state_id_fuzzy_match_tolerance", 1.0),
        ("state_id_fuzzy_match_weight", HEAVIEST),
        ("passport_fuzzy_match_tolerance", 1.0),
        ("passport_fuzzy_match_weight", HEAVIEST),
        ("passport_card_fuzzy_match_tolerance", 1.0),
        ("passport_card_fuzzy_match_weight", HEAVIEST),
        ("ofac_fuzzy_match_tolerance", 1.0),
        ("ofac_fuzzy_match_weight", HEAVIEST),
        ("suspicious_words_weight", HEAVIEST),
        ("image_manipulation_weight", HEAVIEST),
        ("online_duplication_weight", HEAVIEST),
        ("is_identity_document_weight", HEAVIEST),
        ("aamva_match_tolerance", 1.0),
        ("aamva_match_weight", HEAVIEST),
        ("idv_session_tolerance", 1.0),
        ("minimum_liveness_tolerance", 1.0),
        ("passive_active_skip_tolerance", 1.0),
        ("gender_probability_tolerance", 1.0),
        ("gender_weight", HEAVIEST),
        ("expression_tolerance", 1.0),
        ("age_tolerance", 150.0),
        ("age_weight", HEAVIEST),
        ("direction_tolerance", 180.0),
    ];

    /// What holds where a tenant has set none: the policy's own bounds, and no weight.
    pub fn of_policy(policy: &Policy) -> Self {
        let face = f64::from(policy.face_match.max_distance);
        Self {
            onboarding_face_encoding_tolerance: face,
            verified_account_face_encoding_tolerance: face,
            driver_license_fuzzy_match_tolerance: 0.0,
            driver_license_fuzzy_match_weight: 0.0,
            state_id_fuzzy_match_tolerance: 0.0,
            state_id_fuzzy_match_weight: 0.0,
            passport_fuzzy_match_tolerance: 0.0,
            passport_fuzzy_match_weight: 0.0,
            passport_card_fuzzy_match_tolerance: 0.0,
            passport_card_fuzzy_match_weight: 0.0,
            ofac_fuzzy_match_tolerance: f64::from(policy.screening.review_from) / 100.0,
            ofac_fuzzy_match_weight: 0.0,
            suspicious_words_weight: 0.0,
            image_manipulation_weight: 0.0,
            online_duplication_weight: 0.0,
            is_identity_document_weight: 0.0,
            aamva_match_tolerance: 0.0,
            aamva_match_weight: 0.0,
            idv_session_tolerance: 0.0,
            minimum_liveness_tolerance: f64::from(policy.passive_pad.min_score),
            passive_active_skip_tolerance: 1.0,
            gender_probability_tolerance: 0.0,
            gender_weight: 0.0,
            expression_tolerance: 0.0,
            age_tolerance: 0.0,
            age_weight: 0.0,
            direction_tolerance: f64::from(policy.usable_face.max_turn_deg),
        }
    }

    /// The policy with every bound that these make stricter.
    pub fn over(&self, policy: &Policy) -> Policy {
        self.bounded(policy, self.onboarding_face_encoding_tolerance)
    }

    /// The same for a person who is compared with their enrolled face.
    pub fn over_verified(&self, policy: &Policy) -> Policy {
        self.bounded(policy, self.verified_account_face_encoding_tolerance)
    }

    fn bounded(&self, policy: &Policy, face: f64) -> Policy {
        let mut strict = policy.clone();
        let nearest = &mut strict.face_match.max_distance;
        *nearest = nearest.min(face as f32);
        let alive = &mut strict.passive_pad.min_score;
        *alive = alive.max(self.minimum_liveness_tolerance as f32);
        strict
    }

    /// Tolerance and weight of a document's agreement with itself; `None` for types that have none.
    const fn of_document(&self, kind: DocumentType) -> Option<(f64, f64)> {
        Some(match kind {
            DocumentType::DriverLicense => (
                self.driver_license_fuzzy_match_tolerance,
                self.driver_license_fuzzy_match_weight,
            ),
            DocumentType::IdentificationCard => (
                self.state_id_fuzzy_match_tolerance,
                self.state_id_fuzzy_match_weight,
            ),
            DocumentType::Passport => (
                self.passport_fuzzy_match_tolerance,
                self.passport_fuzzy_match_weight,
            ),
            DocumentType::PassportCard => (
                self.passport_card_fuzzy_match_tolerance,
                self.passport_card_fuzzy_match_weight,
            ),
            DocumentType::Unknown => return None,
        })
    }

    /// What these say of a document and a screening.
    pub(crate) fn weighed(
        &self,
        document: &DocumentEvidence,
        screened: Option<bool>,
        policy: &Policy,
    ) -> Weighed {
        let agreement = agreement(document);
        let own = self.of_document(DocumentType::of(document));
        let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
        let parts = [
            (own.map_or(0.0, |(_, weight)| weight), agreement),
            (self.ofac_fuzzy_match_weight, screened.map(truth)),
            (
                self.suspicious_words_weight,
                quiet(document, &[SignalName::SuspiciousWords], policy).map(truth),
            ),
            (
                self.image_manipulation_weight,
                quiet(document, &MANIPULATION, policy).map(truth),
            ),
            (
                self.is_identity_document_weight,
                Some(truth(document.fields.is_some())),
            ),
            // Nobody here searches networks, asks registries, or estimates age and gender.
            (self.online_duplication_weight, None),
            (self.aamva_match_weight, None),
            (self.gender_weight, None),
            (self.age_weight, None),
        ];
        let assessed = parts
            .iter()
            .filter_map(|(weight, result)| Some((*weight, (*result)?)));
        let (sum, whole) = assessed.fold((0.0, 0.0), |(sum, whole), (weight, result)| {
            (sum + weight * result, whole + weight)
        });
        let score = (whole > 0.0).then(|| sum / whole);
        let short = |tolerance: f64, is: Option<f64>| is.is_some_and(|is| is < tolerance);
        Weighed {
            score: score.map(|score| score as f32),
            below: short(self.idv_session_tolerance, score)
                || own.is_some_and(|(tolerance, _)| short(tolerance, agreement)),
            unassessed: parts
                .iter()
                .any(|(weight, result)| *weight > 0.0 && result.is_none()),
        }
    }
}

/// What weights say of one session.
pub(crate) struct Weighed {
    /// 0 to 1; `None` where nothing that has weight was assessed.
    pub(crate) score: Option<f32>,
    /// Something lies below its tolerance.
    pub(crate) below: bool,
    /// Something that has weight was not assessed.
    pub(crate) unassessed: bool,
}

/// Signs that a picture was copied or altered.
pub const MANIPULATION: [SignalName; 4] = [
    SignalName::ScreenRecapture,
    SignalName::Photocopy,
    SignalName::PortraitPasted,
    SignalName::MrzPrint,
];

/// Whether none of the signals reaches the policy's threshold; `None` where none was assessed.
pub fn quiet(document: &DocumentEvidence, names: &[SignalName], policy: &Policy) -> Option<bool> {
    let signals = document.signals.iter();
    let told: Vec<bool> = signals
        .filter(|signal| names.contains(&signal.name))
        .filter(|signal| signal.outcome != SignalOutcome::NotAssessed)
        .filter_map(|signal| signal.is_quiet(policy))
        .collect();
    (!told.is_empty()).then(|| told.iter().all(|quiet| *quiet))
}

/// How many of the fields that two parts of the document state agree, 0 to 1; `None` where none was compared.
fn agreement(document: &DocumentEvidence) -> Option<f64> {
    let told = document
        .crosschecks
        .iter()
        .filter_map(|check| match check.outcome {
            CrosscheckOutcome::Agrees { .. } => Some(1.0),
            CrosscheckOutcome::Differs { .. } => Some(0.0),
            CrosscheckOutcome::NotAssessed(_) => None,
        });
    let told: Vec<f64> = told.collect();
    let count = told.len();
    (count > 0).then(|| told.iter().sum::<f64>() / count as f64)
}
