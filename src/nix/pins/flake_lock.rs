//! `flake.lock`: the nodes of a flake's inputs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::address::{Known, of_branch, of_repository, of_url};
use super::{Age, Day, Input, Pin};

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

/// A node by its name, or an input that is followed, by its way from the
/// root.
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
    last_modified: Option<i64>,
}

/// An input may follow one that follows another, in a circle too.
const MAX_STEPS: usize = 100;

/// Reads the inputs of the root that we know something of.
pub(super) fn read(text: &str) -> Result<Vec<Pin>, String> {
    let lock: Lock = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !(5..=7).contains(&lock.version) {
        return Err(format!(
            "it has version {}, and those from 5 to 7 are known",
            lock.version
        ));
    }
    let root = lock.nodes.get(&lock.root).ok_or("it has no root")?;
    let mut pins = Vec::new();
    let mut below = Vec::new();
    for (name, reference) in &root.inputs {
        // What is followed is updated with the input that brings it.
        let name = match reference {
            Reference::Follows(path) => path.first().unwrap_or(name),
            Reference::Node(_) => name,
        };
        let Some(node) = lock.node(reference, MAX_STEPS) else {
            continue;
        };
        pins.extend(node.pin(name));
        let inputs = node.inputs.values();
        let inputs = inputs.filter_map(|reference| lock.node(reference, MAX_STEPS)?.pin(name));
        below.extend(inputs.filter(|pin| pin.input == Input::PyprojectNix));
    }
    // uv2nix has one of its own where it wasn't told to follow another.
    if !pins.iter().any(|pin| pin.input == Input::PyprojectNix) {
        pins.extend(below.into_iter().next());
    }
    Ok(pins)
}

impl Lock {
    fn node(&self, reference: &Reference, left: usize) -> Option<&Node> {
        match reference {
            Reference::Node(name) => self.nodes.get(name),
            Reference::Follows(path) if path.is_empty() => None,
            Reference::Follows(path) => {
                let root = self.nodes.get(&self.root)?;
                let left = left.checked_sub(path.len())?;
                path.iter()
                    .try_fold(root, |node, name| self.node(node.inputs.get(name)?, left))
            }
        }
    }
}

impl Node {
    fn pin(&self, name: &str) -> Option<Pin> {
        let known = self.locked.known().or_else(|| self.original.known())?;
        // The original says which branch, the lock when it was.
        let original = self.original.known().and_then(|known| known.branch);
        let branch = self.original.branch.clone().or(original).or(known.branch);
        let by_branch = match known.age {
            Age::Unknown => of_branch(branch.as_deref()),
            age => age,
        };
        let age = self.locked.last_modified.map(Day::of_unix).map(Age::Of);
        Some(Pin {
            name: name.to_owned(),
            input: known.input,
            age: age.unwrap_or(by_branch),
            branch: branch.filter(|_| known.input == Input::Nixpkgs),
        })
    }
}

impl Address {
    fn known(&self) -> Option<Known> {
        let by_url = || of_url(self.url.as_deref()?);
        let (Some(owner), Some(repo)) = (&self.owner, &self.repo) else {
            return by_url();
        };
        Some(Known {
            input: of_repository(owner, repo)?,
            branch: None,
            age: Age::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn told(text: &str) -> Vec<String> {
        let pins = read(text).unwrap();
        let line = |pin: &Pin| {
            format!(
                "{} {:?} {:?} {:?}",
                pin.name, pin.input, pin.age, pin.branch
            )
        };
        pins.iter().map(line).collect()
    }

    #[test]
    fn what_is_followed_is_updated_by_what_brings_it() {
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
        let day = format!("{:?}", Age::Of(Day::new(2026, 5, 27)));
        assert_eq!(
            told(&text),
            [
                format!("own PyprojectNix {day} None"),
                format!("uv2nix Nixpkgs {day} None"),
                format!("uv2nix Uv2nix {day} None"),
            ]
        );
    }

    #[test]
    fn a_pyproject_nix_of_uv2nix_s_own_is_found() {
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
        assert_eq!(pins[1].input, Input::PyprojectNix);
        assert_eq!(pins[1].name, "uv");
    }

    #[test]
    fn the_branch_is_the_original_s() {
        let node = "{\"locked\":{\"type\":\"git\",\"url\":\"https://github.com/NixOS/nixpkgs\",\"lastModified\":0},\
                     \"original\":{\"type\":\"git\",\"url\":\"x\",\"ref\":\"nixos-25.11\"}}";
        let pins = read(&lock("{\"n\":\"n\"}", &format!("\"n\":{node}"))).unwrap();
        assert_eq!(pins[0].branch.as_deref(), Some("nixos-25.11"));
        let node = "{\"locked\":{\"type\":\"tarball\",\"url\":\"https://example.org/x\"},\
                     \"original\":{\"type\":\"tarball\",\"url\":\"https://channels.nixos.org/nixos-25.05/nixexprs.tar.xz\"}}";
        let pins = read(&lock("{\"n\":\"n\"}", &format!("\"n\":{node}"))).unwrap();
        assert_eq!(pins[0].branch.as_deref(), Some("nixos-25.05"));
        assert_eq!(pins[0].age, Age::Before(Day::new(2026, 1, 1)));
    }

    #[test]
    fn circles_and_gaps_lead_nowhere() {
        let text = lock(
            "{\"a\":[\"b\"],\"b\":[\"a\"],\"c\":[],\"d\":\"gone\",\"e\":[\"x\",\"y\"]}",
            "\"other\":{}",
        );
        assert_eq!(told(&text), Vec::<String>::new());
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
