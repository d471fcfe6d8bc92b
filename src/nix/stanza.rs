//! The stanza of an overlay that builds one Python package with Rust in it.
//!
//! It calls `hacks.importCargoLock` of pyproject.nix, which adds cargo, rustc,
//! pkg-config and the hook that unpacks the crates; the rest is added with
//! `overrideAttrs`.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::expr::{Expr, Ident, NixString, Parameter, Part};
use super::platforms::by_platform;
use super::print::print;
use crate::build_system::BuildSystem;
use crate::project::PythonName;
use crate::target::Platform;

/// What a stanza says.
#[derive(Debug, Clone)]
pub struct Stanza {
    /// The package: the attribute's name.
    pub name: PythonName,
    /// The folder of the lock, relative to the Python root.
    pub cargo_root: Utf8PathBuf,
    /// A lock that lies beside the overlay instead.
    pub lock_file: Option<LockFile>,
    /// A source that stands in for the package's own.
    pub source: Option<Source>,
    /// The Python build system.
    pub build_system: BuildSystem,
    /// The platforms that it was asked for.
    pub platforms: BTreeSet<Platform>,
    /// Libraries of the host, as attribute paths below `pkgs`.
    pub build_inputs: BTreeSet<String>,
    /// Programs of the build, as attribute paths below `pkgs`.
    pub native_build_inputs: BTreeSet<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Whether cmake's hook must be kept from taking the configure phase.
    pub dont_use_cmake_configure: bool,
}

/// A lock beside the overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// Where it is, relative to the overlay file.
    pub path: Utf8PathBuf,
    /// Whether it has to be copied into the source, whose own is missing or
    /// doesn't fit: `cargoSetupHook` compares both.
    pub is_copied: bool,
}

/// The folder that holds both the Python project and its Cargo workspace,
/// where uv2nix takes the Python project's alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is, relative to the overlay file.
    pub path: Utf8PathBuf,
    /// The Python project in it.
    pub python_root: Utf8PathBuf,
}

/// How much is printed around a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `final: prev: { NAME = ...; }`
    Overlay,
    /// `NAME = ...;`
    Stanza,
    /// `{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`
    File,
}

impl Stanza {
    /// Prints the stanza in nixfmt's layout, with a newline at its end.
    #[must_use]
    pub fn print(&self, form: Form) -> String {
        let set = Expr::AttrSet(vec![(self.name.as_str().into(), self.value())]);
        match form {
            Form::Stanza => inside_braces(&print(&set)),
            Form::Overlay => print(&overlay(set)),
            Form::File => {
                let parameters = ["pkgs", "lib", "hacks"].map(Ident::new).to_vec();
                print(&overlay(set).lambda(Parameter::Open(parameters)))
            }
        }
    }

    fn value(&self) -> Expr {
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
        if let Some(lock) = &self.lock_file {
            // A path needs no import from a derivation, and so no unpacking
            // of the source for it.
            if self.source.is_none() {
                arguments.push(("doUnpack".into(), Expr::var("false")));
            }
            let path = ("lockFile".into(), Expr::Path(lock.path.as_str().into()));
            // `importCargoLock` takes paths itself only since June 2026.
            arguments.push(("importCargoLockArgs".into(), Expr::AttrSet(vec![path])));
        }
        Expr::AttrSet(arguments)
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
            let inputs = packages(&self.build_inputs);
            attributes.push(("buildInputs".into(), old.concat(inputs)));
        }
        if self.dont_use_cmake_configure {
            attributes.push(("dontUseCmakeConfigure".into(), Expr::var("true")));
        }
        let mut env = self.env.clone();
        if self.source.is_some() {
            // Cargo would put it into the workspace above, out of the reach
            // of the build.
            env.insert("CARGO_TARGET_DIR".to_owned(), "./target".to_owned());
        }
        if !env.is_empty() {
            let old = Expr::var("old").select(["env"]).or(Expr::AttrSet(vec![]));
            let variables = env
                .iter()
                .map(|(k, v)| (k.as_str().into(), Expr::string(v)));
            attributes.push(("env".into(), old.update(Expr::AttrSet(variables.collect()))));
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
        let programs =
            (!self.native_build_inputs.is_empty()).then(|| packages(&self.native_build_inputs));
        match (build_system, programs) {
            (Some(build_system), Some(programs)) => Some(build_system.concat(programs)),
            (build_system, programs) => build_system.or(programs),
        }
    }
}

/// A word for the shell, whatever is in it.
fn shell_quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn packages(attributes: &BTreeSet<String>) -> Expr {
    let select = |path: &String| Expr::var("pkgs").select(path.split('.'));
    Expr::List(attributes.iter().map(select).collect())
}

fn overlay(set: Expr) -> Expr {
    set.lambda(Parameter::Name(Ident::new("prev")))
        .lambda(Parameter::Name(Ident::new("final")))
}

/// Takes the attributes out of a printed set, one level of indentation less.
///
/// No string of ours goes over several lines, so every line is layout.
fn inside_braces(set: &str) -> String {
    let lines = set.lines().filter(|line| !matches!(*line, "{" | "}"));
    let unindented = lines.map(|line| line.strip_prefix("  ").unwrap_or(line));
    unindented.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests;
