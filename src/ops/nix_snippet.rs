//! `nix-snippet`: the stanza of an overlay.

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::Serialize;

use super::inspect::Facts;
use super::read_project;
use crate::error::Error;
use crate::nix::{Form, Stanza};
use crate::project::{Project, ProjectError, RustProject, SourceFiles};
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

/// Writes the stanza for the project at `path`.
///
/// # Errors
/// Where there is no Rust or no lock, or something can't be read.
pub fn nix_snippet(path: &Utf8Path, form: Form) -> Result<Snippet, Error> {
    let (files, project) = read_project(path)?;
    let rust = project.require_rust(&files)?;
    rust.require_lock(&files)?.crates_io()?;
    visible(&files, "the name", project.identity.name.as_str())?;
    visible(&files, "the Cargo root", rust.root.cargo_root.as_str())?;
    let facts = Facts::gather(&files, &project)?;
    Ok(Snippet {
        name: project.identity.name.to_string(),
        version: project.identity.version.clone(),
        nix: stanza(&files, &project, rust, &facts).print(form),
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

fn stanza(files: &SourceFiles, project: &Project, rust: &RustProject, facts: &Facts) -> Stanza {
    let attrs = |inputs: &[crate::native::NativeInput]| {
        inputs.iter().map(|input| input.attr.clone()).collect()
    };
    let native = &facts.native;
    let uses_cmake = native.native_build_inputs.iter().any(|i| i.attr == "cmake");
    Stanza {
        name: project.identity.name.clone(),
        cargo_root: rust.root.cargo_root.clone(),
        build_system: facts.build_system.clone(),
        build_inputs: attrs(&native.build_inputs),
        native_build_inputs: attrs(&native.native_build_inputs),
        env: native
            .env
            .iter()
            .map(|(name, variable)| (name.clone(), variable.value.clone()))
            .collect(),
        dont_use_cmake_configure: uses_cmake && files.has(Utf8Path::new("CMakeLists.txt")),
    }
}
