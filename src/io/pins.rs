//! The files beside an overlay that pin nixpkgs and pyproject.nix.

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::read::read_string;

use super::search_up::search_up;
use crate::nix::pins::{Pin, PinFile};
use crate::text_place::TextPlace;

/// Upper bound on the size of such a file, in bytes.
const MAX_SIZE: u64 = 16 << 20;

#[derive(Debug)]
pub struct FoundPins {
    pub file: PinFile,
    /// Where the file is, as seen from the working folder.
    pub place: Utf8PathBuf,
    /// What the file pins, or why it can't be read.
    pub pins: Result<Vec<Pin>, UnreadPins>,
}

/// Why a file of pins can't be read.
#[derive(Debug)]
pub struct UnreadPins {
    pub reason: String,
    pub at: Option<TextPlace>,
}

/// Returns the files of the nearest folder that has any: `folder`, or one above
/// it within its git repository.
#[must_use]
pub fn find_pins(folder: &Utf8Path) -> Vec<FoundPins> {
    // A file may be written into a folder that doesn't exist yet.
    let mut folders = folder.ancestors();
    let there = folders.find(|folder| folder.is_dir());
    let there = there.unwrap_or(Utf8Path::new("."));
    let folders = search_up(there).into_iter();
    let mut found = folders.map(|above| {
        let files = PinFile::ALL.into_iter();
        let found = files.filter_map(|file| read(file, &above.path, &go_up(there, above.steps)));
        found.collect::<Vec<_>>()
    });
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// Returns the path of the folder that is some steps above another one.
fn go_up(folder: &Utf8Path, steps: usize) -> Utf8PathBuf {
    let up: Utf8PathBuf = std::iter::repeat_n("..", steps).collect();
    match (folder.as_str(), steps) {
        (_, 0) => folder.to_owned(),
        (".", _) => up,
        _ => folder.join(up),
    }
}

fn read(file: PinFile, folder: &Utf8Path, name: &Utf8Path) -> Option<FoundPins> {
    let path = folder.join(file.path());
    let metadata = fs::metadata(&path)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let unread = |reason: String| UnreadPins { reason, at: None };
    let text = if metadata.len() > MAX_SIZE {
        Err(unread("it is too large".to_owned()))
    } else {
        read_string(&path).map_err(|error| unread(error.to_string()))
    };
    let place = if name == "." {
        file.path().to_owned()
    } else {
        name.join(file.path())
    };
    let pins = text.and_then(|text| {
        file.read(&text).map_err(|problem| UnreadPins {
            at: problem
                .span
                .map(|span| TextPlace::span(place.as_str(), &text, span)),
            reason: problem.message,
        })
    });
    Some(FoundPins { file, place, pins })
}
