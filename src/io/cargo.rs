//! Has cargo generate a lock, in a scratch folder with a configuration of our
//! own.
//!
//! The folder has the project's manifests and empty files in the place of its
//! sources: cargo reads nothing else to resolve dependencies. It never has what
//! could make cargo run something of the project's: `.cargo/config.toml`,
//! `rust-toolchain.toml`, build scripts.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use camino::Utf8Path;
use fs_err as fs;
use tame_index::index::sparse::CRATES_IO_HTTP_INDEX;

use super::{Cache, CrateStore, IoError, Network};
use crate::io::read::{read_bytes, read_string};
use crate::io::{programs, temporary};
use crate::project::{LocalCrates, RustProject, SourceFiles, join, without_credentials};

/// The environment variables that cargo, rustup and TLS need, besides `PATH`. None of them
/// comes from a project.
const KEPT_VARIABLES: [&str; 17] = [
    "HOME",
    "USERPROFILE",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "TMP",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "ALL_PROXY",
];

/// Has cargo generate the lock of a project, or update the existing one;
/// versions that fit are kept.
///
/// # Errors
/// Fails if cargo can't be run or finds no lock that fits, or if the disk
/// fails.
pub fn generate_lock(
    files: &SourceFiles,
    project: &RustProject,
    local: &LocalCrates,
    store: &CrateStore,
) -> Result<Vec<u8>, IoError> {
    let index = store.crates_io_index()?;
    let cache = safe_folder(files.origin().as_ref(), store)?;
    let scratch = temporary::folder_in(&cache, "scratch-")?;
    let source = scratch.path().join("source");
    write_skeleton(files, project, local, &source)?;
    let home = cache.join(HOME);
    write_configuration(cache, &index)?;
    let manifest = source.join(join(&project.cargo_root, "Cargo.toml"));
    let lock = manifest.with_file_name("Cargo.lock");
    for _ in 0..MAX_GONE {
        match run_cargo(scratch.path(), &home, &manifest, store.network()) {
            // The registry no longer has a locked version: cargo has to choose
            // another one for this crate, and to keep the rest.
            Err(IoError::Resolution { message }) => {
                let text = read_string(&lock).unwrap_or_default();
                let without = gone(&message).and_then(|gone| without_crate(&text, gone));
                match without {
                    Some(without) => fs::write(&lock, without)?,
                    None => return Err(IoError::Resolution { message }),
                }
            }
            result => {
                result?;
                break;
            }
        }
    }
    Ok(read_bytes(lock)?)
}

/// The folder that serves as `CARGO_HOME`.
const HOME: &str = "cargo-home";

/// The folder in our cache that serves as `CARGO_TARGET_DIR`. Nothing is built
/// there: cargo keeps what it asked of rustc in it, and asks only once.
const TARGET: &str = "cargo-target";

/// Upper bound on locked crates that the registry no longer has.
const MAX_GONE: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct GoneCrate<'a> {
    name: &'a str,
    version: &'a str,
}

/// Parses cargo's "failed to select a version for the requirement `NAME =
/// "..."` (locked to VERSION)".
fn gone(message: &str) -> Option<GoneCrate<'_>> {
    let (before, after) = message.split_once("(locked to ")?;
    let version = after.split(')').next()?;
    let requirement = before.rsplit("requirement `").next()?;
    let name = requirement.split(' ').next()?;
    Some(GoneCrate { name, version })
}

/// Removes a crate from a lock; returns `None` if it isn't there.
fn without_crate(lock: &str, gone: GoneCrate) -> Option<String> {
    let GoneCrate { name, version } = gone;
    let head = format!("\nname = \"{name}\"\nversion = \"{version}\"\n");
    let marker = "[[package]]";
    let start = lock.find(&format!("{marker}{head}"))?;
    let length = lock[start + marker.len()..]
        .find(marker)
        .map_or(lock.len() - start, |length| length + marker.len());
    Some(format!("{}{}", &lock[..start], &lock[start + length..]))
}

/// Returns the cache folder, or else a temporary one, whichever has no settings
/// for cargo or rustup in its parent folders: both programs look there.
///
/// # Errors
/// Fails if neither the cache nor the temporary folder is safe.
pub(super) fn safe_folder(source: &Path, store: &CrateStore) -> Result<PathBuf, IoError> {
    let source = fs::canonicalize(source).unwrap_or_default();
    let home = store.cargo_home();
    let home = home.and_then(|home| fs::canonicalize(home).ok());
    let is_safe = |folder: &Path| {
        let is_set = |above: &Path| {
            let files = [
                "rust-toolchain",
                "rust-toolchain.toml",
                ".cargo/config",
                ".cargo/config.toml",
            ];
            // The user's own configuration is meant to count.
            let is_own = home.as_deref() == Some(&above.join(".cargo"));
            !is_own && files.iter().any(|file| above.join(file).exists())
        };
        let is_below = source.is_dir() && folder.starts_with(&source);
        !is_below && !folder.ancestors().any(is_set)
    };
    let cache = store.cache().folder().map(Path::to_owned);
    for folder in cache.into_iter().chain([std::env::temp_dir()]) {
        fs::create_dir_all(&folder)?;
        let folder = fs::canonicalize(folder)?;
        if is_safe(&folder) {
            return Ok(folder);
        }
    }
    Err(IoError::NoSafeFolder)
}

/// Writes the manifests and the lock as they are, and the sources as empty
/// files: cargo recognises a crate's targets by file names.
pub(super) fn write_skeleton(
    files: &SourceFiles,
    project: &RustProject,
    local: &LocalCrates,
    to: &Path,
) -> Result<(), IoError> {
    let lock = join(&project.cargo_root, "Cargo.lock");
    let is_of_a_crate = |path: &Utf8Path| {
        let mut folders = path.ancestors().skip(1);
        folders.any(|folder| {
            let folder = if folder == "" {
                Utf8Path::new(".")
            } else {
                folder
            };
            local.crates.contains_key(folder)
        })
    };
    for path in files.paths() {
        let bytes: &[u8] = match path.file_name() {
            Some("Cargo.toml") => files.bytes(path).unwrap_or_default(),
            _ if path == lock => files.bytes(path).unwrap_or_default(),
            _ if path.extension() == Some("rs") && is_of_a_crate(path) => &[],
            _ => continue,
        };
        let target = to.join(path);
        fs::create_dir_all(target.parent().unwrap_or(to))?;
        fs::write(target, bytes)?;
    }
    Ok(())
}

fn write_configuration(cache: PathBuf, index: &str) -> Result<(), IoError> {
    let mut text = "# Written by cargo-pyhack at each run.\n".to_owned();
    if index != CRATES_IO_HTTP_INDEX.trim_start_matches("sparse+") {
        let url = toml::Value::String(format!("sparse+{index}"));
        let _ = write!(
            text,
            "[source.crates-io]\nreplace-with = \"pyhack\"\n[source.pyhack]\nregistry = {url}\n"
        );
    }
    let name = Path::new(HOME).join("config.toml");
    Cache::at(Some(cache)).write_file(name, text.as_bytes())
}

/// Whether rustup started this program, as `cargo pyhack`, with the toolchain that
/// the project pins. It may be too old to read the crates, and our runs of cargo
/// need no particular one.
fn is_pinned() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    if !is_set("RUST_RECURSION_COUNT") || !is_set("RUSTUP_TOOLCHAIN") {
        return false;
    }
    let here = std::env::current_dir().unwrap_or_default();
    let files = ["rust-toolchain", "rust-toolchain.toml"];
    here.ancestors()
        .any(|folder| files.iter().any(|file| folder.join(file).is_file()))
}

/// Prepares a run of cargo with a configuration and an environment of our own,
/// in a scratch folder `folder`.
pub(super) fn cargo_command(home: &Path, folder: &Path) -> Command {
    let is_pinned = is_pinned();
    // Cargo sets this variable for its subcommands.
    let program = std::env::var_os("CARGO").filter(|_| !is_pinned);
    let mut cargo = programs::command(program.unwrap_or_else(|| OsString::from("cargo")));
    cargo.current_dir(folder).env_clear();
    let is_kept = |name: &&&str| !is_pinned || **name != "RUSTUP_TOOLCHAIN";
    for name in KEPT_VARIABLES.iter().filter(is_kept) {
        cargo.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    cargo.envs(programs::path().map(|path| ("PATH", path)));
    cargo
        .env("CARGO_HOME", home)
        .envs(target_folder(folder).map(|target| ("CARGO_TARGET_DIR", target)));
    // Overrides wrappers that the user's configuration may name. Cargo keeps
    // nothing of rustc where they are set, even to nothing.
    if folder.ancestors().any(is_configured) {
        cargo
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "");
    }
    cargo
}

/// Whether cargo reads a configuration file from this folder.
fn is_configured(folder: &Path) -> bool {
    let mut files = [".cargo/config", ".cargo/config.toml"].iter();
    files.any(|file| folder.join(file).exists())
}

/// Returns the target folder beside a scratch folder in the cache, or `None`
/// if the scratch folder is among the temporary files: other users may write
/// there. Cargo creates the folder only for a build, so it is made here.
fn target_folder(scratch: &Path) -> Option<PathBuf> {
    let parent = scratch.parent()?;
    if fs::canonicalize(std::env::temp_dir()).is_ok_and(|temporary| temporary == parent) {
        return None;
    }
    let target = parent.join(TARGET);
    fs::create_dir_all(&target).ok().map(|()| target)
}

fn run_cargo(
    folder: &Path,
    home: &Path,
    manifest: &Path,
    network: &Network,
) -> Result<(), IoError> {
    let mut cargo = cargo_command(home, folder);
    cargo
        .args(["update", "--workspace", "--color", "never", "--quiet"])
        .arg("--manifest-path")
        .arg(manifest);
    if matches!(network, Network::Offline) {
        cargo.arg("--offline");
    }
    let output = cargo.output().map_err(|error| IoError::NoCargo {
        message: error.to_string(),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let message = sentence(&text, folder);
    let is_network = [
        "download",
        "network",
        "resolve host",
        "timed out",
        "--offline",
    ]
    .iter()
    .any(|word| message.contains(word));
    Err(if is_network {
        IoError::CargoNetwork { message }
    } else {
        IoError::Resolution { message }
    })
}

/// Returns cargo's message on one line, with paths relative to the source.
pub(super) fn sentence(text: &str, scratch: &Path) -> String {
    let source = scratch.join("source").display().to_string();
    let text = text
        .replace(&format!("{source}/"), "")
        .replace(&source, ".")
        .replace(&scratch.display().to_string(), "");
    // URLs of git repositories in a lock or manifest may have credentials.
    let text = without_credentials(&text);
    let mut joined = String::new();
    // Cargo's report is a chain of causes, each of one or more lines.
    for cause in text.split("Caused by:") {
        let lines = cause.lines().map(str::trim).filter(|line| !line.is_empty());
        let cause = lines.collect::<Vec<_>>().join("; ");
        if !joined.is_empty() && !cause.is_empty() {
            joined.push_str(": ");
        }
        joined.push_str(&cause);
    }
    let text = joined.strip_prefix("error: ").unwrap_or(&joined);
    match text.char_indices().nth(1200) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_is_gone_is_taken_out() {
        let message =
            "failed to select a version for the requirement `b = \"^1\"` (locked to 1.0.12); x";
        let krate = |name, version| GoneCrate { name, version };
        assert_eq!(gone(message), Some(krate("b", "1.0.12")));
        assert_eq!(gone("something else"), None);
        let package =
            |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.12\"\n\n");
        let lock = format!(
            "version = 4\n\n{}{}{}",
            package("a"),
            package("b"),
            package("c")
        );
        let without = without_crate(&lock, krate("b", "1.0.12")).unwrap();
        assert_eq!(
            without,
            format!("version = 4\n\n{}{}", package("a"), package("c"))
        );
        let without = without_crate(&lock, krate("c", "1.0.12")).unwrap();
        assert!(!without.contains("\"c\""));
        assert_eq!(without_crate(&lock, krate("b", "2.0.0")), None);
    }
}
