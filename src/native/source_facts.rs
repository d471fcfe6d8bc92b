//! What is kept of a crate's text: what its build script does, and which
//! unstable features its root turns on.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use cargo_platform::{Cfg, CfgExpr};
use serde::{Deserialize, Serialize};

use super::build_script::BuildScript;
use super::cfg::CfgSet;

/// What is kept of a crate's text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrateDigest {
    /// What its build script does.
    pub script: BuildScript,
    /// The unstable features that its root turns on.
    pub unstable: Vec<Unstable>,
}

/// `#![feature(...)]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unstable {
    /// The features' names.
    pub features: String,
    /// When, as in `cfg(...)`; `None` always.
    pub condition: Option<String>,
}

impl CrateDigest {
    /// Digests a crate from its manifest and its Rust files, by their paths in
    /// it.
    #[must_use]
    pub fn new(manifest: &str, files: &BTreeMap<String, String>) -> Self {
        let table: toml::Table = manifest.parse().unwrap_or_default();
        let script = script_path(&table, |path| files.contains_key(path));
        let root = path_of(&table, "lib").unwrap_or_else(|| "src/lib.rs".to_owned());
        let text = files.get(&root).map_or("", String::as_str);
        Self {
            script: script
                .map_or_else(BuildScript::default, |path| BuildScript::read(&path, files)),
            unstable: unstable(text),
        }
    }

    /// The unstable features that are turned on where these are set.
    pub fn unstable_on<'a>(&'a self, cfgs: &'a CfgSet) -> impl Iterator<Item = &'a str> {
        let is_on = |unstable: &&Unstable| {
            let condition = unstable.condition.as_ref();
            condition.is_none_or(|text| {
                text.parse()
                    .is_ok_and(|condition| is_known(&condition) && cfgs.holds(&condition))
            })
        };
        self.unstable
            .iter()
            .filter(is_on)
            .map(|unstable| unstable.features.as_str())
    }
}

/// Whether rustc alone decides a condition. What a build script sets follows
/// the compiler that it finds, so that a stable one is never asked too much.
fn is_known(condition: &CfgExpr) -> bool {
    let is_known_name = |name: &str| {
        name == "feature" || name == "unix" || name == "windows" || name.starts_with("target_")
    };
    match condition {
        CfgExpr::Not(inner) => is_known(inner),
        CfgExpr::All(all) | CfgExpr::Any(all) => all.iter().all(is_known),
        CfgExpr::Value(Cfg::Name(name) | Cfg::KeyPair(name, _)) => is_known_name(name.as_str()),
        CfgExpr::True | CfgExpr::False => true,
    }
}

/// The build script of a manifest: what `build` says, or `build.rs` if there
/// is one.
fn script_path(manifest: &toml::Table, has: impl Fn(&str) -> bool) -> Option<String> {
    let package = manifest.get("package").or_else(|| manifest.get("project"));
    match package.and_then(|package| package.get("build")) {
        Some(toml::Value::String(path)) => Some(plain(path)),
        Some(toml::Value::Boolean(false)) => None,
        _ => has("build.rs").then(|| "build.rs".to_owned()),
    }
}

fn path_of(manifest: &toml::Table, target: &str) -> Option<String> {
    manifest.get(target)?.get("path")?.as_str().map(plain)
}

fn plain(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

/// The files that cargo looks for beside a manifest: those that it names, and
/// those that are targets by their place.
#[must_use]
pub fn target_files<'a>(
    manifest: &str,
    paths: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let table: toml::Table = manifest.parse().unwrap_or_default();
    let mut named = BTreeSet::new();
    named.extend(script_path(&table, |_| true));
    named.extend(path_of(&table, "lib"));
    for kind in ["bin", "example", "test", "bench"] {
        let targets = table.get(kind).and_then(toml::Value::as_array);
        let paths = targets.into_iter().flatten();
        named.extend(paths.filter_map(|target| target.get("path")?.as_str().map(plain)));
    }
    let is_target = |path: &&str| {
        let parts: Vec<_> = path.split('/').collect();
        let is_place = match parts.as_slice() {
            ["build.rs"] | ["src", "lib.rs" | "main.rs"] => true,
            ["src", "bin", rest @ ..] | ["examples" | "tests" | "benches", rest @ ..] => {
                matches!(rest, [_] | [_, "main.rs"])
            }
            _ => false,
        };
        Utf8Path::new(path).extension() == Some("rs") && is_place || named.contains(*path)
    };
    paths.into_iter().filter(is_target).collect()
}

/// The `#![feature(...)]` at the head of a crate's root, those in a
/// `cfg_attr` with its condition.
fn unstable(text: &str) -> Vec<Unstable> {
    let mut found = Vec::new();
    for attribute in head_attributes(text) {
        let Some((name, rest)) = attribute.split_once('(') else {
            continue;
        };
        let inside = rest.trim_end().strip_suffix(')').unwrap_or(rest);
        match name.trim() {
            "feature" => found.push(Unstable {
                features: words(inside),
                condition: None,
            }),
            "cfg_attr" => {
                let parts = top_level(inside);
                let condition = parts.first().map(|part| words(part));
                let features = parts.iter().skip(1).filter_map(|part| {
                    let part = part
                        .trim()
                        .strip_prefix("feature")?
                        .trim()
                        .strip_prefix('(')?;
                    Some(words(part.strip_suffix(')')?))
                });
                found.extend(features.map(|features| Unstable {
                    features,
                    condition: condition.clone(),
                }));
            }
            _ => {}
        }
    }
    found
}

/// A text on one line.
fn words(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.trim_end_matches(',').to_owned()
}

/// What stands in `#![...]` before anything else but comments.
fn head_attributes(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        if rest.starts_with("//") || (rest.starts_with("#!") && !rest.starts_with("#![")) {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, rest)| rest);
        } else if let Some(inside) = rest.strip_prefix("#![") {
            let Some(end) = closing(inside) else {
                return found;
            };
            found.push(&inside[..end]);
            rest = &inside[end + 1..];
        } else {
            return found;
        }
    }
}

/// Where the bracket that is open closes, strings left out.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (1_usize, false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(place);
        }
    }
    None
}

/// Splits at the commas that stand in no brackets.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Platform;

    #[test]
    fn unstable_features_are_told_with_their_conditions() {
        let text = "// head\n/*! docs */\n#![doc = \"]\"]\n#![feature(a,\n  b)]\n\
            #![cfg_attr(all(feature = \"nightly\", unix), warn(x), feature(c))]\n\
            #![cfg_attr(docsrs, feature(doc_cfg))]\n#![cfg_attr(not(fallback), feature(d))]\nfn f() {}\n#![feature(late)]\n";
        let digest = CrateDigest {
            unstable: unstable(text),
            ..CrateDigest::default()
        };
        let cfgs = CfgSet::of(Platform::X86_64Linux);
        let on = |cfgs: &CfgSet| {
            digest
                .unstable_on(cfgs)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(on(&cfgs), ["a, b"]);
        assert_eq!(on(&cfgs.with_features(["nightly"])), ["a, b", "c"]);
    }

    #[test]
    fn cargo_looks_for_targets_in_their_places() {
        let manifest =
            "[package]\nname = \"m\"\nbuild = \"build/main.rs\"\n[lib]\npath = \"lib/m.rs\"\n";
        let paths = [
            "build.rs",
            "build/main.rs",
            "build/other.rs",
            "examples/a.rs",
            "examples/data/b.rs",
            "lib/m.rs",
            "src/bin/x/main.rs",
            "src/inner.rs",
        ];
        let found = target_files(manifest, paths);
        let expected = [
            "build.rs",
            "build/main.rs",
            "examples/a.rs",
            "lib/m.rs",
            "src/bin/x/main.rs",
        ];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}
