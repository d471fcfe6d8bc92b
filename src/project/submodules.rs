//! The folders of a repository's submodules, as `.gitmodules` says
//! (gitmodules(5), git-config(1)).

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// The file that says which folders are submodules. Of an archive, it is read.
pub const GITMODULES: &str = ".gitmodules";

/// Returns the folders of submodules, relative to the folder of `.gitmodules`,
/// without those that would lead out of it.
pub fn submodule_paths(gitmodules: &str) -> Vec<Utf8PathBuf> {
    let values = gitmodules.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case("path")
            .then(|| unquoted(value))
    });
    let paths = values.map(Utf8PathBuf::from);
    paths.filter(|path| is_below(path)).collect()
}

/// Returns a value without quotes and escapes.
fn unquoted(value: &str) -> String {
    let mut text = String::new();
    let mut characters = value.trim().chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {}
            '\\' => text.extend(characters.next()),
            c => text.push(c),
        }
    }
    text
}

fn is_below(path: &Utf8Path) -> bool {
    let mut parts = path.components();
    path != "" && parts.all(|part| matches!(part, Utf8Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submodules_are_found_by_their_paths() {
        let text = "[submodule \"inner\"]\n\tpath = vendored/inner\n\turl = https://example.org/inner\n\
            [submodule \"b\"]\nPATH=\"with space\"\n[submodule \"c\"]\n\tpath = a\\\\b\n\
            [submodule \"d\"]\n\tpath = ../out\n[submodule \"e\"]\n\tpath = /etc\n\tpath =\n";
        let expected = ["vendored/inner", "with space", "a\\b"];
        assert_eq!(submodule_paths(text), expected);
    }
}
