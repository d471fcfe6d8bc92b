//! Crates from git as `cargo vendor` writes them. Cargo itself does it, since
//! it rewrites their manifests.
//!
//! It runs in a scratch folder and without a network: crates of registries are
//! skeletons, and git finds local repositories behind all URLs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use fs_err as fs;
use walkdir::WalkDir;

use super::super::cargo::{cargo_command, safe_folder, sentence, write_skeleton};
use super::super::error::GitError;
use super::super::git::{Mirrors, mirrors};
use super::super::vendor_dir::move_folder;
use super::super::{CrateStore, IoError, Progress};
use super::crates::{Defaults, StandIns};
use super::sources::Sources;
use super::{ResolveRequest, link, registry_names, skeletons};
use crate::io::read::read_string;
use crate::io::{programs, temporary};
use crate::project::{CrateSource, GitSource, join, without_credentials};
use crate::vendor::git_crate::leaves_crate;

/// The folder in the cache; its name changes with what is kept.
const FOLDER: &str = "vendored-1";

/// Returns the folders of the crates from git, by their places in the lock.
///
/// # Errors
/// Fails if a repository can't be fetched, or cargo can't vendor the crates.
pub fn vendored_git_crates(
    request: ResolveRequest,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<BTreeMap<usize, PathBuf>, IoError> {
    let cache = request.git.cache_folder()?.join("git").join(FOLDER);
    let mut folders = BTreeMap::new();
    let mut sources: BTreeSet<&GitSource> = BTreeSet::new();
    for &place in request.reached {
        let krate = &request.lock.crates[place];
        if let CrateSource::Git(git) = &krate.source {
            let revision = git.full_revision().unwrap_or_default();
            let name = format!("{}-{}", krate.name, krate.version);
            folders.insert(place, cache.join(revision).join(name));
            sources.insert(git);
        }
    }
    if folders.values().all(|folder| folder.is_dir()) {
        return Ok(folders);
    }
    let above = safe_folder(request.files.origin().as_ref(), store)?;
    let scratch = temporary::folder_in(&above, "scratch-")?;
    write_registries(request, store, scratch.path(), progress)?;
    let mirrors_folder = scratch.path().join("mirrors");
    let sources: Vec<_> = sources.into_iter().collect();
    for git in &sources {
        require_inside(request, git)?;
    }
    let mirrors = mirrors(request.git, &sources, &mirrors_folder)?;
    let source = scratch.path().join("source");
    write_skeleton(request.files, request.project, request.local, &source)?;
    let manifest = source.join(join(&request.project.cargo_root, "Cargo.toml"));
    run(scratch.path(), &manifest, &mirrors)?;
    for folder in folders.values() {
        let name = folder.file_name().unwrap_or_default();
        let made = scratch.path().join("vendored").join(name);
        fs::create_dir_all(folder.parent().unwrap_or(&cache))?;
        // Another run may have been faster, with the same result.
        if let Err(error) = move_folder(&made, folder)
            && !folder.is_dir()
        {
            return Err(error);
        }
    }
    Ok(folders)
}

/// Refuses a repository with links that lead out of it. Cargo follows links
/// when it copies a crate, and would copy files of the user's.
fn require_inside(request: ResolveRequest, git: &GitSource) -> Result<(), IoError> {
    let tree = request.git.tree(git)?;
    let root = fs::canonicalize(&tree.folder)?;
    for entry in WalkDir::new(&tree.folder) {
        let entry = entry.map_err(std::io::Error::from)?;
        if !entry.path_is_symlink() {
            continue;
        }
        let path = entry.path().strip_prefix(&tree.folder);
        let path = path.unwrap_or(entry.path()).to_string_lossy().into_owned();
        let target = fs::read_link(entry.path())?;
        let parent = Utf8Path::new(&path).parent().filter(|p| *p != "");
        let is_out = leaves_crate(
            parent.unwrap_or(Utf8Path::new(".")),
            &target.to_string_lossy(),
        );
        // Through another link, too.
        let real = fs::canonicalize(entry.path()).ok();
        if is_out || real.is_some_and(|real| !real.starts_with(&root)) {
            return Err(GitError::Checkout {
                url: without_credentials(&git.url),
                revision: git.full_revision().unwrap_or_default(),
                message: format!("the link `{path}` leads out of the repository"),
            }
            .into());
        }
    }
    Ok(())
}

fn write_registries(
    request: ResolveRequest,
    store: &CrateStore,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<(), IoError> {
    let is_git = |place: &usize| matches!(request.lock.crates[*place].source, CrateSource::Git(_));
    let others = request.reached.iter().copied();
    let others: BTreeSet<_> = others.filter(|place| !is_git(place)).collect();
    let request = ResolveRequest {
        reached: &others,
        ..request
    };
    let found = skeletons(request, store, scratch, progress)?;
    let mut sources = Sources::new(scratch, request.lock);
    for (&place, skeleton) in &found.skeletons {
        link(&skeleton.folder, &sources.folder(place)?)?;
    }
    let places: Vec<_> = found.missing.keys().copied().collect();
    StandIns::new(request, &found.skeletons, &places)?.write(Defaults::Likely, &mut sources)?;
    sources.write_home(scratch, &registry_names(request))?;
    let config = scratch.join("home").join("config.toml");
    let text = read_string(&config)?;
    Ok(fs::write(
        config,
        format!("{text}\n[net]\ngit-fetch-with-cli = true\n"),
    )?)
}

fn run(scratch: &Path, manifest: &Path, mirrors: &Mirrors) -> Result<(), IoError> {
    let git_config = scratch.join("gitconfig");
    fs::write(&git_config, configuration(mirrors))?;
    let mut cargo = cargo_command(&scratch.join("home"), scratch);
    cargo
        .args(["vendor", "--quiet", "--color", "never"])
        .args(["--respect-source-config", "--versioned-dirs"])
        .arg("--manifest-path")
        .arg(manifest)
        .arg(scratch.join("vendored"))
        .env("GIT_CONFIG_GLOBAL", &git_config)
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("PATH", path_with_git(scratch)?);
    let output = cargo.output().map_err(|error| IoError::NoCargo {
        message: error.to_string(),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let message = sentence(&String::from_utf8_lossy(&output.stderr), scratch);
    Err(IoError::CargoFailed { message })
}

/// Writes a configuration that sends git to the local repositories, and nowhere
/// else.
fn configuration(mirrors: &Mirrors) -> String {
    let mut text =
        "[protocol]\n\tallow = never\n[protocol \"file\"]\n\tallow = always\n".to_owned();
    for (url, mirror) in mirrors {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let mirror = quoted(&mirror.display().to_string());
        let _ = write!(
            text,
            "[url \"file://{mirror}\"]\n\tinsteadOf = \"{}\"\n",
            quoted(url)
        );
    }
    text
}

/// Puts a program `git` first in `PATH`. Git fetches from a repository without
/// history only with an option that cargo doesn't pass; that program does.
#[cfg(unix)]
fn path_with_git(scratch: &Path) -> Result<OsString, IoError> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = programs::path().unwrap_or_default();
    let git = std::env::split_paths(&path)
        .map(|folder| folder.join("git"))
        .find(|git| git.is_file());
    let Some(git) = git else {
        return Ok(path);
    };
    let bin = scratch.join("bin");
    fs::create_dir(&bin)?;
    let git = git.display().to_string().replace('\'', "'\\''");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = fetch ]; then\n  shift\n  exec '{git}' fetch --update-shallow \"$@\"\nfi\nexec '{git}' \"$@\"\n"
    );
    let program = bin.join("git");
    fs::write(&program, text)?;
    fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
    let folders = [bin].into_iter().chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders).unwrap_or(path))
}

#[cfg(not(unix))]
fn path_with_git(_scratch: &Path) -> Result<OsString, IoError> {
    Ok(programs::path().unwrap_or_default())
}
