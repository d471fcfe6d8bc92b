//! What a build backend has cargo build, and what it requires.

use camino::{Utf8Path, Utf8PathBuf};

use crate::project::options::CargoOptions;
use crate::project::problems::{Guess, Unread, UnreadPart};
use crate::python::Note;

/// A crate that the backend has cargo build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedModule {
    /// The manifest, relative to the source root; the file exists.
    pub manifest: Utf8PathBuf,
    /// The dotted name of the module or the name of the program, if the backend
    /// says it.
    pub name: Option<String>,
    /// Whether it is a program.
    pub is_bin: bool,
    /// How the manifest was found.
    pub rule: RootRule,
    /// What is passed to cargo.
    pub options: CargoOptions,
    /// Why it isn't certain that the crate is built, or how.
    pub guess: Option<Guess>,
}

/// How a module's manifest was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootRule {
    /// `tool.maturin.manifest-path`.
    MaturinManifestPath,
    /// maturin's layout with `rust/` beside `src/`.
    MaturinSrcLayout,
    /// `--manifest-path` in the arguments that uv passes on to maturin.
    BuildArguments,
    /// `Cargo.toml` in the Python root, maturin's last rule.
    SourceRoot,
    /// `path` in `tool.setuptools-rust`.
    SetuptoolsRust,
    /// `rust_extensions` in `setup.py`.
    SetupPy,
    /// The table of a hatchling plugin.
    HatchHook,
    /// A build script that calls cargo or maturin.
    BuildScript,
    /// `CMakeLists.txt` or `meson.build`.
    BuildFile,
    /// One of the folders that most projects use.
    ObviousPlace,
    /// The user's `--cargo-root`.
    CargoRoot,
}

impl RootRule {
    /// Describes the rule in the words of the configuration.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::MaturinManifestPath => "tool.maturin.manifest-path",
            Self::MaturinSrcLayout => "maturin's default: `rust` next to `src`",
            Self::BuildArguments => "build-args in tool.uv.config-settings",
            Self::SourceRoot => "maturin's default",
            Self::SetuptoolsRust => "tool.setuptools-rust",
            Self::SetupPy => "rust_extensions in setup.py",
            Self::HatchHook => "tool.hatch.build.hooks",
            Self::BuildScript => "the build script",
            Self::BuildFile => "CMakeLists.txt or meson.build",
            Self::ObviousPlace => "a common place",
            Self::CargoRoot => "--cargo-root",
        }
    }
}

impl PlannedModule {
    /// A module of which only the manifest is known.
    pub(in crate::project) fn new(manifest: Utf8PathBuf, rule: RootRule) -> Self {
        Self {
            manifest,
            name: None,
            is_bin: false,
            rule,
            options: CargoOptions::default(),
            guess: None,
        }
    }
}

/// What a backend has cargo build, and what it requires.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::project) struct BackendPlan {
    /// The crates, in the backend's order.
    pub modules: Vec<PlannedModule>,
    /// What the backend's hooks add to `[build-system].requires`.
    pub requires: Vec<String>,
    pub unread: Vec<Unread>,
    pub identity: ScriptIdentity,
}

/// Name and version as `setup.py` has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::project) struct ScriptIdentity {
    pub name: Option<String>,
    pub version: Option<String>,
}

impl BackendPlan {
    /// Adds a crate, unless it is built already.
    pub(super) fn add_once(&mut self, module: PlannedModule) {
        let manifest = &module.manifest;
        if self.modules.iter().all(|known| known.manifest != *manifest) {
            self.modules.push(module);
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.modules.extend(other.modules);
        self.requires.extend(other.requires);
        self.unread.extend(other.unread);
    }

    /// Adds what the interpreter couldn't read of a Python file.
    pub(super) fn add_notes<'a>(
        &mut self,
        file: &Utf8Path,
        notes: impl IntoIterator<Item = &'a Note>,
    ) {
        let unread = notes.into_iter().map(|note| unread_python(file, note));
        self.unread.extend(unread);
    }
}

/// Converts a note of the interpreter about a Python file.
pub(super) fn unread_python(file: &Utf8Path, note: &Note) -> Unread {
    Unread {
        column: note.column,
        ..Unread::new(file, Some(note.line), UnreadPart::Python(note.what.clone()))
    }
}
