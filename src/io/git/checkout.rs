//! Writes a revision's files, and those of its submodules, into a folder.
//!
//! `git submodule update` isn't used: it runs what `.gitmodules` and the user's
//! filters say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::super::error::{GitError, IoError};
use super::listing::{Limits, Link, Listing};
use super::objects::{provide, provide_anew};
use super::program::{git_message, output, sealed};
use super::spec::CheckoutSpec;
use super::{GitStore, redacted_url};
use crate::project::{submodule_url, url_problem};

const MAX_DEPTH: usize = 16;
const MAX_SUBMODULES: usize = 1000;

pub(super) struct Checkout<'a> {
    store: &'a GitStore,
    /// The folder for the repositories of this one checkout.
    scratch: &'a Path,
    /// Whether a submodule may be on this disk.
    may_be_local: bool,
    limits: Limits,
    /// The repositories that were read, one for each revision.
    pub made: Vec<(CheckoutSpec, PathBuf)>,
    pub submodules: BTreeSet<Utf8PathBuf>,
}

/// Where a repository is in the whole checkout.
#[derive(Clone, Copy)]
struct Position<'a> {
    path: &'a Utf8Path,
    /// How many submodules it is nested in.
    depth: usize,
}

impl<'a> Checkout<'a> {
    pub(super) const fn new(store: &'a GitStore, scratch: &'a Path, may_be_local: bool) -> Self {
        Self {
            store,
            scratch,
            may_be_local,
            limits: Limits::of_a_checkout(),
            made: Vec::new(),
            submodules: BTreeSet::new(),
        }
    }

    /// Fills the checkout's folder, which is empty.
    pub(super) fn fill(&mut self, spec: &CheckoutSpec, folder: &Path) -> Result<(), IoError> {
        let top = Position {
            path: Utf8Path::new(""),
            depth: 0,
        };
        self.fill_at(spec, folder, top)
    }

    fn fill_at(
        &mut self,
        spec: &CheckoutSpec,
        folder: &Path,
        position: Position,
    ) -> Result<(), IoError> {
        if let Some(problem) = url_problem(&spec.url, self.may_be_local) {
            let url = redacted_url(&spec.url);
            return Err(GitError::Url { url, problem }.into());
        }
        if position.depth > MAX_DEPTH {
            return Err(spec.too_large("submodules nested more than 16 deep"));
        }
        if self.made.len() > MAX_SUBMODULES {
            return Err(spec.too_large("more than 1000 submodules"));
        }
        let repository = self.scratch.join(format!("{}.git", self.made.len()));
        self.made.push((spec.clone(), repository.clone()));
        let listing = self.list(spec, &repository)?;
        write_files(spec, &repository, folder)?;
        if listing.links.is_empty() || !listing.has_modules {
            return Ok(());
        }
        let modules = modules(spec, &repository)?;
        for link in listing.links {
            self.fill_link(spec, folder, position, &link, &modules)?;
        }
        Ok(())
    }

    /// Lists a revision. If objects are missing, as cargo's databases may have
    /// lost some, it is fetched into our database.
    fn list(&mut self, spec: &CheckoutSpec, repository: &Path) -> Result<Listing, IoError> {
        provide(self.store, spec, repository)?;
        if let Some(listing) = Listing::read(spec, repository, &mut self.limits)? {
            return Ok(listing);
        }
        provide_anew(self.store, spec, repository)?;
        let listing = Listing::read(spec, repository, &mut self.limits)?;
        listing.ok_or_else(|| spec.unsound("some of its objects are missing or damaged".to_owned()))
    }

    /// Fills the folder of a submodule. As with git, it stays empty if
    /// `.gitmodules` doesn't know the submodule.
    fn fill_link(
        &mut self,
        spec: &CheckoutSpec,
        folder: &Path,
        position: Position,
        link: &Link,
        modules: &BTreeMap<String, Module>,
    ) -> Result<(), IoError> {
        let module = modules.values().find(|m| m.path == link.path.as_str());
        let Some(module) = module.filter(|m| !m.url.is_empty() && m.update != "none") else {
            return Ok(());
        };
        let inside = folder.join(&link.path);
        if !is_plain(&link.path) || !is_real_folder(folder, &link.path) {
            let path = link.path.as_str().escape_debug();
            return Err(spec.unsound(format!("the submodule `{path}` is at an unsafe path")));
        }
        let url = submodule_url(&spec.url, &module.url).ok_or_else(|| {
            let url = redacted_url(&module.url);
            spec.unsound(format!("the submodule's URL `{url}` has too many `..`"))
        })?;
        let path = position.path.join(&link.path);
        let inner = CheckoutSpec {
            url,
            revision: link.revision.clone(),
        };
        self.submodules.insert(path.clone());
        let position = Position {
            path: &path,
            depth: position.depth + 1,
        };
        self.fill_at(&inner, &inside, position)
    }
}

fn write_files(spec: &CheckoutSpec, repository: &Path, folder: &Path) -> Result<(), IoError> {
    let mut git = sealed(repository);
    git.env("GIT_WORK_TREE", folder)
        .args(["checkout", "--quiet", "--detach", &spec.revision]);
    let output = output(&mut git)?;
    // Git reports a file that it can't write, and goes on.
    let is_whole = !output
        .stderr
        .split(|&byte| byte == b'\n')
        .any(|line| line.starts_with(b"error:") || line.starts_with(b"fatal:"));
    if output.status.success() && is_whole {
        return Ok(());
    }
    Err(spec.unsound(git_message(&output.stderr)))
}

#[derive(Debug, Default)]
struct Module {
    path: String,
    url: String,
    update: String,
}

/// Reads `.gitmodules` as git reads configuration, but from the revision
/// itself. Nothing is included, and commands in it are ignored.
fn modules(spec: &CheckoutSpec, repository: &Path) -> Result<BTreeMap<String, Module>, IoError> {
    let mut git = sealed(repository);
    git.args(["config", "--list", "-z", "--no-includes", "--blob"])
        .arg(format!("{}:.gitmodules", spec.revision));
    let output = output(&mut git)?;
    if !output.status.success() {
        let message = git_message(&output.stderr);
        return Err(spec.unsound(format!("`.gitmodules`: {message}")));
    }
    Ok(parse_modules(&String::from_utf8_lossy(&output.stdout)))
}

fn parse_modules(text: &str) -> BTreeMap<String, Module> {
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    for entry in text.split('\0') {
        let (key, value) = entry.split_once('\n').unwrap_or((entry, ""));
        let section = key.strip_prefix("submodule.");
        let Some((name, key)) = section.and_then(|rest| rest.rsplit_once('.')) else {
            continue;
        };
        let module = modules.entry(name.to_owned()).or_default();
        match key {
            "path" => value.trim_end_matches('/').clone_into(&mut module.path),
            "url" => value.clone_into(&mut module.url),
            "update" => value.clone_into(&mut module.update),
            _ => {}
        }
    }
    modules
}

/// Whether a path stays below the folder that it starts from, and out of
/// `.git`.
fn is_plain(path: &Utf8Path) -> bool {
    let mut components = path.components();
    components.all(|component| match component {
        Utf8Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
        _ => false,
    })
}

/// Whether the path leads through folders alone, and not through a link.
fn is_real_folder(folder: &Path, path: &Utf8Path) -> bool {
    let mut there = folder.to_owned();
    path.components().all(|component| {
        there.push(component.as_str());
        let found = there.symlink_metadata();
        found.is_ok_and(|found| found.is_dir())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gitmodules_says_to_run_is_just_text() {
        let text = "submodule.a.b.path\nlibs/a\0submodule.a.b.url\n../a\0submodule.a.b.update\n!touch x\0core.x\ny\0";
        let modules = parse_modules(text);
        assert_eq!(modules.len(), 1);
        assert_eq!(modules["a.b"].path, "libs/a");
        assert_eq!(modules["a.b"].url, "../a");
    }

    #[test]
    fn paths_stay_below() {
        for path in ["a", "a/b", ".hidden/x"] {
            assert!(is_plain(path.into()), "{path}");
        }
        for path in ["../a", "/a", "a/../../b", "a/.git", ".GIT/hooks"] {
            assert!(!is_plain(path.into()), "{path}");
        }
    }
}
