//! MQTT topics: `kiosk/v1/{tenant}/{kiosk}/status|events|records|ack|commands`.
//!
//! The broker gives each kiosk its own branch by the name in its certificate; names hold none of
//! MQTT's signs (`/`, `+`, `#`).

use crate::{KioskId, TenantId};

const ROOT: &str = "kiosk/v1";

/// What is said on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Retained [`KioskStatus`](crate::KioskStatus), and the kiosk's last will.
    Status,
    /// [`CloudEvent`](crate::CloudEvent)s: hints, not records.
    Events,
    /// Signed [`Batch`](crate::Batch)es, where they don't go by HTTPS. Whoever else may write here cannot sign.
    Records,
    /// Central's [`Acknowledgement`](crate::Acknowledgement)s.
    Ack,
    /// Central's [`SignedCommand`](crate::SignedCommand)s. Whoever else may write here cannot sign.
    Commands,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Status,
        Self::Events,
        Self::Records,
        Self::Ack,
        Self::Commands,
    ];

    /// The last part of the topic.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Events => "events",
            Self::Records => "records",
            Self::Ack => "ack",
            Self::Commands => "commands",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// A kiosk's topic.
pub fn topic(tenant: &TenantId, kiosk: &KioskId, channel: Channel) -> String {
    format!("{ROOT}/{tenant}/{kiosk}/{}", channel.name())
}

/// Where a kiosk says whether it is there.
pub fn status(tenant: &TenantId, kiosk: &KioskId) -> String {
    topic(tenant, kiosk, Channel::Status)
}

/// Where a kiosk tells what happens.
pub fn events(tenant: &TenantId, kiosk: &KioskId) -> String {
    topic(tenant, kiosk, Channel::Events)
}

/// Where a kiosk puts its records, where they don't go by HTTPS.
pub fn records(tenant: &TenantId, kiosk: &KioskId) -> String {
    topic(tenant, kiosk, Channel::Records)
}

/// Where central acknowledges.
pub fn ack(tenant: &TenantId, kiosk: &KioskId) -> String {
    topic(tenant, kiosk, Channel::Ack)
}

/// Where central commands.
pub fn commands(tenant: &TenantId, kiosk: &KioskId) -> String {
    topic(tenant, kiosk, Channel::Commands)
}

/// The filter by which several centrals share one channel of every kiosk: each message goes to one of
/// them (MQTT 5, section 4.8.2).
pub fn shared_of_all(channel: Channel) -> String {
    format!("$share/central/{}", of_all(channel))
}

/// The filter that matches one channel of every kiosk.
pub fn of_all(channel: Channel) -> String {
    format!("{ROOT}/+/+/{}", channel.name())
}

/// Whose topic this is and which; `None` for any other topic.
pub fn parse(topic: &str) -> Option<(TenantId, KioskId, Channel)> {
    let mut parts = topic.strip_prefix(ROOT)?.strip_prefix('/')?.split('/');
    let tenant = parts.next()?.parse().ok()?;
    let kiosk = parts.next()?.parse().ok()?;
    let channel = Channel::from_name(parts.next()?)?;
    parts.next().is_none().then_some((tenant, kiosk, channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read_as_it_was_written() {
        let (tenant, kiosk): (TenantId, KioskId) =
            ("bank".parse().unwrap(), "kiosk-1".parse().unwrap());
        for channel in Channel::ALL {
            let written = topic(&tenant, &kiosk, channel);
            assert_eq!(
                parse(&written),
                Some((tenant.clone(), kiosk.clone(), channel))
            );
        }
        assert_eq!(ack(&tenant, &kiosk), "kiosk/v1/bank/kiosk-1/ack");
    }

    #[test]
    fn other_topics_are_not_read() {
        for other in [
            "kiosk/v1/a/b",
            "kiosk/v1/a/b/ack/x",
            "kiosk/v2/a/b/ack",
            "kiosk/v1/+/b/ack",
            "",
            "/",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
