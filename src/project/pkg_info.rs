//! Headers of an sdist's `PKG-INFO` (the core metadata specification).

/// Returns the values of a header that may occur several times. The
/// description below the first empty line is ignored.
pub(super) fn headers<'a>(pkg_info: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    pkg_info
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Returns the value of a header, unless it is empty.
pub(super) fn header(pkg_info: &str, name: &str) -> Option<String> {
    let value = headers(pkg_info, name).next()?;
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_at_the_description() {
        let text = "Metadata-Version: 2.4\nName: Foo\nversion:  1.0\n\nSummary: no header\n";
        assert_eq!(header(text, "Name").as_deref(), Some("Foo"));
        assert_eq!(header(text, "Version").as_deref(), Some("1.0"));
        assert_eq!(header(text, "Summary"), None);
    }
}
