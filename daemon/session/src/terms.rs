//! What a tenant has set beside the kiosk's policy, and decisions by both.
//!
//! A decision keeps the terms that it was made by whole, so that it can be made again from the session alone and its policy.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::decide::{self, Evidence};
use crate::required::missing;
use crate::{
    Decision, FieldName, LivenessEvidence, Policy, Reason, SelfieEvidence, Status, Warning, Weights,
};

/// A version of a tenant's weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightsVersion {
    /// Its name.
    pub id: String,
    /// The numbers.
    pub weights: Weights,
}

/// What a tenant has set for a session's document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Weights and tolerances; absent where none were set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<WeightsVersion>,
    /// Fields that have to be read of a document of that type and source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<FieldName>,
}

impl Terms {
    /// The tenant has set nothing.
    pub const fn is_empty(&self) -> bool {
        self.weights.is_none() && self.required.is_empty()
    }
}

/// Decides by policy and terms; without terms as [`decide::decide`] does.
pub fn decide_by(evidence: Evidence<'_>, policy: &Policy, terms: &Terms, today: Date) -> Decision {
    if terms.is_empty() {
        return decide::decide(evidence, policy, today);
    }
    let weights = terms.weights.as_ref().map(|version| &version.weights);
    let strict = weights.map_or_else(|| policy.clone(), |weights| weights.over(policy));
    let mut made = decide::decide(evidence, &strict, today);
    made.missing = missing(&terms.required, evidence.document, evidence.selfie);
    if !made.missing.is_empty() {
        made.reasons.push(Reason::FieldsMissing);
    }
    if let Some(weights) = weights {
        let weighed = weights.weighed(evidence.document, made.checks.sanctions_clear, &strict);
        made.score = weighed.score;
        if weighed.below {
            made.reasons.push(Reason::BelowTolerance);
        }
        if weighed.unassessed {
            made.warnings.push(Warning::WeightNotAssessed);
        }
    }
    if made.status == Status::Approved && !made.reasons.is_empty() {
        made.status = Status::ManualReview;
    }
    made.terms = Some(Box::new(terms.clone()));
    made
}

/// Decides whether the person before the camera is an enrolled one: their selfie was compared with the enrolled face, and no
/// document is looked at.
pub fn authenticate(
    selfie: &SelfieEvidence,
    liveness: &LivenessEvidence,
    policy: &Policy,
    terms: &Terms,
) -> Decision {
    let weights = terms.weights.as_ref().map(|version| &version.weights);
    let strict = weights.map_or_else(|| policy.clone(), |weights| weights.over_verified(policy));
    let mut made = decide::of_person(selfie, liveness, &strict);
    if weights.is_some() {
        let weights = terms.weights.clone();
        made.terms = Some(Box::new(Terms {
            weights,
            required: Vec::new(),
        }));
    }
    made
}
