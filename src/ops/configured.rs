//! The configuration of the user's project, with paths relative to the working
//! folder.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Error;
use crate::io::paths::{full_path, join_below, path_from};
use crate::io::search_up::{FolderAbove, search_up};
use crate::io::source::is_sdist_folder;
use crate::io::write::read_text;
use crate::nix::normalized;
use crate::options::{Config, Layers, Options, UnusedSubdirectory};
use crate::overlay::OverlayError;
use crate::project::PythonName;
use crate::text_place::TextPlace;

/// The file whose `[tool.cargo-pyhack]` is the configuration.
const PYPROJECT: &str = "pyproject.toml";

/// A configuration, and the folder that its paths are relative to.
#[derive(Debug, Default)]
pub struct Configured {
    pub config: Config,
    /// The folder of the configuration's file, relative to the folder where
    /// the search started.
    folder: Utf8PathBuf,
}

impl Configured {
    /// Makes a configuration for a folder, relative to the working folder.
    #[cfg(test)]
    pub(super) const fn new(config: Config, folder: Utf8PathBuf) -> Self {
        Self { config, folder }
    }

    /// Finds the configuration for the working folder: there, or above it in
    /// the git repository.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub fn find() -> Result<Option<Self>, Error> {
        Self::find_from(Utf8Path::new("."))
    }

    /// Finds the configuration for another folder. Paths are relative to that.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub fn find_from(here: &Utf8Path) -> Result<Option<Self>, Error> {
        for FolderAbove {
            path: folder,
            depth,
            ..
        } in search_up(here)
        {
            // The configuration in an unpacked sdist isn't the user's.
            if is_sdist_folder(&folder) {
                continue;
            }
            for name in [PYPROJECT, "Cargo.toml"] {
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

    /// Finds the configuration of another folder, with paths relative to the
    /// working folder.
    ///
    /// # Errors
    /// Fails if a file can't be read.
    pub fn find_for(folder: &Utf8Path) -> Result<Option<Self>, Error> {
        let found = Self::find_from(folder)?;
        Ok(found.map(|found| Self {
            folder: normalized(&join_below(folder, &found.folder)),
            ..found
        }))
    }

    /// Requires that every `pyproject.toml` in which the configuration for a
    /// folder could be is TOML.
    ///
    /// # Errors
    /// Fails with the first that isn't, or can't be read.
    pub fn require_readable(here: &Utf8Path) -> Result<(), Error> {
        for FolderAbove { path: folder, .. } in search_up(here) {
            let path = folder.join(PYPROJECT);
            if is_sdist_folder(&folder) {
                continue;
            }
            let Some(text) = read_text(&path)? else {
                continue;
            };
            let shown = normalized(&join_below(here, path_from(here, &folder)?)).join(PYPROJECT);
            let shown = normalized(&shown);
            Config::require_toml(shown.as_str(), &text).map_err(Box::new)?;
        }
        Ok(())
    }

    /// Returns the path of the overlay, if one is configured.
    #[must_use]
    pub fn overlay(&self) -> Option<Utf8PathBuf> {
        let overlay = self.config.overlay.as_ref();
        overlay.map(|overlay| join_below(&self.folder, overlay))
    }

    /// Returns the packages that need a stanza besides those of the lock, by
    /// their normalised names.
    #[must_use]
    pub fn packages(&self) -> BTreeMap<String, Options> {
        let built = self.config.packages.iter();
        let built = built.filter(|(_, options)| options.input.has_source());
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

    /// Returns the options of the lock whose stanzas the overlay has.
    #[must_use]
    pub fn lock(&self) -> Option<Layers> {
        let is_named = self.config.general.input.uv_lock.is_some();
        is_named.then(|| self.layers(Options::default()))
    }

    /// Returns the options of a lock's packages, below those of a command line.
    #[must_use]
    pub fn layers(&self, command_line: Options) -> Layers {
        let packages = self.config.packages.iter();
        let packages = packages.filter(|(_, options)| !options.input.has_source());
        let packages = packages
            .map(|(name, options)| (normalized_name(name), self.moved_here(options.clone())));
        Layers {
            command_line,
            packages: packages.collect(),
            prebuilt: self.config.prebuilt.keys().cloned().collect(),
            general: self.general(),
        }
    }

    /// Returns the options of a project, below those of a command line.
    ///
    /// # Errors
    /// Fails if they contradict each other.
    pub fn project(&self, command_line: Options) -> Result<Options, UnusedSubdirectory> {
        let place = |options: &Options| {
            let path = options.input.path.as_deref()?;
            full_path(path).ok().flatten()
        };
        let path = place(&command_line);
        let mut packages = self.packages().into_values();
        let sdist = command_line.input.sdist.clone();
        let is_named = |entry: &Options| match (&entry.input.sdist, &sdist) {
            (Some(entry), Some(sdist)) => entry.is_same(sdist),
            _ => path.is_some() && place(entry) == path,
        };
        let entry = packages.find(is_named);
        let mut options = command_line;
        if let Some(entry) = &entry {
            // The mark has the path as the configuration spells it.
            options.input.path.clone_from(&entry.input.path);
        }
        options
            .over(entry.unwrap_or_else(|| self.general()))
            .checked()
    }

    /// Returns the options of a package from nixpkgs, below those of a command
    /// line.
    #[must_use]
    pub fn prebuilt(&self, command_line: Options) -> Options {
        let package = command_line.nixpkgs.prebuilt.as_ref();
        let entry = package.and_then(|package| self.config.prebuilt.get(package.name.as_str()));
        let entry = self.moved_here(entry.cloned().unwrap_or_default());
        self.with_nixpkgs(command_line.over(entry))
    }

    /// Adds the configured options that apply to packages from nixpkgs, which
    /// aren't built.
    fn with_nixpkgs(&self, options: Options) -> Options {
        let general = self.general();
        let mut lower = Options::default();
        lower.input.uv_lock = general.input.uv_lock;
        lower.nixpkgs.strict = general.nixpkgs.strict;
        // They decide whether uv2nix refuses the package.
        lower.target.python = general.target.python;
        lower.target.platforms = general.target.platforms;
        lower.environment.libc = general.environment.libc;
        options.over(lower)
    }

    /// Returns the options that apply to all packages.
    fn general(&self) -> Options {
        self.moved_here(self.config.general.clone())
    }

    /// Makes the paths in options relative to the working folder.
    fn moved_here(&self, options: Options) -> Options {
        options.with_paths(|path| normalized(&join_below(&self.folder, path)))
    }
}

fn normalized_name(name: &str) -> String {
    PythonName::new(name).to_string()
}

/// Refuses an overlay outside of the repository, which links may lead to.
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
        at: TextPlace::file("the configuration"),
        message: format!("by way of a link, `{overlay}` leads out of the repository"),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Setting;
    use crate::project::SourceKind;

    /// Makes a configuration of the folder `below`.
    fn configured(text: &str) -> Configured {
        let text = format!("[tool.cargo-pyhack]\n{text}");
        let config = Config::read("pyproject.toml", &text, 0).unwrap();
        Configured::new(config.unwrap(), "below".into())
    }

    fn of_path(path: &str) -> Options {
        let mut options = Options::default();
        options.input.path = Some(path.into());
        options
    }

    #[test]
    fn paths_are_relative_to_the_working_folder() {
        let configured = configured(
            "overlay = \"nix/o.nix\"\nuv-lock = \"uv.lock\"\ncargo-lock = \"./a.lock\"\npackages.a = \"../src\"",
        );
        assert_eq!(configured.overlay().unwrap(), "below/nix/o.nix");
        let lock = configured.lock().unwrap().common();
        assert_eq!(lock.input.uv_lock.as_deref().unwrap(), "below/uv.lock");
        assert_eq!(lock.cargo_lock().unwrap(), "below/a.lock");
        assert_eq!(
            configured.packages()["a"].input.path.as_deref().unwrap(),
            "src"
        );
    }

    #[test]
    fn a_package_is_found_by_its_path_and_spelled_as_configured() {
        let configured = configured(
            "no-ifd = true\npackages.a = { path = \"../src\", no-ifd = false, all = true }",
        );
        let options = configured.project(of_path("src/../src")).unwrap();
        assert_eq!(options.input.path.as_deref().unwrap(), "src");
        assert_eq!(
            (options.stanza.no_ifd, options.environment.all),
            (Some(false), Some(true))
        );
        let mut typed = of_path("src");
        typed.stanza.no_ifd = Some(true);
        assert_eq!(configured.project(typed).unwrap().stanza.no_ifd, Some(true));
    }

    #[test]
    fn another_path_has_the_general_keys_alone() {
        let configured =
            configured("no-ifd = true\npackages.a = { path = \"../src\", all = true }");
        for path in ["tests", "no/such/path"] {
            let options = configured.project(of_path(path)).unwrap();
            assert_eq!(
                options.in_one_line(),
                format!("{{\"path\":\"{path}\",\"no-ifd\":true}}")
            );
        }
    }

    #[test]
    fn two_paths_that_do_not_exist_are_not_the_same() {
        let configured = configured("packages.a = { path = \"gone.zip\", all = true }");
        let options = configured.project(of_path("no.zip")).unwrap();
        assert_eq!(options, of_path("no.zip"));
    }

    #[test]
    fn what_is_typed_has_to_fit_what_is_configured() {
        let configured = configured("source = \"local\"");
        let mut typed = of_path("src");
        typed.source.subdirectory = Some(Setting::new("a".parse().unwrap()));
        assert!(configured.project(typed.clone()).is_err());
        typed.source = SourceKind::Git(Some("a".into())).into();
        assert!(configured.project(typed).is_ok());
    }

    #[test]
    fn of_a_package_from_nixpkgs_few_keys_are_general() {
        let configured = configured(
            "uv-lock = \"uv.lock\"\nstrict = true\nno-ifd = true\npython = \"3.12\"\n\
             prebuilt = [{ name = \"a\", drop = [\"b\"] }]",
        );
        let mark = "{\"lock\":\"below/uv.lock\",\"prebuilt\":\"a\",\"drop\":[\"b\"],\"strict\":true,\
                    \"python\":\"3.12\"}";
        assert_eq!(configured.packages()["a"].in_one_line(), mark);
        let mut typed = Options::default();
        typed.nixpkgs.prebuilt = Some("a".parse().unwrap());
        assert_eq!(configured.prebuilt(typed.clone()).in_one_line(), mark);
        typed.nixpkgs.strict = Some(false);
        typed.nixpkgs.drop = Some(Vec::new());
        let mark = "{\"lock\":\"below/uv.lock\",\"prebuilt\":\"a\",\"drop\":[],\"strict\":false,\
                    \"python\":\"3.12\"}";
        assert_eq!(configured.prebuilt(typed).in_one_line(), mark);
    }

    #[test]
    fn entries_without_a_path_are_of_the_lock() {
        let configured = configured(
            "uv-lock = \"uv.lock\"\npackages.\"A_b\" = { no-ifd = true }\npackages.c = \"c.zip\"",
        );
        let layers = configured.layers(Options::default());
        assert_eq!(layers.packages.keys().collect::<Vec<_>>(), ["a-b"]);
        assert_eq!(layers.of("a-b").stanza.no_ifd, Some(true));
        assert_eq!(configured.packages().keys().collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn without_a_lock_in_the_configuration_there_is_none() {
        assert!(configured("no-ifd = true").lock().is_none());
    }
}
