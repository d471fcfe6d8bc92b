//! Where a package and its crates come from, and which folders are built.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::nix::expr::{Binding, Expr, Part};
use crate::nix::ident::Ident;
use crate::nix::shell::LockTarget;
use crate::nix::stanza::{named_source, string_set};

/// Where a package's source comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSource {
    /// An sdist that `fetchPypi` downloads.
    Sdist {
        /// The name in the file name.
        name: String,
        /// The version in the file name, if it is spelled differently from
        /// the package's.
        version: Option<String>,
        /// The file name's extension, if it isn't `tar.gz`.
        extension: Option<&'static str>,
        /// An SRI hash.
        hash: String,
    },
    /// An sdist at an address that `fetchurl` downloads.
    Address {
        /// Without a login.
        url: String,
        /// An SRI hash.
        hash: String,
    },
    /// A folder next to or above the file.
    Folder {
        /// Relative to the file.
        path: Utf8PathBuf,
        /// Whether the unpacked folder must be called `source`, since paths
        /// of the file begin with it.
        is_named: bool,
    },
}

/// Where a package's crates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CargoDeps {
    /// `fetchCargoVendor`
    Fetched {
        /// An SRI hash.
        hash: String,
    },
    /// `importCargoLock` with a lock next to the file: the source has none, or
    /// one that doesn't fit its manifests.
    Lock {
        /// The `Cargo.lock`, relative to the file.
        path: Utf8PathBuf,
        /// nixpkgs' `outputHashes`.
        output_hashes: BTreeMap<String, String>,
        /// nixpkgs' `extraRegistries`.
        extra_registries: BTreeMap<String, String>,
        /// Whether the source has a lock too.
        replaces: bool,
    },
}

/// The folders of a source that a build works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildFolders {
    /// The folder that the build enters after unpacking; `.` for the top.
    pub source_root: Utf8PathBuf,
    /// The folder that maturin's hook enters, relative to `source_root`.
    pub subdirectory: Utf8PathBuf,
    /// The folder of `Cargo.lock`, relative to `source_root`.
    pub cargo_root: Utf8PathBuf,
}

impl BuildFolders {
    /// Whether cargo builds in a folder above the one that the build enters.
    pub(super) fn reach_above(&self) -> bool {
        self.cargo_root.starts_with("..")
    }

    /// The attributes that name the folders.
    pub(super) fn bindings(&self) -> Vec<Binding> {
        let root = named_folder(&self.source_root).map(|root| format!("source/{root}"));
        let folders = [
            ("sourceRoot", root.as_deref()),
            ("cargoRoot", named_folder(&self.cargo_root)),
            ("buildAndTestSubdir", named_folder(&self.subdirectory)),
        ];
        let bindings = folders
            .into_iter()
            .filter_map(|(name, path)| Some(Binding::set(name, Expr::string(path?))));
        bindings.collect()
    }
}

/// The folder's path, unless it is `.`.
fn named_folder(path: &Utf8Path) -> Option<&str> {
    (path != ".").then_some(path.as_str())
}

/// `inherit (finalAttrs) names;`
fn inherit<'a>(names: impl IntoIterator<Item = &'a &'static str>) -> Binding {
    let names = names.into_iter().copied().map(Ident::new);
    Binding::Inherit(Expr::var("finalAttrs"), names.collect())
}

impl PackageSource {
    /// The value of `src`, for the package of this name.
    pub(super) fn expr(&self, package: &str) -> Expr {
        let (name, version, extension, hash) = match self {
            Self::Folder { path, is_named } if *is_named => return named_source(path.as_str()),
            Self::Folder { path, .. } => return Expr::Path(path.as_str().into()),
            Self::Address { url, hash } => {
                let fields = [("url", url), ("hash", hash)];
                let bindings = fields.map(|(name, value)| Binding::set(name, Expr::string(value)));
                return Expr::var("fetchurl").apply(Expr::AttrSet(bindings.into()));
            }
            Self::Sdist {
                name,
                version,
                extension,
                hash,
            } => (name, version, extension, hash),
        };
        let string = |key, text: &str| Binding::set(key, Expr::string(text));
        let has_same_name = name == package;
        let mut bindings = Vec::new();
        if !has_same_name {
            bindings.push(string("pname", name));
        }
        let inherited = match (has_same_name, version) {
            (true, None) => &["pname", "version"][..],
            (true, Some(_)) => &["pname"],
            (false, None) => &["version"],
            (false, Some(_)) => &[],
        };
        if !inherited.is_empty() {
            bindings.push(inherit(inherited));
        }
        bindings.extend(version.as_deref().map(|version| string("version", version)));
        bindings.extend(extension.map(|extension| string("extension", extension)));
        bindings.push(string("hash", hash));
        Expr::var("fetchPypi").apply(Expr::AttrSet(bindings))
    }
}

impl CargoDeps {
    /// The value of `cargoDeps`.
    pub(super) fn expr(&self, folders: &BuildFolders) -> Expr {
        let platform = |name| Expr::var("rustPlatform").select([name]);
        match self {
            Self::Fetched { hash } => {
                let optional = [
                    ("sourceRoot", &folders.source_root),
                    ("cargoRoot", &folders.cargo_root),
                ];
                let optional = optional
                    .iter()
                    .filter_map(|(name, path)| named_folder(path).map(|_| name));
                let bindings = vec![
                    inherit(["pname", "version", "src"].iter().chain(optional)),
                    Binding::set("hash", Expr::string(hash)),
                ];
                platform("fetchCargoVendor").apply(Expr::AttrSet(bindings))
            }
            Self::Lock {
                path,
                output_hashes,
                extra_registries,
                ..
            } => {
                let mut attributes = vec![("lockFile", Expr::Path(path.as_str().into()))];
                for (name, texts) in [
                    ("outputHashes", output_hashes),
                    ("extraRegistries", extra_registries),
                ] {
                    if !texts.is_empty() {
                        attributes.push((name, string_set(texts)));
                    }
                }
                platform("importCargoLock").apply(Expr::attr_set(attributes))
            }
        }
    }

    /// `postPatch`, which links the lock into the source.
    pub(super) fn lock_link(&self, folders: &BuildFolders) -> Option<Binding> {
        let Self::Lock { path, replaces, .. } = self else {
            return None;
        };
        let target = LockTarget::new(&folders.cargo_root);
        let force = if *replaces { "f" } else { "" };
        let parts = vec![
            Part::text(&format!("{}ln -s{force} ", target.prepare)),
            Part::Expr(Expr::Path(path.as_str().into())),
            Part::text(&format!(" {}\n", target.path)),
        ];
        // An indented string would lose the indentation behind a line break
        // in a name.
        let script = if target.is_plain {
            Expr::IndentedTemplate(parts)
        } else {
            Expr::Template(parts)
        };
        Some(Binding::set("postPatch", script))
    }
}
