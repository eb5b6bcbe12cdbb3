//! The connection to the broker: made, kept, and made again.

use std::sync::Arc;
use std::time::Duration;

use kiosk_pki::{PkiError, client_config};
use kiosk_wire::topics::{self, Channel};
use kiosk_wire::{CloudEvent, KioskStatus, limits};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::{Acks, Arrived, BrokerState, Commands, Ways, Words};
use crate::clock::Clock;
use crate::ledger::Word;

const KEEP_ALIVE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Requests between us and rumqttc's loop; a full queue makes the sender wait, and newer
/// acknowledgements take the place of older ones meanwhile.
const QUEUE: usize = 32;
const LARGEST_PACKET: u32 = limits::MQTT_BATCH_PACKET_BYTES as u32;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error(transparent)]
    Certificate(#[from] PkiError),
    #[error("the broker: {0}")]
    Connection(#[from] Box<ConnectionError>),
    #[error("the broker does not let central subscribe; give its certificate's name the right")]
    NotSubscribed,
}

/// Everything that a connection needs.
pub(super) struct Link {
    pub(super) ways: Ways,
    pub(super) clock: Clock,
    pub(super) acks: Arc<Acks>,
    pub(super) commands: Arc<Commands>,
    pub(super) words: Arc<Words>,
    pub(super) state: watch::Sender<BrokerState>,
}

impl Link {
    /// Connects again and again, until the task is aborted.
    pub(super) async fn run(self) {
        let mut pause = FIRST_PAUSE;
        let mut said = String::new();
        loop {
            let why = self.connection().await;
            if self.state.send_replace(BrokerState::Disconnected) == BrokerState::Connected {
                pause = FIRST_PAUSE;
                said.clear();
            }
            // The same reason, tried a hundred times, is one line.
            let reason = why.to_string();
            if reason != said {
                tracing::warn!(%reason, "not connected to the broker; HTTPS goes on without it");
                said = reason;
            }
            tokio::time::sleep(pause.mul_f64(rand::random_range(0.0..1.0))).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One connection, from its making to its end.
    async fn connection(&self) -> Why {
        let tls = match client_config(&self.ways.files, (self.clock)()) {
            Ok(tls) => Arc::new(tls),
            Err(error) => return error.into(),
        };
        // Client ids must differ: the broker ends the older of two with the same.
        let id = format!("central-{}", Uuid::new_v4());
        let mut options = MqttOptions::new(id, &self.ways.config.host, self.ways.config.port);
        options
            .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)))
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_start(true)
            .set_max_packet_size(Some(LARGEST_PACKET));
        let (client, events) = AsyncClient::new(options, QUEUE);
        let connected = Notify::new();
        tokio::select! {
            why = self.listen(events, &connected) => why,
            why = self.speak(client, &connected) => why,
        }
    }

    async fn listen(&self, mut events: EventLoop, connected: &Notify) -> Why {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => connected.notify_one(),
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    let granted = |code: &_| matches!(code, SubscribeReasonCode::Success(_));
                    if !answer.return_codes.iter().all(granted) {
                        return Why::NotSubscribed;
                    }
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => self.hear(&publish),
                Ok(_) => {}
                Err(error) => return Box::new(error).into(),
            }
        }
    }

    async fn speak(&self, client: AsyncClient, connected: &Notify) -> Why {
        connected.notified().await;
        // Retained messages do not come by a shared subscription: each central hears every status, and they
        // note the same. Events and records are shared among them.
        let filters = [
            topics::of_all(Channel::Status),
            topics::shared_of_all(Channel::Events),
            topics::shared_of_all(Channel::Records),
        ];
        for filter in filters {
            if client.subscribe(filter, QoS::AtLeastOnce).await.is_err() {
                return stopped();
            }
        }
        self.state.send_replace(BrokerState::Connected);
        tracing::info!("connected to the broker");
        loop {
            let (topic, payload) = tokio::select! {
                ((tenant, kiosk), told) = self.acks.next() => {
                    let told = match &self.ways.signing {
                        Some(key) => told.signed(key),
                        None => told,
                    };
                    (topics::ack(&tenant, &kiosk), serde_json::to_vec(&told))
                }
                ((tenant, kiosk), signed) = self.commands.next() => {
                    (topics::commands(&tenant, &kiosk), serde_json::to_vec(&signed))
                }
            };
            let Ok(payload) = payload else {
                continue;
            };
            let sent = client
                .publish(topic, QoS::AtLeastOnce, false, payload)
                .await;
            if sent.is_err() {
                return stopped();
            }
        }
    }

    /// Takes a status, a live event or a batch; anything else is not ours and is left.
    fn hear(&self, publish: &Publish) {
        let topic = std::str::from_utf8(&publish.topic).ok();
        let Some((tenant, kiosk, channel)) = topic.and_then(topics::parse) else {
            return;
        };
        if channel == Channel::Records {
            let arrived = Arrived {
                tenant,
                kiosk,
                payload: publish.payload.clone(),
            };
            if self.ways.arrive.try_send(arrived).is_err() {
                tracing::warn!("a batch by MQTT found no room; its kiosk sends it again");
            }
            return;
        }
        let word = match channel {
            Channel::Status => serde_json::from_slice::<KioskStatus>(&publish.payload)
                .ok()
                .filter(|status| status.kiosk == kiosk)
                .map(|status| (0, Word::Online(status.online))),
            Channel::Events => serde_json::from_slice::<CloudEvent>(&publish.payload)
                .ok()
                .filter(|event| event.source == format!("urn:kioskd:{tenant}:{kiosk}"))
                .and_then(|event| serde_json::to_value(event.kind).ok())
                .and_then(|kind| Some((1, Word::Event(kind.as_str()?.to_owned())))),
            Channel::Records | Channel::Ack | Channel::Commands => None,
        };
        match word {
            Some((place, word)) => self.words.put((tenant, kiosk, place), word, |_, _| false),
            None => tracing::debug!("a message by MQTT was not understood"),
        }
    }
}

/// rumqttc's loop has gone: it says why itself.
fn stopped() -> Why {
    Box::new(ConnectionError::RequestsDone).into()
}
