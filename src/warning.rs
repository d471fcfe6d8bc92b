//! Findings that don't stop a command, but will or may stop the user's build.
//!
//! A warning is a variant with fields. Its text, code and help are made when it
//! is printed, and no code parses them.

use miette::Diagnostic;
use schemars::JsonSchema;
use semver::Version;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::text_place::TextPlace;

/// The severity of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The build works; the note explains something about it.
    Note,
    /// The build may fail.
    Warning,
    /// The build will fail.
    Error,
}

/// A warning as JSON output has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Warning")]
pub struct WarningReport {
    /// How severe the warning is.
    pub level: Level,
    /// A stable identifier, which has a heading in `docs/diagnostics.md`.
    pub code: String,
    /// What was found, in one sentence.
    pub message: String,
    /// What the user can do about it.
    pub help: String,
}

/// How to update a pinned input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinUpdate {
    /// The command, such as `nix flake update nixpkgs`.
    pub command: String,
}

/// Which nixpkgs has a rustc that is too old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RustcOf {
    /// The current branches of nixpkgs, each by its name with the version of
    /// its rustc.
    Branches(Vec<(String, Version)>),
    /// The nixpkgs that the project pins.
    Pinned {
        /// A clause that names the pin and the version of its rustc.
        finding: String,
        /// How to get a newer rustc. `None` if the branch that the pin
        /// follows keeps its rustc.
        update: Option<PinUpdate>,
    },
}

/// Why a package's wheel is taken although sdists are preferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WheelReason {
    /// The package set lacks packages that the build needs.
    MissingBuildSystem {
        /// Their names, normalised.
        missing: Vec<String>,
    },
    /// The package is a program that nixpkgs has, which its sdist builds anew.
    Program,
    /// The sdist lacks a header that it includes.
    MissingHeader {
        /// The extension, the header and the place.
        what: String,
    },
}

impl WheelReason {
    /// The reason as a clause.
    fn clause(&self) -> String {
        match self {
            Self::MissingBuildSystem { missing } => format!(
                "its build requires {}, which the package set doesn't have",
                missing.join(", ")
            ),
            Self::MissingHeader { what } => what.clone(),
            Self::Program => "its sdist downloads and builds the whole program".to_owned(),
        }
    }
}

/// A warning.
///
/// Results in the cache contain serialized warnings. If a variant changes its
/// meaning, the cache's folder needs another name.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic, Serialize, Deserialize)]
pub enum Warning {
    /// PEP 508 doesn't allow the package's name.
    #[error("PEP 508 doesn't allow the name `{name}`")]
    #[diagnostic(
        code(pyhack::warning::invalid_name),
        help("correct `name` in the `[project]` table of `pyproject.toml`")
    )]
    InvalidName { name: String },
    /// A `[project]` table lacks keys that PEP 621 requires.
    #[error(
        "the `[project]` table of `pyproject.toml` lacks {}: uv, which pyproject.nix builds with, rejects it",
        quoted(lacking)
    )]
    #[diagnostic(
        code(pyhack::warning::incomplete_project),
        help(
            "add it with a patch (`dynamic = [\"version\"]` if the backend sets the version), or use the wheel"
        )
    )]
    IncompleteProject { lacking: Vec<String> },
    /// An index has withdrawn the sdist. The reason may be empty.
    #[error("`{release}` has been yanked from the index{}", if reason.is_empty() { String::new() } else { format!(": {reason}") })]
    #[diagnostic(
        code(pyhack::warning::yanked_sdist),
        help("use another version, unless a lockfile requires this one")
    )]
    YankedSdist { release: String, reason: String },
    /// Folders or files of the project can't be read.
    #[error(
        "some files of the project can't be read: permission denied for {}",
        quoted(paths)
    )]
    #[diagnostic(
        code(pyhack::warning::unreadable),
        help("if the build needs them, make them readable: `chmod -R u+rX PATH`")
    )]
    Unreadable { paths: Vec<String> },
    /// No crate was found in the project. `all_read` is `false` if some of the
    /// files that could name one couldn't be read.
    #[error("{}", if *all_read { "no Rust extension found: an override only adds the build system" } else { "no crate found, but some parts of the build couldn't be read" })]
    #[diagnostic(
        code(pyhack::warning::no_rust),
        help("if there is a crate, name its manifest in `pyproject.toml`")
    )]
    NoRust { all_read: bool },
    /// The folder has a lockfile of a Python environment, and the project no
    /// Rust.
    #[error(
        "the project itself has no Rust extension, but it has a `{lock}`: `cargo pyhack lock` shows which of its packages are built from source"
    )]
    #[diagnostic(
        code(pyhack::warning::python_lock),
        help(
            "run `cargo pyhack lock {lock}` for the overrides of its packages, or `cargo pyhack init` for a flake that uses them"
        )
    )]
    PythonLock { lock: String },
    /// Cargo builds in several folders, each with a `Cargo.lock`.
    #[error("the project has {} Cargo workspaces, each with its own `Cargo.lock`: {}; `importCargoLock` vendors only one", roots.len(), all_quoted(roots))]
    #[diagnostic(
        code(pyhack::warning::several_roots),
        help(
            "choose one with `--cargo-root`; to build all of them, make their crates members of a single Cargo workspace"
        )
    )]
    SeveralRoots { roots: Vec<String> },
    /// The crate that the backend builds was guessed, and may be another one.
    #[error("`{manifest}` is a guess: {why}")]
    #[diagnostic(
        code(pyhack::warning::guess),
        help("check what the build does before you rely on it")
    )]
    Guess {
        manifest: String,
        why: String,
        #[serde(default)]
        at: Option<TextPlace>,
    },
    /// The project's code decides something that can't be known without running
    /// it.
    #[error("not known without running the build: {what}")]
    #[diagnostic(
        code(pyhack::warning::unread),
        help("check that line: it may build or require more than is shown here")
    )]
    Unread {
        what: String,
        #[serde(default)]
        at: Option<TextPlace>,
    },
    /// The root of the Cargo workspace is above the Python project.
    #[error(
        "the Rust sources extend above the Python project, to `{above}`, which uv2nix doesn't copy"
    )]
    #[diagnostic(
        code(pyhack::warning::workspace_above),
        help("the override replaces the package's source with that folder")
    )]
    WorkspaceAbove { above: String },
    /// The Cargo root has no `Cargo.lock`.
    #[error("no `Cargo.lock` found in `{folder}`")]
    #[diagnostic(
        code(pyhack::warning::no_lock),
        help(
            "generate one: pass `--generate-lock --write FILE` to `cargo pyhack nix-snippet` or `lock`; it is saved next to FILE, and other commands use it with `--lock-file`"
        )
    )]
    NoLock { folder: String },
    /// The package set lacks a build requirement.
    #[error("the build system `{name}` is not in pyproject-build-systems{}", if *is_beside_lock { ", nor in the `uv.lock` of the project" } else { "" })]
    #[diagnostic(
        code(pyhack::warning::unknown_build_system),
        help(
            "add it to the `uv.lock` of the package set, for example with `uv add --dev NAME`: the override doesn't evaluate without it"
        )
    )]
    UnknownBuildSystem { name: String, is_beside_lock: bool },
    /// The package set has a newer build system than the source expects.
    #[error("the package set has {system}: {symptom}")]
    #[diagnostic(code(pyhack::warning::too_new_build_system), help("{help}"))]
    TooNewBuildSystem {
        system: String,
        symptom: String,
        help: String,
    },
    /// A package's wheel is used, since building the package requires itself.
    #[error("`{name}` uses its wheel, since its build depends on itself: {cycle}")]
    #[diagnostic(
        code(pyhack::warning::wheel_in_cycle),
        help("no action needed: the override sets `sourcePreference` for this package only")
    )]
    WheelInCycle { name: String, cycle: String },
    /// A package is taken as a wheel although sdists are preferred.
    #[error("the override of `{name}` uses the wheel: {}", reason.clause())]
    #[diagnostic(
        code(pyhack::warning::wheel_taken),
        help("no action needed, unless you want to build it from source")
    )]
    WheelTaken { name: String, reason: WheelReason },
    /// uv2nix refuses a package on some platforms.
    #[error("`{name}` is not available on {}: {why}", platforms.join(", "))]
    #[diagnostic(
        code(pyhack::warning::impossible_on_platforms),
        help(
            "use nixpkgs' build: `cargo pyhack nix-snippet --prebuilt {name} --write overlay.nix`, or choose other platforms with `--platforms`"
        )
    )]
    ImpossibleOnPlatforms {
        name: String,
        platforms: Vec<String>,
        why: String,
    },
    /// A build requirement names a URL, which the package set ignores.
    #[error(
        "the build requires `{name}` from {url}, but `resolveBuildSystem` uses the package set's version"
    )]
    #[diagnostic(
        code(pyhack::warning::url_requirement),
        help("check that it also builds with the package set's version")
    )]
    UrlRequirement { name: String, url: String },
    /// The `Cargo.lock` has format 1.
    #[error("`Cargo.lock` has format version 1, which nixpkgs' `fetchCargoVendor` can't read")]
    #[diagnostic(
        code(pyhack::warning::old_lock),
        help("regenerate it with a current cargo: `cargo generate-lockfile`")
    )]
    OldLock,
    /// The lock has crates that no released `fetchCargoVendor` fetches.
    #[error(
        "`Cargo.lock` has crates from {}, but `fetchCargoVendor` only supports crates.io in all released versions of nixpkgs",
        all_quoted(registries)
    )]
    #[diagnostic(
        code(pyhack::warning::other_registries),
        help(
            "use `importCargoLock` with `extraRegistries`, as `cargo pyhack nix-snippet` writes it; this `cargoHash` is for the layout that is proposed for nixpkgs"
        )
    )]
    OtherRegistries { registries: Vec<String> },
    /// The lock has one crate from two sources.
    #[error(
        "`Cargo.lock` has crates with the same name and version from different sources: {}; `fetchCargoVendor` supports this since nixpkgs 26.05",
        all_quoted(crates)
    )]
    #[diagnostic(
        code(pyhack::warning::same_crates),
        help("use nixpkgs 26.05 or later; `importCargoLock` doesn't support this")
    )]
    SameCrates { crates: Vec<String> },
    /// Git ignores the lock, so that flakes don't have it.
    #[error("git ignores `{path}`, so a flake's source doesn't contain it")]
    #[diagnostic(
        code(pyhack::warning::ignored_lock),
        help(
            "remove it from `.gitignore` and track it with `git add {path}`; `git check-ignore -v {path}` shows the line that ignores it"
        )
    )]
    IgnoredLock { path: String },
    /// The manifests name files that don't exist.
    #[error("cargo can't read the manifests: {}", shortened(problems, "; "))]
    #[diagnostic(code(pyhack::warning::broken), help("{help}"))]
    BrokenManifests { problems: Vec<String>, help: String },
    /// The root source files of library crates don't exist.
    #[error("the library of {} has no source file", quoted(folders))]
    #[diagnostic(
        code(pyhack::warning::broken),
        help("restore the missing files, or build the package from its repository")
    )]
    MissingLibraries { folders: Vec<String> },
    /// The `Cargo.lock` lacks crates that the manifests ask for.
    #[error(
        "`Cargo.lock` doesn't match the manifests: it lacks {}",
        shortened(lacking, "; ")
    )]
    #[diagnostic(
        code(pyhack::warning::stale_lock),
        help("update it with `--generate-lock`; offline builds fail until then")
    )]
    StaleLock { lacking: Vec<String> },
    /// The `Cargo.lock` has crates that nothing needs.
    #[error("`Cargo.lock` has {} that nothing depends on: {}; {}", crate_count(crates.len()), shortened(crates, ", "), locked_clause(*is_refused))]
    #[diagnostic(
        code(pyhack::warning::unneeded_crates),
        help(
            "no action needed, unless cargo runs with `--locked`: then update `Cargo.lock` with `--generate-lock`"
        )
    )]
    UnneededCrates {
        crates: Vec<String>,
        is_refused: bool,
    },
    /// The `Cargo.lock` was made for another version of the project.
    #[error("`Cargo.lock` is for another version of the project: {}; {}", shortened(crates, ", "), locked_clause(*is_refused))]
    #[diagnostic(
        code(pyhack::warning::outdated_lock),
        help(
            "no action needed, unless cargo runs with `--locked`: then update `Cargo.lock` with `--generate-lock`"
        )
    )]
    OutdatedLock {
        crates: Vec<String>,
        is_refused: bool,
    },
    /// The registry has removed crates that the lock has but nothing needs.
    #[error("the registry no longer has {}", crates.join(", "))]
    #[diagnostic(
        code(pyhack::warning::gone_crates),
        help(
            "remove them from `Cargo.lock`: `cargo pyhack nix-snippet --generate-lock --write FILE`; the project doesn't use them, but Nix fetches all crates in `Cargo.lock`"
        )
    )]
    GoneCrates { crates: Vec<String> },
    /// A file to check has no stanza of ours.
    #[error(
        "`{file}` contains no override written by cargo-pyhack, and the configuration lists none for it"
    )]
    #[diagnostic(
        code(pyhack::warning::no_stanza),
        help("write one: `cargo pyhack nix-snippet --write {file} PATH`")
    )]
    NoStanza { file: String },
    /// A printed stanza refers to a `Cargo.lock` next to the file it goes into.
    #[error("the override reads `{name}` from its own folder")]
    #[diagnostic(
        code(pyhack::warning::lock_beside),
        help("use `--write FILE` to write the override to a file and `{name}` next to it")
    )]
    LockBeside { name: String },
    /// The registry has yanked crates of the lock.
    #[error("{} been yanked; the build still works", have(crates))]
    #[diagnostic(
        code(pyhack::warning::yanked_crates),
        help("no action needed: a lockfile keeps yanked versions")
    )]
    YankedCrates { crates: Vec<String> },
    /// The source has a Cargo configuration that changes the build.
    #[error("`{path}` changes how cargo builds: {}", keys.join(", "))]
    #[diagnostic(
        code(pyhack::warning::cargo_config),
        help("if it breaks the build, delete it in the override: `postPatch = \"rm -r .cargo\";`")
    )]
    CargoConfig { path: String, keys: Vec<String> },
    /// The source has a Cargo configuration that compiles for the processor of
    /// the machine that builds.
    #[error(
        "`{path}` has `{flag}` in {}: the wheel only runs on processors like the one that builds it",
        all_quoted(keys)
    )]
    #[diagnostic(
        code(pyhack::warning::native_cpu),
        help(
            "replace it in the override, since a binary cache shares the wheel: `postPatch = \"substituteInPlace {path} --replace-fail {flag} target-cpu=generic\";`"
        )
    )]
    NativeCpu {
        path: String,
        flag: String,
        keys: Vec<String>,
    },
    /// The feature `pyo3/generate-import-lib` is on.
    #[error("the feature `pyo3/generate-import-lib`, for Windows, needs the crate `python3-dll-a`, which `Cargo.lock` {}", if *is_locked { "has" } else { "lacks: offline builds fail" })]
    #[diagnostic(
        code(pyhack::warning::generate_import_lib),
        help(
            "if the build fails, disable the feature with a patch: Linux and macOS don't need it"
        )
    )]
    GenerateImportLib { is_locked: bool },
    /// A crate needs a newer rustc than nixpkgs has.
    #[error("`{krate}` needs rustc {version}: {}", rustc.describe())]
    #[diagnostic(code(pyhack::warning::rust_version), help("{}", rustc.help()))]
    RustVersion {
        krate: String,
        version: Version,
        rustc: RustcOf,
    },
    /// crates.io refuses downloads by the pinned nixpkgs.
    #[error(
        "{pinned} is older than {since}: crates.io rejects downloads by its `importCargoLock` with status 403"
    )]
    #[diagnostic(code(pyhack::warning::old_nixpkgs), help("update it with `{}`", update.command))]
    OldNixpkgs {
        pinned: String,
        since: String,
        update: PinUpdate,
    },
    /// The pinned pyproject.nix lacks a function that the stanza calls.
    #[error("{pinned} has no `{function}`, which was added on {since}")]
    #[diagnostic(code(pyhack::warning::old_pyproject_nix), help("update it with `{}`", update.command))]
    OldPyprojectNix {
        pinned: String,
        function: String,
        since: String,
        update: PinUpdate,
    },
    /// A file that pins nixpkgs or pyproject.nix can't be read.
    #[error("failed to read `{place}`: {reason}")]
    #[diagnostic(
        code(pyhack::warning::unread_pins),
        help("check that its nixpkgs and pyproject.nix are new enough")
    )]
    UnreadPins {
        place: String,
        reason: String,
        #[serde(default)]
        at: Option<TextPlace>,
    },
    /// Part of a file in nixpkgs' style has to be filled in or checked by hand.
    #[error("{what}")]
    #[diagnostic(
        code(pyhack::warning::incomplete_package),
        help("check this in the file, and add what is missing")
    )]
    IncompletePackage { what: String, is_note: bool },
    /// The source uses features of a nightly rustc.
    #[error(
        "unstable features, which need a nightly rustc, are enabled in {}",
        quoted(places)
    )]
    #[diagnostic(
        code(pyhack::warning::nightly),
        help("set `env.RUSTC_BOOTSTRAP = \"1\"` so that a stable rustc accepts them")
    )]
    Nightly {
        places: Vec<String>,
        is_allowed: bool,
    },
    /// The Python is newer than those that the PyO3 in the lock supports.
    #[error("PyO3 {pyo3} supports Python up to 3.{newest}, not 3.{python_minor}{}", if *refuses { ", and refuses to build for it" } else { "" })]
    #[diagnostic(
        code(pyhack::warning::pyo3_too_old),
        help(
            "build for an older Python; if PyO3 refuses to build, `env.PYO3_USE_ABI3_FORWARD_COMPATIBILITY = \"1\"` may help"
        )
    )]
    Pyo3TooOld {
        pyo3: Version,
        newest: u8,
        python_minor: u8,
        refuses: bool,
    },
    /// The native inputs were found from the lock's dependencies, since cargo
    /// couldn't resolve the crates.
    #[error("{why}")]
    #[diagnostic(
        code(pyhack::warning::approximate),
        help(
            "check each with `cargo pyhack why NAME`; the result is exact once cargo can resolve the crates"
        )
    )]
    Approximate { why: String },
    /// A crate from git uses files outside of its folder.
    #[error("{what}")]
    #[diagnostic(
        code(pyhack::warning::git_crate_reaches_out),
        help(
            "if the build misses a file, add it with a patch, or report it to the crate's authors: vendoring only copies the crate's folder"
        )
    )]
    GitCrateReachesOut { what: String },
    /// A build script downloads something.
    #[error("{krate}: {what}{}", variables_clause(variables))]
    #[diagnostic(code(pyhack::warning::download), help("{}", download_help(variables)))]
    Download {
        krate: String,
        what: String,
        variables: Vec<String>,
    },
    /// A crate builds or links native code, but its needs are unknown.
    #[error("the native dependencies of {krate} aren't known: {what}")]
    #[diagnostic(
        code(pyhack::warning::unknown_native),
        help(
            "if it needs a library, add it with `--build-inputs ATTRIBUTE`; please report it, or add the row that `cargo pyhack why CRATE` prints to `data/native-deps.toml`"
        )
    )]
    UnknownNative { krate: String, what: String },
    /// No nixpkgs attribute is known for a module of pkg-config.
    #[error("{krate} asks pkg-config for `{module}`, which isn't in the built-in table")]
    #[diagnostic(
        code(pyhack::warning::unknown_module),
        help(
            "add the nixpkgs package that provides it with `--build-inputs ATTRIBUTE`; please report it, or add a row to `data/pkg-config.toml`"
        )
    )]
    UnknownModule { krate: String, module: String },
    /// Native code of a Python package asks for something unknown.
    #[error("{what}, which isn't in the built-in table")]
    #[diagnostic(
        code(pyhack::warning::unknown_library),
        help(
            "if the build needs it, add the nixpkgs package that provides it: `--build-inputs ATTRIBUTE`, or `{package} = {{ build-inputs = [\"ATTRIBUTE\"] }}` in `[tool.cargo-pyhack.packages]`"
        )
    )]
    UnknownLibrary { package: String, what: String },
    /// The build of a Python package fetches something from the network.
    #[error("{what}, but builds in Nix's sandbox have no network")]
    #[diagnostic(
        code(pyhack::warning::build_downloads),
        help(
            "if the build fails, use nixpkgs' build of the package: `cargo pyhack nix-snippet --prebuilt {package} --write overlay.nix`, or lock a version that has a wheel"
        )
    )]
    BuildDownloads { package: String, what: String },
    /// An extension of a Python package includes a header that the sdist lacks.
    #[error("{what}")]
    #[diagnostic(
        code(pyhack::warning::missing_header),
        help(
            "use a wheel of the package, or nixpkgs' build: `cargo pyhack nix-snippet --prebuilt {package} --write overlay.nix`; if a package of nixpkgs has the header, add it: `{package} = {{ build-inputs = [\"ATTRIBUTE\"] }}` in `[tool.cargo-pyhack.packages]`"
        )
    )]
    MissingHeader { package: String, what: String },
    /// The text doesn't tell what an extension of a Python package links.
    #[error("{what}")]
    #[diagnostic(
        code(pyhack::warning::unread_libraries),
        help(
            "check what it links, and add the nixpkgs packages that provide it: `--build-inputs ATTRIBUTE`, or `{package} = {{ build-inputs = [\"ATTRIBUTE\"] }}` in `[tool.cargo-pyhack.packages]`"
        )
    )]
    UnreadLibraries { package: String, what: String },
    /// A build script can't be read.
    #[error("failed to parse the build script of {krate}: {what}")]
    #[diagnostic(
        code(pyhack::warning::unreadable_build_script),
        help("check it: it may need more than is shown here")
    )]
    UnreadableBuildScript { krate: String, what: String },
    /// nixpkgs' rustc doesn't compile a crate.
    #[error(
        "{krate} doesn't compile with rustc {since} or later, \"{error}\": {}",
        versions_of_rustc(rustc)
    )]
    #[diagnostic(code(pyhack::warning::refused_by_rustc), help("{way_out}"))]
    RefusedByRustc {
        krate: String,
        since: Version,
        error: String,
        /// The branches of nixpkgs whose rustc refuses it, each with its rustc.
        rustc: Vec<(String, Version)>,
        way_out: String,
    },
    /// A crate doesn't take nixpkgs' version of a library.
    #[error("{krate} requires `{library}` {takes}, but nixpkgs has {has}{}", if *is_bundled { ": it builds its own copy" } else { "" })]
    #[diagnostic(code(pyhack::warning::system_version), help("{}", system_version_help(library, *is_bundled)))]
    SystemVersion {
        krate: String,
        library: String,
        takes: String,
        has: String,
        is_bundled: bool,
    },
    /// A crate loads a library at run time.
    #[error("{krate} {what}")]
    #[diagnostic(
        code(pyhack::warning::runtime),
        help("the build doesn't need it; make sure that it is found when the program runs")
    )]
    Runtime { krate: String, what: String },
    /// The `.python-version` file doesn't name a version of CPython.
    #[error("`.python-version` doesn't name a version of CPython: the flake uses 3.{python_minor}")]
    #[diagnostic(
        code(pyhack::warning::python_version),
        help("choose a version, for example `--python 3.13`")
    )]
    PythonVersion { python_minor: u8 },
    /// The lock's `requires-python` excludes the chosen Python.
    #[error("`{place}` requires Python {requires}, which excludes {python}")]
    #[diagnostic(
        code(pyhack::warning::python_not_allowed),
        help(
            "choose another version with `--python`: uv2nix refuses to create a package set for this one"
        )
    )]
    PythonNotAllowed {
        place: String,
        requires: String,
        python: String,
    },
    /// The lock is for other patch versions than nixpkgs' Python.
    #[error("`{place}` requires Python {requires}, but nixpkgs has {python}")]
    #[diagnostic(
        code(pyhack::warning::python_patch_not_allowed),
        help(
            "make uv2nix compare with another version: `mkPyprojectOverlay {{ pythonVersion = \"{version}\"; ... }}`, as `cargo pyhack init` writes it"
        )
    )]
    PythonPatchNotAllowed {
        place: String,
        requires: String,
        python: String,
        version: String,
    },
    /// `tool.uv.extra-build-dependencies` has entries that uv2nix can't read.
    #[error(
        "`tool.uv.extra-build-dependencies` has tables for {}, which uv2nix doesn't support",
        quoted(packages)
    )]
    #[diagnostic(
        code(pyhack::warning::tables_of_requirements),
        help(
            "write them as strings, as in `[\"torch\"]`, or pass them to `loadWorkspace` as `config.extra-build-dependencies`, as `cargo pyhack init` does"
        )
    )]
    TablesOfRequirements { packages: Vec<String> },
    /// `tool.uv.extra-build-dependencies` has names that uv2nix passes over.
    #[error(
        "uv2nix ignores the keys {} of `tool.uv.extra-build-dependencies`, since they aren't normalized",
        quoted(names)
    )]
    #[diagnostic(
        code(pyhack::warning::unnormalized_names),
        help("write {}, which uv also accepts", quoted(normalized))
    )]
    UnnormalizedNames {
        names: Vec<String>,
        normalized: Vec<String>,
    },
    /// `tool.uv.conflicts` names whole packages, which uv2nix can't read.
    #[error(
        "`tool.uv.conflicts` lists the packages {} without an extra or group, which uv2nix doesn't support",
        quoted(packages)
    )]
    #[diagnostic(
        code(pyhack::warning::package_conflicts),
        help(
            "declare the conflicts as extras or groups (`{{ package = \"NAME\", extra = \"EXTRA\" }}`) and run `uv lock`, or give each package its own `uv.lock`; flakes of this workspace don't evaluate until then"
        )
    )]
    PackageConflicts { packages: Vec<String> },
    /// The lock isn't for some platforms.
    #[error(
        "`{place}` doesn't support {}, only {}",
        platforms.join(", "),
        markers.join(" or ")
    )]
    #[diagnostic(
        code(pyhack::warning::platforms_not_supported),
        help(
            "add them to `tool.uv.environments` and run `uv lock`, or choose others with `--platforms`"
        )
    )]
    PlatformsNotSupported {
        place: String,
        platforms: Vec<String>,
        markers: Vec<String>,
    },
    /// A `flake.nix` can't be read.
    #[error("failed to parse `{file}`")]
    #[diagnostic(
        code(pyhack::warning::unread_flake),
        help("check which of the printed inputs it already has")
    )]
    UnreadFlake { file: String },
}

impl Warning {
    /// Returns the warning's severity.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::IncompleteProject { .. }
            | Self::Download { .. }
            | Self::OldNixpkgs { .. }
            | Self::OldPyprojectNix { .. } => Level::Error,
            Self::NoRust { all_read: true }
            | Self::PythonLock { .. }
            | Self::UnneededCrates {
                is_refused: false, ..
            }
            | Self::OutdatedLock {
                is_refused: false, ..
            }
            | Self::GenerateImportLib { is_locked: true }
            | Self::Nightly {
                is_allowed: true, ..
            }
            | Self::IncompletePackage { is_note: true, .. }
            | Self::Approximate { .. }
            | Self::LockBeside { .. }
            | Self::YankedCrates { .. }
            | Self::SystemVersion {
                is_bundled: true, ..
            }
            | Self::Runtime { .. } => Level::Note,
            _ => Level::Warning,
        }
    }

    /// The place in a file that the warning is about.
    #[must_use]
    pub const fn place(&self) -> Option<&TextPlace> {
        match self {
            Self::Guess { at, .. } | Self::Unread { at, .. } | Self::UnreadPins { at, .. } => {
                at.as_ref()
            }
            _ => None,
        }
    }

    /// Returns the warning with its texts, as JSON output has it.
    #[must_use]
    pub fn report(&self) -> WarningReport {
        let text = |part: Option<Box<dyn std::fmt::Display + '_>>| {
            part.map_or_else(String::new, |part| part.to_string())
        };
        WarningReport {
            level: self.level(),
            code: text(self.code()),
            message: self.to_string(),
            help: text(self.help()),
        }
    }
}

/// Serializes warnings as [`WarningReport`]s.
///
/// # Errors
/// Those of the serializer.
pub fn as_reports<S: Serializer>(warnings: &[Warning], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(warnings.iter().map(Warning::report))
}

/// Skips what [`as_reports`] wrote and returns no warnings, since a report
/// can't be turned back into a [`Warning`].
///
/// # Errors
/// Those of the deserializer.
pub fn ignore_reports<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Warning>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Vec::new())
}

impl RustcOf {
    fn describe(&self) -> String {
        match self {
            Self::Branches(branches) => versions_of_rustc(branches),
            Self::Pinned { finding, .. } => finding.clone(),
        }
    }

    fn help(&self) -> String {
        const TOOLCHAIN: &str =
            "or pass a `cargo` and a `rustc` from rust-overlay or fenix to `importCargoLock`";
        match self {
            Self::Pinned {
                update: Some(update),
                ..
            } => format!("update it with `{}`, {TOOLCHAIN}", update.command),
            _ => format!("build with a newer nixpkgs, {TOOLCHAIN}"),
        }
    }
}

fn versions_of_rustc(branches: &[(String, Version)]) -> String {
    let branches = branches.iter();
    let branches = branches.map(|(branch, rustc)| format!("{branch} has {rustc}"));
    branches.collect::<Vec<_>>().join(", ")
}

const fn locked_clause(is_refused: bool) -> &'static str {
    if is_refused {
        "the build runs cargo with `--locked`, which fails"
    } else {
        "only builds with `--locked` fail"
    }
}

fn download_help(variables: &[String]) -> String {
    let way_out = if variables.is_empty() {
        "disable the download in the override with a patch or a variable of the build script"
    } else {
        "fetch the file with Nix and set the variable to it"
    };
    format!(
        "{way_out}, or use nixpkgs' build of the package with `nix-snippet --prebuilt NAME`: builds in Nix's sandbox have no network"
    )
}

fn system_version_help(library: &str, is_bundled: bool) -> String {
    if is_bundled {
        "no action needed; to link nixpkgs' copy, update the crate in `Cargo.lock`".to_owned()
    } else {
        format!(
            "update the crate in `Cargo.lock`, or replace `{library}` in the override with a version that fits"
        )
    }
}

fn variables_clause(variables: &[String]) -> String {
    if variables.is_empty() {
        return String::new();
    }
    format!("; packages in nixpkgs set {}", all_quoted(variables))
}

/// `a 1.0.0 has` or `a 1.0.0, b 2.0.0 have`.
fn have(crates: &[String]) -> String {
    let verb = if crates.len() == 1 { "has" } else { "have" };
    format!("{} {verb}", crates.join(", "))
}

fn crate_count(count: usize) -> String {
    match count {
        1 => "a crate".to_owned(),
        count => format!("{count} crates"),
    }
}

fn all_quoted(names: &[String]) -> String {
    let quoted = names.iter().map(|name| format!("`{name}`"));
    quoted.collect::<Vec<_>>().join(", ")
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    shortened(&quoted, ", ")
}

/// Joins the first five items, and adds how many more there are.
fn shortened(items: &[String], separator: &str) -> String {
    let first: Vec<_> = items.iter().take(5).map(String::as_str).collect();
    match items.len().saturating_sub(5) {
        0 => first.join(separator),
        more => format!("{}{separator}and {more} more", first.join(separator)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_the_level_that_the_fields_decide() {
        let crates = vec!["a 1.0.0".to_owned()];
        let unneeded = |is_refused| {
            let crates = crates.clone();
            Warning::UnneededCrates { crates, is_refused }.report()
        };
        let (note, warning) = (unneeded(false), unneeded(true));
        assert_eq!((note.level, warning.level), (Level::Note, Level::Warning));
        assert_eq!(note.code, "pyhack::warning::unneeded_crates");
        assert_eq!(
            note.message,
            "`Cargo.lock` has a crate that nothing depends on: a 1.0.0; only builds with `--locked` fail"
        );
        assert!(warning.message.ends_with("with `--locked`, which fails"));
        assert!(warning.help.ends_with("with `--generate-lock`"));
    }

    #[test]
    fn long_lists_end_with_a_count() {
        let lacking = (1..=7).map(|n| format!("c{n}")).collect();
        let message = Warning::StaleLock { lacking }.to_string();
        assert!(message.ends_with("it lacks c1; c2; c3; c4; c5; and 2 more"));
    }

    #[test]
    fn a_pinned_rustc_is_updated_unless_its_branch_keeps_it() {
        let help = |update: Option<&str>| {
            let rustc = RustcOf::Pinned {
                finding: "it follows a branch".to_owned(),
                update: update.map(|command| PinUpdate {
                    command: command.to_owned(),
                }),
            };
            let warning = Warning::RustVersion {
                krate: "m".to_owned(),
                version: Version::new(1, 99, 0),
                rustc,
            };
            assert_eq!(
                warning.to_string(),
                "`m` needs rustc 1.99.0: it follows a branch"
            );
            warning.report().help
        };
        assert!(
            help(Some("nix flake update")).starts_with("update it with `nix flake update`, or")
        );
        assert!(help(None).starts_with("build with a newer nixpkgs, or"));
    }

    #[test]
    fn a_warning_in_the_cache_is_read_back_as_it_was() {
        let warning = Warning::Download {
            krate: "x 1.0.0".to_owned(),
            what: "runs curl".to_owned(),
            variables: vec!["X_URL".to_owned()],
        };
        let text = serde_json::to_string(&warning).unwrap();
        assert_eq!(serde_json::from_str::<Warning>(&text).unwrap(), warning);
        assert_eq!(
            warning.to_string(),
            "x 1.0.0: runs curl; packages in nixpkgs set `X_URL`"
        );
    }
}
