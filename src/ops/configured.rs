//! The configuration of the user's project, with paths relative to the working
//! folder.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::stanza::joined;
use crate::error::Error;
use crate::io::search_up::{FolderAbove, search_up};
use crate::io::source::{full_path, is_sdist_folder, way_between};
use crate::io::write::read_text;
use crate::nix::normalized;
use crate::options::{Config, Layers, Options, UnusedSubdirectory};
use crate::overlay::OverlayError;
use crate::project::PythonName;

/// A configuration, and the folder that it is for.
#[derive(Debug, Default)]
pub struct Configured {
    pub config: Config,
    /// The folder of the configuration's file, relative to the folder where
    /// the search began.
    folder: Utf8PathBuf,
}

impl Configured {
    /// A configuration for a folder, given relative to the working folder.
    #[cfg(test)]
    pub(super) const fn new(config: Config, folder: Utf8PathBuf) -> Self {
        Self { config, folder }
    }

    /// Finds the configuration for the working folder: there, or above it in
    /// the git repository.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn find() -> Result<Option<Self>, Error> {
        Self::find_from(Utf8Path::new("."))
    }

    /// The same for another folder, with paths relative to that.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn find_from(here: &Utf8Path) -> Result<Option<Self>, Error> {
        for FolderAbove {
            path: folder,
            depth,
            ..
        } in search_up(here)
        {
            // A stranger's sdist says nothing of the user's overlay.
            if is_sdist_folder(&folder) {
                continue;
            }
            for name in ["pyproject.toml", "Cargo.toml"] {
                let path = folder.join(name);
                let Some(text) = read_text(&path).ok().flatten() else {
                    continue;
                };
                let shown = joined(&way_between(here, &folder)?, Utf8Path::new(name));
                let config = Config::read(shown.as_str(), &text, depth).map_err(Box::new)?;
                if let Some(config) = config {
                    require_inside(&folder, depth, config.overlay.as_deref())?;
                    let folder = way_between(here, &folder)?;
                    return Ok(Some(Self { config, folder }));
                }
            }
        }
        Ok(None)
    }

    /// The overlay file.
    #[must_use]
    pub fn overlay(&self) -> Option<Utf8PathBuf> {
        let overlay = self.config.overlay.as_ref();
        overlay.map(|overlay| joined(&self.folder, overlay))
    }

    /// The packages that have to have a stanza besides those of the lock, by
    /// their normalised names.
    #[must_use]
    pub fn packages(&self) -> BTreeMap<String, Options> {
        let built = self.config.packages.iter();
        let built = built.filter(|(_, options)| options.input.path.is_some());
        let built = built.map(|(name, options)| {
            let options = options.clone().over(self.config.general.clone());
            (normalized_name(name), self.moved_here(options))
        });
        let taken = self.config.prebuilt.iter();
        let taken = taken.map(|(name, options)| {
            (
                name.clone(),
                self.with_nixpkgs(self.moved_here(options.clone())),
            )
        });
        built.chain(taken).collect()
    }

    /// The options of the lock of which the overlay has the stanzas.
    #[must_use]
    pub fn lock(&self) -> Option<Layers> {
        let is_named = self.config.general.input.uv_lock.is_some();
        is_named.then(|| self.layers(Options::default()))
    }

    /// The options of a lock's packages, with what was typed.
    #[must_use]
    pub fn layers(&self, command_line: Options) -> Layers {
        let packages = self.config.packages.iter();
        let packages = packages.filter(|(_, options)| options.input.path.is_none());
        let packages = packages
            .map(|(name, options)| (normalized_name(name), self.moved_here(options.clone())));
        Layers {
            command_line,
            packages: packages.collect(),
            general: self.general(),
        }
    }

    /// The options of a project, from those that were typed.
    ///
    /// # Errors
    /// Where they don't go together.
    pub fn project(&self, command_line: Options) -> Result<Options, UnusedSubdirectory> {
        let place = |options: &Options| {
            let path = options.input.path.as_deref()?;
            full_path(path).ok().flatten()
        };
        let path = place(&command_line);
        let mut packages = self.packages().into_values();
        let entry = packages.find(|entry| path.is_some() && place(entry) == path);
        let mut options = command_line;
        if let Some(entry) = &entry {
            // The mark has the configuration's spelling of it.
            options.input.path.clone_from(&entry.input.path);
        }
        options
            .over(entry.unwrap_or_else(|| self.general()))
            .checked()
    }

    /// The options of a package from nixpkgs, from those that were typed.
    #[must_use]
    pub fn prebuilt(&self, command_line: Options) -> Options {
        let package = command_line.nixpkgs.prebuilt.as_ref();
        let entry = package.and_then(|package| self.config.prebuilt.get(package.name.as_str()));
        let entry = self.moved_here(entry.cloned().unwrap_or_default());
        self.with_nixpkgs(command_line.over(entry))
    }

    /// With what is said of all packages from nixpkgs: the other keys are about
    /// building.
    fn with_nixpkgs(&self, options: Options) -> Options {
        let general = self.general();
        let mut lower = Options::default();
        lower.input.uv_lock = general.input.uv_lock;
        lower.nixpkgs.strict = general.nixpkgs.strict;
        options.over(lower)
    }

    /// What is said of all packages.
    fn general(&self) -> Options {
        self.moved_here(self.config.general.clone())
    }

    /// With paths relative to the working folder.
    fn moved_here(&self, options: Options) -> Options {
        options.with_paths(|path| normalized(&joined(&self.folder, path)))
    }
}

fn normalized_name(name: &str) -> String {
    PythonName::new(name).to_string()
}

/// Refuses an overlay out of the repository, which links may lead to.
fn require_inside(
    folder: &Utf8Path,
    depth: usize,
    overlay: Option<&Utf8Path>,
) -> Result<(), Error> {
    let Some(overlay) = overlay else {
        return Ok(());
    };
    let top = folder.ancestors().nth(depth).unwrap_or(folder);
    let real = full_path(&folder.join(overlay)).ok().flatten();
    if real.is_some_and(|real| real.starts_with(top)) {
        return Ok(());
    }
    Err(OverlayError::Recipe {
        place: "the configuration".to_owned(),
        message: format!("by way of a link, `{overlay}` leads out of the repository"),
    }
    .into())
}
