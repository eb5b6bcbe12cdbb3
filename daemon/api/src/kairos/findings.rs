//! The decision's details: each reason and warning with what it leads to, and how many of each kind.

use kiosk_session::{
    Decision, Policy, Reason, State, Status, Warning, document_reasons, leads_to, living_reasons,
};
use serde::{Serialize, Serializer};
use time::Date;

use crate::web::problem::Problem;

/// The published block. The scores are how many details there are of each kind.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Decision)]
pub(super) struct Decided {
    details: Vec<Detail>,
    reject_score: usize,
    review_score: usize,
    warning_score: usize,
}

/// One reason or warning.
#[derive(Serialize, utoipa::ToSchema)]
struct Detail {
    #[schema(value_type = String)]
    code: Code,
    /// How sure the reading is that it rests on; null where nothing measured it.
    confidence: Option<f32>,
    decision: Kind,
    description: String,
}

/// What it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DetailKind)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Reject,
    Review,
    Warning,
}

/// A stable code, of whichever list.
enum Code {
    Reason(Reason),
    Warning(Warning),
    Failure(&'static str),
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Reason(reason) => reason.serialize(serializer),
            Self::Warning(warning) => warning.serialize(serializer),
            Self::Failure(code) => serializer.serialize_str(code),
        }
    }
}

/// What was decided; before a decision, what is known to speak against the document, or against a person without one, and why the
/// rest is missing.
pub(super) fn decided(
    state: &State,
    failure: Option<&Problem>,
    policy: &Policy,
    today: Date,
) -> Decided {
    let (reasons, warnings) = match (state.decision(), state.document()) {
        (
            Some(Decision {
                reasons, warnings, ..
            }),
            _,
        ) => (reasons.clone(), warnings.clone()),
        (None, Some(document)) => document_reasons(document, policy, today),
        (None, None) => (living(state, policy), vec![]),
    };
    let sure = state.document().and_then(|read| read.confidence);
    let failed = failure.map(|problem| Detail {
        code: Code::Failure(problem.code()),
        confidence: None,
        decision: Kind::Review,
        description: problem.detail().to_owned(),
    });
    let reasons = reasons.into_iter().map(|reason| Detail {
        code: Code::Reason(reason),
        confidence: rests_on_reading(reason).then_some(sure).flatten(),
        decision: match leads_to(reason, policy) {
            Status::Rejected => Kind::Reject,
            Status::ManualReview | Status::Approved => Kind::Review,
        },
        description: format!("{}.", reason.sentence()),
    });
    let warnings = warnings.into_iter().map(|warning| Detail {
        code: Code::Warning(warning),
        confidence: None,
        decision: Kind::Warning,
        description: format!("{}.", warning.sentence()),
    });
    let details: Vec<Detail> = reasons.chain(failed).chain(warnings).collect();
    let count = |kind| {
        details
            .iter()
            .filter(|detail| detail.decision == kind)
            .count()
    };
    Decided {
        reject_score: count(Kind::Reject),
        review_score: count(Kind::Review),
        warning_score: count(Kind::Warning),
        details,
    }
}

/// What speaks against a person alone, once a clip was judged.
fn living(state: &State, policy: &Policy) -> Vec<Reason> {
    let judged = state.selfie().zip(state.liveness());
    judged.map_or_else(Vec::new, |(selfie, clip)| {
        living_reasons(selfie, clip, policy)
    })
}

/// Whether a reason is as sure as the document's characters.
const fn rests_on_reading(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::DocumentExpired
            | Reason::SpecimenDocument
            | Reason::CheckDigitFailed
            | Reason::DocumentKindMismatch
            | Reason::CountryMismatch
            | Reason::NotYetValid
            | Reason::ImplausibleDates
    )
}
