//! A registry behind TLS on the loopback interface, with an authority that is
//! made for each run of the tests.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
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

fn server_config() -> ServerConfig {
    let certificate = MADE.certificate.clone();
    let key = PrivatePkcs8KeyDer::from(MADE.key.clone());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap()
}

/// Answers requests by their paths with HTTP/2 alone, behind TLS, and counts
/// connections.
pub fn serve_http2(
    answer: impl Fn(SocketAddr, &str) -> Vec<u8> + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let mut config = server_config();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let (count, answer) = (connections.clone(), Arc::new(answer));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            while let Ok((connection, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let (acceptor, answer) = (acceptor.clone(), answer.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(connection).await.ok()?;
                    let service = service_fn(move |request: hyper::Request<Incoming>| {
                        let body = answer(address, request.uri().path());
                        let body = Full::new(Bytes::from(body));
                        async move { Ok::<_, Infallible>(hyper::Response::new(body)) }
                    });
                    http2::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await
                        .ok()
                });
            }
        });
    });
    (address, connections)
}

/// Answers requests by their paths, behind TLS.
pub fn serve_tls(answer: impl Fn(SocketAddr, &str) -> Reply + Send + Sync + 'static) -> SocketAddr {
    let config = server_config();
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
