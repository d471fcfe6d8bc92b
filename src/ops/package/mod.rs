//! `nix-snippet --style nixpkgs`: a file in the style of nixpkgs' packages.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::facts::{Facts, vendor_warnings};
use super::finished::{Snippet, SnippetPackage, Written};
use super::hash::{lock_cargo_hash, lock_output_hashes};
use super::load::{Loaded, Request, require_fitting, require_lock};
use super::stanza::Making;
use super::stanza_inputs::{ExtraRows, attributes, variables};
use crate::build_system::{self, BuildSystem, Requirements};
use crate::error::Error;
use crate::io::links::linked_file;
use crate::io::paths::{parent_folder, path_from};
use crate::io::write::write_file;
use crate::io::{IoError, Session};
use crate::nix::PackageTable;
use crate::nix::package::{BuildFolders, CargoDeps, Package, PackageSource};
use crate::project::{Metadata, PythonName, RustProject, join, relative_path, visible};
use crate::python_index::ReleasePlace;
use crate::warning::Warning;

mod meta;

use meta::{imports, meta};

/// The file that a package is written to.
#[derive(Debug, Clone)]
pub struct PackageFile {
    /// The path of the file.
    pub path: Utf8PathBuf,
    /// Whether an existing file may be overwritten.
    pub overwrite: bool,
}

impl PackageFile {
    /// Follows links to the file that is really written.
    fn real(&self) -> Result<Self, IoError> {
        Ok(Self {
            path: linked_file(&self.path)?,
            overwrite: self.overwrite,
        })
    }
}

/// Generates the file of a package, and writes it if a file is named.
///
/// # Errors
/// Fails without Rust or a lock, or if something can't be read or written.
pub fn nixpkgs_package(
    mut request: Request,
    file: Option<&PackageFile>,
    session: &Session,
) -> Result<Snippet, Error> {
    let file = file.map(PackageFile::real).transpose()?;
    let file = file.as_ref();
    let folder = file.map_or(Utf8Path::new("."), |to| parent_folder(&to.path));
    request.lock_folder = file.map(|_| folder.to_owned());
    let loaded = Loaded::read(&request, session)?;
    let rust = loaded.rust(&request)?;
    let lock = require_lock(&loaded, rust, &request, session)?;
    lock.registry_crates()?;
    require_fitting(&loaded, rust, &request, session)?;
    let facts = Facts::gather(&loaded, Some(rust), &request, session)?;
    let making = Making {
        folder,
        request: &request,
        session,
    };
    let maker = Maker {
        loaded: &loaded,
        rust,
        making,
    };
    let (package, warnings) = maker.package(&facts)?;
    let mut snippet = Snippet {
        packages: vec![SnippetPackage {
            name: package.name.to_string(),
            version: loaded.project.identity.version.clone(),
            cargo_roots: vec![rust.cargo_root.to_string()],
            dropped: Vec::new(),
        }],
        written: Written {
            nix: package.print(),
            ..Written::default()
        },
        ..Snippet::default()
    };
    // nixpkgs has other build systems than pyproject.nix's package set.
    let others = facts.warnings.into_iter();
    snippet.warn(others.filter(|warning| !matches!(warning, Warning::UnknownBuildSystem { .. })));
    snippet.warn(warnings);
    if loaded.other_lock.is_none() {
        snippet.warn(vendor_warnings(lock));
    }
    if let Some(to) = file {
        if let (Some(path), Some(bytes)) = (&loaded.kept_lock, &loaded.other_lock) {
            // A file at this path is known to be a lock of this project.
            write(&mut snippet, path, true, bytes)?;
        }
        let text = snippet.written.nix.clone();
        write(&mut snippet, &to.path, to.overwrite, text.as_bytes())?;
    }
    Ok(snippet)
}

fn write(
    snippet: &mut Snippet,
    path: &Utf8Path,
    overwrite: bool,
    bytes: &[u8],
) -> Result<(), Error> {
    if write_file(path, bytes, overwrite)? {
        snippet.written.changed.push(path.to_string());
    }
    snippet.written.files.push(path.to_string());
    Ok(())
}

/// The input from which a package is generated.
#[derive(Clone, Copy)]
struct Maker<'a> {
    loaded: &'a Loaded,
    rust: &'a RustProject,
    making: Making<'a>,
}

impl Maker<'_> {
    fn package(self, facts: &Facts) -> Result<(Package, Vec<Warning>), Error> {
        let (files, project) = (&self.loaded.files, &self.loaded.project);
        let identity = &project.identity;
        let version = identity.version.as_deref();
        visible(files, "the name", identity.name.as_str())?;
        visible(files, "the Cargo root", self.rust.cargo_root.as_str())?;
        visible(files, "the version", version.unwrap_or_default())?;
        let metadata = Metadata::read(files, project)?;
        let (dependencies, extras, mut warnings) = self.requirements(&metadata);
        let is_maturin = project.pyproject.is_maturin();
        let mut build_system = facts.requirements.system.clone();
        if is_maturin {
            // `maturinBuildHook` adds it.
            build_system.remove(&PythonName::new("maturin"));
        }
        if version.is_none() {
            warnings.push(incomplete("only the build backend knows the version"));
        }
        let native = &facts.native.inputs;
        let mut package = Package {
            name: identity.name.clone(),
            version: version.unwrap_or("0.0.0").to_owned(),
            source: self.source()?,
            cargo_deps: self.cargo_deps()?,
            folders: self.folders(is_maturin),
            is_maturin,
            platforms: self.loaded.target.platforms.clone(),
            build_system,
            native_build_inputs: attributes(&native.native_build_inputs),
            build_inputs: attributes(&native.build_inputs),
            env: variables(&native.env),
            dependencies,
            extras,
            imports: imports(self),
            meta: meta(self, &metadata),
        };
        self.add_extra(&mut package);
        warnings.extend(name_warnings(&package));
        Ok((package, warnings))
    }

    /// Adds the inputs and variables that the user's options name.
    fn add_extra(self, package: &mut Package) {
        let extra = &self.making.request.options.extra;
        let rows = ExtraRows::new(extra, &package.platforms);
        package.build_inputs.extend(rows.build_inputs);
        package.native_build_inputs.extend(rows.native_build_inputs);
        package.env.extend(rows.env);
    }

    /// Returns the address that the user named in the place of a release.
    fn address(self) -> Option<String> {
        let release = self.making.request.options.input.sdist.as_ref()?;
        match release.place {
            ReleasePlace::Address(_) => Some(release.shown()),
            ReleasePlace::Index { .. } => None,
        }
    }

    /// Returns the address of an sdist, what `fetchPypi` needs for it, or the path
    /// of a folder.
    fn source(self) -> Result<PackageSource, Error> {
        let files = &self.loaded.files;
        let path = &self.making.request.path;
        let Some(archive) = self.loaded.source.archive() else {
            return Ok(PackageSource::Folder {
                path: path_from(self.making.folder, files.origin().into())?,
                is_named: self.folders(self.is_maturin()).source_root != ".",
            });
        };
        if let Some(url) = self.address() {
            let hash = archive.hash()?.to_sri();
            return Ok(PackageSource::Address { url, hash });
        }
        let identity = &self.loaded.project.identity;
        let file = path.file_name().unwrap_or_default();
        let (stem, extension) = match file.strip_suffix(".zip") {
            Some(stem) => (stem, Some("zip")),
            None => (file.strip_suffix(".tar.gz").unwrap_or(file), None),
        };
        // By PEP 625 the name has no dash, so the last one separates both.
        let parts = stem.rsplit_once('-');
        let parts = parts.filter(|(name, _)| PythonName::new(name) == identity.name);
        let version = parts.map(|(_, version)| version);
        let differs = |version: &&str| identity.version.as_deref() != Some(*version);
        Ok(PackageSource::Sdist {
            name: parts.map_or_else(|| identity.name.import_name(), |(name, _)| name.to_owned()),
            version: version.filter(differs).map(str::to_owned),
            extension,
            hash: archive.hash()?.to_sri(),
        })
    }

    fn is_maturin(self) -> bool {
        self.loaded.project.pyproject.is_maturin()
    }

    fn folders(self, is_maturin: bool) -> BuildFolders {
        let python_root = &self.loaded.project.python_root;
        let cargo_root = &self.rust.cargo_root;
        if is_maturin {
            // maturin's hook changes to the folder itself.
            return BuildFolders {
                source_root: ".".into(),
                subdirectory: python_root.clone(),
                cargo_root: cargo_root.clone(),
            };
        }
        BuildFolders {
            source_root: python_root.clone(),
            subdirectory: ".".into(),
            cargo_root: relative_path(cargo_root, python_root),
        }
    }

    fn cargo_deps(self) -> Result<CargoDeps, Error> {
        let files = &self.loaded.files;
        let lock = self.rust.require_cargo_lock(files)?;
        if self.loaded.other_lock.is_none() {
            let store = self.making.request.crates(self.making.session);
            let hash = lock_cargo_hash(lock, &store, self.making.session)?;
            let hash = hash.to_sri();
            return Ok(CargoDeps::Fetched { hash });
        }
        let (request, session) = (self.making.request, self.making.session);
        let path = match (&self.loaded.kept_lock, request.options.cargo_lock()) {
            (Some(kept), _) => kept.file_name().map(Utf8PathBuf::from),
            (None, Some(named)) => Some(path_from(self.making.folder, named)?),
            (None, None) => None,
        };
        Ok(CargoDeps::Lock {
            path: path.unwrap_or_default(),
            output_hashes: lock_output_hashes(lock, &request.known_hashes, session)?,
            extra_registries: self.making.extra_registries(self.rust)?,
            replaces: self.loaded.replaces_lock,
        })
    }

    /// Returns the run-time requirements of the package and its extras, and
    /// warnings about them.
    fn requirements(
        self,
        metadata: &Metadata,
    ) -> (BuildSystem, BTreeMap<String, BuildSystem>, Vec<Warning>) {
        let mut warnings = Vec::new();
        if metadata.dependencies.is_none() {
            let message = "only the build backend knows the dependencies";
            warnings.push(incomplete(message));
        }
        let project = &self.loaded.project;
        let place = join(&project.python_root, "pyproject.toml");
        let request = build_system::RequiringPackage {
            name: &project.identity.name,
            extras: &metadata.extras,
            target: &self.loaded.target,
            place: place.as_str(),
        };
        let mut read = |texts: &[String]| {
            let mut sound = Vec::new();
            for text in texts {
                match Requirements::read([text], request) {
                    Ok(_) => sound.push(text),
                    Err(_) => warnings.push(incomplete(&format!(
                        "`{}` is not a valid PEP 508 requirement",
                        text.escape_debug()
                    ))),
                }
            }
            Requirements::read(sound, request)
                .unwrap_or_default()
                .system
        };
        let dependencies = read(metadata.dependencies.as_deref().unwrap_or_default());
        let table = PackageTable::built_in();
        let is_for_users = |name: &str| {
            let name = PythonName::new(name);
            !table.development_extras.contains(name.as_str())
        };
        let extras = metadata.extras.iter();
        let extras = extras.filter(|(name, _)| is_for_users(name));
        let extras = extras
            .map(|(name, texts)| (PythonName::new(name).to_string(), read(texts)))
            .filter(|(_, system)| !system.is_empty())
            .collect();
        (dependencies, extras, warnings)
    }
}

fn incomplete(message: &str) -> Warning {
    Warning::IncompletePackage {
        what: message.to_owned(),
        is_note: false,
    }
}

/// Warns about names in the file that may be wrong.
fn name_warnings(package: &Package) -> Vec<Warning> {
    let mut warnings: Vec<_> = package
        .unnameable()
        .map(|name| {
            let name = name.as_str().escape_debug();
            incomplete(&format!(
                "`{name}` is not a valid argument name, and is left out"
            ))
        })
        .collect();
    let table = PackageTable::built_in();
    let inputs = package
        .build_inputs
        .keys()
        .chain(package.native_build_inputs.keys());
    let shadowed: Vec<_> = inputs
        .filter(|name| table.python_names.contains(*name))
        .map(|name| format!("`{name}`"))
        .collect();
    if !shadowed.is_empty() {
        let what = format!(
            "nixpkgs' Python package set has other packages with the name {}: pass those of nixpkgs, as in `callPackage FILE {{ inherit (pkgs) NAME; }}`",
            shadowed.join(", ")
        );
        warnings.push(Warning::IncompletePackage {
            what,
            is_note: true,
        });
    }
    warnings
}
