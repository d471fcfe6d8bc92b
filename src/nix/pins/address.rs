//! What an input is, by its address.

use super::{Age, Day, Input};

/// What an address tells of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub input: Input,
    pub branch: Option<String>,
    pub age: Age,
}

/// What a repository on GitHub is; the projects had other homes before.
pub(super) fn of_repository(owner: &str, repo: &str) -> Option<Input> {
    let repo = repo.to_lowercase();
    let repo = repo.strip_suffix(".git").unwrap_or(&repo);
    match (owner.to_lowercase().as_str(), repo) {
        ("nixos", "nixpkgs") => Some(Input::Nixpkgs),
        ("pyproject-nix" | "nix-community" | "adisbladis", "pyproject.nix") => {
            Some(Input::PyprojectNix)
        }
        ("pyproject-nix" | "adisbladis", "uv2nix") => Some(Input::Uv2nix),
        _ => None,
    }
}

/// What is at a URL: a repository on GitHub or an archive of one, a release
/// of a channel, or that of `FlakeHub`.
pub(super) fn of_url(url: &str) -> Option<Known> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next()?;
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let host = parts.next()?;
    let host = host.rsplit('@').next()?;
    let parts: Vec<&str> = parts.collect();
    match (host, &parts[..]) {
        ("github.com", [owner, repo, ..]) => Some(Known {
            input: of_repository(owner, repo)?,
            branch: None,
            age: Age::Unknown,
        }),
        ("channels.nixos.org", [name, ..]) | ("nixos.org", ["channels", name, ..]) => {
            Some(of_channel(name))
        }
        ("releases.nixos.org", ["nixos" | "nixpkgs", rest @ ..]) => {
            let release = rest.iter().find_map(|part| of_release(part));
            Some(release.unwrap_or_else(|| of_channel("")))
        }
        ("flakehub.com" | "api.flakehub.com", ["f", rest @ ..]) => of_flakehub(rest),
        _ => None,
    }
}

/// A channel, or a branch, by its name.
pub(super) fn of_channel(name: &str) -> Known {
    Known {
        input: Input::Nixpkgs,
        branch: Some(name.to_owned()).filter(|name| !name.is_empty()),
        age: of_branch(Some(name)),
    }
}

/// How old a branch is at least.
pub(super) fn of_branch(name: Option<&str>) -> Age {
    match name.and_then(stable) {
        Some(version) => Age::Before(end_of(version)),
        None => Age::Unknown,
    }
}

/// The version of a stable branch: `nixos-25.11`, `nixos-25.11-small`,
/// `release-25.11`, `nixpkgs-25.11-darwin`.
pub(super) fn stable(branch: &str) -> Option<(i64, i64)> {
    let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    let (kind, rest) = branch.split_once('-')?;
    if !["nixos", "release", "nixpkgs"].contains(&kind) {
        return None;
    }
    version(rest.split('-').next()?)
}

/// `25.11`
fn version(text: &str) -> Option<(i64, i64)> {
    let (year, month) = text.split_once('.')?;
    let is_short = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_digit());
    if !is_short(year) || !is_short(month) {
        return None;
    }
    Some((year.parse().ok()?, month.parse().ok()?)).filter(|(_, month)| (1..=12).contains(month))
}

/// Nothing is put into a stable branch any more from this day on: each lives
/// for seven months.
const fn end_of((year, month): (i64, i64)) -> Day {
    months_after((year, month), 8)
}

/// What comes out from this day on isn't in a stable branch, which keeps what
/// it had when it was made.
pub(super) const fn closed_on(version: (i64, i64)) -> Day {
    months_after(version, 1)
}

/// The first day of a month.
const fn months_after((year, month): (i64, i64), more: i64) -> Day {
    let months = month - 1 + more;
    Day::new(2000 + year + months / 12, months % 12 + 1, 1)
}

/// `nixos-25.11.1234.abcdef`, or `nixos-26.05pre1234.abcdef` of the time
/// before that came out.
fn of_release(name: &str) -> Option<Known> {
    let (kind, rest) = name.split_once('-')?;
    let version_of = version(rest.get(..5)?)?;
    let known = |branch: Option<String>, age| {
        let input = Input::Nixpkgs;
        Some(Known { input, branch, age })
    };
    match (kind, rest.get(5..6)) {
        ("nixos" | "nixpkgs", Some("p")) => known(None, Age::Before(months_after(version_of, 1))),
        ("nixos" | "nixpkgs", _) => {
            let branch = format!("nixos-{}", &rest[..5]);
            known(Some(branch), Age::Before(end_of(version_of)))
        }
        _ => None,
    }
}

/// `NixOS/nixpkgs/0.2511.1234`, which `FlakeHub` counts stable branches as.
fn of_flakehub(parts: &[&str]) -> Option<Known> {
    let parts = parts.strip_prefix(&["pinned"]).unwrap_or(parts);
    let [owner, repo, rest @ ..] = parts else {
        return None;
    };
    let input = of_repository(owner, repo)?;
    let minor = rest.first().and_then(|version| version.split('.').nth(1));
    let minor = minor.filter(|minor| minor.len() == 4 && minor.is_ascii());
    let branch = minor.map(|minor| format!("nixos-{}.{}", &minor[..2], &minor[2..]));
    let branch = branch.filter(|branch| input == Input::Nixpkgs && stable(branch).is_some());
    let age = of_branch(branch.as_deref());
    Some(Known { input, branch, age })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str) -> Option<(Input, Option<String>, Option<String>)> {
        let known = of_url(url)?;
        let before = match known.age {
            Age::Before(day) => Some(day.to_string()),
            _ => None,
        };
        Some((known.input, known.branch, before))
    }

    #[test]
    fn urls_tell_what_is_there() {
        let nixpkgs = |branch: Option<&str>, before: Option<&str>| {
            Some((
                Input::Nixpkgs,
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
                Some((Input::PyprojectNix, None, None)),
            ),
            ("https://github.com/example/nixpkgs", None),
            ("https://example.org/NixOS/nixpkgs", None),
            ("https://github.com", None),
            ("", None),
        ] {
            assert_eq!(told(url), known, "{url}");
        }
    }

    #[test]
    fn stable_branches_have_a_version() {
        for (branch, version) in [
            ("nixos-25.11", Some((25, 11))),
            ("nixos-25.11-small", Some((25, 11))),
            ("release-26.05", Some((26, 5))),
            ("nixpkgs-25.05-darwin", Some((25, 5))),
            ("nixos-unstable", None),
            ("master", None),
            ("nixos-25.é1", None),
        ] {
            assert_eq!(stable(branch), version, "{branch}");
        }
    }
}
