//! Shell text in the phases of a build.

use std::borrow::Cow;

use camino::Utf8Path;

/// Where a build phase puts a `Cargo.lock`: where `cargoSetupHook` of nixpkgs
/// compares it with that of the vendored crates.
pub(super) struct LockTarget {
    /// A command that has to come first; empty if there is none.
    pub prepare: String,
    /// The path of the file as a shell word.
    pub path: String,
    /// Whether the path is a shell word as it is.
    pub is_plain: bool,
}

impl LockTarget {
    /// `cargo_root` is relative to the folder that the build enters.
    pub(super) fn new(cargo_root: &Utf8Path) -> Self {
        let path = cargo_root.join("Cargo.lock");
        let path = path.as_str().trim_start_matches("./");
        // stdenv makes the folder that it enters writable, but not those above.
        let prepare = if cargo_root.starts_with("..") {
            format!("chmod u+w {}\n", quoted(cargo_root.as_str()))
        } else {
            String::new()
        };
        // A leading `-` would make the path an option.
        let path = if path.starts_with('-') {
            Cow::Owned(format!("./{path}"))
        } else {
            Cow::Borrowed(path)
        };
        Self {
            prepare,
            path: quoted(&path),
            is_plain: is_plain(&path),
        }
    }
}

fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    word.chars().all(is_plain)
}

/// Quotes a shell word if it needs quotes.
fn quoted(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
