//! The kinds of requests that are made, each with the run that makes it.

use std::collections::BTreeMap;
use std::path::Path;

use super::server::Server;
use crate::git;
use crate::locks::fixtures::{APP, Sdist, uv_lock};
use crate::support::{Crate, Repository, Sandbox, crate_path, python_project, tree};

/// A run whose requests go wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A registry's `config.json`.
    Config,
    /// What an index says of a crate.
    Entry,
    Crate,
    /// An sdist of a `uv.lock`.
    Sdist,
    /// A package's page of an index.
    Page,
    /// A git repository.
    Git,
}

pub const KINDS: [(&str, Kind); 6] = [
    ("config", Kind::Config),
    ("entry", Kind::Entry),
    ("crate", Kind::Crate),
    ("sdist", Kind::Sdist),
    ("page", Kind::Page),
    ("git", Kind::Git),
];

fn crates() -> [Crate; 2] {
    [Crate::new("alpha", "1.0.0"), Crate::new("beta", "2.0.0")]
}

fn sdists() -> [Sdist; 2] {
    ["one", "two"].map(|name| Sdist::built_with(name, "1.0", &["setuptools"]))
}

const REPOSITORY: &str = "/simple.git/";

impl Kind {
    /// The path that goes wrong.
    pub fn path(self) -> String {
        match self {
            Self::Config => "/index/config.json".to_owned(),
            Self::Entry => "/index/be/ta/beta".to_owned(),
            Self::Crate => crate_path("beta", "2.0.0"),
            Self::Sdist => sdists()[1].path(),
            Self::Page => "/simple/two/".to_owned(),
            Self::Git => format!("{REPOSITORY}info/refs?service=git-upload-pack"),
        }
    }

    /// A path that is fetched well, once for all runs.
    pub fn kept(self) -> Option<String> {
        match self {
            Self::Crate => Some(crate_path("alpha", "1.0.0")),
            Self::Sdist => Some(sdists()[0].path()),
            _ => None,
        }
    }

    /// Makes a server. `sandbox` has the repository that it serves.
    pub fn server(self, sandbox: &Sandbox) -> Server {
        let repository = (self == Self::Git).then(|| repository(sandbox));
        Server::new(|address| {
            let mut bodies = repository
                .map(|folder| files_of(&folder))
                .unwrap_or_default();
            bodies.extend(registry_bodies(address));
            bodies
        })
    }

    /// Writes what the run reads; what goes wrong is asked of `base`, an
    /// address without a path.
    pub fn write(self, sandbox: &Sandbox, server: &Server, base: &str) {
        let (good, address) = (format!("http://{}", server.address), &server.address);
        let index = if self == Self::Config { base } else { &good };
        let config = format!(
            "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+{index}/index/\"\n"
        );
        sandbox.write("cargo-home/config.toml", config);
        match self {
            Self::Config | Self::Entry | Self::Crate => {
                sandbox.project("project", &python_project(&crates()));
            }
            Self::Sdist => {
                let [one, two] = sdists();
                let entry = two.entry(address, "").replace(&good, base);
                let entries = [("one", one.entry(address, "")), ("two", entry)];
                sandbox.write("project/pyproject.toml", APP);
                sandbox.write("project/uv.lock", uv_lock(&entries));
            }
            Self::Page => {}
            Self::Git => {
                let revision = std::fs::read_to_string(sandbox.path("revision")).unwrap();
                let source = format!("{base}{REPOSITORY}#{revision}");
                let source = source.replace(".git/#", ".git#");
                git::project(sandbox, 4, &[("simple 1.0.0", &source)]);
            }
        }
    }

    /// The arguments of the run.
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Config | Self::Entry | Self::Crate => {
                &["vendor", "--to", "out/vendor", "project"]
            }
            Self::Sdist => &["lock", "--write", "out/overlay.nix", "project/uv.lock"],
            Self::Page => &["nix-snippet", "--write", "out/overlay.nix", "two==1.0"],
            Self::Git => &["vendor", "--to", "out/vendor", "module"],
        }
    }

    /// The variables of the run.
    pub fn variables(self, base: &str) -> Vec<(String, String)> {
        if self == Self::Page {
            return vec![("UV_DEFAULT_INDEX".to_owned(), format!("{base}/simple"))];
        }
        Vec::new()
    }

    /// Whether a run that fails writes what went well.
    pub fn writes_the_rest(self) -> bool {
        self == Self::Sdist
    }
}

/// Serves `dl` from where the faults say: the server itself.
fn registry_bodies(address: &str) -> BTreeMap<String, Vec<u8>> {
    let mut bodies = BTreeMap::new();
    let config = format!("{{\"dl\":\"http://{address}/crates\"}}");
    bodies.insert("/index/config.json".to_owned(), config.into_bytes());
    for krate in crates() {
        let (name, version) = (&krate.name, &krate.version);
        let line = format!(
            "{{\"name\":\"{name}\",\"vers\":\"{version}\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":false}}\n",
            krate.checksum()
        );
        let entry = format!("/index/{}/{}/{name}", &name[..2], &name[2..4]);
        bodies.insert(entry, line.into_bytes());
        bodies.insert(crate_path(name, version), krate.bytes);
    }
    for sdist in sdists() {
        let (path, hash) = (sdist.path(), sdist.hash());
        let file = path.rsplit('/').next().unwrap();
        let page = format!(
            "{{\"files\":[{{\"filename\":\"{file}\",\"url\":\"../..{path}\",\"hashes\":{{\"sha256\":\"{hash}\"}}}}]}}"
        );
        bodies.insert(format!("/simple/{}/", sdist.name), page.into_bytes());
        bodies.insert(path, sdist.bytes);
    }
    bodies
}

/// Makes a repository that can be served as files, and remembers its revision.
fn repository(sandbox: &Sandbox) -> std::path::PathBuf {
    let repository = Repository::new(sandbox, "simple");
    let manifest = "[package]\nname = \"simple\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    repository.write("Cargo.toml", manifest);
    repository.write("src/lib.rs", "");
    let revision = repository.commit();
    sandbox.write("revision", revision);
    let bare = sandbox.path("served/simple.git");
    repository.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    Repository::at(sandbox, "served/simple.git").git(&["update-server-info"]);
    bare
}

/// The files of a repository by the path of a request.
fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = tree(folder).into_iter();
    let mut bodies: BTreeMap<_, _> = files
        .map(|(path, bytes)| (format!("{REPOSITORY}{path}"), bytes))
        .collect();
    let refs = bodies[&format!("{REPOSITORY}info/refs")].clone();
    bodies.insert(Kind::Git.path(), refs);
    bodies
}
