//! A file that builds one Python package as nixpkgs' own are built.
//!
//! What reviewers of nixpkgs expect: `finalAttrs` instead of `rec`, arguments
//! in groups and no more of them than are used, `pyproject = true`, libraries
//! by their names.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use self::arguments::FIRST;
use super::expr::{Expr, Ident, NixString, Parameter, Part};
use super::layout::{Layout, Line, Name};
use super::platforms::guarded;
use super::print::print;
use super::stanza::env_value;
use crate::build_system::BuildSystem;
use crate::native::EnvValue;
use crate::project::PythonName;
use crate::target::Platform;

mod arguments;
mod source;

pub use source::{CargoDeps, PackageSource, Places};

/// Names that the file has another meaning for, besides its first arguments.
const RESERVED: [&str; 8] = [
    "cargo",
    "rustc",
    "pkg-config",
    "finalAttrs",
    "builtins",
    "true",
    "false",
    "null",
];

/// What a file says of a package.
#[derive(Debug, Clone)]
pub struct Package {
    /// The package's name.
    pub name: PythonName,
    /// Its version.
    pub version: String,
    /// Where its source comes from.
    pub source: PackageSource,
    /// Where the crates come from.
    pub cargo_deps: CargoDeps,
    /// Which folders of the source are built.
    pub places: Places,
    /// Whether maturin itself is the build backend.
    pub is_maturin: bool,
    /// The platforms that it is for.
    pub platforms: BTreeSet<Platform>,
    /// The Python build system, without maturin where its hook builds.
    pub build_system: BuildSystem,
    /// Programs of the build, as attribute paths below `pkgs`, each with the
    /// platforms that it is for.
    pub native_build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// Libraries of the host, likewise.
    pub build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// Environment variables: their values, each with the platforms that it
    /// is for.
    pub env: BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>,
    /// The packages that it needs to run.
    pub dependencies: BuildSystem,
    /// Those that its extras need.
    pub extras: BTreeMap<String, BuildSystem>,
    /// The modules that have to be there once it is built.
    pub imports: Vec<String>,
    /// What users are told.
    pub about: About,
}

/// What users are told of a package.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The description.
    pub description: Option<String>,
    /// The homepage.
    pub homepage: Option<String>,
    /// Where changes are listed.
    pub changelog: Option<String>,
    /// Attributes of `lib.licenses`.
    pub licenses: Vec<String>,
    /// The program, where there is one.
    pub main_program: Option<String>,
}

impl Package {
    /// Prints the file in nixfmt's layout, with a newline at its end.
    #[must_use]
    pub fn print(&self) -> String {
        let body = Expr::from(Layout::Body(self.lines()));
        let body = if self.has_final_attrs() {
            body.lambda(Parameter::Name(Ident::new("finalAttrs")))
        } else {
            body
        };
        print(&self.file(Expr::var("buildPythonPackage").apply(body)))
    }

    /// Whether attributes follow others of the package.
    const fn has_final_attrs(&self) -> bool {
        matches!(self.source, PackageSource::Sdist { .. })
            || matches!(self.cargo_deps, CargoDeps::Fetched { .. })
    }

    /// What can't be named in the file, and is left out.
    pub fn unnameable(&self) -> impl Iterator<Item = &PythonName> {
        let systems = [&self.build_system, &self.dependencies];
        let all = systems.into_iter().chain(self.extras.values());
        let names: BTreeSet<_> = all.flat_map(BTreeMap::keys).collect();
        names.into_iter().filter(|name| attribute(name).is_none())
    }

    fn lines(&self) -> Vec<Line> {
        let mut groups = vec![
            vec![
                Line::set("pname", Expr::string(self.name.as_str())),
                Line::set("version", Expr::string(&self.version)),
                Line::set("pyproject", Expr::var("true")),
                Line::set("__structuredAttrs", Expr::var("true")),
            ],
            vec![Line::set("src", self.source.expr(self.name.as_str()))],
        ];
        groups.extend(self.place_lines());
        groups.push(vec![Line::set("cargoDeps", self.cargo_deps())]);
        groups.extend(self.input_lines());
        let imports = self.imports.iter().map(|name| Expr::string(name));
        if !self.imports.is_empty() {
            let imports = Expr::List(imports.collect());
            groups.push(vec![Line::set("pythonImportsCheck", imports)]);
        }
        groups.push(vec![Line::set("meta", self.meta())]);
        groups.retain(|group| !group.is_empty());
        groups.join(&Line::Blank)
    }

    /// The inputs, in the order that nixpkgs' packages have them in.
    fn input_lines(&self) -> Vec<Vec<Line>> {
        let list = |name: &str, lists: Vec<Expr>| -> Vec<Line> {
            let joined = joined(lists, Expr::concat);
            joined
                .map(|list| Line::set(name, list))
                .into_iter()
                .collect()
        };
        // Its hook would take the configure phase.
        let has_cmake = self.native_build_inputs.contains_key("cmake");
        let no_cmake = has_cmake.then(|| Line::set("dontUseCmakeConfigure", Expr::var("true")));
        let extras: Vec<_> = self
            .extras
            .iter()
            .filter_map(|(name, system)| {
                let list = joined(self.requirements(system), Expr::concat)?;
                Some((NixString::from(name.as_str()), list))
            })
            .collect();
        let has_extras = !extras.is_empty();
        let extras = has_extras.then(|| Line::set("optional-dependencies", Expr::AttrSet(extras)));
        vec![
            list("build-system", self.requirements(&self.build_system)),
            list("nativeBuildInputs", self.programs()),
            no_cmake.into_iter().collect(),
            list("buildInputs", self.packages(&self.build_inputs)),
            self.env_line().into_iter().collect(),
            list("dependencies", self.requirements(&self.dependencies)),
            extras.into_iter().collect(),
        ]
    }

    /// Lists of Python packages, then what their extras ask for.
    fn requirements(&self, system: &BuildSystem) -> Vec<Expr> {
        let named = || {
            let named = system.iter();
            named.filter_map(|(name, on)| Some((attribute(name)?, on)))
        };
        let rows = named().map(|(name, on)| (on.keys().copied().collect(), Expr::from(name)));
        let mut lists = guarded(rows, &self.platforms, "optionals", Expr::List);
        for (name, on) in named() {
            let mut extras: BTreeMap<&str, BTreeSet<Platform>> = BTreeMap::new();
            for (platform, names) in on {
                for extra in names {
                    extras.entry(extra).or_default().insert(*platform);
                }
            }
            let rows = extras.into_iter().map(|(extra, on)| {
                let path = ["optional-dependencies", extra];
                (on, Expr::from(name.clone()).select(path))
            });
            let all = |lists| joined(lists, Expr::concat).unwrap_or(Expr::List(Vec::new()));
            lists.extend(guarded(rows, &self.platforms, "optionals", all));
        }
        lists
    }

    /// Programs: pkg-config where a library may be looked for with it, what
    /// crates need, and the hooks.
    fn programs(&self) -> Vec<Expr> {
        let searching = self.build_inputs.values().flatten().copied();
        let searching: BTreeSet<Platform> = searching.collect();
        let pkg_config = (!searching.is_empty()).then(|| (searching, package("pkg-config")));
        let own = self.native_build_inputs.iter();
        let hooks: &[&str] = if self.is_maturin {
            &[
                "rustPlatform.cargoSetupHook",
                "rustPlatform.maturinBuildHook",
            ]
        } else {
            &["cargo", "rustPlatform.cargoSetupHook", "rustc"]
        };
        let hooks = hooks.iter().map(|path| (*path, self.platforms.clone()));
        let mut rows: Vec<_> = own
            .map(|(path, on)| (path.as_str(), on.clone()))
            .chain(hooks)
            .collect();
        rows.sort_by_key(|(path, _)| *path);
        let rows = rows.into_iter().map(|(path, on)| (on, package(path)));
        let rows = pkg_config.into_iter().chain(rows);
        guarded(rows, &self.platforms, "optionals", Expr::List)
    }

    fn packages(&self, inputs: &BTreeMap<String, BTreeSet<Platform>>) -> Vec<Expr> {
        let rows = inputs.iter().map(|(path, on)| (on.clone(), package(path)));
        guarded(rows, &self.platforms, "optionals", Expr::List)
    }

    /// `env.NAME = value;` for one variable, `env = { ... };` for several.
    fn env_line(&self) -> Option<Line> {
        let mut env = self.env.clone();
        if self.places.reaches_above() {
            // Cargo would put it into the workspace above, out of the reach
            // of the build.
            let target = EnvValue::Text("./target".to_owned());
            let everywhere = BTreeMap::from([(target, self.platforms.clone())]);
            env.insert("CARGO_TARGET_DIR".to_owned(), everywhere);
        }
        let rows = env.iter().flat_map(|(name, values)| {
            values.iter().map(move |(value, on)| {
                let value = env_value(value);
                (on.clone(), (NixString::from(name.as_str()), value))
            })
        });
        let mut sets = guarded(rows, &self.platforms, "optionalAttrs", Expr::AttrSet);
        if let [Expr::AttrSet(attributes)] = &mut sets[..]
            && let [(name, value)] = &mut attributes[..]
        {
            let path = vec!["env".into(), name.clone()];
            return Some(Line::Set(path, value.clone()));
        }
        joined(sets, Expr::update).map(|sets| Line::set("env", sets))
    }

    fn meta(&self) -> Expr {
        let about = &self.about;
        let text = |name: &str, text: &Option<String>| {
            let text = text.as_deref()?;
            Some(Line::set(name, Expr::string(text)))
        };
        let license = |name: &String| Expr::var("lib").select(["licenses", name]);
        let license = match &about.licenses[..] {
            [] => None,
            [one] => Some(license(one)),
            several => Some(Expr::List(several.iter().map(license).collect())),
        };
        let changelog = about.changelog.as_deref().map(|url| self.with_version(url));
        let lines = [
            text("description", &about.description),
            text("homepage", &about.homepage),
            changelog.map(|url| Line::set("changelog", url)),
            license.map(|license| Line::set("license", license)),
            Some(Line::set("maintainers", Expr::List(Vec::new()))),
            text("mainProgram", &about.main_program),
        ];
        Layout::Body(lines.into_iter().flatten().collect()).into()
    }

    /// A text in which the version follows that of the package.
    fn with_version(&self, text: &str) -> Expr {
        let parts = text.split_once(&self.version);
        let is_told = self.has_final_attrs() && self.version.contains('.');
        let Some((before, after)) = parts.filter(|_| is_told) else {
            return Expr::string(text);
        };
        Expr::Template(vec![
            Part::Text(before.into()),
            Part::Expr(Expr::var("finalAttrs").select(["version"])),
            Part::Text(after.into()),
        ])
    }
}

/// The attribute of a Python package, if it can be an argument.
fn attribute(name: &PythonName) -> Option<Name> {
    Name::new(name.as_str()).filter(|name| {
        let name = name.as_str();
        !RESERVED.contains(&name) && !FIRST.contains(&name)
    })
}

fn package(path: &str) -> Expr {
    Expr::var("pkgs").select(path.split('.'))
}

/// `first OPERATOR second`, as Nix reads it: from the right.
fn joined(all: Vec<Expr>, join: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    all.into_iter()
        .rev()
        .reduce(|right, left| join(left, right))
}

/// `a/b` for paths below, whatever is the way to them.
fn plain(path: &Utf8PathBuf) -> Option<&str> {
    (*path != ".").then_some(path.as_str())
}

#[cfg(test)]
mod tests;
