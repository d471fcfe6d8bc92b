//! What lies around the crates and changes how cargo builds them: Cargo's
//! configuration, unstable features, the Rust that is asked for.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;

use super::{CrateSource, LocalCrates, Pyo3, RustProject, SourceFiles, join};

/// What a project's surroundings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Cargo's configuration, and the keys in it that matter to a build.
    pub cargo_config: Option<(Utf8PathBuf, Vec<String>)>,
    /// The crate roots that turn on unstable features, or manifests that do.
    pub nightly: Vec<Utf8PathBuf>,
    /// The newest `rust-version` of the project's own crates, and whose.
    pub rust_version: Option<(Version, String)>,
    /// `PyO3`, where a Python module is built with it.
    pub pyo3: Option<Pyo3>,
    /// Whether `pyo3/generate-import-lib` is on in a PyO3 that needs a crate
    /// for it, and whether the lock has that.
    pub import_lib: Option<bool>,
}

/// What cargo takes from its configuration that a build by Nix may stumble
/// over.
const KEYS: [&str; 10] = [
    "unstable.build-std",
    "build.rustc-wrapper",
    "build.rustc-workspace-wrapper",
    "build.rustc",
    "build.rustflags",
    "build.target",
    "build.target-dir",
    "source",
    "patch",
    "net.offline",
];

impl Surroundings {
    /// Looks around a project whose Python root is `python_root`, where cargo
    /// is run.
    #[must_use]
    pub fn of(
        files: &SourceFiles,
        python_root: &Utf8Path,
        project: &RustProject,
        local: &LocalCrates,
    ) -> Self {
        Self {
            cargo_config: cargo_config(files, python_root),
            nightly: nightly(files, local),
            rust_version: rust_version(files, project, local),
            pyo3: Pyo3::of(project, local),
            import_lib: needs_import_lib(project, local)
                .then(|| project.locked("python3-dll-a").is_some()),
        }
    }
}

impl RustProject {
    /// The newest version of a crate in the lock, if it isn't one of the
    /// project's own.
    #[must_use]
    pub fn locked(&self, name: &str) -> Option<Version> {
        let crates = self.lock.iter().flat_map(|lock| &lock.crates);
        crates
            .filter(|krate| krate.name.as_str() == name && krate.source != CrateSource::Local)
            .map(|krate| krate.version.clone())
            .max()
    }
}

fn cargo_config(files: &SourceFiles, python_root: &Utf8Path) -> Option<(Utf8PathBuf, Vec<String>)> {
    let path = [".cargo/config.toml", ".cargo/config"]
        .map(|name| join(python_root, name))
        .into_iter()
        .find(|path| files.has(path))?;
    let text = files.text(&path).ok().flatten().unwrap_or_default();
    let table: toml::Table = text.parse().unwrap_or_default();
    let get = |key: &str| {
        let mut parts = key.split('.');
        let first = table.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    };
    let mut keys: Vec<String> = KEYS
        .into_iter()
        .filter(|key| get(key).is_some_and(|v| *key != "build.rustflags" || !is_usual(v)))
        .map(str::to_owned)
        .collect();
    let targets = table.get("target").and_then(toml::Value::as_table);
    for (target, settings) in targets.into_iter().flatten() {
        // Nix users build on none of them.
        if ["windows", "wasm", "musl", "emscripten"]
            .iter()
            .any(|os| target.contains(os))
        {
            continue;
        }
        if settings.get("linker").is_some() {
            keys.push(format!("target.{target}.linker"));
        }
        if settings
            .get("rustflags")
            .is_some_and(|flags| !is_usual(flags))
        {
            keys.push(format!("target.{target}.rustflags"));
        }
    }
    Some((path, keys))
}

/// Whether flags are those that PyO3 has everybody set on macOS, or plain
/// `--cfg`.
fn is_usual(flags: &toml::Value) -> bool {
    let words: Vec<&str> = match flags {
        toml::Value::String(text) => text.split_whitespace().collect(),
        toml::Value::Array(items) => items.iter().filter_map(toml::Value::as_str).collect(),
        _ => return false,
    };
    let is_usual = |(place, word): (usize, &&str)| {
        let after_cfg = place > 0 && words[place - 1] == "--cfg";
        after_cfg
            || matches!(
                *word,
                "-C" | "--cfg" | "link-arg=-undefined" | "link-arg=dynamic_lookup"
            )
    };
    words.iter().enumerate().all(is_usual)
}

/// `#![feature(...)]` at the start of a line of a crate's root, which only a
/// nightly rustc takes, and `cargo-features`.
fn nightly(files: &SourceFiles, local: &LocalCrates) -> Vec<Utf8PathBuf> {
    let mut found = BTreeSet::new();
    for (folder, krate) in &local.crates {
        if !krate.manifest.cargo_features.is_empty() {
            found.insert(join(folder, "Cargo.toml"));
        }
        let lib = krate.manifest.lib_path.as_deref().unwrap_or("src/lib.rs");
        for root in [lib, "src/main.rs"] {
            let path = join(folder, root);
            let text = files.text(&path).ok().flatten().unwrap_or_default();
            if text.lines().any(|line| line.starts_with("#![feature(")) {
                found.insert(path);
            }
        }
    }
    found.into_iter().collect()
}

/// Cargo refuses a crate whose `rust-version` is newer than rustc.
fn rust_version(
    files: &SourceFiles,
    project: &RustProject,
    local: &LocalCrates,
) -> Option<(Version, String)> {
    let root = join(&project.cargo_root, "Cargo.toml");
    let root = super::CargoManifest::read(files, &root).ok()?;
    let workspace = root.workspace.as_ref();
    let inherited = workspace.and_then(|workspace| workspace.rust_version.as_deref());
    let own = local.crates.values().filter_map(|krate| {
        let field = krate.manifest.rust_version.as_ref()?;
        let text = field.or_inherited(inherited)?;
        Some((three_parts(text)?, krate.manifest.name.clone()?))
    });
    own.max()
}

/// `1.85` is `1.85.0`.
fn three_parts(text: &str) -> Option<Version> {
    let dots = text.matches('.').count();
    format!("{text}{}", ".0".repeat(2_usize.saturating_sub(dots)))
        .parse()
        .ok()
}

/// Since 0.29, PyO3 makes import libraries without another crate.
fn needs_import_lib(project: &RustProject, local: &LocalCrates) -> bool {
    let pyo3 = project
        .locked("pyo3-ffi")
        .or_else(|| project.locked("pyo3"));
    if pyo3.is_none_or(|version| version >= Version::new(0, 29, 0)) {
        return false;
    }
    let feature = "generate-import-lib";
    let of_builds = project
        .modules
        .iter()
        .flat_map(|module| &module.build.options.features);
    let of_crates = local
        .crates
        .values()
        .flat_map(|krate| &krate.dependencies)
        .filter(|dependency| dependency.package.starts_with("pyo3"))
        .flat_map(|dependency| &dependency.features);
    of_builds
        .chain(of_crates)
        .any(|name| name.rsplit('/').next() == Some(feature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;

    fn surroundings(files: &[(&str, &str)]) -> Surroundings {
        let mut source = SourceFiles::new(".");
        for (path, text) in files {
            source.insert(*path, Some(text.as_bytes().to_vec()));
        }
        let root = Utf8Path::new(".");
        let project = Project::read(&source, root, 13).unwrap();
        let local = LocalCrates::find(&source, &project.rust[0]).unwrap();
        Surroundings::of(&source, root, &project.rust[0], &local)
    }

    const PYPROJECT: (&str, &str) = (
        "pyproject.toml",
        "[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n",
    );

    #[test]
    fn a_quiet_project_says_nothing() {
        let manifest = "[package]\nname = \"m\"\nversion = \"1.0.0\"\n";
        let config =
            "[target.aarch64-apple-darwin]\nrustflags = [\"-C\", \"link-arg=-undefined\"]\n";
        let lib = "// #![feature(x)]\n#![cfg_attr(nightly, feature(x))]\n";
        let found = surroundings(&[
            PYPROJECT,
            ("Cargo.toml", manifest),
            ("src/lib.rs", lib),
            (".cargo/config.toml", config),
        ]);
        let expected = Surroundings {
            cargo_config: Some((".cargo/config.toml".into(), Vec::new())),
            ..Surroundings::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_around_is_found() {
        let manifest = "cargo-features = [\"x\"]\n[package]\nname = \"m\"\nversion = \"1.0.0\"\n\
             rust-version.workspace = true\n[workspace.package]\nrust-version = \"1.85\"\n\
             [dependencies]\npyo3 = { version = \"0.22\", features = [\"generate-import-lib\"] }\n";
        let config = "[build]\nrustc-wrapper = \"x\"\n[target.x86_64-pc-windows-msvc]\nlinker = \"l\"\n\
             [target.x86_64-unknown-linux-gnu]\nlinker = \"l\"\n";
        let lock = "version = 4\n[[package]]\nname = \"pyo3\"\nversion = \"0.22.1\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let found = surroundings(&[
            PYPROJECT,
            ("Cargo.toml", manifest),
            ("Cargo.lock", lock),
            ("src/lib.rs", "#![feature(portable_simd)]\n"),
            (".cargo/config.toml", config),
        ]);
        let keys = [
            "build.rustc-wrapper",
            "target.x86_64-unknown-linux-gnu.linker",
        ];
        let expected = Surroundings {
            cargo_config: Some((".cargo/config.toml".into(), keys.map(str::to_owned).into())),
            nightly: vec!["Cargo.toml".into(), "src/lib.rs".into()],
            rust_version: Some((Version::new(1, 85, 0), "m".to_owned())),
            pyo3: Some(Pyo3 {
                version: Version::new(0, 22, 1),
                has_abi3_version: false,
            }),
            import_lib: Some(false),
        };
        assert_eq!(found, expected);
    }
}
