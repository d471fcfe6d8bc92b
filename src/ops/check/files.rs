//! Finds the files to check, and the stanzas that each should have.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Error;
use crate::io::paths::{full_path, parent_folder};
use crate::nix::normalized;
use crate::ops::configured::Configured;
use crate::options::{Layers, Options};
use crate::python_lock::PythonLock;

/// An overlay file to check.
pub(super) struct CheckedFile {
    pub file: Utf8PathBuf,
    /// The stanzas that the configuration asks for besides those of a lock, by
    /// the package's name.
    pub packages: BTreeMap<String, Options>,
    /// The lock whose stanzas the file has. `None` if the file's mark names the
    /// lock.
    pub lock: Option<Layers>,
    /// Whether the configuration says what the file has, not its marks.
    pub is_configured: bool,
}

/// Returns the named files, or the configured one, each with the stanzas that
/// it should have. A lock among the named files applies to all of them. Without
/// one, the configuration that names a file applies to it: that of the working
/// folder, or the one that is found from the file's folder.
pub(super) fn checked_files(
    named: &[Utf8PathBuf],
    configured: &Configured,
) -> Result<Vec<CheckedFile>, Error> {
    let is_lock = |file: &&Utf8PathBuf| PythonLock::is_path(file);
    let (locks, mut files): (Vec<_>, Vec<_>) = named.iter().partition(is_lock);
    let overlay = configured.overlay();
    if files.is_empty() {
        if overlay.is_none() {
            Configured::require_readable(Utf8Path::new("."))?;
        }
        files.push(overlay.as_ref().ok_or(Error::nothing_to_check())?);
    }
    let files: BTreeSet<_> = files.into_iter().cloned().collect();
    let checked = files.into_iter().map(|file| {
        // The configuration that names the file counts, wherever it is run.
        let own = if names(configured, &file) {
            None
        } else {
            let folder = parent_folder(&file);
            let own = Configured::find_for(folder)?.filter(|own| names(own, &file));
            if own.is_none() {
                Configured::require_readable(folder)?;
            }
            own
        };
        let is_configured = own.is_some() || names(configured, &file);
        let configured = own.as_ref().unwrap_or(configured);
        let named_lock = locks.first().map(|path| {
            let mut command_line = Options::default();
            command_line.input.uv_lock = Some((*path).clone());
            configured.layers(command_line)
        });
        let of_configuration = || configured.lock().filter(|_| is_configured);
        Ok(CheckedFile {
            packages: if is_configured {
                configured.packages()
            } else {
                BTreeMap::new()
            },
            is_configured,
            lock: named_lock.clone().or_else(of_configuration),
            file,
        })
    });
    checked.collect()
}

/// Whether a configuration is of an overlay.
fn names(configured: &Configured, file: &Utf8Path) -> bool {
    let overlay = configured.overlay();
    overlay.is_some_and(|overlay| {
        let real = |path: &Utf8Path| full_path(path).ok().flatten();
        normalized(&overlay) == normalized(file)
            || real(&overlay).is_some_and(|overlay| real(file) == Some(overlay))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Config;

    fn configured(text: &str) -> Configured {
        let text = format!("[tool.cargo-pyhack]\n{text}");
        let config = Config::read("pyproject.toml", &text, 0).unwrap();
        Configured::new(config.unwrap(), ".".into())
    }

    fn checked(named: &[&str], configured: &Configured) -> Vec<CheckedFile> {
        let named: Vec<_> = named.iter().map(Utf8PathBuf::from).collect();
        checked_files(&named, configured).unwrap()
    }

    const CONFIGURATION: &str =
        "overlay = \"o.nix\"\nuv-lock = \"uv.lock\"\npackages.a = \"a.tar.gz\"\n";

    #[test]
    fn without_files_the_configured_one_is_checked() {
        let [file] = &checked(&[], &configured(CONFIGURATION))[..] else {
            panic!("one file");
        };
        assert_eq!(file.file, "o.nix");
        assert!(file.packages.contains_key("a") && file.lock.is_some());
        assert!(checked_files(&[], &Configured::default()).is_err());
    }

    #[test]
    fn of_another_file_the_configuration_says_nothing() {
        let [own, other] = &checked(&["./o.nix", "b.nix", "b.nix"], &configured(CONFIGURATION))[..]
        else {
            panic!("two files");
        };
        assert_eq!(
            (&*own.file, &*other.file),
            ("./o.nix".into(), "b.nix".into())
        );
        assert!(other.packages.is_empty() && other.lock.is_none());
        assert!(own.packages.contains_key("a"));
    }

    #[test]
    fn a_lock_that_is_named_counts_for_every_file() {
        let files = checked(&["b.nix", "other/uv.lock"], &configured(CONFIGURATION));
        let lock = files[0].lock.as_ref().unwrap().common();
        assert_eq!(lock.input.uv_lock.unwrap(), "other/uv.lock");
        assert!(files[0].packages.is_empty());
    }
}
