//! Somebody on the broker who writes down what is said, and may say something.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use kiosk_pki::TlsFiles;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::sync::oneshot;

use super::{RigError, until};
use crate::now;

const READY_WITHIN: Duration = Duration::from_secs(10);
const REQUESTS: usize = 64;

/// One message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// What it says.
    pub payload: Vec<u8>,
    /// Whether the broker had kept it.
    pub retained: bool,
}

#[derive(Debug, Default)]
struct Notes {
    messages: Vec<Message>,
    subscribed: Option<bool>,
    refused: Vec<String>,
}

/// An MQTT client that connects again whenever it is cut off, until dropped.
#[derive(Debug)]
pub struct Watcher {
    notes: Arc<Mutex<Notes>>,
    client: AsyncClient,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Connects to `broker` with the certificate of `files` and subscribes to `filter`.
    ///
    /// # Errors
    ///
    /// Where the files cannot be used, or the broker has not answered the subscription in 10 s.
    pub fn start(
        name: &str,
        broker: SocketAddr,
        files: &TlsFiles,
        filter: &str,
    ) -> Result<Self, RigError> {
        let tls = kiosk_pki::client_config(files, now()).map_err(RigError::Certificate)?;
        let mut options = MqttOptions::new(name, broker.ip().to_string(), broker.port());
        options
            .set_transport(Transport::Tls(TlsConfiguration::Rustls(Arc::new(tls))))
            .set_keep_alive(Duration::from_secs(5));
        let (client, events) = AsyncClient::new(options, REQUESTS);
        let notes = Arc::new(Mutex::new(Notes::default()));
        let (stop, stopped) = oneshot::channel();
        let (into, subscriber, filter) = (Arc::clone(&notes), client.clone(), filter.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(RigError::NoPort)?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = watch(events, &subscriber, &filter, &into) => {}
                }
            });
        });
        let watcher = Self {
            notes,
            client,
            stop: Some(stop),
            thread: Some(thread),
        };
        until("the broker to answer a subscription", READY_WITHIN, || {
            watcher.notes(|notes| notes.subscribed.is_some())
        })?;
        Ok(watcher)
    }

    /// Whether the broker allowed the subscription.
    pub fn may_read(&self) -> bool {
        self.notes(|notes| notes.subscribed == Some(true))
    }

    /// Everything heard so far, in order.
    pub fn heard(&self) -> Vec<Message> {
        self.notes(|notes| notes.messages.clone())
    }

    /// What was last heard on `topic`.
    pub fn last(&self, topic: &str) -> Option<Vec<u8>> {
        self.notes(|notes| {
            let last = notes
                .messages
                .iter()
                .rev()
                .find(|message| message.topic == topic);
            last.map(|message| message.payload.clone())
        })
    }

    /// Says something with QoS 1. Returns before the broker has it.
    ///
    /// # Errors
    ///
    /// [`RigError::NotRunning`] where too much waits to be said already.
    pub fn say(&self, topic: &str, payload: &[u8]) -> Result<(), RigError> {
        self.client
            .try_publish(topic, QoS::AtLeastOnce, false, payload.to_vec())
            .map_err(|_| RigError::NotRunning("the watcher's connection".to_owned()))
    }

    /// Reasons for which the broker did not pass on what was said.
    pub fn refusals(&self) -> Vec<String> {
        self.notes(|notes| notes.refused.clone())
    }

    fn notes<T>(&self, read: impl FnOnce(&Notes) -> T) -> T {
        read(&self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A watcher that panicked has said so on its own thread.
            let _ = thread.join();
        }
    }
}

async fn watch(mut events: EventLoop, client: &AsyncClient, filter: &str, into: &Mutex<Notes>) {
    loop {
        let Ok(event) = events.poll().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Event::Incoming(packet) = event else {
            continue;
        };
        let mut notes = into.lock().unwrap_or_else(PoisonError::into_inner);
        match packet {
            Packet::ConnAck(_) => {
                // A full queue shows as a subscription that is never answered.
                let _ = client.try_subscribe(filter, QoS::AtLeastOnce);
            }
            Packet::SubAck(answer) => {
                let granted = |code: &_| matches!(code, SubscribeReasonCode::Success(_));
                let allowed = answer.return_codes.iter().all(granted);
                notes.subscribed = Some(allowed);
            }
            Packet::PubAck(answer) => match format!("{:?}", answer.reason).as_str() {
                "Success" | "NoMatchingSubscribers" => {}
                reason => notes.refused.push(reason.to_owned()),
            },
            Packet::Publish(message) => notes.messages.push(Message {
                topic: String::from_utf8_lossy(&message.topic).into_owned(),
                payload: message.payload.to_vec(),
                retained: message.retain,
            }),
            _ => {}
        }
    }
}
