//! The build requirements of a package that is built from source.

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;

use super::load::{Loaded, Request};
use crate::build_system::BuildSystem;
use crate::error::Error;
use crate::project::{ProjectError, PythonName, RustProject, relative_path};
use crate::python_build::{
    BuildFacts, BuildSystemTable, Consequence, JudgeRequest, Likelihood, LocalRequirements,
    MaturinSource, Mend, Need, PackageSet, PackageSets, ResolveRequest, Resolved, judge,
    maturin_metadata, resolve,
};
use crate::python_lock::{Environment, Libc};
use crate::python_native::{Package, PythonNative, Source, UnknownKind, detect};
use crate::warning::Warning;

/// The first version of setuptools that contains `bdist_wheel`.
const OWN_WHEEL_COMMAND: [u64; 2] = [70, 1];

/// The build of a package.
pub(super) struct SourceBuild {
    /// The build system, including what uv2nix adds.
    pub system: BuildSystem,
    /// Facts that were read from the source.
    pub facts: BuildFacts,
    /// The native inputs of its C code.
    pub native: PythonNative,
    /// Commands for `postPatch`.
    pub patches: Vec<String>,
    pub warnings: Vec<Warning>,
}

impl SourceBuild {
    /// Reads the build of a source.
    ///
    /// # Errors
    /// Fails if the package set lacks a package that the build needs.
    pub(super) fn read(loaded: &Loaded, request: &Request) -> Result<Self, Error> {
        let project = &loaded.project;
        let name = &project.identity.name;
        let facts = build_facts(loaded)?;
        let own_sets;
        let sets = if let Some(sets) = request.locked.sets.as_deref() {
            sets
        } else {
            own_sets = sets_without_lock(loaded);
            &own_sets
        };
        let mut resolved = resolve(ResolveRequest {
            name,
            requirements: &facts.requirements,
            sets,
            settings: None,
        });
        let mut warnings = Vec::new();
        let mut native = python_native(loaded, &facts, &resolved.system);
        let mut missing = missing_names(&resolved);
        missing.retain(|name| !native.add_stand_in(name, &loaded.target));
        if request.locked.sets.is_some() {
            require_none(loaded, &missing)?;
        } else {
            for missing in missing {
                let on = sets.keys().map(|platform| (*platform, BTreeSet::new()));
                resolved.system.insert(missing.clone(), on.collect());
                warnings.push(Warning::UnknownBuildSystem {
                    name: missing.to_string(),
                    is_beside_lock: false,
                });
            }
        }
        let version = project.identity.version.as_deref();
        let version: Option<Version> = version.and_then(|version| version.parse().ok());
        let consequences = judge(JudgeRequest {
            name,
            version: version.as_ref(),
            facts: &facts,
            resolved: &resolved,
            sets,
        });
        drop_wheel(&mut resolved.system, &facts, sets);
        let (patches, told) = mends(consequences);
        warnings.extend(told);
        if !facts.can_complete_project() {
            let lacking = facts.lacking.clone();
            warnings.push(Warning::IncompleteProject { lacking });
        }
        Ok(Self {
            system: resolved.system,
            facts,
            native,
            patches,
            warnings,
        })
    }
}

/// Reads the facts about a project's build.
///
/// # Errors
/// Fails if a file can't be read.
pub(super) fn build_facts(loaded: &Loaded) -> Result<BuildFacts, ProjectError> {
    let project = &loaded.project;
    let name = &project.identity.name;
    let python_minor = loaded.target.python_minor;
    BuildFacts::read(&loaded.files, &project.python_root, name, python_minor)
}

/// Returns the native inputs of C code in a package with Rust. Only setuptools
/// builds both.
pub(super) fn beside_rust(
    loaded: &Loaded,
    facts: &BuildFacts,
    system: &BuildSystem,
) -> PythonNative {
    if facts.runs_setup_py {
        python_native(loaded, facts, system)
    } else {
        PythonNative::default()
    }
}

/// Returns the native inputs of a package's extension modules in C, whether it
/// has Rust or not.
///
/// # Errors
/// Fails if a file can't be read.
pub(super) fn extension_native(
    loaded: &Loaded,
    has_rust: bool,
    system: &BuildSystem,
) -> Result<PythonNative, ProjectError> {
    let facts = build_facts(loaded)?;
    if has_rust {
        Ok(beside_rust(loaded, &facts, system))
    } else {
        Ok(python_native(loaded, &facts, system))
    }
}

/// Resolves the build requirements of a local project, which uv2nix passes to
/// `resolveBuildSystem` itself.
///
/// # Errors
/// Fails if the project is in a lock and the package set lacks one of them.
pub(super) fn local_requirements(
    loaded: &Loaded,
    request: &Request,
) -> Result<LocalRequirements, ProjectError> {
    let requires = &loaded.project.pyproject.requires;
    let Some(sets) = request.locked.sets.as_deref() else {
        return Ok(LocalRequirements::resolve(
            requires,
            &sets_without_lock(loaded),
        ));
    };
    let resolved = LocalRequirements::resolve(requires, sets);
    let missing: Vec<_> = resolved.missing.iter().cloned().collect();
    require_none(loaded, &missing)?;
    Ok(resolved)
}

/// Returns the build requirements of a local project that have an extra which
/// the package set lacks, with their other extras.
///
/// # Errors
/// Fails if the project is in a lock and the package set lacks one of the
/// requirements.
pub(super) fn unknown_extras(
    loaded: &Loaded,
    request: &Request,
) -> Result<BuildSystem, ProjectError> {
    let mut requires = loaded.project.pyproject.requires.iter();
    // Without a lock, the package set has to be put together for it.
    if request.locked.sets.is_none() && !requires.any(|text| text.contains('[')) {
        return Ok(BuildSystem::new());
    }
    Ok(local_requirements(loaded, request)?.without_extras)
}

fn python_native(loaded: &Loaded, facts: &BuildFacts, system: &BuildSystem) -> PythonNative {
    let identity = &loaded.project.identity;
    let version = identity.version.as_deref();
    let version: Option<Version> = version.and_then(|version| version.parse().ok());
    let source = Source {
        files: &loaded.files,
        python_root: &loaded.project.python_root,
        facts,
        system,
    };
    let package = Package {
        name: &identity.name,
        version: version.as_ref(),
    };
    detect(&source, &package, &loaded.target)
}

/// Returns warnings for requests without a known attribute.
pub(super) fn native_warnings(loaded: &Loaded, native: &PythonNative) -> Vec<Warning> {
    let package = loaded.project.identity.name.to_string();
    let unknown = native.unknown.iter().map(|unknown| {
        let (package, what) = (package.clone(), unknown.to_string());
        match unknown.kind {
            UnknownKind::Unknown => Warning::UnknownLibrary { package, what },
            UnknownKind::Unread => Warning::UnreadLibraries { package, what },
            UnknownKind::Header => Warning::MissingHeader { package, what },
            UnknownKind::Download => Warning::BuildDownloads { package, what },
        }
    });
    unknown.collect()
}

/// Returns patches that move settings which maturin no longer reads from
/// `Cargo.toml` to `pyproject.toml`, and warnings for those that can't be moved.
pub(super) fn maturin_mends(
    loaded: &Loaded,
    rust: &RustProject,
) -> Result<(Vec<String>, Vec<Warning>), Error> {
    let project = &loaded.project;
    let Some(module) = rust.modules.first() else {
        return Ok((Vec::new(), Vec::new()));
    };
    let manifest = &module.build.manifest;
    let consequence = maturin_metadata(MaturinSource {
        name: &project.identity.name,
        pyproject: &project.pyproject,
        manifest_path: relative_path(manifest, &project.python_root).as_str(),
        manifest: loaded.files.text(manifest)?.unwrap_or_default(),
    });
    Ok(mends(consequence.into_iter().collect()))
}

/// Returns package sets with only the packages of pyproject-build-systems.
fn sets_without_lock(loaded: &Loaded) -> PackageSets {
    let platforms = loaded.target.platforms.iter();
    let environments = platforms.map(|&platform| Environment {
        platform,
        libc: Libc::default(),
        python_minor: loaded.target.python_minor,
        is_free_threaded: false,
    });
    let environments: Vec<_> = environments.collect();
    PackageSet::of_all(BuildSystemTable::built_in(), None, &environments)
}

fn missing_names(resolved: &Resolved) -> Vec<PythonName> {
    let missing = resolved.missing.iter();
    let required = missing.filter(|missing| missing.need == Need::Required);
    required.map(|missing| missing.name.clone()).collect()
}

fn require_none(loaded: &Loaded, missing: &[PythonName]) -> Result<(), ProjectError> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(ProjectError::MissingBuildSystem {
        place: loaded.files.origin().to_owned(),
        missing: missing.iter().map(ToString::to_string).collect(),
    })
}

/// Removes `wheel` if setuptools builds wheels without it.
fn drop_wheel(system: &mut BuildSystem, facts: &BuildFacts, sets: &PackageSets) {
    let setuptools = PythonName::new("setuptools");
    let has_command = sets.values().all(|set| {
        let version = set
            .get(&setuptools)
            .and_then(|found| found.version.as_ref());
        version.is_some_and(|version| *version >= Version::new(OWN_WHEEL_COMMAND))
    });
    let imports = facts.imports.iter().chain(&facts.optional);
    let mut imports = imports.chain(&facts.doubtful);
    let is_imported =
        imports.any(|import| import.module == "wheel" || import.module.starts_with("wheel."));
    if facts.runs_setup_py && has_command && !is_imported && system.contains_key(&setuptools) {
        system.remove(&PythonName::new("wheel"));
    }
}

/// Splits consequences into patches of the source and warnings.
fn mends(consequences: Vec<Consequence>) -> (Vec<String>, Vec<Warning>) {
    let mut patches = Vec::new();
    let mut warnings: BTreeMap<String, Warning> = BTreeMap::new();
    for consequence in consequences {
        let help = match consequence.mend {
            Some(Mend::PostPatch(lines)) => {
                for line in lines {
                    if !patches.contains(&line) {
                        patches.push(line);
                    }
                }
                continue;
            }
            Some(Mend::Pin(requirement)) => {
                format!("lock another version: `uv add --dev '{requirement}'`")
            }
            Some(Mend::Manual(what)) => what,
            None => format!("see {}", consequence.evidence),
        };
        if consequence.likelihood < Likelihood::Likely {
            continue;
        }
        let version = consequence.version.map(|version| format!(" {version}"));
        let warning = Warning::TooNewBuildSystem {
            system: format!("{}{}", consequence.system, version.unwrap_or_default()),
            symptom: consequence.symptom.clone(),
            help,
        };
        warnings.entry(consequence.symptom).or_insert(warning);
    }
    (patches, warnings.into_values().collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::nix::Form;
    use crate::ops::fixtures::Folder;
    use crate::ops::nix_snippet::nix_snippet;
    use crate::options::Options;
    use crate::project::PythonName;

    const SETUP: &str = "from setuptools import setup\nsetup(name='a', version='1')\n";

    /// Writes an unpacked sdist.
    fn sdist(files: &[(&str, &str)]) -> Folder {
        let folder = Folder::new();
        let metadata = "Metadata-Version: 2.1\nName: a\nVersion: 1\n";
        folder.write("a-1/PKG-INFO", metadata);
        for (name, text) in files {
            folder.write(&format!("a-1/{name}"), text);
        }
        folder
    }

    fn request(folder: &Folder) -> Request {
        let mut options = Options::default();
        options.input.path = Some(folder.path("a-1"));
        Request::new(&options)
    }

    /// The stanza of an unpacked sdist.
    fn stanza(files: &[(&str, &str)]) -> String {
        let folder = sdist(files);
        let requests = [request(&folder)];
        let snippet = nix_snippet(&requests, Vec::new(), Form::Stanza, &folder.session());
        snippet.unwrap().written.nix
    }

    fn build_system(files: &[(&str, &str)]) -> String {
        let text = stanza(files);
        let (_, system) = text.split_once("resolveBuildSystem ").unwrap();
        let (system, _) = system.split_once(";\n").unwrap();
        system.to_owned()
    }

    #[test]
    fn a_setup_script_alone_is_built_by_setuptools() {
        assert_eq!(
            stanza(&[("setup.py", SETUP)]),
            "a = if !prev ? a then null else prev.a.overrideAttrs (old: {\n  \
             ${if old.passthru.format or null != \"wheel\" then \"nativeBuildInputs\" else null} =\n    \
             old.nativeBuildInputs ++ final.resolveBuildSystem { setuptools = [ ]; };\n\
             });\n"
        );
    }

    #[test]
    fn wheel_is_left_out_unless_the_script_imports_it() {
        let table = "[build-system]\nrequires = ['setuptools', 'wheel']\n";
        let files = [("pyproject.toml", table), ("setup.py", SETUP)];
        assert_eq!(build_system(&files), "{ setuptools = [ ]; }");
        let importing = format!("import wheel\n{SETUP}");
        let files = [("pyproject.toml", table), ("setup.py", importing.as_str())];
        assert_eq!(build_system(&files), "{ }");
    }

    #[test]
    fn extras_that_the_set_does_not_have_are_left_out() {
        let table = "[build-system]\nrequires = ['setuptools', 'setuptools-scm[toml]']\n\
                     build-backend = 'setuptools.build_meta'\n";
        let files = [("pyproject.toml", table)];
        assert_eq!(
            build_system(&files),
            "{ setuptools = [ ]; setuptools-scm = [ ]; }"
        );
    }

    #[test]
    fn a_project_table_is_completed_or_reported() {
        let table = "[build-system]\nrequires = ['setuptools']\n\
                     build-backend = 'setuptools.build_meta'\n[project]\nname = 'a'\n";
        let read = |files: &[(&str, &str)]| {
            let folder = sdist(files);
            let request = request(&folder);
            let loaded = Loaded::read(&request, &folder.session()).unwrap();
            let build = SourceBuild::read(&loaded, &request).unwrap();
            (build.patches.len(), build.warnings)
        };
        let lacking = vec!["project.version".to_owned()];
        let reported = vec![Warning::IncompleteProject { lacking }];
        assert_eq!(read(&[("pyproject.toml", table)]), (0, reported));
        let files = [("pyproject.toml", table), ("setup.py", SETUP)];
        assert_eq!(read(&files), (1, Vec::new()));
    }

    #[test]
    fn a_backend_of_its_own_needs_no_stanza() {
        let table = "[project]\nname = 'a'\nversion = '1'\n[build-system]\nrequires = []\n\
                     build-backend = 'own'\nbackend-path = ['.']\n";
        let folder = sdist(&[("pyproject.toml", table), ("own.py", "")]);
        let requests = [request(&folder)];
        let snippet = nix_snippet(&requests, Vec::new(), Form::Stanza, &folder.session());
        let error = snippet.unwrap_err();
        assert!(
            matches!(error, Error::Project(ProjectError::NoRust { .. })),
            "{error}"
        );
    }

    /// What `nix-snippet` makes of a local project, with or without a lock that
    /// has it.
    fn local(files: &[(&str, &str)], is_locked: bool) -> Result<String, Error> {
        let folder = Folder::new();
        for (name, text) in files {
            folder.write(&format!("app/{name}"), text);
        }
        if is_locked {
            let lock = "version = 1\nrequires-python = \">=3.11\"\n[[package]]\nname = \"app\"\n\
                        version = \"1.0\"\nsource = { editable = \".\" }\n";
            folder.write("app/uv.lock", lock);
        }
        let mut options = Options::default();
        options.input.path = Some(folder.path("app"));
        let requests = [Request::new(&options)];
        let snippet = nix_snippet(&requests, Vec::new(), Form::Stanza, &folder.session())?;
        Ok(snippet.written.nix)
    }

    fn local_requiring(requires: &str, is_locked: bool) -> Result<String, Error> {
        let table = format!(
            "[project]\nname = 'app'\nversion = '1.0'\n\
             [build-system]\nrequires = [{requires}]\nbuild-backend = 'setuptools.build_meta'\n"
        );
        local(&[("pyproject.toml", &table)], is_locked)
    }

    #[test]
    fn a_local_project_that_evaluates_needs_no_stanza() {
        for is_locked in [true, false] {
            let error = local_requiring("'setuptools', 'setuptools-scm[rich]'", is_locked);
            assert!(
                matches!(error, Err(Error::Project(ProjectError::NoRust { .. }))),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_local_project_with_an_unknown_extra_gets_another_resolver() {
        for is_locked in [true, false] {
            let text = local_requiring("'setuptools', 'setuptools_scm[toml]'", is_locked).unwrap();
            assert!(text.contains("prev.app.override {"), "{text}");
            assert!(text.contains("setuptools-scm = [ ];"), "{text}");
            assert!(!text.contains("old.nativeBuildInputs"), "{text}");
        }
    }

    #[test]
    fn a_local_project_of_a_lock_must_have_its_build_system_in_the_set() {
        let error = local_requiring("'setuptools', 'acme-backend'", true);
        let Err(Error::Project(ProjectError::MissingBuildSystem { missing, .. })) = error else {
            panic!("{error:?}");
        };
        assert_eq!(missing, ["acme-backend"]);
    }

    #[test]
    fn a_local_project_in_c_gets_its_libraries() {
        let setup = "from setuptools import Extension, setup\n\
                     setup(name='app', version='1', ext_modules=[\n    \
                     Extension('app', ['app.c'], libraries=['z'])])\n";
        let text = local(&[("setup.py", setup), ("app.c", "")], false).unwrap();
        assert!(text.contains("pkgs.zlib"), "{text}");
        assert!(!text.contains("resolveBuildSystem"), "{text}");
    }

    #[test]
    fn packages_without_rust_are_left_out_by_an_option() {
        let folder = sdist(&[("setup.py", SETUP)]);
        let mut request = request(&folder);
        request.options.environment.rust_only = Some(true);
        let snippet = nix_snippet(&[request], Vec::new(), Form::Stanza, &folder.session());
        assert!(snippet.is_err());
    }

    #[test]
    fn a_package_that_the_set_lacks_is_an_error_with_its_name() {
        let table = "[build-system]\nrequires = ['setuptools', 'frobnicate']\n\
                     build-backend = 'setuptools.build_meta'\n";
        let folder = sdist(&[("pyproject.toml", table)]);
        let mut request = request(&folder);
        let loaded = Loaded::read(&request, &folder.session()).unwrap();
        request.locked.sets = Some(Arc::new(sets_without_lock(&loaded)));
        let error = SourceBuild::read(&loaded, &request).err().unwrap();
        let text = error.to_string();
        let end = "` requires `frobnicate`, which the package set doesn't have";
        assert!(text.ends_with(end), "{text}");
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.ends_with("`uv add --dev frobnicate`"), "{help}");
    }

    #[test]
    fn a_program_of_nixpkgs_serves_for_a_requirement_that_the_set_lacks() {
        let table = "[build-system]\nrequires = ['setuptools', 'swig']\n\
                     build-backend = 'setuptools.build_meta'\n";
        let text = stanza(&[("pyproject.toml", table)]);
        assert!(!text.contains("swig = [ ]"), "{text}");
        let line = "pkgs.swig # instead of the build requirement `swig`\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn what_a_newer_build_system_breaks_is_mended_or_told() {
        let consequence = |likelihood, mend| Consequence {
            system: PythonName::new("setuptools"),
            version: Some(Version::new([80])),
            symptom: "`use_2to3` is gone".to_owned(),
            likelihood,
            place: None,
            mend,
            evidence: "the changelog".to_owned(),
        };
        let patch = Mend::PostPatch(vec!["sed".to_owned()]);
        let (patches, told) = mends(vec![consequence(Likelihood::Certain, Some(patch))]);
        assert_eq!((patches, told.len()), (vec!["sed".to_owned()], 0));
        let pin = Mend::Pin("setuptools<58".to_owned());
        let (_, told) = mends(vec![consequence(Likelihood::Certain, Some(pin))]);
        assert_eq!(
            told[0].to_string(),
            "the package set has setuptools 80: `use_2to3` is gone"
        );
        let help = miette::Diagnostic::help(&told[0]).unwrap().to_string();
        assert!(help.contains("uv add --dev 'setuptools<58'"), "{help}");
        let (_, told) = mends(vec![consequence(Likelihood::Possible, None)]);
        assert_eq!(told, []);
    }
}
