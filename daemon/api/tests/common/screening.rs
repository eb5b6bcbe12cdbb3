//! The watch lists of the kiosk in memory: none is loaded.

use async_trait::async_trait;
use kiosk_api::audit::Actor;
use kiosk_api::screening::{KeptException, ListsState, ScreenAnswer, ScreenQuery, Screening};
use kiosk_api::service::ServiceError;
use kiosk_session::ListVersion;

use super::memory::Memory;

#[async_trait]
impl Screening for Memory {
    fn screen(&self, _: &ScreenQuery) -> ScreenAnswer {
        ScreenAnswer::NotAssessed { why: "NO_LISTS" }
    }

    fn lists(&self) -> Vec<ListVersion> {
        Vec::new()
    }

    fn lists_state(&self) -> ListsState {
        ListsState::None
    }

    async fn accept(
        &self,
        _: &Actor,
        _: &ScreenQuery,
        _: &str,
        _: &str,
    ) -> Result<KeptException, ServiceError> {
        Err(ServiceError::Unusable {
            code: "EXCEPTION_UNUSABLE",
            remedy: "name an entry of the lists in use, as a hit gives it".into(),
        })
    }

    async fn withdraw(&self, _: &Actor, _: &str, _: &str) -> Result<(), ServiceError> {
        Err(ServiceError::NotFound)
    }

    fn exceptions(&self, _: &str) -> Result<Vec<KeptException>, ServiceError> {
        Ok(Vec::new())
    }
}
