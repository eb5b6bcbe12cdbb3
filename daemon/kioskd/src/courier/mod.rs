//! What carries one-time codes out: mail by SMTP, text messages by a gateway's webhook. Only where the config names a server.
//!
//! Logs say which server failed and how, never to whom a letter went or what it said.

mod mail;
mod sms;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use kiosk_api::courier::{Channel, Codes, Courier, Letter, Undelivered};

use crate::config::Otp;
use mail::Mail;
use sms::Gateway;

/// How long a server may take for one letter, its greeting and TLS included.
const WITHIN: Duration = Duration::from_secs(15);

/// The ways that the config names.
pub struct Post {
    mail: Option<Mail>,
    sms: Option<Gateway>,
}

/// One-time codes as the config wants them.
pub fn codes(wanted: &Otp) -> anyhow::Result<Codes> {
    let mail = wanted.email.as_ref().map(Mail::new).transpose();
    let sms = wanted.sms.as_ref().map(Gateway::new).transpose();
    let post = Post {
        mail: mail.context("[api.otp.email]")?,
        sms: sms.context("[api.otp.sms]")?,
    };
    Ok(Codes {
        courier: Arc::new(post),
        required: wanted.required,
    })
}

#[async_trait]
impl Courier for Post {
    fn goes_by(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.mail.is_some(),
            Channel::Sms => self.sms.is_some(),
        }
    }

    async fn carry(&self, letter: Letter) -> Result<(), Undelivered> {
        let channel = letter.channel;
        let carried = tokio::time::timeout(WITHIN, async {
            match (channel, &self.mail, &self.sms) {
                (Channel::Email, Some(mail), _) => mail.send(&letter).await,
                (Channel::Sms, _, Some(sms)) => sms.send(&letter).await,
                _ => Err(Undelivered::Failed),
            }
        });
        let carried = carried.await.unwrap_or_else(|_| {
            let within_s = WITHIN.as_secs();
            tracing::warn!(
                channel = channel.name(),
                within_s,
                "the server did not take a letter in its time"
            );
            Err(Undelivered::Failed)
        });
        if carried.is_ok() {
            tracing::info!(channel = channel.name(), "a one-time code was handed over");
        }
        carried
    }
}
