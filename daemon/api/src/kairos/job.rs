//! The work behind a request, and what is remembered of it for who asks.
//!
//! Each step is durable before the next begins. A job that fails is remembered by its code until the process ends; one that a
//! stop of the process cut off is told as interrupted, since its session stands without what was asked for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kiosk_session::SessionId;

use super::scope::Scope;
use crate::service::{Caller, ClipUpload, DocumentUpload, ServiceError, Verifications};
use crate::web::problem::Problem;

/// Failed jobs that are remembered; the oldest is forgotten for one more.
const MOST_FAILED: usize = 10_000;

/// What came with the form.
pub(super) struct Pictures {
    pub(super) document: Option<Bytes>,
    pub(super) document_back: Option<Bytes>,
    pub(super) selfie: Option<Bytes>,
    /// Pictures of the person in their order, or one video; without any the selfie stands for them.
    pub(super) clip: Vec<Bytes>,
}

/// How a job stands.
#[derive(Clone)]
pub(super) enum Standing {
    /// It runs, or waits for a place.
    Running,
    /// A step could not be done.
    Failed(Problem),
}

/// The jobs that run or failed. How many run is bounded by the places for uploads: a job holds its form's.
#[derive(Default)]
pub(super) struct Jobs(Mutex<Known>);

#[derive(Default)]
struct Known {
    standing: HashMap<SessionId, Standing>,
    failed: VecDeque<SessionId>,
}

impl Jobs {
    /// Begins a job; `held` is let go when it ends.
    pub(super) fn start<H: Send + 'static>(
        self: Arc<Self>,
        service: Arc<dyn Verifications>,
        caller: Caller,
        id: SessionId,
        scope: Scope,
        (pictures, held): (Pictures, H),
    ) {
        self.held().standing.insert(id, Standing::Running);
        // In a task of its own, so that a panic of ours ends as a failure that is told.
        let work = tokio::spawn(async move { run(&*service, &caller, id, scope, pictures).await });
        tokio::spawn(async move {
            let ended = work.await.unwrap_or(Err(ServiceError::Internal));
            drop(held);
            self.end(id, ended.map_err(Problem::from));
        });
    }

    /// How the job of that session stands; `None` where it is done, or was another process's.
    pub(super) fn standing(&self, id: SessionId) -> Option<Standing> {
        self.held().standing.get(&id).cloned()
    }

    fn end(&self, id: SessionId, ended: Result<(), Problem>) {
        let mut known = self.held();
        match ended {
            Ok(()) => {
                known.standing.remove(&id);
            }
            Err(problem) => {
                if known.failed.len() >= MOST_FAILED
                    && let Some(oldest) = known.failed.pop_front()
                {
                    known.standing.remove(&oldest);
                }
                known.failed.push_back(id);
                known.standing.insert(id, Standing::Failed(problem));
            }
        }
    }

    /// A panic while it was held leaves whole entries: each is put in at once.
    fn held(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The steps that the scope asks for. Without a clip the selfie stands for it: one picture. Neither answers a challenge.
async fn run(
    service: &dyn Verifications,
    caller: &Caller,
    id: SessionId,
    scope: Scope,
    pictures: Pictures,
) -> Result<(), ServiceError> {
    if let Some(front) = pictures.document {
        let upload = DocumentUpload {
            front,
            back: pictures.document_back,
            kind: None,
            country: None,
        };
        service.add_document(caller, id, upload).await?;
    }
    let Some(selfie) = pictures.selfie else {
        return Ok(());
    };
    service.add_selfie(caller, id, selfie.clone()).await?;
    if matches!(scope, Scope::Full | Scope::Liveness) {
        let files = match pictures.clip.is_empty() {
            true => vec![selfie],
            false => pictures.clip,
        };
        let clip = ClipUpload {
            challenge_id: None,
            files,
        };
        service.add_clip(caller, id, clip).await?;
    }
    if scope == Scope::Full {
        service.submit(caller, id).await?;
    }
    Ok(())
}
