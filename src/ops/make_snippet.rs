//! Runs the variant of `nix-snippet` that the arguments ask for.

use camino::Utf8Path;

use super::finished::Snippet;
use super::load::Request;
use super::lock::{LockReport, LockRequest, lock};
use super::nix_snippet::nix_snippet;
use super::overlay::{Writing, write_stanzas};
use super::package::{PackageFile, nixpkgs_package};
use super::prebuilt::make_prebuilt;
use crate::error::Error;
use crate::io::Session;
use crate::nix::Form;
use crate::options::{Layers, Options, PackageStyle};

/// The arguments of `nix-snippet`.
pub struct SnippetRequest {
    pub sources: Sources,
    pub style: PackageStyle,
    /// What is printed around stanzas. By default an overlay.
    pub form: Option<Form>,
    /// The file to write. Without one, the result is printed.
    pub writing: Option<Writing>,
}

/// The packages to generate Nix for.
pub enum Sources {
    /// All packages of a lock.
    Lock(Box<Layers>),
    /// Single packages, each with its options.
    Packages(Vec<Options>),
}

/// The result of `nix-snippet`.
pub enum SnippetReport {
    Packages(Snippet),
    Lock(LockReport),
}

/// Generates stanzas, or a package in nixpkgs' style.
///
/// # Errors
/// Fails if one of them can't be generated, or a file can't be written.
pub fn make_snippet(request: SnippetRequest, session: &Session) -> Result<SnippetReport, Error> {
    let SnippetRequest {
        sources,
        style,
        form,
        writing,
    } = request;
    let packages = match sources {
        Sources::Lock(layers) => {
            let request = LockRequest {
                layers: *layers,
                writing,
                form,
                ..LockRequest::default()
            };
            return lock(&request, session).map(SnippetReport::Lock);
        }
        Sources::Packages(packages) => packages,
    };
    let snippet = match (style, &packages[..], writing) {
        (PackageStyle::Nixpkgs, [options], writing) => {
            let file = writing.map(|writing| PackageFile {
                path: writing.file,
                overwrite: writing.force,
            });
            nixpkgs_package(
                Request::new(options).fetched(session)?,
                file.as_ref(),
                session,
            )?
        }
        (_, packages, Some(writing)) => write_stanzas(packages, &writing, session)?,
        (_, packages, None) => {
            let is_prebuilt = |options: &&Options| options.nixpkgs.prebuilt.is_some();
            let (prebuilt, built): (Vec<_>, Vec<_>) = packages.iter().partition(is_prebuilt);
            let built = built.into_iter().map(Request::new);
            let built = built.map(|request| request.fetched(session));
            let built = built.collect::<Result<Vec<_>, _>>()?;
            let nowhere = Utf8Path::new("overlay.nix");
            let prebuilt = prebuilt
                .into_iter()
                .map(|options| make_prebuilt(options, nowhere, session));
            let prebuilt = prebuilt.collect::<Result<_, _>>()?;
            let form = form.unwrap_or(Form::Overlay);
            nix_snippet(&built, prebuilt, form, session)?
        }
    };
    Ok(SnippetReport::Packages(snippet))
}
