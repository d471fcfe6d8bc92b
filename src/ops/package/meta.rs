//! `meta` and `pythonImportsCheck` of a package, by nixpkgs' rules.

use super::Maker;
use crate::nix::PackageTable;
use crate::nix::package::Meta;
use crate::project::Metadata;

/// Returns the names for `pythonImportsCheck`: the packages of the modules.
pub(super) fn imports(maker: Maker) -> Vec<String> {
    let is_identifier = |name: &str| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(is_word)
    };
    let own = maker.loaded.project.identity.name.import_name();
    let modules = maker
        .rust
        .modules
        .iter()
        .filter(|module| !module.build.is_bin);
    let names = modules.map(|module| {
        let manifest = &module.manifest;
        let by_crate = || manifest.lib_name.clone().or_else(|| manifest.name.clone());
        let by_crate = || by_crate().filter(|_| maker.is_maturin());
        let told = module.build.name.clone().or_else(by_crate);
        let told = told.unwrap_or_else(|| own.clone());
        let first = told.split('.').next().unwrap_or_default();
        first.replace('-', "_")
    });
    let mut names: Vec<_> = names.filter(|name| is_identifier(name)).collect();
    names.sort();
    names.dedup();
    names
}

/// Returns the attributes of `meta`.
pub(super) fn meta(maker: Maker, metadata: &Metadata) -> Meta {
    let table = PackageTable::built_in();
    let licenses = table.licenses(metadata.license.as_deref(), &metadata.classifiers);
    let url = |labels: &[&str]| metadata.url(labels).map(shown);
    let name = maker.loaded.project.identity.name.as_str();
    let description = metadata.description.as_deref().map(shown);
    let programs = maker
        .rust
        .modules
        .iter()
        .filter(|module| module.build.is_bin);
    let mut programs = programs.filter_map(|module| module.build.name.as_deref());
    let program = programs.next().filter(|_| programs.next().is_none());
    Meta {
        description: description.map(|text| described(&text, name)),
        homepage: url(&["homepage", "source", "repository", "sourcecode", "github"]),
        changelog: url(&[
            "changelog",
            "changes",
            "releasenotes",
            "whatsnew",
            "history",
        ]),
        licenses: licenses.into_iter().map(str::to_owned).collect(),
        main_program: program.map(shown),
    }
}

/// Adapts a description to nixpkgs' rules: it begins with a capital letter, and
/// has no article, full stop or repetition of the package's name.
fn described(text: &str, name: &str) -> String {
    let mut text = text.trim().trim_end_matches('.');
    let starts = [
        format!("{name} is "),
        format!("{name}: "),
        format!("{name} - "),
    ];
    for start in starts
        .iter()
        .map(String::as_str)
        .chain(["A ", "An ", "The ", "a ", "an "])
    {
        let is_start = text
            .get(..start.len())
            .is_some_and(|first| first.eq_ignore_ascii_case(start));
        if is_start && text.len() > start.len() {
            text = &text[start.len()..];
        }
    }
    let mut chars = text.chars();
    let first = chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>());
    first.unwrap_or_default() + chars.as_str()
}

/// Returns a text without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_follow_nixpkgs_rules() {
        for (text, described_text) in [
            ("A fast thing.", "Fast thing"),
            ("demo is a package which does", "Package which does"),
            ("Demo: The thing", "Thing"),
            ("python bindings", "Python bindings"),
            ("éclair", "Éclair"),
            ("A ", "A"),
            ("", ""),
        ] {
            assert_eq!(described(text, "demo"), described_text);
        }
    }
}
