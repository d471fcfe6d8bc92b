//! What a build passes to cargo: features, profile, whether `Cargo.lock` may
//! change.

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

/// The options of `cargo build` that decide which crates are built.
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
    /// `--locked` or `--frozen`: cargo refuses a lockfile that it would change.
    pub locked: bool,
    /// `--manifest-path`
    pub manifest_path: Option<String>,
    /// `--package`
    pub package: Option<String>,
}

impl CargoOptions {
    /// Adds the options in arguments of cargo or maturin.
    pub fn read_arguments(&mut self, arguments: &[impl AsRef<str>]) {
        let mut arguments = arguments.iter().map(AsRef::as_ref);
        while let Some(argument) = arguments.next() {
            let (flag, value) = split_flag(argument);
            let mut value = || value.or_else(|| arguments.next());
            match flag {
                "--no-default-features" => self.no_default_features = true,
                "--all-features" => self.all_features = true,
                "--locked" | "--frozen" => self.locked = true,
                "--features" | "-F" => {
                    let list = value().unwrap_or_default();
                    let names = list.split([',', ' ']).filter(|name| !name.is_empty());
                    self.features.extend(names.map(str::to_owned));
                }
                "--profile" => self.profile = value().map(str::to_owned),
                "--manifest-path" | "-m" => self.manifest_path = value().map(str::to_owned),
                "--package" | "-p" => self.package = value().map(str::to_owned),
                // Arguments after `--` are rustc's.
                "--" => return,
                _ => {}
            }
        }
    }
}

/// Splits `--flag=VALUE`, `-fVALUE` and `-f=VALUE`.
fn split_flag(argument: &str) -> (&str, Option<&str>) {
    let is_short = argument.starts_with('-') && !argument.starts_with("--");
    match argument.split_at_checked(2) {
        Some((flag, value)) if is_short && !value.is_empty() => {
            (flag, Some(value.strip_prefix('=').unwrap_or(value)))
        }
        _ => match argument.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (argument, None),
        },
    }
}

/// An item of `tool.maturin.features`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum FeatureSpec {
    Plain(String),
    /// A feature that is on for some Pythons.
    #[serde(rename_all = "kebab-case")]
    Conditional {
        feature: String,
        python_version: Option<VersionSpecifiers>,
        python_implementation: Option<String>,
    },
}

impl FeatureSpec {
    /// Returns the feature if it is on for `CPython` 3.`minor`.
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
            "-Ff",
            "-F=g",
            "-vv",
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
        assert_eq!(options.features, ["a", "b", "c", "d", "e", "f", "g"]);
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
