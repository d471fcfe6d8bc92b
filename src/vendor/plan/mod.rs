//! Plans where each crate goes in a vendor directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use semver::Version;

use super::config::{import_cargo_lock_config, unpacked_config};
use super::fetch_cargo_vendor::tarball_path;
use super::format::{Layout, Naming};
use super::source_numbers::SourceNumbers;
use crate::hash::Sha256;
use crate::project::{CargoLock, CrateSource, CrateVersion, LockedCrate};

/// The contents of a vendor directory.
#[derive(Debug, Clone)]
pub struct VendorPlan {
    pub layout: Layout,
    /// Sorted by path.
    pub crates: Vec<PlannedCrate>,
    /// The other files, by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A crate in a vendor directory.
#[derive(Debug, Clone)]
pub struct PlannedCrate {
    pub krate: LockedCrate,
    /// Relative to the directory.
    pub path: String,
    pub form: CrateForm,
    /// Whether a manifest of the project leads to the crate. The registry may
    /// have removed others.
    pub is_needed: bool,
}

/// The form that a crate is vendored in. The names go into
/// [`PlannedCrate::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrateForm {
    /// The files that `cargo vendor` keeps, with the checksums of all.
    Cargo,
    /// All files, with a checksum file that lists none.
    Whole,
    /// The manifest and empty files: enough for cargo to resolve, not to
    /// build.
    Stub,
    /// The `.crate` file.
    Tarball,
    /// The checkout of the git repository.
    Checkout,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    pub cargo_lock: &'a CargoLock,
    pub layout: Layout,
    pub naming: Naming,
    /// The indices in the lock of the crates to vendor whole, while others
    /// become stubs; `None` for all.
    pub wanted: Option<&'a BTreeSet<usize>>,
    /// The crates that no manifest leads to, as `NAME VERSION`.
    pub unneeded: &'a [CrateVersion],
}

/// Two crates that would go into one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateCrate {
    pub name: String,
    pub version: String,
    /// The sources that they come from.
    pub sources: Vec<String>,
}

impl VendorPlan {
    /// # Errors
    /// Fails if crates of one name and version come from several sources and
    /// the layout can't hold both.
    pub fn new(request: PlanRequest) -> Result<Self, DuplicateCrate> {
        let cargo_lock = request.cargo_lock;
        let numbers = SourceNumbers::of(cargo_lock);
        let newest = newest_versions(cargo_lock);
        let mut crates = Vec::new();
        for (index, krate) in cargo_lock.crates.iter().enumerate() {
            if krate.source == CrateSource::Local {
                continue;
            }
            let is_newest = newest.get(krate.name.as_str()) == Some(&&krate.version);
            let is_wanted = request.wanted.is_none_or(|wanted| wanted.contains(&index));
            crates.push(PlannedCrate {
                krate: krate.clone(),
                path: request.path_of(krate, &numbers, is_newest),
                form: form_of(request.layout, krate, is_wanted),
                is_needed: !request.unneeded.contains(&krate.id()),
            });
        }
        // The crates of a git repository share its checkout.
        crates.sort_by(|a: &PlannedCrate, b| a.path.cmp(&b.path));
        crates.dedup_by(|a, b| a.path == b.path && a.form == CrateForm::Checkout);
        for pair in crates.windows(2) {
            if pair[0].path == pair[1].path {
                return Err(DuplicateCrate::new(&pair[0].krate, &pair[1].krate));
            }
        }
        Ok(Self {
            layout: request.layout,
            crates,
            files: request.files(&numbers),
        })
    }

    /// The number of stubs.
    pub fn stubs(&self) -> usize {
        let is_stub = |planned: &&PlannedCrate| planned.form == CrateForm::Stub;
        self.crates.iter().filter(is_stub).count()
    }

    /// A digest of the plan: two plans have the same if they give the same
    /// files.
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
    /// `NAME VERSION`
    pub fn label(&self) -> String {
        label(&self.krate)
    }

    /// A text that differs if the vendored files may differ.
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

impl PlanRequest<'_> {
    fn path_of(&self, krate: &LockedCrate, numbers: &SourceNumbers, is_newest: bool) -> String {
        let versioned = format!("{}-{}", krate.name, krate.version);
        match (self.layout, &krate.source) {
            (Layout::Cargo, _) if is_newest && self.naming == Naming::NewestBare => {
                krate.name.to_string()
            }
            (Layout::Cargo | Layout::ImportCargoLock, _) => versioned,
            (Layout::FetchCargoVendor, CrateSource::Git(git)) => {
                // A revision that isn't a full hash could be any path.
                format!("git/{}", git.full_revision().unwrap_or_default())
            }
            (Layout::FetchCargoVendor, _) => tarball_path(krate, self.cargo_lock),
            (Layout::FetchCargoVendorUnpacked, CrateSource::Git(git)) => {
                format!("source-git-{}/{versioned}", numbers.git[&git.id()])
            }
            (Layout::FetchCargoVendorUnpacked, CrateSource::Registry(registry)) => {
                let number = numbers.registries[&registry.id];
                format!("source-registry-{number}/{versioned}")
            }
            (Layout::FetchCargoVendorUnpacked, _) => {
                format!("source-registry-0/{versioned}")
            }
        }
    }

    fn files(&self, numbers: &SourceNumbers) -> BTreeMap<String, Vec<u8>> {
        let cargo_lock = self.cargo_lock;
        let config = match self.layout {
            Layout::Cargo => return BTreeMap::new(),
            Layout::FetchCargoVendor => None,
            Layout::ImportCargoLock => Some(import_cargo_lock_config(cargo_lock)),
            Layout::FetchCargoVendorUnpacked => {
                Some(unpacked_config(cargo_lock, numbers, "@vendor@"))
            }
        };
        let config = config.map(|text| (".cargo/config.toml".to_owned(), text.into_bytes()));
        [("Cargo.lock".to_owned(), cargo_lock.bytes.clone())]
            .into_iter()
            .chain(config)
            .collect()
    }
}

impl DuplicateCrate {
    fn new(a: &LockedCrate, b: &LockedCrate) -> Self {
        let source = |krate: &LockedCrate| match &krate.source {
            CrateSource::Git(git) => git.id(),
            CrateSource::Registry(registry) => registry.id.clone(),
            CrateSource::CratesIo(_) | CrateSource::Local => "crates.io".to_owned(),
        };
        Self {
            name: a.name.to_string(),
            version: a.version.to_string(),
            sources: vec![source(a), source(b)],
        }
    }
}

fn label(krate: &LockedCrate) -> String {
    format!("{} {}", krate.name, krate.version)
}

fn newest_versions(cargo_lock: &CargoLock) -> BTreeMap<&str, &Version> {
    let mut newest: BTreeMap<&str, &Version> = BTreeMap::new();
    for krate in &cargo_lock.crates {
        if krate.source != CrateSource::Local {
            let version = newest.entry(krate.name.as_str()).or_insert(&krate.version);
            *version = (*version).max(&krate.version);
        }
    }
    newest
}

const fn form_of(layout: Layout, krate: &LockedCrate, is_wanted: bool) -> CrateForm {
    let is_git = matches!(krate.source, CrateSource::Git(_));
    match layout {
        Layout::FetchCargoVendor if is_git => CrateForm::Checkout,
        Layout::FetchCargoVendor => CrateForm::Tarball,
        _ if !is_wanted => CrateForm::Stub,
        Layout::Cargo => CrateForm::Cargo,
        Layout::ImportCargoLock | Layout::FetchCargoVendorUnpacked => CrateForm::Whole,
    }
}

/// Whether `cargo vendor` keeps a file of a crate; it drops those that git
/// would read in the user's repository. `path` is relative to the crate, with
/// `/` between its parts.
pub fn is_kept_by_cargo_vendor(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !matches!(name, ".gitattributes" | ".gitignore")
        && path != ".cargo-ok"
        && !path.split('/').any(|part| part == ".git")
}

#[cfg(test)]
mod tests;
