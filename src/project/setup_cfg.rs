//! `setup.cfg`: values as Python's `configparser` and setuptools read them.

/// Returns the value of a key, its lines joined by newlines. Returns `None`
/// for values that setuptools takes from elsewhere (`attr:`, `file:`).
pub(super) fn value(text: &str, section: &str, key: &str) -> Option<String> {
    let mut lines = section_lines(text, section).peekable();
    while let Some(line) = lines.next() {
        let Some((name, first)) = line.split_once(['=', ':']) else {
            continue;
        };
        // Indented lines continue the value before them.
        if line.starts_with([' ', '\t']) || !name.trim().eq_ignore_ascii_case(key) {
            continue;
        }
        let mut value = first.trim().to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
            value.push('\n');
            value.push_str(more.trim());
        }
        let value = value.trim();
        let is_literal = !value.starts_with("attr:") && !value.starts_with("file:");
        return (is_literal && !value.is_empty()).then(|| value.to_owned());
    }
    None
}

/// Returns the `module.attribute` of an `attr:` value.
pub(crate) fn attribute(text: &str, section: &str, key: &str) -> Option<String> {
    let mut lines = section_lines(text, section);
    lines.find_map(|line| {
        let (name, value) = line.split_once(['=', ':'])?;
        let is_key = name.trim().eq_ignore_ascii_case(key);
        let named = value.trim().strip_prefix("attr:")?;
        is_key.then(|| named.trim().to_owned())
    })
}

/// Returns the items of a list as setuptools splits it: one a line, or
/// separated by semicolons.
pub(crate) fn list(text: &str, section: &str, key: &str) -> Vec<String> {
    let value = value(text, section, key).unwrap_or_default();
    let separator = if value.contains('\n') { '\n' } else { ';' };
    value
        .split(separator)
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn section_lines<'a>(text: &'a str, section: &str) -> impl Iterator<Item = &'a str> {
    let header = format!("[{section}]");
    text.lines()
        .skip_while(move |line| line.trim() != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.trim_start().starts_with(['#', ';']) && !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_literals_of_their_section() {
        let text =
            "[options]\nname = no\n[metadata]\nname = foo\nversion = attr: foo.__version__\n";
        assert_eq!(value(text, "metadata", "name").as_deref(), Some("foo"));
        assert_eq!(value(text, "metadata", "version"), None);
        let attribute = attribute(text, "metadata", "version");
        assert_eq!(attribute.as_deref(), Some("foo.__version__"));
        assert_eq!(value("[a]\nname = b\n", "metadata", "name"), None);
    }

    #[test]
    fn lists_have_lines_or_semicolons() {
        let text = "[options]\nsetup_requires =\n    setuptools-rust>=1\n    # why\n    cffi; python_version<'4'\nzip_safe = no\n";
        let expected = ["setuptools-rust>=1", "cffi; python_version<'4'"];
        assert_eq!(list(text, "options", "setup_requires"), expected);
        let line = "[options]\nsetup_requires = a; b\n";
        assert_eq!(list(line, "options", "setup_requires"), ["a", "b"]);
    }
}
