//! How servers are reached: what Cargo's configuration and the environment say
//! about HTTP.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_config2::{Config, de};

/// Overrides after how many seconds without a byte a connection is cut.
pub const STALL_VARIABLE: &str = "CARGO_PYHACK_STALL_SECONDS";

/// Overrides the first pause before another try, in seconds.
pub const RETRY_VARIABLE: &str = "CARGO_PYHACK_RETRY_SECONDS";

/// Settings for HTTP. There is no `Debug`, as a proxy may have a password.
#[derive(Clone)]
pub struct HttpSettings {
    /// The proxy for everything; otherwise those of `HTTPS_PROXY` and related
    /// variables count.
    pub proxy: Option<String>,
    /// A file of certificates that are trusted instead of the system's.
    pub certificates: Option<PathBuf>,
    /// How long nothing may come before a connection is cut.
    pub stall: Duration,
    /// The first pause before another try; later ones are longer.
    pub first_pause: Duration,
    /// How many tries follow the first one.
    pub retries: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            proxy: None,
            certificates: None,
            stall: Duration::from_secs(20),
            first_pause: Duration::from_millis(300),
            retries: 3,
        }
    }
}

impl HttpSettings {
    /// Reads Cargo's configuration and the environment, which comes first. The
    /// configuration was loaded for `folder` and the `CARGO_HOME` `home`.
    #[must_use]
    pub fn new(config: &Config, folder: &Path, home: Option<&Path>) -> Self {
        let default = Self::default();
        let timeout = config.http.timeout.map(|seconds| seconds.max(1).into());
        let certificates = config.http.cainfo.as_ref().map(|path| {
            // A path in an environment variable is relative to the working
            // folder.
            let is_variable = std::env::var_os("CARGO_HTTP_CAINFO").is_some();
            if is_variable || Path::new(path).is_absolute() {
                return PathBuf::from(path);
            }
            match configuration_folder(folder, home) {
                Some(folder) => folder.join(path),
                None => PathBuf::from(path),
            }
        });
        Self {
            proxy: config.http.proxy.clone().filter(|proxy| !proxy.is_empty()),
            certificates: certificates.or_else(nix_certificates),
            stall: seconds(STALL_VARIABLE)
                .or(timeout.map(Duration::from_secs))
                .unwrap_or(default.stall),
            first_pause: seconds(RETRY_VARIABLE).unwrap_or(default.first_pause),
            retries: config
                .net
                .retry
                .map_or(default.retries, |retries| retries.min(20) as usize),
        }
    }
}

/// Returns the folder that `http.cainfo` is relative to: as with all paths, the
/// one above the folder of the configuration file (Cargo Reference,
/// "Config-relative paths"). Only reading the files again tells which file that
/// is.
fn configuration_folder(folder: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let config = de::Config::load_with_options(folder, home.map(Path::to_owned)).ok()?;
    match config.http.cainfo?.definition? {
        de::Definition::Path(file) => Some(file.parent()?.parent()?.to_owned()),
        _ => None,
    }
}

/// Returns the file that Nix's own variable names. In builds without a network,
/// that doesn't exist.
fn nix_certificates() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("NIX_SSL_CERT_FILE")?);
    path.is_file().then_some(path)
}

/// Reads a number of seconds, which may be a fraction.
fn seconds(variable: &str) -> Option<Duration> {
    let seconds: f64 = std::env::var(variable).ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|seconds| !seconds.is_zero())
}
