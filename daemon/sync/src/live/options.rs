//! How the kiosk introduces itself to the broker: its topics, its session and its last will.

use std::time::Duration;

use bytes::Bytes;
use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::LastWill;

use kiosk_wire::{KioskId, KioskStatus, TenantId, limits, topics};

use crate::config::{Endpoint, Limits};

/// rumqttc panics on a shorter keep-alive.
const LEAST_KEEP_ALIVE: Duration = Duration::from_secs(5);
/// A whole configuration may come as a command.
const LARGEST_PACKET: u32 = limits::MQTT_PACKET_BYTES as u32;
/// Publishes that may await the broker's confirmation. Small: they are only hints.
const IN_FLIGHT: u16 = 16;

/// The kiosk's topics, and what is said on its status topic.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    pub(crate) client_id: String,
    pub(crate) status: String,
    pub(crate) events: String,
    pub(crate) records: String,
    pub(crate) ack: String,
    pub(crate) commands: String,
    pub(crate) online: Bytes,
    pub(crate) offline: Bytes,
}

impl Topics {
    /// `None` where the status cannot be written as JSON, which its type rules out.
    pub(crate) fn of(tenant: &TenantId, kiosk: &KioskId) -> Option<Self> {
        let status = |online| {
            let status = KioskStatus {
                kiosk: kiosk.clone(),
                online,
            };
            serde_json::to_vec(&status).ok().map(Bytes::from)
        };
        Some(Self {
            client_id: format!("kioskd-{kiosk}"),
            status: topics::status(tenant, kiosk),
            events: topics::events(tenant, kiosk),
            records: topics::records(tenant, kiosk),
            ack: topics::ack(tenant, kiosk),
            commands: topics::commands(tenant, kiosk),
            online: status(true)?,
            offline: status(false)?,
        })
    }
}

pub(super) fn options(broker: &Endpoint, topics: &Topics, limits: &Limits) -> MqttOptions {
    let mut options = MqttOptions::new(&topics.client_id, &broker.host, broker.port);
    let will = LastWill::new(
        &topics.status,
        topics.offline.to_vec(),
        QoS::AtLeastOnce,
        true,
        None,
    );
    let expiry = u32::try_from(limits.session_expiry.as_secs()).unwrap_or(u32::MAX);
    options
        .set_last_will(will)
        .set_clean_start(false)
        .set_session_expiry_interval(Some(expiry))
        .set_keep_alive(limits.keep_alive.max(LEAST_KEEP_ALIVE))
        .set_connection_timeout(limits.connect.as_secs().max(1))
        .set_max_packet_size(Some(LARGEST_PACKET))
        .set_outgoing_inflight_upper_limit(IN_FLIGHT);
    options
}
