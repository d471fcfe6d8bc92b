//! What goes where in a folder of crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use semver::Version;

use super::config::{import_cargo_lock_config, unpacked_config};
use super::layout::{Layout, Naming, SourceNumbers};
use crate::hash::Sha256;
use crate::project::{CrateSource, LockFile, LockedCrate};

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
    pub lock: &'a LockFile,
    /// The shape.
    pub layout: Layout,
    /// How folders are named.
    pub naming: Naming,
    /// The places in the lock of the crates that are wanted whole; all of
    /// them where there is no list.
    pub wanted: Option<&'a BTreeSet<usize>>,
    /// The crates that no manifest leads to, as `name version`.
    pub unneeded: &'a [String],
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
                is_needed: !request.unneeded.contains(&label(krate)),
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
            CrateSource::Git(git) => git.revision.clone().unwrap_or_default(),
            _ => self
                .krate
                .checksum()
                .map_or_else(String::new, |sum| sum.to_hex()),
        };
        format!("{:?} {} {source}", self.form, self.label())
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

fn newest(lock: &LockFile) -> BTreeMap<&str, &Version> {
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
            format!("git/{}", git.revision.as_deref().unwrap_or_default())
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
mod tests {
    use super::*;
    use crate::project::{GitReference, GitSource, RegistrySource};

    fn lock() -> LockFile {
        let mut git = LockedCrate::example("gitted", "0.1.0");
        git.source = CrateSource::Git(GitSource {
            url: "https://example.org/g".to_owned(),
            reference: GitReference::Branch("x".to_owned()),
            revision: Some("abc".to_owned()),
        });
        let mut second = git.clone();
        second.name = crate::project::CrateName::new("second").unwrap();
        let mut other = LockedCrate::example("other", "1.0.0");
        other.source = CrateSource::Registry(RegistrySource {
            id: "sparse+https://example.org/index/".to_owned(),
            checksum: None,
        });
        let mut local = LockedCrate::example("syn", "3.0.0");
        local.source = CrateSource::Local;
        LockFile::example(vec![
            git,
            other,
            second,
            LockedCrate::example("syn", "2.0.9"),
            LockedCrate::example("syn", "2.0.10-rc.1"),
            local,
        ])
    }

    fn paths(layout: Layout, naming: Naming) -> Vec<String> {
        let plan = VendorPlan::new(PlanRequest {
            lock: &lock(),
            layout,
            naming,
            wanted: None,
            unneeded: &[],
        });
        let crates = plan.unwrap().crates.into_iter();
        crates.map(|planned| planned.path).collect()
    }

    #[test]
    fn the_newest_version_has_the_bare_name() {
        assert_eq!(
            paths(Layout::Cargo, Naming::NewestBare),
            ["gitted", "other", "second", "syn", "syn-2.0.9"]
        );
        assert_eq!(
            paths(Layout::Cargo, Naming::Versioned),
            [
                "gitted-0.1.0",
                "other-1.0.0",
                "second-0.1.0",
                "syn-2.0.10-rc.1",
                "syn-2.0.9"
            ]
        );
    }

    #[test]
    fn nixpkgs_folders_are_by_source() {
        assert_eq!(
            paths(Layout::FetchCargoVendor, Naming::NewestBare),
            [
                "git/abc",
                "registry-1/other-1.0.0.tar.gz",
                "tarballs/syn-2.0.10-rc.1.tar.gz",
                "tarballs/syn-2.0.9.tar.gz"
            ]
        );
        assert_eq!(
            paths(Layout::FetchCargoVendorUnpacked, Naming::NewestBare),
            [
                "source-git-0/gitted-0.1.0",
                "source-git-0/second-0.1.0",
                "source-registry-0/syn-2.0.10-rc.1",
                "source-registry-0/syn-2.0.9",
                "source-registry-1/other-1.0.0"
            ]
        );
    }

    #[test]
    fn one_folder_cannot_hold_two_crates() {
        let mut crates = lock().crates;
        let mut twin = crates[1].clone();
        twin.source = CrateSource::CratesIo(None);
        crates.push(twin);
        let lock = LockFile::example(crates);
        let plan = |layout| {
            VendorPlan::new(PlanRequest {
                lock: &lock,
                layout,
                naming: Naming::Versioned,
                wanted: None,
                unneeded: &[],
            })
        };
        let error = plan(Layout::ImportCargoLock).unwrap_err();
        assert_eq!((&*error.name, &*error.version), ("other", "1.0.0"));
        assert!(plan(Layout::FetchCargoVendor).is_ok());
    }

    #[test]
    fn what_is_not_wanted_is_a_stub() {
        let lock = lock();
        let plan = VendorPlan::new(PlanRequest {
            lock: &lock,
            layout: Layout::Cargo,
            naming: Naming::Versioned,
            wanted: Some(&[1].into()),
            unneeded: &["second 0.1.0".to_owned()],
        });
        let crates = plan.unwrap().crates;
        let forms: Vec<_> = crates.iter().map(|planned| planned.form).collect();
        let (stub, cargo) = (Form::Stub, Form::Cargo);
        assert_eq!(forms, [stub, cargo, stub, stub, stub]);
        let needed: Vec<_> = crates.iter().map(|planned| planned.is_needed).collect();
        assert_eq!(needed, [true, true, false, true, true]);
    }

    #[test]
    fn git_files_are_dropped_anywhere() {
        for path in [".gitignore", "a/.gitattributes", ".git/config", ".cargo-ok"] {
            assert!(!keeps(path), "{path}");
        }
        for path in [
            "src/lib.rs",
            ".github/x.yml",
            "a/.cargo-ok",
            "Cargo.toml.orig",
        ] {
            assert!(keeps(path), "{path}");
        }
    }
}
