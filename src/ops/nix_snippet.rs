//! `nix-snippet`: the stanzas of an overlay, printed.

use std::collections::BTreeSet;

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::{Loaded, Request};
use super::overlay::MadeStanza;
use super::stanza::Making;
use crate::error::Error;
use crate::io::Session;
use crate::nix::{Dropped, Form, print_all};
use crate::project::{ProjectError, RustProject};
use crate::warning::{Warning, WarningReport, as_reports};

/// What `cargo pyhack nix-snippet --format json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Snippet {
    /// The packages, in the order of the stanzas.
    pub packages: Vec<SnippetPackage>,
    /// The Nix text: what was asked for, or what is in the file now.
    pub nix: String,
    /// The files that hold it, where they were asked for.
    pub files: Vec<String>,
    /// Those of them that were changed, or would be with `--dry-run`.
    pub changed: Vec<String>,
    /// What changes in them, as a unified diff.
    pub diff: String,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// A package that has a stanza.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SnippetPackage {
    /// Its name, normalised by PEP 503: the attribute's name.
    pub name: String,
    /// Its version; null where only the build backend could tell.
    pub version: Option<String>,
    /// The folder of the Cargo workspace that it builds, relative to the
    /// source root. More than one, each with a stanza, where there are several
    /// and stanzas alone are asked for.
    pub cargo_roots: Vec<String>,
    /// Of a package from nixpkgs: the dependencies that are left out, and why.
    #[serde(default)]
    pub dropped: Vec<Dropped>,
}

/// Makes stanzas to print: those of some projects, and some of packages that
/// are taken from nixpkgs.
///
/// # Errors
/// Where there is no Rust or no lock, or something can't be read.
pub(super) fn nix_snippet(
    requests: &[Request],
    prebuilt: Vec<MadeStanza>,
    form: Form,
    session: &Session,
) -> Result<Snippet, Error> {
    let mut snippet = Snippet::default();
    let mut stanzas = Vec::new();
    for request in requests {
        let loaded = Loaded::read(request, session)?;
        let making = Making {
            folder: Utf8Path::new("."),
            request,
            session,
        };
        let roots = roots(&loaded, request, form)?;
        let made = roots.iter().map(|rust| making.make(&loaded, rust));
        let made = if roots.is_empty() {
            vec![making.make_without_rust(&loaded)?]
        } else {
            made.collect::<Result<_, _>>()?
        };
        for made in made {
            if let Some(lock) = &made.lock {
                let name = lock.path.file_name().unwrap_or_default();
                snippet.warn([lock_beside(name)]);
            }
            snippet.warn(made.warnings);
            stanzas.push(made.stanza.into());
        }
        snippet.packages.push(SnippetPackage {
            name: loaded.project.identity.name.to_string(),
            version: loaded.project.identity.version.clone(),
            cargo_roots: roots.iter().map(|r| r.cargo_root.to_string()).collect(),
            dropped: Vec::new(),
        });
    }
    for made in prebuilt {
        snippet.packages.push(made.package);
        stanzas.push(made.stanza);
    }
    if form != Form::Stanza {
        snippet.require_distinct()?;
    }
    snippet.nix = print_all(&stanzas, form);
    Ok(snippet)
}

/// Says of a stanza that is printed what it needs beside it.
pub(super) fn lock_beside(name: &str) -> Warning {
    let name = name.to_owned();
    Warning::LockBeside { name }
}

impl Snippet {
    /// Refuses two stanzas of one package, of which an overlay holds one.
    pub(super) fn require_distinct(&self) -> Result<(), ProjectError> {
        let names: Vec<_> = self.packages.iter().map(|p| p.name.clone()).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        if distinct.len() == names.len() {
            return Ok(());
        }
        Err(ProjectError::SamePackage { names })
    }

    /// Takes up warnings, each once.
    pub(super) fn warn(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }
}

/// The Cargo roots to make stanzas for: none in a project without Rust. They may stand one below the other, to
/// choose from; an overlay can't have two of one name.
fn roots<'a>(
    loaded: &'a Loaded,
    request: &Request,
    form: Form,
) -> Result<Vec<&'a RustProject>, Error> {
    let is_choice = form == Form::Stanza && request.options.cargo_root().is_none();
    Ok(match &loaded.project.rust[..] {
        [] if request.options.cargo_root().is_none() => Vec::new(),
        several @ [_, _, ..] if is_choice => several.iter().collect(),
        _ => vec![loaded.rust(request)?],
    })
}
