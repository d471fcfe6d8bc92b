//! `nix-snippet`: the stanza of an overlay.

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::facts::Facts;
use super::load::{Loaded, Request, require_fitting};
use crate::error::Error;
use crate::io::source::path_from_here;
use crate::nix::{Form, LockFile, Source, Stanza};
use crate::project::{ProjectError, RustProject, SourceFiles, join};
use crate::warning::Warning;

/// What `cargo pyhack nix-snippet --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Snippet {
    /// The package, normalised by PEP 503: the attribute's name.
    pub name: String,
    /// Its version; null where only the build backend could tell.
    pub version: Option<String>,
    /// The Nix text.
    pub nix: String,
    /// What will or may fail, and what to do.
    pub warnings: Vec<Warning>,
}

/// Writes the stanza for a project.
///
/// # Errors
/// Where there is no Rust or no lock, or something can't be read.
pub fn nix_snippet(request: &Request, form: Form) -> Result<Snippet, Error> {
    let loaded = Loaded::read(request)?;
    let (files, project) = (&loaded.files, &loaded.project);
    let rust = loaded.rust(request)?;
    rust.require_lock(files)?.crates_io()?;
    require_fitting(files, rust)?;
    visible(files, "the name", project.identity.name.as_str())?;
    visible(files, "the Cargo root", rust.cargo_root.as_str())?;
    let facts = Facts::gather(&loaded, Some(rust))?;
    Ok(Snippet {
        name: project.identity.name.to_string(),
        version: project.identity.version.clone(),
        nix: stanza(&loaded, rust, &facts)?.print(form),
        warnings: facts.warnings,
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

fn stanza(loaded: &Loaded, rust: &RustProject, facts: &Facts) -> Result<Stanza, Error> {
    let attrs = |inputs: &[crate::native::NativeInput]| {
        inputs.iter().map(|input| input.attr.clone()).collect()
    };
    let native = &facts.native;
    let uses_cmake = native.native_build_inputs.iter().any(|i| i.attr == "cmake");
    let python_root = &loaded.project.python_root;
    let (source, lock_file) = match &loaded.above {
        None => (None, None),
        Some(_) => above(loaded, rust)?,
    };
    Ok(Stanza {
        name: loaded.project.identity.name.clone(),
        cargo_root: relative(&rust.cargo_root, python_root),
        lock_file,
        source,
        build_system: facts.requirements.system.clone(),
        platforms: loaded.target.platforms.clone(),
        build_inputs: attrs(&native.build_inputs),
        native_build_inputs: attrs(&native.native_build_inputs),
        env: native
            .env
            .iter()
            .map(|(name, variable)| (name.clone(), variable.value.clone()))
            .collect(),
        dont_use_cmake_configure: uses_cmake
            && loaded.files.has(&join(python_root, "CMakeLists.txt")),
    })
}

/// What stands in for a source that holds less than cargo reads. Its paths
/// are relative to the folder that the command is run in, where the printed
/// text is kept.
fn above(loaded: &Loaded, rust: &RustProject) -> Result<(Option<Source>, Option<LockFile>), Error> {
    let path = path_from_here(loaded.files.origin().into())?;
    let lock = LockFile {
        path: joined(&path, &join(&rust.cargo_root, "Cargo.lock")),
        is_copied: false,
    };
    let source = Source {
        path,
        python_root: loaded.project.python_root.clone(),
    };
    Ok((Some(source), Some(lock)))
}

fn joined(folder: &Utf8Path, below: &Utf8Path) -> Utf8PathBuf {
    if folder == "." {
        below.to_owned()
    } else {
        folder.join(below)
    }
}

/// The way from one folder of the source to another.
fn relative(to: &Utf8Path, from: &Utf8Path) -> Utf8PathBuf {
    let parts = |path: &Utf8Path| -> Vec<String> {
        let named = path.components().map(|c| c.as_str().to_owned());
        named.filter(|part| part != ".").collect()
    };
    let (to, from) = (parts(to), parts(from));
    let common = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..");
    let way: Utf8PathBuf = up.chain(to[common..].iter().map(String::as_str)).collect();
    if way.as_str().is_empty() {
        ".".into()
    } else {
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_lead_from_folder_to_folder() {
        for (to, from, way) in [
            (".", ".", "."),
            ("src/rust", ".", "src/rust"),
            (".", "crates/py", "../.."),
            ("crates/core", "crates/py", "../core"),
        ] {
            assert_eq!(relative(to.into(), from.into()), way);
        }
    }
}
