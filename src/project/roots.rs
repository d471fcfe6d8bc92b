//! Which crate becomes the Python module.
//!
//! ```text
//! pyproject.toml names it       tool.maturin.manifest-path
//!                               tool.setuptools-rust.ext-modules / bins: path
//! maturin's own src layout      rust/Cargo.toml beside src/NAME/__init__.py
//! the source root               Cargo.toml
//! the obvious places            src/rust  rust  native  src/_NAME
//! ```
//!
//! A virtual manifest stands for its member that is a `cdylib`.

use camino::{Utf8Path, Utf8PathBuf};

use super::files::{join_inside, parent};
use super::workspace::{find_workspace_root, members};
use super::{CargoManifest, ProjectError, Pyproject, PythonName, SourceFiles, join};

/// Where the Rust side is; all paths are relative to the source root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustRoot {
    /// The manifest of the crate that becomes the module.
    pub manifest_path: Utf8PathBuf,
    /// The folder of its workspace's root: `cargoRoot`.
    pub cargo_root: Utf8PathBuf,
    /// The lock that cargo builds with, if the file exists.
    pub lock_file: Option<Utf8PathBuf>,
    /// How the manifest was found.
    pub rule: RootRule,
    /// The manifest of a workspace above the source root that the crate
    /// belongs to, so that cargo builds with its lock.
    pub workspace_above: Option<String>,
}

/// How the module's manifest was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootRule {
    /// `tool.maturin.manifest-path`.
    MaturinManifestPath,
    /// `path` in `tool.setuptools-rust`.
    SetuptoolsRust,
    /// maturin's layout with `rust/` beside `src/`.
    MaturinSrcLayout,
    /// `Cargo.toml` at the source root.
    SourceRoot,
    /// One of the folders that projects mostly use.
    ObviousPlace,
}

impl RootRule {
    /// Says it in the words of the configuration.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::MaturinManifestPath => "tool.maturin.manifest-path",
            Self::SetuptoolsRust => "tool.setuptools-rust",
            Self::MaturinSrcLayout => "maturin's layout of `rust` beside `src`",
            Self::SourceRoot => "at the source root",
            Self::ObviousPlace => "found there; pyproject.toml doesn't say",
        }
    }
}

/// Finds the crate that becomes the Python module; `None` where there is no
/// Rust.
///
/// # Errors
/// Where `pyproject.toml` names a manifest that doesn't exist or lies
/// outside, or a manifest can't be read.
pub fn find_rust_root(
    files: &SourceFiles,
    pyproject: &Pyproject,
) -> Result<Option<RustRoot>, ProjectError> {
    let Some((path, rule)) = find_manifest(files, pyproject)? else {
        return Ok(None);
    };
    let manifest_path = module_manifest(files, path)?;
    let cargo_root = find_workspace_root(files, &manifest_path)?;
    let lock_file = Some(join(&cargo_root, "Cargo.lock")).filter(|lock| files.has(lock));
    Ok(Some(RustRoot {
        manifest_path,
        cargo_root,
        lock_file,
        rule,
        workspace_above: None,
    }))
}

fn find_manifest(
    files: &SourceFiles,
    pyproject: &Pyproject,
) -> Result<Option<(Utf8PathBuf, RootRule)>, ProjectError> {
    if let Some(path) = &pyproject.maturin_manifest_path {
        let manifest = named(files, path, "tool.maturin.manifest-path")?;
        return Ok(Some((manifest, RootRule::MaturinManifestPath)));
    }
    if let Some(path) = pyproject.setuptools_rust_paths.first() {
        let manifest = named(files, path, "tool.setuptools-rust")?;
        return Ok(Some((manifest, RootRule::SetuptoolsRust)));
    }
    if pyproject.is_maturin() && has_maturin_src_layout(files, pyproject) {
        let manifest = Utf8PathBuf::from("rust/Cargo.toml");
        return Ok(Some((manifest, RootRule::MaturinSrcLayout)));
    }
    let root = Utf8PathBuf::from("Cargo.toml");
    if files.has(&root) {
        return Ok(Some((root, RootRule::SourceRoot)));
    }
    let private = pyproject
        .name
        .as_deref()
        .map(|name| format!("src/_{}", PythonName::new(name).import_name()));
    let places = ["src/rust", "rust", "native"].map(str::to_owned);
    let found = places
        .into_iter()
        .chain(private)
        .map(|folder| Utf8PathBuf::from(folder).join("Cargo.toml"))
        .find(|manifest| files.has(manifest));
    Ok(found.map(|manifest| (manifest, RootRule::ObviousPlace)))
}

/// A manifest that `pyproject.toml` names. Some write the folder alone.
fn named(files: &SourceFiles, path: &str, key: &'static str) -> Result<Utf8PathBuf, ProjectError> {
    let place = files.display(Utf8Path::new("pyproject.toml"));
    let outside = || ProjectError::Outside {
        place: place.clone(),
        path: path.to_owned(),
    };
    let manifest = join_inside(Utf8Path::new("."), path).ok_or_else(outside)?;
    [join(&manifest, "Cargo.toml"), manifest.clone()]
        .into_iter()
        .find(|candidate| files.has(candidate))
        .ok_or_else(|| ProjectError::NoManifest {
            place: place.clone(),
            manifest: path.to_owned(),
            key,
        })
}

/// maturin's `ProjectResolver::resolve_manifest_paths`: `rust/Cargo.toml`
/// goes before the root's where Python has its own source folder.
fn has_maturin_src_layout(files: &SourceFiles, pyproject: &Pyproject) -> bool {
    let init = |name: &str| format!("src/{}/__init__.py", name.replace('-', "_"));
    files.has(Utf8Path::new("rust/Cargo.toml"))
        && (pyproject.has_python_source
            || pyproject
                .name
                .as_deref()
                .is_some_and(|name| files.has(Utf8Path::new(&init(name)))))
}

/// Goes from a virtual manifest to the member that is a `cdylib`, if there
/// is exactly one that comes first.
fn module_manifest(files: &SourceFiles, path: Utf8PathBuf) -> Result<Utf8PathBuf, ProjectError> {
    let manifest = CargoManifest::read(files, &path)?;
    let (None, Some(workspace)) = (&manifest.name, &manifest.workspace) else {
        return Ok(path);
    };
    let root = parent(&path).unwrap_or(Utf8Path::new("."));
    for folder in members(files, root, workspace) {
        let member = join(&folder, "Cargo.toml");
        if CargoManifest::read(files, &member)?.is_cdylib {
            return Ok(member);
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATE: &str = "[package]\nname = \"m\"\nversion = \"1.0.0\"\n";

    fn source(files: &[(&str, &str)]) -> SourceFiles {
        let mut source = SourceFiles::new(".");
        for (path, text) in files {
            source.insert(*path, Some(text.as_bytes().to_vec()));
        }
        source
    }

    fn find(files: &[(&str, &str)]) -> Result<Option<(String, RootRule)>, ProjectError> {
        let files = source(files);
        let pyproject = Pyproject::read(&files)?;
        let root = find_rust_root(&files, &pyproject)?;
        Ok(root.map(|root| (root.manifest_path.into_string(), root.rule)))
    }

    #[test]
    fn pyproject_goes_before_everything() {
        let pyproject = "[tool.maturin]\nmanifest-path = \"./x/Cargo.toml\"";
        let files = [
            ("pyproject.toml", pyproject),
            ("Cargo.toml", CRATE),
            ("x/Cargo.toml", CRATE),
        ];
        let expected = ("x/Cargo.toml".to_owned(), RootRule::MaturinManifestPath);
        assert_eq!(find(&files).unwrap(), Some(expected));
    }

    #[test]
    fn a_named_manifest_has_to_exist_inside() {
        for (path, code) in [
            ("x/Cargo.toml", "no_manifest"),
            ("../Cargo.toml", "outside"),
        ] {
            let pyproject = format!("[tool.maturin]\nmanifest-path = \"{path}\"");
            let error = find(&[("pyproject.toml", &pyproject)]).unwrap_err();
            let found = miette::Diagnostic::code(&error).unwrap().to_string();
            assert!(found.ends_with(code), "{found}");
        }
    }

    #[test]
    fn the_obvious_places_are_tried_in_order() {
        let pyproject = ("pyproject.toml", "[project]\nname = \"My-Pkg\"");
        for place in [
            "Cargo.toml",
            "src/rust/Cargo.toml",
            "rust/Cargo.toml",
            "native/Cargo.toml",
            "src/_my_pkg/Cargo.toml",
        ] {
            let found = find(&[pyproject, (place, CRATE)]).unwrap().unwrap().0;
            assert_eq!(found, place);
        }
        assert_eq!(
            find(&[pyproject, ("docs/Cargo.toml", CRATE)]).unwrap(),
            None
        );
    }

    #[test]
    fn maturin_prefers_rust_beside_src() {
        let pyproject = "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n[project]\nname = \"a-b\"";
        let files = [
            ("pyproject.toml", pyproject),
            ("src/a_b/__init__.py", ""),
            ("rust/Cargo.toml", CRATE),
            ("Cargo.toml", CRATE),
        ];
        assert_eq!(find(&files).unwrap().unwrap().1, RootRule::MaturinSrcLayout);
        assert_eq!(
            find(&[files[0], files[2], files[3]]).unwrap().unwrap().1,
            RootRule::SourceRoot
        );
    }

    #[test]
    fn a_virtual_manifest_stands_for_its_cdylib() {
        let cdylib = format!("{CRATE}[lib]\ncrate-type = [\"cdylib\"]\n");
        let files = [
            ("pyproject.toml", ""),
            (
                "native/Cargo.toml",
                "[workspace]\nmembers = [\"core\", \"py\"]",
            ),
            ("native/core/Cargo.toml", CRATE),
            ("native/py/Cargo.toml", cdylib.as_str()),
        ];
        let files = source(&files);
        let root = find_rust_root(&files, &Pyproject::read(&files).unwrap())
            .unwrap()
            .unwrap();
        assert_eq!(root.manifest_path, "native/py/Cargo.toml");
        assert_eq!(root.cargo_root, "native");
    }
}
