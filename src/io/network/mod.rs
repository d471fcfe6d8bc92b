//! The network as a capability: without a [`Network::Online`] nothing opens a
//! socket.

mod body;
mod client;
mod download;
mod retry;
mod settings;
mod token;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use reqwest::StatusCode;
use reqwest::blocking::Client;

use super::progress::{Progress, Silent};

pub use body::Body;
use download::Download;

use crate::project::without_credentials;

pub(super) use download::MAX_BODY;
pub(super) use retry::pauses;
pub use settings::HttpSettings;
pub use token::Token;

/// Access to the network, or none.
#[derive(Clone, Default)]
pub enum Network {
    #[default]
    /// Requests are answered with `None`.
    Offline,
    /// Requests are sent.
    Online {
        /// Made at the first request; clones share it.
        client: Arc<OnceLock<Result<Client, String>>>,
        /// The logins and tokens that were sent in this run.
        logins: Arc<Mutex<BTreeSet<SentLogin>>>,
        /// Receives how much is downloaded.
        progress: Arc<dyn Progress>,
    },
}

/// That a server got a login or a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SentLogin {
    /// The registry whose token it was, if its index is on another server.
    index: Option<String>,
    /// Scheme, host and port.
    server: String,
}

impl fmt::Display for SentLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = &self.server;
        match &self.index {
            None => write!(formatter, "a login to {server}"),
            Some(index) => write!(
                formatter,
                "the token for the registry `{index}` to {server}, to which its `dl` points"
            ),
        }
    }
}

#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub url: &'a str,
    /// Sent to this host alone.
    pub token: Option<&'a Token>,
    /// The registry whose token that is, if its index is on another server.
    pub index: Option<&'a str>,
    /// The forms that the body may have, as the header `Accept` lists them.
    pub accept: Option<&'static str>,
    /// Upper bound on the body, in bytes: what comes beyond it isn't read.
    pub limit: u64,
}

impl<'a> Request<'a> {
    /// Requests a body of any form.
    pub const fn new(url: &'a str, token: Option<&'a Token>) -> Self {
        Self {
            url,
            token,
            index: None,
            accept: None,
            limit: MAX_BODY,
        }
    }
}

pub enum Answer {
    Body(Body),
    /// The server has nothing at that address; its HTTP status.
    Missing(u16),
    /// The server asks for a token, or refuses the one that was sent; its HTTP
    /// status.
    Refused(u16),
}

/// Returns the server of an address. Refuses one that a login would reach unencrypted: a stranger's
/// project names it, and everybody on the way could read the login.
fn require_safe(url: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if url.scheme() == "https" || is_loopback {
        return Ok(url.origin().ascii_serialization());
    }
    Err("the login for it isn't sent without TLS: use an `https` URL".to_owned())
}

impl Network {
    /// The network, unless `offline` or Cargo's variable `CARGO_NET_OFFLINE`
    /// forbids it.
    #[must_use]
    pub fn new(offline: bool) -> Self {
        let is_forbidden = std::env::var_os("CARGO_NET_OFFLINE").is_some_and(|v| v == "true");
        if offline || is_forbidden {
            Self::Offline
        } else {
            Self::Online {
                client: Arc::default(),
                logins: Arc::default(),
                progress: Arc::new(Silent),
            }
        }
    }

    /// Returns the same network, which reports what comes from it.
    #[must_use]
    pub fn reporting_to(self, progress: Arc<dyn Progress>) -> Self {
        match self {
            Self::Offline => Self::Offline,
            Self::Online { client, logins, .. } => Self::Online {
                client,
                logins,
                progress,
            },
        }
    }

    /// Returns the same network with a client of its own, for other settings.
    #[must_use]
    pub fn with_own_client(&self) -> Self {
        match self {
            Self::Offline => Self::Offline,
            Self::Online {
                logins, progress, ..
            } => Self::Online {
                client: Arc::default(),
                logins: logins.clone(),
                progress: progress.clone(),
            },
        }
    }

    /// Returns the logins and tokens that were sent in this run.
    #[must_use]
    pub fn logins(&self) -> BTreeSet<SentLogin> {
        match self {
            Self::Offline => BTreeSet::new(),
            Self::Online { logins, .. } => {
                let logins = logins.lock().unwrap_or_else(PoisonError::into_inner);
                logins.clone()
            }
        }
    }

    /// Whether nothing may be fetched.
    #[must_use]
    pub const fn is_offline(&self) -> bool {
        matches!(self, Self::Offline)
    }

    /// Sends a request, and repeats it after transient errors. Returns `None`
    /// offline.
    ///
    /// # Errors
    /// The message says why the server can't be reached, or what is wrong with
    /// its answer.
    pub fn get(&self, request: Request, settings: &HttpSettings) -> Result<Option<Answer>, String> {
        let Self::Online {
            client,
            logins,
            progress,
        } = self
        else {
            return Ok(None);
        };
        if request.token.is_some() {
            let server = require_safe(request.url)?;
            let mut logins = logins.lock().unwrap_or_else(PoisonError::into_inner);
            let index = request.index.map(without_credentials);
            logins.insert(SentLogin { index, server });
        }
        let client = client.get_or_init(|| client::client(settings));
        let client = client.as_ref().map_err(Clone::clone)?;
        let answer = match Download::new(client, request, settings, &**progress).run()? {
            Ok(body) => Answer::Body(body),
            Err(status) => match status {
                StatusCode::UNAUTHORIZED => Answer::Refused(status.as_u16()),
                // Registries answer 403 if the token isn't enough, crates.io if
                // there never was such a crate.
                StatusCode::FORBIDDEN if request.token.is_some() => {
                    Answer::Refused(status.as_u16())
                }
                StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
                    Answer::Missing(status.as_u16())
                }
                _ => return Err(format!("the server responded with status {status}")),
            },
        };
        Ok(Some(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_go_over_tls_or_to_this_machine_alone() {
        for url in [
            "https://example.org/simple",
            "http://127.0.0.1:8080/",
            "http://localhost/x",
            "http://[::1]:80/",
        ] {
            assert!(require_safe(url).is_ok(), "{url}");
        }
        for url in [
            "http://example.org/simple",
            "http://127.0.0.1.example.org/",
            "http://localhost.example.org/",
            "http://128.0.0.1/",
            "http://user@example.org:443/",
        ] {
            assert!(require_safe(url).is_err(), "{url}");
        }
    }
}
