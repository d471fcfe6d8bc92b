//! npins' `sources.json`. It has no dates, so that only the names of channels
//! and branches show an age.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::address::{KnownInput, age_of_branch, input_at_url, project_of_repository};
use super::pin::{Age, Pin, PinnedProject};
use super::problem::PinProblem;

#[derive(Deserialize)]
struct Sources {
    version: u64,
    pins: BTreeMap<String, Source>,
}

#[derive(Deserialize)]
struct Source {
    /// `Git`, `GitRelease`, `Channel`, `PyPi`, `Tarball`, ...
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    repository: Repository,
    branch: Option<String>,
    /// The channel's name.
    name: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize, Default)]
struct Repository {
    owner: Option<String>,
    repo: Option<String>,
    url: Option<String>,
}

/// Reads the pins of known projects.
pub(super) fn read(text: &str) -> Result<Vec<Pin>, PinProblem> {
    let sources: Sources =
        serde_json::from_str(text).map_err(|error| PinProblem::json(text, &error))?;
    if !(3..=7).contains(&sources.version) {
        return Err(format!(
            "it has version {}, but only versions 3 to 7 are supported",
            sources.version
        )
        .into());
    }
    let pins = sources.pins.iter();
    Ok(pins.filter_map(|(name, source)| source.pin(name)).collect())
}

impl Source {
    fn pin(&self, name: &str) -> Option<Pin> {
        let known = self.known()?;
        let branch = self.branch.clone().or(known.branch);
        let branch = branch.filter(|_| known.project == PinnedProject::Nixpkgs);
        let age = match known.age {
            Age::Unknown => age_of_branch(branch.as_deref()),
            age => age,
        };
        Some(Pin {
            name: name.to_owned(),
            project: known.project,
            age,
            branch,
        })
    }

    fn known(&self) -> Option<KnownInput> {
        let by_url = |url: &Option<String>| input_at_url(url.as_deref()?);
        match self.kind.as_str() {
            "Channel" => {
                let channel = KnownInput::of_channel(self.name.as_deref().unwrap_or_default());
                // The URL names the channel's release, which shows more.
                let release =
                    by_url(&self.url).filter(|known| known.project == PinnedProject::Nixpkgs);
                let age = release.map_or(channel.age, |release| release.age);
                Some(KnownInput { age, ..channel })
            }
            "Git" | "GitRelease" => {
                let Repository { owner, repo, url } = &self.repository;
                let by_owner = || project_of_repository(owner.as_deref()?, repo.as_deref()?);
                by_owner()
                    .map(KnownInput::of_project)
                    .or_else(|| by_url(url))
            }
            _ => by_url(&self.url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn pins(version: u64, pins: &str) -> Result<Vec<Pin>, PinProblem> {
        read(&format!("{{\"pins\":{{{pins}}},\"version\":{version}}}"))
    }

    #[test]
    fn the_release_of_a_channel_shows_its_age() {
        let found = pins(
            5,
            "\"nixpkgs\":{\"type\":\"Channel\",\"name\":\"nixpkgs-unstable\",\"url\":\
             \"https://releases.nixos.org/nixpkgs/nixpkgs-25.11pre1.ab/nixexprs.tar.xz\",\"hash\":\"x\"},\
             \"stable\":{\"type\":\"Channel\",\"name\":\"nixos-25.05\",\"url\":\"https://example.org/x\"}",
        );
        let found = found.unwrap();
        assert_eq!(found[0].age, Age::Before(date(2025, 12, 1)));
        assert_eq!(found[0].branch.as_deref(), Some("nixpkgs-unstable"));
        assert_eq!(found[1].age, Age::Before(date(2026, 1, 1)));
    }

    #[test]
    fn repositories_are_recognised_by_owner_and_url() {
        let found = pins(
            7,
            "\"a\":{\"type\":\"Git\",\"repository\":{\"type\":\"GitHub\",\"owner\":\"pyproject-nix\",\
             \"repo\":\"pyproject.nix\"},\"branch\":\"master\",\"revision\":\"ab\",\"url\":null,\"hash\":\"x\"},\
             \"b\":{\"type\":\"Git\",\"repository\":{\"type\":\"Git\",\"url\":\"https://github.com/NixOS/nixpkgs\"},\
             \"branch\":\"nixos-26.05\"},\
             \"c\":{\"type\":\"PyPi\",\"name\":\"x\"},\
             \"d\":{\"type\":\"Container\"}",
        );
        let found = found.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].project, found[0].age),
            (PinnedProject::PyprojectNix, Age::Unknown)
        );
        assert_eq!(found[0].branch, None);
        assert_eq!(found[1].branch.as_deref(), Some("nixos-26.05"));
    }

    #[test]
    fn other_versions_are_refused() {
        assert!(pins(3, "").is_ok());
        for version in [0, 2, 8] {
            assert!(
                pins(version, "")
                    .unwrap_err()
                    .message
                    .contains("versions 3 to 7")
            );
        }
        assert!(read("{").is_err());
    }
}
