//! The stanza of an overlay that builds one Python package from source.
//!
//! For a package with a Rust extension it calls `hacks.importCargoLock` of pyproject.nix, which adds cargo, rustc,
//! pkg-config and the hook that unpacks the crates. Everything else is added
//! with `overrideAttrs`. A package that only needs a build system gets the
//! short stanza of [`compact_stanza`].

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::expr::{Binding, Expr, Operator, Parameter, Part};
use super::platforms::{build_system_expr, guarded};
use super::print::print;
use super::shell::LockTarget;
use crate::native::EnvValue;
use crate::project::{PythonName, SourceKind};
use crate::target::Platform;

mod compact;
mod model;

use self::model::Variables;
pub use compact::CompactStanza;
pub(in crate::nix) use compact::compact_stanza;
pub use model::{
    AdjacentCargoLock, CargoLockImport, Form, Guard, SourceOverride, Stanza, normalized,
};

/// How the comment begins that names the git revision of the hash on the next
/// line.
pub const REVISION: &str = "# revision ";

impl Stanza {
    /// Returns a stanza that changes nothing.
    pub const fn new(name: PythonName, kind: SourceKind) -> Self {
        Self {
            name,
            kind,
            cargo: None,
            source: None,
            build_system: BTreeMap::new(),
            without_extras: BTreeMap::new(),
            platforms: BTreeSet::new(),
            build_inputs: BTreeMap::new(),
            native_build_inputs: BTreeMap::new(),
            env: BTreeMap::new(),
            patches: Vec::new(),
            prefers_wheel: false,
            dont_use_cmake_configure: false,
            reasons: BTreeMap::new(),
            only_version: None,
            otherwise: None,
        }
    }

    /// The value of the attribute. `guard` is what handles a package that the
    /// set lacks.
    pub(super) fn value(&self, guard: Guard) -> Expr {
        let prev = || Expr::var("prev");
        let name = self.name.as_str();
        if self.prefers_wheel {
            let preference = [("sourcePreference", Expr::string("wheel"))];
            let wheel = prev()
                .select([name, "override"])
                .apply(Expr::attr_set(preference));
            return guarded_value(name, wheel, guard);
        }
        if self.kind == SourceKind::Local {
            return self.build();
        }
        // Wheels have nothing to build.
        let format = prev()
            .select([name, "passthru", "format"])
            .or(Expr::var("null"));
        let mut condition = format.differs_from(Expr::string("wheel"));
        let mut unchanged = prev().select([name]);
        if guard == Guard::Stanza {
            condition = prev().has(name).and(condition);
            unchanged = unchanged.or(Expr::var("null"));
        }
        if let Some(version) = &self.only_version {
            let found = prev().select([name, "version"]);
            condition = condition.and(found.equals(Expr::string(version)));
        }
        let other = self.otherwise.as_ref().map(|other| other.value(guard));
        condition.then(self.build(), other.unwrap_or(unchanged))
    }

    /// Whether it does more than the package set without it.
    pub fn changes_something(&self) -> bool {
        self.cargo.is_some() || self.prefers_wheel || !self.overrides().is_empty()
    }

    fn build(&self) -> Expr {
        let overrides = self.overrides();
        let name = self.name.as_str();
        let override_attrs = match &self.cargo {
            None if overrides.is_empty() => return Expr::var("prev").select([name]),
            None if self.without_extras.is_empty() => {
                Expr::var("prev").select([name, "overrideAttrs"])
            }
            None => self.prev().select(["overrideAttrs"]),
            Some(cargo) => {
                let imported = Expr::var("hacks")
                    .select(["importCargoLock"])
                    .apply(self.import_arguments(cargo));
                if overrides.is_empty() {
                    return imported;
                }
                imported.select(["overrideAttrs"])
            }
        };
        override_attrs.apply(Expr::AttrSet(overrides).lambda(Parameter::name("old")))
    }

    /// The package of the set, with build requirements that the set can
    /// resolve.
    fn prev(&self) -> Expr {
        let name = self.name.as_str();
        if self.without_extras.is_empty() {
            return Expr::var("prev").select([name]);
        }
        let requires = Expr::var("requires").update(self.kept_extras());
        let resolve = Expr::var("final")
            .select(["resolveBuildSystem"])
            .apply(requires)
            .lambda(Parameter::name("requires"))
            .commented(Some("without extras that the package set doesn't have"));
        Expr::var("prev")
            .select([name, "override"])
            .apply(Expr::attr_set([("resolveBuildSystem", resolve)]))
    }

    fn kept_extras(&self) -> Expr {
        build_system_expr(&self.without_extras, &self.platforms)
    }

    /// The dependencies of a package: those of an editable one have the build
    /// requirements among them.
    fn passthru(&self) -> Expr {
        let passthru = Expr::var("old").select(["passthru"]);
        let dependencies = Expr::var("old").select(["passthru", "dependencies"]);
        let kept = Expr::var("builtins")
            .select(["intersectAttrs"])
            .apply(dependencies.clone())
            .apply(self.kept_extras());
        passthru.update(Expr::attr_set([(
            "dependencies",
            dependencies.update(kept),
        )]))
    }

    fn import_arguments(&self, cargo: &CargoLockImport) -> Expr {
        let mut arguments = vec![("prev", self.prev())];
        if cargo.cargo_root != "." {
            arguments.push(("cargoRoot", Expr::string(cargo.cargo_root.as_str())));
        }
        if let Some(path) = self.lock_in_subdirectory(cargo) {
            arguments.push(("lockFile", Expr::string(path.as_str())));
        }
        // Nix can read a lock at a path without an import from derivation, so
        // that the source isn't unpacked for it.
        let has_path = cargo.lock_file.is_some() && self.source.is_none();
        if has_path || self.kind.is_nameless() {
            arguments.push(("doUnpack", Expr::var("false")));
        }
        if let Some(toolchain) = &cargo.toolchain {
            arguments.push(("cargo", Expr::Own(toolchain.clone())));
            arguments.push(("rustc", Expr::Own(toolchain.clone())));
        }
        let import_args = cargo.import_cargo_lock_args();
        if !import_args.is_empty() {
            arguments.push(("importCargoLockArgs", Expr::attr_set(import_args)));
        }
        Expr::attr_set(arguments)
    }

    /// The path of `Cargo.lock` if the package is in a subdirectory of its
    /// source: pyproject.nix looks `lockFile` up from the top of the source.
    fn lock_in_subdirectory(&self, cargo: &CargoLockImport) -> Option<Utf8PathBuf> {
        let folder = self.kind.subdirectory()?;
        if cargo.lock_file.is_some() {
            return None;
        }
        Some(normalized(
            &folder.join(&cargo.cargo_root).join("Cargo.lock"),
        ))
    }

    fn overrides(&self) -> Vec<Binding> {
        let mut attributes = Vec::new();
        if let Some(source) = &self.source {
            let root = Utf8PathBuf::from("source").join(&source.python_root);
            attributes.push(Binding::set("src", named_source(source.path.as_str())));
            attributes.push(Binding::set("sourceRoot", Expr::string(root.as_str())));
        }
        attributes.extend(
            self.post_patch()
                .map(|copy| Binding::set("postPatch", copy)),
        );
        if let Some(additions) = self.native_additions() {
            let old = Expr::var("old").select(["nativeBuildInputs"]);
            attributes.push(Binding::set("nativeBuildInputs", old.concat(additions)));
        }
        if !self.build_inputs.is_empty() {
            let old = Expr::var("old")
                .select(["buildInputs"])
                .or(Expr::List(vec![]));
            let inputs = self.packages(&self.build_inputs);
            let inputs = Expr::chain([old].into_iter().chain(inputs), Operator::Concat);
            attributes.extend(inputs.map(|inputs| Binding::set("buildInputs", inputs)));
        }
        if self.dont_use_cmake_configure {
            attributes.push(Binding::set("dontUseCmakeConfigure", Expr::var("true")));
        }
        attributes.extend(self.environment().map(|env| Binding::set("env", env)));
        if !self.without_extras.is_empty() {
            attributes.push(Binding::set("passthru", self.passthru()));
        }
        attributes
    }

    /// Patches the source, and copies the adjacent `Cargo.lock` into it.
    fn post_patch(&self) -> Option<Expr> {
        let old = Expr::var("old").select(["postPatch"]).or(Expr::string(""));
        let mut parts = vec![Part::Expr(old)];
        for command in &self.patches {
            parts.push(Part::text(&format!("\n{command}\n")));
        }
        let lock = self.cargo.iter().filter_map(|cargo| {
            let lock = cargo.lock_file.as_ref().filter(|lock| lock.is_copied)?;
            Some((lock, LockTarget::new(&cargo.cargo_root)))
        });
        for (lock, target) in lock {
            parts.extend([
                Part::text(&format!("\n{}install -m 644 ", target.prepare)),
                Part::Expr(Expr::Path(lock.path.as_str().into())),
                Part::text(&format!(" {}\n", target.path)),
            ]);
        }
        (parts.len() > 1).then_some(Expr::Template(parts))
    }

    /// The build system, then the programs.
    fn native_additions(&self) -> Option<Expr> {
        let build_system = (!self.build_system.is_empty()).then(|| {
            Expr::var("final")
                .select(["resolveBuildSystem"])
                .apply(build_system_expr(&self.build_system, &self.platforms))
        });
        let programs = self.packages(&self.native_build_inputs);
        Expr::chain(build_system.into_iter().chain(programs), Operator::Concat)
    }

    /// Lists of packages: one for all platforms, then those for some.
    fn packages(&self, attributes: &BTreeMap<String, BTreeSet<Platform>>) -> Vec<Expr> {
        let rows = attributes.iter().map(|(path, on)| {
            let package = Expr::package(path).commented(self.reason(path));
            (on.clone(), package)
        });
        guarded(rows, &self.platforms, "optionals", Expr::List)
    }

    fn reason(&self, name: &str) -> Option<&str> {
        self.reasons.get(name).map(String::as_str)
    }

    /// The old variables, those for all platforms, then those for some.
    fn environment(&self) -> Option<Expr> {
        let mut env = self.env.clone();
        if self.source.is_some() {
            set_target_dir(&mut env, &self.platforms);
        }
        if env.is_empty() {
            return None;
        }
        let rows = env.iter().flat_map(|(name, values)| {
            values.iter().map(move |(value, on)| {
                let value = env_value(value).commented(self.reason(name));
                (on.clone(), Binding::set(name, value))
            })
        });
        let sets = guarded(rows, &self.platforms, "optionalAttrs", Expr::AttrSet);
        let old = Expr::var("old").select(["env"]).or(Expr::AttrSet(vec![]));
        Expr::chain([old].into_iter().chain(sets), Operator::Update)
    }
}

/// Returns `value`, or `null` if the package set lacks the package that it is
/// made from.
pub(super) fn guarded_value(name: &str, value: Expr, guard: Guard) -> Expr {
    match guard {
        Guard::Set => value,
        Guard::Stanza => Expr::var("prev").has(name).then(value, Expr::var("null")),
    }
}

impl CargoLockImport {
    fn import_cargo_lock_args(&self) -> Vec<(&'static str, Expr)> {
        let mut arguments = Vec::new();
        if let Some(lock) = &self.lock_file {
            // pyproject.nix' own `lockFile` takes paths only since June 2026.
            arguments.push(("lockFile", Expr::Path(lock.path.as_str().into())));
        }
        if !self.output_hashes.is_empty() {
            arguments.push(("outputHashes", self.output_hashes()));
        }
        if !self.extra_registries.is_empty() {
            arguments.push(("extraRegistries", string_set(&self.extra_registries)));
        }
        arguments
    }

    /// The hashes with their revisions, by which a later run finds the hashes
    /// that it needn't compute again.
    fn output_hashes(&self) -> Expr {
        let hashes = self.output_hashes.iter().map(|(key, hash)| {
            let revision = self.revisions.get(key);
            let comment = revision.map(|revision| format!("{}{revision}", &REVISION[2..]));
            (key, Expr::string(hash).commented(comment.as_deref()))
        });
        Expr::attr_set(hashes)
    }
}

/// Has cargo build in the folder that the build enters. The default is the
/// folder of the workspace; where that is above, the build can't write to it.
pub(super) fn set_target_dir(env: &mut Variables, platforms: &BTreeSet<Platform>) {
    let target = EnvValue::Text("./target".to_owned());
    let everywhere = BTreeMap::from([(target, platforms.clone())]);
    env.insert("CARGO_TARGET_DIR".to_owned(), everywhere);
}

/// A path as a source whose unpacked folder is called `source`.
pub(super) fn named_source(path: &str) -> Expr {
    Expr::var("builtins")
        .select(["path"])
        .apply(Expr::attr_set([
            ("path", Expr::Path(path.into())),
            ("name", Expr::string("source")),
        ]))
}

/// The value of an environment variable.
pub(super) fn env_value(value: &EnvValue) -> Expr {
    match value {
        EnvValue::Text(text) => Expr::string(text),
        EnvValue::InPackage { package, path } => {
            Expr::Template(vec![Part::Expr(Expr::package(package)), Part::text(path)])
        }
    }
}

/// Prints the value of nixpkgs' `outputHashes` in nixfmt's layout, with a
/// line break at its end.
pub fn output_hashes_set(output_hashes: &BTreeMap<String, String>) -> String {
    print(&string_set(output_hashes))
}

/// `{ name = "text"; }`
pub(super) fn string_set(texts: &BTreeMap<String, String>) -> Expr {
    Expr::attr_set(texts.iter().map(|(key, text)| (key, Expr::string(text))))
}

#[cfg(test)]
mod tests;
