//! The configuration of the user's project, with paths as they are from the
//! working folder.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::recipe::Recipe;
use crate::config::Config;
use crate::error::Error;
use crate::io::paths::{full_path, join_below, path_from};
use crate::io::search_up::{FolderAbove, search_up};
use crate::io::source::is_sdist_folder;
use crate::io::write::read_text;
use crate::nix::normalized;
use crate::overlay::OverlayError;
use crate::project::PythonName;

/// A configuration, and the folder that it is for.
#[derive(Debug, Default)]
pub struct Configured {
    /// What it says.
    pub config: Config,
    /// Its folder, from the one that it was looked for.
    folder: Utf8PathBuf,
}

impl Configured {
    /// Finds the configuration for the working folder: there, or above it in
    /// the git repository.
    ///
    /// # Errors
    /// Where it makes no sense.
    pub fn find() -> Result<Option<Self>, Error> {
        Self::find_from(Utf8Path::new("."))
    }

    /// The same for another folder, with paths as they are from there.
    ///
    /// # Errors
    /// Where it makes no sense.
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
                let shown = join_below(&path_from(here, &folder)?, name);
                let config = Config::read(shown.as_str(), &text, depth).map_err(Box::new)?;
                if let Some(config) = config {
                    require_inside(&folder, depth, config.overlay.as_deref())?;
                    let folder = path_from(here, &folder)?;
                    return Ok(Some(Self { config, folder }));
                }
            }
        }
        Ok(None)
    }

    /// The overlay.
    #[must_use]
    pub fn overlay(&self) -> Option<Utf8PathBuf> {
        let overlay = self.config.overlay.as_ref();
        overlay.map(|overlay| join_below(&self.folder, overlay))
    }

    /// What is asked for, for each package.
    #[must_use]
    pub fn recipes(&self) -> BTreeMap<String, Recipe> {
        let recipes = self.config.packages.iter();
        let recipes =
            recipes.filter(|(_, recipe)| recipe.path.is_some() || recipe.prebuilt.is_some());
        let named = |name: &String| PythonName::new(name).to_string();
        recipes
            .map(|(name, recipe)| (named(name), self.moved(recipe.clone())))
            .collect()
    }

    /// With what is said of all packages, and paths from the working folder.
    fn moved(&self, recipe: Recipe) -> Recipe {
        if recipe.prebuilt.is_some() {
            // The rest is said of what is built.
            let defaults = &self.config.defaults;
            let recipe = Recipe {
                lock: recipe.lock.clone().or_else(|| defaults.lock.clone()),
                strict: recipe.strict.or(defaults.strict),
                ..recipe
            };
            return self.with_paths_from_here(recipe);
        }
        self.with_paths_from_here(recipe.over(&self.config.defaults))
    }

    /// With paths from the working folder.
    fn with_paths_from_here(&self, recipe: Recipe) -> Recipe {
        recipe.with_paths(|path| normalized(&join_below(&self.folder, path)))
    }

    /// The lock of which the overlay has the stanzas, and how they are made.
    #[must_use]
    pub fn lock(&self) -> Option<Recipe> {
        let recipe = self.moved(Recipe::default());
        recipe.lock.is_some().then_some(recipe)
    }

    /// What is said of packages that are in the lock.
    #[must_use]
    pub fn of_locks(&self) -> BTreeMap<String, Recipe> {
        let recipes = self.config.packages.iter();
        let recipes =
            recipes.filter(|(_, recipe)| recipe.path.is_none() && recipe.prebuilt.is_none());
        let named = |name: &String| PythonName::new(name).to_string();
        recipes
            .map(|(name, recipe)| (named(name), self.with_paths_from_here(recipe.clone())))
            .collect()
    }

    /// A recipe of the command line, with what the configuration says of all
    /// packages.
    #[must_use]
    pub fn of_all(&self, recipe: Recipe) -> Recipe {
        recipe.over(&self.moved(Recipe::default()))
    }

    /// A recipe of the command line, with what the configuration says of that
    /// package, and of all.
    #[must_use]
    pub fn complete(&self, recipe: Recipe) -> Recipe {
        let mut recipes = self.recipes().into_values();
        let place = |recipe: &Recipe| full_path(recipe.path.as_deref()?).ok().flatten();
        let path = place(&recipe);
        let same = recipes.find(|configured| place(configured) == path);
        let recipe = Recipe {
            // Spelled as it is there.
            path: same.as_ref().map_or(recipe.path, |same| same.path.clone()),
            ..recipe
        };
        recipe.over(&same.unwrap_or_else(|| self.moved(Recipe::default())))
    }
}

/// A link may lead out of the repository, too.
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
