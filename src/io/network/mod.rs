//! The network, as a capability: who has no [`Network::Online`] can't open a
//! socket.

mod client;
mod download;
mod retry;
mod settings;
mod token;

use std::sync::{Arc, OnceLock};

use reqwest::StatusCode;
use reqwest::blocking::Client;

use download::Download;

pub(super) use download::MAX_BODY;
pub(super) use retry::pauses;
pub use settings::HttpSettings;
pub use token::Token;

/// Whether anything may be fetched.
#[derive(Clone, Default)]
pub enum Network {
    /// Nothing.
    #[default]
    Offline,
    /// Everything; the client is made at the first request, and shared by
    /// copies.
    Online(Arc<OnceLock<Result<Client, String>>>),
}

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The address.
    pub url: &'a str,
    /// Sent to this host alone.
    pub token: Option<&'a Token>,
}

/// What a server answered.
pub enum Answer {
    /// The body.
    Body(Body),
    /// There is nothing, says this status.
    Missing(u16),
    /// A token is missing, or this one isn't enough.
    Refused(u16),
}

/// A body, whole as far as HTTP can tell.
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it was put together from several answers.
    pub was_resumed: bool,
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
            Self::Online(Arc::default())
        }
    }

    /// The same network with a client of its own, for other settings.
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

    /// Fetches, trying again where the trouble may pass. `None` offline.
    ///
    /// # Errors
    /// Why the server can't be reached or doesn't answer soundly.
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
                // Registries answer 403 for a token that isn't enough,
                // crates.io for a crate that never was.
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
