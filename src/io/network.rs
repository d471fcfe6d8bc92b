//! The network, as a capability: who has no [`Network::Online`] can't open a
//! socket.

use std::io::Read;
use std::sync::OnceLock;
use std::time::Duration;

use backon::{BlockingRetryable, ExponentialBuilder};
use reqwest::StatusCode;
use reqwest::blocking::Client;

use super::IoError;

/// Larger than any crate that registries take, so that a server can't fill
/// the memory.
const MAX_BODY: u64 = 512 << 20;

/// Whether anything may be fetched.
#[derive(Clone, Default)]
pub enum Network {
    /// Nothing.
    #[default]
    Offline,
    /// Everything; the client is made at the first request.
    Online(OnceLock<Result<Client, String>>),
}

/// How one request ended.
enum Failure {
    /// The server will answer the same next time.
    Final(StatusCode),
    /// Another try may help.
    Passing(String),
}

/// What a server answered.
pub enum Answer {
    /// The body.
    Body(Vec<u8>),
    /// There is nothing, says this status.
    Missing(u16),
}

impl Network {
    /// The network, if neither `offline` nor Cargo's variable
    /// `CARGO_NET_OFFLINE` forbids it.
    #[must_use]
    pub fn new(offline: bool) -> Self {
        let is_forbidden = std::env::var_os("CARGO_NET_OFFLINE").is_some_and(|v| v == "true");
        if offline || is_forbidden {
            Self::Offline
        } else {
            Self::Online(OnceLock::new())
        }
    }

    /// Fetches `url`, trying again where the trouble may pass. `None` offline.
    ///
    /// # Errors
    /// Where the server can't be reached or doesn't answer soundly.
    pub fn get(&self, url: &str) -> Result<Option<Answer>, IoError> {
        let Self::Online(client) = self else {
            return Ok(None);
        };
        let failed = |message: String| IoError::Download {
            url: url.to_owned(),
            message,
        };
        let client = client.get_or_init(client_with_tls).as_ref();
        let client = client.map_err(|message| failed(message.clone()))?;
        let answer = (|| get_once(client, url))
            .retry(ExponentialBuilder::default().with_min_delay(Duration::from_millis(300)))
            .when(|failure| matches!(failure, Failure::Passing(_)))
            .call();
        match answer {
            Ok(body) => Ok(Some(Answer::Body(body))),
            // crates.io answers 403 for a crate that never was.
            Err(Failure::Final(
                status @ (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE),
            )) => Ok(Some(Answer::Missing(status.as_u16()))),
            Err(Failure::Final(status)) => Err(failed(format!("the server answered {status}"))),
            Err(Failure::Passing(message)) => Err(failed(message)),
        }
    }
}

fn client_with_tls() -> Result<Client, String> {
    // Another thread or a test may have installed one already: any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("cargo-pyhack/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(20))
        .timeout(Duration::from_mins(5))
        .build()
        .map_err(|error| chain(&error))
}

fn get_once(client: &Client, url: &str) -> Result<Vec<u8>, Failure> {
    let passing = |error: reqwest::Error| Failure::Passing(chain(&error.without_url()));
    let response = client.get(url).send().map_err(passing)?;
    let status = response.status();
    if status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
    {
        return Err(Failure::Passing(format!("the server answered {status}")));
    }
    if !status.is_success() {
        return Err(Failure::Final(status));
    }
    let mut body = Vec::new();
    let read = response.take(MAX_BODY + 1).read_to_end(&mut body);
    read.map_err(|error| Failure::Passing(chain(&error)))?;
    if body.len() as u64 > MAX_BODY {
        return Err(Failure::Passing(
            "the answer is larger than 512 MiB".to_owned(),
        ));
    }
    Ok(body)
}

/// An error and all its causes: reqwest's first line alone says too little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
