//! What the address of a pinned input says about it.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::pin::{Age, PinnedProject};

/// A known project and what its address says about the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownInput {
    pub project: PinnedProject,
    pub branch: Option<String>,
    pub age: Age,
}

impl KnownInput {
    /// A project at an address that says nothing about the version.
    pub(super) const fn of_project(project: PinnedProject) -> Self {
        Self {
            project,
            branch: None,
            age: Age::Unknown,
        }
    }

    /// A channel or branch of nixpkgs.
    pub(super) fn of_channel(name: &str) -> Self {
        Self {
            project: PinnedProject::Nixpkgs,
            branch: Some(name.to_owned()).filter(|name| !name.is_empty()),
            age: age_of_branch(Some(name)),
        }
    }
}

/// A release of NixOS, such as 25.11. It is named after the year and the
/// month in which it comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NixosRelease {
    /// The first day of that month.
    month: Date,
}

impl NixosRelease {
    /// Reads `25.11`.
    fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('.')?;
        let is_short = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_digit());
        if !is_short(year) || !is_short(month) {
            return None;
        }
        let years: i16 = year.parse().ok()?;
        let month = Date::new(2000 + years, month.parse().ok()?, 1).ok()?;
        Some(Self { month })
    }

    /// Reads the release of a stable branch: `nixos-25.11`,
    /// `nixos-25.11-small`, `release-25.11`, `nixpkgs-25.11-darwin`.
    pub(super) fn of_branch(branch: &str) -> Option<Self> {
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        let (kind, rest) = branch.split_once('-')?;
        if !["nixos", "release", "nixpkgs"].contains(&kind) {
            return None;
        }
        Self::parse(rest.split('-').next()?)
    }

    /// The day from which on the branch gets no more changes: a release is
    /// supported for seven months.
    fn end_of_life(self) -> Date {
        self.month.saturating_add(8.months())
    }

    /// The day from which on new versions of packages such as rustc don't come
    /// into the branch.
    pub(super) fn closed_on(self) -> Date {
        self.month.saturating_add(1.month())
    }

    /// The branch of nixpkgs, such as `nixos-25.11`.
    pub(super) fn branch(self) -> String {
        format!("nixos-{}", self.month.strftime("%y.%m"))
    }
}

/// The project of a repository on GitHub, at its present home or a former one.
pub(super) fn project_of_repository(owner: &str, repo: &str) -> Option<PinnedProject> {
    let repo = repo.to_lowercase();
    let repo = repo.strip_suffix(".git").unwrap_or(&repo);
    match (owner.to_lowercase().as_str(), repo) {
        ("nixos", "nixpkgs") => Some(PinnedProject::Nixpkgs),
        ("pyproject-nix" | "nix-community" | "adisbladis", "pyproject.nix") => {
            Some(PinnedProject::PyprojectNix)
        }
        ("pyproject-nix" | "adisbladis", "uv2nix") => Some(PinnedProject::Uv2nix),
        _ => None,
    }
}

/// What a URL refers to: a repository on GitHub or an archive of it, a release
/// of a NixOS channel, or a flake on `FlakeHub`.
pub(super) fn input_at_url(url: &str) -> Option<KnownInput> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next()?;
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let host = parts.next()?;
    let host = host.rsplit('@').next()?;
    let parts: Vec<&str> = parts.collect();
    match (host, &parts[..]) {
        ("github.com", [owner, repo, ..]) => {
            project_of_repository(owner, repo).map(KnownInput::of_project)
        }
        ("channels.nixos.org", [name, ..]) | ("nixos.org", ["channels", name, ..]) => {
            Some(KnownInput::of_channel(name))
        }
        ("releases.nixos.org", ["nixos" | "nixpkgs", rest @ ..]) => {
            let release = rest.iter().find_map(|part| channel_release(part));
            Some(release.unwrap_or(KnownInput::of_project(PinnedProject::Nixpkgs)))
        }
        ("flakehub.com" | "api.flakehub.com", ["f", rest @ ..]) => flakehub_release(rest),
        _ => None,
    }
}

/// The greatest age that the name of a branch allows.
pub(super) fn age_of_branch(name: Option<&str>) -> Age {
    match name.and_then(NixosRelease::of_branch) {
        Some(release) => Age::Before(release.end_of_life()),
        None => Age::Unknown,
    }
}

/// Reads the name of a channel's release: `nixos-25.11.1234.abcdef`, or
/// `nixos-26.05pre1234.abcdef` before 26.05 comes out.
fn channel_release(name: &str) -> Option<KnownInput> {
    let (kind, rest) = name.split_once('-')?;
    if !["nixos", "nixpkgs"].contains(&kind) {
        return None;
    }
    let version = rest.get(..5)?;
    let release = NixosRelease::parse(version)?;
    if rest[5..].starts_with('p') {
        return Some(KnownInput {
            age: Age::Before(release.closed_on()),
            ..KnownInput::of_project(PinnedProject::Nixpkgs)
        });
    }
    Some(KnownInput::of_channel(&format!("nixos-{version}")))
}

/// Reads the path of a flake on `FlakeHub`: `NixOS/nixpkgs/0.2511.1234`, where
/// `2511` is the stable branch 25.11.
fn flakehub_release(parts: &[&str]) -> Option<KnownInput> {
    let parts = parts.strip_prefix(&["pinned"]).unwrap_or(parts);
    let [owner, repo, rest @ ..] = parts else {
        return None;
    };
    let known = KnownInput::of_project(project_of_repository(owner, repo)?);
    let minor = rest.first().and_then(|version| version.split('.').nth(1));
    let branch = minor
        .filter(|minor| minor.len() == 4 && minor.is_ascii())
        .map(|minor| format!("nixos-{}.{}", &minor[..2], &minor[2..]))
        .filter(|branch| NixosRelease::of_branch(branch).is_some());
    match branch {
        Some(branch) if known.project == PinnedProject::Nixpkgs => {
            Some(KnownInput::of_channel(&branch))
        }
        _ => Some(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<(PinnedProject, Option<String>, Option<String>)> {
        let known = input_at_url(url)?;
        let before = match known.age {
            Age::Before(day) => Some(day.to_string()),
            _ => None,
        };
        Some((known.project, known.branch, before))
    }

    #[test]
    fn urls_say_which_project_and_branch() {
        let nixpkgs = |branch: Option<&str>, before: Option<&str>| {
            Some((
                PinnedProject::Nixpkgs,
                branch.map(str::to_owned),
                before.map(str::to_owned),
            ))
        };
        for (url, known) in [
            ("https://github.com/NixOS/nixpkgs.git", nixpkgs(None, None)),
            (
                "https://github.com/nixos/nixpkgs/archive/ab12.tar.gz",
                nixpkgs(None, None),
            ),
            ("ssh://git@github.com/NixOS/nixpkgs", nixpkgs(None, None)),
            (
                "https://releases.nixos.org/nixos/25.11/nixos-25.11.1234.abcdef/nixexprs.tar.xz",
                nixpkgs(Some("nixos-25.11"), Some("2026-07-01")),
            ),
            (
                "https://releases.nixos.org/nixos/unstable/nixos-26.05pre1.ab/nixexprs.tar.xz",
                nixpkgs(None, Some("2026-06-01")),
            ),
            (
                "https://releases.nixos.org/nixpkgs/nixpkgs-26.11pre1.ab/nixexprs.tar.xz",
                nixpkgs(None, Some("2026-12-01")),
            ),
            (
                "https://channels.nixos.org/nixos-25.05/nixexprs.tar.xz",
                nixpkgs(Some("nixos-25.05"), Some("2026-01-01")),
            ),
            (
                "https://nixos.org/channels/nixpkgs-unstable/nixexprs.tar.xz",
                nixpkgs(Some("nixpkgs-unstable"), None),
            ),
            (
                "https://api.flakehub.com/f/pinned/NixOS/nixpkgs/0.2511.9%2Brev-ab/cd/source.tar.gz",
                nixpkgs(Some("nixos-25.11"), Some("2026-07-01")),
            ),
            (
                "https://flakehub.com/f/NixOS/nixpkgs/0.1",
                nixpkgs(None, None),
            ),
            (
                "https://github.com/pyproject-nix/pyproject.nix",
                Some((PinnedProject::PyprojectNix, None, None)),
            ),
            ("https://github.com/example/nixpkgs", None),
            ("https://example.org/NixOS/nixpkgs", None),
            ("https://github.com", None),
            ("", None),
        ] {
            assert_eq!(read(url), known, "{url}");
        }
    }

    #[test]
    fn stable_branches_have_a_release() {
        for (branch, release) in [
            ("nixos-25.11", Some("nixos-25.11")),
            ("nixos-25.11-small", Some("nixos-25.11")),
            ("release-26.05", Some("nixos-26.05")),
            ("nixpkgs-25.05-darwin", Some("nixos-25.05")),
            ("nixos-unstable", None),
            ("master", None),
            ("nixos-25.13", None),
            ("nixos-25.é1", None),
        ] {
            let found = NixosRelease::of_branch(branch).map(NixosRelease::branch);
            assert_eq!(found.as_deref(), release, "{branch}");
        }
    }
}
