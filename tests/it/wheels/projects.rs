//! Python projects with a module `module`, whose function `answer` says what
//! the Rust below it knows.

use std::collections::BTreeSet;
use std::path::PathBuf;

use flate2::{Compression, write::GzEncoder};

use crate::support::Sandbox;

/// A project as it is to be written.
pub struct Module {
    backend: &'static str,
    /// The folder that its Rust is in.
    rust: &'static str,
    /// Lines of `[dependencies]`, each with the name of its crate.
    dependencies: Vec<(String, String)>,
    /// Packages of the lock that aren't the registry's.
    locked: Vec<String>,
    code: String,
    has_lock: bool,
}

/// The manifest of a workspace that the module is a member of.
const WORKSPACE: &str = "[workspace]\nmembers = [\"crates/*\"]\n";

/// Packs files as an sdist is packed.
fn archive(sandbox: &Sandbox, files: &[(String, String)]) -> PathBuf {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let path = format!("module-0.1.0/{path}");
        archive
            .append_data(&mut header, path, text.as_bytes())
            .unwrap();
    }
    let bytes = archive.into_inner().unwrap().finish().unwrap();
    sandbox.write("sdists/module-0.1.0.tar.gz", bytes)
}

/// A project as a package set has it.
pub struct Package {
    pub path: PathBuf,
    /// How it is said where the package comes from.
    pub flags: &'static [&'static str],
    backend: &'static str,
    /// The word for its source in `tests/nix/python-set.nix`.
    kind: &'static str,
    /// The whole repository, and the package's folder in it.
    within: Option<(PathBuf, &'static str)>,
}

impl Package {
    /// Its attributes in `tests/nix/python-set.nix`.
    pub fn entry(&self) -> serde_json::Value {
        let mut entry = serde_json::json!({
            "version": "0.1.0",
            "kind": self.kind,
            "path": self.path,
            "buildSystem": {self.backend: []},
        });
        if let Some((whole, folder)) = &self.within {
            entry["path"] = whole.to_str().unwrap().into();
            entry["subdirectory"] = (*folder).into();
        }
        entry
    }
}

impl Module {
    pub fn maturin(rust: &'static str) -> Self {
        Self {
            backend: "maturin",
            rust,
            dependencies: vec![("pyo3-ffi".to_owned(), "pyo3-ffi = \"0.30\"\n".to_owned())],
            locked: Vec::new(),
            code: FFI.replace("ANSWER", "42"),
            has_lock: true,
        }
    }

    pub fn setuptools_rust(rust: &'static str) -> Self {
        Self {
            backend: "setuptools-rust",
            ..Self::maturin(rust)
        }
    }

    /// By all of PyO3.
    pub fn with_pyo3(mut self) -> Self {
        self.dependencies = vec![("pyo3".to_owned(), "pyo3 = \"0.30\"\n".to_owned())];
        PYO3.clone_into(&mut self.code);
        self
    }

    /// Answers with what a crate says; `line` is its line of `[dependencies]`.
    pub fn answering(mut self, name: &str, line: &str, expression: &str) -> Self {
        self.dependencies
            .push((name.to_owned(), format!("{name} = {line}\n")));
        self.code = FFI.replace("ANSWER", expression);
        self
    }

    /// Has a crate in the lock that is in a repository.
    pub fn locking_from_git(mut self, name: &str, url: &str, revision: &str) -> Self {
        self.locked.push(format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"git+{url}#{revision}\"\n"
        ));
        self
    }

    pub const fn without_lock(mut self) -> Self {
        self.has_lock = false;
        self
    }

    /// An sdist of a registry.
    pub fn sdist(&self, sandbox: &Sandbox) -> Package {
        let path = archive(sandbox, &self.files());
        self.package(path, "sdist")
    }

    /// An sdist in a folder of the user's.
    pub fn own_archive(&self, sandbox: &Sandbox) -> Package {
        Package {
            kind: "path",
            flags: &["--source", "path"],
            ..self.sdist(sandbox)
        }
    }

    /// An archive at a URL, with a Cargo workspace and the package in a folder
    /// of it.
    pub fn member_in_archive(&self, sandbox: &Sandbox) -> Package {
        let member = self.member(sandbox);
        let below = |(path, text): (String, String)| match path.as_str() {
            "Cargo.lock" => (path, text),
            _ => (format!("crates/module/{path}"), text),
        };
        let mut files: Vec<_> = self.files().into_iter().map(below).collect();
        files.push(("Cargo.toml".to_owned(), WORKSPACE.to_owned()));
        Package {
            kind: "sdist",
            flags: &["--source", "url", "--subdirectory", "crates/module"],
            within: Some((archive(sandbox, &files), "crates/module")),
            ..member
        }
    }

    /// A project of the user's.
    pub fn folder(&self, sandbox: &Sandbox) -> Package {
        let path = sandbox.project("module", &self.files());
        self.package(path, "local")
    }

    /// A checkout of a repository, whose package a lock has from there.
    pub fn repository(&self, sandbox: &Sandbox) -> Package {
        Package {
            kind: "git",
            flags: &["--source", "git"],
            ..self.folder(sandbox)
        }
    }

    /// A project of the user's, whose Cargo workspace lies above it.
    pub fn member(&self, sandbox: &Sandbox) -> Package {
        let (locks, files): (Vec<_>, Vec<_>) = self
            .files()
            .into_iter()
            .partition(|(path, _)| path == "Cargo.lock");
        sandbox.project("work", &locks);
        sandbox.write("work/Cargo.toml", WORKSPACE);
        let path = sandbox.project("work/crates/module", &files);
        self.package(path, "local")
    }

    /// The same in a repository that a lock has it from.
    pub fn member_in_repository(&self, sandbox: &Sandbox) -> Package {
        let member = self.member(sandbox);
        // Its top, as git would say.
        std::fs::create_dir(sandbox.path("work/.git")).unwrap();
        Package {
            kind: "git",
            flags: &["--source", "git", "--subdirectory", "crates/module"],
            within: Some((sandbox.path("work"), "crates/module")),
            ..member
        }
    }

    const fn package(&self, path: PathBuf, kind: &'static str) -> Package {
        Package {
            backend: self.backend,
            path,
            flags: &[],
            kind,
            within: None,
        }
    }

    /// Every file, with its text.
    pub fn files(&self) -> Vec<(String, String)> {
        let below = |name: &str| match self.rust {
            "." => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        let lines = self.dependencies.iter().map(|(_, line)| line.as_str());
        let manifest = format!(
            "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n{}",
            lines.collect::<String>()
        );
        let mut files = vec![
            (
                "pyproject.toml".to_owned(),
                self.pyproject(&below("Cargo.toml")),
            ),
            (below("Cargo.toml"), manifest),
            (below("src/lib.rs"), self.code.clone()),
        ];
        if self.has_lock {
            files.push((below("Cargo.lock"), self.lock()));
        }
        files
    }

    fn pyproject(&self, manifest: &str) -> String {
        let project = "[project]\nname = \"module\"\nversion = \"0.1.0\"\n";
        if self.backend == "maturin" {
            return format!(
                "[build-system]\nrequires = [\"maturin>=1.9,<2\"]\nbuild-backend = \"maturin\"\n\n\
                 {project}\n[tool.maturin]\nmanifest-path = \"{manifest}\"\n"
            );
        }
        format!(
            "[build-system]\nrequires = [\"setuptools\", \"setuptools-rust\"]\n\
             build-backend = \"setuptools.build_meta\"\n\n{project}\n\
             [tool.setuptools]\npackages = []\n\n\
             [[tool.setuptools-rust.ext-modules]]\ntarget = \"module\"\npath = \"{manifest}\"\n"
        )
    }

    /// A lock of these crates and what they need, as cargo has locked them in
    /// `tests/nix/module`.
    fn lock(&self) -> String {
        let known = include_str!("../../nix/module/Cargo.lock");
        let (head, packages) = known.split_once("[[package]]").unwrap();
        let packages: Vec<_> = packages.split("\n[[package]]").map(str::trim).collect();
        let package = |name: &str| {
            let line = format!("name = \"{name}\"\n");
            packages.iter().find(|package| package.starts_with(&line))
        };
        let names: Vec<_> = self.dependencies.iter().map(|(name, _)| name).collect();
        let mut wanted: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let mut taken = BTreeSet::new();
        while let Some(package) = wanted.pop().map(package) {
            let Some(package) = package.filter(|package| taken.insert(**package)) else {
                continue;
            };
            let edges = package.lines().filter_map(|line| line.strip_prefix(" \""));
            wanted.extend(edges.map(|line| line.trim_end_matches("\",")));
        }
        let mut edges: Vec<_> = names.iter().map(|name| format!(" \"{name}\",\n")).collect();
        edges.sort();
        let module = format!(
            "[[package]]\nname = \"module\"\nversion = \"0.1.0\"\ndependencies = [\n{}]\n",
            edges.concat()
        );
        let mut blocks: Vec<_> = taken
            .iter()
            .map(|package| format!("[[package]]\n{package}\n"))
            .chain([module])
            .chain(self.locked.iter().cloned())
            .collect();
        blocks.sort();
        format!("{head}{}", blocks.join("\n"))
    }
}

/// A module by the lower half of PyO3, whose function returns `ANSWER`.
const FFI: &str = r#"use pyo3_ffi::*;

unsafe extern "C" fn answer(_: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    unsafe { PyLong_FromLongLong(ANSWER) }
}

static mut METHODS: [PyMethodDef; 2] = [
    PyMethodDef {
        ml_name: c"answer".as_ptr(),
        ml_meth: PyMethodDefPointer { PyCFunction: answer },
        ml_flags: METH_NOARGS,
        ml_doc: std::ptr::null(),
    },
    PyMethodDef::zeroed(),
];

static mut MODULE: PyModuleDef = PyModuleDef {
    m_base: PyModuleDef_HEAD_INIT,
    m_name: c"module".as_ptr(),
    m_doc: std::ptr::null(),
    m_size: -1,
    m_methods: (&raw mut METHODS).cast(),
    m_slots: std::ptr::null_mut(),
    m_traverse: None,
    m_clear: None,
    m_free: None,
};

#[no_mangle]
pub unsafe extern "C" fn PyInit_module() -> *mut PyObject {
    unsafe { PyModule_Create(&raw mut MODULE) }
}
"#;

const PYO3: &str = "#[pyo3::pymodule]
mod module {
    #[pyo3::pyfunction]
    fn answer() -> i64 {
        42
    }
}
";
