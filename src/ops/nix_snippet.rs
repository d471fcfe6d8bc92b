//! `nix-snippet`: the stanza of an overlay.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::facts::Facts;
use super::hash::lock_output_hashes;
use super::load::{Loaded, Request, require_fitting};
use super::native::Asking;
use crate::error::Error;
use crate::io::Progress;
use crate::io::source::way_between;
use crate::io::write::write_file;
use crate::native::{EnvValue, NativeInput, NativeVariable};
use crate::nix::{Form, LockFile, Source, Stanza};
use crate::project::{ProjectError, RustProject, SourceFiles, join, way};
use crate::target::Platform;
use crate::warning::Warning;

/// What `cargo pyhack nix-snippet --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Snippet {
    /// The package, normalised by PEP 503: the attribute's name.
    pub name: String,
    /// Its version; null where only the build backend could tell.
    pub version: Option<String>,
    /// The folder of the Cargo workspace that it builds, relative to the
    /// source root. More than one, each with a stanza, where there are several
    /// and stanzas alone are asked for.
    pub cargo_roots: Vec<String>,
    /// The Nix text.
    pub nix: String,
    /// The files that hold it, where they were asked for.
    pub files: Vec<String>,
    /// Those of them that were changed.
    pub changed: Vec<String>,
    /// What will or may fail, and what to do.
    pub warnings: Vec<Warning>,
}

/// A file to write the text to.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The file.
    pub path: Utf8PathBuf,
    /// Whether it may be overwritten.
    pub overwrite: bool,
}

/// Makes the stanza for a project, and writes it to a file if one is named.
///
/// # Errors
/// Where there is no Rust or no lock, or something can't be read or written.
pub fn nix_snippet(
    mut request: Request,
    form: Form,
    destination: Option<&Destination>,
    progress: &dyn Progress,
) -> Result<Snippet, Error> {
    let folder = destination.map_or(Utf8Path::new("."), |to| folder_of(&to.path));
    if let (true, Some(_)) = (request.generate_lock, destination) {
        request.kept_lock = Some(joined(folder, Utf8Path::new(&lock_name(&request)?)));
    }
    let loaded = Loaded::read(&request)?;
    let (files, project) = (&loaded.files, &loaded.project);
    visible(files, "the name", project.identity.name.as_str())?;
    let has_other = loaded.other_lock.is_some();
    let kept = request.kept_lock.as_ref().filter(|_| has_other);
    let named = request.lock_file.as_ref().filter(|_| has_other);
    let lock_path = lock_path(folder, (kept, named))?;
    // Stanzas may stand one below the other, to choose from; an overlay can't
    // have two of one name.
    let is_choice = form == Form::Stanza && destination.is_none() && request.cargo_root.is_none();
    let roots: Vec<&RustProject> = match &project.rust[..] {
        several @ [_, _, ..] if is_choice => several.iter().collect(),
        _ => vec![loaded.rust(&request)?],
    };
    let mut snippet = Snippet {
        name: project.identity.name.to_string(),
        version: project.identity.version.clone(),
        cargo_roots: roots.iter().map(|r| r.cargo_root.to_string()).collect(),
        nix: String::new(),
        files: Vec::new(),
        changed: Vec::new(),
        warnings: Vec::new(),
    };
    let asking = Asking {
        request: &request,
        progress,
    };
    for rust in roots {
        let lock = rust.require_lock(files)?;
        lock.require_no_other_registries()?;
        require_fitting(files, rust)?;
        visible(files, "the Cargo root", rust.cargo_root.as_str())?;
        let output_hashes = lock_output_hashes(lock, asking)?;
        let facts = Facts::gather(&loaded, Some(rust), asking)?;
        let mut stanza = stanza(&loaded, rust, &facts, (folder, lock_path.as_deref()))?;
        stanza.output_hashes = output_hashes;
        if !snippet.nix.is_empty() {
            snippet.nix.push('\n');
        }
        snippet.nix.push_str(&stanza.print(form));
        for warning in facts.warnings {
            if !snippet.warnings.contains(&warning) {
                snippet.warnings.push(warning);
            }
        }
    }
    if let Some(to) = destination {
        if let (Some(path), Some(bytes)) = (kept, &loaded.other_lock) {
            // What lies there is a lock of this project's: it was asked.
            snippet.write(path, bytes, true)?;
        }
        let text = snippet.nix.clone();
        snippet.write(&to.path, text.as_bytes(), to.overwrite)?;
    }
    Ok(snippet)
}

impl Snippet {
    fn write(&mut self, path: &Utf8Path, bytes: &[u8], overwrite: bool) -> Result<(), Error> {
        if write_file(path, bytes, overwrite)? {
            self.changed.push(path.to_string());
        }
        self.files.push(path.to_string());
        Ok(())
    }
}

/// The way from the file's folder to the lock beside it, or to the one that
/// was named.
fn lock_path(
    folder: &Utf8Path,
    (kept, named): (Option<&Utf8PathBuf>, Option<&Utf8PathBuf>),
) -> Result<Option<Utf8PathBuf>, Error> {
    Ok(match (kept, named) {
        (Some(path), _) => path.file_name().map(Utf8PathBuf::from),
        (None, Some(path)) => {
            let way = way_between(folder, folder_of(path))?;
            let name = path.file_name().unwrap_or_default();
            Some(joined(&way, Utf8Path::new(name)))
        }
        (None, None) => None,
    })
}

fn folder_of(file: &Utf8Path) -> &Utf8Path {
    match file.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => Utf8Path::new("."),
    }
}

/// What the lock beside the file is called: by the package, and by the root
/// where there are several. A name that isn't one could lead anywhere.
fn lock_name(request: &Request) -> Result<String, Error> {
    let plain = Request {
        path: request.path.clone(),
        cargo_root: request.cargo_root.clone(),
        ..Request::default()
    };
    let loaded = Loaded::read(&plain)?;
    let project = &loaded.project;
    let name = &project.identity.name;
    if !name.is_valid() {
        return Err(ProjectError::ControlCharacter {
            place: loaded.files.origin().to_owned(),
            what: "the name",
            value: name.as_str().escape_debug().to_string(),
        }
        .into());
    }
    let root = loaded.rust(&plain)?.cargo_root.as_str();
    let is_plain = |c: char| c.is_ascii_alphanumeric();
    let words: Vec<_> = root
        .split(|c| !is_plain(c))
        .filter(|word| !word.is_empty())
        .collect();
    Ok(match (&project.rust[..], &words[..]) {
        ([_], _) | (_, []) => format!("{name}.lock"),
        (_, words) => format!("{name}-{}.lock", words.join("-")),
    })
}

/// Refuses what Nix has no escape for: printed, it could steer a terminal.
fn visible(files: &SourceFiles, what: &'static str, text: &str) -> Result<(), ProjectError> {
    let has_escape = |c: char| matches!(c, '\n' | '\r' | '\t');
    if text.chars().all(|c| !c.is_control() || has_escape(c)) {
        return Ok(());
    }
    Err(ProjectError::ControlCharacter {
        place: files.origin().to_owned(),
        what,
        value: text.escape_debug().to_string(),
    })
}

/// The stanza, for a file in `folder` with a lock at that path from it.
fn stanza(
    loaded: &Loaded,
    rust: &RustProject,
    facts: &Facts,
    (folder, lock_path): (&Utf8Path, Option<&Utf8Path>),
) -> Result<Stanza, Error> {
    let native = &facts.native.inputs;
    let uses_cmake = native.native_build_inputs.iter().any(|i| i.attr == "cmake");
    let python_root = &loaded.project.python_root;
    let source = loaded
        .above
        .as_ref()
        .map(|_| source(loaded, folder))
        .transpose()?;
    let own = source.as_ref().map(|source| LockFile {
        path: joined(&source.path, &join(&rust.cargo_root, "Cargo.lock")),
        is_copied: false,
    });
    let beside = lock_path.map(|path| LockFile {
        path: path.to_owned(),
        is_copied: true,
    });
    let lock_file = beside.or(own);
    Ok(Stanza {
        name: loaded.project.identity.name.clone(),
        cargo_root: way(&rust.cargo_root, python_root),
        lock_file,
        output_hashes: BTreeMap::new(),
        source,
        build_system: facts.requirements.system.clone(),
        platforms: loaded.target.platforms.clone(),
        build_inputs: attributes(&native.build_inputs),
        native_build_inputs: attributes(&native.native_build_inputs),
        env: variables(&native.env),
        dont_use_cmake_configure: uses_cmake,
    })
}

/// Attributes and the platforms that they are for.
fn attributes(inputs: &[NativeInput]) -> BTreeMap<String, BTreeSet<Platform>> {
    let mut found: BTreeMap<String, BTreeSet<Platform>> = BTreeMap::new();
    for input in inputs {
        let platforms = found.entry(input.attr.clone()).or_default();
        platforms.extend(&input.origin.platforms);
    }
    found
}

/// Variables, their values, and the platforms that they are for; the first
/// value where several are asked for.
fn variables(
    variables: &[NativeVariable],
) -> BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>> {
    let mut found: BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>> = BTreeMap::new();
    for variable in variables {
        let values = found.entry(variable.name.clone()).or_default();
        let taken: BTreeSet<Platform> = values
            .iter()
            .filter(|(value, _)| **value != variable.value)
            .flat_map(|(_, platforms)| platforms.iter().copied())
            .collect();
        let free: BTreeSet<_> = variable
            .origin
            .platforms
            .difference(&taken)
            .copied()
            .collect();
        if !free.is_empty() {
            values
                .entry(variable.value.clone())
                .or_default()
                .extend(free);
        }
    }
    found
}

/// What stands in for a source that holds less than cargo reads; its path is
/// relative to the folder of the overlay.
fn source(loaded: &Loaded, folder: &Utf8Path) -> Result<Source, Error> {
    Ok(Source {
        path: way_between(folder, loaded.files.origin().into())?,
        python_root: loaded.project.python_root.clone(),
    })
}

fn joined(folder: &Utf8Path, below: &Utf8Path) -> Utf8PathBuf {
    if folder == "." {
        below.to_owned()
    } else {
        folder.join(below)
    }
}
