//! The libraries, programs and variables that Python packages in C, C++ and
//! Fortran need to be built from source.
//!
//! [`detect`] uses the rows of `data/python-native.toml` for the package.
//! Without a row, it reads `setup.py`, `meson.build` and `CMakeLists.txt`, and
//! never runs them.

mod branches;
mod cmake;
mod headers;
mod meson;
mod request;
mod resolve;
mod scripts;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use pep440_rs::Version;

use crate::build_system::BuildSystem;
use crate::native::Evidence;
use crate::native::needs::Needed;
use crate::project::{Pyproject, PythonName, SourceFiles, join, join_inside};
use crate::python;
use crate::python_build::{BuildFacts, Place};
use crate::target::{Platform, Target};
use request::{Asked, Request};
use resolve::Resolver;
use table::{PythonNativeTable, System};

/// The source of a package.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub files: &'a SourceFiles,
    /// The folder of `pyproject.toml` or `setup.py`, relative to the source
    /// root.
    pub python_root: &'a Utf8Path,
    /// Facts about the build.
    pub facts: &'a BuildFacts,
    /// The build system. Programs in it aren't added again.
    pub system: &'a BuildSystem,
}

/// The name and version of a package.
#[derive(Clone, Copy)]
pub struct Package<'a> {
    pub name: &'a PythonName,
    pub version: Option<&'a Version>,
}

/// The native inputs of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PythonNative {
    /// Libraries, sorted by attribute.
    pub build_inputs: Vec<PythonNeed>,
    /// Programs that the build runs, sorted by attribute.
    pub native_build_inputs: Vec<PythonNeed>,
    /// Environment variables, sorted by name.
    pub env: Vec<PythonNeed>,
    /// Requests without a known attribute, sorted by place.
    pub unknown: Vec<UnknownNeed>,
}

/// A native input and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PythonNeed {
    pub what: Needed,
    /// Why, in a few words. `None` if the row of a package has a note that
    /// explains several needs together.
    pub reason: Option<String>,
    /// The evidence: a row of a table, or a place in the source.
    pub evidence: Evidence,
    /// The platforms that need it.
    pub platforms: BTreeSet<Platform>,
}

/// The kind of a request without a known attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnknownKind {
    /// No table has the name.
    Unknown,
    /// The name can't be evaluated.
    Unread,
    /// The build downloads it.
    Download,
    /// A header that isn't in the source, so that the build fails.
    Header,
}

/// A request of a build for which no attribute is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownNeed {
    /// The place of the request.
    pub place: Place,
    /// The name of the extension that needs it, if any.
    pub extension: Option<String>,
    /// The request as a clause without a subject: "links `x`".
    pub what: String,
    pub kind: UnknownKind,
}

/// A native input without its platforms.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    what: Needed,
    reason: Option<String>,
    evidence: Evidence,
}

/// Detects the native inputs of a package on the platforms of `target`.
pub fn detect(source: &Source<'_>, package: &Package<'_>, target: &Target) -> PythonNative {
    let mut native = PythonNative::default();
    let mut found: BTreeMap<Found, BTreeSet<Platform>> = BTreeMap::new();
    let table = PythonNativeTable::built_in();
    if let Some(rows) = table.rows(package.name, package.version) {
        for platform in &target.platforms {
            let rows = rows.iter();
            for row in rows.filter(|row| System::counts(row.system, *platform)) {
                let is_there = |need: &Found| {
                    let name = PythonName::new(need.what.name());
                    matches!(need.what, Needed::Program(_)) && source.system.contains_key(&name)
                };
                for need in row.needs().filter(|need| !is_there(need)) {
                    found.entry(need).or_default().insert(*platform);
                }
            }
        }
        native.add(found);
        return native;
    }
    let mut unknown = BTreeSet::new();
    for (is_linux, python) in [
        (true, python::Platform::LINUX),
        (false, python::Platform::MACOS),
    ] {
        let platforms = target.platforms.iter().copied();
        let platforms: BTreeSet<_> = platforms.filter(|p| p.is_linux() == is_linux).collect();
        let Some(first) = platforms.first() else {
            continue;
        };
        let scripts = scripts::read(source, target.python_minor, python);
        let mut requests = scripts.requests;
        requests.extend(of_other_files(source, &requests, is_linux));
        let names = Resolver {
            platform: *first,
            own_libraries: &scripts.own_libraries,
            system: source.system,
        };
        let resolved = names.resolve(&requests);
        unknown.extend(resolved.unknown);
        for need in resolved.needs {
            found.entry(need).or_default().extend(&platforms);
        }
    }
    native.unknown = unknown.into_iter().collect();
    native.add(found);
    native
}

impl PythonNative {
    /// Adds nixpkgs' program for a build requirement that the package set lacks.
    /// Returns whether nixpkgs has one.
    pub fn add_stand_in(&mut self, name: &PythonName, target: &Target) -> bool {
        let rows = &PythonNativeTable::built_in().stand_in;
        let Some(row) = table::find(rows, name.as_str()) else {
            return false;
        };
        let platforms = target.platforms.iter().copied();
        let need = PythonNeed {
            what: Needed::Program(row.attr.clone()),
            reason: Some(format!("instead of the build requirement `{name}`")),
            evidence: Evidence::Manifest(format!("the build requirement `{name}`")),
            platforms: platforms
                .filter(|platform| System::counts(row.system, *platform))
                .collect(),
        };
        let is_new = |known: &PythonNeed| known.what != need.what;
        if !need.platforms.is_empty() && self.native_build_inputs.iter().all(is_new) {
            self.native_build_inputs.push(need);
            self.native_build_inputs.sort();
        }
        true
    }

    fn add(&mut self, found: BTreeMap<Found, BTreeSet<Platform>>) {
        for (found, platforms) in found {
            let list = match &found.what {
                Needed::Library(_) => &mut self.build_inputs,
                Needed::Program(_) => &mut self.native_build_inputs,
                Needed::Variable(..) => &mut self.env,
            };
            list.push(PythonNeed {
                what: found.what,
                reason: found.reason,
                evidence: found.evidence,
                platforms,
            });
        }
    }

    /// Returns all inputs: libraries, programs, variables.
    pub fn all(&self) -> impl Iterator<Item = &PythonNeed> {
        let lists = [&self.build_inputs, &self.native_build_inputs, &self.env];
        lists.into_iter().flatten()
    }
}

impl table::PackageRow {
    /// Returns the needs of the row. Its note is about libraries, or about
    /// variables if there are none, and is the reason of a single one.
    fn needs(&self) -> impl Iterator<Item = Found> {
        let is_explained = |what: &Needed| match what {
            Needed::Library(_) => self.build_inputs.len() == 1,
            Needed::Program(_) => {
                self.build_inputs.is_empty() && self.native_build_inputs.len() == 1
            }
            Needed::Variable(..) => self.build_inputs.is_empty() && self.env.len() == 1,
        };
        let libraries = self.build_inputs.iter().cloned().map(Needed::Library);
        let programs = self
            .native_build_inputs
            .iter()
            .cloned()
            .map(Needed::Program);
        let variables = self.env.iter();
        let variables = variables.map(|(k, v)| Needed::Variable(k.clone(), v.clone()));
        let needs = libraries.chain(programs).chain(variables);
        needs.map(move |what| Found {
            reason: is_explained(&what).then(|| self.note.clone()),
            what,
            evidence: Evidence::Table(self.evidence.clone()),
        })
    }
}

impl std::fmt::Display for UnknownNeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.extension {
            Some(name) => write!(f, "the extension `{name}` in {} {}", self.place, self.what),
            None => write!(f, "{} {}", self.place, self.what),
        }
    }
}

/// Reads `meson.build` and `CMakeLists.txt` if the build runs them.
fn of_other_files(source: &Source<'_>, scripts: &[Request], is_linux: bool) -> Vec<Request> {
    let backend = source.facts.backend.as_str();
    let mut found = Vec::new();
    let runs = |name: &str| {
        let is_it = |asked: &Asked| matches!(asked, Asked::Program(program) if program == name);
        scripts.iter().any(|request| is_it(&request.asked))
    };
    if backend.starts_with("mesonpy") || runs("meson") {
        found.extend(meson::read(source.files, source.python_root, is_linux));
    }
    let imports = |name: &str| {
        let mut imports = source.facts.imports.iter();
        imports.any(|import| import.module.split('.').next() == Some(name))
    };
    let is_skbuild = imports("skbuild");
    if is_skbuild
        || runs("cmake")
        || ["scikit_build_core", "py_build_cmake"]
            .iter()
            .any(|name| backend.starts_with(name))
    {
        for folder in cmake_folders(source) {
            let defines = cmake_defines(source);
            found.extend(cmake::read(source.files, &folder, &defines, is_linux));
        }
    }
    if is_skbuild {
        let place = Place::file(&join(source.python_root, "setup.py"));
        found.extend(["cmake", "ninja"].map(|name| Request {
            asked: Asked::Program(name.to_owned()),
            is_required: true,
            extension: None,
            place: place.clone(),
        }));
    }
    found
}

/// Returns the folders with a top-level `CMakeLists.txt`: the Python root, or the
/// uppermost folders below it that have one.
fn cmake_folders(source: &Source<'_>) -> Vec<Utf8PathBuf> {
    const MAX_BELOW: usize = 3;
    const MAX_FOLDERS: usize = 5;
    let pyproject = Pyproject::read(source.files, source.python_root);
    let setting = pyproject.ok().and_then(|pyproject| {
        let folder = pyproject.tool(&["scikit-build", "cmake", "source-dir"]);
        let folder = folder.or_else(|| pyproject.tool(&["py-build-cmake", "cmake", "source_path"]));
        join_inside(source.python_root, folder?.as_str()?)
    });
    let root = setting.unwrap_or_else(|| source.python_root.to_owned());
    if source.files.has(&join(&root, "CMakeLists.txt")) {
        return vec![root];
    }
    let mut found: Vec<Utf8PathBuf> = Vec::new();
    for path in source.files.paths() {
        let Some(folder) = path
            .parent()
            .filter(|_| path.file_name() == Some("CMakeLists.txt"))
        else {
            continue;
        };
        let below = match root.as_str() {
            "." => folder,
            _ => match folder.strip_prefix(&root) {
                Ok(below) => below,
                Err(_) => continue,
            },
        };
        let is_near = below.components().count() <= MAX_BELOW;
        if is_near && !found.iter().any(|known| folder.starts_with(known)) {
            found.push(folder.to_owned());
        }
    }
    found.truncate(MAX_FOLDERS);
    found
}

/// Returns the variables in `tool.scikit-build.cmake.define`.
fn cmake_defines(source: &Source<'_>) -> BTreeMap<String, String> {
    let Ok(pyproject) = Pyproject::read(source.files, source.python_root) else {
        return BTreeMap::new();
    };
    let table = pyproject.tool(&["scikit-build", "cmake", "define"]);
    let table = table.and_then(toml::Value::as_table).into_iter().flatten();
    let text = |value: &toml::Value| match value {
        toml::Value::Boolean(true) => Some("ON".to_owned()),
        toml::Value::Boolean(false) => Some("OFF".to_owned()),
        value => value.as_str().map(str::to_owned),
    };
    table
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect()
}
