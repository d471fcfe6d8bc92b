//! What one crate needs, as it is built on a platform, and the evidence.
//!
//! For libraries only the strongest evidence counts: the rows of our table, then
//! what the manifest tells other build tools (`system-deps`, `pkg-config`), then
//! what the build script does. The programs that the build script runs always
//! count, except for those that a row says it doesn't run.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::build_script::{Action, Finding};
use super::cfg::is_shallow;
use super::graph::GraphCrate;
use super::library_versions::LibraryVersions;
use super::programs::ProgramTable;
use super::rustc_refusals::{Refusal, RefusedCrate, find_refusals};
use super::source_facts::SourceFacts;
use super::table::{
    BuildContext, Choice, EnvValue, LibraryTable, NativeRow, NativeTable, Need, PkgConfigTable,
};
use crate::target::Platform;

/// What a crate needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "WhyNeed")]
pub struct CrateNeed {
    /// An attribute path below `pkgs`, or `NAME=VALUE` for a variable.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub what: Needed,
    /// Why.
    pub reason: String,
    /// How that is known.
    pub evidence: Evidence,
}

/// Something that a crate needs. It is displayed as Nix refers to it:
/// `pkgs.openssl`, or `NAME=VALUE` for a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needed {
    /// A library: an attribute path below `pkgs`.
    Library(String),
    /// A program: an attribute path below `pkgs`.
    Program(String),
    /// An environment variable.
    Variable(String, EnvValue),
}

impl Needed {
    /// The attribute path or the variable's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Library(name) | Self::Program(name) | Self::Variable(name, _) => name,
        }
    }
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(attr) | Self::Program(attr) => write!(f, "pkgs.{attr}"),
            Self::Variable(name, value) => write!(f, "{name}={value}"),
        }
    }
}

/// How something is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A row of the built-in table, with its evidence.
    Table(String),
    /// What the crate's `Cargo.toml` says.
    Manifest(String),
    /// What the build script does, and where.
    BuildScript(String),
    /// What the crate's root module has.
    Source(String),
}

/// Why a crate doesn't build in Nix's sandbox, or why its needs are unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// The build downloads something. The variables are those that packages in
    /// nixpkgs set to what they fetched.
    Download(String, BTreeSet<String>),
    /// The crate is native, but nothing shows what it needs.
    Unknown(String),
    /// The crate needs a module of pkg-config that the table lacks.
    UnknownModule(String),
    /// The build script couldn't be read.
    Unreadable(String),
    /// The program loads something when it runs.
    Runtime(String),
    /// The crate doesn't take the version of a library that nixpkgs has.
    SystemVersion(SystemVersion),
    /// A rustc of nixpkgs doesn't compile the crate.
    Refused(Refusal),
}

/// A library whose version in nixpkgs a crate doesn't take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SystemVersion {
    /// An attribute path below `pkgs`.
    pub attr: String,
    /// The versions that the crate takes.
    pub takes: LibraryVersions,
    /// The version in nixpkgs.
    pub has: String,
    /// Whether the crate builds its own copy instead.
    pub is_bundled: bool,
}

/// The needs of a crate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrateNeeds {
    pub needs: Vec<CrateNeed>,
    pub problems: Vec<Problem>,
    /// The names of dependencies that the crate makes no use of: their needs
    /// don't count for it.
    pub unused: BTreeSet<String>,
    /// The programs that the build script names but doesn't run.
    pub not_run: BTreeSet<String>,
    /// Whether the needs count only if a build script calls the crate.
    pub is_for_build_scripts: bool,
}

/// A crate as it is built on a platform.
#[derive(Clone, Copy)]
pub struct CrateBuild<'a> {
    pub krate: &'a GraphCrate,
    /// `None` if the crate couldn't be downloaded.
    pub facts: Option<&'a SourceFacts>,
    pub platform: Platform,
    pub context: BuildContext<'a>,
}

impl CrateBuild<'_> {
    /// Works out what the crate needs.
    pub fn find_needs(&self) -> CrateNeeds {
        let mut needs = self.needs_from_table().unwrap_or_else(|| {
            let mut needs = CrateNeeds::default();
            if !self.add_from_manifest(&mut needs) {
                self.add_from_build_script(&mut needs);
            }
            needs
        });
        self.add_programs(&mut needs);
        self.add_clients(&mut needs);
        self.add_bootstrap(&mut needs);
        self.add_refusals(&mut needs);
        needs
    }

    /// Adds why a rustc of nixpkgs doesn't compile the crate.
    fn add_refusals(&self, needs: &mut CrateNeeds) {
        let facts = self.facts.into_iter();
        let unstable = facts.flat_map(|facts| facts.unstable_with(self.context.cfgs));
        let krate = RefusedCrate {
            name: &self.krate.name,
            version: &self.krate.version,
            is_local: self.krate.is_local,
            context: &self.context,
        };
        let refusals = find_refusals(krate, &unstable.collect::<Vec<_>>());
        needs
            .problems
            .extend(refusals.into_iter().map(Problem::Refused));
    }

    /// The libraries that the crate would link from the system, but not in the
    /// version that nixpkgs has.
    pub fn unfit_libraries(&self) -> impl Iterator<Item = &'static str> {
        let rows = self.matching_rows().unwrap_or_default().into_iter();
        let unfit = rows
            .filter(|row| row.prefer == Some(Choice::System) && self.unfit_version(row).is_some());
        unfit.filter_map(|row| row.library.as_deref())
    }

    fn matching_rows(&self) -> Option<Vec<&'static NativeRow>> {
        let table = NativeTable::built_in();
        table.matching_rows(&self.krate.name, &self.krate.version, &self.context)
    }

    fn needs_from_table(&self) -> Option<CrateNeeds> {
        let rows = self.matching_rows()?;
        let mut needs = CrateNeeds::default();
        for row in rows {
            let unfit = self.unfit_version(row);
            // The build doesn't find a library that it takes if it is there,
            // and builds its own.
            let is_replaced = unfit.is_some() && row.need == Need::Soft;
            if let Some(unfit) = unfit {
                let is_bundled = is_replaced;
                let unfit = SystemVersion {
                    is_bundled,
                    ..unfit
                };
                needs.problems.push(Problem::SystemVersion(unfit));
            }
            if !is_replaced {
                add_row(row, &mut needs);
            }
        }
        self.add_unfit_choices(&mut needs);
        Some(needs)
    }

    /// Adds the libraries that would be the system's if their version fit.
    fn add_unfit_choices(&self, needs: &mut CrateNeeds) {
        static NONE: BTreeSet<String> = BTreeSet::new();
        if self.context.unfit.is_empty() {
            return;
        }
        let context = BuildContext {
            unfit: &NONE,
            ..self.context
        };
        let build = Self { context, ..*self };
        let rows = build.matching_rows().unwrap_or_default().into_iter();
        let rows = rows.filter(|row| {
            let mut library = row.library.iter();
            library.any(|library| self.context.unfit.contains(library))
        });
        for row in rows {
            if let Some(unfit) = build.unfit_version(row) {
                let is_bundled = true;
                let unfit = SystemVersion {
                    is_bundled,
                    ..unfit
                };
                needs.problems.push(Problem::SystemVersion(unfit));
            }
        }
    }

    /// The library of a row, if the crate doesn't take the version that nixpkgs
    /// has: by the row, or else by what the build script asks pkg-config for.
    fn unfit_version(&self, row: &NativeRow) -> Option<SystemVersion> {
        let libraries = LibraryTable::built_in();
        for attr in &row.build_inputs {
            let Some(library) = libraries.find(attr) else {
                continue;
            };
            let unfit = |has: &str, takes: &LibraryVersions| SystemVersion {
                attr: attr.clone(),
                takes: takes.clone(),
                has: has.to_owned(),
                is_bundled: false,
            };
            if let Some(takes) = &row.system_versions
                && !takes.contain(&library.version)
            {
                return Some(unfit(&library.version, takes));
            }
            let Some(has) = library.module_version() else {
                continue;
            };
            let asked = self.asked_versions(attr);
            if let Some(takes) = asked.last()
                && !asked.iter().any(|takes| takes.contain(has))
            {
                return Some(unfit(has, takes));
            }
        }
        None
    }

    /// The versions that the build script asks pkg-config for, of the modules of
    /// a package.
    fn asked_versions(&self, attr: &str) -> Vec<LibraryVersions> {
        let modules = PkgConfigTable::built_in();
        let findings = self.findings().filter_map(|finding| match &finding.action {
            Action::PkgConfig { module, versions } => Some((module, versions)),
            _ => None,
        });
        let of_package = findings.filter(|(module, _)| {
            let row = modules.find(module);
            row.is_some_and(|row| row.attr == attr)
        });
        of_package.map(|(_, versions)| versions.clone()).collect()
    }

    /// What the build script does.
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        let facts = self.facts.into_iter();
        let knows_features = self.context.features.is_some();
        facts.flat_map(move |facts| facts.script.findings(self.context.cfgs, knows_features))
    }

    /// Adds the programs that the build script runs, each once.
    fn add_programs(&self, needs: &mut CrateNeeds) {
        let programs = ProgramTable::built_in();
        let mut added = BTreeSet::new();
        for finding in self.findings() {
            let Action::Program { name, arguments } = &finding.action else {
                continue;
            };
            let Some(program) = programs.find(name) else {
                continue;
            };
            if needs.not_run.contains(&program.name) {
                continue;
            }
            let is_probe = !arguments.is_empty() && arguments.iter().all(|text| is_question(text));
            let arguments = arguments.iter().map(String::as_str);
            if let Some(command) = programs.download(name, arguments) {
                // A crate from a registry is no repository: its script only
                // gets submodules where somebody works on the crate.
                if self.krate.is_local || !command.starts_with("git submodule") {
                    needs.add_download(&format!("runs `{command}`"), &finding.location);
                }
            } else if !is_probe && !program.attr.is_empty() && added.insert(&program.attr) {
                needs.add_program(&program.attr, &program.name, &finding.location);
            }
        }
        needs.needs.sort();
        needs.needs.dedup();
    }

    /// Adds the crates with which the build script downloads something.
    fn add_clients(&self, needs: &mut CrateNeeds) {
        let programs = ProgramTable::built_in();
        for finding in self.findings() {
            let Action::Uses(name) = &finding.action else {
                continue;
            };
            let is_called = |client: &&str| {
                self.context.dependencies.contains(client) && !needs.not_run.contains(*client)
            };
            if let Some(client) = programs.client(name).filter(is_called) {
                needs.add_download(&format!("downloads with `{client}`"), &finding.location);
            }
        }
    }

    /// Adds the modules of `[package.metadata.system-deps]` and
    /// `[package.metadata.pkg-config]`. Returns whether there are any.
    fn add_from_manifest(&self, needs: &mut CrateNeeds) -> bool {
        let metadata = |key: &str| self.krate.metadata.get(key)?.as_object();
        let mut modules: Vec<(String, &str)> = Vec::new();
        for (key, value) in metadata("system-deps").into_iter().flatten() {
            // `[package.metadata.system-deps.'cfg(...)']` has tables.
            if key.starts_with("cfg(") {
                let target = is_shallow(key).then(|| key.parse().ok()).flatten();
                let holds = target.is_some_and(|target| self.context.cfgs.is_target(&target));
                let inner = value.as_object().filter(|_| holds);
                let inner = inner.into_iter().flatten();
                modules.extend(inner.filter_map(|(key, value)| {
                    Some((self.system_deps_module(key, value)?, "system-deps"))
                }));
            } else {
                let module = self.system_deps_module(key, value);
                modules.extend(module.map(|module| (module, "system-deps")));
            }
        }
        let pkg_config = metadata("pkg-config").into_iter().flatten();
        modules.extend(pkg_config.map(|(key, _)| (key.clone(), "pkg-config")));
        for (module, key) in &modules {
            let evidence = Evidence::Manifest(format!("package.metadata.{key} names {module}"));
            self.add_module(module, evidence, needs);
        }
        !modules.is_empty()
    }

    /// The module of an entry of `system-deps`; `None` if it is optional or
    /// its feature is off.
    fn system_deps_module(&self, key: &str, value: &serde_json::Value) -> Option<String> {
        let feature = value.get("feature").and_then(|feature| feature.as_str());
        let is_optional = value.get("optional").and_then(serde_json::Value::as_bool);
        if feature.is_some_and(|feature| !self.context.has_feature(feature))
            || is_optional == Some(true)
        {
            return None;
        }
        let name = value.get("name").and_then(|name| name.as_str());
        Some(name.unwrap_or(key).to_owned())
    }

    fn add_module(&self, module: &str, evidence: Evidence, needs: &mut CrateNeeds) {
        let Some(row) = PkgConfigTable::built_in().find(module) else {
            let problem = Problem::UnknownModule(module.to_owned());
            needs.add_problem(problem);
            return;
        };
        if row.linux_only && !self.platform.is_linux() {
            return;
        }
        needs.add_once(CrateNeed {
            what: Needed::Library(row.attr.clone()),
            reason: format!("asks pkg-config for {module}"),
            evidence,
        });
    }

    fn add_from_build_script(&self, needs: &mut CrateNeeds) {
        let is_native = self.krate.links.is_some()
            || self.krate.name.ends_with("-sys")
            || self.krate.name.ends_with("_sys");
        let script = self.facts.map(|facts| &facts.script);
        let Some(script) = script.filter(|script| script.exists) else {
            // A crate without a build script links libraries by `#[link]`
            // alone, which is not looked at.
            if is_native && self.facts.is_none() {
                let problem = Problem::Unknown("its source couldn't be read".to_owned());
                needs.problems.push(problem);
            }
            return;
        };
        if let Some(message) = &script.unreadable {
            needs.problems.push(Problem::Unreadable(message.clone()));
            return;
        }
        let (mut is_known, mut linked) = (false, BTreeSet::new());
        for finding in script.findings(self.context.cfgs, self.context.features.is_some()) {
            match &finding.action {
                Action::PkgConfig { module, .. } => {
                    is_known = true;
                    let evidence = format!("{}: pkg-config {module}", finding.location);
                    self.add_module(module, Evidence::BuildScript(evidence), needs);
                }
                Action::Program { name, .. } => {
                    is_known |= ProgramTable::built_in().find(name).is_some();
                }
                Action::Uses(name) => {
                    // These crates build a library, or the table has what
                    // they need.
                    is_known |= matches!(
                        name.as_str(),
                        "cc" | "cmake" | "autotools" | "bindgen" | "cxx_build" | "nasm_rs"
                    );
                }
                Action::Links(name) => {
                    linked.extend(name.iter().filter(|name| !is_in_toolchain(name)).cloned());
                }
            }
        }
        if is_native && !is_known && !linked.is_empty() {
            let names: Vec<_> = linked.into_iter().collect();
            let message = format!("its build script links {}", names.join(", "));
            needs.problems.push(Problem::Unknown(message));
        }
    }

    /// Adds `RUSTC_BOOTSTRAP`, with which a stable compiler accepts unstable
    /// features.
    fn add_bootstrap(&self, needs: &mut CrateNeeds) {
        let Some(facts) = self.facts else {
            return;
        };
        let features: Vec<_> = facts.unstable_with(self.context.cfgs).collect();
        if features.is_empty() || (self.context.features.is_none() && !self.krate.is_local) {
            return;
        }
        let value = EnvValue::Text("1".to_owned());
        needs.needs.push(CrateNeed {
            what: Needed::Variable("RUSTC_BOOTSTRAP".to_owned(), value),
            reason: format!("turns on unstable features: {}", features.join(", ")),
            evidence: Evidence::Source("`#![feature(...)]` in the crate's root".to_owned()),
        });
    }
}

impl CrateNeeds {
    /// Adds a need, unless there is one for the same reason at another place.
    fn add_once(&mut self, need: CrateNeed) {
        let is_same = |known: &CrateNeed| known.what == need.what && known.reason == need.reason;
        if !self.needs.iter().any(is_same) {
            self.needs.push(need);
        }
    }

    fn add_problem(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Adds a program, unless a row has it.
    fn add_program(&mut self, attr: &str, name: &str, location: &str) {
        let is_same = |known: &CrateNeed| known.what == Needed::Program(attr.to_owned());
        if !self.needs.iter().any(is_same) {
            self.needs.push(CrateNeed {
                what: Needed::Program(attr.to_owned()),
                reason: format!("runs {name} in its build script"),
                evidence: Evidence::BuildScript(format!("{location}: {name}")),
            });
        }
    }

    /// Adds what a build script does to download something, once; nothing if a
    /// row tells of a download.
    fn add_download(&mut self, what: &str, location: &str) {
        let message = format!("its build script {what}");
        let is_told = |problem: &Problem| match problem {
            Problem::Download(known, variables) => {
                !variables.is_empty()
                    || !known.starts_with("its build")
                    || known.starts_with(&message)
            }
            _ => false,
        };
        if !self.problems.iter().any(is_told) {
            let message = format!("{message} ({location})");
            self.problems
                .push(Problem::Download(message, BTreeSet::new()));
        }
    }
}

/// Whether an argument only asks whether a program is there.
fn is_question(argument: &str) -> bool {
    matches!(
        argument,
        "--help" | "--version" | "-V" | "-h" | "-v" | "-version"
    )
}

fn add_row(row: &NativeRow, needs: &mut CrateNeeds) {
    let libraries = row.build_inputs.iter().cloned().map(Needed::Library);
    let programs = row.native_build_inputs.iter().cloned().map(Needed::Program);
    let variables = row
        .env
        .iter()
        .map(|(name, value)| Needed::Variable(name.clone(), value.clone()));
    let all = libraries.chain(programs).chain(variables);
    needs.needs.extend(all.map(|what| CrateNeed {
        what,
        reason: row.note.clone(),
        evidence: Evidence::Table(row.evidence.clone()),
    }));
    needs.unused.extend(row.unused.iter().cloned());
    needs.not_run.extend(row.not_run.iter().cloned());
    needs.is_for_build_scripts |= row.called;
    match row.need {
        Need::Net => {
            let problem = Problem::Download(row.note.clone(), row.variables.clone());
            needs.problems.push(problem);
        }
        Need::Runtime => needs.problems.push(Problem::Runtime(row.note.clone())),
        _ => {}
    }
}

/// Serializes a value as the text that it is displayed as.
pub(super) fn as_text<S: Serializer>(
    value: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Whether the C toolchains of Linux and macOS come with a library.
pub fn is_in_toolchain(library: &str) -> bool {
    matches!(
        library,
        "c" | "m"
            | "dl"
            | "rt"
            | "util"
            | "pthread"
            | "stdc++"
            | "c++"
            | "c++abi"
            | "gcc_s"
            | "gcc"
            | "gcov"
            | "iconv"
            | "System"
            | "objc"
            | "resolv"
            | "atomic"
    )
}

#[cfg(test)]
mod tests;
