//! `flake.lock`: the nodes of a flake's inputs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::address::{KnownInput, age_of_branch, input_at_url, project_of_repository};
use super::pin::{Age, Pin, PinnedProject};
use super::problem::PinProblem;

#[derive(Deserialize)]
struct Lock {
    version: u64,
    root: String,
    nodes: BTreeMap<String, Node>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    inputs: BTreeMap<String, Reference>,
    #[serde(default)]
    locked: Address,
    #[serde(default)]
    original: Address,
}

/// The value of an input: the name of its node, or the path from the root to
/// the input that it follows.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Node(String),
    Follows(Vec<String>),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Address {
    owner: Option<String>,
    repo: Option<String>,
    url: Option<String>,
    #[serde(rename = "ref")]
    branch: Option<String>,
    /// A Unix time, in seconds.
    last_modified: Option<i64>,
}

/// Upper bound on the inputs in a chain of `follows`, which may be circular.
const MAX_FOLLOWS: usize = 100;

/// Reads the root's inputs that are known projects.
pub(super) fn read(text: &str) -> Result<Vec<Pin>, PinProblem> {
    let lock: Lock = serde_json::from_str(text).map_err(|error| PinProblem::json(text, &error))?;
    if !(5..=7).contains(&lock.version) {
        return Err(format!(
            "it has version {}, but only versions 5 to 7 are supported",
            lock.version
        )
        .into());
    }
    let root = lock.nodes.get(&lock.root).ok_or("it has no root node")?;
    let mut pins = Vec::new();
    let mut inherited = Vec::new();
    for (name, reference) in &root.inputs {
        // An input that follows another is updated with the first input on
        // the path to it.
        let name = match reference {
            Reference::Follows(path) => path.first().unwrap_or(name),
            Reference::Node(_) => name,
        };
        let Some(node) = lock.node(reference, MAX_FOLLOWS) else {
            continue;
        };
        pins.extend(node.pin(name));
        let inputs = node
            .inputs
            .values()
            .filter_map(|reference| lock.node(reference, MAX_FOLLOWS)?.pin(name));
        inherited.extend(inputs.filter(|pin| pin.project == PinnedProject::PyprojectNix));
    }
    // Unless it follows the flake's, uv2nix has a pyproject.nix of its own.
    if !pins
        .iter()
        .any(|pin| pin.project == PinnedProject::PyprojectNix)
    {
        pins.extend(inherited.into_iter().next());
    }
    Ok(pins)
}

impl Lock {
    fn node(&self, reference: &Reference, follows_left: usize) -> Option<&Node> {
        match reference {
            Reference::Node(name) => self.nodes.get(name),
            Reference::Follows(path) if path.is_empty() => None,
            Reference::Follows(path) => {
                let root = self.nodes.get(&self.root)?;
                let left = follows_left.checked_sub(path.len())?;
                path.iter()
                    .try_fold(root, |node, name| self.node(node.inputs.get(name)?, left))
            }
        }
    }
}

impl Node {
    fn pin(&self, name: &str) -> Option<Pin> {
        let known = self.locked.known().or_else(|| self.original.known())?;
        // Only `original` names the branch, only `locked` has the date.
        let original = self.original.known().and_then(|known| known.branch);
        let branch = self.original.branch.clone().or(original).or(known.branch);
        let age = match (self.locked.last_modified, known.age) {
            (Some(seconds), _) => day_of(seconds).map_or(Age::Unknown, Age::Of),
            (None, Age::Unknown) => age_of_branch(branch.as_deref()),
            (None, age) => age,
        };
        Some(Pin {
            name: name.to_owned(),
            project: known.project,
            age,
            branch: branch.filter(|_| known.project == PinnedProject::Nixpkgs),
        })
    }
}

/// The day in UTC of a Unix time, in seconds. `None` for a time that no
/// calendar has: a stranger wrote the file.
fn day_of(seconds: i64) -> Option<Date> {
    let time = Timestamp::from_second(seconds).ok()?;
    Some(TimeZone::UTC.to_datetime(time).date())
}

impl Address {
    fn known(&self) -> Option<KnownInput> {
        match (&self.owner, &self.repo) {
            (Some(owner), Some(repo)) => {
                project_of_repository(owner, repo).map(KnownInput::of_project)
            }
            _ => input_at_url(self.url.as_deref()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn unix_times_are_days_of_the_calendar() {
        for (seconds, day) in [
            (0, Some(date(1970, 1, 1))),
            (951_782_400, Some(date(2000, 2, 29))),
            (1_779_926_399, Some(date(2026, 5, 27))),
            (1_779_926_400, Some(date(2026, 5, 28))),
            (-1, Some(date(1969, 12, 31))),
            (i64::MAX, None),
        ] {
            assert_eq!(day_of(seconds), day);
        }
    }

    fn lock(root: &str, nodes: &str) -> String {
        format!(
            "{{\"version\":7,\"root\":\"root\",\"nodes\":{{\"root\":{{\"inputs\":{root}}},{nodes}}}}}"
        )
    }

    fn node(owner: &str, repo: &str, rest: &str) -> String {
        format!(
            "{{\"locked\":{{\"type\":\"github\",\"owner\":\"{owner}\",\"repo\":\"{repo}\",\"lastModified\":1779840000}},\
             \"original\":{{}}{rest}}}"
        )
    }

    fn describe(text: &str) -> Vec<String> {
        let pins = read(text).unwrap();
        let line = |pin: &Pin| {
            format!(
                "{} {:?} {:?} {:?}",
                pin.name, pin.project, pin.age, pin.branch
            )
        };
        pins.iter().map(line).collect()
    }

    #[test]
    fn an_input_that_is_followed_is_updated_with_the_one_that_has_it() {
        let nixpkgs = node("NixOS", "nixpkgs", "");
        let uv2nix = node(
            "pyproject-nix",
            "uv2nix",
            ",\"inputs\":{\"nixpkgs\":\"nixpkgs_2\",\"pyproject-nix\":[\"own\"]}",
        );
        let own = node("pyproject-nix", "pyproject.nix", "");
        let text = lock(
            "{\"own\":\"p\",\"pkgs\":[\"uv2nix\",\"nixpkgs\"],\"uv2nix\":\"uv2nix\"}",
            &format!("\"nixpkgs_2\":{nixpkgs},\"uv2nix\":{uv2nix},\"p\":{own}"),
        );
        let day = format!("{:?}", Age::Of(date(2026, 5, 27)));
        assert_eq!(
            describe(&text),
            [
                format!("own PyprojectNix {day} None"),
                format!("uv2nix Nixpkgs {day} None"),
                format!("uv2nix Uv2nix {day} None"),
            ]
        );
    }

    #[test]
    fn a_pyproject_nix_that_only_uv2nix_has_is_found() {
        let uv2nix = node(
            "pyproject-nix",
            "uv2nix",
            ",\"inputs\":{\"pyproject-nix\":\"p\"}",
        );
        let own = node("pyproject-nix", "pyproject.nix", "");
        let text = lock(
            "{\"uv\":\"u\"}",
            &format!("\"u\":{uv2nix},\"p\":{own},\"unused\":{{}}"),
        );
        let pins = read(&text).unwrap();
        assert_eq!(pins[1].project, PinnedProject::PyprojectNix);
        assert_eq!(pins[1].name, "uv");
    }

    #[test]
    fn the_branch_is_read_from_the_original() {
        let node = "{\"locked\":{\"type\":\"git\",\"url\":\"https://github.com/NixOS/nixpkgs\",\"lastModified\":0},\
                     \"original\":{\"type\":\"git\",\"url\":\"x\",\"ref\":\"nixos-25.11\"}}";
        let pins = read(&lock("{\"n\":\"n\"}", &format!("\"n\":{node}"))).unwrap();
        assert_eq!(pins[0].branch.as_deref(), Some("nixos-25.11"));
        let node = "{\"locked\":{\"type\":\"tarball\",\"url\":\"https://example.org/x\"},\
                     \"original\":{\"type\":\"tarball\",\"url\":\"https://channels.nixos.org/nixos-25.05/nixexprs.tar.xz\"}}";
        let pins = read(&lock("{\"n\":\"n\"}", &format!("\"n\":{node}"))).unwrap();
        assert_eq!(pins[0].branch.as_deref(), Some("nixos-25.05"));
        assert_eq!(pins[0].age, Age::Before(date(2026, 1, 1)));
    }

    #[test]
    fn circular_and_missing_references_are_passed_over() {
        let text = lock(
            "{\"a\":[\"b\"],\"b\":[\"a\"],\"c\":[],\"d\":\"gone\",\"e\":[\"x\",\"y\"]}",
            "\"other\":{}",
        );
        assert_eq!(describe(&text), Vec::<String>::new());
        for text in [
            "",
            "[]",
            "{}",
            "{\"version\":8,\"root\":\"root\",\"nodes\":{}}",
            "{\"version\":7,\"root\":\"root\",\"nodes\":{}}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
