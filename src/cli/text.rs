//! Words and numbers as people read them.

use indicatif::HumanBytes;

/// Returns a number and what it counts, in the plural unless there is one.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Returns a size with a unit, such as `812 B` or `1.46 KiB`.
pub(super) fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "package"), "1 package");
        assert_eq!(counted(0, "crate"), "0 crates");
        assert_eq!(counted(12, "crate"), "12 crates");
    }

    #[test]
    fn sizes_have_a_unit() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (1500, "1.46 KiB"),
            (62_500_000, "59.60 MiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
