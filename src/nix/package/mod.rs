//! A file that builds one Python package in the style of nixpkgs' packages.
//!
//! It follows what reviewers of nixpkgs expect: `finalAttrs` instead of `rec`,
//! arguments in groups and only those that are used, `pyproject = true`,
//! libraries by their names.

use std::collections::{BTreeMap, BTreeSet};

use self::arguments::{Inputs, file_function, parameter_of};
use super::expr::{Binding, Expr, Operator, Parameter, Part};
use super::platforms::guarded;
use super::print::print;
use super::stanza::{env_value, set_target_dir};
use crate::build_system::BuildSystem;
use crate::native::EnvValue;
use crate::project::PythonName;
use crate::target::Platform;

mod arguments;
mod sources;

pub use sources::{BuildFolders, CargoDeps, PackageSource};

/// The values that a file is printed from.
#[derive(Debug, Clone)]
pub struct Package {
    /// `pname`
    pub name: PythonName,
    /// `version`
    pub version: String,
    /// `src`
    pub source: PackageSource,
    /// `cargoDeps`
    pub cargo_deps: CargoDeps,
    /// `sourceRoot`, `cargoRoot` and `buildAndTestSubdir`
    pub folders: BuildFolders,
    /// Whether maturin itself is the build backend.
    pub is_maturin: bool,
    /// The platforms that the file was generated for.
    pub platforms: BTreeSet<Platform>,
    /// The build requirements; without maturin if its hook builds.
    pub build_system: BuildSystem,
    /// Attribute paths below `pkgs`, each with the platforms that need it.
    pub native_build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// As `native_build_inputs`.
    pub build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// Environment variables by name; each value with its platforms.
    pub env: BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>,
    /// `dependencies`
    pub dependencies: BuildSystem,
    /// `optional-dependencies`
    pub extras: BTreeMap<String, BuildSystem>,
    /// `pythonImportsCheck`
    pub imports: Vec<String>,
    /// `meta`
    pub meta: Meta,
}

/// The attributes of `meta`.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    /// `description`
    pub description: Option<String>,
    /// `homepage`
    pub homepage: Option<String>,
    /// `changelog`
    pub changelog: Option<String>,
    /// Attributes of `lib.licenses`.
    pub licenses: Vec<String>,
    /// `mainProgram`
    pub main_program: Option<String>,
}

impl Package {
    /// Prints the file in nixfmt's layout, with a line break at its end.
    #[must_use]
    pub fn print(&self) -> String {
        let mut body = Expr::AttrSet(self.bindings());
        if self.uses_final_attrs() {
            body = body.lambda(Parameter::name("finalAttrs"));
        }
        let call = Expr::var("buildPythonPackage").apply(body);
        print(&self.file(call))
    }

    fn file(&self, body: Expr) -> Expr {
        let extras: BuildSystem = self
            .extras
            .values()
            .flatten()
            .map(|(name, platforms)| (name.clone(), platforms.clone()))
            .collect();
        let programs = self.native_build_inputs.keys().map(String::as_str);
        let inputs = Inputs {
            build_system: &self.build_system,
            dependencies: &self.dependencies,
            extras: &extras,
            programs: programs.chain(["cargo", "pkg-config", "rustc"]).collect(),
            libraries: self.build_inputs.keys().map(String::as_str).collect(),
        };
        file_function(&inputs, body)
    }

    /// Whether attributes refer to others of the package.
    const fn uses_final_attrs(&self) -> bool {
        matches!(self.source, PackageSource::Sdist { .. })
            || matches!(self.cargo_deps, CargoDeps::Fetched { .. })
    }

    /// The Python packages that the file leaves out since their names can't
    /// be arguments.
    pub fn unnameable(&self) -> impl Iterator<Item = &PythonName> {
        let systems = [&self.build_system, &self.dependencies];
        let all = systems.into_iter().chain(self.extras.values());
        let names: BTreeSet<_> = all.flat_map(BTreeMap::keys).collect();
        names
            .into_iter()
            .filter(|name| parameter_of(name).is_none())
    }

    fn bindings(&self) -> Vec<Binding> {
        let mut groups = vec![
            vec![
                Binding::set("pname", Expr::string(self.name.as_str())),
                Binding::set("version", Expr::string(&self.version)),
                Binding::set("pyproject", Expr::var("true")),
                Binding::set("__structuredAttrs", Expr::var("true")),
            ],
            vec![Binding::set("src", self.source.expr(self.name.as_str()))],
            self.folders.bindings(),
            Vec::from_iter(self.cargo_deps.lock_link(&self.folders)),
            vec![Binding::set(
                "cargoDeps",
                self.cargo_deps.expr(&self.folders),
            )],
        ];
        groups.extend(self.inputs().map(Vec::from_iter));
        if !self.imports.is_empty() {
            let imports = Expr::strings(&self.imports);
            groups.push(vec![Binding::set("pythonImportsCheck", imports)]);
        }
        groups.push(vec![Binding::set("meta", self.meta())]);
        groups.retain(|group| !group.is_empty());
        groups.join(&Binding::BlankLine)
    }

    /// The inputs, in the order that nixpkgs' packages have them in.
    fn inputs(&self) -> [Option<Binding>; 7] {
        let list = |name: &str, lists: Vec<Expr>| {
            let list = Expr::chain(lists, Operator::Concat)?;
            Some(Binding::set(name, list))
        };
        // CMake's setup hook would replace the configure phase.
        let has_cmake = self.native_build_inputs.contains_key("cmake");
        let no_cmake = has_cmake.then(|| Binding::set("dontUseCmakeConfigure", Expr::var("true")));
        let extras: Vec<_> = self
            .extras
            .iter()
            .filter_map(|(name, system)| list(name, self.requirements(system)))
            .collect();
        let has_extras = !extras.is_empty();
        let extras =
            has_extras.then(|| Binding::set("optional-dependencies", Expr::AttrSet(extras)));
        [
            list("build-system", self.requirements(&self.build_system)),
            list("nativeBuildInputs", self.programs()),
            no_cmake,
            list("buildInputs", self.libraries()),
            self.env_binding(),
            list("dependencies", self.requirements(&self.dependencies)),
            extras,
        ]
    }

    /// Lists of Python packages, followed by the dependencies of their extras.
    fn requirements(&self, system: &BuildSystem) -> Vec<Expr> {
        let named: Vec<_> = system
            .iter()
            .filter_map(|(name, on)| Some((parameter_of(name)?, on)))
            .collect();
        let rows = named
            .iter()
            .map(|(name, on)| (on.keys().copied().collect(), Expr::Var(name.clone())));
        let mut lists = guarded(rows, &self.platforms, "optionals", Expr::List);
        for (name, on) in &named {
            let mut extras: BTreeMap<&str, BTreeSet<Platform>> = BTreeMap::new();
            for (platform, names) in *on {
                for extra in names {
                    extras.entry(extra).or_default().insert(*platform);
                }
            }
            let rows = extras.into_iter().map(|(extra, on)| {
                let path = ["optional-dependencies", extra];
                (on, Expr::Var(name.clone()).select(path))
            });
            let concat = |lists| {
                Expr::chain(lists, Operator::Concat).unwrap_or_else(|| Expr::List(Vec::new()))
            };
            lists.extend(guarded(rows, &self.platforms, "optionals", concat));
        }
        lists
    }

    /// pkg-config where there are libraries to find, then the programs that
    /// crates need and the hooks.
    fn programs(&self) -> Vec<Expr> {
        let searching: BTreeSet<_> = self.build_inputs.values().flatten().copied().collect();
        let pkg_config = (!searching.is_empty()).then(|| (searching, Expr::package("pkg-config")));
        let hooks: &[&str] = if self.is_maturin {
            &[
                "rustPlatform.cargoSetupHook",
                "rustPlatform.maturinBuildHook",
            ]
        } else {
            &["cargo", "rustPlatform.cargoSetupHook", "rustc"]
        };
        let hooks = hooks.iter().map(|path| (*path, &self.platforms));
        let mut programs: Vec<_> = self
            .native_build_inputs
            .iter()
            .map(|(path, on)| (path.as_str(), on))
            .chain(hooks)
            .collect();
        programs.sort_by_key(|(path, _)| *path);
        let programs = programs
            .into_iter()
            .map(|(path, on)| (on.clone(), Expr::package(path)));
        let rows = pkg_config.into_iter().chain(programs);
        guarded(rows, &self.platforms, "optionals", Expr::List)
    }

    fn libraries(&self) -> Vec<Expr> {
        let rows = self
            .build_inputs
            .iter()
            .map(|(path, on)| (on.clone(), Expr::package(path)));
        guarded(rows, &self.platforms, "optionals", Expr::List)
    }

    /// `env.NAME = value;` for one variable, `env = { ... };` for several.
    fn env_binding(&self) -> Option<Binding> {
        let mut env = self.env.clone();
        if self.folders.reach_above() {
            set_target_dir(&mut env, &self.platforms);
        }
        let rows = env.iter().flat_map(|(name, values)| {
            values
                .iter()
                .map(move |(value, on)| (on.clone(), Binding::set(name, env_value(value))))
        });
        let sets = guarded(rows, &self.platforms, "optionalAttrs", Expr::AttrSet);
        if let [Expr::AttrSet(bindings)] = &sets[..]
            && let [Binding::Set(name, value)] = &bindings[..]
        {
            let path = [&["env".into()], &name[..]].concat();
            return Some(Binding::Set(path, value.clone()));
        }
        Expr::chain(sets, Operator::Update).map(|sets| Binding::set("env", sets))
    }

    fn meta(&self) -> Expr {
        let meta = &self.meta;
        let string = |text: &Option<String>| text.as_deref().map(Expr::string);
        let license = |name: &String| Expr::var("lib").select(["licenses", name]);
        let license = match &meta.licenses[..] {
            [] => None,
            [one] => Some(license(one)),
            several => Some(Expr::List(several.iter().map(license).collect())),
        };
        let attributes = [
            ("description", string(&meta.description)),
            ("homepage", string(&meta.homepage)),
            (
                "changelog",
                meta.changelog.as_deref().map(|url| self.with_version(url)),
            ),
            ("license", license),
            ("maintainers", Some(Expr::List(Vec::new()))),
            ("mainProgram", string(&meta.main_program)),
        ];
        Expr::attr_set(
            attributes
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        )
    }

    /// A text that refers to the package's version where it contains it.
    fn with_version(&self, text: &str) -> Expr {
        // Without a dot, the version may be any number in the text.
        let is_distinct = self.uses_final_attrs() && self.version.contains('.');
        let parts = text.split_once(&self.version);
        let Some((before, after)) = parts.filter(|_| is_distinct) else {
            return Expr::string(text);
        };
        Expr::Template(vec![
            Part::text(before),
            Part::Expr(Expr::var("finalAttrs").select(["version"])),
            Part::text(after),
        ])
    }
}

#[cfg(test)]
mod tests;
