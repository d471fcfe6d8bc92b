//! A registry's `config.json`: see the Cargo Reference, "Index Format" and
//! "Registry Authentication".
//!
//! It is read once a run, from cargo's copy of the index if there is one.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use serde::Deserialize;
use tame_index::utils::url_to_local_dir;

use super::super::Network;
use super::super::network::{Answer, Request, Token, pauses};
use super::super::once_map::OnceMap;
use super::{CargoSettings, Index, Unusable, git_index};
use crate::io::read::read_bytes;
use crate::project::without_credentials;

/// What it takes to ask a registry.
#[derive(Clone, Copy)]
pub(in crate::io) struct Reach<'a> {
    pub network: &'a Network,
    pub settings: &'a CargoSettings,
}

/// A registry that crates can be downloaded from.
#[derive(Debug)]
pub(in crate::io) struct Remote {
    /// The template of a crate's address.
    pub dl: String,
    /// Whether the crates are on another server than the index.
    pub is_elsewhere: bool,
    /// What a download is authorised with.
    pub token: Option<Token>,
    /// The index, for messages.
    pub url: String,
    pub name: Option<String>,
}

/// The answers of the registries that were asked so far, including the reasons
/// why one can't be used.
#[derive(Default)]
pub(in crate::io) struct Remotes(OnceMap<Index, Result<Arc<Remote>, Unusable>>);

#[derive(Deserialize)]
struct ConfigJson {
    dl: String,
    #[serde(default, rename = "auth-required")]
    auth_required: bool,
}

impl Remotes {
    /// Returns a registry's answer. Threads that ask at the same time wait for
    /// the same one.
    pub(in crate::io) fn remote(
        &self,
        index: &Index,
        reach: Reach,
    ) -> Result<Arc<Remote>, Unusable> {
        let ask = || reach.remote(index).map(Arc::new);
        self.0.get_or_make(index.clone(), ask)
    }
}

impl Reach<'_> {
    fn remote(self, index: &Index) -> Result<Remote, Unusable> {
        if self.network.is_offline() {
            return Err(Unusable::Offline);
        }
        let names = self.settings.names(index);
        let (place, url) = match index {
            Index::Sparse(url) => (format!("{url}config.json"), format!("sparse+{url}")),
            Index::Git(url) => (url.clone(), url.clone()),
        };
        let registry = Registry {
            place,
            url,
            token: self.settings.tokens.of(&names).cloned(),
            name: names.first().map(|name| (*name).to_owned()),
        };
        let (bytes, was_token_sent) = match (self.cargo_copy(&registry.url), index) {
            (Some(bytes), _) => (bytes, false),
            (None, Index::Sparse(_)) => self.fetch(&registry)?,
            (None, Index::Git(url)) => (self.fetch_git(url)?, false),
        };
        registry.read(&bytes, was_token_sent)
    }

    /// Fetches the file without a token. If that is refused, fetches it with
    /// one, and says so.
    fn fetch(self, registry: &Registry) -> Result<(Vec<u8>, bool), Unusable> {
        let get = |token| {
            let request = Request {
                limit: MAX_CONFIG,
                ..Request::new(&registry.place, token)
            };
            let answer = self.network.get(request, &self.settings.http);
            let answer = answer.map_err(|message| registry.failed(message))?;
            answer.ok_or(Unusable::Offline)
        };
        let mut answer = get(None)?;
        let is_private = matches!(answer, Answer::Refused(_));
        if is_private {
            answer = get(Some(registry.require_token()?))?;
        }
        match answer {
            Answer::Body(body) => {
                let bytes = body.into_bytes(MAX_CONFIG);
                let bytes = bytes.map_err(|error| registry.failed(error.to_string()))?;
                Ok((bytes, is_private))
            }
            Answer::Missing(status) => {
                Err(registry.failed(format!("the server responded with status {status}")))
            }
            Answer::Refused(status) => Err(Unusable::TokenRefused {
                url: registry.url.clone(),
                name: registry.name.clone(),
                status,
            }),
        }
    }

    fn fetch_git(self, url: &str) -> Result<Vec<u8>, Unusable> {
        let mut pauses = pauses(&self.settings.http);
        loop {
            let message = match git_index::fetch_config(url, self.settings.http.stall) {
                Ok(bytes) => return Ok(bytes),
                Err(message) => message,
            };
            let pause = pauses.next().filter(|_| git_index::may_pass(&message));
            let Some(pause) = pause else {
                let url = url.to_owned();
                return Err(Unusable::Repository { url, message });
            };
            std::thread::sleep(pause);
        }
    }

    /// Returns cargo's sound copy, under the names that newer and older
    /// versions of cargo use.
    fn cargo_copy(self, index: &str) -> Option<Vec<u8>> {
        let indices = self.settings.home.as_ref()?.join("registry").join("index");
        let is_sound = |bytes: &Vec<u8>| serde_json::from_slice::<ConfigJson>(bytes).is_ok();
        let mut copies = [true, false].into_iter().filter_map(|is_stable| {
            let name = url_to_local_dir(index, is_stable).ok()?.dir_name;
            let folder: PathBuf = indices.join(name);
            let repository = folder.join(".git");
            read_bytes(folder.join("config.json")).ok().or_else(|| {
                let is_there = repository.is_dir();
                is_there
                    .then(|| git_index::read_cargo_copy(&repository))
                    .flatten()
            })
        });
        copies.find(is_sound)
    }
}

/// Upper bound on a registry's configuration, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

/// A registry before its `config.json` was read.
struct Registry {
    /// Where its `config.json` is.
    place: String,
    /// The index, as it is named.
    url: String,
    token: Option<Token>,
    name: Option<String>,
}

impl Registry {
    fn read(self, bytes: &[u8], was_token_sent: bool) -> Result<Remote, Unusable> {
        let config: ConfigJson = serde_json::from_slice(bytes)
            .map_err(|error| self.failed(format!("not a registry configuration: {error}")))?;
        let dl = without_credentials(&config.dl);
        if !config.dl.starts_with("https://") && !config.dl.starts_with("http://") {
            return Err(self.failed(format!("its `dl` is not an HTTP URL: `{dl}`")));
        }
        let is_elsewhere = !is_same_host(&config.dl, &self.place);
        let token = if config.auth_required {
            Some(self.require_token()?.clone())
        } else {
            // The registry asked for the token without saying so in
            // `config.json`: it is meant for the host of the index, and for no
            // other.
            let is_meant = was_token_sent && !is_elsewhere;
            self.token.clone().filter(|_| is_meant)
        };
        let leaves_tls = self.place.starts_with("https://") && !config.dl.starts_with("https://");
        if token.is_some() && leaves_tls {
            let message = format!("it would send the token without TLS, to `{dl}`");
            return Err(self.failed(message));
        }
        Ok(Remote {
            dl: config.dl,
            is_elsewhere,
            token,
            url: self.url,
            name: self.name,
        })
    }

    fn require_token(&self) -> Result<&Token, Unusable> {
        self.token.as_ref().ok_or_else(|| Unusable::NoToken {
            url: self.url.clone(),
            name: self.name.clone(),
        })
    }

    fn failed(&self, message: String) -> Unusable {
        Unusable::Download {
            url: self.place.clone(),
            message,
        }
    }
}

fn is_same_host(a: &str, b: &str) -> bool {
    let origin = |url: &str| Url::parse(url).map(|url| url.origin()).ok();
    origin(a).is_some_and(|a| Some(a) == origin(b))
}
