//! Mends: changes in a stanza that make a source build with the set.

use toml::{Table, Value};

use super::consequence::{Consequence, Likelihood, Mend};
use crate::project::{Pyproject, PythonName};
use crate::toml_text::parse_manifest;

/// The keys of `[package.metadata.maturin]` that maturin has refused since 0.14
/// (`check_removed_python_metadata` in `src/cargo_toml.rs` of 1.14.1).
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

/// A crate that maturin builds, with the files that may configure it.
#[derive(Debug, Clone, Copy)]
pub struct MaturinSource<'a> {
    /// The name of the Python package.
    pub name: &'a PythonName,
    /// The package's `pyproject.toml`.
    pub pyproject: &'a Pyproject,
    /// The path of `Cargo.toml`, relative to the folder of `pyproject.toml`.
    pub manifest_path: &'a str,
    /// The text of `Cargo.toml`.
    pub manifest: &'a str,
}

/// Returns what maturin 0.14 and later do with `[package.metadata.maturin]`,
/// and a mend that moves the settings to `pyproject.toml`. `None` if the
/// manifest has no such settings.
#[must_use]
pub fn maturin_metadata(source: MaturinSource<'_>) -> Option<Consequence> {
    let manifest: Table = parse_manifest(source.manifest).ok()?;
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
    /// Returns the settings to add to `[tool.maturin]`.
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
            let message = "move the settings of `[package.metadata.maturin]` to `pyproject.toml`";
            return Mend::Manual(message.to_owned());
        }
        let mut lines = Vec::new();
        if !refused.is_empty() {
            // maturin ignores tables with another name.
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

    /// Returns the scripts of the old table as `[project.scripts]`.
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

/// Adds missing fields to a `[project]` table. pyproject.nix builds with uv,
/// which refuses a table without `name`, or with neither `version` nor a
/// `dynamic` that lists it.
pub(super) fn complete_project(
    name: &PythonName,
    lacking: &[String],
    has_dynamic: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |line: &str| {
        let command = format!("/^\\[project\\]/a {line}");
        lines.push(format!("sed -i {} pyproject.toml", quoted(&command)));
    };
    if lacking.iter().any(|field| field == "project.name") {
        add(&format!("name = \"{name}\""));
    }
    if lacking.iter().any(|field| field == "project.version") {
        if has_dynamic {
            let command = "/^\\[project\\]/,/^\\[/ s/^dynamic *= *\\[/&\"version\", /";
            lines.push(format!("sed -i {} pyproject.toml", quoted(command)));
        } else {
            add("dynamic = [\"version\"]");
        }
    }
    lines
}

/// Makes poetry-core generate a `setup.py`, which calls the function `build` of
/// the build script.
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

/// Returns a command that appends lines to `pyproject.toml`.
fn append(lines: &[String]) -> String {
    let words: Vec<_> = lines.iter().map(|line| quoted(line)).collect();
    format!("printf '%s\\n' {} >> pyproject.toml", words.join(" "))
}

/// Quotes a word for the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::project::SourceFiles;

    fn metadata(pyproject: &str, manifest: &str) -> Option<Consequence> {
        let mut files = SourceFiles::new("rpds-py");
        files.insert("pyproject.toml", Some(pyproject.as_bytes().to_vec()));
        let pyproject = Pyproject::read(&files, Utf8Path::new(".")).unwrap();
        maturin_metadata(MaturinSource {
            name: &PythonName::new("rpds-py"),
            pyproject: &pyproject,
            manifest_path: "Cargo.toml",
            manifest,
        })
    }

    fn lines(pyproject: &str, manifest: &str) -> Vec<String> {
        match metadata(pyproject, manifest).unwrap().mend {
            Some(Mend::PostPatch(lines)) => lines,
            other => panic!("{other:?}"),
        }
    }

    const BUILD: &str =
        "[build-system]\nrequires = ['maturin>=0.12,<0.13']\nbuild-backend = 'maturin'\n";

    #[test]
    fn a_name_becomes_the_module_name() {
        let manifest = "[package]\nname = 'rpds'\n[package.metadata.maturin]\nname = 'rpds.rpds'\npython-source = 'python'\n";
        assert_eq!(
            lines(BUILD, manifest),
            [
                "printf '%s\\n' '' '[tool.maturin]' 'module-name = \"rpds.rpds\"' 'python-source = \"python\"' >> pyproject.toml"
            ]
        );
    }

    #[test]
    fn a_table_that_is_there_takes_the_settings() {
        let pyproject = format!("{BUILD}[tool.maturin]\nbindings = 'pyo3'\n");
        let manifest = "[package]\nname = 'a'\n[package.metadata.maturin]\nname = 'a.b'\n";
        assert_eq!(
            lines(&pyproject, manifest),
            ["sed -i '/^\\[tool\\.maturin\\]/a module-name = \"a.b\"' pyproject.toml"]
        );
        let named = format!("{BUILD}[tool.maturin]\nmodule-name = 'a.b'\n");
        assert_eq!(metadata(&named, manifest), None);
    }

    #[test]
    fn refused_keys_are_put_where_maturin_does_not_look() {
        let manifest = "[package]\nname = 'a'\n[package.metadata.maturin]\nrequires-dist = ['attrs']\n\
                        [package.metadata.maturin.scripts]\na = 'a:main'\n";
        let found = metadata(BUILD, manifest).unwrap();
        assert_eq!(
            found.symptom,
            "maturin refuses `scripts`, `requires-dist` in `[package.metadata.maturin]`"
        );
        assert_eq!(
            lines(BUILD, manifest),
            [
                "sed -i 's/^\\[package\\.metadata\\.maturin/[package.metadata.old-maturin/' Cargo.toml",
                "printf '%s\\n' '' '[project]' 'name = \"rpds-py\"' 'dynamic = [\"version\"]' '[project.scripts]' 'a = \"a:main\"' >> pyproject.toml"
            ]
        );
    }

    #[test]
    fn programs_of_a_project_table_stay() {
        let pyproject =
            format!("{BUILD}[project]\nname = 'a'\nversion = '1'\nscripts = {{ a = 'a:main' }}\n");
        let manifest = "[package]\nname = 'a'\n[package.metadata.maturin.scripts]\na = 'a:main'\n";
        assert_eq!(lines(&pyproject, manifest).len(), 1);
    }

    #[test]
    fn a_manifest_without_such_metadata_needs_nothing() {
        assert_eq!(metadata(BUILD, "[package]\nname = 'a'\n"), None);
        let targets = "[package]\nname = 'a'\n[[package.metadata.maturin.targets]]\nname = 'a'\n";
        assert_eq!(metadata(BUILD, targets), None);
    }

    #[test]
    fn what_the_shell_could_read_otherwise_is_left_to_people() {
        let manifest = "[package]\nname = 'a'\n[package.metadata.maturin]\nname = \"a'; rm b\"\n";
        let found = metadata(BUILD, manifest).unwrap();
        assert!(matches!(found.mend, Some(Mend::Manual(_))), "{found:?}");
        let inline = "[package]\nname = 'a'\nmetadata.maturin = { requires-dist = [] }\n";
        let found = metadata(BUILD, inline).unwrap();
        assert!(matches!(found.mend, Some(Mend::Manual(_))), "{found:?}");
    }

    #[test]
    fn the_forms_of_a_poetry_script_are_changed() {
        let lines = generate_setup_file("build.py");
        assert_eq!(
            lines[0],
            "sed -i 's/^build *= *[\"'\\''\"]build\\.py[\"'\\''\"] *$/build = { script = \"build.py\", generate-setup-file = true }/' pyproject.toml"
                .replace("[\"'\\''\"]", "[\"'\\'']")
        );
        assert_eq!(
            lines[1],
            "sed -i '/^\\[tool\\.poetry\\.build\\]/a generate-setup-file = true' pyproject.toml"
        );
    }
}
