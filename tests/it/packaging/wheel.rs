//! The wheel, built by maturin from this source and installed by pip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{Sandbox, tree};
use crate::wheels::{Tools, succeeded};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A wheel of this source.
pub struct Wheel {
    pub path: PathBuf,
    python: PathBuf,
}

/// Options of builds in tests, which share the compiled crates: no
/// optimisation, and no network.
pub fn build_variables() -> [(&'static str, String); 5] {
    let target = Path::new(ROOT).join("target/hook-build");
    [
        ("CARGO_TARGET_DIR", target.display().to_string()),
        ("CARGO_NET_OFFLINE", "true".to_owned()),
        ("CARGO_PROFILE_RELEASE_LTO", "off".to_owned()),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0".to_owned()),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64".to_owned()),
    ]
}

impl Wheel {
    /// Builds the wheel once for all tests. Returns `None` without maturin.
    pub fn built() -> Option<&'static Self> {
        static WHEEL: OnceLock<Option<Wheel>> = OnceLock::new();
        WHEEL
            .get_or_init(|| Some(Self::build(&Tools::found()?)))
            .as_ref()
    }

    fn build(tools: &Tools) -> Self {
        let folder = Path::new(ROOT).join("target/wheel-build");
        let _ = fs::remove_dir_all(&folder);
        let maturin = Path::new(ROOT).join("target/wheel-tools/python/maturin/bin/maturin");
        let mut command = Command::new(maturin);
        command
            .current_dir(ROOT)
            .args(["build", "--release", "--offline"])
            // The machine's C library may be newer than any that a wheel on an
            // index may ask for.
            .args(["--compatibility", "linux", "--out"])
            .arg(&folder)
            .envs(build_variables());
        succeeded(&mut command);
        let mut files = tree(&folder).into_keys();
        let path = folder.join(files.next().unwrap());
        assert_eq!(files.next(), None);
        let python = tools.python.clone();
        Self { path, python }
    }

    /// Installs the wheel into a new virtual environment, and returns that.
    pub fn install(&self, sandbox: &Sandbox) -> PathBuf {
        let environment = sandbox.path("environment");
        let mut venv = sandbox.command(&self.python);
        succeeded(venv.args(["-m", "venv"]).arg(&environment));
        let mut pip = sandbox.command(environment.join("bin/pip"));
        pip.args([
            "install",
            "--quiet",
            "--no-index",
            "--disable-pip-version-check",
        ])
        .arg(&self.path);
        succeeded(&mut pip);
        environment
    }
}

#[test]
fn the_wheel_installs_the_program_with_its_man_pages() {
    let Some(wheel) = Wheel::built() else {
        return;
    };
    let sandbox = Sandbox::new();
    let environment = wheel.install(&sandbox);
    let program = environment.join("bin/cargo-pyhack");
    let version = succeeded(sandbox.command(&program).arg("--version"));
    assert_eq!(
        version,
        concat!("cargo-pyhack ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let project = Path::new(ROOT).join("testdata/projects/src-rust");
    let mut snippet = sandbox.command(&program);
    let snippet = succeeded(snippet.args(["nix-snippet", "--as", "file"]).arg(project));
    assert!(snippet.contains("hacks.importCargoLock"), "{snippet}");
    for path in [
        "man/man1/cargo-pyhack.1",
        "man/man1/cargo-pyhack-lock.1",
        "bash-completion/completions/cargo-pyhack",
        "zsh/site-functions/_cargo-pyhack",
        "fish/vendor_completions.d/cargo-pyhack.fish",
    ] {
        assert!(environment.join("share").join(path).is_file(), "{path}");
    }
    let metadata = succeeded(sandbox.command(environment.join("bin/python")).args([
        "-c",
        // Not the message as a whole: Python takes lines of the README for headers.
        "import importlib.metadata as m\n\
         data = m.metadata('cargo-pyhack')\n\
         for name in ['License-Expression', 'Description-Content-Type']: print(f'{name}: {data[name]}')",
    ]));
    for line in [
        "License-Expression: MIT OR Apache-2.0",
        "Description-Content-Type: text/markdown",
    ] {
        assert!(metadata.contains(line), "{metadata}");
    }
}
