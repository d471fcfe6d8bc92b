//! The configuration of the user's project, with paths as they are from the
//! working folder.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::recipe::Recipe;
use super::stanza::joined;
use crate::config::Config;
use crate::error::Error;
use crate::io::beside::above;
use crate::io::source::{full_path, is_sdist_folder, way_between};
use crate::nix::normalized;
use crate::overlay::OverlayError;
use crate::project::PythonName;

/// A configuration, and the folder that it is for.
#[derive(Debug, Default)]
pub struct Configured {
    /// What it says.
    pub config: Config,
    /// Its folder, from the working folder.
    folder: Utf8PathBuf,
}

impl Configured {
    /// Finds the configuration for the working folder: there, or above it in
    /// the git repository.
    ///
    /// # Errors
    /// Where it makes no sense.
    pub fn find() -> Result<Option<Self>, Error> {
        let here = Utf8Path::new(".");
        for (folder, depth) in above(here) {
            // A stranger's sdist says nothing of the user's overlay.
            if is_sdist_folder(&folder) {
                continue;
            }
            for name in ["pyproject.toml", "Cargo.toml"] {
                let path = folder.join(name);
                let Some(text) = super::overlay::read_text(&path).ok().flatten() else {
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

    /// The overlay.
    #[must_use]
    pub fn overlay(&self) -> Option<Utf8PathBuf> {
        let overlay = self.config.overlay.as_ref();
        overlay.map(|overlay| joined(&self.folder, overlay))
    }

    /// What is asked for, for each package.
    #[must_use]
    pub fn recipes(&self) -> BTreeMap<String, Recipe> {
        let recipes = self.config.packages.iter();
        let named = |name: &String| PythonName::new(name).to_string();
        recipes
            .map(|(name, recipe)| (named(name), self.moved(recipe.clone())))
            .collect()
    }

    /// With what is said of all packages, and paths from the working folder.
    fn moved(&self, recipe: Recipe) -> Recipe {
        let recipe = recipe.over(&self.config.defaults);
        recipe.with_paths(|path| normalized(&joined(&self.folder, path)))
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
