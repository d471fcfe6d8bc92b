//! File names from locks, which become names in the cache.

/// The endings of archives that can be read as sdists.
const ENDINGS: [&str; 3] = [".tar.gz", ".tgz", ".zip"];

/// In bytes, below the 255 that file systems allow.
const LONGEST: usize = 200;

/// Whether a file of the cache may have this name: it can't lead elsewhere,
/// hide, or be taken for an option.
pub(super) fn is_sound(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    let has_stem = |ending: &str| {
        small
            .strip_suffix(ending)
            .is_some_and(|stem| !stem.is_empty())
    };
    name.len() <= LONGEST
        && !name.starts_with(['.', '-'])
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._+!~-".contains(&byte))
        && ENDINGS.into_iter().any(has_stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_alone_are_sound() {
        for name in [
            "a-1.0.tar.gz",
            "a_b-1!2.0+cu12.zip",
            "v1.0.TAR.GZ",
            "a.tgz",
            "a~1.tar.gz",
        ] {
            assert!(is_sound(name), "{name}");
        }
        let long = format!("{}.zip", "a".repeat(200));
        for name in [
            "",
            "..",
            ".zip",
            ".tar.gz",
            "-a.zip",
            ".a.zip",
            "../a.zip",
            "a/b.zip",
            "a\\b.zip",
            "a\nb.zip",
            "a b.zip",
            "a\u{202e}.zip",
            "ä.zip",
            "c:a.zip",
            "a.tar.xz",
            "a.whl",
            "a",
            &long,
        ] {
            assert!(!is_sound(name), "{name:?}");
        }
    }
}
