//! What goes where in a folder of crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use semver::Version;

use super::config::{import_cargo_lock_config, unpacked_config};
use super::format::{Layout, Naming, SourceNumbers};
use crate::hash::Sha256;
use crate::project::{CargoLock, CrateSource, CrateVersion, LockedCrate};

/// A folder of crates.
#[derive(Debug, Clone)]
pub struct VendorPlan {
    /// Its shape.
    pub layout: Layout,
    /// The crates, sorted by path.
    pub crates: Vec<PlannedCrate>,
    /// The files beside them, by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A crate and what is made of it.
#[derive(Debug, Clone)]
pub struct PlannedCrate {
    /// The crate.
    pub krate: LockedCrate,
    /// Where it goes, relative to the folder.
    pub path: String,
    /// What is made of it.
    pub form: Form,
    /// Whether a manifest of the project leads to it: others may be gone from
    /// the registry.
    pub is_needed: bool,
}

/// What is made of a crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The files that `cargo vendor` keeps, with all their checksums.
    Cargo,
    /// All files, with a checksum file that lists none.
    Whole,
    /// A manifest and empty files, enough for cargo to read it.
    Stub,
    /// The `.crate` file.
    Tarball,
    /// The whole checkout that a git crate is in.
    Checkout,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The lock.
    pub lock: &'a CargoLock,
    /// The shape.
    pub layout: Layout,
    /// How folders are named.
    pub naming: Naming,
    /// The places in the lock of the crates that are wanted whole; all of
    /// them where there is no list.
    pub wanted: Option<&'a BTreeSet<usize>>,
    /// The crates that no manifest leads to.
    pub unneeded: &'a [CrateVersion],
}

/// Two crates would go into one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameCrate {
    /// The crate's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where they come from.
    pub sources: Vec<String>,
}

impl VendorPlan {
    /// Plans a folder.
    ///
    /// # Errors
    /// Where crates of the same name and version come from several sources,
    /// and the layout can't hold both.
    pub fn new(request: PlanRequest) -> Result<Self, SameCrate> {
        let lock = request.lock;
        let numbers = SourceNumbers::of(lock);
        let newest = newest(lock);
        let mut crates = Vec::new();
        for (place, krate) in lock.crates.iter().enumerate() {
            if krate.source == CrateSource::Local {
                continue;
            }
            let is_wanted = request.wanted.is_none_or(|wanted| wanted.contains(&place));
            let planned = PlannedCrate {
                krate: krate.clone(),
                path: path(request, krate, &numbers, &newest),
                form: form(request.layout, krate, is_wanted),
                is_needed: !request.unneeded.contains(&krate.id()),
            };
            crates.push(planned);
        }
        // The crates of a repository share its checkout.
        crates.sort_by(|a: &PlannedCrate, b| a.path.cmp(&b.path));
        crates.dedup_by(|a, b| a.path == b.path && a.form == Form::Checkout);
        for pair in crates.windows(2) {
            if pair[0].path == pair[1].path {
                return Err(same_crate(&pair[0].krate, &pair[1].krate));
            }
        }
        Ok(Self {
            layout: request.layout,
            crates,
            files: files(request, &numbers),
        })
    }

    /// How many crates are stubs.
    #[must_use]
    pub fn stubs(&self) -> usize {
        let stubs = self
            .crates
            .iter()
            .filter(|planned| planned.form == Form::Stub);
        stubs.count()
    }

    /// What it is made from, in 32 bytes: the same where the same files come
    /// out.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        let mut text = format!("{}\n", self.layout.word());
        for planned in &self.crates {
            let _ = writeln!(text, "{}\t{}", planned.path, planned.key());
        }
        for (path, bytes) in &self.files {
            let _ = writeln!(text, "{path}\t{}", Sha256::of(bytes).to_hex());
        }
        Sha256::of(text.as_bytes())
    }
}

impl PlannedCrate {
    /// `name version`
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.krate)
    }

    /// What it is made from, in a word.
    #[must_use]
    pub fn key(&self) -> String {
        let source = match &self.krate.source {
            CrateSource::Git(git) => {
                let revision = git.revision.as_deref().unwrap_or_default();
                format!("{}#{revision}", git.id())
            }
            _ => self
                .krate
                .checksum()
                .map_or_else(String::new, |sum| sum.to_hex()),
        };
        let need = if self.is_needed { "" } else { " unneeded" };
        format!("{:?} {} {source}{need}", self.form, self.label())
    }
}

fn label(krate: &LockedCrate) -> String {
    format!("{} {}", krate.name, krate.version)
}

fn same_crate(a: &LockedCrate, b: &LockedCrate) -> SameCrate {
    let source = |krate: &LockedCrate| match &krate.source {
        CrateSource::Git(git) => git.id(),
        CrateSource::Registry(registry) => registry.id.clone(),
        CrateSource::CratesIo(_) | CrateSource::Local => "crates.io".to_owned(),
    };
    SameCrate {
        name: a.name.to_string(),
        version: a.version.to_string(),
        sources: vec![source(a), source(b)],
    }
}

fn newest(lock: &CargoLock) -> BTreeMap<&str, &Version> {
    let mut newest: BTreeMap<&str, &Version> = BTreeMap::new();
    for krate in &lock.crates {
        if krate.source != CrateSource::Local {
            let version = newest.entry(krate.name.as_str()).or_insert(&krate.version);
            *version = (*version).max(&krate.version);
        }
    }
    newest
}

const fn form(layout: Layout, krate: &LockedCrate, is_wanted: bool) -> Form {
    let is_git = matches!(krate.source, CrateSource::Git(_));
    match layout {
        Layout::FetchCargoVendor if is_git => Form::Checkout,
        Layout::FetchCargoVendor => Form::Tarball,
        _ if !is_wanted => Form::Stub,
        Layout::Cargo => Form::Cargo,
        Layout::ImportCargoLock | Layout::FetchCargoVendorUnpacked => Form::Whole,
    }
}

fn path(
    request: PlanRequest,
    krate: &LockedCrate,
    numbers: &SourceNumbers,
    newest: &BTreeMap<&str, &Version>,
) -> String {
    let versioned = format!("{}-{}", krate.name, krate.version);
    match (request.layout, &krate.source) {
        (Layout::Cargo, _) => {
            let is_bare = request.naming == Naming::NewestBare
                && newest.get(krate.name.as_str()) == Some(&&krate.version);
            if is_bare {
                krate.name.to_string()
            } else {
                versioned
            }
        }
        (Layout::ImportCargoLock, _) => versioned,
        (Layout::FetchCargoVendor, CrateSource::Git(git)) => {
            // Nothing but a hash becomes a path.
            format!("git/{}", git.full_revision().unwrap_or_default())
        }
        (Layout::FetchCargoVendor, CrateSource::Registry(registry)) => {
            let number = numbers.registries[&registry.id];
            format!("registry-{number}/{versioned}.tar.gz")
        }
        (Layout::FetchCargoVendor, _) => format!("tarballs/{versioned}.tar.gz"),
        (Layout::FetchCargoVendorUnpacked, CrateSource::Git(git)) => {
            format!("source-git-{}/{versioned}", numbers.git[&git.id()])
        }
        (Layout::FetchCargoVendorUnpacked, source) => {
            let number = match source {
                CrateSource::Registry(registry) => numbers.registries[&registry.id],
                _ => 0,
            };
            format!("source-registry-{number}/{versioned}")
        }
    }
}

fn files(request: PlanRequest, numbers: &SourceNumbers) -> BTreeMap<String, Vec<u8>> {
    let lock = request.lock;
    let lock_file = ("Cargo.lock".to_owned(), lock.bytes.clone());
    let config = match request.layout {
        Layout::Cargo => return BTreeMap::new(),
        Layout::FetchCargoVendor => return BTreeMap::from([lock_file]),
        Layout::ImportCargoLock => import_cargo_lock_config(lock),
        Layout::FetchCargoVendorUnpacked => unpacked_config(lock, numbers, "@vendor@"),
    };
    let config = (".cargo/config.toml".to_owned(), config.into_bytes());
    BTreeMap::from([lock_file, config])
}

/// Tells whether `cargo vendor` keeps a file of a crate.
///
/// It drops what would confuse git in the user's repository. `path` is
/// relative to the crate's folder, with `/` between its parts.
#[must_use]
pub fn keeps(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !matches!(name, ".gitattributes" | ".gitignore")
        && path != ".cargo-ok"
        && !path.split('/').any(|part| part == ".git")
}

#[cfg(test)]
mod tests;
