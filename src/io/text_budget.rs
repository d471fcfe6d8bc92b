//! How much of a stranger's source is read into memory.

use std::io::{self, Read};

use camino::Utf8Path;

/// Upper bound on a lockfile, in bytes.
pub(super) const MAX_LOCK: u64 = 16 << 20;
/// Upper bound on a manifest, in bytes; the largest ones have a tenth of that.
const MAX_MANIFEST: u64 = 4 << 20;
/// How much is read of a script or of Rust, in bytes: what understands them
/// reads less than that, and says that they are too long.
const MAX_SCRIPT: u64 = 1 << 20;
/// The depths of folders that are told apart; the last one is also that of all
/// below.
const DEPTHS: usize = 5;

/// How much is read of a source, in bytes.
#[derive(Clone, Copy)]
pub(super) struct TextLimits {
    /// Of manifests and locks together. A source with more is refused.
    pub manifests: u64,
    /// Of scripts and Rust in the same depth. More aren't read: packages with
    /// many megabytes of Python have little of it at the top, where it builds.
    pub scripts: u64,
}

/// How much of a source may still be read.
pub(super) struct TextBudget {
    limits: TextLimits,
    manifests: u64,
    scripts: [u64; DEPTHS],
}

/// The contents of a file, or why it isn't read.
#[derive(Debug)]
pub(super) enum Text {
    Read(Vec<u8>),
    /// Enough other scripts were read.
    PassedOver,
    Refused(String),
}

impl TextBudget {
    pub(super) const fn new(limits: TextLimits) -> Self {
        Self {
            limits,
            manifests: limits.manifests,
            scripts: [limits.scripts; DEPTHS],
        }
    }

    /// Reads the file at `path`. Of a long script, the beginning is read.
    ///
    /// # Errors
    /// Fails if `contents` can't be read.
    pub(super) fn read(&mut self, path: &Utf8Path, contents: impl Read) -> io::Result<Text> {
        match path.file_name().unwrap_or_default() {
            "Cargo.lock" | "uv.lock" => self.read_manifest(path, MAX_LOCK, contents),
            "Cargo.toml" | "pyproject.toml" | "setup.cfg" | "PKG-INFO" | "config"
            | "config.toml" => self.read_manifest(path, MAX_MANIFEST, contents),
            _ => self.read_script(path, contents),
        }
    }

    fn read_manifest(
        &mut self,
        path: &Utf8Path,
        limit: u64,
        contents: impl Read,
    ) -> io::Result<Text> {
        let bytes = read_beyond(contents, limit.min(self.manifests))?;
        let length = bytes.len() as u64;
        if length > limit {
            let limit = limit >> 20;
            let message = format!("`{path}` is larger than {limit} MiB");
            return Ok(Text::Refused(message));
        }
        let Some(left) = self.manifests.checked_sub(length) else {
            let limit = self.limits.manifests >> 20;
            let message = format!("its manifests and lockfiles are larger than {limit} MiB");
            return Ok(Text::Refused(message));
        };
        self.manifests = left;
        Ok(Text::Read(bytes))
    }

    fn read_script(&mut self, path: &Utf8Path, contents: impl Read) -> io::Result<Text> {
        let depth = path.components().count().clamp(1, DEPTHS) - 1;
        let left = &mut self.scripts[depth];
        let mut bytes = read_beyond(contents, MAX_SCRIPT.min(*left))?;
        let length = bytes.len() as u64;
        let Some(rest) = left.checked_sub(length) else {
            return Ok(Text::PassedOver);
        };
        *left = rest;
        if length > MAX_SCRIPT {
            cut_text(&mut bytes);
        }
        Ok(Text::Read(bytes))
    }
}

/// Reads up to a byte more than the limit, so that more is told from the limit.
fn read_beyond(contents: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    contents.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Removes what is left of a character at the end of a text that was cut.
fn cut_text(bytes: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(manifests: u64, scripts: u64) -> TextBudget {
        TextBudget::new(TextLimits { manifests, scripts })
    }

    /// Returns how much is read of a file; `None` if it is passed over.
    fn read(budget: &mut TextBudget, path: &str, length: u64) -> Result<Option<u64>, String> {
        let contents = io::repeat(b'a').take(length);
        match budget.read(path.into(), contents).unwrap() {
            Text::Read(bytes) => Ok(Some(bytes.len() as u64)),
            Text::PassedOver => Ok(None),
            Text::Refused(message) => Err(message),
        }
    }

    #[test]
    fn each_kind_of_file_has_its_limit() {
        let budget = || budget(100 << 20, 100 << 20);
        for (path, limit) in [("a/Cargo.lock", MAX_LOCK), ("a/Cargo.toml", MAX_MANIFEST)] {
            assert_eq!(read(&mut budget(), path, limit), Ok(Some(limit)));
            let message = read(&mut budget(), path, limit + 1).unwrap_err();
            assert!(message.contains(path), "{message}");
        }
        let length = read(&mut budget(), "setup.py", 2 * MAX_SCRIPT);
        assert_eq!(length, Ok(Some(MAX_SCRIPT + 1)));
    }

    #[test]
    fn a_cut_script_is_text() {
        let mut bytes = "aé".as_bytes().to_vec();
        bytes.pop();
        cut_text(&mut bytes);
        assert_eq!(bytes, b"a");
    }

    #[test]
    fn all_manifests_together_have_a_limit() {
        let mut budget = budget(3000, 0);
        assert_eq!(read(&mut budget, "a/Cargo.toml", 2000), Ok(Some(2000)));
        let message = read(&mut budget, "b/Cargo.toml", 2000).unwrap_err();
        assert!(message.contains("are larger than"), "{message}");
        assert_eq!(read(&mut budget, "b/Cargo.toml", 1000), Ok(Some(1000)));
    }

    #[test]
    fn scripts_further_down_leave_room_for_those_at_the_top() {
        let mut budget = budget(0, 3000);
        assert_eq!(read(&mut budget, "a/b/c.py", 3000), Ok(Some(3000)));
        assert_eq!(read(&mut budget, "a/b/d.py", 1), Ok(None));
        assert_eq!(
            read(&mut budget, "a/b/c/d/e/f/lib.rs", 2999),
            Ok(Some(2999))
        );
        assert_eq!(read(&mut budget, "a/b/c/d/lib.rs", 2), Ok(None));
        assert_eq!(read(&mut budget, "setup.py", 3000), Ok(Some(3000)));
    }
}
