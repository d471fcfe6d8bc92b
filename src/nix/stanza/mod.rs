//! The stanza of an overlay that builds one Python package with Rust in it.
//!
//! It calls `hacks.importCargoLock` of pyproject.nix, which adds cargo, rustc,
//! pkg-config and the hook that unpacks the crates; the rest is added with
//! `overrideAttrs`.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::expr::{Expr, Ident, NixString, Parameter, Part};
use super::platforms::{by_platform, guarded};
use super::print::print;
use crate::native::EnvValue;
use crate::project::SourceKind;
use crate::target::Platform;

/// Before the revision that the next line has the hash of.
pub const REVISION: &str = "# revision ";

mod model;

pub use model::{Form, LockFile, Source, Stanza, normalized};

impl Stanza {
    /// With the revisions, so that none is fetched again for its hash.
    fn output_hashes(&self) -> Expr {
        let hashes = self.output_hashes.iter().map(|(key, hash)| {
            let revision = self.revisions.get(key);
            let comment = revision.map(|revision| format!("{}{revision}", &REVISION[2..]));
            let hash = Expr::string(hash).commented(comment.as_deref());
            (key.as_str().into(), hash)
        });
        Expr::AttrSet(hashes.collect())
    }

    /// What stands behind `NAME =`.
    pub(super) fn value(&self) -> Expr {
        if self.kind == SourceKind::Local {
            return self.built();
        }
        let name = self.name.as_str();
        let own = || Expr::var("prev").select([name]);
        let null = || Expr::var("null");
        // A wheel has nothing to build, and what isn't in the set stays out.
        let format = Expr::var("prev")
            .select([name, "passthru", "format"])
            .or(null());
        let mut condition = Expr::var("prev")
            .has(name)
            .and(format.differs_from(Expr::string("wheel")));
        if let Some(version) = &self.only_version {
            let found = Expr::var("prev").select([name, "version"]);
            condition = condition.and(found.equals(Expr::string(version)));
        }
        let otherwise = match &self.otherwise {
            Some(other) => other.value(),
            None => own().or(null()),
        };
        condition.then(self.built(), otherwise)
    }

    fn built(&self) -> Expr {
        let imported = Expr::var("hacks")
            .select(["importCargoLock"])
            .apply(self.import_arguments());
        let overrides = self.overrides();
        if overrides.is_empty() {
            return imported;
        }
        imported
            .select(["overrideAttrs"])
            .apply(Expr::AttrSet(overrides).lambda(Parameter::Name(Ident::new("old"))))
    }

    fn import_arguments(&self) -> Expr {
        let prev = Expr::var("prev").select([self.name.as_str()]);
        let mut arguments = vec![("prev".into(), prev)];
        if self.cargo_root != "." {
            let root = Expr::string(self.cargo_root.as_str());
            arguments.push(("cargoRoot".into(), root));
        }
        if let Some(path) = self.moved_lock() {
            arguments.push(("lockFile".into(), Expr::string(path.as_str())));
        }
        // A path needs no import from a derivation, and so no unpacking of
        // the source for it.
        let has_path = self.lock_file.is_some() && self.source.is_none();
        if has_path || self.kind.is_nameless() {
            arguments.push(("doUnpack".into(), Expr::var("false")));
        }
        if let Some(toolchain) = &self.toolchain {
            for program in ["cargo", "rustc"] {
                arguments.push((program.into(), Expr::Own(toolchain.clone())));
            }
        }
        let import_args = self.import_lock_arguments();
        if !import_args.is_empty() {
            arguments.push(("importCargoLockArgs".into(), Expr::AttrSet(import_args)));
        }
        Expr::AttrSet(arguments)
    }

    /// The lock's place in a source whose package is in a folder of it:
    /// `lockFile` is looked up from the top.
    fn moved_lock(&self) -> Option<Utf8PathBuf> {
        let folder = self.kind.subdirectory()?;
        if self.lock_file.is_some() {
            return None;
        }
        Some(normalized(
            &folder.join(&self.cargo_root).join("Cargo.lock"),
        ))
    }

    fn import_lock_arguments(&self) -> Vec<(NixString, Expr)> {
        let mut arguments = Vec::new();
        if let Some(lock) = &self.lock_file {
            // `importCargoLock` takes paths itself only since June 2026.
            arguments.push(("lockFile".into(), Expr::Path(lock.path.as_str().into())));
        }
        if !self.output_hashes.is_empty() {
            arguments.push(("outputHashes".into(), self.output_hashes()));
        }
        if !self.extra_registries.is_empty() {
            arguments.push(("extraRegistries".into(), strings(&self.extra_registries)));
        }
        arguments
    }

    fn overrides(&self) -> Vec<(NixString, Expr)> {
        let mut attributes: Vec<(NixString, Expr)> = Vec::new();
        if let Some(source) = &self.source {
            let path = ("path".into(), Expr::Path(source.path.as_str().into()));
            let name = ("name".into(), Expr::string("source"));
            let path = Expr::var("builtins")
                .select(["path"])
                .apply(Expr::AttrSet(vec![path, name]));
            attributes.push(("src".into(), path));
            let root = Utf8PathBuf::from("source").join(&source.python_root);
            attributes.push(("sourceRoot".into(), Expr::string(root.as_str())));
        }
        if let Some(copy) = self.lock_copy() {
            attributes.push(("postPatch".into(), copy));
        }
        if let Some(additions) = self.native_additions() {
            let old = Expr::var("old").select(["nativeBuildInputs"]);
            attributes.push(("nativeBuildInputs".into(), old.concat(additions)));
        }
        if !self.build_inputs.is_empty() {
            let old = Expr::var("old")
                .select(["buildInputs"])
                .or(Expr::List(vec![]));
            let inputs = self.packages(&self.build_inputs);
            attributes.push(("buildInputs".into(), chain(old, inputs, Expr::concat)));
        }
        if self.dont_use_cmake_configure {
            attributes.push(("dontUseCmakeConfigure".into(), Expr::var("true")));
        }
        let mut env = self.env.clone();
        if self.source.is_some() {
            // Cargo would put it into the workspace above, out of the reach
            // of the build.
            let target = EnvValue::Text("./target".to_owned());
            let everywhere = BTreeMap::from([(target, self.platforms.clone())]);
            env.insert("CARGO_TARGET_DIR".to_owned(), everywhere);
        }
        if !env.is_empty() {
            let old = Expr::var("old").select(["env"]).or(Expr::AttrSet(vec![]));
            let variables = self.environment(&env);
            attributes.push(("env".into(), chain(old, variables, Expr::update)));
        }
        attributes
    }

    /// Puts the lock where `cargoSetupHook` will look for it.
    fn lock_copy(&self) -> Option<Expr> {
        let lock = self.lock_file.as_ref().filter(|lock| lock.is_copied)?;
        let old = Expr::var("old").select(["postPatch"]).or(Expr::string(""));
        let to = self.cargo_root.join("Cargo.lock");
        let to = to.as_str().trim_start_matches("./");
        // stdenv makes the folder that it builds in writable, none above it.
        let unlock = if self.cargo_root.starts_with("..") {
            format!("chmod u+w {}\n", shell_quoted(self.cargo_root.as_str()))
        } else {
            String::new()
        };
        Some(Expr::Template(vec![
            Part::Expr(old),
            Part::Text(NixString::new(&format!("\n{unlock}install -m 644 "))),
            Part::Expr(Expr::Path(lock.path.as_str().into())),
            Part::Text(NixString::new(&format!(" {}\n", shell_quoted(to)))),
        ]))
    }

    /// The build system, then the programs.
    fn native_additions(&self) -> Option<Expr> {
        let build_system = (!self.build_system.is_empty()).then(|| {
            Expr::var("final")
                .select(["resolveBuildSystem"])
                .apply(by_platform(&self.build_system, &self.platforms))
        });
        let programs = self.packages(&self.native_build_inputs);
        build_system
            .into_iter()
            .chain(programs)
            .rev()
            .reduce(|right, left| left.concat(right))
    }

    /// Lists of packages: those for every platform, then those for some.
    fn packages(&self, attributes: &BTreeMap<String, BTreeSet<Platform>>) -> Vec<Expr> {
        let rows = attributes
            .iter()
            .map(|(path, on)| (on.clone(), package(path).commented(self.reason(path))));
        guarded(rows, &self.platforms, "optionals", Expr::List)
    }

    fn reason(&self, name: &str) -> Option<&str> {
        self.reasons.get(name).map(String::as_str)
    }

    /// Sets of variables, likewise.
    fn environment(
        &self,
        env: &BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>,
    ) -> Vec<Expr> {
        let rows = env.iter().flat_map(|(name, values)| {
            values.iter().map(move |(value, on)| {
                let value = env_value(value).commented(self.reason(name));
                (on.clone(), (NixString::from(name.as_str()), value))
            })
        });
        guarded(rows, &self.platforms, "optionalAttrs", Expr::AttrSet)
    }
}

/// A variable's value.
pub(super) fn env_value(value: &EnvValue) -> Expr {
    match value {
        EnvValue::Text(text) => Expr::string(text),
        EnvValue::InPackage {
            package: path,
            path: below,
        } => Expr::Template(vec![
            Part::Expr(package(path)),
            Part::Text(NixString::new(below)),
        ]),
    }
}

/// The attribute set of nixpkgs' `outputHashes`, in nixfmt's layout, with a
/// newline at its end.
#[must_use]
pub fn output_hashes_set(output_hashes: &BTreeMap<String, String>) -> String {
    print(&strings(output_hashes))
}

/// A set of strings.
fn strings(values: &BTreeMap<String, String>) -> Expr {
    let values = values.iter();
    let values = values.map(|(key, value)| (key.as_str().into(), Expr::string(value)));
    Expr::AttrSet(values.collect())
}

/// A word for the shell, whatever is in it.
fn shell_quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn package(path: &str) -> Expr {
    Expr::var("pkgs").select(path.split('.'))
}

/// `first OPERATOR second OPERATOR third`, as Nix reads it: from the right.
fn chain(first: Expr, rest: Vec<Expr>, join: fn(Expr, Expr) -> Expr) -> Expr {
    let rest = rest
        .into_iter()
        .rev()
        .reduce(|right, left| join(left, right));
    match rest {
        Some(rest) => join(first, rest),
        None => first,
    }
}

#[cfg(test)]
mod tests;
