//! What a build tells cargo: features, profile, whether the lock may change.

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

/// Options of `cargo build` that decide which crates are built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoOptions {
    /// `--features`
    pub features: Vec<String>,
    /// `--no-default-features`
    pub no_default_features: bool,
    /// `--all-features`
    pub all_features: bool,
    /// `--profile`
    pub profile: Option<String>,
    /// `--locked` or `--frozen`: cargo refuses a lock that it would change.
    pub locked: bool,
    /// `--manifest-path`
    pub manifest_path: Option<String>,
    /// `--package`
    pub package: Option<String>,
}

impl CargoOptions {
    /// Takes what counts out of the arguments of cargo or maturin.
    pub fn read_arguments(&mut self, arguments: &[impl AsRef<str>]) {
        let mut arguments = arguments.iter().map(AsRef::as_ref);
        while let Some(argument) = arguments.next() {
            let (flag, value) = match argument.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (argument, None),
            };
            match flag {
                "--no-default-features" => self.no_default_features = true,
                "--all-features" => self.all_features = true,
                "--locked" | "--frozen" => self.locked = true,
                "--features" | "-F" => {
                    let list = value.or_else(|| arguments.next()).unwrap_or_default();
                    self.add_features(list);
                }
                "--profile" => self.profile = owned(value.or_else(|| arguments.next())),
                "--manifest-path" | "-m" => {
                    self.manifest_path = owned(value.or_else(|| arguments.next()));
                }
                "--package" | "-p" => self.package = owned(value.or_else(|| arguments.next())),
                // What comes after is for rustc.
                "--" => return,
                _ => {}
            }
        }
    }

    /// Adds features as `--features` has them: with commas or spaces between.
    fn add_features(&mut self, list: &str) {
        let names = list.split([',', ' ']).filter(|name| !name.is_empty());
        self.features.extend(names.map(str::to_owned));
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// An item of `tool.maturin.features`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum FeatureSpec {
    /// Always on.
    Plain(String),
    /// On for some Pythons.
    #[serde(rename_all = "kebab-case")]
    Conditional {
        feature: String,
        python_version: Option<VersionSpecifiers>,
        python_implementation: Option<String>,
    },
}

impl FeatureSpec {
    /// The feature, if it is on for the `CPython` 3 whose minor version `minor`
    /// gives.
    pub(super) fn for_python(&self, minor: impl Fn() -> u8) -> Option<String> {
        match self {
            Self::Plain(feature) => Some(feature.clone()),
            Self::Conditional {
                feature,
                python_version,
                python_implementation,
            } => {
                let version = || Version::new([3, u64::from(minor())]);
                let fits = python_version
                    .as_ref()
                    .is_none_or(|v| v.contains(&version()));
                let is_cpython = python_implementation
                    .as_ref()
                    .is_none_or(|name| name.eq_ignore_ascii_case("cpython"));
                (fits && is_cpython).then(|| feature.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_in_every_form() {
        let mut options = CargoOptions::default();
        options.read_arguments(&[
            "--features",
            "a,b c",
            "--features=d",
            "-F",
            "e",
            "--no-default-features",
            "--profile=dist",
            "--locked",
            "-p",
            "crate",
            "--manifest-path",
            "x/Cargo.toml",
            "--",
            "--features",
            "no",
        ]);
        assert_eq!(options.features, ["a", "b", "c", "d", "e"]);
        assert!(options.no_default_features && options.locked && !options.all_features);
        assert_eq!(options.profile.as_deref(), Some("dist"));
        assert_eq!(options.package.as_deref(), Some("crate"));
        assert_eq!(options.manifest_path.as_deref(), Some("x/Cargo.toml"));
    }

    #[test]
    fn features_may_depend_on_the_python() {
        #[derive(Deserialize)]
        struct Table {
            features: Vec<FeatureSpec>,
        }
        let table: Table = toml::from_str(
            "features = [\"a\", { feature = \"b\", python-version = \">=3.11\" },\n\
             { feature = \"c\", python-implementation = \"pypy\" }]",
        )
        .unwrap();
        let names = |minor| -> Vec<String> {
            table
                .features
                .iter()
                .filter_map(|f| f.for_python(|| minor))
                .collect()
        };
        assert_eq!(names(10), ["a"]);
        assert_eq!(names(13), ["a", "b"]);
    }
}
