//! A client of the broker with a certificate of its own.

use std::sync::Arc;
use std::time::Duration;

use kiosk_central::BrokerConfig;
use kiosk_pki::{TlsFiles, client_config};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use time::macros::datetime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub struct Mqtt {
    client: AsyncClient,
    heard: mpsc::Receiver<(String, Vec<u8>)>,
    loop_: JoinHandle<()>,
}

impl Mqtt {
    /// Connects; what is heard waits until it is asked for.
    pub fn connect(broker: &BrokerConfig, files: &TlsFiles) -> Self {
        let tls = client_config(files, datetime!(2020-01-15 0:00 UTC)).unwrap();
        let id = format!("test-{}", uuid::Uuid::new_v4());
        let mut options = MqttOptions::new(id, &broker.host, broker.port);
        options
            .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(
                Arc::new(tls),
            )))
            .set_clean_start(true);
        let (client, mut events) = AsyncClient::new(options, 16);
        let (hear, heard) = mpsc::channel(64);
        let loop_ = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
                        if hear.send((topic, publish.payload.to_vec())).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        Self {
            client,
            heard,
            loop_,
        }
    }

    pub async fn subscribe(&self, filter: &str) {
        self.client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .unwrap();
    }

    pub async fn publish(&self, topic: &str, retain: bool, message: &impl serde::Serialize) {
        let payload = serde_json::to_vec(message).unwrap();
        self.client
            .publish(topic, QoS::AtLeastOnce, retain, payload)
            .await
            .unwrap();
    }

    /// The next message, within 10 s.
    pub async fn next(&mut self) -> (String, serde_json::Value) {
        let wait = tokio::time::timeout(Duration::from_secs(10), self.heard.recv());
        let (topic, payload) = wait.await.expect("no message in 10 s").unwrap();
        (topic, serde_json::from_slice(&payload).unwrap())
    }
}

impl Drop for Mqtt {
    fn drop(&mut self) {
        self.loop_.abort();
    }
}
