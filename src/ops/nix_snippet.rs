//! `nix-snippet`: the stanzas of an overlay, printed.

use camino::Utf8Path;

use super::artifact::{MadeStanza, Snippet, SnippetPackage};
use super::load::{Loaded, Request};
use super::stanza::Making;
use crate::error::Error;
use crate::io::Session;
use crate::nix::{Form, print_all};
use crate::project::RustProject;
use crate::warning::Warning;

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
