//! Whether `Cargo.lock` fits the manifests, as far as these alone can tell.
//!
//! Cargo resolves all members of a workspace with all their features and
//! dev-dependencies, so each of these dependencies has to be locked, and an
//! offline build can't add any. Cargo removes what nothing needs, unless
//! `--locked` forbids it.

use std::collections::BTreeSet;

use semver::VersionReq;

use super::cargo_lock::{CargoLock, LockedCrate};
use super::crate_source::CrateSource;
use super::local_crates::{LocalCrate, LocalCrates};
use super::manifest::CargoDependency;
use super::name::CrateVersion;
use super::problems::{ManifestProblem, MissingDependency, OutdatedCrate};

/// How `Cargo.lock` fits the manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockState {
    /// What keeps cargo from reading the manifests at all.
    pub broken: Vec<ManifestProblem>,
    /// Dependencies that the lockfile lacks or contradicts; no offline build
    /// can succeed.
    pub lacking: Vec<MissingDependency>,
    /// Locked crates that nothing needs.
    pub unneeded: Vec<CrateVersion>,
    /// Crates of the project itself that are locked in another version, or not
    /// at all.
    pub outdated: Vec<OutdatedCrate>,
}

impl LockState {
    /// Compares a lockfile with the crates of the project itself.
    pub fn compare(cargo_lock: &CargoLock, local: &LocalCrates) -> Self {
        let mut state = Self {
            broken: local.problems(),
            ..Self::default()
        };
        let mut needed = BTreeSet::new();
        let mut open = Vec::new();
        let mut reported = BTreeSet::new();
        for krate in local.crates.values() {
            let name = krate.manifest.name.as_deref().unwrap_or_default();
            let index = cargo_lock.local(name);
            needed.extend(index);
            let locked = index.map(|index| &cargo_lock.crates[index]);
            state.outdated.extend(outdated(krate, name, locked));
            for dependency in &krate.dependencies {
                if dependency.is_dev && !krate.is_member {
                    continue;
                }
                match find(cargo_lock, dependency, &local.patched) {
                    Match::Found(indexes) => open.extend(indexes),
                    // The feature that turns it on may be off.
                    Match::None { .. } if !krate.is_required(dependency) => {}
                    Match::Unclear => {}
                    Match::None { candidates } => {
                        let versions = candidates.iter().map(|&i| &cargo_lock.crates[i].version);
                        let missing = MissingDependency {
                            package: dependency.package.clone(),
                            requirement: dependency.requirement.clone(),
                            locked: versions.cloned().collect(),
                            required_by: name.to_owned(),
                        };
                        if reported.insert(missing.clone()) {
                            state.lacking.push(missing);
                        }
                    }
                }
            }
        }
        while let Some(index) = open.pop() {
            if needed.insert(index) {
                open.extend(&cargo_lock.crates[index].dependencies);
            }
        }
        state.unneeded = unneeded(cargo_lock, &needed);
        state
    }
}

fn outdated(krate: &LocalCrate, name: &str, locked: Option<&LockedCrate>) -> Option<OutdatedCrate> {
    let version = krate.version.as_ref().filter(|_| krate.is_read)?;
    let locked = locked.map(|locked| locked.version.clone());
    let is_same = locked.as_ref().map(ToString::to_string).as_ref() == Some(version);
    (!is_same).then(|| OutdatedCrate {
        name: name.to_owned(),
        version: version.clone(),
        locked,
    })
}

/// Returns the crates that aren't needed; none if all of these are local, since
/// cargo drops crates of folders that are gone before it compares.
fn unneeded(cargo_lock: &CargoLock, needed: &BTreeSet<usize>) -> Vec<CrateVersion> {
    let crates = cargo_lock.crates.iter().enumerate();
    let unneeded: Vec<_> = crates
        .filter(|(index, _)| !needed.contains(index))
        .map(|(_, krate)| krate)
        .collect();
    if unneeded
        .iter()
        .all(|krate| krate.source == CrateSource::Local)
    {
        return Vec::new();
    }
    unneeded.into_iter().map(LockedCrate::id).collect()
}

/// The locked crates that satisfy a dependency, as indexes.
enum Match {
    Found(Vec<usize>),
    /// The requirement can't be compared.
    Unclear,
    /// No crate fits; `candidates` have the right name.
    None {
        candidates: Vec<usize>,
    },
}

fn find(cargo_lock: &CargoLock, dependency: &CargoDependency, patched: &BTreeSet<String>) -> Match {
    let crates = &cargo_lock.crates;
    let candidates: Vec<usize> = (0..crates.len())
        .filter(|&index| crates[index].name.as_str() == dependency.package)
        .collect();
    if patched.contains(&dependency.package) && !candidates.is_empty() {
        return Match::Found(candidates);
    }
    let requirement = dependency.requirement.as_deref();
    let Ok(requirement) = requirement.map(str::parse::<VersionReq>).transpose() else {
        return Match::Unclear;
    };
    let fits = |krate: &LockedCrate| {
        let allows = |requirement: &VersionReq| requirement.matches(&krate.version);
        comes_from(&krate.source, dependency) && requirement.as_ref().is_none_or(allows)
    };
    let fitting: Vec<_> = candidates
        .iter()
        .copied()
        .filter(|&index| fits(&crates[index]))
        .collect();
    if !fitting.is_empty() {
        Match::Found(fitting)
    } else if dependency.path.is_some() {
        // Cargo adds crates of the project to the lockfile even offline.
        Match::Found(candidates)
    } else {
        Match::None { candidates }
    }
}

fn comes_from(source: &CrateSource, dependency: &CargoDependency) -> bool {
    match source {
        CrateSource::Local => dependency.path.is_some(),
        CrateSource::Git(locked) => {
            let is_at = |rev: &String| {
                // `rev` may also be a branch or tag; only what looks like a
                // hash can be compared.
                let is_hash = rev.len() >= 7 && rev.chars().all(|c| c.is_ascii_hexdigit());
                let revision = locked.revision.as_deref().unwrap_or_default();
                !is_hash || revision.starts_with(rev.as_str())
            };
            let is_same = |url: &String| comparable_url(url) == comparable_url(&locked.url);
            dependency.git.as_ref().is_some_and(is_same)
                && dependency.rev.as_ref().is_none_or(is_at)
        }
        CrateSource::Registry(_) => dependency.is_registry,
        CrateSource::CratesIo(_) => {
            dependency.path.is_none() && dependency.git.is_none() && !dependency.is_registry
        }
    }
}

/// Returns a repository's URL as cargo compares it: without `.git` or a slash
/// at the end, in lower case.
fn comparable_url(url: &str) -> String {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url).to_lowercase()
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::project::{Project, SourceFiles};

    const LOCK: &str = "version = 4\n\
        [[package]]\nname = \"m\"\nversion = \"1.0.0\"\ndependencies = [\"a\"]\n\
        [[package]]\nname = \"a\"\nversion = \"1.2.0\"\ndependencies = [\"b\"]\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
        [[package]]\nname = \"b\"\nversion = \"0.3.0\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
        [[package]]\nname = \"c\"\nversion = \"0.1.0\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
        [[package]]\nname = \"gone\"\nversion = \"0.1.0\"\ndependencies = [\"c\"]\n";

    fn state(files: &[(&str, &str)]) -> LockState {
        let pyproject = "[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n";
        state_of(&[&[("pyproject.toml", pyproject)], files].concat())
    }

    fn state_of(files: &[(&str, &str)]) -> LockState {
        let source = SourceFiles::example(&[files, &[("Cargo.lock", LOCK)]].concat());
        let project = Project::read(&source, Utf8Path::new("."), Some(13)).unwrap();
        let rust = &project.rust[0];
        let local = LocalCrates::find(&source, rust).unwrap();
        LockState::compare(rust.cargo_lock.as_ref().unwrap(), &local)
    }

    fn texts(values: &[impl ToString]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    fn manifest(rest: &str) -> String {
        format!("[package]\nname = \"m\"\nversion = \"1.0.0\"\n{rest}")
    }

    #[test]
    fn more_than_needed_is_told_apart() {
        let found = state(&[("Cargo.toml", &manifest("[dependencies]\na = \"1\"\n"))]);
        assert_eq!(found.lacking, []);
        assert_eq!(texts(&found.unneeded), ["c 0.1.0", "gone 0.1.0"]);
    }

    #[test]
    fn what_is_asked_for_has_to_be_there() {
        for (dependencies, lacking) in [
            ("[dependencies]\na = \"2\"\n", "`a 2` (locked: 1.2.0)"),
            (
                "[dependencies]\nnew = { version = \"1\", optional = true }\n",
                "`new 1`",
            ),
            ("[dev-dependencies]\nnew = \"1\"\n", "`new 1`"),
            (
                "[target.'cfg(windows)'.dependencies]\nx = { package = \"new\", version = \"1\" }\n",
                "`new 1`",
            ),
            (
                "[dependencies]\na = { git = \"https://example.org/a\" }\n",
                "`a` (locked: 1.2.0)",
            ),
        ] {
            let found = state(&[("Cargo.toml", &manifest(dependencies))]);
            assert_eq!(
                texts(&found.lacking),
                [format!("{lacking}, required by `m`")]
            );
        }
    }

    #[test]
    fn a_crate_of_crates_io_may_be_asked_for_by_name() {
        let dependency = "[dependencies]\na = { version = \"1\", registry = \"crates-io\" }\n";
        let found = state(&[("Cargo.toml", &manifest(dependency))]);
        assert_eq!(found.lacking, []);
    }

    #[test]
    fn a_patch_has_to_be_locked_too() {
        let rest = "[dependencies]\nnew = \"1\"\n\
                    [patch.crates-io]\nnew = { git = \"https://example.org/new\" }\n";
        let found = state(&[("Cargo.toml", &manifest(rest))]);
        assert_eq!(texts(&found.lacking), ["`new 1`, required by `m`"]);
    }

    #[test]
    fn what_cargo_cant_read_is_told() {
        let manifest = manifest("[lib]\nname = \"m\"\n[lints]\nworkspace = true\n");
        let found = state(&[("Cargo.toml", &manifest)]);
        assert_eq!(
            texts(&found.broken),
            ["the workspace that `Cargo.toml` inherits from doesn't exist"]
        );
    }

    #[test]
    fn members_are_listed_or_excluded() {
        let root = "[workspace]\nmembers = [\"py/a\"]\nexclude = [\"py\"]\n";
        let pyproject = "[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n\
                         [tool.maturin]\nmanifest-path = \"py/a/Cargo.toml\"\n";
        let member = manifest("[dependencies]\nnew = \"1\"\n");
        let named = [
            ("pyproject.toml", pyproject),
            ("py/a/Cargo.toml", member.as_str()),
        ];
        let found = state_of(&[&[("Cargo.toml", root)], &named[..]].concat());
        assert_eq!(texts(&found.lacking), ["`new 1`, required by `m`"]);
        // cargo: "current package believes it's in a workspace when it's not"
        let found = state_of(&[&[("Cargo.toml", "[workspace]\n")], &named[..]].concat());
        assert!(
            found.broken[0]
                .to_string()
                .contains("neither lists nor excludes"),
            "{found:?}"
        );
    }

    #[test]
    fn another_version_or_repository_is_told() {
        let found = state(&[(
            "Cargo.toml",
            "[package]\nname = \"m\"\nversion = \"2.0.0\"\n",
        )]);
        assert_eq!(texts(&found.outdated), ["m 2.0.0 (locked: 1.0.0)"]);
        let git = |url: &str, rev: &str| CargoDependency {
            git: Some(url.to_owned()),
            rev: Some(rev.to_owned()),
            ..CargoDependency::default()
        };
        let locked = CrateSource::Git(crate::project::GitSource {
            url: "https://example.org/A".to_owned(),
            reference: crate::project::GitReference::Head,
            revision: Some("abcdef0123".to_owned()),
        });
        assert!(comes_from(
            &locked,
            &git("https://example.org/a.git", "abcdef0")
        ));
        assert!(comes_from(&locked, &git("https://example.org/a/", "v1")));
        assert!(!comes_from(
            &locked,
            &git("https://example.org/a", "bbbbbbb")
        ));
        assert!(!comes_from(&locked, &git("https://example.org/b", "v1")));
    }

    #[test]
    fn members_inherit_and_stay_members() {
        let root =
            "[workspace]\nmembers = [\"m\"]\n[workspace.dependencies]\na = \"1\"\nb = \"0.4\"\n";
        let member =
            manifest("[lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\na.workspace = true\n");
        let found = state(&[("Cargo.toml", root), ("m/Cargo.toml", &member)]);
        assert_eq!(found.lacking, []);
        let member = format!("{member}b.workspace = true\n");
        let found = state(&[("Cargo.toml", root), ("m/Cargo.toml", &member)]);
        assert_eq!(
            texts(&found.lacking),
            ["`b 0.4` (locked: 0.3.0), required by `m`"]
        );
    }

    #[test]
    fn members_and_path_dependencies_have_to_exist() {
        let root = manifest(
            "[workspace]\nmembers = [\"x\"]\n[dependencies]\na = \"1\"\ny = { path = \"y\" }\n",
        );
        let found = state(&[("Cargo.toml", &root)]);
        let expected = ["x/Cargo.toml", "y/Cargo.toml"];
        assert_eq!(
            texts(&found.broken),
            expected.map(|path| format!("`{path}`, which `Cargo.toml` names, doesn't exist"))
        );
    }

    #[test]
    fn tests_and_features_of_crates_outside_the_workspace_dont_count() {
        let root = manifest(
            "[workspace]\nexclude = [\"x\"]\n[dependencies]\na = \"1\"\nx = { path = \"x\" }\n",
        );
        let x = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dev-dependencies]\nnew = \"1\"\n\
                 [dependencies]\nnever = { version = \"1\", optional = true }\n\
                 c = { version = \"0.1\", optional = true }\ngone = { path = \"z\", optional = true }\n";
        let found = state(&[("Cargo.toml", &root), ("x/Cargo.toml", x)]);
        assert_eq!(texts(&found.outdated), ["x 1.0.0 (not locked)"]);
        let rest = LockState {
            outdated: Vec::new(),
            ..found
        };
        assert_eq!(rest, LockState::default());
    }
}
