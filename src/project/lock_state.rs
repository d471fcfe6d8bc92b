//! Whether a lock fits the manifests, as far as they alone can tell.
//!
//! Cargo resolves all members of a workspace with all their features and
//! tests, so every dependency that one of them asks for has to be in the
//! lock; what the lock has beyond that, cargo takes out unless `--locked`
//! forbids it. An offline build can't add anything.

use std::collections::BTreeSet;

use semver::VersionReq;

use super::cargo_lock::{LockFile, LockedCrate};
use super::crate_source::CrateSource;
use super::local_crates::LocalCrates;
use super::manifest::Dependency;

/// How a lock fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockState {
    /// What keeps cargo from reading the manifests at all, whatever the lock.
    pub broken: Vec<String>,
    /// What the manifests ask for and the lock lacks or contradicts: no
    /// offline build can succeed.
    pub lacking: Vec<String>,
    /// Crates in the lock that nothing needs, as `name version`.
    pub unneeded: Vec<String>,
    /// Crates of the project's own that it has in another version, or not.
    pub outdated: Vec<String>,
}

impl LockState {
    /// Compares a lock with the crates of the project's own.
    #[must_use]
    pub fn of(lock: &LockFile, local: &LocalCrates) -> Self {
        let mut state = Self::default();
        let mut needed = BTreeSet::new();
        let mut open = Vec::new();
        let mut lacking = BTreeSet::new();
        for krate in local.crates.values() {
            let name = krate.manifest.name.as_deref().unwrap_or_default();
            let place = lock.local(name);
            needed.extend(place);
            if let (Some(version), true) = (&krate.version, krate.is_read) {
                let locked = place.map(|place| lock.crates[place].version.to_string());
                if locked.as_ref() != Some(version) {
                    let has = locked.map_or("not in it".to_owned(), |v| format!("locked: {v}"));
                    state.outdated.push(format!("{name} {version} ({has})"));
                }
            }
            for dependency in krate
                .dependencies
                .iter()
                .filter(|d| krate.is_member || !d.is_dev)
            {
                match lock.find(dependency, &local.patched) {
                    Found::At(places) => open.extend(places),
                    Found::Unclear => {}
                    // A feature that may be off would turn it on.
                    Found::Lacking(_) if !krate.is_sure(dependency) => {}
                    Found::Lacking(what) => {
                        let line = format!("{what}, which `{name}` asks for");
                        if lacking.insert(line.clone()) {
                            state.lacking.push(line);
                        }
                    }
                }
            }
        }
        state.broken = local.broken();
        while let Some(place) = open.pop() {
            if needed.insert(place) {
                open.extend(&lock.crates[place].dependencies);
            }
        }
        let all = lock.crates.iter().enumerate();
        let unneeded: Vec<_> = all.filter(|(place, _)| !needed.contains(place)).collect();
        // Folders that are gone, cargo forgets before it compares.
        if unneeded
            .iter()
            .any(|(_, krate)| krate.source != CrateSource::Local)
        {
            let label =
                |(_, krate): &(usize, &LockedCrate)| format!("{} {}", krate.name, krate.version);
            state.unneeded = unneeded.iter().map(label).collect();
        }
        state
    }
}

/// What a lock has for a dependency.
enum Found {
    /// The places of all that fit.
    At(Vec<usize>),
    /// Not to be told by this.
    Unclear,
    /// Nothing that fits.
    Lacking(String),
}

impl LockFile {
    fn find(&self, dependency: &Dependency, patched: &BTreeSet<String>) -> Found {
        let called: Vec<usize> = (0..self.crates.len())
            .filter(|&place| self.crates[place].name.as_str() == dependency.package)
            .collect();
        if patched.contains(&dependency.package) && !called.is_empty() {
            return Found::At(called);
        }
        let requirement = dependency
            .requirement
            .as_deref()
            .map(str::parse::<VersionReq>);
        let Ok(requirement) = requirement.transpose() else {
            return Found::Unclear;
        };
        let fits = |krate: &LockedCrate| {
            let allows = |requirement: &VersionReq| requirement.matches(&krate.version);
            comes_from(&krate.source, dependency) && requirement.as_ref().is_none_or(allows)
        };
        let places: Vec<_> = called
            .iter()
            .copied()
            .filter(|&p| fits(&self.crates[p]))
            .collect();
        if !places.is_empty() {
            return Found::At(places);
        }
        // A folder of the project's own needs no lock: cargo adds it.
        if dependency.path.is_some() {
            return Found::At(called);
        }
        let wanted = match dependency.requirement.as_deref() {
            Some(requirement) => format!("`{} {requirement}`", dependency.package),
            None => format!("`{}`", dependency.package),
        };
        let mut versions = called
            .iter()
            .map(|&place| self.crates[place].version.to_string());
        Found::Lacking(match versions.next() {
            Some(first) => {
                let locked = versions.fold(first, |list, version| format!("{list}, {version}"));
                format!("{wanted} (locked: {locked})")
            }
            None => wanted,
        })
    }
}

fn comes_from(source: &CrateSource, dependency: &Dependency) -> bool {
    match source {
        CrateSource::Local => dependency.path.is_some(),
        CrateSource::Git(locked) => {
            let is_at = |rev: &String| {
                // Branches and tags aren't to be told apart from short hashes
                // but by their letters.
                let is_hash = rev.len() >= 7 && rev.chars().all(|c| c.is_ascii_hexdigit());
                let revision = locked.revision.as_deref().unwrap_or_default();
                !is_hash || revision.starts_with(rev.as_str())
            };
            let is_same = |url: &String| plain_url(url) == plain_url(&locked.url);
            dependency.git.as_ref().is_some_and(is_same)
                && dependency.rev.as_ref().is_none_or(is_at)
        }
        CrateSource::Registry(_) => dependency.is_registry,
        CrateSource::CratesIo(_) => {
            dependency.path.is_none() && dependency.git.is_none() && !dependency.is_registry
        }
    }
}

/// A repository's URL as cargo compares it: without `.git`, a slash at the
/// end, or the case of letters.
fn plain_url(url: &str) -> String {
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
        state_of([&[("pyproject.toml", pyproject)], files].concat())
    }

    fn state_of(files: Vec<(&str, &str)>) -> LockState {
        let mut source = SourceFiles::new(".");
        for (path, text) in files.into_iter().chain([("Cargo.lock", LOCK)]) {
            source.insert(path, Some(text.as_bytes().to_vec()));
        }
        let project = Project::read(&source, Utf8Path::new("."), 13).unwrap();
        let rust = &project.rust[0];
        let local = LocalCrates::find(&source, rust).unwrap();
        LockState::of(rust.lock.as_ref().unwrap(), &local)
    }

    fn manifest(rest: &str) -> String {
        format!("[package]\nname = \"m\"\nversion = \"1.0.0\"\n{rest}")
    }

    #[test]
    fn more_than_needed_is_told_apart() {
        let found = state(&[("Cargo.toml", &manifest("[dependencies]\na = \"1\"\n"))]);
        assert_eq!(found.lacking, Vec::<String>::new());
        assert_eq!(found.unneeded, ["c 0.1.0", "gone 0.1.0"]);
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
            assert_eq!(found.lacking, [format!("{lacking}, which `m` asks for")]);
        }
    }

    #[test]
    fn a_crate_of_crates_io_may_be_asked_for_by_name() {
        let dependency = "[dependencies]\na = { version = \"1\", registry = \"crates-io\" }\n";
        let found = state(&[("Cargo.toml", &manifest(dependency))]);
        assert_eq!(found.lacking, Vec::<String>::new());
    }

    #[test]
    fn a_patch_has_to_be_locked_too() {
        let rest = "[dependencies]\nnew = \"1\"\n\
                    [patch.crates-io]\nnew = { git = \"https://example.org/new\" }\n";
        let found = state(&[("Cargo.toml", &manifest(rest))]);
        assert_eq!(found.lacking, ["`new 1`, which `m` asks for"]);
    }

    #[test]
    fn what_cargo_cant_read_is_told() {
        let manifest = manifest("[lib]\nname = \"m\"\n[lints]\nworkspace = true\n");
        let found = state(&[("Cargo.toml", &manifest)]);
        assert_eq!(
            found.broken,
            ["the workspace that `Cargo.toml` inherits from"]
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
        let found = state_of([&[("Cargo.toml", root)], &named[..]].concat());
        assert_eq!(found.lacking, ["`new 1`, which `m` asks for"]);
        // cargo: "current package believes it's in a workspace when it's not"
        let found = state_of([&[("Cargo.toml", "[workspace]\n")], &named[..]].concat());
        assert!(
            found.broken[0].contains("neither lists nor excludes"),
            "{found:?}"
        );
    }

    #[test]
    fn another_version_or_repository_is_told() {
        let found = state(&[(
            "Cargo.toml",
            "[package]\nname = \"m\"\nversion = \"2.0.0\"\n",
        )]);
        assert_eq!(found.outdated, ["m 2.0.0 (locked: 1.0.0)"]);
        let git = |url: &str, rev: &str| Dependency {
            git: Some(url.to_owned()),
            rev: Some(rev.to_owned()),
            ..Dependency::default()
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
        assert_eq!(found.lacking, Vec::<String>::new());
        let member = format!("{member}b.workspace = true\n");
        let found = state(&[("Cargo.toml", root), ("m/Cargo.toml", &member)]);
        assert_eq!(
            found.lacking,
            ["`b 0.4` (locked: 0.3.0), which `m` asks for"]
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
            found.broken,
            expected.map(|path| format!("`{path}`, which `Cargo.toml` names"))
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
        let outdated = vec!["x 1.0.0 (not in it)".to_owned()];
        let expected = LockState {
            outdated,
            ..LockState::default()
        };
        assert_eq!(found, expected);
    }
}
