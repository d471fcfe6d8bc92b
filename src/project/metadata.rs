//! What a Python project tells its users: description, URLs, licence and
//! dependencies.
//!
//! `PKG-INFO` follows the core metadata specification, `[project]` PEP 621,
//! the labels of URLs PEP 753.

use std::collections::BTreeMap;

use pep508_rs::{ExtraName, Requirement};
use serde::Deserialize;

use super::error::ProjectError;
use super::files::SourceFiles;
use super::model::Project;
use super::paths::join;
use super::pkg_info::{header, headers};
use super::setup_cfg;
use crate::pep508::parse_requirement;
use crate::toml_text::parse_manifest;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The description, on one line.
    pub description: Option<String>,
    /// URLs by normalized label (PEP 753).
    pub urls: BTreeMap<String, String>,
    /// The licence: an SPDX expression or free text.
    pub license: Option<String>,
    /// Trove classifiers.
    pub classifiers: Vec<String>,
    /// The run-time dependencies (PEP 508); `None` if only the build backend
    /// knows them.
    pub dependencies: Option<Vec<String>>,
    /// The dependencies of each extra.
    pub extras: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize, Default)]
struct Raw {
    project: Option<RawProject>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct RawProject {
    description: Option<String>,
    license: Option<License>,
    #[serde(default)]
    urls: BTreeMap<String, String>,
    #[serde(default)]
    classifiers: Vec<String>,
    dependencies: Option<Vec<String>>,
    #[serde(default)]
    dynamic: Vec<String>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<String>>,
}

/// `project.license`: an expression since PEP 639, a table before.
#[derive(Deserialize)]
#[serde(untagged)]
enum License {
    Expression(String),
    Table { text: Option<String> },
}

impl Metadata {
    /// Reads `pyproject.toml` and fills in what it lacks from `PKG-INFO`,
    /// `setup.cfg` and, for maturin, the crate's manifest.
    ///
    /// # Errors
    /// If a file isn't UTF-8.
    pub fn read(files: &SourceFiles, project: &Project) -> Result<Self, ProjectError> {
        let text = |name| {
            let path = join(&project.python_root, name);
            files.text(&path).map(Option::unwrap_or_default)
        };
        // `Project` refuses a file that doesn't parse.
        let raw: Raw = parse_manifest(text("pyproject.toml")?).unwrap_or_default();
        let mut metadata = raw.project.map(Self::from_pyproject).unwrap_or_default();
        metadata.complete(Self::from_pkg_info(text("PKG-INFO")?));
        metadata.complete(Self::from_setup_cfg(text("setup.cfg")?));
        if project.pyproject.is_maturin() {
            let first = project.rust.iter().flat_map(|rust| &rust.modules).next();
            if let Some(module) = first {
                let manifest = files.text(&module.build.manifest)?.unwrap_or_default();
                metadata.complete(Self::from_manifest(manifest));
            }
        }
        Ok(metadata)
    }

    /// Returns the first HTTP URL that has one of these labels.
    pub fn url(&self, labels: &[&str]) -> Option<&str> {
        labels
            .iter()
            .filter_map(|label| self.urls.get(*label))
            .map(String::as_str)
            .find(|url| url.starts_with("https://") || url.starts_with("http://"))
    }

    /// Fills in what is missing from `other`.
    fn complete(&mut self, other: Self) {
        self.description = self.description.take().or(other.description);
        self.license = self.license.take().or(other.license);
        self.dependencies = self.dependencies.take().or(other.dependencies);
        for (label, url) in other.urls {
            self.urls.entry(label).or_insert(url);
        }
        if self.classifiers.is_empty() {
            self.classifiers = other.classifiers;
        }
        if self.extras.is_empty() {
            self.extras = other.extras;
        }
    }

    fn from_pyproject(project: RawProject) -> Self {
        let is_dynamic = project.dynamic.iter().any(|key| key == "dependencies");
        let dependencies = project.dependencies.unwrap_or_default();
        let urls = project.urls.into_iter();
        Self {
            description: project.description.as_deref().and_then(one_line),
            urls: urls
                .map(|(label, url)| (normalize_label(&label), url))
                .collect(),
            license: project.license.and_then(|license| match license {
                License::Expression(text) => Some(text),
                License::Table { text } => text,
            }),
            classifiers: project.classifiers,
            dependencies: (!is_dynamic).then_some(dependencies),
            extras: project.optional_dependencies,
        }
    }

    fn from_pkg_info(text: &str) -> Self {
        let all = |name| headers(text, name).map(str::to_owned).collect::<Vec<_>>();
        let mut urls: BTreeMap<_, _> = headers(text, "Project-URL")
            .filter_map(|line| line.split_once(','))
            .map(|(label, url)| (normalize_label(label), url.trim().to_owned()))
            .collect();
        if let Some(url) = header(text, "Home-page") {
            urls.entry("homepage".to_owned()).or_insert(url);
        }
        let requires = all("Requires-Dist");
        let (dependencies, extras) = split_by_extra(&requires, &all("Provides-Extra"));
        Self {
            description: header(text, "Summary").as_deref().and_then(one_line),
            urls,
            license: header(text, "License-Expression").or_else(|| header(text, "License")),
            classifiers: all("Classifier"),
            // Without the header, the package has no dependencies or the
            // backend is too old to write them.
            dependencies: (!requires.is_empty()).then_some(dependencies),
            extras,
        }
    }

    fn from_setup_cfg(text: &str) -> Self {
        let value = |key| setup_cfg::value(text, "metadata", key);
        let url = value("url").map(|url| ("homepage".to_owned(), url));
        let requires = setup_cfg::list(text, "options", "install_requires");
        Self {
            description: value("description").as_deref().and_then(one_line),
            urls: url.into_iter().collect(),
            license: value("license"),
            dependencies: (!requires.is_empty()).then_some(requires),
            ..Self::default()
        }
    }

    fn from_manifest(text: &str) -> Self {
        let manifest: toml::Table = parse_manifest(text).unwrap_or_default();
        let value = |key| manifest.get("package")?.get(key)?.as_str();
        let owned = |key| value(key).map(str::to_owned);
        let urls = [("homepage", "homepage"), ("source", "repository")];
        let urls = urls
            .into_iter()
            .filter_map(|(label, key)| Some((label.to_owned(), owned(key)?)));
        Self {
            description: value("description").and_then(one_line),
            urls: urls.collect(),
            license: owned("license"),
            ..Self::default()
        }
    }
}

/// Splits requirements into those that always hold and those of each extra,
/// whose markers lose the condition on the extra.
fn split_by_extra(
    requires: &[String],
    extras: &[String],
) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let mut always = Vec::new();
    let mut by_extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in requires {
        let Ok(requirement) = parse_requirement(text) else {
            // The requirement's reader reports the error.
            always.push(text.clone());
            continue;
        };
        let with_any = requirement.marker.clone().simplify_extras_with(|_| true);
        if with_any == requirement.marker {
            always.push(text.clone());
            continue;
        }
        for extra in extras {
            let Ok(name) = extra.parse::<ExtraName>() else {
                continue;
            };
            let marker = requirement.marker.clone().simplify_extras(&[name]);
            // The marker is unchanged if it asks for another extra.
            if marker == requirement.marker {
                continue;
            }
            let requirement = Requirement {
                marker,
                ..requirement.clone()
            };
            by_extra
                .entry(extra.clone())
                .or_default()
                .push(requirement.to_string());
        }
    }
    (always, by_extra)
}

/// Normalizes the label of a URL (PEP 753).
fn normalize_label(label: &str) -> String {
    let letters = label.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Joins the words of a text with spaces; `None` if it has none.
fn one_line(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    fn metadata(files: &[(&str, &str)]) -> Metadata {
        let source = SourceFiles::example(files);
        let project = Project::read(&source, Utf8Path::new("."), Some(13)).unwrap();
        Metadata::read(&source, &project).unwrap()
    }

    #[test]
    fn pyproject_goes_first_and_is_completed() {
        let pyproject = "[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n\
             [project]\nname = \"a\"\nversion = \"1\"\ndescription = \"\"\"\nOne\n two\n\"\"\"\n\
             urls.\"Change Log\" = \"https://example.org/changes\"\n";
        let manifest = "[package]\nname = \"a\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n\
             description = \"other\"\nrepository = \"https://example.org/a\"\n";
        let found = metadata(&[
            ("pyproject.toml", pyproject),
            ("Cargo.toml", manifest),
            ("src/lib.rs", ""),
        ]);
        assert_eq!(found.description.as_deref(), Some("One two"));
        assert_eq!(found.license.as_deref(), Some("MIT"));
        assert_eq!(
            found.url(&["changelog"]),
            Some("https://example.org/changes")
        );
        assert_eq!(
            found.url(&["homepage", "source"]),
            Some("https://example.org/a")
        );
        assert_eq!(found.dependencies, Some(Vec::new()));
    }

    #[test]
    fn pkg_info_has_the_extras_in_markers() {
        let pkg_info = "Name: a\nVersion: 1\nSummary: S\nHome-page: https://example.org\n\
             Classifier: X :: Y\nRequires-Dist: b>=1\nProvides-Extra: fast\nProvides-Extra: all\n\
             Requires-Dist: c; (python_version >= \"3.9\") and extra == \"fast\"\n\
             Requires-Dist: a[fast]; extra == 'all'\n\nRequires-Dist: none\n";
        let found = metadata(&[("setup.py", ""), ("PKG-INFO", pkg_info)]);
        assert_eq!(found.dependencies, Some(vec!["b>=1".to_owned()]));
        assert_eq!(
            found.extras,
            BTreeMap::from([
                ("all".to_owned(), vec!["a[fast]".to_owned()]),
                (
                    "fast".to_owned(),
                    vec!["c ; python_full_version >= '3.9'".to_owned()]
                ),
            ])
        );
        assert_eq!(found.url(&["homepage"]), Some("https://example.org"));
        assert_eq!(found.classifiers, ["X :: Y"]);
    }

    #[test]
    fn what_only_the_backend_could_tell_is_untold() {
        let dynamic = "[project]\nname = \"a\"\ndynamic = [\"dependencies\"]\n";
        assert_eq!(metadata(&[("pyproject.toml", dynamic)]).dependencies, None);
        let script = "from setuptools import setup\nsetup(name=\"a\")\n";
        assert_eq!(metadata(&[("setup.py", script)]).dependencies, None);
        let cfg = "[metadata]\nname = a\nurl = ftp://example.org\n[options]\ninstall_requires =\n  b\n  c>1\n";
        let found = metadata(&[("setup.py", ""), ("setup.cfg", cfg)]);
        assert_eq!(
            found.dependencies,
            Some(vec!["b".to_owned(), "c>1".to_owned()])
        );
        assert_eq!(found.url(&["homepage"]), None);
    }
}
