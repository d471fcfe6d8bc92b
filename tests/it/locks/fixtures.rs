//! Sdists, a registry that serves them, and locks that name them.

use std::collections::BTreeMap;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Asked, Crate, Registry, Reply, python_project};

/// An sdist, and what a lock says of it.
pub struct Sdist {
    pub name: &'static str,
    version: &'static str,
    pub bytes: Vec<u8>,
}

impl Sdist {
    /// A package with Rust in it.
    pub fn rust(name: &'static str, version: &'static str, crates: &[Crate]) -> Self {
        let files = python_project(crates).into_iter();
        let named = |(path, text): (String, String)| {
            let text = text.replace("name = \"module\"", &format!("name = \"{name}\""));
            // Cargo's versions have three parts.
            let is_python = path == "pyproject.toml";
            let version = format!("version = \"{version}\"");
            let text = if is_python {
                text.replace("version = \"0.1.0\"", &version)
            } else {
                text
            };
            (path, text)
        };
        let files: Vec<_> = files.map(named).collect();
        Self::new(name, version, &files)
    }

    /// A package without Rust that builds itself, and needs no stanza.
    pub fn plain(name: &'static str, version: &'static str) -> Self {
        let text = format!(
            "[build-system]\nrequires = []\nbuild-backend = \"own\"\nbackend-path = [\".\"]\n\
             [project]\nname = \"{name}\"\nversion = \"{version}\"\n"
        );
        let backend = ("own.py".to_owned(), "\"\"\"A backend.\"\"\"\n".to_owned());
        Self::new(
            name,
            version,
            &[("pyproject.toml".to_owned(), text), backend],
        )
    }

    /// A package without Rust that is built with these requirements.
    pub fn built_with(name: &'static str, version: &'static str, requires: &[&str]) -> Self {
        let text = format!(
            "[build-system]\nrequires = {requires:?}\nbuild-backend = \"setuptools.build_meta\"\n\
             [project]\nname = \"{name}\"\nversion = \"{version}\"\n"
        );
        Self::new(name, version, &[("pyproject.toml".to_owned(), text)])
    }

    pub fn new(name: &'static str, version: &'static str, files: &[(String, String)]) -> Self {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            let path = format!("{name}-{version}/{path}");
            archive
                .append_data(&mut header, path, text.as_bytes())
                .unwrap();
        }
        Self {
            name,
            version,
            bytes: archive.into_inner().unwrap().finish().unwrap(),
        }
    }

    /// Its hash, in hexadecimal.
    pub fn hash(&self) -> String {
        cargo_pyhack::testing::Sha256::of(&self.bytes).to_hex()
    }

    pub fn path(&self) -> String {
        format!("/sdists/{}-{}.tar.gz", self.name, self.version)
    }

    /// The entry in a uv.lock; `more` stands in it, too.
    pub fn entry(&self, address: &str, more: &str) -> String {
        let hash = self.hash();
        format!(
            "[[package]]\nname = \"{}\"\nversion = \"{}\"\nsource = {{ registry = \"https://example.org/simple\" }}\n\
             sdist = {{ url = \"http://{address}{}\", hash = \"sha256:{hash}\", size = {} }}\n{more}\n",
            self.name,
            self.version,
            self.path(),
            self.bytes.len()
        )
    }
}

/// A registry with crates and sdists.
pub fn serving(crates: &[Crate], sdists: &[Sdist]) -> Registry {
    let bodies = sdists
        .iter()
        .map(|sdist| (sdist.path(), sdist.bytes.clone()));
    let bodies: BTreeMap<_, _> = bodies.collect();
    Registry::with(crates, move |_, asked: &Asked| {
        bodies.get(&asked.path).cloned().map(Reply::body)
    })
}

/// A lock of a project that needs these.
pub fn uv_lock(entries: &[(&str, String)]) -> String {
    let needs: Vec<_> = entries
        .iter()
        .map(|(name, _)| format!("{{ name = \"{name}\" }}"))
        .collect();
    let entries: String = entries.iter().map(|(_, entry)| entry.as_str()).collect();
    format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"app\"\nversion = \"1.0\"\n\
         source = {{ virtual = \".\" }}\ndependencies = [{}]\n\n{entries}",
        needs.join(", ")
    )
}

pub const APP: &str = "[project]\nname = \"app\"\nversion = \"1.0\"\n";
pub const WHEEL: &str = "wheels = [{ url = \"https://example.org/NAME-1.0-cp39-abi3-manylinux_2_17_x86_64.whl\", hash = \"sha256:0000000000000000000000000000000000000000000000000000000000000001\" }]\n";

pub fn alpha() -> Crate {
    Crate::new("alpha", "1.0.0")
}
