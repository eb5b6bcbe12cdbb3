//! Text messages by a gateway's webhook: `POST {"to", "text"}` as JSON, any 2xx is taken. Redirects are not followed.

use anyhow::Context;
use kiosk_api::courier::{Letter, Undelivered};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use serde_json::json;

use super::WITHIN;
use crate::config::SmsGateway;
use crate::secrets;

/// What says of a number that nobody is reached by it.
const NOBODY: [u16; 2] = [404, 422];

/// A gateway that sends text messages.
pub(super) struct Gateway {
    client: reqwest::Client,
    url: String,
}

impl Gateway {
    /// Reads what the config names; nothing is sent yet.
    pub(super) fn new(wanted: &SmsGateway) -> anyhow::Result<Self> {
        // The machine's own roots, and the workspace's one provider; where one is installed, it is that one.
        drop(std::sync::Arc::unwrap_or_clone(kiosk_pki::provider()).install_default());
        let mut headers = HeaderMap::new();
        if let Some(token) = &wanted.token {
            let token = secrets::text(token).context("token")?;
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| anyhow::anyhow!("token: it has letters that no header may have"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(WITHIN)
            .default_headers(headers)
            .build()
            .context("its client can't be made")?;
        Ok(Self {
            client,
            url: wanted.url.clone(),
        })
    }

    /// Hands a letter over.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        let body = json!({"to": letter.to.reveal(), "text": letter.text.reveal().trim_end()});
        let answer = self.client.post(&self.url).json(&body).send().await;
        let answer = match answer {
            Ok(answer) => answer.status().as_u16(),
            Err(error) => {
                // Its address may hold a secret of the gateway's.
                let error = error.without_url();
                tracing::warn!(%error, "the SMS gateway could not be reached");
                return Err(Undelivered::Failed);
            }
        };
        match answer {
            200..=299 => Ok(()),
            nobody if NOBODY.contains(&nobody) => Err(Undelivered::Address),
            answer => {
                tracing::warn!(answer, "the SMS gateway took no message");
                Err(Undelivered::Failed)
            }
        }
    }
}
