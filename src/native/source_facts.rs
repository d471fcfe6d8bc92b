//! Facts about a crate from its text: what its build script does, and which
//! unstable features it uses.
//!
//! They are kept in the cache, so that a crate is unpacked and read once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use super::build_script::BuildScript;
use super::cfg::{CfgCondition, CfgSet};
use crate::toml_text::parse_manifest;

/// Facts about a crate from its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    pub script: BuildScript,
    pub unstable: Vec<UnstableFeatures>,
}

/// `#![feature(...)]`, maybe in a `cfg_attr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnstableFeatures {
    /// The names, separated by `, `.
    pub features: String,
    /// `None` if they are always on.
    pub condition: Option<CfgCondition>,
}

impl SourceFacts {
    /// Reads a crate's manifest and its Rust files, which are given by their
    /// paths relative to the crate.
    pub fn new(manifest: &str, files: &BTreeMap<String, String>) -> Self {
        let table: toml::Table = parse_manifest(manifest).unwrap_or_default();
        let script = script_path(&table, |path| files.contains_key(path));
        let root = library_path(&table);
        let text = files.get(&root).map_or("", String::as_str);
        Self {
            script: script
                .map_or_else(BuildScript::default, |path| BuildScript::read(&path, files)),
            unstable: unstable_features(text),
        }
    }

    /// Whether [`SourceFacts::new`] needs no other files than those with a text:
    /// the library, and a build script without modules. Texts of whole crates
    /// can be large.
    pub fn can_be_read<'a>(
        manifest: &str,
        exists: impl Fn(&str) -> bool,
        text: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> bool {
        let table: toml::Table = parse_manifest(manifest).unwrap_or_default();
        let root = library_path(&table);
        let script = script_path(&table, &exists);
        let is_whole = |path: String| text(&path).is_some_and(|text| !text.contains("mod"));
        script.is_none_or(is_whole) && (text(&root).is_some() || !exists(&root))
    }

    /// The unstable features that are certainly on with these `cfg`s: where
    /// the condition is in doubt, the crate must build with a stable compiler.
    pub fn unstable_with<'a>(&'a self, cfgs: &'a CfgSet) -> impl Iterator<Item = &'a str> {
        self.unstable
            .iter()
            .filter(|unstable| {
                let condition = unstable.condition.as_ref();
                condition.is_none_or(|condition| condition.certainly_holds(cfgs))
            })
            .map(|unstable| unstable.features.as_str())
    }
}

/// The path of a package's build script: that of `package.build`, or
/// `build.rs` if the file exists.
fn script_path(manifest: &toml::Table, exists: impl Fn(&str) -> bool) -> Option<String> {
    let package = manifest.get("package").or_else(|| manifest.get("project"));
    match package.and_then(|package| package.get("build")) {
        Some(toml::Value::String(path)) => Some(without_dot(path)),
        Some(toml::Value::Boolean(false)) => None,
        _ => exists("build.rs").then(|| "build.rs".to_owned()),
    }
}

/// The path of a package's library.
fn library_path(manifest: &toml::Table) -> String {
    target_path(manifest, "lib").unwrap_or_else(|| "src/lib.rs".to_owned())
}

fn target_path(manifest: &toml::Table, target: &str) -> Option<String> {
    manifest.get(target)?.get("path")?.as_str().map(without_dot)
}

fn without_dot(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

/// The files that Cargo expects beside a manifest: those that the manifest
/// names, and those that are targets by convention. See the Cargo Reference,
/// "Cargo Targets".
pub fn target_files<'a>(
    manifest: &str,
    paths: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let table: toml::Table = parse_manifest(manifest).unwrap_or_default();
    let mut named = BTreeSet::new();
    named.extend(script_path(&table, |_| true));
    named.extend(target_path(&table, "lib"));
    for kind in ["bin", "example", "test", "bench"] {
        let targets = table.get(kind).and_then(toml::Value::as_array);
        let paths = targets
            .into_iter()
            .flatten()
            .filter_map(|target| target.get("path")?.as_str());
        named.extend(paths.map(without_dot));
    }
    let is_target = |path: &&str| {
        let parts: Vec<_> = path.split('/').collect();
        let is_conventional = match parts.as_slice() {
            ["build.rs"] | ["src", "lib.rs" | "main.rs"] => true,
            ["src", "bin", rest @ ..] | ["examples" | "tests" | "benches", rest @ ..] => {
                matches!(rest, [_] | [_, "main.rs"])
            }
            _ => false,
        };
        let is_rust = Utf8Path::new(path).extension() == Some("rs");
        is_rust && is_conventional || named.contains(*path)
    };
    paths.into_iter().filter(is_target).collect()
}

/// Reads `#![feature(...)]` and `#![cfg_attr(CONDITION, feature(...))]` at the
/// beginning of a crate's root.
fn unstable_features(text: &str) -> Vec<UnstableFeatures> {
    let mut found = Vec::new();
    for attribute in inner_attributes(text) {
        let Some((name, rest)) = attribute.split_once('(') else {
            continue;
        };
        let arguments = rest.trim_end().strip_suffix(')').unwrap_or(rest);
        match name.trim() {
            "feature" => found.push(UnstableFeatures {
                features: on_one_line(arguments),
                condition: None,
            }),
            "cfg_attr" => {
                let arguments = split_arguments(arguments);
                let condition = arguments
                    .first()
                    .map(|condition| CfgCondition::from(on_one_line(condition)));
                for attribute in arguments.iter().skip(1) {
                    if let Some(features) = feature_arguments(attribute) {
                        found.push(UnstableFeatures {
                            features: on_one_line(features),
                            condition: condition.clone(),
                        });
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// `a, b` of `feature(a, b)`.
fn feature_arguments(attribute: &str) -> Option<&str> {
    let rest = attribute.trim().strip_prefix("feature")?;
    rest.trim().strip_prefix('(')?.strip_suffix(')')
}

fn on_one_line(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.trim_end_matches(',').to_owned()
}

/// The contents of the `#![...]` before the first item.
fn inner_attributes(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        if rest.starts_with("//") || (rest.starts_with("#!") && !rest.starts_with("#![")) {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, rest)| rest);
        } else if let Some(inside) = rest.strip_prefix("#![") {
            let Some(end) = closing_bracket(inside) else {
                return found;
            };
            found.push(&inside[..end]);
            rest = &inside[end + 1..];
        } else {
            return found;
        }
    }
}

/// The index of the bracket that closes one opened before the text. Brackets
/// in strings don't count.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (1_usize, false, false);
    for (index, byte) in text.bytes().enumerate() {
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
            return Some(index);
        }
    }
    None
}

/// Splits at the commas that are not in parentheses.
fn split_arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
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
    fn unstable_features_are_read_with_their_conditions() {
        let text = "// head\n/*! docs */\n#![doc = \"]\"]\n#![feature(a,\n  b)]\n\
            #![cfg_attr(all(feature = \"nightly\", unix), warn(x), feature(c))]\n\
            #![cfg_attr(docsrs, feature(doc_cfg))]\n#![cfg_attr(not(fallback), feature(d))]\nfn f() {}\n#![feature(late)]\n";
        let facts = SourceFacts {
            unstable: unstable_features(text),
            ..SourceFacts::default()
        };
        let cfgs = CfgSet::of(Platform::X86_64Linux);
        let on = |cfgs: &CfgSet| {
            facts
                .unstable_with(cfgs)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(on(&cfgs), ["a, b"]);
        assert_eq!(on(&cfgs.with_features(["nightly"])), ["a, b", "c"]);
    }

    #[test]
    fn facts_need_the_library_and_the_modules_of_the_build_script() {
        let package = "[package]\nname = \"m\"\n";
        let library = "[lib]\npath = \"lib/m.rs\"\n";
        let (plain, modules) = ("fn main() {}", "mod probe;");
        for (manifest, files, expected) in [
            (package, vec![("src/lib.rs", Some(""))], true),
            (package, vec![], true),
            (package, vec![("src/lib.rs", None)], false),
            (
                package,
                vec![("build.rs", Some(plain)), ("src/x.rs", None)],
                true,
            ),
            (package, vec![("build.rs", Some(modules))], false),
            (package, vec![("build.rs", None)], false),
            (library, vec![("lib/m.rs", None)], false),
            (library, vec![("src/lib.rs", None)], true),
        ] {
            let find = |path: &str| files.iter().find(|(name, _)| *name == path);
            let text = |path: &str| find(path)?.1.map(Cow::Borrowed);
            let found = SourceFacts::can_be_read(manifest, |path| find(path).is_some(), text);
            assert_eq!(found, expected, "{manifest}{files:?}");
        }
    }

    #[test]
    fn target_files_are_named_or_found_by_convention() {
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
