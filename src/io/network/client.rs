//! Makes the HTTP client: TLS, proxies, redirects.

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Certificate, NoProxy, Proxy};

use super::HttpSettings;
use crate::io::read::read_bytes;
use crate::project::without_credentials;

const MAX_REDIRECTS: usize = 10;

pub(super) fn client(settings: &HttpSettings) -> Result<Client, String> {
    // Another thread or a test may have installed a provider already; any will
    // do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent(concat!("cargo-pyhack/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::custom(redirect))
        .connect_timeout(settings.stall)
        // This is for one answer or one read from it, not for the whole
        // download.
        .timeout(settings.stall);
    let client = with_certificates(with_proxy(client, settings)?, settings)?;
    client.build().map_err(|error| with_causes(&error))
}

fn with_proxy(client: ClientBuilder, settings: &HttpSettings) -> Result<ClientBuilder, String> {
    let Some(proxy) = &settings.proxy else {
        return Ok(client);
    };
    // As with curl, the protocol is optional.
    let url = if proxy.contains("://") {
        proxy.clone()
    } else {
        format!("http://{proxy}")
    };
    let proxy = Proxy::all(&url).map_err(|_| {
        let shown = without_credentials(&url);
        format!("the proxy `{shown}` in Cargo's configuration has no host")
    })?;
    Ok(client.proxy(proxy.no_proxy(NoProxy::from_env())))
}

fn with_certificates(
    client: ClientBuilder,
    settings: &HttpSettings,
) -> Result<ClientBuilder, String> {
    let Some(path) = &settings.certificates else {
        return Ok(client);
    };
    let told = |message: String| {
        let path = path.display();
        format!("failed to read the certificates in `{path}`: {message}")
    };
    let bytes = read_bytes(path).map_err(|error| told(error.to_string()))?;
    let certificates =
        Certificate::from_pem_bundle(&bytes).map_err(|error| told(with_causes(&error)))?;
    if certificates.is_empty() {
        return Err(told("it contains none".to_owned()));
    }
    Ok(client.tls_certs_only(certificates))
}

/// Follows a redirect, unless there are too many or it leaves TLS. reqwest
/// removes the token if the host changes.
fn redirect(attempt: Attempt) -> Action {
    let previous = attempt.previous();
    let was_safe = previous.iter().any(|url| url.scheme() == "https");
    if previous.len() > MAX_REDIRECTS {
        attempt.error("too many redirects")
    } else if was_safe && attempt.url().scheme() != "https" {
        attempt.error("the server redirects from https to a URL without TLS")
    } else {
        attempt.follow()
    }
}

/// Returns an error with all its causes: reqwest's first line says too little.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    without_credentials(&text)
}
