//! Generates the stanza of a package of a lock.

use std::fmt::Write as _;
use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::wheel::{is_program, take_wheel};
use super::{Asked, Workspace};
use crate::error::Error;
use crate::io::artifacts::ArtifactRef;
use crate::io::paths::{join_below, parent_folder, utf8_path};
use crate::io::{IoError, Session};
use crate::ops::finished::{FinishedStanza, Place};
use crate::ops::load::{Loaded, Locked, Request};
use crate::ops::stanza::made_of;
use crate::ops::submodules::require_member;
use crate::options::{Options, Setting};
use crate::overlay::Digests;
use crate::project::{GitReference, GitSource, ProjectError, without_credentials};
use crate::python_lock::{Artifact, ArtifactPlace, LockedPackage, LockedSource, PythonLockError};
use crate::target::Python;
use crate::warning::{Warning, WheelReason};

/// Generates the stanza of a package from some of its entries. Returns `None`
/// if it needs no stanza.
pub(in crate::ops) fn make_locked(
    workspace: &Workspace,
    entries: &[usize],
    options: &Options,
    asked: &Asked,
    place: Place,
) -> Result<Option<FinishedStanza>, Error> {
    let mut found: Vec<FinishedStanza> = Vec::new();
    for &entry in entries {
        let package = &workspace.lock.packages[entry];
        let made = if is_program(asked, package) && !options.rust_only() {
            take_wheel(asked, package, WheelReason::Program)
        } else {
            None
        };
        let made = made.map_or_else(
            || make_version(workspace, package, options, asked, place),
            Ok,
        );
        match made {
            Err(Error::Project(ProjectError::NoRust { .. })) => {}
            Err(error) => found.push(wheel_instead(asked, package, error)?),
            Ok(finished) => found.push(wheel_if_incomplete(asked, package, options, finished)),
        }
    }
    let name = entries
        .first()
        .map(|&entry| &workspace.lock.packages[entry].name);
    let is_only = name.is_none_or(|name| workspace.lock.entries(name).count() == 1);
    let mut found = found.into_iter().rev();
    let Some(mut last) = found.next() else {
        return Ok(None);
    };
    last.restrict(is_only);
    Ok(Some(found.fold(last, |otherwise, mut finished| {
        finished.restrict(is_only);
        finished.or_else(otherwise)
    })))
}

/// Returns the stanza that takes the wheel of a package whose build the
/// package set lacks something for, and any other error as it is.
fn wheel_instead(
    asked: &Asked,
    package: &LockedPackage,
    error: Error,
) -> Result<FinishedStanza, Error> {
    let Error::Project(ProjectError::MissingBuildSystem { missing, .. }) = &error else {
        return Err(error);
    };
    let reason = WheelReason::MissingBuildSystem {
        missing: missing.clone(),
    };
    take_wheel(asked, package, reason).ok_or(error)
}

/// Returns the stanza that takes the wheel of a package whose sdist lacks a
/// header, unless the options add libraries, which may have it.
fn wheel_if_incomplete(
    asked: &Asked,
    package: &LockedPackage,
    options: &Options,
    finished: FinishedStanza,
) -> FinishedStanza {
    if options.extra.build_inputs.is_some() {
        return finished;
    }
    let mut warnings = finished.warnings.iter();
    let what = warnings.find_map(|warning| match warning {
        Warning::MissingHeader { what, .. } => Some(what.clone()),
        _ => None,
    });
    let reason = what.map(|what| WheelReason::MissingHeader { what });
    let wheel = reason.and_then(|reason| take_wheel(asked, package, reason));
    wheel.unwrap_or(finished)
}

/// Generates the stanza of one version of a package.
fn make_version(
    workspace: &Workspace,
    package: &LockedPackage,
    options: &Options,
    asked: &Asked,
    place: Place,
) -> Result<FinishedStanza, Error> {
    let mut request = request_for(workspace, package, options, asked, place.session)?;
    request.lock_folder = Some(parent_folder(place.file).to_owned());
    request.options.source = package.source.kind().into();
    let loaded = Loaded::read(&request, place.session)?;
    let finished = made_of(&loaded, &mut request, place)?;
    let (found, expected) = (&finished.package, package);
    let has_version = |version: &String| {
        let versions = [version, found.version.as_ref().unwrap_or(version)];
        let [expected, found] = versions.map(|version| version.parse().ok());
        expected == found as Option<pep440_rs::Version>
    };
    if found.name == expected.name.as_str() && expected.version.as_ref().is_none_or(has_version) {
        return Ok(finished);
    }
    let version = found.version.as_deref().unwrap_or_default();
    Err(PythonLockError::OtherPackage {
        place: request.locked.shown.unwrap_or_default(),
        found: format!("{} {version}", found.name).trim().to_owned(),
        expected: label(package),
    }
    .into())
}

/// Fetches the source of a package, and returns a request to read it.
pub(in crate::ops) fn request_for(
    workspace: &Workspace,
    package: &LockedPackage,
    options: &Options,
    asked: &Asked,
    session: &Session,
) -> Result<Request, Error> {
    let mut request = Request::new(options);
    let python = asked.python_minor().map(Python::regular);
    request.options.target.python = python.map(Setting::new);
    fetch_source(workspace, package, asked, &mut request, session)?;
    Ok(request)
}

/// Fetches the source of a package, and sets it in a request.
fn fetch_source(
    workspace: &Workspace,
    package: &LockedPackage,
    asked: &Asked,
    request: &mut Request,
    session: &Session,
) -> Result<(), Error> {
    let mut locked = Locked {
        is_whole: true,
        python_root: None,
        shown: None,
        names: workspace.names.clone(),
        sets: Some(Arc::clone(&asked.sets)),
        build_system: workspace.settings.given_build_system(&package.name),
    };
    let mut root = package.source.kind().subdirectory().map(Utf8Path::to_owned);
    match &package.source {
        LockedSource::Git { url, .. } => {
            let git = git_source(&package.source);
            let tree = git.map(|git| session.git().tree(&git)).transpose()?;
            let tree = tree.ok_or_else(|| IoError::NotFound { path: url.into() })?;
            request.path = utf8_path(tree.folder)?;
            locked.shown = Some(without_credentials(url));
        }
        LockedSource::Directory(folder)
        | LockedSource::Editable(folder)
        | LockedSource::Virtual(folder) => {
            request.path = join_below(workspace.folder(), folder);
            require_member(&request.path, workspace.path.as_str(), &label(package))?;
            locked.is_whole = false;
            root = None;
        }
        LockedSource::Registry(_) | LockedSource::Url { .. } | LockedSource::Path(_) => {
            let artifact = package.sdist.as_ref().unwrap_or(&NOWHERE);
            request.path = artifact_file(workspace, package, artifact)?;
            locked.shown = Some(artifact.file_name());
        }
    }
    if let Some(root) = root.as_deref().filter(|root| !is_below(root)) {
        let subdirectory = root.as_str().escape_debug().to_string();
        let package = label(package);
        return Err(PythonLockError::Subdirectory {
            package,
            subdirectory,
        }
        .into());
    }
    locked.python_root = root;
    request.locked = locked;
    Ok(())
}

/// Whether the cache has a checkout of the repository's revision.
pub(in crate::ops) fn has_checkout(source: &LockedSource, session: &Session) -> bool {
    git_source(source).is_some_and(|git| session.git().has_tree(&git))
}

fn artifact_file(
    workspace: &Workspace,
    package: &LockedPackage,
    artifact: &Artifact,
) -> Result<Utf8PathBuf, IoError> {
    let index = match &package.source {
        LockedSource::Registry(index) => Some(index.as_str()),
        _ => None,
    };
    workspace.store.file(ArtifactRef {
        artifact,
        label: &label(package),
        lock_folder: workspace.folder(),
        index,
    })
}

/// Returns the digests of a package's entries in the lock.
pub(in crate::ops) fn digests_of(
    workspace: &Workspace,
    entries: &[usize],
    asked: &Asked,
    file: &Utf8Path,
    old: Option<&Digests>,
) -> Digests {
    let mut text = format!("{:?}\n", asked.python_minor());
    for &entry in entries {
        let package = &workspace.lock.packages[entry];
        let hash = package.sdist.as_ref().map(|sdist| match &sdist.hash {
            Some(hash) => hash.to_hex(),
            None => format!("{:?}", sdist.place),
        });
        let source = match &package.source {
            // The mirror that serves a file doesn't change its content.
            LockedSource::Registry(_) | LockedSource::Url { .. } => String::new(),
            source => format!("{source:?}"),
        };
        let kind = package.source.kind();
        let given = workspace.settings.given_build_system(&package.name);
        let (name, version) = (&package.name, &package.version);
        let _ = writeln!(
            text,
            "{name} {version:?} {kind:?} {source} {hash:?} {given:?}"
        );
    }
    let name = entries
        .first()
        .map(|&entry| &workspace.lock.packages[entry].name);
    let is_only = name.map(|name| workspace.lock.entries(name).count());
    let _ = writeln!(text, "{is_only:?}");
    let beside = old
        .map(|old| old.beside.as_str())
        .filter(|name| !name.is_empty());
    crate::ops::digests::of_locked(text.as_bytes(), file, beside)
}

/// Returns the repository and revision of a package from git.
fn git_source(source: &LockedSource) -> Option<GitSource> {
    let LockedSource::Git { url, revision, .. } = source else {
        return None;
    };
    Some(GitSource {
        url: url.clone(),
        reference: GitReference::Head,
        revision: Some(revision.clone()),
    })
}

/// Stands for the file of an entry that has none.
static NOWHERE: Artifact = Artifact {
    place: ArtifactPlace::Nowhere,
    hash: None,
    size: None,
};

/// Returns the name and version of a package for messages.
pub(in crate::ops) fn label(package: &LockedPackage) -> String {
    match &package.version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name.to_string(),
    }
}

/// Whether a relative path stays below its folder.
fn is_below(path: &Utf8Path) -> bool {
    path.components()
        .all(|part| matches!(part, Utf8Component::Normal(_) | Utf8Component::CurDir))
}
