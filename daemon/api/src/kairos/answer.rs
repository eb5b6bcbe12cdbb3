//! The result of a request, as it stands.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use kiosk_session::{Policy, Session, State as Standing};
use serde::Serialize;
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::block::{self, Document};
use super::findings::{self, Decided};
use super::job::{self, Jobs};
use super::scope::Scope;
use crate::service::Caller;
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;

/// What `response_code` says: there is no result and there will be none.
const GONE: u8 = 0;
/// There is a result.
const DONE: u8 = 1;
/// The work goes on.
pub(super) const RUNNING: u8 = 2;

/// The published result.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Result)]
pub(super) struct Answer {
    api_req_uid: Uuid,
    api_req_uuid: Uuid,
    processed_at: Option<String>,
    requested_at: String,
    response_code: u8,
    response_data: Option<Data>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ResponseData)]
struct Data {
    biometric: Biometric,
    decision: Decided,
    document: DocumentBlock,
}

/// Faces; null is what was not looked at.
#[derive(Serialize, utoipa::ToSchema)]
struct Biometric {
    document: OnDocument,
    face_match_confidence: Option<f32>,
    selfie: OnSelfie,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OnDocument {
    faces_predicted: Option<u32>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OnSelfie {
    faces_liveness: Option<f32>,
    faces_predicted: Option<u32>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct DocumentBlock {
    data: Option<Document>,
}

/// `GET` of a scope's path and a request's name.
#[utoipa::path(get, path = "/v0.1/full-id-verification/{api_req_uuid}", operation_id = "read_result", summary = "The result as it stands", params(("api_req_uuid" = Uuid, Path, description = "The request")), responses((status = 200, description = "The result", body = Answer)))]
pub(super) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(scope): Extension<Scope>,
    Extension(jobs): Extension<Arc<Jobs>>,
    Id(id): Id,
) -> Result<Json<Answer>, Problem> {
    let session = app.service.session(&caller, id).await?;
    let standing = jobs.standing(id);
    let today = app.service.now().date();
    answer(&session, scope, standing, app.service.policy(), today).map(Json)
}

fn answer(
    session: &Session,
    scope: Scope,
    standing: Option<job::Standing>,
    policy: &Policy,
    today: Date,
) -> Result<Answer, Problem> {
    let state = &session.state;
    let case = state.case().ok_or(Problem::INTERNAL)?;
    let gone = matches!(state, Standing::Expired { .. } | Standing::Cancelled { .. });
    let (code, failure) = match standing {
        _ if gone => (GONE, None),
        _ if scope.is_done(state) => (DONE, None),
        Some(job::Standing::Running) => (RUNNING, None),
        Some(job::Standing::Failed(problem)) => (DONE, Some(problem)),
        None => (DONE, Some(Problem::INTERRUPTED)),
    };
    Ok(Answer {
        api_req_uid: session.id.0,
        api_req_uuid: session.id.0,
        processed_at: (code == DONE).then(|| moment(case.changed_at)),
        requested_at: moment(case.created_at),
        response_code: code,
        response_data: (code == DONE).then(|| Data {
            biometric: biometric(state, policy),
            decision: findings::decided(state, failure.as_ref(), policy, today),
            document: DocumentBlock {
                data: state.document().and_then(|read| block::data(read, today)),
            },
        }),
    })
}

fn biometric(state: &Standing, policy: &Policy) -> Biometric {
    let selfie = state.selfie();
    let compared = selfie.and_then(|taken| taken.face_match.assessed());
    let judged = state.liveness().and_then(|clip| clip.passive.assessed());
    Biometric {
        document: OnDocument {
            faces_predicted: state
                .document()
                .map(|read| u32::from(read.portrait.is_some())),
        },
        face_match_confidence: compared.map(|found| found.score(policy.face_match.max_distance)),
        selfie: OnSelfie {
            faces_liveness: judged.map(|pad| pad.score),
            faces_predicted: selfie.map(|taken| taken.faces),
        },
    }
}

/// `2024-04-01 19:08:26` in UTC, as the document writes it.
pub(super) fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = at.time().as_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", at.date())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    #[test]
    fn a_moment_is_written_as_the_document_writes_it() {
        let at = datetime!(2024-04-01 21:08:06 +2);
        assert_eq!(super::moment(at), "2024-04-01 19:08:06");
    }
}
