//! `nix-snippet` without a file: stanzas that are printed.

use camino::Utf8Path;

use super::finished::{FinishedStanza, Snippet, SnippetPackage};
use super::load::{Loaded, Request};
use super::locked::sets_of_lock;
use super::stanza::Making;
use crate::error::Error;
use crate::io::Session;
use crate::nix::{Form, print_all};
use crate::project::RustProject;
use crate::warning::Warning;

/// Generates stanzas to print: those of projects, and of packages that are
/// taken from nixpkgs.
///
/// # Errors
/// Fails without Rust or a lock, or if something can't be read.
pub(super) fn nix_snippet(
    requests: &[Request],
    prebuilt: Vec<FinishedStanza>,
    form: Form,
    session: &Session,
) -> Result<Snippet, Error> {
    let mut snippet = Snippet::default();
    let mut stanzas = Vec::new();
    for request in requests {
        let mut request = request.clone();
        request.locked.sets = sets_of_lock(&request, session);
        let request = &request;
        let loaded = Loaded::read(request, session)?;
        let making = Making {
            folder: Utf8Path::new("."),
            request,
            session,
        };
        let roots = roots(&loaded, request, form)?;
        let made = roots.iter().map(|rust| making.make(&loaded, rust));
        let made: Vec<_> = if roots.is_empty() {
            vec![making.make_without_rust(&loaded)?]
        } else {
            made.collect::<Result<_, _>>()?
        };
        let mut package: Option<SnippetPackage> = None;
        for finished in made {
            let locks = finished.locks.iter().map(|lock| lock_beside(&lock.name));
            snippet.warn(locks);
            snippet.warn(finished.warnings);
            stanzas.push(finished.stanza);
            match &mut package {
                Some(package) => package.cargo_roots.extend(finished.package.cargo_roots),
                None => package = Some(finished.package),
            }
        }
        snippet.packages.extend(package);
    }
    for finished in prebuilt {
        snippet.packages.push(finished.package);
        stanzas.push(finished.stanza);
    }
    if form != Form::Stanza {
        snippet.require_distinct()?;
    }
    snippet.written.nix = print_all(&stanzas, form);
    Ok(snippet)
}

/// Returns the note that a printed stanza needs a lock next to it.
pub(super) fn lock_beside(name: &str) -> Warning {
    let name = name.to_owned();
    Warning::LockBeside { name }
}

/// Returns the Cargo roots to generate stanzas for, none without Rust. Several
/// are printed to choose from, but an overlay can't have two of one name.
fn roots<'a>(
    loaded: &'a Loaded,
    request: &Request,
    form: Form,
) -> Result<Vec<&'a RustProject>, Error> {
    let is_choice = form == Form::Stanza && loaded.chosen_root(request).is_none();
    Ok(match &loaded.project.rust[..] {
        [] if request.options.cargo_root().is_none() => Vec::new(),
        several @ [_, _, ..] if is_choice => several.iter().collect(),
        _ => vec![loaded.rust(request)?],
    })
}
