//! A registry behind TLS on the loopback interface, with an authority that is
//! made for each run of the tests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Reply;

/// An authority, and what it says of 127.0.0.1.
struct Made {
    folder: tempfile::TempDir,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = server.signed_by(&key, &issuer).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("authority.pem"), pem).unwrap();
    Made {
        folder,
        certificate: certificate.der().clone(),
        key: key.serialize_der(),
    }
});

/// The authority to trust.
pub fn authority() -> PathBuf {
    MADE.folder.path().join("authority.pem")
}

/// Answers requests by their paths, behind TLS.
pub fn serve_tls(answer: impl Fn(SocketAddr, &str) -> Reply + Send + Sync + 'static) -> SocketAddr {
    let certificate = MADE.certificate.clone();
    let key = PrivatePkcs8KeyDer::from(MADE.key.clone());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    let (config, answer) = (Arc::new(config), Arc::new(answer));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (config, answer) = (config.clone(), answer.clone());
            std::thread::spawn(move || serve(connection, config, |path| answer(address, path)));
        }
    });
    address
}

fn serve(
    connection: TcpStream,
    config: Arc<ServerConfig>,
    answer: impl Fn(&str) -> Reply,
) -> Option<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, connection);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    let reply = answer(head.split(' ').nth(1)?);
    stream.write_all(reply.head().as_bytes()).ok()?;
    stream.write_all(&reply.body).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}
