//! npins' `sources.json`. It has no dates: what the names of channels tell is
//! all there is.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::address::{Known, of_branch, of_channel, of_repository, of_url};
use super::{Age, Input, Pin};

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
    /// Of a channel.
    name: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize, Default)]
struct Repository {
    owner: Option<String>,
    repo: Option<String>,
    url: Option<String>,
}

/// Reads the inputs that we know something of.
pub(super) fn read(text: &str) -> Result<Vec<Pin>, String> {
    let sources: Sources = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !(3..=7).contains(&sources.version) {
        return Err(format!(
            "it has version {}, and those from 3 to 7 are known",
            sources.version
        ));
    }
    let pins = sources.pins.iter();
    Ok(pins.filter_map(|(name, source)| source.pin(name)).collect())
}

impl Source {
    fn pin(&self, name: &str) -> Option<Pin> {
        let known = self.known()?;
        let branch = self.branch.clone().or(known.branch);
        let branch = branch.filter(|_| known.input == Input::Nixpkgs);
        let age = match known.age {
            Age::Unknown => of_branch(branch.as_deref()),
            age => age,
        };
        Some(Pin {
            name: name.to_owned(),
            input: known.input,
            age,
            branch,
        })
    }

    fn known(&self) -> Option<Known> {
        let by_url = || of_url(self.url.as_deref()?);
        match self.kind.as_str() {
            "Channel" => {
                let channel = of_channel(self.name.as_deref().unwrap_or_default());
                // The address has the release in it, and with it more.
                let release = by_url().filter(|known| known.input == Input::Nixpkgs);
                let age = release.map_or(channel.age, |release| release.age);
                Some(Known { age, ..channel })
            }
            "Git" | "GitRelease" => {
                let Repository { owner, repo, url } = &self.repository;
                let by_owner = || of_repository(owner.as_deref()?, repo.as_deref()?);
                let known = |input| Known {
                    input,
                    branch: None,
                    age: Age::Unknown,
                };
                by_owner().map(known).or_else(|| of_url(url.as_deref()?))
            }
            _ => by_url(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::pins::Day;

    fn pins(version: u64, pins: &str) -> Result<Vec<Pin>, String> {
        read(&format!("{{\"pins\":{{{pins}}},\"version\":{version}}}"))
    }

    #[test]
    fn channels_tell_their_age_by_their_release() {
        let found = pins(
            5,
            "\"nixpkgs\":{\"type\":\"Channel\",\"name\":\"nixpkgs-unstable\",\"url\":\
             \"https://releases.nixos.org/nixpkgs/nixpkgs-25.11pre1.ab/nixexprs.tar.xz\",\"hash\":\"x\"},\
             \"stable\":{\"type\":\"Channel\",\"name\":\"nixos-25.05\",\"url\":\"https://example.org/x\"}",
        );
        let found = found.unwrap();
        assert_eq!(found[0].age, Age::Before(Day::new(2025, 12, 1)));
        assert_eq!(found[0].branch.as_deref(), Some("nixpkgs-unstable"));
        assert_eq!(found[1].age, Age::Before(Day::new(2026, 1, 1)));
    }

    #[test]
    fn repositories_tell_what_they_are() {
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
            (found[0].input, found[0].age),
            (Input::PyprojectNix, Age::Unknown)
        );
        assert_eq!(found[0].branch, None);
        assert_eq!(found[1].branch.as_deref(), Some("nixos-26.05"));
    }

    #[test]
    fn other_versions_are_refused() {
        assert!(pins(3, "").is_ok());
        for version in [0, 2, 8] {
            assert!(pins(version, "").unwrap_err().contains("from 3 to 7"));
        }
        assert!(read("{").is_err());
    }
}
