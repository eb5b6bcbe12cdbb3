//! What the broker's packets and rumqttc's errors mean.

use bytes::Bytes;
use rumqttc::v5::mqttbytes::Error as PacketError;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, DisconnectReasonCode, Packet, PubAckReason, SubscribeReasonCode,
};
use rumqttc::v5::{ConnectionError, StateError};

use super::Topics;
use crate::reason::{Peer, Unreachable, Why};

/// A packet, as far as it matters.
pub(super) enum Heard {
    Connected,
    Subscribed,
    Refused(Why),
    Acknowledgement(Bytes),
    Command(Bytes),
    Nothing,
}

pub(super) fn hear(packet: &Packet, topics: &Topics) -> Heard {
    match packet {
        Packet::ConnAck(_) => Heard::Connected,
        Packet::SubAck(answer) => {
            let is_refused = |code: &&_| !matches!(code, SubscribeReasonCode::Success(_));
            match answer.return_codes.iter().find(is_refused) {
                Some(code) => refused(code),
                None => Heard::Subscribed,
            }
        }
        Packet::PubAck(answer) => match answer.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Heard::Nothing,
            ref reason => refused(reason),
        },
        Packet::Publish(message) if message.topic == topics.ack.as_bytes() => {
            Heard::Acknowledgement(message.payload.clone())
        }
        Packet::Publish(message) if message.topic == topics.commands.as_bytes() => {
            Heard::Command(message.payload.clone())
        }
        _ => Heard::Nothing,
    }
}

fn refused(reason: &impl std::fmt::Debug) -> Heard {
    Heard::Refused(Why::BrokerRefused(format!("{reason:?}")))
}

/// Why the event loop lost its connection, or got none.
pub(super) fn blame(error: &ConnectionError) -> Why {
    let lost = Why::BrokerUnreachable(Unreachable::Lost);
    let late = Why::BrokerUnreachable(Unreachable::TimedOut);
    match error {
        ConnectionError::Tls(error) => Peer::Broker.blame(error),
        ConnectionError::Io(error) => Peer::Broker.blame(error),
        ConnectionError::Timeout(_) => late,
        ConnectionError::ConnectionRefused(ConnectReturnCode::ServerUnavailable) => lost,
        ConnectionError::ConnectionRefused(code) => Why::BrokerRefused(format!("{code:?}")),
        ConnectionError::MqttState(error) => match error {
            StateError::Io(error) => Peer::Broker.blame(error),
            StateError::Deserialization(PacketError::Io(error)) => Peer::Broker.blame(error),
            StateError::AwaitPingResp | StateError::CollisionTimeout => late,
            StateError::ServerDisconnect {
                reason_code: DisconnectReasonCode::ServerShuttingDown,
                ..
            } => lost,
            StateError::ServerDisconnect { reason_code, .. } => {
                Why::BrokerRefused(format!("{reason_code:?}"))
            }
            _ => lost,
        },
        _ => lost,
    }
}
