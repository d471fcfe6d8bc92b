//! Small texts in our cache, by names of ours.

use std::path::Path;

use fs_err as fs;

use super::IoError;

/// A text that was kept; the name is a hash in hexadecimal.
#[must_use]
pub fn kept_text(folder: &Path, name: &str) -> Option<String> {
    fs::read_to_string(folder.join(name.get(..2)?).join(name)).ok()
}

/// Keeps a text.
///
/// # Errors
/// Where it can't be written.
pub fn keep_text(folder: &Path, name: &str, text: &str) -> Result<(), IoError> {
    let folder = folder.join(name.get(..2).unwrap_or_default());
    fs::create_dir_all(&folder)?;
    let part = tempfile::Builder::new()
        .suffix(".part")
        .tempfile_in(&folder)?;
    fs::write(part.path(), text)?;
    part.persist(folder.join(name))
        .map_err(|error| error.error)?;
    Ok(())
}
