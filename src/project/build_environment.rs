//! What changes how cargo builds the crates: Cargo's configuration, unstable
//! features, the required versions of Rust and PyO3.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;

use super::files::SourceFiles;
use super::local_crates::LocalCrates;
use super::paths::join;
use super::pyo3::{Pyo3, locked_pyo3};
use super::roots::RustProject;
use super::toml_strings::split_words;
use crate::toml_text::parse_manifest;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildEnvironment {
    pub cargo_config: Option<CargoConfig>,
    /// The crate roots that turn on unstable features, and the manifests with
    /// `cargo-features`.
    pub nightly_files: Vec<Utf8PathBuf>,
    /// The newest `rust-version` of the project's crates.
    pub rust_version: Option<RequiredRust>,
    /// `PyO3`, if a Python module is built with it.
    pub pyo3: Option<Pyo3>,
    /// Whether `Cargo.lock` has `python3-dll-a`; `None` if PyO3 doesn't need
    /// it.
    pub import_lib: Option<bool>,
}

/// The project's own Cargo configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoConfig {
    pub path: Utf8PathBuf,
    /// The dotted keys in it that may break a build in Nix.
    pub keys: Vec<String>,
    /// The dotted keys whose flags compile for the processor of the machine that
    /// builds.
    pub native_cpu: Vec<String>,
}

/// The flag of rustc that compiles for the processor of the machine that builds.
pub const NATIVE_CPU: &str = "target-cpu=native";

/// A crate with its `rust-version`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredRust {
    pub version: Version,
    pub krate: String,
}

/// Keys of Cargo's configuration that may break a build in Nix.
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

/// Parts of target names that no supported platform has.
const OTHER_TARGETS: [&str; 4] = ["windows", "wasm", "musl", "emscripten"];

impl BuildEnvironment {
    /// Reads what is around `project`; cargo runs in `python_root`.
    pub fn read(
        files: &SourceFiles,
        python_root: &Utf8Path,
        project: &RustProject,
        local: &LocalCrates,
    ) -> Self {
        Self {
            cargo_config: cargo_config(files, python_root),
            nightly_files: nightly_files(files, local),
            rust_version: rust_version(files, project, local),
            pyo3: Pyo3::find(project, local),
            import_lib: needs_import_lib(project, local).then(|| {
                let cargo_lock = project.cargo_lock.as_ref();
                cargo_lock.is_some_and(|lock| lock.newest("python3-dll-a").is_some())
            }),
        }
    }
}

fn cargo_config(files: &SourceFiles, python_root: &Utf8Path) -> Option<CargoConfig> {
    let path = [".cargo/config.toml", ".cargo/config"]
        .map(|name| join(python_root, name))
        .into_iter()
        .find(|path| files.has(path))?;
    let text = files.text(&path).ok().flatten().unwrap_or_default();
    let table: toml::Table = parse_manifest(text).unwrap_or_default();
    let get = |key: &str| {
        let mut parts = key.split('.');
        let first = table.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    };
    let mut keys: Vec<String> = KEYS
        .into_iter()
        .filter(|key| get(key).is_some_and(|v| *key != "build.rustflags" || !are_harmless(v)))
        .map(str::to_owned)
        .collect();
    let mut native_cpu: Vec<_> = get("build.rustflags")
        .filter(|flags| has_native_cpu(flags))
        .map(|_| "build.rustflags".to_owned())
        .into_iter()
        .collect();
    let targets = table.get("target").and_then(toml::Value::as_table);
    for (target, settings) in targets.into_iter().flatten() {
        if OTHER_TARGETS.iter().any(|part| target.contains(part)) {
            continue;
        }
        if settings.get("linker").is_some() {
            keys.push(format!("target.{target}.linker"));
        }
        let flags = settings.get("rustflags");
        if flags.is_some_and(|flags| !are_harmless(flags)) {
            keys.push(format!("target.{target}.rustflags"));
        }
        if flags.is_some_and(has_native_cpu) {
            native_cpu.push(format!("target.{target}.rustflags"));
        }
    }
    Some(CargoConfig {
        path,
        keys,
        native_cpu,
    })
}

/// Returns whether flags are a list of words.
fn has_words(flags: &toml::Value) -> bool {
    flags.is_str() || flags.is_array()
}

fn has_native_cpu(flags: &toml::Value) -> bool {
    has_words(flags) && split_words(flags).into_iter().any(is_native_cpu)
}

/// `target-cpu=native` after `-C`, or with it in one word.
fn is_native_cpu(word: &str) -> bool {
    matches!(
        word,
        NATIVE_CPU | "-Ctarget-cpu=native" | "--codegen=target-cpu=native"
    )
}

/// Returns whether flags are only `--cfg` and those that PyO3's guide has
/// everyone set on macOS. `target-cpu=native` builds, and has a warning of its
/// own.
fn are_harmless(flags: &toml::Value) -> bool {
    if !has_words(flags) {
        return false;
    }
    let words = split_words(flags);
    words.iter().enumerate().all(|(index, word)| {
        let follows_cfg = index > 0 && words[index - 1] == "--cfg";
        follows_cfg
            || is_native_cpu(word)
            || matches!(
                *word,
                "-C" | "--cfg" | "--codegen" | "link-arg=-undefined" | "link-arg=dynamic_lookup"
            )
    })
}

/// Returns the files that only a nightly toolchain accepts: crate roots with
/// `#![feature(...)]` at the start of a line, manifests with `cargo-features`.
fn nightly_files(files: &SourceFiles, local: &LocalCrates) -> Vec<Utf8PathBuf> {
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

/// Returns the newest `rust-version`; cargo refuses to build the crate with an
/// older rustc.
fn rust_version(
    files: &SourceFiles,
    project: &RustProject,
    local: &LocalCrates,
) -> Option<RequiredRust> {
    let root = join(&project.cargo_root, "Cargo.toml");
    let root = files.manifest(&root).ok()?;
    let workspace = root.workspace.as_ref();
    let inherited = workspace.and_then(|workspace| workspace.package.rust_version.as_deref());
    let required = local.crates.values().filter_map(|krate| {
        let field = krate.manifest.rust_version.as_ref()?;
        Some(RequiredRust {
            version: parse_rust_version(field.resolve(inherited)?)?,
            krate: krate.manifest.name.clone()?,
        })
    });
    required.max()
}

/// Parses a `rust-version`, which may leave out its last parts: `1.85`.
fn parse_rust_version(text: &str) -> Option<Version> {
    let dots = text.matches('.').count();
    format!("{text}{}", ".0".repeat(2_usize.saturating_sub(dots)))
        .parse()
        .ok()
}

/// Returns whether `pyo3/generate-import-lib` is on in a PyO3 that needs the
/// crate `python3-dll-a` for it, as before 0.29.
fn needs_import_lib(project: &RustProject, local: &LocalCrates) -> bool {
    if locked_pyo3(project).is_none_or(|version| *version >= Version::new(0, 29, 0)) {
        return false;
    }
    let from_builds = project
        .modules
        .iter()
        .flat_map(|module| &module.build.options.features);
    let from_crates = local
        .crates
        .values()
        .flat_map(|krate| &krate.dependencies)
        .filter(|dependency| dependency.package.starts_with("pyo3"))
        .flat_map(|dependency| &dependency.features);
    from_builds
        .chain(from_crates)
        .any(|name| name.rsplit('/').next() == Some("generate-import-lib"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;

    fn environment(files: &[(&str, &str)]) -> BuildEnvironment {
        let source = SourceFiles::example(files);
        let root = Utf8Path::new(".");
        let project = Project::read(&source, root, Some(13)).unwrap();
        let local = LocalCrates::find(&source, &project.rust[0]).unwrap();
        BuildEnvironment::read(&source, root, &project.rust[0], &local)
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
        let found = environment(&[
            PYPROJECT,
            ("Cargo.toml", manifest),
            ("src/lib.rs", lib),
            (".cargo/config.toml", config),
        ]);
        let expected = BuildEnvironment {
            cargo_config: Some(CargoConfig {
                path: ".cargo/config.toml".into(),
                keys: Vec::new(),
                native_cpu: Vec::new(),
            }),
            ..BuildEnvironment::default()
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
        let found = environment(&[
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
        let expected = BuildEnvironment {
            cargo_config: Some(CargoConfig {
                path: ".cargo/config.toml".into(),
                keys: keys.map(str::to_owned).into(),
                native_cpu: Vec::new(),
            }),
            nightly_files: vec!["Cargo.toml".into(), "src/lib.rs".into()],
            rust_version: Some(RequiredRust {
                version: Version::new(1, 85, 0),
                krate: "m".to_owned(),
            }),
            pyo3: Some(Pyo3 {
                version: Version::new(0, 22, 1),
                has_abi3_version: false,
            }),
            import_lib: Some(false),
        };
        assert_eq!(found, expected);
    }
    #[test]
    fn flags_for_the_processor_that_builds_are_no_hazard_of_the_build() {
        let manifest = "[package]\nname = \"m\"\nversion = \"1.0.0\"\n";
        let config = |text: &str| {
            let found = environment(&[
                PYPROJECT,
                ("Cargo.toml", manifest),
                (".cargo/config.toml", text),
            ]);
            found.cargo_config.unwrap()
        };
        let found = config(
            "[build]\nrustflags = [\"-C\", \"target-cpu=native\"]\n\
             [target.x86_64-unknown-linux-gnu]\nrustflags = \"-Ctarget-cpu=native -Clinker=x\"\n\
             [target.x86_64-pc-windows-msvc]\nrustflags = [\"-Ctarget-cpu=native\"]\n",
        );
        let linux = "target.x86_64-unknown-linux-gnu.rustflags";
        assert_eq!(found.native_cpu, ["build.rustflags", linux]);
        assert_eq!(found.keys, [linux]);
        let found = config("[build]\nrustflags = [\"-C\", \"target-cpu=x86-64-v3\"]\n");
        assert!(found.native_cpu.is_empty());
    }
}
