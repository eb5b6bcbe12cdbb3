//! Real handshakes over loopback: who comes in and who does not.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests: a panic is the failure"
)]

use std::sync::Arc;

use kiosk_pki::{
    Authority, Identity, Peer, Role, TlsFiles, Validity, client_config, server_config,
};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, ServerConfig};
use rustls_pki_types::ServerName;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// rustls looks at the machine's clock; these windows are wide enough for any.
const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn wide() -> Validity {
    Validity::between(
        datetime!(2020-01-01 0:00 UTC),
        datetime!(2120-01-01 0:00 UTC),
    )
    .unwrap()
}

fn long_past() -> Validity {
    Validity::between(
        datetime!(2020-01-01 0:00 UTC),
        datetime!(2020-02-01 0:00 UTC),
    )
    .unwrap()
}

struct Party {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Party {
    fn new() -> Self {
        let authority = Authority::create("authority", "acme", wide()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        authority.write(folder.path()).unwrap();
        Self { folder, authority }
    }

    fn files(&self, stem: &str, identity: &Identity) -> TlsFiles {
        let ca = self.folder.path().join("ca.pem");
        identity.write(self.folder.path(), stem, &ca).unwrap()
    }

    fn server(&self) -> ServerConfig {
        let identity = self
            .authority
            .central("central", &["localhost", "127.0.0.1"], wide())
            .unwrap();
        server_config(&self.files("central", &identity), None, NOW).unwrap()
    }

    fn kiosk(&self) -> ClientConfig {
        let identity = self.authority.kiosk("k-1", wide()).unwrap();
        client_config(&self.files("k-1", &identity), NOW).unwrap()
    }
}

/// One connection: what the server learnt of the client, and the version spoken; or the client's
/// error, which under TLS 1.3 may come with its first read.
async fn meet(
    server: ServerConfig,
    client: ClientConfig,
    name: &'static str,
) -> Result<(Peer, ProtocolVersion), std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tls = TlsAcceptor::from(Arc::new(server)).accept(tcp).await.ok()?;
        tls.write_all(b"!").await.ok()?;
        tls.shutdown().await.ok()?;
        let (_, session) = tls.get_ref();
        let peer = Peer::from_certificate(&session.peer_certificates()?[0]).ok()?;
        Some((peer, session.protocol_version()?))
    });
    let tcp = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name).unwrap();
    let mut tls = TlsConnector::from(Arc::new(client))
        .connect(name, tcp)
        .await?;
    let mut byte = [0];
    tls.read_exact(&mut byte).await?;
    Ok(serving.await.unwrap().unwrap())
}

#[tokio::test]
async fn a_kiosk_and_central_know_each_other_by_name_and_by_address() {
    let acme = Party::new();
    for name in ["localhost", "127.0.0.1"] {
        let (peer, version) = meet(acme.server(), acme.kiosk(), name).await.unwrap();
        assert_eq!((peer.name.as_str(), peer.role), ("k-1", Role::Kiosk));
        assert_eq!(version, ProtocolVersion::TLSv1_3);
    }
}

#[tokio::test]
async fn a_server_of_another_name_is_not_believed() {
    let acme = Party::new();
    assert!(
        meet(acme.server(), acme.kiosk(), "central.example")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_client_of_a_foreign_authority_is_turned_away() {
    let (acme, foreign) = (Party::new(), Party::new());
    let identity = foreign.authority.kiosk("k-1", wide()).unwrap();
    // It trusts the right server, but its own certificate is of another authority.
    let files = TlsFiles {
        authority: acme.folder.path().join("ca.pem"),
        ..foreign.files("k-1", &identity)
    };
    let client = client_config(&files, NOW).unwrap();
    assert!(meet(acme.server(), client, "localhost").await.is_err());
}

#[tokio::test]
async fn a_server_of_a_foreign_authority_is_not_believed() {
    let (acme, foreign) = (Party::new(), Party::new());
    assert!(
        meet(foreign.server(), acme.kiosk(), "localhost")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_expired_client_is_turned_away() {
    let acme = Party::new();
    let identity = acme.authority.kiosk("k-1", long_past()).unwrap();
    let then = datetime!(2020-01-15 0:00 UTC);
    let client = client_config(&acme.files("k-1", &identity), then).unwrap();
    assert!(meet(acme.server(), client, "localhost").await.is_err());
}

#[tokio::test]
async fn a_certificate_for_servers_alone_is_no_clients() {
    let acme = Party::new();
    let identity = acme
        .authority
        .broker("broker", &["localhost"], wide())
        .unwrap();
    let client = client_config(&acme.files("broker", &identity), NOW).unwrap();
    assert!(meet(acme.server(), client, "localhost").await.is_err());
}

#[tokio::test]
async fn a_client_without_a_certificate_is_turned_away() {
    let acme = Party::new();
    let client = ClientConfig::builder_with_provider(kiosk_pki::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots(&acme))
        .with_no_client_auth();
    assert!(meet(acme.server(), client, "localhost").await.is_err());
}

#[tokio::test]
async fn a_client_that_knows_only_tls_1_2_is_turned_away() {
    use rustls_pki_types::pem::PemObject;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer};
    let acme = Party::new();
    let kiosk = acme.authority.kiosk("k-1", wide()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(kiosk.certificate_pem().as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(kiosk.key_pem().as_bytes()).unwrap();
    let client = ClientConfig::builder_with_provider(kiosk_pki::provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots(&acme))
        .with_client_auth_cert(chain, key)
        .unwrap();
    assert!(meet(acme.server(), client, "localhost").await.is_err());
}

fn roots(party: &Party) -> RootCertStore {
    use rustls_pki_types::pem::PemObject;
    let mut roots = RootCertStore::empty();
    let ca = rustls_pki_types::CertificateDer::from_pem_slice(
        party.authority.certificate_pem().as_bytes(),
    );
    roots.add(ca.unwrap()).unwrap();
    roots
}
