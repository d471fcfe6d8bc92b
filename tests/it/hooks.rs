//! Our hooks, run by the real pre-commit and prek in a real git repository.
//! `tests/scripts/hook-tools` fetches both beforehand.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::packaging::{Wheel, build_variables};
use crate::support::{
    Crate, Registry, Repository, Sandbox, has_git, is_usable, lock, python_project,
};
use crate::wheels::succeeded;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/hook-tools");

/// A program that runs hooks.
#[derive(Debug, Clone, Copy)]
enum Runner {
    PreCommit,
    Prek,
}

/// A user's repository with a project, its overlay and our hooks.
struct Case {
    sandbox: Sandbox,
    runner: Runner,
}

fn alpha(version: &str) -> Crate {
    Crate::new("alpha", version)
}

impl Case {
    /// Nothing where the tools are missing. `hooks` makes the repository that
    /// the hooks come from.
    fn new(runner: Runner, hook: &str, hooks: impl FnOnce(&Sandbox)) -> Option<Self> {
        Self::configured(runner, |sandbox| {
            hooks(sandbox);
            let hooks = sandbox.path("hooks");
            let hooks = hooks.display();
            format!("repos:\n- repo: file://{hooks}\n  rev: v1\n  hooks:\n  - id: {hook}\n")
        })
    }

    /// Likewise, with a whole `.pre-commit-config.yaml`.
    fn configured(runner: Runner, hooks: impl FnOnce(&Sandbox) -> String) -> Option<Self> {
        if !has_tools() {
            return None;
        }
        let registry = Registry::new(&[alpha("1.0.0"), alpha("1.0.1")]);
        let sandbox = Sandbox::with_registry(&registry);
        let hooks = hooks(&sandbox);
        let user = Repository::new(&sandbox, "user");
        for (path, text) in python_project(&[alpha("1.0.0")]) {
            user.write(&path, text);
        }
        let pyproject = std::fs::read_to_string(sandbox.path("user/pyproject.toml")).unwrap();
        let config = "\n[tool.cargo-pyhack]\noverlay = \"nix/overlay.nix\"\n\
                      packages.module = \".\"\n";
        user.write("pyproject.toml", pyproject + config);
        user.write(".pre-commit-config.yaml", hooks);
        let case = Self { sandbox, runner };
        let mut check = case.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
        assert!(
            check
                .args(["check", "--fix"])
                .output()
                .unwrap()
                .status
                .success()
        );
        Repository::at(&case.sandbox, "user").commit();
        Some(case)
    }

    /// A command in the user's repository.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.sandbox.command(program);
        command
            .current_dir(self.sandbox.path("user"))
            .env(
                "PATH",
                with_folders(&[&Path::new(TOOLS).join("python/bin")]),
            )
            .env("PYTHONPATH", Path::new(TOOLS).join("python"))
            .env("PRE_COMMIT_HOME", self.sandbox.path("pre-commit-home"))
            .env("PREK_HOME", self.sandbox.path("prek-home"));
        command
    }

    /// Runs the hooks on all files, with our program on PATH; gives the exit
    /// code and what is said.
    fn run(&self, variables: &[(&str, String)]) -> (i32, String) {
        let ours = Path::new(env!("CARGO_BIN_EXE_cargo-pyhack")).parent();
        let tools = Path::new(TOOLS).join("python/bin");
        let path = with_folders(&[ours.unwrap(), &tools]);
        let path = ("PATH", path.into_string().unwrap());
        self.run_without_ours(&[variables, &[path]].concat())
    }

    /// Likewise, without our program on PATH.
    fn run_without_ours(&self, variables: &[(&str, String)]) -> (i32, String) {
        let mut command = match self.runner {
            Runner::PreCommit => {
                let mut command = self.command("python3");
                command.args(["-m", "pre_commit"]);
                command
            }
            Runner::Prek => self.command(Path::new(TOOLS).join("python/bin/prek")),
        };
        command.args(["run", "--all-files", "--color", "never"]);
        let output = command
            .envs(variables.iter().map(|(k, v)| (k, v)))
            .output()
            .unwrap();
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        (output.status.code().unwrap_or(-1), said)
    }

    fn change_lock(&self) {
        let user = Repository::at(&self.sandbox, "user");
        user.write("src/rust/Cargo.lock", lock(&[alpha("1.0.0")]) + "\n");
        user.git(&["add", "."]);
    }
}

/// `PATH` with these folders before all others.
fn with_folders(folders: &[&Path]) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.iter().map(|folder| (*folder).to_owned());
    std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap()
}

fn has_tools() -> bool {
    let made_of = std::fs::read_to_string(Path::new(TOOLS).join("made-of"));
    let wanted = include_str!("../hooks/tools.txt");
    let is_there = made_of.is_ok_and(|text| text.starts_with(wanted));
    let missing = format!("{TOOLS} is missing or of other versions: run tests/scripts/hook-tools");
    is_usable(is_there, &missing) && has_git()
}

/// A repository that has nothing but our list of hooks.
fn hooks_alone(sandbox: &Sandbox) {
    let hooks = Repository::new(sandbox, "hooks");
    let list = std::fs::read_to_string(Path::new(ROOT).join(".pre-commit-hooks.yaml"));
    hooks.write(".pre-commit-hooks.yaml", list.unwrap());
    hooks.commit();
    hooks.git(&["tag", "v1"]);
}

/// A repository of our own source.
fn source(sandbox: &Sandbox) {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(listed.status.success(), "not in a clone");
    let hooks = Repository::new(sandbox, "hooks");
    for path in String::from_utf8(listed.stdout)
        .unwrap()
        .split_terminator('\0')
    {
        let is_needed = [
            "src/",
            "data/",
            "Cargo.",
            ".pre-commit-hooks.yaml",
            "README",
        ];
        let file = Path::new(ROOT).join(path);
        if is_needed.iter().any(|start| path.starts_with(start)) && file.is_file() {
            hooks.write(path, std::fs::read(file).unwrap());
        }
    }
    hooks.commit();
    hooks.git(&["tag", "v1"]);
}

fn checks_and_mends(runner: Runner) {
    let Some(case) = Case::new(runner, "pyhack-check-system", hooks_alone) else {
        return;
    };
    let (code, said) = case.run(&[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Passed"), "{said}");
    case.change_lock();
    let (code, said) = case.run(&[]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("Out of date `module` in nix/overlay.nix:9: `Cargo.lock` changed"),
        "{said}"
    );
    assert!(said.contains("`cargo pyhack check --fix`"), "{said}");

    let case = Case::new(runner, "pyhack-fix-system", hooks_alone).unwrap();
    case.change_lock();
    let (code, said) = case.run(&[]);
    // That files changed is told as a failure, so that nobody commits half.
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("Fixed `module` in nix/overlay.nix:9: `Cargo.lock` changed"),
        "{said}"
    );
    Repository::at(&case.sandbox, "user").git(&["add", "."]);
    let (code, said) = case.run(&[]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn pre_commit_checks_and_mends() {
    checks_and_mends(Runner::PreCommit);
}

#[test]
fn prek_checks_and_mends() {
    checks_and_mends(Runner::Prek);
}

/// The repository that a release writes for pre-commit and prek.
fn published(sandbox: &Sandbox) {
    let hooks = Repository::new(sandbox, "hooks");
    let write = Path::new(ROOT).join("packaging/pre-commit/write");
    succeeded(sandbox.command(write).arg(&hooks.folder));
    hooks.commit();
    hooks.git(&["tag", "v1"]);
}

/// Where pip and uv find wheels: ours, and what pip builds the hook's
/// repository with.
fn only_wheels(wheel: &Wheel) -> [(&'static str, String); 6] {
    let ours = wheel.path.parent().unwrap().display();
    let tools = Path::new(ROOT).join("target/wheel-tools/files");
    let tools = tools.display();
    [
        ("PIP_NO_INDEX", "1".to_owned()),
        ("PIP_FIND_LINKS", format!("{ours} {tools}")),
        ("UV_NO_INDEX", "1".to_owned()),
        ("UV_OFFLINE", "1".to_owned()),
        ("UV_FIND_LINKS", format!("{ours},{tools}")),
        ("UV_PYTHON_DOWNLOADS", "never".to_owned()),
    ]
}

/// The hook installs the wheel, and the `cargo-pyhack` of no other place is
/// run: there is none on PATH.
fn installs_the_wheel(runner: Runner) {
    if !has_tools() {
        return;
    }
    let Some(wheel) = Wheel::built() else {
        return;
    };
    let variables = only_wheels(wheel);
    let case = Case::new(runner, "pyhack-check", published).unwrap();
    let start = Instant::now();
    let (code, said) = case.run_without_ours(&variables);
    let first = start.elapsed();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Passed"), "{said}");
    case.change_lock();
    let start = Instant::now();
    let (code, said) = case.run_without_ours(&variables);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("Out of date `module` in nix/overlay.nix:9"),
        "{said}"
    );
    assert!(start.elapsed() < first, "the environment is kept");
    eprintln!("{runner:?}: {first:?}, then {:?}", start.elapsed());
}

#[test]
fn pre_commit_installs_the_wheel() {
    installs_the_wheel(Runner::PreCommit);
}

#[test]
fn prek_installs_the_wheel() {
    installs_the_wheel(Runner::Prek);
}

/// The first example of docs/ci.md.
fn documented() -> String {
    let text = std::fs::read_to_string(Path::new(ROOT).join("docs/ci.md")).unwrap();
    let (_, rest) = text.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_documented_hook_installs_the_wheel() {
    for runner in [Runner::PreCommit, Runner::Prek] {
        let Some(case) = Case::configured(runner, |_| documented()) else {
            return;
        };
        let Some(wheel) = Wheel::built() else {
            return;
        };
        let (code, said) = case.run_without_ours(&only_wheels(wheel));
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("Passed"), "{said}");
    }
}

/// As users have it without installing anything: pre-commit has cargo build
/// it. Without optimisation, and with the crates that these tests were built
/// with.
#[test]
fn pre_commit_builds_it_from_source() {
    let Some(case) = Case::new(Runner::PreCommit, "pyhack-check-rust", source) else {
        return;
    };
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            let home = std::env::var_os("HOME")?;
            Some(Path::new(&home).join(".cargo"))
        });
    let home = ("CARGO_HOME", home.unwrap().display().to_string());
    let variables: Vec<_> = build_variables().into_iter().chain([home]).collect();
    let (code, said) = case.run(&variables);
    assert_eq!(code, 0, "{said}");
    case.change_lock();
    let (code, said) = case.run(&variables);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("`Cargo.lock` changed"), "{said}");
}
