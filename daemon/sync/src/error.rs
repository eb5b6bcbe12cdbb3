//! What can go wrong with sync as a whole; what goes wrong on its way to central is a
//! [`Why`](crate::Why).

/// Sync could not be configured or stopped as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// An address that is not `https://host[:port]`.
    #[error(
        "{0:?} is not an address of the form https://host:port; central is spoken to by TLS only"
    )]
    NotHttps(String),
    /// The journal of commands cannot be read: none is carried out, since one might be twice.
    #[error(
        "the journal of commands cannot be used ({0}); mend or remove commands.json, then start again"
    )]
    Journal(String),
    /// These tasks did not end in their time, and were cut off. Nothing is lost by it: what central
    /// has not acknowledged is sent again after the next start.
    #[error("sync's {0} did not stop in time and was cut off")]
    Stragglers(String),
    /// Records were to go by MQTT without a broker, or without central's key that its acknowledgements are signed by.
    #[error("records go by MQTT only with a broker and central's command public key; name both")]
    NoWayByMqtt,
}
