//! What `uv.lock` says: which packages it has, and where from, which decides
//! what uv2nix makes of them.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::PythonName;

/// Where the package set has a package's source from, as `source` in uv.lock
/// says it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// An sdist of a package index, which may be a wheel in other sets.
    #[default]
    Registry,
    /// A project of the workspace, whose `[build-system]` uv2nix reads.
    Local,
    /// A git repository, and the folder of the package in it.
    Git(Option<Utf8PathBuf>),
    /// An archive at a URL, likewise.
    Url(Option<Utf8PathBuf>),
    /// An archive in the user's own folders.
    Path,
}

impl SourceKind {
    /// uv2nix gives these sources no name, which an unpacked one is called by.
    #[must_use]
    pub const fn is_nameless(&self) -> bool {
        matches!(self, Self::Git(_) | Self::Path)
    }

    /// Where the package is in it.
    #[must_use]
    pub fn subdirectory(&self) -> Option<&Utf8Path> {
        match self {
            Self::Git(folder) | Self::Url(folder) => folder.as_deref(),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    source: Source,
}

#[derive(Default, Deserialize)]
struct Source {
    registry: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
    subdirectory: Option<Utf8PathBuf>,
}

/// The names of the packages in a `uv.lock`; none where it isn't one.
#[must_use]
pub fn uv_lock_names(text: &str) -> BTreeSet<PythonName> {
    let lock: Option<Lock> = toml::from_str(text).ok();
    let packages = lock.into_iter().flat_map(|lock| lock.package);
    packages
        .map(|package| PythonName::new(&package.name))
        .collect()
}

/// What a `uv.lock` says of a package; nothing where it isn't in it, or that
/// is no `uv.lock`.
#[must_use]
pub fn uv_lock_source(text: &str, name: &PythonName) -> Option<SourceKind> {
    let lock: Lock = toml::from_str(text).ok()?;
    let mut packages = lock.package.into_iter();
    let package = packages.find(|package| PythonName::new(&package.name) == *name)?;
    let source = package.source;
    Some(match source {
        Source {
            registry: Some(_), ..
        } => SourceKind::Registry,
        Source { git: Some(url), .. } => SourceKind::Git(git_subdirectory(&url)),
        Source { url: Some(_), .. } => SourceKind::Url(source.subdirectory),
        Source { path: Some(_), .. } => SourceKind::Path,
        _ => SourceKind::Local,
    })
}

/// `https://example.org/r?subdirectory=bindings%2Fpython#0123abc`
fn git_subdirectory(url: &str) -> Option<Utf8PathBuf> {
    let url = reqwest::Url::parse(url).ok()?;
    let mut pairs = url.query_pairs();
    let (_, folder) = pairs.find(|(key, _)| key == "subdirectory")?;
    Some(folder.into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_source() {
        let lock = r#"
version = 1

[[package]]
name = "a"
source = { registry = "https://example.org/simple" }

[[package]]
name = "b"
source = { git = "https://example.org/b?subdirectory=bindings%2Fpython&rev=main#0123" }

[[package]]
name = "c"
source = { url = "https://example.org/c.tar.gz", subdirectory = "python" }

[[package]]
name = "d"
source = { path = "d-1.0.tar.gz" }

[[package]]
name = "e"
source = { editable = "." }

[[package]]
name = "f"
source = { git = "https://example.org/f#0123" }
"#;
        let kind = |name| uv_lock_source(lock, &PythonName::new(name));
        assert_eq!(kind("A"), Some(SourceKind::Registry));
        assert_eq!(
            kind("b"),
            Some(SourceKind::Git(Some("bindings/python".into())))
        );
        assert_eq!(kind("c"), Some(SourceKind::Url(Some("python".into()))));
        assert_eq!(kind("d"), Some(SourceKind::Path));
        assert_eq!(kind("e"), Some(SourceKind::Local));
        assert_eq!(kind("f"), Some(SourceKind::Git(None)));
        assert_eq!(kind("g"), None);
        assert_eq!(uv_lock_source("no lock", &PythonName::new("a")), None);
    }
}
