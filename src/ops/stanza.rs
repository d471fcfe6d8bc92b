//! Generates the stanza of a project.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::build_plan::{
    SourceBuild, beside_rust, build_facts, extension_native, local_requirements, maturin_mends,
    native_warnings, unknown_extras,
};
use super::digests::{kind_in_lock, of_build_system};
use super::facts::Facts;
use super::finished::{FinishedStanza, LockBeside, Place, SnippetPackage};
use super::hash::lock_output_hashes;
use super::load::{Loaded, Request, lock_name, require_fitting, require_lock};
use super::pins::judge_pins;
use super::stanza_inputs::{ExtraRows, add_python_native, attributes, reasons, variables};
use crate::build_system::BuildSystem;
use crate::error::Error;
use crate::io::Session;
use crate::io::crate_store::nix_download_url;
use crate::io::paths::{join_below, parent_folder, path_from};
use crate::nix::{AdjacentCargoLock, CargoLockImport, SourceOverride, Stanza};
use crate::options::{Chosen, Options};
use crate::overlay::Digests;
use crate::project::{
    CrateSource, ProjectError, PythonName, RustProject, SourceKind, is_version, join,
    relative_path, require_name, visible,
};
use crate::python_build::{BuildSystemTable, PackageSets};
use crate::target::Platform;
use crate::warning::Warning;

/// Generates the stanza of a project.
pub(super) fn made_of(
    loaded: &Loaded,
    request: &mut Request,
    place: Place,
) -> Result<FinishedStanza, Error> {
    let identity = &loaded.project.identity;
    request.known_hashes = place.document.known_hashes(identity.name.as_str());
    require_name(&identity.name, loaded.files.origin())?;
    let making = Making {
        folder: parent_folder(place.file),
        request,
        session: place.session,
    };
    if loaded.project.rust.is_empty() && request.options.cargo_root().is_none() {
        making.make_without_rust(loaded)
    } else {
        making.make(loaded, loaded.rust(request)?)
    }
}

/// A request for a stanza, and the folder of the overlay file.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    pub folder: &'a Utf8Path,
    pub request: &'a Request,
    pub session: &'a Session,
}

impl Making<'_> {
    const fn options(&self) -> &Options {
        &self.request.options
    }

    /// Generates the stanza for a Cargo root of a project.
    pub(super) fn make(self, loaded: &Loaded, rust: &RustProject) -> Result<FinishedStanza, Error> {
        let files = &loaded.files;
        let lock = require_lock(loaded, rust, self.request, self.session)?;
        lock.registry_crates()?;
        require_fitting(loaded, rust, self.request, self.session)?;
        visible(files, "the name", loaded.project.identity.name.as_str())?;
        visible(files, "the Cargo root", rust.cargo_root.as_str())?;
        let output_hashes = lock_output_hashes(lock, &self.request.known_hashes, self.session)?;
        let mut facts = Facts::gather(loaded, Some(rust), self.request, self.session)?;
        if self.options().stanza.toolchain.chosen().is_some() {
            facts.forget_rustc();
            facts.forget_refusals();
        }
        judge_pins(&mut facts, self.folder, rust, self.session);
        let kind = self.kind(loaded);
        let (mut patches, mut known) = (Vec::new(), None);
        // uv2nix adds the build requirements of local projects.
        if kind != SourceKind::Local {
            let build = SourceBuild::read(loaded, self.request)?;
            patches = build.patches;
            facts.add_build_system(build.system);
            // The patches complete the table, or the build's warnings say it.
            facts
                .warnings
                .retain(|warning| !matches!(warning, Warning::IncompleteProject { .. }));
            facts.warnings.extend(build.warnings);
            known = Some(build.facts);
            if uses_maturin(&facts.requirements.system) {
                let (mends, told) = maturin_mends(loaded, rust)?;
                patches.extend(mends);
                facts.warnings.extend(told);
            }
        }
        let mut stanza = self.stanza(loaded, kind, &facts)?;
        stanza.patches = patches;
        if stanza.kind == SourceKind::Local {
            stanza.without_extras = unknown_extras(loaded, self.request)?;
        }
        let build_facts = known.map_or_else(|| build_facts(loaded), Ok)?;
        let native = beside_rust(loaded, &build_facts, &facts.requirements.system);
        add_python_native(&mut stanza, &native, !self.options().no_comments());
        facts.warnings.extend(native_warnings(loaded, &native));
        if let Some(sets) = &self.request.locked.sets {
            keep_known_extras(&mut stanza.build_system, sets);
        }
        let mut cargo = CargoLockImport {
            cargo_root: relative_path(&rust.cargo_root, &loaded.project.python_root),
            lock_file: None,
            output_hashes,
            revisions: BTreeMap::new(),
            extra_registries: self.extra_registries(rust)?,
            toolchain: self.options().stanza.toolchain.chosen().cloned(),
        };
        if !self.options().no_comments() {
            let revisions = lock.git_revisions().into_iter();
            cargo.revisions = revisions
                .filter_map(|revision| Some((revision.key(), revision.source.full_revision()?)))
                .collect();
        }
        let (lock_file, lock) = self.lock(loaded, rust, &stanza)?;
        cargo.lock_file = lock_file;
        stanza.cargo = Some(cargo);
        Ok(FinishedStanza {
            crates: rust.cargo_lock.as_ref().map_or(0, |lock| lock.crates.len()),
            locks: lock.into_iter().collect(),
            ..finished(
                loaded,
                Some(rust),
                stanza,
                &facts.requirements.system,
                facts.warnings,
            )
        })
    }

    /// Generates the stanza of a package without Rust.
    ///
    /// # Errors
    /// Fails with [`ProjectError::MissingBuildSystem`] if the package set lacks a
    /// requirement, and with [`ProjectError::NoRust`] if the package needs no
    /// stanza.
    pub(super) fn make_without_rust(self, loaded: &Loaded) -> Result<FinishedStanza, Error> {
        let no_stanza = || match loaded.rust(self.request) {
            Err(error) => error,
            Ok(_) => ProjectError::NoRust {
                place: loaded.files.origin().to_owned(),
                unread: Vec::new(),
                at: None,
            },
        };
        let kind = self.kind(loaded);
        if self.options().rust_only() {
            return Err(no_stanza().into());
        }
        let name = &loaded.project.identity.name;
        visible(&loaded.files, "the name", name.as_str())?;
        if kind == SourceKind::Local {
            let made = self.make_local(loaded)?;
            return made.ok_or_else(|| no_stanza().into());
        }
        let build = SourceBuild::read(loaded, self.request)?;
        let mut stanza = Stanza {
            build_system: without(&build.system, &self.request.locked.build_system),
            platforms: loaded.target.platforms.clone(),
            patches: build.patches,
            ..Stanza::new(name.clone(), kind)
        };
        add_python_native(&mut stanza, &build.native, !self.options().no_comments());
        let mut warnings = build.warnings;
        warnings.extend(native_warnings(loaded, &build.native));
        add_extra(self.options(), &mut stanza, false);
        stanza.only_version = guarded_version(loaded);
        if !stanza.changes_something() {
            return Err(no_stanza().into());
        }
        Ok(FinishedStanza {
            facts: Some(Box::new(build.facts)),
            ..finished(loaded, None, stanza, &build.system, warnings)
        })
    }

    /// Generates the stanza of a local project without Rust. Returns `None` if
    /// uv2nix builds the project without one.
    fn make_local(self, loaded: &Loaded) -> Result<Option<FinishedStanza>, Error> {
        let requirements = local_requirements(loaded, self.request)?;
        let native = extension_native(loaded, false, &requirements.system)?;
        let name = loaded.project.identity.name.clone();
        let mut stanza = Stanza {
            without_extras: requirements.without_extras,
            platforms: loaded.target.platforms.clone(),
            ..Stanza::new(name, SourceKind::Local)
        };
        add_python_native(&mut stanza, &native, !self.options().no_comments());
        add_extra(self.options(), &mut stanza, false);
        let warnings = native_warnings(loaded, &native);
        let is_needed = stanza.changes_something();
        Ok(is_needed.then(|| finished(loaded, None, stanza, &requirements.system, warnings)))
    }

    fn stanza(self, loaded: &Loaded, kind: SourceKind, facts: &Facts) -> Result<Stanza, Error> {
        let native = &facts.native.inputs;
        let is_local = kind == SourceKind::Local;
        let platforms = &loaded.target.platforms;
        let source = loaded.above.as_ref().filter(|_| is_local);
        let source = source.map(|_| self.source(loaded)).transpose()?;
        let build_system = if is_local {
            facts
                .requirements
                .except_declared(&loaded.project.pyproject.requires)
        } else {
            let given = &self.request.locked.build_system;
            without(&facts.requirements.system, given)
        };
        let mut stanza = Stanza {
            source,
            build_system,
            platforms: platforms.clone(),
            build_inputs: attributes(&native.build_inputs),
            native_build_inputs: attributes(&native.native_build_inputs),
            env: variables(&native.env),
            ..Stanza::new(loaded.project.identity.name.clone(), kind)
        };
        stanza.dont_use_cmake_configure = stanza.native_build_inputs.contains_key("cmake");
        if !self.options().no_comments() {
            stanza.reasons = reasons(facts);
        }
        let uses_maturin = uses_maturin(&facts.requirements.system);
        add_extra(self.options(), &mut stanza, uses_maturin);
        Ok(stanza)
    }

    /// Returns the kind of the source: the one in the options, else the one in
    /// `uv.lock`, else a guess by the files.
    fn kind(self, loaded: &Loaded) -> SourceKind {
        let name = &loaded.project.identity.name;
        let in_lock = || kind_in_lock(self.folder, name.as_str(), self.session);
        let root = &loaded.project.python_root;
        let is_sdist = loaded.files.is_archive() || loaded.files.has(&join(root, "PKG-INFO"));
        let looks = if is_sdist {
            SourceKind::Registry
        } else {
            SourceKind::Local
        };
        let asked = self.options().source_kind();
        let kind = asked.or_else(in_lock).unwrap_or(looks);
        // The files show the folder of the package in a checkout.
        match kind {
            SourceKind::Git(None) if root != "." => SourceKind::Git(Some(root.clone())),
            SourceKind::Url(None) if root != "." => SourceKind::Url(Some(root.clone())),
            kind => kind,
        }
    }

    /// Returns the source that replaces one which lacks files that cargo reads.
    /// Its path is relative to the folder of the overlay.
    fn source(self, loaded: &Loaded) -> Result<SourceOverride, Error> {
        Ok(SourceOverride {
            path: path_from(self.folder, loaded.files.origin().into())?,
            python_root: loaded.project.python_root.clone(),
        })
    }

    /// Returns the path of a `Cargo.lock` outside of the package's source, and
    /// the file to write there.
    fn lock(
        self,
        loaded: &Loaded,
        rust: &RustProject,
        stanza: &Stanza,
    ) -> Result<(Option<AdjacentCargoLock>, Option<LockBeside>), Error> {
        let is_copied = loaded.other_lock.is_some();
        let is_fetched = matches!(stanza.kind, SourceKind::Registry | SourceKind::Url(_));
        let is_beside = stanza.kind == SourceKind::Path || (is_fetched && self.options().no_ifd());
        if let (Some(named), true) = (self.request.options.cargo_lock(), is_copied || is_beside) {
            let path = path_from(self.folder, named)?;
            return Ok((Some(AdjacentCargoLock { path, is_copied }), None));
        }
        if is_copied || is_beside {
            let name = lock_name(loaded, rust)?;
            let bytes = rust.cargo_lock.as_ref().map(|lock| lock.bytes.clone());
            let bytes = loaded.other_lock.clone().or(bytes).unwrap_or_default();
            let path = name.as_str().into();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let kept = LockBeside { name, text };
            return Ok((Some(AdjacentCargoLock { path, is_copied }), Some(kept)));
        }
        let own = stanza.source.as_ref().map(|source| AdjacentCargoLock {
            path: join_below(&source.path, join(&rust.cargo_root, "Cargo.lock")),
            is_copied: false,
        });
        Ok((own, None))
    }

    /// Returns nixpkgs' `extraRegistries`: download addresses by registry.
    pub(super) fn extra_registries(
        self,
        rust: &RustProject,
    ) -> Result<BTreeMap<String, String>, Error> {
        let crates = rust.cargo_lock.iter().flat_map(|lock| &lock.crates);
        let registries: BTreeMap<_, _> = crates
            .filter_map(|krate| match &krate.source {
                CrateSource::Registry(registry) => Some((registry.id.clone(), registry)),
                _ => None,
            })
            .collect();
        let store = self.request.crates(self.session);
        let registries = registries.into_iter().map(|(id, registry)| {
            let id = id.strip_prefix("registry+").unwrap_or(&id).to_owned();
            Ok((id, nix_download_url(&store, registry)?))
        });
        registries.collect()
    }
}

/// Returns a finished stanza. `system` is the whole build system; the stanza of
/// a local project has only a part of it.
fn finished(
    loaded: &Loaded,
    rust: Option<&RustProject>,
    stanza: Stanza,
    system: &BuildSystem,
    warnings: Vec<Warning>,
) -> FinishedStanza {
    let identity = &loaded.project.identity;
    let version = identity.version.clone();
    FinishedStanza {
        package: SnippetPackage {
            name: identity.name.to_string(),
            version: version.filter(|version| is_version(version)),
            cargo_roots: rust
                .iter()
                .map(|rust| rust.cargo_root.to_string())
                .collect(),
            dropped: Vec::new(),
        },
        stanza: stanza.into(),
        facts: None,
        crates: 0,
        build_system: system.keys().map(ToString::to_string).collect(),
        locks: Vec::new(),
        warnings,
        recipe: String::new(),
        digests: Digests {
            build: of_build_system(system),
            up: loaded
                .above
                .as_ref()
                .map_or(0, |way| way.components().count()),
            ..Digests::default()
        },
    }
}

/// Adds the inputs and variables in the options.
fn add_extra(options: &Options, stanza: &mut Stanza, uses_maturin: bool) {
    let mut rows = ExtraRows::new(&options.extra, &stanza.platforms);
    if options.stanza.toolchain.chosen().is_some() && uses_maturin {
        // Otherwise maturin may not find the toolchain and download one.
        rows.set_default("MATURIN_NO_INSTALL_RUST", "1", &stanza.platforms);
    }
    stanza.build_inputs.extend(rows.build_inputs);
    stanza.native_build_inputs.extend(rows.native_build_inputs);
    stanza.env.extend(rows.env);
}

/// Returns the build system without the packages that uv2nix adds.
fn without(system: &BuildSystem, given: &BTreeMap<PythonName, BTreeSet<String>>) -> BuildSystem {
    let is_given = |name: &PythonName, on: &BTreeMap<Platform, BTreeSet<String>>| {
        let given = given.get(name);
        given.is_some_and(|given| on.values().all(|extras| extras.is_subset(given)))
    };
    let system = system.iter();
    system
        .filter(|(name, on)| !is_given(name, on))
        .map(|(name, on)| (name.clone(), on.clone()))
        .collect()
}

/// Returns the version to which the stanza is restricted: on platforms that don't
/// have the lock's package, the set may have one of pyproject-build-systems.
fn guarded_version(loaded: &Loaded) -> Option<String> {
    let identity = &loaded.project.identity;
    let is_brought = BuildSystemTable::built_in().has(&identity.name);
    let version = identity.version.as_ref().filter(|_| is_brought);
    version.filter(|version| is_version(version)).cloned()
}

/// Drops the extras that the package set doesn't have. They don't evaluate.
fn keep_known_extras(system: &mut BuildSystem, sets: &PackageSets) {
    for (name, on) in system {
        for (platform, extras) in on {
            let found = sets.get(platform).and_then(|set| set.get(name));
            extras.retain(|extra| found.is_none_or(|found| found.extras.contains_key(extra)));
        }
    }
}

fn uses_maturin(system: &BuildSystem) -> bool {
    system.contains_key(&PythonName::new("maturin"))
}
