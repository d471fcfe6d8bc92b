//! From what `nix-snippet` prints to a module that Python imports: real Nix
//! evaluates the text, unedited, and builds it.
//!
//! Nix finds no nixpkgs here but a small one of ours, `tests/nix`. All else is
//! real: cargo, maturin and setuptools-rust, PyO3 (one module has all of it,
//! the others `pyo3-ffi`, its lower half, which builds in seconds), OpenSSL.
//! `tests/scripts/wheel-tools` fetches those beforehand.

pub mod projects;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Repository, Sandbox, has_git, has_nix, is_usable, nix};
use projects::{Module, Package};

pub const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/wheel-tools");

/// How the stanza is asked for, and what Nix may do to read it.
#[derive(Clone, Copy)]
struct Way {
    flags: &'static [&'static str],
    /// Whether the text is printed to standard output as it stands in an
    /// overlay, or written to a file with what it refers to beside it.
    is_file: bool,
    may_import_from_derivations: bool,
}

const PRINTED: Way = Way {
    flags: &[],
    is_file: false,
    may_import_from_derivations: true,
};

const WITHOUT_IFD: Way = Way {
    flags: &["--no-ifd"],
    is_file: true,
    may_import_from_derivations: false,
};

/// A path to a lock is enough for Nix.
const WITH_A_LOCK_OF_ITS_OWN: Way = Way {
    flags: &["--generate-lock"],
    is_file: true,
    may_import_from_derivations: false,
};

/// A project and the package set that it is in.
struct Case {
    sandbox: Sandbox,
    tools: Tools,
    package: Package,
    /// The set's packages, as `tests/nix/python-set.nix` takes them.
    packages: serde_json::Value,
}

/// The machine's programs that packages are built with.
pub struct Tools {
    pub python: PathBuf,
    pub toolchain: PathBuf,
}

impl Case {
    /// Nothing where Nix or the tools are missing.
    fn new(make: impl FnOnce(&Sandbox) -> Package) -> Option<Self> {
        let tools = Tools::found()?;
        // The network leads nowhere but to repositories on the disk: `git` is
        // told so, and cargo is always run offline.
        let sandbox = with_crates();
        let package = make(&sandbox);
        let packages = serde_json::json!({"module": package.entry()});
        Some(Self {
            sandbox,
            tools,
            package,
            packages,
        })
    }

    /// Has the real binary write the overlay.
    fn overlay(&self, way: Way) -> PathBuf {
        let overlay = self.sandbox.path("overlay.nix");
        if overlay.exists() {
            std::fs::remove_file(&overlay).unwrap();
        }
        let path = self.package.path.to_str().unwrap();
        let mut arguments = vec!["nix-snippet", "--quiet", path];
        arguments.extend(self.package.flags);
        arguments.extend(way.flags);
        if way.is_file {
            arguments.extend(["--write", overlay.to_str().unwrap()]);
        }
        let printed = self.sandbox.run(&arguments).ok();
        if !way.is_file {
            std::fs::write(&overlay, printed).unwrap();
        }
        overlay
    }

    /// The settings of `tests/nix/default.nix`.
    fn settings(&self, way: Way, importer: &str) -> PathBuf {
        let settings = serde_json::json!({
            "python": self.tools.python,
            "toolchain": self.tools.toolchain,
            "tools": format!("{TOOLS}/python"),
            "crates": crate_folders(),
            "importer": importer,
            "form": if way.is_file { "file" } else { "overlay" },
            "overlay": self.sandbox.path("overlay.nix"),
            "packages": self.packages,
        });
        self.sandbox
            .write(&format!("{importer}.json"), settings.to_string())
    }

    /// A command that asks for the package in the set with the overlay.
    fn nix(&self, program: &str, way: Way, importer: &str) -> Command {
        let mut command = nix(&self.sandbox, program);
        let is_allowed = way.may_import_from_derivations.to_string();
        command
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nix"))
            .args(["-A", "overlaid.module", "--argstr", "settings"])
            .arg(self.settings(way, importer))
            .args(["--option", "allow-import-from-derivation", &is_allowed]);
        command
    }

    /// The derivation that the package is in the set with the overlay, the
    /// same for each `hacks.importCargoLock`.
    fn derivation(&self, way: Way) -> String {
        self.overlay(way);
        let [new, old] = ["new", "old"].map(|importer| {
            let mut command = self.nix("nix-instantiate", way, importer);
            succeeded(&mut command)
        });
        assert_eq!(new, old);
        new
    }

    /// Builds the wheel, has pip put it into a folder and Python import it.
    /// Gives what the module knows.
    fn built(&self, way: Way) -> String {
        self.derivation(way);
        let mut build = self.nix("nix-build", way, "new");
        let output = succeeded(build.arg("--no-out-link"));
        let wheels = std::fs::read_dir(output.trim()).unwrap();
        let wheel = wheels.map(|entry| entry.unwrap().path()).next().unwrap();
        let folder = self.sandbox.path("site-packages");
        let mut pip = self.sandbox.command(&self.tools.python);
        pip.args(["-m", "pip", "install", "--quiet", "--no-index", "--no-deps"])
            .args(["--disable-pip-version-check", "--root-user-action=ignore"])
            .args(["--upgrade", "--target"])
            .args([&folder, &wheel]);
        succeeded(&mut pip);
        let mut python = self.sandbox.command(&self.tools.python);
        python
            .args(["-c", "import module; print(module.answer())"])
            .env("PYTHONPATH", folder);
        succeeded(&mut python).trim().to_owned()
    }

    fn assert_builds(&self, ways: &[Way], answer: &str) {
        for way in ways {
            assert_eq!(self.built(*way), answer, "{:?}", way.flags);
        }
    }
}

/// A sandbox with the crates of the tools.
pub fn with_crates() -> Sandbox {
    let sandbox = Sandbox::with_cargo_config("[net]\noffline = true\n");
    let registry = Path::new(TOOLS).join("cargo-home/registry");
    std::os::unix::fs::symlink(registry, sandbox.path("cargo-home/registry")).unwrap();
    sandbox
}

/// The folders that their `.crate` files are in.
pub fn crate_folders() -> Vec<PathBuf> {
    std::fs::read_dir(Path::new(TOOLS).join("cargo-home/registry/cache"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

impl Tools {
    /// Nothing where Nix is missing, or what `tests/scripts/wheel-tools` fetches.
    pub fn found() -> Option<Self> {
        if !has_nix() {
            return None;
        }
        let made_of = std::fs::read_to_string(Path::new(TOOLS).join("made-of"));
        let wanted = include_str!("../../nix/tools.toml");
        let is_there = made_of.is_ok_and(|text| text.starts_with(wanted));
        let missing =
            format!("{TOOLS} is missing or of other versions: run tests/scripts/wheel-tools");
        if !is_usable(is_there, &missing) {
            return None;
        }
        // Where they are, and not what leads to them in a shell.
        let python = output_of(
            "python3",
            &["-c", "import sys; print(sys.executable, end='')"],
        );
        let sysroot = output_of("rustc", &["--print", "sysroot"]);
        Some(Self {
            python: python.into(),
            toolchain: Path::new(sysroot.trim()).join("bin"),
        })
    }
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    succeeded(Command::new(program).args(arguments))
}

/// What a program printed that went well.
#[track_caller]
pub fn succeeded(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a program said that failed.
#[track_caller]
pub fn failed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The ways in which each stanza is asked for, unless a test says otherwise.
const WAYS: &[Way] = &[PRINTED, WITHOUT_IFD];

#[test]
fn maturin_at_the_root() {
    let made = Case::new(|sandbox| Module::maturin(".").with_pyo3().sdist(sandbox));
    if let Some(case) = made {
        case.assert_builds(WAYS, "42");
    }
}

#[test]
fn maturin_in_a_folder_below() {
    let made = Case::new(|sandbox| Module::maturin("src/rust").sdist(sandbox));
    if let Some(case) = made {
        case.assert_builds(WAYS, "42");
    }
}

/// So that it means something where Nix is forbidden to.
#[test]
fn a_lock_in_an_sdist_is_imported_from_a_derivation() {
    let made = Case::new(|sandbox| Module::maturin("src/rust").sdist(sandbox));
    let Some(case) = made else { return };
    case.overlay(PRINTED);
    let way = Way {
        may_import_from_derivations: false,
        ..PRINTED
    };
    let message = failed(&mut case.nix("nix-instantiate", way, "new"));
    assert!(
        message.contains("allow-import-from-derivation"),
        "{message}"
    );
}

#[test]
fn setuptools_rust() {
    let module = Module::setuptools_rust("rust").with_pyo3();
    if let Some(case) = Case::new(|sandbox| module.sdist(sandbox)) {
        case.assert_builds(WAYS, "42");
    }
}

/// A module that asks a crate `simple`, which a repository has.
fn with_a_git_dependency(sandbox: &Sandbox) -> Module {
    let repository = Repository::new(sandbox, "simple");
    repository.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"simple\"]\n[workspace.package]\nedition = \"2021\"\n",
    );
    repository.write(
        "simple/Cargo.toml",
        "[package]\nname = \"simple\"\nversion = \"1.0.0\"\nedition.workspace = true\n",
    );
    repository.write("simple/src/lib.rs", "pub const ANSWER: i64 = 1234;\n");
    let (revision, url) = (repository.commit(), repository.url());
    let line = format!("{{ git = \"{url}\" }}");
    Module::maturin(".")
        .answering("simple", &line, "simple::ANSWER")
        .locking_from_git("simple", &url, &revision)
}

#[test]
fn a_git_dependency() {
    if !has_git() {
        return;
    }
    let made = Case::new(|sandbox| with_a_git_dependency(sandbox).folder(sandbox));
    if let Some(case) = made {
        case.assert_builds(WAYS, "1234");
    }
}

#[test]
fn a_hash_that_is_not_the_git_dependency_s() {
    if !has_git() {
        return;
    }
    let made = Case::new(|sandbox| with_a_git_dependency(sandbox).folder(sandbox));
    let Some(case) = made else { return };
    let overlay = case.overlay(PRINTED);
    let text = std::fs::read_to_string(&overlay).unwrap();
    let (before, hash) = text.split_once("sha256-").unwrap();
    let other = if hash.starts_with('A') { "B" } else { "A" };
    std::fs::write(&overlay, format!("{before}sha256-{other}{}", &hash[1..])).unwrap();
    let mut build = case.nix("nix-build", PRINTED, "new");
    let message = failed(build.arg("--no-out-link"));
    assert!(message.contains("hash mismatch"), "{message}");
}

/// A module that asks a library of the system.
fn with_openssl() -> Module {
    let expression = "i64::from(openssl_sys::OpenSSL_version_num() != 0)";
    Module::maturin("rust").answering("openssl-sys", "\"0.9\"", expression)
}

#[test]
fn a_system_library() {
    if let Some(case) = Case::new(|sandbox| with_openssl().sdist(sandbox)) {
        case.assert_builds(WAYS, "1");
    }
}

#[test]
fn what_a_stanza_does_not_bring_is_not_there() {
    let Some(case) = Case::new(|sandbox| with_openssl().sdist(sandbox)) else {
        return;
    };
    let overlay = case.overlay(PRINTED);
    let text = std::fs::read_to_string(&overlay).unwrap();
    for (line, message) in [
        ("pkgs.openssl", "openssl.pc"),
        ("maturin = [ ];", "No module named 'maturin'"),
    ] {
        let without = text.replace(line, "");
        assert_ne!(text, without);
        std::fs::write(&overlay, without).unwrap();
        let mut build = case.nix("nix-build", PRINTED, "new");
        let said = failed(build.arg("--no-out-link"));
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn without_a_lock() {
    let module = Module::maturin("src/rust").without_lock();
    if let Some(case) = Case::new(|sandbox| module.sdist(sandbox)) {
        case.assert_builds(&[WITH_A_LOCK_OF_ITS_OWN], "42");
    }
}

#[test]
fn a_member_below_its_workspace() {
    let made = Case::new(|sandbox| Module::maturin(".").member(sandbox));
    if let Some(case) = made {
        case.assert_builds(WAYS, "42");
        let without_ifd = Way {
            may_import_from_derivations: false,
            ..PRINTED
        };
        case.assert_builds(&[without_ifd], "42");
    }
}

/// What the set has as `module`, with the overlay and without.
fn both(case: &Case) -> [String; 2] {
    ["overlaid", "plain"].map(|set| {
        let settings = case.settings(PRINTED, "new");
        let expression = format!(
            "let set = (import {}/tests/nix {{ settings = \"{}\"; }}).{set}; in set.module.drvPath or null",
            env!("CARGO_MANIFEST_DIR"),
            settings.display()
        );
        let mut command = nix(&case.sandbox, "nix-instantiate");
        succeeded(command.args(["--eval", "--read-write-mode", "--expr", &expression]))
    })
}

#[test]
fn a_wheel_stays_as_it_is() {
    let made = Case::new(|sandbox| Module::maturin(".").sdist(sandbox));
    let Some(mut case) = made else { return };
    case.overlay(PRINTED);
    let [with, without] = both(&case);
    assert_ne!(with, without, "an sdist is overridden");
    let wheel = case.sandbox.write("module-0.1.0-py3-none-any.whl", "");
    case.packages["module"]["path"] = wheel.to_str().unwrap().into();
    case.packages["module"]["kind"] = "wheel".into();
    let [with, without] = both(&case);
    assert_eq!(with, without);
    assert_ne!(with.trim(), "null");
}

#[test]
fn what_is_not_in_the_set_is_left_out() {
    let made = Case::new(|sandbox| Module::maturin(".").sdist(sandbox));
    let Some(mut case) = made else { return };
    case.overlay(PRINTED);
    case.packages = serde_json::json!({});
    assert_eq!(
        both(&case).map(|each| each.trim().to_owned()),
        ["null", "null"]
    );
}

/// A source that a fetcher of Nix' own gives has no name.
#[test]
fn a_checkout_of_a_repository() {
    let made = Case::new(|sandbox| Module::maturin("rust").repository(sandbox));
    if let Some(case) = made {
        case.assert_builds(WAYS, "42");
    }
}

#[test]
fn a_folder_of_a_repository() {
    let made = Case::new(|sandbox| Module::maturin(".").member_in_repository(sandbox));
    if let Some(case) = made {
        case.assert_builds(WAYS, "42");
    }
}

/// Its stanza is always one with the lock beside it.
#[test]
fn an_archive_of_the_users_own() {
    let made = Case::new(|sandbox| Module::maturin("rust").own_archive(sandbox));
    if let Some(case) = made {
        let way = Way {
            flags: &[],
            ..WITHOUT_IFD
        };
        case.assert_builds(&[way], "42");
    }
}

#[test]
fn a_folder_of_an_archive() {
    let made = Case::new(|sandbox| Module::maturin(".").member_in_archive(sandbox));
    if let Some(case) = made {
        case.assert_builds(WAYS, "42");
    }
}

/// One package has both programs here, as those of rust-overlay and fenix.
#[test]
fn a_toolchain_of_the_users_own() {
    let made = Case::new(|sandbox| Module::maturin("rust").sdist(sandbox));
    if let Some(case) = made {
        let way = Way {
            flags: &["--toolchain", "pkgs.toolchain"],
            ..PRINTED
        };
        case.assert_builds(&[way], "42");
    }
}
