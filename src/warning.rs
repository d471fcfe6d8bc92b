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
                "its build needs {}, which the package set doesn't have",
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
    #[error("`{name}` is no name that PEP 508 allows")]
    #[diagnostic(
        code(pyhack::warning::invalid_name),
        help("correct `name` in the `[project]` table of `pyproject.toml`")
    )]
    InvalidName { name: String },
    /// A `[project]` table lacks keys that PEP 621 requires.
    #[error(
        "`pyproject.toml` has a `[project]` table without {}: uv, which pyproject.nix builds with, refuses it",
        quoted(lacking)
    )]
    #[diagnostic(
        code(pyhack::warning::incomplete_project),
        help(
            "add it by a patch: `dynamic = [\"version\"]` where the backend knows it; or take the wheel"
        )
    )]
    IncompleteProject { lacking: Vec<String> },
    /// An index has withdrawn the sdist. The reason may be empty.
    #[error("the index has yanked `{release}`{}", if reason.is_empty() { String::new() } else { format!(": {reason}") })]
    #[diagnostic(
        code(pyhack::warning::yanked_sdist),
        help("take another version, unless a lock names this one")
    )]
    YankedSdist { release: String, reason: String },
    /// Folders or files of the project can't be read.
    #[error(
        "not all of the project could be read: no permission for {}",
        quoted(paths)
    )]
    #[diagnostic(
        code(pyhack::warning::unreadable),
        help("if something of the build is in there, make it readable: `chmod -R u+rX PATH`")
    )]
    Unreadable { paths: Vec<String> },
    /// No crate was found in the project. `all_read` is `false` if some of the
    /// files that could name one couldn't be read.
    #[error("{}", if *all_read { "there is no Rust in it: a stanza only adds its build system" } else { "no crate is found, but not all that says how it is built could be read" })]
    #[diagnostic(
        code(pyhack::warning::no_rust),
        help("if there is a crate, name its manifest in `pyproject.toml`")
    )]
    NoRust { all_read: bool },
    /// The folder has a lockfile of a Python environment, and the project no
    /// Rust.
    #[error(
        "the project itself has no Rust, but there is `{lock}`: `cargo pyhack lock` says what of it is built from source"
    )]
    #[diagnostic(
        code(pyhack::warning::python_lock),
        help(
            "`cargo pyhack lock {lock}` makes the stanzas of its packages, `cargo pyhack init` a flake with them"
        )
    )]
    PythonLock { lock: String },
    /// Cargo builds in several folders, each with a `Cargo.lock`.
    #[error("it has {} Cargo roots, each with a lock of its own: {}; `importCargoLock` holds the crates of one", roots.len(), all_quoted(roots))]
    #[diagnostic(
        code(pyhack::warning::several_roots),
        help(
            "choose one with `--cargo-root`; to build all with one stanza, make their crates members of one Cargo workspace"
        )
    )]
    SeveralRoots { roots: Vec<String> },
    /// The crate that the backend builds was guessed, and may be another one.
    #[error("`{manifest}` is a guess: {why}")]
    #[diagnostic(
        code(pyhack::warning::guess),
        help("compare it with what the build does before relying on it")
    )]
    Guess { manifest: String, why: String },
    /// The project's code decides something that can't be known without running
    /// it.
    #[error("not to be told without running it: {what}")]
    #[diagnostic(
        code(pyhack::warning::unread),
        help("look at that line: it may build more, or ask for more, than is said here")
    )]
    Unread { what: String },
    /// The root of the Cargo workspace is above the Python project.
    #[error(
        "its Rust side reaches above the Python project, to `{above}`, where uv2nix doesn't look"
    )]
    #[diagnostic(
        code(pyhack::warning::workspace_above),
        help("`nix-snippet` puts the whole of it in the place of the package's source")
    )]
    WorkspaceAbove { above: String },
    /// The Cargo root has no `Cargo.lock`.
    #[error("there is no `Cargo.lock` in `{folder}`")]
    #[diagnostic(
        code(pyhack::warning::no_lock),
        help(
            "let cargo make one: `--generate-lock --write FILE`, of `cargo pyhack nix-snippet` and `lock`, keeps it beside FILE, and `--lock-file` takes it from there"
        )
    )]
    NoLock { folder: String },
    /// The package set lacks a build requirement.
    #[error("`{name}` is no build system that pyproject-build-systems brings{}", if *is_beside_lock { ", nor has the `uv.lock` beside the project" } else { "" })]
    #[diagnostic(
        code(pyhack::warning::unknown_build_system),
        help(
            "have it in the uv.lock that the package set is made from, for example `uv add --dev NAME`, so that the stanza evaluates"
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
    #[error("the wheel of `{name}` is taken, since its build needs itself: {cycle}")]
    #[diagnostic(
        code(pyhack::warning::wheel_in_cycle),
        help("nothing has to be done: the stanza sets `sourcePreference` for this package alone")
    )]
    WheelInCycle { name: String, cycle: String },
    /// A package is taken as a wheel although sdists are preferred.
    #[error("the stanza of `{name}` takes the wheel: {}", reason.clause())]
    #[diagnostic(
        code(pyhack::warning::wheel_taken),
        help("nothing has to be done, unless it must be built from source")
    )]
    WheelTaken { name: String, reason: WheelReason },
    /// uv2nix refuses a package on some platforms.
    #[error("`{name}` can't be had on {}: {why}", platforms.join(", "))]
    #[diagnostic(
        code(pyhack::warning::impossible_on_platforms),
        help(
            "take nixpkgs' build of it: `cargo pyhack nix-snippet --prebuilt {name} --write overlay.nix`; or leave the platforms out with `--platforms`"
        )
    )]
    ImpossibleOnPlatforms {
        name: String,
        platforms: Vec<String>,
        why: String,
    },
    /// A build requirement names a URL, which the package set ignores.
    #[error(
        "the build asks for `{name}` from {url}; `resolveBuildSystem` takes the one of the package set"
    )]
    #[diagnostic(
        code(pyhack::warning::url_requirement),
        help("see that the package set's version builds it too")
    )]
    UrlRequirement { name: String, url: String },
    /// The `Cargo.lock` has format 1.
    #[error("the lock has format 1, which nixpkgs' `fetchCargoVendor` can't read")]
    #[diagnostic(
        code(pyhack::warning::old_lock),
        help("let a current cargo write it anew: `cargo generate-lockfile`")
    )]
    OldLock,
    /// The lock has crates that no released `fetchCargoVendor` fetches.
    #[error(
        "the lock has crates from {}: no released nixpkgs has a `fetchCargoVendor` that fetches from other registries than crates.io",
        all_quoted(registries)
    )]
    #[diagnostic(
        code(pyhack::warning::other_registries),
        help(
            "take `importCargoLock` with `extraRegistries`, as `cargo pyhack nix-snippet` writes it; `cargoHash` is that of the layout that is proposed for nixpkgs"
        )
    )]
    OtherRegistries { registries: Vec<String> },
    /// The lock has one crate from two sources.
    #[error(
        "the lock has crates of one name and version from different sources: {}; `fetchCargoVendor` holds both from nixpkgs 26.05 on",
        all_quoted(crates)
    )]
    #[diagnostic(
        code(pyhack::warning::same_crates),
        help("use nixpkgs 26.05 or later; no `importCargoLock` can build it")
    )]
    SameCrates { crates: Vec<String> },
    /// Git ignores the lock, so that flakes don't have it.
    #[error("git ignores `{path}`, so the source of a flake doesn't have it")]
    #[diagnostic(
        code(pyhack::warning::ignored_lock),
        help(
            "take it out of `.gitignore` and track it: `git add {path}`; `git check-ignore -v {path}` shows the line that ignores it"
        )
    )]
    IgnoredLock { path: String },
    /// The manifests name files that don't exist.
    #[error("cargo can't read the manifests: {}", shortened(problems, "; "))]
    #[diagnostic(code(pyhack::warning::broken), help("{help}"))]
    BrokenManifests { problems: Vec<String>, help: String },
    /// The root source files of library crates don't exist.
    #[error("the source of the library of {} isn't there", quoted(folders))]
    #[diagnostic(
        code(pyhack::warning::broken),
        help(
            "no build can succeed with it: take the source from its repository, or put back what is missing"
        )
    )]
    MissingLibraries { folders: Vec<String> },
    /// The `Cargo.lock` lacks crates that the manifests ask for.
    #[error(
        "the lock doesn't fit the manifests: it lacks {}",
        shortened(lacking, "; ")
    )]
    #[diagnostic(
        code(pyhack::warning::stale_lock),
        help("no offline build can succeed with it: let cargo mend it with `--generate-lock`")
    )]
    StaleLock { lacking: Vec<String> },
    /// The `Cargo.lock` has crates that nothing needs.
    #[error("the lock has {} that nothing needs: {}; {}", crate_count(crates.len()), shortened(crates, ", "), locked_clause(*is_refused))]
    #[diagnostic(
        code(pyhack::warning::unneeded_crates),
        help(
            "nothing, unless cargo runs with `--locked`: then let it mend the lock with `--generate-lock`"
        )
    )]
    UnneededCrates {
        crates: Vec<String>,
        is_refused: bool,
    },
    /// The `Cargo.lock` was made for another version of the project.
    #[error("the lock is of another version of the project: {}; {}", shortened(crates, ", "), locked_clause(*is_refused))]
    #[diagnostic(
        code(pyhack::warning::outdated_lock),
        help(
            "nothing, unless cargo runs with `--locked`: then let it mend the lock with `--generate-lock`"
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
            "nothing of the project needs them, but Nix fetches all that the lock names: let cargo take them out with `cargo pyhack nix-snippet --generate-lock --write FILE`"
        )
    )]
    GoneCrates { crates: Vec<String> },
    /// A file to check has no stanza of ours.
    #[error(
        "`{file}` has no stanza of cargo-pyhack, and no configuration that names it asks for one"
    )]
    #[diagnostic(
        code(pyhack::warning::no_stanza),
        help("write one: `cargo pyhack nix-snippet --write {file} PATH`")
    )]
    NoStanza { file: String },
    /// A printed stanza refers to a `Cargo.lock` next to the file it goes into.
    #[error("the stanza takes `{name}` from the folder that it will be in")]
    #[diagnostic(
        code(pyhack::warning::lock_beside),
        help("let `--write FILE` put the stanza into the file and the lock beside it")
    )]
    LockBeside { name: String },
    /// The registry has yanked crates of the lock.
    #[error("{} been yanked; the build still works", have(crates))]
    #[diagnostic(
        code(pyhack::warning::yanked_crates),
        help("nothing has to be done: a lockfile keeps yanked versions")
    )]
    YankedCrates { crates: Vec<String> },
    /// The source has a Cargo configuration that changes the build.
    #[error("`{path}` changes how cargo builds: {}", keys.join(", "))]
    #[diagnostic(
        code(pyhack::warning::cargo_config),
        help(
            "if the build fails over it, delete it in the stanza: `postPatch = \"rm -r .cargo\";`"
        )
    )]
    CargoConfig { path: String, keys: Vec<String> },
    /// The source has a Cargo configuration that compiles for the processor of
    /// the machine that builds.
    #[error(
        "`{path}` has `{flag}` in {}: the wheel only runs on processors like that of the machine that builds it",
        all_quoted(keys)
    )]
    #[diagnostic(
        code(pyhack::warning::native_cpu),
        help(
            "a binary cache shares the wheel, so replace it in the stanza: `postPatch = \"substituteInPlace {path} --replace-fail {flag} target-cpu=generic\";`"
        )
    )]
    NativeCpu {
        path: String,
        flag: String,
        keys: Vec<String>,
    },
    /// The feature `pyo3/generate-import-lib` is on.
    #[error("`pyo3/generate-import-lib`, for Windows, needs the crate `python3-dll-a`, which the lock {}", if *is_locked { "has" } else { "lacks, so that an offline build fails" })]
    #[diagnostic(
        code(pyhack::warning::generate_import_lib),
        help(
            "Linux and macOS need no import library: take the feature out with a patch if the build fails over it"
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
    #[error("{pinned} is older than {since}: crates.io answers its `importCargoLock` with 403")]
    #[diagnostic(code(pyhack::warning::old_nixpkgs), help("update it with `{}`", update.command))]
    OldNixpkgs {
        pinned: String,
        since: String,
        update: PinUpdate,
    },
    /// The pinned pyproject.nix lacks a function that the stanza calls.
    #[error("{pinned} has no `{function}`, which came on {since}")]
    #[diagnostic(code(pyhack::warning::old_pyproject_nix), help("update it with `{}`", update.command))]
    OldPyprojectNix {
        pinned: String,
        function: String,
        since: String,
        update: PinUpdate,
    },
    /// A file that pins nixpkgs or pyproject.nix can't be read.
    #[error("`{place}` can't be read: {reason}")]
    #[diagnostic(
        code(pyhack::warning::unread_pins),
        help("see by yourself that its nixpkgs and pyproject.nix are new enough")
    )]
    UnreadPins { place: String, reason: String },
    /// Part of a file in nixpkgs' style has to be filled in or checked by hand.
    #[error("{what}")]
    #[diagnostic(
        code(pyhack::warning::incomplete_package),
        help("look at that in the file, and fill in what is missing")
    )]
    IncompletePackage { what: String, is_note: bool },
    /// The source uses features of a nightly rustc.
    #[error("unstable features of a nightly rustc are on in {}", quoted(places))]
    #[diagnostic(
        code(pyhack::warning::nightly),
        help("let a stable rustc take them with `env.RUSTC_BOOTSTRAP = \"1\"`")
    )]
    Nightly {
        places: Vec<String>,
        is_allowed: bool,
    },
    /// The Python is newer than those that the PyO3 in the lock supports.
    #[error("PyO3 {pyo3} knows Python 3.{newest} at the newest, not 3.{python_minor}{}", if *refuses { ", and refuses it" } else { "" })]
    #[diagnostic(
        code(pyhack::warning::pyo3_too_old),
        help(
            "build for an older Python; where PyO3 refuses it, `env.PYO3_USE_ABI3_FORWARD_COMPATIBILITY = \"1\"` may help"
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
            "look at each with `cargo pyhack why NAME`; mend what keeps cargo from resolving to be told exactly"
        )
    )]
    Approximate { why: String },
    /// A crate from git uses files outside of its folder.
    #[error("{what}")]
    #[diagnostic(
        code(pyhack::warning::git_crate_reaches_out),
        help(
            "vendoring copies the crate's folder alone: if the build fails over a missing file, put it there with a patch, or ask the crate's authors to"
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
    #[error("nothing is known of what {krate} needs: {what}")]
    #[diagnostic(
        code(pyhack::warning::unknown_native),
        help(
            "if it needs a library, add it to the stanza; then tell us, or add a row for the crate to `data/native-deps.toml`: `cargo pyhack why CRATE` prints one to fill in"
        )
    )]
    UnknownNative { krate: String, what: String },
    /// No nixpkgs attribute is known for a module of pkg-config.
    #[error("{krate} asks pkg-config for `{module}`, which no attribute is known for")]
    #[diagnostic(
        code(pyhack::warning::unknown_module),
        help(
            "add the package that has it to the stanza's `buildInputs`; then tell us, or add a row to `data/pkg-config.toml`"
        )
    )]
    UnknownModule { krate: String, module: String },
    /// Native code of a Python package asks for something unknown.
    #[error("{what}, which no attribute is known for")]
    #[diagnostic(
        code(pyhack::warning::unknown_library),
        help(
            "if the build needs it, add the package of nixpkgs that has it: `--build-inputs ATTRIBUTE`, or `{package} = {{ build-inputs = [\"ATTRIBUTE\"] }}` in `[tool.cargo-pyhack.packages]`"
        )
    )]
    UnknownLibrary { package: String, what: String },
    /// The build of a Python package fetches something from the network.
    #[error("{what}, and no build in Nix's sandbox has a network")]
    #[diagnostic(
        code(pyhack::warning::build_downloads),
        help(
            "unless the build does without it, take nixpkgs' build of the package: `cargo pyhack nix-snippet --prebuilt {package} --write overlay.nix`; or lock a version that has a wheel"
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
            "see what it links, and add the packages of nixpkgs that have it: `--build-inputs ATTRIBUTE`, or `{package} = {{ build-inputs = [\"ATTRIBUTE\"] }}` in `[tool.cargo-pyhack.packages]`"
        )
    )]
    UnreadLibraries { package: String, what: String },
    /// A build script can't be read.
    #[error("the build script of {krate} can't be read: {what}")]
    #[diagnostic(
        code(pyhack::warning::unreadable_build_script),
        help("look at it: it may need more than is said here")
    )]
    UnreadableBuildScript { krate: String, what: String },
    /// nixpkgs' rustc doesn't compile a crate.
    #[error(
        "{krate} isn't compiled by rustc {since} and later, \"{error}\": {}",
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
    #[error("{krate} takes `{library}` {takes}, and nixpkgs has {has}{}", if *is_bundled { ": it builds its own copy" } else { "" })]
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
        help("nothing to build it; what loads it has to find it where the program runs")
    )]
    Runtime { krate: String, what: String },
    /// The `.python-version` file doesn't name a version of CPython.
    #[error(
        "`.python-version` names no version of CPython that we can read: the flake takes 3.{python_minor}"
    )]
    #[diagnostic(
        code(pyhack::warning::python_version),
        help("choose one with `--python 3.13`, say")
    )]
    PythonVersion { python_minor: u8 },
    /// The lock's `requires-python` excludes the chosen Python.
    #[error("`{place}` is for Python {requires}, not for {python}")]
    #[diagnostic(
        code(pyhack::warning::python_not_allowed),
        help("choose another one with `--python`: uv2nix refuses to make a set for this one")
    )]
    PythonNotAllowed {
        place: String,
        requires: String,
        python: String,
    },
    /// The lock is for other patch versions than nixpkgs' Python.
    #[error("`{place}` is for Python {requires}, and nixpkgs has {python}")]
    #[diagnostic(
        code(pyhack::warning::python_patch_not_allowed),
        help(
            "have uv2nix compare with another version: `mkPyprojectOverlay {{ pythonVersion = \"{version}\"; ... }}`; `cargo pyhack init` writes that"
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
        "`tool.uv.extra-build-dependencies` has tables for {}, and uv2nix throws on them",
        quoted(packages)
    )]
    #[diagnostic(
        code(pyhack::warning::tables_of_requirements),
        help(
            "write them as text, as in `[\"torch\"]`; or have `loadWorkspace` take them from `config.extra-build-dependencies`, which `cargo pyhack init` writes"
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
        help("write {}, which uv takes too", quoted(normalized))
    )]
    UnnormalizedNames {
        names: Vec<String>,
        normalized: Vec<String>,
    },
    /// `tool.uv.conflicts` names whole packages, which uv2nix can't read.
    #[error(
        "`tool.uv.conflicts` has the whole packages {}, and uv2nix only reads conflicts of extras and groups",
        quoted(packages)
    )]
    #[diagnostic(
        code(pyhack::warning::package_conflicts),
        help(
            "no flake of this workspace evaluates: declare what conflicts as extras or groups (`{{ package = \"NAME\", extra = \"EXTRA\" }}`) and run `uv lock`, or give the packages a lock each"
        )
    )]
    PackageConflicts { packages: Vec<String> },
    /// The lock isn't for some platforms.
    #[error(
        "`{place}` isn't for {}: it is for {}",
        platforms.join(", "),
        markers.join(" or ")
    )]
    #[diagnostic(
        code(pyhack::warning::platforms_not_supported),
        help(
            "add them to `tool.uv.environments` and run `uv lock`, or name others with `--platform`"
        )
    )]
    PlatformsNotSupported {
        place: String,
        platforms: Vec<String>,
        markers: Vec<String>,
    },
    /// A `flake.nix` can't be read.
    #[error("`{file}` can't be read as Nix")]
    #[diagnostic(
        code(pyhack::warning::unread_flake),
        help("see by yourself which inputs it has")
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
            "or hand `importCargoLock` a `cargo` and a `rustc` of rust-overlay's or fenix's";
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
        "the build runs cargo with `--locked`, which refuses it"
    } else {
        "only `--locked` refuses it"
    }
}

fn download_help(variables: &[String]) -> String {
    let way_out = if variables.is_empty() {
        "turn it off in the stanza by a patch or a variable of the build script"
    } else {
        "fetch what it wants with Nix and name it in the variable"
    };
    format!(
        "no build in Nix's sandbox succeeds with it: {way_out}, or take nixpkgs' build of the package with `nix-snippet --prebuilt NAME`"
    )
}

fn system_version_help(library: &str, is_bundled: bool) -> String {
    if is_bundled {
        "nothing has to be done; to link nixpkgs' copy, update the crate in `Cargo.lock`".to_owned()
    } else {
        format!(
            "update the crate in `Cargo.lock`, or replace `{library}` in the stanza by a version that fits"
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
            "the lock has a crate that nothing needs: a 1.0.0; only `--locked` refuses it"
        );
        assert!(
            warning
                .message
                .ends_with("with `--locked`, which refuses it")
        );
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
