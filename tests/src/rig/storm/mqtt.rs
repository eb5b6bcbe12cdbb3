//! MQTT through a storm: publishes doubled, two swapped, connections reset in the middle of a packet.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{Faces, Weather};
use crate::now;

/// The first four bits of a PUBLISH (MQTT 5.0, section 2.1.2).
const PUBLISH: u8 = 3;
const LONGEST: usize = 1 << 20;

/// Both ends of the way.
pub(super) struct Way {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    weather: Arc<Weather>,
}

impl Way {
    pub(super) fn new(faces: &Faces, weather: Arc<Weather>) -> anyhow::Result<Self> {
        let server = kiosk_pki::server_config(&faces.server, None, now())?;
        let client = kiosk_pki::client_config(&faces.client, now())?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
            weather,
        })
    }

    pub(super) async fn carry(&self, client: TcpStream) -> std::io::Result<()> {
        let client = self.acceptor.accept(client).await?;
        let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
        let server = TcpStream::connect(self.weather.target()).await?;
        let server = self.connector.connect(name, server).await?;
        let (from_client, to_client) = tokio::io::split(client);
        let (from_server, to_server) = tokio::io::split(server);
        tokio::select! {
            ended = self.packets(from_client, to_server) => ended,
            ended = self.packets(from_server, to_client) => ended,
        }
    }

    /// Carries packets one way until it ends.
    async fn packets(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> std::io::Result<()> {
        let mut held: Option<Vec<u8>> = None;
        loop {
            let packet = read(&mut from).await?;
            self.weather.latency().await;
            let is_publish = packet[0] >> 4 == PUBLISH;
            if is_publish && self.weather.strikes("MQTT cut in a packet", 0.03) {
                to.write_all(&packet[..packet.len() / 2]).await?;
                to.flush().await?;
                return Ok(());
            }
            if is_publish && held.is_none() && self.weather.strikes("publishes swapped", 0.2) {
                held = Some(packet);
                continue;
            }
            to.write_all(&packet).await?;
            if is_publish && self.weather.strikes("publish doubled", 0.2) {
                to.write_all(&packet).await?;
            }
            if let Some(before) = held.take() {
                to.write_all(&before).await?;
            }
            to.flush().await?;
        }
    }
}

/// One packet with its fixed header (MQTT 5.0, sections 2.1 and 1.5.5).
async fn read(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut packet = vec![from.read_u8().await?];
    let mut length = 0_usize;
    for shift in [0, 7, 14, 21] {
        let byte = from.read_u8().await?;
        packet.push(byte);
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if length > LONGEST {
        return Err(std::io::Error::other("a packet is too long for a test"));
    }
    let head = packet.len();
    packet.resize(head + length, 0);
    from.read_exact(&mut packet[head..]).await?;
    Ok(packet)
}
