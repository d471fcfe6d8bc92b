//! A sealed place to run the binary in.

mod crates;
#[cfg(target_os = "linux")]
mod opens;
mod registry;
mod repository;
#[cfg(unix)]
mod terminal;
mod tls;
mod tools;

pub use crates::{CRATES_IO, Crate, lock, move_crate, python_project};
#[cfg(target_os = "linux")]
pub use opens::OpenCounter;
pub use registry::{Asked, End, Registry, Reply, cargo_config, crate_path};
pub use repository::Repository;
#[cfg(unix)]
pub use terminal::{OnTerminal, Terminal};
pub use tls::{authority, serve_http2, serve_tls};
pub use tools::{has_bash, has_git, has_nix, has_parallel, has_setpriv, has_slurm, is_usable};

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A temporary home with nothing of the user's in it.
pub struct Sandbox {
    folder: tempfile::TempDir,
    has_network: bool,
}

/// What a run printed.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
            has_network: false,
        };
        sandbox.write(
            "home/.gitconfig",
            "[url \"file:///nonexistent/\"]\n\tinsteadOf = https://example.org/\n",
        );
        #[cfg(unix)]
        sandbox.share_facts_of_rustc();
        sandbox
    }

    /// Lets cargo ask rustc for its version and its targets once for all tests:
    /// with a cache of its own, each run would ask again.
    #[cfg(unix)]
    fn share_facts_of_rustc(&self) {
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo-target");
        std::fs::create_dir_all(&shared).unwrap();
        std::fs::create_dir_all(self.path("cache")).unwrap();
        std::os::unix::fs::symlink(shared, self.path("cache/cargo-target")).unwrap();
    }

    /// A sandbox whose crates.io is `registry`.
    pub fn with_registry(registry: &Registry) -> Self {
        Self::with_cargo_config(&registry.cargo_config())
    }

    /// A sandbox with a network, and this configuration of Cargo's, which
    /// leads to the loopback interface.
    pub fn with_cargo_config(config: &str) -> Self {
        let mut sandbox = Self::new();
        sandbox.has_network = true;
        sandbox.write("cargo-home/config.toml", config);
        sandbox
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub fn write(&self, relative: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Writes a project's files into the folder `name`.
    pub fn project(&self, name: &str, files: &[(String, String)]) -> PathBuf {
        for (path, text) in files {
            self.write(&format!("{name}/{path}"), text);
        }
        self.path(name)
    }

    /// A command with nothing of the user's environment but `PATH`.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            // As cargo does for its subcommands: rustup need not find it anew.
            .env("CARGO", env!("CARGO"))
            .env("CARGO_HOME", self.path("cargo-home"))
            .env("CARGO_PYHACK_CACHE_DIR", self.path("cache"))
            .env("CARGO_PYHACK_RETRY_SECONDS", "0.01")
            // pip reads no file then, and no test one of the machine's.
            .env("PIP_CONFIG_FILE", "/dev/null");
        // Without a registry of ours there is none.
        if !self.has_network {
            command.env("CARGO_NET_OFFLINE", "true");
        }
        // rustup finds its toolchain by these where it isn't below HOME.
        for name in ["RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        if std::env::var_os("RUSTUP_HOME").is_none() {
            let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
            command.env("RUSTUP_HOME", home.join(".rustup"));
        }
        command
    }

    /// Runs `cargo-pyhack` in the sandbox's folder.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let output = self
            .command(env!("CARGO_BIN_EXE_cargo-pyhack"))
            .args(arguments)
            .output()
            .unwrap();
        self.redacted(&output)
    }

    /// Runs `cargo-pyhack` with these variables, too.
    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
        command.args(arguments).envs(variables.iter().copied());
        self.redacted(&command.output().unwrap())
    }

    /// Panics where our cache has a crate that isn't whole, or what is left
    /// over of writing one.
    #[track_caller]
    pub fn assert_cache_is_whole(&self) {
        let folder = self.path("cache/crates");
        if !folder.exists() {
            return;
        }
        for (path, bytes) in tree(&folder) {
            let sum = cargo_pyhack::testing::Sha256::of(&bytes).to_hex();
            assert_eq!(path, format!("{}/{sum}.crate", &sum[..2]));
        }
    }

    /// What a command printed, without the path of the sandbox.
    pub fn redacted(&self, output: &Output) -> Run {
        let root = self.folder.path().to_str().unwrap();
        let text = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec())
                .unwrap()
                .replace(root, "$ROOT")
        };
        Run {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

impl Run {
    /// The standard output of a run that went well.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }

    /// Code and standard error of a run that failed and printed no data.
    #[track_caller]
    pub fn failure(self) -> String {
        assert_ne!(self.code, 0);
        assert_eq!(self.stdout, "");
        format!("exit code {}\n{}", self.code, self.stderr)
    }
}

/// Every file below a folder, with its contents.
pub fn tree(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    walk(folder)
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(folder)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// A text with `PORT` for each port of the loopback interface, which differ
/// between runs.
pub fn redact_ports(text: &str) -> String {
    let Some(start) = text
        .find("127.0.0.1:")
        .map(|start| start + "127.0.0.1:".len())
    else {
        return text.to_owned();
    };
    let length = text[start..]
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(0);
    format!(
        "{}PORT{}",
        &text[..start],
        redact_ports(&text[start + length..])
    )
}

/// A command of Nix's that works without a daemon, a network and a store of
/// the user's.
pub fn nix(sandbox: &Sandbox, program: &str) -> Command {
    let mut command = sandbox.command(program);
    for (variable, folder) in [
        ("NIX_STORE_DIR", "nix/store"),
        ("NIX_STATE_DIR", "nix/state"),
        ("NIX_LOG_DIR", "nix/log"),
        ("NIX_CONF_DIR", "nix/conf"),
    ] {
        command.env(variable, sandbox.path(folder));
    }
    command.env("NIX_REMOTE", "local");
    command.env(
        "NIX_CONFIG",
        "fsync-metadata = false\nsandbox = false\nbuild-users-group =\nsubstituters =\nexperimental-features = nix-command",
    );
    command
}
