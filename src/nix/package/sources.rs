//! Where a package and its crates come from, and which folders are built.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::{Package, plain};
use crate::nix::expr::{Expr, NixString, Part};
use crate::nix::layout::{Layout, Line, Name};

/// Where a package's source comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSource {
    /// An sdist that `fetchPypi` fetches.
    Sdist {
        /// The name in the file's name.
        name: String,
        /// The version in it, where it isn't written as the package's.
        version: Option<String>,
        /// What the file's name ends with, where it isn't `tar.gz`.
        extension: Option<&'static str>,
        /// Its hash, as SRI.
        hash: String,
    },
    /// A folder, relative to the file; as `source` where a folder of it is
    /// built.
    Folder {
        /// The folder.
        path: Utf8PathBuf,
        /// Whether it has to have a name that is known.
        is_named: bool,
    },
}

/// Where the crates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CargoDeps {
    /// `fetchCargoVendor` with this hash.
    Fetched {
        /// The hash, as SRI.
        hash: String,
    },
    /// A lock beside the file, since the source has none or one that doesn't
    /// fit.
    Lock {
        /// The lock, relative to the file.
        path: Utf8PathBuf,
        /// The hashes of git dependencies.
        output_hashes: BTreeMap<String, String>,
        /// `extraRegistries`: index and download address of other registries.
        extra_registries: BTreeMap<String, String>,
        /// Whether the source has one that it takes the place of.
        replaces: bool,
    },
}

/// Which folders of the source are built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The folder that is entered after unpacking; `.` for the source root.
    pub source_root: Utf8PathBuf,
    /// The folder that maturin's hook enters to build, from there.
    pub subdirectory: Utf8PathBuf,
    /// The folder of the lock, from there.
    pub cargo_root: Utf8PathBuf,
}

impl Places {
    /// Whether cargo builds in a folder above the one that is entered.
    pub(super) fn reaches_above(&self) -> bool {
        self.cargo_root.starts_with("..")
    }
}

const fn final_attrs() -> Expr {
    Expr::var("finalAttrs")
}

fn names<const N: usize>(names: [&str; N]) -> Vec<Name> {
    names.iter().filter_map(|name| Name::new(name)).collect()
}

impl PackageSource {
    /// The source of the package of this name.
    pub(super) fn expr(&self, package: &str) -> Expr {
        let (name, version, extension, hash) = match self {
            Self::Folder { path, is_named } => {
                let path = Expr::Path(path.as_str().into());
                if !is_named {
                    return path;
                }
                let name = Expr::string("source");
                let attributes = vec![("path".into(), path), ("name".into(), name)];
                let builtin = Expr::var("builtins").select(["path"]);
                return builtin.apply(Expr::AttrSet(attributes));
            }
            Self::Sdist {
                name,
                version,
                extension,
                hash,
            } => (name, version, extension, hash),
        };
        let is_same = name == package;
        let own = |key, text: &str| Line::set(key, Expr::string(text));
        let mut lines = Vec::new();
        if !is_same {
            lines.push(own("pname", name));
        }
        match version {
            Some(version) => {
                if is_same {
                    lines.push(Line::Inherit(final_attrs(), names(["pname"])));
                }
                lines.push(own("version", version));
            }
            None if is_same => {
                lines.push(Line::Inherit(final_attrs(), names(["pname", "version"])));
            }
            None => lines.push(Line::Inherit(final_attrs(), names(["version"]))),
        }
        lines.extend(extension.map(|extension| own("extension", extension)));
        lines.push(own("hash", hash));
        Expr::var("fetchPypi").apply(Layout::Body(lines).into())
    }
}

impl Package {
    /// What says where in the source things are.
    pub(super) fn place_lines(&self) -> Vec<Vec<Line>> {
        let places = &self.places;
        let line =
            |name: &str, path: Option<&str>| path.map(|path| Line::set(name, Expr::string(path)));
        let root = plain(&places.source_root).map(|root| format!("source/{root}"));
        let folders = [
            line("sourceRoot", root.as_deref()),
            line("cargoRoot", plain(&places.cargo_root)),
            line("buildAndTestSubdir", plain(&places.subdirectory)),
        ];
        vec![
            folders.into_iter().flatten().collect(),
            self.lock_link().into_iter().collect(),
        ]
    }

    pub(super) fn cargo_deps(&self) -> Expr {
        let platform = |name| Expr::var("rustPlatform").select([name]);
        match &self.cargo_deps {
            CargoDeps::Fetched { hash } => {
                let mut inherited = names(["pname", "version", "src"]);
                let places = &self.places;
                if plain(&places.source_root).is_some() {
                    inherited.extend(Name::new("sourceRoot"));
                }
                if plain(&places.cargo_root).is_some() {
                    inherited.extend(Name::new("cargoRoot"));
                }
                let lines = vec![
                    Line::Inherit(final_attrs(), inherited),
                    Line::set("hash", Expr::string(hash)),
                ];
                platform("fetchCargoVendor").apply(Layout::Body(lines).into())
            }
            CargoDeps::Lock {
                path,
                output_hashes,
                extra_registries,
                ..
            } => {
                let mut attributes: Vec<(NixString, Expr)> =
                    vec![("lockFile".into(), Expr::Path(path.as_str().into()))];
                let sets = [
                    ("outputHashes", output_hashes),
                    ("extraRegistries", extra_registries),
                ];
                for (name, rows) in sets.into_iter().filter(|(_, rows)| !rows.is_empty()) {
                    let rows = rows
                        .iter()
                        .map(|(key, text)| (key.as_str().into(), Expr::string(text)));
                    attributes.push((name.into(), Expr::AttrSet(rows.collect())));
                }
                platform("importCargoLock").apply(Expr::AttrSet(attributes))
            }
        }
    }

    /// Puts the lock where `cargoSetupHook` will look for it.
    fn lock_link(&self) -> Option<Line> {
        let CargoDeps::Lock { path, replaces, .. } = &self.cargo_deps else {
            return None;
        };
        let root = &self.places.cargo_root;
        let to = root.join("Cargo.lock");
        let to = to.as_str().trim_start_matches("./");
        // It is no option, whatever it begins with.
        let to = &to
            .strip_prefix('-')
            .map_or_else(|| to.to_owned(), |rest| format!("./-{rest}"));
        // stdenv makes the folder that it builds in writable, none above it.
        let unlock = if self.places.reaches_above() {
            format!("chmod u+w {}\n", shell_quoted(root.as_str()))
        } else {
            String::new()
        };
        let force = if *replaces { "f" } else { "" };
        let parts = vec![
            Part::Text(NixString::new(&format!("{unlock}ln -s{force} "))),
            Part::Expr(Expr::Path(path.as_str().into())),
            Part::Text(NixString::new(&format!(" {}\n", shell_quoted(to)))),
        ];
        // In `''` a line break of a name's would be layout.
        let script = if is_plain(to) {
            Layout::Script(parts).into()
        } else {
            Expr::Template(parts)
        };
        Some(Line::set("postPatch", script))
    }
}

fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    word.chars().all(is_plain)
}

/// A word for the shell, whatever is in it.
fn shell_quoted(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
