//! Live events and status by MQTT 5: hints for those who watch, and central's acknowledgements back.
//!
//! ```text
//!  hints (newest win) ──► speaker ──[8 requests]──► event loop ──TLS──► broker
//!                            ▲ connected, and how often        │
//!                            └─────────────────────────────────┴──► ack ──► store.acknowledge
//!                                                              └──► commands ──► their task
//! ```
//!
//! One event loop lives as long as sync does; the certificates are read anew before each of its
//! connections. Nothing durable rides on it: rumqttc forgets what is in flight when the broker has
//! lost the session; a batch of records that goes this way goes again until central acknowledges it (see `by_mqtt`).
//! Status is retained: `online` after each connection, `offline` at an orderly stop or, as last will,
//! whenever the connection breaks.

mod options;
mod outcome;

use std::sync::Arc;

use bytes::Bytes;
use kiosk_pki::TlsFiles;
use kiosk_store::Store;
use kiosk_wire::{Acknowledgement, CommandPublicKey, KioskId, SignedCommand};
use rand::rngs::StdRng;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet};
use rumqttc::v5::{AsyncClient, ClientError, Event, EventLoop};
use rumqttc::{Outgoing, TlsConfiguration, Transport as MqttTransport};
use tokio::sync::{Notify, mpsc, watch};

use crate::backoff::Backoff;
use crate::by_mqtt::Carried;
use crate::clock::Clock;
use crate::config::{Endpoint, Limits};
use crate::hints::HintReceiver;
use crate::identity;
use crate::reason::{Peer, Unreachable, Why};
use crate::state::{Board, Transport};
use crate::{link, receipt};

pub(crate) use options::Topics;
use outcome::{Heard, hear};

/// Requests between the speaker and the event loop; the speaker waits when it is full.
const REQUESTS: usize = 8;

/// What the MQTT task needs.
pub(crate) struct Live {
    pub(crate) broker: Endpoint,
    pub(crate) files: TlsFiles,
    pub(crate) limits: Limits,
    pub(crate) topics: Topics,
    pub(crate) store: Store,
    pub(crate) board: Board,
    pub(crate) clock: Clock,
    pub(crate) nudge: Arc<Notify>,
    pub(crate) commands: mpsc::Sender<SignedCommand>,
    pub(crate) poll_commands: Arc<Notify>,
    pub(crate) nudge_records: Arc<Notify>,
    pub(crate) carried: Carried,
    /// Whose kiosk, and by whose key central signs; without one, an acknowledgement is believed by its hash, which a
    /// broker that carries no records can't know before central has said it.
    pub(crate) kiosk: KioskId,
    pub(crate) central: Option<CommandPublicKey>,
    pub(crate) backoff: Backoff,
    pub(crate) rng: StdRng,
}

/// How often a connection has been made; 0 while there is none.
type Connections = watch::Sender<u64>;

impl Live {
    /// Runs until `stop` says so, then takes leave of the broker.
    pub(crate) async fn run(mut self, hints: HintReceiver<Bytes>, mut stop: watch::Receiver<bool>) {
        // Its sender stays behind: it tells what comes.
        let batches = std::mem::replace(&mut self.carried.batches, mpsc::channel(1).1);
        let options = options::options(&self.broker, &self.topics, &self.limits);
        let (client, mut events) = AsyncClient::new(options, REQUESTS);
        let (connections, connected) = watch::channel(0);
        let topics = self.topics.clone();
        let said = Said { hints, batches };
        let speaker = speak(&client, &topics, said, connected, self.board.clone());
        tokio::select! {
            // Fails only where the handle is gone: then it is time to stop, too.
            _ = stop.wait_for(|stop| *stop) => {}
            _ = speaker => {}
            () = self.listen(&mut events, &connections) => {}
        }
        if *connections.borrow() > 0 {
            let leave = take_leave(&client, &mut events, &topics);
            // A broker that does not take it in time sends the last will instead: the same words.
            let _ = tokio::time::timeout(self.limits.stop, leave).await;
        }
        self.board.waiting(Transport::Live, Why::Stopped);
    }

    /// Connects, hears, and waits after each failure; never returns.
    async fn listen(&mut self, events: &mut EventLoop, connections: &Connections) {
        let mut made = 0;
        loop {
            let why = match identity::client(&self.files, (self.clock)()).await {
                Err(why) => why,
                Ok(tls) => {
                    let config = TlsConfiguration::Rustls(tls.clone());
                    events.options.set_transport(MqttTransport::Tls(config));
                    let why = self.hear_until_lost(events, connections, &mut made).await;
                    let was_connected = connections.send_replace(0) > 0;
                    match why {
                        Why::BrokerUnreachable(Unreachable::Lost) if !was_connected => {
                            let limit = self.limits.connect;
                            link::ask_why(Peer::Broker, &self.broker, tls, limit)
                                .await
                                .unwrap_or(why)
                        }
                        why => why,
                    }
                }
            };
            self.board.waiting(Transport::Live, why);
            let pause = self.backoff.next(&mut self.rng);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.nudge.notified() => {}
            }
        }
    }

    async fn hear_until_lost(
        &mut self,
        events: &mut EventLoop,
        connections: &Connections,
        made: &mut u64,
    ) -> Why {
        loop {
            match events.poll().await {
                Err(error) => return outcome::blame(&error),
                Ok(Event::Outgoing(_)) => {}
                Ok(Event::Incoming(packet)) => match hear(&packet, &self.topics) {
                    Heard::Connected => {
                        *made += 1;
                        connections.send_replace(*made);
                    }
                    Heard::Subscribed => {
                        self.backoff.succeeded();
                        self.board.online(Transport::Live);
                    }
                    Heard::Refused(why) => self.board.waiting(Transport::Live, why),
                    Heard::Acknowledgement(payload) => self.receipt(&payload).await,
                    Heard::Command(payload) => self.command(&payload),
                    Heard::Nothing => {}
                },
            }
        }
    }

    /// Hands a command on; one that finds no room, or is none, is left to central's list.
    fn command(&self, payload: &[u8]) {
        let signed = serde_json::from_slice(payload).ok();
        let taken = signed.is_some_and(|signed| self.commands.try_send(signed).is_ok());
        if !taken {
            self.poll_commands.notify_one();
        }
    }

    /// Central's acknowledgement by MQTT counts as one by HTTPS does, where central has signed it.
    async fn receipt(&self, payload: &[u8]) {
        match receipt::read(payload) {
            Some(told) if !self.is_centrals(&told) => {
                tracing::warn!(
                    "an acknowledgement by MQTT is not signed by central and is left out"
                );
            }
            Some(told) => {
                self.carried.told.send_replace(Some(told.clone()));
                // Central asks for records again: the records' task sends them.
                if told.durable < self.store.acknowledged() {
                    self.nudge_records.notify_one();
                }
                if let Err(why) = receipt::accept(&self.store, &self.board, &told).await {
                    // The records' task meets the same and tells it in its state.
                    tracing::debug!(%why, "an acknowledgement by MQTT was not taken");
                }
            }
            None => tracing::warn!("an acknowledgement by MQTT was not understood and is left out"),
        }
    }
}

impl Live {
    fn is_centrals(&self, told: &Acknowledgement) -> bool {
        let signed = |key| told.verify(key, &self.kiosk).is_ok();
        self.central.as_ref().is_none_or(signed)
    }
}

/// What is to be published.
struct Said {
    hints: HintReceiver<Bytes>,
    batches: mpsc::Receiver<Bytes>,
}

/// Says `online` and subscribes after each connection, then passes batches and hints on while it lasts.
async fn speak(
    client: &AsyncClient,
    topics: &Topics,
    mut said: Said,
    mut connected: watch::Receiver<u64>,
    board: Board,
) -> Result<(), ClientError> {
    loop {
        let now = match connected.wait_for(|made| *made > 0).await {
            Ok(made) => *made,
            Err(_) => return Ok(()),
        };
        // Both in one packet: online is who hears both.
        let filters = [&topics.ack, &topics.commands];
        let filters = filters.map(|topic| Filter::new(topic.as_str(), QoS::AtLeastOnce));
        client.subscribe_many(filters).await?;
        client
            .publish(
                &topics.status,
                QoS::AtLeastOnce,
                true,
                topics.online.clone(),
            )
            .await?;
        loop {
            board.live_dropped(said.hints.dropped());
            tokio::select! {
                changed = changed_from(&mut connected, now) => match changed {
                    true => break,
                    false => return Ok(()),
                },
                Some(batch) = said.batches.recv() => {
                    client.publish(&topics.records, QoS::AtLeastOnce, false, batch).await?;
                }
                hint = said.hints.next() => {
                    client.publish(&topics.events, QoS::AtLeastOnce, false, hint).await?;
                }
            }
        }
    }
}

/// Waits for another connection, or none; `false` where the event loop has gone.
async fn changed_from(connected: &mut watch::Receiver<u64>, now: u64) -> bool {
    connected.wait_for(|made| *made != now).await.is_ok()
}

/// Says `offline` and hangs up in order, so that the last will stays unsaid.
async fn take_leave(client: &AsyncClient, events: &mut EventLoop, topics: &Topics) {
    let asked = async {
        client
            .publish(
                &topics.status,
                QoS::AtLeastOnce,
                true,
                topics.offline.clone(),
            )
            .await?;
        client.disconnect().await
    };
    let left = async {
        loop {
            match events.poll().await {
                Ok(Event::Outgoing(Outgoing::Disconnect)) | Err(_) => return,
                Ok(Event::Incoming(Packet::Disconnect(_))) => return,
                Ok(_) => {}
            }
        }
    };
    // Whether the requests were taken shows in the event loop alone.
    let _ = tokio::join!(asked, left);
}
