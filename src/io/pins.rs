//! The files beside an overlay that pin nixpkgs and pyproject.nix.

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use crate::nix::pins::{Pin, PinFile};

/// As far as is looked where there is no git repository.
const MAX_STEPS: usize = 8;

/// No such file is larger in earnest.
const MAX_SIZE: u64 = 16 << 20;

/// A file that pins inputs.
#[derive(Debug)]
pub struct FoundPins {
    /// Its kind.
    pub file: PinFile,
    /// Where it is, as seen from where the command runs.
    pub place: Utf8PathBuf,
    /// What it pins, or why it can't be read.
    pub pins: Result<Vec<Pin>, String>,
}

/// The files of the nearest folder that has any: `folder`, or one above it
/// within its git repository.
#[must_use]
pub fn find_pins(folder: &Utf8Path) -> Vec<FoundPins> {
    // A file may be written into a folder that isn't there yet.
    let mut folders = folder.ancestors();
    let there = folders.find(|folder| folder.is_dir());
    let mut name = there.unwrap_or(Utf8Path::new(".")).to_owned();
    let full = fs::canonicalize(&name).ok();
    let Some(start) = full.and_then(|path| Utf8PathBuf::from_path_buf(path).ok()) else {
        return Vec::new();
    };
    for above in start.ancestors().take(MAX_STEPS) {
        let found: Vec<_> = PinFile::ALL
            .into_iter()
            .filter_map(|file| read(file, above, &name))
            .collect();
        if !found.is_empty() || above.join(".git").exists() {
            return found;
        }
        name = if name == "." {
            "..".into()
        } else {
            name.join("..")
        };
    }
    Vec::new()
}

fn read(file: PinFile, folder: &Utf8Path, name: &Utf8Path) -> Option<FoundPins> {
    let path = folder.join(file.path());
    let metadata = fs::metadata(&path)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let text = if metadata.len() > MAX_SIZE {
        Err("it is larger than any such file".to_owned())
    } else {
        fs::read_to_string(&path).map_err(|error| error.to_string())
    };
    let place = if name == "." {
        file.path().to_owned()
    } else {
        name.join(file.path())
    };
    let pins = text.and_then(|text| file.read(&text));
    Some(FoundPins { file, place, pins })
}
