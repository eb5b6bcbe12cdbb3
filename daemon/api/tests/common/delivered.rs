//! Deliveries that nobody sends: what was tried out is listed as taken.

use std::sync::Mutex;

use async_trait::async_trait;
use kiosk_api::deliveries::{Attempt, Deliveries, Outcome};
use kiosk_api::service::ServiceError;
use kiosk_api::subscriptions::Subscription;
use uuid::Uuid;

use super::NOW;

/// The tries, newest first.
#[derive(Default)]
pub struct Delivered(pub Mutex<Vec<Attempt>>);

#[async_trait]
impl Deliveries for Delivered {
    async fn attempts(&self, tenant: &str) -> Vec<Attempt> {
        let all = self.0.lock().unwrap();
        let own = all.iter().filter(|tried| tried.tenant == tenant);
        own.cloned().collect()
    }

    async fn try_out(&self, tenant: &str, to: &Subscription) -> Result<Uuid, ServiceError> {
        let message = Uuid::new_v4();
        let tried = Attempt {
            tenant: tenant.to_owned(),
            message,
            event: "webhook.test".to_owned(),
            webhook: Some(to.id.clone()),
            number: 1,
            at: NOW,
            status: Some(204),
            outcome: Outcome::Delivered,
            next_at: None,
        };
        self.0.lock().unwrap().insert(0, tried);
        Ok(message)
    }
}
