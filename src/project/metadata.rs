//! What a Python project says of itself to its users: description, addresses,
//! licence and the packages that it needs to run.
//!
//! `PKG-INFO` follows the core metadata specification, `[project]` PEP 621,
//! the labels of addresses PEP 753.

use std::collections::BTreeMap;

use pep508_rs::{ExtraName, Requirement, VerbatimUrl};
use serde::Deserialize;

use super::identity::header;
use super::{Project, ProjectError, SourceFiles, join, setup_cfg};

/// What a project says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The description, on one line.
    pub description: Option<String>,
    /// Addresses by their labels, these normalised.
    pub urls: BTreeMap<String, String>,
    /// The licence, as an SPDX expression or in words.
    pub license: Option<String>,
    /// Trove classifiers.
    pub classifiers: Vec<String>,
    /// What it needs to run, as PEP 508 has it; `None` where only the build
    /// backend could tell.
    pub dependencies: Option<Vec<String>>,
    /// What its extras need.
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

/// An expression since PEP 639, a table before.
#[derive(Deserialize)]
#[serde(untagged)]
enum License {
    Expression(String),
    Table { text: Option<String> },
}

/// The `[package]` table of a crate, from which maturin takes what
/// `pyproject.toml` hasn't.
#[derive(Deserialize, Default)]
struct RawManifest {
    #[serde(default)]
    package: toml::Table,
}

impl Metadata {
    /// Reads `pyproject.toml`, then `PKG-INFO`, `setup.cfg` and, for maturin,
    /// the crate's manifest for what is missing.
    ///
    /// # Errors
    /// Where a file is no UTF-8.
    pub fn read(files: &SourceFiles, project: &Project) -> Result<Self, ProjectError> {
        let text = |name| {
            let path = join(&project.python_root, name);
            files.text(&path).map(Option::unwrap_or_default)
        };
        // A file that doesn't parse has stopped the command before.
        let raw: Raw = toml::from_str(text("pyproject.toml")?).unwrap_or_default();
        let mut found = Self::of_pyproject(raw.project);
        found.complete(Self::of_pkg_info(text("PKG-INFO")?));
        found.complete(Self::of_setup_cfg(text("setup.cfg")?));
        let modules = project.rust.iter().flat_map(|rust| &rust.modules);
        for module in modules.take(usize::from(project.pyproject.is_maturin())) {
            let manifest = files.text(&module.build.manifest)?.unwrap_or_default();
            found.complete(Self::of_manifest(manifest));
        }
        Ok(found)
    }

    /// The first address that has one of these labels, if it is one of the
    /// web.
    #[must_use]
    pub fn url(&self, labels: &[&str]) -> Option<&str> {
        let is_web = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
        let urls = labels.iter().filter_map(|label| self.urls.get(*label));
        urls.filter(is_web).map(String::as_str).next()
    }

    /// Takes from `other` what is missing.
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

    fn of_pyproject(project: Option<RawProject>) -> Self {
        let Some(project) = project else {
            return Self::default();
        };
        let is_dynamic = project.dynamic.iter().any(|key| key == "dependencies");
        let dependencies = project.dependencies.unwrap_or_default();
        let urls = project.urls.into_iter();
        Self {
            description: one_line(project.description),
            urls: urls.map(|(label, url)| (normalized(&label), url)).collect(),
            license: match project.license {
                Some(License::Expression(text)) => Some(text),
                Some(License::Table { text }) => text,
                None => None,
            },
            classifiers: project.classifiers,
            dependencies: (!is_dynamic).then_some(dependencies),
            extras: project.optional_dependencies,
        }
    }

    fn of_pkg_info(text: &str) -> Self {
        let all = |name: &str| -> Vec<String> {
            let lines = text.lines().take_while(|line| !line.is_empty());
            let headers = lines.filter_map(|line| line.split_once(':'));
            let named = headers.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.trim().to_owned()).collect()
        };
        let mut urls: BTreeMap<_, _> = all("Project-URL")
            .iter()
            .filter_map(|line| line.split_once(','))
            .map(|(label, url)| (normalized(label), url.trim().to_owned()))
            .collect();
        if let Some(url) = header(text, "Home-page") {
            urls.entry("homepage".to_owned()).or_insert(url);
        }
        let requires = all("Requires-Dist");
        let (dependencies, extras) = by_extra(&requires, &all("Provides-Extra"));
        Self {
            description: one_line(header(text, "Summary")),
            urls,
            license: header(text, "License-Expression").or_else(|| header(text, "License")),
            classifiers: all("Classifier"),
            // Older backends leave them out, and none at all has no line.
            dependencies: (!requires.is_empty()).then_some(dependencies),
            extras,
        }
    }

    fn of_setup_cfg(text: &str) -> Self {
        let value = |key| setup_cfg::value(text, "metadata", key);
        let url = value("url").map(|url| ("homepage".to_owned(), url));
        let requires = setup_cfg::list(text, "options", "install_requires");
        Self {
            description: one_line(value("description")),
            urls: url.into_iter().collect(),
            license: value("license"),
            dependencies: (!requires.is_empty()).then_some(requires),
            ..Self::default()
        }
    }

    fn of_manifest(text: &str) -> Self {
        let raw: RawManifest = toml::from_str(text).unwrap_or_default();
        let value = |key: &str| raw.package.get(key)?.as_str().map(str::to_owned);
        let urls = [
            ("homepage", value("homepage")),
            ("source", value("repository")),
        ];
        let urls = urls
            .into_iter()
            .filter_map(|(label, url)| Some((label.to_owned(), url?)));
        Self {
            description: one_line(value("description")),
            urls: urls.collect(),
            license: value("license"),
            ..Self::default()
        }
    }
}

/// Parts what extras ask for from what is always needed, their markers
/// without the extra.
fn by_extra(
    requires: &[String],
    extras: &[String],
) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let mut always = Vec::new();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in requires {
        let Ok(requirement) = text.parse::<Requirement<VerbatimUrl>>() else {
            // Whoever reads it next says so.
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
            // What another extra asks for stays as it was.
            if marker == requirement.marker {
                continue;
            }
            let asked = Requirement {
                marker,
                ..requirement.clone()
            };
            found
                .entry(extra.clone())
                .or_default()
                .push(asked.to_string());
        }
    }
    (always, found)
}

/// PEP 753's normal form of a label.
fn normalized(label: &str) -> String {
    let letters = label.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn one_line(text: Option<String>) -> Option<String> {
    let words = text?;
    let words: Vec<&str> = words.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    fn metadata(files: &[(&str, &str)]) -> Metadata {
        let mut source = SourceFiles::new(".");
        for (path, text) in files {
            source.insert(*path, Some(text.as_bytes().to_vec()));
        }
        let project = Project::read(&source, Utf8Path::new("."), 13).unwrap();
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
