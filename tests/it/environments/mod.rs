//! From a `uv.lock` to a virtual environment: `lock --write` makes the overlay,
//! and real Nix builds everything with it, unedited, until Python imports it.
//!
//! The package set is a small one of ours, in `tests/nix`: uv2nix, pyproject.nix
//! and pyproject-build-systems, which aren't part of this repository, would have
//! to be fetched. `tests/nix/README.md` says what stands in for what. Build
//! systems are real, and so are their sdists, which `tests/scripts/wheel-tools`
//! fetches.

mod packages;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::locks::fixtures::{APP, uv_lock};
use crate::support::{Asked, Registry, Reply, Sandbox, nix};
use crate::wheels::{TOOLS, Tools, crate_folders, failed, succeeded, with_crates};
use packages::{Locked, a_circle, another_packaging, build_systems, sdists};

/// An application with its lock, and the overlay that it got.
struct Application {
    sandbox: Sandbox,
    tools: Tools,
    packages: Vec<Locked>,
    /// What the set's build systems are said to be made from.
    build_systems: &'static str,
    _registry: Registry,
}

impl Application {
    /// Makes the application whose lock has the packages. `None` if Nix or the
    /// tools, from which some packages come, are missing.
    fn new(packages: impl FnOnce() -> Vec<Locked>) -> Option<Self> {
        let tools = Tools::found()?;
        let packages = packages();
        let sandbox = with_crates();
        let files = packages.iter().flat_map(|package| &package.files);
        let bodies: BTreeMap<_, _> = files
            .map(|(name, bytes)| (format!("/files/{name}"), bytes.clone()))
            .collect();
        for (path, bytes) in &bodies {
            sandbox.write(&path[1..], bytes);
        }
        let registry = Registry::answering(move |_, asked: &Asked| {
            bodies.get(&asked.path).cloned().map(Reply::body)
        });
        let address = registry.address();
        let entries: Vec<_> = packages
            .iter()
            .map(|package| (package.name.as_str(), package.entry(&address)))
            .collect();
        sandbox.write("pyproject.toml", APP);
        sandbox.write("uv.lock", uv_lock(&entries));
        Some(Self {
            sandbox,
            tools,
            packages,
            build_systems: "wheel",
            _registry: registry,
        })
    }

    /// Has the lock need a package on Windows alone.
    fn only_on_windows(&self, package: &str) {
        let lock = fs::read_to_string(self.sandbox.path("uv.lock")).unwrap();
        let marker = "marker = \"sys_platform == 'win32'\"";
        let (everywhere, elsewhere) = (
            format!("{{ name = \"{package}\" }}"),
            format!("{{ name = \"{package}\", {marker} }}"),
        );
        self.sandbox
            .write("uv.lock", lock.replace(&everywhere, &elsewhere));
    }

    /// Has the real binary write the overlay, and gives its text.
    fn overlay(&self, preference: &str) -> String {
        self.overlay_with(&["--source-preference", preference])
    }

    fn overlay_with(&self, flags: &[&str]) -> String {
        let script = "import sys; print('%d.%d' % sys.version_info[:2], end='')";
        let python = succeeded(Command::new(&self.tools.python).args(["-c", script]));
        let arguments = [
            "lock",
            "--quiet",
            "--write",
            "overlay.nix",
            "--python",
            &python,
        ];
        let run = self.sandbox.run(&[&arguments, flags].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        fs::read_to_string(self.sandbox.path("overlay.nix")).unwrap()
    }

    /// A command that asks `tests/nix/environment.nix` for an attribute.
    fn nix(&self, program: &str, preference: &str, attribute: &str) -> Command {
        let settings = serde_json::json!({
            "python": self.tools.python,
            "toolchain": self.tools.toolchain,
            "tools": format!("{TOOLS}/python"),
            "crates": crate_folders(),
            "files": [self.sandbox.path("files")],
            "lock": self.sandbox.path("uv.lock"),
            "overlay": self.sandbox.path("overlay.nix"),
            "preference": preference,
            "buildSystems": self.build_systems,
        });
        let settings = self.sandbox.write("settings.json", settings.to_string());
        let mut command = nix(&self.sandbox, program);
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/nix/environment.nix"
            ))
            .args(["-A", attribute, "--argstr", "settings"])
            .arg(settings);
        command
    }

    /// The packages that the set builds from source.
    fn built(&self, preference: &str) -> BTreeSet<String> {
        let mut command = self.nix("nix-instantiate", preference, "formats");
        let json = succeeded(command.args(["--eval", "--strict", "--json"]));
        let formats: BTreeMap<String, String> = serde_json::from_str(&json).unwrap();
        let formats = formats.into_iter();
        formats
            .filter_map(|(name, format)| (format == "pyproject").then_some(name))
            .collect()
    }

    /// Builds the environment, and gives the Python in it.
    fn environment(&self, preference: &str) -> PathBuf {
        let mut command = self.nix("nix-build", preference, "environment");
        let output = succeeded(command.args(["--no-out-link", "--max-jobs", "2"]));
        PathBuf::from(output.trim()).join("bin/python3")
    }

    /// What a package is said to lack where the overlay is this one.
    fn failure(&self, overlay: &str, package: &str) -> String {
        self.sandbox.write("overlay.nix", overlay);
        let attribute = format!("overlaid.{package}");
        failed(
            self.nix("nix-build", "wheel", &attribute)
                .arg("--no-out-link"),
        )
    }
}

/// What the modules answer, a line each. Python fails where one isn't there,
/// or isn't of the lock's version.
fn answers(application: &Application, python: &Path) -> String {
    let module = |package: &Locked| {
        let name = package.name.replace('-', "_");
        format!("('{}', '{name}', '{}')", package.name, package.version)
    };
    let modules: Vec<_> = application.packages.iter().map(module).collect();
    let script = format!(
        "import importlib, importlib.metadata\n\
         for package, name, version in [{}]:\n    \
             module = importlib.import_module(name)\n    \
             assert importlib.metadata.version(package) == version, package\n    \
             answer = module.answer() if hasattr(module, 'answer') else getattr(module, 'ANSWER', None)\n    \
             if answer is not None:\n        print(name, answer)\n",
        modules.join(", ")
    );
    let mut command = application.sandbox.command(python);
    succeeded(command.args(["-I", "-c", &script]))
}

/// A package for each way of building, and the build systems in a lock too.
fn application() -> Option<Application> {
    Application::new(|| [build_systems(), sdists()].into_iter().flatten().collect())
}

/// What the modules say that have something to say.
const ANSWERS: &str = "dual DUAL
flitted flit_core.buildapi
hatched hatchling.build
legacy setup.py
linking 1
module 42
poetic poetry.core.masonry.api
scm setuptools.build_meta
";

#[test]
fn every_module_of_a_lock_by_wheels() {
    let Some(application) = application() else {
        return;
    };
    application.overlay("wheel");
    let built = application.built("wheel");
    let expected = [
        "flitted", "hatched", "legacy", "linking", "module", "poetic", "scm",
    ];
    assert_eq!(built, expected.map(str::to_owned).into());
    let python = application.environment("wheel");
    let expected = ANSWERS.replace("DUAL", "a wheel");
    assert_eq!(answers(&application, &python), expected);
}

/// Each of the build systems is built with the others then.
#[test]
fn every_module_of_a_lock_by_sdists() {
    let Some(application) = application() else {
        return;
    };
    application.overlay("sdist");
    let names = application.packages.iter().map(|package| &package.name);
    assert_eq!(application.built("sdist"), names.cloned().collect());
    let python = application.environment("sdist");
    let expected = ANSWERS.replace("DUAL", "an sdist");
    assert_eq!(answers(&application, &python), expected);
}

/// wheel depends on packaging, so packaging can't be built with it.
#[test]
fn a_build_system_that_needs_the_package_recurses() {
    let Some(application) = application() else {
        return;
    };
    let overlay = application.overlay("sdist");
    let stanza = in_stanza(&overlay, "packaging", "flit-core = [ ];", "wheel = [ ];");
    application.sandbox.write("overlay.nix", stanza);
    let mut command = application.nix("nix-instantiate", "sdist", "environment");
    let message = failed(&mut command);
    assert!(message.contains("infinite recursion"), "{message}");
}

#[test]
fn a_circle_is_broken_by_the_wheel() {
    let Some(application) = Application::new(a_circle) else {
        return;
    };
    let overlay = application.overlay("sdist");
    assert_eq!(application.built("sdist"), ["hen".to_owned()].into());
    let python = application.environment("sdist");
    assert_eq!(
        answers(&application, &python),
        "egg a wheel\nhen setuptools.build_meta\n"
    );
    let without = overlay.replace("sourcePreference = \"wheel\";", "");
    assert_ne!(without, overlay);
    application.sandbox.write("overlay.nix", without);
    assert_eq!(application.built("sdist").len(), 2);
}

/// The derivation of the environment.
fn derivation(application: &Application, overlay: &str) -> String {
    application.sandbox.write("overlay.nix", overlay);
    succeeded(&mut application.nix("nix-instantiate", "wheel", "environment"))
}

/// Whatever the overlay was made for.
#[test]
fn stanzas_leave_wheels_as_they_are() {
    let Some(application) = application() else {
        return;
    };
    let (by_wheels, by_sdists) = (application.overlay("wheel"), application.overlay("sdist"));
    let expected = derivation(&application, &by_wheels);
    assert_eq!(derivation(&application, &by_sdists), expected);
    let guarded =
        "${if old.passthru.format or null != \"wheel\" then \"nativeBuildInputs\" else null} =";
    let unguarded = in_stanza(&by_sdists, "dual", guarded, "nativeBuildInputs =");
    assert_ne!(derivation(&application, &unguarded), expected);
}

/// The set has another version of it, which others are built with.
#[test]
fn a_package_of_another_platform_alone_is_left_as_it_is() {
    let Some(mut application) = Application::new(another_packaging) else {
        return;
    };
    application.only_on_windows("packaging");
    let overlay = application.overlay_with(&["--source-preference", "sdist", "--all"]);
    let without = in_stanza(&overlay, "packaging", "old.version == \"21.3\" && ", "");
    let empty = "{ pkgs, lib, hacks }: final: prev: { }";
    for (build_systems, expected) in [("wheel", true), ("pyproject", false)] {
        application.build_systems = build_systems;
        let plain = packaging(&application, empty);
        assert_eq!(packaging(&application, &overlay), plain);
        let unguarded = packaging(&application, &without);
        assert_eq!(unguarded == plain, expected, "{build_systems}");
    }
}

/// The derivation of packaging.
fn packaging(application: &Application, overlay: &str) -> String {
    application.sandbox.write("overlay.nix", overlay);
    let mut command = application.nix("nix-instantiate", "sdist", "overlaid.packaging");
    succeeded(&mut command)
}

/// An overlay with something replaced in the stanza of one package.
#[track_caller]
fn in_stanza(overlay: &str, package: &str, from: &str, to: &str) -> String {
    let begin = overlay
        .find(&format!("# pyhack: begin {package} "))
        .unwrap();
    let end = overlay.find(&format!("# pyhack: end {package}\n")).unwrap();
    let stanza = overlay[begin..end].replace(from, to);
    assert_ne!(stanza, overlay[begin..end]);
    format!("{}{stanza}{}", &overlay[..begin], &overlay[end..])
}

/// What each way of building needs is hidden where no stanza names it.
#[test]
fn what_a_stanza_of_a_lock_does_not_bring_is_not_there() {
    let Some(application) = Application::new(sdists) else {
        return;
    };
    let overlay = application.overlay("wheel");
    for (package, needed, message) in [
        ("flitted", "flit-core = [ ];", "No module named 'flit_core'"),
        ("hatched", "hatchling = [ ];", "No module named 'hatchling'"),
        (
            "legacy",
            "setuptools = [ ];",
            "No module named 'setuptools'",
        ),
        ("linking", "pkgs.openssl", "Package libcrypto was not found"),
        (
            "linking",
            "pkgs.pkg-config",
            "No such file or directory: 'pkg-config'",
        ),
        ("module", "maturin = [ ];", "No module named 'maturin'"),
        ("poetic", "poetry-core = [ ];", "No module named 'poetry'"),
    ] {
        // None at all would be the default.
        let other = if needed.ends_with(';') {
            "calver = [ ];"
        } else {
            ""
        };
        let said = application.failure(&in_stanza(&overlay, package, needed, other), package);
        assert!(said.contains(message), "{package} without {needed}: {said}");
    }
}
