//! What `uv.lock` says of a workspace as a whole: its members, the Pythons
//! that it is for, and those that its wheels are for.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;

use super::error::toml_error;
use super::{ProjectError, PythonName};

const HELP: &str = "let uv write it anew: `uv lock`";

/// A `uv.lock`, as far as a flake asks.
#[derive(Debug)]
pub struct UvWorkspace {
    /// The Pythons that all members allow.
    pub requires_python: Option<String>,
    /// The members that are installed as packages.
    pub members: Vec<UvMember>,
    /// Whether it has packages from folders that aren't members.
    pub has_folders: bool,
    /// Whether some extras or groups exclude each other.
    pub has_conflicts: bool,
    /// The wheels of each package that has any.
    wheels: BTreeMap<String, Vec<WheelTags>>,
}

/// A package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UvMember {
    /// Its name.
    pub name: PythonName,
    /// Its folder, relative to the lock's.
    pub folder: Utf8PathBuf,
}

/// What a wheel is for, by its name.
#[derive(Debug)]
struct WheelTags {
    pythons: Vec<String>,
    is_abi3: bool,
    /// For a `CPython` without its lock, which nixpkgs has beside the usual.
    is_free_threaded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawLock {
    requires_python: Option<String>,
    #[serde(default)]
    conflicts: Vec<toml::Value>,
    #[serde(default)]
    package: Vec<RawPackage>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    #[serde(default)]
    source: RawSource,
    #[serde(default)]
    wheels: Vec<RawWheel>,
}

#[derive(Default, Deserialize)]
struct RawSource {
    editable: Option<Utf8PathBuf>,
    directory: Option<Utf8PathBuf>,
}

/// Its name is at the end of one of these.
#[derive(Deserialize)]
struct RawWheel {
    url: Option<String>,
    path: Option<String>,
    filename: Option<String>,
}

impl UvWorkspace {
    /// Reads a lock; `place` is what it is called in errors.
    ///
    /// # Errors
    /// Where it is no `uv.lock`.
    pub fn read(place: &str, text: &str) -> Result<Self, ProjectError> {
        let lock: RawLock = toml::from_str(text)
            .map_err(|error| toml_error(place.to_owned(), text, &error, HELP))?;
        let folders = lock.package.iter();
        let has_folders = folders.filter_map(|p| p.source.directory.as_ref()).count() > 0;
        let mut members = Vec::new();
        let mut wheels: BTreeMap<String, Vec<WheelTags>> = BTreeMap::new();
        for package in lock.package {
            let tags: Vec<_> = package.wheels.iter().filter_map(RawWheel::tags).collect();
            if !tags.is_empty() {
                wheels.entry(package.name.clone()).or_default().extend(tags);
            }
            if let Some(folder) = package.source.editable {
                let name = PythonName::new(&package.name);
                members.push(UvMember { name, folder });
            }
        }
        members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            requires_python: lock.requires_python,
            members,
            has_folders,
            has_conflicts: !lock.conflicts.is_empty(),
            wheels,
        })
    }

    /// Whether each package with wheels has one for `CPython` 3.`minor`, on
    /// whatever platform.
    #[must_use]
    pub fn has_wheels_for(&self, minor: u8) -> bool {
        let mut packages = self.wheels.values();
        packages.all(|wheels| wheels.iter().any(|tags| tags.take(minor)))
    }
}

impl RawWheel {
    /// `name-1.0-cp39-abi3-manylinux_2_17_x86_64.whl`
    fn tags(&self) -> Option<WheelTags> {
        let places = [&self.filename, &self.path, &self.url];
        let place = places.into_iter().find_map(Option::as_deref)?;
        let name = place.rsplit('/').next()?.strip_suffix(".whl")?;
        let mut parts = name.rsplit('-');
        let (_platform, abis, pythons) = (parts.next()?, parts.next()?, parts.next()?);
        Some(WheelTags {
            pythons: pythons.split('.').map(str::to_owned).collect(),
            is_abi3: abis.split('.').any(|abi| abi == "abi3"),
            is_free_threaded: abis.split('.').all(is_free_threaded),
        })
    }
}

/// `cp314t`
fn is_free_threaded(abi: &str) -> bool {
    abi.starts_with("cp") && abi.ends_with('t')
}

impl WheelTags {
    fn take(&self, minor: u8) -> bool {
        !self.is_free_threaded
            && self.pythons.iter().any(|python| {
                let version = |prefix| python.strip_prefix(prefix)?.parse::<u8>().ok();
                match (version("py3"), version("cp3")) {
                    (Some(oldest), _) => oldest <= minor,
                    (_, Some(oldest)) if self.is_abi3 => oldest <= minor,
                    (_, Some(exactly)) => exactly == minor,
                    _ => python == "py3",
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_what_is_installed() {
        let lock = r#"
version = 1
requires-python = ">=3.11"
conflicts = [[{ package = "app", extra = "a" }, { package = "app", extra = "b" }]]

[[package]]
name = "Under_Score"
source = { editable = "packages/under" }

[[package]]
name = "app"
source = { virtual = "." }

[[package]]
name = "a"
source = { editable = "." }

[[package]]
name = "b"
source = { directory = "../b" }
"#;
        let workspace = UvWorkspace::read("uv.lock", lock).unwrap();
        let members: Vec<_> = workspace
            .members
            .iter()
            .map(|member| (member.name.as_str(), member.folder.as_str()))
            .collect();
        assert_eq!(members, [("a", "."), ("under-score", "packages/under")]);
        assert_eq!(workspace.requires_python.as_deref(), Some(">=3.11"));
        assert!(workspace.has_conflicts && workspace.has_folders);
        assert!(workspace.has_wheels_for(15));
        assert!(UvWorkspace::read("uv.lock", "package = 1").is_err());
    }

    #[test]
    fn wheels_tell_the_pythons() {
        let pythons = |names: &[&str]| -> Vec<u8> {
            let wheels: Vec<_> = names
                .iter()
                .map(|name| format!("{{ url = \"https://example.org/{name}.whl\" }}"))
                .collect();
            let lock = format!(
                "[[package]]\nname = \"a\"\nwheels = [{}]",
                wheels.join(", ")
            );
            let workspace = UvWorkspace::read("uv.lock", &lock).unwrap();
            (11..=15)
                .filter(|minor| workspace.has_wheels_for(*minor))
                .collect()
        };
        let all = [11, 12, 13, 14, 15];
        assert_eq!(pythons(&["a-1.0-py3-none-any"]), all);
        assert_eq!(pythons(&["a-1.0-py2.py3-none-any"]), all);
        assert_eq!(pythons(&["a-1.0-py312-none-any"]), [12, 13, 14, 15]);
        assert_eq!(
            pythons(&["a-1.0-cp313-abi3-macosx_11_0_arm64"]),
            [13, 14, 15]
        );
        assert_eq!(
            pythons(&[
                "a-1.0-cp311-cp311-musllinux_1_1_x86_64",
                "a-1.0-1-cp313-cp313-win32",
                "a-1.0-cp314-cp314t-win32",
            ]),
            [11, 13]
        );
        assert_eq!(pythons(&["a-1.0-pp310-pypy310_pp73-win32"]), [0u8; 0]);
        assert_eq!(pythons(&[]), all);
    }
}
