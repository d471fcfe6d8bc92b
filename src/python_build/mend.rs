//! Mends: what a stanza can change so that a source builds with the set.

use toml::{Table, Value};

use super::bounds::{Consequence, Likelihood};
use crate::project::{Pyproject, PythonName};

/// The keys of `[package.metadata.maturin]` that maturin refuses since 0.14:
/// `check_removed_python_metadata` in src/cargo_toml.rs of 1.14.1.
const REFUSED_KEYS: [&str; 12] = [
    "scripts",
    "classifiers",
    "classifier",
    "data",
    "maintainer",
    "maintainer-email",
    "requires-dist",
    "requires-python",
    "requires-external",
    "project-url",
    "provides-extra",
    "description-content-type",
];

/// What makes a source build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Lines for `postPatch`, run in the folder of `pyproject.toml`.
    PostPatch(Vec<String>),
    /// A requirement for the user's lock, whose packages replace the set's.
    Pin(String),
    /// Something that a person has to do.
    Manual(String),
}

/// The crate that maturin builds, for `[package.metadata.maturin]`.
#[derive(Debug, Clone, Copy)]
pub struct MaturinSource<'a> {
    /// The package.
    pub name: &'a PythonName,
    /// Its `pyproject.toml`.
    pub pyproject: &'a Pyproject,
    /// The path of `Cargo.toml`, relative to the folder of `pyproject.toml`.
    pub manifest_path: &'a str,
    /// Its text.
    pub manifest: &'a str,
}

/// What maturin 0.14 and newer make of `[package.metadata.maturin]`, and how
/// to say the same in `pyproject.toml`. `None` if there is nothing to mend.
#[must_use]
pub fn maturin_metadata(source: MaturinSource<'_>) -> Option<Consequence> {
    let manifest: Table = source.manifest.parse().ok()?;
    let metadata = manifest.get("package")?.get("metadata")?.get("maturin")?;
    let metadata = metadata.as_table()?;
    let refused: Vec<_> = REFUSED_KEYS
        .into_iter()
        .filter(|key| metadata.contains_key(*key))
        .collect();
    let moved = source.moved_settings(metadata);
    if refused.is_empty() && moved.is_empty() {
        return None;
    }
    let symptom = if refused.is_empty() {
        "maturin ignores `[package.metadata.maturin]`: the module gets another name or place"
            .to_owned()
    } else {
        let keys = refused.join("`, `");
        format!("maturin refuses `{keys}` in `[package.metadata.maturin]`")
    };
    Some(Consequence {
        system: PythonName::new("maturin"),
        version: None,
        symptom,
        likelihood: Likelihood::Certain,
        place: None,
        mend: Some(source.mend(metadata, &refused, &moved)),
        evidence: "maturin's Changelog.md, 0.14.0".to_owned(),
    })
}

impl MaturinSource<'_> {
    /// The settings that go to `[tool.maturin]`.
    fn moved_settings(&self, metadata: &Table) -> Vec<(&'static str, String)> {
        let keys = [
            ("name", "module-name"),
            ("python-source", "python-source"),
            ("data", "data"),
        ];
        let own = self.pyproject.tool(&["maturin"]);
        let moved = keys.into_iter().filter_map(|(old, new)| {
            let value = metadata.get(old)?.as_str()?.to_owned();
            let is_there = own.is_some_and(|table| table.get(new).is_some());
            (!is_there).then_some((new, value))
        });
        moved.collect()
    }

    fn mend(&self, metadata: &Table, refused: &[&str], moved: &[(&'static str, String)]) -> Mend {
        let is_plain = |text: &str| {
            let is_safe = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
            !text.is_empty() && text.chars().all(is_safe)
        };
        let header = "[package.metadata.maturin";
        let is_header = |line: &str| line.starts_with(header);
        let has_header = self.manifest.lines().any(is_header);
        let values_are_plain = moved.iter().all(|(_, value)| is_plain(value));
        if !values_are_plain
            || !is_plain(self.manifest_path)
            || (!refused.is_empty() && !has_header)
        {
            let message = "say in `pyproject.toml` what `[package.metadata.maturin]` says";
            return Mend::Manual(message.to_owned());
        }
        let mut lines = Vec::new();
        if !refused.is_empty() {
            // maturin looks at no table of another name.
            lines.push(format!(
                "sed -i 's/^\\[package\\.metadata\\.maturin/[package.metadata.old-maturin/' {}",
                self.manifest_path
            ));
        }
        let settings = moved
            .iter()
            .map(|(key, value)| format!("{key} = \"{value}\""));
        let settings: Vec<_> = settings.collect();
        if self.pyproject.tool(&["maturin"]).is_some() {
            for setting in settings.iter().rev() {
                let command = format!("/^\\[tool\\.maturin\\]/a {setting}");
                lines.push(format!("sed -i {} pyproject.toml", quoted(&command)));
            }
        } else if !settings.is_empty() {
            let mut all = vec![String::new(), "[tool.maturin]".to_owned()];
            all.extend(settings);
            lines.push(append(&all));
        }
        lines.extend(self.scripts(metadata));
        Mend::PostPatch(lines)
    }

    /// Programs of the old table as `[project.scripts]`.
    fn scripts(&self, metadata: &Table) -> Option<String> {
        let scripts = metadata.get("scripts").and_then(Value::as_table)?;
        let project = &self.pyproject.project;
        if project.contains_key("scripts") {
            return None;
        }
        let mut lines = vec![String::new()];
        if project.is_empty() {
            lines.push("[project]".to_owned());
            lines.push(format!("name = \"{}\"", self.name));
            lines.push("dynamic = [\"version\"]".to_owned());
        }
        lines.push("[project.scripts]".to_owned());
        lines.extend(scripts.to_string().lines().map(str::to_owned));
        Some(append(&lines))
    }
}

/// Adds what uv requires of a `[project]` table: pyproject.nix builds with uv,
/// which refuses one without name, or with neither a version nor a `dynamic`
/// that names it.
pub(super) fn complete_project(
    name: &PythonName,
    lacking: &[&str],
    has_dynamic: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |line: &str| {
        let command = format!("/^\\[project\\]/a {line}");
        lines.push(format!("sed -i {} pyproject.toml", quoted(&command)));
    };
    if lacking.contains(&"project.name") {
        add(&format!("name = \"{name}\""));
    }
    if lacking.contains(&"project.version") {
        if has_dynamic {
            let command = "/^\\[project\\]/,/^\\[project\\./ s/^dynamic *= *\\[/&\"version\", /";
            lines.push(format!("sed -i {} pyproject.toml", quoted(command)));
        } else {
            add("dynamic = [\"version\"]");
        }
    }
    lines
}

/// Has poetry-core generate the `setup.py` that calls a build script's
/// function `build`.
pub(super) fn generate_setup_file(script: &str) -> Vec<String> {
    let pattern = script.replace('.', "\\.").replace('/', "\\/");
    let replacement = script.replace('/', "\\/");
    let table = format!("{{ script = \"{replacement}\", generate-setup-file = true }}");
    let commands = [
        // `build = "build.py"` in `[tool.poetry]`.
        format!("s/^build *= *[\"']{pattern}[\"'] *$/build = {table}/"),
        // `script = "build.py"` in `[tool.poetry.build]`.
        "/^\\[tool\\.poetry\\.build\\]/a generate-setup-file = true".to_owned(),
    ];
    let lines = commands.iter();
    lines
        .map(|command| format!("sed -i {} pyproject.toml", quoted(command)))
        .collect()
}

/// Lines at the end of `pyproject.toml`.
fn append(lines: &[String]) -> String {
    let words: Vec<_> = lines.iter().map(|line| quoted(line)).collect();
    format!("printf '%s\\n' {} >> pyproject.toml", words.join(" "))
}

/// A word for the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
