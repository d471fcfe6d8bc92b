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
use crate::build_system::BuildSystem;
use crate::native::EnvValue;
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
    /// `outputHashes`: the hashes of git dependencies.
    pub output_hashes: BTreeMap<String, String>,
    /// A source that stands in for the package's own.
    pub source: Option<Source>,
    /// The Python build system.
    pub build_system: BuildSystem,
    /// The platforms that it was asked for.
    pub platforms: BTreeSet<Platform>,
    /// Libraries of the host, as attribute paths below `pkgs`, each with the
    /// platforms that it is for.
    pub build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// Programs of the build, likewise.
    pub native_build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// Environment variables: their values, each with the platforms that it
    /// is for.
    pub env: BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>,
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
        let mut import_args = Vec::new();
        if let Some(lock) = &self.lock_file {
            // A path needs no import from a derivation, and so no unpacking
            // of the source for it.
            if self.source.is_none() {
                arguments.push(("doUnpack".into(), Expr::var("false")));
            }
            // `importCargoLock` takes paths itself only since June 2026.
            import_args.push(("lockFile".into(), Expr::Path(lock.path.as_str().into())));
        }
        if !self.output_hashes.is_empty() {
            import_args.push(("outputHashes".into(), hashes(&self.output_hashes)));
        }
        if !import_args.is_empty() {
            arguments.push(("importCargoLockArgs".into(), Expr::AttrSet(import_args)));
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
            let inputs = packages(&self.build_inputs, &self.platforms);
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
            let variables = environment(&env, &self.platforms);
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
        let programs = packages(&self.native_build_inputs, &self.platforms);
        build_system
            .into_iter()
            .chain(programs)
            .rev()
            .reduce(|right, left| left.concat(right))
    }
}

/// The attribute set of nixpkgs' `outputHashes`, in nixfmt's layout, with a
/// newline at its end.
#[must_use]
pub fn output_hashes_set(output_hashes: &BTreeMap<String, String>) -> String {
    print(&hashes(output_hashes))
}

fn hashes(hashes: &BTreeMap<String, String>) -> Expr {
    let hashes = hashes.iter();
    let hashes = hashes.map(|(key, hash)| (key.as_str().into(), Expr::string(hash)));
    Expr::AttrSet(hashes.collect())
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

/// Lists of packages: those for every platform, then those for some.
fn packages(
    attributes: &BTreeMap<String, BTreeSet<Platform>>,
    platforms: &BTreeSet<Platform>,
) -> Vec<Expr> {
    let rows = attributes
        .iter()
        .map(|(path, on)| (on.clone(), package(path)));
    guarded(rows, platforms, "optionals", Expr::List)
}

/// Sets of variables, likewise.
fn environment(
    env: &BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>,
    platforms: &BTreeSet<Platform>,
) -> Vec<Expr> {
    let rows = env.iter().flat_map(|(name, values)| {
        values.iter().map(move |(value, on)| {
            let value = match value {
                EnvValue::Text(text) => Expr::string(text),
                EnvValue::InPackage {
                    package: path,
                    path: below,
                } => Expr::Template(vec![
                    Part::Expr(package(path)),
                    Part::Text(NixString::new(below)),
                ]),
            };
            (on.clone(), (NixString::from(name.as_str()), value))
        })
    });
    guarded(rows, platforms, "optionalAttrs", Expr::AttrSet)
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
