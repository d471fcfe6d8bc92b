//! The network as a capability: without a [`Network::Online`] nothing opens a
//! socket.

mod body;
mod client;
mod download;
mod retry;
mod settings;
mod token;

use std::sync::{Arc, OnceLock};

use reqwest::StatusCode;
use reqwest::blocking::Client;

pub use body::Body;
use download::Download;

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
    /// The client is made at the first request, and clones share it.
    Online(Arc<OnceLock<Result<Client, String>>>),
}

#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub url: &'a str,
    /// Sent to this host alone.
    pub token: Option<&'a Token>,
    /// The forms that the body may have, as the header `Accept` lists them.
    pub accept: Option<&'static str>,
}

impl<'a> Request<'a> {
    /// Requests a body of any form.
    pub const fn new(url: &'a str, token: Option<&'a Token>) -> Self {
        Self {
            url,
            token,
            accept: None,
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

impl Network {
    /// The network, unless `offline` or Cargo's variable `CARGO_NET_OFFLINE`
    /// forbids it.
    #[must_use]
    pub fn new(offline: bool) -> Self {
        let is_forbidden = std::env::var_os("CARGO_NET_OFFLINE").is_some_and(|v| v == "true");
        if offline || is_forbidden {
            Self::Offline
        } else {
            Self::Online(Arc::default())
        }
    }

    /// Returns the same network with a client of its own, for other settings.
    #[must_use]
    pub fn with_own_client(&self) -> Self {
        match self {
            Self::Offline => Self::Offline,
            Self::Online(_) => Self::Online(Arc::default()),
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
        let Self::Online(client) = self else {
            return Ok(None);
        };
        let client = client.get_or_init(|| client::client(settings));
        let client = client.as_ref().map_err(Clone::clone)?;
        let answer = match Download::new(client, request, settings).run()? {
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
                _ => return Err(format!("the server answered {status}")),
            },
        };
        Ok(Some(answer))
    }
}
